"""Read XML record by record: each is cut out as bytes and parsed on its own, so that a broken one harms no other.

Nothing outside the file is ever loaded: no DTD, no entities but the five of XML, no network.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.check.issue import Issue, Severity
from convert.errors import near
from convert.formats.base import Part
from convert.formats.options import MAX_RECORD, namespaces_of
from convert.formats.xml import parts
from convert.formats.xml.faults import explain, malformed, missing_end
from convert.formats.xml.head import open_xml, utf8
from convert.formats.xml.names import RecordPath
from convert.formats.xml.node import Document, Node, qualified
from convert.formats.xml.path import XmlPath, check_path, check_prefixes, walk
from convert.formats.xml.plain import in_scope, parser
from convert.formats.xml.reading import Reading
from convert.formats.xml.slicer import Fault, Slice, Slicer, inner_scope
from convert.messages.catalogue import catalogue
from convert.model import Location, Record

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from convert.formats.base import Options
    from convert.formats.xml._tree import Element, Parser
    from convert.formats.xml.names import Open
    from convert.source import Source

HEAD_BYTES = 16 * 2**20
"""How far the first record is looked for before the run begins."""
SCOPES = 16
"""Sets of namespaces for which plain records are read as such."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;"})


def make_parser() -> etree.XMLParser:
    """A parser that loads nothing and keeps no comments: libxml2's own limits of depth and length hold."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, collect_ids=False,
    )  # fmt: skip


class XmlReader:
    """Records of an XML file. A body is a :class:`Node`.

    Records have a line and a column, 1-based, exact in files of any length. ``Location.column`` counts characters.
    """

    columns: tuple[str, ...] | None = None
    nests = True
    make_parser = staticmethod(make_parser)

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self._options = options
        self._limit: int = options.get("max_record") or MAX_RECORD
        self._part = part or Part()
        self.namespaces = namespaces_of(options.get("namespaces"))
        self._record = RecordPath.of(options.get("record"), self.namespaces)
        self.clean_end = True
        self.rows = 0
        self.paths: dict[str, XmlPath] = {}
        self._readings: dict[str, Reading] = {}
        self._parser = self.make_parser()
        self._plain: dict[Any, tuple[Parser | None, Mapping[str, str]]] = {}
        self._opened, issues = open_xml(source, options.get("encoding"))
        self.encoding: str = self._opened.encoding.name
        self.head_issues: list[Issue] = issues
        self._slicer: Slicer | None = None
        self._pieces: Iterator[Slice | Fault] = iter(())
        self._warned: tuple[Fault, ...] = ()  # of slices that are no records
        self.first: Slice | None = None
        self.root = b""
        self.doctype: bytes | None = None
        if not any(catalogue().severity(issue) is Severity.FATAL for issue in issues):
            self._look_ahead()
        if source.seekable:
            self._opened.stream.close()

    # ── The head ─────────────────────────────────────────────────────────────────────────────────

    def wanted(self, around: Sequence[Open], name: str, scope: Mapping[str, str]) -> bool:
        """Whether an element is cut out as a slice of its own."""
        return self._record.fits(around, name, scope)

    def is_record(self, piece: Slice) -> bool:
        """Whether a slice is a record, not something that stands before them."""
        return True

    def _look_ahead(self) -> None:
        """Find the first record: what stands around it tells the namespaces in force."""
        chunks = utf8(self._opened, end=HEAD_BYTES if self._source.seekable else None)
        slicer = self._sliced(chunks)
        pieces = iter(slicer)
        taken: list[Slice | Fault] = []
        for piece in pieces:
            taken.append(piece)
            if isinstance(piece, Fault):
                if piece.code == "SRC-XML-DTD":
                    self.head_issues.append(self._fault_issue(piece, None))
                    break
            elif self.is_record(piece):
                self.first = piece
                break
            else:
                self.before(piece)
        self.root, self.doctype = slicer.root, slicer.doctype
        self._slicer, self._pieces = slicer, chain(taken, pieces)
        self.looked_ahead()

    def before(self, piece: Slice) -> None:
        """Take a slice that is no record."""

    def looked_ahead(self) -> None:
        """Do what the head of the file asks for."""

    def _sliced(self, chunks: Iterator[bytes], **more: Any) -> Slicer:
        return Slicer(chunks, self.wanted, limit=self._limit, nests=self.nests, **more)

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Record]:
        if self._source.seekable:
            self._reopen()
        ordinal, found = 0, False
        try:
            for piece in self._pieces:
                for record in self._records(piece, ordinal):
                    ordinal += 1
                    found = found or isinstance(piece, Slice) or piece.code == "SRC-XML-DTD"
                    yield record
            if self._slicer is not None:
                self.clean_end = self._slicer.clean
            if not found and self._part.start == 0 and self._part.end is None and self._slicer is not None:
                for number, record in enumerate(self.nothing_found(self._slicer)):
                    record.ordinal = ordinal + number + 1
                    record.issues = [issue.moved(records=ordinal, rows=0) for issue in record.issues]
                    yield record
        finally:
            self._opened.stream.close()

    def _reopen(self) -> None:
        if self._slicer is None:
            return
        self._opened.stream.close()
        self._opened, _ = open_xml(self._source, self._options.get("encoding"))
        part = self._part
        chunks = utf8(self._opened, start=part.start, end=part.end)
        around = self.first.around if self.first is not None and part.start else ()
        self._slicer = self._sliced(chunks, around=around, line=part.lines + 1, whole=part.end is None)
        if part.end is not None and not part.start and self.first is not None:
            self._slicer.expect(self.first.around)
        self._pieces = iter(self._slicer)

    def _records(self, piece: Slice | Fault, before: int) -> Iterator[Record]:
        """The records of a slice; a fault of the file's structure counts as a record that cannot be read."""
        if isinstance(piece, Fault):
            issue = self._fault_issue(piece, before + 1)
            yield Record(None, source=self._source.name, ordinal=before + 1, line=piece.line, issues=[issue])
            return
        if piece.fault is None and not self.is_record(piece):
            self._warned += piece.warned
            self.before(piece)
            return
        warned = [self._fault_issue(fault, before + 1) for fault in (*self._warned, *piece.warned)]
        self._warned = ()
        if piece.fault is not None:
            issues = [*warned, self._slice_issue(piece, piece.fault, before + 1)]
            yield Record(None, source=self._source.name, ordinal=before + 1, line=piece.line, issues=issues)
            return
        yield from self.read_slice(piece, before + 1, warned)

    def read_slice(self, piece: Slice, ordinal: int, warned: list[Issue]) -> Iterator[Record]:
        """The records of a whole slice."""
        scope = self._scope(piece)
        document = Document(piece, None, None, scope.get("", ""), qualified, self.paths, parse=self.reread)
        top: Any = self._plain_root(piece, scope, document)
        if top is not None:
            body = self.body(top, document)
            yield Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=warned)
            return
        top, complaint = self.parse(piece)
        if top is None:
            issues = [*warned, explain(piece, complaint, self.encoding, self._source, ordinal)]
            yield Record(None, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)
            return
        document = Document(piece, top, top, self.default_of(piece), qualified, self.paths)
        body = self.body(top, document)
        yield Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=warned)

    def body(self, element: Any, document: Document) -> Node:
        """A record's body."""
        default = document.default
        reading = self._readings.get(default)
        if reading is None:
            reading = self._readings[default] = Reading(default)
        return Node(element, document, reading)

    def _plain_root(self, piece: Slice, scope: Mapping[str, str], document: Document) -> Element | None:
        """The root of a plain record; None where it is none."""
        key = id(scope) if scope is piece.scope else tuple(sorted(scope.items()))
        if key not in self._plain:
            if len(self._plain) >= SCOPES:
                return None
            self._plain[key] = parser(in_scope(scope)), scope
        plain = self._plain[key][0]
        return None if plain is None else plain.parse(piece.data, document)

    def reread(self, piece: Slice) -> Any:
        """The element of a slice that is well-formed."""
        top, _ = self.parse(piece)
        return etree.Element("_") if top is None else top

    def parse(self, piece: Slice) -> tuple[Any, str]:
        """The slice's element, or None and the parser's complaint."""
        declared = "".join(
            f' xmlns{":" if prefix else ""}{prefix}="{uri.translate(_ESCAPES)}"'
            for prefix, uri in piece.scope.items()
            if prefix != "xml"
        )
        try:
            if not declared:
                return etree.fromstring(piece.data, self._parser), ""
            data = b"".join((b"<_", declared.encode(), b">", piece.data, b"</_>"))
            whole = etree.fromstring(data, self._parser)
        except etree.XMLSyntaxError as error:
            self._parser = self.make_parser()  # the old one keeps every complaint
            return None, str(error.msg)
        except ValueError as error:
            return None, str(error)
        if len(whole) != 1:
            return None, "more than one element"
        return whole[0], ""

    def default_of(self, piece: Slice) -> str:
        """The namespace of names without prefix at the record element."""
        return self._scope(piece).get("", "")

    @staticmethod
    def _scope(piece: Slice) -> Mapping[str, str]:
        """The namespaces in force at the record element."""
        return inner_scope(piece.scope, piece.data[: piece.data.find(b">") + 1])

    def nothing_found(self, slicer: Slicer) -> Iterator[Record]:
        """Say that the file holds no such element, and which it does hold."""
        wanted = self.record_name()
        known = sorted(slicer.names, key=lambda way: (-slicer.names[way], way))[:20]
        locals_ = {way.rpartition("/")[2]: way for way in reversed(known)}
        close = near(wanted.rpartition("/")[2], locals_)
        slots = {"record": wanted, "known": known}
        at = Location(self._source.name)
        issue = Issue("SRC-XML-NO-RECORD", at, ordinal=1, value=wanted, slots=slots, suggestion=close)
        yield Record(None, source=self._source.name, ordinal=1, issues=[issue])

    def record_name(self) -> str:
        """What was looked for."""
        return str(self._options.get("record") or "/*/*")

    # ── Issues ───────────────────────────────────────────────────────────────────────────────────

    def _fault_issue(self, fault: Fault, ordinal: int | None) -> Issue:
        at = Location(self._source.name, line=fault.line, column=fault.column)
        return Issue(fault.code, at, ordinal=ordinal, value=fault.value, slots=fault.slots)

    def _slice_issue(self, piece: Slice, fault: Fault, ordinal: int) -> Issue:
        if fault.code == "SRC-XML-MALFORMED":
            return malformed(piece, missing_end(fault.slots["open"]), self._source.name, ordinal)
        return self._fault_issue(fault, ordinal)

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for a path that is no XPath 1.0 from the record element."""
        check_path(path)

    @classmethod
    def check_names(cls, path: str, namespaces: Mapping[str, str]) -> None:
        """Raise :class:`PathError` for a prefix that is not declared."""
        check_prefixes(path, namespaces)

    def selector(self, path: str, *, inner: bool = False) -> XmlPath:
        """Follow ``path`` from the record, or from a node. Raises :class:`PathError`."""
        check_path(path)
        check_prefixes(path, self.namespaces)
        return self.keep(XmlPath(path, self.namespaces, key=None if inner else path))

    def keep(self, made: XmlPath) -> XmlPath:
        """Remember a path that bodies are read by."""
        if made.key is not None:
            self.paths[made.key] = made
        return made

    def walk(self, body: Node) -> Iterator[tuple[str, str]]:
        """Every text and attribute of a record with its path."""
        return walk(body, lambda element: self._path_name(element, body.document.default))

    def _path_name(self, element: Any, default: str) -> str:
        """An element's name as a path of this mapping would write it."""
        uri, _, local = element.tag[1:].partition("}") if element.tag.startswith("{") else ("", "", element.tag)
        if uri == default:
            return str(local)
        return next(
            (f"{prefix}:{local}" for prefix, known in self.namespaces.items() if known == uri), qualified(element)
        )

    @classmethod
    def plan_parts(cls, source: Source, options: Options, count: int) -> Iterable[Part]:
        """Cut after the line that ends a record, where the encoding lets tags be found among the bytes."""
        if count < 2 or not source.seekable:
            return [Part()]
        reader = cls(source, options)
        if reader.first is None or not reader._opened.encoding.safe:
            return [Part()]
        return parts.plan(source, count, reader.ends(reader.first))

    def ends(self, first: Slice) -> re.Pattern[bytes]:
        """Behind what the file may be cut into parts, when ``first`` is its first record."""
        return parts.behind(first.name.encode(self.encoding))
