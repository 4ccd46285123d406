"""Workbooks: text as its author saw it, and every damage at its cell."""
# ruff: noqa: E501  XML is read as it stands

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

import convert
from convert.check.issue import Severity
from convert.containers import one_source
from convert.errors import PathError
from convert.formats.base import Walker, parse_options
from convert.formats.xlsx.strings import CONTROL
from convert.messages.catalogue import catalogue
from convert.registry import format_named
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.formats.xlsx.reader import XlsxReader

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATION = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


# ── Workbooks by openpyxl and by hand ────────────────────────────────────────────────────────────


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def written(rows: Iterable[Iterable[Any]], formats: dict[str, str] | None = None) -> bytes:
    """A workbook by openpyxl; ``formats`` are number formats by cell."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台帳"
    for row in rows:
        sheet.append(list(row))
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    return saved(book)


def by_hand(
    rows: str,
    *,
    strings: str | None = None,
    styles: str = "",
    before: str = "",
    after: str = "",
    sheet: str | bytes | None = None,
    main: str = MAIN,
    relation: str = RELATION,
    workbook: str = "",
    changes: dict[str, str | bytes | None] | None = None,
) -> bytes:
    """A workbook from the XML of its rows. ``changes``: other parts, or None for a part left out."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    targets = [("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")]
    parts: dict[str, str | bytes | None] = {
        "_rels/.rels": f'{head}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook xmlns="{main}" xmlns:r="{relation}">{workbook}<sheets>'
        '<sheet name="台帳" sheetId="1" r:id="rId0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{PACKAGE}">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{relation}/{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(targets)
        )
        + "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet
        if sheet is not None
        else f'{head}<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>',
        "xl/sharedStrings.xml": None if strings is None else f'{head}<sst xmlns="{main}">{strings}</sst>',
        "xl/styles.xml": f'{head}<styleSheet xmlns="{main}">{styles}</styleSheet>' if styles else None,
    }
    parts |= changes or {}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            if content is not None:
                packed.writestr(name, content)
    return stream.getvalue()


def inline(cell: str, text: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{inline("A1", "番号")}{inline("B1", "名")}</row>'


def open_book(data: bytes | Path, **options: str) -> XlsxReader:
    kind = format_named("xlsx")
    source = Source.of(data, name="museum.xlsx")
    return kind.load_reader()(source, parse_options(kind.read_options, options))  # type: ignore[return-value]


def read(
    data: bytes, **options: str
) -> tuple[tuple[str, ...], list[list[str] | None], list[tuple[str, str, str | None]]]:
    """Columns, bodies, and (code, place, value) of all issues."""
    reader = open_book(data, **options)
    records = list(reader)
    issues = [*reader.head_issues, *(issue for record in records for issue in record.issues)]
    for issue in issues:
        says_all(issue)
    return reader.columns, [record.body for record in records], [told(issue) for issue in issues]


def told(issue: Issue) -> tuple[str, str, str | None]:
    where = f"{issue.at.sheet or ''}!{issue.at.cell or ''}"
    return issue.code, where, issue.value


def says_all(issue: Issue) -> None:
    for lang in ("ja", "en"):
        text = catalogue().message(issue, lang) + catalogue().hint(issue, lang)
        assert "{" not in text, text


def bodies(data: bytes, **options: str) -> list[list[str] | None]:
    return read(data, **options)[1]


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────


def test_rows_under_their_headers_with_their_places() -> None:
    reader = open_book(written([["資料番号", "資料名"], ["0001", "染付皿"], ["0002", None]]))
    assert reader.columns == ("資料番号", "資料名")
    assert not reader.head_issues
    records = list(reader)
    assert [(record.ordinal, record.row, record.line, record.body) for record in records] == [
        (1, 2, None, ["0001", "染付皿"]),
        (2, 3, None, ["0002", ""]),
    ]
    column = reader.selector("資料名")
    assert column.index == 1
    assert str(column.locate(records[1])) == "museum.xlsx 台帳!B3 資料名"
    assert reader.selector("#1").values(records[0].body) == ["0001"]
    assert [record.body for record in reader] == [["0001", "染付皿"], ["0002", ""]]


def test_a_reader_walks_its_cells() -> None:
    reader = open_book(written([["番号", "", "名", "名"], ["1", "2", "3", "4"]]))
    assert isinstance(reader, Walker)
    [record] = reader
    assert list(reader.walk(record.body)) == [("番号", "1"), ("#2", "2"), ("#3", "3"), ("#4", "4")]


def test_paths_that_cannot_be() -> None:
    reader = open_book(written([["番号", "名", "名"], ["1", "a", "b"]]))
    for path in ("名", "無い", "#4"):
        with pytest.raises(PathError):
            reader.selector(path)
    with pytest.raises(PathError):
        reader.check_path("#0")
    with pytest.raises(PathError):
        reader.selector("番号", inner=True)


def test_numbers_days_and_booleans_as_they_are_shown() -> None:
    rows = [
        ["番号", "a", "b", "c", "d", "e", "f", "g"],
        [12, 0.1 + 0.2, 1234567, date(2024, 5, 3), datetime(2024, 5, 3, 14, 30), time(9, 5), True, timedelta(hours=30)],
    ]
    formats = {"A2": "000000", "C2": "#,##0", "E2": "yyyy/m/d h:mm", "F2": "h:mm", "H2": "[h]:mm"}
    [body] = bodies(written(rows, formats))
    assert body == ["000012", "0.3", "1,234,567", "2024-05-03", "2024-05-03 14:30:00", "9:05", "TRUE", "30:00"]


def test_days_as_shown_and_japanese_eras() -> None:
    rows = [["番号", "受入日", "更新日"], ["1", date(2024, 5, 3), date(2024, 5, 3)]]
    data = written(rows, {"B2": '[$-411]ggge"年"m"月"d"日"', "C2": "yyyy/m/d"})
    assert bodies(data) == [["1", "令和6年5月3日", "2024-05-03"]]
    assert bodies(data, dates="shown") == [["1", "令和6年5月3日", "2024/5/3"]]


def test_the_1904_date_system() -> None:
    rows = f'{HEADER}<row r="2">{inline("A2", "1")}<c r="B2" s="1"><v>43953</v></c></row>'
    styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    assert bodies(by_hand(rows, styles=styles, workbook='<workbookPr date1904="1"/>')) == [["1", "2024-05-03"]]
    assert bodies(by_hand(rows, styles=styles)) == [["1", "2020-05-02"]]


def test_readings_are_no_text_and_rich_text_is_joined() -> None:
    strings = (
        "<si><t>番号</t></si><si><t>名</t></si>"
        '<si><t>染付皿</t><rPh sb="0" eb="2"><t>ソメツケ</t></rPh><rPh sb="2" eb="3"><t>ザラ</t></rPh><phoneticPr fontId="1"/></si>'
        '<si><r><rPr><b/></rPr><t>赤</t></r><r><t xml:space="preserve"> 絵</t></r><rPh sb="0" eb="1"><t>アカ</t></rPh></si>'
        "<si><t/></si><si/>"
    )
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    rows += "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="s"><v>{n}</v></c></row>' for n in (2, 3, 4, 5)
    )
    rich = '<row r="6"><c r="A6"><v>6</v></c><c r="B6" t="inlineStr"><is><r><t>青</t></r><r><t>磁</t></r><rPh sb="0" eb="1"><t>セイ</t></rPh></is></c></row>'
    after = f'<row r="7"><c r="A7"><v>7</v></c>{inline("B7", "末")}</row>'
    found = bodies(by_hand(rows + rich + after, strings=strings))
    assert found == [["2", "染付皿"], ["3", "赤 絵"], ["4", ""], ["5", ""], ["6", "青磁"], ["7", "末"]]


