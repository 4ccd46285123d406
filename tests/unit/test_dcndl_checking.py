"""Files that are DC-NDL(RDF) already: values, nodes, links; the XML Schema and the shapes generated from the model."""

from __future__ import annotations

import json
import logging
import re
import tracemalloc
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import pyshacl
import pytest
import xmlschema
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import Graph, URIRef

import convert
from convert.check import duplicates
from convert.cli import cli
from convert.errors import OptionError
from convert.formats.dcndl.checking import shapes, structure, xsd
from convert.formats.dcndl.checking.schema import load, own_path
from convert.formats.dcndl.model import model
from convert.formats.dcndl.writer import head
from convert.inspect.profile import profile
from convert.messages.catalogue import catalogue
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.check.issue import Issue

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
ADMIN = """  <dcndl:BibAdminResource rdf:about="https://opac.example.jp/bib/1">
    <dcndl:catalogingStatus>C7</dcndl:catalogingStatus>
    <dcndl:bibRecordCategory>R999999999</dcndl:bibRecordCategory>
    <dcndl:record rdf:resource="https://opac.example.jp/bib/1#material"/>
  </dcndl:BibAdminResource>
"""
LINK = '<dcndl:record rdf:resource="https://opac.example.jp/bib/1#item1"/>'
ITEM = """  <dcndl:Item rdf:about="https://opac.example.jp/bib/1#item1">
    <dcndl:holdingAgent>
      <foaf:Agent>
        <foaf:name>架空県立図書館</foaf:name>
        <dcndl:transcription>かくうけんりつとしょかん</dcndl:transcription>
        <dcterms:identifier rdf:datatype="http://ndl.go.jp/dcndl/terms/NDLLibCode">9911</dcterms:identifier>
      </foaf:Agent>
    </dcndl:holdingAgent>
    <dcterms:identifier rdf:datatype="http://ndl.go.jp/dcndl/terms/somokuBibID">1</dcterms:identifier>
    <dcndl:callNumber>213.9/1</dcndl:callNumber>
  </dcndl:Item>
"""
DETAIL = '<rdfs:seeAlso rdf:resource="https://opac.example.jp/detail/1"/>'
DISPLAY = "<dcterms:title>架空町史. 上巻</dcterms:title>"
TITLE = (
    "<dc:title><rdf:Description><rdf:value>架空町史</rdf:value><dcndl:transcription>カクウチョウシ"
    "</dcndl:transcription></rdf:Description></dc:title>"
)
ISBN = '<dcterms:identifier rdf:datatype="http://ndl.go.jp/dcndl/terms/ISBN">978-4-949999-10-6</dcterms:identifier>'
ISSUED = '<dcterms:issued rdf:datatype="http://purl.org/dc/terms/W3CDTF">2024-03</dcterms:issued>'
LANGUAGE = '<dcterms:language rdf:datatype="http://purl.org/dc/terms/ISO639-2">jpn</dcterms:language>'
KIND = '<dcndl:materialType rdf:resource="http://ndl.go.jp/ndltype/Book" rdfs:label="図書"/>'
NAME = "<foaf:name>架空, 太郎</foaf:name>"
READING = "<dcndl:transcription>カクウ, タロウ</dcndl:transcription>"
VOLUME = "<dcndl:volume><rdf:Description><rdf:value>上巻</rdf:value></rdf:Description></dcndl:volume>"
SUBJECT = '<dcterms:subject rdf:resource="http://id.ndl.go.jp/class/ndc10/213.9"/>'
PUBLISHER = "<dcterms:publisher><foaf:Agent><foaf:name>架空出版</foaf:name></foaf:Agent></dcterms:publisher>"
GOOD = f"""{head()}
{ADMIN}  <dcndl:BibResource rdf:about="https://opac.example.jp/bib/1#material">
    {ISBN}
    {DISPLAY}
    {TITLE}
    {VOLUME}
    <dcndl:edition>初版</dcndl:edition>
    <dcterms:creator><foaf:Agent>{NAME}{READING}</foaf:Agent></dcterms:creator>
    {PUBLISHER}
    <dcndl:publicationPlace rdf:datatype="http://purl.org/dc/terms/ISO3166">JP</dcndl:publicationPlace>
    {ISSUED}
    {SUBJECT}
    {LANGUAGE}
    {KIND}
    {DETAIL}
  </dcndl:BibResource>
  <dcndl:BibResource rdf:about="https://opac.example.jp/bib/1#material">
    {LINK}
  </dcndl:BibResource>
{ITEM}</rdf:RDF>
"""
TERMS = "http://ndl.go.jp/dcndl/terms/"
DCTERMS = "http://purl.org/dc/terms/"
ONE_FAULT: list[tuple[str, str, str]] = [
    # Nodes and links
    ("NDL-FILE-ADMIN", ADMIN, ""),
    ("NDL-FILE-ABOUT", 'AdminResource rdf:about="https://opac.example.jp/bib/1"', "AdminResource"),
    ("NDL-FILE-LINK", "  </dcndl:BibAdmin", '    <dcndl:record rdf:resource="urn:x:2"/></dcndl:BibAdmin'),
    ("NDL-FILE-LINK-MISSING", '    <dcndl:record rdf:resource="https://opac.example.jp/bib/1#material"/>\n', ""),
    ("NDL-FILE-ITEM-TWICE", ITEM, ITEM + ITEM),
    ("NDL-READ-UNLINKED", LINK, ""),
    ("NDL-READ-SECOND", LINK, LINK + "<dcndl:price>100円</dcndl:price>"),
    ("NDL-READ-DANGLING", LINK, LINK + LINK.replace("item1", "item9")),
    # What must be there, and how often
    ("NDL-FILE-TITLE", DISPLAY + "\n    " + TITLE, ""),
    ("NDL-REQUIRED", "    <dcndl:bibRecordCategory>R999999999</dcndl:bibRecordCategory>\n", ""),
    ("NDL-REQUIRED", KIND, ""),
    ("NDL-REQUIRED", DETAIL, ""),
    ("NDL-FILE-COUNT", DISPLAY, DISPLAY + DISPLAY.replace("上巻", "1")),
    ("NDL-MAIN", "<rdf:value>上巻</rdf:value>", "<dcndl:transcription>1</dcndl:transcription>"),
    ("NDL-MEMBER-COUNT", NAME, NAME + NAME.replace("太郎", "花子")),
    # Elements and namespaces
    ("NDL-READ-UNKNOWN", DISPLAY, f"{DISPLAY}<dcterms:titel>架空</dcterms:titel>"),
    ("NDL-READ-NAMESPACE", "<dcndl:edition>初版</dcndl:edition>", "<dcterms:edition>初版</dcterms:edition>"),
    ("NDL-READ-EMPTY", "<dcndl:edition>初版</dcndl:edition>", "<dcndl:edition> </dcndl:edition>"),
    ("NDL-READ-FORM", VOLUME, "<dcndl:volume>上巻</dcndl:volume>"),
    ("NDL-READ-ODD", ISSUED, f'{ISSUED}<dcterms:language rdf:resource="http://id.loc.gov/vocabulary/iso639-2/jpn"/>'),
    # Addresses
    ("NDL-READ-URI", "https://opac.example.jp/detail/1", "https://opac.example.jp/detail/1 a"),
    ("NDL-FILE-URI", "https://opac.example.jp/detail/1", "detail/1"),
    ("NDL-FILE-URI", "http://ndl.go.jp/ndltype/Book", "Book"),
    ("NDL-FILE-MATERIAL", "http://ndl.go.jp/ndltype/Book", "http://ndl.go.jp/ndltype/Bok"),
    # Datatypes and forms
    ("NDL-FILE-DATATYPE", "issued rdf:datatype=\"http://purl.org/dc/terms/W3CDTF\"", "issued"),
    ("NDL-FILE-DATATYPE", f"{DCTERMS}ISO639-2", f"{DCTERMS}ISO639-3"),
    ("NDL-FILE-TYPE", f"{TERMS}ISBN", f"{TERMS}ISBN13"),
    ("NDL-TYPE-MISSING", f' rdf:datatype="{TERMS}ISBN"', ""),
    ("NDL-FILE-LANG", "<dcndl:edition>", '<dcndl:edition xml:lang="ja">'),
    ("NDL-FILE-LANG", "<rdf:value>上巻", '<rdf:value xml:lang="ja">上巻'),
    ("NDL-W3CDTF", ">2024-03<", ">2024.3<"),
    ("NDL-LANGUAGE", ">jpn<", ">ja<"),
    ("NDL-COUNTRY", ">JP<", ">日本<"),
    ("NDL-REPOSITORY", ">R999999999<", ">R9999<"),
    ("NDL-FILE-NUMBER", "978-4-949999-10-6", "978-4-949999-10-7"),
    ("NDL-LIBRARY-CODE", ">9911<", ">991<"),
    ("NDL-YOMI-SCRIPT", "カクウ, タロウ", "かくう, タロウ"),
    ("NDL-YOMI-MISSING", "<dcndl:transcription>カクウチョウシ</dcndl:transcription>", ""),
]  # fmt: skip


