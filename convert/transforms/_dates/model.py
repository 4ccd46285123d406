"""What a date text says, and how it is written: EDTF (ISO 8601-2:2019), W3CDTF, first and last day."""

from __future__ import annotations

from calendar import isleap
from typing import Final, Literal, NamedTuple

Day = tuple[int, int, int]
"""Astronomical year (1 BC is 0), month, day."""

_DAYS: Final = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SEASONS: Final[dict[int, tuple[int, int]]] = {21: (3, 5), 22: (6, 8), 23: (9, 11)}
"""First and last month of spring, summer and autumn; winter lies in two years and has the bounds of its year."""
UNCERTAIN, APPROXIMATE, BOTH = "?", "~", "%"
LAST_EXPECTED: Final = 2100
"""Later years are taken with the mark ``warn:future`` (our own rule; no clock is read)."""


class Refused(Exception):  # noqa: N818 - an answer on its way, not an error
    """A form that was recognised and says something impossible or too vague: the reason is its argument."""


class Point(NamedTuple):
    """A year, month or day as far as known.

    ``month`` is 0 where there is none and 21 to 24 for a season; ``hidden`` is how many last digits of the year are
    not known (192X: 1920, 1); ``mark`` is ``?``, ``~``, ``%`` or nothing.
    """

    year: int
    month: int = 0
    day: int = 0
    hidden: int = 0
    mark: str = ""


class Dated(NamedTuple):
    """What a text says. ``one``: ``first``. ``span``, ``either`` (of two), ``between`` (some time in): with ``last``;
    None is an open end. ``none``: no date, ``flags`` say why. ``plain``: the year a span of days is part of.
    """

    kind: Literal["one", "span", "either", "between", "none"]
    first: Point | None = None
    last: Point | None = None
    flags: tuple[str, ...] = ()
    plain: Point | None = None


INFERRED: Final = frozenset(("period", "century", "century-part", "season", "fiscal-year"))
"""Flags of forms whose bounds are a convention (japanese-text.md §7: policy)."""


def point(year: int, month: int = 0, day: int = 0) -> Point:
    """A valid year from 1 to 9999, month or day; raises :class:`Refused` for anything else."""
    if not 1 <= year <= 9999:
        raise Refused("error:year")
    if not 0 <= month <= 12:
        raise Refused("error:month")
    if day > 28 and day > last_day(year, month):
        raise Refused("error:day")
    return Point(year, month, day)


def last_day(year: int, month: int) -> int:
    """The number of days of a month."""
    return 28 if month == 2 and not isleap(year) else _DAYS[month]


def lower(point: Point) -> Day:
    """The first day of a point."""
    year = point.year
    if point.hidden and year < 0:
        year -= 10**point.hidden - 1
    months = _SEASONS.get(point.month)
    month = months[0] if months else point.month if 1 <= point.month <= 12 else 1
    return year, month, point.day or 1


def upper(point: Point) -> Day:
    """The last day of a point."""
    year = point.year
    if point.hidden and year >= 0:
        year += 10**point.hidden - 1
    months = _SEASONS.get(point.month)
    month = months[1] if months else point.month if 1 <= point.month <= 12 else 12
    return year, month, point.day or last_day(year, month)


def day_text(day: Day) -> str:
    """``YYYY-MM-DD``, with a minus before years before 0000."""
    year, month, number = day
    return f"{year_text(year)}-{month:02d}-{number:02d}"


def year_text(year: int) -> str:
    """Four digits, with a minus before negative ones."""
    return f"{year:04d}" if year >= 0 else f"-{-year:04d}"


def plain_text(point: Point) -> str:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; marks and unknown digits are the caller's business."""
    year, month, day, _, _ = point
    written = f"{year:04d}" if year >= 0 else year_text(year)
    if day:
        return f"{written}-{month:02d}-{day:02d}"
    return f"{written}-{month:02d}" if month else written


def point_text(point: Point) -> str:
    """A point in EDTF.

    >>> point_text(Point(1920, hidden=1, mark="?")), point_text(Point(1999, 4))
    ('192X?', '1999-04')
    """
    text = plain_text(point)
    if point.hidden:
        text = text[: -point.hidden] + "X" * point.hidden
    return text + point.mark


def edtf_text(dated: Dated) -> str | None:
    """The EDTF of a date, of level 1 or 2, or None where there is none.

    >>> edtf_text(Dated("span", Point(1999, 4), None)), edtf_text(Dated("between", None, Point(1923)))
    ('1999-04/..', '[..1923]')
    """
    kind, first, last = dated[:3]
    if kind == "one":
        return None if first is None else point_text(first)
    if kind == "span":
        return f"{point_text(first) if first else '..'}/{point_text(last) if last else '..'}"
    if kind == "none":
        return None
    sign = "," if kind == "either" else ".."
    return f"[{point_text(first) if first else ''}{sign}{point_text(last) if last else ''}]"


def level(dated: Dated) -> int:
    """The EDTF level a date needs: 2 for sets, and for unknown digits or seasons in a span; else 1 (or 0)."""
    if dated.kind in ("either", "between"):
        return 2
    ends = [end for end in (dated.first, dated.last) if end is not None]
    return 2 if dated.kind == "span" and any(end.hidden or end.month > 12 for end in ends) else 1
