"""Which character set bytes are in: what each set makes of them, and how much that looks like a catalogue's texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from convert.formats.somoku.charsets import NAMES, charset

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST: Final = 400
"""Values that are looked at."""
_LONGEST = 200  # bytes of a value
_GOOD = re.compile(r"[0-9A-Za-z ぁ-んァ-ヶー・。、「」（）０-９Ａ-Ｚａ-ｚ　]")
_USUAL = re.compile(r"[.,:;/()\-'，．：；？！－～〜／“”‘’『』【】〈〉《》＝＋々〆〇\[\]&]")
_HALF = re.compile(r"[ｦ-ﾟ]")
_KANJI = re.compile(r"[一-龥]")


@cache
def _level_one(sign: str) -> bool:
    """Whether a kanji is of the first level of JIS X 0208 (rows 16 to 47)."""
    try:
        return 0xB0 <= sign.encode("euc_jp")[0] <= 0xCF and len(sign.encode("euc_jp")) == 2
    except UnicodeEncodeError:
        return False


@cache
def _weight(sign: str) -> float:
    """How likely a character is in a catalogue, -2 to 1."""
    if _GOOD.fullmatch(sign):
        return 1.0
    if _USUAL.fullmatch(sign):
        return 0.8
    if _HALF.fullmatch(sign):
        return 0.3
    if _KANJI.fullmatch(sign):
        return 0.9 if _level_one(sign) else 0.1
    if ord(sign) < 0x20 or ord(sign) >= 0xE000:
        return -2.0
    return -0.5


@dataclass(frozen=True, slots=True)
class Fit:
    """What a character set makes of some values. ``read``: values without a byte that is no character; ``likely``: how
    much their characters look like a catalogue's, per byte, up to 1.
    """

    name: str
    read: int
    of: int
    likely: float
    kana: int
    kanji: int
    half: int


def fit(name: str, values: Iterable[bytes]) -> Fit:
    """How well a character set fits."""
    kind = charset(name)
    read = count = kana = kanji = half = weight = size = 0.0
    for value in values:
        count += 1
        text, flaws = kind.read(value[:_LONGEST])
        read += not any(flaw.at < _LONGEST - 4 for flaw in flaws)  # the cut may go through a character
        size += len(value[:_LONGEST])
        share = len(value[:_LONGEST]) / max(1, len(text))
        for sign in text:
            weight += _weight(sign) * share
            kana += "ぁ" <= sign <= "ヶ"
            kanji += bool(_KANJI.fullmatch(sign))
            half += bool(_HALF.fullmatch(sign))
    return Fit(name, int(read), int(count), weight / max(1, size), int(kana), int(kanji), int(half))


def fits(values: list[bytes]) -> list[Fit]:
    """All character sets, the likeliest first. Of sets that read the same, the plainest stands first."""
    chosen = values[:: max(1, len(values) // MOST)][:MOST]
    if not chosen:
        return []
    escapes = sum(b"\x1b$" in value or b"\x1b(" in value for value in chosen)
    found = [fit(name, chosen) for name in NAMES]
    order = {name: place for place, name in enumerate(_PLAINEST)}

    def key(each: Fit) -> tuple[float, ...]:
        bonus = 0.5 if each.name == "iso2022jp" and escapes else 0
        return (-round(each.likely + each.read / each.of + bonus, 2), order[each.name])

    return sorted(found, key=key)


_PLAINEST: Final = (
    "ascii",
    "jisx0201",
    "utf-8",
    "euc_jp",
    "cp932",
    "iso2022jp",
    "jisx0208",
    "shift_jis",
    "ebcdic",
    "ebcdic-kana",
    "iso-8859-1",
)


def best(values: list[bytes]) -> Fit | None:
    """The likeliest character set."""
    found = fits([value for value in values if value])
    return found[0] if found else None
