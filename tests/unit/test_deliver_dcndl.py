"""DC-NDL(RDF) is cut between records: nothing lost, every piece a document."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from convert.deliver.dcndl import DcndlCutter
from convert.errors import SourceFault
from convert.formats.base import parse_options
from convert.formats.dcndl.reader import DcndlReader
from convert.source import Source

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- 架空県立図書館 -->\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:dcndl="http://ndl.go.jp/dcndl/terms/">\n'
)
TAIL = "</rdf:RDF>\n"
OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>{}</ListRecords></OAI-PMH>'  # records go here


def node(number: int, title: str = "架空の本") -> str:
    uri = f"https://opac.example.jp/bib/{number}"
    return (
        f'  <dcndl:BibAdminResource rdf:about="{uri}">\n'
        f'    <dcndl:record rdf:resource="{uri}#material"/>\n  </dcndl:BibAdminResource>\n'
        f'  <dcndl:BibResource rdf:about="{uri}#material">\n'
        f"    <dcterms:title>{title}</dcterms:title>\n  </dcndl:BibResource>\n"
        f'  <dcndl:Item rdf:about="{uri}#item"/>\n'
    )


def document(*nodes: str) -> bytes:
    return (HEAD + "".join(nodes) + TAIL).encode()


def cutter(data: bytes, **options: Any) -> DcndlCutter:
    return DcndlCutter(io.BytesIO(data), "in.rdf", parse_options(DcndlCutter.options, options))


def together(found: DcndlCutter) -> bytes:
    return found.head + b"".join(cut.data for cut in found) + found.tail


def records(data: bytes) -> list[list[str]]:
    from convert.formats.dcndl import FORMATS

    reader = DcndlReader(Source.of(data), parse_options(FORMATS[0].read_options, {}))
    return [record.body["uri"] for record in reader]


def test_records_are_those_of_the_reader() -> None:
    data = document(*(node(number) for number in range(1, 8)))
    found = list(cutter(data))
    assert [cut.id for cut in found] == [f"https://opac.example.jp/bib/{n}#material" for n in range(1, 8)]
    assert len(records(data)) == len(found)
    assert together(cutter(data)) == data


@given(
    st.lists(st.sampled_from(["", "\n", "\r\n", "<!-- 注 -->", "  <?x y?>\r", "\t"]), min_size=1, max_size=6),
    st.lists(st.text("架空𠮷ｶﾅéa ", max_size=5), min_size=1, max_size=6),
    st.booleans(),
)
def test_nothing_is_lost_whatever_stands_between(gaps: list[str], titles: list[str], bom: bool) -> None:
    parts = [node(n, title) + gaps[n % len(gaps)] for n, title in enumerate(titles)]
    data = (b"\xef\xbb\xbf" if bom else b"") + document(*parts)
    found = cutter(data)
    cuts = list(found)
    whole = found.head + b"".join(cut.data for cut in cuts) + found.tail
    assert len(cuts) == len(titles)
    assert whole == data
    for cut in cuts:
        assert etree.fromstring(found.head + cut.data + found.tail) is not None


@given(st.integers(1, 400), st.integers(1, 12))
def test_small_reads_change_nothing(size: int, count: int) -> None:
    class Slow(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._inner = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            data = self._inner.read(min(size, len(buffer)))
            buffer[: len(data)] = data
            return len(data)

    data = document(*(node(number) for number in range(count)))
    found = DcndlCutter(Slow(data), "in.rdf", parse_options(DcndlCutter.options, {}))  # type: ignore[arg-type]
    assert together(found) == data


def test_answers_of_servers() -> None:
    inner = HEAD.partition("\n")[2]
    item = "<record><header><identifier>oai:x:{0}</identifier></header><metadata>{1}</metadata></record>\n"
    data = OAI.format("".join(item.format(n, inner + node(n) + TAIL) for n in range(3))).encode()
    found = cutter(data)
    cuts = list(found)
    assert [cut.id for cut in cuts] == [f"https://opac.example.jp/bib/{n}#material" for n in range(3)]
    assert found.tail == b"</ListRecords></OAI-PMH>\n"
    for cut in cuts:
        assert len(records(found.head + cut.data + found.tail)) == 1


def test_one_record_is_a_document() -> None:
    data = document(node(1))
    assert together(cutter(data)) == data
    alone = b'<dcndl:BibResource xmlns:dcndl="http://ndl.go.jp/dcndl/terms/"/>\n'
    assert b"".join(cut.data for cut in cutter(alone)) == alone


def code(data: bytes, **options: Any) -> str:
    with pytest.raises(SourceFault) as caught:
        together(cutter(data, **options))
    return caught.value.issue.code


@pytest.mark.parametrize(
    ("wanted", "data"),
    [
        ("PKG-CUT-ENCODING", document(node(1)).decode().encode("utf-16")),
        ("PKG-CUT-ENCODING", document(node(1)).replace(b"UTF-8", b"Shift_JIS")),
        ("PKG-CUT-NONE", b"<ONIXMessage><Product/></ONIXMessage>"),
        ("PKG-CUT-NONE", document()),
        ("PKG-CUT-PLACES", (HEAD + "</rdf:RDF>").encode().replace(b"</rdf:RDF>", b"<a/></rdf:RDF>") + b"<dcndl:Item/>"),
        ("PKG-CUT-BEHIND", OAI.format("<record/><resumptionToken>next</resumptionToken>").encode()),
        ("PKG-CUT-HEAD", document(node(1)).replace(b"xmlns:dcterms=", b"xmlns:dcterms")),
        ("SRC-XML-NOT", b"id,title\n"),
        ("SRC-XML-EMPTY", b"  \n"),
        ("SRC-XML-DTD", b'<!DOCTYPE a [<!ENTITY b "c">]>' + HEAD.partition("\n")[2].encode() + node(1).encode()),
        ("SRC-XML-TRUNCATED", document(node(1), node(2))[:-40]),
        ("SRC-XML-TRUNCATED", (HEAD + node(1)).encode()),
        ("SRC-XML-MALFORMED", document(node(1).replace("</dcndl:BibResource>", ""), node(2))),
        ("SRC-XML-OUTSIDE", document(node(1), "</x>", node(2))),
        ("SRC-XML-ROOTS", document(node(1)) + document(node(2)).partition(b"\n")[2]),
    ],
)
def test_what_cannot_be_cut(wanted: str, data: bytes) -> None:
    assert code(data) == wanted


def test_a_record_without_end_is_not_held() -> None:
    endless = HEAD.encode() + b'<dcndl:BibResource rdf:about="a"/>' + b"<dcndl:Item/>" * 50_000
    assert code(endless, max_record="2KB") == "SRC-TOO-LONG"
    assert code(document(node(1, "長" * 5000)), max_record="1KB") == "SRC-TOO-LONG"


def test_records_of_real_files_are_those_of_the_reader(shared: Path) -> None:
    looked = 0
    for path in sorted(shared.glob("dcndl/**/*.xml")):
        data = path.read_bytes()
        if b"<resumptionToken" in data or b"BibResource" not in data or b"&lt;rdf:RDF" in data:
            continue
        looked += 1
        found = cutter(data)
        cuts = list(found)
        assert [[cut.id] for cut in cuts] == records(data), path.name
        for cut in cuts:
            assert etree.fromstring(found.head + cut.data + found.tail) is not None
    assert looked
