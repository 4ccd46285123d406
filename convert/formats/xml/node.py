"""What a record's body is: an element of its own small document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.formats.xml.follow import item_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convert.formats.xml.follow import Item
    from convert.formats.xml.path import XmlPath
    from convert.formats.xml.slicer import Slice


@dataclass(slots=True)
class Document:
    """What the nodes of one record share.

    ``top`` is the element of the slice, ``record`` the one paths start from (mostly the same); ``default`` the
    namespace of names without prefix; ``display`` writes an element's name; ``paths`` are those read by key.
    """

    slice: Slice
    top: Any
    record: Any
    default: str
    display: Callable[[Any], str]
    paths: Mapping[str, XmlPath]
    message: Document | None = None


class Node:
    """An element that paths start from: the record element, or one that ``each`` goes through.

    ``item`` and ``up`` are the element and its parent as :mod:`convert.formats.xml.follow` has them; None: not known.
    """

    __slots__ = ("_texts", "document", "element", "item", "up")

    def __init__(self, element: Any, document: Document, item: Item | None = None, up: Item | None = None) -> None:
        self.element = element
        self.document = document
        self.item = item or item_of(element)
        self.up = up
        self._texts: dict[str, list[Any]] = {}

    def get(self, key: str, default: str) -> Any:
        """The text at the path ``key``; a list where there are several, ``default`` where there is none."""
        found = self.texts(key)
        return found[0] if len(found) == 1 else found or default

    def texts(self, key: str) -> list[Any]:
        """Every text at the path ``key``, blanks included. Several rules may ask for the same path."""
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = self.document.paths[key].texts(self)
        return found

    def inner(self, element: Any) -> Node:
        """Another element of the same document."""
        return Node(element, self.document)

    def below(self, item: Item, up: Item | None) -> Node:
        """The same, of an item and its parent."""
        return Node(item[1], self.document, item, up)

    def __repr__(self) -> str:
        return f"Node({self.document.display(self.element)})"


def qualified(element: Any) -> str:
    """An element's name as the file writes it."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    local = tag.rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local
