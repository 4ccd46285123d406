"""Profiles as one HTML file: no script, no network, readable on a phone. Everything from the data is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.inspect.view import View, one_line, percent
from convert.inspect.words import Words
from convert.messages.catalogue import catalogue
from convert.page import page as framed
from convert.page import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.inspect.candidates import Candidate
    from convert.inspect.column import Column
    from convert.inspect.profile import Profile

_STYLE: Final = """
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
.note, .more { opacity: .75; font-size: .875rem; }
.warn { border-left: 4px solid var(--bad); padding: .25rem .75rem; margin: .5rem 0; background: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: .75rem; }
.column { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
.column h4 { margin: 0; font-size: 1rem; } .bar { height: 4px; background: var(--line); margin: .3rem 0; }
.bar i { display: block; height: 100%; background: var(--mark); }
.figures span { margin-right: .75rem; white-space: nowrap; }
.samples { margin: .3rem 0 0; padding: 0; list-style: none; font-size: .875rem; }
.samples li { background: var(--soft); padding: 0 .35rem; margin: .15rem 0; max-height: 4.8em; overflow: hidden; }
ul.plain { padding-left: 1.1rem; margin: .25rem 0; } li > b { font-weight: 600; }
@media print { .column { break-inside: avoid; } }
"""


def page(profiles: Sequence[Profile], lang: str) -> str:
    """The whole file."""
    say = Words(lang)
    body = "\n".join(line for profile in profiles for line in _source(View(profile, say)))
    head = f'<h1>{shown(say("title"))}</h1>\n<p class="note">{shown(say("summary"))}</p>\n'
    return framed(say("title"), lang, head + body, _STYLE, attributes=True)


def _source(view: View) -> Iterator[str]:
    say, found = view.say, view.profile
    yield f"<h2>{shown(view.head())}</h2>"
    facts = "".join(f"<dt>{shown(name)}</dt><dd>{shown(fact)}</dd>" for name, fact in view.facts())
    yield f"<dl>{facts}</dl>"
    for warning in view.warnings():
        yield f'<p class="warn">{shown(warning)}</p>'
    if not found.fatal:
        yield f"<h3>{shown(say('source'))}</h3><pre><code>{shown(view.source_block())}</code></pre>"
    if found.columns:
        yield f"<h3>{shown(say('ids'))}</h3>"
        yield _list(list(_ids(view)) or [shown(say("none"))])
        yield f"<h3>{shown(say('titles'))}</h3>"
        yield _list([_candidate(view, item) for item in found.titles] or [shown(say("none"))])
    damages = list(_damages(view))
    if damages:
        yield f"<h3>{shown(say('damage'))}</h3>{_list(damages)}"
    if found.issues:
        yield f"<h3>{shown(say('issues'))}</h3>{_list(list(_issues(view)))}"
    if found.columns:
        yield f"<h3>{shown(say('columns' if found.flat else 'paths'))}</h3>"
        yield f'<div class="columns">{"".join(_column(view, column) for column in found.columns)}</div>'


def _list(items: list[str]) -> str:
    return f'<ul class="plain">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _ids(view: View) -> Iterator[str]:
    for candidate in view.profile.ids:
        repeats = view.repeats(candidate)
        more = f'<div class="more">{shown(repeats)}</div>' if repeats else ""
        yield _candidate(view, candidate) + more


def _candidate(view: View, candidate: Candidate) -> str:
    reasons = view.say.listed([view.say.reason(name) for name in candidate.reasons])
    return f'<b>{shown(one_line(candidate.path))}</b> <span class="more">{shown(reasons)}</span>'


def _damages(view: View) -> Iterator[str]:
    for column, damage in view.damages():
        parts = [f"<b>{shown(view.damage_head(column, damage))}</b>"]
        if damage.value:
            parts.append(f"<div><code>{shown(view.damage_value(damage))}</code></div>")
        if damage.places:
            parts.append(f'<div class="more">{shown(view.places(damage))}</div>')
        yield "".join(parts)


def _issues(view: View) -> Iterator[str]:
    lang, book = view.say.lang, catalogue()
    for noted in view.profile.issues:
        first = noted.first[0]
        places = view.say.listed([str(issue.at) for issue in noted.first])
        yield (
            f"<b>{shown(noted.code)} {shown(view.say('times', n=noted.count))}</b> {shown(book.message(first, lang))}"
            f'<div class="more">{shown(places)}</div><div class="more">{shown(book.hint(first, lang))}</div>'
        )


def _column(view: View, column: Column) -> str:
    say = view.say
    name = one_line(column.path)
    heading = f" {one_line(column.heading)}" if view.profile.flat and column.heading not in ("", column.path) else ""
    figures = [(say("fill"), view.fill(column)), (say("distinct"), view.distinct(column))]
    if column.lengths:
        figures.append((say("lengths"), view.lengths(column)))
    cells = "".join(f"<span>{shown(label)} {shown(figure)}</span>" for label, figure in figures)
    samples = "".join(f"<li>{shown(sample)}</li>" for sample in view.samples(column))
    return (
        f'<div class="column"><h4>{shown(name + heading)}</h4>'
        f'<div class="bar"><i style="width:{percent(column.fill)}"></i></div>'
        f'<div class="figures">{cells}</div><div class="note">{shown(view.kinds(column))}</div>'
        f'<ul class="samples">{samples}</ul></div>'
    )
