"""Composition of kana: half-width katakana to full width, separate voiced marks joined to their letter."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from convert.transforms._tables import HALFWIDTH_KANA

_VOICED: Final = {"\u3099": "\u3099", "\u309a": "\u309a", "\uff9e": "\u3099", "\uff9f": "\u309a"}
_LETTERS: Final = [chr(code) for code in (*range(0x3041, 0x3100), *range(0xFF66, 0xFF9E))]
_HALFWIDTH: Final = re.compile("[\uff61-\uff9f]")
_MARKS: Final = re.compile("[\u3099\u309a\uff61-\uff9f]")
_PAIR: Final = re.compile("[\u3041-\u30ff\uff66-\uff9d][\u3099\u309a\uff9e\uff9f]")


def _composed() -> dict[str, str]:
    found = {}
    for letter in _LETTERS:
        base = HALFWIDTH_KANA.get(ord(letter), letter)
        for mark, combining in _VOICED.items():
            whole = unicodedata.normalize("NFC", base + combining)
            if len(whole) == 1:
                found[letter + mark] = whole
    return found


_COMPOSED: Final[dict[str, str]] = _composed()


def compose(value: str) -> str:
    """Half-width katakana in full width, and voiced marks joined where a letter exists for the pair.

    >>> compose("ﾊﾞｲｵﾘﾝ")
    'バイオリン'
    """
    if value.isascii() or _MARKS.search(value) is None:
        return value
    if _PAIR.search(value):
        value = _PAIR.sub(lambda pair: _COMPOSED.get(pair[0], pair[0]), value)
    return value.translate(HALFWIDTH_KANA) if _HALFWIDTH.search(value) else value
