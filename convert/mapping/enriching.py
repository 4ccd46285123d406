"""``enrich`` in a mapping: read it, and look things up while the mapping runs.

``enrich: {cinii.holdings: {ncid: PATH, store: FILE}}``; rules then name ``$cinii.holdings.PATH``. Nothing is asked over
a network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import MappingError, OptionError, PathError, UnknownName, near
from convert.formats.jsonl.path import JsonPath, parse_path
from convert.mapping.model import Enriched, From, Mapping, PathRef, Rule, VarRef
from convert.mapping.nodes import Scalar, Table, plain
from convert.registry import enrichment_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from convert.enrich.base import Enrichment, Finder, Found, Remark
    from convert.formats.base import Selector
    from convert.mapping.bind import Context
    from convert.mapping.nodes import Node
    from convert.mapping.parse import Parser
    from convert.model import Location, Record

_ELEMENTS = re.compile(r"\[[^\]]*\]")


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def read_enrich(parser: Parser, node: Node | None) -> tuple[Enriched, ...]:
    """``enrich``: every enrichment with its key's path and its options."""
    found = [_enriched(parser, key, value) for key, value in parser.table(node)]
    return tuple(one for one in found if one is not None)


def _enriched(parser: Parser, key: Scalar, value: Node) -> Enriched | None:
    try:
        declared = enrichment_named(key.text)
    except UnknownName as error:
        parser.note("MAP-ENRICH", key.at, key.text, suggestion=error.suggestion, known=", ".join(error.known))
        return None
    parser.enrichments[key.text] = declared
    if not isinstance(value, Table):
        parser.shape(value, "table")
        return None
    table = value
    name = declared.key.name
    wanted = table.get(name)
    if wanted is None:
        parser.note("MAP-KEY-MISSING", value.at, name, en=declared.key.en, ja=declared.key.ja)
    ref = parser.ref_of(wanted, inner=False)
    options = _options(parser, declared, table)
    if wanted is None or ref is None:
        return None
    if not isinstance(ref, PathRef) or ref.of is not None:
        parser.shape(wanted, "path of the source")
        return None
    return Enriched(
        key.text, Rule(parser.numbered(), f"${key.text}", wanted.at, From(ref)), options, (table.get("store") or key).at
    )


def _options(parser: Parser, declared: Enrichment, table: Table) -> dict[str, Any]:
    """The options, typed; ``$NAME`` stands for a variable."""
    known = {option.name: option for option in declared.options}
    found = {option.name: option.default for option in declared.options}
    names = [declared.key.name, *known]
    for key, node in table:
        if key.text == declared.key.name:
            continue
        option = known.get(key.text)
        if option is None:
            parser.note("MAP-OPTION-NAME", key.at, key.text, suggestion=near(key.text, names), known=", ".join(names))
            continue
        try:
            value = plain(node)
            if isinstance(node, Scalar) and node.text.startswith("$"):
                value = _variable(parser, node)
            found[key.text] = option.parse(value) if value is not None else option.default
        except OptionError as error:
            slots = {"option": key.text, "expected": error.expected, "expected_ja": error.ja}
            parser.note("MAP-OPTION", node.at, str(error.value), **slots)
    for problem in declared.problems(found) if not parser.issues else ():
        _tell(parser, declared, table, problem)
    return found


def _tell(parser: Parser, declared: Enrichment, table: Table, error: OptionError) -> None:
    node = table.get(error.option) or table
    slots = {"option": error.option, "expected": error.expected, "expected_ja": error.ja or error.expected}
    parser.note("MAP-OPTION", node.at, str(error.value), **slots)


def _variable(parser: Parser, node: Scalar) -> str | None:
    ref = parser.variable(node.text[1:], node.at)
    return parser.variables.get(ref.name) if isinstance(ref, VarRef) else None


def split_name(text: str, names: Sequence[str]) -> tuple[str, str] | None:
    """The enrichment and the path that ``$TEXT`` names; None when it names none of them.

    >>> split_name("cinii.holdings.libraries[].name", ["cinii.holdings"])
    ('cinii.holdings', 'libraries[].name')
    >>> split_name("cinii.holdings", ["cinii.holdings"]), split_name("site", ["cinii.holdings"])
    (('cinii.holdings', '.'), None)
    """
    for name in sorted(names, key=len, reverse=True):
        if text == name:
            return name, "."
        if text.startswith(f"{name}."):
            return name, text[len(name) + 1 :]
    return None


def known_path(declared: Enrichment, path: str) -> bool:
    """Whether an enrichment has a path, or something below it."""
    bare = _bare(path)
    return bare in ("", ".") or any(one == bare or one.startswith(f"{bare}.") for one in map(_bare, declared.paths))


def _bare(path: str) -> str:
    return _ELEMENTS.sub("", path).removeprefix("./").removeprefix(".")


