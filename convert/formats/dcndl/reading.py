"""From the nodes of one record to its body, in the names of the model.

A body is a dict; every value stands in a list. Texts are texts; titles, agents, subjects, material types and items are
dicts. What the model does not know is kept as XML text (``raw``, ``adminRaw``, ``raw`` inside an object) and told.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.formats.dcndl.escape import absolute, illegal
from convert.formats.dcndl.model import DCNDL, Name, expand, model
from convert.formats.dcndl.writer import Marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
RDFS_LABEL = "{http://www.w3.org/2000/01/rdf-schema#}label"
TERMS = "{" + DCNDL + "}"
ABOUT, RESOURCE, DATATYPE, PARSE = RDF + "about", RDF + "resource", RDF + "datatype", RDF + "parseType"
NODE_ID = RDF + "nodeID"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
VALUE = RDF + "value"
XML = "{http://www.w3.org/XML/1998/namespace}"
FOAF_AGENT = "http://xmlns.com/foaf/0.1/Agent"
AGENT = "{http://xmlns.com/foaf/0.1/}Agent"
DESCRIPTION = RDF + "Description"
RECORD = TERMS + "record"
HOLDER = TERMS + "holdingAgent"
NODES = {"BibAdminResource": "admin", "BibResource": "bib", "Item": "item"}
Tell = Callable[[str, Any, dict[str, Any]], None]
Put = Callable[[dict[str, Any], str, Any], None]


def local(tag: str) -> str:
    """The local part of a tag.

    >>> local("{http://purl.org/dc/terms/}title")
    'title'
    """
    return tag.rpartition("}")[2]


def shown(tag: str) -> str:
    """A tag with the prefix NDL uses."""
    space, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    prefix = _prefixes().get(space)
    return f"{prefix}:{name}" if prefix else name


def named(element: Any) -> str:
    """An element's name with the prefix NDL uses; one NDL does not have with the prefix of the file."""
    name = shown(element.tag)
    return f"{element.prefix}:{name}" if ":" not in name and element.prefix else name


@cache
def _prefixes() -> dict[str, str]:
    return {uri: prefix for prefix, uri in model().namespaces.items()}


def address_of(element: Any) -> str | None:
    """The address of a node, ``rdf:about`` or what stands in its place."""
    found: str | None = element.get(ABOUT)
    if found is None and (name := element.get(RDF + "ID")) is not None:
        return f"#{name}"
    return found if found is not None else next((v for k, v in element.attrib.items() if local(k) == "about"), None)


def node_of(element: Any) -> str | None:
    """Which of the three nodes an element is, by its name or its rdf:type, in whatever namespace."""
    tag = element.tag
    found = NODES.get(local(tag)) if isinstance(tag, str) else None
    if found is None and tag == DESCRIPTION:
        kinds = (local("}" + (kind.get(RESOURCE) or "").rpartition("/")[2]) for kind in element.findall(RDF + "type"))
        found = next((NODES[kind] for kind in kinds if kind in NODES), None)
    return found


class Handler:
    """What becomes of one element: its name, and the function that reads it."""

    __slots__ = ("datatype", "kind", "name", "read", "types")

    def __init__(self, name: Name, read: Callable[..., Any]) -> None:
        self.name = name.name
        self.kind = name
        self.read = read
        self.datatype = name.datatype
        self.types = {t.datatype: t.name for t in model().types.get(name.types or "", {}).values()}


