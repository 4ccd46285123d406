"""What the checks of a whole delivery are given: the values of records by column, and where they come from."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convert.check.dataset.columns import ROLES, Cells, Column, Known
from convert.check.dataset.survey import FIELDS
from convert.check.issue import Finding, Issue
from convert.errors import PathError
from convert.formats.base import Columned, Walker
from convert.formats.jsonl.path import path_text
from convert.mapping.bind import every_rule, source_refs
from convert.model import Mapped, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from convert.formats.base import Format, Reader, Selector
    from convert.model import Location, Record
    from convert.run.flow import Converter

Roles = dict[str, frozenset[str]]
_TEXT: set[type] = {str}
_NONE: Mapping[Any, Cells] = MappingProxyType({})


def roles_by_name(kind: Format, given: Mapping[str, tuple[str, ...]]) -> Roles:
    """What each name plays: as the format has it, and as a profile says, which counts more for its roles."""
    roles = {role: given.get(role) or kind.roles.get(role, ()) for role in ROLES}
    names = {name for found in roles.values() for name in found}
    return {name: frozenset(role for role, found in roles.items() if name in found) for name in names}


class _Gathered:
    """Values under names that are known only when they are met."""

    def __init__(self, roles: Roles, constant: frozenset[str] = frozenset()) -> None:
        self._roles = roles
        self._constant = constant
        self._columns: dict[str, Column] = {}
        self._known: dict[str, Known] = {}
        self._points = sorted(name for name, playing in roles.items() if "coordinates" in playing)

    def column(self, name: str, target: str) -> Column:
        """The column of a name."""
        found = self._columns.get(name)
        if found is None:
            found = Column(name, target, self._roles.get(name, frozenset()), target in self._constant)
            if len(self._columns) < 2 * FIELDS or found.roles:
                self._columns[name] = found
                self._known[name] = Known()
        return found

    def cells(self, records: Sequence[Iterable[tuple[str, str, Any]]], *, closely: bool) -> dict[str, Cells]:
        """(name, target, value) of every record as columns; of very many names those with a role, and some.

        Coordinates that are written as ``lat`` and ``lon`` are put together.
        """
        columns: dict[str, list[Any]] = {}
        targets: dict[str, str] = {}
        for number, values in enumerate(records):
            for name, target, value in values:
                cells = columns.get(name)
                if cells is None:
                    if len(columns) > 2 * FIELDS and name not in self._roles:
                        continue
                    cells = columns[name] = [None] * len(records)
                    targets[name] = target
                held = cells[number]
                if held is None:
                    cells[number] = value
                elif held.__class__ is list:
                    held.append(value)
                else:
                    cells[number] = [held, value]
        found = {
            name: Cells(self.column(name, targets[name]), raw, known=self._known.get(name)).look(closely=closely)
            for name, raw in columns.items()
        }
        for name in self._roles.keys() - found.keys():  # nobody here has it, which is something to know
            column = Column(name, name, self._roles[name], counted=False)
            found[name] = Cells(column, [None] * len(records))
        for name in self._points:
            lats, lons = columns.get(f"{name}.lat"), columns.get(f"{name}.lon")
            if lats is not None and lons is not None:
                column = Column(name, targets[f"{name}.lat"], self._roles[name], counted=False)
                found[name] = Cells(column, list(map(_point, lats, lons)))
        return found


def _point(lat: Any, lon: Any) -> str | None:
    return f"{lat},{lon}" if lat.__class__ is str and lon.__class__ is str else None


class _Node:
    """A place in the bodies of JSON records, with its path and name: made once however many records have it."""

    __slots__ = ("inner", "members", "name", "path", "steps")

    def __init__(self, steps: tuple[str | None, ...]) -> None:
        self.steps = steps
        self.path = path_text(steps) or "."
        self.name = shown_path(self.path)
        self.members: dict[str, _Node] = {}
        self.inner: _Node | None = None


class Names:
    """The values of a reader's records, each with its name and path."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader if isinstance(reader, Walker) else None
        self._top = _Node(())
        self._nodes = 0

    def values(self, record: Record) -> list[tuple[str, str, Any]]:
        """(name, path, text) of every value, in document order; blanks included."""
        found: list[tuple[str, str, Any]] = []
        if record.body.__class__ is dict:
            self._walk(record.body, self._top, found)
        elif self._reader is not None:
            found = [(shown_path(path), path, value) for path, value in self._reader.walk(record.body)]
        return found

    def _walk(self, value: Any, node: _Node, found: list[tuple[str, str, Any]]) -> None:
        kind = value.__class__
        if kind is dict:
            members = node.members
            for name, member in value.items():
                self._walk(member, members.get(name) or self._member(node, name), found)
        elif kind is list:
            inner = node.inner
            if inner is None:
                inner = node.inner = _Node((*node.steps, None))
            for member in value:
                self._walk(member, inner, found)
        elif kind is bool:
            found.append((node.name, node.path, "true" if value else "false"))
        elif value is not None:
            found.append((node.name, node.path, value))

    def _member(self, node: _Node, name: str) -> _Node:
        made = _Node((*node.steps, name))
        if self._nodes < 2 * FIELDS:
            self._nodes += 1
            node.members[name] = made
        return made


