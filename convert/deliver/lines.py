"""Cut files of lines: JSON Lines, one record a line; CSV and TSV, one record a row (RFC 4180)."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import orjson

from convert.check.issue import Issue
from convert.deliver.cutting import Cut
from convert.errors import PathError, SourceFault
from convert.formats.base import Option
from convert.formats.jsonl.path import parse_path
from convert.formats.options import MAX_RECORD, encoding, header_row, header_rows, max_record
from convert.formats.table.rfc4180 import is_well_formed
from convert.model import Location
from convert.source import SAFE_ENCODING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.formats.base import Options

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")
_BLANK = b" \t\r\n"


class _Lines:
    """The lines of a stream with their numbers. Raises :class:`SourceFault` at one that is longer than the limit."""

    def __init__(self, stream: BinaryIO, name: str, limit: int) -> None:
        self._stream, self._name, self._limit = stream, name, limit
        self._waiting: list[bytes] = []
        self.number = self.at = 0

    def read(self) -> bytes:
        """The next line with its end; nothing at the end of the stream."""
        line = self._waiting.pop() if self._waiting else self._stream.readline(self._limit + 1)
        if len(line) > self._limit:
            at = Location(self._name, line=self.number + 1)
            raise SourceFault(Issue("SRC-TOO-LONG", at, slots={"limit": self._limit}))
        if b"\r" in line and line.find(b"\r") < len(line.rstrip(b"\r\n")):  # old line ends
            line, *rest = line.splitlines(keepends=True)
            self._waiting += reversed(rest)
        self.number += bool(line)
        self.at += len(line)
        return line

    def back(self, lines: Sequence[bytes]) -> None:
        """Give lines back that were read last."""
        self._waiting += reversed(lines)
        self.number -= len(lines)
        self.at -= sum(map(len, lines))


class LineCutter:
    """What files of lines share. ``head`` is the byte order mark."""

    options: ClassVar[tuple[Option, ...]] = (encoding(), max_record())
    tail = b""
    layouts: Sequence[Mapping[str, Any]] = ()

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        self._name, self._lenient = name, lenient
        self._limit: int = options.get("max_record") or MAX_RECORD
        self._lines = _Lines(stream, name, self._limit)
        first = self._lines.read()
        if first.startswith(_WIDE) or not _is_safe(options.get("encoding")):
            value = options.get("encoding") or "utf-16"
            raise SourceFault(Issue("PKG-CUT-ENCODING", Location(name), value=str(value)))
        self._bom = _BOM if first.startswith(_BOM) else b""
        if first:
            self._lines.back([first.removeprefix(_BOM)])
        self.head = self._bom
        self.frame: object = None

    def __iter__(self) -> Iterator[Cut]:
        while line := self._lines.read():
            if line.strip(_BLANK):
                yield Cut(line, line=self._lines.number, at=self._lines.at - len(line))

    def leaving_out(self, names: Sequence[str]) -> Callable[[Cut], bytes]:
        """Without members of the object; raises :class:`PathError` for what is no path."""
        steps = [[step for step in parse_path(name) if step is not None] for name in names]

        def content(cut: Cut) -> bytes:
            try:
                value = orjson.loads(cut.data)
            except ValueError:
                return cut.data
            for path in steps:
                _drop(value, path)
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

        return content


def _is_safe(stated: str | None) -> bool:
    if stated is None:
        return True
    try:
        return SAFE_ENCODING.fullmatch(codecs.lookup(stated).name) is not None
    except LookupError:
        return False


def _drop(value: Any, path: Sequence[object]) -> None:
    """Take what stands at a path out of a value."""
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, dict) and path:
            if len(path) == 1:
                inner.pop(path[0], None)
            else:
                _drop(inner.get(path[0]), path[1:])


class JsonLinesCutter(LineCutter):
    """One record a line; whether it is JSON is found out by whoever reads it."""

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        super().__init__(stream, name, options, lenient=lenient)
        first = self._lines.read()
        if first.lstrip(_BLANK).startswith(b"["):
            raise SourceFault(Issue("DLV-ARRAY", Location(name, line=1)))
        if first:
            self._lines.back([first])


class TableCutter(LineCutter):
    """One record a row; ``head`` holds all rows up to the header's last. Rows without any text are no records."""

    DELIMITER: ClassVar[str] = ","
    options: ClassVar[tuple[Option, ...]] = (
        encoding(),
        Option("delimiter", ja="区切り文字（1文字）", en="the character between two cells"),
        header_row(),
        header_rows(),
        max_record(16 * 2**20),
    )

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        super().__init__(stream, name, options, lenient=lenient)
        self._delimiter: str = options.get("delimiter") or self.DELIMITER
        self._encoding = options.get("encoding") or "utf-8"
        self._empty = b'\r\n"' + self._delimiter.encode()
        wanted = options.get("header_row")
        count = int(options.get("header_rows") or 1)
        rows = self._all()
        above = list(self._above(rows)) if wanted is None else [cut.data for cut in islice(rows, int(wanted) - 1)]
        above += [cut.data for cut in islice(rows, count - (wanted is None))]
        titles = b"".join(above)
        self._headings = self._cells(above[-1]) if above else []
        self.head = self._bom + titles
        self.frame = titles

    def _above(self, rows: Iterator[Cut]) -> Iterator[bytes]:
        """What stands up to the first row with text."""
        for cut in rows:
            yield cut.data
            if cut.data.strip(self._empty):
                break

    def __iter__(self) -> Iterator[Cut]:
        for cut in self._all():
            if cut.fault is not None and not self._lenient:
                raise SourceFault(cut.fault)
            if cut.fault is not None or cut.data.strip(self._empty):
                yield cut

    def _all(self) -> Iterator[Cut]:
        """All rows, blank ones too."""
        lines, delimiter = self._lines, self._delimiter
        while line := lines.read():
            start, place = lines.number, lines.at - len(line)
            if b'"' not in line or is_well_formed(line.decode("latin-1"), delimiter):
                yield Cut(line, line=start, at=place)
                continue
            whole = self._joined(line)
            if whole is None:
                at = Location(self._name, line=start)
                value = line.decode("utf-8", "replace").rstrip("\r\n")
                yield Cut(line, line=start, fault=Issue("DLV-ROW", at, value=value), at=place)
            else:
                yield Cut(whole, line=start, at=place)

    def _joined(self, first: bytes) -> bytes | None:
        """A row over several lines, which ends where quotes are even again; None, and nothing more is taken, when that
        is no sound row or further than the limit away.
        """
        taken, size, marks = [first], len(first), first.count(b'"')
        while marks & 1 and size <= self._limit and (more := self._lines.read()):
            taken.append(more)
            size += len(more)
            marks += more.count(b'"')
        whole = b"".join(taken)
        if not marks & 1 and size <= self._limit and is_well_formed(whole.decode("latin-1"), self._delimiter):
            return whole
        self._lines.back(taken[1:])
        return None

    def leaving_out(self, names: Sequence[str]) -> Callable[[Cut], bytes]:
        """Without the cells of some columns."""
        missing = next((name for name in names if name not in self._headings), None)
        if missing is not None:
            raise PathError(missing, "there is no such column", ja="その見出しの列はありません")
        gone = {at for at, heading in enumerate(self._headings) if heading in names}

        def content(cut: Cut) -> bytes:
            kept = [cell for at, cell in enumerate(self._cells(cut.data)) if at not in gone]
            return "\x1f".join(kept).encode("utf-8", "surrogateescape")

        return content

    def _cells(self, row: bytes) -> list[str]:
        text = row.decode(self._encoding, "surrogateescape")
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter), [])


class TsvCutter(TableCutter):
    """Cells between tabs."""

    DELIMITER = "\t"
