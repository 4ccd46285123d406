"""The short way from the text of a record to its body, for records written as NDL writes them.

The text is cut at every ``<``; nearly every piece must be a start tag that is known as a whole, or the end tag that
belongs to it. That is stricter than XML is: wherever anything else turns up (another form, another prefix, comments,
a character or reference that XML forbids, something to be told), the answer is None, and the record is parsed and read
element by element (``reading``), which gives the same body.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from convert.formats.dcndl.escape import illegal
from convert.formats.dcndl.model import DCNDL, model
from convert.formats.dcndl.reading import NUMBERS, Handler, handlers, member_names, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Entry = tuple[str, str, Any, str]
"""What a start tag begins: the kind, the name in the body, what the kind needs, the end tag."""
_ABOUT = ' rdf:about="'
_LABEL = '" rdfs:label="'
_NODES = {
    "dcndl:BibAdminResource": "admin",
    "dcndl:BibResource": "bib",
    "dcndl:Item": "item",
}
_HOLDER = "dcndl:holdingAgent"
_LIBRARY = {
    "foaf:name": ("library", "/foaf:name>"),
    "dcndl:transcription": ("libraryYomi", "/dcndl:transcription>"),
    f'dcterms:identifier rdf:datatype="{DCNDL}NDLLibCode"': ("libraryCode", "/dcterms:identifier>"),
}
_INNER = dict.fromkeys(("structure", "subject", "part"), "rdf:Description") | {"agent": "foaf:Agent"}
_ANY = re.compile("xmlns[:=]")
_DECLARED = re.compile(r'\sxmlns:(\w+)="([^"]*)"')


_CONTROLS = bytes(set(range(32)) - {9, 10})
_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_AROUND = re.compile(r"<record>\s*(<header>.*?</header>)\s*<metadata>\s*", re.DOTALL)
_BEHIND = re.compile(r"\s*(?:</metadata>\s*</record>)?")
_MEMBER = re.compile(r"<(identifier|datestamp|setSpec)>([^<&]*)</\1>")


class Unusual(Exception):  # noqa: N818 - nothing is wrong with such a record
    """The record is to be read the other way."""


@cache
def usual(start: str) -> bool:
    """Whether a start tag, and nothing but it, declares the prefixes as NDL does."""
    declared = dict(_DECLARED.findall(start))
    if "<" in start[1:]:
        return False
    return declares(declared) and len(declared) == len(_ANY.findall(start))


def declares(scope: Mapping[str, str]) -> bool:
    """Whether prefixes in force are those of NDL."""
    return all(scope.get(prefix) == uri for prefix, uri in _needed()) and not any(":" in prefix for prefix in scope)


@cache
def _needed() -> tuple[tuple[str, str], ...]:
    return tuple(model().namespaces.items())


def read(data: bytes, *, declared: bool) -> dict[str, Any] | None:
    """The body of a record; None when it is not written as usual.

    ``data`` is one ``rdf:RDF``, an OAI-PMH record around it, or the nodes alone inside ``<_>``, whose prefixes are then
    ``declared`` around it.
    """
    if (b"]" in data and b"]]>" in data) or len(data.translate(None, _CONTROLS)) != len(data):
        return None
    try:
        text = data.decode()
        if "\ufffe" in text or "\uffff" in text or ("&" in text and _REFERENCE.search(text) is not None):
            return None
        header, inside = ({}, text[3:-4]) if declared else _unwrapped(text)
        return header | _Record(inside.split("<")).read()
    except (Unusual, UnicodeDecodeError, IndexError):
        return None


def _unwrapped(text: str) -> tuple[dict[str, Any], str]:
    """The header of an OAI-PMH record, and what stands inside ``rdf:RDF``."""
    header: dict[str, Any] = {}
    start = 0
    if not text.startswith("<rdf:RDF"):
        around = _AROUND.match(text)
        if around is None:
            raise Unusual
        header, start = _header(around[1]), around.end()
    end = text.find(">", start) + 1
    stop = text.rfind("</rdf:RDF>")
    if not text.startswith("<rdf:RDF", start) or stop < end or not usual(text[start:end]):
        raise Unusual
    if _BEHIND.fullmatch(text, stop + len("</rdf:RDF>")) is None or _declares_again(text, end):
        raise Unusual
    return header, text[end:stop]


def _declares_again(text: str, start: int) -> bool:
    """Whether namespaces are declared behind a place."""
    return text.find("xmlns", start) >= 0 and _ANY.search(text, start) is not None


def _header(text: str) -> dict[str, Any]:
    """The header of an OAI-PMH record as the value of ``oai``."""
    found = _MEMBER.findall(text)
    values: dict[str, Any] = {}
    for name, value in found:
        value = value.strip()  # noqa: PLW2901 - the text itself
        if not value or (values.setdefault(name, value) is not value and name != "setSpec"):
            raise Unusual
    if text.count("<") != 2 * len(found) + 2 or not values:
        raise Unusual
    if "setSpec" in values:
        del values["setSpec"]
        values["set"] = [value.strip() for name, value in found if name == "setSpec"]
    return {"oai": [values]}


class _Record:
    """One record: the pieces of its text, each behind a ``<``."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._at = 1
        self.body: dict[str, Any] = {}
        self._links: list[str] = []

    def read(self) -> dict[str, Any]:
        """The body."""
        parts, body = self._parts, self.body
        last = len(parts)
        if not all(">" in part for part in parts[1:]):  # a tag without its end
            raise Unusual
        items: list[dict[str, Any]] = []
        while self._at < last:
            head = parts[self._at].partition(">")[0]
            tag, _, about = head.partition(_ABOUT)
            node = _NODES.get(tag)
            if node is None or about[-1:] != '"' or illegal(about[:-1]) is not None:
                raise Unusual
            uri = _plain(about[:-1])
            self._at += 1
            if node == "item":
                items.append(self._item(uri))
            elif node == "bib":
                if body.setdefault("uri", [uri]) != [uri]:
                    raise Unusual
                self._node("bib", "/dcndl:BibResource>")
            elif "adminUri" in body or "uri" in body:
                raise Unusual
            else:
                body["adminUri"] = [uri]
                self._node("admin", "/dcndl:BibAdminResource>")
        if "uri" not in body:
            raise Unusual
        self._linked(items)
        return body

    def _linked(self, items: list[dict[str, Any]]) -> None:
        links, uris = self._links, {item["uri"] for item in items}
        absent = [uri for uri in links if uri not in uris]
        if (absent and items) or not uris.issubset(links):
            raise Unusual
        if items:
            self.body["item"] = items
        if absent:
            self.body["itemUri"] = absent

    def _node(self, node: str, close: str) -> None:
        """The properties of a node up to its end tag."""
        parts, body = self._parts, self.body
        tags = _tags(node)
        described = "title" in body or "displayTitle" in body
        at = self._at
        while (part := parts[at])[0] != "/":
            head, _, text = part.partition(">")
            found = tags.get(head)
            if found is None:
                self._at = at
                name, value = self._resource(node, head, text)
                at = self._at
                if not name:
                    continue
            else:
                kind, name, more, end = found
                if kind == "text":
                    if not parts[at + 1].startswith(end) or not text or text.isspace():
                        raise Unusual
                    value = _plain(text) if "&" in text else text
                    if more is not None:
                        value = {"value": value, "type": more} if more else {"value": value}
                    at += 2
                else:
                    self._at = at + 1
                    value = self._nested(kind, text, end)
                    at = self._at
            if described:
                raise Unusual
            held = body.get(name)
            if held is None:
                body[name] = [value]
            else:
                held.append(value)
        if not part.startswith(close):
            raise Unusual
        self._at = at + 1

    def _resource(self, node: str, head: str, text: str) -> tuple[str, Any]:
        """A property that points somewhere: its name (nothing for a link between nodes) and value."""
        start, _, rest = head.partition('="')
        kind, name, labelled, end = _links(node).get(start, ("", "", False, ""))
        if rest[-2:] == '"/':
            rest = rest[:-2]
            self._at += 1
        elif rest[-3:] == '" /':
            rest = rest[:-3]
            self._at += 1
        elif rest[-1:] == '"' and end and self._parts[self._at + 1].startswith(end) and not text:
            rest = rest[:-1]
            self._at += 2
        else:
            raise Unusual
        if kind == "class":
            return name, dict(_class(rest))
        if '"' in rest:
            uri, label = _marks(rest)
            if kind not in ("link", "material"):
                raise Unusual
            return name, {"uri": uri, "label": label}
        if not rest or not kind or illegal(rest) is not None:
            raise Unusual
        uri = _plain(rest) if "&" in rest else rest
        if kind == "record":
            if node == "bib":
                self._links.append(uri)
            return "", None
        return name, {"uri": uri} if labelled or kind == "material" else uri

    def _nested(self, kind: str, text: str, end: str) -> dict[str, Any]:
        """A node inside a property: its members."""
        parts, inner = self._parts, _INNER[kind]
        at = self._at
        node, _, blank = parts[at].partition(">")
        found: dict[str, Any] = {}
        if node != inner:
            tag, _, about = node.partition(_ABOUT)
            if tag != inner or about[-1:] != '"' or illegal(about[:-1]) is not None:
                raise Unusual
            found["uri"] = _plain(about[:-1])
        if (text and not text.isspace()) or (blank and not blank.isspace()):
            raise Unusual
        at = self._leaves(_members("structure" if kind == "subject" else kind), at + 1, found)
        if not found or not parts[at].startswith(f"/{inner}>") or not parts[at + 1].startswith(end):
            raise Unusual
        self._at = at + 2
        if kind == "subject" and "uri" in found:
            scheme = next((name for prefix, name in _schemes() if found["uri"].startswith(prefix)), None)
            if scheme is not None:
                found["type"] = scheme
        return found

    def _leaves(self, names: Mapping[str, tuple[str, str]], at: int, found: dict[str, Any]) -> int:
        """Take members that are texts, up to an end tag: where that is."""
        parts = self._parts
        while (part := parts[at])[0] != "/":
            head, _, text = part.partition(">")
            name, end = names.get(head, ("", ""))
            if not name or name in found or not parts[at + 1].startswith(end) or not text or text.isspace():
                raise Unusual
            found[name] = _plain(text) if "&" in text else text
            at += 2
        return at

    def _item(self, uri: str) -> dict[str, Any]:
        parts, tags = self._parts, _tags("item")
        item: dict[str, Any] = {"uri": uri}
        while True:
            part = parts[self._at]
            if part[0] == "/":
                if not part.startswith("/dcndl:Item>"):
                    raise Unusual
                self._at += 1
                return item
            head, _, text = part.partition(">")
            if head == _HOLDER:
                self._holder(item)
                continue
            found = tags.get(head)
            if found is None:
                name, value = self._resource("item", head, text)
                if not name:
                    raise Unusual
            else:
                kind, name, more, end = found
                if kind != "text" or not parts[self._at + 1].startswith(end) or not text or text.isspace():
                    raise Unusual
                value = _plain(text) if "&" in text else text
                if more is not None:
                    value = {"value": value, "type": more} if more else {"value": value}
                self._at += 2
            _put(item, name, value)

    def _holder(self, item: dict[str, Any]) -> None:
        parts, at = self._parts, self._at + 1
        if not parts[at].startswith("foaf:Agent>"):
            raise Unusual
        at = self._leaves(_LIBRARY, at + 1, item)
        if not parts[at].startswith("/foaf:Agent>") or not parts[at + 1].startswith("/dcndl:holdingAgent>"):
            raise Unusual
        self._at = at + 2


