"""The structure of one record: bytes → label, fields and subfields, and back, by a layout.

Reading takes a record apart to the last byte and checks all its arithmetic; writing computes every length. What is
written from what was read is the same bytes, as long as the fields stand in the order of the directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from convert.formats.somoku.charsets import charset
from convert.formats.somoku.numbers import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.model import LabelItem, Layout, Slot, TagRule


class Damage(Exception):
    """What is wrong with a record's bytes: the issue's code, the byte of the record where, and the words.

    ``end``: the byte after the record, where its end is beyond doubt.
    """

    def __init__(self, code: str, at: int, **slots: Any) -> None:
        super().__init__(code)
        self.code, self.at, self.slots = code, at, slots


class Sub(NamedTuple):
    """A subfield: its identifier (``""`` in a plain field), the mode of its character set, and its bytes."""

    id: str
    mode: str
    data: bytes


@dataclass(slots=True)
class Field:
    """A field. ``part`` counts the stretches of a field that is made of stretches of one length, from 0. ``at``: the
    first byte of its data in the record.
    """

    tag: str
    subs: list[Sub]
    indicators: bytes = b""
    part: int = 0
    at: int = 0


@dataclass(slots=True)
class Description:
    """One record of the file: the bytes of its label, and its fields. ``at``: its first byte in the file.

    ``data``: the record as it stands. ``odd``: what could be read and is not as it should be.
    """

    label: bytes
    fields: list[Field]
    at: int = 0
    data: bytes = b""
    odd: list[Damage] = field(default_factory=list)


class _Tags:
    """Names between bytes and text, each looked up once."""

    def __init__(self, control: str) -> None:
        self._charset = charset(control)
        self._texts: dict[bytes, str] = {}
        self._bytes: dict[str, bytes] = {}

    def text(self, data: bytes) -> str:
        found = self._texts.get(data)
        if found is None:
            found = self._charset.decode(data)
            if len(self._texts) < 10_000:
                self._texts[data] = found
        return found

    def bytes(self, text: str) -> bytes:
        found = self._bytes.get(text)
        if found is None:
            found = self._bytes[text] = self._charset.encode(text)
        return found


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

    def check(self, label: bytes) -> None:
        """Raise :class:`Damage` for an item that cannot stand in a label."""
        if self._pattern.fullmatch(label):
            return
        for item in self.rule.items:
            value = label[item.at : item.end]
            if not re.fullmatch(self._item_regex(item), value, re.DOTALL):
                raise Damage("SMK-LABEL", item.at, item=item.name, found=self._charset.decode(value))

    def number(self, label: bytes, item: LabelItem) -> int:
        """The number an item holds, without what was added to it."""
        try:
            return self._figures[item.name].read(label[item.at : item.end]) - item.adds
        except ValueError:
            found = self._charset.decode(label[item.at : item.end])
            raise Damage("SMK-LABEL", item.at, item=item.name, found=found) from None

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
                raise Damage("SMK-TOO-LONG", item.at, item=item.name, length=numbers[item.role]) from None
        return bytes(done)


class Codec:
    """Takes records of a layout apart and puts them together. Made once for a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        control = layout.charsets.control
        self.label = Label(layout)
        self.tags = _Tags(control)
        self._end = layout.record.terminator
        self._field_end = layout.fields.ends
        self._plain = frozenset(tag for tag, rule in layout.tags.items() if rule.plain)
        self._slotted = {tag: rule for tag, rule in layout.tags.items() if rule.slots}
        self._pads = _Pads(layout)
        self._lengths = None if layout.fields.length is None else Figures(layout.fields.length, control)
        self._subs = None if layout.subfields is None else Subfields(layout, self.tags)
        if layout.directory is not None:
            self._entry_length = Figures(layout.directory.length, control)
            self._entry_start = Figures(layout.directory.start, control)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────

    def read(self, data: bytes) -> Description:
        """Take a whole record apart. Raises :class:`Damage`."""
        size = self.label.length
        label = data[:size]
        if len(label) < size:
            raise Damage("SMK-SHORT", len(data), length=len(data))
        if size:
            self.label.check(label)
        end = self._end_of_data(data, label)
        description = Description(label, [], data=data)
        by = self.layout.fields.by
        if by == "directory":
            self._by_directory(description, data, end)
        elif by == "tags":
            self._by_tags(description, data, size, end)
        else:
            self._by_positions(description, data, size, end)
        return description

    def _end_of_data(self, data: bytes, label: bytes) -> int:
        rule, end = self.layout.record, len(data)
        if self._end:
            if not data.endswith(self._end):
                raise Damage("SMK-TERMINATOR", max(0, end - len(self._end)), found=shown(data[-len(self._end) :]))
            end -= len(self._end)
        item = self.label.rule.role("record_length")
        if item is not None and self.label.number(label, item) != len(data):
            stated = self.label.number(label, item)
            raise Damage("SMK-LENGTH", item.at, stated=stated, found=len(data))
        item = self.label.rule.role("data_length")
        if item is not None and rule.ends == "fixed":
            end = self._data_start(data, label) + self.label.number(label, item)
            if end > len(data):
                raise Damage("SMK-LENGTH", item.at, stated=self.label.number(label, item), found=len(data))
        return end

    def _data_start(self, data: bytes, label: bytes) -> int:
        item = self.label.rule.role("base_address")
        return self.label.length if item is None else self.label.number(label, item)

    def _directory_end(self, data: bytes, label: bytes) -> int:
        """Where the entries end. The base address is believed, then the number of fields, then the end mark."""
        assert self.layout.directory is not None  # noqa: S101 - the layout was checked
        rule, size = self.layout.directory, self.label.length
        base = self.label.rule.role("base_address")
        if base is not None:
            end = self.label.number(label, base) - len(rule.ends)
            if not size <= end <= len(data):
                raise Damage("SMK-BASE", base.at, stated=end + len(rule.ends), length=len(data))
        elif (count := self.label.rule.role("field_count")) is not None:
            end = size + self.label.number(label, count) * rule.entry
        else:
            end = data.find(rule.ends, size)
        if end < 0 or not data.startswith(rule.ends, end) or end > len(data):
            raise Damage("SMK-DIRECTORY", max(end, size), found=shown(data[end : end + 4] if end >= 0 else b""))
        if (end - size) % rule.entry:
            raise Damage("SMK-DIRECTORY-LENGTH", size, length=end - size, entry=rule.entry)
        return end

    def _entries(self, data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes, int, int]]:
        """Place, tag, length and start of every entry."""
        assert self.layout.directory is not None  # noqa: S101
        rule = self.layout.directory
        widths = {"tag": rule.tag, "length": rule.length.width, "start": rule.start.width}
        cuts, at = {}, 0
        for name in rule.order:
            cuts[name] = slice(at, at + widths[name])
            at += widths[name]
        tag, length, begin = cuts["tag"], cuts["length"], cuts["start"]
        read_length, read_start = self._entry_length.read, self._entry_start.read
        for place in range(start, end, rule.entry):
            entry = data[place : place + rule.entry]
            try:
                yield place, entry[tag], read_length(entry[length]), read_start(entry[begin])
            except ValueError:
                raise Damage("SMK-ENTRY", place, found=shown(entry)) from None

    def _by_directory(self, description: Description, data: bytes, end: int) -> None:
        assert self.layout.directory is not None  # noqa: S101
        size, label = self.label.length, description.label
        entries_end = self._directory_end(data, label)
        base = entries_end + len(self.layout.directory.ends)
        origin = base if self.layout.directory.origin == "data" else 0
        reached, ends, fields = base, self._field_end, description.fields
        for place, tag, length, start in self._entries(data, size, entries_end):
            at = origin + start
            stop = at + length
            if at < base or stop > end or length < len(ends):
                name = self.tags.text(tag)
                raise Damage("SMK-FIELD-BEYOND", place, tag=name, start=at, length=length, end=end)
            if at != reached:
                description.odd.append(Damage("SMK-FIELD-ORDER", place, tag=self.tags.text(tag), bytes=at - reached))
            chunk = data[at:stop]
            if ends and not chunk.endswith(ends):
                raise Damage("SMK-FIELD-END", stop - 1, tag=self.tags.text(tag), found=shown(chunk[-len(ends) :]))
            fields += self.field(self.tags.text(tag), chunk[: len(chunk) - len(ends)], at)
            reached = stop
        self._finish(description, data, reached, end)

    def _by_tags(self, description: Description, data: bytes, at: int, end: int) -> None:
        rule, ends, lengths = self.layout.fields, self._field_end, self._lengths
        filler = self.layout.record.filler
        while at < end:
            if filler and not data[at:end].strip(filler):
                break
            head = at + rule.tag
            tag = self.tags.text(data[at:head])
            if lengths is not None:
                try:
                    length = lengths.read(data[head : head + lengths.width])
                except ValueError:
                    found = shown(data[head : head + lengths.width])
                    raise Damage("SMK-FIELD-LENGTH", head, tag=tag, found=found) from None
                start = head + lengths.width
                stop = (at if rule.whole else start) + length
                if stop > end or stop < start + len(ends):
                    raise Damage("SMK-FIELD-BEYOND", at, tag=tag, start=start, length=length, end=end)
            else:
                start = head
                stop = data.find(ends, start, end) + len(ends)
                if stop < start + len(ends):
                    raise Damage("SMK-FIELD-END", end, tag=tag, found=shown(data[end - 1 : end]))
            if ends and not data.endswith(ends, start, stop):
                raise Damage("SMK-FIELD-END", stop - 1, tag=tag, found=shown(data[stop - len(ends) : stop]))
            description.fields += self.field(tag, data[start : stop - len(ends)], start)
            at = stop
        self._finish(description, data, at, end)

    def _by_positions(self, description: Description, data: bytes, at: int, end: int) -> None:
        slots = self.layout.fields.slots
        length = max((slot.at + slot.length for slot in slots), default=0)
        if end - at < length:
            raise Damage("SMK-SHORT", end, length=end)
        for slot in slots:
            value = self._pads.read(slot, data[at + slot.at : at + slot.at + slot.length])
            if value:
                description.fields.append(Field(slot.name, [Sub("", "", value)], at=at + slot.at))
        self._finish(description, data, at + length, end)

    def _finish(self, description: Description, data: bytes, reached: int, end: int) -> None:
        """Bytes between the last field and the end of the record are filler or nothing."""
        rest, filler = data[reached:end], self.layout.record.filler
        if rest and (not filler or rest.strip(filler)):
            description.odd.append(Damage("SMK-REST", reached, bytes=len(rest), found=shown(rest[:8])))
        item = self.label.rule.role("field_count")
        if item is not None and self.layout.directory is None:
            stated, found = self.label.number(description.label, item), _whole_fields(description.fields)
            if stated != found:
                raise Damage("SMK-FIELD-COUNT", item.at, stated=stated, found=found)
        item = self.label.rule.role("data_length")
        if item is not None and self.layout.record.ends != "fixed":
            stated = self.label.number(description.label, item)
            found = end - (self._base(description) if self.layout.directory else self.label.length)
            if stated != found:
                raise Damage("SMK-LENGTH", item.at, stated=stated, found=found)

    def _base(self, description: Description) -> int:
        assert self.layout.directory is not None  # noqa: S101
        return self._directory_end(description.data, description.label) + len(self.layout.directory.ends)

    def field(self, tag: str, chunk: bytes, at: int) -> list[Field]:
        """A field's bytes without its end mark as a field, or as one for each stretch. ``at``: for damage."""
        width = self.layout.fields.indicators
        slotted = self._slotted.get(tag)
        if slotted is not None:
            return self._stretches(slotted, chunk, at)
        if tag in self._plain or self._subs is None:
            return [Field(tag, [Sub("", "", chunk)], at=at)]
        return [Field(tag, self._subs.read(tag, chunk[width:], at + width), chunk[:width], at=at)]

    def _stretches(self, rule: TagRule, chunk: bytes, at: int) -> list[Field]:
        size = rule.size or max(slot.at + slot.length for slot in rule.slots)
        if not chunk or len(chunk) % size:
            raise Damage("SMK-STRETCH", at, tag=rule.tag, length=len(chunk), size=size)
        found = []
        for part, start in enumerate(range(0, len(chunk), size)):
            values = (
                (slot.name, self._pads.read(slot, chunk[start + slot.at : start + slot.at + slot.length]))
                for slot in rule.slots
            )
            subs = [Sub(name, "", value) for name, value in values if value]
            found.append(Field(rule.tag, subs, part=part, at=at + start))
        return found

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────

    def write(self, description: Description) -> bytes:
        """Put a record together. Raises :class:`Damage` (``SMK-TOO-LONG``) where a length has no room."""
        by = self.layout.fields.by
        if by == "directory":
            middle, body, count = self._with_directory(description)
        elif by == "tags":
            middle, body, count = b"", b"".join(self._tagged(description)), _whole_fields(description.fields)
        else:
            middle, body, count = b"", self._positioned(description), len(description.fields)
        size = self.label.length
        whole = size + len(middle) + len(body) + len(self._end)
        rule = self.layout.record
        if rule.ends == "fixed":
            if whole > rule.size:
                raise Damage("SMK-TOO-LONG", 0, item="", length=whole, most=rule.size)
            filler = rule.filler or b" "
            body_length = len(body)
            body += filler * (rule.size - whole)
            whole = rule.size
        else:
            body_length = len(body)
            if whole > rule.longest:
                raise Damage("SMK-TOO-LONG", 0, item="", length=whole, most=rule.longest)
        numbers = {
            "record_length": whole,
            "base_address": size + len(middle),
            "data_length": body_length,
            "field_count": count,
        }
        return b"".join((self.label.filled(description.label, numbers), middle, body, self._end))

    def _chunks(self, description: Description) -> Iterator[tuple[str, bytes]]:
        """Tag and bytes of every field, without end mark; stretches of a field together."""
        held: tuple[str, list[bytes]] | None = None
        for item in description.fields:
            slotted = self._slotted.get(item.tag)
            if held is not None and (slotted is None or not item.part or held[0] != item.tag):
                yield held[0], b"".join(held[1])
                held = None
            if slotted is not None:
                stretch = self._stretch(slotted, item)
                held = (item.tag, [*held[1], stretch] if held else [stretch])
            elif item.tag in self._plain or self._subs is None:
                yield item.tag, item.indicators + b"".join(sub.data for sub in item.subs)
            else:
                yield item.tag, (item.indicators or self._no_indicators) + self._subs.write(item)
        if held is not None:
            yield held[0], b"".join(held[1])

    @property
    def _no_indicators(self) -> bytes:
        return self.tags.bytes(" ") * self.layout.fields.indicators

    def _stretch(self, rule: TagRule, item: Field) -> bytes:
        size = rule.size or max(slot.at + slot.length for slot in rule.slots)
        given = {sub.id: sub.data for sub in item.subs}
        stretch = bytearray(self.tags.bytes(" ") * size)
        for slot in rule.slots:
            stretch[slot.at : slot.at + slot.length] = self._pads.write(slot, given.get(slot.name, b""))
        return bytes(stretch)

    def _with_directory(self, description: Description) -> tuple[bytes, bytes, int]:
        assert self.layout.directory is not None  # noqa: S101
        rule, ends = self.layout.directory, self._field_end
        write_length, write_start, tag_bytes = self._entry_length.write, self._entry_start.write, self.tags.bytes
        usual = rule.order == ("tag", "length", "start")
        chunks = [(tag, chunk + ends) for tag, chunk in self._chunks(description)]
        at = 0 if rule.origin == "data" else self.label.length + rule.entry * len(chunks) + len(rule.ends)
        entries = []
        try:
            for tag, chunk in chunks:
                if usual:
                    entries += (tag_bytes(tag), write_length(len(chunk)), write_start(at))
                else:
                    parts = {"tag": tag_bytes(tag), "length": write_length(len(chunk)), "start": write_start(at)}
                    entries += [parts[name] for name in rule.order]
                at += len(chunk)
        except OverflowError:
            raise Damage("SMK-TOO-LONG", 0, item=tag, length=len(chunk), most=self._entry_length.most) from None
        return b"".join((*entries, rule.ends)), b"".join([chunk for _, chunk in chunks]), len(chunks)

    def _tagged(self, description: Description) -> Iterator[bytes]:
        rule, ends, lengths = self.layout.fields, self._field_end, self._lengths
        for tag, chunk in self._chunks(description):
            yield self.tags.bytes(tag)
            if lengths is not None:
                length = len(chunk) + len(ends) + (rule.tag + lengths.width if rule.whole else 0)
                try:
                    yield lengths.write(length)
                except OverflowError:
                    raise Damage("SMK-TOO-LONG", 0, item=tag, length=length, most=lengths.most) from None
            yield chunk
            yield ends

    def _positioned(self, description: Description) -> bytes:
        slots = self.layout.fields.slots
        given = {item.tag: item.subs[0].data for item in reversed(description.fields) if item.subs}
        body = bytearray(self.tags.bytes(" ") * max((slot.at + slot.length for slot in slots), default=0))
        for slot in slots:
            body[slot.at : slot.at + slot.length] = self._pads.write(slot, given.get(slot.name, b""))
        return bytes(body)


