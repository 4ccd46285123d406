"""The XML reader: encodings, places, paths, hostile files, parts."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import convert
from convert.errors import OptionError, PathError
from convert.formats.options import namespaces_of, namespaces_problem
from convert.formats.xml import places
from convert.formats.xml.reader import XmlReader
from convert.mapping.load import inspect_mapping, load_mapping
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read(data: bytes | str, **options: Any) -> Any:
    return convert.read(data.encode() if isinstance(data, str) else data, "xml", **{"record": "i", **options})


def codes(reader: Any) -> list[str]:
    found = [issue.code for issue in reader.head_issues]
    return found + [issue.code for record in reader for issue in record.issues]


def texts(reader: Any, path: str = ".") -> list[list[str] | None]:
    selector = reader.selector(path)
    return [None if record.body is None else selector.values(record.body) for record in reader]


# ── Encodings ────────────────────────────────────────────────────────────────────────────────────

WORD = "表示①架空太郎ｱ"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("utf-16", "utf-16-le"), ("x", "utf-16-be"),
        ("Shift_JIS", "cp932"), ("Windows-31J", "cp932"), ("x-sjis", "cp932"),
    ],
)  # fmt: skip
def test_encodings_by_declaration_and_bom(declared: str, codec: str) -> None:
    data = f"<?xml version='1.0' encoding='{declared}'?>\n<l><i>{WORD}</i></l>".encode(codec)
    reader = read(data)
    assert texts(reader) == [[WORD]]


@pytest.mark.parametrize(
    ("declared", "codec"), [("EUC-JP", "euc_jp"), ("ISO-2022-JP", "iso2022_jp"), ("ISO-8859-1", "latin-1")]
)
def test_other_encodings(declared: str, codec: str) -> None:
    word = "é" if codec == "latin-1" else "架空太郎"
    reader = read(f"<?xml version='1.0' encoding='{declared}'?><l><i>{word}</i></l>".encode(codec))
    assert texts(reader) == [[word]]


def test_a_stated_encoding_counts_more_than_the_declared_one() -> None:
    reader = read("<?xml version='1.0' encoding='EUC-JP'?><l><i>表</i></l>".encode("cp932"), encoding="cp932")
    assert texts(reader) == [["表"]]


def test_bytes_that_cannot_be_decoded_break_their_record_only() -> None:
    reader = read(b"<l><i>1</i>\n<i>a\x95\\</i><i>3</i></l>")
    records = list(reader)
    assert [record.body is None for record in records] == [False, True, False]
    [issue] = records[1].issues
    assert (issue.code, issue.at.line, issue.at.column) == ("SRC-ENCODING", 2, 5)


def test_undecodable_bytes_of_another_encoding() -> None:
    data = "<?xml version='1.0' encoding='EUC-JP'?>\n<l><i>架空</i><i>".encode("euc_jp") + b"\xa4</i></l>"
    records = list(read(data))
    assert [[issue.code for issue in record.issues] for record in records] == [[], ["SRC-ENCODING"]]


# ── Places ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_beyond_line_65535(codec: str, end: str) -> None:
    """lxml's own line numbers stop there."""
    before = f"<l>{end * 70_000}"
    data = f"{before}  <目><i>a</i>{end}<i>{end} 漢<b c='1'>x</b>{end}</i></目></l>".encode(codec)
    reader = read(data)
    selector = reader.selector("b")
    records = list(reader)
    assert [record.line for record in records] == [70_001, 70_002]
    at = selector.locate(records[1])
    assert (at.line, at.column, at.path) == (70_003, 3, "/i/b")
    assert reader.selector("b/@c").locate(records[1]).path == "/i/b/@c"


def test_the_place_of_a_fault_beyond_line_65535_in_utf16() -> None:
    data = ("<l>" + "\n" * 66_000 + "<i>漢字 & </i></l>").encode("utf-16")
    [record] = list(read(data))
    [issue] = record.issues
    assert (issue.code, issue.at.line, issue.at.column, issue.value) == (
        "SRC-XML-MALFORMED",
        66_001,
        7,
        "<i>漢字 & </i>",
    )


