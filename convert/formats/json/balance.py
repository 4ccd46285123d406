"""Find the end of a JSON value by its brackets and quotes alone, in as many pieces as it comes."""

from __future__ import annotations

import re

_MARK = re.compile(r'["\[\]{}]')
_INSIDE = re.compile(r'[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+', re.S)
_PLAIN = re.compile(r'[^,\[\]{}" \t\r\n]*+')
_PAIRS = {"]": "[", "}": "{"}


class Balance:
    """Feed it the text of a value from its first character on; ``at`` is how far it came.

    ``wrong``: a bracket is closed that is not open. ``control``: a text holds a line break or another control
    character, so that its quote may not be closed.
    """

    __slots__ = ("_inside", "_open", "_plain", "at", "control", "wrong")

    def __init__(self) -> None:
        self._open: list[str] = []
        self._inside = False
        self._plain: bool | None = None
        self.at = 0
        self.wrong = self.control = False

    def feed(self, text: str, at: int, *, final: bool = False) -> int:
        r"""The place after the value, or -1: go on from ``self.at`` when there is more text. ``final``: there is none.

        >>> Balance().feed('{"a": ["}", "\\""]}, 2', 0)
        18
        """
        if self._plain is None:
            self._plain = text[at] not in '"[{'
        if self._plain:
            return self._end_of_plain(text, at, final=final)
        while True:
            if self._inside:
                at = self._end_of_text(text, at)
                if self._inside:
                    return -1
            else:
                mark = _MARK.search(text, at)
                if mark is None:
                    self.at = len(text)
                    return -1
                at = mark.end()
                if not self._takes(mark[0]):
                    self.at = mark.start()
                    self.wrong = True
                    return -1
            if not self._open and not self._inside:
                return at

    def _takes(self, mark: str) -> bool:
        if mark == '"':
            self._inside = True
        elif mark in "[{":
            self._open.append(mark)
        else:
            return bool(self._open) and self._open.pop() == _PAIRS[mark]
        return True

    def _end_of_text(self, text: str, at: int) -> int:
        while True:
            match = _INSIDE.match(text, at)
            at = match.end() if match else at
            if at >= len(text) or text[at] == "\\":
                self.at = at
                return at
            at += 1
            if text[at - 1] == '"':
                self._inside = False
                return at
            self.control = True

    def _end_of_plain(self, text: str, at: int, *, final: bool) -> int:
        match = _PLAIN.match(text, at)
        at = match.end() if match else at
        self.at = at
        return at if at < len(text) or final else -1
