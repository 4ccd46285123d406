"""An OAI-PMH repository on loopback that keeps the rules, and breaks those it is told to.

``Repository(records, faults={"token-lost"})``; the faults are the names that ``has`` is asked for below.
As a program (``python -m tests.oai_server --records 5000``) it prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import base64
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
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OAI = "http://www.openarchives.org/OAI/2.0/"
PREFIXES = ("oai_dc", "onix")
NOW = "2026-06-01T00:00:00Z"


@dataclass(frozen=True)
class Item:
    """A record of the repository."""

    identifier: str
    datestamp: str
    sets: tuple[str, ...] = ("books",)
    deleted: bool = False
    title: str = "架空の本"


def items(count: int, *, deleted_every: int = 0, start: str = "2026-01-01T00:00:00Z", minutes: int = 60) -> list[Item]:
    """Records, each some minutes after the one before."""
    first = datetime.fromisoformat(start.replace("Z", "+00:00"))
    return [
        Item(
            f"oai:example.jp:{number}",
            (first + timedelta(minutes=minutes * number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            deleted=bool(deleted_every) and number % deleted_every == 0,
            title=f"架空の本 {number}",
        )
        for number in range(1, count + 1)
    ]


class _Answered(Exception):  # noqa: N818 - ends the making of an answer
    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers


@dataclass
class Repository:
    """``at``: the number of the page, or of the record, at which a fault sits. ``log`` holds every request."""

    records: Sequence[Item]
    faults: frozenset[str] | set[str] = frozenset()
    page: int = 10
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    deleted: str = "persistent"
    at: int = 2
    delay: float = 0.0
    log: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    served: int = 0

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def once(self, fault: str, times: int = 1) -> bool:
        """Whether a fault that goes away is still there."""
        if not self.has(fault):
            return False
        self.counts[fault] = self.counts.get(fault, 0) + 1
        return self.counts[fault] <= times

    # ── Questions ──────────────────────────────────────────────────────────────────────────────

    def answer(self, query: str) -> tuple[int, bytes, dict[str, str]]:
        repeated = [name for name, values in parse_qs(query, keep_blank_values=True).items() if len(values) > 1]
        given = dict(parse_qsl(query, keep_blank_values=True))
        self.log.append(given)
        time.sleep(self.delay)
        try:
            body = self._repeated() if repeated else self._verb(given)
        except _Answered as answered:
            return answered.status, answered.body, answered.headers
        if self.has("wrong-type"):
            return 200, body, {"Content-Type": "text/html"}
        if self.has("gzip"):
            return 200, gzip.compress(body), {"Content-Type": "text/xml", "Content-Encoding": "gzip"}
        return 200, body, {"Content-Type": "text/xml"}

    def _repeated(self) -> bytes:
        return self._error("badArgument", "repeated")

    def _verb(self, given: dict[str, str]) -> bytes:
        verb = given.get("verb", "")
        if self.has("down"):
            raise _Answered(500)
        if verb == "Identify":
            return self._identify()
        if self.once("busy-seconds", 2):
            raise _Answered(503, **{"Retry-After": "7"})
        if self.once("busy-date"):
            at = datetime.now(UTC) + timedelta(seconds=30)
            raise _Answered(503, **{"Retry-After": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})
        if self.once("busy-garbled"):
            raise _Answered(503, **{"Retry-After": "soon"})
        if self.has("too-many") and self.served >= self.at:
            raise _Answered(429, **{"Retry-After": "86400"})
        if verb in ("ListRecords", "ListIdentifiers"):
            return self._list(verb, given)
        if verb == "GetRecord":
            return self._get(given)
        if verb == "ListMetadataFormats":
            inside = "".join(
                f"<metadataFormat><metadataPrefix>{name}</metadataPrefix></metadataFormat>" for name in PREFIXES
            )
            return self._envelope(f"<{verb}>{inside}</{verb}>")
        if verb == "ListSets":
            inside = "".join(
                f"<set><setSpec>{name}</setSpec><setName>{name}</setName></set>" for name in ("books", "maps")
            )
            return self._envelope(f"<{verb}>{inside}</{verb}>")
        return self._error("badVerb", verb)

    def _identify(self) -> bytes:
        if self.has("no-identify"):
            return self._error("badVerb", "not offered")
        earliest = min((item.datestamp for item in self.records), default="1990-01-01T00:00:00Z")
        if self.has("earliest-wrong"):
            earliest = max(item.datestamp for item in self.records)
        if self.granularity == "YYYY-MM-DD":
            earliest = earliest[:10]
        return self._envelope(
            "<Identify><repositoryName>架空図書館</repositoryName><baseURL>http://example.jp/oai</baseURL>"
            "<protocolVersion>2.0</protocolVersion><adminEmail>kakuu@example.jp</adminEmail>"
            f"<earliestDatestamp>{earliest}</earliestDatestamp><deletedRecord>{self.deleted}</deletedRecord>"
            f"<granularity>{self.granularity}</granularity></Identify>"
        )

    # ── Lists ──────────────────────────────────────────────────────────────────────────────────

    def _list(self, verb: str, given: dict[str, str]) -> bytes:
        if verb == "ListIdentifiers" and self.has("no-list-identifiers"):
            raise _Answered(500)
        given, start = self._query(verb, given)
        found = self._found(given)
        if not found:
            if self.has("bare-404"):
                raise _Answered(404)
            if self.has("none-404"):
                raise _Answered(404, self._error("noRecordsMatch", "none"))
            return self._error("noRecordsMatch", "none")
        if start >= len(found):
            return self._after_the_end(verb)
        number = start // self.page + 1
        part = found[start : start + self.page]
        self._break_page(given, number, part)
        if self.has("repeat") and number > 1:
            part, start = found[: self.page], 0
        if self.has("cycle") and number > 3:
            start = (number - 1) % 3 * self.page
            part = found[start : start + self.page]
        if self.once("empty-page") and number == self.at:
            part = []
        if self.has("shuffled"):  # every other page is cut from a list in another order
            part = (found[::-1] if number % 2 == 0 else found)[start : start + self.page]
        shift = 1 if self.has("overlapping-pages") and start else 0
        if self.has("same-token"):
            self.counts["place"] = start + self.page
        inside = "".join(
            self._record(item, whole=verb == "ListRecords") for item in found[start - shift : start] + part
        )
        token = self._token(given, start if not part else start + self.page, len(found), number)
        more = '<error code="noRecordsMatch">beside</error>' if self.has("error-beside") else ""
        self.served += 1
        name = "ListFriends" if self.has("other-verb") and number == self.at else verb
        body = self._envelope(f"{more}<{name}>{inside}{token}</{name}>")
        return self._spoiled(body, number, part)

    def _query(self, verb: str, given: dict[str, str]) -> tuple[dict[str, str], int]:
        token = given.get("resumptionToken")
        if token is None:
            self._check(given)
            return given, 0
        allowed = {"verb", "resumptionToken"} | ({"metadataPrefix"} if self.has("prefix-with-token") else set())
        if self.has("prefix-with-token") and "metadataPrefix" not in given:
            raise _Answered(200, self._error("badArgument", "metadataPrefix is missing"))
        if set(given) - allowed:
            raise _Answered(200, self._error("badArgument", "the token is exclusive"))
        if self.once("expired", self.counts.get("expired-times", 1)) or self.has("always-expired"):
            if self.has("expired-404"):
                raise _Answered(404, b"gone")
            raise _Answered(200, self._error("badResumptionToken", "expired"))
        try:
            if self.has("same-token"):
                return {"verb": verb, "metadataPrefix": "onix"}, self.counts["place"]
            plain = token.split(" ", 1)[1] if self.has("odd-token") else token
            plain = plain.rstrip("=") + "==" if self.has("long-token") else plain
            read = json.loads(base64.urlsafe_b64decode(plain))
        except (ValueError, IndexError):
            raise _Answered(200, self._error("badResumptionToken", "no token of ours")) from None
        return {"verb": verb, **read["query"]}, read["start"]

    def _check(self, given: dict[str, str]) -> None:
        if set(given) - {"verb", "metadataPrefix", "from", "until", "set"} or "metadataPrefix" not in given:
            raise _Answered(200, self._error("badArgument", "arguments"))
        if given["metadataPrefix"] not in PREFIXES:
            raise _Answered(200, self._error("cannotDisseminateFormat", given["metadataPrefix"]))
        for name in ("from", "until"):
            value = given.get(name)
            timed = value is not None and "T" in value
            if timed and (self.granularity == "YYYY-MM-DD" or self.has("seconds-refused")):
                raise _Answered(200, self._error("badArgument", f"{name}: granularity"))
        low, high = given.get("from"), given.get("until")
        if low and high and (len(low) != len(high) or low > high):
            raise _Answered(200, self._error("badArgument", "from and until"))

    def _found(self, given: dict[str, str]) -> list[Item]:
        low = "" if self.has("ignores-from") else given.get("from", "")
        high = "9999" if self.has("ignores-until") else given.get("until", "9999")
        chosen = given.get("set")
        found = [
            item
            for item in self.records
            if low <= item.datestamp and item.datestamp[: len(high)] <= high
            if chosen is None or any(name == chosen or name.startswith(f"{chosen}:") for name in item.sets)
        ]
        return found[::-1] if self.has("newest-first") else found

    def _after_the_end(self, verb: str) -> bytes:
        if self.has("end-empty"):
            return self._envelope(f"<{verb}><resumptionToken/></{verb}>")
        if self.has("end-bad-token"):
            return self._error("badResumptionToken", "beyond the end")
        return self._error("noRecordsMatch", "beyond the end")

    def _token(self, given: dict[str, str], start: int, size: int, number: int) -> str:
        told = f' completeListSize="{"ssss" if self.has("size-garbled") else size}" cursor="{start - self.page}"'
        told = "" if self.has("no-size") else told
        if self.has("ends-early") and number == self.at:
            return f"<resumptionToken{told}/>"
        last = start >= size and not self.has("repeat") and not self.has("cycle")
        if self.has("token-lost") or (self.has("token-lost-later") and number > 1):
            return ""
        if last and not self.has("token-on-last"):
            return "" if start <= self.page or self.has("no-empty-token") else f"<resumptionToken{told}/>"
        query = {name: value for name, value in given.items() if name not in ("verb", "resumptionToken")}
        text = base64.urlsafe_b64encode(json.dumps({"query": query, "start": start}).encode()).decode()
        text = text + "=" * 9000 if self.has("long-token") else "T" if self.has("same-token") else text
        text = f"&<+%/é= {text}" if self.has("odd-token") else text
        text = f"\n   {escape(text)}\n  " if self.has("blank-token") else escape(text)
        return f"<resumptionToken{told}>{text}</resumptionToken>"

    # ── Records ────────────────────────────────────────────────────────────────────────────────

    def _get(self, given: dict[str, str]) -> bytes:
        item = next((item for item in self.records if item.identifier == given.get("identifier")), None)
        if item is None:
            return self._error("idDoesNotExist", "no such")
        if self._is_bad(item):
            raise _Answered(500)
        return self._spoiled(self._envelope(f"<GetRecord>{self._record(item)}</GetRecord>"), 0, [item])

    def _is_bad(self, item: Item) -> bool:
        return self.has("poison") and item.identifier.endswith(f":{self.at}")

    def _record(self, item: Item, *, whole: bool = True) -> str:
        stamp = item.datestamp[:10] if self.granularity == "YYYY-MM-DD" else item.datestamp
        stamp = item.datestamp[:10].replace("-", "") if self.has("datestamps-garbled") else stamp
        sets = "".join(f"<setSpec>{name}</setSpec>" for name in item.sets)
        status = ' status="deleted"' if item.deleted else ""
        name = "" if self.has("no-identifier") and item.identifier.endswith(f":{self.at}") else item.identifier
        head = f"<header{status}><identifier>{name}</identifier><datestamp>{stamp}</datestamp>{sets}</header>"
        if not whole:
            return head
        keeps = self.has("deleted-with-metadata")
        if (item.deleted and not keeps) or (self.has("empty-metadata") and item.identifier.endswith(f":{self.at}")):
            return f"<record>{head}{'' if item.deleted else '<metadata/>'}</record>"
        return f"<record>{head}<metadata>{payload(item)}</metadata></record>"

    # ── Faults of pages ────────────────────────────────────────────────────────────────────────

    def _break_page(self, given: dict[str, str], number: int, part: Sequence[Item]) -> None:
        here = number == self.at
        if any(self._is_bad(item) for item in part) and given.get("verb") == "ListRecords":
            raise _Answered(500)
        if self.has("error-500") and here:
            raise _Answered(500)
        if here and self.once("error-500-passing", 2):
            raise _Answered(500)
        if (self.has("html-page") and here) or (self.has("html-all")):
            raise _Answered(200, b"<!DOCTYPE html><html><head><title>Maintenance</title></head></html>")
        if here and self.once("html-once"):
            raise _Answered(200, b"<html><body>Please wait</body></html>", **{"Content-Type": "text/html"})
        if self.has("maintenance") and here:
            self.faults = {*self.faults, "html-everything"}
        if here and self.once("empty-answer"):
            raise _Answered(200, b"")
        if here and self.once("cut-once"):
            raise _Answered(200, b"<?xml", cut="1")
        if here and self.once("slow", 3):
            time.sleep(3)
        if here and self.has("huge"):
            raise _Answered(200, b"<?xml version='1.0'?><OAI-PMH>" + b"<a/>" * 1_000_000 + b"</OAI-PMH>")
        if (here and self.has("dtd")) or self.has("dtd-all"):
            entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
            raise _Answered(200, f"<?xml version='1.0'?>{entities}<OAI-PMH>&b;</OAI-PMH>".encode())

    def _spoiled(self, body: bytes, number: int, part: Sequence[Item]) -> bytes:
        spoiled = any(item.identifier.endswith(f":{self.at}") for item in part)
        if self.has("control-character") and spoiled:
            body = body.replace(f"架空の本 {self.at}<".encode(), f"架空の\x0b本 {self.at}<".encode())
        if self.has("bare-ampersand") and spoiled:
            body = body.replace(f"架空の本 {self.at}<".encode(), f"A & B {self.at}<".encode())
        if self.has("unclosed-element") and spoiled:
            body = body.replace(f"架空の本 {self.at}</Title>".encode(), f"架空の本 {self.at}".encode())
        if self.has("bad-bytes") and spoiled:
            body = body.replace(f"架空の本 {self.at}<".encode(), b"\x8b\xf3<")
        if self.has("half-page") and spoiled and len(part) > 1:
            body = body[: len(body) // 2]
        if self.once("half-page-once") and number == self.at:
            body = body[: len(body) // 2]
        if self.has("blank-before"):
            body = b"\n  " + body
        if self.has("warning-before"):
            body = b"<br />\n<b>Warning</b>: something in <b>oai.php</b><br />\n" + body
        if self.has("text-behind"):
            body += b"\n<!-- 0.2 s --> done"
        return body

    def _envelope(self, inside: str) -> bytes:
        if self.has("html-everything"):
            raise _Answered(200, b"<html><title>Maintenance</title></html>")
        if self.has("no-namespace"):
            return f"<OAI-PMH><responseDate>{NOW}</responseDate>{inside}</OAI-PMH>".encode()
        declared = "" if self.has("no-declaration") else '<?xml version="1.0" encoding="UTF-8"?>\n'
        request = "" if self.has("no-request") else "<request>http://example.jp/oai</request>"
        return (
            f'{declared}<OAI-PMH xmlns="{OAI}"><responseDate>{NOW}</responseDate>{request}{inside}</OAI-PMH>'.encode()
        )

    def _error(self, code: str, text: str) -> bytes:
        return self._envelope(f'<error code="{code}">{escape(text)}</error>')


def payload(item: Item) -> str:
    """The content of a record: a small product."""
    return (
        f'<Product xmlns="http://ns.editeur.org/onix/3.0/reference"><RecordReference>{item.identifier}</RecordReference>'
        f"<NotificationType>03</NotificationType><Title>{item.title}</Title></Product>"
    )


# ── The server ───────────────────────────────────────────────────────────────────────────────────


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    repository: Repository

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.repository.has("redirect") and parts.path == "/oai":
            self._send(302, b"", {"Location": f"/moved?{parts.query}"})
            return
        self._answer(parts.query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, query: str) -> None:
        status, body, headers = self.repository.answer(query)
        if headers.pop("cut", None):
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return
        self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
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
def serving(repository: Repository) -> Iterator[str]:
    """The address of the repository while it is served."""
    handler = type("Handler", (_Handler,), {"repository": repository})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/oai"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--page", type=int, default=100)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--delay", type=float, default=0.0)
    given = parser.parse_args()
    repository = Repository(
        items(given.records, deleted_every=17), set(given.fault), page=given.page, delay=given.delay
    )
    with serving(repository) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
