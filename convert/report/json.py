"""The ``.json`` report: the whole report as one indented object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

from convert.report.draft import Draft

if TYPE_CHECKING:
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.report.report import Report


def encoded(value: Any, *, indent: bool = False) -> bytes:
    """``value`` as JSON in UTF-8, one line end at its end.

    Half a surrogate pair, which UTF-8 cannot hold, is written as the escape that JSON has for it.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0))
    except orjson.JSONEncodeError:
        text = json.dumps(value, ensure_ascii=False, indent=2 if indent else None) + "\n"
        return text.encode("utf-8", "backslashreplace")


class Reporter:
    """Write the report's JSON form."""

    streams = False

    def __init__(self, path: Path, *, lang: str) -> None:
        self._draft = Draft(path)

    def issue(self, issue: Issue) -> None:
        """Nothing to do: the samples are in the report."""

    def close(self, report: Report) -> None:
        """Write the file."""
        self._draft.write(encoded(report.to_dict(), indent=True))
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()
