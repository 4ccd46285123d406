"""The label (レコード管理部) of a record: its items, read, checked and computed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convert.formats.somoku.charsets import charset
from convert.formats.somoku.numbers import Figures
from convert.formats.somoku.parts import Damage, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.model import LabelItem, Layout


class Label:
    """The record control part, read and written."""

    def __init__(self, layout: Layout) -> None:
        self.rule = layout.label
        self.length = layout.label.length
        self._charset = charset(layout.charsets.control)
        self._figures = {
            item.name: Figures(item.number, layout.charsets.control)
            for item in self.rule.items
            if item.number is not None
        }
        self._pattern = re.compile(self._regex(), re.DOTALL)
        self._blank = self._template()
        self._computed = [item for item in self.rule.items if item.role not in (None, "status")]

    def _regex(self) -> bytes:
        """What the bytes of a label look like; also used to find one among other bytes."""
        parts, at = [], 0
        for item in sorted(self.rule.items, key=lambda item: item.at):
            parts.append(b".{%d}" % (item.at - at) if item.at > at else b"")
            parts.append(self._item_regex(item))
            at = item.end
        return b"".join(parts) + (b".{%d}" % (self.length - at) if self.length > at else b"")

    def _item_regex(self, item: LabelItem) -> bytes:
        if item.const is not None:
            return re.escape(self._charset.encode(item.const))
        if item.number is not None and item.number.coding == "digits":
            digits = b"".join(re.escape(self._charset.encode(digit)) for digit in "0123456789")
            pad = self._charset.encode(item.number.pad)
            return b"[%b%b]{%d}" % (digits, re.escape(pad) if item.number.pad != "0" else b"", item.length)
        codes = item.statuses or item.values
        if codes:
            return b"(?:%b)" % b"|".join(re.escape(self._charset.encode(code.ljust(item.length))) for code in codes)
        return b".{%d}" % item.length

    @property
    def telling(self) -> bool:
        """Whether a label can be told from other bytes: it has two bytes or more that can only be a few."""
        sure = [item for item in self.rule.items if item.const is not None or item.statuses or item.values]
        sure += [item for item in self.rule.items if item.number is not None and item.number.coding == "digits"]
        return sum(item.length for item in sure) >= 4

    def candidates(self, data: bytes, start: int, end: int) -> Iterator[int]:
        """Where labels may start in ``data``."""
        at = start
        while (found := self._pattern.search(data, at, end)) is not None:
            yield found.start()
            at = found.start() + 1

    def sound(self, label: bytes) -> bool:
        """Whether every item is one that can stand in a label."""
        return self._pattern.fullmatch(label) is not None

    def odd(self, label: bytes) -> Iterator[Damage]:
        """Items that hold what the layout does not have for them. Computed numbers are read where they are needed."""
        if self.sound(label):
            return
        for item in self.rule.items:
            value = label[item.at : item.end]
            if item.role in (None, "status") and not re.fullmatch(self._item_regex(item), value, re.DOTALL):
                known = item.const if item.const is not None else "、".join(item.statuses or item.values)
                yield Damage("SMK-LABEL-ODD", item.at, item=item.name, found=self._told(value), known=known)

    def likely(self, label: bytes) -> bool:
        """Whether half of the items or more could stand in a label."""
        good = sum(
            re.fullmatch(self._item_regex(item), label[item.at : item.end], re.DOTALL) is not None
            for item in self.rule.items
        )
        return len(label) == self.length and 2 * good >= len(self.rule.items)

    def number(self, label: bytes, item: LabelItem) -> int:
        """The number an item holds, without what was added to it."""
        try:
            return self._figures[item.name].read(label[item.at : item.end]) - item.adds
        except ValueError:
            found = self._told(label[item.at : item.end])
            raise Damage("SMK-LABEL", item.at, item=item.name, found=found) from None

    def _told(self, value: bytes) -> str:
        """What stands in an item, for people: as text where it is one, else as bytes."""
        text = self._charset.decode(value)
        return text if text.isascii() and text.isprintable() else shown(value)

    def text(self, label: bytes, item: LabelItem) -> str:
        """An item as text."""
        return self._charset.decode(label[item.at : item.end])

    def _template(self) -> bytes:
        blank = bytearray(self._charset.encode(" ") * self.length)
        for item in self.rule.items:
            text = item.const if item.const is not None else item.given
            if text is not None:
                blank[item.at : item.end] = self._charset.encode(text.ljust(item.length)[: item.length])
        return bytes(blank)

    def made(self, values: dict[str, str]) -> bytes:
        """A label with these items; lengths are computed when the record is written. Unfit texts raise ValueError."""
        label = bytearray(self._blank)
        for name, text in values.items():
            item = self.rule.named(name)
            if item is None or len(text) > item.length:
                raise ValueError(name)
            label[item.at : item.end] = self._charset.encode(text.ljust(item.length))
        return bytes(label)

    def filled(self, label: bytes, numbers: dict[str, int]) -> bytes:
        """The label with its computed numbers."""
        if not self._computed:
            return label
        done = bytearray(label)
        for item in self._computed:
            assert item.role is not None  # noqa: S101 - chosen by it
            try:
                done[item.at : item.end] = self._figures[item.name].write(numbers[item.role] + item.adds)
            except OverflowError:
                most = self._figures[item.name].most
                raise Damage("SMK-TOO-LONG", item.at, item=item.name, length=numbers[item.role], most=most) from None
        return bytes(done)
