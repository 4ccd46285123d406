"""Cut a text file into parts that can be read on their own, by its bytes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.base import Part, places_to_cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.source import Source

BLOCK = 1 << 20
"""Bytes looked at at a time."""

_TAIL = 1 << 16  # of the block before, to see the line that ends at a cut


def plan(source: Source, count: int, *, skip: int = 0, blank: bytes = b"", quotes: bool = True) -> Iterator[Part]:
    r"""Up to ``count`` parts that become smaller, each cut just after an LF and given as soon as it is found.

    With ``quotes`` a cut has an even number of ``"`` before it. The line before a cut holds a byte that is not in
    ``blank``, and ``skip`` lines or more stand before the first cut. The encoding must be one in which these bytes
    never are a part of another character.
    """
    size = source.size or 0
    targets = places_to_cut(size, count)
    cutter = _Cutter(targets, skip, blank, quotes)
    last = Part()
    with source.open() as stream:
        while cutter.targets and (block := stream.read(BLOCK)):
            cutter.feed(block)
            for cut in cutter.cuts:
                if cut.start < size:
                    yield Part(last.start, cut.start, last.lines)
                    last = cut
            cutter.cuts.clear()
    yield Part(last.start, None, last.lines)


class _Cutter:
    """Goes through the blocks of a file once, counting lines and quotes."""

    def __init__(self, targets: list[int], skip: int, blank: bytes, quotes: bool) -> None:
        self.targets = targets
        self.cuts: list[Part] = []
        self._skip, self._blank, self._quotes = skip, blank, quotes
        self._offset = 0  # of the block in the file
        self._tail = b""
        self._lines = 0  # before the place reached; a CR just before it is counted already
        self._odd = False

    def feed(self, block: bytes) -> None:
        data = self._tail + block
        shift = self._offset - len(self._tail)  # of data in the file
        at = len(self._tail)
        while self.targets:
            at = self._pass(data, at, max(at, min(self.targets[0] - shift, len(data))))
            if at == len(data):
                break
            at = self._next_line(data, at)
            if at == len(data) and not data.endswith(b"\n"):
                break
            if self._fits(data, at):
                self.cuts.append(Part(start=shift + at, lines=self._lines))
                while self.targets and self.targets[0] <= shift + at:
                    self.targets.pop(0)
        self._offset += len(block)
        self._tail = data[-_TAIL:]

    def _next_line(self, data: bytes, at: int) -> int:
        """Go on to just after the next LF; while quotes are odd, after the next quote first."""
        if self._odd:
            quote = data.find(b'"', at)
            at = self._pass(data, at, quote + 1 if quote >= 0 else len(data))
        end = data.find(b"\n", at)
        return self._pass(data, at, end + 1 if end >= 0 else len(data))

    def _pass(self, data: bytes, start: int, end: int) -> int:
        """Count what stands between two places."""
        if self._quotes and data.count(b'"', start, end) % 2:
            self._odd = not self._odd
        breaks = data.count(b"\n", start, end) + data.count(b"\r", start, end)
        self._lines += breaks - data.count(b"\r\n", max(start - 1, 0), end)
        return end

    def _fits(self, data: bytes, at: int) -> bool:
        if self._odd or self._lines < self._skip:
            return False
        line = data[max(0, at - _TAIL) : at].removesuffix(b"\n").removesuffix(b"\r")
        start = max(line.rfind(b"\n"), line.rfind(b"\r")) + 1
        # EUC: 0x8F announces two more bytes, and at the end of a part would take the LF for one of them.
        return not line.endswith(b"\x8f") and bool(line[start:].strip(self._blank))
