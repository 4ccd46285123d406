"""Workbooks written: read back by openpyxl, and by ourselves."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convert
from convert.formats.base import parse_options
from convert.formats.xlsx.write import MAX_CELL, MAX_ROWS, SheetFile, fitting, length, unwritable
from convert.messages.catalogue import catalogue
from convert.registry import format_named
from convert.run.output import Output
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

COLUMNS = ("資料番号_s", "資料名_s")


def workbook(path: Path, rows: list[list[str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    sheet = SheetFile(columns)
    out = Output(path, sheet.container)
    for row in rows:
        out.write(sheet.row(row))
    out.finish()
    return path


def by_openpyxl(path: Path) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    return [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]


def by_ourselves(path: Path) -> list[list[str]]:
    kind = format_named("xlsx")
    reader = kind.load_reader()(Source.of(path), parse_options(kind.read_options, {}))
    return [list(reader.columns or ()), *(record.body for record in reader if record.body is not None)]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), min_size=1, max_size=30)


@settings(max_examples=60)
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    path = workbook(tmp_path_factory.mktemp("xlsx") / "out.xlsx", [[fitting(cell) for cell in row] for row in rows])
    kept = [[fitting(cell) for cell in row] for row in rows]
    if not any("_x" in cell for row in kept for cell in row):
        assert by_openpyxl(path) == [list(COLUMNS), *kept]
    assert by_ourselves(path) == [list(COLUMNS), *kept]


def test_ids_stay_text_and_odd_cells_stay_whole(tmp_path: Path) -> None:
    rows = [["0001", "1-2"], ["9784003101018", "=1+1"], ["1E5", "  余白 "], ["甲\n乙", ""], ["_x0041_", "\"<&>'"]]
    path = workbook(tmp_path / "out.xlsx", rows)
    assert by_ourselves(path) == [list(COLUMNS), *rows]
    found = by_openpyxl(path)
    assert found[1:5] == rows[:4]
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s", "inlineStr"}
    assert {cell.number_format for row in sheet.iter_rows() for cell in row} == {"General"}
    assert not sheet.merged_cells.ranges


def test_the_parts_of_the_file_do_not_depend_on_when_it_is_written(tmp_path: Path) -> None:
    first = workbook(tmp_path / "a.xlsx", [["1", "皿"]])
    assert first.read_bytes() == workbook(tmp_path / "b.xlsx", [["1", "皿"]]).read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert packed.testzip() is None
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        rows = packed.read("xl/worksheets/sheet1.xml").decode()
    assert '<row r="2"><c r="A2" t="inlineStr"><is><t>1</t></is></c><c r="B2"' in rows


def test_what_a_cell_cannot_hold() -> None:
    assert unwritable("a\x0b") == "U+000B"
    assert unwritable("\ud800") == "U+D800"
    assert unwritable("甲\n\t") is None
    assert fitting("a\x0b\r\nb") == "a\nb"
    long = "𠮷" * MAX_CELL
    assert length(long) == 2 * MAX_CELL
    assert length(fitting(long)) == MAX_CELL - 1
    assert fitting(fitting(long)) == fitting(long)


def test_a_sheet_has_no_more_rows_than_excel_takes() -> None:
    assert SheetFile(COLUMNS).container.most == MAX_ROWS - 1


def test_packed_output_goes_to_a_stream_too() -> None:
    sheet, stream = SheetFile(COLUMNS), io.BytesIO()
    out = Output(None, sheet.container, stdout=stream)
    out.write(sheet.row(["1", "皿"]))
    [told] = out.finish()
    assert told["bytes"] == len(stream.getvalue())
    assert zipfile.ZipFile(stream).testzip() is None


def test_abort_leaves_nothing(tmp_path: Path) -> None:
    sheet = SheetFile(COLUMNS)
    out = Output(tmp_path / "out.xlsx", sheet.container)
    out.write(sheet.row(["1", "皿"]))
    out.abort()
    assert list(tmp_path.iterdir()) == []


# ── The file for registration ────────────────────────────────────────────────────────────────────

MAPPING = """
mapping: 1
id: m
source: {{format: jsonl}}
target: {{format: japansearch, shape: registration, file: {file}, split: {split}, database: {database}}}
record: {{id: id}}
fields:
  資料番号_s: {{from: id, label: id}}
  資料名_s: {{from: name, label: title}}
  数_n: n
