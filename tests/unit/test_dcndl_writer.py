"""The DC-NDL writer: rdflib, which builds the graph of the same values by its own calls, is the referee."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic, to_isomorphic
from rdflib.namespace import RDF, RDFS

from convert.formats.dcndl.escape import iri, plain
from convert.formats.dcndl.model import expand, model
from convert.formats.dcndl.writer import Nodes, Writer, head
from convert.model import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.formats.dcndl.model import Name

BASE = "https://opac.example.jp/bib/B0001"
NODES = Nodes(BASE, f"{BASE}#material", f"{BASE}#item")
NASTY = (
    "a ]]> b & c < d > e",
    "<![CDATA[x]]><!-- y --><?z?>",
    "改行\nタブ\tと 復帰\r\nの印",
    "  前後の空白  ",
    "制御\x00\x08\x0b文字\x1f\x7f",
    "片割れ\ud842の文字\udfb7",
    "非文字\ufffe\uffff",
    "異体字 葛\U000e0100飾区 辻\U000e0101",
    "𠮷野家と髙島屋 ①㍿ｶﾅ",
    "「\"引用符\"」と'一重'",
    "&amp;&#x41;&eacute;",
)
LINKS = ("https://a.example.jp/?a=1&b='2'", "http://lccn.loc.gov/94041789 /AC", 'http://a.example.jp/目録#<x>"y"')


def term(name: str) -> URIRef:
    return URIRef(expand(name, model().namespaces))


class Referee:
    """The graph of values in the names of the model, made triple by triple."""

    def __init__(self, version: int = 2) -> None:
        self.version = version
        self.graph = Graph()
        self.add = self.graph.add

    def record(self, values: Mapping[str, list[Any]]) -> Graph:
        admin, bib = URIRef(NODES.admin or ""), URIRef(NODES.bib)
        self.add((admin, RDF.type, term("dcndl:BibAdminResource")))
        self.add((admin, term("dcndl:record"), bib))
        self.add((bib, RDF.type, term("dcndl:BibResource")))
        for name, given in values.items():
            known = model().names[name]
            if known.kind == "collection":
                self.collection(bib, known, given)
            elif known.kind == "item":
                self.items(bib, given)
            elif name == "itemUri":
                for uri in given:
                    self.add((bib, term("dcndl:record"), URIRef(iri(uri))))
            else:
                for value in given:
                    self.value(admin if known.node == "admin" else bib, known, value)
        return self.graph

    def has(self, name: Name) -> bool:
        return name.version in (None, self.version)

    def value(self, subject: URIRef, name: Name, value: Any) -> None:
        if not self.has(name):
            return
        self.add((subject, term(name.element), getattr(self, name.kind)(name, value)))

    def literal(self, name: Name, value: str) -> Literal:
        return Literal(plain(value), datatype=URIRef(name.datatype) if name.datatype else None)

    def typed(self, name: Name, value: Any) -> Literal:
        if isinstance(value, str):
            return Literal(plain(value))
        kind = model().types[name.types or ""][value.type]
        return Literal(plain(value.value), datatype=URIRef(kind.datatype))

    def node(self, kind: str, main: str, value: Any, cls: str | None = None) -> BNode | URIRef:
        if isinstance(value, str):
            value = {main: value}
        if isinstance(value, Text):
            value = {main: value.value} | ({"yomi": value.yomi} if value.yomi is not None else {})
        node = URIRef(iri(value["uri"])) if "uri" in value else BNode()
        if cls:
            self.add((node, RDF.type, term(cls)))
        for member, given in value.items():
            known = model().members[kind].get(member)
            if known is None or known.kind == "about" or known.element[0] == "@" or not self.has(known):
                continue
            for text in given if isinstance(given, list) else [given]:
                self.add((node, term(known.element), Literal(plain(text))))
        return node

    def structure(self, name: Name, value: Any) -> BNode | URIRef:
        return self.node("structure", "value", value)

    def agent(self, name: Name, value: Any) -> BNode | URIRef:
        return self.node("agent", "name", value, "foaf:Agent")

    def part(self, name: Name, value: Any) -> BNode | URIRef:
        return self.node("part", "title", value)

    def subject(self, name: Name, value: Any) -> BNode | URIRef:
        kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
        known = model().types["subject"].get(kind or "")
        if known is not None and known.resource:
            mark = value["value"] if isinstance(value, dict) else value.value
            return URIRef(iri(known.resource + mark + known.end))
        return self.node("structure", "value", value)

    def link(self, name: Name, value: Any) -> URIRef:
        uri = URIRef(iri(value if isinstance(value, str) else value["uri"]))
        if isinstance(value, dict) and "label" in value:
            self.add((uri, RDFS.label, Literal(plain(value["label"]))))
        return uri

    def material(self, name: Name, value: Any) -> URIRef:
        if isinstance(value, str):
            known = model().material(value)
            assert known is not None
            value = {"uri": known.uri, "label": known.ja}
        return self.link(name, value)

    def collection(self, bib: URIRef, name: Name, given: list[Any]) -> None:
        nodes = []
        for value in given:
            node = BNode()
            self.add((node, term("dcterms:title"), Literal(plain(value))))
            nodes.append(node)
        start = BNode()
        Collection(self.graph, start, nodes)
        self.add((bib, term(name.element), start))

    def items(self, bib: URIRef, given: list[Any]) -> None:
        for number, item in enumerate(given, start=1):
            uri = URIRef(item.get("uri") or f"{NODES.items}{number if number > 1 else ''}")
            self.add((bib, term("dcndl:record"), uri))
            self.add((uri, RDF.type, term("dcndl:Item")))
            holder: BNode | URIRef | None = None
            for member, values in item.items():
                known = model().members["item"][member]
                if member == "uri":
                    continue
                if not member.startswith("library"):
                    for value in values:
                        self.value(uri, known, value)
                    continue
                if holder is None:
                    holder = URIRef(item["libraryUri"][0]) if "libraryUri" in item else BNode()
                    self.add((uri, term("dcndl:holdingAgent"), holder))
                    self.add((holder, RDF.type, term("foaf:Agent")))
                if member != "libraryUri":
                    self.add((holder, term(known.element.partition("/")[2]), self.literal(known, values[0])))


def written(values: Mapping[str, list[Any]], version: int = 2) -> Graph:
    text = head() + Writer(version).nodes(values, NODES) + "\n</rdf:RDF>"
    return Graph().parse(data=text.encode(), format="xml")


def same(values: Mapping[str, list[Any]], version: int = 2) -> None:
    ours, theirs = to_isomorphic(written(values, version)), to_isomorphic(Referee(version).record(values))
    assert isomorphic(ours, theirs), show(ours, theirs)


def show(ours: Any, theirs: Any) -> str:
    from rdflib.compare import graph_diff

    _, more, less = graph_diff(ours, theirs)
    return f"only ours:\n{more.serialize(format='nt')}\nonly theirs:\n{less.serialize(format='nt')}"


def examples(name: Name, texts: tuple[str, ...] = ("架空の値", *NASTY)) -> list[Any]:
    """Values of every form a name takes."""
    types = list(model().types.get(name.types or "", {}))
    if name.name == "itemUri":
        return list(LINKS)
    match name.kind:
        case "literal" | "collection":
            return list(texts)
        case "typed":
            return [*(Text(text, type=types[n % len(types)]) for n, text in enumerate(texts)), "種類なし"] + [
                Text("1", type=kind) for kind in types
            ]
        case "structure":
            return [*texts, *(Text(text, yomi=f"ヨミ{text}") for text in texts), {"uri": LINKS[0], "value": texts[0]}]
        case "subject":
            given = [{"value": text, "yomi": f"ヨミ{text}", "type": "NDLSH", "uri": f"{LINKS[2]}{n}"}
                     for n, text in enumerate(texts)]  # fmt: skip
            marks = [
                Text(mark, type=kind) for kind in types if kind not in ("NDLSH", "NDLNA") for mark in ("913.6", "[E]")
            ]
            return [*texts, *given, *marks]
        case "agent":
            more: dict[str, Any] = {"description": ["発売"], "role": ["著"]}
            given = [{"name": [text], "yomi": [text], "location": [text, "京都"]} | more for text in texts]
            return [*texts, Text("見本", "ミホン"), *given, {"name": "架空太郎", "uri": LINKS[0]}]
        case "part":
            return [*texts, {"title": list(texts), "yomi": ["ヨミ"], "description": ["p1"], "creator": ["著"]}]
        case "link":
            return [*LINKS, *({"uri": f"{LINKS[0]}{n}", "label": text} for n, text in enumerate(texts))]
        case "material":
            return [*model().materials, "Book", "地図", {"uri": LINKS[0], "label": "見本"}]
    raise AssertionError(name.kind)


WRITTEN = [name for name in model().names.values() if name.kind not in ("about", "header", "item")]


@pytest.mark.parametrize("name", WRITTEN, ids=lambda name: name.name)
def test_every_name_is_what_rdflib_makes_of_it(name: Name) -> None:
    same({name.name: examples(name)}, name.version or 2)


@pytest.mark.parametrize("member", model().members["item"].values(), ids=lambda member: member.name)
def test_every_member_of_an_item_is_what_rdflib_makes_of_it(member: Name) -> None:
    given: list[Any] = ["架空の値"] if member.name.startswith("library") else []
    if member.kind == "about":
        given = [LINKS[0]] if member.name == "libraryUri" else []
        item: dict[str, Any] = {member.name: given} if given else {"uri": "https://opac.example.jp/item/1"}
    else:
        item = {member.name: given or examples(member)}
    same({"item": [item, {}]}, member.version or 2)


@pytest.mark.parametrize("version", [2, 3])
def test_everything_at_once(version: int) -> None:
    values: dict[str, list[Any]] = {name.name: examples(name) for name in WRITTEN}
    members = model().members["item"].values()
    item = {m.name: examples(m) for m in members if m.kind != "about" and not m.name.startswith("library")}
    values["item"] = [item | {"library": ["架空図書館"], "libraryYomi": ["カクウ"], "libraryCode": ["9911"]}] * 2
    same(values, version)


def test_every_name_of_the_model_is_written() -> None:
    """A name in the model and not in the writer would be lost."""
    known = model()
    assert set(known.names) == Writer(2).names | Writer(3).names
    assert set(known.members["item"]) == Writer(2).item_members | Writer(3).item_members
    used = {name.kind for name in known.names.values()} | {"literal", "typed"}
    assert set(known.members) <= used


def test_elements_stand_in_the_order_of_the_model() -> None:
    values = {name.name: examples(name, ("値",))[:1] for name in reversed(WRITTEN)}
    top = etree.fromstring(head() + Writer().nodes(values, NODES) + "</rdf:RDF>")
    prefixes = {uri: prefix for prefix, uri in model().namespaces.items()}
    shown = [
        f"{prefixes[child.tag[1:].partition('}')[0]]}:{child.tag.partition('}')[2]}"
        for node in top[:2]
        for child in node
    ]
    wanted = {
        node: [
            name.element
            for name in model().of(node)
            if name.kind not in ("about", "item") and name.name != "itemUri" and name.version in (None, 2)
        ]
        for node in ("admin", "bib")
    }
    assert shown == [*wanted["admin"], "dcndl:record", *wanted["bib"]]


def test_items_are_linked_from_a_second_node_and_in_version_3_from_the_first() -> None:
    values = {
        "title": ["架空町史"],
        "item": [{"callNumber": ["1"]}, {"callNumber": ["2"]}],
        "itemUri": ["urn:x:absent"],
    }
    two, three = (etree.fromstring(head() + Writer(v).nodes(values, NODES) + "</rdf:RDF>") for v in (2, 3))
    local = "{http://ndl.go.jp/dcndl/terms/}"
    assert [len(node.findall(f"{local}record")) for node in two.findall(f"{local}BibResource")] == [0, 3]
    assert [len(node.findall(f"{local}record")) for node in three.findall(f"{local}BibResource")] == [3]


def test_languages_are_written_where_asked_for() -> None:
    values = {"edition": [Text("初版", lang="ja")], "title": [Text("目録", "モクロク", lang="ja")]}
    with_, without = (Writer(langs=langs).nodes(values, NODES) for langs in (True, False))
    assert with_.count('xml:lang="ja"') == 2
    assert "xml:lang" not in without


@settings(max_examples=150)
@drawn(st.lists(st.text(st.characters(codec=None), max_size=30), min_size=1, max_size=4))
def test_any_text_at_all(texts: list[str]) -> None:
    """Anything Python calls a text, half surrogates included, comes back as XML can hold it."""
    kept = [text for text in dict.fromkeys(texts) if plain(text)]
    if not kept:
        return
    same(
        {
            "title": [Text(text, yomi=text) for text in kept],
            "creator": [{"name": [text], "yomi": [text]} for text in kept],
            "description": kept,
            "replaces": [{"uri": f"https://a.example.jp/{n}", "label": text} for n, text in enumerate(kept)],
            "seeAlso": [f"https://a.example.jp/{text}" for text in kept],
            "item": [{"callNumber": kept, "library": [kept[0]]}],
        }
    )
