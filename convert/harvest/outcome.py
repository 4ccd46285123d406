"""What a harvest came to: counts, requests, gaps, issues; for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.report.report import issue_dict
from convert.store.incoming import Counts

if TYPE_CHECKING:
    from convert.harvest.web import WebFault

SAMPLES = 20
"""Issues of one code that are kept; all are counted."""


@dataclass(slots=True)
class Outcome:
    """``complete`` False: it stopped, and the next run goes on where it stopped; ``stopped`` says why.

    ``gaps`` counts windows and records that could not be had; the next run tries them again.
    """

    source: str
    counts: Counts = field(default_factory=Counts)
    requests: int = 0
    received: int = 0
    gaps: int = 0
    seconds: float = 0.0
    resumed: bool = False
    complete: bool = False
    stopped: WebFault | None = None
    issues: list[Issue] = field(default_factory=list)
    instances: dict[str, int] = field(default_factory=dict)

    def tell(self, code: str, *, value: str | None = None, severity: Severity | None = None, **slots: Any) -> None:
        """Add an issue."""
        self.instances[code] = self.instances.get(code, 0) + 1
        if self.instances[code] <= SAMPLES:
            self.issues.append(Issue(code, Location(self.source), severity, value=value, slots=slots))

    def reached(self, level: str) -> bool:
        """Whether an issue is at or above a severity."""
        words = catalogue()
        return any(words.severity(issue) >= Severity.of(level) for issue in self.issues)

    def exit_code(self, fail_on: str = "error") -> int:
        """0 fine, 1 something at or above ``fail_on``, 3 it stopped before its end."""
        return 3 if not self.complete else int(self.reached(fail_on))

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "source": self.source,
            "complete": self.complete,
            "resumed": self.resumed,
            "requests": self.requests,
            "bytes": self.received,
            "seconds": round(self.seconds, 1),
            "records": self.counts.to_dict(),
            "gaps": self.gaps,
            "codes": self.instances,
            "issues": [issue_dict(issue) for issue in self.issues],
        }
