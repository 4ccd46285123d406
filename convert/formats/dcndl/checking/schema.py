"""Validity by an XML Schema, record by record: our own (``xsd``), or one the user has.

lxml says of every record yes or no; of those that fail, ``xmlschema`` says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from convert import resources
from convert.check.issue import Finding
from convert.formats.dcndl.checking.view import Found
from convert.formats.dcndl.groups import MERGED
from convert.formats.dcndl.model import model
from convert.formats.dcndl.reading import RDF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.dcndl.checking.view import View

OWN: Final = "own"
NONE: Final = "none"
MAX_ERRORS: Final = 50
"""Errors told of one record."""
MAX_REASON: Final = 300
"""Characters kept of what a schema says."""


_ATTRIBUTE: Final = re.compile("attribute ([^=]+)='")
_WORDS: Final = [
    (re.compile(pattern), ja, en)
    for pattern, ja, en in (
        (r"missing required attribute '(.+)'", r"属性 \1 がありません", r"the attribute \1 is missing"),
        (r"'(.+)' attribute not allowed", r"属性 \1 は付けられません", r"the attribute \1 is not allowed"),
        (r"Unexpected child with tag '(.+?)'", r"\1 はここに置けません", r"\1 cannot stand here"),
        (
            r"The content of element '(.+?)' is not complete\. Tag '(.+?)'",
            r"\1 の中に \2 がありません",
            r"\1 has no \2",
        ),
        (
            r"The content of element '(.+?)' is not complete\. Tag \('(.+?)' \| '(.+?)'",
            r"\1 の中に \2 か \3 などがありません",
            r"\1 has no \2, \3 or the like",
        ),
        (r"value length cannot be lesser than 1", "空です", "it is empty"),
        (r"character data between child elements", "要素の間に文字があります", "there is text between elements"),
        (r"value doesn't match any pattern of \['(.{1,25})'\]$", r"値の形が違います（\1）", r"not of the form \1"),
        (r"value doesn't match any pattern", "値の形が違います", "the value has not the form it should have"),
        (r"value must be one of \['([^']*)'\]$", r"\1 ではありません", r"it is not \1"),
        (r"value must be one of \['([^']*)'", r"決まった値（\1 など）のどれでもありません", r"it is none of \1 …"),
    )
]
"""What ``xmlschema`` says, and the same in plain words."""


_HIDING: Final = frozenset((etree.ErrorTypes.SCHEMAV_ELEMENT_CONTENT,))
"""Errors behind which libxml2 looks no further among the same children."""
Told = Callable[[Any], bool]


def own_path() -> Path:
    """Our own schema."""
    return resources.schemas() / "dcndl" / "dcndl-2.2.xsd"


def problem(value: str) -> str | None:
    """Say what is wrong with the option ``schema``."""
    if value in (OWN, NONE) or (Path(value).is_file() and value.lower().endswith(".xsd")):
        return None
    return "expects own, none, or an existing .xsd file"


class Schema:
    """One schema, loaded when the first record comes."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._gate: Any = None
        self._words: Any = None
        self._broken = False

    @classmethod
    def of(cls, value: str | None) -> Schema | None:
        """The schema the option gives, our own without it; None for ``none``."""
        if value == NONE:
            return None
        return cls(own_path(), OWN) if not value or value == OWN else cls(Path(value), Path(value).name)

    def check(self, view: View, told: Told | None = None) -> Iterator[Finding]:
        """Everything the schema says of a record, told once if it cannot be read.

        ``told`` answers whether something was said of an element already; of such ones nothing is said again.
        """
        if self._broken:
            return
        if self._gate is None:
            try:
                self._gate = load(self._path)
            except (etree.LxmlError, OSError) as error:
                self._broken = True
                slots = {"schema": self._name, "reason": _short(str(error))}
                yield Finding("NDL-SCHEMA-BROKEN", "uri", value=self._name, slots=slots)
                return
        root = alone(view.nodes)
        if root is not None and self._gate.validate(root):
            return
        document = document_of(view.nodes)
        if self._gate.validate(document):
            return
        originals = [document, *(element for node in view.nodes for element in node.iter("*"))]
        if told is not None:
            numbers = {element: number for number, element in enumerate(document.iter("*"))}
            if all(told(originals[numbers.get(element, 0) or 1]) for element in self._suspects(document)):
                return
        yield from islice(self._explained(document, originals, told), MAX_ERRORS)

    def _suspects(self, document: Any) -> Iterator[Any]:
        """What fails, as the gate knows it: all of it, or also the node when more may fail behind."""
        for entry in self._gate.error_log:
            elements = document.xpath(entry.path, namespaces=model().namespaces) if entry.path else []
            yield elements[0] if elements and entry.type not in _HIDING else document[0]

    def _explained(self, document: Any, originals: list[Any], told: Told | None) -> Iterator[Finding]:
        numbers = {element: number for number, element in enumerate(document.iter("*"))}
        said = set()
        for element, reason in self._reasons(document):
            number = numbers.get(element, 0) or 1
            if (number, reason) in said or (told is not None and told(originals[number])):
                continue
            said.add((number, reason))
            slots = {"schema": self._name} | dict(zip(("reason_ja", "reason_en"), in_words(reason), strict=True))
            value = (element.text or "").strip() or None if element is not None else None
            yield Found("NDL-SCHEMA", None, value=value, slots=slots, element=originals[number])

    def _reasons(self, document: Any) -> Iterator[tuple[Any, str]]:
        """What is wrong, in the words of ``xmlschema``; in those of lxml where that finds nothing or cannot start."""
        import xmlschema  # noqa: PLC0415 - slow, and only for those that fail

        if self._words is None:
            try:
                self._words = xmlschema.XMLSchema10(str(self._path), allow="local")
            except (xmlschema.XMLSchemaException, OSError):
                self._words = False
        found = False
        if self._words:
            for error in self._words.iter_errors(document):
                found = True
                child = getattr(error, "invalid_child", None)
                yield error.elem if child is None else child, error.reason or str(error.message)
        if not found:
            for entry in self._gate.error_log:
                elements = document.xpath(entry.path, namespaces=model().namespaces) if entry.path else []
                yield (elements[0] if elements else None), entry.message


