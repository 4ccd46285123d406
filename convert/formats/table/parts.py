"""Cut a text file into parts that can be read on their own, by a look at the bytes around each cut.

Whether a line break stands inside quotes can be told for certain only by what stands before it, from the beginning of
the file. A cut is therefore a guess, a good one. The reader of the part before it knows better: where it does not end
at the end of a record, it says so (``clean_end``), and the run reads on across the cut.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from convert.formats.base import Part, places_to_cut
from convert.formats.table.rfc4180 import Fault, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.source import Source

REACH = (1 << 18, 1 << 22)
"""Bytes looked at for a cut; so many as the second says only where the first hold none."""
EFFORT = 20_000
"""Lines parsed for one cut; after that there is none."""
RECORDS = 3
"""Whole records that should stand around a cut, the first of them before it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Records that take one line or several: RFC 4180 with so many fields."""

    width: int
    delimiter: str

    def end(self, lines: Sequence[str], first: int) -> tuple[int | None, int]:
        """The line after a record with text, if records seem to begin at ``first``; and how many lines were parsed."""
        at, end = first, None
        for number in range(RECORDS):
            found = parse_record(lines, at, self.delimiter, REACH[0])
            if isinstance(found, Fault):
                goes_on = found.kind == "open" and number > 0  # behind what was read
                return end if goes_on else None, found.line + 1 - first
            if found.next == len(lines):
                return end, found.next - first
            if len(found.fields) != self.width or not (end or any(found.fields)):
                return None, found.next - first
            at = found.next
            end = end or at
        return end, at - first


class Lines:
    """Records that are a line each: with a character that is not in ``blank``."""

    def __init__(self, blank: str) -> None:
        self._blank = blank

    def end(self, lines: Sequence[str], first: int) -> tuple[int | None, int]:
        """The line after the one at ``first``, if that is a record; and how many lines were looked at."""
        return (first + 1 if lines[first].strip(self._blank) else None), 1


def plan(source: Source, count: int, records: Rows | Lines, *, skip: int = 0) -> Iterator[Part]:
    """Up to ``count`` parts that become smaller, each cut just after the LF of a record.

    ``skip`` lines or more stand before the first cut. The encoding must be one in which the bytes of line ends and
    quotes never are a part of another character. Nobody counts lines: parts begin with line 1.
    """
    size, last = source.size or 0, 0
    if size:
        with source.open() as stream:
            start = _below(stream, skip)
            for target in places_to_cut(size, count):
                if target <= last:
                    continue
                cut = _cut(stream, max(start, target), records)
                if cut is not None and last < cut < size:
                    yield Part(last, cut)
                    last = cut
    yield Part(last, None)


def _below(stream: BinaryIO, count: int) -> int:
    """The byte after the first ``count`` lines."""
    size = REACH[0]
    while count:
        stream.seek(0)
        data = stream.read(size)
        lines = _lines(data)
        if len(lines) > count or len(data) < size:  # of a CRLF at the end, the LF may be missing
            return sum(map(len, lines[:count]))
        size *= 4
    return 0


def _lines(data: bytes) -> list[str]:
    """Bytes as lines, one character a byte."""
    return io.StringIO(data.decode("latin-1"), newline="").readlines()


def _cut(stream: BinaryIO, target: int, records: Rows | Lines) -> int | None:
    """The first good place to cut after a target; None where there is none nearby."""
    before = max(target - 1, 0)
    for reach in REACH:
        stream.seek(before)
        data = stream.read(reach)
        lines = _lines(data)
        effort, place, first = 0, before, 0
        while first < len(lines) - 1 and effort < EFFORT:
            place += len(lines[first])
            first += 1
            if lines[first - 1].endswith("\n") and place >= target:
                end, looked = records.end(lines, first)
                if end is not None and _parts_well(lines[end - 1]):
                    return place + sum(map(len, lines[first:end]))
                effort += looked
        if len(data) < reach:
            break
    return None


def _parts_well(line: str) -> bool:
    """Whether what follows a line can be read without it."""
    # EUC: 0x8F announces two more bytes, and at the end of a part would take the LF for one of them.
    return line.endswith("\n") and not line.rstrip("\r\n").endswith("\x8f")
