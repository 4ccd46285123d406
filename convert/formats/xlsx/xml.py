"""XML parts by expat: one namespace or the other, no document type, no entities of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from convert.formats.xlsx.package import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""SpreadsheetML, transitional and strict."""
RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
PACKAGE = ("http://schemas.openxmlformats.org/package/2006/relationships",)

Start = "Callable[[str, dict[str, str]], None]"


class Parser:
    """Feeds ``start(name, attributes)``, ``end(name)`` and ``text(data)``.

    Names of the format's own namespaces come without it, those of others as ``uri name``.
    """

    def __init__(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], Any],
        end: Callable[[str], Any] | None = None,
        text: Callable[[str], Any] | None = None,
    ) -> None:
        self._part = part
        self._names: dict[str, str] = {}
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        name = self._name
        parser.StartElementHandler = lambda tag, attributes: start(name(tag), attributes)
        if end is not None:
            parser.EndElementHandler = lambda tag: end(name(tag))
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        self._parser = parser

    def _name(self, tag: str) -> str:
        known = self._names.get(tag)
        if known is None:
            uri, _, local = tag.rpartition(" ")
            known = local if uri in MAIN or uri in PACKAGE else tag
            if len(self._names) < 1000:
                self._names[tag] = known
        return known

    def _refuse(self, *_: Any) -> None:
        raise Refused("SRC-XLSX-DTD", self._part)

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Parse more; raises :class:`Refused` when it is not well-formed or has a document type."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise Refused("SRC-XLSX-XML", self._part, line=error.lineno) from error
        except (ValueError, LookupError) as error:  # an encoding nobody knows
            raise Refused("SRC-XLSX-XML", self._part, line=1) from error


def parse(
    part: str,
    chunks: Iterable[bytes],
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any] | None = None,
    text: Callable[[str], Any] | None = None,
) -> None:
    """Parse a whole part."""
    parser = Parser(part, start, end, text)
    for chunk in chunks:
        parser.feed(chunk)
    parser.feed(b"", last=True)


def is_clean(data: bytes, text: str) -> bool:
    """Whether ``data``, which is UTF-8 for ``text``, holds only characters that XML 1.0 allows (§2.2)."""
    return "\ufffe" not in text and "\uffff" not in text and len(data.translate(None, _BAD_BYTES)) == len(data)


_BAD_BYTES = bytes(code for code in range(0x20) if code not in b"\t\n\r")
BETWEEN = "\x7f"
"""Joins stretches of character data that are resolved together; none of them is likely to hold it."""


def is_literal(data: bytes, text: str) -> bool:
    """Whether character data in ``data``, which is UTF-8 for ``text``, means itself: no references, nothing amiss."""
    return not ("&" in text or "\r" in text or ("]" in text and "]]>" in text)) and is_clean(data, text)


def resolved(text: str) -> str | None:
    r"""Character data without its references and with the line ends of XML; None when it is not well-formed.

    >>> resolved("&lt;&#12354;&amp;\r\n"), resolved("&nbsp;"), resolved("&#0;")
    ('<あ&\n', None, None)
    """
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 2**18
    parser.CharacterDataHandler = found.append
    try:
        parser.Parse(f"<a>{text}</a>", True)
    except (expat.ExpatError, ValueError):
        return None
    return "".join(found)


def relation(attributes: dict[str, str], name: str) -> str | None:
    """An attribute of the relationships namespace (``r:id``)."""
    return next((attributes[f"{uri} {name}"] for uri in RELATION if f"{uri} {name}" in attributes), None)


def is_true(text: str | None) -> bool:
    """An XML boolean."""
    return text in ("1", "true", "on")
