"""The dossier as a workbook: one sheet for each part, the answer first."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from convert.formats.japansearch.dossier.view import View
from convert.formats.xlsx.write import MAX_COLUMNS, MAX_ROWS, fitting
from convert.messages.catalogue import visible
from convert.model import column_letters
from convert.report.layout import width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.japansearch.dossier.model import Dossier
    from convert.formats.japansearch.dossier.view import Cell, Note, Section, Table

_WIDTHS: Final = {"tick": 6, "sign": 6, "n": 10, "use": 10, "code": 24, "name": 44, "value": 48}
_WIDTH, _NOTES, _ANSWER = 32, 60, 110
_FILLS: Final = {"missing": "F8D7D4", "bad": "F8D7D4", "doubt": "FBE9C6", "note": "D9EAF3", "ok": "DCEFE3"}
_HEAD: Final = "E9EDEF"
_LINE, _TALLEST = 18, 409
"""Height of a line, and of the tallest row a sheet takes, in points."""
_TITLE_LENGTH: Final = 31


@dataclass(slots=True)
class _Row:
    """A row to be written. ``kind``: title, head, text or cells; ``states``: of its cells, for their colours."""

    values: list[Any]
    kind: str = "text"
    states: list[str] = field(default_factory=list)


def workbook(dossier: Dossier, lang: str) -> bytes:
    """The workbook's bytes. Every text is written as text, never as a formula."""
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy, and only for this kind of file

    view = View(dossier, lang)
    book = openpyxl.Workbook()
    first: Any = book.active
    first.title = _title(view.say("question"))
    _write(first, list(_answer(view)), [_ANSWER])
    for section in view.sections():
        sheet: Any = book.create_sheet(_title(section.title))
        _write(sheet, list(_rows(view, section)), _widths(section))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(text: str) -> str:
    kept = "".join(character for character in text if character not in "[]:*?/\\")
    return kept[:_TITLE_LENGTH].strip()


# ── What stands where ────────────────────────────────────────────────────────────────────────────


def _answer(view: View) -> Iterator[_Row]:
    yield _Row([f"{view.say('title')} {view.name}"], "title")
    yield _Row([f"{view.say('question')} {view.say(f'answer_{view.answer}')}"], "title")
    for line in view.lines():
        yield _Row([line], "cells")
    for name, points in zip(("fix", "look"), view.points(), strict=True):
        if points:
            yield _Row([])
            yield _Row([view.say(name)], "head")
        for point in points:
            lines = [f"{point.code} {view.say('times', n=point.count)} [{view.basis(point.basis)}]", point.text]
            lines.append(view.say("places") + view.say.listed(list(point.places)) if point.places else "")
            lines.append(view.say("suggestion") + point.suggestion if point.suggestion else "")
            lines.append(view.say("hint") + point.hint if point.hint else "")
            yield _Row(["\n".join(filter(None, lines))], "cells")
    yield _Row([])
    for line in view.about():
        yield _Row([line], "cells")


def _rows(view: View, section: Section) -> Iterator[_Row]:
    yield _Row([section.title], "title")
    for line in section.intro:
        yield _Row([line])
    for table in section.tables:
        yield _Row([])
        if table.title:
            yield _Row([table.title], "title")
        for line in table.before:
            yield _Row([line])
        noted = _has_notes(table)
        yield _Row([head.text for head in table.heads] + ([view.say("head_note")] if noted else []), "head")
        for row in table.rows:
            notes = "\n".join(_note(view, note) for cell in row for note in cell.notes if note.kind != "path")
            states = [cell.state if cell.kind in ("sign", "value", "") else "" for cell in row]
            yield _Row([*map(_value, row), *([notes] if noted else [])], "cells", states)
        for line in table.after:
            yield _Row([line])
    for note in section.after:
        yield _Row([_note(view, note)])


def _has_notes(table: Table) -> bool:
    return any(note.kind != "path" for row in table.rows for cell in row for note in cell.notes)


def _value(cell: Cell) -> Any:
    if cell.kind == "tick":
        return "" if cell.state == "off" else "□"
    if cell.kind == "n" and cell.text.replace(",", "").isdigit():
        return int(cell.text.replace(",", ""))
    tags = [] if cell.kind == "sign" else [f"[{tag.text}]" for tag in cell.tags]
    paths = [f"({note.text})" for note in cell.notes if note.kind == "path"]
    return " ".join(filter(None, (cell.text, *paths, *tags)))


def _note(view: View, note: Note) -> str:
    return f"[{view.basis(note.basis)}] {note.text}" if note.basis else note.text


def _widths(section: Section) -> list[int]:
    """The widths of a sheet's columns: what the widest table needs."""
    widths: list[int] = []
    for table in section.tables:
        row = table.rows[0] if table.rows else table.heads
        own = [_WIDTHS.get(cell.kind, _WIDTH) for cell in row] + ([_NOTES] if _has_notes(table) else [])
        widths += [0] * (len(own) - len(widths))
        widths = [max(pair) for pair in zip(widths, own + [0] * (len(widths) - len(own)), strict=True)]
    return widths


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def _write(sheet: Any, rows: Sequence[_Row], widths: Sequence[int]) -> None:
    from openpyxl.styles import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        Alignment,
        Font,
        PatternFill,
    )

    wrap, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    fills = {name: PatternFill("solid", fgColor=color) for name, color in {**_FILLS, "head": _HEAD}.items()}
    for number, row in enumerate(rows[:MAX_ROWS], start=1):
        for at, value in enumerate(row.values[:MAX_COLUMNS], start=1):
            cell = sheet.cell(number, at)
            _put(cell, value)
            if row.kind in ("title", "head"):
                cell.font = bold
            if row.kind == "head":
                cell.fill = fills["head"]
            if row.kind == "cells":
                cell.alignment = wrap
                state = row.states[at - 1] if at <= len(row.states) else ""
                if state in fills:
                    cell.fill = fills[state]
        if row.kind == "cells":
            sheet.row_dimensions[number].height = min(_TALLEST, _LINE * _lines(row, widths))
    for at, columns in enumerate(widths, start=1):
        sheet.column_dimensions[column_letters(at)].width = columns
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _put(cell: Any, value: Any) -> None:
    """A number, or a text that no spreadsheet takes for a formula."""
    if isinstance(value, str):
        cell.value = fitting(visible(value, keep="\n"))
        cell.data_type = "s"
    else:
        cell.value = value


def _lines(row: _Row, widths: Sequence[int]) -> int:
    """Lines that the tallest cell of a row takes."""
    texts = [(str(value), columns) for value, columns in zip(row.values, widths, strict=False)]
    return max((sum(1 + width(line) // columns for line in text.split("\n")) for text, columns in texts), default=1)
