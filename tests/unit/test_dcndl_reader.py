"""The DC-NDL reader: what NDL gives out is read, and written again it is the same graph."""

from __future__ import annotations

import logging
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import Graph, Literal
from rdflib.compare import graph_diff, isomorphic, to_isomorphic

import convert
from convert.errors import PathError
from convert.formats.base import Part
from convert.formats.dcndl.escape import plain
from convert.formats.dcndl.model import model
from convert.formats.dcndl.reader import DcndlReader
from convert.formats.dcndl.writer import Nodes, Writer, head
from convert.model import Record, Text
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MENDED: dict[str, tuple[str, list[str], list[str]]] = {
    # file: the fault, the predicates of triples that are gone, those of triples that came instead
    "v2021-digitized-serial-issue.xml": (
        "a list of dcterms:title, which loses its texts as RDF; dcterms:dateDigitized, which DCMI does not have",
        ["dateDigitized", "first", "rest", "tableOfContents", "type"],
        ["dateDigitized", "first", "rest", "tableOfContents", "title"],
    ),
    "v2025-article.xml": ("an empty dcterms:isPartOf", ["isPartOf"], []),
}


class LongWay(DcndlReader):
    """Reads every record by its elements."""

    def _quick(self, *_: Any) -> None:
        return None


def read(data: bytes | str, kind: type[DcndlReader] = DcndlReader) -> list[Record]:
    data = data.encode() if isinstance(data, str) else data
    return list(kind(Source.of(data, name="r.xml"), {}))


def bodies(data: bytes | str, kind: type[DcndlReader] = DcndlReader) -> list[Any]:
    return [record.body for record in read(data, kind)]


def codes(record: Record) -> list[str]:
    return [issue.code for issue in record.issues]


def rewritten(body: dict[str, Any]) -> str:
    admin = body.get("adminUri", [None])[0]
    bib = body["uri"][0]
    return head() + Writer().nodes(body, Nodes(admin, bib, f"{bib}item")) + "\n</rdf:RDF>"


def wrapped(*nodes: str) -> str:
    return f"{head()}\n{''.join(nodes)}\n</rdf:RDF>"


def bib(number: int | str, *properties: str) -> str:
    inside = "\n    ".join(properties or (f"<dcterms:title>{number}</dcterms:title>",))
    return f'  <dcndl:BibResource rdf:about="urn:x:{number}">\n    {inside}\n  </dcndl:BibResource>\n'


# ── What NDL gives out ───────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def files(shared: Path) -> list[Path]:
    found = sorted((shared / "dcndl").rglob("*.xml"))
    if not found:
        pytest.skip("the records of NDL Search are not on this machine")
    return found


def documents(data: bytes) -> list[bytes]:
    """Every rdf:RDF of a file, also those packed as text."""
    top = etree.fromstring(data)
    found = [etree.tostring(element) for element in top.iter(f"{RDF}RDF")]
    return found or [element.text.strip().encode() for element in top.iter("{*}recordData")]


def graph(data: bytes | str) -> Any:
    logging.getLogger("rdflib").setLevel(logging.ERROR)
    return to_isomorphic(Graph().parse(data=data, format="xml"))


def predicates(found: Graph) -> list[str]:
    return sorted({str(p).replace("#", "/").rpartition("/")[2] for _, p, _ in found})


def test_all_of_it_is_read(files: list[Path]) -> None:
    count = 0
    for file in files:
        records = read(file.read_bytes())
        if file.name == "sru-diagnostic-not-found.xml":
            assert [codes(record) for record in records] == [["NDL-SERVER"]]
            continue
        assert all(record.body is not None for record in records)
        assert {code for record in records for code in codes(record)} <= {
            "NDL-READ-EMPTY", "NDL-READ-COLLECTION", "NDL-READ-NAMESPACE",
        }  # fmt: skip
        assert bool({code for record in records for code in codes(record)}) == (file.name in MENDED)
        assert not any(key in record.body for record in records for key in ("raw", "adminRaw"))
        count += len(records)
    assert count == 231


