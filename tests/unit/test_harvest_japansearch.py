"""Harvesting Japan Search's API, which keeps its rules or breaks them, over real HTTP on loopback."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from convert.errors import OptionError, RunError, UsageError
from convert.harvest.web import Manners, Web
from convert.store.base import Store, open_store
from convert.store.lock import alone
from convert.store.place import Place, Selection
from tests.jps_server import ONE_PAGE, Api, Record, item, items, others, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from convert.harvest.outcome import Outcome
    from convert.store.incoming import Incoming

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.harvest.japansearch.answer import NotPageError, read_page
from convert.harvest.japansearch.plan import Request
from convert.harvest.japansearch.query import Query, query_from, query_of
from convert.harvest.japansearch.run import Harvest
from convert.store.reading import stored

MANNERS = Manners(rate=0, timeout=1, retries=2, patience=100, most=2_000_000)
ITEMS = items(45)
ALL = query_of("items")


class Bench:
    """A store, and a clock that only moves when somebody sleeps."""

    def __init__(self, place: Place, says_all: Callable[[Any], None]) -> None:
        self.store: Store = open_store(place, create=True)
        self.says_all = says_all
        self.slept: list[float] = []

    def harvest(self, api: Api, query: Query = ALL, **more: Any) -> Outcome:
        with serving(api) as address:
            return self.ask(address, query, reach=api.reach, **more)

    def ask(self, address: str, query: Query = ALL, **more: Any) -> Outcome:
        manners, sink = more.pop("manners", MANNERS), more.pop("sink", None)
        request = Request(query, address, **more)
        with Web(manners, sleep=self.slept.append) as web:
            outcome = Harvest(self.store, web, request, sink=sink).run()
        for issue in outcome.issues:
            self.says_all(issue)
        outcome.instances.pop("HRV-JPS-ADDRESS", None)  # every server has a port of its own
        return outcome

    def contents(self, **chosen: Any) -> dict[str, Any]:
        with self.store.reading() as connection:
            return {
                record.identifier: None if record.deleted else json.loads(record.payload() or b"null")
                for record in stored(connection, Selection(**{"prefix": "items", **chosen}))
            }


def expected(records: Sequence[Record]) -> dict[str, Record]:
    return {record["id"]: record for record in records}


def asked(api: Api, path: str = "/api/item/search/jps-cross") -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(line).query)) for line in api.log if urlsplit(line).path == path]


@pytest.fixture
def bench(tmp_path: Path, says_all: Callable[[Any], None]) -> Iterator[Bench]:
    made = Bench(Place(str(tmp_path / "h.db")), says_all)
    yield made
    made.store.close()


def small(records: Sequence[Record] = ITEMS, faults: set[str] | None = None, **more: Any) -> Api:
    """An API whose search reaches no further than 30 records, and whose scroll gives 10 at a time."""
    return Api(records, faults or set(), **{"reach": 30, "page": 10, **more})


# ── A server that keeps the rules ────────────────────────────────────────────────────────────────


def test_a_search_is_stored_page_by_page(bench: Bench) -> None:
    api = Api(ITEMS)
    outcome = bench.harvest(api, size=20)
    assert bench.contents() == expected(ITEMS)
    assert [(given["from"], given["size"]) for given in asked(api)] == [("0", "20"), ("20", "20"), ("40", "20")]
    assert (outcome.counts.new, outcome.requests, outcome.exit_code()) == (45, 3, 0)
    assert not outcome.issues


def test_beyond_the_reach_of_a_search_everything_is_scrolled(bench: Bench) -> None:
    records = items(2345)
    api = Api(records)
    outcome = bench.harvest(api)
    assert bench.contents() == expected(records)
    assert asked(api) == [{"from": "0", "size": "500"}]
    scrolled = asked(api, "/api/item/scroll/jps-cross")
    assert scrolled == [{}] + [{"scrollId": "Fake1=="}] * 12
    assert (outcome.counts.new, outcome.exit_code()) == (2345, 0)


def test_progress_tells_records_requests_and_how_many_there_are(bench: Bench) -> None:
    told: list[tuple[int, int, int | None]] = []
    with serving(Api(ITEMS)) as address, Web(MANNERS) as web:
        request = Request(ALL, address, size=20)
        Harvest(
            bench.store, web, request, progress=lambda out, size: told.append((out.counts.total, out.requests, size))
        ).run()
    assert told[1:] == [(20, 1, 45), (40, 2, 45), (45, 3, 45)]


def test_exactly_what_a_search_reaches_is_not_scrolled(bench: Bench) -> None:
    api = Api(items(2000))
    assert bench.harvest(api).counts.new == 2000
    assert [given["from"] for given in asked(api)] == ["0", "500", "1000", "1500"]
    assert len(api.log) == 4


def test_keywords_as_the_guide_writes_them(bench: Bench) -> None:
    api = Api(ITEMS)
    bench.harvest(api, query_of("items", any_of=["図 1", "図 2"]), limit=3)
    assert api.log == ["/api/item/search/jps-cross?keyword=%2B%E5%9B%B3%201&keyword=%2B%E5%9B%B3%202&from=0&size=3"]
    bench.harvest(api := Api(ITEMS), query_of("items", keywords=["図"], without=["図 1"]))
    assert "keyword=%E5%9B%B3&keyword=-%E5%9B%B3%201" in api.log[0]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"keywords": ["架空", "図 1"]}, 11),
        ({"any_of": ["図 12", "図 13"]}, 2),
        ({"keywords": ["架空"], "without": ["図 1"]}, 34),
        ({"filters": [("f-rights", "cc0")]}, 23),
        ({"filters": [("f-rights", "-cc0")]}, 22),
        ({"filters": [("f-rights", "cc0"), ("f-rights", "ccby")]}, 45),
        ({"filters": [("fc-db", "kakuu_db")]}, 0),
        ({"filters": [("f-db", "kakuu_db"), ("f-cm", "map")]}, 45),
    ],
)
def test_what_is_searched_for_is_what_comes(bench: Bench, given: dict[str, Any], count: int) -> None:
    outcome = bench.harvest(Api(ITEMS), query_of("items", **given))
    assert outcome.counts.new == len(bench.contents()) == count
    assert outcome.exit_code() == 0
    assert outcome.instances == ({} if count else {"HRV-JPS-NONE": 1})


@pytest.mark.parametrize("kind", ["galleries", "databases", "organizations", "csearch"])
def test_other_kinds(bench: Bench, kind: str) -> None:
    path = {"galleries": "curation", "databases": "database", "organizations": "organization", "csearch": "csearch"}[
        kind
    ]
    records = others(path, 257)
    api = Api([], others={path: records})
    bench.harvest(api, query_of(kind), size=100)
    assert bench.contents(prefix=kind) == expected(records)
    assert [urlsplit(line).path for line in api.log] == [f"/api/{path}/search"] * 3


def test_beyond_the_reach_where_there_is_no_scroll(bench: Bench) -> None:
    api = small([], others={"curation": others("curation", 45)})
    outcome = bench.harvest(api, query_of("galleries"))
    assert len(bench.contents(prefix="galleries")) == 30
    assert (outcome.instances, outcome.gaps, outcome.exit_code()) == ({"HRV-JPS-BEYOND": 1}, 15, 1)


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (7, 7), (30, 30), (37, 37), (99, 45)])
def test_at_most_so_many(bench: Bench, limit: int, most: int) -> None:
    outcome = bench.harvest(small(), limit=limit, size=20)
    assert outcome.counts.new == len(bench.contents()) == most
    assert outcome.complete


def test_a_window_of_the_search(bench: Bench) -> None:
    api = Api(ITEMS)
    bench.harvest(api, start=10, size=20, limit=25)
    assert list(bench.contents()) == [record["id"] for record in ITEMS[10:35]]
    assert [(given["from"], given["size"]) for given in asked(api)] == [("10", "20"), ("30", "5")]


# ── The next time ────────────────────────────────────────────────────────────────────────────────


def test_the_next_time_tells_what_is_new(bench: Bench) -> None:
    bench.harvest(Api(ITEMS))
    changed = [item(number, title="改題") for number in (1, 2)]
    outcome = bench.harvest(api := Api([*changed, *ITEMS[3:], item(99)]))
    counts = outcome.counts
    assert (counts.new, counts.changed, counts.unchanged, counts.deleted) == (1, 2, 42, 0)
    assert outcome.instances == {"HRV-JPS-UNSEEN": 1}
    assert bench.contents()["kakuu_db-1"] == changed[0]
    again = bench.harvest(api, missing_deleted=True)
    assert (again.counts.deleted, again.counts.unchanged) == (1, 45)
    assert bench.contents()["kakuu_db-3"] is None


def test_the_order_of_members_is_no_change(bench: Bench) -> None:
    bench.harvest(Api(ITEMS))
    turned = [dict(reversed(record.items())) for record in ITEMS]
    assert bench.harvest(Api(turned)).counts.unchanged == 45


def test_only_what_is_gone_of_a_database_is_deleted(bench: Bench) -> None:
    there = [*ITEMS, *items(5, "another")]
    bench.harvest(Api(there))
    query = query_of("items", filters=[("f-db", "another")])
    outcome = bench.harvest(Api([*ITEMS, *items(3, "another")]), query, missing_deleted=True)
    assert outcome.counts.deleted == 2
    assert set(bench.contents(deleted="only")) == {"another-4", "another-5"}


def test_nothing_at_all_deletes_nothing(bench: Bench) -> None:
    bench.harvest(Api(ITEMS))
    outcome = bench.harvest(Api([]), missing_deleted=True)
    assert outcome.counts.deleted == 0
    assert set(outcome.instances) == {"HRV-JPS-NONE", "HRV-JPS-UNSEEN"}


def test_databases_come_with_their_definition_and_labels(bench: Bench) -> None:
    labels = [{"path": "kakuu_db-1-s", "label": {"ja": "作品名"}}]
    database = {"id": "kakuu_db", "name": {"ja": "架空"}, "lastDataUpdated": 1}
    api = Api(ITEMS, others={"database": [database]}, labels={"kakuu_db": labels})
    query = query_of("items", filters=[("f-db", "kakuu_db")])
    outcome = bench.harvest(api, query)
    assert (outcome.counts.new, outcome.instances) == (45, {})
    assert bench.contents(prefix="labels")["kakuu_db"]["fieldLabels"] == labels
    assert bench.contents(prefix="databases") == {"kakuu_db": database}
    skipped = bench.harvest(api, query, if_updated=True)
    assert (skipped.requests, skipped.instances) == (2, {"HRV-JPS-NOT-UPDATED": 1})
    database["lastDataUpdated"] = 2
    assert bench.harvest(api, query, if_updated=True).counts.unchanged == 45


def test_no_labels_are_no_fault(bench: Bench) -> None:
    outcome = bench.harvest(Api(ITEMS), query_of("items", filters=[("f-db", "kakuu_db")]))
    assert (outcome.instances, outcome.exit_code()) == ({"HRV-JPS-LABELS": 1}, 0)


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────

SEARCH_FAULTS: dict[str, tuple[set[str], set[str]]] = {
    # name: (faults of the server, codes that are told); all records are had
    "a web page once": ({"html-once"}, set()),
    "an empty answer once": ({"empty-answer"}, set()),
    "a cut connection": ({"cut-once"}, set()),
    "half a page": ({"half-page"}, set()),
    "an array": ({"array"}, set()),
    "a list that is none": ({"list-object"}, set()),
    "null": ({"null"}, set()),
    "bytes that are no UTF-8": ({"not-utf8"}, set()),
    "endless brackets": ({"deep"}, set()),
    "NaN": ({"nan"}, set()),
    "a huge answer": ({"huge"}, {"HRV-JPS-PAGE"}),
    "500 once": ({"error-500"}, set()),
    "429 with seconds": ({"busy-seconds"}, set()),
    "429 without": ({"busy-plain"}, set()),
    "a slow page": ({"slow"}, set()),
    "a redirection": ({"redirect"}, set()),
    "a wrong Content-Type": ({"wrong-type"}, set()),
    "a byte order mark": ({"bom"}, set()),
    "a server that gives ten, whatever size says": ({"ignores-size"}, {"HRV-JPS-SIZE"}),
    "a server that gives too many": ({"too-many"}, {"HRV-JPS-SIZE"}),
    "pages that overlap": ({"overlap"}, {"HRV-JPS-SHORT"}),
    "a server that ignores from": ({"ignores-from"}, {"HRV-JPS-LOOP"}),
    "a reach that is shorter than documented": ({"lower-reach"}, {"HRV-JPS-HIT", "HRV-JPS-SHORT"}),
    "an end before its time": ({"stops-early"}, {"HRV-JPS-SHORT"}),
    "no hit": ({"hit-missing"}, set()),
    "hit as text": ({"hit-text"}, set()),
    "a record deleted meanwhile": ({"one-goes"}, {"HRV-JPS-HIT"}),
}


@pytest.mark.parametrize("name", SEARCH_FAULTS)
def test_faults_of_a_search_that_lose_nothing(bench: Bench, name: str) -> None:
    faults, codes = SEARCH_FAULTS[name]
    outcome = bench.harvest(Api(ITEMS, faults), size=20)
    assert bench.contents() == expected(ITEMS)
    assert set(outcome.instances) == codes
    assert (outcome.gaps, outcome.exit_code()) == (0, 0)


SCROLL_FAULTS: dict[str, tuple[set[str], set[str]]] = {
    "a scroll without a place on the server": ({"stateless"}, set()),
    "a scrollId that changes": ({"id-changes"}, set()),
    "the last page has no scrollId": ({"ends-on-last"}, set()),
    "an end before its time": ({"ends-early-once"}, {"HRV-JPS-SHORT"}),
    "an end before its time, always": ({"ends-early"}, {"HRV-JPS-SHORT", "HRV-JPS-GAP"}),
    "the first page again, once": ({"repeat-once"}, {"HRV-JPS-LOOP"}),
    "the first page for ever": ({"repeat"}, {"HRV-JPS-LOOP", "HRV-JPS-GAP"}),
    "three pages in a circle": ({"cycle"}, {"HRV-JPS-LOOP", "HRV-JPS-GAP"}),
    "an empty page in between": ({"empty-page"}, set()),
    "empty pages for ever": ({"empty-for-ever"}, {"HRV-JPS-SHORT", "HRV-JPS-GAP"}),
    "a scrollId that expires": ({"expired"}, {"HRV-JPS-SCROLL"}),
    "an error as an object": ({"error-object"}, {"HRV-JPS-SCROLL"}),
    "every scrollId has expired": ({"always-expired"}, {"HRV-JPS-SCROLL", "HRV-JPS-GAP"}),
    "a scrollId that is a number": ({"id-number"}, {"HRV-JPS-SHORT", "HRV-JPS-GAP"}),
    "a hit count that changes": ({"hit-changes"}, {"HRV-JPS-HIT", "HRV-JPS-SHORT"}),
    "no scroll": ({"no-scroll"}, {"HRV-JPS-PAGE", "HRV-JPS-BEYOND"}),
    "a lost answer, after which the scroll has gone on": ({"lost-answers", "half-page"}, {"HRV-JPS-SHORT"}),
    "a cut connection, after which the scroll has gone on": ({"lost-answers", "cut-once"}, {"HRV-JPS-SHORT"}),
    "half a page": ({"half-page"}, set()),
    "a web page once": ({"html-once"}, set()),
    "429": ({"busy-seconds"}, set()),
    "500 once": ({"error-500"}, set()),
    "a huge answer": ({"huge"}, {"HRV-JPS-PAGE", "HRV-JPS-SCROLL"}),
}
LOSING = {"HRV-JPS-GAP", "HRV-JPS-BEYOND"}


@pytest.mark.parametrize("name", SCROLL_FAULTS)
def test_faults_of_a_scroll(bench: Bench, name: str) -> None:
    faults, codes = SCROLL_FAULTS[name]
    outcome = bench.harvest(small(faults=faults, at=3, stateful="stateless" not in faults), size=10)
    assert set(outcome.instances) == codes
    assert outcome.complete
    assert outcome.requests < 60
    if codes & LOSING:
        assert outcome.exit_code() == 1
        assert outcome.gaps >= 45 - len(bench.contents())
        assert bench.harvest(small()).exit_code() == 0
    else:
        assert (outcome.gaps, outcome.exit_code()) == (0, 0)
    assert bench.contents() == expected(ITEMS)


def test_at_least_twenty_five_faults() -> None:
    assert len(SEARCH_FAULTS) + len(SCROLL_FAULTS) >= 25


# ── Faults that lose something, and servers that stop ────────────────────────────────────────────


def test_one_record_cannot_be_had_and_no_other_is_lost(bench: Bench) -> None:
    outcome = bench.harvest(Api(ITEMS, {"poison"}, at=23), size=20)
    assert bench.contents() == expected([record for record in ITEMS if record["id"] != "kakuu_db-23"])
    assert (outcome.instances["HRV-JPS-RECORD"], outcome.gaps, outcome.exit_code()) == (1, 1, 1)
    assert [issue.value for issue in outcome.issues if issue.code == "HRV-JPS-RECORD"] == ["23"]
    assert bench.harvest(Api(ITEMS)).exit_code() == 0
    assert bench.contents() == expected(ITEMS)


@pytest.mark.parametrize("stateful", [True, False])
def test_a_record_that_cannot_be_had_by_scroll(bench: Bench, *, stateful: bool) -> None:
    outcome = bench.harvest(small(faults={"poison"}, at=23, stateful=stateful), size=10)
    assert outcome.complete
    assert set(outcome.instances) >= {"HRV-JPS-GAP", "HRV-JPS-SHORT" if stateful else "HRV-JPS-SCROLL"}
    assert set(bench.contents()) >= {record["id"] for record in ITEMS[:30]} - {"kakuu_db-23"}
    assert outcome.gaps == 45 - len(bench.contents())
    assert bench.harvest(small()).exit_code() == 0
    assert bench.contents() == expected(ITEMS)


@pytest.mark.parametrize("fault", ["nameless", "odd-record"])
def test_records_without_id_are_told(bench: Bench, fault: str) -> None:
    outcome = bench.harvest(Api(ITEMS, {fault}, at=3), size=20)
    assert set(bench.contents()) >= {record["id"] for record in ITEMS} - {"kakuu_db-3"}
    assert outcome.instances["HRV-JPS-NAMELESS"] == 1
    assert outcome.exit_code() == 1


@pytest.mark.parametrize("fault", ["goes-down", "goes-html", "forbidden", "left-alone"])
@pytest.mark.parametrize("way", ["search", "scroll"])
def test_a_server_that_stops_can_be_gone_on_with(bench: Bench, fault: str, way: str) -> None:
    make = small if way == "scroll" else Api
    api = make(ITEMS, {fault}, at=4 if way == "scroll" else 2)
    outcome = bench.harvest(api, size=10)
    assert (outcome.complete, outcome.exit_code()) == (False, 3)
    assert outcome.stopped is not None
    assert outcome.stopped.ja
    assert not {"HRV-JPS-GAP", "HRV-JPS-RECORD"} & set(outcome.instances)
    there = set(bench.contents())
    assert there == {record["id"] for record in ITEMS[: 20 if way == "scroll" else 10]}
    sound = make(ITEMS)
    sound.scrolls = api.scrolls
    again = bench.harvest(sound, size=10)
    assert again.resumed
    assert (again.complete, again.counts.total, again.gaps) == (True, 45, 0)
    assert bench.contents() == expected(ITEMS)
    assert len(sound.log) == 4


def test_an_expired_scroll_is_begun_again_without_duplicates(bench: Bench) -> None:
    bench.harvest(small(faults={"left-alone"}, at=4), size=10)
    outcome = bench.harvest(small(), size=10)  # another server: it knows no scrollId
    assert outcome.resumed
    assert outcome.instances == {"HRV-JPS-SCROLL": 1}
    assert (outcome.counts.new, outcome.counts.total) == (45, 45)
    assert bench.contents() == expected(ITEMS)


def test_how_long_a_server_wants_to_be_left_alone(bench: Bench) -> None:
    outcome = bench.harvest(Api(ITEMS, {"left-alone"}), size=10)
    assert outcome.stopped is not None
    assert (outcome.stopped.kind, bool(outcome.stopped.again)) == ("postponed", True)
    bench.harvest(Api(ITEMS, {"busy-seconds"}), size=10)
    assert bench.slept == [7.0]


def test_nobody_there(bench: Bench) -> None:
    outcome = bench.ask("http://127.0.0.1:9/api")
    assert outcome.exit_code() == 3
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "unreachable"


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_no_api_there(bench: Bench, path: str) -> None:
    api = Api(ITEMS, set() if path else {"html-all"})
    with serving(api) as address, pytest.raises(UsageError, match="no answer of Japan Search"):
        bench.ask(address + path)
    assert bench.harvest(Api(ITEMS)).instances == {}


def test_a_full_disk_leaves_a_whole_store(bench: Bench) -> None:
    from sqlalchemy import event

    size = bench.store.stored_bytes // 4096

    def no_room(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {size + 4}").close()

    event.listen(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    records = [
        item(number, description="".join(chr(0x4E00 + number * 37 % 20000 + n) for n in range(2000)))
        for number in range(1, 46)
    ]
    with pytest.raises(RunError, match="disk is full"):
        bench.harvest(Api(records), size=10)
    event.remove(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    assert bench.harvest(Api(records), size=10).complete
    assert bench.contents() == expected(records)


def test_a_second_harvest_at_the_same_time_is_refused(bench: Bench) -> None:
    api = Api(ITEMS)
    with alone(bench.store, "japansearch"), pytest.raises(UsageError, match="another process"):
        bench.harvest(api)
    assert not api.log


def test_a_source_of_another_kind_is_not_written_into(bench: Bench) -> None:
    from convert.store.records import source_id

    with bench.store.writing() as connection:
        source_id(connection, "japansearch", "oai")
    api = Api(ITEMS)
    with pytest.raises(UsageError, match="--source"):
        bench.harvest(api)
    assert not api.log


def test_a_count_that_is_too_low_ends_nothing(bench: Bench) -> None:
    records = items(400)
    outcome = bench.harvest(small(records, {"low-hit"}), size=10)
    assert bench.contents() == expected(records)
    assert outcome.exit_code() == 0


def test_a_loop_that_never_gives_the_same_page(bench: Bench) -> None:
    outcome = bench.harvest(small(faults={"shuffles"}), size=10)
    assert set(outcome.instances) == {"HRV-JPS-LOOP"}
    assert bench.contents() == expected(ITEMS)
    assert outcome.requests < 200


class _Stop(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize("way", ["search", "scroll"])
def test_what_was_broken_off_goes_on(bench: Bench, after: int, way: str) -> None:
    """Ended without a word before any request, it asks for nothing twice."""
    api = small() if way == "scroll" else Api(ITEMS)
    with serving(api) as address:
        with Web(MANNERS, sleep=bench.slept.append) as web:

            def count() -> None:
                if web.requests >= after:
                    raise _Stop

            web.before = count
            with pytest.raises(_Stop):
                Harvest(bench.store, web, Request(ALL, address, size=10, reach=api.reach)).run()
        outcome = bench.ask(address, size=10, reach=api.reach)
    assert bench.contents() == expected(ITEMS)
    assert (outcome.resumed, outcome.counts.total, outcome.instances) == (True, 45, {})
    assert len(api.log) == (7 if way == "scroll" else 5)


SOFT = sorted(set(ONE_PAGE) - {"huge", "deep", "busy-plain", "error-500"})


@pytest.mark.parametrize("seed", range(8))
def test_killed_anywhere_under_random_faults_it_comes_to_the_same(bench: Bench, seed: int) -> None:
    """Faults at random pages, ended at random requests, gone on with until it is done."""
    chance = random.Random(seed)  # noqa: S311
    way = small if seed % 2 else Api
    api = way(ITEMS, stateful=bool(seed % 4 < 2))
    with serving(api) as address:
        for attempt in range(40):
            api.faults, api.counts = set(chance.sample(SOFT, 2)), {}
            api.at, end = api.pages + chance.randint(1, 3), chance.randint(1, 4)
            with Web(MANNERS, sleep=bench.slept.append) as web:

                def count(web: Web = web, end: int = end) -> None:
                    if web.requests >= end:
                        raise _Stop

                web.before = count if attempt < 30 else None
                try:
                    outcome = Harvest(bench.store, web, Request(ALL, address, size=10, reach=api.reach)).run()
                except _Stop:
                    continue
            if outcome.complete:
                break
    assert outcome.complete
    assert bench.contents() == expected(ITEMS)
    assert (outcome.gaps, outcome.counts.total) == (0, 45)


def test_into_postgresql(postgresql: str, says_all: Callable[[Any], None]) -> None:
    bench = Bench(Place(postgresql), says_all)
    query = query_of("items", filters=[("f-db", "kakuu_db")])
    bench.harvest(Api(ITEMS, {"half-page"}), query, size=20)
    assert bench.contents() == expected(ITEMS)
    assert bench.harvest(Api(ITEMS[2:]), query, missing_deleted=True).counts.deleted == 2
    bench.store.close()


def test_another_search_in_between_begins_it_again(bench: Bench) -> None:
    bench.harvest(Api(ITEMS, {"left-alone"}, at=3), size=10)
    bench.harvest(Api(ITEMS), query_of("items", keywords=["図 4"]))
    outcome = bench.harvest(Api(ITEMS), size=10)
    assert set(outcome.instances) == {"HRV-JPS-BETWEEN"}
    assert (outcome.gaps, len(bench.contents())) == (0, 45)


def test_another_address_for_the_same_search(bench: Bench) -> None:
    with serving(Api(ITEMS)) as one, serving(Api(ITEMS)) as other:
        bench.ask(one)
        request = Request(ALL, other)
        with Web(MANNERS, sleep=bench.slept.append) as web:
            assert [issue.code for issue in Harvest(bench.store, web, request).run().issues] == ["HRV-JPS-ADDRESS"]


def test_the_sink_is_given_every_record_once(bench: Bench) -> None:
    given: list[Incoming] = []
    bench.harvest(Api(ITEMS, {"overlap"}), size=20, sink=given.extend)
    assert sorted(record.identifier for record in given) == sorted(record["id"] for record in ITEMS)
    assert {json.loads(record.payload or b"")["id"]: json.loads(record.payload or b"") for record in given} == expected(
        ITEMS
    )


def test_the_log_holds_no_secrets(bench: Bench) -> None:
    with serving(Api(ITEMS)) as address:
        bench.ask(address.replace("http://", "http://kakuu:himitsu@"))
    with bench.store.reading() as connection:
        told = [*connection.exec_driver_sql("SELECT request FROM fetches").scalars()]
        told += [*connection.exec_driver_sql("SELECT address FROM sources").scalars()]
        told += [*connection.exec_driver_sql("SELECT state FROM harvests").scalars()]
        records = [*connection.exec_driver_sql("SELECT records FROM fetches").scalars()]
    assert (len(told), records) == (3, [45])
    assert "himitsu" not in " ".join(told)


def test_the_state_stays_small(bench: Bench) -> None:
    bench.harvest(small(items(400)), size=10)
    with bench.store.reading() as connection:
        state = connection.exec_driver_sql("SELECT length(state) FROM harvests").scalar_one()
    assert (len(bench.contents()), state < 5000) == (400, True)


# ── What is refused before the first request ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"keywords": [" "]}, "expects a word"),
        ({"keywords": ["-"]}, "expects a word"),
        ({"keywords": ["a" * 1001]}, "at most 1,000"),
        ({"any_of": ["a"], "keywords": ["b"]}, "every word"),
        ({"any_of": ["a"], "without": ["b"]}, "every word"),
        ({"keywords": ["+a", "b"]}, "every word"),
        ({"filters": [("f-rights", "cc-by")]}, "did you mean ccby"),
        ({"filters": [("f-rights", "-various")]}, "expects one of cc0, pdm"),
        ({"filters": [("f-db", "a-b")]}, "id of a database"),
        ({"filters": [("f-type", "地図")]}, "a code"),
        ({"filters": [("fc-db", "x y")]}, "a code"),
        ({"filters": [("r-tempo", "1868,1603")]}, "earlier one first"),
        ({"filters": [("r-tempo", "江戸")]}, "two years"),
        ({"filters": [("r-tempo", "1,2"), ("r-tempo", "1,3")]}, "only once"),
        ({"filters": [("g-coordinates", "91,0,1km")]}, "latitude"),
        ({"filters": [("g-coordinates", "35,139,10")]}, "10km"),
        ({"filters": [("g-coordinates", "35,139,0km")]}, "10km"),
        ({"filters": [("image", "x")]}, "id of an item"),
        ({"filters": [("exists", "a b")]}, "common.description"),
        ({"filters": [("sort", "date")]}, "rand, new, old"),
        ({"filters": [("f-dbs", "x")]}, "did you mean f-db"),
        ({"theme": "a/b"}, "theme"),
    ],
)
def test_wrong_searches(given: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        query_of("items", **given)


def test_other_kinds_take_keywords_alone() -> None:
    with pytest.raises(OptionError, match="galleries take keyword"):
        query_of("galleries", filters=[("f-rights", "cc0")])
    with pytest.raises(OptionError, match="for items"):
        query_of("galleries", theme="exhib-default")


@pytest.mark.parametrize(
    "more",
    [
        {"size": 0}, {"size": 501}, {"start": -1}, {"start": 1949, "size": 500}, {"start": 2000, "size": 1},
        {"limit": 0},
        {"missing_deleted": True, "limit": 5}, {"missing_deleted": True, "start": 0}, {"if_updated": True},
    ],
)  # fmt: skip
def test_wrong_windows(more: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Request(**{"query": ALL, **more})


def test_the_window_that_just_fits() -> None:
    assert Request(ALL, start=1500, size=500).start == 1500


def test_too_long_a_search() -> None:
    with pytest.raises(UsageError, match="7,000"):
        Request(query_of("items", keywords=["あ" * 1000]))


@pytest.mark.parametrize("address", ["ftp://example.jp/api", "example.jp", "http://a b/"])
def test_wrong_addresses(address: str) -> None:
    with pytest.raises(UsageError, match="URL"):
        Request(ALL, address)


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────

PAGES = {
    "https://jpsearch.go.jp/csearch/jps-cross?csid=jps-cross&keyword=印象派&keyword=-セザンヌ": (
        "items", "items keyword=-セザンヌ keyword=印象派",
    ),
    "https://jpsearch.go.jp/csearch/jps-cross?csid=jps-cross&keyword=%2B印象派&keyword=%2Bセザンヌ": (
        "items", "items keyword=+セザンヌ keyword=+印象派",
    ),
    "https://jpsearch.go.jp/api/item/search/jps-cross?f-db=bunka&r-tempo=1603,1868&size=5": (
        "items", "items f-db=bunka r-tempo=1603,1868",
    ),
    "https://jpsearch.go.jp/api/item/search/exhib-default?keyword=a": ("items", "items theme=exhib-default keyword=a"),
    "https://jpsearch.go.jp/gallery?csid=jps-gallerycs&keyword=浮世絵": ("galleries", "galleries keyword=浮世絵"),
    "https://jpsearch.go.jp/api/curation/search?keyword=浮世絵": ("galleries", "galleries keyword=浮世絵"),
    "https://jpsearch.go.jp/database?keyword=%2Bアジア": ("databases", "databases keyword=+アジア"),
    "https://jpsearch.go.jp/api/organization/search?from=0&size=100": ("organizations", "organizations"),
    "https://jpsearch.go.jp/csearch?keyword=刀剣": ("csearch", "csearch keyword=刀剣"),
    "https://jpsearch.go.jp/api/csearch/search?keyword=刀剣": ("csearch", "csearch keyword=刀剣"),
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_the_search_that_an_address_shows(number: int) -> None:
    address, (kind, name) = list(PAGES.items())[number]
    assert query_from(address, kind).name == name
    with pytest.raises(OptionError, match="use the command"):
        query_from(address, "databases" if kind != "databases" else "items")


# ── Real answers ─────────────────────────────────────────────────────────────────────────────────


def test_real_answers_are_read(shared: Path) -> None:
    folder = shared / "japansearch"
    for name, (hit, identifier) in {
        "item_search_kochizu_facets": (819862, "kochizu_collection-172"),
        "item_search_ukansai_natsume": (9306, "ukansai-R100000114_I000002469_00"),
    }.items():
        page = read_page((folder / "search" / f"{name}.json").read_bytes())
        assert (page.hit, page.start, page.ids, page.nameless, page.scroll) == (hit, 0, [identifier], 0, None)
        whole = json.loads((folder / "search" / f"{name}.json").read_bytes())["list"][0]
        assert json.loads(page.records[0].payload or b"") == whole
        assert page.records[0].sets == (identifier.partition("-")[0],)
    page = read_page((folder / "search" / "item_search_kochizu_facets.json").read_bytes())
    assert page.records[0].datestamp == "2020-09-15T06:11:02Z"


def test_what_a_record_says_of_itself() -> None:
    plain = item(1)
    del plain["common"]["database"]
    gallery = {"id": "kakuu-1", "edit": {"date": 1600150262365}}
    records = [
        plain,
        gallery,
        {"id": "kakuu", "lastDataUpdated": 1600150262365},
        {"id": "x", "lastDataUpdated": "soon"},
    ]
    page = read_page(json.dumps({"list": [*records, {"id": ""}, {"id": 5}, None], "hit": "7"}).encode())
    assert [(record.sets, record.datestamp) for record in page.records] == [
        (("kakuu_db",), "2020-09-15T06:11:02Z"),
        ((), "2020-09-15T06:11:02Z"),
        ((), "2020-09-15T06:11:02Z"),
        ((), None),
    ]
    assert (page.hit, page.length, page.nameless) == (7, 7, 3)


def test_what_cannot_be_written_again() -> None:
    half = read_page(b'{"list":[{"id":"a-1","common":{"title":"\\ud83d"}}],"hit":1}')
    assert json.loads(half.records[0].payload or b"") == {"id": "a-1", "common": {"title": "\ud83d"}}
    with pytest.raises(NotPageError, match="malformed"):
        read_page(b'{"list":[{"id":"a-1","x":1e999}],"hit":1}')


def test_real_objects_go_through_a_harvest(bench: Bench, shared: Path) -> None:
    folder = shared / "japansearch"
    databases = json.loads((folder / "database" / "databases_2026-09-30.json").read_bytes())
    gallery = json.loads((folder / "curation" / "ndl-AN4O17xBagT0OOv.json").read_bytes())
    found = [json.loads(path.read_bytes()) for path in sorted((folder / "items").glob("*.json"))]
    api = Api(found, others={"database": databases, "curation": [gallery]})
    assert bench.harvest(api).counts.new == 2
    assert bench.harvest(api, query_of("databases"), size=10).counts.new == 17
    assert bench.harvest(api, query_of("galleries")).counts.new == 1
    assert bench.contents() == expected(found)
    assert bench.contents(prefix="databases") == expected(databases)
    assert bench.contents(prefix="galleries") == expected([gallery])
