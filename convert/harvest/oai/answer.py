"""Read an answer of an OAI-PMH server (OAI-PMH 2.0 §3.2), however it bends the rules.

Nothing outside the answer is loaded; a document type is refused. A page that is no well-formed XML is cut into its
records, so that the sound ones are had all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from convert.formats.xml.faults import explain
from convert.formats.xml.reader import XmlReader, make_parser
from convert.harvest.oai.dates import normal
from convert.model import Record
from convert.source import Source
from convert.store.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.check.issue import Issue
    from convert.formats.xml.names import Open
    from convert.formats.xml.slicer import Fault, Slice

LISTS: Final = ("ListRecords", "ListIdentifiers", "ListSets", "ListMetadataFormats", "GetRecord", "Identify")
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_START = re.compile(rb"<\?xml\s|<(?:[\w.-]+:)?OAI-PMH\b")
_SPACE = b" \t\r\n\xef\xbb\xbf"
MAX_IDENTIFIER: Final = 2000
"""Bytes of an identifier: what an index of PostgreSQL takes."""
_MAX_RECORD: Final = 64 * 2**20


class NotOaiError(ValueError):
    """What came is no answer of OAI-PMH. ``kind``: ``empty``, ``html``, ``malformed``, ``cut``, ``dtd``, ``other``.

    ``page`` holds what could be had of it, where that is anything.
    """

    def __init__(self, kind: str, detail: str = "", page: Page | None = None) -> None:
        self.kind, self.detail, self.page = kind, detail, page
        super().__init__(f"{kind}: {detail}")


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be had: its identifier where that can be read, and why not, in both languages."""

    identifier: str | None
    reason: str
    ja: str


@dataclass(slots=True)
class Page:
    """One answer. ``token``: None when there is none, ``""`` when it is empty (the list is complete).

    ``element`` is the element named as the verb. ``salvaged``: it was no well-formed XML, ``broken`` are its lost
    records. ``dates`` are datestamps that break the rules. ``status``: the HTTP status that stood for an error.
    """

    verb: str | None = None
    response_date: str | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)
    records: list[Incoming] = field(default_factory=list)
    token: str | None = None
    size: int | None = None
    element: Any = None
    salvaged: bool = False
    broken: list[Broken] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    status: int | None = None

    def error(self, code: str) -> str | None:
        """The text of an error, where the server tells it."""
        return next((text for given, text in self.errors if given == code), None)


def local(element: Any) -> str:
    """An element's name without its namespace; empty for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def text_of(element: Any) -> str:
    """All text in an element, its white space squeezed."""
    return " ".join("".join(element.itertext()).split())


def children(element: Any, name: str) -> Iterator[Any]:
    """The children of a name, in whatever namespace."""
    return (child for child in element if local(child) == name)


def child_text(element: Any, name: str) -> str:
    """The text of the first child of a name."""
    return next((text_of(child) for child in children(element, name)), "")


def read_page(body: bytes, *, name: str = "<answer>") -> Page:
    """The page that an answer is. Raises :class:`NotOaiError`."""
    data = _trimmed(body)
    if not data:
        raise NotOaiError("empty", "0 bytes")
    head = data[:4096]
    if _HTML.search(head) and b"OAI-PMH" not in head:
        raise NotOaiError("html", _title(data) or "no <title>")
    if b"<!DOCTYPE" in head:
        raise NotOaiError("dtd", "<!DOCTYPE")
    try:
        root = etree.fromstring(data, make_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        return _salvaged(data, str(getattr(error, "msg", error)), name)
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotOaiError("dtd", "<!DOCTYPE")
    if local(root) != "OAI-PMH":
        raise NotOaiError("html" if local(root).lower() == "html" else "other", f"<{local(root)}>")
    return _page(root)


def _trimmed(body: bytes) -> bytes:
    """The answer without what stands before and behind it: blanks, a program's warnings."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body
    data = body.strip(_SPACE)
    if _START.match(data):
        start = 0
    else:
        found = _START.search(data, 0, 1 << 16)
        start = found.start() if found else 0
    end = data.rfind(b"</OAI-PMH>")
    return data[start : end + 10] if end > start else data[start:]


