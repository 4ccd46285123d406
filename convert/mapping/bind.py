"""Bind a mapping to one source: every path becomes a selector, every name a function.

A path the source does not have is a finding at the rule that names it; all are found before a record is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import PathError
from convert.mapping.enriching import EnrichedSelector, Enricher
from convert.mapping.headings import doubt
from convert.mapping.model import (
    All,
    AnyOf,
    Call,
    Each,
    Enriched,
    FirstOf,
    From,
    Join,
    Mapping,
    Not,
    ObjectOf,
    PathRef,
    PathTest,
    Ref,
    Rule,
    Template,
    Test,
    VarRef,
    When,
    Zip,
)
from convert.mapping.regex import searcher
from convert.registry import transform_named

if TYPE_CHECKING:
    from convert.formats.base import Reader, Selector
    from convert.model import Location


class Odd(Exception):  # noqa: N818 - not an error
    """There is something to say about a value: the interpreter takes over."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say about one value, before anybody looked up its place.

    ``trail`` leads into nested nodes: (rule of the ``each``, node number) from the outside in.
    """

    code: str
    rule: Rule
    occurrence: int = 0
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    trail: tuple[tuple[Rule, int], ...] = ()


class Context:
    """What one record's run shares: its body and id, what was noted, the lookup misses, the trace."""

    __slots__ = ("body", "id", "misses", "notes", "trace", "trail")

    def __init__(self, body: Any = None, trace: list[Any] | None = None) -> None:
        self.body = body
        self.id = ""
        self.notes: list[Note] = []
        self.misses: list[tuple[str, str]] = []
        self.trail: tuple[tuple[Rule, int], ...] = ()
        self.trace = trace


Predicate = Callable[[Any, Context], bool]
Fetch = Callable[[Any, Context], list[Any]]


def inner_rules(rule: Rule) -> Iterator[Rule]:
    """The rules that stand inside a rule's source and reading."""
    match rule.source:
        case FirstOf(rules) | Join(rules, _):
            yield from rules
        case Each(_, members) | ObjectOf(members):
            yield from (member for _, member in members)
    if rule.yomi is not None:
        yield rule.yomi


