"""Documents as bytes, and what stands around them: JSON Lines, a JSON array, CSV and TSV for registration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import orjson

from convert.formats.base import Container
from convert.formats.table.write import RowFile

FLAT_SEPARATOR = ";"
"""Joins several values of an item in one cell. Our own choice: the receiver states none."""

Encoder = Callable[[Any], bytes]


def exact(value: Any) -> Any:
    """A Decimal as the JSON number it is, digit for digit."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"no JSON for {type(value).__name__}")


def json_line(document: Any) -> bytes:
    """One line of JSON Lines."""
    return orjson.dumps(document, default=exact, option=orjson.OPT_APPEND_NEWLINE)


def json_member(document: Any) -> bytes:
    """One member of a JSON array."""
    return orjson.dumps(document, default=exact)


def json_container(layout: str, limit: int | None) -> Container:
    """What stands around JSON documents. ``layout``: lines or array."""
    if layout == "array":
        return Container(b"[\n", b",\n", b"\n]\n", limit)
    return Container(limit=limit)


class FlatFile:
    """A CSV or TSV of flat documents: RFC 4180 quoting, CRLF, one column per item."""

    def __init__(self, columns: Sequence[str], *, delimiter: str, bom: bool, limit: int | None) -> None:
        self.columns = tuple(columns)
        self._rows = RowFile(self.columns, delimiter=delimiter, bom=bom, limit=limit)
        self.container = self._rows.container

    def encode(self, document: Any) -> bytes:
        """One row; items the document does not have are empty cells."""
        return self._rows.row([cell_text(document.get(column)) for column in self.columns])


def cell_text(value: Any) -> str:
    """A value of a flat document as the text of a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return FLAT_SEPARATOR.join(map(cell_text, value)) if isinstance(value, list) else str(value)
