"""ISNI (ISO 27729) and ORCID, which is a block of ISNI: sixteen characters, the last a check (ISO 7064 MOD 11-2)."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import Reason, check_mod11_2, folded

_PREFIX: Final = re.compile(
    r"(?:https?://(?:www\.)?(?:isni\.org/(?:isni/)?|orcid\.org/)|(?:ISNI|ORCID)(?: ?iD)?[: ]*)", re.IGNORECASE
)
_FORM: Final = re.compile("[0-9]{15}[0-9X]")
_ORCID_BLOCKS: Final = ((15_000_000, 35_000_000), (900_000_000_000, 900_100_000_000))
"""First fifteen digits that ORCID may use, without the check."""


def compact(value: str) -> str:
    """Find the sixteen characters as typed.

    >>> compact("https://orcid.org/0000-0002-1825-0097")
    '0000000218250097'
    """
    text = folded(value)
    prefix = _PREFIX.match(text)
    return "".join((text[prefix.end() :] if prefix else text).replace("-", "").split()).upper()


def validate(value: str) -> Reason | None:
    """Why ``value`` is no ISNI, or None when it is one."""
    text = compact(value)
    if not text:
        return Reason.EMPTY
    if not _FORM.fullmatch(text):
        return Reason.FORM if len(text) == 16 else Reason.LENGTH
    if not text.strip("0"):
        return Reason.PLACEHOLDER
    return None if check_mod11_2(text[:15]) == text[15] else Reason.CHECK


def is_valid(value: str) -> bool:
    """Is it one ISNI?"""
    return validate(value) is None


def is_orcid(value: str) -> bool:
    """Is it an ISNI of one of ORCID's blocks?

    >>> is_orcid("0000-0002-1825-0097"), is_orcid("0000 0001 2103 2683")
    (True, False)
    """
    if validate(value) is not None:
        return False
    number = int(compact(value)[:15])
    return any(low <= number <= high for low, high in _ORCID_BLOCKS)
