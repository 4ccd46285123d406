"""The dossier for Japan Search's registration screens, against counts made by other means."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tomllib
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lxml.html
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import convert
from convert.errors import MappingError, UnknownName, UsageError
from convert.formats.japansearch.definition import Definition
from convert.formats.japansearch.dossier.build import make_dossier
from convert.formats.japansearch.dossier.counting import FlatShape, Survey
from convert.formats.japansearch.dossier.definition import Places, checklist, field_kinds
from convert.formats.japansearch.dossier.html import document as html_of
from convert.formats.japansearch.dossier.model import exit_code
from convert.formats.japansearch.dossier.rights import codes_of, group_counts
from convert.formats.japansearch.dossier.sheet import workbook
from convert.formats.japansearch.dossier.text import text as text_of
from convert.formats.japansearch.dossier.tojson import document
from convert.formats.japansearch.dossier.view import WORDS, View
from convert.formats.japansearch.model import USES, model
from convert.model import Location, Record
from convert.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue
    from convert.formats.japansearch.dossier.model import Dossier, Rule

ROOT = Path(__file__).parents[2]
MAPPING = "museum/csv-to-japansearch"
LEDGER = ROOT / "examples" / "museum.csv"
SCHEMA = json.loads((ROOT / "schemas" / "report" / "dossier.schema.json").read_text("utf-8"))
REGISTRATION = {"shape": "registration"}
SHAPES: dict[str, dict[str, str]] = {
    "items.jsonl": {},
    "served.jsonl": {"keys": "served"},
    "array.json": {"layout": "array"},
    "flat.jsonl": REGISTRATION,
    "flat.csv": {**REGISTRATION, "file": "csv"},
    "served.csv": {**REGISTRATION, "file": "csv", "keys": "served", "bom": "true"},
    "flat.tsv": {**REGISTRATION, "file": "tsv"},
    "flat.xlsx": {**REGISTRATION, "file": "xlsx"},
}
SMALL = """\
mapping: 1
id: small
source: {format: csv}
target: {format: japansearch, database: db.yaml}
record: {id: 番号}
fields:
  番号_s: {from: 番号, label: id}
  名前_s: {from: 名前, label: title}
  権利_s: {from: 権利, label: contentsRightsType}
  公開_s: {from: 公開, label: contentsAccess}
  画像_u: {from: 画像, label: contentsUrl}
  館_s: {from: 館, label: provider}
  館URL_u: {from: 館URL, label: providerUrl}
"""
DATABASE = """\
database:
  id: synthmus
  name: {ja: 架空資料, en: Synthetic, yomi: カクウシリョウ}
  description: {ja: 見本, en: A sample}
  provider: 架空博物館
  providerUrl: https://museum.example.jp/
  category: [cultural]
  contentsRightsType: incr
  contentsAccess: internet
  permission: {ownerOrg: museum_org}
organizationAliases: {架空博物館: museum_org, 例示資料館: other_org}
"""
HEADER = "番号_s,名前_s,権利_s,公開_s,画像_u,館_s,館URL_u"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped example, written in every shape."""
    folder = tmp_path_factory.mktemp("written")
    for name, options in SHAPES.items():
        convert.Job(MAPPING, write=options).run(LEDGER, folder / name)
    return {name: folder / name for name in SHAPES}


@pytest.fixture
def small(write: Callable[[str, str | bytes], Path]) -> Callable[..., Dossier]:
    """A dossier of rows below the small mapping's header, with a definition of one's own."""

    def make(*rows: str, database: str = DATABASE, header: str = HEADER) -> Dossier:
        write("db.yaml", database)
        mapping = write("small.yaml", SMALL)
        file = write("items.csv", "\r\n".join([header, *rows]) + "\r\n")
        return make_dossier(mapping, [file])

    return make


def codes(dossier: Dossier) -> dict[str, int]:
    return {code.code: code.instances for code in dossier.tally.codes}


def issues(dossier: Dossier, code: str) -> list[Issue]:
    return [issue for tally in dossier.tally.codes if tally.code == code for issue in tally.samples]


def rules(dossier: Dossier, at: int = 0) -> dict[str, Rule]:
    upload = dossier.uploads[at]
    return {rule.name: rule for part in (upload, *upload.parts) for rule in part.rules}


def field(dossier: Dossier, path: str) -> Any:
    return next(found for found in dossier.fields if found.kind.path == path)


