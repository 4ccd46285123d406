"""Harvesting JPRO over real HTTP on loopback: servers that keep its contract, and that break it on purpose."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from convert.errors import OptionError, RunError, UsageError
from convert.harvest.jpro.contract import DIALECT, PAGE, SPAN, VERBS, Endpoint, make_request, next_day, today
from convert.harvest.jpro.demo import JPEG, Demo, Entry, entries, product, serving
from convert.harvest.web import Manners
from convert.store.base import Store, open_store
from convert.store.lock import alone
from convert.store.place import Place, Selection
from convert.store.reading import stored
from tests.jpro_server import Faulty, FaultyHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from convert.harvest.outcome import Outcome

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

from convert.harvest.jpro.budget import Budget
from convert.harvest.jpro.harvest import JproHarvest, codes, connect, expected, plan, publishers
from convert.harvest.jpro.images import jpeg_size, wanted
from convert.store.images import kept, path_of

NOON = datetime(2026, 4, 1, 3, tzinfo=UTC).timestamp()  # in Japan
MANNERS = Manners(rate=0, timeout=20, retries=2, patience=100, most=2_000_000)
RECORDS = entries(240)
SINCE = "2024-01-01"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Bench:
    """A store, a clock, and the harvests into it."""

    def __init__(self, place: Place, says_all: Callable[[Any], None], folder: Path | None = None) -> None:
        self.store: Store = open_store(place, create=True)
        self.says_all, self.clock, self.folder = says_all, Clock(), folder
        self.most = 5000
        self.address = ""
        self.last: JproHarvest | None = None

    @contextmanager
    def at(self, demo: Demo) -> Iterator[str]:
        """While the demo is served; every server of a test counts as one contract."""
        with serving(demo, handler=FaultyHandler) as base:
            yield base

    def budget(self, address: str) -> Budget:
        return _OneContract(self.store, address, self.most, self.clock)

    def harvest(self, demo: Demo, **more: Any) -> Outcome:
        with self.at(demo) as base:
            return self.ask(base, **more)

    def ask(
        self,
        base: str,
        *,
        kind: str = "books",
        scope: str = "kikan",
        images: bool = False,
        manners: Manners = MANNERS,
        **more: Any,
    ) -> Outcome:
        endpoint = Endpoint(kind, scope, base)
        more = {"since": SINCE} | more if "ids" not in more else more
        request = make_request(endpoint, now=self.clock(), **more)
        with connect(self.budget(base), manners, sleep=self.clock.sleep, clock=self.clock) as web:
            self.last = JproHarvest(self.store, web, endpoint, request, images=images, folder=self.folder)
            outcome = self.last.run()
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

    def images(self) -> dict[str, bytes]:
        """Every image that is kept, by name."""
        folder = self.folder or self.store.place.text + ".files"
        with self.store.reading() as connection:
            found = [image for entry in RECORDS for image in kept(connection, 1, entry.code)]
        from pathlib import Path

        return {image.name: path_of(Path(folder), image.sha256, ".jpg").read_bytes() for image in found}


class _OneContract(Budget):
    """Servers of a test have ports of their own, and belong to one contract all the same."""

    @property
    def name(self) -> str:
        return "jpro test"


def contents(records: list[Entry], scope: str = "kikan", kind: str = "books") -> dict[str, tuple[str, bool, str]]:
    """What a store should hold."""
    return {
        entry.code: (entry.updated, entry.status == "05", "" if entry.status == "05" else product(entry))
        for entry in records
        if entry.kind == kind and entry.seen(scope, "20260401")
    }


def names_of(records: list[Entry], scope: str = "kikan") -> set[str]:
    """The images that there are."""
    return {
        link for entry in records if entry.seen(scope, "20260401") and entry.status != "05" for _, link in entry.links
    }


@pytest.fixture
def bench(tmp_path: Path, says_all: Callable[[Any], None]) -> Iterator[Bench]:
    made = Bench(Place(str(tmp_path / "j.db")), says_all)
    yield made
    made.store.close()


def lists(demo: Demo) -> list[dict[str, str]]:
    """The first requests of lists."""
    return [given for _, given in demo.log if "from" in given]


# ── The contract: every rule and the tests that prove it ─────────────────────────────────────────

RULES: dict[str, tuple[str, ...]] = {
    "W1": ("test_four_addresses", "test_only_get"),
    "W2": ("test_what_each_scope_shows",),
    "W3": ("test_what_each_scope_shows",),
    "W4": ("test_what_each_scope_shows",),
    "W5": ("test_both_scopes_and_kinds_in_one_store",),
    "W6": ("test_both_scopes_and_kinds_in_one_store",),
    "W7": ("test_no_request_says_who_asks",),
    "W8": ("test_images_are_kept_once",),
    "W10": ("test_only_the_four_verbs", "test_a_refusal_asks_for_nothing_else"),
    "W11": ("test_every_argument_is_one_of_the_contract",),
    "W12": ("test_single_records", "test_wrong_arguments_are_refused_before_the_first_request"),
    "W13": ("test_every_argument_is_one_of_the_contract", "test_wrong_arguments_are_refused_before_the_first_request"),
    "W14": ("test_windows_of_a_year",),
    "W15": ("test_the_next_time_a_day_is_asked_for_again", "test_the_day_is_that_of_japan"),
    "W16": ("test_one_publisher", "test_publishers"),
    "W17": ("test_pages_of_two_hundred",),
    "W18": ("test_exactly_two_hundred", "test_the_token_stands_alone"),
    "W19": ("test_faults_that_lose_nothing",),
    "W20": ("test_codes_alone",),
    "W21": ("test_faults_that_lose_nothing", "test_a_record_that_moves_while_it_is_harvested"),
    "W30": ("test_the_budget_of_a_day", "test_images_count", "test_parallel_runs_share_the_budget"),
    "W31": ("test_what_is_left_is_told_in_records",),
    "W32": ("test_statuses",),
    "W33": ("test_an_empty_result_is_no_fault", "test_single_records", "test_faults_that_lose_nothing"),
    "W34": ("test_statuses", "test_429_ends_the_day", "test_retry_after_binds_every_run", "test_waits_grow"),
    "W35": ("test_every_error_of_the_protocol",),
    "W40": ("test_four_addresses", "test_names_of_images"),
    "W41": ("test_images_are_kept_once", "test_names_of_images"),
    "W42": ("test_images_that_cannot_be_had",),
    "W43": ("test_names_of_images",),
    "W50": ("test_shapes_of_payloads", "test_recorded_answers_of_jpro_in_shape"),
    "W51": ("test_how_deletions_come",),
    "W52": ("test_shapes_of_payloads",),
    "W53": ("test_faults_that_lose_nothing", "test_datestamps_in_seconds"),
}
"""Every rule of the contract, and the tests that prove it."""

NUMBERS = [*range(1, 9), *range(10, 22), *range(30, 36), *range(40, 44), *range(50, 54)]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_rule_is_proved(number: int) -> None:
    tests = RULES[f"W{number}"]
    assert tests
    assert all(callable(globals().get(name)) for name in tests), tests


def test_no_rule_is_made_up() -> None:
    assert set(RULES) == {f"W{number}" for number in NUMBERS}


def test_the_rules_are_those_that_were_written_down(shared: Path) -> None:
    import re

    notes = shared.parent / "formats" / "onix-jpro.md"
    if not notes.exists():
        pytest.skip("the notes are not on this machine")
    assert set(re.findall(r"^\| (W\d+) \|", notes.read_text(encoding="utf-8"), re.M)) == set(RULES)


# ── Addresses, verbs, arguments ──────────────────────────────────────────────────────────────────


def test_four_addresses() -> None:
    addresses = {Endpoint(kind, scope).address for kind in ("books", "magazines") for scope in ("kikan", "kinkan")}
    assert addresses == {
        "https://jpro-api.jpo.or.jp/kikan/books/oaipmh",
        "https://jpro-api.jpo.or.jp/kikan/magazines/oaipmh",
        "https://jpro-api.jpo.or.jp/kinkan/books/oaipmh",
        "https://jpro-api.jpo.or.jp/kinkan/magazines/oaipmh",
    }
    whole = Endpoint("magazines", "kinkan", "http://127.0.0.1:9/x/kinkan/magazines/oaipmh/")
    assert whole.address == "http://127.0.0.1:9/x/kinkan/magazines/oaipmh"
    assert whole.image("a.jpg") == "http://127.0.0.1:9/x/kinkan/magazines/images/a.jpg"
    assert Endpoint("books", "kinkan").image("a.jpg") == "https://jpro-api.jpo.or.jp/kinkan/books/images/a.jpg"


@pytest.mark.parametrize(
    ("kind", "scope", "base"),
    [("ebooks", "kikan", "http://a.jp"), ("books", "mikan", "http://a.jp"), ("books", "kikan", "ftp://a.jp"),
     ("books", "kikan", "http://a.jp/?x=1")],
)  # fmt: skip
def test_wrong_addresses(kind: str, scope: str, base: str) -> None:
    with pytest.raises(UsageError):
        Endpoint(kind, scope, base)


def test_only_get(bench: Bench) -> None:
    """A token of any length goes as GET: POST is not offered, and the demo knows none."""
    demo = _LongTokens(RECORDS)
    outcome = bench.harvest(demo)
    assert outcome.complete
    assert bench.contents() == contents(RECORDS)
    assert max(len(given.get("resumptionToken", "")) for _, given in demo.log) > 8000


class _LongTokens(Faulty):
    def token(self, verb: str, given: dict[str, str], start: int, size: int) -> str:
        return super().token(verb, given, start, size).replace("</res", "~" * 9000 + "</res")

    def read_token(self, token: str, verb: str) -> tuple[dict[str, str], int]:
        return super().read_token(token.rstrip("~"), verb)


def test_only_the_four_verbs(bench: Bench) -> None:
    """Whatever goes wrong, nothing else is asked."""
    asked: set[str] = set()
    for faults in ({"error-500"}, {"poison"}, {"token-expired"}, {"html-page"}, {"repeat"}, {"image-404"}):
        demo = Faulty(RECORDS, faults)
        bench.harvest(demo, full=True, images="image-404" in faults)
        asked |= set(demo.verbs)
    assert asked <= set(VERBS)
    assert {"ListRecords", "ListIdentifiers", "GetRecord"} <= asked


def test_a_refusal_asks_for_nothing_else(bench: Bench) -> None:
    demo = _Refusing(RECORDS, code="cannotDisseminateFormat")
    with pytest.raises(UsageError, match="cannotDisseminateFormat"):
        bench.harvest(demo)
    assert demo.verbs == ["ListRecords"]


def test_every_argument_is_one_of_the_contract(bench: Bench) -> None:
    demo = Faulty(RECORDS, {"poison"}, at=30)
    bench.harvest(demo, publisher="3")
    bench.harvest(demo)
    for _, given in demo.log:
        names = set(given)
        if "resumptionToken" in names:
            assert names == {"verb", "resumptionToken"}
            continue
        assert given["metadataPrefix"] == "onix"
        if given["verb"] == "GetRecord":
            assert names == {"verb", "metadataPrefix", "identifier"}
            continue
        assert names - {"set"} == {"verb", "metadataPrefix", "from", "until"}
        assert all(datetime.strptime(given[name], "%Y-%m-%d") for name in ("from", "until"))


def test_no_request_says_who_asks(bench: Bench) -> None:
    seen: list[dict[str, str]] = []

    class Noting(FaultyHandler):
        def do_GET(self) -> None:  # noqa: N802 - a name of the base class
            seen.append(dict(self.headers))
            super().do_GET()

    with serving(Faulty(RECORDS), handler=Noting) as base:
        bench.ask(base, images=True)
    names = {name.lower() for headers in seen for name in headers}
    assert not names & {"authorization", "cookie", "x-api-key", "proxy-authorization"}


WRONG: dict[str, dict[str, Any]] = {
    "no from": {"since": None},
    "from with a time": {"since": "2024-01-01T00:00:00Z"},
    "from as a year": {"since": "2024"},
    "from with slashes": {"since": "2024/01/01"},
    "a day that is not": {"since": "2023-02-29"},
    "full-width digits": {"since": "２０２４-01-01"},
    "until before from": {"since": "2024-02-01", "until": "2024-01-31"},
    "from after today": {"since": "2026-04-02"},
    "until is no day": {"until": "soon"},
    "set is a name": {"publisher": "講談社"},
    "set is several": {"publisher": "3,5"},
    "set is nought": {"publisher": "0"},
    "set is negative": {"publisher": "-3"},
    "set is full-width": {"publisher": "３"},
    "a window of 366 days": {"window": 366},
    "a window of nothing": {"window": 0},
    "an ISBN with a wrong check digit": {"since": None, "ids": ["9784949999107"]},
    "an ISBN of ten digits": {"since": None, "ids": ["4949999101"]},
    "an identifier of OAI": {"since": None, "ids": ["oai:jpro:9784949999106"]},
    "id and from": {"ids": ["9784949999106"], "since": "2024-01-01"},
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_refused_before_the_first_request(bench: Bench, name: str) -> None:
    demo = Faulty(RECORDS)
    with pytest.raises(OptionError) as caught:
        bench.harvest(demo, **WRONG[name])
    assert not demo.log
    assert caught.value.ja != str(caught.value)


def test_publishers_are_written_without_leading_zeros() -> None:
    request = make_request(Endpoint("books", "kikan"), now=NOON, since=SINCE, publisher="0003")
    assert request.set == "3"


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────


def test_everything_is_stored(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    outcome = bench.harvest(demo)
    assert bench.contents() == contents(RECORDS)
    assert outcome.complete
    assert (outcome.gaps, outcome.exit_code(), outcome.issues) == (0, 0, [])
    assert outcome.requests == len(demo.log)
    assert outcome.counts.deleted == sum(gone for _, gone, _ in contents(RECORDS).values())


def test_windows_of_a_year(bench: Bench) -> None:
    demo = Faulty(entries(500), page=200)
    bench.harvest(demo, since="2019-02-03")
    spans = [(given["from"], given["until"]) for given in lists(demo)]
    days = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans]
    assert spans[0][0] == "2019-02-03"
    assert spans[-1][1] == "2026-04-01"
    assert all(0 <= (last - first).days <= SPAN - 1 for first, last in days)
    assert all(right[0] - left[1] == timedelta(days=1) for left, right in pairwise(days))
    assert bench.contents() == contents(entries(500))


def test_shorter_windows(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    bench.harvest(demo, until="2025-06-30", window=100)
    assert len(lists(demo)) == 6
    assert bench.contents() == contents(RECORDS)


def test_pages_of_two_hundred(bench: Bench) -> None:
    records = [replace(entry, updated="2024-05-05") for entry in entries(900)]
    demo = Demo(records, today="20260401")
    bench.harvest(demo, until="2024-06-01")
    shown = len(contents(records))
    assert len(demo.log) == -(-shown // PAGE)
    assert bench.contents() == contents(records)


@pytest.mark.parametrize("end", ["none", "empty", "then nothing", "then an empty list", "then an error"])
@pytest.mark.parametrize("sizes", [True, False])
def test_exactly_two_hundred(bench: Bench, end: str, sizes: bool) -> None:
    """Exactly as many as a page holds: with a token or without, all are had and nothing is told as missing."""
    records = [replace(entry, updated="2024-05-05", status="03", embargo=False, on_sale="20240505", links=())
               for entry in entries(200)]  # fmt: skip
    demo = _Last(records, end, sizes=sizes)
    outcome = bench.harvest(demo, until="2024-06-01")
    assert bench.contents() == contents(records)
    assert (outcome.gaps, outcome.exit_code()) == (0, 0)
    assert set(outcome.instances) <= {"HRV-TOKEN"}
    assert len(demo.log) <= (4 if end == "then nothing" else 2)


class _Last(Faulty):
    """A page that is full and the last."""

    def __init__(self, records: list[Entry], end: str, *, sizes: bool) -> None:
        faults = {"then an empty list": {"end-empty"}, "then an error": {"none-200"}}.get(end, set())
        super().__init__(records, faults, page=200, sizes=sizes)
        self.end = end

    def token(self, verb: str, given: dict[str, str], start: int, size: int) -> str:
        if self.end == "none":
            return ""
        if self.end == "empty":
            return "<resumptionToken/>"
        return super().token(verb, given, start, size + 1).replace("201", "200")


def test_the_token_stands_alone(bench: Bench) -> None:
    """Even where a server wants more beside it, which is a fault of the server."""
    demo = _Refusing(RECORDS, code="badArgument", tokens=True)
    outcome = bench.harvest(demo)
    assert outcome.instances.get("HRV-TOKEN")
    assert all(set(given) == {"verb", "resumptionToken"} for _, given in demo.log if "resumptionToken" in given)


class _Refusing(Faulty):
    """Tells an error; ``tokens``: only where there is a token."""

    def __init__(self, records: list[Entry], code: str, *, tokens: bool = False) -> None:
        super().__init__(records, page=60)
        self.code, self.tokens = code, tokens

    def verb(self, mine: list[Entry], pairs: list[tuple[str, str]]) -> Any:
        if self.tokens is ("resumptionToken" in dict(pairs)):
            raise self.error(self.code, "架空の理由")
        return super().verb(mine, pairs)


@pytest.mark.parametrize(
    "code",
    ["badArgument", "badResumptionToken", "badVerb", "cannotDisseminateFormat", "idDoesNotExist", "noMetadataFormats",
     "noRecordsMatch", "noSetHierarchy"],
)  # fmt: skip
def test_every_error_of_the_protocol(bench: Bench, code: str) -> None:
    """On the first request it is a refusal (or an empty list), behind a token a reason to begin the window again."""
    demo = _Refusing(RECORDS, code)
    if code == "noRecordsMatch":
        assert bench.harvest(demo).complete
    else:
        with pytest.raises(UsageError, match=code):
            bench.harvest(demo)
    assert not bench.contents()
    later = _Refusing(RECORDS, code, tokens=True)
    assert bench.harvest(later, restart=True, since="2024-01-02").complete
    assert set(later.verbs) <= set(VERBS)


def test_several_errors_in_one_answer(bench: Bench) -> None:
    class Two(Faulty):
        def verb(self, mine: list[Entry], pairs: list[tuple[str, str]]) -> Any:
            return self.envelope('<error code="badArgument">a</error><error code="noRecordsMatch">b</error>')

    assert bench.harvest(Two(RECORDS)).complete


def test_what_each_scope_shows(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS), scope="kikan", source="a")
    published = set(bench.contents())
    bench.harvest(Faulty(RECORDS), scope="kinkan", source="b")
    both = set(bench.contents())
    shown = {entry.code: entry for entry in RECORDS}
    assert published == set(contents(RECORDS, "kikan"))
    assert both == set(contents(RECORDS, "kinkan"))
    assert published < both
    assert all(shown[code].on_sale <= "20260401" for code in published)
    assert any(shown[code].on_sale > "20260401" and shown[code].status == "03" for code in both)
    assert not any(shown[code].embargo for code in both)
    assert not any(shown[code].status == "02" and shown[code].on_sale > "20260401" for code in both)


def test_both_scopes_and_kinds_in_one_store(bench: Bench) -> None:
    mixed = [*RECORDS, *entries(40, "magazines")]
    with bench.at(Faulty(mixed)) as base:
        for kind in ("books", "magazines"):
            for scope in ("kikan", "kinkan"):
                assert bench.ask(base, kind=kind, scope=scope).complete
    with bench.store.reading() as connection:
        found = [(record.source, record.identifier) for record in stored(connection, Selection())]
    for kind in ("books", "magazines"):
        for scope in ("kikan", "kinkan"):
            mine = {code for source, code in found if source == f"jpro-{scope}-{kind}"}
            assert mine == set(contents(mixed, scope, kind))


def test_one_publisher(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    bench.harvest(demo, publisher="3")
    assert {given["set"] for given in lists(demo)} == {"3"}
    assert bench.contents() == contents([entry for entry in RECORDS if entry.publisher == 3])


def test_publishers(bench: Bench) -> None:
    demo = Faulty([replace(entry, publisher=number + 1) for number, entry in enumerate(RECORDS)])
    with bench.at(demo) as base, connect(bench.budget(base), MANNERS) as web:
        found = publishers(Endpoint("books", "kinkan", base), web)
    assert len(found) == len(contents(RECORDS, "kinkan"))
    assert found[0] == {"setSpec": "1", "setName": "架空書房1"}
    assert [sorted(given) for _, given in demo.log] == [["verb"], *[["resumptionToken", "verb"]] * (len(demo.log) - 1)]
    assert bench.budget("").used == len(demo.log)


def test_codes_alone(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    endpoint_records = contents(RECORDS)
    with bench.at(demo) as base, connect(bench.budget(base), MANNERS) as web:
        endpoint = Endpoint("books", "kikan", base)
        found = codes(endpoint, web, make_request(endpoint, now=NOON, since=SINCE), NOON)
    assert found == list(endpoint_records)
    assert set(demo.verbs) == {"ListIdentifiers"}


def test_single_records(bench: Bench) -> None:
    shown = next(entry for entry in RECORDS if entry.seen("kikan", "20260401") and entry.status == "03")
    hidden = next(entry for entry in RECORDS if entry.embargo)
    hyphened = f"{shown.code[:3]}-{shown.code[3:]}"
    demo = Faulty(RECORDS)
    outcome = bench.harvest(demo, ids=[hyphened, shown.code, hidden.code])
    assert [given["identifier"] for _, given in demo.log] == [shown.code, hidden.code]
    assert set(bench.contents()) == {shown.code}
    assert outcome.instances == {"JPR-ABSENT": 1}
    assert (outcome.gaps, outcome.exit_code()) == (0, 0)
    magazine = entries(3, "magazines")[0]
    assert bench.harvest(Faulty([magazine]), kind="magazines", ids=[magazine.code]).counts.new == 1


def test_an_empty_result_is_no_fault(bench: Bench) -> None:
    demo = Faulty([])
    outcome = bench.harvest(demo)
    assert outcome.complete
    assert outcome.instances == {"JPR-NOTHING": 1}
    assert outcome.exit_code() == 0
    assert len(demo.log) == 3  # nothing is asked twice


def test_the_day_is_that_of_japan(bench: Bench) -> None:
    bench.clock.now = datetime(2026, 4, 1, 15, 30, tzinfo=UTC).timestamp()
    demo = Faulty(RECORDS)
    bench.harvest(demo)
    assert lists(demo)[-1]["until"] == "2026-04-02"
    assert today(bench.clock.now).isoformat() == "2026-04-02"
    assert next_day(bench.clock.now) == datetime(2026, 4, 2, 15, tzinfo=UTC).timestamp()


def test_the_next_time_a_day_is_asked_for_again(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS))
    bench.clock.now += 3 * 86400
    changed = replace(RECORDS[0], title="改題", updated="2026-04-03")
    gone = replace(RECORDS[1], status="05", updated="2026-04-02")
    new = replace(RECORDS[2], code="9784949999106", updated="2026-03-31")
    same = replace(RECORDS[3], updated="2026-04-04")
    demo = Faulty([changed, gone, new, same, *RECORDS[4:]])
    outcome = bench.harvest(demo)
    assert [(given["from"], given["until"]) for given in lists(demo)] == [("2026-03-31", "2026-04-04")]
    counts = outcome.counts
    assert (counts.new, counts.changed, counts.deleted, counts.unchanged) == (1, 1, 1, 1)


def test_a_record_that_moves_while_it_is_harvested(bench: Bench) -> None:
    """It is missed by the lists of this run, and is in those of the next, whose days overlap."""
    moved = replace(RECORDS[200], updated="2026-04-01")

    class Moving(Faulty):
        def page_of(self, verb: str, items: list[Any], given: dict[str, str], start: int) -> Any:
            answer = super().page_of(verb, items, given, start)
            self.records = [*(entry for entry in self.records if entry.code != moved.code), moved]
            return answer

    demo = Moving(RECORDS)
    bench.harvest(demo)
    bench.clock.now += 86400
    bench.harvest(demo)
    assert bench.contents() == contents([*(entry for entry in RECORDS if entry.code != moved.code), moved])


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────

FAULTS: dict[str, tuple[set[str], set[str]]] = {
    # name: (faults of the server, codes that are told); all records are had
    "a cut connection": ({"cut-once"}, set()),
    "half a page": ({"half-page-once"}, set()),
    "an empty answer": ({"empty-answer"}, set()),
    "a web page once": ({"html-once"}, {"HRV-PAGE"}),
    "a web page instead of the second page": ({"html-page"}, {"HRV-PAGE"}),
    "500 twice": ({"error-500-twice"}, set()),
    "500 on the second page, always": ({"error-500"}, {"HRV-PAGE"}),
    "502 of a proxy": ({"error-502"}, set()),
    "503 with Retry-After": ({"error-503"}, set()),
    "no answer in time": ({"slow"}, set()),
    "429 with a short Retry-After": ({"429-soon"}, set()),
    "a token expires": ({"token-expired"}, {"HRV-TOKEN"}),
    "an expired token is 404": ({"token-404"}, {"HRV-TOKEN"}),
    "a token on the last page, then 404": ({"token-on-last"}, set()),
    "a token on the last page, then 404, no sizes": ({"token-on-last", "no-size"}, set()),
    "a token on the last page, then an empty list": ({"token-on-last", "end-empty"}, set()),
    "a token on the last page, then noRecordsMatch": ({"token-on-last", "none-200"}, set()),
    "the last page has no empty token": ({"no-empty-token"}, set()),
    "an empty token of blanks": ({"empty-token-blanks"}, set()),
    "the token is lost": ({"token-lost"}, {"HRV-SHORT"}),
    "the same page for ever": ({"repeat"}, {"HRV-LOOP"}),
    "the same page for ever, no sizes": ({"repeat", "no-size"}, {"HRV-LOOP", "HRV-TOKEN"}),
    "three pages in a circle": ({"cycle"}, {"HRV-LOOP"}),
    "the same token on every page": ({"same-token"}, set()),
    "a token of special characters": ({"odd-token"}, set()),
    "no completeListSize": ({"no-size"}, set()),
    "completeListSize is no number": ({"size-garbled"}, set()),
    "until is ignored": ({"ignores-until"}, {"HRV-UNTIL"}),
    "from is ignored": ({"ignores-from"}, {"HRV-FROM", "HRV-OUTSIDE"}),
    "newest first": ({"newest-first", "error-500"}, {"HRV-PAGE"}),
    "pages that overlap": ({"overlapping-pages"}, {"HRV-SHORT", "HRV-TWICE"}),
    "an empty page in between": ({"empty-page"}, set()),
    "an error beside the list": ({"error-beside"}, {"HRV-ERROR-BESIDE"}),
    "nothing is an error with 200": ({"none-200"}, set()),
    "404 with an error in it": ({"none-404-body"}, set()),
    "a redirection": ({"redirect"}, set()),
    "compressed": ({"gzip"}, set()),
    "a wrong Content-Type": ({"wrong-type"}, set()),
    "no declaration": ({"no-declaration"}, set()),
    "no namespace around": ({"no-envelope-namespace"}, set()),
    "blanks before the declaration": ({"blank-before"}, set()),
    "a program's warning before the declaration": ({"warning-before"}, set()),
    "text behind the answer": ({"text-behind"}, set()),
    "about beside metadata": ({"about"}, set()),
    "no setSpec": ({"no-setspec"}, set()),
    "a document type": ({"dtd"}, {"HRV-PAGE"}),
    "a huge answer": ({"huge"}, {"HRV-PAGE"}),
}


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("name", FAULTS)
def test_faults_that_lose_nothing(bench: Bench, name: str) -> None:
    faults, told = FAULTS[name]
    demo = Faulty(RECORDS, faults)
    outcome = bench.harvest(demo, manners=replace(MANNERS, timeout=0.3) if "slow" in faults else MANNERS)
    assert bench.contents() == contents(RECORDS)
    assert set(outcome.instances) == told
    assert (outcome.gaps, outcome.exit_code(), outcome.complete) == (0, 0, True)
    assert bench.budget("").used == outcome.requests == len(demo.log)
    assert len(demo.log) < 150


@pytest.mark.parametrize("fault", ["control-character", "bare-ampersand", "poison"])
def test_one_record_is_lost_and_no_other(bench: Bench, fault: str) -> None:
    at = 27
    demo = Faulty(RECORDS, {fault}, at=at)
    outcome = bench.harvest(demo)
    rest = [entry for number, entry in enumerate(RECORDS) if number != at]
    assert bench.contents() == contents(rest)
    assert (outcome.instances["HRV-RECORD"], outcome.gaps, outcome.exit_code()) == (1, 1, 1)
    mended = Faulty(RECORDS)
    assert bench.harvest(mended).gaps == 0
    assert bench.contents() == contents(RECORDS)
    assert mended.verbs.count("GetRecord") == 1


def test_until_is_ignored_beyond_what_was_asked_for(bench: Bench) -> None:
    outcome = bench.harvest(Faulty(RECORDS, {"ignores-until"}), until="2024-06-30")
    assert set(outcome.instances) == {"HRV-UNTIL", "HRV-OUTSIDE"}
    assert all(stamp is not None and stamp <= "2024-07-01" for stamp, _, _ in bench.contents().values())


def test_lists_in_a_circle_that_cannot_be_parted_end(bench: Bench) -> None:
    """A server that ignores dates and goes round leaves a gap; it does not eat up the requests of the day."""
    demo = Faulty(RECORDS, {"cycle", "ignores-until"})
    outcome = bench.harvest(demo)
    assert outcome.complete
    assert outcome.instances["HRV-GAP"]
    assert outcome.exit_code() == 1
    assert len(demo.log) < 500


def test_datestamps_in_seconds(bench: Bench) -> None:
    outcome = bench.harvest(Faulty(RECORDS, {"seconds"}))
    assert not outcome.instances
    assert {stamp for stamp, _, _ in bench.contents().values()} == {
        f"{stamp}T00:00:00Z" for stamp, _, _ in contents(RECORDS).values()
    }
    garbled = bench.harvest(Faulty(RECORDS, {"datestamps-garbled"}), full=True)
    assert set(garbled.instances) == {"HRV-DATESTAMP"}
    assert next(iter(bench.contents().values()))[0] is not None


# ── Payloads ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("shape", "told"), [("message", 0), ("old", 0), ("none", 1), ("oai", 1)])
def test_shapes_of_payloads(bench: Bench, shape: str, told: int) -> None:
    """All are stored as the product alone; one that is in no namespace of its own is told and no stop."""
    outcome = bench.harvest(Faulty(RECORDS, payload=shape))
    assert outcome.instances == ({"JPR-NAMESPACE": 1} if told else {})
    assert outcome.exit_code("warning") == 0
    bare = {code: (stamp, gone) for code, (stamp, gone, _) in contents(RECORDS).items()}
    assert {code: (stamp, gone) for code, (stamp, gone, _) in bench.contents().items()} == bare
    assert all(text.startswith("<Product") for _, gone, text in bench.contents().values() if not gone)
    again = bench.harvest(Faulty(RECORDS, payload=shape), full=True)
    assert again.counts.unchanged == len(bare)


def test_a_message_and_a_product_are_the_same_record(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS, payload="message"))
    outcome = bench.harvest(Faulty(RECORDS), full=True)
    assert outcome.counts.unchanged == len(contents(RECORDS))


@pytest.mark.parametrize("shape", ["product", "message", "old", "none", "oai"])
def test_every_shape_is_read_back(bench: Bench, shape: str) -> None:
    import convert

    bench.harvest(Faulty(RECORDS, payload=shape))
    mapping = convert.load_mapping("onix/onix-to-japansearch")
    read = list(convert.convert(convert.read(f"store:{bench.store.place.text}", "onix"), mapping))
    assert sorted(str(item.record.id) for item in read) == sorted(contents(RECORDS))
    assert {item.outcome.name for item in read} == {"WRITTEN", "DELETED"}


@pytest.mark.parametrize("way", ["header", "product", "both"])
def test_how_deletions_come(bench: Bench, way: str) -> None:
    records = [replace(entry, deleted=way) for entry in RECORDS]
    bench.harvest(Faulty(records))
    assert bench.contents() == contents(RECORDS)


# ── Statuses, waiting, the budget ────────────────────────────────────────────────────────────────

STOPS: dict[str, tuple[set[str], str, int]] = {
    # name: (faults, kind of the stop, requests at most after the fault began)
    "403 at once": ({"all-403"}, "forbidden", 1),
    "403 later": ({"then-403"}, "forbidden", 1),
    "429 without Retry-After": ({"then-429"}, "postponed", 1),
    "429 with a long Retry-After": ({"429-late"}, "postponed", 1),
    "429 that stays": ({"429-always-soon"}, "postponed", 3),
    "500 for ever": ({"then-500"}, "status", 40),
    "web pages for ever": ({"then-html"}, "status", 20),
}


@pytest.mark.parametrize("name", STOPS)
def test_statuses(bench: Bench, name: str) -> None:
    """What ends a harvest ends it soon, and it goes on where it stopped."""
    faults, kind, most = STOPS[name]
    demo = Faulty(RECORDS, faults, at=2)
    outcome = bench.harvest(demo)
    assert outcome.stopped is not None
    assert (outcome.stopped.kind, outcome.exit_code()) == (kind, 3)
    begun = 0 if "all-403" in faults else 2
    assert len(demo.log) - begun <= most
    bench.clock.now += 86400
    resumed = Faulty(RECORDS)
    after = bench.harvest(resumed)
    assert after.complete
    assert after.resumed is bool(begun)
    assert after.counts.new + after.counts.deleted == len(contents(RECORDS))
    assert bench.contents() == contents(RECORDS)


def test_403_says_what_to_do(bench: Bench) -> None:
    outcome = bench.harvest(Faulty(RECORDS, {"all-403"}))
    assert "IP address" in str(outcome.stopped)
    assert outcome.stopped is not None
    assert "固定 IP アドレス" in outcome.stopped.ja


def test_429_ends_the_day(bench: Bench) -> None:
    """Without Retry-After nothing more is asked until Japan's next day begins."""
    outcome = bench.harvest(Faulty(RECORDS, {"then-429"}, at=2))
    assert outcome.stopped is not None
    assert outcome.stopped.again == next_day(NOON)
    demo = Faulty(RECORDS)
    bench.clock.now = next_day(NOON) - 5
    again = bench.harvest(demo)
    assert not demo.log
    assert again.stopped is not None
    assert again.stopped.again == next_day(NOON)
    assert "429" in str(again.stopped)
    bench.clock.now = next_day(NOON) + 1
    assert bench.harvest(demo).complete
    assert bench.contents() == contents(RECORDS)


