"""Read JSON Lines: one object per line; a broken line never harms the next."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import SourceFault
from convert.formats.base import Part
from convert.formats.jsonl.judge import BLANK, Judge, Start, shown_start
from convert.formats.jsonl.lenient import Broken, Reason, is_too_deep, understand
from convert.formats.jsonl.path import JsonPath, parse_path, walk
from convert.formats.table import parts
from convert.model import Location, Record
from convert.source import is_damaged, open_text, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.base import Options
    from convert.source import Source

_HEAD = 20  # lines at the head among which a document of several lines shows


class JsonLinesReader:
    """JSON objects, one per line (jsonlines.org; each by RFC 8259). Bodies are dicts.

    Numbers stay as they are written: ``1.10`` is the text ``1.10``. Blank lines are left out; line numbers count
    them. Records have no ``row``. A file that is one JSON document over several lines is refused at its head.
    """

    columns: tuple[str, ...] | None = None

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self._stated: str | None = options.get("encoding")
        self._limit: int = options.get("max_record") or 64 * 2**20
        self._part = part or Part()
        self.clean_end = True
        self.rows = self.lines = 0
        self._opened, self._text = self._open(Part())
        self._encoding = self._opened.encoding
        self.head_issues: list[Issue] = list(self._encoding.issues)
        self._lines = iter(self._text)
        if not self._part.start:
            self._look_at_head()
        if source.seekable:
            self._opened.stream.close()

    @property
    def encoding(self) -> str:
        """The encoding the source is read in, as stated or as its BOM says."""
        return str(self._encoding.name)

    def _open(self, part: Part) -> Any:
        return text_lines(self._source, self._stated, start=part.start, end=part.end, max_line=self._limit)

    def _look_at_head(self) -> None:
        head: list[str] = []
        try:
            head.extend(islice(self._lines, _HEAD))
        except SourceFault as fault:
            self._lines = _raising(fault)
        self._lines = chain(head, self._lines)
        filled = [(number, line) for number, line in enumerate(head, start=1) if line.strip(BLANK)]
        if _is_document([line for _, line in filled[:2]]):
            number, line = filled[0]
            at = Location(self._source.name, line=number)
            self.head_issues.append(Issue("SRC-JSON-DOCUMENT", at, value=shown_start(line)))
        elif _is_table([line for _, line in filled[:2]]):
            number, line = filled[0]
            at = Location(self._source.name, line=number)
            self.head_issues.append(Issue("SRC-JSON-TABLE", at, value=shown_start(line)))

    def __iter__(self) -> Iterator[Record]:
        if self._source.seekable:
            self._opened, self._text = self._open(self._part)
            self._lines = iter(self._text)
        try:
            yield from self._records()
        finally:
            self._opened.stream.close()

    def _records(self) -> Iterator[Record]:
        judge = Judge(self._source.name, self.encoding, self._limit)
        decode = judge.decode
        source, text, limit, ordinal = self._source.name, self._text, self._limit, 0
        before = number = self._part.lines
        for number, line in enumerate(self._lines, start=before + 1):
            body = None
            judge.doubled = False
            if not ((text.damaged and is_damaged(line)) or len(line) > limit or is_too_deep(line)):
                try:
                    body = decode(line)
                except ValueError:
                    body = None  # the lenient parser says why
            if type(body) is dict and not judge.doubled and not ("\\u" in line and ("\\ud" in line or "\\uD" in line)):
                ordinal += 1
                yield Record(body, source=source, ordinal=ordinal, line=number)
            elif line.strip(BLANK):
                ordinal += 1
                body, issues = judge.second_look(line, Start(number), ordinal, damaged=text.damaged)
                yield Record(body, source=source, ordinal=ordinal, line=number, issues=issues)
        self.lines = number - before

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for a path that cannot be read, with the character where it goes wrong."""
        parse_path(path)

    def selector(self, path: str, *, inner: bool = False) -> JsonPath:
        """Follow ``path`` from the record, or from a node; both read it alike. Raises :class:`PathError`."""
        return JsonPath.of(path)

    def walk(self, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Every text of a record with its path."""
        return walk(body)

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """Cut after an LF, where the encoding lets line ends be found among the bytes."""
        if count < 2 or not source.seekable:
            return [Part()]
        opened = open_text(source, options.get("encoding"))
        opened.stream.close()
        if not opened.encoding.safe:
            return [Part()]
        return parts.plan(source, count, parts.Lines(BLANK))


def _is_table(lines: list[str]) -> bool:
    """Whether the first lines are those of a table, a workbook or a page: nothing in them begins like JSON."""
    starts = [line.strip(BLANK)[:1] for line in lines]
    if not lines or any(start in '{["' for start in starts):
        return False
    return lines[0].startswith(("PK\x03\x04", "<")) or (len(lines) > 1 and ("," in lines[0] or "\t" in lines[0]))


def _is_document(lines: list[str]) -> bool:
    """Whether the first two lines with text show one JSON document over several lines.

    The first line ends inside of a value that the second, which is no object by itself, goes on with.
    """
    if len(lines) < 2 or not lines[0].lstrip(BLANK).startswith(("{", "[")):
        return False
    if any(is_too_deep(line) or is_damaged(line) for line in lines):
        return False
    first = understand(lines[0])
    if not isinstance(first, Broken) or first.reason is not Reason.END:
        return False
    return lines[0].strip(BLANK) == "[" or isinstance(understand(lines[1]), Broken)


def _raising(fault: SourceFault) -> Iterator[str]:
    """No lines: the fault is told when reading comes to it."""
    yield from ()
    raise fault
