"""What a value looks like: its kind, and the separators it may hold. One text in, a few words out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from convert.transforms.dates import w3cdtf
from convert.transforms.numbers import decimal
from convert.transforms.urls import problem
from convert.values import isbn

LONGEST: Final = 2000
"""Characters of a value that are looked at."""
_MEMO: Final = 64
"""A text of at most so many characters is remembered with its kinds."""

SEPARATORS: Final = ("；", ";", "｜", "|", "／", "、", "\n")
"""What may stand between several values of one cell."""

YES: Final = frozenset(("true", "yes", "y", "t", "1", "on", "○", "〇", "◯", "有", "有り", "あり", "はい", "可", "済"))
NO: Final = frozenset(
    ("false", "no", "n", "f", "0", "off", "×", "✕", "☓", "無", "無し", "なし", "いいえ", "不可", "未")
)

_PLAIN_WORDS: Final = (YES | NO) - set("10yntf")
"""A single digit or letter says yes or no only beside its like; see :func:`yes_no`."""

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_IMAGE: Final = re.compile(r"\.(?:jpe?g|png|gif|tiff?|webp|bmp|jp2)(?:[?#].*)?$", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"/manifest(?:\.json)?(?:[?#].*)?$|/iiif/.*\.json(?:[?#].*)?$", re.IGNORECASE)
_DOI: Final = re.compile(r"(?:doi:\s?|https?://(?:dx\.)?doi\.org/)?10\.[0-9]{4,9}/[!-~]+", re.IGNORECASE)
_ISSN: Final = re.compile(r"(?:ISSN[: ]?)?([0-9]{4})-([0-9]{3}[0-9X])", re.IGNORECASE)
_NCID: Final = re.compile(r"[AB][A-EN][0-9]{7}[0-9X]")
_JAN: Final = re.compile(r"4[59][0-9]{11}|49[0-9]{6}|491[0-9]{10}(?:[0-9]{5})?|192[0-9]{10}")
_ISIL: Final = re.compile(r"JP-[0-9]{7}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ISBN_LIKE: Final = re.compile(r"(?:ISBN[-: 0-9]*)?[0-9][0-9 ー‐-]{8,16}[0-9X]", re.IGNORECASE)
_TAG: Final = re.compile(
    r"</?(?:a|b|i|u|p|br|hr|div|span|em|strong|sub|sup|ul|ol|li|dl|dt|dd|table|tbody|thead|tr|t[hd]|h[1-6]|img|font|ruby|rt"
    r"|script|style)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_POINT: Final = re.compile(r"[+-]?([0-9]{1,3}(?:\.[0-9]+)?)\s*[,，、/ ]\s*[+-]?([0-9]{1,3}(?:\.[0-9]+)?)")
_NUMBER_UNIT: Final = re.compile(
    r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?\s?(?:[a-zμ㎝㎜㎏ｇℓ%％°]{1,4}|[点枚冊個本幅件通巻頁人円年歳面双対基口帖綴])"
)
_CODE: Final = re.compile(r"(?=.*[0-9A-Z])[A-Za-z0-9][A-Za-z0-9._:/-]{0,39}")
_HIRAGANA: Final = "ぁ-ゖゝゞ"
_KATAKANA: Final = "ァ-ヺヽヾ"
_KANA_MARKS: Final = r"ー・\s　,、.。()（）0-9０-９－-"
_KANA: Final = re.compile(f"[{_HIRAGANA}{_KATAKANA}\uff66-\uff9f{_KANA_MARKS}]+")
_HAS_KANA: Final = re.compile(f"[{_HIRAGANA}{_KATAKANA}\uff66-\uff9d]")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
_WIDE: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

_SIGN_DATES: Final = (
    ("date-iso", re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")),
    ("date-time", re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[T ][0-9]{1,2}:.*")),
    ("date-slash", re.compile(r"[0-9]{4}/[0-9]{1,2}(?:/[0-9]{1,2})?")),
    ("date-dot", re.compile(r"[0-9]{4}\. ?[0-9]{1,2}(?:\. ?[0-9]{1,2})?\.?")),
    ("date-year", re.compile(r"1[0-9]{3}|20[0-9]{2}|[0-9]{3,4}年")),
    ("date-words", re.compile(r"(?:西暦)?[0-9]{4}年.{0,12}")),
    ("date-compact", re.compile(r"(?:1[5-9]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")),
)
_ERA: Final = re.compile(
    "(?:[明大昭平令]|[MTSHR]\\.?|明治|大正|昭和|平成|令和|慶応|元治|文久|万延|安政|嘉永|弘化|天保|文政|文化|享和|寛政"
    "|天明|安永|明和|宝暦|寛延|延享|寛保|元文|享保|正徳|宝永|元禄|貞享|天和|延宝|寛文|万治|明暦|承応|慶安|正保|寛永|元和|慶長"
    "|文禄|天正)[ .]?(?:元|[0-9]{1,2}|[〇一二三四五六七八九十]{1,4})(?:[ 年./-].*)?"
)
_ABOUT: Final = re.compile("頃|ころ|世紀|年代|時代|年間|末期|初期|中期|後期|前期|以前|以後|ca?\\.|circa|不詳")
_RANGE: Final = re.compile(
    r"(?:[0-9]{3,4}|[明大昭平令][治正和成]?\s?[0-9元]{1,2})[^~〜～]{0,9}(?:[~〜～]|から|\s[-–—]\s|/(?=[0-9]{4}$)|[-–—](?=[0-9]{4}$)).{0,24}"
)
_EXPONENT: Final = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}")


def kinds(value: str) -> tuple[str, ...]:
    """The kind of a value, then what else holds of it. Blank values have none.

    Kinds: url email isbn issn jan ncid doi isil uuid · date-… · integer decimal number-unit · boolean · coordinates ·
    kana code latin text. Besides: ``html``, ``image`` and ``manifest`` (of URLs), ``day`` and ``date`` (``w3cdtf``
    reads a day, or at least a year), ``hiragana``, ``serial`` (could be a spreadsheet's day number), ``zero``
    (digits that begin with 0), ``sep:X`` (holds a separator).

    >>> kinds("昭和48年6月19日"), kinds("12.5"), kinds("見本三郎; 架空太郎")
    (('date-era', 'day', 'date'), ('decimal',), ('text', 'sep:;'))
    """
    text = value.strip()
    if not text:
        return ()
    return _remembered(text) if len(text) <= _MEMO else _kinds(text[:LONGEST])


@lru_cache(maxsize=20_000)
def _remembered(text: str) -> tuple[str, ...]:
    return _kinds(text)


def _kinds(text: str) -> tuple[str, ...]:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).strip() or text
    found = [_kind(text, plain)]
    if found[0] == "url":
        found += [name for name, sign in (("image", _IMAGE), ("manifest", _MANIFEST)) if sign.search(plain)]
    if plain[:1] == "0" and plain.isdecimal() and len(plain) > 1:
        found.append("zero")
    if "<" in text and _TAG.search(text):
        found.append("html")
    if found[0] == "kana" and re.search(f"[{_HIRAGANA}]", text):
        found.append("hiragana")
    if found[0].startswith("date"):
        found += _readable(text)
    if found[0] == "integer" and plain.isdecimal() and len(plain) == 5 and "14000" < plain < "60000":
        found.append("serial")
    if found[0] not in ("url", "coordinates"):
        found += [f"sep:{mark}" for mark in SEPARATORS if mark in text]
    elif found[0] == "url" and "\n" in text:
        found.append("sep:\n")
    return tuple(found)


def _readable(text: str) -> list[str]:
    """Whether ``w3cdtf``, after folding the width, reads a day or something less."""
    read = w3cdtf(unicodedata.normalize("NFKC", text))
    if read is None:
        return []
    return ["day", "date"] if len(read) == len("2026-03-31") else ["date"]


def _kind(text: str, plain: str) -> str:
    return (
        _web(text, plain)
        or ("boolean" if plain.casefold() in _PLAIN_WORDS else None)
        or _identifier(plain)
        or _date(plain)
        or _number(plain)
        or _words(text, plain)
    )


def _web(text: str, plain: str) -> str | None:
    if "://" in plain:
        first = re.split(r"[\s;；|]", text, maxsplit=1)[0]
        return "url" if problem(first) is None else None
    return "email" if "@" in plain and _EMAIL.fullmatch(plain) else None


def _identifier(plain: str) -> str | None:
    if _ISBN_LIKE.fullmatch(plain) and isbn.is_valid(plain):
        return "isbn"
    issn = _ISSN.fullmatch(plain)
    if issn and _issn(issn[1] + issn[2].upper()):
        return "issn"
    if _JAN.fullmatch(plain) and (len(plain) == 18 or _ean(plain)):
        return "jan"
    for name, pattern in (("ncid", _NCID), ("doi", _DOI), ("isil", _ISIL), ("uuid", _UUID)):
        if pattern.fullmatch(plain):
            return name
    return None


def _issn(digits: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits, strict=False))
    return (total + (10 if digits[7] == "X" else int(digits[7]))) % 11 == 0


def _ean(digits: str) -> bool:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _date(plain: str) -> str | None:
    if len(plain) > _MEMO:
        return None
    for name, pattern in _SIGN_DATES:
        if pattern.fullmatch(plain):
            if name == "date-words" and (_ABOUT.search(plain) or _RANGE.fullmatch(plain)):
                break
            return name
    if plain[0].isdecimal() or plain[0] in "明大昭平令":
        if _RANGE.fullmatch(plain) and not plain.replace("-", "").isdecimal():
            return "date-range"
        if re.fullmatch(r"[12][0-9]{3}-[12][0-9]{3}", plain):
            return "date-range"
    if _ABOUT.search(plain) and len(plain) <= 24:
        return "date-about"
    return "date-era" if _ERA.fullmatch(plain) else None


def _number(plain: str) -> str | None:
    if plain.isdecimal():
        return "integer"
    if _EXPONENT.fullmatch(plain):
        return "exponent"
    point = _POINT.fullmatch(plain)
    if point and "." in point[1] and "." in point[2] and float(point[1]) <= 180 and float(point[2]) <= 180:
        return "coordinates"
    if plain[0] in "+-.0123456789" and decimal(plain) is not None:
        return "decimal" if "." in plain else "integer"
    return "number-unit" if _NUMBER_UNIT.fullmatch(plain) else None


def _words(text: str, plain: str) -> str:
    if _KANA.fullmatch(text) and _HAS_KANA.search(text):
        return "kana"
    if _CODE.fullmatch(plain):
        return "code" if any(map(str.isdecimal, plain)) or (plain.isupper() and len(plain) <= 12) else "latin"
    return "latin" if _LATIN.search(plain) and not _WIDE.search(plain) else "text"


def yes_no(values: frozenset[str]) -> tuple[frozenset[str], frozenset[str]] | None:
    """The values that mean yes and no, when every one does and they are a pair of their own; else None.

    ``1`` alone, or ``1`` and ``0``, are taken too: what the heading says decides.

    >>> yes_no(frozenset(("有", "無")))
    (frozenset({'有'}), frozenset({'無'}))
    >>> yes_no(frozenset(("A", "N"))) is None
    True
    """
    folded = {value: unicodedata.normalize("NFKC", value).strip().casefold() for value in values}
    yes = frozenset(value for value, word in folded.items() if word in YES)
    no = frozenset(value for value, word in folded.items() if word in NO)
    return (yes, no) if values and len(yes) + len(no) == len(values) else None
