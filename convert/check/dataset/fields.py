"""Fields that are nearly empty, the same in every record, or asked for by a profile and missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from convert.check.dataset.base import DatasetCheck, Setting
from convert.check.issue import Finding, Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

VARYING = frozenset(("title", "reading", "description", "url", "contents", "thumbnail", "coordinates"))
"""Roles in which one and the same value for every record cannot be meant."""
_LONG = 10_000  # characters of a value that is kept


@dataclass(slots=True)
class _Kept:
    """Of one field: how many records have a value, the first place, and the value while there is only one."""

    filled: int = 0
    first: Issue | None = None
    value: str | None = None
    same: bool = False
    picture: bool = False


class Fields(DatasetCheck):
    """``DSET-FIELD-SPARSE``, ``DSET-FIELD-CONSTANT`` and ``DSET-THUMBNAIL-SAME``."""

    codes = ("DSET-FIELD-SPARSE", "DSET-FIELD-CONSTANT", "DSET-THUMBNAIL-SAME")
    every_field = True

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._kept: dict[str, _Kept] = {}

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Count, and keep the first value."""
        for name, cells in batch.cells.items():
            if cells.column.counted or cells.column.roles:
                kept = self._kept.get(name)
                if kept is None:
                    kept = self._kept[name] = _Kept()
                if cells.filled:
                    self._look(batch, cells, kept)
        return ()

    def _look(self, batch: Batch, cells: Cells, kept: _Kept) -> None:
        column = cells.column
        if kept.first is None:
            record = next(number for number in range(len(cells.raw)) if cells.has(number))
            value = _one(cells.raw[record])
            kept.first = batch.issue(record, Finding("", column.target, 0, value, {"field": column.name}))
            kept.value, kept.picture = value, "thumbnail" in column.roles
            kept.same = bool(column.roles & VARYING) and not column.constant and len(value) <= _LONG
        kept.filled += cells.filled
        if kept.same:
            kept.same = {kept.value} == {_one(cell) for record, cell in enumerate(cells.raw) if cells.has(record)}

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the fields of the records that follow."""
        for name, theirs in other._kept.items():
            ours = self._kept.setdefault(name, _Kept())
            if ours.first is None:
                ours.first = theirs.first and theirs.first.moved(records=records, rows=rows)
                ours.value, ours.same, ours.picture = theirs.value, theirs.same, theirs.picture
            elif theirs.first is not None:
                ours.same = ours.same and theirs.same and ours.value == theirs.value
            ours.filled += theirs.filled

    def finish(self, records: int) -> Iterator[Issue]:
        """One issue per field, at its first value."""
        for _, kept in sorted(self._kept.items()):
            if kept.first is None:
                continue
            slots = {**kept.first.slots, "count": kept.filled, "total": records}
            if records >= self.limits["sparse_records"] and kept.filled < records * self.limits["sparse_share"]:
                yield _told(kept.first, "DSET-FIELD-SPARSE", slots)
            if kept.same and kept.filled >= self.limits["constant_records"]:
                yield _told(kept.first, "DSET-THUMBNAIL-SAME" if kept.picture else "DSET-FIELD-CONSTANT", slots)


def _one(cell: Any) -> str:
    """A cell as one text."""
    if cell.__class__ is list:
        return " ".join(map(str, cell))
    return cell if cell.__class__ is str else str(cell)


def _told(first: Issue, code: str, slots: dict[str, Any]) -> Issue:
    return replace(first, code=code, slots=slots)


class Required(DatasetCheck):
    """``DSET-REQUIRED``: the fields that a profile asks for."""

    codes = ("DSET-REQUIRED",)

    def take(self, batch: Batch) -> Iterator[tuple[int, Finding]]:
        """Every record without a value."""
        for name in self.setting.required:
            cells = batch.cells.get(name)
            if cells is not None and cells.filled == len(batch.records):
                continue
            target = name if cells is None else cells.column.target
            for number in range(len(batch.records)):
                if cells is None or not cells.has(number):
                    known = None if cells is None else target
                    yield number, Finding("DSET-REQUIRED", known, slots={"field": name})


CHECKS = {"fields": Fields, "required": Required}