def test_places_inside_nodes() -> None:
    reader = read("<l><i><p><n>a</n></p>\n<p><n>b</n><n>c</n></p></i></l>")
    [record] = list(reader)
    outer = reader.selector("p")
    inner = reader.selector("n", inner=True)
    within = outer.locate(record, 1)
    assert (within.path, within.line) == ("/i/p[2]", 2)
    at = inner.locate(record, 1, within=within)
    assert (at.path, at.line, at.column) == ("/i/p[2]/n[2]", 2, 12)
    assert inner.values(outer.nodes(record.body)[1]) == ["b", "c"]


# ── Paths ────────────────────────────────────────────────────────────────────────────────────────

BODY = '<i k="1" xml:lang="ja"><a t="x">1</a><a t="y">2<b>3</b></a><c><a>4</a></c> <d/></i>'


@pytest.mark.parametrize(
    "path",
    ["a", "a/@t", "@k", "a[@t='y']", "a[2]/b", "c/a | a", ".//a", "a/text()", "count(a)", "concat(a, '-', @k)", "d",
     "zz", "a[not(b)]", "string(c)", "boolean(zz)", "a[last()]", "c/../a", "*[self::a or self::d]", "@xml:lang",
     "1 div 2", "substring-before('20-x', '-')", "a[position() mod 2 = 1]"],
)  # fmt: skip
def test_paths_are_xpath(path: str) -> None:
    [record] = list(reader := read(f"<l>{BODY}</l>"))
    root = etree.fromstring(BODY)
    found = root.xpath(path)
    if not isinstance(found, list):
        wanted = [root.xpath(f"string({path})")]
    else:
        wanted = [item if isinstance(item, str) else "".join(item.itertext()) for item in found]
    assert reader.selector(path).values(record.body) == wanted
    got = record.body.get(path, "")
    assert got == ("" if not wanted else wanted[0] if len(wanted) == 1 else wanted)


@pytest.mark.parametrize(
    "path", ["a[", "/i/a", "//a", "a//", "a b", "$x", "a[@]", "{a}", "a:::b", "", "a/", "a[b='x]", "nosuch(a)"]
)
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(PathError):
        XmlReader.check_path(path)


def test_a_name_without_prefix_is_in_the_default_namespace_of_the_record() -> None:
    data = '<l xmlns="urn:d" xmlns:x="urn:x"><i><t>1</t><x:t>2</x:t></i><i xmlns="urn:e"><t>3</t></i></l>'
    reader = read(data, namespaces={"o": "urn:x", "d": "urn:d"})
    assert texts(reader, "t") == [["1"], ["3"]]
    assert texts(reader, "o:t") == [["2"], []]
    assert texts(reader, "d:t") == [["1"], []]


def test_an_undeclared_prefix_is_said() -> None:
    reader = read("<l><i/></l>", namespaces="dcterms=urn:x")
    with pytest.raises(PathError, match="dcterm is not declared") as caught:
        reader.selector("a/dcterm:title")
    assert caught.value.suggestion == "a/dcterms:title"


def test_namespaces_as_an_option() -> None:
    assert namespaces_of({"a": "urn:a"}) == namespaces_of("a=urn:a")
    assert namespaces_problem({"a b": "urn:a"})
    assert namespaces_problem(7)
    with pytest.raises(OptionError):
        read("<l/>", namespaces="a")
    with pytest.raises(OptionError):
        read("<l/>", record="a[1]")


def test_walk_writes_paths_that_find_what_was_walked() -> None:
    data = '<l xmlns:q="urn:x"><i k="1"><t>1</t><t>2</t><q:u v="a"><w>3</w></q:u><m>x<n>y</n></m><e/></i></l>'
    reader = read(data, namespaces={"p": "urn:x"})
    [record] = list(reader)
    walked = list(reader.walk(record.body))
    assert walked == [
        ("@k", "1"), ("t", "1"), ("t", "2"), ("p:u/@v", "a"), ("p:u/w", "3"), ("m", "xy"), ("m/n", "y"), ("e", ""),
    ]  # fmt: skip
    for path, text in walked:
        assert text in reader.selector(path).values(record.body)


# ── Hostile and broken files ─────────────────────────────────────────────────────────────────────

