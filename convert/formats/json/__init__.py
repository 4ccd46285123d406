"""JSON documents (RFC 8259): a root array, the members of an object, records under a path, or one record."""

from __future__ import annotations

from typing import Any

from convert.errors import PathError
from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record


def _records_problem(value: Any) -> str | None:
    from convert.formats.json.where import Where  # noqa: PLC0415 - only when somebody states it

    try:
        Where.of(value)
    except PathError as error:
        return f"expects a path such as data.items, or data.* for the members of an object ({error.reason})"
    return None


FORMATS = (
    Format(
        name="json",
        ja="JSON（全体が1つのJSON：配列、オブジェクトなど）",
        en="JSON (one document: an array, an object …)",
        suffixes=(".json",),
        reader="convert.formats.json.reader:JsonReader",
        read_options=(
            encoding(),
            max_record(),
            Option(
                "records",
                ja="レコードの場所（data.items など。オブジェクトの値が1件ずつなら data.* や *）。省略時は最も外側",
                en="where the records are, such as data.items; data.* or * for the members of an object; without it "
                "the outermost array or object",
                check=_records_problem,
            ),
        ),
        nodes=True,
    ),
)
