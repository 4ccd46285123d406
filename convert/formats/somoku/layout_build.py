"""From the tables of a layout file to a :class:`Layout`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.errors import near
from convert.formats.somoku.layout_read import Keys, Values, is_null
from convert.formats.somoku.model import (
    Charsets,
    Directory,
    Element,
    FieldRule,
    Holdings,
    Label,
    LabelItem,
    Layout,
    Mark,
    Number,
    Place,
    RecordRule,
    Slot,
    SubfieldRule,
    TagRule,
)
from convert.mapping.nodes import Items, Node, Scalar, Table
from convert.resources import as_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convert.model import Location

MOST_TAGS = 1_000
"""Tags that one range may name."""
WIDEST = 18
"""Digits beyond which no length in bytes goes."""
_RANGE = re.compile("([0-9]{1,9})-([0-9]{1,9})")
_NUMBERED = ("record_length", "base_address", "data_length", "field_count")


class Builder(Values):
    """Makes the layout of one merged document. ``marks``: what each file says of all its items and elements."""

    def __init__(self, name: str, marks: Mapping[str, Mark]) -> None:
        super().__init__(name)
        self._marks = marks
        self._positions: tuple[str, ...] = ()
        self._labels: tuple[str, ...] = ()

    def layout(self, root: Table, default_id: str) -> Layout | None:
        """The layout; None when a part is missing without which there is none."""
        top = self.table(root, "layout", ())
        title = self.table(top.get("name"), "name", ("name",))
        record = self.table(top.get("record"), "record", ("record",))
        charsets = self.table(top.get("charsets"), "charsets", ("charsets",))
        label = self._label(top.get("label"))
        directory = self._directory(top.get("directory"))
        fields = self._fields(top.get("fields"), directory)
        subfields = self._subfields(top.get("subfields"))
        tags = {name: TagRule(name, **values) for name, values in self._tags(top.get("tags"))}
        elements = self._elements(top.get("elements"), ("elements",))
        holdings = self.table(top.get("holdings"), "holdings", ("holdings",))
        if "ends" not in record or fields is None or not {"control", "data"} <= charsets.keys():
            return None
        if "gaiji" in charsets:
            charsets["gaiji"] = self._gaiji(charsets["gaiji"])
        if "longest" not in record:
            record["longest"] = _longest(label, record)
        return Layout(
            id=top.get("id", default_id),
            record=RecordRule(**record),
            label=label,
            fields=fields,
            charsets=Charsets(**charsets),
            elements=elements,
            directory=directory,
            subfields=subfields,
            tags=tags,
            holdings=Holdings(**holdings) if "element" in holdings else None,
            ja=title.get("ja", ""),
            en=title.get("en", ""),
            confirmed_by=top.get("confirmed_by"),
            confirmed_on=top.get("confirmed_on"),
            source=top.get("source"),
        )

    def _gaiji(self, name: str) -> str:
        """The file of gaiji, beside the layout that names it."""
        at = self.at("charsets", "gaiji")
        path = as_file(name, Path(at.source).parent)
        if path is None:
            ja, en = "ファイルがありません", "there is no such file"
            self.note("SMK-LAYOUT-FILE", at, name, reason=en, reason_ja=ja)
        return name if path is None else str(path)

    def _named(self, node: Node | None, kind: str, path: Keys) -> Iterator[tuple[str, Table, dict[str, Any]]]:
        """The tables under names, each with its values."""
        if node is None:
            return
        self.places[path] = node.at
        if not isinstance(node, Table):
            self.shape(node, "tables")
            return
        for key, inside in node:
            if is_null(inside):
                self.note("SMK-LAYOUT-REMOVED", key.at, key.text)
                continue
            values = self.table(inside, kind, (*path, key.text))
            if isinstance(inside, Table):
                yield key.text, inside, values

    def _mark(self, values: dict[str, Any], at: Location) -> Mark:
        mark: Mark = values.get("mark") or self._marks.get(at.source, "inferred")
        return mark

    # ── Record structure ─────────────────────────────────────────────────────────────────────────

    def _label(self, node: Node | None) -> Label:
        values = self.table(node, "label", ("label",))
        items = []
        for name, inside, found in self._named(values.get("items"), "item", ("label", "items")):
            if {"at", "length"} <= found.keys():
                items.append(self._item(name, inside, found))
        self._labels = tuple(path[2] for path in self.places if path[:2] == ("label", "items") and len(path) == 3)
        items.sort(key=lambda item: item.at)
        return Label(values.get("length", 0), tuple(items))

    def _item(self, name: str, node: Table, values: dict[str, Any]) -> LabelItem:
        number = values.pop("number", None)
        values["mark"] = self._mark(values, node.at)
        values["name"] = name
        if number is not None or values.get("role") in _NUMBERED:
            values["number"] = Number(values["length"], **(number or {}))
        return LabelItem(**values)

    def _directory(self, node: Node | None) -> Directory | None:
        values = self.table(node, "directory", ("directory",))
        coding = values.pop("coding", None)
        if not {"tag", "length", "start"} <= values.keys():
            return None
        for name in ("length", "start"):
            if coding is not None:
                values[name].setdefault("coding", coding)
            if "width" not in values[name]:
                return None
            values[name] = Number(**values[name])
        return Directory(**values)

    def _fields(self, node: Node | None, directory: Directory | None) -> FieldRule | None:
        values = self.table(node, "fields", ("fields",))
        values["slots"] = self._slots(values.get("slots"), ("fields", "slots"))
        self._length(values)
        if "by" not in values:
            return None
        if values["by"] == "positions":
            self._positions = tuple(slot.name for slot in values["slots"])
        if values["by"] == "directory" and directory is not None:
            values.setdefault("tag", directory.tag)
        return FieldRule(**values)

    def _subfields(self, node: Node | None) -> SubfieldRule | None:
        values = self.table(node, "subfields", ("subfields",))
        self._length(values)
        return SubfieldRule(**values) if node is not None else None

    @staticmethod
    def _length(values: dict[str, Any]) -> None:
        number = values.pop("length", None)
        if number is not None and "width" in number:
            values["length"] = Number(**number)

    def _tags(self, node: Node | None) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, _, values in self._named(node, "tag", ("tags",)):
            values["slots"] = self._slots(values.get("slots"), ("tags", name, "slots"))
            yield name, values

    def _slots(self, node: Node | None, path: Keys) -> tuple[Slot, ...]:
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.shape(node, "items")
            return ()
        found: dict[str, Slot] = {}
        for number, item in enumerate(node.items):
            called = item.get("name") if isinstance(item, Table) else None
            name = called.text if isinstance(called, Scalar) else str(number)
            values = self.table(item, "slot", (*path, name))
            if not {"name", "at", "length"} <= values.keys():
                continue
            if name in found:
                self.note("SMK-LAYOUT-DOUBLE", item.at, name, first=self._first(node, name))
                self.unread.add(path[0])
                continue
            found[name] = Slot(**values)
        return tuple(sorted(found.values(), key=lambda slot: slot.at))

    @staticmethod
    def _first(node: Items, name: str) -> int | None:
        names = [item.get("name") if isinstance(item, Table) else None for item in node.items]
        return next((each.at.line for each in names if isinstance(each, Scalar) and each.text == name), None)

    # ── Elements ─────────────────────────────────────────────────────────────────────────────────

    def _elements(self, node: Node | None, path: Keys) -> dict[str, Element]:
        found = {}
        for name, inside, values in self._named(node, "element", path):
            at = (*path, name)
            place = self._place(values.pop("at", None))
            members = values.pop("members", None)
            if place is None:
                if members is not None:
                    self._members(members, (*at, "members"))
                continue
            if not place.tags and place.label is None:
                ja, en = "フィールドの番号を省けるのは members の中だけです", "only members may leave the tag out"
                self.note("SMK-LAYOUT-PLACE", self.at(*at, "at"), str(place), reason=en, reason_ja=ja)
            values["mark"] = self._mark(values, inside.at)
            values["members"] = self._members(members, (*at, "members"))
            found[name] = Element(name, place, **values)
        return found

    def _members(self, node: Node | None, path: Keys) -> dict[str, Element]:
        found = {}
        for name, inside, values in self._named(node, "member", path):
            place = self._place(values.pop("at", None))
            if place is not None:
                values["mark"] = self._mark(values, inside.at)
                found[name] = Element(name, place, **values)
        return found

    def _place(self, node: Node | None) -> Place | None:
        """The place of an element: one text, or texts for several tags with the same subfield."""
        if node is None:
            return None
        items = node.items if isinstance(node, Items) else (node,)
        texts = [item for item in items if isinstance(item, Scalar) and item.text.strip() and not item.is_null]
        if not items or len(texts) < len(items):
            self.shape(node, "place")
            return None
        if texts[0].text.startswith("label."):
            return self._label_place(texts)
        parts = [text.text.partition("$") for text in texts]
        subs = {sub if sign else None for _, sign, sub in parts}
        if len(subs) > 1 or "" in subs:
            ja, en = (
                "サブフィールドは、どの位置でも同じものを一つ書きます",
                "write one subfield, the same in every place",
            )
            self.note("SMK-LAYOUT-PLACE", node.at, ", ".join(text.text for text in texts), reason=en, reason_ja=ja)
            return None
        tags: list[str] = []
        for text, (tag, _, _) in zip(texts, parts, strict=True):
            found = self._range(tag, text) if tag else ()
            if found is None:
                return None
            tags += found
        return Place(tuple(tags), next(iter(subs)))

    def _label_place(self, texts: list[Scalar]) -> Place | None:
        name = texts[0].text.removeprefix("label.")
        if len(texts) == 1 and name in self._labels:
            return Place(label=name)
        self.note("SMK-LAYOUT-LABEL", texts[0].at, name, suggestion=near(name, self._labels), known=list(self._labels))
        return None

    def _range(self, text: str, node: Scalar) -> tuple[str, ...] | None:
        """The tags of ``251-259``; a slot's name is one whatever it looks like."""
        match = _RANGE.fullmatch(text)
        if match is None or text in self._positions:
            return (text,)
        first, last = match[1], match[2]
        count = int(last) - int(first) + 1
        if len(first) != len(last) or not 0 < count <= MOST_TAGS:
            self.note("SMK-LAYOUT-RANGE", node.at, text)
            return None
        return tuple(f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1))


def _longest(label: Label, record: Mapping[str, Any]) -> int:
    """Bytes of the longest record where the layout says nothing: what its length can tell, or its size."""
    default = RecordRule(ends="length").longest
    item = label.role("record_length")
    told = most(item.number) if item is not None and item.number is not None else default
    return min(default, told) if record["ends"] == "length" else max(default, record.get("size", 0))


def most(number: Number) -> int:
    """The largest number of this width; widths beyond :data:`WIDEST` make no difference.

    >>> most(Number(4)), most(Number(2, "binary"))
    (9999, 65535)
    """
    base = 256 if number.coding == "binary" else 10
    return int(base ** min(number.width, WIDEST) - 1)
