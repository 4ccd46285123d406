"""The ``.xlsx`` report: the registrar's own sheet, its offending cells coloured and commented; every issue; a summary.

Sheets: the summary, each input that is a table (its rows as they were, under the numbers they had), the list of issues.
Issues go into the list as they come; what colours the cells waits in a file. Limits of Excel (rows, characters, links)
and ours (comments, sheets) are said in the summary where they were met.
"""

from __future__ import annotations

from array import array
from contextlib import closing
from typing import TYPE_CHECKING

from convert.formats.xlsx.book import (
    HEAD,
    LINK,
    MAX_LINKS,
    PLAIN,
    Comment,
    Sheet,
    SheetPlan,
    Workbook,
    quoted,
    sheet_names,
)
from convert.formats.xlsx.write import MAX_CELL, MAX_COLUMNS, MAX_ROWS
from convert.inspect.words import Sayings
from convert.messages.catalogue import catalogue, visible
from convert.model import column_letters
from convert.report.blocks import Block, Unread, blocks
from convert.report.copied import Copy
from convert.report.draft import Draft
from convert.report.layout import width
from convert.report.marks import Colours, Marks
from convert.report.page.view import WORDS
from convert.report.rows import Table, table
from convert.report.summary_sheet import COLOURS, summary_rows
from convert.report.text import words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from convert.check.issue import Issue, Severity
    from convert.report.report import Report
    from convert.report.rows import Reread

COMMENTS = 5_000
"""Cells that are commented: more make a spreadsheet program slow."""
TABLES = 20
"""Inputs that get a sheet of their own."""
TEXT = 2_000
"""Characters of a cell in the list of issues, and of a comment."""

COLUMNS = (
    ("severity", 9),
    ("code", 22),
    ("effect", 12),
    ("id", 12),
    ("file", 18),
    ("line", 7),
    ("sheet", 10),
    ("cell", 8),
    ("field", 16),
    ("value", 24),
    ("stored", 18),
    ("message", 60),
    ("hint", 60),
    ("suggestion", 18),
    ("target", 18),
    ("rule", 24),
    ("reference", 30),
    ("waived", 24),
)
CELL = 8
"""Which column of the list names the cell, from 1."""

Key = tuple[str, str | None]
"""A source and its sheet."""