def every_rule(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules and all that stand inside them."""
    for rule in rules:
        yield rule
        yield from every_rule(inner_rules(rule))


def source_refs(rule: Rule) -> list[Ref]:
    """The references of a rule's own source."""
    match rule.source:
        case From(ref) | Each(ref, _):
            return [ref]
        case Zip(value, yomi):
            return [value, yomi]
        case Template(parts, _):
            return [part for part in parts if not isinstance(part, str)]
    return []


def when_tests(when: When | None) -> Iterator[PathTest]:
    """Every path test of a condition."""
    match when:
        case PathTest():
            yield when
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from when_tests(part)
        case Not(part):
            yield from when_tests(part)


def _path(ref: PathRef) -> str:
    """The path; no source's paths look like those of an enrichment here."""
    return ref.path if ref.of is None else f"${ref.of}|{ref.path}"


class Binding:
    """The selectors of one source for one mapping. ``issues`` holds the paths the source does not have."""

    def __init__(self, mapping: Mapping, reader: Reader) -> None:
        self.mapping = mapping
        self.issues: list[Issue] = []
        self.selectors: dict[tuple[str, bool], Selector] = {}
        self.enrichers: dict[str, Enricher] = {}
        for one in mapping.enrich:
            self._enrich(reader, one)
        self._bind(reader)

    def _enrich(self, reader: Reader, one: Enriched) -> None:
        ref = source_refs(one.rule)[0]
        if isinstance(ref, PathRef) and self._select(reader, ref, False, one.rule, one.rule.at):
            enricher = Enricher(one, self.selector(ref, inner=False), base=self.mapping.base)
            self.enrichers[one.name] = enricher
            problem = enricher.problem()
            self.issues += [problem] if problem is not None else []

    def _bind(self, reader: Reader) -> None:
        for ref, inner, rule, at in self._references():
            if isinstance(ref, PathRef):
                self._select(reader, ref, inner and not ref.up, rule, at)

    def _references(self) -> Iterator[tuple[Ref, bool, Rule | None, Location]]:
        mapping = self.mapping
        for test in (*when_tests(mapping.skip), *when_tests(mapping.delete)):
            yield test.ref, False, None, test.at
        for rule in every_rule([mapping.id_rule, *mapping.rules]):
            for ref in source_refs(rule):
                yield ref, rule.inner, rule, rule.at
            for test in when_tests(rule.when):
                yield test.ref, rule.inner or isinstance(rule.source, Each), rule, test.at

    def _select(self, reader: Reader, ref: PathRef, inner: bool, rule: Rule | None, at: Location) -> bool:
        key = (_path(ref), inner)
        if key in self.selectors:
            return True
        if ref.of is not None:
            if ref.of in self.enrichers:
                self.selectors[key] = EnrichedSelector(self.enrichers[ref.of], ref.path, inner=inner)
            return True
        try:
            self.selectors[key] = reader.selector(ref.path, inner=inner)
        except PathError as error:
            code = "MAP-PATH-UNKNOWN" if error.known and ref.path not in error.known else "MAP-PATH-HERE"
            slots = {"known": ", ".join(error.known[:60]), "reason": error.reason, "reason_ja": error.ja}
            slots |= doubt(error.known)
            target = rule.target if rule else None
            self.issues.append(Issue(code, at, target=target, value=ref.path, slots=slots, suggestion=error.suggestion))
            return False
        return True

    def fits(self, reader: Reader) -> bool:
        """Whether another reader has every path where this one's has it, so that all that was bound holds for it."""
        try:
            return not self.enrichers and all(
                reader.selector(path, inner=inner) == selector for (path, inner), selector in self.selectors.items()
            )
        except PathError:
            return False

    def selector(self, ref: PathRef, *, inner: bool) -> Selector:
        """The selector of a path that was bound."""
        return self.selectors[_path(ref), inner and not ref.up]

    def fetch(self, ref: Ref, *, inner: bool) -> Fetch:
        """A function that gives every value of a reference, blanks included."""
        if isinstance(ref, VarRef):
            if ref.name == "id":
                return lambda body, context: [context.id]
            text = self.mapping.variables[ref.name]
            return lambda body, context: [text]
        values = self.selector(ref, inner=inner).values
        if ref.up:
            return lambda body, context: values(context.body)
        return lambda body, context: values(body)

    def predicate(self, when: When, *, inner: bool) -> Predicate:
        """A function that tells whether a condition holds."""
        match when:
            case PathTest(ref, test, _):
                return self._path_test(self.fetch(ref, inner=inner), test)
            case All(parts):
                return _all([self.predicate(part, inner=inner) for part in parts])
            case AnyOf(parts):
                return _any([self.predicate(part, inner=inner) for part in parts])
            case Not(part):
                inside = self.predicate(part, inner=inner)
                return lambda body, context: not inside(body, context)

    @staticmethod
    def _path_test(fetch: Fetch, test: Test) -> Predicate:
        wanted = test.negated is (test.kind == "absent")
        if test.kind in ("present", "absent"):
            return _present(fetch, wanted=wanted)
        words = frozenset(test.words)
        search = searcher(test.words[0]) if test.kind == "matches" else lambda value: value.strip() in words

        def passes(body: Any, context: Context) -> bool:
            for value in fetch(body, context):
                if value.__class__ is str and search(value):
                    return wanted
            return not wanted

        return passes


def _present(fetch: Fetch, *, wanted: bool) -> Predicate:
    def passes(body: Any, context: Context) -> bool:
        for value in fetch(body, context):
            if bool(value.strip()) if value.__class__ is str else value is not None:
                return wanted
        return not wanted

    return passes


def _all(parts: Sequence[Predicate]) -> Predicate:
    def passes(body: Any, context: Context) -> bool:
        for part in parts:  # noqa: SIM110 - all() over a generator takes twice the time
            if not part(body, context):
                return False
        return True

    return passes


def _any(parts: Sequence[Predicate]) -> Predicate:
    def passes(body: Any, context: Context) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(body, context):
                return True
        return False

    return passes


def may_remark(call: Call) -> bool:
    """Whether a call may answer :class:`~convert.model.Changed`."""
    return transform_named(call.name).remarks


def step_function(call: Call) -> Callable[[Any], Any]:
    """The transform of a call with its arguments bound."""
    function = transform_named(call.name).function
    if not call.arguments:
        return function
    arguments = dict(call.arguments)
    return lambda value: function(value, **arguments)
