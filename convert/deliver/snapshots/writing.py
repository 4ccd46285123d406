"""Write a snapshot: its rows in batches that nobody sees, then in one moment the snapshot itself.

Whatever ends the writing before its end, the snapshots before stay as they were; the next run clears away what it left.
From the moment of its datestamp on a snapshot is the newest, for every reader at once: that moment lies a little ahead
when it is written, so that nobody has asked for it yet, and no change can be missed by a harvester who asks for what
came since (OAI-PMH 2.0 §2.7.1).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from convert.deliver.snapshots.naming import lineage
from convert.deliver.snapshots.tables import (
    LOADING,
    NEVER,
    PUBLISHED,
    VERSION,
    bodies,
    deliveries,
    members,
    rows,
    snapshots,
)
from convert.deliver.snapshots.tables import sets as all_sets
from convert.errors import UsageError
from convert.store.payload import pack
from convert.store.records import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from convert.store.base import Store

AHEAD: Final = 2
"""Seconds from the writing of a snapshot to its datestamp."""
_ASKED: Final = 2000
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of a store."""

    id: int
    name: str
    prefix: str
    domain: str | None


@dataclass(frozen=True, slots=True)
class Last:
    """The snapshot to compare with."""

    number: int
    datestamp: int
    records: int
    stones: int
    crosswalk: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Live:
    """A row of the last snapshot."""

    id: int
    identifier: str
    hash: bytes
    dc_hash: bytes
    deleted: bool


@dataclass(frozen=True, slots=True)
class New:
    """A record that is new or has changed; ``former`` is the row it takes the place of, 0 for none."""

    identifier: str
    former: int
    content: bytes
    dc: bytes
    hash: bytes
    dc_hash: bytes
    mark: bytes | None
    sets: Mapping[str, str]


# ── Deliveries ───────────────────────────────────────────────────────────────────────────────────


def known(connection: Connection, name: str) -> Delivery | None:
    """The delivery with a name. Raises :class:`UsageError` for one of another version."""
    found = connection.execute(select(deliveries).where(deliveries.c.name == name)).first()
    if found is None:
        return None
    if found.version != VERSION:
        raise UsageError(
            f"'{name}': a delivery of version {found.version} cannot be used by this mokuroku",
            f"「{name}」：この提出データの版（{found.version}）は、この mokuroku では扱えません。",
        )
    return Delivery(found.id, found.name, found.prefix, found.domain)


def made(connection: Connection, name: str, prefix: str, domain: str | None) -> Delivery:
    """The delivery with a name, which is made where it is new; another domain is noted."""
    found = known(connection, name)
    if found is None:
        values = {"name": name, "version": VERSION, "prefix": prefix, "domain": domain, "key": secrets.token_bytes(32)}
        number = connection.execute(deliveries.insert().values(values).returning(deliveries.c.id)).scalar_one()
        return Delivery(int(number), name, prefix, domain)
    if domain is not None and domain != found.domain:
        connection.execute(update(deliveries).where(deliveries.c.id == found.id).values(domain=domain))
    return found


def last_of(connection: Connection, delivery: int) -> Last | None:
    """The last snapshot that was written to its end."""
    mine = (snapshots.c.delivery == delivery) & (snapshots.c.state == PUBLISHED)
    found = connection.execute(select(snapshots).where(mine).order_by(snapshots.c.number.desc()).limit(1)).first()
    if found is None:
        return None
    return Last(found.number, found.datestamp, found.records, found.stones, found.crosswalk, json.loads(found.about))


def live(store: Store, delivery: int) -> Iterator[Live]:
    """Every row that is still good, by identifier; read in pieces, none of which is held for long."""
    names = ("id", "identifier", "hash", "dc_hash", "deleted")
    after = ""
    while True:
        good = (rows.c.delivery == delivery) & (rows.c.ended == NEVER) & (rows.c.identifier > after)
        query = select(*(rows.c[name] for name in names)).where(good).order_by(rows.c.identifier).limit(_ASKED)
        with store.reading() as connection:
            found = connection.execute(query).all()
        for row in found:
            yield Live(row.id, row.identifier, bytes(row.hash or b""), bytes(row.dc_hash or b""), row.deleted)
        if len(found) < _ASKED:
            return
        after = found[-1].identifier


