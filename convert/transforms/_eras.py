"""The era table (元号) and how an era date becomes a Western one (japanese-text.md §6)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

GREGORIAN_FROM: Final = 1873
"""明治6年1月1日 is the first day of the Gregorian calendar in Japan; before it months and days are lunisolar."""

_LAST: Final = date.max


@dataclass(frozen=True, slots=True)
class Era:
    """An era: the Western year of its first year, and its first and last day where those are Gregorian.

    The day of a change that names one day for both eras (明治45年7月30日, 大正15年12月25日) is a day of both.
    """

    first_year: int
    last_year: int
    start: date = date.min
    end: date = _LAST


def _early_eras() -> dict[str, Era]:
    """Edo period, by nominal first year: 天保1 is 1830 though the era began on a day of early 1831.

    The change year counts for both eras.
    """
    table = (
        "慶長1596 元和1615 寛永1624 正保1644 慶安1648 承応1652 明暦1655 万治1658 寛文1661 延宝1673 天和1681 貞享1684 "
        "元禄1688 宝永1704 正徳1711 享保1716 元文1736 寛保1741 延享1744 寛延1748 宝暦1751 明和1764 安永1772 天明1781 "
        "寛政1789 享和1801 文化1804 文政1818 天保1830 弘化1844 嘉永1848 安政1854 万延1860 文久1861 元治1864 慶応1865"
    )
    starts = [(entry[:2], int(entry[2:])) for entry in table.split()]
    ends = [first for _, first in starts[1:]] + [1868]
    return {name: Era(first, last) for (name, first), last in zip(starts, ends, strict=True)}


_MODERN: Final[dict[str, Era]] = {
    "明治": Era(1868, 1912, end=date(1912, 7, 30)),
    "大正": Era(1912, 1926, date(1912, 7, 30), date(1926, 12, 25)),
    "昭和": Era(1926, 1989, date(1926, 12, 25), date(1989, 1, 7)),
    "平成": Era(1989, 2019, date(1989, 1, 8), date(2019, 4, 30)),
    "令和": Era(2019, 2117, date(2019, 5, 1)),
}
_SHORT_NAMES: Final[dict[str, str]] = {
    "明": "明治", "大": "大正", "昭": "昭和", "平": "平成", "令": "令和",
    "M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和",
    "㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和",
    "慶應": "慶応", "承應": "承応", "寶永": "宝永", "正德": "正徳", "寶暦": "宝暦", "萬延": "万延", "萬治": "万治",
}  # fmt: skip

ERAS: Final[dict[str, Era]] = _early_eras() | _MODERN
ERAS_BY_ANY_NAME: Final[dict[str, Era]] = ERAS | {short: ERAS[name] for short, name in _SHORT_NAMES.items()}


def era_year(era: Era, year: int) -> int | None:
    """Give the Western year of an era's ``year`` (1 is 元年), or None where the era has no such year."""
    western = era.first_year + year - 1
    return western if year > 0 and western <= era.last_year else None


def in_era(era: Era, year: int, month: int | None = None, day: int | None = None) -> bool:
    """Tell whether a valid Gregorian year, month or day lies in the era, at least in part."""
    first = date(year, month or 1, day or 1)
    last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    return first <= era.end and era.start <= last
