"""Transforms of identifiers."""

from __future__ import annotations

from convert.transforms import transform
from convert.values import isbn


@transform()
def isbn13(value: str) -> str | None:
    """Write an ISBN of ten or thirteen digits, however typed, as thirteen digits; None: not one ISBN.

    >>> isbn13("ISBN4-257-76907-6"), isbn13("978ー4ー87259ー254ー2"), isbn13("9784101010053")
    ('9784257769071', '9784872592542', None)
    """
    return isbn.to_13(value)
