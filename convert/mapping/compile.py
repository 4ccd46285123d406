"""Compile a mapping's rules into functions over the record's body.

Each rule that is one cell through value steps becomes a function of its own, from the text to the clean value;
``fields`` fills every target with them, and ``document`` (see :mod:`convert.mapping.quick`) goes from a record in
which nothing is to be said straight to what is written. Whatever else happens (a refusal, a miss, a changed value, a
rule with many values) raises :class:`Odd` and is handed to the interpreter, which knows what to say.
``mapping explain --code`` prints the functions.

A dispatch over closures was measured too: three times the engine time of the generated functions.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import Binding, Context, Odd, may_remark, step_function
from convert.mapping.model import Call, Const, From, LookupStep, PathRef, Rule, Template, VarRef
from convert.mapping.several import Lister, alone, lister
from convert.model import ORIGIN_STEP, Changed

if TYPE_CHECKING:
    from convert.formats.base import Coercer, Selector
    from convert.mapping.interpret import Interpreter

MEMO_SIZE = 4096
MEMO_LENGTH = 64
"""Results are remembered for values up to this length, up to so many per rule: columns with few values hit."""

Fields = Callable[[Any, Context], tuple[dict[str, list[Any]], dict[str, list[int]]]]
Slow = Callable[[Any, Context], tuple[list[Any], list[int]]]


class Memo(dict[str, Any]):
    """What a rule's function answered, by text. ``asked`` counts how often the function had to be."""

    __slots__ = ("asked", "function")

    def __init__(self, function: Callable[[str], Any]) -> None:
        super().__init__()
        self.function = function
        self.asked = 0

    def __missing__(self, text: str) -> Any:
        self.asked += 1
        found = self.function(text)
        if len(text) <= MEMO_LENGTH and len(self) < MEMO_SIZE:
            self[text] = found
        return found


@dataclass(frozen=True, slots=True)
class Compiled:
    """The function, its text, and the one rule behind each target that has only one value at most."""

    function: Fields
    code: str
    single: dict[str, Rule]


