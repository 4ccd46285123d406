"""What structure the bytes of a file suggest, without any layout; and a layout that says the same.

Every finding comes with its numbers: how many records, fields and values it holds for. Nothing is taken for certain.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.kit.columns import stretches
from convert.formats.somoku.kit.cutting import Cutting, cuttings
from convert.formats.somoku.kit.framing import MOST, Framing, framings
from convert.formats.somoku.kit.lettering import Fit, best, fit, fits
from convert.formats.somoku.kit.sample import Sample, ascii_view, number
from convert.formats.somoku.kit.subheads import Heads, heads
from convert.formats.somoku.model import Slot
from convert.formats.somoku.parts import Damage
from convert.formats.somoku.structure import Codec

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout

RECORDS: Final = 1_000
"""Records whose fields are looked at."""
TRIED: Final = 200
"""Records on which known layouts are tried."""
_TRIED_BYTES = 1 << 19
_HOPELESS = 20  # records that a layout cannot read before it is given up


@dataclass(frozen=True, slots=True)
class NumberFound:
    """A number of the label: it is what ``role`` names, and ``adds``, in ``good`` of ``of`` records."""

    role: str
    at: int
    width: int
    binary: bool
    blank: bool
    adds: int
    good: int
    of: int


@dataclass(slots=True)
class Texts:
    """The values of one tag and subfield: how many, in how many records, how many different; ``said``: some, each with
    the mode of its character set.
    """

    tag: str
    sub: str
    count: int = 0
    records: int = 0
    said: list[tuple[str, bytes]] = field(default_factory=list)
    distinct: set[bytes] = field(default_factory=set)
    last: int = -1

    def add(self, record: int, mode: str, data: bytes) -> None:
        """One more value, of this record."""
        self.count += 1
        if record != self.last:
            self.records += 1
            self.last = record
        if data and len(self.said) < _KEPT:
            self.said.append((mode, data))
        if len(self.distinct) < MOST:
            self.distinct.add(data)

    @property
    def values(self) -> list[bytes]:
        """The values that were kept."""
        return [data for _, data in self.said]

    @property
    def moded(self) -> bool:
        """Whether values say their character set."""
        return any(mode for mode, _ in self.said)


_KEPT = 300
_FEW = 2  # records of one length from which nothing can be told about columns
_FINE = 0.7  # how likely the characters of good texts are


@dataclass(frozen=True, slots=True)
class Trial:
    """How a layout reads the first records: ``read`` of ``of``; ``named``: values that an element names, of ``values``;
    ``flawed``: values with bytes that are no characters.
    """

    layout: str
    confirmed: bool
    read: int
    of: int
    values: int = 0
    named: int = 0
    flawed: int = 0
    identical: int = 0


@dataclass(slots=True)
class Guess:
    """All that was found. ``layout``: what it comes to; None where not even the records can be told apart."""

    sample: Sample
    size: int | None
    counts: Counter[int]
    framing: Framing | None = None
    others: list[Framing] = field(default_factory=list)
    records: list[bytes] = field(default_factory=list)
    cutting: Cutting | None = None
    heads: Heads | None = None
    control: str = "ascii"
    numbers: list[NumberFound] = field(default_factory=list)
    texts: dict[tuple[str, str], Texts] = field(default_factory=dict)
    modes: dict[str, Fit] = field(default_factory=dict)
    data: Fit | None = None
    fits: list[Fit] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    stretched: dict[str, tuple[int, tuple[Slot, ...]]] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    filler: bytes = b""
    columns: int | None = None
    unsure: bytes = b""
    known: list[Trial] = field(default_factory=list)
    layout: Layout | None = None
    trial: Trial | None = None


def guess(sample: Sample, size: int | None) -> Guess:
    """Look at the head of a file. ``size``: bytes of the whole file, where known."""
    found = Guess(sample, size, Counter(sample.data))
    ways = framings(sample) if sample.data else []
    for framing in ways[:4]:
        records = [sample.data[start:stop] for start, stop in framing.spans[:RECORDS]]
        stated = framing.stated
        after = stated.at + stated.width if stated is not None else 0
        cutting = next(cuttings(records, _controls(framing), len(framing.terminator), after=after), None)
        if cutting is not None:
            _take(found, framing, records, cutting)
            break
    if found.framing is None and ways:
        framing = ways[0]
        _take(found, framing, [sample.data[start:stop] for start, stop in framing.spans[:RECORDS]], None)
    found.others = [way for way in ways if way is not found.framing]
    return found


def _controls(framing: Framing) -> tuple[str, ...]:
    return ("ebcdic", "ascii") if framing.control == "ebcdic" else ("ascii", "ebcdic")


def _take(found: Guess, framing: Framing, records: list[bytes], cutting: Cutting | None) -> None:
    found.framing, found.records, found.cutting = framing, records, cutting
    found.control = cutting.control if cutting is not None else framing.control
    if cutting is None:
        if framing.lengths[0] == framing.lengths[-1] and len(records) > _FEW:
            _columns(found)
        else:
            found.columns = _separated(records)
            _letters(found, [value for value in records if value])
        return
    chunks: dict[str, list[bytes]] = {}
    for place, cut in cutting.cut.items():
        for chunk in cut:
            data = records[place][chunk.start : chunk.stop - len(cutting.fields.ends)]
            chunks.setdefault(chunk.tag, []).append(data)
    found.heads = heads(chunks, cutting.control)
    for tag in found.heads.plain:
        stretched = _stretches(chunks[tag], found.control)
        if stretched is not None:
            found.stretched[tag] = stretched
    _texts(found)
    _numbers(found)
    _sets(found)


# ── Texts and their character sets ───────────────────────────────────────────────────────────────


def retold(found: Guess) -> None:
    """Gather the texts anew, after the subfields were thought over."""
    _texts(found)
    _sets(found)


def _texts(found: Guess) -> None:
    cutting, known = found.cutting, found.heads
    assert cutting is not None  # noqa: S101 - called with both
    assert known is not None  # noqa: S101
    for place, cut in cutting.cut.items():
        record = found.records[place]
        for chunk in cut:
            data = record[chunk.start : chunk.stop - len(cutting.fields.ends)]
            for part in known.parts(chunk.tag, data, cutting.control):
                key = chunk.tag, part.id
                found.texts.setdefault(key, Texts(*key)).add(place, part.mode, part.data)


def _sets(found: Guess) -> None:
    """The character set of each mode, or of all values, and of tags that differ."""
    assert found.heads is not None  # noqa: S101
    by_mode: dict[str, list[bytes]] = {}
    for texts in found.texts.values():
        if not texts.moded and texts.tag not in found.stretched:
            by_mode.setdefault("", []).extend(texts.values)
    for mode in found.heads.modes:
        known = best([data for texts in found.texts.values() for said, data in texts.said if said == mode])
        if known is not None:
            found.modes[mode] = known
    _letters(found, by_mode.get("", []) or [value for each in found.texts.values() for value in each.values])
    if found.data is None:
        return
    for texts in found.texts.values():
        if not texts.moded and texts.tag not in found.stretched:
            _own_set(found, texts)


def _letters(found: Guess, values: list[bytes]) -> None:
    found.fits = fits([value for value in values if value])
    found.data = found.fits[0] if found.fits else None


def _own_set(found: Guess, texts: Texts) -> None:
    """A tag whose texts are in another set than most."""
    assert found.data is not None  # noqa: S101
    values = [value for value in texts.values if value]
    if not values:
        return
    usual = fit(found.data.name, values)
    if usual.read == usual.of and usual.likely > _FINE:
        return
    own = best(values)
    if (
        own is not None
        and own.name != usual.name
        and own.likely + own.read / own.of > usual.likely + usual.read / usual.of + 0.2
    ):
        found.own[texts.tag] = own.name


# ── Numbers of the label ─────────────────────────────────────────────────────────────────────────


def _numbers(found: Guess) -> None:
    """The numbers that the label holds: of bytes, of the base address, of fields."""
    cutting, framing = found.cutting, found.framing
    assert cutting is not None  # noqa: S101
    assert framing is not None  # noqa: S101
    places = list(cutting.cut)
    records = [found.records[place] for place in places]
    wanted: dict[str, list[int]] = {"record_length": [len(record) for record in records]}
    if cutting.directory is not None:
        ends = cutting.directory.ends
        entry = cutting.directory.entry
        counts = [len(cutting.cut[place]) for place in places]
        wanted["base_address"] = [cutting.label + entry * count + len(ends) for count in counts]
    wanted["field_count"] = [len(cutting.cut[place]) for place in places]
    taken: set[int] = set()
    for role, values in wanted.items():
        known = _number(role, values, records, cutting, taken)
        if known is not None:
            found.numbers.append(known)
            taken |= set(range(known.at, known.at + known.width))


def _number(
    role: str, values: list[int], records: list[bytes], cutting: Cutting, taken: set[int]
) -> NumberFound | None:
    """Where in the label a number stands that goes with ``values``."""
    if len(set(values)) < 2 and not (len(values) == 1 and role == "record_length"):
        return None
    labels = [record[: cutting.label] for record in records]
    views = [ascii_view(label, cutting.control) for label in labels]
    best: tuple[tuple[int, ...], NumberFound] | None = None
    for at in range(cutting.label):
        for width in range(1 if role == "field_count" else 2, 10):
            for binary in (False, True):
                if at + width > cutting.label or (binary and width > 4) or taken & set(range(at, at + width)):
                    continue
                made = _goes(role, values, labels, views, (at, width, binary))
                if made is not None:
                    key = (-made.good, abs(made.adds), at + width, -width)
                    best = min(best, (key, made), key=lambda each: each[0]) if best else (key, made)
    return best[1] if best else None


def _goes(
    role: str, values: list[int], labels: list[bytes], views: list[bytes], place: tuple[int, int, bool]
) -> NumberFound | None:
    at, width, binary = place
    both = list(zip(labels, views, strict=True))
    stop = at + width
    first = int.from_bytes(labels[0][at:stop]) if binary else number(views[0][at:stop])
    if first < 0 or abs(first - values[0]) > (0 if role == "field_count" else 64):
        return None
    read = [int.from_bytes(label[at:stop]) if binary else number(view[at:stop]) for label, view in both]
    off = Counter(said - value for said, value in zip(read, values, strict=True) if said >= 0)
    adds, good = off.most_common(1)[0]
    if good < 0.9 * len(values) or abs(adds) > (0 if role == "field_count" else 64):
        return None
    blank = not binary and any(view[at] == 0x20 for view in views)
    return NumberFound(role, at, width, binary, blank, adds, good, len(values))


# ── Stretches of fixed length ────────────────────────────────────────────────────────────────────


def _stretches(pieces: list[bytes], control: str) -> tuple[int, tuple[Slot, ...]] | None:
    """Whether the fields of a tag are made of stretches of one length (0: one alone), and the slots in it."""
    lengths = Counter(map(len, pieces))
    size = min(lengths)
    if size < 12 or len(pieces) < 5 or any(length % size for length in lengths):
        return None
    rows = [piece[at : at + size] for piece in pieces for at in range(0, len(piece), size)]
    slots = _slots(rows, control)
    if len(slots) < 2:
        return None
    return (size if len(lengths) > 1 else 0), slots


def _slots(rows: list[bytes], control: str) -> tuple[Slot, ...]:
    """Slots over all bytes of the rows."""
    made = []
    for stretch in stretches(rows):
        values = [value for value in stretch.values if value]
        known = best([_stripped(value) for value in values]) if not stretch.blank else None
        name = known.name if known is not None else control
        pad = _pad(values, name)
        charset_name = pad[1] if pad is not None else name
        made.append(Slot(f"欄{stretch.at}", stretch.at, stretch.length, pad[0] if pad else " ", False, charset_name))
    return tuple(made)


_BLANKS: Final = {0x20: "ascii", 0x40: "ebcdic"}


def _stripped(value: bytes) -> bytes:
    while value.endswith(b"!!"):
        value = value[:-2]
    return value.rstrip(b" \x40\x00") or b""


def _pad(values: list[bytes], name: str) -> tuple[str, str] | None:
    """What fills the values up, and the character set in which this is a character."""
    last = Counter(value[-1] for value in values).most_common(1)[0][0]
    if name == "jisx0208":
        return "　", name
    if last == 0x40:
        return " ", name if name.startswith("ebcdic") else "ebcdic"
    return " ", name


def _columns(found: Guess) -> None:
    """Records of one length without tags: slots by their columns."""
    assert found.framing is not None  # noqa: S101
    slots = list(_slots(found.records, found.control))
    found.fits = []
    last = slots[-1] if slots else None
    if last is not None and len(slots) > 1:
        bytes_ = {record[last.at :].strip(record[last.at : last.at + 1]) for record in found.records}
        firsts = {record[last.at : last.at + 1] for record in found.records}
        if bytes_ == {b""} and len(firsts) == 1 and found.framing.ends == "fixed":
            slots.pop()
            found.filler = next(iter(firsts))
    found.slots = tuple(slots)
    for slot in slots:
        texts = found.texts.setdefault((slot.name, ""), Texts(slot.name, ""))
        for place, record in enumerate(found.records):
            value = _stripped(record[slot.at : slot.at + slot.length])
            if value:
                texts.add(place, "", value)
    names = Counter({slot.charset: 0 for slot in slots})
    for slot in slots:
        names[slot.charset] += slot.length
    usual = names.most_common(1)[0][0] if names else "ascii"
    values = [value for slot in slots if slot.charset == usual for value in found.texts[slot.name, ""].values]
    found.data = fit(usual or "ascii", values) if values else None


def _separated(records: list[bytes]) -> int | None:
    """Columns of a table with tabs or commas, where nearly every record has as many."""
    for mark in (b"\t", b",", b";", b"|"):
        counts = Counter(record.count(mark) for record in records)
        most, good = counts.most_common(1)[0]
        if most and good >= 0.9 * len(records):
            return most + 1
    return None


# ── Trying a layout ──────────────────────────────────────────────────────────────────────────────


def attempt(layout: Layout, data: bytes, most: int = TRIED) -> Trial:
    """How a layout reads the head of a file."""
    from convert.formats.somoku.kit.dissect import names_of  # noqa: PLC0415 - as texts are, only for this
    from convert.formats.somoku.texts import Texts as LayoutTexts  # noqa: PLC0415

    codec, texts, names = Codec(layout), LayoutTexts(layout), names_of(layout)[0]
    read = count = values = named = flawed = identical = 0
    whole = len(data) < _TRIED_BYTES
    data = data[:_TRIED_BYTES]
    for found in Frames(codec, io.BytesIO(data)):
        if isinstance(found, Broken):
            if not whole and found.at + len(found.data) >= len(data):
                break
            count += 1
        else:
            count += 1
            read += 1
            identical += _same(codec, found.data)
            for each in found.fields:
                for sub in each.subs:
                    values += 1
                    named += (each.tag, sub.id or None) in names or (each.tag, None) in names
                    flawed += bool(texts.flaws(each.tag, sub))
        if count >= most or (not read and count >= _HOPELESS):
            break
    return Trial(layout.id, layout.confirmed, read, count, values, named, flawed, identical)


def _same(codec: Codec, data: bytes) -> bool:
    """Whether a record, read and written, is the same bytes."""
    try:
        return codec.write(codec.read(data)) == data
    except (Damage, ValueError):
        return False