@lru_cache(4096)
def _marks(marks: str) -> tuple[str, str]:
    """The address and the label of a property that points somewhere."""
    uri, between, label = marks.partition(_LABEL)
    if not between or not uri or illegal(uri) is not None or not {'"', "\n", "\t"}.isdisjoint(label):
        raise Unusual
    return _plain(uri), _plain(label)


def _put(item: dict[str, Any], name: str, value: Any) -> None:
    held = item.get(name)
    if held is None:
        item[name] = value if _alone(name) else [value]
    elif isinstance(held, list):
        held.append(value)
    else:
        raise Unusual


@cache
def _alone(name: str) -> bool:
    return model().members["item"][name].most == 1


def _plain(text: str) -> str:
    """The text with the five entities of XML as characters."""
    if "&" not in text:
        return text
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'")
    return text.replace("&amp;", "&")


@lru_cache(4096)
def _class(marks: str) -> tuple[tuple[str, str], ...]:
    """The members of a class that stands as an address, with a label or not."""
    uri, label = _marks(marks) if '"' in marks else (_plain(marks), None)
    more = () if label is None else (("label", label),)
    if not uri or illegal(uri) is not None:
        raise Unusual
    for known in model().types["subject"].values():
        start, end = known.resource, known.end
        if start and uri.startswith(start) and uri.endswith(end) and len(uri) > len(start + end):
            return (("value", uri[len(start) : len(uri) - len(end)]), ("type", known.name), *more)
    return (("uri", uri), *more)


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────


