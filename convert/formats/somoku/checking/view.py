"""A record of a file as the checks see it: its texts by element, read once, and what is wrong with their bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from convert.formats.somoku._gaiji import STAND_INS
from convert.formats.somoku.charsets import readable
from convert.formats.somoku.checking.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.elements import Body
    from convert.formats.somoku.model import Element, Layout
    from convert.formats.somoku.parts import Description, Field, Sub
    from convert.formats.somoku.texts import Texts

UNREAD: Final = re.compile(f"[{STAND_INS}]")
_MOST: Final = 20
"""Faults of bytes that are told of one value."""

Texts_ = list[tuple[str, str]]
"""The texts of a field, each with the identifier of its subfield."""
Tags = dict[str, list[Texts_]]


@dataclass(slots=True)
class View:
    """``values``: the texts of each element, or dicts of members; what cannot be read is in them as
    :meth:`Charset.decode` gives it. ``found``: what is wrong with the bytes. ``unnamed``: places that no element names.
    """

    values: dict[str, list[Any]]
    found: list[Found] = field(default_factory=list)
    unnamed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Tag:
    """What the layout says about the fields of one tag. ``singles``: elements by subfield (None: the whole field);
    ``wide``: elements that stand at several tags, and groups; ``subs``: subfields that have a name.
    """

    singles: dict[str | None, list[str]] = field(default_factory=dict)
    wide: list[str] = field(default_factory=list)
    subs: dict[str | None, str] = field(default_factory=dict)
    longest: dict[str | None, int] = field(default_factory=dict)


class Viewer:
    """Makes views of the records of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._tags: dict[str, _Tag] = {}
        holdings = layout.holdings
        self._apart = holdings.element if holdings is not None and holdings.copies == "apart" else None
        self._labels = [element for element in layout.elements.values() if element.place.label is not None]
        for element in layout.elements.values():
            self._learn(element)

    def _learn(self, element: Element) -> None:
        for tag in element.place.tags:
            known = self._tags.setdefault(tag, _Tag())
            if element.members or len(element.place.tags) > 1:
                known.wide.append(element.name)
            else:
                known.singles.setdefault(element.place.sub, []).append(element.name)
            if not element.members:
                self._name(tag, element, element.name)
        for member in element.members.values():
            for tag in member.place.tags or element.place.tags:
                self._name(tag, member, f"{element.name}.{member.name}")

    def _name(self, tag: str, element: Element, path: str) -> None:
        known = self._tags.setdefault(tag, _Tag())
        known.subs.setdefault(element.place.sub, path)
        if element.longest is not None:
            known.longest[element.place.sub] = element.longest

    def view(self, body: Body) -> View:
        """Read a record."""
        seen = View({})
        copies = [self._read(description, body.texts, seen) for description in body.descriptions]
        for element in self._labels:
            item = body.codec.label.rule.named(element.place.label or "")
            if item is not None:
                text = body.codec.label.text(body.descriptions[0].label, item).strip()
                seen.values[element.name] = [text] if text else []
        wide = dict.fromkeys(
            name for tag in copies[0] if (known := self._tags.get(tag)) is not None for name in known.wide
        )
        for name in wide:
            if name != self._apart:
                seen.values[name] = list(self._wide(self._layout.elements[name], copies[0]))
        if self._apart is not None:
            seen.values[self._apart] = list(_apart(self._layout.elements[self._apart], copies))
        return seen

    def _read(self, description: Description, texts: Texts, seen: View) -> Tags:
        """The texts of one description by tag; those of elements with one tag are kept at once (of the first)."""
        tags: Tags = {}
        exact, values, first = texts.exact, seen.values, description.at
        known_tags = self._tags
        singles = not seen.values
        for item in description.fields:
            tag = item.tag
            read: Texts_ = []
            known = known_tags.get(tag)
            for number, sub in enumerate(item.subs):
                text = exact(tag, sub)
                read.append((sub.id, text))
                if not text.isascii() and UNREAD.search(text) is not None:
                    seen.found += self._unread(tag, item, number, text, first, description, texts)
                if known is None:
                    continue
                if known.longest:
                    seen.found += self._long(tag, item, number, known, text, description)
                if singles and known.singles:
                    for name in known.singles.get(sub.id) or known.singles.get(None) or ():
                        values.setdefault(name, []).append(text)
            if known is None or (read and not known.subs.keys() >= {sub for sub, _ in read} and None not in known.subs):
                self._strange(tag, known, read, seen)
            tags.setdefault(tag, []).append(read)
        return tags

    def _strange(self, tag: str, known: _Tag | None, read: Texts_, seen: View) -> None:
        for sub, _ in read:
            if known is None or sub not in known.subs:
                seen.unnamed.add(f"{tag}${sub}" if sub else tag)

    # ── Bytes ────────────────────────────────────────────────────────────────────────────────────

    def _path(self, tag: str, sub: str) -> tuple[str, str]:
        """The name of the element (the raw place where there is none), and the place."""
        place = f"{tag}${sub}" if sub else tag
        known = self._tags.get(tag)
        name = None if known is None else known.subs.get(sub) or known.subs.get(None)
        return name or place, place

    def _unread(
        self, tag: str, item: Field, number: int, text: str, start: int, description: Description, texts: Texts
    ) -> Iterator[Found]:
        """Every stretch of bytes that has no character, with its place in the file."""
        sub = item.subs[number]
        name, place = self._path(tag, sub.id)
        kind = texts.of(tag, sub.id, sub.mode)
        begin = start + offset(self._layout, item, number, description.data)
        for flaw in kind.flaws(sub.data)[:_MOST]:
            code = "SMK-GAIJI" if flaw.kind == "gaiji" else "SMK-BYTES"
            slots = {"bytes": flaw.shown, "charset": kind.name, "name": name}
            yield Found(code, name, 0, readable(text), slots, byte=begin + flaw.at, path=place)

    def _long(
        self, tag: str, item: Field, number: int, known: _Tag, text: str, description: Description
    ) -> Iterator[Found]:
        sub: Sub = item.subs[number]
        most = known.longest.get(sub.id, known.longest.get(None))
        if most is not None and len(sub.data) > most:
            name, place = self._path(tag, sub.id)
            at = description.at + offset(self._layout, item, number, description.data)
            slots = {"bytes": len(sub.data), "most": most, "name": name}
            yield Found("SMK-LONGEST", name, 0, readable(text), slots, byte=at, path=place)

    # ── Groups ───────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _wide(element: Element, tags: Tags) -> Iterator[Any]:
        """The values of an element that stands at several tags, or of a group."""
        places, count = element.place.tags, 0
        for number, tag in enumerate(places):
            for read in tags.get(tag, ()):
                if element.members:
                    yield _members(element, read, number if len(places) > 1 else count, tags)
                    count += 1
                else:
                    yield from (text for sub, text in read if element.place.sub in (None, sub))


