"""Japan Search's 簡易Web API on loopback, with its limits, and with the faults it is told to have.

``Api(items(45), faults={"ignores-size"})``; the faults are the names that ``has`` and ``once`` are asked for below.
As a program (``python -m tests.jps_server --items 5000``) it prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Record = dict[str, Any]
Pairs = list[tuple[str, str]]
HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>ja</body></html>"


ONE_PAGE: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "busy-seconds": (429, b"", {"Retry-After": "7"}),
    "busy-plain": (429, b"", {}),
    "error-500": (500, b"oops", {}),
    "html-once": (200, HTML, {"Content-Type": "text/html"}),
    "empty-answer": (200, b"", {}),
    "cut-once": (200, b'{"list":[{"id":', {"cut": "1"}),
    "half-page": (200, b'{"list":[{"id":"kakuu_db-1","common":{"ti', {}),
    "array": (200, b"[1,2,3]", {}),
    "list-object": (200, b'{"list":{},"hit":45}', {}),
    "null": (200, b"null", {}),
    "not-utf8": (200, b'{"list":[{"id":"\x8b\xf3"}],"hit":45}', {}),
    "deep": (200, b'{"list":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}),
    "nan": (200, b'{"list":[],"hit":NaN}', {}),
    "huge": (200, b'{"list":[' + b" " * 3_000_000 + b"]}", {}),
}
"""Faults of one page, which is sound when it is asked for again."""
FROM_A_PAGE_ON: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "left-alone": (503, b"", {"Retry-After": "86400"}),
    "goes-down": (502, b"", {}),
    "forbidden": (403, b'{"message":"forbidden"}', {}),
    "goes-html": (200, HTML, {"Content-Type": "text/html"}),
}
"""Faults that stay."""


def item(number: int, database: str = "kakuu_db", **more: Any) -> Record:
    """A synthetic item as it is served."""
    name = f"{database}-{number}"
    common = {
        "id": name, "title": f"架空の図 {number}", "lastUpdatedDate": 1600150262365 + number,
        "linkUrl": f"https://museum.example.jp/item/{number}", "contentsRightsType": "cc0" if number % 2 else "ccby",
        "contentsAccess": "internet", "category": ["map"], "contributor": ["架空太郎"], "database": database,
        "coordinates": {"lat": 35.672990000000006, "lon": 139.5}, "apiType": "ok", "access": "PUBLIC",
    }  # fmt: skip
    own = {f"{database}-0-s": str(number), f"{database}-1-s": common["title"]}
    return {"id": name, "common": common | more, "rdfindex": {"type": ["地図資料"]}, **own}


def items(count: int, database: str = "kakuu_db") -> list[Record]:
    return [item(number, database) for number in range(1, count + 1)]


def others(kind: str, count: int) -> list[Record]:
    """Galleries, databases, organizations or theme searches."""
    return [
        {"id": f"kakuu_{kind}_{number}", "name": {"ja": f"架空の{kind} {number}"}, "description": {"ja": "架空"}}
        for number in range(1, count + 1)
    ]


class _Answered(Exception):  # noqa: N818 - ends the making of an answer
    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers


@dataclass
class Api:
    """``at``: the number of the page, from 1, or of the record, at which a fault sits. ``log`` holds every request.

    ``reach``, ``most``, ``page``: what from + size, size and a page of a scroll may come to. ``stateful``: a scroll
    keeps its place on the server, whatever scrollId says.
    """

    records: Sequence[Record]
    faults: frozenset[str] | set[str] = frozenset()
    others: dict[str, Sequence[Record]] = field(default_factory=dict)
    reach: int = 2000
    most: int = 500
    page: int = 200
    at: int = 2
    stateful: bool = True
    delay: float = 0.0
    labels: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    scrolls: dict[str, tuple[list[Record], int]] = field(default_factory=dict)
    pages: int = 0

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def once(self, fault: str, times: int = 1) -> bool:
        """Whether a fault that goes away is still there."""
        if not self.has(fault):
            return False
        self.counts[fault] = self.counts.get(fault, 0) + 1
        return self.counts[fault] <= times

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        self.log.append(path)
        time.sleep(self.delay)
        parts = urlsplit(path)
        given = parse_qsl(parts.query, keep_blank_values=True)
        try:
            body = self._route([unquote(name) for name in parts.path.split("/") if name][1:], given)
        except _Answered as answered:
            return answered.status, answered.body, answered.headers
        return 200, body, {"Content-Type": "text/html" if self.has("wrong-type") else "application/json"}

    def _route(self, names: list[str], given: Pairs) -> bytes:
        if self.has("down"):
            raise _Answered(500)
        if self.has("html-all"):
            raise _Answered(200, HTML)
        if names[:2] == ["item", "search"]:
            return self._search(self.records, given)
        if names[:2] == ["item", "scroll"] and names[2:] == ["jps-cross"]:
            return self._scroll(given)
        if names[1:] == ["search"] and names[0] in ("curation", "database", "organization", "csearch"):
            return self._search(self.others.get(names[0], ()), given)
        if names[:1] == ["database"] and names[2:] == ["label"] and names[1] in self.labels:
            return dumped({"fieldLabels": self.labels[names[1]]})
        if names[:1] == ["database"] and len(names) == 2:
            return self._database(names[1])
        raise _Answered(404, b'{"message":"not found"}')

    def _database(self, name: str) -> bytes:
        found = next((record for record in self.others.get("database", ()) if record["id"] == name), None)
        if found is None:
            raise _Answered(404, b'{"message":"not found"}')
        return dumped(found)

    # ── Search ─────────────────────────────────────────────────────────────────────────────────

    def _search(self, records: Sequence[Record], given: Pairs) -> bytes:
        one = dict(given)
        start, size = int(one.get("from", 0)), int(one.get("size", 20))
        found = matching(records, given)
        hit = len(found)
        if size > self.most or start + size > self.reach:
            return dumped({"list": [], "hit": 0, "from": 0})
        if size == 1 and start == 0 and self.pages:  # only looks whether anybody is there
            self._break_for_good(self.pages)
        else:
            self.pages += 1
            self._break(self.pages)
        size = 10 if self.has("ignores-size") else size
        start = 0 if self.has("ignores-from") else start
        size = size + 5 if self.has("too-many") else size
        if self.has("lower-reach") and start + size > 20:
            return dumped({"list": [], "hit": 0, "from": 0})
        part = found[start : start + size]
        if self.has("overlap") and start:
            part = [*found[start - 2 : start], *part[2:]]
        if self.has("hit-grows") and self.pages > 1:
            hit += 3
        if self.has("one-goes") and self.pages > 1:  # deleted meanwhile: all behind it move up
            part, hit = found[start + 1 : start + 1 + size], hit - 1
        if self.has("stops-early") and start >= 20:
            part = []
        if self.has("hit-missing"):
            return dumped({"list": part, "from": start})
        if self.has("hit-text"):
            return dumped({"list": part, "hit": str(hit), "from": start})
        body = dumped({"list": part, "hit": hit, "from": start, "facets": []})
        return self._spoiled(body, part)

    # ── Scroll ─────────────────────────────────────────────────────────────────────────────────

    def _scroll(self, given: Pairs) -> bytes:
        if self.has("no-scroll"):
            raise _Answered(404, b"no such page")
        self.pages += 1
        name, place = self._scroll_name(given)
        found, start = self.scrolls[name]
        start = start if self.stateful or not place else int(place)
        if not self.has("lost-answers"):
            self._break(self.pages)
        start = self._moved(start)
        part = found[start : start + self.page]
        self.scrolls[name] = (found, start + len(part))
        if self.has("lost-answers"):  # the server has gone on when the answer is lost
            self._break(self.pages)
        if start and self.once("empty-page"):
            part, self.scrolls[name] = [], (found, start)
        if self.has("shuffles") and not part:  # it never ends, and no page comes twice
            part = [found[(self.pages * 7 + n * n) % len(found)] for n in range(self.page)]
        hit = len(found) + (self.pages if self.has("hit-changes") else 0)
        hit = 100 if self.has("low-hit") else hit
        told: dict[str, Any] = {"list": part, "hit": hit, "facets": []}
        if self.has("empty-for-ever") and start >= 2 * self.page:
            return dumped(told | {"list": [], "scrollId": name})
        if not self._ends(start, start + len(part), len(found)):
            told["scrollId"] = self._next_id(name, start + len(part))
        return self._spoiled(dumped(told), part)

    def _scroll_name(self, given: Pairs) -> tuple[str, str]:
        """The snapshot of a scrollId, and the place that it holds."""
        asked = dict(given).get("scrollId")
        if asked is None:
            name = f"Fake{len(self.scrolls) + 1}=="
            self.scrolls[name] = (matching(self.records, given), 0)
            return name, ""
        name, _, place = asked.partition("/")
        if name not in self.scrolls or (self.pages == self.at and self.once("expired")):
            raise _Answered(404, b'{"message":"No search context found"}')
        if self.has("always-expired"):
            raise _Answered(400, b'{"message":"expired"}')
        if self.once("error-object", 2):
            raise _Answered(200, b'{"message":"search_context_missing"}')
        return name, place

    def _moved(self, start: int) -> int:
        if self.has("repeat") or (start and self.once("repeat-once")):
            return 0
        return start % (3 * self.page) if self.has("cycle") else start

    def _ends(self, start: int, behind: int, count: int) -> bool:
        if self.has("shuffles"):
            return False
        if start and (self.has("ends-early") or self.once("ends-early-once")):
            return True
        return start >= count or (self.has("ends-on-last") and behind >= count)

    def _next_id(self, name: str, behind: int) -> str | int:
        if self.has("id-number"):
            return 5
        if self.has("id-changes"):
            return f"{name}/{self.pages}"
        return name if self.stateful else f"{name}/{behind}"

    # ── Faults ─────────────────────────────────────────────────────────────────────────────────

    def _break(self, number: int) -> None:
        """Faults of whole pages: of one page, or of all from there on."""
        if number == self.at:
            for fault, (status, body, headers) in ONE_PAGE.items():
                if self.once(fault):
                    raise _Answered(status, body, **headers)
            if self.once("slow"):
                time.sleep(1.3)
        self._break_for_good(number)

    def _break_for_good(self, number: int) -> None:
        if number >= self.at:
            for fault, (status, body, headers) in FROM_A_PAGE_ON.items():
                if self.has(fault):
                    raise _Answered(status, body, **headers)

    def _spoiled(self, body: bytes, part: Sequence[Record]) -> bytes:
        """Faults of one record."""
        mark = f'"id":"kakuu_db-{self.at}",'.encode()
        if self.has("poison") and mark in body:
            raise _Answered(500)
        if self.has("nameless") and mark in body:
            body = body.replace(mark, b'"id":null,', 1)
        if self.has("bom"):
            body = b"\xef\xbb\xbf" + body
        if self.has("odd-record") and part:
            body = body.replace(b'"list":[', b'"list":["x",', 1)
        return body


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def matching(records: Sequence[Record], given: Pairs) -> list[Record]:
    """The records that a search finds, as the guide has it: AND, ``+`` OR, ``-`` NOT, filters."""
    words = [value for name, value in given if name == "keyword"]
    found = [record for record in records if _has(json.dumps(record, ensure_ascii=False), words)]
    for name, member in (("f-db", "database"), ("f-rights", "contentsRightsType"), ("f-cm", "category")):
        wanted = [value for key, value in given if key == name and not value.startswith("-")]
        refused = [value[1:] for key, value in given if key in (name, f"fc-{name[2:]}") and value.startswith("-")]
        if wanted:
            found = [record for record in found if _values(record, member) & set(wanted)]
        found = [record for record in found if not _values(record, member) & set(refused)]
    return found


def _has(text: str, words: list[str]) -> bool:
    if words and all(word.startswith("+") for word in words):
        return any(word[1:] in text for word in words)
    return all(word[1:] not in text if word.startswith("-") else word in text for word in words)


def _values(record: Record, member: str) -> set[str]:
    value = record.get("common", {}).get(member, ())
    return {value} if isinstance(value, str) else set(value)


# ── The server ───────────────────────────────────────────────────────────────────────────────────


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: Api

    def do_GET(self) -> None:
        if self.api.has("redirect") and self.path.startswith("/api/"):
            self._send(302, b"", {"Location": self.path.replace("/api/", "/moved/", 1)})
            return
        status, body, headers = self.api.answer(self.path)
        if headers.pop("cut", None):
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return
        self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news."""


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """The address of the API while it is served."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--delay", type=float, default=0.0)
    given = parser.parse_args()
    api = Api(items(given.items), set(given.fault), delay=given.delay)
    with serving(api) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
