"""Tables from katakana to Latin letters: modified Hepburn and Kunrei (ISO 3602). Never from kanji."""

from __future__ import annotations

from typing import Final

_ROWS: Final = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ", "h": "ハヒフヘホ",
    "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ", "d": "ダヂヅデド", "b": "バビブベボ",
    "p": "パピプペポ",
}  # fmt: skip
_PALATAL: Final = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}
_BASE: Final[dict[str, str]] = {
    kana: consonant + vowel for consonant, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)
} | {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ヂ": "zi", "ヅ": "zu"}


def _kunrei() -> dict[str, str]:
    found = dict(_BASE)
    for consonant, row in _ROWS.items():
        if consonant and consonant != "d":
            found |= {row[1] + small: consonant + glide for small, glide in _PALATAL.items()}
    return found | {"ヂ" + small: "z" + glide for small, glide in _PALATAL.items()}


_HEPBURN_HEADS: Final = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji"}
_HEPBURN_GLIDES: Final = {"sy": "sh", "ty": "ch", "zy": "j"}
_FOREIGN: Final = """
イェye ウィwi ウェwe ウォwo ヴァva ヴィvi ヴvu ヴェve ヴォvo ヴュvyu シェshe ジェje チェche ティti ディdi トゥtu ドゥdu
テュtyu デュdyu ツァtsa ツィtsi ツェtse ツォtso ファfa フィfi フェfe フォfo フュfyu クァkwa クィkwi クェkwe クォkwo
グァgwa ヷva ヸvi ヹve ヺvo
"""
"""Kana of foreign words; Kunrei has no letters for them."""


def _hepburn() -> dict[str, str]:
    found = {}
    for kana, latin in KUNREI.items():
        head = _HEPBURN_GLIDES.get(latin[:2])
        found[kana] = _HEPBURN_HEADS.get(latin) or (head + latin[2:] if head else latin)
    for entry in _FOREIGN.split():
        kana = entry.rstrip("abcdefghijklmnopqrstuvwxyz")
        found[kana] = entry[len(kana) :]
    return found


KUNREI: Final = _kunrei()
HEPBURN: Final = _hepburn()
LONG: Final[dict[str, dict[str, str]]] = {
    "macron": dict(zip("aiueo", "āīūēō", strict=True)),
    "circumflex": dict(zip("aiueo", "âîûêô", strict=True)),
    "double": {vowel: vowel * 2 for vowel in "aiueo"},
    "none": {vowel: vowel for vowel in "aiueo"},
}
"""How a long vowel is written."""
PAIRS: Final = {"ou": "o", "oo": "o", "uu": "u", "aa": "a", "ee": "e"}
"""Two vowels that are mostly one long one inside a word; ei and ii stay two in both systems."""


def syllables(word: str, table: dict[str, str]) -> list[str] | None:
    """Latin syllables of a word in katakana; ``ー`` is ``-``, ッ ``*``, ン ``n'``; None where a letter is unknown.

    >>> syllables("ガッコウ", HEPBURN), syllables("学コウ", HEPBURN)
    (['ga', '*', 'ko', 'u'], None)
    """
    found, place = [], 0
    signs = {"ー": "-", "ッ": "*", "ン": "n'"}
    while place < len(word):
        two, one = word[place : place + 2], word[place]
        if len(two) == 2 and two in table:
            found.append(table[two])
            place += 2
            continue
        latin = table.get(one) or signs.get(one)
        if latin is None:
            return None
        found.append(latin)
        place += 1
    return found
