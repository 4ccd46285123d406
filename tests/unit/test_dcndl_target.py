"""The DC-NDL target: what it says of mappings, what its options do, the files it makes."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic

import convert
from convert.check.issue import Severity
from convert.formats.base import TargetRule
from convert.formats.dcndl.checks import Checker
from convert.formats.dcndl.lines import Looks, line_of
from convert.formats.dcndl.model import model
from convert.formats.dcndl.rdf import graph
from convert.formats.dcndl.target import DcndlTarget
from convert.formats.dcndl.writer import Kinds, whole
from convert.messages.catalogue import catalogue
from convert.model import Location, Mapped, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Finding, Issue

    Findings = Callable[[str], list[Issue]]
    Write = Callable[[str, str | bytes], Path]

OPTIONS = {
    "base": "https://opac.example.jp/bib/{id}",
    "library": "R999999999",
    "detail": "https://opac.example.jp/{id}",
}
HEAD = """mapping: 1
id: m
source: {{format: csv}}
target: {{format: dcndl, {options}}}
record: {{id: ID}}
fields:
"""
GOOD = "base: 'https://opac.example.jp/bib/{id}', library: R999999999, detail: 'https://opac.example.jp/{id}'"
WHOLE = {
    "title": "  title: T",
    "identifier": "  identifier: {from: N, type: ISBN}",
    "materialType": "  materialType: {const: 図書}",
}
SERVER = "shape: oai, server: 'https://opac.example.jp/oai', datestamp: 2026-04-01"
FAULTS: dict[str, tuple[str, str, str | None]] = {
    "NDL-NAME": ("  titel: T", GOOD, "title"),
    "NDL-MEMBER": ("  creator: {object: {nama: T}}", GOOD, "name"),
    "NDL-OBJECT": ("  item: T", GOOD, None),
    "NDL-YOMI-NAME": ("  edition: {from: T, yomi: Y}", GOOD, None),
    "NDL-TYPE-RULE": ("  sourceIdentifier: N", GOOD, None),
    "NDL-TYPE-UNKNOWN": ("  classification: {from: N, type: NDC10}", GOOD, "subject: {type: NDC10}"),
    "NDL-BASE": ("", "library: R999999999, detail: 'https://opac.example.jp/{id}'", None),
    "NDL-LANG": ("  abstract: {from: T, lang: ja}", GOOD, None),
    "NDL-VERSION": ("  metadataRights: {const: 'https://creativecommons.org/publicdomain/zero/1.0/'}", GOOD, None),
    "NDL-VERSION-3": ("", f"{GOOD}, version: 3", None),
    "NDL-OAI-OPTION": ("", f"{GOOD}, shape: oai", None),
    "NDL-OAI-RDFXML": (
        "", f"{GOOD}, {SERVER}, serialization: turtle", None
    ),
    "NDL-TITLE-RULE": ("", GOOD, None),
    "NDL-RECOMMENDED": ("", GOOD, None),
}  # fmt: skip


def findings_of(write: Write, options: str, *lines: str) -> list[Issue]:
    from convert.mapping.load import inspect_mapping

    text = HEAD.format(options=options) + "\n".join(line for line in lines if line) + "\n"
    return inspect_mapping(write("mapping.yaml", text)).issues


@pytest.mark.parametrize("code", FAULTS)
def test_fault(code: str, write: Write, says_all: Callable[[Any], None]) -> None:
    line, options, suggestion = FAULTS[code]
    whole = dict(WHOLE)
    if code in ("NDL-TITLE-RULE", "NDL-RECOMMENDED"):
        del whole["title" if code == "NDL-TITLE-RULE" else "materialType"]
    found = findings_of(write, options, *whole.values(), line)
    assert [issue.code for issue in found] == [code]
    assert found[0].suggestion == suggestion
    for issue in found:
        says_all(issue)


def test_a_whole_mapping_has_nothing_to_be_said(write: Write) -> None:
    assert findings_of(write, GOOD, *WHOLE.values()) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("base", "opac.example.jp"),
        ("base", "https://a/{id}/{id}"),
        ("library", "999"),
        ("server", "opac"),
        ("datestamp", "昨日"),
    ],
)
def test_options_are_looked_at(write: Write, option: str, value: str) -> None:
    others = "" if option == "base" else "base: 'urn:x:', "
    issues = findings_of(write, f"{others}{option}: '{value}'", "  title: T")
    assert any(catalogue().severity(issue) >= Severity.ERROR for issue in issues)


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


def target(*names: str, **options: Any) -> DcndlTarget:
    rules = [TargetRule(name, n, Location("m.yaml", line=n)) for n, name in enumerate(names)]
    return DcndlTarget(OPTIONS | options, rules, base=None)


def assemble(made: DcndlTarget, values: dict[str, list[Any]], name: str = "B1") -> tuple[str, list[Finding]]:
    return made.assemble(Mapped(name, values, {}))


def parsed(made: DcndlTarget, *documents: str) -> Any:
    box = made.container()
    return etree.fromstring(box.head + box.between.join(map(made.encode, documents)) + box.tail)


def texts(top: Any, name: str) -> list[str]:
    return [
        found.text or found.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource") for found in top.iter(name)
    ]


DCTERMS, DCNDL, RDFS = (
    "{http://purl.org/dc/terms/}",
    "{http://ndl.go.jp/dcndl/terms/}",
    "{http://www.w3.org/2000/01/rdf-schema#}",
)


def test_the_displayed_title_is_put_together_where_it_is_not_given() -> None:
    made = target("title", "volume", "volumeTitle", "displayTitle")
    values: dict[str, list[Any]] = {"title": [Text("架空町史", "カクウ")], "volume": ["上"], "volumeTitle": ["通史編"]}
    assert texts(parsed(made, assemble(made, values)[0]), f"{DCTERMS}title") == ["架空町史. 上. 通史編"]
    values["displayTitle"] = ["別の形"]
    assert texts(parsed(made, assemble(made, values)[0]), f"{DCTERMS}title") == ["別の形"]


def test_options_fill_what_records_lack() -> None:
    made = target("title", "seeAlso", "item", library_code="9911", library_name="架空図書館")
    values: dict[str, list[Any]] = {"title": ["架空"], "item": [{"callNumber": ["1"]}, {"libraryCode": ["9912"]}]}
    top = parsed(made, assemble(made, values, "B 1/2")[0])
    assert texts(top, f"{DCNDL}bibRecordCategory") == ["R999999999"]
    assert texts(top, f"{RDFS}seeAlso") == ["https://opac.example.jp/B%201%2F2"]
    assert texts(top, f"{DCTERMS}identifier") == ["9911", "9912"]
    assert texts(top, "{http://xmlns.com/foaf/0.1/}name") == ["架空図書館"]


def test_addresses_of_records() -> None:
    made = target("title", "uri", "adminUri", base="https://opac.example.jp/oai?id=")
    about = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

    def nodes(**values: list[Any]) -> list[str]:
        return [node.get(about) for node in parsed(made, assemble(made, {"title": ["架空"], **values})[0])]

    assert nodes() == ["https://opac.example.jp/oai?id=B1", "https://opac.example.jp/oai?id=B1#material"]
    assert nodes(uri=["urn:a#material"]) == ["urn:a", "urn:a#material"]
    assert nodes(uri=["urn:a"]) == ["urn:a#admin", "urn:a"]
    assert nodes(uri=["urn:a"], adminUri=["urn:b"]) == ["urn:b", "urn:a"]


def test_the_number_of_the_repository_is_looked_at() -> None:
    found = assemble(target("title", "bibRecordCategory"), {"title": ["架空"], "bibRecordCategory": ["R99"]})[1]
    assert [(finding.code, finding.value) for finding in found] == [("NDL-REPOSITORY", "R99")]


def test_addresses_that_are_none_are_left_out() -> None:
    made = target("title", "seeAlso", "creator", "item")
    values: dict[str, list[Any]] = {
        "title": ["架空"],
        "seeAlso": ["opac"],
        "creator": [{"name": ["見本"], "uri": ["999"]}],
        "item": [{"seeAlso": ["opac"], "callNumber": ["1"]}],
    }
    text, findings = assemble(made, values)
    assert [finding.code for finding in findings if finding.code == "NDL-URI"] == ["NDL-URI"] * 3
    assert "999" not in text.replace("R999999999", "")
    assert texts(parsed(made, text), f"{RDFS}seeAlso") == ["https://opac.example.jp/B1"]


# ── Files ────────────────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, list[Any]] = {
    "title": [Text("架空町史 & <続>", "カクウ")],
    "creator": [{"name": ["見本"], "yomi": ["ミホン"]}, {"name": ["例示"]}],
    "tableOfContents": ["第1章", "第2章"],
    "subject": [Text("913.6", type="NDC10"), "郷土史"],
    "item": [{"callNumber": ["1"]}],
}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize(("serialization", "parser"), [("turtle", "turtle"), ("ntriples", "nt"), ("jsonld", "json-ld")])
def test_serializations_hold_the_same_graph(serialization: str, parser: str) -> None:
    made, plain = target(*VALUES, serialization=serialization), target(*VALUES)
    documents = [assemble(made, VALUES, name)[0] for name in ("B1", "B2")]
    box = made.container()
    data = box.head + box.between.join(map(made.encode, documents)) + box.tail
    whole = Graph()
    for name in ("B1", "B2"):
        box = plain.container()
        whole += Graph().parse(data=box.head + plain.encode(assemble(plain, VALUES, name)[0]) + box.tail, format="xml")
    assert isomorphic(Graph().parse(data=data, format=parser), whole)
    assert [made.encode(document) for document in documents] == [made.encode(document) for document in documents]
    if serialization == "jsonld":
        json.loads(data)


def test_blank_nodes_of_two_records_have_different_names() -> None:
    made = target(*VALUES, serialization="ntriples")
    one, two = (made.encode(assemble(made, VALUES, name)[0]).decode() for name in ("B1", "B2"))
    labels = [{word for word in text.split() if word.startswith("_:")} for text in (one, two)]
    assert labels[0]
    assert not labels[0] & labels[1]
    assert len(graph(assemble(made, VALUES)[0])) > 10


def test_an_answer_of_oai_pmh_tells_of_deletions() -> None:
    options = {"shape": "oai", "server": "https://opac.example.jp/oai", "datestamp": "2026-04-01"}
    made = target("title", **options)
    deleted = made.deletion("B 2")
    assert deleted is not None
    box = made.container()
    top = etree.fromstring(box.head + made.encode(assemble(made, {"title": ["架空"]})[0]) + deleted + box.tail)
    oai = "{http://www.openarchives.org/OAI/2.0/}"
    assert [found.text for found in top.iter(f"{oai}identifier")] == [
        "oai:opac.example.jp:B1",
        "oai:opac.example.jp:B%202",
    ]
    assert [found.get("status") for found in top.iter(f"{oai}header")] == [None, "deleted"]
    assert top.findtext(f"{oai}responseDate") == "2026-04-01T00:00:00Z"
    assert target("title").deletion("B2") is None


def test_one_record_a_file(tmp_path: Path, write: Write) -> None:
    mapping = write("m.yaml", HEAD.format(options=f"{GOOD}, shape: files") + "\n".join(WHOLE.values()) + "\n")
    write("in.csv", "ID,T,N\n1,架空,9784949000017\n2,見本,9784949000017\n")
    report = convert.Job(mapping).run(tmp_path / "in.csv", tmp_path / "out" / "r.xml")
    assert report.exit_code == 0
    files = sorted((tmp_path / "out").glob("r-*.xml"))
    assert [etree.parse(file).getroot().findtext(f".//{DCTERMS}title") for file in files] == ["架空", "見本"]


def test_version_3_is_said_to_be_inferred() -> None:
    """What only programs that read version 3 tell is marked so in the model."""
    known = model()
    three = [name for name in (*known.names.values(), *known.members["item"].values(), *known.members["agent"].values())
             if name.version == 3]  # fmt: skip
    assert three
    assert {name.source for name in three} == {"inferred"}


def test_what_is_inferred_is_not_worded_as_a_rule_of_the_receiver() -> None:
    for entry in catalogue().codes():
        if entry.code.startswith("NDL-") and entry.basis != "known":
            said = entry.ja + entry.hint_ja
            assert "受け付け" not in said, entry.code
            assert "NDLの規則" not in said, entry.code
            assert not any(word in entry.en for word in ("NDL requires", "NDL accepts", "must")), entry.code


def test_the_shipped_mapping_on_the_example(tmp_path: Path) -> None:
    """Each fault put into the example is told at its cell; what is written is a graph of so many records."""
    root = Path(__file__).parents[2]
    report = convert.Job("library/csv-to-dcndl").run(
        root / "examples/library.csv", tmp_path / "r.rdf", [tmp_path / "r.jsonl"]
    )
    assert report.counts == {"read": 30, "written": 27, "skipped": 1, "deleted": 1, "rejected": 1, "broken": 0}
    told = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert {(issue["code"], issue["source"]["cell"]) for issue in told} == {
        ("MAP-NO-VALUE", "D4"), ("MAP-REQUIRED", "G10"), ("MAP-NO-VALUE", "S12"), ("MAP-YOMI-COUNT", "M16"),
        ("NDL-YOMI-MISSING", "M16"), ("MAP-LOOKUP-MISS", "Z18"), ("NDL-REQUIRED", "Z18"), ("MAP-NO-VALUE", "V22"),
        ("MAP-NO-VALUE", "H24"), ("NDL-YOMI-MISSING", "G24"), ("MAP-NO-VALUE", "W27"),
    }  # fmt: skip
    found = Graph().parse(tmp_path / "r.rdf", format="xml")
    kind = URIRef("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for name in ("BibAdminResource", "BibResource", "Item"):
        assert len(set(found.subjects(kind, URIRef(DCNDL[1:-1] + name)))) == 27


def test_the_example_comes_out_of_its_program(tmp_path: Path) -> None:
    root = Path(__file__).parents[2] / "examples"
    copy = tmp_path / "make_library.py"
    copy.write_bytes((root / "make_library.py").read_bytes())
    runpy.run_path(str(copy), run_name="__main__")
    assert (tmp_path / "library.csv").read_bytes() == (root / "library.csv").read_bytes()


ODD = (
    "架空",
    "",
    "カクウ",
    "かくう",
    "一\x00",
    "https://a.example.jp/",
    "a b",
    "urn:x y",
    "2024-02-30",
    "2024",
    "jpn",
    "ja",
    "JP",
    "9911",
    "x" * 9,
)


def forms_of(text: str, other: str) -> list[Any]:
    """A text in every shape a value may have."""
    return [
        text,
        Text(text, other),
        Text(text, None, "ja"),
        *(Text(text, None, None, kind) for kind in ("ISBN", "JPNO", "NDC8", "NDC10", "UTMNO", "W3CDTF", "なぞ")),
        *({key: [text]} for key in ("value", "name", "title", "uri", "libraryCode", "libraryYomi", "seeAlso", "odd")),
        {"value": [text], "name": [text], "title": [text], "yomi": [other]},
        {"name": [text], "yomi": [other], "location": [text, other]},
        {"name": text, "yomi": other, "uri": other},
        {"libraryCode": ["9911"], "library": [Text(text, other)], "callNumber": [text]},
    ]


@pytest.mark.parametrize("name", model().names)
@pytest.mark.parametrize("paired", [True, False])
def test_a_gate_never_passes_what_a_check_would_tell(name: str, paired: bool) -> None:
    pairs = frozenset({name} if paired else ())
    checker = Checker([name], paired=pairs, holder=paired)
    check, clean, _ = checker._checks[name]
    passed = 0
    for text in ODD:
        for value in forms_of(text, ODD[len(text) % len(ODD)]):
            if clean(value):
                passed += 1
                assert list(check(value, 0)) == [], value
    assert passed or name in ("materialType", "identifier", "sourceIdentifier", "bibRecordCategory")


@pytest.mark.parametrize("name", model().names)
@pytest.mark.parametrize("version", [2, 3])
def test_a_line_is_what_the_general_writer_writes(name: str, version: int) -> None:
    kinds = Kinds(model(), version, langs=True)
    known = model().names[name]
    write = kinds.writer(known)
    for looks in (None, Looks(), Looks(frozenset({name}), holder=True)):
        line = line_of(known, looks, version)
        for text in (*ODD, "a & b < c", "\r", " 913.6 ", "Book", "図書", "DVD"):
            for value in forms_of(text, ODD[len(text) % len(ODD)]):
                found = line(value) if line is not None and write is not None else None
                if found is not None and write is not None and not (known.kind == "link" and not text):
                    assert len(found) % 3 == 0
                    assert whole(list(found)) == write(value), value


RECORDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from([name for name in model().names if name not in ("oai", "item")]),
    st.lists(
        st.sampled_from([form for text in (*ODD, "a & b") for form in forms_of(text, "カナ")]), min_size=1, max_size=2
    ),
    max_size=5,
)
ITEMS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.dictionaries(
        st.sampled_from([*model().members["item"], "odd"]),
        st.sampled_from(
            [*ODD, "a & b", ["9911"], ["カナ"], ["カナ", "カナ"], [Text("一", "カナ")], [], {"value": ["架空"]}]
        ),
        max_size=4,
    ),
    max_size=3,
)


@drawn(RECORDS, ITEMS, st.booleans(), st.sampled_from(["2.2", "3"]))
@settings(max_examples=150, deadline=None)
def test_the_short_way_of_a_record_is_the_long_way(
    values: dict[str, Any], items: list[dict[str, Any]], holder: bool, version: str
) -> None:
    given = {"title": ["カナ"], "materialType": ["図書"], **values} | ({"item": items} if items else {})
    rules = [TargetRule(name, n, Location("m.yaml"), yomi=n % 2 == 0) for n, name in enumerate(values)]
    rules += [TargetRule("item", 99, Location("m.yaml"), objects=True, members=tuple(model().members["item"]))]
    options = OPTIONS | {"version": version} | ({"library_code": "9911"} if holder else {})
    made, long = DcndlTarget(options, rules, base=None), DcndlTarget(options, rules, base=None)
    long._writer.clean = lambda values, nodes: None  # type: ignore[method-assign]
    assert made.assemble(Mapped("B1", given, {})) == long.assemble(Mapped("B1", given, {}))
