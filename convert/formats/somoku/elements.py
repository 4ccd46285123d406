"""Paths of a record: the names of the layout's elements, and raw places (``251$A``), ready to be followed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.errors import PathError
from convert.formats.somoku.model import Element, Layout, Place
from convert.formats.somoku.parts import Field
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.check.issue import Issue
    from convert.formats.somoku.parts import Description
    from convert.formats.somoku.structure import Codec
    from convert.formats.somoku.texts import Texts

RAW = re.compile(r"(?P<tags>[^$.\s]*)\$(?P<sub>[^$.\s]+)")
LABEL = "label."
STATUS = "record.status"
"""The path of what the record is by its label: ``new``, ``changed``, ``deleted``, whatever codes the layout has."""


class Body:
    """The body of a record: its descriptions (one for each copy where copies stand apart) and how their texts are read.

    The description proper is taken from the first.
    """

    __slots__ = ("_tags", "codec", "descriptions", "texts")

    def __init__(self, descriptions: list[Description], codec: Codec, texts: Texts) -> None:
        self.descriptions, self.codec, self.texts = descriptions, codec, texts
        self._tags: list[dict[str, list[Field]]] | None = None

    def tags(self, number: int = 0) -> dict[str, list[Field]]:
        """The fields of a description by tag."""
        if self._tags is None:
            self._tags = [_by_tag(description) for description in self.descriptions]
        return self._tags[number]


class ByteRecord(Record):
    """A record of a file that has no lines: it starts at a byte, counted from 0."""

    __slots__ = ("byte",)

    def __init__(self, body: Body | None, source: str, ordinal: int, byte: int, issues: Sequence[Issue] = ()) -> None:
        super().__init__(body, source, ordinal, issues=issues)
        self.byte = byte

    @property
    def at(self) -> Location:
        """Where the record starts."""
        return Location(self.source, byte=self.byte)


class Node:
    """One field as a node: the copy it belongs to, its number in the range of the group's tags, and the group."""

    __slots__ = ("body", "copy", "element", "field", "number")

    def __init__(self, body: Body, element: Element | None, field: Field, number: int, copy: int) -> None:
        self.body, self.element, self.field, self.number, self.copy = body, element, field, number, copy


_NOTHING = Field("", [])
"""The field of a copy whose members all stand in other fields."""


def _by_tag(description: Description) -> dict[str, list[Field]]:
    found: dict[str, list[Field]] = {}
    for field in description.fields:
        found.setdefault(field.tag, []).append(field)
    return found


@dataclass(frozen=True, slots=True)
class ElementPath:
    """A path from the record. ``copies``: the element stands in the description of every copy."""

    path: str
    place: Place
    element: Element | None = None
    member: Element | None = None
    copies: bool = False
    index: int | None = None
    key: str | None = None

    def _fields(self, body: Body, place: Place) -> Iterator[tuple[int, Field]]:
        """Fields of a place, with the number of their copy."""
        for copy in range(len(body.descriptions) if self.copies else 1):
            tags = body.tags(copy)
            for tag in place.tags:
                for field in tags.get(tag, ()):
                    yield copy, field

    def values(self, body: Body) -> list[Any]:
        """Every text of the element, in the order of its tags."""
        if self.place.label is not None:
            return self._in_label(body, self.place.label)
        if self.element is not None and self.element.members:
            nodes = self.nodes(body)
            if self.member is None:
                return list(nodes)
            return [text for node in nodes for text in member_texts(node, self.member)]
        reading, sub_id = body.texts, self.place.sub
        if len(self.place.tags) == 1 and not self.copies:
            tag = self.place.tags[0]
            fields = body.tags().get(tag)
            if fields is None:
                return []
            if len(fields) == 1:
                return texts_of(fields[0], sub_id, reading)
            return [text for field in fields for text in texts_of(field, sub_id, reading)]
        return [text for _, field in self._fields(body, self.place) for text in texts_of(field, sub_id, reading)]

    def _in_label(self, body: Body, name: str) -> list[Any]:
        item = body.codec.label.rule.named(name)
        if item is None:
            return []
        code = body.codec.label.text(body.descriptions[0].label, item).strip()
        return [item.statuses.get(code, code) if self.path == STATUS else code]

    def nodes(self, body: Body) -> list[Any]:
        """The fields of a group, in the order of its tags; the fields of a simple element, one for each."""
        if self.copies:
            return self._copies(body)
        numbers = {tag: number for number, tag in enumerate(self.place.tags)}
        found: list[Node] = []
        for copy, field in self._fields(body, self.place):
            number = numbers[field.tag] if len(numbers) > 1 else len(found)
            found.append(Node(body, self.element, field, number, copy))
        return found

    def _copies(self, body: Body) -> list[Any]:
        """One node for each description, whatever of the copy it has."""
        found = []
        for copy in range(len(body.descriptions)):
            fields = [field for tag in self.place.tags for field in body.tags(copy).get(tag, ())]
            node = Node(body, self.element, fields[0] if fields else _NOTHING, 0, copy)
            members = self.element.members.values() if self.element is not None else ()
            if any(member_texts(node, member) for member in members):
                found.append(node)
        return found

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """The byte at which the field of the value stands."""
        body, name = record.body, self.element.name if self.element is not None else None
        at = replace(record.at, path=str(self.place), field=self._named(name))
        if not isinstance(body, Body) or self.place.label is not None:
            return at
        number = 0
        for copy, field in self._fields(body, self.place):
            count = 1 if self.element is not None and self.element.members and self.member is None else 0
            count = count or sum(self.place.sub is None or sub.id == self.place.sub for sub in field.subs)
            if number + count > occurrence:
                start = body.descriptions[copy].at + field.at
                path = field.tag if self.place.sub is None else f"{field.tag}${self.place.sub}"
                return replace(at, byte=start, path=path)
            number += count
        return at

    def _named(self, name: str | None) -> str | None:
        return name if self.member is None else f"{name}.{self.member.name}"


