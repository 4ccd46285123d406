"""The sections of the HTML report, from the answer to the question down to what the words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.check.issue import Severity
from convert.messages.catalogue import BASES, EFFECTS
from convert.page import shown
from convert.report.page import charts
from convert.report.page.findings import anchor
from convert.report.page.view import attribute, clipped, effect_tag
from convert.report.report import tool
from convert.report.text import field_name, stopped_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.report.page.view import View
    from convert.report.tally import CodeTally

TO_DO = 8
"""Codes that the answer tells with their messages; what need not be corrected is only named beyond that."""
FIELDS = 20
COVERED = 200
COMPARED = ("severity", "code", "x_id", "field", "instances")
"""Columns of findings that are new or fixed."""
DECADES = 60
OUTCOMES = ("written", "skipped", "deleted", "rejected", "broken")
USES = ("education", "noncommercial", "commercial")
_SIGNS = {"pass": "✓", "look": "✓", "fail": "！", "part": "…", "fatal": "×"}


def section(name: str, title: str, body: str) -> str:
    """A section with its heading; empty where it has no body."""
    if not body:
        return ""
    return f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{shown(title)}</h2>\n{body}\n</section>'


# ── The answer ──────────────────────────────────────────────────────────────────────────────────


def verdict(view: View) -> str:
    """Can this be submitted, and if not, what has to be corrected."""
    say, answer = view.say, view.answer
    lines = [
        f'<p class="question">{shown(say("question"))}</p>',
        f'<p class="answer"><span class="sign" aria-hidden="true">{_SIGNS[answer]}</span>'
        f"<strong>{shown(say(f'answer_{answer}'))}</strong></p>",
    ]
    lines.append(_gone(view))
    if not view.report.complete or answer == "fatal":
        lines += _stopped(view)
    levels = "".join(_level(view, level) for level in reversed(Severity) if view.report.tally.instances(level))
    if levels:
        lines.append(f'<ul class="levels">{levels}</ul>')
    lines += _to_do(view)
    label = attribute("aria-label", say("question"))
    return f'<section id="verdict" class="verdict v-{answer}"{label}>{"".join(lines)}</section>'


def _gone(view: View) -> str:
    """How many records are in the output, as a sentence."""
    counts = view.report.counts
    missing = counts["rejected"] + counts["broken"]
    name = "gone_check" if view.report.command == "check" else "gone"
    said = view.say(name, read=counts["read"], written=counts["written"])
    if missing:
        said += view.say("gone_missing", n=missing)
    return f"<p>{shown(said)}</p>"


def _stopped(view: View) -> Iterator[str]:
    read = view.report.counts["read"]
    yield f'<p class="stopped">{view.say("stopped", reason=view.reason(), read=read)}</p>'
    place = stopped_at(view.report, view.lang)
    if place:
        yield f'<p class="stopped">{view.say("stopped_at", place=clipped(place))}</p>'


def _level(view: View, level: Severity) -> str:
    tally = view.report.tally
    number = view.both(tally.instances(level), tally.records(level))
    return f'<li class="s-{level.word}"><b>{shown(view.severity(level))}</b> {shown(number)}</li>'


def _to_do(view: View) -> Iterator[str]:
    bad = [code for code in view.codes if code.severity >= view.bar and not code.waived]
    rest = [code for code in view.codes if code.severity < view.bar and not code.waived]
    if bad:
        yield f"<h2>{shown(view.say('fix'))}</h2>{_linked(view, bad)}"
    elif rest and view.report.complete:
        yield f"<p>{shown(view.say('fix_none'))}</p>"
    if rest:
        listed = _linked(view, rest) if len(bad) + len(rest) <= TO_DO else _named(rest)
        yield f"<h2>{shown(view.say('look'))}</h2>{listed}"


def _linked(view: View, codes: Sequence[CodeTally]) -> str:
    items = []
    for code in codes:
        said = view.message(code.samples[0]) if code.samples else ""
        number = shown(view.both(code.instances, code.records))
        items.append(
            f'<li><span class="dot s-{code.severity.word}"></span><div><span class="said">{said}</span>'
            f'<span class="more"><a href="#{anchor(code)}">{shown(code.code)}</a> <span class="number">{number}</span> '
            f"{effect_tag(view, code.effect)}</span></div></li>"
        )
    return f'<ol class="todo">{"".join(items)}</ol>'


def _named(codes: Sequence[CodeTally]) -> str:
    items = "".join(
        f'<li><a href="#{anchor(code)}"><span class="dot s-{code.severity.word}"></span>{shown(code.code)}</a> '
        f'<span class="number">{code.instances:,}</span></li>'
        for code in codes
    )
    return f'<ul class="inline">{items}</ul>'


# ── What became of the records ──────────────────────────────────────────────────────────────────


def outcomes(view: View) -> str:
    """Every record has one outcome, and they add up; then effects and severities."""
    counts = view.report.counts
    read = counts["read"]
    kept = "checked" if view.report.command == "check" else "written"
    say = view.words.outcomes
    names = [(kept if name == "written" else name, name) for name in OUTCOMES]
    rows = [(say["read"], read, "")]
    rows += [(say[word], counts[name], charts.bar([(f"o-{name}", counts[name])], read)) for word, name in names]
    sums = " + ".join(f"{counts[name]:,}" for name in OUTCOMES)
    bar = charts.bar([(f"o-{name}", counts[name]) for name in OUTCOMES], read)
    words = shown(view.say("sum_check" if view.report.command == "check" else "sum"))
    return f'<p class="sum">{words}<br><b>{read:,} = {sums}</b></p><div class="wide">{bar}</div>{_counted(view, rows)}'


def _counted(view: View, rows: Sequence[tuple[str, int, str]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{shown(name)}</th><td class="n">{number:,}</td><td class="b">{drawn}</td></tr>'
        for name, number, drawn in rows
    )
    head = f'<tr><th scope="col"></th><th scope="col" class="n">{shown(view.say("records"))}</th><td></td></tr>'
    return f'<table class="bars"><thead>{head}</thead><tbody>{body}</tbody></table>'


# ── Charts of the findings ──────────────────────────────────────────────────────────────────────


def figures(view: View) -> str:
    """Findings by severity, by effect and by field."""
    if not view.codes:
        return ""
    parts = [_figure(view, "by_severity", _by_severity(view)), _figure(view, "by_effect", _by_effect(view))]
    return f'<div class="pair">{"".join(parts)}</div>{_figure(view, "by_field", _by_field(view))}'


def _figure(view: View, title: str, body: str, note: str = "") -> str:
    told = f'<p class="note">{note}</p>' if note else ""
    return f'<div class="figure"><h3>{shown(view.say(title))}</h3>{told}{body}</div>'


def _by_severity(view: View) -> str:
    tally = view.report.tally
    rows = [
        (view.severity(level), f"s-{level.word}", tally.instances(level), tally.records(level))
        for level in reversed(Severity)
    ]
    return _bars(view, rows, "severity")


def _by_effect(view: View) -> str:
    effects = view.report.tally.effects()
    return _bars(view, [(view.effect(name), f"e-{name}", *effects[name]) for name in EFFECTS], "effect")


def _bars(view: View, rows: Sequence[tuple[str, str, int, int]], first: str) -> str:
    """Rows of a name, the class of its bar, instances and records."""
    top = max(times for _, _, times, _ in rows)
    body = "".join(
        f'<tr><th scope="row">{shown(name)}</th><td class="n">{times:,}</td><td class="n">{records:,}</td>'
        f'<td class="b">{charts.bar([(kind, times)], top)}</td></tr>'
        for name, kind, times, records in rows
    )
    head = "".join(f'<th scope="col" class="n">{shown(view.say(name))}</th>' for name in ("instances", "records"))
    head = f'<tr><th scope="col">{shown(view.say(first))}</th>{head}<td></td></tr>'
    return f'<table class="bars"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _by_field(view: View) -> str:
    found = view.fields()
    kept = found[:FIELDS]
    top = max((sum(levels.values()) for _, levels in kept), default=0)
    body = "".join(
        f'<tr><th scope="row">{view.field(name)}</th><td class="n">{sum(levels.values()):,}</td>'
        f'<td class="b">{charts.bar([(f"s-{at.word}", levels.get(at, 0)) for at in reversed(Severity)], top)}</td></tr>'
        for name, levels in kept
    )
    rest = sum(sum(levels.values()) for _, levels in found[FIELDS:]) + view.other_fields
    if rest:
        body += f'<tr><th scope="row">{shown(view.say("other_fields"))}</th><td class="n">{rest:,}</td><td></td></tr>'
    head = (
        f'<th scope="col">{shown(view.say("field"))}</th><th scope="col" class="n">{shown(view.say("instances"))}</th>'
    )
    note = ""
    if len(found) > len(kept):
        note = f'<p class="note">{shown(view.say("by_field_note", shown=len(kept), all=len(found)))}</p>'
    return f'{note}<table class="bars"><thead><tr>{head}<td></td></tr></thead><tbody>{body}</tbody></table>'


# ── Charts of the data ──────────────────────────────────────────────────────────────────────────


def statistics(view: View) -> Iterator[str]:
    """Coverage, rights and dates, where somebody counted them."""
    found = view.report.statistics
    if not found:
        return
    if found.get("source") or found.get("target"):
        yield section("coverage", view.say("coverage"), _coverage(view, found))
    if found.get("rights"):
        yield section("rights", view.say("rights"), _rights(view, found["rights"]))
    if found.get("dates"):
        yield section("dates", view.say("dates"), _dates(view, found["dates"]))


def _coverage(view: View, found: Mapping[str, Any]) -> str:
    records = found["records"]
    parts = [f'<p class="note">{shown(view.say("coverage_note", records=records))}</p>']
    for side in ("source", "target"):
        if found.get(side):
            parts.append(f"<h3>{shown(view.say(f'coverage_{side}'))}</h3>{_covered(view, found[side], records)}")
    return "".join(parts)


def _covered(view: View, fields: Sequence[Mapping[str, Any]], records: int) -> str:
    names = ("filled", "distinct", "longest")
    head = f'<th scope="col">{shown(view.say("field"))}</th>'
    head += "".join(f'<th scope="col" class="n">{shown(view.say(name))}</th>' for name in names)
    body = []
    for entry in fields[:COVERED]:
        filled, distinct = entry["filled"], entry.get("distinct")
        share = f"{filled / records:.0%}" if records else "–"
        if 0 < filled < records and share in ("0%", "100%"):
            share = "<1%" if share == "0%" else ">99%"
        bar = charts.bar([("fill", filled)], records)
        body.append(
            f'<tr><th scope="row">{clipped(entry["field"])}</th><td class="n">{filled:,} <small>{shown(share)}</small>'
            f'</td><td class="n">{"–" if distinct is None else f"{distinct:,}"}</td>'
            f'<td class="n">{entry["longest"]:,}</td><td class="b">{bar}</td></tr>'
        )
    note = ""
    if len(fields) > COVERED:
        note = f'<p class="note">{shown(view.say("by_field_note", shown=COVERED, all=len(fields)))}</p>'
    rows = "".join(body)
    return f'{note}<table class="bars cover"><thead><tr>{head}<td></td></tr></thead><tbody>{rows}</tbody></table>'


def _rights(view: View, rights: Sequence[Mapping[str, Any]]) -> str:
    from convert.formats.japansearch.model import model  # noqa: PLC0415 - a code list that few reports need

    known = model().codes["contentsRightsType"]
    top = max(entry["records"] for entry in rights)
    total = sum(entry["records"] for entry in rights)
    free = dict.fromkeys(USES, 0)
    body = []
    for entry in sorted(rights, key=lambda one: (-one["records"], one["code"])):
        code = known.get(entry["code"])
        uses = {use: "unknown" if code is None or not code.uses else code.uses.get(use, "none") for use in USES}
        for use in USES:
            free[use] += entry["records"] if uses[use] == "yes" else 0
        label = "" if code is None else f"<small>{shown(code.en if view.lang == 'en' else code.ja)}</small>"
        marks = "".join(_mark(view, uses[use]) for use in USES)
        body.append(
            f'<tr><th scope="row"><code>{clipped(entry["code"])}</code> {label}</th>'
            f'<td class="n">{entry["records"]:,}</td>{marks}'
            f'<td class="b">{charts.bar([("fill", entry["records"])], top)}</td></tr>'
        )
    uses_head = "".join(f'<th scope="col" class="m">{shown(view.say(use))}</th>' for use in USES)
    head = f'<th scope="col">{shown(view.say("code"))}</th><th scope="col" class="n">{shown(view.say("records"))}</th>'
    matrix = (
        f'<table class="bars rights"><thead><tr>{head}{uses_head}<td></td></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )
    rows = [(view.say(use), free[use], charts.bar([("u-yes", free[use])], total)) for use in USES]
    return (
        f'{matrix}<p class="note">{shown(view.say("rights_note"))}</p>'
        f"<h3>{shown(view.say('free'))}</h3>{_counted(view, rows)}"
    )


def _mark(view: View, use: str) -> str:
    said = shown(view.say(f"say_{use}"))
    sign = shown(view.say(f"mark_{use}"))
    return f'<td class="m u-{use}"><span aria-hidden="true">{sign}</span><span class="sr">{said}</span></td>'


def _dates(view: View, dates: Mapping[str, int]) -> str:
    found = sorted(((int(year), times) for year, times in dates.items() if str(year).lstrip("-").isdigit()))
    if not found:
        return ""
    kept = _decades(dict(found))
    drawn = charts.columns([(str(year), times) for year, times in kept], view.say("dates"))
    rows = "".join(
        f'<tr><th scope="row">{shown(view.say("decade", year=str(year)))}</th><td class="n">{times:,}</td></tr>'
        for year, times in found
    )
    table = f'<table class="plain"><tbody>{rows}</tbody></table>'
    table = f"<details><summary>{shown(view.say('records'))}</summary>{table}</details>"
    return f'<p class="note">{shown(view.say("dates_note"))}</p><div class="scroll">{drawn}</div>{table}'


def _decades(found: Mapping[int, int]) -> list[tuple[int, int]]:
    """Every decade between the first and the last, while these are few enough; else those that have records."""
    first, last = min(found), max(found)
    if (last - first) // 10 < DECADES:
        return [(year, found.get(year, 0)) for year in range(first, last + 10, 10)]
    return list(found.items())[-DECADES:]


def comparison(view: View) -> str:
    """How this delivery differs from an earlier one."""
    found = view.report.comparison
    if not found:
        return ""
    numbers = {name: f"{number:,}" for name, number in found.items() if isinstance(number, int)}
    told = f"<p>{shown(view.words.compared.format(**numbers))}</p>"
    rows = list(found["fields"].items())[:COVERED]
    body = "".join(f'<tr><th scope="row">{clipped(n)}</th><td class="n">{times:,}</td></tr>' for n, times in rows)
    told += f'<table class="plain"><tbody>{body}</tbody></table>' if body else ""
    return told + _compared_issues(view, found.get("issues"))


def _compared_issues(view: View, issues: Mapping[str, Any] | None) -> str:
    """Findings that are new or fixed, one by one, and codes whose number changed."""
    if issues is None:
        return ""
    say, names, parts = view.say, view.words, []
    if "profiles" in issues:
        parts.append(f"<p>{shown(names.compared_profiles.format(**issues['profiles']))}</p>")
    if issues["counts"] is not None:
        counts = {name: f"{number:,}" for name, number in issues["counts"].items()}
        parts.append(f"<p>{shown(names.compared_issues.format(**counts))}</p>")
    for name, title in (("new", names.compared_new), ("fixed", names.compared_fixed)):
        entries = (issues[name] or ())[:COVERED]
        if entries:
            rest = issues["counts"][name] - sum(entry["instances"] for entry in entries)
            more = f'<p class="note">{shown(names.compared_more.format(n=f"{rest:,}"))}</p>' if rest else ""
            heads = "".join(f'<th scope="col">{shown(say(key))}</th>' for key in COMPARED)
            body = "".join(_compared_row(view, entry) for entry in entries)
            table = f'<table class="plain"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
            opened = " open" if name == "new" else ""
            parts.append(
                f'<details{opened}><summary>{shown(title)}</summary><div class="scroll">{table}</div>{more}</details>'
            )
    if issues["codes"]:
        shown_codes = [f"{code} {found['before']:,} → {found['now']:,}" for code, found in issues["codes"].items()]
        text = names.compared_codes.format(codes=names.separator.join(shown_codes[:COVERED]))
        parts.append(f"<p>{shown(text)}</p>")
    return "".join(parts)


def _compared_row(view: View, entry: Mapping[str, Any]) -> str:
    severity = view.severity(Severity.of(entry["severity"]))
    texts = (severity, entry["code"], entry["record"] or "–", entry["field"] or view.say("no_field"))
    cells = "".join(f"<td>{clipped(str(text))}</td>" for text in texts)
    return f'<tr>{cells}<td class="n">{entry["instances"]:,}</td></tr>'


def published(view: View) -> str:
    """How this delivery differs from what is published: counts, each label, samples, how items were paired."""
    found = view.report.published
    if not found:
        return ""
    say = view.say
    numbers = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in found.items()}
    kinds = ("changed", "added", "gone", "same")
    head = "".join(f'<th scope="col" class="n">{shown(say(f"p_{name}"))}</th>' for name in kinds)
    rows = "".join(
        f'<tr><th scope="row">{clipped(field_name(entry, view.lang))}</th>'
        + "".join(f'<td class="n">{entry[name]:,}</td>' for name in kinds)
        + "</tr>"
        for entry in found["fields"][:COVERED]
    )
    table = f'<table class="plain"><thead><tr><th scope="col">{shown(say("field"))}</th>{head}</tr></thead>'
    parts = [f"<p>{clipped(view.words.published.format(**numbers), 1000)}</p>", f"{table}<tbody>{rows}</tbody></table>"]
    parts += [_published_samples(view, entry) for entry in found["fields"][:COVERED] if entry["samples"]]
    pairs = "".join(
        f'<tr><th scope="row">{clipped(one["sent"])}</th><td>{clipped(one["published"])}</td>'
        f"<td>{shown(say('p_by_' + one['by']))}</td></tr>"
        for one in found["items"][:COVERED]
    )
    if pairs:
        parts.append(f'<h3>{shown(say("p_items"))}</h3><table class="plain"><tbody>{pairs}</tbody></table>')
    for name in ("only_sent", "only_published"):
        if found[name]:
            listed = clipped(", ".join(found[name]), 1000)
            parts.append(f"<h3>{shown(say(f'p_{name}'))}</h3><p>{listed}</p>")
    return "".join(parts)


def _published_samples(view: View, entry: Mapping[str, Any]) -> str:
    titles = "".join(f'<th scope="col">{shown(view.say(f"p_{name}"))}</th>' for name in ("record", "published", "sent"))
    rows = "".join(
        f'<tr><th scope="row">{clipped(one["record"])}</th><td>{clipped(one["published"])}</td>'
        f"<td>{clipped(one['sent'])}</td></tr>"
        for one in entry["samples"]
    )
    name = clipped(field_name(entry, view.lang))
    table = f'<table class="plain"><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>'
    return f"<details><summary>{name}</summary>{table}</details>"


# ── Inputs, outputs, limits, words ──────────────────────────────────────────────────────────────


def files(view: View) -> str:
    """What was read and written, and by what."""
    say, report = view.say, view.report
    parts = [f"<h3>{shown(say('input'))}</h3>", "".join(_file(view, entry) for entry in report.inputs)]
    if report.command != "check":
        parts.append(f"<h3>{shown(say('output'))}</h3>")
        parts.append("".join(_file(view, entry) for entry in report.outputs) or f"<p>{shown(say('none_written'))}</p>")
    facts: list[tuple[str, Any]] = [(say("tool"), " ".join(tool().values())), (say("profile"), report.profile)]
    if report.mapping is not None:
        parts.append(f"<h3>{shown(say('mapping'))}</h3>")
        facts = [(name, report.mapping.get(name)) for name in ("id", "file", "sha256")] + facts
    return "".join(parts) + _facts(facts)


def _file(view: View, entry: Mapping[str, Any]) -> str:
    say, size, records = view.say, entry.get("bytes"), entry.get("records")
    facts = [
        (say("records"), None if records is None else f"{records:,}"),
        (say("bytes"), None if size is None else say("n_bytes", n=size)),
        (say("encoding"), entry.get("encoding")),
        ("SHA-256", entry.get("sha256")),
    ]
    return f"<h4>{clipped(str(entry['name']))}</h4>{_facts(facts)}"


def _facts(facts: Sequence[tuple[str, Any]]) -> str:
    rows = "".join(f"<dt>{shown(name)}</dt><dd>{clipped(str(fact))}</dd>" for name, fact in facts if fact is not None)
    return f"<dl>{rows}</dl>"


def limits(view: View) -> str:
    """What the page shows and what it leaves out."""
    say = view.say
    there = sum(len(view.samples(code)) for code in view.codes)
    rest = sum(code.instances for code in view.codes) - there
    samples = view.report.tally.samples
    lines = [say("limits_counts"), say("limits_samples", samples=samples, shown=there, rest=rest), say("limits_all")]
    return f'<ul class="plain">{"".join(f"<li>{shown(line)}</li>" for line in lines)}</ul>'


def meanings(view: View) -> str:
    """The words for severity, effect and basis."""
    levels = [(view.severity(level), level.word, view.say(f"severity_{level.word}")) for level in reversed(Severity)]
    effects = [(view.effect(name), name, view.say(f"means_{name}")) for name in EFFECTS]
    bases = [(view.say(f"basis_{name}"), name, view.say(f"means_{name}")) for name in BASES]
    parts = []
    for title, rows in (("severity", levels), ("effect", effects), ("basis", bases)):
        body = "".join(
            f"<dt>{shown(word)} <code>{name}</code></dt><dd>{shown(means)}</dd>" for word, name, means in rows
        )
        parts.append(f"<div><h3>{shown(view.say(title))}</h3><dl>{body}</dl></div>")
    return f'<div class="pair">{"".join(parts)}</div>'


def contents(view: View, names: Sequence[tuple[str, str]]) -> str:
    """Links to the sections."""
    items = "".join(f'<li><a href="#{name}">{shown(title)}</a></li>' for name, title in names)
    return f"<nav{attribute('aria-label', view.say('contents'))}><ul>{items}</ul></nav>"
