"""Records that already are in the linkage format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from convert import resources
from convert.formats.japansearch.checker import JapanSearchChecker
from convert.model import Record

SYNTHETIC = Path(__file__).parents[3] / "shared" / "data" / "japansearch" / "synthetic"
GOOD: dict[str, Any] = {
    "id": "synthmus-M1",
    "common": {
        "id": "synthmus-M1",
        "title": "皿",
        "lastUpdatedDate": 1774882800000,
        "linkUrl": "https://museum.example.jp/1",
        "contentsRightsType": "ccby",
        "contentsAccess": "internet",
        "contributor": ["架空太郎"],
        "coordinates": {"lat": 35.5, "lon": 139},
        "database": "synthmus",
    },
    "synthmus-0-s": "M1",
    "synthmus-1-h": "<p>皿</p>",
    "synthmus-2-d": None,
    "synthmus-3-b": True,
    "synthmus-4-n": 12.5,
    "synthmus-5-l": "35.5,139",
    "synthmus-6-u": ["https://museum.example.jp/1", "https://museum.example.jp/2"],
    "synthmus-7-c": "PUBLISHED",
}


def check(body: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The findings for a record as the JSON Lines reader gives it: numbers as text."""
    read = json.loads(json.dumps(body), parse_int=str, parse_float=str)
    record = Record(read, source="items.jsonl", ordinal=1, line=3)
    checker = JapanSearchChecker({}, base=None)
    name, identity, findings = checker.check(record)
    assert name == identity
    assert all(checker.locate(record, finding).line == 3 for finding in findings)
    return [(finding.code, finding.target) for finding in findings]


def common(**values: Any) -> dict[str, Any]:
    return GOOD | {"common": {key: v for key, v in (GOOD["common"] | values).items() if v is not ...}}


def test_a_good_record() -> None:
    assert check(GOOD) == []


@pytest.mark.skipif(not SYNTHETIC.is_dir(), reason="the shared worked example is not beside the checkout")
def test_the_worked_example_passes() -> None:
    lines = (SYNTHETIC / "expected_records.jsonl").read_text(encoding="utf-8").splitlines()
    assert [check(json.loads(line)) for line in lines] == [
        [],
        [],
        [],
        [],
        [("JPS-ACCESS-CONTENTS", "common.contentsAccess")],
    ]


@pytest.mark.parametrize(
    ("body", "code", "target"),
    [
        (common(title=...), "JPS-REQUIRED", "common.title"),
        (common(title=""), "JPS-REQUIRED", "common.title"),
        (common(title="M1"), "JPS-TITLE-ID", "common.title"),
        (common(title=["皿"]), "JPS-TYPE", "common.title"),
        (common(id="synthmus-M2"), "JPS-COMMON-ID", "common.id"),
        (common(database="other"), "JPS-COMMON-DATABASE", "common.database"),
        (common(contributor="架空太郎"), "JPS-TYPE", "common.contributor"),
        (common(contributor=[]), "JPS-NULL", "common.contributor"),
        (common(description=None), "JPS-NULL", "common.description"),
        (common(lastUpdatedDate="きのう"), "JPS-TYPE", "common.lastUpdatedDate"),
        (common(coordinates={"lat": 35, "lng": 139}), "JPS-TYPE", "common.coordinates"),
        (common(coordinates={"lat": 95, "lon": 139}), "JPS-TYPE", "common.coordinates"),
        (common(contentsRightsType="cc-by"), "JPS-RIGHTS", "common.contentsRightsType"),
        (common(contentsRightsType="edu"), "JPS-RIGHTS-GROUP", "common.contentsRightsType"),
        (common(contentsAccess="various"), "JPS-ACCESS", "common.contentsAccess"),
        (common(contentsType="3d"), "JPS-CONTENTS-TYPE", "common.contentsType"),
        (common(linkUrl="museum.example.jp"), "JPS-URL", "common.linkUrl"),
        (common(titel="皿"), "JPS-COMMON-UNKNOWN", "common.titel"),
        (GOOD | {"common": None}, "JPS-COMMON-MISSING", "common"),
        (GOOD | {"synthmus-1-h": "<b>皿</b>"}, "JPS-HTML", "synthmus-1-h"),
        (GOOD | {"synthmus-2-d": "きのう"}, "JPS-ITEM-TYPE", "synthmus-2-d"),
        (GOOD | {"synthmus-3-b": "true"}, "JPS-ITEM-TYPE", "synthmus-3-b"),
        (GOOD | {"synthmus-4-n": "12cm"}, "JPS-ITEM-TYPE", "synthmus-4-n"),
        (GOOD | {"synthmus-5-l": "江戸"}, "JPS-COORDINATES", "synthmus-5-l"),
        (GOOD | {"synthmus-6-u": ["https://a.example/", "x"]}, "JPS-URL", "synthmus-6-u"),
        (GOOD | {"synthmus-0-s": True}, "JPS-ITEM-TYPE", "synthmus-0-s"),
        (GOOD | {"備考": "x"}, "JPS-KEY", "備考"),
        (GOOD | {"備考_s": "x"}, "JPS-KEY-STYLE", None),
    ],
)
def test_one_fault(body: dict[str, Any], code: str, target: str | None) -> None:
    assert check(body) == [(code, target)]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("M1", ["JPS-ID-FORM"]),
        ("synthmus-M-1", ["JPS-ID-HYPHEN"]),
        ("synthmus-文1", ["JPS-ID-CHARACTERS"]),
    ],
)
def test_ids(name: str, codes: list[str]) -> None:
    found = [code for code, target in check(common(id=name) | {"id": name}) if target == "id"]
    assert found == codes


@pytest.mark.parametrize("name", ["", None, ["x"]])
def test_no_id(name: Any) -> None:
    assert ("JPS-REQUIRED", "id") in check(GOOD | {"id": name})


def test_dates_in_both_forms_and_xml_sources() -> None:
    body = GOOD | {
        "synthmus-2-d": "2010-04-30T22:44:30+09:00",
        "synthmus-rdf:RDF": {"dc:title-s": "皿"},
        "rdfindex": {},
    }
    assert check(body) == []


@pytest.mark.parametrize(
    "body", [{}, {"id": [], "common": []}, {"id": "-", "common": {"title": {}}, "_s": {}, "x_s": [[]]}]
)
def test_nonsense_is_findings_and_never_raises(body: dict[str, Any]) -> None:
    assert check(body)


def test_the_schema_agrees_on_shapes() -> None:
    schema = json.loads((resources.schemas() / "japansearch" / "item.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(GOOD)
    for body in (
        common(title=...),
        common(contributor="架空太郎"),
        common(contributor=[]),
        common(contentsAccess="various"),
    ):
        assert not validator.is_valid(body)
