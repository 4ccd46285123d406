"""Take XPath 1.0 apart (W3C XPath 1.0, 3.7 Lexical Structure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from convert.errors import PathError
from convert.formats.xml.names import NCNAME

_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<literal>\"[^\"]*\"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    rf"|(?P<variable>\$(?:{NCNAME}:)?{NCNAME})|(?P<name>{NCNAME}(?::(?!:)(?:{NCNAME}|\*))?)"
    r"|(?P<mark>::|//|\.\.|!=|<=|>=|[@()\[\],/.|+\-=<>*])"
)
_OPERATORS = ("and", "or", "div", "mod")
_BEFORE_OPERAND = ("::", "//", "/", "!=", "<=", ">=", "@", "(", "[", ",", "|", "+", "-", "=", "<", ">")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a path. ``kind``: element, attribute, prefixed, word (function, axis, operator), or as it looks."""

    kind: str
    text: str


def tokens(path: str) -> list[Token]:
    """Take a path apart. Raises :class:`PathError` at a character XPath does not have.

    >>> [t.text for t in tokens("a[b='x']/@c") if t.kind in ("element", "attribute")]
    ['a', 'b', 'c']
    """
    found: list[Token] = []
    at = 0
    while at < len(path):
        match = _TOKEN.match(path, at)
        if match is None:
            reason = f"character {at + 1}: {path[at]!r} is not part of a path"
            raise PathError(path, reason, ja=f"{at + 1} 文字目の「{path[at]}」は、道順に使えません")
        kind = str(match.lastgroup)
        if kind == "name":
            kind = _kind_of_name(match[0], found, path[match.end() :].lstrip())
        found.append(Token(kind, match[0]))
        at = match.end()
    return found


def _kind_of_name(name: str, before: list[Token], after: str) -> str:
    previous = next((token for token in reversed(before) if token.kind != "space"), None)
    operand = previous is None or (previous.kind == "mark" and previous.text in _BEFORE_OPERAND) or (
        previous.kind == "operator"
    )  # fmt: skip
    if not operand and name in _OPERATORS:
        return "operator"
    if after.startswith("(") or after.startswith("::"):
        return "word"
    if previous is not None and previous.text == "@":
        return "attribute"
    axis = _axis(before)
    if axis in ("attribute", "namespace"):
        return "attribute"
    return "prefixed" if ":" in name else "element"


def _axis(before: list[Token]) -> str | None:
    words = [token for token in before if token.kind != "space"]
    return words[-2].text if len(words) > 1 and words[-1].text == "::" else None
