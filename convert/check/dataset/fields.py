"""Fields that are nearly empty, the same in every record, or asked for by a profile and missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from convert.check.dataset.base import DatasetCheck, Setting, Threshold
from convert.check.issue import Finding, Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells

VARYING = frozenset(("title", "reading", "description", "url", "contents", "thumbnail", "coordinates"))
"""Roles in which one and the same value for every record cannot be meant."""


@dataclass(slots=True)
class _Kept:
    """Of one field: how many records have a value, the first place, and the value while there is only one."""

    filled: int = 0
    first: Issue | None = None
    value: Any = None
    same: bool = True
    varying: bool = False
    picture: bool = False


def _plain(value: Any) -> Any:
    return tuple(map(str, value)) if value.__class__ is list else str(value) if value.__class__ is dict else value


class Fields(DatasetCheck):
    """``DSET-FIELD-SPARSE``, ``DSET-FIELD-CONSTANT`` and ``DSET-THUMBNAIL-SAME``."""

    codes = ("DSET-FIELD-SPARSE", "DSET-FIELD-CONSTANT", "DSET-THUMBNAIL-SAME")
    thresholds = {
        "sparse_share": Threshold(0.005, "これより少ない割合のレコードにしか値がない", "filled in less than this share", True, 0, 1),
        "sparse_records": Threshold(1000, "レコードがこれだけあるときに調べる", "looked at from so many records on"),
        "constant_records": Threshold(20, "同じ値がこれだけ続くときに知らせる", "the same value in so many records", least=2),
    }  # fmt: skip
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
                    kept = self._kept[name] = _Kept(
                        varying=bool(cells.column.roles & VARYING), picture="thumbnail" in cells.column.roles
                    )
                self._look(batch, cells, kept)
        return ()

    def _look(self, batch: Batch, cells: Cells, kept: _Kept) -> None:
        raw = cells.raw
        if kept.first is not None and not kept.same:
            kept.filled += _filled(cells)
            return
        filled = [value for value in map(_plain, raw) if _is_value(value)]
        if not filled:
            return
        if kept.first is None:
            record = next(number for number, value in enumerate(raw) if _is_value(value))
            kept.value = filled[0] if len(str(filled[0])) <= 10_000 else object()
            finding = Finding("", cells.column.target, 0, str(filled[0])[:200], {"field": cells.column.name})
            kept.first = batch.issue(record, finding)
        kept.filled += len(filled)
        kept.same = kept.same and not cells.column.constant and filled.count(kept.value) == len(filled)
        if not kept.same:
            kept.value = None

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the fields of the records that follow."""
        for name, theirs in other._kept.items():
            ours = self._kept.setdefault(name, _Kept(varying=theirs.varying, picture=theirs.picture))
            if ours.first is None:
                ours.first = theirs.first and theirs.first.moved(records=records, rows=rows)
                ours.value = theirs.value
            same = theirs.first is None or (theirs.same and ours.value == theirs.value)
            ours.same = ours.same and same
            ours.filled += theirs.filled

    def finish(self, records: int) -> Iterator[Issue]:
        """One issue per field, at its first value."""
        for kept in self._kept.values():
            if kept.first is None:
                continue
            slots = {**kept.first.slots, "count": kept.filled, "total": records}
            if records >= self.limits["sparse_records"] and kept.filled < records * self.limits["sparse_share"]:
                yield _told(kept.first, "DSET-FIELD-SPARSE", slots)
            if kept.varying and kept.same and kept.filled >= self.limits["constant_records"]:
                yield _told(kept.first, "DSET-THUMBNAIL-SAME" if kept.picture else "DSET-FIELD-CONSTANT", slots)


def _filled(cells: Cells) -> int:
    if cells.plain or cells.kinds == {str, type(None)}:
        return len(cells.texts)
    return sum(map(_is_value, cells.raw))


def _is_value(value: Any) -> bool:
    if value.__class__ is str:
        return bool(value) and not value.isspace()
    return value is not None and value not in ([], ())


def _told(first: Issue, code: str, slots: dict[str, Any]) -> Issue:
    return replace(first, code=code, slots=slots)


class Required(DatasetCheck):
    """``DSET-REQUIRED``: the fields that a profile asks for."""

    codes = ("DSET-REQUIRED",)

    def take(self, batch: Batch) -> Iterator[tuple[int, Finding]]:
        """Every record without a value."""
        for name in self.setting.required:
            cells = batch.cells.get(name)
            if cells is not None and cells.plain and len(cells.texts) == len(batch.records):
                continue
            target = name if cells is None else cells.column.target
            for number in range(len(batch.records)):
                if cells is None or not _is_value(cells.raw[number]):
                    known = None if cells is None else target
                    yield number, Finding("DSET-REQUIRED", known, slots={"field": name})


CHECKS = {"fields": Fields, "required": Required}
