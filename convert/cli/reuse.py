"""A reminder of the contract that comes with some sources of a store, when their records leave it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from convert.check.issue import Issue
from convert.cli.common import tell_findings
from convert.errors import MokurokuError
from convert.model import Location
from convert.store.base import open_store
from convert.store.place import is_store, parse_place

if TYPE_CHECKING:
    from collections.abc import Iterable

REMINDERS: Final = {"jpro": "JPR-REUSE"}
"""Kinds of sources and the code of what is told."""


def remind(inputs: Iterable[str], lang: str) -> None:
    """Tell, once, what goes for the sources that the inputs name; inputs that are no store are none."""
    told: dict[str, Issue] = {}
    for text in inputs:
        if is_store(text):
            with contextlib.suppress(MokurokuError):  # told where the records are read
                for kind, name in _sources(text):
                    code = REMINDERS.get(kind)
                    if code is not None:
                        told.setdefault(code, Issue(code, Location(name)))
    tell_findings(list(told.values()), lang)


def _sources(text: str) -> list[tuple[str, str]]:
    """Kind and name of the sources of a selection."""
    from sqlalchemy import select  # noqa: PLC0415 - slow to import

    from convert.store.tables import sources  # noqa: PLC0415

    place, chosen = parse_place(text)
    query = select(sources.c.kind, sources.c.name).order_by(sources.c.name)
    if chosen.source is not None:
        query = query.where(sources.c.name == chosen.source)
    with open_store(place) as store, store.reading() as connection:
        return [(row.kind, row.name) for row in connection.execute(query)]
