"""Records that are plain XML: what the compiled parser takes, libxml2 takes too, and gives the same."""

from __future__ import annotations

import random as chance
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

import convert
from convert.formats.onix import reader as onix_reader
from convert.formats.onix.names import names as onix_names
from convert.formats.xml import reader as xml_reader
from convert.formats.xml.plain import Element, Parser, in_scope, parser
from convert.formats.xml.reader import make_parser
from convert.formats.xml.reading import LEARN

if TYPE_CHECKING:
    from convert.model import Record

pytestmark = pytest.mark.skipif(Parser is None, reason="convert/formats/xml/_tree.c was not compiled")

DATA = Path(__file__).parents[3] / "shared" / "data"


names = in_scope({})


def plain(data: bytes, **more: Any) -> Any:
    made = parser(names, **more)
    assert made is not None
    return made.parse(data, None)


def assert_same(found: Any, wanted: Any) -> None:
    """Compare a plain element with that of libxml2, and all below."""
    assert found.tag == wanted.tag
    assert {name: found.get(name) for name in wanted.attrib} == dict(wanted.attrib)
    assert found.get("no such") is None
    assert found.string() == "".join(wanted.itertext())
    assert found.text == ("" if len(wanted) else wanted.text or "")
    assert len(found) == len(wanted)
    assert found.tags() == tuple(child.tag for child in wanted)
    children = found.children()
    for child, other in zip(children, wanted, strict=True):
        assert child.getparent().order == found.order
        assert_same(child, other)


def assert_agrees(data: bytes) -> bool:
    """Whether the data are taken: then libxml2 has the same."""
    found = plain(data)
    if found is None:
        return False
    wanted = etree.fromstring(data, make_parser())
    assert_same(found, wanted)
    orders: list[int] = []
    waiting = [found]
    while waiting:
        one = waiting.pop()
        orders.append(one.order)
        waiting += reversed(one.children())
    assert orders == list(range(len(list(wanted.iter("*")))))
    return True


TAKEN = (
    "<a/>", "<a></a>", "<a> </a>", "<a>x</a>", "<a ><b/></a >", "<a b='1' c=\"2\"/>", "<a b = '1'\n/>",
    "<a b='>'>></a>",
    "<a>&lt;&gt;&amp;&quot;&apos;&#x3042;&#12354;&#x1F600;&#13;&#9;</a>", "<a b='&#10;&#9;\t\n\r\n\r&lt;'/>",
    "<a>一\r\n二\r三\n</a>", "<a>\r\n<b>\r</b>\r\n</a>", "<a><![CDATA[<b>]]&gt;&amp;\r\n]]></a>",
    "<a>x<![CDATA[]]>y<![CDATA[z]]></a>",
    "<a>]]</a>", "<a>] ]></a>", "<a><b>1</b> <b>2</b>\n</a>", "<目 録='一'>𠮷</目>", "<a xml:lang='ja'/>",
    "<a-b.c_d/>",
    "<a><b><c>1</c>\n<c> 2 </c></b><d>'</d></a>", "<a b=''/>", "<a>\ufffd\u007f\u0085\ud7ff\ue000</a>",
    "<a>\U0010fffd</a>",
    '<a><b x="<">1</b></a>'.replace("<\"", "&lt;\""), "<a>" * 150 + "</a>" * 150, "<a>" + "<b>1</b>" * 1000 + "</a>",
    "<a>" + "".join(f"<b c{n}='{n}'/>" for n in range(500)) + "</a>", "<a><b q='/>'>x</b><b q=\"'>\">y</b></a>",
)  # fmt: skip


@pytest.mark.parametrize("text", TAKEN, ids=range(len(TAKEN)))
def test_what_is_plain_is_taken(text: str) -> None:
    assert assert_agrees(text.encode())