def test_retry_after_binds_every_run(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS, {"429-late"}, at=2))
    demo = Faulty([*RECORDS, *entries(10, "magazines")])
    bench.clock.now += 7000
    assert not bench.harvest(demo, kind="magazines").complete
    assert not demo.log
    bench.clock.now += 300
    assert bench.harvest(demo, kind="magazines").complete


def test_a_short_retry_after_is_waited_for(bench: Bench) -> None:
    assert bench.harvest(Faulty(RECORDS, {"429-soon"})).complete
    assert bench.clock.slept == [7.0]


def test_waits_grow(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS, {"error-500-twice"}))
    first, second = bench.clock.slept
    assert 1.5 <= first <= 2.5
    assert 3 <= second <= 5


def test_the_budget_of_a_day(bench: Bench) -> None:
    """It stops at the last request of the day and goes on the next one, day by day, to the same end."""
    bench.most = 5
    requests = []
    days = 0
    while days < 10:
        days += 1
        demo = Faulty(RECORDS)
        outcome = bench.harvest(demo)
        requests += demo.log
        if outcome.complete:
            break
        assert outcome.stopped is not None
        assert outcome.stopped.kind == "budget"
        assert outcome.stopped.again == next_day(bench.clock())
        assert len(demo.log) == 5
        idle = Faulty(RECORDS)
        assert not bench.harvest(idle).complete
        assert not idle.log
        bench.clock.now += 86400
    assert days > 2
    assert bench.contents() == contents(RECORDS)
    whole = Faulty(RECORDS)
    bench.most = 5000
    bench.harvest(whole, full=True)
    assert len(requests) <= len(whole.log) + 1


