"""The dossier as one HTML file: no network, printable, readable on a phone. Everything from the data is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from convert.formats.japansearch.dossier.view import View
from convert.page import page, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.japansearch.dossier.model import Dossier
    from convert.formats.japansearch.dossier.view import Cell, Note, Point, Section, Table

ROWS: Final = 500
"""Rows of a table that are shown."""
TEXT: Final = 4000
"""Characters of a text that are shown."""
VALUE: Final = 200_000
"""Characters of a value that is to be copied."""
_SIGNS = {"pass": "✓", "look": "✓", "fail": "！", "part": "…"}
_STACKED = ("definition", "labels", "wanted", "holders", "groups", "rules")
"""Tables whose rows become blocks on a phone."""
_LABELLED = {"wanted": (2, 3, 4), "labels": (1, 3, 4, 5), "holders": (1, 2, 3, 4), "groups": (1, 2, 3)}
"""Their columns whose heading is said in each block."""


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def document(dossier: Dossier, lang: str) -> str:
    """The whole page."""
    view = View(dossier, lang)
    say = view.say
    sections = view.sections()
    named = [(section.name, section.title) for section in sections]
    body = "\n".join(_section(view, section) for section in sections)
    about = "".join(f"<p>{_text(line)}</p>" for line in view.about())
    about = f'<section id="about"><h2>{_text(say("about"))}</h2><div class="intro">{about}</div></section>'
    head = (
        f'<a class="skip" href="#main">{_text(say("skip"))}</a><div id="top"></div>'
        f"<header><h1>{_text(say('title'))}</h1>"
        f'<p class="of">{_text(view.name)}</p><p class="note">{_text(view.files)}</p></header>'
    )
    main = f'<main id="main" tabindex="-1">{_answer(view)}\n{_contents(view, named)}\n{body}\n{about}</main>'
    top = f'<p class="end"><a href="#top">{_text(say("top"))}</a></p><p id="copied" class="sr" role="status"></p>'
    title = f"{say('title')} {dossier.database}"
    return page(title, view.lang, f"{head}{main}{top}", _part("style.css"), _part("script.js"))


def _text(text: str, limit: int = TEXT) -> str:
    text = text if len(text) <= limit else f"{text[:limit]}…"
    return "\n".join(map(shown, text.split("\n")))


def _contents(view: View, names: Sequence[tuple[str, str]]) -> str:
    items = "".join(f'<li><a href="#{name}">{_text(title)}</a></li>' for name, title in names)
    return f'<nav aria-label="{_text(view.say("contents"))}"><ul>{items}</ul></nav>'


# ── The answer ───────────────────────────────────────────────────────────────────────────────────


def _answer(view: View) -> str:
    say, answer = view.say, view.answer
    lines = "".join(f"<p>{_text(line)}</p>" for line in view.lines())
    points = "".join(
        f"<h2>{_text(say(name))}</h2><ul class=points>{''.join(_point(view, point) for point in found)}</ul>"
        for name, found in zip(("fix", "look"), view.points(), strict=True)
        if found
    )
    return (
        f'<section id="verdict" class="verdict v-{answer}" aria-label="{_text(say("question"))}">'
        f'<p class="question">{_text(say("question"))}</p>'
        f'<p class="answer"><span class="sign" aria-hidden="true">{_SIGNS[answer]}</span>'
        f"<strong>{_text(say(f'answer_{answer}'))}</strong></p>{lines}{points}</section>"
    )


def _point(view: View, point: Point) -> str:
    say = view.say
    more = [f'<span class="code">{_text(point.code)}</span> {_text(say("times", n=point.count))}']
    if point.places:
        listed = "、".join(point.places) if view.lang == "ja" else ", ".join(point.places)
        rest = f" … {say('more_places', n=point.more)}" if point.more else ""
        more.append(_text(say("places") + listed + rest))
    if point.suggestion:
        more.append(_text(say("suggestion") + point.suggestion))
    if point.hint:
        more.append(_text(say("hint") + point.hint))
    told = "".join(f'<p class="more">{line}</p>' for line in more)
    basis = f' <span class="tag b-{point.basis}">{_text(view.basis(point.basis))}</span>'
    return (
        f'<li class="s-{point.severity.word}"><span class="dot"></span>'
        f"<div><p>{_text(point.text)}{basis}</p>{told}</div></li>"
    )


# ── The sections ─────────────────────────────────────────────────────────────────────────────────


def _section(view: View, section: Section) -> str:
    intro = "".join(f"<p>{_text(line)}</p>" for line in section.intro)
    tables = "".join(_table(view, table) for table in section.tables)
    after = "".join(_remark(view, note) for note in section.after)
    return (
        f'<section id="{section.name}" aria-labelledby="h-{section.name}"><h2 id="h-{section.name}">'
        f'{_text(section.title)}</h2><div class="intro">{intro}</div>{tables}{after}</section>'
    )


def _table(view: View, table: Table) -> str:
    parts = [f"<h3>{_text(table.title)}</h3>"] if table.title else []
    parts += [f'<p class="note">{_text(line)}</p>' for line in table.before]
    heads = "".join(_head(head, first) for head, first in zip(table.heads, _firsts(table), strict=True))
    rows = "".join(_row(view, table, row) for row in table.rows[:ROWS])
    stack = " stack" if table.name in _STACKED else ""
    parts.append(
        f'<div class="scroll"><table class="t-{table.name}{stack}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    if len(table.rows) > ROWS:
        parts.append(f'<p class="note">{_text(view.say("more_rows", n=len(table.rows) - ROWS))}</p>')
    parts += [f'<p class="note">{_text(line)}</p>' for line in table.after]
    return "".join(parts)


def _firsts(table: Table) -> Iterator[str]:
    """The kinds of the columns, by the first row."""
    row = table.rows[0] if table.rows else ()
    for at, head in enumerate(table.heads):
        yield head.kind or (row[at].kind if at < len(row) and row[at].kind in ("tick", "sign") else "")


def _head(head: Cell, kind: str) -> str:
    text = _text(head.text)
    if kind == "tick":
        text = f'<span class="sr">{text}</span>'
    return f'<th scope="col" class="{kind}">{text}</th>'


def _row(view: View, table: Table, row: Sequence[Cell]) -> str:
    cells = "".join(_cell(view, table, cell, at) for at, cell in enumerate(row))
    return f"<tr{' class=sum' if row[0].kind == 'sum' else ''}>{cells}</tr>"


def _cell(view: View, table: Table, cell: Cell, at: int) -> str:
    if cell.kind == "tick" and cell.state == "off":
        return '<td class="tick"></td>'
    if cell.kind == "tick":
        return f'<td class="tick"><input type="checkbox" aria-label="{_text(view.say("done"))}"></td>'
    if cell.kind == "sign":
        said = "".join(f'<span class="sr">{_text(note.text)}</span>' for note in cell.tags)
        return f'<td class="sign {cell.state}"><span aria-hidden="true">{_text(cell.text)}</span>{said}</td>'
    tags = "".join(f' <span class="tag {tag.kind} b-{tag.basis}">{_text(tag.text)}</span>' for tag in cell.tags)
    notes = "".join(_remark(view, note) for note in cell.notes)
    text = _text(cell.text)
    if cell.kind == "value":
        text = _copied(view, _text(cell.text, VALUE))
    inner = f"{text}{tags}{notes}"
    state = cell.state if cell.kind == "use" or cell.state == "zero" else ""
    kinds = " ".join(filter(None, ("value-cell" if cell.kind == "value" else cell.kind, state)))
    head = table.heads[at].text
    label = f' data-head="{_text(head)}"' if _is_labelled(table, cell, at) and inner else ""
    return f'<td class="{kinds}"{label}>{inner}</td>'


def _is_labelled(table: Table, cell: Cell, at: int) -> bool:
    """Whether a cell of a stacked table needs its heading said."""
    return at in _LABELLED.get(table.name, ()) and cell.kind != "value"


def _copied(view: View, text: str) -> str:
    say = view.say
    return (
        f'<div class="holding"><div class="value">{text}</div><button type="button" hidden data-copy '
        f'data-done="{_text(say("copied"))}">{_text(say("copy"))}</button></div>'
    )


def _remark(view: View, note: Note) -> str:
    if note.kind == "path":
        return f'<span class="path">{_text(note.text)}</span>'
    level = f" s-{note.kind}" if note.kind in ("fatal", "error", "warning", "notice") else ""
    basis = f' <span class="tag b-{note.basis}">{_text(view.basis(note.basis))}</span>' if note.basis else ""
    return f'<span class="remark{level}">{_text(note.text)}{basis}</span>'
