"""What a value of a kind (``kind`` in the layout) looks like: numbers, dates, readings, codes.

Published data of depositors were the measure of what not to speak of: width, hyphens, blanks, small kana and half-width
katakana occur in all of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from convert.formats.somoku.charsets import mend_long_vowel, narrow
from convert.formats.somoku.checking.found import Hit
from convert.transforms._dates.model import lower, upper
from convert.transforms._dates.read import read
from convert.values import isbn, issn, jpno, language, ncid, ndc
from convert.values._common import Reason

Form = Callable[[str], tuple[Hit, ...]]

_NONE: Final[tuple[Hit, ...]] = ()
_REASONS: Final[dict[str, tuple[str, str]]] = {
    Reason.EMPTY: ("数字がありません", "no digits"),
    Reason.SEVERAL: ("番号が2つ以上あります", "several numbers"),
    Reason.CHARACTER: ("数字でない文字があります", "a character that is no digit"),
    Reason.LENGTH: ("桁の数が違います", "the number of digits"),
    Reason.FORM: ("形が違います", "its form"),
    Reason.PREFIX: ("978・979 で始まっていません", "no prefix 978 or 979"),
    Reason.CHECK: ("チェック数字が合いません", "the check digit"),
    Reason.PLACEHOLDER: ("仮の番号です", "a placeholder"),
    Reason.GROUP: ("使われていない番号帯です", "a range that is not in use"),
}
_HAN: Final = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA: Final = re.compile("[ぁ-ゖァ-ヺｦ-ﾝ]")
_PUNCTUATION: Final = " 　.,;:/，．；：／"
_AHEAD: Final = 2
"""Years after this one in which a book may be said to come out."""
_LIBRARY: Final = re.compile("[0-9]{4}")
_COUNTRY: Final = re.compile("[A-Za-z]{2,3}")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+\S*")
_DIGIT: Final = re.compile(r"\d|[一二三四五六七八九十百千万〇]")
_NO_PRICE: Final = re.compile("非売|無料|頒価|不明|なし|寄贈|オープン|free", re.IGNORECASE)
_SPECIAL_LANGUAGES: Final = frozenset(("mul", "und", "zxx", "mis"))


def form(kind: str | None) -> Form | None:
    """The check of a kind; None where nothing is looked at."""
    return _FORMS.get(kind or "")


def has_kanji(text: str) -> bool:
    """Whether a text has kanji, so that it asks for a reading."""
    return not text.isascii() and _HAN.search(text) is not None


def _wrong(kind: str, reason: Reason | None) -> tuple[Hit, ...]:
    if reason is None:
        return _NONE
    ja, en = _REASONS[reason]
    return (Hit("SMK-IDENTIFIER", {"kind": kind, "reason_ja": ja, "reason": en}),)


def _isbn(value: str) -> tuple[Hit, ...]:
    return _wrong("ISBN", isbn.validate(value))


def _issn(value: str) -> tuple[Hit, ...]:
    return _wrong("ISSN", issn.validate(value))


def _jpno(value: str) -> tuple[Hit, ...]:
    return _NONE if jpno.compact(value) else _wrong("全国書誌番号", Reason.FORM)


def _ncid(value: str) -> tuple[Hit, ...]:
    return _NONE if ncid.is_valid(value) else _wrong("NCID", Reason.FORM)


def _ndc(value: str) -> tuple[Hit, ...]:
    return _NONE if ndc.parse(value) else (Hit("SMK-NDC", {}, _zeros(value)),)


def _zeros(value: str) -> str | None:
    """A class number with the zeros back that a spreadsheet took."""
    whole, point, rest = narrow(value).strip().partition(".")
    known = point and whole.isdecimal() and rest.isdecimal() and len(whole) < 3
    return f"{whole.zfill(3)}.{rest}" if known else None


@lru_cache(4096)
def _date(value: str) -> tuple[Hit, ...]:
    found = read(value.strip(_PUNCTUATION))
    if found.kind == "none":
        return _NONE if "unknown" in found.flags or "unresolved" in found.flags else (Hit("SMK-DATE"),)
    point = found.first or found.last
    year = 0 if point is None else (lower(point)[0] if found.first else upper(point)[0])
    return (Hit("SMK-DATE-FUTURE", {"year": year}),) if year > datetime.now(UTC).year + _AHEAD else _NONE


def _kana(value: str) -> tuple[Hit, ...]:
    if value.isascii():
        return _NONE
    kanji = _HAN.search(value)
    hits = [Hit("SMK-KANA", {"character": kanji[0]})] if kanji is not None else []
    mended = mend_long_vowel(value)
    if mended != value:
        hits.append(Hit("SMK-LONG-VOWEL", {}, mended))
    return tuple(hits)


@lru_cache(1024)
def _language(value: str) -> tuple[Hit, ...]:
    code = narrow(value).strip().lower()
    several = [code[at : at + 3] for at in range(0, len(code), 3)] if len(code) % 3 == 0 else [code]
    known = all(part in _SPECIAL_LANGUAGES or language.find(part) for part in several)
    return _NONE if (code and known) or language.find(value) else (Hit("SMK-LANGUAGE"),)


def _country(value: str) -> tuple[Hit, ...]:
    return _NONE if _COUNTRY.fullmatch(narrow(value).strip()) else (Hit("SMK-COUNTRY"),)


def _libcode(value: str) -> tuple[Hit, ...]:
    if _LIBRARY.fullmatch(value):
        return _NONE
    right = narrow(value).strip()
    return (Hit("SMK-LIBRARY-CODE", {}, right if _LIBRARY.fullmatch(right) else None),)


def _price(value: str) -> tuple[Hit, ...]:
    return _NONE if _DIGIT.search(value) or _NO_PRICE.search(value) else (Hit("SMK-PRICE"),)


def _number(value: str) -> tuple[Hit, ...]:
    return _NONE if narrow(value).strip().isdecimal() else (Hit("SMK-NUMBER"),)


def _url(value: str) -> tuple[Hit, ...]:
    return _NONE if _URL.fullmatch(value.strip()) else (Hit("SMK-URL"),)


_FORMS: Final[dict[str, Form]] = {
    "isbn": _isbn,
    "issn": _issn,
    "jpno": _jpno,
    "ncid": _ncid,
    "ndc": _ndc,
    "date": _date,
    "kana": _kana,
    "language": _language,
    "country": _country,
    "libcode": _libcode,
    "price": _price,
    "number": _number,
    "url": _url,
}
