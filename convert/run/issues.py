"""Issues of this run beside those of an earlier one, each by record, code and field: which are new, which are fixed.

Both stand in a temporary database on disk, which SQLite sorts: memory does not grow with the number of issues.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from convert.check.duplicates import storable, told_back
from convert.check.issue import Severity
from convert.errors import RunError, reason_in_japanese
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from convert.check.issue import Issue

LISTED = 1000
"""Issues that are listed one by one, of the new ones and of the fixed ones, worst first; all are counted."""
OWN = frozenset(("DSET-ID-CHANGED", "RUN-INCOMPLETE"))
"""Speak of the comparison or of the run itself, so that they are neither new nor fixed."""
_BATCH = 1000
_SETTINGS = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    PRAGMA cache_size = -8000;
    CREATE TABLE issues (record, code, field, severity INTEGER, now INTEGER);
"""
_DIFFERING = """
    SELECT record, code, field, max(severity), sum(now), count(*) - sum(now)
    FROM issues GROUP BY record, code, field
"""
_BY_CODE = "SELECT code, sum(now), count(*) - sum(now) FROM issues GROUP BY code ORDER BY code"
Row = tuple[Any, ...]


class IssueLedger:
    """What this run finds, beside what an earlier report (``.jsonl``) tells. A reporter that writes nothing.

    ``known`` is False where the earlier report cannot be read.
    """

    streams = True

    def __init__(self, then: Path) -> None:
        self._waiting: list[Row] = []
        self._base = sqlite3.connect("")  # on disk, without a name
        self._base.executescript(_SETTINGS)
        self.known = self._read(then)

    def _read(self, then: Path) -> bool:
        try:
            with then.open("rb") as lines:
                for row in _rows(lines):
                    self._add(row)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False
        return True

    def issue(self, issue: Issue) -> None:
        """Take one issue of this run."""
        at = issue.at
        if issue.code not in OWN:
            field = at.field or issue.target or at.path or ""
            self._add((issue.record_id, issue.code, field, int(catalogue().severity(issue)), 1))

    def _add(self, row: Row) -> None:
        self._waiting.append(tuple(map(storable, row)))
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        try:
            self._base.executemany("INSERT INTO issues VALUES (?, ?, ?, ?, ?)", self._waiting)
        except sqlite3.Error as error:
            raise _failed(error) from error
        self._waiting.clear()

    def to_dict(self) -> dict[str, Any]:
        """As the report has it: lists of the new and the fixed ones, their exact numbers, and the codes that differ."""
        self._flush()
        new, fixed, same = _Listed(), _Listed(), 0
        try:
            for record, code, field, severity, now, then in self._base.execute(_DIFFERING):
                entry = (told_back(record), code, told_back(field))
                new.add(entry, severity, now - then)
                fixed.add(entry, severity, then - now)
                same += min(now, then)
            codes = {
                code: {"before": then, "now": now} for code, now, then in self._base.execute(_BY_CODE) if now != then
            }
        except sqlite3.Error as error:
            raise _failed(error) from error
        counts = {"new": new.count, "fixed": fixed.count, "same": same}
        return {"new": new.told(), "fixed": fixed.told(), "counts": counts, "codes": codes}

    def close(self) -> None:
        """Nothing more is asked."""
        self._base.close()


class _Listed:
    """How many there are, and the first ones of every severity."""

    def __init__(self) -> None:
        self.count = 0
        self._found: dict[int, list[dict[str, Any]]] = {level: [] for level in reversed(Severity)}

    def add(self, entry: tuple[Any, str, Any], severity: int, times: int) -> None:
        if times <= 0:
            return
        self.count += times
        found = self._found[severity]
        if len(found) < LISTED:
            record, code, field = entry
            word = Severity(severity).word
            found.append({"record": record, "code": code, "field": field or None, "severity": word, "instances": times})

    def told(self) -> list[dict[str, Any]]:
        return [entry for found in self._found.values() for entry in found][:LISTED]


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    levels = {level.word: int(level) for level in Severity}
    for line in lines:
        told = _loaded(line)
        source = told["source"]
        field = source.get("field") or told["target"] or source.get("path") or ""
        if told["code"] not in OWN:
            yield told["record"], str(told["code"]), str(field), levels[told["severity"]], 0


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:  # half a surrogate pair, which only the slow one reads
        return json.loads(line)


def is_report(path: Path) -> bool:
    """Whether a file is the ``.jsonl`` report of a run, to go by its first line."""
    try:
        with path.open("rb") as lines:
            first = _loaded(lines.readline(1 << 20))
        return isinstance(first, dict) and {"code", "severity", "ordinal", "source", "hint"} <= first.keys()
    except (OSError, ValueError, RecursionError):
        return False


def codes_then(report: Path) -> Counter[str] | None:
    """How many issues of each code an earlier report (``.json``) tells of; None: it cannot be read."""
    try:
        codes = json.loads(report.read_bytes())["codes"]
        return Counter({str(code["code"]): int(code["instances"]) for code in codes if code["code"] not in OWN})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def codes_differing(then: Counter[str], now: Mapping[str, int]) -> dict[str, Any]:
    """As :meth:`IssueLedger.to_dict`, where only the numbers of the earlier issues are known."""
    codes = {code: {"before": then[code], "now": now.get(code, 0)} for code in sorted({*then, *now})}
    codes = {code: found for code, found in codes.items() if found["before"] != found["now"]}
    return {"new": None, "fixed": None, "counts": None, "codes": codes}


def _failed(error: sqlite3.Error) -> RunError:
    ja = f"前回の指摘との比較のための作業用ファイルを使えません：{reason_in_japanese(error)}。"
    return RunError(f"the comparison of issues cannot be kept: {error}", ja)
