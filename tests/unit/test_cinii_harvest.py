"""Harvesting holdings from a server that keeps to its description and from one that does not, over real HTTP."""

from __future__ import annotations

import json
import logging
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from convert.errors import OptionError, RunError, UnknownName, UsageError
from convert.harvest.cinii.query import PARAMETERS, check_ncid, check_parameters, endpoint, prefix_of, secret
from convert.harvest.web import Manners, Web
from convert.store.base import Store, open_store
from convert.store.lock import alone
from convert.store.place import Place, Selection
from tests.cinii_server import BODIES, FAULTS, Page, Service, as_json, collection, holders, ncid, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from convert.harvest.cinii.keeping import HoldingsOutcome

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.harvest.cinii.run import Harvest, Request, unasked
from convert.harvest.cinii.saved import keep_saved
from convert.store.reading import stored
from convert.store.tables import fetches

MANNERS = Manners(rate=0, timeout=20, whole=30, retries=1, patience=100, most=200_000)
IMPATIENT = Manners(rate=0, timeout=0.4, whole=0.6, retries=4, patience=100, most=200_000)
"""For what takes its time; on a busy machine others may need another try."""
SLOW = ("slow", "silent")
BOOKS = collection(6)
NUMBERS = list(BOOKS)
SECRET = "himitsu-9999"  # noqa: S105 - synthetic


class Bench:
    """A store, and waits that take no time."""

    def __init__(self, place: Place, says_all: Callable[[Any], None]) -> None:
        self.store: Store = open_store(place, create=True)
        self.says_all = says_all
        self.slept: list[float] = []

    def harvest(self, service: Service, ncids: Sequence[str] = NUMBERS, **more: Any) -> HoldingsOutcome:
        with serving(service) as base:
            return self.ask(endpoint("books", base), ncids, **more)

    def ask(
        self, address: str, ncids: Sequence[str] = NUMBERS, *, manners: Manners = MANNERS, appid: str | None = None,
        **more: Any,
    ) -> HoldingsOutcome:  # fmt: skip
        with Web(manners, sleep=self.slept.append) as web:
            outcome = Harvest(self.store, web, Request(address, **more), ncids, appid=appid).run()
        for issue in outcome.issues:
            self.says_all(issue)
        return outcome

    def contents(self, prefix: str = "holder") -> dict[str, Any]:
        with self.store.reading() as connection:
            found = stored(connection, Selection(prefix=prefix))
            return {record.identifier: json.loads(record.payload() or b"null") for record in found}

    def whole(self) -> list[tuple[Any, ...]]:
        with self.store.reading() as connection:
            found = stored(connection, Selection())
            return sorted((one.prefix, one.identifier, one.datestamp, one.hash, one.payload()) for one in found)

    def requests(self) -> list[Any]:
        with self.store.reading() as connection:
            return list(connection.execute(fetches.select().order_by(fetches.c.id)))


def expected(books: dict[str, Any] = BOOKS) -> dict[str, Any]:
    return {
        number: {
            "ncid": number,
            "total": len(found),
            "libraries": [
                {"fano": one.fano, "name": one.name, "uri": f"https://ci.nii.ac.jp/library/{one.fano}"} for one in found
            ],
        }
        for number, found in books.items()
    }


@pytest.fixture
def bench(tmp_path: Path, says_all: Callable[[Any], None]) -> Iterator[Bench]:
    made = Bench(Place(str(tmp_path / "c.db")), says_all)
    yield made
    made.store.close()


# ── A server that keeps to its description ───────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["json", "atom", "rss"])
def test_every_form_gives_the_same_store(bench: Bench, form: str) -> None:
    service = Service(BOOKS)
    outcome = bench.harvest(service, form=form)
    assert bench.contents() == expected()
    assert outcome.complete
    assert outcome.exit_code() == 0
    assert (outcome.counts.new, outcome.holdings, outcome.none, outcome.gaps) == (6, 9, 1, 0)
    assert not outcome.issues
    assert [given["format"] for given in service.log] == [form] * 6
    assert [record[2] for record in bench.whole()] == ["2026-04-25T15:04:15Z"] * 6


