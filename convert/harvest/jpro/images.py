"""Covers and other images of harvested records: each once, only where a record says that there is one.

A record says so with ``ResourceLink``. The address is made of the product code (``CODE.jpg``, ``CODE.in01.jpg`` …); an
address of another server is never asked. How far it came is kept in the store, so it goes on where it stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lxml import etree
from sqlalchemy import select

from convert.formats.xml.reader import make_parser
from convert.harvest.jpro.contract import FORBIDDEN, HOST, LONG_EDGE, PREFIX
from convert.harvest.oai.answer import child_text, local, text_of
from convert.harvest.state import load, note, save
from convert.harvest.web import WebFault, without_secrets
from convert.store.images import keep, kept, kind_of, sweep
from convert.store.payload import DamageError, unpack
from convert.store.tables import payloads, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from convert.harvest.jpro.contract import Endpoint
    from convert.harvest.outcome import Outcome
    from convert.harvest.web import Web
    from convert.store.base import Store

BATCH: Final = 100
"""Records that are read at a time."""
MOST_FAILED: Final = 1000
"""Images that could not be had which the next run asks for again."""
IN_A_ROW: Final = 10
"""Images in a row that cannot be had, after which the server is given up."""
_NAME = re.compile(r"(?P<code>[0-9]{13})(?:\.in0(?P<number>[1-9]))?\.jpe?g", re.ASCII | re.IGNORECASE)
_TAGS = {"ResourceContentType": "x436", "ResourceMode": "x437", "ResourceLink": "x435"}


# ── What a record says ───────────────────────────────────────────────────────────────────────────


def wanted(payload: bytes, code: str, host: str = "") -> tuple[list[str], list[str]]:
    """The names of a product's images, and the links that lead to none of them.

    A link that is a name of another form counts as the cover, or as the next of the other images: the specification
    does not tell what a link looks like.
    """
    names: list[str] = []
    strange: list[str] = []
    for kind, link in _links(payload):
        name = _name(link, code, kind, names) if _ours(link, host) else None
        if name is None:
            strange.append(link)
        elif name not in names:
            names.append(name)
    return names, strange


def _links(payload: bytes) -> Iterator[tuple[str, str]]:
    """Kind (``01`` cover) and link of every image."""
    if b"ResourceLink" not in payload and b"x435" not in payload:
        return
    try:
        root = etree.fromstring(payload, make_parser())
    except etree.XMLSyntaxError:
        return
    for resource in root.iter():
        if local(resource) not in ("SupportingResource", "supportingresource"):
            continue
        if _text(resource, "ResourceMode") not in ("", "03"):
            continue
        kind = _text(resource, "ResourceContentType")
        for link in resource.iter():
            if local(link) in ("ResourceLink", "x435") and text_of(link):
                yield kind, text_of(link)


def _text(element: Any, name: str) -> str:
    return child_text(element, name) or child_text(element, _TAGS[name])


def _ours(link: str, host: str) -> bool:
    """Whether a link is no address, or one of JPRO's or of the server that is asked."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return (not parts.scheme and not parts.netloc) or parts.netloc in (urlsplit(HOST).netloc, host)


def _name(link: str, code: str, kind: str, taken: list[str]) -> str | None:
    last = urlsplit(link).path.rpartition("/")[2]
    found = _NAME.fullmatch(last)
    if found is not None and found["code"] == code:
        return f"{code}.in0{found['number']}.jpg" if found["number"] else f"{code}.jpg"
    if found is not None or re.search(r"\.in\d+\.jpe?g$", last, re.IGNORECASE):
        return None  # another product's, or a number that does not exist
    if kind == "01":
        return f"{code}.jpg"
    number = sum(".in" in name for name in taken) + 1
    return f"{code}.in0{number}.jpg" if number <= 9 else None


