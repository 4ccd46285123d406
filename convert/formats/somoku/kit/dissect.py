"""One record taken apart as far as it goes: every byte is in one piece, and each fault stands at its byte.

The codec stops at the first fault of a record; here reading goes on behind it, to be looked at by people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convert.formats.somoku.numbers import Figures
from convert.formats.somoku.parts import Damage, Description, Sub, shown
from convert.formats.somoku.slots import Slots
from convert.formats.somoku.subfields import Subfields
from convert.formats.somoku.texts import Texts

if TYPE_CHECKING:
    from convert.formats.somoku.charsets import Flaw
    from convert.formats.somoku.frames import Broken
    from convert.formats.somoku.model import Element, LabelItem, Layout, Slot, TagRule
    from convert.formats.somoku.structure import Codec


@dataclass(frozen=True, slots=True)
class Name:
    """The element that a value belongs to, by its path, and how sure the layout is of it."""

    path: str
    element: Element


@dataclass(frozen=True, slots=True)
class ItemPiece:
    """An item of the label. ``text``: what it holds."""

    at: int
    data: bytes
    item: LabelItem
    text: str


@dataclass(frozen=True, slots=True)
class EntryPiece:
    """An entry of the directory; ``length`` and ``start`` are None where they are no numbers."""

    at: int
    data: bytes
    tag: str
    length: int | None
    start: int | None


@dataclass(frozen=True, slots=True)
class ValuePiece:
    """A subfield, a slot or a whole plain field: ``size`` bytes, the first ``head`` of which say what follows."""

    at: int
    size: int
    head: int
    sub: str
    mode: str
    charset: str
    text: str
    name: Name | None
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldPiece:
    """A field of ``length`` bytes: ``lead`` bytes before its values (tag, length, indicators), its values, ``rest``
    bytes that could not be read, and ``end`` bytes of end mark. ``part``: which stretch, where it has several.
    """

    tag: str
    at: int
    length: int
    lead: int
    values: tuple[ValuePiece, ...]
    rest: int = 0
    end: int = 0
    group: Name | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class MarkPiece:
    """Bytes that end or separate: ``directory``, ``record``, ``filler``; or that belong to nothing: ``rest``."""

    at: int
    data: bytes
    kind: str


@dataclass(slots=True)
class Dissection:
    """A record in pieces. ``at``: its first byte in the file; places of pieces and faults count from there."""

    at: int
    data: bytes
    sound: bool
    damages: list[Damage]
    items: list[ItemPiece] = field(default_factory=list)
    entries: list[EntryPiece] = field(default_factory=list)
    fields: list[FieldPiece] = field(default_factory=list)
    marks: list[MarkPiece] = field(default_factory=list)

    def note(self, damage: Damage) -> None:
        """Remember a fault; the first at a byte counts."""
        if all(known.at != damage.at for known in self.damages):
            self.damages.append(damage)


class Dissector:
    """Takes records of a layout apart. Made once for a layout."""

    def __init__(self, codec: Codec) -> None:
        self.layout: Layout = codec.layout
        self._codec = codec
        self._texts = Texts(self.layout)
        self._slots = Slots(self.layout)
        self._subs = Subfields(self.layout, codec.tags) if self.layout.subfields is not None else None
        self._lengths = self._figures(self.layout.fields.length)
        directory = self.layout.directory
        self._entry_length = self._figures(directory.length if directory else None)
        self._entry_start = self._figures(directory.start if directory else None)
        self.names, self._groups = names_of(self.layout)

    def _figures(self, number: object) -> Figures | None:
        return None if number is None else Figures(number, self.layout.charsets.control)  # type: ignore[arg-type]

    def of(self, found: Description | Broken) -> Dissection:
        """The pieces of a record, sound or broken."""
        if isinstance(found, Description):
            done = Dissection(found.at, found.data, True, list(found.odd))
        else:
            done = Dissection(found.at, found.data, False, [found.damage])
        self._label(done)
        end = self._end(done)
        by = self.layout.fields.by
        if by == "directory":
            self._by_directory(done, end)
        elif by == "tags":
            self._by_tags(done, end)
        else:
            self._by_positions(done, end)
        self._uncovered(done)
        return done

    # ── Label and end ────────────────────────────────────────────────────────────────────────────

    def _label(self, done: Dissection) -> None:
        label, data = self._codec.label, done.data
        for item in label.rule.items:
            piece = data[item.at : item.end]
            if piece:
                done.items.append(ItemPiece(item.at, piece, item, self._item_text(item, piece)))
        if label.length and len(data) >= label.length:
            for damage in label.odd(data[: label.length]):
                done.note(damage)

    def _item_text(self, item: LabelItem, piece: bytes) -> str:
        if item.number is not None and len(piece) == item.length:
            try:
                return f"{Figures(item.number, self.layout.charsets.control).read(piece)}"
            except ValueError:
                pass
        return self._codec.tags.text(piece)

    def _end(self, done: Dissection) -> int:
        """Where the fields end at the latest."""
        mark, end = self.layout.record.terminator, len(done.data)
        if mark and done.data.endswith(mark) and end > self._codec.label.length:
            end -= len(mark)
            done.marks.append(MarkPiece(end, mark, "record"))
        item = self._codec.label.rule.role("data_length")
        if item is not None and self.layout.record.ends == "fixed":
            try:
                stated = self._codec.label.number(done.data[: self._codec.label.length], item)
            except Damage:
                return end
            if self._codec.label.length + stated < end:
                stop = self._codec.label.length + stated
                done.marks.append(MarkPiece(stop, done.data[stop:end], "filler"))
                return stop
        return end

    # ── Fields by the directory ──────────────────────────────────────────────────────────────────

    def _by_directory(self, done: Dissection, end: int) -> None:
        rule, size = self.layout.directory, self._codec.label.length
        if rule is None:  # pragma: no cover - the layout was checked
            return
        stop = self._entries_end(done, end)
        at = size
        while at + rule.entry <= stop:
            entry = self._entry(done.data[at : at + rule.entry], at)
            done.entries.append(entry)
            if entry.length is None or entry.start is None:
                done.note(Damage("SMK-ENTRY", at, found=shown(entry.data)))
            at += rule.entry
        base = at
        if rule.ends and done.data.startswith(rule.ends, at):
            done.marks.append(MarkPiece(at, rule.ends, "directory"))
            base += len(rule.ends)
        origin = base if rule.origin == "data" else 0
        for entry in done.entries:
            if entry.length is not None and entry.start is not None:
                self._entered(done, entry, origin + entry.start, base, end)
        done.fields.sort(key=lambda piece: piece.at)

    def _entries_end(self, done: Dissection, end: int) -> int:
        """Where the entries end: as the codec finds it, else as far as they can be read."""
        label = done.data[: self._codec.label.length]
        if len(label) == self._codec.label.length:
            try:
                return self._codec.directory_end(done.data, label)
            except Damage as damage:
                done.note(damage)
        rule, at = self.layout.directory, self._codec.label.length
        assert rule is not None  # noqa: S101 - asked for by the directory only
        while at + rule.entry <= end and self._entry(done.data[at : at + rule.entry], at).length is not None:
            at += rule.entry
        return at

    def _entry(self, data: bytes, at: int) -> EntryPiece:
        rule = self.layout.directory
        assert rule is not None  # noqa: S101
        widths = {"tag": rule.tag, "length": rule.length.width, "start": rule.start.width}
        parts, place = {}, 0
        for name in rule.order:
            parts[name] = data[place : place + widths[name]]
            place += widths[name]
        tag = self._codec.tags.text(parts["tag"])
        numbers = _number(self._entry_length, parts["length"]), _number(self._entry_start, parts["start"])
        return EntryPiece(at, data, tag, *numbers)

    def _entered(self, done: Dissection, entry: EntryPiece, at: int, base: int, end: int) -> None:
        """The field of an entry, as far as it lies in the data."""
        assert entry.length is not None  # noqa: S101
        stop = at + entry.length
        if at < base or stop > end:
            done.note(Damage("SMK-FIELD-BEYOND", entry.at, tag=entry.tag, start=at, length=entry.length, end=end))
        if base <= at < end:
            self._field(done, entry.tag, at, at, min(stop, end), cut=stop > end)

    # ── Fields one after another ─────────────────────────────────────────────────────────────────

    def _by_tags(self, done: Dissection, end: int) -> None:
        rule, data, at = self.layout.fields, done.data, self._codec.label.length
        filler = self.layout.record.filler
        while at < end:
            if filler and not data[at:end].strip(filler):
                done.marks.append(MarkPiece(at, data[at:end], "filler"))
                return
            head = at + rule.tag
            tag = self._codec.tags.text(data[at:head])
            if self._lengths is not None:
                start = head + self._lengths.width
                length = _number(self._lengths, data[head:start])
                if length is None:
                    done.note(Damage("SMK-FIELD-LENGTH", head, tag=tag, found=shown(data[head:start])))
                    return
                stop = (at if rule.whole else start) + length
                if stop > end or stop < start + len(rule.ends):
                    done.note(Damage("SMK-FIELD-BEYOND", at, tag=tag, start=start, length=length, end=end))
                    return
            else:
                start, found = head, data.find(rule.ends, head, end)
                if found < 0 and not rule.between:
                    done.note(Damage("SMK-FIELD-END", end, tag=tag, found=shown(data[end - 1 : end])))
                stop = end if found < 0 else found + len(rule.ends)
            open_end = rule.between and not data.endswith(rule.ends, start, stop)
            self._field(done, tag, at, start, stop, cut=open_end)
            at = stop

    def _by_positions(self, done: Dissection, end: int) -> None:
        at = self._codec.label.length
        for slot in self.layout.fields.slots:
            data = done.data[at + slot.at : min(end, at + slot.at + slot.length)]
            if data:
                value = self._slot(slot.name, slot, data, at + slot.at, sub="")
                done.fields.append(FieldPiece(slot.name, at + slot.at, len(data), 0, (value,)))
        reached = max((piece.at + piece.length for piece in done.fields), default=at)
        filler = self.layout.record.filler
        if filler and reached < end and not done.data[reached:end].strip(filler):
            done.marks.append(MarkPiece(reached, done.data[reached:end], "filler"))

    # ── One field ────────────────────────────────────────────────────────────────────────────────

    def _field(self, done: Dissection, tag: str, at: int, start: int, stop: int, *, cut: bool) -> None:
        """The field from ``at``, its data from ``start`` to ``stop``."""
        data, ends, rule = done.data, self.layout.fields.ends, self.layout.tags.get(tag)
        end = b""
        if ends and not cut:
            if data.endswith(ends, start, stop):
                end = ends
            else:
                done.note(Damage("SMK-FIELD-END", stop - 1, tag=tag, found=shown(data[stop - len(ends) : stop])))
        close = stop - len(end)
        group = self._groups.get(tag)
        if rule is not None and rule.slots:
            self._stretches(done, rule, at, start, close, end)
            return
        if self._subs is None or (rule is not None and rule.plain):
            value = self._value(tag, Sub("", "", data[start:close]), start, 0)
            done.fields.append(FieldPiece(tag, at, stop - at, start - at, (value,), end=len(end), group=group))
            return
        first = min(start + self.layout.fields.indicators, close)
        found, damage = self._subs.partly(tag, data[first:close], first)
        if damage is not None:
            done.note(damage)
        values = [self._value(tag, sub, first + place, body - place) for place, body, sub in found]
        reached = max((value.at + value.size for value in values), default=first)
        rest = close - reached
        done.fields.append(FieldPiece(tag, at, stop - at, first - at, tuple(values), rest, len(end), group))

    def _value(self, tag: str, sub: Sub, at: int, head: int) -> ValuePiece:
        name = self.names.get((tag, sub.id or None)) or self.names.get((tag, None))
        kind = self._texts.of(tag, sub.id, sub.mode)
        text, flaws = self._texts.text(tag, sub), tuple(self._texts.flaws(tag, sub))
        return ValuePiece(at, head + len(sub.data), head, sub.id, sub.mode, kind.name, text, name, flaws)

    def _slot(self, tag: str, slot: Slot, data: bytes, at: int, sub: str) -> ValuePiece:
        inner = Sub(sub, "", self._slots.read(slot, data))
        name = self.names.get((tag, sub or None))
        kind = self._texts.of(tag, sub, "")
        text, flaws = self._texts.text(tag, inner), tuple(self._texts.flaws(tag, inner))
        return ValuePiece(at, len(data), 0, sub, "", kind.name, text, name, flaws)

    def _stretches(self, done: Dissection, rule: TagRule, at: int, start: int, close: int, end: bytes) -> None:
        size = rule.size or max(slot.at + slot.length for slot in rule.slots)
        length = close - start
        if not length or length % size:
            done.note(Damage("SMK-STRETCH", start, tag=rule.tag, length=length, size=size))
        lead, group = start - at, self._groups.get(rule.tag)
        for part, place in enumerate(range(start, max(close, start + 1), size)):
            stop = min(place + size, close)
            values = [
                self._slot(rule.tag, slot, data, place + slot.at, sub=slot.name)
                for slot in rule.slots
                if (data := done.data[place + slot.at : min(stop, place + slot.at + slot.length)])
            ]
            closing = len(end) if stop >= close else 0
            first = place if part else at
            length = stop + closing - first
            lead = 0 if part else lead
            done.fields.append(FieldPiece(rule.tag, first, length, lead, tuple(values), 0, closing, group, part))

    # ── What nothing names ───────────────────────────────────────────────────────────────────────

    def _uncovered(self, done: Dissection) -> None:
        """The bytes that are in no piece, as marks of the kind ``rest``."""
        spans = [(item.at, item.at + len(item.data)) for item in done.items]
        spans += [(entry.at, entry.at + len(entry.data)) for entry in done.entries]
        spans += [(mark.at, mark.at + len(mark.data)) for mark in done.marks]
        spans += [(piece.at, piece.at + piece.length) for piece in done.fields]
        spans += [(0, self._codec.label.length)] if len(done.items) and not self._codec.label.rule.items else []
        reached = 0
        for start, stop in sorted([*spans, (len(done.data), len(done.data))]):
            if start > reached:
                done.marks.append(MarkPiece(reached, done.data[reached:start], "rest"))
            reached = max(reached, stop)


def _number(figures: Figures | None, data: bytes) -> int | None:
    try:
        return None if figures is None else figures.read(data)
    except ValueError:
        return None


def names_of(layout: Layout) -> tuple[dict[tuple[str, str | None], Name], dict[str, Name]]:
    """The elements by tag and subfield, and the groups by tag."""
    found: dict[tuple[str, str | None], Name] = {}
    groups: dict[str, Name] = {}
    for element in layout.elements.values():
        if not element.members:
            for tag in element.place.tags:
                found.setdefault((tag, element.place.sub), Name(element.name, element))
            continue
        for tag in element.place.tags:
            groups.setdefault(tag, Name(element.name, element))
        for member in element.members.values():
            for tag in member.place.tags or element.place.tags:
                found.setdefault((tag, member.place.sub), Name(f"{element.name}.{member.name}", member))
    return found, groups
