"""The dossier as text for a terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from convert.formats.japansearch.dossier.view import View
from convert.messages.catalogue import visible
from convert.report.layout import clip, pad, width, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.japansearch.dossier.model import Dossier
    from convert.formats.japansearch.dossier.view import Cell, Note, Point, Section, Table

WIDTH: Final = 100
ROWS: Final = 100
"""Rows of a table that are shown."""
CELL: Final = 72
"""Columns that a cell takes at most."""
SAMPLE: Final = 300
"""Characters of a value that are shown."""


def text(dossier: Dossier, lang: str, *, brief: bool = False) -> str:
    """All of it, or (``brief``) only the answer."""
    view = View(dossier, lang)
    columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    lines = list(_answer(view, columns))
    for section in () if brief else view.sections():
        lines += ["", *_section(view, section, columns)]
    if not brief:
        lines += ["", f"── {view.say('about')}"]
        for part in view.about():
            lines += wrap(part, columns)
    return "\n".join(lines) + "\n"


def _answer(view: View, columns: int) -> Iterator[str]:
    yield f"{view.say('title')}  {_flat(view.name)}"
    yield f"{view.say('question')} … {view.say(f'answer_{view.answer}')}"
    for line in view.lines():
        yield from wrap(line, columns)
    for name, points in zip(("fix", "look"), view.points(), strict=True):
        if points:
            yield ""
            yield f"{view.say(name)}"
        for point in points:
            yield from _point(view, point, columns)


def _point(view: View, point: Point, columns: int) -> Iterator[str]:
    basis = view.basis(point.basis)
    head = f"{point.severity.said(view.lang)} {point.code}  {view.say('times', n=point.count)}"
    yield f"  {head}  [{basis}]"
    yield from wrap(_flat(point.text), columns, first="    ", rest="    ")
    if point.places:
        more = f" … {view.say('more_places', n=point.more)}" if point.more else ""
        yield f"    {view.say('places')}{'  '.join(map(_flat, point.places))}{more}"
    if point.suggestion:
        yield f"    {view.say('suggestion')}{_flat(point.suggestion)}"
    if point.hint:
        yield from wrap(view.say("hint") + _flat(point.hint), columns, first="    ", rest="      ")


def _flat(value: str) -> str:
    return clip(visible(value.replace("\n", " ")), SAMPLE)


def _section(view: View, section: Section, columns: int) -> Iterator[str]:
    yield f"── {section.title}"
    for line in section.intro:
        yield from wrap(line, columns)
    for table in section.tables:
        yield ""
        yield from (_values if table.name == "definition" else _table)(view, table, columns)
    for note in section.after:
        yield from _note(view, note, columns, "")


def _values(view: View, table: Table, columns: int) -> Iterator[str]:
    """Fields with their values below them, whole and unbroken: they are to be copied."""
    for _, sign, name, value in table.rows:
        yield f"{sign.text} {_cell(name)}"
        yield from (f"    {visible(line)}" for line in value.text.splitlines())
        for note in value.notes:
            yield from _note(view, note, columns, "    ")


def _table(view: View, table: Table, columns: int) -> Iterator[str]:
    if table.title:
        yield _flat(table.title)
    for line in table.before:
        yield from wrap(line, columns)
    rows = table.rows[:ROWS]
    kept = [at for at in range(len(table.heads)) if not any(row[at].kind == "tick" for row in rows)]
    texts = [[_cell(row[at]) for at in kept] for row in rows]
    heads = [table.heads[at].text for at in kept]
    sizes = [max(map(width, column)) for column in zip(heads, *texts, strict=True)] if texts else []
    numbers = [table.heads[at].kind == "n" for at in kept]
    if any(heads) and texts:
        yield _line(heads, sizes, numbers)
    for row, cells in zip(rows, texts, strict=True):
        yield _line(cells, sizes, numbers)
        indent = " " * (2 + (sizes[0] if rows and rows[0][kept[0]].kind == "sign" else 2))
        for at in kept:
            for note in row[at].notes:
                yield from _note(view, note, columns, indent)
    if len(table.rows) > ROWS:
        yield view.say("more_rows", n=len(table.rows) - ROWS)
    for line in table.after:
        yield from wrap(line, columns)


def _cell(cell: Cell) -> str:
    parts = [_flat(cell.text), *(f"({_flat(note.text)})" for note in cell.notes if note.kind == "path")]
    if cell.kind != "sign":
        parts += [f"[{tag.text}]" for tag in cell.tags]
    return clip(" ".join(filter(None, parts)), CELL)


def _line(cells: Sequence[str], sizes: Sequence[int], numbers: Sequence[bool]) -> str:
    parts = []
    for cell, size, number in zip(cells, sizes, numbers, strict=True):
        parts.append(" " * (size - width(cell)) + cell if number else pad(cell, size))
    return "  ".join(parts).rstrip()


def _note(view: View, note: Note, columns: int, indent: str) -> Iterator[str]:
    if note.kind == "path":
        return
    basis = f"[{view.basis(note.basis)}] " if note.basis else ""
    yield from wrap(basis + _flat(note.text), columns, first=indent, rest=indent)
