from __future__ import annotations

import pytest

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.report import Report, Tally, issue_dict
from convert.report.report import tool

AT = Location("museum.csv", line=5, column=12, row=4, field="受入日")


def report(*severities: Severity, **parts: object) -> Report:
    tally = Tally()
    for ordinal, severity in enumerate(severities, start=1):
        tally.add([Issue("X-ONE", AT, severity, ordinal=ordinal, record_id=f"m-{ordinal}")])
        tally.count(Outcome.WRITTEN)
    return Report(tally, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severities", "fail_on", "complete", "code", "verdict"),
    [
        ((), Severity.ERROR, True, 0, "pass"),
        ((Severity.WARNING,), Severity.ERROR, True, 0, "pass-with-issues"),
        ((Severity.WARNING,), Severity.WARNING, True, 1, "fail"),
        ((Severity.NOTICE,), Severity.NOTICE, True, 1, "fail"),
        ((Severity.NOTICE, Severity.ERROR), Severity.ERROR, True, 1, "fail"),
        ((Severity.ERROR,), Severity.FATAL, True, 0, "pass-with-issues"),
        ((Severity.FATAL,), Severity.ERROR, True, 3, "incomplete"),
        ((), Severity.ERROR, False, 3, "incomplete"),
        ((Severity.ERROR,), Severity.ERROR, False, 3, "incomplete"),
    ],
)
def test_exit_code_and_verdict(
    severities: tuple[Severity, ...], fail_on: Severity, complete: bool, code: int, verdict: str
) -> None:
    found = report(*severities, fail_on=fail_on, complete=complete)
    assert (found.exit_code, found.verdict) == (code, verdict)


def test_the_json_form_has_the_documented_keys_first() -> None:
    found = report(Severity.ERROR, mapping={"id": "a", "file": "a.yaml", "sha256": None})
    found.tally.miss("rights", "不明")
    form = found.to_dict()
    documented = ["version", "complete", "mapping", "inputs", "outputs", "counts", "codes", "lookup_misses"]
    assert list(form)[: len(documented)] == documented
    assert form["lookup_misses"] == {"rights": {"instances": 1, "values": {"不明": 1}, "other_values": 0}}
    assert form["issues"]["error"] == {"instances": 1, "records": 1}
    assert form["tool"] == tool()
    (code,) = form["codes"]
    assert list(code)[:6] == ["code", "severity", "instances", "records", "fields", "samples"]
    assert code["fields"] == {"受入日": 1}
    assert code["default_severity"] == "error"


def test_the_json_form_of_an_issue() -> None:
    form = issue_dict(Issue("X-ONE", AT, Severity.ERROR, "m-1", 3, "受入日_d", "a.yaml:9:3", "不明", {}, "1975"))
    assert form == {
        "code": "X-ONE",
        "severity": "error",
        "record": "m-1",
        "ordinal": 3,
        "source": {"file": "museum.csv", "line": 5, "column": 12, "cell": "L4", "field": "受入日"},
        "target": "受入日_d",
        "rule": "a.yaml:9:3",
        "value": "不明",
        "message": {"ja": "X-ONE", "en": "X-ONE"},
        "hint": {"ja": "", "en": ""},
        "suggestion": "1975",
        "reference": "",
        "effect": "none",
        "basis": "own",
        "stored": None,
        "waived": None,
    }


def test_an_issue_without_severity_has_the_catalogue_s() -> None:
    assert issue_dict(Issue("DSET-ID-MEET", AT))["severity"] == "error"


def test_counts_issues_and_duplicates() -> None:
    found = report(Severity.NOTICE, Severity.ERROR)
    found.tally.add([Issue("DSET-ID-DUPLICATE", AT, ordinal=2)])
    assert found.counts["read"] == 2
    assert found.duplicates == 1
    assert [issue.ordinal for issue in found.issues] == [1, 2, 2]
