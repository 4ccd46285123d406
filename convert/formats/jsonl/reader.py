"""Read JSON Lines: one object per line; a broken line never harms the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.base import Part
from convert.formats.jsonl.lenient import Broken, DoubledName, ZeroNumber, is_too_deep, understand
from convert.formats.jsonl.path import JsonPath, find_text, parse_path, path_text, walk
from convert.formats.table import parts
from convert.model import Location, Record
from convert.source import damage_issue, is_damaged, open_text, text_lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.base import Options
    from convert.source import Source

_BLANK = " \t\r\n"
_SHOWN = 60  # characters around bad bytes that an issue shows


class JsonLinesReader:
    """JSON objects, one per line (jsonlines.org; each by RFC 8259). Bodies are dicts.

    Numbers stay as they are written: ``1.10`` is the text ``1.10``. Blank lines are left out; line numbers count
    them. Records have no ``row``.
    """

    columns: tuple[str, ...] | None = None

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self._stated: str | None = options.get("encoding")
        self._limit: int = options.get("max_record") or 64 * 2**20
        self._part = part or Part()
        self.clean_end = True
        self.rows = 0
        self._opened, self._text = self._open(Part())
        self._encoding = self._opened.encoding
        self.head_issues: list[Issue] = list(self._encoding.issues)
        self._doubled = False
        if source.seekable:
            self._opened.stream.close()

    @property
    def encoding(self) -> str:
        """The encoding the source is read in, as stated or as its BOM says."""
        return str(self._encoding.name)

    def _open(self, part: Part) -> Any:
        return text_lines(self._source, self._stated, start=part.start, end=part.end, max_line=self._limit)

    def __iter__(self) -> Iterator[Record]:
        if self._source.seekable:
            self._opened, self._text = self._open(self._part)
        try:
            yield from self._records()
        finally:
            self._opened.stream.close()

    def _records(self) -> Iterator[Record]:
        decode = json.JSONDecoder(
            parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=self._pairs
        ).decode
        source, text, limit, ordinal = self._source.name, self._text, self._limit, 0
        for number, line in enumerate(text, start=self._part.lines + 1):
            body = None
            self._doubled = False
            if not ((text.damaged and is_damaged(line)) or len(line) > limit or is_too_deep(line)):
                try:
                    body = decode(line)
                except ValueError:
                    body = None  # the lenient parser says why
            if type(body) is dict and not self._doubled and not ("\\u" in line and ("\\ud" in line or "\\uD" in line)):
                ordinal += 1
                yield Record(body, source=source, ordinal=ordinal, line=number)
            elif line.strip(_BLANK):
                ordinal += 1
                yield self._second_look(line, number, ordinal)

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self._doubled = True
        return found

    def _second_look(self, line: str, number: int, ordinal: int) -> Record:
        """Read a line that is not plainly good, with issues that say why."""
        issue = self._unreadable(line, number, ordinal)
        if issue:
            return self._record(None, number, ordinal, [issue])
        found = understand(line)
        if isinstance(found, Broken):
            slots = {"reason": found.reason.en, "reason_ja": found.reason.ja}
            at = Location(self._source.name, line=number, column=found.column)
            issue = Issue("SRC-JSON", at, ordinal=ordinal, value=self._start(line), slots=slots)
            return self._record(None, number, ordinal, [issue])
        if not isinstance(found.value, dict):
            at = Location(self._source.name, line=number)
            issue = Issue("SRC-JSON-OBJECT", at, ordinal=ordinal, value=self._start(line))
            return self._record(None, number, ordinal, [issue])
        way = find_text(found.value, is_damaged)
        if way is not None:
            at = Location(self._source.name, line=number, path=path_text(way))
            issue = Issue("SRC-JSON-SURROGATE", at, ordinal=ordinal, value=self._start(line))
            return self._record(None, number, ordinal, [issue])
        return self._record(found.value, number, ordinal, [self._note(note, number, ordinal) for note in found.notes])

    def _unreadable(self, line: str, number: int, ordinal: int) -> Issue | None:
        """Find what keeps a line from being parsed at all."""
        source = self._source.name
        if self._text.damaged and is_damaged(line):
            bad = next(at for at, character in enumerate(line) if is_damaged(character))
            place = Location(source, line=number, column=bad + 1)
            shown = line[max(0, bad - _SHOWN) : bad + _SHOWN]
            return damage_issue(line, shown, self._encoding.name, place, ordinal)
        at = Location(source, line=number)
        if len(line) > self._limit:
            return Issue("SRC-TOO-LONG", at, ordinal=ordinal, value=self._start(line), slots={"limit": self._limit})
        if is_too_deep(line):
            return Issue("SRC-JSON-DEPTH", at, ordinal=ordinal, value=self._start(line))
        return None

    def _note(self, note: ZeroNumber | DoubledName, number: int, ordinal: int) -> Issue:
        at = Location(self._source.name, line=number, column=note.column, path=note.path)
        if isinstance(note, ZeroNumber):
            return Issue("SRC-JSON-NUMBER", at, ordinal=ordinal, value=note.text)
        slots = {"key": note.name, "path": note.path, "dropped": _shown(note.dropped), "kept": _shown(note.kept)}
        return Issue("SRC-JSON-KEY", at, ordinal=ordinal, value=_shown(note.dropped), slots=slots)

    def _record(self, body: dict[str, Any] | None, number: int, ordinal: int, issues: list[Issue]) -> Record:
        return Record(body, source=self._source.name, ordinal=ordinal, line=number, issues=issues)

    @staticmethod
    def _start(line: str) -> str:
        return visible(line[:300]).strip(_BLANK)

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
        return parts.plan(source, count, blank=_BLANK.encode(), quotes=False)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _shown(value: Any) -> str:
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
