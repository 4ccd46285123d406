"""What is kept of an answer: one form whatever it came in, and a word about what is odd in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.harvest.cinii.query import is_odd
from convert.harvest.oai.dates import SECOND, moment_of, written
from convert.harvest.outcome import SAMPLES, Outcome
from convert.store.base import now as clock
from convert.store.incoming import Incoming
from convert.store.reading import moment as written_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.check.issue import Issue
    from convert.harvest.cinii.answer import Answer, Library


@dataclass(slots=True)
class HoldingsOutcome(Outcome):
    """``wanted``: NCIDs, each once; ``fresh``: those the store had already; ``holdings``: libraries that came;
    ``none``: NCIDs that no library holds; ``skipped``: values that are no NCID.
    """

    wanted: int = 0
    fresh: int = 0
    holdings: int = 0
    none: int = 0
    skipped: int = 0

    def add(self, issue: Issue) -> None:
        """Add an issue that knows its place."""
        self.instances[issue.code] = self.instances.get(issue.code, 0) + 1
        if self.instances[issue.code] <= SAMPLES:
            self.issues.append(issue)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        more = {"ncids": self.wanted, "fresh": self.fresh, "holdings": self.holdings, "without_holdings": self.none}
        return Outcome.to_dict(self) | more | {"skipped": self.skipped}


def stored_form(ncid: str, answer: Answer, parameters: Mapping[str, str]) -> Incoming:
    """The record of the store: ``{"ncid", "total", "libraries": [{"fano", "name", "uri", "opac"}]}``.

    It is the same whatever form the answer came in. Its hash does not depend on the order of the libraries.
    """
    libraries = [library.to_dict() for library in answer.libraries]
    for library in libraries:
        library.pop("data", None)
    total = answer.total if answer.total is not None else len(libraries)
    found: dict[str, Any] = {"ncid": ncid, "total": total, "libraries": libraries}
    if parameters:
        found["parameters"] = dict(parameters)
    sign = found | {"libraries": sorted(libraries, key=lambda item: sorted(item.items()))}
    return Incoming(
        ncid, _datestamp(answer.date), payload=_json(found), sign=_json(sign), media="json"
    )  # fmt: skip


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _datestamp(text: str | None) -> str:
    """When the search was made, as the answer says, else now; UTC."""
    found = moment_of(text) if text else None
    return written_moment(clock()) if found is None else written(found[0], SECOND)


def settle(answer: Answer, ncid: str, outcome: Outcome) -> None:
    """Tell what is odd about an answer that is kept; every library then stands in it once."""
    tell, libraries = outcome.tell, answer.libraries
    if answer.charset is not None:
        tell("HRV-CINII-CHARSET", value=ncid, charset=answer.charset)
    answer.libraries = _once(libraries, ncid, outcome)
    if answer.total not in (len(libraries), len(answer.libraries)):
        total = "-" if answer.total is None else answer.total
        tell("HRV-CINII-TOTAL", value=ncid, total=total, count=len(libraries))
    if answer.listed is not None and set(answer.listed) != {library.uri for library in libraries}:
        tell("HRV-CINII-LIST", value=ncid, listed=len(answer.listed), count=len(libraries))
    for library in libraries:
        if library.fano is None:
            tell("HRV-CINII-FA", value=library.uri or library.name or "-", ncid=ncid)
        elif is_odd(library.fano, "FA"):
            tell("HRV-CINII-FA-CHECK", value=library.fano, ncid=ncid)


def _once(libraries: Sequence[Library], ncid: str, outcome: Outcome) -> list[Library]:
    """Every library once."""
    kept: dict[str, Library] = {}
    for library in libraries:
        key = library.fano or f"{library.uri} {library.name}"
        if key in kept:
            outcome.tell("HRV-CINII-TWICE", value=library.fano or library.name, ncid=ncid)
        kept.setdefault(key, library)
    return list(kept.values())
