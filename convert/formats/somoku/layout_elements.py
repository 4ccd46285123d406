"""Whether the elements of a layout fit its structure: each place is there, each name that is spoken of too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.errors import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convert.formats.somoku.layout_read import Faults, Keys
    from convert.formats.somoku.model import Element, Layout


def check_elements(layout: Layout, faults: Faults) -> None:
    """Note everything about elements that does not fit."""
    for path, element, group in _all(layout.elements):
        _place(layout, faults, path, element, group)
        _mode(layout, faults, path, element)
    _readings(layout.elements, faults, ("elements",))
    for name, element in layout.elements.items():
        _group(faults, ("elements", name), element)
        _readings(element.members, faults, ("elements", name, "members"))
    _doubles(layout, faults)
    _key(layout, faults)
    _holdings(layout, faults)


def _all(elements: Mapping[str, Element]) -> Iterator[tuple[Keys, Element, Element | None]]:
    """Every element and member with its path, members with their group."""
    for name, element in elements.items():
        yield ("elements", name), element, None
        for inside, member in element.members.items():
            yield ("elements", name, "members", inside), member, element


# ── Places ───────────────────────────────────────────────────────────────────────────────────────


def _place(layout: Layout, faults: Faults, path: Keys, element: Element, group: Element | None) -> None:
    place = element.place
    if place.label is not None:
        return
    at = faults.at(*path, "at")
    tags = place.tags or (group.place.tags if group is not None else ())
    if layout.fields.by == "positions":
        known = [slot.name for slot in layout.fields.slots]
        for tag in tags if place.tags else ():
            if tag not in known and "fields" not in faults.unread:
                faults.note("SMK-LAYOUT-SLOT", at, tag, suggestion=near(tag, known), known=known, where="fields.slots")
    else:
        width = tag_width(layout)
        wrong = next((tag for tag in place.tags if len(tag) != width), None)
        if wrong is not None:
            key = "directory.tag" if layout.fields.by == "directory" else "fields.tag"
            faults.note("SMK-LAYOUT-WIDTH", at, wrong, key=key, width=width)
            return
    if not element.members:
        _subfield(layout, faults, path, element, tags)


def tag_width(layout: Layout) -> int:
    """Characters of a tag: what the directory says where there is one."""
    by_directory = layout.directory is not None and layout.fields.by == "directory"
    return layout.directory.tag if by_directory and layout.directory is not None else layout.fields.tag


def _subfield(layout: Layout, faults: Faults, path: Keys, element: Element, tags: Iterable[str]) -> None:
    """The subfield or slot that an element names, or leaves out; told once for all its tags."""
    sub, at = element.place.sub, faults.at(*path, "at")
    for tag in tags:
        rule = layout.tags.get(tag)
        slots = [slot.name for slot in rule.slots] if rule is not None else []
        plain = layout.subfields is None or layout.fields.by == "positions" or (rule is not None and rule.plain)
        if sub is None and (slots or not plain):
            faults.note("SMK-LAYOUT-SUBFIELD-MISSING", at, tag, example=f"{tag}${slots[0] if slots else 'A'}")
            return
        if sub is not None and slots and sub not in slots and "tags" in faults.unread:
            return
        if sub is not None and slots and sub not in slots:
            where = f"tags.{tag}.slots"
            faults.note("SMK-LAYOUT-SLOT", at, sub, suggestion=near(sub, slots), known=slots, where=where)
            return
        if sub is not None and plain and not slots:
            faults.note("SMK-LAYOUT-SUBFIELD", at, str(element.place), tag=tag, sub=sub)
            return
        if sub is not None and not slots and not _is_id(layout, sub):
            width = layout.subfields.id if layout.subfields is not None else 0
            key = "subfields.id"
            faults.note("SMK-LAYOUT-WIDTH", at, sub, key=key, width=width)
            return


def _is_id(layout: Layout, sub: str) -> bool:
    width = layout.subfields.id if layout.subfields is not None else 0
    return len(sub) == width if width else sub.isascii() and sub.isdigit() and int(sub) > 0


def _group(faults: Faults, path: Keys, group: Element) -> None:
    """A group is a whole field; members elsewhere are paired with it tag by tag."""
    if not group.members:
        return
    if group.place.sub is not None or group.place.label is not None:
        ja, en = "members のある要素の位置は、フィールド全体です", "a group stands at whole fields"
        faults.note("SMK-LAYOUT-PLACE", faults.at(*path, "at"), str(group.place), reason=en, reason_ja=ja)
        return
    count = len(group.place.tags)
    for name, member in group.members.items():
        at, place = faults.at(*path, "members", name, "at"), member.place
        if place.label is not None:
            ja, en = "members の中の位置は、フィールドです", "a member stands in fields"
            faults.note("SMK-LAYOUT-PLACE", at, str(place), reason=en, reason_ja=ja)
        elif place.tags and len(place.tags) != count:
            faults.note(
                "SMK-LAYOUT-MEMBERS", at, str(place), members=len(place.tags), tags=count, group=str(group.place)
            )


def _doubles(layout: Layout, faults: Faults) -> None:
    """Two elements at one place: reading gives the value twice, writing asks which."""
    first: dict[tuple[str | None, str | None], str] = {}
    for path, element, group in _all(layout.elements):
        if element.members:
            continue
        place, name = element.place, ".".join(path[1::2])
        tags = place.tags or (group.place.tags if group is not None else ())
        spots = [(tag, place.sub) for tag in tags] if place.label is None else [(None, place.label)]
        other = next((first[spot] for spot in spots if spot in first), None)
        if other is not None:
            faults.note("SMK-LAYOUT-PLACE-DOUBLE", faults.at(*path, "at"), str(place), first=other, second=name)
        first |= {spot: name for spot in spots if spot not in first}


# ── Names that elements speak of ─────────────────────────────────────────────────────────────────


def _mode(layout: Layout, faults: Faults, path: Keys, element: Element) -> None:
    modes = list(layout.charsets.modes)
    if element.mode is not None and element.mode not in modes:
        faults.note("SMK-LAYOUT-MODE", faults.at(*path, "mode"), element.mode, known=modes or ["—"])


def _readings(elements: Mapping[str, Element], faults: Faults, path: Keys) -> None:
    for name, element in elements.items():
        if element.yomi is not None and ((*path, element.yomi) not in faults.places or element.yomi == name):
            known = [other for other in elements if other != name]
            at = faults.at(*path, name, "yomi")
            faults.note("SMK-LAYOUT-YOMI", at, element.yomi, suggestion=near(element.yomi, known), name=name)


def _key(layout: Layout, faults: Faults) -> None:
    keys = [name for name, element in layout.elements.items() if element.key]
    if not keys and not any(len(path) == 3 and path[0] == "elements" and path[2] == "key" for path in faults.places):
        faults.note("SMK-LAYOUT-NO-KEY", faults.at("elements"))
    for name in keys[1:]:
        faults.note("SMK-LAYOUT-KEYS", faults.at("elements", name, "key"), name, first=keys[0])


def _holdings(layout: Layout, faults: Faults) -> None:
    holdings = layout.holdings
    if holdings is None:
        return
    groups = [name for name, element in layout.elements.items() if element.members]
    if holdings.element not in groups and ("elements", holdings.element, "members") not in faults.places:
        known, at = groups or ["—"], faults.at("holdings", "element")
        faults.note("SMK-LAYOUT-HOLDINGS", at, holdings.element, suggestion=near(holdings.element, groups), known=known)
