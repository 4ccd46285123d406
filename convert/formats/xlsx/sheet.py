"""The rows of one sheet, streamed.

Nearly all sheets are written by few programs in few ways. One regular expression that covers every byte reads those;
where it meets a byte it does not expect, expat takes over from the row at hand (:class:`_Exact`). Both give the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.formats.xlsx.cells import ATTRIBUTES, column_index
from convert.formats.xlsx.package import Package, Refused
from convert.formats.xlsx.strings import (
    PAGE,
    decoded,
    is_clean,
    is_plain,
    is_utf8,
    root_of,
    unescape,
    without_references,
)
from convert.formats.xlsx.xml import Parser, is_true

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from convert.formats.xlsx.cells import Cells, Note

HEAD = 16 * 2**20
"""Bytes among which the rows must begin for the fast way."""
MAX_MERGES = 100_000
MAX_COLUMNS = 16_384

_TOKEN = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"((?: s="[0-9]{1,6}")?(?: t="[A-Za-z]{1,10}")?)'
    r'(?:/>|>(<f[^>]*>(?:[^<]*</f>)?)?(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>)?'
    r'(?:<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r"|(<row(?=[ />])[^>]*>|</row>|[\s\S])"
)
_ROW_START = re.compile(rb"<row[ />]")
_ROW_NUMBER = re.compile(r"""\sr\s*=\s*["']([0-9]{1,7})["']""")
_HIDDEN = re.compile(r"""\shidden\s*=\s*["'](?:1|true)["']""")
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

    def __init__(self, package: Package, part: str, cells: Cells, width: int, limit: int) -> None:
        self._part, self._cells, self._width, self._limit = part, cells, width, limit
        self._chunks = package.chunks(part)
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
                done = yield from self._fast(block)
                if done >= 0 and not (yield from self._stretch(root, block[done:])):
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

    def _fast(self, block: bytes) -> Generator[Row, None, int]:  # noqa: PLR0912, PLR0915 - one loop, for speed
        """Give the rows of whole rows of XML; return -1, or the byte from which on only expat can read."""
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError:
            return 0
        if b"\r" in block or not is_clean(block):
            return 0
        if "&#" in text:
            text = without_references(text)
        if "&" in text and not is_plain(text):
            return 0
        cells, width = self._cells, self._width
        places, strings, count = cells.places, cells.strings, cells.plain_strings
        pages = strings.pages
        blank = [""] * width
        number, rows, hidden, open_row = self._number, 0, False, False
        found: str | None
        stray = blank.copy()  # takes cells that stand in no row
        row = stray
        beyond: list[tuple[int, str]] = []
        for letters, attributes, formula, value, inline, other in _TOKEN.findall(text):
            if letters:
                index, memos = places[letters]
                style, kind = ATTRIBUTES[attributes]
                if kind == "s":
                    if value.isdecimal() and (place := int(value)) < count:
                        page = pages.get(place // PAGE)
                        found = strings[place] if page is None else page[place % PAGE]
                    else:
                        found = cells.shared_text(index, value)
                elif value and (not kind or kind == "n"):
                    memo = memos[style]
                    found = memo.get(value)
                    if found is None:
                        found = cells.number(index, style, value, memo)
                elif kind == "inlineStr" and not ("&" in inline or "+" in inline or "_x" in inline):
                    found = inline
                else:
                    text_of = _formula(formula) if formula else None
                    found = cells.other(index, kind, text_of, decoded(value), decoded(inline))
                if index < width:
                    row[index] = found
                elif found:
                    beyond.append((index, found))
            elif other == "</row>":
                if not open_row:
                    break
                open_row = False
                self._number = number
                yield number, hidden, row, beyond, cells.take()
                row = stray
            elif len(other) > 1:
                if open_row:
                    break
                rows += 1
                stated = _ROW_NUMBER.search(other)
                number = int(stated[1]) if stated else number + 1
                hidden = "hidden" in other and _HIDDEN.search(other) is not None
                row, beyond = blank.copy(), []
                open_row = True
                if other.endswith("/>"):
                    open_row = False
                    self._number = number
                    yield number, hidden, row, beyond, cells.take()
                    row = stray
            else:
                break
        else:
            if not open_row:
                return -1
        cells.take()
        starts = [found.start() for found in _ROW_START.finditer(block)]
        if not rows:
            return 0
        return starts[rows - 1] if open_row else _after(block, starts[rows - 1])

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


def _formula(xml: str) -> str:
    """The text of a formula from its element."""
    return decoded(xml[xml.index(">") + 1 :].removesuffix("</f>"))


def _after(block: bytes, start: int) -> int:
    """Where the row that starts there ends."""
    tag = block.index(b">", start) + 1
    return tag if block[tag - 2 : tag] == b"/>" else block.index(b"</row>", start) + 6


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
