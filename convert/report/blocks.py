"""The rows of a table, many at a time, as they are copied: none of their cells is looked at by itself.

Most of a table in text can be cut into rows and cells among its bytes (:mod:`convert.formats.separated`). What cannot,
a row that is broken, say, is read by the table's reader, with the rows around it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from convert.errors import MokurokuError, SourceFault
from convert.formats import separated
from convert.formats.xlsx.rows import is_plain
from convert.messages.catalogue import visible

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from convert.formats.base import Delimited
    from convert.report.rows import Table

SIZE = 1 << 15
"""Bytes that are cut into rows at a time, about: what is made of them stays in the processor's cache."""
MOST = 1 << 20
"""Bytes within which rows have to end."""
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Unread(Exception):  # noqa: N818 - not an error: a report goes on without the rows
    """The table cannot be read a second time, or no further. Its text is the reason."""


@contextmanager
def telling() -> Iterator[None]:
    """What breaks in here is :class:`Unread`."""
    try:
        yield
    except (MokurokuError, OSError) as error:
        raise Unread(str(error)) from error


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that follow one another; iterating gives those with text, as (number, cells).

    ``text``: all of them, as :mod:`convert.formats.separated` has them, where they can be had so; then ``first`` and
    ``last`` are their numbers, and ``plain`` says whether they are (:func:`is_plain`).
    """

    rows: Iterable[tuple[int, Sequence[str]]] = ()
    text: bytes | None = None
    first: int = 0
    last: int = 0
    plain: bool = False

    def __iter__(self) -> Iterator[tuple[int, Sequence[str]]]:
        if self.text is None:
            with telling():
                yield from self.rows
            return
        for number, row in enumerate(self.text.split(separated.RECORD), self.first):
            cells = separated.cells_of(row)
            if any(cells):
                yield number, cells


def blocks(table: Table) -> Generator[Block, None, None]:
    """All rows of a table: what iterating over it gives. Raises :class:`Unread`, as iterating over a block does."""
    yield Block(table.head())
    form = table.delimited
    if form is None:
        yield Block(table.records())
        return
    with telling(), table.reread.source.open() as stream:
        yield from Cutter(table, form, stream).blocks()


class Cutter:
    """Cuts what stands below a table's head into blocks."""

    def __init__(self, table: Table, form: Delimited, stream: BinaryIO) -> None:
        self._table, self._form, self._stream = table, form, stream
        self._delimiter = form.delimiter.encode()
        self._head = b""
        self._row = form.rows + 1  # the number of the next one

    def blocks(self) -> Iterator[Block]:
        """Block by block. Where a row does not end, or the source breaks, all that follows is left to the reader."""
        try:
            data = self._below_head()
            more = data is not None
            while data is not None and len(data) <= MOST:
                read = self._stream.read(max(SIZE, len(data))) if more else b""
                more, data = bool(read), data + read
                if not data:
                    return
                block, size = self._next(data, last=not more)
                if block is not None:
                    data = data[size:]
                    yield block
        except SourceFault:  # the table's reader comes to it again, and tells
            pass
        yield Block((number, cells) for number, cells in self._table.records() if number >= self._row)

    def _below_head(self) -> bytes | None:
        """Pass over the head. Returns what was read with it; None where it is longer than heads are."""
        data = self._stream.read(SIZE)
        ends = [found.end() for found in islice(_LINE_END.finditer(data), self._form.lines)]
        if len(ends) < self._form.lines or ends[-1] == len(data):
            return None
        self._head = data[: ends[-1]]
        return data[ends[-1] :]

    def _next(self, data: bytes, *, last: bool) -> tuple[Block | None, int]:
        """A block of what is at hand, and the bytes that it takes; None while more are needed."""
        text, size = self._separated(data)
        plain = is_plain(text)
        if not plain and not (size and separated.is_sound(text)):
            return self._read(data if last else data[: data.rfind(b"\n") + 1], last=last)
        first, self._row = self._row, self._row + separated.count(text)
        return Block((), text, first, self._row - 1, plain), size

    def _separated(self, data: bytes) -> tuple[bytes, int]:
        """The rows that can be cut among the bytes, and how many bytes these take: 0 where there are none."""
        if self._form.encoding == "utf-8":
            return separated.separated(data, self._delimiter, self._form.width) or (b"", 0)
        end = data.rfind(b"\n") + 1
        try:
            recoded = data[:end].decode(self._form.encoding).encode()
        except UnicodeError:
            return b"", 0
        text, size = separated.separated(recoded, self._delimiter, self._form.width) or (b"", 0)
        for _ in range(recoded.count(b"\n", size)):
            end = data.rfind(b"\n", 0, end - 1) + 1
        return text, end

    def _read(self, data: bytes, *, last: bool) -> tuple[Block | None, int]:
        """The same by the table's reader, unless the last row may end further on."""
        table = self._table.over(self._head + data)
        rows = list(table.records()) if data else []
        if not last and not (data and table.ends_well):
            return None, 0
        above = self._row - self._form.rows - 1
        self._row += table.rows - self._form.rows
        return Block([(number + above, cells) for number, cells in rows]), len(data)


def shown(text: str) -> str:
    """A text as a copy has it: what nobody can see is shown."""
    return visible(text, keep="\t\r\n")
