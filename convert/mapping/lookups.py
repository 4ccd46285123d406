"""Lookup tables from CSV files: found beside the mapping, then among the shipped ones."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from convert.check.issue import Issue
from convert.errors import near
from convert.resources import find

if TYPE_CHECKING:
    from convert.model import Location


def read_lookup(
    file: str, at: Location, key: str | None, value: str | None
) -> tuple[dict[str, str], Path | None, list[Issue]]:
    """The table in ``file`` (UTF-8 CSV with a header row), where it was found, and its faults.

    ``key`` and ``value`` name columns; without them the first two are taken. Of two rows with the same key
    and different values the first holds, and the second is a fault.
    """
    path = find(file, Path(at.source).parent)
    if path is None:
        return (
            {},
            None,
            [Issue("MAP-LOOKUP-FILE", at, value=file, slots={"reason": "not found", "reason_ja": "見つかりません"})],
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError:
        reason = {"reason": "not UTF-8", "reason_ja": "文字コードが UTF-8 ではありません"}
        return {}, path, [Issue("MAP-LOOKUP-FILE", at, value=file, slots=reason)]
    except csv.Error as error:
        reason = {"reason": str(error), "reason_ja": "CSV として読めません"}
        return {}, path, [Issue("MAP-LOOKUP-FILE", at, value=file, slots=reason)]
    header = rows[0] if rows else []
    columns = [header[0] if key is None and header else key, header[1] if value is None and len(header) > 1 else value]
    unknown = [name for name in columns if name not in header]
    if unknown:
        known = ", ".join(header)
        return (
            {},
            path,
            [
                Issue(
                    "MAP-LOOKUP-COLUMN",
                    at,
                    value=name,
                    slots={"file": file, "known": known},
                    suggestion=near(name or "", header),
                )
                for name in unknown
            ],
        )
    return _table(rows, header.index(str(columns[0])), header.index(str(columns[1])), path, at)


def _table(
    rows: list[list[str]], key: int, value: int, path: Path, at: Location
) -> tuple[dict[str, str], Path, list[Issue]]:
    found: dict[str, str] = {}
    issues = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if max(key, value) >= len(row):
            issues.append(Issue("MAP-LOOKUP-ROW", at, value=path.name, slots={"row": number}))
            continue
        kept = found.setdefault(row[key], row[value])
        if kept != row[value]:
            slots = {"file": str(path.name), "row": number, "kept": kept}
            issues.append(Issue("MAP-LOOKUP-DOUBLE", at, value=row[key], slots=slots))
    return found, path, issues
