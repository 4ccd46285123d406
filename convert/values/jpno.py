"""JP number (全国書誌番号) of Japan's national bibliography: eight digits. Whether one is a check is not known."""

from __future__ import annotations

import re
from typing import Final

from convert.values._common import folded

_FORM: Final = re.compile(
    r"(?:(?:全国書誌番号|JP番号|JPNO|JPN|JP|https?://id\.ndl\.go\.jp/jpno/)[-: ]*)?([0-9]{8})", re.IGNORECASE
)


def compact(value: str) -> str | None:
    """Eight digits, or None.

    >>> compact("JP-20123772"), compact("2012377")
    ('20123772', None)
    """
    match = _FORM.fullmatch(folded(value))
    return match[1] if match else None
