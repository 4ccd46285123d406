"""Where elements stand: lines as libxml2 counts them, columns as they are read, ways that lead back."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import convert
from convert.formats.xml.path import XmlPath
from convert.formats.xml.places import Places, start_of
from convert.formats.xml.slicer import Slice

if TYPE_CHECKING:
    import pytest


def written(random: Random, depth: int = 0) -> str:
    """An element with line ends of every kind, letters of several bytes, comments."""
    name, end = (
        random.choice("abc"),
        random.choice(("", " ", "\n", "\r\n", "\r", "\n\n  ", "架空", "<!-- <a> -->", "𠮷\r\n")),
    )
    if depth > 3 or random.random() < 0.3:
        return f"<{name}>{end}</{name}>"
    return f"<{name}>{end}" + end.join(written(random, depth + 1) for _ in range(random.randint(1, 4))) + f"</{name}>"


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_places_in_any_order(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    text = written(random)
    piece = Slice(text.encode(), "a", 7, 5, {}, ())
    top = etree.fromstring(text.encode())
    places = Places(piece, top, top, lambda element: str(element.tag))
    elements = list(top.iter("*"))
    for element in random.choices(elements, k=2 * len(elements)):
        line, column = places.start(element)
        assert (line, column) == start_of(piece, top, element)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        before = 4 if line == 7 else 0  # the slice begins in column 5 of line 7
        assert lines[line - 7][column - 1 - before :].startswith(f"<{element.tag}>")
        assert places.find(places.path(element)) is element
    assert sorted(map(places.path, elements)) == sorted({places.path(element) for element in elements})
    assert places.find("/a/no") is None


def test_many_faults_of_one_record_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "".join(f"<p>{number}</p>" for number in range(300))
    reader: Any = convert.read(f"<r><a>{body}</a></r>".encode(), "xml", record="a")
    (record,) = reader
    searched: list[str] = []
    loud = XmlPath._loud_names

    def noted(path: XmlPath, default: str) -> dict[str, str]:
        searched.append(path.path)
        return loud(path, default)

    monkeypatch.setattr(XmlPath, "_loud_names", noted)
    path = reader.selector("p")
    places = [path.locate(record, number) for number in range(300)]
    assert [place.path for place in places] == [f"/a/p[{number}]" for number in range(1, 301)]
    assert [place.column for place in places][:3] == [7, 15, 23]
    assert searched == ["p"]
    assert len(record.body.document.places.found) == 1
