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
    if piece.starts is None:
        piece.starts = _starts(piece.data)
    return place_of(piece, piece.starts[number] if number < len(piece.starts) else 0)


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
    before = piece.data[:index].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    breaks = before.count("\n")
    if not breaks:
        return piece.line, piece.column + len(before)
    return piece.line + breaks, len(before) - before.rfind("\n")


def element_path(element: Any, record: Any, display: Callable[[Any], str]) -> str:
    """The way to an element from the record element: ``/Product/DescriptiveDetail/Contributor[2]``."""
    steps: list[str] = []
    while element is not None:
        parent = None if element is record else element.getparent()
        name = display(element)
        same = [] if parent is None else [child for child in parent.iterchildren("*") if display(child) == name]
        steps.append(name if len(same) < 2 else f"{name}[{same.index(element) + 1}]")
        element = parent
    return "/" + "/".join(reversed(steps))


def find_element(record: Any, path: str, display: Callable[[Any], str]) -> Any:
    """The element that :func:`element_path` wrote ``path`` for; None where there is none."""
    element = record
    for name, number in _STEP.findall(path)[1:]:
        same = [child for child in element.iterchildren("*") if display(child) == name]
        at = int(number or 1) - 1
        if at >= len(same):
            return None
        element = same[at]
    return element