def checked(text: str, tmp_path: Path, **more: Any) -> list[Issue]:
    path = tmp_path / "record.rdf"
    path.write_text(text, "utf-8")
    return list(convert.check(path, "dcndl", samples=1000, **more).issues)


def spoiled(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_record_is_not_spoken_of(tmp_path: Path) -> None:
    assert checked(GOOD, tmp_path, read={"schema": "own"}) == []


@pytest.mark.parametrize(("code", "old", "new"), ONE_FAULT)
def test_one_fault(code: str, old: str, new: str, tmp_path: Path) -> None:
    issues = checked(spoiled(old, new), tmp_path)
    assert [issue.code for issue in issues] == [code]
    assert issues[0].at.line is not None
    assert issues[0].at.column is not None
    assert re.fullmatch(r"dcndl:(BibAdminResource|BibResource|Item)(/[a-z]+:[A-Za-z]+(\[\d+\])?)*", issues[0].at.path)


@pytest.mark.parametrize(
    ("old", "new", "place", "way", "suggestion"),
    [
        (">2024-03<", ">2024.3<", (29, 5), "dcndl:BibResource/dcterms:issued", "2024-03"),
        (">9911<", ">991<", (46, 9), "dcndl:Item/dcndl:holdingAgent/foaf:Agent/dcterms:identifier", None),
        (KIND, "", (17, 3), "dcndl:BibResource", None),
        ("dcterms:subject", "dcterms:subjekt", (30, 5), "dcndl:BibResource/dcterms:subjekt", "dcterms:subject"),
        (NAME, NAME + NAME, (26, 70), "dcndl:BibResource/dcterms:creator/foaf:Agent/foaf:name[1]", None),
    ],
)
def test_where_a_fault_stands(old: str, new: str, place: Any, way: str, suggestion: Any, tmp_path: Path) -> None:
    text = spoiled(old, new).replace("</dcterms:subject>", "</dcterms:subjekt>")
    issue = checked(text, tmp_path)[0]
    lines = text.splitlines()
    assert issue.at.path == way
    last = re.sub(r"\[\d+\]", "", way.rpartition("/")[2])
    assert lines[issue.at.line - 1][issue.at.column - 1 :].startswith(f"<{last}")
    assert issue.suggestion == suggestion


def test_absent_items_are_told_once(tmp_path: Path) -> None:
    bare = GOOD.replace(ITEM, "")
    second = bare.replace("bib/1", "bib/2").replace("架空町史", "例示町史")
    both = bare.replace("</rdf:RDF>", "") + second[second.index("  <dcndl:BibAdmin") :]
    assert [(issue.code, issue.at.line) for issue in checked(both, tmp_path)] == [("NDL-FILE-ITEMS-ABSENT", 23)]


def test_records_are_compared(tmp_path: Path) -> None:
    (tmp_path / "1.rdf").write_text(GOOD, "utf-8")
    (tmp_path / "2.rdf").write_text(GOOD.replace("bib/1", "bib/2").replace("bib/2#item", "bib/1#item"), "utf-8")
    (tmp_path / "3.rdf").write_text(GOOD.replace("bib/1", "bib/3").replace("初版", "二版"), "utf-8")
    (tmp_path / "4.rdf").write_text(GOOD, "utf-8")
    report = convert.check([tmp_path / f"{number}.rdf" for number in (1, 2, 3, 4)], "dcndl")
    told = [
        (issue.code, issue.ordinal, issue.value, issue.slots["first"].rpartition("/")[2]) for issue in report.issues
    ]
    assert sorted(told) == [
        ("DSET-ID-DUPLICATE", 4, "https://opac.example.jp/bib/1#material", "1.rdf:2 uri"),
        ("NDL-FILE-ITEM-SHARED", 2, "https://opac.example.jp/bib/1#item1", "1.rdf:2 item[].uri"),
        ("NDL-FILE-SAME", 2, "架空町史 ／ 上巻 ／ 初版 ／ 架空出版 ／ 2024", "1.rdf:2 uri"),
    ]


def test_records_of_which_little_is_told_are_not_compared(tmp_path: Path) -> None:
    for number in (1, 2):
        text = spoiled(PUBLISHER, "").replace("bib/1", f"bib/{number}")
        (tmp_path / f"{number}.rdf").write_text(text, "utf-8")
    assert not list(convert.check(sorted(tmp_path.glob("*.rdf")), "dcndl").issues)


def test_very_many_faults_are_cut_off(tmp_path: Path) -> None:
    many = "".join(f"<dcterms:issued rdf:datatype='{DCTERMS}W3CDTF'>{n}年</dcterms:issued>" for n in range(400))
    found = Counter(issue.code for issue in checked(spoiled(ISSUED, many), tmp_path))
    assert found["NDL-FILE-MANY"] == 1
    assert found.total() == 201


def test_deleted_records_are_not_checked(tmp_path: Path) -> None:
    text = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header status="deleted">'
        "<identifier>oai:opac.example.jp:1</identifier></header></record></ListRecords></OAI-PMH>"
    )
    assert [issue.code for issue in checked(text, tmp_path)] == ["NDL-OAI-DELETED"]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_nothing_that_is_done_to_a_record_stops_the_check(data: Any, tmp_path_factory: Any) -> None:
    root = etree.fromstring(GOOD.encode())
    elements = [element for element in root.iter("*") if element is not root]
    for _ in range(data.draw(st.integers(1, 6))):
        element = data.draw(st.sampled_from(elements))
        match data.draw(st.integers(0, 4)):
            case 0 if element.getparent() is not None:
                element.getparent().remove(element)
            case 1:
                element.tag = data.draw(st.sampled_from(elements)).tag
            case 2:
                element.text = data.draw(st.text("あア1 a-", max_size=5))
            case 3:
                element.attrib.clear()
            case 4 if element.getparent() is not None:
                root.append(element)
    path = tmp_path_factory.mktemp("dcndl") / "record.rdf"
    path.write_bytes(etree.tostring(root))
    for issue in convert.check(path, "dcndl", read={"schema": "own"}, samples=1000).issues:
        assert issue.code in catalogue()


