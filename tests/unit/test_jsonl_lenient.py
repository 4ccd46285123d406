"""The lenient parser against the strict one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.formats.jsonl.lenient import MAX_DEPTH, Broken, Reason, Understood, is_too_deep, understand


def strict(text):
    def refuse(word):
        raise ValueError(word)

    return json.loads(text, parse_int=str, parse_float=str, parse_constant=refuse)


PIECES = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"a"',
            '"\\u00e9"',
            '"',
            "\\",
            "1",
            "-1.5e3",
            "true",
            "null",
            "NaN",
            " ",
            '{"a":',
            "[1,",
            "tru",
            ".",
            "\t",
            "目",
        ]
    ),
    max_size=12,
).map("".join)


@given(PIECES)
@settings(max_examples=2000, deadline=None)
def test_it_takes_and_refuses_what_the_strict_parser_does(text):
    found = understand(text)
    try:
        value = strict(text)
    except ValueError:
        assert isinstance(found, Broken) or found.notes
        if isinstance(found, Broken):
            assert 1 <= found.column <= len(text) + 1
    else:
        assert isinstance(found, Understood)
        assert found.value == value


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=20,
)


@given(VALUES, st.booleans())
@settings(deadline=None)
def test_it_reads_what_json_writes(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert understand(text) == Understood(strict(text), ())


def test_numbers_with_leading_zeros():
    found = understand('{"tel": 0120, "n": [-007.50, 0.5, 0]}')
    assert found.value == {"tel": "0120", "n": ["-007.50", "0.5", "0"]}
    assert [(note.column, note.path, note.text) for note in found.notes] == [
        (9, "tel", "0120"),
        (21, "n[0]", "-007.50"),
    ]


def test_doubled_names():
    found = understand('{"a": {"b": 1, "b": 2, "b": 3}}')
    assert found.value == {"a": {"b": "3"}}
    assert [(note.path, note.dropped, note.kept, note.column) for note in found.notes] == [
        ("a.b", "1", "2", 16),
        ("a.b", "2", "3", 24),
    ]


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, Reason.END),
        ('{"a": [1', 9, Reason.END),
        ('{"a"', 5, Reason.END),
        ('{"a": NaN}', 7, Reason.NAN),
        ('{"a": -Infinity}', 7, Reason.NAN),
        ("{'a': 1}", 2, Reason.QUOTE),
        ('{"a": 1, // x', 10, Reason.COMMENT),
        ('{"a": 1 # x', 9, Reason.COMMENT),
        ('{"a": [1,]}', 10, Reason.COMMA),
        ('{"a": [,]}', 8, Reason.VALUE),
        ('{"a": +1}', 7, Reason.VALUE),
        ('{"a": .5}', 7, Reason.VALUE),
        ('{"a": 5.}', 8, Reason.OBJECT),
        ('{"a": "x', 7, Reason.STRING),
        ('{"a": "\\q"}', 8, Reason.STRING),
        ('{"a" 1}', 6, Reason.COLON),
        ("{a: 1}", 2, Reason.NAME),
        ('{"a": 1,}', 9, Reason.COMMA),
        ('{"a": [1 2]}', 10, Reason.ARRAY),
        ('{"a": 1} {"b": 2}', 10, Reason.REST),
    ],
)
def test_faults_are_named_with_their_place(text, column, reason):
    assert understand(text) == Broken(column, reason)


def test_depth_is_measured_outside_strings():
    assert not is_too_deep("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert is_too_deep("[" * (MAX_DEPTH + 1))
    assert not is_too_deep(json.dumps(["[" * 9999, '\\"[[', "]"]))
    assert not is_too_deep("[]" * 9999)
