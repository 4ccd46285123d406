"""Every command as a user runs it: exit codes, languages, JSON, and what is (not) written."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

HEADER = "番号,名前,日付,公開\n"
LEVELS = ["notice", "warning", "error", "fatal"]
FILES = {
    None: HEADER + "A1,架空像,2026-03-31,公開\n",
    "notice": HEADER + "A1,架空像,2026-03-31,公開\n,,,\nA2,例示皿,2026-03-31,公開\n",
    "warning": HEADER + "A1,架空像,いつか,公開\n",
    "error": HEADER + "A1,架空像,2026-03-31\n",
    "fatal": HEADER.replace("名前", 'あ"名前') + "A1,架空像,2026-03-31,公開\n",
}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ── Exit codes ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("found", [None, "notice", "warning", "error"])
@pytest.mark.parametrize("fail_on", LEVELS)
def test_exit_code_says_whether_anything_reached_the_level(
    found: str | None, fail_on: str, cli: Run, folder: Path
) -> None:
    (folder / "in.csv").write_text(FILES[found], encoding="utf-8")
    done = cli("convert", "small.yaml", "in.csv", "-o", "out.jsonl", "--fail-on", fail_on, "--json")
    reached = found is not None and LEVELS.index(found) >= LEVELS.index(fail_on)
    assert done.returncode == int(reached)
    report = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    assert report["verdict"] == ("fail" if reached else "pass-with-issues" if found else "pass")
    assert report["complete"] is True
    assert (folder / "out.jsonl").is_file()


@pytest.mark.parametrize("fail_on", LEVELS)
def test_fatal_header_writes_nothing_but_the_report(fail_on: str, cli: Run, folder: Path) -> None:
    (folder / "in.csv").write_text(FILES["fatal"], encoding="utf-8")
    before = names(folder)
    done = cli("convert", "small.yaml", "in.csv", "-o", "out.jsonl", "--report", "r.json", "--fail-on", fail_on)
    assert done.returncode == 3
    assert names(folder) - before == {"r.json"}
    report = json.loads((folder / "r.json").read_bytes())
    assert report["complete"] is False
    assert report["incomplete_reason"] == "fatal"
    assert report["codes"][0]["severity"] == "fatal"


def test_limit_is_incomplete_only_when_records_were_left_out(cli: Run, folder: Path) -> None:
    done = cli("convert", "small.yaml", "small.csv", "-o", "two.jsonl", "--limit", "2", "--report", "two.json")
    assert done.returncode == 3
    report = json.loads((folder / "two.json").read_bytes())
    assert report["complete"] is False
    assert report["incomplete_reason"] == "limit"
    assert report["counts"]["read"] == 2
    assert json.loads((folder / "two.jsonl.manifest.json").read_bytes())["complete"] is False
    assert cli("convert", "small.yaml", "small.csv", "-o", "all.jsonl", "--limit", "3").returncode == 0


def test_only_says_that_the_rest_was_left_out(cli: Run, folder: Path) -> None:
    done = cli("convert", "small.yaml", "small.csv", "-o", "one.jsonl", "--only", "A2")
    assert done.returncode == 3
    lines = (folder / "one.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["example_museum-A2"]


USAGE = {
    "no-arguments": ["convert"],
    "no-input": ["convert", "small.yaml"],
    "unknown-command": ["konvert", "small.yaml"],
    "unknown-flag": ["convert", "small.yaml", "small.csv", "--nonsense"],
    "unknown-mapping": ["convert", "museum/csv-to-japansaerch", "small.csv", "-o", "o"],
    "empty-mapping-name": ["convert", "", "small.csv", "-o", "o"],
    "mapping-is-folder": ["convert", ".", "small.csv", "-o", "o"],
    "missing-input": ["convert", "small.yaml", "nosuch.csv", "-o", "o"],
    "empty-input-name": ["convert", "small.yaml", "", "-o", "o"],
    "no-input-fits": ["convert", "small.yaml", "*.tsv", "-o", "o"],
    "input-in-no-archive": ["convert", "small.yaml", "small.csv/a.csv", "-o", "o"],
    "input-twice": ["convert", "small.yaml", "small.csv", "small.csv", "-o", "o"],
    "input-twice-otherwise-spelt": ["convert", "small.yaml", "./small.csv", "small.csv", "-o", "o"],
    "stdin-twice": ["convert", "small.yaml", "-", "-", "-o", "o"],
    "output-is-folder": ["convert", "small.yaml", "small.csv", "-o", "."],
    "output-is-input": ["convert", "small.yaml", "small.csv", "-o", "small.csv"],
    "output-is-input-otherwise-spelt": ["convert", "small.yaml", "small.csv", "-o", "../仕事 場/small.csv"],
    "output-is-mapping": ["convert", "small.yaml", "small.csv", "-o", "small.yaml"],
    "output-below-file": ["convert", "small.yaml", "small.csv", "-o", "small.csv/out.jsonl"],
    "report-is-output": ["convert", "small.yaml", "small.csv", "-o", "o.json", "--report", "o.json"],
    "report-is-input": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "small.csv"],
    "report-twice": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "r.json", "--report", "r.json"],
    "report-is-manifest": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "o.manifest.json"],
    "report-is-label-file": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "o.labels.csv"],
    "unused-variable": ["convert", "small.yaml", "small.csv", "-o", "o", "--var", "stie=https://x.example"],
    "report-suffix": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "r.jsonn"],
    "report-no-suffix": ["convert", "small.yaml", "small.csv", "-o", "o", "--report", "r"],
    "second-report-suffix": ["convert", "small.yaml", "small.csv", "--report", "r.json", "--report", "r.docx"],
    "not-key-value": ["convert", "small.yaml", "small.csv", "-o", "o", "-r", "encoding"],
    "empty-key": ["convert", "small.yaml", "small.csv", "-o", "o", "-w", "=x"],
    "reader-option": ["convert", "small.yaml", "small.csv", "-o", "o", "-r", "encodign=utf-8"],
    "reader-value": ["convert", "small.yaml", "small.csv", "-o", "o", "-r", "encoding=klingon"],
    "writer-option": ["convert", "small.yaml", "small.csv", "-o", "o", "-w", "splitt=1MB"],
    "writer-value": ["convert", "small.yaml", "small.csv", "-o", "o", "-w", "split=many"],
    "profile": ["convert", "small.yaml", "small.csv", "-o", "o", "--profile", "submision"],
    "profile-file": ["convert", "small.yaml", "small.csv", "-o", "o", "--profile", "nosuch.yaml"],
    "profile-not-yaml": ["convert", "small.yaml", "small.csv", "-o", "o", "--profile", "bad-profile.yaml"],
    "jobs": ["convert", "small.yaml", "small.csv", "-o", "o", "--jobs", "0"],
    "limit": ["convert", "small.yaml", "small.csv", "-o", "o", "--limit", "0"],
    "fail-on": ["convert", "small.yaml", "small.csv", "-o", "o", "--fail-on", "never"],
    "lang": ["convert", "small.yaml", "small.csv", "-o", "o", "--lang", "fr"],
    "wrong-mapping": ["convert", "wrong.yaml", "small.csv", "-o", "o", "--report", "r.json"],
    "missing-column": ["convert", "column.yaml", "small.csv", "-o", "o", "--report", "r.jsonl"],
    "check-format": ["check", "small.csv", "--format", "cvs"],
    "check-no-format": ["check", "small.csv"],
    "check-missing-input": ["check", "nosuch.csv", "--format", "csv", "--report", "r.json"],
    "check-option": ["check", "small.csv", "--format", "csv", "-r", "nonsense=1"],
    "explain-no-input": ["mapping", "explain", "small.yaml", "--record", "1"],
    "explain-no-record": ["mapping", "explain", "small.yaml", "small.csv", "--record", "99"],
    "explain-no-id": ["mapping", "explain", "small.yaml", "small.csv", "--only", "A99"],
    "explain-missing-input": ["mapping", "explain", "small.yaml", "nosuch.csv", "--record", "1"],
    "explain-missing-column": ["mapping", "explain", "column.yaml", "small.csv", "--record", "1"],
    "explain-wrong-mapping": ["mapping", "explain", "wrong.yaml"],
    "mapping-check-wrong": ["mapping", "check", "wrong.yaml"],
    "mapping-check-missing-column": ["mapping", "check", "column.yaml", "small.csv"],
    "mapping-check-missing-input": ["mapping", "check", "small.yaml", "nosuch.csv"],
    "codes": ["codes", "JPS-DTE"],
    "formats": ["formats", "cvs"],
}

WRONG = """\
mapping: 1
id: wrong
source: {format: csv, encodign: utf-8}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: 番号}
fields:
  名前_s: {from: 名前, do: trimm, label: titel}
  日付_d: {from: 日付, lookup: no}
  日付_d: 日付
  common.linkUrl: {template: "{$site}/item/{$id}"}
