"""Read records of a store: what a selection holds, and the records one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, not_, or_, select

from convert.errors import UnknownName, UsageError
from convert.store.payload import unpack
from convert.store.tables import fetches, harvests, images, records, sources
from convert.store.tables import payloads as kept_payloads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, FromClause

    from convert.store.place import Selection

BATCH: Final = 500
"""Records that are read at a time."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is kept. Times are seconds since 1970, UTC; ``payload`` is None when the record is deleted."""

    row: int
    source: str
    prefix: str
    identifier: str
    datestamp: str | None
    sets: tuple[str, ...]
    deleted: bool
    media: str
    size: int
    hash: bytes
    first_seen: int
    changed: int
    last_seen: int
    packed: bytes | None

    def payload(self) -> bytes | None:
        """The payload. Raises :class:`convert.store.payload.DamageError`."""
        return None if self.packed is None else unpack(bytes(self.packed))


@dataclass(frozen=True, slots=True)
class Extent:
    """What a selection comes to: records, those deleted, bytes of payloads, first and last row, its media."""

    records: int
    deleted: int
    bytes: int
    first: int
    last: int
    media: tuple[str, ...]
    newest: int


def moment(seconds: int) -> str:
    """A time as text.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(connection: Connection, chosen: Selection, *, by_row: bool = False) -> ColumnElement[bool]:
    """The selection as a condition on ``records``. Raises :class:`UnknownName` for a source that is not there.

    ``by_row``: the records will be read in the order of their rows. An index of the source would then be sorted anew
    for every batch, so it is hidden.
    """
    terms: list[Any] = []
    if chosen.source is not None:
        column = records.c.source + 0 if by_row else records.c.source
        terms.append(column == known_source(connection, chosen.source))
    if chosen.prefix is not None:
        terms.append(records.c.prefix == chosen.prefix)
    if chosen.set is not None:  # what is in a:b is in a too (OAI-PMH 2.0 §2.6)
        whole = records.c.sets.contains(f"\n{chosen.set}\n", autoescape=True)
        terms.append(or_(whole, records.c.sets.contains(f"\n{chosen.set}:", autoescape=True)))
    if chosen.since is not None:
        terms.append(records.c.datestamp >= chosen.since)
    if chosen.until is not None:
        terms.append(records.c.datestamp <= chosen.until + "~")  # the whole of a day: "~" follows all of "T00:00:00Z"
    if chosen.changed is not None:
        terms.append(records.c.changed >= _seconds(chosen.changed))
    if chosen.deleted != "with":
        terms.append(records.c.deleted if chosen.deleted == "only" else not_(records.c.deleted))
    if chosen.rows is not None:
        terms.append(records.c.id.between(*chosen.rows))
    return and_(True, *terms)


def _seconds(text: str) -> int:
    """Seconds since 1970 of a year, month, day or second; raises :class:`UsageError` for no such day."""
    whole = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
    try:
        return int(datetime.fromisoformat(whole.replace("Z", "+00:00")).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UsageError(f"changed={text}: no such day", f"changed={text}：暦にない日付です。") from error


def known_source(connection: Connection, name: str) -> int:
    """The number of a source. Raises :class:`UnknownName`."""
    found = connection.execute(select(sources.c.id).where(sources.c.name == name)).scalar()
    if found is None:
        names = connection.execute(select(sources.c.name).order_by(sources.c.name)).scalars()
        raise UnknownName("source of the store", name, list(names))
    return int(found)


def extent(connection: Connection, chosen: Selection) -> Extent:
    """What the selection comes to."""
    held = condition(connection, chosen)
    columns = (
        records.c.media, func.count(), func.count().filter(records.c.deleted), func.sum(records.c.size),
        func.min(records.c.id), func.max(records.c.id), func.max(records.c.changed),
    )  # fmt: skip
    rows = connection.execute(select(*columns).where(held).group_by(records.c.media).order_by(records.c.media)).all()
    if not rows:
        return Extent(0, 0, 0, 0, 0, (), 0)
    _, count, gone, size, first, last, newest = zip(*rows, strict=True)
    media = tuple(row[0] for row in rows)
    return Extent(sum(count), sum(gone), int(sum(size)), min(first), max(last), media, max(newest))


def stored(connection: Connection, chosen: Selection, *, payloads: bool = True) -> Iterator[Stored]:
    """The records of a selection in the order of their rows, a few at a time."""
    held = condition(connection, chosen, by_row=True)
    names, (table, columns) = _names(connection), _columns(payloads=payloads)
    after = (chosen.rows[0] if chosen.rows else 1) - 1
    while True:
        query = select(*columns).select_from(table).where(held, records.c.id > after).order_by(records.c.id)
        rows = connection.execute(query.limit(BATCH)).all()
        for row in rows:
            yield _stored(row, names[row.source], row.data if payloads else None)
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _columns(*, payloads: bool) -> tuple[FromClause, list[Any]]:
    if not payloads:
        return records, list(records.c)
    return records.outerjoin(kept_payloads, kept_payloads.c.record == records.c.id), [*records.c, kept_payloads.c.data]


def _names(connection: Connection) -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(select(sources.c.id, sources.c.name))}


def _stored(row: Any, source: str, packed: bytes | None) -> Stored:
    return Stored(
        row.id, source, row.prefix, row.identifier, row.datestamp, tuple(row.sets.split("\n")[1:-1]), row.deleted,
        row.media, row.size, bytes(row.hash), row.first_seen, row.changed, row.last_seen, packed,
    )  # fmt: skip


def named(connection: Connection, identifier: str, source: str | None = None) -> list[Stored]:
    """The records with an identifier, in every source and format."""
    names = _names(connection)
    terms = [records.c.identifier == identifier]
    if source is not None:
        terms.append(records.c.source == known_source(connection, source))
    table, columns = _columns(payloads=True)
    found = connection.execute(select(*columns).select_from(table).where(*terms).order_by(records.c.id))
    return [_stored(row, names[row.source], row.data) for row in found]


def payload_of(connection: Connection, source: int, prefix: str, identifier: str) -> bytes | None:
    """The payload of one record; None when there is none, or it is deleted. Raises :class:`DamageError`."""
    given = {"of_source": source, "of_prefix": prefix, "of_identifier": identifier}
    found = connection.execute(_PAYLOAD, given).scalar()
    return None if found is None else unpack(bytes(found))


_PAYLOAD = (  # made once: making it takes longer than asking
    select(kept_payloads.c.data)
    .select_from(records.join(kept_payloads, kept_payloads.c.record == records.c.id))
    .where(
        records.c.source == bindparam("of_source"),
        records.c.prefix == bindparam("of_prefix"),
        records.c.identifier == bindparam("of_identifier"),
    )
)


def hashes(connection: Connection, source: int, prefix: str) -> Iterator[tuple[str, bytes, int]]:
    """Identifier, content hash and time of the last change of every record of a source and prefix, by identifier."""
    mine = (records.c.source == source) & (records.c.prefix == prefix)
    query = select(records.c.identifier, records.c.hash, records.c.changed).where(mine).order_by(records.c.identifier)
    for row in connection.execute(query.execution_options(yield_per=BATCH)):
        yield row.identifier, bytes(row.hash), row.changed


# ── What there is ────────────────────────────────────────────────────────────────────────────────


def statistics(connection: Connection) -> list[dict[str, Any]]:
    """Every source with its records by prefix, its harvests, requests and images; for JSON."""
    found = connection.execute(select(sources).order_by(sources.c.name)).all()
    return [
        {
            "source": row.name,
            "kind": row.kind,
            "address": row.address,
            "records": _by_prefix(connection, row.id),
            "harvests": _harvests(connection, row.id),
            "requests": connection.scalar(select(func.count()).where(fetches.c.source == row.id)),
            "images": connection.scalar(select(func.count()).where(images.c.source == row.id)),
        }
        for row in found
    ]


def _by_prefix(connection: Connection, source: int) -> list[dict[str, Any]]:
    held = records.c.source == source
    columns = (
        records.c.prefix, func.count(), func.count().filter(records.c.deleted), func.sum(records.c.size),
        func.sum(records.c.packed), func.min(records.c.datestamp), func.max(records.c.datestamp),
        func.max(records.c.changed), func.max(records.c.last_seen),
    )  # fmt: skip
    rows = connection.execute(select(*columns).where(held).group_by(records.c.prefix).order_by(records.c.prefix))
    return [
        {
            "prefix": prefix, "records": count, "deleted": gone, "bytes": int(size), "packed_bytes": int(packed or 0),
            "first_datestamp": low, "last_datestamp": high, "changed": moment(changed), "seen": moment(seen),
        }
        for prefix, count, gone, size, packed, low, high, changed, seen in rows
    ]  # fmt: skip


def _harvests(connection: Connection, source: int) -> list[dict[str, Any]]:
    rows = connection.execute(select(harvests).where(harvests.c.source == source).order_by(harvests.c.name))
    return [
        {
            "name": row.name,
            "started": moment(row.started),
            "finished": None if row.finished is None else moment(row.finished),
            "state": json.loads(row.state),
        }
        for row in rows
    ]
