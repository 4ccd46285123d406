"""ONIX: every dialect by the same paths, what the head says, the shipped mapping."""

from __future__ import annotations

import json
import re
from html.entities import html5
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import convert
from convert.errors import PathError
from convert.formats.onix.names import names
from convert.formats.onix.path import check_path, translated
from convert.formats.onix.reader import OnixReader
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRODUCT = """<Product>
  <RecordReference>jp.example.1</RecordReference>
  <NotificationType>03</NotificationType>
  <ProductIdentifier><ProductIDType> 15 </ProductIDType><IDValue>9784949999106</IDValue></ProductIdentifier>
  <DescriptiveDetail>
    <TitleDetail>
      <TitleType>01</TitleType>
      <TitleElement>
        <TitleElementLevel>01</TitleElementLevel>
        <TitleText collationkey="カクウノホン" language="jpn">架空の本</TitleText>
      </TitleElement>
    </TitleDetail>
    <Contributor><ContributorRole>A01</ContributorRole><PersonName>架空太郎</PersonName></Contributor>
    <Contributor><ContributorRole>B06</ContributorRole><CorporateName>架空工房</CorporateName></Contributor>
  </DescriptiveDetail>
  <CollateralDetail>
    <TextContent><TextType>03</TextType>
      <Text textformat="05"><p>紹介 &amp; <em>文</em></p><p>二</p></Text></TextContent>
    <TextContent><TextType>02</TextType><Text textformat="02"><![CDATA[<p>短い</p>]]></Text></TextContent>
  </CollateralDetail>
</Product>"""
HEADER = "<Header><Sender><SenderName>架空書房</SenderName></Sender><SentDateTime>20250101</SentDateTime></Header>"
PATHS = (
    "RecordReference", "ProductIdentifier[ProductIDType='15']/IDValue", "DescriptiveDetail/Contributor",
    "DescriptiveDetail/TitleDetail[TitleType='01']/TitleElement[TitleElementLevel='01']/TitleText",
    "DescriptiveDetail//TitleText/@collationkey", ".//@language", "count(DescriptiveDetail/Contributor)",
    "DescriptiveDetail/Contributor[ContributorRole='A01' or ContributorRole='B06']/*[self::PersonName]",
    "CollateralDetail/TextContent[TextType='03']/Text", "CollateralDetail/TextContent[TextType='02']/Text",
    "/ONIXMessage/Header/Sender/SenderName", "/ONIXMessage/@release", "local-name(DescriptiveDetail)='x'",
)  # fmt: skip


def shortened(text: str) -> str:
    """The same message in short tags."""
    known = names().short
    return re.sub(r"(</?)([A-Z]\w*)", lambda found: found[1] + known[found[2]], text)


def message(products: str = PRODUCT, *, ns: str = "", release: str = ' release="3.0"', prefix: str = "") -> str:
    text = f"<ONIXMessage{release}>{HEADER}{products}</ONIXMessage>"
    if prefix:
        text = re.sub(r"(</?)([A-Z])", rf"\1{prefix}:\2", text)
        return text.replace("ONIXMessage", f'ONIXMessage xmlns:{prefix}="{ns}"', 1)
    return text.replace("ONIXMessage", f'ONIXMessage xmlns="{ns}"', 1) if ns else text


def read(text: str | bytes, **options: Any) -> Any:
    return convert.read(text.encode() if isinstance(text, str) else text, "onix", **options)


def everything(reader: Any) -> list[Any]:
    """What every path gives for every record, in text and in walks."""
    selectors = [reader.selector(path) for path in PATHS]
    return [
        ([selector.values(record.body) for selector in selectors], list(reader.walk(record.body))) for record in reader
    ]


def codes(reader: Any) -> list[str]:
    return [issue.code for issue in reader.head_issues] + [i.code for record in reader for i in record.issues]


