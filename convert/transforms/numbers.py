"""Transforms of numbers, sizes and counts."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal

from convert.transforms import _quantity as quantities
from convert.transforms import transform
from convert.transforms._quantity import Range  # noqa: TC001 - the decorator reads the annotations
from convert.transforms._tables import FULLWIDTH_ASCII

_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NUMBER: Final = re.compile(r"([+-]?)((?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?|\.[0-9]+)")
_FOLD: Final[dict[int, str]] = FULLWIDTH_ASCII | {0x2212: "-"}
_SIDES: Final = re.compile(r" ?x ?")
_SIDE_NAME: Final = re.compile(r"^(?:縦|横|高さ?|幅|奥行き?|長さ?|直径|径|厚さ?|[HWDLhwdl](?=[ :0-9]))[: ]*")

_SMALL: Final = Decimal(10)
"""Centimetres up to which a height has a decimal."""

Unit = Literal["mm", "cm", "m", "km", "mg", "g", "kg", "t", "頁"]


@transform()
def decimal(value: str) -> str | None:
    """Write a plain decimal number (``-12.50``), or None. Digits after the point are kept as written.

    Taken: full-width digits and signs, a leading + (dropped), leading zeros (dropped), a missing zero before the
    point, thousands separators in the right places. Not taken: units, approximations, exponents, kanji numerals.

    >>> decimal("１，２００．５０"), decimal("+3"), decimal(".5")
    ('1200.50', '3', '0.5')
    >>> decimal("12cm"), decimal("1,20"), decimal("約30")
    (None, None, None)
    """
    if _PLAIN.fullmatch(value):
        return value
    match = _NUMBER.fullmatch(value.strip().translate(_FOLD))
    if match is None:
        return None
    sign, digits = match.groups()
    digits = digits.replace(",", "")
    whole, point, rest = digits.partition(".")
    return f"{'-' if sign == '-' else ''}{whole.lstrip('0') or '0'}{point}{rest}"


@transform()
def number(value: str, range: Range = "refuse", approximate: bool = False) -> str | None:  # noqa: A002 - a mapping's word
    """Write a number, also one in kanji numerals or with a counter (三十二枚), as plain digits.

    ``range`` says which end of ``10〜12`` is wanted, ``approximate`` also takes 約30 and 30前後. Units (cm, g, 頁)
    have no answer here: see ``measure``.

    >>> number("二百三十四"), number("１，２００点"), number("一万二千"), number("10〜12枚", range="high")
    ('234', '1200', '12000', '12')
    >>> number("約30"), number("約30", approximate=True), number("30cm"), number("10〜12")
    (None, '30', None, None)
    """
    plain = decimal(value)
    if plain is not None:
        return plain
    found = quantities.chosen(quantities.parse(value), about=approximate, end=range)
    if found is None or (found[1] and found[1] not in quantities.COUNTERS and found[1] != "セット"):
        return None
    return decimal(quantities.written(found[0]))


@transform()
def measure(
    value: str,
    to: Unit,
    bare: Literal["refuse", "mm", "cm", "m", "g", "kg", "頁"] = "refuse",
    range: Range = "refuse",  # noqa: A002 - a mapping's word
    approximate: bool = False,
) -> str | None:
    """Write a length, mass or number of pages in the unit ``to``, without the unit.

    ``bare`` is the unit of a number that has none. ``range`` and ``approximate`` are those of ``number``.

    >>> measure("31.5cm", "mm"), measure("1.2ｋｇ", "g"), measure("百頁", "頁"), measure("9〜12㎝", "cm", "cm", "low")
    ('315', '1200', '100', '9')
    >>> measure("31.5", "cm"), measure("31.5", "cm", bare="cm"), measure("約30cm", "cm"), measure("30cm", "g")
    (None, '31.5', None, None)
    """
    found = quantities.chosen(quantities.parse(value), about=approximate, end=range)
    if found is None:
        return None
    unit = found[1] or ("" if bare == "refuse" else bare)
    return quantities.converted(found[0], unit, to) if unit else None


@transform("expand")
def sides(
    value: str, to: Literal["mm", "cm", "m"] = "cm", bare: Literal["refuse", "mm", "cm", "m"] = "refuse"
) -> list[str]:
    """Write each side of a size, in the order they are written; the unit may stand once, at the end.

    >>> sides("縦31.5×横22.0cm"), sides("10mm×2cm", to="mm"), sides("31.5×22.0", bare="cm"), sides("31.5×約22cm")
    (['31.5', '22.0'], ['10', '20'], ['31.5', '22.0'], [])
    """
    parts = [_SIDE_NAME.sub("", part) for part in _SIDES.split(quantities.folded(value))]
    found = [quantities.chosen(quantities.parse(part), about=False, end="refuse") for part in parts]
    last = (found[-1][1] if found[-1] else "") or ("" if bare == "refuse" else bare)
    written = [quantities.converted(item[0], item[1] or last, to) if item and last else None for item in found]
    return [side for side in written if side is not None] if None not in written else []


@transform()
def book_size(value: str, bare: Literal["refuse", "mm", "cm"] = "refuse") -> str | None:
    """Write the size of a book as Japanese cataloguing rules have it: in whole centimetres, rounded up.

    The height alone; height and width where the book is wider than tall, square, or at least twice as tall as wide.
    Ten centimetres and less have one decimal. Taken: a height, or height × width, with a unit or in ``bare``; a width
    of 0 is none. (日本目録規則 1987年版 2.5.3.2, from the practice of NDL's records: inferred.)

    >>> book_size("182mm"), book_size("210×148mm"), book_size("210×297mm"), book_size("87", bare="mm")
    ('19cm', '21cm', '21×30cm', '8.7cm')
    >>> book_size("148×0mm"), book_size("0mm"), book_size("A5")
    ('15cm', None, None)
    """
    found = [Decimal(side) for side in sides(value, "cm", bare)]
    if not 1 <= len(found) <= 2 or not found[0]:
        return None
    height, width = found[0], found[1] if len(found) == 2 else Decimal(0)
    usual = not width or width < height < 2 * width
    step = Decimal("0.1") if height <= _SMALL else Decimal(1)
    shown = (height,) if usual else (height, width)
    return "×".join(f"{side.quantize(step, ROUND_CEILING):f}" for side in shown) + "cm"
