"""Whether the parts of a layout fit each other: record, label, directory, fields, subfields, marks that end things."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

from convert.check.issue import Severity
from convert.formats.somoku.layout_build import most
from convert.formats.somoku.layout_bytes import can_hold, pair_or_single, width_of
from convert.formats.somoku.layout_elements import check_elements, tag_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.somoku.layout_read import Faults, Keys
    from convert.formats.somoku.model import Label, LabelItem, Layout, Number, Slot


def check_layout(layout: Layout, faults: Faults) -> None:
    """Note everything that does not fit."""
    for check in (_record, _label, _directory, _fields, _tags, _subfields, _modes, _numbers, _slots, _ends, _confirmed):
        check(layout, faults)
    check_elements(layout, faults)


def _needs(faults: Faults, path: Keys, *wanted: Keys) -> None:
    """Note that a key asks for others; not when one of them is there and could not be read."""
    if not any(key in faults.places for key in wanted):
        needs = " / ".join(".".join(key) for key in wanted)
        faults.note("SMK-LAYOUT-NEEDS", faults.at(*path), ".".join(path), needs=needs)


def _unused(faults: Faults, path: Keys, because: str) -> None:
    faults.note("SMK-LAYOUT-UNUSED", faults.at(*path), ".".join(path), because=because)


def _role_missing(faults: Faults, path: Keys, role: str, because: str) -> None:
    if "label" not in faults.unread:
        faults.note("SMK-LAYOUT-ROLE-MISSING", faults.at(*path), role, because=because)


# ── Record and label ─────────────────────────────────────────────────────────────────────────────


def _record(layout: Layout, faults: Faults) -> None:
    record, given = layout.record, faults.places
    if record.ends == "length" and layout.label.role("record_length") is None:
        _role_missing(faults, ("record", "ends"), "record_length", "record.ends: length")
    if record.ends == "terminator" and not record.terminator:
        _needs(faults, ("record", "ends"), ("record", "terminator"))
    if record.ends == "fixed" and not record.size:
        _needs(faults, ("record", "ends"), ("record", "size"))
    for name in ("size", "filler"):
        if record.ends != "fixed" and ("record", name) in given:
            _unused(faults, ("record", name), f"record.ends: {record.ends}")
    if record.size > record.longest:
        at = faults.at("record", "longest")
        faults.note("SMK-LAYOUT-NARROW", at, "record.longest", most=record.longest, longest=record.size)


def _label(layout: Layout, faults: Faults) -> None:
    label = layout.label
    _stretches(faults, ("label", "items"), label.items, label.length)
    if "label" not in faults.unread:
        _gaps(label, faults)
    _roles(label, faults)
    for item in label.items:
        _item(item, layout, faults)


def _gaps(label: Label, faults: Faults) -> None:
    """Note the bytes of the label that no item names."""
    reached = 0
    for start, end in [*((item.at, item.end) for item in label.items), (label.length, label.length)]:
        if reached < start <= label.length:
            at, length = faults.at("label", "items"), start - reached
            faults.note("SMK-LAYOUT-GAP", at, f"{reached}-{start - 1}", start=reached, length=length)
        reached = max(reached, end)


def _stretches(faults: Faults, path: Keys, items: Iterable[LabelItem | Slot], size: int) -> None:
    """Note what overlaps and what ends beyond ``size`` (0: no end)."""
    reached: LabelItem | Slot | None = None
    for item in items:
        at, end = faults.at(*path, item.name), item.at + item.length
        if reached is not None and item.at < reached.at + reached.length:
            last = min(end, reached.at + reached.length) - 1
            faults.note("SMK-LAYOUT-OVERLAP", at, item.name, other=reached.name, bytes=f"{item.at}-{last}")
        if size and end > size:
            faults.note("SMK-LAYOUT-BEYOND", at, item.name, last=end - 1, size=size)
        if reached is None or end > reached.at + reached.length:
            reached = item


def _roles(label: Label, faults: Faults) -> None:
    first: dict[str, str] = {}
    for item in label.items:
        if item.role is not None and item.role in first:
            at = faults.at("label", "items", item.name, "role")
            faults.note("SMK-LAYOUT-ROLE-DOUBLE", at, item.role, first=first[item.role], second=item.name)
        elif item.role is not None:
            first[item.role] = item.name


def _item(item: LabelItem, layout: Layout, faults: Faults) -> None:
    path = ("label", "items", item.name)
    texts = [("const", text) for text in (item.const,) if text is not None]
    texts += [("given", text) for text in (item.given,) if text is not None]
    texts += [("values", text) for text in item.values] + [("statuses", text) for text in item.statuses]
    wrong = [(key, text) for key, text in texts if width_of(text, layout.charsets.control) != item.length]
    for key, text in wrong:
        faults.note("SMK-LAYOUT-FIT", faults.at(*path, key), text, key=key, name=item.name, length=item.length)
    codes = [*item.values, *item.statuses]
    if item.given is not None and codes and item.given not in codes and not wrong and "label" not in faults.unread:
        faults.note("SMK-LAYOUT-VALUE", faults.at(*path, "given"), item.given, known=codes)
    if item.role == "status" and not item.statuses:
        _needs(faults, (*path, "role"), (*path, "statuses"))
    if item.statuses and item.role != "status":
        _needs(faults, (*path, "statuses"), (*path, "role: status"))


# ── Directory, fields, subfields ─────────────────────────────────────────────────────────────────


def _order(faults: Faults, path: Keys, order: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Every part that is there stands in the order once."""
    if max(Counter(order).values(), default=0) > 1 or not set(wanted) <= set(order):
        faults.note("SMK-LAYOUT-ORDER", faults.at(*path), ", ".join(order), known=list(wanted))