def test_written_again_it_is_the_same_graph(files: list[Path]) -> None:
    for file in files:
        data = file.read_bytes()
        records = [record for record in read(data) if record.body is not None]
        step = 10 if len(records) > 20 else 1
        pairs = list(zip(documents(data) if records else [], records, strict=True))[::step]
        for document, record in pairs:
            before, after = graph(document), graph(rewritten(record.body))
            if file.name not in MENDED:
                assert before == after, file.name
                continue
            _, gone, come = graph_diff(before, after)
            assert (predicates(gone), predicates(come)) == MENDED[file.name][1:], file.name


def test_the_short_way_gives_what_the_long_way_gives(files: list[Path]) -> None:
    short = 0
    for file in files:
        data = file.read_bytes()
        assert bodies(data) == bodies(data, LongWay), file.name
        reader = DcndlReader(Source.of(data, name="r.xml"), {})
        origins = [record.body.origin for record in reader if record.body is not None]
        short += sum(reader._quick(origin.piece, 1, []) is not None for origin in origins if origin.exact)
    assert short >= 220


def test_the_second_writing_is_the_first(files: list[Path]) -> None:
    for file in files:
        for record in read(file.read_bytes())[:3]:
            if record.body is not None:
                text = rewritten(record.body)
                again = read(text)
                assert [codes(one) for one in again] == [[]], file.name
                assert rewritten(again[0].body) == text, file.name


# ── What a writer of ours makes ──────────────────────────────────────────────────────────────────

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).map(plain).filter(lambda text: text.strip())


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.booleans())
def test_any_text_comes_back(texts: list[str], alone: bool) -> None:
    values: dict[str, list[Any]] = {
        "title": [{"value": texts[0], "yomi": texts[-1]}],
        "creator": [{"name": text, "yomi": text} for text in texts],
        "identifier": [{"value": text, "type": "JPNO"} for text in texts],
        "description": list(texts),
        "replaces": [{"uri": "urn:x:1", "label": texts[0]}],
        "subject": [{"value": text, "type": "NDLSH", "uri": "http://id.ndl.go.jp/auth/ndlsh/1"} for text in texts],
        "item": [{"uri": "urn:x:i", "library": texts[0], "bibID": texts[0], "callNumber": texts[-1]}],
    }
    values |= {"adminUri": ["urn:x:a"], "uri": ["urn:x:b"]}
    text = rewritten(values)
    if not alone:
        text = f"<x>{text}{text}</x>"
    for kind in (DcndlReader, LongWay):
        for record in read(text, kind):
            assert codes(record) == []
            assert record.body == values


@pytest.mark.parametrize(
    "name", [name for name in model().names.values() if name.kind == "literal"], ids=lambda n: n.name
)
def test_marks_that_the_model_does_not_expect_are_kept(name: Any) -> None:
    element = name.element
    odd = f'<{element} rdf:datatype="urn:x:odd">一</{element}>'
    lang = f'<{element} xml:lang="ja">二</{element}>'
    none = f"<{element}>三</{element}>"
    node = bib(1, odd, lang, none)
    if name.node == "admin":
        node = f'<dcndl:BibAdminResource rdf:about="urn:x:a">{odd}{lang}{none}</dcndl:BibAdminResource>{bib(1)}'
    (body,) = bodies(wrapped(node))
    if name.name != "displayTitle":
        assert body[name.name] == ["一", "二", "三"]
    again = graph(rewritten(body))
    before = graph(wrapped(node))
    _, gone, come = graph_diff(before, again)
    assert (len(gone), predicates(come)) == (0, ["record"] if name.node == "admin" else [])


# ── Suppliers' files ─────────────────────────────────────────────────────────────────────────────


def admin(number: int, *, links: bool = True) -> str:
    link = f'<dcndl:record rdf:resource="urn:x:{number}"/>' if links else ""
    return f'  <dcndl:BibAdminResource rdf:about="urn:x:a{number}">{link}</dcndl:BibAdminResource>\n'


