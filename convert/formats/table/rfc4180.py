"""One record by the letter of RFC 4180 §2: slow, exact, and able to say where a record goes wrong.

``split_line`` and ``csv.reader`` read the good records. This parser explains the others, and looks for the line where
good ones begin again.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole record: its fields, and the index of the line after it."""

    fields: list[str]
    next: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the record breaks the rules.

    ``bare``: a quote inside a field that is not quoted. ``after``: text after a closing quote.
    ``open``: the lines end inside quotes. ``line`` is an index into the lines, ``field`` counts from 1.
    """

    kind: Literal["bare", "after", "open"]
    line: int
    field: int


def split_line(line: str, delimiter: str = ",") -> list[str] | None:
    r"""The fields of a line that is a well-formed record by itself, without doubled quotes; None for any other line.

    Most lines of most tables are such, and splitting them is faster than parsing.

    >>> split_line('a,"b,c",d\n'), split_line('a,b"c\n'), split_line('a,"b\n')
    (['a', 'b,c', 'd'], None, None)
    """
    pieces = line.rstrip("\r\n").split('"')
    last = len(pieces) - 1
    if not last:
        return pieces[0].split(delimiter)
    head, tail = pieces[0], pieces[last]
    if last & 1 or (head and head[-1] != delimiter) or (tail and tail[0] != delimiter):
        return None
    fields = head[:-1].split(delimiter) if head else []
    fields.append(pieces[1])
    for index in range(2, last, 2):
        between = pieces[index]
        if between != delimiter:
            if len(between) < 2 or between[0] != delimiter or between[-1] != delimiter:
                return None
            fields += between[1:-1].split(delimiter)
        fields.append(pieces[index + 1])
    if tail:
        fields += tail[1:].split(delimiter)
    return fields


def parse_record(
    lines: Sequence[str], start: int = 0, delimiter: str = ",", limit: int = sys.maxsize
) -> Parsed | Fault:
    r"""Parse the record that starts at ``lines[start]``; a blank line has one empty field.

    Quotes count as ``open`` when their record goes on after ``limit`` characters.

    >>> parse_record(['a,"b\n', 'c"\n', 'd\n'])
    Parsed(fields=['a', 'b\nc'], next=2)
    >>> parse_record(['a,b"c\n'])
    Fault(kind='bare', line=0, field=2)
    """
    fields: list[str] = []
    index, at, room = start, 0, limit
    while True:
        line = lines[index]
        if line.startswith('"', at):
            value, index, at, room = _quoted(lines, index, at + 1, room)
            if at < 0:
                return Fault("open", index, len(fields) + 1)
            line = lines[index]
        else:
            found = line.find(delimiter, at)
            end = found if found >= 0 else len(line.rstrip("\r\n"))
            value = line[at:end]
            if '"' in value:
                return Fault("bare", index, len(fields) + 1)
            at = end
        fields.append(value)
        if line.startswith(delimiter, at):
            at += 1
        elif line[at:] in _ENDS:
            return Parsed(fields, index + 1)
        else:
            return Fault("after", index, len(fields))


_ENDS = ("", "\n", "\r\n", "\r")


def _quoted(lines: Sequence[str], index: int, at: int, room: int) -> tuple[str, int, int, int]:
    """Give the value up to its closing quote, the place after it and the room left; place -1: nothing closes it."""
    parts: list[str] = []
    while True:
        line = lines[index]
        end = line.find('"', at)
        if end < 0:
            parts.append(line[at:])
            room -= len(line)
            if room < 0 or index + 1 == len(lines):
                return "", index, -1, room
            index, at = index + 1, 0
        elif line.startswith('"', end + 1):
            parts.append(line[at : end + 1])
            at = end + 2
        else:
            parts.append(line[at:end])
            return "".join(parts), index, end + 1, room


def is_well_formed(raw: str, delimiter: str) -> bool:
    r"""Whether ``raw`` is exactly one record; agrees with :func:`parse_record`, and is fast.

    >>> is_well_formed('a,"b ""c"" d"\n', ","), is_well_formed('a,b "c"\n', ",")
    (True, False)
    """
    return _pattern(delimiter).fullmatch(raw) is not None


@cache
def _pattern(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    field = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{mark}\r\n]*+)'
    return re.compile(rf"{field}(?:{mark}{field})*+(?:\r\n|\n|\r)?")
