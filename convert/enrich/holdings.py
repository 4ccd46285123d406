"""Find the holdings of a book in a store, by its NCID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convert.enrich.base import Found, Remark
from convert.enrich.shelves import Remembering, shelf
from convert.errors import RunError, UsageError
from convert.harvest.cinii.query import PARAMETERS, check_parameters, is_odd, prefix_of
from convert.harvest.cinii.text import ncids_in
from convert.resources import as_file
from convert.store.place import Place, parse_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SOURCE: Final = "cinii"
"""The source of the store where none is named."""
_CODES: Final = {"warn": "ENR-MISS", "error": "ENR-MISS-REFUSED"}


class Holdings:
    """Reads what ``mokuroku harvest cinii holdings`` stored. ``store``: as ``store:`` inputs are written, with
    ``source=`` where it is not ``cinii``, or an exported ``.jsonl``; the parameters must be those of the harvest.
    """

    def __init__(self, options: Mapping[str, Any], *, base: Path | None) -> None:
        place, chosen = parse_place(options["store"])
        if place.is_file and base is not None and as_file(place.text, base) is not None:
            place = Place(str(base / place.text))
        self._name = place.shown
        self._missing: str = options["missing"]
        given = check_parameters({name: options[name] for name in PARAMETERS if options.get(name) is not None})
        self._prefix = prefix_of(given)
        self._shelf = shelf(place, chosen.source or SOURCE, self._prefix, key="ncid", parameters=given)
        self._records = Remembering(self._shelf)

    def problem(self) -> Remark | None:
        """There is no such store, or it has no such source."""
        try:
            self._shelf.open()
        except (UsageError, RunError) as error:
            return Remark("MAP-ENRICH-STORE", value=self._name, slots={"reason": str(error), "ja": error.ja})
        return None

    def content(self) -> dict[str, Any]:
        """What is looked in."""
        return self._shelf.content()

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
        document = self._records.read(ncid)
        if document is not None:
            found.documents.append(document)
        else:
            found.misses.append(ncid)
            code = _CODES.get(self._missing)
            if code is not None:
                slots = {"store": self._name, "what": self._prefix}
                found.remarks.append(Remark(code, number, ncid, slots))
        if is_odd(ncid) and not (document or {}).get("libraries"):
            found.remarks.append(Remark("ENR-NCID-CHECK", number, ncid))
