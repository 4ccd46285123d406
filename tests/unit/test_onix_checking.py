"""Files that are in ONIX already: structure, codes, numbers, dates, prices, readings, JPRO's habits, schemas."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import convert
from convert.errors import OptionError
from convert.formats.onix.checking.jpro import habits
from convert.formats.onix.checking.lists import _table, code_list, element_lists
from convert.formats.onix.checking.schema import Schemas
from convert.formats.onix.checking.structure import Model, structure
from convert.formats.onix.names import names, releases
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue

GOOD = """<?xml version="1.0" encoding="UTF-8"?>
<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">
<Header>
  <Sender>
    <SenderIdentifier>
      <SenderIDType>01</SenderIDType><IDTypeName>出版情報登録センター付番コード</IDTypeName><IDValue>0001</IDValue>
    </SenderIdentifier>
    <SenderName>架空書房</SenderName>
  </Sender>
  <SentDateTime>20250401T0900</SentDateTime>
</Header>
<Product>
  <RecordReference>9784949999106</RecordReference>
  <NotificationType>03</NotificationType>
  <ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9784949999106</IDValue></ProductIdentifier>
  <DescriptiveDetail>
    <ProductComposition>00</ProductComposition>
    <ProductForm>BA</ProductForm>
    <ProductFormDetail>B119</ProductFormDetail>
    <ProductFormDescription>架空の本</ProductFormDescription>
    <Measure><MeasureType>01</MeasureType><Measurement>188</Measurement><MeasureUnitCode>mm</MeasureUnitCode></Measure>
    <TitleDetail>
      <TitleType>01</TitleType>
      <TitleElement>
        <TitleElementLevel>01</TitleElementLevel>
        <TitleText collationkey="カクウノホン">架空の本</TitleText>
        <Subtitle collationkey="ダイイチシュウ">第一集</Subtitle>
      </TitleElement>
    </TitleDetail>
    <Contributor>
      <SequenceNumber>1</SequenceNumber>
      <ContributorRole>A01</ContributorRole>
      <PersonName collationkey="カクウ タロウ">架空太郎</PersonName>
      <BiographicalNote>架空の人</BiographicalNote>
    </Contributor>
    <Contributor>
      <SequenceNumber>2</SequenceNumber>
      <ContributorRole>B06</ContributorRole>
      <PersonName collationkey="カクウ ハナコ">架空花子</PersonName>
    </Contributor>
    <Language><LanguageRole>01</LanguageRole><LanguageCode>jpn</LanguageCode></Language>
    <Extent><ExtentType>11</ExtentType><ExtentValue>200</ExtentValue><ExtentUnit>03</ExtentUnit></Extent>
    <Subject><SubjectSchemeIdentifier>78</SubjectSchemeIdentifier><SubjectCode>0093</SubjectCode></Subject>
    <Subject><SubjectSchemeIdentifier>79</SubjectSchemeIdentifier><SubjectCode>01</SubjectCode></Subject>
    <Audience><AudienceCodeType>22</AudienceCodeType><AudienceCodeValue>00</AudienceCodeValue></Audience>
  </DescriptiveDetail>
  <CollateralDetail>
    <TextContent>
      <TextType>03</TextType><ContentAudience>00</ContentAudience><Text>紹介</Text>
    </TextContent>
  </CollateralDetail>
  <PublishingDetail>
    <Imprint>
      <ImprintIdentifier><ImprintIDType>24</ImprintIDType><IDValue>0123</IDValue></ImprintIdentifier>
      <ImprintName>架空書房</ImprintName>
    </Imprint>
    <PublishingDate><PublishingDateRole>01</PublishingDateRole><Date>20250401</Date></PublishingDate>
  </PublishingDetail>
  <ProductSupply>
    <SupplyDetail>
      <Supplier><SupplierRole>00</SupplierRole><SupplierName>架空取次</SupplierName></Supplier>
      <ProductAvailability>99</ProductAvailability>
      <Price><PriceType>03</PriceType><PriceAmount>1500</PriceAmount><CurrencyCode>JPY</CurrencyCode></Price>
    </SupplyDetail>
  </ProductSupply>
