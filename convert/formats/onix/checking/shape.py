"""Structure: which elements there are, where they stand, how often, and what they may hold (``structure.toml``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.errors import near
from convert.formats.onix.names import XHTML, is_text, names, releases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.onix.checking.structure import Fault, Model
    from convert.formats.onix.checking.view import Found, View

_CODES = {"CHILD": "ONX-CHILD", "REPEAT": "ONX-REPEAT", "ORDER": "ONX-ORDER", "COMBINATION": "ONX-COMBINATION"}
_TOLD_BY_READER = frozenset(("RecordReference", "NotificationType"))
"""Mandatory elements of a product that the reader itself misses."""
_PARTIAL = frozenset(("04", "05", "12", "13", "14", "08", "09", "88"))
_UNIQUE = (("Contributor", "SequenceNumber"), ("Measure", "MeasureType"))
_UNIQUE_VALUES = ("ProductFormDetail", "EditionType")
_BREAK = re.compile(r"[\r\n]")


def check(view: View) -> Iterator[Found]:
    """Everything wrong with the structure below the view's element."""
    known, models, plain = names(view.release).short, view.structure.models, view.structure.plain
    gone = view.structure.gone
    for name, element in view.elements:
        if name in gone and not _is_gone_above(view, element):
            yield view.found("ONX-OTHER-RELEASE", element, element=name, release=view.release)
        if name not in known:
            if not _is_told_above(view, element, name):
                yield _unknown(view, element, name)
            continue
        if (known[name] if view.short else name) != element.tag:
            yield view.found("ONX-MIXED", element, tags="short" if view.short else "reference")
        if element.attrib:
            yield from _attributes(view, element, name)
        if name in plain and len(element) == 0 and element.text and not element.text.isspace():
            continue
        model = models.get(name)
        yield from _text(view, element, name) if model is None else _children(view, element, name, model)
    yield from _blocks(view)
    yield from _doubled(view)
    yield from _nameless(view)


def _is_known(view: View, name: str) -> bool:
    return name in names(view.release).short


def _is_told_above(view: View, element: Any, name: str) -> bool:
    """Whether what is wrong is said of the element around: an unknown one, or a plain text that is marked up."""
    if element is view.root:
        return False
    around = view.name(element.getparent())
    return not _is_known(view, around) or (name in XHTML and is_text(around, view.release))


def _is_gone_above(view: View, element: Any) -> bool:
    """Whether the element around belongs to another release, too."""
    return element is not view.root and view.name(element.getparent()) in view.structure.gone


def _unknown(view: View, element: Any, name: str) -> Found:
    return view.found(
        "ONX-ELEMENT", element, value=name, element=name, suggestion=near(name, names(view.release).short)
    )


def _attributes(view: View, element: Any, name: str) -> Iterator[Found]:
    for attribute in element.attrib:
        known = attribute in view.structure.attributes or attribute.startswith("{")
        if not known:
            like = near(attribute, view.structure.attributes)
            yield view.at_attribute("ONX-ATTRIBUTE", element, attribute, element=name, suggestion=like)
        elif attribute == "collationkey" and view.structure.sorted and name not in view.structure.sorted:
            yield view.at_attribute("ONX-ATTRIBUTE", element, attribute, element=name)


# ── Children ─────────────────────────────────────────────────────────────────────────────────────


def _children(view: View, element: Any, name: str, model: Model) -> Iterator[Found]:
    """An element that holds elements."""
    texts = [element.text or "", *[child.tail or "" for child in element]]
    if any(map(str.strip, texts)):
        yield view.found("ONX-TEXT", element, value=" ".join(texts).strip(), element=name)
    known, tags = names(view.release).short, view.names
    children = [child for child in element if child.tag.__class__ is str and tags[child.tag] in known]
    for fault in model.faults([tags[child.tag] for child in children]):
        found = _fault(view, element, name, fault, children)
        if found is not None:
            yield found


