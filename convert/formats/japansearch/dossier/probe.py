"""What a file is, by its first bytes: which reader takes it, and which of the receiver's shapes it has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from convert.packing import is_document
from convert.source import find_encoding, marking_decoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.source import Source

HEAD: Final = 64 * 1024
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TABLES: Final = ("csv", "tsv", "xlsx")
JSON: Final = ("jsonl", "json-array", "json-object", "json")
READERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "csv": ("csv", {}),
    "tsv": ("tsv", {}),
    "xlsx": ("xlsx", {}),
    "xls": ("xlsx", {}),
    "jsonl": ("jsonl", {}),
    "json-array": ("json", {}),
    "json-object": ("json", {"records": "*"}),
    "json": ("json", {}),
}
_OBJECT_OF_OBJECTS = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{')
_TEXT_SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv"}
_PACKED = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: ``name`` is csv, tsv, xlsx, xls, xml, jsonl, json-array, json-object or json (any other shape).

    ``reader`` and ``options``: the format that reads it, None for one that is not looked at. ``bom``: it starts with a
    byte order mark. ``newline``: how its first line ends, where that could be seen.
    """

    name: str
    bom: bool = False
    newline: str | None = None
    reader: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def kind_of(source: Source) -> Kind:
    """Look at the head of a source. Raises :class:`SourceFault` when it cannot be unpacked."""
    with source.open() as stream:
        head = stream.read(HEAD)
    if head.startswith(OLE):
        return _kind("xls")
    if head.startswith(b"PK\x03\x04") or is_document(head):
        return _kind("xlsx")
    encoding = find_encoding(head[:4], None, source.name)
    text = marking_decoder(encoding.name).decode(head[encoding.bom :])
    name = _text_kind(text, _suffix(source.name))
    return _kind(name, bom=encoding.bom > 0, newline=_newline(text))


def _kind(name: str, **found: Any) -> Kind:
    reader, options = READERS.get(name, (None, {}))
    return Kind(name, reader=reader, options=options, **found)


def _suffix(name: str) -> str:
    low = name.lower()
    low = next((low.removesuffix(packed) for packed in _PACKED if low.endswith(packed)), low)
    return f".{low.rpartition('.')[2]}"


def _newline(text: str) -> str | None:
    found = re.search(r"\r\n|\n|\r", text)
    return None if found is None else {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}[found[0]]


def _text_kind(text: str, suffix: str) -> str:
    if suffix in _TEXT_SUFFIXES:
        return _TEXT_SUFFIXES[suffix]
    start = text.lstrip()
    if start.startswith("<"):
        return "xml"
    if start.startswith("["):
        return "json-array"
    if start.startswith("{"):
        return _object_kind(start)
    if suffix in (".json", ".jsonl", ".ndjson"):
        return "jsonl"
    first = start.partition("\n")[0]
    return "tsv" if "\t" in first and "," not in first else "csv"


def _object_kind(start: str) -> str:
    r"""JSON Lines, an object whose values are the records, or another JSON document.

    >>> _object_kind('{"id": "a"}'), _object_kind('{"a": {"id": "a"}}'), _object_kind('{\n "id": "a"}')
    ('jsonl', 'json-object', 'json')
    """
    line = start.partition("\n")[0]
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        if _OBJECT_OF_OBJECTS.match(start):
            return "json-object"
        # A line that is longer than what was read, or broken, may still be one record.
        return "json" if line.strip() == "{" or line.rstrip().endswith(",") else "jsonl"
    of_objects = isinstance(found, dict) and found and all(isinstance(value, dict) for value in found.values())
    return "json-object" if of_objects else "jsonl"
