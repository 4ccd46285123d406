"""From what was found in a file to a layout that reads it: unconfirmed, its gaps named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from convert.check.issue import Severity
from convert.formats.somoku.charsets import charset, readable
from convert.formats.somoku.kit.guess import attempt, retold
from convert.formats.somoku.kit.sample import ascii_view
from convert.formats.somoku.kit.subheads import Heads
from convert.formats.somoku.layout_check import check_layout
from convert.formats.somoku.layout_read import Values
from convert.formats.somoku.load import layouts, load_layout
from convert.formats.somoku.model import (
    Charsets,
    Element,
    FieldRule,
    Label,
    LabelItem,
    Layout,
    Number,
    Place,
    RecordRule,
    TagRule,
)
from convert.inspect.kinds import kinds
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.somoku.kit.guess import Guess, Texts
    from convert.formats.somoku.model import Role

ALIKE: Final = 0.3
"""The share of tags and subfields that a known layout must have, for its names to be taken."""
_ROLES: Final = {"record_length": "レコード長", "base_address": "ベースアドレス", "field_count": "フィールド数"}
_PAIRS = 60  # values of two codes side by side
_KINDS: Final = {"isbn": "isbn", "issn": "issn", "kana": "kana", "url": "url", "ncid": "ncid"}
_AGREE: Final = {"kana": ("kana",), "isbn": ("isbn", "jan"), "issn": ("issn",), "url": ("url",), "ncid": ("ncid",)}


@dataclass(frozen=True, slots=True)
class Composed:
    """A layout, the known one whose names were taken (None: none fits), and the texts behind each element."""

    layout: Layout
    names_of: str | None
    texts: dict[str, Texts]


def compose(found: Guess, name: str) -> Composed | None:
    """A layout that says what was found; None where nothing was. Its subfields are left out where they do not hold."""
    if found.framing is None or (found.cutting is None and not found.slots):
        return None
    made = _composed(found, name, frozenset())
    if _refused(made.layout) and made.layout.subfields is not None:
        found.unsure = made.layout.subfields.begins  # half of a kanji, perhaps: the fields stay whole
        found.heads = Heads(None, 0, frozenset(), 0, 0)
        found.texts.clear()
        retold(found)
        made = _composed(found, name, frozenset())
    if _refused(made.layout):
        return None
    for _ in range(4):
        found.layout = made.layout
        found.trial = attempt(made.layout, found.sample.data)
        bad = _unlike(found, made.layout)
        if not bad:
            return made
        made = _composed(found, name, frozenset(tag for tag, rule in made.layout.tags.items() if rule.plain) | bad)
    return made


def _refused(layout: Layout) -> bool:
    """Whether the check of layouts would refuse it."""
    faults = Values(layout.id)
    check_layout(layout, faults)
    return any(catalogue().severity(issue) >= Severity.ERROR for issue in faults.issues)


def _composed(found: Guess, name: str, plain: frozenset[str]) -> Composed:
    cutting, known = found.cutting, found.heads
    label = _label(found)
    fields = cutting.fields if cutting is not None else FieldRule("positions", slots=found.slots)
    subfields = known.rule if known is not None else None
    tags: dict[str, TagRule] = {}
    if cutting is not None and known is not None:
        fields = replace(fields, indicators=known.indicators if subfields else 0)
        plain |= known.plain if subfields else frozenset()
        tags = {tag: _tag(found, tag, tag in plain) for tag in sorted({each.tag for each in found.texts.values()})}
        tags = {tag: rule for tag, rule in tags.items() if rule.plain or rule.slots or rule.charset}
    elements, texts, names_of = _elements(found, tags, subfields is not None)
    layout = Layout(
        id=name,
        record=_record(found),
        label=label,
        fields=fields,
        charsets=_charsets(found),
        elements=elements,
        directory=cutting.directory if cutting is not None else None,
        subfields=subfields,
        tags=tags,
    )
    return Composed(layout, names_of, texts)


# ── Record and label ─────────────────────────────────────────────────────────────────────────────


def _record(found: Guess) -> RecordRule:
    framing, cutting = found.framing, found.cutting
    assert framing is not None  # noqa: S101 - there is no layout without
    tail = cutting.tail if cutting is not None else len(framing.terminator)
    terminator = found.records[0][len(found.records[0]) - tail :] if tail else b""
    newline = framing.newline if framing.newline in ("none", "lf", "crlf") else "optional"
    skip = bytes(byte for byte in framing.skip if byte not in b"\r\n")
    if framing.ends == "fixed" or cutting is None:
        size = framing.lengths[-1]
        if framing.ends == "terminator" and framing.terminator in (b"\r\n", b"\n"):
            newline, terminator = ("crlf" if framing.terminator == b"\r\n" else "lf"), b""
            size -= len(framing.terminator)
        return RecordRule("fixed", terminator, size, found.filler, newline, skip, max(99_999, size))  # type: ignore[arg-type]
    longest = 99_999
    if framing.ends == "length":
        number = _length_number(found)
        most = 10**number.width - 1 if number.coding == "digits" else 256**number.width - 1
        longest = min(longest, most)
    longest = max(longest, framing.lengths[-1])
    return RecordRule(framing.ends, terminator, 0, b"", newline, skip, longest)  # type: ignore[arg-type]


def _length_number(found: Guess) -> Number:
    assert found.framing is not None  # noqa: S101
    stated = found.framing.stated
    assert stated is not None  # noqa: S101 - the records end by it
    return Number(stated.width, "binary" if stated.binary else "digits", " " if stated.blank else "0")


def _label(found: Guess) -> Label:
    """The label in items: the numbers that were found, and what stands between them."""
    framing, cutting = found.framing, found.cutting
    assert framing is not None  # noqa: S101
    stated = framing.stated
    length = cutting.label if cutting is not None else 0
    if not length:
        return Label()
    items = {}
    for number in found.numbers:
        if number.role == "field_count" and cutting is not None and cutting.directory is not None:
            role: Role | None = "field_count"
        else:
            role = number.role  # type: ignore[assignment]
        coding = Number(number.width, "binary" if number.binary else "digits", " " if number.blank else "0")
        items[number.at] = LabelItem(
            _ROLES[number.role], number.at, number.width, role, coding, number.adds, mark="inferred"
        )
    if stated is not None and not any(item.role == "record_length" for item in items.values()):
        items = {at: item for at, item in items.items() if item.end <= stated.at or at >= stated.at + stated.width}
        items[stated.at] = LabelItem(
            _ROLES["record_length"], stated.at, stated.width, "record_length", _length_number(found), stated.adds,
            mark="inferred",
        )  # fmt: skip
    taken = {place for item in items.values() for place in range(item.at, item.end)}
    for start, stop in _joined(found, list(_between(found, length, taken))):
        for first, last in _codes(found, start, stop):
            items[first] = _item(found, first, last)
    return Label(length, tuple(items[at] for at in sorted(items)))


def _between(found: Guess, length: int, taken: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of the label that no number takes: bytes of one kind, those that never change apart."""
    records = [record for record in found.records if len(record) >= length]
    kind_of: list[tuple[bool, bool]] = []
    for place in range(length):
        values = Counter(ascii_view(record[place : place + 1], found.control) for record in records)
        same = len(values) < 2
        kind_of.append((same, values.most_common(1)[0][0] == b" " if same and values else False))
    start: int | None = None
    for place in range(length + 1):
        ends = place == length or place in taken or (start is not None and kind_of[place] != kind_of[place - 1])
        if start is not None and ends:
            yield start, place
            start = None
        if place < length and place not in taken and start is None:
            start = place


