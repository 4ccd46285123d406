"""The worked example of the reference data: exactly its records, each deliberate fault at its cell, nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import convert

if TYPE_CHECKING:
    from pathlib import Path

# Record, cell, code, value as it stands in the table (its beginning), suggestion
DELIBERATE = {
    ("M0002", "H3", "JPS-HTML", '<div class="note">', None),
    ("M0003", "H4", "JPS-HTML", "<h2>覚</h2><table", None),
    ("M0003", "L4", "JPS-DATE", "昭和50年頃", None),
    ("M0003", "M4", "JPS-BOOLEAN", "True", "true"),
    ("M0003", "N4", "JPS-NUMBER", "約30", None),
    ("M0003", "T4", "JPS-DATE", "不明", None),
    ("M-0005-a", "A6", "JPS-ID-HYPHEN", "M-0005-a", None),
    ("M-0005-a", "L6", "JPS-DATE", "2026-02-30", None),
    ("M-0005-a", "Q6", "JPS-ACCESS-CONTENTS", "not_exist", None),
}


def exact(text: str) -> list[Any]:
    """JSON Lines with numbers as they are written, so that 1, 1.0 and true are three things."""
    return [
        json.loads(line, parse_int=lambda word: f"int {word}", parse_float=lambda word: f"float {word}")
        for line in text.splitlines()
    ]


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "japansearch" / "synthetic"


def run(folder: Path, fixtures: Path, tmp_path: Path, **options: str) -> tuple[convert.Report, list[Any]]:
    write = {"database": str(folder / "definition.json"), **options}
    out = tmp_path / "items.jsonl"
    report = convert.Job(fixtures / "synthetic" / "mapping.yaml", write=write).run(folder / "museum.csv", out)
    return report, exact(out.read_text("utf-8"))


@pytest.mark.parametrize("keys", ["suffix", "served"])
def test_each_deliberate_fault_at_its_cell_and_no_other(
    keys: str, folder: Path, fixtures: Path, tmp_path: Path
) -> None:
    report, _ = run(folder, fixtures, tmp_path, keys=keys)
    found = {(issue.record_id, issue.at.cell, issue.code, issue.value, issue.suggestion) for issue in report.issues}
    assert len(found) == report.tally.instances() == len(DELIBERATE)
    for record, cell, code, value, suggestion in DELIBERATE:
        [issue] = [issue for issue in found if issue[1] == cell]
        assert (issue[0], issue[2], issue[4]) == (record, code, suggestion)
        assert str(issue[3]).startswith(value)
    assert report.counts["written"] == report.counts["read"] == 5
    assert report.exit_code == 0


def test_the_lines_of_the_faults_are_those_of_the_file(folder: Path, fixtures: Path, tmp_path: Path) -> None:
    """Row 6 of the table begins on line 6; a quoted line break inside it moves only what follows."""
    report, _ = run(folder, fixtures, tmp_path)
    assert {(issue.record_id, issue.at.line) for issue in report.issues} == {
        ("M0002", 3),
        ("M0003", 4),
        ("M-0005-a", 6),
    }


def test_served_records(folder: Path, fixtures: Path, tmp_path: Path) -> None:
    _, found = run(folder, fixtures, tmp_path, keys="served")
    assert found == exact((folder / "expected_records.jsonl").read_text("utf-8"))


def test_items_named_with_their_type(folder: Path, fixtures: Path, tmp_path: Path) -> None:
    """The expected file holds the items without ``common``; that is the same under both key styles."""
    _, found = run(folder, fixtures, tmp_path)
    wanted = exact((folder / "expected_fields_underscore.jsonl").read_text("utf-8"))
    served = exact((folder / "expected_records.jsonl").read_text("utf-8"))
    assert [document | {"common": None} for document in found] == [document | {"common": None} for document in wanted]
    assert [document["common"] for document in found] == [document["common"] for document in served]


def test_the_submission_profile_refuses_what_would_be_lost(folder: Path, fixtures: Path, tmp_path: Path) -> None:
    write = {"database": str(folder / "definition.json")}
    job = convert.Job(fixtures / "synthetic" / "mapping.yaml", write=write, profile="submission")
    report = job.run(folder / "museum.csv", tmp_path / "items.jsonl")
    assert report.exit_code == 1
    assert report.counts["written"] == 5