</Product>
</ONIXMessage>
"""
IDENTIFIER = "<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9784949999106</IDValue></ProductIdentifier>"
DATE = "<PublishingDate><PublishingDateRole>01</PublishingDateRole><Date>20250401</Date></PublishingDate>"
PRICE = "<PriceType>03</PriceType><PriceAmount>1500</PriceAmount><CurrencyCode>JPY</CurrencyCode>"
CCODE = "<Subject><SubjectSchemeIdentifier>78</SubjectSchemeIdentifier><SubjectCode>0093</SubjectCode></Subject>"
COMPOSITION = "<ProductComposition>00</ProductComposition>"
FORM = "<ProductForm>BA</ProductForm>"


def number(kind: str, value: str) -> tuple[str, str]:
    """One more identifier behind the ISBN."""
    more = f"<ProductIdentifier><ProductIDType>{kind}</ProductIDType><IDValue>{value}</IDValue></ProductIdentifier>"
    return IDENTIFIER, IDENTIFIER + more


def name_number(kind: str, value: str) -> tuple[str, str]:
    """A number of the first contributor."""
    person = '<PersonName collationkey="カクウ タロウ">'
    return person, f"<NameIdentifier><NameIDType>{kind}</NameIDType><IDValue>{value}</IDValue></NameIdentifier>{person}"


COLLECTION = (
    "<TitleDetail>\n      <TitleType>01",
    "<Collection><CollectionType>10</CollectionType><CollectionIdentifier><CollectionIDType>02</CollectionIDType>"
    "<IDValue>0386-2187</IDValue></CollectionIdentifier></Collection><TitleDetail>\n      <TitleType>01",
)
CHILDREN = ("<SubjectCode>01<", "<SubjectCode>23<")
ONE_FAULT: list[tuple[str, str, str]] = [
    # Structure
    ("ONX-ELEMENT", "<ProductForm>BA</ProductForm>", "<ProductForm>BA</ProductForm><ProductFrom>BA</ProductFrom>"),
    ("ONX-ELEMENT", ">紹介<", "><font>紹介</font><"),
    ("ONX-OTHER-RELEASE", FORM, f"{FORM}<OtherText/>"),
    ("ONX-CHILD", FORM, f"{FORM}<TitleText>架空</TitleText>"),
    ("ONX-REPEAT", FORM, FORM + FORM),
    ("ONX-ORDER", f"{COMPOSITION}\n    {FORM}", FORM + COMPOSITION),
    ("ONX-CHILD-MISSING", FORM, ""),
    ("ONX-CHILD-MISSING", "<PersonName collationkey=\"カクウ ハナコ\">架空花子</PersonName>", ""),
    ("ONX-CHILD-MISSING", "<SentDateTime>20250401T0900</SentDateTime>", ""),
    ("ONX-COMBINATION", "架空花子</PersonName>", "架空花子</PersonName><CorporateName>Kaku Inc.</CorporateName>"),
    ("ONX-EMPTY", ">紹介<", "> <"),
    ("ONX-EMPTY", FORM, f"{FORM}<ProductFormDetail/>"),
    ("ONX-TEXT", FORM, f"{FORM}迷子"),
    ("ONX-MARKUP", ">架空取次<", ">架空<em>取次</em><"),
    ("ONX-LINEBREAK", ">架空取次<", ">架空\n取次<"),
    ("ONX-MIXED", FORM, "<b012>BA</b012>"),
    ("ONX-ATTRIBUTE", "<ProductForm>", '<ProductForm colationkey="カ">'),
    ("ONX-ATTRIBUTE", "<ProductForm>", '<ProductForm collationkey="カ">'),
    ("ONX-BLOCK", ">03</NotificationType>", ">02</NotificationType>"),
    ("ONX-DOUBLE", "<SequenceNumber>2<", "<SequenceNumber>1<"),
    ("ONX-DOUBLE", "<ProductFormDetail>B119</ProductFormDetail>", "<ProductFormDetail>B119</ProductFormDetail>" * 2),
    # Codes
    ("ONX-CODE", "<TitleType>01<", "<TitleType>99<"),
    ("ONX-CODE", "<ProductFormDetail>B119<", "<ProductFormDetail>46判<"),
    ("ONX-CODE", "<LanguageCode>jpn<", "<LanguageCode>ja<"),
    ("ONX-CODE", "<Text>", '<Text textformat="99">'),
    ("ONX-CODE-OTHER", "<ProductFormDetail>B119<", "<ProductFormDetail>B199<"),
    # Identifiers
    ("ONX-ISBN", *number("24", "9784949999107")),
    ("ONX-ISBN", *number("24", "494999910X")),
    ("ONX-ISBN-FORM", *number("24", "978-4-949999-10-6")),
    ("ONX-GTIN", *number("03", "4912345678905")),
    ("ONX-ID-DIFFER", *number("03", "9784101010052")),
    ("ONX-DOI", *number("06", "11.1/2")),
    ("ONX-ISSN", *COLLECTION),
    ("ONX-NAME-ID", *name_number("16", "0000000121032684")),
    ("ONX-NAME-ID", *name_number("21", "0000000121032683")),
    ("ONX-ECODE", *number("27", "94999999 00000000000")),
    ("ONX-MAGAZINE", *number("29", "1234567")),
    ("ONX-ID-NAME", *number("01", "A-1")),
    # Dates
    ("ONX-DATE", "<Date>20250401<", "<Date>20250431<"),
    ("ONX-DATE", "<Date>20250401<", "<Date>2025-04-01<"),
    ("ONX-DATE", "<SentDateTime>20250401T0900<", "<SentDateTime>20250401T9900<"),
    ("ONX-DATE-FORMAT", DATE, DATE + DATE.replace(">01<", ">11<").replace("20250401", "202504")),
    ("ONX-DATE-FORMAT", "<Date>20250401<", '<Date dateformat="05">20250401<'),
    # Prices
    ("ONX-PRICE", "<PriceAmount>1500<", "<PriceAmount>1500円<"),
    ("ONX-PRICE-ZERO", "<PriceAmount>1500<", "<PriceAmount>0<"),
    ("ONX-PRICE-WHOLE", "<PriceAmount>1500<", "<PriceAmount>1500.5<"),
    ("ONX-CURRENCY", "<CurrencyCode>JPY</CurrencyCode>", ""),
    # Readings
    ("ONX-READING-EMPTY", 'collationkey="ダイイチシュウ"', 'collationkey=""'),
    ("ONX-READING-SAME", 'collationkey="ダイイチシュウ"', 'collationkey="第一集"'),
    ("ONX-READING-HALF", ' collationkey="ダイイチシュウ"', ""),
]  # fmt: skip
JPRO_FAULT: list[tuple[str, str, str]] = [
    ("ONX-JPRO-SENDER", "<IDValue>0001<", "<IDValue>1<"),
    ("ONX-JPRO-SENDER", "出版情報登録センター付番コード", "自社の番号"),
    ("ONX-JPRO-REFERENCE", "<RecordReference>9784949999106<", "<RecordReference>978-4-949999-10-6<"),
    ("ONX-JPRO-ISBN", "<ProductIDType>15<", "<ProductIDType>24<"),
    ("ONX-JPRO-CODE", "<ProductComposition>00<", "<ProductComposition>20<"),
    ("ONX-JPRO-CODE", "<PriceType>03<", "<PriceType>41<"),
    ("ONX-JPRO-TITLE", "<TitleType>01<", "<TitleType>11<"),
    ("ONX-JPRO-READING", ' collationkey="カクウノホン"', ""),
    ("ONX-JPRO-KATAKANA", 'collationkey="カクウノホン"', 'collationkey="かくうのほん"'),
    ("ONX-JPRO-NAME-READING", ' collationkey="カクウ ハナコ"', ""),
    ("ONX-JPRO-ROLE", "<ContributorRole>B06<", "<ContributorRole>A19<"),
    ("ONX-JPRO-IMPRINT", "<ImprintName>架空書房</ImprintName>", ""),
    ("ONX-JPRO-TRADE-CODE", "<IDValue>0123<", "<IDValue>123<"),
    ("ONX-JPRO-DATE", "<PublishingDateRole>01<", "<PublishingDateRole>11<"),
    ("ONX-JPRO-DAY", "<Date>20250401<", '<Date dateformat="01">202504<'),
    ("ONX-JPRO-DATE-ROLE", DATE, DATE + DATE.replace(">01<", ">13<")),
    ("ONX-JPRO-TAX", "<PriceType>03<", "<PriceType>04<"),
    ("ONX-JPRO-CURRENCY", "<CurrencyCode>JPY<", "<CurrencyCode>USD<"),
    ("ONX-JPRO-CCODE-MISSING", CCODE, ""),
    ("ONX-JPRO-CCODE", "<SubjectCode>0093<", "<SubjectCode>C0093<"),
    ("ONX-JPRO-CCODE-CONTENT", "<SubjectCode>0093<", "<SubjectCode>0003<"),
    ("ONX-JPRO-GENRE", "<SubjectCode>01<", "<SubjectCode>08<"),
    ("ONX-JPRO-AUDIENCE", "<AudienceCodeValue>00<", "<AudienceCodeValue>09<"),
    ("ONX-JPRO-CHILDREN", *CHILDREN),
    ("ONX-JPRO-LONG", ">架空の人<", f">{'人' * 501}<"),
    ("ONX-JPRO-LONG", ">紹介<", f">{'文' * 1301}<"),
    ("ONX-JPRO-HTML", ">紹介<", "><em>紹介</em><"),
    ("ONX-JPRO-HTML", ">紹介<", "><![CDATA[<div>紹介<br/></div>]]><"),
    ("ONX-JPRO-SIZE", "<MeasureUnitCode>mm<", "<MeasureUnitCode>cm<"),
    ("ONX-JPRO-PAGES", "<ExtentValue>200<", "<ExtentValue>200p<"),
]
ALONE = {"ONX-BLOCK", "ONX-MIXED"}


def shortened(text: str) -> str:
    """The same message in short tags."""
    known = names().short
    text = re.sub(r"(</?)([A-Z]\w*)", lambda found: found[1] + known.get(found[2], found[2]), text)
    return text.replace("/reference", "/short")


@pytest.fixture
def checked(write: Callable[[str, str | bytes], Path], says_all: Callable[[Issue], None]) -> Callable[..., list[Issue]]:
    """The issues of a message that is given as text."""

    def check(text: str, **options: str) -> list[Issue]:
        report = convert.check(write("feed.xml", text), "onix", read=options, samples=1000)
        for issue in report.issues:
            says_all(issue)
        return list(report.issues)

    return check


def placed(issues: list[Issue]) -> list[tuple[str, str | None]]:
    return [(issue.code, issue.at.path) for issue in issues]


def test_a_good_message_has_no_issue_in_any_tags_and_release(checked: Callable[..., list[Issue]]) -> None:
    assert placed(checked(GOOD)) == []
    assert placed(checked(GOOD, profile="jpro")) == []
    assert placed(checked(shortened(GOOD))) == []
    assert placed(checked(GOOD.replace("3.0", "3.1"))) == []


@pytest.mark.parametrize(("code", "old", "new"), ONE_FAULT, ids=lambda text: text[:30])
def test_one_fault(code: str, old: str, new: str, checked: Callable[..., list[Issue]]) -> None:
    """One fault is told once, at its line, and in short tags too."""
    assert GOOD.count(old) == 1
    if code == "ONX-BLOCK":
        text = re.sub(r"(?s)<PublishingDetail>.*</PublishingDetail>", "", GOOD.replace(old, new))
    else:
        text = GOOD.replace(old, new)
    issues = checked(text)
    assert [issue.code for issue in issues] == [code]
    assert issues[0].at.line is not None
    assert issues[0].at.column is not None
    if code not in ALONE:
        short = checked(shortened(text))
        assert placed(short) == placed(issues)


@pytest.mark.parametrize(("code", "old", "new"), JPRO_FAULT, ids=lambda text: text[:30])
def test_one_fault_by_jpro(code: str, old: str, new: str, checked: Callable[..., list[Issue]]) -> None:
    """The habits of JPRO are looked at only where that is asked for."""
    assert GOOD.count(old) == 1
    issues = checked(GOOD.replace(old, new), profile="jpro")
    assert [issue.code for issue in issues if issue.code.startswith("ONX-JPRO")] == [code]
    assert not [issue for issue in checked(GOOD.replace(old, new)) if issue.code.startswith("ONX-JPRO")]


def test_jpro_short_tags_and_other_releases(checked: Callable[..., list[Issue]]) -> None:
    assert placed(checked(shortened(GOOD), profile="jpro")) == [("ONX-JPRO-TAGS", "/Product")]
    old = "<ONIXMessage release='2.1'><Header/><Product><RecordReference>a</RecordReference></Product></ONIXMessage>"
    assert "ONX-JPRO-RELEASE" in [issue.code for issue in checked(old, profile="jpro")]


def test_place_value_and_suggestion(checked: Callable[..., list[Issue]]) -> None:
    text = GOOD.replace("<Date>20250401<", "<Date>2025-4-1<").replace("<LanguageCode>jpn<", "<LanguageCode>JPN<")
    language, day = checked(text)
    lines = text.splitlines()
    assert (language.value, language.suggestion) == ("JPN", "jpn")
    assert (day.value, day.suggestion) == ("2025-4-1", "20250401")
    for issue, element in ((language, "LanguageCode"), (day, "Date")):
        assert lines[(issue.at.line or 0) - 1][(issue.at.column or 0) - 1 :].startswith(f"<{element}>")
    assert day.at.path == "/Product/PublishingDetail/PublishingDate/Date"
    assert day.record_id == "9784949999106"


def test_the_second_of_two_references_is_told(checked: Callable[..., list[Issue]]) -> None:
    product = GOOD[GOOD.index("<Product>") : GOOD.index("</ONIXMessage>")]
    assert [issue.code for issue in checked(GOOD.replace(product, product + product))] == ["DSET-ID-DUPLICATE"]


def test_very_many_faults_are_cut_off(checked: Callable[..., list[Issue]]) -> None:
    codes = Counter(issue.code for issue in checked(GOOD.replace(FORM, FORM + "<ProductFrom/>" * 3000)))
    assert codes == {"ONX-ELEMENT": 200, "ONX-MANY": 1}


def test_the_reader_is_not_echoed(checked: Callable[..., list[Issue]]) -> None:
    """What every conversion says of a product comes once."""
    text = GOOD.replace("<RecordReference>9784949999106</RecordReference>", "")
    assert [issue.code for issue in checked(text)] == ["ONX-MISSING"]
    assert [issue.code for issue in checked(GOOD.replace(">03</Not", ">77</Not"))] == ["ONX-NOTIFICATION"]
    assert [issue.code for issue in checked(GOOD.replace(">1500<", ">1,500<"))] == ["ONX-DECIMAL"]
    block = re.search(r"(?s)  <PublishingDetail>.*</PublishingDetail>\n", GOOD)
    assert block is not None
    moved = GOOD.replace(block[0], "").replace("  <DescriptiveDetail>", block[0] + "  <DescriptiveDetail>")
    assert [issue.code for issue in checked(moved)] == ["ONX-ORDER", "ONX-ORDER"]
    sender = re.search(r"(?s)<Sender>.*</Sender>", GOOD)
    assert sender is not None
    assert [issue.code for issue in checked(GOOD.replace(sender[0], ""))] == ["ONX-HEADER"]


def test_updates_and_deletions_need_less(checked: Callable[..., list[Issue]]) -> None:
    bare = re.sub(r"(?s)  <DescriptiveDetail>.*</ProductSupply>\n", "", GOOD)
    assert [issue.code for issue in checked(bare)] == ["ONX-BLOCK", "ONX-BLOCK"]
    deleted = bare.replace(">03</Not", ">05</Not")
    assert [issue.code for issue in checked(deleted, profile="jpro")] == ["ONX-DELETE"]
    assert [issue.code for issue in checked(bare.replace(">03</Not", ">04</Not"))] == ["ONX-PARTIAL"]


def test_the_currency_of_the_header_holds(checked: Callable[..., list[Issue]]) -> None:
    text = GOOD.replace("<CurrencyCode>JPY</CurrencyCode>", "")
    text = text.replace("0900</SentDateTime>", "0900</SentDateTime><DefaultCurrencyCode>JPY</DefaultCurrencyCode>")
    assert checked(text) == []


def test_options_that_cannot_be(checked: Callable[..., list[Issue]], tmp_path: Path) -> None:
    for options in ({"profile": "jpo"}, {"schema": str(tmp_path / "nowhere")}, {"schema": str(tmp_path / "a.txt")}):
        with pytest.raises(OptionError):
            checked(GOOD, **options)


# ── Schemas ──────────────────────────────────────────────────────────────────────────────────────

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
  targetNamespace="http://ns.editeur.org/onix/3.0/reference" xmlns="http://ns.editeur.org/onix/3.0/reference">
  <xs:element name="ONIXMessage"><xs:complexType><xs:sequence>
    <xs:element name="Header" type="xs:anyType"/>
    <xs:choice><xs:element name="NoProduct"/><xs:element name="Product"><xs:complexType><xs:sequence>
      <xs:element name="RecordReference" type="xs:integer"/>
      <xs:any maxOccurs="unbounded" processContents="skip"/>
    </xs:sequence></xs:complexType></xs:element></xs:choice>
  </xs:sequence><xs:attribute name="release"/></xs:complexType></xs:element>
</xs:schema>"""
RNG = """<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://ns.editeur.org/onix/3.0/reference">
<start><element name="ONIXMessage"><attribute name="release"/><element name="Header"><ref name="any"/></element>
<choice><element name="NoProduct"><empty/></element><element name="Product"><element name="RecordReference">
<data type="integer" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"/></element><ref name="any"/>
</element></choice></element></start>
<define name="any"><zeroOrMore><choice><text/><element><anyName/><zeroOrMore><attribute><anyName/></attribute>
</zeroOrMore><ref name="any"/></element></choice></zeroOrMore></define></grammar>"""
DTD = """<!ELEMENT ONIXMessage (Header, (NoProduct | Product+))><!ATTLIST ONIXMessage release CDATA #IMPLIED>
<!ELEMENT Header ANY><!ELEMENT NoProduct EMPTY><!ELEMENT Product (NotificationType, RecordReference)>
<!ELEMENT RecordReference (#PCDATA)><!ELEMENT NotificationType (#PCDATA)><!ELEMENT Sender ANY>
<!ELEMENT SenderName (#PCDATA)><!ELEMENT SentDateTime (#PCDATA)>"""
SMALL = (
    '<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">\n<Header><Sender><SenderName>x'
    "</SenderName></Sender><SentDateTime>20250101</SentDateTime></Header>\n"
    "  <Product><RecordReference>甲</RecordReference><NotificationType>05</NotificationType></Product></ONIXMessage>"
)


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("a.xsd", XSD, "/Product/RecordReference"),
        ("a.rng", RNG, "/Product/RecordReference"),
        ("a.dtd", DTD, "/Product"),
        ("3.0/ONIX_BookProduct_3.0_reference.xsd", XSD, "/Product/RecordReference"),
    ],
)  # fmt: skip
def test_what_a_schema_says(
    name: str, text: str, path: str, write: Callable[[str, str], Path], checked: Callable[..., list[Issue]]
) -> None:
    place = write(name, text)
    schema = str(place.parent.parent if "/" in name else place)
    found = [issue for issue in checked(SMALL, schema=schema) if issue.code == "ONX-SCHEMA"]
    assert {(issue.at.line, issue.at.path) for issue in found} >= {(3, path)}
    assert "{" not in found[0].slots["reason"]


