"""Signs that a value was damaged on its way: by encodings, spreadsheets, exports. Each sign has a name of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 100_000
"""Characters of a value that are looked at."""

_PLAIN: Final = re.compile(r"[ -%'-;=@-~]*")
_SIGNS: Final = (
    ("replacement", re.compile("\ufffd")),
    ("control", re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")),
    ("private", re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")),
    ("geta", re.compile("〓|◆[0-9A-Za-z]{0,8}◆")),
    ("invisible", re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")),
    ("halfwidth-kana", re.compile("[\uff66-\uff9d]")),
    ("decomposed", re.compile("[\u3041-\u30fe][\u3099\u309a]")),
    ("questions", re.compile(r"\?{3,}|？{3,}")),
    ("entity", re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")),
    ("spreadsheet", re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|####+)")),
    ("exponent", re.compile(r"^\s*[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}\s*$")),
)
_MOJIBAKE: Final = re.compile(
    "縺[\uff61-\uff9f\u3400-\u9fff\ufffd・]|[繧繝][\uff61-\uff9f\ufffd]"
    "|(?!繧繝)[繧繝][\u3400-\u9fff・].{0,2}(?!繧繝)[縺繧繝]|[譁螟邱蜷蟄莠荳][\uff61-\uff9f]"  # UTF-8 read as cp932
    "|ã[\x80-\x83‚ƒ€][\x80-\xff]|[åæçèé][\x80-\xbfŒœŠšŽž‘-”†-…‰€™][\x80-\xff]"  # UTF-8 read as Latin-1
    "|â€[œ™˜]|Ã[\x80-\xbf]"
    "|(?<![ｦ-ﾟ])(?:[､･][｡-ﾟ]){2,}"  # EUC-JP read as cp932: half-width kana alone are none
)
NAMES: Final = ("mojibake", *(name for name, _ in _SIGNS), "blanks", "zeros")
"""Every sign, the worst first. ``zeros`` is found by looking at a whole column."""


def damages(value: str) -> Iterator[str]:
    """The names of the signs in a value.

    ``mojibake`` text decoded in the wrong encoding · ``replacement`` U+FFFD · ``control`` control characters and
    NUL · ``private`` private-use characters (gaiji) · ``geta`` 〓 or ◆…◆, marks of a lost character · ``invisible``
    · ``halfwidth-kana`` · ``decomposed`` kana with a separate voiced mark · ``questions`` ??? · ``entity`` HTML
    entities · ``spreadsheet`` #N/A and the like · ``exponent`` 9.78E+12 · ``blanks`` at the ends.

    >>> list(damages("ﾄｳｷｮｳ ")), list(damages("縺薙ｓ縺ｫ縺｡縺ｯ")), list(damages("9.78E+12"))
    (['halfwidth-kana', 'blanks'], ['mojibake'], ['exponent'])
    """
    if _PLAIN.fullmatch(value):
        if value[:1] == " " or value[-1:] == " ":
            yield "blanks"
        if "?" in value or "#" in value or "E+" in value or "e+" in value:
            yield from _found(value)
        return
    text = value[:LONGEST]
    if _MOJIBAKE.search(text) is not None:
        yield "mojibake"
    else:
        yield from _found(text)
    if value[0].isspace() or value[-1].isspace():
        yield "blanks"


def _found(text: str) -> Iterator[str]:
    return (name for name, sign in _SIGNS if sign.search(text))


def repaired(value: str) -> str | None:
    """What a value in the wrong encoding may have been, where turning it back gives Japanese; else None.

    >>> repaired("縺薙ｓ縺ｫ縺｡縺ｯ")
    'こんにちは'
    """
    for wrong, right in (("cp932", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "utf-8"), ("cp932", "euc_jp")):
        try:
            text = value.encode(wrong).decode(right)
        except UnicodeError:
            continue
        if text != value and re.search("[\u3041-\u30ff\u4e00-\u9fff]", text):
            return text
    return None
