"""The target model (``schemas/dcndl/model.yaml``): names, members of objects, types, material types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import yaml

from convert import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

DCNDL = "http://ndl.go.jp/dcndl/terms/"
"""Where most datatypes stand."""

Node = Literal["oai", "admin", "bib", "item"]
Kind = Literal[
    "about", "literal", "typed", "structure", "agent", "subject", "link", "material", "collection", "part", "item",
    "header",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A target name or the member of an object: which element it becomes, and what is known of it.

    ``element`` is a qualified name; ``datatype`` a whole address. ``most`` counts what was seen in NDL's own output and
    is nobody's rule; ``level`` likewise. ``source``: known, inferred or unknown. ``version``: 2 or 3, None for both.
    """

    name: str
    node: Node
    element: str
    kind: Kind
    ja: str
    en: str
    source: str
    level: str = "optional"
    most: int | None = None
    yomi: bool = False
    datatype: str | None = None
    types: str | None = None
    version: int | None = None
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """What ``type:`` may say. ``datatype`` is a whole address; a ``subject`` type has ``about`` or ``resource``."""

    name: str
    ja: str
    source: str
    datatype: str
    check: str | None = None
    about: str | None = None
    resource: str | None = None
    end: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """A material type (資料種別)."""

    code: str
    uri: str
    ja: str
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """Everything the room knows by name, in the order of the file.

    ``members`` are by the kind of value they belong to; ``types`` by list.
    """

    namespaces: Mapping[str, str]
    names: Mapping[str, Name]
    members: Mapping[str, Mapping[str, Name]]
    types: Mapping[str, Mapping[str, Type]]
    materials: Mapping[str, Material]

    def of(self, node: Node) -> list[Name]:
        """The names of one node, in order."""
        return [name for name in self.names.values() if name.node == node]

    def members_of(self, name: Name) -> Mapping[str, Name]:
        """The members an object given for ``name`` may have."""
        return self.members[name.kind]

    def material(self, text: str) -> Material | None:
        """The material type with this address, code or Japanese label; the address may begin with https."""
        return self.materials.get(text) or _materials().get(text.strip())


@cache
def model() -> Model:
    """The model, read once."""
    path = resources.schemas() / "dcndl" / "model.yaml"
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 -- one of the safe loaders
    spaces: dict[str, str] = raw["namespaces"]
    return Model(
        namespaces=spaces,
        names={name: _name(name, entry, spaces) for name, entry in raw["names"].items()},
        members={
            kind: {name: _name(name, {"node": "item" if kind == "item" else "bib"} | entry, spaces)
                   for name, entry in entries.items()}
            for kind, entries in raw["members"].items()
        },
        types={
            group: {name: _type(name, entry) for name, entry in entries.items()}
            for group, entries in raw["types"].items()
        },
        materials={
            base + code: Material(code, base + code, entry["ja"], entry["source"])
            for base, entries in raw["materials"].items()
            for code, entry in entries.items()
        },
    )  # fmt: skip


@cache
def known_elements() -> tuple[str, ...]:
    """The qualified names of all elements."""
    known = model()
    names = [*known.names.values(), *(member for members in known.members.values() for member in members.values())]
    return tuple(dict.fromkeys(name.element.rpartition("/")[2] for name in names if "@" not in name.element))


def expand(name: str, spaces: Mapping[str, str]) -> str:
    """The address a qualified name stands for.

    >>> expand("dcterms:W3CDTF", {"dcterms": "http://purl.org/dc/terms/"})
    'http://purl.org/dc/terms/W3CDTF'
    """
    prefix, _, local = name.partition(":")
    return spaces[prefix] + local


def _name(name: str, entry: dict[str, Any], spaces: Mapping[str, str]) -> Name:
    parts = {key: value for key, value in entry.items() if key not in ("max", "datatype")}
    datatype = expand(entry["datatype"], spaces) if "datatype" in entry else None
    return Name(name=name, most=entry.get("max"), datatype=datatype, **parts)


def _type(name: str, entry: dict[str, Any]) -> Type:
    return Type(
        name,
        entry["ja"],
        entry["source"],
        entry.get("base", DCNDL) + name,
        check=entry.get("check"),
        about=entry.get("about"),
        resource=entry.get("class"),
        end=entry.get("end", ""),
    )


@cache
def _materials() -> Mapping[str, Material]:
    """Material types by what people write: code, Japanese label, address with https."""
    found: dict[str, Material] = {}
    for material in model().materials.values():
        for word in (material.code, material.ja, material.uri.replace("http:", "https:", 1)):
            found.setdefault(word, material)
    return found
