"""Profiles: what they may say, every fault of them at its place, and what they change."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

import convert
from convert.check.issue import Severity
from convert.check.profile_schema import schema
from convert.check.profiles import Profile, load_profile, shipped
from convert.errors import ProfileError, UnknownName, UsageError
from convert.messages import catalogue
from convert.resources import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

TODAY = date(2026, 11, 21)


def profile(folder: Path, text: str, today: date = TODAY) -> Profile:
    (folder / "our.yaml").write_text(text, "utf-8")
    return load_profile(str(folder / "our.yaml"), today)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_shipped_profiles_load(name: str) -> None:
    assert load_profile(name).name == name


def test_draft_changes_nothing() -> None:
    draft = load_profile("draft", TODAY)
    assert draft == Profile("draft", today=TODAY)


def test_submission_never_lowers() -> None:
    for code, severity in load_profile("submission").severities.items():
        assert severity >= catalogue().entry(code).severity, code


def test_submission_looks_at_the_whole() -> None:
    assert "titles" in load_profile("submission").checks


def test_an_unknown_name_is_told_with_a_near_one() -> None:
    with pytest.raises(UnknownName) as caught:
        load_profile("submision")
    assert caught.value.suggestion == "submission"


WHOLE = """\
# ours
profile: 1
title: 架空博物館の提出前の点検
extends: submission
checks: [titles, urls]
severities: {DSET-ID-MEET: warning, JPS-ID-HYPHEN: off}
thresholds:
  titles: {share: 5%, records: 1_000}
required: [作品名_s]
roles: {title: 作品名_s, url: [画像URL_u, 内容URL_u]}
accepted:
  - {code: DSET-TITLE-FREQUENT, field: 作品名_s, reason: 無題の写真, until: 2027-03-31}
  - {code: JPS-DATE, record: K0007, field: 受入日, reason: 調査中, until: 2026-11-21}
  - {code: JPS-DATE, record: K0008, reason: 調査中, until: 2026-11-20}