def item(number: int | str) -> str:
    return f'  <dcndl:Item rdf:about="urn:x:i{number}"><dcndl:callNumber>{number}</dcndl:callNumber></dcndl:Item>\n'


def link(number: int, to: int | str) -> str:
    return bib(number, f'<dcndl:record rdf:resource="urn:x:i{to}"/>')


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ((bib(1), bib(2), bib(3)), ["1", "2", "3"]),
        ((admin(1), bib(1), admin(2), bib(2)), ["1a", "2a"]),
        ((bib(1), admin(1), bib(2), admin(2)), ["1a", "2a"]),
        ((admin(1), bib(1), link(1, 1), item(1), bib(2), link(2, 2), item(2)), ["1ai", "2i"]),
        ((item(1), link(1, 1), bib(1)), ["1i"]),
        ((admin(1, links=False), bib(1), bib(2)), ["1a", "2"]),
    ],
)
def test_the_nodes_of_a_record_find_each_other(nodes: tuple[str, ...], expected: list[str]) -> None:
    def told(body: dict[str, Any]) -> str:
        return body["displayTitle"][0] + ("a" if "adminUri" in body else "") + ("i" if "item" in body else "")

    for text in (
        wrapped(*nodes),
        f"<x>{wrapped(*nodes)}</x>",
        "\n".join(map(wrapped, nodes)) if len(nodes) < 4 else "",
    ):
        if text:
            assert [told(body) for body in bodies(text)] == expected, text


def test_a_record_by_its_types_alone() -> None:
    node = (
        '<rdf:Description rdf:about="urn:x:1"><rdf:type rdf:resource="http://ndl.go.jp/dcndl/terms/BibResource"/>'
        "<dcterms:title>題</dcterms:title></rdf:Description>"
    )
    (record,) = read(wrapped(node))
    assert record.body["displayTitle"] == ["題"]
    assert codes(record) == ["NDL-READ-NAMESPACE"]


def test_further_types_are_kept() -> None:
    kind = '<rdf:type rdf:resource="http://purl.org/ontology/bibo/Book"/>'
    (record,) = read(wrapped(bib(1, "<dcterms:title>題</dcterms:title>", kind)))
    assert codes(record) == ["NDL-READ-UNKNOWN"]
    assert "bibo/Book" in rewritten(record.body)


@pytest.mark.parametrize(
    "text",
    [
        head().replace("http://ndl.go.jp/dcndl/terms/", "https://ndl.go.jp/dcndl/terms/"),
        head().replace("http://purl.org/dc/terms/", "http://purl.org/dc/terms"),
        head().replace("rdf-syntax-ns#", "rdf-syntax-ns"),
    ],
)
def test_namespaces_nearly_right(text: str) -> None:
    (record,) = read(text + bib(1) + "</rdf:RDF>")
    assert record.body["displayTitle"] == ["1"]
    assert record.body["uri"] == ["urn:x:1"]


def test_other_prefixes() -> None:
    text = wrapped(admin(1), bib(1), link(1, 1), item(1))
    other = text
    for prefix in ("dcndl", "dcterms", "rdf"):
        other = other.replace(f"xmlns:{prefix}=", f"xmlns:p{prefix}=").replace(f"{prefix}:", f"p{prefix}:")
    assert bodies(other) == bodies(text)


def test_a_broken_record_harms_no_other() -> None:
    good = [bib(number) for number in range(5)]
    good[2] = good[2].replace("</dcterms:title>", "</dcterms:titel>")
    good[3] = good[3].replace("  </dcndl:BibResource>\n", "")
    found = [record.body["displayTitle"][0] if record.body else codes(record)[0] for record in read(wrapped(*good))]
    assert found == ["0", "1", "SRC-XML-MALFORMED", "SRC-XML-MALFORMED", "4"]


