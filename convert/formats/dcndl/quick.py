"""The short way from the text of a record to its body, for records written as NDL writes them.

Whether a record is well-formed is for expat to say; after that a tag is what stands between ``<`` and ``>``, and most
start tags are known as whole texts. Wherever anything else turns up (another form, another prefix, comments, something
to be told), the answer is None, and the record is read element by element (``reading``), which gives the same body.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from convert.formats.dcndl.escape import illegal
from convert.formats.dcndl.model import DCNDL, model
from convert.formats.dcndl.reading import Handler, handlers, member_names, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Entry = tuple[str, str, Any]
"""What a start tag begins: the kind, the name in the body, and what the kind needs."""
_RESOURCE = 'rdf:resource="'
_ABOUT = ' rdf:about="'
_LABEL = ' rdfs:label="'
_NODES = {
    "dcndl:BibAdminResource": "admin",
    "dcndl:BibResource": "bib",
    "dcndl:Item": "item",
}
_HOLDER = "dcndl:holdingAgent"
_LIBRARY = {
    "foaf:name": "library",
    "dcndl:transcription": "libraryYomi",
    f'dcterms:identifier rdf:datatype="{DCNDL}NDLLibCode"': "libraryCode",
}
_INNER = dict.fromkeys(("structure", "subject", "part"), "rdf:Description") | {"agent": "foaf:Agent"}
_ANY = re.compile("xmlns[:=]")
_DECLARED = re.compile(r'\sxmlns:(\w+)="([^"]*)"')


class Unusual(Exception):  # noqa: N818 - nothing is wrong with such a record
    """The record is to be read the other way."""


def well_formed(data: bytes) -> bool:
    """Whether expat takes the bytes."""
    try:
        expat.ParserCreate("utf-8").Parse(data, True)
    except expat.ExpatError:
        return False
    return True


@cache
def usual(start: str) -> bool:
    """Whether a start tag, and nothing but it, declares the prefixes as NDL does."""
    declared = dict(_DECLARED.findall(start))
    return declares(declared) and len(declared) == len(_ANY.findall(start))


def declares(scope: Mapping[str, str]) -> bool:
    """Whether prefixes in force are those of NDL."""
    return all(scope.get(prefix) == uri for prefix, uri in _needed())


@cache
def _needed() -> tuple[tuple[str, str], ...]:
    return tuple(model().namespaces.items())


def read(data: bytes, *, declared: bool) -> dict[str, Any] | None:
    """The body of a record; None when it is not written as usual.

    ``data`` is well-formed; ``declared``: the prefixes are declared around it.
    """
    if b"\r" in data or b"<!" in data or b"<?" in data or b"&#" in data:
        return None
    text = data.decode()
    start = text.find("<rdf:RDF")
    if declared:
        if _ANY.search(text) is not None:
            return None
    else:
        end = text.find(">", start)
        if start < 0 or _ANY.search(text, end) is not None or not usual(text[start : end + 1]):
            return None
    if start >= 0:
        stop = text.find("</rdf:RDF>", start)
        if stop < 0:
            return None
        text = text[text.find(">", start) + 1 : stop]
        if "<rdf:RDF" in text:
            return None
    else:
        text = text[3:-4]  # what stands inside <_> and </_>
    try:
        return _Record(text.split("<")).read()
    except Unusual:
        return None


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
        items: list[dict[str, Any]] = []
        while self._at < last:
            head = parts[self._at].partition(">")[0]
            tag, _, about = head.partition(_ABOUT)
            node = _NODES.get(tag)
            if node is None or about[-1:] != '"' or '"' in about[:-1]:
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
                kind, name, more = found
                if kind == "text":
                    value = self._text(at, text, more)
                    at += 2
                else:
                    self._at = at + 1
                    value = self._nested(head, kind, text)
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

    def _text(self, at: int, text: str, kind: str | None) -> Any:
        """A property that is a text, which its end tag must follow; with its type where it has one."""
        if self._parts[at + 1][0] != "/" or not text or text.isspace():
            raise Unusual
        if "&" in text:
            text = _plain(text)
        if kind is None:
            return text
        return {"value": text, "type": kind} if kind else {"value": text}

    def _resource(self, node: str, head: str, text: str) -> tuple[str, Any]:
        """A property that points somewhere: its name (nothing for a link between nodes) and value."""
        tag, _, marks = head.partition(" ")
        if marks[-1:] == "/":
            marks = marks[:-1].rstrip()
            self._at += 1
        elif self._parts[self._at + 1].startswith(f"/{tag}>") and not text:
            self._at += 2
        else:
            raise Unusual
        uri, label = _marks(marks)
        if tag == "dcndl:record" and label is None:
            if node == "bib":
                self._links.append(uri)
            return "", None
        kind, name, labelled = _links(node).get(tag, ("", "", False))
        if kind == "subject":
            return name, _class(uri, label)
        if kind not in ("link", "material"):
            raise Unusual
        if label is not None:
            return name, {"uri": uri, "label": label}
        return name, {"uri": uri} if labelled or kind == "material" else uri

    def _nested(self, head: str, kind: str, text: str) -> dict[str, Any]:
        """A node inside a property: its members."""
        parts, inner = self._parts, _INNER[kind]
        at = self._at
        node, _, blank = parts[at].partition(">")
        found: dict[str, Any] = {}
        if node != inner:
            tag, _, about = node.partition(_ABOUT)
            if tag != inner or about[-1:] != '"' or '"' in about[:-1] or illegal(about[:-1]) is not None:
                raise Unusual
            found["uri"] = _plain(about[:-1])
        if (text and not text.isspace()) or (blank and not blank.isspace()):
            raise Unusual
        members = _members("structure" if kind == "subject" else kind)
        at += 1
        while parts[at][0] != "/":
            name, value = self._leaf(members, at)
            if name in found:
                raise Unusual
            found[name] = value
            at += 2
        if not found or not parts[at].startswith(f"/{inner}>") or not parts[at + 1].startswith(f"/{head}>"):
            raise Unusual
        self._at = at + 2
        if kind == "subject" and "uri" in found:
            scheme = next((name for prefix, name in _schemes() if found["uri"].startswith(prefix)), None)
            if scheme is not None:
                found["type"] = scheme
        return found

    def _leaf(self, names: Mapping[str, str], at: int) -> tuple[str, str]:
        """A member that is a text."""
        head, _, text = self._parts[at].partition(">")
        name = names.get(head)
        if name is None or self._parts[at + 1][0] != "/" or not text or text.isspace():
            raise Unusual
        return name, _plain(text) if "&" in text else text

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
                kind, name, more = found
                if kind != "text":
                    raise Unusual
                value = self._text(self._at, text, more)
                self._at += 2
            _put(item, name, value)

    def _holder(self, item: dict[str, Any]) -> None:
        parts, at = self._parts, self._at + 1
        if not parts[at].startswith("foaf:Agent>"):
            raise Unusual
        at += 1
        while parts[at][0] != "/":
            name, value = self._leaf(_LIBRARY, at)
            if name in item:
                raise Unusual
            item[name] = value
            at += 2
        if not parts[at].startswith("/foaf:Agent>") or not parts[at + 1].startswith("/dcndl:holdingAgent>"):
            raise Unusual
        self._at = at + 2


def _marks(marks: str) -> tuple[str, str | None]:
    """The address and the label of a property that points somewhere."""
    if not marks.startswith(_RESOURCE):
        raise Unusual
    uri, quote, rest = marks[len(_RESOURCE) :].partition('"')
    if not quote or not uri or illegal(uri) is not None:
        raise Unusual
    if not rest:
        return _plain(uri), None
    label = rest[len(_LABEL) : -1]
    if not rest.startswith(_LABEL) or rest[-1] != '"' or not {'"', "\n", "\t"}.isdisjoint(label):
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


def _class(uri: str, label: str | None) -> dict[str, str]:
    more = {} if label is None else {"label": label}
    for known in model().types["subject"].values():
        start, end = known.resource, known.end
        if start and uri.startswith(start) and uri.endswith(end) and len(uri) > len(start + end):
            return {"value": uri[len(start) : len(uri) - len(end)], "type": known.name} | more
    return {"uri": uri} | more


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────


@cache
def _tags(node: str) -> dict[str, Entry]:
    """Whole start tags of a node's properties, and what they begin."""
    return {tag: entry for known in handlers(node).items() for tag, entry in _of(known[0], known[1])}


