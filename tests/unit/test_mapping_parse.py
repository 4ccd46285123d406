"""The parser and what runs its rules know every word of the grammar."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from convert.mapping import grammar, interpret, parse
from convert.mapping.explain import Explainer
from convert.mapping.model import (
    All,
    AnyOf,
    Call,
    Const,
    Each,
    FirstOf,
    From,
    Join,
    LookupStep,
    Not,
    ObjectOf,
    PathRef,
    PathTest,
    Rule,
    Template,
    VarRef,
    Zip,
)
from convert.mapping.model import Test as ValueTest

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "mapping: 1\nid: test\nsource: {format: jsonl}\ntarget: {format: jsonl}\nrecord: {id: id}\n"
MODELS = {
    "from": From, "const": Const, "template": Template, "first_of": FirstOf, "join": Join, "each": Each,
    "object": ObjectOf, "zip": Zip,
}  # fmt: skip


def rule_of(load: Callable[[str], Any], text: str, more: str = "") -> Rule:
    mapping = load(f"{HEAD}fields:\n  x: {text}\n{more}")
    [(_, [rule])] = mapping.fields
    assert isinstance(rule, Rule)
    return rule


# ── Guards: a word of the grammar is a word of the code ──────────────────────────────────────────


def matched(function: Any) -> set[str]:
    """The class names that a function's ``match`` has cases for."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        node.cls.id for node in ast.walk(tree) if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name)
    }


@pytest.mark.parametrize("word", [key.name for key in grammar.RULE_SOURCES])
def test_every_source_is_parsed_run_and_explained(word: str) -> None:
    assert callable(getattr(parse.Parser, f"source_{word}"))
    name = MODELS[word].__name__
    assert name in matched(interpret.Interpreter._source)
    assert name in matched(Explainer.source)


def test_the_models_are_all_there_is() -> None:
    assert set(MODELS) == {key.name for key in grammar.RULE_SOURCES}
    assert matched(interpret.Interpreter._source) == {model.__name__ for model in MODELS.values()}


PARTS: dict[str, tuple[str, Any]] = {
    "do": ("nfkc", (Call("nfkc", "value"),)),
    "split": ("';'", ";"),
    "when": ("{a: b}", PathTest),
    "default": ("text", "text"),
    "yomi": ("b", Rule),
    "lang": ("ja", "ja"),
    "type": ("kind", "kind"),
    "label": ("[one, two]", ("one", "two")),
    "required": ("true", True),
    "max": ("3", 3),
    "note": ("a note", "a note"),
}


@pytest.mark.parametrize("key", [key.name for key in grammar.RULE_PARTS])
def test_every_part_of_a_rule_is_parsed(key: str, load: Callable[[str], Any]) -> None:
    text, wanted = PARTS[key]
    rule = rule_of(load, f"{{from: a, {key}: {text}}}")
    found = getattr(rule, {"label": "labels"}.get(key, key))
    assert isinstance(found, wanted) if isinstance(wanted, type) else found == wanted


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


def test_a_path_alone_is_from(load: Callable[[str], Any]) -> None:
    assert rule_of(load, "a.b").source == From(PathRef("a.b"))
    assert rule_of(load, "{from: a.b}").source == From(PathRef("a.b"))
    assert rule_of(load, "$id").source == From(VarRef("id"))


def test_several_rules_append_in_order(load: Callable[[str], Any]) -> None:
    mapping = load(f"{HEAD}fields:\n  x: [a, {{const: b}}, {{from: c}}]\n")
    [(_, rules)] = mapping.fields
    assert [rule.source for rule in rules] == [From(PathRef("a")), Const("b"), From(PathRef("c"))]


def test_numbers_are_unique_nested_rules_included(load: Callable[[str], Any]) -> None:
    from convert.mapping.bind import every_rule

    mapping = load(
        f"{HEAD}fields:\n  x: [{{first_of: [a, {{join: {{of: [b, c], with: x}}}}], yomi: d}}, e]\n"
        "  y: {each: f, object: {g: h, i: {object: {j: ^k}}}}\n"
    )
    numbers = [rule.number for rule in every_rule([mapping.id_rule, *mapping.rules])]
    assert len(numbers) == len(set(numbers)) == 12


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a{b}c", ("a", PathRef("b"), "c")),
        ("{b}{$id}", (PathRef("b"), VarRef("id"))),
        ("{{{b}}}", ("{", PathRef("b"), "}")),
        ("plain", ("plain",)),
        ("{creators[].name}さん", (PathRef("creators[].name"), "さん")),
        ("}}{{", ("}{",)),
    ],
)
def test_templates(text: str, parts: tuple[Any, ...], load: Callable[[str], Any]) -> None:
    assert rule_of(load, f'{{template: "{text}"}}').source == Template(parts, text)


