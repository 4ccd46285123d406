"""Where the records of an unknown file end: by a length in their head, by an end mark, or by a fixed length."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from convert.formats.somoku.kit.sample import PADDING, Sample, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MOST: Final = 5_000
"""Records that are looked at."""
_HEAD = 40  # bytes of a record's head in which its length is looked for
_MORE = range(-16, 65)  # what a length may leave out (its own bytes, the label) or count too much
_FIRST = 6  # records that must add up before a length is followed further
_ALIKE = 0.7  # how much the heads of records are alike, 0 to 1, where a length leads to them
_STEADY = 0.3  # the share of bytes that are the same in the next record, where records have one length
_LAGS = 8192  # bytes of the longest fixed record that is looked for where the file's size does not tell
_NEWLINES: Final = {"crlf": b"\r\n", "lf": b"\n"}
_NOT_ENDS: Final = frozenset(b"\x0e\x0f\x1b")


@dataclass(frozen=True, slots=True)
class Stated:
    """A length that stands in the head of every record: ``at``, ``width``; it is the record's length and ``adds``."""

    at: int
    width: int
    binary: bool
    blank: bool
    adds: int


@dataclass(frozen=True, slots=True)
class Framing:
    """The records that a way of ending gives. ``spans``: first byte and byte after the last, without line ends.

    ``good``: those that the evidence holds for. ``reached``: bytes of the sample that it explains.
    """

    ends: Literal["length", "terminator", "fixed"]
    spans: tuple[tuple[int, int], ...]
    reached: int
    control: str = "ascii"
    stated: Stated | None = None
    terminator: bytes = b""
    newline: str = "none"
    skip: bytes = b""

    @property
    def lengths(self) -> list[int]:
        """The lengths of the records, the shortest first."""
        return sorted(stop - start for start, stop in self.spans)


def framings(sample: Sample) -> list[Framing]:
    """Ways in which the records may end, the likeliest first."""
    found = [*_by_length(sample), *_by_terminator(sample)]
    if not any(_sure(each, sample) for each in found):
        found += _by_size(sample)
    found = [each for each in found if len(each.spans) >= _FIRST or each.reached >= len(sample.data) / 2]
    return sorted(found, key=lambda each: _rank(each, sample))


def _sure(framing: Framing, sample: Sample) -> bool:
    """Whether records of different lengths explain the whole."""
    varies = framing.lengths[0] != framing.lengths[-1]
    return varies and len(framing.spans) > _FIRST and framing.reached >= len(sample.data) * 0.98


def _rank(framing: Framing, sample: Sample) -> tuple[float, ...]:
    """Smaller is better: what explains the whole, then a length that varies, an end mark, a fixed length."""
    whole = framing.reached >= len(sample.data) * 0.98 or len(framing.spans) >= MOST
    varies = framing.lengths[0] != framing.lengths[-1]
    kind = {"length": 0 if varies else 2, "terminator": 1 if varies else 3, "fixed": 2.5}[framing.ends]
    return (0 if whole else 1, kind, -len(framing.spans) if not whole else 0)


# ── A length in the head ─────────────────────────────────────────────────────────────────────────


def _by_length(sample: Sample) -> Iterator[Framing]:
    """The best length for each way of writing numbers."""
    for control in ("ascii", "ebcdic"):
        view = sample.view(control)
        readers = {width: _digits(view, width) for width in range(9, 2, -1)}
        best = _longest_chain(sample, readers)
        if best is not None:
            yield _framed(sample, best, control, binary=False)
    best = _longest_chain(sample, {width: _binary(sample.data, width) for width in (4, 3, 2)}, _most_records)
    if best is not None:  # any two bytes are a number, and lead somewhere: the heads must be alike too
        framing = _framed(sample, best, "ascii", binary=True)
        varies = framing.lengths[0] != framing.lengths[-1]
        whole = best.bounds[-1] == len(sample.data)
        if varies and (whole or (len(best.bounds) > _FIRST and alike(sample, framing) > 0.5)):
            yield framing


def _digits(view: bytes, width: int) -> Callable[[int], int]:
    return lambda at: number(view[at : at + width])


def _binary(data: bytes, width: int) -> Callable[[int], int]:
    return lambda at: int.from_bytes(data[at : at + width]) if at + width <= len(data) else -1


@dataclass(frozen=True, slots=True)
class _Chain:
    at: int
    width: int
    more: int
    bounds: tuple[int, ...]


def _furthest(chain: _Chain) -> int:
    return chain.bounds[-1]


def _most_records(chain: _Chain) -> int:
    """What counts for binary numbers: any two bytes are one, and lead far in a few steps."""
    return len(chain.bounds)


