"""Which characters a coded set has. Each set is what decoding all its codes gives, so that the one-way entries of
encoders (U+FF5E in EUC) do not count. Made when first asked for.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

Charset = Literal["jisx0208", "jisx0213", "cp932", "bmp"]
NAMES: Final = {"jisx0208": "JIS X 0208", "jisx0213": "JIS X 0213", "cp932": "CP932", "bmp": "BMP (U+0000–U+FFFF)"}

_ROW: Final = range(0xA1, 0xFF)
_VARIATION: Final = "\U000e0100-\U000e01ef"
_KANJI: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
STRAY_SELECTOR: Final = re.compile(f"(?<![{_KANJI}])[{_VARIATION}]")
"""A variation selector with no kanji before it."""
SELECTORS: Final = re.compile(f"[{_VARIATION}]")
GAIJI: Final = re.compile("◆[^◆]*◆|〓|\ufffd|[\ue000-\uf8ff]|[\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
"""What stands for a character that was lost: ◆…◆ and 〓 of NACSIS-CAT, U+FFFD, private use."""


def _decoded(codes: list[bytes], encoding: str) -> frozenset[str]:
    found = set()
    for code in codes:
        try:
            found.add(code.decode(encoding))
        except UnicodeDecodeError:
            continue
    return frozenset(found)


@cache
def characters(name: str) -> frozenset[str]:
    """Every character of a set outside ASCII; JIS X 0213 also has pairs (か with U+309A)."""
    if name == "jisx0208":
        return _decoded([bytes((row, cell)) for row in _ROW for cell in _ROW], "euc_jp")
    wide = [bytes((lead, trail)) for lead in (*range(0x81, 0xA0), *range(0xE0, 0xFD)) for trail in range(0x40, 0xFD)]
    if name == "jisx0213":
        return _decoded(wide, "shift_jis_2004")
    found = _decoded(wide + [bytes((code,)) for code in range(0xA1, 0xE0)], "cp932")
    return frozenset(mark for mark in found if not "\ue000" <= mark <= "\uf8ff")


@cache
def _odd(name: str) -> re.Pattern[str]:
    """Any character that by itself is neither in ASCII nor in a set."""
    single = "".join(sorted(mark for mark in characters(name) if len(mark) == 1))
    return re.compile(f"[^\0-\x7f{re.escape(single)}]")


def outside(text: str, name: str) -> list[str]:
    """The characters of a text that a set lacks, each once, in their order; a variation selector is one of them.

    >>> outside("髙島﨑", "jisx0208"), outside("髙島﨑", "cp932"), outside("𠮷野", "bmp")
    (['髙', '﨑'], [], ['𠮷'])
    """
    if text.isascii():
        return []
    if name == "bmp":
        return list(dict.fromkeys(mark for mark in text if mark > "\uffff"))
    known = characters(name)
    if not _odd(name).search(text):  # nearly every text, at a tenth of the cost
        return []
    found: dict[str, None] = {}
    for place, mark in enumerate(text):
        if mark < "\x80" or mark in known:
            continue
        if text[place - 1 : place + 1] not in known or not place:
            found[mark] = None
    return list(found)
