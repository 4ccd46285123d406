"""Layout files: what is read from them, what is found wrong and where, what their schema says of the same files."""

from __future__ import annotations

import copy
import json
import pickle
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from convert import resources
from convert.check.issue import Severity
from convert.cli.common import told
from convert.errors import LayoutError, UnknownName, UsageError
from convert.formats.somoku import layout_keys
from convert.formats.somoku.layout_bytes import can_hold, width_of
from convert.formats.somoku.load import LoadedLayout, find_layout, inspect_layout, layouts, load_layout
from convert.formats.somoku.model import Number, Place, Slot
from convert.mapping.nodes import parse_yaml, plain
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue
    from convert.formats.somoku.model import Layout

    Marked = Callable[[str], Any]
    Write = Callable[[str, str | bytes], Path]

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
EVERY = {**layouts(), **{path.stem: path for path in sorted(INVENTED.glob("*.yaml"))}}
DRAFTS = ("somoku-2-draft", "somoku-3-draft")

BASE = """\
layout: 1
id: base
name: {ja: 架空, en: invented}
confirmed_by: 架空図書館
confirmed_on: 2026-04-01
source: 架空の仕様書 第1版
mark: known
record: {ends: length, terminator: 1D, longest: 9999}
charsets: {control: ascii, data: ascii, modes: {"1": ascii, "2": jisx0208}}
label:
  length: 12
  items:
    - {name: 長さ, at: 0, length: 5, role: record_length}
    - {name: 状態, at: 5, length: 1, role: status, statuses: {N: new, D: deleted}, given: N}
    - {name: 種別, at: 6, length: 1, values: {A: 図書, B: 雑誌}, given: A}
    - {name: 基点, at: 7, length: 5, role: base_address}
directory: {tag: 3, length: 4, start: 5, ends: 1E}
fields: {by: directory, ends: 1E}
subfields: {begins: 1F, id: 1, length: 3, mode: 1}
tags:
  "001": {plain: true}
  "980":
    size: 20
    slots:
      - {name: 番号, at: 0, length: 8}
      - {name: 記号, at: 8, length: 12, pad: "0", left: true}
elements:
  管理番号: {at: "001", key: true}
  書名: {at: 251$A, yomi: 書名ヨミ}
  書名ヨミ: {at: 551$A, kind: kana}
  著者:
    at: 751-753
    members:
      名前: {at: $B, yomi: ヨミ}
      ヨミ: $A
      別名: 791-793$A
  所蔵: {at: "980", members: {番号: $番号, 記号: $記号}}
holdings: {element: 所蔵, copies: together}
"""

Fault = tuple[str, str, str, str | None, str | None]
STRUCTURE: list[Fault] = [
    ("SMK-LAYOUT-VERSION", "layout: 1", "layout: ▼2", "2", None),
    ("SMK-LAYOUT-KEY", "holdings: {", "▼holdngs: {", "holdngs", "holdings"),
    ("SMK-LAYOUT-KEY", "copies: together", "▼copys: together", "copys", "copies"),
    ("SMK-LAYOUT-KEY", "name: {ja: 架空, en: invented}", "name: {ja: 架空, en: a, ▼b}", "b", None),
    ("SMK-LAYOUT-KEY", "ヨミ: $A", "ヨミ: {at: $A, ▼key: true}", "key", None),
    ("SMK-LAYOUT-KEY", "start: 5, ends", "start: {width: 5, ▼padd: x}, ends", "padd", "pad"),
    ("SMK-LAYOUT-KEY-MISSING", "record: {ends: length, ", "record: ▼{", "ends", None),
    ("SMK-LAYOUT-KEY-MISSING", "layout: 1\nid: base", "▼id: base", "layout", None),
    ("SMK-LAYOUT-KEY-MISSING", "directory: {tag: 3, ", "directory: ▼{", "tag", None),
    ("SMK-LAYOUT-KEY-MISSING", "{at: 251$A, yomi", "▼{yomi", "at", None),
    ("SMK-LAYOUT-KEY-MISSING", "{name: 種別, at: 6,", "▼{name: 種別,", "at", None),
    ("SMK-LAYOUT-KEY-MISSING", "{name: 番号, at: 0,", "▼{name: 番号,", "at", None),
    ("SMK-LAYOUT-KEY-MISSING", "start: 5, ends", "start: ▼{coding: binary}, ends", "width", None),
    ("SMK-LAYOUT-SHAPE", "tag: 3", "tag: ▼three", "three", None),
    ("SMK-LAYOUT-SHAPE", "tag: 3", "tag: ▼0", "0", None),
    ("SMK-LAYOUT-SHAPE", "longest: 9999", "longest: ▼[1]", None, None),
    ("SMK-LAYOUT-SHAPE", "length: 3, mode", "length: ▼x, mode", "x", None),
    ("SMK-LAYOUT-SHAPE", "role: base_address", "role: base_address, number: ▼hex", "hex", None),
    ("SMK-LAYOUT-SHAPE", "role: base_address", "role: base_address, adds: ▼1.5", "1.5", None),
    ("SMK-LAYOUT-SHAPE", "left: true", "left: ▼yes", "yes", "true"),
    ("SMK-LAYOUT-SHAPE", 'pad: "0"', 'pad: ▼"00"', "00", None),
    ("SMK-LAYOUT-SHAPE", "name: {ja: 架空, en: invented}", "name: ▼架空", "架空", None),
    ("SMK-LAYOUT-SHAPE", "values: {A: 図書, B: 雑誌}, given: A", "values: ▼[A, B], given: A", None, None),
    ("SMK-LAYOUT-SHAPE", "values: {A: 図書, B: 雑誌}", "values: {A: ▼[x], B: 雑誌}", None, None),
    ("SMK-LAYOUT-SHAPE", "statuses: {N: new", "statuses: {N: ▼[new]", None, None),
    ("SMK-LAYOUT-SHAPE", "at: 251$A", "at: ▼{tag: 251}", None, None),
    ("SMK-LAYOUT-SHAPE", "at: 251$A", "at: ▼[]", None, None),
    ("SMK-LAYOUT-SHAPE", "start: 5, ends", "start: 5, order: ▼tag, ends", "tag", None),
    ("SMK-LAYOUT-SHAPE", "{name: 番号, at: 0, length: 8}", "▼番号", "番号", None),
    ("SMK-LAYOUT-VALUE", "ends: length", "ends: ▼lenght", "lenght", "length"),
    ("SMK-LAYOUT-VALUE", "role: base_address", "role: ▼base_adress", "base_adress", "base_address"),
    ("SMK-LAYOUT-VALUE", "mark: known", "mark: ▼sure", "sure", None),
    ("SMK-LAYOUT-VALUE", "control: ascii", "control: ▼asci", "asci", "ascii"),
    ("SMK-LAYOUT-VALUE", '"2": jisx0208', '"2": ▼jisx208', "jisx208", "jisx0208"),
    ("SMK-LAYOUT-VALUE", "kind: kana", "kind: ▼kanna", "kanna", "kana"),
    ("SMK-LAYOUT-VALUE", "N: new", "N: ▼newer", "newer", "new"),
    ("SMK-LAYOUT-VALUE", "mode: 1}", "mode: 1, order: [id, ▼len, mode]}", "len", "length"),
    ("SMK-LAYOUT-HEX", "terminator: 1D", "terminator: ▼1G", "1G", None),
    ("SMK-LAYOUT-HEX", "terminator: 1D", "terminator: ▼0x1D", "0x1D", None),
    ("SMK-LAYOUT-HEX", "begins: 1F", "begins: ▼F", "F", None),
    ("SMK-LAYOUT-DATE", "2026-04-01", "▼2026/04/01", "2026/04/01", None),
]
"""Faults of keys and shapes: code, what to replace in BASE, with what, value, suggestion. The schema refuses all."""

