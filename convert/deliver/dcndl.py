"""Cut DC-NDL(RDF) in RDF/XML between its records: a record is what the reader of DC-NDL takes for one."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue, Severity
from convert.deliver.cutting import Cut
from convert.errors import SourceFault
from convert.formats.dcndl.groups import Group, described, is_complaint, is_cut, is_loose
from convert.formats.options import max_record
from convert.formats.xml.faults import malformed, missing_end
from convert.formats.xml.head import open_xml, utf8
from convert.formats.xml.slicer import Fault, Slice, Slicer
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.formats.base import Options
    from convert.formats.xml.names import Open

_BOM = b"\xef\xbb\xbf"
_HARMLESS = ("SRC-XML-DOCTYPE",)
_HELD = 4
"""How many times the longest record may be held while the end of one is looked for."""
_BREAK = re.compile(rb"\r\n|\r|\n")
_REMARKS = re.compile(rb"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.S)
_BEHIND = re.compile(rb"(?:\s++|<!--.*?-->|<\?.*?\?>|</[^<>]+>)*+", re.S)
_RESOURCE = re.compile(rb"<(?:[^\s<>/:]+:)?BibResource\s[^<>]*?about\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


class DcndlCutter:
    """Whole records of a document with ``rdf:RDF``, or of an answer of OAI-PMH or SRU.

    ``head`` is what stands before the first record. ``tail`` closes the elements that are open around the records.
    What stands between two records stays with the first of them, so that nothing of the file is lost; if anything but
    comments stands behind the elements that end after the last one, the file is not cut.
    """

    options = (max_record(),)
    layouts: Sequence[Mapping[str, Any]] = ()

    def __init__(self, stream: BinaryIO, name: str, options: Options) -> None:
        self._name, self._limit = name, int(options["max_record"])
        opened, issues = open_xml(Source.of(stream, name=name), None)
        for issue in issues:
            if catalogue().severity(issue) is Severity.FATAL:
                raise SourceFault(issue)
        if opened.encoding.name not in ("utf-8", "ascii"):
            raise self._fault("PKG-CUT-ENCODING", value=opened.encoding.name)
        self._window = _Window(utf8(opened), self._limit * _HELD, self._too_long)
        chunks = iter(self._window)
        slicer = Slicer(chunks, lambda around, name, scope: is_cut(around, name), limit=self._limit, nests=False)
        self._around: tuple[Open, ...] | None = None
        self._pieces = self._sound(iter(slicer))
        self._first = next(self._pieces, None)
        if self._first is None or self._around is None:
            raise self._fault("PKG-CUT-NONE")
        self.head = (_BOM if opened.encoding.bom else b"") + self._before(self._first)
        self.tail = b"".join(f"</{element.name}>".encode() for element in reversed(self._around)) + b"\n"

    def __iter__(self) -> Iterator[Cut]:
        piece, last = self._first, self._first
        group: Group[None] = Group()
        known: str | None = None
        while piece is not None and last is not None:
            node = described(piece) if is_loose(piece) else None
            if piece is not self._first and (node is None or not group.takes(node)):
                yield Cut(self._before(piece), known)
                group = Group()
            if node is not None:
                group.add(None, node)
            known = group.about if node is not None else _about(piece.data)
            last, piece = piece, next(self._pieces, None)
        if last is not None:
            yield Cut(self._last(last), known)

    def _sound(self, found: Iterator[Slice | Fault]) -> Iterator[Slice]:
        """The slices that are records or nodes of them; the first fault ends all."""
        for ordinal, piece in enumerate(found, start=1):
            if isinstance(piece, Fault):
                raise SourceFault(self._issue(piece))
            if piece.fault is not None:
                if piece.fault.code == "SRC-XML-MALFORMED":
                    raise SourceFault(malformed(piece, missing_end(piece.fault.slots["open"]), self._name, ordinal))
                raise SourceFault(self._issue(piece.fault))
            for fault in piece.warned:
                if fault.code not in _HARMLESS:
                    raise SourceFault(self._issue(fault))
            if is_complaint(piece):
                continue
            if self._around is None:
                self._around = piece.around
            elif piece.around != self._around:
                raise self._fault("PKG-CUT-PLACES", piece)
            yield piece

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
        if not _BEHIND.fullmatch(rest, end):
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
        return taken
