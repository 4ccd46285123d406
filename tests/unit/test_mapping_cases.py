"""``mokuroku mapping test``: an institution's own cases beside its mapping."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from convert.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """mapping: 1
id: m
source: {format: csv}
target: {format: jsonl}
record: {id: ID}
fields:
  題: {from: 題, required: true}
  年: {from: 年, do: decimal}
"""
TABLE = "ID,題,年\n1,架空の壺,1999\n2,,x\n"
ISSUES = [
    {
        "code": "MAP-REQUIRED",
        "severity": "error",
        "record": "2",
        "line": 3,
        "cell": "B3",
        "field": "題",
        "target": "題",
    },
    {"code": "MAP-NO-VALUE", "record": "2", "cell": "C3", "value": "x"},
]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "m.yaml"
    path.write_text(MAPPING, "utf-8")
    return path


def case(mapping: Path, name: str, **files: str) -> Path:
    folder = mapping.with_suffix(".cases") / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file.replace("_", ".")).write_text(text, "utf-8")
    return folder


def run(*arguments: Any) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["mapping", "test", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


GOOD = {
    "input_csv": TABLE,
    "expected_jsonl": '{"id":"1","題":["架空の壺"],"年":["1999"]}\n',
    "issues_jsonl": "".join(json.dumps(issue, ensure_ascii=False) + "\n" for issue in ISSUES),
}


def test_as_expected(mapping: Path) -> None:
    case(mapping, "初め", **GOOD, options_yaml="counts: {written: 1, rejected: 1}\nexit: 1\n")
    for place in (mapping, mapping.with_suffix(""), mapping.parent):
        code, text = run(place)
        assert (code, "○ m / 初め" in text) == (0, True), text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expected_jsonl": '{"id":"1","題":["架空の皿"],"年":["1999"]}\n'}, "架空の皿"),
        ({"expected_jsonl": GOOD["expected_jsonl"].replace("\n", "\r\n")}, "line ends"),
        ({"issues_jsonl": json.dumps(ISSUES[0]) + "\n"}, '"code": "MAP-NO-VALUE"'),
        ({"issues_jsonl": GOOD["issues_jsonl"] + '{"code": "MAP-LOOKUP"}\n'}, "出るはずの指摘が出ません"),
        ({"options_yaml": "counts: {written: 2}"}, "written: 2 → 1"),
        ({"options_yaml": "exit: 0"}, "0 → 1"),
    ],
)
def test_every_difference_is_told(mapping: Path, change: dict[str, str], told: str) -> None:
    case(mapping, "c", **(GOOD | change))
    code, text = run(mapping)
    assert code == 1
    assert told in text


def test_what_comes_out_is_taken(mapping: Path, tmp_path: Path) -> None:
    table = tmp_path / "museum.csv"
    table.write_text(TABLE, "utf-8")
    code, text = run(mapping, "--new", "初め", "--from", table)
    assert code == 0, text
    folder = mapping.with_suffix(".cases") / "初め"
    assert sorted(path.name for path in folder.iterdir()) == ["expected.jsonl", "input.csv", "issues.jsonl"]
    assert str(tmp_path) not in (folder / "issues.jsonl").read_text("utf-8")
    assert run(mapping)[0] == 0
    mapping.write_text(MAPPING.replace("required: true", 'default: "（無題）"'), "utf-8")
    assert run(mapping)[0] == 1
    assert run(mapping, "--accept")[0] == 0
    assert run(mapping)[0] == 0
    assert "無題" in (folder / "expected.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"expected_jsonl": ""}, "input"),
        ({"input_csv": TABLE, "issues_jsonl": "{"}, "issues.jsonl:1"),
        ({"input_csv": TABLE, "issues_jsonl": "[]"}, "issues.jsonl:1"),
        ({"input_csv": TABLE, "options_yaml": "count: {}"}, "count"),
        ({"input_csv": TABLE, "options_yaml": "job: {limit: x}"}, "limit"),
        ({"input_csv": TABLE, "options_yaml": "job: [a]"}, "a"),
        ({"input_csv": TABLE, "options_yaml": "a: b: c"}, "options.yaml"),
        ({"input_csv": TABLE, "options_yaml": "job: {profile: nothing}"}, "nothing"),
        ({"input_csv": TABLE, "mapping_yaml": "mapping: 1\n"}, "MAP-KEY-MISSING"),
    ],
)
def test_a_case_that_cannot_be_run_says_why(mapping: Path, files: dict[str, str], told: str) -> None:
    case(mapping, "c", **files)
    code, text = run(mapping)
    assert code == 2
    assert told in text


def test_wrong_use(mapping: Path, tmp_path: Path) -> None:
    assert run(mapping)[0] == 2
    assert run(tmp_path / "no.yaml")[0] == 2
    assert run(mapping, "--new", "x")[0] == 2
    assert run(mapping, "--new", "../x", "--from", mapping)[0] == 2
    assert run(mapping, "--new", "x", "--from", tmp_path / "no.csv")[0] == 2


def test_for_programs(mapping: Path) -> None:
    case(mapping, "c", **(GOOD | {"options_yaml": "exit: 0"}))
    code, text = run(mapping, "--json")
    [told] = json.loads(text)
    assert (code, told["good"], told["case"]) == (1, False, "c")
    assert told["differences"] == [{"kind": "exit", "name": "0 → 1", "lines": []}]
