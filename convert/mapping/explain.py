"""Explain a mapping: the plan in words, and one record value by value from the source cell to the target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import every_rule
from convert.mapping.model import (
    All,
    AnyOf,
    Const,
    Each,
    Enriched,
    FirstOf,
    From,
    Join,
    Mapping,
    Not,
    ObjectOf,
    PathTest,
    Ref,
    Rule,
    Template,
    Test,
    VarRef,
    When,
    Zip,
)
from convert.model import Mapped, Outcome, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.mapping.interpret import Stage
    from convert.mapping.plan import Plan

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")
_WORDS = {
    "ja": {
        "source": "入力",
        "target": "出力",
        "id": "ID",
        "skip": "除く条件",
        "delete": "削除の条件",
        "const": "いつも「{}」",
        "first_of": "最初に値があるもの：{}",
        "join": "{} を「{}」でつなぐ",
        "each": "{} ごとに {{{}}}",
        "zip": "{} と読み {}",
        "split": "「{}」で分ける",
        "default": "なければ「{}」",
        "yomi": "読みは {}",
        "when": "ただし {} のとき",
        "label": "共通項目：{}",
        "required": "必須",
        "max": "{} 個まで",
        "and": " かつ ",
        "or": " または ",
        "not": "（{}）でない",
        "present": "{} に値がある",
        "absent": "{} に値がない",
        "equals": "{} が {}",
        "matches": "{} が /{}/ に合う",
        "negated": "{} ではない",
        "passthrough": "残りの列をすべて型 {} で出す",
        "enriched": "{} でストアから引く（{}）",
        "nothing": "（値なし）",
        "outcome": "結果",
        "issues": "指摘",
        "document": "出力される内容",
    },
    "en": {
        "source": "source",
        "target": "target",
        "id": "id",
        "skip": "skip when",
        "delete": "delete when",
        "const": "always '{}'",
        "first_of": "the first with a value of: {}",
        "join": "{} joined by '{}'",
        "each": "for each {}: {{{}}}",
        "zip": "{} with reading {}",
        "split": "split at '{}'",
        "default": "else '{}'",
        "yomi": "reading from {}",
        "when": "only when {}",
        "label": "common label: {}",
        "required": "required",
        "max": "at most {}",
        "and": " and ",
        "or": " or ",
        "not": "not ({})",
        "present": "{} has a value",
        "absent": "{} has no value",
        "equals": "{} is {}",
        "matches": "{} matches /{}/",
        "negated": "not: {}",
        "passthrough": "every other column as type {}",
        "enriched": "looked up in the store by {} ({})",
        "nothing": "(no value)",
        "outcome": "outcome",
        "issues": "issues",
        "document": "document",
    },
}


class Explainer:
    """Says what a mapping does, in one language (``ja`` or ``en``)."""

    def __init__(self, mapping: Mapping, lang: str) -> None:
        self.mapping = mapping
        self.words = _WORDS["en" if lang == "en" else "ja"]

    def plan(self) -> Iterator[str]:
        """The whole mapping, a line a rule."""
        mapping, words = self.mapping, self.words
        yield f"{mapping.id}  {mapping.title or ''}".rstrip()
        yield f"{words['source']}: {mapping.source}    {words['target']}: {mapping.target}"
        for one in mapping.enrich:
            yield f"${one.name} ← {self.enriched(one)}    [{one.rule.place}]"
        yield f"{words['id']} ← {self.rule(mapping.id_rule)}"
        for word, when in (("skip", mapping.skip), ("delete", mapping.delete)):
            if when is not None:
                yield f"{words[word]}: {self.when(when)}"
        for target, rules in mapping.fields:
            for rule in rules:
                yield f"{target} ← {self.rule(rule)}    [{rule.place}]"
        if mapping.passthrough is not None:
            yield words["passthrough"].format(mapping.passthrough.type)

    def enriched(self, one: Enriched) -> str:
        """An enrichment in words."""
        shown = {name: _PASSWORD.sub(r"\1@", str(value)) for name, value in one.options.items() if value is not None}
        given = ", ".join(f"{name}: {value}" for name, value in shown.items())
        return self.words["enriched"].format(self.rule(one.rule), given)

    def rule(self, rule: Rule) -> str:
        """One rule in words."""
        words = self.words
        parts = [self.source(rule)]
        if rule.when is not None:
            parts.append(words["when"].format(self.when(rule.when)))
        if rule.split is not None:
            parts.append(words["split"].format(rule.split))
        parts += [str(step) for step in rule.do]
        if rule.default is not None:
            parts.append(words["default"].format(rule.default))
        if rule.yomi is not None:
            parts.append(words["yomi"].format(self.rule(rule.yomi)))
        if rule.labels:
            parts.append(words["label"].format(", ".join(rule.labels)))
        if rule.required:
            parts.append(words["required"])
        if rule.max is not None:
            parts.append(words["max"].format(rule.max))
        return " → ".join(parts)

    def source(self, rule: Rule) -> str:
        """Where a rule's values come from."""
        words = self.words
        match rule.source:
            case From(ref):
                return _ref(ref)
            case Const(text):
                return words["const"].format(text)
            case Template(_, text):
                return text
            case FirstOf(rules):
                return words["first_of"].format(" | ".join(self.rule(inner) for inner in rules))
            case Join(rules, text):
                return words["join"].format(" + ".join(self.rule(inner) for inner in rules), text)
            case Zip(value, yomi):
                return words["zip"].format(_ref(value), _ref(yomi))
            case ObjectOf(members):
                return "{" + self.members(members) + "}"
            case Each(ref, members):
                return words["each"].format(_ref(ref), self.members(members))

    def members(self, members: Sequence[tuple[str, Rule]]) -> str:
        """The members of an object."""
        return ", ".join(f"{name}: {self.rule(inner)}" for name, inner in members)

    def when(self, when: When) -> str:
        """A condition in words."""
        words = self.words
        match when:
            case PathTest(ref, test, _):
                return self.test(_ref(ref), test)
            case All(parts):
                return words["and"].join(self.when(part) for part in parts)
            case AnyOf(parts):
                return words["or"].join(self.when(part) for part in parts)
            case Not(part):
                return words["not"].format(self.when(part))

    def test(self, ref: str, test: Test) -> str:
        """A test in words."""
        text = self.words[test.kind].format(ref, ", ".join(f"「{word}」" for word in test.words) if test.words else "")
        return self.words["negated"].format(text) if test.negated else text

    # ── One record ───────────────────────────────────────────────────────────────────────────────

    def record(self, plan: Plan, record: Record) -> Iterator[str]:
        """Every value of one record: its cell, every stage, the target. The record must have a body."""
        trace: list[Stage] = []
        mapped, _ = plan.run(record, trace)
        yield f"{record.at}  {self.words['id']}: {record.id or self.words['nothing']}"
        if isinstance(mapped, Outcome):
            yield f"{self.words['outcome']}: {mapped.value}"
        for rule in plan.rules if isinstance(mapped, Mapped) else [plan.mapping.id_rule]:
            yield from self._rule_trace(plan, record, rule, trace)

    def _rule_trace(self, plan: Plan, record: Record, rule: Rule, trace: list[Stage]) -> Iterator[str]:
        inside = {inner.number for inner in every_rule([rule])}
        stages = [stage for stage in trace if stage.rule.number in inside]
        yield ""
        yield f"{rule.target}    [{rule.place}]"
        if not stages:
            yield f"  {self.words['nothing']}"
        for stage in stages:
            place = f"  ({plan.locate(record, stage.rule)})" if stage.stage == "source" and not stage.rule.inner else ""
            shown = ", ".join(map(_shown, stage.values)) or self.words["nothing"]
            word = stage.stage if stage.depth == 0 else f"{stage.rule.target} {stage.stage}"
            yield f"  {'  ' * stage.depth}{word}: {shown}{place}"


def _ref(ref: Ref) -> str:
    if isinstance(ref, VarRef):
        return f"${ref.name}"
    return str(ref)


def _shown(value: Any) -> str:
    if isinstance(value, Text):
        extra = " ".join(
            f"{k}={v!r}" for k, v in (("yomi", value.yomi), ("lang", value.lang), ("type", value.type)) if v
        )
        return f"{value.value!r} {extra}".rstrip()
    text = repr(value)
    return text if len(text) <= 120 else text[:119] + "…"
