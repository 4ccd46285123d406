"""The ``.csv`` report: every issue, one row; for Excel (UTF-8 with BOM, CRLF)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from convert.formats.table.write import guarded
from convert.messages.catalogue import catalogue, visible
from convert.report.draft import Draft
from convert.report.ending import ending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.report.report import Report

COLUMNS = (
    "code",
    "severity",
    "effect",
    "record",
    "ordinal",
    "file",
    "line",
    "sheet",
    "cell",
    "field",
    "target",
    "rule",
    "value",
    "message",
    "hint",
    "suggestion",
    "reference",
    "stored",
    "waived",
)

_CHUNK = 1 << 16


def row(issue: Issue, lang: str) -> list[str]:
    """The cells of one issue, in the order of ``COLUMNS``."""
    words = catalogue()
    entry = words.entry(issue.code)
    at = issue.at
    cells: list[object] = [issue.code, words.severity(issue).word, entry.effect, issue.record_id, issue.ordinal]
    cells += [at.source, at.line, at.sheet, at.cell, at.field or at.path, issue.target, issue.rule, issue.value]
    cells += [words.message(issue, lang), words.hint(issue, lang), issue.suggestion, entry.reference]
    cells += [words.stored(issue), issue.waived]
    return ["" if cell is None else guarded(visible(str(cell), keep="\t\r\n")) for cell in cells]


class Reporter:
    """Write each issue as it comes; messages and hints in ``lang``."""

    streams = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = lang
        self._draft = Draft(path)
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\r\n")
        self._draft.write(b"\xef\xbb\xbf")
        self._put(COLUMNS)

    def issue(self, issue: Issue) -> None:
        """Write one row."""
        self._put(row(issue, self._lang))

    def close(self, report: Report) -> None:
        """Put the file in its place; a run that did not come to its end says so in the last row."""
        last = ending(report)
        if last is not None:
            self.issue(last)
        self._flush()
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()

    def _put(self, cells: Sequence[str]) -> None:
        self._csv.writerow(cells)
        if self._text.tell() > _CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._draft.write(self._text.getvalue().encode("utf-8"))
        self._text.seek(0)
        self._text.truncate()