def _directory(layout: Layout, faults: Faults) -> None:
    directory, label = layout.directory, layout.label
    if layout.fields.by == "directory" and directory is None:
        _needs(faults, ("fields", "by"), ("directory",))
    if directory is None:
        return
    if layout.fields.by != "directory":
        _unused(faults, ("directory",), f"fields.by: {layout.fields.by}")
        return
    _order(faults, ("directory", "order"), directory.order, ("tag", "length", "start"))
    if not directory.ends and label.role("base_address") is None and label.role("field_count") is None:
        _role_missing(faults, ("directory",), "base_address", "directory")
    if layout.fields.tag != directory.tag:
        at = faults.at("fields", "tag")
        faults.note("SMK-LAYOUT-WIDTH", at, str(layout.fields.tag), key="fields.tag", width=directory.tag)


def _fields(layout: Layout, faults: Faults) -> None:
    fields, record = layout.fields, layout.record
    if fields.by == "positions":
        room = record.size - layout.label.length - len(record.terminator) if record.size else 0
        _stretches(faults, ("fields", "slots"), fields.slots, room)
        if not fields.slots:
            _needs(faults, ("fields", "by"), ("fields", "slots"))
        if layout.subfields is not None:
            _unused(faults, ("subfields",), "fields.by: positions")
    elif fields.slots:
        _unused(faults, ("fields", "slots"), f"fields.by: {fields.by}")
    if fields.by == "tags" and fields.length is None and not fields.ends:
        _needs(faults, ("fields", "by"), ("fields", "length"), ("fields", "ends"))
    if fields.between and (fields.by != "tags" or fields.length is not None):
        _unused(faults, ("fields", "between"), "fields.length" if fields.by == "tags" else f"fields.by: {fields.by}")
    if fields.whole and (fields.by != "tags" or fields.length is None):
        _unused(faults, ("fields", "whole"), f"fields.by: {fields.by}")


def _tags(layout: Layout, faults: Faults) -> None:
    width = tag_width(layout)
    for name, rule in layout.tags.items():
        if layout.fields.by == "positions":
            _unused(faults, ("tags", name), "fields.by: positions")
        elif len(name) != width:
            faults.note("SMK-LAYOUT-WIDTH", faults.at("tags", name), name, key="tags", width=width)
        if rule.plain and rule.slots:
            _unused(faults, ("tags", name, "slots"), "plain: true")
        if rule.size and not rule.slots:
            _needs(faults, ("tags", name, "size"), ("tags", name, "slots"))
        _stretches(faults, ("tags", name, "slots"), rule.slots, rule.size)


def _subfields(layout: Layout, faults: Faults) -> None:
    rule = layout.subfields
    if rule is None:
        return
    if not rule.begins and rule.length is None:
        _needs(faults, ("subfields",), ("subfields", "begins"), ("subfields", "length"))
    there = {"id": rule.id > 0, "length": rule.length is not None, "mode": rule.mode > 0}
    _order(faults, ("subfields", "order"), rule.order, tuple(part for part, is_there in there.items() if is_there))


def _modes(layout: Layout, faults: Faults) -> None:
    width, modes = layout.subfields.mode if layout.subfields else 0, layout.charsets.modes
    if width and not modes:
        _needs(faults, ("subfields", "mode"), ("charsets", "modes"))
    if modes and not width:
        _unused(faults, ("charsets", "modes"), "subfields.mode: 0")
        return
    for mode in modes:
        if len(mode) != width:
            faults.note("SMK-LAYOUT-WIDTH", faults.at("charsets", "modes"), mode, key="charsets.modes", width=width)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def _numbers(layout: Layout, faults: Faults) -> None:
    """Numbers that are too narrow for the longest record: an error for its own length, worth knowing for others."""
    longest = layout.record.longest
    for path, number, own in _widths(layout):
        if most(number) < longest:
            severity = None if own else Severity.NOTICE
            name = ".".join(path)
            at = faults.at(*path)
            faults.note("SMK-LAYOUT-NARROW", at, name, severity=severity, most=most(number), longest=longest)


