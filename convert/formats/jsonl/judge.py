"""From the text of one JSON record to its body, or to the issues that say why there is none.

JSON Lines and JSON documents share it: numbers stay as they are written, doubled names are told, and a text that
the strict parser refuses is looked at by the lenient one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.jsonl.lenient import Broken, DoubledName, ZeroNumber, is_too_deep, understand
from convert.formats.jsonl.path import find_text, path_text
from convert.model import Location
from convert.source import damage_issue, is_damaged, visible

if TYPE_CHECKING:
    from collections.abc import Callable

BLANK = " \t\r\n"
_SHOWN = 60  # characters around bad bytes that an issue shows

Body = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Start:
    """Where the text of a record starts, both from 1; ``whole``: it is a whole line, so that its start says little."""

    line: int
    column: int = 1
    whole: bool = True


class Judge:
    """Reads the records of one source. ``doubled`` tells whether the value last decoded has a name twice.

    ``decode`` is for a whole text, ``scan`` for a value at a place in one (it gives the value and its end); both
    are the strict parser and raise ValueError, ``scan`` also StopIteration.
    """

    def __init__(self, source: str, encoding: str, limit: int) -> None:
        self.doubled = False
        self.limit = limit
        self._source, self._encoding = source, encoding
        decoder: Any = json.JSONDecoder(
            parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=self._pairs
        )
        self.decode: Callable[[str], Any] = decoder.decode
        self.scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self.doubled = True
        return found

    def read(self, text: str, start: Start, ordinal: int, *, damaged: bool) -> tuple[Body, list[Issue]]:
        """The body of a record's text, and its issues. ``damaged``: it may hold marks of undecodable bytes."""
        self.doubled = False
        if not ((damaged and is_damaged(text)) or len(text) > self.limit or is_too_deep(text)):
            try:
                body = self.decode(text)
            except ValueError:
                body = None
            if type(body) is dict and not self.doubled and not ("\\ud" in text or "\\uD" in text):
                return body, []
        return self.second_look(text, start, ordinal, damaged=damaged)

    def second_look(self, text: str, start: Start, ordinal: int, *, damaged: bool) -> tuple[Body, list[Issue]]:
        """Read a text that is not plainly good, with issues that say why. ``damaged``: it may hold marks."""
        issue = self._unreadable(text, start, ordinal, damaged=damaged)
        if issue:
            return None, [issue]
        found = understand(text)
        if isinstance(found, Broken):
            return None, [self.broken(found, text, start, ordinal)]
        if not isinstance(found.value, dict):
            return None, [Issue("SRC-JSON-OBJECT", self._at(text, start), ordinal=ordinal, value=shown_start(text))]
        way = find_text(found.value, is_damaged)
        if way is not None:
            at = self._at(text, start, path=path_text(way))
            return None, [Issue("SRC-JSON-SURROGATE", at, ordinal=ordinal, value=shown_start(text))]
        return found.value, [self._note(note, text, start, ordinal) for note in found.notes]

    def broken(self, found: Broken, text: str, start: Start, ordinal: int) -> Issue:
        """``SRC-JSON``: what is no JSON, and where."""
        slots = {"reason": found.reason.en, "reason_ja": found.reason.ja}
        at = self._at(text, start, found.column - 1)
        end = text.find("\n", found.column - 1)  # what follows may be records already
        return Issue("SRC-JSON", at, ordinal=ordinal, value=shown_start(text[:end] if end > 0 else text), slots=slots)

    def too_long(self, text: str, start: Start, ordinal: int) -> Issue:
        """``SRC-TOO-LONG``: the record outgrows ``limit``."""
        at = self._at(text, start)
        return Issue("SRC-TOO-LONG", at, ordinal=ordinal, value=shown_start(text), slots={"limit": self.limit})

    def _unreadable(self, text: str, start: Start, ordinal: int, *, damaged: bool) -> Issue | None:
        """Find what keeps a text from being parsed at all."""
        if damaged and is_damaged(text):
            bad = next(at for at, character in enumerate(text) if is_damaged(character))
            part = text[max(0, bad - _SHOWN) : bad + _SHOWN]
            return damage_issue(text, part, self._encoding, self._at(text, start, bad), ordinal)
        if len(text) > self.limit:
            return self.too_long(text, start, ordinal)
        if is_too_deep(text):
            return Issue("SRC-JSON-DEPTH", self._at(text, start), ordinal=ordinal, value=shown_start(text))
        return None

    def _note(self, note: ZeroNumber | DoubledName, text: str, start: Start, ordinal: int) -> Issue:
        at = self._at(text, start, note.column - 1, note.path)
        if isinstance(note, ZeroNumber):
            return Issue("SRC-JSON-NUMBER", at, ordinal=ordinal, value=note.text)
        slots = {"key": note.name, "path": note.path, "dropped": _shown(note.dropped), "kept": _shown(note.kept)}
        return Issue("SRC-JSON-KEY", at, ordinal=ordinal, value=_shown(note.dropped), slots=slots)

    def _at(self, text: str, start: Start, offset: int | None = None, path: str | None = None) -> Location:
        """The place ``offset`` characters into a text; without it the text's start."""
        if offset is None:
            return Location(self._source, line=start.line, column=None if start.whole else start.column, path=path)
        lines, column = line_ends(text, 0, offset), offset + start.column
        if lines:
            column = offset - last_line(text, 0, offset) + 1
        return Location(self._source, line=start.line + lines, column=column, path=path)


def line_ends(text: str, start: int, end: int) -> int:
    r"""Count the line ends (LF, CRLF, CR) in a stretch of text that does not end inside of one.

    >>> line_ends("a\r\nb\rc\n", 0, 7)
    3
    """
    found = text.count("\n", start, end)
    alone = text.count("\r", start, end)
    return found + alone - text.count("\r\n", start, end) if alone else found


def last_line(text: str, start: int, end: int) -> int:
    """Where the last line begins that begins in a stretch of text; there is one."""
    return max(text.rfind("\n", start, end), text.rfind("\r", start, end)) + 1


def shown_start(text: str) -> str:
    """The start of a record as a report shows it."""
    return visible(text[:300]).strip(BLANK)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _shown(value: Any) -> str:
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
