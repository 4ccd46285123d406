from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from convert.check.issue import Issue, Severity
from convert.errors import RunError, UsageError
from convert.model import Location
from convert.registry import reporter_named
from convert.report import Report, Tally, issue_dict
from convert.report import draft as drafts
from convert.report.csv import COLUMNS, guarded

if TYPE_CHECKING:
    from pathlib import Path

AT = Location("museum.csv", line=5, column=12, row=4, field="受入日")
SUFFIXES = ["json", "jsonl", "csv", "txt"]


def issues() -> list[Issue]:
    return [
        Issue("X-ONE", AT, Severity.ERROR, "m-1", 1, "受入日_d", "a.yaml:9:3", "=cmd|' /C calc'!A0", {}, "+1"),
        Issue("X-ONE", AT, Severity.ERROR, "-m", 2, value='"改\n行"\x00\ud800'),
    ]


def write(suffix: str, path: Path, lang: str = "ja") -> bytes:
    tally = Tally()
    found = tally.add(issues())
    reporter = reporter_named(suffix)(path, lang=lang)
    for issue in found:
        if reporter.streams:
            reporter.issue(issue)
    reporter.close(Report(tally))
    return path.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_the_finished_file_is_left(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"報告.{suffix}"
    path.write_text("old")
    reporter = reporter_named(suffix)(path, lang="ja")
    reporter.issue(issues()[0])
    assert path.read_text() == "old"
    reporter.close(Report(Tally()))
    reporter.abort()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() != b"old"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_abort_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    reporter = reporter_named(suffix)(tmp_path / f"r.{suffix}", lang="ja")
    reporter.issue(issues()[0])
    reporter.abort()
    reporter.abort()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_place_that_cannot_be_written_is_told_at_once(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        reporter_named(suffix)(tmp_path / "nowhere" / f"r.{suffix}", lang="ja")
    with pytest.raises(UsageError, match="folder"):
        reporter_named(suffix)(tmp_path, lang="ja")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_breaks_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    draft = drafts.Draft(tmp_path / "r.json")
    draft._file.close()
    draft._file = Full()  # type: ignore[assignment]
    with pytest.raises(RunError, match="No space"):
        draft.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_json_is_the_report(tmp_path: Path) -> None:
    content = write("json", tmp_path / "r.json")
    form: dict[str, Any] = json.loads(content)
    assert form["codes"][0]["instances"] == 2
    assert form["codes"][0]["samples"][1]["value"] == '"改\n行"\x00\ud800'
    assert content.endswith(b"}\n")
    assert "受入日".encode() in content


def test_jsonl_is_one_issue_a_line(tmp_path: Path) -> None:
    lines = write("jsonl", tmp_path / "r.jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [issue_dict(issue) for issue in issues()]


def test_csv_is_one_issue_a_row_for_excel(tmp_path: Path) -> None:
    content = write("csv", tmp_path / "r.csv", "en")
    assert content.startswith(b"\xef\xbb\xbfcode,severity,")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True)))
    assert tuple(rows[0]) == COLUMNS
    first, second = rows
    assert (first["file"], first["line"], first["cell"], first["field"]) == ("museum.csv", "5", "L4", "受入日")
    assert first["value"] == "'=cmd|' /C calc'!A0"
    assert first["suggestion"] == "+1"
    assert second["record"] == "'-m"
    assert second["value"] == '"改\n行"␀[U+D800]'
    assert content.count(b"\r\n") == 3


@pytest.mark.parametrize(
    "text", ["=1", "+x", "-x", "@x", "\tx", "\rx", "\nx", "＝1", "＋x", "－1", "＠x", "-1e5", "--1"]
)
def test_formulas_are_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "1", "-1", "+1.5", "a=1", "架空太郎", " =1"])
def test_plain_cells_stay(text: str) -> None:
    assert guarded(text) == text


def test_many_rows_are_all_written(tmp_path: Path) -> None:
    reporter = reporter_named("csv")(tmp_path / "r.csv", lang="ja")
    for _ in range(5_000):
        reporter.issue(issues()[0])
    reporter.close(Report(Tally()))
    assert (tmp_path / "r.csv").read_bytes().count(b"\r\n") == 5_001


def test_txt_is_the_summary(tmp_path: Path) -> None:
    assert write("txt", tmp_path / "r.txt").decode().startswith("提出前に直すところがあります")
