"""Read ONIX for Books product by product, whatever its release, tag set and namespace.

What the file says of itself is noted in ``head_issues``; nothing is refused for it. A product whose header in an
OAI-PMH answer says ``deleted`` is read as a product with its ``RecordReference`` and ``NotificationType`` 05.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.check.issue import Issue
from convert.errors import PathError
from convert.formats.onix import checks
from convert.formats.onix.names import XHTML, names, others
from convert.formats.onix.path import OAI, OnixPath, check_path, text_of
from convert.formats.xml.faults import explain
from convert.formats.xml.node import Document
from convert.formats.xml.path import walk
from convert.formats.xml.plain import parser
from convert.formats.xml.reader import XmlReader
from convert.formats.xml.slicer import Slice, Slicer, attributes
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.formats.base import Options, Part
    from convert.formats.xml._tree import Element, Parser
    from convert.formats.xml.names import Open
    from convert.formats.xml.node import Node
    from convert.source import Source

MAX_ERRORS = 10
"""Errors of an OAI-PMH answer that are told."""
MAX_MIXED = 20
"""Elements of the other tag set that are told of one product."""
_AROUND = re.compile(r"\s*/record(/[A-Za-z]+)*\s*")
"""A path that finds nothing in a product by itself."""
_PRODUCTS = ("Product", "product")
_MESSAGES = ("ONIXMessage", "ONIXmessage")
_HEADERS = ("Header", "header")
_OWN = re.compile(rb'(<(?:Product|product|ONIXMessage|ONIXmessage|Header|header|record)\b[^<>]*?)\s(xmlns="[^"]*")')
_UNKNOWN = re.compile(rb"&(?!amp;|lt;|gt;|quot;|apos;|#)")
_ENTITY = re.compile(rb"&(?!amp;|lt;|gt;|quot;|apos;|#)([A-Za-z][A-Za-z0-9.]{0,30});|<!\[CDATA\[.*?\]\]>", re.DOTALL)


_ATTRIBUTE = re.compile(r"@(?!xmlns)[A-Za-z][A-Za-z0-9]*", re.ASCII)
_MARKUP = re.compile(b"<(?:" + "|".join(sorted(XHTML)).encode() + rb")[\s/>]")
_LOWER, _UPPER = re.compile(rb"<[a-z]"), re.compile(rb"<[A-Z]")
_NOTHING = Slice(b"", "", 1, 1, {}, ())


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class OnixReader(XmlReader):
    """Products of an ONIX message, of an OAI-PMH answer, or of any file that holds ``Product`` elements."""

    nests = False

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self.short = False
        self.release = "3.0"
        self._message: Document | None = None
        self._no_product = False
        self._renamed: list[Any] = []
        self._errors: dict[int, tuple[str, str]] = {}
        self._checked: checks.Checks | None = None
        self._plain_products: Parser | None = None
        super().__init__(source, options, part)

    # ── The file ─────────────────────────────────────────────────────────────────────────────────

    def wanted(self, around: Sequence[Open], name: str, scope: Mapping[str, str]) -> bool:
        """Products, the header of the message, the records and errors of an OAI-PMH answer."""
        local = _local(name)
        if local in _PRODUCTS:
            return True
        if not around:
            return False
        outer = _local(around[-1].name)
        if outer in _MESSAGES:
            return local in _HEADERS or local in ("NoProduct", "x507")
        return (local == "record" and outer in ("ListRecords", "GetRecord")) or (
            local == "error" and outer == "OAI-PMH"
        )

    def is_record(self, piece: Slice) -> bool:
        """Whether a slice is a product or an OAI-PMH record."""
        local = _local(piece.name)
        return local in _PRODUCTS or local == "record"

    def before(self, piece: Slice) -> None:
        """Keep the header of the message, and what says that there is no product."""
        local = _local(piece.name)
        if local in _HEADERS:
            self._take_header(piece)
        elif local == "error":
            found = self.parse(piece)[0]
            code = found.get("code", "") if found is not None else ""
            text = " ".join(text_of(found).split()) if found is not None else ""
            if len(self._errors) < MAX_ERRORS:
                self._errors[piece.line * 1000 + piece.column] = (code, text)
        else:
            self._no_product = True

    def _take_header(self, piece: Slice) -> None:
        header, complaint = self.parse(piece)
        root = etree.Element("ONIXmessage" if self._root_is_short() else "ONIXMessage", self._root_attributes())
        if header is None:
            header = etree.Element(_local(piece.name))
            if self._message is None:
                self.head_issues.append(explain(piece, complaint, self.encoding, self._source, 0))
        root.append(header)
        self._message = Document(piece, header, root, "", self.display, self.paths)

    def _root_is_short(self) -> bool:
        return self._slicer is not None and b"ONIXmessage" in self._slicer.root

    def _root_attributes(self) -> dict[str, str]:
        if self._slicer is None:
            return {}
        return {
            name: value
            for name, value in attributes(self._slicer.root).items()
            if re.fullmatch(r"[a-z]+", name) and name != "xmlns"
        }

    def looked_ahead(self) -> None:
        """Settle release and tag set, and say what is odd about the head."""
        first = self.first
        if first is None:
            self.short = b"ONIXmessage" in self.root
        else:
            start = first.data[:4000]
            self.short = b"<product" in start or b":product" in start
        self.head_issues += checks.head_issues(self._head())
        self.release = self._head().release
        self._checked = checks.Checks(short=self.short, release=self.release)
        self._plain_products = parser(_resolved(short=self.short), inner=True)

    def _head(self) -> checks.Head:
        first = self.first
        namespace = ""
        if first is not None:
            namespace = self.default_of(first)
            prefix = first.name.rpartition(":")[0]
            if prefix:
                namespace = first.scope.get(prefix, "")
            own = re.search(
                rb"<(?:\w+:)?(?:[Pp]roduct|ONIX[Mm]essage)\b[^>]*?xmlns(?::\w+)?=[\"']([^\"']*)", first.data[:4000]
            )
            namespace = own[1].decode("utf-8", "replace") if own else namespace
        root = self.root.decode("utf-8", "replace")
        return checks.Head(
            source=self._source.name,
            message=_local(re.split(r"[\s<>/]", root[1:], maxsplit=1)[0]) in _MESSAGES,
            stated=attributes(self.root).get("release", ""),
            namespace=namespace,
            doctype=(self.doctype or b"").decode("utf-8", "replace"),
            short=self.short,
            blocks=first is not None and re.search(rb"[Dd]escriptive[Dd]etail", first.data) is not None,
            empty=first is None,
            product=first is not None and re.search(rb"<(?:\w+:)?[Pp]roduct[\s>]", first.data) is not None,
            header=self._message,
        )

    def nothing_found(self, slicer: Slicer) -> Iterator[Record]:
        """Say why there is no product: an error of the server, or a file without any."""
        if self._no_product:
            return
        name = self._source.name
        if not self._errors and not any("ListIdentifiers" in way or "ListSets" in way for way in slicer.names):
            yield from super().nothing_found(slicer)
            return
        for ordinal, (place, (code, text)) in enumerate(self._errors.items() or [(1000, ("", ""))], start=1):
            kind = "ONX-OAI-NONE" if code == "noRecordsMatch" else "ONX-OAI-ERROR" if code else "ONX-OAI-HEADERS"
            line = place // 1000
            issue = Issue(kind, Location(name, line=line), ordinal=ordinal, value=text or None, slots={"code": code})
            yield Record(None, source=name, ordinal=ordinal, line=line, issues=[issue])

    def record_name(self) -> str:
        """What was looked for."""
        return "Product"

    # ── Products ─────────────────────────────────────────────────────────────────────────────────

    def read_slice(self, piece: Slice, ordinal: int, warned: list[Issue]) -> Iterator[Record]:
        """The products of a slice: mostly one."""
        if b"onix" in (self.doctype or b"").lower():
            warned = [issue for issue in warned if issue.code != "SRC-XML-DOCTYPE"]
        record = self._plain_record(piece, ordinal, warned)
        if record is not None:
            yield record
            return
        top, complaint = self.parse(piece)
        if top is None:
            issues = [*warned, explain(piece, complaint, self.encoding, self._source, ordinal)]
            yield Record(None, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)
            return
        if top.tag in _PRODUCTS:
            yield self._made(piece, top, top, ordinal, warned)
            return
        products = list(top.iter(*_PRODUCTS))
        header = top.find("header")
        if header is not None and header.get("status") == "deleted" and not products:
            products = [self._deleted(top, header)]
            at = Location(self._source.name, line=piece.line, column=piece.column)
            warned = [*warned, Issue("ONX-OAI-DELETED", at, ordinal=ordinal, value=text_of(products[0][0]))]
            yield self._made(piece, top, products[0], ordinal, warned, checked=False)
            return
        for number, product in enumerate(products):
            yield self._made(piece, top, product, ordinal + number, warned if not number else [])
        if not products:
            at = Location(self._source.name, line=piece.line, column=piece.column)
            issues = [*warned, Issue("ONX-OAI-EMPTY", at, ordinal=ordinal)]
            yield Record(None, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)

    def _plain_record(self, piece: Slice, ordinal: int, issues: list[Issue]) -> Record | None:
        """The product of a plain slice, which is it or an OAI-PMH record around it; None where there is more to it."""
        if self._plain_products is None:
            return None
        document = Document(piece, None, None, "", self.display, self.paths, self._message, parse=self.reread)
        top = self._plain_products.parse(piece.data, document)
        product = _only_product(top) if top is not None else None
        if product is None:
            return None
        document.start = product.order
        if self._checked is not None:
            issues = issues + self._checked.issues(product, product.tags(), document, self._source.name, ordinal)
        body = self.body(product, document)
        return Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)

    def _made(
        self,
        piece: Slice,
        top: Any,
        product: Any,
        ordinal: int,
        issues: list[Issue],
        *,
        checked: bool = True,
    ) -> Record:
        message, around = self._message, product.getparent()
        if around is not None and around.tag in _MESSAGES:
            message = Document(piece, top, around, "", self.display, self.paths)
        inside = tuple([child.tag for child in product])
        document = Document(piece, top, product, "", self.display, self.paths, message)
        if self._renamed:
            issues = issues + self._mixed(product, document, ordinal)
        if checked and self._checked is not None:
            issues = issues + self._checked.issues(product, inside, document, self._source.name, ordinal)
        if _MARKUP.search(piece.data):
            issues = issues + checks.marked_up(product, document, self._source.name, ordinal, self.release)
        body = self.body(product, document)
        return Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)

    def _deleted(self, top: Any, header: Any) -> Any:
        """A deleted header as the product it is about."""
        product = etree.SubElement(top, self.tag("Product"))
        etree.SubElement(product, self.tag("RecordReference")).text = header.findtext("identifier", "").strip()
        etree.SubElement(product, self.tag("NotificationType")).text = "05"
        return product

    def tag(self, name: str) -> str:
        """An element's name in the tag set of the file."""
        return names(self.release).short[name] if self.short else name

    def parse(self, piece: Slice) -> tuple[Any, str]:
        """The slice's element in no namespace, in the tag set of the file."""
        data = piece.data
        if _UNKNOWN.search(data):
            data = _ENTITY.sub(_character, data)
        named = b"xmlns" in data
        if named:
            data = _OWN.sub(_blanked, data)
            named = b"xmlns" in data
        named = named or ":" in piece.name
        prepared = piece if data is piece.data else _with(piece, data)
        if not named:
            try:
                top = etree.fromstring(data, self._parser)
            except etree.XMLSyntaxError as error:
                self._parser = self.make_parser()
                if "prefix" not in str(error.msg):
                    return None, str(error.msg)
            except ValueError as error:
                return None, str(error)
            else:
                return self._in_one_set(top, data), ""
        top, complaint = super().parse(prepared)
        if top is not None:
            for element in top.iter("*"):
                if element.tag.startswith("{"):
                    element.tag = element.tag.rpartition("}")[2]
            if top.getparent() is not None:
                top.getparent().remove(top)
            etree.cleanup_namespaces(top)
            top = etree.fromstring(etree.tostring(top), self._parser)  # a document of its own, for paths from its root
            top = self._in_one_set(top, etree.tostring(top))
        return top, complaint

    def _in_one_set(self, top: Any, data: bytes) -> Any:
        """Rename what a product has of the other tag set."""
        self._renamed = []
        if self.first is None or (_UPPER if self.short else _LOWER).search(data) is None:
            return top
        renamed = others(self.release, short=self.short)
        for product in [top] if top.tag in _PRODUCTS else list(top.iter(*_PRODUCTS)):
            for element in product.iter("*"):
                name = renamed.get(element.tag)
                if name is not None:
                    element.tag = name
                    self._renamed.append(element)
        return top

    def _mixed(self, product: Any, document: Document, ordinal: int) -> list[Issue]:
        """What of a product was renamed: the product itself, or some of its elements."""
        tags, source = "short" if self.short else "reference", self._source.name
        inside = [product] if product in self._renamed else [e for e in self._renamed if product in e.iterancestors()]
        return [
            checks.issue("ONX-MIXED", element, document, source, ordinal, tags=tags) for element in inside[:MAX_MIXED]
        ]

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for a path that ONIX cannot have."""
        check_path(path)

    @classmethod
    def check_names(cls, path: str, namespaces: Mapping[str, str]) -> None:
        """Paths of ONIX have no prefixes."""

    def selector(self, path: str, *, inner: bool = False) -> OnixPath:
        """Follow ``path`` from the product, the message or a node. Raises :class:`PathError`."""
        check_path(path)
        of_message = path.lstrip().startswith("/ONIXMessage")
        if inner and of_message:
            reason = "inside each a path of the message is written with ^ before it"
            raise PathError(path, reason, ja="each の中では、/ONIXMessage の道順は前に ^ を付けて書きます")
        if self._message is None:
            root = etree.Element("ONIXmessage" if self.short else "ONIXMessage")
            self._message = Document(_NOTHING, root, root, "", self.display, self.paths)
        made = OnixPath(
            path, {}, key=None if inner else path, text=text_of, leaf="{}.strip()", elsewhere=of_message,
            short=self.short, release=self.release, around=_AROUND.fullmatch(path) is not None,
        )  # fmt: skip
        self.keep(made)
        return made

    def display(self, element: Any) -> str:
        """An element's reference name."""
        return names(self.release).to_reference(element.tag) if self.short else str(element.tag)

    def walk(self, body: Node) -> Iterator[tuple[str, str]]:
        """Every text and attribute of a product with its path in reference names."""
        return walk(body, self.display, text_of)


