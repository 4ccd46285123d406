"""Cut an XML file into parts between records, by its bytes alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.formats.base import Part, places_to_cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.source import Source

BLOCK = 1 << 20
_TAIL = 4096  # of the block before, to see a tag that stands across two blocks


def behind(name: bytes) -> re.Pattern[bytes]:
    """What ends a line with the end tag of ``name``."""
    return re.compile(rb"</" + re.escape(name) + rb"\s*>[ \t]*(?:\r\n|\n)")


def plan(source: Source, count: int, ends: re.Pattern[bytes]) -> Iterator[Part]:
    """Up to ``count`` parts that become smaller, each cut behind a match of ``ends``, which ends with a line.

    It may match inside a comment or another record; who reads the part notices.
    """
    size = source.size or 0
    targets = places_to_cut(size, count)
    last, lines, offset, tail = Part(), 0, 0, b""
    counted = 0  # bytes of the file whose line ends are in ``lines``
    with source.open() as stream:
        while targets and (block := stream.read(BLOCK)):
            data, shift = tail + block, offset - len(tail)
            at = max(0, targets[0] - shift)
            found = ends.search(data, at) if at < len(data) else None
            while found is not None and targets:
                cut = shift + found.end()
                lines += _breaks(data, counted - shift, found.end())
                counted = cut
                if cut >= size:
                    break
                yield Part(last.start, cut, last.lines)
                last = Part(cut, None, lines)
                targets = [target for target in targets if target > cut]
                found = ends.search(data, max(found.end(), targets[0] - shift)) if targets else None
            rest = max(0, len(data) - _TAIL)
            if data[rest - 1 : rest + 1] == b"\r\n":
                rest += 1
            if counted - shift < rest:
                lines += _breaks(data, counted - shift, rest)
                counted = shift + rest
            tail = data[min(rest, counted - shift) :]
            offset += len(block)
    yield Part(last.start, None, last.lines)


def _breaks(data: bytes, start: int, end: int) -> int:
    """Line ends (LF, CRLF, CR) in a stretch that cuts no CRLF."""
    return data.count(b"\n", start, end) + data.count(b"\r", start, end) - data.count(b"\r\n", start, end)
