"""The library's functions: read, convert, check. What ``import convert`` offers beside the data classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Severity
from convert.containers import one_source
from convert.formats.base import Reader, parse_options
from convert.mapping.load import load_mapping, make_target
from convert.mapping.model import Mapping
from convert.messages.catalogue import catalogue
from convert.registry import format_named
from convert.run.shards import Settings, make_converter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.run.flow import Result
    from convert.source import Source


def read(source: str | Path | bytes | BinaryIO | Source, format: str, /, **options: Any) -> Reader:  # noqa: A002 - the word of the field
    """Open a source: iterate the reader for its records. ``options`` are the format's reader options.

    Faults of the head are in ``reader.head_issues``; a record that could not be read has ``body`` None and
    its ``issues``. A compressed file is unpacked as it is read. Raises :class:`UsageError` for an unknown format or
    option, a missing file, and a folder or archive that holds several: :func:`convert.containers.sources` has them.
    """
    found = format_named(format)
    typed = parse_options(found.read_options, {name: _text(value) for name, value in options.items()})
    return found.load_reader()(one_source(source, found), typed)


def _text(value: Any) -> Any:
    return (
        ("true" if value else "false") if isinstance(value, bool) else str(value) if isinstance(value, int) else value
    )


def convert(reader: Reader, mapping: str | Path | Mapping) -> Iterator[Result]:
    """Convert the records of a reader one by one.

    Raises :class:`MappingError` at once when the mapping cannot run or the source lacks a path. The results
    hold the outcome, the document to write and the issues; nothing is written and nothing counted.
    """
    loaded = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    if any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues):
        return iter(())
    settings = Settings(loaded)
    from convert.run.job import passed_for  # noqa: PLC0415 - job imports shards; only passthrough needs it here

    settings = passed_for(settings, [reader], [""])
    converter = make_converter(settings, reader, "", make_target(loaded, settings.all_passed))
    return (converter.convert(record) for record in reader)
