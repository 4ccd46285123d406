"""Records that are plain XML, read without an object for each element: libxml2 reads the others.

``_tree.c`` does it, where it was compiled; without it everything is the same, but slower. It takes an element only if
libxml2 would give the same: tags, attributes, texts, references, CDATA sections; no comments, no mixed content, no
namespaces declared inside the record. What its elements cannot tell (XPath, places, marked-up text) is asked of
libxml2's, which are made when somebody asks: :func:`real`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.formats.xml.names import XML_NAMESPACE

try:
    from convert.formats.xml._tree import Element, Parser
except ImportError:  # it was not compiled

    class Element:  # type: ignore[no-redef]
        """No element is of this class."""

    Parser = None  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Element", "Parser", "children", "in_scope", "parser", "real"]

_NAME = re.compile(r"[A-Za-z_\u3041-\u30ff\u4e00-\u9fff][A-Za-z0-9_.\-\u3041-\u30ff\u4e00-\u9fff]*")
_DECLARED = " "
"""Stands before the name of a declaration of a namespace, which is no attribute: no path has a name with a blank."""


def parser(resolve: Callable[[str], str | None], *, inner: bool = False) -> Parser | None:
    """A parser for plain records; None where there is none.

    ``resolve`` gives the full name for one as it is written, an attribute's behind ``@``; None where it cannot.
    ``inner``: a default namespace may be declared anywhere, since the names have none.
    """
    return None if Parser is None else Parser(resolve, inner)


def real(item: Any) -> Any:
    """libxml2's element for one of a plain record; anything else is itself."""
    return item.owner.element(item.order) if item.__class__ is Element else item


def children(element: Any) -> list[Any]:
    """The elements directly inside one of either kind."""
    return element.children() if element.__class__ is Element else list(element)


def in_scope(scope: Mapping[str, str]) -> Callable[[str], str | None]:
    """What resolves names where these namespaces are in force; the default namespace has the prefix ``""``.

    >>> resolve = in_scope({"": "urn:a", "dc": "urn:b", "odd": ""})
    >>> [resolve(name) for name in ("x", "dc:x", "@x", "@dc:x", "@xml:lang", "odd:x", "no:x", "@no:x", "1x")]
    ['{urn:a}x', '{urn:b}x', 'x', '{urn:b}x', '{http://www.w3.org/XML/1998/namespace}lang', None, None, None, None]
    """

    def resolve(name: str) -> str | None:
        attribute = name.startswith("@")
        prefix, colon, local = name.removeprefix("@").rpartition(":")
        if not _NAME.fullmatch(local) or (colon and not _NAME.fullmatch(prefix)):
            return None
        if attribute and "xmlns" in (prefix, "" if colon else local):
            known = local == "xmlns" or (local != "xml" and _plain(scope.get(local, "")))
            return f"{_DECLARED}{name[1:]}" if known else None
        if attribute and not colon:
            return local
        uri = XML_NAMESPACE if prefix == "xml" else scope.get(prefix, "")
        if (colon and not uri) or not (uri == "" or _plain(uri)):
            return None
        return f"{{{uri}}}{local}" if uri else local

    return resolve


def _plain(uri: str) -> bool:
    """Whether the text of a declaration is the namespace itself, with nothing to be resolved in it."""
    return bool(uri) and uri.isascii() and not set(uri) & set(" \t\r\n&<")
