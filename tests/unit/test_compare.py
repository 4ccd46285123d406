"""Two deliveries compared: what came, went, changed, and what only got another id."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import convert
from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
DATABASE = ROOT / "tests" / "fixtures" / "cases" / "database.yaml"
SOURCE = "mapping: 1\nid: test\nsource: {format: csv}\nrecord: {id: ID}\n"
TARGETS = {
    "jsonl": "target: {format: jsonl}\nfields: {title: 名称, 説明: 説明}\n",
    "csv": "target: {format: csv}\nfields: {番号: ID, 名称: 名称, 説明: 説明}\n",
    "tsv": "target: {format: tsv}\nfields: {名称: 名称, 番号: ID, 説明: 説明}\n",
    "xlsx": "target: {format: xlsx}\nfields: {番号: ID, 名称: 名称, 説明: 説明}\n",
    "japansearch": f"target: {{format: japansearch, database: {DATABASE}}}\n"
    "fields: {名称_s: {from: 名称, label: title}, 説明_s: {from: 説明, label: description}}\n",
    "japansearch-array": f"target: {{format: japansearch, database: {DATABASE}, layout: array}}\n"
    "fields: {名称_s: {from: 名称, label: title}, 説明_s: {from: 説明, label: description}}\n",
    "registration": f"target: {{format: japansearch, database: {DATABASE}, shape: registration, file: csv}}\n"
    "fields: {名称_s: {from: 名称, label: title}, 説明_s: {from: 説明, label: description}}\n",
    "dcndl": "target: {format: dcndl, base: 'https://opac.example.jp/bib/{id}'}\n"
    "fields: {title: 名称, description: 説明, materialType: {const: 図書}}\n",
}
TARGETS |= {
    f"dcndl-{name}": TARGETS["dcndl"].replace("{id}'}", f"{{id}}', serialization: {name}}}")
    for name in ("ntriples", "turtle", "jsonld")
}
TITLED = "profile: 1\nroles: {title: [title, 名称, 名称_s]}\n"
Rows = list[tuple[str, str, str]]
BEFORE: Rows = [(f"K{n}", f"架空の図{n}", "説明") for n in range(1, 9)]
AFTER: Rows = [
    *BEFORE[:3],  # unchanged
    ("K4", "架空の図4", "別の説明"),  # changed
    ("K5", "架空の図五", "説明"),  # changed
    ("N6", "架空の図6", "説明"),  # renumbered
    ("N7", "架空の図7", "別の説明"),  # renumbered
    ("N9", "架空の図9", "説明"),  # added; K8 is gone
]


def write_csv(path: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("ID", "名称", "説明"), *rows])
    return path


def make(folder: Path, rows: Rows, target: str, name: str, **more: Any) -> convert.Report:
    mapping, profile = folder / "mapping.yaml", folder / "our.yaml"
    mapping.write_text(SOURCE + TARGETS[target], "utf-8")
    profile.write_text(TITLED, "utf-8")
    source = write_csv(folder / f"{name}.in.csv", rows)
    reports = [folder / f"{name}.report.json"]
    return convert.Job(mapping, profile=str(profile), **more).run(source, folder / name, reports)


COUNTS = {"added": 3, "changed": 2, "deleted": 3, "unchanged": 3, "renumbered": 2}


def counts(report: convert.Report) -> dict[str, Any]:
    assert report.comparison is not None
    return {name: report.comparison[name] for name in COUNTS}


@pytest.mark.parametrize("by", ["output", "manifest"])
@pytest.mark.parametrize("target", TARGETS)
def test_every_format(target: str, by: str, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    make(tmp_path, BEFORE, target, "before")
    against = tmp_path / ("before" if by == "output" else "before.manifest.json")
    report = make(tmp_path, AFTER, target, "after", against=against)
    assert counts(report) == COUNTS
    assert report.comparison is not None
    assert sum(report.comparison["fields"].values()) >= 2
    moved = [issue for issue in report.issues if issue.code == "DSET-ID-CHANGED"]
    assert [str(issue.slots["old"]).rpartition("K")[2][:1] for issue in moved] == ["6", "7"]
    says_all(moved[0])
    told = json.loads((tmp_path / "after.report.json").read_text("utf-8"))
    assert told["comparison"] == report.comparison


def test_the_fields_that_changed(tmp_path: Path) -> None:
    make(tmp_path, BEFORE, "csv", "before.csv")
    report = make(tmp_path, AFTER, "csv", "after.csv", against=tmp_path / "before.csv")
    assert report.comparison is not None
    assert report.comparison["fields"] == {"名称": 1, "説明": 1}


def test_the_earlier_delivery_may_be_written_over(tmp_path: Path) -> None:
    make(tmp_path, BEFORE, "jsonl", "items.jsonl")
    report = make(tmp_path, AFTER, "jsonl", "items.jsonl", against=tmp_path / "items.jsonl")
    assert counts(report) == COUNTS


def test_issues_that_are_new_and_gone(tmp_path: Path) -> None:
    make(tmp_path, [*BEFORE, BEFORE[0], BEFORE[0]], "jsonl", "before.jsonl")
    report = make(tmp_path, BEFORE, "jsonl", "after.jsonl", against=tmp_path / "before.jsonl")
    assert report.comparison is not None
    codes = {"DSET-ID-DUPLICATE": {"before": 2, "now": 0}}
    assert report.comparison["issues"] == {"new": None, "fixed": None, "counts": None, "codes": codes}
    assert counts(report)["unchanged"] == 8
    assert "DSET-ID-DUPLICATE 2 → 0" in report.summary()


def faulty(folder: Path, rows: Rows, name: str, **more: Any) -> convert.Report:
    """A delivery of dates, with every report; a fault for each row whose note is no date."""
    mapping = folder / "dates.yaml"
    mapping.write_text(
        SOURCE + "target: {format: jsonl}\nfields: {title: 名称, day: {from: 説明, do: w3cdtf}}\n",
        "utf-8",
    )
    source = write_csv(folder / f"{name}.in.csv", rows)
    reports = [folder / f"{name}.{suffix}" for suffix in ("report.jsonl", "json", "html", "xlsx", "txt")]
    return convert.Job(mapping, **more).run(source, folder / f"{name}.out.jsonl", reports)


@pytest.mark.parametrize("by", ["out.jsonl", "out.jsonl.manifest.json", "report.jsonl"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_issues_one_by_one(by: str, jobs: int, tmp_path: Path) -> None:
    days = [
        ("K1", "架空の図", "いつか"),
        ("K2", "架空の図2", "2001"),
        ("K3", "架空の図3", "いつか"),
        ("K4", "架空の図4", "不明"),
    ]
    faulty(tmp_path, days, "before")
    days[0], days[1], days[3] = ("K1", "架空の図", "1999"), ("K2", "架空の図", "近ごろ"), ("K4", "架空の図", "2004")
    report = faulty(tmp_path, days, "after", against=tmp_path / f"before.{by}", jobs=jobs, shard_bytes=1)
    assert report.comparison is not None
    found = report.comparison["issues"]
    expected = {"code": "MAP-NO-VALUE", "field": "説明", "severity": "warning", "instances": 1}
    assert found["new"] == [{"record": "K2", **expected}]
    assert found["fixed"] == [{"record": "K1", **expected}, {"record": "K4", **expected}]
    assert found["counts"] == {"new": 1, "fixed": 2, "same": 1}
    assert found["codes"] == {"MAP-NO-VALUE": {"before": 3, "now": 2}}
    assert json.loads((tmp_path / "after.json").read_text("utf-8"))["comparison"]["issues"] == found
    for lang, words in (
        ("ja", ["新しい 1、直った 2", "新しい指摘  K2 説明"]),
        ("en", ["1 new, 2 fixed", "New  K2 説明"]),
    ):
        assert all(word in report.summary(lang) for word in words)
    assert "新しい 1、直った 2、前回と同じ 1" in (tmp_path / "after.html").read_text("utf-8")
    summary = openpyxl.load_workbook(tmp_path / "after.xlsx")["まとめ"]
    rows = [[cell for cell in row if cell is not None] for row in summary.iter_rows(values_only=True)]
    assert ["MAP-NO-VALUE", 1, "警告", "K2", "説明"] in rows


def test_issues_of_the_check_command(tmp_path: Path) -> None:
    faulty(tmp_path, [("K1", "架空の図", "いつか")], "before")
    report = convert.check(
        tmp_path / "before.in.csv", "csv", read={"encoding": "utf-8"}, against=tmp_path / "before.in.csv"
    )
    assert report.comparison is not None
    assert report.comparison["issues"] is None  # nobody reported anything then


def test_a_report_that_cannot_be_read_compares_no_issues(tmp_path: Path) -> None:
    faulty(tmp_path, BEFORE, "before")
    (tmp_path / "before.report.jsonl").write_text('{"code": "X"}\n', "utf-8")
    report = faulty(tmp_path, BEFORE, "after", against=tmp_path / "before.out.jsonl")
    assert report.comparison is not None
    assert report.comparison["issues"] is None
    lone = tmp_path / "elsewhere" / "lone.jsonl"
    lone.parent.mkdir()
    line = '{"code": "X", "severity": "error", "ordinal": 1, "source": {}, "hint": {}}\n'
    lone.write_text(line, "utf-8")
    with pytest.raises(UsageError, match="is a report"):
        faulty(tmp_path, BEFORE, "after", against=lone)


def test_many_issues_are_counted_and_few_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.run.issues.LISTED", 3)
    faulty(tmp_path, [(f"K{n}", "架空の図", "2001") for n in range(9)], "before")
    report = faulty(
        tmp_path, [(f"K{n}", "架空の図", "?") for n in range(9)], "after", against=tmp_path / "before.out.jsonl"
    )
    assert report.comparison is not None
    assert [entry["record"] for entry in report.comparison["issues"]["new"]] == ["K0", "K1", "K2"]
    assert report.comparison["issues"]["counts"] == {"new": 9, "fixed": 0, "same": 0}
    assert "ほか 6 件" in report.summary()


def test_check_compares_too(tmp_path: Path) -> None:
    make(tmp_path, BEFORE, "japansearch", "before.jsonl")
    make(tmp_path, AFTER, "japansearch", "after.jsonl")
    report = convert.check(tmp_path / "after.jsonl", "japansearch", against=tmp_path / "before.jsonl")
    assert counts(report) == COUNTS


RICH = """\
mapping: 1
id: test
source: {format: csv}
target: {format: dcndl, base: 'https://opac.example.jp/bib/{id}', serialization: %s}
record: {id: ID}
fields:
  title: {from: 名称, yomi: {const: カクウ}}
  creator: 説明
  description: {const: "二行の\\n説明"}
  materialType: {const: 図書}
