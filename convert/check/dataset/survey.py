"""Run the checks of a delivery, and count, over the records of a run or of one of its shards.

Records come one by one and are looked at by the hundred. What one shard found is merged with what the others found,
in order; the result is the same as if one process had seen every record.
"""

from __future__ import annotations

import contextlib
import gc
import pickle
import tempfile
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from convert.check.dataset.columns import Batch, Cells
from convert.check.dataset.counting import Statistics
from convert.errors import RunError, reason_in_japanese
from convert.registry import check_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from convert.check.dataset.base import DatasetCheck, Setting
    from convert.check.issue import Finding, Issue
    from convert.model import Location, Record

RECORDS = 256
"""Records that are looked at together where the columns are known beforehand, and"""
FEWER = 128
"""where these are only met in the data: what is found in a record stands in the order in which they are met."""
FIELDS = 1000
"""Fields that are looked at one by one; of records with more, on average of both sides, only those with a role are."""
HEAVY = 4_000_000
"""Bytes of their documents, about: fewer records are looked at together when they are large."""
COLLECT = 20_000
"""Containers that are made before Python looks for cycles among them, while records wait."""


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """While records wait to be looked at together, Python looks for cycles less often: in these there are none."""
    before = gc.get_threshold()
    if 0 < before[0] < COLLECT:
        gc.set_threshold(COLLECT, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: checks by name, their setting, and whether to count for the report."""

    checks: tuple[str, ...]
    setting: Setting
    statistics: bool = False

    def in_folder(self, folder: Path) -> Order:
        """The same for a run whose files stand in ``folder``."""
        return replace(self, setting=replace(self.setting, folder=folder))


class Feed(Protocol):
    """Where the values of records come from, for one source."""

    def row(self, record: Record, made: Any) -> Any:
        """What :meth:`cells` needs of a record; ``made`` is what :meth:`Survey.add` was given."""
        ...

    def cells(self, rows: Sequence[Any]) -> dict[str, Cells]:
        """What is delivered, by column."""
        ...

    def source(self, records: Sequence[Record], cells: Mapping[str, Cells]) -> Mapping[str, Cells]:
        """What the source has, for the statistics; ``cells``: what :meth:`cells` made of the same records."""
        ...

    def place(self, record: Record, finding: Finding) -> Issue:
        """A finding as an issue."""
        ...

    def at(self, record: Record, target: str) -> Location:
        """Where values of a target stand, as far as that does not depend on the record's other values."""
        ...

    @property
    def fixed(self) -> bool:
        """Whether every record has the same columns."""
        ...

    @property
    def told_apart(self) -> bool:
        """Whether what is delivered is something else than the source."""
        ...


class Survey:
    """The checks and counts of one shard, or of a whole run. Pickling closes it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.checks: list[DatasetCheck] = [check_named(name)(name, order.setting) for name in order.checks]
        self.records = 0
        self.crowded = False
        self._statistics = Statistics()
        self._feed: Feed | None = None
        self._row: Callable[[Record, Any], Any] = _nothing
        self._records: list[Record] = []
        self._rows: list[Any] = []
        self._weight = 0
        self._enough = RECORDS
        self._names: set[str] = set()
        self._spool = _Spool(order.setting.folder)
        self._spools: list[tuple[_Spool, int, int]] = [(self._spool, 0, 0)]

    def begin(self, feed: Feed) -> None:
        """What follows is read from another source."""
        self.flush()
        self._feed, self._row = feed, feed.row
        self._enough = RECORDS if feed.fixed else FEWER

    def add(self, record: Record, made: Any, weight: int) -> None:
        """Take one record; ``weight``: how large it is, in bytes, about."""
        self._records.append(record)
        self._rows.append(self._row(record, made))
        self._weight += weight
        if len(self._records) >= self._enough or self._weight >= HEAVY:
            self.flush()

    def flush(self) -> None:
        """Look at the records that wait."""
        records, rows, feed = self._records, self._rows, self._feed
        if not records or feed is None:
            return
        self._records, self._rows, self._weight = [], [], 0
        self.records += len(records)
        cells = feed.cells(rows)
        batch = Batch(records, cells, feed)
        found = [
            (number, order, index, finding)
            for order, check in enumerate(self.checks)
            for index, (number, finding) in enumerate(check.take(batch))
        ]
        if found:
            found.sort(key=lambda one: one[:2])  # the index stays in order: sorting is stable
            self._spool.write(batch.issue(number, finding) for number, _, _, finding in found)
        self._names.update(cells)
        if self.order.statistics:
            source = feed.source(records, cells)
            self._statistics.take(batch, source, cells if feed.told_apart else {})
            self._names.update(source)
        self._count_names()

    def _count_names(self) -> None:
        if len(self._names) > 2 * FIELDS:
            self.crowded = True
            self._names.clear()

    def merge(self, other: Survey, *, records: int, rows: int) -> None:
        """Take in the survey of the records that follow."""
        self.flush()
        other.flush()
        for ours, theirs in zip(self.checks, other.checks, strict=True):
            ours.merge(theirs, records=records, rows=rows)
        self._statistics.merge(other._statistics)
        self.records += other.records
        self.crowded = self.crowded or other.crowded
        self._names |= other._names
        self._count_names()
        self._spools += [(spool, before + records, above + rows) for spool, before, above in other._spools]

    def finish(self, ids: Sequence[tuple[Path, int, int]]) -> Iterator[list[Issue]]:
        """Every issue: of ids, of single records, together for each record, then of the whole.

        ``ids``: the closed spools of the ids, as :func:`convert.check.duplicates.find` takes them.
        """
        self.flush()
        for check in self.checks:
            for issue in check.ids(ids):
                yield [issue]
        for spool, records, rows in self._spools:
            for _, issues in groupby(spool.read(), key=lambda issue: issue.ordinal):
                yield [issue.moved(records=records, rows=rows) for issue in issues]
        for check in self.checks:
            if not (self.crowded and check.every_field):
                for issue in check.finish(self.records):
                    yield [issue]

    def told(self) -> dict[str, Any] | None:
        """The statistics, where they are wanted."""
        self.flush()
        return self._statistics.told(self.records, fields=not self.crowded) if self.order.statistics else None

    def close(self) -> None:
        """Close what is open; nothing more is looked at."""
        self._records, self._rows = [], []
        self._spool.close()
        for check in self.checks:
            check.close()

    def __getstate__(self) -> dict[str, Any]:
        self.flush()
        self.close()
        return self.__dict__ | {"_feed": None, "_row": _nothing}


def _nothing(record: Record, made: Any) -> None:
    """There is no source yet."""


class _Spool:
    """Issues on disk, in order."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._stream: BinaryIO | None = None

    def write(self, issues: Iterable[Issue]) -> None:
        try:
            if self._stream is None:
                self._open()
            for issue in issues:
                pickle.dump(issue, self._stream, protocol=pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
        except OSError as error:
            raise _failed(error) from error

    def _open(self) -> None:
        if self._path is None:
            with tempfile.NamedTemporaryFile(
                dir=self._folder, prefix="mokuroku-", suffix=".dset", delete=False
            ) as made:
                self._path = Path(made.name)
        self._stream = self._path.open("ab")

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def read(self) -> Iterator[Issue]:
        self.close()
        if self._path is None:
            return
        with self._path.open("rb") as stream:
            while stream.peek(1):
                yield pickle.load(stream)  # noqa: S301 - written by our own shard a moment ago


def _failed(error: OSError) -> RunError:
    ja = f"データ全体の点検のための作業用ファイルに書けません：{reason_in_japanese(error)}。"
    return RunError(f"what the checks of the delivery found cannot be kept: {error}", ja)
