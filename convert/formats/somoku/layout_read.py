"""From nodes to values: each key of a layout file read by the shape that the grammar gives it, every fault noted."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.errors import near
from convert.formats.somoku.layout_keys import CODINGS, TABLES, Key
from convert.mapping.nodes import Items, Node, Scalar, Table
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable

Keys = tuple[str, ...]
"""The keys that lead to a value, from the top."""

_WHOLE = re.compile("0{0,8}[0-9]{1,9}")
_SIGNED = re.compile("[+-]?[0-9]{1,9}")
_HEX = re.compile("(?:[0-9A-Fa-f]{2} ?)+")
_FLAGS = {"true": True, "false": False}
_MEANT = dict.fromkeys(("yes", "on", "True", "TRUE", "y", "1"), "true") | dict.fromkeys(
    ("no", "off", "False", "FALSE", "n", "0"), "false"
)
"""What people write for true and false."""
_EXPECTED = {
    "text": ("文字", "a text"),
    "raw": ("文字", "a text"),
    "character": ("1文字", "one character"),
    "whole": ("{least} 以上の整数", "a whole number from {least}"),
    "signed": ("整数（-5 など）", "a whole number such as -5"),
    "flag": ("true か false", "true or false"),
    "texts": ("文字、または文字の並び [ ]", "a text or a list of texts"),
    "words": ("語の並び [ ]", "a list of words"),
    "names": ("「コード: 文字」の組 {{ }}", "codes with texts in {{ }}"),
    "table": ("「項目: 値」の組 {{ }}", "keys with values in {{ }}"),
    "tables": ("名前ごとの「項目: 値」の組", "a table of names, each with its keys"),
    "items": ("「項目: 値」の組 {{ }} の並び [ ]", "a list of tables"),
    "number": ("桁数、または {{width: 桁数, coding: digits か binary}}", "a width, or {{width: 4, coding: binary}}"),
    "coding": ("digits か binary", "digits or binary"),
    "place": ("「251$A」のような位置", "a place such as 251$A"),
}


class Faults:
    """What was found, and where everything stands: ``places`` by the path of keys.

    ``unread``: the top keys under which something could not be read, so that what is missing there may be meant.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.issues: list[Issue] = []
        self.places: dict[Keys, Location] = {}
        self.unread: set[str] = set()

    def note(
        self,
        code: str,
        at: Location,
        value: str | None = None,
        *,
        suggestion: str | None = None,
        severity: Severity | None = None,
        **slots: Any,
    ) -> None:
        """Remember a fault."""
        self.issues.append(Issue(code, at, severity, value=value, slots=slots, suggestion=suggestion))

    def at(self, *path: str) -> Location:
        """Where the value at a path of keys stands, or what holds it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return Location(self.name, line=1, column=1)


class Values(Faults):
    """Reads tables by the grammar."""

    def table(self, node: Node | None, name: str, path: Keys) -> dict[str, Any]:
        """The values of a table, those that can be read; keys with tables hold the nodes of these."""
        if node is None:
            return {}
        self.places[path] = node.at
        known = len(self.issues)
        found = self._table(node, name, path)
        if path and len(self.issues) > known:
            self.unread.add(path[0])
        return found

    def _table(self, node: Node, name: str, path: Keys) -> dict[str, Any]:
        if not isinstance(node, Table):
            self.shape(node, "table")
            return {}
        keys = {key.name: key for key in TABLES[name]}
        found = {}
        for key_node, value in node:
            key = keys.get(key_node.text)
            if key is None:
                suggestion = near(key_node.text, keys)
                self.note("SMK-LAYOUT-KEY", key_node.at, key_node.text, suggestion=suggestion, known=list(keys))
                continue
            if is_null(value):
                continue
            self.places[*path, key.name] = value.at
            read = self.value(value, key, (*path, key.name))
            if read is not None:
                found[key.name] = read
        self._missing(node, keys.values(), path)
        return found

    def _missing(self, node: Table, keys: Iterable[Key], path: Keys) -> None:
        for key in keys:
            if key.required and is_null(node.get(key.name)):
                self.note("SMK-LAYOUT-KEY-MISSING", node.at, key.name, where=".".join(path) or self.name)

    def shape(self, node: Node, kind: str, least: int = 0) -> None:
        """Note that a node is not what the grammar wants."""
        ja, en = (text.format(least=least) for text in _EXPECTED[kind])
        shown = node.text if isinstance(node, Scalar) else None
        meant = _MEANT.get(shown) if shown is not None and kind == "flag" else None
        self.note("SMK-LAYOUT-SHAPE", node.at, shown, suggestion=meant, expected=en, expected_ja=ja)

    def value(self, node: Node, key: Key, path: Keys) -> Any:
        """The value of a key by its kind; None after noting why there is none."""
        if key.kind in ("place", "tables", "items", "table"):
            return node
        if key.kind in ("texts", "words"):
            return self._list(node, key)
        if key.kind == "names":
            return self._names(node, key)
        if key.kind in ("number", "coding"):
            return self._number(node, key, path)
        if not isinstance(node, Scalar):
            self.shape(node, "text" if key.kind not in _EXPECTED else key.kind, key.least)
            return None
        return self._scalar(node, key)

    def _scalar(self, node: Scalar, key: Key) -> Any:
        match key.kind:
            case "word":
                return self.choice(node, key.choices)
            case "hex":
                return self._hex(node)
            case "date":
                return self._date(node)
            case "version":
                return self._version(node)
            case "whole":
                good = _WHOLE.fullmatch(node.text) and int(node.text) >= key.least
                found: Any = int(node.text) if good else None
            case "signed":
                found = int(node.text) if _SIGNED.fullmatch(node.text) else None
            case "flag":
                found = _FLAGS.get(node.text)
            case "character":
                found = node.text if len(node.text) == 1 else None
            case "text":
                found = node.text if node.text.strip() else None
            case _:
                found = node.text
        if found is None:
            self.shape(node, key.kind, key.least)
        return found

    def choice(self, node: Scalar, choices: Iterable[str]) -> str | None:
        """One of the words that the grammar allows."""
        known = list(choices)
        if node.text in known:
            return node.text
        self.note("SMK-LAYOUT-VALUE", node.at, node.text, suggestion=near(node.text, known), known=known)
        return None

    def _hex(self, node: Scalar) -> bytes | None:
        if _HEX.fullmatch(node.text):
            return bytes.fromhex(node.text)
        self.note("SMK-LAYOUT-HEX", node.at, node.text)
        return None

    def _date(self, node: Scalar) -> str | None:
        try:
            good = date.fromisoformat(node.text).isoformat() == node.text
        except ValueError:
            good = False
        if not good:
            self.note("SMK-LAYOUT-DATE", node.at, node.text)
        return node.text if good else None

    def _version(self, node: Scalar) -> str | None:
        if node.text != "1":
            self.note("SMK-LAYOUT-VERSION", node.at, node.text)
        return node.text

    def _list(self, node: Node, key: Key) -> tuple[str, ...] | None:
        items = node.items if isinstance(node, Items) else (node,)
        if key.kind == "words" and not isinstance(node, Items):
            self.shape(node, key.kind)
            return None
        found = []
        for item in items:
            if not isinstance(item, Scalar) or item.is_null:
                self.shape(item, "text")
                return None
            word = self.choice(item, key.choices) if key.choices else item.text
            if word is None:
                return None
            found.append(word)
        return tuple(found)

    def _names(self, node: Node, key: Key) -> dict[str, str] | None:
        if not isinstance(node, Table):
            self.shape(node, "names")
            return None
        found = {}
        for name, value in node:
            if not isinstance(value, Scalar):
                self.shape(value, "text")
                continue
            word = self.choice(value, key.choices) if key.choices else "" if value.is_null else value.text
            if word is not None:
                found[name.text] = word
        return found

    def _number(self, node: Node, key: Key, path: Keys) -> dict[str, Any] | None:
        """The parts given of a number: its width, how it is written."""
        if isinstance(node, Table):
            return self.table(node, key.kind, path)
        if isinstance(node, Scalar) and key.kind == "number" and _WHOLE.fullmatch(node.text) and int(node.text):
            return {"width": int(node.text)}
        if isinstance(node, Scalar) and key.kind == "coding" and node.text in CODINGS:
            return {"coding": node.text}
        self.shape(node, key.kind)
        return None


def is_null(node: Node | None) -> bool:
    """Whether nothing is said: no node, or null."""
    return node is None or (isinstance(node, Scalar) and node.is_null)
