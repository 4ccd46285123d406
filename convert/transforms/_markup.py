"""Cut text into markup and the rest, in one pass and linear time, whatever the text is.

What is no complete piece of markup is text: a tag must close before the next ``<`` that stands outside a quoted
attribute value. Nothing is read twice.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE: Final = " \t\n\f\r"
_MARKUP: Final = re.compile("<(?=[A-Za-z/!?])")
_TAG: Final = re.compile(f"</?([A-Za-z][^{_SPACE}/<>]*)")
_TAG_STEP: Final = re.compile(f"=[{_SPACE}]*([\"'])|[<>]")
_BOGUS: Final = re.compile(r"<(?:!|\?|/)[^<>]*>")
_BOGUS_NAMES: Final = {"?": "instruction", "/": "</"}
_COMMENT_END: Final = re.compile("-->|--!>")
_RAW_END: Final = {
    name: re.compile(f"</{name}(?:[{_SPACE}/][^<>]*)?>", re.IGNORECASE | re.ASCII) for name in ("script", "style")
}
_CDATA: Final = "<![CDATA["


class Kind(Enum):
    """TEXT as written · OPEN: text whose ``<`` would begin markup that never closes · TAG · DROP: markup to drop."""

    TEXT = 1
    OPEN = 2
    TAG = 3
    DROP = 4


class Piece(NamedTuple):
    """A piece of the value: from ``start`` to ``end``; ``name`` in lower case of a TAG, of a DROP what it is."""

    kind: Kind
    start: int
    end: int
    name: str = ""


def pieces(value: str) -> Iterator[Piece]:
    """All of ``value``, in order, without gaps."""
    return _Cutter(value).pieces()


class _Cutter:
    def __init__(self, value: str) -> None:
        self.value = value
        self.missing: set[str] = set()  # ends that do not come any more; looking again would not be linear

    def pieces(self) -> Iterator[Piece]:
        position, length = 0, len(self.value)
        while position < length:
            found = _MARKUP.search(self.value, position)
            start = found.start() if found else length
            if start > position:
                yield Piece(Kind.TEXT, position, start)
            if found:
                piece = self.markup(start)
                yield piece
                start = piece.end
            position = start

    def markup(self, start: int) -> Piece:
        name = _TAG.match(self.value, start)
        if name:
            return self.tag(start, name.end(), name[1].lower())
        if self.value.startswith("<!--", start):
            return self.comment(start)
        if self.value.startswith(_CDATA, start):
            end = self.find("]]>", start + len(_CDATA))
            return Piece(Kind.DROP, start, end + 3, "cdata") if end >= 0 else self.bogus(start)
        return self.bogus(start)

    def tag(self, start: int, position: int, name: str) -> Piece:
        while True:
            step = _TAG_STEP.search(self.value, position)
            if step is None or step[0] == "<":
                return Piece(Kind.OPEN, start, step.start() if step else len(self.value))
            if step[0] == ">":
                break
            closing = self.find(step[1], step.end())
            if closing < 0:
                return Piece(Kind.OPEN, start, step.end())
            position = closing + 1
        closed_itself = self.value[start + 1] == "/" or self.value[step.start() - 1] == "/"
        if name in _RAW_END and not closed_itself:
            return Piece(Kind.DROP, start, self.raw_end(name, step.end()), name)
        return Piece(Kind.TAG, start, step.end(), name)

    def raw_end(self, name: str, position: int) -> int:
        """Past the end tag of script or style; without one all the rest is its content, as browsers read it."""
        end = _RAW_END[name].search(self.value, position)
        return end.end() if end else len(self.value)

    def comment(self, start: int) -> Piece:
        for empty in ("<!-->", "<!--->"):
            if self.value.startswith(empty, start):
                return Piece(Kind.DROP, start, start + len(empty), "comment")
        end = None if "-->" in self.missing else _COMMENT_END.search(self.value, start + 4)
        if end is None:
            self.missing.add("-->")
            return Piece(Kind.OPEN, start, start + 4)
        return Piece(Kind.DROP, start, end.end(), "comment")

    def bogus(self, start: int) -> Piece:
        match = _BOGUS.match(self.value, start)
        if match is None:
            return Piece(Kind.OPEN, start, start + 2)
        name = "doctype" if match[0][:9].lower() == "<!doctype" else _BOGUS_NAMES.get(match[0][1], "comment")
        return Piece(Kind.DROP, start, match.end(), name)

    def find(self, end: str, position: int) -> int:
        if end in self.missing:
            return -1
        found = self.value.find(end, position)
        if found < 0:
            self.missing.add(end)
        return found
