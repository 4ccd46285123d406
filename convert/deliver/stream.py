"""Go through files record by record: the bytes of each, and what its format's reader makes of it, in step.

Any run of records with the head and the tail of their file is a complete file, so that the reader is given some
records at a time; where it finds another number of records, one at a time.
"""

from __future__ import annotations

import io
import zlib
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue, Severity
from convert.deliver.cutting import Cut
from convert.deliver.examine import Tap, head_of
from convert.deliver.runs import Run, run_of
from convert.deliver.zipping import BLOCK, Measure, blocks_of
from convert.errors import PathError, RunError, UsageError, reason_in_japanese
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.packing import foreign_archive, packing_of
from convert.resources import shown
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from convert.deliver.cutting import Cutter
    from convert.deliver.forms import Form, Opener
    from convert.formats.base import Reader, Selector

    Progress = Callable[[int], None]

BATCH, BATCH_BYTES = 200, 1 << 20
"""Records, or bytes of them, that the reader is given at a time."""
_WORKBOOKS = (".xlsx", ".xlsm", ".ods")
PULSE = 1000
"""Records after which those who wait are told."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that records are taken from."""

    path: Path
    name: str
    head: bytes

    @classmethod
    def of(cls, path: Path) -> Input:
        """Raises :class:`UsageError` when there is no such file, or when it is compressed."""
        head = head_of(path)
        if head.startswith(b"PK") and path.suffix.lower() in _WORKBOOKS:
            raise UsageError(
                f"{path} is a workbook, of which no records can be taken; convert to CSV, JSON Lines or another format",
                f"{path} は表計算ソフトのファイルで、レコードに分けられません。CSV などに変換してください。",
            )
        if packing_of(head) or foreign_archive(head):
            raise UsageError(
                f"{path} is compressed; unpack it first", f"{path} は圧縮されています。先に展開してください。"
            )
        return cls(path, shown(path), head)


@dataclass(slots=True)
class Seen:
    """A record: ``number`` counts every cut of all inputs from 0. ``body`` is the reader's, where it was asked for."""

    cut: Cut
    number: int
    source: int
    body: Any = None
    fault: Issue | None = None


@dataclass(slots=True)
class Told:
    """What is known of an input once it was gone through."""

    name: str
    size: int
    sha256: str
    records: int
    run: Run | None
    issues: list[Issue]
    layouts: Sequence[Any]


