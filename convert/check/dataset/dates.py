"""Dates that lie in the future, or before a year that a profile states."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from convert.check.dataset.base import DatasetCheck, Setting
from convert.check.dataset.counting import year_of
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

_ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])")


class Dates(DatasetCheck):
    """``DSET-DATE-FUTURE`` and ``DSET-DATE-EARLY``."""

    codes = ("DSET-DATE-FUTURE", "DSET-DATE-EARLY")

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._latest = {
            role: self._day(self.limits[limit])
            for role, limit in (("date", "days_ahead"), ("updated", "updated_days_ahead"))
        }

    def _day(self, ahead: float) -> str:
        try:
            return (self.setting.today + timedelta(days=ahead)).isoformat()
        except OverflowError:
            return "9999-12-31"

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Every date out of range."""
        found: list[tuple[int, Finding]] = []
        for role, latest in self._latest.items():
            for cells in batch.playing(role):
                if role == "updated" or "updated" not in cells.column.roles:
                    found += self._look(cells, latest)
        return found

    def _look(self, cells: Cells, latest: str) -> Iterator[tuple[int, Finding]]:
        earliest = int(self.limits["earliest_year"])
        moments, end = [], _milliseconds(latest)
        if cells.kinds == {int}:
            moments = list(cells.raw)
        elif int in cells.kinds:
            moments = [value for value in cells.scalars if value.__class__ is int]
        wide = bool(moments) and (max(moments) >= end or (earliest > 0 and (year_of(min(moments)) or 0) < earliest))
        texts = str in cells.kinds and bool(cells.texts) and self._texts_out(cells.texts, latest[:4], earliest)
        if not wide and not texts:
            return
        for record, index, value in cells.values():
            code = _fault(value, latest, end, earliest)
            if code:
                shown = str(value) if value.__class__ is str else _day_of(value)
                slots = {"field": cells.column.name, "latest": latest, "earliest": earliest, "date": shown}
                yield record, Finding(code, cells.column.target, index, shown, slots)

    @staticmethod
    def _texts_out(texts: Iterable[str], year: str, earliest: int) -> bool:
        """Whether any of the texts may be out of range: a quick look at their first four characters."""
        low, least = f"{earliest:04}", min(texts)
        if least >= ":" or (low <= least[:4] and max(texts)[:4] < year):
            return False  # none begins with a digit, or all are in between
        return any(not low <= text[:4] < year and text[0] in "0123456789" for text in texts)


@cache
def _milliseconds(day: str) -> int:
    return (date.fromisoformat(day).toordinal() + 1 - date(1970, 1, 1).toordinal()) * 86_400_000 - 9 * 3_600_000


def _day_of(value: Any) -> str:
    year = year_of(value)
    return str(value) if year is None else f"{year} ({value})"


def _fault(value: Any, latest: str, end: int, earliest: int) -> str | None:
    if value.__class__ is int:
        if value >= end:
            return "DSET-DATE-FUTURE"
        year = year_of(value)
        return "DSET-DATE-EARLY" if year is not None and year < earliest else None
    found = _ISO.match(value) if value.__class__ is str else None
    if found is None:
        return None
    given = "-".join(part for part in found.groups() if part)
    if given > latest[: len(given)]:
        return "DSET-DATE-FUTURE"
    return "DSET-DATE-EARLY" if int(found[1]) < earliest else None


CHECKS = {"dates": Dates}