@dataclass(frozen=True, slots=True)
class MemberPath:
    """A path from a node: a member of its group, or (``raw``) a subfield. ``members``: by the name of the group."""

    path: str
    members: dict[str, Element]
    raw: Element | None = None
    index: int | None = None
    key: str | None = None

    def values(self, body: Any) -> list[Any]:
        """The texts of the member in this node."""
        if not isinstance(body, Node):
            return []
        member = self.raw or (self.members.get(body.element.name) if body.element is not None else None)
        return [] if member is None else member_texts(body, member)

    def nodes(self, body: Any) -> list[Any]:
        """There is nothing below a member."""
        return []

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """The node's place, and the member in it."""
        base = within or record.at
        member = self.raw or self.members.get(base.field or "")
        if member is None or base.path is None or base.field is None:
            return base
        tag = base.path.partition("$")[0]
        path = str(member.place) if member.place.tags else f"{tag}{member.place}"
        return replace(base, path=path, field=f"{base.field}.{self.path}")


def member_texts(node: Node, member: Element) -> list[str]:
    """The texts of a member of a node: in its own field, or in the field beside it with the same number."""
    place, reading = member.place, node.body.texts
    if not place.tags:
        return texts_of(node.field, place.sub, reading)
    tags = node.body.tags(node.copy)
    if len(place.tags) > 1:
        fields = tags.get(place.tags[node.number], []) if node.number < len(place.tags) else []
    else:
        fields = tags.get(place.tags[0], [])[node.number : node.number + 1]
    return [text for field in fields for text in texts_of(field, place.sub, reading)]


def texts_of(field: Field, sub: str | None, reading: Texts) -> list[str]:
    """The texts of a field's subfields with an identifier; of all where it is None."""
    if sub is None:
        return [reading.text(field.tag, one) for one in field.subs]
    return field.texts(reading).get(sub, [])


def path_of(layout: Layout, path: str) -> ElementPath:
    """Follow ``path`` from the record. Raises :class:`PathError`."""
    element = layout.elements.get(path)
    copies = layout.holdings is not None and layout.holdings.copies == "apart"
    holdings = layout.holdings.element if layout.holdings is not None else None
    if element is not None:
        return ElementPath(path, element.place, element, copies=copies and path == holdings)
    group, dot, name = path.partition(".")
    element = layout.elements.get(group)
    if dot and element is not None and name in element.members:
        member = element.members[name]
        return ElementPath(path, element.place, element, member, copies=copies and group == holdings)
    place = raw_place(layout, path)
    if place is not None:
        return ElementPath(path, place)
    known = [*layout.elements, *(f"{e.name}.{m}" for e in layout.elements.values() for m in e.members)]
    ja = f"レイアウト {layout.id} に、この要素はありません（要素名か、251$A のような場所を書きます）"
    raise PathError(path, f"the layout {layout.id} has no such element", known, ja=ja)


def member_of(layout: Layout, path: str) -> MemberPath:
    """Follow ``path`` from a node of any group. Raises :class:`PathError` when no group has it.

    A simple element that no group has is the one with the node's number: the place beside a publisher.
    """
    raw = RAW.fullmatch(path)
    if raw is not None and not raw["tags"]:
        return MemberPath(path, {}, Element(path, Place(sub=raw["sub"])))
    found = {name: element.members[path] for name, element in layout.elements.items() if path in element.members}
    simple = layout.elements.get(path)
    if not found and simple is not None and simple.place.tags and not simple.members:
        return MemberPath(path, {}, simple)
    if not found:
        known = sorted({name for element in layout.elements.values() for name in element.members})
        ja = f"レイアウト {layout.id} のどの組にも、この要素はありません"
        raise PathError(path, f"no group of the layout {layout.id} has this element", known, ja=ja)
    return MemberPath(path, found)


def raw_place(layout: Layout, path: str) -> Place | None:
    """A place written as such: ``251$A``, ``001``, ``251-259$A``, ``label.NAME``; None when it is none."""
    status = layout.label.role("status")
    if path == STATUS and status is not None:
        return Place(label=status.name)
    if path.startswith(LABEL):
        item = layout.label.named(path[len(LABEL) :])
        return None if item is None else Place(label=item.name)
    raw = RAW.fullmatch(path)
    text, sub = (raw["tags"], raw["sub"]) if raw is not None else (path, None)
    tags = tags_of(text)
    if layout.fields.by == "positions":
        names = {slot.name for slot in layout.fields.slots}
        return Place(tags, sub) if tags and set(tags) <= names else None
    width = layout.directory.tag if layout.directory is not None else layout.fields.tag
    return Place(tags, sub) if tags and all(len(tag) == width for tag in tags) else None


def tags_of(text: str) -> tuple[str, ...]:
    """A tag or a range of tags.

    >>> tags_of("251"), tags_of("258-261"), tags_of("25-A")
    (('251',), ('258', '259', '260', '261'), ())
    """
    first, dash, last = text.partition("-")
    if not dash:
        return (text,) if text else ()
    if not (first.isdigit() and last.isdigit() and len(first) == len(last) and int(first) <= int(last)):
        return ()
    return tuple(str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))
