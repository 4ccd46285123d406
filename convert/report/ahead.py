"""The copy of a table is packed ahead, by a process of its own, while the run that it is for still converts.

What colours the cells is known only when the run ends. So rows are packed in small pieces, each of which can stand in
the file as it is; the run takes those whose rows nobody found fault with, and makes the others again. It takes as many
as there are when it ends: where the process came to grief, or has not finished, the rest is made as if there were none.

A process is started as ``python -m convert.report.ahead FOLDER``. Its input: path, format and options of each of the
run's inputs, pickled.
"""

from __future__ import annotations

import os
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import convert
from convert.formats.xlsx.archive import Packed
from convert.formats.xlsx.book import Sheet, SheetPlan
from convert.formats.xlsx.write import MAX_COLUMNS
from convert.report.blocks import Block, Cutter, shown, telling
from convert.report.rows import Reread, Table, table
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.base import Delimited

LEAST = 24_000_000
"""Bytes of the inputs together below which starting a process does not pay."""
SIZE = 1 << 15
"""Bytes of rows that make a piece: few are made again for one row with a fault."""
WAIT = 2.0
"""Seconds that a process is given to end."""
_ENTRY = struct.Struct("<8Q")
_LISTS, _PIECES = "{}.list", "{}.pieces"


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows from ``row`` to before ``next_row``, bytes ``start`` to ``end`` of the source.

    ``last`` is the last one with text. ``packed``: None where the report has to tell of them.
    """

    start: int
    end: int
    row: int
    next_row: int
    last: int
    packed: Packed | None
    _cutter: Cutter

    def again(self) -> Iterator[Block]:
        """The same rows, not packed."""
        return self._cutter.between(self.start, self.end, self.row)


# ── The run that takes the pieces ────────────────────────────────────────────────────────────────


class Ahead:
    """A process that packs the rows of some inputs. Nothing is left of it once it is closed."""

    def __init__(self, rereads: Sequence[Reread]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mokuroku-", ignore_cleanup_errors=True)
        self._numbers = {reread.source.key: number for number, reread in enumerate(rereads)}
        self._stamps = {reread.source.key: _stamp(reread.source) for reread in rereads}
        order = pickle.dumps([(str(one.source.path), one.format, dict(one.options)) for one in rereads])
        try:
            self._process = _started(order, self._folder.name)
        except BaseException:
            self._folder.cleanup()
            raise

    @classmethod
    def of(cls, rereads: Sequence[Reread]) -> Ahead | None:
        """A process for those of the inputs that it can read; None where it would not pay, or cannot be."""
        fitting = [reread for reread in rereads if _fits(reread.source)]
        size = sum(reread.source.size or 0 for reread in fitting)
        if not fitting or size < LEAST or _processors() < 2 or not sys.executable:
            return None
        try:
            return cls(fitting)
        except (OSError, ValueError, pickle.PicklingError, TypeError, AttributeError):
            return None

    def blocks(self, found: Table) -> Iterator[Block | Piece] | None:
        """All rows of a table, packed as far as they are; None where none are."""
        source, form = found.reread.source, found.delimited
        number = self._numbers.get(source.key)
        if number is None or form is None or _stamp(source) != self._stamps[source.key]:
            return None
        self._stop()
        return self._taken(found, form, Path(self._folder.name) / _LISTS.format(number))

    def _taken(self, found: Table, form: Delimited, listed: Path) -> Iterator[Block | Piece]:
        yield Block(found.head())
        with telling(), found.reread.source.open() as stream:
            cutter, at, row = Cutter(found, form, stream), 0, 0
            for piece in _pieces(listed, cutter):
                at, row = piece.end, piece.next_row
                yield piece
            stream.seek(0)
            yield from cutter.blocks(at, row)

    def _stop(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(WAIT)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process, and remove its files."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _fits(source: Source) -> bool:
    return type(source) is Source and source.path is not None and source.seekable and source.packing is None


def _stamp(source: Source) -> tuple[int, ...]:
    """What tells whether a file was changed."""
    try:
        found = (source.path or Path()).stat()
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _started(order: bytes, folder: str) -> subprocess.Popen[bytes]:
    """The process, out of reach of Ctrl-C: the run ends it."""
    command = [sys.executable, "-m", "convert.report.ahead", folder]
    package = str(Path(convert.__file__).parents[1])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(  # noqa: S603 - our own
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=os.name == "posix",
    )
    with suppress(OSError):  # it died already
        if process.stdin is not None:
            process.stdin.write(order)
            process.stdin.close()
    return process


def _pieces(listed: Path, cutter: Cutter) -> Iterator[Piece]:
    """The pieces that are there."""
    packed = listed.with_suffix(".pieces")
    if not listed.exists() or not packed.exists():
        return
    with listed.open("rb") as entries, packed.open("rb") as stream:
        while len(entry := entries.read(_ENTRY.size)) == _ENTRY.size:
            start, end, row, next_row, last, length, size, crc = _ENTRY.unpack(entry)
            data = stream.read(length)
            if len(data) < length:
                return
            yield Piece(start, end, row, next_row, last, Packed(data, size, crc) if length else None, cutter)


# ── The process ──────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Pack the rows of each input, as long as the run is there."""
    folder, inputs = Path(sys.argv[1]), pickle.load(sys.stdin.buffer)  # noqa: S301 - from the run that started this
    parent = os.getppid()
    for number, (path, kind, options) in enumerate(inputs):
        found = table(Reread(Source.of(path), kind, options))
        if found is None or found.delimited is None:
            continue
        for _ in _written(found, found.delimited, folder, number):
            if os.getppid() != parent:
                shutil.rmtree(folder, ignore_errors=True)
                return


def _written(found: Table, form: Delimited, folder: Path, number: int) -> Iterator[None]:
    """Write the pieces of one input; what the list has of a piece comes after it."""
    with ExitStack() as stack:
        stream = stack.enter_context(found.reread.source.open())
        pieces = stack.enter_context((folder / _PIECES.format(number)).open("wb", 0))
        entries = stack.enter_context((folder / _LISTS.format(number)).open("wb", 0))
        for entry, data in _packed(Cutter(found, form, stream, SIZE)):
            pieces.write(data)
            entries.write(entry)
            yield


def _packed(cutter: Cutter) -> Iterator[tuple[bytes, bytes]]:
    """Each block's entry in the list, and its rows, packed, unless the report has to tell of them."""
    taken = _Taken()
    sheet = Sheet(taken, SheetPlan(""))
    row = cutter.row
    for block in cutter.blocks():
        if cutter.left:
            return
        packed = _block(block, sheet, taken)
        entry = (cutter.began, cutter.at, row, cutter.row, sheet.rows, len(packed.data), packed.size, packed.crc)
        yield _ENTRY.pack(*entry), packed.data
        row = cutter.row


def _block(block: Block, sheet: Sheet, taken: _Taken) -> Packed:
    """The rows of a block; nothing where a text was cut."""
    sheet.flush()
    taken.parts.clear()
    cut = sheet.cut
    if block.text is not None:
        sheet.block(block.text, block.first, shown, plain=block.plain)
    else:
        for number, cells in block:
            sheet.texts(cells[:MAX_COLUMNS], number, shown)
    sheet.flush()
    data = b"".join(taken.parts)
    return Packed.of(data) if data and sheet.cut == cut else Packed(b"", 0, 0)


class _Taken:
    """Takes what is written of a sheet."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self.parts.append(data)

    def splice(self, packed: Packed) -> None:
        """Nothing is packed yet."""

    def close(self) -> None:
        """Nothing to do."""


if __name__ == "__main__":
    main()
