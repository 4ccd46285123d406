"""Transforms of HTML: the tags Japan Search keeps, or none (japansearch.md §3 item 4)."""

from __future__ import annotations

import re
from enum import Enum
from html import unescape
from typing import Final

from convert.transforms import transform
from convert.transforms._markup import Kind, Piece, pieces
from convert.transforms._style import clean_style

_KEPT_TAGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "div", "span", "table", "tr", "th", "td")
_ENDS_A_LINE: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "tr", "li"))
_SPACE: Final = " \t\n\f\r"
_NAMES: Final = "|".join(_KEPT_TAGS)
_UNQUOTED: Final = "[A-Za-z0-9#%.,:;()!-]+"
_STYLE: Final = f"style[{_SPACE}]*=[{_SPACE}]*(?:\"([^\"<>]*)\"|'([^'<>]*)'|({_UNQUOTED}))"
_KEPT: Final = re.compile(
    f"</?(?:{_NAMES})(?:[{_SPACE}]+{_STYLE})?[{_SPACE}]*(?:/[{_SPACE}]*)?>", re.IGNORECASE | re.ASCII
)
_PLAIN: Final = frozenset(word for name in _KEPT_TAGS for word in (name, f"/{name}", f"{name} /"))
"""What stands between ``<`` and ``>`` in the tags that may stay as they are."""

_ATTRIBUTE: Final = re.compile(
    f"([^{_SPACE}/>=]+)(?:[{_SPACE}]*=[{_SPACE}]*(?:\"([^\"]*)\"|'([^']*)'|([^{_SPACE}>\"'][^{_SPACE}>]*)))?"
)
_IS_STYLE: Final = re.compile(_STYLE, re.IGNORECASE | re.ASCII)
_OPENS_A_TAG: Final = re.compile("[A-Za-z/!?]")
_NAME_LIMIT: Final = 40


class _Breaks(Enum):
    """Whether a tag breaks the line: never, always, or where the line is not at its beginning yet."""

    NEVER = 1
    ALWAYS = 2
    ONCE = 3


_BREAKS: Final = (
    dict.fromkeys(("br", "br/", "br /", "BR", "BR/", "BR /"), _Breaks.ALWAYS)
    | {f"/{name}": _Breaks.ONCE for name in _ENDS_A_LINE}
    | dict.fromkeys((*_ENDS_A_LINE, "b", "/b", "i", "/i", "em", "/em", "strong", "/strong", "ul", "/ul"), _Breaks.NEVER)
)
"""The usual tags as they are written, without attributes."""


def clean(value: str) -> tuple[str, list[str]]:
    """``value`` with only the tags and the attribute Japan Search keeps, and the names of what went, each once.

    Kept: h1-h6 p br div span table tr th td with the attribute style (japansearch.md §3). A tag whose attributes
    may all stay is not touched. Other attributes go (``class=``); other tags go (``b``) and their text stays;
    script and style go with their content; comments, doctypes, instructions and CDATA go. That the text stays,
    and which style declarations go (``style:url()``), is our own rule. A ``<`` that begins no tag stays; one that
    would begin a tag but is never closed becomes ``&lt;`` (named ``<``), so that nothing of the text is lost.
    Cleaning again changes nothing. Entities are left alone.

    >>> clean('<div class="note"><b>染付</b>の皿<script>x()</script></div>')
    ('<div>染付の皿</div>', ['class=', 'b', 'script'])
    """
    if "<" not in value or is_plain(value):
        return value, []
    cleaner = _Cleaner(value)
    for piece in pieces(value):
        cleaner.take(piece)
    removed = list(cleaner.removed)
    return ("".join(cleaner.parts), removed) if removed else (value, [])


def is_plain(value: str) -> bool:
    """Tell quickly whether every ``<`` begins a tag without attributes that may stay."""
    start = value.find("<")
    while start >= 0:
        end = value.find(">", start)
        if end < 0 or value[start + 1 : end] not in _PLAIN:
            return False
        start = value.find("<", end)
    return True


@transform()
def html(value: str) -> str | None:
    """HTML with only the tags and the attribute Japan Search keeps; see ``clean`` for what goes.

    >>> html('<p class="x">染付の<b>皿</b></p>')
    '<p>染付の皿</p>'
    """
    return clean(value)[0] or None


