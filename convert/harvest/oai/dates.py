"""Datestamps and windows of OAI-PMH 2.0 (§3.3): UTC, by day or by second, both ends inclusive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from convert.errors import OptionError

DAY: Final = "YYYY-MM-DD"
SECOND: Final = "YYYY-MM-DDThh:mm:ssZ"
FIRST: Final = "1970-01-01"
"""Where windows begin that nothing else bounds."""
_SHAPE = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_EXACT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?", re.ASCII)


def moment_of(text: str) -> tuple[datetime, bool] | None:
    """A datestamp however it is written, as UTC, and whether it has a time; None when it is none.

    >>> moment_of("20210311")[0].date().isoformat(), moment_of("2024-01-02T08:00:00+09:00")[0].isoformat()
    ('2021-03-11', '2024-01-01T23:00:00+00:00')
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            at = at - offset if zone[0] == "+" else at + offset
    except (ValueError, OverflowError):
        return None
    return at, hour is not None


def normal(text: str | None) -> tuple[str | None, bool]:
    """A datestamp in the form the protocol wants, and whether it was written so; None when it cannot be read.

    >>> normal("2024-01-02"), normal("20240102"), normal("soon")
    (('2024-01-02', True), ('2024-01-02', False), (None, False))
    """
    text = (text or "").strip()
    found = moment_of(text)
    if found is None:
        return None, False
    if _EXACT.fullmatch(text):
        return text, True
    return written(found[0], SECOND if found[1] else DAY), False


def written(at: datetime, granularity: str) -> str:
    """A moment in a granularity."""
    return at.strftime("%Y-%m-%d" if granularity == DAY else "%Y-%m-%dT%H:%M:%SZ")


def step(granularity: str) -> timedelta:
    """The smallest distance of two datestamps."""
    return timedelta(days=1) if granularity == DAY else timedelta(seconds=1)


def bound(name: str, text: str, granularity: str) -> str:
    """A bound as the server takes it: a day becomes its first second (``from``) or last one (``until``).

    Raises :class:`OptionError` when it is no date.
    """
    found = moment_of(text) if _EXACT.fullmatch(text.strip()) else None
    if found is None:
        en = "expects a date such as 2026-04-01 or 2026-04-01T00:00:00Z (UTC)"
        raise OptionError(name, text, en, "2026-04-01 か 2026-04-01T00:00:00Z（UTC）のように書いてください")
    at, timed = found
    if granularity == SECOND and not timed and name == "until":
        at += timedelta(days=1) - timedelta(seconds=1)
    return written(at, granularity)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of datestamps, both ends inclusive; None is open."""

    start: str | None = None
    end: str | None = None

    def arguments(self) -> dict[str, str]:
        """As arguments of a request."""
        return {name: value for name, value in (("from", self.start), ("until", self.end)) if value is not None}

    def holds(self, stamp: str | None) -> bool:
        """Whether a datestamp lies in it.

        >>> Window("2024-01-01", None).holds("2024-01-02T00:00:00Z"), Window(None, "2024-01-01").holds("2024-01-02")
        (True, False)
        """
        if stamp is None:
            return False
        after = self.start is None or _at(stamp) >= _at(self.start)
        return after and (self.end is None or _at(stamp) <= _at(self.end))

    def halves(self, granularity: str, *, earliest: str, latest: str) -> tuple[Window, Window] | None:
        """Two windows that together are this one, or None when it is one step long. Open ends are closed.

        >>> Window("2024-01-01", "2024-01-04").halves(DAY, earliest="1970-01-01", latest="2026-01-01")[1]
        Window(start='2024-01-03', end='2024-01-04')
        """
        first, last = _at(self.start or earliest), _at(self.end or latest)
        unit = step(granularity)
        if self.start is None and last - first < unit:  # what the server says of its earliest record may be wrong
            first = _at(FIRST)
        steps = (last - first) // unit
        if steps < 1:
            return None
        middle = first + unit * (steps // 2)
        parts = (first, middle), (middle + unit, last)
        left, right = (Window(written(one, granularity), written(two, granularity)) for one, two in parts)
        return left, right


def _at(text: str) -> datetime:
    found = moment_of(text)
    if found is None:
        raise ValueError(text)
    return found[0]


def earlier(text: str, by: timedelta, granularity: str) -> str:
    """A datestamp some time before another.

    >>> earlier("2024-03-01", timedelta(days=1), DAY)
    '2024-02-29'
    """
    return written(_at(text) - by, granularity)


def distance(one: str, two: str) -> timedelta:
    """How much later ``two`` is."""
    return _at(two) - _at(one)
