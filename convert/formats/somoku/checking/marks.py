"""What is odd about a text whatever it says: control characters, geta marks, bytes read in the wrong character set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from convert.formats.somoku._fitting import GETA
from convert.formats.somoku.charsets import charset
from convert.formats.somoku.checking.found import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROLS: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029"
ODD: Final = re.compile(f"[{_CONTROLS}{GETA}\ufffd縺繧繝､･$%ÃãÂâ]")
"""What a text without any of the marks does not have; a first look only."""
_CONTROL: Final = re.compile(f"[{_CONTROLS}]+")
_JIS_AS_ASCII: Final = re.compile("(?:[$%][!-v]){3,}")
_EUC_AS_SJIS: Final = re.compile("(?:[､･][｡-ﾟ]){3,}")
_UTF8_AS_SJIS: Final = re.compile("[縺繧繝]")
_UTF8_AS_LATIN: Final = re.compile("[ÃãÂâ][\x80-\xbf\u0152-\u2122]")
_BESIDE_GETA: Final = re.compile(f"(?<={GETA})[\u4e00-\u9fff]{{2,}}|[\u4e00-\u9fff]{{2,}}(?={GETA})")
_JIS: Final = charset("jisx0208")
_MANY: Final = 3

Words = tuple[str, str, str | None]
"""What happened to the bytes, in Japanese and in English, and the text they would be."""


def marks(text: str) -> Iterator[Hit]:
    r"""What is odd about a text.

    >>> [hit.code for hit in marks("213.9\n1")], [hit.more for hit in marks("〓山〓")]
    (['SMK-CONTROL'], [{'count': 2}])
    """
    if (control := _CONTROL.search(text)) is not None:
        characters = " ".join(f"U+{ord(mark):04X}" for mark in control[0][:4])
        yield Hit("SMK-CONTROL", {"characters": characters}, _CONTROL.sub(" ", text).strip() or None)
    words = misread(text)
    if words is not None:
        ja, en, instead = words
        yield Hit("SMK-MISREAD", {"reason_ja": ja, "reason": en}, instead)
    if GETA in text:
        yield Hit("SMK-GETA", {"count": text.count(GETA)})


def misread(text: str) -> Words | None:
    """What was probably done to the bytes of a text; None: nothing is seen.

    >>> misread("%+%/%&%N%[%s")[1:]
    ('two-byte characters read as single bytes', 'カクウノホン')
    >>> misread("譫ｶ遨ｺ縺ｮ譛ｬ")[2], misread("､ｫ､ｯ､ｦ")[2], misread("閲可〓槌櫻協可")[2], misread("繧繝縁")
    ('架空の本', 'かくう', None, None)
    """
    if "\ufffd" in text:
        return "読めないバイトが「\ufffd」に置き換えられています", "bytes that could not be read became U+FFFD", None
    return _single(text) or _sjis(text) or _latin(text) or _katakana(text)


def _single(text: str) -> Words | None:
    found = _JIS_AS_ASCII.search(text)
    if found is None or len(set(found[0])) < _MANY:
        return None
    whole = text.encode() if text.isascii() else found[0].encode()
    instead, flaws = _JIS.read(whole)
    ja, en = "2バイトの文字を1バイトずつ読んでいます", "two-byte characters read as single bytes"
    return ja, en, None if flaws else instead


def _sjis(text: str) -> Words | None:
    if _EUC_AS_SJIS.search(text):
        return "EUC-JP をシフト JIS として読んでいます", "EUC-JP read as Shift_JIS", _again(text, "cp932", "euc_jp")
    found = len(_UTF8_AS_SJIS.findall(text))
    instead = _again(text, "cp932", "utf-8") if found else None
    if instead is not None or found >= _MANY:
        return "UTF-8 をシフト JIS として読んでいます", "UTF-8 read as Shift_JIS", instead
    return None


def _latin(text: str) -> Words | None:
    if not _UTF8_AS_LATIN.search(text):
        return None
    instead = _again(text, "latin-1", "utf-8") or _again(text, "cp1252", "utf-8")
    return None if instead is None else ("UTF-8 を ISO 8859-1 として読んでいます", "UTF-8 read as ISO 8859-1", instead)


def _katakana(text: str) -> Words | None:
    """Beside a geta mark, kanji of which one is rare and all are made of bytes of half-width katakana."""
    for found in _BESIDE_GETA.finditer(text):
        raw = _again_bytes(found[0])
        if all(0xA6 <= byte <= 0xDF for byte in raw) and any(lead >= 0xD0 for lead in raw[::2]):
            kana = raw.decode("cp932")
            ja = f"半角カタカナ「{kana}」を2バイトの文字として読んだのかもしれません"
            return ja, f"perhaps half-width katakana ({kana}) read as two-byte characters", None
    return None


def _again(text: str, read: str, right: str) -> str | None:
    """The bytes that were read in one character set, in another."""
    try:
        return text.encode(read).decode(right)
    except UnicodeError:
        return None


def _again_bytes(text: str) -> bytes:
    try:
        return text.encode("euc_jp")
    except UnicodeError:
        return b"\xff"
