"""Guards: the model, the schemas, the lookup tables, the options and the code say the same."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from convert import resources
from convert.formats.base import Format
from convert.formats.japansearch import FORMATS, checker, common
from convert.formats.japansearch.definition import Definition
from convert.formats.japansearch.layout import Layout
from convert.formats.japansearch.model import USES, JsonType, code_for, model
from convert.formats.japansearch.target import JapanSearchTarget

ROOM = Path(common.__file__).parent
LOOKUPS = resources.mappings() / "lookups"
CODES = tomllib.loads((ROOM / "codes.toml").read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    return json.loads((resources.schemas() / "japansearch" / f"{name}.schema.json").read_text(encoding="utf-8"))


def rows(name: str) -> list[list[str]]:
    with (LOOKUPS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_common_keys_and_their_order() -> None:
    assert list(schema("item")["properties"]["common"]["properties"]) == list(model().common)


def test_every_kind_of_key_is_known_everywhere() -> None:
    kinds = set(get_args(JsonType))
    assert {key.type for key in model().common.values()} == kinds
    assert set(checker._KINDS) == set(checker._WANTED) == kinds


def test_every_type_letter_has_a_coercer_and_a_check() -> None:
    made = JapanSearchTarget({}, [], base=None)
    assert set(made._coercers) == set(checker._ITEM_KINDS) == set(model().types)


def test_keys_that_can_be_filled_have_a_step() -> None:
    feeds = {key: (f"common.{key}",) for key in model().labels}
    given: dict[str, str | list[str]] = {
        key.name: ["x"] if key.many else "x" for key in model().common.values() if key.definition
    }
    names = [name for name, _ in common.steps(Layout(feeds=feeds), Definition("x", given))]
    assert names == [name for name in model().common if name not in ("id", "dclass")]


def test_marks_and_letters() -> None:
    for key in model().common.values():
        assert key.status in ("required", "if_any", "optional", "given")
        assert key.source in ("known", "inferred")
        assert set(key.items) <= set(model().types)
        assert bool(key.items) == (key.status != "given")


def test_rights_codes_and_their_uses() -> None:
    codes = model().codes["contentsRightsType"]
    items = [code for code in codes.values() if code.level == "item"]
    assert len(items) == 15
    assert all(set(code.uses) == set(USES) for code in items)
    assert set(schema("item")["properties"]["common"]["properties"]["contentsRightsType"]["enum"]) == {
        code.name for code in items
    }


@pytest.mark.parametrize(
    ("use", "names"),
    [
        ("commercial", "cc0 pdm ccby ccbysa"),
        ("noncommercial", "cc0 pdm ccby ccbysa ccbync ccbyncsa"),
        ("education", "cc0 pdm ccby ccbysa ccbync ccbyncsa incr_edu"),
    ],
)
def test_search_groups_are_the_plain_yes(use: str, names: str) -> None:
    codes = model().codes["contentsRightsType"].values()
    assert [code.name for code in codes if code.uses.get(use) == "yes"] == names.split()


@pytest.mark.parametrize(
    ("name", "head", "key"),
    [
        ("rights-ja.csv", "label", "contentsRightsType"),
        ("rights-en.csv", "label", "contentsRightsType"),
        ("rights-url.csv", "url", "contentsRightsType"),
        ("access-ja.csv", "label", "contentsAccess"),
        ("contents-type-ja.csv", "label", "contentsType"),
    ],
)
def test_lookup_tables(name: str, head: str, key: str) -> None:
    header, *body = rows(name)
    assert header == [head, "code"]
    labels = [label for label, _ in body]
    assert len(labels) == len(set(labels))
    assert {code for _, code in body} <= model().codes_of(key, "item")


def test_every_label_of_the_guide_finds_its_code() -> None:
    for code in model().codes["contentsRightsType"].values():
        if code.level == "item":
            assert code_for("contentsRightsType", code.ja) == code.name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CC BY-SA（表示ー継承）", "ccbysa"),
        ("CC BY-NC-ND (表示-非営利-改変禁止)", "ccbyncnd"),
        ("PDM (パブリックドメインマーク)", "pdm"),
        ("著作権あり - 教育目的の利用可", "incr_edu"),
        ("http://creativecommons.org/licenses/by/2.1/jp/", "ccby"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.ja", "cc0"),
        ("http://rightsstatements.org/vocab/InC-EDU/1.0/", "incr_edu"),
        ("https://rightsstatements.org/page/NoC-OKLR/1.0/?language=ja", "nocr_other"),
        ("http://rightsstatements.org/vocab/NoC-NC/1.0/", None),
        ("http://rightsstatements.org/vocab/UND/1.0/", None),
        ("パブリックドメイン", None),
        ("cc_by_nc", None),
    ],
)
def test_labels_and_urls(text: str, code: str | None) -> None:
    assert code_for("contentsRightsType", text) == code


def test_codes_used_and_described() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    assert set(re.findall(r'"(JPS-[A-Z0-9-]+)"', source)) == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_described_in_full(code: str) -> None:
    entry = CODES[code]
    keys = {"severity", "effect", "basis", "ja", "en", "hint_ja", "hint_en", "reference"}
    assert set(entry) - {"stored"} == keys
    assert entry["severity"] in ("notice", "warning", "error", "fatal")
    assert entry["effect"] in ("refused", "broken", "dropped", "changed", "none")
    assert entry["basis"] in ("known", "inferred", "own")
    assert (entry["basis"] == "own") == entry["reference"].startswith("mokuroku")
    assert not re.search(r"[一-龠ぁ-んァ-ン]", entry["en"])


def test_the_format_loads() -> None:
    (found,) = FORMATS
    assert isinstance(found, Format)
    assert issubclass(found.load_target(), JapanSearchTarget)
    assert found.load_checker() is checker.JapanSearchChecker
    assert all(option.ja and option.en for option in (*found.read_options, *found.write_options))
