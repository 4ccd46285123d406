"""What colours the cells of a sheet: which ones, and how badly."""

from __future__ import annotations

from array import array
from heapq import merge
from typing import TYPE_CHECKING, BinaryIO

from convert.check.issue import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 16
_BLOCK = 1 << 12
_COLUMN, _LEVEL = 15, 3


class Marks:
    """Cells and severities, in order of rows however they come; they wait in a file once there are many."""

    def __init__(self) -> None:
        self._waiting = array("Q")
        self._spool: BinaryIO | None = None
        self._chunks: list[int] = []

    def add(self, row: int, column: int, severity: Severity) -> None:
        """Mark a cell."""
        self._waiting.append(row << _COLUMN + _LEVEL | column << _LEVEL | severity)
        if len(self._waiting) >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        import tempfile  # noqa: PLC0415 - small reports do without

        if self._spool is None:
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._chunks.append(len(self._waiting))
        self._spool.seek(0, 2)
        self._spool.write(array("Q", sorted(self._waiting)).tobytes())
        self._waiting = array("Q")

    def __iter__(self) -> Iterator[tuple[int, int, Severity]]:
        start, parts = 0, []
        for count in self._chunks:
            parts.append(self._chunk(start, count))
            start += count
        for mark in merge(*parts, sorted(self._waiting)):
            row, rest = mark >> _COLUMN + _LEVEL, mark & (1 << _COLUMN + _LEVEL) - 1
            yield row, rest >> _LEVEL, Severity(rest & (1 << _LEVEL) - 1)

    def _chunk(self, start: int, count: int) -> Iterator[int]:
        size = array("Q").itemsize
        for at in range(start, start + count, _BLOCK):
            block = array("Q")
            if self._spool is not None:
                self._spool.seek(at * size)
                block.frombytes(self._spool.read(size * min(_BLOCK, start + count - at)))
            yield from block

    def close(self) -> None:
        """Let the file go."""
        if self._spool is not None:
            self._spool.close()


class Colours:
    """The worst severity of each marked cell, row by row."""

    def __init__(self, marks: Marks) -> None:
        self._marks = iter(marks)
        self._next = next(self._marks, None)

    def _take(self) -> tuple[int, dict[int, Severity]]:
        """The next marked row."""
        found: dict[int, Severity] = {}
        row = self._next[0] if self._next else 0
        while self._next is not None and self._next[0] == row:
            _, column, severity = self._next
            found[column] = max(severity, found.get(column, severity))
            self._next = next(self._marks, None)
        return row, found

    def upto(self, row: int) -> Iterator[tuple[int, dict[int, Severity]]]:
        """Each marked row down to ``row`` that was not given yet, with its columns."""
        while self._next is not None and self._next[0] <= row:
            yield self._take()
