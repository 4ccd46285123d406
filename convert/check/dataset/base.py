"""The seam of the checks of a whole delivery, and what they share."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from convert.check.issue import Finding, Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from convert.check.dataset.columns import Batch, Column

SAMPLES = 20
"""Places that a check keeps of what only the end can judge."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that decides when a check speaks; a profile may give another.

    ``share``: a part of all, between 0 and 1. ``least`` and ``most``: what a profile may write.
    """

    default: float
    ja: str
    en: str
    share: bool = False
    least: float = 0
    most: float = 10**12


@dataclass(frozen=True, slots=True)
class Setting:
    """What checks are made with. ``thresholds``: a profile's, by check and name; ``today``: what is the future.

    ``covered``: codes of which the format's own checks speak already. ``required``: fields a profile asks for.
    ``folder``: where files of the run may stand; it goes when the run ends. ``roles``: names of fields by role.
    """

    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    today: date = field(default_factory=date.today)
    covered: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    folder: Path | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """How often something was seen, and the first places."""

    count: int = 0
    samples: list[Issue] = field(default_factory=list)

    def merge(self, other: Seen, records: int, rows: int) -> None:
        """Take in what was seen after it, with ``records`` records and ``rows`` rows before."""
        self.count += other.count
        room = SAMPLES - len(self.samples)
        self.samples += [issue.moved(records=records, rows=rows) for issue in other.samples[:room]]

    def add(self, make: Callable[[], Issue]) -> None:
        """Count one; its place is looked up while there is room."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(make())

    def told(self, code: str, count: int | None = None, **slots: Any) -> Iterator[Issue]:
        """The places as issues of one code, with the exact count in each."""
        for issue in self.samples:
            counted = {"count": self.count if count is None else count}
            yield replace(issue, code=code, slots={**issue.slots, **counted, **slots})


class Noted(dict[tuple[str, str], Seen]):
    """What was seen, by column and kind."""

    def full(self, name: str, kind: str) -> bool:
        """Whether no further place is wanted."""
        seen = self.get((name, kind))
        return seen is not None and len(seen.samples) >= SAMPLES

    def add(
        self,
        batch: Batch,
        column: Column,
        kind: str,
        record: int,
        index: int = 0,
        value: Any = None,
        slots: Mapping[str, Any] | None = None,
    ) -> None:
        """Count one value of a record."""
        seen = self.get((column.name, kind))
        if seen is None:
            seen = self[column.name, kind] = Seen()
        shown = None if value is None else str(value)
        seen.add(
            lambda: batch.issue(
                record, Finding("", column.target, index, shown, {"field": column.name, **(slots or {})})
            )
        )

    def merge(self, other: Mapping[tuple[str, str], Seen], records: int, rows: int) -> None:
        """Take in what was seen after it."""
        for key, seen in other.items():
            self.setdefault(key, Seen()).merge(seen, records, rows)


@cache
def thresholds() -> dict[str, dict[str, Threshold]]:
    """The numbers of the built-in checks, by check and name."""
    tables = tomllib.loads((Path(__file__).parent / "thresholds.toml").read_text(encoding="utf-8"))
    return {check: {name: Threshold(**table) for name, table in found.items()} for check, found in tables.items()}


class DatasetCheck:
    """One family of checks. Made for every shard; what it keeps must be small and picklable.

    Its numbers stand under its name in ``thresholds.toml``; a plug-in's override :meth:`numbers`. A check of the same
    kind for the records that follow is taken in by :meth:`merge`, after which it is as if it had seen them itself.
    """

    codes: ClassVar[tuple[str, ...]] = ()
    every_field: ClassVar[bool] = False
    """Whether it looks at columns of any name, so that it cannot speak of records with very many."""

    def __init__(self, name: str, setting: Setting) -> None:
        self.setting = setting
        given = setting.thresholds.get(name, {})
        self.limits = {key: given.get(key, number.default) for key, number in self.numbers(name).items()}

    @classmethod
    def numbers(cls, name: str) -> Mapping[str, Threshold]:
        """The numbers that a profile may change, with their defaults."""
        return thresholds().get(name, {})

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Look at some records; findings that the record itself decides, with its number in the batch."""
        return ()

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the same check of the records that follow; so many records and table rows stand before them."""

    def finish(self, records: int) -> Iterable[Issue]:
        """What only the whole delivery of so many records shows."""
        return ()

    def ids(self, spools: Sequence[tuple[Path, int, int]]) -> Iterable[Issue]:
        """What the ids of all records show: closed spools, as :func:`convert.check.duplicates.find` takes them."""
        return ()

    def close(self) -> None:
        """Close what is kept in files; they go with the folder of the run."""

    def speaks(self, code: str) -> bool:
        """Whether nobody else speaks of a code already."""
        return code not in self.setting.covered


def is_dataset_check(check: Any) -> bool:
    """Whether a check looks at the whole delivery."""
    return isinstance(check, type) and issubclass(check, DatasetCheck)


class Outliers(DatasetCheck):
    """A check that counts the values of fields, and those unlike nearly all others, with their places."""

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._counts: dict[str, list[int]] = {}
        self._noted = Noted()

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in what was counted in the records that follow."""
        for name, theirs in other._counts.items():
            ours = self._counts.setdefault(name, [0, 0])
            ours[0] += theirs[0]
            ours[1] += theirs[1]
        self._noted.merge(other._noted, records, rows)

    def outliers(self, least: str) -> Iterator[tuple[str, int, int]]:
        """Fields with ``least`` values (a limit's name) or more of which nearly all are alike: name, values, others."""
        for name, (total, odd) in sorted(self._counts.items()):
            if odd and total >= self.limits[least] and total - odd >= total * self.limits["share"]:
                yield name, total, odd
