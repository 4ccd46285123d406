"""Each code with what is wrong, what to do, where, and the rows it was found in; and what lookup tables lack."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from convert.formats.table.write import guarded
from convert.messages.catalogue import EFFECTS, visible
from convert.page import shown
from convert.report.page.view import LONG, attribute, clipped, effect_tag, waived_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.check.issue import Issue
    from convert.report.page.view import Row, View
    from convert.report.tally import CodeTally, Counts

MATRIX = 500
"""Rows of the table of codes and fields."""
CELLS = 30
"""Cells of a source row that are shown, those beside the offending one first."""
AROUND = 80
"""Characters of a line of text that are shown on either side of a fault."""
CELL = 60
"""Characters of a cell that are shown."""
MISSES = 2000
"""Values of a lookup table that are shown."""
FIELDS = 8
"""Fields that a code names; the table has all."""


def anchor(code: CodeTally) -> str:
    """The id of a code's section, for HTML."""
    return shown(f"c-{code.code}-{code.original.word}{'-waived' if code.waived else ''}".replace(" ", "_"))


def findings(view: View) -> str:
    """The controls and every code."""
    if not view.codes:
        return ""
    codes = "\n".join(_code(view, code) for code in view.codes)
    nothing = f'<p id="nothing" hidden>{shown(view.say("nothing"))}</p>'
    return f'<p class="note">{shown(view.say("codes_note"))}</p>{_controls(view)}{nothing}<div id="list">{codes}</div>'


def _controls(view: View) -> str:
    """Search and filters; shown by the script, which they need."""
    say = view.say
    levels = sorted({code.severity for code in view.codes}, reverse=True)
    buttons = "".join(
        f'<button type="button" class="level s-{level.word}" data-severity="{level.word}" aria-pressed="true">'
        f"{shown(view.severity(level))}</button>"
        for level in levels
    )
    effects = [name for name in EFFECTS if any(code.effect == name for code in view.codes)]
    fields = [(str(number), clipped(name, 40) or say("no_field")) for name, number in view.numbers.items()]
    total = len(view.codes)
    counted = say("counted", total="{total}", shown="{shown}")
    return (
        f'<div id="controls" role="search" hidden{attribute("data-counted", counted)}>'
        f'<label class="find">{shown(say("find"))} <input type="search" id="find"'
        f"{attribute('placeholder', say('find_hint'))}></label>"
        f'<span class="buttons" role="group"{attribute("aria-label", say("severity"))}>{buttons}</span>'
        f"{_choice(say('effect'), 'effect', say('all_effects'), [(name, view.effect(name)) for name in effects])}"
        f"{_choice(say('field'), 'field', say('all_fields'), fields)}"
        f'<span class="buttons"><button type="button" id="open">{shown(say("open_all"))}</button>'
        f'<button type="button" id="close">{shown(say("close_all"))}</button>'
        f'<button type="button" id="clear">{shown(say("clear"))}</button></span>'
        f'<p id="counted" role="status" aria-live="polite">{shown(say("counted", total=total, shown=total))}</p></div>'
    )


def _choice(label: str, name: str, every: str, options: Sequence[tuple[str, str]]) -> str:
    listed = "".join(f"<option{attribute('value', value)}>{text}</option>" for value, text in options)
    return (
        f'<label>{shown(label)} <select id="{name}"><option value="">{shown(every)}</option>{listed}</select></label>'
    )


def _code(view: View, code: CodeTally) -> str:
    entry = view.book.entry(code.code)
    samples = view.samples(code)
    first = code.samples[0] if code.samples else None
    number = shown(view.both(code.instances, code.records))
    fields = " ".join(str(view.numbers[name]) for name, _ in code.fields.items() if name in view.numbers)
    open_ = " open" if code.severity >= view.bar else ""
    said = "" if first is None else f'<span class="said">{view.message(first)}</span>'
    summary = (
        f'<summary><span class="level s-{code.severity.word}">{shown(view.severity(code.severity))}</span>'
        f"<b>{shown(code.code)}</b> <span class=number>{number}</span> "
        f"{effect_tag(view, code.effect)}{waived_tag(view, code)}{said}</summary>"
    )
    facts = [
        (view.say("hint"), "" if first is None else view.hint(first)),
        (view.say("effect"), shown(view.say(f"means_{code.effect}"))),
        (view.say("basis"), shown(view.say(f"means_{entry.basis}"))),
        (view.say("reference"), clipped(entry.reference, LONG)),
        (view.say("field"), _fields(view, code)),
    ]
    told = "".join(f"<dt>{shown(name)}</dt><dd>{fact}</dd>" for name, fact in facts if fact)
    return (
        f'<details class="code" id="{anchor(code)}" data-severity="{code.severity.word}" data-effect="{code.effect}"'
        f"{attribute('data-fields', fields)}{open_}>{summary}<dl>{told}</dl>"
        f"{_samples(view, code, samples)}</details>"
    )


