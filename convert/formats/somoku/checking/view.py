"""A record of a file as the checks see it: its texts by element, read once, and those that are too long.

Bytes that cannot be read are told by the reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.formats.somoku.charsets import readable
from convert.formats.somoku.checking.found import Found
from convert.formats.somoku.checking.marks import ODD
from convert.formats.somoku.places import offset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.elements import Body
    from convert.formats.somoku.model import Element, Layout
    from convert.formats.somoku.parts import Description, Field
    from convert.formats.somoku.texts import Texts

Read = list[tuple[str, str]]
"""The texts of a field, each with the identifier of its subfield."""
Tags = dict[str, list[Read]]


@dataclass(slots=True)
class View:
    """``values``: the texts of each element, or dicts of members; what cannot be read is in them as
    :meth:`Charset.decode` gives it. ``found``: texts that are too long. ``unnamed``: places that no element names.
    ``odd``: some text may have a mark of :data:`ODD`.
    """

    values: dict[str, list[Any]]
    found: list[Found] = field(default_factory=list)
    unnamed: dict[str, None] = field(default_factory=dict)
    odd: bool = False


@dataclass(slots=True)
class _Tag:
    """What the layout says about the fields of one tag. ``singles``: elements by subfield (None: the whole field);
    ``wide``: elements that stand at several tags, and groups; ``subs``: subfields that have a name.
    """

    singles: dict[str | None, list[str]] = field(default_factory=dict)
    wide: list[str] = field(default_factory=list)
    subs: dict[str | None, str] = field(default_factory=dict)
    longest: dict[str | None, int] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether an element is the whole field."""
        return None in self.subs


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
        values, known_tags = seen.values, self._tags
        wide: dict[str, None] = {}
        for tag, fields in copies[0].items():
            known = known_tags.get(tag)
            if known is None:
                continue
            if known.singles:
                for read in fields:
                    for sub, text in read:
                        for name in known.singles.get(sub) or known.singles.get(None) or ():
                            if name in values:
                                values[name].append(text)
                            else:
                                values[name] = [text]
            if known.wide:
                wide.update(dict.fromkeys(known.wide))
        for name in wide:
            if name != self._apart:
                values[name] = list(self._wide(self._layout.elements[name], copies[0]))
        if self._apart is not None:
            values[self._apart] = list(_apart(self._layout.elements[self._apart], copies))
        self._of_label(body, seen)
        return seen

    def _of_label(self, body: Body, seen: View) -> None:
        for element in self._labels:
            item = body.codec.label.rule.named(element.place.label or "")
            if item is not None:
                text = body.codec.label.text(body.descriptions[0].label, item).strip()
                seen.values[element.name] = [text] if text else []

    def _read(self, description: Description, texts: Texts, seen: View) -> Tags:
        """The texts of one description by tag; those that are too long go to ``seen``."""
        tags: Tags = {}
        of, known_tags = texts.of, self._tags
        every: list[str] = []
        for item in description.fields:
            tag = item.tag
            read = [(sub.id, of(tag, sub.id, sub.mode).decode(sub.data)) for sub in item.subs]
            every += [text for _, text in read]
            known = known_tags.get(tag)
            if known is None or not (known.whole or all(sub in known.subs for sub, _ in read)):
                _strange(tag, known, read, seen)
            if known is not None and known.longest:
                self._long(item, known, description, read, seen)
            if tag in tags:
                tags[tag].append(read)
            else:
                tags[tag] = [read]
        whole = "".join(every)
        seen.odd = seen.odd or ODD.search(whole) is not None
        return tags

    # ── Bytes ────────────────────────────────────────────────────────────────────────────────────

    def _path(self, tag: str, sub: str) -> tuple[str, str]:
        """The name of the element (the raw place where there is none), and the place."""
        place = f"{tag}${sub}" if sub else tag
        known = self._tags.get(tag)
        name = None if known is None else known.subs.get(sub) or known.subs.get(None)
        return name or place, place

    def _long(self, item: Field, known: _Tag, description: Description, read: Read, seen: View) -> None:
        """What has more bytes than the layout says."""
        for number, sub in enumerate(item.subs):
            most = known.longest.get(sub.id, known.longest.get(None))
            if most is not None and len(sub.data) > most:
                name, place = self._path(item.tag, sub.id)
                at = description.at + offset(self._layout, item, number, description.data)
                slots = {"bytes": len(sub.data), "most": most, "name": name}
                text = readable(read[number][1])
                seen.found.append(Found("SMK-LONGEST", name, 0, text, slots, byte=at, path=place))

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


def _strange(tag: str, known: _Tag | None, read: Read, seen: View) -> None:
    """Note places that no element names."""
    for sub, _ in read:
        if known is None or sub not in known.subs:
            seen.unnamed[f"{tag}${sub}" if sub else tag] = None


def _apart(element: Element, copies: list[Tags]) -> Iterator[dict[str, list[str]]]:
    """One copy for each description, whatever it has of it."""
    for tags in copies:
        own = next((tags[tag][0] for tag in element.place.tags if tag in tags), [])
        found = _members(element, own, 0, tags)
        if any(found.values()):
            yield found


def _members(element: Element, read: Read, number: int, tags: Tags) -> dict[str, list[str]]:
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
