"""How the fields stand in the records of an unknown file: by a directory, or one after another with their tags."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, Final

from convert.formats.somoku.kit.sample import ascii_view, common_end, number
from convert.formats.somoku.model import Directory, FieldRule, Number

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH: Final = 0.9
"""The share of records that must add up."""
_TRIED = 40
"""Records on which a guess is tried before it is tried on all."""
_TAGS = (3, 2, 4, 1, 5, 6)
"""Lengths of a tag, the likeliest first: where a number's leading zeros could also end the tag."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A field of a record: its tag, and where its data and the end mark after it stand."""

    tag: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Cutting:
    """A way of finding fields. ``label``: bytes before the directory or the first field. ``tail``: bytes of end mark
    after the last field. ``cut``: the records that add up, by their number, with their fields.
    """

    label: int
    fields: FieldRule
    tail: int
    control: str
    cut: dict[int, list[Chunk]]
    directory: Directory | None = None
    of: int = 0

    @property
    def share(self) -> float:
        """The share of records that add up."""
        return len(self.cut) / max(1, self.of)


def cuttings(records: list[bytes], controls: tuple[str, ...], least: int = 0, *, after: int = 0) -> Iterator[Cutting]:
    """Ways of finding fields that hold for nearly all records, the surest first. ``least``: bytes of the end mark that
    is known already; ``after``: bytes at the head of a record that are known to hold its length.
    """
    tails = [tail for tail in _tails(records) if tail >= least] or [least]
    for control in controls:
        views = [ascii_view(record, control) for record in records]
        found = _directory(records, views, control, tails)
        if found is not None:
            yield found
            return
    for control in controls:
        views = [ascii_view(record, control) for record in records]
        found = _lengths(records, views, control, tails) or _marks(records, views, control, tails, after)
        if found is not None:
            yield found
            return


def _tails(records: list[bytes]) -> list[int]:
    """How many bytes of end mark may close a record: control bytes with which all end."""
    end = common_end(records[:500])
    count = len(end)
    while count and not all(byte < 0x20 for byte in end[-count:]):
        count -= 1
    return list(range(count + 1))


