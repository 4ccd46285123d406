"""The era tables (元号) and how an era date becomes a Western one (japanese-text.md §6).

Years before 1873 are nominal: 天保1 is 1830 though the era began on a day of early 1831, and the year of a
change counts for both eras. The first years are plain historical facts; the table is our own.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

GREGORIAN_FROM: Final = 1873
"""明治6年1月1日 is the first day of the Gregorian calendar in Japan; before it months and days are lunisolar."""

_LAST: Final = date.max
_NEVER: Final = 10_000


@dataclass(frozen=True, slots=True)
class Era:
    """An era: the Western year of its first year, and its first and last day where those are Gregorian.

    The day of a change that names one day for both eras (明治45年7月30日, 大正15年12月25日) is a day of both;
    ``until`` is the last day before the next era. ``gregorian_from``: the first Western year whose months and days
    are Gregorian.
    """

    first_year: int
    last_year: int
    start: date = date.min
    end: date = _LAST
    until: date = _LAST
    gregorian_from: int = GREGORIAN_FROM


_JAPANESE: Final = """
大化645-650 白雉650-654 朱鳥686-686 大宝701 慶雲704 和銅708 霊亀715 養老717 神亀724 天平729 天平感宝749-749 天平勝宝749
天平宝字757 天平神護765 神護景雲767 宝亀770 天応781 延暦782 大同806 弘仁810 天長824 承和834 嘉祥848 仁寿851 斉衡854
天安857 貞観859 元慶877 仁和885 寛平889 昌泰898 延喜901 延長923 承平931 天慶938 天暦947 天徳957 応和961 康保964 安和968
天禄970 天延973 貞元976 天元978 永観983 寛和985 永延987 永祚989 正暦990 長徳995 長保999 寛弘1004 長和1012 寛仁1017
治安1021 万寿1024 長元1028 長暦1037 長久1040 寛徳1044 永承1046 天喜1053 康平1058 治暦1065 延久1069 承保1074 承暦1077
永保1081 応徳1084 寛治1087 嘉保1094 永長1096 承徳1097 康和1099 長治1104 嘉承1106 天仁1108 天永1110 永久1113 元永1118
保安1120 天治1124 大治1126 天承1131 長承1132 保延1135 永治1141 康治1142 天養1144 久安1145 仁平1151 久寿1154 保元1156
平治1159 永暦1160 応保1161 長寛1163 永万1165 仁安1166 嘉応1169 承安1171 安元1175 治承1177 養和1181 寿永1182-1185
元暦1184 文治1185 建久1190 正治1199 建仁1201 元久1204 建永1206 承元1207 建暦1211 建保1213 承久1219 貞応1222 元仁1224
嘉禄1225 安貞1227 寛喜1229 貞永1232 天福1233 文暦1234 嘉禎1235 暦仁1238 延応1239 仁治1240 寛元1243 宝治1247 建長1249
康元1256 正嘉1257 正元1259 文応1260 弘長1261 文永1264 建治1275 弘安1278 正応1288 永仁1293 正安1299 乾元1302 嘉元1303
徳治1306 延慶1308 応長1311 正和1312 文保1317 元応1319 元亨1321 正中1324 嘉暦1326 元徳1329-1332 元弘1331-1334
正慶1332-1333 建武1334-1338 延元1336 興国1340 正平1346 建徳1370 文中1372 天授1375 弘和1381 元中1384-1392
暦応1338 康永1342 貞和1345 観応1350 文和1352 延文1356 康安1361 貞治1362 応安1368 永和1375 康暦1379 永徳1381 至徳1384
嘉慶1387 康応1389 明徳1390 応永1394 正長1428 永享1429 嘉吉1441 文安1444 宝徳1449 享徳1452 康正1455 長禄1457 寛正1460
文正1466 応仁1467 文明1469 長享1487 延徳1489 明応1492 文亀1501 永正1504 大永1521 享禄1528 天文1532 弘治1555
永禄1558 元亀1570
天正1573 文禄1592 慶長1596 元和1615 寛永1624 正保1644 慶安1648 承応1652 明暦1655 万治1658 寛文1661 延宝1673
天和1681
貞享1684 元禄1688 宝永1704 正徳1711 享保1716 元文1736 寛保1741 延享1744 寛延1748 宝暦1751 明和1764 安永1772
天明1781 寛政1789 享和1801 文化1804 文政1818 天保1830 弘化1844 嘉永1848 安政1854 万延1860 文久1861 元治1864
慶応1865-1868
"""
"""Name, nominal first year, and the last one where the next entry does not tell it (gaps, two courts)."""

_CHINESE: Final = """
洪武1368 建文1399 永楽1403 洪熙1425 宣徳1426 正統1436 景泰1450 天順1457 成化1465-1487 嘉靖1522 隆慶1567 万暦1573
泰昌1620 天啓1621 崇禎1628-1644 順治1644 康熙1662 雍正1723 乾隆1736 嘉慶1796 道光1821 咸豊1851 同治1862
光緒1875 宣統1909-1912
"""
"""Ming and Qing. Their 弘治 and 正徳 are left out: in Japanese records those are the Japanese eras."""

_ENTRY: Final = re.compile(r"(\D+)(\d+)(?:-(\d+))?")


def _nominal(table: str, *, gregorian_from: int = GREGORIAN_FROM) -> dict[str, Era]:
    entries = [match.groups() for match in map(_ENTRY.fullmatch, table.split()) if match]
    found = {}
    for place, (name, first, last) in enumerate(entries):
        end = last or entries[place + 1][1]
        found[name] = Era(int(first), int(end), gregorian_from=gregorian_from)
    return found


MODERN: Final[dict[str, Era]] = {
    "明治": Era(1868, 1912, end=date(1912, 7, 30), until=date(1912, 7, 29)),
    "大正": Era(1912, 1926, date(1912, 7, 30), date(1926, 12, 25), date(1926, 12, 24)),
    "昭和": Era(1926, 1989, date(1926, 12, 25), date(1989, 1, 7), date(1989, 1, 7)),
    "平成": Era(1989, 2019, date(1989, 1, 8), date(2019, 4, 30), date(2019, 4, 30)),
    "令和": Era(2019, 2117, date(2019, 5, 1)),
}
_SHORT_NAMES: Final[dict[str, str]] = {
    "明": "明治", "大": "大正", "昭": "昭和", "平": "平成", "令": "令和",
    "M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和",
    "㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和",
}  # fmt: skip
_ROMANISED: Final[dict[str, str]] = {
    "meiji": "明治", "taishō": "大正", "taisho": "大正", "taishô": "大正",
    "shōwa": "昭和", "showa": "昭和", "shôwa": "昭和",
    "heisei": "平成", "reiwa": "令和",
}  # fmt: skip
_OLD_LETTERS: Final = str.maketrans("応宝徳暦万寿霊亀観斉禄楽豊", "應寶德曆萬壽靈龜觀齊祿樂豐")

JAPANESE: Final[dict[str, Era]] = _nominal(_JAPANESE) | MODERN
CHINESE: Final[dict[str, Era]] = {
    name: era for name, era in _nominal(_CHINESE, gregorian_from=_NEVER).items() if name not in JAPANESE
}
AMBIGUOUS: Final[dict[str, Era]] = {"嘉慶": _nominal(_CHINESE, gregorian_from=_NEVER)["嘉慶"]}
"""Names of a Japanese and of a Chinese era that are both met: read only where one of the two has the year."""
ERAS: Final[dict[str, Era]] = CHINESE | JAPANESE


def _mixed_forms(name: str) -> set[str]:
    """Every mixture of old and new letters: 慶應, 寶曆, 寶暦, 宝曆 …"""
    forms = {""}
    for letter in name:
        old = letter.translate(_OLD_LETTERS)
        forms = {form + written for form in forms for written in {letter, old}}
    return forms - {name}


OLD_FORMS: Final[dict[str, str]] = {old: name for name in ERAS for old in _mixed_forms(name)}
"""Era name with old letters → the name."""
SHORT_NAMES: Final = _SHORT_NAMES
ROMANISED: Final = _ROMANISED

_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"
CYCLE: Final[dict[str, int]] = {_STEMS[place % 10] + _BRANCHES[place % 12]: place for place in range(60)}
"""The sexagenary years (干支): name → place in the cycle, 甲子 0."""


def era_year(era: Era, year: int) -> int | None:
    """Give the Western year of an era's ``year`` (1 is 元年), or None where the era has no such year."""
    western = era.first_year + year - 1
    return western if year > 0 and western <= era.last_year else None


def in_era(era: Era, year: int, month: int | None = None, day: int | None = None) -> bool:
    """Tell whether a valid Gregorian year, month or day lies in the era, at least in part."""
    first = date(year, month or 1, day or 1)
    last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    return first <= era.end and era.start <= last


def cycle_of(year: int) -> int:
    """The place of a Western year in the sexagenary cycle: 0 for 甲子 (1984, 1924 …)."""
    return (year - 4) % 60
