"""Harvesting OAI-PMH repositories that keep the rules and that break them, over real HTTP on loopback."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from convert.errors import OptionError, RunError, UsageError
from convert.harvest.oai.plan import Dialect, Request
from convert.harvest.web import Manners, Web
from convert.store.base import Store, open_store
from convert.store.lock import alone
from convert.store.place import Place, Selection
from convert.store.reading import stored
from tests.oai_server import Item, Repository, items, payload, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from convert.harvest.outcome import Outcome

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.harvest.oai.run import Harvest

MANNERS = Manners(rate=0, timeout=1, retries=2, patience=100, most=2_000_000)


class Bench:
    """A store, and a clock that only moves when somebody sleeps."""

    def __init__(self, place: Place, says_all: Callable[[Any], None]) -> None:
        self.store: Store = open_store(place, create=True)
        self.says_all = says_all
        self.slept: list[float] = []

    def harvest(self, repository: Repository, *, manners: Manners = MANNERS, **more: Any) -> Outcome:
        with serving(repository) as address:
            return self.ask(address, manners=manners, **more)

    def ask(self, address: str, *, manners: Manners = MANNERS, **more: Any) -> Outcome:
        request = Request(address, "架空図書館", more.pop("prefix", "onix"), **more)
        with Web(manners, sleep=self.slept.append) as web:
            outcome = Harvest(self.store, web, request).run()
        for issue in outcome.issues:
            self.says_all(issue)
        outcome.instances.pop("HRV-ADDRESS", None)  # every server has a port of its own
        return outcome

    def contents(self) -> dict[str, tuple[str | None, bool, str]]:
        with self.store.reading() as connection:
            return {
                record.identifier: (record.datestamp, record.deleted, (record.payload() or b"").decode())
                for record in stored(connection, Selection())
            }


def expected(records: list[Item], *, day: bool = False) -> dict[str, tuple[str, bool, str]]:
    return {
        item.identifier: (
            item.datestamp[:10] if day else item.datestamp,
            item.deleted,
            "" if item.deleted else payload(item),
        )
        for item in records
    }


@pytest.fixture
def bench(tmp_path: Path, says_all: Callable[[Any], None]) -> Iterator[Bench]:
    made = Bench(Place(str(tmp_path / "h.db")), says_all)
    yield made
    made.store.close()


RECORDS = items(45, deleted_every=7)


def verbs(repository: Repository, verb: str = "ListRecords") -> list[dict[str, str]]:
    return [given for given in repository.log if given["verb"] == verb]


# ── A server that keeps the rules ────────────────────────────────────────────────────────────────


def test_a_server_that_spoils_every_page_is_not_asked_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halving down to each second would take millions of requests."""
    monkeypatch.setattr("convert.harvest.oai.run.FRUITLESS", 10)
    repository = Repository(items(20, minutes=60 * 24), {"dtd-all"})
    outcome = bench.harvest(repository)
    assert len(repository.log) < 60
    assert set(outcome.instances) == {"HRV-PAGE", "HRV-GAP"}
    assert outcome.exit_code() == 1
    assert len(verbs(repository, "GetRecord")) == 0
    assert not bench.contents()
    repository.faults = set()
    bench.harvest(repository)
    assert bench.contents() == expected(list(repository.records))


def test_everything_is_stored(bench: Bench) -> None:
    repository = Repository(RECORDS)
    outcome = bench.harvest(repository)
    assert bench.contents() == expected(RECORDS)
    assert (outcome.counts.new, outcome.counts.deleted, outcome.gaps) == (39, 6, 0)
    assert outcome.complete
    assert outcome.exit_code() == 0
    assert not outcome.issues
    assert [sorted(given) for given in repository.log[1:3]] == [["metadataPrefix", "verb"], ["resumptionToken", "verb"]]
    assert len(repository.log) == 6


