"""Put records into pieces that keep the limits; each becomes a member of a package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from convert.check.issue import Issue
from convert.deliver.zipping import Measure
from convert.model import Location

if TYPE_CHECKING:
    from convert.deliver.cutting import Cutter


@dataclass(frozen=True, slots=True)
class Split:
    """How files are cut: no member has more bytes than ``size`` (before compression, heads and tails counted) or more
    records than ``count``. ``into``: members of one package, or packages of one member each.
    """

    size: int | None = None
    count: int | None = None
    into: Literal["members", "packages"] = "members"

    @property
    def asked(self) -> bool:
        """Whether anything is to be cut at all."""
        return self.size is not None or self.count is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one member: a whole file, or so many of its records. Unknown numbers and ids are None."""

    size: int
    sha256: str
    records: int | None = None
    first: str | None = None
    last: str | None = None


@dataclass(slots=True)
class Pieces:
    """Puts records into pieces, one after the other, each as full as the limits let it be."""

    split: Split
    made: list[Piece] = field(default_factory=list)
    records: int = 0
    first: str | None = None
    last: str | None = None
    _open: _Open | None = None

    def take(self, cutter: Cutter, name: str) -> list[Issue]:
        """All records of a file; what is to be said of them."""
        issues: list[Issue] = []
        around = len(cutter.head) + len(cutter.tail)
        for cut in cutter:
            self.records += 1
            self.first, self.last = (cut.id if self.records == 1 else self.first), cut.id
            if not self.split.asked:
                continue
            size = len(cut.data)
            if self._open is not None and self._is_full(self._open, size, len(cutter.tail)):
                self._close(cutter.tail)
            if self._open is None:
                self._open = _Open(cutter.head)
                if self.split.size is not None and around + size > self.split.size:
                    slots = {"size": around + size, "limit": self.split.size}
                    issues.append(
                        Issue("PKG-SPLIT-LONG", Location(name), ordinal=self.records, value=cut.id, slots=slots)
                    )
            self._open.add(cut.data, cut.id)
        if self._open is not None:
            self._close(cutter.tail)
        return issues

    def _is_full(self, piece: _Open, size: int, tail: int) -> bool:
        if self.split.count is not None and piece.records >= self.split.count:
            return True
        return self.split.size is not None and piece.measure.size + size + tail > self.split.size

    def _close(self, tail: bytes) -> None:
        piece = self._open
        if piece is None:
            return
        piece.measure.add(tail)
        measure = piece.measure
        self.made.append(Piece(measure.size, measure.sha256, piece.records, piece.first, piece.last))
        self._open = None


class _Open:
    """A piece in the making."""

    def __init__(self, head: bytes) -> None:
        self.measure = Measure()
        self.measure.add(head)
        self.records = 0
        self.first: str | None = None
        self.last: str | None = None

    def add(self, data: bytes, record_id: str | None) -> None:
        """One more record."""
        self.measure.add(data)
        self.first = record_id if not self.records else self.first
        self.last = record_id
        self.records += 1
