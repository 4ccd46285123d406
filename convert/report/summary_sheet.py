"""The summary of a report as rows of a sheet: the answer, the counts, codes, lookup misses, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.check.issue import Severity
from convert.formats.xlsx.book import ERROR, FATAL, HEAD, NOTICE, PLAIN, TITLE, WARNING, WRAPPED
from convert.inspect.words import Sayings
from convert.messages.catalogue import catalogue, visible
from convert.report.page.view import WORDS
from convert.report.report import tool
from convert.report.text import field_name, judgement, stopped_at, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.report.report import Report
    from convert.report.text import Words

MISSES = 1_000
"""Values of a lookup table that are listed."""
COLOURS = {Severity.NOTICE: NOTICE, Severity.WARNING: WARNING, Severity.ERROR: ERROR, Severity.FATAL: FATAL}
"""The style of each severity."""
_TEXT = 2_000

Cells = list[tuple[int, str | int, int]]


def summary_rows(report: Report, lang: str, notes: Sequence[str]) -> Iterator[Cells]:
    """The rows, each as (column, text or number, style)."""
    say, names = Sayings(WORDS, lang), words(lang)
    yield [(1, say("title"), TITLE)]
    yield [(1, say(f"answer_{judgement(report)}"), TITLE)]
    if not report.complete:
        reason = report.incomplete_reason or ""
        yield _line(say("stopped", reason=names.reasons.get(reason, reason), read=report.counts["read"]))
        yield _line(say("stopped_at", place=stopped_at(report, lang) or "-"))
    yield []
    kept = "checked" if report.command == "check" else "written"
    yield _head(say("outcome"), say("records"))
    for name, number in report.counts.items():
        yield [(1, names.outcomes[kept if name == "written" else name], PLAIN), (2, number, PLAIN)]
    yield []
    yield _head(say("severity"), say("instances"), say("records"))
    for level in reversed(Severity):
        tally = report.tally
        yield [
            (1, names.severities[level], COLOURS[level]),
            (2, tally.instances(level), PLAIN),
            (3, tally.records(level), PLAIN),
        ]
    yield []
    yield _head(say("effect"), say("instances"), say("records"))
    for effect, (times, records) in report.tally.effects().items():
        yield [(1, names.effects[effect], PLAIN), (2, times, PLAIN), (3, records, PLAIN)]
    yield []
    yield from _codes(report, lang, say)
    yield from _misses(report, say)
    if report.comparison:
        yield _head(say("comparison"))
        numbers = {name: f"{number:,}" for name, number in report.comparison.items() if isinstance(number, int)}
        yield _line(names.compared.format(**numbers))
        for field, times in list(report.comparison["fields"].items())[:MISSES]:
            yield [(2, visible(field)[:_TEXT], PLAIN), (3, times, PLAIN)]
        yield from _compared_issues(report.comparison.get("issues"), names, say)
        yield []
    if report.published:
        yield from _published(report.published, lang, say)
    yield from _statistics(report, say)
    yield _head(say("files"))
    for entry in (*report.inputs, *report.outputs):
        yield _line(str(entry.get("name")), str(entry.get("sha256") or ""))
    yield _line(" ".join(tool().values()), report.profile)
    yield []
    yield _head(say("limits"))
    for note in (say("limits_counts"), *notes):
        yield _line(note)


def _published(found: Mapping[str, Any], lang: str, say: Sayings) -> Iterator[Cells]:
    numbers = {name: f"{value:,}" if isinstance(value, int) else visible(str(value)) for name, value in found.items()}
    kinds = ("changed", "added", "gone", "same")
    yield _head(say("published"))
    yield _line(words(lang).published.format(**numbers))
    yield _head(say("field"), *(say(f"p_{name}") for name in kinds))
    for entry in found["fields"][:MISSES]:
        name = field_name(entry, lang)[:_TEXT]
        yield [(1, name, PLAIN), *((at, entry[kind], PLAIN) for at, kind in enumerate(kinds, start=2))]
    yield []
    if found["items"]:
        yield _head(say("p_items"), say("p_published"), say("p_by"))
        for one in found["items"][:MISSES]:
            yield _line(one["sent"], one["published"], say(f"p_by_{one['by']}"))
    for name in ("only_sent", "only_published"):
        for item in found[name][:MISSES]:
            yield _line(say(f"p_{name}"), item)
    yield []


def _compared_issues(issues: Mapping[str, Any] | None, names: Words, say: Sayings) -> Iterator[Cells]:
    """Findings that are new or fixed, one by one, and codes whose number changed."""
    if issues is None:
        return
    if "profiles" in issues:
        yield _line(names.compared_profiles.format(**issues["profiles"]))
    if issues["counts"] is not None:
        yield _line(names.compared_issues.format(**{name: f"{n:,}" for name, n in issues["counts"].items()}))
    for name, title in (("new", names.compared_new), ("fixed", names.compared_fixed)):
        entries = issues[name] or ()
        if entries:
            yield _head(title, *(say(key) for key in ("code", "instances", "severity", "x_id", "field")))
        for entry in entries:
            severity = names.severities[Severity.of(entry["severity"])]
            yield [
                (2, visible(entry["code"]), PLAIN),
                (3, entry["instances"], PLAIN),
                (4, severity, PLAIN),
                (5, visible(str(entry["record"] or "–"))[:_TEXT], PLAIN),
                (6, visible(str(entry["field"] or say("no_field")))[:_TEXT], PLAIN),
            ]
        rest = issues["counts"][name] - sum(entry["instances"] for entry in entries) if entries else 0
        if rest:
            yield _line("", names.compared_more.format(n=f"{rest:,}"))
    if issues["codes"]:
        yield _line(names.compared_codes.format(codes=""))
        for code, found in issues["codes"].items():
            yield [(2, visible(code), PLAIN), (3, f"{found['before']:,} → {found['now']:,}", PLAIN)]


def _codes(report: Report, lang: str, say: Sayings) -> Iterator[Cells]:
    book, names = catalogue(), words(lang)
    titles = ("code", "x_severity_field", "instances", "records", "effect", "x_message", "x_hint")
    yield _head(*(say(title) for title in titles))
    for code in report.tally.codes:
        first = code.samples[0] if code.samples else None
        said = "" if first is None else book.message(first, lang)[:_TEXT]
        hint = "" if first is None else book.hint(first, lang)[:_TEXT]
        records = dict(code.field_records.items())
        yield [
            (1, visible(code.code), COLOURS[code.severity]),
            (2, names.severities[code.severity] + (names.accepted if code.waived else ""), PLAIN),
            (3, code.instances, PLAIN),
            (4, code.records, PLAIN),
            (5, names.effects[code.effect], PLAIN),
            (6, said, WRAPPED),
            (7, hint, WRAPPED),
        ]
        for name, times in code.fields.items():
            shown = visible(name)[:200] or say("no_field")
            yield [(2, shown, PLAIN), (3, times, PLAIN), (4, records.get(name, 0), PLAIN)]
        if code.fields.other:
            yield [(2, say("other_fields"), PLAIN), (3, code.fields.other, PLAIN), (4, code.field_records.other, PLAIN)]
    yield []


def _misses(report: Report, say: Sayings) -> Iterator[Cells]:
    for name, counts in report.lookup_misses.items():
        yield _head(say("misses"), visible(name)[:200], say("instances"))
        kept = counts.items()[:MISSES]
        for text, times in kept:
            yield [(2, visible(text)[:_TEXT], PLAIN), (3, times, PLAIN)]
        rest = counts.total - sum(times for _, times in kept)
        if rest:
            yield _line(say("misses_more", shown=len(kept), n=rest))
        yield []


def _statistics(report: Report, say: Sayings) -> Iterator[Cells]:
    found = report.statistics or {}
    for side in ("source", "target"):
        if found.get(side):
            yield _head(say(f"coverage_{side}"), say("filled"), say("distinct"), say("longest"))
            for entry in found[side]:
                distinct = "–" if entry.get("distinct") is None else entry["distinct"]
                numbers = (entry["filled"], distinct, entry["longest"])
                yield [(1, visible(entry["field"])[:200], PLAIN), *((at, n, PLAIN) for at, n in enumerate(numbers, 2))]
            yield []
    if found.get("rights"):
        yield _head(say("rights"), say("records"))
        for entry in sorted(found["rights"], key=lambda one: (-one["records"], one["code"])):
            yield [(1, visible(entry["code"])[:200], PLAIN), (2, entry["records"], PLAIN)]
        yield []
    if found.get("dates"):
        yield _head(say("dates"), say("records"))
        for decade, records in sorted(found["dates"].items()):
            yield [(1, visible(str(decade)), PLAIN), (2, records, PLAIN)]
        yield []


def _head(*titles: str) -> Cells:
    return [(column, title, HEAD) for column, title in enumerate(titles, start=1)]


def _line(*texts: str) -> Cells:
    return [(column, visible(text)[:_TEXT], PLAIN) for column, text in enumerate(texts, start=1)]
