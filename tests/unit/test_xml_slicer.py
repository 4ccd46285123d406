"""The slicer against lxml: what it cuts out is what a parser finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from convert.formats.xml.names import RecordPath
from convert.formats.xml.slicer import Fault, Slice, Slicer

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = st.sampled_from(["r", "rr", "x", "目", "r-x"])
TEXTS = st.text(st.sampled_from("ab 　\n]é目>'\""), max_size=6)
ODD = st.sampled_from(
    ["<!-- <r> -->", "<!-- </r> -->", "<![CDATA[</r><r>]]>", "<?pi </r> ?>", "<![CDATA[ < & ]]>", "&lt;", "&#x76EE;"]
)
ATTRIBUTES = st.sampled_from(
    ["", ' a="1"', " b='x>y'", ' c="</r >"'.replace("<", "&lt;"), '\n  d="目"', ' xmlns="urn:x"']
)


def elements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(name: str, attributes: str, parts: list[str], space: str) -> str:
        return f"<{name}{attributes}>{''.join(parts)}</{name}{space}>" if parts else f"<{name}{attributes}/>"

    return st.builds(written, NAMES, ATTRIBUTES, st.lists(inner, max_size=4), st.sampled_from(["", " ", "\n"]))


TREES = st.recursive(TEXTS.map(lambda text: text.replace("]]>", "")) | ODD, elements, max_leaves=25)
DOCUMENTS = st.lists(elements(TREES), max_size=5).map(lambda parts: f"<root>\n{''.join(parts)}</root>")


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def cut(document: str, size: int, record: str = "r") -> list[Slice | Fault]:
    path = RecordPath.of(record, {})
    return list(Slicer(chunks(document.encode(), size), path.fits, limit=1 << 20))


def outermost(root: etree._Element, name: str) -> list[etree._Element]:
    found: list[etree._Element] = []
    stack = [root]
    while stack:
        element = stack.pop()
        if etree.QName(element).localname == name:
            found.append(element)
        else:
            stack.extend(child for child in reversed(element) if isinstance(child.tag, str))
    return found


def same(one: etree._Element, other: etree._Element) -> bool:
    """The same names, attributes and texts all the way down."""
    mine, theirs = (
        [(item.tag, dict(item.attrib), item.text or "", item.tail if item is not top else None) for item in top.iter()]
        for top in (one, other)
    )
    return [tuple(map(str, item)) for item in mine] == [tuple(map(str, item)) for item in theirs]


@given(DOCUMENTS, st.integers(1, 50))
def test_slices_are_the_elements_a_parser_finds(document: str, size: int) -> None:
    root = etree.fromstring(document.encode())
    pieces = cut(document, size)
    assert not [piece for piece in pieces if isinstance(piece, Fault) or piece.fault is not None]
    slices = [piece for piece in pieces if isinstance(piece, Slice)]
    wanted = outermost(root, "r")
    assert len(slices) == len(wanted)
    for piece, element in zip(slices, wanted, strict=True):
        declared = "".join(f' xmlns{":" if p else ""}{p}="{u}"' for p, u in piece.scope.items() if p != "xml")
        [own] = etree.fromstring(f"<_{declared}>".encode() + piece.data + b"</_>")
        assert same(element, own)


@given(DOCUMENTS, st.integers(1, 50))
def test_lines_and_columns_are_those_of_the_text(document: str, size: int) -> None:
    for piece in cut(document, size):
        assert isinstance(piece, Slice)
        lines = document.split("\n")
        at = sum(len(line) + 1 for line in lines[: piece.line - 1]) + piece.column - 1
        assert document[at:].encode().startswith(piece.data)


@given(st.text(st.sampled_from("<>/r!-[]CDATA?&\"'= \n目"), max_size=60), st.integers(1, 20))
def test_anything_ends(text: str, size: int) -> None:
    for piece in cut(f"<root>{text}", size):
        assert piece.line >= 1


@given(st.text(st.sampled_from("<>/r!-?&\"'= \n目x"), max_size=40))
def test_a_broken_record_harms_no_other(junk: str) -> None:
    """Whatever stands in a record between its tags, as long as it opens no comment and no record, the next is whole."""
    if "<r" in junk or "</r" in junk or "<!" in junk or "<?" in junk or "</root" in junk:
        return
    pieces = cut(f"<root><r>1</r><r>{junk}</r><r>3</r></root>", 7)
    slices = [piece.data for piece in pieces if isinstance(piece, Slice)]
    assert slices[0] == b"<r>1</r>"
    assert slices[-1] == b"<r>3</r>"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_missing_end_tag_costs_one_record(size: int) -> None:
    pieces = cut("<l><r>1<r>2</r>\n<r>3</r></l>", size)
    assert [(p.data[:4], p.fault and p.fault.code) for p in pieces if isinstance(p, Slice)] == [
        (b"<r>1", "SRC-XML-MALFORMED"),
        (b"<r>2", None),
        (b"<r>3", None),
    ]


@pytest.mark.parametrize("end", ["</r>", "</r >", "</r\n>"])
@pytest.mark.parametrize("inner", ["", "<rx>1</rx>", "<rx/>", "<!-- </r> -->", "<![CDATA[</r>]]>", "</rx>"])
def test_an_end_tag_may_have_blanks_and_a_longer_name_is_another(end: str, inner: str) -> None:
    pieces = cut(f"<l><r>1{inner}{end}<r>2</r></l>", 1000)
    assert [piece.data.decode() for piece in pieces if isinstance(piece, Slice)] == [f"<r>1{inner}{end}", "<r>2</r>"]


def test_records_of_the_same_name_inside_a_record_are_part_of_it() -> None:
    [one, two] = cut("<l><r>1<r>2</r><l><r/></l></r><r/></l>", 4)
    assert isinstance(one, Slice)
    assert isinstance(two, Slice)
    assert one.data == b"<r>1<r>2</r><l><r/></l></r>"
    assert two.data == b"<r/>"


@pytest.mark.parametrize(
    ("record", "count"),
    [("r", 3), ("/l/m/r", 1), ("m/r", 1), ("*/r", 3), ("/l/*", 3), ("p:r", 1), ("q:r", 0), ("//m/r", 1), ("/r", 0)],
)
def test_paths_of_records(record: str, count: int) -> None:
    path = RecordPath.of(record, {"p": "urn:p"})
    data = b'<l><m><r/></m><r/><x:r xmlns:x="urn:p"/></l>'
    assert len(list(Slicer(iter([data]), path.fits, limit=1000))) == count


def test_memory_is_bounded_by_the_longest_record() -> None:
    held = 0

    def endless() -> Iterator[bytes]:
        yield b"<l>"
        for number in range(2000):
            yield b"<r>" + b"x" * 1000 + b"</r>\n" if number != 7 else b"<r>" + b"y" * 100_000 + b"</r>"

    slicer = Slicer(endless(), RecordPath.of("r", {}).fits, limit=20_000)
    codes = []
    for piece in slicer:
        held = max(held, len(slicer._buffer))
        if isinstance(piece, Slice) and piece.fault:
            codes.append(piece.fault.code)
    assert held < 300_000
    assert codes == ["SRC-TOO-LONG"]


class Plodding(Slicer):
    """Looks for everything one after the other, and takes no record for one like the last."""

    def _again(self) -> None:
        return None

    def _end_of(self, name: bytes, after: int) -> Any:
        found = self._buffer.find(b"</" + name + b">", after)
        odd = rb"<[!?]|<" + name + rb"[ \t\r\n/>]|</" + name + rb"[ \t\r\n]"
        if found >= 0 and re.search(odd, self._buffer[after:found]) is None:
            return found + len(name) + 3
        return self._careful_end(name, self._stack[-1].name.encode() if self._stack else name, after)


MARKS = (
    *("<r>", "</r>", "<r>", "</r>", "<r a='1'>", "</r >", "<r/>", "</r/>", "<x>", "</x>", "<rx>", "</rx>", "<x:r>"),
    *("</x:r>", "r ", "r>", "/r>", "目", "<!--", "-->", "<![CDATA[", "]]>", "<?r ?>", "!", "?", "\r\n", "\n", " ", "<"),
)


@given(st.lists(st.sampled_from(MARKS), max_size=30), st.integers(1, 40), st.booleans(), st.integers(20, 400))
@settings(max_examples=500)
def test_the_quick_way_cuts_as_the_plodding_one(marks: list[str], size: int, nests: bool, limit: int) -> None:
    document = f"<root>{''.join(marks)}</root>".encode()
    path = RecordPath.of("r", {})
    quick, slow = (make(chunks(document, size), path.fits, limit=limit, nests=nests) for make in (Slicer, Plodding))
    assert list(quick) == list(slow)
    assert (quick.clean, quick.names, quick.root) == (slow.clean, slow.names, slow.root)
