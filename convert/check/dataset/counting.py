"""Counts over a whole delivery: how far each field is filled, rights, decades."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from convert.report.tally import Counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from convert.check.dataset.columns import Batch, Cells

DISTINCT: Final = 1000
"""Different values of a field that are told apart; of a field with more nobody wants the number."""
_LONG: Final = 100  # characters of a value that is kept as it is
_MEMO: Final = 20_000
_YEAR: Final = re.compile(r"\s*([0-9]{4})(?![0-9])")
_DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1).toordinal()
_TEXTS: Final = {str, type(None), list}
_PLAIN: Final = {str, int, type(None)}
_MOMENTS: Final = {int, type(None)}
UNREAD: Final = -1
"""Stands for the decade of what is no date."""
_YES_NO: Final = {bool}
_NUMBERS: Final = frozenset((int, float))
_NUMBERS_OR_NONE: Final = _NUMBERS | {type(None)}


@dataclass(slots=True)
class Field:
    """One field: records that have a value, its different values (None: more than ``DISTINCT``), its longest."""

    filled: int = 0
    longest: int = 0
    values: set[Any] | None = field(default_factory=set)
    low: float | None = None
    high: float | None = None

    def take(self, cells: Cells) -> None:
        """Count the values of some records."""
        self.filled += cells.filled
        if cells.fresh:
            longest = cells.longest
            self.longest = max(self.longest, longest)
            if self.values is not None:
                self._distinct(cells.fresh if cells.few else set(cells.fresh) - self.values, longest)
        if not cells.kinds <= _TEXTS:
            self._others(cells.others, cells.kinds)

    def _distinct(self, new: Collection[str], longest: int) -> None:
        """Texts that were not met before, or are too long to be kept as they are."""
        self._keep(new if longest <= _LONG else map(_short, new))

    def _keep(self, values: Iterable[Any]) -> None:
        if self.values is not None:
            self.values.update(values)
            if len(self.values) > DISTINCT:
                self.values = None

    def _others(self, values: Sequence[Any], kinds: set[type]) -> None:
        """Numbers and what else a target stores; ``kinds`` are the types of these and of other values."""
        if not kinds <= _NUMBERS_OR_NONE:
            kinds = set(map(type, values))
        numbers = values if kinds <= _NUMBERS_OR_NONE else [one for one in values if one.__class__ in _NUMBERS]
        if numbers:
            low, high = min(numbers), max(numbers)
            self.low = low if self.low is None else min(low, self.low)
            self.high = high if self.high is None else max(high, self.high)
        if self.values is not None:
            self._keep(
                numbers if len(numbers) == len(values) else map(str, set(values) if kinds == _YES_NO else values)
            )

    def merge(self, other: Field) -> None:
        """Count what ``other`` counted."""
        self.filled += other.filled
        self.longest = max(self.longest, other.longest)
        self.values = None if self.values is None or other.values is None else self.values
        if other.values is not None:
            self._keep(other.values)
        bounds = [bound for bound in (self.low, self.high, other.low, other.high) if bound is not None]
        if bounds:
            self.low, self.high = min(bounds), max(bounds)

    def told(self, name: str) -> dict[str, Any]:
        """As the report has it."""
        ends = [len(str(bound)) for bound in (self.low, self.high) if bound is not None]
        distinct = None if self.values is None else len(self.values)
        return {"field": name, "filled": self.filled, "distinct": distinct, "longest": max(self.longest, *ends, 0)}


def _short(text: str) -> str:
    """A text by which it is told from others: a long one by length and checksum."""
    import zlib  # noqa: PLC0415 - long values only

    return text if len(text) <= _LONG else f"{len(text)} {zlib.crc32(text.encode('utf-8', 'surrogatepass'))}"


class Fields:
    """The fields of one side, source or target, in the order in which they were met."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}

    def take(self, cells: Mapping[str, Cells]) -> None:
        """Count some records."""
        for name, found in cells.items():
            if found.column.counted:
                known = self.fields.get(name)
                if known is None:
                    known = self.fields[name] = Field()
                known.take(found)

    def merge(self, other: Fields) -> None:
        """Count what ``other`` counted."""
        for name, theirs in other.fields.items():
            self.fields.setdefault(name, Field()).merge(theirs)

    def told(self) -> list[dict[str, Any]]:
        """As the report has it."""
        return [field.told(name) for name, field in self.fields.items()]


