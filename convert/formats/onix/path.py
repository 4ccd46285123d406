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
from convert.formats.xml.path import Follow, Token, XmlPath, compiled, tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from convert.formats.xml.node import Document, Node

ROOTS = ("ONIXMessage", "Product", "record")
_COMPARING = ("!=", "<=", ">=", "+", "-", "=", "<", ">", "and", "or", "div", "mod")
_OAI = frozenset({"record", "header", "identifier", "datestamp", "setSpec", "metadata", "about"})


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
    if name in known or name in XHTML or name in _OAI:
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
    "language[(b253='01' or normalize-space(b253)='01')]/b252"
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
            literal = found[at + 2].text
            parts.append(f"({name}={literal} or normalize-space({name})={literal})")
            skip = 2
        else:
            parts.append(name)
    return "".join(parts)


def _compared(found: list[Token], at: int) -> bool:
    """Whether a name alone is compared with a text: ``[Name='01'``, ``and Name='01'``."""
    before = next((token for token in reversed(found[:at]) if token.kind != "space"), None)
    after = found[at + 1 : at + 3]
    follows = [token.kind for token in after] == ["mark", "literal"] and after[0].text == "="
    return follows and before is not None and (before.text in ("[", "(") or before.kind == "operator")


def text_of(item: Any) -> str:
    """The text of an element without the blanks around it; marked-up text as HTML, as CDATA would give it."""
    if item.__class__ is etree._Element and not len(item):  # nearly always
        return (item.text or "").strip()
    if item.__class__ is str:
        return str.strip(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else str(item)
    if any(child.tag in XHTML for child in item):
        inner = [etree.tostring(child, encoding="unicode") for child in item]
        return (escape(item.text or "", quote=False) + "".join(inner)).strip()
    return "".join(item.itertext()).strip()


def alternatives(path: str) -> list[tuple[str | None, str]]:
    """The parts of a path between ``|``, each with the element's name it begins with, if it begins so.

    >>> alternatives("a/b[c | d] | .//e"), alternatives("a = b")
    ([('a', 'a/b[c | d]'), (None, './/e')], [(None, 'a = b')])
    """
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens(path):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if not depth and token.kind in ("mark", "operator") and token.text in _COMPARING:
            return [(None, path)]
        if not depth and token.text == "|":
            parts.append([])
        else:
            parts[-1].append(token)
    return [(_begins(part), "".join(token.text for token in part).strip()) for part in parts]


def _begins(part: list[Token]) -> str | None:
    first = next((token for token in part if token.kind != "space"), None)
    return first.text if first is not None and first.kind == "element" else None


def _nothing(element: Any) -> list[Any]:
    return []


def needed(path: str) -> list[frozenset[str]] | None:
    """What a product has to hold for the path to find anything: one of the sets of names and codes (``Name=code``).

    None where that cannot be told by looking at the path.

    >>> [sorted(names) for names in needed("Language[LanguageRole='01']/LanguageCode | OriginalLanguage") or ()]
    [['Language', 'LanguageCode', 'LanguageRole=01'], ['OriginalLanguage']]
    >>> needed("(a | b)[1]"), needed("../a"), needed("count(a)")
    (None, None, None)
    >>> needed("/record/header/datestamp") is None
    True
    """
    found = [_needed([token for token in tokens(part) if token.kind != "space"]) for _, part in alternatives(path)]
    return None if None in found else [names for names in found if names is not None]


def _needed(part: list[Token]) -> frozenset[str] | None:
    names, depth = set(), 0
    if part and part[0].text == "/":  # outside the product
        return None
    for at, token in enumerate(part):
        depth += (token.text == "[") - (token.text == "]")
        if depth == 0 and token.kind == "element":
            names.add(token.text)
        elif depth == 0 and token.text not in ("/", "]", "@") and token.kind != "attribute":
            return None
        code = part[at + 1 : at + 5] if depth == 1 and token.text == "[" else []
        if [inner.kind for inner in code] == ["element", "mark", "literal", "mark"] and (
            code[1].text == "=" and code[3].text == "]" and code[2].text[1:-1].isalnum()
        ):
            names.add(f"{code[0].text}={code[2].text[1:-1]}")
    return frozenset(names)


@dataclass(slots=True)
class OnixPath(XmlPath):
    """A path in reference names; ``elsewhere``: from the message.

    ``needs`` is what :func:`needed` says, in the names of the file.
    """

    short: bool = False
    release: str = "3.0"
    needs: list[frozenset[str]] | None = None

    def compile(self, default: str) -> etree.XPath:
        """The path in the names of the file."""
        path = translated(self.path.strip(), short=self.short, release=self.release)
        if self.elsewhere:
            path = re.sub(r"^/\s*ONIX[Mm]essage\s*/?", "./", path).removesuffix("/")
        return compiled(path, {}, "")

    def narrowed(self, default: str, inside: Collection[str]) -> Follow:
        """The path without the alternatives for elements that the product does not have: those of other releases."""
        whole = translated(self.path.strip(), short=self.short, release=self.release)
        kept = [part for name, part in alternatives(whole) if name is None or name in inside]
        return compiled(" | ".join(kept), {}, default) if kept else _nothing

    def start(self, node: Node) -> Any:
        """The product, or the message."""
        return self.document(node).record if self.elsewhere else node.element

    def document(self, node: Node) -> Document:
        """The record's own document, or that of the message."""
        document = node.document
        return document.message if self.elsewhere and document.message is not None else document
