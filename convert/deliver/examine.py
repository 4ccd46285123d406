"""Look at the files to be delivered before anything is written: what each is, and which members it becomes."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

from convert.check.issue import Issue, Severity
from convert.deliver.runs import Run, run_of
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

    from convert.deliver.cutting import Cutter, Kind, Knife


@dataclass(frozen=True, slots=True)
class Split:
    """How files are cut: no member has more bytes than ``size`` (before compression, heads and tails counted) or more
    records than ``count``. ``into``: members of one package, or packages of one member each.
    """

    size: int | None = None
    count: int | None = None
    into: Literal["members", "packages"] = "members"

    @property
    def asked(self) -> bool:
        """Whether anything is to be cut at all."""
        return self.size is not None or self.count is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one member: a whole file, or so many of its records. Unknown numbers and ids are None."""

    size: int
    sha256: str
    records: int | None = None
    first: str | None = None
    last: str | None = None


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
    sizes = _Pieces(split)
    layouts: tuple[Mapping[str, Any], ...] = ()
    records: int | None = None
    measure = Measure()
    try:
        with path.open("rb") as stream:
            tap = _Tap(stream, measure)
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


class _Tap(io.RawIOBase):
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


# ── Where it is cut ──────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Pieces:
    """Puts records into pieces, one after the other, each as full as the limits let it be."""

    split: Split
    made: list[Piece] = field(default_factory=list)
    records: int = 0
    first: str | None = None
    last: str | None = None
    _open: _Open | None = None

    def take(self, cutter: Cutter, name: str) -> list[Issue]:
        """All records of a file; what is to be said of them."""
        issues: list[Issue] = []
        around = len(cutter.head) + len(cutter.tail)
        for cut in cutter:
            self.records += 1
            self.first, self.last = (cut.id if self.records == 1 else self.first), cut.id
            if not self.split.asked:
                continue
            size = len(cut.data)
            if self._open is not None and self._is_full(self._open, size, len(cutter.tail)):
                self._close(cutter.tail)
            if self._open is None:
                self._open = _Open(cutter.head)
                if self.split.size is not None and around + size > self.split.size:
                    slots = {"size": around + size, "limit": self.split.size}
                    issues.append(
                        Issue("PKG-SPLIT-LONG", Location(name), ordinal=self.records, value=cut.id, slots=slots)
                    )
            self._open.add(cut.data, cut.id)
        if self._open is not None:
            self._close(cutter.tail)
        return issues

    def _is_full(self, piece: _Open, size: int, tail: int) -> bool:
        if self.split.count is not None and piece.records >= self.split.count:
            return True
        return self.split.size is not None and piece.measure.size + size + tail > self.split.size

    def _close(self, tail: bytes) -> None:
        piece = self._open
        if piece is None:
            return
        piece.measure.add(tail)
        measure = piece.measure
        self.made.append(Piece(measure.size, measure.sha256, piece.records, piece.first, piece.last))
        self._open = None


class _Open:
    """A piece in the making."""

    def __init__(self, head: bytes) -> None:
        self.measure = Measure()
        self.measure.add(head)
        self.records = 0
        self.first: str | None = None
        self.last: str | None = None

    def add(self, data: bytes, record_id: str | None) -> None:
        """One more record."""
        self.measure.add(data)
        self.first = record_id if not self.records else self.first
        self.last = record_id
        self.records += 1


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
