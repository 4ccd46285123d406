"""The Japan Search target: names and labels, common, inheritance, checks (japansearch.md §10)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from convert.formats.base import TargetRule
from convert.formats.japansearch.model import model
from convert.formats.japansearch.target import JapanSearchTarget
from convert.model import Changed, Location, Mapped, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.check.issue import Finding

SYNTHETIC = Path(__file__).parents[3] / "shared" / "data" / "japansearch" / "synthetic"
needs_data = pytest.mark.skipif(not SYNTHETIC.is_dir(), reason="the shared worked example is not beside the checkout")

DATABASE: dict[str, Any] = {
    "id": "synthmus",
    "name": {"ja": "架空の収蔵品", "en": "Synthetic collection", "yomi": "かくうのしゅうぞうひん"},
    "description": {"ja": "試験用"},
    "category": ["art"],
    "contentsRightsType": "incr",
    "contentsAccess": "internet",
    "permission": {"ownerOrg": "synth_museum", "publicationLevel": "PUBLIC"},
}
TITLE = ("作品名_s", "title")


def rule(number: int, name: str, *labels: str, **parts: Any) -> TargetRule:
    return TargetRule(name, number, Location("m.yaml", line=number + 1), labels, **parts)


def target(*rules: tuple[str, ...] | TargetRule, **options: Any) -> JapanSearchTarget:
    made = [r if isinstance(r, TargetRule) else rule(n, *r) for n, r in enumerate(rules)]
    return JapanSearchTarget({"database": DATABASE} | options, made, base=None)


def faults(made: JapanSearchTarget) -> list[tuple[str, int | None, str | None]]:
    return [(f.code, f.rule, f.suggestion) for f in made.faults if f.code != "JPS-RECOMMENDED"]


def assemble(made: JapanSearchTarget, values: dict[str, list[Any]], name: str = "M1") -> tuple[Any, list[Finding]]:
    return made.assemble(Mapped(name, values, {}))


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


# ── The worked example ───────────────────────────────────────────────────────────────────────────


def worked(**options: Any) -> tuple[JapanSearchTarget, list[tuple[Any, list[Finding]]]]:
    definition = json.loads((SYNTHETIC / "definition.json").read_text(encoding="utf-8"))
    rules = [
        rule(n, f"{field['label']['ja']}_{field['type']}", *field["common"])
        for n, field in enumerate(definition["fieldLabels"])
    ]
    made = JapanSearchTarget({"database": "definition.json"} | options, rules, base=SYNTHETIC)
    found = []
    with (SYNTHETIC / "museum.csv").open(encoding="utf-8", newline="") as file:
        for row in list(csv.reader(file))[1:]:
            values: dict[str, list[Any]] = {}
            for one, cell in zip(rules, row, strict=True):
                if cell:
                    value = made.coercer(one)(cell)  # type: ignore[misc]
                    values[one.name] = [value.value if isinstance(value, Changed) else value]
            found.append(made.assemble(Mapped(row[0], values, {})))
    return made, found


@needs_data
def test_worked_example_as_served() -> None:
    made, found = worked(keys="served")
    expected = (SYNTHETIC / "expected_records.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.dumps(json.loads(made.encode(doc)), ensure_ascii=False) for doc, _ in found] == expected


@needs_data
def test_worked_example_with_suffixes() -> None:
    made, found = worked()
    expected = (SYNTHETIC / "expected_fields_underscore.jsonl").read_text(encoding="utf-8").splitlines()
    written = [json.loads(made.encode({k: v for k, v in doc.items() if k != "common"})) for doc, _ in found]
    assert [json.dumps(doc, ensure_ascii=False) for doc in written] == expected
    assert made.faults == []
    assert [codes(findings) for _, findings in found] == [[], [], [], [], ["JPS-ID-HYPHEN", "JPS-ACCESS-CONTENTS"]]


@needs_data
def test_worked_example_for_registration() -> None:
    made, found = worked(shape="registration", file="csv", bom="true")
    data = made.container().head + b"".join(made.encode(doc) for doc, _ in found)
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines(keepends=True)))
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    assert rows[0][:2] == ["資料ID_s", "作品名_s"]
    assert rows[5][:2] == ["M-0005-a", "絵はがき\n「海岸通り」"]
    assert rows[3][11:14] == ["", "false", "0"]


# ── Names, labels, faults ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bad", "code", "suggestion"),
    [
        (rule(1, "作者"), "JPS-TARGET-NAME", "作者_s"),
        (rule(1, "作者-s"), "JPS-TARGET-NAME", "作者_s"),
        (rule(1, "受入日_D"), "JPS-TARGET-NAME", "受入日_d"),
        (rule(1, "_s"), "JPS-TARGET-NAME", None),
        (rule(1, "titleYomi"), "JPS-TARGET-NAME", "common.titleYomi"),
        (rule(1, "common.titleYom"), "JPS-TARGET-NAME", "common.titleYomi"),
        (rule(1, "common.database"), "JPS-COMMON-FIXED", None),
        (rule(1, "common.id"), "JPS-COMMON-FIXED", None),
        (rule(1, "分野_s", "category"), "JPS-COMMON-FIXED", None),
        (rule(1, "作者_s", "contributer"), "JPS-LABEL", "contributor"),
        (rule(1, "作者_s", "人物/団体"), "JPS-LABEL", "contributor"),
        (rule(1, "作者_s", "thumbnailURL"), "JPS-LABEL", "thumbnailUrl"),
        (rule(1, "common.linkUrl", "linkUrl"), "JPS-LABEL-COMMON", None),
        (rule(1, "更新日_s", "lastUpdatedDate"), "JPS-LABEL-TYPE", "更新日_d"),
        (rule(1, "位置_s", "coordinates"), "JPS-LABEL-TYPE", "位置_l"),
        (rule(1, "作者_s", lang="en"), "JPS-NO-LANG", None),
        (rule(1, "作者_s", type="name"), "JPS-NO-TYPE", None),
        (rule(1, "作者_s", objects=True), "JPS-OBJECT", None),
        (rule(1, "作者_s", "contributor", yomi=True), "JPS-YOMI", None),
    ],
)
def test_a_bad_rule_is_said_with_its_number(bad: TargetRule, code: str, suggestion: str | None) -> None:
    assert faults(target(TITLE, bad)) == [(code, 1, suggestion)]


def test_good_rules_have_no_faults() -> None:
    made = target(
        rule(0, "作品名_s", "title", yomi=True),
        ("画像_u", "thumbnailUrl", "contentsUrl"),
        ("解説_h", "description"),
        rule(3, "common.coordinates", objects=True),
        rule(4, "備考_s", passthrough=True),
    )
    assert faults(made) == []


def test_something_must_be_the_title() -> None:
    assert faults(target(("作者_s",))) == [("JPS-TITLE-RULE", None, None)]
    assert faults(target(("common.title",))) == []


def test_recommended_labels_are_named_once_per_mapping() -> None:
    made = target(TITLE, ("URL_u", "linkUrl"))
    said = [f.slots["label"] for f in made.faults if f.code == "JPS-RECOMMENDED"]
    assert said == ["titleEn", "titleYomi", "lastUpdatedDate", "thumbnailUrl"]


def test_tables_are_for_registration_only() -> None:
    assert faults(target(TITLE, file="csv")) == [("JPS-FILE-SHAPE", None, "shape: registration")]


def test_common_rules_become_items_of_a_registration_file() -> None:
    made = target(
        rule(0, "作品名_s", "title", yomi=True),
        ("common.linkUrl",),
        ("URL_u",),
        rule(3, "common.coordinates", objects=True),
        shape="registration",
    )
    assert faults(made) == [("JPS-COMMON-ITEM", None, None)] * 3
    values = {
        "作品名_s": [Text("皿", yomi="さら")],
        "URL_u": ["https://a.example/1"],
        "common.linkUrl": ["https://a.example/2"],
        "common.coordinates": [{"lat": "35.5", "lon": "139"}],
    }
    assert assemble(made, values)[0] == {
        "ID_s": "M1",
        "作品名_s": "皿",
        "URL_u": "https://a.example/1",
        "URL（共通項目）_u": "https://a.example/2",
        "座標_l": "35.5,139",
        "名称/タイトルヨミ_s": "さら",
    }
    (companion,) = made.companions()
    assert "URL（共通項目）,u,URL,URL,linkUrl" in companion.content.decode()


# ── common ───────────────────────────────────────────────────────────────────────────────────────


def test_array_keys_collect_in_field_order_and_are_always_arrays() -> None:
    made = target(TITLE, ("作者_s", "contributor"), ("発行者_s", "contributor"), ("場所_s", "location"))
    document, findings = assemble(
        made, {"作品名_s": ["皿"], "発行者_s": ["例示社"], "作者_s": ["架空太郎", "例示花子"], "場所_s": ["有田"]}
    )
    assert document["common"]["contributor"] == ["架空太郎", "例示花子", "例示社"]
    assert document["common"]["location"] == ["有田"]
    assert (document["作者_s"], document["場所_s"]) == (["架空太郎", "例示花子"], "有田")
    assert findings == []


def test_string_keys_keep_the_first_value_and_say_the_rest() -> None:
    made = target(TITLE, ("別題_s", "title"))
    document, findings = assemble(made, {"作品名_s": ["甲", "乙"], "別題_s": ["丙"]})
    assert document["common"]["title"] == "甲"
    assert [(f.code, f.target, f.index, f.value) for f in findings] == [
        ("JPS-SINGLE", "作品名_s", 1, "乙"),
        ("JPS-SINGLE", "別題_s", 0, "丙"),
    ]


def test_one_item_may_feed_several_keys() -> None:
    made = target(TITLE, ("画像_u", "thumbnailUrl", "contentsUrl", "iiifUrl"))
    common = assemble(made, {"作品名_s": ["皿"], "画像_u": ["https://a.example/1"]})[0]["common"]
    assert common["thumbnailUrl"] == common["contentsUrl"] == ["https://a.example/1"]
    assert common["iiifUrl"] == "https://a.example/1"


def test_a_reading_of_the_title_becomes_title_yomi() -> None:
    made = target(rule(0, "作品名_s", "title", yomi=True))
    document, findings = assemble(made, {"作品名_s": [Text("皿", yomi="さら"), Text("鉢", yomi="はち")]})
    assert document["作品名_s"] == ["皿", "鉢"]
    assert document["common"]["titleYomi"] == "さら"
    assert [(f.code, f.value) for f in findings] == [("JPS-SINGLE", "鉢"), ("JPS-SINGLE", "はち")]


def test_an_item_for_the_reading_comes_first() -> None:
    made = target(rule(0, "作品名_s", "title", yomi=True), ("ヨミ_s", "titleYomi"))
    document, findings = assemble(made, {"作品名_s": [Text("皿", yomi="サラ")], "ヨミ_s": ["さら"]})
    assert document["common"]["titleYomi"] == "さら"
    assert [(f.code, f.target, f.value) for f in findings] == [("JPS-SINGLE", "作品名_s", "サラ")]


def test_the_reading_of_a_lost_title_is_not_paired_with_another() -> None:
    made = target(rule(0, "作品名_s", "title", yomi=True))
    document, _ = assemble(made, {"作品名_s": [Text("皿"), Text("鉢", yomi="はち")]})
    assert "titleYomi" not in document["common"]


def test_coordinates() -> None:
    made = target(TITLE, ("位置_l", "coordinates"))
    document, _ = assemble(made, {"作品名_s": ["皿"], "位置_l": ["35.5,139"]})
    assert document["common"]["coordinates"] == {"lat": 35.5, "lon": 139.0}
    document, _ = assemble(made, {"作品名_s": ["皿"], "位置_l": ["江戸"]})
    assert document["位置_l"] == "江戸"
    assert "coordinates" not in document["common"]


@pytest.mark.parametrize("value", [{"lat": "35.5", "lon": "139"}, {"lat": ["35.5"], "lon": ["139"]}, "35.5,139"])
def test_coordinates_as_a_common_rule(value: Any) -> None:
    made = target(TITLE, rule(1, "common.coordinates", objects=True))
    document, findings = assemble(made, {"作品名_s": ["皿"], "common.coordinates": [value]})
    assert document["common"]["coordinates"] == {"lat": 35.5, "lon": 139.0}
    assert findings == []


def test_an_object_that_is_no_point_is_said() -> None:
    made = target(TITLE, rule(1, "common.coordinates", objects=True))
    document, findings = assemble(made, {"作品名_s": ["皿"], "common.coordinates": [{"lat": "95"}]})
    assert "coordinates" not in document["common"]
    assert [(f.code, f.target) for f in findings] == [("JPS-COORDINATES", "common.coordinates")]


def test_inheritance_and_override() -> None:
    made = target(TITLE, ("権利_s", "contentsRightsType"), ("館_s", "provider"))
    common = assemble(made, {"作品名_s": ["皿"]})[0]["common"]
    assert (common["contentsRightsType"], common["contentsAccess"]) == ("incr", "internet")
    assert (common["provider"], common["ownerOrg"]) == ("synth_museum", "synth_museum")
    assert (common["category"], common["database"], common["access"]) == (["art"], "synthmus", "PUBLIC")
    common = assemble(made, {"作品名_s": ["皿"], "権利_s": ["ccby"], "館_s": ["例示館"]})[0]["common"]
    assert (common["contentsRightsType"], common["provider"]) == ("ccby", "例示館")


def test_holders_known_as_organizations() -> None:
    option = {
        "database": DATABASE | {"provider": "架空館"},
        "organizationAliases": {"架空館": "kakukan", "例示館": "rei"},
    }
    made = target(TITLE, ("館_s", "provider"), database=option)
    assert assemble(made, {"作品名_s": ["皿"]})[0]["common"]["provider"] == "kakukan"
    assert assemble(made, {"作品名_s": ["皿"], "館_s": ["例示館"]})[0]["common"]["provider"] == "rei"


def test_common_lists_are_not_shared_between_records() -> None:
    made = target(TITLE)
    first, second = (assemble(made, {"作品名_s": ["皿"]})[0]["common"]["category"] for _ in range(2))
    first.append("x")
    assert second == ["art"]


def test_various_is_not_copied_into_items() -> None:
    option = DATABASE | {"contentsRightsType": "various", "contentsAccess": "various", "contentsType": "various"}
    made = target(TITLE, ("権利_s", "contentsRightsType"), database=option)
    document, findings = assemble(made, {"作品名_s": ["皿"]})
    assert "various" not in document["common"].values()
    assert sorted(codes(findings)) == ["JPS-ACCESS-VARIOUS", "JPS-RIGHTS-VARIOUS", "JPS-TYPE-VARIOUS"]
    assert "JPS-RIGHTS-VARIOUS" not in codes(assemble(made, {"作品名_s": ["皿"], "権利_s": ["cc0"]})[1])


# ── Checks ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "served", "expected"),
    [
        ("M0001", "synthmus-M0001", []),
        ("M-0005-a", "synthmus-M_0005_a", ["JPS-ID-HYPHEN"]),
        ("文資-1", "synthmus-文資_1", ["JPS-ID-HYPHEN", "JPS-ID-CHARACTERS"]),
        ("a.1", "synthmus-a.1", ["JPS-ID-CHARACTERS"]),
    ],
)
def test_ids(name: str, served: str, expected: list[str]) -> None:
    made = target(TITLE)
    document, findings = assemble(made, {"作品名_s": ["皿"]}, name)
    assert document["id"] == document["common"]["id"] == made.identity(name) == served
    assert codes(findings) == expected


def test_ids_that_meet_have_one_identity() -> None:
    made = target(TITLE)
    assert made.identity("A-1") == made.identity("A_1")


def test_the_item_labelled_id_is_the_record_id() -> None:
    made = target(TITLE, ("資料ID_s", "id"))
    assert codes(assemble(made, {"作品名_s": ["皿"], "資料ID_s": ["M1"]})[1]) == []
    assert codes(assemble(made, {"作品名_s": ["皿"], "資料ID_s": ["M2"]})[1]) == ["JPS-ID-DIFFERS"]
    assert codes(assemble(made, {"作品名_s": ["皿"]})[1]) == ["JPS-ID-DIFFERS"]


@pytest.mark.parametrize("values", [{}, {"作品名_s": ["　"]}])
def test_a_record_without_a_title(values: dict[str, list[Any]]) -> None:
    (found,) = assemble(target(TITLE), values)[1]
    assert (found.code, found.target, found.slots["name"]) == ("JPS-REQUIRED", "作品名_s", "タイトル")


def test_a_title_that_is_the_id() -> None:
    assert codes(assemble(target(TITLE), {"作品名_s": ["M1"]})[1]) == ["JPS-TITLE-ID"]


@pytest.mark.parametrize("code", sorted(model().codes_of("contentsRightsType", "item")))
def test_the_fifteen_rights_codes(code: str) -> None:
    made = target(TITLE, ("権利_s", "contentsRightsType"))
    assert assemble(made, {"作品名_s": ["皿"], "権利_s": [code]})[1] == []


@pytest.mark.parametrize(
    ("value", "code", "suggestion"),
    [
        ("CC BY", "JPS-RIGHTS", "ccby"),
        ("cc-by", "JPS-RIGHTS", "ccby"),
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.ja", "JPS-RIGHTS", "ccbysa"),
        ("著作権なし－契約による制限あり", "JPS-RIGHTS", "nocr_cont"),
        ("自由", "JPS-RIGHTS", None),
        ("edu", "JPS-RIGHTS-GROUP", None),
        ("noncom", "JPS-RIGHTS-GROUP", None),
        ("com", "JPS-RIGHTS-GROUP", None),
        ("various", "JPS-RIGHTS-VARIOUS-ITEM", None),
    ],
)
def test_other_rights_are_refused(value: str, code: str, suggestion: str | None) -> None:
    made = target(TITLE, ("common.contentsRightsType",))
    (found,) = assemble(made, {"作品名_s": ["皿"], "common.contentsRightsType": [value]})[1]
    assert (found.code, found.suggestion, found.target) == (code, suggestion, "common.contentsRightsType")


def test_access_and_type_codes() -> None:
    made = target(TITLE, ("公開_s", "contentsAccess"), ("種別_s", "contentsType"), ("画像_u", "contentsUrl"))
    title = {"作品名_s": ["皿"]}
    (found,) = assemble(made, title | {"公開_s": ["ウェブ公開"]})[1]
    assert (found.code, found.suggestion) == ("JPS-ACCESS", "internet")
    assert codes(assemble(made, title | {"公開_s": ["various"]})[1]) == ["JPS-ACCESS"]
    assert codes(assemble(made, title | {"種別_s": ["3d"]})[1]) == ["JPS-CONTENTS-TYPE"]
    assert codes(assemble(made, title | {"公開_s": ["not_exist"]})[1]) == []
    url = {"画像_u": ["https://a.example/1"]}
    assert codes(assemble(made, title | {"公開_s": ["not_exist"]} | url)[1]) == ["JPS-ACCESS-CONTENTS"]


# ── Output ───────────────────────────────────────────────────────────────────────────────────────


def test_empty_booleans() -> None:
    assert assemble(target(TITLE, ("展示_b",)), {"作品名_s": ["皿"]})[0]["展示_b"] is False
    assert "展示_b" not in assemble(target(TITLE, ("展示_b",), empty_boolean="omit"), {"作品名_s": ["皿"]})[0]


def test_registration_starts_with_the_id_when_no_item_is_the_id() -> None:
    made = target(TITLE, ("高さ_n",), shape="registration", file="tsv")
    document, findings = assemble(made, {"作品名_s": ["皿\t鉢", '"'], "高さ_n": [12.5]}, "M-1")
    assert document == {"ID_s": "M-1", "作品名_s": ["皿\t鉢", '"'], "高さ_n": 12.5}
    assert made.container().head.decode() == "ID_s\t作品名_s\t高さ_n\r\n"
    assert made.encode(document).decode() == 'M-1\t"皿\t鉢;"""\t12.5\r\n'
    assert "JPS-FLAT-MANY" in codes(findings)