def marks(store: Store, ids: Sequence[int]) -> list[bytes | None]:
    """The marks of rows, in their order."""
    with store.reading() as connection:
        query = select(rows.c.id, rows.c.mark).where(rows.c.id.in_(ids))
        found = {row.id: row.mark for row in connection.execute(query)}
    return [None if (mark := found.get(one)) is None else bytes(mark) for one in ids]


# ── A snapshot in the making ─────────────────────────────────────────────────────────────────────


class Writing:
    """The next snapshot of a delivery, from :meth:`begin` to :meth:`publish`. ``clock`` gives seconds since 1970."""

    def __init__(self, store: Store, name: str, clock: Callable[[], float]) -> None:
        self._store, self._name, self._clock = store, name, clock
        self._sets: dict[str, int] = {}
        self.number = 0
        self.records = 0
        self._last: Last | None = None

    def begin(self, prefix: str, domain: str | None, crosswalk: str) -> None:
        """Open the snapshot."""
        with self._store.writing() as connection:
            self._delivery = made(connection, self._name, prefix, domain).id
            self._last = last_of(connection, self._delivery)
            self.number = self._last.number + 1 if self._last is not None else 1
            values = {
                "delivery": self._delivery, "number": self.number, "state": LOADING, "datestamp": None,
                "started": int(self._clock()), "records": 0, "stones": 0, "gone": False, "crosswalk": crosswalk,
                "about": "{}",
            }  # fmt: skip
            connection.execute(snapshots.insert().values(values))

    def add(self, batch: Sequence[New]) -> None:
        """Records that are new or changed."""
        if not batch:
            return
        with self._store.writing() as connection:
            ends = [{"row": one.former} for one in batch if one.former]
            if ends:
                connection.execute(_END, [one | {"number": self.number} for one in ends])
            made_rows = connection.execute(
                rows.insert().returning(rows.c.id, rows.c.identifier), [self._row(one) for one in batch]
            )
            numbers = {row.identifier: row.id for row in made_rows}
            connection.execute(
                bodies.insert(),
                [
                    {"row": numbers[one.identifier], "main": pack(one.content), "dc": pack(one.dc)}
                    for one in batch
                ],
            )  # fmt: skip
            self._add_members(connection, batch, numbers)

    def _row(self, one: New) -> dict[str, Any]:
        return {
            "delivery": self._delivery, "identifier": one.identifier, "began": self.number, "ended": NEVER,
            "deleted": False, "hash": one.hash, "dc_hash": one.dc_hash, "mark": one.mark, "size": len(one.content),
            "sets": joined(one.sets),
        }  # fmt: skip

    def _add_members(self, connection: Connection, batch: Sequence[New], numbers: Mapping[str, int]) -> None:
        found = []
        for one in batch:
            names = {above: above for spec in one.sets for above in lineage(spec)} | dict(one.sets)
            for spec, name in names.items():
                found.append({
                    "set": self._set(connection, spec, name), "began": self.number, "identifier": one.identifier,
                    "row": numbers[one.identifier],
                })  # fmt: skip
        if found:
            connection.execute(members.insert(), found)

    def _set(self, connection: Connection, spec: str, name: str) -> int:
        if spec not in self._sets:
            mine = (all_sets.c.delivery == self._delivery) & (all_sets.c.spec == spec)
            number = connection.scalar(select(all_sets.c.id).where(mine))
            if number is None:
                values = {"delivery": self._delivery, "spec": spec, "name": name}
                number = connection.execute(all_sets.insert().values(values).returning(all_sets.c.id)).scalar_one()
            self._sets[spec] = int(number)
        return self._sets[spec]

    def delete(self, former: Sequence[int]) -> None:
        """Rows whose records are gone: each is followed by one that says so, in the same sets."""
        if not former:
            return
        with self._store.writing() as connection:
            old = rows.c.id.in_(bindparam("former", expanding=True))
            given = {"former": list(former), "number": self.number}
            connection.execute(update(rows).where(old).values(ended=bindparam("number")), given)
            names = ("delivery", "identifier", "began", "ended", "deleted", "size", "sets")
            number = bindparam("number", type_=rows.c.began.type)
            copied = select(
                rows.c.delivery, rows.c.identifier, number, bindparam("never", NEVER, rows.c.ended.type),
                bindparam("yes", True, rows.c.deleted.type), bindparam("none", 0, rows.c.size.type), rows.c.sets,
            ).where(old)  # fmt: skip
            connection.execute(insert(rows).from_select(names, copied), given)
            stone = rows.alias("stone")
            were = (
                select(members.c.set, stone.c.began, stone.c.identifier, stone.c.id)
                .select_from(members.join(rows, members.c.row == rows.c.id))
                .join(
                    stone,
                    (stone.c.delivery == rows.c.delivery)
                    & (stone.c.identifier == rows.c.identifier)
                    & (stone.c.began == number),
                )
                .where(old)
            )
            connection.execute(insert(members).from_select(("set", "began", "identifier", "row"), were), given)

    def publish(self, records: int, stones: int, about: Mapping[str, Any]) -> int:
        """Let the snapshot be seen from a moment on, which is told. ``stones``: its deleted records.

        Should the writing take longer than the moment lay ahead, it is moved: a harvester who asked meanwhile would
        otherwise take what changed for what it has already.
        """
        ahead = AHEAD if self._last is not None else 0
        least = self._last.datestamp + 1 if self._last is not None else 0
        mine = (snapshots.c.delivery == self._delivery) & (snapshots.c.number == self.number)
        for _ in range(_TRIES):
            stamp = max(int(self._clock()) + ahead, least)
            values = {
                "state": PUBLISHED, "datestamp": stamp, "records": records, "stones": stones,
                "about": json.dumps(about),
            }  # fmt: skip
            with self._store.writing() as connection:
                connection.execute(update(snapshots).where(mine).values(values))
            if not ahead or self._clock() < stamp:
                break
            ahead *= 2
        return stamp

    def abandon(self) -> None:
        """Leave the store as it was."""
        with self._store.writing() as connection:
            _clear(connection, self._delivery)