def test_what_was_broken_off_long_ago_comes_up_to_today(bench: Bench) -> None:
    bench.most = 4
    assert not bench.harvest(Faulty(RECORDS)).complete
    bench.most, bench.clock.now = 5000, NOON + 10 * 86400
    new = replace(RECORDS[0], code="9784949999106", updated="2026-04-09")
    demo = Faulty([*RECORDS, new])
    outcome = bench.harvest(demo)
    assert (outcome.complete, outcome.resumed) == (True, True)
    assert (lists(demo)[-1]["from"], lists(demo)[-1]["until"]) == ("2026-03-31", "2026-04-11")
    assert bench.contents() == contents([*RECORDS, new])
    assert outcome.counts.total == len(contents(RECORDS)) + 1


def test_a_budget_that_ends_among_single_records_keeps_them(bench: Bench) -> None:
    """Records that are fetched one by one are not paid for twice."""
    crowded = [replace(entry, updated="2024-05-05") for entry in RECORDS[:60]]
    bench.most, total = 30, 0
    for _ in range(10):
        demo = Faulty(crowded, {"poison"}, at=20)
        outcome = bench.harvest(demo, manners=replace(MANNERS, retries=0), until="2024-06-01")
        total += demo.verbs.count("GetRecord")
        bench.clock.now += 86400
        if outcome.complete:
            break
    assert outcome.complete
    assert set(bench.contents()) == set(contents(crowded)) - {crowded[20].code}
    assert total <= len(crowded) + 2


