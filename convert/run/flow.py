"""One record's way: mapped, checked, assembled. Everything a run and the library's ``convert`` share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.base import Resuming
from convert.messages.catalogue import catalogue
from convert.model import Mapped, Outcome, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convert.check.base import Check
    from convert.check.issue import Finding
    from convert.formats.base import Checker, Target
    from convert.mapping.bind import Context
    from convert.mapping.plan import Plan


@dataclass(slots=True)
class Result:
    """What became of one record: its document when it was written, and every issue.

    ``misses`` are (lookup table, value) pairs.
    """

    record: Record
    outcome: Outcome
    issues: Sequence[Issue]
    mapped: Mapped | None = None
    document: Any = None
    misses: Sequence[tuple[str, str]] = ()


class SourceChecks:
    """What the checks of the source's own format say of the records of one reader."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._last: Record | None = None

    def resume(self) -> None:
        """The records come from the middle of a file."""
        if isinstance(self._checker, Resuming):
            self._checker.resume()

    def look(self, record: Record) -> bool:
        """Add what is found to the record's issues, once; False when nothing is."""
        if record is self._last:
            return bool(record.issues)
        self._last = record
        name, _, findings = self._checker.check(record)
        if findings:
            name = record.id or name
            found = [issue_of(self._checker, record, finding, name) for finding in findings]
            record.issues = [*record.issues, *found]
        return bool(record.issues)


def issue_of(checker: Checker, record: Record, finding: Finding, name: str | None) -> Issue:
    """A finding of a format's checker as an issue, its place looked up."""
    return Issue(
        finding.code,
        checker.locate(record, finding),
        record_id=name,
        ordinal=record.ordinal,
        target=finding.target,
        value=finding.value,
        slots=finding.slots,
        suggestion=finding.suggestion,
    )


class Converter:
    """Turns the records of one reader into documents of one target."""

    def __init__(
        self, plan: Plan, target: Target, checks: Sequence[Check] = (), of_source: SourceChecks | None = None
    ) -> None:
        self.plan = plan
        self.target = target
        self.checks = checks
        self.of_source = of_source
        self._refuses: dict[str, bool] = {}

    @property
    def quick(self) -> Callable[[Record], Any] | None:
        """Record with a body and no issues → its document, None when there may be something to say about it."""
        quick = None if self.checks or self.plan.quick is None else self.plan.quick.document
        look = self.of_source.look if self.of_source is not None else None
        if quick is None or look is None:
            return quick

        def checked(record: Record) -> Any:
            document = quick(record)
            return None if document is None or look(record) else document

        return checked

    def convert(self, record: Record) -> Result:
        """The record's result. A record with an issue whose effect is "refused" is rejected."""
        if record.body is None:
            return Result(record, Outcome.BROKEN, record.issues)
        mapped, context = self.plan.run(record)
        misses = context.misses or ()
        if self.of_source is not None and mapped is not Outcome.SKIPPED:
            self.of_source.look(record)
        if isinstance(mapped, Outcome):
            if not context.notes and not record.issues:
                return Result(record, mapped, (), misses=misses)
            return Result(record, mapped, self._issues(record, context), misses=misses)
        document, findings = self.target.assemble(mapped)
        for check in self.checks:
            findings.extend(check.record(record, mapped, document))
        if not findings and not context.notes and not record.issues:
            return Result(record, Outcome.WRITTEN, (), mapped, document, misses)
        issues = self._issues(record, context) + self._findings(findings, context, mapped, record)
        if any(self.refuses(issue.code) for issue in issues):
            return Result(record, Outcome.REJECTED, issues, mapped, None, misses)
        return Result(record, Outcome.WRITTEN, issues, mapped, document, misses)

    def _issues(self, record: Record, context: Context) -> list[Issue]:
        return [*record.issues, *(self.plan.issue(note, record) for note in context.notes)]

    def _findings(self, findings: Sequence[Finding], context: Context, mapped: Mapped, record: Record) -> list[Issue]:
        """Findings as issues; what the mapping's ``required`` has said already is not said again."""
        missing = {note.rule.target for note in context.notes if note.code == "MAP-REQUIRED"}
        return [
            self.plan.finding(finding, mapped, record)
            for finding in findings
            if not (finding.target in missing and finding.code.endswith("-REQUIRED"))
        ]

    def refuses(self, code: str) -> bool:
        """Whether a code's effect is that the record is refused."""
        if code not in self._refuses:
            self._refuses[code] = catalogue().entry(code).effect == "refused"
        return self._refuses[code]
