"""Rules with several values, readings or objects, quickly: what the interpreter would give where it has nothing to say.

A *lister* is a function (body, context) → list of values, made of closures. It raises
:class:`~convert.mapping.bind.Odd` where anything is to be said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import Context, Odd, step_function
from convert.mapping.model import (
    Call,
    Const,
    Each,
    FirstOf,
    From,
    Join,
    LookupStep,
    ObjectOf,
    PathRef,
    Rule,
    Template,
    VarRef,
    Zip,
)
from convert.model import Changed, Text

if TYPE_CHECKING:
    from convert.mapping.compile import Compiler

Lister = Callable[[Any, Context], list[Any]]
_TO_SAY = object()
"""A default about which there is something to say."""
Through = Callable[[list[Any]], list[Any]]


def lister(compiler: Compiler, rule: Rule) -> Lister | None:
    """The lister of a rule, or None when it needs the interpreter."""
    source, through, default = _source(compiler, rule), _through(compiler, rule), _default(compiler, rule)
    readings = None if rule.yomi is None else lister(compiler, rule.yomi)
    if source is None or through is None or (rule.yomi is not None and readings is None):
        return None
    described = rule.lang is not None or rule.type is not None or readings is not None
    objects = isinstance(rule.source, ObjectOf | Each)
    finish = _finish(rule, default=False)
    predicate = None
    if rule.when is not None and not isinstance(rule.source, Each):
        predicate = compiler.binding.predicate(rule.when, inner=rule.inner)

    def values(body: Any, context: Context) -> list[Any]:
        if predicate is not None and not predicate(body, context):
            return []
        found = through(source(body, context))
        told = readings(body, context) if readings is not None else []
        if default is not None and not found:
            if default is _TO_SAY or told:
                raise Odd
            found = [default]
        if described and not objects:
            found = _described(rule, found, told)
        return finish(found)

    return values


def _described(rule: Rule, values: list[Any], readings: list[Any]) -> list[Any]:
    """Values with their readings, language and type."""
    if not readings:
        if rule.lang is None and rule.type is None:
            return values
        return [value if value.__class__ is Text else Text(value, None, rule.lang, rule.type) for value in values]
    if len(readings) != len(values) or any(value.__class__ is Text for value in (*values, *readings)):
        raise Odd
    return [Text(value, yomi, rule.lang, rule.type) for value, yomi in zip(values, readings, strict=True)]


def _default(compiler: Compiler, rule: Rule) -> Any:
    """What stands where there is no value; None where there is no default."""
    coerce = compiler.coercers.get(rule.number)
    if rule.default is None or coerce is None:
        return rule.default
    made = coerce(rule.default)
    return _TO_SAY if isinstance(made, Changed) else made


def _through(compiler: Compiler, rule: Rule) -> Through | None:
    """Values through split, steps and coercion."""
    if not rule.do and rule.split is None and rule.number not in compiler.coercers:
        return lambda values: values
    if isinstance(rule.source, ObjectOf | Each) or _texts_know_more(rule):
        return None
    if not all(isinstance(step, LookupStep) or step.kind == "value" for step in rule.do):
        return None if rule.yomi is not None else _step_by_step(compiler, rule)
    one: Callable[[str], Any] = compiler.remembered(rule)
    split = rule.split is not None
    return lambda values: gathered(one, values, split=split)


def _texts_know_more(rule: Rule) -> bool:
    """Whether a rule's source gives values with readings, a language or a type already."""
    match rule.source:
        case Zip():
            return True
        case FirstOf(rules):
            return any(inner.yomi or inner.lang or inner.type or _texts_know_more(inner) for inner in rules)
    return False


def _step_by_step(compiler: Compiler, rule: Rule) -> Through:
    """Steps from one to many, and over all values."""
    lookups = compiler.binding.mapping.lookups
    steps: list[tuple[str, Callable[[Any], Any]]] = []
    for step in rule.do:
        if isinstance(step, Call):
            steps.append((step.kind, step_function(step)))
        else:
            steps.append(("value", lookups[step.table].values.get))
    coerce, separator = compiler.coercers.get(rule.number), rule.split

    def through(values: list[Any]) -> list[Any]:
        if separator is not None:
            values = [piece for value in values for part in value.split(separator) if (piece := part.strip())]
        for kind, function in steps:
            values = list(function(values)) if kind == "list" else [a for v in values for a in _answers(function(v))]
        return values if coerce is None else [_kept(coerce(value)) for value in values]

    return through


def _answers(answer: Any) -> Sequence[Any]:
    """What a step made of a value: one, or several; none is for the interpreter."""
    if answer.__class__ is str and answer:
        return (answer,)
    if not answer or answer.__class__ is Changed:
        raise Odd
    found = [one for one in answer if one]
    if not found:
        raise Odd
    return found


def _kept(value: Any) -> Any:
    if value.__class__ is Changed:
        raise Odd
    return value


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


def _finish(rule: Rule, *, default: bool = True) -> Callable[[list[Any]], list[Any]]:
    """Whether there is a value too many, or none where one has to be."""
    most, needed = rule.max, rule.required or (default and rule.default is not None)
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
        case From(ref):
            fetch = compiler.binding.fetch(ref, inner=rule.inner)
            return lambda body, context: said(fetch(body, context))
        case Const(text):
            return lambda body, context: [text]
        case FirstOf(rules):
            inside = _all(compiler, rules)
            return _first_of(inside) if inside else None
        case Join(rules, text):
            inside = _all(compiler, rules)
            more = any(inner.yomi or inner.lang or inner.type or inner.objects for inner in rules)
            return _joined(inside, text) if inside and not more else None
        case Template(parts, _):
            return _template(compiler, rule, parts)
        case ObjectOf(members):
            made = _object(compiler, members)
            return None if made is None else lambda body, context: [found] if (found := made(body, context)) else []
        case Each():
            return _each(compiler, rule, rule.source)
    return None


def _object(compiler: Compiler, members: Sequence[tuple[str, Rule]]) -> Callable[[Any, Context], dict[str, Any]] | None:
    """A function from a body or node to member name → values; members without a value are left out."""
    listers = [(name, lister(compiler, rule)) for name, rule in members]
    if any(inside is None for _, inside in listers):
        return None
    made = [(name, inside) for name, inside in listers if inside is not None]

    def one(body: Any, context: Context) -> dict[str, Any]:
        return {name: values for name, inside in made if (values := inside(body, context))}

    return one


def _each(compiler: Compiler, rule: Rule, source: Each) -> Lister | None:
    """An object for every node at a path that the condition holds for."""
    one = _object(compiler, source.members)
    if one is None:
        return None
    nodes, up = compiler.binding.selector(source.ref, inner=rule.inner).nodes, source.ref.up
    when = None if rule.when is None else compiler.binding.predicate(rule.when, inner=True)

    def objects(body: Any, context: Context) -> list[Any]:
        chosen = nodes(context.body if up else body)
        return [found for node in chosen if (when is None or when(node, context)) and (found := one(node, context))]

    return objects


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


def _template(compiler: Compiler, rule: Rule, parts: Sequence[str | PathRef | VarRef]) -> Lister:
    """A template whose parts have one text each; what has several is for the interpreter."""
    fetch_one = compiler.binding.fetch
    fetches = [part if isinstance(part, str) else fetch_one(part, inner=rule.inner) for part in parts]

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