class SourceColumns:
    """The source's own columns, for the statistics: those of a table, or every path of a record."""

    def __init__(self, reader: Reader, roles: Roles | None = None) -> None:
        self._table = reader.columns is not None
        self._gathered = _Gathered(roles or {})
        self._names = Names(reader)
        self._columns: list[tuple[Column, Known]] | None = None

    def cells(
        self, records: Sequence[Record], *, closely: bool, alike: Mapping[Any, Cells] = _NONE
    ) -> dict[str, Cells]:
        """The cells of some records, looked at (:meth:`Cells.look`).

        ``alike``: ``lonely`` cells by their first text: a column of the same texts need not be looked at again.
        """
        if not self._table:
            return self._gathered.cells([self._names.values(record) for record in records], closely=closely)
        if self._columns is None:
            named = self._names.values(records[0])
            self._columns = [(self._gathered.column(name, path), Known()) for name, path, _ in named]
        raws = zip(*[record.body for record in records], strict=False)
        return {
            column.name: Cells.like(other, column)
            if (other := alike.get(raw[0])) is not None and other.raw == raw
            else Cells(column, raw, kinds=_TEXT, known=known).look(closely=closely)
            for (column, known), raw in zip(self._columns, raws, strict=False)
        }


def shown_path(path: str) -> str:
    """A path as a name: without marks for many, and without the member that is the value itself.

    >>> shown_path("title[].value"), shown_path("title[].yomi"), shown_path("issued[]")
    ('title', 'title.yomi', 'issued')
    """
    return path.replace("[]", "").removesuffix(".value") if "[" in path else path


class ConvertedFeed:
    """The values of records that a converter makes. What was made of a record is (document, mapped or None)."""

    told_apart = True

    def __init__(self, converter: Converter, reader: Reader, roles: Roles) -> None:
        self._plan = converter.plan
        target = converter.target
        mapping = converter.plan.mapping
        taking = {
            rule.target for rule in converter.plan.rules if any(source_refs(inner) for inner in every_rule([rule]))
        }
        constant = frozenset(rule.target for rule in mapping.rules if rule.target not in taking)
        columns = _placed(target, roles, constant) if isinstance(target, Columned) else None
        if columns is not None and not all(column.way for column in columns):
            roles = {column.name: column.roles for column in columns}
            columns = None
        self._columns = columns
        self.fixed = columns is not None
        self._known = [Known() for _ in columns or ()]
        self._gathered = _Gathered(roles, constant)
        self._source = SourceColumns(reader)
        self._heads = _heads(self._columns)
        self._last: tuple[Record, Mapped] | None = None

    def row(self, record: Record, made: Any) -> Any:
        """The values of the columns, while they are at hand; else everything that was mapped."""
        document, mapped = made
        if self._columns is None:
            return list(_mapped(mapped))
        if document.__class__ is not dict:
            return document
        values: list[Any] = []
        for way, getters in self._heads:
            values += map((document if way is None else document[way]).get, getters)
        return values

    def cells(self, rows: Sequence[Any]) -> dict[str, Cells]:
        """The values that are delivered."""
        if self._columns is None:
            return self._gathered.cells(rows, closely=True)
        columns = zip(self._columns, zip(*rows, strict=True), self._known, strict=True)
        return {
            column.name: Cells(column, raw, trimmed=column.way[-1].__class__ is str, known=known).look(closely=True)
            for column, raw, known in columns
        }

    def source(self, records: Sequence[Record], cells: Mapping[str, Cells]) -> dict[str, Cells]:
        """The source's own columns; many of their texts are delivered as they are."""
        alike = {found.raw[0]: found for found in cells.values() if found.lonely}
        return self._source.cells(records, closely=False, alike=alike)

    def place(self, record: Record, finding: Finding) -> Issue:
        """As a check of single records has it; the record is mapped again."""
        if self._last is None or self._last[0] is not record:
            again, _ = self._plan.run(record)
            self._last = (record, again if isinstance(again, Mapped) else Mapped(record.id or "", {}, {}))
        return self._plan.finding(finding, self._last[1], record)

    def at(self, record: Record, target: str) -> Location:
        """The place of the first rule for the target."""
        return self._plan.finding(Finding("", target), Mapped(record.id or "", {}, {}), record).at


