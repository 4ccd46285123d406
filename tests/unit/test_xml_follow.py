"""Paths followed by our own looks give what lxml's XPath gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from convert.formats.onix.path import translated
from convert.formats.xml.follow import Kids, Mixed, native
from convert.formats.xml.path import tokens

OURS = (
    "a", "a/b", "a/b/c", "a/@k", "@k", ".", "a/.", "a[b]", "a[not(b)]/c", "a[1]", "a/b[1]", "a[b='1']/c", "a[b][2]",
    "a[2][b]", "(a/b)[1]", "(a | b)[1]/c", "a | b", "a/b | c", "b/../a", "a/b/../c", "a/b/..", "self::a | self::r",
    "a/self::a[b]", "a[starts-with(b, '1')]", "a[contains(., '2')]", "a[b = 0]", "a[not(b = 0)]/c", "a[. = 1]",
    "a[b='1' or normalize-space(b)='1']/c", "a[(b='1' or normalize-space(b)='1') and not(c)]", "a[b = ../b/c]",
    "substring-before(concat(a/b | c, 'T'), 'T')", "normalize-space(a)", "not(a)", "a = '1'", "a[@k='1']", "a[@k]/b",
    "a[b or c]/@k", "a[b='1'][c='2'] | a[not(b)]", "a[../b]", "concat(a, b, 'x')", "substring-before(a, '')", "a[b/c]",
    "a[normalize-space(b) = '1']", "a[(b='1') or (c='1')]", "a[substring-before(b, '2')]", "a[b = ' 1']", "(a)[2]",
    "(a[b='1'] | b[c='2'])[1]/c", "a[contains(@k, '1')]", "a[starts-with(., 'x')]", "a[b = 'x y']",
)  # fmt: skip
LXML = ("//a", "a//b", "*", "a/*", "count(a)", "a[last()]", "a[position()=1]", "a/text()", "a + b", "-a", "a != b",
        "a < b", "x:a", "a[string-length(b) > 1]", "ancestor::a", "a/@*", "'x'", "1", "a[1.5]", "a[0]", "..[1]/a",
        "following-sibling::a", "@x:k", "concat(a, 1)", "a['x']")  # fmt: skip
TEXTS = st.sampled_from(
    ("", "1", " 1", "1\n", "0", "00", "0e3", "-0", "12", "x y", "x  y", "\u30001", "1T2", "T", "é", "\xa01")
)
NAMES = st.sampled_from("abc")


@st.composite
def trees(draw: Any, depth: int = 3) -> Any:
    element = etree.Element(draw(NAMES))
    element.text = draw(TEXTS)
    if draw(st.booleans()):
        element.set("k", draw(TEXTS))
    for child in draw(st.lists(trees(depth - 1), max_size=4)) if depth else ():
        child.tail = draw(TEXTS)
        element.append(child)
    return element


def follow(path: str, element: Any) -> Any:
    look = native(tokens(path), {}, "")
    assert look is not None, path
    return look(element, Kids())


@settings(max_examples=300, deadline=None)
@given(trees(), st.sampled_from(OURS))
def test_what_is_found_is_what_lxml_finds(tree: Any, path: str) -> None:
    root = etree.Element("r")
    root.append(tree)
    root.append(etree.fromstring(etree.tostring(tree)))
    xpath = etree.XPath(path, smart_strings=False)
    for element in root.iter():
        try:
            found = follow(path, element)
        except Mixed:
            continue
        assert found == xpath(element)


@pytest.mark.parametrize("path", LXML)
def test_what_is_not_known_is_left_to_lxml(path: str) -> None:
    assert native(tokens(path), {}, "") is None


def test_names_in_namespaces() -> None:
    root = etree.fromstring("<r xmlns='urn:d' xmlns:p='urn:p'><a><p:b>1</p:b></a></r>")
    look = native(tokens("a/p:b"), {"p": "urn:p"}, "urn:d")
    assert look is not None
    assert [item.text for item in look(root, Kids())] == ["1"]
    assert native(tokens("q:a"), {"p": "urn:p"}, "") is None


def test_several_alternatives_at_once_are_lxmls() -> None:
    root = etree.fromstring("<r><b/><a/></r>")
    with pytest.raises(Mixed):
        follow("a | b", root)
    assert follow("a | c", root) == [root[1]]


def test_nothing_changes_what_was_looked_at() -> None:
    root = etree.fromstring("<r><a><b>1</b><b>2</b></a><a><b>3</b></a></r>")
    look, kids = native(tokens("a/b"), {}, ""), Kids()
    assert look is not None
    for _ in range(3):
        assert [item.text for item in look(root, kids)] == ["1", "2", "3"]


def test_codes_are_compared_in_one_look() -> None:
    root = etree.fromstring("<r><a><b> 01 </b><c>x</c></a><a><b>02</b><b>01</b><c>y</c></a></r>")
    path = translated("a[b='01']/c", short=False, release="3.0")
    assert [item.text for item in follow(path, root)] == ["x", "y"]
