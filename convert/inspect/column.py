"""One column or path of a source: counted value by value in memory that does not grow, then summed up."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convert.inspect.damage import damages
from convert.inspect.headings import role_of
from convert.inspect.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.model import Location

LISTED: Final = 200
"""So many different values are kept with their counts."""
SAMPLES: Final = 5
PLACES: Final = 3
JUDGED: Final = 50_000
"""The kinds of so many filled values of a column are looked at."""
UNIQUE: Final = 300_000
"""So many different values of a column are compared."""
_REPEATING: Final = 20_000  # of a column whose values repeat
_LEAST: Final = 200  # of any column, however many there are
_KEPT: Final = 64  # a longer value is remembered by its hash
_SHOWN: Final = 200  # characters of a sample
_EXACT: Final = 1000  # lengths beyond are rounded to two digits


@dataclass(frozen=True, slots=True)
class Damage:
    """One sign of damage in a column: values that show it, the first of them and where they stand."""

    sign: str
    count: int
    value: str
    places: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A value that a column holds again, and where."""

    value: str
    place: Location


@dataclass(frozen=True, slots=True)
class Column:
    """What was found in one column or path.

    ``path`` is what a mapping writes; ``heading`` the text of the column's header, or the path. ``number`` counts the
    columns of a table from 1. ``records`` have a value here, ``values`` are all of them (a path may repeat), ``most``
    the most in one record. ``distinct`` is exact unless ``distinct_more``. ``unique``: every value stands once; None:
    no repeat among the first ``distinct`` values, the rest was not compared. ``lengths``: characters, min median max.
    ``kinds``: of the ``judged`` first values, most frequent first. ``listed``: each value with its count, where
    there are few. ``fill``: share of the readable records.
    """

    path: str
    heading: str
    number: int | None
    fill: float
    records: int
    values: int
    most: int
    distinct: int
    distinct_more: bool
    unique: bool | None
    lengths: tuple[int, int, int] | None
    samples: tuple[str, ...]
    judged: int
    kinds: tuple[tuple[str, int], ...]
    listed: tuple[tuple[str, int], ...] | None
    damages: tuple[Damage, ...]
    repeats: tuple[Repeat, ...]
    repeated: int

    @property
    def constant(self) -> bool:
        """The same value wherever there is one, in more than one record."""
        return self.distinct == 1 and not self.distinct_more and self.records > 1

    def share(self, *names: str) -> float:
        """The share (0 to 1) of the judged values that are of one of these kinds."""
        return sum(count for name, count in self.kinds if name in names) / self.judged if self.judged else 0.0

    def count(self, name: str) -> int:
        """Judged values of a kind."""
        return next((count for kind, count in self.kinds if kind == name), 0)

    def damaged(self, *signs: str) -> int:
        """Values with one of these signs."""
        return sum(damage.count for damage in self.damages if damage.sign in signs)


@dataclass(slots=True)
class Pool:
    """Different values that all columns together may still keep."""

    left: int = 1_000_000


