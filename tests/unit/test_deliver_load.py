"""Deliveries as snapshots: what changed gets a datestamp, what is gone stays as deleted, nonsense is refused."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from lxml import etree
from sqlalchemy import func, select

from convert.check.issue import Severity
from convert.cli import cli
from convert.deliver.snapshots import loading, tables, writing
from convert.deliver.snapshots.loading import LoadRequest, load
from convert.deliver.snapshots.naming import identifier_of, part_of
from convert.deliver.snapshots.shaping import Crosswalk, Shaper, UnshapedError
from convert.errors import MappingError, OptionError, UsageError
from convert.messages.catalogue import catalogue
from convert.store.base import open_store
from convert.store.lock import alone
from convert.store.place import Place
from tests.deliver_data import Book, dcndl, oai
from tests.oai_provider import DOMAIN, START, Shelf, books, shelf_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.check.issue import Issue
    from convert.deliver.snapshots.loading import Loaded


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    place = str(tmp_path / "s.db") if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with shelf_in(place, tmp_path) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Shelf]:
    with shelf_in(str(tmp_path / "s.db"), tmp_path) as made:
        yield made


def found(loaded: Loaded, code: str) -> Issue:
    return next(issue for issue in loaded.issues if issue.code == code)


def rows(shelf: Shelf) -> list[tuple[Any, ...]]:
    """Every row: local id, the snapshots in which it began and ended, whether it is deleted."""
    table = tables.rows.c
    with shelf.store.reading() as connection:
        query = select(table.identifier, table.began, table.ended, table.deleted)
        every = connection.execute(query.order_by(table.identifier, table.began)).all()
    return [
        (name.rpartition(":")[2], began, 0 if ended == tables.NEVER else ended, gone)
        for name, began, ended, gone in every
    ]


def count(shelf: Shelf, table: Any) -> int:
    with shelf.store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


# ── Snapshots ────────────────────────────────────────────────────────────────────────────────────


def test_snapshots_keep_what_stays_once(shelf: Shelf) -> None:
    first = shelf.put(books(0, 3))
    second = shelf.put([*books(0, 1), *books(1, 2, "改"), *books(3, 4)])
    assert (first.snapshot, second.snapshot, second.former, second.records) == (1, 2, 1, 3)
    assert second.counts == {"added": 1, "changed": 1, "deleted": 1, "unchanged": 1, "renumbered": 0, "revived": 0}
    assert rows(shelf) == [
        ("B00000", 1, 0, False), ("B00001", 1, 2, False), ("B00001", 2, 0, False),
        ("B00002", 1, 2, False), ("B00002", 2, 0, True), ("B00003", 2, 0, False),
    ]  # fmt: skip
    assert count(shelf, tables.bodies) == 5  # a deleted record has none


def test_the_same_again_is_no_snapshot(shelf: Shelf) -> None:
    shelf.put(books(0, 3))
    again = shelf.put(books(0, 3))
    assert (again.snapshot, again.refused) == (None, False)
    assert found(again, "DLV-LOAD-SAME").slots == {"count": 3, "number": 1}


def test_indenting_comments_and_order_change_nothing(one: Shelf) -> None:
    one.put(books(0, 3))
    other = dcndl(books(0, 3)[::-1]).replace(b"\n  <", b"\n\n\t<!-- x --><").replace(b'" xmlns:owl', b'"   xmlns:owl')
    assert one.put(other).counts["unchanged"] == 3
    assert one.put(oai(books(0, 3)), domain=None).counts["unchanged"] == 3


def test_datestamps_rise_whatever_the_clock_says(one: Shelf) -> None:
    first = one.put(books(0, 3))
    assert first.datestamp == START + 86400
    one.now -= 10 * 86400
    second = one.put(books(0, 4))
    assert second.datestamp == first.datestamp + 1
    slots = found(second, "DLV-LOAD-CLOCK").slots
    assert slots == {"last": "2026-01-02T00:00:00Z", "now": "2025-12-24T00:00:10Z"}
    assert one.put(books(0, 5), force=False).snapshot is None


def test_writing_that_takes_long_gets_a_later_datestamp(one: Shelf) -> None:
    """A harvester who asked while it was written must find it in its next list."""
    one.put(books(0, 2))
    ticks = iter(range(1000))

    def clock() -> float:  # every look takes three seconds
        return START + 10 * 86400 + 3 * next(ticks)

    (one.folder / "output.rdf").write_bytes(dcndl(books(0, 3)))
    done = load(one.store, LoadRequest([one.folder / "output.rdf"], "lib", domain=DOMAIN, force=True), clock=clock)
    assert done.datestamp is not None
    assert done.datestamp > START + 10 * 86400 + 3 * (next(ticks) - 3)


def test_old_snapshots_are_dropped_but_no_deleted_record(shelf: Shelf) -> None:
    for number in range(1, 5):
        shelf.put([*books(0, 1, str(number)), *books(number, 5)], keep=2)
    left = rows(shelf)
    assert [row for row in left if row[0] == "B00000"] == [
        ("B00000", 2, 3, False),
        ("B00000", 3, 4, False),
        ("B00000", 4, 0, False),
    ]
    assert [row[0] for row in left if row[3]] == ["B00001", "B00002", "B00003"]
    assert count(shelf, tables.bodies) == len([row for row in left if not row[3]])


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────

MANY = books(0, 40)


@pytest.fixture
def full(one: Shelf) -> Shelf:
    one.put(MANY)
    return one


@pytest.mark.parametrize(
    ("some", "options", "code", "slots"),
    [
        (MANY[:30], {}, "DLV-DIFF-DELETED", {"count": 10, "before": 40, "percent": "25.0", "most": 10}),
        (books(0, 40, "改"), {}, "DLV-DIFF-CHANGED", {"count": 40, "before": 40, "percent": "100.0", "most": 50}),
        (
            books(0, 21, "改") + MANY[21:],
            {},
            "DLV-DIFF-CHANGED",
            {"count": 21, "before": 40, "percent": "52.5", "most": 50},
        ),
        ([replace(book, id=f"N{book.id}") for book in MANY], {}, "DLV-DIFF-RENUMBERED", {"count": 40, "deleted": 40}),
        ([*MANY, MANY[3]], {}, "DLV-ID-TWICE", {"count": 1}),
        (MANY, {"sets": ["nosuch[].thing"]}, "DLV-LOAD-SET", {}),
        (oai([], ["B00001"]), {}, "DLV-NONE", {}),
        (dcndl(MANY).replace(b"</dcterms:title>", b"</dcterms:x>", 1), {}, "DLV-SKIPPED", {"count": 1}),
    ],
    ids=["deleted", "changed", "half", "renumbered", "twice", "set", "none", "damaged"],
)
def test_what_looks_wrong_is_refused_with_the_numbers(
    full: Shelf, some: list[Book] | bytes, options: dict[str, Any], code: str, slots: dict[str, Any],
    says_all: Callable[[Issue], None],
) -> None:  # fmt: skip
    before = rows(full)
    refused = full.put(some, force=False, **options)
    assert refused.refused
    issue = found(refused, code)
    assert catalogue().severity(issue) is Severity.ERROR
    assert {name: issue.slots[name] for name in slots} == slots
    for told in refused.issues:
        says_all(told)
    assert rows(full) == before


def test_limits_can_be_stated(full: Shelf) -> None:
    assert full.put(MANY[:30], force=False, most_deleted=25).snapshot == 2
    assert full.put(books(0, 30, "改"), force=False, most_changed=100).snapshot == 3


def test_a_name_that_is_no_uri_needs_a_domain(one: Shelf, says_all: Callable[[Issue], None]) -> None:
    data = dcndl(books(0, 2)).replace(b"https://opac.example.jp/bib/", b"")
    refused = one.put(data, domain=None, force=False)
    assert refused.refused
    issue = found(refused, "DLV-LOAD-NAME")
    assert issue.slots["count"] == 2
    says_all(issue)
    assert one.put(data).snapshot == 1


def test_a_changed_converter_is_told_as_such(one: Shelf, says_all: Callable[[Issue], None]) -> None:
    def put(edition: str, version: str, mapping: str) -> Loaded:
        data = dcndl(books(0, 20, edition))
        import hashlib

        told = {
            "tool": {"name": "mokuroku", "version": version}, "complete": True, "counts": {"rejected": 0},
            "mapping": {"id": "museum/own", "files": [{"name": "own.yaml", "sha256": mapping}]},
            "outputs": [{"name": "output.rdf", "sha256": hashlib.sha256(data).hexdigest(), "records": 20}],
        }  # fmt: skip
        (one.folder / "output.rdf.manifest.json").write_text(json.dumps(told))
        return one.put(data, force=False)

    assert put("", "1.0", "aa").snapshot == 1
    refused = put("改", "1.1", "bb")
    issue = found(refused, "DLV-LOAD-CONVERTER")
    assert "mokuroku: 1.0 → 1.1" in issue.slots["made"]
    assert "museum/own: " in issue.slots["made"]
    assert (issue.slots["count"], issue.slots["before"]) == (20, 20)
    says_all(issue)
    assert found(put("改", "1.0", "aa"), "DLV-DIFF-CHANGED").slots["count"] == 20


def test_another_crosswalk_counts_as_a_change(one: Shelf) -> None:
    one.put(books(0, 20))
    own = one.folder / "own.yaml"
    shipped = (Path(loading.__file__).parents[3] / "mappings" / "dcndl" / "dcndl-to-oai_dc.yaml").read_text(
        encoding="utf-8"
    )
    own.write_text(shipped + "# nothing but a remark\n", encoding="utf-8")
    assert one.put(books(0, 20), force=False, crosswalk=own).counts["unchanged"] == 20
    own.write_text(
        shipped.replace("\n  publisher:", '\n  contributor: {const: "x"}\n  publisher:').replace(
            "  contributor:  contributor\n", ""
        ),
        encoding="utf-8",
    )
    refused = one.put(books(0, 20), force=False, crosswalk=own)
    assert found(refused, "DLV-LOAD-CONVERTER").slots["count"] == 20
    assert "oai_dc" in found(refused, "DLV-LOAD-CONVERTER").slots["made"]
    own.write_text(shipped.replace("  publisher: ", "  maker: "), encoding="utf-8")
    with pytest.raises(UsageError, match="maker"):
        one.put(books(0, 20), crosswalk=own)
    with pytest.raises((UsageError, MappingError)):
        one.put(books(0, 20), crosswalk="no/such")
    with pytest.raises(UsageError, match="oai_dc"):
        one.put(books(0, 20), crosswalk="museum/csv-to-japansearch")


def test_options_that_were_forgotten_are_named(one: Shelf) -> None:
    one.put(books(0, 20), sets=["material=materialType[].uri"])
    refused = one.put(books(0, 20), force=False)
    assert "--set: material=materialType[].uri → -" in found(refused, "DLV-LOAD-CONVERTER").slots["made"]


def test_dates_of_records_can_be_left_out(one: Shelf) -> None:
    def dated(day: str) -> bytes:
        return dcndl(books(0, 9)).replace(
            b"</dcterms:date>", f"</dcterms:date><dcterms:modified>{day}</dcterms:modified>".encode()
        )

    one.put(dated("2026-01-01"), ignore_dates=True)
    assert one.put(dated("2026-02-02"), ignore_dates=True).counts["unchanged"] == 9
    assert one.put(dated("2026-02-02")).counts["changed"] == 9


def test_a_dry_run_writes_nothing(full: Shelf) -> None:
    done = full.put(books(0, 41), dry_run=True)
    assert (done.snapshot, done.counts["added"], done.refused) == (None, 1, False)
    assert len(rows(full)) == 40


@pytest.mark.parametrize(
    "options", [{"format": "csv"}, {"name": ""}, {"name": "a\nb"}, {"domain": "no domain"}, {"sets": [" "]}]
)
def test_options_that_cannot_be(one: Shelf, options: dict[str, Any]) -> None:
    file = one.folder / "x.rdf"
    file.write_bytes(dcndl(books(0, 1)))
    with pytest.raises(OptionError):
        load(one.store, LoadRequest(**{"files": [file], "name": "x", **options}))


# ── Runs that end early, and two at once ─────────────────────────────────────────────────────────


def test_two_at_once(shelf: Shelf) -> None:
    with alone(shelf.store, "delivery lib"), pytest.raises(UsageError, match="being loaded"):
        shelf.put(books(0, 2))
    assert shelf.put(books(0, 2)).snapshot == 1


def test_an_error_halfway_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(books(0, 9))
    before = rows(shelf)

    def broken(*_: Any) -> None:
        raise RuntimeError("no more")

    monkeypatch.setattr(writing.Writing, "delete", broken)
    with pytest.raises(RuntimeError):
        shelf.put([*books(0, 3), *books(3, 8, "改"), *books(20, 22)])
    assert rows(shelf) == before
    assert count(shelf, tables.snapshots) == 1


def _killed_halfway(place: str, file: str) -> None:
    def dead(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    writing.Writing.publish = dead  # type: ignore[method-assign]
    with open_store(Place(place)) as store:
        load(store, LoadRequest([file], "lib", domain=DOMAIN, force=True))


def test_kill_9_leaves_the_snapshot_before(one: Shelf) -> None:
    one.put(books(0, 9))
    provider = one.provider(page=50)
    said = one.ask(provider, verb="ListRecords", metadataPrefix="dcndl").body
    file = one.folder / "half.rdf"
    file.write_bytes(dcndl([*books(0, 3), *books(3, 8, "改"), *books(20, 22)]))
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_halfway, args=(one.store.place.text, str(file))
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert any(began == 2 for _, began, _, _ in rows(one))  # it had come that far
    assert one.ask(provider, verb="ListRecords", metadataPrefix="dcndl").body == said
    done = one.put([*books(0, 2), *books(3, 9)])
    assert (done.snapshot, done.counts["deleted"], done.counts["unchanged"]) == (2, 1, 8)
    assert [row for row in rows(one) if row[0] in ("B00003", "B00020")] == [("B00003", 1, 0, False)]


# ── Names and shapes ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "domain", "made"),
    [
        ("https://opac.example.jp/bib/B1#material", None, "https://opac.example.jp/bib/B1"),
        ("https://opac.example.jp/bib/B1/", "a.jp", "oai:a.jp:B1"),
        ("oai:x.jp:1", "a.jp", "oai:x.jp:1"),
        ("資料1", "a.jp", "oai:a.jp:%E8%B3%87%E6%96%991"),
        ("a%20b", "a.jp", "oai:a.jp:a%2520b"),
        ("http://a.jp/%20[x]%", None, "http://a.jp/%20%5Bx%5D%25"),
        ("urn:isbn:978", None, "urn:isbn:978"),
        ("B1", None, None), ("", "a.jp", None), ("x" * 1001, "a.jp", None),
    ],
)  # fmt: skip
def test_identifiers(name: str, domain: str | None, made: str | None) -> None:
    assert identifier_of(name, domain) == made


def test_parts_of_sets_are_legal() -> None:
    assert part_of("a:b c~/％") == "a~3Ab~20c~7E~2F~EF~BC~85"


def test_contents_are_whole_elements() -> None:
    shaper = Shaper()
    head, tail = b'<a xmlns:d="urn:d" xmlns="urn:x"><b>', b"</b></a>"
    data = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"> <d:t z="1" a="2"/> <!-- x --></r:RDF>'
    made = shaper.content(head, data, tail)
    assert etree.fromstring(made)[0].tag == "{urn:d}t"
    assert b"urn:x" not in made
    for wrong in (
        data.replace(b"</r:RDF>", b"<x xmlns=''/></r:RDF>"),
        b"<x/>",
        b"<r:RDF/>",
        b"</",
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    ):
        with pytest.raises(UnshapedError):
            shaper.content(head, wrong, tail)


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("himitsu")
    head = f'<!DOCTYPE r:RDF [<!ENTITY s SYSTEM "{secret.as_uri()}">]><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    try:
        made = Shaper().content(head.encode(), b"<r:x>&s;</r:x>", b"</r:RDF>")
    except UnshapedError:
        return
    assert b"himitsu" not in made


def test_the_shipped_crosswalk_reads_the_records_of_ndl(shared: Path) -> None:
    import convert

    reader = convert.read(shared / "dcndl" / "v2021-book-53items.xml", "dcndl")
    crosswalk = Crosswalk()
    made = etree.fromstring(crosswalk.made(next(iter(reader)).body, reader))
    values = [(one.tag.rpartition("}")[2], one.text) for one in made]
    assert ("title", "ノイマンの夢・近代の欲望 : 情報化社会を解体する") in values
    assert ("identifier", "ISBN 4-06-258087-X") in values
    assert [name for name, _ in values] == sorted((name for name, _ in values), key=loading_order)


def loading_order(name: str) -> int:
    from convert.deliver.snapshots.shaping import ELEMENTS

    return ELEMENTS.index(name)


# ── The command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    def call(*arguments: str, data: bytes | None = None) -> Any:
        file = tmp_path / "out.rdf"
        if data is not None:
            file.write_bytes(data)
        return CliRunner().invoke(
            cli, ["deliver", "load", str(file), "--as", "lib", "--store", str(tmp_path / "s.db"), *arguments]
        )

    return call


def test_the_command(run: Callable[..., Any]) -> None:
    first = run("--domain", DOMAIN, "--lang", "en", data=dcndl(books(0, 20)))
    assert first.exit_code == 0, first.output
    assert "lib: snapshot 1, 20 records, datestamp 20" in first.output
    refused = run(data=dcndl(books(0, 10)))
    assert refused.exit_code == 3
    assert "スナップショットは作っていません" in refused.output
    forced = json.loads(run("--force", "--json", "-q").stdout)
    assert forced["snapshot"] == 2
    assert forced["counts"]["deleted"] == 10
    assert forced["exit_code"] == 1
    assert run("--store", "x.db?source=a").exit_code == 2


def test_time_is_short(one: Shelf) -> None:
    """A few hundred records are a matter of seconds, or something is quadratic."""
    began = time.process_time()
    one.put(books(0, 600))
    one.put([*books(0, 300), *books(300, 310, "改"), *books(310, 600)])
    assert time.process_time() - began < 20
