"""Where an element of a record stands: its line and column in the file, its way from the record element."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.formats.xml.slicer import Slice

_START = re.compile(rb"<(?!/)")
_STEP = re.compile(r"([^\[\]/]+)(?:\[(\d+)\])?")


def start_of(piece: Slice, top: Any, element: Any) -> tuple[int, int]:
    """Line and column of the start tag of ``element``, which stands somewhere below ``top``, the slice's element.

    lxml counts lines only to 65,535 and columns not at all; expat counts what it is given, which is one record.
    """
    number = next((n for n, found in enumerate(top.iter("*")) if found is element), 0)
    return place_of(piece, start_index(piece, number))


def start_index(piece: Slice, number: int) -> int:
    """Where a start tag stands in a slice, by its number in document order."""
    if piece.starts is None:
        piece.starts = _starts(piece.data)
    return piece.starts[number] if number < len(piece.starts) else 0


def _starts(data: bytes) -> list[int]:
    """Where the start tags stand, in document order, as far as the slice can be parsed."""
    if b"<!" not in data and b"<?" not in data:  # then every other < begins a start tag
        return [found.start() for found in _START.finditer(data)]
    starts: list[int] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: starts.append(parser.CurrentByteIndex)
    with contextlib.suppress(expat.ExpatError):
        parser.Parse(data, True)
    return starts


def place_of(piece: Slice, index: int) -> tuple[int, int]:
    r"""Line and column in the file of a byte of a slice.

    >>> from convert.formats.xml.slicer import Slice
    >>> place_of(Slice("<目>\n  <a/></目>".encode(), "目", 10, 5, {}, ()), 8)
    (11, 3)
    """
    return moved(piece.data[:index], piece.line, piece.column)


def moved(passed: bytes, line: int, column: int) -> tuple[int, int]:
    """The line and column behind what was passed."""
    text = passed.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    breaks = text.count("\n")
    return (line + breaks, len(text) - text.rfind("\n")) if breaks else (line, column + len(text))


class Places:
    """Where the elements of one document stand. What has been counted once is kept: a record may have many faults.

    ``piece`` is the slice, ``top`` its element, ``record`` the one that ways start from, ``display`` writes names.
    ``found`` is for what others found in the document and would look for again.
    """

    __slots__ = ("_display", "_last", "_numbers", "_piece", "_record", "_steps", "_top", "found")

    def __init__(self, piece: Slice, top: Any, record: Any, display: Callable[[Any], str]) -> None:
        self._piece, self._top, self._record, self._display = piece, top, record, display
        self._numbers: dict[Any, int] = {}
        self._steps: dict[Any, tuple[dict[Any, str], dict[str, Any]]] = {}
        self._last = (0, piece.line, piece.column)
        self.found: dict[Any, Any] = {}

    def start(self, element: Any) -> tuple[int, int]:
        """Line and column of an element's start tag, as :func:`start_of` tells them."""
        piece = self._piece
        if not self._numbers:
            self._numbers = {found: number for number, found in enumerate(self._top.iter("*"))}
        index = start_index(piece, self._numbers.get(element, 0))
        before, line, column = self._last if index >= self._last[0] else (0, piece.line, piece.column)
        line, column = moved(piece.data[before:index], line, column)
        self._last = index, line, column
        return line, column

    def path(self, element: Any) -> str:
        """The way to an element from the record element: ``/Product/DescriptiveDetail/Contributor[2]``."""
        steps: list[str] = []
        while element is not None:
            parent = None if element is self._record else element.getparent()
            steps.append(self._display(element) if parent is None else self._below(parent)[0][element])
            element = parent
        return "/" + "/".join(reversed(steps))

    def _below(self, parent: Any) -> tuple[dict[Any, str], dict[str, Any]]:
        """The last step of the way to each child, and each child by that step."""
        known = self._steps.get(parent)
        if known is None:
            by_name: dict[str, list[Any]] = {}
            for child in parent.iterchildren("*"):
                by_name.setdefault(self._display(child), []).append(child)
            steps = {
                child: name if len(same) < 2 else f"{name}[{number}]"
                for name, same in by_name.items()
                for number, child in enumerate(same, start=1)
            }
            known = self._steps[parent] = steps, {step: child for child, step in steps.items()}
        return known

    def find(self, path: str) -> Any:
        """The element that :meth:`path` wrote a way to; None where there is none."""
        element = self._record
        for name, number in _STEP.findall(path)[1:]:
            below = self._below(element)[1]
            first = below.get(name) if number in ("", "1") else None
            element = below.get(f"{name}[{number or 1}]") if first is None else first
            if element is None:
                return None
        return element