# ── Counts ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_a_file_has_the_same_counts(
    written: dict[str, Path], name: str, says_all: Callable[[Issue], None]
) -> None:
    found = make_dossier(MAPPING, [written[name]])
    with written["flat.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rights = Counter(row["コンテンツの権利区分_s"] or "incr" for row in rows)
    assert {count.code: count.records for count in found.rights.counts if count.records} == dict(rights)
    access = Counter(row["コンテンツ公開状況_s"] or "internet" for row in rows)
    assert {count.code: count.records for count in found.access.counts if count.records} == dict(access)
    holders = Counter(row["所蔵館_s"] or "架空博物館" for row in rows)
    holders["example_museum_org"] = holders.pop("架空博物館")
    assert {holder.name: holder.records for holder in found.holders} == dict(holders)
    clash = [row for row in rows if row["コンテンツ公開状況_s"] == "not_exist" and row["画像URL_u"]]
    assert found.contradictions == len(clash) == codes(found)["JPS-ACCESS-CONTENTS"]
    assert (found.records, found.broken, found.complete) == (len(rows), 0, True)
    assert found.duplicates == 2  # the example has one id twice, and two that differ in a hyphen only
    assert (exit_code(found, "error"), exit_code(found, "fatal")) == (1, 0)
    for issue in found.tally.issues():
        says_all(issue)


def test_values_of_records_are_told_from_those_of_the_definition(written: dict[str, Path]) -> None:
    flat, linkage = (make_dossier(MAPPING, [written[name]]) for name in ("flat.csv", "items.jsonl"))
    by_code = {count.code: count for count in flat.access.counts}
    assert (by_code["internet"].own, by_code["internet"].inherited) == (128, 1)
    assert not any(count.either for count in flat.access.counts)
    # In the linkage format the definition's value stands in the record, where a rule may have put it as well.
    by_code = {count.code: count for count in linkage.access.counts}
    assert (by_code["internet"].own, by_code["internet"].either) == (0, 129)
    assert by_code["restricted"].own == 45
    holders = {holder.name: holder for holder in linkage.holders}
    assert (holders["example_museum_org"].inherited, holders["例示村郷土資料室"].own) == (201, 19)


ITEM_CODES = [code.name for code in model().codes["contentsRightsType"].values() if code.level == "item"]
ANY_CODE = st.sampled_from([*ITEM_CODES, "", "edu", "various", "cc-by"])


@given(st.lists(ANY_CODE, max_size=60), st.sampled_from(["", "incr_edu", "cc0"]))
def test_search_groups_are_the_sums_of_the_guide(values: list[str], given_code: str) -> None:
    definition = Definition("synthmus", {"contentsRightsType": given_code} if given_code else {})
    survey = Survey(definition, Tally())
    shape = FlatShape({"id": ["n"], "title": ["t"], "contentsRightsType": ["r"]})
    for number, value in enumerate(values, start=1):
        survey.count(Record({"n": str(number), "t": "見本", "r": value}, "x", number), shape)
    rights = codes_of("contentsRightsType", survey.rights)
    counted = Counter(value or given_code for value in values)
    com = sum(counted[code] for code in ("cc0", "pdm", "ccby", "ccbysa"))
    noncom = com + counted["ccbync"] + counted["ccbyncsa"]
    assert group_counts(rights) == {"com": com, "noncom": noncom, "edu": noncom + counted["incr_edu"]}
    assert rights.records == len(values)
    assert rights.none == counted[""]
    assert {count.code: count.records for count in rights.counts if not count.known} == {
        code: counted[code] for code in ("edu", "various", "cc-by") if counted[code]
    }


def test_codes_that_no_item_may_have_are_counted_and_told(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,edu,,,,", "2,乙,various,,,,", "3,丙,cc-by,open,,,", "4,丁,,,,,")
    assert [(count.code, count.records) for count in found.rights.counts if not count.known] == [
        ("cc-by", 1), ("edu", 1), ("various", 1),
    ]  # fmt: skip
    assert found.groups == {"com": 0, "noncom": 0, "edu": 0}
    assert {"JPS-RIGHTS": 1, "JPS-RIGHTS-GROUP": 1, "JPS-RIGHTS-VARIOUS-ITEM": 1, "JPS-ACCESS": 1}.items() <= (
        codes(found).items()
    )
    assert str(issues(found, "JPS-RIGHTS")[0].at).endswith("items.csv:4 C4 権利_s")
    assert exit_code(found, "error") == 1


def test_a_definition_that_says_various_leaves_records_without(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,,,,,", "2,乙,cc0,,,,", database=DATABASE.replace("Type: incr", "Type: various"))
    assert (found.rights.none, codes(found)["JPS-RIGHTS-VARIOUS"]) == (1, 1)


def test_mandatory_values_are_asked_for(small: Callable[..., Dossier]) -> None:
    found = small(",甲,,,,,", "2, ,,,,,")
    assert [issue.slots["key"] for issue in issues(found, "JPS-REQUIRED")] == ["id", "title"]


def test_ids_that_meet_are_told_over_all_files(small: Callable[..., Dossier], written: dict[str, Path]) -> None:
    found = small("a-1,甲,,,,,", "b,乙,,,,,", "a_1,丙,,,,,", "b,丁,,,,,")
    assert found.duplicates == 2
    assert (codes(found)["DSET-ID-DUPLICATE"], codes(found)["DSET-ID-MEET"]) == (1, 1)
    assert str(issues(found, "DSET-ID-DUPLICATE")[0].at).endswith("items.csv:5 A5 番号_s")
    assert make_dossier(MAPPING, [written["items.jsonl"], written["served.jsonl"]]).duplicates == 222


def test_unreadable_records_are_in_no_table(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,cc0,,,,", '2,乙"x",cc0,,,,', "3,丙,pdm,,,,")
    assert (found.records, found.broken, found.rights.records) == (3, 1, 2)
    assert rules(found)["rfc4180"].state == rules(found)["records"].state == "bad"
    assert codes(found)["JPS-FILE-CSV"] == 1


def test_a_million_kinds_of_values_do_not_fill_the_memory() -> None:
    survey = Survey(Definition("db", {}), Tally())
    shape = FlatShape({"id": ["n"], "title": ["n"], "contentsRightsType": ["n"], "provider": ["n"]})
    for number in range(12_000):
        survey.count(Record({"n": f"v{number}"}, "x", number + 1), shape)
    rights = codes_of("contentsRightsType", survey.rights)
    assert (rights.records, rights.other) == (12_000, 11_000)
    assert (len(survey.holders.own), survey.holders.other) == (10_000, 2_000)


# ── Holders ──────────────────────────────────────────────────────────────────────────────────────


def test_how_holders_will_be_shown(small: Callable[..., Dossier]) -> None:
    found = small(
        "1,甲,,,,,", "2,乙,,,,架空博物館,", "3,丙,,,,例示資料館,", "4,丁,,,,見本文庫,",
        "5,戊,,,,見本文庫,https://bunko.example.jp/", "6,己,,,,other_org,", "7,庚,,,,FCM,",
    )  # fmt: skip
    shown = {holder.name: (holder.display, holder.records, holder.with_url) for holder in found.holders}
    assert shown == {
        "museum_org": ("own", 2, 0),
        "other_org": ("registered", 2, 0),
        "見本文庫": ("text", 2, 1),
        "FCM": ("perhaps", 1, 0),
    }
    (told,) = issues(found, "JPS-HOLDER-URL")
    assert (told.value, told.slots["count"]) == ("見本文庫", 1)
    assert [issue.value for issue in issues(found, "JPS-HOLDER-PERHAPS")] == ["FCM"]
    said = text_of(found, "ja")
    assert "「架空博物館（museum_org）」の機関ページへのリンク" in said
    assert "つなぎ役の行が残ることは推定" in said
    said = text_of(found, "en")
    assert "that the line つなぎ役 stays is inferred" in said


def test_a_holder_that_is_not_registered_is_linked_to_the_definitions_url(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,,,,,", database=DATABASE.replace("provider: 架空博物館", "provider: 見本文庫"))
    assert [(holder.name, holder.display) for holder in found.holders] == [("見本文庫", "text")]
    assert "JPS-HOLDER-URL" not in codes(found)
    assert "「見本文庫」（https://museum.example.jp/ へのリンク）" in text_of(found, "ja")
    plain = re.sub("  provider.*\n", "", DATABASE).replace("  category", "  provider: 見本文庫\n  category")
    assert "「見本文庫」（リンクなし）" in text_of(small("1,甲,,,,,", database=plain), "ja")


def test_without_an_owner_nothing_is_said_of_the_display(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,,,,,", database=DATABASE.replace("  permission: {ownerOrg: museum_org}\n", ""))
    assert {holder.display for holder in found.holders} == {"unknown"}
    assert "JPS-DB-OWNER" in codes(found)


# ── The definition ───────────────────────────────────────────────────────────────────────────────


def test_every_field_of_the_screen_is_there(written: dict[str, Path]) -> None:
    found = make_dossier(MAPPING, [written["flat.csv"]])
    paths = [entry.kind.path for entry in found.fields]
    assert paths == [kind.path for kind in field_kinds()]
    assert {kind.path for kind in field_kinds() if kind.mandatory} == set(model().required)
    republish = {kind.path for kind in field_kinds() if kind.republish == "known"}
    assert {"provider", "providerUrl", "category", "contentsRightsType", "contentsAccess", "easyIIIF"} <= republish
    assert field(found, "name.ja").value == "架空博物館収蔵資料データベース"
    assert field(found, "category").labels == (("文化財", "cultural property"), ("地域", "regional"))
    assert (field(found, "image").state, field(found, "thumbnailRights.ja").state) == ("empty", "empty")
    assert "「NO IMAGE」" in text_of(found, "ja")
    assert found.definition_file == "mappings/databases/example-museum.yaml"


BAD_FIELDS = [
    ("name: {ja: 架空資料, en: Synthetic, yomi: カクウシリョウ}", "name: 架空資料", "JPS-DB-KIND", "name.ja"),
    ("category: [cultural]", "category: {a: b}", "JPS-DB-KIND", "category"),
    ("https://museum.example.jp/", "museum.example.jp", "JPS-DB-URL", "providerUrl"),
    ("description: {ja: 見本, en: A sample}", "description: {ja: 見本}", "JPS-DB-LANGUAGE", "description.ja"),
    ("category:", "metadataRights: {ja: <b>x</b>, en: x}\n  category:", "JPS-DB-HTML", "metadataRights.ja"),
    ("category:", "apiType: API取得可能\n  category:", "JPS-DB-API", "apiType"),
    ("category:", "image: {imgType: url}\n  category:", "JPS-DB-IMAGE", "image"),
    ("category:", "image: {imgType: IIIF, manifestUrl: x}\n  category:", "JPS-DB-IMAGE", "image"),
    ("category:", "image: x.jpg\n  category:", "JPS-DB-IMAGE", "image"),
    ("category:", "easyIIIF: on\n  category:", "JPS-DB-IIIF", "easyIIIF"),
    ("category: [cultural]", "category: [cultural, cultural]", "JPS-DB-TWICE", "category"),
    ("カクウシリョウ", "kakuu", "JPS-DB-YOMI", "name.yomi"),
    ("id: synthmus", "id: synth-mus", "JPS-DB-ID", "id"),
    ("Access: internet", "Access: open", "JPS-DB-ACCESS", "contentsAccess"),
    ("Type: incr", "Type: edu", "JPS-DB-RIGHTS", "contentsRightsType"),
    ("en: Synthetic", 'en: ""', "JPS-DB-FIELD", "name.en"),
]


@pytest.mark.parametrize(("old", "new", "code", "path"), BAD_FIELDS)
def test_a_fault_of_the_definition_stands_at_its_field_and_line(
    small: Callable[..., Dossier], says_all: Callable[[Issue], None], old: str, new: str, code: str, path: str
) -> None:
    database = DATABASE.replace(old, new, 1)
    assert database != DATABASE
    found = small("1,甲,,,,,", database=database)
    told = issues(found, code)
    assert told, codes(found)
    for issue in told:
        says_all(issue)
    assert field(found, path).state in ("missing", "bad", "doubt", "note")
    line = told[0].at.line
    assert line is not None
    stands = database.splitlines()[line - 1]
    assert any(f"{name}:" in stands for name in path.split("."))


def test_a_good_definition_has_no_issue(small: Callable[..., Dossier]) -> None:
    good = DATABASE.replace(
        "  category",
        "  url: https://museum.example.jp/db\n  apiType: ok\n  easyIIIF: false\n  image: {imgType: URL, url: x}\n"
        "  metadataRights: {ja: '<p>CC0<br /><a href=\"x\">y</a></p>', en: CC0}\n  recordCount: 3\n  category",
    )
    found = small("1,甲,,,,,", database=good)
    assert [code for code in codes(found) if code.startswith("JPS-DB")] == []
    assert {entry.kind.path: entry.value for entry in found.fields}["easyIIIF"] == "false"


def test_a_misspelt_field_is_named_with_what_was_meant(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,,,,,", database=DATABASE.replace("providerUrl", "provideUrl").replace("en: A", "eng: A"))
    told = {issue.slots["field"]: issue.suggestion for issue in issues(found, "JPS-DB-KEY")}
    assert told["provideUrl"] == "providerUrl"
    assert told["description.eng"] == "en"
    assert "JPS-DB-KEY" in {issue.code for issue in found.definition_issues}


def test_served_databases_have_no_more_than_notices(shared: Path) -> None:
    file = shared / "japansearch" / "database" / "databases_2026-09-30.json"
    for database in json.loads(file.read_text("utf-8")):
        fields, loose = checklist({"database": database}, Places(None, None, Location("x")))
        told = [*loose, *(issue for entry in fields for issue in entry.issues)]
        assert {issue.code for issue in told} <= {"JPS-DB-LANGUAGE"}, database["id"]


@pytest.mark.parametrize("target", ["", ", database: absent.yaml"])
def test_a_missing_definition_is_told_and_the_rest_is_made(
    write: Callable[[str, str | bytes], Path], target: str
) -> None:
    mapping = write("small.yaml", SMALL.replace(", database: db.yaml", target))
    found = make_dossier(mapping, [write("items.csv", f"{HEADER}\r\n1,甲,cc0,,,,\r\n")])
    assert set(codes(found)) >= {"JPS-DB-FILE" if target else "JPS-DB-MISSING"}
    assert found.groups["com"] == 1
    assert all(entry.value == "" for entry in found.fields)
    assert exit_code(found, "error") == 1
    html_of(found, "ja")


def test_a_definition_in_json_has_no_lines(write: Callable[[str, str | bytes], Path]) -> None:
    write("db.json", json.dumps({"id": "a-b", "name": {"ja": "あ"}}))
    mapping = write("small.yaml", SMALL.replace("db.yaml", "db.json"))
    found = make_dossier(mapping, [write("items.csv", f"{HEADER}\r\n1,甲,,,,,\r\n")])
    assert issues(found, "JPS-DB-ID")[0].at.line is None


def test_other_faults_of_a_mapping_are_not_passed_over(write: Callable[[str, str | bytes], Path]) -> None:
    write("db.yaml", DATABASE)
    mapping = write("small.yaml", SMALL.replace("館_s", "館"))
    with pytest.raises(MappingError):
        make_dossier(mapping, [write("items.csv", f"{HEADER}\r\n")])


# ── Labels ───────────────────────────────────────────────────────────────────────────────────────


def test_columns_are_those_of_the_label_definition(written: dict[str, Path]) -> None:
    found = make_dossier(MAPPING, [written["served.csv"]])
    with written["served.csv"].with_name("served.csv.labels.csv").open(encoding="utf-8-sig", newline="") as file:
        wanted = list(csv.DictReader(file))
    assert [(c.name, c.type, "、".join(c.labels), c.served) for c in found.columns] == [
        (row["項目名"], row["型"], row["共通項目のキー"], row["出力のキー"]) for row in wanted
    ]
    assert [column.number for column in found.columns] == list(range(1, len(wanted) + 1))
    linkage = make_dossier(MAPPING, [written["items.jsonl"]])
    assert [c.served for c in linkage.columns] == [c.served for c in found.columns]


def test_labels_without_an_item_are_named(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,,,,,")
    by_label = {wanted.label: wanted for wanted in found.wanted}
    assert by_label["id"].items == ("番号",)
    assert by_label["contentsRightsType"].given == "incr"
    lacking = {issue.slots["label"] for issue in issues(found, "JPS-RECOMMENDED")}
    assert lacking == {"titleEn", "titleYomi", "lastUpdatedDate", "linkUrl", "thumbnailUrl", "iiifUrl"}


def test_columns_that_do_not_fit_the_mapping(small: Callable[..., Dossier]) -> None:
    found = small("1,甲,x", header="番号_s,名前_s,謎_d")
    assert [issue.value for issue in issues(found, "JPS-FILE-COLUMN")] == ["謎_d"]
    assert "館_s" in [issue.value for issue in issues(found, "JPS-FILE-COLUMN-MISSING")]
    assert [(c.name, c.type, c.mapped) for c in found.columns][-1] == ("謎", "d", False)
    found = small("甲", header="名前")
    assert {"JPS-TITLE-RULE", "JPS-FILE-COLUMN"} <= set(codes(found))


# ── Files ────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_file_keeps_every_rule(written: dict[str, Path]) -> None:
    for name in ("flat.csv", "flat.tsv", "flat.xlsx", "flat.jsonl"):
        found = make_dossier(MAPPING, [written[name]])
        assert {rule.state for name, rule in rules(found).items() if name != "run"} == {"ok"}, name


def joined(items: bytes, count: int) -> bytes:
    return b"\n".join(json.dumps(json.loads(line), indent=1).encode() for line in items.splitlines()[:count])


def members(items: bytes) -> bytes:
    return b"{" + b",".join(b'"%d": %s' % (at, line) for at, line in enumerate(items.splitlines())) + b"}"


BROKEN: dict[str, Callable[[bytes, bytes], bytes]] = {
    "utf16.csv": lambda flat, items: flat.decode().encode("utf-16"),
    "cp932.csv": lambda flat, items: flat.replace("染".encode(), "染".encode("cp932")),
    "lf.csv": lambda flat, items: flat.replace(b"\r\n", b"\n"),
    "bom.csv": lambda flat, items: b"\xef\xbb\xbf" + flat,
    "bom.jsonl": lambda flat, items: b"\xef\xbb\xbf" + items,
    "old.xls": lambda flat, items: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    "x.xml": lambda flat, items: b"<a/>",
    "array.json": lambda flat, items: b"[" + items.rstrip().replace(b"\n", b",") + b"]",
    "object.json": lambda flat, items: members(items),
    "one.json": lambda flat, items: joined(items, 1),
    "joined.json": lambda flat, items: joined(items, 3),
    "twice.csv.gz": lambda flat, items: gzip.compress(gzip.compress(flat)),
    "twice.zip": lambda flat, items: zipped({"flat.csv.gz": gzip.compress(flat)}),
    "two.zip": lambda flat, items: zipped({"1.csv": flat, "2.csv": flat, "x.labels.csv": b"x"}),
    "headers.csv": lambda flat, items: flat.partition(b"\r\n")[0] + b"\r\n",
    "other.jsonl": lambda flat, items: items.replace(b'"example_museum-K', b'"other-K'),
}
"""Files that break one rule, made of the good flat table and the good items."""


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "rule", "state", "code", "complete"),
    [
        ("utf16.csv", "encoding", "doubt", "JPS-FILE-ENCODING", True),
        ("cp932.csv", "encoding", "doubt", "JPS-FILE-ENCODING", True),
        ("lf.csv", "newline", "note", "JPS-FILE-NEWLINE", True),
        ("bom.csv", "bom", "note", "JPS-FILE-BOM", True),
        ("bom.jsonl", "bom", "doubt", "JPS-FILE-JSON-BOM", True),
        ("old.xls", "xls", "bad", "JPS-FILE-XLS", False),
        ("x.xml", "kind", "bad", "JPS-FILE-KIND", False),
        ("array.json", "json", "note", "JPS-FILE-LINES", True),
        ("object.json", "json", "note", "JPS-FILE-LINES", True),
        ("one.json", "json", "bad", "JPS-FILE-JSON", True),
        ("joined.json", "json", "bad", "JPS-FILE-JSON", False),
        ("twice.csv.gz", "packed", "bad", "JPS-FILE-TWICE", False),
        ("twice.zip", "packed", "bad", "JPS-FILE-TWICE", False),
        ("two.zip", "members", "note", "JPS-FILE-MEMBERS", True),
        ("headers.csv", "records", "bad", "JPS-FILE-EMPTY", True),
        ("other.jsonl", "records", "bad", "JPS-FILE-DATABASE", True),
    ],
)
def test_a_file_that_breaks_a_rule(
    written: dict[str, Path], tmp_path: Path, says_all: Callable[[Issue], None],
    name: str, rule: str, state: str, code: str, complete: bool,  # noqa: FBT001, RUF100
) -> None:  # fmt: skip
    file = tmp_path / name
    file.write_bytes(BROKEN[name](written["flat.csv"].read_bytes(), written["items.jsonl"].read_bytes()))
    found = make_dossier(MAPPING, [file])
    assert rules(found)[rule].state == state
    assert code in {issue.code for issue in rules(found)[rule].issues}
    assert code in codes(found)
    assert found.complete is complete
    for issue in found.tally.issues():
        says_all(issue)
    for lang in ("ja", "en"):
        html_of(found, lang)
        text_of(found, lang)
    Draft202012Validator(SCHEMA).validate(document(found))


def test_a_linkage_file_is_told(written: dict[str, Path]) -> None:
    found = make_dossier(MAPPING, [written["items.jsonl"]])
    assert rules(found)["linkage"].state == "note"
    assert codes(found)["JPS-FILE-LINKAGE"] == 1


def test_the_limit_counts_the_file_as_it_is_stored(written: dict[str, Path], tmp_path: Path) -> None:
    flat = written["flat.csv"]
    size = flat.stat().st_size
    assert rules(make_dossier(MAPPING, [flat], limit=size))["size"].state == "ok"
    found = make_dossier(MAPPING, [flat], limit=size - 1)
    assert (rules(found)["size"].state, codes(found)["JPS-FILE-SIZE"]) == ("bad", 1)
    packed = tmp_path / "flat.csv.gz"
    packed.write_bytes(gzip.compress(flat.read_bytes()))
    found = make_dossier(MAPPING, [packed], limit=size - 1)
    assert (rules(found)["size"].state, rules(found)["packed"].state) == ("ok", "ok")
    assert found.uploads[0].packing == "gzip"


def test_a_workbook_with_sheets_merged_cells_and_formats(written: dict[str, Path], tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written["flat.xlsx"])
    sheet: Any = book.active
    sheet.merge_cells("C3:D4")
    sheet.merge_cells("F3:G3")
    book.create_sheet("控え").sheet_state = "hidden"
    sheet["R5"].number_format = "yyyy-mm-dd"
    sheet["B7"].number_format = "@"
    book.save(tmp_path / "bad.xlsx")
    found = make_dossier(MAPPING, [tmp_path / "bad.xlsx"])
    assert {name: rule.state for name, rule in rules(found).items()} | {
        "sheets": "bad", "merged": "bad", "cell_format": "note",
    } == {name: rule.state for name, rule in rules(found).items()}  # fmt: skip
    (merged,) = issues(found, "JPS-FILE-MERGED")
    assert (merged.value, merged.slots["count"]) == ("Sheet1!C3:D4", 2)
    (formats,) = issues(found, "JPS-FILE-FORMAT")
    assert (formats.value, formats.slots["count"]) == ("Sheet1!R5", 2)
    assert issues(found, "JPS-FILE-SHEETS")[0].slots["names"] == ["Sheet1", "控え"]


def test_several_files_are_counted_together(written: dict[str, Path], tmp_path: Path) -> None:
    flat, served = written["flat.csv"], written["served.csv"]
    both = make_dossier(MAPPING, [flat, served])
    assert (both.records, both.rights.records) == (440, 440)
    assert rules(both, 1)["same_columns"].state == "ok"
    other = tmp_path / "other.csv"
    other.write_text("ID_s,資料名_s\r\nX1,見本\r\n", encoding="utf-8")
    both = make_dossier(MAPPING, [flat, other])
    assert rules(both, 1)["same_columns"].state == "bad"
    assert codes(both)["JPS-FILE-DIFFER"] == 1
    mixed = make_dossier(MAPPING, [flat, written["items.jsonl"]])
    assert rules(mixed, 1)["same_shape"].state == "bad"
    archive = tmp_path / "parts.zip"
    archive.write_bytes(zipped({"1.csv": flat.read_bytes(), "2.csv": flat.read_bytes()}))
    packed = make_dossier(MAPPING, [archive])
    assert (packed.records, len(packed.uploads), len(packed.uploads[0].parts)) == (440, 1, 2)


def test_a_damaged_archive_is_not_complete(written: dict[str, Path], tmp_path: Path) -> None:
    packed = gzip.compress(written["flat.csv"].read_bytes())
    for name, content in {"cut.csv.gz": packed[:-9000], "bad.zip": b"PK\x03\x04" + bytes(300)}.items():
        (tmp_path / name).write_bytes(content)
        found = make_dossier(MAPPING, [tmp_path / name])
        assert (found.complete, exit_code(found, "fatal")) == (False, 3)
        assert View(found, "ja").answer == "part"


def test_a_file_that_was_changed_since_it_was_written(written: dict[str, Path], tmp_path: Path) -> None:
    good = make_dossier(MAPPING, [written["flat.csv"]])
    assert rules(good)["run"].state == "note"  # the conversion of the example left records out
    assert codes(good)["PKG-RUN-REJECTED"] == 1
    for name in ("flat.csv", "flat.csv.manifest.json"):
        (tmp_path / name).write_bytes(written["flat.csv"].with_name(name).read_bytes())
    (tmp_path / "flat.csv").write_bytes((tmp_path / "flat.csv").read_bytes().replace(b"K0001", b"1"))
    changed = make_dossier(MAPPING, [tmp_path / "flat.csv"])
    assert (rules(changed)["run"].state, codes(changed)["PKG-RUN-CHANGED"]) == ("doubt", 1)
    (tmp_path / "flat.csv.manifest.json").write_text("{")
    assert "run" not in rules(make_dossier(MAPPING, [tmp_path / "flat.csv"]))


def test_what_cannot_be_uploaded_is_no_file(written: dict[str, Path], tmp_path: Path) -> None:
    for name in ("-", tmp_path / "absent.csv", tmp_path):
        with pytest.raises(UsageError):
            make_dossier(MAPPING, [name])
    with pytest.raises(UnknownName):
        make_dossier(MAPPING, [written["flat.csv"]], read={"speed": "9"})
    with pytest.raises(UsageError, match="writes dcndl"):
        make_dossier("library/csv-to-dcndl", [written["flat.csv"]])


def test_the_encoding_can_be_stated(written: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "cp932.csv"
    file.write_bytes(written["flat.csv"].read_text(encoding="utf-8").encode("cp932", "replace"))
    found = make_dossier(MAPPING, [file], read={"encoding": "cp932"})
    assert (found.records, found.broken) == (220, 0)
    assert rules(found)["encoding"].state == "doubt"


# ── How it is written ────────────────────────────────────────────────────────────────────────────


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_html_text_workbook_and_json_agree(written: dict[str, Path], lang: str) -> None:
    found = make_dossier(MAPPING, [written["flat.csv"]])
    told = document(found)
    Draft202012Validator(SCHEMA).validate(told)
    page = lxml.html.fromstring(html_of(found, lang))
    rows = page.xpath("//table[contains(@class,'t-rights')]/tbody/tr")
    drawn = {row.xpath("string(.//span[@class='path'])"): row.xpath("string(td[last()])") for row in rows}
    counted = {count["code"]: f"{count['records']:,}" for count in told["rights"]["counts"]}
    assert {code: number for code, number in drawn.items() if code} == counted
    book = openpyxl.load_workbook(io.BytesIO(workbook(found, lang)))
    assert len(book.sheetnames) == 6
    sheet: Any = book[book.sheetnames[3]]
    cells = {str(row[0].value).rpartition("(")[2].rstrip(")"): row for row in sheet.iter_rows()}
    for code, number in counted.items():
        values = [cell.value for cell in cells[code] if isinstance(cell.value, int)]
        assert values[-1] == int(number)
    said = text_of(found, lang)
    for count in told["rights"]["counts"]:
        line = next(line for line in said.splitlines() if f"({count['code']})" in line)
        assert line.split()[-1] == f"{count['records']:,}"


def test_the_page_needs_no_network_and_no_style_of_others(written: dict[str, Path]) -> None:
    text = html_of(make_dossier(MAPPING, [written["flat.csv"]]), "ja")
    tags = Tags(text).found
    assert not [tag for tag, attrs in tags if "src" in attrs or tag in ("link", "img", "iframe")]
    assert all((attrs["href"] or "").startswith("#") for tag, attrs in tags if tag == "a")
    assert not [tag for tag, attrs in tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    anchors = {attrs["href"] for tag, attrs in tags if tag == "a"}
    assert anchors <= {f"#{attrs['id']}" for _, attrs in tags if "id" in attrs}
    assert "default-src 'none'" in text


HOSTILE = '<script>alert(1)</script>&"\x07\u202e=1+1'


def test_hostile_content_is_shown_and_never_run(small: Callable[..., Dossier]) -> None:
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    found = small(f"1,{quoted},{quoted},{quoted},u,{quoted},", "2,x,=1+1,,,=HYPERLINK(1),")
    text = html_of(found, "ja")
    assert [tag for tag, _ in Tags(text).found].count("script") == 1
    assert "<script>alert" not in text
    book = openpyxl.load_workbook(io.BytesIO(workbook(found, "ja")))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert "\x07" not in text_of(found, "ja")


def test_many_rows_are_named_and_not_all_drawn(small: Callable[..., Dossier]) -> None:
    found = small(*(f"{number},甲,,,,館{number}," for number in range(700)))
    assert len(found.holders) == 700
    page = lxml.html.fromstring(html_of(found, "ja"))
    assert len(page.xpath("//table[contains(@class,'t-holders')]/tbody/tr")) == 500
    assert "ほか 200 行" in html_of(found, "ja")
    assert "ほか 600 行" in text_of(found, "ja")


def test_every_word_is_used_and_said_alike_in_both_languages() -> None:
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))["words"]
    room = "".join(path.read_text(encoding="utf-8") for path in WORDS.parent.glob("*.py")).replace("'", '"')
    made = ("answer_", "state_", "basis_", "mark_", "show_", "why_", "bridge_", "kind_", "shape_", "rule_", "result_")
    for name, entry in words.items():
        assert f'"{name}"' in room or name.startswith(made) or name in USES, f"{name} is not used"
        if name not in ("head_state", "rule_members"):
            assert set(re.findall(r"\{\w+\}", entry["ja"])) == set(re.findall(r"\{\w+\}", entry["en"])), name
        assert entry["ja"] != entry["en"] or not re.search("[ぁ-んァ-ヶ一-龠]", entry["en"]), name


def test_the_answer_says_what_is_to_be_done(small: Callable[..., Dossier]) -> None:
    assert View(small("1,甲,cc0,,,,"), "ja").answer == "look"
    view = View(small("1,甲,edu,,,,", database=DATABASE.replace("カクウ", "kaku")), "en")
    assert view.answer == "fail"
    fix, _ = view.points()
    assert {point.code for point in fix} == {"JPS-RIGHTS-GROUP", "JPS-DB-YOMI"}
    first = text_of(view.dossier, "en", brief=True).splitlines()[0]
    assert first == "Registration dossier for Japan Search  Synthetic (synthmus)"
