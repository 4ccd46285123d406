"""The result of a run, and its JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.messages.catalogue import LANGUAGES, catalogue
from convert.resources import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.report.rows import Reread
    from convert.report.tally import CodeTally, Counts, Tally

VERSION = 1
"""Version of the JSON report. Keys may be added within a version, never renamed or removed."""

DUPLICATES = ("DSET-ID-DUPLICATE", "DSET-ID-MEET")


def tool() -> dict[str, str]:
    """Name and version of this toolkit."""
    return {"name": "mokuroku", "version": __version__}


@dataclass
class Report:
    """What a run read, wrote and found.

    ``mapping``: ``id``, ``file``, ``sha256``, or None for a check without mapping. ``inputs``: one dict each
    with ``name``, ``bytes``, ``sha256``, ``encoding``, ``records``; ``outputs``: ``name``, ``bytes``, ``sha256``,
    ``records``. ``complete`` is False when the run stopped before the end or was limited, and then
    ``incomplete_reason`` says why. ``command`` is ``convert`` or ``check``.

    ``statistics``, where somebody made them: ``records``; ``source`` and ``target``, one dict each field with
    ``field``, ``filled``, ``distinct`` (or None), ``longest``; ``rights``, one dict each code with ``code``,
    ``records``; ``dates``, records by decade ("1890"). ``sources``: the inputs, for reports that show their rows;
    they are no part of the JSON form.

    ``published``: how this delivery differs from what the receiver has published: ``database``, ``store``,
    ``harvested``; records ``published``, ``sent``, ``missing``, ``extra``, ``changed``, ``unchanged``, ``moved``;
    ``fields``, one dict each label or item with ``field``, ``same``, ``changed``, ``added``, ``gone``, ``samples``;
    ``items``, how items were paired; ``only_sent``, ``only_published``.
    """

    tally: Tally
    mapping: Mapping[str, Any] | None = None
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = True
    incomplete_reason: str | None = None
    fail_on: Severity = Severity.ERROR
    profile: str = "draft"
    command: str = "convert"
    statistics: dict[str, Any] | None = None
    comparison: dict[str, Any] | None = None
    published: dict[str, Any] | None = None
    version: int = VERSION
    sources: Sequence[Reread] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Records: ``read = written + skipped + deleted + rejected + broken``."""
        return self.tally.counts

    @property
    def issues(self) -> list[Issue]:
        """The samples of every code, in the order of the data."""
        return list(self.tally.issues())

    @property
    def lookup_misses(self) -> dict[str, Counts]:
        """Values that a lookup table does not have, by table name."""
        return self.tally.misses

    @property
    def duplicates(self) -> int:
        """Records whose id another record before them has, or would have at the receiver's."""
        return sum(code.instances for code in self.tally.codes if code.code in DUPLICATES)

    @property
    def exit_code(self) -> int:
        """0: nothing at or above ``fail_on``; 1: something; 3: incomplete, or a fatal issue."""
        worst = self.tally.worst
        if not self.complete or worst is Severity.FATAL:
            return 3
        return int(worst is not None and worst >= self.fail_on)

    @property
    def verdict(self) -> str:
        """``pass``, ``pass-with-issues``, ``fail`` or ``incomplete``."""
        if self.exit_code:
            return "incomplete" if self.exit_code == 3 else "fail"
        return "pass" if self.tally.worst is None else "pass-with-issues"

    def summary(self, lang: str = "ja") -> str:
        """The report as text for people, in ``ja`` or ``en``."""
        from convert.report.text import summary  # noqa: PLC0415  text.py needs Report

        return summary(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "version": self.version,
            "complete": self.complete,
            "mapping": None if self.mapping is None else dict(self.mapping),
            "inputs": self.inputs,
            "outputs": self.outputs,
            "counts": self.counts,
            "codes": [_code_dict(code) for code in self.tally.codes],
            "lookup_misses": {table: _miss_dict(counts) for table, counts in self.lookup_misses.items()},
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "incomplete_reason": self.incomplete_reason,
            "command": self.command,
            "profile": self.profile,
            "fail_on": self.fail_on.word,
            "issues": {level.word: self._level(level) for level in reversed(Severity)},
            "tool": tool(),
            "effects": {
                effect: {"instances": times, "records": records}
                for effect, (times, records) in self.tally.effects().items()
            },
            "waived": self.tally.waived,
            "off": self.tally.off,
            "statistics": self.statistics,
            "comparison": self.comparison,
            "published": self.published,
        }

    def _level(self, level: Severity) -> dict[str, int]:
        return {"instances": self.tally.instances(level), "records": self.tally.records(level)}


def issue_dict(issue: Issue) -> dict[str, Any]:
    """The JSON form of one issue. Every key is always there; what is unknown is None.

    ``source`` holds only what is known of ``file``, ``line``, ``column``, ``sheet``, ``cell``, ``path``, ``field``.
    """
    words = catalogue()
    entry = words.entry(issue.code)
    return {
        "code": issue.code,
        "severity": words.severity(issue).word,
        "record": issue.record_id,
        "ordinal": issue.ordinal,
        "source": issue.at.to_dict(),
        "target": issue.target,
        "rule": issue.rule,
        "value": issue.value,
        "message": {lang: words.message(issue, lang) for lang in LANGUAGES},
        "hint": {lang: words.hint(issue, lang) for lang in LANGUAGES},
        "suggestion": issue.suggestion,
        "reference": entry.reference,
        "effect": entry.effect,
        "basis": entry.basis,
        "stored": words.stored(issue),
        "waived": issue.waived,
    }


def _code_dict(code: CodeTally) -> dict[str, Any]:
    entry = catalogue().entry(code.code)
    return {
        "code": code.code,
        "severity": code.severity.word,
        "instances": code.instances,
        "records": code.records,
        "fields": dict(code.fields.items()),
        "samples": [issue_dict(issue) for issue in code.samples],
        "other_fields": code.fields.other,
        "default_severity": code.original.word,
        "effect": entry.effect,
        "basis": entry.basis,
        "field_records": dict(code.field_records.items()),
        "other_field_records": code.field_records.other,
        "waived": code.waived,
    }


def _miss_dict(counts: Counts) -> dict[str, Any]:
    return {"instances": counts.total, "values": dict(counts.items()), "other_values": counts.other}