class _Pads:
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
        pad = self._pad(slot)
        if not pad:
            return data
        step, start, end = len(pad), 0, len(data)
        if slot.left:
            while data.startswith(pad, start):
                start += step
        else:
            while end >= step and data.endswith(pad, 0, end):
                end -= step
        return data[start:end]

    def write(self, slot: Slot, value: bytes) -> bytes:
        pad = self._pad(slot)
        if len(value) > slot.length:
            raise Damage("SMK-TOO-LONG", slot.at, item=slot.name, length=len(value), most=slot.length)
        filling = (pad * (slot.length // max(1, len(pad)) + 1))[: slot.length - len(value)]
        return filling + value if slot.left else value + filling


class Subfields:
    """The subfields of a field."""

    def __init__(self, layout: Layout, tags: _Tags) -> None:
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
        made, parts = self._made, []
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
                raise Damage(
                    "SMK-TOO-LONG", 0, item=f"{tag}${name}", length=length, most=self._figures.most
                ) from None
        return self._rule.begins + b"".join(known[part] for part in self._rule.order)


def _whole_fields(fields: list[Field]) -> int:
    """How many fields there are, stretches of one counted together."""
    return sum(not item.part for item in fields)


def shown(data: bytes) -> str:
    """Bytes as people read them.

    >>> shown(b"\\x1dA")
    '1D 41'
    """
    return data.hex(" ").upper()