@pytest.mark.parametrize("service", ["books", "research"])
def test_both_services_have_their_own_path(bench: Bench, service: str) -> None:
    with serving(Service(BOOKS)) as base:
        assert bench.ask(endpoint(service, base)).complete
    assert bench.contents() == expected()
    assert f"{'/books' if service == 'books' else ''}/opensearch/holder?" in bench.requests()[0].request


def test_an_ncid_is_asked_for_once(bench: Bench) -> None:
    service = Service(BOOKS)
    outcome = bench.harvest(service, NUMBERS * 3)
    assert (len(service.log), outcome.wanted) == (6, 6)


def test_what_is_stored_is_not_asked_for_again(bench: Bench) -> None:
    bench.harvest(Service(BOOKS), NUMBERS[:4])
    service = Service(BOOKS)
    outcome = bench.harvest(service)
    assert [given["ncid"] for given in service.log] == NUMBERS[4:]
    assert (outcome.fresh, outcome.counts.new) == (4, 2)
    again = Service(BOOKS)
    assert bench.harvest(again).fresh == 6
    assert again.log == []


def test_what_is_old_is_asked_for_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from convert.harvest.cinii import run

    bench.harvest(Service(BOOKS))
    now = run.clock()
    monkeypatch.setattr(run, "clock", lambda: now + 31 * 86_400)
    assert bench.harvest(Service(BOOKS), max_age=None).fresh == 6
    assert bench.harvest(Service(BOOKS), max_age=60).fresh == 6
    outcome = bench.harvest(Service(BOOKS))
    assert (outcome.fresh, outcome.counts.unchanged) == (0, 6)
    assert bench.harvest(Service(BOOKS)).fresh == 6


def test_refreshing_asks_for_everything_and_sees_what_changed(bench: Bench) -> None:
    bench.harvest(Service(BOOKS))
    changed = BOOKS | {NUMBERS[0]: holders(7, 8)}
    outcome = bench.harvest(Service(changed), refresh=True)
    assert (outcome.counts.changed, outcome.counts.unchanged) == (1, 5)
    assert bench.contents() == expected(changed)


def test_the_order_of_libraries_is_no_change(bench: Bench) -> None:
    bench.harvest(Service(BOOKS))
    turned = {number: found[::-1] for number, found in BOOKS.items()}
    assert bench.harvest(Service(turned), refresh=True).counts.unchanged == 6


def test_parameters_are_sent_and_their_answers_kept_apart(bench: Bench) -> None:
    service = Service(BOOKS)
    outcome = bench.harvest(service, parameters={"year": "2001", "ill": "a", "fano": holders(1)[0].fano.lower()})
    assert outcome.complete
    wanted = {"ill": "A", "fano": holders(1)[0].fano, "year": "2001"}
    assert {name: text for name, text in service.log[0].items() if name not in ("ncid", "format")} == wanted
    kept = bench.contents(prefix_of(wanted))
    assert [len(found["libraries"]) for found in kept.values()] == [1, 1, 1, 0, 1, 1]
    assert kept[NUMBERS[0]]["parameters"] == wanted
    assert bench.contents() == {}
    bench.harvest(Service(BOOKS))
    assert bench.contents() == expected()


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_reaches_the_server(bench: Bench, name: str) -> None:
    value = (*PARAMETERS[name].values, "FA001120")[0]
    service = Service(BOOKS)
    bench.harvest(service, NUMBERS[:1], parameters={name: value})
    assert service.log == [{"ncid": NUMBERS[0], name: value, "format": "json"}]


# ── Wrong questions ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ill": "B"}, "expects one of A, N"),
        ({"ill_copys": "X"}, "expects one of A, C, N"),
        ({"cont": "2"}, "expects one of 0, 1"),
        ({"fano": "FA1"}, "FA001120"),
        ({"fano": ""}, "FA001120"),
        ({"year": " "}, "expects a value"),
        ({"year": "1999-2001, 2003-2005 und so"}, "expects one year"),
        ({"vol": "1\n2"}, "expects one year"),
    ],
)
def test_values_nobody_takes_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        check_parameters(given)
    with pytest.raises(OptionError):
        Request("http://127.0.0.1:9/", parameters=given)


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'ill_copys'") as caught:
        check_parameters({"ill_copy": "A"})
    assert caught.value.ja


