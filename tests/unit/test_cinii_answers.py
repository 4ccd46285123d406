"""Answers of OpenSearch for Holdings: recorded ones, every form and shape, and what is none."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from convert.harvest.cinii.answer import Answer, AnswerError, Library, is_address, read_answer
from convert.harvest.cinii.query import is_odd
from tests.cinii_server import (
    BODIES,
    ERROR,
    FORMS,
    HTML,
    SHAPES,
    Holder,
    Page,
    as_atom,
    as_json,
    as_rss,
    fa,
    holders,
    ncid,
)

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = ncid(1001)
ADDRESS = f"https://ci.nii.ac.jp/books/opensearch/holder?ncid={NUMBER}&format=x"
PAGE = Page(ADDRESS, NUMBER, holders(1, 2, 3), 3)
ONE = Page(ADDRESS, NUMBER, holders(1), 1)


def seen(answer: Answer) -> list[tuple[str | None, str, str]]:
    return [(library.fano, library.name, library.uri) for library in answer.libraries]


def wanted(page: Page) -> list[tuple[str | None, str, str]]:
    return [(holder.fano, holder.name, page.library(holder)) for holder in page.found]


# ── Recorded answers ─────────────────────────────────────────────────────────────────────────────


def test_the_recorded_answer_about_holdings(shared: Path) -> None:
    data = (shared / "cinii/holder/holder_BA83739643.json").read_bytes()
    answer = read_answer(data)
    (item,) = json.loads(data)["@graph"][0]["items"]
    assert (answer.form, answer.ncid, answer.total, answer.date) == (
        "json", "BA83739643", 1, "2026-04-26T00:04:15+09:00",
    )  # fmt: skip
    uri = "https://ci.nii.ac.jp/library/FA018360"
    assert answer.libraries == [Library(item["title"], "FA018360", uri, f"{uri}.json")]
    assert answer.title == "CiNii Books Holder - BA83739643"


def test_the_owners_of_recorded_books(shared: Path) -> None:
    """Every owner, and every link to a catalogue that is an address; the record's own count is the referee."""
    for path in sorted((shared / "cinii/books").glob("*.rdf")):
        data = path.read_bytes()
        answer = read_answer(data)
        assert answer.form == "rdf"
        assert answer.ncid == re.search(r"rdf_(\w+)\.rdf", path.name)[1]  # type: ignore[index]
        assert answer.total == len(answer.libraries)
        tree = etree.fromstring(data)
        spaces = {"foaf": "http://xmlns.com/foaf/0.1/", "bibo": "http://purl.org/ontology/bibo/"}
        names = tree.xpath("//bibo:owner/foaf:Organization/foaf:name/text()", namespaces=spaces)
        assert [library.name for library in answer.libraries] == names
        kept = [library.opac for library in answer.libraries if library.opac]
        given = tree.xpath("//bibo:owner//@*[local-name()='resource']", namespaces=spaces)
        assert kept == [link for link in given if is_address(link)]
        assert all(library.fano and not is_odd(library.fano, "FA") for library in answer.libraries)


def test_recorded_searches_have_the_same_form(shared: Path) -> None:
    found = {path.name: read_answer(path.read_bytes()) for path in sorted((shared / "cinii/books").glob("*.rss"))}
    assert {name: answer.total for name, answer in found.items()} == {
        "opensearch-search_BA85746967.rss": 1,
        "opensearch-search_BB02488158.rss": 1,
        "opensearch-search_BB05012110.rss": 1,
        "opensearch-search_invalid.rss": 0,
        "opensearch-search_library-system.rss": 3934,
        "opensearch-search_library.rss": 185060,
    }
    for answer in found.values():
        assert answer.listed == [library.uri for library in answer.libraries]


def test_the_recorded_error_and_other_records_are_no_answers(shared: Path) -> None:
    with pytest.raises(AnswerError, match="Required Parameter is Empty") as caught:
        read_answer((shared / "cinii/books/opensearch-search_error400_empty-q.xml").read_bytes())
    assert caught.value.kind == "error"
    for path in sorted((shared / "cinii/library").glob("*.json")):
        with pytest.raises(AnswerError, match="no channel"):
            read_answer(path.read_bytes())


