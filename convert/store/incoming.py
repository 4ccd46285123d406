"""Records on their way into a store, and what becomes of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as it came. ``sign`` is what its content hash is made of (None: the payload itself).

    ``payload`` is a whole XML element or a JSON text, UTF-8; None when the record is deleted.
    """

    identifier: str
    datestamp: str | None = None
    sets: tuple[str, ...] = ()
    deleted: bool = False
    payload: bytes | None = None
    sign: bytes | None = None
    media: str = "xml"

    @property
    def hash(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.sign if self.sign is not None else self.payload or b"").digest()


@dataclass(slots=True)
class Counts:
    """What became of records. A record that was deleted before and is still is unchanged."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.new + self.changed + self.deleted + self.unchanged

    def add(self, other: Counts) -> None:
        """Add others."""
        self.new += other.new
        self.changed += other.changed
        self.deleted += other.deleted
        self.unchanged += other.unchanged

    def to_dict(self) -> dict[str, int]:
        """For JSON."""
        return {"new": self.new, "changed": self.changed, "deleted": self.deleted, "unchanged": self.unchanged}
