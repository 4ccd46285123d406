"""YAML as nodes that know their place. Every scalar is text; nothing is guessed, nothing is constructed.

YAML 1.1 turns ``no``, ``0120`` and ``12:30:45`` into other values; here they stay what was typed. Duplicate
keys, tags, anchors and aliases are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from convert.check.issue import Issue
from convert.mapping.yaml_faults import WIDE_COLON, explained
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
TEXT_TAG = "tag:yaml.org,2002:str"
PLAIN_TAGS = {TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
QUOTED = ("'", '"', "|", ">")
SIZE_LIMIT = 5_000_000
DEPTH_LIMIT = 100
_SHAPES_JA = {
    "table": "「項目: 値」の組（名前の後に、半角のコロンと空白）",
    "tables": "「項目: 値」の組の並び",
    "text": "文字（値を一つ）",
    "condition": "条件（{列: 値} など）",
    "test": "条件の値（列: 値、present、absent など）",
    "rule": "規則（列名、または {from: 列名 …}）",
    "step": "処理（名前、または {名前: 値}）",
    "items": "一つ以上の値",
    "names": "名前の並び",
    "one name": "名前を一つ",
    "path of the source": "もとのデータの列名か道順",
    "place": "場所",
    "true | false": "true か false",
    "whole number from 1": "1 以上の整数（半角）",
}
"""What may stand at a place, in Japanese."""
UNFIT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters YAML does not allow (YAML 1.1 §5.1)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. ``quoted`` tells "null" from null."""

    text: str
    at: Location
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether the scalar is YAML's null: nothing, ``~`` or ``null``, unquoted."""
        return not self.quoted and self.text in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping of keys to nodes, in file order."""

    entries: tuple[tuple[Scalar, Node], ...]
    at: Location

    def get(self, name: str) -> Node | None:
        """The node under ``name``, or None."""
        return next((node for key, node in self.entries if key.text == name), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries)


Node = Scalar | Items | Table


def plain(node: Node) -> Any:
    """The node as str, list and dict; null as None."""
    match node:
        case Scalar():
            return None if node.is_null else node.text
        case Items():
            return [plain(item) for item in node.items]
        case Table():
            return {key.text: plain(value) for key, value in node.entries}


def shape_slots(expected: str, where: str) -> dict[str, str]:
    """The slots of ``MAP-SHAPE``: what may stand here, in both languages."""
    return {"expected": expected, "expected_ja": _SHAPES_JA.get(expected, expected), "where": where}


@dataclass(slots=True)
class _Builder:
    name: str
    issues: list[Issue] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def at(self, node: yaml.Node) -> Location:
        return Location(self.name, line=node.start_mark.line + 1, column=node.start_mark.column + 1)

    def build(self, node: yaml.Node) -> Node:
        at = self.at(node)
        if id(node) in self.seen:
            self.issues.append(Issue("MAP-YAML-ALIAS", at))
            return Scalar("", at)
        self.seen.add(id(node))
        if node.tag not in PLAIN_TAGS:
            self.issues.append(Issue("MAP-YAML-TAG", at, value=node.tag))
        if isinstance(node, yaml.MappingNode):
            return self.table(node, at)
        if isinstance(node, yaml.SequenceNode):
            return Items(tuple(self.build(item) for item in node.value), at)
        return Scalar(node.value, at, quoted=getattr(node, "style", None) in QUOTED)

    def table(self, node: yaml.MappingNode, at: Location) -> Table:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key_node, value_node in node.value:
            key, value = self.build(key_node), self.build(value_node)
            if not isinstance(key, Scalar):
                self.issues.append(Issue("MAP-SHAPE", key.at, slots=shape_slots("text", "key")))
            elif key.text in entries:
                first = entries[key.text][0].at.line
                self.issues.append(Issue("MAP-KEY-DOUBLE", key.at, value=key.text, slots={"first": first}))
            else:
                entries[key.text] = (key, value)
                self.wide_colon(key, value)
        return Table(tuple(entries.values()), at)

    def wide_colon(self, key: Scalar, value: Node) -> None:
        """Note ``{公開可否：非公開}``, which YAML reads as a name without a value."""
        if "：" in key.text and not key.quoted and isinstance(value, Scalar) and not value.text and not value.quoted:
            self.issues.append(_syntax(self.name, key.at.line, key.at.column, *WIDE_COLON))


def parse_yaml(data: bytes, name: str) -> tuple[Node | None, list[Issue]]:
    """The document in ``data`` as nodes, and everything wrong with it as YAML.

    ``name`` is the file as the user knows it. None: the text is no YAML at all.
    """
    if len(data) > SIZE_LIMIT:
        return None, [_syntax(name, 1, 1, f"larger than {SIZE_LIMIT:,} bytes", f"{SIZE_LIMIT:,} バイトを超えています")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [_syntax(name, line, None, "not UTF-8", "文字コードが UTF-8 ではありません")]
    builder = _Builder(name)
    unfit = UNFIT.search(text)
    if unfit is not None:
        line = text.count("\n", 0, unfit.start()) + 1
        point = f"U+{ord(unfit[0]):04X}"
        return None, [_syntax(name, line, None, f"character {point}", f"使えない文字 {point} があります")]
    try:
        if _depth(text) > DEPTH_LIMIT:
            return None, [_syntax(name, 1, 1, "nested too deeply", "入れ子が深すぎます")]
        root = yaml.compose(text, Loader=Loader)
        node = None if root is None else builder.build(root)
    except yaml.MarkedYAMLError as error:
        fault = explained(error, text)
        return None, [_syntax(name, fault.line, fault.column, fault.en, fault.ja)]
    if node is None:
        return None, [_syntax(name, 1, 1, "empty", "何も書かれていません")]
    return node, builder.issues


def _depth(text: str) -> int:
    """How deep collections stand in each other. The composer goes down by recursion, in C; the parser does not."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEPTH_LIMIT:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _syntax(name: str, line: int | None, column: int | None, reason: str, reason_ja: str) -> Issue:
    at = Location(name, line=line, column=column)
    return Issue("MAP-YAML", at, slots={"reason": reason, "reason_ja": reason_ja})