def _of(tag: str, handler: Handler) -> Iterator[tuple[str, Entry]]:
    name, kind = shown(tag), handler.kind.kind
    if kind == "literal":
        mark = f' rdf:datatype="{handler.datatype}"' if handler.datatype else ""
        yield name + mark, ("text", handler.name, None)
    elif kind == "typed":
        yield name, ("text", handler.name, "")
        for datatype, word in handler.types.items():
            yield f'{name} rdf:datatype="{datatype}"', ("text", handler.name, word)
        if handler.name == "identifier":
            for word, own in (("somokuBibID", "bibID"), ("somokuSubID", "subID")):
                if word in handler.types.values():
                    yield f'{name} rdf:datatype="{DCNDL}{word}"', ("text", own, None)
    elif kind in _INNER:
        yield name, (kind, handler.name, None)


@cache
def _links(node: str) -> dict[str, Entry]:
    """Properties that may point somewhere."""
    return {
        shown(tag): (handler.kind.kind, handler.name, handler.kind.labelled) for tag, handler in handlers(node).items()
    }


@cache
def _members(kind: str) -> dict[str, str]:
    return {shown(tag): name for tag, name in member_names(kind).items()}


@cache
def _schemes() -> tuple[tuple[str, str], ...]:
    found = [(known.about, known.name) for known in model().types["subject"].values() if known.about]
    return (*found, ("http://id.ndl.go.jp/auth/entity/", "NDLNA"))
