"""Counters per day, shared by every run on a store: a daily budget of requests is kept with one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from convert.store.tables import counters

if TYPE_CHECKING:
    from convert.store.base import Store


def count_of(store: Store, name: str, day: str) -> int:
    """What a counter says for a day (``YYYY-MM-DD``, of whatever time zone the contract means)."""
    with store.reading() as connection:
        query = select(counters.c.count).where(counters.c.name == name, counters.c.day == day)
        return int(connection.scalar(query) or 0)


def take(store: Store, name: str, day: str, *, most: int | None = None, count: int = 1) -> int | None:
    """Count up, and give what the counter says now; None, and nothing is counted, where it would exceed ``most``.

    Parallel runs never take more than ``most`` together.
    """
    insert = _insert(store)
    with store.writing() as connection:
        connection.execute(insert(counters).values(name=name, day=day, count=0).on_conflict_do_nothing())
        mine = (counters.c.name == name) & (counters.c.day == day)
        room = mine if most is None else mine & (counters.c.count + count <= most)
        raised = counters.update().where(room).values(count=counters.c.count + count).returning(counters.c.count)
        found = connection.execute(raised).scalar()
    return None if found is None else int(found)


def at_least(store: Store, name: str, day: str, count: int) -> None:
    """Raise a counter to a value, unless it is higher already."""
    insert = _insert(store)
    with store.writing() as connection:
        connection.execute(insert(counters).values(name=name, day=day, count=count).on_conflict_do_nothing())
        mine = (counters.c.name == name) & (counters.c.day == day) & (counters.c.count < count)
        connection.execute(counters.update().where(mine).values(count=count))


def _insert(store: Store):  # type: ignore[no-untyped-def]  # the two databases' statements share no type
    if store.place.is_file:
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]  # noqa: PLC0415
    return insert
