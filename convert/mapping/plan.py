"""A plan: one mapping bound to one source, ready to run record by record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding, Issue
from convert.errors import MappingError, PathError
from convert.formats.base import Blueprinted
from convert.mapping.bind import Binding, Context, Note, every_rule, source_refs, when_tests
from convert.mapping.compile import Compiled, Compiler
from convert.mapping.headings import doubt
from convert.mapping.interpret import Interpreter, Item, Stage
from convert.mapping.load import target_rule
from convert.mapping.model import Each, FirstOf, From, Join, Mapping, ObjectOf, PathRef, Rule
from convert.mapping.quick import Assembler, Head, Quick
from convert.model import ORIGIN_STEP, Location, Mapped, Outcome, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convert.formats.base import Coercer, Reader, Target


class Plan:
    """Runs a mapping over the records of one reader.

    ``rules`` are the mapping's rules and those ``passthrough`` adds for this source's columns. Raises
    :class:`MappingError` when the source lacks a path.
    """

    def __init__(self, mapping: Mapping, reader: Reader, target: Target, passed: Sequence[Rule] = ()) -> None:
        self.mapping = mapping
        self.target = target
        whole = _with(mapping, passed)
        self.binding = Binding(whole, reader)
        if self.binding.issues:
            raise MappingError(self.binding.issues)
        self.rules = whole.rules
        coercers = _coercers(target, self.rules)
        self.interpreter = Interpreter(self.binding, coercers, [mapping.id_rule, *self.rules])
        compiler = Compiler(self.binding, self.interpreter, coercers)
        self.compiled: Compiled = compiler.compile(self.rules, mapping.id)
        ident = Compiler(self.binding, self.interpreter, {}).compile([mapping.id_rule], f"{mapping.id} id")
        self._ident = ident.function
        self._id_index = _plain_index(self.binding, mapping.id_rule)
        self._skip = self.binding.predicate(mapping.skip, inner=False) if mapping.skip is not None else None
        self._delete = self.binding.predicate(mapping.delete, inner=False) if mapping.delete is not None else None
        self._context = Context()
        self.enrichers = tuple(self.binding.enrichers.values())
        self._by_number = {rule.number: rule for rule in (mapping.id_rule, *self.rules)}
        self._by_target: dict[str, Rule] = {}
        for rule in self.rules:
            self._by_target.setdefault(rule.target, rule)
        self.quick = self._quick(compiler)

    def _quick(self, compiler: Compiler) -> Quick | None:
        """The short way of records about which nothing is to be said, where the target offers one."""
        blueprint = self.target.blueprint() if isinstance(self.target, Blueprinted) else None
        if blueprint is None:
            return None
        looks = [enricher.odd for enricher in self.enrichers]
        stops = tuple(test for test in (*looks, self._skip, self._delete) if test is not None)
        head = Head(stops, self._id_index, lambda body, context: self._ids(body, context, None), self.target.identity)
        return Quick(Assembler(compiler, self.rules, head, blueprint), self.mapping.id)

    @property
    def code(self) -> str:
        """The generated functions, as text."""
        return self.compiled.code + (f"\n{self.quick.code}" if self.quick is not None else "")

    def run(self, record: Record, trace: list[Stage] | None = None) -> tuple[Outcome | Mapped, Context]:
        """Map one record with a body. An :class:`Outcome` when it is skipped, deleted or has no id.

        The context is used again for the next record as long as it holds nothing to say. ``trace`` makes the
        interpreter run every rule and write down every stage.
        """
        body = record.body
        context = self._context
        if trace is not context.trace or context.notes or context.misses:
            context = self._context = Context(None, trace)
        context.body, context.id = body, ""
        for enricher in self.enrichers:
            enricher.look(body)
        if self._skip is not None and self._skip(body, context):
            return Outcome.SKIPPED, context
        ids = self._ids(body, context, trace)
        if not ids:
            context.notes.append(Note("MAP-ID", self.mapping.id_rule))
            self.compiled.function(body, context)  # for what else is to be said about the record
            return Outcome.REJECTED, context
        record.id = context.id = ids[0]
        if len(ids) > 1:
            context.notes.append(Note("MAP-ID-MANY", self.mapping.id_rule, 1, value=ids[1], slots={"kept": ids[0]}))
        if self._delete is not None and self._delete(body, context):
            return Outcome.DELETED, context
        for enricher in self.enrichers:
            enricher.tell(context)
        fields = self.compiled.function if trace is None else self._interpreted(self.rules)
        values, origins = fields(body, context)
        return Mapped(context.id, values, origins), context

    def _ids(self, body: Any, context: Context, trace: list[Stage] | None) -> list[Any] | None:
        index = self._id_index
        if index is not None and trace is None and (cell := body[index]) and not cell.isspace():
            return [cell]
        fields = self._ident if trace is None else self._interpreted([self.mapping.id_rule])
        ids: list[Any] | None = fields(body, context)[0].get("$id")
        return ids

    def interpreted(self, record: Record) -> tuple[Outcome | Mapped, Context]:
        """Map one record by the plain interpreter alone: the referee of the compiled function."""
        return self.run(record, [])

    def _interpreted(self, rules: Sequence[Rule]) -> Callable[..., Any]:
        def fields(body: Any, context: Context) -> tuple[dict[str, list[Any]], dict[str, list[int]]]:
            out: dict[str, list[Any]] = {}
            origins: dict[str, list[int]] = {}
            for rule in rules:
                items: list[Item] = self.interpreter.field(rule, body, context)
                if items:
                    out.setdefault(rule.target, []).extend(item.value for item in items)
                    base = rule.number * ORIGIN_STEP
                    origins.setdefault(rule.target, []).extend(base + item.occurrence for item in items)
            return out, origins

        return fields

    # ── From values back to the user's own file ──────────────────────────────────────────────────

    def origin(self, mapped: Mapped, target: str, index: int, record: Record) -> tuple[Rule | None, int]:
        """The rule behind a value of a record, and which occurrence of its source it was."""
        packed = mapped.origins.get(target)
        if packed is not None and len(packed) != len(mapped.values[target]):
            packed = mapped.origins[target] = self._places(mapped, target, record)
        if packed is not None and index < len(packed):
            number, occurrence = divmod(packed[index], ORIGIN_STEP)
            return self._by_number[number], occurrence
        return self._by_target.get(target), 0

    def issue(self, note: Note, record: Record) -> Issue:
        """A note as an issue, its place looked up."""
        rule = note.rule
        return Issue(
            note.code,
            self.locate(record, rule, note.occurrence, note.trail),
            record_id=record.id,
            ordinal=record.ordinal,
            target=rule.target if rule.target != "$id" else None,
            rule=rule.place,
            value=note.value,
            slots=note.slots if rule.target != "$id" else {"target": "ID"} | note.slots,
            suggestion=note.suggestion,
        )

    def finding(self, finding: Finding, mapped: Mapped, record: Record) -> Issue:
        """A check's finding as an issue, its place looked up. Without a target it is about the record's id."""
        target = finding.target
        found = self.origin(mapped, target, finding.index, record) if target is not None else (None, 0)
        rule, occurrence = found[0] or self.mapping.id_rule, found[1]
        part = _part(rule, finding.member)
        if part is None:
            place, value = self.locate(record, rule, occurrence), self._source_value(record, rule, occurrence)
        else:
            place, value = self._part_location(record, rule, occurrence, part), None
        return Issue(
            finding.code,
            place,
            record_id=record.id,
            ordinal=record.ordinal,
            target=finding.target,
            rule=(part or rule).place,
            value=value or finding.value,
            slots=finding.slots,
            suggestion=finding.suggestion,
        )

    def _places(self, mapped: Mapped, target: str, record: Record) -> list[int]:
        """Where the values of a target come from: quick ways do not note it, the interpreter does."""
        rules = [rule for rule in self.rules if rule.target == target]
        context = Context()
        context.body, context.id = record.body, mapped.id
        places: list[int] = self._interpreted(rules)(record.body, context)[1].get(target, [])
        return places

    def _part_location(self, record: Record, rule: Rule, occurrence: int, part: Rule) -> Location:
        """Where a member of an object, or a reading, comes from."""
        trail = ((rule, occurrence),) if isinstance(rule.source, Each) else ()
        return self.locate(record, part, occurrence if part is rule.yomi else 0, trail)

    def _source_value(self, record: Record, rule: Rule, occurrence: int) -> str | None:
        ref = _main_ref(rule)
        if ref is None or rule.inner:
            return None
        values = self.binding.selector(ref, inner=False).values(record.body)
        value = values[occurrence] if occurrence < len(values) else None
        return value if isinstance(value, str) and value else None

    def locate(
        self, record: Record, rule: Rule, occurrence: int = 0, trail: tuple[tuple[Rule, int], ...] = ()
    ) -> Location:
        """The cell or path of a rule's value; the record's start when the rule has no path."""
        within: Location | None = None
        for outer, number in trail:
            if isinstance(outer.source, Each):
                selector = self.binding.selector(outer.source.ref, inner=outer.inner)
                within = selector.locate(record, number, within=within)
        ref = _main_ref(rule)
        if ref is None:
            return within or record.at
        selector = self.binding.selector(ref, inner=rule.inner)
        return selector.locate(record, occurrence, within=within if rule.inner and not ref.up else None)

    @property
    def id_location(self) -> Callable[[Record], Location]:
        """Where a record's id stands."""
        return lambda record: self.locate(record, self.mapping.id_rule)


