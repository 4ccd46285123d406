"""C-code of Japanese books: readership, form, and two digits of content."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import folded

_FORM: Final = re.compile("C?([0-9]{4})E?", re.IGNORECASE)
_UNASSIGNED: Final = "03 05 06 07 08 09 13 17 18 19 24 27 28 29 35 38 46 48 49 59 64 66 67 68 69 83 86 88 89 94 96 99"
UNASSIGNED: Final = frozenset(_UNASSIGNED.split())
"""Contents that no list names. There is no official list of them: inferred."""


def compact(value: str) -> str | None:
    """Four digits, or None. The letter E that is printed before the price beside it goes.

    >>> compact("Ｃ００９３"), compact("C0093E"), compact("C193"), compact("CO193")
    ('0093', '0093', None, None)
    """
    match = _FORM.fullmatch("".join(folded(value).split()))
    return match[1] if match else None


def is_assigned(digits: str) -> bool:
    """Whether the content of four digits is in use, as far as the lists tell."""
    return digits[2:] not in UNASSIGNED
