"""Which nodes belong to one record: the management of a description, the description (twice), its items.

In an answer of NDL each ``rdf:RDF`` holds one record. A supplier's file may hold many, one after the other; there a
record ends where the next management or description begins that is not linked with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from convert.formats.dcndl.reading import RECORD, RESOURCE, address_of, local, node_of
from convert.formats.xml.slicer import Fault, Slice, Slicer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.formats.xml.names import Open

T = TypeVar("T")
MERGED = "_"
"""The name of the slice that holds the nodes of one record of a bare ``rdf:RDF``."""
BEFORE_ADMIN = re.compile(rb"\n(?=[ \t]*<(?:[^\s<>/:]+:)?BibAdminResource[\s>])")
"""Where a new record begins, unless its description stands before its management."""
_START = re.compile(rb"<[^\s<>/]+((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ABOUT = re.compile(rb"about\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ID = re.compile(rb"\srdf:ID\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TYPE = re.compile(
    rb"type\s+[^<>]*?resource\s*=\s*[\"']http://ndl\.go\.jp/dcndl/terms/(BibAdminResource|BibResource|Item)[\"']"
)
_LINK = re.compile(rb"<(?:[^\s<>/:]+:)?record\s+[^<>]*?resource\s*=\s*[\"']([^\"'<>]*)")
_KINDS = {"BibAdminResource": "admin", "BibResource": "bib", "Item": "item"}
_LISTS = ("ListRecords", "GetRecord", "records")


@dataclass(frozen=True, slots=True)
class Described:
    """What matters about one node: which it is, its address, the descriptions and items it points to."""

    kind: str | None
    about: str | None
    links: tuple[str, ...]


@dataclass(slots=True)
class Group(Generic[T]):
    """The nodes of one record so far."""

    members: list[T] = field(default_factory=list)
    admin: bool = False
    about: str | None = None
    awaited: set[str] = field(default_factory=set)

    def takes(self, node: Described) -> bool:
        """Whether a node goes on with this record."""
        if not self.members:
            return True
        if node.kind == "admin":
            return not self.admin and (self.about is None or self.about in node.links)
        if node.kind == "bib":
            if self.about is not None:
                return node.about == self.about
            return not self.awaited or node.about in self.awaited
        return True

    def add(self, member: T, node: Described) -> None:
        """Take a node."""
        self.members.append(member)
        if node.kind == "admin":
            self.admin = True
            self.awaited.update(node.links)
        elif node.kind == "bib":
            self.about = node.about or self.about or ""


def grouped(nodes: Iterable[Any]) -> Iterator[list[Any]]:
    """Parsed nodes, record by record."""
    group: Group[Any] = Group()
    for element in nodes:
        if not isinstance(element.tag, str):
            continue
        links = tuple(uri for child in element.iterchildren(RECORD) if (uri := child.get(RESOURCE)))
        node = Described(node_of(element), address_of(element), links)
        if not group.takes(node):
            yield group.members
            group = Group()
        group.add(element, node)
    if group.members:
        yield group.members


def described(piece: Slice) -> Described:
    """What a slice is, found without parsing it: it may be broken."""
    start = _START.match(piece.data)
    about = _ABOUT.search(start[1]) if start is not None else None
    name = _ID.search(start[1]) if start is not None and about is None else None
    kind = _KINDS.get(local("}" + piece.name.rpartition(":")[2]))
    if kind is None and (found := _TYPE.search(piece.data)) is not None:
        kind = _KINDS[found[1].decode()]
    links = tuple(_text(link) for link in _LINK.findall(piece.data)) if kind == "admin" else ()
    if name is not None:
        return Described(kind, "#" + _text(name[1] or name[2] or b""), links)
    return Described(kind, _text(about[1] or about[2] or b"") if about is not None else None, links)


def _text(data: bytes) -> str:
    return unescape(data.decode("utf-8", "replace"))


class NodeSlicer(Slicer):
    """Slices, those of a bare ``rdf:RDF`` put together record by record."""

    def __iter__(self) -> Iterator[Slice | Fault]:
        group: Group[Slice] = Group()
        size = 0
        for piece in super().__iter__():
            loose = isinstance(piece, Slice) and is_loose(piece)
            node = described(piece) if loose and isinstance(piece, Slice) else None
            if group.members and (node is None or not group.takes(node)):
                yield self._merged(group.members, size)
                group, size = Group(), 0
            if node is None or not isinstance(piece, Slice):
                yield piece
                continue
            size += len(piece.data)
            kept = piece if size <= self._limit else _emptied(piece)
            group.add(kept, node)
        if group.members:
            yield self._merged(group.members, size)
            if not self._whole and not group.admin:
                self.clean = False  # the management with which the next part begins may belong to it

    def _merged(self, pieces: list[Slice], size: int) -> Slice:
        """One slice for several, the text between them replaced by line breaks and blanks of the same extent."""
        first = pieces[0]
        data, line, column = [b"<_>"], first.line, first.column
        for piece in pieces:
            if piece.line > line:
                data.append(b"\n" * (piece.line - line))
                line, column = piece.line, 1
            data.append(b" " * (piece.column - column))
            data.append(piece.data)
            text = piece.data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
            breaks = text.count("\n")
            line += breaks
            column = len(text) - text.rfind("\n") if breaks else piece.column + len(text)
        data.append(b"</_>")
        fault = next((piece.fault for piece in pieces if piece.fault is not None), None)
        if size > self._limit:
            fault = Fault("SRC-TOO-LONG", first.line, first.column, None, {"limit": self._limit})
        warned = tuple(found for piece in pieces for found in piece.warned)
        joined = b"".join(data) if fault is None else first.data
        return Slice(joined, MERGED, first.line, first.column - 3, first.scope, first.around, fault, warned)


def is_cut(around: Sequence[Open], name: str) -> bool:
    """Whether an element is a slice of its own: the records of OAI-PMH and SRU, any other ``rdf:RDF`` inside something,
    the nodes of one that is the root; also what a server complains of.
    """
    this = name.rpartition(":")[2]
    if not around:
        return this in _KINDS
    outer = around[-1].name.rpartition(":")[2]
    if len(around) == 1 and outer == "RDF":
        return True
    if this == "record":
        return outer in _LISTS
    return this == "RDF" or (this, outer) in (("error", "OAI-PMH"), ("diagnostic", "diagnostics"))


def is_complaint(piece: Slice) -> bool:
    """Whether a slice is what a server complains of, and no record."""
    return piece.name.rpartition(":")[2] in ("error", "diagnostic") and not is_loose(piece)


def is_loose(piece: Slice) -> bool:
    """Whether a slice is one of the nodes of a file that has nothing around ``rdf:RDF``."""
    name = local("}" + piece.name.rpartition(":")[2])
    if not piece.around:
        return name in _KINDS
    return len(piece.around) == 1 and piece.around[0].name.rpartition(":")[2] == "RDF"


def _emptied(piece: Slice) -> Slice:
    return Slice(b"<_/>", piece.name, piece.line, piece.column, piece.scope, piece.around, piece.fault, piece.warned)
