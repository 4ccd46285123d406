"""The quick way through sound records with a directory: the same as :class:`Codec`, for what is as it should be.

It compares instead of computing: the directory of a sound record is the one its fields would be given, and the length
of a subfield is the one its head is known to mean. Anything else goes the careful way, which knows what to say.
"""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

from convert.formats.somoku.numbers import Figures
from convert.formats.somoku.parts import Damage, Description, Field, FoundField, Pieces

if TYPE_CHECKING:
    from convert.formats.somoku.label import Label
    from convert.formats.somoku.model import Layout
    from convert.formats.somoku.parts import Tags
    from convert.formats.somoku.subfields import Subfields

Refs = list[tuple[str, str, int]]
"""The subfields of a field: identifier, mode, and the number of the data among those of its mode."""
_KEPT = 100_000
"""Numbers whose bytes are kept."""


class _Written:
    """The bytes of small numbers, each made once."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self.known: list[bytes] = []
        self.most = min(figures.most, _KEPT)

    def of(self, number: int) -> bytes:
        """The bytes of a number, which must not be more than ``most``."""
        return self.known[number] if number < len(self.known) else self.up_to(number)[number]

    def up_to(self, number: int) -> list[bytes]:
        """A list of at least so many. The number must not be more than ``most``."""
        known = self.known
        if number >= len(known):
            known += [self._figures.write(one) for one in range(len(known), min(number + 1024, self.most) + 1)]
        return known


class Quick:
    """Reads and writes records of a layout with a directory whose entries are tag, length, start."""

    def __init__(self, layout: Layout, label: Label, tags: Tags, subfields: Subfields | None) -> None:
        directory = layout.directory
        assert directory is not None  # noqa: S101 - see `fits`
        self._label, self._tags, self._subs = label, tags, subfields
        self._size, self._end, self._mark = label.length, layout.record.terminator, layout.fields.ends
        self._entry = struct.Struct(f"{directory.tag}s{directory.length.width}s{directory.start.width}s")
        self._entries_end = directory.ends
        self._lengths = _Written(Figures(directory.length, layout.charsets.control))
        self._starts = _Written(Figures(directory.start, layout.charsets.control))
        self._modes = ("", *layout.charsets.modes)
        self._plain = {tags.bytes(tag) for tag, rule in layout.tags.items() if rule.plain}
        self._indicators = layout.fields.indicators
        self._blank = tags.bytes(" ") * layout.fields.indicators
        self._longest = layout.record.longest
        base, whole = label.rule.role("base_address"), label.rule.role("record_length")
        assert base is not None  # noqa: S101
        assert whole is not None  # noqa: S101
        self._base, self._whole = base, whole

    @staticmethod
    def fits(layout: Layout) -> bool:
        """Whether records of the layout can go the quick way."""
        directory, label, fields = layout.directory, layout.label, layout.fields
        if directory is None or fields.by != "directory" or not fields.ends:
            return False
        if directory.order != ("tag", "length", "start") or directory.origin != "data":
            return False
        roles = {item.role for item in label.items} - {None, "status"}
        if roles != {"record_length", "base_address"} or layout.record.ends != "length":
            return False
        if any(rule.slots or rule.charset for rule in layout.tags.values()):
            return False
        subfields = layout.subfields
        return subfields is None or bool(subfields.begins and subfields.id)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────

    def read(self, data: bytes) -> Description | None:
        """The record; None: it must go the careful way."""
        label = self._label
        head = data[: self._size]
        if not label.sound(head) or not data.endswith(self._end):
            return None
        try:
            base = label.number(head, self._base)
            if label.number(head, self._whole) != len(data):
                return None
        except Damage:
            return None
        entries_end = base - len(self._entries_end)
        directory, end = data[self._size : entries_end], len(data) - len(self._end)
        if not data.startswith(self._entries_end, entries_end) or len(directory) % self._entry.size:
            return None
        pieces = data[base:end].split(self._mark)
        if pieces.pop() or len(pieces) * self._entry.size != len(directory):
            return None
        texts: dict[str, list[bytes]] = {mode: [] for mode in self._modes}
        refs = self._adds_up(directory, pieces, texts)
        if refs is None:
            return None
        known = Pieces(texts)
        return Description(head, None, data, partial(self._fields, base, directory, pieces, refs, known), known)

    def _adds_up(self, directory: bytes, pieces: list[bytes], texts: dict[str, list[bytes]]) -> list[Refs] | None:
        """The subfields of every field; None: the directory is not the one these fields would be given, or a subfield
        is not as long as it says. ``texts`` gets the data.
        """
        size = sum(map(len, pieces)) + len(pieces)
        if size > self._starts.most:
            return None
        starts, lengths = self._starts.up_to(size), self._lengths.up_to(min(size, self._lengths.most))
        longest, mark, plain, width = len(lengths), len(self._mark), self._plain, self._indicators
        take = None if self._subs is None else self._subs.take
        at = 0
        found: list[Refs] = []
        for (tag, length, start), piece in zip(self._entry.iter_unpack(directory), pieces, strict=True):
            taken = len(piece) + mark
            if taken >= longest or length != lengths[taken] or start != starts[at]:
                return None
            if take is None or tag in plain:
                texts[""].append(piece)
                found.append([("", "", len(texts[""]) - 1)])
            else:
                refs = take(piece[width:] if width else piece, texts)
                if refs is None:
                    return None
                found.append(refs)
            at += taken
        return found

    def _fields(self, base: int, directory: bytes, pieces: list[bytes], refs: list[Refs], known: Pieces) -> list[Field]:
        found: list[Field] = []
        at, mark, width, text = base, len(self._mark), self._indicators, self._tags.text
        for (tag, _, _), piece, own in zip(self._entry.iter_unpack(directory), pieces, refs, strict=True):
            indicators = piece[:width] if width and tag not in self._plain else b""
            found.append(FoundField(text(tag), own, known, indicators, at))
            at += len(piece) + mark
        return found

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────

    def write(self, description: Description) -> bytes | None:
        """The bytes of a record; None: something has no room, which the careful way tells."""
        mark, tag_bytes, subs, plain = self._mark, self._tags.bytes, self._subs, self._plain
        blank = self._blank
        lengths, starts, longest, furthest = self._lengths, self._starts, self._lengths.most, self._starts.most
        entries: list[bytes] = []
        pieces: list[bytes] = []
        at = 0
        for field in description.fields:
            tag = tag_bytes(field.tag)
            if subs is None or tag in plain:
                piece = field.indicators + b"".join([sub.data for sub in field.subs]) + mark
            else:
                piece = (field.indicators or blank) + subs.write(field) + mark
            taken = len(piece)
            if taken > longest or at > furthest:
                return None
            entries += (tag, lengths.of(taken), starts.of(at))
            pieces.append(piece)
            at += taken
        base = self._size + len(entries) // 3 * self._entry.size + len(self._entries_end)
        whole = base + at + len(self._end)
        if whole > self._longest:
            return None
        numbers = {"record_length": whole, "base_address": base}
        label = self._label.filled(description.label, numbers)
        return b"".join((label, *entries, self._entries_end, *pieces, self._end))
