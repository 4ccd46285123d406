"""Values that say nothing by themselves or were damaged on their way: ditto marks, sums, lost characters, mojibake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convert.check.dataset.base import DatasetCheck, Setting
from convert.check.dataset.scan import CLOSING, DITTO, LOST, OPENING, SUM
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

_WHOLE: Final = re.compile(rf"\s*{OPENING}(?:(?P<ditto>{DITTO})|(?P<sum>{SUM})|(?P<lost>{LOST})){CLOSING}\s*")
_LOST: Final = re.compile("[\ufffd〓\ue000-\uf8ff\U000f0000-\U0010ffff]|◆[0-9A-Za-z]{0,8}◆")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class _Doubt(NamedTuple):
    code: str
    slots: dict[str, Any]
    suggestion: str | None = None


class Texts(DatasetCheck):
    """``DSET-TEXT-DITTO``, ``DSET-TEXT-SUM``, ``DSET-TEXT-LOST``, ``DSET-TEXT-CONTROL`` and ``DSET-TEXT-MOJIBAKE``."""

    codes = ("DSET-TEXT-DITTO", "DSET-TEXT-SUM", "DSET-TEXT-LOST", "DSET-TEXT-CONTROL", "DSET-TEXT-MOJIBAKE")
    every_field = True

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._doubts: dict[str, dict[str, _Doubt]] = {}  # of texts that come again, by field

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_doubts": {}}

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Every fault is told at once."""
        found: list[tuple[int, Finding]] = []
        for cells in batch.cells.values():
            if cells.column.counted and not cells.column.constant and (str in cells.kinds or list in cells.kinds):
                found += self._look(cells)
        return found

    def _look(self, cells: Cells) -> Iterator[tuple[int, Finding]]:
        column = cells.column
        doubts = self._doubts.get(column.name, {})
        if cells.suspect:
            doubts = doubts | self._doubted(cells)
            if cells.few and doubts:
                self._doubts[column.name] = doubts
        if not doubts or doubts.keys().isdisjoint(cells.texts):
            return
        for record, index, text in cells.each():
            doubt = doubts.get(text)
            if doubt is not None:
                slots = {"field": column.name, **doubt.slots}
                yield record, Finding(doubt.code, column.target, index, text, slots, doubt.suggestion)

    def _doubted(self, cells: Cells) -> dict[str, _Doubt]:
        """What is wrong with texts that were not looked at before."""
        named = not cells.column.roles.isdisjoint(("id", "title"))
        return {
            text: doubt for text in set(cells.fresh) if (doubt := _doubt(text, named=named)) and self.speaks(doubt.code)
        }


def _doubt(text: str, *, named: bool) -> _Doubt | None:
    """What is wrong with a text. ``named``: in a column that names things, where a sum is none of them.

    >>> _doubt("〃", named=False).code, _doubt("合　計", named=True).code, _doubt("合計", named=False)
    ('DSET-TEXT-DITTO', 'DSET-TEXT-SUM', None)
    """
    from convert.inspect.damage import damages, repaired  # noqa: PLC0415 - only runs that meet a doubt need it

    whole = _WHOLE.fullmatch(text)
    if whole is not None and whole["ditto"]:
        return _Doubt("DSET-TEXT-DITTO", {})
    if whole is not None and whole["sum"]:
        return _Doubt("DSET-TEXT-SUM", {}) if named else None
    if "mojibake" in damages(text):
        return _Doubt("DSET-TEXT-MOJIBAKE", {}, repaired(text))
    lost = _LOST.search(text)
    if lost is not None:
        return _Doubt("DSET-TEXT-LOST", {"sign": _shown(lost[0])})
    if whole is not None:
        return _Doubt("DSET-TEXT-LOST", {"sign": _shown(whole["lost"])})
    control = _CONTROL.search(text)
    return None if control is None else _Doubt("DSET-TEXT-CONTROL", {"sign": _shown(control[0])})


def _shown(sign: str) -> str:
    """A sign that can be seen as it is, any other by its number."""
    return sign if sign[0] in "〓◆?？" else f"U+{ord(sign):04X}"


CHECKS = {"texts": Texts}