@cache
def _tags(node: str) -> dict[str, Entry]:
    """Whole start tags of a node's properties, and what they begin."""
    return {tag: entry for known in handlers(node).items() for tag, entry in _of(known[0], known[1])}


def _of(tag: str, handler: Handler) -> Iterator[tuple[str, Entry]]:
    name, kind = shown(tag), handler.kind.kind
    end = f"/{name}>"
    if kind == "literal":
        mark = f' rdf:datatype="{handler.datatype}"' if handler.datatype else ""
        yield name + mark, ("text", handler.name, None, end)
    elif kind == "typed":
        yield name, ("text", handler.name, "", end)
        for datatype, word in handler.types.items():
            yield f'{name} rdf:datatype="{datatype}"', ("text", handler.name, word, end)
        for word, own in NUMBERS.items():
            if word in handler.types.values():
                yield f'{name} rdf:datatype="{DCNDL}{word}"', ("text", own, None, end)
    elif kind in _INNER:
        yield name, (kind, handler.name, None, end)


@cache
def _links(node: str) -> dict[str, tuple[str, str, bool, str]]:
    """Properties that point somewhere: kind, name, whether a label is usual, end tag."""
    mark = " rdf:resource"
    found = {f"dcndl:record{mark}": ("record", "", False, "/dcndl:record>")}
    for tag, known in handlers(node).items():
        kind, name = known.kind.kind, shown(tag)
        if kind in ("link", "material", "subject"):
            entry = ("class" if kind == "subject" else kind, known.name, known.kind.labelled, f"/{name}>")
            found[name + mark] = entry
    return found


@cache
def _members(kind: str) -> dict[str, tuple[str, str]]:
    return {shown(tag): (name, f"/{shown(tag)}>") for tag, name in member_names(kind).items()}


@cache
def _schemes() -> tuple[tuple[str, str], ...]:
    found = [(known.about, known.name) for known in model().types["subject"].values() if known.about]
    return (*found, ("http://id.ndl.go.jp/auth/entity/", "NDLNA"))
