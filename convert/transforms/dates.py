"""Transforms of dates. All of them read a text in one way (``_dates``) and differ in what they write.

What is a convention rather than a fact of the calendar (centuries, periods, seasons, fiscal years) is answered only
with ``inferred``; what the text leaves open is not answered at all. docs/dates.md lists the forms.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from convert.transforms import transform
from convert.transforms._dates.display import japanese
from convert.transforms._dates.model import (
    INFERRED,
    Dated,
    Point,
    day_text,
    edtf_text,
    lower,
    plain_text,
    upper,
)
from convert.transforms._dates.model import (
    level as edtf_level,
)
from convert.transforms._dates.read import read
from convert.transforms._eras import GREGORIAN_FROM, MODERN, SHORT_NAMES

_FIRST: Final = re.compile(r"(?!0000)([0-9]{4})(?:-(?:0[1-9]|1[0-2]))?")
_PLAIN_FLAGS: Final = (
    "width compact kanji-digits era-abbrev era-boundary accept romanised-era agree lunisolar dropped-month-day "
    "old-form chinese-era kigen roc dangi sexagenary warn:future"
)
_USUAL: Final = re.compile(
    "(?:([0-9]{4})|(明治|大正|昭和|平成|令和|[MTSHR])([0-9]{1,2}))"
    r"(?:年([0-9]{1,2})月([0-9]{1,2})日|([-/.])([0-9]{1,2})\6([0-9]{1,2}))"
)
_PLAIN: Final = frozenset(_PLAIN_FLAGS.split())
"""Flags of a date that says a year, month or day and nothing about it."""


@transform()
def w3cdtf(value: str, accept: Literal["plain", "marked"] = "plain") -> str | None:
    """Write a date as ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (W3CDTF), or None where the text is not one date.

    ``plain`` takes Western dates with four-digit years (1999.4.5, 1999年4月5日, 一九九九年四月, 19990405, Apr. 1999,
    with a time of day, which goes), era dates from 大化 on (昭和54年4月, 昭54.4.5, S54.4.5, ㍼五十四年), also with the
    same year beside them (昭和54(1979)年), and 皇紀, 民国, 檀紀. The calendar and the era's days are checked. Before
    1873 the Japanese calendar was lunisolar: then only the year is given (japanese-text.md §6).

    ``marked`` takes the same with marks, which are lost: [1923], 1923年頃, 1923?, c1999, 1999印刷. Never taken: spans,
    decades, centuries, years with unknown digits, two-digit years, words that are not known.

    >>> w3cdtf("昭和20年8月15日"), w3cdtf("H11.4"), w3cdtf("1999/4/5"), w3cdtf("明治5年11月9日")
    ('1945-08-15', '1999-04', '1999-04-05', '1872')
    >>> w3cdtf("昭和64年1月8日"), w3cdtf("昭和50年頃"), w3cdtf("2026-02-30")
    (None, None, None)
    >>> w3cdtf("昭和50年頃", accept="marked"), w3cdtf("[192-]", accept="marked")
    ('1975', None)
    """
    if plain_day(value) is not None or _FIRST.fullmatch(value):
        return value
    usual = _USUAL.fullmatch(value)
    if usual and (day := _usual(*usual.groups())):
        return day
    found = read(value)
    point = found.plain or (found.first if found.kind == "one" else None)
    if point is None or point.hidden or point.month > 12 or not point.year > 0:
        return None
    if found.flags and accept == "plain" and not _PLAIN.issuperset(found.flags):
        return None
    return None if accept == "plain" and point.mark else plain_text(point)


def plain_day(value: str) -> date | None:
    """The day, quickly, where ``value`` is ``YYYY-MM-DD`` and the calendar has it."""
    if len(value) != 10 or value[4] != "-" or value[7] != "-":
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _usual(
    western: str | None, name: str, nominal: str, month: str, day: str, _: str, other_month: str, other_day: str
) -> str | None:
    """A whole day in one of the forms that tables are full of, quickly; None: the parser decides."""
    if western:
        year, first, last = int(western), date.min, date.max
    else:
        era = MODERN[SHORT_NAMES.get(name, name)]
        year, first, last = era.first_year + int(nominal) - 1, era.start, era.end
        if year < GREGORIAN_FROM:
            return None
    try:
        found = date(year, int(month or other_month), int(day or other_day))
    except ValueError:
        return None
    return found.isoformat() if first <= found <= last else None


Ambiguous = Literal["refuse", "edtf", "span"]


@transform()
def edtf(
    value: str,
    level: Literal["1", "2"] = "1",
    inferred: bool = False,
    ambiguous: Ambiguous = "refuse",
) -> str | None:
    """Write a date in EDTF (ISO 8601-2:2019): spans, approximate, uncertain and partly known dates too.

    ``level`` 2 also writes "one of" ([1923,1924], [..1923]) and unknown digits in spans; at 1 these have no answer.
    ``inferred`` also takes forms whose bounds are a convention: 19世紀 (1800 to 1899, as Japan Search counts),
    江戸時代, 1999年春, 1999年度. ``ambiguous`` says how to read what EDTF and ledgers write alike: ``1923~`` (about
    1923, or from 1923 on), ``1910-22`` (summer of 1910, or 1910 to 1922); with ``edtf`` a value in EDTF stays as it is.

    That a date was supplied ([1923]) or is one of copyright or printing (c1999, 1999印刷) cannot be said in EDTF.

    >>> edtf("1999.4-2001.3"), edtf("[192-?]"), edtf("大正12年頃"), edtf("昭和元年"), edtf("1999年4月〜")
    ('1999-04/2001-03', '192X?', '1923~', '1926-12-25/1926-12-31', '1999-04/..')
    >>> edtf("[1923または1924]", level="2"), edtf("19世紀", inferred=True), edtf("1923~", ambiguous="edtf")
    ('[1923,1924]', '18XX', '1923~')
    >>> edtf("[1923または1924]"), edtf("19世紀"), edtf("1923~"), edtf("江戸後期", inferred=True)
    (None, None, None, None)
    """
    found = _asked(value, inferred, ambiguous)
    if found is None or (level == "1" and edtf_level(found) > 1):
        return None
    return edtf_text(found)


@transform()
def date_start(
    value: str,
    part: Literal["day", "month", "year"] = "day",
    inferred: bool = False,
    ambiguous: Ambiguous = "refuse",
) -> str | None:
    """Give the first day (or its month or year) of a date or span, ``YYYY-MM-DD``; None where the start is open.

    An approximate or uncertain date has the bounds of what is written. Years before 0001 have a minus: -0299 is
    300 BC. ``inferred`` and ``ambiguous`` are those of ``edtf``.

    >>> date_start("1999年4月"), date_start("昭和20年代"), date_start("[1923以前]"), date_start("天保5年", part="year")
    ('1999-04-01', '1945-01-01', None, '1834')
    """
    found = _asked(value, inferred, ambiguous)
    return None if found is None or found.first is None else _part(lower(found.first), part)


@transform()
def date_end(
    value: str,
    part: Literal["day", "month", "year"] = "day",
    inferred: bool = False,
    ambiguous: Ambiguous = "refuse",
) -> str | None:
    """Give the last day (or its month or year) of a date or span, as ``date_start``; None where the end is open.

    >>> date_end("1999年4月"), date_end("昭和20年代"), date_end("1999-"), date_end("192-", part="year")
    ('1999-04-30', '1954-12-31', None, '1929')
    """
    found = _asked(value, inferred, ambiguous)
    if found is None:
        return None
    last = found.first if found.kind == "one" else found.last
    return None if last is None else _part(upper(last), part)


@transform()
def date_text(value: str, years: Literal["western", "era"] = "western", ambiguous: Ambiguous = "edtf") -> str | None:
    """Write a date, above all one in EDTF or W3CDTF, as Japanese text for readers.

    ``era`` counts years in Japanese eras; a year of change has both where no month tells. Months and days before
    1873 have no era text: that needs a lunisolar calendar.

    >>> date_text("1999-04-05"), date_text("1923~"), date_text("192X"), date_text("1999/..")
    ('1999年4月5日', '1923年頃', '1920年代', '1999年〜')
    >>> date_text("1945-08-15", years="era"), date_text("1926", years="era"), date_text("1855-01-02", years="era")
    ('昭和20年8月15日', '大正15・昭和元年', None)
    """
    return japanese(read(value, ambiguous), eras=years == "era")


@transform()
def date_points(value: str) -> str | None:
    """Write one date as catalogues print it: year, month and day with full stops, no leading zeros (1996.9).

    Taken: what ``w3cdtf`` takes.

    >>> date_points("20251003"), date_points("1996-09"), date_points("令和7年"), date_points("1999-2001")
    ('2025.10.3', '1996.9', '2025', None)
    """
    found = w3cdtf(value)
    return None if found is None else found.replace("-0", ".").replace("-", ".")


@transform("expand")
def date_flags(value: str) -> list[str]:
    """Tell what else a date text says, a word each: supplied, approximate, uncertain, lunisolar, kind=copyright …

    A text that is no date gets the reason: ``error:day``, ``unresolved``, ``unknown``. A date that says nothing else
    is ``plain``.

    >>> date_flags("[1923頃]"), date_flags("1999, c1998"), date_flags("1999.4.31")
    (['supplied', 'approximate'], ['also=copyright:1998'], ['error:day'])
    >>> date_flags("1999.4")
    ['plain']
    """
    return list(read(value).flags) or ["plain"]


def _asked(value: str, inferred: bool, ambiguous: Ambiguous) -> Dated | None:
    found = read(value, ambiguous)
    if found.kind == "none" or (not inferred and found.flags and not INFERRED.isdisjoint(found.flags)):
        return None
    return found


def _part(day: tuple[int, int, int], part: str) -> str:
    if part == "day":
        return day_text(day)
    return plain_text(Point(day[0], day[1] if part == "month" else 0))
