"""Transforms of dates. Only plain dates: what is uncertain, approximate, supplied or a span is not answered."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import date
from typing import Final

from convert.transforms import transform
from convert.transforms._eras import ERAS_BY_ANY_NAME, GREGORIAN_FROM, era_year, in_era
from convert.transforms._numerals import NUMERALS, kanji_number
from convert.transforms._tables import FULLWIDTH_ASCII

_LONGEST: Final = 60
_DAYS: Final = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_COMPACT_YEARS: Final = range(1600, 2100)
"""Six digits are a year and month only in these years: 991231 and 120512 are days of short years (our own rule)."""

_FOLD: Final[dict[int, str]] = FULLWIDTH_ASCII | {0x3000: " ", 0x00A0: " "} | {ord(mark): "-" for mark in "‐‑−ー"}

_FOLDED: Final = re.compile(f"[{''.join(map(re.escape, map(chr, _FOLD)))}]")

_ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_SIGNS: Final = re.compile(
    r"([0-9]{4})(?:(?P<sign>[-/]|\. ?)([0-9]{1,2})(?:(?P=sign)([0-9]{1,2})(?:[ T](?P<time>.+))?)?)?"
)
_TIME: Final = re.compile(
    r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)? ?(?:Z|[-+][0-9]{2}:?[0-9]{2})?"
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?")

_NUMBER: Final = f"[0-9]{{1,2}}|[{NUMERALS}]{{1,4}}"
_MONTH_DAY: Final = f"(?: ?(?P<leap>閏)?(?P<month>{_NUMBER}) ?月(?: ?(?P<day>{_NUMBER}) ?日)?)?"
_WORDS: Final = re.compile(f"(?:西暦 ?)?(?P<year>[0-9]{{4}}|[{NUMERALS}]{{2,8}}) ?年{_MONTH_DAY}")
_PREFIX: Final = "西暦"

_NAMES: Final = "|".join(sorted(ERAS_BY_ANY_NAME, key=len, reverse=True))
_ERA_YEAR: Final = f"(?P<era>{_NAMES}) ?(?P<year>元|{_NUMBER})"
_ERA_WORDS: Final = re.compile(f"{_ERA_YEAR}(?: ?年{_MONTH_DAY})?")
_ERA_SIGNS: Final = re.compile(
    rf"{_ERA_YEAR}(?:"
    r"(?P<sign>[-/]|\. ?)(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})"
    r"|[./](?P<only>[0-9]{1,2}))"
)
_USUAL: Final = re.compile(
    "(?:([0-9]{4})|(明治|大正|昭和|平成|令和|[MTSHR])([0-9]{1,2}))"
    r"(?:年([0-9]{1,2})月([0-9]{1,2})日|([-/.])([0-9]{1,2})\6([0-9]{1,2}))"
)
_GLOSS: Final = re.compile(r"([^()\[\]]+)(?:\(([^()\[\]]+)\)|\[([^()\[\]]+)\])([^()\[\]]*)")

_Parts = tuple[int, ...]
"""Year, or year and month, or year, month and day; empty where a part cannot be read."""


@transform()
def w3cdtf(value: str) -> str | None:
    """Write a date as ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (W3CDTF), or None where the text is not one plain date.

    Taken: Western dates with four-digit years (1999.4.5, 1999年4月5日, 一九九九年四月, 19990405, with a time of day,
    which goes) and era dates from 慶長 on (昭和54年4月, 昭54.4.5, S54.4.5, ㍼五十四年), also with the same year beside
    them (昭和54(1979)年). The calendar and the era's days are checked. Before 1873 the Japanese calendar was
    lunisolar: then only the year is given (japanese-text.md §6).

    Not taken: 頃, 年代, 世紀, 年度, spans, square brackets alone, two-digit years, words around the date.

    >>> w3cdtf("昭和20年8月15日"), w3cdtf("H11.4"), w3cdtf("1999/4/5"), w3cdtf("明治5年11月9日")
    ('1945-08-15', '1999-04', '1999-04-05', '1872')
    >>> w3cdtf("昭和64年1月8日"), w3cdtf("昭和50年頃"), w3cdtf("2026-02-30")
    (None, None, None)
    """
    if is_plain_day(value):
        return value
    usual = _USUAL.fullmatch(value)
    if usual and (day := _usual(*usual.groups())):
        return day
    iso = _ISO.fullmatch(value)
    if iso:
        return value if _possible(tuple([int(part) for part in iso.groups() if part])) else None
    text = value.strip()
    if not text or len(text) > _LONGEST:
        return None
    if _FOLDED.search(text):
        text = text.translate(_FOLD)
    if "(" in text or "[" in text:
        return _with_gloss(text)
    return _western(text) or _japanese(text) if text[0].isdecimal() else _japanese(text) or _western(text)


def is_plain_day(value: str) -> bool:
    """Tell quickly whether ``value`` is ``YYYY-MM-DD`` and a day the calendar has."""
    if len(value) != 10 or value[4] != "-" or value[7] != "-":
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _usual(
    western: str | None, era: str, nominal: str, month: str, day: str, _: str, other_month: str, other_day: str
) -> str | None:
    """A whole day in one of the forms that tables are full of, quickly; None: the rules below decide."""
    if western:
        year, first, last = int(western), date.min, date.max
    else:
        period = ERAS_BY_ANY_NAME[era]
        year, first, last = period.first_year + int(nominal) - 1, period.start, period.end
        if year < GREGORIAN_FROM:
            return None
    try:
        found = date(year, int(month or other_month), int(day or other_day))
    except ValueError:
        return None
    return found.isoformat() if first <= found <= last else None


def _western(text: str) -> str | None:
    signs = _SIGNS.fullmatch(text)
    if signs:
        if signs["time"] is not None and not _TIME.fullmatch(signs["time"]):
            return None
        return _written(_numbers(signs[1], signs[3], signs[4]))
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _compact(_numbers(*compact.groups()))
    words = _WORDS.fullmatch(text)
    if words:
        return _from_words(_numbers(*words.group("year", "month", "day")), leap=bool(words["leap"]), year=words["year"])
    return _western(text.removeprefix(_PREFIX).lstrip()) if text.startswith(_PREFIX) else None


def _compact(parts: _Parts) -> str | None:
    return _written(parts) if len(parts) == 3 or parts[0] in _COMPACT_YEARS else None


def _from_words(parts: _Parts, *, leap: bool, year: str) -> str | None:
    too_short = not year.isascii() and bool(parts) and parts[0] < 1000
    return None if leap or too_short else _written(parts)


def _japanese(text: str) -> str | None:
    match = _ERA_WORDS.fullmatch(text)
    if match:
        return _from_era(match["era"], _numbers(*match.group("year", "month", "day")), leap=bool(match["leap"]))
    match = _ERA_SIGNS.fullmatch(text)
    if match:
        month = match["month"] or match["only"]
        return _from_era(match["era"], _numbers(match["year"], month, match["day"]), leap=False)
    return None


def _from_era(name: str, parts: _Parts, *, leap: bool) -> str | None:
    era = ERAS_BY_ANY_NAME[name]
    year = era_year(era, parts[0]) if parts else None
    if year is None:
        return None
    if year < GREGORIAN_FROM:
        return _written((year,)) if _lunisolar(parts[1:]) else None
    western = (year, *parts[1:])
    return _written(western) if not leap and _possible(western) and in_era(era, *western) else None


def _lunisolar(month_day: _Parts) -> bool:
    return all(1 <= number <= most for number, most in zip(month_day, (12, 30), strict=False))


def _with_gloss(text: str) -> str | None:
    """Read an era year and a Western year beside each other, in either order; None unless they agree."""
    match = _GLOSS.fullmatch(text)
    if match is None:
        return None
    before, round_gloss, square_gloss, after = match.groups()
    outer, inner = (before.rstrip() + after.strip()).strip(), (round_gloss or square_gloss).strip()
    western, japanese = _western(outer), _japanese(inner)
    if not western:
        western, japanese = _western(inner), _japanese(outer)
    return _agreed(western, japanese) if western and japanese else None


def _agreed(western: str, japanese: str) -> str | None:
    short, long = sorted((western, japanese), key=len)
    if not long.startswith(short):
        return None
    return long if int(long[:4]) >= GREGORIAN_FROM else long[:4]


def _numbers(*texts: str | None) -> _Parts:
    found: list[int] = []
    for text in texts:
        if text is None:
            break
        number = 1 if text == "元" else int(text) if text.isascii() else kanji_number(text)
        if number is None:
            return ()
        found.append(number)
    return tuple(found)


def _possible(parts: _Parts) -> bool:
    """Is it a year from 1 to 9999, with a month and a day that its calendar has?"""
    if not parts or not 1 <= parts[0] <= 9999:
        return False
    if len(parts) > 1 and not 1 <= parts[1] <= 12:
        return False
    if len(parts) > 2:
        most = 28 if parts[1] == 2 and not isleap(parts[0]) else _DAYS[parts[1]]
        return 1 <= parts[2] <= most
    return True


def _written(parts: _Parts) -> str | None:
    if not _possible(parts):
        return None
    return "-".join((f"{parts[0]:04d}", *(f"{number:02d}" for number in parts[1:])))