def _text(view: View, element: Any, name: str) -> Iterator[Found]:
    """An element that holds a text."""
    if name in view.structure.marked:
        yield from _mark_up(view, element)
    else:
        yield from _leaf(view, element, name, [child for child in element if child.tag.__class__ is str])


def _fault(view: View, element: Any, name: str, fault: Fault, children: list[Any]) -> Found | None:
    if fault.kind == "MISSING":
        if name == "Product" and fault.name in _TOLD_BY_READER:
            return None
        return view.found("ONX-CHILD-MISSING", element, element=fault.name, parent=name)
    child = element if fault.child is None else children[fault.child]
    if fault.kind == "CHILD" and view.release[0] not in releases(fault.name):
        return view.found("ONX-OTHER-RELEASE", child, element=fault.name, release=view.release)
    return view.found(_CODES[fault.kind], child, element=fault.name, parent=name)


def _leaf(view: View, element: Any, name: str, children: list[Any]) -> Iterator[Found]:
    """An element that holds a text, or nothing our table tells of."""
    if children:
        if is_text(name, view.release):
            inside = view.name(children[0])
            yield view.found("ONX-MARKUP", element, value=inside, element=name, inside=inside)
        return
    text = element.text or ""
    if not text.strip():
        if name not in view.structure.flags and is_text(name, view.release):
            yield view.found("ONX-EMPTY", element, element=name)
    elif name in view.structure.line and _BREAK.search(text):
        yield view.found("ONX-LINEBREAK", element, value=" ".join(text.split()), element=name)


def _mark_up(view: View, element: Any) -> Iterator[Found]:
    """Elements in a text that are no HTML."""
    for inside in element.iter("*"):
        if inside is not element and inside.tag not in XHTML:
            name = view.name(inside)
            yield view.found("ONX-ELEMENT", inside, value=name, element=name)
            return
    name = view.name(element)
    if len(element) == 0 and not (element.text or "").strip():
        yield view.found("ONX-EMPTY", element, element=name)


# ── The product as a whole ───────────────────────────────────────────────────────────────────────


def _blocks(view: View) -> Iterator[Found]:
    """Blocks that a product with all its information has (3.x)."""
    if view.name(view.root) != "Product" or view.release.startswith("2"):
        return
    code = view.text(view.root, "NotificationType")
    if code in _PARTIAL:
        return
    for block in ("DescriptiveDetail", "PublishingDetail"):
        if view.child(view.root, block) is None:
            yield view.found("ONX-BLOCK", view.root, element=block, code=code)


def _doubled(view: View) -> Iterator[Found]:
    """Values that may stand only once in a product (3.x)."""
    if view.release.startswith("2"):
        return
    detail = view.child(view.root, "DescriptiveDetail")
    if detail is None:
        return
    for outer, name in _UNIQUE:
        inner = [view.child(one, name) for one in view.children(detail, outer)]
        yield from _repeated(view, [one for one in inner if one is not None])
    for name in _UNIQUE_VALUES:
        yield from _repeated(view, view.children(detail, name))


def _repeated(view: View, elements: list[Any]) -> Iterator[Found]:
    seen: set[str] = set()
    for element in elements:
        value = view.value(element)
        if value in seen:
            yield view.found("ONX-DOUBLE", element, element=view.name(element))
        seen.add(value)


_NAMES = (
    "PersonName", "PersonNameInverted", "KeyNames", "CorporateName", "CorporateNameInverted", "UnnamedPersons",
    "NameIdentifier", "PersonNameIdentifier", "Name",
)  # fmt: skip


def _nameless(view: View) -> Iterator[Found]:
    """Contributors that nobody could name."""
    for contributor in view.all("Contributor"):
        if not any(view.name(child) in _NAMES for child in contributor):
            wanted = "PersonName / CorporateName / UnnamedPersons"
            yield view.found("ONX-CHILD-MISSING", contributor, element=wanted, parent="Contributor")