LEFT = (
    "", "<", "<a", "<a>", "<a/", "<a><b></a>", "<a></b>", "<a>x", "<a/>x", "<a/><b/>", " <a/>", "x", "<a>x<b/></a>",
    "<a><b/>x</a>",
    "<a><!-- x --></a>", "<a><?x y?></a>", "<!DOCTYPE a><a/>", "<?xml version='1.0'?><a/>", "<a>&nbsp;</a>",
    "<a>&</a>", "<a>&amp</a>",
    "<a>&#0;</a>", "<a>&#xFFFE;</a>", "<a>&#x110000;</a>", "<a>&#xD800;</a>", "<a>&#;</a>", "<a>&#x;</a>",
    "<a>&#X41;</a>",
    "<a>&#99999999999999999999;</a>", "<a>]]></a>", "<a>\x00</a>", "<a>\x1b</a>", "<a>\ufffe</a>", "<a>\uffff</a>",
    "<a b='<'/>",
    "<a b='1' b='2'/>", "<a b/>", "<a b=1/>", "<a b='1'c='2'/>", "<a b='1/>", "<a b='&x;'/>",
    "<a xmlns='urn:x' x:y='1'/>", "<x:a/>",
    "<1a/>", "<a 1b='2'/>", "< a/>", "<a></ a>", "<a></a", "<a/ >", "<a><b><c></b></c></a>",
    "<a><![CDATA[x]]><b/></a>",
    "<a><b/><![CDATA[ ]]></a>", "<a><![CDATA[x</a>", "<a>&#32;<b/></a>", "<a><b xmlns='urn:x'/></a>",
    "<a><b xmlns:x='urn:x'/></a>",
    "<a>" * 300 + "</a>" * 300, "<a " + " ".join(f"b{n}=''" for n in range(100)) + "/>", "<=/>", "<@a/>",
    "<a @b='1'/>", "<a b='1' @b='1'/>", "<a>　<b/></a>",
    "<a><></a>",
)  # fmt: skip


@pytest.mark.parametrize("text", LEFT, ids=range(len(LEFT)))
def test_what_is_more_than_plain_is_left(text: str) -> None:
    def resolve(name: str) -> str | None:
        return in_scope({"": "urn:a"})(name)

    made = parser(resolve)
    assert made is not None
    assert made.parse(text.encode(), None) is None


