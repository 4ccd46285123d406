"""Profile a source: open it in the best evidence, count every column, keep where damage stands."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Severity
from convert.errors import PathError, SourceFault, UsageError
from convert.formats.base import Headed, Walker, parse_options
from convert.inspect.candidates import Candidate, id_candidates, title_candidates
from convert.inspect.column import Column, Counting, Pool
from convert.inspect.evidence import Evidence, look
from convert.inspect.header import HEAD_ROWS, Headers, find_headers
from convert.messages.catalogue import catalogue
from convert.packing import SUFFIXES
from convert.registry import format_named, formats
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.check.issue import Issue
    from convert.formats.base import Format, Reader
    from convert.model import Location, Record

PATHS: Final = 2000
"""So many columns or paths are looked at; the others are counted."""
_OTHERS: Final = 1_000_000  # paths beyond them that are told apart
_ISSUES: Final = 3  # issues kept of each code
_LONGEST_PATH: Final = 500

_SHAPES: Final = {
    "table": ("csv",),
    "json-lines": ("jsonl",),
    "json": ("json", "jsonl"),
    "xml": ("xml",),
    "zip": ("xlsx",),
    "ole": ("xlsx",),
    "text": ("csv",),
}
"""The formats that read a shape, the best first."""
_ROOTS: Final = {"onixmessage": "onix", "product": "onix"}
_INSIDE: Final = (
    (frozenset(("Product", "RecordReference")), "onix"),
    (frozenset(("product", "a001")), "onix"),
)
"""The elements that tell a format inside whatever envelope (OAI-PMH, SRU …)."""
_NAMESPACES: Final = {"http://ndl.go.jp/dcndl/terms/": "dcndl"}
"""Formats by a namespace near the head of XML, whatever stands around their records."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The format a source is read as, and why: ``stated``, ``suffix`` or ``evidence``."""

    format: Format
    reason: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """One reader option that a mapping would need: ``stated`` by the user, else proposed by the evidence.

    ``certain`` False: another value would be possible.
    """

    name: str
    value: str
    stated: bool
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Noted:
    """An issue code of the reader: how often, and its first issues."""

    code: str
    count: int
    first: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything found in one source.

    ``records`` were readable, ``broken`` not. ``complete`` False: ``--limit`` was reached. ``unlisted`` paths
    were not looked at (there were more than :data:`PATHS`). ``walked`` False: the format's reader cannot list its
    paths. ``flat``: the source is a table, and paths are its headers. ``above``: the texts above its headers.
    """

    source: str
    format: str
    reason: str
    options: tuple[Proposed, ...]
    evidence: Evidence
    records: int
    broken: int
    complete: bool
    fatal: bool
    flat: bool
    walked: bool
    columns: tuple[Column, ...]
    unlisted: int
    issues: tuple[Noted, ...]
    ids: tuple[Candidate, ...] = ()
    titles: tuple[Candidate, ...] = ()
    above: tuple[str, ...] = ()

    def column(self, path: str) -> Column | None:
        """The column of a path."""
        return next((column for column in self.columns if column.path == path), None)

    @property
    def source_block(self) -> dict[str, str]:
        """What ``source:`` of a mapping would say."""
        return {"format": self.format} | {option.name: option.value for option in self.options}


@contextmanager
def reopened(source: Source) -> Iterator[Source]:
    """A source that can be opened again and again; one that cannot (standard input) is copied to a temporary file."""
    if source.seekable:
        yield source
        return
    with tempfile.TemporaryFile() as copy:
        with source.open() as stream:
            shutil.copyfileobj(stream, copy)
        yield Source.of(copy, name=source.name)


def profile(
    source: Source,
    format_name: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    limit: int | None = None,
    pulse: Callable[[int], None] | None = None,
) -> Profile:
    """Profile a source. ``options`` are reader options as text; ``limit`` stops after so many records.

    Raises :class:`UsageError` for an unknown format or option, or a source that no format reads.
    """
    given = dict(options or {})
    with reopened(source) as again:
        evidence = look(again)
        chosen = choose(again, format_name, evidence)
        proposed = propose(chosen.format, evidence, given)
        reader = _opened(chosen.format, again, proposed)
        headed = _headed(chosen.format, reader, given)
        if headed is not None:
            proposed += _header_options(headed)
            reader = _opened(chosen.format, again, proposed)
        look_at = _Look(again.name, chosen, proposed, evidence, reader, limit, pulse)
        look_at.above = headed.above if headed is not None else ()
        return look_at.profile()


def _opened(item: Format, source: Source, proposed: Sequence[Proposed]) -> Reader:
    typed = parse_options(item.read_options, {option.name: option.value for option in proposed})
    return item.load_reader()(source, typed)


def _headed(item: Format, reader: Reader, given: Mapping[str, Any]) -> Headers | None:
    """Where the headers of a table stand, when nobody said so and it is not the first row with values."""
    declared = {option.name for option in item.read_options}
    if not {"header_row", "header_rows"} <= declared or {"header_row", "header_rows"} & set(given):
        return None
    if not isinstance(reader, Headed):
        return None
    try:
        return find_headers(reader.head_rows(HEAD_ROWS))
    except SourceFault:  # the reader tells it
        return None


def _header_options(headed: Headers) -> tuple[Proposed, ...]:
    found = [Proposed("header_row", str(headed.row), stated=False)]
    if headed.rows > 1:
        found.append(Proposed("header_rows", str(headed.rows), stated=False))
    return tuple(found)


# ── The format and its options ───────────────────────────────────────────────────────────────────


_LOOSE = ("table", "text")
"""What other bytes may look like, too: a suffix says more."""


def choose(source: Source, name: str | None, evidence: Evidence) -> Chosen:
    """The format: as stated, by the file's suffix, or by what the bytes look like."""
    if name is not None:
        return Chosen(format_named(name), "stated")
    known = {item.name: item for item in formats().values() if item.reader}
    inside = next((word for names, word in _INSIDE if names <= evidence.names), None)
    spaces = (_NAMESPACES.get(space) for space in evidence.namespaces)
    told = known.get(_ROOTS.get(_local(evidence.root)) or inside or next(filter(None, spaces), None) or "")
    if told is not None:
        return Chosen(told, "evidence")
    suffix = "" if source.path is None else _suffix(source.name)
    by_suffix = [item for item in known.values() if suffix and suffix in item.suffixes]
    named = [item for item in by_suffix if not item.vague]
    if len(named) == 1:
        return Chosen(named[0], "suffix")
    loose = bool(by_suffix) and not named and evidence.shape in _LOOSE
    sure = evidence.magic or (None if loose else evidence.shape)
    wanted = _SHAPES.get(sure, ()) if sure else ()
    fitting = [known[word] for word in wanted if word in known and (not named or known[word] in named)]
    if fitting:
        return Chosen(_by_delimiter(fitting[0], known, evidence), "suffix" if named else "evidence")
    if named or (by_suffix and evidence.magic is None):
        return Chosen((named or by_suffix)[0], "suffix")
    what = evidence.magic or evidence.shape
    raise UsageError(
        f"{source.name}: no format reads this file (it looks like {what}); state one with --format",
        f"{source.name}：どの形式のファイルか分かりません（{what} のようです）。--format で指定してください。",
    )


