"""The dossier as a workbook: one sheet for each part, the answer first."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from convert.formats.japansearch.dossier.view import View
from convert.formats.xlsx.write import fitting
from convert.messages.catalogue import visible
from convert.model import column_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.japansearch.dossier.model import Dossier
    from convert.formats.japansearch.dossier.view import Cell, Note, Section, Table

_WIDTHS: Final = {"tick": 6, "sign": 5, "n": 9, "use": 9, "code": 22, "": 34}
_FILLS: Final = {"missing": "F8D7D4", "bad": "F8D7D4", "doubt": "FBE9C6", "note": "D9EAF3", "ok": "DCEFE3"}
_TITLE_LENGTH: Final = 31


def workbook(dossier: Dossier, lang: str) -> bytes:
    """The workbook's bytes. Every text is written as text, never as a formula."""
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415 - heavy, and only for this kind of file

    view = View(dossier, lang)
    book = openpyxl.Workbook()
    first: Any = book.active
    first.title = _title(view.say("question"))
    _fill(first, [[line] for line in _answer(view)], [90])
    for section in view.sections():
        sheet: Any = book.create_sheet(_title(section.title))
        _draw(view, sheet, section)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(text: str) -> str:
    kept = "".join(character for character in text if character not in "[]:*?/\\")
    return kept[:_TITLE_LENGTH].strip()


def _answer(view: View) -> Iterator[str]:
    yield f"{view.say('title')} {view.name}"
    yield f"{view.say('question')} {view.say(f'answer_{view.answer}')}"
    yield from view.lines()
    for name, points in zip(("fix", "look"), view.points(), strict=True):
        if points:
            yield ""
            yield view.say(name)
        for point in points:
            places = view.say.listed(list(point.places))
            lines = [f"{point.code} {view.say('times', n=point.count)} [{view.basis(point.basis)}]", point.text]
            lines += [
                view.say("places") + places if places else "",
                view.say("hint") + point.hint if point.hint else "",
            ]
            yield "\n".join(filter(None, lines))
    yield ""
    yield from view.about()


def _draw(view: View, sheet: Any, section: Section) -> None:
    rows: list[list[Any]] = [[section.title], *([line] for line in section.intro)]
    cells: dict[int, Sequence[Cell]] = {}
    widths: list[int] = []
    for table in section.tables:
        rows.append([])
        rows += [[line] for line in (table.title, *table.before) if line]
        rows.append([head.text for head in table.heads])
        if not widths:
            widths = _widths(table)
        for row in table.rows:
            cells[len(rows) + 1] = row
            rows.append([_value(view, cell) for cell in row])
        rows += [[line] for line in table.after]
    rows += [[_note(view, note)] for note in section.after]
    _fill(sheet, rows, widths, cells)


def _widths(table: Table) -> list[int]:
    row = table.rows[0] if table.rows else table.heads
    return [60 if table.name == "definition" and cell.kind == "value" else _WIDTHS.get(cell.kind, 34) for cell in row]


def _value(view: View, cell: Cell) -> Any:
    if cell.kind == "tick":
        return "" if cell.state == "off" else "□"
    if cell.kind == "n" and cell.text.replace(",", "").isdigit():
        return int(cell.text.replace(",", ""))
    tags = [] if cell.kind == "sign" else [f"[{tag.text}]" for tag in cell.tags]
    head = " ".join(filter(None, (cell.text, *tags)))
    return "\n".join(filter(None, (head, *(_note(view, note) for note in cell.notes))))


def _note(view: View, note: Note) -> str:
    return f"[{view.basis(note.basis)}] {note.text}" if note.basis else note.text


def _fill(sheet: Any, rows: Sequence[Sequence[Any]], widths: Sequence[int], cells: Any = None) -> None:
    from openpyxl.styles import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        Alignment,
        Font,
        PatternFill,
    )

    wrap, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    long = len(widths) == 1
    for number, row in enumerate(rows, start=1):
        told = (cells or {}).get(number)
        for at, value in enumerate(row, start=1):
            cell = sheet.cell(number, at)
            if isinstance(value, str):
                cell.value = fitting(visible(value, keep="\n"))
                cell.data_type = "s"
            else:
                cell.value = value
            if told is not None or long:
                cell.alignment = wrap
            if told is not None and told[at - 1].state in _FILLS and told[at - 1].kind in ("sign", "value", ""):
                cell.fill = PatternFill("solid", fgColor=_FILLS[told[at - 1].state])
        if told is None and number == 1:
            sheet.cell(1, 1).font = bold
    for at, width in enumerate(widths, start=1):
        sheet.column_dimensions[column_letters(at)].width = width
