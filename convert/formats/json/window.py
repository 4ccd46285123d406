"""The stretch of a document's text that is being looked at, and where it stands in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.errors import SourceFault
from convert.formats.jsonl.judge import BLANK, Start, last_line, line_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 200  # characters before the place kept, which show how a record's line is indented
_BLANK = re.compile(f"[{BLANK}]*")


class Window:
    """``text`` from some place on; ``at`` is the place reached in it, ``ended`` says that nothing follows.

    Text before ``at`` goes when :meth:`more` reads on, so memory holds what lies between ``at`` and the end.
    """

    __slots__ = ("_chunks", "_fault", "_line", "_line_start", "_mark", "at", "ended", "text")

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._fault: SourceFault | None = None  # what stands before it is given first
        self.text = ""
        self.at = 0
        self.ended = False
        self._mark, self._line, self._line_start = 0, 1, 0  # the line is counted up to the mark

    def more(self) -> int:
        """Read on, at least as much again as lies after ``at``; returns by how much all places moved back."""
        wanted = len(self.text) - self.at
        shift = max(0, self.at - _KEPT)
        if shift and self.text[shift - 1] == "\r":
            shift -= 1  # an LF may follow
        self._count(shift)
        parts = [self.text[shift:]]
        try:
            self._read(parts, wanted)
        except SourceFault as fault:
            self._fault = fault
            if len(parts) == 1:
                raise
        self.text = "".join(parts)
        self.at -= shift
        self._mark -= shift
        self._line_start -= shift
        return shift

    def _read(self, parts: list[str], wanted: int) -> None:
        if self._fault is not None:
            raise self._fault
        for chunk in self._chunks:
            parts.append(chunk)
            wanted -= len(chunk)
            if wanted <= 0:
                return
        self.ended = True

    def _count(self, at: int) -> None:
        if at <= self._mark:
            return
        lines = line_ends(self.text, self._mark, at)
        if lines:
            self._line += lines
            self._line_start = last_line(self.text, self._mark, at)
        self._mark = at

    def start(self) -> Start:
        """The line and column of ``at``; it never moves back."""
        line, column = self.place()
        return Start(line, column, whole=False)

    def place(self) -> tuple[int, int]:
        """What :meth:`start` tells, where every microsecond counts."""
        at = self.at
        if at > self._mark:
            self._count(at)
        return self._line, at - self._line_start + 1

    def indent(self) -> str | None:
        """What stands before ``at`` on its line, when that is nothing but blanks. After :meth:`start` only."""
        near = self._line_start >= 0 and self.at - self._line_start <= _KEPT
        before = self.text[self._line_start : self.at] if near else "?"
        return None if before.strip(BLANK) else before

    def peek(self) -> str:
        """Go on to the next character that is no blank; nothing at the end."""
        while True:
            match = _BLANK.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def reach(self, size: int) -> None:
        """See to it that ``size`` characters from ``at`` on are at hand, if there are so many."""
        while len(self.text) - self.at < size and not self.ended:
            self.more()

    def ahead(self, at: int) -> tuple[int, str]:
        """The next character that is no blank from the place ``at`` on, ``Window.at`` unmoved: place, character."""
        while True:
            match = _BLANK.match(self.text, at)
            at = match.end() if match else at
            if at < len(self.text) or self.ended:
                return at, self.text[at : at + 1]
            at -= self.more()
