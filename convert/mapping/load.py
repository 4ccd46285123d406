"""Load a mapping: find the file, follow ``extends`` and ``uses``, read every rule, check it all.

Everything knowable without data is checked here, all findings at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Names
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from convert import resources
from convert.check.issue import Issue, Severity
from convert.errors import MappingError, UnknownName, near
from convert.formats.base import Format, Target, TargetRule
from convert.formats.options import namespaces_of
from convert.mapping import grammar
from convert.mapping.enriching import read_enrich
from convert.mapping.model import Const, Each, FirstOf, Lookup, Mapping, ObjectOf, Rule
from convert.mapping.nodes import Items, Node, Scalar, Table, parse_yaml, shape_slots
from convert.mapping.parse import Parser
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.registry import check_named, format_named
from convert.resources import as_file, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = (".yaml", ".yml")
SHARED = ("lookups", "defs", "vars", "namespaces")
FLAGS = {"source": "--read", "target": "--write", "vars": "--var"}
"""Where an option of the command line was given, as findings name it."""
SHIFT_JIS = ("shift_jis", "shiftjis", "sjis", "s_jis", "csshiftjis")
"""Names under which people ask for what is nearly always cp932 (japanese-text.md §1)."""
BY_KEY = ("source", "target", "record", "enrich", *SHARED)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the caller changes for one run: reader and writer options, variables."""

    read: Names[str, Any] = field(default_factory=dict)
    write: Names[str, Any] = field(default_factory=dict)
    variables: Names[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Loaded:
    """A mapping and all that was found in it; ``mapping`` None when it cannot run.

    ``as_read``: the mapping as far as it could be read, for who looks at it without running it.
    """

    mapping: Mapping | None
    issues: list[Issue]
    as_read: Mapping | None = None


def shipped() -> dict[str, Path]:
    """The shipped mappings by name (``museum/csv-to-japansearch``)."""
    top = resources.mappings()
    found = {}
    for path in sorted(top.rglob("*.yaml")):
        name = path.relative_to(top).with_suffix("").as_posix()
        if not name.startswith(("databases/", "lookups/")):
            found[name] = path
    return found


def find_mapping(name: str, base: Path | None = None) -> Path | None:
    """The file of a mapping, by path (with or without suffix) or by shipped name."""
    for folder in [base, None] if base else [None]:
        for suffix in ("", *SUFFIXES):
            path = as_file(name + suffix, folder)
            if path is not None:
                return path
    return shipped().get(name)


def load_mapping(name: str | Path, *, overrides: Overrides | None = None) -> Mapping:
    """Load and check a mapping. Raises :class:`MappingError` with every finding, :class:`UnknownName` when
    there is no such mapping.
    """
    loaded = inspect_mapping(name, overrides=overrides)
    if loaded.mapping is None:
        raise MappingError(loaded.issues)
    return loaded.mapping


def inspect_mapping(name: str | Path, *, overrides: Overrides | None = None) -> Loaded:
    """Load a mapping and give everything found in it, warnings and notices included."""
    path = find_mapping(str(name))
    if path is None:
        raise UnknownName("mapping", str(name), sorted(shipped()))
    gathered = _Gathered()
    document = gathered.document(path, ())
    if document is None:
        return Loaded(None, _sorted(gathered.issues))
    loaded = _read(document, path, gathered, overrides or Overrides())
    loaded.issues = _sorted(loaded.issues)
    loaded.as_read = loaded.mapping
    if any(catalogue().severity(issue) >= Severity.ERROR for issue in loaded.issues):
        loaded.mapping = None
    elif loaded.mapping is not None:
        loaded.mapping = replace(loaded.mapping, findings=tuple(loaded.issues))
    return loaded


def _sorted(issues: list[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: (issue.at.source, issue.at.line or 0, issue.at.column or 0, issue.code))


# ── Documents: extends and uses ──────────────────────────────────────────────────────────────────


class _Gathered:
    """Documents as they are read and merged; every file's hash."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.files: dict[str, str] = {}

    def document(self, path: Path, chain: tuple[Path, ...]) -> Table | None:
        """The document in ``path``, with what it extends and uses merged in."""
        name = shown(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            slots = {"reason": reason, "reason_ja": "ファイルを読めません"}
            self.issues.append(Issue("MAP-YAML", Location(name), slots=slots))
            return None
        self.files[name] = hashlib.sha256(data).hexdigest()
        node, issues = parse_yaml(data, name)
        self.issues += issues
        if node is None:
            return None
        if not isinstance(node, Table):
            self.issues.append(Issue("MAP-SHAPE", node.at, slots=shape_slots("table", "document")))
            return None
        self._check_version(node)
        return self._merged(node, path, (*chain, path.resolve()))

    def _check_version(self, node: Table) -> None:
        version = node.get("mapping")
        if version is not None and not isinstance(version, Scalar):
            self.issues.append(Issue("MAP-SHAPE", version.at, slots=shape_slots("text", "mapping")))
        elif version is not None and version.text != "1":
            self.issues.append(Issue("MAP-VERSION", version.at, value=version.text))

    def _merged(self, own: Table, path: Path, chain: tuple[Path, ...]) -> Table:
        for word in ("uses", "extends"):
            node = own.get(word)
            for ref in node.items if isinstance(node, Items) else (node,):
                if ref is not None and not isinstance(ref, Scalar):
                    self.issues.append(Issue("MAP-SHAPE", ref.at, slots=shape_slots("text", word)))
                elif isinstance(ref, Scalar) and not ref.is_null:
                    below = self._other(ref, path, chain)
                    own = _merge(below, own, only_shared=word == "uses") if below is not None else own
        return own

    def _other(self, ref: Scalar, path: Path, chain: tuple[Path, ...]) -> Table | None:
        found = find_mapping(ref.text, path.parent)
        if found is None:
            self.issues.append(Issue("MAP-REF", ref.at, value=ref.text, suggestion=near(ref.text, shipped())))
            return None
        if found.resolve() in chain:
            names = " → ".join([*(shown(link) for link in chain), shown(found)])
            self.issues.append(Issue("MAP-CYCLE", ref.at, value=ref.text, slots={"chain": names}))
            return None
        return self.document(found, chain)


def _merge(below: Table, above: Table, *, only_shared: bool) -> Table:
    """``above`` laid over ``below``: keyed sections key by key, everything else as a whole."""
    entries = {key.text: (key, node) for key, node in below if not only_shared or key.text in SHARED}
    for key, node in above:
        old = entries.get(key.text)
        if old is not None and key.text in BY_KEY and isinstance(old[1], Table) and isinstance(node, Table):
            node = _merge_section(key.text, old[1], node)  # noqa: PLW2901 - the merged node takes its place
        elif old is not None and key.text == "fields" and isinstance(old[1], Table) and isinstance(node, Table):
            node = _merge_fields(old[1], node)  # noqa: PLW2901
        entries[key.text] = (key, node)
    return Table(tuple(entries.values()), above.at)


def _merge_section(name: str, below: Table, above: Table) -> Table:
    if name in ("source", "target"):
        formats = [node.text if isinstance(node := side.get("format"), Scalar) else None for side in (below, above)]
        if formats[1] is not None and formats[0] != formats[1]:
            return above
    entries = {key.text: (key, node) for key, node in below} | {key.text: (key, node) for key, node in above}
    return Table(tuple(entries.values()), above.at)


def _merge_fields(below: Table, above: Table) -> Table:
    entries: dict[str, tuple[Scalar, Node]] = {key.text: (key, node) for key, node in below}
    for key, node in above:
        if isinstance(node, Scalar) and node.is_null and key.text in entries:
            del entries[key.text]
        else:
            entries[key.text] = (key, node)
    return Table(tuple(entries.values()), above.at)


# ── From document to mapping ─────────────────────────────────────────────────────────────────────


def _override(document: Table, section: str, given: Names[str, Any]) -> Table:
    """The document with options of the command line laid over a section."""
    if not given:
        return document
    old = document.get(section)
    at = Location(FLAGS[section])
    extra = Table(tuple((Scalar(key, at), _node(value, at)) for key, value in given.items()), at)
    merged = _merge_section(section, old, extra) if isinstance(old, Table) else extra
    entries = {key.text: (key, node) for key, node in document} | {section: (Scalar(section, at), merged)}
    return Table(tuple(entries.values()), document.at)


def _node(value: Any, at: Location) -> Node:
    if isinstance(value, Names):
        return Table(tuple((Scalar(str(key), at), _node(item, at)) for key, item in value.items()), at)
    if isinstance(value, list | tuple):
        return Items(tuple(_node(item, at) for item in value), at)
    if isinstance(value, bool):
        return Scalar("true" if value else "false", at, quoted=True)
    return Scalar("" if value is None else str(value), at, quoted=value is not None)


def _read(document: Table, path: Path, gathered: _Gathered, overrides: Overrides) -> Loaded:
    declared = [key.text for key, _ in node] if isinstance(node := document.get("vars"), Table) else []
    for section, given in (("source", overrides.read), ("target", overrides.write), ("vars", overrides.variables)):
        document = _override(document, section, given)
    parser = Parser()
    parser.issues += gathered.issues
    parser.table(document, grammar.DOCUMENT)
    for word in ("source", "target", "record", "fields"):
        node = document.get(word)
        if node is None or (isinstance(node, Scalar) and node.is_null):
            key = next(key for key in grammar.DOCUMENT if key.name == word)
            parser.note("MAP-KEY-MISSING", document.at, word, en=key.en, ja=key.ja)
    source, source_options = (
        parser.endpoint(document.get("source"), "source", document.at) if document.get("source") else (None, {})
    )
    target, target_options = (
        parser.endpoint(document.get("target"), "target", document.at) if document.get("target") else (None, {})
    )
    if source is not None:
        _beside(source, source_options, path.parent)
    if str(source_options.get("encoding")).lower().replace("-", "_") in SHIFT_JIS:
        parser.note("MAP-ENCODING", document.at, source_options["encoding"], suggestion="cp932")
    parser.format, parser.reader = source, source.load_reader() if source else None
    if source is not None and source.takes_namespaces:
        parser.namespaces = parser.names(document.get("namespaces")) | namespaces_of(source_options["namespaces"])
        source_options["namespaces"] = parser.namespaces
    parser.variables = parser.names(document.get("vars"))
    for name in overrides.variables:
        if name not in declared:
            parser.note(
                "MAP-VAR",
                Location(FLAGS["vars"]),
                f"${name}",
                suggestion=near(name, declared),
                known=", ".join(declared),
            )
    parser.all_lookups(document.get("lookups"))
    parser.defs = {key.text: node for key, node in parser.table(document.get("defs"))}
    enrich = read_enrich(parser, document.get("enrich"))
    mapping = _assemble(parser, document, path, source_options, target_options)
    _unused(parser, document)
    mapping = replace(mapping, enrich=enrich, files=tuple((gathered.files | parser.files).items()))
    if target is not None:
        parser.issues += target_issues(mapping, target)
    return Loaded(mapping, parser.issues)


def _beside(source: Format, options: dict[str, Any], folder: Path) -> None:
    """Options that name a file are read from the mapping's folder, where it is there."""
    for option in source.read_options:
        name = options.get(option.name)
        if option.kind == "file" and isinstance(name, str) and as_file(name, folder) is not None:
            options[option.name] = str(folder / name)


def _assemble(parser: Parser, document: Table, path: Path, reading: dict[str, Any], writing: dict[str, Any]) -> Mapping:
    record = parser.table(document.get("record"), grammar.RECORD) if document.get("record") else Table((), document.at)
    id_node = record.get("id")
    parser.id_known = False
    id_rule = parser.rule("$id", id_node) if id_node is not None else None
    skip = parser.when(record.get("skip"))
    parser.id_known = True
    delete = parser.when(record.get("delete"))
    fields = _fields(parser, document.get("fields"))
    name, title = document.get("id"), document.get("title")
    return Mapping(
        id=(parser.text(name) or "") if name is not None else path.stem,
        title=parser.text(title) if title is not None else None,
        file=path,
        source=_format_name(document, "source"),
        source_options=reading,
        target=_format_name(document, "target"),
        target_options=writing,
        variables=parser.variables,
        lookups={key: table for key, table in parser.lookups.items() if isinstance(table, Lookup)},
        id_rule=id_rule or _no_rule(document.at),
        skip=skip,
        delete=delete,
        fields=fields,
        passthrough=parser.pass_through(document.get("passthrough")),
        checks=_checks(parser, document.get("checks")),
        at=document.at,
        namespaces=parser.namespaces or parser.names(document.get("namespaces")),
    )


def _no_rule(at: Location) -> Rule:
    return Rule(0, "$id", at, Const(""))


def _format_name(document: Table, section: str) -> str:
    table = document.get(section)
    node = table.get("format") if isinstance(table, Table) else None
    return node.text if isinstance(node, Scalar) else ""


def _fields(parser: Parser, node: Node | None) -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    found = []
    for key, value in parser.table(node):
        if isinstance(value, Scalar) and value.is_null:
            parser.note("MAP-TARGET-NULL", key.at, key.text)
            continue
        rules = parser.rules(key.text, value)
        if rules:
            found.append((key.text, rules))
    if node is not None and not found and not parser.issues:
        parser.note("MAP-KEY-MISSING", node.at, "fields", en="at least one target", ja="出力項目を一つ以上")
    return tuple(found)


def _checks(parser: Parser, node: Node | None) -> tuple[str, ...]:
    found = []
    for item in node.items if isinstance(node, Items) else (node,) if node is not None else ():
        name = parser.text(item)
        if name is None:
            continue
        own = [parser.format.name] if parser.format is not None and parser.format.along else []
        try:
            if name not in own:
                check_named(name)
        except UnknownName as error:
            known = [*own, *error.known]
            parser.note("MAP-CHECK", item.at, name, suggestion=near(name, known), known=", ".join(known))
            continue
        found.append(name)
    return tuple(found)


def _unused(parser: Parser, document: Table) -> None:
    """Note what is defined in this very file and never used; borrowed tables need not all be used."""
    kinds = (("defs", "def"), ("lookups", "lookup"), ("vars", "var"), ("enrich", "enrichment"))
    for section, kind in kinds:
        table = document.get(section)
        for key, _ in table if isinstance(table, Table) else ():
            inside = key.at.source == document.at.source
            if inside and (kind, key.text) not in parser.used:
                parser.note("MAP-UNUSED", key.at, key.text, section=section)


# ── The target's own checks ──────────────────────────────────────────────────────────────────────


def target_rule(rule: Rule) -> TargetRule:
    """What the target needs to know about a rule."""
    return TargetRule(
        rule.target,
        rule.number,
        rule.at,
        labels=rule.labels,
        yomi=rule.readings,
        objects=rule.objects,
        required=rule.required,
        lang=rule.described("lang"),
        type=rule.described("type"),
        passthrough=rule.passthrough,
        members=tuple(dict.fromkeys(_members(rule))),
    )


def _members(rule: Rule) -> Iterator[str]:
    """The names of the members that a rule's objects may have."""
    match rule.source:
        case Each(_, members) | ObjectOf(members):
            yield from (name for name, _ in members)
        case FirstOf(rules):
            for inside in rules:
                yield from _members(inside)


def make_target(mapping: Mapping, extra: tuple[Rule, ...] = ()) -> Target:
    """The mapping's target, made for its rules and those that passthrough added."""
    kind = format_named(mapping.target).load_target()
    rules = [target_rule(rule) for rule in (*mapping.rules, *extra)]
    return kind(mapping.target_options, rules, base=mapping.base)


def target_issues(mapping: Mapping, target: Format) -> list[Issue]:
    """What the target says about the mapping, as issues at the rules' places."""
    made = make_target(mapping)
    places = {rule.number: rule for rule in mapping.rules}
    issues = []
    for fault in made.faults:
        rule = places.get(fault.rule) if fault.rule is not None else None
        value = fault.slots.get("value")
        issues.append(
            Issue(
                fault.code,
                rule.at if rule else mapping.at,
                target=rule.target if rule else None,
                value=str(value) if value is not None else None,
                slots=fault.slots,
                suggestion=fault.suggestion,
            )
        )
    return issues
