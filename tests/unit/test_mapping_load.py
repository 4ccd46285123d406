"""Everything that can be wrong with a mapping is found before data is read, at its line and column."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.check.issue import Severity
from convert.errors import MappingError, UnknownName
from convert.mapping import grammar
from convert.mapping.load import Overrides, inspect_mapping, load_mapping, shipped
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue

    Findings = Callable[[str | bytes], list[Issue]]
    Write = Callable[[str, str | bytes], Path]
    Marked = Callable[[str], Any]

HEAD = """mapping: 1
id: test
source: {format: csv}
target: {format: jsonl}
record: {id: ID}
"""
JSON_HEAD = HEAD.replace("csv", "jsonl", 1)
DATABASE = """{id: kakuu_db, name: {ja: 架空, en: Example, yomi: カクウ}, description: {ja: 試験}, category: [book],
  contentsRightsType: incr, contentsAccess: internet, metadataRights: {ja: CC0}, apiType: ok,
  permission: {level: PUBLIC, publicationLevel: PUBLIC, ownerOrg: kakuu}}"""
JPS = HEAD.replace("{format: jsonl}", "{format: japansearch, database: DB}")
JPS_HEAD = JPS.replace("DB", DATABASE)
TITLE = "fields:\n  名称_s: {from: 名称, label: title}\n"


def fields(text: str, head: str = HEAD) -> str:
    return f"{head}fields:\n  名称: 名称\n  {text}\n"


def looked(text: str) -> str:
    """A lookup table that is used."""
    return fields(f"備考: {{from: 備考, do: [{{lookup: 表}}]}}\nlookups: {{表: {text}}}")


def items(text: str, head: str = JPS_HEAD) -> str:
    return f"{head}{TITLE}  {text}\n"


def section(text: str, head: str = HEAD) -> str:
    return f"{head}fields: {{名称: 名称}}\n{text}\n"


def database(old: str, new: str) -> str:
    assert old in DATABASE
    return "▼" + JPS.replace("DB", DATABASE.replace(old, new)) + TITLE


# ▼ stands where each finding must point. A document may hold more than one fault, all of the same code.
FAULTS: list[tuple[str, str, str | None, str | None]] = [
    # code, document, value, suggestion
    ("MAP-YAML", "mapping: 1\nid: ▼[a\nfields: {}\n", None, None),
    ("MAP-YAML", "mapping: 1\nrecord:\n▼\tid: ID\n", None, None),
    ("MAP-YAML", f"{HEAD}fields: {{名称: ▼*other}}\n", None, None),
    ("MAP-YAML", "▼", None, None),
    ("MAP-YAML", "▼# nothing but a comment\n", None, None),
    ("MAP-YAML", f"{HEAD}fields: {{名称: 名称}}\n▼---\nid: second\n", None, None),
    ("MAP-YAML-ALIAS", section("vars: {a: ▼&x b, c: *x}"), None, None),
    ("MAP-YAML-TAG", fields('備考: ▼!!python/object/apply:os.system ["true"]'), None, None),
    ("MAP-YAML-TAG", fields("備考: ▼!!int 7"), "tag:yaml.org,2002:int", None),
    ("MAP-KEY-DOUBLE", fields("備考: 備考\n  ▼名称: 別"), "名称", None),
    ("MAP-KEY", section("▼feilds: {}"), "feilds", "fields"),
    ("MAP-KEY", fields("備考: {from: 備考, ▼requird: true}"), "requird", "required"),
    ("MAP-KEY", fields("備考: {from: 備考, when: {備考: {▼match: x}}}"), "match", "matches"),
    ("MAP-KEY", fields("備考: {join: {of: 備考, with: a, ▼wiht: b}}"), "wiht", "with"),
    ("MAP-KEY", HEAD.replace("{id: ID}", "{id: ID, ▼skp: {ID: x}}") + "fields: {名称: 名称}\n", "skp", "skip"),
    ("MAP-KEY", section("lookups: {表: {values: {a: b}, ▼mising: drop}}"), "mising", "missing"),
    ("MAP-KEY-MISSING", "▼" + HEAD.replace("id: test\n", "") + "fields: {名称: 名称}\n", "id", None),
    ("MAP-KEY-MISSING", f"▼{HEAD}", "fields", None),
    ("MAP-KEY-MISSING", f"{HEAD}fields: ▼{{}}\n", "fields", None),
    ("MAP-KEY-MISSING", HEAD.replace("{id: ID}", "▼{skip: {ID: x}}") + "fields: {名称: 名称}\n", "id", None),
    (
        "MAP-KEY-MISSING",
        HEAD.replace("{format: csv}", "▼{encoding: cp932}") + "fields: {名称: 名称}\n",
        "source.format",
        None,
    ),
    ("MAP-KEY-MISSING", fields("備考: {join: ▼{of: 備考}}"), "with", None),
    ("MAP-KEY-MISSING", fields("備考: {zip: ▼{value: 備考}}"), "yomi", None),
    ("MAP-KEY-MISSING", f"{JSON_HEAD}fields:\n  作者: ▼{{each: creators}}\n", "object", None),
    ("MAP-SHAPE", "▼- a list\n", None, None),
    ("MAP-SHAPE", "▼just text\n", None, None),
    ("MAP-SHAPE", fields("備考: ▼[]"), None, None),
    ("MAP-SHAPE", fields("備考: {from: ▼[a, b]}"), None, None),
    ("MAP-SHAPE", fields("備考: {from: 備考, required: ▼yes}"), "yes", None),
    ("MAP-SHAPE", fields("備考: {from: 備考, max: ▼0}"), "0", None),
    ("MAP-SHAPE", fields("備考: {from: 備考, max: ▼many}"), "many", None),
    ("MAP-SHAPE", fields("備考: {from: 備考, split: ▼[;]}"), None, None),
    ("MAP-SHAPE", fields("備考: {from: 備考, when: ▼備考}"), "備考", None),
    ("MAP-SHAPE", fields("備考: {from: 備考, when: {備考: ▼[]}}"), None, None),
    ("MAP-SHAPE", fields("備考: {from: 備考, do: [▼[nfkc]]}"), None, None),
    ("MAP-SHAPE", fields("備考: {from: 備考, do: [▼{nfkc: , trim: }]}"), None, None),
    ("MAP-SHAPE", section("vars: {a: ▼[b]}"), None, None),
    ("MAP-SHAPE", fields("? ▼[a, b]\n  : 備考"), None, None),
    ("MAP-VERSION", HEAD.replace("1", "▼2") + "fields: {名称: 名称}\n", "2", None),
    ("MAP-REF", section("uses: ▼museum/csv-to-japansaerch"), "museum/csv-to-japansaerch", "museum/csv-to-japansearch"),
    ("MAP-REF", section("extends: ▼nowhere.yaml"), "nowhere.yaml", None),
    ("MAP-CYCLE", section("extends: ▼mapping.yaml"), "mapping.yaml", None),
    ("MAP-CYCLE", fields("備考: {from: 備考, do: a}\ndefs: {a: [nfkc, b], b: [▼a]}"), "a", None),
    ("MAP-FORMAT", HEAD.replace("csv", "▼cvs") + "fields: {名称: 名称}\n", "cvs", "csv"),
    (
        "MAP-FORMAT-ROLE",
        HEAD.replace("target: {format: jsonl", "target: {format: ▼xml") + "fields: {名称: 名称}\n",
        "xml",
        None,
    ),
    ("MAP-OPTION-NAME", HEAD.replace("csv", "csv, ▼encodng: cp932") + "fields: {名称: 名称}\n", "encodng", "encoding"),
    ("MAP-OPTION", HEAD.replace("csv", "csv, encoding: ▼cp9320") + "fields: {名称: 名称}\n", "cp9320", None),
    ("MAP-OPTION", HEAD.replace("csv", "csv, delimiter: ▼ab") + "fields: {名称: 名称}\n", "ab", None),
    ("MAP-OPTION", HEAD.replace("csv", "csv, max_record: ▼9XB") + "fields: {名称: 名称}\n", "9XB", None),
    ("MAP-RULE-SOURCE", fields("備考: ▼{do: nfkc}"), None, None),
    ("MAP-RULE-SOURCE", fields("備考: ▼{from: 備考, const: x}"), "from + const", None),
    ("MAP-PATH", fields('備考: ▼"#0"'), "#0", None),
    ("MAP-PATH", fields('備考: ▼""'), "", None),
    ("MAP-PATH", f'{JSON_HEAD}fields:\n  作者: ▼"creators[.name"\n', "creators[.name", None),
    ("MAP-UP", fields("備考: ▼^備考"), "^備考", None),
    ("MAP-VAR", fields("備考: ▼$sit\nvars: {site: x}"), "$sit", "$site"),
    ("MAP-TRANSFORM", fields("備考: {from: 備考, do: [▼nfck]}"), "nfck", "nfkc"),
    ("MAP-TRANSFORM", fields("備考: {from: 備考, do: [▼vendor.nfkc]}"), "vendor.nfkc", None),
    ("MAP-ARGUMENT", fields("備考: {from: 備考, do: [{nfkc: ▼x}]}"), "nfkc", None),
    ("MAP-ARGUMENT", fields("備考: {from: 備考, do: [▼split]}"), "split", None),
    ("MAP-ARGUMENT-NAME", fields("備考: {from: 備考, do: [{fullwidth: {asci: ▼true}}]}"), "asci", "ascii"),
    ("MAP-ARGUMENT-TYPE", fields("備考: {from: 備考, do: [{fullwidth: {ascii: ▼yes}}]}"), "yes", None),
    ("MAP-ARGUMENT-TYPE", fields("備考: {from: 備考, do: [{split: {separator: ▼[a]}}]}"), None, None),
    (
        "MAP-LOOKUP-NAME",
        fields("備考: {from: 備考, do: [{lookup: ▼hyo}, {lookup: hyou}]}\nlookups: {hyou: {values: {a: b}}}"),
        "hyo",
        "hyou",
    ),
    ("MAP-LOOKUP-SOURCE", looked("▼{missing: drop}"), "表", None),
    ("MAP-LOOKUP-SOURCE", looked("▼{file: table.csv, values: {a: b}}"), "表", None),
    ("MAP-LOOKUP-FILE", looked("{file: ▼nowhere.csv}"), "nowhere.csv", None),
    ("MAP-LOOKUP-FILE", looked("{file: ▼cp932.csv}"), "cp932.csv", None),
    ("MAP-LOOKUP-FILE", looked("{file: ▼quote.csv}"), "quote.csv", None),
    ("MAP-LOOKUP-COLUMN", looked("{file: ▼table.csv, key: labl, value: code}"), "labl", "label"),
    ("MAP-LOOKUP-DOUBLE", looked("{file: ▼double.csv}"), "a", None),
    ("MAP-LOOKUP-ROW", looked("{file: ▼short.csv}"), "short.csv", None),
    ("MAP-LOOKUP-MISSING", looked("{values: {a: b}, missing: ▼erorr}"), "erorr", "error"),
    ("MAP-LOOKUP-MISSING", looked("{values: {a: b}, missing: ▼{defalt: x}}"), None, None),
    ("MAP-TEMPLATE", fields('備考: {template: ▼"{備考"}'), "{備考", None),
    ("MAP-TEMPLATE", fields('備考: {template: ▼"備考}"}'), "備考}", None),
    ("MAP-REGEX", fields('備考: {from: 備考, when: {備考: {matches: ▼"(a"}}}'), "(a", None),
    ("MAP-REGEX", fields('備考: {from: 備考, when: {備考: {matches: ▼"(?=a)"}}}'), "(?=a)", None),
    ("MAP-EACH", fields("備考: ▼{each: 備考, object: {a: b}}"), "csv", None),
    ("MAP-YOMI-STEPS", fields("備考: {from: 備考, yomi: ヨミ, do: ▼[unique]}"), "unique", None),
    ("MAP-OBJECT-PARTS", fields("備考: ▼{object: {a: 備考}, do: nfkc, default: x}"), "do, default", None),
    ("MAP-LABEL-INSIDE", fields("備考: {first_of: [{from: 備考, label: ▼title}]}"), "title", None),
    ("MAP-PASSTHROUGH", section("passthrough: ▼{all: s}", JSON_HEAD), "jsonl", None),
    ("MAP-CHECK", section("checks: [▼nothing]"), "nothing", None),
    ("MAP-TARGET-NULL", fields("▼備考: null"), "備考", None),
    (
        "MAP-ENCODING",
        "▼" + HEAD.replace("csv", "csv, encoding: Shift_JIS") + "fields: {名称: 名称}\n",
        "Shift_JIS",
        "cp932",
    ),
    ("MAP-UNUSED", section("vars: {▼a: b}\ndefs: {▼c: nfkc}\nlookups: {▼d: {values: {x: y}}}"), None, None),
    ("JSL-ID", fields("id: ▼備考"), None, None),
    # What Japan Search says of a mapping
    ("JPS-DB-MISSING", "▼" + JPS.replace(", database: DB", "") + TITLE, None, None),
    ("JPS-DB-FILE", "▼" + JPS.replace("DB", "nowhere.yaml") + TITLE, None, None),
    ("JPS-DB-FILE", "▼" + JPS.replace("DB", "broken.json") + TITLE, None, None),
    ("JPS-DB-FIELD", database("description: {ja: 試験}", "description: {ja: }"), None, None),
    ("JPS-DB-ID", database("kakuu_db", "kakuu-db"), None, "kakuu_db"),
    ("JPS-DB-YOMI", database("カクウ", "架空"), None, None),
    ("JPS-DB-OWNER", database(", ownerOrg: kakuu", ""), None, None),
    ("JPS-DB-RIGHTS", database("contentsRightsType: incr", "contentsRightsType: incrr"), None, "incr"),
    ("JPS-DB-ACCESS", database("contentsAccess: internet", "contentsAccess: web"), None, None),
    ("JPS-DB-TYPE", database("contentsAccess", "contentsType: 画, contentsAccess"), None, None),
    ("JPS-DB-CATEGORY", database("category: [book]", "category: [bok]"), None, "book"),
    ("JPS-TARGET-NAME", items("備考: ▼備考"), None, "備考_s"),
    ("JPS-TARGET-NAME", items("common.titel: ▼備考"), None, "common.title"),
    ("JPS-COMMON-FIXED", items("common.ownerOrg: ▼備考"), None, None),
    ("JPS-LABEL", items("備考_s: ▼{from: 備考, label: descripton}"), None, "description"),
    ("JPS-LABEL-COMMON", items("common.description: ▼{from: 備考, label: description}"), None, None),
    ("JPS-LABEL-TYPE", items("備考_s: ▼{from: 備考, label: coordinates}"), None, "備考_l"),
    ("JPS-NO-LANG", items("備考_s: ▼{from: 備考, lang: ja}"), None, None),
    ("JPS-NO-TYPE", items("備考_s: ▼{from: 備考, type: 注記}"), None, None),
    ("JPS-OBJECT", items("備考_s: ▼{object: {a: 備考}}"), None, None),
    ("JPS-YOMI", items("備考_s: ▼{from: 備考, yomi: ヨミ}"), None, None),
    ("JPS-TITLE-RULE", f"▼{JPS_HEAD}fields: {{備考_s: 備考}}\n", None, None),
    (
        "JPS-FILE-SHAPE",
        "▼" + JPS_HEAD.replace("database:", "file: csv, database:") + TITLE,
        None,
        "shape: registration",
    ),
    (
        "JPS-ID-LABEL",
        "▼" + JPS_HEAD.replace("database:", "shape: registration, database:") + TITLE + "  ID_s: ID\n",
        None,
        "label: id",
    ),
    (
        "JPS-COMMON-ITEM",
        "▼" + JPS_HEAD.replace("database:", "shape: registration, database:") + TITLE + "  common.temporal: 年\n",
        None,
        None,
    ),
]
BARE = {
    ("MAP-RULE-SOURCE", None),
    ("MAP-ARGUMENT-TYPE", None),
    ("MAP-LOOKUP-MISSING", None),
}
"""Faults whose message shows a bare slot such as {value} now."""
FILES = {
    "table.csv": "label,code\na,b\n",
    "short.csv": "label,code\na,b\nc\n",
    "double.csv": "label,code\na,b\na,c\na,b\n",
    "quote.csv": 'label,code\n"a"b,c\n',
    "cp932.csv": "表示,値\nあ,い\n".encode("cp932"),
    "broken.json": '{"database": ',
}


@pytest.mark.parametrize(("code", "document", "value", "suggestion"), FAULTS)
def test_fault(
    code: str,
    document: str,
    value: str | None,
    suggestion: str | None,
    write: Write,
    findings: Findings,
    marked: Marked,
    says_all: Callable[[Issue], None],
) -> None:
    for name, content in FILES.items():
        write(name, content)
    clean = marked(document)
    aside = {"JPS-RECOMMENDED", "MAP-UNUSED"} - {code}
    everything = [issue for issue in findings(clean.text) if issue.code not in aside]
    found = [issue for issue in everything if issue.code == code]
    assert [(issue.at.line, issue.at.column) for issue in found] == list(clean.places)
    assert {issue.code for issue in everything} == {code}
    assert {Path(issue.at.source).name for issue in found} == {"mapping.yaml"}
    if code != "MAP-UNUSED" and value is not None:
        assert found[0].value == value
    assert found[0].suggestion == suggestion
    if (code, value) not in BARE:
        for issue in found:
            says_all(issue)


@pytest.mark.parametrize(("code", "value"), sorted(BARE, key=str))
def test_a_message_shows_no_bare_slot(
    code: str, value: str | None, findings: Findings, marked: Marked, says_all: Callable[[Issue], None]
) -> None:
    document = next(fault[1] for fault in FAULTS if fault[0] == code and fault[2] == value)
    for issue in findings(marked(document).text):
        says_all(issue)


def test_recommended_labels_are_noticed_once(findings: Findings) -> None:
    code = "JPS-RECOMMENDED"
    found = [issue for issue in findings(JPS_HEAD + TITLE) if issue.code == code]
    assert {issue.slots["label"] for issue in found} >= {"titleYomi", "linkUrl"}
    assert {catalogue().severity(issue) for issue in found} == {Severity.NOTICE}
    assert len(found) == len({issue.slots["label"] for issue in found})


def test_all_findings_at_once_in_file_order(findings: Findings, marked: Marked) -> None:
    clean = marked("""mapping: ▼3
