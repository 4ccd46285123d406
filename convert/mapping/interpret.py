"""The plain interpreter: what a rule means, step by step (docs/mapping.md).

It is the referee of the compiled plan, runs the rules the compiler does not inline, and explains: with a
trace in the context every stage of every rule is written down.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.errors import near
from convert.mapping.bind import Binding, Context, Fetch, Note, Predicate, every_rule, step_function
from convert.mapping.model import (
    Call,
    Const,
    Each,
    FirstOf,
    From,
    Join,
    Lookup,
    LookupStep,
    ObjectOf,
    PathRef,
    Rule,
    Step,
    Template,
    VarRef,
    Zip,
)
from convert.mapping.unread import why
from convert.model import Changed, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convert.formats.base import Coercer

NEAR_LIMIT = 500
"""Lookup tables up to this size are searched for a near key when a value misses."""


class Item:
    """A value on its way: where it came from, what it is now, what it was, and its reading."""

    __slots__ = ("occurrence", "raw", "value", "yomi")

    def __init__(self, occurrence: int, value: Any, raw: str | None = None, yomi: str | None = None) -> None:
        self.occurrence = occurrence
        self.value = value
        self.raw = value if raw is None and isinstance(value, str) else raw
        self.yomi = yomi


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of a trace: which rule, how deep, which stage, and the values after it."""

    rule: Rule
    depth: int
    stage: str
    values: tuple[Any, ...]


