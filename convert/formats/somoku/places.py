"""The byte of a record at which a subfield's data stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout
    from convert.formats.somoku.parts import Field


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
