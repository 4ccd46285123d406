"""What full and differential loads share: records with the id their receiver knows them by, and what speaks against
delivering a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from convert.check.issue import Issue, Severity
from convert.deliver.stream import Stream
from convert.messages.catalogue import catalogue
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.deliver.forms import Opener
    from convert.deliver.stream import Input, Progress, Seen, Told
    from convert.formats.base import Selector

KEPT = 50
"""Faults of records that are told one by one."""
SHOWN = 10
"""Ids that a message names."""
_PROMOTED = ("PKG-RUN-INCOMPLETE", "PKG-RUN-CHANGED", "PKG-RUN-UNREADABLE")


@dataclass(slots=True)
class Some:
    """How many, and the first few."""

    count: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, text: str, count: int = 1) -> None:
        """One more."""
        self.count += count
        if len(self.shown) < SHOWN:
            self.shown.append(text)

    @property
    def text(self) -> str:
        """For a message."""
        more = "…" if self.count > len(self.shown) else ""
        return ", ".join(self.shown) + more


class Gathering:
    """The records of some files with their ids; damaged ones are told and left out. ``bodies``: ask the reader, too."""

    def __init__(
        self, inputs: Sequence[Input], opener: Opener, progress: Progress | None = None, *, bodies: bool = False
    ) -> None:
        self.inputs, self.opener = inputs, opener
        self.stream = Stream(inputs, opener, progress)
        self.issues: list[Issue] = []
        self.damaged = self.nameless = 0
        self._paths: list[Selector] | None = None
        self._asks = "id" in opener.form.names
        self._bodies = bodies or self._asks

    @property
    def at(self) -> Location:
        """What issues about the whole speak of."""
        return Location(self.inputs[0].name)

    def records(self) -> Iterator[tuple[Seen, str | None]]:
        """Every sound record and its id. Raises :class:`SourceFault` where a file cannot be cut at all."""
        for seen in self.stream.records(bodies=(lambda _: True) if self._bodies else None):
            if seen.fault is not None:
                self.damaged += 1
                if self.damaged <= KEPT:
                    self.issues.append(seen.fault)
                continue
            name = self._id(seen)
            self.nameless += name is None
            yield seen, name

    def _id(self, seen: Seen) -> str | None:
        if not self._asks:
            return seen.cut.key or seen.cut.id
        if self._paths is None and self.stream.reader is not None:
            self._paths = self.stream.paths(self.opener.form.names["id"])
        for path in self._paths or ():
            for value in path.values(seen.body):
                if not isinstance(value, dict | list) and (text := str(value).strip()):
                    return text
        return None

    def judged(self) -> Iterator[Issue]:
        """What the files and the runs that wrote them say."""
        for told in self.stream.told:
            yield from map(promoted, told.issues)
        if self.damaged:
            yield Issue("DLV-SKIPPED", self.at, slots={"count": self.damaged})
        if self.nameless:
            slots = {"count": self.nameless, "known": ", ".join(self.opener.form.names.get("id", ()))}
            yield Issue("DLV-ID-NONE", self.at, slots=slots)


def lowered(issue: Issue) -> Issue:
    """An issue of what was delivered before: it cannot be mended any more."""
    level = min(catalogue().severity(issue), Severity.WARNING)
    return replace(issue, severity=level)


def promoted(issue: Issue) -> Issue:
    """An issue of the run that wrote a file: with records missing, more is at stake here than in a package."""
    return replace(issue, severity=Severity.ERROR) if issue.code in _PROMOTED else issue


def twice(found: Some, at: Location) -> Iterator[Issue]:
    """Ids that several records have."""
    if found.count:
        yield Issue("DLV-ID-TWICE", at, value=found.text, slots={"count": found.count})


def lost(told: Told) -> int:
    """Records that the run that wrote a file left out, because they were rejected or broken."""
    counts = told.run.entry.get("counts") if told.run is not None else None
    numbers = [counts.get(key) for key in ("rejected", "broken")] if isinstance(counts, dict) else []
    return sum(number for number in numbers if isinstance(number, int))
