"""The reports for machines that watch: JUnit and SARIF."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml
from lxml import etree

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
from convert.report import sarif as sarif_room
from convert.report import xml as xml_room

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOSTILE = (
    "<script>",
    "]]>",
    "&amp;",
    "=1+1",
    "a\x00\x1b\x0bb",
    "\ud800",
    "\ufffe\uffff",
    "\u202egnp",
    "あ" * 1_000_000,
)


def found(row: int = 2, name: str = "in/museum.csv", **parts: Any) -> Issue:
    at = Location(name, line=row + 3, row=row, column=3, field="受入日")
    known = {"record_id": f"m-{row - 1}", "ordinal": row - 1, "value": "不明", "slots": {"transform": "w3cdtf"}}
    return Issue(parts.pop("code", "MAP-NO-VALUE"), at, **(known | parts))


def written(path: Path, issues: Sequence[Issue], lang: str = "ja", **parts: Any) -> bytes:
    tally = Tally()
    reporter = reporter_named(path.suffix[1:])(path, lang=lang)
    for issue in issues:
        for resolved in tally.add([issue]):
            reporter.issue(resolved)
        tally.count(Outcome.WRITTEN)
    reporter.close(Report(tally, **parts))
    return path.read_bytes()


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:complexType name="told" mixed="true">
    <xs:attribute name="type"/><xs:attribute name="message"/>
  </xs:complexType>
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element name="testsuite" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
      <xs:sequence>
        <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
            <xs:attribute name="name" use="required"/><xs:attribute name="value" use="required"/>
          </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
        <xs:element name="testcase" maxOccurs="unbounded"><xs:complexType>
          <xs:choice minOccurs="0">
            <xs:element name="failure" type="told"/><xs:element name="error" type="told"/>
            <xs:element name="system-out" type="xs:string"/>
          </xs:choice>
          <xs:attribute name="name" use="required"/><xs:attribute name="classname" use="required"/>
          <xs:attribute name="time" type="xs:decimal"/>
        </xs:complexType></xs:element>
      </xs:sequence>
      <xs:attribute name="name" use="required"/><xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    </xs:complexType></xs:element></xs:sequence>
    <xs:attribute name="name"/><xs:attribute name="tests" type="xs:nonNegativeInteger"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger"/>
  </xs:complexType></xs:element>
</xs:schema>"""


def junit(path: Path, issues: Sequence[Issue], lang: str = "ja", **parts: Any) -> JUnitXml:
    document = etree.fromstring(written(path, issues, lang, **parts))
    etree.XMLSchema(etree.fromstring(SCHEMA)).assertValid(document)
    return JUnitXml.fromfile(str(path))


def properties(suite: Any) -> dict[str, str]:
    return {entry.name: entry.value for entry in suite.properties()}


def test_a_test_case_for_each_code_in_each_input(tmp_path: Path) -> None:
    issues = [found(2), found(3), found(2, "b.csv"), found(2, code="MAP-REQUIRED")]
    inputs = [{"name": "in/museum.csv"}, {"name": "b.csv"}, {"name": "c.csv"}]
    suites = junit(tmp_path / "r.xml", issues, inputs=inputs)
    cases = {suite.name: [case.name for case in suite] for suite in suites}
    assert cases == {
        "in/museum.csv": ["MAP-REQUIRED", "MAP-NO-VALUE"],
        "b.csv": ["MAP-NO-VALUE"],
        "c.csv": ["mokuroku"],
    }
    assert (suites.tests, suites.failures, suites.errors) == (4, 1, 0)
    first = properties(next(iter(suites)))
    assert first["instances"] == "3"
    assert (first["code.MAP-NO-VALUE.warning.instances"], first["code.MAP-NO-VALUE.warning.records"]) == ("2", "2")
    assert first["run.effect.dropped.instances"] == "3"
    assert first["run.records.read"] == "4"


@pytest.mark.parametrize(("fail_on", "failures"), [(Severity.WARNING, 2), (Severity.ERROR, 1), (Severity.FATAL, 0)])
def test_what_fails_is_as_bad_as_fail_on(tmp_path: Path, fail_on: Severity, failures: int) -> None:
    issues = [found(2), found(2, code="MAP-REQUIRED")]
    assert junit(tmp_path / "r.xml", issues, fail_on=fail_on).failures == failures


def test_a_failure_says_type_message_places_and_hint(tmp_path: Path) -> None:
    issues = [found(row) for row in range(2, 32)]
    (suite,) = junit(tmp_path / "r.xml", issues, "en", fail_on=Severity.NOTICE)
    (case,) = suite
    (failure,) = case.result
    assert failure.type == "warning"
    assert "'不明' cannot be read by w3cdtf" in failure.message
    assert "effect: dropped  instances: 30  records: 30" in failure.text
    assert "in/museum.csv:5 C2 受入日  m-1" in failure.text
    assert "and 10 more" in failure.text
    assert "Hint: Correct the value" in failure.text


def test_an_incomplete_run_is_an_error(tmp_path: Path) -> None:
    suites = junit(tmp_path / "r.xml", [found(2)], complete=False, incomplete_reason="interrupted")
    assert suites.errors == 1
    text = (tmp_path / "r.xml").read_text(encoding="utf-8")
    assert 'type="interrupted"' in text
    assert "complete: false; read: 1 in/museum.csv:5 C2 受入日" in text


def test_nothing_found_is_a_passed_case(tmp_path: Path) -> None:
    suites = junit(tmp_path / "r.xml", [], inputs=[{"name": "a.csv"}])
    assert (suites.tests, suites.failures, suites.errors) == (1, 0, 0)


