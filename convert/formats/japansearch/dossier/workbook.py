"""What a workbook must not have to be registered: further sheets, merged cells, number formats other than 標準."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convert.formats.xlsx.package import Package, Refused, reopenable
from convert.formats.xlsx.sheet import survey
from convert.formats.xlsx.workbook import Workbook, read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.source import Source

_LIMIT: Final = 4 * 2**30
_CELL = re.compile(rb"""<(?:[\w.-]+:)?c\s([^>]*)>""")
_STYLE = re.compile(rb"""\bs\s*=\s*["']([0-9]{1,6})["']""")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3}[0-9]{1,7})["']""")
_TAG: Final = 4096
"""Bytes that the start tag of a cell never takes."""


@dataclass(frozen=True, slots=True)
class WorkbookFacts:
    """Names of all sheets; merged ranges and formatted cells with the first of each (``Sheet!A1``)."""

    sheets: tuple[str, ...]
    merged: int = 0
    first_merged: str | None = None
    formatted: int = 0
    first_formatted: str | None = None


def workbook_facts(source: Source) -> WorkbookFacts | None:
    """Look through a workbook; None when it cannot be read, which its reader tells."""
    again, kept = reopenable(source)
    try:
        with Package(again, _LIMIT) as package:
            return _facts(package, read_workbook(package))
    except Refused:
        return None
    finally:
        if kept is not None:
            kept.close()


def _facts(package: Package, book: Workbook) -> WorkbookFacts:
    merges = [(sheet.name, merge.range) for sheet in book.sheets for merge in survey(package, sheet.part)]
    special = frozenset(number for number, style in enumerate(book.styles) if not style.is_general)
    formatted, first = 0, None
    for sheet in book.sheets if special else ():
        for reference in _formatted(package, sheet.part, special):
            formatted += 1
            first = first or f"{sheet.name}!{reference}"
    first_merged = "!".join(merges[0]) if merges else None
    return WorkbookFacts(tuple(sheet.name for sheet in book.sheets), len(merges), first_merged, formatted, first)


def _formatted(package: Package, part: str, special: frozenset[int]) -> Iterator[str]:
    """The references of cells with one of the styles."""
    before = b""
    for chunk in package.chunks(part):
        data = before + chunk
        end = data.rfind(b"<")
        end = len(data) if end < 0 or len(data) - end > _TAG else end
        for tag in _CELL.finditer(data, 0, end):
            style = _STYLE.search(tag[1])
            if style is not None and int(style[1]) in special:
                reference = _REFERENCE.search(tag[1])
                yield reference[1].decode() if reference else "?"
        before = data[end:]