def _probes(records: list[bytes]) -> list[int]:
    """Numbers of some records: the longest of the first ones, and some of every length."""
    order = sorted(range(min(len(records), 400)), key=lambda number: -len(records[number]))
    return [*order[:2], *order[2 :: max(1, len(order) // _TRIED)]][: _TRIED + 2]


# ── A directory ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where tag, length and start stand in an entry."""

    size: int
    tag: slice
    length: slice
    start: slice
    order: tuple[str, ...]
    binary: bool


def _shapes() -> list[_Entry]:
    found = []
    for order in permutations(("tag", "length", "start")):
        for binary in (False, True):
            for tag in (1, 2, 3, 4, 5, 6):
                for length in (2, 3, 4, 5, 6) if not binary else (2, 3, 4):
                    for start in (2, 3, 4, 5, 6, 7) if not binary else (2, 3, 4):
                        widths = {"tag": tag, "length": length, "start": start}
                        cuts, at = {}, 0
                        for name in order:
                            cuts[name] = slice(at, at + widths[name])
                            at += widths[name]
                        found.append(_Entry(at, cuts["tag"], cuts["length"], cuts["start"], order, binary))
    return found


def _value(data: bytes, view: bytes, at: int, part: slice, *, binary: bool) -> int:
    if binary:
        return int.from_bytes(data[at + part.start : at + part.stop])
    return number(view[at + part.start : at + part.stop])


def _directory(records: list[bytes], views: list[bytes], control: str, tails: list[int]) -> Cutting | None:
    """A directory whose lengths and starts add up, and reach the end of the record."""
    probes = _probes(records)
    first = probes[0]
    data, view = records[first], views[first]
    best: list[tuple[int, _Entry, str, int]] = []
    for shape in _shapes():
        for label in range(min(64, len(data))):
            found = _entered(data, view, label, shape, tails)
            if found and all(_entered(records[other], views[other], label, shape, tails) for other in probes[1:4]):
                best += [(label, shape, origin, tail) for origin, tail in found]
    some = [records[place] for place in probes], [views[place] for place in probes]
    ranked: list[tuple[tuple[int, ...], tuple[int, _Entry, str, int]]] = []
    for label, shape, origin, tail in best:
        made = _directed(*some, control, label, shape, origin, tail)
        if made is not None and made.share >= ENOUGH and made.directory is not None:
            tag = _TAGS.index(made.directory.tag)
            unmarked = not made.fields.ends, not made.directory.ends
            rank = (-len(made.cut), *unmarked, tag, label, -made.directory.start.width)
            ranked.append((rank, (label, shape, origin, tail)))
    for _, way in sorted(ranked, key=lambda each: each[0]):
        made = _directed(records, views, control, *way)
        if made is not None and made.share >= ENOUGH:
            return made
    return None


def _entered(data: bytes, view: bytes, label: int, shape: _Entry, tails: list[int]) -> list[tuple[str, int]]:
    """How entries from ``label`` on may add up: where starts count from, and the bytes after the last field."""
    made = _entries(data, view, label, shape)
    if made is None:
        return []
    after, starts = made
    total = starts[-1][1] + starts[-1][2]
    found = []
    for tail in tails:
        end = len(data) - tail
        if starts[0][1] == 0 and 0 <= end - total - after <= 2:
            found.append(("data", tail))
        if total == end and 0 <= starts[0][1] - after <= 2:
            found.append(("record", tail))
    return found


def _entries(data: bytes, view: bytes, label: int, shape: _Entry) -> tuple[int, list[tuple[bytes, int, int]]] | None:
    """The byte after the last entry that follows from the one before; tag, start and length of each."""
    found: list[tuple[bytes, int, int]] = []
    at, reached = label, -1
    while at + shape.size <= len(data):
        start = _value(data, view, at, shape.start, binary=shape.binary)
        if start < 0 or (found and start != reached):
            break
        length = _value(data, view, at, shape.length, binary=shape.binary)
        tag = view[at + shape.tag.start : at + shape.tag.stop]
        if length <= 0 or length > len(data) or not tag.isalnum():
            break
        found.append((tag, start, length))
        reached = start + length
        at += shape.size
    return (at, found) if found and (len(found) > 1 or found[0][1] == 0 or found[0][1] >= at) else None


def _directed(
    records: list[bytes], views: list[bytes], control: str, label: int, shape: _Entry, origin: str, tail: int
) -> Cutting | None:
    """All records cut by a directory."""
    cut: dict[int, list[Chunk]] = {}
    ends: Counter[bytes] = Counter()
    blanks = [False, False]
    for place, (data, view) in enumerate(zip(records, views, strict=True)):
        made = _entries(data, view, label, shape)
        if made is None or not _entered(data, view, label, shape, [tail]):
            continue
        after, entries = made
        total = entries[-1][1] + entries[-1][2]
        base = len(data) - tail - total if origin == "data" else entries[0][1]
        ends[data[after:base]] += 1
        shift = base if origin == "data" else 0
        cut[place] = [
            Chunk(tag.decode("latin-1"), shift + start, shift + start + length) for tag, start, length in entries
        ]
        for at in range(label, after, shape.size):
            blanks[0] = blanks[0] or view[at + shape.length.start] == 0x20
            blanks[1] = blanks[1] or view[at + shape.start.start] == 0x20
    if not ends or ends.most_common(1)[0][1] < ENOUGH * len(records):
        return None
    mark = ends.most_common(1)[0][0]
    coding = "binary" if shape.binary else "digits"
    numbers = [
        Number(part.stop - part.start, coding, " " if blank else "0")  # type: ignore[arg-type]
        for part, blank in zip((shape.length, shape.start), blanks, strict=True)
    ]
    width = shape.tag.stop - shape.tag.start
    directory = Directory(width, numbers[0], numbers[1], shape.order, mark, origin)  # type: ignore[arg-type]
    rule = FieldRule("directory", width, ends=_field_end(records, cut))
    return Cutting(label, rule, tail, control, cut, directory, len(records))


def _field_end(records: list[bytes], cut: dict[int, list[Chunk]]) -> bytes:
    """The control bytes with which every field ends."""
    pieces = [records[place][chunk.start : chunk.stop] for place, chunks in cut.items() for chunk in chunks][:5000]
    end = common_end(pieces, 2)
    while end and not all(byte < 0x20 for byte in end):
        end = end[1:]
    return end


# ── Tags with lengths ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Head:
    """Tag and length before a field. ``more``: bytes that the length counts besides the data and its end mark."""

    label: int
    tag: int
    width: int
    binary: bool
    whole: bool
    tail: int


def _lengths(records: list[bytes], views: list[bytes], control: str, tails: list[int]) -> Cutting | None:
    """Fields with a tag and a length each, that lead exactly to the end of the record."""
    probes = _probes(records)
    first = probes[0]
    good = []
    for head in _heads(tails):
        if _walk(records[first], views[first], head) is None:
            continue
        if sum(_walk(records[other], views[other], head) is not None for other in probes) >= ENOUGH * len(probes):
            good.append(head)
    whole = []
    for head in good:
        cut = {
            place: chunks
            for place, (data, view) in enumerate(zip(records, views, strict=True))
            if (chunks := _walk(data, view, head)) is not None
        }
        if len(cut) >= ENOUGH * len(records) and any(len(chunks) > 1 for chunks in cut.values()):
            key = (-len(cut), head.label, _TAGS.index(head.tag), -head.tail)
            whole.append((key, head, cut))
    if not whole:
        return None
    _, head, cut = min(whole, key=lambda each: each[0])
    blank = any(
        views[place][chunk.start - head.width] == 0x20 for place, chunks in cut.items() for chunk in chunks
    ) and not head.binary  # fmt: skip
    length = Number(head.width, "binary" if head.binary else "digits", " " if blank else "0")
    rule = FieldRule("tags", head.tag, length, head.whole, _field_end(records, cut))
    return Cutting(head.label, rule, head.tail, control, cut, None, len(records))


def _heads(tails: list[int]) -> Iterator[_Head]:
    for tail in reversed(tails):
        for label in range(48):
            for tag in _TAGS:
                for width, binary in ((6, False), (5, False), (4, False), (3, False), (2, False), (4, True), (2, True)):
                    for whole in (False, True):
                        yield _Head(label, tag, width, binary, whole, tail)


def _walk(data: bytes, view: bytes, head: _Head) -> list[Chunk] | None:
    """The fields of a record; None where they do not add up."""
    at, end, found = head.label, len(data) - head.tail, []
    while at < end:
        tag = view[at : at + head.tag]
        start = at + head.tag + head.width
        if start > end or not tag.isalnum():
            return None
        piece = slice(at + head.tag, start)
        length = int.from_bytes(data[piece]) if head.binary else number(view[piece])
        stop = (at if head.whole else start) + length
        if length < 0 or stop < start or stop > end:
            return None
        found.append(Chunk(tag.decode("latin-1"), start, stop))
        at = stop
    return found or None


# ── Tags and end marks ───────────────────────────────────────────────────────────────────────────


def _marks(records: list[bytes], views: list[bytes], control: str, tails: list[int], after: int) -> Cutting | None:
    """Fields that end at a mark, each with its tag in front."""
    best: list[tuple[tuple[float, ...], Cutting]] = []
    for tail in tails:
        closing = Counter(record[len(record) - tail - 1] for record in records if len(record) > tail)
        mark, count = closing.most_common(1)[0] if closing else (0xFF, 0)
        if mark >= 0x20 or count < ENOUGH * len(records) or mark == 0x1B:
            continue
        made = _marked(records, views, control, bytes((mark,)), tail, after)
        if made is not None:
            fields = sum(map(len, made.cut.values()))
            best.append(((-len(made.cut), -fields), made))
    for separator in [] if best else _separators(records):
        made = _marked(records, views, control, separator, tails[0], after, between=True)
        if made is not None:
            best.append(((-len(made.cut), -sum(map(len, made.cut.values()))), made))
    return min(best, key=lambda each: each[0])[1] if best else None


def _separators(records: list[bytes]) -> list[bytes]:
    """The control bytes that stand within many records."""
    counts = Counter(byte for record in records for byte in set(record[:-2]) if byte < 0x20 and byte != 0x1B)
    return [bytes((byte,)) for byte, count in counts.most_common(3) if count >= len(records) / 2]


def _marked(
    records: list[bytes],
    views: list[bytes],
    control: str,
    mark: bytes,
    tail: int,
    after: int,
    *,
    between: bool = False,
) -> Cutting | None:
    spots = [_between(record, mark, tail, open_end=between) for record in records]
    heads = [view[start : start + 6] for view, found in zip(views, spots, strict=True) for start, _ in found[1:]]
    if len(heads) < max(2, len(records) // 10):
        return None
    width = tag_width(heads)
    if width is None:
        return None
    known = {head[:width] for head in heads}
    label = _label_before(views, spots, width, known, after)
    if label is None:
        return None
    cut: dict[int, list[Chunk]] = {}
    for place, (view, found) in enumerate(zip(views, spots, strict=True)):
        if not found or found[0][1] < label + width + len(mark):
            continue
        places = [(label, found[0][1]), *found[1:]]
        tags = [view[start : start + width] for start, _ in places]
        if all(tag.isalnum() for tag in tags):
            chunks = zip(tags, places, strict=True)
            cut[place] = [Chunk(tag.decode("latin-1"), start + width, stop) for tag, (start, stop) in chunks]
    if len(cut) < ENOUGH * len(records):
        return None
    rule = FieldRule("tags", width, ends=mark, between=between)
    return Cutting(label, rule, tail, control, cut, None, len(records))


def _between(record: bytes, mark: bytes, tail: int, *, open_end: bool = False) -> list[tuple[int, int]]:
    """The stretches that end with the mark, up to the end of the record; none where something follows the last.

    ``open_end``: the last one has no mark, and is told as if it had.
    """
    found: list[tuple[int, int]] = []
    at, end = 0, len(record) - tail
    while at < end:
        stop = record.find(mark, at, end)
        if stop < 0:
            return [*found, (at, end + len(mark))] if open_end else []
        found.append((at, stop + 1))
        at = stop + 1
    return found


def tag_width(heads: list[bytes]) -> int | None:
    """Bytes of the tags with which fields begin: as long as few different ones stand there.

    >>> tag_width([b"TI^a", b"AU^a", b"TX99", b"TI^y"] * 9), tag_width([b"TIx1", b"AUy2", b"TIz3", b"AUw4"])
    (2, 2)
    """
    counts = []
    for width in range(1, 7):
        tags = Counter(head[:width] for head in heads if len(head) >= width)
        good = sum(count for tag, count in tags.items() if tag.isalnum())
        if good < 0.98 * len(heads):
            break
        counts.append(len(tags))
    if not counts or counts[0] > 60:
        return None
    jumps = [(after / before, width) for width, (before, after) in enumerate(pairwise(counts), start=1)]
    if len(counts) < 6 and len(counts) > 0 and (not jumps or max(jumps)[0] < 2):
        width = len(counts)
    elif jumps and max(jumps)[0] >= 2:
        width = max(jumps)[1]
    else:
        return None
    return width if counts[width - 1] <= max(60, len(heads) // 20) else None


def _label_before(
    views: list[bytes], spots: list[list[tuple[int, int]]], width: int, known: set[bytes], after: int
) -> int | None:
    """The bytes before the first field of every record: up to a tag that is always there, or known from others.

    Of several places the first counts that is followed by what follows other tags, then one with a blank before it.
    """
    firsts = [(view, found[0][1]) for view, found in zip(views, spots, strict=True) if found]
    sign = _sign_after(views, spots, width)
    places = []
    for label in range(after, after + 48):
        heads = [(view, label) for view, stop in firsts if stop > label + width]
        if len(heads) < ENOUGH * len(firsts):
            break
        tags = {view[label : label + width] for view, _ in heads}
        if all(tag.isalnum() for tag in tags) and (len(tags) <= 2 or tags <= known):
            signed = sign is not None and sum(view[label + width] == sign for view, _ in heads) >= ENOUGH * len(heads)
            parted = label > 0 and all(view[label - 1] == 0x20 for view, _ in heads)
            places.append((not signed, not parted, label))
    return min(places)[2] if places else None


def _sign_after(views: list[bytes], spots: list[list[tuple[int, int]]], width: int) -> int | None:
    """The sign or control byte that nearly always follows a tag."""
    later = [(view, start + width) for view, found in zip(views, spots, strict=True) for start, _ in found[1:]]
    counts = Counter(view[at] for view, at in later if at < len(view))
    byte, count = counts.most_common(1)[0] if counts else (0x30, 0)
    return byte if not chr(byte).isalnum() and byte < 0x7F and count >= ENOUGH * len(later) else None


def with_indicators(cutting: Cutting, count: int) -> Cutting:
    """The same fields with so many indicators."""
    return replace(cutting, fields=replace(cutting.fields, indicators=count))
