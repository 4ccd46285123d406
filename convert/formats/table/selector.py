"""A path of a table: a header as it stands, or ``#3`` for the third column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.errors import PathError
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.model import Record

_NUMBER = re.compile(r"#([0-9]+)")


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
        raise PathError(path, "a path names a column by its header or as #1, #2 …")
    number = _NUMBER.fullmatch(path)
    if number and int(number[1]) == 0:
        raise PathError(path, "columns are counted from #1")


def find_column(path: str, columns: Sequence[str]) -> Column:
    """Find the column that ``path`` names; raises :class:`PathError` with the headers there are."""
    check_path(path)
    places = [index for index, header in enumerate(columns) if header == path]
    if len(places) == 1:
        return Column(path, places[0], path)
    if places:
        numbers = [f"#{index + 1}" for index in places]
        raise _error(path, f"{len(places)} columns have this header; use {' or '.join(numbers)}", columns, numbers[0])
    number = _NUMBER.fullmatch(path)
    if number and int(number[1]) <= len(columns):
        index = int(number[1]) - 1
        return Column(path, index, columns[index])
    if number:
        raise PathError(path, f"there are only {len(columns)} columns")
    twin = next((header for header in columns if _folded(header) == _folded(path)), None)
    raise _error(path, "no column has this header", columns, twin)


def _error(path: str, reason: str, columns: Sequence[str], suggestion: str | None) -> PathError:
    error = PathError(path, reason, columns)
    error.suggestion = suggestion or error.suggestion
    return error


def _folded(header: str) -> str:
    """Return the header without what is easily overlooked: blanks around it, width, case."""
    return unicodedata.normalize("NFKC", header).strip().casefold()
