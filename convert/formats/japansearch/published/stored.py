"""What a store holds of a database that is published: found, or how to harvest it is told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from convert.errors import UsageError
from convert.store.place import Selection
from convert.store.reading import named, stored
from convert.store.tables import harvests, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from convert.store.base import Store

ITEMS: Final = "items"
_WHOLE: Final = re.compile(r"items(?: f-db=[A-Za-z0-9_]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Harvested:
    """A harvest that took a database whole. Times are seconds since 1970; ``gaps``: records it could not have."""

    source: str
    database: str
    started: int
    finished: int
    gaps: int


def command(database: str, store: str) -> str:
    """How to harvest a database."""
    return f"mokuroku harvest japansearch items --database {database} --store {store}"


def harvest_of(store: Store, database: str, source: str | None) -> Harvested:
    """The last finished harvest of a whole database. Raises :class:`UsageError` that tells how to harvest."""
    with store.reading() as connection:
        found = list(_harvests(connection, database, source))
    how = command(database, store.place.shown)
    done = [one for one in found if one.finished]
    if done:
        return max(done, key=lambda one: one.finished)
    if found:
        en = f"the harvest of {database} has not come to its end: go on with {how}"
        raise UsageError(en, f"データベース「{database}」の収集が終わっていません。続きを収集してください：{how}")
    en = f"{store.place.shown} holds no whole harvest of {database}: harvest it first with {how}"
    ja = f"{store.place.shown} にデータベース「{database}」全体の収集がありません。先に収集してください：{how}"
    raise UsageError(en, ja)


def _harvests(connection: Connection, database: str, source: str | None) -> Iterator[Harvested]:
    mine = (sources.c.kind == "japansearch") & (sources.c.id == harvests.c.source)
    for row in connection.execute(select(harvests, sources.c.name.label("source_name")).where(mine)):
        if source is not None and row.source_name != source:
            continue
        if not _WHOLE.fullmatch(row.name) or (row.name != ITEMS and f" f-db={database} " not in f"{row.name} "):
            continue
        gaps = sum(int(gap.get("records", 0)) for gap in json.loads(row.state).get("gaps", ()))
        yield Harvested(row.source_name, database, row.started, row.finished or 0, gaps)


def published(store: Store, harvested: Harvested) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item that is published, by id: what the harvest saw. Numbers are texts, as a reader of files gives them."""
    chosen = Selection(source=harvested.source, prefix=ITEMS, set=harvested.database, deleted="without")
    with store.reading() as connection:
        for record in stored(connection, chosen):
            if record.last_seen >= harvested.started and harvested.database in record.sets:
                yield record.identifier, json.loads(record.payload() or b"{}", parse_float=str, parse_int=str)


def labels(store: Store, harvested: Harvested) -> dict[str, str]:
    """The receiver's own names of items, by their path: ``synthmus-1-s`` is 作品名. What stands twice is left out."""
    with store.reading() as connection:
        found = [record for record in named(connection, harvested.database, harvested.source)
                 if record.prefix == "labels" and not record.deleted]  # fmt: skip
    if not found:
        return {}
    told = json.loads(found[0].payload() or b"{}").get("fieldLabels")
    names = dict(filter(None, map(_label, told if isinstance(told, list) else [])))
    return {path: name for path, name in names.items() if list(names.values()).count(name) == 1}


def _label(entry: Any) -> tuple[str, str] | None:
    label = entry.get("label") if isinstance(entry, dict) else None
    name = label.get("ja") if isinstance(label, dict) else None
    path = entry.get("path") if isinstance(entry, dict) else None
    return (path, name) if isinstance(path, str) and isinstance(name, str) and name else None
