"""Write a workbook of one sheet of text: rows as bytes, one after the other, and at the end the zip around them.

Every cell is text in the format General (標準), so that no id becomes a number; no cells are merged. Line breaks in
cells are LF, as Excel has them. The same rows give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Finding, shortened
from convert.formats.base import Container
from convert.formats.xlsx.strings import CONTROL
from convert.model import column_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROWS = 1_048_576
"""Rows of a sheet, header counted (Excel specifications and limits)."""
MAX_COLUMNS = 16_384
"""Columns of a sheet (Excel specifications and limits)."""
MAX_CELL = 32_767
"""Characters of a cell, in UTF-16 code units (Excel specifications and limits)."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_HEAD = f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetData>\n'.encode()
_TAIL = b"</sheetData></worksheet>"
_NUMBER = b'#"'
"""Stands for the row's number until the rows are in order; text has no quotes (they are ``&quot;``)."""
_BAD = re.compile(f"{CONTROL.pattern}|[\ud800-\udfff]")
_LIKE_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def unwritable(text: str) -> str | None:
    r"""The first character that no XML may hold (XML 1.0 §2.2), as ``U+0001``; None when there is none.

    >>> unwritable("染付"), unwritable("a\x01")
    (None, 'U+0001')
    """
    found = _BAD.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def length(text: str) -> int:
    """The length of a cell as Excel counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitting(text: str) -> str:
    """The text as a cell can hold it: without the characters XML forbids, and cut at ``MAX_CELL``."""
    text = _BAD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if length(text) > MAX_CELL:
        return text.encode("utf-16-le")[: 2 * MAX_CELL].decode("utf-16-le", "ignore")
    return text


def cell_findings(target: str, text: str) -> list[Finding]:
    """What of a target's text a cell cannot hold; mostly nothing."""
    if len(text) * 2 <= MAX_CELL and text.isprintable():
        return []
    found = []
    character = unwritable(text)
    if character is not None:
        found.append(Finding("OUT-XLSX-CHARACTER", target, value=text, slots={"character": character} | _stored(text)))
    size = length(text)
    if size > MAX_CELL:
        found.append(
            Finding("OUT-XLSX-LONG", target, value=text, slots={"size": size, "limit": MAX_CELL} | _stored(text))
        )
    return found


def _stored(text: str) -> dict[str, Any]:
    return {"stored": shortened(fitting(text))}


class SheetFile:
    """A workbook with one sheet and a header row. ``limit``: bytes of a file before it is packed.

    ``container`` is what stands around the rows; files of more than a sheet's rows are split.
    """

    def __init__(self, columns: Sequence[str], *, limit: int | None = None, sheet: str = "Sheet1") -> None:
        self._letters = [column_letters(number) for number in range(1, len(columns) + 1)]
        parts = _parts(sheet)

        def pack(rows: BinaryIO, workbook: BinaryIO) -> None:
            _pack(rows, workbook, parts)

        self.container = Container(_HEAD + self.row(columns), tail=_TAIL, limit=limit, pack=pack, most=MAX_ROWS - 1)

    def row(self, cells: Sequence[str]) -> bytes:
        """One row; empty cells are left out."""
        written = [_cell(letters, cell) for letters, cell in zip(self._letters, cells, strict=True) if cell]
        return f'<row r="#">{"".join(written)}</row>\n'.encode()


def _cell(letters: str, text: str) -> str:
    return f'<c r="{letters}#" t="inlineStr">{inline(text)}</c>'


def inline(text: str) -> str:
    """A text as it stands in a cell; what no cell can hold is left out."""
    if not text.isprintable() or len(text) > MAX_CELL // 2:
        text = fitting(text)
    if "_x" in text:
        text = _LIKE_ESCAPE.sub("_x005F_", text)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else ""
    return f"<is><t{space}>{escaped(text)}</t></is>"


def escaped(text: str) -> str:
    """Text with its entities; several times as fast as ``translate`` where it is long.

    >>> escaped('a<b & "c"')
    'a&lt;b &amp; &quot;c&quot;'
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\n", "&#10;")


# ── The zip ──────────────────────────────────────────────────────────────────────────────────────


def _parts(sheet: str) -> dict[str, str]:
    """The small parts of the workbook (ECMA-376 Part 1 §12.3)."""
    types = (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>'
    )
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>'
        f'<sheet name="{escaped(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    styles = (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
    return {
        "[Content_Types].xml": types,
        "_rels/.rels": relationships({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships({"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml"}),
        "xl/styles.xml": styles,
    }


def relationships(targets: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """A part of relationships ``rId1`` …: each kind and where it leads."""
    pairs = targets.items() if isinstance(targets, Mapping) else targets
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATION}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{found}</Relationships>'


def _pack(rows: BinaryIO, workbook: BinaryIO, parts: dict[str, str]) -> None:
    """Write the zip; every row, a line of ``rows``, gets its number."""
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(_member(name), f"{DECLARATION}{content}".encode())
        sheet = _member("xl/worksheets/sheet1.xml")
        with packed.open(sheet, "w", force_zip64=rows.seek(0, 2) > 2**31) as out:
            rows.seek(0)
            number = 0
            for line in rows:
                if line.startswith(b"<row"):
                    number += 1
                    out.write(line.replace(_NUMBER, b'%d"' % number))
                else:
                    out.write(line)


def _member(name: str) -> zipfile.ZipInfo:
    """A part whose bytes do not depend on when and where it is written."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info
