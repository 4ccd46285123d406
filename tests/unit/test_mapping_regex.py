"""Patterns that are left to ``re``: RE2 is the referee."""

from __future__ import annotations

import time

import pytest
import re2
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from convert.mapping.plain_regex import plain
from convert.mapping.regex import searcher

LETTERS = "ab0_-目ｱ "
CHARACTERS = st.sampled_from(
    [*LETTERS, ".", r"\.", r"\-", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\n", "/", '"', "é"]
)
INSIDE = st.lists(
    st.sampled_from([*LETTERS, "a-z", "0-9", "ぁ-ん", ".", "$", "|", "(", "&", "~", r"\d", r"\w", r"\s", r"\]", r"\-"]),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip
CLASSES = st.builds("[{}{}]".format, st.sampled_from(["", "^"]), INSIDE)
COUNTS = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{1,3}", "{0}", "{0,1}", "{2,1}", "{2,}", "??", "*?"])
SINGLES = st.builds("{}{}".format, CHARACTERS | CLASSES, COUNTS)


def grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sequences = st.lists(inner, max_size=3).map("".join)
    alternatives = st.lists(sequences, min_size=1, max_size=3).map("|".join)
    return st.builds(
        "({}{}){}".format, st.sampled_from(["", "?:", "?i:", "?P<x>"]), alternatives, st.sampled_from(["", "?"])
    )


PARTS = st.lists(st.recursive(SINGLES, grouped, max_leaves=4), max_size=4).map("".join)
PATTERNS = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", "^"]), PARTS, st.sampled_from(["", "|", "|b"]), st.sampled_from(["", "$"])
)
TEXTS = st.text(st.sampled_from("ab0_-目ｱ .\n\t\r\x0b\x00é９ﾟАΑ\u2028\U00020000/$|"), max_size=12)


def found(pattern: str, text: str) -> bool:
    return re2.search(pattern, text) is not None


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=8))
@example("^(9784|491)", ["9784", "491", "x491", "\n491"])
@example("^a$", ["a", "a\n", "\na"])
@example("[^a]", ["\n", "a"])
@example("a|b", ["xb"])
@settings(max_examples=60, deadline=None)
def test_what_is_left_to_re_is_what_re2_finds(pattern: str, texts: list[str]) -> None:
    find = plain(pattern)
    assume(find is not None)
    for text in texts:
        assert find is None or bool(find(text)) is found(pattern, text), (pattern, text)


@given(st.text(st.sampled_from("ab|()[]{}?*+^$.\\-:d1,目"), max_size=10), TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_signs_at_all(pattern: str, text: str) -> None:
    find = plain(pattern)
    if find is not None:
        assert bool(find(text)) is found(pattern, text), (pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(9784|491)",
        "^.9",
        "^8",
        "^[0-9]{4}-[0-9]{2}$",
        r"^\d{13}$",
        "架空|例示",
        "",
        "^(a|b)?c$",
        "^[^ ]+ [A-Z]$",
        r"\.jpg$",
    ],
)
def test_usual_patterns_are_left_to_re(pattern: str) -> None:
    assert plain(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "a*b", "^a*b*c", "a?" * 20 + "a" * 20, r"\bx", r"\p{Han}", "(?i)a", "^a|b", "a|b$", "[[:alpha:]]",
     "(" * 500 + ")" * 500, "|".join(["abcdefgh"] * 100), "(a|b)" * 20, "a.{0,99}b", r"[^\D]", "[a--b]", "(a){2}",
     "a{1,}", "x^", "$x"],
)  # fmt: skip
def test_others_are_not(pattern: str) -> None:
    assert plain(pattern) is None


@pytest.mark.parametrize("pattern", ["^a*[^b]{0,14}c", "(aaaaaad|aaaaab|aaaaac)", "a{1,15}b", "^(a|aa|aaa)a+b$"])
def test_no_text_takes_long(pattern: str) -> None:
    assert plain(pattern) is not None
    start = time.process_time()
    assert not searcher(pattern)("a" * 20_000)
    assert time.process_time() - start < 1


def test_what_cannot_be_encoded_is_no_fault() -> None:
    assert not searcher(r"\p{Han}")("\ud842")
    assert not searcher("a$")("\udfb7")