DEEP = "<a>" * 5000 + "</a>" * 5000
BOMB = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (f"{BOMB}<l><i>&b;</i></l>", ["SRC-XML-DTD"]),
        ('<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l><i>&x;</i></l>', ["SRC-XML-DTD"]),
        ('<!DOCTYPE l [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]><l><i/></l>', ["SRC-XML-DTD"]),
        ('<!DOCTYPE l PUBLIC "a[b" "c>d" [ ]><l><i/></l>', ["SRC-XML-DTD"]),
        ('<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd"><l><i>1</i></l>', ["SRC-XML-DOCTYPE"]),
        (f"<l><i>{DEEP}</i><i>2</i></l>", ["SRC-XML-LIMIT"]),
        ("<l><i>" + "x" * 11_000_000 + "</i><i/></l>", ["SRC-XML-LIMIT"]),
        ('<l><i a="' + "x" * 11_000_000 + '"/><i/></l>', ["SRC-XML-LIMIT"]),
        ("<l><i>&nosuch;</i><i/></l>", ["SRC-XML-MALFORMED"]),
        ("<l><i>a & b</i><i/></l>", ["SRC-XML-MALFORMED"]),
        ("<l><i>\x01</i><i>&#0;</i></l>", ["SRC-XML-MALFORMED"] * 2),
        ("<l><i><x:a/></i><i/></l>", ["SRC-XML-MALFORMED"]),
        ("<l><i a=1/><i a='1' a='2'/></l>", ["SRC-XML-MALFORMED"] * 2),
        ("<l><i><a></b></i><i/></l>", ["SRC-XML-MALFORMED"]),
        ("<l><i a='1></i><i/></l>", ["SRC-XML-MALFORMED"]),
        ("<l><i>1</i></l>trailing", ["SRC-XML-OUTSIDE"]),
        ("<l><i>1</i></k></l>", ["SRC-XML-OUTSIDE"]),
        ("<l><m><i>1</i></l>", ["SRC-XML-OUTSIDE"]),
        ("<l><i>1</i></l><l><i>2</i></l>", ["SRC-XML-ROOTS"]),
        ("<l><i>1</i><i>2", ["SRC-XML-TRUNCATED"]),
        ("<l><i>1</i>", ["SRC-XML-TRUNCATED"]),
        ("<l><i>1</i><!-- ", ["SRC-XML-TRUNCATED"]),
        ("<l><i>1<![CDATA[</i></l>", ["SRC-XML-TRUNCATED"]),
        ("", ["SRC-XML-EMPTY"]),
        ("{}", ["SRC-XML-NOT"]),
        ("<l>" + "<m>" * 300 + "</m>" * 300 + "<i/></l>", ["SRC-XML-OUTSIDE"]),
        ("<l/>", ["SRC-XML-NO-RECORD"]),
    ],
)
def test_hostile_and_broken_files(data: str, expected: list[str]) -> None:
    found = codes(read(data))
    if "SRC-XML-DTD" in expected or "<m><m>" in data:
        assert set(found) == set(expected)
    else:
        assert found == expected


def test_many_attributes_are_read() -> None:
    names = "".join(f' a{number}="1"' for number in range(20_000))
    assert texts(read(f"<l><i{names}>1</i></l>"), "count(@*)") == [["20000"]]


def test_a_record_may_be_as_long_as_max_record() -> None:
    data = "<l><i>" + "x" * 1000 + "</i><i>2</i></l>"
    reader = read(data, max_record=500)
    assert [[issue.code for issue in record.issues] for record in reader] == [["SRC-TOO-LONG"], []]


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("a & b", "a bare & (it is written &amp;)"),
        ("a&b;", "the entity &b; is not defined"),
        ("<b>x</c>", "the end tag </c> should be </b>"),
        ("<b a='1' a='2'/>", "the attribute a stands twice"),
        ("<b a=1/>", "the value of an attribute is not in quotes"),
        ("x < y", "a bare < (it is written &lt;)"),
        ("&#2;", "&#2; is no character that XML allows"),
        ("x\x0by", "U+000B is a control character that XML does not allow"),
        ("<p:b/>", "the prefix p is declared nowhere"),
    ],
)
def test_reasons(inner: str, reason: str) -> None:
    [record, good] = list(read(f"<l><i>{inner}</i><i/></l>"))
    [issue] = record.issues
    assert (issue.code, issue.slots["reason"]) == ("SRC-XML-MALFORMED", reason)
    assert issue.slots["reason_ja"]
    assert good.body is not None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    for start in (b"", b"<l><i>1</i>"):
        reader = read(start + data)
        if not any(issue.severity for issue in reader.head_issues):
            assert all(record.body is not None or record.issues for record in reader)


# ── Streams and parts ────────────────────────────────────────────────────────────────────────────


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_stream_is_read_once_and_wholly() -> None:
    data = b"<l>" + b"<i>x</i>\n" * 50_000 + b"</l>"
    assert len(list(convert.read(Pipe(data), "xml", record="i"))) == 50_000