def _with(mapping: Mapping, passed: Sequence[Rule]) -> Mapping:
    return (
        replace(mapping, fields=(*mapping.fields, *((rule.target, (rule,)) for rule in passed))) if passed else mapping
    )


def _plain_index(binding: Binding, rule: Rule) -> int | None:
    """The cell that is the rule's value as it stands, where it is one: the usual id."""
    if rule != Rule(rule.number, rule.target, rule.at, rule.source) or not isinstance(rule.source, From):
        return None
    ref = rule.source.ref
    return binding.selector(ref, inner=False).index if isinstance(ref, PathRef) else None


def _coercers(target: Target, rules: Sequence[Rule]) -> dict[int, Coercer]:
    found = {rule.number: target.coercer(target_rule(rule)) for rule in rules}
    return {number: coercer for number, coercer in found.items() if coercer is not None}


def _part(rule: Rule, member: str | None) -> Rule | None:
    """The rule of a member of a rule's objects, or of its readings; None where it has none with a path."""
    found: Rule | None = None
    match rule.source:
        case Each(_, members) | ObjectOf(members) if member is not None:
            found = dict(members).get(member)
        case _ if member == "yomi":
            found = rule.yomi
    return found if found is not None and _main_ref(found) is not None else None


def _main_ref(rule: Rule) -> PathRef | None:
    """The path a rule's value mainly comes from."""
    own = [ref for ref in source_refs(rule) if isinstance(ref, PathRef)]
    if own:
        return own[0]
    match rule.source:
        case FirstOf(rules) | Join(rules, _):
            inside: Sequence[Rule] = rules
        case ObjectOf(members):
            inside = [member for _, member in members]
        case _:
            inside = ()
    return next((ref for inner in inside if (ref := _main_ref(inner)) is not None), None)


