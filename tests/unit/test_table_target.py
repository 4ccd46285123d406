"""Tables as targets: read back by csv, openpyxl and ourselves."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convert
from convert.errors import MappingError
from convert.formats.base import TargetRule, parse_options
from convert.formats.table.target import CsvTarget, TsvTarget
from convert.formats.table.write import Alphabet, RowFile
from convert.formats.xlsx.target import XlsxTarget
from convert.model import Location, Mapped, Text
from convert.registry import format_named
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue

HERE = Location("mapping.yaml", line=1)
HEAD = "mapping: 1\nid: t\nsource: {format: jsonl}\ntarget: {format: %s}\nrecord: {id: id}\nfields: {%s}\n"
CASES = Path(__file__).parents[1] / "fixtures" / "cases"


def rules(*names: str, **more: Any) -> list[TargetRule]:
    return [TargetRule(name, number, HERE, **more) for number, name in enumerate(names)]


def written(target: Any, *records: dict[str, list[Any]]) -> bytes:
    """The file of a target, but for what packs it."""
    box = target.container()
    rows = [target.encode(target.assemble(Mapped("1", record, {}))[0]) for record in records]
    return bytes(box.head + box.between.join(rows) + box.tail)


@pytest.mark.parametrize(
    ("target", "fields", "code", "value"),
    [
        ("csv", "a: {each: b, object: {c: d, e: f}}", "OUT-TABLE-OBJECTS", None),
        ("csv", "a: {from: b, yomi: c}", "OUT-TABLE-YOMI", None),
        ("xlsx", "a: {from: b, yomi: c}", "OUT-TABLE-YOMI", None),
        ("csv, encoding: cp932", "𠮷: b", "OUT-TABLE-HEADING", None),
        ("tsv, encoding: euc_jp, bom: true", "a: b", "OUT-TABLE-BOM", None),
        ("xlsx", ", ".join(f"a{number}: b" for number in range(16_385)), "OUT-XLSX-COLUMNS", None),
        ("csv", "a: {from: b, lang: ja}", "OUT-TABLE-PART", "ja"),
        ("csv", "a: {from: b, type: ISBN}", "OUT-TABLE-PART", "ISBN"),
    ],
)
def test_fault(
    target: str,
    fields: str,
    code: str,
    value: str | None,
    findings: Callable[[str], list[Issue]],
    says_all: Callable[[Issue], None],
) -> None:
    found = findings(HEAD % (target, fields))
    assert [(issue.code, issue.value) for issue in found] == [(code, value)]
    says_all(found[0])


@pytest.mark.parametrize(
    "target", ["csv, encoding: utf-16", "csv, newline: cr", "xlsx, sheet: 'a/b'", 'csv, join: ""', "xlsx, bom: true"]
)
def test_options_that_cannot_be(target: str, load: Callable[[str], Any]) -> None:
    with pytest.raises(MappingError):
        load(HEAD % (target, "a: b"))


def test_bom_encoding_and_line_ends() -> None:
    names = rules("番号", "名称")
    record = {"番号": ["1"], "名称": ["皿\n二"]}
    assert written(CsvTarget({}, names, base=None), record) == '\ufeff番号,名称\r\n1,"皿\n二"\r\n'.encode()
    plain = CsvTarget({"bom": False, "newline": "lf"}, names, base=None)
    assert written(plain, record) == '番号,名称\n1,"皿\n二"\n'.encode()
    assert written(
        TsvTarget({"encoding": "cp932"}, names, base=None), record
    ) == '番号\t名称\r\n1\t"皿\n二"\r\n'.encode("cp932")


def test_values_of_every_kind() -> None:
    target = CsvTarget({"bom": False}, rules("a", "b"), base=None)
    value = [Text("皿", yomi="サラ", lang="ja"), True, 1.5, None, "x"]
    assert written(target, {"a": value}, {}) == "a,b\r\n皿;true;1.5;;x,\r\n,\r\n".encode()


def test_passed_columns_keep_their_headers() -> None:
    passed = [*rules("番号", "名称"), *rules("名称_s", "作_者_s", passthrough=True)]
    target = CsvTarget({"bom": False}, passed, base=None)
    assert written(target, {"名称_s": ["x"], "作_者_s": ["y"]}) == "番号,名称,名称_s,作_者\r\n,,x,y\r\n".encode()


@pytest.mark.parametrize("encoding", ["cp932", "shift_jis", "euc_jp"])
def test_characters_that_are_one_in_jis_are_no_loss(encoding: str) -> None:
    text = "〜～−－‖∥—―￠￡￢"
    target = CsvTarget({"encoding": encoding}, rules("a"), base=None)
    document, findings = target.assemble(Mapped("1", {"a": [text]}, {}))
    assert findings == []
    assert len(document[0]) == len(text)
    assert "〓" not in document[0]


def test_half_a_pair_is_told_in_any_encoding() -> None:
    target = CsvTarget({}, rules("a"), base=None)
    document, findings = target.assemble(Mapped("1", {"a": ["皿", "x\ud800"]}, {}))
    assert document == ["皿;x〓"]
    assert [(finding.code, finding.index, finding.slots["characters"]) for finding in findings] == [
        ("OUT-TABLE-CHARACTER", 1, "U+D800")
    ]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=5)


@given(ROWS, st.sampled_from(["\r\n", "\n"]), st.sampled_from([",", "\t"]))
def test_any_row_is_read_back_by_csv(rows: list[list[str]], newline: str, delimiter: str) -> None:
    file = RowFile(["a", "b"], delimiter=delimiter, newline=newline)
    text = (file.container.head + b"".join(file.row(row) for row in rows)).decode()
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert found == [["a", "b"], *rows]


@given(ROWS)
def test_any_row_is_read_back_by_ourselves(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    filled = [["x", *row] for row in rows]
    file = RowFile(["k", "a", "b"], bom=True)
    path = tmp_path_factory.mktemp("csv") / "out.csv"
    path.write_bytes(file.container.head + b"".join(file.row(row) for row in filled))
    kind = format_named("csv")
    reader = kind.load_reader()(Source.of(path), parse_options(kind.read_options, {}))
    assert [record.body for record in reader] == filled


@given(st.text(max_size=30), st.sampled_from(["cp932", "shift_jis", "euc_jp", "utf-8"]))
def test_what_fits_can_be_written_and_what_is_missing_is_named(text: str, encoding: str) -> None:
    alphabet = Alphabet(encoding)
    fitting = alphabet.fitting(text)
    fitting.encode(encoding)
    assert len(fitting) == len(text)
    assert (not alphabet.missing(text)) == (fitting.count("〓") == text.count("〓"))


def test_the_workbook_of_the_case_is_read_by_openpyxl() -> None:
    sheet = openpyxl.load_workbook(CASES / "table-xlsx" / "expected.xlsx").active
    assert sheet is not None
    assert sheet.title == "一覧"
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["番号", "名称", "作者"],
        ["0012", "皿", "架空太郎；架空花子"],
        ["0013", "壺\n=1+1", None],
        ["0014", "鉢", None],
    ]


def test_a_workbook_formula_is_text(write: Callable[[str, str], Path], tmp_path: Path) -> None:
    mapping = write("mapping.yaml", HEAD % ("xlsx", "式: f"))
    source = write("in.jsonl", '{"id": "1", "f": "=1+1"}\n')
    report = convert.Job(mapping).run(source, tmp_path / "out.xlsx")
    assert report.counts["written"] == 1
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")


def test_the_columns_of_a_workbook_are_those_of_the_fields() -> None:
    target = XlsxTarget({}, rules("b", "a", "b"), base=None)
    assert target.columns == ("b", "a")


def test_a_split_repeats_the_headings(write: Callable[[str, str], Path], tmp_path: Path) -> None:
    mapping = write("mapping.yaml", HEAD % ("csv, bom: false, split: 60B", "番号: id"))
    source = write("in.jsonl", "".join(f'{{"id": "{number:030}"}}\n' for number in range(3)))
    convert.Job(mapping).run(source, tmp_path / "out.csv")
    parts = sorted(tmp_path.glob("out-*.csv"))
    assert [part.read_text("utf-8").splitlines()[0] for part in parts] == ["番号"] * 3