# ── The XML Schema ───────────────────────────────────────────────────────────────────────────────

SPOILED = [
    *ONE_FAULT,
    ("", "<foaf:Agent>", "<foaf:Person>"),
    ("", KIND, "文字"),
    ("", "<rdf:value>上巻", "<rdf:value/><rdf:value>上巻"),
]
VALID = {
    "NDL-FILE-ADMIN", "NDL-FILE-LINK", "NDL-FILE-LINK-MISSING", "NDL-FILE-ITEM-TWICE", "NDL-READ-DANGLING",
    "NDL-REQUIRED", "NDL-FILE-COUNT", "NDL-FILE-MATERIAL", "NDL-FILE-NUMBER", "NDL-YOMI-SCRIPT", "NDL-YOMI-MISSING",
}  # fmt: skip
"""Faults that no XML Schema of ours looks for: links, counts seen, check digits, readings."""
DIFFERENT = {
    "v2021-digitized-serial-issue.xml": "lines of a table of contents that are no nodes; dcterms:dateDigitized",
    "v2025-article.xml": "an empty dcterms:isPartOf",
}
"""Real records that the schema does not take, and why."""


@pytest.fixture(scope="module")
def gate() -> Any:
    return load(own_path())


@pytest.fixture(scope="module")
def referee() -> Any:
    return xmlschema.XMLSchema10(str(own_path()))


