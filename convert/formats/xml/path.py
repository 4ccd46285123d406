"""Paths in XML records: XPath 1.0 from the record element (W3C XPath 1.0).

Our own convenience, as in XPath 2.0: a name without prefix means an element in the namespace that elements without
prefix have at the record element, so that files with ``xmlns="…"`` need no prefixes in the mapping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.errors import PathError, near
from convert.formats.xml.names import XML_NAMESPACE
from convert.formats.xml.plain import Element
from convert.formats.xml.steps import parsed
from convert.formats.xml.tokens import tokens
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convert.formats.xml.node import Document, Node
    from convert.formats.xml.steps import Expression
    from convert.formats.xml.tokens import Token
    from convert.model import Record

DEFAULT = "_"
"""The prefix that stands for the record's default namespace inside compiled paths."""


def prefixes(path: str) -> list[str]:
    """The prefixes of elements, attributes and functions in a path."""
    names = (token.text for token in tokens(path) if token.kind in ("prefixed", "attribute", "word"))
    return [name.partition(":")[0] for name in names if ":" in name]


def check_path(path: str) -> None:
    """Raise :class:`PathError` when this is no XPath 1.0, or leads out of the record."""
    found = tokens(path)
    if found and found[0].text in ("/", "//"):
        reason = "a path starts at the record element; .// finds elements at any depth"
        ja = "道順は、1件の要素から書き始めます。どの深さでもよいときは .// を使います"
        raise PathError(path, reason, ja=ja)
    variable = next((token.text for token in found if token.kind == "variable"), None)
    if variable is not None:
        reason = f"variables ({variable}) stand alone, not inside a path"
        raise PathError(path, reason, ja=f"変数（{variable}）は、道順の中には書けません")
    compiled(path, dict.fromkeys(prefixes(path), "urn:any"), "")


def check_prefixes(path: str, namespaces: Mapping[str, str]) -> None:
    """Raise :class:`PathError` for a prefix that nobody declared."""
    for prefix in prefixes(path):
        if prefix not in namespaces and prefix != "xml":
            known = sorted(namespaces)
            close = near(prefix, known)
            fixed = re.sub(rf"(?<![\w:]){re.escape(prefix)}:", f"{close}:", path) if close else None
            reason = f"the prefix {prefix} is not declared under namespaces"
            error = PathError(path, reason, ja=f"接頭辞 {prefix} が namespaces にありません")
            error.suggestion = fixed
            raise error


def compiled(path: str, namespaces: Mapping[str, str], default: str) -> etree.XPath:
    """Compile a path; names without prefix are in the namespace ``default``."""
    text = path
    known = {prefix: uri for prefix, uri in namespaces.items() if prefix}
    if default:
        text = "".join(f"{DEFAULT}:{t.text}" if t.kind == "element" else t.text for t in tokens(path))
        known[DEFAULT] = default
    try:
        made = etree.XPath(text, namespaces=known, smart_strings=False, regexp=False)
        made(etree.Element("x"))  # functions are looked up only now
    except (etree.XPathError, ValueError) as error:
        fault = str(error).lower()
        reason, ja = f"this is no XPath 1.0 ({fault})", f"XPath 1.0 として読めません（{fault}）"
        raise PathError(path, reason, ja=ja) from error
    return made


