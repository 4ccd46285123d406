"""Doubts about a run as a whole: no record at all, or a file whose name says something else than it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue, Severity
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from convert.report import Tally

_EMPTY: Final = re.compile("(?!SRC-HEADER-).*-(?:EMPTY|NONE)")
"""Codes that say already that nothing is there."""
_TABLES: Final = {".csv": "csv", ".tsv": "tsv", ".xlsx": "xlsx", ".xls": "xlsx", ".xlsm": "xlsx"}
_SHOWN: Final = {"japansearch": "JSON Lines", "jsonl": "JSON Lines", "csv": "CSV", "tsv": "TSV", "xlsx": "XLSX"}


def nothing(tally: Tally, name: str, only: str | None = None) -> Iterator[Issue]:
    """``RUN-EMPTY`` where a run saw no record that counts, or none of the id it was to take; errors tell it already."""
    counts = tally.counts
    if tally.worst is not None and tally.worst >= Severity.ERROR:
        return
    if only is not None:
        if not counts["read"]:
            yield Issue("RUN-ID-NONE", Location(name), value=only)
    elif counts["read"] == counts["skipped"] and not any(map(_EMPTY.fullmatch, tally.by_code)):
        yield Issue("RUN-EMPTY", Location(name), slots={key: counts[key] for key in ("read", "skipped")})


def misnamed(output: Path | None, format_name: str, options: Mapping[str, Any]) -> Iterator[Issue]:
    """``RUN-OUTPUT-NAME`` where a name promises a table for Excel and something else is written, or another one."""
    if output is None:
        return
    suffix = output.suffix.lower()
    written = str(options.get("file") or format_name)
    promised = _TABLES.get(suffix)
    if promised != written and (promised is not None or written == "xlsx"):
        slots = {"suffix": suffix or output.name, "written": _SHOWN.get(written, written), "kind": promised or written}
        yield Issue("RUN-OUTPUT-NAME", Location(str(output)), slots=slots)
