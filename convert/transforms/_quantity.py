"""Numbers with units, approximations and ranges, as sizes and counts are written."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from convert.transforms._numerals import NUMERALS, kanji_number
from convert.transforms._tables import FULLWIDTH_ASCII

LONGEST: Final = 100
UNITS: Final[dict[str, tuple[str, int]]] = {
    "mm": ("length", -3), "㎜": ("length", -3), "ミリ": ("length", -3), "ミリメートル": ("length", -3),
    "cm": ("length", -2), "㎝": ("length", -2), "センチ": ("length", -2), "センチメートル": ("length", -2),
    "m": ("length", 0), "メートル": ("length", 0), "km": ("length", 3), "㎞": ("length", 3),
    "キロメートル": ("length", 3),
    "mg": ("mass", -3), "㎎": ("mass", -3), "ミリグラム": ("mass", -3), "g": ("mass", 0), "グラム": ("mass", 0),
    "kg": ("mass", 3), "㎏": ("mass", 3), "キロ": ("mass", 3), "キログラム": ("mass", 3),
    "t": ("mass", 6), "トン": ("mass", 6),
    "頁": ("pages", 0), "ページ": ("pages", 0), "p": ("pages", 0), "p.": ("pages", 0), "pp": ("pages", 0),
    "pp.": ("pages", 0),
}  # fmt: skip
"""Unit as written → what it measures, and its power of ten of the metre, gram or page."""
COUNTERS: Final = "点枚冊巻個件本幅面通曲隻双組箱袋丁張帖軸基台体軒口領振合客具脚頭匹羽株部号葉鋪セット"

Range = Literal["refuse", "low", "high"]

_FOLD: Final[dict[int, str]] = {code: mark for code, mark in FULLWIDTH_ASCII.items() if mark != "~"} | {
    0x3000: " ", 0x00A0: " ", 0x2212: "-", ord("～"): "〜", ord("×"): "x", ord("✕"): "x",
    ord("㎜"): "mm", ord("㎝"): "cm", ord("㎞"): "km", ord("㎎"): "mg", ord("㎏"): "kg",
}  # fmt: skip
_DIGITS: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
_KANJI: Final = f"[{NUMERALS}万億0-9]+"
_UNIT: Final = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_NUMBER: Final = f"(?:{_DIGITS}|{_KANJI})"
_QUANTITY: Final = re.compile(
    rf"(?P<about>約|およそ|凡そ|ca\.? ?)? ?(?P<low>{_NUMBER}) ?(?P<unit>{_UNIT}|[{COUNTERS}]|セット)?"
    rf"(?: ?(?:〜|~|–|-|から) ?(?P<high>{_NUMBER}) ?(?P<last>{_UNIT}|[{COUNTERS}]|セット)?)?"
    r"(?P<after>前後|程度|程|弱|強|以上|以下|余)?",
    re.IGNORECASE,
)
_MYRIADS: Final = re.compile(rf"(?:([{NUMERALS}]+|[0-9]+)億)?(?:([{NUMERALS}]+|[0-9]+)万)?([{NUMERALS}]+|[0-9]+)?")


class Quantity(NamedTuple):
    """A number or a range of them; ``unit`` is as written, empty where there is none."""

    low: Decimal
    high: Decimal | None
    unit: str
    about: bool


def number(text: str) -> Decimal | None:
    """A number in digits or kanji numerals, also with 万 and 億.

    >>> number("二百三十四"), number("3万五千"), number("1,200.50"), number("十十")
    (Decimal('234'), Decimal('35000'), Decimal('1200.50'), None)
    """
    if text.isascii():
        return Decimal(text.replace(",", ""))
    match = _MYRIADS.fullmatch(text)
    if match is None or not text:
        return None
    total = 0
    for part, power in zip(match.groups(), (8, 4, 0), strict=True):
        value = 0 if part is None else int(part) if part.isascii() else kanji_number(part)
        if (
            value is None
            or (power < 8 and match[1] and value >= 10_000)
            or (power == 0 and match[2] and value >= 10_000)
        ):
            return None
        total += value * 10**power
    return Decimal(total)


def folded(value: str) -> str:
    """The text in half width, its signs in one form; nothing where it is too long."""
    return "" if len(value) > LONGEST else value.translate(_FOLD).strip()


def parse(value: str) -> Quantity | None:
    """Read one quantity, or None.

    >>> parse("約３０㎝")
    Quantity(low=Decimal('30'), high=None, unit='cm', about=True)
    """
    match = _QUANTITY.fullmatch(folded(value))
    if match is None:
        return None
    low, high = number(match["low"]), number(match["high"]) if match["high"] else None
    unit, last = match["unit"] or "", match["last"] or ""
    if low is None or (match["high"] and high is None) or (unit and match["high"] and unit != last):
        return None
    if high is not None and high < low:
        return None
    return Quantity(low, high, last or unit, bool(match["about"] or match["after"]))


def chosen(found: Quantity | None, *, about: bool, end: str) -> tuple[Decimal, str] | None:
    """The one number asked for, with its unit; None where the text is vaguer than allowed."""
    if found is None or (found.about and not about) or (found.high is not None and end == "refuse"):
        return None
    return (found.high if end == "high" and found.high is not None else found.low), found.unit


def converted(number: Decimal, unit: str, to: str) -> str | None:
    """The number in another unit of the same kind, exactly; all of them differ by powers of ten.

    >>> converted(Decimal("31.50"), "cm", "mm"), converted(Decimal("3"), "cm", "g")
    ('315.0', None)
    """
    kind, power = UNITS.get(unit) or UNITS.get(unit.lower()) or ("", 0)
    wanted, other = UNITS[to]
    return written(number.scaleb(power - other)) if kind == wanted else None


def written(number: Decimal) -> str:
    """Plain digits, never an exponent."""
    return f"{number:f}"