def test_schemas_that_are_not_there_or_broken(
    write: Callable[[str, str], Path], checked: Callable[..., list[Issue]], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    product = SMALL[SMALL.index("<Product>") : SMALL.index("</ONIXMessage>")]
    twice = SMALL.replace(product, product + product.replace("甲", "乙"))
    codes = Counter(issue.code for issue in checked(twice, schema=str(tmp_path / "empty")))
    assert codes["ONX-SCHEMA-NONE"] == 1
    broken = write("broken.xsd", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element/></xs:schema>")
    codes = Counter(issue.code for issue in checked(twice, schema=str(broken)))
    assert codes["ONX-SCHEMA-BROKEN"] == 1
    assert Schemas.of(None) is None


def test_the_schemas_of_an_installed_package(
    write: Callable[[str, str], Path], checked: Callable[..., list[Issue]], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = [path for path in sys.path if not (Path(path) / "onixcheck").is_dir()]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", without)
        with pytest.raises(OptionError, match="pip install"):
            checked(SMALL, schema="onixcheck")
    package = write("site/onixcheck/__init__.py", "raise RuntimeError('only looked at')")
    write("site/onixcheck/schema/xsd3.0/ONIX_BookProduct_3.0_reference.xsd", XSD)
    monkeypatch.syspath_prepend(str(package.parents[1]))
    assert "ONX-SCHEMA" in [issue.code for issue in checked(SMALL, schema="onixcheck")]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("onix21/ivp-short-invalid.xml", {"ONX-MARKUP", "ONX-SCHEMA"}),
        ("onix30/short-no-namespace-invalid.xml", {"ONX-SCHEMA"}),
        ("onix30/editeur-sample-short.xml", set()),
        ("onix30/minimal-ref-namespace-bom.xml", set()),
    ],
)
def test_the_official_schemas_of_the_extra(file: str, told: set[str], shared: Path) -> None:
    """Real files, those known to be invalid and valid ones, by the schemas that the extra ``onix`` brings."""
    pytest.importorskip("onixcheck", reason="the extra onix is not installed")
    path = shared / "onix" / file
    codes = {issue.code for issue in convert.check(str(path), "onix", read={"schema": "onixcheck"}).issues}
    assert codes >= told
    assert ("ONX-SCHEMA" in codes) == ("ONX-SCHEMA" in told)


def test_a_value_is_told_once_and_a_long_list_is_not_told(official: Path, checked: Callable[..., list[Issue]]) -> None:
    text = GOOD.replace("<ProductFormDetail>B119<", "<ProductFormDetail>46判<")
    found = [issue.slots["reason"] for issue in checked(text, schema=str(official)) if issue.code == "ONX-SCHEMA"]
    assert len(found) == 1
    assert found[0].endswith("is not an element of the set {…}.")


# ── Against the schema of EDItEUR, where it is on this machine ───────────────────────────────────

XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="module")
def official(shared: Path) -> Path:
    return shared / "xsd" / "onix-3.0"