@transform()
def plain(value: str) -> str | None:
    r"""HTML as text: no tags, entities resolved, a line break for br and at the end of p, div, h1-h6, li and tr.

    Script and style go with their content. Blanks and line breaks at the ends go.

    >>> plain("<p>染付&amp;<b>色絵</b><br>二点</p>")
    '染付&色絵\n二点'
    """
    if "<" not in value:
        return unescape(value) if "&" in value else value
    quick = _plain_quickly(value)
    if quick is not None:
        return quick or None
    return _plain_carefully(value)


def _plain_quickly(value: str) -> str | None:
    """The text where every ``<`` begins one of the usual tags without attributes; else None."""
    if value.count("<") == value.count("<br>"):
        text = value.replace("<br>", "\n")  # no reference to a character goes on behind a line break
        return (unescape(text) if "&" in text else text).strip()
    text, *rest = value.split("<")
    parts = [unescape(text) if "&" in text else text] if text else []
    for piece in rest:
        tag, end, text = piece.partition(">")
        breaks = _BREAKS.get(tag) if end else None
        if breaks is None:
            return None
        if breaks is _Breaks.ALWAYS or (breaks is _Breaks.ONCE and parts and not parts[-1].endswith("\n")):
            parts.append("\n")
        if text:
            parts.append(unescape(text) if "&" in text else text)
    return "".join(parts).strip()


def _plain_carefully(value: str) -> str | None:
    parts: list[str] = []
    for piece in pieces(value):
        if piece.kind in (Kind.TEXT, Kind.OPEN):
            parts.append(unescape(value[piece.start : piece.end]))
        elif piece.kind is Kind.TAG and _breaks_line(piece, value, parts):
            parts.append("\n")
    return "".join(parts).strip() or None


def _breaks_line(piece: Piece, value: str, before: list[str]) -> bool:
    if piece.name == "br":
        return True
    ends = value[piece.start + 1] == "/" and piece.name in _ENDS_A_LINE
    return ends and bool(before) and not before[-1].endswith("\n")


class _Cleaner:
    def __init__(self, value: str) -> None:
        self.value = value
        self.parts: list[str] = []
        self.removed: dict[str, None] = {}

    def take(self, piece: Piece) -> None:
        text = self.value[piece.start : piece.end]
        if piece.kind is Kind.TEXT:
            self.text(text)
        elif piece.kind is Kind.OPEN:
            self.removed["<"] = None
            self.parts.append(text.replace("<", "&lt;"))
        elif piece.kind is Kind.TAG and piece.name in _KEPT_TAGS:
            self.tag(piece.name, text)
        else:
            self.removed[piece.name[:_NAME_LIMIT]] = None

    def text(self, text: str) -> None:
        """Text; a ``<`` before it that would begin a tag now that something between went is escaped."""
        if self.parts and self.parts[-1].endswith("<") and _OPENS_A_TAG.match(text):
            self.parts[-1] = self.parts[-1][:-1] + "&lt;"
            self.removed["<"] = None
        self.parts.append(text)

    def tag(self, name: str, text: str) -> None:
        """Take a permitted tag, byte for byte as it was where all its attributes may stay."""
        match = _KEPT.fullmatch(text)
        if match and not clean_style(match[1] or match[2] or match[3] or "")[1]:
            self.parts.append(text)
            return
        head = len(name) + (2 if text[1] == "/" else 1)
        tail = " />" if text.endswith(" />") else "/>" if text.endswith("/>") else ">"
        kept, removed = _attributes(text[head : len(text) - len(tail)])
        self.removed |= dict.fromkeys(removed)
        self.parts.append(" ".join((text[:head], *kept)) + tail)


def _attributes(text: str) -> tuple[list[str], list[str]]:
    """Find the attributes to keep, and the names of what goes. The first style counts, as in browsers."""
    kept: list[str] = []
    removed: list[str] = []
    for attribute in _ATTRIBUTE.finditer(text):
        style = None if kept else _IS_STYLE.fullmatch(attribute[0])
        if style is None:
            removed.append(attribute[1].lower()[:_NAME_LIMIT] + "=")
            continue
        cleaned, found = clean_style(style[1] or style[2] or style[3] or "")
        removed += found
        if cleaned or not found:
            kept.append(f'style="{cleaned}"' if found else attribute[0])
    return kept, removed or [_ATTRIBUTE.sub("", text).strip() or "style="]