"""


@pytest.fixture
def run(write: Callable[[str, str | bytes], Path], fixtures: Path, tmp_path: Path) -> Callable[..., convert.Report]:
    database = fixtures / "cases" / "database.yaml"

    def make(records: str, name: str, *, file: str = "xlsx", split: str = "1GB", **more: Any) -> convert.Report:
        mapping = write("m.yaml", MAPPING.format(file=file, split=split, database=database))
        source = write("in.jsonl", records)
        return convert.Job(mapping, **more).run(source, tmp_path / name, [tmp_path / "report.json"])

    return make


RECORDS = "".join(f'{{"id": "{n:05}", "name": "皿 {n}", "n": "{n}"}}\n' for n in range(300))


def test_the_workbook_has_the_cells_of_the_csv(run: Callable[..., convert.Report], tmp_path: Path) -> None:
    report = run(RECORDS, "out.xlsx")
    [told] = report.outputs
    assert told["bytes"] == (tmp_path / "out.xlsx").stat().st_size
    run(RECORDS, "out.csv", file="csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert by_openpyxl(tmp_path / "out.xlsx") == rows
    assert by_ourselves(tmp_path / "out.xlsx") == rows


def test_shards_give_the_same_bytes(run: Callable[..., convert.Report], tmp_path: Path, pool: Executor) -> None:
    run(RECORDS, "out.xlsx")
    run(RECORDS, "shards.xlsx", jobs=2, shard_bytes=1, executor=pool)
    assert (tmp_path / "out.xlsx").read_bytes() == (tmp_path / "shards.xlsx").read_bytes()


def test_a_large_output_is_several_workbooks(run: Callable[..., convert.Report], tmp_path: Path) -> None:
    run(RECORDS, "out.xlsx", split="20KB")
    parts = sorted(tmp_path.glob("out-*.xlsx"))
    assert len(parts) > 2
    rows = [by_openpyxl(path) for path in parts]
    assert {tuple(part[0]) for part in rows} == {("資料番号_s", "資料名_s", "数_n")}
    assert [row[0] for part in rows for row in part[1:]] == [f"{n:05}" for n in range(300)]


def test_what_a_cell_cannot_hold_is_told(run: Callable[..., convert.Report], tmp_path: Path) -> None:
    records = f'{{"id": "1", "name": "皿\\u0001"}}\n{{"id": "2", "name": "{"長" * 40_000}"}}\n'
    report = run(records, "out.xlsx")
    found = [(issue.code, issue.record_id, issue.target) for issue in report.issues if issue.code.startswith("OUT-")]
    assert found == [("OUT-XLSX-CHARACTER", "1", "資料名_s"), ("OUT-XLSX-LONG", "2", "資料名_s")]
    for issue in report.issues:
        assert "{" not in catalogue().message(issue, "ja") + catalogue().message(issue, "en")
    assert [row[1] for row in by_openpyxl(tmp_path / "out.xlsx")[1:]] == ["皿", "長" * MAX_CELL]


def test_libreoffice_opens_it(run: Callable[..., convert.Report], tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not on this machine")
    run(RECORDS, "out.xlsx")
    home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    command = [office, home, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir"]
    subprocess.run([*command, str(tmp_path / "lo"), str(tmp_path / "out.xlsx")], check=True, capture_output=True)
    with (tmp_path / "lo" / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == by_openpyxl(tmp_path / "out.xlsx")