class Reading:
    """Reads the nodes of one record into ``body``.

    ``tell`` takes a code, the element and slots. ``places``, where it is given, learns the element of every value:
    the way to the value in the body → element.
    """

    def __init__(self, tell: Tell, places: dict[tuple[Any, ...], Any] | None = None) -> None:
        self.body: dict[str, Any] = {}
        self._tell = tell
        self._places = places
        self._linked: list[tuple[str, Any]] = []
        self._described = False

    def read(self, nodes: Sequence[Any]) -> dict[str, Any]:
        """The body of the record that these nodes are."""
        items, others = [], []
        for node in filter(_abbreviated, nodes):
            self._tell("NDL-READ-FORM", node, {"name": named(node)})
        waiting = _joined([_spelled_out(node) if _abbreviated(node) else node for node in nodes])
        while waiting:
            node = waiting.pop(0)
            waiting[:0] = [child[0] for child in node.iterchildren(RECORD) if len(child)]
            kind = node_of(node)
            if kind == "admin":
                self._admin(node)
            elif kind == "bib":
                self._bib(node)
            elif kind == "item":
                items.append(node)
            else:
                others.append(node)
        self._items(items)
        for node in others:
            self._keep("raw", node)
        return self.body

    # ── The three nodes ──────────────────────────────────────────────────────────────────────────

    def _admin(self, node: Any) -> None:
        uri = address_of(node)
        if uri is not None:
            self._put("adminUri", uri, node)
        if node.tag != TERMS + "BibAdminResource":
            self._tell("NDL-READ-NAMESPACE", node, {"name": named(node), "read": "dcndl:BibAdminResource"})
        self._children(node, handlers("admin"), "adminRaw")

    def _bib(self, node: Any) -> None:
        uri = address_of(node)
        if uri is not None and "uri" not in self.body:
            self._put("uri", uri, node)
        if node.tag != TERMS + "BibResource":
            self._tell("NDL-READ-NAMESPACE", node, {"name": named(node), "read": "dcndl:BibResource"})
        if self._described and any(child.tag != RECORD for child in node.iterchildren("*")):
            self._tell("NDL-READ-SECOND", node, {})
        self._described = True
        self._children(node, handlers("bib"), "raw")

    def _children(self, node: Any, known: Mapping[str, Handler], raw: str) -> None:
        body = self.body
        for child in node:
            tag = child.tag
            if tag == RECORD:
                self._link(node, child)
                continue
            handler = known.get(tag) or self._near(child, known)
            if handler is None:
                if not _own_type(child):
                    self._keep(raw, child)
                continue
            value = handler.read(self, child, handler)
            if value is None:
                continue
            if value is _RAW:
                self._keep(raw, child, handler)
                continue
            held = body.get(handler.name)
            if held is None:
                held = body[handler.name] = []
            held += value
            if self._places is not None:
                count = len(value)
                for number in range(count):
                    at = child[number] if handler.kind.kind == "collection" and len(child) == count else child
                    self._places[handler.name, len(held) - count + number] = at

    def _link(self, node: Any, child: Any) -> None:
        uri = address_of(child[0]) if len(child) else child.get(RESOURCE)
        if uri and node_of(node) == "bib":
            self._linked.append((uri, child))

    def _items(self, items: list[Any]) -> None:
        present = {address_of(item) for item in items}
        links = {uri for uri, _ in self._linked}
        for item in items:
            uri = address_of(item)
            if uri is not None and uri not in links:
                self._tell("NDL-READ-UNLINKED", item, {"uri": uri})
            self._put("item", self._item(item, len(self.body.get("item", ()))), item)
        absent = [(uri, child) for uri, child in self._linked if uri not in present]
        for uri, child in absent:
            self._put("itemUri", uri, child)
        if absent and items:
            self._tell("NDL-READ-DANGLING", absent[0][1], {"uri": absent[0][0]})

    def _put(self, name: str, value: Any, element: Any) -> None:
        held = self.body.setdefault(name, [])
        held.append(value)
        if self._places is not None:
            self._places[name, len(held) - 1] = element

    def _keep(self, raw: str, element: Any, handler: Handler | None = None) -> None:
        """Keep what the model does not know as it stands."""
        self.body.setdefault(raw, []).append(fragment(element))
        code = "NDL-READ-UNKNOWN" if handler is None else "NDL-READ-ODD"
        self._tell(code, element, {"name": named(element)})

    def _near(self, child: Any, known: Mapping[str, Handler]) -> Handler | None:
        """The name meant by an element in the wrong namespace, where only one can be."""
        if not isinstance(child.tag, str):
            return None
        wanted = _mended_tag(child.tag)
        handler = known.get(wanted)
        if handler is None:
            same = [tag for tag in known if local(tag) == local(wanted)]
            handler = known[same[0]] if len(same) == 1 and _prefixes().get(wanted[1:].partition("}")[0]) else None
        if handler is not None:
            slots = {"name": named(child), "read": handler.kind.element}
            self._tell("NDL-READ-NAMESPACE", child, slots)
        return handler

    # ── Items ────────────────────────────────────────────────────────────────────────────────────

    def _item(self, node: Any, number: int) -> dict[str, Any]:
        item: dict[str, Any] = {}
        uri = address_of(node)
        if uri is not None:
            item["uri"] = uri
        known = handlers("item")
        for child in node:
            tag = child.tag
            handler = known.get(tag) or (self._near(child, known) if tag != HOLDER else None)
            if tag == HOLDER:
                self._holder(child, item, number)
            elif handler is None:
                if not _own_type(child):
                    item.setdefault("raw", []).append(fragment(child))
                    self._tell("NDL-READ-UNKNOWN", child, {"name": named(child)})
            else:
                self._member(item, handler, child, number)
        return item

    def _member(self, item: dict[str, Any], handler: Handler, child: Any, number: int) -> None:
        name, most = handler.name, handler.kind.most
        values = handler.read(self, child, handler)
        if values is _RAW:
            item.setdefault("raw", []).append(fragment(child))
            self._tell("NDL-READ-ODD", child, {"name": named(child)})
            return
        for value in values or ():
            if name == "identifier" and value.get("type") in NUMBERS:
                self._placed(item, NUMBERS[value["type"]], value["value"], child, number, most=1)
            else:
                self._placed(item, name, value, child, number, most=most)

    def _placed(
        self, item: dict[str, Any], name: str, value: Any, child: Any, number: int, *, most: int | None
    ) -> None:
        """Put a member: alone where it mostly is alone."""
        held = item.get(name)
        if held is None:
            item[name] = value if most == 1 else [value]
        elif isinstance(held, list):
            held.append(value)
        else:
            item[name] = [held, value]
        if self._places is not None:
            held = item[name]
            self._places["item", number, name, len(held) - 1 if isinstance(held, list) else 0] = child

    def _holder(self, element: Any, item: dict[str, Any], number: int) -> None:
        agent = element[0] if len(element) == 1 and isinstance(element[0].tag, str) else None
        if agent is None:
            plain = (element.text or "").strip()
            if plain and not len(element):
                self._tell("NDL-READ-FORM", element, {"name": named(element)})
                self._placed(item, "library", plain, element, number, most=1)
            elif len(element) or element.attrib:
                item.setdefault("raw", []).append(fragment(element))
                self._tell("NDL-READ-ODD", element, {"name": named(element)})
            return
        uri = address_of(agent)
        if uri is not None:
            item["libraryUri"] = uri
        for child in agent:
            if _own_type(child):
                continue
            name = _HOLDING.get(child.tag)
            code = child.get(DATATYPE) if name == "libraryCode" else None
            good = name is not None and not len(child) and (child.text or "").strip()
            if not good or (name == "libraryCode" and code != TERMS[1:-1] + "NDLLibCode") or name in item:
                item.setdefault("libraryRaw", []).append(fragment(child))
                self._tell("NDL-READ-UNKNOWN", child, {"name": named(child)})
            else:
                self._placed(item, str(name), child.text, child, number, most=1)

    # ── One reader a kind ────────────────────────────────────────────────────────────────────────

    def literal(self, element: Any, handler: Handler) -> Any:
        """A text; with its marks where they are not those of the model."""
        if len(element):
            return self._inside(element)
        text = element.text
        marks = element.attrib
        if text is None or not text or text.isspace():
            return self._empty(element) if RESOURCE not in marks else _RAW
        if not marks and handler.datatype is None:
            return [text]
        datatype = marks.get(DATATYPE)
        if len(marks) == 1 and datatype is not None and datatype == handler.datatype:
            return [text]
        more: dict[str, str] = {}
        if datatype != handler.datatype:
            more["datatype"] = datatype or ""
        if LANG in marks:
            more["lang"] = marks[LANG]
        if len(marks) > (datatype is not None) + (LANG in marks):
            return _RAW
        return [Marked(text, **more)] if more else [text]

    def _inside(self, element: Any) -> Any:
        """The value of a structure that stands where a text is wanted."""
        node = element[0] if len(element) == 1 else None
        values = node.findall(RDF + "value") if node is not None and node.tag == DESCRIPTION else []
        if len(values) != 1 or node is None or len(node) != 1 or node.attrib or not (values[0].text or "").strip():
            return _RAW
        self._tell("NDL-READ-FORM", element, {"name": named(element)})
        return [values[0].text]

    def _empty(self, element: Any) -> Any:
        self._tell("NDL-READ-EMPTY", element, {"name": named(element)})
        return None

    def typed(self, element: Any, handler: Handler) -> Any:
        """A text with its type."""
        text = element.text
        if len(element):
            return _RAW
        if text is None or not text or text.isspace():
            return self._empty(element)
        marks = element.attrib
        datatype = marks.get(DATATYPE)
        found = {"value": text}
        if datatype is not None:
            kind = handler.types.get(datatype)
            if kind is None:
                found["datatype"] = datatype
            else:
                found["type"] = kind
        if LANG in marks:
            found["lang"] = marks[LANG]
        return [found] if len(marks) == len(found) - 1 else _RAW

    def structure(self, element: Any, handler: Handler) -> Any:
        """A node with a value and its reading."""
        return self._node(element, "structure", "value", DESCRIPTION)

    def agent(self, element: Any, handler: Handler) -> Any:
        """A ``foaf:Agent``."""
        return self._node(element, "agent", "name", AGENT)

    def part(self, element: Any, handler: Handler) -> Any:
        """A part with its title."""
        return self._node(element, "part", "title", DESCRIPTION)

    def _node(self, element: Any, kind: str, main: str, tag: str) -> Any:
        marks = element.attrib
        if marks and marks.get(PARSE) != "Resource":
            return _RAW
        if not marks and not len(element):
            text = element.text
            if text is None or not text.strip():
                return self._empty(element)
            self._tell("NDL-READ-FORM", element, {"name": named(element)})
            return [{main: text}]
        node = element if marks else element[0]
        if not marks and len(element) != 1:
            return _RAW
        if not marks and node.tag != tag:
            if node.tag not in (DESCRIPTION, AGENT) or node_of(node) is not None:
                return _RAW
            if not _is_agent(node) or tag != AGENT:
                self._tell("NDL-READ-FORM", element, {"name": named(element)})
        found = self._members(node, kind)
        if found is not None and not found:
            return self._empty(element)
        return _RAW if found is None else [found]

    def _members(self, node: Any, kind: str) -> dict[str, Any] | None:
        """The members of a node; None where it has something that cannot be kept."""
        found: dict[str, Any] = {}
        for key, value in node.attrib.items():
            if key == ABOUT:
                found["uri"] = value
                self._check_address(value, node)
            elif key not in (PARSE, NODE_ID):
                return None
        known = member_names(kind)
        for child in node:
            name = known.get(child.tag)
            text = child.text
            if name is None or len(child) or text is None or not text or text.isspace():
                self._further(child, found, name)
                continue
            if child.attrib:
                if list(child.attrib) != [LANG] or name in found:
                    self._further(child, found, None)
                    continue
                found[f"{name}Lang"] = child.get(LANG)
            held = found.get(name)
            if held is None:
                found[name] = text
            elif isinstance(held, list):
                held.append(text)
            else:
                found[name] = [held, text]
        return found

    def _further(self, child: Any, found: dict[str, Any], name: str | None) -> None:
        if name is not None and not len(child) and not child.attrib:
            self._empty(child)
            return
        if _own_type(child):
            return
        found.setdefault("raw", []).append(fragment(child))
        self._tell("NDL-READ-UNKNOWN", child, {"name": named(child)})

    def subject(self, element: Any, handler: Handler) -> Any:
        """A heading, or a class by its address."""
        if not len(element) and RESOURCE in element.attrib:
            found = self._linked_to(element)
            if found is None:
                return _RAW
            uri = found["uri"]
            for prefix, end, name in _classes():
                if uri.startswith(prefix) and uri.endswith(end) and not illegal(uri) and len(uri) > len(prefix + end):
                    mark = uri[len(prefix) : len(uri) - len(end)]
                    more = {"label": found["label"]} if "label" in found else {}
                    return [{"value": mark, "type": name} | more]
            return [found]
        read = self._node(element, "structure", "value", DESCRIPTION)
        if isinstance(read, list) and (uri := read[0].get("uri")) is not None:
            kind = next((name for prefix, name in _headings() if uri.startswith(prefix)), None)
            if kind is not None:
                read[0]["type"] = kind
        return read

    def link(self, element: Any, handler: Handler) -> Any:
        """An address, with its label where it has one."""
        found = self._linked_to(element)
        if found is None:
            return self._link_text(element, handler)
        return [found] if handler.kind.labelled or "label" in found else [found["uri"]]

    def _link_text(self, element: Any, handler: Handler) -> Any:
        """An address that stands as a text; nothing for an empty element."""
        text = (element.text or "").strip()
        if len(element) or set(element.attrib) - {DATATYPE}:
            return _RAW
        if not text:
            return self._empty(element)
        if absolute(text) is None:
            return _RAW
        self._tell("NDL-READ-FORM", element, {"name": named(element)})
        return [{"uri": text}] if handler.kind.labelled or handler.kind.kind == "material" else [text]

    def _linked_to(self, element: Any) -> dict[str, str] | None:
        marks = element.attrib
        uri = marks.get(RESOURCE)
        label = marks.get(RDFS_LABEL)
        if not uri or len(element) or len(marks) != 1 + (label is not None) or (element.text or "").strip():
            return None
        self._check_address(uri, element)
        return {"uri": uri} if label is None else {"uri": uri, "label": label}

    def _check_address(self, uri: str, element: Any) -> None:
        if illegal(uri) is not None:
            self._tell("NDL-READ-URI", element, {"uri": uri})

    def material(self, element: Any, handler: Handler) -> Any:
        """A material type: address and label."""
        found = self._linked_to(element)
        return self._link_text(element, handler) if found is None else [found]

    def collection(self, element: Any, handler: Handler) -> Any:
        """The lines of a table of contents, whether they stand in nodes as they should or not."""
        if not len(element):
            lines = [line.strip() for line in (element.text or "").splitlines() if line.strip()]
            if lines:
                self._tell("NDL-READ-FORM", element, {"name": named(element)})
            return lines or self._empty(element)
        if element.attrib and element.get(PARSE) != "Collection":
            return _RAW
        if element.get(PARSE) != "Collection" or handler.name in self.body:
            self._tell("NDL-READ-COLLECTION", element, {"name": named(element)})
        values: list[Any] = []
        for child in element:
            if child.tag == TITLE and not len(child):
                if not values and element.get(PARSE) == "Collection":
                    self._tell("NDL-READ-COLLECTION", element, {"name": named(element)})
                values.append(child.text or "")
                continue
            found = self._members(child, "collection") if child.tag == DESCRIPTION else None
            if found is None:
                return _RAW
            if found:
                values.append(found["title"] if list(found) == ["title"] else found)
            else:
                self._empty(child)
        return values or self._empty(element)


