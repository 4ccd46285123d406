"""Forms longer than a year or between month and year: decades, centuries, periods, seasons, fiscal years."""

from __future__ import annotations

import re
from typing import Final

from convert.transforms._dates import calendar
from convert.transforms._dates.model import APPROXIMATE, Dated, Point, Refused, last_day
from convert.transforms._dates.words import ENGLISH_SEASONS, NAMELESS, PART, PERIODS, SEASONS
from convert.transforms._eras import ERAS, GREGORIAN_FROM, MODERN

FISCAL_FROM: Final = 1886
"""Japan's fiscal year begins in April since 明治19年."""

_HIDDEN: Final = re.compile(r"(?:([0-9]{2})(?:--|uu|XX|xx)|([0-9]{3})[-uXx])(?: ?年)?")
_CENTURY: Final = re.compile(rf"(紀元前|前)?([0-9]{{1,2}}) ?世紀(?:の? ?({PART}))?")
_DECADE: Final = re.compile(rf"([0-9]{{4}}) ?(?:年代|s)(?:の? ?({PART}))?")
_ERA_DECADE: Final = re.compile(rf" ?([0-9]{{1,2}}) ?年代(?:の? ?({PART}))?")
_PERIOD: Final = re.compile(rf"(.{{2,4}}?)(時代|期|朝|年間)?(?:の? ?({PART}))?")
_SEASON: Final = re.compile(r"(.+?)年? ?([春夏秋冬])[季期]?号?")
_ENGLISH_SEASON: Final = re.compile(r"(spring|summer|autumn|fall|winter),? ([0-9]{4})", re.IGNORECASE)
_FISCAL: Final = re.compile(r"(.+?) ?年度")
_THIRD: Final = re.compile(r"(.+月) ?(上旬|初旬|中旬|下旬)")
_THIRDS: Final[dict[str, tuple[int, int]]] = {"上旬": (1, 10), "初旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31)}


def long_form(text: str) -> Dated | None:
    """The form that all of ``text`` is, or None."""
    last = text[-1]
    if "世紀" in text:
        return _century(text)
    if "年代" in text or last == "s":
        return _decade(text)
    if text.endswith("年度"):
        return _fiscal(text)
    if last == "旬":
        return _third(text)
    if last in "-uXx" or text.endswith(("-年", "X年")):
        return hidden(text)
    if any(season in text for season in SEASONS):
        return _season(text)
    return _english_season(text) if last.isdecimal() else _period(text)


def hidden(text: str) -> Dated | None:
    """A year whose last digits are not known: 192-, 19--, 19uu, 192X."""
    match = _HIDDEN.fullmatch(text)
    if match is None:
        return None
    century, decade = match.groups()
    return Dated("one", Point(int(century) * 100, hidden=2) if century else Point(int(decade) * 10, hidden=1))


def _halves(first: int, last: int, part: str, flag: str) -> Dated:
    middle = (first + last + 1) // 2
    if part == "前半":
        return Dated("span", Point(first), Point(middle - 1), (flag,))
    if part == "後半":
        return Dated("span", Point(middle), Point(last), (flag,))
    raise Unresolved(flag)


class Unresolved(Refused):
    """A part of a span that has no agreed bounds; the argument is the flag to put before ``unresolved``."""


def _century(text: str) -> Dated | None:
    match = _CENTURY.fullmatch(text)
    if match is None or not int(match[2]):
        return None
    before, number, part = match[1], int(match[2]), match[3]
    first, last = (1 - number * 100, 100 - number * 100) if before else (number * 100 - 100, number * 100 - 1)
    if part:
        return _halves(first, last, part, "century-part")
    if before:
        return Dated("span", Point(first), Point(last), ("century", "bce"))
    return Dated("one", Point(first, hidden=2), None, ("century",))


def _decade(text: str) -> Dated | None:
    match = _DECADE.fullmatch(text)
    if match is None:
        return _era_decade(text)
    year, part = int(match[1]), match[2]
    if year % 10:
        return None
    if not year % 100:
        raise Refused("error:ambiguous-decade")  # 1900年代: ten years or a hundred
    return _halves(year, year + 9, part, "decade-part") if part else Dated("one", Point(year, hidden=1))


def _era_decade(text: str) -> Dated | None:
    found = calendar.era_named(text)
    match = _ERA_DECADE.fullmatch(text, found[1]) if found else None
    if found is None or match is None or int(match[1]) % 10:
        return None
    era = ERAS[found[0]]
    first = era.first_year + int(match[1]) - 1
    if not int(match[1]) or first > era.last_year:
        raise Refused("error:era-out-of-range")
    flags = ("lunisolar",) if first < era.gregorian_from else ()
    if match[2]:
        return _halves(first, first + 9, match[2], "decade-part")
    return Dated("span", Point(first), Point(min(first + 9, era.last_year)), flags)


def _period(text: str) -> Dated | None:
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    name, word, part = match.groups()
    known = name in PERIODS or name in NAMELESS or name in ERAS
    if not known or not (word or part or name in NAMELESS):
        return None
    if part or name in NAMELESS:
        raise Unresolved("period-part" if part else "period")
    if name in PERIODS:
        first, last = PERIODS[name]
        return Dated("span", Point(first, mark=APPROXIMATE), Point(last, mark=APPROXIMATE), ("period",))
    era = ERAS[name]
    flags = () if name in MODERN else ("lunisolar", "era-span")
    return None if name == "令和" else Dated("span", Point(era.first_year), Point(era.last_year), flags)


def _year_of(text: str) -> Dated | None:
    """A whole year; None for anything else."""
    found = calendar.one(text if text[-1] == "年" else f"{text}年")
    if found is None or found.first is None:
        return None
    if found.plain is not None:
        return found._replace(kind="one", first=found.plain)
    return None if found.first.month else found


def _season(text: str) -> Dated | None:
    match = _SEASON.fullmatch(text)
    found = _year_of(match[1]) if match else None
    return _in_season(found, SEASONS[match[2]]) if match and found else None


def _english_season(text: str) -> Dated | None:
    match = _ENGLISH_SEASON.fullmatch(text)
    return _in_season(Dated("one", Point(int(match[2]))), ENGLISH_SEASONS[match[1].lower()]) if match else None


def _in_season(found: Dated, season: int) -> Dated | None:
    if found.first is None:
        return None
    if "lunisolar" in found.flags:
        return found._replace(flags=(*found.flags, "dropped-month-day"))
    flags = ("season", "ambiguous") if season == SEASONS["冬"] else ("season",)
    rest = tuple(flag for flag in found.flags if flag != "era-boundary")
    return Dated("one", found.first._replace(month=season), None, (*rest, *flags))


def _fiscal(text: str) -> Dated | None:
    match = _FISCAL.fullmatch(text)
    found = _year_of(match[1]) if match else None
    if found is None or found.first is None:
        return None
    year = found.first.year
    if year < FISCAL_FROM:
        raise Unresolved("fiscal-year")
    if text.startswith(("昭和64", "昭64", "S64")):
        raise Refused("error:era-out-of-range")
    rest = tuple(flag for flag in found.flags if flag != "era-boundary")
    return Dated("span", Point(year, 4, 1), Point(year + 1, 3, 31), (*rest, "fiscal-year"))


def _third(text: str) -> Dated | None:
    match = _THIRD.fullmatch(text)
    found = calendar.one(match[1]) if match else None
    if match is None or found is None or found.first is None:
        return None
    if found.first.year < GREGORIAN_FROM and "lunisolar" in found.flags:
        return found
    first, last = _THIRDS[match[2]]
    year, month = found.first.year, found.first.month
    ends = Point(year, month, first), Point(year, month, min(last, last_day(year, month)))
    return Dated("span", *ends, (*found.flags, "third-of-month"))