class Compiler:
    """Writes the functions for one list of rules on one source. ``names`` are what the generated code can see.

    ``direct`` are rules by number whose values hardly repeat: their function is called without a memo.
    """

    def __init__(self, binding: Binding, interpreter: Interpreter, coercers: Mapping[int, Coercer]) -> None:
        self.binding = binding
        self.interpreter = interpreter
        self.coercers = coercers
        self.names: dict[str, Any] = {"Changed": Changed, "Odd": Odd, "alone": alone, "handed": handed}
        self.lines: list[str] = []
        self.memos: dict[int, Memo] = {}
        self.direct: set[int] = set()
        self.written: dict[int, str] = {}
        self._values: dict[int, str] = {}
        self._listers: dict[int, Lister | None] = {}

    def compile(self, rules: Sequence[Rule], name: str) -> Compiled:
        """One function that fills every target of ``rules``, in order."""
        by_target: dict[str, list[Rule]] = {}
        for rule in rules:
            by_target.setdefault(rule.target, []).append(rule)
        single = {target: found[0] for target, found in by_target.items() if len(found) == 1 and self.inlines(found[0])}
        self.lines = ["def fields(body, context):", "    out, origins = {}, {}"]
        for rule in rules:
            self.line(1, f"# {rule.number} {comment(rule.target)}  {comment(rule.place)}")
            if rule.target in single and (self.in_row(rule) or not isinstance(rule.source, From)):
                self.inline(rule)
            else:
                self.several(rule, 1, alone=len(by_target[rule.target]) == 1)
        self.line(1, "return out, origins")
        code = "\n".join([*self._values.values(), *self.written.values(), *self.lines]) + "\n"
        return Compiled(self.executed("\n".join(self.lines) + "\n", f"plan {name}", "fields"), code, single)

    def executed(self, code: str, name: str, function: str) -> Any:
        """Run generated code and take a function out of it; a traceback shows its lines."""
        file = f"<{name}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec"), self.names)  # noqa: S102 - our own text; names and values enter by repr or binding only
        return self.names[function]

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

    # ── Names the code uses ──────────────────────────────────────────────────────────────────────

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
        """The interpreter's function for a rule: its values and their origins."""
        field, base = self.interpreter.field, rule.number * ORIGIN_STEP

        def run(body: Any, context: Context) -> tuple[list[Any], list[int]]:
            items = field(rule, body, context)
            return [item.value for item in items], [base + item.occurrence for item in items]

        name = f"slow{rule.number}"
        return name if name in self.names else self.bind("slow", rule.number, run)

    def several(self, rule: Rule, depth: int, *, alone: bool) -> None:
        """A rule's values into ``out``: too few origins where there was nothing to say. ``alone``: no other rule has
        the same target.
        """
        target, quick = repr(rule.target), self.lister(rule)
        slow = f"handed({self.slow(rule)}, {target}, body, context, out, origins)"
        if quick is None:
            self.line(depth, slow)
            return
        self.line(depth, f"try: x = {self.bind('list', rule.number, quick)}(body, context)")
        self.line(depth, f"except Odd: {slow}")
        self.line(depth, "else:")
        if alone:
            self.line(depth + 1, f"if x: out[{target}], origins[{target}] = x, []")
        else:
            self.line(depth + 1, "if x:")
            self.line(depth + 2, f"out.setdefault({target}, []).extend(x)")
            self.line(depth + 2, f"origins.setdefault({target}, [])")

    # ── A rule's own function: text → value, or None where nothing is there ──────────────────────

    def value(self, rule: Rule) -> str:
        """The name of a rule's function."""
        name = f"value{rule.number}"
        if rule.number not in self._values:
            lines = [f"def {name}(v):", f"    # {comment(rule.target)}"]
            lines += [f"    {line}" for line in self._pieces(rule) if rule.split is not None]
            lines += [f"    {line}" for line in self._one(rule) if rule.split is None]
            self._values[rule.number] = code = "\n".join(lines) + "\n"
            self.executed(code, f"value {rule.place} {rule.number}", name)
        return name

    def nothing(self, rule: Rule) -> str:
        """What a blank does: give no value; a default or a missing required one is the interpreter's."""
        return "return None" if rule.default is None and not rule.required else "raise Odd"

    def _one(self, rule: Rule) -> list[str]:
        blank = [] if isinstance(rule.source, Template) else [f"if not v or v.isspace(): {self.nothing(rule)}"]
        return [*blank, *self._chain(rule, "v"), "return v"]

    def _pieces(self, rule: Rule) -> list[str]:
        """Each piece of a split value through the steps."""
        most = [] if rule.max is None else [f"if len(xs) > {rule.max}: raise Odd"]
        return [
            f"if not v or v.isspace(): {self.nothing(rule)}",
            "xs = []",
            f"for x in v.split({rule.split!r}):",
            "    x = x.strip()",
            "    if x:",
            *(f"        {line}" for line in self._chain(rule, "x")),
            "        xs.append(x)",
            f"if not xs: {self.nothing(rule)}",
            *most,
            "return xs",
        ]

    def _chain(self, rule: Rule, x: str) -> list[str]:
        """Steps and coercion of the variable ``x``."""
        lines = []
        for number, step in enumerate(rule.do):
            lines.append(f"{x} = {self._step(rule, number, step, x)}")
            if isinstance(step, Call) and may_remark(step):
                lines.append(f"if {x}.__class__ is Changed: raise Odd")
            lines.append(f"if not {x}: raise Odd")
        coerce = self.coercers.get(rule.number)
        if coerce is not None:
            lines.append(f"{x} = {_call(self.bind('coerce', rule.number, coerce), coerce, x)}")
            lines.append(f"if {x}.__class__ is Changed: raise Odd")
        return lines

    def _step(self, rule: Rule, number: int, step: Call | LookupStep, x: str) -> str:
        if isinstance(step, LookupStep):
            get = self.binding.mapping.lookups[step.table].values.get
            return f"{self.bind(f'lookup{rule.number}_', number, get)}({x})"
        function = step_function(step)
        name = self.bind(f"{step.name.replace('.', '_')}{rule.number}_", number, function)
        return _call(name, function, x)

    def ask(self, rule: Rule, text: str) -> str:
        """The expression that gives a rule's value for a text: by its memo, or by its function."""
        name = self.value(rule)
        if not self._remembers(rule):
            return f"{name}({text})"
        if rule.number not in self.memos:
            self.memos[rule.number] = Memo(self.names[name])
        return f"{self.bind('memo', rule.number, self.memos[rule.number])}[{text}]"

    def _remembers(self, rule: Rule) -> bool:
        """Whether a rule has a memo: not where it does nothing, and not where its values hardly repeat."""
        repeats = rule.number not in self.direct and not isinstance(rule.source, Template)
        return repeats and bool(rule.do or self._coerces(rule))

    def _put(self, rule: Rule, x: str, text: str, depth: int) -> None:
        """Lines that put the value of a text into ``x``: what the rule's function does, without the call, if it may."""
        if self._remembers(rule) or rule.split is not None:
            self.line(depth, f"{x} = {self.ask(rule, text)}")
            return
        steps = self._chain(rule, x)
        self.line(depth, f"{x} = {text}")
        if not isinstance(rule.source, Template):
            blank = f"{x} = None" if self.nothing(rule) == "return None" else "raise Odd"
            self.line(depth, f"if not {x} or {x}.isspace(): {blank}")
            if steps:
                self.line(depth, "else:")
                depth += 1
        for line in steps:
            self.line(depth, line)

    def lister(self, rule: Rule) -> Lister | None:
        """The quick way of a rule with several values; made once, because it remembers what it answered."""
        if rule.number not in self._listers:
            self._listers[rule.number] = lister(self, rule)
        return self._listers[rule.number]

    def memory(self, rule: Rule) -> Memo:
        """A rule's value for every text, or with ``split`` its pieces."""
        return Memo(self.names[self.value(rule)])

    def _coerces(self, rule: Rule) -> bool:
        return rule.number in self.coercers or rule.split is not None

    # ── Finding a rule's text, and what its value becomes ────────────────────────────────────────

    def in_row(self, rule: Rule) -> bool:
        """Whether a rule's path is a cell of a row: one text, always."""
        source = rule.source
        return isinstance(source, From) and isinstance(source.ref, PathRef) and self._row(source.ref)

    def fetch(self, rule: Rule, x: str, depth: int, ident: str, *, many: str | None = None) -> None:
        """Lines that put a rule's value, or None, into the variable ``x``; ``ident``: what holds the record's id.

        ``many``: the function that answers for anything but one text.
        """
        if rule.when is not None:
            predicate = self.binding.predicate(rule.when, inner=False)
            self.line(depth, f"{x} = None")
            self.line(depth, f"if {self.bind('when', rule.number, predicate)}(body, context):")
            depth += 1
        match rule.source:
            case Const(text):
                found = self.settled(rule, text)
                self.line(depth, "raise Odd" if found is None else f"{x} = {self.bind('const', rule.number, found[0])}")
            case Template():
                self._template(rule, rule.source, x, depth, ident)
            case From(ref) if isinstance(ref, PathRef):
                text = self._expression(ref) or ""
                if not self._row(ref):
                    self.line(depth, f"v = {text}")
                    if many is None:
                        self.line(depth, "if v.__class__ is not str: raise Odd")
                    text = "v"
                if many is None:
                    self._put(rule, x, text, depth)
                else:
                    self.line(depth, f"{x} = {self.ask(rule, text)} if v.__class__ is str else {many}(v)")

    def settled(self, rule: Rule, text: str) -> list[Any] | None:
        """A constant goes through its steps once; None where something is to be said."""
        value: Any = text
        for step in rule.do:
            if isinstance(step, LookupStep):
                value = self.binding.mapping.lookups[step.table].values.get(value)
            else:
                value = step_function(step)(value)
            if not value or isinstance(value, Changed):
                return None
        coerce = self.coercers.get(rule.number)
        value = coerce(value) if coerce is not None else value
        return None if isinstance(value, Changed) else [value]

    def _template(self, rule: Rule, template: Template, x: str, depth: int, ident: str) -> None:
        """A template over cells and variables."""
        pieces, tests, number = [], [], 0
        variables = self.binding.mapping.variables
        for part in template.parts:
            if isinstance(part, str):
                pieces.append(repr(part))
            elif isinstance(part, VarRef):
                pieces.append(ident if part.name == "id" else repr(variables[part.name]))
                if part.name != "id" and not variables[part.name].strip():
                    tests.append("False")
            else:
                self.line(depth, f"v{number} = {self._expression(part)}")
                pieces.append(f"v{number}")
                tests.append(f"v{number} and not v{number}.isspace()")
                number += 1
        if tests and self.nothing(rule) == "raise Odd":
            self.line(depth, f"if not ({' and '.join(tests)}): raise Odd")
        elif tests:
            self.line(depth, f"{x} = None")
            self.line(depth, f"if {' and '.join(tests)}:")
            depth += 1
        self._put(rule, x, " + ".join(pieces), depth)

    def inline(self, rule: Rule) -> None:
        """A rule's value into ``out``."""
        self.line(1, "try:")
        self.fetch(rule, "x", 2, "context.id")
        self.line(1, "except Odd:")
        self.several(rule, 2, alone=True)
        values = "x.copy()" if rule.split is not None else "[x]"  # the memo keeps its own list
        self.line(1, "else:")
        self.line(2, f"if x is not None: out[{rule.target!r}] = {values}")


def handed(slow: Slow, target: str, body: Any, context: Context, out: dict[str, Any], origins: dict[str, Any]) -> None:
    """The interpreter's values of a rule, and where they come from."""
    values, places = slow(body, context)
    if values:
        out.setdefault(target, []).extend(values)
        origins.setdefault(target, []).extend(places)


def _call(name: str, function: Any, x: str) -> str:
    """The call of a function on the variable ``x``, or the expression it declares for that (``__inline__``)."""
    expression: str | None = getattr(function, "__inline__", None)
    return f"{name}({x})" if expression is None else expression.format(x=x, f=name)


def comment(text: str) -> str:
    """Text fit for a comment of generated code."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
