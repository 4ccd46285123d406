"""The texts of a record: which character set a subfield is in, read and written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convert.formats.somoku.charsets import Flaw, Gaiji, charset, readable, widen
from convert.formats.somoku.parts import Sub

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.formats.somoku.charsets import Charset
    from convert.formats.somoku.model import Layout
    from convert.formats.somoku.parts import Description


class Texts:
    """Reads and writes the texts of a layout's subfields."""

    def __init__(self, layout: Layout) -> None:
        self._charsets = layout.charsets
        self._gaiji = _gaiji(layout)
        self._data = self._named(layout.charsets.data)
        self._modes = {mode: self._named(name) for mode, name in layout.charsets.modes.items()}
        modes = list(self._modes.items())
        self._first, self._last = modes[:-1], modes[-1][0] if modes else ""
        self._tags: dict[str, Charset] = {}
        self._slots: dict[tuple[str, str], Charset] = {}
        self._modeless = {tag for tag, rule in layout.tags.items() if rule.plain or rule.slots}
        for rule in layout.tags.values():
            if rule.charset is not None:
                self._tags[rule.tag] = self._named(rule.charset)
            for slot in rule.slots:
                if slot.charset is not None:
                    self._slots[rule.tag, slot.name] = self._named(slot.charset)
        for slot in layout.fields.slots:
            if slot.charset is not None:
                self._tags[slot.name] = self._named(slot.charset)

    def _named(self, name: str) -> Charset:
        return charset(name, self._gaiji, self._charsets.stand_in)

    def of(self, tag: str, sub: str, mode: str) -> Charset:
        """The character set of a subfield."""
        if mode:
            return self._modes[mode]
        return self._slots.get((tag, sub)) or self._tags.get(tag) or self._data

    def text(self, tag: str, sub: Sub) -> str:
        """A subfield as text; a geta mark (〓) stands for what cannot be read."""
        return readable(self.of(tag, sub.id, sub.mode).decode(sub.data))

    def exact(self, tag: str, sub: Sub) -> str:
        """A subfield as text from which the same bytes can be made again."""
        return self.of(tag, sub.id, sub.mode).decode(sub.data)

    def legible(self, description: Description) -> bool:
        """Whether every byte of the texts can be read."""
        if description.texts is None:
            return not any(self.flaws(field.tag, sub) for field in description.fields for sub in field.subs)
        for mode, data in description.texts.data.items():
            kind = self.of("", "", mode)
            if data and (not _whole(data, kind.width or 1) or kind.flaws(b"".join(data))):
                return False
        return True

    def decoded(self, pieces: dict[str, list[bytes]]) -> dict[str, list[str]]:
        """The texts of a record by mode, in the order of its data. Many are read in one go where characters have one
        width; a geta mark (〓) stands for what cannot be read.
        """
        found = {}
        for mode, data in pieces.items():
            kind = self.of("", "", mode)
            width = kind.width
            if width is None or not _whole(data, width) or kind.flaws(b"".join(data)):
                found[mode] = [readable(kind.decode(piece)) for piece in data]
                continue
            text, at = kind.decode(b"".join(data)), 0
            found[mode] = texts = []
            for piece in data:
                end = at + len(piece) // width
                texts.append(text[at:end])
                at = end
        return found

    def flaws(self, tag: str, sub: Sub) -> list[Flaw]:
        """What cannot be read in a subfield."""
        return self.of(tag, sub.id, sub.mode).flaws(sub.data)

    @property
    def moded(self) -> bool:
        """Whether subfields say their character set."""
        return bool(self._modes)

    def written(self, tag: str, sub: str, text: str, mode: str | None = None) -> tuple[Sub, list[Flaw], bool]:
        """A text as a subfield, what had no place in the character set, and whether it was made wide.

        With modes: the first one that holds the text as it is, else made wide, else the last with stand-ins. ``mode``:
        this one in any case.
        """
        if not self._modes or tag in self._modeless:
            data, flaws, wide = self._fitted(self.of(tag, sub, ""), text)
            return Sub(sub, "", data), flaws, wide
        if mode is None:
            for name, kind in self._first:
                if kind.holds(text):
                    return Sub(sub, name, kind.encode(text)), [], False
            mode = self._last
        data, flaws, wide = self._fitted(self._modes[mode], text)
        return Sub(sub, mode, data), flaws, wide

    @staticmethod
    def _fitted(kind: Charset, text: str) -> tuple[bytes, list[Flaw], bool]:
        wide = widen(text) if kind.width == 2 else text  # two bytes for every character: there are no narrow ones
        if kind.holds(wide):
            return kind.encode(wide), [], wide != text
        data, flaws = kind.fit(wide)
        return data, flaws, wide != text

    def cut(self, tag: str, sub: Sub, most: int) -> Sub:
        """As many whole characters as ``most`` bytes have room for."""
        kind = self.of(tag, sub.id, sub.mode)
        text = kind.decode(sub.data)
        good = _longest(len(text), lambda count: len(kind.encode(text[:count])) <= most)
        return sub._replace(data=kind.encode(text[:good]))


def _whole(data: list[bytes], width: int) -> bool:
    """Whether every piece is made of whole characters, so that they can be read one after another."""
    return width == 1 or not any(len(piece) % width for piece in data)


def _longest(count: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to ``count`` that fits; what fits, fits when shorter."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _gaiji(layout: Layout) -> Gaiji | None:
    if layout.charsets.gaiji is None:
        return None
    return Gaiji.read(Path(layout.charsets.gaiji))