"""


def test_everything_a_profile_may_say(tmp_path: Path) -> None:
    found = profile(tmp_path, WHOLE)
    assert found.checks == ("titles", "urls")
    assert found.severities == {**load_profile("submission").severities, "DSET-ID-MEET": Severity.WARNING}
    assert found.off == {"JPS-ID-HYPHEN"}
    assert found.thresholds == {"titles": {"share": 0.05, "records": 1000}}
    assert found.required == ("作品名_s",)
    assert found.roles == {"title": ("作品名_s",), "url": ("画像URL_u", "内容URL_u")}
    assert [(waiver.code, waiver.record) for waiver in found.waivers] == [
        ("DSET-TITLE-FREQUENT", None),
        ("JPS-DATE", "K0007"),
    ]
    (expired,) = found.issues
    assert (expired.code, expired.at.line, expired.at.column) == ("DSET-WAIVER-EXPIRED", 14, 5)


FATAL = "SRC-EMPTY"
FAULTS: list[Any] = [
    ("PRF-YAML", "profile: 1\nchecks: [\n", (2, 9)),
    ("PRF-YAML", "profile: 1\nprofile: 1", (2, 1)),
    ("PRF-YAML", "required: [&x a, *x]", (1, 12)),
    ("PRF-SHAPE", "- 1", (1, 1)),
    ("PRF-SHAPE", "profile: 2", (1, 10)),
    ("PRF-SHAPE", "title: []", (1, 8)),
    ("PRF-SHAPE", "checks: some", (1, 9)),
    ("PRF-SHAPE", "severities: 1", (1, 13)),
    ("PRF-SHAPE", "accepted: {}", (1, 11)),
    ("PRF-SHAPE", "accepted: [x]", (1, 12)),
    ("PRF-SHAPE", "required: [{}]", (1, 12)),
    ("PRF-KEY", "severites: {}", (1, 1)),
    ("PRF-KEY", "thresholds: {title: {}}", (1, 14)),
    ("PRF-KEY", "thresholds: {titles: {shar: 1}}", (1, 23)),
    ("PRF-KEY", "roles: {titel: x}", (1, 9)),
    ("PRF-NAME", "extends: draf", (1, 10)),
    ("PRF-NAME", "checks: [title]", (1, 10)),
    ("PRF-NAME", "severities: {DSET-ID-MEET: eror}", (1, 28)),
    ("PRF-CODE", "severities: {DSET-ID-MEAT: error}", (1, 14)),
    ("PRF-FIXED", f"severities: {{{FATAL}: error}}", (1, 14)),
    ("PRF-LOSES", "severities: {JPS-REQUIRED: off}", (1, 28)),
    ("PRF-NUMBER", "thresholds: {titles: {share: 120%}}", (1, 30)),
    ("PRF-NUMBER", "thresholds: {titles: {records: 5%}}", (1, 32)),
    ("PRF-NUMBER", "thresholds: {titles: {records: 1e9}}", (1, 32)),
    ("PRF-NUMBER", "thresholds: {titles: {records: []}}", (1, 32)),
    ("PRF-MISSING", "accepted: [{code: JPS-DATE, record: a, until: 2027-01-01}]", (1, 12)),
    ("PRF-MISSING", "accepted: [{code: JPS-DATE, reason: a, until: 2027-01-01}]", (1, 12)),
    ("PRF-DAY", "accepted: [{code: JPS-DATE, record: a, reason: b, until: 2027-02-30}]", (1, 58)),
    ("PRF-CODE", "accepted: [{code: X, record: a, reason: b, until: 2027-02-03}]", (1, 19)),
    ("PRF-FIXED", f"accepted: [{{code: {FATAL}, record: a, reason: b, until: 2027-02-03}}]", (1, 19)),
    ("PRF-KEY", "accepted: [{code: JPS-DATE, recrd: a, record: a, reason: b, until: 2027-02-03}]", (1, 29)),
]


@pytest.mark.parametrize(("code", "text", "place"), FAULTS)
def test_fault(code: str, text: str, place: tuple[int, int], tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, text)
    (issue,) = caught.value.findings
    assert (issue.code, issue.at.line, issue.at.column) == (code, *place)
    says_all(issue)


def test_near_names_are_told(tmp_path: Path) -> None:
    text = "severites: {}\nextends: draf\nchecks: [title]\nseverities: {DSET-ID-MEAT: error, DSET-ID-MEET: eror}\n"
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, text)
    assert [issue.suggestion for issue in caught.value.findings] == [
        "severities", "draft", "titles", "DSET-ID-MEET", "error",
    ]  # fmt: skip


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        load_profile(str(tmp_path / "absent.yaml"))


# ── The schema, for editors ──────────────────────────────────────────────────────────────────────


def test_the_schema_is_the_one_that_is_made() -> None:
    assert json.loads(find("schemas/profile.schema.json").read_text("utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


def _valid(text: str) -> bool:
    found: bool = jsonschema.Draft202012Validator(schema()).is_valid(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506
    return found


@pytest.mark.parametrize("text", [WHOLE, *(path.read_text("utf-8") for path in shipped().values())])
def test_the_schema_takes_what_is_right(text: str) -> None:
    assert _valid(text)


@pytest.mark.parametrize(
    "text", [text for code, text, _ in FAULTS if code not in ("PRF-YAML", "PRF-FIXED", "PRF-LOSES")]
)
def test_the_schema_refuses_what_is_wrong(text: str) -> None:
    loose = ("120%", "5%", "2027-02-30")
    assert not _valid(text) or any(word in text for word in loose)


# ── What they change ─────────────────────────────────────────────────────────────────────────────

MAPPING = """
mapping: 1
id: test
source: {format: csv}
target: {format: jsonl}
record: {id: ID}
fields: {日付: {from: 日付, do: w3cdtf}}
"""


def run(folder: Path, text: str, **more: Any) -> tuple[convert.Report, list[dict[str, Any]]]:
    (folder / "our.yaml").write_text(text, "utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    (folder / "in.csv").write_text("ID,日付\na,不明\nb,2026-01-01\nc,不詳\n", "utf-8")
    job = convert.Job(folder / "mapping.yaml", profile=str(folder / "our.yaml"), **more)
    report = job.run(folder / "in.csv", None, [folder / "qa.jsonl"])
    return report, [json.loads(line) for line in (folder / "qa.jsonl").read_text("utf-8").splitlines()]


def test_accepted_issues_stay_visible_and_fail_nothing(tmp_path: Path, pool: Executor) -> None:
    text = (
        "severities: {MAP-NO-VALUE: error}\n"
        "accepted: [{code: MAP-NO-VALUE, record: a, reason: 調査中, until: 2999-12-31}]\n"
    )
    report, lines = run(tmp_path, text)
    sharded, others = run(tmp_path, text, jobs=2, shard_bytes=1, executor=pool)
    assert (sharded.tally, others) == (report.tally, lines)
    assert report.exit_code == 1
    assert [(line["record"], line["severity"], line["waived"]) for line in lines] == [
        ("a", "notice", "調査中"),
        ("c", "error", None),
    ]
    found = [
        (code["severity"], code["default_severity"], code["instances"], code["waived"])
        for code in report.to_dict()["codes"]
    ]
    assert found == [("error", "warning", 1, False), ("notice", "warning", 1, True)]
    assert report.to_dict()["waived"] == {"MAP-NO-VALUE": 1}
    assert report.tally.instances() == 1


def test_what_is_wholly_accepted_passes(tmp_path: Path) -> None:
    text = "accepted: [{code: MAP-NO-VALUE, field: 日付, reason: 調査中, until: 2999-12-31}]\n"
    report, lines = run(tmp_path, text, fail_on="notice")
    assert (report.exit_code, len(lines)) == (0, 2)


def test_an_expired_and_an_unused_entry_are_told(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    text = (
        "accepted:\n  - {code: MAP-NO-VALUE, field: 日付, reason: 調査中, until: 2020-12-31}\n"
        "  - {code: JPS-DATE, field: 日付, reason: 調査中, until: 2999-12-31}\n"
    )
    report, lines = run(tmp_path, text)
    assert [(line["code"], line["source"].get("line")) for line in lines] == [
        ("DSET-WAIVER-EXPIRED", 2), ("MAP-NO-VALUE", 2), ("MAP-NO-VALUE", 4), ("DSET-WAIVER-UNUSED", 3),
    ]  # fmt: skip
    for issue in report.issues:
        if issue.code.startswith("DSET"):
            says_all(issue)


def test_off_is_not_told_but_counted(tmp_path: Path) -> None:
    report, lines = run(tmp_path, "severities: {MAP-NO-VALUE: notice}\n")
    assert len(lines) == 2
    report, lines = run(tmp_path, "severities: {JPS-ID-HYPHEN: off}\n")
    assert (len(lines), report.to_dict()["off"]) == (2, {})
    (tmp_path / "in.csv").write_text("ID,日付\na,2026-01-01\n\nb,2026-01-01\n", "utf-8")
    (tmp_path / "our.yaml").write_text("severities: {SRC-EMPTY-ROW: off}\n", "utf-8")
    report = convert.Job(tmp_path / "mapping.yaml", profile=str(tmp_path / "our.yaml")).run(tmp_path / "in.csv", None)
    assert (report.tally.instances(), report.to_dict()["off"]) == (0, {"SRC-EMPTY-ROW": 1})


def test_check_takes_a_profile_too(tmp_path: Path) -> None:
    rows = "".join(f"{n},写真,{n}\n" for n in range(50))
    (tmp_path / "in.csv").write_text("ID,名称,数\n" + rows, "utf-8")
    (tmp_path / "our.yaml").write_text(
        "checks: all\nroles: {title: 名称}\naccepted:\n"
        "  - {code: DSET-FIELD-CONSTANT, field: 名称, reason: 試験, until: 2999-01-01}\n",
        "utf-8",
    )
    report = convert.check(tmp_path / "in.csv", "csv", profile=str(tmp_path / "our.yaml"))
    found = {(issue.code, issue.waived, issue.at.cell) for issue in report.issues if issue.at.row == 2}
    assert found == {("DSET-TITLE-FREQUENT", None, "B2"), ("DSET-FIELD-CONSTANT", "試験", "B2")}
