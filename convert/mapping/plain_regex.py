r"""Regular expressions that ``re`` answers just as RE2 does, and in as few steps: read here, written anew for ``re``.

Calling RE2 takes some microseconds, and most patterns of mappings say no more than ``^(9784|491)``. A pattern is
written anew when all its parts are of these: characters; ``.``; classes of characters and ranges; ``\d \w \s`` (of
ASCII, as in RE2); groups of alternatives; ``?``; ``{n}`` and ``{n,m}`` behind a character or class; ``^`` at the
beginning of all, ``$`` at its end (the very end, as in RE2); ``*`` or ``+`` once, where ``^`` is there too. The ways in
which a text could be tried at one place are counted and must be few, so that no text takes long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 256
"""Steps that one place of a text may take at most: the ways to go on, each as long as the longest."""
MOST_AT_START: Final = 4096
"""Likewise, where only the beginning of a text is looked at."""
DEEPEST: Final = 10
"""Groups inside groups."""
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}")
_KINDS: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}
_ESCAPED: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"} | {sign: sign for sign in _SPECIAL | {"-", "/"}}
_COUNT: Final = re.compile(r"\{([0-9]{1,3})(?:,([0-9]{1,3}))?\}")


class _Unusual(Exception):  # noqa: N818 - RE2 takes the pattern
    """The pattern has a part that is not known here."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as ``re`` has it, in how many ways it may go on, how many characters it takes at most."""

    text: str
    ways: int = 1
    length: int = 1


def plain(pattern: str) -> Callable[[str], object] | None:
    """What gives a match, or None, for a text: a match wherever RE2 finds the pattern. None for other patterns.

    >>> find = plain("^(9784|491)")
    >>> find is not None and [bool(find(text)) for text in ("9784949000000", "x9784")]
    [True, False]
    >>> plain("(a+)+$"), plain("(?i)a"), plain("[0-9]+a")
    (None, None, None)
    """
    try:
        return _Reader(pattern).read()
    except _Unusual:
        return None


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._endless = 0
        self._depth = 0

    def read(self) -> Callable[[str], object]:
        """The function for the whole pattern."""
        at_start = self._take("^")
        parts = self._alternatives()
        at_end = self._take("$")
        if self._at < len(self._pattern) or (len(parts) > 1 and (at_start or at_end)):
            raise _Unusual
        whole = _any_of(parts)
        most = MOST_AT_START if at_start and not self._endless else MOST
        if whole.ways * whole.length > most or self._endless > int(at_start):
            raise _Unusual
        made = re.compile(whole.text + (r"\Z" if at_end else ""))
        return made.match if at_start else made.search

    def _next(self) -> str:
        """The character reached; nothing at the end."""
        return self._pattern[self._at : self._at + 1]

    def _take(self, sign: str) -> bool:
        """Pass a sign, where it comes next."""
        found = self._pattern.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def _alternatives(self) -> list[_Part]:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts

    def _sequence(self) -> _Part:
        text, ways, length = "", 1, 0
        while self._next() not in ("", "|", ")", "$"):
            part = (
                self._repeated(self._group()) if self._take("(") else self._repeated(_Part(self._single()), single=True)
            )
            text, ways, length = text + part.text, ways * part.ways, length + part.length
        return _Part(text, ways, length)

    def _group(self) -> _Part:
        self._depth += 1
        if self._depth > DEEPEST or (self._next() == "?" and not self._take("?:")):
            raise _Unusual
        found = _any_of(self._alternatives())
        if not self._take(")"):
            raise _Unusual
        self._depth -= 1
        return _Part(f"(?:{found.text})", found.ways, found.length)

    def _repeated(self, part: _Part, *, single: bool = False) -> _Part:
        """A part with the sign of repetition behind it."""
        count = _COUNT.match(self._pattern, self._at) if single else None
        if self._take("?"):
            part = _Part(f"{part.text}?", part.ways + 1, part.length)
        elif single and self._next() in ("*", "+"):
            self._endless += 1
            part = _Part(part.text + self._next())
            self._at += 1
        elif count is not None:
            least, most = int(count[1]), int(count[2] or count[1])
            if most < least:
                raise _Unusual
            self._at = count.end()
            part = _Part(part.text + count[0], most - least + 1, most)
        if self._next() in ("?", "*", "+", "{"):
            raise _Unusual
        return part

    def _single(self) -> str:
        """One character, or a class of them."""
        if self._take("."):
            return "."
        if self._take("["):
            return self._class()
        if self._take("\\"):
            sign = self._next()
            self._at += 1
            if sign.lower() in _KINDS:
                return f"[{'^' if sign.isupper() else ''}{_KINDS[sign.lower()]}]"
            return re.escape(self._escaped(sign))
        return re.escape(self._character(_SPECIAL))

    def _character(self, special: frozenset[str]) -> str:
        sign = self._next()
        if not sign or sign in special or "\ud800" <= sign <= "\udfff":
            raise _Unusual
        self._at += 1
        return sign

    @staticmethod
    def _escaped(sign: str) -> str:
        if sign not in _ESCAPED:
            raise _Unusual
        return _ESCAPED[sign]

    def _class(self) -> str:
        text = "[^" if self._take("^") else "["
        first = True
        while first or not self._take("]"):
            if self._next() == "-" and not (first or self._pattern.startswith("-]", self._at)):
                raise _Unusual
            if self._take("\\"):
                sign = self._next()
                self._at += 1
                if sign in _KINDS:
                    text, first = text + _KINDS[sign], False
                    continue
                low = self._escaped(sign)
            else:
                low = self._character(_IN_CLASS)
            text, first = text + re.escape(low) + self._range(low), False
        return text + "]"

    def _range(self, low: str) -> str:
        """The rest of a range; nothing where there is none."""
        if self._next() != "-" or self._pattern.startswith("-]", self._at):
            return ""
        self._at += 1
        high = self._character(_IN_CLASS | {"-"})
        if high < low:
            raise _Unusual
        return f"-{re.escape(high)}"


_IN_CLASS: Final = frozenset("\\[]")


def _any_of(parts: list[_Part]) -> _Part:
    """Alternatives as one part."""
    return _Part(
        "|".join([part.text for part in parts]), sum(part.ways for part in parts), max(part.length for part in parts)
    )
