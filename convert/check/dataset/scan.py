"""One look at many texts at once: whether any of them is for a check to look at closer.

RE2 goes through a text once, whatever there is to find, so all checks that look for characters share one pattern.
"""

from __future__ import annotations

import contextlib
import re
import sys
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DITTO: Final = '〃|〟|″|”|"|々|仝|仝上|同上|同右|同左|同前|上に同じ|[Dd]itto\\.?'
SUM: Final = "(?:合|総|小|累)[ \u3000]*計|計|総数|[Tt]otal|TOTAL"
LOST: Final = "[?？]{2,}"
OPENING, CLOSING = "[（(「]?", "[）)」]?"
_DAMAGE: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd〓◆\ue000-\uf8ff縺繧繝譁螟邱蜷蟄莠荳ãåæçèéâÃ､･"
_BEYOND: Final = "\U000f0000-\U0010ffff"
"""What is damage, too, and stands beyond the first 65,536 characters."""
_BLANKS: Final = "[\\pZ\\s\v\x1c-\x1f\x85]*"
_BEGINNINGS: Final = frozenset(
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    '\u2028\u2029\u202f\u205f\u3000（(「〃〟″”"々仝同上Dd合総小累計tT?？'
)
"""With what such words, or the blanks before them, begin."""
_LONG: Final = 100
"""Characters of a text, on average, from which on its first one is worth a look of its own."""
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
    return re2.compile(f"(?m)[{_DAMAGE}{_BEYOND}{simplified_letters()}]|^{words}$", options)


@cache
def _signs(*, beyond: bool) -> re.Pattern[str]:
    """One sign of damage or character of simplified Chinese: a set that ``re`` looks up without UTF-8."""
    return re.compile(f"[{_DAMAGE}{_BEYOND if beyond else ''}{simplified_letters()}]")


def suspect(texts: Iterable[str]) -> bool:
    r"""Whether one of the texts may have a sign of damage or a character of simplified Chinese, or is such a word.

    >>> suspect(["東京", "合計額"]), suspect(["东京"]), suspect(["金額", " 同上 "]), suspect(["a\x07"])
    (False, True, True, True)
    """
    return _pattern().search("\n".join(texts).encode("utf-8", "surrogatepass")) is not None


def suspect_column(texts: Sequence[str], joined: str) -> bool:
    r"""As :func:`suspect` of texts that are not blank, and ``joined`` by line feeds; long ones take half the time.

    Of texts with several lines such words are looked for in the first alone: a value is no such word otherwise.

    >>> texts = ["東京の書店の目録。" * 20, "东京の書店の目録。" * 20]
    >>> suspect_column(texts, "\n".join(texts)), suspect_column(texts[:1], texts[0])
    (True, False)
    """
    if len(joined) >= _LONG * len(texts) and not joined.isascii():
        with contextlib.suppress(IndexError):  # an empty text after all
            if _BEGINNINGS.isdisjoint(map(itemgetter(0), texts)):
                beyond = sys.getsizeof(joined) >= 4 * len(joined)  # so large are characters that UTF-16 writes as two
                return _signs(beyond=beyond).search(joined) is not None
    return suspect((joined,))
