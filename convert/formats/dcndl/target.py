"""DC-NDL(RDF) as a target: mapped records → RDF/XML, in one document, a file each, or an OAI-PMH answer.

What NDL leaves to the supplier and no document at hand fixes (addresses of nodes, the version that may be sent) is an
option. What is written is version 2.2 as NDL itself gives it out; version 3 is known in part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from convert.errors import near
from convert.formats.base import (
    Coercer,
    Companion,
    Container,
    Options,
    TargetFault,
    TargetRule,
    parse_options,
)
from convert.formats.dcndl import WRITE_OPTIONS
from convert.formats.dcndl.checks import Checker
from convert.formats.dcndl.escape import absolute, text
from convert.formats.dcndl.lines import Looks
from convert.formats.dcndl.model import model
from convert.formats.dcndl.writer import Nodes, Writer, first, head, oai_header
from convert.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from convert.check.issue import Finding
    from convert.formats.dcndl.model import Name
    from convert.model import Mapped

_SAFE = ":-._~@!$()*+,;="
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OAI = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">'
)
_DROPPED = frozenset(("NDL-URI", "NDL-MATERIAL"))
"""Findings about values that cannot be written at all."""
_ADDRESSES = ("uri", "libraryUri", "seeAlso")
_JOIN = ". "
"""What stands between title, volume and part in the displayed title: seen in NDL's output of 2025."""