def _fields(view: View, code: CodeTally) -> str:
    found = code.fields.items()
    records = dict(code.field_records.items())
    parts = [
        f"<li>{view.field(name)} <span class=number>{shown(view.both(times, records.get(name, 0)))}</span></li>"
        for name, times in found[:FIELDS]
    ]
    rest = sum(times for _, times in found[FIELDS:]) + code.fields.other
    if rest:
        parts.append(f"<li>{shown(view.say('by_field_other', n=rest))}</li>")
    return f'<ul class="inline">{"".join(parts)}</ul>'


# ── The samples ─────────────────────────────────────────────────────────────────────────────────


def _samples(view: View, code: CodeTally, samples: Sequence[Issue]) -> str:
    if not samples:
        return f'<p class="note">{shown(view.say("samples_none"))}</p>' if code.instances else ""
    head = f"<h3>{shown(view.say('samples'))}</h3>"
    note = ""
    if code.instances > len(samples):
        note = f'<p class="note">{shown(view.say("samples_note", n=code.instances, shown=len(samples)))}</p>'
    first = view.message(samples[0])
    listed = "".join(_sample(view, issue, first) for issue in samples)
    return f'{head}{note}<ol class="samples">{listed}</ol>'


def _sample(view: View, issue: Issue, first: str) -> str:
    """One finding. The message is said again only where it differs from that of the code."""
    said = view.message(issue)
    parts = [f'<p class="place"><span class="at">{clipped(str(issue.at))}</span>']
    if issue.record_id is not None:
        parts.append(f' <b class="id">{clipped(issue.record_id)}</b>')
    parts.append("</p>")
    if said != first:
        parts.append(f'<p class="said">{said}</p>')
    parts.append(_became(view, issue))
    row = view.row(issue)
    line = view.line(issue)
    if row is not None:
        parts.append(_row(view, issue, row))
    elif line:
        parts.append(_line_of(view, issue, line))
    return f"<li>{''.join(parts)}</li>"


def _became(view: View, issue: Issue) -> str:
    say = view.say
    facts = []
    if issue.value is not None:
        facts.append((say("value"), f"<code>{clipped(issue.value)}</code>"))
    facts.append((say("stored"), f'<span class="e-{view.book.entry(issue.code).effect}">{view.stored(issue)}</span>'))
    if issue.suggestion is not None:
        facts.append((say("suggestion"), f"<code>{clipped(issue.suggestion)}</code>"))
    if issue.waived is not None:
        facts.append((say("waived"), clipped(issue.waived)))
    if issue.target is not None:
        facts.append((say("target"), clipped(issue.target)))
    if issue.rule is not None:
        facts.append((say("rule"), clipped(issue.rule)))
    return f'<dl class="became">{"".join(f"<dt>{shown(n)}</dt><dd>{fact}</dd>" for n, fact in facts)}</dl>'


def _row(view: View, issue: Issue, row: Row) -> str:
    """The cells of the row that hold something, and the offending one."""
    column = (issue.at.column or 0) - 1
    filled = [at for at, cell in enumerate(row.cells) if cell or at == column]
    if column >= len(row.cells):
        filled.append(column)
    near = sorted(filled, key=lambda at: (at != 0, abs(at - column)))[:CELLS]
    cells = "".join(_cell(view, row, at, bad=at == column) for at in sorted(near))
    rest = len(filled) - len(near)
    more = f"<li>{shown(view.say('row_more', n=rest))}</li>" if rest else ""
    head = f"{view.say('row')} {view.say('row_of', n=issue.at.row or 0)}"
    return f'<div class="row"><span class="note">{shown(head)}</span><ul>{cells}{more}</ul></div>'


def _line_of(view: View, issue: Issue, line: str) -> str:
    """What stands around the fault in its line."""
    value = (issue.value or "").removesuffix("…")
    at = line.find(value) if value else -1
    start = max((at if at >= 0 else (issue.at.column or 1) - 1) - AROUND, 0)
    end = start + 2 * AROUND + len(value)
    before, after = ("…" if start else ""), ("…" if end < len(line) else "")
    if at >= 0:
        inner = f"{shown(line[start:at])}<mark>{shown(value)}</mark>{shown(line[at + len(value) : end])}"
    else:
        inner = shown(line[start:end])
    head = f"{view.say('row')} {view.say('row_of', n=issue.at.line or 0)}"
    return f'<div class="row"><span class="note">{shown(head)}</span><p><code>{before}{inner}{after}</code></p></div>'


