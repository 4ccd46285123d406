"""YAML as nodes: every scalar is the text that was typed, every node knows its place."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from convert.mapping.nodes import Items, Scalar, Table, parse_yaml, plain


def read(text: str) -> object:
    node, issues = parse_yaml(text.encode(), "m.yaml")
    assert issues == []
    assert node is not None
    return plain(node)


TYPED = ["no"]


@pytest.mark.parametrize("word", TYPED)
def test_a_scalar_stays_what_was_typed(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}
    assert read(f"{word}: a") == {word: "a"}
    assert read(f"[{word}]") == [word]


@pytest.mark.parametrize("word", ["null", "~", ""])
def test_only_unquoted_nothing_is_null(word: str) -> None:
    assert read(f"a: {word}") == {"a": None}
    assert read(f'a: "{word}"') == {"a": word}
    assert read(f"a: '{word}'") == {"a": word}


@pytest.mark.parametrize("word", ["Null", "NULL", "none", "undefined"])
def test_other_words_for_nothing_are_texts(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}


def test_block_scalars_are_texts() -> None:
    assert read("a: |\n  一\n  二\nb: >-\n  一\n  二\nc: |\n") == {"a": "一\n二\n", "b": "一 二", "c": ""}


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert read("a: {<<: {b: c}}") == {"a": {"<<": {"b": "c"}}}


def test_places_are_lines_and_columns_from_1() -> None:
    node, _ = parse_yaml("\ufeff一:\n  二: [三, 四]\n".encode(), "m.yaml")
    assert isinstance(node, Table)
    [(key, value)] = node.entries
    assert (key.at.source, key.at.line, key.at.column) == ("m.yaml", 1, 1)
    assert isinstance(value, Table)
    [(inner, items)] = value
    assert (inner.at.line, inner.at.column) == (2, 3)
    assert isinstance(items, Items)
    assert [(item.at.line, item.at.column) for item in items.items] == [(2, 7), (2, 10)]


def test_get_gives_the_node_under_a_name() -> None:
    node, _ = parse_yaml(b"a: b\nc: d\n", "m.yaml")
    assert isinstance(node, Table)
    found = node.get("c")
    assert isinstance(found, Scalar)
    assert found.text == "d"
    assert node.get("e") is None


def test_of_a_doubled_key_the_first_counts() -> None:
    node, [issue] = parse_yaml(b"a: 1\nb: 2\na: 3\n", "m.yaml")
    assert node is not None
    assert plain(node) == {"a": "1", "b": "2"}
    assert (issue.code, issue.at.line, issue.at.column, issue.value, issue.slots) == (
        "MAP-KEY-DOUBLE",
        3,
        1,
        "a",
        {"first": 1},
    )


def test_all_faults_of_a_document_are_found() -> None:
    _, issues = parse_yaml(b"a: &x 1\nb: *x\nc: !t 2\nc: 3\n? [k]\n: v\n", "m.yaml")
    assert [(issue.code, issue.at.line) for issue in issues] == [
        ("MAP-YAML-ALIAS", 1),
        ("MAP-YAML-TAG", 3),
        ("MAP-KEY-DOUBLE", 4),
        ("MAP-SHAPE", 5),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_give_nodes_or_issues(data: bytes) -> None:
    assume(data.isascii() or data.decode("utf-8", "replace").isprintable())  # see the next test
    node, issues = parse_yaml(data, "m.yaml")
    assert node is not None or issues


def test_a_control_character_after_other_letters() -> None:
    [issue] = parse_yaml("名称: 皿\n目録: \0\n".encode(), "m.yaml")[1]
    assert (issue.code, issue.at.line, issue.slots["reason"]) == ("MAP-YAML", 2, "character U+0000")


TREE = st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(TREE)
def test_what_is_written_quoted_is_read_back(tree: object) -> None:
    text = yaml.safe_dump(tree, default_style='"', allow_unicode=False)
    node, issues = parse_yaml(text.encode(), "m.yaml")
    if any(issue.code == "MAP-YAML-ALIAS" for issue in issues):
        return  # the same empty list twice is written as an alias
    assert node is not None
    assert plain(node) == tree
