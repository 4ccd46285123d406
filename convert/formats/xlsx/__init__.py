"""Excel workbooks (.xlsx, ECMA-376 / ISO/IEC 29500). A record is a row; a path is a header or ``#3``."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import header_row, header_rows, join, max_record, split


def _sheet_problem(name: str) -> str | None:
    """What Excel takes as the name of a sheet."""
    good = 0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") and not name.startswith("'")
    return None if good and not name.endswith("'") else "expects 1 to 31 characters without [ ] : * ? / \\"


FORMATS = (
    Format(
        name="xlsx",
        ja="Excel ブック（XLSX）",
        en="Excel workbook (XLSX)",
        suffixes=(".xlsx", ".xlsm"),
        reader="convert.formats.xlsx.reader:XlsxReader",
        read_options=(
            Option(
                "sheet",
                ja="シートの名前または番号（1から）。省略時は、値のある最初のシート",
                en="the sheet, by name or by number from 1; without it the first one that has values",
            ),
            header_row(),
            header_rows(),
            Option(
                "dates",
                "choice",
                "iso",
                ("iso", "shown"),
                ja="西暦の日付のセル：2024-05-03 の形（iso）、または見えているとおり（shown）。和暦は見えているとおり",
                en="Western dates as 2024-05-03 (iso) or as they are shown (shown); Japanese eras always as shown",
            ),
            Option(
                "hidden",
                "choice",
                "read",
                ("read", "skip"),
                ja="非表示の行と列：読む（read）、読まない（skip）",
                en="hidden rows and columns are read, or skipped",
            ),
            max_record(),
            Option(
                "max_size",
                "size",
                4 * 2**30,
                ja="展開後の大きさの上限",
                en="the largest size that a part of the workbook may be unpacked to",
            ),
        ),
        target="convert.formats.xlsx.target:XlsxTarget",
        write_options=(
            join(),
            Option("sheet", default="Sheet1", ja="シートの名前", en="name of the sheet", check=_sheet_problem),
            split(),
        ),
        columns=True,
    ),
)