@pytest.mark.parametrize(
    "data",
    [
        b"<a>\xff</a>", b"<a>\xc0\x80</a>", b"<a>\xe3\x81</a>", b"<a>\xed\xa0\x80</a>", b"<a>\xf4\x90\x80\x80</a>",
        b"<a>\xf0\x80\x80\x80</a>", b"<a>\xe0\x80\x80</a>", b"<a>\x80</a>", b"<a>\xf5\x80\x80\x80</a>", b"<a>x\xe3",
        b"<\xe3>",
        "<a>架空</a>".encode("cp932"), "<a>架空</a>".encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_utf8_is_left(data: bytes) -> None:
    assert plain(data) is None


PIECES = (
    "<a>", "</a>", "<b>", "</b>", "<a/>", "<b x='1'>", '<b x="&lt;" y="二">', "</b >", "x", "架空", " ", "\n",
    "\r\n", "&amp;", "&#x41;",
    "&#65;", "&", ";", "<", ">", "<![CDATA[", "]]>", "<!--", "-->", "<?p ?>", "'", '"', "=", "@", "<@a>", "#",
    ":", "<a:b/>", "-", ".", "1", "xmlns='urn:x'",
    "\x00", "\ufffe", "/",
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
@example(["<b x='1'>", "]]", "></b>"], True)
def test_any_marks_in_any_order(pieces: list[str], inside: bool) -> None:
    text = "".join(pieces)
    assert_agrees((f"<a>{text}</a>" if inside else text).encode("utf-8", "surrogatepass"))


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    """A well-formed element."""
    name = draw(st.sampled_from(("a", "b", "題名", "c.d-e")))
    some = draw(
        st.dictionaries(
            st.sampled_from(("x", "y", "z")), st.sampled_from(("", "一", "&lt;", " a\n", "'", ">")), max_size=2
        )
    )
    attributes = "".join(f' {key}="{value}"' for key, value in some.items())
    if depth < 4 and draw(st.booleans()):
        between = draw(st.sampled_from(("", " ", "\r\n  ", "\n")))
        inner = between.join(draw(st.lists(elements(depth + 1), min_size=1, max_size=4)))
        return f"<{name}{attributes}>{between}{inner}{between}</{name}>"
    text = draw(st.sampled_from(("", "x", "架空&amp;", "a]]b", " ", "<![CDATA[<br>]]>", "一\r\n二", "&#x20B9F;")))
    return f"<{name}{attributes}>{text}</{name}>" if text else f"<{name}{attributes}/>"


@settings(max_examples=100)
@given(elements())
def test_every_plain_element_is_taken(text: str) -> None:
    assert assert_agrees(text.encode())


@settings(max_examples=150)
@given(elements(), st.integers(0, 2**32))
def test_damaged_elements(text: str, seed: int) -> None:
    random, data = chance.Random(seed), bytearray(text.encode())  # noqa: S311
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        data[at : at + random.randint(0, 2)] = random.choice(
            (b"", b"<", b">", b"&", b'"', b"/", b"\xe3", b"\x00", b"]]>", b"=", b"\n")
        )
    assert_agrees(bytes(data))


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the repository")
def test_shared_files() -> None:
    taken = 0
    for path in sorted((DATA / "onix").rglob("*.xml")):
        data = path.read_bytes()
        for name in (b"Product", b"product"):
            start = data.find(b"<" + name + b">")
            end = data.find(b"</" + name + b">")
            if 0 <= start < end:
                taken += assert_agrees(data[start : end + len(name) + 3])
    assert taken > 3


def test_names_are_asked_for_once_and_told_in_full() -> None:
    asked: list[str] = []

    def resolve(name: str) -> str | None:
        asked.append(name)
        return in_scope({"": "urn:a", "o": "urn:b"})(name)

    made = parser(resolve)
    assert made is not None
    for _ in range(3):
        root = made.parse(b"<r><o:a k='1' o:k='2' xml:lang='ja'>x</o:a><k/></r>", None)
        assert root is not None
        (child, _) = root.children()
        assert root.tags() == ("{urn:b}a", "{urn:a}k")
        assert [child.get(name) for name in ("k", "{urn:b}k", "{http://www.w3.org/XML/1998/namespace}lang")] == [
            "1",
            "2",
            "ja",
        ]
    assert asked == ["r", "o:a", "@k", "@o:k", "@xml:lang", "k"]
    assert made.parse(b"<r o:k='1' xmlns:p='urn:b' p:k='2'/>", None) is None
    same = parser(lambda _: "x")
    assert same is not None
    assert same.parse(b"<r a='1' b='2'/>", None) is None  # two attributes of one name


def test_declarations_stand_at_the_root_or_are_told_not_to_matter() -> None:
    data = b"<r xmlns='urn:a'><a xmlns='urn:b'>1</a></r>"
    scope = in_scope({"": "urn:a"})
    made = [parser(scope), parser(scope, inner=True)]
    found = [one and one.parse(data, None) for one in made]
    assert found[0] is None
    assert found[1] is not None
    assert found[1].opened({"{urn:a}a": None})["{urn:a}a"] == ["1"]
    assert found[1].tags() == ("{urn:a}a",)
    assert found[1].get("xmlns") is None


def test_more_names_than_are_kept() -> None:
    made = parser(names)
    assert made is not None
    taken = [made.parse(f"<r><n{number}/></r>".encode(), None) is not None for number in range(5000)]
    assert taken == sorted(taken, reverse=True)
    assert 1000 < sum(taken) < 5000
    assert made.parse(b"<r><n1/></r>", None) is not None


def test_what_resolving_raises_is_raised() -> None:
    def resolve(name: str) -> str:
        raise ValueError(name)

    made = parser(resolve)
    assert made is not None
    with pytest.raises(ValueError, match="r"):
        made.parse(b"<r/>", None)


def test_wrong_arguments() -> None:
    made = parser(names)
    assert made is not None
    root = made.parse(b"<r><a/></r>", None)
    assert root is not None
    given_: Any = made
    for wrong in (lambda: given_.parse("<r/>", None), lambda: given_.parse(b""), lambda: root.opened([]), Element):
        with pytest.raises(TypeError):
            wrong()


def test_an_element_outlives_the_others() -> None:
    owner = object()
    made = parser(names)
    assert made is not None
    root: Any = made.parse("<r><a><b>架空</b></a></r>".encode(), owner)
    inner = root.children()[0].children()[0]
    del made, root
    assert (inner.text, inner.owner, inner.getparent().getparent().tag) == ("架空", owner, "r")


# ── Readers with it and without ──────────────────────────────────────────────────────────────────


def told(data: bytes, kind: str, paths: list[str], **options: Any) -> list[Any]:
    """Everything that is seen of records: texts, places, what a walk finds, issues."""
    reader: Any = convert.read(data, kind, **options)
    chosen = [reader.selector(path) for path in paths]
    return [reader.head_issues, [shown(reader, record, chosen) for record in reader]]


def shown(reader: Any, record: Record, chosen: list[Any]) -> Any:
    if record.body is None:
        return record.line, record.issues
    texts = [path.values(record.body) for path in chosen]
    places = [path.locate(record, 0) for path in chosen]
    inside = [[node.element.tag for node in path.nodes(record.body)] for path in chosen]
    return record.line, record.issues, texts, places, inside, list(reader.walk(record.body))


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (onix_reader, xml_reader):
        monkeypatch.setattr(room, "parser", lambda *_, **__: None)


ONIX = """<ONIXMessage release="3.0"><Header><Sender><SenderName>架空書房</SenderName></Sender></Header>
<Product><RecordReference>1</RecordReference><NotificationType>03</NotificationType>
  <DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>
    <TitleText collationkey="カクウ">架空&amp;</TitleText></TitleElement></TitleDetail></DescriptiveDetail>
  <CollateralDetail><TextContent><Text>{text}</Text></TextContent>
    <SupportingResource><ResourceVersion><ResourceLink>{link}</ResourceLink></ResourceVersion></SupportingResource>
  </CollateralDetail>
  <ProductSupply><SupplyDetail><Price>{price}</Price></SupplyDetail></ProductSupply></Product></ONIXMessage>"""
PRICE = "<PriceType>01</PriceType><PriceAmount>100</PriceAmount>"
CASES = {
    "plain": {},
    "marked up": {"text": "一<em>二</em>"},
    "cdata": {"text": "<![CDATA[<p>一</p>]]>"},
    "entity": {"text": "&eacute;"},
    "comment": {"text": "<!-- 一 -->二"},
    "broken": {"text": "<x"},
    "unbalanced": {"text": "<b>x</i>"},
    "link": {"link": "http://example.jp/a b"},
    "link of a child": {
        "link": "x</ResourceLink></ResourceVersion><ResourceLink>a b</ResourceLink><ResourceVersion><ResourceLink>"
    },
    "comma": {"price": PRICE.replace("100", "1,500")},
    "late type": {"price": "<PriceAmount>1</PriceAmount><PriceType>01</PriceType>"},
    "late second type": {"price": PRICE + "<PriceType>02</PriceType>"},
    "types of two releases": {
        "price": "<PriceTypeCode>01</PriceTypeCode><PriceAmount>1</PriceAmount><PriceType>1</PriceType>"
    },
    "second amount": {"price": PRICE + "<PriceAmount>1,0</PriceAmount>"},
    "short tag": {"price": "<j148>01</j148><j151>100</j151>"},
    "own namespace": {"price": PRICE.replace("<PriceType>",
    "<PriceType xmlns='http://ns.editeur.org/onix/3.0/reference'>")},
    "prefix": {"price": PRICE.replace("<PriceType>", "<PriceType xmlns:x='urn:x' x:y='1'>")},
}  # fmt: skip
SEEN = [
    "RecordReference", "DescriptiveDetail/TitleDetail/TitleElement/TitleText/@collationkey",
    "CollateralDetail/TextContent/Text",
    "DescriptiveDetail", "ProductSupply/SupplyDetail/Price[PriceType='01']/PriceAmount",
    "/ONIXMessage/Header/Sender/SenderName",
    "CollateralDetail/TextContent | ProductSupply", "count(.//*)",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("short", [False, True])
def test_onix_is_the_same_without_it(monkeypatch: pytest.MonkeyPatch, case: str, short: bool) -> None:
    text = ONIX.format(**({"text": "一", "link": "http://example.jp/a", "price": PRICE} | CASES[case]))
    text = text.replace("</ONIXMessage>", "<Product><RecordReference>2</RecordReference></Product></ONIXMessage>")
    data = (shortened(text) if short else text).encode()
    found = told(data, "onix", SEEN)
    without(monkeypatch)
    assert found == told(data, "onix", SEEN)


OAI = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header>{header}<identifier> oai:1 </identifier><setSpec>a</setSpec><setSpec>b</setSpec></header>
<metadata><Product xmlns="http://ns.editeur.org/onix/3.0/reference"><RecordReference>1</RecordReference>
<NotificationType>03</NotificationType>{inside}</Product></metadata></record>
<record><header status="deleted"><identifier>2</identifier></header></record>
<record><header><identifier>3</identifier></header><metadata/></record>
</ListRecords></OAI-PMH>"""
AROUND = [
    "RecordReference",
    "/record/header/identifier",
    "/record/header/setSpec",
    "/record/no",
    "/record",
    "../../header",
]


@pytest.mark.parametrize("inside", ["", "<DescriptiveDetail/>", "<!-- 一 -->", "<x"])
@pytest.mark.parametrize("header", ["", "<!-- 一 -->", "<datestamp>2025-01-01</datestamp>", "一"])
def test_oai_records_are_the_same_without_it(monkeypatch: pytest.MonkeyPatch, inside: str, header: str) -> None:
    data = OAI.format(inside=inside, header=header).encode()
    found = told(data, "onix", AROUND)
    without(monkeypatch)
    assert found == told(data, "onix", AROUND)


def test_what_stands_around_a_plain_product_is_read_without_libxml2(monkeypatch: pytest.MonkeyPatch) -> None:
    reader: Any = convert.read(OAI.format(inside="", header="").encode(), "onix")
    paths = [reader.selector(path) for path in AROUND[:4]]
    record = next(iter(reader))
    monkeypatch.setattr(type(reader), "reread", None)
    assert [path.values(record.body) for path in paths] == [["1"], ["oai:1"], ["a", "b"], []]


@pytest.mark.parametrize("mapping", ["onix/onix-to-dcndl", "onix/onix-to-japansearch"])
def test_shipped_mappings_ask_libxml2_for_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mapping: str
) -> None:
    head, product = ONIX.format(text="一", link="http://example.jp/a", price=PRICE).split("<Product>")
    product = "<Product>" + product.removesuffix("</ONIXMessage>")
    count = LEARN[1] + 20
    feed = tmp_path / "feed.xml"
    products = (product.replace("<RecordReference>1<", f"<RecordReference>{n}<") for n in range(count))
    feed.write_text(f"{head}{''.join(products)}</ONIXMessage>", encoding="utf-8")
    parsed: list[int] = []
    parse = onix_reader.OnixReader.parse

    def noted(reader: Any, piece: Any) -> Any:
        parsed.append(piece.line)
        return parse(reader, piece)

    monkeypatch.setattr(onix_reader.OnixReader, "parse", noted)
    report = convert.Job(mapping).run(feed, tmp_path / ("out.rdf" if "dcndl" in mapping else "out.jsonl"))
    assert report.counts["written"] == count
    assert len(parsed) <= LEARN[0] + 6  # the header, and what is asked of the first products


def shortened(text: str) -> str:
    """The same message in short tags."""
    known = onix_names().short
    return re.sub(r"(</?)([A-Z]\w*)", lambda found: found[1] + known.get(found[2], found[2]), text)


XML = """<list xmlns="urn:l" xmlns:dc="urn:dc">
  <item n="1"><dc:title>架空</dc:title><a>x</a></item>
  <item xmlns:o="urn:o" o:n="2"><o:a>二</o:a><dc:title xml:lang="ja">題</dc:title></item>
  <item xmlns="urn:other"><a>三</a></item><item xmlns=""><a>四</a></item><dc:item><dc:title/></dc:item>
  <item><a xmlns="urn:x">五</a><b>六<i>七</i></b></item><item xmlns:o="&amp;"><o:a/></item>
  <item><o:a/></item><item n='1' n='2'/>
</list>"""


def test_xml_is_the_same_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"record": "/*/*", "namespaces": {"l": "urn:l", "dc": "urn:dc", "o": "urn:o"}}
    paths = ["dc:title", "a", "@n", "@o:n", "o:a", "l:a", "b", "dc:title/@xml:lang", "count(*)"]
    found = told(XML.encode(), "xml", paths, **options)
    without(monkeypatch)
    assert found == told(XML.encode(), "xml", paths, **options)
    assert len(found[1]) == 9
