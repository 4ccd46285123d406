"""The shapes every section of a mapping is made of: texts, tables, names, formats with their options."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import OptionError, UnknownName, near
from convert.mapping.nodes import Items, Node, Scalar, Table, plain, shape_slots
from convert.model import Location
from convert.registry import format_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.enrich.base import Enrichment
    from convert.formats.base import Format, Option
    from convert.mapping import grammar
    from convert.mapping.model import Lookup


class Shapes:
    """What one merged document holds so far, and how its simplest shapes are read.

    ``issues`` grows; the answers may hold gaps while it is not empty. ``within``: the enrichment, and the path in what
    it finds, over whose nodes the ``each`` goes that is being read.
    """

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.format: Format | None = None
        self.reader: Any = None
        self.namespaces: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.lookups: dict[str, Lookup | None] = {}
        self.defs: dict[str, Node] = {}
        self.enrichments: dict[str, Enrichment] = {}
        self.within: tuple[str, str] | None = None
        self.used: set[tuple[str, str]] = set()
        self.files: dict[str, str] = {}
        self._count = 0
        self._open_defs: list[str] = []
        self._opened = 0
        self.id_known = True

    def note(
        self, code: str, at: Location, value: str | None = None, *, suggestion: str | None = None, **slots: Any
    ) -> None:
        """Remember a fault."""
        self.issues.append(Issue(code, at, value=value, slots=slots, suggestion=suggestion))

    def shape(self, node: Node, expected: str) -> None:
        """Note that ``node`` is not what the grammar wants here."""
        value = node.text if isinstance(node, Scalar) else None
        self.note("MAP-SHAPE", node.at, value, **shape_slots(expected, "value"))

    def text(self, node: Node) -> str | None:
        """A text that says something."""
        if isinstance(node, Scalar) and not node.is_null:
            return node.text
        self.shape(node, "text")
        return None

    def texts(self, node: Node) -> tuple[str, ...]:
        """One text or a list of texts."""
        items = node.items if isinstance(node, Items) else (node,)
        found = [self.text(item) for item in items]
        return tuple(item for item in found if item is not None)

    def table(self, node: Node | None, keys: Sequence[grammar.Key] | None = None) -> Table:
        """A table; its keys checked when they are known. An empty one when ``node`` is none."""
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return Table((), node.at if node else Location("?"))
        if not isinstance(node, Table):
            self.shape(node, "table")
            return Table((), node.at)
        if keys is not None:
            self.keys(node, keys)
        return node

    def keys(self, node: Table, keys: Sequence[grammar.Key]) -> None:
        """Note unknown keys and missing ones."""
        known = [key.name for key in keys]
        for key, _ in node:
            if key.text not in known:
                self.note("MAP-KEY", key.at, key.text, suggestion=near(key.text, known), known=", ".join(known))
        for wanted in keys:
            if wanted.required and node.get(wanted.name) is None:
                self.note("MAP-KEY-MISSING", node.at, wanted.name, en=wanted.en, ja=wanted.ja)

    def names(self, node: Node | None) -> dict[str, str]:
        """A table of texts. Empty texts are texts here."""
        found = {}
        for key, value in self.table(node):
            if isinstance(value, Scalar):
                found[key.text] = value.text
            else:
                self.shape(value, "text")
        return found

    # ── Formats and options ──────────────────────────────────────────────────────────────────────

    def endpoint(self, node: Node | None, role: str, at: Location) -> tuple[Format | None, dict[str, Any]]:
        """``source`` or ``target``: the format and its options, typed; defaults filled in."""
        table = self.table(node)
        name_node = table.get("format")
        if name_node is None:
            self.note("MAP-KEY-MISSING", table.at if node else at, f"{role}.format", en="format", ja="形式")
            return None, {}
        name = self.text(name_node)
        if name is None:
            return None, {}
        try:
            found = format_named(name)
        except UnknownName as error:
            self.note(
                "MAP-FORMAT", name_node.at, name, suggestion=error.suggestion, known=", ".join(error.known), role=role
            )
            return None, {}
        declared = found.read_options if role == "source" else found.write_options
        if (found.reader if role == "source" else found.target) is None:
            self.note("MAP-FORMAT-ROLE", name_node.at, name, role=role)
            return None, {}
        return found, self.options(table, declared)

    def options(self, table: Table, declared: Sequence[Option]) -> dict[str, Any]:
        """The options of a format, typed."""
        known = {option.name: option for option in declared}
        found = {option.name: option.default for option in declared}
        for key, node in table:
            if key.text == "format":
                continue
            option = known.get(key.text)
            if option is None:
                self.note("MAP-OPTION-NAME", key.at, key.text, suggestion=near(key.text, known), known=", ".join(known))
                continue
            try:
                found[key.text] = option.parse(plain(node))
            except OptionError as error:
                self.note(
                    "MAP-OPTION",
                    node.at,
                    str(error.value),
                    option=key.text,
                    expected=error.expected,
                    expected_ja=error.ja,
                )
        return found


def written(node: Node) -> str:
    """The node as a message shows it."""
    return node.text if isinstance(node, Scalar) else json.dumps(plain(node), ensure_ascii=False)
