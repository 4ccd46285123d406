"""Transforms of numbers."""

from __future__ import annotations

import re
from typing import Final

from convert.transforms import transform
from convert.transforms._tables import FULLWIDTH_ASCII

_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NUMBER: Final = re.compile(r"([+-]?)((?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?|\.[0-9]+)")
_FOLD: Final[dict[int, str]] = FULLWIDTH_ASCII | {0x2212: "-"}


@transform()
def decimal(value: str) -> str | None:
    """Write a plain decimal number (``-12.50``), or None. Digits after the point are kept as written.

    Taken: full-width digits and signs, a leading + (dropped), leading zeros (dropped), a missing zero before the
    point, thousands separators in the right places. Not taken: units, approximations, exponents, kanji numerals.

    >>> decimal("１，２００．５０"), decimal("+3"), decimal(".5")
    ('1200.50', '3', '0.5')
    >>> decimal("12cm"), decimal("1,20"), decimal("約30")
    (None, None, None)
    """
    if _PLAIN.fullmatch(value):
        return value
    match = _NUMBER.fullmatch(value.strip().translate(_FOLD))
    if match is None:
        return None
    sign, digits = match.groups()
    digits = digits.replace(",", "")
    whole, point, rest = digits.partition(".")
    return f"{'-' if sign == '-' else ''}{whole.lstrip('0') or '0'}{point}{rest}"