checks: [nosuch]
"""


@pytest.fixture
def faulty(folder: Path) -> Path:
    """The folder with mappings and a profile that cannot be used, too."""
    (folder / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    good = (folder / "small.yaml").read_text(encoding="utf-8")
    column = good.replace("from: 名前", "from: 名まえ").replace("日付_d: 日付", "日付_d: 日づけ")
    (folder / "column.yaml").write_text(column, encoding="utf-8")
    (folder / "bad-profile.yaml").write_text("severities: [", encoding="utf-8")
    return folder


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_usage_errors_say_why_and_write_nothing(arguments: list[str], cli: Run, faulty: Path) -> None:
    before = {path: path.read_bytes() for path in faulty.iterdir()}
    done = cli(*arguments)
    assert done.returncode == 2
    assert done.stderr.strip() or done.stdout.strip()
    assert {path: path.read_bytes() for path in faulty.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["codes", "JPS-DTE"], "JPS-DATE"),
        (["formats", "japansaerch"], "japansearch"),
        (["check", "small.csv", "--format", "cvs"], "csv"),
        (["convert", "museum/csv-to-japansaerch", "small.csv"], "museum/csv-to-japansearch"),
        (["convert", "small.yaml", "small.csv", "--profile", "submision"], "submission"),
        (["convert", "small.yaml", "small.csv", "--report", "r.jsn"], "json"),
        (["convert", "small.yaml", "small.csv", "-r", "encodign=utf-8"], "encoding"),
        (["check", "small.csv", "--format", "csv", "-r", "encodign=utf-8"], "encoding"),
    ],
)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_unknown_names_bring_the_near_one(arguments: list[str], near: str, lang: str, cli: Run) -> None:
    done = cli(*arguments, "--lang", lang)
    assert done.returncode == 2
    assert near in done.stderr
    assert ("did you mean" in done.stderr) == (lang == "en") or "MAP-" in done.stderr


@pytest.mark.parametrize("command", [["convert", "wrong.yaml", "small.csv", "-o", "o"], ["mapping", "explain"]])
def test_every_finding_is_shown_at_once_with_its_place(command: list[str], cli: Run, faulty: Path) -> None:
    done = cli(*command, *([] if "wrong.yaml" in command else ["wrong.yaml"]), "--lang", "en")
    assert done.returncode == 2
    for line, code, near in (
        (3, "MAP-OPTION-NAME", "encoding"),
        (7, "MAP-TRANSFORM", "trim"),
        (7, "JPS-LABEL", "title"),
        (8, "MAP-KEY", "lookup"),
        (9, "MAP-KEY-DOUBLE", "日付_d"),
        (10, "MAP-VAR", "site"),
        (11, "MAP-CHECK", "nosuch"),
    ):
        assert any(text.startswith(f"wrong.yaml:{line}:") and code in text for text in done.stderr.splitlines()), code
        assert near in done.stderr


def test_every_missing_column_of_every_input_is_shown(cli: Run, faulty: Path) -> None:
    (faulty / "other.csv").write_text("番号,名まえ\nB1,x\n", encoding="utf-8")
    done = cli("convert", "column.yaml", "small.csv", "other.csv", "-o", "o")
    assert done.returncode == 2
    assert done.stderr.count("MAP-PATH-UNKNOWN") >= 3
    assert "名前" in done.stderr


# ── Languages and JSON ───────────────────────────────────────────────────────────────────────────

COMMANDS = {
    "convert": ["convert", "small.yaml", "small.csv"],
    "check": ["check", "small.csv", "--format", "csv"],
    "mapping-check": ["mapping", "check", "small.yaml", "small.csv"],
    "codes": ["codes"],
    "code": ["codes", "JPS-DATE"],
    "formats": ["formats"],
    "format": ["formats", "csv"],
    "mappings": ["mappings"],
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("arguments", [*COMMANDS.values(), ["mapping", "explain", "small.yaml"]])
def test_every_command_speaks_both_languages(arguments: list[str], lang: str, cli: Run) -> None:
    done = cli(*arguments, "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert not done.stderr
    assert cli(*arguments, MOKUROKU_LANG=lang).stdout == done.stdout


@pytest.mark.parametrize("arguments", [["convert", "small.yaml", "small.csv"], ["codes", "JPS-DATE"], ["formats"]])
def test_the_languages_differ(arguments: list[str], cli: Run) -> None:
    assert cli(*arguments, "--lang", "ja").stdout != cli(*arguments, "--lang", "en").stdout


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_json_is_json_and_nothing_else(arguments: list[str], cli: Run) -> None:
    ja, en = (cli(*arguments, "--json", "--lang", lang) for lang in ("ja", "en"))
    assert ja.returncode == 0
    assert json.loads(ja.stdout) == json.loads(en.stdout)


def test_json_of_a_wrong_mapping_holds_every_finding(cli: Run, faulty: Path) -> None:
    done = cli("mapping", "check", "wrong.yaml", "--json")
    assert done.returncode == 2
    found = {issue["code"]: issue for issue in json.loads(done.stdout)}
    assert {"MAP-TRANSFORM", "MAP-KEY", "MAP-KEY-DOUBLE", "MAP-VAR", "MAP-CHECK", "JPS-LABEL"} <= set(found)
    assert found["MAP-TRANSFORM"]["source"] == {"file": "wrong.yaml", "line": 7, "column": 24}
    assert found["MAP-TRANSFORM"]["suggestion"] == "trim"


@pytest.mark.parametrize("command", [[], ["convert"], ["check"], ["mapping"], ["mapping", "explain"], ["codes"]])
def test_help_is_there_for_every_command(command: list[str], cli: Run) -> None:
    done = cli(*command, "--help")
    assert done.returncode == 0
    assert "Usage: mokuroku" in done.stdout


# ── The single commands ──────────────────────────────────────────────────────────────────────────


def test_convert_writes_output_labels_manifest_and_every_report(cli: Run, folder: Path) -> None:
    before = names(folder)
    reports = [f"r.{suffix}" for suffix in ("json", "jsonl", "csv", "txt")]
    flags = [text for name in reports for text in ("--report", name)]
    done = cli("convert", "small.yaml", "small.csv", "-o", "new/out.jsonl", *flags)
    assert done.returncode == 0
    assert names(folder) - before == {"new", *reports}
    assert names(folder / "new") == {"out.jsonl", "out.jsonl.labels.csv", "out.jsonl.manifest.json"}
    report = json.loads((folder / "r.json").read_bytes())
    counts = report["counts"]
    assert counts == {"read": 3, "written": 2, "skipped": 1, "deleted": 0, "rejected": 0, "broken": 0}
    assert report["outputs"][0]["name"] == os.path.join("new", "out.jsonl")  # noqa: PTH118 - as it is shown
    (issue,) = [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert issue["code"] == "JPS-DATE"
    assert issue["source"] == {"file": "small.csv", "line": 3, "column": 3, "cell": "C3", "field": "日付"}
    assert issue["value"] == "いつか"
    manifest = json.loads((folder / "new" / "out.jsonl.manifest.json").read_bytes())
    assert manifest["counts"] == counts
    assert manifest["mapping"]["id"] == "small"
    assert manifest["outputs"] == report["outputs"]


def test_without_output_nothing_is_written(cli: Run, folder: Path) -> None:
    before = names(folder)
    done = cli("convert", "small.yaml", "small.csv")
    assert done.returncode == 0
    assert "JPS-DATE" in done.stdout
    assert names(folder) == before


def test_a_run_replaces_the_older_output_only_when_it_succeeds(cli: Run, folder: Path) -> None:
    out = folder / "out.jsonl"
    out.write_text("old", encoding="utf-8")
    (folder / "in.csv").write_text(FILES["fatal"], encoding="utf-8")
    assert cli("convert", "small.yaml", "in.csv", "-o", out).returncode == 3
    assert out.read_text(encoding="utf-8") == "old"
    assert cli("convert", "small.yaml", "small.csv", "-o", out).returncode == 0
    assert out.read_text(encoding="utf-8").startswith("{")


def test_several_inputs_keep_their_own_places(cli: Run, folder: Path) -> None:
    (folder / "more.csv").write_text(
        HEADER + "B1,例示箱,だいたい昭和,公開\nA1,架空像,2026-03-31,公開\n", encoding="utf-8"
    )
    done = cli("convert", "small.yaml", "small.csv", "more.csv", "-o", "o.jsonl", "--report", "r.jsonl", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [entry["records"] for entry in report["inputs"]] == [3, 2]
    found = [json.loads(line) for line in (folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    places = [(issue["code"], issue["source"]["file"], issue["source"]["cell"], issue["ordinal"]) for issue in found]
    assert places == [
        ("JPS-DATE", "small.csv", "C3", 2),
        ("JPS-DATE", "more.csv", "C2", 4),
        ("DSET-ID-DUPLICATE", "more.csv", "A3", 5),
    ]


def test_options_of_the_command_line_reach_reader_writer_and_variables(cli: Run, folder: Path) -> None:
    text = (folder / "small.csv").read_text(encoding="utf-8").replace(",", ";")
    (folder / "sjis.csv").write_text(text, encoding="cp932")
    arguments = ["-r", "encoding=cp932", "-r", "delimiter=;", "-w", "split=600B", "--var", "site=https://x.example"]
    done = cli("convert", "small.yaml", "sjis.csv", "-o", "o.jsonl", *arguments)
    assert done.returncode == 0, done.stderr
    first, second = ((folder / f"o-00{number}.jsonl").read_text(encoding="utf-8") for number in (1, 2))
    assert "架空太郎像" in first
    assert "https://x.example/item/A2" in second


def test_quiet_prints_nothing(cli: Run) -> None:
    done = cli("convert", "small.yaml", "small.csv", "-o", "o.jsonl", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_profile_changes_the_verdict(cli: Run, folder: Path) -> None:
    (folder / "strict.yaml").write_text("severities: {JPS-DATE: error}\n", encoding="utf-8")
    assert cli("convert", "small.yaml", "small.csv").returncode == 0
    assert cli("convert", "small.yaml", "small.csv", "--profile", "strict.yaml").returncode == 1


def test_check_of_what_convert_wrote(cli: Run, folder: Path) -> None:
    assert cli("convert", "small.yaml", "small.csv", "-o", "o.jsonl").returncode == 0
    done = cli("check", "o.jsonl", "--format", "japansearch", "--report", "r.json", "--json")
    assert json.loads(done.stdout)["counts"]["read"] == 2
    assert json.loads((folder / "r.json").read_bytes())["command"] == "check"
    broken = (folder / "o.jsonl").read_bytes().replace(b'"id":"example_museum-A1"', b'"id":"example_museum-A2"')
    (folder / "b.jsonl").write_bytes(broken + b"{\n")
    done = cli("check", "b.jsonl", "--format", "japansearch", "--json")
    assert done.returncode == 1
    codes = {code["code"] for code in json.loads(done.stdout)["codes"]}
    assert {"DSET-ID-DUPLICATE", "SRC-JSON"} <= codes


def test_check_limit_is_incomplete(cli: Run) -> None:
    done = cli("check", "small.csv", "--format", "csv", "--limit", "1", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["incomplete_reason"] == "limit"


def test_explain_in_words(cli: Run) -> None:
    ja, en = (cli("mapping", "explain", "small.yaml", "--lang", lang).stdout for lang in ("ja", "en"))
    for text in (ja, en):
        for word in ("名前_s", "trim", "title", "日付_d", "common.linkUrl", "small.yaml:12", "非公開", "番号"):
            assert word in text
    assert ja != en


@pytest.mark.parametrize("which", [["--record", "2"], ["--only", "A2"]])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_explain_follows_one_record(which: list[str], lang: str, cli: Run) -> None:
    done = cli("mapping", "explain", "small.yaml", "small.csv", *which, "--lang", lang)
    assert done.returncode == 0
    for word in ("small.csv:3", "A2", "例示皿", "B3", "いつか", "JPS-DATE", "https://museum.example.jp/item/A2"):
        assert word in done.stdout
    assert "架空太郎像" not in done.stdout


def test_explain_tells_of_skipped_and_broken_records(cli: Run, folder: Path) -> None:
    assert "skipped" in cli("mapping", "explain", "small.yaml", "small.csv", "--record", "3").stdout
    (folder / "in.csv").write_text(FILES["error"], encoding="utf-8")
    done = cli("mapping", "explain", "small.yaml", "in.csv", "--record", "1")
    assert "broken" in done.stdout
    assert "SRC-CSV-FIELDS" in done.stdout


def test_explain_code_is_python(cli: Run) -> None:
    done = cli("mapping", "explain", "small.yaml", "small.csv", "--code")
    assert done.returncode == 0
    compile(done.stdout, "plan", "exec")
    assert "small.yaml:12" in done.stdout


def test_explain_of_a_fatal_header(cli: Run, folder: Path) -> None:
    (folder / "in.csv").write_text(FILES["fatal"], encoding="utf-8")
    assert cli("mapping", "explain", "small.yaml", "in.csv", "--record", "1").returncode == 3
    assert cli("mapping", "check", "small.yaml", "in.csv").returncode == 2


def test_codes_tell_meaning_hint_basis_and_source(cli: Run) -> None:
    (entry,) = json.loads(cli("codes", "JPS-DATE", "--json").stdout)
    assert entry["code"] == "JPS-DATE"
    for lang in ("ja", "en"):
        text = cli("codes", "JPS-DATE", "--lang", lang).stdout
        assert entry["hint"][lang] in text
        assert entry["reference"] in text
        assert entry["basis"] in text
    everything = json.loads(cli("codes", "--json").stdout)
    assert {"SRC-ENCODING", "MAP-REQUIRED", "JPS-DATE", "DSET-ID-DUPLICATE"} <= {item["code"] for item in everything}


def test_formats_tell_their_options(cli: Run) -> None:
    text = cli("formats", "csv", "--lang", "en").stdout
    for word in ("-r encoding", "-r delimiter", "-r max_record"):
        assert word in text
    (entry,) = json.loads(cli("formats", "japansearch", "--json").stdout)
    assert entry["target"] is True
    assert "database" in {option["name"] for option in entry["write_options"]}


def test_mappings_that_are_shipped_can_be_loaded(cli: Run) -> None:
    rows = json.loads(cli("mappings", "--json").stdout)
    assert {"museum/csv-to-japansearch", "museum/jsonl-to-japansearch"} <= {row["id"] for row in rows}
    for row in rows:
        assert cli("mapping", "check", row["id"]).returncode == 0


# ── Nasty input ──────────────────────────────────────────────────────────────────────────────────


def test_the_examples_convert(cli: Run, folder: Path) -> None:
    from pathlib import Path

    examples = Path(__file__).parents[2] / "examples"
    for suffix in ("csv", "jsonl"):
        done = cli(
            "convert", f"museum/{suffix}-to-japansearch", examples / f"museum.{suffix}", "-o", f"{suffix}.out", "--json"
        )
        assert done.returncode == 1, done.stderr
        counts = json.loads(done.stdout)["counts"]
        assert counts["read"] == sum(counts.values()) - counts["read"]
        assert counts["written"] == len((folder / f"{suffix}.out").read_bytes().splitlines())


def test_every_kind_of_unknown_name_has_a_japanese_word() -> None:
    import re
    from pathlib import Path

    from convert.errors import KINDS

    package = Path(__file__).parents[2] / "convert"
    raised = re.compile(r'UnknownName\(\s*"([^"]+)"|_load\(self\.\w+, "([^"]+)"')
    found = {
        name for path in package.rglob("*.py") for pair in raised.findall(path.read_text("utf-8")) for name in pair
    }
    assert {"format", "mapping", "source format"} <= found
    assert found - {""} <= set(KINDS)
