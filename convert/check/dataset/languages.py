"""Languages and scripts against what is expected: a title not in the language its record states, English that is not
English, readings in Latin letters, characters of simplified Chinese in Japanese.

What is expected comes from the format (``titleEn``), from the names of fields (言語, 英語) or from the other records.
Works have titles of many kinds: one or two Latin words, and what stands in quotation marks or brackets, say nothing.
"""

from __future__ import annotations

import re
from functools import cache
from string import ascii_letters
from typing import TYPE_CHECKING, Any, Final, Self

from convert.check.dataset.base import DatasetCheck, Noted, Setting
from convert.check.dataset.scan import simplified_letters
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells
    from convert.check.issue import Issue

_KANA: Final = re.compile("[ぁ-ゖァ-ヺｦ-ﾟ]")
_JAPANESE: Final = re.compile("[ぁ-ゖァ-ヺｦ-ﾟ々〆\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN: Final = re.compile("[A-Za-zÀ-ɏＡ-Ｚａ-ｚ]")
_WORD: Final = re.compile("[A-Za-zÀ-ɏ'’]{2,}")
_QUOTED: Final = re.compile(r"『[^』]*』|「[^」]*」|“[^”]*”|\([^)]*\)|（[^）]*）|\[[^\]]*\]|［[^］]*］|〔[^〕]*〕")
_NAMED_LANGUAGE: Final = re.compile(r"(?:^|[._])(?:language|lang|[^._]{0,6}言語(?:コード|名)?)(?:_[a-z])?$")
_NAMED_ENGLISH: Final = re.compile(
    r"英語|英文|英訳|欧文|(?i:(?:^|[._\-(（])(?:en|eng|english)(?:$|[._\-)）]))|[a-z]En(?:$|[._])"
)
_WORDS: Final = 3
"""Latin words that make a title one that is not Japanese."""
_OF_JAPAN: Final = frozenset(("jpn", "ain", "und", "mul", "zxx", "mis"))
_MEMO: Final = 1000
_NO_LETTERS: Final = bytes(set(range(256)) - set(ascii_letters.encode()) - {0x0A})


class Languages(DatasetCheck):
    """``DSET-LANGUAGE-SCRIPT``, ``DSET-ENGLISH-JAPANESE``, ``DSET-READING-LATIN`` and ``DSET-TEXT-CHINESE``."""

    codes = ("DSET-LANGUAGE-SCRIPT", "DSET-ENGLISH-JAPANESE", "DSET-READING-LATIN", "DSET-TEXT-CHINESE")

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._counts: dict[tuple[str, str], list[int]] = {}
        self._noted = Noted()
        self._known: dict[str, str | None] = {}
        self._named: dict[str, tuple[bool, bool]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_known": {}, "_named": {}}

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """What a record shows by itself is told at once, the rest is counted."""
        found: list[tuple[int, Finding]] = []
        titles = next(iter(batch.playing("title")), None)
        readings = batch.playing("reading")
        for cells in batch.cells.values():
            if str in cells.kinds or list in cells.kinds:
                of_language, english = self._kinds(cells)
                if of_language and titles is not None:
                    found += self._stated(batch, cells, titles, readings)
                elif english:
                    found += self._english(batch, cells)
        if titles is not None:
            for cells in readings:
                found += self._latin(titles, cells)
        for cells in batch.playing("title", "description"):
            found += self._chinese(cells)
        return found

    def _kinds(self, cells: Cells) -> tuple[bool, bool]:
        """Whether a column states languages, and whether it should be English."""
        column = cells.column
        known = self._named.get(column.name)
        if known is None:
            of_language = "language" in column.roles or bool(_NAMED_LANGUAGE.search(column.name))
            english = "english" in column.roles or (not column.constant and bool(_NAMED_ENGLISH.search(column.name)))
            known = of_language, english and not of_language
            if len(self._named) < _MEMO:
                self._named[column.name] = known
        return known

    # ── The language that a record states ────────────────────────────────────────────────────────

    def _stated(
        self, batch: Batch, stated: Cells, titles: Cells, readings: Iterable[Cells]
    ) -> Iterator[tuple[int, Finding]]:
        for record, cell in enumerate(stated.raw):
            language = self._language(cell) if cell.__class__ is str else None
            title = titles.first(record) if language is not None else None
            if language is None or title is None:
                continue
            slots = {"field": titles.column.name, "stated": cell, "other": stated.column.name}
            if language == "jpn":
                read = any(_KANA.search(text) for cells in readings if (text := cells.first(record)))
                if not read and not _JAPANESE.search(title) and len(_WORD.findall(title)) >= _WORDS:
                    yield record, Finding("DSET-LANGUAGE-SCRIPT", titles.column.target, 0, title, slots)
            elif language not in _OF_JAPAN:
                counts = self._counts.setdefault((titles.column.name, language), [0, 0])
                counts[0] += 1
                if _KANA.search(_QUOTED.sub("", title)):
                    counts[1] += 1
                    self._note(batch, titles, language, record, 0, title, slots)

    def _language(self, text: str) -> str | None:
        if text not in self._known:
            from convert.values import language  # noqa: PLC0415 - few deliveries state languages

            found = language.find(text)
            if len(self._known) >= _MEMO:
                return None if found is None else found.bibliographic
            self._known[text] = None if found is None else found.bibliographic
        return self._known[text]

    def _note(
        self, batch: Batch, cells: Cells, kind: str, record: int, index: int, text: str, slots: dict[str, Any]
    ) -> None:
        if not self._noted.full(cells.column.name, kind):
            self._noted.add(batch, cells.column, kind, record, index, text, slots)

    # ── English, readings, Chinese ───────────────────────────────────────────────────────────────

    def _english(self, batch: Batch, cells: Cells) -> Iterator[tuple[int, Finding]]:
        """Japanese where English should be; fields that are English by their names only are counted first."""
        sure = "english" in cells.column.roles
        counts = self._counts.setdefault((cells.column.name, ""), [0, 0])
        counts[0] += len(cells.texts)
        if not _maybe_japanese(cells):
            return
        for record, index, text in cells.each():
            if text.isascii() or len(_JAPANESE.findall(text)) <= len(_LATIN.findall(text)):
                continue
            slots = {"field": cells.column.name}
            if sure:
                yield record, Finding("DSET-ENGLISH-JAPANESE", cells.column.target, index, text, slots)
            else:
                counts[1] += 1
                self._note(batch, cells, "", record, index, text, slots)

    @staticmethod
    def _latin(titles: Cells, cells: Cells) -> Iterator[tuple[int, Finding]]:
        """Readings in Latin letters of titles that are Japanese."""
        joined = "\n".join(cells.distinct) if cells.few else cells.joined
        if not _LATIN.search(joined):
            return
        if not any(_LATIN.search(text) and not _KANA.search(text) for text in joined.split("\n")):
            return
        for record in range(len(cells.raw)):
            text, title = cells.first(record), titles.first(record)
            if text is None or title is None or _KANA.search(text) or not _LATIN.search(text):
                continue
            if _JAPANESE.search(title) and not _JAPANESE.search(text):
                slots = {"field": cells.column.name, "title": title}
                yield record, Finding("DSET-READING-LATIN", cells.column.target, 0, text, slots)

    @staticmethod
    def _chinese(cells: Cells) -> Iterator[tuple[int, Finding]]:
        """Characters of simplified Chinese in a text with kana, what is quoted left out."""
        if not cells.few and not cells.suspect:
            return
        pattern = simplified()
        if not pattern.search("\n".join(cells.distinct)):
            return
        for record, index, text in cells.each():
            if pattern.search(text) and _KANA.search(text):
                character = pattern.search(_QUOTED.sub("", text))
                if character:
                    slots = {"field": cells.column.name, "character": character[0]}
                    yield record, Finding("DSET-TEXT-CHINESE", cells.column.target, index, text, slots)

    # ── The whole ────────────────────────────────────────────────────────────────────────────────

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in what was counted in the records that follow."""
        for key, theirs in other._counts.items():
            ours = self._counts.setdefault(key, [0, 0])
            ours[0] += theirs[0]
            ours[1] += theirs[1]
        self._noted.merge(other._noted, records, rows)

    def finish(self, records: int) -> Iterator[Issue]:
        """Values in another script than most others of their language, or of their field."""
        for (name, language), (total, odd) in sorted(self._counts.items()):
            if odd and total - odd >= total * self.limits["share"]:
                code = "DSET-LANGUAGE-SCRIPT" if language else "DSET-ENGLISH-JAPANESE"
                yield from self._noted[name, language].told(code, odd, total=total)


@cache
def simplified() -> re.Pattern[str]:
    """Characters of simplified Chinese.

    >>> simplified().findall("书店の東京と东京")
    ['书', '东']
    """
    return re.compile(f"[{simplified_letters()}]")


def _maybe_japanese(cells: Cells) -> bool:
    """Whether one of the texts may have more Japanese letters than Latin ones: found in a few calls.

    A Japanese letter takes at least two bytes more than an ASCII one (UTF-8).
    """
    texts = cells.texts
    if cells.joined.isascii():
        return False
    data = cells.joined.encode("utf-8", "surrogatepass")
    sizes, letters = data.split(b"\n"), data.translate(None, _NO_LETTERS).split(b"\n")
    if len(sizes) != len(texts):
        return True
    counts = zip(map(len, texts), map(len, sizes), map(len, letters), strict=True)
    return any(size - length > 2 * latin for length, size, latin in counts)


CHECKS = {"languages": Languages}
