"""Load a layout: find the file, follow ``extends``, read every part, check it all.

Everything knowable without data is checked here, all findings at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from convert import resources
from convert.check.issue import Issue, Severity
from convert.errors import LayoutError, UnknownName, near, reason_in_japanese
from convert.formats.somoku.layout_build import Builder
from convert.formats.somoku.layout_check import check_layout
from convert.formats.somoku.layout_keys import MARKS, OWN
from convert.mapping.nodes import Items, Node, Scalar, Table, parse_yaml
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.resources import as_file, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convert.formats.somoku.model import Layout, Mark

SUFFIXES = ("", ".yaml", ".yml")


@dataclass(slots=True)
class LoadedLayout:
    """A layout and all that was found in it; ``layout`` None when it cannot be used."""

    layout: Layout | None
    issues: list[Issue] = field(default_factory=list)


def layouts() -> dict[str, Path]:
    """The shipped layouts by name (``jpmarc-legacy``)."""
    return {path.stem: path for path in sorted((resources.schemas() / "somoku" / "layouts").glob("*.yaml"))}


def find_layout(name: str, base: Path | None = None) -> Path | None:
    """The file of a layout, by path (with or without suffix; from ``base``, then from here) or by shipped name."""
    return next(_candidates(name, base), None)


def _candidates(name: str, base: Path | None) -> Iterator[Path]:
    for folder in [base, None] if base else [None]:
        for suffix in SUFFIXES:
            path = as_file(name + suffix, folder)
            if path is not None:
                yield path
    if name in layouts():
        yield layouts()[name]


def load_layout(name: str, base: Path | None = None) -> Layout:
    """Load and check a layout. Raises :class:`LayoutError` with every finding, :class:`UnknownName` when there is
    no such layout.

    >>> load_layout("jpmarc-legacy").elements["タイトル"].place.sub
    'A'
    """
    path = find_layout(name, base)
    if path is None:
        raise UnknownName("layout", name, sorted(layouts()))
    loaded = inspect_layout(path)
    if loaded.layout is None:
        raise LayoutError(loaded.issues)
    return loaded.layout


def inspect_layout(path: Path) -> LoadedLayout:
    """Load a layout and give everything found in it, warnings and notices included."""
    gathered = _Gathered()
    root = gathered.document(path, ())
    if root is None:
        return LoadedLayout(None, _sorted(gathered.issues))
    builder = Builder(shown(path), gathered.marks)
    builder.unread |= gathered.unread
    layout = builder.layout(root, path.stem)
    if layout is not None:
        layout = replace(layout, file=shown(path), sha256=gathered.sha256)
        check_layout(layout, builder)
    issues = _sorted(gathered.issues + builder.issues)
    if any(catalogue().severity(issue) >= Severity.ERROR for issue in issues):
        layout = None
    return LoadedLayout(layout, issues)


def _sorted(issues: list[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: (issue.at.source, issue.at.line or 0, issue.at.column or 0, issue.code))


# ── Documents: extends ───────────────────────────────────────────────────────────────────────────


class _Gathered:
    """Documents as they are read and merged; the hash over all files; what each file says of its parts."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.marks: dict[str, Mark] = {}
        self.unread: set[str] = set()
        self._hashes: list[str] = []

    @property
    def sha256(self) -> str:
        """The hash of the file; of the hashes of all files, own first, when it extends others."""
        if len(self._hashes) == 1:
            return self._hashes[0]
        return hashlib.sha256("\n".join(self._hashes).encode()).hexdigest()

    def note(
        self, code: str, at: Location, value: str | None = None, suggestion: str | None = None, **slots: str
    ) -> None:
        self.issues.append(Issue(code, at, value=value, slots=slots, suggestion=suggestion))

    def document(self, path: Path, chain: tuple[Path, ...]) -> Table | None:
        """The document in ``path``, with what it extends below it."""
        name = shown(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            self.note("SMK-LAYOUT-FILE", Location(name), name, reason=reason, reason_ja=reason_in_japanese(error))
            return None
        self._hashes.append(hashlib.sha256(data).hexdigest())
        node, issues = parse_yaml(data, name)
        self.issues += [_reworded(issue) for issue in issues]
        if node is None:
            return None
        if not isinstance(node, Table):
            ja, en = "「項目: 値」の組", "a table of keys"
            self.note("SMK-LAYOUT-SHAPE", node.at, expected=en, expected_ja=ja)
            return None
        if node.get("mapping") is not None and node.get("layout") is None:
            self.note("SMK-LAYOUT-KEY-MISSING", node.at, "layout", where=name)
            return None
        mark = node.get("mark")
        if isinstance(mark, Scalar) and mark.text in MARKS:
            self.marks[name] = mark.text  # type: ignore[assignment]
        own = self._named_items(node)
        below = self._below(node.get("extends"), path, (*chain, path.resolve()))
        return own if below is None else _merge(below, own)

    def _below(self, ref: Node | None, path: Path, chain: tuple[Path, ...]) -> Table | None:
        if not isinstance(ref, Scalar) or ref.is_null:
            return None
        found = [one for one in _candidates(ref.text, path.parent) if one.resolve() != path.resolve()]
        if found and found[0].resolve() not in chain:
            below = self.document(found[0], chain)
            return Table(tuple(entry for entry in below if entry[0].text not in OWN), below.at) if below else None
        if found or as_file(ref.text, path.parent) or ref.text in layouts():
            links = [shown(link) for link in (*chain, *found[:1])]
            self.note("SMK-LAYOUT-CYCLE", ref.at, ref.text, chain=" → ".join(links))
        else:
            self.note("SMK-LAYOUT-EXTENDS", ref.at, ref.text, near(ref.text, layouts()), known=", ".join(layouts()))
        return None

    def _named_items(self, root: Table) -> Table:
        """The document with the items of the label under their names and short elements in full."""
        changed = {"label": self._label(root.get("label")), "elements": _full(root.get("elements"))}
        return _laid(root, {name: node for name, node in changed.items() if node is not None})

    def _label(self, node: Node | None) -> Node | None:
        items = node.get("items") if isinstance(node, Table) else None
        if not isinstance(node, Table) or not isinstance(items, Items):
            return node
        named: dict[str, tuple[Scalar, Node]] = {}
        for item in items.items:
            name = item.get("name") if isinstance(item, Table) else None
            if not isinstance(name, Scalar) or name.is_null:
                self.note("SMK-LAYOUT-KEY-MISSING", item.at, "name", where="label.items")
                self.unread.add("label")
            elif name.text in named:
                self.note("SMK-LAYOUT-DOUBLE", name.at, name.text, first=str(named[name.text][0].at.line))
                self.unread.add("label")
            else:
                named[name.text] = (name, item)
        return _laid(node, {"items": Table(tuple(named.values()), items.at)})


def _merge(below: Table, above: Table) -> Table:
    """``above`` laid over ``below``, key by key; what is null there takes away what is below."""
    entries = {key.text: (key, node) for key, node in below}
    for key, node in above:
        old = entries[key.text][1] if key.text in entries else None
        if isinstance(node, Scalar) and node.is_null and old is not None:
            del entries[key.text]
        elif isinstance(node, Table) and isinstance(old, Table):
            entries[key.text] = (key, _merge(old, node))
        else:
            entries[key.text] = (key, node)
    return Table(tuple(entries.values()), above.at)


def _reworded(issue: Issue) -> Issue:
    """A fault of YAML in the words of layouts."""
    words = catalogue()
    if issue.code == "MAP-KEY-DOUBLE":
        return replace(issue, code="SMK-LAYOUT-DOUBLE")
    if issue.code == "MAP-YAML":
        return replace(issue, code="SMK-LAYOUT-YAML")
    reasons = {"reason": words.message(issue, "en").rstrip("."), "reason_ja": words.message(issue, "ja").rstrip("。")}
    return replace(issue, code="SMK-LAYOUT-YAML", slots=reasons)


def _laid(table: Table, changed: dict[str, Node]) -> Table:
    return Table(tuple((key, changed.get(key.text, node)) for key, node in table), table.at)


def _full(node: Node | None) -> Node | None:
    """Elements with ``NAME: 251$A`` written as ``NAME: {at: 251$A}``, in members too."""
    if not isinstance(node, Table):
        return node
    return Table(tuple((key, _full_element(inside)) for key, inside in node), node.at)


def _full_element(node: Node) -> Node:
    if isinstance(node, Items) or (isinstance(node, Scalar) and not node.is_null):
        return Table(((Scalar("at", node.at), node),), node.at)
    members = _full(node.get("members")) if isinstance(node, Table) else None
    return _laid(node, {"members": members}) if isinstance(node, Table) and members is not None else node
