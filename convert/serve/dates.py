"""Dates of OAI-PMH 2.0 (§3.3): days or seconds, UTC; times here are seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

DAY: Final = 86400
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)


def written(seconds: int, *, days: bool = False) -> str:
    """A time as it is written.

    >>> written(0), written(86399, days=True)
    ('1970-01-01T00:00:00Z', '1970-01-01')
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.year:04}-{moment:%m-%d}" if days else f"{moment.year:04}-{moment:%m-%dT%H:%M:%SZ}"


def is_day(text: str) -> bool | None:
    """Whether a date is a day or a second; None: neither.

    >>> is_day("2026-01-02"), is_day("2026-01-02T00:00:00Z"), is_day("2026-01"), is_day("２０２６-01-02")
    (True, False, None, None)
    """
    if _DAY.fullmatch(text):
        return True
    return False if _SECOND.fullmatch(text) else None


def read(text: str, *, last: bool = False) -> int | None:
    """The first second of a date, or its last; None: there is no such date.

    >>> read("1970-01-02"), read("1970-01-02", last=True), read("1970-01-02T00:00:01Z", last=True), read("1970-02-30")
    (86400, 172799, 86401, None)
    """
    day = is_day(text)
    if day is None:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    seconds = int((moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds + DAY - 1 if day and last else seconds