def test_the_next_time_only_what_is_new(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS))
    changed = [replace(item, title="改題", datestamp="2026-06-01T00:00:00Z") for item in RECORDS[:3]]
    new = [Item("oai:example.jp:new", "2026-06-01T12:00:00Z")]
    gone = [replace(RECORDS[9], deleted=True, datestamp="2026-06-01T00:00:00Z")]
    rest = [*RECORDS[3:9], *RECORDS[10:]]
    repository = Repository([*rest, *gone, *changed, *new])
    outcome = bench.harvest(repository)
    assert verbs(repository)[0]["from"] == "2026-05-31T00:00:00Z"
    assert (outcome.counts.new, outcome.counts.changed, outcome.counts.deleted) == (1, 3, 1)
    assert bench.contents() == expected([*rest, *gone, *changed, *new])


def test_a_third_time_nothing_is_new(bench: Bench) -> None:
    records = items(30, start="2026-05-31T00:00:00Z", minutes=1)
    bench.harvest(Repository(records))
    outcome = bench.harvest(Repository(records))
    assert (outcome.counts.total, outcome.counts.unchanged) == (30, 30)
    later = bench.harvest(Repository(RECORDS))
    assert later.counts.total == 0
    assert later.complete


def test_sets_and_dates(bench: Bench) -> None:
    records = [replace(item, sets=("books:old",) if n % 2 else ("maps",)) for n, item in enumerate(RECORDS)]
    bench.harvest(Repository(records), set="books", since="2026-01-01", until="2026-01-01")
    assert set(bench.contents()) == {
        item.identifier for item in records if item.sets[0] != "maps" and item.datestamp < "2026-01-02"
    }


def test_by_day(bench: Bench) -> None:
    repository = Repository(RECORDS, granularity="YYYY-MM-DD")
    bench.harvest(repository, since="2026-01-01T05:00:00Z", until="2026-01-02")
    assert (verbs(repository)[0]["from"], verbs(repository)[0]["until"]) == ("2026-01-01", "2026-01-02")
    assert bench.contents() == expected([item for item in RECORDS if item.datestamp < "2026-01-03"], day=True)


def test_in_windows(bench: Bench) -> None:
    repository = Repository(RECORDS)
    bench.harvest(repository, since="2026-01-01", span=1)
    assert bench.contents() == expected(RECORDS)
    assert verbs(repository)[0]["until"] == "2026-01-01T23:59:59Z"


def test_everything_again(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS))
    repository = Repository(RECORDS)
    outcome = bench.harvest(repository, full=True)
    assert "from" not in verbs(repository)[0]
    assert outcome.counts.unchanged == 45


def test_what_is_gone_is_marked_as_deleted_where_asked(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, deleted="no"))
    outcome = bench.harvest(Repository(RECORDS[5:], deleted="no"), full=True, missing_deleted=True)
    assert outcome.counts.deleted == 5
    assert [deleted for _, deleted, _ in bench.contents().values()].count(True) == 5 + 6
    assert bench.harvest(Repository(RECORDS[5:], deleted="no")).instances == {"HRV-DELETIONS": 1}


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────

