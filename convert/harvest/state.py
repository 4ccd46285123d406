"""How far a harvest came, kept in the store in the same transaction as the records it fetched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from convert.store.tables import fetches, harvests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from convert.harvest.web import Logged


@dataclass(frozen=True, slots=True)
class Kept:
    """A harvest as the store knows it. Times are seconds since 1970; ``finished`` None: it was not finished."""

    started: int
    finished: int | None
    state: dict[str, Any]


def load(connection: Connection, source: int, name: str) -> Kept | None:
    """The last harvest of this name; None when there was none."""
    query = select(harvests).where(harvests.c.source == source, harvests.c.name == name)
    found = connection.execute(query).first()
    return None if found is None else Kept(found.started, found.finished, json.loads(found.state))


def save(
    connection: Connection, source: int, name: str, *, started: int, state: dict[str, Any], finished: int | None = None
) -> None:
    """Keep how far a harvest came."""
    mine = (harvests.c.source == source) & (harvests.c.name == name)
    values = {"started": started, "finished": finished, "state": json.dumps(state, ensure_ascii=False)}
    if connection.execute(harvests.update().where(mine).values(values)).rowcount == 0:
        connection.execute(harvests.insert().values(source=source, name=name, **values))


def note(connection: Connection, source: int, logged: Iterable[Logged], *, records: int = 0) -> None:
    """Write requests into the log; ``records`` came with the last one."""
    rows = [
        {
            "source": source, "at": item.at, "request": item.address, "status": item.status, "bytes": item.size,
            "seconds": item.seconds, "records": 0, "note": item.note,
        }
        for item in logged
    ]  # fmt: skip
    if rows:
        rows[-1]["records"] = records
        connection.execute(fetches.insert(), rows)


def forget(connection: Connection, source: int, name: str, before: Kept | None) -> None:
    """Put back what was kept before a harvest that came to nothing; None: there was none."""
    if before is not None:
        save(connection, source, name, started=before.started, state=before.state, finished=before.finished)
        return
    connection.execute(harvests.delete().where(harvests.c.source == source, harvests.c.name == name))
