from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from lxml import etree

import convert
from convert.check.issue import Issue, Severity
from convert.formats.xlsx import book
from convert.formats.xlsx.book import Comment, SheetPlan, Workbook, sheet_names
from convert.mapping.load import load_mapping
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
from convert.report import marks as marking
from convert.report import xlsx as room
from convert.report.marks import Marks
from convert.report.rows import Reread, table
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HEADERS = ["ID", "題名", "受入日"]
ROWS = [["m-1", "染付皿", "不明"], ["m-2", "", "1990"], ["", "", ""], ["m-3", "=1+1", "2001-02-03"]]
RED, YELLOW = "FFFFCFC9", "FFFFE8B3"


def csv_source(rows: Sequence[Sequence[str]] = ROWS, name: str = "台帳/museum.csv") -> Reread:
    text = "".join(",".join(row) + "\r\n" for row in [HEADERS, *rows])
    return Reread(Source.of(text.encode(), name=name), "csv", {"encoding": "utf-8"})


def found(row: int, column: int = 3, severity: Severity = Severity.ERROR, **parts: Any) -> Issue:
    name = parts.pop("name", "台帳/museum.csv")
    at = Location(name, line=row, row=row, column=column, field=HEADERS[column - 1])
    known = {"record_id": f"m-{row - 1}", "ordinal": row - 1, "value": "不明"}
    return Issue(parts.pop("code", "MAP-NO-VALUE"), at, severity, **(known | parts))


def written(
    path: Path, issues: Iterable[Issue], sources: Sequence[Reread] = (), lang: str = "ja", **parts: Any
) -> openpyxl.Workbook:
    tally = Tally()
    reporter = reporter_named("xlsx")(path, lang=lang)
    for issue in issues:
        for resolved in tally.add([issue]):
            reporter.issue(resolved)
        tally.count(Outcome.WRITTEN)
    reporter.close(Report(tally, sources=sources, **parts))
    return openpyxl.load_workbook(path)


