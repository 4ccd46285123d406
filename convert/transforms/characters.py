"""Checks of characters: a ``check_…`` keeps the text and reports what is odd in it; with ``refuse`` an odd text goes.

To list what is odd in a field of its own, use ``outside`` and ``gaiji``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence  # noqa: TC003 - the decorator reads the annotations

from convert.model import Changed
from convert.transforms import _repertoire as repertoire
from convert.transforms import transform
from convert.transforms._repertoire import GAIJI, NAMES, SELECTORS, STRAY_SELECTOR, Charset
from convert.transforms.text import safe

SHOWN = 20
"""Characters that a report lists of one value."""


@transform()
def check_charset(value: str, charset: Charset, refuse: bool = False) -> str | Changed | None:
    """Keep a text, and report (``VAL-CHARSET``) the characters that are neither in ASCII nor in the set: JIS X 0208,
    JIS X 0213, CP932, or the BMP of Unicode. With ``refuse`` a text that has any gets no answer.

    〜 and − are in the JIS sets, ～ and － in CP932 (``safe`` writes the JIS ones).

    >>> check_charset("渡邊", "jisx0208"), check_charset("髙島", "cp932")
    ('渡邊', '髙島')
    >>> found = check_charset("髙島", "jisx0208")
    >>> found.value, found.code, found.slots["characters"]
    ('髙島', 'VAL-CHARSET', ['髙 U+9AD9'])
    """
    marks = repertoire.outside(value, charset)
    if not marks:
        return value
    mended = safe(value)
    suggestion = None if repertoire.outside(mended, charset) else mended
    slots = {"charset": NAMES[charset], "characters": shown(map(named, marks))}
    return Changed(value, "VAL-CHARSET", slots, suggestion, keep=not refuse)


def shown(words: Iterable[str]) -> list[str]:
    """The words, each once, and so many at most.

    >>> shown("abab"), len(shown(map(str, range(1000))))
    (['a', 'b'], 21)
    """
    found = list(dict.fromkeys(words))
    return found if len(found) <= SHOWN else [*found[:SHOWN], "…"]


def named(mark: str) -> str:
    r"""A character and its code; the code alone where nothing is seen of it by itself.

    >>> named("髙"), named("\u309a"), named("\ue000")
    ('髙 U+9AD9', 'U+309A', 'U+E000')
    """
    seen = mark.isprintable() and not unicodedata.combining(mark) and unicodedata.category(mark) != "Mn"
    return f"{mark if seen else ''} U+{ord(mark):04X}".strip()


@transform("list")
def outside(values: Sequence[str], charset: Charset) -> list[str]:
    """List the characters that a set lacks, each once, with its code; nothing where all are in it.

    >>> outside(["髙島﨑", "髙田"], "jisx0208")
    ['髙 U+9AD9', '﨑 U+FA11']
    """
    return [named(mark) for mark in dict.fromkeys(m for value in values for m in repertoire.outside(value, charset))]


@transform()
def check_gaiji(value: str, refuse: bool = False) -> str | Changed | None:
    r"""Keep a text, and report (``VAL-GAIJI``) marks of lost characters: 〓, ◆…◆ (NACSIS-CAT), U+FFFD, private use
    characters. With ``refuse`` a text that has any gets no answer.

    >>> check_gaiji("神田"), check_gaiji("〓田◆12345◆").slots, check_gaiji("\ue000田").slots
    ('神田', {'characters': ['〓', '◆12345◆']}, {'characters': ['U+E000']})
    """
    marks = gaiji([value])
    if not marks:
        return value
    return Changed(value, "VAL-GAIJI", {"characters": shown(marks)}, keep=not refuse)


@transform("list")
def gaiji(values: Sequence[str]) -> list[str]:
    r"""List the marks of lost characters, each once; private use characters and U+FFFD as their codes.

    >>> gaiji(["〓田◆12345◆", "\ue000田", "神田"])
    ['〓', '◆12345◆', 'U+E000']
    """
    found = dict.fromkeys(mark for value in values for mark in GAIJI.findall(value))
    return [mark if len(mark) > 1 or mark == "〓" else f"U+{ord(mark):04X}" for mark in found]


@transform()
def check_selectors(value: str, allowed: bool = True, refuse: bool = False) -> str | Changed | None:
    r"""Keep a text, and report ideographic variation selectors that follow no kanji (``VAL-SELECTOR-STRAY``); with
    ``allowed: false`` any (``VAL-SELECTOR``). With ``refuse`` a text that has such ones gets no answer.

    >>> check_selectors("葛\U000e0100城") == "葛\U000e0100城", check_selectors("あ\U000e0100").slots
    (True, {'characters': ['あ U+E0100']})
    """
    wanted = STRAY_SELECTOR if allowed else SELECTORS
    places = [found.start() for found in wanted.finditer(value)]
    if not places:
        return value
    marks = [f"{value[place - 1 : place]} {named(value[place])}".strip() for place in places]
    slots = {"characters": shown(marks)}
    return Changed(value, "VAL-SELECTOR-STRAY" if allowed else "VAL-SELECTOR", slots, keep=not refuse)
