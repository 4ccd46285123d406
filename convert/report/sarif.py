"""The ``.sarif`` report: SARIF 2.1.0 (OASIS), one run, for code hosts and editors.

Rules have their help in both languages; results point at the file and line, and have a fingerprint that is the same in
every run over the same record. Only the first ``RESULTS`` issues are results; the run's ``properties`` and a
notification say how many there are in all.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from convert.check.issue import Severity
from convert.messages.catalogue import catalogue, visible
from convert.report.draft import Draft
from convert.report.json import encoded
from convert.report.report import tool
from convert.report.text import judgement, stopped_at, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.check.issue import Issue
    from convert.report.report import Report

RESULTS = 5_000
"""Results of a file: code hosts show no more, and some refuse larger files."""
TEXT = 1_000
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "mokuroku/v1"
_LEVELS = {Severity.NOTICE: "note", Severity.WARNING: "warning", Severity.ERROR: "error", Severity.FATAL: "error"}


class Reporter:
    """Keep the first issues as they come; messages in ``lang``."""

    streams = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = "en" if lang == "en" else "ja"
        self._draft = Draft(path)
        self._results: list[dict[str, Any]] = []
        self._rules: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._left_out = 0

    def issue(self, issue: Issue) -> None:
        """Keep the issue while there is room."""
        if len(self._results) >= RESULTS:
            self._left_out += 1
            return
        self._results.append(self._result(issue))

    def _result(self, issue: Issue) -> dict[str, Any]:
        book = catalogue()
        entry, severity = book.entry(issue.code), book.severity(issue)
        facts = {"severity": severity.word, "effect": entry.effect, "record": issue.record_id, "value": issue.value}
        facts |= {"stored": book.stored(issue), "suggestion": issue.suggestion, "target": issue.target}
        facts |= {"rule": issue.rule, "cell": issue.at.cell, "field": issue.at.field or issue.at.path}
        message = book.message(issue, self._lang)[:TEXT]
        hint = book.hint(issue, self._lang)[:TEXT]
        found = {
            "ruleId": _text(issue.code),
            "ruleIndex": self._rules.setdefault(issue.code, len(self._rules)),
            "level": _LEVELS[severity],
            "message": {"text": _text(f"{message} {hint}".strip())},
            "locations": [_location(issue)],
            "partialFingerprints": {FINGERPRINT: self._fingerprint(issue)},
            "properties": {name: _text(fact) for name, fact in facts.items() if fact is not None},
        }
        if issue.waived is not None:
            found["suppressions"] = [{"kind": "external", "justification": _text(issue.waived)}]
        return found

    def _fingerprint(self, issue: Issue) -> str:
        """Code, record, field and value; issues alike in all of them are numbered."""
        parts = [issue.code, issue.record_id, issue.at.field or issue.at.path or issue.target, issue.value]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        number = self._seen[digest] = self._seen.get(digest, 0) + 1
        return f"{digest}:{number}"

    def close(self, report: Report) -> None:
        """Write the file."""
        self._draft.write(encoded(self._log(report), indent=True))
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()

    def _log(self, report: Report) -> dict[str, Any]:
        found = tool()
        driver = {"name": found["name"], "version": found["version"], "rules": [_rule(code) for code in self._rules]}
        stopped = not report.complete or judgement(report) == "fatal"
        invocation: dict[str, Any] = {"executionSuccessful": not stopped, "exitCode": report.exit_code}
        notes = list(self._notes(report, stopped=stopped))
        if notes:
            invocation["toolExecutionNotifications"] = notes
        run: dict[str, Any] = {
            "tool": {"driver": driver},
            "language": self._lang,
            "invocations": [invocation],
            "artifacts": [_artifact(entry) for entry in report.inputs],
            "results": self._results,
            "columnKind": "unicodeCodePoints",
            "properties": self._counts(report),
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _counts(self, report: Report) -> dict[str, Any]:
        return {
            "complete": report.complete,
            "incompleteReason": report.incomplete_reason,
            "verdict": report.verdict,
            "counts": report.counts,
            "instances": report.tally.instances(),
            "waived": report.tally.waived,
            "resultsWritten": len(self._results),
            "resultsLeftOut": self._left_out,
            "effects": {name: {"instances": n, "records": r} for name, (n, r) in report.tally.effects().items()},
            "codes": {
                f"{_text(code.code)}/{code.severity.word}{'/waived' if code.waived else ''}": {
                    "instances": code.instances,
                    "records": code.records,
                }
                for code in report.tally.codes
            },
        }

    def _notes(self, report: Report, *, stopped: bool) -> Iterator[dict[str, Any]]:
        if stopped:
            reason = report.incomplete_reason or "fatal"
            said = words(self._lang).reasons.get(reason, reason)
            where = stopped_at(report, self._lang)
            text = f"complete: false: {said}" + (f" ({where})" if where else "")
            yield {"level": "error", "message": {"text": _text(text)}}
        if self._left_out:
            ja = f"指摘 {report.tally.instances():,} 件のうち、はじめの {len(self._results):,} 件だけを載せています。"
            en = f"Only the first {len(self._results):,} of {report.tally.instances():,} findings are here."
            yield {"level": "warning", "message": {"text": en if self._lang == "en" else ja}}


def _rule(code: str) -> dict[str, Any]:
    entry = catalogue().entry(code)
    texts = {"ja": (entry.ja, entry.hint_ja), "en": (entry.en, entry.hint_en)}
    both = "\n\n".join(f"{message} {hint}".strip() for message, hint in texts.values())
    rule: dict[str, Any] = {
        "id": _text(code),
        "shortDescription": {"text": _text(entry.en)},
        "fullDescription": {"text": _text(f"{entry.ja}\n{entry.en}")},
        "help": {"text": _text(both), "markdown": _text(both)},
        "defaultConfiguration": {"level": _LEVELS[entry.severity]},
        "properties": {"effect": entry.effect, "basis": entry.basis, "reference": _text(entry.reference)},
    }
    return rule


def _location(issue: Issue) -> dict[str, Any]:
    at = issue.at
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(at.source)}}
    line = at.line or at.row
    if line is not None:
        physical["region"] = {"startLine": max(line, 1)}
        if at.cell is None and at.column is not None and at.line is not None:
            physical["region"]["startColumn"] = max(at.column, 1)
    where = " ".join(filter(None, (at.sheet, at.cell, at.field or at.path, issue.record_id)))
    found: dict[str, Any] = {"physicalLocation": physical}
    if where:
        found["logicalLocations"] = [{"fullyQualifiedName": _text(where)}]
    return found


def _artifact(entry: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"location": {"uri": uri(str(entry["name"]))}}
    if entry.get("bytes") is not None:
        found["length"] = entry["bytes"]
    if entry.get("sha256"):
        found["hashes"] = {"sha-256": entry["sha256"]}
    return found


def uri(name: str) -> str:
    r"""A source's name as a relative reference (RFC 3986 §4.2) with forward slashes.

    >>> uri("in\\台帳 1.csv"), uri("a:b.csv"), uri("<stdin>")
    ('in/%E5%8F%B0%E5%B8%B3%201.csv', './a%3Ab.csv', '%3Cstdin%3E')
    """
    path = name.replace("\\", "/")
    if path.startswith("/"):
        path = _relative(path)
    text = quote(path[:TEXT].encode("utf-8", "surrogatepass"), safe="/")
    return f"./{text}" if "%3A" in text.partition("/")[0] else text or "."


def _relative(path: str) -> str:
    """An absolute path as seen from the working folder, else without its root."""
    try:
        return PurePosixPath(path).relative_to(Path.cwd().as_posix()).as_posix()
    except (ValueError, OSError):
        return path.lstrip("/")


def _text(text: str) -> str:
    """Text without control characters or halves of surrogate pairs."""
    return visible(text if len(text) <= TEXT * 3 else text[: TEXT * 3] + "…", keep="\n\t")
