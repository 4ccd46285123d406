"""Transforms between hiragana, katakana and the two widths."""

from __future__ import annotations

from typing import Final

from convert.transforms import transform
from convert.transforms._kana import compose
from convert.transforms._tables import FULLWIDTH_ASCII, KATAKANA

_TO_HIRAGANA: Final[dict[int, str]] = {ord(kana): chr(code) for code, kana in KATAKANA.items()}
_TO_HALFWIDTH: Final[dict[int, str]] = FULLWIDTH_ASCII | {0x3000: " "}
_TO_FULLWIDTH: Final[dict[int, str]] = {ord(narrow): chr(wide) for wide, narrow in FULLWIDTH_ASCII.items()} | {
    0x20: "\u3000"
}


@transform()
def katakana(value: str) -> str:
    """Hiragana and half-width katakana in full-width katakana; everything else stays, kanji too.

    >>> katakana("そめつけ ｻﾞﾗ")
    'ソメツケ ザラ'
    """
    return compose(value).translate(KATAKANA)


@transform()
def hiragana(value: str) -> str:
    """Katakana of both widths in hiragana; the long mark and ヷ ヸ ヹ ヺ, which hiragana lacks, stay.

    >>> hiragana("ソメツケ ｻﾞﾗ")
    'そめつけ ざら'
    """
    return compose(value).translate(_TO_HIRAGANA)


@transform()
def halfwidth(value: str, jis: bool = False) -> str:
    """Full-width letters, digits and signs of ASCII (！ to ～) and the full-width space in half width.

    ～ becomes ~. Kana stay as they are: katakana is never made half-width. ``jis`` is for texts of JIS X 0208, which
    has no full-width quotes and hyphen: − becomes -, and ” and ’ that close nothing become ASCII quotes.

    >>> halfwidth("Ｎｏ．１２　サラ")
    'No.12 サラ'
    >>> halfwidth("１９９９−２０００　“サラ”　’９９", jis=True)
    "1999-2000 “サラ” '99"
    """
    if value.isascii():
        return value
    value = value.translate(_TO_HALFWIDTH)
    if jis:
        value = value.replace("−", "-")
        for opening, closing, plain in (("“", "”", '"'), ("‘", "’", "'")):
            if opening not in value:
                value = value.replace(closing, plain)
    return value


@transform()
def fullwidth(value: str, ascii: bool = False) -> str:  # noqa: A002 - the word a mapping writes
    """Half-width katakana in full width; with ``ascii`` also letters, digits, signs and the space of ASCII.

    Separate voiced marks are joined to their letter, as in all transforms of kana.

    >>> fullwidth("ｻﾗ No.12")
    'サラ No.12'
    >>> fullwidth("ｻﾗ No.12", ascii=True)
    'サラ　Ｎｏ．１２'
    """
    value = compose(value)
    return value.translate(_TO_FULLWIDTH) if ascii else value