def _joined(nodes: Sequence[Any]) -> list[Any]:
    """The nodes; those of agents, headings and the like that stand by themselves are put where they are referred to."""
    if all(node_of(node) is not None for node in nodes):
        return list(nodes)
    nodes, apart = [deepcopy(node) for node in nodes], {}  # places are those of the file as it is
    for node in nodes:
        if node_of(node) is None:
            apart[NODE_ID, node.get(NODE_ID)] = apart[RESOURCE, node.get(ABOUT)] = node
    used = set()
    for node in nodes:
        for child in list(node.iterdescendants("*")):
            marks = child.items()
            inner = apart.get(marks[0]) if len(marks) == 1 and not len(child) else None
            if inner is not None:
                _put_in(child, inner)
                used.add(inner)
    return [node for node in nodes if node not in used]


_SYNTAX = frozenset(("about", "resource", "datatype", "parseType", "nodeID", "ID"))
"""Attributes of RDF/XML itself, in whatever namespace."""


def _properties(element: Any) -> list[str]:
    """The attributes that are properties (property attributes of RDF/XML); a label of a link is none: NDL writes so."""
    return [
        name
        for name in element.attrib
        if name[0] == "{" and (name == VALUE or not name.startswith((RDF, XML, RDFS_LABEL)))
        if local(name) not in _SYNTAX
    ]


