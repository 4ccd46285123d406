"""Values in stretches of fixed length, filled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.somoku.charsets import charset
from convert.formats.somoku.parts import Damage

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout, Slot


class Slots:
    """Values in stretches of fixed length."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[tuple[str, str], bytes] = {}

    def _pad(self, slot: Slot) -> bytes:
        name = slot.charset or self._layout.charsets.data
        found = self._known.get((name, slot.pad))
        if found is None:
            data = charset(name).fit(slot.pad)[0]
            if name == "jisx0208" and slot.pad == " ":
                data = b"\x21\x21"
            found = self._known[name, slot.pad] = data
        return found

    def read(self, slot: Slot, data: bytes) -> bytes:
        """The value in a stretch, without its filling. Filling that is a digit stays: it may be a part of an id."""
        pad = self._pad(slot)
        if not pad:
            return data
        if slot.pad.isdigit():
            return data if data.strip(pad) else b""
        step, start, end = len(pad), 0, len(data)
        if slot.left:
            while data.startswith(pad, start):
                start += step
        else:
            while end >= step and data.endswith(pad, 0, end):
                end -= step
        return data[start:end]

    def write(self, slot: Slot, value: bytes) -> bytes:
        """The stretch with a value. Raises :class:`Damage` where it is too long."""
        pad = self._pad(slot)
        if len(value) > slot.length:
            raise Damage("SMK-TOO-LONG", slot.at, item=slot.name, length=len(value), most=slot.length)
        filling = (pad * (slot.length // max(1, len(pad)) + 1))[: slot.length - len(value)]
        return filling + value if slot.left else value + filling
