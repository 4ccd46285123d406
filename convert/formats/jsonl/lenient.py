"""A small JSON parser for the lines that the strict one refuses, or that repeat a name.

It says where and why a line is broken, takes numbers with leading zeros (``0120``) as they are written, and
finds doubled names. RFC 8259 is the measure for all else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from convert.formats.jsonl.path import Step, path_text

MAX_DEPTH = 200
"""Objects and arrays inside each other that a record may have (our own limit; RFC 8259 §9 allows one)."""

_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ZEROS = re.compile(r"-?0[0-9]")
_WORD = re.compile(r"[A-Za-z]+")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?')
_NAN = re.compile(r"-?(?:NaN|Infinity)\b")
_WORDS = (("true", True), ("false", False), ("null", None))


class Reason(Enum):
    """Why a line is no JSON, in Japanese and English."""

    VALUE = ("ここに値（文字列、数、{ 、[ など）がありません", "a value is missing here")
    NAME = ('ここに " で囲んだ項目名がありません', "a name in double quotes is missing here")
    COLON = ("項目名の後に : がありません", "a colon is missing after the name")
    OBJECT = ("値の後に , または } がありません", "a comma or } is missing after the value")
    ARRAY = ("値の後に , または ] がありません", "a comma or ] is missing after the value")
    STRING = (
        '文字列が " で閉じられていないか、\\ や制御文字の書き方が正しくありません',
        "the string is not closed, or holds a control character or a wrong \\ sequence",
    )
    COMMA = ("余分な , があります", "there is a comma too many")
    COMMENT = ("JSONにはコメントを書けません", "JSON has no comments")
    NAN = ("NaN や Infinity はJSONの値ではありません", "NaN and Infinity are no JSON values")
    QUOTE = ("文字列は ' でなく \" で囲みます", "texts stand in \" and not in '")
    END = ("値の途中で終わっています", "it ends in the middle of a value")
    REST = ("1件の終わりの後に余分な文字があります", "something follows the end of the object")

    @property
    def ja(self) -> str:
        """The reason in Japanese."""
        return self.value[0]

    @property
    def en(self) -> str:
        """The reason in English."""
        return self.value[1]


_SLIPS = {"/": Reason.COMMENT, "#": Reason.COMMENT, "'": Reason.QUOTE}
"""What a character that JSON never has outside of texts tells."""


@dataclass(frozen=True, slots=True)
class ZeroNumber:
    """A number with a leading zero; ``column`` counts characters from 1."""

    column: int
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class DoubledName:
    """A name that an object has twice; ``kept`` is the later value."""

    column: int
    path: str
    name: str
    dropped: Any
    kept: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """The line is no JSON; ``column`` counts characters from 1."""

    column: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Understood:
    """The value, numbers as written, and what was put up with."""

    value: Any
    notes: tuple[ZeroNumber | DoubledName, ...]


class _StopError(Exception):
    def __init__(self, at: int, reason: Reason) -> None:
        super().__init__(at, reason)
        self.broken = Broken(at + 1, reason)


def understand(text: str) -> Understood | Broken:
    """Read one JSON text. The caller has made sure that it is no deeper than ``MAX_DEPTH``.

    >>> understand('{"tel": 0120}').value
    {'tel': '0120'}
    >>> understand('{"a": }').reason.en
    'a value is missing here'
    """
    scanner = _Scanner(text)
    try:
        value = scanner.document()
    except _StopError as stop:
        return stop.broken
    return Understood(value, tuple(scanner.notes))


def is_too_deep(text: str) -> bool:
    """Whether more than ``MAX_DEPTH`` brackets stand open at once; cheap for records of usual size."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for mark in re.findall(r"[\[\]{}]", _STRINGS.sub("", text)):
        depth += 1 if mark in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.notes: list[ZeroNumber | DoubledName] = []
        self._way: list[Step] = []
        self._strings = json.JSONDecoder()

    def document(self) -> Any:
        value = self._value()
        self._blank()
        if self.at < len(self.text):
            raise _StopError(self.at, Reason.REST)
        return value

    def _stop(self, reason: Reason) -> _StopError:
        """The error at the place reached; the end and common slips say what they are."""
        mark = self.text[self.at : self.at + 1]
        if not mark:
            reason = Reason.END
        elif _NAN.match(self.text, self.at):
            reason = Reason.NAN
        return _StopError(self.at, _SLIPS.get(mark, reason))

    def _blank(self) -> str:
        """Leave blanks behind and return the next character, or nothing at the end."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def _value(self) -> Any:
        mark = self._blank()
        if mark == "{":
            return self._object()
        if mark == "[":
            return self._array()
        if mark == '"':
            return self._string()
        number = _NUMBER.match(self.text, self.at)
        if number:
            return self._number(number)
        word = _WORD.match(self.text, self.at)
        for name, value in _WORDS:
            if word and word[0] == name:
                self.at = word.end()
                return value
        raise self._stop(Reason.VALUE)

    def _number(self, number: re.Match[str]) -> str:
        if _ZEROS.match(number[0]):
            self.notes.append(ZeroNumber(self.at + 1, path_text(self._way), number[0]))
        self.at = number.end()
        return number[0]

    def _string(self) -> str:
        try:
            value, end = self._strings.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            raise _StopError(error.pos, Reason.STRING) from error
        self.at = end
        return str(value)

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        if self._blank() == "]":
            self.at += 1
            return found
        while True:
            if found and self._blank() == "]":
                raise _StopError(self.at, Reason.COMMA)
            self._way.append(len(found))
            found.append(self._value())
            self._way.pop()
            if self._closed("]", Reason.ARRAY):
                return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        if self._blank() == "}":
            self.at += 1
            return found
        while True:
            self._member(found)
            if self._closed("}", Reason.OBJECT):
                return found

    def _member(self, found: dict[str, Any]) -> None:
        mark = self._blank()
        if mark != '"':
            raise self._stop(Reason.COMMA if found and mark == "}" else Reason.NAME)
        column = self.at + 1
        name = self._string()
        if self._blank() != ":":
            raise self._stop(Reason.COLON)
        self.at += 1
        self._way.append(name)
        value = self._value()
        if name in found:
            self.notes.append(DoubledName(column, path_text(self._way), name, found[name], value))
        found[name] = value
        self._way.pop()

    def _closed(self, end: str, reason: Reason) -> bool:
        mark = self._blank()
        if mark not in (end, ","):
            raise self._stop(reason)
        self.at += 1
        return mark == end
