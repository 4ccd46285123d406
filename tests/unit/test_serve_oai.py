"""The provider keeps OAI-PMH 2.0, rule by rule (the numbers are those of our list of its rules), and has none of the
faults that harvesters met in others. Every answer is held against a schema in :class:`tests.oai_provider.Said`.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from convert.serve import tokens
from convert.serve.arguments import VERBS
from tests import postgres
from tests.oai_hostile import hostile
from tests.oai_provider import BASE, DAY, DOMAIN, OAI, START, Said, Shelf, books, shelf_in, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = f"oai:{DOMAIN}:B00001"
GONE = f"oai:{DOMAIN}:B00002"
KAMI = "material:~E7~B4~99~E8~8A~9D~E5~B1~85"
"""紙芝居"""
SETS = {"domain": DOMAIN, "sets": ["material=materialType[].uri"]}


def fill(shelf: Shelf) -> Shelf:
    """Three snapshots: 2026-01-02 ten books; 01-03 B2 gone, B5 changed, B10 new; 01-04 B7 gone, B11 new."""
    shelf.options = SETS
    first = [replace(book, material="紙芝居") if book.id in ("B00003", "B00007") else book for book in books(0, 10)]
    assert shelf.put(first).snapshot == 1
    second = [*books(0, 2), *first[3:5], *books(5, 6, "（改訂）"), *first[6:], *books(10, 11)]
    assert shelf.put(second).snapshot == 2
    assert shelf.put([book for book in [*second, *books(11, 12)] if book.id != "B00007"]).snapshot == 3
    return shelf


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    if request.param == "sqlite":
        with shelf_in(str(folder / "store.db"), folder) as made:
            yield fill(made)
        return
    if postgres.programs() is None:
        pytest.skip(postgres.MISSING)
    with shelf_in(postgres.database(request.getfixturevalue("postgres_server")), folder) as made:
        yield fill(made)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shelf]:
    """An empty store of its own."""
    with shelf_in(str(tmp_path / "small.db"), tmp_path) as made:
        yield made


def codes(shelf: Shelf, query: str, **settings: Any) -> list[str]:
    return shelf.raw(shelf.provider(**settings), query.encode()).codes


# ── H, X: requests and envelopes ─────────────────────────────────────────────────────────────────


def test_h2_arguments_are_decoded(shelf: Shelf) -> None:
    said = shelf.raw(
        shelf.provider(), b"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai%3Aopac.example.jp%3AB00001"
    )
    assert said.ids == ["B00001"]
    assert said.echo["identifier"] == ID


def test_x3_x4_the_request_is_told_as_it_came(shelf: Shelf) -> None:
    said = shelf.ask(
        shelf.provider(), verb="ListRecords", metadataPrefix="dcndl", from_="2026-01-02", until="2026-01-02"
    )
    assert said.request.text == BASE
    assert said.echo == {"verb": "ListRecords", "metadataPrefix": "dcndl", "from": "2026-01-02", "until": "2026-01-02"}
    assert said.text("responseDate") == "2026-01-04T00:00:30Z"


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:1", "idDoesNotExist", 3),
        ("verb=GetRecord&metadataPrefix=marc&identifier=" + ID, "cannotDisseminateFormat", 3),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2030-01-01", "noRecordsMatch", 3),
        ("verb=ListRecords&resumptionToken=junk", "badResumptionToken", 2),
        ("verb=ListMetadataFormats&identifier=oai:x:1", "idDoesNotExist", 2),
        ("verb=ListRecords", "badArgument", 0),
        ("verb=junk", "badVerb", 0),
        ("", "badVerb", 0),
    ],
)
def test_x4_only_bad_verbs_and_arguments_are_not_told(shelf: Shelf, query: str, code: str, told: int) -> None:
    said = shelf.raw(shelf.provider(), query.encode())
    assert said.codes == [code]
    assert len(said.echo) == told


@pytest.mark.parametrize("value", ['invalid"id', "a'b", "<x>", "a&b", "a b", "目録", "]]>", "[x]", "{x}", "a\\b"])
def test_x6_what_is_told_is_escaped(shelf: Shelf, value: str) -> None:
    said = shelf.ask(shelf.provider(), verb="GetRecord", metadataPrefix="oai_dc", identifier=value)
    if "]" in value:  # what a schema takes for no URI cannot be told
        assert said.codes == ["badArgument"]
        return
    assert said.codes == ["idDoesNotExist"]
    assert said.echo["identifier"] == value


@pytest.mark.parametrize("query", [b"identifier=%00", b"identifier=%0B", b"identifier=%FF%FE", b"identifier=%EF%BF%BF"])
def test_x6_what_xml_cannot_hold_is_a_bad_argument(shelf: Shelf, query: bytes) -> None:
    said = shelf.raw(shelf.provider(), b"verb=GetRecord&metadataPrefix=oai_dc&" + query)
    assert said.codes == ["badArgument"]


def test_x5_the_content_is_rdf_with_its_namespaces(shelf: Shelf) -> None:
    said = shelf.ask(shelf.provider(), verb="GetRecord", metadataPrefix="dcndl", identifier=ID)
    (content,) = said.root.find(f".//{OAI}metadata")
    assert content.tag == "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
    alone = etree.fromstring(etree.tostring(content))
    assert [node.tag.rpartition("}")[2] for node in alone] == ["BibAdminResource", "BibResource"]


# ── D: dates ─────────────────────────────────────────────────────────────────────────────────────


def listed(shelf: Shelf, days: bool = False, **dates: str) -> list[str]:
    provider = shelf.provider(headers=50, days=days)
    said = shelf.ask(provider, verb="ListIdentifiers", metadataPrefix="dcndl", **dates)
    return said.codes or sorted(said.ids)


def test_d1_days_and_seconds_in_a_repository_of_seconds(shelf: Shelf) -> None:
    assert listed(shelf, from_="2026-01-04") == listed(shelf, from_="2026-01-04T00:00:00Z") == ["B00007", "B00011"]


@pytest.mark.parametrize(
    "dates",
    [
        {"from_": "2026-01-02", "until": "2026-01-03T00:00:00Z"},
        {"from_": "2026-01-02T00:00:00Z", "until": "2026-01-03"},
        {"from_": "2026-01-03", "until": "2026-01-02"},
        *({"from_": junk} for junk in ("junk", "2026-13-01", "2026-02-30", "2026", "2026-01", "20260102", "2026-1-2")),
        {"from_": ""},
        *({"until": junk} for junk in ("2026-01-02T00:00Z", "2026-01-02T00:00:00", "2026-01-02T00:00:00+09:00")),
        {"until": "2026-01-02T24:00:00Z"}, {"until": "2026-01-02T00:00:60Z"}, {"until": "2026-01-02T00:00:00.5Z"},
        {"from_": "0000-01-01"}, {"from_": "２０２６-01-02"}, {"from_": " 2026-01-02"},
    ],
    ids=str,
)  # fmt: skip
def test_d2_d3_dates_that_cannot_be(shelf: Shelf, dates: dict[str, str]) -> None:
    assert listed(shelf, **dates) == ["badArgument"]


def test_d2_seconds_are_too_fine_for_a_repository_of_days(shelf: Shelf) -> None:
    assert listed(shelf, days=True, from_="2026-01-03T00:00:00Z") == ["badArgument"]
    assert listed(shelf, days=True, from_="2026-01-03", until="2026-01-03") == ["B00002", "B00005", "B00010"]


def test_d3_both_ends_are_inclusive(shelf: Shelf) -> None:
    at = "2026-01-03T00:00:12Z"
    assert listed(shelf, from_=at, until=at) == ["B00002", "B00005", "B00010"]
    assert listed(shelf, from_="2026-01-03T00:00:13Z", until="2026-01-03T23:59:59Z") == ["noRecordsMatch"]


def test_d4_until_before_the_first(shelf: Shelf) -> None:
    assert listed(shelf, until="2025-12-31") == listed(shelf, until="0001-01-01") == ["noRecordsMatch"]


def test_d5_a_day_is_the_whole_of_it(shelf: Shelf) -> None:
    assert len(listed(shelf, until="2026-01-03")) == 10


@pytest.mark.parametrize(("days", "stamp"), [(False, "2026-01-02T00:00:00Z"), (True, "2026-01-02")])
def test_d6_d7_one_granularity_and_nothing_is_earlier(shelf: Shelf, days: bool, stamp: str) -> None:
    provider = shelf.provider(days=days)
    assert shelf.ask(provider, verb="Identify").text("earliestDatestamp") == stamp
    stamps = {
        at for said in walk(shelf, provider, verb="ListRecords", metadataPrefix="oai_dc") for _, at, _ in said.headers
    }
    assert {len(at) for at in stamps} == {len(stamp)}
    assert min(stamps) >= stamp


# ── Verbs and their arguments ────────────────────────────────────────────────────────────────────

GOOD = {"identifier": ID, "metadataPrefix": "dcndl", "from": "2026-01-02", "until": "2026-01-04", "set": "material"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_its_arguments_and_no_others(shelf: Shelf, verb: str) -> None:
    takes, provider = VERBS[verb], shelf.provider()
    needed = {name: GOOD[name] for name in takes.required}
    assert not shelf.ask(provider, verb=verb, **needed).codes
    for name in takes.required:
        assert shelf.ask(provider, verb=verb, **{k: v for k, v in needed.items() if k != name}).codes == ["badArgument"]
    for name in {*GOOD, "resumptionToken", "junk", "Verb", "metadataprefix"}:
        said = shelf.ask(provider, verb=verb, **needed | {name: GOOD.get(name, "x")})
        assert bool(said.codes) == (name not in (*takes.required, *takes.optional)), name
    whole = [(name, GOOD[name]) for name in (*takes.required, *takes.optional)]
    for name, value in whole:
        query = "&".join(f"{k}={v}" for k, v in [("verb", verb), *whole, (name, value)])
        assert codes(shelf, query) == ["badArgument"], name


@pytest.mark.parametrize(
    "query", ["verb=", "verb=identify", "verb=Identify&verb=Identify", "verb=ListRecords&verb=x", "Verb=Identify"]
)
def test_bad_verbs_come_alone(shelf: Shelf, query: str) -> None:
    assert codes(shelf, query + "&junk=1") == ["badVerb"]


def test_several_errors_are_told_together(shelf: Shelf) -> None:
    assert codes(shelf, "verb=GetRecord&identifier=oai:x:1&metadataPrefix=x") == [
        "idDoesNotExist",
        "cannotDisseminateFormat",
    ]


def test_too_much_is_a_bad_argument(shelf: Shelf) -> None:
    assert codes(shelf, "verb=GetRecord&identifier=" + "x" * 20_000) == ["badArgument"]
    assert codes(shelf, "verb=Identify" + "&a=1" * 100) == ["badArgument"]


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("junk", "badVerb"),
        ("verb=junk", "badVerb"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord&identifier=" + ID, "badArgument"),
        ('verb=GetRecord&identifier=invalid"id&metadataPrefix=oai_dc', "idDoesNotExist"),
        ("verb=ListIdentifiers&until=junk", "badArgument"),
        ("verb=ListIdentifiers&from=junk", "badArgument"),
        ("verb=ListIdentifiers&resumptionToken=junk&until=2000-02-05", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=junk", "badArgument"),
        ("verb=ListRecords&resumptionToken=junk", "badResumptionToken"),
        ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=junk&until=1990-01-10", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=junk", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2002-02-05&until=2002-02-06T05:35:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=2025-01-02T00:00:00Z", "noRecordsMatch"),
    ],
)
def test_the_error_requests_of_the_registration_check(shelf: Shelf, query: str, allowed: str) -> None:
    assert set(codes(shelf, query)) == {allowed}


# ── Identify, formats, sets ──────────────────────────────────────────────────────────────────────


def test_identify(shelf: Shelf) -> None:
    said = shelf.ask(shelf.provider(), verb="Identify")
    assert said.text("repositoryName") == "架空県立図書館"
    assert said.text("deletedRecord") == "persistent"
    assert said.text("granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert said.text("compression") == "gzip"
    described = said.root.find(".//{http://www.openarchives.org/OAI/2.0/oai-identifier}repositoryIdentifier")
    assert described.text == DOMAIN
    assert "compression" not in shelf.raw(shelf.provider(compression=False), b"verb=Identify").body.decode()


@pytest.mark.parametrize("identifier", [None, ID, GONE])
def test_r1_oai_dc_and_dcndl_for_every_item(shelf: Shelf, identifier: str | None) -> None:
    arguments = {} if identifier is None else {"identifier": identifier}
    said = shelf.ask(shelf.provider(), verb="ListMetadataFormats", **arguments)
    assert said.texts("metadataPrefix") == ["oai_dc", "dcndl"]
    for prefix in said.texts("metadataPrefix"):
        assert not shelf.ask(
            shelf.provider(), verb="GetRecord", identifier=identifier or ID, metadataPrefix=prefix
        ).codes


def test_r1_oai_dc_says_what_the_record_says(shelf: Shelf) -> None:
    said = shelf.ask(shelf.provider(), verb="GetRecord", identifier=ID, metadataPrefix="oai_dc")
    values = {one.tag.rpartition("}")[2]: one.text for one in said.root.find(f".//{OAI}metadata")[0]}
    assert values == {"title": "架空の本 1", "date": "1999.4", "type": "http://ndl.go.jp/ndltype/図書"}


def test_r6_what_is_in_a_part_of_a_set_is_in_the_set(shelf: Shelf) -> None:
    provider = shelf.provider(headers=50)
    pages = walk(shelf, provider, verb="ListSets")
    assert [spec for said in pages for spec in said.texts("setSpec")] == [
        "material",
        "material:~E5~9B~B3~E6~9B~B8",
        KAMI,
    ]
    assert [name for said in pages for name in said.texts("setName")] == [
        "material",
        "http://ndl.go.jp/ndltype/図書",
        "http://ndl.go.jp/ndltype/紙芝居",
    ]
    every = shelf.ask(provider, verb="ListIdentifiers", metadataPrefix="dcndl")
    assert shelf.ask(provider, verb="ListIdentifiers", metadataPrefix="dcndl", set="material").headers == every.headers
    part = shelf.ask(provider, verb="ListIdentifiers", metadataPrefix="dcndl", set=KAMI)
    assert part.headers == [
        (f"oai:{DOMAIN}:B00003", "2026-01-02T00:00:00Z", False), (f"oai:{DOMAIN}:B00007", "2026-01-04T00:00:22Z", True),
    ]  # fmt: skip
    assert part.texts("setSpec") == [KAMI, KAMI]
    assert shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl", set="other").codes == ["noRecordsMatch"]
    assert shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl", set="a b").codes == ["badArgument"]


def test_without_sets(small: Shelf) -> None:
    small.put(books(0, 2))
    provider = small.provider()
    assert small.ask(provider, verb="ListSets").codes == ["noSetHierarchy"]
    assert small.ask(provider, verb="ListRecords", metadataPrefix="dcndl", set="a").codes == ["noSetHierarchy"]
    assert not small.ask(provider, verb="GetRecord", metadataPrefix="dcndl", identifier=ID).texts("setSpec")


# ── R: deleted records ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prefix", ["dcndl", "oai_dc"])
def test_r3_r4_r5_a_deleted_record_is_told_for_ever(shelf: Shelf, prefix: str) -> None:
    said = shelf.ask(shelf.provider(), verb="GetRecord", identifier=GONE, metadataPrefix=prefix)
    assert said.headers == [(GONE, "2026-01-03T00:00:12Z", True)]
    every = [
        header
        for page in walk(shelf, shelf.provider(), verb="ListRecords", metadataPrefix=prefix)
        for header in page.headers
    ]
    assert (GONE, "2026-01-03T00:00:12Z", True) in every
    assert len(every) == len({name for name, _, _ in every}) == 12


def test_a_record_that_comes_back(small: Shelf) -> None:
    for count in (3, 2, 3):
        small.put(books(0, count))
    header = (GONE, "2026-01-04T00:00:22Z", False)
    assert small.ask(small.provider(), verb="GetRecord", identifier=GONE, metadataPrefix="dcndl").headers == [header]
    every = walk(small, small.provider(), verb="ListIdentifiers", metadataPrefix="dcndl")
    assert [name for page in every for name in page.headers].count(header) == 1
    assert sum(len(page.headers) for page in every) == 3


# ── F: lists in parts ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
@pytest.mark.parametrize("page", [1, 2, 3, 4, 6, 11])
def test_f1_f2_f4_f7_parts(shelf: Shelf, verb: str, page: int) -> None:
    pages = walk(shelf, shelf.provider(page=page, headers=page), verb=verb, metadataPrefix="dcndl")
    ids = [name for said in pages for name in said.ids]
    assert len(pages) == -(-12 // page)
    assert len(ids) == len(set(ids)) == 12
    assert all(len(said.ids) == page for said in pages[:-1])
    assert pages[-1].ids
    cursors = [int(said.token.get("cursor")) for said in pages]
    assert cursors == list(range(0, 12, page))
    assert {said.token.get("completeListSize") for said in pages} == {"12"}
    assert [bool(said.next) for said in pages] == [True] * (len(pages) - 1) + [False]
    assert all(said.token.get("expirationDate") == "2026-01-07T00:00:30Z" for said in pages[:-1])


def test_f3_a_whole_list_has_no_token(shelf: Shelf) -> None:
    for page in (12, 13, 200):
        assert shelf.ask(shelf.provider(page=page), verb="ListRecords", metadataPrefix="dcndl").token is None


def test_f4_sizes_are_of_what_was_asked_for(shelf: Shelf) -> None:
    provider = shelf.provider(page=1, headers=1)
    for arguments, size in (({"from_": "2026-01-03"}, 5), ({"until": "2026-01-02"}, 7), ({"set": KAMI}, 2)):
        pages = walk(shelf, provider, verb="ListIdentifiers", metadataPrefix="dcndl", **arguments)
        assert [said.token.get("completeListSize") for said in pages] == [str(size)] * size


def test_f5_a_token_gives_the_same_again(shelf: Shelf) -> None:
    provider = shelf.provider()
    token = shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    one, two = (shelf.ask(provider, verb="ListRecords", resumptionToken=token) for _ in range(2))
    assert one.body == two.body
    assert one.ids


def test_f6_a_token_stands_alone(shelf: Shelf) -> None:
    token = shelf.ask(shelf.provider(), verb="ListRecords", metadataPrefix="dcndl").next
    said = shelf.ask(shelf.provider(), verb="ListRecords", resumptionToken=token, metadataPrefix="dcndl")
    assert said.codes == ["badArgument"]


def test_f6_tokens_are_of_their_verb_and_signed(shelf: Shelf) -> None:
    provider = shelf.provider()
    token = shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    assert shelf.ask(provider, verb="ListIdentifiers", resumptionToken=token).codes == ["badResumptionToken"]
    assert shelf.ask(provider, verb="ListSets", resumptionToken=token).codes == ["badResumptionToken"]
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert shelf.ask(provider, verb="ListRecords", resumptionToken=changed).codes == ["badResumptionToken"]
    for other in ("", "=", token + "=", token + "A", token[:-1], " " + token, "目録", "A" * 5000):
        assert shelf.ask(provider, verb="ListRecords", resumptionToken=other).codes == ["badResumptionToken"]


def test_tokens_of_another_delivery_are_none(small: Shelf, tmp_path: Path) -> None:
    small.put(books(0, 9))
    token = small.ask(small.provider(), verb="ListRecords", metadataPrefix="dcndl").next
    other = Shelf(small.store, tmp_path, "other", now=small.now)
    other.put(books(0, 9))
    assert other.ask(other.provider(), verb="ListRecords", resumptionToken=token).codes == ["badResumptionToken"]


def test_f4_a_token_is_good_until_it_expires(small: Shelf) -> None:
    small.put(books(0, 9))
    provider = small.provider(lifetime=3600)
    token = small.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    small.now += 3600
    assert small.ask(provider, verb="ListRecords", resumptionToken=token).ids
    small.now += 1
    assert small.ask(provider, verb="ListRecords", resumptionToken=token).codes == ["badResumptionToken"]


def test_f8_a_list_under_way_stays_as_it_was(small: Shelf) -> None:
    """What changes meanwhile is in the next list that begins where this one did."""
    small.put(books(0, 8))
    provider = small.provider()
    first = small.ask(provider, verb="ListRecords", metadataPrefix="dcndl")
    small.put([*books(1, 4), *books(4, 6, "改"), *books(7, 12)])
    pages = [first]
    while pages[-1].next:
        pages.append(small.ask(provider, verb="ListRecords", resumptionToken=pages[-1].next))
    assert [name for said in pages for name in said.ids] == [f"B{n:05d}" for n in range(8)]
    assert not any(deleted for said in pages for _, _, deleted in said.headers)
    later = walk(small, provider, verb="ListRecords", metadataPrefix="dcndl", from_=first.text("responseDate"))
    found = {name.rpartition(":")[2]: gone for said in later for name, _, gone in said.headers}
    assert found == {"B00000": True, "B00006": True} | dict.fromkeys(
        ["B00004", "B00005", *(f"B{n:05d}" for n in range(8, 12))], False
    )


def test_a_list_of_a_snapshot_that_was_dropped(small: Shelf) -> None:
    small.put(books(0, 8))
    provider = small.provider(lifetime=90 * DAY)
    token = small.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    small.put(books(0, 9))
    small.now += 2 * DAY
    assert small.put(books(0, 10), keep=1).pruned == 0  # no row ended with them
    assert small.ask(provider, verb="ListRecords", resumptionToken=token).codes == ["badResumptionToken"]


def test_pages_are_bounded_by_bytes_too(small: Shelf) -> None:
    small.put([replace(book, title="長" * 2000) for book in books(0, 5)])
    pages = walk(small, small.provider(page=200, page_bytes=15_000), verb="ListRecords", metadataPrefix="dcndl")
    assert [len(said.ids) for said in pages] == [1, 1, 1, 1, 1]
    assert pages[0].token.get("completeListSize") == "5"


@settings(max_examples=8)
@given(st.lists(st.sets(st.integers(0, 12), min_size=1), min_size=2, max_size=5), st.integers(1, 4), st.data())
def test_whatever_happens_meanwhile_a_harvester_ends_up_with_the_last_snapshot(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[int]], page: int, data: st.DataObject
) -> None:
    """Snapshots come between the pages of a harvester, who then asks for what came since it began."""
    folder = tmp_path_factory.mktemp("any")
    with shelf_in(str(folder / "s.db"), folder) as shelf:
        waiting = list(states)
        shelf.put([replace(books(n, n + 1)[0], title=f"架空 {n}") for n in sorted(waiting.pop(0))])
        provider = shelf.provider(page=page)
        have: dict[str, str] = {}
        since = "2026-01-01T00:00:00Z"
        for _ in range(20):
            said = shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl", from_=since)
            began, seen = said.text("responseDate"), set()
            while True:
                for record in said.root.iter(OAI + "record"):
                    name = record[0][0].text
                    assert name not in seen
                    seen.add(name)
                    if len(record) == 1:
                        have.pop(name, None)
                    else:
                        have[name] = etree.tostring(record[1])
                if waiting and data.draw(st.booleans()):
                    edition = len(waiting) % 2
                    shelf.put(
                        [replace(books(n, n + 1)[0], title=f"架空 {n * edition}") for n in sorted(waiting.pop(0))]
                    )
                if not said.next:
                    break
                said = shelf.ask(provider, verb="ListRecords", resumptionToken=said.next)
            since = began
            if not waiting and shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl", from_=began).codes:
                break
        whole = walk(shelf, provider, verb="ListRecords", metadataPrefix="dcndl")
        there = {
            r[0][0].text: etree.tostring(r[1]) for said in whole for r in said.root.iter(OAI + "record") if len(r) > 1
        }
        assert have == there
        assert {name.rpartition(":")[2] for name in there} == {f"B{n:05d}" for n in states[-1]} or waiting


# ── Times ────────────────────────────────────────────────────────────────────────────────────────


def test_a_snapshot_is_seen_from_its_datestamp_on(small: Shelf) -> None:
    small.put(books(0, 1))
    found = small.put(books(0, 2))
    provider = small.provider()
    assert found.datestamp == START + 2 * DAY + 10 + 2  # two seconds ahead of its loading
    small.now = found.datestamp - 1
    assert small.ask(provider, verb="ListRecords", metadataPrefix="dcndl").ids == ["B00000"]
    small.now = found.datestamp
    assert small.ask(provider, verb="ListRecords", metadataPrefix="dcndl").ids == ["B00000", "B00001"]


def test_answers_are_a_function_of_query_store_and_clock(shelf: Shelf) -> None:
    for query in (b"verb=Identify", b"verb=ListRecords&metadataPrefix=dcndl", b"verb=ListSets", b"junk"):
        assert shelf.raw(shelf.provider(), query).body == shelf.raw(shelf.provider(), query).body


# ── Hostile requests ─────────────────────────────────────────────────────────────────────────────


def test_hostile_requests_get_sound_answers(shelf: Shelf) -> None:
    provider = shelf.provider()
    token = shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    for query in itertools.islice(hostile(1, [token, ID, KAMI]), 400):
        shelf.raw(provider, query)


@settings(max_examples=60)
@given(
    st.text(),
    st.sampled_from([*VERBS, "junk"]),
    st.sampled_from(["identifier", "metadataPrefix", "set", "from", "resumptionToken"]),
)
def test_any_value_gets_a_sound_answer(hostile_shelf: Shelf, value: str, verb: str, name: str) -> None:
    hostile_shelf.ask(hostile_shelf.provider(), **{"verb": verb, name: value.encode("utf-8", "replace").decode()})


@pytest.fixture(scope="module")
def hostile_shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("hostile")
    with shelf_in(str(folder / "s.db"), folder) as made:
        yield fill(made)


def test_nothing_a_request_says_is_in_the_text_of_a_statement(hostile_shelf: Shelf) -> None:
    from sqlalchemy import event

    said: list[str] = []
    mark = "zzmarkzz"

    def spoken(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(hostile_shelf.store.engine, "before_cursor_execute", spoken)
    try:
        provider = hostile_shelf.provider()
        for name in ("identifier", "metadataPrefix", "set", "from", "until", "resumptionToken", "verb"):
            for verb, takes in VERBS.items():
                hostile_shelf.ask(
                    provider, **{"verb": verb, **{need: GOOD[need] for need in takes.required}, name: mark}
                )
    finally:
        event.remove(hostile_shelf.store.engine, "before_cursor_execute", spoken)
    assert said
    assert not any(mark in statement for statement in said)


# ── Faults of other providers ────────────────────────────────────────────────────────────────────


def test_deleted_records_are_not_older_than_the_earliest(shelf: Shelf) -> None:
    earliest = shelf.ask(shelf.provider(), verb="Identify").text("earliestDatestamp")
    for said in walk(shelf, shelf.provider(), verb="ListIdentifiers", metadataPrefix="dcndl"):
        assert all(stamp >= earliest for _, stamp, _ in said.headers)


def test_no_content_is_empty_in_any_format(shelf: Shelf) -> None:
    for prefix in ("dcndl", "oai_dc"):
        for said in walk(shelf, shelf.provider(), verb="ListRecords", metadataPrefix=prefix):
            assert all(len(content) == 1 and len(content[0]) for content in said.root.iter(OAI + "metadata"))


def test_the_official_schema_takes_every_answer(hostile_shelf: Shelf, shared: Path) -> None:
    """The schema of the Open Archives Initiative, where it is at hand; it is not ours to give out."""
    official = etree.XMLSchema(etree.parse(str(shared / "oai-pmh" / "OAI-PMH.xsd")))
    provider = hostile_shelf.provider()
    token = hostile_shelf.ask(provider, verb="ListRecords", metadataPrefix="dcndl").next
    queries = [f"verb={verb}&metadataPrefix={prefix}" for verb in VERBS for prefix in ("dcndl", "oai_dc")]
    queries += [f"verb={verb}" for verb in VERBS]
    queries += [f"verb=GetRecord&metadataPrefix=dcndl&identifier={name}" for name in (ID, GONE)]
    hostiles = list(itertools.islice(hostile(2, [token, ID, KAMI]), 400))
    for query in [*(query.encode() for query in queries), *hostiles]:
        said = hostile_shelf.raw(provider, query)
        assert official.validate(said.root), (query, official.error_log)


def test_said_is_strict() -> None:
    """The schema that answers are held against refuses what is wrong."""
    good = Said.__new__(Said)
    with pytest.raises(AssertionError):
        Said.__init__(
            good, b'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"/>'
        )


def test_token_parts_of_the_wrong_kind_are_refused() -> None:
    key = b"k" * 32
    token = tokens.Token("ListRecords", "dcndl", "", 1, 1, 1, 1, "x", 1, 2, 100)
    text = tokens.signed(token, key)
    assert tokens.opened(text, key, 100, 10) == token
    assert tokens.opened(text, b"l" * 32, 100, 10) is None
    assert tokens.opened(text, key, 111, 10) is None
    assert tokens.opened(text, key, 30, 10) is None
    assert tokens.opened(tokens.signed(replace(token, first=True), key), key, 100, 10) is None
