"""Character tables shared by the transforms. All are for ``str.translate`` or single replacements."""

from __future__ import annotations

import unicodedata
from typing import Final

FULLWIDTH_ASCII: Final[dict[int, str]] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
"""！ to ～ (U+FF01-FF5E) → ASCII; the ideographic space is not in it."""

HALFWIDTH_KANA: Final[dict[int, str]] = {
    code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF61, 0xFF9E)
} | {0xFF9E: "゛", 0xFF9F: "゜"}
"""｡ to ﾝ (U+FF61-FF9D) → full width; a voiced mark with nothing to join becomes the spacing mark."""

KATAKANA: Final[dict[int, str]] = {code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
"""Hiragana → katakana, the iteration marks with them."""

ODD_BLANKS: Final = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Blanks other than the space and line breaks, for the inside of a regular expression's brackets."""

INVISIBLE: Final = "\u00ad\u200b\u2060\ufeff"
"""Soft hyphen, zero width space, word joiner, byte order mark (japanese-text.md §3)."""

DASHES: Final[dict[int, str]] = {
    ord(mark): "-" for mark in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70"
}
"""Hyphens, dashes, minus signs and the long marks typed for them → hyphen. For codes and numbers only."""

TWINS: Final = ("〜～", "−－", "‖∥", "—―", "¢￠", "£￡", "¬￢")
"""Characters of JIS X 0208 that cp932 and the encodings of JIS give different numbers in Unicode."""
