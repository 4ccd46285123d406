"""The target model (``schemas/japansearch/model.yaml``): item types, common keys, code lists."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import yaml

from convert import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
USES: tuple[str, ...] = ("education", "noncommercial", "commercial")
"""What a rights code is judged for: yes, conditions, ask (permission) or none."""

JsonType = Literal["string", "array", "integer", "code", "object"]


@dataclass(frozen=True, slots=True)
class CommonKey:
    """One key of ``common``.

    ``items``: type letters of the items whose label may feed it; empty for a key that comes from the
    definition or the record. ``definition``: dotted path of the value that is inherited from there.
    """

    name: str
    type: JsonType
    ja: str
    en: str
    status: str
    source: str
    items: tuple[str, ...] = ()
    definition: str | None = None
    advise: bool = False

    @property
    def many(self) -> bool:
        """The key holds an array."""
        return self.type == "array"


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list. ``level``: item, database (definitions only) or group (searches only)."""

    name: str
    ja: str
    en: str
    level: str
    source: str
    uses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Label:
    """A type letter or a mandatory field of the definition, with its names."""

    name: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Model:
    """Everything the room knows by name, in file order."""

    types: Mapping[str, Label]
    common: Mapping[str, CommonKey]
    required: Mapping[str, Label]
    codes: Mapping[str, Mapping[str, Code]]

    @property
    def labels(self) -> tuple[str, ...]:
        """The common keys an item's label may name."""
        return tuple(key.name for key in self.common.values() if key.items)

    def codes_of(self, key: str, *levels: str) -> frozenset[str]:
        """The codes of one list that may stand at the given levels."""
        return frozenset(code.name for code in self.codes[key].values() if code.level in levels)


@cache
def model() -> Model:
    """The model, read once."""
    path = resources.schemas() / "japansearch" / "model.yaml"
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 -- one of the safe loaders
    return Model(
        types={name: _label(name, entry) for name, entry in raw["types"].items()},
        common={name: _common(name, entry) for name, entry in raw["common"].items()},
        required={name: _label(name, entry) for name, entry in raw["definition"]["required"].items()},
        codes={
            key: {name: _code(name, entry) for name, entry in entries.items()} for key, entries in raw["codes"].items()
        },
    )


def _label(name: str, entry: dict[str, Any]) -> Label:
    return Label(name, entry["ja"], entry["en"])


def _common(name: str, entry: dict[str, Any]) -> CommonKey:
    return CommonKey(name=name, **entry | {"items": tuple(entry.get("items", ()))})


def _code(name: str, entry: dict[str, Any]) -> Code:
    uses = {use: entry[use] for use in USES if use in entry}
    return Code(name, entry["ja"], entry["en"], entry["level"], entry["source"], uses)


_TABLES = {
    "contentsRightsType": ("rights-ja.csv", "rights-en.csv", "rights-url.csv"),
    "contentsAccess": ("access-ja.csv",),
    "contentsType": ("contents-type-ja.csv",),
}


@cache
def lookup_tables(key: str) -> Mapping[str, Mapping[str, str]]:
    """The shipped lookup tables of a code list: file name → what it looks up → code."""
    found = {}
    for name in _TABLES[key]:
        with (resources.mappings() / "lookups" / name).open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            found[name] = dict(rows)
    return found


@cache
def _words(key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in lookup_tables(key).values():
        found |= table
    return found


def code_for(key: str, text: str) -> str | None:
    """The code a label, name or licence URL stands for, by the shipped lookup tables.

    >>> code_for("contentsRightsType", "CC BY"), code_for("contentsRightsType", "パブリックドメイン")
    ('ccby', None)
    """
    words = _words(key)
    return words.get(text) or words.get(text.strip()) or words.get(" ".join(text.split()))
