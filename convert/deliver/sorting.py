"""Sort more than memory holds: sorted runs on disk, merged when they are read."""

from __future__ import annotations

import heapq
import marshal
from typing import TYPE_CHECKING, Any

from convert.errors import RunError, reason_in_japanese

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = 100_000
"""Items that are sorted at a time."""
_BLOCK = 2_000

Item = tuple[Any, ...]


class Sorter:
    """Takes tuples of texts, bytes and numbers; gives them sorted, as often as asked.

    ``folder`` is there for the files, which go with it. Raises :class:`RunError` when they cannot be written.
    """

    def __init__(self, folder: Path, name: str, run: int = RUN) -> None:
        self._folder, self._name, self._run = folder, name, run
        self._held: list[Item] = []
        self._runs: list[Path] = []
        self.count = 0

    def add(self, item: Item) -> None:
        """One more."""
        self._held.append(item)
        self.count += 1
        if len(self._held) >= self._run:
            self._spill()

    def _spill(self) -> None:
        self._held.sort()
        path = self._folder / f"{self._name}-{len(self._runs)}"
        try:
            with path.open("wb") as stream:
                for start in range(0, len(self._held), _BLOCK):
                    marshal.dump(self._held[start : start + _BLOCK], stream)
        except OSError as error:
            ja = f"作業用のファイルに書けません：{reason_in_japanese(error)}。"
            raise RunError(f"a working file cannot be written: {error}", ja) from error
        self._runs.append(path)
        self._held = []

    def __iter__(self) -> Iterator[Item]:
        """All in order."""
        self._held.sort()
        if not self._runs:
            return iter(self._held)
        return heapq.merge(*map(_read, self._runs), self._held)


def _read(path: Path) -> Iterator[Item]:
    with path.open("rb") as stream:
        while stream.peek(1):
            yield from marshal.load(stream)  # noqa: S302 - written by ourselves a moment ago
