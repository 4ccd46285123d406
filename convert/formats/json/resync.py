"""After a broken item: find the next one for certain, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.formats.jsonl.judge import BLANK

if TYPE_CHECKING:
    from convert.formats.json.window import Window

LOOK_AHEAD = 1 << 20
"""Characters after a fault in which the next item is looked for."""

_DEEPER = (" ", "\t", "}", "]")
_LINES = re.compile(r"\r\n?|\n")


def next_item(window: Window, at: int, indent: str | None, close: str) -> int | None:
    """Where the comma before the next item stands, or the bracket that closes all; None: that is not certain.

    It is certain where items stand on lines of their own: JSON texts have no line breaks in them, so a line that
    is indented just as the broken item is starts the next one, if all lines of the broken item up to the fault
    ``at`` are indented deeper (or close a bracket) and a comma stands before the line.
    """
    item = window.text[window.at : at].rstrip(BLANK).removesuffix(",")  # the fault may be that the item does not end
    if indent is None or not _is_deeper(item, indent):
        return None
    at = window.at + len(item)
    opening = '"' if close == "}" else r"[^\s\]}]"
    shallow = rf"[ \t]{{0,{max(0, len(indent) - 1)}}}"
    start = rf"(?P<comma>,)[ \t]*(?:\r\n?|\n){re.escape(indent)}{opening}"
    end = rf"(?:\r\n?|\n){shallow}(?P<close>{re.escape(close)})"
    pattern = re.compile(f"{start}|{end}")
    while True:
        found = pattern.search(window.text, at)
        if found:
            return found.start("comma") if found["comma"] else found.start("close")
        if window.ended or len(window.text) - at > LOOK_AHEAD:
            return None
        at -= window.more()


def _is_deeper(text: str, indent: str) -> bool:
    lines = [line for line in _LINES.split(text)[1:] if line.strip(BLANK)]
    return all(line.startswith(indent) and line[len(indent) : len(indent) + 1] in _DEEPER for line in lines)
