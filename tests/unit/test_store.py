"""The store, in SQLite and in a real PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import pickle
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

import convert
from convert.containers import one_source, sources
from convert.errors import OptionError, RunError, UnknownName, UsageError
from convert.run.checking import check
from convert.store.base import Store, open_store
from convert.store.counters import count_of, take
from convert.store.images import folder_of, keep, kept, path_of
from convert.store.incoming import Counts, Incoming
from convert.store.lock import alone
from convert.store.payload import DamageError, pack, unpack
from convert.store.place import Place, Selection, parse_place
from convert.store.reading import condition, extent, named, statistics, stored
from convert.store.records import put, source_id
from convert.store.source import shared_out, whole
from convert.store.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("sqlalchemy")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(str(tmp_path / "架空.db"))
    return Place(request.getfixturevalue("postgresql"))


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with open_store(place, create=True) as opened:
        yield opened


def product(number: int, title: str = "架空の本") -> bytes:
    return (
        f"<Product><RecordReference>{number}</RecordReference><NotificationType>03</NotificationType>"
        f"<Title>{title}</Title></Product>"
    ).encode()


def record(number: int, title: str = "架空の本", **more: Any) -> Incoming:
    given: dict[str, Any] = {"datestamp": "2026-04-01T00:00:00Z", "payload": product(number, title)}
    return Incoming(f"oai:example.jp:{number}", **(given | more))


def add(store: Store, *items: Incoming, source: str = "架空図書館", prefix: str = "onix", at: int = 1000) -> Counts:
    with store.writing() as connection:
        return put(connection, source_id(connection, source), prefix, items, at)


def contents(store: Store, chosen: str = "") -> list[tuple[Any, ...]]:
    selection = parse_place(f"{store.place.text}{'&' if '?' in store.place.text else '?'}{chosen}")[1]
    with store.reading() as connection:
        return [(item.identifier, item.datestamp, item.deleted) for item in stored(connection, selection)]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def test_what_became_of_records_is_counted(store: Store) -> None:
    assert add(store, record(1), record(2), record(3)) == Counts(new=3)
    again = add(store, record(1), record(2, "別の題"), record(3, deleted=True, payload=None), record(4), at=2000)
    assert again == Counts(new=1, changed=1, deleted=1, unchanged=1)
    assert add(store, record(3, deleted=True, payload=None), at=3000) == Counts(unchanged=1)
    assert add(store, record(3), at=4000) == Counts(changed=1)


def test_sets_make_a_change_and_a_datestamp_alone_does_not(store: Store) -> None:
    add(store, record(1, sets=("a", "b")))
    assert add(store, record(1, sets=("b", "a"), datestamp="2026-05-01T00:00:00Z"), at=5) == Counts(unchanged=1)
    assert contents(store) == [("oai:example.jp:1", "2026-05-01T00:00:00Z", False)]
    assert add(store, record(1, sets=("a",))) == Counts(changed=1)


def test_the_sign_decides_what_is_unchanged(store: Store) -> None:
    add(store, record(1, sign=b"same"))
    assert add(store, record(1, "書き方だけ違う", sign=b"same")) == Counts(unchanged=1)


def test_of_one_identifier_in_a_batch_the_newest_counts(store: Store) -> None:
    newer = record(1, "新しい", datestamp="2026-05-01T00:00:00Z")
    assert add(store, newer, record(1, "古い")) == Counts(new=1)
    with store.reading() as connection:
        assert "新しい" in (named(connection, "oai:example.jp:1")[0].payload() or b"").decode()


def test_first_seen_stays_and_last_seen_moves(store: Store) -> None:
    add(store, record(1), at=10)
    add(store, record(1), at=20)
    add(store, record(1, "別の題"), at=30)
    with store.reading() as connection:
        found = named(connection, "oai:example.jp:1")[0]
    assert (found.first_seen, found.changed, found.last_seen) == (10, 30, 30)


def test_sources_and_prefixes_are_apart(store: Store) -> None:
    add(store, record(1))
    assert add(store, record(1), source="別の図書館") == Counts(new=1)
    assert add(store, record(1), prefix="oai_dc") == Counts(new=1)
    with store.reading() as connection:
        assert len(named(connection, "oai:example.jp:1")) == 3
        assert len(named(connection, "oai:example.jp:1", "別の図書館")) == 1


def test_a_batch_of_thousands(store: Store) -> None:
    assert add(store, *(record(number) for number in range(2500))) == Counts(new=2500)
    assert add(store, *(record(number) for number in range(2500))) == Counts(unchanged=2500)


def test_what_breaks_off_leaves_nothing(store: Store) -> None:
    add(store, record(1))
    with contextlib.suppress(ZeroDivisionError), store.writing() as connection:
        put(connection, source_id(connection, "架空図書館"), "onix", [record(2)], 1)
        raise ZeroDivisionError
    assert len(contents(store)) == 1


def test_a_reader_sees_the_store_as_it_was(store: Store) -> None:
    add(store, *(record(number) for number in range(600)))
    with store.reading() as connection:
        found = stored(connection, Selection())
        first = next(found)
        add(store, *(record(number) for number in range(600, 700)))
        assert first.row
        assert len(list(found)) == 599


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def filled(store: Store) -> Store:
    add(
        store,
        record(1, sets=("a",), datestamp="2026-03-31"),
        record(2, sets=("a:b",), datestamp="2026-04-01T23:59:59Z"),
        record(3, sets=("ab", "a%"), datestamp="2026-04-02T00:00:00Z"),
        record(4, deleted=True, payload=None, datestamp=None),
    )
    add(store, record(5), source="別の図書館", at=1_770_000_000)
    return store


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("source=架空図書館", [1, 2, 3, 4]),
        ("source=%E6%9E%B6%E7%A9%BA%E5%9B%B3%E6%9B%B8%E9%A4%A8", [1, 2, 3, 4]),
        ("set=a", [1, 2]),
        ("set=a:b", [2]),
        ("set=a%25", [3]),
        ("from=2026-04-01&source=架空図書館", [2, 3]),
        ("until=2026-04-01&source=架空図書館", [1, 2]),
        ("until=2026-03", [1]),
        ("deleted=only", [4]),
        ("deleted=without&prefix=onix", [1, 2, 3, 5]),
        ("prefix=oai_dc", []),
        ("changed=2026-01", [5]),
        ("changed=1970&source=架空図書館", [1, 2, 3, 4]),
    ],
)
def test_selections(filled: Store, chosen: str, numbers: list[int]) -> None:
    assert [name for name, _, _ in contents(filled, chosen)] == [f"oai:example.jp:{number}" for number in numbers]


def test_rows(filled: Store) -> None:
    with filled.reading() as connection:
        found = extent(connection, Selection())
        assert (found.records, found.deleted, found.media) == (5, 1, ("xml",))
        first = [item.identifier for item in stored(connection, Selection(rows=(found.first, found.first + 1)))]
    assert first == ["oai:example.jp:1", "oai:example.jp:2"]


def test_statistics(filled: Store) -> None:
    with filled.reading() as connection:
        first, second = sorted(statistics(connection), key=lambda source: source["source"] != "架空図書館")
    assert first["records"][0]["records"], second["records"][0]["records"] == (4, 1)
    assert first["records"][0]["deleted"] == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("store:", UsageError),
        ("store:a.db?sorce=x", UnknownName),
        ("store:a.db?source=", OptionError),
        ("store:a.db?source=a&source=b", OptionError),
        ("store:a.db?deleted=maybe", OptionError),
        ("store:a.db?from=yesterday", OptionError),
        ("store:a.db?rows=5", OptionError),
    ],
)
def test_wrong_selections(text: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        parse_place(text)
    assert caught.value.ja is not None  # type: ignore[attr-defined]


def test_a_selection_is_written_as_it_is_read() -> None:
    text = "store:a b.db?source=架空 館&prefix=onix&set=a:b&from=2026&until=2026-05&changed=2026-01-01&rows=1-9"
    _, chosen = parse_place(text)
    assert parse_place(f"store:x?{chosen}")[1] == chosen
    assert "架空%20館" in str(chosen)


def test_parameters_of_the_database_stay_with_it() -> None:
    place, chosen = parse_place("store:postgresql://kakuu:himitsu@db.example/x?sslmode=require&source=a")
    assert place.url("psycopg") == "postgresql+psycopg://kakuu:himitsu@db.example/x?sslmode=require"
    assert chosen.source == "a"
    assert "himitsu" not in place.shown


# ── As an input ──────────────────────────────────────────────────────────────────────────────────


def name_of(store: Store, chosen: str = "") -> str:
    return f"store:{store.place.text}" + (f"?{chosen}" if chosen else "")


def test_a_selection_is_one_document(filled: Store) -> None:
    with one_source(name_of(filled)).open() as stream:
        root = etree.fromstring(stream.read())
    oai = "{http://www.openarchives.org/OAI/2.0/}"
    assert [item.text for item in root.iter(f"{oai}identifier")] == [f"oai:example.jp:{n}" for n in range(1, 6)]
    assert [item.get("status") for item in root.iter(f"{oai}header")] == [None, None, None, "deleted", None]
    assert len(list(root.iter("Product"))) == 4  # in no namespace, as they came


def test_convert_reads_a_store(filled: Store, write: Callable[[str, str], Path], tmp_path: Path) -> None:
    mapping = write("m.yaml", MAPPING)
    report = convert.Job(mapping).run(name_of(filled, "source=架空図書館"), tmp_path / "out.jsonl")
    assert report.counts["written"] == 3
    assert report.counts["deleted"] == 1
    assert "架空の本" in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_check_reads_a_store(filled: Store) -> None:
    report = check(name_of(filled), "onix")
    assert report.counts["read"] == 5


MAPPING = """\
mapping: 1
id: small
source: {format: onix}
target: {format: jsonl}
record: {id: RecordReference, delete: {NotificationType: "05"}}
fields: {title: {const: 架空の本}}
"""


def test_a_large_selection_is_shared_out(store: Store) -> None:
    add(store, *(record(number) for number in range(30)))
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM payloads WHERE record BETWEEN 9 AND 18")
        connection.exec_driver_sql("DELETE FROM records WHERE id BETWEEN 9 AND 18")
    parts = shared_out(name_of(store), rows=7)
    assert len(parts) == 3
    again: list[Any] = pickle.loads(pickle.dumps(parts))  # noqa: S301 - our own
    text = b"".join(part.open().read() for part in again)
    assert text.count(b"<record>") == 20
    assert text.count(b"<OAI-PMH") == 3
    assert len({part.key for part in parts}) == 3
    assert whole(name_of(store)).open().read().count(b"<record>") == 20


def test_parts_run_in_processes(
    store: Store, write: Callable[[str, str], Path], tmp_path: Path, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, *(record(number) for number in range(300)))
    monkeypatch.setattr("convert.store.source.ROWS", 100)
    mapping, out = write("m.yaml", MAPPING), tmp_path / "out.jsonl"
    inputs = shared_out(name_of(store), rows=100)
    report = convert.Job(mapping, jobs=2, shard_bytes=1, executor=pool).run(inputs, out)
    assert report.counts["written"] == 300
    assert len(report.inputs) == 3
    alone_ = convert.Job(mapping).run(name_of(store), tmp_path / "one.jsonl")
    assert alone_.counts == report.counts
    assert (tmp_path / "one.jsonl").read_bytes() == out.read_bytes()


def test_json_payloads_are_lines(store: Store) -> None:
    items = [Incoming(str(n), payload=b'{"id": "%d",\n "a": 1}' % n, media="json") for n in range(3)]
    add(store, *items, Incoming("9", deleted=True, media="json"), prefix="json")
    lines = whole(name_of(store)).open().read().decode().splitlines()
    assert lines == [f'{{"id": "{n}",  "a": 1}}' for n in range(3)]
    add(store, record(1))
    with pytest.raises(UsageError, match="narrow"):
        whole(name_of(store))
    assert whole(name_of(store, "prefix=json")).records == 4


def test_the_digest_changes_with_the_content(store: Store) -> None:
    add(store, record(1))
    before = whole(name_of(store)).digest()
    assert before == whole(name_of(store)).digest()
    add(store, record(1, "別の題"))
    assert before != whole(name_of(store)).digest()


def test_a_damaged_payload_is_told(store: Store, says_all: Callable[..., None]) -> None:
    add(store, *(record(number) for number in range(1, 3000)))
    with store.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE payloads SET data = {BAD[store.place.is_file]} WHERE record = 2900"  # noqa: S608
        )
    report = check(name_of(store), "onix")
    assert report.counts["broken"] == 1
    assert report.counts["read"] > 1000
    issue = next(issue for issue in report.issues if issue.code == "STO-DAMAGED")
    says_all(issue)


BAD = {True: "x'7a0102'", False: "'\\x7a0102'"}


# ── What cannot be ───────────────────────────────────────────────────────────────────────────────


def test_no_such_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such store"):
        sources(f"store:{tmp_path}/nix.db")
    with pytest.raises(UsageError, match="folder"):
        open_store(Place(str(tmp_path)), create=True)
    with pytest.raises(UsageError, match="folder"):
        open_store(Place(str(tmp_path / "no" / "a.db")), create=True)
    assert not list(tmp_path.iterdir())


def test_another_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("番号,名前", encoding="utf-8")
    base = sqlite3.connect(tmp_path / "b.db")
    base.execute("CREATE TABLE x (y)")
    base.commit()
    base.close()
    for name in ("a.db", "b.db"):
        with pytest.raises(UsageError, match="not a store"):
            open_store(Place(str(tmp_path / name)))


def test_a_store_of_a_later_version(store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE about SET value = '99' WHERE key = 'version'")
    with pytest.raises(UsageError, match="version 99"):
        open_store(store.place)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE about SET value = '1' WHERE key = 'version'")


def test_nothing_matches(store: Store) -> None:
    add(store, record(1))
    with pytest.raises(UsageError, match="no such record"):
        sources(name_of(store, "set=x"))
    with pytest.raises(UnknownName) as caught:
        sources(name_of(store, "source=架空図書"))
    assert caught.value.suggestion == "架空図書館"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with open_store(Place(str(tmp_path / "a.db")), create=True) as store:
        add(store, record(1))
        with pytest.raises(RunError) as caught, store.writing() as connection:  # noqa: PT012
            connection.exec_driver_sql("PRAGMA max_page_count = 30")
            put(connection, source_id(connection, "a"), "x", [record(n, os.urandom(9000).hex()) for n in range(90)], 1)
        assert "空き容量" in (caught.value.ja or "")
        assert len(contents(store)) == 1


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(UsageError) as caught:
        open_store(Place("postgresql://kakuu:himitsu@127.0.0.1:1/x"))
    assert "himitsu" not in str(caught.value)
    assert "himitsu" not in (caught.value.ja or "")


# ── Payloads, counters, images, locks ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data", [b"", b"a", "架空".encode() * 1000])
def test_payloads_come_back(data: bytes) -> None:
    assert unpack(pack(data)) == data


def test_payloads_without_zstandard(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_ = pack(b"a" * 999)
    monkeypatch.setattr("convert.store.payload._zstd", lambda: None)
    assert unpack(pack(b"a" * 999)) == b"a" * 999
    with pytest.raises(UsageError, match="zstandard"):
        unpack(kept_)
    with pytest.raises(DamageError):
        unpack(b"?")


def test_a_budget_is_shared(store: Store) -> None:
    taken: list[int | None] = []

    def spend() -> None:
        taken.extend(take(store, "jpro", "2026-04-01", most=25) for _ in range(10))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number in taken if number) == list(range(1, 26))
    assert taken.count(None) == 15
    assert count_of(store, "jpro", "2026-04-01") == 25
    assert count_of(store, "jpro", "2026-04-02") == 0
    assert take(store, "jpro", "2026-04-02", most=25) == 1


def test_images_are_kept_once(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "files" if not store.place.is_file else folder_of(store)
    jpeg = b"\xff\xd8\xff\xe0" + b"x" * 100
    with store.writing() as connection:
        source = source_id(connection, "jpro")
        for _ in range(2):
            for code in ("9784000000000", "9784000000017"):
                url = f"https://example.jp/images/{code}.jpg"
                made = keep(connection, folder, source, identifier=code, address=url, data=jpeg, at=1)
                assert made is not None
                assert made.name == f"{code}.jpg"
        assert keep(connection, folder, source, identifier="x", address="x", data=b"<html>", at=1) is None
        assert [image.bytes for image in kept(connection, source, "9784000000000")] == [104]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files == [path_of(folder, made.sha256, ".jpg")]
    assert files[0].read_bytes() == jpeg


def test_a_store_elsewhere_needs_a_folder_for_images(postgresql: str) -> None:
    with open_store(Place(postgresql), create=True) as store, pytest.raises(UsageError):
        folder_of(store)


def test_one_harvest_at_a_time(place: Place) -> None:
    with open_store(place, create=True) as one, open_store(place) as two:
        with alone(one, "a"):
            with pytest.raises(UsageError, match="another process"), alone(two, "a"):
                pass
            with alone(two, "b"):
                pass
        with alone(two, "a"):
            pass


def test_the_room_of_what_is_gone_is_given_back(store: Store) -> None:
    add(store, *(record(number, os.urandom(3000).hex()) for number in range(300)))
    before = store.stored_bytes
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM payloads")
        connection.exec_driver_sql("DELETE FROM records")
    store.vacuum()
    assert store.stored_bytes < before


def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    with pytest.raises(UsageError, match=r"pip install 'mokuroku\[store\]'") as caught:
        open_store(Place(str(tmp_path / "a.db")), create=True)
    assert "pip install" in (caught.value.ja or "")


def test_reading_goes_by_rows_and_sorts_nothing(tmp_path: Path) -> None:
    """Otherwise the cost of a batch would grow with the store."""
    from sqlalchemy import select

    with open_store(Place(str(tmp_path / "a.db")), create=True) as store:
        add(store, *(record(number) for number in range(100)))
        with store.reading() as connection:
            held = condition(connection, Selection(source="架空図書館", since="2020"), by_row=True)
            query = select(records.c.id).where(held, records.c.id > 50).order_by(records.c.id).limit(10)
            text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
            plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
    assert "PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan
