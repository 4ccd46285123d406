"""A run that did not come to its end says so in every report."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

import convert
from convert.check.dataset.titles import Titles
from convert.errors import RunError
from convert.run.job import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAPPING = """\
mapping: 1
id: test
source: {format: csv, encoding: utf-8}
target: {format: jsonl}
record: {id: ID}
fields: {day: {from: 受入日, do: w3cdtf}}
"""
SUFFIXES = ("csv", "jsonl", "json", "html", "xlsx", "xml", "sarif", "txt")


def inputs(folder: Path) -> Path:
    rows = "".join(f"m-{n},{'不明' if n == 2 else '2001'}\r\n" for n in range(1, 6))
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    (folder / "museum.csv").write_text(f"ID,受入日\r\n{rows}", "utf-8")
    return folder / "museum.csv"


def lines(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """What the ``.csv`` and the ``.jsonl`` report tell, code by code."""
    with (folder / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    told = [json.loads(line) for line in (folder / "r.jsonl").read_text("utf-8").splitlines()]
    assert [row["code"] for row in rows] == [issue["code"] for issue in told]
    return rows, told


def test_a_run_that_was_cut_short(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    source, reports = inputs(tmp_path), [tmp_path / f"r.{suffix}" for suffix in SUFFIXES]
    report = convert.Job(tmp_path / "mapping.yaml", limit=3).run(source, tmp_path / "out.jsonl", reports)
    assert (report.complete, report.exit_code) == (False, 3)
    table, told = lines(tmp_path)
    assert [issue["code"] for issue in told] == ["MAP-NO-VALUE", "RUN-INCOMPLETE"]
    last = told[-1]
    assert (last["severity"], last["record"], last["source"]) == ("fatal", None, {"file": str(source)})
    assert "--limit で指定した件数まで" in last["message"]["ja"]
    assert "museum.csv の 3 レコード目" in table[-1]["message"]
    assert "record 3" in last["message"]["en"]
    assert json.loads((tmp_path / "r.json").read_bytes())["complete"] is False
    assert "complete: false" in (tmp_path / "r.html").read_text("utf-8")
    assert "complete: false" in (tmp_path / "r.txt").read_text("utf-8")
    cells = [
        cell
        for row in openpyxl.load_workbook(tmp_path / "r.xlsx")["まとめ"].iter_rows(values_only=True)
        for cell in row
    ]
    assert any("complete: false" in str(cell) for cell in cells)
    assert 'errors="1"' in (tmp_path / "r.xml").read_text("utf-8")
    sarif = json.loads((tmp_path / "r.sarif").read_bytes())
    assert sarif["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_a_run_to_the_end_and_a_fatal_one_say_nothing_more(tmp_path: Path) -> None:
    source, reports = inputs(tmp_path), [tmp_path / "r.csv", tmp_path / "r.jsonl"]
    convert.Job(tmp_path / "mapping.yaml").run(source, tmp_path / "out.jsonl", reports)
    assert [issue["code"] for issue in lines(tmp_path)[1]] == ["MAP-NO-VALUE"]
    source.write_text("", "utf-8")
    convert.Job(tmp_path / "mapping.yaml").run(source, tmp_path / "out.jsonl", reports)
    assert [issue["code"] for issue in lines(tmp_path)[1]] == ["SRC-EMPTY"]


@pytest.mark.parametrize("command", ["convert", "check"])
def test_a_run_that_broke(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RunError("no space left", "空きがありません。")

    monkeypatch.setattr(Titles, "finish", broken)
    source, reports = inputs(tmp_path), [tmp_path / f"r.{suffix}" for suffix in SUFFIXES]
    job = convert.Job(tmp_path / "mapping.yaml", profile="submission")
    runs = {
        "convert": lambda: job.run(source, tmp_path / "out.jsonl", reports),
        "check": lambda: convert.check(
            source, "csv", profile="submission", read={"encoding": "utf-8"}, reports=reports
        ),
    }
    with pytest.raises(RunError, match="no space left"):
        runs[command]()
    assert not (tmp_path / "out.jsonl").exists()
    assert lines(tmp_path)[1][-1]["code"] == "RUN-INCOMPLETE"
    told = json.loads((tmp_path / "r.json").read_bytes())
    assert (told["complete"], told["incomplete_reason"], told["counts"]["read"]) == (False, "broken", 5)
    assert "complete: false" in (tmp_path / "r.html").read_text("utf-8")


def test_a_run_that_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Titles, "finish", stopped)
    source, reports = inputs(tmp_path), [tmp_path / "r.csv", tmp_path / "r.jsonl"]
    with pytest.raises(Interrupted):
        convert.Job(tmp_path / "mapping.yaml", profile="submission").run(source, tmp_path / "out.jsonl", reports)
    assert lines(tmp_path)[0][-1]["code"] == "RUN-INCOMPLETE"
