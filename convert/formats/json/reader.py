"""Read a JSON document as a stream of records, in memory that does not grow with the file."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.errors import PathError, SourceFault, near
from convert.formats.base import Part
from convert.formats.json.items import Items, Stop
from convert.formats.json.path import KEY, KeyPath, check_path
from convert.formats.json.where import Where
from convert.formats.json.window import Window
from convert.formats.jsonl.judge import BLANK, Judge, shown_start
from convert.formats.jsonl.path import JsonPath, path_text, walk
from convert.model import Location
from convert.source import CHUNK, encoding_hint, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.base import Options
    from convert.formats.json.path import Element
    from convert.formats.jsonl.path import Step
    from convert.model import Record
    from convert.source import Source

_ONLY_NULLS = re.compile(rf"[{BLANK}]*\[(?:[{BLANK}]*null[{BLANK}]*,)*[{BLANK}]*null[{BLANK}]*\][{BLANK}]*")
_NAMES = 50  # of the members seen, for the message that a path leads nowhere


class JsonReader:
    """The records of one JSON document (RFC 8259). Bodies are dicts, as those of JSON Lines.

    Records are the elements of the root array; without one the root object is one record. ``records`` names
    another place. ``null`` is no record. Elements that are broken are told and left behind where the next one can
    be found for certain; where not, reading stops with ``SRC-JSON-STOP``.
    """

    columns: tuple[str, ...] | None = None

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self._stated: str | None = options.get("encoding")
        self._limit: int = options.get("max_record") or 64 * 2**20
        self._where = Where.of(options.get("records"))
        self.clean_end = True
        self.rows = 0
        self._open()
        self.head_issues: list[Issue] = list(self._opened.encoding.issues)
        self._look_at_head()
        if source.seekable:
            self._opened.stream.close()

    @property
    def encoding(self) -> str:
        """The encoding the source is read in, as stated or as its BOM says."""
        return self._opened.encoding.name

    def _open(self) -> None:
        self._opened, self._text = text_lines(self._source, self._stated)
        self._window = Window(self._text.texts())

    # ── The head ─────────────────────────────────────────────────────────────────────────────────

    def _look_at_head(self) -> None:
        """Tell at once what is no JSON document at all."""
        self._dead = False
        window = self._window
        mark = window.peek()
        if not window.ended and len(window.text) < CHUNK:
            with contextlib.suppress(SourceFault):  # told when reading comes to it
                window.more()
        at = Location(self._source.name, line=window.start().line)
        if not mark:
            self.head_issues.append(Issue("SRC-JSON-EMPTY", at))
            self._dead = True
        elif "\0" in window.text[window.at : window.at + 4]:
            self._dead = True
            head = window.text[window.at : window.at + 400]
            hint = encoding_hint(head, self.encoding)
            self.head_issues.append(Issue("SRC-NUL", at, Severity.FATAL, value=shown_start(head[:60]), suggestion=hint))
        elif mark not in "[{/":
            self._dead = True
            value = shown_start(window.text[window.at : window.at + 60])
            self.head_issues.append(Issue("SRC-JSON-ROOT", at, Severity.FATAL, value=value))
        elif window.ended and not self._where.steps and _ONLY_NULLS.fullmatch(window.text):
            slots = {"count": window.text.count("null")}
            self.head_issues.append(Issue("SRC-JSON-NULL", at, slots=slots))

    # ── The records ──────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        if self._dead:
            return
        if self._source.seekable:
            self._open()
        judge = Judge(self._source.name, self.encoding, self._limit)
        self._items = Items(self._window, self._text, judge, self._source.name)
        try:
            yield from self._document()
        finally:
            self._opened.stream.close()

    def _document(self) -> Iterator[Record]:
        items = self._items
        self._found = False
        self._names: dict[str, None] = {}
        try:
            items.skip_comments()
            if not items.window.peek():
                raise Stop(Issue("SRC-JSON-CUT", Location(self._source.name, line=items.window.start().line)))
            root = items.window.start()
            single = items.window.peek() == "{" and self._where.text == "."
            yield from self._value(self._where.steps)
            self._check_end(root.line if single else 0)
        except Stop as stop:
            if stop.issue is not None or items.carried:
                yield items.lost(stop.issue)
            return
        if not self._found:
            yield items.lost(self._nowhere())
        elif items.carried and not (items.ordinal == 0 and _all_null(items.carried)):
            yield items.lost()

    def _value(self, way: tuple[Step, ...]) -> Iterator[Record]:
        """The records of the value at hand; the window then stands after it."""
        items = self._items
        mark = items.window.peek()
        if not way:
            yield from self._records(mark)
        elif mark == "[":
            rest = way[1:] if way[0] is None else way
            for _ in items.elements():
                yield from self._value(rest)
        elif way[0] is None:
            yield from self._value(way[1:])
        elif mark == "{":
            for name in items.members():
                if name == way[0]:
                    yield from self._value(way[1:])
                else:
                    if len(self._names) < _NAMES:
                        self._names[name] = None
                    items.skip()
        else:
            items.skip()

    def _records(self, mark: str) -> Iterator[Record]:
        items = self._items
        if self._where.members:
            if mark == "{":
                self._found = True
                yield from items.records(named=True)
            else:
                items.skip()
        elif mark == "[":
            self._found = True
            yield from items.records(named=False)
        elif mark == "{":
            self._found = True
            record = items.single()
            if self._where.text == "." and record.body is not None:
                record.issues = [*record.issues, *self._wrapped(record)]
            yield record
        else:
            items.skip()

    def _wrapped(self, record: Element) -> Iterator[Issue]:
        """A notice when most of the one record is an array of objects: that may be where the records are."""
        whole = _size(record.body)
        for way, value in _arrays(record.body):
            if len(value) > 1 and _size(value) * 2 > whole:
                path = path_text(way)
                slots = {"path": path, "count": len(value)}
                yield Issue("SRC-JSON-WHOLE", record.at, ordinal=record.ordinal, slots=slots, suggestion=path)

    def _check_end(self, line: int) -> None:
        """Nothing may follow the document; ``line``: where the root object started that was the one record."""
        window = self._items.window
        end = window.start().line
        self._items.skip_comments()
        if not window.peek():
            return
        start = window.start()
        several = line == end < start.line and window.peek() == "{"
        value = shown_start(window.text[window.at : window.at + 100])
        at = Location(self._source.name, line=start.line, column=start.column)
        raise Stop(Issue("SRC-JSON-LINES" if several else "SRC-JSON-SECOND", at, value=value))

    def _nowhere(self) -> Issue:
        names = list(self._names)
        last = next((step for step in reversed(self._where.steps) if isinstance(step, str)), "")
        slots = {"names": ", ".join(names) or "–"}
        at = Location(self._source.name)
        return Issue("SRC-JSON-RECORDS", at, value=self._where.text, slots=slots, suggestion=near(last, names))

    # ── The paths ────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for a path that cannot be read, with the character where it goes wrong."""
        check_path(path)

    def selector(self, path: str, *, inner: bool = False) -> JsonPath | KeyPath:
        """Follow ``path`` from the record, or from a node; both read it alike. Raises :class:`PathError`."""
        check_path(path)
        if path != KEY:
            return JsonPath.of(path)
        if inner:
            reason = f"a node has no name of its own; ^{KEY} is that of its record"
            raise PathError(path, reason, ja=f"each の中の要素には名前がありません。1件の名前は ^{KEY} です")
        if not self._where.members:
            reason = "only the members of an object have names: state records: '*', or data.*"
            ja = "名前があるのは、オブジェクトの中の値だけです。records: '*' か data.* と書いてください"
            raise PathError(path, reason, ja=ja)
        return KeyPath()

    def walk(self, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Every text of a record with its path; its name first, where it has one."""
        if self._where.members:
            yield from ((KEY, name) for name in KeyPath().values(body))  # type: ignore[arg-type]
        for path, text in walk(body):
            yield ('["@key"]' if path == KEY else path), text

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """One part: where a record starts shows only from the head on."""
        return [Part()]


def _arrays(
    body: dict[str, Any], depth: int = 2, way: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """The arrays of objects near the top of a record, with the way to each."""
    for name, value in body.items():
        if isinstance(value, dict) and depth > 1:
            yield from _arrays(value, depth - 1, (*way, name))
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield (*way, name), value


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))


def _all_null(issues: list[Issue]) -> bool:
    return all(issue.code == "SRC-JSON-NULL" for issue in issues)
