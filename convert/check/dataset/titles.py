"""Titles: one for very many records, or the same as the description. Patterns P1 and P2 of Europeana."""

from __future__ import annotations

import marshal
import tempfile
from collections import Counter
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from convert.check.dataset.base import SAMPLES, DatasetCheck, Setting
from convert.check.issue import Finding, Issue
from convert.errors import RunError, reason_in_japanese
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.check.dataset.columns import Batch, Cells

CANDIDATES = 4_000
"""Titles at least that are counted at a time, to find those that may be frequent; these are then counted exactly."""
_LONGEST = 1000  # characters by which titles are told apart

Numbers = tuple[int, int] | list[Any]
"""Numbers that rise one by one as the first and how many; others as they are."""
Places = tuple[tuple[Any, ...], Numbers, list[Any], Numbers, Numbers]
"""Origin (source, field, column, sheet), and of each record ordinal, id, line and row."""


class _Files:
    """Lists of titles in one file, where they stand in another, which is seldom read."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._paths: tuple[Path, Path] | None = None
        self._streams: tuple[BinaryIO, BinaryIO] | None = None

    def write(self, titles: str | list[str], places: Places) -> None:
        try:
            if self._streams is None:
                self._open()
            if self._streams is not None:
                marshal.dump(titles, self._streams[0])
                marshal.dump(places, self._streams[1])
        except OSError as error:
            ja = f"タイトルの一覧を作業用のファイルに書けません：{reason_in_japanese(error)}。"
            raise RunError(f"the list of titles cannot be kept: {error}", ja) from error

    def _open(self) -> None:
        if self._paths is None:
            self._paths = self._made(".titles"), self._made(".places")
        self._streams = self._paths[0].open("ab"), self._paths[1].open("ab")

    def _made(self, suffix: str) -> Path:
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="mokuroku-", suffix=suffix, delete=False) as made:
            return Path(made.name)

    def close(self) -> None:
        for stream in self._streams or ():
            stream.close()
        self._streams = None

    def titles(self) -> Iterator[list[str]]:
        """The lists of titles."""
        return (found.split("\n") if found.__class__ is str else found for found in self._read(0))

    def places(self) -> Iterator[Places]:
        """Where they stand."""
        return self._read(1)

    def _read(self, which: int) -> Iterator[Any]:
        self.close()
        if self._paths is not None:
            with self._paths[which].open("rb") as stream:
                while stream.peek(1):
                    yield marshal.load(stream)  # noqa: S302 - written by our own shard a moment ago

    def __getstate__(self) -> dict[str, Any]:
        self.close()
        return self.__dict__.copy()


class Frequent:
    """Titles that may be frequent: every one that stands more often than :attr:`missed` times is among them.

    Counts are lowered where there are too many titles, all by the same number, and those that reach nothing are
    forgotten: what a count lacks is at most what all were lowered by (J. Misra, D. Gries: Finding repeated elements,
    1982). Memory does not grow with the number of titles. ``share``: titles that are a smaller part of all are none of
    these; 0: all are.
    """

    def __init__(self, room: int, share: float = 0) -> None:
        self.room = room
        self.missed = 0
        self.counts: Counter[str] = Counter()
        self._share = share

    def add(self, titles: Sequence[str]) -> None:
        """Count titles. Of very many that all differ it is enough that each may have been missed once.

        What is missed so is a quarter of the share at most, and what is by lowering the counts half of it.
        """
        if len(titles) * self._share >= 4 and len(set(titles)) == len(titles):
            self.missed += 1
            return
        self.counts.update(titles)
        self._lower()

    def _lower(self) -> None:
        if len(self.counts) <= self.room:
            return
        by = sorted(self.counts.values())[-(self.room // 2)]
        self.missed += by
        self.counts = Counter({title: count - by for title, count in self.counts.items() if count > by})

    def merge(self, other: Frequent) -> None:
        """Count what ``other`` counted."""
        self.missed += other.missed
        self.counts.update(other.counts)
        self._lower()

    def likely(self, least: float) -> set[str]:
        """All titles that stand at least so often, and maybe others."""
        return {title for title, count in self.counts.items() if count + self.missed >= least}


class Titles(DatasetCheck):
    """``DSET-TITLE-FREQUENT`` and ``DSET-TITLE-DESCRIPTION``. The titles are kept on disk, to be counted exactly."""

    codes = ("DSET-TITLE-FREQUENT", "DSET-TITLE-DESCRIPTION")

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._own = _Files(setting.folder)
        self._origin: tuple[Any, ...] = (None,)
        share = self.limits["share"]
        self._frequent = Frequent(max(CANDIDATES, int(4 / share)), share)
        self._files: list[tuple[_Files, int, int]] = [(self._own, 0, 0)]

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Keep the titles; titles that are the description are told at once."""
        found: list[tuple[int, Finding]] = []
        titles = next(iter(batch.playing("title")), None)
        if titles is None or not titles.filled:
            return found
        self._keep(batch, titles)
        for other in batch.playing("description"):
            if other.column.name != titles.column.name:
                found += self._same(titles, other)
        return found

    def _same(self, titles: Cells, other: Cells) -> Iterator[tuple[int, Finding]]:
        least = self.limits["description_length"]
        if titles.plain and other.plain and not any(map(eq, titles.raw, other.raw)):
            return
        for number, (title, text) in enumerate(zip(titles.raw, other.raw, strict=True)):
            if title.__class__ is list or text.__class__ is list:
                title, text = titles.first(number), other.first(number)  # noqa: PLW2901
            if title == text and title.__class__ is str and len(title) >= least and not title.isspace():
                slots = {"field": titles.column.name, "other": other.column.name}
                yield number, Finding("DSET-TITLE-DESCRIPTION", other.column.target, value=title, slots=slots)

    # ── Kept on disk ─────────────────────────────────────────────────────────────────────────────

    def _keep(self, batch: Batch, titles: Cells) -> None:
        records, texts = batch.records, titles.texts
        if not titles.plain or len(texts) < len(records):
            held = [number for number in range(len(records)) if titles.first(number) is not None]
            if not held:
                return
            records, texts = [records[number] for number in held], [titles.first(number) or "" for number in held]
        if (max(map(len, texts)) if titles.few else titles.longest) > _LONGEST:
            texts = [text[:_LONGEST] for text in texts]
        source = records[0].source
        if source != self._origin[0]:
            at = batch.at(batch.records.index(records[0]), titles.column)
            self._origin = (at.source, at.field, at.column, at.sheet)
        places = (
            self._origin,
            _numbers([record.ordinal for record in records]),
            [record.id for record in records],
            _numbers([record.line for record in records]),
            _numbers([record.row for record in records]),
        )
        joined = "\n".join(texts)
        self._own.write(joined if joined.count("\n") == len(texts) - 1 else list(texts), places)
        self._frequent.add(texts)

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the titles of the records that follow."""
        self._frequent.merge(other._frequent)
        self._files += [(files, before + records, above + rows) for files, before, above in other._files]

    def close(self) -> None:
        """Close the lists."""
        self._own.close()

    def _titles(self) -> Iterator[list[str]]:
        for files, _, _ in self._files:
            yield from files.titles()

    # ── The end ──────────────────────────────────────────────────────────────────────────────────

    def finish(self, records: int) -> Iterator[Issue]:
        """The first records of every title that stands in very many."""
        least = max(self.limits["records"], records * self.limits["share"])
        likely = self._frequent.likely(least)
        counts = self._counted(likely) if likely and self._frequent.missed else self._frequent.counts
        frequent = {title: count for title, count in counts.items() if count >= least}
        left = dict.fromkeys(frequent, SAMPLES)
        for files, before, above in self._files if frequent else ():
            for titles, places in zip(files.titles(), files.places(), strict=True):
                for number, title in enumerate(titles):
                    if left.get(title):
                        left[title] -= 1
                        slots = {"count": frequent[title], "total": records}
                        yield _issue(title, places, number, before, above, slots)
                if not any(left.values()):
                    return

    def _counted(self, likely: set[str]) -> Counter[str]:
        """How often each of some titles stands."""
        counts: Counter[str] = Counter()
        for titles in self._titles():
            counts.update([title for title in titles if title in likely])
        return counts


def _numbers(numbers: list[Any]) -> Numbers:
    """Numbers in few words: they are kept for every record.

    >>> _numbers([7, 8, 9]), _numbers([7, 9]), _numbers([None])
    ((7, 3), [7, 9], [None])
    """
    first = numbers[0]
    if first is not None and numbers == list(range(first, first + len(numbers))):
        return first, len(numbers)
    return numbers


def _number(numbers: Numbers, at: int) -> Any:
    return numbers[0] + at if numbers.__class__ is tuple else numbers[at]


def _issue(title: str, places: Places, number: int, before: int, above: int, slots: dict[str, Any]) -> Issue:
    (source, field, column, sheet), ordinals, ids, lines, rows = places
    row = _number(rows, number)
    at = Location(source, _number(lines, number), None if row is None else column, row, sheet, None, field).moved(
        rows=above
    )
    ordinal = _number(ordinals, number) + before
    return Issue("DSET-TITLE-FREQUENT", at, record_id=ids[number], ordinal=ordinal, value=title, slots=slots)


CHECKS = {"titles": Titles}