@pytest.mark.parametrize("value", ["", "BA1", "BA8373964", "BA83739643X", "1234567890", "架空"])
def test_what_is_no_ncid_is_refused(value: str) -> None:
    with pytest.raises(OptionError, match="two letters, seven digits"):
        check_ncid(value)


@pytest.mark.parametrize("base", ["ftp://example.jp", "example.jp", "http://", "http://example.jp/?appid=himitsu"])
def test_addresses_that_cannot_be_asked(base: str) -> None:
    with pytest.raises(UsageError) as caught:
        endpoint("books", base)
    assert "himitsu" not in str(caught.value)


def test_addresses() -> None:
    assert endpoint("research") == "https://cir.nii.ac.jp/opensearch/holder"
    assert endpoint("research", "http://example.jp/") == "http://example.jp/opensearch/holder"
    assert endpoint("books", "http://example.jp/x/holder") == "http://example.jp/x/holder"
    assert endpoint("books", "http://example.jp/books/") == "http://example.jp/books/opensearch/holder"
    assert endpoint("research", "http://example.jp/x/opensearch") == "http://example.jp/x/opensearch/holder"
    with pytest.raises(UnknownName, match="research"):
        endpoint("reserch")


# ── Servers that break ───────────────────────────────────────────────────────────────────────────

STOPS = ("403", "401", "redirect-ftp")
LOST = ("404", "400-xml", "error-200", "error-json", "json-list", "dtd", "other-xml", "endless", "other-ncid",
        "search-hits")  # fmt: skip
TOLD = {"no-fa": "HRV-CINII-FA", "bad-fa": "HRV-CINII-FA-CHECK", "twice": "HRV-CINII-TWICE"}
STAYS = TOLD | {"too-few": "HRV-CINII-TOTAL", "not-libraries": "HRV-CINII-TOTAL"}
HARMLESS = {"redirect-moved", "latin-1", "bom", "blanks-before", "gzip", "http-uris", "list-differs", "other-form",
            "before-2015", "one-object", "flat", "number", "expanded"}  # fmt: skip