def codes_of(official: Path) -> dict[str, set[str]]:
    root = etree.parse(str(official / "ONIX_BookProduct_CodeLists.xsd")).getroot()
    return {
        kind.get("name", "").removeprefix("List"): {code.get("value") for code in kind.iter(f"{XS}enumeration")}
        for kind in root.iter(f"{XS}simpleType")
    }


def test_lists_against_the_schema(official: Path) -> None:
    """No code that is not; and all of them where a list says it is complete."""
    known = codes_of(official)
    for number_, entry in _table()["lists"].items():
        found = code_list(int(number_))
        assert found is not None
        assert set(found.labels) <= known[number_], number_
        assert not found.complete or set(found.labels) == known[number_], number_
        lines = entry.get("codes", "").split("\n")
        assert len(lines) == len(set(lines)) + ("" in lines and lines.count("") - 1)
    spoken = code_list(74)
    assert spoken is not None
    assert len(set(spoken.labels) - known["74"]) == 0


def test_elements_have_the_lists_of_the_schema(official: Path) -> None:
    root = etree.parse(str(official / "ONIX_BookProduct_3.0_reference.xsd")).getroot()
    bases = {
        element.get("name"): base.get("base", "").removeprefix("List")
        for element in root.findall(f"{XS}element")
        if (base := element.find(f".//{XS}extension")) is not None
    }
    for name, number_ in element_lists("3.0").items():
        assert bases[name] == str(number_), name