def text_of(item: Any) -> str:
    """The text of what a path gives: an element's whole text, a number or truth value as XPath writes it."""
    if item.__class__ is str:
        return str(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else str(item)
    if isinstance(item, tuple):  # the namespace axis gives (prefix, URI)
        return str(item[1])
    if item.__class__ is Element:
        return str(item.string())
    return (item.text or "") if len(item) == 0 else "".join(item.itertext())


@dataclass(slots=True)
class XmlPath:
    """A path, ready to be followed from records or nodes: read with the others in one walk, else found by XPath.

    ``key`` is the path itself: a record body answers ``get`` with the path's text where there is one. ``text`` makes a
    value of what a path gives, ``leaf`` is what it does with the text of an element without others. ``elsewhere``: the
    path starts from another element than the node's.
    """

    path: str
    namespaces: Mapping[str, str]
    key: str | None = None
    index: int | None = None
    text: Callable[[Any], str] = text_of
    leaf: str = "{}"
    elsewhere: bool = False
    _compiled: dict[str, etree.XPath] = field(default_factory=dict)
    _loud: dict[str, etree.XPath] = field(default_factory=dict)

    def find(self, node: Node) -> list[Any]:
        """Everything at the path by XPath: elements and texts."""
        default = node.document.default
        follow = self._compiled.get(default)
        if follow is None:
            follow = self._compiled[default] = self.compile(default)
        try:
            found = follow(self.start(node))
        except etree.XPathError:  # a function that does not take what this record holds
            return []
        return found if found.__class__ is list else [found]

    def compile(self, default: str) -> etree.XPath:
        """The path for records with this default namespace."""
        return compiled(self.path, self.namespaces, default)

    def parsed(self, default: str) -> Expression:
        """The path as data. Raises :class:`~convert.formats.xml.steps.Beyond`."""

        def named(token: Token) -> str:
            prefix, _, local = token.text.rpartition(":")
            uri = XML_NAMESPACE if prefix == "xml" else self.namespaces[prefix] if prefix else ""
            return f"{{{uri or default}}}{local}" if uri or (default and token.kind == "element") else local

        return parsed(self.path, named)

    def start(self, node: Node) -> Any:
        """The element the path starts from."""
        return node.element

    def values(self, body: Any) -> list[Any]:
        """Every text at the path, blanks included: to be read, not to be changed."""
        found: list[Any] | None = body.found.get(self.path)
        if found is None:
            text = self.text
            found = body.found[self.path] = [text(item) for item in self.find(body)]
            body.reading.ask(self.path, self)
        return found

    def nodes(self, body: Any) -> list[Any]:
        """Every element at the path."""
        found = body.found.get(f":{self.path}")
        if found is None:
            found = [item for item in self.find(body) if isinstance(item, etree._Element)]
            body.reading.ask(f":{self.path}", self)
        made: list[Any] = body.below(self.path, found) if found else found
        return made

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """The line and column of the element's start tag, and the way to the element from the record."""
        node: Node = record.body
        if within is not None and within.path:
            outer = node.document.places.find(within.path)
            node = node if outer is None else node.inner(outer)
        element, attribute = self._owner(node, occurrence)
        places = self.document(node).places
        line, column = places.start(element)
        path = places.path(element) + (f"/@{attribute}" if attribute else "")
        return Location(record.source, line=line, column=column, path=path)

    def document(self, node: Node) -> Document:
        """The document in which the path's elements stand."""
        return node.document

    def _owner(self, node: Node, occurrence: int) -> tuple[Any, str | None]:
        """The element that holds a value, and the attribute's name where it is one."""
        default = node.document.default
        loud = self._loud.get(default)
        if loud is None:
            names = self._loud_names(default)
            loud = self._loud[default] = etree.XPath(self.compile(default).path, namespaces=names, regexp=False)
        start, kept = self.start(node), self.document(node).places.found
        key = self.path, default, start
        if key not in kept:
            kept[key] = loud(start)
        found = kept[key]
        item = found[occurrence] if isinstance(found, list) and occurrence < len(found) else None
        if isinstance(item, etree._Element):
            return item, None
        parent = item.getparent() if item is not None and hasattr(item, "getparent") else None
        if parent is None:
            return self.start(node), None
        return parent, getattr(item, "attrname", None)

    def _loud_names(self, default: str) -> dict[str, str]:
        return {**{p: u for p, u in self.namespaces.items() if p}, **({DEFAULT: default} if default else {})}


def walk(node: Node, name_of: Callable[[Any], str], text: Callable[[Any], str] = text_of) -> Iterator[tuple[str, str]]:
    """Every attribute and text below a record with its path; elements that hold elements give no text of their own."""
    stack: list[tuple[Any, str]] = [(node.element, "")]
    while stack:
        element, way = stack.pop()
        for name, value in element.attrib.items():
            yield f"{way}/@{_attribute_name(element, name)}".removeprefix("/"), value
        children = [child for child in element if isinstance(child.tag, str)]
        if not children:
            if way or element.text:
                yield way or ".", text(element)
            continue
        if _mixed(element):
            yield way or ".", text(element)
        stack.extend((child, f"{way}/{name_of(child)}".removeprefix("/")) for child in reversed(children))


def _mixed(element: Any) -> bool:
    own = [element.text, *(child.tail for child in element)]
    return any(text and not text.isspace() for text in own)


def _attribute_name(element: Any, name: str) -> str:
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    prefix = "xml" if uri == XML_NAMESPACE else next((p for p, u in element.nsmap.items() if p and u == uri), None)
    return f"{prefix}:{local}" if prefix else f"*[local-name()='{local}']"
