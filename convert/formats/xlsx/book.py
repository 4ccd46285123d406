"""Write a workbook of several sheets, row by row: styles, a frozen header, a filter, comments, links within.

Texts are inline strings, so none is taken for a number or a formula; one that begins like a formula is marked as text
(``quotePrefix``), so that it stays one when somebody edits the cell. Rows go into the zip as they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Protocol

from convert.formats import separated
from convert.formats.table.write import guarded
from convert.formats.xlsx.archive import Archive
from convert.formats.xlsx.rows import is_plain, row_of, xml
from convert.formats.xlsx.write import (
    DECLARATION,
    MAIN,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    PACKAGE,
    RELATION,
    TYPE,
    escaped,
    fitting,
    inline,
    length,
    relationships,
)
from convert.model import column_letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from convert.formats.xlsx.archive import Target

MAX_LINKS = 65_530
"""Links of a sheet (Excel specifications and limits)."""
MAX_MEMBER = 1_900_000_000
"""Bytes of a sheet before it is packed: below what needs ZIP64, which Excel does not read in every form."""

PLAIN, HEAD, NOTICE, WARNING, ERROR, FATAL, TITLE, WRAPPED, LINK = range(9)
"""Styles of cells. Each has a twin for texts that begin like formulas."""
_FILLS = {HEAD: "E7EBEE", NOTICE: "D6EAF3", WARNING: "FFE8B3", ERROR: "FFCFC9", FATAL: "E8A6B0"}
_STYLES = LINK + 1
_FLUSH = 1 << 16
_BLOCK = 128
"""Rows that are written together."""
_PARTS = 8
"""Into how many a block is cut that holds a row that is written with care."""


@dataclass(slots=True)
class Comment:
    """A note on a cell; ``row`` and ``column`` count from 1."""

    row: int
    column: int
    text: str


@dataclass(slots=True)
class SheetPlan:
    """What stands around a sheet's rows. ``frozen``: rows that stay in view; ``filter``: the header's row, and columns.

    ``links``: (cell, place in the workbook) pairs. Comments and links may be added until the sheet ends.
    """

    name: str
    widths: Sequence[float] = ()
    frozen: int = 0
    filter: tuple[int, int] | None = None
    comments: list[Comment] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


class Stream(Protocol):
    """Where the bytes of a sheet go."""

    def write(self, data: bytes) -> None:
        """Add bytes."""
        ...

    def close(self) -> None:
        """End the file."""
        ...


class Sheet:
    """A sheet being written. Rows must come in order. ``cut`` counts the texts that are longer than a cell may be."""

    def __init__(self, stream: Stream, plan: SheetPlan) -> None:
        self.plan = plan
        self.rows = 0
        self.cut = 0
        self._waiting_rows: list[tuple[int, bytes]] = []
        self._shown: Callable[[str], str] = str
        self._stream = stream
        self._size = 0
        self._pending: list[bytes] = [_head(plan).encode()]
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether there is no room for another row."""
        return self.rows >= MAX_ROWS or self._size > MAX_MEMBER

    def row(self, cells: Iterable[tuple[int, str | int, int]], number: int | None = None) -> None:
        """Add a row: each cell as (column, text or number, style); ``number`` is its own, else the next one."""
        self.end()
        self.rows = self.rows + 1 if number is None else number
        self._row(cells, self.rows)

    def _row(self, cells: Iterable[tuple[int, str | int, int]], number: int) -> None:
        written = []
        for column, value, style in cells:
            if value.__class__ is str and len(value) * 2 > MAX_CELL:
                self.cut += length(value) > MAX_CELL
            written.append(cell(column, number, value, style))
        self._put(f'<row r="{number}">{"".join(written)}</row>\n'.encode())

    def texts(self, cells: Sequence[str], number: int, shown: Callable[[str], str]) -> None:
        """Add a row of texts without styles: what :meth:`row` does, in a fraction of the time.

        ``shown`` gives what stands for a text that is not printable. Rows wait until they are written together.
        """
        row = row_of(cells)
        self._shown = shown
        if row is None:
            self.end()
            self._carefully(cells, number)
        else:
            self._waiting_rows.append((number, row))
        self.rows = number
        if len(self._waiting_rows) >= _BLOCK:
            self.end()

    def block(self, text: bytes, first: int, shown: Callable[[str], str], *, plain: bool) -> None:
        """Add rows of texts that follow one another, as :mod:`convert.formats.separated` has them, sound ones.

        ``plain``: they can be written as they stand (:func:`is_plain`). Rows without text are left out.
        """
        self.end()
        self._shown = shown
        data = xml(text, count(first)) if plain else None
        if data is not None:
            self.rows = first + separated.count(text) - 1
            self._put(data)
        else:
            self._write_rows(list(enumerate(text.split(separated.RECORD), first)))

    def _write_rows(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """The rows all at once; else in parts, down to single ones."""
        text = separated.RECORD.join([row for _, row in rows])
        data = xml(text, [number for number, _ in rows]) if is_plain(text) else None
        if data is not None:
            self.rows = rows[-1][0]
            self._put(data)
        elif len(rows) > 1:
            size = -(-len(rows) // _PARTS)
            for at in range(0, len(rows), size):
                self._write_rows(rows[at : at + size])
        else:
            self._carefully(separated.cells_of(text)[:MAX_COLUMNS], rows[0][0])

    def _carefully(self, cells: Sequence[str], number: int) -> None:
        texts = (one if one.isprintable() else self._shown(one) for one in cells)
        if any(cells):
            self.rows = number
            self._row(((column, one, PLAIN) for column, one in enumerate(texts, start=1) if one), number)

    def _put(self, data: bytes) -> None:
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()
        self._waiting = 0
        self._size += len(data)
        self._stream.write(data)

    def end(self) -> None:
        """Write the rows that wait: all of them are known."""
        if self._waiting_rows:
            rows, self._waiting_rows = self._waiting_rows, []
            self._write_rows(rows)

    def flush(self) -> None:
        """Hand on all that waits."""
        self.end()
        if self._pending:
            self._flush()

    def close(self) -> None:
        """End the sheet."""
        self.end()
        self._put(_tail(self.plan, self.rows).encode())
        self._flush()
        self._stream.close()


class Workbook:
    """A workbook being written into ``target``, one sheet after the other."""

    def __init__(self, target: Target) -> None:
        self._zip = Archive(target)
        self._sheets: list[Sheet] = []
        self._open: Sheet | None = None

    def sheet(self, plan: SheetPlan) -> Sheet:
        """Begin a sheet; the one before it ends."""
        self._end()
        self._open = Sheet(self._zip.member(f"xl/worksheets/sheet{len(self._sheets) + 1}.xml"), plan)
        self._sheets.append(self._open)
        return self._open

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def close(self, order: Sequence[Sheet] = ()) -> None:
        """Write what stands around the sheets; they stand in this order, others behind."""
        self._end()
        for number, sheet in enumerate(self._sheets, start=1):
            if sheet.plan.comments:
                self._comments(number, sheet.plan.comments)
        listed = sorted(self._sheets, key=lambda sheet: order.index(sheet) if sheet in order else len(order))
        for name, content in _parts(self._sheets, listed).items():
            self._write(name, DECLARATION + content)
        self._zip.close()

    def _comments(self, number: int, comments: Sequence[Comment]) -> None:
        self._write(f"xl/comments{number}.xml", DECLARATION + _comments(comments))
        self._write(f"xl/drawings/vmlDrawing{number}.vml", _drawing(comments))
        targets = {"comments": f"../comments{number}.xml", "vmlDrawing": f"../drawings/vmlDrawing{number}.vml"}
        self._write(f"xl/worksheets/_rels/sheet{number}.xml.rels", DECLARATION + relationships(targets))

    def _write(self, name: str, content: str) -> None:
        self._zip.write(name, content.encode())


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────


def cell(column: int, row: int, value: str | int, style: int = PLAIN) -> str:
    """One cell; an empty one without a style is nothing at all.

    >>> cell(2, 7, 12)
    '<c r="B7"><v>12</v></c>'
    """
    where = f"{column_letters(column)}{row}"
    if isinstance(value, int):
        return f'<c r="{where}"{_style(style)}><v>{value}</v></c>'
    if not value:
        return f'<c r="{where}" s="{style}"/>' if style else ""
    if guarded(value) != value:
        style += _STYLES
    return f'<c r="{where}"{_style(style)} t="inlineStr">{inline(value)}</c>'


def _style(style: int) -> str:
    return f' s="{style}"' if style else ""


def quoted(sheet: str) -> str:
    """A sheet's name as formulas and links write it.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + sheet.replace("'", "''") + "'"


def sheet_names(wanted: Sequence[str]) -> list[str]:
    r"""Names that Excel takes (31 characters, none of ``[]:*?/\``, no two alike), as close to those wanted as may be.

    >>> sheet_names(["a/b.csv", "A_B.csv", ""])
    ['a_b.csv', 'A_B.csv (2)', 'Sheet']
    """
    taken: set[str] = set()
    names = []
    for text in wanted:
        plain = "".join("_" if letter in "[]:*?/\\" or not letter.isprintable() else letter for letter in text)
        plain = fitting(plain).strip(" '") or "Sheet"
        name, number = _cut(plain, 31), 1
        while name.casefold() in taken or name.casefold() == "history":
            number += 1
            end = f" ({number})"
            name = _cut(plain, 31 - len(end)) + end
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


# ── The parts ────────────────────────────────────────────────────────────────────────────────────


def _head(plan: SheetPlan) -> str:
    pane = ""
    if plan.frozen:
        below = f"A{plan.frozen + 1}"
        pane = f'<pane ySplit="{plan.frozen}" topLeftCell="{below}" activePane="bottomLeft" state="frozen"/>'
        pane += f'<selection pane="bottomLeft" activeCell="{below}" sqref="{below}"/>'
    cols = "".join(
        f'<col min="{n}" max="{n}" width="{width:.1f}" customWidth="1"/>'
        for n, width in enumerate(plan.widths, start=1)
    )
    return (
        f'{DECLARATION}<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}">'
        f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        '<sheetFormatPr defaultRowHeight="15"/>'
        f"{f'<cols>{cols}</cols>' if cols else ''}<sheetData>\n"
    )


def _tail(plan: SheetPlan, rows: int) -> str:
    parts = ["</sheetData>"]
    if plan.filter is not None:
        row, columns = plan.filter
        parts.append(f'<autoFilter ref="A{row}:{column_letters(columns)}{max(rows, row)}"/>')
    if plan.links:
        listed = "".join(f'<hyperlink ref="{at}" location="{escaped(to)}"/>' for at, to in plan.links[:MAX_LINKS])
        parts.append(f"<hyperlinks>{listed}</hyperlinks>")
    parts.append('<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>')
    if plan.comments:
        parts.append('<legacyDrawing r:id="rId2"/>')
    return "".join([*parts, "</worksheet>"])


def _parts(sheets: Sequence[Sheet], order: Sequence[Sheet]) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers
    )
    overrides += "".join(
        f'<Override PartName="/xl/comments{n}.xml" ContentType="{TYPE}.comments+xml"/>'
        for n, sheet in enumerate(sheets, start=1)
        if sheet.plan.comments
    )
    listed = "".join(
        f'<sheet name="{escaped(sheet.plan.name)}" sheetId="{sheets.index(sheet) + 1}"'
        f' r:id="rId{sheets.index(sheet) + 1}"/>'
        for sheet in order
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{at}" hidden="1">'
        f"{_filter(sheet.plan, sheet.rows)}</definedName>"
        for at, sheet in enumerate(order)
        if sheet.plan.filter is not None
    )
    related = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers] + [("styles", "styles.xml")]
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{overrides}'
            f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>'
        ),
        "_rels/.rels": relationships({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><bookViews><workbookView activeTab="0"/></bookViews>'
            f"<sheets>{listed}</sheets>{f'<definedNames>{filters}</definedNames>' if filters else ''}</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": relationships(related),
        "xl/styles.xml": _styles(),
    }


def _filter(plan: SheetPlan, rows: int) -> str:
    row, columns = plan.filter or (1, 1)
    return escaped(f"{quoted(plan.name)}!$A${row}:${column_letters(columns)}${max(rows, row)}")


def _styles() -> str:
    fills = ['<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>']
    fills += [
        f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/></patternFill></fill>'
        for colour in _FILLS.values()
    ]
    sizes = ('<sz val="11"/>', '<b/><sz val="11"/>', '<b/><sz val="14"/>', '<u/><sz val="11"/><color rgb="FF0B5A8A"/>')
    fonts = "".join(f'<font>{size}<name val="Calibri"/></font>' for size in sizes)
    formats = "".join(_format(style, quote) for quote in ("", ' quotePrefix="1"') for style in range(_STYLES))
    return (
        f'<styleSheet xmlns="{MAIN}"><fonts count="{len(sizes)}">{fonts}</fonts>'
        f'<fills count="{len(fills)}">{"".join(fills)}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{2 * _STYLES}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _format(style: int, quote: str) -> str:
    fill = 2 + list(_FILLS).index(style) if style in _FILLS else 0
    font = {HEAD: 1, TITLE: 2, LINK: 3}.get(style, 0)
    wrap = '<alignment vertical="top" wrapText="1"/>' if style in (WRAPPED, HEAD) else '<alignment vertical="top"/>'
    return (
        f'<xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1" applyFill="1" '
        f'applyAlignment="1"{quote}>{wrap}</xf>'
    )


def _comments(comments: Sequence[Comment]) -> str:
    listed = "".join(
        f'<comment ref="{column_letters(found.column)}{found.row}" authorId="0"><text>'
        f'<t xml:space="preserve">{escaped(fitting(found.text))}</t></text></comment>'
        for found in comments
    )
    authors = "<authors><author>mokuroku</author></authors>"
    return f'<comments xmlns="{MAIN}">{authors}<commentList>{listed}</commentList></comments>'


def _drawing(comments: Sequence[Comment]) -> str:
    """The boxes of the comments, hidden until the pointer is on the cell (ECMA-376 Part 4 §19.4)."""
    shapes = "".join(
        f'<v:shape id="_x0000_s{1025 + number}" type="#_x0000_t202" '
        'style="position:absolute;width:320pt;height:110pt;z-index:1;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:textbox/>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{found.column}, 15, '
        f"{found.row - 1}, 2, {found.column + 5}, 15, {found.row + 6}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{found.row - 1}</x:Row><x:Column>{found.column - 1}</x:Column></x:ClientData></v:shape>"
        for number, found in enumerate(comments)
    )
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
        '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" '
        f'o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
    )