FAULTS: dict[str, tuple[set[str], set[str]]] = {
    # name: (faults of the server, codes that are told); all records are had
    "the last page has no empty token": ({"no-empty-token"}, set()),
    "no completeListSize": ({"no-size"}, set()),
    "no completeListSize, no empty token": ({"no-size", "no-empty-token"}, {"HRV-END"}),
    "a token on the last page, then noRecordsMatch": ({"token-on-last"}, set()),
    "a token on the last page, then an empty list": ({"token-on-last", "end-empty"}, set()),
    "a token on the last page, then badResumptionToken": ({"token-on-last", "end-bad-token"}, set()),
    "there are no tokens": ({"token-lost"}, set()),
    "the token is lost after the second page": ({"token-lost-later"}, {"HRV-SHORT"}),
    "the same page for ever": ({"repeat"}, {"HRV-LOOP"}),
    "the same page for ever, no size": ({"repeat", "no-size"}, {"HRV-LOOP"}),
    "three pages in a circle": ({"cycle"}, {"HRV-LOOP"}),
    "500 on the second page, always": ({"error-500"}, {"HRV-PAGE"}),
    "500 on the second page, twice": ({"error-500-passing"}, set()),
    "a token expires once": ({"expired"}, {"HRV-TOKEN"}),
    "every token has expired": ({"always-expired"}, {"HRV-TOKEN"}),
    "an expired token is 404": ({"expired", "expired-404"}, {"HRV-PAGE", "HRV-TOKEN"}),
    "metadataPrefix wanted beside the token": ({"prefix-with-token"}, {"HRV-PREFIX-WITH-TOKEN"}),
    "completeListSize is no number": ({"size-garbled"}, set()),
    "blanks before the declaration": ({"blank-before"}, set()),
    "a program's warning before the declaration": ({"warning-before"}, set()),
    "text behind the answer": ({"text-behind"}, set()),
    "no declaration": ({"no-declaration"}, set()),
    "no namespace": ({"no-namespace"}, set()),
    "no request element": ({"no-request"}, set()),
    "blanks around the token": ({"blank-token"}, set()),
    "a token of special characters": ({"odd-token"}, set()),
    "a token of nine thousand characters": ({"long-token"}, set()),
    "the same token on every page": ({"same-token"}, set()),
    "a web page once": ({"html-once"}, {"HRV-PAGE"}),
    "a web page instead of the second page": ({"html-page"}, {"HRV-PAGE"}),
    "an empty answer once": ({"empty-answer"}, set()),
    "a cut connection": ({"cut-once"}, set()),
    "half a page once": ({"half-page-once"}, set()),
    "a huge answer": ({"huge"}, {"HRV-PAGE"}),
    "a document type": ({"dtd"}, {"HRV-PAGE"}),
    "503 with seconds": ({"busy-seconds"}, set()),
    "503 with a date": ({"busy-date"}, set()),
    "503 with nonsense": ({"busy-garbled"}, set()),
    "a wrong Content-Type": ({"wrong-type"}, set()),
    "a redirection": ({"redirect"}, set()),
    "compressed": ({"gzip"}, set()),
    "pages that overlap": ({"overlapping-pages"}, set()),
    "pages in different orders": ({"shuffled"}, {"HRV-SHORT", "HRV-TWICE"}),
    "pages in different orders, no sizes": ({"shuffled", "no-size"}, {"HRV-TWICE"}),
    "an empty token long before the end": ({"ends-early"}, {"HRV-SHORT"}),
    "a page that answers another question": ({"other-verb"}, {"HRV-PAGE"}),
    "an empty page in between": ({"empty-page"}, set()),
    "an error beside the list": ({"error-beside"}, {"HRV-ERROR-BESIDE"}),
    "Identify is not offered": ({"no-identify"}, {"HRV-IDENTIFY"}),
    "earliestDatestamp is that of the last record": ({"earliest-wrong", "error-500"}, {"HRV-PAGE"}),
    "newest first": ({"newest-first", "error-500"}, {"HRV-PAGE"}),
    "a deleted record with metadata": ({"deleted-with-metadata"}, set()),
    "an empty result is 404": ({"none-404", "error-500"}, {"HRV-PAGE"}),
    "a slow page": ({"slow"}, {"HRV-PAGE"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_that_lose_nothing(bench: Bench, name: str) -> None:
    faults, codes = FAULTS[name]
    outcome = bench.harvest(Repository(RECORDS, faults), until="2026-05-01" if "from" in name else None)
    assert bench.contents() == expected(RECORDS)
    assert set(outcome.instances) == codes
    assert outcome.gaps == 0
    assert outcome.exit_code() == 0


@pytest.mark.parametrize("fault", ["control-character", "bare-ampersand", "unclosed-element", "bad-bytes", "poison"])
def test_one_record_is_lost_and_no_other(bench: Bench, fault: str) -> None:
    at = 23
    outcome = bench.harvest(Repository(RECORDS, {fault}, at=at))
    rest = [item for item in RECORDS if not item.identifier.endswith(f":{at}")]
    assert bench.contents() == expected(rest)
    assert outcome.instances["HRV-RECORD"] == 1
    assert outcome.issues[-1].value == f"oai:example.jp:{at}"
    assert outcome.gaps == 1
    assert outcome.exit_code() == 1
    mended = Repository(RECORDS)
    again = bench.harvest(mended)
    assert bench.contents() == expected(RECORDS)
    assert (again.gaps, again.exit_code()) == (0, 0)
    assert len(verbs(mended, "GetRecord")) == 1


def test_half_pages_are_gone_round(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"half-page"}, at=23))
    assert bench.contents() == expected(RECORDS)
    assert set(outcome.instances) == {"HRV-PAGE"}


def test_a_gap_is_told_and_tried_again(bench: Bench) -> None:
    crowded = [replace(item, datestamp="2026-02-01T00:00:00Z") for item in items(30)]
    outcome = bench.harvest(Repository([*RECORDS, *crowded_apart(crowded)], {"poison", "no-list-identifiers"}, at=1023))
    assert outcome.instances["HRV-GAP"] == 1
    assert outcome.exit_code() == 1
    assert set(bench.contents()) >= {item.identifier for item in RECORDS}
    again = bench.harvest(Repository([*RECORDS, *crowded_apart(crowded)]))
    assert again.gaps == 0
    assert set(bench.contents()) == {item.identifier for item in (*RECORDS, *crowded_apart(crowded))}


def crowded_apart(records: list[Item]) -> list[Item]:
    return [replace(item, identifier=f"oai:example.jp:{1000 + n}") for n, item in enumerate(records, start=1)]


def test_many_records_of_one_second_behind_a_bad_page(bench: Bench) -> None:
    """What windows cannot part is fetched one by one."""
    records = [replace(item, datestamp="2026-02-01T00:00:00Z") for item in items(40)]
    outcome = bench.harvest(Repository(records, {"poison"}, at=15))
    assert set(bench.contents()) == {item.identifier for item in records} - {"oai:example.jp:15"}
    assert outcome.gaps == 1


def test_datestamps_without_hyphens(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"datestamps-garbled"}))
    assert bench.contents() == expected(RECORDS, day=True)
    assert outcome.instances == {"HRV-DATESTAMP": 45}
    assert len(outcome.issues) == 20