class Stream:
    """The records of all inputs. ``head``, ``tail``: of a file made of some of them, known once reading began.

    ``told``: of each input that was gone through. Raises :class:`UsageError` where inputs cannot stand in one file.
    """

    def __init__(self, inputs: Sequence[Input], opener: Opener, progress: Progress | None = None) -> None:
        self._inputs, self._opener, self._progress = inputs, opener, progress
        self.head = self.tail = b""
        self.told: list[Told] = []
        self.reader: Reader | None = None
        self.cutter: Cutter | None = None
        self._frame: tuple[object] | None = None

    @property
    def frame(self) -> object:
        """What stands around the records, once reading began."""
        return self._frame

    def paths(self, names: Sequence[str]) -> list[Selector]:
        """Those of some paths that the files have, once the reader was asked for a record."""
        if self.reader is None:
            return []
        found = []
        for name in names:
            try:
                found.append(self.reader.selector(name))
            except PathError:
                continue
        return found

    def records(self, *, bodies: Callable[[Cut], bool] | None = None) -> Iterator[Seen]:
        """Every record, damaged ones with their fault. ``bodies`` says for which the reader is asked; None: for none.

        Raises :class:`SourceFault` where a file cannot be cut at all.
        """
        number = 0
        for place, source in enumerate(self._inputs):
            start = number
            measure = Measure()
            try:
                with source.path.open("rb") as stream, closing(io.BufferedReader(Tap(stream, measure), BLOCK)) as tap:
                    cutter = self._opener.cut(tap, source.name)
                    self._same_frame(source, cutter)
                    self.cutter = cutter
                    found = (Seen(cut, number, place, fault=cut.fault) for number, cut in enumerate(cutter, start))
                    for seen in found if bodies is None else self._in_step(found, cutter, source.name, bodies):
                        number = seen.number + 1
                        if self._progress is not None and not number % PULSE:
                            self._progress(number)
                        yield seen
                    for _ in blocks_of(tap):
                        pass
            except OSError as error:
                ja = f"{source.name}：{reason_in_japanese(error)}"
                raise RunError(f"{source.name}: {error.strerror or error}", ja) from error
            self.told.append(self._summary(source, measure, number - start, cutter))

    def _same_frame(self, source: Input, cutter: Cutter) -> None:
        if self._frame is None:
            self._frame, self.head, self.tail = (cutter.frame,), cutter.head, cutter.tail
        elif self._frame != (cutter.frame,):
            first = self._inputs[0].name
            raise UsageError(
                f"records of {source.name} and {first} cannot stand in one file: what stands around them differs "
                "(headings, namespaces, layout)",
                f"{source.name} と {first} のレコードは、見出しや名前空間などが違うためまとめられません。",
            )

    def _summary(self, source: Input, measure: Measure, records: int, cutter: Cutter) -> Told:
        run, issues = run_of(source.path, source.name, measure.sha256)
        issues += [
            Issue("PKG-CUT-UNCONFIRMED", Location(source.name), value=str(layout.get("name") or "?"))
            for layout in cutter.layouts
            if layout.get("confirmed") is not True
        ]
        layouts = [*cutter.layouts, *(one for one in (run.layouts if run else ()) if one not in cutter.layouts)]
        return Told(source.name, measure.size, measure.sha256, records, run, issues, layouts)

    # ── In step with the reader ──────────────────────────────────────────────────────────────────

    def _in_step(
        self, found: Iterator[Seen], cutter: Cutter, name: str, wanted: Callable[[Cut], bool]
    ) -> Iterator[Seen]:
        batch: list[Seen] = []
        size = 0
        for seen in found:
            batch.append(seen)
            size += len(seen.cut.data)
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                self._read(batch, cutter, name, wanted)
                yield from batch
                batch, size = [], 0
        self._read(batch, cutter, name, wanted)
        yield from batch

    def _read(self, batch: list[Seen], cutter: Cutter, name: str, wanted: Callable[[Cut], bool]) -> None:
        asked = []
        for seen in batch:
            if seen.fault is None and not seen.cut.deleted and wanted(seen.cut):
                seen.body = seen.cut.body() if seen.cut.body is not None and self.reader is not None else None
                if seen.body is None:
                    asked.append(seen)
        if not asked:
            return
        bodies = [body for body, _ in self._understood([seen.cut for seen in asked], cutter, name)]
        if len(bodies) == len(asked) and all(body is not None for body in bodies):
            for seen, body in zip(asked, bodies, strict=True):
                seen.body = body
            return
        for seen in asked:
            self._alone(seen, cutter, name)

    def _alone(self, seen: Seen, cutter: Cutter, name: str) -> None:
        read = self._understood([seen.cut], cutter, name)
        seen.body = read[0][0] if read and all(body is not None for body, _ in read) else None
        if seen.body is None:
            told = [issue for _, issues in read for issue in issues]
            worst = max(told, key=catalogue().severity, default=None)
            at = Location(name, line=seen.cut.line, byte=seen.cut.byte)
            seen.fault = (
                Issue("DLV-UNREAD", at) if worst is None else replace(worst, at=_moved(worst, seen, cutter, at))
            )

    def bodies(self, records: Sequence[bytes]) -> list[Any]:
        """What the reader makes of records that stand one after the other; None for those that it cannot read."""
        if self.cutter is None:
            return [None] * len(records)
        cuts = [Cut(data) for data in records]
        found = [body for body, _ in self._understood(cuts, self.cutter, "")]
        if len(found) == len(cuts) and all(body is not None for body in found):
            return found
        return [next((body for body, _ in self._understood([cut], self.cutter, "")), None) for cut in cuts]

    def _understood(self, cuts: Sequence[Cut], cutter: Cutter, name: str) -> list[tuple[Any, Sequence[Issue]]]:
        """What the reader makes of some records: bodies, and what it says of each."""
        data = b"".join([cutter.head, *_ended([cut.data for cut in cuts], self._opener.form), cutter.tail])
        reader = self._opener.form.format.load_reader()(Source.of(data, name=name), self._opener.read)
        fatal = [issue for issue in reader.head_issues if catalogue().severity(issue) is Severity.FATAL]
        if fatal:
            return [(None, fatal)]
        self.reader = reader
        return [(record.body, record.issues) for record in reader]


def _moved(issue: Issue, seen: Seen, cutter: Cutter, at: Location) -> Location:
    """The place of an issue in the file, which was told for the record alone."""
    line = issue.at.line
    if line is not None and seen.cut.line is not None:
        line = seen.cut.line + line - 1 - cutter.head.count(b"\n")
    byte = None if issue.at.byte is None or seen.cut.byte is None else seen.cut.byte + issue.at.byte - len(cutter.head)
    return replace(issue.at, source=at.source, line=line, byte=byte, row=None)


def _ended(datas: Sequence[bytes], form: Form) -> Iterator[bytes]:
    """Records one after the other; one that ends with its file has no line end where its format needs it."""
    last = len(datas) - 1
    for number, data in enumerate(datas):
        yield data if number == last else whole_line(data, form)


def whole_line(data: bytes, form: Form) -> bytes:
    """A record that another one can follow."""
    return data if not form.lines or data.endswith((b"\n", b"\r")) else data + b"\n"


class Taker:
    """Takes records from where they stand in the inputs. Raises :class:`RunError` when one is not what it was."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._inputs = inputs
        self._open: tuple[int, BinaryIO] | None = None

    def __enter__(self) -> Taker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _stream(self, number: int) -> BinaryIO:
        """The input, open; there may be more of them than can be open at a time."""
        if self._open is None or self._open[0] != number:
            self.__exit__()
            self._open = (number, self._inputs[number].path.open("rb"))
        return self._open[1]

    def take(self, place: tuple[int, int, int, int]) -> bytes:
        """The record at a place: number of the input, first byte, bytes, their CRC."""
        number, at, size, crc = place
        source = self._inputs[number]
        try:
            stream = self._stream(number)
            stream.seek(at)
            data = stream.read(size)
        except OSError as error:
            ja = f"{source.name}：{reason_in_japanese(error)}"
            raise RunError(f"{source.name}: {error.strerror or error}", ja) from error
        if zlib.crc32(data) != crc or len(data) != size:
            raise RunError(
                f"{source.name} changed while records were taken from it",
                f"{source.name}：レコードを取り出している間に変わりました",
            )
        return data
