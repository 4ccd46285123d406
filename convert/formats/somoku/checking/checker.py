"""``mokuroku check --format somoku``: every record by its layout, and all records together.

What the reader says of the structure (lengths, directory, end marks) is not said again.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from convert.errors import PathError
from convert.formats.somoku.charsets import readable
from convert.formats.somoku.checking.found import Found
from convert.formats.somoku.checking.roles import texts
from convert.formats.somoku.checking.together import Together
from convert.formats.somoku.checking.values import Checks
from convert.formats.somoku.checking.view import Viewer
from convert.formats.somoku.elements import Body, ElementPath, member_of, path_of
from convert.formats.somoku.load import load_layout
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.check.issue import Finding, Issue
    from convert.formats.base import Options
    from convert.formats.somoku.model import Layout

MAX_FINDINGS: Final = 200
"""What is told of one record."""


class SomokuChecker:
    """Option: ``layout`` (a shipped one, or a file)."""

    def __init__(self, options: Options, *, base: Path | None) -> None:
        self.layout: Layout = load_layout(options["layout"], base)
        self._checks = Checks(self.layout, every(self.layout))
        self._viewer = Viewer(self.layout)
        self._together = Together(self._checks)
        self._paths: dict[str, ElementPath | None] = {}

    def gather(self, folder: Path) -> None:
        """Keep in ``folder`` what is needed to compare all records."""
        self._together = Together(self._checks, folder)

    def together(self) -> Iterator[Issue]:
        """What is to be said of all records together."""
        return self._together.issues()

    def check(self, record: Record) -> tuple[str | None, str | None, list[Finding]]:
        """The record's key (管理番号), the same as its identity (None for a record that deletes), and the findings."""
        body: Body = record.body
        seen = self._viewer.view(body)
        name = next(iter(texts(seen.values, self._checks.roles.key)), None)
        name = None if name is None else readable(name)
        found: list[Finding] = [*seen.found, *self._checks.findings(seen.values, odd=seen.odd)]
        if len(found) > MAX_FINDINGS:
            found = [
                *islice(found, MAX_FINDINGS),
                Found("SMK-MANY", self._checks.roles.key, slots={"limit": MAX_FINDINGS}),
            ]
        deleted = self._checks.deleted(seen.values)
        self._together.add(record, name, seen, deleted=deleted)
        return name, None if deleted else name, found

    def locate(self, record: Record, finding: Finding) -> Location:
        """The byte at which the field of the value stands, or the very byte, with the place and the element."""
        if finding.target == "id" or finding.target is None:
            return Location(record.source, byte=getattr(record, "byte", None), field=self._checks.roles.key)
        if isinstance(finding, Found) and finding.byte is not None:
            return Location(record.source, byte=finding.byte, path=finding.path, field=finding.target)
        path = self._path(finding.target)
        if path is None:
            return Location(record.source, byte=getattr(record, "byte", None), field=finding.target)
        at = path.locate(record, finding.index)
        if isinstance(finding, Found) and finding.member is not None:
            return member_of(self.layout, finding.member).locate(record, finding.number, within=at)
        return at

    def _path(self, name: str) -> ElementPath | None:
        if name not in self._paths:
            try:
                self._paths[name] = path_of(self.layout, name)
            except PathError:
                self._paths[name] = None
        return self._paths[name]


def every(layout: Layout) -> Iterator[str]:
    """Every element and member: a file may have all of them."""
    for element in layout.elements.values():
        yield element.name
        yield from (f"{element.name}.{name}" for name in element.members)
