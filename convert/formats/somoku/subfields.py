"""The subfields of a field, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.somoku.numbers import Figures
from convert.formats.somoku.parts import Damage, Field, Sub, Tags, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.model import Layout


class Subfields:
    """The subfields of a field."""

    def __init__(self, layout: Layout, tags: Tags) -> None:
        assert layout.subfields is not None  # noqa: S101
        self._rule = rule = layout.subfields
        self._tags = tags
        self._figures = None if rule.length is None else Figures(rule.length, layout.charsets.control)
        self._widths = {"id": rule.id, "length": rule.length.width if rule.length else 0, "mode": rule.mode}
        self._head = sum(self._widths.values())
        self._modes = {tags.bytes(mode) for mode in layout.charsets.modes}
        self._heads: dict[bytes, tuple[str, str, int]] = {}
        self._made: dict[tuple[str, str, int], bytes] = {}
        self._splits = bool(rule.begins)

    def read(self, tag: str, data: bytes, at: int) -> list[Sub]:
        """The subfields of ``data``, which stands at ``at`` of the record. Raises :class:`Damage`."""
        if not self._rule.id:
            pieces = data.split(self._rule.begins)
            return [Sub(str(number), "", piece) for number, piece in enumerate(pieces, start=1) if piece]
        if self._splits and self._rule.length is not None:
            quick = self._quick(data)
            if quick is not None:
                return quick
        return list(self._slowly(tag, data, at))

    def _quick(self, data: bytes) -> list[Sub] | None:
        """Cut at the begin marks; good if every piece is as long as its head says."""
        heads, width, found = self._heads, self._head, []
        pieces = data.split(self._rule.begins)
        if pieces[0]:
            return None
        for piece in pieces[1:]:
            head = heads.get(piece[:width])
            if head is None or head[2] != len(piece):
                head = self._learnt(piece[:width])
                if head is None or head[2] != len(piece):
                    return None
            found.append(Sub(head[0], head[1], piece[width:]))
        return found

    def take(self, data: bytes, texts: dict[str, list[bytes]]) -> list[tuple[str, str, int]] | None:
        """What :meth:`read` finds in ``data``, by a look at every head: identifier, mode, and the number of the data
        among those of its mode, which ``texts`` gets. None: :meth:`read` would not take it.
        """
        begins, width, heads = self._rule.begins, self._head, self._heads
        pieces = data.split(begins)
        if pieces[0]:
            return None
        refs = []
        if self._rule.length is None:
            plain, text = texts[""], self._tags.text
            for piece in pieces[1:]:
                if len(piece) < width or self._rule.mode:
                    return None
                refs.append((text(piece[:width]), "", len(plain)))
                plain.append(piece[width:])
            return refs
        for piece in pieces[1:]:
            head = heads.get(piece[:width])
            if head is None or head[2] != len(piece):
                head = self._learnt(piece[:width])
                if head is None or head[2] != len(piece):
                    return None
            name, mode, _ = head
            found = texts[mode]
            refs.append((name, mode, len(found)))
            found.append(piece[width:])
        return refs

    def _learnt(self, head: bytes) -> tuple[str, str, int] | None:
        try:
            name, mode, length = self._parts(head, "", 0)
        except Damage:
            return None
        parts = (name, mode, (length or 0) + self._head)
        if len(self._heads) < 50_000:
            self._heads[head] = parts
        return parts

    def _parts(self, head: bytes, tag: str, at: int) -> tuple[str, str, int | None]:
        name = mode = ""
        length, place = None, 0
        for part in self._rule.order:
            piece = head[place : place + self._widths[part]]
            if part == "id":
                name = self._tags.text(piece)
            elif part == "mode" and self._rule.mode:
                if piece not in self._modes:
                    raise Damage("SMK-MODE", at + place, tag=tag, found=shown(piece))
                mode = self._tags.text(piece)
            elif part == "length" and self._figures is not None:
                try:
                    length = self._figures.read(piece)
                except ValueError:
                    raise Damage("SMK-SUBFIELD-LENGTH", at + place, tag=tag, found=shown(piece)) from None
            place += self._widths[part]
        return name, mode, length

    def _slowly(self, tag: str, data: bytes, at: int) -> Iterator[Sub]:
        place, begins = 0, self._rule.begins
        while place < len(data):
            if not data.startswith(begins, place):
                raise Damage("SMK-SUBFIELD", at + place, tag=tag, found=shown(data[place : place + 4]))
            head = place + len(begins)
            start = head + self._head
            if start > len(data):
                raise Damage("SMK-SUBFIELD", at + place, tag=tag, found=shown(data[place:]))
            name, mode, length = self._parts(data[head:start], tag, at + head)
            if length is None:
                stop = data.find(begins, start)
                stop = len(data) if stop < 0 else stop
            else:
                stop = start + length
                if stop > len(data):
                    slots = {"tag": tag, "stated": length, "found": len(data) - start}
                    raise Damage("SMK-SUBFIELD-BEYOND", at + head, **slots)
            yield Sub(name, mode, data[start:stop])
            place = stop

    def write(self, item: Field) -> bytes:
        """The bytes of a field's subfields. Raises :class:`Damage` where one is too long for its number."""
        if not self._rule.id:
            return self._numbered(item)
        made = self._made
        parts: list[bytes] = []
        for name, mode, data in item.subs:
            key = (name, mode, len(data))
            head = made.get(key)
            if head is None:
                head = self._heading(item.tag, *key)
                if len(made) < 50_000:
                    made[key] = head
            parts += (head, data)
        return b"".join(parts)

    def _numbered(self, item: Field) -> bytes:
        """Subfields that are told by their number: those that are not there are empty."""
        given = {int(sub.id): sub.data for sub in item.subs}
        return self._rule.begins.join(given.get(number, b"") for number in range(1, max(given, default=0) + 1))

    def _heading(self, tag: str, name: str, mode: str, length: int) -> bytes:
        known = {"id": self._tags.bytes(name), "mode": self._tags.bytes(mode), "length": b""}
        if self._figures is not None:
            try:
                known["length"] = self._figures.write(length)
            except OverflowError:
                raise Damage("SMK-TOO-LONG", 0, item=f"{tag}${name}", length=length, most=self._figures.most) from None
        return self._rule.begins + b"".join(known[part] for part in self._rule.order)
