"""What a record's body is: an element of its own small document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.formats.xml.places import Places
from convert.formats.xml.plain import Element, real

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convert.formats.xml.path import XmlPath
    from convert.formats.xml.reading import Reading
    from convert.formats.xml.slicer import Slice


class Document:
    """What the nodes of one record share.

    ``top`` is the element of the slice, ``record`` the one paths start from (mostly the same); ``default`` the
    namespace of names without prefix; ``display`` writes an element's name; ``paths`` are those read by key. Of a
    plain record both are made when somebody asks, by ``parse``; ``start`` is then the number of ``record``.
    """

    __slots__ = (
        "_elements", "_parse", "_places", "_record", "_top", "default", "display", "message", "paths", "slice", "start",
    )  # fmt: skip

    def __init__(
        self,
        piece: Slice,
        top: Any,
        record: Any,
        default: str,
        display: Callable[[Any], str],
        paths: Mapping[str, XmlPath],
        message: Document | None = None,
        *,
        parse: Callable[[Slice], Any] | None = None,
    ) -> None:
        self.slice, self._top, self._record, self._parse = piece, top, record, parse
        self.default, self.display, self.paths, self.message = default, display, paths, message
        self.start = 0
        self._places: Places | None = None
        self._elements: list[Any] | None = None

    @property
    def top(self) -> Any:
        """The element of the slice."""
        if self._top is None and self._parse is not None:
            self._top = self._parse(self.slice)
        return self._top

    @property
    def record(self) -> Any:
        """The element paths start from."""
        if self._record is None:
            self._record = self.element(self.start)
        return self._record

    @property
    def alone(self) -> bool:
        """Whether the record is the whole slice, with nothing around it."""
        return self.start == 0 if self._parse is not None else self._top is self._record

    @property
    def places(self) -> Places:
        """Where elements stand."""
        if self._places is None:
            self._places = Places(self.slice, self.top, self.record, self.display)
        return self._places

    def element(self, order: int) -> Any:
        """An element of a plain record by its number in document order."""
        if self._elements is None:
            self._elements = list(self.top.iter("*"))
        return self._elements[order]


class Node:
    """An element that paths start from: the record element, or one that ``each`` goes through.

    ``found`` is what stands at its paths, as far as it was read or found.
    """

    __slots__ = ("_element", "document", "found", "reading")

    def __init__(self, element: Any, document: Document, reading: Reading) -> None:
        self._element = element
        self.document = document
        self.reading = reading
        self.found = reading.read(element)

    @property
    def element(self) -> Any:
        """The element as libxml2 has it."""
        if self._element.__class__ is Element:
            self._element = real(self._element)
        return self._element

    @property
    def plain(self) -> Element | None:
        """The element, if it is one of a plain record."""
        return self._element if self._element.__class__ is Element else None

    def get(self, key: str, default: str) -> Any:
        """The text at the path ``key``; a list where there are several, ``default`` where there is none."""
        found = self.texts(key)
        return found[0] if len(found) == 1 else found or default

    def texts(self, key: str) -> list[Any]:
        """Every text at the path ``key``, blanks included."""
        found = self.found.get(key)
        return self.document.paths[key].values(self) if found is None else found

    def inner(self, element: Any) -> Node:
        """Another element of the same document."""
        return Node(element, self.document, self.reading.below(""))

    def below(self, path: str, elements: Sequence[Any]) -> list[Node]:
        """The elements at a path."""
        document, reading = self.document, self.reading.below(path)
        return [Node(element, document, reading) for element in elements]

    def __repr__(self) -> str:
        return f"Node({self.document.display(self.element)})"


def qualified(element: Any) -> str:
    """An element's name as the file writes it."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    local = tag.rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local