def _abbreviated(node: Any) -> bool:
    return any(_properties(element) for element in node.iter("*") if len(element.attrib))


def _spelled_out(node: Any) -> Any:
    """A copy of a node whose property attributes became elements."""
    whole = deepcopy(node)
    whole.tail = None
    waiting = [whole]
    while waiting:
        inner = waiting.pop()
        _to_elements(inner, inner)
        for child in inner.iterchildren("*"):
            if child.get(PARSE) == "Resource":
                waiting.append(child)
            elif len(child):
                waiting += child.iterchildren("*")
            elif _properties(child):
                _to_elements(child, etree.SubElement(child, DESCRIPTION))
    return whole


def _to_elements(element: Any, around: Any) -> None:
    for name in _properties(element):
        made = etree.Element(name)
        made.text = element.attrib.pop(name)
        around.append(made)
    uri = element.attrib.pop(RESOURCE, None) if element is not around else None
    if uri is not None:
        around.set(ABOUT, uri)


def _put_in(child: Any, inner: Any) -> None:
    """Put a node into the property that refers to it; a label alone becomes the property's label."""
    if len(inner) == 1 and inner[0].tag == RDFS_LABEL and not inner[0].attrib:
        child.set(RDFS_LABEL, inner[0].text or "")
        return
    made = deepcopy(inner)
    made.tail = None
    made.attrib.pop(NODE_ID, None)
    child.attrib.clear()
    child.append(made)