def test_structure_refuses_nothing_the_schema_takes(official: Path) -> None:
    """Children drawn at random from the schema's own models have no fault by ours."""
    draw = random.Random(20250401)  # noqa: S311 - no secret
    root = etree.parse(str(official / "ONIX_BookProduct_3.0_reference.xsd")).getroot()
    groups = {group.get("name"): group for group in root.findall(f"{XS}group")}
    models = structure("3.0").models
    seen = 0
    for element in root.findall(f"{XS}element"):
        model = models.get(element.get("name"))
        kind = element.find(f"{XS}complexType")
        if model is None or kind is None:
            continue
        for _ in range(200):
            children = [name for part in kind for name in drawn(part, groups, draw)]
            assert model.faults(children) == [], (element.get("name"), children)
        seen += 1
    assert seen > 60


def drawn(part: Any, groups: dict[str, Any], draw: random.Random) -> list[str]:
    """Names of one way through a particle of a schema."""
    if part.tag not in (f"{XS}element", f"{XS}sequence", f"{XS}choice", f"{XS}group"):
        return []
    least, most = int(part.get("minOccurs", "1")), part.get("maxOccurs", "1")
    times = draw.randint(least, least + 2 if most == "unbounded" else int(most))
    found: list[str] = []
    for _ in range(times):
        if part.tag == f"{XS}element":
            found.append(part.get("ref") or part.get("name"))
        elif part.tag == f"{XS}group":
            found += [name for inner in groups[part.get("ref")] for name in drawn(inner, groups, draw)]
        elif part.tag == f"{XS}choice":
            found += drawn(draw.choice([inner for inner in part if isinstance(inner.tag, str)]), groups, draw)
        else:
            found += [name for inner in part for name in drawn(inner, groups, draw)]
    return found


