"""Values that say nothing by themselves or were damaged on their way: ditto marks, sums, lost characters, mojibake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convert.check.dataset.base import DatasetCheck
from convert.check.issue import Finding
from convert.inspect.damage import damages, repaired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

_DITTO: Final = '〃|〟|″|”|"|々|仝|仝上|同上|同右|同左|同前|上に同じ|[Dd]itto\\.?'
_SUM: Final = "(?:合|総|小|累)[ \u3000]*計|計|総数|[Tt]otal|TOTAL"
_WHOLE: Final = re.compile(rf"\s*[（(「]?(?:(?P<ditto>{_DITTO})|(?P<sum>{_SUM})|(?P<lost>[?？]{{2,}}))[）)」]?\s*")
_LOST: Final = re.compile("[\ufffd〓\ue000-\uf8ff\U000f0000-\U0010ffff]|◆[0-9A-Za-z]{0,8}◆")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SUSPECT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd〓◆\ue000-\uf8ff\U000f0000-\U0010ffff縺繧繝譁螟邱蜷蟄莠荳ãåæçèéâÃ､･]"
    rf"|^{_WHOLE.pattern}$",
    re.MULTILINE,
)
"""Whether any of many texts, one after the other, is to be looked at: one search, in C."""


class _Doubt(NamedTuple):
    code: str
    slots: dict[str, Any]
    suggestion: str | None = None


class Texts(DatasetCheck):
    """``DSET-TEXT-DITTO``, ``DSET-TEXT-SUM``, ``DSET-TEXT-LOST``, ``DSET-TEXT-CONTROL`` and ``DSET-TEXT-MOJIBAKE``."""

    codes = ("DSET-TEXT-DITTO", "DSET-TEXT-SUM", "DSET-TEXT-LOST", "DSET-TEXT-CONTROL", "DSET-TEXT-MOJIBAKE")
    every_field = True

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Every fault is told at once; nothing is kept."""
        found: list[tuple[int, Finding]] = []
        for cells in batch.cells.values():
            if cells.column.counted and not cells.column.constant and (str in cells.kinds or list in cells.kinds):
                found += self._look(cells)
        return found

    def _look(self, cells: Cells) -> Iterator[tuple[int, Finding]]:
        texts = cells.distinct
        if _SUSPECT.search("\n".join(texts)) is None:
            return
        named = not cells.column.roles.isdisjoint(("id", "title"))
        doubts = {text: doubt for text in texts if (doubt := _doubt(text, named=named)) and self.speaks(doubt.code)}
        if not doubts:
            return
        column = cells.column
        for record, index, text in cells.each():
            doubt = doubts.get(text)
            if doubt is not None:
                slots = {"field": column.name, **doubt.slots}
                yield record, Finding(doubt.code, column.target, index, text, slots, doubt.suggestion)


def _doubt(text: str, *, named: bool) -> _Doubt | None:
    """What is wrong with a text. ``named``: in a column that names things, where a sum is none of them.

    >>> _doubt("〃", named=False).code, _doubt("合　計", named=True).code, _doubt("合計", named=False)
    ('DSET-TEXT-DITTO', 'DSET-TEXT-SUM', None)
    """
    whole = _WHOLE.fullmatch(text)
    if whole is not None and whole["ditto"]:
        return _Doubt("DSET-TEXT-DITTO", {})
    if whole is not None and whole["sum"]:
        return _Doubt("DSET-TEXT-SUM", {}) if named else None
    if "mojibake" in damages(text):
        return _Doubt("DSET-TEXT-MOJIBAKE", {}, repaired(text))
    lost = _LOST.search(text)
    if lost is not None or whole is not None:
        return _Doubt("DSET-TEXT-LOST", {"sign": _shown(lost[0] if lost else text.strip())})
    control = _CONTROL.search(text)
    return None if control is None else _Doubt("DSET-TEXT-CONTROL", {"sign": _shown(control[0])})


def _shown(sign: str) -> str:
    """A sign that can be seen as it is, any other by its number."""
    return sign if sign[0] in "〓◆?？" else f"U+{ord(sign):04X}"


CHECKS = {"texts": Texts}