MEANING: list[Fault] = [
    ("SMK-LAYOUT-YAML", "subfields: {", "subfields: [", None, None),
    ("SMK-LAYOUT-YAML", "{番号: $番号, 記号: $記号}}", "{番号: ▼&a $番号, 記号: $記号, 別: *a}}", None, None),
    ("SMK-LAYOUT-YAML", "at: 251$A", "at: ▼!tag 251$A", None, None),
    ("SMK-LAYOUT-FILE", "data: ascii,", "data: ascii, gaiji: ▼gaiji.tsv,", "gaiji.tsv", None),
    ("SMK-LAYOUT-DATE", "2026-04-01", "▼2026-02-30", "2026-02-30", None),
    ("SMK-LAYOUT-DOUBLE", "id: base\n", "id: base\n▼id: other\n", "id", None),
    ("SMK-LAYOUT-DOUBLE", "name: 種別", "name: ▼状態", "状態", None),
    ("SMK-LAYOUT-DOUBLE", "{name: 記号, at: 8,", "▼{name: 番号, at: 8,", "番号", None),
    ("SMK-LAYOUT-EXTENDS", "id: base", "extends: ▼jpmarc-legasy", "jpmarc-legasy", "jpmarc-legacy"),
    ("SMK-LAYOUT-CYCLE", "id: base", "extends: ▼layout.yaml", "layout.yaml", None),
    ("SMK-LAYOUT-REMOVED", "holdings: {", "  ▼出版社: ~\nholdings: {", "出版社", None),
    ("SMK-LAYOUT-OVERLAP", "at: 7, length: 5", "at: 6, length: 6", "基点", None),
    ("SMK-LAYOUT-OVERLAP", "▼{name: 記号, at: 8, length: 12", "{name: 記号, at: 7, length: 12", "記号", None),
    ("SMK-LAYOUT-GAP", "    - {name: 種別, at: 6, length: 1, values: {A: 図書, B: 雑誌}, given: A}\n", "", "6-6", None),
    ("SMK-LAYOUT-BEYOND", "length: 12, pad", "length: 13, pad", "記号", None),
    ("SMK-LAYOUT-BEYOND", "at: 7, length: 5,", "at: 7, length: 6,", "基点", None),
    ("SMK-LAYOUT-ROLE-DOUBLE", "at: 6, length: 1,", "at: 6, length: 1, role: base_address,", "base_address", None),
    ("SMK-LAYOUT-ROLE-MISSING", ", role: record_length", "", "record_length", None),
    ("SMK-LAYOUT-ROLE-MISSING", "role: base_address}\ndirectory: {tag: 3, length: 4, start: 5, ends: 1E}",
     "}\ndirectory: ▼{tag: 3, length: 4, start: 5}", "base_address", None),
    ("SMK-LAYOUT-FIT", "given: A", "given: ▼AB", "AB", None),
    ("SMK-LAYOUT-FIT", "at: 6, length: 1,", "at: 6, length: 1, const: ▼新刊,", "新刊", None),
    ("SMK-LAYOUT-FIT", "values: {A: 図書, B: 雑誌}", "values: ▼{A: 図書, BB: 雑誌}", "BB", None),
    ("SMK-LAYOUT-FIT", "statuses: {N: new, D: deleted}", 'statuses: ▼{N: new, "": deleted}', "", None),
    ("SMK-LAYOUT-VALUE", "given: N", "given: ▼X", "X", None),
    ("SMK-LAYOUT-NEEDS", "ends: length, terminator: 1D", "ends: ▼terminator", "record.ends", None),
    ("SMK-LAYOUT-NEEDS", "ends: length, ", "ends: ▼fixed, ", "record.ends", None),
    ("SMK-LAYOUT-NEEDS", "role: status, statuses: {N: new, D: deleted}", "role: ▼status", None, None),
    ("SMK-LAYOUT-NEEDS", "role: status, statuses: {", "statuses: ▼{", None, None),
    ("SMK-LAYOUT-NEEDS", "directory: {tag: 3, length: 4, start: 5, ends: 1E}\nfields: {by: directory",
     "fields: {by: ▼directory", "fields.by", None),
    ("SMK-LAYOUT-NEEDS", "begins: 1F, id: 1, length: 3, mode: 1", "id: 1, mode: 1", "subfields", None),
    ("SMK-LAYOUT-NEEDS", ', modes: {"1": ascii, "2": jisx0208}', "", "subfields.mode", None),
    ("SMK-LAYOUT-NEEDS", '"001": {plain: true}', '"001": {plain: true, size: ▼5}', "tags.001.size", None),
    ("SMK-LAYOUT-UNUSED", "longest: 9999", "longest: 9999, filler: ▼20", "record.filler", None),
    ("SMK-LAYOUT-UNUSED", "length: 3, mode: 1}", "length: 3}", "charsets.modes", None),
    ("SMK-LAYOUT-UNUSED", "ends: 1E}\nsub", "ends: 1E, whole: ▼true}\nsub", "fields.whole", None),
    ("SMK-LAYOUT-UNUSED", "ends: 1E}\nsub", "ends: 1E, slots: ▼[{name: a, at: 0, length: 1}]}\nsub", None, None),
    ("SMK-LAYOUT-UNUSED", "size: 20", "size: 20\n    plain: true", "tags.980.slots", None),
    ("SMK-LAYOUT-NARROW", "longest: 9999", "longest: 100000", "label.items.長さ.length", None),
    ("SMK-LAYOUT-WIDTH", '"001": {', '"0002": ▼{plain: true}\n  "001": {', "0002", None),
    ("SMK-LAYOUT-WIDTH", "at: 251$A", "at: ▼25$A", "25", None),
    ("SMK-LAYOUT-WIDTH", "at: 251$A", "at: ▼251$AB", "AB", None),
    ("SMK-LAYOUT-WIDTH", "by: directory,", "by: directory, tag: ▼4,", None, None),
    ("SMK-LAYOUT-WIDTH", '"1": ascii', '"11": ascii', "11", None),
    ("SMK-LAYOUT-SLOT", "記号: $記号}", "記号: ▼$請求記号}", "請求記号", "記号"),
    ("SMK-LAYOUT-SUBFIELD", 'at: "001"', "at: ▼001$A", "001$A", None),
    ("SMK-LAYOUT-SUBFIELD-MISSING", "at: 251$A", 'at: ▼"251"', "251", None),
    ("SMK-LAYOUT-SUBFIELD-MISSING", "holdings: {", '  備考: {at: ▼"980"}\nholdings: {', "980", None),
    ("SMK-LAYOUT-ODD", "length: 8}", "length: 7, charset: jisx0208, pad: 　}", "番号", None),
    ("SMK-LAYOUT-PAD", "size: 20", "size: 20\n    charset: jisx0208", "0", None),
    ("SMK-LAYOUT-PAD", 'pad: "0"', "pad: ▼　", "　", None),
    ("SMK-LAYOUT-END-SAME", "begins: 1F", "begins: ▼1E", "1E", None),
    ("SMK-LAYOUT-END-SAME", "terminator: 1D", "terminator: 1E", "1E", None),
    ("SMK-LAYOUT-END-DATA", "terminator: 1D", "terminator: ▼20", "20", None),
    ("SMK-LAYOUT-END-DATA", "begins: 1F, id: 1, length: 3,", "begins: ▼24, id: 1,", "24", None),
    ("SMK-LAYOUT-ORDER", "start: 5, ends", "start: 5, order: ▼[tag, length], ends", "tag, length", None),
    ("SMK-LAYOUT-ORDER", "mode: 1}", "mode: 1, order: ▼[id, id, length, mode]}", "id, id, length, mode", None),
    ("SMK-LAYOUT-MODE", "kind: kana", 'kind: kana, mode: ▼"3"', "3", None),
    ("SMK-LAYOUT-KEYS", "kind: kana", "kind: kana, key: ▼true", "書名ヨミ", None),
    ("SMK-LAYOUT-NO-KEY", ", key: true", "", None, None),
    ("SMK-LAYOUT-YOMI", "yomi: 書名ヨミ", "yomi: ▼書名よみ", "書名よみ", None),
    ("SMK-LAYOUT-YOMI", "yomi: 書名ヨミ", "yomi: ▼書名", "書名", "書名ヨミ"),
    ("SMK-LAYOUT-YOMI", "at: $B, yomi: ヨミ", "at: $B, yomi: ▼書名ヨミ", "書名ヨミ", "ヨミ"),
    ("SMK-LAYOUT-HOLDINGS", "element: 所蔵", "element: ▼書名", "書名", None),
    ("SMK-LAYOUT-RANGE", "751-753", "▼753-751", "753-751", None),
    ("SMK-LAYOUT-RANGE", "751-753", "▼51-753", "51-753", None),
    ("SMK-LAYOUT-RANGE", "at: 251$A", "at: ▼0000-9999$A", "0000-9999", None),
    ("SMK-LAYOUT-MEMBERS", "791-793$A", "▼791-792$A", "791-792$A", None),
    ("SMK-LAYOUT-PLACE", "at: 251$A", "at: ▼$A", "$A", None),
    ("SMK-LAYOUT-PLACE", "at: 251$A", "at: ▼[251$A, 252$B]", "251$A, 252$B", None),
    ("SMK-LAYOUT-PLACE", "at: 751-753", "at: ▼751-753$A", "751-753$A", None),
    ("SMK-LAYOUT-PLACE", "791-793$A", "▼label.種別", "label.種別", None),
    ("SMK-LAYOUT-LABEL", "at: 251$A", "at: ▼label.種類", "種類", None),
    ("SMK-LAYOUT-PLACE-DOUBLE", "at: 551$A", "at: ▼251$A", "251$A", None),
    ("SMK-LAYOUT-PLACE-DOUBLE", "ヨミ: $A\n", "ヨミ: ▼$B\n", "$B", None),
    ("SMK-LAYOUT-CONFIRMED", "confirmed_by: 架空図書館", "", None, None),
    ("SMK-LAYOUT-CONFIRMED", "source: 架空の仕様書 第1版", "source: ~", None, None),
]  # fmt: skip
"""Faults of meaning, which no schema of single values can know."""


