"""One look at many texts at once: whether any of them is for a check to look at closer.

RE2 goes through a text once, whatever there is to find, so all checks that look for characters share one pattern.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DITTO: Final = '〃|〟|″|”|"|々|仝|仝上|同上|同右|同左|同前|上に同じ|[Dd]itto\\.?'
SUM: Final = "(?:合|総|小|累)[ \u3000]*計|計|総数|[Tt]otal|TOTAL"
LOST: Final = "[?？]{2,}"
OPENING, CLOSING = "[（(「]?", "[）)」]?"
_DAMAGE: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd〓◆\ue000-\uf8ff\U000f0000-\U0010ffff縺繧繝譁螟邱蜷蟄莠荳ãåæçèéâÃ､･"
)
_BLANKS: Final = "[\\pZ\\s\v\x1c-\x1f\x85]*"
_ROWS = _CELLS = range(0x21, 0x7F)


@cache
def simplified_letters() -> str:
    """Characters of simplified Chinese: in GB 2312 and not in JIS X 0213, the largest set of Japanese."""
    codes = [bytes((row | 0x80, cell | 0x80)) for row in _ROWS for cell in _CELLS]
    chinese = set(b"\n".join(codes).decode("gb2312", "ignore"))
    japanese = set(b"\n".join([*codes, *(b"\x8f" + code for code in codes)]).decode("euc_jis_2004", "ignore"))
    return "".join(sorted(letter for letter in chinese - japanese if "\u4e00" <= letter < "\ua000"))


@cache
def _pattern() -> Any:
    import re2  # noqa: PLC0415 - only runs that look at whole deliveries need it

    options = re2.Options()
    options.never_capture = True
    words = f"{_BLANKS}{OPENING}(?:{DITTO}|{SUM}|{LOST}){CLOSING}{_BLANKS}"
    return re2.compile(f"(?m)[{_DAMAGE}{simplified_letters()}]|^{words}$", options)


def suspect(texts: Iterable[str]) -> bool:
    r"""Whether one of the texts may have a sign of damage or a character of simplified Chinese, or is such a word.

    >>> suspect(["東京", "合計額"]), suspect(["东京"]), suspect(["金額", " 同上 "]), suspect(["a\x07"])
    (False, True, True, True)
    """
    return _pattern().search("\n".join(texts).encode("utf-8", "surrogatepass")) is not None
