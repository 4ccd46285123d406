"""Compile a mapping's rules into one function over the record's body.

Rules that are one value through value steps are inlined; the inlined code only ever produces clean values.
Whatever else happens (a refusal, a miss, a changed value, a rule with many values) is handed to the
interpreter, which knows what to say. ``mapping explain --code`` prints the function.

A dispatch over closures was measured too: three times the engine time of the generated function.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import Binding, Context, step_function
from convert.mapping.model import Call, Const, From, LookupStep, PathRef, Rule, Template, VarRef
from convert.model import ORIGIN_STEP, Changed

if TYPE_CHECKING:
    from convert.formats.base import Coercer, Selector
    from convert.mapping.interpret import Interpreter

MEMO_SIZE = 4096
MEMO_LENGTH = 64
"""Results are remembered for values up to this length, up to so many per rule: columns with few values hit."""

Fields = Callable[[Any, Context], tuple[dict[str, list[Any]], dict[str, list[int]]]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The function, its text, and the one rule behind each target that has only one value at most."""

    function: Fields
    code: str
    single: dict[str, Rule]


class Compiler:
    """Writes the function for one list of rules on one source."""

    def __init__(self, binding: Binding, interpreter: Interpreter, coercers: Mapping[int, Coercer]) -> None:
        self.binding = binding
        self.interpreter = interpreter
        self.coercers = coercers
        self.names: dict[str, Any] = {"Changed": Changed}
        self.lines: list[str] = []

    def compile(self, rules: Sequence[Rule], name: str) -> Compiled:
        """One function that fills every target of ``rules``, in order."""
        by_target: dict[str, list[Rule]] = {}
        for rule in rules:
            by_target.setdefault(rule.target, []).append(rule)
        single = {target: found[0] for target, found in by_target.items() if len(found) == 1 and self.inlines(found[0])}
        self.lines = ["def fields(body, context):", "    out, origins = {}, {}"]
        for rule in rules:
            self.lines.append(f"    # {rule.number} {_comment(rule.target)}  {_comment(rule.place)}")
            if rule.target in single:
                self.inline(rule)
            else:
                self.line(1, f"{self.slow(rule)}(body, context, out, origins)")
        self.lines.append("    return out, origins")
        code = "\n".join(self.lines) + "\n"
        return Compiled(self._executed(code, name), code, single)

    def _executed(self, code: str, name: str) -> Fields:
        file = f"<plan {name}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec"), self.names)  # noqa: S102 - our own text; names and values enter by repr or binding only
        function: Fields = self.names["fields"]
        return function

    def inlines(self, rule: Rule) -> bool:
        """Whether a rule is one value through value steps."""
        plain = rule.yomi is None and rule.lang is None and rule.type is None and not rule.objects
        split = rule.split is None or isinstance(rule.source, From)
        steps = all(isinstance(step, LookupStep) or step.kind == "value" for step in rule.do)
        return plain and split and steps and self._fetchable(rule)

    def _fetchable(self, rule: Rule) -> bool:
        match rule.source:
            case Const():
                return True
            case From(ref):
                return isinstance(ref, PathRef) and self._expression(ref) is not None
            case Template(parts, _):
                refs = [part for part in parts if not isinstance(part, str)]
                return all(isinstance(ref, VarRef) or self._row(ref) for ref in refs)
        return False

    def _row(self, ref: PathRef) -> bool:
        return self.binding.selector(ref, inner=False).index is not None

    def _expression(self, ref: PathRef) -> str | None:
        """How to read the one value at a path: a row's cell, or a member of an object."""
        selector: Selector = self.binding.selector(ref, inner=False)
        if selector.index is not None:
            return f"body[{selector.index}]"
        key = getattr(selector, "key", None)
        return f"body.get({key!r}, '')" if key is not None else None

    # ── Emitting ─────────────────────────────────────────────────────────────────────────────────

    def line(self, depth: int, text: str) -> None:
        """One line of code."""
        self.lines.append("    " * depth + text)

    def bind(self, word: str, number: int, thing: Any) -> str:
        """A name for an object the code uses."""
        name = f"{word}{number}"
        while name in self.names and self.names[name] is not thing:
            name += "_"
        self.names[name] = thing
        return name

    def slow(self, rule: Rule) -> str:
        """The interpreter's function for a rule; it appends values and origins itself."""
        field, base, target = self.interpreter.field, rule.number * ORIGIN_STEP, rule.target

        def run(body: Any, context: Context, out: dict[str, list[Any]], origins: dict[str, list[int]]) -> None:
            items = field(rule, body, context)
            if items:
                out.setdefault(target, []).extend([item.value for item in items])
                origins.setdefault(target, []).extend([base + item.occurrence for item in items])

        return self.bind("slow", rule.number, run)

    def inline(self, rule: Rule) -> None:
        """The fast path of a rule."""
        depth = 1
        if rule.when is not None:
            predicate = self.binding.predicate(rule.when, inner=False)
            self.line(1, f"if {self.bind('when', rule.number, predicate)}(body, context):")
            depth = 2
        if isinstance(rule.source, Const):
            self.constant(rule, rule.source.text, depth)
        elif isinstance(rule.source, Template):
            self.template(rule, rule.source, depth)
        elif isinstance(rule.source, From) and isinstance(rule.source.ref, PathRef):
            self.path(rule, rule.source.ref, depth)

    def constant(self, rule: Rule, text: str, depth: int) -> None:
        """A constant goes through its steps once, here; if anything is to be said it goes the slow way."""
        value = self._settled(rule, text)
        if value is None:
            self.line(depth, f"{self.slow(rule)}(body, context, out, origins)")
        else:
            self.line(depth, f"out[{rule.target!r}] = [{self.bind('const', rule.number, value[0])}]")

    def _settled(self, rule: Rule, text: str) -> list[Any] | None:
        value: Any = text
        for step in rule.do:
            if isinstance(step, LookupStep):
                value = self.binding.mapping.lookups[step.table].values.get(value)
            else:
                value = step_function(step)(value)
            if not value:
                return None
        coerce = self.coercers.get(rule.number)
        value = coerce(value) if coerce is not None else value
        return None if isinstance(value, Changed) else [value]

    def template(self, rule: Rule, template: Template, depth: int) -> None:
        """A template over cells and variables."""
        pieces, tests, number = [], [], 0
        for part in template.parts:
            if isinstance(part, str):
                pieces.append(repr(part))
            elif isinstance(part, VarRef):
                pieces.append("context.id" if part.name == "id" else repr(self.binding.mapping.variables[part.name]))
                if part.name != "id" and not self.binding.mapping.variables[part.name].strip():
                    tests.append("False")
            else:
                self.line(depth, f"v{number} = {self._expression(part)}")
                pieces.append(f"v{number}")
                tests.append(f"v{number} and not v{number}.isspace()")
                number += 1
        test = " and ".join(tests)
        if test:
            self.line(depth, f"if {test}:")
        self.line(depth + bool(test), f"x = {' + '.join(pieces)}")
        self.finish(rule, depth + bool(test), test=bool(test))

    def path(self, rule: Rule, ref: PathRef, depth: int) -> None:
        """A path with one text at most."""
        self.line(depth, f"v = {self._expression(ref)}")
        text = "v and not v.isspace()"
        word = "if"
        if not self._row(ref):
            self.line(depth, "if v.__class__ is not str:")
            self.line(depth + 1, f"{self.slow(rule)}(body, context, out, origins)")
            word = "elif"
        if rule.split is not None:
            self.line(depth, f"{word} {text}:")
            self.pieces(rule, rule.split, depth + 1)
        elif not rule.do and rule.number not in self.coercers:
            self.line(depth, f"{word} {text}:")
            self.line(depth + 1, f"out[{rule.target!r}] = [v]")
        else:
            memo = self.bind("memo", rule.number, {})
            self.line(depth, f"{word} v in {memo}: out[{rule.target!r}] = [{memo}[v]]")
            self.line(depth, f"elif {text}:")
            self.line(depth + 1, "x = v")
            self.chain(rule, depth + 1, memo)
        self.absent(rule, depth)

    def pieces(self, rule: Rule, separator: str, depth: int) -> None:
        """Each piece of a split value through the steps; one odd piece, and the interpreter does them all."""
        self.line(depth, "xs = []")
        self.line(depth, f"for x in v.split({separator!r}):")
        self.line(depth + 1, "x = x.strip()")
        self.line(depth + 1, "if x:")
        for number, step in enumerate(rule.do):
            call = f"x = {self.step(rule, number, step)}(x)"
            self.line(depth + 2, call if number == 0 else f"if x: {call}")
        self.line(depth + 2, "if not x: break")
        coerce = self.coercers.get(rule.number)
        if coerce is not None:
            self.line(depth + 2, f"x = {self.bind('coerce', rule.number, coerce)}(x)")
            self.line(depth + 2, "if x.__class__ is Changed: break")
        self.line(depth + 2, "xs.append(x)")
        self.line(depth, "else:")
        self.line(depth + 1, f"if xs{'' if rule.max is None else f' and len(xs) <= {rule.max}'}:")
        self.line(depth + 2, f"out[{rule.target!r}] = xs")
        self.line(depth + 2, "v = None")
        self.line(depth, "if v is not None:")
        self.line(depth + 1, f"{self.slow(rule)}(body, context, out, origins)")

    def finish(self, rule: Rule, depth: int, *, test: bool) -> None:
        """The steps after a template."""
        self.chain(rule, depth, None)
        if test:
            self.absent(rule, depth - 1)

    def chain(self, rule: Rule, depth: int, memo: str | None) -> None:
        """Steps and coercion of ``x``; the interpreter takes over when one has something to say."""
        for number, step in enumerate(rule.do):
            call = f"x = {self.step(rule, number, step)}(x)"
            self.line(depth, call if number == 0 else f"if x: {call}")
        coerce = self.coercers.get(rule.number)
        slow = self.slow(rule)
        if rule.do:
            self.line(depth, "if not x:")
            self.line(depth + 1, f"{slow}(body, context, out, origins)")
            self.line(depth, "else:")
            depth += 1
        if coerce is not None:
            self.line(depth, f"x = {self.bind('coerce', rule.number, coerce)}(x)")
            self.line(depth, "if x.__class__ is Changed:")
            self.line(depth + 1, f"{slow}(body, context, out, origins)")
            self.line(depth, "else:")
            depth += 1
        self.line(depth, f"out[{rule.target!r}] = [x]")
        if memo is not None:
            self.line(depth, f"if len({memo}) < {MEMO_SIZE} and len(v) <= {MEMO_LENGTH}: {memo}[v] = x")

    def step(self, rule: Rule, number: int, step: Call | LookupStep) -> str:
        """The function of one step."""
        if isinstance(step, LookupStep):
            return self.bind(f"lookup{rule.number}_", number, self.binding.mapping.lookups[step.table].values.get)
        return self.bind(f"{step.name.replace('.', '_')}{rule.number}_", number, step_function(step))

    def absent(self, rule: Rule, depth: int) -> None:
        """What a blank means: the default, a missing required value, or nothing."""
        if rule.default is None and not rule.required:
            return
        self.line(depth, "else:")
        self.line(depth + 1, f"{self.slow(rule)}(body, context, out, origins)")


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