"""What is read all the same, without a word (list-differs and latin-1 say nothing in JSON)."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes(bench: Bench, fault: str) -> None:
    """It sits at one request: what can be had is had, and the same command again has the rest."""
    manners = IMPATIENT if fault in SLOW else MANNERS
    outcome = bench.harvest(Service(BOOKS, {fault}, at=(2,)), manners=manners)
    stops = fault in STOPS or fault == "429-long"
    lost = fault in LOST
    assert outcome.complete is not stops
    assert outcome.gaps == lost
    assert set(outcome.instances) == ({"HRV-CINII-GAP"} if lost else {TOLD[fault]} if fault in TOLD else set())
    assert outcome.exit_code() == (3 if stops else int(lost))
    assert len(bench.contents()) == (1 if stops else 5 if lost else 6)
    again = Service(BOOKS)
    after = bench.harvest(again)
    assert after.complete
    assert len(again.log) == 6 - len(bench.contents()) + after.counts.total
    if fault not in STAYS and fault != "http-uris":
        assert bench.contents() == expected()


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("slow", "silent", "endless")])
def test_a_fault_that_stays(bench: Bench, fault: str) -> None:
    """It sits at every request: the server is given up before long, with a word why, and the store is whole."""
    service = Service(BOOKS, {fault})
    outcome = bench.harvest(service)
    for issue in outcome.issues:
        assert issue.value
    if fault in HARMLESS or fault in STAYS:
        assert outcome.complete
        assert set(outcome.instances) == ({STAYS[fault]} if fault in STAYS else set())
        return
    assert not any(found["libraries"] for found in bench.contents().values())
    assert outcome.gaps <= len(NUMBERS)
    if fault == "400-xml":  # what it says of each NCID
        assert outcome.complete
        assert outcome.instances == {"HRV-CINII-GAP": 6}
        return
    if fault in ("sjis", "nul", "search-hits"):  # the fourth book, which no library holds, comes through
        assert (outcome.complete, outcome.gaps) == (True, 5)
        return
    assert not outcome.complete
    assert outcome.exit_code() == 3
    assert outcome.stopped is not None
    assert outcome.stopped.ja
    assert len(service.log) <= 10 + 12 * (fault == "redirect-loop") + 20 * (fault == "redirect-html")
    assert bench.harvest(Service(BOOKS)).complete
    assert bench.contents() == expected()


@pytest.mark.parametrize("fault", ["slow", "silent", "endless"])
def test_one_that_never_ends(bench: Bench, fault: str) -> None:
    outcome = bench.harvest(Service(BOOKS, {fault}), NUMBERS[:1], manners=replace(IMPATIENT, retries=0))
    assert outcome.gaps == 1
    assert outcome.complete
    assert outcome.exit_code() == 1


def test_lists_that_differ_from_the_items(bench: Bench) -> None:
    outcome = bench.harvest(Service(BOOKS, {"list-differs"}), form="rss")
    assert outcome.instances == {"HRV-CINII-LIST": 5}
    assert bench.contents() == expected()


def test_a_wrong_encoding_that_is_utf_8(bench: Bench) -> None:
    outcome = bench.harvest(Service(BOOKS, {"latin-1"}), form="atom")
    assert outcome.instances == {"HRV-CINII-CHARSET": 5}
    assert bench.contents() == expected()


def test_retry_after_is_waited_for(bench: Bench) -> None:
    assert bench.harvest(Service(BOOKS, {"503-seconds"}, at=(2,))).complete
    assert bench.slept == [7.0]
    bench.slept.clear()
    bench.harvest(Service(BOOKS, {"503-date"}, at=(1,)), refresh=True)
    assert 25 < bench.slept[0] <= 30


def test_asked_to_wait_for_long_it_stops(bench: Bench) -> None:
    outcome = bench.harvest(Service(BOOKS, {"429-long"}, at=(3,)))
    assert outcome.stopped is not None
    assert (outcome.stopped.kind, outcome.stopped.again is not None) == ("postponed", True)
    assert len(bench.contents()) == 2


def test_nobody_is_there(bench: Bench) -> None:
    outcome = bench.ask("http://127.0.0.1:9/opensearch/holder")
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "unreachable"
    assert outcome.exit_code() == 3


def test_a_failing_server_does_not_take_away_what_was_had(bench: Bench) -> None:
    bench.harvest(Service(BOOKS))
    outcome = bench.harvest(Service(BOOKS, {"half"}), refresh=True)
    assert not outcome.complete
    assert bench.contents() == expected()


def test_requests_keep_their_distance(bench: Bench) -> None:
    bench.harvest(Service(BOOKS), manners=Manners(rate=1, timeout=20, retries=0))
    assert len(bench.slept) == 5
    assert all(0 < wait <= 1 for wait in bench.slept)


# ── The application id ───────────────────────────────────────────────────────────────────────────


def test_the_application_id_is_sent_and_never_kept(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service(BOOKS, needs_id=SECRET)
    outcome = bench.harvest(service, appid=SECRET)
    assert outcome.complete
    assert {given["appid"] for given in service.log} == {SECRET}
    told = json.dumps(outcome.to_dict()) + repr(outcome) + caplog.text + "".join(capsys.readouterr())
    told += json.dumps([list(row) for row in bench.requests()], default=str)
    assert SECRET not in told
    bench.store.close()
    assert not [path for path in tmp_path.iterdir() if SECRET.encode() in path.read_bytes()]
    assert all("appid=***" in row.request for row in bench.requests())


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_tells_the_application_id(bench: Bench, tmp_path: Path, fault: str) -> None:
    if fault in SLOW:
        pytest.skip("nothing comes that could tell it")
    manners = replace(MANNERS, retries=0)
    outcome = bench.harvest(Service(BOOKS, {fault}), NUMBERS[:2], appid=SECRET, manners=manners)
    told = json.dumps(outcome.to_dict()) + str(outcome.stopped) + str(outcome.stopped and outcome.stopped.ja)
    bench.store.close()
    assert SECRET not in told
    assert not [path for path in tmp_path.iterdir() if SECRET.encode() in path.read_bytes()]


def test_a_server_that_says_the_application_id_itself(bench: Bench, tmp_path: Path) -> None:
    """In an error, and in addresses: nothing of it is kept or told."""
    outcome = bench.harvest(Service(BOOKS, needs_id="other"), appid=SECRET)
    assert outcome.stopped is not None
    assert "CINII_APPID" in str(outcome.stopped)
    echoing = {NUMBERS[0]: [type(holders(1)[0])(f"FA000015?appid={SECRET}&x=1", f"架空図書館 {SECRET}")]}
    assert bench.harvest(Service(echoing), NUMBERS[:1], appid=SECRET).complete
    bench.store.close()
    assert not [path for path in tmp_path.iterdir() if SECRET.encode() in path.read_bytes()]
    assert SECRET not in json.dumps(outcome.to_dict()) + str(outcome.stopped)


def test_an_application_id_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("a b", "himitsu\n\nx", "秘密"):
        monkeypatch.setenv("CINII_APPID", value)
        with pytest.raises(UsageError) as caught:
            secret()
        assert value not in str(caught.value) + str(caught.value.ja)
    monkeypatch.setenv("CINII_APPID", "")
    assert secret() is None


# ── Broken off ───────────────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The process dies here."""


