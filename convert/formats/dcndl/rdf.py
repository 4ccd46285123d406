"""DC-NDL as Turtle, N-Triples or JSON-LD, through rdflib: slow, and the same at every run."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rdflib import BNode, Graph

from convert.formats.base import Container
from convert.formats.dcndl.model import model


class _Ordered(Graph):
    """A graph whose blank nodes are numbered in the order they come, under a name of the record's own."""

    def __init__(self, name: str) -> None:
        super().__init__(bind_namespaces="none")
        self._own, self._numbers = name, dict[BNode, BNode]()
        for prefix, uri in model().namespaces.items():
            self.bind(prefix, uri)

    def add(self, triple: Any) -> _Ordered:
        """Add a triple."""
        super().add(tuple(self._named(term) for term in triple))
        return self

    def _named(self, term: Any) -> Any:
        if not isinstance(term, BNode):
            return term
        return self._numbers.setdefault(term, BNode(f"{self._own}x{len(self._numbers) + 1}"))


def graph(document: str) -> Graph:
    """The graph of an RDF/XML document."""
    data = document.encode()
    made = _Ordered("n" + hashlib.sha256(data).hexdigest()[:16])
    made.parse(data=data, format="xml")
    return made


def encode(document: str, serialization: str) -> bytes:
    """An RDF/XML document as a piece of a file of ``turtle``, ``ntriples`` or ``jsonld``."""
    made = graph(document)
    if serialization == "turtle":
        text = made.serialize(format="turtle")
        body = [line for line in text.splitlines() if not line.startswith("@prefix ")]
        return ("\n".join(body).strip() + "\n\n").encode()
    if serialization == "ntriples":
        lines = sorted(line for line in made.serialize(format="nt").splitlines() if line)
        return "".join(f"{line}\n" for line in lines).encode()
    nodes = json.loads(made.serialize(format="json-ld", auto_compact=False), object_hook=_sorted)
    return b",\n".join(sorted(json.dumps(node, ensure_ascii=False, sort_keys=True).encode() for node in nodes))


def _sorted(node: dict[str, Any]) -> dict[str, Any]:
    """An object of JSON-LD whose values stand in one order; lists keep theirs."""
    return {
        key: sorted(value, key=json.dumps) if isinstance(value, list) and key != "@list" else value
        for key, value in node.items()
    }


def container(serialization: str, limit: int | None, most: int | None) -> Container:
    """What stands around the pieces."""
    if serialization == "turtle":
        prefixes = "".join(f"@prefix {prefix}: <{uri}> .\n" for prefix, uri in model().namespaces.items())
        return Container(f"{prefixes}\n".encode(), limit=limit, most=most)
    if serialization == "jsonld":
        return Container(b"[\n", b",\n", b"\n]\n", limit=limit, most=most)
    return Container(limit=limit, most=most)
