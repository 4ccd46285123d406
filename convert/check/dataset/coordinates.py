"""Coordinates: latitude and longitude in each other's place, or far from Japan where the others are in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from convert.check.dataset.base import Outliers
from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.check.dataset.columns import Batch, Cells
    from convert.check.issue import Issue

SOUTH, NORTH, WEST, EAST = 20.0, 46.0, 122.0, 154.5
"""Japan from Okinotorishima to the northern islands and from Yonaguni to Minamitorishima, in whole degrees about."""
_POINT: Final = re.compile(r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]+)?)\s*[,、/ ]\s*([+-]?[0-9]{1,3}(?:\.[0-9]+)?)\s*")


def point_of(value: Any) -> tuple[float, float] | None:
    """The two numbers of a point in the order of the text (latitude first), or None.

    >>> point_of("35.36,138.73"), point_of({"lat": 35.36, "lon": 138.73}), point_of("富士山")
    ((35.36, 138.73), (35.36, 138.73), None)
    """
    if value.__class__ is dict:
        lat, lon = value.get("lat"), value.get("lon")
        return (float(lat), float(lon)) if isinstance(lat, int | float) and isinstance(lon, int | float) else None
    found = _POINT.fullmatch(value) if value.__class__ is str else None
    return (float(found[1]), float(found[2])) if found else None


def in_japan(lat: float, lon: float) -> bool:
    """Whether a point lies in Japan, roughly.

    >>> in_japan(35.36, 138.73), in_japan(138.73, 35.36)
    (True, False)
    """
    return SOUTH <= lat <= NORTH and WEST <= lon <= EAST


def _all_in_japan(points: Sequence[Any]) -> bool:
    """Whether all points, as Japan Search keeps them, lie in Japan: found in a few calls."""
    try:
        lats, lons = [point["lat"] for point in points], [point["lon"] for point in points]
        return in_japan(min(lats), min(lons)) and in_japan(max(lats), max(lons))
    except (KeyError, TypeError):
        return False


class Coordinates(Outliers):
    """``DSET-COORDINATES-SWAPPED`` and ``DSET-COORDINATES-OUTSIDE``."""

    codes = ("DSET-COORDINATES-SWAPPED", "DSET-COORDINATES-OUTSIDE")

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Swapped points are told at once; points elsewhere are kept, for the others to tell."""
        found: list[tuple[int, Finding]] = []
        for cells in batch.playing("coordinates"):
            if cells.kinds != {type(None)}:
                found += self._look(batch, cells)
        return found

    def _look(self, batch: Batch, cells: Cells) -> Iterator[tuple[int, Finding]]:
        counts = self._counts.setdefault(cells.column.name, [0, 0])
        if cells.kinds == {dict} and _all_in_japan(cells.raw):
            counts[0] += len(cells.raw)
            return
        swaps = self.speaks("DSET-COORDINATES-SWAPPED")
        for record, cell in enumerate(cells.raw):
            if cell is None:
                continue
            for index, value in enumerate(cell) if cell.__class__ is list else ((0, cell),):
                point = point_of(value)
                if point is None:
                    continue
                counts[0] += 1
                lat, lon = point
                if SOUTH <= lat <= NORTH and WEST <= lon <= EAST:
                    continue
                counts[1] += 1
                if in_japan(lon, lat):
                    if swaps:
                        slots = {"field": cells.column.name}
                        shown = f"{lon:g},{lat:g}"
                        yield (
                            record,
                            Finding(
                                "DSET-COORDINATES-SWAPPED", cells.column.target, index, f"{lat:g},{lon:g}", slots, shown
                            ),
                        )
                    counts[1] -= 1
                else:
                    self._noted.add(batch, cells.column, "outside", record, index, f"{lat:g},{lon:g}")

    def finish(self, records: int) -> Iterator[Issue]:
        """Points elsewhere, where nearly all are in Japan."""
        for name, total, _ in self.outliers("values"):
            yield from self._noted[name, "outside"].told("DSET-COORDINATES-OUTSIDE", total=total)


CHECKS = {"coordinates": Coordinates}