EXPECTED = {
    "onix21/dtd-entities-ref.xml": {"ONX-CHILD-MISSING": 1, "ONX-CURRENCY": 1},
    "onix21/ingram-5products-short-doctype.xml": {"ONX-CODE-OTHER": 5},
    "onix21/ingram-single-ref-doctype.xml": {"ONX-ID-NAME": 1},
    "onix21/iso-8859-1-ref.xml": {},
    "onix21/ivp-short-invalid.xml": {"ONX-MARKUP": 1},
    "onix21/two-products-ref-invalid.xml": {"ONX-CODE-OTHER": 1, "ONX-CURRENCY": 2, "ONX-ORDER": 2},
    "onix21/utf16-ref.xml": {},
    "onix21/wiley-ref-release-attr.xml": {"ONX-CODE-OTHER": 1, "ONX-ID-NAME": 1},
    "onix30/audiobook-old-namespace.xml": {"ONX-NAMESPACE": 1, "ONX-GTIN": 1, "ONX-CODE-OTHER": 3, "ONX-EMPTY": 1},
    "onix30/editeur-sample-ref.xml": {"ONX-CODE-OTHER": 1},
    "onix30/editeur-sample-short.xml": {"ONX-CODE-OTHER": 1},
    "onix30/french-ebook-4products-old-namespace-invalid.xml": {
        "ONX-NAMESPACE": 1, "ONX-ID-NAME": 13, "ONX-LINEBREAK": 2, "ONX-CODE-OTHER": 15, "ONX-CHILD-MISSING": 1,
        "ONX-ORDER": 5, "ONX-BLOCK": 2, "ONX-COMBINATION": 2, "ONX-GTIN": 1, "ONX-DECIMAL": 6,
    },
    "onix30/full-sample-ref.xml": {"ONX-CODE-OTHER": 1},
    "onix30/globalbookinfo-ref-no-namespace.xml": {"ONX-NAMESPACE": 1, "ONX-CODE-OTHER": 3},
    "onix30/minimal-ref-invalid-no-sender-bom.xml": {"ONX-NAMESPACE": 1, "ONX-HEADER": 1, "ONX-BLOCK": 2},
    "onix30/minimal-ref-namespace-bom.xml": {"ONX-BLOCK": 2},
    "onix30/mitpress-short-no-header-invalid.xml": {
        "ONX-HEADER": 1, "ONX-NAMESPACE": 1, "ONX-DOUBLE": 3, "DSET-ID-DUPLICATE": 1, "ONX-BLOCK": 2, "ONX-CHILD": 1,
    },
    "onix30/short-no-namespace-invalid.xml": {
        "ONX-NAMESPACE": 1, "ONX-CODE-OTHER": 3, "ONX-LINEBREAK": 2, "ONX-LINK": 3,
    },
    "onix30/streaming-old-namespace.xml": {
        "ONX-NAMESPACE": 1, "ONX-GTIN": 2, "ONX-CODE-OTHER": 4, "ONX-ID-NAME": 2, "ONX-EMPTY": 1,
    },
    "onix31/editeur-sample-31-ref.xml": {"ONX-CODE-OTHER": 1},
    "onix31/editeur-sample-31-short.xml": {"ONX-CODE-OTHER": 1},
    "synthetic/jpro-GetRecord-message-child.xml": {},
    "synthetic/jpro-ListIdentifiers.xml": {"ONX-OAI-HEADERS": 1},
    "synthetic/jpro-ListRecords-delete-by-notificationtype.xml": {"ONX-DELETE": 1},
    "synthetic/jpro-ListRecords-no-onix-namespace.xml": {"ONX-NAMESPACE": 1},
    "synthetic/jpro-ListRecords-page1-product-child.xml": {},
    "synthetic/jpro-ListRecords-page2-last-empty-token.xml": {"ONX-OAI-DELETED": 1},
    "synthetic/jpro-ListSets.xml": {"ONX-OAI-HEADERS": 1},
    "synthetic/jpro-profile-onix30-message.xml": {"ONX-DELETE": 1},
}  # fmt: skip
SCHEMA_ERRORS = {
    "onix30/french-ebook-4products-old-namespace-invalid.xml": 11, "onix30/short-no-namespace-invalid.xml": 5,
    "onix30/minimal-ref-invalid-no-sender-bom.xml": 1, "onix30/mitpress-short-no-header-invalid.xml": 1,
}  # fmt: skip
"""Errors by the official schema (the missing header itself is told by the reader)."""


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample(name: str, shared: Path, says_all: Callable[[Issue], None]) -> None:
    report = convert.check(shared / "onix" / name, "onix", samples=1000)
    assert Counter(issue.code for issue in report.issues) == EXPECTED[name]
    for issue in report.issues:
        says_all(issue)


