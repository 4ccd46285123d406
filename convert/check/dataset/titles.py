"""Titles: one for very many records, or the same as the description. Patterns P1 and P2 of Europeana."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from convert.check.dataset.base import SAMPLES, DatasetCheck, Setting, Threshold
from convert.check.duplicates import IdSpool, told_rows
from convert.check.issue import Finding, Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from convert.check.dataset.columns import Batch

_BUCKETS = 1 << 16


def bucket(title: str) -> int:
    """One of 65,536 numbers, the same in every process."""
    return zlib.crc32(title.encode("utf-8", "surrogatepass")) & (_BUCKETS - 1)


class Titles(DatasetCheck):
    """``DSET-TITLE-FREQUENT`` and ``DSET-TITLE-DESCRIPTION``. The titles are kept on disk, to be counted exactly."""

    codes = ("DSET-TITLE-FREQUENT", "DSET-TITLE-DESCRIPTION")
    thresholds = {
        "share": Threshold(0.1, "同じタイトルがこの割合を占めるときに知らせる", "told where one title is this share of all", True, 0.001, 1),
        "records": Threshold(20, "同じタイトルがこれだけあるときに知らせる", "told of at least so many records", least=2),
        "description_length": Threshold(10, "これより短いタイトルは、説明と同じでも知らせない", "shorter titles may be the description, too"),
    }  # fmt: skip

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._spool: IdSpool | None = None
        self._spools: list[tuple[Path, int, int]] = []

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Keep the titles; titles that are the description are told at once."""
        found: list[tuple[int, Finding]] = []
        titles = next(iter(batch.playing("title")), None)
        if titles is None:
            return found
        self._keep(batch, titles)
        for other in batch.playing("description"):
            if other.column.name != titles.column.name:
                found += self._same(titles, other)
        return found

    def _keep(self, batch: Batch, titles: Any) -> None:
        spool = self._spool
        if spool is None:
            spool = self._spool = IdSpool(self.setting.folder)
        first: int | None = None
        raw = titles.raw if titles.plain else [titles.first(number) for number in range(len(titles.raw))]
        for number, (record, title) in enumerate(zip(batch.records, raw, strict=True)):
            if title and not title.isspace():
                if first is None:
                    first = number
                    at = batch.at(number, titles.column)
                    spool.field, spool.column, spool.sheet = at.field, at.column, at.sheet
                spool.add(record, title if len(title) <= 1000 else title[:1000])

    def _same(self, titles: Any, other: Any) -> Iterator[tuple[int, Finding]]:
        least = self.limits["description_length"]
        for number, (title, text) in enumerate(zip(titles.raw, other.raw, strict=True)):
            if title == text or (title is not None and text is not None and (list in (title.__class__, text.__class__))):
                title, text = titles.first(number), other.first(number)  # noqa: PLW2901
                if title is not None and title == text and len(title) >= least:
                    slots = {"field": titles.column.name, "other": other.column.name}
                    yield number, Finding("DSET-TITLE-DESCRIPTION", other.column.target, value=title, slots=slots)

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the titles of the records that follow."""
        self._spools = self._files() + [(path, before + records, above + rows) for path, before, above in other._files()]
        self._spool = None

    def _files(self) -> list[tuple[Path, int, int]]:
        spools = self._spools
        if self._spool is not None:
            spools = [*spools, (self._spool.close(), 0, 0)]
        return spools

    def finish(self, records: int) -> Iterator[Issue]:
        """The first records of every title that stands in very many."""
        least = max(self.limits["records"], records * self.limits["share"])
        spools = self._files()
        if records < self.limits["records"] or not spools:
            return
        heavy = {number for number, count in self._buckets(spools).items() if count >= least}
        if not heavy:
            return
        counts: Counter[str] = Counter()
        for path, _, _ in spools:
            counts.update(row.text for row in told_rows(path) if bucket(row.text) in heavy)
        frequent = {title: count for title, count in counts.items() if count >= least}
        left = dict.fromkeys(frequent, SAMPLES)
        for path, before, above in spools:
            for row in told_rows(path) if any(left.values()) else ():
                if left.get(row.text):
                    left[row.text] -= 1
                    slots = {"count": frequent[row.text], "total": records, "field": row.at.field or ""}
                    at = row.at.moved(rows=above)
                    ordinal = row.ordinal + before
                    yield Issue("DSET-TITLE-FREQUENT", at, record_id=row.id, ordinal=ordinal, value=row.text, slots=slots)

    @staticmethod
    def _buckets(spools: Iterable[tuple[Path, int, int]]) -> Counter[int]:
        counts: Counter[int] = Counter()
        for path, _, _ in spools:
            counts.update(bucket(row.text) for row in told_rows(path))
        return counts


CHECKS = {"titles": Titles}
