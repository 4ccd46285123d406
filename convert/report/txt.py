"""The ``.txt`` report: the summary as the terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.report.draft import Draft
from convert.report.text import summary

if TYPE_CHECKING:
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.report.report import Report


class Reporter:
    """Write the summary in one language."""

    streams = False

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = lang
        self._draft = Draft(path)

    def issue(self, issue: Issue) -> None:
        """Nothing to do: the samples are in the report."""

    def close(self, report: Report) -> None:
        """Write the file."""
        self._draft.write(summary(report, self._lang).encode("utf-8"))
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()
