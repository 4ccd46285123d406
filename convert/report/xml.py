"""The ``.xml`` report: JUnit, as continuous integration shows it. One test case for each code in each input.

A test case fails when its code is at or above ``--fail-on``; lesser ones pass and say what was found. Counts are
attributes and properties of the suite. There is no standard; the form keeps to what Jenkins (junit-10.xsd of its xUnit
plugin) and GitLab read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from convert.messages.catalogue import catalogue, visible
from convert.report.draft import Draft
from convert.report.report import tool
from convert.report.text import judgement, stopped_at, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.check.issue import Issue, Severity
    from convert.report.report import Report

PLACES = 20
"""Findings that a test case names."""
CASES = 10_000
"""Test cases (codes in inputs) of a file; further ones are counted together, code by code."""
TEXT = 1_000


@dataclass(slots=True)
class _Case:
    severity: Severity
    waived: str | None = None
    instances: int = 0
    marked: int | None = None
    records: int = 0
    first: list[Issue] = field(default_factory=list)


class Reporter:
    """Count every issue by code and input as it comes; write at the end, in ``lang``."""

    streams = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = "en" if lang == "en" else "ja"
        self._draft = Draft(path)
        self._cases: dict[tuple[str, str, Severity, bool], _Case] = {}

    def issue(self, issue: Issue) -> None:
        """Count the issue."""
        severity = catalogue().severity(issue)
        key = (issue.at.source, issue.code, severity, issue.waived is not None)
        case = self._cases.get(key)
        if case is None:
            if len(self._cases) >= CASES:
                key = ("", *key[1:])
            case = self._cases.setdefault(key, _Case(severity, issue.waived))
        case.instances += 1
        if issue.ordinal is not None and issue.ordinal != case.marked:
            case.marked = issue.ordinal
            case.records += 1
        if len(case.first) < PLACES:
            case.first.append(issue)

    def close(self, report: Report) -> None:
        """Write the file."""
        for line in self._lines(report):
            self._draft.write(f"{line}\n".encode())
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()

    def _lines(self, report: Report) -> Iterator[str]:
        suites: dict[str, list[tuple[str, _Case]]] = {str(entry["name"]): [] for entry in report.inputs}
        for (source, code, *_), case in self._cases.items():
            suites.setdefault(source, []).append((code, case))
        stopped = not report.complete or judgement(report) == "fatal"
        failed = sum(_fails(case, report) for case in self._cases.values())
        total = sum(max(len(cases), 1) for cases in suites.values()) + stopped
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield f"<testsuites{_named('mokuroku', total, failed, int(stopped))}>"
        if stopped:
            yield from self._stopped(report)
        for source, cases in suites.items():
            yield from self._suite(report, source, cases)
        yield "</testsuites>"

    def _suite(self, report: Report, source: str, cases: list[tuple[str, _Case]]) -> Iterator[str]:
        failures = sum(_fails(case, report) for _, case in cases)
        yield f"  <testsuite{_named(source or '-', max(len(cases), 1), failures, 0)}>"
        yield from _properties(report, cases)
        if not cases:
            yield f"    <testcase{_attributes({'name': 'mokuroku', 'classname': source or '-', 'time': '0'})}/>"
        for code, case in sorted(cases, key=lambda item: (-item[1].severity, item[0])):
            yield from self._case(report, source, code, case)
        yield "  </testsuite>"

    def _case(self, report: Report, source: str, code: str, case: _Case) -> Iterator[str]:
        book = catalogue()
        entry, first = book.entry(code), case.first[0]
        yield f"    <testcase{_attributes({'name': code, 'classname': source or '-', 'time': '0'})}>"
        counts = f"severity: {case.severity.word}  effect: {entry.effect}"
        counts += f"  instances: {case.instances}  records: {case.records}\n"
        told = counts + "\n".join(self._told(issue) for issue in case.first)
        if case.instances > len(case.first):
            more = words(self._lang).more.format(n=f"{case.instances - len(case.first):,}")
            told += f"\n{more}"
        if case.waived is not None:
            told += f"\nwaived: {case.waived[:TEXT]}"
        hint = book.hint(first, self._lang)
        if hint:
            told += f"\n{words(self._lang).hint}{hint[:TEXT]}"
        if _fails(case, report):
            said = {"type": case.severity.word, "message": book.message(first, self._lang)[:TEXT]}
            yield f"      <failure{_attributes(said)}>{escape(_plain(told))}</failure>"
        else:
            yield f"      <system-out>{escape(_plain(told))}</system-out>"
        yield "    </testcase>"

    def _told(self, issue: Issue) -> str:
        parts = [str(issue.at), issue.record_id, catalogue().message(issue, self._lang)]
        return "  ".join(visible(part[:TEXT]) for part in parts if part)

    def _stopped(self, report: Report) -> Iterator[str]:
        reason = report.incomplete_reason or "fatal"
        said = words(self._lang).reasons.get(reason, reason)
        where = f" {stopped_at(report, self._lang) or ''}"
        yield f"  <testsuite{_named('complete', 1, 0, 1)}>"
        yield f"    <testcase{_attributes({'name': 'complete', 'classname': 'mokuroku', 'time': '0'})}>"
        text = escape(_plain(f"complete: false; read: {report.counts['read']}{where}"))
        yield f"      <error{_attributes({'type': reason, 'message': said})}>{text}</error>"
        yield "    </testcase>"
        yield "  </testsuite>"


def _fails(case: _Case, report: Report) -> bool:
    return case.severity >= report.fail_on and case.waived is None


def _named(name: str, tests: int, failures: int, errors: int) -> str:
    return _attributes({"name": name, "tests": tests, "failures": failures, "errors": errors})


def _properties(report: Report, cases: list[tuple[str, _Case]]) -> Iterator[str]:
    facts = {"tool": " ".join(tool().values()), "verdict": report.verdict, "profile": report.profile}
    facts |= {"complete": str(report.complete).lower(), "fail-on": report.fail_on.word}
    facts |= {f"run.records.{name}": str(number) for name, number in report.counts.items()}
    for effect, (times, records) in report.tally.effects().items():
        facts |= {f"run.effect.{effect}.instances": str(times), f"run.effect.{effect}.records": str(records)}
    facts["instances"] = str(sum(case.instances for _, case in cases))
    for code, case in cases:
        about = f"code.{code}.{case.severity.word}" + (".waived" if case.waived is not None else "")
        facts |= {f"{about}.instances": str(case.instances), f"{about}.records": str(case.records)}
    yield "    <properties>" + "".join(map(_property, facts.items())) + "</properties>"


def _property(fact: tuple[str, str]) -> str:
    return f"<property{_attributes({'name': fact[0], 'value': fact[1]})}/>"


def _attributes(named: dict[str, Any]) -> str:
    return "".join(f" {name}={quoteattr(_plain(str(value)))}" for name, value in named.items())


def _plain(text: str) -> str:
    """Text that XML may hold: ``visible`` shows control characters and half surrogate pairs; U+FFFE and U+FFFF go."""
    return visible(text, keep="\n").replace("\ufffe", "[U+FFFE]").replace("\uffff", "[U+FFFF]")