class DcndlTarget:
    """The target for one mapping. Options: see ``WRITE_OPTIONS``. Documents are text."""

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        given = {name: value for name, value in options.items() if value is not None}
        self.options = parse_options(WRITE_OPTIONS, given)
        self.version = 3 if self.options["version"] == "3" else 2
        self.faults = [*self._option_faults(rules), *_rule_faults(rules, self.version), *self._lacking(rules)]
        names = {rule.name for rule in rules} & set(model().names)
        self._given = frozenset(self._filled())
        holder = (self.options["library_code"] or self.options["library_name"]) is not None
        looks = Looks(frozenset(rule.name for rule in rules if rule.yomi or "yomi" in rule.members), holder=holder)
        self._writer = Writer(
            self.version,
            langs=self.version == 3,
            names=names | self._given | {"displayTitle", "title"},
            item_members={member for rule in rules if rule.name == "item" for member in rule.members},
            looks=looks,
        )
        self._checker = Checker(
            sorted(names), version=self.version, paired=looks.paired, given=self._given, holder=looks.holder
        )
        self._head = head()
        self._shape = self.options["shape"]
        self._plain = self.options["serialization"] == "rdfxml"
        self._host = urlsplit(self.options["server"] or "").hostname or ""

    def _filled(self) -> Iterable[str]:
        """The names that options fill."""
        if self.options["library"]:
            yield "bibRecordCategory"
        if self.options["detail"]:
            yield "seeAlso"

    # ── The mapping ──────────────────────────────────────────────────────────────────────────────

    def _option_faults(self, rules: Sequence[TargetRule]) -> Iterable[TargetFault]:
        options, names = self.options, {rule.name for rule in rules}
        if not options["base"] and not names & {"uri", "adminUri"}:
            yield TargetFault("NDL-BASE")
        if options["shape"] == "oai":
            missing = [word for word in ("server", "datestamp") if not options[word]]
            if missing:
                yield TargetFault("NDL-OAI-OPTION", slots={"options": ", ".join(missing)})
            if options["serialization"] != "rdfxml":
                yield TargetFault("NDL-OAI-RDFXML", slots={"serialization": options["serialization"]})
        if self.version == 3:
            yield TargetFault("NDL-VERSION-3")

    def _lacking(self, rules: Sequence[TargetRule]) -> Iterable[TargetFault]:
        """What every record seen has and nothing fills, said once for the mapping."""
        names = {rule.name for rule in rules} | set(self._filled())
        if not names & {"title", "displayTitle"}:
            yield TargetFault("NDL-TITLE-RULE")
        items = any({"bibID", "identifier"} & set(rule.members) for rule in rules if rule.name == "item")
        for name in model().names.values():
            if name.level != "required" or name.name in names or name.name in ("title", "displayTitle"):
                continue
            if not (name.name == "identifier" and items):
                yield TargetFault("NDL-RECOMMENDED", slots={"name": name.name, "ja": name.ja, "en": name.en})

    # ── Per record ───────────────────────────────────────────────────────────────────────────────

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """Text stays text; what cannot be written is told of the whole record."""
        return None

    def identity(self, record_id: str) -> str:
        """The id as it is: what NDL makes of it is not known."""
        return record_id

    def assemble(self, mapped: Mapped) -> tuple[Any, list[Finding]]:
        """The record as the text that stands in the file, and what there is to say about it."""
        values: Mapping[str, Any] = mapped.values
        base = self._address(self.options["base"], mapped.id)
        filled = self._filled_up(mapped.id, values)
        if not self._checker.missing(values):
            inside = self._writer.clean(filled, Nodes.of(values, base))
            if inside is not None:
                return self._wrapped(mapped.id, values, inside), []
        findings = self._checker.findings(values)
        if findings and any(finding.code in _DROPPED for finding in findings):
            values = _without(values, findings)
            filled = self._filled_up(mapped.id, values)
        inside = self._writer.nodes(filled, Nodes.of(filled, base))
        return self._wrapped(mapped.id, filled, inside), findings

    def _filled_up(self, record_id: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values with what the options and the title give."""
        filled, options = dict(values), self.options
        if "title" not in values:
            if "displayTitle" in values:
                filled["title"] = [first(values["displayTitle"])]
        elif "displayTitle" not in values:
            parts = [first(values[name]) for name in ("title", "volume", "volumeTitle") if name in values]
            filled["displayTitle"] = [_JOIN.join([part for part in parts if part])]
        if options["library"] and "bibRecordCategory" not in values:
            filled["bibRecordCategory"] = [options["library"]]
        if options["detail"]:
            page = self._address(options["detail"], record_id)
            given = values.get("seeAlso", [])
            filled["seeAlso"] = given if page in given else [*given, page]
        if "item" in values:
            filled["item"] = [self._held(item) for item in values["item"]]
        return filled

    def _held(self, item: Any) -> Any:
        """An item with the library that the options name, where it has none of its own."""
        if not isinstance(item, dict) or item.get("libraryCode"):
            return item
        own = {"libraryCode": self.options["library_code"], "library": self.options["library_name"]}
        return {**{key: [value] for key, value in own.items() if value}, **item}

    @staticmethod
    def _address(template: str | None, record_id: str) -> str:
        name = record_id
        if not (name.isascii() and name.isalnum()):
            name = quote(name, safe=_SAFE, errors="replace")
        if not template:
            return name
        return template.replace("{id}", name) if "{id}" in template else template + name

    def _wrapped(self, record_id: str, values: Mapping[str, Any], inside: str) -> str:
        if not self._plain or self._shape == "files":
            return f"{_DECLARATION}{self._head}{inside}\n</rdf:RDF>\n"
        if self._shape == "document":
            return inside
        given = next(iter(values.get("oai", ())), None)
        header = given if isinstance(given, dict) else {}
        name = first(header.get("identifier")) or self._oai_name(record_id)
        stamp = first(header.get("datestamp")) or self.options["datestamp"] or ""
        sets = [first(one) or "" for one in header.get("set", ())]
        shown = oai_header(name, stamp, sets)
        return f"\n<record>{shown}<metadata>{self._head}{inside}\n</rdf:RDF></metadata></record>"

    def _oai_name(self, record_id: str) -> str:
        return f"oai:{self._host}:{quote(record_id, safe=_SAFE, errors='replace')}"

    def deletion(self, record_id: str) -> bytes | None:
        """What tells the receiver that a record is gone; None where the shape has no way to say it."""
        if self._shape != "oai":
            return None
        header = oai_header(self._oai_name(record_id), self.options["datestamp"] or "", deleted=True)
        return f"\n<record>{header}</record>".encode()

    # ── The file ─────────────────────────────────────────────────────────────────────────────────

    def encode(self, document: Any) -> bytes:
        """The document in the serialization asked for."""
        if self._plain:
            return str(document).encode()
        from convert.formats.dcndl.rdf import encode  # noqa: PLC0415 - rdflib is slow to import

        return encode(document, self.options["serialization"])

    def container(self) -> Container:
        """What stands around the records of one file."""
        most = 1 if self._shape == "files" else None
        limit = self.options["split"]
        if not self._plain:
            from convert.formats.dcndl.rdf import container  # noqa: PLC0415 - likewise

            return container(self.options["serialization"], limit, most)
        if self._shape == "files":
            return Container(limit=limit, most=1)
        if self._shape == "document":
            return Container(f"{_DECLARATION}{self._head}".encode(), b"", b"\n</rdf:RDF>\n", limit=limit)
        stamp, server = self.options["datestamp"] or "", self.options["server"] or ""
        date = stamp if "T" in stamp else f"{stamp}T00:00:00Z"
        request = f'<request verb="ListRecords" metadataPrefix="dcndl">{text(server)}</request>'
        start = f"{_DECLARATION}{_OAI}<responseDate>{text(date)}</responseDate>{request}<ListRecords>"
        return Container(start.encode(), b"", b"\n</ListRecords></OAI-PMH>\n", limit=limit)

    def companions(self) -> Iterable[Companion]:
        """No further files."""
        return ()


# ── Faults of the mapping ────────────────────────────────────────────────────────────────────────


def _rule_faults(rules: Sequence[TargetRule], version: int) -> Iterable[TargetFault]:
    """Names, members, types and readings, against the model."""
    known = model().names
    for rule in rules:
        name = known.get(rule.name)
        if name is None:
            yield TargetFault("NDL-NAME", rule.number, {"name": rule.name}, near(rule.name, known))
            continue
        if name.version is not None and name.version != version:
            slots = {"name": name.name, "version": str(name.version)}
            yield TargetFault("NDL-VERSION", rule.number, slots)
        yield from _shape_faults(rule, name, version)
        yield from _type_faults(rule, name)
        if rule.lang is not None and version == 2:
            yield TargetFault("NDL-LANG", rule.number, {"lang": rule.lang})


def _shape_faults(rule: TargetRule, name: Name, version: int) -> Iterable[TargetFault]:
    members = model().members.get(name.kind, {})
    if rule.yomi and not rule.objects and not name.yomi:
        yield TargetFault("NDL-YOMI-NAME", rule.number, {"name": name.name})
    if name.kind in ("item", "header") and not rule.objects:
        example = ", ".join([member.name for member in members.values() if member.kind == "literal"][:5])
        yield TargetFault("NDL-OBJECT", rule.number, {"name": name.name, "members": example})
    for member in rule.members:
        found = members.get(member)
        slots = {"name": name.name, "member": member}
        if found is None:
            slots["known"] = ", ".join(members)
            yield TargetFault("NDL-MEMBER", rule.number, slots, near(member, members))
        elif found.version is not None and found.version != version:
            slots = {"name": f"{name.name}.{member}", "version": str(found.version)}
            yield TargetFault("NDL-VERSION", rule.number, slots)


def _type_faults(rule: TargetRule, name: Name) -> Iterable[TargetFault]:
    if rule.objects:
        return
    if rule.type is None:
        if name.name in ("identifier", "sourceIdentifier", "classification"):
            yield TargetFault("NDL-TYPE-RULE", rule.number, {"name": name.name})
        return
    types = model().types.get(name.types or "", {})
    if rule.type in types:
        return
    other = next((n.name for n in model().names.values() if n.types and rule.type in model().types[n.types]), None)
    suggestion = f"{other}: {{type: {rule.type}}}" if other and other != name.name else near(rule.type, types)
    slots = {"name": name.name, "type": rule.type, "known": ", ".join(types)}
    yield TargetFault("NDL-TYPE-UNKNOWN", rule.number, slots, suggestion)


# ── Values that cannot be written ────────────────────────────────────────────────────────────────


def _without(values: Mapping[str, Any], findings: Sequence[Finding]) -> Mapping[str, Any]:
    """The values without addresses that are none."""
    kept = dict(values)
    for finding in findings:
        if finding.code in _DROPPED and finding.target in kept:
            kept[finding.target] = [part for value in values[finding.target] for part in _mended(value)]
    return {name: given for name, given in kept.items() if given}


def _mended(value: Any) -> Iterable[Any]:
    """A value as it can be written; none where nothing is left."""
    if isinstance(value, dict):
        left = {
            key: part for key, part in value.items() if key not in _ADDRESSES or absolute(first(part) or "") is not None
        }
        if left.keys() - {"label", "type"}:
            yield left
        return
    plain = str(value.value) if isinstance(value, Text) else str(value)
    if absolute(plain) is not None or model().material(plain) is not None:
        yield value