def real(shared: Path) -> Iterator[tuple[str, Any]]:
    """Every rdf:RDF element of NDL's own output."""
    for path in sorted((shared / "dcndl").rglob("*.xml")):
        root = etree.parse(path).getroot()
        for element in [root] if root.tag == RDF else root.iter(RDF):
            yield path.name, element


def test_the_schema_is_the_models() -> None:
    for name, text in xsd.documents().items():
        assert own_path().parent.joinpath(name).read_text("utf-8") == text, "run docs/generate.py"


def test_real_records_by_both_validators(shared: Path, gate: Any, referee: Any) -> None:
    count = 0
    for name, element in real(shared):
        count += 1
        valid = gate.validate(element)
        assert valid == referee.is_valid(element), name
        assert valid == (name not in DIFFERENT), (name, gate.error_log)
    assert count > 200


@pytest.mark.parametrize(("code", "old", "new"), SPOILED)
def test_both_validators_agree(code: str, old: str, new: str, gate: Any, referee: Any) -> None:
    text = spoiled(old, new)
    if new == "<foaf:Person>":
        text = text.replace("</foaf:Agent>", "</foaf:Person>", 1).replace("<foaf:Person>", "<foaf:Person>")
    element = etree.fromstring(text.encode())
    assert gate.validate(element) == referee.is_valid(element) == (code in VALID)


