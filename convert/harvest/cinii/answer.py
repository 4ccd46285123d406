"""Read an answer of OpenSearch for Holdings: RSS 1.0, Atom 1.0 or JSON-LD, told by what it is, not by what was asked.

Member names of JSON-LD are compared without prefix and vocabulary, and nothing depends on their order: the channel
stands in ``@graph`` (CiNii Books) or is the top object (as CiNii Research has it for its searches); ``items`` is an
array, or an object with ``rdf:Seq`` (before 2015-03-13). A number may be a text. Nothing outside the answer is loaded.
A record of a book (RDF) lists its owners; it is read as holdings too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from convert.formats.xml.reader import make_parser
from convert.harvest.cinii.query import PARAMETERS
from convert.values.ncid import compact, validate

if TYPE_CHECKING:
    from collections.abc import Iterator

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LIBRARY = re.compile(r"/library/([A-Za-z]{2}[0-9A-Za-z]+)(?=[.#?/]|$)")
_BOOK = re.compile(r"/ncid/([A-Za-z]{2}[0-9]{7}[0-9Xx])(?=[.#?/]|$)")
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_SPACE = b" \t\r\n\xef\xbb\xbf"
_TITLED = re.compile(r"(?:^|[^A-Z0-9])([A-Z]{2}[0-9]{7}[0-9X])(?=[^A-Z0-9]|$)")
DEPTH: Final = 200
"""How deep JSON may be nested."""


class AnswerError(ValueError):
    """What came is no answer. ``kind``: ``empty``, ``html``, ``malformed``, ``charset``, ``dtd``, ``other``, ``error``
    (the answer says itself that something is wrong, and ``detail`` is what it says).
    """

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind, self.detail = kind, detail
        super().__init__(f"{kind}: {detail}")


@dataclass(frozen=True, slots=True)
class Library:
    """A library that holds the book. ``fano``: its FA number, None where its address holds none; ``uri``: its page at
    CiNii, as given; ``data``: its record there; ``opac``: the book in its own catalogue, where that is an address.
    """

    name: str
    fano: str | None
    uri: str
    data: str | None = None
    opac: str | None = None

    def to_dict(self) -> dict[str, str]:
        """For JSON; what is not known is left out."""
        parts = {"fano": self.fano, "name": self.name, "uri": self.uri, "data": self.data, "opac": self.opac}
        return {key: value for key, value in parts.items() if value}


@dataclass(slots=True)
class Answer:
    """One answer. ``form``: rss, atom, json or rdf. ``ncid``: what it says it answers, None where it does not say.

    ``total``: the number it tells, ``listed``: the addresses that its table of contents names (RSS and old JSON-LD).
    ``charset``: the wrong one that it declares although it is UTF-8. ``parameters``: what else was asked, as it says.
    """

    form: str
    ncid: str | None = None
    title: str = ""
    date: str | None = None
    total: int | None = None
    libraries: list[Library] = field(default_factory=list)
    listed: list[str] | None = None
    charset: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


def read_answer(body: bytes) -> Answer:
    """The answer that the bytes are. Raises :class:`AnswerError`."""
    data = body if body.startswith((b"\xff\xfe", b"\xfe\xff")) else body.strip(_SPACE)
    if not data:
        raise AnswerError("empty")
    if data[:1] in (b"{", b"["):
        return _from_json(data)
    head = data[:4096]
    if _HTML.search(head) and b"rdf:RDF" not in head and b"<feed" not in head:
        raise AnswerError("html", _title(data))
    return _from_xml(data)


def fano_of(uri: str) -> str | None:
    """The FA number that the address of a library ends in.

    >>> fano_of("https://ci.nii.ac.jp/library/FA018360.json"), fano_of("https://ci.nii.ac.jp/ncid/BA83739643")
    ('FA018360', None)
    """
    found = _LIBRARY.search(uri)
    number = compact(found[1]) if found else ""
    return number if found and validate(number, "FA", check=False) is None else None


def asked_for(uri: str) -> str | None:
    """The NCID that the address of a request names.

    >>> asked_for("https://ci.nii.ac.jp/books/opensearch/holder?ncid=BA83739643&format=json")
    'BA83739643'
    """
    try:
        given = dict(parse_qsl(urlsplit(uri).query))
    except ValueError:
        return None
    found = given.get("ncid")
    return compact(found) if found else None


def _echoed(uris: list[str], title: str) -> str | None:
    named = next((found for uri in uris if (found := asked_for(uri))), None)
    titled = _TITLED.search(title)
    return named or (titled[1] if titled else None)


def _asked_with(uri: str) -> dict[str, str]:
    """The parameters beside the NCID in the address of a request."""
    try:
        return {name: value for name, value in parse_qsl(urlsplit(uri).query) if name in PARAMETERS}
    except ValueError:
        return {}


def _number(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,9}", text) else None


def _title(data: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title", data[:20_000], re.IGNORECASE | re.DOTALL)
    return " ".join(found[1].decode("utf-8", "replace").split())[:100] if found else ""


def is_address(text: str | None) -> bool:
    """Whether a text is an address that can be written into RDF: CiNii gives links that are none.

    >>> is_address("https://opac.example.jp/?n=1"), is_address("https://opac.example.jp/?OIN=BA1＜"), is_address(None)
    (True, False, False)
    """
    if not text or not re.fullmatch(r"https?://[!#-;=?-\[\]_a-z~]+", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return False


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _local(child) == name)


def _text(element: Any, name: str) -> str:
    found = next(_children(element, name), None)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


def _resource(element: Any, name: str) -> str:
    """The address in ``rdf:resource`` or ``rdf:about`` of the first child of a name."""
    found = next(_children(element, name), None)
    return "" if found is None else (found.get(f"{_RDF}resource") or found.get(f"{_RDF}about") or "").strip()


def _from_xml(data: bytes) -> Answer:
    data, charset = _as_utf8(data)
    if b"<!DOCTYPE" in data[:4096]:
        raise AnswerError("dtd")
    try:
        root = etree.fromstring(data, make_parser())
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        said = str(getattr(error, "msg", error))
        kind = "charset" if "encod" in said.lower() or "not proper UTF-8" in said else "malformed"
        raise AnswerError(kind, said) from error
    found = _document(root)
    found.charset = charset
    return found


def _as_utf8(data: bytes) -> tuple[bytes, str | None]:
    """The bytes, and the encoding they declare although they are UTF-8 beyond ASCII; the bytes then declare it."""
    declared = _DECLARED.match(data[:200])
    name = declared[1].decode("ascii") if declared else "utf-8"
    if declared is None or data.isascii() or name.lower().replace("_", "-") in ("utf-8", "utf8"):
        return data, None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data, None
    return data[: declared.start(1)] + b"UTF-8" + data[declared.end(1) :], name


def _document(root: Any) -> Answer:
    kind = _local(root)
    if kind == "feed":
        return _atom(root)
    if kind == "RDF" and next(_children(root, "channel"), None) is not None:
        return _rss(root)
    if kind == "RDF":
        return _book(root)
    if kind == "error":
        said = " ".join(filter(None, (_text(root, "code"), _text(root, "reason"), _text(root, "detail"))))
        raise AnswerError("error", said)
    raise AnswerError("html" if kind.lower() == "html" else "other", kind)


def _rss(root: Any) -> Answer:
    channel = next(_children(root, "channel"))
    contents = [part for items in _children(channel, "items") for part in items.iter(f"{_RDF}li")]
    title, about = _text(channel, "title"), channel.get(f"{_RDF}about", "")
    return Answer(
        "rss",
        _echoed([about, _text(channel, "link")], title),
        title,
        _text(channel, "date") or None,
        _number(_text(channel, "totalResults")),
        [_rss_item(item) for item in [*_children(root, "item"), *_children(channel, "item")]],
        [found for part in contents if (found := (part.get(f"{_RDF}resource") or part.get("resource") or "").strip())],
        parameters=_asked_with(about or _text(channel, "link")),
    )


def _rss_item(item: Any) -> Library:
    uri = item.get(f"{_RDF}about", "").strip() or _text(item, "link")
    return _library(_text(item, "title"), uri, _resource(item, "seeAlso"))


def _atom(root: Any) -> Answer:
    links = [link.get("href", "") for link in _children(root, "link")]
    title = _text(root, "title")
    return Answer(
        "atom",
        _echoed([*links, _text(root, "id")], title),
        title,
        _text(root, "updated") or None,
        _number(_text(root, "totalResults")),
        [_entry(entry) for entry in _children(root, "entry")],
        parameters=_asked_with(_text(root, "id")),
    )


def _entry(entry: Any) -> Library:
    """The library's page is the link without ``rel``; its record is the one that is RDF."""
    links = {
        (link.get("rel") or "", link.get("type") or ""): link.get("href", "").strip()
        for link in _children(entry, "link")
    }
    page = next((href for (rel, kind), href in links.items() if "rdf" not in kind and rel in ("", "alternate")), "")
    data = next((href for (_, kind), href in links.items() if "rdf" in kind), "")
    return _library(_text(entry, "title"), _text(entry, "id") or page, data)