RIGHT = "http://ns.editeur.org/onix/3.0/reference"
DIALECTS = {
    "none": message(),
    "right": message(ns=RIGHT),
    "old": message(ns="http://www.editeur.org/onix/3.0/reference"),
    "prefixed": message(ns=RIGHT, prefix="onix"),
    "short": shortened(message()),
    "short right": shortened(message(ns="http://ns.editeur.org/onix/3.0/short")),
    "short prefixed": shortened(message()).replace("<", "<s:").replace("<s:/", "</s:").replace("<s:!", "<!")
    .replace("s:p>", "s:p>").replace("<s:ONIXmessage", '<s:ONIXmessage xmlns:s="urn:wrong"'),
    "own": message(PRODUCT.replace("<Product>", f'<Product xmlns="{RIGHT}">')),
    "reference in short": shortened(message()).replace(shortened(PRODUCT), shortened(PRODUCT) + PRODUCT),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_paths_are_the_same_in_every_dialect(dialect: str) -> None:
    text = DIALECTS[dialect].replace("<s:p>", "<p>").replace("</s:p>", "</p>")
    text = text.replace("<s:em>", "<em>").replace("</s:em>", "</em>")
    wanted = everything(read(message()))
    for found in everything(read(text)):
        assert [found] == wanted


def test_what_the_paths_give() -> None:
    [(values, walked)] = everything(read(message()))
    given = dict(zip(PATHS, values, strict=True))
    assert given["ProductIdentifier[ProductIDType='15']/IDValue"] == ["9784949999106"]
    assert given["CollateralDetail/TextContent[TextType='03']/Text"] == ["<p>紹介 &amp; <em>文</em></p><p>二</p>"]
    assert given["CollateralDetail/TextContent[TextType='02']/Text"] == ["<p>短い</p>"]
    assert given["/ONIXMessage/Header/Sender/SenderName"] == ["架空書房"]
    assert given["/ONIXMessage/@release"] == ["3.0"]
    assert ("DescriptiveDetail/TitleDetail/TitleElement/TitleText/@collationkey", "カクウノホン") in walked


def test_places_are_in_reference_names() -> None:
    text = shortened(message())
    reader = read(text)
    [record] = list(reader)
    at = reader.selector("DescriptiveDetail/Contributor/CorporateName").locate(record)
    assert at.path == "/Product/DescriptiveDetail/Contributor[2]/CorporateName"
    assert text.split("\n")[at.line - 1][at.column - 1 :].startswith("<b047>")
    at = reader.selector("/ONIXMessage/Header/Sender/SenderName").locate(record)
    assert (at.path, at.line, at.column) == ("/ONIXMessage/Header/Sender/SenderName", 1, 44)


@given(st.sampled_from(sorted(names().short)))
def test_names_go_there_and_back(name: str) -> None:
    for release in ("2.1", "3.0", "3.1"):
        known = names(release)
        assert names(release).to_reference(known.short[name]) in (name, known.reference[known.short[name]])
    assert names().to_reference(name) == name


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("DescriptiveDetail/TitelDetail/TitleText", "DescriptiveDetail/TitleDetail/TitleText"),
        ("a001", "RecordReference"),
        ("x:Product", None), ("/Header/Sender", None), ("//TitleText", None), ("$x", None), ("Title[", None),
        ("concat(/ONIXMessage/Header, RecordReference)", None),
    ],
)  # fmt: skip
def test_paths_that_onix_cannot_have(path: str, suggestion: str | None) -> None:
    with pytest.raises(PathError) as caught:
        check_path(path)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(
    "path", ["MyCompanyExtension/Value", "Text/p", "/record/header/datestamp", "/Product/RecordReference"]
)
def test_paths_that_onix_may_have(path: str) -> None:
    check_path(path)


def test_main_subject_is_two_things() -> None:
    assert translated("MainSubject", short=True, release="2.1") == "mainsubject"
    assert translated("Subject[MainSubject]", short=True, release="3.1") == "subject[x425]"


