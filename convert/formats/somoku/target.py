"""Files of 総合目録共通フォーマット, JAPAN/MARC and the like as a target, by a layout.

Targets of a mapping are the elements of the layout. Groups (著者, 所蔵 …) take objects; all but the holdings a text for
their first member (名前), too, with its reading. What the character set cannot hold is written with a stand-in and
told; what has no room is told, never cut in silence.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding
from convert.errors import near
from convert.formats.base import Coercer, Companion, Container, Options, TargetFault, TargetRule
from convert.formats.somoku.checking.rules import filled, left_out
from convert.formats.somoku.checking.values import Checks
from convert.formats.somoku.given import parts
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.parts import Damage, Description, Field, Sub
from convert.formats.somoku.reader import told
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from convert.formats.somoku.charsets import Flaw
    from convert.formats.somoku.model import Element, Layout, Number, Place
    from convert.model import Mapped

About = tuple[str, int, str | None]
"""The value a finding is about: target, its index, and the member of an object or ``yomi``."""
NEWLINES = {"none": b"", "optional": b"", "lf": b"\n", "crlf": b"\r\n"}


class SomokuTarget:
    """The target for one mapping. Documents are the bytes of a record, several where copies stand apart."""

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        self.layout: Layout = load_layout(options["layout"], base)
        self._limit: int | None = options.get("split")
        self._codec = Codec(self.layout)
        self._texts = Texts(self.layout)
        self._between = NEWLINES[self.layout.record.newline]
        names = {rule.name for rule in rules}
        self._elements = [element for element in self.layout.elements.values() if element.name in names]
        self._readings = {element.yomi for element in self.layout.elements.values() if element.yomi}
        self._checks = Checks(self.layout, filled(self.layout, rules))
        key = self.layout.key
        self._key = key if key is not None and key.name not in names else None
        self._rooms = _rooms(self.layout)
        self._most = None if self.layout.subfields is None else _most(self.layout.subfields.length)
        self._sorts = all(tag.isdigit() for element in self.layout.elements.values() for tag in element.place.tags)
        self.faults = [*self._layout_faults(), *(fault for rule in rules for fault in self._rule_faults(rule))]
        self.faults += left_out(self.layout, rules)

    @property
    def laid_out(self) -> dict[str, Any]:
        """The layout as the run manifest names it."""
        return told(self.layout)

    # ── The mapping ──────────────────────────────────────────────────────────────────────────────

    def _layout_faults(self) -> Iterable[TargetFault]:
        if not self.layout.confirmed:
            slots = {"value": self.layout.id, "layout": self.layout.id}
            yield TargetFault("SMK-LAYOUT-UNCONFIRMED", slots=slots)

    def _rule_faults(self, rule: TargetRule) -> Iterable[TargetFault]:
        elements = self.layout.elements
        element = elements.get(rule.name)
        if element is None:
            slots = {"name": rule.name, "layout": self.layout.id}
            yield TargetFault("SMK-NAME", rule.number, slots, near(rule.name, list(elements)))
            return
        if element.members and not rule.objects and self._is_holdings(element):
            yield TargetFault("SMK-OBJECT", rule.number, {"name": rule.name, "members": "、".join(element.members)})
        if rule.objects and not element.members:
            yield TargetFault("SMK-NO-OBJECT", rule.number, {"name": rule.name})
        for member in rule.members if element.members else ():
            if member not in element.members:
                slots = {"name": rule.name, "member": member, "known": "、".join(element.members)}
                yield TargetFault("SMK-MEMBER", rule.number, slots, near(member, list(element.members)))
        if rule.yomi and not rule.objects and _named(element).yomi is None:
            yield TargetFault("SMK-YOMI-NAME", rule.number, {"name": rule.name})
        for part, given in (("lang", rule.lang), ("type", rule.type)):
            if given is not None:
                yield TargetFault("SMK-PART", rule.number, {"part": part, "value": given})

    def _is_holdings(self, element: Element) -> bool:
        return self.layout.holdings is not None and self.layout.holdings.element == element.name

    def is_slot(self, tag: str, sub: str | None) -> bool:
        """Whether a place is a stretch of fixed length, which holds one value."""
        return f"{tag}${sub}" in self._rooms

    def room(self, tag: str, sub: str) -> int | None:
        """The bytes for which a place has room: its own, or those that the length of a subfield can say."""
        found = self._rooms.get(f"{tag}${sub}", self._rooms.get(tag))
        plain = tag in self.layout.tags and self.layout.tags[tag].plain
        return self._most if found is None and sub and not plain else found

    # ── Per record ───────────────────────────────────────────────────────────────────────────────

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """Text stays text."""
        return None

    def identity(self, record_id: str) -> str:
        """The id as it is: leading zeros are part of it."""
        return record_id

    def assemble(self, mapped: Mapped) -> tuple[bytes, list[Finding]]:
        """The bytes of the record, and what there is to say about it."""
        values = self._with_key(mapped)
        findings: list[Finding] = list(self._checks.findings(values))
        builder = _Builder(self, findings)
        for element in self._elements:
            builder.element(element, values.get(element.name, ()))
        if self._key is not None:
            builder.element(self._key, [mapped.id])
        return self._written(builder, findings), findings

    def _with_key(self, mapped: Mapped) -> Mapping[str, list[Any]]:
        if self._key is None:
            return mapped.values
        return {self._key.name: [mapped.id], **mapped.values}

    def _written(self, builder: _Builder, findings: list[Finding]) -> bytes:
        try:
            label = self._codec.label.made(builder.label)
            return b"".join(self._codec.write(one) + self._between for one in self._descriptions(label, builder))
        except Damage as damage:
            slots = damage.slots
            findings.append(Finding(damage.code, builder.name_of(slots.get("item", "")), slots=slots))
            return b""

    def _descriptions(self, label: bytes, builder: _Builder) -> list[Description]:
        """One, or one for each copy where copies stand apart."""
        found = []
        for copy in builder.copies or [[]]:
            fields = [*builder.fields, *copy]
            if self._sorts:
                fields.sort(key=lambda field: field.tag)
            found.append(Description(label, fields))
        return found

    def deletion(self, record_id: str) -> bytes | None:
        """A record with the status of a deleted one and nothing but its key; None where the layout knows no status."""
        item, key = self.layout.label.role("status"), self.layout.key
        code = next((code for code, what in item.statuses.items() if what == "deleted"), None) if item else None
        if item is None or code is None or key is None:
            return None
        builder = _Builder(self, [])
        builder.element(key, [record_id])
        label = self._codec.label.made({**builder.label, item.name: code})
        try:
            return self._codec.write(Description(label, builder.fields)) + self._between
        except Damage:
            return None

    def encode(self, document: bytes) -> bytes:
        """The bytes as they are."""
        return document

    def container(self) -> Container:
        """Records need nothing around them; ``split`` limits the size of a file."""
        return Container(limit=self._limit)

    def companions(self) -> Iterable[Companion]:
        """No further files."""
        return ()


class _Builder:
    """Puts the fields of one record together."""

    def __init__(self, target: SomokuTarget, findings: list[Finding]) -> None:
        self._target, self._texts, self._findings = target, target._texts, findings
        self.label: dict[str, str] = {}
        self.fields: list[Field] = []
        self.copies: list[list[Field]] = []
        self._shared: dict[tuple[str, int], Field] = {}
        holdings = target.layout.holdings
        self._apart = holdings.element if holdings is not None and holdings.copies == "apart" else None

    def name_of(self, item: str) -> str | None:
        """The element that a place of the layout belongs to."""
        for element in self._target.layout.elements.values():
            if item and item.partition("$")[0] in element.place.tags:
                return element.name
        return None

    def element(self, element: Element, values: Sequence[Any]) -> None:
        """Write the values of an element."""
        if element.members:
            for index, value in enumerate(values):
                self._node(element, index, value)
            return
        for index, value in enumerate(values):
            text, yomi = parts(value)
            self._simple(element, element.place, index, text)
            reading = self._target.layout.elements.get(element.yomi or "")
            if yomi is not None and reading is not None:
                self._simple(reading, reading.place, index, yomi, element.name)

    def _simple(self, element: Element, place: Place, index: int, text: str, name: str | None = None) -> None:
        if place.label is not None:
            self._in_label(element, place.label, index, text)
            return
        tag = self._tag(place, index, element, text)
        if tag is None:
            return
        occurrence = index if len(place.tags) == 1 else 0
        about = (name or element.name, index, None if name is None else "yomi")
        sub = self._sub(tag, place.sub or "", text, element, about)
        if sub is None:
            return
        field = self._shared.get((tag, occurrence))
        if field is None:
            field = self._shared[tag, occurrence] = Field(tag, [])
            self.fields.append(field)
        field.subs.append(sub)

    def _tag(self, place: Place, index: int, element: Element, text: str) -> str | None:
        """The tag of a value; None: the layout has room for fewer."""
        single = len(place.tags) == 1
        most = len(place.tags) if not single else self._room(place)
        if most is not None and index >= most:
            self._findings.append(Finding("SMK-ROOM", element.name, index, text, {"most": most}))
            return None
        return place.tags[0] if single else place.tags[index]

    def _room(self, place: Place) -> int | None:
        return 1 if self._target.layout.fields.by == "positions" else None

    def _in_label(self, element: Element, name: str, index: int, text: str) -> None:
        item = self._target.layout.label.named(name)
        if item is None or index:
            self._findings.append(Finding("SMK-ROOM", element.name, index, text, {"most": 1}))
            return
        codes = item.statuses or item.values
        if len(text) > item.length or (codes and text not in codes) or not text.isascii():
            slots = {"item": name, "known": "、".join(codes) or f"{item.length}"}
            self._findings.append(Finding("SMK-LABEL-VALUE", element.name, index, text, slots))
            return
        self.label[name] = text

    def _node(self, element: Element, index: int, value: Any) -> None:
        """One field of a group, and the fields beside it."""
        members = value if isinstance(value, dict) else {_named(element).name: [value]}
        apart = element.name == self._apart
        tag = next(iter(element.place.tags), "") if apart else self._tag(element.place, index, element, "")
        if tag is None:
            return
        rule = self._target.layout.tags.get(tag)
        field = Field(tag, [], part=index if rule is not None and rule.size and not apart else 0)
        beside: dict[str, Field] = {}
        for name, member in element.members.items():
            for number, item in enumerate(members.get(name, ())):
                text, yomi = parts(item)
                self._member(element, member, index, number, text, field, beside)
                reading = element.members.get(member.yomi or "")
                if yomi is not None and reading is not None:
                    self._member(element, reading, index, number, yomi, field, beside)
        made = [item for item in (field, *beside.values()) if item.subs]
        if apart:
            self.copies.append(made)
        else:
            self.fields += made

    def _member(
        self,
        element: Element,
        member: Element,
        index: int,
        number: int,
        text: str,
        field: Field,
        beside: dict[str, Field],
    ) -> None:
        home = field
        if member.place.tags:
            tag = member.place.tags[index if len(member.place.tags) > 1 else 0]
            home = beside.setdefault(tag, Field(tag, []))
        about = (element.name, index, member.name)
        if number and self._target.is_slot(home.tag, member.place.sub):
            self._findings.append(_finding("SMK-ROOM", about, text, {"most": 1}))
            return
        sub = self._sub(home.tag, member.place.sub or "", text, member, about)
        if sub is not None:
            home.subs.append(sub)

    def _sub(self, tag: str, sub: str, text: str, element: Element, about: About) -> Sub | None:
        """A text as a subfield; what it cannot hold is told, ``about`` the value it comes from."""
        if not text:
            return None
        made, flaws, wide = self._texts.written(tag, sub, text, element.mode)
        if wide:
            self._findings.append(_finding("SMK-WIDE", about, text))
        if flaws:
            self._findings += _missing(flaws, _finding("SMK-CHARACTER", about, text))
        most = self._target.room(tag, sub)
        if most is not None and len(made.data) > most:
            slots = {"bytes": len(made.data), "most": most}
            self._findings.append(_finding("SMK-CUT", about, text, slots))
            return self._texts.cut(tag, made, most)
        if element.longest is not None and len(made.data) > element.longest:
            slots = {"bytes": len(made.data), "most": element.longest}
            self._findings.append(_finding("SMK-LONGEST", about, text, slots))
        return made


def _rooms(layout: Layout) -> dict[str, int]:
    """Stretches of fixed length, by their place."""
    found = {slot.name: slot.length for slot in layout.fields.slots}
    return found | {f"{rule.tag}${slot.name}": slot.length for rule in layout.tags.values() for slot in rule.slots}


def _most(length: Number | None) -> int | None:
    """The largest number of bytes that a length can say."""
    if length is None:
        return None
    base = 256 if length.coding == "binary" else 10
    return int(base**length.width) - 1


def _finding(code: str, about: About, text: str, slots: dict[str, Any] | None = None) -> Finding:
    name, index, member = about
    return Finding(code, name, index, text, slots or {}, member=member)


def _missing(flaws: list[Flaw], about: Finding) -> list[Finding]:
    """A finding for each character that has no place; the suggestion mends them all."""
    mended: str | None = about.value
    for flaw in flaws:
        mended = None if mended is None or flaw.suggestion is None else mended.replace(flaw.shown, flaw.suggestion)
    return [
        replace(
            about,
            slots={"character": flaw.shown, "code": " ".join(f"U+{ord(c):04X}" for c in flaw.shown)},
            suggestion=mended,
        )
        for flaw in flaws
    ]


def _named(element: Element) -> Element:
    """The element a text fills: of a group the first member."""
    return next(iter(element.members.values()), element)