# ── passthrough ──────────────────────────────────────────────────────────────────────────────────


def passed_rules(mapping: Mapping, reader: Reader, start: int) -> list[Rule]:
    """A rule for every column of the source that the mapping does not use, numbered from ``start``.

    Raises :class:`MappingError` when two fields would have the same name.
    """
    wanted = mapping.passthrough
    if wanted is None or reader.columns is None:
        return []
    used = _used_columns(mapping, reader)
    excepted = {_index(reader, path) for path in wanted.excepted}
    rules: list[Rule] = []
    issues: list[Issue] = []
    taken = {target for target, _ in mapping.fields}
    for index, header in enumerate(reader.columns):
        if index in used or index in excepted:
            continue
        name = f"{header.strip() or f'列{index + 1}'}_{wanted.type}"
        if name in taken:
            issues.append(Issue("MAP-PASSTHROUGH-MEET", wanted.at, target=name, value=header))
        taken.add(name)
        rule = Rule(start + len(rules), name, wanted.at, From(PathRef(f"#{index + 1}")), passthrough=True)
        rules.append(rule)
    unknown = [path for path in wanted.excepted if _index(reader, path) is None]
    known = {"known": ", ".join(reader.columns[:60]), **doubt(reader.columns)}
    issues += [Issue("MAP-PATH-UNKNOWN", wanted.at, value=path, slots=known) for path in unknown]
    if issues:
        raise MappingError(issues)
    return rules


def _index(reader: Reader, path: str) -> int | None:
    try:
        return reader.selector(path).index
    except PathError:
        return None


def _used_columns(mapping: Mapping, reader: Reader) -> set[int | None]:
    rules = list(every_rule([mapping.id_rule, *(one.rule for one in mapping.enrich), *mapping.rules]))
    refs = [ref for rule in rules for ref in source_refs(rule)]
    whens = [mapping.skip, mapping.delete, *(rule.when for rule in rules)]
    refs += [test.ref for when in whens for test in when_tests(when)]
    return {_index(reader, ref.path) for ref in refs if isinstance(ref, PathRef) and ref.of is None}
