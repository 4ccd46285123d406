"""Read CSV and TSV: strict RFC 4180, and a file with faults is read on after each of them."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from convert.check.issue import Issue, Severity
from convert.formats.base import Delimited, Part
from convert.formats.table import parts
from convert.formats.table.feed import Feed
from convert.formats.table.headers import joined
from convert.formats.table.rfc4180 import Fault, Parsed, is_well_formed, parse_record, split_line
from convert.formats.table.selector import ByHeader, Column
from convert.model import Location, Record
from convert.source import damage_issue, is_damaged, text_lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.formats.base import Options
    from convert.source import Opened, Source, TextLines

_FIELD_LIMIT = 2**31 - 1  # the most that csv takes on every system; max_record is the limit that counts

_ROOM = 1 << 21
"""What a row may be long that is cut among the bytes."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files of spreadsheet programs begin: XLSX and ODS (zip), XLS (OLE)."""


class TableReader(ByHeader):
    """Rows of a table under its header row. Bodies are lists of str, one per header.

    A row is broken when its quotes, its number of cells or its bytes are; see ``codes.toml``. Rows without any
    text are no records: a notice says so, unless nothing but such rows follows.
    """

    DELIMITER: ClassVar[str] = ","

    columns: tuple[str, ...]

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        if csv.field_size_limit() < _FIELD_LIMIT:
            csv.field_size_limit(_FIELD_LIMIT)
        self._source = source
        self._stated: str | None = options.get("encoding")
        self._delimiter: str = options.get("delimiter") or self.DELIMITER
        self._limit: int = options.get("max_record") or 16 * 2**20
        self._header_row: int | None = options.get("header_row")
        self._header_count: int = options.get("header_rows") or 1
        self._part = part or Part()
        self.clean_end = True
        self.rows = self.lines = 0
        self._opened, self._feed = self._open(Part())
        self._encoding = self._opened.encoding
        self.head_issues: list[Issue] = list(self._encoding.issues)
        self.columns = ()
        self.header_lines = 0
        self._header_rows = 0
        self._is_workbook = not source.packing and self._opened.head.startswith(_WORKBOOKS)
        try:
            if self._is_workbook:
                self.head_issues.append(Issue("SRC-CSV-WORKBOOK", Location(source.name), Severity.FATAL))
            else:
                self._read_header()
        finally:
            if source.seekable:
                self._opened.stream.close()

    def _open(self, part: Part) -> tuple[Opened, Feed]:
        opened, text = text_lines(self._source, self._stated, start=part.start, end=part.end, max_line=self._limit)
        return opened, Feed(text, first=part.lines + 1, limit=self._limit)

    @property
    def encoding(self) -> str:
        """The encoding the source is read in, as stated or as its BOM says."""
        return self._encoding.name

    @property
    def delimited(self) -> Delimited | None:
        """How rows stand in the text; None where line ends are not to be found among the bytes, or rows are short."""
        if not self._encoding.safe or not self._delimiter.isascii() or self._limit < _ROOM or not self.columns:
            return None
        return Delimited(self._encoding.name, self._delimiter, len(self.columns), self.header_lines, self._header_rows)

    # ── The header ───────────────────────────────────────────────────────────────────────────────

    def _read_header(self) -> None:
        feed, wanted = self._feed, self._header_row
        found: list[list[str]] = []
        blank = _Blanks()
        line = 0
        try:
            if wanted is not None:  # whatever stands above, it is not read
                deque(islice(self._rows_at_head(feed, strict=False), wanted - 1), maxlen=0)
            for row, lines, line in self._rows_at_head(feed, strict=True):
                if not found and not any(row) and wanted is None:
                    blank.add(line, self._header_rows)
                    continue
                if not self._is_sound(row, lines, line):
                    return
                found.append(row)
                if len(found) == self._header_count:
                    break
        except csv.Error:
            self._refuse_header(feed)
            return
        if feed.overlong and len(found) < self._header_count:
            self._refuse_header(feed)
        elif any(any(row) for row in found):
            self._accept_header(joined(found), line)
            self.head_issues += blank.issues(self._source.name)
        else:
            self.head_issues.append(self._no_header(wanted))

    def _rows_at_head(self, feed: Feed, *, strict: bool) -> Iterator[tuple[list[str], list[str], int]]:
        """Each row with its lines and the number of the first of them; it counts as a row of the head."""
        rows = csv.reader(feed, strict=strict, delimiter=self._delimiter)
        seen = 0
        for row in rows:
            count, seen = rows.line_num - seen, rows.line_num
            lines, line = feed.lines[feed.at : feed.at + count], feed.first + feed.at
            feed.at += count
            self.header_lines += count
            self._header_rows += 1
            yield row, lines, line

    def _no_header(self, wanted: int | None) -> Issue:
        if wanted is None:
            return Issue("SRC-EMPTY", Location(self._source.name), Severity.FATAL)
        at = Location(self._source.name, row=wanted, column=1)
        return Issue("SRC-HEADER-ROW", at, Severity.FATAL, slots={"number": wanted})

    def _is_sound(self, row: list[str], lines: list[str], line: int) -> bool:
        """Whether a row of the header can be read; what is wrong with it is fatal."""
        text, number = self._feed.text, self._header_rows
        issue = self._spoilt(row, lines, line, number, text) or self._misquoted(row, lines, line, number)
        if issue:
            self.head_issues.append(replace(issue, severity=Severity.FATAL))
        return issue is None

    def _accept_header(self, headers: list[str], line: int) -> None:
        self.columns = tuple(headers)
        first: dict[str, int] = {}
        for number, header in enumerate(headers, start=1):
            at = Location(self._source.name, line=line, row=self._header_rows, column=number, field=header or None)
            if not header.strip():
                self.head_issues.append(Issue("SRC-HEADER-EMPTY", at, slots={"number": number}))
            elif first.setdefault(header, number) != number:
                slots = {"first": first[header], "number": number}
                self.head_issues.append(Issue("SRC-HEADER-DOUBLE", at, value=header, slots=slots))

    def _refuse_header(self, feed: Feed) -> None:
        lines, line = feed.lines[feed.at :], feed.first + feed.at
        issue = self._fault(parse_record(lines, 0, self._delimiter, self._limit), lines, line, self._header_rows + 1)
        self.head_issues.append(replace(issue, severity=Severity.FATAL))

    def head_rows(self, count: int) -> list[list[str]]:
        """The first rows as they stand, empty ones too; a fault ends them."""
        if self._is_workbook or not self._source.seekable:
            return []
        opened, feed = self._open(Part())
        found: list[list[str]] = []
        try:
            found.extend(islice(csv.reader(feed, delimiter=self._delimiter), count))
        except csv.Error:
            pass  # the reader tells it
        finally:
            opened.stream.close()
        return found

    # ── The records ──────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        if not self.columns:
            return
        if self._source.seekable:
            self._opened, self._feed = self._open(self._part)
            if not self._part.start:
                self._feed.skip(self.header_lines)
        try:
            yield from self._records(self._feed)
        finally:
            self._opened.stream.close()

    def _records(self, feed: Feed) -> Iterator[Record]:
        """Lines that are records by themselves are split, all others parsed."""
        source, width, limit, delimiter = self._source.name, len(self.columns), self._limit, self._delimiter
        place = _Place(0 if self._part.start else self._header_rows)
        while feed.at < len(feed.lines) or feed.more():
            line = feed.lines[feed.at]
            row = None if feed.text.suspect else split_line(line, delimiter)
            if row is None or len(row) != width or len(line) > limit or not any(row):
                yield from self._parsed(feed, place)
                continue
            number = feed.first + feed.at
            feed.at += 1
            place.row += 1
            place.ordinal += 1
            issues = place.blank.take(source) if place.blank.count else ()
            yield Record(row, source, place.ordinal, number, place.row, issues)
        self.rows = place.row
        self.lines = feed.first + feed.at - 1

    def _parsed(self, feed: Feed, place: _Place) -> Iterator[Record]:
        """The record at hand, and those that follow it as long as they take several lines."""
        source, text, width, limit = self._source.name, feed.text, len(self.columns), self._limit
        rows = csv.reader(feed, strict=True, delimiter=self._delimiter)
        seen = 0
        issues: Sequence[Issue]
        try:
            for row in rows:
                place.row += 1
                count = rows.line_num - seen
                seen += count
                at = feed.at
                line = feed.first + at
                feed.at = at + count
                first = feed.lines[at]
                body: list[str] | None = row
                issues = ()
                if not any(row):
                    place.blank.add(line, place.row)
                    continue
                if (
                    count != 1
                    or len(row) != width
                    or text.suspect
                    or ('"' in first and '"' in "".join(row))
                    or len(first) > limit
                ):
                    problem = self._judge(row, feed.lines[at : at + count], line, place.row, text)
                    if problem:
                        body, issues = None, [replace(problem, ordinal=place.ordinal + 1)]
                if place.blank.count:
                    issues = [*place.blank.take(source), *issues]
                place.ordinal += 1
                yield Record(body, source, place.ordinal, line, place.row, issues)
                if count == 1 and not text.suspect:
                    return
            if not feed.overlong:
                return
        except csv.Error:
            pass  # the lines from feed.at on say more about the fault than the message does
        place.row += 1
        place.ordinal += 1
        yield self._recover(feed, place.row, place.ordinal, place.blank)

    def _recover(self, feed: Feed, number: int, ordinal: int, blank: _Blanks) -> Record:
        """Give up the record at hand and move on to where the next one may start."""
        line = feed.first + feed.at
        found = parse_record(feed.lines, feed.at, self._delimiter, self._limit)
        if isinstance(found, Fault):
            found = replace(found, line=found.line - feed.at)
            count = feed.broken_lines(len(self.columns), self._delimiter)
        else:
            count = found.next - feed.at
        if feed.ended or (feed.overlong and feed.text.drained):  # with more lines, it might have ended elsewhere
            self.clean_end = False
        issue = self._fault(found, feed.lines[feed.at : feed.at + count], line, number)
        feed.at += count
        issues = [*blank.take(self._source.name), replace(issue, ordinal=ordinal)]
        return Record(None, source=self._source.name, ordinal=ordinal, line=line, row=number, issues=issues)

    # ── The faults ───────────────────────────────────────────────────────────────────────────────

    def _judge(self, row: list[str], lines: list[str], line: int, number: int, text: TextLines) -> Issue | None:
        issue = self._spoilt(row, lines, line, number, text) or self._misquoted(row, lines, line, number)
        if issue or len(row) == len(self.columns):
            return issue
        slots = {"expected": len(self.columns), "found": len(row)}
        at = self._at(line, number, min(len(row), len(self.columns)) + 1)
        return Issue("SRC-CSV-FIELDS", at, value=_start(lines), slots=slots)

    def _spoilt(self, row: list[str], lines: list[str], line: int, number: int, text: TextLines) -> Issue | None:
        """Find bytes that could not be decoded, and NUL."""
        raw = "".join(lines) if text.suspect else ""
        if text.damaged and is_damaged(raw):
            index = next((index for index, cell in enumerate(row) if is_damaged(cell)), 0)
            return damage_issue(raw, row[index], self._encoding.name, self._at(line, number, index + 1))
        if "\0" in raw:
            index = next((index for index, cell in enumerate(row) if "\0" in cell), 0)
            return Issue("SRC-NUL", self._at(line, number, index + 1), value=visible(row[index][:200]))
        return None

    def _misquoted(self, row: list[str], lines: list[str], line: int, number: int) -> Issue | None:
        """Find what ``csv.reader`` lets pass: a quote inside an unquoted cell, and a record past the limit."""
        raw = "".join(lines)
        bare = '"' in "".join(row) and not is_well_formed(raw, self._delimiter)
        if not bare and len(raw) <= self._limit:
            return None
        return self._fault(parse_record(lines, 0, self._delimiter, self._limit), lines, line, number)

    def _fault(self, found: Parsed | Fault, lines: list[str], line: int, number: int) -> Issue:
        """Say what is wrong with the record of these lines; ``found`` counts its lines from theirs."""
        slots = {"lines": len(lines), "limit": self._limit}
        if isinstance(found, Fault):
            code = "SRC-CSV-UNCLOSED" if found.kind == "open" else "SRC-CSV-QUOTE"
            at = self._at(line, number, found.field)
            return Issue(code, at, value=_start(lines), slots=slots | {"fault_line": line + found.line})
        return Issue("SRC-TOO-LONG", self._at(line, number, None), value=_start(lines), slots=slots)

    def _at(self, line: int, number: int, column: int | None) -> Location:
        known = column is not None and column <= len(self.columns)
        field = self.columns[column - 1] or None if column is not None and known else None
        return Location(self._source.name, line=line, row=number, column=column, field=field)

    # ── The paths and parts ──────────────────────────────────────────────────────────────────────

    def selector(self, path: str, *, inner: bool = False) -> Column:
        """Find the column named ``path``: its header verbatim, or ``#3``. Raises :class:`PathError`."""
        return self.column(path, inner=inner)

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """Cut after a row that has text, where whole rows seem to follow."""
        if count < 2 or not source.seekable:
            return [Part()]
        reader = cls(source, options)
        if not reader.columns or not reader._encoding.safe or not reader._delimiter.isascii():
            return [Part()]
        rows = parts.Rows(len(reader.columns), reader._delimiter)
        return parts.plan(source, count, rows, skip=reader.header_lines)


class CsvReader(TableReader):
    """Reads the format ``csv``."""


class TsvReader(TableReader):
    """Reads the format ``tsv``."""

    DELIMITER = "\t"


class _Place:
    """How far the reader has come: table rows and records so far, and the empty rows since the last record."""

    __slots__ = ("blank", "ordinal", "row")

    def __init__(self, row: int) -> None:
        self.row = row
        self.ordinal = 0
        self.blank = _Blanks()


class _Blanks:
    """Rows without text that stand in a row, waiting for something to follow them."""

    __slots__ = ("_line", "_row", "count")

    def __init__(self) -> None:
        self.count = self._line = self._row = 0

    def add(self, line: int, row: int) -> None:
        if not self.count:
            self._line, self._row = line, row
        self.count += 1

    def issues(self, source: str) -> list[Issue]:
        return [
            Issue("SRC-EMPTY-ROW", Location(source, line=self._line + ahead, row=self._row + ahead))
            for ahead in range(self.count)
        ]

    def take(self, source: str) -> list[Issue]:
        found = self.issues(source)
        self.count = 0
        return found


def _start(lines: list[str]) -> str:
    return visible("".join(lines[:5])[:300]).rstrip("\r\n")
