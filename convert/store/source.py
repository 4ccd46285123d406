"""A selection of a store as an input: its payloads stream as one document.

XML payloads stand in an answer of OAI-PMH, deletions as headers that say so; JSON payloads are JSON Lines, without
what is deleted. A large selection becomes several inputs by row numbers, so that processes can share it. What is read
is byte for byte what ``mokuroku store export`` writes, so lines that issues name can be looked up.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from xml.sax.saxutils import escape

from convert.check.issue import Issue
from convert.errors import RunError, SourceFault, UsageError
from convert.model import Location
from convert.source import Source
from convert.store.base import open_store
from convert.store.payload import DamageError
from convert.store.place import SCHEME, Place, Selection, parse_place
from convert.store.reading import Extent, Stored, extent, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS: Final = 50_000
"""Rows of one input: more become several inputs."""
OAI: Final = "http://www.openarchives.org/OAI/2.0/"
_HEAD: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}">\n<ListRecords>\n'.encode()
_PLAIN_NAME: Final = re.compile(rb"<[^\s:/>]+(?=[\s/>])")
_TAIL: Final = b"</ListRecords>\n</OAI-PMH>\n"


class StoreSource(Source):
    """A selection of a store. ``digest`` is that of its records' identifiers, datestamps and content hashes."""

    opaque = True

    def __init__(self, place: Place, chosen: Selection, found: Extent) -> None:
        self._place, self._chosen, self._found = place, chosen, found
        self._file = open_path(place)
        super().__init__(_name(place, chosen), path=self._file)

    def _measure(self) -> tuple[bool, int | None]:
        size = self._file.stat().st_size if self._file is not None else self._found.bytes
        return True, size

    def _packing(self) -> str:
        return "store"

    @property
    def key(self) -> str:
        """The store and the selection."""
        return f"{self._file.resolve() if self._file else self._place.shown}?{self._chosen}"

    @property
    def picklable(self) -> bool:
        """True: another process opens the store itself."""
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return StoreSource, (self._place, self._chosen, self._found)

    @property
    def records(self) -> int:
        """How many records were selected when the input was named."""
        return self._found.records

    def open(self) -> BinaryIO:
        """Open the document."""
        return _as_binary(io.BufferedReader(_Stream(self._pieces()), buffer_size=1 << 16))

    def open_stored(self) -> BinaryIO:
        """As :meth:`open`: the store itself is no document."""
        return self.open()

    def _pieces(self) -> Iterator[bytes]:
        lines = self._found.media == ("json",)
        with open_store(self._place) as store, store.reading() as connection:
            yield b"" if lines else _HEAD
            for record in stored(connection, self._chosen):
                yield self._line(record) if lines else self._record(record)
            yield b"" if lines else _TAIL

    def _line(self, record: Stored) -> bytes:
        payload = self._payload(record)
        return b"" if payload is None else payload.replace(b"\n", b" ") + b"\n"

    def _record(self, record: Stored) -> bytes:
        status = ' status="deleted"' if record.deleted else ""
        sets = "".join(f"<setSpec>{escape(name)}</setSpec>" for name in record.sets)
        head = f"<identifier>{escape(record.identifier)}</identifier><datestamp>{record.datestamp or ''}</datestamp>"
        start = f"<record><header{status}>{head}{sets}</header>".encode()
        payload = self._payload(record)
        if payload is None:
            return start + b"</record>\n"
        return b"".join((start, b"<metadata>", _of_its_own(payload), b"</metadata></record>\n"))

    def _payload(self, record: Stored) -> bytes | None:
        try:
            return record.payload()
        except DamageError:
            issue = Issue("STO-DAMAGED", Location(self.name), value=record.identifier, slots={"row": record.row})
            raise SourceFault(issue) from None

    def digest(self) -> str:
        """SHA-256 in hex."""
        found = hashlib.sha256()
        with open_store(self._place) as store, store.reading() as connection:
            for record in stored(connection, self._chosen, payloads=False):
                found.update(f"{record.identifier}\0{record.datestamp}\0{record.deleted}\0".encode())
                found.update(record.hash)
        return found.hexdigest()


def _of_its_own(payload: bytes) -> bytes:
    """A payload in no namespace says so: around it stands that of OAI-PMH."""
    start = payload[: payload.find(b">") + 1]
    found = _PLAIN_NAME.match(start)
    if found is None or b"xmlns=" in start:
        return payload
    return b"".join((found[0], b' xmlns=""', payload[found.end() :]))


def _as_binary(stream: Any) -> BinaryIO:
    return stream  # type: ignore[no-any-return]


class _Stream(io.RawIOBase):
    """Bytes that come in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        if not self.closed:
            self._pieces.close()  # type: ignore[attr-defined]  # a generator: it closes the store
        super().close()


def open_path(place: Place) -> Any:
    """The path of a store that is a file."""
    from pathlib import Path  # noqa: PLC0415

    return Path(place.text) if place.is_file else None


def _name(place: Place, chosen: Selection) -> str:
    query = str(chosen)
    return f"{SCHEME}{place.shown}" + (f"?{query}" if query else "")


# ── What an input stands for ─────────────────────────────────────────────────────────────────────


def whole(text: str) -> StoreSource:
    """The one input that ``store:PATH?…`` names. Raises :class:`UsageError` when there is nothing to read."""
    place, chosen = parse_place(text)
    return StoreSource(place, chosen, _looked_at(place, chosen))


def shared_out(text: str, *, rows: int = ROWS) -> list[Source]:
    """The inputs that ``store:PATH?…`` stands for: one, or for a large selection several by row numbers."""
    place, chosen = parse_place(text)
    found = _looked_at(place, chosen)
    parts = -(-found.records // rows)
    if parts < 2:
        return [StoreSource(place, chosen, found)]
    step = -(-(found.last - found.first + 1) // parts)
    starts = range(found.first, found.last + 1, step)
    cut = [chosen.part(start, min(start + step - 1, found.last)) for start in starts]
    with open_store(place) as store, store.reading() as connection:
        sizes = [(part, extent(connection, part)) for part in cut]
    return [StoreSource(place, part, size) for part, size in sizes if size.records]


def _looked_at(place: Place, chosen: Selection) -> Extent:
    try:
        with open_store(place) as store, store.reading() as connection:
            found = extent(connection, chosen)
    except RunError as error:
        raise UsageError(str(error), error.ja) from error
    name = _name(place, chosen)
    if not found.records:
        raise UsageError(f"{name}: the store holds no such record", f"{name}：この条件に合うレコードはありません。")
    if len(found.media) > 1:
        en = f"{name}: holds XML and JSON; narrow it with source= or prefix="
        raise UsageError(en, f"{name}：XML と JSON がまざっています。source= か prefix= でどちらかに絞ってください。")
    return found
