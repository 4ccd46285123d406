"""ISBN: tidy, validate, convert, hyphenate (ISO 2108; japanese-text.md §9.1)."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import FOLD, Reason, check_mod10

__all__ = ["Reason", "compact", "format", "is_valid", "to_10", "to_13", "validate"]

_PREFIX: Final = re.compile(r"ISBN(?:[- ]?1[03](?=[: ]))?[: ]*", re.IGNORECASE)
_QUALIFIER: Final = re.compile(r"\([^()]*\)$")
_SEVERAL: Final = re.compile(r"[0-9X][;,/|・、]")
_TEN: Final = re.compile("[0-9]{9}[0-9X]")
_THIRTEEN: Final = re.compile("[0-9]{13}")
_DIGITS: Final = re.compile("[0-9]+X?")

_GROUPS_979: Final = ("8", "10", "11", "12", "13")
"""Groups of prefix 979 that were assigned in the range table of 2026-01-04; Japan has none."""

_JAPANESE_PUBLISHERS: Final = (
    ("00", "19"),
    ("200", "699"),
    ("7000", "8499"),
    ("85000", "89999"),
    ("900000", "949999"),
    ("9500000", "9999999"),
)


def compact(value: str) -> str:
    """Find the digits (and X) of an ISBN as it was typed, or what is left when it is none.

    Full width becomes half width; the word ISBN, dashes, the long mark typed as a dash, blanks, invisible
    characters and one qualifier in round brackets behind the number go.

    >>> compact("ＩＳＢＮ 978ー4ー10ー101005ー2 (上)")
    '9784101010052'
    """
    if _THIRTEEN.fullmatch(value):
        return value
    text = value.translate(FOLD).strip()
    prefix = _PREFIX.match(text)
    if prefix:
        text = text[prefix.end() :]
    if text.endswith(")"):
        text = _QUALIFIER.sub("", text)
    return "".join(text.replace("-", "").split()).upper()


def validate(value: str) -> Reason | None:
    """Why ``value`` is no ISBN, or None when it is one, of ten or thirteen digits, in any usual writing.

    >>> validate("4-10-101005-6"), validate("9784101010053")
    (None, <Reason.CHECK: 'check'>)
    """
    return _fault(compact(value))


def is_valid(value: str) -> bool:
    """Is it one ISBN?"""
    thirteen = len(value) == 13 and value.isascii() and value.isdigit()
    return (_fault_13(value) if thirteen else _fault(compact(value))) is None


def to_13(value: str) -> str | None:
    """Thirteen digits without hyphens, or None when ``value`` is no ISBN.

    >>> to_13("ISBN4-257-76907-6")
    '9784257769071'
    """
    if len(value) == 13 and value.isascii() and value.isdigit():
        return None if _fault_13(value) else value
    digits = compact(value)
    if _fault(digits) is not None:
        return None
    return digits if len(digits) == 13 else _from_ten(digits)


def to_10(value: str) -> str | None:
    """Ten digits without hyphens, or None when ``value`` is no ISBN or one of prefix 979, which has no short form.

    >>> to_10("978-4-10-101005-2"), to_10("9791034300001")
    ('4101010056', None)
    """
    digits = to_13(value)
    if digits is None or not digits.startswith("978"):
        return None
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits[3:12], strict=True))
    return digits[3:12] + "0123456789X"[-total % 11]


def format(value: str) -> str | None:  # noqa: A001 - isbn.format is what it does
    """Thirteen digits with hyphens, where the publisher ranges are known (978-4); else without; None: no ISBN.

    >>> format("4101010056"), format("7806572856")
    ('978-4-10-101005-2', '9787806572856')
    """
    digits = to_13(value)
    if digits is None or not digits.startswith("9784"):
        return digits
    length = next(len(low) for low, high in _JAPANESE_PUBLISHERS if low <= digits[4 : 4 + len(low)] <= high)
    cut = 4 + length
    return f"978-4-{digits[4:cut]}-{digits[cut:12]}-{digits[12]}"


def _fault(digits: str) -> Reason | None:
    if _THIRTEEN.fullmatch(digits):
        return _fault_13(digits)
    if _TEN.fullmatch(digits):
        return _fault_10(digits)
    if not digits:
        return Reason.EMPTY
    if _SEVERAL.search(digits):
        return Reason.SEVERAL
    return Reason.LENGTH if _DIGITS.fullmatch(digits) else Reason.CHARACTER


def _fault_13(digits: str) -> Reason | None:
    if not digits.startswith(("978", "979")):
        return Reason.PREFIX
    if check_mod10(digits[:12]) != digits[12]:
        return Reason.CHECK
    if digits[2] == "9" and not digits.startswith(_GROUPS_979, 3):
        return Reason.GROUP
    return None


def _fault_10(digits: str) -> Reason | None:
    if digits == digits[0] * 10:
        return Reason.PLACEHOLDER
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=False))
    total += 10 if digits[9] == "X" else int(digits[9])
    return Reason.CHECK if total % 11 else None


def _from_ten(ten: str) -> str:
    twelve = "978" + ten[:9]
    return twelve + check_mod10(twelve)
