"""Kanji numerals."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final[dict[str, int]] = {mark: value for value, mark in enumerate("〇一二三四五六七八九")} | {
    "零": 0, "○": 0, "◯": 0, "壱": 1, "壹": 1, "弐": 2, "貳": 2, "参": 3, "參": 3,
}  # fmt: skip
_TENS: Final[dict[str, int]] = {"廿": 20, "卄": 20, "卅": 30}
_UNITS: Final[dict[str, int]] = {"千": 1000, "百": 100, "十": 10, "拾": 10}

NUMERALS: Final = "".join((*_DIGITS, *_TENS, *_UNITS))
"""Every character a kanji number may have, for the inside of a regular expression's brackets."""

_D: Final = f"[{''.join(digit for digit, value in _DIGITS.items() if value)}]"
_POSITIONAL: Final = re.compile(f"[{''.join(_DIGITS)}]+")
_COUNTED: Final = re.compile(f"(?:({_D}?)千)?(?:({_D}?)百)?(?:({_D}?)[十拾]|([廿卄卅]))?({_D}?)")


def kanji_number(text: str) -> int | None:
    """Read a number in kanji digits, place by place (一九九九) or counted (千九百九十九); None: no number.

    ○ and ◯ count as 〇: only a caller that knows it reads a number may ask (japanese-text.md, table 8).

    >>> kanji_number("五四"), kanji_number("五十四"), kanji_number("廿"), kanji_number("弐拾"), kanji_number("十二百")
    (54, 54, 20, 20, None)
    """
    if _POSITIONAL.fullmatch(text):
        return int("".join(str(_DIGITS[mark]) for mark in text))
    match = _COUNTED.fullmatch(text)
    if match is None or not text:
        return None
    thousands, hundreds, tens, joined_tens, ones = match.groups()
    total = _TENS[joined_tens] if joined_tens else 0
    for digit, unit in ((thousands, 1000), (hundreds, 100), (tens, 10)):
        total += 0 if digit is None else unit * _DIGITS.get(digit, 1)
    return total + _DIGITS.get(ones, 0)
