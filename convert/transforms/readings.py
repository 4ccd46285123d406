"""Transforms of readings (ヨミ): spelling of the National Diet Library, checks, Latin letters."""

from __future__ import annotations

import re
from typing import Final, Literal

from convert.model import Changed
from convert.transforms import transform
from convert.transforms._kana import compose
from convert.transforms._romaji import HEPBURN, KUNREI, LONG, PAIRS, syllables
from convert.transforms._tables import FULLWIDTH_ASCII, KATAKANA
from convert.transforms.characters import named, shown
from convert.transforms.text import safe

_NDL: Final[dict[int, str]] = {
    ord(old): new for old, new in (("ヂ", "ジ"), ("ヅ", "ズ"), ("ヰ", "イ"), ("ヱ", "エ"), ("ヲ", "オ"))
}
_PARTICLES: Final = {"ハ": "ワ", "ヘ": "エ", "ヲ": "オ"}
_ALLOWED: Final = re.compile(r"[ァ-ヶー・ -~]+")
_ODD: Final = re.compile(r"[^ァ-ヶー・ -~]")
_KANA: Final = re.compile("[ァ-ヶ]")
_SHAPES: Final = (
    (re.compile("^ | $"), "a blank at an end", "前後に空白がある"),
    (re.compile("  "), "two blanks in a row", "空白が続いている"),
    (re.compile("(?:^| )ー"), "a long mark at the start of a word", "語の初めが長音"),
)
_NOT_NDL: Final = re.compile("[ヂヅヰヱヲ]")
_SMALL_AGAIN: Final = re.compile("[ァィゥェォャュョヮ]{3}")
_WORD: Final = re.compile("[ァ-ヺーヷ-ヺ]+")
_VOWELS: Final = frozenset("aiueo")
_PAIR: Final = re.compile("|".join(PAIRS))


@transform()
def reading(value: str, particles: bool = False) -> str | None:
    """Write a reading as the National Diet Library spells it: full-width katakana, ヂ ヅ ヰ ヱ ヲ as ジ ズ イ エ オ.

    Letters, digits and signs of ASCII become half width. ``particles`` also takes ハ and ヘ that stand as words of
    their own for particles (ワ, エ); that is inferred from the word spaces. None where something else than a reading
    is left (kanji): readings are never made up.

    >>> reading("つづりかた"), reading("ｺﾝﾆﾁﾊ ﾄｳｷｮｳ"), reading("ワタシ ハ", particles=True), reading("東京 トウキョウ")
    ('ツズリカタ', 'コンニチハ トウキョウ', 'ワタシ ワ', None)
    """
    text = compose(safe(value)).translate(FULLWIDTH_ASCII).translate(KATAKANA)
    if particles:
        text = " ".join(_PARTICLES.get(word, word) for word in text.split(" "))
    text = text.translate(_NDL)
    return text if _ALLOWED.fullmatch(text) and not _SMALL_AGAIN.search(text) else None


@transform()
def check_reading(value: str, ndl: bool = True, refuse: bool = False) -> str | Changed | None:
    """Keep a reading, and report (``VAL-READING``) anything in it but full-width katakana, ASCII, ー and ・; also no
    kana at all, blanks at the ends, two blanks, a long mark at the start of a word.

    With ``ndl`` also (``VAL-READING-NDL``) ヂ ヅ ヰ ヱ ヲ, which the National Diet Library does not write. Which signs
    are allowed is inferred. With ``refuse`` what is reported gets no answer.

    >>> check_reading("トウキョウ シ"), check_reading("ツヅリ", ndl=False)
    ('トウキョウ シ', 'ツヅリ')
    >>> found = check_reading("とうきょう")
    >>> found.value, found.code, found.suggestion
    ('とうきょう', 'VAL-READING', 'トウキョウ')
    >>> check_reading("ツヅリ").code, check_reading("ツヅリ").suggestion
    ('VAL-READING-NDL', 'ツズリ')
    """
    faults = _faults(value)
    old = shown(_NOT_NDL.findall(value)) if ndl else []
    if not faults and not old:
        return value
    suggestion = _suggestion(value, ndl)
    if not faults:
        return Changed(value, "VAL-READING-NDL", {"characters": old}, suggestion, keep=not refuse)
    if old:
        kana = ", ".join(old)
        faults.append(
            (f"kana that the National Diet Library does not write ({kana})", f"国会図書館では使わないかな（{kana}）")
        )
    slots = {"reason": [english for english, _ in faults], "reason_ja": [japanese for _, japanese in faults]}
    return Changed(value, "VAL-READING", slots, suggestion, keep=not refuse)


