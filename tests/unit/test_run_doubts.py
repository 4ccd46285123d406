"""Runs that end well and gave nothing, or a file that is not what its name says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import convert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAPPING = """\
mapping: 1
id: my
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: 資料番号, skip: {公開: 非公開}}
fields:
  資料名_s: {from: 資料名, label: title}
"""
HEAD = "資料番号,資料名,公開\n"


def _ran(folder: Path, rows: str, name: str = "items.jsonl", **options: Any) -> list[Any]:
    (folder / "my.yaml").write_text(MAPPING, "utf-8")
    (folder / "a.csv").write_text(HEAD + rows, "utf-8")
    report = convert.Job(folder / "my.yaml", **options).run(folder / "a.csv", folder / name)
    return list(report.issues)


@pytest.mark.parametrize("rows", ["", "K1,皿,非公開\n"])
def test_a_run_without_any_record_is_told(rows: str, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    (issue,) = _ran(tmp_path, rows)
    assert (issue.code, issue.at.source) == ("RUN-EMPTY", str(tmp_path / "a.csv"))
    assert issue.slots["read"] == issue.slots["skipped"] == rows.count("\n")
    says_all(issue)


def test_a_checked_file_without_any_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    (issue,) = convert.check(tmp_path / "a.jsonl", "jsonl").issues
    assert issue.code == "RUN-EMPTY"


def test_a_run_whose_records_are_all_refused_says_that_alone(tmp_path: Path) -> None:
    assert [issue.code for issue in _ran(tmp_path, ",皿,公開\n")] == ["MAP-ID"]


def test_an_id_that_no_record_has_is_told(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    (issue,) = _ran(tmp_path, "K1,皿,公開\n", only="k1")
    assert (issue.code, issue.value) == ("RUN-ID-NONE", "k1")
    says_all(issue)
    assert _ran(tmp_path, "K1,皿,公開\n", only="K1") == []


@pytest.mark.parametrize(
    ("name", "write", "written"),
    [
        ("items.csv", {}, "JSON Lines"),
        ("ITEMS.XLSX", {}, "JSON Lines"),
        ("items.csv", {"shape": "registration", "file": "tsv"}, "TSV"),
        ("items.jsonl", {"shape": "registration", "file": "xlsx"}, "XLSX"),
    ],
)
def test_a_name_that_promises_another_kind_of_file_is_told(
    name: str, write: dict[str, str], written: str, tmp_path: Path, says_all: Callable[[Any], None]
) -> None:
    (issue,) = _ran(tmp_path, "K1,皿,公開\n", name, write=write)
    assert (issue.code, issue.slots["written"]) == ("RUN-OUTPUT-NAME", written)
    says_all(issue)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("items", {}),
        ("items.json", {"layout": "array"}),
        ("items.txt", {"shape": "registration", "file": "csv"}),
        ("items.csv", {"shape": "registration", "file": "csv"}),
        ("items.xlsx", {"shape": "registration", "file": "xlsx"}),
    ],
)
def test_names_that_are_good(name: str, write: dict[str, str], tmp_path: Path) -> None:
    assert _ran(tmp_path, "K1,皿,公開\n", name, write=write) == []


def _interrupt(_: int) -> None:
    raise KeyboardInterrupt


def _many(folder: Path) -> Path:
    path = folder / "many.csv"
    rows = "".join(f"K{n},皿{n},公開\n" for n in range(1, 6001))
    path.write_text(HEAD + ",名のない皿,公開\n" + rows, "utf-8")  # one fault, far from where the run stops
    return path


@pytest.mark.parametrize("command", ["convert", "check"])
def test_an_interrupted_run_tells_how_far_it_came(command: str, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(MAPPING, "utf-8")
    path = _many(tmp_path)
    job = convert.Job(tmp_path / "my.yaml")

    def run() -> None:
        if command == "check":
            convert.check(path, "csv", progress=_interrupt)
        else:
            job.run(path, tmp_path / "out.jsonl", progress=_interrupt)

    with pytest.raises(convert.Interrupted) as caught:
        run()
    report = caught.value.report
    assert report.counts["read"] > 500
    place = f"{path} の {report.counts['read']:,} レコード目"
    assert "".join(place.split()) in "".join(report.summary("ja").split())  # lines end where the path's length says