def _widths(layout: Layout) -> Iterator[tuple[Keys, Number, bool]]:
    for role in ("record_length", "base_address", "data_length"):
        item = layout.label.role(role)
        if item is not None and item.number is not None:
            yield ("label", "items", item.name, "length"), item.number, role == "record_length"
    if layout.directory is not None and layout.fields.by == "directory":
        yield ("directory", "length"), layout.directory.length, False
        yield ("directory", "start"), layout.directory.start, False
    if layout.fields.length is not None:
        yield ("fields", "length"), layout.fields.length, False


# ── Slots ────────────────────────────────────────────────────────────────────────────────────────


def _slots(layout: Layout, faults: Faults) -> None:
    """Each slot takes whole characters of its set, and can be filled up."""
    data = layout.charsets.data
    held = [(("fields", "slots"), slot, slot.charset or data) for slot in layout.fields.slots]
    for name, rule in layout.tags.items():
        own = rule.charset or data
        held += [(("tags", name, "slots"), slot, slot.charset or own) for slot in rule.slots]  # type: ignore[misc]
    for path, slot, charset in held:
        width = pair_or_single(charset)
        if width == 2 and slot.length % 2:
            at = faults.at(*path, slot.name)
            faults.note("SMK-LAYOUT-ODD", at, slot.name, length=slot.length, charset=charset)
        wide = width == 2
        if width and wide == slot.pad.isascii() and not (wide and slot.pad == " "):  # a blank is made wide
            wanted = "　" if wide else " "
            at = faults.at(*path, slot.name, "pad")
            faults.note("SMK-LAYOUT-PAD", at, slot.pad, name=slot.name, charset=charset, wanted=wanted)


# ── Marks that end and begin things ──────────────────────────────────────────────────────────────


def _ends(layout: Layout, faults: Faults) -> None:
    found = {path: mark for path, mark, _ in _marks(layout) if mark}
    told = set()
    for (first, mark), (second, other) in combinations(found.items(), 2):
        if mark == other and second not in told and {first[0], second[0]} != {"fields", "directory"}:
            told.add(second)
            at = faults.at(*second)
            faults.note("SMK-LAYOUT-END-SAME", at, _hex(other), first=".".join(first), second=".".join(second))
    for path, mark, searched in _marks(layout):
        _in_data(layout, faults, path, mark, searched=searched)


def _marks(layout: Layout) -> Iterator[tuple[Keys, bytes, bool]]:
    """Each mark, and whether it is looked for in the data, rather than found by a length."""
    fields = layout.fields
    yield ("record", "terminator"), layout.record.terminator, layout.record.ends == "terminator"
    yield ("fields", "ends"), fields.ends, fields.by == "tags" and fields.length is None
    if layout.directory is not None:
        yield ("directory", "ends"), layout.directory.ends, False
    if layout.subfields is not None:
        yield ("subfields", "begins"), layout.subfields.begins, layout.subfields.length is None


def _in_data(layout: Layout, faults: Faults, path: Keys, mark: bytes, *, searched: bool) -> None:
    """Note a mark whose bytes may stand in a value: it would cut the value."""
    if not mark:
        return
    holds = {name: can_hold(mark, name) for name in _data_charsets(layout)}
    worst = [name for name, how in holds.items() if how == "inside"] or [name for name, how in holds.items() if how]
    if not worst:
        return
    # A sign such as "^" that no value should have is bearable; one that may be half a kanji is not.
    bearable = path == ("subfields", "begins") and holds[worst[0]] == "alone"
    severity = None if searched and not bearable else Severity.WARNING
    key, charset = ".".join(path), worst[0]
    faults.note("SMK-LAYOUT-END-DATA", faults.at(*path), _hex(mark), severity=severity, key=key, charset=charset)


def _data_charsets(layout: Layout) -> tuple[str, ...]:
    rules = layout.tags.values()
    slots = [slot for slots in (layout.fields.slots, *(rule.slots for rule in rules)) for slot in slots]
    own: list[Any] = [*(rule.charset for rule in rules), *(slot.charset for slot in slots)]
    names = [layout.charsets.data, *layout.charsets.modes.values(), *(name for name in own if name)]
    return tuple(dict.fromkeys(names))


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


# ── Who stands for it ────────────────────────────────────────────────────────────────────────────


def _confirmed(layout: Layout, faults: Faults) -> None:
    """A confirmation says who, when and by what; a source alone claims nothing."""
    given = {"confirmed_by": layout.confirmed_by, "confirmed_on": layout.confirmed_on, "source": layout.source}
    missing = [name for name, value in given.items() if not value and (name,) not in faults.places]
    if missing and (layout.confirmed_by or layout.confirmed_on):
        at = faults.at("confirmed_by") if layout.confirmed_by else faults.at("confirmed_on")
        faults.note("SMK-LAYOUT-CONFIRMED", at, missing=missing)
