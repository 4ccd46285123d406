"""Paths in records of a JSON document: those of JSON Lines, and ``@key``.

``@key`` is the name of the member that a record is the value of, where the records are the members of an object.
A member that is called so itself is written ``["@key"]``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.errors import PathError
from convert.formats.jsonl.path import parse_path
from convert.model import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.check.issue import Issue
    from convert.model import Location

KEY = "@key"


class Keyed(dict[str, Any]):
    """A record's body that knows the name it stood under."""

    __slots__ = ("name",)

    def __init__(self, body: dict[str, Any], name: str) -> None:
        super().__init__(body)
        self.name = name


class Element(Record):
    """A record of a JSON document: several may stand on one line, so it has a column."""

    __slots__ = ("column",)

    def __init__(
        self,
        body: Any,
        *,
        source: str,
        ordinal: int,
        line: int | None = None,
        column: int | None = None,
        issues: Sequence[Issue] = (),
    ) -> None:
        self.body = body  # as Record does: calling it costs as much again
        self.source = source
        self.ordinal = ordinal
        self.line = line
        self.row = None
        self.issues = issues
        self.id = None
        self.column = column

    @property
    def at(self) -> Location:
        """Where the record starts."""
        return replace(super().at, column=self.column)


@dataclass(frozen=True, slots=True)
class KeyPath:
    """``@key``."""

    path: str = KEY
    index: int | None = None
    key: str | None = None

    def values(self, body: Keyed) -> list[Any]:
        """The name the record stood under."""
        return [body.name]

    def nodes(self, body: Keyed) -> list[Any]:
        """The same; there is nothing below it."""
        return [body.name]

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Return the place of the record."""
        return replace(record.at, path=KEY, field=KEY)


def check_path(path: str) -> None:
    """Raise :class:`PathError` for a path that cannot be read."""
    if path.startswith(KEY) and path[len(KEY) :][:1] in (".", "["):
        ja = f'{KEY} は文字で、その下には何もありません。その名前の項目は ["{KEY}"] と書きます'
        reason = f'{KEY} is a text with nothing below it; a member of that name is written ["{KEY}"]'
        raise PathError(path, reason, ja=ja)
    if path != KEY:
        parse_path(path)
