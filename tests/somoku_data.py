"""Records made up for any layout: used by properties, fuzzing and benchmarks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from convert.formats.somoku.parts import Description, Field, Sub
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout

NEWLINES = {"none": b"", "optional": b"", "lf": b"\n", "crlf": b"\r\n"}
LATIN = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz0123456789.-/, "
WIDE = "架空の本図書館目録書房日本史入門カクウホンあいうえおー・（）２０２４年ＡＢＣ"


class Maker:
    """Makes records of a layout, the same ones for the same seed."""

    def __init__(self, layout: Layout, seed: int = 0) -> None:
        self.layout, self.codec, self.texts = layout, Codec(layout), Texts(layout)
        self.random = random.Random(seed)  # noqa: S311 - nothing secret

    def text(self, tag: str, sub: str) -> Sub:
        """A subfield with some text its character set holds."""
        for _ in range(20):
            alphabet = self.random.choice((LATIN, WIDE))
            text = "".join(self.random.choice(alphabet) for _ in range(self.random.randint(1, 12))).strip() or "A"
            made, flaws, _ = self.texts.written(tag, sub, text)
            if not flaws:
                return made
        return self.texts.written(tag, sub, "1")[0]

    def slotted(self, tag: str, slots: object, part: int = 0) -> Field:
        """A field of fixed stretches."""
        subs = []
        for slot in slots:  # type: ignore[attr-defined]
            sub = self.texts.cut(tag, self.text(tag, slot.name), slot.length)
            text = self.texts.exact(tag, sub).strip(f"　 {slot.pad}")
            data = self.texts.of(tag, slot.name, "").encode(text)
            if slot.pad.isdigit() and data:
                data = data.rjust(slot.length, self.texts.of(tag, slot.name, "").encode(slot.pad))
            if data:
                subs.append(Sub(slot.name, "", data))
        return Field(tag, subs, part=part)

    def description(self, number: int) -> Description:
        """One record with the key ``number``."""
        layout, pick = self.layout, self.random
        label = {}
        for item in layout.label.items:
            codes = list(item.statuses or item.values)
            if codes and item.const is None:
                label[item.name] = pick.choice(codes)
        fields = self.positions(number) if layout.fields.by == "positions" else self.tagged(number)
        return Description(self.codec.label.made(label), fields)

    def positions(self, number: int) -> list[Field]:
        """The slots of a record without tags."""
        key = self.layout.key
        fields = []
        for slot in self.layout.fields.slots:
            if key is not None and slot.name in key.place.tags:
                sub = self.texts.written(slot.name, "", str(number + 1).rjust(10, "0"))[0]
            else:
                made = self.slotted(slot.name, [slot])
                if not made.subs:
                    continue
                sub = made.subs[0]._replace(id="")
            fields.append(Field(slot.name, [sub]))
        return fields

    def tagged(self, number: int) -> list[Field]:
        """Some of the fields that the layout's elements name."""
        layout, pick = self.layout, self.random
        key = layout.key
        places: dict[str, list[str]] = {}
        for element in layout.elements.values():
            own = [(tag, element.place.sub) for tag in element.place.tags]
            for member in element.members.values():
                own += [(tag, member.place.sub) for tag in member.place.tags or element.place.tags]
            for tag, sub in own:
                found = places.setdefault(tag, [])
                if sub is not None and sub not in found:
                    found.append(sub)
        fields = []
        for tag, subs in places.items():
            rule = layout.tags.get(tag)
            if key is not None and tag in key.place.tags:
                sub = self.texts.written(tag, key.place.sub or "", f"{number:08d}")[0]
                fields.append(Field(tag, [sub], b"" if rule and rule.plain else self.indicators))
            elif pick.random() < 0.5:
                continue
            elif rule is not None and rule.slots:
                stretches = pick.randint(1, 3) if rule.size else 1
                fields += [self.slotted(tag, rule.slots, part) for part in range(stretches)]
            elif not subs or layout.subfields is None or (rule is not None and rule.plain):
                fields.append(Field(tag, [self.text(tag, "")], b"" if rule and rule.plain else self.indicators))
            else:
                chosen = [sub for sub in subs if pick.random() < 0.8] or subs[:1]
                fields.append(Field(tag, [self.text(tag, sub) for sub in chosen], self.indicators))
        return fields

    @property
    def indicators(self) -> bytes:
        """Two blanks, where the layout has indicators."""
        return self.codec.tags.bytes(" ") * self.layout.fields.indicators

    def records(self, count: int) -> list[bytes]:
        """Whole records, with what follows each."""
        newline = NEWLINES[self.layout.record.newline]
        return [self.codec.write(self.description(number)) + newline for number in range(count)]
