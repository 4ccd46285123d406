"""Answers of real servers, as they were recorded, and what is read of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

import convert
from convert.harvest.oai.answer import NotOaiError, read_page
from convert.harvest.oai.dates import DAY, SECOND, Window, bound, earlier, moment_of, normal
from convert.store.base import open_store
from convert.store.place import Place

pytest.importorskip("sqlalchemy")

from convert.store.records import put, source_id

if TYPE_CHECKING:
    from pathlib import Path

OAI = "{http://www.openarchives.org/OAI/2.0/}"


def files(shared: Path) -> list[Path]:
    found = [*(shared / "oai-pmh").glob("*/*.xml"), *(shared / "onix" / "oai-pmh").glob("*.xml")]
    if not found:
        pytest.skip("no recorded answers on this machine")
    return sorted(found)


def test_recorded_answers_give_what_lxml_finds_in_them(shared: Path) -> None:
    """The identifiers, deletions and payloads, counted by other means."""
    seen = 0
    for path in files(shared):
        try:
            page = read_page(path.read_bytes())
        except NotOaiError:
            assert path.name in ("ListRecordsBroken.xml", "00006.xml")
            continue
        root = etree.fromstring(path.read_bytes().strip())
        headers = [header for header in root.iter(f"{OAI}header") if header.findtext(f"{OAI}identifier")]
        assert [record.identifier for record in page.records] == [
            header.findtext(f"{OAI}identifier", "").strip() for header in headers
        ], path
        assert [record.deleted for record in page.records] == [header.get("status") == "deleted" for header in headers]
        metadata = [item for item in root.iter(f"{OAI}metadata") if len(item)]
        payloads = [record.payload for record in page.records if record.payload is not None]
        assert [digest(item[0]) for item in metadata] == [digest(etree.fromstring(data)) for data in payloads]
        seen += len(page.records)
    assert seen > 300


def digest(element: etree._Element) -> str:
    text = etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
    return hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    ("name", "token", "size"),
    [
        ("europeana-metis/oaiListIdentifiers.xml", "edm:smvk-mm:*:*:50:2932", 2932),
        ("europeana-metis/oaiListIdentifiersIncorrectCompleteListSize.xml", "edm:smvk-mm:*:*:50:2932", None),
        ("europeana-metis/oaiListIdentifiersNoResumptionToken.xml", None, None),
        ("live-2026/list_identifiers_8.xml", None, None),
        ("sickle/ListRecords3.xml", "ListRecords4.xml", 8),
    ],
)
def test_tokens_of_recorded_answers(shared: Path, name: str, token: str | None, size: int | None) -> None:
    page = read_page((shared / "oai-pmh" / name).read_bytes())
    assert (page.token, page.size) == (token, size)


def test_every_error_is_read(shared: Path) -> None:
    codes = {code for path in files(shared) for code, _ in errors(path)}
    assert codes >= {
        "badArgument", "badResumptionToken", "cannotDisseminateFormat", "idDoesNotExist", "noRecordsMatch",
        "noSetHierarchy", "undefinedError",
    }  # fmt: skip


def errors(path: Path) -> list[tuple[str, str]]:
    try:
        return read_page(path.read_bytes()).errors
    except NotOaiError:
        return []


def test_half_a_recorded_page_is_noticed_wherever_it_ends(shared: Path) -> None:
    body = (shared / "oai-pmh" / "dspace-2003" / "00005.xml").read_bytes().rstrip()
    whole = read_page(body)
    for end in range(100, len(body) - 1, 997):
        with pytest.raises(NotOaiError) as caught:
            read_page(body[:end])
        kept = caught.value.page.records if caught.value.page is not None else []
        assert kept == whole.records[: len(kept)]


def test_a_recorded_page_with_one_broken_record(shared: Path) -> None:
    body = (shared / "oai-pmh" / "dspace-2003" / "00005.xml").read_bytes()
    whole = read_page(body)
    place = body.index(b"<dc:title>", body.index(whole.records[3].identifier.encode()))
    page = read_page(body[:place] + b"<dc:title>\x1b & " + body[place + 10 :])
    assert page.salvaged
    assert [item.identifier for item in page.broken] == [whole.records[3].identifier]
    assert [item.identifier for item in page.records] == [
        item.identifier for item in whole.records if item is not whole.records[3]
    ]
    assert page.records[0].hash == whole.records[0].hash


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!DOCTYPE html><html><title>x</title></html>", "html"),
        (b"<HTML><BODY>x", "html"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><OAI-PMH>&b;</OAI-PMH>', "dtd"),
        (b'<?xml version="1.0"?><rss/>', "other"),
        (b"broken xml", "malformed"),
        (b"\x00\x01\x02", "malformed"),
        ('<?xml version="1.0" encoding="utf-16"?><a'.encode("utf-16"), "malformed"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(NotOaiError) as caught:
        read_page(body)
    assert caught.value.kind == kind


def test_namespaces_come_along_with_a_payload() -> None:
    body = (
        '<o:OAI-PMH xmlns:o="http://www.openarchives.org/OAI/2.0/" xmlns:x="urn:x"><o:ListRecords><o:record>'
        "<o:header><o:identifier>1</o:identifier><o:datestamp>2026-01-01</o:datestamp></o:header>"
        '<o:metadata><x:a type="x:b"/></o:metadata></o:record></o:ListRecords></o:OAI-PMH>'
    )
    record = read_page(body.encode()).records[0]
    assert etree.fromstring(record.payload or b"").tag == "{urn:x}a"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-02", ("2026-01-02", True)),
        ("2026-01-02T03:04:05Z", ("2026-01-02T03:04:05Z", True)),
        ("20210311", ("2021-03-11", False)),
        ("2026-01-02T08:00:00+09:00", ("2026-01-01T23:00:00Z", False)),
        ("2026-01-02T03:04:05.123Z", ("2026-01-02T03:04:05Z", False)),
        ("2026-01-02 03:04:05", ("2026-01-02T03:04:05Z", False)),
        ("2026-02-30", (None, False)),
        ("", (None, False)),
        ("0001-01-01T00:00:00+09:00", (None, False)),
    ],
)
def test_datestamps(text: str, found: tuple[str | None, bool]) -> None:
    assert normal(text) == found


def test_windows_are_halved_to_the_last_step() -> None:
    open_ = [Window("2024-01-01", "2024-03-01")]
    days = []
    while open_:
        window = open_.pop()
        halves = window.halves(DAY, earliest="1970-01-01", latest="2026-01-01")
        if halves is None:
            days.append(window)
        else:
            open_ += reversed(halves)
    assert len(days) == 61
    assert all(day.start == day.end for day in days)
    assert [day.start for day in days] == sorted({day.start for day in days})  # type: ignore[type-var]


def test_a_day_as_a_bound_of_seconds_is_the_whole_day() -> None:
    assert bound("from", "2026-01-02", SECOND) == "2026-01-02T00:00:00Z"
    assert bound("until", "2026-01-02", SECOND) == "2026-01-02T23:59:59Z"
    assert bound("until", "2026-01-02T05:00:00Z", DAY) == "2026-01-02"
    assert moment_of("soon") is None
    assert earlier("2026-01-01", __import__("datetime").timedelta(days=1), SECOND) == "2025-12-31T00:00:00Z"


# ── Through the store ────────────────────────────────────────────────────────────────────────────


def same_by_way_of_the_store(file: Path, mapping: str, tmp_path: Path) -> dict[str, int]:
    """Convert an answer as it is, and its records out of a store; both must come to the same."""
    page = read_page(file.read_bytes())
    place = Place(str(tmp_path / "h.db"))
    with open_store(place, create=True) as store, store.writing() as connection:
        put(connection, source_id(connection, "架空"), "x", page.records, 1)
    direct = convert.Job(mapping).run(file, tmp_path / "direct.out")
    stored = convert.Job(mapping).run(f"store:{place.text}", tmp_path / "stored.out")
    assert stored.counts == direct.counts
    assert (tmp_path / "stored.out").read_bytes() == (tmp_path / "direct.out").read_bytes()
    assert codes(stored) == codes(direct)
    return stored.counts


def codes(report: Any) -> dict[str, int]:
    return {code["code"]: code["instances"] for code in report.to_dict()["codes"]}


@pytest.mark.parametrize("name", ["oai-listrecords-minamata-200.xml", "oai-record-minamata-1.xml"])
def test_dcndl_through_the_store(shared: Path, tmp_path: Path, name: str) -> None:
    file = shared / "dcndl" / "oai-pmh" / name
    if not file.exists():
        pytest.skip("this recorded answer is not on this machine")
    assert same_by_way_of_the_store(file, "dcndl/dcndl-to-japansearch", tmp_path)["read"] > 0


@pytest.mark.parametrize(
    "name",
    [
        "jpro-ListRecords-page1-product-child.xml",
        "jpro-ListRecords-delete-by-notificationtype.xml",
        "jpro-ListRecords-page2-last-empty-token.xml",
        "jpro-ListRecords-no-onix-namespace.xml",
        "jpro-GetRecord-message-child.xml",
    ],
)
def test_onix_through_the_store(shared: Path, tmp_path: Path, name: str) -> None:
    file = shared / "onix" / "synthetic" / name
    if not file.exists():
        pytest.skip("this synthetic answer is not on this machine")
    assert same_by_way_of_the_store(file, "onix/onix-to-dcndl", tmp_path)["read"] > 0


@pytest.mark.parametrize(
    ("case", "mapping"),
    [
        ("map-dcndl-japansearch", "dcndl/dcndl-to-japansearch"),
        ("onix-oai-deleted-and-empty", "onix/onix-to-japansearch"),
    ],
)
def test_cases_through_the_store(fixtures: Path, tmp_path: Path, case: str, mapping: str) -> None:
    assert same_by_way_of_the_store(fixtures / "cases" / case / "input.xml", mapping, tmp_path)["read"] > 0
