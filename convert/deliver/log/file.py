"""The file of the delivery log: add a line, read all of them, hold it alone while something is sent."""

from __future__ import annotations

import contextlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue
from convert.deliver.log.entries import Entry
from convert.errors import RunError, UsageError, reason_in_japanese
from convert.model import Location
from convert.resources import shown
from convert.run.output import write_whole
from convert.store.lock import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "deliveries.jsonl"
"""What the log in a folder is called."""
LOCK: Final = ".lock"
"""What follows the log's name in the name of the file that is locked while something is sent."""
WAIT: Final = 10.0
"""Seconds that a line waits for another process that is writing one."""
_PAUSE = 0.02
LINE_LIMIT: Final = 1 << 20
"""Bytes of a line that is read; a longer one is no line of ours."""


def log_at(place: str | Path) -> DeliveryLog:
    """The log in a folder, or the log that is this file."""
    path = Path(place)
    return DeliveryLog(path / NAME if path.is_dir() or not path.suffix else path)


def record(place: str | Path, event: str, name: str, **told: Any) -> Entry:
    """Put one event down: ``record("outbox", "load", "2026-01", records=1200, source="museum")``.

    ``kind``, ``to``, ``sha256``, ``size``, ``records`` and ``at`` are the entry's own; everything else becomes a fact,
    and must be JSON values. Raises :class:`RunError` when the log cannot be written.
    """
    return log_at(place).add(entry(event, name, **told))


def entry(event: str, name: str, **told: Any) -> Entry:
    """An entry of now, unless ``at`` says otherwise."""
    own = {key: told.pop(key, None) for key in ("kind", "to", "sha256", "size", "records")}
    at = told.pop("at", None) or datetime.now(UTC).isoformat(timespec="seconds")
    return Entry(event, name, at, **own, facts={key: value for key, value in told.items() if value is not None})


class DeliveryLog:
    """A log. It need not exist yet; the first line makes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, told: Entry) -> Entry:
        """Add a line, in one write under a lock; a line that a crash left unfinished stays a line of its own.

        Raises :class:`RunError`.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as stream:
                _wait_for(lambda: hold(stream))
                size = stream.seek(0, os.SEEK_END)
                ended = True
                if size:
                    stream.seek(size - 1)
                    ended = stream.read(1) == b"\n"
                write_whole(stream, told.line() if ended else b"\n" + told.line())
                os.fsync(stream.fileno())
        except OSError as error:
            ja = f"提出の記録 {shown(self.path)} を書けません：{reason_in_japanese(error)}"
            raise RunError(f"the delivery log {shown(self.path)} cannot be written: {error}", ja) from error
        return told

    def read(self) -> tuple[list[Entry], list[Issue]]:
        """Every entry in order, and what is wrong with lines that are none. Raises :class:`UsageError`."""
        found: list[Entry] = []
        issues: list[Issue] = []
        try:
            with self.path.open("rb") as stream:
                for number, line in enumerate(iter(lambda: stream.readline(LINE_LIMIT), b""), start=1):
                    if not line.strip():
                        continue
                    try:
                        found.append(Entry.parse(line))
                    except ValueError:
                        value = line[:200].decode("utf-8", "replace").strip()
                        issues.append(Issue("DLV-LOG-LINE", Location(shown(self.path), line=number), value=value))
        except FileNotFoundError:
            pass
        except OSError as error:
            ja = f"{self.path}：読めません（{reason_in_japanese(error)}）。"
            raise UsageError(f"{self.path}: cannot be read ({error})", ja) from error
        return found, issues

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the right to send; False when another process has it. It goes when its holder dies, however it dies."""
        place = self.path.with_name(f".{self.path.name}{LOCK}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stream = place.open("a+b")
        except OSError as error:
            ja = f"{shown(place)} を書けません：{reason_in_japanese(error)}"
            raise RunError(f"{shown(place)} cannot be written: {error}", ja) from error
        with stream:
            yield hold(stream)  # the file stays: who removed it could take it from under somebody who waits


def _wait_for(held: Callable[[], bool], *, most: float = WAIT) -> None:
    end = time.monotonic() + most
    while not held():
        if time.monotonic() > end:
            raise TimeoutError(f"another process has been writing for {most:.0f} s")
        time.sleep(_PAUSE)