def test_a_record_over_the_limit() -> None:
    many = "".join(item(number) for number in range(100))
    reader = DcndlReader(Source.of(wrapped(bib(1), many, bib(2)).encode(), name="r.xml"), {"max_record": 4000})
    assert [codes(record) for record in reader] == [["SRC-TOO-LONG"], []]


# ── Places ───────────────────────────────────────────────────────────────────────────────────────

PLACED = wrapped(
    bib(0),
    bib(
        1,
        "<dcterms:creator><foaf:Agent><foaf:name>一</foaf:name></foaf:Agent></dcterms:creator>",
        "<dcterms:creator><foaf:Agent><foaf:name>二</foaf:name>",
        "<dcndl:transcription>ニ</dcndl:transcription></foaf:Agent></dcterms:creator>",
        "<dcndl:edition>初版</dcndl:edition>",
    ),
    link(1, 1),
    item(1),
)


@pytest.mark.parametrize("kind", [DcndlReader, LongWay])
@pytest.mark.parametrize(
    ("path", "occurrence", "line", "column", "way", "field"),
    [
        ("edition", 0, 9, 5, "dcndl:BibResource/dcndl:edition", "edition[0]"),
        ("creator[].name", 1, 7, 34, "dcndl:BibResource/dcterms:creator[2]/foaf:Agent/foaf:name", "creator[1].name"),
        ("creator[].yomi", 0, 8, 5, "dcndl:BibResource/dcterms:creator[2]/foaf:Agent/dcndl:transcription",
         "creator[1].yomi"),
        ("uri", 0, 5, 3, "dcndl:BibResource", "uri[0]"),
        ("item[].callNumber", 0, 14, 36, "dcndl:Item/dcndl:callNumber", "item[0].callNumber"),
    ],
)  # fmt: skip
def test_where_a_value_stands(
    kind: type[DcndlReader], path: str, occurrence: int, line: int, column: int, way: str, field: str
) -> None:
    reader = kind(Source.of(PLACED.encode(), name="r.xml"), {})
    record = list(reader)[1]
    at = reader.selector(path).locate(record, occurrence)
    assert (at.line, at.column, at.path, at.field) == (line, column, way, field)
    assert PLACED.splitlines()[line - 1][column - 1] == "<"


def test_where_a_value_inside_each_stands() -> None:
    reader = DcndlReader(Source.of(PLACED.encode(), name="r.xml"), {})
    record = list(reader)[1]
    within = reader.selector("creator[]").locate(record, 1)
    at = reader.selector("name", inner=True).locate(record, 0, within=within)
    assert (at.line, at.column, at.field) == (7, 34, "creator[1].name")


def test_text_in_text_has_lines_only() -> None:
    packed = PLACED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = f"<s>\n<records><record><recordData>{packed}</recordData></record></records></s>"
    reader = DcndlReader(Source.of(text.encode(), name="r.xml"), {})
    record = list(reader)[1]
    at = reader.selector("edition").locate(record)
    assert (at.line, at.column) == (10, None)


def test_paths_that_no_record_has() -> None:
    reader = DcndlReader(Source.of(PLACED.encode(), name="r.xml"), {})
    with pytest.raises(PathError) as told:
        reader.selector("titel[].value")
    assert told.value.suggestion == "title[].value"
    assert reader.selector("titel", inner=True).path == "titel"
    for path, meant in (("materialType[].lable", "materialType[].label"), ('identifier[type="ISBN"].valeu', None)):
        with pytest.raises(PathError) as told:
            reader.selector(path)
        assert told.value.suggestion == (meant or 'identifier[type="ISBN"].value')
    assert reader.selector('raw["dc:title"][].value').path
    assert ("creator[].name", "一") in list(reader.walk(list(reader)[1].body))


# ── Other ways to write RDF/XML ──────────────────────────────────────────────────────────────────