def enriched_path(parser: Parser, name: str, base: str, path: str, at: Location, shown: str) -> bool:
    """Whether a path can be followed in what an enrichment finds, below ``base``; else a fault is noted."""
    try:
        parse_path(path)
    except PathError as error:
        parser.note("MAP-PATH", at, shown, reason=error.reason, reason_ja=error.ja)
        return False
    declared = parser.enrichments[name]
    whole = path if base in ("", ".") else base if path == "." else f"{base}.{path}"
    if known_path(declared, whole):
        return True
    start = _bare(base) + "." if _bare(base) else ""
    below = [one for one in declared.paths if _bare(one).startswith(start)]
    names = {_bare(one)[len(start) :]: one for one in below}
    meant = near(_bare(path), names)
    lead = f"${name}." if shown.startswith("$") else ""
    suggestion = None if meant is None else f"{lead}{names[meant] if not start else meant}"
    known = ", ".join(below if not start else names)
    reason, ja = f"'{name}' has no such path; it has {known}", f"「{name}」にあるのは {known} です"
    parser.note("MAP-PATH", at, shown, reason=reason, reason_ja=ja, suggestion=suggestion)
    return False


# ── Running ──────────────────────────────────────────────────────────────────────────────────────


class Enricher:
    """One enrichment on one source. ``look`` comes first for every record; selectors then give what was found."""

    def __init__(self, enriched: Enriched, key: Selector, *, base: Path | None) -> None:
        self.enriched = enriched
        self.key = key
        self._finder: Finder = enrichment_named(enriched.name).load()(enriched.options, base=base)
        self._body: Any = None
        self._found: Found | None = None

    def problem(self) -> Issue | None:
        """Why nothing can be found, as an issue of the mapping."""
        return _issue(self.enriched, self._finder.problem())

    def look(self, body: Any) -> Found:
        """What there is about a record."""
        values = self.key.values(body)
        keys = [value if isinstance(value, str) else str(value) for value in values if value is not None]
        self._body = body
        self._found = self._finder.find(keys)
        return self._found

    def odd(self, body: Any, _: Context) -> bool:
        """Whether there is something to say about a record."""
        found = self.look(body)
        return bool(found.remarks or found.misses)

    def tell(self, context: Context) -> None:
        """Say it."""
        from convert.mapping.bind import Note  # noqa: PLC0415 - bind imports this

        found, rule = self._found, self.enriched.rule
        if found is not None:
            context.misses += [(self.enriched.name, key) for key in found.misses]
            context.notes += [
                Note(
                    one.code, rule, one.occurrence, one.value, {"name": self.enriched.name} | one.slots, one.suggestion
                )
                for one in found.remarks
            ]

    def documents(self, body: Any) -> list[dict[str, Any]]:
        """What was found about a record."""
        if self._found is None or body is not self._body:
            self.look(body)
        return self._found.documents if self._found is not None else []


def contents(mapping: Mapping) -> dict[str, Any]:
    """What a mapping enriches its records from, as the run manifest has it; nothing where it enriches none.

    Raises :class:`MappingError` when a store is not there.
    """
    if not mapping.enrich:
        return {}
    found, problems = [], []
    for one in mapping.enrich:
        finder: Finder = enrichment_named(one.name).load()(one.options, base=mapping.base)
        problem = _issue(one, finder.problem())
        problems += [problem] if problem is not None else []
        found += [{"name": one.name} | finder.content()] if problem is None else []
    if problems:
        raise MappingError(problems)
    return {"enrichments": found}


def _issue(one: Enriched, problem: Remark | None) -> Issue | None:
    if problem is None:
        return None
    return Issue(problem.code, one.at, value=problem.value, slots={"name": one.name} | problem.slots)


class EnrichedSelector:
    """A path in what an enrichment found; ``inner``: from a node of it."""

    index = None
    key = None

    def __init__(self, enricher: Enricher, path: str, *, inner: bool) -> None:
        self.path = path
        self._path = JsonPath.of(path)
        self._enricher = enricher
        self._starts: Callable[[Any], list[Any]] = _alone if inner else enricher.documents
        self._inner = inner
        self._member = self._path.key if inner else None

    @property
    def many(self) -> bool:
        """Whether the path is written for many values."""
        return self._path.many

    def values(self, body: Any) -> list[Any]:
        """Every text at the path."""
        if self._member is not None and body.__class__ is dict:
            found = body.get(self._member)
            if found.__class__ is str:
                return [found]
        return [value for start in self._starts(body) for value in self._path.values(start)]

    def nodes(self, body: Any) -> list[Any]:
        """Every node at the path."""
        return [node for start in self._starts(body) for node in self._path.nodes(start)]

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Where the key stands in the source: what was found comes from there."""
        if within is not None:
            return within
        return record.at if self._inner else self._enricher.key.locate(record, 0)


def _alone(body: Any) -> list[Any]:
    return [body]