def test_the_check_character_of_all_recorded_libraries(shared: Path) -> None:
    with (shared / "cinii/library/all_20200824.csv").open(encoding="utf-8-sig", newline="") as stream:
        numbers = [cell for row in csv.reader(stream) for cell in row[:2] if re.fullmatch(r"FA\d{5}[\dX]", cell)]
    assert len(numbers) > 1700
    assert [number for number in numbers if is_odd(number, "FA")] == []


# ── Forms and shapes ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_form_says_the_same(form: str, scheme: str) -> None:
    page = Page(ADDRESS, NUMBER, PAGE.found, 3, scheme)
    answer = read_answer(FORMS[form](page))
    assert seen(answer) == wanted(page)
    assert (answer.form, answer.ncid, answer.total) == (form, NUMBER, 3)
    assert answer.date == "2026-04-26T00:04:15+09:00"
    assert {library.data for library in answer.libraries} == {
        library.uri + (".json" if form == "json" else ".rdf") for library in answer.libraries
    }


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("page", [PAGE, ONE, Page(ADDRESS, NUMBER, [], 0)], ids=["three", "one", "none"])
def test_every_shape_of_json(shape: str, page: Page) -> None:
    answer = read_answer(as_json(page, shape))
    assert seen(answer) == wanted(page)
    assert (answer.total, answer.ncid) == (page.total, NUMBER)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_nobody_holds_it(form: str) -> None:
    answer = read_answer(FORMS[form](Page(ADDRESS, NUMBER, [], 0)))
    assert (answer.total, answer.libraries) == (0, [])


def test_nothing_depends_on_the_order_of_members() -> None:
    whole = json.loads(as_json(PAGE))
    turned = {name: whole[name] for name in reversed(whole)}
    turned["@graph"] = [{name: turned["@graph"][0][name] for name in sorted(turned["@graph"][0])}]
    assert seen(read_answer(json.dumps(turned).encode())) == wanted(PAGE)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda item: item | {"title": {"@value": "甲"}}, ["甲"]),
        (lambda item: item | {"title": [{"@value": "甲", "@language": "ja"}, {"@value": "コウ"}]}, ["甲"]),
        (lambda item: item | {"title": "  甲\n 乙 "}, ["甲 乙"]),
        (lambda item: {key: value for key, value in item.items() if key != "title"}, [""]),
        (lambda item: item | {"@type": ["item", "x:Library"]}, ["架空第1大学 附属図書館"]),
    ],
)
def test_titles_as_json_ld_may_have_them(change: Any, names: list[str]) -> None:
    whole = json.loads(as_json(ONE))
    channel = whole["@graph"][0]
    channel["items"] = [change(channel["items"][0])]
    assert [library.name for library in read_answer(json.dumps(whole).encode()).libraries] == names


@pytest.mark.parametrize(("total", "read"), [("1", 1), (1, 1), (" 1 ", 1), ("viele", None), (None, None), (True, None)])
def test_the_total_is_a_number_or_a_text(total: Any, read: int | None) -> None:
    whole = json.loads(as_json(ONE))
    whole["@graph"][0]["opensearch:totalResults"] = total
    assert read_answer(json.dumps(whole).encode()).total == read


@pytest.mark.parametrize(
    ("uri", "fano"),
    [
        ("http://ci.nii.ac.jp/library/FA018360", "FA018360"),
        ("https://cir.nii.ac.jp/library/FA018360.json", "FA018360"),
        ("https://ci.nii.ac.jp/library/FA00014X#entity", "FA00014X"),
        ("https://ci.nii.ac.jp/library/fa00014x", "FA00014X"),
        ("https://ci.nii.ac.jp/library/FA1", None),
        ("https://ci.nii.ac.jp/library/", None),
        ("https://ci.nii.ac.jp/ncid/BA83739643", None),
        ("", None),
    ],
)
def test_the_fa_number_of_an_address(uri: str, fano: str | None) -> None:
    whole = json.loads(as_json(ONE))
    whole["@graph"][0]["items"][0] = {"@type": "item", "@id": uri, "title": "架空図書館"}
    assert [library.fano for library in read_answer(json.dumps(whole).encode()).libraries] == [fano]


