"""Write records into a store, a batch at a time, and count what was new, changed, deleted and unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, or_, select, update

from convert.store.incoming import Counts
from convert.store.payload import pack
from convert.store.tables import payloads, records, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from convert.store.incoming import Incoming

_ASKED = 500
"""Identifiers that one query asks for: SQLite takes some thousands of parameters, older ones 999."""


def joined(sets: Iterable[str]) -> str:
    r"""Sets as they are kept, sorted, each between line ends.

    >>> joined(["b:c", "a"])
    '\na\nb:c\n'
    """
    names = sorted({" ".join(name.split()) for name in sets} - {""})
    return "\n" + "".join(f"{name}\n" for name in names) if names else ""


def source_id(connection: Connection, name: str, kind: str = "oai", address: str | None = None) -> int:
    """The number of a source, which is made where it is new; a new address is noted."""
    found = connection.execute(select(sources.c.id, sources.c.address).where(sources.c.name == name)).first()
    if found is None:
        made = sources.insert().values(name=name, kind=kind, address=address).returning(sources.c.id)
        return int(connection.execute(made).scalar_one())
    if address is not None and found.address != address:
        connection.execute(update(sources).where(sources.c.id == found.id).values(address=address))
    return int(found.id)


def put(
    connection: Connection, source: int, prefix: str, batch: Iterable[Incoming], at: int, *, run: int | None = None
) -> Counts:
    """Insert or update a batch, seen at ``at``. Of several with one identifier the newest counts.

    A record is unchanged when its content, its sets and its being deleted are; it is not counted again when it was
    seen since ``run``.
    """
    newest: dict[str, Incoming] = {}
    for item in batch:
        other = newest.get(item.identifier)
        if other is None or (item.datestamp or "") >= (other.datestamp or ""):
            newest[item.identifier] = item
    known = _known(connection, source, prefix, list(newest))
    counts, writes = Counts(), _Writes()
    for item in newest.values():
        row: Any = known.get(item.identifier)
        digest, kept = item.hash, joined(item.sets)
        if row is not None and bytes(row.hash) == digest and row.sets == kept and row.deleted == item.deleted:
            counts.unchanged += run is None or row.last_seen < run
            writes.touches.append({"row": row.id, "stamp": item.datestamp, "seen": at})
            continue
        if item.deleted and (row is None or not row.deleted):
            counts.deleted += 1
        elif row is None:
            counts.new += 1
        else:
            counts.changed += 1
        packed = None if item.payload is None else pack(item.payload)
        values = _values(item, packed, digest, kept, at)
        if row is None:
            values |= {"source": source, "prefix": prefix, "identifier": item.identifier, "first_seen": at}
            writes.inserts.append((values, packed))
        else:
            writes.updates.append((values | {"row": row.id}, packed))
    _write(connection, writes)
    return counts


@dataclass(slots=True)
class _Writes:
    """Rows to write, with their payloads as they are kept."""

    inserts: list[tuple[dict[str, Any], bytes | None]] = field(default_factory=list)
    updates: list[tuple[dict[str, Any], bytes | None]] = field(default_factory=list)
    touches: list[dict[str, Any]] = field(default_factory=list)


def _known(connection: Connection, source: int, prefix: str, identifiers: Sequence[str]) -> dict[str, Any]:
    names = ("id", "identifier", "hash", "sets", "deleted", "last_seen")
    columns = [records.c[name] for name in names]
    found: dict[str, Any] = {}
    for asked in _pieces(identifiers, _ASKED):
        query = select(*columns).where(
            records.c.source == source, records.c.prefix == prefix, records.c.identifier.in_(asked)
        )
        found |= {row.identifier: row for row in connection.execute(query)}
    return found


def seen_since(connection: Connection, source: int, prefix: str, identifiers: Sequence[str], moment: int) -> set[str]:
    """Those of the identifiers whose records were seen since a moment."""
    known = _known(connection, source, prefix, identifiers)
    return {name for name, row in known.items() if row.last_seen >= moment}


def delete_unseen(connection: Connection, source: int, prefix: str, at: int, sets: Sequence[str] = ()) -> int:
    """Mark records as deleted that were not seen since ``at``, and give their number; ``sets``: only of these."""
    gone = _unseen(source, prefix, at, sets)
    connection.execute(payloads.delete().where(payloads.c.record.in_(select(records.c.id).where(gone))))
    empty = {"deleted": True, "packed": 0, "size": 0, "hash": hashlib.sha256(b"").digest(), "changed": at}
    return int(connection.execute(update(records).where(gone).values(empty)).rowcount)


def unseen(connection: Connection, source: int, prefix: str, at: int, sets: Sequence[str] = ()) -> int:
    """How many records :func:`delete_unseen` would mark."""
    return int(connection.scalar(select(func.count()).where(_unseen(source, prefix, at, sets))) or 0)


def _unseen(source: int, prefix: str, at: int, sets: Sequence[str]) -> ColumnElement[bool]:
    inside = [records.c.sets.contains(f"\n{name}\n", autoescape=True) for name in sets]
    terms = [records.c.source == source, records.c.prefix == prefix, records.c.last_seen < at]
    terms += [records.c.deleted.is_(False), *([or_(*inside)] if inside else [])]
    return and_(*terms)


def _pieces(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _values(item: Incoming, packed: bytes | None, digest: bytes, sets: str, at: int) -> dict[str, Any]:
    return {
        "datestamp": item.datestamp,
        "sets": sets,
        "deleted": item.deleted,
        "media": item.media,
        "size": len(item.payload or b""),
        "packed": len(packed or b""),
        "hash": digest,
        "changed": at,
        "last_seen": at,
    }


_UPDATED = ("datestamp", "sets", "deleted", "media", "size", "hash", "changed", "last_seen", "packed")
_UPDATE = update(records).where(records.c.id == bindparam("row")).values(
    {name: bindparam(name) for name in _UPDATED}
)  # fmt: skip
_TOUCH = update(records).where(records.c.id == bindparam("row")).values(
    datestamp=bindparam("stamp"), last_seen=bindparam("seen")
)  # fmt: skip
_DROP = payloads.delete().where(payloads.c.record == bindparam("row"))


def _write(connection: Connection, writes: _Writes) -> None:
    kept: dict[int, bytes | None] = {}
    if writes.inserts:
        made = records.insert().returning(records.c.id, records.c.identifier)
        rows = connection.execute(made, [values for values, _ in writes.inserts])
        numbers = {row.identifier: row.id for row in rows}
        kept |= {numbers[values["identifier"]]: packed for values, packed in writes.inserts}
    if writes.updates:
        connection.execute(_UPDATE, [values for values, _ in writes.updates])
        connection.execute(_DROP, [{"row": values["row"]} for values, _ in writes.updates])
        kept |= {values["row"]: packed for values, packed in writes.updates}
    if writes.touches:
        connection.execute(_TOUCH, writes.touches)
    filled = [{"record": row, "data": packed} for row, packed in kept.items() if packed is not None]
    if filled:
        connection.execute(payloads.insert(), filled)