def test_no_sample_is_left_out(shared: Path) -> None:
    folder = shared / "onix"
    found = {
        path.relative_to(folder).as_posix() for kind in ("onix*", "synthetic") for path in folder.glob(f"{kind}/*.xml")
    }
    assert found == set(EXPECTED)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith(("onix30", "synthetic/jpro-p"))])
def test_every_sample_by_the_schema(name: str, shared: Path, official: Path) -> None:
    report = convert.check(shared / "onix" / name, "onix", read={"schema": str(official)}, samples=1000)
    assert sum(issue.code == "ONX-SCHEMA" for issue in report.issues) == SCHEMA_ERRORS.get(name, 0)


# ── Properties ───────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.sampled_from("ABCDE"), max_size=8))
def test_a_model_says_something_just_where_it_does_not_fit(children: list[str]) -> None:
    model = Model("A B? (C+ | D) E*")
    fits = re.fullmatch("AB?(C+|D)E*", "".join(children)) is not None
    assert (model.faults(children) == []) == fits


@given(st.data())
def test_no_damage_stops_a_check(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Elements gone, doubled, moved or renamed, texts and attributes of any kind: told, and never a traceback."""
    root = etree.fromstring(GOOD.encode())
    names_ = [*names().short, *names("2.1").short, "p", "架空", "x425"]
    for _ in range(data.draw(st.integers(1, 8))):
        elements = [element for element in root.iter() if element.getparent() not in (None, root)]
        if not elements:
            break
        element = data.draw(st.sampled_from(elements))
        around = data.draw(st.sampled_from([root, *elements]))
        match data.draw(st.integers(0, 5)):
            case 0:
                element.getparent().remove(element)
            case 1:
                element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))
            case 2:
                element.tag = f"{{http://ns.editeur.org/onix/3.0/reference}}{data.draw(st.sampled_from(names_))}"
            case 3:
                element.text = data.draw(st.sampled_from(["", " ", "x\ny", "1,5", "-1", "9" * 5000, "Ⅳ", "99999999"]))
            case 4:
                element.set(data.draw(st.sampled_from(["collationkey", "dateformat", "language", "x"])), "九")
            case _:
                if element not in list(around.iterancestors()) and element is not around:
                    around.append(element)
    path = tmp_path_factory.mktemp("onix") / "feed.xml"
    path.write_bytes(etree.tostring(root))
    for issue in convert.check(path, "onix", read={"profile": "jpro"}, samples=1000).issues:
        assert issue.code in catalogue()


def test_the_example_of_the_page(fixtures: Path) -> None:
    report = convert.check(fixtures.parents[1] / "examples" / "onix-check.xml", "onix")
    found = {(issue.code, issue.at.line, issue.suggestion) for issue in report.issues}
    assert found == {
        ("ONX-BLOCK", 49, None), ("ONX-CODE", 22, "B119"), ("ONX-CODE", 34, "jpn"), ("ONX-DATE", 39, "20250401"),
        ("ONX-ELEMENT", 61, "Subtitle"), ("ONX-ISBN", 52, None), ("ONX-ORDER", 45, None),
    }  # fmt: skip


def test_names_and_data_go_together() -> None:
    for release in ("2.1", "3.0", "3.1"):
        known = names(release).short
        for name, model in structure(release).models.items():
            assert name in known
            digit = release[0]
            assert digit in releases(name), name
            for child in re.findall(r"\w+", model.text):
                assert digit in releases(child), (release, name, child)
    assert habits().codes["genres"] >= {"01", "86"}