def _book(root: Any) -> Answer:
    """The owners of a book's record; blocks about the same book stand beside each other."""
    blocks = list(_children(root, "Description"))
    uris = [block.get(f"{_RDF}about", "") for block in blocks]
    number = next((found for block in blocks if (found := _text(block, "ncid"))), None)
    named = next((about[1] for uri in uris if (about := _BOOK.search(uri))), None)
    if number is None and named is None:
        raise AnswerError("other", _local(root))
    titles = [_text(block, "title") for block in blocks]
    owners = [part for block in blocks for owner in _children(block, "owner") for part in owner]
    counts = [_number(_text(block, "ownerCount")) for block in blocks]
    return Answer(
        "rdf",
        compact(number or named or ""),
        next(filter(None, titles), ""),
        None,
        next((count for count in counts if count is not None), None),
        [
            _library(_text(owner, "name"), owner.get(f"{_RDF}about", "").strip(), "", _resource(owner, "seeAlso"))
            for owner in owners
        ],
    )


def _library(name: str, uri: str, data: str | None, opac: str | None = None) -> Library:
    """A library; links to its catalogue that are no addresses are left out."""
    return Library(name, fano_of(uri) or fano_of(data or ""), uri, data or None, opac if is_address(opac) else None)


# ── JSON-LD ──────────────────────────────────────────────────────────────────────────────────────