def test_a_record_without_content_is_stored_so(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"empty-metadata"}, at=3))
    assert bench.contents()["oai:example.jp:3"] == (RECORDS[2].datestamp, False, "")
    assert outcome.instances == {"HRV-EMPTY": 1}


def test_a_record_without_identifier_is_told(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"no-identifier"}, at=3))
    assert len(bench.contents()) == 44
    assert outcome.instances == {"HRV-RECORD": 1}


def test_seconds_that_are_declared_and_refused(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"seconds-refused"}), since="2026-01-02T12:00:00Z")
    assert bench.contents() == expected([item for item in RECORDS if item.datestamp >= "2026-01-02"])
    assert set(outcome.instances) == {"HRV-GRANULARITY"}


def test_a_server_that_ignores_until(bench: Bench) -> None:
    records = items(45, minutes=24 * 60)
    outcome = bench.harvest(Repository(records, {"ignores-until"}), until="2026-01-20")
    assert all(stamp is not None and stamp < "2026-01-22" for stamp, _, _ in bench.contents().values())
    assert set(outcome.instances) == {"HRV-UNTIL", "HRV-OUTSIDE"}


def test_a_server_that_ignores_until_and_has_a_bad_page(bench: Bench) -> None:
    records = items(45, minutes=24 * 60)
    repository = Repository(records, {"ignores-until", "poison"}, at=15)
    outcome = bench.harvest(repository, since="2026-01-01")
    assert bench.contents() == expected([item for item in records if not item.identifier.endswith(":15")])
    assert (outcome.gaps, outcome.instances["HRV-RECORD"]) == (1, 1)
    assert len(repository.log) < 150


def test_a_server_that_ignores_from(bench: Bench) -> None:
    records = items(45, minutes=24 * 60)
    bench.harvest(Repository(records))
    outcome = bench.harvest(Repository(records, {"ignores-from"}))
    assert set(outcome.instances) == {"HRV-FROM"}
    assert outcome.counts.unchanged == 45


def test_deleted_records_older_than_the_earliest(bench: Bench) -> None:
    old = [Item("oai:example.jp:old", "1999-01-01T00:00:00Z", deleted=True)]
    bench.harvest(Repository([*old, *RECORDS], {"earliest-wrong", "error-500"}))
    assert bench.contents() == expected([*old, *RECORDS])


