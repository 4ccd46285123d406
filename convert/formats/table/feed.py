"""Lines for ``csv.reader``, kept at hand until their record is judged, so that reading can start again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.table.rfc4180 import Parsed, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.source import TextLines

LOOK_AHEAD = 1000
"""Lines after a fault among which the next good record is looked for; beyond them one line is given up."""

_SLICE = 512


class Feed:
    """An iterable of lines. ``lines[at:]`` are those from the start of the record being read.

    The reader moves ``at`` on after each record. ``first`` is the line number of ``lines[0]``. ``overlong``
    says that iteration stopped because the record outgrew ``limit`` characters, ``ended`` that all was read.
    """

    __slots__ = ("_barren", "_batches", "at", "ended", "first", "limit", "lines", "overlong", "text")

    def __init__(self, text: TextLines, *, first: int, limit: int) -> None:
        self.text = text
        self.limit = limit
        self.first = first
        self.lines: list[str] = []
        self.at = 0
        self.ended = self.overlong = False
        self._batches = text.batches()
        self._barren = 0

    def __iter__(self) -> Iterator[str]:
        """Give the lines from ``at`` on."""
        self.overlong = False
        ahead = 0  # lines handed out since ``at`` stood at ``base``
        base = self.first + self.at
        while True:
            index = base + ahead - self.first
            batch = self.lines[index : index + _SLICE]
            if batch:
                ahead += len(batch)
                yield from batch
            elif not self.more():
                return

    def more(self) -> bool:
        """Read on; False at the end, or when the lines from ``at`` on outgrew the limit."""
        self.first += self.at
        del self.lines[: self.at]
        self.at = 0
        self.overlong = sum(map(len, self.lines)) > self.limit
        if self.overlong:
            return False
        batch = next(self._batches, None)
        if batch is None:
            self.ended = True
            return False
        self.lines += batch
        return True

    def skip(self, count: int) -> None:
        """Leave out ``count`` lines."""
        while len(self.lines) < self.at + count and self.more():
            pass
        self.at += count

    def broken_lines(self, width: int, delimiter: str) -> int:
        """Count the lines from ``at`` on that belong to a broken record.

        It ends before the next line that starts a whole record of ``width`` fields. Without one: at the end of the
        file, or after one line when the end is further than ``LOOK_AHEAD`` lines or the limit away. (Our own rule:
        RFC 4180 does not say how to go on after a fault.)
        """
        ahead = max(1, self._barren + 1 - (self.first + self.at))
        while ahead <= LOOK_AHEAD and (self.at + ahead < len(self.lines) or self.more()):
            if self._starts_record(ahead, width, delimiter):
                return ahead
            ahead += 1
        # The lines looked at are not looked at again: a file with a fault in every line is read in linear time.
        self._barren = self.first + self.at + ahead - 1
        rest = self.lines[self.at :] if ahead <= LOOK_AHEAD and self.ended else []
        return len(rest) if rest and sum(map(len, rest)) <= self.limit else 1

    def _starts_record(self, ahead: int, width: int, delimiter: str) -> bool:
        while True:
            found = parse_record(self.lines, self.at + ahead, delimiter, self.limit)
            if isinstance(found, Parsed):
                size = sum(len(self.lines[index]) for index in range(self.at + ahead, found.next))
                return len(found.fields) == width and any(found.fields) and size <= self.limit
            if found.kind != "open" or not self.more():
                return False