def _longest_chain(
    sample: Sample, readers: dict[int, Callable[[int], int]], measure: Callable[[_Chain], int] = _furthest
) -> _Chain | None:
    """The place in the head whose numbers lead from record to record the furthest; of equals the widest number."""
    size, found = len(sample.data), []
    for at in range(min(_HEAD, size)):
        for width, read in readers.items():
            first = read(at)
            if not 0 < first <= size:
                continue
            for more in _MORE:
                bounds = _bounds(read, at, width, more, size, _FIRST)
                if len(bounds) == _FIRST + 1:
                    bounds = _bounds(read, at, width, more, size, MOST)
                if len(bounds) > 3 or bounds[-1] == size:
                    found.append(_Chain(at, width, more, bounds))
    found = [chain for chain in found if _heads_alike(sample.data, chain.bounds[:-1]) > _ALIKE]
    if not found:
        return None
    most = max(measure(chain) for chain in found)
    best = [chain for chain in found if measure(chain) >= most * (0.99 if measure is _furthest else 0.9)]
    return min(best, key=lambda chain: (chain.more not in (0, 1, 2), chain.at + chain.width, -chain.width))


def _bounds(read: Callable[[int], int], at: int, width: int, more: int, size: int, most: int) -> tuple[int, ...]:
    """The first bytes of the records, and of what follows the last one."""
    bounds, place = [0], 0
    while len(bounds) <= most:
        stated = read(place + at)
        step = stated + more
        if stated < 0 or step <= at + width:
            break
        if place + step > size:
            if size - place in (step - 1, step - 2):  # the last one, without its line end
                bounds.append(size)
            break
        place += step
        bounds.append(place)
        if place == size:
            break
    return tuple(bounds)


def _framed(sample: Sample, chain: _Chain, control: str, *, binary: bool) -> Framing:
    data = sample.data
    pieces = [(start, stop) for start, stop in zip(chain.bounds, chain.bounds[1:], strict=False)]
    newline = "none"
    for name, mark in _NEWLINES.items():
        if chain.more >= len(mark) and all(data.endswith(mark, start, stop) for start, stop in pieces[:-1]):
            newline = name
            break
    mark = _NEWLINES.get(newline, b"")
    spans = tuple((start, stop - len(mark) if data.endswith(mark, start, stop) else stop) for start, stop in pieces)
    adds = len(mark) - chain.more
    view = sample.view(control)
    blank = not binary and any(view[start + chain.at] == 0x20 for start, _ in spans)
    stated = Stated(chain.at, chain.width, binary, blank, adds)
    rest = data[chain.bounds[-1] :]
    skip = _skipped(rest) if sample.whole else b""
    reached = len(data) if not rest.strip(PADDING) or (not sample.whole and len(rest) < 100_000) else chain.bounds[-1]
    return Framing("length", spans, reached, control, stated, newline=newline, skip=skip)


def _skipped(rest: bytes) -> bytes:
    """Which bytes follow the last record and mean nothing."""
    return bytes(sorted(set(rest))) if rest and not rest.strip(PADDING) else b""


# ── An end mark ──────────────────────────────────────────────────────────────────────────────────


def _by_terminator(sample: Sample) -> Iterator[Framing]:
    """Each control byte, and each line end, that could end records; those after which all records begin alike."""
    data = sample.data
    counts = Counter(data)
    marks = [bytes((byte,)) for byte in counts if (byte < 0x20 or byte == 0xFF) and byte not in _NOT_ENDS]
    marks = [b"\r\n", *(mark for mark in marks if mark != b"\r")] if b"\r\n" in data else marks
    if b"\r\n" in data and data.count(b"\n") == data.count(b"\r\n"):
        marks.remove(b"\n")
    tried = [framing for mark in marks if mark != b"\x00" and (framing := _ended(sample, mark)) is not None]
    scored = [(alike(sample, framing), -len(framing.spans), framing) for framing in tried]
    lines = [each for each in scored if each[2].terminator in _NEWLINES.values()]
    scored = [each for each in scored if each[0] > 0.3] or lines
    scored.sort(key=lambda each: each[:2], reverse=True)
    for _, _, framing in scored[:3]:
        yield framing


def _ended(sample: Sample, mark: bytes) -> Framing | None:
    """The records that end in a mark."""
    data, place = sample.data, 0
    spans: list[tuple[int, int]] = []
    newline: str | None = None
    while len(spans) < MOST:
        found = data.find(mark, place)
        if found < 0:
            break
        stop = found + len(mark)
        spans.append((place, stop))
        ended = next((name for name, end in _NEWLINES.items() if data.startswith(end, stop)), "none")
        if mark not in _NEWLINES.values():
            newline = ended if newline in (None, ended) else "optional"
            stop += len(_NEWLINES.get(ended, b""))
        place = stop
    if not spans or (len(spans) < 3 and not (sample.whole and place == len(data))):
        return None
    rest = data[place:]
    if sample.whole and len(spans) < MOST and rest.strip(PADDING):
        return None
    skip = _skipped(rest) if sample.whole else b""
    return Framing("terminator", tuple(spans), len(data), terminator=mark, newline=newline or "none", skip=skip)