class Interpreter:
    """Runs rules. Made once per source; holds every function the rules need."""

    def __init__(self, binding: Binding, coercers: Mapping[int, Coercer], rules: Sequence[Rule]) -> None:
        self.binding = binding
        self.mapping = binding.mapping
        self.coercers = coercers
        self._fetches: dict[tuple[int, int], Fetch] = {}
        self._whens: dict[int, Predicate] = {}
        self._steps: dict[Call, Callable[[Any], Any]] = {}
        self._near: dict[tuple[str, str], str | None] = {}
        for rule in every_rule(rules):
            self._prepare(rule)

    def _prepare(self, rule: Rule) -> None:
        if rule.when is not None:
            inner = rule.inner or isinstance(rule.source, Each)
            self._whens[rule.number] = self.binding.predicate(rule.when, inner=inner)
        for step in rule.do:
            if isinstance(step, Call) and step not in self._steps:
                self._steps[step] = step_function(step)

    # ── A rule, from its condition to its values ─────────────────────────────────────────────────

    def field(self, rule: Rule, body: Any, context: Context) -> list[Item]:
        """The values of a target's rule, coerced; ``required`` and ``max`` applied."""
        items = self.values(rule, body, context)
        items = self._coerced(rule, items, context)
        if rule.required and not items and self._applies(rule, body, context):
            self._note(context, "MAP-REQUIRED", rule)
        return self._at_most(rule, items, context)

    def values(self, rule: Rule, body: Any, context: Context, depth: int = 0) -> list[Item]:
        """The values of a rule before its target looks at them."""
        if not isinstance(rule.source, Each) and not self._applies(rule, body, context):
            self._trace(context, rule, depth, "when: no", [])
            return []
        items = self._source(rule, body, context, depth)
        self._trace(context, rule, depth, "source", items)
        if rule.split is not None:
            items = self._split(rule.split, items)
            self._trace(context, rule, depth, f"split {rule.split!r}", items)
        if rule.yomi is not None:
            readings = self._inside(rule.yomi, body, context, depth)
            self._pair(rule, items, [_text(item) for item in readings], context)
            self._trace(context, rule, depth, "yomi", items)
        for step in rule.do:
            items = self._step(step, rule, items, context)
            self._trace(context, rule, depth, str(step), items)
        if not items and rule.default is not None:
            items = [Item(0, rule.default)]
            self._trace(context, rule, depth, "default", items)
        return self._described(rule, items)

    def _applies(self, rule: Rule, body: Any, context: Context) -> bool:
        when = self._whens.get(rule.number)
        return when is None or isinstance(rule.source, Each) or when(body, context)

    def _source(self, rule: Rule, body: Any, context: Context, depth: int) -> list[Item]:
        match rule.source:
            case From(ref):
                return self._texts(rule, self._fetch(rule, 0, ref)(body, context), context)
            case Const(text):
                return [Item(0, text)]
            case Template():
                return self._template(rule, rule.source, body, context)
            case FirstOf(rules):
                for inside in rules:
                    if items := self._inside(inside, body, context, depth):
                        return items
                return []
            case Join(rules, text):
                parts = [_text(item) for inside in rules for item in self._inside(inside, body, context, depth)]
                return [Item(0, text.join(parts))] if parts else []
            case Zip(value, yomi):
                items = self._texts(rule, self._fetch(rule, 0, value)(body, context), context)
                readings = self._texts(rule, self._fetch(rule, 1, yomi)(body, context), context)
                self._pair(rule, items, [str(item.value) for item in readings], context)
                return items
            case ObjectOf(members):
                made = self._object(members, body, context, depth)
                return [Item(0, made)] if made else []
            case Each():
                return self._each(rule, rule.source, body, context, depth)

    def _fetch(self, rule: Rule, place: int, ref: PathRef | VarRef) -> Fetch:
        key = (rule.number, place)
        if key not in self._fetches:
            self._fetches[key] = self.binding.fetch(ref, inner=rule.inner)
        return self._fetches[key]

    def _texts(self, rule: Rule, values: list[Any], context: Context) -> list[Item]:
        """The values that say something; what is no text is noted."""
        items = []
        for occurrence, value in enumerate(values):
            if isinstance(value, str):
                if value and not value.isspace():
                    items.append(Item(occurrence, value))
            elif value is not None:
                self._note(context, "MAP-NOT-TEXT", rule, occurrence, value=json.dumps(value, ensure_ascii=False))
        return items

    def _template(self, rule: Rule, template: Template, body: Any, context: Context) -> list[Item]:
        """One text for each occurrence; parts with one value are repeated. An absent part: no value."""
        columns: list[str | list[Item]] = []
        counts: set[int] = set()
        for place, part in enumerate(template.parts):
            if isinstance(part, str):
                columns.append(part)
                continue
            items = self._texts(rule, self._fetch(rule, place, part)(body, context), context)
            if not items:
                return []
            columns.append(items)
            if len(items) > 1 or self._many(rule, part):
                counts.add(len(items))
        if len(counts) > 1:
            self._note(context, "MAP-TEMPLATE-COUNT", rule, value=template.text)
            return []
        made = []
        for number in range(counts.pop() if counts else 1):
            texts = [column if isinstance(column, str) else _pick(column, number).value for column in columns]
            firsts = [_pick(column, number).occurrence for column in columns if not isinstance(column, str)]
            made.append(Item(firsts[0] if firsts else 0, "".join(texts)))
        return made

    def _many(self, rule: Rule, ref: PathRef | VarRef) -> bool:
        """Whether a path is written for many values: then its one value is not repeated beside others."""
        return isinstance(ref, PathRef) and getattr(self.binding.selector(ref, inner=rule.inner), "many", False)

    def _each(self, rule: Rule, source: Each, body: Any, context: Context, depth: int) -> list[Item]:
        nodes = self.binding.selector(source.ref, inner=rule.inner).nodes(context.body if source.ref.up else body)
        when = self._whens.get(rule.number)
        outer = context.trail
        made = []
        for number, node in enumerate(nodes):
            context.trail = (*outer, (rule, number))
            if when is None or when(node, context):
                found = self._object(source.members, node, context, depth)
                if found:
                    made.append(Item(number, found))
        context.trail = outer
        return made

    def _object(self, members: tuple[tuple[str, Rule], ...], body: Any, context: Context, depth: int) -> dict[str, Any]:
        """Member name → list of values; members without a value are left out."""
        found = {}
        for name, inside in members:
            items = self._inside(inside, body, context, depth)
            if items:
                found[name] = [item.value for item in items]
        return found

    def _inside(self, rule: Rule, body: Any, context: Context, depth: int) -> list[Item]:
        """The values of a rule that stands inside another."""
        items = self.values(rule, body, context, depth + 1)
        if rule.required and not items and self._applies(rule, body, context):
            self._note(context, "MAP-REQUIRED", rule)
        return self._at_most(rule, items, context)

    # ── Stages ───────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _split(separator: str, items: list[Item]) -> list[Item]:
        pieces = ((item.occurrence, piece.strip()) for item in items for piece in str(item.value).split(separator))
        return [Item(occurrence, piece) for occurrence, piece in pieces if piece]

    def _pair(self, rule: Rule, items: list[Item], readings: list[str], context: Context) -> None:
        """Readings to values by occurrence; unequal counts pair nothing. No reading at all is no fault."""
        if not readings:
            return
        if len(readings) != len(items):
            slots = {"values": len(items), "readings": len(readings)}
            self._note(context, "MAP-YOMI-COUNT", rule, value=" / ".join(readings), slots=slots)
            return
        for item, reading in zip(items, readings, strict=True):
            item.yomi = reading

    def _step(self, step: Step, rule: Rule, items: list[Item], context: Context) -> list[Item]:
        if isinstance(step, LookupStep):
            return self._looked_up(self.mapping.lookups[step.table], rule, items, context)
        function = self._steps[step]
        if step.kind == "list":
            return _listed(function, items)
        kept = []
        for item in items:
            answer = function(item.value)
            if isinstance(answer, Changed):
                self._note(
                    context,
                    answer.code,
                    rule,
                    item.occurrence,
                    value=item.raw,
                    slots=answer.slots,
                    suggestion=answer.suggestion,
                )
                answer = answer.value if answer.keep else None
            answers = [a for a in answer or () if a] if step.kind == "expand" else [answer] if answer else []
            if not answers:
                slots = {"transform": step.name, **why(step.name, item.value)}
                self._note(context, "MAP-NO-VALUE", rule, item.occurrence, value=item.raw, slots=slots)
            kept += [Item(item.occurrence, a, item.raw if step.kind == "value" else a, item.yomi) for a in answers]
        return kept

    def _looked_up(self, table: Lookup, rule: Rule, items: list[Item], context: Context) -> list[Item]:
        kept = []
        for item in items:
            answer = table.values.get(item.value)
            if answer is None:
                answer = self._missed(table, rule, item, context)
            if answer:
                kept.append(Item(item.occurrence, answer, item.raw, item.yomi))
        return kept

    def _missed(self, table: Lookup, rule: Rule, item: Item, context: Context) -> str | None:
        value = str(item.value)
        context.misses.append((table.name, value))
        if table.missing == "keep":
            return value
        if table.missing == "default":
            return table.default
        if table.missing in ("warn", "error"):
            code = "MAP-LOOKUP-REFUSED" if table.missing == "error" else "MAP-LOOKUP-MISS"
            suggestion = self._near_key(table, value)
            self._note(
                context, code, rule, item.occurrence, value=item.raw, slots={"table": table.name}, suggestion=suggestion
            )
        return None

    def _near_key(self, table: Lookup, value: str) -> str | None:
        if len(table.values) > NEAR_LIMIT or value.isdecimal():
            return None  # a number near another is not what was meant
        key = (table.name, value)
        if key not in self._near:
            if len(self._near) > NEAR_LIMIT:
                self._near.clear()
            self._near[key] = near(value, table.values)
        return self._near[key]

    @staticmethod
    def _described(rule: Rule, items: list[Item]) -> list[Item]:
        """Values with a reading, language or type become :class:`Text`."""
        for item in items:
            if isinstance(item.value, dict | Text):
                continue
            if item.yomi is not None or rule.lang is not None or rule.type is not None:
                item.value = Text(item.value, item.yomi, rule.lang, rule.type)
        return items

    def _coerced(self, rule: Rule, items: list[Item], context: Context) -> list[Item]:
        coerce = self.coercers.get(rule.number)
        if coerce is None or not items:
            return items
        kept = []
        for item in items:
            if isinstance(item.value, dict):
                kept.append(item)
                continue
            text = str(item.value.value) if isinstance(item.value, Text) else item.value
            answer = coerce(text)
            if isinstance(answer, Changed):
                slots = answer.slots | ({"became": str(answer.value)} if answer.value is not None else {})
                self._note(
                    context,
                    answer.code,
                    rule,
                    item.occurrence,
                    value=item.raw,
                    slots=slots,
                    suggestion=answer.suggestion,
                )
                if not answer.keep:
                    continue
                answer = answer.value
            if isinstance(item.value, Text):
                answer = Text(answer, item.value.yomi, item.value.lang, item.value.type)
            kept.append(Item(item.occurrence, answer, item.raw))
        self._trace(context, rule, 0, "target", kept)
        return kept

    def _at_most(self, rule: Rule, items: list[Item], context: Context) -> list[Item]:
        if rule.max is None or len(items) <= rule.max:
            return items
        for item in items[rule.max :]:
            self._note(context, "MAP-MAX", rule, item.occurrence, value=item.raw, slots={"max": rule.max})
        return items[: rule.max]

    @staticmethod
    def _note(
        context: Context,
        code: str,
        rule: Rule,
        occurrence: int = 0,
        *,
        value: str | None = None,
        slots: dict[str, Any] | None = None,
        suggestion: str | None = None,
    ) -> None:
        context.notes.append(Note(code, rule, occurrence, value, slots or {}, suggestion, context.trail))

    @staticmethod
    def _trace(context: Context, rule: Rule, depth: int, stage: str, items: list[Item]) -> None:
        if context.trace is not None:
            context.trace.append(Stage(rule, depth, stage, tuple(map(_traced, items))))


def _traced(item: Item) -> Any:
    return item.value if item.yomi is None or isinstance(item.value, Text) else Text(item.value, item.yomi)


def _text(item: Item) -> str:
    value = item.value.value if isinstance(item.value, Text) else item.value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pick(items: list[Item], number: int) -> Item:
    return items[number] if len(items) > 1 else items[0]


def _listed(function: Callable[[Any], Any], items: list[Item]) -> list[Item]:
    """A list transform: its answers keep the places of the values they equal, in order."""
    kept, start = [], 0
    for answer in function([item.value for item in items]):
        place = next((n for n in range(start, len(items)) if items[n].value == answer), None)
        if place is None:
            kept.append(Item(items[0].occurrence, answer))
        else:
            kept.append(Item(items[place].occurrence, answer, items[place].raw))
            start = place + 1
    return kept