# ── What the file says of itself ─────────────────────────────────────────────────────────────────

OLD = "<Product><RecordReference>1</RecordReference><NotificationType>{}</NotificationType>{}</Product>"
SUPPLY = "<ProductSupply><SupplyDetail><Price>{}</Price></SupplyDetail></ProductSupply>"
PRICE = "<SupplyDetail><Price><PriceAmount>1,5</PriceAmount></Price></SupplyDetail>"
LINK = "<CollateralDetail><CitedContent><ResourceLink>http://a b</ResourceLink></CitedContent></CollateralDetail>"
DOCTYPE = '<!DOCTYPE ONIXMessage SYSTEM "http://www.editeur.org/onix/2.1/reference/onix-international.dtd">'


@pytest.mark.parametrize(
    ("text", "release", "expected"),
    [
        (message(ns=RIGHT), "3.0", []),
        (message(ns=RIGHT, release=""), "3.0", []),
        (message(release=""), "3.0", ["ONX-RELEASE", "ONX-NAMESPACE"]),
        (message(OLD.format("03", ""), release=""), "2.1", ["ONX-RELEASE"]),
        (DOCTYPE + message(OLD.format("03", ""), release=""), "2.1", []),
        (message(ns=RIGHT, release=' release="2.1"'), "2.1", ["ONX-RELEASE-CONFLICT"]),
        (message(ns=RIGHT.replace("3.0", "3.1"), release=' release="3.1"'), "3.1", []),
        (message(ns="http://www.editeur.org/onix/3.0/reference"), "3.0", ["ONX-NAMESPACE"]),
        (message(ns=RIGHT).replace(HEADER, ""), "3.0", ["ONX-HEADER"]),
        (message(ns=RIGHT).replace("<Sender><SenderName>架空書房</SenderName></Sender>", ""), "3.0", ["ONX-HEADER"]),
        (f"<HandotAPI><Book>{PRODUCT}</Book></HandotAPI>", "3.0", ["ONX-NAMESPACE"]),
    ],
)
def test_the_head(text: str, release: str, expected: list[str]) -> None:
    reader = read(text)
    assert reader.release == release
    assert codes(reader) == expected


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        (OLD.format("03", ""), []),
        (OLD.format("05", ""), ["ONX-DELETE"]),
        (OLD.format("04", ""), ["ONX-PARTIAL"]),
        (OLD.format("12", ""), ["ONX-PARTIAL"]),
        (OLD.format("88", ""), ["ONX-TEST"]),
        (OLD.format("99", ""), ["ONX-NOTIFICATION"]),
        ("<Product><RecordReference>1</RecordReference></Product>", ["ONX-MISSING"]),
        ("<Product/>", ["ONX-MISSING", "ONX-MISSING"]),
        (OLD.format("03", "<PublishingDetail/><DescriptiveDetail/>"), ["ONX-ORDER"]),
        (OLD.format("03", "<DescriptiveDetail/><DescriptiveDetail/>"), ["ONX-ORDER"]),
        (OLD.format("03", "<ProductSupply/><ProductSupply/>"), []),
        (OLD.format("03", SUPPLY.format("<PriceType>01</PriceType><PriceAmount>9</PriceAmount>")), []),
        (OLD.format("03", SUPPLY.format("<PriceAmount>9</PriceAmount><PriceType>01</PriceType>")), ["ONX-ORDER"]),
        (
            OLD.format("03", PRICE),
            ["ONX-DECIMAL"],
        ),
        (OLD.format("03", LINK), ["ONX-LINK"]),
    ],
)
@pytest.mark.parametrize("short", [False, True])
def test_single_products(product: str, expected: list[str], short: bool) -> None:
    text = message(product, ns=RIGHT)
    if short:
        text = shortened(text).replace("reference", "short")
    assert codes(read(text)) == expected


