"""Fields whose type drifts: numbers or dates nearly everywhere, and text in a few records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from convert.check.dataset.base import Outliers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.check.dataset.base import Setting
    from convert.check.dataset.columns import Batch, Cells
    from convert.check.issue import Issue

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}(?:[-/.年][0-9]{1,2}(?:[-/.月][0-9]{1,2}日?)?)?月?年?(?:[T ][0-9:.+Z-]*)?")
_FIRST: Final = frozenset("0123456789+-")
_AFTER: Final = ":"
"""What stands after all of these: where no text of many is less, none begins with one of them."""
_MEMO: Final = 5_000
_LONGEST: Final = 40  # no number and no date is longer
TEXTS: Final = frozenset(
    ("title", "reading", "description", "url", "thumbnail", "contents", "rights", "access", "coordinates")
)
"""Roles whose values are no numbers."""


def kind_of(text: str) -> str:
    """``number``, ``date`` or ``text``. Four digits may be either: they count as a number.

    >>> kind_of("1,200"), kind_of("1955-4-1"), kind_of("1955"), kind_of("約30")
    ('number', 'date', 'number', 'text')
    """
    if len(text) > _LONGEST:
        return "text"
    if _NUMBER.fullmatch(text):
        return "number"
    return "date" if _DATE.fullmatch(text) else "text"


class Types(Outliers):
    """``DSET-TYPE-DRIFT``."""

    codes = ("DSET-TYPE-DRIFT",)
    every_field = True

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._memo: dict[str, str] = {}
        self._words: dict[str, set[str]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_memo": {}, "_words": {}}

    def take(self, batch: Batch) -> tuple[()]:
        """Count the kinds of every field of texts; the first texts are kept with their places."""
        for cells in batch.cells.values():
            column = cells.column
            told = column.typed or column.constant or not column.counted
            if not told and str in cells.kinds and not column.roles & TEXTS:
                self._count(batch, cells)
        return ()

    def _count(self, batch: Batch, cells: Cells) -> None:
        name = cells.column.name
        counts = self._counts.setdefault(name, [0, 0])
        words = self._words.setdefault(name, set())
        total = len(cells.texts)
        if cells.few and cells.distinct <= words:  # all of them were met before
            odd = total
        else:
            odd = self._odd(cells)
            if odd == total and cells.few and len(words) < _MEMO // 10:
                words |= {text for text in cells.distinct if len(text) <= _LONGEST}
        counts[0] += total
        counts[1] += odd
        if odd and not self._noted.full(name, "text"):
            self._keep(batch, cells)

    def _odd(self, cells: Cells) -> int:
        """How many texts are no number and no date."""
        texts, memo, odd = cells.texts, self._memo, 0
        maybe = [text for text in texts if text[0] in _FIRST] if texts and min(texts) < _AFTER else ()
        for text in maybe:
            kind = memo.get(text)
            if kind is None:
                kind = memo[text] = kind_of(text)
                if len(memo) > _MEMO:
                    memo.clear()
            odd += kind == "text"
        return odd + len(texts) - len(maybe)

    def _keep(self, batch: Batch, cells: Cells) -> None:
        """The places of the first texts, while there is room for them."""
        name = cells.column.name
        for record, index, text in cells.each():
            if self._noted.full(name, "text"):
                return
            if kind_of(text) == "text":
                self._noted.add(batch, cells.column, "text", record, index, text)

    def finish(self, records: int) -> Iterator[Issue]:
        """The texts of fields that are nearly all numbers or dates."""
        for name, total, odd in self.outliers("values"):
            yield from self._noted[name, "text"].told("DSET-TYPE-DRIFT", odd, total=total)


CHECKS = {"types": Types}