class Counting:
    """A column while it is read. Different values are told apart while the ``pool`` lasts.

    A column without many repeats may be an id and gets the most of it: ``bound`` values.
    """

    __slots__ = (
        "_damage_counts",
        "_damage_first",
        "_first",
        "_in_record",
        "_last",
        "_lengths",
        "_lowest",
        "_more",
        "_plain",
        "_seen",
        "_zero_widths",
        "bound",
        "heading",
        "judged",
        "kinds",
        "most",
        "number",
        "path",
        "pool",
        "records",
        "repeated",
        "repeats",
        "values",
    )

    def __init__(self, path: str, heading: str, number: int | None, pool: Pool, bound: int = UNIQUE) -> None:
        self.path, self.heading, self.number, self.pool, self.bound = path, heading, number, pool, bound
        self.records = self.values = self.most = self.judged = self.repeated = 0
        self.kinds: Counter[str] = Counter()
        self.repeats: list[Repeat] = []
        self._last = self._in_record = 0
        self._more = False
        self._seen: dict[str | bytes, int] = {}
        self._first: list[str] = []
        self._lowest: dict[str, int] = {}
        self._lengths: Counter[int] = Counter()
        self._damage_counts: Counter[str] = Counter()
        self._damage_first: dict[str, tuple[str, list[Location]]] = {}
        self._zero_widths: Counter[tuple[int, bool]] = Counter()
        self._plain: dict[int, list[tuple[int, str, Location]]] = {}

    def add(self, value: str, record: int, place: Callable[[], Location]) -> None:
        """Count one value of the record with this number; ``place`` tells where it stands, when asked."""
        if not value or value.isspace():
            return
        self.values += 1
        self._in_record = self._in_record + 1 if record == self._last else 1
        if record != self._last:
            self._last = record
            self.records += 1
        self.most = max(self.most, self._in_record)
        length = len(value)
        self._lengths[length if length <= _EXACT else _rounded(length)] += 1
        self._distinguish(value, place)
        for sign in damages(value):
            self._damage(sign, value, place)
        if self.judged < JUDGED:
            self.judged += 1
            found = kinds(value)
            self.kinds.update(found)
            if found[0] == "integer" and length <= 20:
                self._count_zeros(value, record, place, zero="zero" in found)

    def _count_zeros(self, value: str, record: int, place: Callable[[], Location], *, zero: bool) -> None:
        """Count digits by length; the first without a zero before them are kept with their places."""
        length = len(value)
        self._zero_widths[(length, zero)] += 1
        if not zero and self._zero_widths[(length, False)] <= PLACES:
            self._plain.setdefault(length, []).append((record, value, place()))

    def _distinguish(self, value: str, place: Callable[[], Location]) -> None:
        key = (
            value
            if len(value) <= _KEPT
            else hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        )
        seen = self._seen.get(key)
        if seen is not None:
            self._seen[key] = seen + 1
            self.repeated += 1
            if seen == 1 and len(self.repeats) < PLACES:
                self.repeats.append(Repeat(value[:_SHOWN], place()))
            return
        kept = len(self._seen)
        most = self.bound if self.repeated * 20 <= kept else _REPEATING
        if kept >= most or (self.pool.left <= 0 and kept >= _LEAST):
            self._more = True
            return
        self.pool.left -= 1
        self._seen[key] = 1
        self._sample(value[:_SHOWN])

    def _sample(self, value: str) -> None:
        """The first two values, and those with the lowest checksums: some of everywhere, the same at every run."""
        if len(self._first) < 2:
            self._first.append(value)
            return
        self._lowest[value] = zlib.crc32(value.encode("utf-8", "surrogatepass"))
        if len(self._lowest) > SAMPLES - 2:
            del self._lowest[max(self._lowest, key=lambda text: (self._lowest[text], text))]

    def _damage(self, sign: str, value: str, place: Callable[[], Location]) -> None:
        self._damage_counts[sign] += 1
        if self._damage_counts[sign] <= PLACES:
            self._damage_first.setdefault(sign, (value[:_SHOWN], []))[1].append(place())

    # ── Summing up ───────────────────────────────────────────────────────────────────────────────

    def column(self, records: int) -> Column:
        """The sum, of so many readable records."""
        self._settle()
        distinct = len(self._seen)
        unique = False if self.repeated else None if self._more else self.values > 0
        lost = self._lost_zeros()
        damage = [
            Damage(sign, count, self._damage_first[sign][0], tuple(self._damage_first[sign][1]))
            for sign, count in self._damage_counts.items()
        ]
        return Column(
            path=self.path,
            heading=self.heading,
            number=self.number,
            fill=self.records / records if records else 0.0,
            records=self.records,
            values=self.values,
            most=self.most,
            distinct=distinct,
            distinct_more=self._more,
            unique=unique,
            lengths=self._spread(),
            samples=(*self._first, *self._lowest),
            judged=self.judged,
            kinds=tuple(sorted(self.kinds.items(), key=lambda item: (-item[1], item[0]))),
            listed=self._listed(),
            damages=(*damage, *lost),
            repeats=tuple(self.repeats),
            repeated=self.repeated,
        )

    def _settle(self) -> None:
        """Numbers among numbers are no dates (1559 among weights); under a date's heading they may be day numbers."""
        found = self.kinds
        role = role_of(self.heading, flat=self.number is not None)
        dated = role is not None and role.name.startswith(("date", "acquired", "updated"))
        numbers = found["integer"] + found["decimal"]
        for kind in ("date-year", "date-compact"):
            if not dated and found[kind] and numbers * 3 > found[kind]:
                found["integer"] += found[kind]
                for other in ("date", *(("day",) if kind == "date-compact" else ())):
                    found[other] -= found[kind]
                del found[kind]
        if dated and found["serial"] and found["serial"] >= found["integer"] * 0.9:
            found["date-serial"] = found["integer"]
            del found["integer"]
        del found["serial"]
        self.kinds = +found

    def _listed(self) -> tuple[tuple[str, int], ...] | None:
        if self._more or len(self._seen) > LISTED:
            return None
        texts = [(key, count) for key, count in self._seen.items() if isinstance(key, str)]
        return tuple(sorted(texts, key=lambda item: -item[1])) if len(texts) == len(self._seen) else None

    def _spread(self) -> tuple[int, int, int] | None:
        if not self._lengths:
            return None
        middle, passed = (self.values + 1) // 2, 0
        for length in sorted(self._lengths):
            passed += self._lengths[length]
            if passed >= middle:
                return min(self._lengths), length, max(self._lengths)
        return None

    def _lost_zeros(self) -> list[Damage]:
        """Digits of one width that begin with 0, and shorter ones that do not: a spreadsheet may have dropped zeros."""
        total = sum(self._zero_widths.values())
        width, leading = max(
            ((length, count) for (length, zero), count in self._zero_widths.items() if zero),
            key=lambda item: item[1],
            default=(0, 0),
        )
        short = sum(count for (length, zero), count in self._zero_widths.items() if not zero and length < width)
        if not leading or not short or total < self.judged * 0.9:
            return []
        found = sorted(
            (one for length, plain in self._plain.items() if length < width for one in plain), key=lambda one: one[0]
        )
        return [Damage("zeros", short, found[0][1], tuple(at for _, _, at in found[:PLACES]))]


def _rounded(length: int) -> int:
    """Two significant digits: lengths without end must not fill memory."""
    unit: int = 10 ** (len(str(length)) - 2)
    return length // unit * unit