def _joined(found: Guess, runs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Digits that change and digits beside them that do not are one number: a date, a serial number."""
    held: tuple[int, int] | None = None
    for start, stop in runs:
        if held is not None and held[1] == start and _digits(found, held[0], stop) and _changes(found, held[0], stop):
            held = held[0], stop
            continue
        if held is not None:
            yield held
        held = start, stop
    if held is not None:
        yield held


def _digits(found: Guess, start: int, stop: int) -> bool:
    return all(ascii_view(record[start:stop], found.control).isdigit() for record in found.records)


def _changes(found: Guess, start: int, stop: int) -> bool:
    return len({record[start:stop] for record in found.records}) > 1


def _codes(found: Guess, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """A stretch that changes, cut where two codes seem to stand side by side: each goes with every other."""
    whole = {record[start:stop] for record in found.records}
    if 3 < len(whole) <= _PAIRS and not _digits(found, start, stop):
        for place in range(start + 1, stop):
            left = {record[start:place] for record in found.records}
            right = {record[place:stop] for record in found.records}
            if min(len(left), len(right)) > 1 and len(whole) >= 0.8 * len(left) * len(right):
                yield start, place
                yield from _codes(found, place, stop)
                return
    yield start, stop


def _item(found: Guess, start: int, stop: int) -> LabelItem:
    values = {record[start:stop] for record in found.records}
    given = None
    if len(values) == 1:
        control = charset(_control(found))
        text = control.decode(next(iter(values)))
        given = text if text.isascii() and text.isprintable() and len(text) == stop - start else None
    name = f"管理部{start}" if stop - start == 1 else f"管理部{start}_{stop - 1}"
    return LabelItem(name, start, stop - start, given=given, mark="unknown")


def _control(found: Guess) -> str:
    if found.control == "ebcdic":
        return "ebcdic"
    return "ascii"


def _charsets(found: Guess) -> Charsets:
    modes = {mode: fit.name for mode, fit in found.modes.items()}
    return Charsets(_control(found), found.data.name if found.data is not None else "ascii", modes)


def _tag(found: Guess, tag: str, plain: bool) -> TagRule:
    own = found.own.get(tag)
    stretched = found.stretched.get(tag)
    if stretched is not None:
        size, slots = stretched
        return TagRule(tag, slots=slots, size=size, charset=own)
    return TagRule(tag, plain=plain, charset=own)


# ── Elements ─────────────────────────────────────────────────────────────────────────────────────


def _elements(
    found: Guess, tags: dict[str, TagRule], divided: bool
) -> tuple[dict[str, Element], dict[str, Texts], str | None]:
    """An element for every value that stands in the file."""
    ancestor = _ancestor(found) if found.cutting is not None else None
    elements: dict[str, Element] = {}
    behind: dict[str, Texts] = {}
    key = _key(found)
    seen: set[tuple[str, str | None]] = set()
    order = found.texts.items() if found.slots else sorted(found.texts.items())
    for place, texts in order:
        for spot, name in _spots(texts, tags, divided):
            if (spot.tags[0], spot.sub) in seen:
                continue
            seen.add((spot.tags[0], spot.sub))
            taken = _taken_name(ancestor, spot, texts, found)
            label = taken[0] if taken is not None and taken[0] not in elements else name
            if label in elements:
                label = f"{name}_{len(elements)}"
            elements[label] = Element(
                label,
                spot,
                en=taken[1] if taken is not None and label == taken[0] else "",
                key=place == key,
                required=place == key,
                repeat=place != key,
                kind=_kind(found, texts),
                mark="inferred" if taken is not None and label == taken[0] else "unknown",
            )
            behind[label] = texts
    names_of = (
        ancestor.id if ancestor is not None and any(each.mark == "inferred" for each in elements.values()) else None
    )
    return elements, behind, names_of


def _spots(texts: Texts, tags: dict[str, TagRule], divided: bool) -> Iterator[tuple[Place, str]]:
    """The places of a tag's values, with a name that says no more than where they stand."""
    rule = tags.get(texts.tag)
    if texts.tag.startswith("欄"):
        yield Place((texts.tag,)), texts.tag.replace("欄", "項目")
    elif rule is not None and rule.slots:
        for slot in rule.slots:
            yield Place((texts.tag,), slot.name), f"項目{texts.tag}{slot.name}"
    elif (rule is not None and rule.plain) or not divided:
        yield Place((texts.tag,)), f"項目{texts.tag}"
    elif texts.sub:
        yield Place((texts.tag,), texts.sub), f"項目{texts.tag}{texts.sub}"


def _key(found: Guess) -> tuple[str, str] | None:
    """The value that stands once in every record and is never the same: the first such one."""
    of = len(found.cutting.cut) if found.cutting is not None else len(found.records)
    for place, texts in found.texts.items():
        if texts.count == texts.records == of and len(texts.distinct) == min(of, texts.count) and of > 1:
            return None if b"" in texts.distinct else place
    return None


def decoded(found: Guess, texts: Texts, most: int = 50) -> list[str]:
    """Some values as text."""
    usual = found.own.get(texts.tag) or (found.data.name if found.data is not None else "ascii")
    slot = next((slot for slot in found.slots if slot.name == texts.tag), None)
    if slot is not None and slot.charset:
        usual = slot.charset
    modes = {mode: charset(fit.name) for mode, fit in found.modes.items()}
    kind = charset(usual)
    return [readable(modes.get(mode, kind).decode(value)) for mode, value in texts.said[:most]]


def repeated(found: Guess) -> list[str]:
    """The tags with several subfields that stand more than once in a record: copies, perhaps."""
    subs: dict[str, list[Texts]] = {}
    for texts in found.texts.values():
        subs.setdefault(texts.tag, []).append(texts)
    return sorted(
        tag
        for tag, each in subs.items()
        if len(each) > 1 and all(texts.sub for texts in each) and any(texts.count > texts.records for texts in each)
    )


def _kind(found: Guess, texts: Texts) -> str | None:
    """What nearly all values are, where a layout has a word for it."""
    counts = kinds_of(decoded(found, texts))
    if not counts:
        return None
    name, count = counts.most_common(1)[0]
    if name.startswith("date-") and name != "date-year":
        name = "date"
    return {**_KINDS, "date": "date"}.get(name) if count >= 0.9 * sum(counts.values()) else None


def kinds_of(values: list[str]) -> Counter[str]:
    """How many values are of each kind."""
    found = (kinds(value) for value in values)
    return Counter(each[0] for each in found if each)


def _ancestor(found: Guess) -> Layout | None:
    """The known layout whose tags and subfields these are, if there is one."""
    places = {(texts.tag, texts.sub or None) for texts in found.texts.values()}
    best: tuple[float, int, Layout] | None = None
    for order, name in enumerate(("jpmarc-legacy", *layouts())):
        layout = load_layout(name)
        theirs = set(_places(layout))
        share = len(places & theirs) / max(1, len(places))
        if share >= ALIKE and (best is None or share > best[0]):
            best = share, -order, layout
    return best[2] if best is not None else None


def _places(layout: Layout) -> Iterator[tuple[str, str | None]]:
    for element in layout.elements.values():
        for tag in element.place.tags if not element.members else ():
            yield tag, element.place.sub
        for member in element.members.values():
            for tag in member.place.tags or element.place.tags:
                yield tag, member.place.sub


def _taken_name(ancestor: Layout | None, spot: Place, texts: Texts, found: Guess) -> tuple[str, str] | None:
    """The known layout's name for a place, where the values are of the kind it says."""
    if ancestor is None:
        return None
    for element in ancestor.elements.values():
        if not element.members and spot.tags[0] in element.place.tags and element.place.sub == spot.sub:
            many = len(element.place.tags) > 1
            name = f"{element.name}{spot.tags[0]}" if many else element.name
            return (name, element.en) if _agrees(element, texts, found) else None
        for member in element.members.values():
            if spot.tags[0] in (member.place.tags or element.place.tags) and member.place.sub == spot.sub:
                many = len(member.place.tags or element.place.tags) > 1
                name = f"{element.name}{member.name}{spot.tags[0] if many else ''}"
                return (name, f"{element.en}, {member.en}".strip(", ")) if _agrees(member, texts, found) else None
    return None


def _agrees(element: Element, texts: Texts, found: Guess) -> bool:
    """Whether values are of an element's kind. What says nothing of its kind agrees."""
    wanted = _AGREE.get(element.kind or "")
    if wanted is None:
        return True
    counts = kinds_of(decoded(found, texts))
    return sum(counts[name] for name in wanted) >= 0.5 * max(1, sum(counts.values()))


# ── Does it hold ─────────────────────────────────────────────────────────────────────────────────


def _unlike(found: Guess, layout: Layout) -> frozenset[str]:
    """The tags whose fields, read and written, are other bytes, or cannot be read."""
    from convert.formats.somoku.parts import Damage  # noqa: PLC0415
    from convert.formats.somoku.structure import Codec  # noqa: PLC0415

    if found.cutting is None or layout.subfields is None:
        return frozenset()
    codec, bad, seen = Codec(layout), Counter[str](), Counter[str]()
    for place, cut in found.cutting.cut.items():
        for chunk in cut:
            rule = layout.tags.get(chunk.tag)
            if rule is not None and (rule.plain or rule.slots):
                continue
            seen[chunk.tag] += 1
            data = found.records[place][chunk.start : chunk.stop - len(layout.fields.ends)]
            try:
                if codec.field_bytes(codec.field(chunk.tag, data, 0)) != data:
                    bad[chunk.tag] += 1
            except Damage:
                bad[chunk.tag] += 1
    return frozenset(tag for tag, count in bad.items() if count > 0.05 * seen[tag])


def control_text(found: Guess, data: bytes) -> str:
    """Bytes of the label as text, dots for what is none."""
    view = ascii_view(data, found.control)
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in view)