def test_an_endless_identifier_is_no_record(bench: Bench) -> None:
    outcome = bench.harvest(Repository([*RECORDS, Item("x" * 5000, "2026-02-01T00:00:00Z")]))
    assert bench.contents() == expected(RECORDS)
    assert outcome.instances == {"HRV-RECORD": 1}


def test_a_dialect_with_dates_and_without_identify(bench: Bench) -> None:
    """Both dates in every list, windows of a year, 404 for nothing: as some services want it."""
    repository = Repository(RECORDS, {"no-identify", "bare-404"}, granularity="YYYY-MM-DD")
    with serving(repository) as address, Web(MANNERS, sleep=bench.slept.append) as web:
        dialect = Dialect(identify=False, none=frozenset({404}), dated=True, earliest="2024-06-01")
        outcome = Harvest(bench.store, web, Request(address, "a", "onix", span=365), dialect=dialect).run()
    assert outcome.complete
    assert not outcome.instances
    assert bench.contents() == expected(RECORDS, day=True)
    first = [given for given in repository.log if "from" in given]
    assert (first[0]["from"], first[0]["until"]) == ("2024-06-01", "2025-05-31")
    assert all("until" in given for given in first)
    assert not verbs(repository, "Identify")


# ── Waiting and stopping ─────────────────────────────────────────────────────────────────────────


def test_retry_after_is_waited_for(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, {"busy-seconds"}))
    assert bench.slept == [7.0, 7.0]


def test_a_date_in_retry_after(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, {"busy-date"}))
    assert len(bench.slept) == 1
    assert 20 < bench.slept[0] <= 30


def test_the_wait_grows(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, {"error-500-passing"}))
    first, second = bench.slept
    assert 1.5 <= first <= 2.5
    assert 3 <= second <= 5


def test_a_server_that_wants_to_be_left_alone(bench: Bench) -> None:
    repository = Repository(RECORDS, {"too-many"})
    outcome = bench.harvest(repository)
    assert outcome.exit_code() == 3
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "postponed"
    assert outcome.stopped.again is not None
    assert len(bench.contents()) == 20
    after = bench.harvest(resumed := Repository(RECORDS))
    assert after.resumed
    assert after.complete
    assert bench.contents() == expected(RECORDS)
    assert len(verbs(resumed)) == 3  # what was there is not asked for again


def test_a_server_that_goes_down(bench: Bench) -> None:
    outcome = bench.harvest(Repository(RECORDS, {"maintenance"}))
    assert outcome.exit_code() == 3
    assert not outcome.instances.get("HRV-GAP")
    assert len(bench.contents()) == 10
    assert bench.harvest(Repository(RECORDS)).complete
    assert bench.contents() == expected(RECORDS)


def test_nobody_there(bench: Bench) -> None:
    outcome = bench.ask("http://127.0.0.1:9/oai")
    assert outcome.exit_code() == 3
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "unreachable"


def test_no_oai_there(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no OAI-PMH"):
        bench.harvest(Repository(RECORDS, {"html-everything"}))


@pytest.mark.parametrize("more", [{"prefix": "dcndl"}, {"since": "2026-01-01", "prefix": "nix"}])
def test_what_the_server_refuses_is_told_with_what_it_has(bench: Bench, more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="oai_dc, onix"):
        bench.harvest(Repository(RECORDS), **more)
    assert bench.harvest(Repository(RECORDS)).complete


@pytest.mark.parametrize(
    "more",
    [
        {"since": "yesterday"},
        {"until": "2026-13-01"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"set": "a", "missing_deleted": True},
    ],
)
def test_wrong_arguments_are_refused_before_the_first_request(bench: Bench, more: dict[str, Any]) -> None:
    repository = Repository(RECORDS)
    with pytest.raises(OptionError):
        bench.harvest(repository, **more)
    assert not repository.log


@pytest.mark.parametrize("address", ["ftp://example.jp/oai", "example.jp", "http://", "http://a b/", "http://a:x/"])
def test_wrong_addresses(address: str) -> None:
    with pytest.raises(UsageError, match="URL"):
        Request(address, "a", "b")


def test_another_address_for_the_same_source(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS))
    outcome = bench.harvest(Repository(RECORDS))
    assert [issue.code for issue in outcome.issues] == ["HRV-ADDRESS"]


