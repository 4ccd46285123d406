"""The ``.jsonl`` report: every issue, one object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.report.draft import Draft
from convert.report.ending import ending
from convert.report.json import encoded
from convert.report.report import Report, issue_dict

if TYPE_CHECKING:
    from pathlib import Path

    from convert.check.issue import Issue


class Reporter:
    """Write each issue as it comes."""

    streams = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._draft = Draft(path)

    def issue(self, issue: Issue) -> None:
        """Write one line."""
        self._draft.write(encoded(issue_dict(issue)))

    def close(self, report: Report) -> None:
        """Put the file in its place; a run that did not come to its end says so in the last line."""
        last = ending(report)
        if last is not None:
            self.issue(last)
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()