class Reporter:
    """Write every issue as it comes, then the rows of the inputs and the summary; in ``lang``."""

    streams = True
    wants_statistics = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = "en" if lang == "en" else "ja"
        self._say = Sayings(WORDS, self._lang)
        self._words = words(self._lang)
        self._draft = Draft(path)
        self._book = Workbook(self._draft)
        plan = SheetPlan("", [size for _, size in COLUMNS], frozen=1, filter=(1, len(COLUMNS)))
        self._list = self._book.sheet(plan)
        self._list.row((at, self._say(f"x_{name}"), HEAD) for at, (name, _) in enumerate(COLUMNS, start=1))
        self._unlisted = 0
        self._marks: dict[Key, Marks] = {}
        self._comments: dict[Key, dict[tuple[int, int], str]] = {}
        self._commented = self._uncommented = 0
        self._links: dict[Key, array[int]] = {}
        self._linked = 0

    def issue(self, issue: Issue) -> None:
        """List the issue, and mark its cell."""
        if self._list.full:
            self._unlisted += 1
        else:
            self._list.row(self._cells(issue))
        at = issue.at
        if at.row is not None and at.row <= MAX_ROWS and (at.column or 1) <= MAX_COLUMNS:
            self._mark(issue, (at.source, at.sheet), at.row, at.column or 1)

    def _cells(self, issue: Issue) -> Iterator[tuple[int, str | int, int]]:
        book, at = catalogue(), issue.at
        entry, severity = book.entry(issue.code), book.severity(issue)
        cell = at.cell or (None if at.row is None else f"A{at.row}")
        texts: list[str | int | None] = [issue.code, self._words.effects[entry.effect], issue.record_id]
        texts += [at.source, at.line, at.sheet, cell, at.field or at.path, issue.value, book.stored(issue)]
        texts += [book.message(issue, self._lang), book.hint(issue, self._lang), issue.suggestion, issue.target]
        texts += [issue.rule, entry.reference, issue.waived]
        yield 1, self._words.severities[severity], COLOURS[severity]
        for number, text in enumerate(texts, start=2):
            if isinstance(text, int):
                yield number, text, PLAIN
            elif text:
                yield number, shortened(text), LINK if number == CELL else PLAIN

    def _mark(self, issue: Issue, key: Key, row: int, column: int) -> None:
        if key not in self._marks:
            self._marks[key] = Marks()
            self._comments[key] = {}
            self._links[key] = array("Q")
        severity = catalogue().severity(issue)
        self._marks[key].add(row, column, severity)
        if self._linked < MAX_LINKS and not self._unlisted:
            self._linked += 1
            self._links[key].extend((self._list.rows, row, column))
        self._comment(issue, severity, self._comments[key], (row, column))

    def _comment(
        self, issue: Issue, severity: Severity, known: dict[tuple[int, int], str], cell: tuple[int, int]
    ) -> None:
        if cell not in known:
            if self._commented >= COMMENTS:
                self._uncommented += 1
                return
            self._commented += 1
        book = catalogue()
        hint, stored = book.hint(issue, self._lang), book.stored(issue)
        lines = [f"{self._words.severities[severity]} {issue.code}", book.message(issue, self._lang)]
        if stored is not None:
            lines.append(f"{self._say('stored')}{self._words.colon}{stored}")
        if hint:
            lines.append(f"{self._words.hint}{hint}")
        known[cell] = "\n\n".join(filter(None, (known.get(cell), "\n".join(lines))))[:TEXT]

    def close(self, report: Report) -> None:
        """Write the rows of the inputs and the summary, and put the file in its place."""
        stopped = report.incomplete_reason == "interrupted"  # who stops a run does not want to wait
        rereads = [] if stopped else self._chosen(report.sources)
        tables = [found for found in map(table, rereads) if found is not None]
        wanted = [
            self._say("x_summary"),
            *(f"{found.sheet or _file(found.name)}" for found in tables),
            self._say("codes"),
        ]
        first, *names, last = sheet_names(wanted)
        self._list.plan.name = last
        keys: list[Key] = [(found.name, found.sheet) for found in tables]
        self._link(dict(zip(keys, names, strict=True)))
        notes = [self._say("x_unlisted", n=self._unlisted)] if self._unlisted else []
        records = {entry["name"]: entry.get("records") for entry in report.inputs} if not report.complete else {}
        sheets = []
        for found, key, name in zip(tables, keys, names, strict=True):
            sheets.append(self._copy(found, key, name, notes, records.get(found.name)))
        notes += [self._say("x_interrupted")] if stopped and report.sources else []
        notes += self._limits(0 if stopped else len(report.sources), keys)
        summary = self._book.sheet(SheetPlan(first, [28, 26, 12, 12, 16, 60, 60]))
        for cells in summary_rows(report, self._lang, notes):
            summary.row(cells)
        self._book.close([summary, *sheets, self._list])
        self._release()
        self._draft.keep()

    def _chosen(self, rereads: Sequence[Reread]) -> list[Reread]:
        """As many inputs as there is room for: those with marked cells before the others."""
        marked = {name for name, _ in self._marks}
        first = sorted(rereads, key=lambda reread: reread.source.name not in marked)[:TABLES]
        return [reread for reread in rereads if reread in first]

    def _limits(self, inputs: int, keys: Sequence[Key]) -> Iterator[str]:
        if self._uncommented and keys:
            yield self._say("x_uncommented", n=self._uncommented, limit=COMMENTS)
        if self._linked >= MAX_LINKS:
            yield self._say("x_unlinked", limit=MAX_LINKS)
        if inputs > TABLES:
            yield self._say("x_tables", limit=TABLES)

    def _link(self, names: dict[Key, str]) -> None:
        letters = column_letters(CELL)
        for key, places in self._links.items():
            sheet = quoted(names[key]) if key in names else None
            for at in range(0, len(places), 3) if sheet else ():
                row, to_row, to_column = places[at : at + 3]
                self._list.plan.links.append((f"{letters}{row}", f"{sheet}!{column_letters(to_column)}{to_row}"))
        self._links.clear()

    def _copy(self, found: Table, key: Key, name: str, notes: list[str], records: int | None) -> Sheet:
        """The rows of a table, with what is wrong in them; only so many ``records`` where the run read no more."""
        header = found.header_row
        widths = [min(max(width(column) + 4, 9), 40) for column in found.columns[:MAX_COLUMNS]]
        plan = SheetPlan(name, widths, frozen=header if header <= 20 else 0, filter=(header or 1, max(len(widths), 1)))
        sheet = self._book.sheet(plan)
        comments = self._comments.get(key, {})
        plan.comments += [Comment(row, column, text) for (row, column), text in sorted(comments.items())]
        copy = Copy(sheet, header, Colours(self._marks.get(key, Marks())))
        try:
            with closing(self._reading(found, name, notes, records)) as rows:
                if not all(map(copy.block, rows)):
                    notes.append(self._say("x_rows", name=name, limit=MAX_ROWS))
        except Unread as unread:
            notes.append(self._say("x_unread", name=name, reason=visible(str(unread))))
        sheet.end()
        if sheet.cut:
            notes.append(self._say("x_cut", name=name, n=sheet.cut, limit=MAX_CELL))
        return sheet

    def _reading(self, found: Table, name: str, notes: list[str], records: int | None) -> Generator[Block, None, None]:
        """The rows, not further than ``records``."""
        if records is None:
            yield from blocks(found)
        else:
            yield Block(self._part(found, name, notes, records))

    def _part(
        self, found: Table, name: str, notes: list[str], records: int
    ) -> Generator[tuple[int, Sequence[str]], None, None]:
        """The head, and so many rows below it."""
        with closing(iter(found)) as rows:
            for number, cells in rows:
                records -= number > found.header_row
                if records < 0:
                    notes.append(self._say("x_part", name=name))
                    return
                yield number, cells

    def _release(self) -> None:
        for marks in self._marks.values():
            marks.close()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._release()
        self._draft.discard()


def _file(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def shortened(text: str) -> str:
    """A text for the list, as people can read it."""
    if len(text) > TEXT:
        text = text[:TEXT] + "…"
    return visible(text, keep="\n")
