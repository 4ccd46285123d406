"""How much two deliveries of the same records differ, and when that is too much to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from convert.check.issue import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convert.deliver.gathering import Some
    from convert.model import Location

FEW = 5
"""Records of which any share may go or change."""


@dataclass(frozen=True, slots=True)
class Turnover:
    """What speaks against a delivery that follows one of ``before`` records. ``counts``: by what became of them."""

    at: Location
    before: int
    counts: Mapping[str, int]

    def too_many(self, name: str, percent: int) -> bool:
        """More than a share of the former records, and more than a few; or all of them."""
        count = self.counts[name]
        return 100 * count > percent * self.before and (count > FEW or count == self.before)

    def share(self, code: str, name: str, most: int, value: str | None = None, **more: str) -> Issue:
        """The issue about a share that is too large."""
        count = self.counts[name]
        percent = f"{100 * count / self.before:.1f}"
        slots = {"count": count, "before": self.before, "percent": percent, "most": most, **more}
        return Issue(code, self.at, value=value, slots=slots)

    def doubtful(self, pairs: Some, vanished: Some, left_out: int) -> Iterator[Issue]:
        """Records that seem to live on under another id (``pairs``), and such as the conversion left out."""
        deleted = self.counts["deleted"]
        if pairs.count:
            many = pairs.count >= min(FEW, self.before) and 5 * pairs.count >= deleted
            level = Severity.ERROR if many else Severity.WARNING
            slots = {"count": pairs.count, "deleted": deleted}
            yield Issue("DLV-DIFF-RENUMBERED", self.at, level, value=pairs.text, slots=slots)
        if deleted and left_out:
            slots = {"count": left_out, "deleted": deleted}
            yield Issue("DLV-DIFF-REJECTED", self.at, value=vanished.text, slots=slots)


def pair_up(alike: Iterable[tuple[bytes, int, str]], pairs: Some) -> None:
    """Pair names that are gone (side 0) with new ones (side 1) that have the same mark. ``alike`` is sorted."""
    for _, group in groupby(alike, key=itemgetter(0)):
        sides: tuple[list[str], list[str]] = ([], [])
        for _, side, name in group:
            sides[side].append(name)
        for old, new in zip(*sides, strict=False):
            pairs.add(f"{old} → {new}")
