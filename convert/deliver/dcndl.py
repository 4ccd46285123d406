"""Cut DC-NDL(RDF) in RDF/XML between its records: a record is what the reader of DC-NDL takes for one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from convert.check.issue import Issue, Severity
from convert.deliver.cutting import Cut
from convert.errors import SourceFault
from convert.formats.dcndl import quick
from convert.formats.dcndl.groups import Described, Group, described, is_complaint, is_cut, is_loose
from convert.formats.options import max_record
from convert.formats.xml.faults import malformed, missing_end
from convert.formats.xml.head import open_xml, utf8
from convert.formats.xml.slicer import Fault, Slice, Slicer
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.formats.base import Options
    from convert.formats.xml.names import Open

_BOM = b"\xef\xbb\xbf"
_HARMLESS = ("SRC-XML-DOCTYPE",)
_HELD = 4
"""How many times the longest record may be held while the end of one is looked for."""
_BREAK = re.compile(rb"\r\n|\r|\n")
_REMARKS = re.compile(rb"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.S)
_BEHIND = re.compile(rb"(?:\s++|<!--.*?-->|<\?.*?\?>|</[^<>]+>)*+", re.S)
_OAI_HEADER = re.compile(
    rb"<(?:[^\s<>/:]+:)?header\b([^<>]*)>\s*(?:<!--.*?-->\s*)*<(?:[^\s<>/:]+:)?identifier>([^<]*)<", re.S
)
_DELETED = re.compile(rb"\bstatus\s*=\s*[\"']deleted[\"']")
_RESOURCE = re.compile(rb"<(?:[^\s<>/:]+:)?BibResource\s[^<>]*?about\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A slice and what is wrong with it; ``piece`` None: the file cannot be read on. ``stray`` stands before it."""

    piece: Slice | None
    fault: Issue | None = None
    stray: tuple[Issue, ...] = ()


