"""What ``import convert`` offers, used as the documentation shows it."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import pytest

import convert

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
mapping: 1
id: small
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: 番号}
fields:
  名前_s: {from: 名前, label: title, required: true}
  日付_d: 日付
  common.linkUrl: {template: "https://museum.example.jp/item/{$id}"}
"""
TABLE = "番号,名前,日付\nA1,架空太郎像,2026-03-31\nA2,例示皿,いつか\nA3,,2026-04-01\nA4,見本\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a mapping and a table."""
    (tmp_path / "small.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "small.csv").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ── The names ────────────────────────────────────────────────────────────────────────────────────


def test_all_is_sorted_and_complete() -> None:
    assert list(convert.__all__) == sorted(set(convert.__all__))
    public = {
        name
        for name, thing in vars(convert).items()
        if not name.startswith("_") and not inspect.ismodule(thing) and name != "annotations"
    }
    assert public == set(convert.__all__)


def test_what_the_design_promises_is_there() -> None:
    promised = {"Job", "read", "load_mapping", "convert", "check", "Record", "Mapped", "Issue", "Location", "Report"}
    assert promised <= set(convert.__all__)


@pytest.mark.parametrize("name", sorted(convert.__all__))
def test_everything_public_is_documented(name: str) -> None:
    thing = getattr(convert, name)
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        assert thing.__doc__ is not None
        for word, member in vars(thing).items():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if not word.startswith("_") and inspect.isfunction(function):
                assert function.__doc__, f"{name}.{word}"


@pytest.mark.parametrize("name", sorted(convert.__all__))
def test_every_public_function_is_annotated(name: str) -> None:
    thing = getattr(convert, name)
    functions = [thing] if inspect.isfunction(thing) else []
    functions += [found for word, found in vars(thing).items() if inspect.isfunction(found) and word == "__init__"]
    for function in functions:
        signature = inspect.signature(function)
        assert all(
            parameter.annotation is not inspect.Parameter.empty
            for parameter in signature.parameters.values()
            if parameter.name != "self"
        )


def test_the_package_says_that_it_is_typed() -> None:
    from importlib.resources import files

    assert files("convert").joinpath("py.typed").is_file()


# ── The examples of the design ───────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("folder")
def test_run_a_job() -> None:
    report = convert.Job("small.yaml", profile="submission").run("small.csv", "items.jsonl", reports=["qa.json"])
    assert "エラー" in report.summary(lang="ja")
    assert "error" in report.summary(lang="en")
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(report.exit_code)
    assert ended.value.code == 1
    assert report.counts == {"read": 4, "written": 2, "skipped": 0, "deleted": 0, "rejected": 1, "broken": 1}
    assert [issue.code for issue in report.issues if issue.record_id == "A2"] == ["JPS-DATE"]


def test_a_report_is_json(folder: Path) -> None:
    report = convert.Job("small.yaml").run("small.csv", "items.jsonl", reports=["qa.json"])
    assert json.loads(json.dumps(report.to_dict())) == json.loads((folder / "qa.json").read_bytes())


def test_a_shipped_mapping_by_its_name(folder: Path) -> None:
    (folder / "museum.csv").write_text("資料番号,資料名\nK1,架空川染付皿\n", encoding="utf-8")
    with pytest.raises(convert.MappingError) as caught:
        convert.Job("museum/csv-to-japansearch").run("museum.csv", None)
    assert {finding.code for finding in caught.value.findings} == {"MAP-PATH-UNKNOWN"}


@pytest.mark.usefixtures("folder")
def test_read_and_convert_record_by_record() -> None:
    mapping = convert.load_mapping("small.yaml")
    results = list(convert.convert(convert.read("small.csv", "csv"), mapping))
    told = [(result.record.id, result.outcome, [issue.code for issue in result.issues]) for result in results]
    assert told == [
        ("A1", convert.Outcome.WRITTEN, []),
        ("A2", convert.Outcome.WRITTEN, ["JPS-DATE"]),
        ("A3", convert.Outcome.REJECTED, ["MAP-REQUIRED"]),
        (None, convert.Outcome.BROKEN, ["SRC-CSV-FIELDS"]),
    ]
    assert results[0].document["common"]["title"] == "架空太郎像"
    assert str(results[1].issues[0].at) == "small.csv:3 C3 日付"


@pytest.mark.usefixtures("folder")
def test_check_a_file() -> None:
    convert.Job("small.yaml").run("small.csv", "items.jsonl")
    report = convert.check("items.jsonl", format="japansearch")
    assert report.counts["read"] == 2
    assert convert.check("small.csv", "csv").exit_code == 1


def test_sources_are_paths_bytes_and_streams(folder: Path) -> None:
    data = TABLE.encode()
    with (folder / "small.csv").open("rb") as stream:
        for source in ("small.csv", folder / "small.csv", data, stream):
            ids = [result.record.id for result in convert.convert(convert.read(source, "csv"), "small.yaml")]
            assert ids == ["A1", "A2", "A3", None]


def test_reader_options_are_keywords() -> None:
    reader = convert.read("a;b\n1;2\n".encode("utf-16"), "csv", delimiter=";", max_record=1000)
    assert reader.columns == ("a", "b")
    assert [record.body for record in reader] == [["1", "2"]]


@pytest.mark.usefixtures("folder")
def test_several_sources_of_all_kinds_in_one_job() -> None:
    report = convert.Job("small.yaml").run(["small.csv", TABLE.replace("A", "B").encode()], None)
    assert report.counts["read"] == 8
    assert [entry["name"] for entry in report.inputs] == ["small.csv", "<bytes>"]


# ── The errors ───────────────────────────────────────────────────────────────────────────────────


def test_a_mapping_error_holds_every_finding(folder: Path) -> None:
    text = MAPPING.replace("label: title", "do: trimm, label: titel").replace("日付_d: 日付", "日付_d: {form: 日付}")
    (folder / "wrong.yaml").write_text(text + "checks: [nosuch]\n", encoding="utf-8")
    with pytest.raises(convert.MappingError) as caught:
        convert.load_mapping("wrong.yaml")
    findings = caught.value.findings
    assert {"MAP-TRANSFORM", "JPS-LABEL", "MAP-KEY", "MAP-CHECK"} <= {finding.code for finding in findings}
    places = [(finding.at.line, finding.at.column) for finding in findings]
    assert places == sorted(places, key=lambda place: (place[0] or 0, place[1] or 0))
    assert all(finding.at.source == "wrong.yaml" for finding in findings)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: convert.load_mapping("nosuch"), convert.UnknownName),
        (lambda: convert.read("small.csv", "cvs"), convert.UnknownName),
        (lambda: convert.read("small.csv", "csv", encodign="utf-8"), convert.UnknownName),
        (lambda: convert.read("small.csv", "csv", max_record="many"), convert.OptionError),
        (lambda: convert.read("nosuch.csv", "csv"), convert.UsageError),
        (lambda: convert.read("small.csv", "csv").selector("nosuch"), convert.PathError),
        (lambda: convert.check("small.csv", "cvs"), convert.UnknownName),
        (lambda: convert.check([], "csv"), convert.UsageError),
        (lambda: convert.Job("small.yaml").run([], None), convert.UsageError),
        (lambda: convert.Job("small.yaml").run("small.csv", "small.csv"), convert.UsageError),
        (lambda: convert.Job("small.yaml", profile="nosuch").run("small.csv", None), convert.UnknownName),
        (lambda: convert.Job("small.yaml").run("small.csv", None, ["r.docx"]), convert.UnknownName),
        (lambda: convert.convert(convert.read(b"x,y\n", "csv"), "small.yaml"), convert.MappingError),
    ],
)
def test_calls_that_cannot_be_carried_out(call: object, error: type[Exception]) -> None:
    assert callable(call)
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, convert.MokurokuError)
    assert str(caught.value)


def test_every_error_of_the_library_has_one_base() -> None:
    errors = [
        thing
        for name in convert.__all__
        if inspect.isclass(thing := getattr(convert, name)) and issubclass(thing, Exception)
    ]
    assert all(issubclass(error, convert.MokurokuError) for error in errors)
    assert issubclass(convert.Interrupted, KeyboardInterrupt)
