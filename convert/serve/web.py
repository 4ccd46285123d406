"""The provider behind WSGI (PEP 3333): ``/oai``, ``/health``, ``/metrics``, nothing else.

What a request says is compared with fixed names and bound to statements as a value; no part of it becomes a file name
or the text of a statement.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convert import resources
from convert.serve import dates
from convert.serve.arguments import MOST_BYTES, Pairs, pairs_of
from convert.serve.metrics import MEDIA, Metrics
from convert.serve.view import View, repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from convert.serve.provider import Answer, Provider
    from convert.store.base import Store

Start = Any  # start_response of PEP 3333
XML: Final = "text/xml; charset=UTF-8"
_FORM: Final = "application/x-www-form-urlencoded"
_LEVEL: Final = 4
_SMALL: Final = 1000
"""Bytes below which compression gains nothing."""
_AGAIN: Final = 60
_CODING = re.compile(r"\s*([A-Za-z0-9*\-]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.ASCII)
_PHRASES: Final = {
    200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of HTTP."""

    status: int
    media: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    verb: str = "-"
    errors: tuple[str, ...] = ()
    records: int = 0


class Application:
    """Serves a provider from a store. ``clock`` gives seconds since 1970, ``log`` takes the lines of the access log.

    ``path`` is where the provider answers; ``faults`` takes what went wrong with the store, for those who run it.
    """

    def __init__(
        self,
        store: Store,
        provider: Provider,
        *,
        path: str = "/oai",
        clock: Callable[[], float] = time.time,
        log: Callable[[str], None] | None = None,
        faults: Callable[[str], None] | None = None,
    ) -> None:
        self._store, self._provider, self._path = store, provider, path.rstrip("/")
        self._clock, self._log, self._faults = clock, log, faults or _to_stderr
        self._metrics = Metrics()
        self._files = {f"{self._path}/{name}": data for name, data in schema_files().items()}

    def __call__(self, environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request; whatever happens, with a status that tells the harvester what to do."""
        began = time.perf_counter()
        try:
            reply = self._reply(environ)
        except Exception as error:  # a harvester can do nothing with a traceback
            reply = self._unable(error)
        return self._sent(reply, environ, start, began)

    def _reply(self, environ: Mapping[str, Any]) -> Reply:
        place, method = environ.get("PATH_INFO", "") or "/", environ.get("REQUEST_METHOD", "GET")
        if place in (self._path, self._path + "/"):
            if method not in ("GET", "HEAD", "POST"):
                return _plain(405, "GET or POST.\n", ("Allow", "GET, HEAD, POST"))
            return self._protocol(environ, method)
        if method not in ("GET", "HEAD"):
            return _plain(405, "GET.\n", ("Allow", "GET, HEAD"))
        if place == "/health":
            return self._health()
        if place == "/metrics":
            return self._counted()
        if place in self._files:
            return Reply(200, "application/xml", self._files[place], verb="schema")
        return _plain(404, f"The OAI-PMH provider is at {self._path}?verb=Identify\n")

    # ── OAI-PMH ──────────────────────────────────────────────────────────────────────────────────

    def _protocol(self, environ: Mapping[str, Any], method: str) -> Reply:
        pairs = _pairs(environ, method)
        with self._store.reading() as connection:
            answer: Answer = self._provider.answer(pairs, connection, int(self._clock()))
        headers: tuple[tuple[str, str], ...] = (("Vary", "Accept-Encoding"),)
        body = answer.body
        if self._provider.settings.compression and len(body) >= _SMALL and _takes_gzip(environ):
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers += (("Content-Encoding", "gzip"),)
        return Reply(200, XML, body, headers, answer.verb or "-", answer.errors, answer.records)

    def _unable(self, error: Exception) -> Reply:
        """Nothing can be answered now."""
        self._faults(f"{dates.written(int(self._clock()))} {type(error).__name__}: {error}")
        text = "The repository cannot answer at the moment. Try again later.\n"
        return _plain(503, text, ("Retry-After", str(_AGAIN)))

    # ── For those who run it ─────────────────────────────────────────────────────────────────────

    def _state(self) -> dict[str, Any] | None:
        """The newest snapshot."""
        with self._store.reading() as connection:
            of = repository(connection, self._provider.name)
            if of is None:
                return None
            view = View(connection, of, int(self._clock()))
            number = view.newest()
            return None if number is None else {"snapshot": number, "datestamp": view.stamps({number})[number]}

    def _health(self) -> Reply:
        state = self._state()
        told: dict[str, Any] = {"status": "ok" if state is not None else "empty", "delivery": self._provider.name}
        if state is not None:
            told |= {"snapshot": state["snapshot"], "datestamp": dates.written(state["datestamp"])}
        return Reply(200 if state is not None else 503, "application/json", json.dumps(told).encode() + b"\n")

    def _counted(self) -> Reply:
        state = self._state() or {"snapshot": 0, "datestamp": 0}
        gauges = {"snapshot": state["snapshot"], "snapshot_timestamp_seconds": state["datestamp"]}
        return Reply(200, MEDIA, self._metrics.text(gauges).encode())

    def _sent(self, reply: Reply, environ: Mapping[str, Any], start: Start, began: float) -> list[bytes]:
        headers = [
            ("Content-Type", reply.media), ("Content-Length", str(len(reply.body))),
            ("X-Content-Type-Options", "nosniff"), *reply.headers,
        ]  # fmt: skip
        start(f"{reply.status} {_PHRASES[reply.status]}", headers)
        seconds = time.perf_counter() - began
        self._metrics.add(
            reply.verb, reply.status, reply.errors, size=len(reply.body), records=reply.records, seconds=seconds
        )
        if self._log is not None:
            self._log(_line(environ, reply, self._clock(), seconds))
        return [b""] if environ.get("REQUEST_METHOD") == "HEAD" else [reply.body]


def schema_files() -> dict[str, bytes]:
    """The schema of DC-NDL(RDF), made by us, by the names under which it is served."""
    folder = resources.schemas() / "dcndl"
    files = [folder / "dcndl-2.2.xsd", *sorted((folder / "dcndl-2.2").glob("*.xsd"))]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _plain(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status, "text/plain; charset=utf-8", text.encode(), headers)


def _pairs(environ: Mapping[str, Any], method: str) -> Pairs | None:
    """The arguments of a request, those of the address and those of the form."""
    query = str(environ.get("QUERY_STRING") or "").encode("latin-1", "replace")
    found = pairs_of(query)
    if method != "POST" or found is None:
        return found
    if str(environ.get("CONTENT_TYPE") or _FORM).partition(";")[0].strip().lower() != _FORM:
        return found
    sent = environ["wsgi.input"].read(min(_length(environ), MOST_BYTES + 1))
    more = pairs_of(sent)
    return None if more is None else found + more


def _length(environ: Mapping[str, Any]) -> int:
    told = str(environ.get("CONTENT_LENGTH") or "0")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else 0


def _takes_gzip(environ: Mapping[str, Any]) -> bool:
    """Whether a client takes gzip (RFC 9110 §12.5.3)."""
    found: dict[str, float] = {}
    for part in str(environ.get("HTTP_ACCEPT_ENCODING") or "").split(","):
        coding = _CODING.fullmatch(part)
        if coding is not None:
            try:
                found[coding[1].lower()] = float(coding[2] or 1)
            except ValueError:
                continue
    return found.get("gzip", found.get("x-gzip", found.get("*", 0))) > 0


def _line(environ: Mapping[str, Any], reply: Reply, clock: float, seconds: float) -> str:
    """A line of the access log: the combined format, then verb, errors, records and milliseconds."""
    query = environ.get("QUERY_STRING")
    path = str(environ.get("PATH_INFO") or "/") + (f"?{query}" if query else "")
    request = f"{environ.get('REQUEST_METHOD', '-')} {path} {environ.get('SERVER_PROTOCOL', '-')}"
    agent, referer = environ.get("HTTP_USER_AGENT", "-"), environ.get("HTTP_REFERER", "-")
    who = environ.get("REMOTE_ADDR", "-")
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(clock))
    errors = ",".join(reply.errors) or "-"
    return (
        f'{_safe(who)} - - [{when}] "{_safe(request)}" {reply.status} {len(reply.body)} "{_safe(referer)}" '
        f'"{_safe(agent)}" {reply.verb} {errors} {reply.records} {seconds * 1000:.1f}'
    )


def _safe(text: object) -> str:
    r"""Text that stays on its line and within its quotes.

    >>> print(_safe('a"b\n'))
    a\x22b\x0a
    """
    return "".join(
        char if " " <= char <= "~" and char not in '"\\' else char.encode("unicode_escape").decode()
        if char not in '"\\\n\r\t' else f"\\x{ord(char):02x}"
        for char in str(text)[:2000]
    )  # fmt: skip


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