def test_named_characters_of_the_old_dtd() -> None:
    inner = (
        "<Title><TitleType>01</TitleType><TitleText>a &ndash; b&eacute;&pi;&amp;<![CDATA[&ndash;]]></TitleText></Title>"
    )
    reader = read(DOCTYPE + message(OLD.format("03", inner), release=' release="2.1"'))
    selector = reader.selector("Title/TitleText")
    assert [selector.values(record.body) for record in reader] == [["a – bé\u03c0&&ndash;"]]
    reader = read(DOCTYPE + message(OLD.format("03", "<Title>&nosuchname;</Title>"), release=' release="2.1"'))
    assert codes(reader) == ["SRC-XML-MALFORMED"]


@given(st.sampled_from(sorted(name for name in html5 if name.endswith(";") and name[:-1].isalnum())))
def test_every_name_of_the_table_is_a_character(name: str) -> None:
    reader = read(message(OLD.format("03", f"<Title>x&{name}</Title>"), release=' release="2.1"'))
    selector = reader.selector("Title")
    [record] = list(reader)
    assert selector.values(record.body) == [("x" + html5[name]).strip()]


def test_declarations_inside_a_doctype_are_refused() -> None:
    reader = read('<!DOCTYPE ONIXMessage [<!ENTITY x "y">]>' + message())
    assert [issue.code for issue in reader.head_issues] == ["SRC-XML-DTD"]


def test_one_broken_product_harms_no_other() -> None:
    products = [PRODUCT, PRODUCT.replace("</TitleText>", "</TitelText>"), PRODUCT.replace("</Product>", ""), PRODUCT]
    reader = read(message("\n".join(products), ns=RIGHT))
    assert [[issue.code for issue in record.issues] for record in reader] == [
        [],
        ["SRC-XML-MALFORMED"],
        ["SRC-XML-MALFORMED"],
        [],
    ]


def test_no_product_on_purpose() -> None:
    reader = read(message("<NoProduct/>", ns=RIGHT))
    assert codes(reader) == []


# ── OAI-PMH ──────────────────────────────────────────────────────────────────────────────────────

OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><{0}>{1}</{0}></OAI-PMH>'
RECORD = "<record><header{}><identifier>9784949999106</identifier><datestamp>2025-10-21</datestamp></header>{}</record>"


@pytest.mark.parametrize(
    "inner",
    [
        PRODUCT,
        PRODUCT.replace("<Product>", f'<Product xmlns="{RIGHT}">'),
        message(ns=RIGHT),
        message(PRODUCT, ns=RIGHT, prefix="o"),
    ],
)
def test_envelopes(inner: str) -> None:
    reader = read(OAI.format("ListRecords", RECORD.format("", f"<metadata>{inner}</metadata>")))
    [(values, _)] = everything(reader)
    wanted, _ = everything(read(message()))[0]
    assert values[:10] == wanted[:10]
    assert values[10] == (["架空書房"] if "Header" in inner else [])
    [record] = list(reader)
    stamp = reader.selector("/record/header/datestamp")
    assert stamp.values(record.body) == ["2025-10-21"]
    assert stamp.locate(record).line == 1


def test_a_deleted_header_is_a_deletion() -> None:
    reader = read(OAI.format("ListRecords", RECORD.format(' status="deleted"', "")))
    [record] = list(reader)
    paths = ("RecordReference", "NotificationType")
    assert [reader.selector(path).values(record.body) for path in paths] == [["9784949999106"], ["05"]]
    assert [issue.code for issue in record.issues] == ["ONX-OAI-DELETED"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OAI.format("ListIdentifiers", "<header/>"), ["ONX-OAI-HEADERS"]),
        (OAI.format("ListSets", "<set/>"), ["ONX-OAI-HEADERS"]),
        (
            OAI.format('error code="noRecordsMatch"', "none").replace('/error code="noRecordsMatch"', "/error"),
            ["ONX-OAI-NONE"],
        ),
        (OAI.format('error code="badVerb"', "x").replace('/error code="badVerb"', "/error"), ["ONX-OAI-ERROR"]),
        (OAI.format("GetRecord", RECORD.format("", "<metadata><dc/></metadata>")), ["ONX-OAI-EMPTY"]),
    ],
)
def test_answers_without_a_product(text: str, expected: list[str]) -> None:
    assert codes(read(text)) == expected


