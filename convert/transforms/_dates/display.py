"""Dates as Japanese text for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.transforms._eras import GREGORIAN_FROM, JAPANESE, MODERN, in_era

if TYPE_CHECKING:
    from convert.transforms._dates.model import Dated, Point

_MARKS: Final = {"": "", "~": "頃", "?": "か", "%": "頃か"}
_SEASONS: Final = {21: "春", 22: "夏", 23: "秋", 24: "冬"}


def japanese(dated: Dated, *, eras: bool = False) -> str | None:
    """The text of a date, with Western years or era years; None where it cannot be said.

    >>> from convert.transforms._dates.model import Dated, Point
    >>> japanese(Dated("span", Point(1999, 4), None)), japanese(Dated("one", Point(1920, hidden=1, mark="?")))
    ('1999年4月〜', '1920年代か')
    """
    ends = [None if end is None else _point(end, eras=eras) for end in (dated.first, dated.last)]
    if dated.plain is not None:
        return _era_year(dated.first) if eras and dated.first else _point(dated.plain, eras=False)
    if dated.kind == "span" and _beyond_words(dated.first, dated.last):
        return None
    if dated.kind == "none" or any(text is None and end for text, end in zip(ends, dated[1:3], strict=True)):
        return None
    first, last = ends
    if dated.kind == "one":
        return first
    if dated.kind == "span":
        return f"{first or ''}〜{last or ''}"
    if dated.kind == "either":
        return f"{first}または{last}"
    return f"{first}から{last}の間" if first and last else f"{last}以前" if last else f"{first}以後"


def _beyond_words(first: Point | None, last: Point | None) -> bool:
    """Whether a span has unknown digits, or a mark at its end alone, which would be read as one of the whole."""
    hidden = any(end is not None and end.hidden for end in (first, last))
    return hidden or (first is not None and last is not None and bool(last.mark) and first.mark != last.mark)


def _point(point: Point, *, eras: bool) -> str | None:
    year = _hidden(point) if point.hidden else _era_year(point) if eras else _western(point.year)
    if year is None:
        return None
    if point.month > 12:
        return f"{year}{_SEASONS[point.month]}{_MARKS[point.mark]}"
    month = f"{point.month}月" if point.month else ""
    day = f"{point.day}日" if point.day else ""
    return f"{year}{month}{day}{_MARKS[point.mark]}"


def _western(year: int) -> str:
    if year < 1:
        return f"紀元前{1 - year}年"
    return f"{year}年" if year > 999 else f"西暦{year}年" if year > 99 else f"西暦{year:04d}年"


def _hidden(point: Point) -> str | None:
    """A decade or a century; a century counts as in EDTF, 18XX is the 19th."""
    if point.hidden == 2 and point.year >= 0:
        return f"{point.year // 100 + 1}世紀"
    return f"{point.year}年代" if point.hidden == 1 and point.year > 999 and point.year % 100 else None


def _era_year(point: Point) -> str | None:
    """The era year; both eras in a year of change, where no month tells."""
    year = point.year
    if year < GREGORIAN_FROM:
        names = [] if point.month else [(n, e) for n, e in JAPANESE.items() if e.first_year <= year <= e.last_year]
    else:
        month, day = (point.month, point.day) if point.month <= 12 else (0, 0)
        inside = [(n, e) for n, e in MODERN.items() if in_era(e, year, month or None, day or None)]
        names = inside[-1:] if day else inside
    if not names:
        return None
    years = [f"{name}{_count(year - era.first_year + 1)}" for name, era in names]
    return "・".join(years) + "年"


def _count(number: int) -> str:
    return "元" if number == 1 else str(number)
