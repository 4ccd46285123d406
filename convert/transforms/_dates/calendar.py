"""Single points in time: Western dates, era dates, other counts of years.

Texts come folded (see ``read``): ASCII digits, no kanji numbers, no full width.
"""

from __future__ import annotations

import re
from typing import Final

from convert.transforms._dates.model import LAST_EXPECTED, Dated, Point, Refused, point
from convert.transforms._eras import (
    AMBIGUOUS,
    CHINESE,
    CYCLE,
    ERAS,
    GREGORIAN_FROM,
    OLD_FORMS,
    ROMANISED,
    SHORT_NAMES,
    Era,
    cycle_of,
    era_year,
    in_era,
)

COMPACT_YEARS: Final = range(1600, 2100)
"""Six digits are a year and month only in these years: 991231 and 120512 are days of short years (our own rule)."""
KIGEN_YEARS: Final = range(2533, 2700)
"""紀元 alone means the Japanese count only for the years it was in use; 紀元645年 may be AD (our own rule)."""

_TIME: Final = r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)? ?(?:Z|[-+][0-9]{2}:?[0-9]{2})?"
_GAP: Final = r"(?:(?<=\.) )?"
"""A blank after a point: 1962. 7.24."""
_WESTERN: Final = re.compile(
    rf"([0-9]{{4}})(?:([-/.]){_GAP}([0-9]{{1,2}})(?:\2{_GAP}([0-9]{{1,2}})(?:[ T]{_TIME})?)?"
    r"| ?年(?: ?([0-9]{1,2}) ?月(?: ?([0-9]{1,2}) ?日)?)?)?"
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?")
_BASIC_TIME: Final = re.compile(r"([0-9]{8})T[0-9]{2}(?:[0-9]{2}){0,2}(?:Z|[-+][0-9]{2}(?:[0-9]{2})?)?")
_WITHOUT: Final = re.compile(r"([0-9]{4}(?:\. ?[0-9]{1,2}|-[0-9]{2})?)(?:\. ?--|-XX){1,2}")
"""A date whose month or day is said to be unknown: 1950.--.--, 1950-07-XX."""
_LATIN_ENDS: Final = frozenset("0123456789CDE.")
_SHORT_YEAR: Final = re.compile(
    r"[0-9]{1,3}(?:[-./][0-9]{1,2}){0,2}|[0-9]{1,3} ?年(?: ?[0-9]{1,2} ?月(?: ?[0-9]{1,2} ?日)?)?"
)

_CYCLE_NAME: Final = "[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]"
_ERA_REST: Final = re.compile(
    rf" ?(元|[0-9]{{1,2}})(?:([-/.]){_GAP}([0-9]{{1,2}})\2{_GAP}([0-9]{{1,2}})|[./]{_GAP}([0-9]{{1,2}})"
    rf"| ?({_CYCLE_NAME})? ?年 ?({_CYCLE_NAME})?(?: ?(閏)?([0-9]{{1,2}}) ?月(?: ?([0-9]{{1,2}}) ?日)?)?)?"
)
_ERA_CYCLE: Final = re.compile(f"({_CYCLE_NAME})(?: ?年)?")
_WORD: Final = re.compile(r"([A-Za-zŌōôÔ]+) ?([0-9]{1,2}|元)(?: ?年)?")
_OTHER: Final = re.compile(
    r"(皇紀|神武紀元|紀元|中華民国|民国|民國|檀紀|檀君紀元) ?(元|[0-9]{1,4}) ?年?"
    r"(?: ?([0-9]{1,2}) ?月(?: ?([0-9]{1,2}) ?日)?)?"
)
_AGAINST: Final[dict[str, tuple[int, str]]] = {
    "皇": (-660, "kigen"), "神": (-660, "kigen"), "紀": (-660, "kigen"),
    "中": (1911, "roc"), "民": (1911, "roc"), "檀": (-2333, "dangi"),
}  # fmt: skip
_BCE: Final = re.compile(
    r"(?:紀元|西暦)?前 ?([0-9]{1,4}) ?年|(?:BC|B\.C\.) ?([0-9]{1,4})|([0-9]{1,4}) ?(?:BC|B\.C\.|BCE)"
)
_CE: Final = re.compile(r"(?:西暦|紀元後|AD ?|A\.D\. ?) ?([0-9]{3}) ?年?|([0-9]{3,4}) ?(?:AD|A\.D\.|CE)")
_THREE_DIGITS: Final = re.compile("[0-9]{3} ?年")
_MONTH_NAMES: Final = (
    "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,"
    "sep sept september,oct october,nov november,dec december"
)
_MONTHS: Final[dict[str, int]] = {
    name: number for number, names in enumerate(_MONTH_NAMES.split(","), start=1) for name in names.split()
}
_ENGLISH: Final = re.compile(
    r"([A-Za-z]{3,9})\.? (?:([0-9]{1,2})(?:st|nd|rd|th)?, ?)?([0-9]{4})"
    r"|([0-9]{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9})\.? ([0-9]{4})"
)


def one(text: str) -> Dated | None:
    """The single date that all of ``text`` is; None where it has none of the forms, :class:`Refused` for wrong ones."""
    first = text[0]
    if "0" <= first <= "9":
        return western(text)
    return era_date(text) or _other(text)


def _one(found: Point, *flags: str) -> Dated:
    return Dated("one", found, None, ("warn:future", *flags) if found.year > LAST_EXPECTED else flags)


# ── Western ──────────────────────────────────────────────────────────────────────────────────────


def western(text: str) -> Dated | None:
    """A date that begins with the digits of a Western year."""
    match = _WESTERN.fullmatch(text)
    if match is None:
        return _rare_western(text)
    year, sign, month, day, kanji_month, kanji_day = match.groups()
    month, day = month or kanji_month, day or kanji_day
    if month is None:
        return _one(point(int(year)))
    number = int(month)
    if number > 12 and sign == "-" and day is None:
        return None  # 1995-98 and 1999-21 are no months: a span or a season
    number_of_day = 0 if day is None else int(day)
    if not number or (not number_of_day and day):
        raise Refused("error:day" if number else "error:month")
    return _one(point(int(year), number, number_of_day))


def _rare_western(text: str) -> Dated | None:
    if text.isdecimal():
        compact = _COMPACT.fullmatch(text)
        if compact:
            return _compact(*compact.groups())
        raise Refused("error:looks-like-spreadsheet-serial" if len(text) == 5 else "error:two-digit-year")
    if _SHORT_YEAR.fullmatch(text):
        raise Refused("error:two-digit-year")
    known = _WITHOUT.fullmatch(text) or _BASIC_TIME.fullmatch(text)
    if known:
        return western(known[1])
    return (_english(text) or _years_before(text)) if text[-1] in _LATIN_ENDS else None


def _compact(year: str, month: str, day: str | None) -> Dated:
    if day is not None:
        if "00" in (month, day):
            raise Refused("error:month" if month == "00" else "error:day")
        return _one(point(int(year), int(month), int(day)), "compact")
    if int(year) not in COMPACT_YEARS or month == "00":
        raise Refused("error:not-a-date")
    return _one(point(int(year), int(month)), "compact")


def _english(text: str) -> Dated | None:
    match = _ENGLISH.fullmatch(text)
    if match is None:
        return None
    name, day, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    if day is not None and not int(day):
        raise Refused("error:day")
    return _one(point(int(year), month, int(day or 0)))


def _years_before(text: str) -> Dated | None:
    """Years BC (1 BC is 0000), and years AD of three digits where AD is said."""
    match = _BCE.fullmatch(text)
    if match:
        year = int(match[1] or match[2] or match[3])
        if not year:
            raise Refused("error:year")
        return _one(Point(1 - year), "bce")
    match = _CE.fullmatch(text)
    return _one(point(int(match[1] or match[2]))) if match else None


# ── Eras ─────────────────────────────────────────────────────────────────────────────────────────


def era_named(text: str) -> tuple[str, int, str] | None:
    """The era at the start of a text: its name, the length of the name as written, and a flag."""
    head = text[:2]
    if head in ERAS:
        longer = text[:4]
        return (longer, 4, "") if longer in ERAS else (head, 2, "")
    if text[0] in SHORT_NAMES:
        return SHORT_NAMES[text[0]], 1, "era-abbrev"
    if head in OLD_FORMS:
        return OLD_FORMS[head], 2, "old-form"
    if text[:4] in ERAS or text[:4] in OLD_FORMS:
        return OLD_FORMS.get(text[:4], text[:4]), 4, ""
    return None


def era_date(text: str) -> Dated | None:
    """An era date, also of a year known only by its sexagenary name (明治甲午)."""
    found = era_named(text)
    if found is None:
        return _romanised(text)
    name, length, flag = found
    match = _ERA_REST.fullmatch(text, length)
    if match is None:
        return _by_cycle(name, text[length:].lstrip()) or _romanised(text)
    year, _, month, day, only, cycle, other_cycle, leap, kanji_month, kanji_day = match.groups()
    month, day = month or only or kanji_month, day or kanji_day
    flags = (flag,) if flag else ()
    return era_point(name, year, month, day, leap is not None, cycle or other_cycle, flags)


def _romanised(text: str) -> Dated | None:
    match = _WORD.fullmatch(text)
    name = ROMANISED.get(match[1].lower()) if match else None
    if match is None or name is None:
        return None
    return era_point(name, match[2], None, None, flags=("romanised-era",))


def era_point(
    name: str,
    year_text: str,
    month_text: str | None = None,
    day_text: str | None = None,
    leap: bool = False,
    cycle: str | None = None,
    flags: tuple[str, ...] = (),
) -> Dated:
    """The date of an era year, month and day as written."""
    number = 1 if year_text == "元" else int(year_text)
    era, year = _era_and_year(name, number)
    if cycle is not None:
        if CYCLE.get(cycle) != cycle_of(year):
            raise Refused("error:sexagenary-mismatch")
        flags = (*flags, "agree")
    if month_text is None:
        return _lunisolar(name, year, 0, 0, flags) if year < era.gregorian_from else era_year_part(era, year, flags)
    month, day = int(month_text), int(day_text or 0)
    if not month or (day_text and not day):
        raise Refused("error:day" if month else "error:month")
    if year < era.gregorian_from:
        return _lunisolar(name, year, month, day, flags)
    if leap:
        raise Refused("error:month")
    return _gregorian(era, year, month, day, flags)


def _era_and_year(name: str, number: int) -> tuple[Era, int]:
    era = ERAS[name]
    if name in AMBIGUOUS:
        era = _one_of(era, AMBIGUOUS[name], number)
    year = era.first_year + number - 1
    if not number:
        raise Refused("error:era-year-zero")
    if year > era.last_year:
        raise Refused("error:era-out-of-range")
    return era, year


def _one_of(first: Era, second: Era, number: int) -> Era:
    """The later era where only that one has so many years."""
    if era_year(first, number) is not None:
        raise Refused("error:ambiguous-era")
    return second


def _lunisolar(name: str, year: int, month: int, day: int, flags: tuple[str, ...]) -> Dated:
    """Only the year is given: month and day are those of another calendar."""
    if month > 12 or day > 30:
        raise Refused("error:month" if month > 12 else "error:day")
    chinese = ("chinese-era",) if name in CHINESE or (name in AMBIGUOUS and year > 1500) else ()
    dropped = ("dropped-month-day",) if month else ()
    return Dated("one", Point(year), None, (*flags, *chinese, "lunisolar", *dropped))


def _gregorian(era: Era, year: int, month: int, day: int, flags: tuple[str, ...]) -> Dated:
    found = point(year, month, day)
    if era.start.year < year < era.end.year:
        return Dated("one", found, None, flags)
    if not in_era(era, year, month, day or None):
        raise Refused("error:era-out-of-range")
    shared = era.end != era.until and (year, month, day) == (era.end.year, era.end.month, era.end.day)
    return _one(found, *flags, "era-boundary", "accept") if shared else _one(found, *flags)


def era_year_part(era: Era, year: int, flags: tuple[str, ...] = ()) -> Dated:
    """A whole era year: the part of the Western year that lies inside the era."""
    first = Point(era.start.year, era.start.month, era.start.day) if era.start.year == year else None
    last = Point(era.until.year, era.until.month, era.until.day) if era.until.year == year else None
    if first is None and last is None:
        return Dated("one", Point(year), None, flags)
    span = first or Point(year, 1, 1), last or Point(year, 12, 31)
    return Dated("span", *span, (*flags, "era-boundary"), Point(year))


def _by_cycle(name: str, rest: str) -> Dated | None:
    match = _ERA_CYCLE.fullmatch(rest)
    if match is None or match[1] not in CYCLE:
        return None
    era = ERAS[name]
    years = [year for year in range(era.first_year, era.last_year + 1) if cycle_of(year) == CYCLE[match[1]]]
    if len(years) != 1:
        raise Refused("error:sexagenary-mismatch" if not years else "error:ambiguous-sexagenary")
    flags = ("sexagenary",) if years[0] >= GREGORIAN_FROM else ("sexagenary", "lunisolar")
    return _one(Point(years[0]), *flags)


# ── Other counts ─────────────────────────────────────────────────────────────────────────────────


def _other(text: str) -> Dated | None:
    match = _OTHER.fullmatch(text)
    if match:
        return _counted(*match.groups())
    if text.startswith("西暦") and len(text) > 2:
        rest = text[2:].lstrip()
        if _THREE_DIGITS.match(rest):
            rest = f"0{rest}"
        return western(rest) if _WESTERN.fullmatch(rest) else _years_before(text)
    return _english(text) or _years_before(text)


def _counted(name: str, number_text: str, month: str | None, day: str | None) -> Dated | None:
    offset, flag = _AGAINST[name[0]]
    number = 1 if number_text == "元" else int(number_text)
    if name == "紀元" and number not in KIGEN_YEARS:
        raise Refused("error:ambiguous-era")
    if not number:
        raise Refused("error:era-year-zero")
    year = number + offset
    if month is not None and year < GREGORIAN_FROM:
        return _one(point(year), flag, "lunisolar", "dropped-month-day")
    if "0" in (month, day) or "00" in (month, day):
        raise Refused("error:month")
    return _one(point(year, int(month or 0), int(day or 0)), flag)