def test_parts_of_an_envelope(tmp_path: Path) -> None:
    records = "\n".join(RECORD.format("", f"<metadata>{PRODUCT}</metadata>") for _ in range(40))
    source = Source.of((OAI.format("ListRecords", records)).encode())
    options: dict[str, Any] = {"encoding": None, "max_record": None}
    parts = list(OnixReader.plan_parts(source, options, 4))
    assert len(parts) == 4
    readers = [OnixReader(source, options, part) for part in parts]
    assert sum(len(list(reader)) for reader in readers) == 40
    assert all(reader.clean_end for reader in readers)


# ── Real files and the shipped mapping ───────────────────────────────────────────────────────────

REPORTED = {
    "french-ebook-4products-old-namespace-invalid.xml": {"ONX-ORDER", "ONX-DECIMAL"},
    "ivp-short-invalid.xml": {"ONX-MARKUP"},
    "minimal-ref-invalid-no-sender-bom.xml": {"ONX-HEADER"},
    "mitpress-short-no-header-invalid.xml": {"ONX-HEADER"},
    "short-no-namespace-invalid.xml": {"ONX-LINK"},
    "two-products-ref-invalid.xml": {"ONX-ORDER"},
}
"""Files that are invalid on purpose, and what is said of them."""
WITHOUT_TITLE = {
    "minimal-ref-invalid-no-sender-bom.xml",
    "minimal-ref-namespace-bom.xml",
    "mitpress-short-no-header-invalid.xml",
}
QUIET = {"ONX-NAMESPACE", "ONX-DELETE", "ONX-OAI-DELETED", "JPS-ID-HYPHEN", "JPS-ID-CHARACTERS"}