def _apart(element: Element, copies: list[Tags]) -> Iterator[dict[str, list[str]]]:
    """One copy for each description, whatever it has of it."""
    for tags in copies:
        own = next((tags[tag][0] for tag in element.place.tags if tag in tags), [])
        found = _members(element, own, 0, tags)
        if any(found.values()):
            yield found


def _members(element: Element, read: Texts_, number: int, tags: Tags) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, member in element.members.items():
        place = member.place
        fields = [read]
        if len(place.tags) > 1:
            fields = tags.get(place.tags[number], []) if number < len(place.tags) else []
        elif place.tags:
            fields = tags.get(place.tags[0], [])[number : number + 1]
        texts = [text for field_ in fields for sub, text in field_ if place.sub is None or place.sub == sub]
        if texts:
            found[name] = texts
    return found


def offset(layout: Layout, item: Field, number: int, data: bytes) -> int:
    """The byte of a record at which the data of a field's subfield stand."""
    rule, tag = layout.subfields, layout.tags.get(item.tag)
    plain = rule is None or layout.fields.by == "positions" or (tag is not None and (tag.plain or bool(tag.slots)))
    if plain or rule is None:
        slot = next((slot for slot in tag.slots if slot.name == item.subs[number].id), None) if tag else None
        start = item.at + (slot.at if slot is not None else 0)
        return max(start, data.find(item.subs[number].data, start))
    at = item.at + layout.fields.indicators
    if not rule.id:
        for _ in range(1, int(item.subs[number].id)):
            at = data.find(rule.begins, at) + len(rule.begins)
        return at
    head = len(rule.begins) + rule.id + rule.mode + (rule.length.width if rule.length is not None else 0)
    return at + head * (number + 1) + sum(len(sub.data) for sub in item.subs[:number])
