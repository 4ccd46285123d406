"""Rules with several values, quickly: what the interpreter would give where it has nothing to say.

A *lister* is a function (body, context) → list of values, made of closures. It raises
:class:`~convert.mapping.compile.Odd` where anything is to be said. Rules whose values know more than their text
(readings, objects, languages) and steps over whole lists have none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import Context
from convert.mapping.compile import Odd
from convert.mapping.model import FirstOf, From, Join, LookupStep, PathRef, Rule, Template, VarRef

if TYPE_CHECKING:
    from convert.mapping.compile import Compiler

Lister = Callable[[Any, Context], list[Any]]


def lister(compiler: Compiler, rule: Rule) -> Lister | None:
    """The lister of a rule, or None when it needs the interpreter."""
    texts = _plain(rule) and _source(compiler, rule)
    if not texts:
        return None
    one: Callable[[str], Any] = compiler.names[compiler.value(rule)]
    finish = _finish(rule)
    plain = not rule.do and rule.split is None and rule.number not in compiler.coercers
    predicate = None if rule.when is None else compiler.binding.predicate(rule.when, inner=False)

    def values(body: Any, context: Context) -> list[Any]:
        if predicate is not None and not predicate(body, context):
            return []
        found = texts(body, context)
        return finish(found if plain else gathered(one, found, split=rule.split is not None))

    return values


def of_texts(compiler: Compiler, rule: Rule) -> Callable[[Any], list[Any] | None]:
    """A function from the texts at a rule's path to its values; None instead of no value."""
    one: Callable[[str], Any] = compiler.names[compiler.value(rule)]
    finish, split = _finish(rule), rule.split is not None

    def values(found: Any) -> list[Any] | None:
        if found.__class__ is not list:
            raise Odd
        return finish(gathered(one, said(found), split=split)) or None

    return values


def gathered(one: Callable[[str], Any], texts: Sequence[str], *, split: bool) -> list[Any]:
    """The values of several texts; ``split``: each text gives a list."""
    if split:
        return [value for text in texts for value in one(text) or ()]
    return [one(text) for text in texts]


def said(values: Sequence[Any]) -> list[str]:
    """The texts that say something; what is no text needs a word."""
    found = []
    for value in values:
        if value.__class__ is not str:
            raise Odd
        if value and not value.isspace():
            found.append(value)
    return found


def _plain(rule: Rule) -> bool:
    steps = all(isinstance(step, LookupStep) or step.kind == "value" for step in rule.do)
    return steps and rule.yomi is None and rule.lang is None and rule.type is None and not rule.objects


def _finish(rule: Rule) -> Callable[[list[Any]], list[Any]]:
    """Whether there is a value too many, or none where one has to be."""
    most, needed = rule.max, rule.required or rule.default is not None
    if most is None and not needed:
        return lambda values: values

    def finish(values: list[Any]) -> list[Any]:
        if (needed and not values) or (most is not None and len(values) > most):
            raise Odd
        return values

    return finish


def _source(compiler: Compiler, rule: Rule) -> Lister | None:
    """The texts of a rule's source."""
    match rule.source:
        case From(ref) if isinstance(ref, PathRef) and not ref.up and not rule.inner:
            fetch = compiler.binding.selector(ref, inner=False).values
            return lambda body, context: said(fetch(body))
        case FirstOf(rules):
            inside = _all(compiler, rules)
            return _first_of(inside) if inside else None
        case Join(rules, text):
            inside = _all(compiler, rules)
            return _joined(inside, text) if inside else None
        case Template(parts, _) if not rule.inner:
            return _template(compiler, parts)
    return None


def _all(compiler: Compiler, rules: Sequence[Rule]) -> list[Lister] | None:
    found = [lister(compiler, rule) for rule in rules]
    return [one for one in found if one is not None] if None not in found else None


def _first_of(listers: Sequence[Lister]) -> Lister:
    def texts(body: Any, context: Context) -> list[Any]:
        for one in listers:
            if found := one(body, context):
                return found
        return []

    return texts


def _template(compiler: Compiler, parts: Sequence[str | PathRef | VarRef]) -> Lister | None:
    """A template whose parts have one text each; what has several is for the interpreter."""
    fetches: list[str | Callable[[Any, Context], list[Any]]] = []
    for part in parts:
        if isinstance(part, PathRef) and part.up:
            return None
        fetches.append(part if isinstance(part, str) else compiler.binding.fetch(part, inner=False))

    def texts(body: Any, context: Context) -> list[Any]:
        pieces = []
        for fetch in fetches:
            if isinstance(fetch, str):
                pieces.append(fetch)
                continue
            found = said(fetch(body, context))
            if not found:
                return []
            if len(found) > 1:
                raise Odd
            pieces += found
        return ["".join(pieces)]

    return texts


def _joined(listers: Sequence[Lister], text: str) -> Lister:
    def texts(body: Any, context: Context) -> list[Any]:
        parts = [value for one in listers for value in one(body, context)]
        return [text.join(parts)] if parts else []

    return texts
