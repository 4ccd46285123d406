"""The rows of the inputs, read once more for reports that show them."""

from __future__ import annotations

import contextlib
import csv
import io
from collections import deque
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from convert.errors import MokurokuError
from convert.formats.base import Delimited, Delimiting, Headed
from convert.registry import format_named
from convert.source import Source, TextLines, is_damaged, line_starts, text_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from convert.formats.base import Reader
    from convert.model import Record

HEAD_ROWS = 1000
"""Rows above the first record that are looked at."""
LINE = 1 << 20
"""Characters of a text line that are looked at."""
SIP = 1 << 12
"""Bytes that are read at a time where a single row is wanted."""
ROW_LINES = 1000
"""Text lines of a row that are looked at."""


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
    reread: Reread

    def __iter__(self) -> Generator[tuple[int, Sequence[str]], None, None]:
        yield from self.head()
        yield from self.records()

    @property
    def delimited(self) -> Delimited | None:
        """How its rows stand in text, where that is known."""
        return self._reader.delimited if isinstance(self._reader, Delimiting) else None

    @property
    def rows(self) -> int:
        """How many rows it has, those of the head too, once all were given."""
        return self._reader.rows

    @property
    def ends_well(self) -> bool:
        """Whether what was read ended with a row, once all rows were given."""
        return self._reader.clean_end

    def over(self, data: bytes) -> Table:
        """A table of other bytes, with the same head."""
        reread = replace(self.reread, source=_Bytes(self.name, data=data))
        reader = format_named(reread.format).load_reader()(reread.source, reread.options)
        return replace(self, reread=reread, _reader=reader)

    def head(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows of the head."""
        if isinstance(self._reader, Headed):
            for number, cells in enumerate(self._reader.head_rows(self.header_row), start=1):
                if any(cells):
                    yield number, cells

    def records(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows of records."""
        with closing(_Lines(self.reread, 0)) as lines:
            for record in self._reader:
                if record.row is not None:
                    yield record.row, record.body if record.body is not None else _broken(record, lines)


class _Bytes(Source):
    """Bytes that are not compressed, whatever they begin with."""

    def _packing(self) -> str | None:
        return None


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


def _broken(record: Record, lines: _Lines) -> Sequence[str]:
    """What stands in a row that could not be read: its first text line, split at every delimiter."""
    return () if record.line is None else lines.row(record.line)


def _header_row(reader: Any) -> int:
    first = next(iter(reader), None)
    last = HEAD_ROWS if first is None else min((first.row or 1) - 1, HEAD_ROWS)
    return max((number for number, cells in enumerate(reader.head_rows(last), start=1) if any(cells)), default=0)


def looked_up(table: Table, wanted: Mapping[int, int | None], limit: int) -> dict[int, Sequence[str]]:
    """The cells of the rows that are ``wanted``, as far as they stand within the first ``limit`` rows.

    ``wanted``: the numbers of rows, each with the text line it begins in, where it has one. Where all have one, the
    lines between them are passed over.
    """
    left = {number: line for number, line in wanted.items() if number <= limit}
    found: dict[int, Sequence[str]] = {}
    try:
        with contextlib.ExitStack() as stack:
            for number, cells in _rows_at(table, left, stack):
                found[number] = cells
    except (MokurokuError, OSError):
        pass
    return found


def _rows_at(
    table: Table, wanted: Mapping[int, int | None], stack: contextlib.ExitStack
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows that are wanted, in order."""
    lines = {number: line for number, line in wanted.items() if line is not None}
    if len(lines) == len(wanted):
        reading = stack.enter_context(closing(_Lines(table.reread, len(table.columns), lines.values())))
        for number, line in sorted(lines.items()):
            yield number, reading.row(line)
        return
    last = max(wanted)
    rows = stack.enter_context(closing(iter(table)))
    for number, cells in rows:
        if number in wanted:
            yield number, cells
        if number >= last:
            return


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


class _Sips(io.RawIOBase):
    """A stream of which little is read at a time, since a few lines of it are wanted. It does not close the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(SIP)


class _Lines:
    """Rows that begin in lines asked for one after the other. What is no whole row is its first line, split.

    ``wanted``: lines that will be asked for; what stands between these is passed over undecoded where that can be.
    """

    def __init__(self, reread: Reread, width: int, wanted: Iterable[int] = ()) -> None:
        self._reread = reread
        self._width = width
        self._wanted = wanted
        self._starts: dict[int, int] = {}
        self._encoding = ""
        self._lines: Iterator[str] | None = None
        self._stream: BinaryIO | None = None
        self._ahead: deque[str] = deque()
        self._number = 1  # of the first line that is ahead, or comes next

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def row(self, line: int) -> Sequence[str]:
        """The cells of the row that begins in a line; none where there is no such line."""
        first = self._line(line)
        if first is None:
            return ()
        lines, quotes = [first], first.count('"')
        while quotes % 2 and len(lines) < ROW_LINES and (more := self._peek(len(lines))) is not None:
            lines.append(more)
            quotes += more.count('"')
        cells = self._split(lines)
        return cells if len(cells) == self._width else self._split([first.rstrip("\r\n")])

    def _line(self, number: int) -> str | None:
        if self._lines is None:
            self._open()
        start = self._starts.get(number)
        if start is not None and self._stream is not None and number > self._number + len(self._ahead):
            self._stream.seek(start)
            sips = cast("BinaryIO", _Sips(self._stream))
            self._lines = iter(TextLines(sips, self._encoding, max_line=LINE))
            self._ahead.clear()
            self._number = number
        while self._number < number and self._peek(0) is not None:
            self._ahead.popleft()
            self._number += 1
        return self._peek(0)

    def _peek(self, at: int) -> str | None:
        """A line further on; None where there is none."""
        while len(self._ahead) <= at:
            line = None if self._lines is None else next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[at]

    def _open(self) -> None:
        opened, lines = text_lines(self._reread.source, self._reread.options.get("encoding"), max_line=LINE)
        self._stream, self._lines, self._encoding = opened.stream, iter(lines), opened.encoding.name
        if self._wanted and opened.encoding.safe and opened.stream.seekable():
            opened.stream.seek(opened.encoding.bom)
            self._starts = line_starts(opened.stream, self._wanted)
            opened.stream.seek(opened.encoding.bom)
            self._lines = iter(TextLines(opened.stream, self._encoding, max_line=LINE))

    def _split(self, lines: Sequence[str]) -> Sequence[str]:
        reader = format_named(self._reread.format).load_reader()
        delimiter = str(self._reread.options.get("delimiter") or getattr(reader, "DELIMITER", ","))
        try:
            return next(csv.reader(lines, delimiter=delimiter), ())
        except csv.Error:  # a cell that is far too long
            return ()
