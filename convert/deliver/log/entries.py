"""One line of the delivery log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
"""Version of a line. Keys may be added within a version, never renamed or removed."""
EVENTS: Final = ("made", "started", "sent", "failed", "unsure", "published", "load", "answered")
"""What a line tells of.

``made``: a file or package was written. ``started``: a package is being sent, under the remote name ``part``.
``sent``: it stands complete at the receiver, or was taken there. ``failed``: it was not sent. ``unsure``: the
connection broke in the very moment of renaming. ``published``: a file set was written for others to fetch. ``load``: a
snapshot was loaded into a store. ``answered``: the receiver said something.
"""
KINDS: Final = ("sample", "full", "diff")
"""What a package holds, in the order of the receiver's procedure."""
ANSWERS: Final = ("clean", "faults", "loaded")
"""What a receiver can say: nothing is wrong with it, something is, it was loaded."""
_OWN = ("at", "event", "name", "kind", "to", "sha256", "bytes", "records")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``at``: UTC, ISO 8601. ``name``: the package, file, file set or load. ``to``: the receiver.

    ``facts``: whatever else is known, in JSON values (mapping, reports, host key, times of steps, issues …). Unknown
    numbers and texts are None, and left out of the line.
    """

    event: str
    name: str
    at: str
    kind: str | None = None
    to: str | None = None
    sha256: str | None = None
    size: int | None = None
    records: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        own = (self.at, self.event, self.name, self.kind, self.to, self.sha256, self.size, self.records)
        told = {key: value for key, value in zip(_OWN, own, strict=True) if value is not None}
        return {"delivery_log": VERSION, **told, **self.facts}

    def line(self) -> bytes:
        """The line, its end included."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Entry:
        """The entry of a line. Raises :class:`ValueError` for what is none.

        >>> Entry.parse(b'{"delivery_log":1,"at":"2026-01-05T00:00:00+00:00","event":"made","name":"a.zip"}').name
        'a.zip'
        """
        try:
            told = json.loads(line)
            version = told.pop("delivery_log")
            own = [told.pop(key, None) for key in _OWN]
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("no line of a delivery log") from error
        at, event, name, kind, to, sha256, size, records = own
        texts = all(isinstance(text, str) for text in (at, event, name))
        maybe = all(isinstance(text, str | None) for text in (kind, to, sha256))
        numbers = all(isinstance(number, int | None) for number in (size, records))
        if not (isinstance(version, int) and texts and maybe and numbers):
            raise ValueError("no line of a delivery log")
        return cls(event, name, at, kind, to, sha256, size, records, told)
