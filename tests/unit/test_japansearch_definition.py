"""The database definition: where it is read from and what is said about it (japansearch.md §6)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from convert import resources
from convert.formats.japansearch.definition import load

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "id": "synthmus",
    "name": {"ja": "架空", "en": "Synthetic", "yomi": "カクウ・でーたべーす"},
    "description": {"ja": "試験用"},
    "category": ["art", "manga"],
    "contentsRightsType": "various",
    "contentsAccess": "various",
    "contentsType": "image",
    "permission": {"ownerOrg": "synth_museum"},
}


def without(path: str) -> dict[str, Any]:
    return changed(path, "")


def changed(path: str, value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(GOOD))
    *parents, last = path.split(".")
    node = copy
    for name in parents:
        node = node[name]
    node[last] = value
    return copy


def valid(database: dict[str, Any]) -> bool:
    schema = json.loads((resources.schemas() / "japansearch" / "database.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema).is_valid(database)


def test_a_good_definition() -> None:
    definition, faults = load(GOOD, None)
    assert (definition.id, faults) == ("synthmus", [])
    assert definition.various == {"contentsRightsType", "contentsAccess"}
    assert definition.inherited["provider"] == "synth_museum"
    assert valid(GOOD)


@pytest.mark.parametrize("path", ["id", "name.ja", "name.en", "name.yomi", "description.ja", "category"])
def test_mandatory_fields(path: str) -> None:
    (fault,) = load(without(path), None)[1]
    assert (fault.code, fault.slots["field"]) == ("JPS-DB-FIELD", path)
    assert not valid(without(path))


@pytest.mark.parametrize(
    ("path", "value", "code", "suggestion"),
    [
        ("id", "synth-mus", "JPS-DB-ID", "synth_mus"),
        ("name.yomi", "架空データベース", "JPS-DB-YOMI", None),
        ("name.yomi", "ｶｸｳ", "JPS-DB-YOMI", None),
        ("contentsRightsType", "cc-by", "JPS-DB-RIGHTS", "ccby"),
        ("contentsRightsType", "edu", "JPS-DB-RIGHTS", None),
        ("contentsAccess", "ウェブ公開", "JPS-DB-ACCESS", "internet"),
    ],
)
def test_wrong_fields(path: str, value: str, code: str, suggestion: str | None) -> None:
    (fault,) = load(changed(path, value), None)[1]
    assert fault.code == code
    assert suggestion is None or fault.suggestion == suggestion
    assert not valid(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "code", "suggestion"),
    [
        ("category", ["美術"], "JPS-DB-CATEGORY", "art"),
        ("category", "sports", "JPS-DB-CATEGORY", None),
        ("contentsType", "3d", "JPS-DB-TYPE", None),
        ("permission.ownerOrg", "", "JPS-DB-OWNER", None),
    ],
)
def test_doubtful_fields(path: str, value: Any, code: str, suggestion: str | None) -> None:
    (fault,) = load(changed(path, value), None)[1]
    assert (fault.code, fault.suggestion) == (code, suggestion)


@pytest.mark.parametrize("option", [None, "", {}])
def test_no_definition(option: Any) -> None:
    assert [fault.code for fault in load(option, None)[1]] == ["JPS-DB-MISSING"]


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_files(tmp_path: Path, suffix: str, wrapped: bool) -> None:
    whole = {"database": GOOD, "organizationAliases": {"架空館": "kakukan"}} if wrapped else GOOD
    (tmp_path / f"db.{suffix}").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    definition, faults = load(f"db.{suffix}", tmp_path)
    assert (definition.id, faults) == ("synthmus", [])
    assert dict(definition.aliases) == ({"架空館": "kakukan"} if wrapped else {})


def test_yaml_values_stay_text(tmp_path: Path) -> None:
    text = json.dumps(GOOD, ensure_ascii=False).replace('"synthmus"', "0120").replace('"synth_museum"', "no")
    (tmp_path / "db.yaml").write_text(text, encoding="utf-8")
    definition, _ = load("db.yaml", tmp_path)
    assert (definition.id, definition.inherited["ownerOrg"]) == ("0120", "no")


@pytest.mark.parametrize(
    ("name", "text"),
    [("db.yaml", "a: [1"), ("db.yaml", "id: 1\nid: 2"), ("db.json", "{"), ("db.json", "[]"), ("db.yaml", "text")],
)
def test_broken_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert {fault.code for fault in load(name, tmp_path)[1]} == {"JPS-DB-FILE"}


def test_a_missing_file_names_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "synthmus.yaml").write_text("", encoding="utf-8")
    (fault,) = load("synthmas.yaml", tmp_path)[1]
    assert (fault.code, fault.suggestion) == ("JPS-DB-FILE", "synthmus.yaml")


@pytest.mark.parametrize("raw", [{"id": ["x"]}, {"name": "x"}, {"category": {}}, {"database": {"permission": []}}])
def test_shapes_that_make_no_sense_are_faults(raw: dict[str, Any]) -> None:
    assert "JPS-DB-FIELD" in {fault.code for fault in load(raw, None)[1]}