class Statistics:
    """What a report shows of all records: fields of the source and of the target, rights, decades."""

    def __init__(self) -> None:
        self.source, self.target = Fields(), Fields()
        self._rights = Counts(DISTINCT)
        self._decades: Counter[int] = Counter()
        self._memo: dict[Any, int] = {}

    def take(self, batch: Batch, source: Mapping[str, Cells], target: Mapping[str, Cells]) -> None:
        """Count some records."""
        self.source.take(source)
        self.target.take(target)
        for cells in batch.playing("rights"):
            for text, times in Counter(cells.texts).items():
                self._rights.add(text[:_LONG], times)
        dates = batch.playing("date")
        if dates:
            self._count_decades(dates)

    def _count_decades(self, dates: Sequence[Cells]) -> None:
        """The decade of each record's first date that can be read."""
        left: Sequence[int] = range(len(dates[0].raw))
        for cells in dates:
            found = self._decades_of(cells, left)
            self._decades.update(found)
            if UNREAD not in found:
                return
            left = [record for record, decade in zip(left, found, strict=True) if decade == UNREAD]

    def _decades_of(self, cells: Cells, records: Sequence[int]) -> list[int]:
        values = cells.raw if len(records) == len(cells.raw) else [cells.raw[record] for record in records]
        if cells.kinds <= _MOMENTS:
            starts = _decade_starts()
            return [UNREAD if value is None else _DECADES[bisect_right(starts, value)] for value in values]
        if not cells.kinds <= _PLAIN:
            return [self._remembered(value[0] if value.__class__ is list and value else value) for value in values]
        found = list(map(self._memo.get, values))
        if None not in found:
            return found  # type: ignore[return-value]
        return [self._remembered(value) if one is None else one for value, one in zip(values, found, strict=True)]

    def _remembered(self, value: Any) -> int:
        year = year_of(value)
        found = UNREAD if year is None else year - year % 10
        if len(self._memo) < _MEMO and value.__class__ in _PLAIN:
            self._memo[value] = found
        return found

    def merge(self, other: Statistics) -> None:
        """Count what ``other`` counted."""
        self.source.merge(other.source)
        self.target.merge(other.target)
        self._rights.merge(other._rights)
        self._decades.update(other._decades)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_memo": {}}

    def told(self, records: int, *, fields: bool) -> dict[str, Any]:
        """As the report has it; ``fields`` False: there were too many to tell them."""
        return {
            "records": records,
            "source": self.source.told() if fields else [],
            "target": self.target.told() if fields else [],
            "rights": [{"code": code, "records": times} for code, times in self._rights.items()],
            "dates": {f"{decade:04}": times for decade, times in sorted(self._decades.items()) if decade != UNREAD},
        }


_DECADES: Final = (UNREAD, *range(0, date.max.year, 10), UNREAD)


@cache
def _decade_starts() -> list[int]:
    """The moments (milliseconds, in Japan's time) when the first year, every decade and the time after all begin."""
    days = [date(max(decade, 1), 1, 1).toordinal() for decade in range(0, date.max.year, 10)]
    return [(day - _EPOCH) * _DAY_MS - 9 * 3_600_000 for day in [*days, date.max.toordinal() + 1]]


def year_of(value: Any) -> int | None:
    """The year with which a date begins, or in which a moment (milliseconds, in Japan's time) lies.

    >>> year_of("1955-04-01"), year_of("1955年"), year_of("昭和30年"), year_of(-31_568_400_000)
    (1955, 1955, None, 1969)
    """
    if value.__class__ is int:
        ordinal = (value + 9 * 3_600_000) // _DAY_MS + _EPOCH
        return date.fromordinal(ordinal).year if 0 < ordinal <= date.max.toordinal() else None
    found = _YEAR.match(value) if value.__class__ is str else None
    return int(found[1]) if found and int(found[1]) else None
