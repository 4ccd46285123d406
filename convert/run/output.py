"""Write documents into files that appear by rename, complete or not at all; split below a size limit."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from convert.formats.base import Container
from convert.resources import shown

FREE = "free-"
"""How the names of spools begin that nobody needs any more."""
BUFFER = 1 << 17
"""Bytes gathered before they are hashed and written. A thread for that was tried: handing over the interpreter's
lock cost the run more than the hashing does.
"""


@dataclass(slots=True)
class _File:
    """One file in the making. ``delivered``: where it goes once it is packed, while ``stream`` gathers documents."""

    path: Path | None
    stream: BinaryIO
    delivered: BinaryIO | None = None
    size: int = 0
    records: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


def temporary(path: Path) -> Path:
    """Where a file is written before it takes its name: beside it, so that the rename is one step."""
    return path.with_name(f".{path.name}.part-{os.getpid()}")


def check_place(path: Path) -> None:
    """Raise :class:`UsageError` when a file cannot be written there."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file", f"{path} はフォルダです。ファイルの名前を書いてください。")
    for parent in path.parents:
        if parent.exists():
            if not parent.is_dir():
                raise UsageError(f"{parent} is not a folder", f"{parent} はフォルダではありません。")
            if not os.access(parent, os.W_OK):
                raise UsageError(f"{parent} cannot be written to", f"{parent} に書く権限がありません。")
            return


class Output:
    """The documents of a run. ``path`` None or ``-``: standard output, one file, no rename.

    With ``Container.limit`` a run of more than one file is written as ``name-001.ext``, ``name-002.ext`` ….
    """

    def __init__(self, path: Path | None, container: Container, *, stdout: BinaryIO | None = None) -> None:
        self.path = path.resolve() if path is not None else None
        self.container = container
        self._between = container.between
        self._files: list[_File] = []
        self._pending: list[bytes] = []
        self._waiting = 0
        self._direct = self.path is None or (self.path.exists() and not self.path.is_file())
        self._stdout = stdout or sys.stdout.buffer
        limit, most = (None, None) if self._direct else (container.limit, container.most)
        self._most = sys.maxsize if limit is None else limit - len(container.tail)
        self._most_records = most or sys.maxsize
        self._open()

    def _open(self) -> None:
        if self.path is None or self._direct:
            stream = self._stdout if self.path is None else self.path.open("wb")
            file = _File(self.path, stream)
            if self.container.pack is not None:
                file.stream, file.delivered = tempfile.TemporaryFile(), stream  # noqa: SIM115 - closed by _close
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            place = temporary(self._part(len(self._files) + 1))
            file = _File(place, place.open("wb"))
            if self.container.pack is not None:
                file.stream, file.delivered = tempfile.TemporaryFile(dir=place.parent), file.stream  # noqa: SIM115
        self._files.append(file)
        self._put(self.container.head)

    def _part(self, number: int) -> Path:
        path = self.path
        if path is None:
            raise RunError("standard output has no parts")
        return path.with_name(f"{path.stem}-{number:03d}{path.suffix}")

    def _put(self, data: bytes) -> None:
        file = self._files[-1]
        file.size += len(data)
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting >= BUFFER:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()
        self._waiting = 0
        file = self._files[-1]
        file.digest.update(data)
        write_whole(file.stream, data)

    def write(self, document: bytes) -> None:
        """Add one document."""
        file, between = self._files[-1], self._between
        size = len(document)
        full = file.size + len(between) + size > self._most or file.records >= self._most_records
        if full and file.records:
            self._close()
            self._open()
            file = self._files[-1]
        if between and file.records:
            document = between + document
            size = len(document)
        file.records += 1
        file.size += size
        self._pending.append(document)
        self._waiting += size
        if self._waiting >= BUFFER:
            self._flush()

    def write_all(self, stream: BinaryIO, lengths: Sequence[int]) -> None:
        """Add the documents of a shard: ``stream`` holds them one after the other, and may hold more behind them."""
        file = self._files[-1]
        over = file.size + sum(lengths) > self._most or file.records + len(lengths) > self._most_records
        if self.container.between or over:
            for length in lengths:
                self.write(stream.read(length))
            return
        left = sum(lengths)
        while left and (block := stream.read(min(BUFFER, left))):
            left -= len(block)
            self._put(block)
        file.records += len(lengths)

    def _close(self) -> None:
        self._put(self.container.tail)
        self._flush()
        file = self._files[-1]
        if self.container.pack is not None and file.delivered is not None:
            self._pack(file, file.delivered, self.container.pack)
        if file.path is None:
            file.stream.flush()
        else:
            file.stream.close()

    def _pack(self, file: _File, delivered: BinaryIO, pack: Callable[[BinaryIO, BinaryIO], None]) -> None:
        """Turn the documents gathered so far into the file as it is delivered."""
        measured = _Measured(delivered)
        with file.stream as plain:
            plain.seek(0)
            pack(plain, measured)  # type: ignore[arg-type]
        file.stream, file.delivered = delivered, None
        file.size, file.digest = measured.size, measured.digest

    def finish(self) -> list[dict[str, Any]]:
        """Close, rename, and tell of every file: name, bytes, sha256, records."""
        self._close()
        names = self._names()
        told = []
        for file, name in zip(self._files, names, strict=True):
            if file.path is not None and name is not None and not self._direct:
                file.path.replace(name)
            label = "-" if name is None else shown(name)
            told.append({"name": label, "bytes": file.size, "sha256": file.digest.hexdigest(), "records": file.records})
        return told

    @property
    def places(self) -> list[Path]:
        """The files, once they have their names."""
        return [name for name in self._names() if name is not None]

    def _names(self) -> list[Path | None]:
        if len(self._files) == 1:
            return [self.path]
        return [self._part(number) for number in range(1, len(self._files) + 1)]

    def abort(self) -> None:
        """Leave nothing behind."""
        for file in self._files:
            if file.delivered is not None:
                file.stream.close()
                file.stream = file.delivered
            if file.path is not None:
                file.stream.close()
                if not self._direct:
                    file.path.unlink(missing_ok=True)


class _Measured:
    """A stream that can only be written to, which knows what went through it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write all of ``data``."""
        self.size += len(data)
        self.digest.update(data)
        write_whole(self._stream, data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def write_whole(stream: BinaryIO, data: bytes) -> None:
    """Write all of ``data``; an unbuffered standard output may take a part of it at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


class Spool:
    """A shard's documents, one after the other in a file, and their lengths.

    A file that another shard needs no more is written over: its pages are there already, and new ones cost as much as
    the writing does. What stands behind the documents is not theirs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lengths = array("Q")
        self._stream = path.open("r+b" if _taken_over(path) else "wb", buffering=BUFFER)

    def write(self, document: bytes) -> None:
        """Add one document."""
        self.lengths.append(len(document))
        self._stream.write(document)

    def close(self) -> None:
        """Write what is left."""
        self._stream.close()


def leave(spool: Path) -> None:
    """Give a spool away that was read."""
    spool.rename(spool.with_name(FREE + spool.name))


def _taken_over(path: Path) -> bool:
    for free in path.parent.glob(FREE + "*"):
        with contextlib.suppress(OSError):  # another shard was quicker
            free.rename(path)
            return True
    return False


def write_beside(path: Path, content: bytes) -> None:
    """Write a small file by rename."""
    place = temporary(path)
    try:
        place.write_bytes(content)
        place.replace(path)
    except OSError:
        place.unlink(missing_ok=True)
        raise