def _suffix(name: str) -> str:
    """The suffix that tells a format: of ``items.csv.gz`` it is ``.csv``."""
    path = PurePath(name.lower())
    return path.with_suffix("").suffix if path.suffix in SUFFIXES else path.suffix


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2].lower()


def _by_delimiter(found: Format, known: Mapping[str, Format], evidence: Evidence) -> Format:
    """Of the formats for tables, the one whose usual delimiter it is."""
    if evidence.shape != "table" or evidence.delimiter is None:
        return found
    for item in known.values():
        usual = next((option.default for option in item.read_options if option.name == "delimiter"), None)
        if usual == evidence.delimiter:
            return item
    return found


def propose(item: Format, evidence: Evidence, given: Mapping[str, Any]) -> tuple[Proposed, ...]:
    """The reader options a mapping should state: those given, and what the evidence speaks for.

    An encoding is proposed unless the bytes are UTF-8 or a byte order mark tells it, a delimiter where it is not the
    format's own. (The row of the headers is proposed once the rows are known.)
    """
    found = [Proposed(name, str(value), stated=True) for name, value in given.items()]
    declared = {option.name: option for option in item.read_options}
    unstated = "encoding" in declared and "encoding" not in given and not evidence.bom
    if unstated and evidence.encoding not in (None, "utf-8"):
        found.append(Proposed("encoding", str(evidence.encoding), stated=False, certain=evidence.certain))
    delimiter = declared.get("delimiter")
    if delimiter is not None and "delimiter" not in given and evidence.delimiter not in (None, delimiter.default):
        found.append(Proposed("delimiter", str(evidence.delimiter), stated=False))
    return tuple(found)


