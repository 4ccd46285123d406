"""The rows of the inputs, read once more for reports that show them."""

from __future__ import annotations

import csv
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.errors import MokurokuError
from convert.formats.base import Headed
from convert.registry import format_named
from convert.source import is_damaged, text_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from convert.formats.base import Reader
    from convert.model import Record
    from convert.source import Source

HEAD_ROWS = 1000
"""Rows above the first record that are looked at."""
LINE = 1 << 20
"""Characters of a text line that are looked at."""


@dataclass(frozen=True, slots=True)
class Reread:
    """One input of a run: where it is, in which format it was read, and how."""

    source: Source
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """An input that is a table. ``columns`` are its headers, ``sheet`` its sheet where it has one.

    ``header_row`` is the number of the last row of its head: records stand below it.

    Iterating gives each row that has text, as (number, cells): first those of the head, then those of records, broken
    ones included. Numbers are those a spreadsheet shows, and rise.
    """

    name: str
    columns: Sequence[str]
    sheet: str | None
    header_row: int
    _reader: Reader
    _reread: Reread

    def __iter__(self) -> Generator[tuple[int, Sequence[str]], None, None]:
        if isinstance(self._reader, Headed):
            for number, cells in enumerate(self._reader.head_rows(self.header_row), start=1):
                if any(cells):
                    yield number, cells
        with closing(_Lines(self._reread)) as lines:
            for record in self._reader:
                if record.row is not None:
                    yield record.row, lines.cells(record) if record.body is None else record.body


def table(reread: Reread) -> Table | None:
    """The input as a table; None when it is none, or cannot be read a second time."""
    source = reread.source
    if not source.seekable:
        return None
    try:
        reader = format_named(reread.format).load_reader()(source, reread.options)
        if not reader.columns or not isinstance(reader, Headed):
            return None
        sheet = getattr(reader, "sheet", None)
        return Table(source.name, reader.columns, sheet, _header_row(reader), reader, reread)
    except (MokurokuError, OSError):  # it was moved or changed since; the report goes without its rows
        return None


def _header_row(reader: Any) -> int:
    first = next(iter(reader), None)
    last = HEAD_ROWS if first is None else min((first.row or 1) - 1, HEAD_ROWS)
    return max((number for number, cells in enumerate(reader.head_rows(last), start=1) if any(cells)), default=0)


def looked_up(table: Table, wanted: Iterable[int], limit: int) -> dict[int, Sequence[str]]:
    """The cells of the rows that are ``wanted``, as far as they stand within the first ``limit`` rows."""
    left = {number for number in wanted if number <= limit}
    found: dict[int, Sequence[str]] = {}
    if not left:
        return found
    last = max(left)
    try:
        with closing(iter(table)) as rows:
            for number, cells in rows:
                if number in left:
                    found[number] = cells
                if number >= last:
                    break
    except (MokurokuError, OSError):
        return found
    return found


def text_of(reread: Reread, wanted: Iterable[int], limit: int) -> dict[int, str]:
    """The text lines that are ``wanted``, as far as they stand within the first ``limit`` lines and can be read.

    Long lines are cut at ``LINE`` characters.
    """
    left = sorted({number for number in wanted if number <= limit})
    found: dict[int, str] = {}
    if not left or not reread.source.seekable:
        return found
    try:
        opened, lines = text_lines(reread.source, reread.options.get("encoding"), max_line=LINE)
        with opened.stream:
            numbered = enumerate(lines, start=1)
            for number, line in islice(numbered, left[-1]):
                if number == left[len(found)]:
                    found[number] = line.rstrip("\r\n")[:LINE]
    except (MokurokuError, OSError):
        pass
    return {number: line for number, line in found.items() if not is_damaged(line)}


class _Lines:
    """What stands in rows that could not be read: their text line, split at every delimiter."""

    def __init__(self, reread: Reread) -> None:
        self._reread = reread
        self._lines: Iterator[tuple[int, str]] | None = None
        self._stream: BinaryIO | None = None

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def cells(self, record: Record) -> Sequence[str]:
        if record.line is None:
            return ()
        if self._lines is None:
            opened, lines = text_lines(self._reread.source, self._reread.options.get("encoding"))
            self._stream = opened.stream
            self._lines = enumerate(lines, start=1)
        for number, line in self._lines:
            if number >= record.line:
                return self._split(line.rstrip("\r\n"))
        return ()

    def _split(self, line: str) -> Sequence[str]:
        reader = format_named(self._reread.format).load_reader()
        delimiter = str(self._reread.options.get("delimiter") or getattr(reader, "DELIMITER", ","))
        return next(csv.reader([line], delimiter=delimiter), ())
