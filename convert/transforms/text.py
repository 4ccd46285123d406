"""Transforms of any text: blanks, width and the three profiles safe, code and key (japanese-text.md §3)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from convert.transforms import transform
from convert.transforms._kana import compose
from convert.transforms._kanji import NEW_FORMS
from convert.transforms._tables import DASHES, INVISIBLE, KATAKANA, ODD_BLANKS

_RUN_OF_BLANKS: Final = re.compile(f"[{ODD_BLANKS}][ {ODD_BLANKS}]*| [ {ODD_BLANKS}]+")
_WIDTH_FORMS: Final = re.compile("[\u3000\uff01-\uffee]+")
_USUAL_FORMS: Final = tuple(
    (mark, unicodedata.normalize("NFKC", mark)) for mark in "（）０１２３４５６７８９　，．：；！？"
)

_UNWANTED: Final = re.compile(
    f"[{INVISIBLE}\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]+",
)
_LINE_BREAK: Final = re.compile("\r\n?")
_ANYTHING_TO_DO: Final = re.compile(
    f"[{INVISIBLE}{ODD_BLANKS}\\x00-\\x09\\x0b-\\x1f\\ud800-\\udfff\\ufffe\\uffff\u3099\u309a\uff61-\uff9f"
    "\u2225\u2f00-\u2fd5\uff5e\uffe0-\uffe2]"
)
"""Every character that ``safe`` changes, but for two spaces in a row: nearly all texts have none."""
_TO_REPAIR: Final = re.compile("[\u2225\u2f00-\u2fd5\uff5e\uffe0-\uffe2]")
_REPAIRS: Final[dict[int, str]] = {
    0x2225: "\u2016",
    0xFF5E: "\u301c",
    0xFFE0: "\u00a2",
    0xFFE1: "\u00a3",
    0xFFE2: "\u00ac",
} | {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}

_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_NOT_KEY: Final = re.compile("[^\\w〓]+|[_ー]+")
_KEY_LETTERS: Final[dict[int, str]] = NEW_FORMS | KATAKANA


@transform(inline="{x}.strip()")
def trim(value: str) -> str:
    """Blanks and line breaks off both ends.

    >>> trim("　染付皿 ")
    '染付皿'
    """
    return value.strip()


@transform(inline="{x} if '  ' not in {x} and {x}.isprintable() else {f}({x})")
def squeeze(value: str) -> str:
    r"""Each run of blanks as one space: spaces, tabs, no-break and full-width spaces. Line breaks stay.

    >>> squeeze("架空　　太郎\n（作）")
    '架空 太郎\n（作）'
    """
    if "\u3000" in value:
        value = value.replace("\u3000", " ")
    # Every blank but the space is unprintable to Python, and asking that is ten times faster than searching.
    if "  " not in value and value.isprintable():
        return value
    return _RUN_OF_BLANKS.sub(" ", value)


@transform(inline="{x} if {x}.isascii() else {f}({x})")
def nfkc(value: str) -> str:
    """Unicode normalisation form NFKC. It changes meaning (① becomes 1, ㎡ m2, ～ ~): not for titles.

    >>> nfkc("ＡＢＣ１２３ ﾊﾞｲｵﾘﾝ")
    'ABC123 バイオリン'
    """
    if value.isascii() or unicodedata.is_normalized("NFKC", value):
        return value
    # A part replaced by its own NFKC leaves the NFKC of the whole as it was, and mostly that is all there is to do.
    for mark, plain in _USUAL_FORMS:
        if mark in value:
            value = value.replace(mark, plain)
    if unicodedata.is_normalized("NFKC", value):
        return value
    value = _WIDTH_FORMS.sub(_normalized_run, value)
    return value if unicodedata.is_normalized("NFKC", value) else unicodedata.normalize("NFKC", value)


def _normalized_run(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])


@transform()
def safe(value: str) -> str:
    r"""Repairs that lose nothing a reader sees; the written form stays.

    Characters illegal in XML 1.0 and invisible ones go; line breaks become LF; half-width katakana and separate
    voiced marks are composed; the CP932 doubles (～ ∥ ￠ ￡ ￢) become the JIS characters; Kangxi radicals become
    ideographs; a run of blanks becomes one space; the ends are trimmed. NFC and NFKC are not used: they
    replace kanji (japanese-text.md §3).

    >>> safe("\ufeffﾄｳｷｮｳ　 1999～2003 ")
    'トウキョウ 1999〜2003'
    """
    if "  " not in value and _ANYTHING_TO_DO.search(value) is None:
        return value.strip()
    return _repaired(value)


def _repaired(value: str) -> str:
    value = _UNWANTED.sub("", value)
    if "\r" in value:
        value = _LINE_BREAK.sub("\n", value)
    if not value.isascii():
        value = compose(value)
        if _TO_REPAIR.search(value):
            value = value.translate(_REPAIRS)
    return _RUN_OF_BLANKS.sub(" ", value).strip()


@transform()
def code(value: str) -> str | None:
    """Fold an identifier, date or number: safe, NFKC, every dash and long mark a hyphen, no blanks.

    Never for names or titles: it turns コンピューター into コンピュ-タ-.

    >>> code("ＩＳＢＮ 978–4ー10")
    'ISBN978-4-10'
    """
    folded = nfkc(safe(value)).translate(DASHES)
    return "".join(folded.split()) or None


@transform()
def key(value: str) -> str | None:
    """Make a key for matching, never for output; None means "no key", not "equal to nothing".

    Safe, NFKC, variation selectors off, old kanji to new (our own table), case folded, hiragana to katakana;
    then only letters, digits and 〓 stay, and the long mark goes.

    >>> key("圖書館学・コンピューター Ⅲ")
    '図書館学コンピュタiii'
    """
    folded = _SELECTORS.sub("", nfkc(safe(value)))
    folded = folded.translate(_KEY_LETTERS).casefold()
    return _NOT_KEY.sub("", folded) or None