def _numbers(columns: Sequence[str]) -> dict[str, int]:
    """The number of each column by its path: its header, or ``#3`` where that is empty or stands twice."""
    times = Counter(columns)
    found: dict[str, int] = {}
    for number, header in enumerate(columns, start=1):
        found.setdefault(header if header.strip() and times[header] == 1 else f"#{number}", number)
    return found


# ── Counting ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Look:
    name: str
    chosen: Chosen
    proposed: tuple[Proposed, ...]
    evidence: Evidence
    reader: Reader
    limit: int | None
    pulse: Callable[[int], None] | None
    counting: dict[str, Counting] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Issue]] = field(default_factory=dict)
    selectors: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    pool: Pool = field(default_factory=Pool)
    above: tuple[str, ...] = ()

    def profile(self) -> Profile:
        reader = self.reader
        self._note(reader.head_issues)
        fatal = any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues)
        flat = reader.columns is not None
        self.numbers = _numbers(reader.columns or ())
        walk = reader.walk if isinstance(reader, Walker) else None
        readable, broken, complete = (0, 0, True) if fatal else self._read(walk)
        columns = self._columns(readable)
        return Profile(
            source=self.name,
            format=self.chosen.format.name,
            reason=self.chosen.reason,
            options=self.proposed,
            evidence=self.evidence,
            records=readable,
            broken=broken,
            complete=complete,
            fatal=fatal,
            flat=flat,
            walked=walk is not None,
            columns=columns,
            unlisted=len(self.others),
            issues=tuple(Noted(code, count, tuple(self.first[code])) for code, count in self.codes.most_common()),
            ids=id_candidates(columns, readable, flat=flat),
            titles=title_candidates(columns, flat=flat),
            above=self.above,
        )

    def _read(self, walk: Any) -> tuple[int, int, bool]:
        readable = broken = 0
        iterator = iter(self.reader)
        for record in iterator:
            if self.limit is not None and readable + broken >= self.limit:
                close = getattr(iterator, "close", None)
                if close is not None:
                    close()
                return readable, broken, False
            self._note(record.issues)
            if record.body is None:
                broken += 1
                continue
            readable += 1
            if walk is not None:
                self._record(record, walk, readable)
            if self.pulse is not None and not readable % 500:
                self.pulse(readable + broken)
        return readable, broken, True

    def _record(self, record: Record, walk: Any, number: int) -> None:
        counting = self.counting
        met: Counter[str] = Counter()
        for path, value in walk(record.body):
            column = counting.get(path)
            if column is None:
                column = self._column(path)
                if column is None:
                    continue
            occurrence = met[path]
            met[path] += 1
            text = value if isinstance(value, str) else str(value)
            column.add(text, number, lambda path=path, occurrence=occurrence: self._place(record, path, occurrence))  # type: ignore[misc]

    def _column(self, path: str) -> Counting | None:
        if len(self.counting) >= PATHS or len(path) > _LONGEST_PATH:
            if len(self.others) < _OTHERS:
                self.others.add(hash(path))
            return None
        number = self.numbers.get(path)
        heading = self.reader.columns[number - 1] if number and self.reader.columns else path
        column = self.counting[path] = Counting(path, heading.strip(), number, self.pool)
        return column

    def _place(self, record: Record, path: str, occurrence: int) -> Location:
        """Where a value stands, as exactly as the reader's selector can say."""
        if path not in self.selectors:
            try:
                self.selectors[path] = self.reader.selector(path)
            except PathError:
                self.selectors[path] = None
        selector = self.selectors[path]
        return record.at if selector is None else selector.locate(record, occurrence)

    def _columns(self, records: int) -> tuple[Column, ...]:
        if not self.counting:  # a table without a readable record
            for path in list(self.numbers)[:PATHS]:
                self._column(path)
        return tuple(counting.column(records) for counting in self.counting.values())

    def _note(self, issues: Any) -> None:
        for issue in issues:
            self.codes[issue.code] += 1
            kept = self.first.setdefault(issue.code, [])
            if len(kept) < _ISSUES:
                kept.append(issue)
