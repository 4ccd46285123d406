"""A real table of 1,781 libraries through a mapping with lookups, conditions and constants."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import convert

if TYPE_CHECKING:
    from pathlib import Path

# Numbers under 都道府県名 that are no prefecture's: places abroad, by number, with how often each stands there.
ABROAD = {
    "152": 28,
    "254": 13,
    "255": 9,
    "257": 2,
    "52": 1,
    "151": 1,
    "153": 1,
    "256": 1,
    "258": 1,
    "260": 1,
    "261": 1,
    "362": 1,
}


@pytest.fixture(scope="module")
def source(shared: Path) -> Path:
    return shared / "cinii" / "library" / "all_20200824.csv"


@pytest.fixture(scope="module")
def table(source: Path) -> list[dict[str, str]]:
    """The table as Python's own reader gives it: a second opinion."""
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run(
    source: Path, fixtures: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[convert.Report, list[Any], list[Any]]:
    folder = tmp_path_factory.mktemp("libraries")
    report = convert.Job(fixtures / "libraries" / "mapping.yaml").run(
        source, folder / "out.jsonl", [folder / "report.jsonl"]
    )
    documents, issues = (
        [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("out.jsonl", "report.jsonl")
    )
    return report, documents, issues


def test_every_row_is_written(run: Any, table: list[dict[str, str]]) -> None:
    report, documents, _ = run
    assert report.counts == {"read": 1781, "written": 1781, "skipped": 0, "deleted": 0, "rejected": 0, "broken": 0}
    assert [document["FA番号_s"] for document in documents] == [row["FA番号"] for row in table]
    assert (report.exit_code, report.complete) == (0, True)


def test_the_only_issues_are_numbers_abroad(run: Any, table: list[dict[str, str]]) -> None:
    report, _, issues = run
    assert {issue["code"] for issue in issues} == {"MAP-LOOKUP-MISS"}
    assert Counter(issue["value"] for issue in issues) == ABROAD
    assert dict(report.lookup_misses["prefecture"].items()) == ABROAD
    rows = {row["FA番号"]: number for number, row in enumerate(table, start=2)}
    for issue in issues:
        line = rows[issue["record"]]
        assert (issue["source"]["cell"], issue["source"]["line"], issue["ordinal"]) == (f"B{line}", line, line - 1)
        assert (issue["target"], issue["severity"]) == ("都道府県_s", "warning")
    assert [issue["ordinal"] for issue in issues] == sorted(issue["ordinal"] for issue in issues)


def test_documents_hold_what_the_table_says(run: Any, table: list[dict[str, str]]) -> None:
    _, documents, _ = run
    words = {"A": "受け付ける", "N": "受け付けない", "C": "別の窓口が受け付ける"}
    for row, document in zip(table, documents, strict=True):
        closed = "N" in (row["ILLflag"], row["CopyService"], row["LoanService"], row["ILLStatus"])
        assert document["相互利用_s"] == ("受け付けない" if closed else "受け付ける")
        assert document["目録参加_b"] is (row["CATFlag"] == "A")
        assert (document["複写_s"], document["貸借_s"]) == (words[row["CopyService"]], words[row["LoanService"]])
        assert ("FAX_s" in document) is bool(row["FAXservice"])
        assert document["都道府県番号_s"] == row["都道府県名"]
        assert ("都道府県_s" in document) is (row["都道府県名"] not in ABROAD)
        assert document["common"]["linkUrl"] == f"https://ci.nii.ac.jp/library/{row['FA番号']}"
        assert document["common"]["title"] == document["館名_s"]
    assert sum("FAX_s" not in document for document in documents) == 5


def test_in_two_processes_it_is_the_same(run: Any, source: Path, fixtures: Path, pool: Any, tmp_path: Path) -> None:
    report, documents, issues = run
    job = convert.Job(fixtures / "libraries" / "mapping.yaml", jobs=2, shard_bytes=1, executor=pool)
    again = job.run(source, tmp_path / "out.jsonl", [tmp_path / "report.jsonl"])
    assert again.tally == report.tally
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()] == documents
    assert [json.loads(line) for line in (tmp_path / "report.jsonl").read_text("utf-8").splitlines()] == issues
