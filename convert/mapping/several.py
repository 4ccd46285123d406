"""Rules with several values, readings or objects, quickly: what the interpreter would give where it has nothing to say.

Each becomes one generated function (body, context) → list of values. It raises :class:`~convert.mapping.bind.Odd` where
anything is to be said. The rules inside a rule stand in its function, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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
    Ref,
    Rule,
    Template,
    VarRef,
    When,
    Zip,
)
from convert.model import Changed, Text

if TYPE_CHECKING:
    from convert.mapping.compile import Compiler

Lister = Callable[[Any, Context], list[Any]]
LOOPS = 12
"""Loops that may stand in each other: Python itself allows 20 blocks."""


class Unfit(Exception):  # noqa: N818 - not an error
    """A rule that needs the interpreter."""


def lister(compiler: Compiler, rule: Rule) -> Lister | None:
    """The function of a rule, or None when it needs the interpreter."""
    name, writer = f"list{rule.number}", Writer(compiler)
    try:
        found = writer.rule(rule, 1, "body", 0)
    except Unfit:
        return None
    code = "\n".join([f"def {name}(body, context):", *writer.lines, f"    return {found}", ""])
    compiler.written[rule.number] = code
    made: Lister = compiler.executed(code, f"list {rule.place} {rule.number}", name)
    return made


class Writer:
    """Writes the lines of one function. ``b`` is the variable of the body or node that a rule reads from."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.lines: list[str] = []

    def line(self, depth: int, text: str) -> None:
        """One line."""
        self.lines.append("    " * depth + text)

    def rule(self, rule: Rule, depth: int, b: str, loops: int) -> str:
        """Lines that leave a rule's values in a variable; answers its name. ``loops``: so many stand around it."""
        x = f"x{rule.number}"
        objects = isinstance(rule.source, ObjectOf | Each)
        if objects and (rule.do or rule.split is not None or rule.number in self.compiler.coercers):
            raise Unfit
        if rule.when is not None and not isinstance(rule.source, Each):
            self.line(depth, f"{x} = []")
            self.line(depth, f"if {self._when(rule, rule.when, b, inner=rule.inner)}:")
            depth += 1
        self._source(rule, depth, b, x, loops)
        y = self.rule(rule.yomi, depth, b, loops) if rule.yomi is not None else None
        self._default(rule, depth, x, y)
        if not objects and (y is not None or rule.lang is not None or rule.type is not None):
            told = self._bind("told", rule, partial(described, rule))
            self.line(depth, f"if {x}{f' or {y}' if y else ''}: {x} = {told}({x}, {y or '()'})")
        if rule.required:
            self.line(depth, f"if not {x}: raise Odd")
        if rule.max is not None:
            self.line(depth, f"if len({x}) > {rule.max}: raise Odd")
        return x

    def _bind(self, word: str, rule: Rule, thing: Any) -> str:
        return self.compiler.bind(f"{word}_", rule.number, thing)

    def _when(self, rule: Rule, when: When, b: str, *, inner: bool) -> str:
        return f"{self._bind('when', rule, self.compiler.binding.predicate(when, inner=inner))}({b}, context)"

    def _default(self, rule: Rule, depth: int, x: str, y: str | None) -> None:
        """What stands where there is no value."""
        if rule.default is None:
            return
        coerce = self.compiler.coercers.get(rule.number)
        made = rule.default if coerce is None else coerce(rule.default)
        self.line(depth, f"if not {x}:")
        if isinstance(made, Changed):
            self.line(depth + 1, "raise Odd")
            return
        if y is not None:
            self.line(depth + 1, f"if {y}: raise Odd")
        self.line(depth + 1, f"{x} = [{self._bind('default', rule, made)}]")

    # ── Sources ──────────────────────────────────────────────────────────────────────────────────

    def _source(self, rule: Rule, depth: int, b: str, x: str, loops: int) -> None:
        """The values of a rule's source through its steps."""
        match rule.source:
            case From(ref):
                self._texts(rule, ref, depth, b, x)
            case Const(text):
                self._const(rule, text, depth, x)
            case FirstOf(rules):
                self._first_of(rules, depth, b, x, loops)
                self._through(rule, depth, x)
            case Join(rules, text):
                self._join(rules, text, depth, b, x, loops)
                self._through(rule, depth, x)
            case Template(parts, _):
                self._template(rule, parts, depth, b, x)
                self._through(rule, depth, x)
            case ObjectOf(members):
                o = self._object(rule, members, depth, b, loops)
                self.line(depth, f"{x} = [{o}] if {o} else []")
            case Each():
                self._each(rule, rule.source, depth, b, x, loops)
            case _:
                raise Unfit

    def _read(self, rule: Rule, ref: Ref, b: str) -> str:
        """The expression for every text of a reference."""
        if isinstance(ref, VarRef):
            if ref.name == "id":
                return "(context.id,)"
            return f"({self.compiler.binding.mapping.variables[ref.name]!r},)"
        selector = self.compiler.binding.selector(ref, inner=rule.inner)
        return f"{self._bind('read', rule, selector.values)}({'context.body' if ref.up else b})"

    def _texts(self, rule: Rule, ref: Ref, depth: int, b: str, x: str) -> None:
        many = self._by_list(rule)
        self.line(depth, f"{x} = []")
        self.line(depth, f"for v in {self._read(rule, ref, b)}:")
        self.line(depth + 1, "if v.__class__ is not str: raise Odd")
        self.line(depth + 1, f"if v and not v.isspace(): {f'{x}.append(v)' if many else self._adds(rule, x)}")
        if many:
            self._through(rule, depth, x)

    def _adds(self, rule: Rule, x: str) -> str:
        """What puts the value, or the pieces, of the text ``v`` to the others."""
        if rule.split is not None:
            return f"{x} += {self._one(rule, 'v')} or ()"
        return f"{x}.append({self._one(rule, 'v')})"

    def _const(self, rule: Rule, text: str, depth: int, x: str) -> None:
        if rule.split is not None or self._by_list(rule):
            self.line(depth, f"{x} = [{text!r}]")
            self._through(rule, depth, x)
            return
        found = self.compiler.settled(rule, text)
        self.line(depth, "raise Odd" if found is None else f"{x} = [{self._bind('const', rule, found[0])}]")

    def _first_of(self, rules: Sequence[Rule], depth: int, b: str, x: str, loops: int) -> None:
        for number, inner in enumerate(rules):
            if number:
                self.line(depth, f"if not {x}:")
            deeper = depth + 1 if number else depth
            self.line(deeper, f"{x} = {self.rule(inner, deeper, b, loops)}")

    def _join(self, rules: Sequence[Rule], text: str, depth: int, b: str, x: str, loops: int) -> None:
        if any(inner.lang or inner.type or inner.objects or inner.readings or _knows_more(inner) for inner in rules):
            raise Unfit
        parts = []
        for inner in rules:
            parts.append(self.rule(inner, depth, b, loops))
        self.line(depth, f"{x} = {' + '.join(parts)}")
        self.line(depth, f"if {x}: {x} = [{text!r}.join({x})]")

    def _template(self, rule: Rule, parts: Sequence[str | PathRef | VarRef], depth: int, b: str, x: str) -> None:
        """A template whose parts have one text each; what has several is for the interpreter."""
        pieces, tests = [], []
        for number, part in enumerate(parts):
            if isinstance(part, str):
                pieces.append(part.replace("{", "{{").replace("}", "}}"))
                continue
            pieces.append(f"{{v{number}}}")
            tests.append(f"(v{number} := {self._read(rule, part, b)}) and (v{number} := alone(v{number}))")
        made = f"[f{''.join(pieces)!r}]"
        self.line(depth, f"{x} = {made} if {' and '.join(tests)} else []" if tests else f"{x} = {made}")

    def _object(self, rule: Rule, members: Sequence[tuple[str, Rule]], depth: int, b: str, loops: int) -> str:
        """Lines that fill a dictionary: member name → values; members without a value are left out."""
        o = f"o{rule.number}"
        self.line(depth, f"{o} = {{}}")
        for name, inner in members:
            found = self.rule(inner, depth, b, loops)
            self.line(depth, f"if {found}: {o}[{name!r}] = {found}")
        return o

    def _each(self, rule: Rule, source: Each, depth: int, b: str, x: str, loops: int) -> None:
        """An object for every node at a path that the condition holds for."""
        if loops >= LOOPS:
            raise Unfit
        nodes = self._bind("nodes", rule, self.compiler.binding.selector(source.ref, inner=rule.inner).nodes)
        n = f"n{rule.number}"
        self.line(depth, f"{x} = []")
        self.line(depth, f"for {n} in {nodes}({'context.body' if source.ref.up else b}):")
        if rule.when is not None:
            self.line(depth + 1, f"if not {self._when(rule, rule.when, n, inner=True)}: continue")
        o = self._object(rule, source.members, depth + 1, n, loops + 1)
        self.line(depth + 1, f"if {o}: {x}.append({o})")

    # ── Steps ────────────────────────────────────────────────────────────────────────────────────

    def _by_list(self, rule: Rule) -> bool:
        """Whether a step is more than from one text to one."""
        return not all(isinstance(step, LookupStep) or step.kind == "value" for step in rule.do)

    def _one(self, rule: Rule, text: str) -> str:
        """The expression for the value, or with ``split`` the pieces, of a text."""
        if not (rule.do or rule.split is not None or rule.number in self.compiler.coercers):
            return text
        return f"{self._bind('memo', rule, self.compiler.memory(rule))}[{text}]"

    def _through(self, rule: Rule, depth: int, x: str) -> None:
        """The values in ``x`` through split, steps and coercion."""
        if not rule.do and rule.split is None and rule.number not in self.compiler.coercers:
            return
        if _knows_more(rule):
            raise Unfit
        if self._by_list(rule):
            if rule.yomi is not None:
                raise Unfit
            self.line(depth, f"if {x}: {x} = {self._bind('through', rule, step_by_step(self.compiler, rule))}({x})")
        elif rule.split is not None:
            self.line(depth, f"{x} = [p for v in {x} for p in {self._one(rule, 'v')} or ()]")
        else:
            self.line(depth, f"if {x}: {x} = [{self._one(rule, 'v')} for v in {x}]")