def _only_product(top: Element) -> Element | None:
    """The product, or that of an OAI-PMH record whose header says nothing against it."""
    if top.tag in _PRODUCTS:
        return top
    if top.tags() != ("header", "metadata"):
        return None
    header, metadata = top.children()
    inside = metadata.children()
    alone = len(inside) == 1 and inside[0].tag in _PRODUCTS and header.get("status") is None
    return inside[0] if alone else None


def _resolved(*, short: bool) -> Callable[[str], str | None]:
    """What resolves the names of a product in one tag set: a name of the other, or of XHTML, is not plain.

    Those of OAI-PMH are no short tags.
    """
    known = re.compile(r"[a-z][a-z0-9]*" if short else r"[A-Z][A-Za-z0-9]*", re.ASCII)

    def resolve(name: str) -> str | None:
        if name == "@xmlns":
            return " xmlns"  # no path is called so
        if name.startswith("@"):
            return name[1:] if _ATTRIBUTE.fullmatch(name) else None
        return name if (known.fullmatch(name) and name not in XHTML) or name in OAI else None

    return resolve


def _character(found: re.Match[bytes]) -> bytes:
    """A named character as a number of the same length where that is possible, so that columns stay."""
    if found[1] is None:
        return found[0]
    character = html5.get(f"{found[1].decode('ascii')};")
    if character is None:
        return found[0]
    text = "".join(f"&#{ord(letter)};" for letter in character)
    return (text[:2] + text[2:].rjust(len(found[0]) - 2, "0")).encode() if len(character) == 1 else text.encode()


def _blanked(found: re.Match[bytes]) -> bytes:
    """A default namespace of its own becomes blanks."""
    return found[1] + b" " * (len(found[0]) - len(found[1]))


def _with(piece: Slice, data: bytes) -> Slice:
    return Slice(data, piece.name, piece.line, piece.column, piece.scope, piece.around)
