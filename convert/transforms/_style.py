"""Declarations of a ``style`` attribute that may load or run something. Which ones is our own rule.

Japan Search keeps the attribute ``style`` and says nothing about what is in it (japansearch.md §3 item 4).
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HARMLESS: Final = re.compile(r"[A-Za-z0-9#%.,:;'! \-]*")
_DANGERS: Final[dict[str, str]] = {
    "url()": r"(?:url|image-set)\s*\(",
    "expression()": r"expression\s*\(",
    "javascript:": r"(?:java|vb)script\s*:",
    "@import": "@import",
    "behavior": r"(?<![\w-])behavior\s*:",
    "-moz-binding": "-moz-binding",
}
_DANGER: Final = re.compile("|".join(f"({pattern})" for pattern in _DANGERS.values()))
_NAMES: Final = tuple(_DANGERS)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)


def clean_style(style: str) -> tuple[str, list[str]]:
    """Give the attribute's value without its dangerous declarations, and what they were (``style:url()`` …).

    ``style`` is as written in the HTML, without quotes; it comes back unchanged, or escaped for double quotes.
    """
    if _HARMLESS.fullmatch(style) and not _dangers(style.lower()):
        return style, []
    text = html.unescape(style)
    found = _dangers(_readings(text))
    if not found:
        return style, []
    kept = "; ".join(part.strip() for part in _declarations(text) if part.strip() and not _dangers(_readings(part)))
    return "" if _dangers(_readings(kept)) else html.escape(kept), [f"style:{name}" for name in found]


def _dangers(lowered: str) -> list[str]:
    found = dict.fromkeys(_NAMES[(match.lastindex or 1) - 1] for match in _DANGER.finditer(lowered))
    return list(found)


def _readings(text: str) -> str:
    """Join the text as it is and as a lenient browser may read it: without comments and escapes, in one width."""
    decoded = unicodedata.normalize("NFKC", _ESCAPE.sub(_escaped, _without_comments(text)))
    return f"{text}\n{decoded}".lower()


def _escaped(match: re.Match[str]) -> str:
    if match[2] is not None:
        return match[2]
    code = int(match[1], 16)
    return chr(code) if code <= 0x10FFFF else ""


def _without_comments(text: str) -> str:
    if "/*" not in text:
        return text
    head, *rest = text.split("/*")
    return head + "".join(part.partition("*/")[2] for part in rest)


def _declarations(text: str) -> Iterator[str]:
    """Cut at the semicolons outside quotes and brackets."""
    start, depth, quote = 0, 0, ""
    for position, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        elif mark in "()":
            depth = max(0, depth + (1 if mark == "(" else -1))
        elif mark == ";" and not depth:
            yield text[start:position]
            start = position + 1
    yield text[start:]