def _knows_more(rule: Rule) -> bool:
    """Whether a rule's source gives values with readings, a language or a type already."""
    match rule.source:
        case Zip():
            return True
        case FirstOf(rules):
            return any(inner.yomi or inner.lang or inner.type or _knows_more(inner) for inner in rules)
    return False


# ── What the functions call ──────────────────────────────────────────────────────────────────────


def described(rule: Rule, values: list[Any], readings: Sequence[Any]) -> list[Any]:
    """Values with their readings, language and type."""
    if not readings:
        if rule.lang is None and rule.type is None:
            return values
        return [value if value.__class__ is Text else Text(value, None, rule.lang, rule.type) for value in values]
    if len(readings) != len(values) or any(value.__class__ is Text for value in (*values, *readings)):
        raise Odd
    return [Text(value, yomi, rule.lang, rule.type) for value, yomi in zip(values, readings, strict=True)]


def step_by_step(compiler: Compiler, rule: Rule) -> Callable[[list[Any]], list[Any]]:
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


def alone(values: Sequence[Any]) -> str:
    """The one text that says something; empty where there is none."""
    if len(values) == 1 and values[0].__class__ is str:
        only: str = values[0]
        return "" if only.isspace() else only
    found = said(values)
    if len(found) > 1:
        raise Odd
    return found[0] if found else ""


def said(values: Sequence[Any]) -> list[str]:
    """The texts that say something; what is no text needs a word."""
    found = []
    for value in values:
        if value.__class__ is not str:
            raise Odd
        if value and not value.isspace():
            found.append(value)
    return found


def of_texts(compiler: Compiler, rule: Rule) -> Callable[[Any], list[Any] | None]:
    """A function from the texts at a rule's path to its values; None instead of no value."""
    one: Callable[[str], Any] = compiler.names[compiler.value(rule)]
    split, most, needed = rule.split is not None, rule.max, rule.required or rule.default is not None

    def values(found: Any) -> list[Any] | None:
        if found.__class__ is not list:
            raise Odd
        made = [one(text) for text in said(found)]
        if split:
            made = [value for pieces in made for value in pieces or ()]
        if (needed and not made) or (most is not None and len(made) > most):
            raise Odd
        return made or None

    return values