def parts(data: bytes, count: int) -> list[Any]:
    options = {"record": "i", "namespaces": None, "encoding": None, "max_record": None}
    source = Source.of(data)
    found = list(XmlReader.plan_parts(source, options, count))
    assert found[0].start == 0
    assert found[-1].end is None
    for one, other in pairwise(found):
        assert one.end == other.start
    return [XmlReader(source, options, part) for part in found]


@pytest.mark.parametrize("codec", ["utf-8", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_parts_read_what_the_whole_reads(codec: str, end: str) -> None:
    lines = [f'<i n="{number}">架空{end if number % 3 else ""}<t/></i>{end}' for number in range(500)]
    text = f"<?xml version='1.0' encoding='{codec}'?>{end}<l xmlns:p='urn:p'>{end}{''.join(lines)}</l>{end}"
    data = text.encode(codec)
    readers = parts(data, 7)
    assert len(readers) == 7
    found = [(record.line, record.body.element.get("n")) for reader in readers for record in reader]
    assert all(reader.clean_end for reader in readers)
    assert found == [(record.line, record.body.element.get("n")) for record in read(data)]


def test_a_part_that_ends_inside_a_record_says_so() -> None:
    inner = "<i>x</i>\n" * 200
    readers = parts(f"<l>\n<i>1</i>\n<i>{inner}</i>\n<i>3</i>\n</l>".encode(), 4)
    assert len(readers) > 1
    for reader in readers:
        list(reader)
    assert not readers[0].clean_end


@pytest.mark.parametrize("data", [b"<l>" + b"<i>x</i>" * 100 + b"</l>", "<l>\n<i>x</i>\n<i/>\n</l>".encode("utf-16")])
def test_files_that_cannot_be_cut(data: bytes) -> None:
    assert len(parts(data, 3)) == 1


# ── The mapping ──────────────────────────────────────────────────────────────────────────────────

MAPPING = """mapping: 1
id: t
source: {format: xml, record: i, namespaces: {o: "urn:o"}}
target: {format: jsonl}
namespaces: {dc: "urn:dc"}
record: {id: "@id"}
fields:
  a: "dc:title | o:title"
  b: dcc:title
  c: "title["
"""


def test_faults_of_paths_are_found_before_any_data(write: Callable[[str, str | bytes], Path]) -> None:
    found = inspect_mapping(write("m.yaml", MAPPING)).issues
    assert [(issue.code, issue.at.line, issue.suggestion) for issue in found] == [
        ("MAP-PATH", 9, "dc:title"),
        ("MAP-PATH", 10, None),
    ]


def test_namespaces_of_mapping_and_option_reach_the_reader(write: Callable[[str, str | bytes], Path]) -> None:
    text = "".join(line for line in MAPPING.splitlines(keepends=True) if not line.startswith(("  b:", "  c:")))
    mapping = load_mapping(write("m.yaml", text))
    assert mapping.source_options["namespaces"] == {"dc": "urn:dc", "o": "urn:o"}
    source = write("a.xml", '<l xmlns:x="urn:dc"><i id="1"><x:title>a</x:title></i></l>')
    out = source.with_name("out.jsonl")
    convert.Job(mapping).run(source, out)
    assert out.read_text("utf-8") == '{"id":"1","a":["a"]}\n'


def test_a_file_without_records_says_so_beside_its_other_faults() -> None:
    records = list(read("<l></k><m/></l>"))
    assert [(record.ordinal, issue.ordinal, issue.code) for record in records for issue in record.issues] == [
        (1, 1, "SRC-XML-OUTSIDE"),
        (2, 2, "SRC-XML-NO-RECORD"),
    ]


@given(
    st.lists(
        st.sampled_from(["<a>", "</a>", "<b k='1'/>", "文", "&lt;", "<!-- <c> -->", "<![CDATA[<d>]]>"]), max_size=9
    )
)
def test_start_tags_are_counted_as_a_parser_counts_them(pieces: list[str]) -> None:
    data = f"<r>{''.join(pieces)}</r>".encode()
    try:
        root = etree.fromstring(data)
    except etree.XMLSyntaxError:
        return
    starts = places._starts(data)
    names = [data[at + 1 : at + 2].decode() for at in starts]
    assert names == [element.tag for element in root.iter("*")]