id: test
source: {format: csv, ▼encodign: x}
target: {format: ▼jsnol}
record: {id: ID, skip: {ID: {▼like: x}}}
lookups:
  表: {file: ▼nowhere.csv}
fields:
  一: {from: 一, do: [▼nkfc, {lookup: ▼票}]}
  二: {from: 二, ▼maxx: 3, when: {二: {matches: ▼"["}}}
  三: ▼{template: "{$x}", from: 三}
  四: {from: ▼$y, do: [{fullwidth: {ascii: ▼maybe}}]}
▼fieldz: {}
""")
    found = findings(clean.text)
    assert [(issue.at.line, issue.at.column) for issue in found if issue.code != "MAP-UNUSED"] == list(clean.places)
    codes = ["VERSION", "OPTION-NAME", "FORMAT", "KEY", "LOOKUP-FILE", "TRANSFORM", "LOOKUP-NAME"]
    codes += ["KEY", "REGEX", "RULE-SOURCE", "VAR", "ARGUMENT-TYPE", "KEY"]
    assert [issue.code for issue in found if issue.code != "MAP-UNUSED"] == [f"MAP-{code}" for code in codes]


def test_mapping_error_holds_every_finding(write: Write) -> None:
    path = write("mapping.yaml", fields("備考: {from: 備考, do: nfck, max: 0}"))
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    assert [issue.code for issue in caught.value.findings] == ["MAP-TRANSFORM", "MAP-SHAPE"]


def test_warnings_alone_do_not_stop_a_mapping(write: Write) -> None:
    path = write("mapping.yaml", fields("備考: null"))
    assert load_mapping(path).fields[0][0] == "名称"


def test_unknown_mapping_is_named_with_a_near_one() -> None:
    with pytest.raises(UnknownName) as caught:
        load_mapping("museum/csv-to-japansaerch")
    assert caught.value.suggestion == "museum/csv-to-japansearch"


@pytest.mark.parametrize("name", sorted(shipped()))
def test_shipped_mappings_are_good(name: str) -> None:
    told = {"JPS-RECOMMENDED", "SMK-LAYOUT-UNCONFIRMED"}  # that the shipped layout is a draft is always said
    assert {issue.code for issue in inspect_mapping(name).issues} <= told


# ── extends, uses, overrides ─────────────────────────────────────────────────────────────────────


def test_extends_replaces_whole_targets_in_place_and_adds_at_the_end(write: Write) -> None:
    write("base.yaml", HEAD + "fields:\n  一: {from: 一, max: 2}\n  二: 二\n  三: 三\n")
    path = write(
        "mapping.yaml", "mapping: 1\nid: own\nextends: base.yaml\nfields: {四: 四, 一: {const: x}, 二: null}\n"
    )
    mapping = load_mapping(path)
    assert mapping.id == "own"
    assert [target for target, _ in mapping.fields] == ["一", "三", "四"]
    assert mapping.fields[0][1][0].max is None
    assert Path(mapping.fields[1][1][0].at.source).name == "base.yaml"
    assert [Path(name).name for name, _ in mapping.files] == ["mapping.yaml", "base.yaml"]


def test_findings_of_what_is_extended_stand_in_its_own_file(write: Write) -> None:
    write("base.yaml", HEAD + "fields:\n  一: {from: 一, do: nfck}\n")
    path = write("mapping.yaml", "mapping: 1\nid: own\nextends: base.yaml\nfields: {二: {from: 二, do: kana}}\n")
    found = inspect_mapping(path).issues
    assert [(Path(issue.at.source).name, issue.at.line, issue.code) for issue in found] == [
        ("base.yaml", 7, "MAP-TRANSFORM"),
        ("mapping.yaml", 4, "MAP-TRANSFORM"),
    ]


def test_another_source_format_drops_the_options_of_the_first(write: Write) -> None:
    write("base.yaml", HEAD.replace("csv", "csv, encoding: cp932, delimiter: ';'") + "fields: {一: 一}\n")
    path = write("mapping.yaml", "mapping: 1\nid: own\nextends: base.yaml\nsource: {format: tsv}\nfields: {二: 二}\n")
    mapping = load_mapping(path)
    assert mapping.source == "tsv"
    assert (mapping.source_options["encoding"], mapping.source_options["delimiter"]) == (None, "\t")


def test_a_circle_of_files_is_a_finding(write: Write) -> None:
    write("other.yaml", "mapping: 1\nid: other\nextends: mapping.yaml\n")
    path = write("mapping.yaml", HEAD + "extends: other.yaml\nfields: {一: 一}\n")
    [found] = inspect_mapping(path).issues
    assert (found.code, Path(found.at.source).name, found.at.line) == ("MAP-CYCLE", "other.yaml", 3)


def test_overrides_lie_over_the_mapping(write: Write) -> None:
    path = write("mapping.yaml", fields("備考: $site\nvars: {site: old}"))
    overrides = Overrides(read={"encoding": "cp932"}, variables={"site": "new"})
    mapping = load_mapping(path, overrides=overrides)
    assert mapping.source_options["encoding"] == "cp932"
    assert mapping.variables == {"site": "new"}


def test_a_variable_that_no_mapping_has_is_a_finding(write: Write) -> None:
    path = write("mapping.yaml", fields("備考: $site\nvars: {site: old}"))
    [found] = inspect_mapping(path, overrides=Overrides(variables={"sit": "new"})).issues
    assert (found.code, found.at.source, found.value, found.suggestion) == ("MAP-VAR", "--var", "$sit", "site")


def test_overrides_with_a_fault_are_findings_too(write: Write) -> None:
    path = write("mapping.yaml", fields("備考: 備考"))
    found = inspect_mapping(path, overrides=Overrides(read={"encodng": "cp932"})).issues
    assert [(issue.code, issue.at.source, issue.suggestion) for issue in found] == [
        ("MAP-OPTION-NAME", "--read", "encoding")
    ]


# ── What the source must have ────────────────────────────────────────────────────────────────────


def test_paths_the_source_lacks_are_found_before_a_record_is_read(write: Write, tmp_path: Path) -> None:
    path = write(
        "mapping.yaml",
        fields("備考: {from: 管理傭考, when: {保存状能: 可}}").replace(
            "{id: ID}", "{id: 資料番合, skip: {公閉区分: x}}"
        ),
    )
    source = write("input.csv", "資料番号,名称,管理備考,保存状態,公開区分\nK-1,皿,,,\n")
    with pytest.raises(MappingError) as caught:
        convert.Job(path).run(source, tmp_path / "out.jsonl")
    found = {(issue.code, issue.at.line, issue.value, issue.suggestion) for issue in caught.value.findings}
    code = "MAP-PATH-UNKNOWN"
    assert found == {
        (code, 5, "資料番合", "資料番号"),
        (code, 5, "公閉区分", "公開区分"),
        (code, 8, "管理傭考", "管理備考"),
        (code, 8, "保存状能", "保存状態"),
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input.csv", "mapping.yaml"]


def test_passed_columns_that_meet_another_field(write: Write, tmp_path: Path) -> None:
    path = write("mapping.yaml", f"{HEAD}fields: {{備考_s: 名称}}\npassthrough: {{all: s, except: [内部]}}\n")
    source = write("input.csv", "ID,名称,備考,状態,状態\nK-1,皿,,,\n")
    with pytest.raises(MappingError) as caught:
        convert.Job(path).run(source, None)
    assert [(issue.code, issue.at.line, issue.target or issue.value) for issue in caught.value.findings] == [
        ("MAP-PASSTHROUGH-MEET", 7, "備考_s"),
        ("MAP-PASSTHROUGH-MEET", 7, "状態_s"),
        ("MAP-PATH-UNKNOWN", 7, "内部"),
    ]


# ── Hostile files ────────────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "not UTF-8": "id: 目録\n".encode("cp932"),
    "UTF-16": "id: 目録\n".encode("utf-16"),
    "NUL": b"id: a\0b\n",
    "control characters": b"id: \x01\x02\n",
    "huge": b"# " + b"x" * 5_000_001,
    "many aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(
        f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n".encode() for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "an alias of itself": b"a: &a [*a]\n",
    "a merge key": b"a: &a {b: c}\nd: {<<: *a}\n",
    "tags": b"!!python/object:os.system {a: !!binary x, b: !!timestamp 2001-01-01, c: !custom d}\n",
    "deep lists": b"[" * 900 + b"]" * 900,
    "deep tables": b"{a: " * 900 + b"b" + b"}" * 900,
    "deep blocks": "\n".join(" " * depth + "a:" for depth in range(900)).encode(),
    "an open flow": b"{" * 5000,
    "a long key": b"? " + b"k" * 100_000 + b"\n: v\n",
    "directives": b"%YAML 9.9\n%TAG ! tag:example.org,2000:\n---\na: !x b\n",
    "only a BOM": b"\xef\xbb\xbf",
    "an empty key": b": a\n",
    "half a surrogate": rb'id: "\ud800"' + b"\n",
} | {
    f"every key holds {value or 'nothing'}": "".join(f"{key.name}: {value}\n" for key in grammar.DOCUMENT).encode()
    for value in ("", "[]", "{}", "x", "[[a]]", "{a: {b: c}}")
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_yaml_gives_findings(data: bytes, findings: Findings, says_all: Callable[[Issue], None]) -> None:
    found = findings(data)
    assert any(catalogue().severity(issue) >= Severity.ERROR for issue in found)
    for issue in found:
        if (issue.code, issue.value) not in BARE:
            says_all(issue)


SUBTLE: dict[str, str] = {
    "version as a list": HEAD.replace("1", "[1]") + "fields: {名称: 名称}\n",
    "extends as a table": section("extends: {a: b}"),
    "uses as a table": section("uses: {a: b}"),
    "record is null": HEAD.replace("{id: ID}", "") + "fields: {名称: 名称}\n",
    "no part of all": fields("備考: {from: 備考, when: {all: []}}"),
    "no part of any": fields("備考: {from: 備考, when: {any: []}}"),
    "the id in the id": HEAD.replace("{id: ID}", '{id: {template: "X-{$id}"}}') + "fields: {名称: 名称}\n",
    "key beside values": looked("{values: {a: b}, key: x}"),
    "short rows of a lookup": looked("{file: short.csv}"),
}


@pytest.mark.parametrize(
    "document",
    [pytest.param(text, id=name) for name, text in SUBTLE.items()],
)
def test_what_means_nothing_is_a_finding(document: str, findings: Findings, write: Write) -> None:
    write("short.csv", "label,code\na,b\nc\n")
    assert findings(document)


LIMITED = """
import resource, sys
from convert.mapping.load import inspect_mapping
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
issues = inspect_mapping(sys.argv[1]).issues
print(",".join(sorted({issue.code for issue in issues})))
"""


def limited(path: Path) -> str:
    """The codes found by a process of its own: it may be killed, or run out of time and memory."""
    command = [sys.executable, "-c", LIMITED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-300:]
    return done.stdout.strip()


MONSTERS = {
    "very deep lists": ("a: " + "[" * 100_000, "MAP-YAML"),
    "a number of 5,000 digits": (fields(f"備考: {{from: 備考, max: {'9' * 5000}}}"), "MAP-SHAPE"),
    "a size of 5,000 digits": (
        fields("備考: 備考", HEAD.replace("csv", f"csv, max_record: {'9' * 5000}")),
        "MAP-OPTION",
    ),
    "a long chain of defs": (
        fields(
            "備考: {from: 備考, do: d0}\ndefs:\n"
            + "".join(f"  d{n}: d{n + 1}\n" for n in range(2000))
            + "  d2000: nfkc\n"
        ),
        "MAP-SHAPE",
    ),
    "defs that double": (
        fields(
            "備考: {from: 備考, do: d0}\ndefs:\n"
            + "".join(f"  d{n}: [d{n + 1}, d{n + 1}]\n" for n in range(30))
            + "  d30: nfkc\n"
        ),
        "MAP-SHAPE",
    ),
}


@pytest.mark.parametrize(
    ("document", "code"),
    [pytest.param(text, code, id=name) for name, (text, code) in MONSTERS.items()],
)
def test_monsters_are_findings(document: str, code: str, write: Write) -> None:
    assert code in limited(write("mapping.yaml", document))


# ── Guards ───────────────────────────────────────────────────────────────────────────────────────


def test_every_key_is_described_in_both_languages() -> None:
    for table in (grammar.DOCUMENT, grammar.RECORD, grammar.RULE_SOURCES, grammar.RULE_PARTS, grammar.LOOKUP):
        assert all(key.ja and key.en for key in table)


def test_reading_a_mapping_changes_nothing_in_the_catalogue(findings: Findings) -> None:
    before = [entry.code for entry in catalogue().codes()]
    findings(fields("備考: 備考"))
    assert [entry.code for entry in catalogue().codes()] == before