class _Gathered:
    """The slices of one record."""

    def __init__(self, judged: _Judged) -> None:
        assert judged.piece is not None  # noqa: S101 - nothing else is gathered
        self.first = self.last = judged.piece
        self.pieces = [judged.piece.data]
        self.fault = judged.fault
        self.loose = is_loose(judged.piece)
        self._group: Group[None] = Group()
        self.id = self._added(judged.piece, described(judged.piece)) if self.loose else _about(judged.piece.data)

    @property
    def has_admin(self) -> bool:
        """Whether it begins with the management of the description."""
        return self._group.admin

    def _added(self, piece: Slice, node: Described) -> str | None:
        self._group.add(None, node)
        self.last = piece
        return self._group.about

    def takes(self, judged: _Judged) -> bool:
        """Take a slice that goes on with this record; False when it does not."""
        piece = judged.piece
        if piece is None or not self.loose or not is_loose(piece):
            return False
        node = described(piece)
        if not self._group.takes(node):
            return False
        self.id = self._added(piece, node)
        self.pieces.append(piece.data)
        self.fault = self.fault or judged.fault
        return True

    def gaps(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where something stands between the slices or behind the last that is neither a blank nor a remark."""
        end = len(self.pieces[0])
        for piece in (*self.pieces[1:], None):
            start = len(data) if piece is None else data.find(piece, end)
            gap = data[end:start]
            if gap.strip() and not (_REMARKS.fullmatch(gap) and _is_text(gap)):
                yield end, start
            end = start + len(piece or b"")


class DcndlCutter:
    """Whole records of a document with ``rdf:RDF``, or of an answer of OAI-PMH or SRU.

    ``head`` is what stands before the first record. ``tail`` closes the elements that are open around the records.
    What stands between two records stays with the first of them, so that nothing of the file is lost; if anything but
    comments stands behind the elements that end after the last one, the file is not cut.
    """

    options = (max_record(),)
    layouts: Sequence[Mapping[str, Any]] = ()

    def __init__(self, stream: BinaryIO, name: str, options: Options, *, lenient: bool = False) -> None:
        self._name, self._limit, self._lenient = name, int(options["max_record"]), lenient
        opened, issues = open_xml(Source.of(stream, name=name), None)
        for issue in issues:
            if catalogue().severity(issue) is Severity.FATAL:
                raise SourceFault(issue)
        if opened.encoding.name not in ("utf-8", "ascii"):
            raise self._fault("PKG-CUT-ENCODING", value=opened.encoding.name)
        self._bom = opened.encoding.bom
        self._window = _Window(utf8(opened), self._limit * _HELD, self._too_long)
        chunks = iter(self._window)
        slicer = Slicer(chunks, lambda around, name, scope: is_cut(around, name), limit=self._limit, nests=False)
        self._around: tuple[Open, ...] | None = None
        self._pieces = self._judged(iter(slicer))
        first = next(self._pieces, None)
        if first is None or first.piece is None or self._around is None:
            raise SourceFault(first.fault) if first and first.fault else self._fault("PKG-CUT-NONE")
        self._first: _Judged = first
        self.head: bytes = (_BOM if opened.encoding.bom else b"") + self._before(first.piece)
        self.tail: bytes = b"".join(f"</{element.name}>".encode() for element in reversed(self._around)) + b"\n"
        self.frame: object = self._around
        self._check_head()

    def _check_head(self) -> None:
        """What stands around the records goes into every file that is made, and must be sound itself."""
        if not self._around:
            return
        try:
            etree.fromstring(self.head + self.tail, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            raise self._fault("PKG-CUT-HEAD", value=str(error)) from error

    def __iter__(self) -> Iterator[Cut]:
        for fault in self._first.stray:
            yield Cut(b"", line=fault.at.line, fault=fault)
        held = _Gathered(self._first)
        self._has_admin = held.has_admin
        for found in self._pieces:
            if found.piece is not None and not found.stray and held.takes(found):
                continue
            yield from self._cut(held, found.piece, clean=found.piece is not None and not found.stray)
            for fault in found.stray:
                yield Cut(b"", line=fault.at.line, fault=fault)
            if found.piece is None:
                yield Cut(b"", line=found.fault.at.line if found.fault else None, fault=found.fault)
                return
            former, held = held, _Gathered(found)
            if former.fault is not None and held.loose and not held.has_admin and self._has_admin:
                held.fault = held.fault or self._fault("DLV-TORN", found.piece).issue
        yield from self._cut(held, None, clean=True)

    def leaving_out(self, names: Sequence[str]) -> Callable[[Cut], bytes]:
        """Without elements by name, whatever their prefix."""
        local = b"|".join(re.escape(name.rpartition(":")[2].encode()) for name in names)
        element = re.compile(rb"\s*<((?:[^\s<>/:]+:)?(?:" + local + rb"))(?:\s[^<>]*)?(?:/>|>[^<]*</\1\s*>)")
        return lambda cut: element.sub(b"", cut.data)

    def _judged(self, found: Iterator[Slice | Fault]) -> Iterator[_Judged]:
        """The slices that are records or nodes of them, and what is wrong; the first fault ends a strict cutter."""
        for ordinal, piece in enumerate(found, start=1):
            if isinstance(piece, Fault):
                yield self._told(_Judged(None, self._issue(piece)))
                return
            fault = None
            if piece.fault is not None:
                fault = self._issue(piece.fault)
                if piece.fault.code == "SRC-XML-MALFORMED":
                    fault = malformed(piece, missing_end(piece.fault.slots["open"]), self._name, ordinal)
            stray = tuple(self._issue(one) for one in piece.warned if one.code not in _HARMLESS)
            if is_complaint(piece):
                continue
            if self._around is None:
                self._around = piece.around
            elif piece.around != self._around and fault is None:
                fault = self._fault("PKG-CUT-PLACES", piece).issue
            yield self._told(_Judged(piece, fault, stray))

    def _told(self, judged: _Judged) -> _Judged:
        """The same; a strict cutter takes no fault."""
        fault = judged.fault or next(iter(judged.stray), None)
        if fault is not None and not self._lenient:
            raise SourceFault(fault)
        return judged

    def _cut(self, held: _Gathered, until: Slice | None, *, clean: bool) -> Iterator[Cut]:
        """The record that was gathered. ``clean`` False: what stands behind it belongs to nobody."""
        at = self._bom + self._window.taken
        if clean:
            data = self._last(held.last) if until is None else self._before(until)
        else:
            data = self._window.until(held.last.line, held.last.column)
            behind = self._window.rest() if until is None else self._before(until)
            data += behind[: len(held.last.data)]
        fault, behind_it = held.fault, None
        for start, end in held.gaps(data) if fault is None and self._lenient else ():
            line = held.first.line + data.count(b"\n", 0, start)
            value = data[start:end].strip()[:120].decode("utf-8", "replace")
            behind_it = Issue("DLV-BETWEEN", Location(self._name, line=line), value=value)
            if end < len(data):
                fault, behind_it = behind_it, None
                break
            data = data[:start]
        key, deleted = _header(data) if fault is None and not held.loose else (None, False)
        body = partial(_body, data, held) if fault is None else None
        yield Cut(data, held.id, key, held.first.line, deleted=deleted, fault=fault, at=at, body=body)
        if behind_it is not None:
            yield Cut(b"", line=behind_it.at.line, fault=behind_it)

    def _before(self, piece: Slice) -> bytes:
        """The bytes up to a slice that were not taken yet."""
        taken = self._window.until(piece.line, piece.column)
        if not self._window.startswith(b"<" + piece.name.encode()):
            raise self._fault("PKG-CUT-PLACES", piece)
        return taken

    def _last(self, piece: Slice) -> bytes:
        """The bytes of the last record; what stands behind it closes the document."""
        before = self._window.until(piece.line, piece.column)
        rest, end = before + self._window.rest(), len(before) + len(piece.data)
        remarks = _REMARKS.match(rest, end)
        end = remarks.end() if remarks is not None else end
        if not self._lenient and not _BEHIND.fullmatch(rest, end):
            value = rest[end:][:120].decode("utf-8", "replace")
            raise self._fault("PKG-CUT-BEHIND", value=value)
        return rest[:end]

    # ── Faults ───────────────────────────────────────────────────────────────────────────────────

    def _issue(self, fault: Fault) -> Issue:
        at = Location(self._name, line=fault.line, column=fault.column)
        return Issue(fault.code, at, value=fault.value, slots=fault.slots)

    def _fault(self, code: str, piece: Slice | None = None, value: str | None = None) -> SourceFault:
        line, column = (piece.line, piece.column) if piece is not None else (None, None)
        return SourceFault(Issue(code, Location(self._name, line=line, column=column), value=value))

    def _too_long(self, line: int) -> SourceFault:
        return SourceFault(Issue("SRC-TOO-LONG", Location(self._name, line=line), slots={"limit": self._limit}))


def _body(data: bytes, held: _Gathered) -> Any:
    """The record as its reader has it; None where it is not written as usual."""
    declared = bool(held.first.scope) and quick.declares(held.first.scope)
    if declared != held.loose:
        return None
    return quick.read(b"<_>" + data + b"</_>" if held.loose else data.rstrip(), declared=declared)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header(data: bytes) -> tuple[str | None, bool]:
    """The identifier in the header of an OAI-PMH record, and whether it says that the record is deleted."""
    found = _OAI_HEADER.search(data)
    if found is None:
        return None, False
    name = unescape(found[2].decode("utf-8", "replace")).strip()
    return name or None, _DELETED.search(found[1]) is not None


def _about(data: bytes) -> str | None:
    """The address of the description in a record."""
    found = _RESOURCE.search(data)
    return unescape((found[1] or found[2] or b"").decode("utf-8", "replace")) if found is not None else None


class _Window:
    """The bytes that were handed on and not taken yet; a place in them is told by line and column.

    ``raised(line)`` makes the error when more than ``limit`` bytes are held.
    """

    def __init__(self, chunks: Iterator[bytes], limit: int, raised: Any) -> None:
        self._chunks, self._limit, self._raised = chunks, limit, raised
        self._held = bytearray()
        self._returns = False
        self._line = self._column = 1
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for data in self._chunks:
            self._held += data
            self._returns = self._returns or b"\r" in data
            if len(self._held) > self._limit:
                raise self._raised(self._line)
            yield data

    def startswith(self, start: bytes) -> bool:
        """Whether what is held begins so."""
        return self._held.startswith(start)

    def until(self, line: int, column: int) -> bytes:
        """Take the bytes before a place."""
        at, before = 0, self._column
        for _ in range(line - self._line):
            at, before = self._next_line(at), 1
        at += self._width(at, column - before)
        taken = bytes(self._held[:at])
        del self._held[:at]
        self._line, self._column = line, column
        self.taken += len(taken)
        return taken

    def _next_line(self, at: int) -> int:
        if not self._returns:
            return self._held.find(b"\n", at) + 1
        found = _BREAK.search(self._held, at)
        return found.end() if found is not None else at

    def _width(self, at: int, characters: int) -> int:
        """How many bytes so many characters take."""
        if self._held[at : at + characters].isascii():
            return characters
        text = self._held[at : at + 4 * characters].decode("utf-8", "surrogateescape")
        return len(text[:characters].encode("utf-8", "surrogateescape"))

    def rest(self) -> bytes:
        """Take all that is held."""
        taken = bytes(self._held)
        self._held.clear()
        self.taken += len(taken)
        return taken