def fill(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.patternType == "solid" else None


def texts(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_the_rows_stand_where_they_stood_and_faults_are_coloured(tmp_path: Path) -> None:
    issues = [found(2), found(3, 2, Severity.WARNING), found(4, 1, Severity.NOTICE)]
    workbook = written(tmp_path / "r.xlsx", issues, [csv_source()])
    assert workbook.sheetnames == ["まとめ", "museum.csv", "指摘"]
    sheet = workbook["museum.csv"]
    assert [[value or "" for value in row] for row in texts(sheet)] == [HEADERS, *ROWS]
    assert fill(sheet["C2"]) == RED
    assert fill(sheet["B3"]) == YELLOW
    assert fill(sheet["A4"]) is not None
    coloured = [cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if fill(cell)]
    assert coloured == ["C2", "B3", "A4"]


def test_the_header_stays_in_view_and_filters(tmp_path: Path) -> None:
    workbook = written(tmp_path / "r.xlsx", [found(2)], [csv_source()])
    sheet, issues = workbook["museum.csv"], workbook["指摘"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C5")
    assert (issues.freeze_panes, issues.auto_filter.ref) == ("A2", "A1:R2")
    assert sheet["A1"].font.b


def test_comments_say_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    workbook = written(tmp_path / "r.xlsx", [found(2), found(2, code="JPS-NUMBER")], [csv_source()], "en")
    comment = workbook["museum.csv"]["C2"].comment.text
    assert comment.startswith("error MAP-NO-VALUE\n'不明' cannot be read")
    assert "Hint: Correct the value" in comment
    assert "What the receiver would store. 0" in comment
    assert fill(workbook["museum.csv"]["C2"]) == RED


def test_the_worst_severity_colours_the_cell(tmp_path: Path) -> None:
    issues = [found(2, severity=Severity.NOTICE), found(2), found(2, severity=Severity.WARNING)]
    assert fill(written(tmp_path / "r.xlsx", issues, [csv_source()])["museum.csv"]["C2"]) == RED


def test_every_issue_is_listed_with_a_link_to_its_cell(tmp_path: Path) -> None:
    workbook = written(tmp_path / "r.xlsx", [found(2), found(3)], [csv_source()])
    sheet = workbook["指摘"]
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, (cell.value for cell in sheet[2]), strict=True))
    assert (row["重さ"], row["コード"], row["結果"], row["セル"]) == ("エラー", "MAP-NO-VALUE", "値がなくなる", "C2")
    assert (row["資料の ID"], row["もとの値"], row["項目"], row["行（文字）"]) == ("m-1", "不明", "受入日", 2)
    assert sheet["H2"].hyperlink.location == "'museum.csv'!C2"
    assert sheet["H3"].hyperlink.location == "'museum.csv'!C3"
    assert sheet.max_row == 3


def test_the_summary_has_the_counts(tmp_path: Path) -> None:
    workbook = written(tmp_path / "r.xlsx", [found(2), found(3)], [csv_source()])
    rows = [tuple(row) for row in texts(workbook["まとめ"])]
    assert rows[1][0] == "まだです。提出前に直すところがあります。"
    assert ("エラー", 2, 2) in [row[:3] for row in rows]
    assert ("値がなくなる", 2, 2) in [row[:3] for row in rows]
    assert ("MAP-NO-VALUE", "エラー", 2, 2, "値がなくなる") in [row[:5] for row in rows]
    assert (None, "受入日", 2, 2) in [row[:4] for row in rows]


def test_the_summary_has_the_statistics(tmp_path: Path) -> None:
    statistics = {
        "records": 4,
        "source": [{"field": "題名", "filled": 3, "distinct": 2, "longest": 9}],
        "target": [{"field": "題名_s", "filled": 3, "distinct": None, "longest": 9}],
        "rights": [{"code": "ccby", "records": 1}, {"code": "cc0", "records": 3}],
        "dates": {"1990": 2},
    }
    rows = [tuple(row[:4]) for row in texts(written(tmp_path / "r.xlsx", [], [], statistics=statistics)["まとめ"])]
    assert ("題名", 3, 2, 9) in rows
    assert ("題名_s", 3, "–", 9) in rows
    assert rows.index(("cc0", 3, None, None)) < rows.index(("ccby", 1, None, None))
    assert ("1990", 2, None, None) in rows


def test_an_incomplete_run_says_so(tmp_path: Path) -> None:
    report = {"complete": False, "incomplete_reason": "limit"}
    rows = texts(written(tmp_path / "r.xlsx", [found(2)], [csv_source()], **report)["まとめ"])
    assert "complete: false" in str(rows[2][0])


def test_a_part_shows_the_rows_that_were_read(tmp_path: Path) -> None:
    report = {"complete": False, "incomplete_reason": "limit", "inputs": [{"name": "台帳/museum.csv", "records": 2}]}
    workbook = written(tmp_path / "r.xlsx", [found(2)], [csv_source()], **report)
    assert workbook["museum.csv"].max_row == 3
    assert "読んだところまで" in " ".join(str(row[0]) for row in texts(workbook["まとめ"]))


def test_who_interrupts_does_not_wait_for_the_copy(tmp_path: Path) -> None:
    report = {"complete": False, "incomplete_reason": "interrupted"}
    workbook = written(tmp_path / "r.xlsx", [found(2)], [csv_source()], **report)
    assert workbook.sheetnames == ["まとめ", "指摘"]
    assert "写しは付けていません" in " ".join(str(row[0]) for row in texts(workbook["まとめ"]))


def test_broken_rows_and_rows_above_the_header_are_there(tmp_path: Path) -> None:
    text = '台帳一覧,,\r\n\r\nID,題名,受入日\r\nm-1,染付皿\r\nm-2,皿,1990,余り\r\nm-3,"x"y,1\r\nm-4,壺,2000\r\n'
    reread = Reread(Source.of(text.encode(), name="a.csv"), "csv", {"encoding": "utf-8", "header_row": 3})
    workbook = written(tmp_path / "r.xlsx", [found(5, name="a.csv")], [reread])
    sheet = workbook["a.csv"]
    assert sheet["A1"].value == "台帳一覧"
    assert [sheet.cell(3, n).value for n in (1, 2, 3)] == HEADERS
    assert [sheet.cell(4, n).value for n in (1, 2, 3)] == ["m-1", "染付皿", None]
    assert [sheet.cell(5, n).value for n in (1, 2, 3, 4)] == ["m-2", "皿", "1990", "余り"]
    assert sheet["A7"].value == "m-4"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A4", "A3:C7")
    assert fill(sheet["C5"]) == RED


def test_a_workbook_is_shown_too(tmp_path: Path) -> None:
    source = openpyxl.Workbook()
    source.active.title = "一覧"
    source.active.append(HEADERS)
    source.active.append(["m-1", "皿", "不明"])
    source.save(tmp_path / "in.xlsx")
    name = str(tmp_path / "in.xlsx")
    at = Location(name, row=2, column=3, sheet="一覧", field="受入日")
    reread = Reread(Source.of(name), "xlsx", {})
    workbook = written(tmp_path / "r.xlsx", [Issue("JPS-DATE", at, ordinal=1)], [reread])
    assert fill(workbook["一覧"]["C2"]) == YELLOW
    assert workbook["指摘"]["H2"].hyperlink.location == "'一覧'!C2"


@pytest.mark.parametrize(
    ("kind", "text"), [("jsonl", '{"id": "1"}\n'), ("xml", "<r><i/></r>"), ("csv", ""), ("no-such", "x")]
)
def test_what_is_no_table_has_no_sheet(tmp_path: Path, kind: str, text: str) -> None:
    reread = Reread(Source.of(text.encode(), name="in"), kind, {"record": "i"} if kind == "xml" else {})
    workbook = written(tmp_path / "r.xlsx", [found(2)], [reread])
    assert workbook.sheetnames == ["まとめ", "指摘"]


def test_what_can_be_read_only_once_has_no_sheet(tmp_path: Path) -> None:
    once = Source("<stdin>", stream=io.BytesIO(b"ID\n1\n"), once=True)
    assert table(Reread(once, "csv", {})) is None


def test_the_example_of_the_readme(tmp_path: Path, fixtures: Path) -> None:
    top = fixtures.parents[1]
    mapping = load_mapping("museum/csv-to-japansearch")
    source = Source.of(top / "examples" / "museum.csv", name="examples/museum.csv")
    report = convert.Job(mapping).run(source, None)
    report.sources = [Reread(source, mapping.source, mapping.source_options)]
    reporter = reporter_named("xlsx")(tmp_path / "r.xlsx", lang="ja")
    for issue in report.issues:
        reporter.issue(issue)
    reporter.close(report)
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["museum.csv"]
    for issue in report.issues:
        if issue.at.cell:
            cell = sheet[issue.at.cell]
            assert fill(cell), issue
            assert issue.code in cell.comment.text
    assert sheet["V84"].value == "要問合せ"
    assert sheet["R15"].value == "昭和65年4月1日"


# ── Hostile content and limits ───────────────────────────────────────────────────────────────────

HOSTILE = [
    "=cmd|'/C calc'!A0",
    "＝1+1",
    "@x",
    "<b>&\"'</b>",
    "a\x00\x07b",
    "\ud800",
    "\u202egnp",
    "_x0041_",
    "あ" * 1_000_000,
]


def test_hostile_content_is_text(tmp_path: Path) -> None:
    issues = []
    for n, text in enumerate(HOSTILE, start=2):
        at = Location(text[:90], row=n, column=1, field=text, sheet=text)
        issues.append(Issue(f"X-{text[:50]}", at, Severity.ERROR, text, n, text, text, text, {}, text))
    rows = [[text.replace('"', "”").replace("\ud800", "?").replace("\x00", ""), "x", "y"] for text in HOSTILE]
    workbook = written(tmp_path / "r.xlsx", issues, [csv_source(rows)])
    assert not [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    values = [cell.value for cell in workbook["指摘"]["J"]]
    assert values[1:4] == HOSTILE[:3]
    assert values[5:9] == ["a␀␇b", "[U+D800]", "[U+202E]gnp", "_x005F_x0041_"]  # Excel reads it as _x0041_
    assert all(len(str(value)) <= 2_001 for value in values)
    sheet = workbook["museum.csv"]
    assert sheet["A2"].quotePrefix
    assert len(sheet["A10"].value) == 32_767
    assert "museum.csv」の 1 個のセル" in " ".join(str(row[0]) for row in texts(workbook["まとめ"]))


def test_the_parts_are_well_formed_and_name_what_is_there(tmp_path: Path) -> None:
    written(tmp_path / "r.xlsx", [found(2)], [csv_source()])
    with zipfile.ZipFile(tmp_path / "r.xlsx") as packed:
        names = set(packed.namelist())
        assert packed.testzip() is None
        for name in names:
            etree.fromstring(packed.read(name))
        overrides = re.findall(r'PartName="/([^"]+)"', packed.read("[Content_Types].xml").decode())
        assert set(overrides) <= names
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in packed.infolist())


def test_the_same_issues_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        written(tmp_path / f"{name}.xlsx", [found(2)], [csv_source()])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_limits_are_kept_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "COMMENTS", 3)
    monkeypatch.setattr(room, "MAX_LINKS", 5)
    monkeypatch.setattr(room, "TABLES", 1)
    monkeypatch.setattr(book, "MAX_ROWS", 9)
    rows = [[f"m-{n}", "x", "y"] for n in range(1, 21)]
    issues = [found(n) for n in range(2, 22)]
    workbook = written(tmp_path / "r.xlsx", issues, [csv_source(rows), csv_source(rows, "b.csv")])
    told = " ".join(str(row[0]) for row in texts(workbook["まとめ"]))
    assert workbook["指摘"].max_row == 9
    assert "12 件を載せていません" in told
    assert workbook["museum.csv"].max_row == 9
    assert "上限の 1,048,576 行" in told
    assert sum(cell.comment is not None for row in workbook["museum.csv"].iter_rows() for cell in row) == 3
    assert "最初の 3 セルまで" in told
    assert sum(cell.hyperlink is not None for row in workbook["指摘"].iter_rows() for cell in row) == 5
    assert "最初の 5 件まで" in told
    assert "入力のシートは 1 ファイルまで" in told
    assert ("エラー", 20, 20) in [tuple(row[:3]) for row in texts(workbook["まとめ"])]