def test_the_id_column_may_not_be_taken() -> None:
    assert ("JPS-ID-LABEL", None, "label: id") in faults(target(TITLE, ("ID_s",), shape="registration"))


def test_served_keys_count_the_columns_of_the_registration_file() -> None:
    values = {"作品名_s": ["皿"]}
    assert "synthmus-1-s" in assemble(target(TITLE, keys="served"), values)[0]
    assert "synthmus-0-s" in assemble(target(TITLE, ("資料ID_s", "id"), keys="served"), values)[0]
    document = assemble(target(TITLE, keys="served", shape="registration"), values)[0]
    assert document == {"synthmus-0-s": "M1", "synthmus-1-s": "皿"}


def test_json_containers() -> None:
    lines, array = target(TITLE, split="900MB"), target(TITLE, layout="array")
    assert lines.encode({"a": None}) == b'{"a":null}\n'
    assert lines.container().limit == 900_000_000
    box = array.container()
    whole = box.head + box.between.join(array.encode({"a": n}) for n in range(2)) + box.tail
    assert json.loads(whole) == [{"a": 0}, {"a": 1}]
    assert box.limit == 1_000_000_000


def test_label_table() -> None:
    made = target(TITLE, ("=1+1_u", "thumbnailUrl", "contentsUrl"), shape="registration")
    (companion,) = made.companions()
    rows = list(csv.reader(companion.content.decode("utf-8-sig").splitlines()))
    assert companion.suffix == ".labels.csv"
    assert rows[1] == ["ID", "s", "文字列", "ID", "id", "ID_s"]
    assert rows[2] == ["作品名", "s", "文字列", "名称/タイトル", "title", "作品名_s"]
    assert rows[3][0] == "'=1+1"
    assert rows[3][3:5] == ["サムネイル画像URL、コンテンツURL", "thumbnailUrl、contentsUrl"]


def test_common_rules_are_read_as_their_key_wants() -> None:
    made = target(TITLE, ("common.lastUpdatedDate",), ("common.linkUrl",), dates="iso")
    date = made.coercer(rule(1, "common.lastUpdatedDate"))
    assert date is not None
    assert date("2026-03-31") == "2026-03-31T00:00:00+09:00"
    assert made.coercer(rule(2, "common.coordinates", objects=True)) is None
