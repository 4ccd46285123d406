"""CiNii's OpenSearch for Holdings on loopback: keeps to its description, and breaks what it is told to.

``Service(holdings, faults={...})``: ``faults`` are names out of :data:`FAULTS`; each sits at the ``at``-th request, or
at every one. As a program (``python -m tests.cinii_server``) it prints its address and serves until it is ended.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PATHS = ("/books/opensearch/holder", "/opensearch/holder", "/moved")
DATE = "2026-04-26T00:04:15+09:00"
TYPES = {"json": "application/ld+json", "atom": "application/atom+xml", "rss": "application/xml"}
CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "opensearch": "http://a9.com/-/spec/opensearch/1.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "@vocab": "http://purl.org/rss/1.0/",
}
LETTERS = {"A": 1, "B": 2, "C": 3, "D": 4, "F": 6, "I": 9, "K": 1, "N": 4}


def numbered(lead: str, number: int, digits: int) -> str:
    """A synthetic number with the check character that is expected."""
    head = f"{lead}{number:0{digits}}"
    values = [LETTERS[mark] if mark in LETTERS else int(mark) for mark in head]
    total = sum((len(head) - place) * value for place, value in enumerate(values))
    return head + "0123456789X"[total % 11]


def ncid(number: int, lead: str = "BA") -> str:
    return numbered(lead, number, 7)


def fa(number: int) -> str:
    return numbered("FA", number, 5)


@dataclass(frozen=True)
class Holder:
    """A library, and what it answers to the parameters."""

    fano: str
    name: str
    flags: Mapping[str, str] = field(default_factory=dict)


def holders(*numbers: int) -> list[Holder]:
    return [
        Holder(
            fa(number),
            f"架空第{number}大学 附属図書館",
            {"ill": "A" if number % 2 else "N", "ill_copys": "ACN"[number % 3], "year": str(2000 + number)},
        )
        for number in numbers
    ]


def collection(books: int, most: int = 4) -> dict[str, list[Holder]]:
    """Books by NCID; the n-th is held by n modulo ``most`` libraries."""
    return {ncid(1000 + book): holders(*range(1, book % most + 1)) for book in range(1, books + 1)}


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Page:
    """What an answer says."""

    address: str
    number: str
    found: Sequence[Holder]
    total: int
    scheme: str = "https"

    @property
    def title(self) -> str:
        return f"CiNii Books Holder - {self.number}"

    def library(self, holder: Holder) -> str:
        return f"{self.scheme}://ci.nii.ac.jp/library/{holder.fano}"


def as_rss(page: Page) -> bytes:
    uris = [page.library(holder) for holder in page.found]
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(uri)}/>" for uri in uris)
    items = "".join(
        f"<item rdf:about={quoteattr(uri)}><title>{escape(holder.name)}</title><link>{uri}</link>"
        f"<rdfs:seeAlso rdf:resource={quoteattr(uri + '.rdf')}/><dc:date>{DATE}</dc:date></item>"
        for uri, holder in zip(uris, page.found, strict=True)
    )
    spaces = " ".join(f'xmlns:{name}="{CONTEXT[name]}"' for name in ("dc", "rdf", "opensearch", "rdfs"))
    address = escape(page.address)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xml:lang="ja" {spaces} xmlns="{CONTEXT["@vocab"]}">\n'
        f"<channel rdf:about={quoteattr(page.address)}><title>{page.title}</title>"
        f"<description>{page.title}</description><link>{address}</link><dc:date>{DATE}</dc:date>"
        f"<opensearch:totalResults>{page.total}</opensearch:totalResults>"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>{items}</rdf:RDF>"
    ).encode()


def as_atom(page: Page) -> bytes:
    entries = "".join(
        f"<entry><title>{escape(holder.name)}</title><link href={quoteattr(page.library(holder))}/>"
        f'<link rel="alternate" type="application/rdf+xml" href={quoteattr(page.library(holder) + ".rdf")}/>'
        f"<id>{page.library(holder)}</id><updated>{DATE}</updated></entry>"
        for holder in page.found
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja" '
        f'xmlns:opensearch="{CONTEXT["opensearch"]}"><title>{page.title}</title>'
        f'<link rel="self" type="application/atom+xml" href={quoteattr(page.address)}/><id>{escape(page.address)}</id>'
        f"<updated>{DATE}</updated><opensearch:totalResults>{page.total}</opensearch:totalResults>{entries}</feed>"
    ).encode()


def json_items(page: Page) -> list[dict[str, Any]]:
    return [
        {
            "title": holder.name,
            "link": {"@id": page.library(holder)},
            "@id": page.library(holder),
            "@type": "item",
            "rdfs:seeAlso": {"@id": page.library(holder) + ".json"},
            "dc:date": DATE,
        }
        for holder in page.found
    ]


def as_json(page: Page, shape: str = "") -> bytes:
    """JSON-LD; ``shape``: ``before-2015``, ``one-object``, ``flat``, ``number`` or ``expanded``."""
    items: Any = json_items(page)
    graph: list[Any] = []
    if shape == "before-2015":
        graph = items
        items = {"rdf:Seq": {"rdf:li": [{"@id": item["@id"]} for item in items]}}
    elif shape == "one-object" and len(items) == 1:
        items = items[0]
    channel = {
        "title": page.title,
        "description": page.title,
        "link": {"@id": page.address},
        "items": items,
        "@id": page.address,
        "@type": "channel",
        "dc:date": DATE,
        "opensearch:totalResults": page.total if shape == "number" else str(page.total),
    }
    if shape == "expanded":
        spaces = {"title": CONTEXT["@vocab"], "items": CONTEXT["@vocab"], "link": CONTEXT["@vocab"]}
        channel = {spaces.get(name, "") + name: value for name, value in channel.items()}
    whole = channel if shape == "flat" else {"@id": page.address, "@graph": [channel, *graph]}
    return json.dumps(whole | {"@context": CONTEXT}, ensure_ascii=False).encode()


FORMS = {"json": as_json, "atom": as_atom, "rss": as_rss}
ERROR = (
    b'<?xml version="1.0"?><error><code>400</code><reason>Bad Request</reason>'
    b"<detail>Required Parameter is Empty</detail></error>"
)
HTML = (
    "<!DOCTYPE html><html><head><title>メンテナンス中</title></head><body>しばらくお待ちください</body></html>".encode()
)


class Answered(Exception):  # noqa: N818 - ends the making of an answer
    def __init__(self, status: int, body: bytes = b"", cut: int | None = None, **headers: str) -> None:
        self.status, self.body, self.cut, self.headers = status, body, cut, headers


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────

STATUS = {
    "403": (403, b"forbidden", {}),
    "401": (401, b"", {}),
    "404": (404, HTML, {"Content-Type": "text/html"}),
    "400-xml": (400, ERROR, {"Content-Type": "text/xml"}),
    "500": (500, b"", {}),
    "502-html": (502, HTML, {"Content-Type": "text/html"}),
    "503": (503, b"", {}),
    "503-seconds": (503, b"", {"Retry-After": "7"}),
    "503-date": (503, b"", {"Retry-After": "DATE"}),
    "429": (429, b"", {"Retry-After": "3"}),
    "429-long": (429, b"", {"Retry-After": "86400"}),
    "429-garbled": (429, b"", {"Retry-After": "soon"}),
    "204": (204, b"", {}),
    "redirect-loop": (302, b"", {"Location": "SELF"}),
    "redirect-ftp": (302, b"", {"Location": "ftp://example.jp/holder"}),
    "redirect-nowhere": (302, b"", {}),
    "redirect-html": (302, b"", {"Location": "/login"}),
    "redirect-moved": (301, b"", {"Location": "MOVED"}),
}
"""Answers with another status: the status, the body, the headers."""
BODIES = {
    "empty": lambda body: b"",
    "blank": lambda body: b" \n ",
    "html": lambda body: HTML,
    "half": lambda body: body[: len(body) // 2],
    "error-200": lambda body: ERROR,
    "error-json": lambda body: b'{"error": {"code": 400, "message": "bad"}}',
    "not-json": lambda body: b'{"a": nope',
    "json-list": lambda body: b"[1, 2]",
    "deep-json": lambda body: b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "dtd": lambda body: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "other-xml": lambda body: b'<?xml version="1.0"?><catalogue/>',
    "sjis": lambda body: body.decode().replace("UTF-8", "UTF-8").encode("cp932", "replace"),
    "binary": lambda body: bytes(range(256)) * 4,
    "two-documents": lambda body: body + body,
    "nul": lambda body: body.replace("架空".encode(), b"\x00"),
}
"""Bodies that are none."""
ODD = {
    "latin-1": lambda body: body.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "blanks-before": lambda body: b"\n\n" + body,
    "gzip": gzip.compress,
    "http-uris": lambda body: body.replace(b"https://ci.nii.ac.jp/library", b"http://ci.nii.ac.jp/library"),
}
"""Bodies that are odd, and read all the same."""
SHAPES = ("before-2015", "one-object", "flat", "number", "expanded")
CONTENTS = ("other-ncid", "no-fa", "bad-fa", "twice", "too-few", "not-libraries", "search-hits", "list-differs")
LINES = ("cut-body", "cut-head", "hang-up", "slow", "silent", "endless", "wrong-length")
"""What the connection does."""
FAULTS = (*STATUS, *BODIES, *ODD, *SHAPES, *CONTENTS, *LINES, "other-form")


@dataclass
class Service:
    """``at``: the requests, counted from 1, that a fault sits at (none: all of them). ``log`` holds every request."""

    holdings: Mapping[str, Sequence[Holder]]
    faults: frozenset[str] | set[str] = frozenset()
    at: tuple[int, ...] = ()
    needs_id: str | None = None
    delay: float = 0.0
    scheme: str = "https"
    log: list[dict[str, str]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        assert set(self.faults) <= set(FAULTS), set(self.faults) - set(FAULTS)

    def fault(self, number: int, names: Any) -> str | None:
        if self.at and number not in self.at:
            return None
        return next((name for name in names if name in self.faults), None)

    def answer(self, path: str, query: str, host: str) -> Answered:
        given = dict(parse_qsl(query, keep_blank_values=True))
        with self.lock:
            self.log.append(given)
            number = len(self.log)
        time.sleep(self.delay)
        if path == "/login":
            return Answered(200, HTML, **{"Content-Type": "text/html"})
        if path not in PATHS:
            return Answered(404, HTML, **{"Content-Type": "text/html"})
        if self.needs_id is not None and given.get("appid") != self.needs_id:
            return Answered(403, f"<error><detail>appid={given.get('appid')}</detail></error>".encode())
        status = self.fault(number, STATUS)
        if status is not None:
            moved = status == "redirect-moved"
            if not moved or path != "/moved":
                return self._status(status, f"http://{host}{'/moved' if moved else path}?{query}")
        if not given.get("ncid"):
            return Answered(400, ERROR, **{"Content-Type": "text/xml"})
        return self._found(given, number, f"https://ci.nii.ac.jp{path}")

    def _status(self, fault: str, own: str) -> Answered:
        status, body, headers = STATUS[fault]
        later = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        told = {
            name: own if text in ("SELF", "MOVED") else later if text == "DATE" else text
            for name, text in headers.items()
        }
        return Answered(status, body, **told)

    def _found(self, given: dict[str, str], number: int, address: str) -> Answered:
        asked = given["ncid"]
        wanted = {name: value for name, value in given.items() if name not in ("ncid", "format", "appid")}
        found = [
            holder
            for holder in self.holdings.get(asked, ())
            if all(holder.fano == value if name == "fano" else holder.flags.get(name, value) == value
                   for name, value in wanted.items())
        ]  # fmt: skip
        echo = {name: value for name, value in given.items() if name != "appid"}
        page = Page(f"{address}?{urlencode(echo)}", asked, found, len(found), self.scheme)
        page = self._contents(page, self.fault(number, CONTENTS))
        form = given.get("format", "atom")
        form = ("atom" if form == "json" else "json") if self.fault(number, ("other-form",)) else form
        shape = self.fault(number, SHAPES) or ""
        body = as_json(page, shape) if form == "json" else FORMS[form](page)
        if self.fault(number, ("search-hits",)):
            body = body.replace(b"/library/FA", b"/ncid/BA")
        if self.fault(number, ("list-differs",)):
            body = body.replace(
                b"<rdf:li ", b'<rdf:li rdf:resource="https://ci.nii.ac.jp/library/FA000000"/><rdf:li ', 1
            )
        spoil = self.fault(number, {**BODIES, **ODD})
        kind = {"Content-Type": f"{TYPES[form]}; charset=utf-8"}
        if spoil == "gzip":
            kind["Content-Encoding"] = "gzip"
        body = {**BODIES, **ODD}[spoil](body) if spoil else body
        line = self.fault(number, LINES)
        return Answered(200, body, **kind, **({"Line": line} if line else {}))

    def _contents(self, page: Page, fault: str | None) -> Page:
        found, number, total = list(page.found), page.number, page.total
        if fault == "other-ncid":
            number = ncid(9999)
            return Page(page.address.replace(page.number, number), number, found, total, page.scheme)
        if fault == "no-fa":
            found = [Holder("", holder.name) for holder in found]
        elif fault == "bad-fa":
            found = [
                Holder(holder.fano[:-1] + ("1" if holder.fano[-1] == "0" else "0"), holder.name) for holder in found
            ]
        elif fault == "twice":
            found = [*found, *found[:1]]
        elif fault == "too-few":
            found = found[:-1]
        elif fault == "not-libraries":
            total = total + 7
        return Page(page.address, number, found, total, page.scheme)


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._send(self.service.answer(parts.path, parts.query, self.headers.get("Host", "")))

    def _send(self, answered: Answered) -> None:
        headers = dict(answered.headers)
        line = headers.pop("Line", None)
        headers.pop("line", None)
        body = answered.body
        self.close_connection = True
        try:
            if line == "hang-up":
                return
            if line == "silent":
                time.sleep(1.5)
                return
            length = {"wrong-length": len(body) + 50, "cut-body": len(body), "endless": 10**9}.get(
                line or "", len(body)
            )
            self.send_response(answered.status)
            for name, text in headers.items():
                self.send_header(name, text)
            if line == "cut-head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
                return
            self.send_header("Content-Length", str(length))
            self.send_header("Connection", "close")
            self.end_headers()
            self._write(line, body)
        except OSError:
            return

    def _write(self, line: str | None, body: bytes) -> None:
        if line == "cut-body":
            body = body[: len(body) // 2]
        if line == "endless":
            while True:
                self.wfile.write(b" " * 65536)
        if line == "slow":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The base address (host and port) of a server that runs meanwhile."""
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serving(Service(collection(200))) as base:
        sys.stdout.write(base + "\n")
        sys.stdout.flush()
        threading.Event().wait()
