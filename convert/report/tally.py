"""Count what happened, exactly, in memory that does not grow with the number of issues.

A tally is made per shard and merged in order; the result is the tally a serial run would have made.
"""

from __future__ import annotations

import bisect
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity, shortened
from convert.messages.catalogue import EFFECTS, catalogue
from convert.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from convert.check.profiles import Waiver

FIELD_LIMIT = 1_000
MISS_LIMIT = 10_000
"""Different values kept per field list and lookup table; further ones are counted together."""


class Counts:
    """How often each text occurred. Beyond ``limit`` different texts the others are counted together.

    Which texts are kept depends on the texts alone (the ``limit`` smallest by checksum), so counts do not
    depend on the order of counting or merging: keeping the first ones would.
    """

    __slots__ = ("_kept", "_order", "limit", "other")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.other = 0
        self._kept: dict[str, int] = {}
        self._order: list[tuple[int, str]] = []

    def add(self, text: str, times: int = 1) -> None:
        """Count ``text``."""
        kept = self._kept
        if text in kept:
            kept[text] += times
        elif len(kept) < self.limit:
            kept[text] = times
        else:
            self._crowd(text, times)

    def _crowd(self, text: str, times: int) -> None:
        order = self._order = self._order or sorted(map(_mark, self._kept))
        mark = _mark(text)
        if mark > order[-1]:
            self.other += times
            return
        self.other += self._kept.pop(order.pop()[1])
        bisect.insort(order, mark)
        self._kept[text] = times

    def merge(self, other: Counts) -> None:
        """Count everything that ``other`` counted."""
        for text, times in other._kept.items():
            self.add(text, times)
        self.other += other.other

    @property
    def total(self) -> int:
        """All occurrences, those of texts not kept included."""
        return sum(self._kept.values()) + self.other

    def items(self) -> list[tuple[str, int]]:
        """The kept texts, most frequent first."""
        return sorted(self._kept.items(), key=lambda item: (-item[1], item[0]))

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, text: object) -> bool:
        return text in self._kept

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and (self._kept, self.other) == (other._kept, other.other)

    __hash__ = None  # type: ignore[assignment]


def _mark(text: str) -> tuple[int, str]:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")), text


class Marks:
    """A set of record ordinals, one bit each: 125 kB for a million records."""

    __slots__ = ("_bits",)

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, ordinal: int) -> None:
        """Mark the record."""
        place = ordinal >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits) + len(self._bits) // 8))
        self._bits[place] |= 1 << (ordinal & 7)

    def merge(self, other: Marks, *, records: int) -> None:
        """Mark what ``other`` marked, ``records`` further on."""
        bits = self.number() | other.number() << records
        self._bits = bytearray(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))

    def number(self) -> int:
        """The set as the bits of one integer."""
        return int.from_bytes(self._bits, "little")


@dataclass(slots=True)
class CodeTally:
    """The issues of one code: ``severity`` as the profile has it, ``original`` as it would be without.

    ``waived``: those that a profile accepts for the time being; they count as notices and never fail a run.
    ``fields`` counts instances by source field, else target, and ``field_records`` records: one with faults in two
    fields counts in both. ``samples`` are the first ones. ``effect``: as catalogued.
    """

    code: str
    severity: Severity
    original: Severity
    effect: str = "none"
    instances: int = 0
    records: int = 0
    fields: Counts = field(default_factory=lambda: Counts(FIELD_LIMIT))
    field_records: Counts = field(default_factory=lambda: Counts(FIELD_LIMIT))
    samples: list[Issue] = field(default_factory=list)
    waived: bool = False


