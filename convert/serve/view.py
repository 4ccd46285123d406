"""What a delivery looks like at a moment: its newest snapshot, and any that can still be seen. Only reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, tuple_

from convert.deliver.snapshots.tables import PUBLISHED, VERSION, bodies, deliveries, members, rows, sets, snapshots
from convert.store.payload import unpack, unpacker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Repository:
    """A delivery as it is served."""

    id: int
    name: str
    prefix: str
    domain: str | None
    key: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A record without its content. ``stamp``: seconds since 1970."""

    row: int
    identifier: str
    began: int
    deleted: bool
    size: int
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Which records of a snapshot a list is of: those that began with some snapshots, in a set (its number) or all."""

    snapshot: int
    first: int
    last: int
    set: int | None = None


def repository(connection: Connection, name: str) -> Repository | None:
    """The delivery with a name."""
    found = connection.execute(select(deliveries).where(deliveries.c.name == name)).first()
    if found is None or found.version != VERSION:
        return None
    return Repository(found.id, found.name, found.prefix, found.domain, bytes(found.key))


class View:
    """A repository at a moment, ``clock``, in seconds since 1970."""

    def __init__(self, connection: Connection, of: Repository, clock: int) -> None:
        self._connection, self.repository, self.clock = connection, of, clock
        mine = (snapshots.c.delivery == of.id) & (snapshots.c.state == PUBLISHED)
        self._seen = mine & (snapshots.c.datestamp <= clock)

    def _scalar(self, what: Any, *terms: Any) -> int | None:
        found = self._connection.scalar(select(what).where(self._seen, *terms))
        return None if found is None else int(found)

    def newest(self) -> int | None:
        """The number of the newest snapshot; None: there is none."""
        return self._scalar(func.max(snapshots.c.number))

    def stands(self, number: int) -> bool:
        """Whether a snapshot can be seen."""
        return self._scalar(snapshots.c.number, snapshots.c.number == number, snapshots.c.gone.is_(False)) is not None

    def earliest(self) -> int | None:
        """Nothing has an earlier datestamp, deleted records included."""
        return self._scalar(func.min(snapshots.c.datestamp))

    def first_since(self, moment: int) -> int | None:
        """The first snapshot at or after a moment."""
        return self._scalar(func.min(snapshots.c.number), snapshots.c.datestamp >= moment)

    def last_until(self, moment: int) -> int | None:
        """The last snapshot at or before a moment."""
        return self._scalar(func.max(snapshots.c.number), snapshots.c.datestamp <= moment)

    def stamps(self, numbers: set[int]) -> dict[int, int]:
        """The datestamps of snapshots."""
        mine = (snapshots.c.delivery == self.repository.id) & snapshots.c.number.in_(sorted(numbers))
        found = self._connection.execute(select(snapshots.c.number, snapshots.c.datestamp).where(mine))
        return {row.number: row.datestamp for row in found}

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def page(self, of: Range, began: int, identifier: str, limit: int) -> list[Header]:
        """At most so many records behind a place, by datestamp and identifier."""
        if of.set is None:
            order = (rows.c.began, rows.c.identifier)
            table: Any = rows
            mine = rows.c.delivery == self.repository.id
        else:
            order = (members.c.began, members.c.identifier)
            table, mine = members.join(rows, members.c.row == rows.c.id), members.c.set == of.set
        behind = tuple_(*order) > tuple_(began, identifier)
        query = (
            select(rows.c.id, rows.c.identifier, rows.c.began, rows.c.deleted, rows.c.size, rows.c.sets)
            .select_from(table)
            .where(mine, behind, order[0] <= of.last, rows.c.ended > of.snapshot)
            .order_by(*order)
            .limit(limit)
        )
        return [_header(row) for row in self._connection.execute(query).all()]

    def count(self, of: Range) -> int:
        """The records of a list."""
        if of.set is None and of.first == 1 and of.last == of.snapshot:
            whole = snapshots.c.records + snapshots.c.stones
            return self._scalar(whole, snapshots.c.number == of.snapshot) or 0
        if of.set is None:
            table: Any = rows
            mine, began = rows.c.delivery == self.repository.id, rows.c.began
        else:
            table, began = members.join(rows, members.c.row == rows.c.id), members.c.began
            mine = members.c.set == of.set
        terms = (mine, began >= of.first, began <= of.last, rows.c.ended > of.snapshot)
        return int(self._connection.scalar(select(func.count()).select_from(table).where(*terms)) or 0)

    def record(self, identifier: str, snapshot: int) -> Header | None:
        """One record."""
        query = select(rows.c.id, rows.c.identifier, rows.c.began, rows.c.deleted, rows.c.size, rows.c.sets).where(
            rows.c.delivery == self.repository.id, rows.c.identifier == identifier,
            rows.c.began <= snapshot, rows.c.ended > snapshot,
        )  # fmt: skip
        found = self._connection.execute(query).first()
        return None if found is None else _header(found)

    def contents(self, ids: Sequence[int], *, dc: bool) -> dict[int, bytes]:
        """The contents of rows. Raises :class:`convert.store.payload.DamageError`."""
        column = bodies.c.dc if dc else bodies.c.main
        found = self._connection.execute(select(bodies.c.row, column).where(bodies.c.row.in_(ids))).all()
        unzstd = unpacker()
        return {row: unpack(data, unzstd) for row, data in found}

    # ── Sets ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def _mine(self) -> ColumnElement[bool]:
        return sets.c.delivery == self.repository.id

    def has_sets(self) -> bool:
        """Whether there are any."""
        return self._connection.scalar(select(sets.c.id).where(self._mine).limit(1)) is not None

    def set_number(self, spec: str) -> int | None:
        """The number of a set."""
        found = self._connection.scalar(select(sets.c.id).where(self._mine, sets.c.spec == spec))
        return None if found is None else int(found)

    def set_count(self) -> int:
        """How many sets there are."""
        return int(self._connection.scalar(select(func.count()).where(self._mine)) or 0)

    def sets(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Sets behind one, with their names."""
        query = select(sets.c.spec, sets.c.name).where(self._mine, sets.c.spec > after).order_by(sets.c.spec)
        return [(row.spec, row.name) for row in self._connection.execute(query.limit(limit))]


def _header(row: Any) -> Header:
    number, identifier, began, deleted, size, specs = row
    return Header(number, identifier, began, deleted, size, tuple(specs.split()))
