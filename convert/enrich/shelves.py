"""Where the records of an enrichment lie: a store, or the JSON Lines that ``mokuroku store export`` makes of one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from convert.errors import RunError, UnknownName, UsageError, reason_in_japanese
from convert.store.base import open_store, told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from convert.store.place import Place

SUFFIXES: Final = (".jsonl", ".ndjson")
"""Of files that hold a record on each line."""
REMEMBERED: Final = 512
"""Records that are kept at hand."""


class Shelf(Protocol):
    """Records by their identifiers."""

    def open(self) -> None:
        """Look whether they are there. Raises :class:`UsageError` when not."""
        ...

    def read(self, identifier: str) -> dict[str, Any] | None:
        """A record, all numbers as texts; None when there is none."""
        ...

    def content(self) -> dict[str, Any]:
        """What is there, for the run manifest."""
        ...


class Remembering:
    """A shelf, with the records that were asked for last at hand."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._known: dict[str, dict[str, Any] | None] = {}

    def read(self, identifier: str) -> dict[str, Any] | None:
        """A record; None when there is none."""
        known = self._known
        if identifier not in known:
            if len(known) >= REMEMBERED:
                del known[next(iter(known))]
            known[identifier] = self.shelf.read(identifier)
        return known[identifier]


class StoreShelf:
    """The JSON records of one source and prefix of a store."""

    def __init__(self, place: Place, source: str, prefix: str) -> None:
        self._place, self._source, self._prefix = place, source, prefix
        self._connection: Connection | None = None
        self._number = 0

    def open(self) -> None:
        """Look whether the store is there, and the source in it."""
        with open_store(self._place) as store, store.reading() as connection:
            self._source_number(connection)

    def read(self, identifier: str) -> dict[str, Any] | None:
        """A record. Raises :class:`RunError` when the store cannot be read."""
        try:
            with told(self._place):
                data = self._payload(identifier)
            return None if data is None else _object(data)
        except (ValueError, TypeError) as error:  # it cannot be unpacked, or is no JSON any more
            en = f"{self._place.shown}: the record '{identifier}' is damaged"
            raise RunError(en, f"ストア {self._place.shown} の「{identifier}」は壊れています") from error

    def _payload(self, identifier: str) -> bytes | None:
        from convert.store.reading import payload_of  # noqa: PLC0415 - SQLAlchemy is slow to import

        if self._connection is None:  # one view of the store, for as long as this process looks
            stack = contextlib.ExitStack()
            weakref.finalize(self, stack.close)
            self._connection = stack.enter_context(stack.enter_context(open_store(self._place)).reading())
            self._number = self._source_number(self._connection)
        return payload_of(self._connection, self._number, self._prefix, identifier)

    def _source_number(self, connection: Connection) -> int:
        from convert.store.reading import known_source  # noqa: PLC0415 - likewise

        return known_source(connection, self._source)

    def content(self) -> dict[str, Any]:
        """The store, the records meant, their number, the newest of them, and a hash of them all."""
        from convert.store.reading import hashes, moment  # noqa: PLC0415 - likewise

        digest, count, newest = hashlib.sha256(), 0, 0
        with open_store(self._place) as store, store.reading() as connection:
            try:
                number = self._source_number(connection)
            except UnknownName:
                number = 0
            for identifier, digested, changed in hashes(connection, number, self._prefix):
                digest.update(f"{identifier}\0".encode())
                digest.update(digested)
                count, newest = count + 1, max(newest, changed)
        return {
            "store": self._place.shown, "source": self._source, "prefix": self._prefix, "records": count,
            "changed": moment(newest) if count else None, "sha256": digest.hexdigest(),
        }  # fmt: skip


def _object(data: bytes) -> dict[str, Any]:
    found = json.loads(data, parse_int=str, parse_float=str)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


class LinesShelf:
    """A file with a JSON object on each line, as ``mokuroku store export`` writes it; of several the last counts.

    ``key`` is the member that names a record; ``parameters`` are those that its member of this name must be.
    """

    def __init__(self, path: Path, key: str, prefix: str, parameters: dict[str, str]) -> None:
        self._path, self._key, self._prefix, self._parameters = path, key, prefix, parameters
        self._places: dict[str, tuple[int, int]] | None = None

    def open(self) -> None:
        """Look through the file."""
        try:
            self._places = self._looked_through()
        except OSError as error:
            ja = f"{self._path}：読めません（{reason_in_japanese(error)}）。"
            raise UsageError(f"{self._path}: cannot be read ({error.strerror})", ja) from error

    def _looked_through(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        start = 0
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                record = self._record(line, number) if line.strip() else None
                if record is not None and (record.get("parameters") or {}) == self._parameters:
                    found[str(record[self._key])] = (start, len(line))
                start += len(line)
        return found

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and isinstance(record.get(self._key), str):
            return record
        en = f"{self._path}:{number}: is no record with '{self._key}'; a file made by mokuroku store export is expected"
        ja = f"{self._path} の {number} 行目：「{self._key}」のあるレコードではありません。"
        raise UsageError(en, ja + "mokuroku store export で書いたファイルを指定してください。")

    def read(self, identifier: str) -> dict[str, Any] | None:
        """A record."""
        if self._places is None:
            self.open()
        place = (self._places or {}).get(identifier)
        if place is None:
            return None
        with self._path.open("rb") as stream:
            stream.seek(place[0])
            data = stream.read(place[1])
        try:
            return self._record(data, 0)
        except UsageError as error:
            en = f"{self._path}: changed while it was read"
            raise RunError(en, f"{self._path} の内容が、読んでいる間に変わりました") from error

    def content(self) -> dict[str, Any]:
        """The file, the records meant, their number, and the file's hash."""
        if self._places is None:
            self.open()
        with self._path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {
            "store": str(self._path), "prefix": self._prefix, "records": len(self._places or {}), "sha256": digest,
        }  # fmt: skip


def shelf(place: Place, source: str, prefix: str, *, key: str, parameters: dict[str, str]) -> Shelf:
    """The shelf that a place is."""
    if place.is_file and place.text.lower().endswith(SUFFIXES):
        return LinesShelf(Path(place.text), key, prefix, parameters)
    return StoreShelf(place, source, prefix)