def converted(path: Path, out: Path) -> tuple[convert.Report, list[Any]]:
    report = convert.Job("onix/onix-to-japansearch").run(path, out)
    return report, [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_every_stored_file(shared: Path, tmp_path: Path) -> None:
    files = [*(shared / "onix").glob("onix*/*.xml"), *(shared / "onix" / "synthetic").glob("*.xml")]
    assert len(files) > 25
    for path in files:
        report, documents = converted(path, tmp_path / "out.jsonl")
        told = {code.code for code in report.tally.codes}
        assert told >= REPORTED.get(path.name, set()), path.name
        if path.name in ("jpro-ListIdentifiers.xml", "jpro-ListSets.xml"):
            assert told == {"ONX-OAI-HEADERS"}
            continue
        expected = {"MAP-REQUIRED", "DSET-ID-DUPLICATE"} if path.name in WITHOUT_TITLE else set()
        assert told - QUIET - REPORTED.get(path.name, set()) <= expected, (path.name, told)
        assert report.counts["broken"] == 0
        assert documents or path.name in WITHOUT_TITLE or report.counts["deleted"]


@pytest.mark.parametrize("pair", ["onix30/editeur-sample-{}.xml", "onix31/editeur-sample-31-{}.xml"])
def test_short_and_reference_files_give_the_same(pair: str, shared: Path, tmp_path: Path) -> None:
    _, one = converted(shared / "onix" / pair.format("ref"), tmp_path / "ref.jsonl")
    _, other = converted(shared / "onix" / pair.format("short"), tmp_path / "short.jsonl")
    assert one
    assert one == other


def test_the_mapping_on_a_made_up_product(write: Callable[[str, str | bytes], Path], tmp_path: Path) -> None:
    report, [document] = converted(write("a.xml", message(ns=RIGHT)), tmp_path / "out.jsonl")
    assert not report.issues
    assert document["common"]["title"] == "架空の本"
    assert document["common"]["titleYomi"] == "カクウノホン"
    assert document["common"]["contributor"] == ["架空太郎", "架空工房"]
    assert document["common"]["id"] == "example_books-9784949999106"


# ── Two tag sets, two messages in one file ───────────────────────────────────────────────────────

MIXED = (
    '<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference"><Header><Sender><SenderName>s</SenderName>'
    "</Sender></Header>\n<Product><RecordReference>1</RecordReference><NotificationType>03</NotificationType></Product>\n"
    "<Product><a001>2</a001><NotificationType>03</NotificationType><CollateralDetail><TextContent>"
    "<Text textformat='05'><p>t</p></Text></TextContent></CollateralDetail></Product>\n"
    "<product><a001>3</a001><a002>03</a002></product>\n</ONIXMessage>"
)


def test_what_is_in_the_other_tag_set_is_read_and_told() -> None:
    reader = convert.read(MIXED.encode(), "onix")
    path, text = reader.selector("RecordReference"), reader.selector("CollateralDetail/TextContent/Text")
    records = list(reader)
    assert [path.values(record.body) for record in records] == [["1"], ["2"], ["3"]]
    assert text.values(records[1].body) == ["<p>t</p>"]
    told = [[(i.code, i.at.path, i.at.line) for i in record.issues] for record in records]
    assert told == [[], [("ONX-MIXED", "/Product/RecordReference", 3)], [("ONX-MIXED", "/Product", 4)]]


def test_the_other_tag_set_inside_short_tags() -> None:
    product = "<product><a001>1</a001><NotificationType>03</NotificationType></product>"
    text = f"<ONIXmessage release='3.0'><header/>{product}</ONIXmessage>"
    reader = convert.read(text.encode(), "onix")
    path = reader.selector("NotificationType")
    (record,) = reader
    assert path.values(record.body) == ["03"]
    assert "ONX-MIXED" in [issue.code for issue in record.issues]


def test_the_header_of_an_answer_is_no_short_tag() -> None:
    text = (
        "<OAI-PMH><ListRecords><record><header><identifier>1</identifier></header><metadata><Product>"
        "<RecordReference>1</RecordReference><NotificationType>03</NotificationType></Product></metadata></record>"
        "</ListRecords></OAI-PMH>"
    )
    reader = convert.read(text.encode(), "onix")
    path = reader.selector("/record/header/identifier")
    (record,) = reader
    assert path.values(record.body) == ["1"]
    assert "ONX-MIXED" not in [issue.code for issue in record.issues]


def test_a_second_message_in_a_file_is_told() -> None:
    text = MIXED.replace("</ONIXMessage>", "") + "</ONIXMessage>" + MIXED
    codes = [issue.code for record in convert.read(text.encode(), "onix") for issue in record.issues]
    assert codes.count("SRC-XML-ROOTS") == 1


@pytest.mark.parametrize("short", [False, True])
def test_html_in_a_plain_text_is_told_once(short: bool) -> None:
    inner = "<SubjectCode>a<em>b</em>c<b>d</b></SubjectCode><SubjectHeadingText><i>件名</i></SubjectHeadingText>"
    text = PRODUCT.replace("</DescriptiveDetail>", f"<Subject>{inner}</Subject></DescriptiveDetail>")
    text = f'<ONIXMessage release="3.0">{HEADER}{text}</ONIXMessage>'
    data = (shortened(text) if short else text).encode()
    (record,) = convert.read(data, "onix")
    found = [issue for issue in record.issues if issue.code == "ONX-MARKUP"]
    told = [(issue.value, issue.slots["element"], issue.at.line) for issue in found]
    assert sorted(told) == [("em", "SubjectCode", 15), ("i", "SubjectHeadingText", 15)]
