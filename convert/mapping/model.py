"""A mapping table as data: rules, conditions, lookups. Plain and picklable; names are resolved at compile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping as Names
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.model import Location


@dataclass(frozen=True, slots=True)
class PathRef:
    """A path of the source. ``up``: written ``^PATH``, from the record although inside ``each``.

    ``of``: a path of what this enrichment found instead, written ``$NAME.PATH``, or inside ``each`` over such.
    """

    path: str
    up: bool = False
    of: str | None = None

    def __str__(self) -> str:
        if self.of is None:
            return f"^{self.path}" if self.up else self.path
        return (f"${self.of}" + f".{self.path}" * (self.path != ".")) if self.up else self.path


@dataclass(frozen=True, slots=True)
class VarRef:
    """``$NAME``, or ``$id`` for the record's id."""

    name: str


Ref = PathRef | VarRef

# ── Conditions ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Test:
    """One test on the values of a path: ``kind`` is present, absent, equals (any of ``words``) or matches."""

    kind: str
    words: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class PathTest:
    """A path and the test its values must pass."""

    ref: Ref
    test: Test
    at: Location


@dataclass(frozen=True, slots=True)
class All:
    """All parts hold."""

    parts: tuple[When, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[When, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: When


When = PathTest | All | AnyOf | Not

# ── Steps ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Call:
    """A transform with its arguments, checked."""

    name: str
    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.name + (f"({', '.join(f'{k}={v!r}' for k, v in self.arguments)})" if self.arguments else "")


@dataclass(frozen=True, slots=True)
class LookupStep:
    """``{lookup: TABLE}``."""

    table: str

    def __str__(self) -> str:
        return f"lookup({self.table})"


Step = Call | LookupStep

# ── Rules ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class From:
    """``from: PATH``."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Const:
    """``const: TEXT``."""

    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """``template``: texts and references in turn."""

    parts: tuple[str | Ref, ...]
    text: str


@dataclass(frozen=True, slots=True)
class FirstOf:
    """``first_of``: the first rule that gives a value."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """``join``: the values of all rules, joined into one."""

    rules: tuple[Rule, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """``object``: one object with a member for each rule that gives a value."""

    members: tuple[tuple[str, Rule], ...]


@dataclass(frozen=True, slots=True)
class Each:
    """``each`` + ``object``: one object for every node at the path."""

    ref: PathRef
    members: tuple[tuple[str, Rule], ...]


@dataclass(frozen=True, slots=True)
class Zip:
    """``zip``: values and their readings, paired by occurrence."""

    value: Ref
    yomi: Ref


Origin = From | Const | Template | FirstOf | Join | ObjectOf | Each | Zip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``number`` is unique in the mapping; ``inner``: the rule stands inside ``each``."""

    number: int
    target: str
    at: Location
    source: Origin
    when: When | None = None
    split: str | None = None
    do: tuple[Step, ...] = ()
    default: str | None = None
    yomi: Rule | None = None
    lang: str | None = None
    type: str | None = None
    labels: tuple[str, ...] = ()
    required: bool = False
    max: int | None = None
    note: str | None = None
    inner: bool = False
    passthrough: bool = False

    @property
    def objects(self) -> bool:
        """Whether the rule gives objects."""
        return "object" in inner_values(self)

    @property
    def readings(self) -> bool:
        """Whether the rule gives values with readings."""
        return "yomi" in inner_values(self)

    def described(self, part: Literal["lang", "type"]) -> str | None:
        """The language or type of the rule's values, its own or that of the first rule inside that has one."""
        own: str | None = getattr(self, part)
        if own is not None or not isinstance(self.source, FirstOf):
            return own
        return next((found for inner in self.source.rules if (found := inner.described(part)) is not None), None)

    @property
    def place(self) -> str:
        """``file:line`` of the rule."""
        return f"{self.at.source}:{self.at.line}"


def inner_values(rule: Rule) -> set[str]:
    """What a rule's values are or carry beside their text: object, yomi, lang, type."""
    found = {"object"} if isinstance(rule.source, Each | ObjectOf) else set()
    found |= {"yomi"} if rule.yomi is not None or isinstance(rule.source, Zip) else set()
    found |= {word for word, given in (("lang", rule.lang), ("type", rule.type)) if given is not None}
    if isinstance(rule.source, FirstOf):
        return found.union(*map(inner_values, rule.source.rules))
    if isinstance(rule.source, Join) and any("object" in inner_values(inner) for inner in rule.source.rules):
        found.add("object")
    return found


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup table. ``missing``: error, warn, keep, drop or default (then ``default`` is the text)."""

    name: str
    values: Names[str, str]
    missing: str = "warn"
    default: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Enriched:
    """An enrichment that a mapping asks for. ``rule`` is from the path of its key; ``options`` are typed; ``at`` is
    where its store is named.
    """

    name: str
    rule: Rule
    options: dict[str, Any]
    at: Location


@dataclass(frozen=True, slots=True)
class Passthrough:
    """Every column not yet used becomes a field of type ``type``."""

    type: str
    excepted: tuple[str, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping table, checked.

    ``files`` are (name, sha256) of everything it was made from, ``findings`` the warnings and notices about it.
    """

    id: str
    title: str | None
    file: Path | None
    source: str
    source_options: dict[str, Any]
    target: str
    target_options: dict[str, Any]
    variables: dict[str, str]
    lookups: dict[str, Lookup]
    id_rule: Rule
    skip: When | None
    delete: When | None
    fields: tuple[tuple[str, tuple[Rule, ...]], ...]
    passthrough: Passthrough | None
    checks: tuple[str, ...]
    at: Location
    namespaces: dict[str, str] = field(default_factory=dict)
    enrich: tuple[Enriched, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    findings: tuple[Issue, ...] = ()

    @property
    def base(self) -> Path | None:
        """The folder that the mapping's relative file names start from."""
        return self.file.parent if self.file else None

    @property
    def rules(self) -> list[Rule]:
        """The rules of all fields, in order (nested ones not)."""
        return [rule for _, rules in self.fields for rule in rules]