ATTRIBUTES = (
    '<dcndl:BibAdminResource rdf:about="urn:x:a" dcndl:catalogingStatus="C7">'
    '<dcndl:record rdf:resource="urn:x:b"/></dcndl:BibAdminResource>'
    '<dcndl:BibResource rdf:about="urn:x:b" dcterms:title="架空町史" dcterms:issued="2024">'
    '<dcterms:creator><foaf:Agent rdf:about="urn:x:p" foaf:name="架空太郎" dcndl:transcription="カクウタロウ"/>'
    "</dcterms:creator>"
    '<dcterms:publisher foaf:name="架空書房"/>'
    '<dc:title><rdf:Description rdf:value="架空町史"/></dc:title>'
    "</dcndl:BibResource>"
)


def test_property_attributes_are_read_and_told() -> None:
    (record,) = read(wrapped(ATTRIBUTES))
    body = record.body
    assert (body["catalogingStatus"], body["displayTitle"]) == (["C7"], ["架空町史"])
    assert body["issued"][0] == "2024"
    assert body["creator"] == [{"name": "架空太郎", "yomi": "カクウタロウ", "uri": "urn:x:p"}]
    assert body["publisher"] == [{"name": "架空書房"}]
    assert body["title"] == [{"value": "架空町史"}]
    assert "raw" not in body
    assert set(codes(record)) == {"NDL-READ-FORM"}


def test_property_attributes_say_the_same_as_elements() -> None:
    (record,) = read(wrapped(ATTRIBUTES))
    values = {str(value) for value in graph(wrapped(ATTRIBUTES)).objects() if isinstance(value, Literal)}
    assert all(value in str(dict(record.body)) for value in values)


STRIPED = (
    '<dcndl:BibAdminResource rdf:about="urn:x:a"><dcndl:record><dcndl:BibResource rdf:about="urn:x:b">'
    "<dcterms:title>架空町史</dcterms:title></dcndl:BibResource></dcndl:record></dcndl:BibAdminResource>"
)


def test_nodes_inside_others_are_checked_like_nodes_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "s.rdf"
    path.write_text(wrapped(STRIPED), "utf-8")
    found = {issue.code for issue in convert.check(path, "dcndl", read={"schema": "none"}).issues}
    assert found == {"NDL-REQUIRED"}


def test_nodes_with_an_rdf_id_find_each_other() -> None:
    nodes = (
        '<dcndl:BibAdminResource rdf:ID="a"><dcndl:record rdf:resource="#b"/></dcndl:BibAdminResource>\n',
        '<dcndl:BibResource rdf:ID="b"><dcterms:title>一</dcterms:title></dcndl:BibResource>\n',
    )
    for text in (wrapped(*nodes), f"<x>{wrapped(*nodes)}</x>"):
        (record,) = read(text)
        assert (record.body["uri"], record.body["adminUri"], codes(record)) == (["#b"], ["#a"], [])


# ── Answers in parts ─────────────────────────────────────────────────────────────────────────────


def answer(count: int) -> str:
    records = "".join(f"<record><metadata>{wrapped(bib(number))}</metadata></record>\n" for number in range(count))
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>\n{records}</ListRecords></OAI-PMH>'


def test_answers_are_cut_between_records(write: Any) -> None:
    source = Source.of(write("a.xml", answer(200)))
    parts = list(DcndlReader.plan_parts(source, {}, 4))
    assert len(parts) > 1
    found = [record.body["displayTitle"][0] for part in parts for record in DcndlReader(source, {}, part)]
    assert found == [str(number) for number in range(200)]


def in_parts(source: Source, count: int) -> list[Any]:
    """What a run in parallel reads: parts, the rest in one piece where one did not end where the next begins."""
    found: list[Any] = []
    parts = list(DcndlReader.plan_parts(source, {}, count))
    for number, part in enumerate(parts):
        reader = DcndlReader(source, {}, part)
        told = seen(reader)
        if number + 1 < len(parts) and not reader.clean_end:
            return found + seen(DcndlReader(source, {}, Part(part.start, None, part.lines)))
        found += told
    return found


def seen(reader: DcndlReader) -> list[Any]:
    return [
        (record.body, record.line, [(issue.code, issue.at, issue.value) for issue in record.issues])
        for record in reader
    ]


