"""The last line of reports that are nothing but a list of issues: a run that did not come to its end says so there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.check.issue import Issue, Severity
from convert.messages.catalogue import visible
from convert.model import Location
from convert.report.text import stopped_at, words

if TYPE_CHECKING:
    from convert.report.report import Report


def ending(report: Report) -> Issue | None:
    """``RUN-INCOMPLETE`` at the input where the run stopped; None where it ended well or a fatal issue tells it."""
    if report.complete or report.tally.worst is Severity.FATAL:
        return None
    begun = [entry for entry in report.inputs if entry.get("records")] or report.inputs[:1]
    reason = report.incomplete_reason or "fatal"
    reasons = [visible(words(lang).reasons.get(reason, reason)) for lang in ("ja", "en")]
    places = [visible(stopped_at(report, lang) or "-") for lang in ("ja", "en")]
    slots = {"reason_ja": reasons[0], "reason_en": reasons[1], "place_ja": places[0], "place_en": places[1]}
    return Issue("RUN-INCOMPLETE", Location(str(begun[-1]["name"]) if begun else "-"), slots=slots)