def test_links_that_are_no_addresses_are_left_out() -> None:
    record = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:bibo="http://purl.org/ontology/bibo/" '
        'xmlns:foaf="http://xmlns.com/foaf/0.1/" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">'
        f'<rdf:Description rdf:about="https://ci.nii.ac.jp/ncid/{NUMBER}#entity"><bibo:owner>'
        '<foaf:Organization rdf:about="https://ci.nii.ac.jp/library/FA000015"><foaf:name>架空図書館</foaf:name>'
        '<rdfs:seeAlso rdf:resource="https://opac.example.jp/?OIN=＜NCID＞"/></foaf:Organization></bibo:owner>'
        "</rdf:Description></rdf:RDF>"
    )
    answer = read_answer(record.encode())
    assert [(library.fano, library.opac) for library in answer.libraries] == [("FA000015", None)]
    assert answer.ncid == NUMBER


def test_a_wrong_declaration_of_utf_8_is_seen_through() -> None:
    for make in (as_rss, as_atom):
        answer = read_answer(make(PAGE).replace(b'encoding="UTF-8"', b'encoding="EUC-JP"'))
        assert answer.charset == "EUC-JP"
        assert seen(answer) == wanted(PAGE)


def test_a_right_declaration_of_another_encoding_is_followed() -> None:
    for name, codec in (("EUC-JP", "euc_jp"), ("Shift_JIS", "shift_jis"), ("UTF-16", "utf-16")):
        data = as_rss(PAGE).decode().replace('encoding="UTF-8"', f'encoding="{name}"').encode(codec)
        answer = read_answer(data)
        assert (seen(answer), answer.charset) == (wanted(PAGE), None)


# ── What is none ─────────────────────────────────────────────────────────────────────────────────

NONE = {
    "empty": "empty", "blank": "empty", "html": "html", "half": "malformed", "error-200": "error",
    "error-json": "error",
    "not-json": "malformed", "json-list": "other", "deep-json": "malformed", "dtd": "dtd", "other-xml": "other",
    "sjis": "charset", "binary": "malformed", "two-documents": "malformed", "nul": "malformed",
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_answer(name: str) -> None:
    for make in (as_json, as_rss, as_atom):
        with pytest.raises(AnswerError) as caught:
            read_answer(BODIES[name](make(PAGE)))
        assert caught.value.kind == NONE[name]


def test_what_it_says_is_told() -> None:
    with pytest.raises(AnswerError, match="400 Bad Request Required Parameter is Empty"):
        read_answer(ERROR)
    with pytest.raises(AnswerError, match="メンテナンス中"):
        read_answer(HTML)
    with pytest.raises(AnswerError, match="quota"):
        read_answer(b'{"status": 429, "message": "quota"}')


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_are_not(data: bytes) -> None:
    with contextlib.suppress(AnswerError):
        read_answer(data)


NAMES = (
    "@id", "@type", "@graph", "@value", "@list", "title", "items", "link", "rdf:Seq", "rdf:li",
    "opensearch:totalResults",
    "dc:date", "rdfs:seeAlso", "error", "item", "x",
)  # fmt: skip
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(NAMES)
)
FLAT = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(st.sampled_from(NAMES), LEAF, max_size=4)
DEEP = FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(st.sampled_from(NAMES), FLAT, max_size=4)
JSON = st.lists(DEEP, max_size=3) | st.dictionaries(st.sampled_from(NAMES), DEEP, max_size=5)


@given(JSON)
def test_any_json_is_an_answer_or_is_not(value: Any) -> None:
    try:
        answer = read_answer(json.dumps(value).encode())
    except AnswerError:
        return
    assert all(isinstance(library.name, str) and isinstance(library.uri, str) for library in answer.libraries)


@given(st.lists(st.tuples(st.integers(0, 99_999), st.text(min_size=1, max_size=20)), max_size=6))
def test_what_was_written_is_read(libraries: list[tuple[int, str]]) -> None:
    page = Page(ADDRESS, NUMBER, [Holder(fa(number), name) for number, name in libraries], len(libraries))
    answer = read_answer(as_json(page))
    assert [library.fano for library in answer.libraries] == [holder.fano for holder in page.found]
    assert [library.name for library in answer.libraries] == [" ".join(holder.name.split()) for holder in page.found]
