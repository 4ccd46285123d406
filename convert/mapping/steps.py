"""Lookup tables, named steps and the steps of a rule, their arguments checked."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from convert.errors import UnknownName, near
from convert.mapping import grammar
from convert.mapping.lookups import read_lookup
from convert.mapping.model import Call, Lookup, LookupStep, Step
from convert.mapping.nodes import Items, Node, Scalar, Table
from convert.mapping.shapes import Shapes, written
from convert.registry import transform_named
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convert.model import Location
    from convert.transforms import Parameter, Transform

DEPTH = 20
MAX_OPENED = 10_000
"""How deep defs may stand in each other, and how often they may be opened."""
INTEGER = re.compile("-?[0-9]{1,15}")


class Steps(Shapes):
    """Reads ``lookups``, ``defs`` and ``do``."""

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
        if len(self._open_defs) > DEPTH or self._opened > MAX_OPENED:
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