def test_formula_results_and_escapes() -> None:
    rows = (
        f'{HEADER}<row r="2"><c r="A2" t="str"><f>"00"&amp;1</f><v>001</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
        '<row r="3"><c r="A3"><f t="shared" si="0"/><v>5</v></c><c r="B3" t="b"><v>0</v></c></row>'
        f'<row r="4">{inline("A4", "a_x000D_b_x005F_x0041_")}{inline("B4", "&lt;&#12354;&amp;&#x3042;&gt;")}</row>'
    )
    assert bodies(by_hand(rows)) == [["001", ""], ["5", "FALSE"], ["a\rb_x0041_", "<あ&あ>"]]


def test_other_writers() -> None:
    """No numbers on rows and cells, absolute targets, prefixes, single quotes, blanks between elements, strict names."""
    plain = [["1", "染付皿"]]
    bare = f'<row><c t="inlineStr"><is><t>番号</t></is></c><c t="inlineStr"><is><t>名</t></is></c></row><row><c><v>1</v></c>{inline("B2", "染付皿")}</row>'
    assert bodies(by_hand(bare)) == plain
    rows = f'{HEADER}<row r="2"><c r="A2"><v>1</v></c>{inline("B2", "染付皿")}</row>'
    assert bodies(by_hand(rows.replace('"', "'"))) == plain
    assert bodies(by_hand(rows.replace("><", ">\n  <"))) == plain
    assert bodies(by_hand(rows.replace("<row", "<!-- <row> --><row"))) == plain
    assert bodies(by_hand(rows.replace("染付皿", "<![CDATA[染付皿]]>"))) == plain
    assert bodies(by_hand(rows, main=STRICT, relation=STRICT_RELATION)) == plain
    prefixed = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    for name in ("row", "c", "is", "t", "v"):
        prefixed = (
            prefixed.replace(f"<{name} ", f"<x:{name} ")
            .replace(f"<{name}>", f"<x:{name}>")
            .replace(f"</{name}>", f"</x:{name}>")
        )
    assert bodies(by_hand("", sheet=prefixed)) == plain
    wide = f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    assert bodies(by_hand("", sheet=wide.encode("utf-16"))) == plain
    absolute = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId0" Type="{RELATION}/worksheet" '
        'Target="/xl/worksheets/sheet1.xml"/></Relationships>'
    )
    assert bodies(by_hand(rows, changes={"xl/_rels/workbook.xml.rels": absolute})) == plain
    foreign = f'<c r="A2"><v>1</v><extLst xmlns:o="urn:x"><o:v>9</o:v></extLst></c>{inline("B2", "染付皿")}'
    assert bodies(by_hand(f'{HEADER}<row r="2">{foreign}</row>')) == plain


# ── Headers and rows ─────────────────────────────────────────────────────────────────────────────


