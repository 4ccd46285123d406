"""The database definition (japansearch.md §6): read from a file or the mapping, checked, made ready for use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from convert import resources
from convert.errors import near, reason_in_japanese
from convert.formats.base import TargetFault
from convert.formats.japansearch.model import Model, code_for, model
from convert.mapping.nodes import parse_yaml, plain

VARIOUS = "various"
"""The code that says "each item says it itself"; it stands in definitions only."""

_ID = re.compile(r"[A-Za-z0-9_]+")
_KANA = re.compile(
    r"[ぁ-ゖゝゞァ-ヺヽヾー・：（）「」、。！？　 ]+"
)  # with the signs of served databases and their like


@dataclass(frozen=True, slots=True)
class Definition:
    """What a record needs of its database's definition.

    ``inherited``: common key → value for the items that have none of their own (text, or list of text).
    ``various``: the common keys for which the definition says that each item says it itself.
    ``aliases``: holder's name → organization id.
    """

    id: str = ""
    inherited: Mapping[str, str | list[str]] = field(default_factory=dict)
    various: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)


def load(option: Any, base: Path | None) -> tuple[Definition, list[TargetFault]]:
    """The definition an option gives: a file's name or the definition itself, and everything wrong with it."""
    whole, faults = read(option, base)
    if whole is None:
        return Definition(), faults
    return build(whole), check(whole["database"])


def read(option: Any, base: Path | None) -> tuple[Mapping[str, Any] | None, list[TargetFault]]:
    """The object an option gives, its ``database`` always an object; None where it cannot be read, and why.

    A file is a YAML or JSON object with ``database`` and ``organizationAliases``, or the database object
    alone (it has ``id`` and ``name``).
    """
    if not option:
        return None, [TargetFault("JPS-DB-MISSING")]
    raw: Any = option
    if isinstance(option, str):
        raw, faults = _read(option, base)
        if faults:
            return None, faults
    if not isinstance(raw, Mapping):
        return None, [_file_fault(str(option), "not an object", "「項目: 値」の組ではありません")]
    return (raw if isinstance(raw.get("database"), Mapping) else {"database": raw}), []


def build(whole: Mapping[str, Any]) -> Definition:
    """What records need of the object that :func:`read` gives."""
    return _build(whole["database"], whole.get("organizationAliases"))


def _file_fault(name: str, reason: str, ja: str, suggestion: str | None = None) -> TargetFault:
    slots = {"file": name, "problem": reason, "problem_ja": ja}
    return TargetFault("JPS-DB-FILE", slots=slots, suggestion=suggestion)


def _read(name: str, base: Path | None) -> tuple[Any, list[TargetFault]]:
    path = resources.find(name, base)
    if path is None:
        return None, [_file_fault(name, "not found", "見つかりません", _near_file(name, base))]
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [_file_fault(name, error.strerror or str(error), reason_in_japanese(error))]
    if path.suffix.lower() == ".json":
        return _read_json(name, data)
    node, issues = parse_yaml(data, name)
    faults = [
        _file_fault(name, *(f"{issue.at} {issue.slots.get(word) or issue.code}" for word in ("reason", "reason_ja")))
        for issue in issues
    ]
    return (None if node is None else plain(node)), faults


def _read_json(name: str, data: bytes) -> tuple[Any, list[TargetFault]]:
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf")), []
    except orjson.JSONDecodeError as error:
        return None, [
            _file_fault(name, f"line {error.lineno}: {error.msg}", f"{error.lineno} 行目が JSON として読めません")
        ]


def _near_file(name: str, base: Path | None) -> str | None:
    folders = [folder for folder in (base, resources.mappings() / "databases") if folder is not None]
    known = [
        path.name for folder in folders for path in folder.glob("*.*") if path.suffix in (".yaml", ".yml", ".json")
    ]
    found = near(Path(name).name, known)
    return found if found is None else str(Path(name).with_name(found))


# ── Reading values ───────────────────────────────────────────────────────────────────────────────


def _word(value: Any) -> str:
    """A scalar of YAML or JSON as text; nothing for null and for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _words(value: Any) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [word for word in map(_word, members) if word]


def _at(raw: Any, path: str) -> Any:
    for name in path.split("."):
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw


def _build(database: Mapping[str, Any], aliases: Any) -> Definition:
    inherited: dict[str, str | list[str]] = {}
    various = []
    for key in model().common.values():
        if key.definition is None:
            continue
        raw = _at(database, key.definition)
        value = _words(raw) if key.many else _word(raw)
        if value == VARIOUS and key.type == "code":
            various.append(key.name)
        elif value:
            inherited[key.name] = value
    names = aliases if isinstance(aliases, Mapping) else {}
    known = {str(name): _word(org) for name, org in names.items() if _word(org)}
    holder = inherited.get("provider") or inherited.get("ownerOrg")
    if isinstance(holder, str):
        inherited["provider"] = known.get(holder, holder)
    return Definition(_word(database.get("id")), inherited, frozenset(various), known)


# ── Checks ───────────────────────────────────────────────────────────────────────────────────────


def check(database: Mapping[str, Any]) -> list[TargetFault]:
    """Everything wrong with a database object, one fault per field."""
    known = model()
    faults = [
        TargetFault("JPS-DB-FIELD", slots={"field": path, "name_ja": label.ja, "name_en": label.en})
        for path, label in known.required.items()
        if not _words(_at(database, path))
    ]
    name = _word(database.get("id"))
    if name and _ID.fullmatch(name) is None:
        fitting = re.sub(r"[^A-Za-z0-9_]", "_", name)
        faults.append(TargetFault("JPS-DB-ID", slots={"field": "id", "id": name}, suggestion=fitting))
    reading = _word(_at(database, "name.yomi"))
    if reading and _KANA.fullmatch(reading) is None:
        faults.append(TargetFault("JPS-DB-YOMI", slots={"field": "name.yomi", "yomi": reading}))
    if not _word(_at(database, "permission.ownerOrg")):
        faults.append(TargetFault("JPS-DB-OWNER", slots={"field": "permission.ownerOrg"}))
    return faults + _check_codes(database, known)


def _check_codes(database: Mapping[str, Any], known: Model) -> list[TargetFault]:
    codes = {
        "JPS-DB-RIGHTS": "contentsRightsType",
        "JPS-DB-ACCESS": "contentsAccess",
        "JPS-DB-TYPE": "contentsType",
        "JPS-DB-CATEGORY": "category",
    }
    faults = []
    for issue, key in codes.items():
        allowed = known.codes_of(key, "item", "database")
        for word in _words(database.get(key)):
            if word not in allowed:
                suggestion = _code_near(key, word, known)
                faults.append(TargetFault(issue, slots={"field": key, "code": word}, suggestion=suggestion))
    return faults


def _code_near(key: str, word: str, known: Model) -> str | None:
    by_name = {code.ja: code.name for code in known.codes[key].values() if code.level != "group"}
    meant = by_name.get(word) or (None if key == "category" else code_for(key, word))
    return meant or near(word, sorted(known.codes_of(key, "item", "database")))
