"""Numbers of NACSIS-CAT: NCID (books, serials, authors), FA numbers (libraries), KI numbers (organisations).

The check character is inferred from published numbers and stands in no document: letters count as their place in
the alphabet modulo 10, weights fall from the number of characters to 1, the sum modulo 11 is the check, X for 10. It
holds for all but a few per cent of real numbers, most of those local keys in the same shape.
"""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import Reason, folded

_PREFIX: Final = re.compile(r"(?:NCID|NII書誌ID|NII書誌|参加組織ID|https?://ci\.nii\.ac\.jp/ncid/)[: ]*", re.IGNORECASE)
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    "NCID": re.compile("[A-Z]{2}[0-9]{7}[0-9X]"),
    "FA": re.compile("FA[0-9]{5}[0-9X]"),
    "KI": re.compile("KI[0-9]{5}[0-9X]"),
}


def compact(value: str) -> str:
    """The number as it was typed, in capitals without blanks.

    >>> compact(" ＢＡ51293930 ")
    'BA51293930'
    """
    text = folded(value)
    prefix = _PREFIX.match(text)
    return "".join((text[prefix.end() :] if prefix else text).split()).upper()


def check_character(head: str) -> str:
    """The check character of the letters and digits before it.

    >>> check_character("BA5129393"), check_character("FA00014")
    ('0', 'X')
    """
    values = [int(mark) if mark.isdecimal() else (ord(mark) - 64) % 10 for mark in head]
    total = sum(weight * value for weight, value in zip(range(len(head), 0, -1), values, strict=True))
    return "0123456789X"[total % 11]


def validate(value: str, form: str = "NCID", *, check: bool = True) -> Reason | None:
    """Why ``value`` is no number of the ``form`` NCID, FA or KI; None when it is one.

    ``check``: whether its check character counts.

    >>> validate("AA1070693X"), validate("BA51293931"), validate("BA51293931", check=False)
    (None, <Reason.CHECK: 'check'>, None)
    """
    text = compact(value)
    if not text:
        return Reason.EMPTY
    if not _FORMS[form].fullmatch(text):
        return Reason.FORM
    return Reason.CHECK if check and check_character(text[:-1]) != text[-1] else None


def is_valid(value: str) -> bool:
    """Is it one NCID with the check character that was inferred?"""
    return validate(value) is None
