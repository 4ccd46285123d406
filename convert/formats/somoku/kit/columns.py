"""Columns of records of one length: where one stretch seems to end and the next to begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from convert.formats.somoku.kit.framing import byte_class

MOST: Final = 1_000
"""Rows that are looked at."""
_JUMP = 0.25  # how much more often a column must be filled than the one before, to begin a stretch
_SURE = 0.95
_PADS = (0x20, 0x40, 0x00, 0x100)
"""Bytes that fill up; the last one stands for one half of a wide blank (21 21)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Columns ``at`` to ``at + length``. ``pad``: the byte that fills them up; ``blank``: nothing else stands there."""

    at: int
    length: int
    blank: bool
    values: tuple[bytes, ...]


def stretches(rows: list[bytes]) -> list[Stretch]:
    """The stretches of rows of one length, by how their columns are filled and of what kind their bytes are."""
    rows = rows[:: max(1, len(rows) // MOST)][:MOST]
    if not rows:
        return []
    size = min(map(len, rows))
    marked = [_paired(row) for row in rows]
    columns = [_Column.of([row[place] for row in marked]) for place in range(size)]
    cuts = [0, *(place for place in range(1, size) if _begins(columns, place)), size]
    found = []
    for start, stop in pairwise(cuts):
        values = tuple(row[start:stop] for row in rows)
        blank = all(columns[place].blank for place in range(start, stop))
        found.append(Stretch(start, stop - start, blank, values))
    return _joined(found)


@dataclass(frozen=True, slots=True)
class _Column:
    """How often a column is filled, and the kind of most of its bytes."""

    filled: float
    kind: str
    share: float
    blank: bool
    most: int

    @classmethod
    def of(cls, column: list[int]) -> _Column:
        counts = Counter(column)
        pads = sum(counts[pad] for pad in _PADS)
        kinds = Counter[str]()
        for byte, count in counts.items():
            kinds[_kind(byte)] += count
        kind, count = kinds.most_common(1)[0]
        blank = len(counts) == 1 and next(iter(counts)) in _PADS[:3]
        return cls(1 - pads / len(column), kind, count / len(column), blank, counts.most_common(1)[0][0])


def _paired(row: bytes) -> list[int]:
    """The bytes of a row, those of a wide blank of JIS X 0208 told from others."""
    found = list(row)
    for place, byte in enumerate(row):
        if byte == 0x21 and (row[place + 1 : place + 2] == b"!" or (place and row[place - 1] == 0x21)):
            found[place] = 0x100
    return found


def _kind(byte: int) -> str:
    if byte in _PADS:
        return f"pad {byte:02x}"
    name = byte_class(byte)
    return "low" if name in ("letter", "sign") else name


def _begins(columns: list[_Column], place: int) -> bool:
    """Whether a stretch begins at a column."""
    before, here = columns[place - 1], columns[place]
    if here.blank != before.blank or here.filled - before.filled > _JUMP:
        return True
    steady = before.share > _SURE and before.kind in ("digit", "ebcdic digit")
    starts = here.share > _SURE and here.kind in ("digit", "ebcdic digit")
    if (steady or starts) and here.kind != before.kind:
        return True
    return _other_pad(before, here)


def _other_pad(before: _Column, here: _Column) -> bool:
    """From blanks of one kind to those of another."""
    pads = {before.most, here.most}
    return before.filled < 0.5 and here.filled < 0.5 and pads <= set(_PADS) and len(pads) == 2


def _joined(found: list[Stretch]) -> list[Stretch]:
    """Blanks after a stretch that is not always full to its end are its filling."""
    kept: list[Stretch] = []
    for each in found:
        last = kept[-1] if kept else None
        pad = each.values[0][:1]
        if each.blank and last is not None and not last.blank and any(value.endswith(pad) for value in last.values):
            values = tuple(one + other for one, other in zip(last.values, each.values, strict=True))
            kept[-1] = Stretch(last.at, last.length + each.length, False, values)
        else:
            kept.append(each)
    return kept