def faulty(old: str, new: str) -> str:
    assert BASE.count(old.replace("▼", "")) == 1, old
    return BASE.replace(old.replace("▼", ""), new)


def errors(issues: list[Issue]) -> list[Issue]:
    return [issue for issue in issues if catalogue().severity(issue) >= Severity.ERROR]


@pytest.fixture
def found(write: Write) -> Callable[[str | bytes], LoadedLayout]:
    def make(text: str | bytes) -> LoadedLayout:
        return inspect_layout(write("layout.yaml", text))

    return make


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((resources.schemas() / "somoku" / "layout.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


# ── Good layouts ─────────────────────────────────────────────────────────────────────────────────


def test_the_base_of_these_tests_is_good(found: Callable[[str], LoadedLayout]) -> None:
    loaded = found(BASE)
    assert loaded.issues == []
    assert loaded.layout is not None
    assert loaded.layout.confirmed


@pytest.mark.parametrize("name", EVERY)
def test_every_layout_is_good_for_the_loader_and_by_the_schema(name: str, validator: Any) -> None:
    """Editors read YAML with numbers, booleans and dates, we as text; both readings must pass."""
    loaded = inspect_layout(EVERY[name])
    assert loaded.layout is not None
    assert errors(loaded.issues) == []
    data = EVERY[name].read_bytes()
    node, _ = parse_yaml(data, name)
    assert node is not None
    for document in (plain(node), json.loads(json.dumps(yaml.safe_load(data), default=str))):
        assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("name", EVERY)
def test_layouts_survive_pickling(name: str) -> None:
    layout = load_layout(str(EVERY[name]))
    assert pickle.loads(pickle.dumps(layout)) == layout  # noqa: S301 - our own bytes


def test_the_ancestor_as_it_is_known() -> None:
    layout = load_layout("jpmarc-legacy")
    assert layout.confirmed
    assert sum(item.length for item in layout.label.items) == layout.label.length == 24
    assert layout.directory is not None
    assert layout.directory.entry == 12
    assert (layout.record.terminator, layout.record.skip) == (b"\x1d", b"\x00\x1a")
    author = layout.elements["著者"]
    assert author.place.tags == tuple(str(tag) for tag in range(751, 760))
    assert author.members["名前"].yomi == "ヨミ"
    assert layout.elements["各作品"].members["ヨミ"].place == Place(tuple(str(tag) for tag in range(552, 560)), "A")
    assert layout.elements["レコード状態"].place == Place(label="レコード状態")
    assert layout.key is layout.elements["レコード番号"]
    assert layout.fields.tag == 3
    assert [item.name for item in layout.label.items if item.mark != "known"] == ["項目14"]


def test_what_is_extended_is_there_and_what_is_said_anew_counts() -> None:
    layout = load_layout("jpmarc-legacy-ebcdic")
    ancestor = load_layout("jpmarc-legacy")
    assert layout.charsets.names() == ("ebcdic", "jisx0208")
    assert layout.elements == ancestor.elements
    assert layout.label == ancestor.label
    assert not layout.confirmed
    assert (layout.id, layout.ja) == ("jpmarc-legacy-ebcdic", "旧JAPAN/MARC（EBCDIC）")
    assert layout.sha256 != ancestor.sha256


@pytest.mark.parametrize("name", DRAFTS)
def test_drafts_claim_nothing(name: str) -> None:
    layout = load_layout(name)
    assert not layout.confirmed
    assert layout.source is None
    inside = [member for element in layout.elements.values() for member in element.members.values()]
    assert {element.mark for element in [*layout.elements.values(), *inside]} == {"inferred"}
    assert {item.mark for item in layout.label.items} == {"inferred", "unknown"}
    text = layouts()[name].read_text("utf-8")
    for words in ("正式なレイアウトではありません", "NOT the official layout", "confirmed_by"):
        assert words in text
    assert layout.holdings is not None
    assert set(layout.elements[layout.holdings.element].members) == {
        "管理番号", "図書登録番号", "請求記号", "貸出条件", "配置場所", "資料種別",
    }  # fmt: skip


def test_the_drafts_differ_in_how_copies_stand() -> None:
    second, third = load_layout("somoku-2-draft"), load_layout("somoku-3-draft")
    assert second.holdings is not None
    assert third.holdings is not None
    assert (second.holdings.copies, third.holdings.copies) == ("apart", "together")
    assert second.elements.keys() == third.elements.keys()
    assert second.elements["所蔵"].members == third.elements["所蔵"].members


def test_the_invented_layouts_differ_in_every_dimension() -> None:
    invented = [load_layout(str(path)) for path in sorted(INVENTED.glob("*.yaml"))]

    def kinds(of: Callable[[Layout], Any]) -> set[Any]:
        return {of(layout) for layout in invented}

    assert kinds(lambda layout: layout.record.ends) == {"length", "terminator", "fixed"}
    assert kinds(lambda layout: layout.fields.by) == {"directory", "tags", "positions"}
    assert kinds(lambda layout: layout.record.newline) >= {"none", "lf", "crlf"}
    assert len(kinds(lambda layout: layout.charsets.data)) == len(invented)
    assert kinds(lambda layout: layout.subfields and layout.subfields.id) == {None, 0, 1, 2}
    assert kinds(lambda layout: layout.holdings and layout.holdings.copies) >= {"together", "apart"}


def test_numbers_as_they_are_written() -> None:
    prefixed, counted, padded = (
        load_layout(str(INVENTED / f"{name}.yaml")) for name in ("prefixed", "counted", "padded")
    )
    length = prefixed.label.role("record_length")
    assert length is not None
    assert length.number == Number(4, "binary")
    assert prefixed.fields.length == Number(2, "binary")
    assert counted.directory is not None
    assert counted.directory.order == ("start", "length", "tag")
    assert (counted.directory.length, counted.directory.start) == (Number(6), Number(6, pad=" "))
    assert counted.label.items[2].mark == "unknown"
    data = padded.label.role("data_length")
    assert data is not None
    assert (data.number, data.adds) == (Number(6, pad=" "), -2)
    assert padded.label.items[0].number is None


def test_slots_of_positions_and_of_fields() -> None:
    blocks, counted = (load_layout(str(INVENTED / f"{name}.yaml")) for name in ("blocks", "counted"))
    assert blocks.fields.slots[0] == Slot("管理番号", 0, 10, "0", left=True, charset="ebcdic-kana")
    assert blocks.elements["著者"].place.tags == ("著者1", "著者2")
    assert counted.tags["9500"].size == 80
    assert counted.elements["所蔵"].members["場所"].place == Place(sub="場所")


@pytest.mark.parametrize(
    ("rule", "longest"),
    [
        ("record: {ends: length, terminator: 1D}", 99_999),
        ("record: {ends: fixed, size: 200000}", 200_000),
        ("record: {ends: terminator, terminator: 1D}", 99_999),
    ],
)
def test_the_longest_record_where_nothing_is_said(
    rule: str, longest: int, found: Callable[[str], LoadedLayout]
) -> None:
    text = faulty("record: {ends: length, terminator: 1D, longest: 9999}", rule)
    layout = found(text if "length" in rule else text.replace(", role: record_length", "")).layout
    assert layout is not None
    assert layout.record.longest == longest


def test_a_narrow_length_bounds_the_longest_record(found: Callable[[str], LoadedLayout]) -> None:
    text = faulty(", longest: 9999", "").replace("role: record_length", "role: record_length, number: binary")
    text = text.replace("at: 0, length: 5", "at: 0, length: 2").replace("at: 5, length: 1", "at: 2, length: 4")
    text = text.replace("{N: new, D: deleted}, given: N", "{NEW_: new}")
    layout = found(text).layout
    assert layout is not None
    assert layout.record.longest == 65_535


def test_everything_where_a_field_is_as_long_as_it_says(found: Callable[[str], LoadedLayout]) -> None:
    """A field length of four digits in a record of five is usual: worth a notice."""
    loaded = found(BASE.replace("longest: 9999", "longest: 99999"))
    assert loaded.layout is not None
    assert [(issue.code, catalogue().severity(issue)) for issue in loaded.issues] == [
        ("SMK-LAYOUT-NARROW", Severity.NOTICE)
    ]


# ── Names and files ──────────────────────────────────────────────────────────────────────────────


def test_layouts_are_found_by_name_and_by_path(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("mine.yaml", BASE)
    assert find_layout("mine", tmp_path) == find_layout("mine.yaml", tmp_path) == find_layout(str(path)) == path
    assert load_layout("mine.yaml", tmp_path).id == "base"
    assert find_layout("jpmarc-legacy", tmp_path) == layouts()["jpmarc-legacy"]
    monkeypatch.chdir(tmp_path)
    layout = load_layout("mine")
    assert layout.file == "mine.yaml"
    assert len(layout.sha256) == 64


def test_a_layout_that_nobody_has_names_the_near_one() -> None:
    with pytest.raises(UnknownName, match="did you mean 'jpmarc-legacy'") as caught:
        load_layout("jpmarc-legcy")
    assert caught.value.ja == "レイアウト「jpmarc-legcy」はありません。もしかして「jpmarc-legacy」ですか。"


def test_the_error_holds_every_finding_and_survives_pickling(write: Write) -> None:
    path = write("bad.yaml", BASE.replace("terminator: 1D", "terminator: XX").replace("kind: kana", "kind: kanna"))
    with pytest.raises(LayoutError) as caught:
        load_layout(str(path))
    assert isinstance(caught.value, UsageError)
    assert [issue.code for issue in caught.value.findings] == ["SMK-LAYOUT-HEX", "SMK-LAYOUT-VALUE"]
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert again.findings == caught.value.findings


def test_the_command_prints_findings_like_those_of_mappings(write: Write) -> None:
    import click

    path = write("bad.yaml", BASE.replace("terminator: 1D", "terminator: XX"))

    @click.command()
    @click.option("--lang", default="ja")
    @told
    def command(lang: str) -> None:
        load_layout(str(path))

    result = CliRunner().invoke(command)
    assert result.exit_code == 2
    assert ":8:36: エラー SMK-LAYOUT-HEX 「XX」は、バイトを16進数で書いたものではありません。" in result.output
    assert "レイアウトに直すところがあるため、何も書いていません。" in result.output
    assert "The layout needs correction" in CliRunner().invoke(command, ["--lang", "en"]).output


# ── Layouts that extend others ───────────────────────────────────────────────────────────────────


def extended(write: Write, *texts: str) -> LoadedLayout:
    """Each text is a file that extends the one before it, over BASE."""
    write("l0.yaml", BASE)
    for number, text in enumerate(texts):
        path = write(f"l{number + 1}.yaml", f"layout: 1\nextends: l{number}\n{text}")
    return inspect_layout(path)


def test_tables_merge_scalars_and_lists_replace_and_null_removes(write: Write) -> None:
    text = """\
charsets: {data: jisx0201}
label: {items: [{name: 種別, given: B}]}
tags: {"980": {slots: [{name: 番号, at: 0, length: 20}]}}
elements:
  書名: 252$A
  著者: {members: {別名: ~, 役割: $C}}
  所蔵: ~
holdings: ~
"""
    loaded = extended(write, text)
    assert loaded.issues == []
    layout = loaded.layout
    assert layout is not None
    assert layout.charsets.modes == {"1": "ascii", "2": "jisx0208"}
    assert layout.charsets.data == "jisx0201"
    assert [(item.name, item.at, item.given) for item in layout.label.items][2] == ("種別", 6, "B")
    assert layout.tags["980"].slots == (Slot("番号", 0, 20),)
    assert layout.elements["書名"].place == Place(("252",), "A")
    assert layout.elements["書名"].yomi == "書名ヨミ"
    assert list(layout.elements["著者"].members) == ["名前", "ヨミ", "役割"]
    assert list(layout.elements) == ["管理番号", "書名", "書名ヨミ", "著者"]
    assert layout.holdings is None


def test_a_layout_is_not_confirmed_by_what_it_extends(write: Write) -> None:
    layout = extended(write, "elements: {書名: 252$A}\n").layout
    assert layout is not None
    assert (layout.id, layout.ja, layout.confirmed_by, layout.source) == ("l1", "", None, None)
    assert layout.elements["書名"].mark == "inferred"
    assert layout.elements["書名ヨミ"].mark == "known"


def test_marks_go_with_the_file_they_stand_in(write: Write) -> None:
    layout = extended(
        write, "mark: unknown\nelements: {書名: 252$A}\n", "elements: {新: {at: 999$A, mark: known}}\n"
    ).layout
    assert layout is not None
    assert [layout.elements[name].mark for name in ("管理番号", "書名", "新")] == ["known", "unknown", "known"]


def test_items_of_the_label_by_name_can_go(write: Write) -> None:
    text = "label: {items: {種別: ~, 基点: {at: 6, length: 6}}}\n"
    layout = extended(write, text).layout
    assert layout is not None
    assert [(item.name, item.end) for item in layout.label.items] == [("長さ", 5), ("状態", 6), ("基点", 12)]


def test_faults_stand_where_they_were_written(write: Write) -> None:
    loaded = extended(write, "record: {terminator: 1F}\n", "elements: {書名: 25$A}\n")
    assert loaded.layout is None
    where = [(Path(issue.at.source).name, issue.at.line, issue.at.column) for issue in loaded.issues]
    assert where == [("l0.yaml", 19, 21), ("l2.yaml", 3, 16)]
    assert [issue.code for issue in loaded.issues] == ["SMK-LAYOUT-END-SAME", "SMK-LAYOUT-WIDTH"]


def test_a_file_may_be_named_as_the_shipped_one_it_extends(write: Write) -> None:
    path = write("somoku-3-draft.yaml", "layout: 1\nextends: somoku-3-draft\nelements: {注記: ~}\n")
    layout = inspect_layout(path).layout
    assert layout is not None
    assert "注記" not in layout.elements


def test_gaiji_stand_beside_the_layout_that_names_them(write: Write, tmp_path: Path) -> None:
    gaiji = write("below/gaiji.tsv", "")
    write("below/base.yaml", BASE.replace("data: ascii,", "data: ascii, gaiji: gaiji.tsv,"))
    layout = inspect_layout(write("top.yaml", "layout: 1\nextends: below/base\n")).layout
    assert layout is not None
    assert layout.charsets.gaiji is not None
    assert Path(layout.charsets.gaiji).resolve() == gaiji.resolve()


def test_a_chain_that_comes_back_is_told(write: Write) -> None:
    write("a.yaml", "layout: 1\nextends: b\n")
    write("b.yaml", "layout: 1\nextends: a\n")
    loaded = inspect_layout(find_layout("a", write("x", "").parent) or Path())
    assert loaded.layout is None
    cycle = next(issue for issue in loaded.issues if issue.code == "SMK-LAYOUT-CYCLE")
    assert Path(cycle.at.source).name == "b.yaml"
    assert cycle.slots["chain"].count("→") == 2


def test_a_file_that_goes_away_is_told(tmp_path: Path) -> None:
    loaded = inspect_layout(tmp_path / "gone.yaml")
    assert [issue.code for issue in loaded.issues] == ["SMK-LAYOUT-FILE"]
    assert "ファイルかフォルダがありません" in catalogue().message(loaded.issues[0], "ja")


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("code", "old", "new", "value", "suggestion"), STRUCTURE + MEANING)
def test_fault(
    code: str,
    old: str,
    new: str,
    value: str | None,
    suggestion: str | None,
    marked: Marked,
    found: Callable[[str], LoadedLayout],
    says_all: Callable[[Issue], None],
) -> None:
    clean = marked(faulty(old, new))
    issues = [issue for issue in found(clean.text).issues if issue.code == code]
    assert issues
    for issue in issues:
        says_all(issue)
    if clean.places:
        assert [(issue.at.line, issue.at.column) for issue in issues] == list(clean.places)
    if value is not None:
        assert issues[0].value == value
    assert issues[0].suggestion == suggestion


@pytest.mark.parametrize(("code", "old", "new"), [fault[:3] for fault in STRUCTURE])
def test_a_fault_of_structure_is_told_alone_and_refused_by_the_schema(
    code: str, old: str, new: str, validator: Any, marked: Marked, found: Callable[[str], LoadedLayout]
) -> None:
    text = marked(faulty(old, new)).text
    loaded = found(text)
    assert {issue.code for issue in errors(loaded.issues)} == {code}
    assert loaded.layout is None
    node, _ = parse_yaml(text.encode(), "layout.yaml")
    assert node is not None
    assert not validator.is_valid(plain(node))


@pytest.mark.parametrize(("code", "old", "new"), [fault[:3] for fault in MEANING])
def test_faults_of_meaning_are_no_faults_of_structure(
    code: str, old: str, new: str, marked: Marked, found: Callable[[str], LoadedLayout]
) -> None:
    loaded = found(marked(faulty(old, new)).text)
    assert code in {issue.code for issue in loaded.issues}
    assert (loaded.layout is None) == bool(errors(loaded.issues))
    assert {issue.code for issue in errors(loaded.issues)} <= {code}


def test_all_findings_come_at_once(found: Callable[[str], LoadedLayout]) -> None:
    text = BASE.replace("terminator: 1D", "terminator: X").replace("tag: 3", "tag: three")
    text = text.replace("kind: kana", "kind: kanna").replace("copies: together", "copys: together")
    codes = [issue.code for issue in errors(found(text).issues)]
    assert codes == ["SMK-LAYOUT-HEX", "SMK-LAYOUT-SHAPE", "SMK-LAYOUT-VALUE", "SMK-LAYOUT-KEY"]


@pytest.mark.parametrize("name", ["fields", "elements", "charsets", "record"])
def test_what_a_layout_cannot_do_without(name: str, validator: Any, found: Callable[[str], LoadedLayout]) -> None:
    document = plain(parse_yaml(BASE.encode(), "x")[0])  # type: ignore[arg-type]
    del document[name]
    loaded = found(yaml.safe_dump(document, allow_unicode=True))
    assert [issue.value for issue in loaded.issues if issue.code == "SMK-LAYOUT-KEY-MISSING"] == [name]
    assert not validator.is_valid(document)


@pytest.mark.parametrize("text", ["", "- a\n", "a", "layout: [", "\x00", b"\xff\xfe", "a: " + "[" * 200 + "]" * 200])
def test_what_is_no_layout_at_all(text: str | bytes, found: Callable[[str | bytes], LoadedLayout]) -> None:
    loaded = found(text)
    assert loaded.layout is None
    assert {issue.code for issue in loaded.issues} <= {"SMK-LAYOUT-YAML", "SMK-LAYOUT-SHAPE"}
    for issue in loaded.issues:
        assert "対応表" not in catalogue().message(issue, "ja") + catalogue().hint(issue, "ja")


def test_a_mapping_is_no_layout(found: Callable[[str], LoadedLayout]) -> None:
    loaded = found("mapping: 1\nid: a\nfields: {a_s: a}\n")
    assert [(issue.code, issue.value) for issue in loaded.issues] == [("SMK-LAYOUT-KEY-MISSING", "layout")]


JUNK: list[Any] = [
    None,
    "",
    "x",
    "-1",
    "0",
    "99999999999",
    "999999999",
    "1E",
    "$",
    "label.",
    "001-999",
    [],
    ["x", []],
    {},
    {"x": "y"},
    [{}],
]


def spots(node: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a document."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [(node, key) for key in keys] + [spot for key in keys for spot in spots(node[key])]


@pytest.mark.parametrize("name", ["base", *(path.stem for path in sorted(INVENTED.glob("*.yaml")))])
def test_whatever_stands_somewhere_ends_in_findings(name: str, found: Callable[[str], LoadedLayout]) -> None:
    """Junk at any place of any layout: a layout or findings, never an exception."""
    text = BASE if name == "base" else EVERY[name].read_text("utf-8")
    whole = plain(parse_yaml(text.encode(), name)[0])  # type: ignore[arg-type]
    chance = random.Random(name)  # noqa: S311 - not for secrets
    for number in range(len(spots(whole))):
        document = copy.deepcopy(whole)
        holder, key = spots(document)[number]
        holder[key] = chance.choice(JUNK)
        loaded = found(json.dumps(document, ensure_ascii=False))
        assert (loaded.layout is None) == bool(errors(loaded.issues))


# ── Grammar and schema ───────────────────────────────────────────────────────────────────────────


def tables_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tables of the schema by their names in the grammar."""
    defs = schema["$defs"]
    renamed = {"number": "wide", "coding": "coded", "element": "element_table", "member": "member_table"}
    return {name: schema if name == "layout" else defs[renamed.get(name, name)] for name in layout_keys.TABLES}


def test_schema_and_loader_know_the_same_keys_and_words(validator: Any) -> None:
    tables = tables_of(validator.schema)
    for name, keys in layout_keys.TABLES.items():
        properties = tables[name]["properties"]
        assert set(properties) == {key.name for key in keys}, name
        assert tables[name]["additionalProperties"] is False
        for key in keys:
            words = properties[key.name].get("enum") or properties[key.name].get("items", {}).get("enum", [])
            if key.kind in ("word", "words"):
                assert tuple(word for word in words if word is not None) == key.choices, (name, key.name)


def test_schema_and_loader_ask_for_the_same_keys(validator: Any) -> None:
    schema = validator.schema
    complete = schema["$defs"]["complete"]["properties"]

    def required(name: str) -> set[str]:
        return {key.name for key in layout_keys.TABLES[name] if key.required}

    assert set(schema["$defs"]["complete"]["required"]) == required("layout")
    for name in ("record", "charsets", "label", "directory", "fields", "holdings"):
        assert set(complete[name]["required"]) == required(name)
    assert set(complete["label"]["properties"]["items"]["items"]["required"]) == required("item")
    assert set(complete["elements"]["additionalProperties"]["required"]) == required("element")
    assert set(schema["$defs"]["wide"]["required"]) == required("number")


def test_every_key_of_the_schema_is_described_in_both_languages(validator: Any) -> None:
    for name, table in tables_of(validator.schema).items():
        assert " / " in table["title"], name
        for key, shape in table["properties"].items():
            ja, _, en = shape["description"].partition(" / ")
            assert ja, (name, key)
            assert en, (name, key)


# ── Bytes ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("charset", layout_keys.CHARSETS)
def test_control_characters_are_never_data_and_letters_always(charset: str) -> None:
    for byte in (0x1C, 0x1D, 0x1E, 0x1F, 0x09, 0x0A, 0x0D):
        assert can_hold(bytes([byte]), charset) is None
    letters = b"\xc1" if charset.startswith("ebcdic") else b"A"
    assert can_hold(letters, charset) is not None


@pytest.mark.parametrize(("charset", "codec"), [("euc_jp", "euc_jp"), ("cp932", "cp932"), ("utf-8", "utf-8")])
def test_bytes_of_real_characters_are_known(charset: str, codec: str) -> None:
    for text in ("漢字かなカナ、。〓", "ｶﾅ", "ABC xyz 123"):
        for byte in text.encode(codec):
            assert can_hold(bytes([byte]), charset) is not None


def test_the_width_of_a_code() -> None:
    assert width_of("  ", "ascii") == 2
    assert width_of("新", "euc_jp") == 2
    assert width_of("ｱ", "ebcdic-kana") == 1


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("somoku-layout-file.md", "somoku-layout-file.en.md")
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_the_layout_of_the_page_is_good(page: str, found: Callable[[str], LoadedLayout]) -> None:
    whole, confirmation, group = BLOCK.findall((DOCS / page).read_text("utf-8"))
    inside = "".join(f"  {line}\n" for line in group.splitlines())
    for text in (whole, whole.replace("elements:\n", confirmation + "elements:\n" + inside)):
        layout = found(text).layout
        assert layout is not None
        assert layout.confirmed == (text != whole)
        assert layout.elements["著者"].place.tags[-1] == "759"


def test_both_pages_show_the_same_layout() -> None:
    blocks = [BLOCK.findall((DOCS / page).read_text("utf-8")) for page in PAGES]
    assert [plain(parse_yaml(text.encode(), "")[0]) for text in blocks[0]] == [  # type: ignore[arg-type]
        plain(parse_yaml(text.encode(), "")[0])
        for text in blocks[1]  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_every_key_and_layout(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for name, keys in layout_keys.TABLES.items():
        for key in keys:
            assert re.search(rf"\b{key.name}\b", text), (name, key.name)
    for name in layouts():
        assert f"`{name}`" in text
