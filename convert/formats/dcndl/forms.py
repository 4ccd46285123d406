"""The forms of values: numbers, dates, codes, readings. Each is looked at as it stands."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from convert.values import doi, isbn, issn, jpno, language, ncid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HAN: Final = "\u3005\u3006\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANJI: Final = re.compile(f"[{_HAN}]")
NOT_IN_READINGS: Final = re.compile(f"[ぁ-ゖ{_HAN}ｦ-ﾟ０-９Ａ-Ｚａ-ｚ]")
NOT_IN_LIBRARY_READINGS: Final = re.compile(f"[{_HAN}ｦ-ﾟ０-９Ａ-Ｚａ-ｚ]")
"""Libraries' names are read in hiragana, too, in NDL's own records."""
_W3CDTF: Final = re.compile(
    r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)  # fmt: skip
_THREE: Final = re.compile("[a-z]{3}")
COUNTRY: Final = re.compile("[A-Z]{2}")
REPOSITORY: Final = re.compile("R[0-9]{9}")
LIBRARY: Final = re.compile("[0-9]{4}")
_DIGITS: Final = re.compile("[0-9]+")
_ISBN: Final = re.compile("[0-9X-]+")
_ISSN: Final = re.compile("[0-9]{4}-?[0-9]{3}[0-9X]")
_PID: Final = re.compile("info:ndljp/pid/[0-9]+")


def _found(check: Callable[[str], str | None]) -> Callable[[str], tuple[bool, str | None]]:
    """Turn a function that gives the right form, or None, into a check with a suggestion."""

    def checked(value: str) -> tuple[bool, str | None]:
        right = check(value)
        return right == value, right

    return checked


def _isbn(value: str) -> tuple[bool, str | None]:
    """Hyphens or none, ten digits or thirteen: NDL's records have all of them."""
    good = _ISBN.fullmatch(value) is not None and isbn.is_valid(value)
    return good, value if good else isbn.to_13(value)


def _issn(value: str) -> tuple[bool, str | None]:
    good = _ISSN.fullmatch(value) is not None and issn.is_valid(value)
    return good, value if good else issn.format(value)


NUMBERS: Final[Mapping[str, Callable[[str], tuple[bool, str | None]]]] = {
    "isbn": _isbn,
    "issn": _issn,
    "jpno": _found(jpno.compact),
    "doi": _found(doi.compact),
    "ncid": lambda value: (ncid.is_valid(value) and ncid.compact(value) == value, None),
    "digits": lambda value: (_DIGITS.fullmatch(value) is not None, None),
    "ndljp": lambda value: (_PID.fullmatch(value) is not None, None),
}
"""What the model calls a check: whether the number is right as it stands, and how it should read."""


@lru_cache(4096)
def valid_w3cdtf(value: str) -> bool:
    """Whether a date is one of W3CDTF, day and month included.

    >>> valid_w3cdtf("2024-02"), valid_w3cdtf("2023-02-29"), valid_w3cdtf("2024.3")
    (True, False, False)
    """
    if _W3CDTF.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(f"{value[:10]}-01-01"[:10])
    except ValueError:
        return False
    return True


@lru_cache(1024)
def valid_language(value: str) -> bool:
    """Whether a language is a code of ISO 639-2, the bibliographic one where there are two.

    >>> valid_language("ger"), valid_language("deu"), valid_language("ja")
    (True, False, False)
    """
    known = language.find(value)
    return _THREE.fullmatch(value) is not None if known is None else known.bibliographic == value
