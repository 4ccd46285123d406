"""Ids that are hard to tell apart: the same but for case, width, blanks, hyphens or leading zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from convert.check.dataset.base import DatasetCheck, Setting
from convert.check.duplicates import SHAPES, risky, shapes_of, similar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from convert.check.dataset.columns import Batch
    from convert.check.issue import Issue


class Ids(DatasetCheck):
    """``DSET-ID-SIMILAR``. Equal ids are told in every run (:mod:`convert.check.duplicates`)."""

    codes = ("DSET-ID-SIMILAR",)

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._shapes: set[str] | None = set()

    def take(self, batch: Batch) -> tuple[()]:
        """Keep the shapes of the ids: mostly they tell that there is nothing to compare."""
        if self._shapes is not None:
            self._keep(shapes_of([record.id for record in batch.records if record.id is not None]))
        return ()

    def _keep(self, shapes: set[str]) -> None:
        if self._shapes is not None:
            self._shapes |= shapes
            if len(self._shapes) > SHAPES:
                self._shapes = None

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the shapes of the records that follow."""
        if other._shapes is None:
            self._shapes = None
        else:
            self._keep(other._shapes)

    def ids(self, spools: Sequence[tuple[Path, int, int]]) -> Iterable[Issue]:
        """Every record whose id an earlier one nearly has."""
        return () if self._shapes is not None and not risky(self._shapes) else similar(spools)


CHECKS = {"ids": Ids}