def test_the_budget_is_counted_by_days_of_japan(bench: Bench) -> None:
    bench.clock.now = datetime(2026, 4, 1, 14, 59, tzinfo=UTC).timestamp()
    budget = bench.budget("http://a")
    budget.take()
    assert (budget.day, budget.used, budget.left) == ("2026-04-01", 1, 4999)
    bench.clock.now += 61
    assert (budget.day, budget.used, budget.left) == ("2026-04-02", 0, 5000)


def test_parallel_runs_share_the_budget(bench: Bench, tmp_path: Path) -> None:
    """Two stores' connections at once never take more than there is."""
    import threading

    from convert.harvest.web import WebFault

    taken: list[int] = []

    def run() -> None:
        with open_store(bench.store.place) as store:
            budget = Budget(store, "https://jpro-api.jpo.or.jp/kikan/books/oaipmh", 40, bench.clock)
            for _ in range(30):
                try:
                    budget.take()
                except WebFault:
                    return
                taken.append(1)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    other = Budget(bench.store, "https://JPRO-API.jpo.or.jp/kinkan/magazines/oaipmh", 40, bench.clock)
    assert other.left == 0


def test_redirections_count(bench: Bench) -> None:
    demo = Faulty(RECORDS, {"redirect"})
    outcome = bench.harvest(demo)
    assert bench.budget("").used == len(demo.log) == outcome.requests