def test_headers_empty_and_doubled_as_in_a_csv() -> None:
    columns, found, issues = read(written([["番号", None, "名", "名", None], ["1", "2", "3", "4"]]))
    assert columns == ("番号", "", "名", "名")
    assert found == [["1", "2", "3", "4"]]
    assert issues == [("SRC-HEADER-EMPTY", "台帳!B1", None), ("SRC-HEADER-DOUBLE", "台帳!D1", "名")]


def test_empty_rows_as_in_a_csv() -> None:
    rows = f'<row r="3">{inline("A3", "番号")}</row><row r="4">{inline("A4", "1")}</row><row r="7">{inline("A7", "2")}</row><row r="9"/>'
    _, found, issues = read(by_hand(rows))
    assert found == [["1"], ["2"]]
    assert issues == [("SRC-EMPTY-ROW", f"台帳!A{row}", None) for row in (1, 2, 5, 6)]


def test_the_header_may_be_chosen() -> None:
    data = written([["架空博物館 所蔵品台帳"], [], ["番号", "名"], ["1", "皿"]])
    assert read(data, header_row="3") == (("番号", "名"), [["1", "皿"]], [])
    _, found, issues = read(data)
    assert found == [["番号"], ["1"]]
    assert ("SRC-XLSX-OUTSIDE", "台帳!B3", "名") in issues


def two_rows_of_headers() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台帳"
    for row in (
        ["架空館収蔵品一覧　令和5年度"], [], ["番号", "名称", "寸法", None, "備考"], [None, None, "高さ", "幅"],
        ["1", "皿", "3.5", "12", "x"], ["2", "鉢", None, None, "y"],
    ):  # fmt: skip
        sheet.append(row)
    for cells in ("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4", "C6:D6"):
        sheet.merge_cells(cells)
    return saved(book)


def test_headers_of_two_rows_and_their_merged_cells() -> None:
    columns, found, issues = read(two_rows_of_headers(), header_row="3", header_rows="2")
    assert columns == ("番号", "名称", "寸法 高さ", "寸法 幅", "備考")
    assert found == [["1", "皿", "3.5", "12", "x"], ["2", "鉢", "", "", "y"]]
    assert issues == [("SRC-XLSX-MERGED", "台帳!C6", "C6:D6")]
    assert [issue[0] for issue in read(two_rows_of_headers(), header_row="3")[2]].count("SRC-XLSX-MERGED") == 5


@pytest.mark.parametrize("row", ["2", "9"])
def test_a_chosen_header_that_is_empty_is_fatal(row: str) -> None:
    reader = open_book(two_rows_of_headers(), header_row=row)
    assert [told(issue)[:2] for issue in reader.head_issues] == [("SRC-HEADER-ROW", f"台帳!A{row}")]
    assert reader.head_issues[0].severity is Severity.FATAL
    assert list(reader) == []


def test_the_first_rows_as_they_stand() -> None:
    reader = open_book(two_rows_of_headers())
    assert reader.head_rows(3) == [
        ["架空館収蔵品一覧　令和5年度", "", "", "", ""],
        [""] * 5,
        ["番号", "名称", "寸法", "", "備考"],
    ]
    assert open_book(b"").head_rows(3) == []


def test_a_sheet_that_claims_every_row_takes_no_memory() -> None:
    empty = "".join(f'<row r="{number}" spans="1:2" s="1" customFormat="1"/>' for number in range(3, 300_000))
    data = by_hand(f'{HEADER}<row r="2">{inline("A2", "1")}</row>{empty}<row r="1048576"><c r="A1048576" s="1"/></row>')
    tracemalloc.start()
    try:
        _, found, issues = read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found, issues) == ([["1", ""]], [])
    assert peak < 12_000_000


def test_a_long_stretch_of_empty_rows_is_told_once() -> None:
    data = by_hand(f'{HEADER}<row r="2">{inline("A2", "1")}</row><row r="1000000">{inline("A1000000", "2")}</row>')
    _, found, issues = read(data)
    assert found == [["1", ""], ["2", ""]]
    assert issues == [("SRC-XLSX-EMPTY-ROWS", "台帳!A3", None)]


# ── Sheets ───────────────────────────────────────────────────────────────────────────────────────


def several() -> bytes:
    book = Workbook()
    empty, first, second, hidden = book.active, *(book.create_sheet(name) for name in ("2023", "2024", "語彙"))
    assert empty is not None
    for sheet, text in ((first, "a"), (second, "b"), (hidden, "c")):
        sheet.append(["番号"])
        sheet.append([text])
    hidden.sheet_state = "hidden"
    return saved(book)


def test_the_first_sheet_with_values_is_read_and_the_others_told() -> None:
    _, found, issues = read(several())
    assert found == [["a"]]
    assert issues == [("SRC-XLSX-SHEETS", "2023!", "2023"), ("SRC-XLSX-HIDDEN-SHEET", "語彙!", "語彙")]


@pytest.mark.parametrize(
    ("sheet", "text", "codes"), [("2024", "b", []), ("3", "b", []), ("語彙", "c", ["SRC-XLSX-HIDDEN-SHEET"])]
)
def test_a_sheet_is_chosen_by_name_or_number(sheet: str, text: str, codes: list[str]) -> None:
    _, found, issues = read(several(), sheet=sheet)
    assert found == [[text]]
    assert [code for code, _, _ in issues] == codes


