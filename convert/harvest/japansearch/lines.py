"""Records as JSON Lines, to standard output or to a file that appears when it is whole."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from convert.store.place import Selection
from convert.store.reading import stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.store.base import Store
    from convert.store.incoming import Incoming

STDOUT = "-"


class Lines:
    """An output of JSON Lines; ``name`` ``-`` is standard output. A file is put in its place by :meth:`keep`.

    What is there and is no file (a pipe, a device) is written into as it is.
    """

    def __init__(self, name: str) -> None:
        self._path = None if name == STDOUT else Path(name)
        self._part: Path | None = None
        if self._path is None:
            self._stream: IO[bytes] = sys.stdout.buffer
        elif self._path.exists() and not self._path.is_file():
            self._stream = self._path.open("wb")
        else:
            self._part = self._path.with_name(self._path.name + ".part")
            self._stream = self._part.open("wb")

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._path is not None:
                self._stream.close()
        finally:
            if self._part is not None:
                self._part.unlink(missing_ok=True)

    def records(self, records: Sequence[Incoming]) -> None:
        """Write records as they come."""
        self.write(record.payload for record in records)

    def write(self, payloads: Iterable[bytes | None]) -> None:
        """Write payloads, a line each."""
        for payload in payloads:
            if payload is not None:
                self._stream.write(payload + b"\n")
        self._stream.flush()

    def keep(self) -> None:
        """All was written."""
        if self._part is not None and self._path is not None:
            self._stream.close()
            self._part.replace(self._path)


def of_harvest(store: Store, source: str, prefix: str, started: int, sets: Sequence[str]) -> Iterable[bytes | None]:
    """The payloads of what a harvest that began at ``started`` saw, in the store's order; ``sets``: only of these."""
    with store.reading() as connection:
        for record in stored(connection, Selection(source=source, prefix=prefix, deleted="without")):
            if record.last_seen >= started and (not sets or set(sets) & set(record.sets)):
                yield record.payload()
