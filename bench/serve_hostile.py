"""Send the provider what no harvester sends, by GET and POST, over WSGI: every answer must be one of the protocol.

    python bench/serve_hostile.py                        100,000 requests, the same at every run
    python bench/serve_hostile.py --requests 5000 --seed 3

Each answer is parsed and held against the schema of the tests; statuses other than 200 and answers that break it are
counted as faults, and the first ones printed. Exit code 1: there were any.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import io
import itertools
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from convert.serve.web import Application
from tests.oai_hostile import NASTY, hostile
from tests.oai_provider import Said, books, shelf_in

ID, SET = "oai:opac.example.jp:B00001", "material:~E5~9B~B3~E6~9B~B8"


def sent(application: Any, query: bytes, chance: Random) -> tuple[int, bytes]:
    """The status and body of a request, by GET or POST, with headers as nasty as the query."""
    post = chance.random() < 0.3
    environ = {
        "REQUEST_METHOD": "POST" if post else "GET", "PATH_INFO": "/oai", "SERVER_PROTOCOL": "HTTP/1.1",
        "QUERY_STRING": "" if post else query.decode("latin-1"), "wsgi.input": io.BytesIO(query if post else b""),
        "CONTENT_LENGTH": chance.choice((str(len(query)),) * 9 + ("-1", "x", "")) if post else "",
        "CONTENT_TYPE": chance.choice(("application/x-www-form-urlencoded",) * 9 + ("text/plain",)) if post else "",
        "HTTP_ACCEPT_ENCODING": chance.choice(("", "identity", *NASTY)), "HTTP_USER_AGENT": chance.choice(NASTY),
    }  # fmt: skip
    status: list[str] = []
    body = b"".join(application(environ, lambda told, _: status.append(told)))
    return int(status[0][:3]), gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1868)
    parser.add_argument("--store", help="an empty PostgreSQL database instead of SQLite")
    given = parser.parse_args()
    chance, codes = Random(given.seed), collections.Counter[str]()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        options = {"domain": "opac.example.jp", "sets": ["material=materialType[].uri"]}
        with shelf_in(given.store or str(folder / "s.db"), folder, options=options) as shelf:
            shelf.put(books(0, 10))
            shelf.put(books(1, 12))
            provider = shelf.provider()
            token = shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
            application = Application(
                shelf.store, provider, clock=lambda: shelf.now, log=lambda _: None, faults=wrong.append
            )
            began = time.perf_counter()
            for query in itertools.islice(hostile(given.seed, [token, ID, SET]), given.requests):
                status, body = sent(application, query, chance)
                codes[str(status)] += 1
                try:
                    codes.update(Said(body).codes or ["answered"])
                except Exception as error:
                    wrong.append(f"{query!r}: {type(error).__name__} {error}")
    print(f"{given.requests:,} requests in {time.perf_counter() - began:,.0f} s: {dict(codes.most_common())}")
    print(f"{len(wrong)} faults")
    for text in wrong[:10]:
        print(text[:500])
    raise SystemExit(1 if wrong or set(codes) & {"500", "503"} else 0)


if __name__ == "__main__":
    main()
