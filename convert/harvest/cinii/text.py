"""NCIDs in the texts that people write."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import folded
from convert.values.ncid import compact, validate

_INSIDE: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{7}[0-9X](?![A-Z0-9])")
LONGEST: Final = 2000
"""Characters of a field that are looked through for NCIDs."""


def ncids_in(value: str) -> tuple[str, ...]:
    """The NCIDs in a text, in order.

    >>> ncids_in("ＮＣＩＤ：BA83739643"), ncids_in("BA83739643; BB13942810"), ncids_in("B-123")
    (('BA83739643',), ('BA83739643', 'BB13942810'), ())
    """
    if validate(value, check=False) is None:
        return (compact(value),)
    return tuple(dict.fromkeys(_INSIDE.findall(folded(value, LONGEST).upper())))