@pytest.mark.parametrize("times", range(1, 8))
def test_a_source_that_is_gone_meanwhile_breaks_nothing(tmp_path: Path, times: int) -> None:
    class Gone(Source):
        left = times

        def open_stored(self) -> Any:
            self.left -= 1
            if self.left < 0:
                raise OSError(5, "Input/output error")
            return super().open_stored()

    reread = Reread(Gone("a.csv", data=b"ID\n1\n"), "csv", {})
    workbook = written(tmp_path / "r.xlsx", [found(2, name="a.csv", column=1)], [reread])
    told = " ".join(str(row[0]) for row in texts(workbook["まとめ"]))
    whole = "a.csv" in workbook.sheetnames and workbook["a.csv"]["A2"].value == "1"
    assert whole or "a.csv" not in workbook.sheetnames or "「a.csv」は途中まで" in told


def test_marks_come_in_order_of_rows_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "CHUNK", 10)
    monkeypatch.setattr(marking, "_BLOCK", 3)
    marks = Marks()
    given = [(n * 37 % 101 + 1, n % 5 + 1, Severity(n % 4 + 1)) for n in range(97)]
    for row, column, severity in given:
        marks.add(row, column, severity)
    assert list(marks) == sorted(given)
    marks.close()


def test_names_of_sheets() -> None:
    long = "とても長い名前の台帳ファイル平成三十一年度版の改訂済みのもの最終.csv"
    names = sheet_names([long, long, "History", "'a'", "a[1]:*?/\\.csv", "😀" * 20, "a", "A", " "])
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 for name in names)
    assert not set("".join(names)) & set("[]:*?/\\")
    openpyxl.Workbook().create_sheet(names[0])


def test_comments_without_rows_and_numbers_in_cells(tmp_path: Path) -> None:
    out = io.BytesIO()
    workbook = Workbook(out)
    sheet = workbook.sheet(SheetPlan("一", comments=[Comment(3, 2, "見てください\x01<&>")]))
    sheet.row([(1, 12, 0), (2, "", 0), (3, "x", 1)])
    workbook.close()
    read = openpyxl.load_workbook(out)["一"]
    assert read["A1"].value == 12
    assert read["B3"].comment.text == "見てください<&>"


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="no LibreOffice here (Debian: apt-get install libreoffice-calc)"
)
def test_libreoffice_reads_it(tmp_path: Path) -> None:
    written(tmp_path / "r.xlsx", [found(2), found(3, 2)], [csv_source()])
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        [*command, options, "--outdir", str(tmp_path), str(tmp_path / "r.xlsx")],
        check=True,
        capture_output=True,
        timeout=180,
    )
    text = (tmp_path / "r-museum.csv.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "ID,題名,受入日"
    assert text.splitlines()[4] == "m-3,=1+1,2001-02-03"
    assert "MAP-NO-VALUE" in (tmp_path / "r-指摘.csv").read_text(encoding="utf-8")
