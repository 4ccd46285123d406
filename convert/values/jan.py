"""JAN, the Japanese name of EAN-13 (GS1): books (978, 979 and the second line 192) and magazines (491).

Layouts: magazine ``491`` + reserve 0 + magazine code 5 + issue 2 + last digit of the year + check, add-on of five
digits (0 + price 4); second book line ``192`` + C-code 4 + price without tax 5 + check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from convert.values import isbn
from convert.values._common import Reason, check_mod10, folded

_PREFIX: Final = re.compile(r"(?:JAN|EAN|GTIN)(?:-?13)?(?:コード)?[: ]*", re.IGNORECASE)
_DIGITS: Final = re.compile("[0-9]+")
PARTS: Final = ("kind", "magazine", "issue", "year", "ccode", "price", "isbn", "addon")


@dataclass(frozen=True, slots=True)
class Jan:
    """What a JAN says; empty where it does not. ``price`` in yen, without leading zeros."""

    digits: str
    kind: str = "article"
    magazine: str = ""
    issue: str = ""
    year: str = ""
    ccode: str = ""
    price: str = ""
    isbn: str = ""
    addon: str = ""


def compact(value: str) -> str:
    """Find the digits of a JAN as it was typed.

    >>> compact("JAN：4910012340819 00690")
    '491001234081900690'
    """
    text = folded(value)
    prefix = _PREFIX.match(text)
    return "".join((text[prefix.end() :] if prefix else text).replace("-", "").replace("+", "").split())


def validate(value: str) -> Reason | None:
    """Why ``value`` is no JAN of 13 digits, or of 18 for a magazine with its add-on; None when it is one."""
    digits = compact(value)
    if not digits:
        return Reason.EMPTY
    if not (digits.isascii() and _DIGITS.fullmatch(digits)):
        return Reason.CHARACTER
    if len(digits) != 13 and not (len(digits) == 18 and digits.startswith("491")):
        return Reason.LENGTH
    if not digits.strip("0"):
        return Reason.PLACEHOLDER
    return None if check_mod10(digits[:12]) == digits[12] else Reason.CHECK


def is_valid(value: str) -> bool:
    """Is it one JAN?"""
    return validate(value) is None


def parse(value: str) -> Jan | None:
    """Take a JAN apart, or None when it is none.

    >>> found = parse("491001234081900690")
    >>> found.kind, found.magazine, found.issue, found.year, found.price
    ('magazine', '01234', '08', '1', '690')
    >>> parse("1920193006001").ccode
    '0193'
    """
    if validate(value) is not None:
        return None
    digits = compact(value)
    if digits.startswith("491"):
        addon = digits[13:]
        price = str(int(addon[1:])) if addon else ""
        return Jan(digits, "magazine", digits[4:9], digits[9:11], digits[11], price=price, addon=addon)
    if digits.startswith("192"):
        return Jan(digits, "book-price", ccode=digits[3:7], price=str(int(digits[7:12])))
    return Jan(digits, "book", isbn=digits) if isbn.is_valid(digits) else Jan(digits)
