"""Readings: not in kana, or not the reading of the title they stand with; titles in another script than all others.

What is compared is only what a reading cannot leave out: word division, long marks, voicing of historic spelling and
parts after a colon or in brackets are left alone.
"""

from __future__ import annotations

import re
from operator import le
from typing import TYPE_CHECKING, Any, Final

from convert.check.dataset.base import Outliers
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.check.dataset.columns import Batch, Cells
    from convert.check.issue import Issue

_NOT_READ: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々]")
_JAPANESE: Final = re.compile(
    "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff々〆]"
)
_KATAKANA: Final = re.compile("[ァ-ヺｦ-ﾟ]")
_RUN: Final = re.compile("[ァ-ヴーｦ-ﾟ]{3,}")
_KANA: Final = re.compile("[ァ-ヺ]")
_HISTORIC: Final = re.compile("[ヰヱ]|[テケセメエ]フ")
"""Spellings that are read otherwise (てふ is チョウ)."""
_APART: Final = re.compile(r"[:：;；=＝/／|｜()（）\[\]［］【】〔〕{}｛｝<>＜＞〈〉《》「」『』\"“”,，]|[-－―—‐～〜~]")
"""Where a title has parts of which a reading may give some only."""
_DIGITS: Final = re.compile("[0-9０-９A-Za-zＡ-Ｚａ-ｚ]")
_SMALL: Final = str.maketrans("ァィゥェォッャュョヮヵヶヲヂヅヴ", "アイウエオツヤユヨワカケオジズブ")
_HIRAGANA: Final = {code: chr(code + 0x60) for code in range(0x3041, 0x3097)}
_SKIPPED: Final = dict.fromkeys(map(ord, " 　ー・-‐－―、。，．,.!！?？'’"))


def folded(text: str) -> str:
    """Kana in one form: katakana, small ones large, without blanks and long marks.

    >>> folded("てぃー　カップ"), folded("ヴァイオリン")
    ('テイカツプ', 'ブアイオリン')
    """
    import unicodedata  # noqa: PLC0415

    plain = text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)
    return plain.translate(_HIRAGANA).translate(_SMALL).translate(_SKIPPED)


def misfit(title: str, reading: str) -> str | None:
    """Why a reading cannot be that of a title: ``short``, ``long`` or ``kana``; None when it may be.

    ``short``, ``long``: fewer than half a kana for each letter of the title's longest part, more than six for each of
    the title. ``kana``: of three or more katakana that stand together in the title most are nowhere in the reading.

    >>> misfit("架空川図", "カクウガワズ"), misfit("架空川の図と資料集", "カク"), misfit("カヌーの図", "シロノズ")
    (None, 'short', 'kana')
    """
    read = folded(reading)
    if _APART.search(title) or not _KANA.search(read):
        return None
    parts = ["".join(_JAPANESE.findall(folded(part))) for part in title.split()]
    longest, letters = max(map(len, parts), default=0), sum(map(len, parts))
    if longest >= 4 and len(read) * 2 < longest:
        return "short"
    if letters and len(read) > 6 * letters + 12 and not _DIGITS.search(title):
        return "long"
    return "kana" if any(_lacks(read, folded(run)) for run in _RUN.findall(title)) else None


def _lacks(read: str, kana: str) -> bool:
    missing = sum(1 for letter in kana if letter not in read)
    return missing >= 2 and missing * 2 > len(kana) and not _HISTORIC.search(kana)


class Readings(Outliers):
    """``DSET-READING-KANA``, ``DSET-READING-FIT`` and ``DSET-TITLE-SCRIPT``."""

    codes = ("DSET-READING-KANA", "DSET-READING-FIT", "DSET-TITLE-SCRIPT")

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Readings are told at once; titles without Japanese are kept, for the others to tell."""
        found: list[tuple[int, Finding]] = []
        titles = batch.playing("title")
        for cells in batch.playing("reading"):
            if self.speaks("DSET-READING-KANA"):
                found += self._kana(cells)
            if titles:
                found += self._fit(titles[0], cells)
        for cells in titles:
            self._script(batch, cells)
        return found

    def _kana(self, cells: Cells) -> Iterator[tuple[int, Finding]]:
        if not _NOT_READ.search(cells.joined):
            return
        for record, index, text in cells.each():
            kanji = _NOT_READ.search(text)
            if kanji:
                slots = {"field": cells.column.name, "character": kanji[0]}
                yield record, Finding("DSET-READING-KANA", cells.column.target, index, text, slots)

    def _fit(self, titles: Cells, readings: Cells) -> Iterator[tuple[int, Finding]]:
        plain = titles.plain and readings.plain
        if plain and _all_fit(titles.raw, readings.raw):
            return
        for record, (title, reading) in enumerate(zip(titles.raw, readings.raw, strict=True)):
            if plain or (title.__class__ is str and reading.__class__ is str):
                if not title or not reading or _quick(title, reading):
                    continue
                why = None if _NOT_READ.search(reading) else misfit(title, reading)
                if why:
                    slots = {"title": title, "why": why, "field": readings.column.name, **WORDS[why]}
                    yield record, Finding("DSET-READING-FIT", readings.column.target, 0, reading, slots)

    def _script(self, batch: Batch, cells: Cells) -> None:
        counts = self._counts.setdefault(cells.column.name, [0, 0])
        texts = cells.texts
        counts[0] += len(texts)
        foreign = sum(map(str.isascii, texts))
        counts[1] += foreign
        if foreign and not self._noted.full(cells.column.name, "script"):
            for record, index, text in cells.each():
                if text.isascii():
                    self._noted.add(batch, cells.column, "script", record, index, text)

    def finish(self, records: int) -> Iterator[Issue]:
        """Titles in Latin letters, where nearly all others are in Japanese."""
        for name, total, foreign in self.outliers("titles"):
            yield from self._noted[name, "script"].told("DSET-TITLE-SCRIPT", foreign, total=total)


WORDS: Final[dict[str, dict[str, Any]]] = {
    "short": {"why_ja": "短すぎます", "why_en": "too short"},
    "long": {"why_ja": "長すぎます", "why_en": "too long"},
    "kana": {"why_ja": "タイトルのカタカナを含みません", "why_en": "without the katakana of the title"},
}


def _all_fit(titles: Sequence[str], readings: Sequence[str]) -> bool:
    """Whether :func:`_quick` is true of all, in a few calls."""
    sizes, read = list(map(len, titles)), list(map(len, readings))
    if not all(map(le, sizes, read)) or not all(map(le, read, [size * 3 for size in sizes])):
        return False
    return _KATAKANA.search("".join(titles)) is None


def _quick(title: str, reading: str) -> bool:
    """Whether nothing can be wrong, at a glance: the lengths fit and the title has no katakana."""
    return len(title) <= len(reading) <= 3 * len(title) and _KATAKANA.search(title) is None


CHECKS = {"readings": Readings}
