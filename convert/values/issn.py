"""ISSN (ISO 3297): tidy, validate, format."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import Reason, folded

_PREFIX: Final = re.compile(r"e?-?ISSN(?:-L)?[: ]*", re.IGNORECASE)
_EIGHT: Final = re.compile("[0-9]{7}[0-9X]")


def compact(value: str) -> str:
    """Find the eight characters of an ISSN as it was typed, or what is left when it is none.

    >>> compact("ISSN 1348ー530x")
    '1348530X'
    """
    text = folded(value)
    prefix = _PREFIX.match(text)
    return "".join((text[prefix.end() :] if prefix else text).replace("-", "").split()).upper()


def validate(value: str) -> Reason | None:
    """Why ``value`` is no ISSN, or None when it is one.

    >>> validate("0386-2186"), validate("1348-5301")
    (None, <Reason.CHECK: 'check'>)
    """
    digits = compact(value)
    if not digits:
        return Reason.EMPTY
    if not _EIGHT.fullmatch(digits):
        return Reason.FORM if len(digits) == 8 else Reason.LENGTH
    if digits == "00000000":
        return Reason.PLACEHOLDER
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits, strict=False))
    return None if "0123456789X"[-total % 11] == digits[7] else Reason.CHECK


def is_valid(value: str) -> bool:
    """Is it one ISSN?"""
    return validate(value) is None


def format(value: str) -> str | None:  # noqa: A001 - issn.format is what it does
    """``NNNN-NNNC``, or None when ``value`` is no ISSN.

    >>> format("03862186")
    '0386-2186'
    """
    digits = compact(value)
    return f"{digits[:4]}-{digits[4:]}" if validate(value) is None else None