_RAW: Any = object()
"""What a reader answers for an element whose form it does not know."""
TITLE = "{http://purl.org/dc/terms/}title"
_HOLDING = {
    "{http://xmlns.com/foaf/0.1/}name": "library",
    TERMS + "transcription": "libraryYomi",
    "{http://purl.org/dc/terms/}identifier": "libraryCode",
}
NUMBERS = {"somokuBibID": "bibID", "somokuSubID": "subID"}


def fragment(element: Any) -> str:
    """An element as XML text that stands on its own."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return text


def _own_type(child: Any) -> bool:
    """Whether a property says of its node what the node's name says already."""
    if child.tag != RDF + "type":
        return False
    kind = child.get(RESOURCE) or ""
    return kind == FOAF_AGENT or (kind.startswith(DCNDL) and kind[len(DCNDL) :] in NODES)


def _is_agent(node: Any) -> bool:
    """Whether a node says by its rdf:type that it is a foaf:Agent."""
    return any(kind.get(RESOURCE) == FOAF_AGENT for kind in node.iterchildren(RDF + "type"))


def _mended_tag(tag: str) -> str:
    """A tag whose namespace was written with https, or without its last character."""
    space, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    space = space.replace("https:", "http:", 1)
    for known in model().namespaces.values():
        if space.rstrip("/#") == known.rstrip("/#"):
            return f"{{{known}}}{name}"
    return tag