"""
RDF = ("ntriples", "turtle", "jsonld")


@pytest.mark.parametrize("serialization", RDF)
def test_nodes_of_many_records(serialization: str, tmp_path: Path) -> None:
    """Ids that begin alike, readings in nodes of their own, the type's node in every record."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(RICH % serialization, "utf-8")
    rows = [(f"K{n}", f"架空の図{n}", f"架空{'太' if n % 2 else '花'}郎") for n in range(40)]
    convert.Job(mapping).run(write_csv(tmp_path / "1.csv", rows), tmp_path / "1.out")
    rows[3], rows[17] = (*rows[3][:2], "別の人"), ("K17", "別の題名", rows[17][2])
    report = convert.Job(mapping, against=tmp_path / "1.out").run(
        write_csv(tmp_path / "2.csv", rows[:-1]), tmp_path / "2.out"
    )
    expected = {"added": 0, "changed": 2, "deleted": 1, "unchanged": 37, "renumbered": 0}
    assert counts(report) == expected
    assert report.comparison is not None
    assert "title" in report.comparison["fields"]


@pytest.mark.parametrize("serialization", RDF)
def test_a_file_that_another_tool_wrote_is_refused(serialization: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(SOURCE + TARGETS[f"dcndl-{serialization}"], "utf-8")
    source = write_csv(tmp_path / "1.csv", BEFORE)
    convert.Job(mapping).run(source, tmp_path / "1.out")
    text = (tmp_path / "1.out").read_text("utf-8")
    lines = text.splitlines(keepends=True)
    for strange in ("".join(sorted(lines, reverse=True)), text + "これは RDF ではない\n\n"):
        (tmp_path / "1.out").write_text(strange, "utf-8")
        with pytest.raises(UsageError, match="serialization=rdfxml"):
            convert.Job(mapping, against=tmp_path / "1.out").run(source, tmp_path / "2.out")


def test_titles_that_several_have_say_nothing_of_ids(tmp_path: Path) -> None:
    make(tmp_path, [("a", "無題", ""), ("b", "無題", "")], "jsonl", "before.jsonl")
    report = make(
        tmp_path, [("c", "無題", ""), ("d", "無題", "")], "jsonl", "after.jsonl", against=tmp_path / "before.jsonl"
    )
    assert (counts(report)["renumbered"], counts(report)["added"]) == (0, 2)


@pytest.mark.parametrize(
    ("against", "words"),
    [("absent.jsonl", "absent"), ("broken.manifest.json", "broken"), ("empty.manifest.json", "not there")],
)
def test_nothing_to_compare_with(against: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "broken.manifest.json").write_text("[[[", "utf-8")
    (tmp_path / "empty.manifest.json").write_text('{"outputs": [{"name": "gone"}, 3, {"name": "\\u0000"}]}', "utf-8")
    with pytest.raises(UsageError, match=words):
        make(tmp_path, AFTER, "jsonl", "after.jsonl", against=tmp_path / against)
    assert not (tmp_path / "after.jsonl").exists()


def test_an_output_is_needed_and_an_id(tmp_path: Path) -> None:
    make(tmp_path, BEFORE, "jsonl", "before.jsonl")
    job = convert.Job(tmp_path / "mapping.yaml", against=tmp_path / "before.jsonl")
    with pytest.raises(UsageError, match="needs a file"):
        job.run(tmp_path / "before.jsonl.in.csv", None)
    (tmp_path / "bare.jsonl").write_text('{"title": ["x"]}\n', "utf-8")
    with pytest.raises(UsageError, match="no record has an id"):
        make(tmp_path, AFTER, "jsonl", "after.jsonl", against=tmp_path / "bare.jsonl")
    assert not (tmp_path / "after.jsonl").exists()


NAMES = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z", "\U00020000"]), st.sampled_from(["", "1", "2"])
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=NAMES, after=NAMES)
def test_the_same_as_dictionaries(before: Rows, after: Rows, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("compare")
    make(folder, before, "csv", "before.csv")
    report = make(folder, after, "csv", "after.csv", against=folder / "before.csv")
    old: dict[str, tuple[str, str]] = {}
    new: dict[str, tuple[str, str]] = {}
    for rows, held in ((before, old), (after, new)):
        for ident, *rest in rows:
            held.setdefault(ident, (rest[0], rest[1]))
    both = old.keys() & new.keys()
    unchanged = sum(old[ident] == new[ident] for ident in both)
    found = counts(report)
    assert (found["added"], found["deleted"]) == (len(new.keys() - both), len(old.keys() - both))
    assert (found["unchanged"], found["changed"]) == (unchanged, len(both) - unchanged)
    gone = [old[ident][0] for ident in old.keys() - both]
    come = [new[ident][0] for ident in new.keys() - both]
    assert found["renumbered"] == sum(gone.count(title) == come.count(title) == 1 for title in set(gone))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_another_profile_than_last_time_is_told_beside_the_issues(lang: str, tmp_path: Path) -> None:
    faulty(tmp_path, BEFORE, "before", profile="submission")
    past = tmp_path / "before.out.jsonl"
    report = faulty(tmp_path, BEFORE, "after", against=past, lang=lang)
    assert report.comparison is not None
    assert report.comparison["issues"]["profiles"] == {"before": "submission", "now": "draft"}
    words = "submission → draft"
    assert words in report.summary(lang)
    assert words in (tmp_path / "after.html").read_text("utf-8")
    sheet = openpyxl.load_workbook(tmp_path / "after.xlsx").worksheets[0]
    assert any(words in str(cell.value) for row in sheet.iter_rows() for cell in row)
    same = faulty(tmp_path, BEFORE, "again", profile="submission", against=past)
    assert same.comparison is not None
    assert "profiles" not in same.comparison["issues"]