def test_a_bare_document_is_cut_between_records(write: Any) -> None:
    nodes = (node for number in range(200) for node in (admin(number), link(number, number), item(number)))
    source = Source.of(write("b.xml", wrapped(*nodes)))
    parts = list(DcndlReader.plan_parts(source, {}, 4))
    assert len(parts) == 4
    ends = [reader.clean_end for part in parts if list(reader := DcndlReader(source, {}, part))]
    assert ends == [True] * 4
    assert in_parts(source, 4) == seen(DcndlReader(source, {}))


def test_without_management_a_bare_document_is_one_piece(write: Any) -> None:
    source = Source.of(write("b.xml", wrapped(*map(bib, range(200)))))
    assert list(DcndlReader.plan_parts(source, {}, 4)) == [Part()]


PIECES = st.sampled_from(
    ("admin", "bib", "bib", "item", "comment", "text", "broken", "unlinked", "far", "instruction", "cdata")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=40), st.integers(2, 9))
def test_any_order_is_read_in_parts_as_in_one(pieces: list[str], count: int) -> None:
    made = {
        "admin": admin, "bib": bib, "item": item, "unlinked": lambda n: admin(n, links=False),
        "comment": lambda n: f"<!--\n{admin(n)}-->\n", "text": lambda n: f"  text {n}\n",
        "broken": lambda n: f"  <dcndl:Item>\n{admin(n)}", "far": lambda n: admin(n - 3),
        "instruction": lambda n: f"<?a\n{admin(n)}?>\n", "cdata": lambda n: f"<![CDATA[\n{admin(n)}]]>\n",
    }  # fmt: skip
    nodes = (made[piece](number // 2) for number, piece in enumerate(pieces))
    source = Source.of(wrapped(*nodes).encode(), name="b.xml")
    assert in_parts(source, count) == seen(DcndlReader(source, {}))


def test_a_bare_document_converted_in_parallel_is_the_same(tmp_path: Path) -> None:
    nodes = (
        node for number in range(60) for node in (admin(number), link(number, number), item(number), "<!-- a\n -->\n")
    )
    source = tmp_path / "b.rdf"
    source.write_text(wrapped(*nodes, bib(1), admin(1)), "utf-8")
    (tmp_path / "m.yaml").write_text(
        "mapping: 1\nid: my/bare\nsource: {format: dcndl}\ntarget: {format: jsonl}\nrecord: {id: uri}\n"
        "fields: {item: 'item[].uri'}\n",
        "utf-8",
    )
    found = []
    for jobs in (1, 2):
        job = convert.Job(tmp_path / "m.yaml", jobs=jobs, shard_bytes=1000)
        told = tmp_path / f"{jobs}.report.jsonl"
        report = job.run(source, tmp_path / f"{jobs}.jsonl", reports=[told])
        found.append(((tmp_path / f"{jobs}.jsonl").read_bytes(), told.read_bytes(), report.counts))
    assert found[0] == found[1]
    assert found[0][2]["read"] == 61


# ── Anything at all ──────────────────────────────────────────────────────────────────────────────


DAMAGE = (b"", b"<", b">", b"&", b"\x00", b"\xff", b'"', b"<!--", b"]]>", b"/", b" ")


def damaged(seed: int) -> Iterator[bytes]:
    """A record with a few bytes changed, cut or doubled."""
    chance = Random(seed)  # noqa: S311 - the same at every run
    whole = (answer(2) if seed % 2 else PLACED).encode()
    for _ in range(30):
        at = chance.randrange(len(whole))
        size = chance.choice((1, 1, 5, 40))
        put = chance.choice(
            (b"", b"<", b">", b"&", b"\x00", b"\xff", b'"', b"<!--", b"]]>", b"/", b" ", whole[at : at + 90])
        )
        yield whole[:at] + put + whole[at + size :]


@pytest.mark.parametrize("seed", range(20))
def test_damage_is_told_and_never_read_in_two_ways(seed: int) -> None:
    for data in damaged(seed):
        short, long = read(data), read(data, LongWay)
        assert [(record.body, codes(record)) for record in short] == [
            (record.body, codes(record)) for record in long
        ], data
        for record in short:
            assert record.body is not None or record.issues


def test_a_mapping_from_dcndl_to_dcndl(write: Any, tmp_path: Path) -> None:
    """What the target takes is what the source gives."""
    mapping = """mapping: 1
id: again
source: {format: dcndl}
target: {format: dcndl}
record: {id: uri}
fields:
  uri: uri
  title: {each: "title[]", object: {value: value, yomi: yomi}}
  identifier: {each: "identifier[]", object: {value: value, type: type}}
  creator: {each: "creator[]", object: {uri: uri, name: name, yomi: yomi}}
  subject: {each: "subject[]", object: {uri: uri, value: value, yomi: yomi, type: type}}
  materialType: {each: "materialType[]", object: {uri: uri, label: label}}
  seeAlso: seeAlso
  bibRecordCategory: bibRecordCategory
  item: {each: "item[]", object: {uri: uri, library: library, libraryCode: libraryCode, callNumber: callNumber}}
"""
    values: dict[str, list[Any]] = {
        "bibRecordCategory": ["R999999999"],
        "title": [Text("架空町史", "カクウチョウシ")],
        "displayTitle": ["架空町史"],
        "identifier": [Text("9784949000017", type="ISBN")],
        "creator": [{"name": "見本", "yomi": "ミホン", "uri": "http://id.ndl.go.jp/auth/entity/9"}],
        "subject": [Text("213.9", type="NDC10"), Text("郷土史", "キョウドシ")],
        "materialType": ["Book"],
        "seeAlso": ["https://opac.example.jp/?a=1&b=2"],
        "item": [{"uri": "urn:x:i", "library": "架空図書館", "libraryCode": "9911", "callNumber": "1"}],
    }
    text = head() + Writer().nodes(values, Nodes("urn:x:1", "urn:x:1#material", "urn:x:1#item")) + "\n</rdf:RDF>"
    write("m.yaml", mapping)
    report = convert.Job(tmp_path / "m.yaml").run(write("in.xml", text), tmp_path / "out.xml")
    assert (report.counts["written"], report.exit_code) == (1, 0)
    assert isomorphic(graph(text), graph((tmp_path / "out.xml").read_bytes()))


@pytest.mark.parametrize("form", ["xml", "pretty-xml"])
def test_rdf_as_other_programs_write_it(form: str, write: Any) -> None:
    """The same graph with nodes inside nodes, or with labels for blank nodes, is the same record."""
    values: dict[str, list[Any]] = {
        "bibRecordCategory": ["R999999999"],
        "identifier": [{"value": "9784949000017", "type": "ISBN"}],
        "displayTitle": ["架空町史"],
        "title": [{"value": "架空町史", "yomi": "カクウチョウシ"}],
        "creator": [{"name": "見本", "yomi": "ミホン"}, {"name": "例示", "uri": "http://id.ndl.go.jp/auth/entity/9"}],
        "subject": [
            {"value": "郷土史", "uri": "http://id.ndl.go.jp/auth/ndlsh/9"},
            {"value": "213.9", "type": "NDC10"},
        ],
        "materialType": [{"uri": "http://ndl.go.jp/ndltype/Book", "label": "図書"}],
        "item": [{"uri": "urn:x:i", "library": "架空図書館", "libraryCode": "9911", "callNumber": "1"}],
        "adminUri": ["urn:x:a"],
        "uri": ["urn:x:b"],
    }
    before = graph(rewritten(values))
    (record,) = read(before.serialize(format=form))
    assert record.body is not None
    assert not [issue for issue in record.issues if issue.code not in ("NDL-READ-NAMESPACE",)]
    assert isomorphic(graph(rewritten(record.body)), before)
    assert record.body["title"] == values["title"]
    assert sorted(creator["name"] for creator in record.body["creator"]) == ["例示", "見本"]
