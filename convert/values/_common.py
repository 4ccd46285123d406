"""What the number schemes share: how typed numbers are folded, why one is refused, check characters."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

FOLD: Final[dict[int, str]] = (
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {ord(mark): "-" for mark in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70"}
    | {ord(mark): "" for mark in "\u00ad\u200b\u2060\ufeff"}
    | {0x3000: " ", 0x00A0: " "}
)
"""Full width to half width, dashes and the long mark to hyphens, invisible characters away."""


class Reason(StrEnum):
    """Why a text is no such number."""

    EMPTY = "empty"
    SEVERAL = "several"
    CHARACTER = "character"
    LENGTH = "length"
    FORM = "form"
    PREFIX = "prefix"
    CHECK = "check"
    PLACEHOLDER = "placeholder"
    GROUP = "group"


def folded(value: str, longest: int = 200) -> str:
    """The text in half width without blanks at its ends; nothing where it is too long to be a number."""
    return "" if len(value) > longest else (value if value.isascii() else value.translate(FOLD)).strip()


def check_mod10(digits: str) -> str:
    """The check digit of EAN-13 and ISBN-13: weights 1 and 3 in turn.

    >>> check_mod10("978410101005")
    '2'
    """
    codes = digits.encode("ascii")  # the code of a digit is 48 more than the digit
    total = sum(codes[::2]) + 3 * sum(codes[1::2]) - 48 * (len(codes) + len(codes) // 2 * 2)
    return "0123456789"[-total % 10]


def check_mod11_2(digits: str) -> str:
    """The check character of ISO 7064 MOD 11-2 (ISNI, ORCID).

    >>> check_mod11_2("000000021694233")
    'X'
    """
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11]