def test_up_reaches_the_record_inside_each(load: Callable[[str], Any]) -> None:
    rule = rule_of(load, '{each: a, when: {^b: c, d: e}, object: {f: ^g, h: {template: "{^i}{j}"}}}')
    assert isinstance(rule.source, Each)
    members = dict(rule.source.members)
    assert members["f"].source == From(PathRef("g", up=True))
    assert members["h"].source == Template((PathRef("i", up=True), PathRef("j")), "{^i}{j}")
    assert isinstance(rule.when, All)
    assert [part.ref for part in rule.when.parts if isinstance(part, PathTest)] == [PathRef("b", up=True), PathRef("d")]


def test_steps_and_defs(load: Callable[[str], Any]) -> None:
    rule = rule_of(
        load,
        "{from: a, do: [clean, {lookup: t}, {fullwidth: {ascii: true}}, {fullwidth: }, {split: ';'}]}",
        "defs: {clean: [trim, narrow], narrow: {nfkc: }}\nlookups: {t: {values: {a: b}}}\n",
    )
    assert rule.do == (
        Call("trim", "value"),
        Call("nfkc", "value"),
        LookupStep("t"),
        Call("fullwidth", "value", (("ascii", True),)),
        Call("fullwidth", "value"),
        Call("split", "expand", (("separator", ";"),)),
    )


def test_a_def_may_be_named_like_a_transform(load: Callable[[str], Any]) -> None:
    rule = rule_of(load, "{from: a, do: trim}", "defs: {trim: [nfkc]}\n")
    assert rule.do == (Call("nfkc", "value"),)


# ── Conditions ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("present", ValueTest("present")),
        ("absent", ValueTest("absent")),
        ("公開", ValueTest("equals", ("公開",))),
        ("' 公開 '", ValueTest("equals", ("公開",))),
        ("[a, b]", ValueTest("equals", ("a", "b"))),
        ("no", ValueTest("equals", ("no",))),
        ("0120", ValueTest("equals", ("0120",))),
        ("{equals: present}", ValueTest("equals", ("present",))),
        ("{equals: [a, b]}", ValueTest("equals", ("a", "b"))),
        ("{matches: '^a+$'}", ValueTest("matches", ("^a+$",))),
        ("{not: a}", ValueTest("equals", ("a",), negated=True)),
        ("{not: present}", ValueTest("present", (), negated=True)),
        ("{not: {not: {matches: a}}}", ValueTest("matches", ("a",))),
    ],
)
def test_tests(text: str, test: ValueTest, load: Callable[[str], Any]) -> None:
    when = rule_of(load, f"{{from: a, when: {{b: {text}}}}}").when
    assert isinstance(when, PathTest)
    assert (when.ref, when.test) == (PathRef("b"), test)


def shape(when: Any) -> Any:
    match when:
        case All(parts):
            return ["all", *map(shape, parts)]
        case AnyOf(parts):
            return ["any", *map(shape, parts)]
        case Not(part):
            return ["not", shape(part)]
    return when.ref.path if isinstance(when.ref, PathRef) else f"${when.ref.name}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{a: x, b: y}", ["all", "a", "b"]),
        ("{all: [{a: x}, {b: y}]}", ["all", "a", "b"]),
        ("{any: [{a: x, c: z}, {b: y}]}", ["any", ["all", "a", "c"], "b"]),
        ("{not: {a: x}}", ["not", "a"]),
        ("{not: {any: [{a: x}, {not: {b: y}}]}, c: z}", ["all", ["not", ["any", "a", ["not", "b"]]], "c"]),
        ("{all: x}", "all"),
        ("{not: x}", "not"),
        ("{$id: x}", "$id"),
    ],
)
def test_conditions(text: str, wanted: Any, load: Callable[[str], Any]) -> None:
    """A column may be called all, any or not: then a test stands under it."""
    assert shape(rule_of(load, f"{{from: a, when: {text}}}").when) == wanted
