"""From nodes to rules: the structure of a mapping table, every fault found at once.

Each ``_kind`` method reads one shape of the grammar and answers None when it could not, after noting why.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convert.errors import PathError, near
from convert.formats.base import Namespaced
from convert.mapping import grammar
from convert.mapping.enriching import enriched_path, split_name
from convert.mapping.model import (
    All,
    AnyOf,
    Call,
    Const,
    Each,
    FirstOf,
    From,
    Join,
    Not,
    ObjectOf,
    Origin,
    Passthrough,
    PathRef,
    PathTest,
    Ref,
    Rule,
    Template,
    Test,
    VarRef,
    When,
    Zip,
    inner_values,
)
from convert.mapping.nodes import Items, Node, Scalar, Table
from convert.mapping.regex import regex_problem
from convert.mapping.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.model import Location

MAX_DEPTH = 20
"""How deep rules and conditions may stand in each other."""
WHOLE = re.compile("0{0,8}[1-9][0-9]{0,8}")


class Parser(Steps):
    """Reads one merged document: its references, conditions and rules. See :class:`Shapes` for what it gathers."""

    # ── References ───────────────────────────────────────────────────────────────────────────────

    def ref(self, text: str, at: Location, *, inner: bool) -> Ref | None:
        """``PATH``, ``^PATH`` or ``$NAME``."""
        if text.startswith("$"):
            named = split_name(text[1:], list(self.enrichments))
            return self.variable(text[1:], at) if named is None else self.enriched(*named, at, text)
        up = text.startswith("^")
        if up and not inner:
            self.note("MAP-UP", at, text)
            return None
        path = text[1:] if up else text
        if not path.strip():
            self.note("MAP-PATH", at, text, reason="empty", reason_ja="空です")
            return None
        if self.within is not None and not up:
            name, base = self.within
            return PathRef(path, of=name) if enriched_path(self, name, base, path, at, text) else None
        if self.reader is not None:
            try:
                self.reader.check_path(path)
                if isinstance(self.reader, Namespaced):
                    self.reader.check_names(path, self.namespaces)
            except PathError as error:
                reason, reason_ja = error.reason, error.ja
                self.note("MAP-PATH", at, text, reason=reason, reason_ja=reason_ja, suggestion=error.suggestion)
                return None
        return PathRef(path, up)

    def enriched(self, name: str, path: str, at: Location, text: str) -> Ref | None:
        """``$NAME.PATH``: what an enrichment found."""
        self.used.add(("enrichment", name))
        return PathRef(path, up=True, of=name) if enriched_path(self, name, "", path, at, text) else None

    def numbered(self) -> int:
        """The number of a new rule."""
        self._count += 1
        return self._count

    @contextmanager
    def inside(self, ref: Ref | None) -> Iterator[None]:
        """Read what stands inside ``each``: paths there start from a node."""
        before = self.within
        if isinstance(ref, PathRef):
            below = f"{before[1]}." if before is not None and not ref.up else ""
            self.within = None if ref.of is None else (ref.of, f"{below}{ref.path}")
        yield
        self.within = before

    def variable(self, name: str, at: Location) -> Ref | None:
        """``$NAME``; ``$id`` is always there."""
        if name not in self.variables and (name != "id" or not self.id_known):
            paths = [f"{one}.{path}" for one, found in self.enrichments.items() for path in found.paths]
            known = [*(["id"] if self.id_known else []), *self.variables, *paths]
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
        number = self.numbered()
        if isinstance(node, Scalar) and not node.is_null:
            ref = self.ref(node.text, node.at, inner=inner)
            return Rule(number, target, node.at, From(ref), inner=inner) if ref is not None else None
        if not isinstance(node, Table) or depth > MAX_DEPTH:
            self.shape(node, "rule")
            return None
        self.keys(node, [*grammar.RULE_SOURCES, *grammar.RULE_PARTS])
        source = self.source(target, node, inner=inner, depth=depth)
        parts = {key.text: value for key, value in node}
        with self.inside(source.ref if isinstance(source, Each) else None):
            when = self.when(parts.get("when"), inner=inner or "each" in parts)
        rule = Rule(
            number,
            target,
            node.at,
            source or Const(""),
            when=when,
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
        found = isinstance(ref, PathRef) and ref.of is not None
        if self.format is not None and not self.format.nodes and not found:
            self.note("MAP-EACH", node.at, self.format.name)
            return None
        if node.get("object") is None:
            self.note("MAP-KEY-MISSING", node.at, "object", en="members of the object", ja="名前 → 規則")
            return None
        with self.inside(ref):
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


def _dollar(name: str | None) -> str | None:
    return f"${name}" if name else None