def _heads(columns: Sequence[Column] | None) -> list[tuple[str | None, list[str]]]:
    """The columns of dicts by the member that holds them; the columns stand in that order."""
    heads: dict[str | None, list[str]] = {}
    for column in columns or ():
        if isinstance(column.way[-1], str):
            heads.setdefault(str(column.way[0]) if len(column.way) > 1 else None, []).append(column.way[-1])
    return list(heads.items()) or [(None, [])]


def _placed(target: Columned, roles: Roles, constant: frozenset[str]) -> list[Column] | None:
    """The target's columns, with what the roles of names and the mapping say of them."""
    columns = target.surveyed()
    if columns is None:
        return None
    return [
        replace(
            column,
            roles=column.roles | roles.get(column.name, frozenset()),
            constant=column.target in constant,
        )
        for column in columns
    ]


def _mapped(mapped: Mapped | None) -> Iterator[tuple[str, str, Any]]:
    """The values of a mapped record by name; readings and members of objects have names of their own."""
    for name, values in mapped.values.items() if mapped is not None else ():
        for value in values:
            if isinstance(value, Text):
                yield name, name, value.value
                if value.yomi is not None:
                    yield f"{name}.yomi", name, value.yomi
            elif isinstance(value, dict):
                for member, parts in value.items():
                    for part in parts if isinstance(parts, list) else (parts,):
                        yield f"{name}.{member}", name, part.value if isinstance(part, Text) else part
            else:
                yield name, name, value


class CheckedFeed:
    """The values of records that are checked as they are."""

    told_apart = False

    def __init__(self, reader: Reader, roles: Roles) -> None:
        self._reader = reader
        self._columns = SourceColumns(reader, roles)
        self.fixed = reader.columns is not None
        self._selectors: dict[str, Selector | None] = {}

    def _selector(self, path: str) -> Selector | None:
        """A path to follow; None for what stands in the file and no path may lead to."""
        if path not in self._selectors:
            try:
                self._selectors[path] = self._reader.selector(path)
            except PathError:
                self._selectors[path] = None
        return self._selectors[path]

    def row(self, record: Record, made: Any) -> Any:
        """The record itself."""
        return record

    def cells(self, rows: Sequence[Any]) -> dict[str, Cells]:
        """Every field of the records."""
        return self._columns.cells(rows, closely=True)

    def source(self, records: Sequence[Record], cells: Mapping[str, Cells]) -> Mapping[str, Cells]:
        """The same."""
        return cells

    def at(self, record: Record, target: str) -> Location:
        """The place of the path."""
        return self.place(record, Finding("", target)).at

    def place(self, record: Record, finding: Finding) -> Issue:
        """The place of the path, or of the record."""
        path, at = finding.target, record.at
        if path is not None:
            selector = self._selector(path)
            at = record.at if selector is None else selector.locate(record, finding.index)
        return Issue(
            finding.code,
            at,
            record_id=record.id,
            ordinal=record.ordinal,
            target=None if path is None else shown_path(path),
            value=finding.value,
            slots=finding.slots,
            suggestion=finding.suggestion,
        )
