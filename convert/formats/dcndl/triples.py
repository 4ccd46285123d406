"""Read DC-NDL that was written as N-Triples, Turtle or JSON-LD, to compare it with what is written next time.

A record is what hangs on one BibAdminResource. What the writer makes keeps a record's nodes together, so that no more
than three records are held at a time; a file in another order is refused.
"""

from __future__ import annotations

import json
import re
from collections import deque
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from convert.errors import UsageError
from convert.formats.dcndl.model import model
from convert.model import Record
from convert.source import text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convert.check.issue import Issue
    from convert.formats.base import Options, Part
    from convert.source import Source

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LINE = re.compile(r"(?:<([^>]*)>|(_:\S+)) <([^>]*)> (.*?) ?\.\s*")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(\S*)')
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_SPLIT = re.compile(r"[#/](?=[^#/]*$)")

Triple = tuple[str, str, str, bool]
"""Subject (a blank one begins with ``_:``), predicate, object, and whether the object is a node."""


class TriplesReader:
    """Records of a file of N-Triples. Bodies are dicts of lists by field."""

    columns = None
    clean_end = True

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._source = source
        self.head_issues: list[Issue] = []
        self.rows = 0
        self._admin = f"{model().namespaces['dcndl']}BibAdminResource"
        self._prefixes = {uri: prefix for prefix, uri in model().namespaces.items()}

    def triples(self, lines: Iterable[str]) -> Iterator[Triple]:
        """Every triple, in the order of the file."""
        for number, line in enumerate(lines, start=1):
            if line.strip() and not line.startswith("#"):
                found = _LINE.fullmatch(line)
                if found is None:
                    raise self._refused(f"line {number}", f"{number} 行目が N-Triples ではありません")
                value, node = _object(found[4])
                yield found[1] or found[2], found[3], value, node

    def __iter__(self) -> Iterator[Record]:
        opened, lines = text_lines(self._source, "utf-8")
        with opened.stream:
            for ordinal, (uri, body) in enumerate(self._records(self.triples(lines)), start=1):
                record = Record(body, self._source.name, ordinal)
                record.id = uri
                yield record

    # ── From triples to records ──────────────────────────────────────────────────────────────────

    def _records(self, triples: Iterator[Triple]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each record, once the nodes before the next one but one are known."""
        window: deque[_Stretch] = deque([_Stretch()])
        for subject, group in groupby(triples, key=itemgetter(0)):
            held = list(group)
            window[-1].nodes.setdefault(subject, []).extend(held)
            if any(predicate == TYPE and value == self._admin for _, predicate, value, _ in held):
                window[-1].uri = subject
                window.append(_Stretch())
                if len(window) > 3:
                    yield self._record(window)
                    self._leave(window)
        while len(window) > 1:
            yield self._record(window)
            self._leave(window)
        self._leave(window)

    def _record(self, window: Sequence[_Stretch]) -> tuple[str, dict[str, Any]]:
        """The record of the first stretch that ends in its management; nodes stand there or in the next stretch."""
        uri, near = window[0].uri, list(window)[:2]
        others = {stretch.uri for stretch in window} - {uri}
        body: dict[str, list[str]] = {"uri": [uri]}
        waiting, seen = [(uri, "")], {uri}
        while waiting:
            subject, path = waiting.pop()
            for stretch in near:
                for _, predicate, value, is_node in stretch.used(subject):
                    name, base = path + self._name(predicate), value.partition("#")[0]
                    if not value.startswith("_:"):
                        body.setdefault(name, []).append(value)
                    if is_node and value not in seen and base not in others:
                        seen.add(value)
                        waiting.append((value, "" if base == uri else f"{name}."))
        return uri, {name: sorted(set(values)) for name, values in sorted(body.items())}

    def _leave(self, window: deque[_Stretch]) -> None:
        """Let the first stretch go; every node in it must have been some record's."""
        stretch = window.popleft()
        left = next((name for name in stretch.nodes if name not in stretch.taken), None)
        if left is not None:
            raise self._refused(f"the node {left}", f"ノード {left} が、そのレコードから離れたところにあります")

    def _name(self, predicate: str) -> str:
        cut = _SPLIT.search(predicate)
        if cut is None:
            return predicate
        prefix = self._prefixes.get(predicate[: cut.end()])
        local = predicate[cut.end() :]
        return local if prefix in (None, "dcterms") else f"{prefix}:{local}"

    def _refused(self, en: str, ja: str) -> UsageError:
        name = self._source.name
        return UsageError(
            f"{name}: {en} is not as this tool writes it; compare deliveries in RDF/XML (serialization=rdfxml)",
            f"{name}：{ja}。この道具が書いたままのファイルでないと比べられません。"
            "RDF/XML（serialization=rdfxml）で書いたもの同士を比べてください。",
        )


class _Stretch:
    """The nodes that end in the management of a record."""

    __slots__ = ("nodes", "taken", "uri")

    def __init__(self) -> None:
        self.nodes: dict[str, list[Triple]] = {}
        self.taken: set[str] = set()
        self.uri = ""

    def used(self, subject: str) -> Sequence[Triple]:
        """What is said of a node."""
        found = self.nodes.get(subject, ())
        if found:
            self.taken.add(subject)
        return found


class JsonLdReader(TriplesReader):
    """The same of JSON-LD, one node a line."""

    def triples(self, lines: Iterable[str]) -> Iterator[Triple]:
        """Every triple, node by node."""
        for number, line in enumerate(lines, start=1):
            text = line.strip().rstrip(",")
            if text in ("", "[", "]"):
                continue
            try:
                node = json.loads(text)
                yield from _node_triples(node)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise self._refused(f"line {number}", f"{number} 行目が、一行に一つのノードではありません") from None


class TurtleReader(TriplesReader):
    """The same of Turtle, node by node, through rdflib: slow."""

    def triples(self, lines: Iterable[str]) -> Iterator[Triple]:
        """Every triple, block by block."""
        from rdflib import Graph  # noqa: PLC0415 - heavy, and only for this

        head = "".join(f"@prefix {prefix}: <{uri}> .\n" for prefix, uri in model().namespaces.items())
        for count, block in enumerate(_blocks(lines)):
            graph = Graph(bind_namespaces="none")
            try:
                graph.parse(data=head + block, format="turtle")
            except Exception:
                raise self._refused("a block", "読めない部分があります") from None
            found = [(_node(subject, count), str(predicate), *_term(term, count)) for subject, predicate, term in graph]
            yield from sorted(found)


def _node(term: Any, count: int) -> str:
    from rdflib import URIRef  # noqa: PLC0415 - likewise

    return str(term) if isinstance(term, URIRef) else f"_:b{count}{term}"


def _term(term: Any, count: int) -> tuple[str, bool]:
    from rdflib import Literal  # noqa: PLC0415 - likewise

    if not isinstance(term, Literal):
        return _node(term, count), True
    mark = f"@{term.language}" if term.language else f"^^{term.datatype}" if term.datatype else ""
    return f"{term}{mark}", False


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    """What stands between empty lines outside of long texts, prefixes left out."""
    held: list[str] = []
    inside = False
    for line in lines:
        if not inside and (not line.strip() or line.startswith("@prefix ")):
            if held:
                yield "".join(held)
                held = []
            continue
        held.append(line)
        if line.count('"""') % 2:
            inside = not inside
    if held:
        yield "".join(held)


def _object(text: str) -> tuple[str, bool]:
    if text.startswith("<"):
        return text[1:-1], True
    if text.startswith("_:"):
        return text, True
    found = _LITERAL.fullmatch(text)
    return (_ESCAPE.sub(_character, found[1]) + found[2], False) if found else (text, False)


def _character(found: re.Match[str]) -> str:
    escape = found[1]
    return chr(int(escape[1:], 16)) if escape[0] in "uU" and len(escape) > 1 else _PLAIN.get(escape, escape)


def _node_triples(node: dict[str, Any]) -> Iterator[Triple]:
    subject = node["@id"]
    for kind in node.get("@type", ()):
        yield subject, TYPE, kind, True
    for predicate, values in node.items():
        for value in _laid_out(values) if not predicate.startswith("@") else ():
            if "@id" in value:
                yield subject, predicate, value["@id"], True
            else:
                mark = f"@{value['@language']}" if "@language" in value else ""
                mark += f"^^{value['@type']}" if "@type" in value else ""
                yield subject, predicate, f"{value['@value']}{mark}", False


def _laid_out(values: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for value in values:
        if "@list" in value:
            yield from value["@list"]
        else:
            yield value
