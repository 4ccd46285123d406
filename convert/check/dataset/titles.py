"""Titles: one for very many records, or the same as the description. Patterns P1 and P2 of Europeana."""

from __future__ import annotations

import marshal
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from convert.check.dataset.base import SAMPLES, DatasetCheck, Setting, Threshold
from convert.check.issue import Finding, Issue
from convert.errors import RunError, reason_in_japanese
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

SAMPLED = 50_000
"""Titles that are looked at for frequent ones, evenly from all; those found are then counted exactly."""
_LONGEST = 1000  # characters by which titles are told apart

Block = tuple[tuple[Any, ...], list[str], list[int], list[Any], list[Any], list[Any]]
"""Origin (source, field, column, sheet), and of each record title, ordinal, id, line and row."""


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
        self._path: Path | None = None
        self._stream: BinaryIO | None = None
        self._files: list[tuple[Path, int, int]] = []

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
        if max(map(len, texts)) > _LONGEST:
            texts = [text[:_LONGEST] for text in texts]
        at = batch.at(batch.records.index(records[0]), titles.column)
        block = (
            (at.source, at.field, at.column, at.sheet),
            list(texts),
            [record.ordinal for record in records],
            [record.id for record in records],
            [record.line for record in records],
            [record.row for record in records],
        )
        try:
            marshal.dump(block, self._open())
        except OSError as error:
            ja = f"タイトルの一覧を作業用のファイルに書けません：{reason_in_japanese(error)}。"
            raise RunError(f"the list of titles cannot be kept: {error}", ja) from error

    def _open(self) -> BinaryIO:
        if self._stream is None:
            if self._path is None:
                folder = self.setting.folder
                with tempfile.NamedTemporaryFile(dir=folder, prefix="mokuroku-", suffix=".titles", delete=False) as made:
                    self._path = Path(made.name)
                self._files.append((self._path, 0, 0))
            self._stream = self._path.open("ab")
        return self._stream

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __getstate__(self) -> dict[str, Any]:
        self._close()
        return self.__dict__.copy()

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the titles of the records that follow."""
        self._close()
        other._close()
        self._path = None
        self._files += [(path, before + records, above + rows) for path, before, above in other._files]

    def _blocks(self) -> Iterator[tuple[Block, int, int]]:
        self._close()
        for path, before, above in self._files:
            with path.open("rb") as stream:
                while stream.peek(1):
                    yield marshal.load(stream), before, above  # noqa: S302 - written by our own shard a moment ago

    # ── The end ──────────────────────────────────────────────────────────────────────────────────

    def finish(self, records: int) -> Iterator[Issue]:
        """The first records of every title that stands in very many."""
        least = max(self.limits["records"], records * self.limits["share"])
        counts = self._counts(records) if records >= self.limits["records"] else Counter()
        frequent = {title: count for title, count in counts.items() if count >= least}
        left = dict.fromkeys(frequent, SAMPLES)
        for block, before, above in self._blocks() if frequent else ():
            for number, title in enumerate(block[1]):
                if left.get(title):
                    left[title] -= 1
                    yield _issue(block, number, before, above, {"count": frequent[title], "total": records})
            if not any(left.values()):
                return

    def _counts(self, records: int) -> Counter[str]:
        """Titles that may be frequent, and how often each stands: those of a sample, then counted in all."""
        step = 1 + records // SAMPLED
        sample: Counter[str] = Counter()
        skip = 0
        for block, _, _ in self._blocks():
            titles = block[1]
            sample.update(titles[skip::step])
            skip = (skip - len(titles)) % step
        if step == 1:
            return sample
        likely = {title for title, count in sample.items() if count * step * 2 >= records * self.limits["share"]}
        counts: Counter[str] = Counter()
        for block, _, _ in self._blocks() if likely else ():
            counts.update(title for title in block[1] if title in likely)
        return counts


def _issue(block: Block, number: int, before: int, above: int, slots: dict[str, Any]) -> Issue:
    (source, field, column, sheet), titles, ordinals, ids, lines, rows = block
    row = rows[number]
    at = Location(source, lines[number], None if row is None else column, row, sheet, None, field).moved(rows=above)
    code, title = "DSET-TITLE-FREQUENT", titles[number]
    return Issue(code, at, record_id=ids[number], ordinal=ordinals[number] + before, value=title, slots=slots)


CHECKS = {"titles": Titles}
