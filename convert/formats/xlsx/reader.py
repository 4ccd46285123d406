"""Read one sheet of an Excel workbook: text as its author saw it, and what the spreadsheet did to it reported."""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from convert.check.issue import Issue, Severity
from convert.errors import near
from convert.formats.base import Part
from convert.formats.table.headers import joined
from convert.formats.table.selector import ByHeader, Column
from convert.formats.xlsx import evidence
from convert.formats.xlsx.cells import Cells, Note
from convert.formats.xlsx.habits import Habits
from convert.formats.xlsx.package import Package, Refused, reopenable
from convert.formats.xlsx.sheet import Merge, Row, Rows, has_values, survey
from convert.formats.xlsx.strings import read_strings
from convert.formats.xlsx.workbook import Sheet, read_workbook
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.formats.base import Options
    from convert.source import Source

MANY_BLANKS = 100
"""Rows without text in a row that are told one by one."""


@dataclass(frozen=True, slots=True)
class SheetColumn(Column):
    """One column of a sheet."""

    sheet: str | None = None

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Return the place of the cell."""
        return replace(Column.locate(self, record), sheet=self.sheet)


def _row_of(cells: Sequence[tuple[int, str]]) -> list[str]:
    """The texts of a row from those that it has."""
    texts = dict(cells)
    return [texts.get(index, "") for index in range(max(texts, default=-1) + 1)]


class XlsxReader(ByHeader):
    """Rows of one sheet under its header row. Bodies are lists of str, one per header.

    The columns end with the last header. Rows without any text are no records: a notice says so, unless nothing but
    such rows follows. Place of a fault: ``Sheet!D12``.
    """

    columns: tuple[str, ...]

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._name = source.name
        self._wanted: str | None = options.get("sheet")
        self._header_row: int | None = options.get("header_row")
        self._header_count: int = options.get("header_rows") or 1
        self._is_open = False
        self._dates: str = options.get("dates") or "iso"
        self._skip = options.get("hidden") == "skip"
        self._limit: int = options.get("max_record") or 64 * 2**20
        self._size: int = options.get("max_size") or 4 * 2**30
        self.clean_end = True
        self.rows = 0
        self.head_issues: list[Issue] = []
        self.columns = ()
        self._sheet = Sheet("", "")
        self._merges: list[Merge] = []
        self._evidence = evidence.NO_EVIDENCE
        self._hidden_columns: set[int] = set()
        self._habits = Habits()
        self._source, kept = reopenable(source)
        if kept is not None:
            weakref.finalize(self, kept.close)
        try:
            with Package(self._source, self._size) as package:
                self._open(package)
        except Refused as refused:
            self.head_issues.append(self._refusal(refused))
            self.columns = ()

    def _refusal(self, refused: Refused) -> Issue:
        sheet = self._sheet.name if refused.part == self._sheet.part else None
        at = Location(self._name, sheet=sheet or None, path=refused.part)
        slots = dict(refused.slots)
        value, suggestion = slots.pop("wanted", None), slots.pop("suggestion", None)
        return Issue(refused.code, at, Severity.FATAL, value=value, slots=slots, suggestion=suggestion)

    # ── The head ─────────────────────────────────────────────────────────────────────────────────

    def _open(self, package: Package) -> None:
        self._book = read_workbook(package)
        self._sheet = self._chosen(package)
        self._merges = survey(package, self._sheet.part)
        self._strings = read_strings(package, self._book.strings, self._limit)
        weakref.finalize(self, self._strings.close)
        self._is_open = True
        self._read_header(self._scan(package, 0))
        if self.columns:
            self._gather(package)

    def _scan(self, package: Package, width: int, *, watch: bool = False) -> Rows:
        cells = Cells(
            self._strings,
            self._book.styles,
            is_1904=self._book.is_1904,
            dates=self._dates,
            evidence=self._evidence,
            watch=watch,
        )
        return Rows(package, self._sheet.part, cells, width, self._limit, self._habits)

    def _chosen(self, package: Package) -> Sheet:
        sheets = self._book.sheets
        if self._wanted is not None:
            return self._named(self._wanted)
        filled = [sheet for sheet in sheets if has_values(package, sheet.part)]
        shown = [sheet for sheet in filled if not sheet.hidden]
        chosen = next(iter(shown or filled), sheets[0])
        others = [sheet.name for sheet in shown if sheet is not chosen]
        if others:
            at = Location(self._name, sheet=chosen.name)
            slots = {"sheet": chosen.name, "others": others, "count": len(others)}
            self.head_issues.append(Issue("SRC-XLSX-SHEETS", at, value=chosen.name, slots=slots))
        self.head_issues += [self._hidden_sheet(sheet) for sheet in filled if sheet.hidden]
        return chosen

    def _named(self, wanted: str) -> Sheet:
        sheets = self._book.sheets
        chosen = next((sheet for sheet in sheets if sheet.name == wanted), None)
        if chosen is None and wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= len(sheets):
            chosen = sheets[int(wanted) - 1]
        if chosen is None:
            names = [sheet.name for sheet in sheets]
            raise Refused("SRC-XLSX-SHEET-NAME", wanted=wanted, names=names, suggestion=near(wanted, names) or names[0])
        if chosen.hidden:
            self.head_issues.append(self._hidden_sheet(chosen))
        return chosen

    def _hidden_sheet(self, sheet: Sheet) -> Issue:
        return Issue("SRC-XLSX-HIDDEN-SHEET", Location(self._name, sheet=sheet.name), value=sheet.name)

    def _read_header(self, rows: Rows) -> None:
        wanted, count = self._header_row, self._header_count
        start = wanted
        found: list[tuple[int, list[str], Sequence[Note]]] = []
        for number, _, _, beyond, notes in rows:
            if start is None and any(text for _, text in beyond):
                start = number
            if start is None or number < start:
                continue
            if number >= start + count:
                break
            self._hidden_columns = rows.hidden_columns
            found.append((number, _row_of(beyond), notes))
            if number == start + count - 1:
                break
        if start is not None and any(text.strip() for _, texts, _ in found for text in texts):
            self._accept_header(start, found)
            if wanted is None:
                self.head_issues += self._blanks(1, start)
        elif wanted is None:
            at = Location(self._name, sheet=self._sheet.name)
            self.head_issues.append(Issue("SRC-EMPTY", at, Severity.FATAL))
        else:
            at = Location(self._name, sheet=self._sheet.name, row=wanted, column=1)
            self.head_issues.append(Issue("SRC-HEADER-ROW", at, Severity.FATAL, slots={"number": wanted}))

    def _accept_header(self, start: int, rows: Sequence[tuple[int, list[str], Sequence[Note]]]) -> None:
        columns = joined([texts for _, texts, _ in rows])
        while not columns[-1].strip():
            columns.pop()
        number = self._header_row = start + self._header_count - 1
        first: dict[str, int] = {}
        for place, header in enumerate(columns, start=1):
            at = self._at(number, place - 1, header or None)
            if place - 1 in self._hidden_columns:
                self.head_issues.append(Issue("SRC-XLSX-HIDDEN-COLUMN", at, value=header))
                if self._skip:
                    columns[place - 1] = ""
                    continue
            if not header.strip():
                self.head_issues.append(Issue("SRC-HEADER-EMPTY", at, slots={"number": place}))
            elif first.setdefault(header, place) != place:
                slots = {"first": first[header], "number": place}
                self.head_issues.append(Issue("SRC-HEADER-DOUBLE", at, value=header, slots=slots))
        self.columns = tuple(columns)
        width = len(columns)
        self.head_issues += [
            self._noted(note, row, None) for row, _, notes in rows for note in notes if note.index < width
        ]
        self._merges = [found for found in self._merges if found.last_row >= start and found.first_column < width]
        if self._header_count > 1:  # merged cells between headers are what several rows of them are for
            self._merges = [found for found in self._merges if found.first_row < start or found.last_row > number]
        self.head_issues += self._merged(deque(self._merges), number, None)
        self._merges = [found for found in self._merges if found.first_row > number]

    def head_rows(self, count: int) -> list[list[str]]:
        """The first rows as they stand, empty ones too, all of one length; a fault ends them."""
        found: list[list[str]] = []
        if not self._is_open:
            return found
        try:
            with Package(self._source, self._size) as package:
                for number, _, _, beyond, _ in self._scan(package, 0):
                    if number > count:
                        break
                    found += [[] for _ in range(number - 1 - len(found))]
                    found.append(_row_of(beyond))
        except Refused:
            pass  # it was told, or will be
        width = max(map(len, found), default=0)
        return [row + [""] * (width - len(row)) for row in found]

    def _gather(self, package: Package) -> None:
        """Look at the first records, for what columns hold."""
        header = self._header_row or 0
        rows = (row for row in self._scan(package, len(self.columns), watch=True) if row[0] > header)
        seen = islice(rows, evidence.SAMPLE)
        try:
            self._evidence = evidence.gather(
                self.columns,
                ((cells, [note.index for note in notes if note.code == "date"]) for _, _, cells, _, notes in seen),
            )
        except Refused:
            return  # it is told when the records are read

    # ── The records ──────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        if not self.columns:
            return
        waiting: Record | None = None  # the last record also tells of hidden rows after it
        late: list[Issue] = []
        ordinal = 0
        try:
            with Package(self._source, self._size) as package:
                for record in self._records(package, late):
                    if waiting is not None:
                        yield waiting
                    waiting = record
                    ordinal = record.ordinal
        except Refused as refused:
            self.clean_end = False
            late.append(replace(self._refusal(refused), ordinal=ordinal + 1))
            if waiting is not None:
                yield waiting
            yield Record(None, source=self._name, ordinal=ordinal + 1, issues=late)
            return
        if waiting is not None:
            if late:
                waiting.issues = [*waiting.issues, *late]
            yield waiting

    def _records(self, package: Package, late: list[Issue]) -> Iterator[Record]:
        """Every record; ``late`` holds what is to be said with the next one."""
        name, skip, width = self._name, self._skip, len(self.columns)
        merges = deque(self._merges)
        ordinal, expected = 0, (self._header_row or 0) + 1
        for row in self._scan(package, width):
            number, hidden, cells, beyond, notes = row
            if number < expected and not ordinal:
                continue  # the header and what stands above it
            if not any(cells) and not beyond and not notes:
                continue
            issues: Sequence[Issue] = ()
            if hidden:
                late.append(Issue("SRC-XLSX-HIDDEN-ROW", self._at(number, 0, None)))
                if skip:
                    expected = number + 1
                    continue
            ordinal += 1
            if number != expected or notes or beyond or late or skip or (merges and merges[0].first_row <= number):
                blanks = self._blanks(expected, number)
                issues = [*blanks, *late, *self._told(row, ordinal), *self._merged(merges, number, ordinal)]
                late.clear()
            yield Record(cells, source=name, ordinal=ordinal, row=number, issues=issues)
            expected = number + 1
            self.rows = number

    def _blanks(self, first: int, before: int) -> list[Issue]:
        """What is to be said of the empty rows from ``first`` up to the row ``before``."""
        count = before - first
        if count > MANY_BLANKS:
            slots = {"count": count, "last": before - 1}
            return [Issue("SRC-XLSX-EMPTY-ROWS", self._at(first, 0, None), slots=slots)]
        return [Issue("SRC-EMPTY-ROW", self._at(number, 0, None)) for number in range(first, before)]

    def _told(self, row: Row, ordinal: int) -> list[Issue]:
        number, _, cells, beyond, notes = row
        width = len(cells)
        found = [self._noted(note, number, ordinal) for note in notes if note.index < width]
        for index, text in beyond:
            slots = {"last": width}
            found.append(
                Issue("SRC-XLSX-OUTSIDE", self._at(number, index, None), ordinal=ordinal, value=text, slots=slots)
            )
        if self._skip:
            for index in self._hidden_columns:
                if index < width:
                    cells[index] = ""
            found = [issue for issue in found if (issue.at.column or 1) - 1 not in self._hidden_columns]
        return found

    def _noted(self, note: Note, number: int, ordinal: int | None) -> Issue:
        header = self.columns[note.index] if note.index < len(self.columns) else ""
        return Issue(
            note.code,
            self._at(number, note.index, header or None),
            ordinal=ordinal,
            value=note.value,
            slots=note.slots,
            suggestion=note.suggestion,
        )

    def _merged(self, merges: deque[Merge], number: int, ordinal: int | None) -> list[Issue]:
        """The merged ranges that begin in this row or above it and were not told yet."""
        told = []
        while merges and merges[0].first_row <= number:
            merge = merges.popleft()
            at = self._at(merge.first_row, merge.first_column, None)
            told.append(Issue("SRC-XLSX-MERGED", at, ordinal=ordinal, value=merge.range))
        return told

    def _at(self, number: int, index: int, header: str | None) -> Location:
        return Location(self._name, row=number, column=index + 1, sheet=self._sheet.name, field=header)

    # ── The paths and parts ──────────────────────────────────────────────────────────────────────

    @property
    def sheet(self) -> str:
        """The name of the sheet that is read."""
        return self._sheet.name

    def selector(self, path: str, *, inner: bool = False) -> SheetColumn:
        """Find the column named ``path``: its header verbatim, or ``#3``. Raises :class:`PathError`."""
        found = self.column(path, inner=inner)
        return SheetColumn(found.path, found.index, found.header, sheet=self._sheet.name)

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """One part: a zip cannot be read from its middle."""
        return [Part()]