# ── Going on ─────────────────────────────────────────────────────────────────────────────────────


def test_a_second_harvest_at_the_same_time_is_refused(bench: Bench) -> None:
    with alone(bench.store, "架空図書館"), pytest.raises(UsageError, match="another process"):
        bench.harvest(Repository(RECORDS))


class _Stop(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_what_was_broken_off_goes_on(bench: Bench, after: int) -> None:
    """Ended without a word after any request, it asks for nothing twice."""
    first = Repository(RECORDS)
    with serving(first) as address:

        def count() -> None:
            if web.requests >= after:
                raise _Stop

        with Web(MANNERS, sleep=bench.slept.append) as web:
            web.before = count
            with pytest.raises(_Stop):
                Harvest(bench.store, web, Request(address, "架空図書館", "onix")).run()
    second = Repository(RECORDS)
    outcome = bench.harvest(second)
    assert bench.contents() == expected(RECORDS)
    assert outcome.counts.total == 45
    assert len(verbs(first)) + len(verbs(second)) == 5


def test_a_full_harvest_goes_on_as_such(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, deleted="no"))
    cut = bench.harvest(Repository(RECORDS[3:], {"too-many"}, deleted="no"), full=True, missing_deleted=True)
    assert cut.exit_code() == 3
    second = Repository(RECORDS[3:], deleted="no")
    outcome = bench.harvest(second, full=True, missing_deleted=True)
    assert outcome.resumed
    assert len(verbs(second)) == 3
    assert outcome.counts.deleted == 3


def test_restarting_forgets_what_was_broken_off(bench: Bench) -> None:
    bench.harvest(Repository(RECORDS, {"too-many"}))
    repository = Repository(RECORDS)
    assert not bench.harvest(repository, restart=True).resumed
    assert len(verbs(repository)) == 5


def test_a_full_disk_leaves_a_whole_store(bench: Bench) -> None:
    size = bench.store.stored_bytes // 4096

    def no_room(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {size + 4}").close()

    from sqlalchemy import event

    event.listen(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    records = [replace(item, title=os.urandom(1500).hex()) for item in RECORDS]
    with pytest.raises(RunError, match="disk is full"):
        bench.harvest(Repository(records))
    event.remove(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    assert bench.harvest(Repository(records)).complete
    assert bench.contents() == expected(records)


def test_the_log_holds_no_secrets(bench: Bench) -> None:
    repository = Repository(RECORDS)
    with serving(repository) as address:
        secret = address.replace("http://", "http://kakuu:himitsu@") + "?api_key=himitsu"
        with pytest.raises(UsageError, match="badArgument") as caught:
            bench.ask(secret)
    with bench.store.reading() as connection:
        told = [*connection.exec_driver_sql("SELECT request FROM fetches").scalars()]
        told += [*connection.exec_driver_sql("SELECT address FROM sources").scalars()]
        told += [*connection.exec_driver_sql("SELECT state FROM harvests").scalars()]
    assert len(told) >= 3
    assert "himitsu" not in " ".join([*told, str(caught.value)])


def test_into_postgresql(postgresql: str, says_all: Callable[[Any], None]) -> None:
    bench = Bench(Place(postgresql), says_all)
    bench.harvest(Repository(RECORDS, {"half-page"}, at=23))
    assert bench.contents() == expected(RECORDS)
    assert bench.harvest(Repository(RECORDS), full=True).counts.unchanged == 45
    bench.store.close()


def test_a_long_list_in_a_loop_of_many_pages(bench: Bench) -> None:
    """A store of constant size goes with a list of any length."""
    records = items(1500, minutes=1)
    bench.harvest(Repository(records, page=10))
    assert len(bench.contents()) == 1500
    with bench.store.reading() as connection:
        state = connection.exec_driver_sql("SELECT length(state) FROM harvests").scalar_one()
    assert state < 5000