@cache
def handlers(node: str) -> dict[str, Handler]:
    """The handlers of the elements of a node, by tag."""
    known = model()
    if node == "item":
        names = [name for name in known.members["item"].values() if name.name not in ("bibID", "subID")]
        names = [name for name in names if not name.element.startswith("dcndl:holdingAgent")]
    else:
        names = [name for name in known.of(node) if name.name not in ("item", "itemUri")]  # type: ignore[arg-type]
    return {
        "{" + expand(name.element.partition(":")[0] + ":", known.namespaces) + "}" + name.element.partition(":")[2]:
        Handler(name, getattr(Reading, name.kind))
        for name in names if name.kind != "about"
    }  # fmt: skip


@cache
def member_names(kind: str) -> dict[str, str]:
    """The members of a nested node, by tag."""
    spaces = model().namespaces
    return {
        "{" + spaces[member.element.partition(":")[0]] + "}" + member.element.partition(":")[2]: member.name
        for member in model().members[kind].values()
        if member.kind == "literal" and member.element[0] != "@"
    }


@cache
def _classes() -> tuple[tuple[str, str, str], ...]:
    types = model().types["subject"].values()
    return tuple((known.resource, known.end, known.name) for known in types if known.resource)


@cache
def _headings() -> tuple[tuple[str, str], ...]:
    types = model().types["subject"].values()
    found = [(known.about, known.name) for known in types if known.about]
    return (*found, ("http://id.ndl.go.jp/auth/entity/", "NDLNA"))
