"""Harvesters of other makers, while snapshots change underneath: nothing lost, nothing twice, deletions seen."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from convert.harvest.oai.plan import Request
from convert.harvest.oai.run import Harvest
from convert.harvest.web import Manners, Web
from convert.serve.web import Application
from convert.store.base import open_store
from convert.store.place import Place
from convert.store.reading import statistics
from tests.deliver_data import Book
from tests.oai_changing import Copy
from tests.oai_provider import DAY, DOMAIN, Shelf, books, listening, shelf_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 1200


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    place = str(tmp_path / "s.db") if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with shelf_in(place, tmp_path) as made:
        yield made


def shuffled(chance: Random, held: list[Book], turn: int) -> list[Book]:
    """Some gone, some changed, some new, some back again."""
    kept = [book for book in held if chance.random() > 0.04]
    kept = [Book(book.id, f"{book.title} {turn}") if chance.random() < 0.05 else book for book in kept]
    there = {book.id for book in kept}
    return kept + [book for book in books(COUNT * turn // 8, COUNT * turn // 8 + 60, "再") if book.id not in there]


def test_a_harvest_while_snapshots_change(shelf: Shelf) -> None:
    pytest.importorskip("oaipmh_scythe", reason="oaipmh-scythe is not installed")
    chance = Random(7)  # noqa: S311
    states = [books(0, COUNT)]
    for turn in range(1, 4):
        states.append(shuffled(chance, states[-1], turn))
    shelf.put(states[0])
    waiting = iter(states[1:])

    def between(page: int) -> None:
        if page % 7 == 3 and (state := next(waiting, None)) is not None:
            shelf.put(state)
        shelf.now += 1

    with listening(Application(shelf.store, shelf.provider(page=50), clock=lambda: shelf.now)) as address:
        copy = Copy(f"{address}/oai", between)
        while copy.harvest():
            shelf.now += 60
            assert copy.lists < 20
    wanted = {f"oai:{DOMAIN}:{book.id}": book.title for book in states[-1]}
    assert next(waiting, None) is None
    assert copy.have == wanted
    ever = {f"oai:{DOMAIN}:{book.id}" for state in states for book in state}
    assert ever - set(wanted) <= copy.gone | (ever - {f"oai:{DOMAIN}:{book.id}" for book in states[0]})
    assert copy.lists >= 2


def test_our_own_harvester_keeps_in_step(tmp_path: Path) -> None:
    with (
        shelf_in(str(tmp_path / "s.db"), tmp_path) as shelf,
        open_store(Place(str(tmp_path / "h.db")), create=True) as kept,
    ):
        shelf.put(books(0, 40))
        with listening(Application(shelf.store, shelf.provider(page=7), clock=lambda: shelf.now)) as address:
            counts = []
            for state in (None, [*books(0, 20), *books(20, 25, "改"), *books(30, 50)]):
                if state is not None:
                    shelf.put(state)
                    shelf.now += 3 * DAY
                with Web(Manners(rate=0)) as web:
                    outcome = Harvest(kept, web, Request(f"{address}/oai", "lib", "dcndl")).run()
                assert outcome.exit_code("warning") == 0, outcome.issues
                counts.append(outcome.counts.to_dict())
        assert counts[0] == {"new": 40, "changed": 0, "deleted": 0, "unchanged": 0}
        assert (counts[1]["new"], counts[1]["changed"], counts[1]["deleted"]) == (10, 5, 5)
        with kept.reading() as connection:
            (found,) = statistics(connection)[0]["records"]
        assert (found["records"], found["deleted"]) == (50, 5)