def hidden_parts() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台帳"
    for row in (["番号", "名", "内部メモ"], ["1", "皿", "x"], ["2", "鉢", "y"], ["3", "壺", "z"]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["C"].hidden = True
    return saved(book)


def test_hidden_rows_and_columns_are_read_or_skipped_and_told() -> None:
    notices = [
        ("SRC-XLSX-HIDDEN-COLUMN", "台帳!C1", "内部メモ"),
        ("SRC-XLSX-HIDDEN-ROW", "台帳!A3", None),
        ("SRC-XLSX-HIDDEN-ROW", "台帳!A4", None),
    ]
    columns, found, issues = read(hidden_parts())
    assert columns == ("番号", "名", "内部メモ")
    assert found == [["1", "皿", "x"], ["2", "鉢", "y"], ["3", "壺", "z"]]
    assert issues == notices
    columns, found, issues = read(hidden_parts(), hidden="skip")
    assert columns == ("番号", "名", "")
    assert found == [["1", "皿", ""]]
    assert issues == notices


# ── Damage, each at its cell ─────────────────────────────────────────────────────────────────────


def merged() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台帳"
    for row in (["番号", "名"], ["1", "皿"], ["2", None], ["3", "壺"]):
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    return saved(book)


def ids(values: list[Any], formats: dict[str, str] | None = None, header: str = "請求記号") -> bytes:
    return written([["番号", header], *([str(n), value] for n, value in enumerate(values))], formats)


SHELF = ["913.6-A1", "210.1-K2", "291-3", "K-12"]
FAULTS: list[tuple[bytes, str, str, str | None]] = [
    (ids([9784003101018], header="書誌"), "SRC-XLSX-ID-NUMBER", "B2", "9784003101018"),
    (ids([9784003101018], {"B2": "0"}, header="書誌"), "SRC-XLSX-ID-NUMBER", "B2", "9784003101018"),
    (ids([4912345678904], header="雑誌"), "SRC-XLSX-ID-NUMBER", "B2", "4912345678904"),
    (ids([4003101014], header="ＩＳＢＮ"), "SRC-XLSX-ID-NUMBER", "B2", "4003101014"),
    (ids([306406152], header="ISBN"), "SRC-XLSX-ID-NUMBER", "B2", "306406152"),
    (ids(["9.78E+12"]), "SRC-XLSX-SCIENTIFIC-TEXT", "B2", "9.78E+12"),
    (ids([123456789012], header="備考"), "SRC-XLSX-SCIENTIFIC", "B2", "123456789012"),
    (ids([12345678], {"B2": "0.00E+00"}), "SRC-XLSX-SCIENTIFIC", "B2", "12345678"),
    (ids([*SHELF, date(2024, 1, 2)], {"B6": "m/d"}), "SRC-XLSX-DATE-ID", "B6", "1/2"),
    (ids([*SHELF, date(2024, 1, 2)], {"B6": 'm"月"d"日"'}, "分類"), "SRC-XLSX-DATE-ID", "B6", "1月2日"),
    (ids(['=A1&"x"']), "SRC-XLSX-FORMULA", "B2", '=A1&"x"'),
    (ids(["#REF!"]), "SRC-XLSX-ERROR", "B2", "#REF!"),
    (merged(), "SRC-XLSX-MERGED", "B2", "B2:B3"),
    (ids([-5], {"B2": "yyyy/m/d"}, "受入日"), "SRC-XLSX-DATE", "B2", "-5"),
    (ids([60], {"B2": "yyyy/m/d"}, "受入日"), "SRC-XLSX-DATE", "B2", "1900-02-29"),
    (by_hand(f'{HEADER}<row r="2"><c r="A2" t="s"><v>7</v></c>{inline("B2", "皿")}</row>'), "SRC-XLSX-CELL", "A2", "7"),
    (by_hand(f'{HEADER}<row r="2"><c r="A2"><v>七</v></c>{inline("B2", "皿")}</row>'), "SRC-XLSX-CELL", "A2", "七"),
    (written([["番号"], ["1", "余り"]]), "SRC-XLSX-OUTSIDE", "B2", "余り"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code", "cell", "value"), FAULTS, ids=[f"{code}-{n}" for n, (_, code, *_) in enumerate(FAULTS)]
)
def test_one_damage(data: bytes, code: str, cell: str, value: str | None) -> None:
    _, found, issues = read(data)
    assert issues == [(code, f"台帳!{cell}", value)]
    assert None not in found


def test_values_beside_damage() -> None:
    assert bodies(ids([9784003101018]))[0] == ["0", "9784003101018"]
    assert bodies(ids([12345678], {"B2": "0.00E+00"})) == [["0", "12345678"]]
    assert bodies(ids(["#N/A"])) == [["0", ""]]
    [issue] = [issue for record in open_book(ids([306406152], header="ISBN")) for issue in record.issues]
    assert (issue.suggestion, issue.ordinal) == ("0306406152", 1)


@pytest.mark.parametrize(
    ("header", "values", "formats"),
    [
        ("受入日", [*SHELF, date(2024, 1, 2)], {"B6": "m/d"}),
        ("更新日", [date(2024, 1, 2)] * 5, {}),
        ("制作年", [1955, 1960, 1971, 1980, date(1999, 3, 1)], {}),
        ("備考", ["寄贈", "購入", date(2024, 1, 2)], {}),
        ("登録", [date(2024, 1, 2)] * 3 + ["K-1"] * 2, {}),
        ("重さ", [1609459200000, 1200000], {}),
        ("人口", [1234567890, 4003101015], {}),
        ("金額", [9784003101018], {"B2": "#,##0"}),
        ("電話", ["E+12", "1E+1", "A9.78E+12"], {}),
        ("係数", [0.00012345], {"B2": "0.00E+00"}),
    ],
)
def test_no_false_alarm(header: str, values: list[Any], formats: dict[str, str]) -> None:
    issues = read(ids(values, formats, header))[2]
    assert [issue for issue in issues if issue[0] != "SRC-XLSX-SCIENTIFIC"] == []


# ── Files that are none ──────────────────────────────────────────────────────────────────────────


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
GOOD = by_hand(f'{HEADER}<row r="2">{inline("A2", "1")}</row>')
DTD = f'<!DOCTYPE worksheet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet xmlns="{MAIN}"><sheetData>{HEADER}</sheetData></worksheet>'


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def encrypted_member() -> bytes:
    data = bytearray(GOOD)
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def damaged_member() -> bytes:
    data = bytearray(GOOD)
    at = data.find(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml") + 20
    data[at : at + 8] = b"\xff" * 8
    return bytes(data)


def many_members() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for number in range(10_001):
            packed.writestr(f"xl/{number}", b"")
    return stream.getvalue()


REFUSED = [
    (b"", "SRC-EMPTY"),
    (OLE + "EncryptedPackage".encode("utf-16-le"), "SRC-XLSX-ENCRYPTED"),
    (OLE + "Workbook".encode("utf-16-le"), "SRC-XLSX-XLS"),
    (encrypted_member(), "SRC-XLSX-ENCRYPTED"),
    ("番号,名\r\n1,皿\r\n".encode(), "SRC-XLSX-TEXT"),
    ("番号\t名\r\n1\t皿\r\n".encode("cp932"), "SRC-XLSX-TEXT"),
    ("番号\t名\r\n".encode("utf-16"), "SRC-XLSX-TEXT"),
    (b"<html><table><tr><td>1</td></tr></table></html>", "SRC-XLSX-TEXT"),
    (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "SRC-XLSX-TEXT"),
    (b"\0\1\2\3" * 100, "SRC-XLSX-ZIP"),
    (GOOD[:-30], "SRC-XLSX-ZIP"),
    (GOOD[:200], "SRC-XLSX-ZIP"),
    (damaged_member(), "SRC-XLSX-ZIP"),
    (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "SRC-XLSX-OTHER"),
    (zipped(xl__workbook_bin=b""), "SRC-XLSX-OTHER"),
    (zipped(a=b"b"), "SRC-XLSX-OTHER"),
    (by_hand("", changes={"xl/worksheets/sheet1.xml": None}), "SRC-XLSX-PART"),
    (by_hand("", sheet="<worksheet><sheetData>"), "SRC-XLSX-XML"),
    (by_hand("", sheet=b"\xff\xfe"), "SRC-XLSX-XML"),
    (by_hand(HEADER, changes={"xl/workbook.xml": "<workbook"}), "SRC-XLSX-XML"),
    (by_hand("", sheet=DTD), "SRC-XLSX-DTD"),
    (by_hand(HEADER, changes={"xl/sharedStrings.xml": '<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst/>'}), "SRC-XLSX-DTD"),
    (by_hand(HEADER, changes={"xl/styles.xml": "<!DOCTYPE styleSheet []><styleSheet/>"}), "SRC-XLSX-DTD"),
    (many_members(), "SRC-XLSX-LIMIT"),
    (by_hand(""), "SRC-EMPTY"),
    (by_hand('<row r="1"><c r="A1" s="3"/></row>'), "SRC-EMPTY"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code"), REFUSED, ids=[f"{code}-{n}" for n, (_, code) in enumerate(REFUSED)])
def test_what_is_no_workbook_is_refused_with_what_to_do(data: bytes, code: str) -> None:
    reader = open_book(data)
    assert [issue.code for issue in reader.head_issues] == [code]
    assert reader.head_issues[0].severity is Severity.FATAL
    assert list(reader) == []
    for issue in reader.head_issues:
        says_all(issue)
        assert catalogue().hint(issue, "ja")


def test_no_such_sheet() -> None:
    [issue] = open_book(several(), sheet="2O24").head_issues
    assert (issue.code, issue.value, issue.suggestion) == ("SRC-XLSX-SHEET-NAME", "2O24", "2024")
    says_all(issue)
    assert "2023" in catalogue().message(issue, "ja")


def test_a_zip_bomb_is_refused_without_memory() -> None:
    rows = HEADER + "".join(f'<row r="{n}"/>' for n in range(2, 40_000))
    tracemalloc.start()
    try:
        [issue] = open_book(by_hand(rows), max_size="100KB").head_issues
        assert issue.code == "SRC-XLSX-LIMIT"
        stream = io.BytesIO(GOOD)
        with (
            zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as packed,
            packed.open("xl/sharedStrings.xml", "w") as part,
        ):
            part.write(f'<sst xmlns="{MAIN}">'.encode())
            for _ in range(100):
                part.write(b" " * 2**20)
            part.write(b"</sst>")
        tracemalloc.reset_peak()
        [issue] = open_book(stream.getvalue()).head_issues
        assert issue.code == "SRC-XLSX-LIMIT"
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


def test_a_giant_cell_and_a_giant_row_are_refused() -> None:
    for rows in (
        f'{HEADER}<row r="2">{inline("A2", "x" * 400_000)}</row>',
        f"{HEADER}<row r='2'>{inline('A2', 'x' * 400_000)}</row>",
        HEADER + '<row r="2">' + '<c r="A2" s="1"/>' * 100_000 + "</row>" + inline("A3", "x" * 400_000),
    ):
        reader = open_book(by_hand(rows), max_record="100KB")
        issues = [*reader.head_issues, *(issue for record in reader for issue in record.issues)]
        assert issues[-1].code in ("SRC-TOO-LONG", "SRC-XLSX-XML")
        assert issues[-1].severity is Severity.FATAL


def test_records_before_broken_xml_are_read() -> None:
    rows = HEADER + "".join(f'<row r="{n}">{inline(f"A{n}", str(n))}</row>' for n in range(2, 1000))
    reader = open_book(by_hand(rows + "<row r='1000'><c></row>"))
    records = list(reader)
    assert [record.body for record in records[:2]] == [["2", ""], ["3", ""]]
    assert len(records) == 999
    assert records[-1].body is None
    [issue] = records[-1].issues
    assert (issue.code, issue.severity, issue.at.sheet) == ("SRC-XLSX-XML", Severity.FATAL, "台帳")
    assert not reader.clean_end


# ── Sources ──────────────────────────────────────────────────────────────────────────────────────


def test_a_workbook_in_a_compressed_file_or_an_archive_is_read(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx.gz").write_bytes(gzip.compress(GOOD))
    with zipfile.ZipFile(tmp_path / "books.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("book.xlsx", GOOD)
    kind = format_named("xlsx")
    for name in ("book.xlsx.gz", "books.zip"):
        reader = kind.load_reader()(one_source(tmp_path / name, kind), parse_options(kind.read_options, {}))
        assert [record.body for record in reader] == [["1", ""]]


def test_a_workbook_is_read_from_a_pipe() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            block = self._data.read(len(buffer))
            buffer[: len(block)] = block
            return len(block)

    kind = format_named("xlsx")
    source = Source.of(io.BufferedReader(Pipe(GOOD)), name="-")
    reader = kind.load_reader()(source, parse_options(kind.read_options, {}))
    assert [record.body for record in reader] == [["1", ""]]
    import hashlib

    assert source.digest() == hashlib.sha256(GOOD).hexdigest()


def test_many_strings_wait_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from convert.formats.xlsx import reader as module
    from convert.formats.xlsx.strings import Strings, read_strings

    monkeypatch.setattr(module, "read_strings", lambda *given: read_strings(*given, Strings(memory=1000)))
    rows = [["番号", "名"], *([f"K{n:05}", f"架空の皿 {n % 700}"] for n in range(5000))]
    assert bodies(written(rows)) == rows[1:]


# ── Against openpyxl, and the two ways against each other ────────────────────────────────────────


WRITABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).filter(
    lambda text: not CONTROL.search(text) and "\r" not in text and not text.startswith("=") and "_x" not in text
)
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


@settings(max_examples=60)
@given(st.lists(st.lists(WRITABLE, min_size=2, max_size=2), min_size=1, max_size=5), st.booleans())
def test_any_text_written_by_openpyxl_comes_back(rows: list[list[str]], stream: bool) -> None:
    book = Workbook(write_only=stream)
    sheet = book.create_sheet("台帳") if stream else book.active
    assert sheet is not None
    sheet.append(["番号", "名"])
    for row in rows:
        sheet.append(row)
    expected = [["" if cell in ERRORS else cell for cell in row] for row in rows if any(row)]
    assert bodies(saved(book)) == expected


CELL = st.one_of(
    st.builds('<c r="{{}}" s="{}"><v>{}</v></c>'.format, st.integers(0, 3), st.sampled_from(["1", "45415.5", "9784003101018", "x"])),
    st.sampled_from([
        '<c r="{}"/>', '<c r="{}" s="1"/>', '<c r="{}" t="s"><v>1</v></c>', '<c r="{}" t="s"><v>99</v></c>',
        '<c r="{}" t="e"><v>#REF!</v></c>', '<c r="{}"><f>A1</f></c>', '<c r="{}"><f>A1&lt;2</f><v>3</v></c>',
        '<c r="{}" t="inlineStr"><is><t>a &amp; b</t></is></c>', '<c r="{}" t="inlineStr"><is><t>&#12354;</t></is></c>',
        '<c r="{}" t="str"><f>B1</f><v>9.78E+12</v></c>', '<c r="{}" t="b"><v>1</v></c>', '<c r="{}"><v></v></c>',
        '<c r="{}" t="inlineStr"><is><r><t>青</t></r><r><t>磁</t></r></is></c>', '<c t="n" r="{}"><v>7</v></c>',
    ]),
)  # fmt: skip
STYLES = (
    '<numFmts count="1"><numFmt numFmtId="170" formatCode="[$-411]ggge&quot;年&quot;"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="2"/></cellXfs>'
)


@settings(max_examples=60)
@given(st.lists(st.lists(CELL, max_size=4), max_size=6))
def test_the_fast_way_and_expat_agree(rows: list[list[str]]) -> None:
    xml = f'<row r="1">{inline("A1", "番号")}{inline("B1", "ISBN")}{inline("C1", "記号")}</row>'
    for number, cells in enumerate(rows, start=2):
        filled = "".join(cell.format(f"{letter}{number}") for letter, cell in zip("ABCD", cells, strict=False))
        xml += f'<row r="{number}">{filled}</row>'
    strings = "<si><t>甲</t></si><si><t>乙</t></si>"
    fast = by_hand(xml, strings=strings, styles=STYLES)
    exact = by_hand(
        "",
        strings=f"<!-- x -->{strings}",
        styles=STYLES,
        sheet=f'<worksheet xmlns="{MAIN}"><sheetData >{xml}</sheetData></worksheet>',
    )
    assert read(fast) == read(exact)


HABITS = (
    "<c r='{}' s='1'><v>45415</v></c>", '<c r="{}" s="2" t="n"><v>45415</v></c>', "<c t='s' r='{}'><v>0</v></c>",
    '<c r="{}" t="s"><v>01</v></c>', '<c r="{}" t="s"><v> 1</v></c>', '<c r="{}" t="s"><v>2</v></c>', '<c><v>5</v></c>',
    '<c r="{}" cm="1" t="str"><f t="array" ref="A1">X("あ")&amp;1</f><v>_x0041_&lt;</v></c>', '<c r="B9"><v>8</v></c>',
    '<c r="{}" s="3"><f>SUM(A1)</f><v>1.005</v></c>', '<c r="{}"><f t="shared" si="0"/><v>6</v></c>',
    '<c r="{}" t="inlineStr"><is><t xml:space="preserve"> a]b\x7f </t></is></c>', '<c r="{}" s="1" t="b"><v>1</v></c>',
    '<c r="{}" t="inlineStr"><is><t>9.78E+12</t></is></c>', '<c r="{}" t="inlineStr"><is><t/></is></c>',
    '<c r="{}" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c>', '<c r="{}"\n t="s" ><v>1</v></c>',
    '<c r="{}" t="inlineStr"><is><t>赤</t><rPh sb="0" eb="1"><t>アカ</t></rPh></is></c>', '<c r="{}" t="d"><v>2024-05-03T00:00:00</v></c>',
    '<!-- <c r="{}"><v>1</v></c> --><c r="{}"><v>2</v></c>', '<c r="{}"><v><!-- 1 -->3</v></c>', '<c r="{}"><v>&#52;</v></c>',
    '<c r="{}" t="inlineStr"><is><t>a]]&gt;b</t></is></c>',
    '<c r="{}" t="e"><v></v></c>', '<c r="{}"><v/></c>', '<c r="{}" t="str"><v>&#95;x0042_ 1E&#43;12</v></c>', '<c r="{}" t="x"><v>1</v></c>',
    '<c r="{}" t="inlineStr"><is><t>a\r\nb</t></is></c>', '\n  <c r="{}"><v>4</v></c>\n', '<c r="{}" xmlns:z="urn:z" z:a="1"><v>1</v></c>',
)  # fmt: skip
ROW = st.tuples(
    st.sampled_from([
        ' r="{}"', " r='{}'", ' spans="1:9" r="{}"', ' r="{}" spans="1:9" x14ac:dyDescent="0.4"', "", ' r="{}" hidden="1"',
        ' r="{}" ht="12.8" hidden="false"', ' r="{}" hidden="true"', ' r="{}" hidden="on" x14ac:a="a/b"',
    ]),
    st.lists(st.one_of(CELL, st.sampled_from(HABITS)), max_size=4),
    st.sampled_from(["", "", "", "\n", "\r\n  ", "<!-- </row> -->"]),
    st.integers(1, 6),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(ROW, max_size=8), st.sampled_from([40, 300, 4000]), st.integers(0, 1))
def test_whatever_the_program_the_fast_way_and_expat_agree(rows: list[Any], piece: int, skipped: int) -> None:
    """Rows as many programs write them, each several times, so that they are learned."""
    xml = f'<row r="1">{inline("A1", "番号")}{inline("B1", "ISBN")}{inline("C1", "記号")}</row>'
    number = 2
    for attributes, cells, between, times in rows:
        for _ in range(times):
            letters = "ABCDE"[skipped:]
            filled = "".join(cell.replace("{}", f"{at}{number}") for at, cell in zip(letters, cells, strict=False))
            xml += f"<row{attributes.format(number)}>{filled}</row>{between}"
            number += 1
    strings = "<si><t>甲</t></si><si><t>9.78E+12</t></si>"
    open_root = f'<worksheet xmlns="{MAIN}" xmlns:x14ac="urn:x">'
    with mock.patch("convert.formats.xlsx.package.PIECE", piece):
        fast, exact = (
            read(
                by_hand(
                    "",
                    strings=strings,
                    styles=STYLES,
                    sheet=f"{open_root}<sheetData{blank}>{xml}</sheetData></worksheet>",
                )
            )
            for blank in ("", " ")
        )
    assert fast == exact


@pytest.mark.parametrize("bad", ["a]]>b", "\x01", "\ufffe", "&nope;", "&#1;", "&", "&#xD800;"])
def test_text_that_xml_does_not_allow_ends_the_reading_where_rows_are_learned_too(bad: str) -> None:
    rows = HEADER + "".join(f'<row r="{n}">{inline(f"A{n}", "甲")}</row>' for n in range(2, 10))
    for row in (f'<row r="10">{inline("A10", bad)}</row>', f'<row r="10"><c r="A10"><f>{bad}</f><v>1</v></c></row>'):
        records = list(open_book(by_hand(rows + row)))
        assert records[-1].body is None
        assert [issue.code for issue in records[-1].issues] == ["SRC-XLSX-XML"]


def test_abbreviated_numbers_among_shared_strings_are_told_where_rows_are_learned() -> None:
    rows = HEADER + "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n % 2}</v></c></row>' for n in range(2, 8))
    _, _, issues = read(by_hand(rows, strings="<si><t>甲</t></si><si><t>9.78E+12</t></si>"))
    assert issues == [("SRC-XLSX-SCIENTIFIC-TEXT", f"台帳!A{n}", "9.78E+12") for n in (3, 5, 7)]


def test_what_is_learned_is_read_without_expat() -> None:
    """Rows like those before go the fast way: their number may grow, what expat reads does not."""
    from convert.formats.xlsx.sheet import Rows

    rows = HEADER + "".join(
        f'<row r="{n}" spans="1:2"><c r="A{n}" s="{n % 4}"><f>ROW()</f><v>{n}</v></c>'
        + (f"<c r='B{n}' t='b'><v>1</v></c>" if n % 2 else inline(f"B{n}", "あ &amp; い"))
        + "</row>"
        for n in range(2, 3000)
    )
    with mock.patch.object(Rows, "_stretch", autospec=True, side_effect=Rows._stretch) as by_expat:
        found = bodies(by_hand(rows, styles=STYLES))
    assert len(found) == 2998
    assert [body and body[1] for body in found[:3]] == ["あ & い", "TRUE", "あ & い"]
    assert by_expat.call_count < 20


@settings(max_examples=150)
@example(b"\x1f\x8b\x08", 0)  # a compressed file that is none
@given(st.binary(max_size=60), st.integers(0, len(GOOD) - 1))
def test_damaged_bytes_never_raise(noise: bytes, at: int) -> None:
    for data in (GOOD[:at] + noise + GOOD[at + len(noise) :], GOOD[:at] + noise, noise):
        reader = open_book(data)
        for record in reader:
            assert record.body is not None or record.issues


@settings(max_examples=100)
@given(st.text("<>/rcvtsf=\"'& A1", max_size=30))
def test_damaged_xml_never_raises(noise: str) -> None:
    data = by_hand(f'{HEADER}<row r="2">{inline("A2", "1")}{noise}</row>{noise}<row r="3">{inline("A3", "2")}</row>')
    reader = open_book(data)
    for record in reader:
        assert record.body is not None or record.issues


# ── A whole run ──────────────────────────────────────────────────────────────────────────────────


def written_lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_a_run_tells_the_sheet_and_the_cell(tmp_path: Path, write: Callable[[str, str | bytes], Path]) -> None:
    book = write("museum.xlsx", ids([9784003101018, "#N/A"], header="ISBN"))
    mapping = write(
        "m.yaml",
        "mapping: 1\nid: m\nsource: {format: xlsx}\ntarget: {format: jsonl}\nrecord: {id: 番号}\nfields:\n  isbn: ISBN\n",
    )
    report = convert.Job(mapping).run(book, tmp_path / "out.jsonl", [tmp_path / "report.jsonl"])
    assert (report.counts["read"], report.counts["written"], report.exit_code) == (2, 2, 1)
    assert [line.get("isbn") for line in map(json.loads, written_lines(tmp_path / "out.jsonl"))] == [
        ["9784003101018"],
        None,
    ]
    places = [json.loads(line)["source"] for line in written_lines(tmp_path / "report.jsonl")]
    assert [(place["sheet"], place["cell"], place["field"]) for place in places] == [
        ("台帳", "B2", "ISBN"),
        ("台帳", "B3", "ISBN"),
    ]
    assert "台帳!B2" in report.summary("ja")
    assert convert.check(book, "xlsx").counts["read"] == 2


def test_an_id_that_stands_twice_is_told_with_its_sheet(
    tmp_path: Path, write: Callable[[str, str | bytes], Path]
) -> None:
    book = write("museum.xlsx", written([["名", "番号"], ["皿", "K1"], ["鉢", "K2"], ["壺", "K1"]]))
    mapping = write(
        "m.yaml",
        "mapping: 1\nid: m\nsource: {format: xlsx}\ntarget: {format: jsonl}\nrecord: {id: 番号}\nfields: {名: 名}\n",
    )
    report = convert.Job(mapping).run(book, tmp_path / "out.jsonl", [tmp_path / "r.csv", tmp_path / "r.jsonl"])
    (row,) = csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text("utf-8-sig")))
    assert (row["code"], row["sheet"], row["cell"]) == ("DSET-ID-DUPLICATE", "台帳", "B4")
    assert "台帳!B2" in row["message"]
    (line,) = map(json.loads, written_lines(tmp_path / "r.jsonl"))
    assert (line["source"]["sheet"], line["source"]["cell"]) == ("台帳", "B4")
    assert "台帳!B4" in report.summary("ja")
