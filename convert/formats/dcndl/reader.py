"""Read DC-NDL(RDF): answers of NDL Search over SRU and OAI-PMH, files it gave out, files of suppliers.

A record is what one BibResource describes: its management, its description (which NDL writes in two nodes) and its
items. A record that is no well-formed XML, or no description, harms no other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.errors import near
from convert.formats.dcndl import quick
from convert.formats.dcndl.groups import BEFORE_ADMIN, MERGED, NodeSlicer, grouped, is_complaint, is_cut
from convert.formats.dcndl.model import known_elements
from convert.formats.dcndl.path import Body, DcndlPath, Origin, check_path, way
from convert.formats.dcndl.reading import Reading, local, node_of
from convert.formats.jsonl.path import parse_path, walk
from convert.formats.xml.faults import explain
from convert.formats.xml.places import start_of
from convert.formats.xml.reader import XmlReader
from convert.formats.xml.slicer import Slice, Slicer
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.formats.base import Options, Part
    from convert.formats.xml.names import Open
    from convert.source import Source

MAX_ERRORS = 10
"""Errors of a server that are told."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_MARKS = re.compile(r"[^\n]")
_EMPTY = ("RDF", "ListRecords", "records", "searchRetrieveResponse")
"""Elements that may hold nothing."""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class DcndlReader(XmlReader):
    """Records of a file with ``rdf:RDF`` elements, whatever stands around them. Bodies are dicts."""

    nests = False

    def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
        self._errors: list[tuple[int, str, str]] = []
        super().__init__(source, options, part)

    # ── The file ─────────────────────────────────────────────────────────────────────────────────

    def wanted(self, around: Sequence[Open], name: str, scope: Mapping[str, str]) -> bool:
        """Whether an element is cut out."""
        return is_cut(around, name)

    def is_record(self, piece: Slice) -> bool:
        """Whether a slice is a record, not a server's complaint."""
        return not is_complaint(piece)

    def _sliced(self, chunks: Iterator[bytes], **more: Any) -> Slicer:
        return NodeSlicer(chunks, self.wanted, limit=self._limit, nests=self.nests, **more)

    def before(self, piece: Slice) -> None:
        """Keep what the server complains of."""
        found = self.parse(piece)[0]
        if found is None or len(self._errors) >= MAX_ERRORS or any(line == piece.line for line, _, _ in self._errors):
            return
        if _local(piece.name) == "error":
            self._errors.append((piece.line, found.get("code") or "", " ".join("".join(found.itertext()).split())))
            return
        told = {local(child.tag): (child.text or "").strip() for child in found.iterchildren("*")}
        text = ": ".join(part for part in (told.get("message"), told.get("details")) if part)
        self._errors.append((piece.line, told.get("uri", ""), text))

    def nothing_found(self, slicer: Slicer) -> Iterator[Record]:
        """Say why there is no record: the server's complaint, an empty list, or no such file at all."""
        name = self._source.name
        if not self._errors and any(_local(passed.rpartition("/")[2]) in _EMPTY for passed in slicer.names):
            issue = Issue("NDL-READ-NONE", Location(name), ordinal=1)
            yield Record(None, source=name, ordinal=1, issues=[issue])
            return
        for ordinal, (line, code, text) in enumerate(self._errors, start=1):
            issue = Issue("NDL-SERVER", Location(name, line=line), ordinal=ordinal, value=text, slots={"said": code})
            yield Record(None, source=name, ordinal=ordinal, line=line, issues=[issue])
        if not self._errors:
            yield from super().nothing_found(slicer)

    def record_name(self) -> str:
        """What was looked for."""
        return "rdf:RDF"

    def ends(self, first: Slice) -> re.Pattern[bytes]:
        """An answer is cut behind a record, a bare ``rdf:RDF`` before a line that begins a record's management."""
        return BEFORE_ADMIN if first.name == MERGED else super().ends(first)

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def read_slice(self, piece: Slice, ordinal: int, warned: list[Issue]) -> Iterator[Record]:
        """The records of a slice: mostly one."""
        record = self._quick(piece, ordinal, warned)
        if record is not None:
            yield record
            return
        top, complaint = self.parse(piece)
        if top is None:
            yield self._broken(
                piece, [*warned, _bare(explain(piece, complaint, self.encoding, self._source, ordinal))], ordinal
            )
            return
        if piece.name == MERGED or _local(piece.name) == "RDF":
            yield from self._all(piece, top, list(top), ordinal, warned, {})
            return
        header = self._header(top)
        if header.get("oai", [{}])[0].get("status") == "deleted":
            yield self._deleted(piece, top, header, ordinal, warned)
            return
        inside = next((found for found in top.iter("*") if local(found.tag) == "RDF"), None)
        if inside is not None:
            yield from self._all(piece, top, list(inside), ordinal, warned, header)
            return
        data = next((found for found in top.iter("*") if local(found.tag) == "recordData"), None)
        if data is None or not (data.text or "").strip():
            yield self._broken(piece, [*warned, self._issue("NDL-READ-NO-RDF", piece, ordinal)], ordinal)
            return
        yield from self._packed(piece, top, data, ordinal, warned)

    def _quick(self, piece: Slice, ordinal: int, warned: list[Issue]) -> Record | None:
        """The record of a slice that is written as usual; None for all others."""
        name = _local(piece.name)
        if piece.name != MERGED and name not in ("record", "RDF"):
            return None
        declared = bool(piece.scope) and quick.declares(piece.scope)
        if declared != (piece.name == MERGED):
            return None
        values = quick.read(piece.data, declared=declared)
        if values is None:
            return None
        body = Body(values, Origin(piece, self._again))
        return Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=warned)

    def _again(self, piece: Slice) -> tuple[Any, list[Any]]:
        """The element of a slice read the short way, and its nodes."""
        top = self.parse(piece)[0]
        inside = top if piece.name == MERGED or local(top.tag) == "RDF" else next(top.iter("{*}RDF"))
        return top, list(inside)

    def _packed(self, piece: Slice, top: Any, data: Any, ordinal: int, warned: list[Issue]) -> Iterator[Record]:
        """The records of RDF that was packed as text (SRU, ``recordPacking`` string)."""
        line, _ = start_of(piece, top, data)
        text = _DECLARATION.sub(lambda found: _MARKS.sub(" ", found[0]), data.text, count=1)
        inner = Slice(text.encode("utf-8", "surrogatepass"), "RDF", line, 1, {}, ())
        parsed, complaint = self.parse(inner)
        if parsed is None:
            yield self._broken(
                piece, [*warned, explain(inner, complaint, self.encoding, self._source, ordinal)], ordinal
            )
            return
        nodes = list(parsed) if local(parsed.tag) == "RDF" else [parsed]
        yield from self._all(inner, parsed, nodes, ordinal, warned, {}, exact=False)

    def _all(
        self, piece: Slice, top: Any, nodes: list[Any], ordinal: int, warned: list[Issue], header: dict[str, Any],
        *, exact: bool = True,
    ) -> Iterator[Record]:  # fmt: skip
        """The records that these nodes are."""
        found = 0
        for group in grouped(nodes):
            yield self._made(piece, top, group, ordinal + found, [] if found else warned, header, exact=exact)
            found += 1
        if not found:
            yield self._broken(piece, [*warned, self._issue("NDL-READ-NO-RDF", piece, ordinal)], ordinal)

    def _made(
        self, piece: Slice, top: Any, nodes: list[Any], ordinal: int, warned: list[Issue], header: dict[str, Any],
        *, exact: bool,
    ) -> Record:  # fmt: skip
        told: list[tuple[str, Any, dict[str, Any]]] = []
        values = Reading(lambda code, element, slots: told.append((code, element, slots))).read(nodes)
        origin = Origin(piece, lambda _: (top, nodes), exact=exact)
        issues = [*warned, *(self._told(origin, entry, ordinal) for entry in told)]
        if "uri" not in values and not any(node_of(node) == "bib" for node in nodes):
            issues.append(self._issue("NDL-READ-NO-BIB", piece, ordinal))
            return Record(None, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)
        body = Body(header | values, origin)
        return Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)

    def _told(self, origin: Origin, entry: tuple[str, Any, dict[str, Any]], ordinal: int) -> Issue:
        code, element, slots = entry
        line, column = origin.place(element)
        at = Location(self._source.name, line=line, column=column, path=way(element))
        value = " ".join("".join(element.itertext()).split()) or None
        meant = near(slots["name"], known_elements()) if code == "NDL-READ-UNKNOWN" else None
        return Issue(code, at, ordinal=ordinal, value=slots.get("uri") or value, slots=slots, suggestion=meant)

    def _header(self, top: Any) -> dict[str, Any]:
        """The header of an OAI-PMH record as the value of ``oai``."""
        header = next((child for child in top.iterchildren("*") if local(child.tag) == "header"), None)
        if header is None:
            return {}
        found: dict[str, Any] = {}
        for child in header.iterchildren("*"):
            text = (child.text or "").strip()
            name = {"identifier": "identifier", "datestamp": "datestamp", "setSpec": "set"}.get(local(child.tag))
            if name == "set" and text:
                found.setdefault("set", []).append(text)
            elif name is not None and text:
                found[name] = text
        if header.get("status"):
            found["status"] = header.get("status")
        return {"oai": [found]} if found else {}

    def _deleted(self, piece: Slice, top: Any, header: dict[str, Any], ordinal: int, warned: list[Issue]) -> Record:
        name = header["oai"][0].get("identifier")
        issue = self._issue("NDL-OAI-DELETED", piece, ordinal, value=name)
        body = Body(header, Origin(piece, lambda _: (top, [])))
        return Record(body, source=self._source.name, ordinal=ordinal, line=piece.line, issues=[*warned, issue])

    def _broken(self, piece: Slice, issues: list[Issue], ordinal: int) -> Record:
        return Record(None, source=self._source.name, ordinal=ordinal, line=piece.line, issues=issues)

    def _issue(self, code: str, piece: Slice, ordinal: int, value: str | None = None) -> Issue:
        column = piece.column + 3 if piece.name == MERGED else piece.column
        return Issue(code, Location(self._source.name, line=piece.line, column=column), ordinal=ordinal, value=value)

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def check_path(cls, path: str) -> None:
        """Raise :class:`PathError` for a path that cannot be read."""
        parse_path(path)

    @classmethod
    def check_names(cls, path: str, namespaces: Mapping[str, str]) -> None:
        """Paths of DC-NDL have no prefixes."""

    def selector(self, path: str, *, inner: bool = False) -> DcndlPath:  # type: ignore[override]
        """Follow ``path`` from the record or a node. Raises :class:`PathError`."""
        check_path(path, inner=inner)
        return DcndlPath.of(path)

    def walk(self, body: dict[str, Any]) -> Iterator[tuple[str, str]]:  # type: ignore[override]
        """Every text of a record with its path."""
        return walk(body)


def _bare(issue: Issue) -> Issue:
    """An issue without the tags that were put around the nodes of one record."""
    return replace(issue, value=issue.value.replace("<_>", "").replace("</_>", "")) if issue.value else issue
