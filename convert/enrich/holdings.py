"""Find the holdings of a book in a store, by its NCID."""

from __future__ import annotations

import hashlib
import json
import weakref
from typing import TYPE_CHECKING, Any, Final

from convert.enrich.base import Found, Remark
from convert.errors import UnknownName, UsageError
from convert.harvest.cinii.query import PARAMETERS, is_odd, prefix_of
from convert.harvest.cinii.text import ncids_in
from convert.resources import as_file
from convert.store.base import open_store
from convert.store.place import Place, parse_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from convert.store.base import Store

SOURCE: Final = "cinii"
"""The source of the store where none is named."""
REMEMBERED: Final = 512
"""Records of the store that are kept at hand."""
_CODES: Final = {"warn": "ENR-MISS", "error": "ENR-MISS-REFUSED"}


class Holdings:
    """Reads what ``mokuroku harvest cinii holdings`` stored. ``store``: as ``store:`` inputs are written, with
    ``source=`` where it is not ``cinii``; the parameters must be those of the harvest.
    """

    def __init__(self, options: Mapping[str, Any], *, base: Path | None) -> None:
        place, chosen = parse_place(options["store"])
        if place.is_file and base is not None and as_file(place.text, base) is not None:
            place = Place(str(base / place.text))
        self._place = place
        self._source = chosen.source or SOURCE
        self._missing: str = options["missing"]
        self._prefix = prefix_of({name: options[name] for name in PARAMETERS if options.get(name) is not None})
        self._store: Store | None = None
        self._number: int | None = None
        self._known: dict[str, dict[str, Any] | None] = {}

    def problem(self) -> Remark | None:
        """There is no such store, or it has no such source."""
        try:
            with open_store(self._place) as store, store.reading() as connection:
                self._source_number(connection)
        except UsageError as error:
            return Remark("MAP-ENRICH-STORE", value=self._place.shown, slots={"reason": str(error), "ja": error.ja})
        return None

    def find(self, keys: Sequence[str]) -> Found:
        """The holdings of every NCID in the keys."""
        found = Found()
        for number, key in enumerate(keys):
            ncids = ncids_in(key)
            if not ncids and key.strip():
                found.remarks.append(Remark("ENR-NCID", number, key))
            for ncid in ncids:
                self._add(found, ncid, number)
        return found

    def _add(self, found: Found, ncid: str, number: int) -> None:
        document = self._document(ncid)
        if document is not None:
            found.documents.append(document)
        else:
            found.misses.append(ncid)
            code = _CODES.get(self._missing)
            if code is not None:
                slots = {"store": self._place.shown, "what": self._prefix}
                found.remarks.append(Remark(code, number, ncid, slots))
        if is_odd(ncid) and not (document or {}).get("libraries"):
            found.remarks.append(Remark("ENR-NCID-CHECK", number, ncid))

    def _document(self, ncid: str) -> dict[str, Any] | None:
        known = self._known
        if ncid not in known:
            if len(known) >= REMEMBERED:
                del known[next(iter(known))]
            known[ncid] = self._read(ncid)
        return known[ncid]

    def _read(self, ncid: str) -> dict[str, Any] | None:
        from convert.store.reading import payload_of  # noqa: PLC0415 - SQLAlchemy is slow to import

        if self._store is None:
            self._store = open_store(self._place)
            weakref.finalize(self, self._store.close)
        with self._store.reading() as connection:
            if self._number is None:
                self._number = self._source_number(connection)
            data = payload_of(connection, self._number, self._prefix, ncid)
        return None if data is None else json.loads(data, parse_int=str)

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