def _from_json(data: bytes) -> Answer:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnswerError("charset", f"not UTF-8 at byte {error.start:,}") from error
    try:
        top = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerError("malformed", str(error)) from error
    objects = list(_objects(top))
    channel = next((found for found in objects if _is(found, "channel")), None)
    channel = channel or next((found for found in objects if _member(found, "totalResults") is not None), None)
    if channel is None:
        _refused(top)
        raise AnswerError("other", "no channel")
    address, title = _address(channel), _words(_member(channel, "title"))
    uris = [address, _address(_member(channel, "link"))] + ([_address(top)] if isinstance(top, dict) else [])
    items, listed = _items(channel, objects)
    return Answer(
        "json",
        _echoed(uris, title),
        title,
        _words(_member(channel, "date")) or None,
        _number(_words(_member(channel, "totalResults"))),
        [_json_item(item) for item in items],
        listed,
        parameters=_asked_with(next(filter(None, uris), "")),
    )


def _refused(top: Any) -> None:
    """Raise when the answer is an error in JSON."""
    inner = _member(top, "error") if isinstance(top, dict) else None
    found = inner if isinstance(inner, dict) else top
    words = ("code", "status", "reason", "message", "detail") if isinstance(found, dict) else ()
    said = " ".join(filter(None, (_words(_member(found, word)) for word in words)))
    if inner is not None or said:
        raise AnswerError("error", said or _words(inner))


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object in the answer, from the outside in."""
    if depth > DEPTH:
        raise AnswerError("malformed", "nested too deeply")
    if isinstance(value, dict):
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inside:
        yield from _objects(one, depth + 1)


def _member(found: dict[str, Any], name: str) -> Any:
    """A member by its local name: ``dc:date``, ``http://purl.org/dc/elements/1.1/date`` and ``date`` are alike."""
    if name in found:
        return found[name]
    return next((value for key, value in found.items() if re.split("[:/#]", key)[-1] == name and key[:1] != "@"), None)


def _is(found: dict[str, Any], kind: str) -> bool:
    kinds = found.get("@type", found.get("type"))
    return any(isinstance(one, str) and re.split("[:/#]", one)[-1] == kind for one in _many(kinds))


def _many(value: Any) -> list[Any]:
    """What may stand alone or in an array, ``@list`` or ``@set``."""
    if isinstance(value, dict) and ("@list" in value or "@set" in value):
        value = value.get("@list", value.get("@set"))
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: Any) -> str:
    """The text of a value: itself, its ``@value``, or the first of several."""
    for one in _many(value):
        text = one.get("@value") if isinstance(one, dict) else one
        if isinstance(text, str | int | float) and not isinstance(text, bool) and str(text).strip():
            return " ".join(str(text).split())
    return ""


def _address(value: Any) -> str:
    """The address of a node: itself, or its ``@id``."""
    for one in _many(value):
        text = one.get("@id", one.get("rdf:resource")) if isinstance(one, dict) else one
        if isinstance(text, str) and text.strip():
            return text.strip()
    return ""


def _items(channel: dict[str, Any], objects: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str] | None]:
    """The items, and the addresses that an older ``items`` lists, which then stand elsewhere."""
    given = _member(channel, "items")
    listed: list[str] | None = None
    found: list[dict[str, Any]] = []
    if isinstance(given, dict) and _member(given, "Seq") is not None:
        contents = _member(given, "Seq")
        parts = [
            part for one in _many(contents) for part in _many(_member(one, "li") if isinstance(one, dict) else one)
        ]
        listed = [address for part in parts if (address := _address(part))]
        found = [part for part in parts if isinstance(part, dict) and _member(part, "title") is not None]
    elif given is not None:
        inside = _member(given, "item") if isinstance(given, dict) else None
        found = [one for one in _many(inside or given) if isinstance(one, dict)]
    return found or [one for one in objects if _is(one, "item")], listed


def _json_item(item: dict[str, Any]) -> Library:
    uri = _address(item) or _address(_member(item, "link"))
    return _library(_words(_member(item, "title")), uri, _address(_member(item, "seeAlso")))