def test_killed_at_random_it_comes_to_the_same(
    bench: Bench, tmp_path: Path, says_all: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, within and after transactions."""
    from convert.harvest.cinii import run

    books = collection(30)
    bench.harvest(Service(books), list(books))
    whole, chance = bench.whole(), random.Random(20261121)  # noqa: S311 - no secret
    other = Bench(Place(str(tmp_path / "killed.db")), says_all)
    left = 0

    def mortal(function: Any) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return function(*arguments, **more)

        return call

    for name in ("put", "note", "save", "source_id"):
        monkeypatch.setattr(run, name, mortal(getattr(run, name)))
    killed, service = 0, Service(books)
    with serving(service) as base:
        for _ in range(25):
            left = chance.randrange(1, 12)
            try:
                other.ask(endpoint("books", base), list(books))
            except Killed:
                killed += 1
        left = 10**6
        assert other.ask(endpoint("books", base), list(books)).complete
    assert killed > 5
    assert other.whole() == whole
    assert len(service.log) <= 30 + killed
    other.store.close()


def test_a_refresh_that_was_broken_off_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from convert.harvest.cinii import run

    bench.harvest(Service(BOOKS))
    now = run.clock()
    monkeypatch.setattr(run, "clock", lambda: now + 100)
    assert not bench.harvest(Service(BOOKS, {"401"}, at=(4,)), refresh=True).complete
    monkeypatch.setattr(run, "clock", lambda: now + 200)
    service = Service(BOOKS)
    outcome = bench.harvest(service, refresh=True)
    assert outcome.resumed
    assert [given["ncid"] for given in service.log] == NUMBERS[3:]
    again = Service(BOOKS)
    bench.harvest(again, refresh=True)
    assert len(again.log) == 6


def test_a_second_run_at_once_is_refused(bench: Bench) -> None:
    with alone(bench.store, "cinii"), pytest.raises(UsageError, match="another process") as caught:
        bench.harvest(Service(BOOKS))
    assert "別の処理" in str(caught.value.ja)
    assert bench.harvest(Service(BOOKS)).complete


def test_a_full_disk_leaves_a_whole_store(bench: Bench) -> None:
    from sqlalchemy import event

    size = bench.store.stored_bytes // 4096

    def no_room(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {size + 2}").close()

    event.listen(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    many = {number: holders(*range(1, 400)) for number in NUMBERS}
    with pytest.raises(RunError, match="disk is full") as caught:
        bench.harvest(Service(many))
    assert caught.value.ja
    event.remove(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    assert bench.harvest(Service(many)).complete
    assert bench.contents() == expected(many)


def test_what_would_be_asked(bench: Bench) -> None:
    request = Request("http://127.0.0.1:9/opensearch/holder")
    assert unasked(None, request, NUMBERS) == NUMBERS
    assert unasked(bench.store, request, NUMBERS) == NUMBERS
    bench.harvest(Service(BOOKS), NUMBERS[:2])
    assert unasked(bench.store, request, NUMBERS) == NUMBERS[2:]
    assert unasked(bench.store, Request(request.address, refresh=True), NUMBERS) == NUMBERS


def test_an_ncid_nobody_has(bench: Bench) -> None:
    number = ncid(4321)
    outcome = bench.harvest(Service(BOOKS), [number])
    assert (outcome.none, outcome.holdings, outcome.issues) == (1, 0, [])
    assert bench.contents() == {number: {"ncid": number, "total": 0, "libraries": []}}


def test_a_store_in_postgresql(postgresql: str, says_all: Callable[[Any], None]) -> None:
    made = Bench(Place(postgresql), says_all)
    assert made.harvest(Service(BOOKS)).complete
    assert made.contents() == expected()
    assert made.harvest(Service(BOOKS)).fresh == 6
    made.store.close()


# ── Saved answers ────────────────────────────────────────────────────────────────────────────────


def test_saved_answers_are_as_fetched_ones(bench: Bench, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    import httpx

    with serving(Service(BOOKS)) as base:
        assert bench.ask(endpoint("books", base)).complete
        files = []
        for place, number in enumerate(NUMBERS):
            form = ("json", "atom", "rss")[place % 3]
            files.append(tmp_path / f"{number}.{form}")
            files[-1].write_bytes(httpx.get(f"{base}/opensearch/holder?ncid={number}&format={form}").content)
        narrow = tmp_path / "narrow"
        narrow.write_bytes(httpx.get(f"{base}/opensearch/holder?ncid={NUMBERS[0]}&format=rss&ill=A").content)
    with open_store(Place(str(tmp_path / "saved.db")), create=True) as store:
        outcome = keep_saved(store, "cinii", [*files, narrow])
        assert (outcome.complete, outcome.gaps, outcome.issues) == (True, 0, [])
        with store.reading() as connection:
            found = sorted((one.prefix, one.identifier, one.payload()) for one in stored(connection, Selection()))
    assert found[:-1] == [(prefix, number, payload) for prefix, number, _, _, payload in bench.whole()]
    assert found[-1][:2] == ("holder?ill=A", NUMBERS[0])


def test_recorded_answers_can_be_put_into_a_store(shared: Path, bench: Bench) -> None:
    files = sorted((shared / "cinii").glob("holder/*.json")) + sorted((shared / "cinii").glob("books/*.rdf"))
    outcome = keep_saved(bench.store, "cinii", files)
    assert (outcome.gaps, outcome.counts.new, outcome.none) == (0, 8, 2)
    assert set(outcome.instances) == {"HRV-CINII-TWICE"}  # libraries that own it twice
    found = bench.contents()
    (item,) = json.loads((shared / "cinii/holder/holder_BA83739643.json").read_bytes())["@graph"][0]["items"]
    library = {"fano": "FA018360", "name": item["title"], "uri": item["@id"]}
    assert found["BA83739643"] == {"ncid": "BA83739643", "total": 1, "libraries": [library]}
    book = (shared / "cinii/books/rdf_BB13942810.rdf").read_text("utf-8")
    assert all(
        f'"{one["opac"].replace("&", "&amp;")}"' in book
        for one in found["BB13942810"]["libraries"][:5]
        if "opac" in one
    )
    assert [len(found[ncid]["libraries"]) for ncid in ("BA85746967", "BB13942810", "BA61636068")] == [50, 68, 0]


@pytest.mark.parametrize("name", ["empty", "html", "half", "error-200", "other-xml", "search-hits", "no-ncid", "none"])
def test_files_that_are_no_answers(bench: Bench, tmp_path: Path, name: str) -> None:
    page = Page("https://ci.nii.ac.jp/books/opensearch/holder", NUMBERS[0], BOOKS[NUMBERS[0]], 1)
    body = as_json(page)
    path = tmp_path / "file"
    if name == "no-ncid":
        body = body.replace(NUMBERS[0].encode(), b"?")
    elif name == "search-hits":
        body = body.replace(b"/library/FA", b"/ncid/BA")
    if name != "none":
        path.write_bytes(BODIES[name](body) if name in BODIES else body)
    outcome = keep_saved(bench.store, "cinii", [path])
    assert outcome.instances == {"HRV-CINII-FILE": 1}
    assert outcome.exit_code() == 1
    assert outcome.issues[0].slots["reason_ja"]
    bench.says_all(outcome.issues[0])
    assert bench.contents() == {}
