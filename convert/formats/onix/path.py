"""Paths in ONIX: XPath 1.0 in reference names, whatever tags the file uses.

``RecordReference`` starts at the product; ``/ONIXMessage/Header/…`` reads the message's header, ``/record/header/…``
the header of the OAI-PMH record around the product.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.errors import PathError
from convert.formats.onix.names import XHTML, names
from convert.formats.xml.path import XmlPath, compiled
from convert.formats.xml.plain import Element, real
from convert.formats.xml.steps import parsed
from convert.formats.xml.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.xml.node import Document, Node
    from convert.formats.xml.steps import Expression

ROOTS = ("ONIXMessage", "Product", "record")
OAI = frozenset({"record", "header", "identifier", "datestamp", "setSpec", "metadata", "about"})


def check_path(path: str) -> None:
    """Raise :class:`PathError` for a path that is no XPath 1.0, or a name that looks like a slip of the pen."""
    found = [token for token in tokens(path) if token.kind != "space"]
    if any(token.kind == "variable" for token in found):
        reason = "variables ($…) stand alone, not inside a path"
        raise PathError(path, reason, ja="変数（$…）は、道順の中には書けません")
    for at in _absolute(found):
        after = found[at + 1].text if at + 1 < len(found) else ""
        if found[at].text == "//" or after not in ROOTS:
            reason = "a path starts at the product, at /ONIXMessage or at /record; .// finds any depth"
            ja = "道順は Product、/ONIXMessage、/record のどれかから書き始めます。どの深さでもよいときは .// を使います"
            raise PathError(path, reason, ja=ja)
        if after == "ONIXMessage" and at > 0:
            reason = "a path in /ONIXMessage is not mixed with others; join: puts values together"
            ja = "/ONIXMessage の道順は、ほかの道順と混ぜられません。値をつなぐには join: を使います"
            raise PathError(path, reason, ja=ja)
    if any(token.kind == "prefixed" for token in found):
        reason = "ONIX paths are written in reference names without prefix"
        raise PathError(path, reason, ja="ONIX の道順は、接頭辞のない長い名前（TitleText など）で書きます")
    for token in found:
        if token.kind == "element":
            _check_name(path, token.text)
    compiled(path, {}, "")


def _absolute(found: list[Token]) -> Iterator[int]:
    """Where a path begins with a slash."""
    for at, token in enumerate(found):
        if token.text in ("/", "//") and token.kind == "mark":
            before = found[at - 1] if at else None
            operand = before is not None and (
                before.kind in ("element", "word", "attribute", "prefixed") or before.text in (".", "..", "]", ")", "*")
            )
            if not operand:
                yield at


def _check_name(path: str, name: str) -> None:
    known = names().short
    if name in known or name in XHTML or name in OAI:
        return
    reference = names().reference.get(name) or names("2.1").reference.get(name)
    meant = reference or next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.85)), None)
    if meant is not None:
        reason = f"ONIX has no element {name}" if not reference else f"{name} is a short tag"
        ja = f"ONIX に要素 {name} はありません" if not reference else f"{name} は短いタグです。長い名前で書きます"
        error = PathError(path, reason, ja=ja)
        error.suggestion = "".join(meant if t.kind == "element" and t.text == name else t.text for t in tokens(path))
        raise error


def translated(path: str, *, short: bool, release: str) -> str:
    """The path in the names of the file; codes are compared without the blanks around them.

    >>> translated("Language[LanguageRole='01']/LanguageCode", short=True, release="3.0")
    "language[b253[normalize-space(.)='01']]/b252"
    """
    table = names(release).short if short else {}
    found = [token for token in tokens(path) if token.kind != "space" or token.text]
    parts: list[str] = []
    skip = 0
    for at, token in enumerate(found):
        if skip:
            skip -= 1
            continue
        name = table.get(token.text, token.text) if token.kind == "element" else token.text
        if token.kind == "element" and _compared(found, at):
            parts.append(f"{name}[normalize-space(.)={found[at + 2].text}]")
            skip = 2
        else:
            parts.append(name)
    return "".join(parts)


def _compared(found: list[Token], at: int) -> bool:
    """Whether a name alone is compared with a code: ``[Name='01'``, ``and Name='01'``."""
    before = [token for token in found[:at] if token.kind != "space"]
    after = found[at + 1 : at + 3]
    if [token.kind for token in after] != ["mark", "literal"] or after[0].text != "=" or not before:
        return False
    if " ".join((code := after[1].text[1:-1]).split()) != code:
        return False
    opens = before[-1].text == "(" and (len(before) == 1 or before[-2].kind != "word" or before[-2].text == "not")
    return opens or before[-1].text in ("[", "and", "or")


def text_of(item: Any) -> str:
    """The text of an element without the blanks around it; marked-up text as HTML, as CDATA would give it."""
    if item.__class__ is etree._Element and not len(item):  # nearly always
        return (item.text or "").strip()
    if item.__class__ is str:
        return str.strip(item)
    if item.__class__ is Element:
        return text_of(real(item)) if not XHTML.isdisjoint(item.tags()) else str.strip(item.string())
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else str(item)
    if any(child.tag in XHTML for child in item):
        inner = [etree.tostring(child, encoding="unicode") for child in item]
        return (escape(item.text or "", quote=False) + "".join(inner)).strip()
    return "".join(item.itertext()).strip()


def _around(element: Element, names: list[str]) -> list[Any]:
    """What is at a way of names from the top of a plain record."""
    while (above := element.getparent()) is not None:
        element = above
    found = [element] if element.tag == names[0] else []
    for name in names[1:]:
        found = [child for one in found for child in one.children() if child.tag == name]
    return list(found)


@dataclass(slots=True)
class OnixPath(XmlPath):
    """A path in reference names; ``elsewhere``: from the message. ``around``: from the OAI-PMH record."""

    short: bool = False
    release: str = "3.0"
    around: bool = False

    def find(self, node: Node) -> list[Any]:
        """What XPath finds; nothing is around a product that stands in no OAI-PMH record."""
        if self.around and node.document.alone:
            return []
        if self.around and node.plain is not None:
            return _around(node.plain, self.path.strip().split("/")[1:])
        return XmlPath.find(self, node)

    def compile(self, default: str) -> etree.XPath:
        """The path in the names of the file."""
        path = translated(self.path.strip(), short=self.short, release=self.release)
        if self.elsewhere:
            path = re.sub(r"^/\s*ONIX[Mm]essage\s*/?", "./", path).removesuffix("/")
        return compiled(path, {}, "")

    def parsed(self, default: str) -> Expression:
        """The path in the names of the file, as data."""
        return parsed(translated(self.path.strip(), short=self.short, release=self.release), lambda token: token.text)

    def start(self, node: Node) -> Any:
        """The product, or the message."""
        return self.document(node).record if self.elsewhere else node.element

    def document(self, node: Node) -> Document:
        """The record's own document, or that of the message."""
        document = node.document
        return document.message if self.elsewhere and document.message is not None else document
