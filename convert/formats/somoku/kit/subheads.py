"""How the subfields of an unknown file begin: a mark, an identifier, a length, a mode, in some order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Final

from convert.formats.somoku.kit.lettering import best
from convert.formats.somoku.kit.sample import ascii_view, number
from convert.formats.somoku.model import Number, SubfieldRule

if TYPE_CHECKING:
    from collections.abc import Iterator

PER_TAG: Final = 60
"""Fields of each tag that are tried."""
_WHOLE = 0.95  # the share of a tag's fields that must add up
_NO_MARKS: Final = frozenset(b"\x0e\x0f\x1b\n\r\x00")


@dataclass(frozen=True, slots=True)
class Part:
    """One subfield: identifier, mode, and its data."""

    id: str
    mode: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Heads:
    """How subfields begin. ``plain``: the tags whose fields have none. ``good`` of ``tried`` fields add up."""

    rule: SubfieldRule | None
    indicators: int
    plain: frozenset[str]
    good: int
    tried: int
    modes: tuple[str, ...] = ()

    def parts(self, tag: str, chunk: bytes, control: str) -> list[Part]:
        """The subfields of a field without its end mark; one without identifier where it has none."""
        if self.rule is None or tag in self.plain:
            return [Part("", "", chunk)]
        data = chunk[self.indicators :]
        return parse(self.rule, data, ascii_view(data, control)) or [Part("", "", chunk)]


def parse(rule: SubfieldRule, data: bytes, view: bytes) -> list[Part] | None:
    """The subfields of a field; None where they do not add up."""
    begins = rule.begins
    if not rule.id:
        pieces = data.split(begins)
        return [Part(str(place), "", piece) for place, piece in enumerate(pieces, start=1) if piece]
    found, at = [], 0
    widths = {"id": rule.id, "length": rule.length.width if rule.length else 0, "mode": rule.mode}
    while at < len(data):
        if not data.startswith(begins, at):
            return None
        at += len(begins)
        said: dict[str, bytes] = {}
        length = 0
        for name in rule.order:
            said[name] = view[at : at + widths[name]]
            if name == "length" and rule.length is not None:
                raw = data[at : at + widths[name]]
                length = int.from_bytes(raw) if rule.length.coding == "binary" else number(said[name])
                if length < 0 or len(raw) < widths[name]:
                    return None
            at += widths[name]
        if not said["id"].isalnum() or len(said["id"]) < rule.id or (rule.mode and not said["mode"].isalnum()):
            return None
        if rule.length is None:
            stop = data.find(begins, at)
            stop = len(data) if stop < 0 else stop
        else:
            stop = at + length
        if stop > len(data):
            return None
        found.append(Part(said["id"].decode("latin-1"), said.get("mode", b"").decode("latin-1"), data[at:stop]))
        at = stop
    return found or None


def heads(chunks: dict[str, list[bytes]], control: str) -> Heads:
    """The beginnings of subfields that hold for the most fields; ``rule`` None where nothing does."""
    tried = {tag: pieces[:PER_TAG] for tag, pieces in chunks.items()}
    views = {tag: [ascii_view(piece, control) for piece in pieces] for tag, pieces in tried.items()}
    count = sum(map(len, tried.values()))
    found = []
    for rule, indicators in _rules(tried):
        good, plain, modes = _score(rule, indicators, tried, views)
        least = 0.05 if rule.begins else 0.3
        if good >= max(2, count * least) and len(modes) <= 6:
            found.append(Heads(rule, indicators, frozenset(plain), good, count, tuple(sorted(modes))))
    if found:
        return _padded(_likeliest(found, tried, control), tried, control)
    return _numbered(tried) or Heads(None, 0, frozenset(tried), 0, count)


def _likeliest(found: list[Heads], tried: dict[str, list[bytes]], control: str) -> Heads:
    """The more fields the better; of equals, what states more. A mode is believed where it tells character sets."""
    top = max(_states(known) for known in found)
    ties = [known for known in found if _states(known) == top]
    return max(ties, key=lambda known: (_tells_sets(known, tried, control), *_finer(known)))


def _states(known: Heads) -> tuple[float, ...]:
    rule = known.rule
    assert rule is not None  # noqa: S101 - only rules are compared
    return (round(known.good / max(1, known.tried), 2), rule.length is not None, bool(rule.begins))


def _finer(known: Heads) -> tuple[float, ...]:
    rule = known.rule
    assert rule is not None  # noqa: S101
    return (-rule.mode, -rule.id, rule.length.width if rule.length else 0, rule.order[0] == "id")


def _tells_sets(known: Heads, tried: dict[str, list[bytes]], control: str) -> bool:
    """Whether the texts of the modes are in different character sets."""
    if len(known.modes) < 2:
        return False
    texts: dict[str, list[bytes]] = {}
    for tag, pieces in tried.items():
        if tag not in known.plain:
            for piece in pieces[:50]:
                for part in known.parts(tag, piece, control):
                    texts.setdefault(part.mode, []).append(part.data)
    apart = [fit for mode in known.modes if (fit := best(texts.get(mode, []))) is not None]
    together = best([value for values in texts.values() for value in values])
    if together is None or not apart:
        return False
    weight = sum(fit.likely * fit.of for fit in apart) / sum(fit.of for fit in apart)
    return weight - together.likely > 0.1


def _rules(tried: dict[str, list[bytes]]) -> Iterator[tuple[SubfieldRule, int]]:
    """Beginnings worth trying, with the number of indicators before the first."""
    places = list(_marks(tried))
    for mark, indicators in [*places, (b"", 0)]:
        for width in (1, 2) if mark else (1, 2, 3):
            lengths: list[Number | None] = [Number(size) for size in (5, 4, 3, 2)]
            lengths += [Number(size, "binary") for size in (2, 1)]
            for length in [None, *lengths] if mark else lengths:
                for mode in (0, 1):
                    if mode and length is None:
                        continue
                    there = ["id", *(["length"] if length else []), *(["mode"] if mode else [])]
                    for order in permutations(there):
                        yield SubfieldRule(mark, width, length, mode, order), indicators


def _marks(tried: dict[str, list[bytes]]) -> Iterator[tuple[bytes, int]]:
    """Signs and control bytes that stand at one place near the head of many fields."""
    pieces = [piece for each in tried.values() for piece in each]
    for place in range(5):
        counts = Counter(piece[place] for piece in pieces if len(piece) > place)
        for byte, count in counts.most_common(3):
            sign = byte < 0x20 or (byte < 0x7F and not chr(byte).isalnum() and byte != 0x20)
            if sign and byte not in _NO_MARKS and count >= 0.2 * len(pieces):
                yield bytes((byte,)), place


def _score(
    rule: SubfieldRule, indicators: int, tried: dict[str, list[bytes]], views: dict[str, list[bytes]]
) -> tuple[int, set[str], set[str]]:
    good, plain, modes = 0, set(), set()
    for tag, pieces in tried.items():
        fine, empty, found = 0, 0, set()
        misses = len(pieces) * (1 - _WHOLE)
        for piece, view in zip(pieces, views[tag], strict=True):
            parts = parse(rule, piece[indicators:], view[indicators:]) if len(piece) > indicators else None
            if parts is None:
                misses -= 1
                if misses < 0:
                    break
                continue
            empty += not any(part.data for part in parts)
            fine += 1
            found |= {part.mode for part in parts if part.mode}
        if misses < 0 or not fine or empty > fine / 2:
            plain.add(tag)
        else:
            good += fine
            modes |= found
    return good, plain, modes


def _padded(known: Heads, tried: dict[str, list[bytes]], control: str) -> Heads:
    """The same, with numbers padded by blanks where some are."""
    rule = known.rule
    if rule is None or rule.length is None or rule.length.coding == "binary":
        return known
    place = len(rule.begins)
    for name in rule.order:
        if name == "length":
            break
        place += rule.id if name == "id" else rule.mode
    for tag, pieces in tried.items():
        if tag not in known.plain:
            for piece in pieces:
                if ascii_view(piece, control)[known.indicators + place : known.indicators + place + 1] == b" ":
                    length = Number(rule.length.width, "digits", " ")
                    padded = SubfieldRule(rule.begins, rule.id, length, rule.mode, rule.order)
                    return Heads(padded, known.indicators, known.plain, known.good, known.tried, known.modes)
    return known


def _numbered(tried: dict[str, list[bytes]]) -> Heads | None:
    """Values separated by a control byte, told by their number."""
    pieces = [piece for each in tried.values() for piece in each]
    counts = Counter(byte for piece in pieces for byte in set(piece) if byte < 0x20 and byte not in _NO_MARKS)
    if not counts:
        return None
    mark, count = counts.most_common(1)[0]
    if count < 0.05 * len(pieces):
        return None
    within = {tag for tag, each in tried.items() if any(mark in piece for piece in each)}
    indicators = 0
    while indicators < 4 and all(
        len(piece) > indicators and piece[indicators] in b" \x40" for tag in within for piece in tried[tag]
    ):
        indicators += 1
    plain = {tag for tag in tried if tag not in within}
    if indicators:
        plain = {tag for tag in plain if not all(piece[:indicators].strip(b" \x40") == b"" for piece in tried[tag])}
    good = sum(len(each) for tag, each in tried.items() if tag not in plain)
    return Heads(SubfieldRule(bytes((mark,)), 0), indicators, frozenset(plain), good, len(pieces))
