"""Checks of characters (japanese-text.md §2): a ``check_…`` keeps a text that passes and refuses any other.

To keep every text and list what is odd in it, use ``outside`` and ``gaiji`` in a field of their own.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - the decorator reads the annotations

from convert.transforms import _repertoire as repertoire
from convert.transforms import transform
from convert.transforms._repertoire import GAIJI, SELECTORS, STRAY_SELECTOR, Charset


@transform()
def check_charset(value: str, charset: Charset) -> str | None:
    """Keep a text whose characters are all in ASCII or the set: JIS X 0208, JIS X 0213, CP932, or the BMP of Unicode.

    〜 and − are in the JIS sets, ～ and － in CP932 (``safe`` writes the JIS ones).

    >>> check_charset("渡邊", "jisx0208"), check_charset("髙島", "jisx0208"), check_charset("髙島", "cp932")
    ('渡邊', None, '髙島')
    """
    return None if repertoire.outside(value, charset) else value


@transform("list")
def outside(values: Sequence[str], charset: Charset) -> list[str]:
    """List the characters that a set lacks, each once, with its code; nothing where all are in it.

    >>> outside(["髙島﨑", "髙田"], "jisx0208")
    ['髙 U+9AD9', '﨑 U+FA11']
    """
    found = dict.fromkeys(mark for value in values for mark in repertoire.outside(value, charset))
    return [f"{mark if mark.isprintable() else ''} U+{ord(mark):04X}".strip() for mark in found]


@transform()
def check_gaiji(value: str) -> str | None:
    r"""Keep a text without marks of lost characters: 〓, ◆…◆ (NACSIS-CAT), U+FFFD, private use characters.

    >>> check_gaiji("神田"), check_gaiji("〓田"), check_gaiji("◆12345◆田"), check_gaiji("\ue000田")
    ('神田', None, None, None)
    """
    return None if GAIJI.search(value) else value


@transform("list")
def gaiji(values: Sequence[str]) -> list[str]:
    r"""List the marks of lost characters, each once; private use characters and U+FFFD as their codes.

    >>> gaiji(["〓田◆12345◆", "\ue000田", "神田"])
    ['〓', '◆12345◆', 'U+E000']
    """
    found = dict.fromkeys(mark for value in values for mark in GAIJI.findall(value))
    return [mark if len(mark) > 1 or mark == "〓" else f"U+{ord(mark):04X}" for mark in found]


@transform()
def check_selectors(value: str, allowed: bool = True) -> str | None:
    r"""Keep a text whose ideographic variation selectors each follow a kanji; with ``allowed: false`` one without any.

    >>> check_selectors("葛\U000e0100城") is None, check_selectors("あ\U000e0100") is None
    (False, True)
    """
    return None if (STRAY_SELECTOR if allowed else SELECTORS).search(value) else value