def _cell(view: View, row: Row, at: int, *, bad: bool) -> str:
    name = row.columns[at] if at < len(row.columns) else ""
    cell = (row.cells[at] if at < len(row.cells) else "").replace("\r\n", "\n").replace("\n", " ↵ ")
    text = clipped(cell, CELL * 3 if bad else CELL)
    if not cell.strip():
        text = f"<i>{shown(view.say('blank' if cell else 'empty'))}</i>"
    inner = f"<b>{clipped(name, CELL)}</b> {text}"
    return f'<li class="bad"><mark>{inner}</mark></li>' if bad else f"<li>{inner}</li>"


# ── Codes and fields ────────────────────────────────────────────────────────────────────────────


def matrix(view: View) -> str:
    """Instances and records of every code in every field."""
    if not view.codes:
        return ""
    rows = sorted(_matrix(view), key=lambda row: -row[2])
    kept = rows[:MATRIX]
    say = view.say
    body = "".join(
        f'<tr data-code="{anchor(code)}"><th scope="row"><a href="#{anchor(code)}">'
        f'<span class="dot s-{code.severity.word}"></span>{shown(code.code)}</a></th><td>{name}</td>'
        f'<td class="n">{times:,}</td><td class="n">{records:,}</td></tr>'
        for code, name, times, records in kept
    )
    head = f'<th scope="col">{shown(say("code"))}</th><th scope="col">{shown(say("field"))}</th>'
    head += "".join(f'<th scope="col" class="n">{shown(say(name))}</th>' for name in ("instances", "records"))
    note = shown(say("matrix_records"))
    if len(rows) > len(kept):
        left = rows[MATRIX:]
        note += " " + shown(say("matrix_note", shown=MATRIX, rows=len(left), n=sum(row[2] for row in left)))
    return (
        f'<p class="note">{note}</p><table class="matrix" id="matrix"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _matrix(view: View) -> Iterator[tuple[CodeTally, str, int, int]]:
    for code in view.codes:
        records = dict(code.field_records.items())
        for name, times in code.fields.items():
            yield code, view.field(name), times, records.get(name, 0)
        if code.fields.other:
            yield code, shown(view.say("other_fields")), code.fields.other, code.field_records.other


# ── Lookup misses ───────────────────────────────────────────────────────────────────────────────


def misses(view: View) -> str:
    """The values that lookup tables lack, as lines for the table."""
    found = view.report.lookup_misses
    if not found:
        return ""
    parts = [_missed(view, number, name, counts) for number, (name, counts) in enumerate(found.items())]
    return f'<p class="note">{shown(view.say("misses_note"))}</p>{"".join(parts)}'


def _missed(view: View, number: int, name: str, counts: Counts) -> str:
    say = view.say
    kept = counts.items()[:MISSES]
    lines = [line for line in map(_line, (text for text, _ in kept)) if line]
    distinct = f"{len(counts):,}{'+' if counts.other else ''}"
    name = name if len(name) <= CELL else name[:CELL] + "…"
    title = say("misses_table", name=name, n=counts.total, distinct=distinct)
    rest = counts.total - sum(times for _, times in kept)
    more = f'<p class="note">{shown(say("misses_more", shown=len(kept), n=rest))}</p>' if rest else ""
    odd = f'<p class="note">{shown(say("misses_odd"))}</p>' if len(lines) < len(kept) else ""
    listed = "".join(f"<tr><td>{clipped(text)}</td><td class=n>{times:,}</td></tr>" for text, times in kept)
    button = (
        f'<button type="button" class="copy" data-copy="m-{number}" hidden'
        f"{attribute('data-done', say('copied'))}{attribute('data-failed', say('copy_failed'))}>"
        f"{shown(say('misses_copy', name=name))}</button> <span role=status></span>"
    )
    area = (
        f'<textarea id="m-{number}" readonly rows="{min(len(lines), 8)}" spellcheck="false"'
        f"{attribute('aria-label', title)}>\n{''.join(map(_escaped, lines))}</textarea>"
    )
    copied = f"{area}<p>{button}</p>" if lines else ""
    table = f'<table class="plain"><tbody>{listed}</tbody></table>'
    counted = f"<details><summary>{shown(say('instances'))}</summary>{table}</details>"
    return f"<h3>{shown(title)}</h3>{more}{odd}{copied}{counted}"


def _line(text: str) -> str:
    """A line of the table's CSV; empty where the value must not be copied unseen."""
    if visible(text) != text or len(text) > 200 or (len(text) > 1 and guarded(text) != text):
        return ""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([text, ""])
    return out.getvalue()


def _escaped(text: str) -> str:
    return shown(text.rstrip("\n")) + "\n"
