"""Characters that a set may lack: their other width, and what people write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator  # noqa: TC003 - doctests of the module read the annotations
from typing import Final

from convert.formats.somoku._gaiji import STAND_INS
from convert.transforms._kana import compose
from convert.transforms._kanji import NEW_FORMS
from convert.transforms._tables import DASHES, FULLWIDTH_ASCII, HALFWIDTH_KANA, KATAKANA, TWINS

GETA: Final = "〓"
"""Stands for a character that could not be read or written, as in Japanese print."""

_STAND_IN: Final = re.compile(f"[{STAND_INS}]")
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JIS: Final = {0x22: "”", 0x27: "’", 0x2D: "−", 0x7E: "〜"}
_WIDE: Final[dict[int, str]] = (
    {ord(narrow): chr(wide) for wide, narrow in FULLWIDTH_ASCII.items()} | _JIS | {0x20: "　"}
)
_NARROW: Final[dict[int, str]] = FULLWIDTH_ASCII | {ord(wide): chr(code) for code, wide in _JIS.items()} | {0x3000: " "}
_MAY_NARROW: Final = re.compile("[　”’−〜\uff01-\uff5e]")
_HALF: Final = {ord(wide): chr(code) for code, wide in HALFWIDTH_KANA.items()} | {0x3099: "ﾞ", 0x309A: "ﾟ"}
_OTHER: Final[dict[int, str]] = {ord(pair[at]): pair[1 - at] for pair in (*TWINS, "¥￥", "‾￣") for at in (0, 1)}
_OTHER.update({ord("\\"): "¥", ord("~"): "‾"})
_PLAIN: Final = {ord(a): b for a, b in zip("‘’“”⁄", "''\"\"/", strict=True)}
_LONG_VOWEL: Final = re.compile("(?<=[ぁ-ゖァ-ヺ])[−－](?![0-9０-９])")


def readable(text: str) -> str:
    r"""The text for people and receivers: 〓 for every code that could not be read.

    >>> readable("山\U000f2921田\U001000ff")
    '山〓田〓'
    """
    return text if text.isascii() else _STAND_IN.sub(GETA, text)


def widen(text: str) -> str:
    r"""ASCII and half-width katakana in full width; all that they become has a place in JIS X 0208.

    The quotes become ” and ’, the hyphen − (U+2212), the tilde 〜, as that set has no others.

    >>> widen("NDC 913.6 ﾊﾞｲｵﾘﾝ"), widen("1999-2000")
    ('ＮＤＣ　９１３．６　バイオリン', '１９９９−２０００')
    """
    return compose(text.translate(_WIDE))


def narrow(text: str) -> str:
    """Full-width ASCII in ASCII, with what :func:`widen` writes for quotes, hyphen and tilde; katakana stays.

    >>> narrow("ＮＤＣ　９１３．６"), narrow("１９９９−２０００　カナ")
    ('NDC 913.6', '1999-2000 カナ')
    """
    return text if text.isascii() or not _MAY_NARROW.search(text) else text.translate(_NARROW)


def mend_long_vowel(text: str) -> str:
    """The long-vowel sign where a minus sign stands for it: after kana and not before a digit (a guess; old files of
    JAPAN/MARC have 21 5D for 21 3C).

    >>> mend_long_vowel("コンピュ−タ−　１９９９−２０００　カ−５")
    'コンピューター　１９９９−２０００　カ−５'
    """
    return _LONG_VOWEL.sub("ー", text)


def substitute(mark: str, holds: Callable[[str], bool]) -> str | None:
    """What may be written for a character (or one with its combining marks) that a set lacks; None: nothing known.

    >>> cp932 = lambda text: text.isascii() or text in "高吉"
    >>> [substitute(mark, cp932) for mark in ("髙", "𠮷", "㎝", "①", "é", "−", "鿋")]
    ['高', '吉', 'cm', '(1)', 'e', '-', None]
    """
    for found in _candidates(mark):
        for form in (found, widen(found), narrow(found), _halved(found)):
            if form and form != mark and holds(form):
                return form
    return None


def _candidates(mark: str) -> Iterator[str]:
    bare = unicodedata.normalize("NFC", _SELECTORS.sub("", mark))
    folded = unicodedata.normalize("NFKC", bare)
    yield bare
    yield bare.translate(_OTHER)
    if unicodedata.decomposition(bare[0] if bare else " ").startswith("<circle>"):
        yield f"({folded})"
    yield bare.translate(NEW_FORMS)
    yield folded
    yield folded.translate(NEW_FORMS)
    parts = unicodedata.normalize("NFKD", bare)
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    yield plain
    yield plain.translate(_PLAIN)
    yield folded.translate(DASHES)


def _halved(text: str) -> str:
    return unicodedata.normalize("NFD", text.translate(KATAKANA)).translate(_HALF)
