"""Look at the files to be delivered before anything is written: what each is, and which members it becomes."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.deliver.runs import Run, run_of
from convert.deliver.splitting import Piece, Pieces, Split
from convert.deliver.zipping import BLOCK, Measure, blocks_of
from convert.errors import SourceFault, UsageError, reason_in_japanese
from convert.model import Location
from convert.packing import HEAD, foreign_archive, packing_of
from convert.registry import formats
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from convert.deliver.cutting import Kind, Knife


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was looked at. ``cut``: its pieces are some of its records; else its only piece is all of it."""

    path: Path
    name: str
    kind: Kind
    size: int
    sha256: str
    pieces: tuple[Piece, ...]
    knife: Knife | None = None
    cut: bool = False
    run: Run | None = None
    layouts: tuple[Mapping[str, Any], ...] = ()
    issues: tuple[Issue, ...] = ()


# ── Looking at a file ────────────────────────────────────────────────────────────────────────────


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises :class:`UsageError` when it is missing, a folder or cannot be read."""
    try:
        if path.is_dir():
            raise UsageError(
                f"{path} is a folder; name the files in it",
                f"{path} はフォルダです。中のファイルを一つずつ指定してください。",
            )
        if path.exists() and not path.is_file():
            raise UsageError(
                f"{path} is no regular file; write it to a file first",
                f"{path} は通常のファイルではありません。いったんファイルに保存してください。",
            )
        with path.open("rb") as stream:
            return stream.read(HEAD)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> UsageError:
    why = error.strerror if isinstance(error, OSError) else error
    return UsageError(f"{path}: cannot be read ({why})", f"{path}：読めません（{reason_in_japanese(error)}）。")


def examine(path: Path, head: bytes, kind: Kind, knife: Knife | None, split: Split) -> Examined:
    """Read a file once from end to end: its hash, its records, where it will be cut.

    Raises :class:`UsageError` when it cannot be read. What is wrong with it is in ``issues``.
    """
    name = shown(path)
    found = _whole(path, name, head, kind, knife, split)
    run, issues = run_of(path, name, found.sha256)
    issues = [*_misnamed(path, name, kind), *_unconfirmed(found.layouts, name), *issues]
    layouts = _merged(found.layouts, run.layouts if run is not None else ())
    return replace(found, run=run, layouts=layouts, issues=(*found.issues, *issues))


def _whole(path: Path, name: str, head: bytes, kind: Kind, knife: Knife | None, split: Split) -> Examined:
    issues = list(_unfit(name, head))
    packed = bool(issues)
    sizes = Pieces(split)
    layouts: tuple[Mapping[str, Any], ...] = ()
    records: int | None = None
    measure = Measure()
    try:
        with path.open("rb") as stream:
            tap = Tap(stream, measure)
            if knife is not None and not packed:
                try:
                    with closing(io.BufferedReader(tap, BLOCK)) as source:
                        cutter = knife.open(source, name)
                        layouts = tuple(cutter.layouts)
                        issues += sizes.take(cutter, name)
                        records = sizes.records
                except SourceFault as fault:
                    issues += _uncut(fault.issue, name, split)
            for data in blocks_of(stream):
                measure.add(data)
    except OSError as error:
        raise _unreadable(path, error) from error
    first, last = (sizes.first, sizes.last) if records is not None else (None, None)
    whole = Piece(measure.size, measure.sha256, records, first, last)
    cut = split.asked and records is not None and len(sizes.made) > 1
    pieces = tuple(sizes.made) if cut else (whole,)
    return Examined(
        path, name, kind, measure.size, measure.sha256, pieces, knife if cut else None, cut,
        layouts=layouts, issues=tuple(issues),
    )  # fmt: skip


def _unfit(name: str, head: bytes) -> Iterator[Issue]:
    if not head:
        yield Issue("PKG-SOURCE-EMPTY", Location(name))
    kind = packing_of(head) or foreign_archive(head)
    if kind is not None:
        yield Issue("PKG-SOURCE-PACKED", Location(name), value=kind)


def _misnamed(path: Path, name: str, kind: Kind) -> Iterator[Issue]:
    """A file whose name says that it is in another format. What looks like XML is looked at when it is cut."""
    suffix = path.suffix.lower()
    if kind.name != "dcndl" and suffix:
        claimed = (item for item in formats().values() if suffix in item.suffixes and item.name != kind.name)
        other = next(claimed, None)
        if other is not None:
            yield Issue("PKG-SOURCE-FORMAT", Location(name), value=suffix, slots={"kind": kind.suffix})


def _unconfirmed(layouts: Sequence[Mapping[str, Any]], name: str) -> Iterator[Issue]:
    """Layout tables by which records are cut, and which are not confirmed."""
    for layout in layouts:
        if layout.get("confirmed") is not True:
            yield Issue("PKG-CUT-UNCONFIRMED", Location(name), value=str(layout.get("name") or "?"))


def _uncut(issue: Issue, name: str, split: Split) -> list[Issue]:
    """A file that cannot be cut: told of, and no harm unless it was to be."""
    level = Severity.ERROR if split.asked else Severity.WARNING
    return [replace(issue, severity=level), Issue("PKG-UNCUT", Location(name), level, value=issue.code)]


def _merged(
    one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:  # fmt: skip
    return (*one, *(layout for layout in other if layout not in one))


class Tap(io.RawIOBase):
    """A stream that measures what is read from it. Closing it leaves the stream open."""

    def __init__(self, stream: BinaryIO, measure: Measure) -> None:
        self._stream, self._measure = stream, measure

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        data = self._stream.read(len(buffer))
        self._measure.add(data)
        buffer[: len(data)] = data
        return len(data)


# ── The bytes of its pieces ──────────────────────────────────────────────────────────────────────


def contents(examined: Examined) -> Iterator[Iterable[bytes]]:
    """The bytes of every piece of a file, in order; each must be read before the next one is asked for.

    Raises :class:`SourceFault` or :class:`OSError` when the file is not what it was.
    """
    with examined.path.open("rb") as stream:
        if not examined.cut or examined.knife is None:
            yield blocks_of(stream)
            return
        cutter = examined.knife.open(stream, examined.name)
        records = iter(cutter)
        for piece in examined.pieces:
            found = (record.data for record in islice(records, piece.records))
            yield _gathered(chain((cutter.head,), found, (cutter.tail,)))


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger blocks."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