# ── What an image is ─────────────────────────────────────────────────────────────────────────────


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    r"""Width and height of a JPEG (ITU-T T.81, Annex B); None when it is none, or is not whole.

    >>> jpeg_size(b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00\xff\xd9")
    (3, 2)
    """
    if not data.startswith(b"\xff\xd8") or b"\xff\xd9" not in data[-1024:]:
        return None
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:  # fill bytes
            place += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers that stand alone
            place += 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = (int.from_bytes(data[place + at : place + at + 2], "big") for at in (5, 7))
            return (width, height) if width and height else None
        if length < 2 or marker == 0xDA:
            return None
        place += 2 + length
    return None


# ── Fetching ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Pass:
    """One look through the records: those that changed ``since``, and were ``seen`` since then; up to ``row``."""

    since: int = 0
    seen: int = 0
    row: int = 0
    started: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """For the store."""
        return {
            "since": self.since, "seen": self.seen, "row": self.row, "started": self.started, "failed": self.failed,
        }  # fmt: skip


class Images:
    """The images of one source. ``seen``: only those of records seen since then; 0 all of them."""

    def __init__(
        self,
        store: Store,
        web: Web,
        endpoint: Endpoint,
        outcome: Outcome,
        *,
        folder: Path,
        source: int,
        name: str,
        seen: int = 0,
        progress: Callable[[Outcome, int | None], None] | None = None,
    ) -> None:
        self.store, self.web, self.endpoint, self.outcome, self.folder = store, web, endpoint, outcome, folder
        self.source, self.name, self.seen, self.progress = source, f"images {name}", seen, progress
        self.stored = 0
        self.host = urlsplit(endpoint.address).netloc.rpartition("@")[2]
        self._lost = 0

    @property
    def _now(self) -> int:
        return int(self.web.clock())

    def run(self) -> int:
        """Fetch; the number of images stored. Raises :class:`WebFault` when it cannot go on."""
        begun = max(self._now, self.seen)
        sweep(self.folder)
        try:
            while True:
                now = self._load()
                self._again(now)
                self._through(now)
                if now.started >= begun:
                    return self.stored
        finally:
            with self.store.writing() as connection:
                note(connection, self.source, self.web.take_log())

    def pending(self) -> int:
        """How many images would be fetched now, as far as the records that are stored already tell."""
        now, count = self._load(), 0
        while batch := self._batch(now):
            for row, identifier, payload in batch:
                count += len(self._missing(identifier, payload)[1])
                now.row = row
        return count + len(now.failed)

    def _load(self) -> Pass:
        with self.store.reading() as connection:
            found = load(connection, self.source, self.name)
        if found is None:
            return Pass(0, self.seen, 0, max(self._now, self.seen))
        state = found.state | {"failed": [tuple(pair) for pair in found.state["failed"]]}
        if found.finished is None:
            return Pass(**state)
        since = 0 if self.seen else state["started"]
        return Pass(since, self.seen, 0, max(self._now, self.seen), state["failed"])

    def _save(self, connection: Connection, now: Pass, *, finished: int | None = None) -> None:
        save(connection, self.source, self.name, started=now.started, state=now.to_dict(), finished=finished)

    def _again(self, now: Pass) -> None:
        """Images that could not be had the last time."""
        before, now.failed = now.failed, []
        while before:
            try:
                self._fetch(*before[0], now)
            except WebFault:
                now.failed += before
                self._keep(now)
                raise
            before.pop(0)

    def _through(self, now: Pass) -> None:
        while batch := self._batch(now):
            for row, identifier, payload in batch:
                strange, names = self._missing(identifier, payload)
                for link in strange:
                    self.outcome.tell("JPR-IMAGE-LINK", value=link, identifier=identifier)
                for name in names:
                    self._fetch(identifier, name, now)
                now.row = row
                if names:
                    self._keep(now)
            self._keep(now)
        with self.store.writing() as connection:
            self._save(connection, now, finished=self._now)

    def _batch(self, now: Pass) -> list[tuple[int, str, bytes]]:
        """Rows, identifiers and payloads of the next records."""
        terms = (
            records.c.source == self.source, records.c.prefix == PREFIX, records.c.deleted.is_(False),
            records.c.id > now.row, records.c.changed >= now.since, records.c.last_seen >= now.seen,
        )  # fmt: skip
        columns = (records.c.id, records.c.identifier, payloads.c.data)
        query = select(*columns).join(payloads, payloads.c.record == records.c.id).where(*terms)
        with self.store.reading() as connection:
            rows = connection.execute(query.order_by(records.c.id).limit(BATCH)).all()
        return [(row.id, row.identifier, _unpacked(bytes(row.data))) for row in rows]

    def _missing(self, identifier: str, payload: bytes) -> tuple[list[str], list[str]]:
        """Links that lead to no image of ours, and names of images that are not kept yet."""
        code = re.search(r"(?<!\d)\d{13}(?!\d)", identifier)
        if code is None:
            return [], []
        names, strange = wanted(payload, code[0], self.host)
        if not names:
            return strange, []
        with self.store.reading() as connection:
            there = {image.name for image in kept(connection, self.source, identifier)}
        return strange, [name for name in names if name not in there]

    def _fetch(self, identifier: str, name: str, now: Pass) -> None:
        address = self.endpoint.image(name)
        try:
            found = self.web.get(address, {})
        except WebFault as fault:
            if fault.kind in ("budget", "postponed", "unreachable"):
                raise
            self._failed(identifier, name, now, fault.detail, fault.ja, fault)
            return
        if found.status == 403:
            raise _forbidden(found.address)
        if found.status == 404:
            self._lost = 0
            self.outcome.tell("JPR-IMAGE-NONE", value=found.address, identifier=identifier)
            return
        if found.status != 200:
            self._failed(identifier, name, now, f"HTTP {found.status}", f"HTTP {found.status}")
            return
        self._take(identifier, name, found.body, now)

    def _take(self, identifier: str, name: str, data: bytes, now: Pass) -> None:
        size = jpeg_size(data)
        other = kind_of(data)
        if size is None and (other is None or other[0] == "image/jpeg"):
            cut = other is not None
            en, ja = ("a JPEG that is cut off", "途中で切れた JPEG です") if cut else ("no image", "画像ではありません")
            self._failed(identifier, name, now, en, ja)
            return
        self._lost = 0
        if size is not None and max(size) > LONG_EDGE:
            self.outcome.tell("JPR-IMAGE-SIZE", value=name, width=size[0], height=size[1])
        address = without_secrets(self.endpoint.image(name))
        with self.store.writing() as connection:
            keep(connection, self.folder, self.source, identifier=identifier, address=address, data=data, at=self._now)
            note(connection, self.source, self.web.take_log())
        self.stored += 1
        if self.progress is not None:
            self.outcome.requests = self.web.requests
            self.progress(self.outcome, None)

    def _failed(
        self, identifier: str, name: str, now: Pass, reason: str, ja: str, fault: WebFault | None = None
    ) -> None:
        address = without_secrets(self.endpoint.image(name))
        self.outcome.tell("JPR-IMAGE", value=address, reason=reason, reason_ja=ja)
        self.outcome.gaps += 1
        self._lost += 1
        if self._lost >= IN_A_ROW:
            raise fault or WebFault("status", address, reason)
        if len(now.failed) < MOST_FAILED:
            now.failed.append((identifier, name))

    def _keep(self, now: Pass) -> None:
        with self.store.writing() as connection:
            self._save(connection, now)


def _forbidden(address: str) -> WebFault:
    fault = WebFault("forbidden", address, FORBIDDEN[0], status=403)
    fault.ja = FORBIDDEN[1]
    return fault


def _unpacked(data: bytes) -> bytes:
    try:
        return unpack(data)
    except DamageError:
        return b""
