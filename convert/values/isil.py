"""ISIL (ISO 15511): a prefix of one to four letters, mostly a country, a hyphen, and up to eleven characters."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import folded

_FORM: Final = re.compile(r"(?:ISIL[: ]*)?([A-Za-z]{1,4})-([A-Za-z0-9/:\-]{1,11})")


def compact(value: str) -> str | None:
    """The code with its country in capitals, or None. Letters of the rest keep their case, which counts in some.

    >>> compact("ＪＰ－1000001"), compact("jp-1001234"), compact("1001234")
    ('JP-1000001', 'JP-1001234', None)
    """
    match = _FORM.fullmatch(folded(value))
    if match is None:
        return None
    prefix, rest = match.groups()
    return f"{prefix.upper() if len(prefix) == 2 else prefix}-{rest}"