def _faults(value: str) -> list[tuple[str, str]]:
    """What is wrong with a reading, in English and Japanese."""
    faults = []
    if not _ALLOWED.fullmatch(value):
        names = ", ".join(shown(named(mark) for mark in _ODD.findall(value)))
        faults.append((f"other characters ({names})", f"読みに使わない文字（{names}）"))
    if not _KANA.search(value):
        faults.append(("no katakana", "カタカナがない"))
    return faults + [(english, japanese) for shape, english, japanese in _SHAPES if shape.search(value)]


def _suggestion(value: str, ndl: bool) -> str | None:
    """How the reading would be written, where it is only a matter of writing."""
    spelled = reading(value)
    if not spelled or (not ndl and _NOT_NDL.search(value)):
        return None
    return spelled if spelled != value and not _faults(spelled) else None


@transform()
def romaji(
    value: str,
    system: Literal["hepburn", "kunrei"] = "hepburn",
    vowels: Literal["marked", "all"] = "marked",
    long: Literal["macron", "circumflex", "double", "none"] = "macron",
    particles: bool = False,
    capital: Literal["none", "first", "words"] = "none",
) -> str | None:
    """Write a kana reading in Latin letters, word for word; None where it has kanji or kana without a rule.

    ``system``: modified Hepburn, or Kunrei (ISO 3602), which has no letters for ティ, ファ … ``vowels``: ``marked``
    makes only ー a long vowel; ``all`` also オウ, オオ, ウウ inside a word, a guess where two parts of a word meet
    (ト + ウタ).
    ``long``: how long vowels are written. ``particles`` reads ハ and ヘ that stand as words for wa and e.

    >>> romaji("ジョウホウガク"), romaji("ジョウホウガク", vowels="all"), romaji("シンヨウ ケンポウ"), romaji("東京")
    ('jouhougaku', 'jōhōgaku', "shin'you kenpou", None)
    >>> romaji("コンピューター ニッチ"), romaji("ちゅうおう", "kunrei", "all", "circumflex", capital="first")
    ('konpyūtā nitchi', 'Tyûô')
    """
    text = compose(value).translate(FULLWIDTH_ASCII).translate(KATAKANA).strip()
    words = [_latin(word, system, vowels, LONG[long], particles) for word in text.split()]
    found = " ".join(word for word in words if word is not None)
    if None in words or not found:
        return None
    if capital == "words":
        return " ".join(word[:1].upper() + word[1:] for word in found.split(" "))
    return found[:1].upper() + found[1:] if capital == "first" else found


def _latin(word: str, system: str, vowels: str, long: dict[str, str], particles: bool) -> str | None:
    if particles and word in _PARTICLES:
        return {"ハ": "wa", "ヘ": "e", "ヲ": "o"}[word]
    parts, end = [], 0
    for match in _WORD.finditer(word):
        between, latin = word[end : match.start()], _kana_word(match[0], system, vowels, long)
        if latin is None:
            return None
        parts += [between, latin]
        end = match.end()
    written = [*parts, word[end:]]
    outside = "".join(written[0::2]).replace("・", " ")
    return "".join(written).replace("・", " ") if outside.isascii() else None


def _kana_word(word: str, system: str, vowels: str, long: dict[str, str]) -> str | None:
    found = syllables(word, HEPBURN if system == "hepburn" else KUNREI)
    if found is None:
        return None
    latin = ""
    for place, syllable in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else ""
        piece = _syllable(syllable, following, latin, system, long)
        if piece is None:
            return None
        latin = latin[:-1] + piece if syllable == "-" else latin + piece
    return _PAIR.sub(lambda pair: long[PAIRS[pair[0]]], latin) if vowels == "all" else latin


def _syllable(syllable: str, following: str, before: str, system: str, long: dict[str, str]) -> str | None:
    """The letters of a syllable; for a long mark those that replace the vowel before it."""
    if syllable == "-":
        return long[before[-1]] if before[-1:] in _VOWELS else None
    if syllable == "*":
        head = following[:1]
        if not head.isalpha() or head in _VOWELS:
            return None
        return "t" if system == "hepburn" and following.startswith("ch") else head
    if syllable == "n'":
        return "n'" if following[:1] in (*_VOWELS, "y") else "n"
    return syllable