def test_what_the_schema_says(tmp_path: Path) -> None:
    text = spoiled(LANGUAGE, LANGUAGE + "<dcterms:titel>架空</dcterms:titel>").replace(">jpn<", ">ja<")
    found = [issue for issue in checked(text, tmp_path, read={"schema": "own"}) if issue.code == "NDL-SCHEMA"]
    assert sorted((issue.at.line, issue.at.path) for issue in found) == [
        (18, "dcndl:BibResource/dcterms:language"),
        (18, "dcndl:BibResource/dcterms:titel"),
    ]
    assert all("http://" not in issue.slots["reason_en"] for issue in found)


@pytest.mark.parametrize(("code", "old", "new"), [fault for fault in SPOILED if fault[0] not in VALID])
def test_the_schema_speaks_in_words(code: str, old: str, new: str, tmp_path: Path) -> None:
    found = [
        issue for issue in checked(spoiled(old, new), tmp_path, read={"schema": "own"}) if issue.code == "NDL-SCHEMA"
    ]
    assert found or new == "<foaf:Person>"
    for issue in found:
        assert re.search("[ぁ-ん]", issue.slots["reason_ja"]), issue.slots
        assert not re.search("[ぁ-ん]|Tag|value m", issue.slots["reason_en"]), issue.slots


NAMELESS = "        <foaf:name>架空県立図書館</foaf:name>\n"


def codes(issues: list[Issue]) -> list[str]:
    return sorted(issue.code for issue in issues)


def test_our_schema_is_the_gate_of_every_record(tmp_path: Path) -> None:
    found = checked(spoiled(NAMELESS, ""), tmp_path)
    assert [(issue.code, issue.at.path) for issue in found] == [
        ("NDL-SCHEMA", "dcndl:Item/dcndl:holdingAgent/foaf:Agent")
    ]
    assert checked(spoiled(NAMELESS, ""), tmp_path, read={"schema": "none"}) == []


