"""Which item of what is sent is which item of what is published.

The receiver serves ``{database}-{n}-{t}``, n being the column's number from 0, or ``{database}-{name}-{t}``; what is
sent may have ``name_t``. That n is the column's number is inferred from served records, so pairs by number must agree
in their values, and pairs by value alone say that they are.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from convert.formats.japansearch.labels import SUFFIX
from convert.formats.japansearch.published.values import COMMON, letter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from convert.formats.japansearch.published.values import Values

LOOKED: Final = 1000
"""Records whose values are compared to find pairs."""
AGREE: Final = 0.5
"""The part of the records with both values in which these must be the same."""
LEAST: Final = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """An item as it is sent and as it is published. ``by``: ``key``, ``name``, ``label``, ``number`` or ``value``."""

    sent: str
    published: str
    by: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs, and the items that have none."""

    pairs: tuple[Pair, ...] = ()
    only_sent: tuple[str, ...] = ()
    only_published: tuple[str, ...] = ()


@dataclass(slots=True)
class Agreement:
    """How often items were filled in the same record, and how often with the same values."""

    both: Counter[tuple[str, str]] = field(default_factory=Counter)
    same: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: int = 0

    def add(self, sent: Mapping[str, Values], published: Mapping[str, Values]) -> None:
        """A record as it is sent and as it is published."""
        self.records += 1
        there = [(name, values) for name, values in published.items() if not name.startswith(COMMON)]
        for name, values in sent.items():
            if name.startswith(COMMON):
                continue
            for other, theirs in there:
                if letter_of(name) == letter_of(other):
                    self.both[name, other] += 1
                    self.same[name, other] += values == theirs

    def agrees(self, pair: tuple[str, str]) -> bool:
        """Whether two items have the same values as a rule."""
        return self.same[pair] >= max(LEAST, AGREE * self.both[pair])

    def contradicts(self, pair: tuple[str, str]) -> bool:
        """Whether two items have different values as a rule."""
        return self.both[pair] > 0 and not self.agrees(pair)


def pair(
    sent: Iterable[str],
    published: Iterable[str],
    database: str,
    *,
    labels: Mapping[str, str],
    numbers: Mapping[str, int],
    agreement: Agreement,
) -> Pairing:
    """Pair the items: by key, by name, by the receiver's labels, by number, by value, in this order.

    ``labels``: the receiver's names by served key; ``numbers``: the column of each item that is sent.
    """
    mine = [name for name in sent if not name.startswith(COMMON)]
    theirs = dict.fromkeys(name for name in published if not name.startswith(COMMON))
    found: dict[str, Pair] = {}

    def take(name: str, other: str, by: str) -> None:
        if name not in found and other in theirs:
            found[name] = Pair(name, other, by)
            del theirs[other]

    by_label = {label: path for path, label in labels.items()}
    for name in mine:
        take(name, name, "key")
    for name in mine:
        take(name, f"{database}-{name[:-2]}-{letter_of(name)}", "name")
    for name in mine:
        path = by_label.get(name[:-2], "")
        if letter_of(path) == letter_of(name):
            take(name, path, "label")
    for name in mine:
        other = f"{database}-{numbers.get(name)}-{letter_of(name)}"
        if not agreement.contradicts((name, other)):
            take(name, other, "number")
    for (name, other), _ in sorted(agreement.same.items(), key=lambda item: (-item[1], item[0])):
        if name in mine and agreement.agrees((name, other)):
            take(name, other, "value")
    lost = tuple(name for name in mine if name not in found)
    return Pairing(tuple(found[name] for name in mine if name in found), lost, tuple(theirs))


def numbers_of(path: Path | None) -> dict[str, int]:
    """The column of each item, from the label definition that ``convert`` writes beside its output.

    The id is column 0, whether it is an item or not (our own rule for what is sent in served keys).
    """
    if path is None:
        return {}
    beside = path.with_name(path.name + SUFFIX)
    try:
        with beside.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) > 5][1:]
    except (OSError, ValueError, csv.Error):
        return {}
    first = 0 if any("id" in row[4].split("、") for row in rows) else 1
    return {row[5].removeprefix("'"): number for number, row in enumerate(rows, start=first)}
