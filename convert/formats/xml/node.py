"""What a record's body is: an element of its own small document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from convert.formats.xml.path import XmlPath
    from convert.formats.xml.slicer import Slice


@dataclass(slots=True)
class Document:
    """What the nodes of one record share.

    ``top`` is the element of the slice, ``record`` the one paths start from (mostly the same); ``default`` the
    namespace of names without prefix; ``display`` writes an element's name; ``paths`` are those read by key. ``inside``
    are the names of the record's own children, where the reader has looked at them; ``codes`` the names of elements
    whose texts :meth:`present` tells.
    """

    slice: Slice
    top: Any
    record: Any
    default: str
    display: Callable[[Any], str]
    paths: Mapping[str, XmlPath]
    message: Document | None = None
    inside: frozenset[str] | None = None
    codes: Collection[str] | None = None

    def present(self) -> set[str] | None:
        """The names of all elements of the record, and ``name=text`` of codes; None where nobody asked for any."""
        codes = self.codes
        if codes is None:
            return None
        found: set[str] = set()
        for element in self.record.iter():
            tag = element.tag
            found.add(tag)
            if tag in codes:
                if len(element):
                    return None
                found.add(f"{tag}={(element.text or '').strip()}")
        return found


class Node:
    """An element that paths start from: the record element, or one that ``each`` goes through.

    ``kind`` is what a path is compiled for: the names of its children, else the default namespace.
    """

    __slots__ = ("_present", "_texts", "document", "element", "kind")

    def __init__(self, element: Any, document: Document) -> None:
        self.element = element
        self.document = document
        inside = document.inside
        self.kind = document.default if inside is None or element is not document.record else inside
        self._texts: dict[str, list[Any]] = {}
        self._present: set[str] | bool | None = False

    @property
    def present(self) -> set[str] | None:
        """What stands in the record (:meth:`Document.present`), looked at once."""
        if self._present is False:
            self._present = self.document.present()
        return self._present  # type: ignore[return-value]

    def get(self, key: str, default: str) -> Any:
        """The text at the path ``key``; a list where there are several, ``default`` where there is none."""
        found = self.texts(key)
        return found[0] if len(found) == 1 else found or default

    def texts(self, key: str) -> list[Any]:
        """Every text at the path ``key``, blanks included. Several rules may ask for the same path."""
        found = self._texts.get(key)
        if found is None:
            path = self.document.paths[key]
            text = path.text
            found = self._texts[key] = [text(item) for item in path.find(self)]
        return found

    def inner(self, element: Any) -> Node:
        """Another element of the same document."""
        return Node(element, self.document)

    def __repr__(self) -> str:
        return f"Node({self.document.display(self.element)})"


def qualified(element: Any) -> str:
    """An element's name as the file writes it."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    local = tag.rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local
