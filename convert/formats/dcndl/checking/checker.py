"""``mokuroku check --format dcndl``: the checks of values that targets make, and what only a file can have wrong.

What the reader says of a record when it is converted is not said again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Finding
from convert.formats.dcndl.checking import structure
from convert.formats.dcndl.checking.same import Together
from convert.formats.dcndl.checking.schema import Schema
from convert.formats.dcndl.checking.structure import NAMES
from convert.formats.dcndl.checking.view import Found, View
from convert.formats.dcndl.checks import Checker
from convert.formats.dcndl.model import model
from convert.formats.dcndl.path import way
from convert.formats.dcndl.reading import node_of, shown
from convert.formats.dcndl.writer import first
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.check.issue import Issue
    from convert.formats.base import Options

MAX_FINDINGS: Final = 200
"""What is told of one record."""
NEXT: Final = 3
"""The version that is known in part only."""
_IN_FILES: Final = {
    "NDL-URI": "NDL-FILE-URI",
    "NDL-MATERIAL": "NDL-FILE-URI",
    "NDL-URI-CHARACTER": "NDL-READ-URI",
    "NDL-TITLE-REQUIRED": "NDL-FILE-TITLE",
    "NDL-COUNT": "NDL-FILE-COUNT",
    "NDL-IDENTIFIER": "NDL-FILE-NUMBER",
    "NDL-MATERIAL-UNSEEN": "NDL-FILE-MATERIAL",
}
"""Codes whose messages tell what is written, and what is said of files instead."""


class DcndlChecker:
    """Option: ``schema``, ``own``, ``none`` or the file of an XML Schema.

    Without it our own schema is the gate of every record, and what it alone finds wrong is told.
    """

    def __init__(self, options: Options, *, base: Path | None) -> None:
        self._values = Checker(paired=frozenset({"title"}))
        self._schema = Schema.of(options.get("schema"))
        self._only_new = not options.get("schema")
        self._together = Together()
        self._bare: str | None = None

    def gather(self, folder: Path) -> None:
        """Keep in ``folder`` what is needed to compare all records."""
        self._together = Together(folder)

    def together(self) -> Iterator[Issue]:
        """What is to be said of records that look the same."""
        return self._together.issues()

    def check(self, record: Record) -> tuple[str | None, str | None, list[Finding]]:
        """The address of the description, twice, and the findings."""
        body = record.body
        if _deleted(body):
            return first(body["oai"][0].get("identifier")), None, []
        uri = first(body.get("uri"))
        view = View(body)
        found = [*map(_said_of_files, self._values.findings(body)), *structure.check(view)]
        if any(finding.code == "NDL-FILE-ADMIN" for finding in found):
            found = [finding for finding in found if finding.target not in _of_admin()]
        if body.get("itemUri") and not body.get("item") and self._bare != record.source:
            self._bare = record.source
            found.append(Finding("NDL-FILE-ITEMS-ABSENT", "itemUri", value=first(body["itemUri"])))
        if self._schema is not None and len(found) <= MAX_FINDINGS:
            found += self._schema.check(view, Said(view, record, tuple(found)) if self._only_new else None)
        self._together.add(record, uri, body)
        return uri, uri, self._unsaid(found, record)

    @staticmethod
    def _unsaid(found: list[Finding], record: Record) -> list[Finding]:
        """What the reader has not said of the same value already."""
        if found and record.issues:
            said = {(issue.code, issue.value) for issue in record.issues}
            found = [finding for finding in found if (finding.code, finding.value) not in said]
        if len(found) > MAX_FINDINGS:
            found[MAX_FINDINGS:] = [Finding("NDL-FILE-MANY", "uri", slots={"limit": MAX_FINDINGS})]
        return found

    def locate(self, record: Record, finding: Finding) -> Location:
        """The line and column of the element, and its way."""
        if finding.target == "id":
            return Location(record.source, line=record.line, field="uri")
        view = View(record.body)
        element = finding.element if isinstance(finding, Found) else _element(view, finding)
        if element is None:
            return Location(record.source, line=record.line, field=finding.target)
        line, column = view.origin.place(element)
        path = way(element)
        if isinstance(finding, Found) and finding.attribute:
            path = f"{path}/@{finding.attribute}"
        return Location(record.source, line=line, column=column, path=path, field=finding.target)


class Said:
    """Whether something was said of an element already: of itself, of what is in it, of a value it stands in."""

    def __init__(self, view: View, record: Record, found: tuple[Finding, ...]) -> None:
        self._view, self._record, self._found = view, record, found
        self._ways: frozenset[str] | None = None
        self._whole = False

    def __call__(self, element: Any) -> bool:  # noqa: D102 - the class says it
        if self._ways is None:
            self._ways = frozenset(self._all())
        if self._whole or _of_three(element):
            return True
        here = way(element)
        inside = f"{here}/" if "/" in here else here
        return any(
            here == other or other.startswith(inside) or ("/" in other and here.startswith(f"{other}/"))
            for other in self._ways
        )

    def _all(self) -> Iterator[str]:
        for issue in self._record.issues:
            if issue.code == "NDL-READ-FORM" and issue.at.path in NAMES.values():
                self._whole = True  # nothing of such a node stands where the schema has it
            if issue.code == "NDL-READ-UNLINKED":
                yield NAMES["bib"]  # the description that should point to the item
            if issue.at.path:
                yield issue.at.path
        for finding in self._found:
            element = finding.element if isinstance(finding, Found) else _element(self._view, finding)
            if element is not None:
                yield way(element)


def _of_three(element: Any) -> bool:
    """Whether an element is one of those that only version 3 has, which our schema does not know."""
    parent = element.getparent()
    node = node_of(parent) if parent is not None else None
    return (node, shown(element.tag)) in _only_three()


@cache
def _only_three() -> frozenset[tuple[str | None, str]]:
    known = model()
    names = {(name.node, name.element) for name in known.names.values() if name.version == NEXT}
    inner = {
        ("item" if kind == "item" else None, name.element)
        for kind, members in known.members.items()
        for name in members.values()
        if name.version == NEXT
    }
    return frozenset(names | inner)


@cache
def _of_admin() -> frozenset[str]:
    return frozenset(name.name for name in model().of("admin"))


def _deleted(body: Any) -> bool:
    return len(body) == 1 and body.get("oai", [{}])[0].get("status") == "deleted"


def _said_of_files(finding: Finding) -> Finding:
    code = _IN_FILES.get(finding.code)
    if code is None:
        return finding
    return Finding(code, finding.target, finding.index, finding.value, finding.slots, finding.suggestion)


def _element(view: View, finding: Finding) -> Any:
    """The element a finding is about: that of the value, else the node the value is missing from."""
    name = model().names.get(finding.target or "")
    if name is None:
        return None
    element = view.origin.element((name.name, finding.index))
    if element is None:
        return view.node("admin" if name.node == "admin" else "bib")
    if finding.value is not None and len(element):
        for inner in element.iter("*"):
            if (inner.text or "") == finding.value or finding.value in inner.attrib.values():
                return inner
    return element