def alike(sample: Sample, framing: Framing, count: int = 12) -> float:
    """How much the heads of the records are alike, 0 to 1: the share of their first bytes that are of one class."""
    return _heads_alike(sample.data, [start for start, _ in framing.spans], count)


def _heads_alike(data: bytes, starts: Sequence[int], count: int = 12) -> float:
    heads = [data[start : start + count] for start in starts[:500]]
    good = 0.0
    for place in range(count):
        classes = Counter(byte_class(head[place]) for head in heads if len(head) > place)
        if sum(classes.values()) < len(heads) * 0.9:
            break
        share = classes.most_common(1)[0][1] / len(heads)
        good += share if share > 0.9 else 0
    return good / count


def byte_class(byte: int) -> str:
    """What kind of byte it is."""
    if 0x30 <= byte <= 0x39:
        return "digit"
    if byte == 0x20:
        return "blank"
    if byte < 0x20 or byte == 0x7F:
        return "control"
    if byte < 0x7F:
        return "letter" if chr(byte).isalpha() else "sign"
    return "ebcdic digit" if 0xF0 <= byte <= 0xF9 else "high"


# ── A fixed length ───────────────────────────────────────────────────────────────────────────────


def _by_size(sample: Sample) -> Iterator[Framing]:
    """The length after which the bytes repeat their kind the most."""
    data = sample.data[: 1 << 16]
    if len(data) < 64:
        return
    size = (_steadiest(data, _sizes(sample)) if sample.whole else 0) or _steadiest(data, range(8, _LAGS))
    if size:
        yield _sized(sample, size)


def _steadiest(data: bytes, sizes: Iterable[int]) -> int:
    """The length after which the bytes are the same the most, more than one byte before or behind; 0: none is."""
    scores = {size: repeats(data, size) for size in sizes if len(data) >= 3 * size}
    most = max(scores.values(), default=0.0)
    if most < _STEADY:
        return 0
    for size, score in scores.items():
        if score >= most - 0.05 and _peak(data, size, score):
            return size
    return 0


def _peak(data: bytes, size: int, score: float) -> bool:
    """Whether one byte more or less fits clearly worse."""
    beside = max(repeats(data, other) for other in (size - 1, size + 1))
    return 1 - score < 0.95 * (1 - beside)


def _sizes(sample: Sample) -> list[int]:
    """The lengths that divide the file's size."""
    size = len(sample.data.rstrip(b"\x1a\x00"))
    found = {each for total in {size, len(sample.data)} for low in range(1, int(total**0.5) + 1) if total % low == 0
             for each in (low, total // low)}  # fmt: skip
    return sorted(size for size in found if 8 <= size <= 32_760)


def repeats(data: bytes, lag: int) -> float:
    """The share of bytes that are the same ``lag`` bytes further on.

    >>> repeats(b"abcdabcd", 4), repeats(b"abcdefgh", 4)
    (1.0, 0.0)
    """
    count = len(data) - lag
    one, other = int.from_bytes(data[:count]), int.from_bytes(data[lag:])
    return (one ^ other).to_bytes(count).count(0) / count


def _sized(sample: Sample, size: int) -> Framing:
    data = sample.data
    starts = range(0, len(data) - size + 1, size)
    spans = [(start, start + size) for start in starts][:MOST]
    newline = next((name for name, mark in _NEWLINES.items() if _all_end(data, spans, mark)), "none")
    mark = _NEWLINES.get(newline, b"")
    spans = [(start, stop - len(mark)) for start, stop in spans]
    reached = spans[-1][1] + len(mark)
    skip = _skipped(data[reached:]) if sample.whole and len(spans) < MOST else b""
    digits = sum(0x30 <= byte <= 0x39 for byte in data[: 1 << 16])
    theirs = sum(byte == 0x40 or 0xF0 <= byte <= 0xF9 for byte in data[: 1 << 16])
    blanks = data[: 1 << 16].count(0x20)
    control = "ebcdic" if theirs > digits + blanks else "ascii"
    return Framing("fixed", tuple(spans), len(data), control, newline=newline, skip=skip)


def _all_end(data: bytes, spans: list[tuple[int, int]], mark: bytes) -> bool:
    return all(data.endswith(mark, start, stop) for start, stop in spans)
