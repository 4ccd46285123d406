"""Conditions: what holds for values, blanks and several values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert import read
from convert.mapping.bind import Binding, Context, Predicate
from convert.mapping.model import All, AnyOf, Not, PathRef, PathTest, When
from convert.mapping.model import Test as ValueTest
from convert.mapping.regex import PATTERN_LIMIT, regex_problem, searcher
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable

AT = Location("m.yaml")


@pytest.fixture(scope="module")
def holds() -> Callable[[When, Any], bool]:
    """Whether a condition holds for a JSON body."""
    made: dict[When, Predicate] = {}

    def ask(when: When, body: Any) -> bool:
        if when not in made:
            binding = Binding.__new__(Binding)
            reader = read(b"", "jsonl")
            binding.selectors = {(path, False): reader.selector(path) for path in ("a", "b[]")}
            made[when] = binding.predicate(when, inner=False)
        context = Context.__new__(Context)
        context.body = body
        return made[when](body, context)

    return ask


def on(test: ValueTest, path: str = "a") -> PathTest:
    return PathTest(PathRef(path), test, AT)


@pytest.mark.parametrize("value", ["x", " x ", "0", "false", {"k": "v"}, ["", "x"], True])
def test_present_is_at_least_one_value_that_says_something(value: Any, holds: Callable[[When, Any], bool]) -> None:
    assert holds(on(ValueTest("present")), {"a": value})
    assert not holds(on(ValueTest("absent")), {"a": value})
    assert holds(on(ValueTest("absent", negated=True)), {"a": value})


@pytest.mark.parametrize("value", ["", " ", "\u3000\t", None, [], ["", None]])
def test_blanks_are_absent(value: Any, holds: Callable[[When, Any], bool]) -> None:
    assert holds(on(ValueTest("absent")), {"a": value})
    assert holds(on(ValueTest("present", negated=True)), {"a": value})
    assert holds(on(ValueTest("absent")), {})


def test_equals_holds_when_any_value_is_any_word(holds: Callable[[When, Any], bool]) -> None:
    equals = on(ValueTest("equals", ("公開", "no")), "b[]")
    assert holds(equals, {"b": ["x", " 公開\n"]})
    assert holds(equals, {"b": ["no"]})
    assert not holds(equals, {"b": ["公", "公開中", {"公開": "公開"}]})
    assert not holds(equals, {})


def test_not_holds_when_no_value_passes(holds: Callable[[When, Any], bool]) -> None:
    other = on(ValueTest("equals", ("画",), negated=True), "b[]")
    assert not holds(other, {"b": ["彫", "画"]})
    assert holds(other, {"b": ["彫"]})
    assert holds(other, {})


def test_matches_searches_the_value_as_it_is(holds: Callable[[When, Any], bool]) -> None:
    assert holds(on(ValueTest("matches", ("^0120",))), {"a": "0120-1"})
    assert not holds(on(ValueTest("matches", ("^0120",))), {"a": " 0120-1"})
    assert not holds(on(ValueTest("matches", (".",))), {"a": {"x": "y"}})


def test_all_any_and_not(holds: Callable[[When, Any], bool]) -> None:
    yes, no = on(ValueTest("present")), on(ValueTest("absent"))
    body = {"a": "x"}
    assert holds(All((yes, yes)), body)
    assert not holds(All((yes, no)), body)
    assert holds(AnyOf((no, yes)), body)
    assert not holds(AnyOf((no, no)), body)
    assert holds(Not(no), body)
    assert not holds(Not(AnyOf((no, yes))), body)


WORDS = st.sampled_from(["", " ", "a", " a", "b", "ab", "no"])
TESTS = st.builds(
    lambda kind, words, negated: ValueTest(
        kind, () if kind in ("present", "absent") else tuple(words[:1] if kind == "matches" else words), negated
    ),
    st.sampled_from(["present", "absent", "equals", "matches"]),
    st.lists(st.sampled_from(["a", "b", "no"]), min_size=1, max_size=2),
    st.booleans(),
)


@given(test=TESTS, values=st.lists(WORDS, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_test_is_its_plain_meaning(test: ValueTest, values: list[str], holds: Callable[[When, Any], bool]) -> None:
    passing = {
        "present": lambda value: bool(value.strip()),
        "absent": lambda value: bool(value.strip()),
        "equals": lambda value: value.strip() in test.words,
        "matches": lambda value: test.words[0] in value,
    }[test.kind]
    wanted = any(map(passing, values)) is not (test.kind == "absent")
    assert holds(on(test, "b[]"), {"b": values}) is (wanted is not test.negated)


def test_a_pattern_that_backtracks_elsewhere_is_linear() -> None:
    assert regex_problem("(a+)+$") is None
    assert not searcher("^(a+)+$")("a" * 50_000 + "b")


@pytest.mark.parametrize("pattern", ["(", "[a", "a**", r"(a)\1", "(?<=a)b", "a" * (PATTERN_LIMIT + 1), "a{1,9999}"])
def test_patterns_that_cannot_be_used_say_why(pattern: str) -> None:
    assert regex_problem(pattern)


def test_patterns_know_japanese() -> None:
    assert searcher(r"^\p{Han}+$")("東京")
    assert not searcher(r"^\p{Han}+$")("とうきょう")
    assert searcher("明治[0-9０-９]+年")("明治３年")