_END = update(rows).where(rows.c.id == bindparam("row")).values(ended=bindparam("number"))


def recover(store: Store, name: str) -> None:
    """Clear away what a run left that did not come to its end."""
    with store.writing() as connection:
        found = known(connection, name)
        if found is not None:
            _clear(connection, found.id)


def _clear(connection: Connection, delivery: int) -> None:
    """Remove what belongs to a snapshot that was never finished."""
    open_one = (snapshots.c.delivery == delivery) & (snapshots.c.state == LOADING)
    for number in connection.execute(select(snapshots.c.number).where(open_one)).scalars().all():
        mine = (rows.c.delivery == delivery) & (rows.c.began == number)
        _drop(connection, select(rows.c.id).where(mine))
        connection.execute(delete(rows).where(mine))
        ended = (rows.c.delivery == delivery) & (rows.c.ended == number)
        connection.execute(update(rows).where(ended).values(ended=NEVER))
    connection.execute(delete(snapshots).where(open_one))


def _drop(connection: Connection, chosen: Any) -> None:
    connection.execute(delete(members).where(members.c.row.in_(chosen)))
    connection.execute(delete(bodies).where(bodies.c.row.in_(chosen)))


def prune(store: Store, name: str, before: int) -> int:
    """Drop the snapshots that were followed by another one before a moment, and give the number of their rows.

    Rows that a later snapshot has stay, those of deleted records for ever.
    """
    with store.writing() as connection:
        found = known(connection, name)
        if found is None:
            return 0
        mine = (snapshots.c.delivery == found.id) & (snapshots.c.state == PUBLISHED)
        first = connection.scalar(select(func.max(snapshots.c.number)).where(mine, snapshots.c.datestamp < before))
        if first is None:
            return 0
        old = (rows.c.delivery == found.id) & (rows.c.ended <= first)
        _drop(connection, select(rows.c.id).where(old))
        count = int(connection.execute(delete(rows).where(old)).rowcount)
        connection.execute(update(snapshots).where(mine, snapshots.c.number < first).values(gone=True))
        return count