def test_too_many_cases_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_room, "CASES", 3)
    suites = junit(tmp_path / "r.xml", [found(2, f"{n}.csv") for n in range(9)])
    assert sum(int(properties(suite)["instances"]) for suite in suites) == 9
    assert suites.tests == 4


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_content_is_well_formed(tmp_path: Path, text: str) -> None:
    issue = found(
        2, text, record_id=text, value=text, slots={"transform": text}, suggestion=text, code=f"X-{text[:50]}"
    )
    junit(tmp_path / "r.xml", [issue], inputs=[{"name": text}])
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", (tmp_path / "r.xml").read_text(encoding="utf-8"))


# ── SARIF ────────────────────────────────────────────────────────────────────────────────────────


def sarif(path: Path, issues: Sequence[Issue], lang: str = "ja", **parts: Any) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(written(path, issues, lang, **parts))
    check_sarif(log)
    (run,) = log["runs"]
    return run


def check_sarif(log: dict[str, Any]) -> None:
    """What SARIF 2.1.0 asks of the parts that are written (§3.13, 3.14, 3.27, 3.28, 3.30)."""
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert result["message"]["text"]
        assert all(result["partialFingerprints"].values())
        for location in result["locations"]:
            physical = location["physicalLocation"]
            check_uri(physical["artifactLocation"]["uri"])
            assert physical.get("region", {"startLine": 1})["startLine"] >= 1
    for artifact in run["artifacts"]:
        check_uri(artifact["location"]["uri"])
    prints = [json.dumps(result["partialFingerprints"]) for result in run["results"]]
    assert len(set(prints)) == len(prints)


def check_uri(uri: str) -> None:
    assert re.fullmatch(r"(?:[\w.~!$&'()*+,;=@/-]|%[0-9A-F]{2})+", uri, re.ASCII), uri
    assert not uri.startswith("/")
    assert ":" not in uri


def test_a_result_points_at_its_line(tmp_path: Path) -> None:
    run = sarif(tmp_path / "r.sarif", [found(2)], inputs=[{"name": "in\\museum.csv", "bytes": 12, "sha256": "ab"}])
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("MAP-NO-VALUE", "warning")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "in/museum.csv"},
        "region": {"startLine": 5},
    }
    facts = {
        "severity": "warning",
        "effect": "dropped",
        "record": "m-1",
        "value": "不明",
        "cell": "C2",
        "field": "受入日",
    }
    assert result["properties"] == facts
    assert run["artifacts"] == [{"location": {"uri": "in/museum.csv"}, "length": 12, "hashes": {"sha-256": "ab"}}]


def test_rules_have_their_help_in_both_languages(tmp_path: Path) -> None:
    (rule,) = sarif(tmp_path / "r.sarif", [found(2), found(3)])["tool"]["driver"]["rules"]
    assert "読み取れない" in rule["help"]["text"]
    assert "cannot be read" in rule["help"]["text"]


def test_messages_are_in_the_language(tmp_path: Path) -> None:
    for lang, said in (("ja", "読み取れない"), ("en", "cannot be read")):
        run = sarif(tmp_path / f"{lang}.sarif", [found(2)], lang)
        assert said in run["results"][0]["message"]["text"]
        assert run["language"] == lang


def test_a_fingerprint_is_stable_when_rows_move(tmp_path: Path) -> None:
    def prints(*issues: Issue) -> list[dict[str, str]]:
        return [result["partialFingerprints"] for result in sarif(tmp_path / "r.sarif", issues)["results"]]

    (one,) = prints(found(2))
    assert prints(found(9, record_id="m-1")) == [one]
    assert prints(found(2, value="不詳")) != [one]
    assert prints(found(2), found(2)) == [one, {"mokuroku/v1": one["mokuroku/v1"].replace(":1", ":2")}]


def test_results_are_capped_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif_room, "RESULTS", 3)
    run = sarif(tmp_path / "r.sarif", [found(n) for n in range(2, 12)], "en")
    assert len(run["results"]) == 3
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "Only the first 3 of 10 findings are here."
    about = run["properties"]
    assert (about["instances"], about["resultsWritten"], about["resultsLeftOut"]) == (10, 3, 7)
    assert about["codes"] == {"MAP-NO-VALUE/warning": {"instances": 10, "records": 10}}
    assert about["effects"]["dropped"] == {"instances": 10, "records": 10}


def test_an_incomplete_run_was_no_success(tmp_path: Path) -> None:
    run = sarif(tmp_path / "r.sarif", [found(2)], complete=False, incomplete_reason="limit")
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "complete: false: --limit で指定した件数まで (in/museum.csv:5 C2 受入日)"
    assert run["properties"]["complete"] is False


def test_a_finding_without_a_place_has_no_region(tmp_path: Path) -> None:
    (result,) = sarif(tmp_path / "r.sarif", [Issue("X-ONE", Location("m.yaml"))])["results"]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "m.yaml"}}}]


@pytest.mark.parametrize("name", ["C:\\台帳\\a b.csv", "/data/a.csv", "<stdin>", "a.zip/b#1.csv", "http://x/y", ""])
def test_names_become_relative_references(tmp_path: Path, name: str) -> None:
    sarif(tmp_path / "r.sarif", [found(2, name)], inputs=[{"name": name}])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_content_is_plain_text(tmp_path: Path, text: str) -> None:
    issue = found(
        2, text, record_id=text, value=text, slots={"transform": text}, suggestion=text, code=f"X-{text[:50]}"
    )
    sarif(tmp_path / "r.sarif", [issue])
    content = (tmp_path / "r.sarif").read_bytes()
    assert len(content) < 100_000
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", content.decode("utf-8"))
