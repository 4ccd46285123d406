"""The structure of one record: bytes → label, fields and subfields, and back, by a layout.

Reading takes a record apart to the last byte and checks all its arithmetic; writing computes every length. What is
written from what was read is the same bytes, as long as the fields stand in the order of the directory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convert.formats.somoku.label import Label
from convert.formats.somoku.numbers import Figures
from convert.formats.somoku.parts import Damage, Description, Field, Sub, Tags, shown
from convert.formats.somoku.quick import Quick
from convert.formats.somoku.slots import Slots
from convert.formats.somoku.subfields import Subfields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.model import Layout, TagRule


class Codec:
    """Takes records of a layout apart and puts them together. Made once for a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        control = layout.charsets.control
        self.label = Label(layout)
        self.tags = Tags(control)
        self._end = layout.record.terminator
        self._field_end = layout.fields.ends
        self._plain = frozenset(tag for tag, rule in layout.tags.items() if rule.plain)
        self._slotted = {tag: _with_charset(rule) for tag, rule in layout.tags.items() if rule.slots}
        self._pads = Slots(layout)
        self._lengths = None if layout.fields.length is None else Figures(layout.fields.length, control)
        self._subs = None if layout.subfields is None else Subfields(layout, self.tags)
        if layout.directory is not None:
            self._entry_length = Figures(layout.directory.length, control)
            self._entry_start = Figures(layout.directory.start, control)
        self._quick = Quick(layout, self.label, self.tags, self._subs) if Quick.fits(layout) else None

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────

    def read(self, data: bytes) -> Description:
        """Take a whole record apart. Raises :class:`Damage`."""
        quick = None if self._quick is None else self._quick.read(data)
        return quick or self.read_with_care(data)

    def read_with_care(self, data: bytes) -> Description:
        """What :meth:`read` does for any record, sound or not."""
        size = self.label.length
        label = data[:size]
        if len(label) < size:
            raise Damage("SMK-SHORT", len(data), length=len(data))
        end = self._end_of_data(data, label)
        description = Description(label, [], data=data)
        description.odd = list(self.label.odd(label)) if size else []
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

    def directory_end(self, data: bytes, label: bytes) -> int:
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
        entries_end = self.directory_end(data, label)
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
                odd = Damage("SMK-FIELD-ORDER", place, tag=self.tags.text(tag), bytes=at - reached)
                description.odd = [*description.odd, odd]
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
                if rule.between:
                    at = self._separated(description, data, at, stop, end)
                    continue
                if stop < start + len(ends):
                    raise Damage("SMK-FIELD-END", end, tag=tag, found=shown(data[end - 1 : end]))
            if ends and not data.endswith(ends, start, stop):
                raise Damage("SMK-FIELD-END", stop - 1, tag=tag, found=shown(data[stop - len(ends) : stop]))
            description.fields.extend(self.field(tag, data[start : stop - len(ends)], start))
            at = stop
        self._finish(description, data, at, end)

    def _separated(self, description: Description, data: bytes, at: int, stop: int, end: int) -> int:
        """The field from ``at`` to before the mark that ends at ``stop``, or to the end; where the next one begins."""
        ends, start = self._field_end, at + self.layout.fields.tag
        last = stop < start + len(ends)
        tag = self.tags.text(data[at:start])
        if start > end or stop == end:
            raise Damage("SMK-FIELD-END", end, tag=tag, found=shown(data[end - 1 : end]))
        close = end if last else stop - len(ends)
        description.fields.extend(self.field(tag, data[start:close], start))
        return end if last else stop

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
            odd = Damage("SMK-REST", reached, bytes=len(rest), found=shown(rest[:8]))
            description.odd = [*description.odd, odd]
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
        return self.directory_end(description.data, description.label) + len(self.layout.directory.ends)

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
        quick = None if self._quick is None else self._quick.write(description)
        return quick or self.write_with_care(description)

    def write_with_care(self, description: Description) -> bytes:
        """What :meth:`write` does for any record, whether there is room for it or not."""
        by = self.layout.fields.by
        if by == "directory":
            middle, body, count = self._with_directory(description)
        elif by == "tags":
            body = b"".join(self._tagged(description))
            if self.layout.fields.between:
                body = body.removesuffix(self._field_end)
            middle, count = b"", _whole_fields(description.fields)
        else:
            middle, body, count = b"", self._positioned(description), len(description.fields)
        size = self.label.length
        whole = size + len(middle) + len(body) + len(self._end)
        rule = self.layout.record
        if rule.ends == "fixed":
            if whole > rule.size:
                raise Damage("SMK-TOO-LONG", 0, item="record", length=whole, most=rule.size)
            filler = rule.filler or b" "
            body_length = len(body)
            body += filler * (rule.size - whole)
            whole = rule.size
        else:
            body_length = len(body)
            if whole > rule.longest:
                raise Damage("SMK-TOO-LONG", 0, item="record", length=whole, most=rule.longest)
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

    def field_bytes(self, fields: list[Field]) -> bytes:
        """The bytes of a field as :meth:`field` gave it, without end mark."""
        return b"".join(chunk for _, chunk in self._chunks(Description(b"", fields)))

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
        entries: list[bytes] = []
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


def _with_charset(rule: TagRule) -> TagRule:
    """The rule with its character set in every slot that has none of its own."""
    slots = (slot if slot.charset else replace(slot, charset=rule.charset) for slot in rule.slots)
    return replace(rule, slots=tuple(slots))


def _whole_fields(fields: list[Field]) -> int:
    """How many fields there are, stretches of one counted together."""
    return sum(not item.part for item in fields)