def _title(data: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title", data[:20_000], re.IGNORECASE | re.DOTALL)
    return " ".join(found[1].decode("utf-8", "replace").split())[:100] if found else ""


def _page(root: Any) -> Page:
    page = Page(response_date=child_text(root, "responseDate") or None)
    for child in root:
        kind = local(child)
        if kind == "error":
            page.errors.append((child.get("code", ""), text_of(child)))
        elif kind in LISTS and page.element is None:
            page.verb, page.element = kind, child
        elif kind == "resumptionToken":  # outside the list: some servers write it there
            _take_token(page, child)
    for child in page.element if page.element is not None else ():
        kind = local(child)
        if kind == "record":
            take_record(page, child)
        elif kind == "header":
            take_header(page, child)
        elif kind == "resumptionToken":
            _take_token(page, child)
    return page


def _take_token(page: Page, element: Any) -> None:
    page.token = "".join(element.itertext()).strip()
    size = (element.get("completeListSize") or "").strip()
    page.size = int(size) if re.fullmatch(r"\d{1,15}", size, re.ASCII) else None


def take_record(page: Page, element: Any) -> None:
    """Add a record to the page; one without header or identifier is a broken one."""
    header = next(children(element, "header"), None)
    if header is None:
        page.broken.append(Broken(None, "no header", "見出し（header）がありません"))
        return
    content = next((child for part in children(element, "metadata") for child in part if local(child)), None)
    _take(page, header, content, whole=True)


def take_header(page: Page, element: Any) -> None:
    """Add a header of ListIdentifiers to the page."""
    _take(page, element, None, whole=False)


def _take(page: Page, header: Any, content: Any, *, whole: bool) -> None:
    identifier = child_text(header, "identifier")
    if not identifier:
        page.broken.append(Broken(None, "no identifier", "識別子（identifier）がありません"))
        return
    if len(identifier.encode()) > MAX_IDENTIFIER:
        en, ja = f"the identifier is longer than {MAX_IDENTIFIER} bytes", f"識別子が {MAX_IDENTIFIER} バイトを超えます"
        page.broken.append(Broken(None, f"{en}: {identifier[:60]}…", f"{ja}：{identifier[:60]}…"))
        return
    stamp = child_text(header, "datestamp")
    datestamp, exact = normal(stamp)
    if not exact:
        page.dates.append(f"{identifier}: {stamp}" if stamp else identifier)
    deleted = (header.get("status") or "").strip().lower() == "deleted"
    sets = tuple(text_of(child) for child in children(header, "setSpec"))
    if whole and not deleted and content is None:
        page.empty.append(identifier)
    if deleted or content is None:
        page.records.append(Incoming(identifier, datestamp, sets, deleted))
        return
    payload = etree.tostring(content, encoding="utf-8", with_tail=False)
    sign = etree.tostring(content, method="c14n", exclusive=True, with_tail=False)
    page.records.append(Incoming(identifier, datestamp, sets, payload=payload, sign=sign))


# ── Pages that are no well-formed XML ────────────────────────────────────────────────────────────


class _Pieces(XmlReader):
    """Cuts a page into its records, headers, errors and token."""

    nests = False

    def __init__(self, source: Source) -> None:
        self.sound: list[Any] = []
        self.lost: list[tuple[str, bytes, Mapping[str, Any]]] = []
        self.lists: set[str] = set()
        self.whole = True
        super().__init__(source, {"max_record": _MAX_RECORD})

    def wanted(self, around: Sequence[Open], name: str, scope: Mapping[str, str]) -> bool:
        """Whether an element is cut out."""
        if not around:
            return False
        own, outer = name.rpartition(":")[2], around[-1].name.rpartition(":")[2]
        if outer in LISTS:
            self.lists.add(outer)
            return own in ("record", "header", "resumptionToken")
        return outer == "OAI-PMH" and own in ("error", "responseDate")

    def read_slice(self, piece: Slice, ordinal: int, warned: list[Issue]) -> Iterator[Record]:
        """Keep a piece."""
        top, complaint = self.parse(piece)
        if top is None:
            slots = explain(piece, complaint, self.encoding, self._source, ordinal).slots
            told = {"reason": slots.get("reason", complaint), "ja": slots.get("reason_ja", complaint)}
            self.lost.append((piece.name.rpartition(":")[2], piece.data, told))
        else:
            self.sound.append(top)
        yield Record(None, source=self._source.name, ordinal=ordinal, line=piece.line)

    def _records(self, piece: Slice | Fault, before: int) -> Iterator[Record]:
        fault = getattr(piece, "fault", piece)
        if fault is not None:
            self.whole = False
        return super()._records(piece, before)


_IDENTIFIER = re.compile(rb"<(?:[\w.-]+:)?identifier[^>]*>\s*([^<\s][^<]*?)\s*</")


def _salvaged(data: bytes, complaint: str, name: str) -> Page:
    """What can be had of a page that is no well-formed XML.

    Raises :class:`NotOaiError`: ``cut`` when the page ends in the middle.
    """
    pieces = _Pieces(Source.of(data, name=name))
    for _ in pieces:
        pass
    if b"OAI-PMH" not in pieces.root or not (pieces.lists or pieces.sound):
        raise NotOaiError("malformed", complaint)
    page = Page(verb=next(iter(sorted(pieces.lists)), None), salvaged=True)
    for element in pieces.sound:
        _take_piece(page, element)
    for kind, broken, told in pieces.lost:
        if kind == "resumptionToken":
            raise NotOaiError("malformed", complaint)
        found = _IDENTIFIER.search(broken)
        page.broken.append(Broken(found[1].decode("utf-8", "replace") if found else None, **told))
    if not pieces.whole or not data.rstrip(_SPACE).endswith(b">") or not _closed(data):
        raise NotOaiError("cut", complaint, page)
    return page


def _closed(data: bytes) -> bool:
    """Whether the last thing is the end of the answer."""
    return re.search(rb"</(?:[\w.-]+:)?OAI-PMH\s*>\s*$", data[-200:]) is not None


def _take_piece(page: Page, element: Any) -> None:
    kind = local(element)
    if kind == "record":
        take_record(page, element)
    elif kind == "header":
        take_header(page, element)
    elif kind == "resumptionToken":
        _take_token(page, element)
    elif kind == "error":
        page.errors.append((element.get("code", ""), text_of(element)))
    elif kind == "responseDate":
        page.response_date = text_of(element)
