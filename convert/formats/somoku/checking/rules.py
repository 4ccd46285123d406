"""What a mapping leaves out that its layout, or what is known of the receiver, asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.base import TargetFault
from convert.formats.somoku.checking.roles import roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.base import TargetRule
    from convert.formats.somoku.model import Layout


def filled(layout: Layout, rules: Sequence[TargetRule]) -> set[str]:
    """The elements and members (``著者.名前``) that the rules of a mapping fill."""
    found = set()
    for rule in rules:
        element = layout.elements.get(rule.name)
        if element is None:
            continue
        found.add(rule.name)
        names = rule.members if rule.objects else tuple(element.members)[:1]
        members = [element.members[name] for name in names if name in element.members]
        found |= {f"{rule.name}.{member.name}" for member in members}
        if rule.yomi:
            found |= {f"{rule.name}.{member.yomi}" for member in members if member.yomi}
            found |= {element.yomi} if element.yomi else set()
    return found


def left_out(layout: Layout, rules: Sequence[TargetRule]) -> Iterator[TargetFault]:
    """``SMK-REQUIRED-RULE``: what the layout requires. ``SMK-RECOMMENDED-RULE``: what a delivery presumably needs.

    The record's key is filled from its id.
    """
    given = filled(layout, rules)
    for element in layout.elements.values():
        if element.required and not element.key and element.name not in given:
            yield TargetFault("SMK-REQUIRED-RULE", slots={"name": element.name})
    for rule in rules:
        group = layout.elements.get(rule.name)
        for member in group.members.values() if group is not None else ():
            path = f"{rule.name}.{member.name}"
            if member.required and path not in given:
                yield TargetFault("SMK-REQUIRED-RULE", rule.number, {"name": path})
    known = roles(layout)
    if not known.union:
        return
    for wanted in (known.title, known.holdings, known.library):
        name = (wanted or "").partition(".")[0]
        if name and name not in given and not layout.elements[name].required:
            yield TargetFault("SMK-RECOMMENDED-RULE", slots={"name": name})
    title = layout.elements.get(known.title or "")
    yomi = title.yomi if title is not None else None
    if title is not None and yomi is not None and title.name in given and yomi not in given:
        yield TargetFault("SMK-RECOMMENDED-RULE", slots={"name": yomi})
