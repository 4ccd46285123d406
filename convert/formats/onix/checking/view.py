"""A product as the checks see it: its elements by reference name, and findings that know their element."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding
from convert.formats.onix.checking.structure import Structure, structure
from convert.formats.onix.names import names
from convert.formats.onix.path import text_of

if TYPE_CHECKING:
    from convert.formats.xml.node import Document

_FLAT = ("Title", "Contributor", "SupplyDetail", "Publisher", "DistinctiveTitle", "ProductForm", "EAN13", "ISBN")
"""Children of a product that only releases before 3.0 have."""


@dataclass(frozen=True, slots=True)
class Found(Finding):
    """A finding with the element it is about; ``attribute`` names one of it."""

    element: Any = None
    attribute: str = ""


class _Tags(dict[str, str]):
    """Tag → reference name, for one release and tag set; tags of the other set too. Tags unknown to ONIX stay."""

    def __init__(self, release: str, *, short: bool) -> None:
        super().__init__()
        self._table = names(release)
        self._short = short

    def __missing__(self, tag: str) -> str:
        table = self._table
        name = table.to_reference(tag) if self._short or tag not in table.short else tag
        if name in table.short:
            self[tag] = name
        return name


@cache
def _tags(release: str, *, short: bool) -> _Tags:
    return _Tags(release, short=short)


class View:
    """An element and what stands below it. Names are reference names whatever tags the file has."""

    def __init__(self, root: Any, document: Document, release: str, *, short: bool) -> None:
        self.root = root
        self.document = document
        self.release = release
        self.short = short
        self.structure: Structure = structure(release)
        self.names = _tags(release, short=short)
        self._by_name: dict[str, list[Any]] = {}
        self.elements: list[tuple[str, Any]] = []
        self._enter(root)

    def _enter(self, root: Any) -> None:
        """Note every element of ONIX with its name, in document order; what marks up a text is none."""
        marked, tags, by_name, note = self.structure.marked, self.names, self._by_name, self.elements.append
        waiting = [root]
        while waiting:
            element = waiting.pop()
            name = tags[element.tag]
            note((name, element))
            if name in by_name:
                by_name[name].append(element)
            else:
                by_name[name] = [element]
            if len(element) and name not in marked:
                waiting += [child for child in reversed(element) if child.tag.__class__ is str]

    def name(self, element: Any) -> str:
        """The element's reference name."""
        return self.names[element.tag]

    def all(self, name: str) -> list[Any]:
        """Every element of that name, at any depth."""
        return self._by_name.get(name, [])

    def children(self, element: Any, name: str) -> list[Any]:
        """The children of that name."""
        tags = self.names
        return [child for child in element if child.tag.__class__ is str and tags[child.tag] == name]

    def child(self, element: Any, *way: str) -> Any:
        """The first descendant by that way; None where there is none."""
        for name in way:
            element = next(iter(self.children(element, name)), None)
            if element is None:
                return None
        return element

    def text(self, element: Any, *way: str) -> str:
        """The text of the element, or of the first descendant by that way; empty where there is none."""
        found = self.child(element, *way)
        return "" if found is None else text_of(found)

    def value(self, element: Any) -> str:
        """The element's own text, at most one marked-up paragraph of it."""
        return str(text_of(element))

    def path(self, element: Any) -> str:
        """The way to an element without numbers: ``/Product/DescriptiveDetail/Contributor``."""
        steps = []
        while element is not None:
            steps.append(self.name(element))
            element = None if element is self.root else element.getparent()
        return "/" + "/".join(reversed(steps))

    def found(self, code: str, element: Any, /, *, value: str | None = None, **slots: Any) -> Found:
        """A finding about an element; its value is the element's text unless given."""
        suggestion = slots.pop("suggestion", None)
        if value is None and len(element) == 0:
            value = text_of(element) or None
        return Found(code, self.path(element), 0, value, slots, suggestion, element)

    def at_attribute(self, code: str, element: Any, name: str, /, **slots: Any) -> Found:
        """A finding about an attribute."""
        suggestion = slots.pop("suggestion", None)
        path = f"{self.path(element)}/@{name}"
        return Found(code, path, 0, element.get(name), {"attribute": name, **slots}, suggestion, element, name)


def release_of(product: Any, document: Document) -> str:
    """The release of a product: as the message states it, or as the product looks."""
    message = document.message
    stated = (message.record.get("release") or "").strip()[:3] if message is not None else ""
    if stated in ("2.0", "2.1", "3.0", "3.1"):
        return "2.1" if stated == "2.0" else stated
    names = {document.display(child) for child in product if isinstance(child.tag, str)}
    return "2.1" if names.intersection(_FLAT) and "DescriptiveDetail" not in names else "3.0"