def load(path: Path) -> Any:
    """The schema for lxml. Raises :class:`lxml.etree.LxmlError` or :class:`OSError`."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(path), parser))


def alone(nodes: list[Any]) -> Any:
    """The ``rdf:RDF`` around the nodes, where nothing else stands in it; None otherwise."""
    root = nodes[0].getparent() if nodes else None
    if root is None or len(root) != len(nodes) or any(node.getparent() is not root for node in nodes):
        return None
    if root.tag == MERGED:
        root.tag = RDF + "RDF"
    return root if root.tag == RDF + "RDF" else None


def document_of(nodes: list[Any]) -> Any:
    """An ``rdf:RDF`` of its own with copies of the nodes."""
    root = etree.Element(RDF + "RDF", nsmap=dict(model().namespaces))
    for node in nodes:
        copy = deepcopy(node)
        copy.tail = None
        root.append(copy)
    return root


def in_words(reason: str) -> tuple[str, str]:
    """What a validator says, in Japanese and English; as it stands where we have no words for it.

    >>> in_words("Unexpected child with tag 'foaf:name' at position 2.")
    ('foaf:name はここに置けません', 'foaf:name cannot stand here')
    """
    text = _short(reason)
    attribute, _, rest = text.rpartition("': ")
    named = _ATTRIBUTE.match(attribute)
    for pattern, ja, en in _WORDS:
        found = pattern.match(rest if named else text)
        if found is not None:
            before = f"{named[1]}：" if named else "", f"{named[1]}: " if named else ""
            return before[0] + found.expand(ja), before[1] + found.expand(en)
    return text, text


def _short(reason: str) -> str:
    """Words with prefixes instead of namespaces, on one line, and not without end."""
    for prefix, uri in model().namespaces.items():
        reason = reason.replace(f"{{{uri}}}", f"{prefix}:")
    text = " ".join(reason.split())
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"
