"""Small workbooks from rows of cells, and how a page shows them.

``{xlsx = {SHEET = [ROW, …]}}``: a cell is a text, or a table: ``{v = "60", style = 1}`` a number (style 1: a date, 2: a
date of month and day), ``{v = "#REF!", t = "e"}`` another type, ``{f = "A6"}`` a formula. Beside ``xlsx`` may stand
``hidden = [SHEET]``, ``hidden_rows = [ROW]``, ``before`` and ``after`` (XML around the rows of the first sheet),
``parts = {NAME = TEXT}`` (parts of the package as they shall be) and ``drop = [NAME]`` (parts that shall be missing).
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from convert.examples.files import Kept
from convert.model import column_letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELS = (
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="170" formatCode="m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>'
)

Cell = str | dict[str, Any]


def workbook(spec: Mapping[str, Any]) -> Kept:
    """The workbook that a table describes."""
    return Kept(partial(_package, spec), _shown(spec), "xlsx")


def _package(spec: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {**_parts(spec), **spec.get("parts", {})}.items():
            if name not in spec.get("drop", ()):
                packed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _parts(spec: Mapping[str, Any]) -> dict[str, str]:
    sheets = list(enumerate(spec["xlsx"].items(), start=1))
    hidden = spec.get("hidden", ())
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{"hidden" if name in hidden else "visible"}" r:id="rId{n}"/>'
        for n, (name, _) in sheets
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in sheets
    )
    styles = f'<Relationship Id="rId0" Type="{_RELATION}/styles" Target="styles.xml"/>'
    top = f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/>'
    kinds = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_KIND}.{kind}+xml"/>'
        for part, kind in [
            ("workbook", "sheet.main"),
            ("styles", "styles"),
            *((f"worksheets/sheet{n}", "worksheet") for n, _ in sheets),
        ]
    )
    found = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}">{_RELS}{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{top}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}{styles}</Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for n, (_, rows) in sheets:
        before, after = (spec.get(key, "") if n == 1 else "" for key in ("before", "after"))
        data = f"{before}<sheetData>{_rows(rows, spec.get('hidden_rows', ()))}</sheetData>{after}"
        found[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_MAIN}">{data}</worksheet>'
    return found


def _rows(rows: Sequence[Sequence[Cell]], hidden: Sequence[int]) -> str:
    made = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(
            _cell(f"{column_letters(at)}{number}", cell) for at, cell in enumerate(row, start=1) if cell != ""
        )
        mark = ' hidden="1"' * (number in hidden)
        if cells:
            made.append(f'<row r="{number}"{mark}>{cells}</row>')
    return "".join(made)


def _cell(name: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{name}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    marks = "".join(f' {key}="{cell[word]}"' for key, word in (("t", "t"), ("s", "style")) if word in cell)
    inside = "".join(f"<{key}>{escape(str(cell[key]))}</{key}>" for key in ("f", "v") if key in cell)
    return f'<c r="{name}"{marks}>{inside}</c>'


def _shown(spec: Mapping[str, Any]) -> str:
    told = []
    for name, rows in spec["xlsx"].items():
        told.append(f"── {name}{' (hidden)' * (name in spec.get('hidden', ()))}")
        width = max((len(row) for row in rows), default=0)
        told.append("\t".join(["", *(column_letters(at) for at in range(1, width + 1))]))
        told += _lines(rows, spec.get("hidden_rows", ()))
    told += [f"── {key}: {spec[key]}" for key in ("before", "after") if key in spec]
    told += [f"── {name}\n{text}" for name, text in spec.get("parts", {}).items()]
    told += [f"── no {name}" for name in spec.get("drop", ())]
    return "\n".join(told) + "\n"


def _lines(rows: Sequence[Sequence[Cell]], hidden: Sequence[int]) -> list[str]:
    """The rows that hold something, each with its number; rows left out are an ellipsis."""
    told: list[str] = []
    for number, row in enumerate(rows, start=1):
        if any(cell != "" for cell in row):
            mark = " (hidden)" * (number in hidden)
            told.append("\t".join([f"{number}{mark}", *map(_value, row)]))
        elif not told or told[-1] != "…":
            told.append("…")
    return told


def _value(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if "f" in cell:
        return f"={cell['f']}"
    return str(cell.get("v", "")) + " [date]" * ("style" in cell)
