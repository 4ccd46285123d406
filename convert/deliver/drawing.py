"""Draw a stratified sample in one pass, without knowing beforehand how many records there are.

The rule: every stratum that exists (a decade, a kind of material …) has at least one record, rarest first. The rest
goes to combinations of strata by the square root of their records (power allocation, Bankier 1988), seat by seat
(Webster): rare combinations get more than their share. Within a combination chance decides, by the seed alone.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convert.deliver.strata import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.deliver.strata import Key

RULE = {
    "ja": "どの層にも 1 件以上（まれな層から）。残りは層の組み合わせごとに、件数の平方根に比例して割り当てる（まれな"
    "組み合わせほど割合が高くなる）。組み合わせの中はシードによる無作為抽出",
    "en": "every stratum has at least one record, rarest first; the rest goes to combinations of strata by the square "
    "root of their records, so that rare ones have more than their share; within a combination at random, by the seed",
}
MAX_VALUES = 200
"""Strata of one dimension that are told apart; further ones are one stratum, ``other``."""
MAX_CELLS = 2000
"""Combinations that are told apart."""

Place = tuple[int, int, int, int]
"""Where a record stands: number of the file, first byte, bytes, their CRC."""
Entry = tuple[float, int, "Key", Place]
"""Negative priority, number of the record, its strata and its place."""


@dataclass(slots=True)
class _Cell:
    """One combination of strata: its records, and those with the smallest priorities."""

    records: int = 0
    threshold: float = 1.0
    held: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawn:
    """``places`` of the records of the sample, in order; records of the file and the sample by dimension and value.

    ``many``: dimensions with more values than are told apart.
    """

    places: Sequence[Place]
    records: Sequence[Counter[str]]
    sampled: Sequence[Counter[str]]
    many: tuple[int, ...]

    def missed(self) -> Iterator[tuple[int, str]]:
        """Strata that exist and of which the sample has nothing: dimension and value."""
        for dimension, counts in enumerate(self.records):
            yield from ((dimension, value) for value in counts if not self.sampled[dimension][value])


class Urn:
    """Takes records one by one. Memory is that of about ``size`` × 40 records, whatever the file has."""

    def __init__(self, size: int, seed: int, dimensions: int) -> None:
        self._size, self._chance = size, random.Random(seed).random  # noqa: S311 - nothing secret
        self._cells: dict[Key | None, _Cell] = {}
        self._counts: list[Counter[str]] = [Counter() for _ in range(dimensions)]
        self._best: list[dict[str, Entry]] = [{} for _ in range(dimensions)]
        self._many: set[int] = set()
        self._held, self._most = 0, 40 * size + 20_000

    def add(self, number: int, key: Key, place: Place) -> None:
        """One more record."""
        key = self._known(key)
        chance = self._chance()
        entry = (-chance, number, key, place)
        for counts, best, values in zip(self._counts, self._best, key, strict=True):
            for value in values:
                counts[value] += 1
                if value not in best or chance < -best[value][0]:
                    best[value] = entry
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells.setdefault(key if len(self._cells) < MAX_CELLS else None, _Cell())
        cell.records += 1
        if chance < cell.threshold:
            self._hold(cell, entry)

    def _known(self, key: Key) -> Key:
        """The key with strata beyond the limit put together."""
        if all(len(counts) < MAX_VALUES for counts in self._counts):
            return key
        return tuple(self._merged(dimension, values) for dimension, values in enumerate(key))

    def _merged(self, dimension: int, values: tuple[str, ...]) -> tuple[str, ...]:
        counts = self._counts[dimension]
        if len(counts) < MAX_VALUES or all(value in counts for value in values):
            return values
        self._many.add(dimension)
        return tuple(dict.fromkeys(value if value in counts else OTHER for value in values))

    def _hold(self, cell: _Cell, entry: Entry) -> None:
        heapq.heappush(cell.held, entry)
        if len(cell.held) > self._size:
            heapq.heappop(cell.held)
            cell.threshold = -cell.held[0][0]
            return
        self._held += 1
        if self._held > self._most:
            self._shrink()

    def _shrink(self) -> None:
        """Keep of each combination four times what it would get now. What is kept later is judged alike."""
        whole = sum(math.sqrt(cell.records) for cell in self._cells.values())
        for cell in self._cells.values():
            room = 8 + math.ceil(4 * self._size * math.sqrt(cell.records) / whole)
            while len(cell.held) > room:
                heapq.heappop(cell.held)
                cell.threshold = -cell.held[0][0]
        self._held = sum(len(cell.held) for cell in self._cells.values())
        self._most = max(self._most, 2 * self._held)

    def draw(self) -> Drawn:
        """The sample."""
        first = self._one_of_each()
        seats = self._seats(first)
        chosen = dict(first)
        had = Counter(self._cell_of(entry[2]) for entry in first.values())
        for name, cell in self._cells.items():
            own = had[name]
            for entry in sorted(cell.held, reverse=True):
                if own >= seats[name]:
                    break
                own += entry[1] not in chosen
                chosen[entry[1]] = entry
        sampled: list[Counter[str]] = [Counter() for _ in self._counts]
        for _, _, key, _ in chosen.values():
            for counts, values in zip(sampled, key, strict=True):
                counts.update(values)
        places = [chosen[number][3] for number in sorted(chosen)]
        return Drawn(places, self._counts, sampled, tuple(sorted(self._many)))

    def _cell_of(self, key: Key) -> Key | None:
        return key if key in self._cells else None

    def _one_of_each(self) -> dict[int, Entry]:
        """One record of every stratum, rarest first, as far as the size goes; by number."""
        found: dict[int, Entry] = {}
        seen: list[set[str]] = [set() for _ in self._counts]
        wanted = [(count, at, value) for at, counts in enumerate(self._counts) for value, count in counts.items()]
        for _, at, value in sorted(wanted):
            if value in seen[at] or len(found) >= self._size:
                continue
            entry = self._best[at][value]
            found[entry[1]] = entry
            for names, values in zip(seen, entry[2], strict=True):
                names.update(values)
        return found

    def _seats(self, first: dict[int, Entry]) -> dict[Key | None, int]:
        """How many records each combination has in the sample."""
        seats = dict.fromkeys(self._cells, 0)
        room = {name: len(cell.held) for name, cell in self._cells.items()}
        for _, _, key, _ in first.values():
            name = self._cell_of(key)
            seats[name] += 1
            room[name] = max(room[name], seats[name])
        turns = [
            (-self._claim(name, seats[name]), at, name)
            for at, name in enumerate(self._cells)
            if seats[name] < room[name]
        ]
        heapq.heapify(turns)
        left = self._size - len(first)
        while left > 0 and turns:
            _, at, name = heapq.heappop(turns)
            seats[name] += 1
            left -= 1
            if seats[name] < room[name]:
                heapq.heappush(turns, (-self._claim(name, seats[name]), at, name))
        return seats

    def _claim(self, name: Key | None, seats: int) -> float:
        return math.sqrt(self._cells[name].records) / (2 * seats + 1)
