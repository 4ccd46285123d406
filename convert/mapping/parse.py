"""From nodes to rules: the structure of a mapping table, every fault found at once.

Each ``_kind`` method reads one shape of the grammar and answers None when it could not, after noting why.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import OptionError, PathError, UnknownName, near
from convert.mapping import grammar
from convert.mapping.lookups import read_lookup
from convert.mapping.model import (
    All,
    AnyOf,
    Call,
    Const,
    Each,
    FirstOf,
    From,
    Join,
    Lookup,
    LookupStep,
    Not,
    ObjectOf,
    Origin,
    Passthrough,
    PathRef,
    PathTest,
    Ref,
    Rule,
    Step,
    Template,
    Test,
    VarRef,
    When,
    Zip,
    inner_values,
)
from convert.mapping.nodes import Items, Node, Scalar, Table, plain
from convert.mapping.regex import regex_problem
from convert.model import Location
from convert.registry import format_named, transform_named
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.formats.base import Format, Option
    from convert.transforms import Parameter, Transform

MAX_DEPTH = 20
MAX_OPENED = 10_000
"""How deep rules, conditions and defs may stand in each other, and how often defs may be opened."""
WHOLE = re.compile("0{0,8}[1-9][0-9]{0,8}")
INTEGER = re.compile("-?[0-9]{1,15}")


class Parser:
    """Reads one merged document. ``issues`` grows; the answers may hold gaps while it is not empty."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.format: Format | None = None
        self.reader: Any = None
        self.variables: dict[str, str] = {}
        self.lookups: dict[str, Lookup | None] = {}
        self.defs: dict[str, Node] = {}
        self.used: set[tuple[str, str]] = set()
        self.files: dict[str, str] = {}
        self._count = 0
        self._open_defs: list[str] = []
        self._opened = 0
        self.id_known = True

    # ── Helpers ──────────────────────────────────────────────────────────────────────────────────

    def note(
        self, code: str, at: Location, value: str | None = None, *, suggestion: str | None = None, **slots: Any
    ) -> None:
        """Remember a fault."""
        self.issues.append(Issue(code, at, value=value, slots=slots, suggestion=suggestion))

    def shape(self, node: Node, expected: str) -> None:
        """Note that ``node`` is not what the grammar wants here."""
        self.note(
            "MAP-SHAPE", node.at, node.text if isinstance(node, Scalar) else None, expected=expected, where="value"
        )

    def text(self, node: Node) -> str | None:
        """A text that says something."""
        if isinstance(node, Scalar) and not node.is_null:
            return node.text
        self.shape(node, "text")
        return None

    def texts(self, node: Node) -> tuple[str, ...]:
        """One text or a list of texts."""
        items = node.items if isinstance(node, Items) else (node,)
        found = [self.text(item) for item in items]
        return tuple(item for item in found if item is not None)

    def table(self, node: Node | None, keys: Sequence[grammar.Key] | None = None) -> Table:
        """A table; its keys checked when they are known. An empty one when ``node`` is none."""
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return Table((), node.at if node else Location("?"))
        if not isinstance(node, Table):
            self.shape(node, "table")
            return Table((), node.at)
        if keys is not None:
            self.keys(node, keys)
        return node

    def keys(self, node: Table, keys: Sequence[grammar.Key]) -> None:
        """Note unknown keys and missing ones."""
        known = [key.name for key in keys]
        for key, _ in node:
            if key.text not in known:
                self.note("MAP-KEY", key.at, key.text, suggestion=near(key.text, known), known=", ".join(known))
        for wanted in keys:
            if wanted.required and node.get(wanted.name) is None:
                self.note("MAP-KEY-MISSING", node.at, wanted.name, en=wanted.en, ja=wanted.ja)

    def names(self, node: Node | None) -> dict[str, str]:
        """A table of texts. Empty texts are texts here."""
        found = {}
        for key, value in self.table(node):
            if isinstance(value, Scalar):
                found[key.text] = value.text
            else:
                self.shape(value, "text")
        return found

    # ── Formats and options ──────────────────────────────────────────────────────────────────────

    def endpoint(self, node: Node | None, role: str, at: Location) -> tuple[Format | None, dict[str, Any]]:
        """``source`` or ``target``: the format and its options, typed; defaults filled in."""
        table = self.table(node)
        name_node = table.get("format")
        if name_node is None:
            self.note("MAP-KEY-MISSING", table.at if node else at, f"{role}.format", en="format", ja="形式")
            return None, {}
        name = self.text(name_node)
        if name is None:
            return None, {}
        try:
            found = format_named(name)
        except UnknownName as error:
            self.note(
                "MAP-FORMAT", name_node.at, name, suggestion=error.suggestion, known=", ".join(error.known), role=role
            )
            return None, {}
        declared = found.read_options if role == "source" else found.write_options
        if (found.reader if role == "source" else found.target) is None:
            self.note("MAP-FORMAT-ROLE", name_node.at, name, role=role)
            return None, {}
        return found, self.options(table, declared)

    def options(self, table: Table, declared: Sequence[Option]) -> dict[str, Any]:
        """The options of a format, typed."""
        known = {option.name: option for option in declared}
        found = {option.name: option.default for option in declared}
        for key, node in table:
            if key.text == "format":
                continue
            option = known.get(key.text)
            if option is None:
                self.note("MAP-OPTION-NAME", key.at, key.text, suggestion=near(key.text, known), known=", ".join(known))
                continue
            try:
                found[key.text] = option.parse(plain(node))
            except OptionError as error:
                self.note(
                    "MAP-OPTION",
                    node.at,
                    str(error.value),
                    option=key.text,
                    expected=error.expected,
                    expected_ja=error.ja,
                )
        return found

    # ── Lookups, defs, steps ─────────────────────────────────────────────────────────────────────

    def all_lookups(self, node: Node | None) -> None:
        """``lookups``."""
        for key, value in self.table(node):
            self.lookups[key.text] = self.lookup(key.text, self.table(value, grammar.LOOKUP))

    def lookup(self, name: str, table: Table) -> Lookup | None:
        """One lookup table, its file read."""
        missing, default = self.missing(table.get("missing"))
        inline, file_node = table.get("values"), table.get("file")
        if (inline is None) == (file_node is None):
            self.note("MAP-LOOKUP-SOURCE", table.at, name)
            return None
        if inline is not None:
            for part in ("key", "value"):
                if (beside := table.get(part)) is not None:
                    self.note("MAP-LOOKUP-SOURCE", beside.at, name)
            return Lookup(name, self.names(inline), missing, default)
        file = self.text(file_node) if file_node else None
        if file is None or file_node is None:
            return None
        columns = [self.text(node) if (node := table.get(part)) else None for part in ("key", "value")]
        values, path, problems = read_lookup(file, file_node.at, columns[0], columns[1])
        self.issues += problems
        if path is not None:
            self.files[shown(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return Lookup(name, values, missing, default, file=file)

    def missing(self, node: Node | None) -> tuple[str, str | None]:
        """The miss policy and its default text."""
        if node is None:
            return "warn", None
        if isinstance(node, Table):
            default = node.get("default")
            if default is not None and len(node.entries) == 1 and isinstance(default, Scalar):
                return "default", default.text
        elif isinstance(node, Scalar) and node.text in grammar.MISSING:
            return node.text, None
        word = written(node)
        known = ", ".join([*grammar.MISSING, "{default: TEXT}"])
        self.note("MAP-LOOKUP-MISSING", node.at, word, known=known, suggestion=near(word, grammar.MISSING))
        return "warn", None

    def steps(self, node: Node) -> tuple[Step, ...]:
        """``do``: one step or a list, names of ``defs`` opened."""
        items = node.items if isinstance(node, Items) else (node,)
        found: list[Step] = []
        for item in items:
            found += self.step(item)
        return tuple(found)

    def step(self, node: Node) -> Iterable[Step]:
        """One step; several when it names a def."""
        if isinstance(node, Scalar):
            if node.text in self.defs:
                return self.open_def(node)
            return self.call(node.text, node.at, None)
        if isinstance(node, Table) and len(node.entries) == 1:
            key, argument = node.entries[0]
            if key.text == "lookup":
                return self.lookup_step(argument)
            return self.call(key.text, key.at, argument)
        self.shape(node, "step")
        return ()

    def open_def(self, node: Scalar) -> Iterable[Step]:
        """The steps of a def; a def inside itself is a fault."""
        if node.text in self._open_defs:
            self.note("MAP-CYCLE", node.at, node.text, chain=" → ".join([*self._open_defs, node.text]))
            return ()
        self._opened += 1
        if len(self._open_defs) > MAX_DEPTH or self._opened > MAX_OPENED:
            if self._opened <= MAX_OPENED + 1:
                self.shape(node, "step")
            return ()
        self.used.add(("def", node.text))
        self._open_defs.append(node.text)
        found = self.steps(self.defs[node.text])
        self._open_defs.pop()
        return found

    def lookup_step(self, node: Node) -> Iterable[Step]:
        """``{lookup: TABLE}``."""
        name = self.text(node)
        if name is None:
            return ()
        if name not in self.lookups:
            self.note(
                "MAP-LOOKUP-NAME", node.at, name, suggestion=near(name, self.lookups), known=", ".join(self.lookups)
            )
            return ()
        self.used.add(("lookup", name))
        return (LookupStep(name),)

    def call(self, name: str, at: Location, argument: Node | None) -> Iterable[Step]:
        """A transform by name, with its arguments."""
        try:
            found = transform_named(name)
        except UnknownName as error:
            known = [*error.known, *self.defs]
            self.note("MAP-TRANSFORM", at, name, suggestion=near(name, known), known=", ".join(known))
            return ()
        arguments = self.arguments(found, at, argument)
        return () if arguments is None else (Call(name, found.kind, arguments),)

    def arguments(self, found: Transform, at: Location, node: Node | None) -> tuple[tuple[str, Any], ...] | None:
        """The arguments of a call, typed; None when they do not fit."""
        parameters = {parameter.name: parameter for parameter in found.parameters}
        given: dict[str, Node] = {}
        if isinstance(node, Table):
            given = {key.text: value for key, value in node}
        elif node is not None and not (isinstance(node, Scalar) and node.is_null):
            if not parameters:
                self.note("MAP-ARGUMENT", node.at, found.name, reason="takes no argument", reason_ja="引数をとりません")
                return None
            given = {next(iter(parameters)): node}
        typed: dict[str, Any] = {}
        good = True
        for name, value in given.items():
            if name not in parameters:
                known = ", ".join(parameters)
                self.note(
                    "MAP-ARGUMENT-NAME",
                    value.at,
                    name,
                    transform=found.name,
                    known=known,
                    suggestion=near(name, parameters),
                )
                good = False
                continue
            typed_value = self.argument(parameters[name], value, found.name)
            good = good and typed_value is not None
            typed[name] = typed_value
        for parameter in found.parameters:
            if parameter.required and parameter.name not in typed:
                reason, reason_ja = f"needs the argument '{parameter.name}'", f"引数 {parameter.name} が必要です"
                self.note("MAP-ARGUMENT", at, found.name, reason=reason, reason_ja=reason_ja)
                good = False
        return tuple(typed.items()) if good else None

    def argument(self, parameter: Parameter, node: Node, transform: str) -> Any:
        """One argument, typed; None when it does not fit."""
        text = node.text if isinstance(node, Scalar) else None
        if text is not None:
            if isinstance(parameter.type, tuple):
                if text in parameter.type:
                    return text
            elif parameter.type is bool:
                if text in ("true", "false"):
                    return text == "true"
            elif parameter.type is int:
                if INTEGER.fullmatch(text):
                    return int(text)
            else:
                return text
        kind = parameter.type if isinstance(parameter.type, tuple) else (parameter.type.__name__,)
        expected = " | ".join(
            {"str": "text", "int": "whole number", "bool": "true | false"}.get(word, word) for word in kind
        )
        self.note(
            "MAP-ARGUMENT-TYPE", node.at, written(node), transform=transform, argument=parameter.name, expected=expected
        )
        return None

    # ── References ───────────────────────────────────────────────────────────────────────────────

    def ref(self, text: str, at: Location, *, inner: bool) -> Ref | None:
        """``PATH``, ``^PATH`` or ``$NAME``."""
        if text.startswith("$"):
            return self.variable(text[1:], at)
        up = text.startswith("^")
        if up and not inner:
            self.note("MAP-UP", at, text)
            return None
        path = text[1:] if up else text
        if not path.strip():
            self.note("MAP-PATH", at, text, reason="empty")
            return None
        if self.reader is not None:
            try:
                self.reader.check_path(path)
            except PathError as error:
                self.note("MAP-PATH", at, text, reason=error.reason, suggestion=error.suggestion)
                return None
        return PathRef(path, up)

    def variable(self, name: str, at: Location) -> Ref | None:
        """``$NAME``; ``$id`` is always there."""
        if name not in self.variables and (name != "id" or not self.id_known):
            known = [*(["id"] if self.id_known else []), *self.variables]
            self.note(
                "MAP-VAR",
                at,
                f"${name}",
                suggestion=_dollar(near(name, known)),
                known=", ".join(f"${k}" for k in known),
            )
            return None
        self.used.add(("var", name))
        return VarRef(name)

    def ref_of(self, node: Node | None, *, inner: bool) -> Ref | None:
        """The reference a node holds."""
        text = self.text(node) if node is not None else None
        return self.ref(text, node.at, inner=inner) if text is not None and node is not None else None

    def template(self, node: Node, *, inner: bool) -> Origin | None:
        """``template``: ``{{`` and ``}}`` are braces, ``{…}`` a reference."""
        text = self.text(node)
        if text is None:
            return None
        parts: list[str | Ref] = []
        rest, literal = text, ""
        while rest:
            if rest[:2] in ("{{", "}}"):
                literal, rest = literal + rest[0], rest[2:]
            elif rest[0] == "}" or (rest[0] == "{" and "}" not in rest):
                self.note("MAP-TEMPLATE", node.at, text)
                return None
            elif rest[0] == "{":
                inside, _, rest = rest[1:].partition("}")
                ref = self.ref(inside, node.at, inner=inner)
                if ref is None:
                    return None
                parts += [literal, ref] if literal else [ref]
                literal = ""
            else:
                literal, rest = literal + rest[0], rest[1:]
        return Template((*parts, literal) if literal else tuple(parts), text)

    # ── Conditions ───────────────────────────────────────────────────────────────────────────────

    def when(self, node: Node | None, *, inner: bool = False, depth: int = 0) -> When | None:
        """A condition; the entries of one table all hold."""
        if node is None:
            return None
        if not isinstance(node, Table) or not node.entries or depth > MAX_DEPTH:
            self.shape(node, "condition")
            return None
        parts = [self.clause(key, value, inner=inner, depth=depth) for key, value in node]
        good = [part for part in parts if part is not None]
        return good[0] if len(good) == 1 else All(tuple(good))

    def clause(self, key: Scalar, node: Node, *, inner: bool, depth: int) -> When | None:
        """One entry of a condition: all, any, not, or a path and its test."""
        if key.text == "not" and isinstance(node, Table):
            part = self.when(node, inner=inner, depth=depth + 1)
            return Not(part) if part is not None else None
        if key.text in ("all", "any") and isinstance(node, Items):
            if not node.items:
                self.shape(node, "condition")
            parts = [self.when(item, inner=inner, depth=depth + 1) for item in node.items]
            good = tuple(part for part in parts if part is not None)
            return All(good) if key.text == "all" else AnyOf(good)
        ref = self.ref(key.text, key.at, inner=inner)
        test = self.test(node, depth=depth)
        return PathTest(ref, test, key.at) if ref is not None and test is not None else None

    def test(self, node: Node, *, depth: int = 0) -> Test | None:
        """A test: a value, values, present, absent, or {matches|equals|not: …}."""
        if isinstance(node, Scalar) and not node.is_null:
            if node.text in grammar.TEST_WORDS:
                return Test(node.text)
            return Test("equals", (node.text.strip(),))
        if isinstance(node, Items) and node.items:
            return Test("equals", tuple(word.strip() for word in self.texts(node)))
        if isinstance(node, Table) and len(node.entries) == 1 and depth <= MAX_DEPTH:
            key, value = node.entries[0]
            return self.test_table(key, value, depth)
        self.shape(node, "test")
        return None

    def test_table(self, key: Scalar, node: Node, depth: int) -> Test | None:
        """``{matches: REGEX}``, ``{equals: VALUE}``, ``{not: test}``."""
        if key.text == "not":
            inside = self.test(node, depth=depth + 1)
            return Test(inside.kind, inside.words, not inside.negated) if inside else None
        if key.text == "equals":
            words = self.texts(node)
            return Test("equals", tuple(word.strip() for word in words)) if words else None
        if key.text == "matches":
            text = self.text(node)
            problem = regex_problem(text) if text is not None else None
            if problem:
                self.note("MAP-REGEX", node.at, text, reason=problem)
            return Test("matches", (text,)) if text is not None and not problem else None
        known = [item.name for item in grammar.TEST_KEYS]
        self.note("MAP-KEY", key.at, key.text, suggestion=near(key.text, known), known=", ".join(known))
        return None

    # ── Rules ────────────────────────────────────────────────────────────────────────────────────

    def rules(self, target: str, node: Node, *, inner: bool = False, depth: int = 0) -> tuple[Rule, ...]:
        """One rule or a list of rules."""
        if isinstance(node, Items) and not node.items:
            self.shape(node, "rule")
        items = node.items if isinstance(node, Items) else (node,)
        found = [self.rule(target, item, inner=inner, depth=depth) for item in items]
        return tuple(rule for rule in found if rule is not None)

    def rule(self, target: str, node: Node, *, inner: bool = False, depth: int = 0) -> Rule | None:
        """One rule: a path, or a table with one source and any parts."""
        self._count += 1
        number = self._count
        if isinstance(node, Scalar) and not node.is_null:
            ref = self.ref(node.text, node.at, inner=inner)
            return Rule(number, target, node.at, From(ref), inner=inner) if ref is not None else None
        if not isinstance(node, Table) or depth > MAX_DEPTH:
            self.shape(node, "rule")
            return None
        self.keys(node, [*grammar.RULE_SOURCES, *grammar.RULE_PARTS])
        source = self.source(target, node, inner=inner, depth=depth)
        parts = {key.text: value for key, value in node}
        rule = Rule(
            number,
            target,
            node.at,
            source or Const(""),
            when=self.when(parts.get("when"), inner=inner or "each" in parts),
            split=self.separator(parts.get("split")),
            do=self.steps(parts["do"]) if "do" in parts else (),
            default=self.text(parts["default"]) if "default" in parts else None,
            yomi=self.rule(target, parts["yomi"], inner=inner, depth=depth + 1) if "yomi" in parts else None,
            lang=self.text(parts["lang"]) if "lang" in parts else None,
            type=self.text(parts["type"]) if "type" in parts else None,
            labels=self.texts(parts["label"]) if "label" in parts else (),
            required=self.boolean(parts.get("required")),
            max=self.whole(parts.get("max")),
            note=self.text(parts["note"]) if "note" in parts else None,
            inner=inner,
        )
        self.combination(rule, parts)
        if depth and "label" in parts:
            self.note("MAP-LABEL-INSIDE", parts["label"].at, ", ".join(rule.labels))
        return rule if source is not None else None

    def source(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """The one source of a rule."""
        known = [key.name for key in grammar.RULE_SOURCES]
        given = [key.text for key, _ in node if key.text in known]
        if given not in (["each", "object"], ["object", "each"]) and len(given) != 1:
            self.note("MAP-RULE-SOURCE", node.at, " + ".join(given) or "—", known=", ".join(known))
            return None
        word = "each" if "each" in given else given[0]
        found: Origin | None = getattr(self, f"source_{word}")(target, node, inner=inner, depth=depth)
        return found

    def source_from(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``from``."""
        ref = self.ref_of(node.get("from"), inner=inner)
        return From(ref) if ref is not None else None

    def source_const(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``const``."""
        value = node.get("const")
        text = self.text(value) if value is not None else None
        return Const(text) if text is not None else None

    def source_template(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``template``."""
        value = node.get("template")
        return self.template(value, inner=inner) if value is not None else None

    def source_first_of(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``first_of``."""
        value = node.get("first_of")
        rules = self.rules(target, value, inner=inner, depth=depth + 1) if value is not None else ()
        return FirstOf(rules) if rules else None

    def source_join(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``join``."""
        table = self.table(node.get("join"), grammar.JOIN)
        of, text = table.get("of"), table.get("with")
        rules = self.rules(target, of, inner=inner, depth=depth + 1) if of is not None else ()
        return Join(rules, text.text) if rules and isinstance(text, Scalar) else None

    def source_object(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``object``."""
        members = self.members(target, node.get("object"), inner=inner, depth=depth)
        return ObjectOf(members) if members else None

    def source_each(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``each`` with its ``object``."""
        place = node.get("each")
        ref = self.ref_of(place, inner=inner)
        if self.format is not None and not self.format.nodes:
            self.note("MAP-EACH", node.at, self.format.name)
            return None
        if node.get("object") is None:
            self.note("MAP-KEY-MISSING", node.at, "object", en="members of the object", ja="名前 → 規則")
            return None
        members = self.members(target, node.get("object"), inner=True, depth=depth)
        return Each(ref, members) if isinstance(ref, PathRef) and members else None

    def source_zip(self, target: str, node: Table, *, inner: bool, depth: int) -> Origin | None:
        """``zip``."""
        table = self.table(node.get("zip"), grammar.ZIP)
        value, yomi = (self.ref_of(table.get(word), inner=inner) for word in ("value", "yomi"))
        return Zip(value, yomi) if value is not None and yomi is not None else None

    def members(self, target: str, node: Node | None, *, inner: bool, depth: int) -> tuple[tuple[str, Rule], ...]:
        """The members of an object."""
        found = []
        for key, value in self.table(node):
            rule = self.rule(f"{target}.{key.text}", value, inner=inner, depth=depth + 1)
            if rule is not None:
                found.append((key.text, rule))
        return tuple(found)

    def separator(self, node: Node | None) -> str | None:
        """``split``: a text, which may be a blank."""
        if isinstance(node, Scalar) and node.text:
            return node.text
        if node is not None:
            self.shape(node, "text")
        return None

    def boolean(self, node: Node | None) -> bool:
        """``true`` or ``false``."""
        if node is None:
            return False
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        self.shape(node, "true | false")
        return False

    def whole(self, node: Node | None) -> int | None:
        """A whole number from 1."""
        if node is None:
            return None
        if isinstance(node, Scalar) and WHOLE.fullmatch(node.text):
            return int(node.text)
        self.shape(node, "whole number from 1")
        return None

    def combination(self, rule: Rule, parts: dict[str, Node]) -> None:
        """Parts that cannot stand together."""
        kinds = {step.kind for step in rule.do if isinstance(step, Call)}
        paired = rule.yomi is not None or isinstance(rule.source, Zip)
        if paired and kinds - {"value"}:
            self.note("MAP-YOMI-STEPS", parts["do"].at, ", ".join(str(step) for step in rule.do))
        if isinstance(rule.source, Zip) and rule.split is not None:
            self.note("MAP-YOMI-STEPS", parts["split"].at, "split")
        inner_rules = rule.source.rules if isinstance(rule.source, FirstOf | Join) else ()
        inside = set[str]().union(*map(inner_values, inner_rules))
        if isinstance(rule.source, Join) and "object" in inside:
            self.note("MAP-OBJECT-PARTS", rule.at, "join")
        if isinstance(rule.source, FirstOf) and inside:
            beside = [word for word in ("do", "split", "yomi", "lang", "type") if word in parts]
            if beside:
                self.note("MAP-OBJECT-PARTS", rule.at, ", ".join(beside))
        elif rule.objects and (rule.do or rule.split or rule.yomi or rule.default):
            given = [word for word in ("do", "split", "yomi", "default") if word in parts]
            self.note("MAP-OBJECT-PARTS", rule.at, ", ".join(given))

    def pass_through(self, node: Node | None) -> Passthrough | None:
        """``passthrough``."""
        if node is None:
            return None
        table = self.table(node, grammar.PASSTHROUGH)
        kind = table.get("all")
        text = self.text(kind) if kind is not None else None
        excepted = self.texts(node_) if (node_ := table.get("except")) else ()
        if self.format is not None and not self.format.columns:
            self.note("MAP-PASSTHROUGH", node.at, self.format.name)
            return None
        return Passthrough(text, excepted, node.at) if text is not None else None


def written(node: Node) -> str:
    """The node as a message shows it."""
    return node.text if isinstance(node, Scalar) else json.dumps(plain(node), ensure_ascii=False)


def _dollar(name: str | None) -> str | None:
    return f"${name}" if name else None
