"""A path of a table: a header as it stands, or ``#3`` for the third column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from convert.errors import PathError
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.model import Record

_NUMBER = re.compile(r"#([0-9]+)")
SHOWN = 10
"""Columns with the same header that a message names."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, ready to be read: ``body[index]``."""

    path: str
    index: int
    header: str
    key: str | None = None

    def values(self, body: Any) -> list[Any]:
        """Return the cell."""
        return [body[self.index]]

    def nodes(self, body: Any) -> list[Any]:
        """Return nothing: a table has no nodes."""
        return []

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Return the place of the cell."""
        return Location(
            record.source, line=record.line, column=self.index + 1, row=record.row, field=self.header or self.path
        )


def check_path(path: str) -> None:
    """Raise :class:`PathError` when no table could have such a path: an empty one, or ``#0``."""
    if not path:
        ja = "列は見出しか、#1、#2 … で指します"
        raise PathError(path, "a path names a column by its header or as #1, #2 …", ja=ja)
    number = _NUMBER.fullmatch(path)
    if number and int(number[1]) == 0:
        raise PathError(path, "columns are counted from #1", ja="列は #1 から数えます")


class Headers:
    """The headers of one table, looked through once however many columns and paths there are."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each header stands."""
        found: dict[str, list[int]] = {}
        for index, header in enumerate(self._columns):
            found.setdefault(header, []).append(index)
        return found

    @cached_property
    def _twins(self) -> dict[str, str]:
        """The first header of each that differ only in what is easily overlooked."""
        found: dict[str, str] = {}
        for header in self._places:
            found.setdefault(_folded(header), header)
        return found

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The path of each column: its header; ``#3`` where the header is empty or stands twice."""
        places = self._places
        return tuple(
            header if header.strip() and len(places[header]) == 1 else f"#{number}"
            for number, header in enumerate(self._columns, start=1)
        )

    def find(self, path: str) -> Column:
        """Find the column that ``path`` names; raises :class:`PathError` with the headers there are."""
        check_path(path)
        columns, places = self._columns, self._places.get(path, ())
        if len(places) == 1:
            return Column(path, places[0], path)
        if places:
            numbers = [f"#{index + 1}" for index in places[:SHOWN]] + ["…"] * (len(places) > SHOWN)
            reason = f"{len(places)} columns have this header; use {' or '.join(numbers)}"
            ja = f"この見出しの列が {len(places)} つあります。{' か '.join(numbers)} と書いてください"
            raise _error(path, reason, columns, numbers[0], ja)
        number = _NUMBER.fullmatch(path)
        if number and int(number[1]) <= len(columns):
            index = int(number[1]) - 1
            return Column(path, index, columns[index])
        if number:
            raise PathError(path, f"there are only {len(columns)} columns", ja=f"列は {len(columns)} 列しかありません")
        ja = "この見出しの列がありません"
        raise _error(path, "no column has this header", columns, self._twins.get(_folded(path)), ja)


def _error(path: str, reason: str, columns: Sequence[str], suggestion: str | None, ja: str) -> PathError:
    error = PathError(path, reason, columns, ja)
    error.suggestion = suggestion or error.suggestion
    return error


def _folded(header: str) -> str:
    """Return the header without what is easily overlooked: blanks around it, width, case."""
    return unicodedata.normalize("NFKC", header).strip().casefold()


class ByHeader:
    """What all readers of rows share: paths are headers, ``columns`` in their order."""

    columns: tuple[str, ...]

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for what no table can have: an empty path, ``#0``."""
        check_path(path)

    def column(self, path: str, *, inner: bool) -> Column:
        """Find the column named ``path``; ``inner``: below a row, where there is nothing. Raises :class:`PathError`."""
        if inner:
            ja = "表の行の中に、下位の要素はありません"
            raise PathError(path, "a table has no nodes below its rows", ja=ja)
        return self._headers.find(path)

    def walk(self, body: list[str]) -> Iterator[tuple[str, str]]:
        """Every cell under its header; ``#3`` where the header is empty or stands twice."""
        return zip(self._headers.paths, body, strict=True)

    @cached_property
    def _headers(self) -> Headers:
        return Headers(self.columns)
