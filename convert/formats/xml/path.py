"""Paths in XML records: XPath 1.0 from the record element (W3C XPath 1.0).

Our own convenience, as in XPath 2.0: a name without prefix means an element in the namespace that elements without
prefix have at the record element, so that files with ``xmlns="…"`` need no prefixes in the mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.errors import PathError, near
from convert.formats.xml.names import NCNAME, XML_NAMESPACE
from convert.formats.xml.places import element_path, find_element, start_of
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from convert.formats.xml.node import Document, Node
    from convert.model import Record

Follow = Callable[[Any], Any]
"""From an element to what stands at a path."""

DEFAULT = "_"
"""The prefix that stands for the record's default namespace inside compiled paths."""

_TOKEN = re.compile(
    rf"(?P<space>\s+)|(?P<literal>\"[^\"]*\"|'[^']*')|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    rf"|(?P<variable>\$(?:{NCNAME}:)?{NCNAME})|(?P<name>{NCNAME}(?::(?!:)(?:{NCNAME}|\*))?)"
    r"|(?P<mark>::|//|\.\.|!=|<=|>=|[@()\[\],/.|+\-=<>*])"
)
_OPERATORS = ("and", "or", "div", "mod")
_BEFORE_OPERAND = ("::", "//", "/", "!=", "<=", ">=", "@", "(", "[", ",", "|", "+", "-", "=", "<", ">")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a path. ``kind``: element, attribute, prefixed, word (function, axis, operator), or as it looks."""

    kind: str
    text: str


def tokens(path: str) -> list[Token]:
    """Take a path apart. Raises :class:`PathError` at a character XPath does not have.

    >>> [t.text for t in tokens("a[b='x']/@c") if t.kind in ("element", "attribute")]
    ['a', 'b', 'c']
    """
    found: list[Token] = []
    at = 0
    while at < len(path):
        match = _TOKEN.match(path, at)
        if match is None:
            reason = f"character {at + 1}: {path[at]!r} is not part of a path"
            raise PathError(path, reason, ja=f"{at + 1} 文字目の「{path[at]}」は、道順に使えません")
        kind = str(match.lastgroup)
        if kind == "name":
            kind = _kind_of_name(match[0], found, path[match.end() :].lstrip())
        found.append(Token(kind, match[0]))
        at = match.end()
    return found


def _kind_of_name(name: str, before: list[Token], after: str) -> str:
    previous = next((token for token in reversed(before) if token.kind != "space"), None)
    operand = previous is None or (previous.kind == "mark" and previous.text in _BEFORE_OPERAND) or (
        previous.kind == "operator"
    )  # fmt: skip
    if not operand and name in _OPERATORS:
        return "operator"
    if after.startswith("(") or after.startswith("::"):
        return "word"
    if previous is not None and previous.text == "@":
        return "attribute"
    axis = _axis(before)
    if axis in ("attribute", "namespace"):
        return "attribute"
    return "prefixed" if ":" in name else "element"


def _axis(before: list[Token]) -> str | None:
    words = [token for token in before if token.kind != "space"]
    return words[-2].text if len(words) > 1 and words[-1].text == "::" else None


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
    return (item.text or "") if len(item) == 0 else "".join(item.itertext())


@dataclass(slots=True)
class XmlPath:
    """A path, ready to be followed from records or nodes.

    ``key`` is the path itself: a record body answers ``get`` with the path's text where there is one. ``elsewhere``: it
    starts from another element than the node's.
    """

    path: str
    namespaces: Mapping[str, str]
    key: str | None = None
    index: int | None = None
    text: Callable[[Any], str] = text_of
    elsewhere: bool = False
    _compiled: dict[str | Collection[str], Follow] = field(default_factory=dict)
    _loud: dict[str, etree.XPath] = field(default_factory=dict)

    def find(self, node: Node) -> list[Any]:
        """Everything at the path: elements and texts."""
        follow = self._compiled.get(node.kind) or self._settled(node)
        try:
            found = follow(self.start(node) if self.elsewhere else node.element)
        except etree.XPathError:  # a function that does not take what this record holds
            return []
        return found if found.__class__ is list else [found]

    def _settled(self, node: Node) -> Follow:
        default, kind = node.document.default, node.kind
        whole = kind is default or self.elsewhere
        return self._compiled.setdefault(kind, self.compile(default) if whole else self.narrowed(default, kind))

    def narrowed(self, default: str, inside: Collection[str]) -> Follow:
        """As much of the path as can be found in a record element with such children."""
        whole: Follow = self.compile(default)
        return whole

    def compile(self, default: str) -> etree.XPath:
        """The path for records with this default namespace."""
        return compiled(self.path, self.namespaces, default)

    def start(self, node: Node) -> Any:
        """The element the path starts from."""
        return node.element

    def values(self, body: Any) -> list[Any]:
        """Every text at the path, blanks included."""
        if self.key is not None:
            return list(body.texts(self.key))
        text = self.text
        return [text(item) for item in self.find(body)]

    def nodes(self, body: Any) -> list[Any]:
        """Every element at the path."""
        return [body.inner(item) for item in self.find(body) if isinstance(item, etree._Element)]

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """The line and column of the element's start tag, and the way to the element from the record."""
        node: Node = record.body
        if within is not None and within.path:
            outer = find_element(node.document.record, within.path, node.document.display)
            node = node if outer is None else node.inner(outer)
        element, attribute = self._owner(node, occurrence)
        document = self.document(node)
        line, column = start_of(document.slice, document.top, element)
        path = element_path(element, document.record, document.display) + (f"/@{attribute}" if attribute else "")
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
        found = loud(self.start(node))
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
