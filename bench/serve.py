"""Measure the OAI-PMH provider: pages of 200 records of DC-NDL(RDF) from a large store, over HTTP, from one process.

    python bench/serve.py                                100,000 records in SQLite
    python bench/serve.py --records 1000000 --folder /tmp/bench
    python bench/serve.py --store postgresql://me@localhost/bench

The server is a process of its own, waitress as ``mokuroku serve oai`` runs it, kept on one core; a client on the other
ones harvests everything by resumption tokens, uncompressed. Records are made up, about 6 KB each; the first time they
are put into the store, where they stay with ``--folder``. Told are pages a second as the client sees them, pages a
second of the server's own computing time (which other programs do not disturb), both for the first and the last tenth
of all pages, and the most memory that the server took. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dcndl import feed

import convert
from convert.deliver.forms import Opener, form_named
from convert.deliver.snapshots import tables, writing
from convert.deliver.snapshots.shaping import Crosswalk, Shaper
from convert.serve.provider import Provider, Settings
from convert.serve.running import Listen, port_of, server
from convert.serve.web import Application
from convert.store.base import open_store
from convert.store.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.store.base import Store

PAGE = 200
NAME = "bench"
DISTINCT = 1000
PAGES_A_SECOND = 50
GROWTH = 1.25
MEMORY = 300
"""Megabytes that the server may take, however many records there are."""
BATCH = 500
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")


def contents(folder: Path) -> list[tuple[bytes, bytes]]:
    """Made-up records, as they are kept, and their oai_dc; ``@@@`` stands for their number."""
    path = feed(folder / "distinct.xml", DISTINCT)
    opener = Opener(form_named("dcndl"), {})
    crosswalk, shaper, found = Crosswalk(), Shaper(), []
    reader = convert.read(path, "dcndl")
    bodies = [record.body for record in reader]
    with path.open("rb") as stream:
        cutter = opener.cut(stream, "x")
        for number, (cut, body) in enumerate(zip(cutter, bodies, strict=True)):
            own, shape = f"/bib/{number}".encode(), re.compile(rf"/bib/{number}(?![0-9])".encode())
            content = shape.sub(b"/bib/@@@", shaper.content(cutter.head, cut.data, cutter.tail))
            found.append((content, crosswalk.made(body, reader).replace(own, b"/bib/@@@")))
    return found


def fill(store: Store, count: int) -> None:
    """Put records into a store, by the way that a load takes."""
    tables.prepare(store)
    with tempfile.TemporaryDirectory() as folder:
        made = contents(Path(folder))
    snapshot = writing.Writing(store, NAME, time.time)
    snapshot.begin("dcndl", "opac.example.jp", "bench")
    for start in range(0, count, BATCH):
        snapshot.add([one(made, number) for number in range(start, min(start + BATCH, count))])
    snapshot.publish(count, 0, {})


def one(made: list[tuple[bytes, bytes]], number: int) -> writing.New:
    """A record."""
    content, dc = (part.replace(b"@@@", f"{number:09}".encode()) for part in made[number % len(made)])
    return writing.New(
        f"oai:opac.example.jp:{number:09}", 0, content, dc, hashlib.sha256(content).digest(),
        hashlib.blake2b(dc, digest_size=16).digest(), None, {},
    )  # fmt: skip


def serve(place: Place, ask: Any, core: int | None) -> None:
    """The server's process."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    with open_store(place, read_only=True) as store:
        provider = Provider(NAME, Settings("http://127.0.0.1/oai", NAME, ("bench@example.jp",), page=PAGE))
        made = server(Application(store, provider), Listen(port=0))
        ask.send(port_of(made))

        def told() -> None:
            while True:
                ask.recv()
                used = resource.getrusage(resource.RUSAGE_SELF)
                ask.send((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))

        import threading  # noqa: PLC0415

        threading.Thread(target=told, daemon=True).start()
        made.run()


def pages(port: int, prefix: str) -> Iterator[tuple[float, int, int]]:
    """Every page: seconds, records, bytes."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    query: str | None = f"metadataPrefix={prefix}"
    while query is not None:
        began = time.perf_counter()
        client.request("GET", f"/oai?verb=ListRecords&{query}")
        answer = client.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {body[:200]!r}")
        yield time.perf_counter() - began, body.count(b"<record>"), len(body)
        found = _TOKEN.search(body, max(0, len(body) - 5000))
        query = f"resumptionToken={quote(found[1])}" if found else None


def tell(what: str, value: str) -> None:
    """A row of the table."""
    print(f"| {what} | {value} |", flush=True)


def measure(place: Place, count: int, prefix: str, core: int | None) -> bool:
    """Harvest everything and print the table; whether every target was met."""
    ask, answer = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(place, answer, core), daemon=True)
    process.start()
    port = ask.recv()

    def used() -> tuple[float, float]:
        ask.send(None)
        found: tuple[float, float] = ask.recv()
        return found

    whole = -(-count // PAGE)
    tenth = max(1, whole // 10)
    marks, costs, records, size = {}, [], 0, 0
    for number, (seconds, found, taken) in enumerate(pages(port, prefix), 1):
        costs.append(seconds)
        records, size = records + found, size + taken
        if number in (1, tenth, whole - tenth, whole):
            marks[number] = (sum(costs), *used())
    process.kill()

    def rates(first: int, last: int) -> tuple[float, float]:
        wall, cpu = (marks[last][part] - marks[first][part] for part in (0, 1))
        return (last - first) / wall, (last - first) / max(cpu, 0.01)

    start, end = rates(1, tenth), rates(whole - tenth, whole)
    memory = marks[whole][2]
    tell("records", f"{records:,} in {len(costs):,} pages, {size / 1e9:.2f} GB")
    tell("first page (which counts the list)", f"{costs[0] * 1000:,.0f} ms")
    tell("pages a second, first tenth", f"{start[0]:,.0f} (of the server's time {start[1]:,.0f})")
    tell("pages a second, last tenth", f"{end[0]:,.0f} (of the server's time {end[1]:,.0f})")
    tell("all pages, a second", f"{len(costs) / sum(costs):,.0f}")
    tell("memory after the first page", f"{marks[1][2]:.0f} MB")
    tell("memory at the end", f"{memory:.0f} MB")
    steady = start[1] <= end[1] * GROWTH
    return records == count and min(start[1], end[1]) >= PAGES_A_SECOND and steady and memory <= MEMORY


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--prefix", choices=["dcndl", "oai_dc"], default="dcndl")
    parser.add_argument("--store", help="an empty PostgreSQL database instead of SQLite")
    parser.add_argument(
        "--folder", type=Path, help="where the SQLite file is kept; a store that is there is used again"
    )
    parser.add_argument("--core", type=int, default=0, help="the core of the server; -1: any")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        place = Place(given.store or str(folder / f"serve-{given.records}.db"))
        print("| | |\n|---|---:|")
        if not place.is_file or not Path(place.text).exists():
            began = time.perf_counter()
            with open_store(place, create=True) as store:
                fill(store, given.records)
                seconds = time.perf_counter() - began
                tell("store", f"{store.stored_bytes / 1e6:,.0f} MB, filled in {seconds:,.0f} s")
        good = measure(place, given.records, given.prefix, None if given.core < 0 else given.core)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