class Tally:
    """Counts of records and issues. Picklable; parts are merged in order.

    ``samples``: how many issues of a code are kept. ``severities``: a profile's, by code; ``off``: codes it does not
    want told; ``waivers``: what it accepts.
    """

    __slots__ = (
        "_accepted", "_codes", "_effects", "_known", "_marks", "_misses", "_off", "_outcomes", "_severities", "_used",
        "_waivers", "samples",
    )  # fmt: skip

    def __init__(
        self,
        *,
        samples: int = 20,
        severities: Mapping[str, Severity] | None = None,
        off: Iterable[str] = (),
        waivers: Sequence[Waiver] = (),
    ) -> None:
        self.samples = samples
        self._severities = dict(severities or {})
        self._off = dict.fromkeys(sorted(off), 0)
        self._waivers = tuple(waivers)
        self._used = [0] * len(self._waivers)
        self._accepted = frozenset(waiver.code for waiver in self._waivers)
        self._outcomes = {outcome.value: 0 for outcome in Outcome}  # an enum's own hash is slow
        self._codes: dict[tuple[str, Severity, bool], CodeTally] = {}
        self._known: dict[tuple[str, Severity | None], CodeTally] = {}
        self._marks = {level: Marks() for level in Severity}
        self._effects = {effect: Marks() for effect in EFFECTS}
        self._misses: dict[str, Counts] = {}

    # ── Counting ────────────────────────────────────────────────────────────────────────────────

    def count(self, outcome: Outcome, times: int = 1) -> None:
        """Count what became of a record."""
        self._outcomes[outcome._value_] += times

    def miss(self, table: str, value: str) -> None:
        """Count a value that a lookup table does not have; a very long one by its beginning."""
        counts = self._misses.get(table)
        if counts is None:
            counts = self._misses[table] = Counts(MISS_LIMIT)
        counts.add(shortened(value))

    def add(self, issues: Sequence[Issue]) -> list[Issue]:
        """Count the issues of one record, or of a file's head, and give them back with their severity."""
        resolved = []
        alone = len(issues) == 1
        seen: list[CodeTally] = []
        places: set[tuple[int, str]] = set()
        for issue in issues:
            if issue.code in self._off:
                self._off[issue.code] += 1
                continue
            reason = self._reason(issue) if issue.code in self._accepted else None
            if reason is not None:
                resolved.append(self._accept(issue, reason))
                continue
            tally = self._known.get((issue.code, issue.severity)) or self._meet(issue)
            issue = _with_severity(issue, tally.severity)  # noqa: PLW2901
            resolved.append(issue)
            tally.instances += 1
            name = issue.at.field or issue.target or ""
            tally.fields.add(name)
            if len(tally.samples) < self.samples:
                tally.samples.append(issue)
            if issue.ordinal is None:
                continue
            if not alone:
                if (id(tally), name) in places:
                    continue
                places.add((id(tally), name))
            tally.field_records.add(name)
            if alone or not any(tally is other for other in seen):
                seen.append(tally)
                tally.records += 1
                self._marks[tally.severity].add(issue.ordinal)
                self._effects[tally.effect].add(issue.ordinal)
        return resolved

    def _reason(self, issue: Issue) -> str | None:
        """Why a profile accepts an issue, or None."""
        for number, waiver in enumerate(self._waivers):
            if waiver.code == issue.code and waiver.fits(issue):
                self._used[number] += 1
                return waiver.reason
        return None

    def _accept(self, issue: Issue, reason: str) -> Issue:
        """Count an issue that is accepted: of no record, and of no severity but a notice's."""
        tally = self._code(issue.code, catalogue().severity(issue), waived=True)
        issue = replace(issue, severity=Severity.NOTICE, waived=reason)
        tally.instances += 1
        name = issue.at.field or issue.target or ""
        tally.fields.add(name)
        if issue.ordinal is not None:
            tally.records += 1
            tally.field_records.add(name)
        if len(tally.samples) < self.samples:
            tally.samples.append(issue)
        return issue

    def _meet(self, issue: Issue) -> CodeTally:
        original = catalogue().severity(issue)
        tally = self._known[issue.code, issue.severity] = self._code(issue.code, original)
        return tally

    def _code(self, code: str, original: Severity, *, waived: bool = False) -> CodeTally:
        key = (code, original, waived)
        if key not in self._codes:
            severity = Severity.NOTICE if waived else self._severities.get(code, original)
            effect = catalogue().entry(code).effect
            self._codes[key] = CodeTally(code, severity, original, effect, waived=waived)
        return self._codes[key]

    # ── Merging ─────────────────────────────────────────────────────────────────────────────────

    def merge(self, other: Tally, *, records: int = 0, rows: int = 0) -> None:
        """Take in ``other``, which stands after this one: ``records`` records and ``rows`` table rows precede it."""
        for outcome, times in other._outcomes.items():
            self._outcomes[outcome] += times
        for table, counts in other._misses.items():
            self._misses.setdefault(table, Counts(MISS_LIMIT)).merge(counts)
        for level, marks in other._marks.items():
            self._marks[level].merge(marks, records=records)
        for effect, marks in other._effects.items():
            self._effects[effect].merge(marks, records=records)
        for code, times in other._off.items():
            self._off[code] = self._off.get(code, 0) + times
        self._used = [ours + theirs for ours, theirs in zip(self._used, other._used, strict=True)]
        for theirs in other._codes.values():
            self._merge_code(theirs, records, rows)

    def _merge_code(self, theirs: CodeTally, records: int, rows: int) -> None:
        ours = self._code(theirs.code, theirs.original, waived=theirs.waived)
        ours.instances += theirs.instances
        ours.records += theirs.records
        ours.fields.merge(theirs.fields)
        ours.field_records.merge(theirs.field_records)
        room = self.samples - len(ours.samples)
        ours.samples.extend(issue.moved(records=records, rows=rows) for issue in theirs.samples[:room])

    # ── Results ─────────────────────────────────────────────────────────────────────────────────

    @property
    def counts(self) -> dict[str, int]:
        """Records: ``read = written + skipped + deleted + rejected + broken``."""
        return {"read": sum(self._outcomes.values()), **self._outcomes}

    @property
    def codes(self) -> list[CodeTally]:
        """The codes that occurred, worst first, then most frequent first."""
        return sorted(self._codes.values(), key=lambda c: (-c.severity, c.waived, -c.instances, c.code, -c.original))

    @property
    def by_code(self) -> dict[str, int]:
        """Issues by code, accepted ones too."""
        found: dict[str, int] = {}
        for tally in self.codes:
            found[tally.code] = found.get(tally.code, 0) + tally.instances
        return found

    @property
    def misses(self) -> dict[str, Counts]:
        """Values that a lookup table does not have, by table name."""
        return dict(sorted(self._misses.items()))

    @property
    def worst(self) -> Severity | None:
        """The worst severity that occurred; None: no issue at all."""
        return max((tally.severity for tally in self._codes.values() if not tally.waived), default=None)

    @property
    def waived(self) -> dict[str, int]:
        """Issues that a profile accepts, by code."""
        found: dict[str, int] = {}
        for tally in self.codes:
            if tally.waived:
                found[tally.code] = found.get(tally.code, 0) + tally.instances
        return found

    @property
    def off(self) -> dict[str, int]:
        """Issues that a profile does not want told, by code, as far as there were any."""
        return {code: times for code, times in self._off.items() if times}

    @property
    def unused(self) -> list[Waiver]:
        """What a profile accepts and nothing was."""
        return [waiver for waiver, times in zip(self._waivers, self._used, strict=True) if not times]

    def instances(self, severity: Severity | None = None) -> int:
        """Issues of just this severity; of any severity when None."""
        return sum(c.instances for c in self._codes.values() if severity in {None, c.severity} and not c.waived)

    def records(self, *severities: Severity) -> int:
        """Records with at least one issue of any of the severities (of any at all when none is named)."""
        bits = 0
        for level in severities or tuple(Severity):
            bits |= self._marks[level].number()
        return bits.bit_count()

    def effects(self) -> dict[str, tuple[int, int]]:
        """Issues and records by effect: refused, broken, dropped, changed, none. Those accepted do not count."""
        found = dict.fromkeys(EFFECTS, 0)
        for tally in self._codes.values():
            found[tally.effect] += 0 if tally.waived else tally.instances
        return {effect: (times, self._effects[effect].number().bit_count()) for effect, times in found.items()}

    def issues(self) -> Iterator[Issue]:
        """The samples of all codes, in the order of the data; those of no record first."""
        found = [issue for tally in self._codes.values() for issue in tally.samples]
        yield from sorted(found, key=_place)

    def _state(self) -> tuple[Any, ...]:
        return (
            self.samples,
            self._severities,
            self._outcomes,
            self._codes,
            self._misses,
            self._off,
            self._used,
            self._bits(),
        )

    def _bits(self) -> list[int]:
        return [marks.number() for marks in (*self._marks.values(), *self._effects.values())]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]


def _with_severity(issue: Issue, severity: Severity) -> Issue:
    if issue.severity is severity:
        return issue
    return Issue(  # dataclasses.replace takes twice as long, and this runs once per issue
        issue.code,
        issue.at,
        severity,
        issue.record_id,
        issue.ordinal,
        issue.target,
        issue.rule,
        issue.value,
        issue.slots,
        issue.suggestion,
        issue.waived,
    )


def _place(issue: Issue) -> tuple[int, str, int, int, str]:
    at = issue.at
    return issue.ordinal or 0, at.source, at.line or 0, at.column or 0, issue.code
