"""Write the example workbook museum.xlsx: the ledger of museum.csv as a museum keeps it in Excel, with Excel's damage.

Everything is made up. The same cells come out at every run; the bytes too, with the same openpyxl.

    python examples/make_museum_xlsx.py            writes the workbook beside this one
    python examples/make_museum_xlsx.py --faults   prints the table of faults for README.md
"""

# ruff: noqa: E501  tables of data are read line by line

from __future__ import annotations

import io
import re
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from make_museum import COLUMNS, regular
from openpyxl import Workbook
from openpyxl.styles import PatternFill

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SEED = 20260402
RECORDS = 60
HEADERS = (*COLUMNS, "請求記号", "図録ISBN")
ERA = '[$-411]ggge"年"m"月"d"日"'
WESTERN = "yyyy/m/d"
READY = date(2026, 4, 1)

# cell, value, number format, 何が起きるか, what happens, code
FAULTS: tuple[tuple[str, Any, str | None, str, str, str], ...] = (
    ("AB4", 9784000000018, "General", "ISBN が数値になった", "an ISBN became a number", "SRC-XLSX-ID-NUMBER"),
    ("AB9", "9.784E+12", "@", "CSV を経て桁が失われた ISBN", "an ISBN that lost its digits", "SRC-XLSX-SCIENTIFIC-TEXT"),
    ("AA12", date(2026, 1, 2), 'm"月"d"日"', "請求記号 1-2 が日付になった", "the shelf mark 1-2 became a date", "SRC-XLSX-DATE-ID"),
    ("X15", "=VLOOKUP(A15,選択肢!A:B,2,FALSE)", None, "結果のない数式", "a formula without its result", "SRC-XLSX-FORMULA"),
    ("M18", "#N/A", None, "エラーのセル", "a cell in error", "SRC-XLSX-ERROR"),
    ("G21:G23", None, None, "結合セル", "merged cells", "SRC-XLSX-MERGED"),
    ("R26", -1, WESTERN, "##### と見える日付", "a date that shows as #####", "SRC-XLSX-DATE"),
    ("AD30", "要確認", None, "見出しのない列のメモ", "a note beside the table", "SRC-XLSX-OUTSIDE"),
    ("A33", None, None, "空の行", "an empty row", "SRC-EMPTY-ROW"),
    ("A36", None, None, "フィルターで隠れた行", "a row hidden by a filter", "SRC-XLSX-HIDDEN-ROW"),
    ("Z1", None, None, "非表示の列", "a hidden column", "SRC-XLSX-HIDDEN-COLUMN"),
    ("凡例", None, None, "二つ目のシート", "a second sheet", "SRC-XLSX-SHEETS"),
    ("選択肢", None, None, "非表示のシート", "a hidden sheet", "SRC-XLSX-HIDDEN-SHEET"),
)  # fmt: skip
KEPT = (
    ("L2", "0.1+0.2 の端数がある 0.30000000000000004", "noise of binary fractions: 0.3"),
    ("N5", "桁区切りの書式", "thousands separators by format"),
    ("R2", "和暦の書式の日付", "a date shown by era"),
    ("C2", "フリガナ付きの資料名（フリガナは混ざらない）", "a title with its reading, which stays out"),
    ("A200", "書式だけのある行", "rows with formats only: no records"),
)


def fill(sheet: Worksheet) -> None:
    """Write the ledger."""
    rng, used = Random(SEED), dict[str, int]()  # noqa: S311 - example data, no secrets
    sheet.append(HEADERS)
    for number in range(1, RECORDS + 1):
        row: dict[str, Any] = dict(regular(rng, number, used))
        row["資料番号"] = f"X{number:04}"
        for name in ("画像URL", "IIIFマニフェストURL"):
            row[name] = row[name].replace("/K", "/X")
        for name in ("高さcm", "幅cm"):
            row[name] = float(row[name])
        row["重さg"] = int(row["重さg"]) if row["重さg"] else None
        row["受入日"] = date(1960 + int(rng.random() * 60), 1 + int(rng.random() * 12), 1 + int(rng.random() * 28))
        row["更新日"] = date.fromisoformat(row["更新日"])
        row["請求記号"] = f"{int(200 + rng.random() * 700)}.{number % 9}-K{number % 20}"
        row["図録ISBN"] = f"978400000{number:04}" if number % 5 == 0 else None
        sheet.append([row[name] or None for name in HEADERS])
        style(sheet, number + 1)


