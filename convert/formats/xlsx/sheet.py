"""The rows of one sheet, streamed.

A program writes all rows in a few ways. These are learned (:mod:`habits`), and a regular expression that covers every
byte reads the rows written so; expat reads all others (:class:`_Exact`). Both give the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from convert.formats.xlsx.habits import Habits, column_index
from convert.formats.xlsx.package import Package, Refused
from convert.formats.xlsx.strings import PAGE, is_utf8, needs_care, root_of, unescape
from convert.formats.xlsx.xml import BETWEEN, Parser, is_literal, is_true, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from convert.formats.xlsx.cells import Cells, Note

    Rough = Sequence[Sequence[str]]

HEAD = 16 * 2**20
"""Bytes among which the rows must begin for the fast way."""
MAX_MERGES = 100_000
MAX_COLUMNS = 16_384

_index = attrgetter("index")
_ROW_NUMBER = re.compile(r"""\sr\s*=\s*["']([0-9]{1,7})["']""")
_HIDDEN = re.compile(r"""\shidden\s*=\s*["'](?:1|true|on)["']""")
_REFERENCE = re.compile("([A-Z]{1,3})[0-9]*")
_MERGE = re.compile(
    rb"""<(?:[\w.-]+:)?mergeCell\s[^>]*?ref\s*=\s*["']\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})["']"""
)
_VALUE = re.compile(rb"<(?:[\w.-]+:)?(?:v|is)[ >]")

Row = tuple[int, bool, list[str], list[tuple[int, str]], "Sequence[Note]"]
"""Number, whether hidden, the cells, cells further right with their index, notes."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A range of merged cells; rows count from 1, columns from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int
    range: str


# ── Before the rows are read ─────────────────────────────────────────────────────────────────────


def has_values(package: Package, part: str) -> bool:
    """Whether any cell of a sheet has a value."""
    before = b""
    for chunk in package.chunks(part):
        if not before and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
            return True
        data = before + chunk
        if _VALUE.search(data):
            return True
        before = data[-64:]
    return False


def survey(package: Package, part: str) -> list[Merge]:
    """Read a sheet through once: the file is whole, and the merged ranges, which stand after the rows, are known."""
    merges: list[Merge] = []
    before, after_rows = b"", False
    for chunk in package.chunks(part):
        data = before + chunk
        at = 0
        if not after_rows:
            at = _end_of_rows(data)
            after_rows = at >= 0
        if not after_rows:
            before = data[-64:]
            continue
        for found in _MERGE.finditer(data, max(at, 0)):
            at = found.end()
            if len(merges) < MAX_MERGES:
                merges.append(_merge(found))
        before = data[max(at, len(data) - 400) :]
    return sorted(merges, key=lambda merge: (merge.first_row, merge.first_column))


def _end_of_rows(data: bytes) -> int:
    """Where ``</sheetData`` stands in ``data``; -1: nowhere."""
    at = data.find(b"sheetData")
    while at >= 0:
        tag = data[max(0, at - 60) : at].rpartition(b"<")[2]
        if tag.startswith(b"/") or data[at + 9 : at + 11] == b"/>":
            return at
        at = data.find(b"sheetData", at + 9)
    return -1


def _merge(found: re.Match[bytes]) -> Merge:
    left, top, right, bottom = (group.decode() for group in found.groups())
    return Merge(int(top), int(bottom), column_index(left), column_index(right), f"{left}{top}:{right}{bottom}")


# ── The rows ─────────────────────────────────────────────────────────────────────────────────────


class Rows:
    """The rows of a sheet: (number, hidden, ``width`` cells, cells further right, notes). Made for one pass.

    ``hidden_columns`` are known once the first row was given. ``limit``: bytes of one row. Raises :class:`Refused`.
    """

    def __init__(
        self, package: Package, part: str, cells: Cells, width: int, limit: int, habits: Habits | None = None
    ) -> None:
        self._part, self._cells, self._width, self._limit = part, cells, width, limit
        self._chunks = package.chunks(part)
        self._habits = habits or Habits()
        self._number = 0
        self.hidden_columns: set[int] = set()

    def __iter__(self) -> Iterator[Row]:
        head, rest = self._head()
        if rest is None:
            yield from self._exactly(b"", head)
            return
        Parser(self._part, self._column).feed(head)
        root, data = root_of(head), rest
        while True:
            end = data.find(b"</sheetData")
            last = end >= 0
            if not last:
                end = max(data.rfind(b"<row "), data.rfind(b"<row>"), 0)
            block = data[:end]
            if block:
                done = yield from self._block(root, block)
                if done < len(block):
                    yield from self._exactly(head, data[done:])
                    return
            if last:
                yield from self._exactly(head, data[end:])
                return
            data = data[end:]
            more = next(self._chunks, None)
            if more is None:
                yield from self._exactly(head, data)
                return
            if len(data) > self._limit:
                raise Refused("SRC-TOO-LONG", self._part, limit=self._limit)
            data += more

    def _head(self) -> tuple[bytes, bytes | None]:
        """What stands before the first row, and the rest; None where only expat can read on."""
        data = b""
        for chunk in self._chunks:
            data += chunk
            found = data.find(b"<sheetData>")
            if found >= 0:
                end = found + len(b"<sheetData>")
                return (data[:end], data[end:]) if is_utf8(data) else (data, None)
            if len(data) > HEAD:
                break
        return data, None

    def _column(self, name: str, attributes: dict[str, str]) -> None:
        if name != "col" or not is_true(attributes.get("hidden")):
            return
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if all(text.isascii() and text.isdigit() and len(text) < 6 for text in (first, last)):
            self.hidden_columns.update(range(int(first) - 1, min(int(last), MAX_COLUMNS)))

    def _block(self, root: bytes, block: bytes) -> Generator[Row, None, int]:
        """Give the rows of whole rows of XML; return the byte from which on only expat can read."""
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError:
            return 0
        at, odd = 0, False
        while at < len(text):
            found = self._habits.layout.pattern.findall(text, at)
            rest = len(found.pop()[-1]) if found[-1][-1] else 0
            if found:
                odd = False
                read = self._values(block, text, found)
                if read is None:
                    rest, odd = len(text) - at, True
                else:
                    yield from self._rows(*read)
            at = len(text) - rest
            if not rest:
                break
            end = len(text) if odd else text.find("</row>", at) + 6
            end = end if end >= 6 else len(text)
            odd = not self._habits.learn(text[at:end])
            if not (yield from self._stretch(root, text[at:end].encode("utf-8"))):
                return len(text[:at].encode("utf-8"))
            at = end
        return len(block)

    def _values(self, block: bytes, text: str, found: Rough) -> tuple[Rough, bool] | None:
        """The groups of each row by its layout as XML means them, and whether texts may hold more than they show.

        None when only expat can tell.
        """
        if not self._habits.layout.free:
            return found, False
        if is_literal(block, text):
            return found, needs_care(text)
        joined = resolved(BETWEEN.join(chain.from_iterable(found)))
        values = [] if joined is None else joined.split(BETWEEN)
        step = self._habits.layout.pattern.groups
        if joined is None or len(values) != step * len(found):
            return None
        return [values[start : start + step] for start in range(0, step * len(found), step)], needs_care(joined)

    def _rows(self, found: Rough, care: bool) -> Iterator[Row]:  # noqa: PLR0912 - one loop, for speed
        """The rows of what the layout found; with ``care`` texts may hold escapes or be like 9.78E+12."""
        cells, width, layout = self._cells, self._width, self._habits.layout
        memos, strings, count = cells.memos, cells.strings, cells.count
        pages, again, scientific = strings.pages, strings.again, strings.scientific
        span = max(width, layout.span)
        row: list[str]
        for values in found:
            row = [""] * span
            for group, index in layout.texts:
                if value := values[group]:
                    row[index] = cells.text(index, unescape(value)) if care else value
            for group, index in layout.shared:
                if value := values[group]:
                    known = again.get(value)
                    if known is None:
                        place = int(value)
                        if place < count:
                            page = pages.get(place // PAGE)
                            known = strings[place] if page is None else page[place % PAGE]
                        else:
                            known = cells.shared_text(index, value)
                    row[index] = known
            if scientific:
                for group, index in layout.shared:
                    if (value := values[group]) and int(value) in scientific:
                        cells.shared_text(index, value)
            for style, group, index in layout.numbers:
                if value := values[group]:
                    memo = memos[index][values[style]]
                    known = memo.get(value)
                    row[index] = cells.number(index, values[style], value, memo) if known is None else known
            for group, index, kind in layout.others:
                if value := values[group]:
                    row[index] = cells.other(index, kind, None, unescape(value), "")
            beyond = []
            if span > width:
                beyond = [(index, value) for index, value in enumerate(row[width:], start=width) if value]
                del row[width:]
            attributes = values[1]
            self._number = int(values[0]) if values[0] else self._stated(attributes)
            hidden = "hidden" in attributes and _HIDDEN.search(attributes) is not None
            yield self._number, hidden, row, beyond, sorted(cells.take(), key=_index)

    def _stated(self, attributes: str) -> int:
        """The number of a row by its attributes; the next one where they do not tell."""
        stated = _ROW_NUMBER.search(attributes)
        return int(stated[1]) if stated else self._number + 1

    def _stretch(self, root: bytes, block: bytes) -> Generator[Row, None, bool]:
        """Give the rows of whole rows of XML by expat; False when they turn out not to be whole."""
        exact = _Exact(self._part, self._cells, self._width, self._number, self._limit)
        try:
            for data in (root, b"<sheetData>", block, b"</sheetData></worksheet>"):
                exact.feed(data)
            exact.feed(b"", last=True)
        except Refused:
            self._cells.take()
            return False
        rows = exact.take()
        if rows:
            self._number = rows[-1][0]
        yield from rows
        return True

    def _exactly(self, head: bytes, rest: bytes) -> Iterator[Row]:
        exact = _Exact(self._part, self._cells, self._width, self._number, self._limit)
        exact.on_column = self._column
        exact.feed(head)
        exact.feed(rest)
        yield from exact.take()
        for chunk in self._chunks:
            exact.feed(chunk)
            yield from exact.take()
        exact.feed(b"", last=True)
        yield from exact.take()


class _Exact:
    """The rows by expat: any way to write XML, foreign elements left out."""

    def __init__(self, part: str, cells: Cells, width: int, number: int, limit: int) -> None:
        self._part, self._cells, self._width, self._limit = part, cells, width, limit
        self._parser = Parser(part, self._start, self._end, self._text)
        self._ready: list[Row] = []
        self._number = number
        self._size = 0
        self._in_data = False
        self._skipped = 0  # depth inside elements that are no text
        self._cell: dict[str, str] | None = None
        self._index = -1
        self._hidden = False
        self._formula: list[str] | None = None
        self._pieces: list[str] | None = None
        self._value: list[str] = []
        self._inline: list[str] = []
        self._row: list[str] = []
        self._beyond: list[tuple[int, str]] = []
        self.on_column: Callable[[str, dict[str, str]], None] | None = None

    def feed(self, data: bytes, *, last: bool = False) -> None:
        self._parser.feed(data, last=last)

    def take(self) -> list[Row]:
        """The rows that are whole."""
        ready, self._ready = self._ready, []
        return ready

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped or " " in name or name in ("rPh", "extLst"):
            self._skipped += 1
        elif name == "sheetData":
            self._in_data = True
        elif name == "col" and self.on_column is not None:
            self.on_column(name, attributes)
        elif self._in_data:
            self._start_data(name, attributes)

    def _start_data(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            given = attributes.get("r", "")
            usable = given.isascii() and given.isdigit() and len(given) < 8
            self._number = int(given) if usable else self._number + 1
            self._hidden = is_true(attributes.get("hidden"))
            self._row, self._beyond = [""] * self._width, []
            self._index, self._size = -1, 0
        elif name == "c":
            stated = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._index = column_index(stated[1]) if stated else self._index + 1
            self._cell, self._formula = attributes, None
            self._value, self._inline = [], []
        elif name == "f":
            self._formula = self._pieces = []
        elif name == "v":
            self._pieces = self._value
        elif name == "t":
            self._pieces = self._inline

    def _text(self, data: str) -> None:
        if self._pieces is not None and not self._skipped:
            self._size += len(data)
            if self._size > self._limit:
                raise Refused("SRC-TOO-LONG", self._part, limit=self._limit)
            self._pieces.append(data)

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name in ("v", "t", "f"):
            self._pieces = None
        elif name == "c" and self._cell is not None:
            self._put(self._cell)
            self._cell = None
        elif name == "row" and self._in_data:
            self._ready.append((self._number, self._hidden, self._row, self._beyond, self._cells.take()))
        elif name == "sheetData":
            self._in_data = False

    def _put(self, cell: dict[str, str]) -> None:
        kind, style = cell.get("t", ""), cell.get("s", "")
        value, inline = "".join(self._value), unescape("".join(self._inline))
        cells, index = self._cells, self._index
        formula = None if self._formula is None else "".join(self._formula)
        if kind == "s":
            found = cells.shared_text(index, value)
        elif value and kind in ("", "n"):
            found = cells.number(index, style, value, {})
        else:
            found = cells.other(index, kind, formula, unescape(value), inline)
        if index < self._width:
            self._row[index] = found
        elif found:
            self._beyond.append((index, found))
