"""IBM code page 290, the Japanese katakana EBCDIC, for which Python has no codec.

The 256 codes are facts of the code page as IBM registered it (half-width katakana, small letters in the places of
"Katakana Extended"). Hitachi's and Fujitsu's EBCDIC differ from it in a few signs and in where small letters stand.
"""

from __future__ import annotations

from typing import Final

UNUSED: Final = "\ufffe"
"""What ``codecs.charmap_decode`` takes for a byte without a character."""

_GRAPHIC: Final = """
40 SP ｡ ｢ ｣ ､ ･ ｦ ｧ ｨ ｩ £ . < ( + |
50 & ｪ ｫ ｬ ｭ ｮ ｯ NO ｰ NO ! ¥ * ) ; ¬
60 - / a b c d e f g h NO , % _ > ?
70 [ i j k l m n o p ` : # @ ' = "
80 ] ｱ ｲ ｳ ｴ ｵ ｶ ｷ ｸ ｹ ｺ q ｻ ｼ ｽ ｾ
90 ｿ ﾀ ﾁ ﾂ ﾃ ﾄ ﾅ ﾆ ﾇ ﾈ ﾉ r NO ﾊ ﾋ ﾌ
A0 ~ ‾ ﾍ ﾎ ﾏ ﾐ ﾑ ﾒ ﾓ ﾔ ﾕ s ﾖ ﾗ ﾘ ﾙ
B0 ^ ¢ \\ t u v w x y z ﾚ ﾛ ﾜ ﾝ ﾞ ﾟ
C0 { A B C D E F G H I NO NO NO NO NO NO
D0 } J K L M N O P Q R NO NO NO NO NO NO
E0 $ NO S T U V W X Y Z NO NO NO NO NO NO
F0 0 1 2 3 4 5 6 7 8 9 NO NO NO NO NO APC
"""
_WORDS: Final = {"SP": " ", "NO": UNUSED, "APC": "\x9f"}


def _table() -> str:
    controls = bytes(range(0x40)).decode("cp037")  # the same in every EBCDIC of IBM
    cells = [cell for row in _GRAPHIC.split("\n") for cell in row.split()[1:]]
    return controls + "".join(_WORDS.get(cell, cell) for cell in cells)


CP290: Final = _table()
"""The character of each of the 256 bytes."""
