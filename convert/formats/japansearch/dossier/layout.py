"""The label definition as the receiver's screen wants it, and how the files' columns fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.check.issue import Issue
from convert.formats.japansearch.dossier.counting import FlatShape, LinkageShape, RowShape
from convert.formats.japansearch.dossier.model import Column, Wanted
from convert.formats.japansearch.layout import COMMON, Item, letter_of
from convert.formats.japansearch.model import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.formats.japansearch.definition import Definition
    from convert.formats.japansearch.target import JapanSearchTarget
    from convert.model import Location


class LabelLayout:
    """The items of a mapping's file for registration. ``target``: made with ``shape: registration``."""

    def __init__(self, target: JapanSearchTarget, definition: Definition) -> None:
        self.items: tuple[Item, ...] = tuple(item for item, _ in target.registered())
        self.definition = definition
        self._by_key: dict[str, Item] = {}
        for number, item in enumerate(self.items):
            for key in (item.name, self.served(number, item.type)):
                self._by_key.setdefault(key, item)
        keys: dict[str, list[str]] = {}
        for key, item in self._by_key.items():
            for label in item.labels:
                keys.setdefault(label, []).append(key)
        self.flat_shape = FlatShape(keys)
        feeds = target.layout.feeds
        direct = frozenset(key for key, names in feeds.items() if any(name.startswith(COMMON) for name in names))
        own = {item.name for item in target.layout.items}
        members = {
            key: [name for name, item in self._by_key.items() if item.name in names and item.name in own]
            for key, names in feeds.items()
        }
        self.linkage_shape = LinkageShape(members, direct, definition)

    def served(self, number: int, letter: str) -> str:
        """The key of a column counted from 0 (inferred, japansearch.md §1.2)."""
        return f"{self.definition.id}-{number}-{letter}" if self.definition.id else ""

    def item(self, header: str) -> Item | None:
        """The item of a header, by its name or its served key."""
        return self._by_key.get(header)

    def names(self, headers: Sequence[str]) -> list[str]:
        """The headers as the mapping names their items; served keys and names are the same."""
        return [header if (item := self.item(header)) is None else item.name for header in headers]

    def row_shape(self, headers: Sequence[str]) -> RowShape:
        """Where the labels are among a table's columns."""
        columns: dict[str, list[int]] = {}
        for index, header in enumerate(headers):
            item = self.item(header)
            for label in item.labels if item is not None else ():
                columns.setdefault(label, []).append(index)
        return RowShape(columns, headers)

    def column_issues(self, headers: Sequence[str], at: Location) -> list[Issue]:
        """Columns the mapping does not have, and items without a column."""
        found = [
            Issue("JPS-FILE-COLUMN", at, value=header)
            for header in headers
            if self.item(header) is None and header.strip()
        ]
        there = {item.name for header in headers if (item := self.item(header)) is not None}
        found += [
            Issue("JPS-FILE-COLUMN-MISSING", at, value=item.name) for item in self.items if item.name not in there
        ]
        return found

    # ── The sheet ────────────────────────────────────────────────────────────────────────────────

    def columns(self, headers: Sequence[str] | None, seen: Iterable[str]) -> tuple[Column, ...]:
        """The label definition. ``headers``: of a table, whose order it then has; ``seen``: members of JSON records."""
        if headers is not None:
            return tuple(self._column_of(index, header) for index, header in enumerate(headers))
        known = set(seen)
        found = []
        for index, item in enumerate(self.items):
            there = not known.isdisjoint((item.name, self.served(index, item.type))) or None
            found.append(Column(index + 1, item.title, item.type, item.labels, self.served(index, item.type), there))
        return tuple(found)

    def _column_of(self, index: int, header: str) -> Column:
        item = self.item(header)
        if item is not None:
            return Column(index + 1, item.title, item.type, item.labels, self.served(index, item.type), True)
        letter = letter_of(header) or "s"
        title = header[:-2] if letter_of(header) else header
        return Column(index + 1, title, letter, (), self.served(index, letter), True, mapped=False)


def wanted(columns: Iterable[Column], definition: Definition) -> tuple[Wanted, ...]:
    """The labels that are mandatory or wanted where the data have them, with the items that carry them."""
    carriers: dict[str, list[str]] = {}
    for column in columns:
        for label in column.labels:
            carriers.setdefault(label, []).append(column.name)
    return tuple(
        Wanted(key.name, key.status == "required", tuple(carriers.get(key.name, ())), _given(key.name, definition))
        for key in model().common.values()
        if key.status in ("required", "if_any")
    )


def _given(label: str, definition: Definition) -> str:
    value: str | list[str] = definition.inherited.get(label, "")
    if label in definition.various:
        return "various"
    return value if isinstance(value, str) else "、".join(value)


def label_issues(labels: Iterable[Wanted], at: Location) -> list[Issue]:
    """Labels that no item carries and the definition does not fill either."""
    found = []
    for label in labels:
        key = model().common[label.label]
        slots = {"label": key.name, "name_ja": key.ja, "name_en": key.en}
        if label.items or (label.given and label.given != "various"):
            continue
        if label.mandatory and label.label == "title":
            found.append(Issue("JPS-TITLE-RULE", at))
        elif not label.mandatory:
            found.append(Issue("JPS-RECOMMENDED", at, slots=slots))
    return found