def test_what_is_left_is_told_in_records(bench: Bench) -> None:
    assert bench.budget("").to_dict() == {
        "day": "2026-04-01", "used": 0, "most": 5000, "left": 5000, "records": 1_000_000,
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_progress(bench: Bench, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal: records, rate, what is left of the day, the time left; the same for images."""
    import sys

    from convert.cli.harvest.jpro import BudgetProgress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bench.at(Faulty(RECORDS, page=5)) as base:
        endpoint = Endpoint("books", "kikan", base)
        budget = bench.budget(base)
        budget.most = 12
        with connect(budget, MANNERS, sleep=bench.clock.sleep, clock=bench.clock) as web:
            harvest = JproHarvest(
                bench.store, web, endpoint, make_request(endpoint, now=NOON, since=SINCE), images=True
            )
            progress = BudgetProgress(lang, budget, harvest)

            def tell(outcome: Outcome, size: int | None) -> None:
                progress._shown = 0.1
                progress(outcome, size)

            harvest.tell_progress(tell)
            assert not harvest.run().complete
            budget.most = 5000
            assert harvest.inner.state["tasks"]
            assert harvest.run().complete
            progress.clear()
    err = capsys.readouterr().err
    shown = {
        "ja": ["件/秒、要求 1 回、今日の残り 11 回", "、あと 0:", "画像 1 / 107 点", "JPR-BUDGET"],
        "en": [" requests, 11 left of today", "0:00 left", "1 / 107 images", "JPR-BUDGET"],
    }
    assert not [words for words in shown[lang] if words not in err]
    assert err.count("JPR-BUDGET") == 1


def test_what_a_harvest_will_take(bench: Bench) -> None:
    endpoint = Endpoint("books", "kikan", "http://127.0.0.1:9")
    request = make_request(endpoint, now=NOON, since=SINCE)
    assert expected(request, bench.store, NOON) == 3
    assert len(plan(request, None, NOON)) == 3
    bench.most = 3
    bench.harvest(Faulty(RECORDS))
    assert expected(request, bench.store, NOON) == 3  # two windows after this one, and what is left of it
    bench.most, bench.clock.now = 5000, NOON + 86400
    bench.harvest(Faulty(RECORDS))
    assert expected(request, bench.store, NOON + 86400) == 1
    full = make_request(endpoint, now=NOON, since=SINCE, full=True)
    assert expected(full, bench.store, NOON) == 3


# ── Images ───────────────────────────────────────────────────────────────────────────────────────


def images_asked(demo: Demo) -> list[str]:
    return [path.rpartition("/")[2] for path, given in demo.log if "/images/" in path or path.endswith(".jpg")]


def test_images_are_kept_once(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    outcome = bench.harvest(demo, images=True)
    assert outcome.complete
    assert set(bench.images()) == names_of(RECORDS) == set(images_asked(demo))
    assert len(images_asked(demo)) == len(names_of(RECORDS))
    assert set(bench.images().values()) == {JPEG}
    again = Faulty(RECORDS)
    bench.harvest(again, images=True)
    assert not images_asked(again)


def test_images_only_where_a_record_says_so(bench: Bench) -> None:
    demo = Faulty([replace(entry, links=()) for entry in RECORDS])
    bench.harvest(demo, images=True)
    assert not images_asked(demo)


def test_images_come_later_for_what_is_stored_already(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS))
    demo = Faulty(RECORDS)
    outcome = bench.harvest(demo, images=True)
    assert outcome.counts.total <= 1
    assert set(bench.images()) == names_of(RECORDS)
    assert bench.last is not None
    assert bench.last.images == len(names_of(RECORDS))


def test_images_of_one_publisher(bench: Bench) -> None:
    bench.harvest(Faulty(RECORDS))
    bench.clock.now += 10
    demo = Faulty(RECORDS)
    bench.harvest(demo, publisher="3", images=True)
    assert set(images_asked(demo)) == names_of([entry for entry in RECORDS if entry.publisher == 3])


def test_images_count(bench: Bench) -> None:
    """Images are within the budget, and go on the next day."""
    bench.most = 40
    asked: list[str] = []
    for _ in range(10):
        demo = Faulty(RECORDS)
        outcome = bench.harvest(demo, images=True)
        asked += images_asked(demo)
        assert len(demo.log) <= 40
        bench.clock.now += 86400
        if outcome.complete:
            break
        assert outcome.stopped is not None
        assert outcome.stopped.kind == "budget"
    assert sorted(asked) == sorted(names_of(RECORDS))  # none twice
    assert set(bench.images()) == names_of(RECORDS)


BAD_IMAGES: dict[str, tuple[set[str], dict[str, int], int]] = {
    # name: (faults, codes that are told, images that are missing)
    "404": ({"image-404"}, {"JPR-IMAGE-NONE": 1}, 1),
    "a web page": ({"image-html"}, {"JPR-IMAGE": 1}, 1),
    "cut off": ({"image-cut"}, {"JPR-IMAGE": 1}, 1),
    "500": ({"image-500"}, {"JPR-IMAGE": 1}, 1),
    "larger than 600 pixels": ({"image-big"}, {"JPR-IMAGE-SIZE": 1}, 0),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_images_that_cannot_be_had(bench: Bench, name: str) -> None:
    faults, told, missing = BAD_IMAGES[name]
    at = next(n for n, entry in enumerate(RECORDS) if len(entry.links) == 1 and entry.seen("kikan", "20260401"))
    bench.harvest(Faulty(RECORDS))
    bench.clock.now += 10
    outcome = bench.harvest(Faulty(RECORDS, faults, at=at), images=True)
    assert outcome.instances == told
    assert len(names_of(RECORDS)) - len(bench.images()) == missing
    bench.clock.now += 10
    again = Faulty(RECORDS)
    bench.harvest(again, images=True)
    tried = RECORDS[at].links[0][1] in images_asked(again)
    assert tried is ("JPR-IMAGE" in told)
    assert (len(bench.images()) == len(names_of(RECORDS))) is (name != "404")


def test_a_server_that_gives_no_image_at_all_is_left_alone(bench: Bench) -> None:
    demo = Faulty(RECORDS, {"image-at", "image-500"})
    outcome = bench.harvest(demo, images=True)
    assert not outcome.complete
    assert len(images_asked(demo)) <= 10 * 3
    assert bench.harvest(Faulty(RECORDS), images=True).complete
    assert set(bench.images()) == names_of(RECORDS)


def test_403_of_an_image_ends_it(bench: Bench) -> None:
    demo = Faulty(RECORDS, {"image-403"})
    outcome = bench.harvest(demo, images=True)
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "forbidden"
    assert len(images_asked(demo)) == 1
    assert bench.harvest(Faulty(RECORDS), images=True).complete
    assert set(bench.images()) == names_of(RECORDS)


CODE = "9784949999106"
LINKS: dict[str, tuple[str, str, list[str]]] = {
    # name: (code of the content, link, names of images)
    "a name": ("01", f"{CODE}.jpg", [f"{CODE}.jpg"]),
    "an address of JPRO": ("01", f"https://jpro-api.jpo.or.jp/kikan/books/images/{CODE}.jpg", [f"{CODE}.jpg"]),
    "an address of the server": ("07", f"http://127.0.0.1:9/x/{CODE}.in09.jpg", [f"{CODE}.in09.jpg"]),
    "a path": ("07", f"/kinkan/books/images/{CODE}.in01.jpg", [f"{CODE}.in01.jpg"]),
    "a name of another form": ("01", "hyoushi.jpg", [f"{CODE}.jpg"]),
    "another image of another form": ("07", "naka.jpg", [f"{CODE}.in01.jpg"]),
    "another server": ("01", f"https://cover.example.jp/{CODE}.jpg", []),
    "another server without a scheme": ("01", f"//cover.example.jp/{CODE}.jpg", []),
    "another book": ("01", "9784949999113.jpg", []),
    "a tenth image": ("07", f"{CODE}.in10.jpg", []),
    "a nought image": ("07", f"{CODE}.in00.jpg", []),
    "a file": ("01", "file:///etc/passwd", []),
    "a garbled address": ("01", "http://[::1", []),
}


@pytest.mark.parametrize("name", LINKS)
def test_names_of_images(name: str) -> None:
    kind, link, names = LINKS[name]
    payload = product(replace(RECORDS[0], code=CODE, links=((kind, link),))).encode()
    assert wanted(payload, CODE, "127.0.0.1:9") == (names, [] if names else [link])


def test_a_link_to_nowhere_is_told(bench: Bench) -> None:
    records = [replace(entry, links=(("01", f"https://cover.example.jp/{entry.code}.jpg"),)) for entry in RECORDS[:3]]
    demo = Faulty(records)
    outcome = bench.harvest(demo, images=True)
    assert set(outcome.instances) == {"JPR-IMAGE-LINK"}
    assert not images_asked(demo)


def test_links_of_texts_and_short_tags() -> None:
    text = product(RECORDS[0]).replace("<ResourceMode>03", "<ResourceMode>04")
    assert wanted(text.encode(), RECORDS[0].code) == ([], [])
    short = (
        "<product><supportingresource><x436>01</x436><x437>03</x437><resourceversion><x435>a.jpg</x435>"
        "</resourceversion></supportingresource></product>"
    )
    assert wanted(short.encode(), CODE) == ([f"{CODE}.jpg"], [])
    assert wanted(b"<Product><ResourceLink>", CODE) == ([], [])


def test_what_a_jpeg_is() -> None:
    assert jpeg_size(JPEG) == (1, 1)
    assert all(jpeg_size(JPEG[:length]) is None for length in range(len(JPEG) - 2))
    assert jpeg_size(b"\xff\xd8\xff\xd9") is None
    assert jpeg_size(b"\xff\xd8\xff\xe0\x00\x00" + b"\x00" * 30 + b"\xff\xd9") is None


# ── Stores ───────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_at_once_is_refused(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    with alone(bench.store, "jpro-kikan-books"), pytest.raises(UsageError, match="another process"):
        bench.harvest(demo)
    assert not demo.log


def test_a_full_disk_leaves_a_whole_store(bench: Bench) -> None:
    from sqlalchemy import event

    bench.harvest(Faulty(RECORDS[:20]), source="other")
    size = bench.store.stored_bytes // 4096

    def no_room(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {size}").close()

    event.listen(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    with pytest.raises(RunError, match="disk is full"):
        bench.harvest(Faulty(entries(2000), page=200))
    event.remove(bench.store.engine, "connect", no_room)
    bench.store.engine.dispose()
    assert bench.harvest(Faulty(RECORDS)).complete
    with bench.store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert bench.contents() == contents(RECORDS)


def test_what_killed_processes_left_is_swept(bench: Bench) -> None:
    import subprocess
    import sys
    from pathlib import Path

    from convert.store.images import sweep

    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    folder = Path(bench.store.place.text + ".files")
    folder.mkdir()
    dead, live, odd = (folder / f"{'0' * 64}.{number}.part" for number in (gone.pid, os.getpid(), "x"))
    for path in (dead, live, odd):
        path.touch()
    sweep(folder)
    assert sorted(folder.iterdir()) == sorted([live, odd])


def test_counters_that_are_raised(bench: Bench) -> None:
    from convert.store.counters import at_least, count_of

    for value, now in ((5, 5), (3, 5), (9, 9)):
        at_least(bench.store, "a", "-", value)
        assert count_of(bench.store, "a", "-") == now


def test_a_full_disk_for_images(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            bench.harvest(Faulty(RECORDS), images=True)
    assert not [path for path in Path(bench.store.place.text + ".files").rglob("*") if path.is_file()]
    assert bench.harvest(Faulty(RECORDS), images=True).complete
    assert set(bench.images()) == names_of(RECORDS)


def test_the_log_holds_no_secrets(bench: Bench) -> None:
    demo = Faulty(RECORDS)
    with bench.at(demo) as base:
        assert bench.ask(base.replace("http://", "http://kakuu:himitsu@"), images=True).complete
    with bench.store.reading() as connection:
        told = [
            str(row)
            for table in ("fetches", "sources", "harvests", "images", "counters")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        ]
        logged = connection.exec_driver_sql("SELECT count(*) FROM fetches").scalar()
    assert "himitsu" not in " ".join(told)
    assert logged == len(demo.log)


def test_into_postgresql(postgresql: str, says_all: Callable[[Any], None], tmp_path: Path) -> None:
    bench = Bench(Place(postgresql), says_all, tmp_path / "images")
    bench.most = 30
    for _ in range(10):
        if bench.harvest(Faulty(RECORDS), images=True).complete:
            break
        bench.clock.now += 86400
    assert bench.contents() == contents(RECORDS)
    assert set(bench.images()) == names_of(RECORDS)
    bench.store.close()


# ── Answers that were recorded ───────────────────────────────────────────────────────────────────


class Replay(Demo):
    """Recorded answers, in their order; then 404."""

    def __init__(self, *files: Path) -> None:
        super().__init__([])
        self.bodies = [file.read_bytes() for file in files]

    def found(self, path: str, pairs: list[tuple[str, str]]) -> Any:
        from convert.harvest.jpro.demo import Answer

        return Answer(200, self.bodies.pop(0)) if self.bodies else Answer(404)


def test_recorded_answers_of_jpro_in_shape(bench: Bench, shared: Path) -> None:
    place = shared / "onix" / "synthetic"
    first, last = (
        place / "jpro-ListRecords-page1-product-child.xml",
        place / "jpro-ListRecords-page2-last-empty-token.xml",
    )
    demo = Replay(first, last)
    outcome = bench.harvest(demo, since="2025-10-20", until="2025-10-21")
    assert (outcome.complete, outcome.gaps) == (True, 0)
    shown = {code: gone for code, (_, gone, _) in bench.contents().items()}
    assert shown["9784949999106"] is False
    assert True in shown.values()
    for name in ("jpro-ListRecords-delete-by-notificationtype.xml", "jpro-ListRecords-no-onix-namespace.xml"):
        outcome = bench.harvest(Replay(place / name), since="2025-10-20", until="2025-10-21", restart=True)
        assert outcome.complete
    bench.clock.now += 10
    single = bench.harvest(Replay(place / "jpro-GetRecord-message-child.xml"), ids=["9784949999106"])
    assert single.counts.total == 1


REAL = {
    # file: identifiers, deleted, whether there is a token
    "ListRecords.xml": (3, 1, True),
    "ListIdentifiers.xml": (3, 1, True),
    "GetRecord_utf8test.xml": (1, 0, False),
    "real-ListRecords-dspace-2003.xml": (0, 0, True),
    "real-ListIdentifiers-dspace-2003.xml": (0, 0, True),
}


@pytest.mark.parametrize("name", ["ListRecords.xml", "ListIdentifiers.xml", "ListIdentifiers2.xml",
                                  "GetRecord_utf8test.xml", "real-ListRecords-dspace-2003.xml",
                                  "real-ListIdentifiers-dspace-2003.xml"])  # fmt: skip
def test_recorded_answers_read_as_lxml_reads_them(shared: Path, name: str) -> None:
    """The identifiers, datestamps, sets, deletions and token that a plain parser finds."""
    from lxml import etree

    from convert.harvest.oai.answer import read_page

    body = (shared / "onix" / "oai-pmh" / name).read_bytes()
    page = read_page(body)
    tree = etree.fromstring(body)
    headers = tree.findall(".//{*}header")
    assert [(r.identifier, r.datestamp, r.deleted, r.sets) for r in page.records] == [
        (
            header.findtext("{*}identifier").strip(),
            header.findtext("{*}datestamp").strip(),
            header.get("status") == "deleted",
            tuple(part.text.strip() for part in header.findall("{*}setSpec")),
        )
        for header in headers
    ]
    assert page.records
    assert page.token == (tree.findtext(".//{*}resumptionToken") or "").strip() or page.token is None
    assert not page.broken
    for record, element in zip(page.records, tree.findall(".//{*}record"), strict=False):
        content = element.find("{*}metadata/*")
        if record.payload is not None:
            assert etree.tostring(etree.fromstring(record.payload), method="c14n") == etree.tostring(
                etree.fromstring(etree.tostring(content, with_tail=False)), method="c14n"
            )


@pytest.mark.parametrize(
    ("name", "code"),
    [("badArgument.xml", "badArgument"), ("badResumptionToken.xml", "badResumptionToken"),
     ("cannotDisseminateFormat.xml", "cannotDisseminateFormat"), ("idDoesNotExist.xml", "idDoesNotExist"),
     ("noRecordsMatch.xml", "noRecordsMatch"), ("noSetHierarchy.xml", "noSetHierarchy")],
)  # fmt: skip
def test_recorded_errors(shared: Path, name: str, code: str) -> None:
    from convert.harvest.oai.answer import read_page

    page = read_page((shared / "onix" / "oai-pmh" / name).read_bytes())
    assert code in [given for given, _ in page.errors]
    assert not page.records


def test_the_dialect_is_that_of_jpro() -> None:
    assert (DIALECT.identify, DIALECT.formats, DIALECT.lenient, DIALECT.dated) == (False, False, False, True)
    assert urlsplit(Endpoint("books", "kikan").address).scheme == "https"
