"""Reports: what a run found, counted and written down.

:class:`Tally` counts while the run goes, :class:`Report` is the result, and one module per file suffix (``html``,
``xlsx``, ``csv``, ``txt``, ``json``, ``jsonl``, ``xml``, ``sarif``) holds a class ``Reporter`` that writes it; see
:class:`Reporting`. Add a format by adding a module named for its suffix here, or by an entry point of the group
``convert.reports``. Reports know no format, no mapping and no check: issues and counts are all they see, and the rows
of inputs that are tables (:mod:`convert.report.rows`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from convert.report.report import Report, issue_dict
from convert.report.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from convert.check.issue import Issue

__all__ = ["Report", "Reporting", "Tally", "issue_dict"]


class Reporting(Protocol):
    """What a ``Reporter`` class does. Its file appears by rename at :meth:`close`, complete or not at all.

    ``streams``: it wants every issue as it comes, in the order of the data, with its severity resolved.
    The others are only closed. A class may say ``wants_statistics = True``: it shows :attr:`Report.statistics`.
    Making one raises :class:`convert.errors.UsageError` when the place cannot be written, the rest
    :class:`convert.errors.RunError`.
    """

    streams: bool

    def __init__(self, path: Path, *, lang: str) -> None: ...

    def issue(self, issue: Issue) -> None:
        """Take one issue."""
        ...

    def close(self, report: Report) -> None:
        """Write what is left and put the file in its place."""
        ...

    def abort(self) -> None:
        """Leave nothing behind. Harmless after :meth:`close`."""
        ...
