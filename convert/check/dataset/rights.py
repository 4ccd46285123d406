"""Rights: missing where there is content to use, or at odds with who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.check.dataset.base import DatasetCheck
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.check.dataset.columns import Batch, Cells

NONE: Final = "not_exist"
PUBLIC: Final = "internet"
"""Codes of Japan Search's contentsAccess (japansearch.md §5.1)."""


class Rights(DatasetCheck):
    """``DSET-RIGHTS-MISSING``, ``DSET-ACCESS-CONTENTS`` and ``DSET-ACCESS-NOTHING``."""

    codes = ("DSET-RIGHTS-MISSING", "DSET-ACCESS-CONTENTS", "DSET-ACCESS-NOTHING")

    def take(self, batch: Batch) -> Iterator[tuple[int, Finding]]:
        """Each record for itself."""
        rights = next(iter(batch.playing("rights")), None)
        access = next(iter(batch.playing("access")), None)
        if rights is not None and rights.filled < len(rights.raw):
            yield from self._missing(batch, rights, access)
        if access is not None:
            yield from self._contradicting(batch, access)

    @staticmethod
    def _missing(batch: Batch, rights: Cells, access: Cells | None) -> Iterator[tuple[int, Finding]]:
        contents = batch.playing("contents", "thumbnail")
        for record in range(len(rights.raw)):
            if rights.first(record) is None:
                seen = access is not None and access.first(record) == PUBLIC
                if seen or any(cells.first(record) is not None for cells in contents):
                    slots = {"field": rights.column.name}
                    yield record, Finding("DSET-RIGHTS-MISSING", rights.column.target, slots=slots)

    def _contradicting(self, batch: Batch, access: Cells) -> Iterator[tuple[int, Finding]]:
        contents = batch.playing("contents")
        anything = batch.playing("contents", "thumbnail", "url")
        public = bool(anything) and not any(cells.filled == len(access.raw) for cells in anything)
        closed = NONE in access.raw and self.speaks("DSET-ACCESS-CONTENTS")
        for record, code in enumerate(access.raw) if public or closed else ():
            told = None
            if closed and code == NONE and any(cells.first(record) is not None for cells in contents):
                told = "DSET-ACCESS-CONTENTS"
            elif public and code == PUBLIC and all(cells.first(record) is None for cells in anything):
                told = "DSET-ACCESS-NOTHING"
            if told:
                slots = {"access": code, "field": access.column.name}
                yield record, Finding(told, access.column.target, value=code, slots=slots)


CHECKS = {"rights": Rights}