def test_the_gate_says_nothing_twice(tmp_path: Path) -> None:
    text = spoiled(">2024-03<", ">2024.3<")
    assert codes(checked(text, tmp_path)) == codes(checked(text, tmp_path, read={"schema": "none"})) == ["NDL-W3CDTF"]
    assert codes(checked(text, tmp_path, read={"schema": "own"})) == ["NDL-SCHEMA", "NDL-W3CDTF"]
    both = text.replace(NAMELESS, "")
    assert codes(checked(both, tmp_path)) == ["NDL-SCHEMA", "NDL-W3CDTF"]


def test_the_gate_knows_nothing_of_version_3(tmp_path: Path) -> None:
    text = spoiled(NAME, f"{NAME}<dcndl:role>著</dcndl:role>")
    assert codes(checked(text, tmp_path)) == codes(checked(text, tmp_path, read={"schema": "none"}))


def test_explaining_is_for_those_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("xmlschema.XMLSchema10", never)
    monkeypatch.setattr("convert.formats.dcndl.checking.schema.document_of", never)
    assert checked(GOOD, tmp_path) == []


def test_a_schema_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xsd"
    broken.write_text("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element/></xs:schema>", "utf-8")
    found = [issue.code for issue in checked(GOOD, tmp_path, read={"schema": str(broken)})]
    assert found == ["NDL-SCHEMA-BROKEN"]
    with pytest.raises(OptionError):
        checked(GOOD, tmp_path, read={"schema": "no.xsd"})


def test_the_schema_of_a_user(tmp_path: Path) -> None:
    own = (
        own_path()
        .read_text("utf-8")
        .replace('schemaLocation="dcndl-2.2/', f'schemaLocation="{own_path().parent}/dcndl-2.2/')
    )
    path = tmp_path / "theirs.xsd"
    path.write_text(own, "utf-8")
    found = checked(spoiled(">2024-03<", ">2024.3<"), tmp_path, read={"schema": str(path)})
    assert {issue.code for issue in found} == {"NDL-W3CDTF", "NDL-SCHEMA"}


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────

CONFORM = {
    "NDL-FILE-ADMIN", "NDL-READ-DANGLING", "NDL-FILE-MATERIAL", "NDL-FILE-NUMBER", "NDL-YOMI-SCRIPT", "NDL-FILE-URI",
    "NDL-YOMI-MISSING", "NDL-FILE-ABOUT", "NDL-READ-EMPTY", "NDL-READ-UNKNOWN", "NDL-READ-UNLINKED", "NDL-READ-URI",
    "NDL-READ-SECOND", "NDL-FILE-LANG", "NDL-READ-NAMESPACE",
}  # fmt: skip
"""Faults that a graph does not have or the shapes do not look for: unknown elements, relative addresses …"""


@pytest.fixture(scope="module")
def shape_graph() -> Graph:
    return Graph().parse(data=shapes.shapes(), format="turtle")


def conforms(data: bytes, shape_graph: Graph) -> tuple[bool, set[str]]:
    """Whether a document conforms, and the paths of what does not."""
    logging.disable(logging.CRITICAL)
    try:
        conforms, results, _ = pyshacl.validate(Graph().parse(data=data, format="xml"), shacl_graph=shape_graph)
    finally:
        logging.disable(logging.NOTSET)
    assert isinstance(results, Graph)
    paths = results.objects(None, URIRef("http://www.w3.org/ns/shacl#resultPath"))
    return conforms, {re.split("[/#]", str(path))[-1] for path in paths}


def test_the_shapes_are_the_models() -> None:
    assert own_path().with_name(shapes.FILE).read_text("utf-8") == shapes.shapes(), "run docs/generate.py"


def test_real_records_conform(shared: Path, shape_graph: Graph) -> None:
    different = {}
    for path in sorted((shared / "dcndl").rglob("v*.xml")):
        good, paths = conforms(path.read_bytes(), shape_graph)
        if not good:
            different[path.name] = paths
    assert different == {"v2025-article.xml": {"isPartOf"}}


@pytest.mark.parametrize(("code", "old", "new"), ONE_FAULT)
def test_spoiled_records_do_not_conform(code: str, old: str, new: str, shape_graph: Graph) -> None:
    good, paths = conforms(spoiled(old, new).encode(), shape_graph)
    assert good == (code in CONFORM), paths