def style(sheet: Worksheet, row: int) -> None:
    """Give a row its number formats."""
    cell = {name: sheet.cell(row, column) for column, name in enumerate(HEADERS, start=1)}
    cell["高さcm"].number_format = "General"
    cell["重さg"].number_format = "#,##0"
    cell["受入日"].number_format = ERA if row % 3 else WESTERN
    cell["更新日"].number_format = WESTERN


def damage(sheet: Worksheet) -> None:
    """Put the faults in."""
    sheet["L2"].value = 0.1 + 0.2
    sheet["N5"].value = 1250
    for cell, value, code, *_ in FAULTS:
        if value is not None:
            sheet[cell].value = value
            if code is not None:
                sheet[cell].number_format = code
    sheet.merge_cells("G21:G23")
    for column in range(1, len(HEADERS) + 1):
        sheet.cell(33, column).value = None
    sheet.row_dimensions[36].hidden = True
    sheet.column_dimensions["Z"].hidden = True
    sheet.auto_filter.ref = f"A1:AB{RECORDS + 1}"
    for row in range(RECORDS + 2, 201):
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor="FFF2CC")


def workbook() -> bytes:
    """Make the workbook."""
    book = Workbook()
    book.properties.created = book.properties.modified = datetime(READY.year, READY.month, READY.day)
    book.properties.creator = "架空博物館"
    ledger = book.active
    ledger.title = "台帳"
    fill(ledger)
    damage(ledger)
    notes = book.create_sheet("凡例")
    notes.append(["この台帳は架空のものです。"])
    choices = book.create_sheet("選択肢")
    choices.append(["X0014", "例示村郷土資料室"])
    choices.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return settled(stream.getvalue(), {row[2].value: row[3].value for row in ledger.iter_rows(2, 20)})


def settled(data: bytes, readings: dict[str, str]) -> bytes:
    """Add the readings that Excel keeps (フリガナ), and take out when the file was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for info in given.infolist():
            content = given.read(info)
            if info.filename == "xl/sharedStrings.xml":
                content = with_readings(content.decode(), readings).encode()
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-04-01T00:00:00Z", content)
            member = zipfile.ZipInfo(info.filename, (2026, 4, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(member, content)
    return out.getvalue()


def with_readings(xml: str, readings: dict[str, str]) -> str:
    """Put ``rPh`` beside titles."""
    for title, reading in readings.items():
        phonetic = f'<rPh sb="0" eb="{len(title)}"><t>{reading}</t></rPh><phoneticPr fontId="1"/>'
        xml = xml.replace(f"<si><t>{title}</t></si>", f"<si><t>{title}</t>{phonetic}</si>")
    return xml


def fault_table() -> str:
    """The table of faults, as README.md shows it."""
    out = ["| セル cell | 何が起きるか | what happens | code |", "|---|---|---|---|"]
    out += [f"| {cell} | {ja} | {en} | {code} |" for cell, _, _, ja, en, code in FAULTS]
    out += [f"| {cell} | {ja} | {en} | - |" for cell, ja, en in KEPT]
    return "\n".join(out)


def main() -> None:
    """Write the file, or print the table of faults."""
    if "--faults" in sys.argv[1:]:
        print(fault_table())
        return
    Path(__file__).with_name("museum.xlsx").write_bytes(workbook())


if __name__ == "__main__":
    main()
