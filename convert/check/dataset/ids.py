"""Ids that are hard to tell apart: the same but for case, width, blanks, hyphens or leading zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.check.dataset.base import DatasetCheck
from convert.check.duplicates import similar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from convert.check.issue import Issue


class Ids(DatasetCheck):
    """``DSET-ID-SIMILAR``. Equal ids are told in every run (:mod:`convert.check.duplicates`)."""

    codes = ("DSET-ID-SIMILAR",)

    def ids(self, spools: Sequence[tuple[Path, int, int]]) -> Iterable[Issue]:
        """Every record whose id an earlier one nearly has."""
        return similar(spools)


CHECKS = {"ids": Ids}