def test_a_good_record_conforms(shape_graph: Graph) -> None:
    assert conforms(GOOD.encode(), shape_graph) == (True, set())


# ── The example, and what other commands make of such files ──────────────────────────────────────


def test_the_example_of_the_page(fixtures: Path) -> None:
    report = convert.check(fixtures.parents[1] / "examples" / "dcndl-check.rdf", "dcndl")
    assert {(issue.code, issue.at.line) for issue in report.issues} == {
        ("NDL-FILE-NUMBER", 43), ("NDL-W3CDTF", 51), ("NDL-READ-UNKNOWN", 52), ("NDL-LANGUAGE", 53),
        ("NDL-LIBRARY-CODE", 65), ("NDL-FILE-DATATYPE", 87), ("NDL-FILE-URI", 89), ("NDL-FILE-SAME", 71),
    }  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_files_are_recognised_whatever_their_names(packed: bool, tmp_path: Path) -> None:
    record = f"<record><recordData>{escape(GOOD)}</recordData></record>"
    text = f"<searchRetrieveResponse><records>{record}</records></searchRetrieveResponse>"
    path = tmp_path / "records.xml"
    path.write_text(text if packed else GOOD, "utf-8")
    found = profile(Source.of(path))
    assert (found.format, found.reason, found.records) == ("dcndl", "evidence", 1)
    assert {"title[].value", "creator[].name", "identifier[].value", "item[].callNumber"} <= {
        column.path for column in found.columns
    }


def test_a_drafted_mapping_runs(fixtures: Path, tmp_path: Path) -> None:
    example = fixtures.parents[1] / "examples" / "dcndl-check.rdf"
    mapping, output = tmp_path / "draft.yaml", tmp_path / "items.jsonl"
    drafted = CliRunner().invoke(
        cli, ["mapping", "new", "--from", str(example), "--to", "japansearch", "-o", str(mapping)]
    )
    assert drafted.exit_code == 0, drafted.output
    result = CliRunner().invoke(cli, ["convert", str(mapping), str(example), "-o", str(output)])
    assert result.exit_code == 0, result.output
    items = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert len(items) == 3
    assert "架空町史" in json.dumps(items[0], ensure_ascii=False)


# ── Real records ─────────────────────────────────────────────────────────────────────────────────

SAID = {"NDL-FILE-ITEMS-ABSENT": 24, "NDL-YOMI-MISSING": 200, "NDL-READ-COLLECTION": 1}


def test_real_records_have_no_warnings(shared: Path) -> None:
    files = [path for path in sorted((shared / "dcndl").rglob("*.xml")) if "diagnostic" not in path.name]
    for path in files:
        report = convert.check(path, "dcndl", samples=1000)
        severe = [issue.code for issue in report.issues if catalogue().entry(issue.code).severity.word != "notice"]
        assert not severe, path.name


def test_memory_does_not_grow_with_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "BUFFER", 50)
    peaks = []
    inner = GOOD[GOOD.index(ADMIN) : GOOD.index("</rdf:RDF>")]
    for count in (300, 1500):
        path = tmp_path / f"{count}.rdf"
        numbers = sorted(range(count), key=lambda number: number * 7919 % count)
        body = "".join(inner.replace("bib/1", f"bib/{n}").replace("架空町史", f"架空町史{n}") for n in numbers)
        path.write_text(f"{head()}\n{body}</rdf:RDF>", "utf-8")
        tracemalloc.start()
        report = convert.check(path, "dcndl")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.counts["read"] == count
    assert peaks[1] < 1.6 * peaks[0]


def test_every_member_that_may_have_a_language_is_looked_at() -> None:
    nested = {kind: members for kind, members in model().members.items() if kind in ("structure", "agent", "part")}
    texts = {name for members in nested.values() for name, member in members.items() if member.kind == "literal"}
    assert {f"{name}Lang" for name in texts} <= structure._MARKS
