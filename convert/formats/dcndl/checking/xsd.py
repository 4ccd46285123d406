"""The XML Schema of DC-NDL(RDF) 2.2, generated from the model (XML Schema 1.0, a document for each namespace).

Nobody's rule but ours: it describes the forms seen in NDL's own output. Order is free and counts are not limited, for
what was seen of them is no rule; the one thing a description must have is a title.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from convert.formats.dcndl.model import DCNDL, Name, model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAIN: Final = "dcndl-2.2.xsd"
FOLDER: Final = "dcndl-2.2"
VERSION: Final = 2
TITLES: Final = ("title", "displayTitle")
_ABSOLUTE: Final = '[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s<>"{}|\\\\\\^`]+'
FORMS: Final[Mapping[str, str]] = {
    "W3CDTF": (
        "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
        "(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?(Z|[+\\-][0-9]{2}:[0-9]{2}))?)?)?"
    ),
    "ISO639-2": "[a-z]{3}",
    "ISO3166": "[A-Z]{2}",
    "NDLLibCode": "[0-9]{4}",
    "bibRecordCategory": "R[0-9]{9}",
}
"""The forms of texts, by the last part of their datatype or by name."""
_NOTE: Final = (
    "Generated from schemas/dcndl/model.yaml; do not edit. Made by mokuroku from records that NDL "
    "Search gave out in 2021 and 2025; this is not a schema of the National Diet Library."
)
_KINDS: Final = {
    "structure": "rdf:structure", "agent": "foaf:agent", "subject": "rdf:subject", "link": "rdf:link",
    "material": "rdf:link", "collection": "rdf:collection", "part": "rdf:part",
}  # fmt: skip
_IDENTIFIERS: Final = ("identifier", "item")
"""Lists of types without one of which no value was seen."""
_LABEL: Final = '  <xs:attribute name="label" type="xs:string"/>'


def documents() -> dict[str, str]:
    """The documents of the schema: path below ``schemas/dcndl`` → text."""
    spaces = model().namespaces
    found = {MAIN: _document("rdf", _rdf(), f"{FOLDER}/")}
    bodies = {"dcndl": _dcndl(), "foaf": _foaf(), "rdfs": [_LABEL], "dcterms": [], "dc": [], "owl": []}
    for prefix, body in bodies.items():
        parts = [*body, *(_group(group, prefix, names) for group, names in _groups().items())]
        found[f"{FOLDER}/{prefix}.xsd"] = _document(prefix, [part for part in parts if part], "")
    assert set(bodies) | {"rdf"} == set(spaces)  # noqa: S101 - a namespace without a document would go unseen
    return found


def _document(prefix: str, parts: Iterable[str], folder: str) -> str:
    spaces = model().namespaces
    declared = "".join(f'\n    xmlns:{name}="{uri}"' for name, uri in spaces.items())
    imports = []
    for name, uri in spaces.items():
        if name != prefix:
            place = f"../{MAIN}" if name == "rdf" else f"{folder}{name}.xsd"
            imports.append(f'  <xs:import namespace="{uri}" schemaLocation="{place}"/>')
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"{declared}\n'
        f'    targetNamespace="{spaces[prefix]}" elementFormDefault="qualified">\n'
        f"  <xs:annotation><xs:documentation>{escape(_NOTE)}</xs:documentation></xs:annotation>"
    )
    return "\n".join([head, *imports, *parts, "</xs:schema>", ""])


# ── Elements ─────────────────────────────────────────────────────────────────────────────────────


def _element(name: Name) -> str:
    """The declaration of one element where it stands."""
    local = name.element.rpartition(":")[2]
    told = escape(f"{name.ja} / {name.en} ({name.source})")
    note = f"<xs:annotation><xs:documentation>{told}</xs:documentation></xs:annotation>"
    if name.kind in _KINDS:
        return f'<xs:element name="{local}" type="{_KINDS[name.kind]}">{note}</xs:element>'
    if local == "holdingAgent":
        return f'<xs:element name="{local}" type="foaf:holder">{note}</xs:element>'
    return f'<xs:element name="{local}">{note}{_texts(name)}</xs:element>'


def _texts(name: Name) -> str:
    """The type of a text: its form and its datatype."""
    form = next((word for word in (name.name, (name.datatype or "").rpartition("/")[2]) if word in FORMS), "text")
    if name.datatype:
        local = name.datatype.rpartition("/")[2]
        mark = f'<xs:attributeGroup ref="rdf:datatype.{local}"/>'
    elif name.types:
        mark = f'<xs:attributeGroup ref="rdf:typed.{name.types}"/>'
    else:
        mark = ""
    extension = (
        f'<xs:extension base="rdf:{form}">{mark}</xs:extension>' if mark else f'<xs:extension base="rdf:{form}"/>'
    )
    return f"<xs:complexType><xs:simpleContent>{extension}</xs:simpleContent></xs:complexType>"


# ── Groups: what may stand in one place, namespace by namespace ──────────────────────────────────


@cache
def _groups() -> Mapping[str, tuple[Name, ...]]:
    """What stands where. ``title`` is kept out of ``bib``: one of it there must be."""
    known = model()
    bib = [name for name in known.of("bib") if name.name not in ("item", "itemUri") and _here(name)]
    item = {name.element: name for name in known.members["item"].values() if _here(name) and _plain(name)}
    item |= {"dcterms:identifier": known.members["item"]["identifier"]}
    holder = replace(
        known.members["item"]["libraryCode"], element="dcndl:holdingAgent", datatype=None, ja="所蔵館", en="library"
    )
    groups = {
        "admin": [name for name in known.of("admin") if _here(name)],
        "bib": [name for name in bib if name.name not in TITLES],
        "title": [name for name in bib if name.name in TITLES],
        "item": [holder, *item.values()],
        "holder": [replace(known.members["item"]["libraryCode"], element="dcterms:identifier")],
        "line": list(known.members["collection"].values()),
    }
    for kind in ("structure", "agent", "part"):
        groups[kind] = [name for name in known.members[kind].values() if _here(name) and _plain(name)]
    kept = {group: [name for name in names if name.kind != "about"] for group, names in groups.items()}
    kept["agent"] = [name for name in kept["agent"] if name.element != "foaf:name"]
    kept["structure"] = [name for name in kept["structure"] if name.element != "rdf:value"]
    return {group: tuple(names) for group, names in kept.items()}


def _here(name: Name) -> bool:
    return name.version in (None, VERSION)


def _plain(name: Name) -> bool:
    return name.element[0] != "@" and "/" not in name.element and "@" not in name.element


def _group(group: str, prefix: str, names: Iterable[Name]) -> str:
    inside = [_element(name) for name in names if name.element.startswith(f"{prefix}:")]
    if not inside:
        return ""
    lines = "\n".join(f"    {line}" for line in inside)
    return f'  <xs:group name="{group}"><xs:choice>\n{lines}\n  </xs:choice></xs:group>'


def _refs(*groups: str, more: str = "") -> str:
    """A choice of everything in these groups."""
    found = [
        f'<xs:group ref="{prefix}:{group}"/>'
        for group in groups
        for prefix in dict.fromkeys(name.element.partition(":")[0] for name in _groups()[group])
    ]
    return f"{''.join(found)}{more}"


def _any(inside: str) -> str:
    return f'<xs:choice minOccurs="0" maxOccurs="unbounded">{inside}</xs:choice>'


def _type(name: str, inside: str, attributes: str = "") -> str:
    return f'  <xs:complexType name="{name}">\n    {inside}\n    {attributes}\n  </xs:complexType>'


def _simple(name: str, base: str, facets: str) -> str:
    return f'  <xs:simpleType name="{name}"><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'


def _about(use: str) -> str:
    return f'<xs:attribute ref="rdf:about" use="{use}"/>'


# ── The documents of single namespaces ───────────────────────────────────────────────────────────


def _rdf() -> list[str]:
    patterns = {name: f"<xs:pattern value={quoteattr(form)}/>" for name, form in FORMS.items()}
    parts = [
        _simple("text", "xs:token", '<xs:minLength value="1"/>'),
        _simple("iri", "xs:string", f"<xs:pattern value={quoteattr(_ABSOLUTE)}/>"),
        *(_simple(name, "rdf:text", pattern) for name, pattern in patterns.items()),
        *(f'  <xs:attribute name="{name}" type="rdf:iri"/>' for name in ("about", "resource", "datatype")),
        _simple("parse", "xs:string", '<xs:enumeration value="Collection"/>'),
        '  <xs:attribute name="parseType" type="rdf:parse"/>',
        *_fixed(),
        *(_datatypes(group) for group in ("identifier", "item", "class", "spatial", "temporal")),
    ]
    value = '<xs:element name="value" type="rdf:text"/>'
    node = f"<xs:sequence>{_any(_refs('structure'))}{value}{_any(_refs('structure'))}</xs:sequence>"
    some = '<xs:choice maxOccurs="unbounded">{}</xs:choice>'
    link = '<xs:attribute ref="rdf:resource" use="{}"/><xs:attribute ref="rdfs:label"/>'
    described = '<xs:sequence{}><xs:element name="Description" type="rdf:{}"/></xs:sequence>'
    collection = '<xs:attribute ref="rdf:parseType" use="required"/>'
    nodes = '<xs:choice maxOccurs="unbounded"><xs:group ref="dcndl:nodes"/></xs:choice>'
    return [
        *parts,
        _type("structure.node", node, _about("optional")),
        _type("part.node", some.format(_refs("part")), _about("optional")),
        _type("line.node", some.format(_refs("line")), _about("optional")),
        _type("structure", described.format("", "structure.node")),
        _type("part", described.format("", "part.node")),
        _type("subject", described.format(' minOccurs="0"', "structure.node"), link.format("optional")),
        _type("link", "<xs:sequence/>", link.format("required")),
        _type("collection", described.format(' maxOccurs="unbounded"', "line.node"), collection),
        f'  <xs:element name="RDF"><xs:complexType>{nodes}</xs:complexType></xs:element>',
    ]


def _fixed() -> list[str]:
    """The datatypes of texts that have always the same. Not ``fixed``: libxml2 does not look at that here."""
    known = model()
    names = [*known.names.values(), *known.members["item"].values()]
    uris = dict.fromkeys(name.datatype for name in names if name.datatype)
    return [_datatype(f"datatype.{uri.rpartition('/')[2]}", [uri], "required") for uri in uris]


def _datatypes(group: str) -> str:
    """The datatypes of one list of types."""
    uris = [known.datatype for known in model().types[group].values()]
    if group == "item":
        uris += [f"{DCNDL}somokuBibID", f"{DCNDL}somokuSubID"]
    use = "required" if group in _IDENTIFIERS else "optional"
    return _datatype(f"typed.{group}", uris, use)


def _datatype(group: str, uris: Iterable[str], use: str) -> str:
    """Attributes: a datatype out of several."""
    listed = "".join(f'\n      <xs:enumeration value="{uri}"/>' for uri in dict.fromkeys(uris))
    kind = f'<xs:simpleType><xs:restriction base="xs:string">{listed}\n    </xs:restriction></xs:simpleType>'
    inside = f'<xs:attribute name="datatype" form="qualified" use="{use}">{kind}</xs:attribute>'
    return f'  <xs:attributeGroup name="{group}">\n    {inside}\n  </xs:attributeGroup>'


def _foaf() -> list[str]:
    name = '<xs:element name="name" type="rdf:text"/>'
    parts = []
    for kind, groups in (("agent", ("agent",)), ("holder", ("structure", "holder"))):
        others = _any(_refs(*groups))
        parts.append(_type(f"{kind}.node", f"<xs:sequence>{others}{name}{others}</xs:sequence>", _about("optional")))
        agent = f'<xs:sequence><xs:element name="Agent" type="foaf:{kind}.node"/></xs:sequence>'
        parts.append(_type(kind, agent))
    return parts


def _dcndl() -> list[str]:
    """The three nodes. A description has a title, or nothing but links to items."""
    record = '<xs:element name="record" type="rdf:link"/>'
    bib, title, whole = _refs("bib"), _refs("title"), _refs("bib", "title", more=record)
    titled = f"<xs:sequence><xs:choice>{title}</xs:choice>{_any(whole)}</xs:sequence>"
    others = f"<xs:choice>{bib}</xs:choice>{_any(_refs('bib', more=record))}"
    content = f"<xs:choice>{titled}<xs:sequence>{others}{titled}</xs:sequence></xs:choice>"
    links = record.replace("/>", ' maxOccurs="unbounded"/>')
    perhaps = content.replace("<xs:choice>", '<xs:choice minOccurs="0">', 1)
    either = f"<xs:sequence>{links}{perhaps}</xs:sequence>"
    names = {"BibAdminResource": "admin", "BibResource": "bib", "Item": "item"}
    nodes = "".join(f'\n    <xs:element name="{name}" type="dcndl:{kind}"/>' for name, kind in names.items())
    return [
        f'  <xs:group name="nodes"><xs:choice>{nodes}\n  </xs:choice></xs:group>',
        _type("admin", _any(_refs("admin", more=record)), _about("required")),
        _type("bib", f"<xs:choice>{content}{either}</xs:choice>", _about("required")),
        _type("item", _any(_refs("item")), _about("required")),
    ]
