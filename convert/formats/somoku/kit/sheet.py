"""Layouts for people: the list of the shipped ones, one as tables, the differences of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.formats.somoku.kit.words import words
from convert.formats.somoku.load import inspect_layout, layouts
from convert.report.layout import table, wrap
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.model import Element, LabelItem, Layout, Number, Slot
    from convert.inspect.words import Sayings


# ── The list ─────────────────────────────────────────────────────────────────────────────────────


def listed() -> list[dict[str, Any]]:
    """The shipped layouts: id, names, whether they are confirmed, by whom, and the file."""
    rows = []
    for name, path in layouts().items():
        layout = inspect_layout(path).layout
        if layout is not None:
            rows.append({"id": name, **_about(layout), "file": shown(path)})
    return rows


def _about(layout: Layout) -> dict[str, Any]:
    return {
        "name": {"ja": layout.ja, "en": layout.en},
        "confirmed": layout.confirmed,
        "confirmed_by": layout.confirmed_by,
        "confirmed_on": layout.confirmed_on,
        "source": layout.source,
    }


def list_lines(lang: str) -> Iterator[str]:
    """The list for a terminal."""
    say = words(lang)
    rows = [
        [row["id"], say("confirmed" if row["confirmed"] else "unconfirmed"), row["name"][lang] or row["id"]]
        for row in listed()
    ]
    yield from table(rows)


# ── One layout ───────────────────────────────────────────────────────────────────────────────────


def sheet(layout: Layout) -> dict[str, Any]:
    """A layout as JSON: what it is, its structure, label, and elements."""
    return {
        "id": layout.id,
        **_about(layout),
        "file": layout.file,
        "sha256": layout.sha256,
        "structure": dict(structure(layout)),
        "charsets": {
            "control": layout.charsets.control,
            "data": layout.charsets.data,
            "modes": layout.charsets.modes,
        },
        "label": [_item(item) for item in layout.label.items],
        "slots": [_slot(slot) for slot in layout.fields.slots],
        "tags": {
            tag: {
                "plain": rule.plain,
                "charset": rule.charset,
                "size": rule.size or None,
                "slots": [_slot(slot) for slot in rule.slots],
            }
            for tag, rule in layout.tags.items()
        },
        "elements": [_element(element, layout) for element in layout.elements.values()],
        "holdings": {"element": layout.holdings.element, "copies": layout.holdings.copies} if layout.holdings else None,
    }


def _item(item: LabelItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "at": item.at,
        "length": item.length,
        "role": item.role,
        "const": item.const,
        "values": item.values,
        "statuses": item.statuses,
        "given": item.given,
        "mark": item.mark,
    }


def _slot(slot: Slot) -> dict[str, Any]:
    return {"name": slot.name, "at": slot.at, "length": slot.length, "charset": slot.charset, "left": slot.left}


def _element(element: Element, layout: Layout) -> dict[str, Any]:
    return {
        "name": element.name,
        "en": element.en,
        "place": str(element.place),
        "mark": element.mark,
        "key": element.key,
        "required": element.required,
        "repeat": element.repeat,
        "longest": element.longest,
        "values": list(element.values),
        "kind": element.kind,
        "mode": element.mode,
        "yomi": element.yomi,
        "note": element.note,
        "members": [_element(member, layout) for member in element.members.values()],
    }


def structure(layout: Layout) -> Iterator[tuple[str, str]]:
    """Key and value of each part of the structure, as they stand in a layout file."""
    record, fields, directory, subs = layout.record, layout.fields, layout.directory, layout.subfields
    yield "record.ends", record.ends
    for key, text in (
        ("record.terminator", _hex(record.terminator)),
        ("record.size", str(record.size or "")),
        ("record.filler", _hex(record.filler)),
        ("record.newline", "" if record.newline == "none" else record.newline),
        ("record.skip", _hex(record.skip)),
        ("record.longest", str(record.longest)),
        ("label.length", str(layout.label.length or "")),
    ):
        if text:
            yield key, text
    if directory is not None:
        yield "directory.order", ", ".join(directory.order)
        yield "directory.tag", str(directory.tag)
        yield "directory.length", _number(directory.length)
        yield "directory.start", f"{_number(directory.start)} ({directory.origin})"
        if directory.ends:
            yield "directory.ends", _hex(directory.ends)
    yield "fields.by", fields.by
    for key, text in (
        ("fields.tag", str(fields.tag) if fields.by == "tags" else ""),
        ("fields.length", _number(fields.length) if fields.length else ""),
        ("fields.whole", "true" if fields.whole else ""),
        ("fields.ends", _hex(fields.ends)),
        ("fields.between", "true" if fields.between else ""),
        ("fields.indicators", str(fields.indicators or "")),
    ):
        if text:
            yield key, text
    if subs is not None:
        there = {"id": subs.id, "length": subs.length, "mode": subs.mode}
        yield "subfields.begins", _hex(subs.begins) or "—"
        yield "subfields.order", ", ".join(part for part in subs.order if there[part])
        yield "subfields.id", str(subs.id)
        if subs.length is not None:
            yield "subfields.length", _number(subs.length)
        if subs.mode:
            yield "subfields.mode", str(subs.mode)
    yield "charsets.control", layout.charsets.control
    yield "charsets.data", layout.charsets.data
    if layout.charsets.modes:
        yield "charsets.modes", ", ".join(f"{mode}={name}" for mode, name in layout.charsets.modes.items())
    if layout.holdings is not None:
        yield "holdings", f"{layout.holdings.element} ({layout.holdings.copies})"


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


def _number(number: Number) -> str:
    pad = "" if number.coding == "binary" or number.pad == "0" else f", pad '{number.pad}'"
    return f"{number.width} {number.coding}{pad}"


def show_lines(layout: Layout, lang: str) -> Iterator[str]:
    """A layout as tables for a terminal."""
    say = words(lang)
    state = say("marked", mark=say("confirmed" if layout.confirmed else "unconfirmed"))
    yield f"{layout.id}{state} {(layout.en if lang == 'en' else layout.ja) or layout.id}"
    if layout.confirmed:
        yield from wrap(
            say("confirmed-by", by=layout.confirmed_by, on=layout.confirmed_on, source=layout.source), 110, rest="  "
        )
    else:
        yield say("unconfirmed-long")
    yield layout.file
    yield ""
    yield say("structure")
    yield from table([list(row) for row in structure(layout)], indent="  ")
    if layout.label.items:
        yield ""
        yield say("label-of", length=layout.label.length)
        yield from table([_item_row(item, say) for item in layout.label.items], indent="  ")
    for title, slots in _slotted(layout, say):
        yield ""
        yield title
        yield from table(
            [[f"{slot.at}-{slot.at + slot.length - 1}", slot.name, slot.charset or ""] for slot in slots], indent="  "
        )
    yield ""
    yield say("elements", count=len(layout.elements))
    rows = [say.listed([say(key)]) for key in ("col-name", "col-place", "col-mark", "col-rule", "col-en")]
    yield from table([rows, *_element_rows(layout, say)], indent="  ")


def _slotted(layout: Layout, say: Sayings) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    if layout.fields.slots:
        yield say("slots"), layout.fields.slots
    for tag, rule in layout.tags.items():
        if rule.slots:
            yield say("slots-of", tag=tag), rule.slots


def _item_row(item: LabelItem, say: Sayings) -> list[str]:
    place = str(item.at) if item.length == 1 else f"{item.at}-{item.end - 1}"
    told: list[str] = [item.role or ""]
    if item.number is not None and (item.number.coding == "binary" or item.number.pad != "0"):
        told.append(_number(item.number))
    if item.adds:
        told.append(f"adds {item.adds:+d}")
    if item.const is not None:
        told.append(f"'{item.const}'")
    codes = item.values or item.statuses
    if codes:
        told.append(" ".join(f"{code}={name}" if name else code for code, name in list(codes.items())[:8]))
    return [place, item.name, say(item.mark), " ".join(part for part in told if part)]


def _element_rows(layout: Layout, say: Sayings) -> Iterator[list[str]]:
    for element in layout.elements.values():
        yield _element_row(element, say, "", layout)
        for member in element.members.values():
            yield _element_row(member, say, "  ", layout)


def _element_row(element: Element, say: Sayings, indent: str, layout: Layout) -> list[str]:
    rules = [say(f"is-{name}") for name in ("key", "required") if getattr(element, name)]
    if not element.repeat:
        rules.append(say("is-once"))
    if layout.holdings is not None and element.members and layout.holdings.element == element.name:
        rules.append(say(f"is-{layout.holdings.copies}"))
    if element.kind:
        rules.append(element.kind)
    if element.longest:
        rules.append(say("is-longest", count=element.longest))
    if element.yomi:
        rules.append(say("is-yomi", name=element.yomi))
    if element.values:
        rules.append("/".join(element.values))
    return [indent + element.name, str(element.place), say(element.mark), say.listed(rules), element.en]


# ── Two layouts ──────────────────────────────────────────────────────────────────────────────────


def diff(one: Layout, other: Layout) -> list[tuple[str, str, str]]:
    """What two layouts say differently: key, as the first has it, as the second; empty where one says nothing."""
    first, second = dict(_flat(one)), dict(_flat(other))
    keys = dict.fromkeys([*first, *second])
    return [(key, first.get(key, ""), second.get(key, "")) for key in keys if first.get(key) != second.get(key)]


def _flat(layout: Layout) -> Iterator[tuple[str, str]]:
    yield from structure(layout)
    for item in layout.label.items:
        told = _item(item)
        yield f"label.{item.name}", " ".join(f"{key}={told[key]}" for key in told if key != "name" and told[key])
    for tag, rule in layout.tags.items():
        slots = " ".join(f"{slot.name}@{slot.at}+{slot.length}" for slot in rule.slots)
        parts = ["plain" if rule.plain else "", rule.charset or "", f"size={rule.size}" if rule.size else "", slots]
        yield f"tags.{tag}", " ".join(part for part in parts if part)
    for slot in layout.fields.slots:
        yield f"slots.{slot.name}", f"{slot.at}+{slot.length} {slot.charset or ''}".strip()
    for element in layout.elements.values():
        yield from _flat_element(element, "elements")


def _flat_element(element: Element, above: str) -> Iterator[tuple[str, str]]:
    rules = [name for name in ("key", "required") if getattr(element, name)]
    rules += [] if element.repeat else ["once"]
    rules += [element.kind or "", f"yomi={element.yomi}" if element.yomi else "", element.mark]
    yield f"{above}.{element.name}", " ".join(part for part in (str(element.place), *rules) if part)
    for member in element.members.values():
        yield from _flat_element(member, f"{above}.{element.name}")
