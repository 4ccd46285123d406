"""What every section of the HTML report needs: the report, its words, its rows, and how much of it is shown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.inspect.words import Sayings
from convert.messages.catalogue import Catalogue, catalogue
from convert.page import shown
from convert.report.rows import looked_up, table, text_of
from convert.report.text import judgement, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.report.report import Report
    from convert.report.tally import CodeTally

SAMPLES = 20
"""Samples shown of a code at most."""
ALL_SAMPLES = 600
"""Samples shown on the page at most, unless there are more codes: it has to stay small enough to be sent by mail."""
FEWEST = 2
"""Samples shown of a code at least, as long as ``ALL_SAMPLES`` leaves room for them."""
LOOK = 200_000
"""Rows of an input beyond this number are not looked up."""
LOOK_LINES = 1_000_000
"""Lines of an input beyond this number are not looked up."""
TEXT = 200
"""Characters shown of any text of the data."""
LONG = 1000
"""Characters shown of a message."""
CHOICES = 500
"""Fields that can be chosen in the filter."""

WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """A source row: its headers and its cells."""

    columns: Sequence[str]
    cells: Sequence[str]


class View:
    """One report in one language."""

    def __init__(self, report: Report, lang: str) -> None:
        self.report = report
        self.lang = "en" if lang == "en" else "ja"
        self.say = Sayings(WORDS, self.lang)
        self.words = words(self.lang)
        self.book: Catalogue = catalogue()
        self.codes: Sequence[CodeTally] = report.tally.codes
        self._shown = shares(self.codes)
        self._rows = self._looked_up()
        self._lines = self._text()
        self.numbers = {name: number for number, (name, _) in enumerate(self.fields(waived=True)[:CHOICES])}

    # ── The words ───────────────────────────────────────────────────────────────────────────────

    def severity(self, level: Severity) -> str:
        """The word for a severity."""
        return self.words.severities[level]

    def effect(self, effect: str) -> str:
        """The words for an effect."""
        return self.words.effects[effect]

    def both(self, instances: int, records: int) -> str:
        """Instances, and records where there are any."""
        if records:
            return self.say("n_both", n=instances, records=records)
        return self.say("n_instances", n=instances)

    def message(self, issue: Issue) -> str:
        """What is wrong, for HTML."""
        return clipped(self.book.message(issue, self.lang), LONG)

    def hint(self, issue: Issue) -> str:
        """What to do, for HTML."""
        return clipped(self.book.hint(issue, self.lang), LONG)

    @property
    def answer(self) -> str:
        """The kind of answer to whether this can be submitted: pass, look, fail, part, fatal."""
        return judgement(self.report)

    @property
    def bar(self) -> Severity:
        """What has to be corrected is at least as bad as this."""
        return min(self.report.fail_on, Severity.ERROR)

    def reason(self) -> str:
        """Why the run stopped."""
        reason = self.report.incomplete_reason or "fatal"
        return shown(self.words.reasons.get(reason, reason))

    def stored(self, issue: Issue) -> str:
        """What the receiver would store in place of the value."""
        effect = self.book.entry(issue.code).effect
        stored = self.book.stored(issue)
        if effect in ("refused", "broken"):
            return shown(self.say("stored_record" if effect == "refused" else "stored_broken"))
        if stored is not None:
            return f"<code>{clipped(stored)}</code>"
        return shown(self.say({"dropped": "stored_none", "changed": "stored_unknown"}.get(effect, "stored_same")))

    # ── The samples and their rows ──────────────────────────────────────────────────────────────

    def samples(self, code: CodeTally) -> Sequence[Issue]:
        """The samples of a code that are shown."""
        return code.samples[: self._shown]

    def row(self, issue: Issue) -> Row | None:
        """The source row of an issue, where it is known."""
        return self._rows.get((issue.at.source, issue.at.sheet, issue.at.row or 0))

    def line(self, issue: Issue) -> str | None:
        """The text line of an issue, where its source is no table and the line is known."""
        return self._lines.get((issue.at.source, issue.at.line or 0))

    def _text(self) -> Mapping[tuple[str, int], str]:
        wanted: dict[str, set[int]] = {}
        for code in self.codes:
            for issue in self.samples(code):
                if issue.at.line is not None and issue.at.row is None:
                    wanted.setdefault(issue.at.source, set()).add(issue.at.line)
        return {
            (reread.source.name, number): line
            for reread in self.report.sources
            for number, line in text_of(reread, wanted.get(reread.source.name, ()), LOOK_LINES).items()
        }

    def _looked_up(self) -> Mapping[tuple[str, str | None, int], Row]:
        wanted: dict[tuple[str, str | None], dict[int, int | None]] = {}
        for code in self.codes:
            for issue in self.samples(code):
                if issue.at.row is not None:
                    wanted.setdefault((issue.at.source, issue.at.sheet), {})[issue.at.row] = issue.at.line
        found: dict[tuple[str, str | None, int], Row] = {}
        for reread in self.report.sources:
            if not any(name == reread.source.name for name, _ in wanted):
                continue
            rows = table(reread)
            if rows is None:
                continue
            numbers = wanted.get((rows.name, rows.sheet), {})
            for number, cells in looked_up(rows, numbers, LOOK).items():
                found[rows.name, rows.sheet, number] = Row(rows.columns, cells)
        return found

    # ── Counts ──────────────────────────────────────────────────────────────────────────────────

    def fields(self, *, waived: bool = False) -> list[tuple[str, dict[Severity, int]]]:
        """Instances by field and severity, most first; ``other_fields`` stand apart. ``waived``: accepted ones too."""
        found: dict[str, dict[Severity, int]] = {}
        for code in self.codes:
            if code.waived and not waived:
                continue
            for name, times in code.fields.items():
                levels = found.setdefault(name, {})
                levels[code.severity] = levels.get(code.severity, 0) + times
        return sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))

    @property
    def other_fields(self) -> int:
        """Instances in fields that are not counted one by one."""
        return sum(code.fields.other for code in self.codes if not code.waived)

    def field(self, name: str) -> str:
        """A field's name for HTML."""
        return clipped(name) if name else shown(self.say("no_field"))


def shares(codes: Sequence[CodeTally]) -> int:
    """How many samples of each code are shown: as many as possible, so that all codes together keep to the page."""
    number = SAMPLES
    while number > FEWEST and sum(min(number, len(code.samples)) for code in codes) > ALL_SAMPLES:
        number -= 1
    return number if sum(min(number, len(code.samples)) for code in codes) <= ALL_SAMPLES else 1


def clipped(text: str, limit: int = TEXT) -> str:
    """Text of the data for HTML, cut where it is long.

    >>> clipped("a<b" * 100, 4)
    'a&lt;ba…'
    """
    return shown(text if len(text) <= limit else text[:limit] + "…")


def effect_tag(view: View, effect: str) -> str:
    """An effect as a label."""
    return f'<span class="tag t-{effect}">{shown(view.effect(effect))}</span>'


def waived_tag(view: View, code: CodeTally) -> str:
    """A label for what a profile accepts."""
    return f' <span class="tag">{shown(view.say("waived"))}</span>' if code.waived else ""


def attribute(name: str, value: Any) -> str:
    """An HTML attribute with a leading blank."""
    return f' {name}="{shown(str(value))}"'


def bare(issue: Issue) -> Issue:
    """The issue without what tells it from others of its code, for a message that speaks of all of them."""
    return dataclasses.replace(issue, value=None)
