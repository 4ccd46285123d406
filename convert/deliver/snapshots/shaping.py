"""Records as harvesters are given them: one element with its namespaces, and the same in oai_dc."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from convert.errors import UsageError
from convert.formats.dcndl import escape
from convert.formats.dcndl.reading import RDF
from convert.mapping.load import load_mapping, make_target
from convert.mapping.plan import Plan
from convert.model import Mapped, Record, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from convert.formats.base import Reader

CROSSWALK: Final = "dcndl/dcndl-to-oai_dc"
"""The mapping to oai_dc that is used where no other one is stated."""
DC_VERSION: Final = "1"
"""Raised when the same values would be written in another way."""
ELEMENTS: Final = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
)  # fmt: skip
"""Dublin Core 1.1, in the order they are written."""
OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC_START: Final = (
    f'<oai_dc:dc xmlns:oai_dc="{OAI_DC}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)
_UNPREFIXED = re.compile(rb"<[^\s<>/:]+[\s>]")
_LANG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)


class UnshapedError(ValueError):
    """A record that cannot be taken as one element."""


class Shaper:
    """Makes the content of a record of DC-NDL(RDF), ``rdf:RDF``, from its bytes in a file.

    The content is in Canonical XML 1.0, without comments, processing instructions and the blanks between elements, so
    that equal records have equal bytes, however their file is indented. ``leave_out``: qualified names of elements that
    do not count when records are compared.
    """

    def __init__(self, leave_out: Sequence[str] = ()) -> None:
        self._parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
            remove_blank_text=True, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        self._leave_out = tuple(leave_out)

    def content(self, head: bytes, data: bytes, tail: bytes) -> bytes:
        """The content of a record that stands between ``head`` and ``tail``. Raises :class:`UnshapedError`."""
        return self._written(self._element(head, data, tail))

    def compared(self, head: bytes, data: bytes, tail: bytes) -> bytes:
        """What of the content is compared."""
        element = self._element(head, data, tail)
        for name in self._leave_out:
            for found in list(element.iter(name)):
                found.getparent().remove(found)
        return self._written(element)

    def _element(self, head: bytes, data: bytes, tail: bytes) -> Any:
        try:
            root = etree.fromstring(head + data + tail, self._parser)
        except etree.XMLSyntaxError as error:
            raise UnshapedError(str(error)) from error
        found = root if root.tag == RDF + "RDF" else next(root.iter(RDF + "RDF"), None)
        if found is None or not len(found):
            raise UnshapedError("no rdf:RDF")
        if found is not root:
            found.getparent().remove(found)
            found.tail = None
        return found

    def _written(self, element: Any) -> bytes:
        etree.cleanup_namespaces(element)
        try:
            made = bytes(etree.tostring(element, method="c14n", with_comments=False))
        except etree.C14NError as error:  # references to entities, relative namespaces
            raise UnshapedError(str(error)) from error
        if _UNPREFIXED.search(made) and any(one.tag[:1] != "{" for one in element.iter("*")):
            raise UnshapedError("an element without a namespace")  # inside an answer it would take that of OAI-PMH
        return made


class Crosswalk:
    """Makes oai_dc by a mapping. Raises :class:`UsageError` for a mapping that is none to oai_dc."""

    def __init__(self, name: str | Path = CROSSWALK) -> None:
        self.mapping = load_mapping(name)
        wrong = sorted({rule.target for rule in self.mapping.rules} - set(ELEMENTS))
        if wrong or self.mapping.source != "dcndl":
            what, ja = "its source is not dcndl", "source の形式が dcndl ではありません。"
            if wrong:
                what, ja = f"'{wrong[0]}' is no element of oai_dc", f"「{wrong[0]}」は oai_dc の要素ではありません。"
            raise UsageError(f"--crosswalk {name}: {what}", f"--crosswalk {name}：{ja}")
        self._plan: Plan | None = None

    @property
    def print(self) -> str:
        """What tells one crosswalk from another."""
        parts = [DC_VERSION, *(digest for _, digest in self.mapping.files)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def made(self, body: Any, reader: Reader) -> bytes:
        """The oai_dc of a record, from its body as the reader of DC-NDL has it."""
        if self._plan is None:
            self._plan = Plan(self.mapping, reader, make_target(self.mapping, ()))
        mapped, _ = self._plan.run(Record(body, "", 1))
        return written(mapped.values if isinstance(mapped, Mapped) else {})


def written(values: Mapping[str, Sequence[Any]]) -> bytes:
    """Values as oai_dc. Characters that XML forbids go.

    >>> written({"title": ["架空 & 例示"]}).decode().partition(">")[2]
    '<dc:title>架空 &amp; 例示</dc:title></oai_dc:dc>'
    """
    parts = [DC_START]
    for name in ELEMENTS:
        for value in values.get(name, ()):
            if isinstance(value, Text):
                lang = f' xml:lang="{value.lang}"' if value.lang and _LANG.fullmatch(value.lang) else ""
                text = str(value.value)
            else:
                lang, text = "", str(value)
            if text.strip():
                parts.append(f"<dc:{name}{lang}>{escape.text(text)}</dc:{name}>")
    parts.append("</oai_dc:dc>")
    return "".join(parts).encode("utf-8", "replace")
