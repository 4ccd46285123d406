"""Checks of records that a layout describes: one fault at a time, of mapped values and of files; records together."""

from __future__ import annotations

import json
import re
import tracemalloc
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import convert
from convert.check import duplicates
from convert.cli import cli
from convert.formats.base import TargetRule
from convert.formats.somoku.charsets import readable
from convert.formats.somoku.checking.checker import SomokuChecker
from convert.formats.somoku.checking.rules import filled, left_out
from convert.formats.somoku.checking.view import Viewer
from convert.formats.somoku.elements import Node, member_texts, path_of
from convert.formats.somoku.load import layouts, load_layout
from convert.formats.somoku.parts import Description, Field, Sub
from convert.formats.somoku.places import offset
from convert.formats.somoku.reader import SomokuReader
from convert.formats.somoku.target import SomokuTarget
from convert.model import Location, Mapped, Text
from convert.source import Source
from tests.somoku_data import Maker
from tests.somoku_good import example, file_of, good, isbn, renumbered, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.check.issue import Issue

SOMOKU = Path(__file__).parents[1] / "fixtures" / "somoku"
CHECKED = str(SOMOKU / "checked.yaml")
NAMES = [*layouts(), *(str(path) for path in sorted((SOMOKU / "layouts").glob("*.yaml")))]

Values = dict[str, list[Any]]


def checked(tmp_path: Path, data: bytes, layout: str = CHECKED, name: str = "data.dat") -> list[Issue]:
    """Everything that is said of a file."""
    path = tmp_path / name
    path.write_bytes(data)
    report = convert.check(path, "somoku", read={"layout": layout}, samples=1000)
    return list(report.issues)


def codes(issues: list[Issue]) -> list[str]:
    return [issue.code for issue in issues]


# ── The worked example of the ancestor, byte by byte ─────────────────────────────────────────────

ANCESTOR = (
    ("001", "24999999", ""),
    ("010", "", "1F 41 303133 31 342D39393939392D3939392D34"),
    ("020", "", "1F 41 303032 31 4A50 1F 42 303038 31 3234393939393939"),
    ("251", "", "1F 41 303038 32 324D3675244E4B5C 1F 46 303130 32 3B3345444240 4F3A4378"),
    ("270", "", "1F 41 303034 32 456C357E 1F 42 303038 32 324D36753D714B3C 1F 44 303132 32 233223302332233421252331"),
    ("275", "", "1F 41 303038 32 2331233223332370 1F 42 303038 32 233123392363236D"),
    ("551", "", "1F 41 303136 32 252B252F25262121254E2121255B2573 1F 58 303131 31 4B616B75206E6F20686F6E"),
    ("677", "", "1F 41 303035 31 3931332E36"),
    ("751", "", "1F 41 303134 32 2564255E25402124253F256D2526 1F 42 303130 32 3B3345442124 42404F3A"),
)
"""Tags with text or bytes in hex; put together here and not by the code that is tested."""


def ancestor() -> bytes:
    """The record of 378 bytes (legacy JAPAN/MARC, made up)."""
    directory, body = b"", b""
    for tag, text, data in ANCESTOR:
        field = (text.encode() or bytes.fromhex(data)) + b"\x1e"
        directory += f"{tag}{len(field):04d}{len(body):05d}".encode()
        body += field
    return b"00378NAM  0600133 I 45  " + directory + b"\x1e" + body + b"\x1d"


def test_the_worked_example_is_sound(tmp_path: Path) -> None:
    data = ancestor()
    assert len(data) == 378
    assert checked(tmp_path, data, "jpmarc-legacy") == []
    path = tmp_path / "data.dat"
    reader = SomokuReader(Source.of(path), {"layout": "jpmarc-legacy"})
    (record,) = list(reader)
    for one in (data, data.replace(b"999-4", b"999-9")):  # written again it is the same, byte for byte
        assert reader.codec.write(reader.codec.read(one)) == one
        assert reader.codec.write_with_care(reader.codec.read_with_care(one)) == one
    values = Viewer(reader.layout).view(record.body).values
    assert values["タイトル"] == ["架空の本"]
    assert values["著者"] == [{"名前": ["山田，太郎"], "ヨミ": ["ヤマダ，タロウ"]}]
    assert values["出版年月"] == ["２０２４．１"]
    (found,) = checked(tmp_path, data.replace(b"999-4", b"999-9"), "jpmarc-legacy")
    assert (found.code, found.record_id) == ("SMK-IDENTIFIER", "24999999")


# ── One fault at a time ──────────────────────────────────────────────────────────────────────────


def change(name: str, *new: Any) -> Callable[[Values], None]:
    """Other values for an element."""

    def made(values: Values) -> None:
        values[name] = list(new)

    return made


def inside(name: str, member: str, *new: str, index: int = 0) -> Callable[[Values], None]:
    """Other values for a member of a group."""

    def made(values: Values) -> None:
        values[name][index][member] = list(new)

    return made


def without(*names: str) -> Callable[[Values], None]:
    def made(values: Values) -> None:
        for name in names:
            del values[name]

    return made


def only_changed(values: Values) -> None:
    for name in [name for name in values if name != "管理番号"]:
        del values[name]
    values["レコード状態"] = ["C"]


ONE_FAULT: list[tuple[str, Callable[[Values], None]]] = [
    # What the layout says
    ("SMK-REQUIRED", without("責任表示")),
    ("SMK-REQUIRED", inside("所蔵", "図書登録番号")),
    ("SMK-REPEATED", change("資料種別", "図書", "雑誌")),
    ("SMK-REPEATED", inside("所蔵", "図書登録番号", "7000000001", "7000000002")),
    ("SMK-LONGEST", change("版表示", "第２版改訂増補新装普及版")),
    ("SMK-VALUE", change("資料種別", "図　書")),
    # Any text
    ("SMK-CONTROL", inside("所蔵", "請求記号", "213.9\n1")),
    ("SMK-CONTROL", change("注記", "1\x002")),
    ("SMK-GETA", change("注記", "〓沢文庫")),
    ("SMK-MISREAD", change("注記", "%+%/%&%N%[%s")),
    ("SMK-MISREAD", change("注記", "､ｫ､ｯ､ｦ､ﾎ､ﾛ､｢")),
    # Ids
    ("SMK-KEY-MISSING", without("管理番号")),
    ("SMK-ID-SPREADSHEET", inside("所蔵", "図書登録番号", "1.2E+09")),
    ("SMK-ID-SPREADSHEET", inside("所蔵", "図書登録番号", "########")),
    ("SMK-ID-SPREADSHEET", inside("所蔵", "図書登録番号", "1000000001.0")),
    ("SMK-ID-CHARACTER", inside("所蔵", "図書登録番号", "１００１")),
    ("SMK-ID-CHARACTER", inside("所蔵", "図書登録番号", "1001 2")),
    ("SMK-COPY-KEY", inside("所蔵", "管理番号", "1")),
    ("SMK-COPY-KEY", inside("所蔵", "管理番号", "0000000099", index=1)),
    ("SMK-COPY-TWICE", inside("所蔵", "図書登録番号", "2000000001")),
    # The record
    ("SMK-CHANGED-EMPTY", only_changed),
    ("SMK-TITLE-MISSING", without("タイトル", "タイトルヨミ")),
    ("SMK-HOLDINGS-NONE", without("所蔵")),
    # Readings
    ("SMK-READING-MISSING", without("タイトルヨミ")),
    ("SMK-READING-MISSING", inside("著者", "ヨミ")),
    ("SMK-READING-ALONE", inside("著者", "名前", index=1)),
    ("SMK-READING-ALONE", without("巻タイトル")),
    ("SMK-READING-COUNT", change("タイトル", "架空町史", "見本町史")),
    ("SMK-KANA", change("タイトルヨミ", "架空チョウシ")),
    ("SMK-KANA", inside("著者", "ヨミ", "架空，太郎")),
    ("SMK-LONG-VOWEL", change("タイトルヨミ", "カクウ　コンピュ−タ−")),
    # Numbers, dates, codes
    ("SMK-IDENTIFIER", change("ISBN", "9784101010053")),
    ("SMK-IDENTIFIER", change("ISSN", "0386-2187")),
    ("SMK-IDENTIFIER", change("JP番号", "2012377")),
    ("SMK-IDENTIFIER", change("NCID", "BA51293931")),
    ("SMK-NDC", inside("NDC", "分類記号", "7.64")),
    ("SMK-LANGUAGE", change("言語", "nihongo")),
    ("SMK-COUNTRY", change("出版国", "日本")),
    ("SMK-LIBRARY-CODE", change("図書館コード", "911")),
    ("SMK-PRICE", change("価格", "上製")),
    ("SMK-NUMBER", change("冊数", "三冊")),
    ("SMK-URL", change("URL", "www.example.jp")),
    ("SMK-DATE", change("出版年月", "昭和65年")),
    ("SMK-DATE", change("出版年月", "99.4")),
    ("SMK-DATE-FUTURE", change("出版年月", "2204.1")),
]


def one_of(number: int = 1) -> Values:
    """A sound record of the layout of these tests."""
    values = deepcopy(good(number))
    values |= {"NCID": ["BA51293930"], "冊数": ["2"], "URL": ["https://example.jp/1"], "ISSN": ["1348-530X"]}
    return values | {"巻タイトル": ["通史編"], "巻タイトルヨミ": ["ツウシヘン"]}


def written(*records: Values) -> bytes:
    return file_of(records, CHECKED, like=one_of())


@pytest.mark.parametrize(("code", "fault"), ONE_FAULT)
def test_one_fault(code: str, fault: Callable[[Values], None], tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    """A file with one fault: its code and no other, at a place that says where."""
    values = one_of()
    fault(values)
    issues = checked(tmp_path, written(values))
    assert codes(issues) == [code]
    for issue in issues:
        says_all(issue)
        assert issue.at.byte is not None
        assert issue.at.byte < (tmp_path / "data.dat").stat().st_size


@pytest.mark.parametrize(("code", "fault"), ONE_FAULT)
def test_one_fault_of_mapped_values(code: str, fault: Callable[[Values], None]) -> None:
    """The same of the values of a mapping; what is written all in full width is told of, too."""
    values = one_of()
    fault(values)
    target = SomokuTarget({"layout": CHECKED}, rules_of(one_of()), base=None)
    assert target.faults == []
    assert said(target, values) == [code]
    assert {finding.target for finding in target.assemble(Mapped("1", values, {}))[1]} <= one_of().keys()


def said(target: SomokuTarget, values: Values) -> list[str]:
    """Codes of what is said of values, but for letters that are made wide."""
    key = next(iter(values.get("管理番号", ())), "")
    found = target.assemble(Mapped(str(key), values, {}))[1]
    return [finding.code for finding in found if finding.code != "SMK-WIDE"]


def test_sound_records_are_let_alone(tmp_path: Path) -> None:
    assert checked(tmp_path, written(*(one_of(number) for number in range(1, 60)))) == []


ODD_BUT_SEEN: list[Callable[[Values], None]] = [
    change("管理番号", "B10476592"),
    change("出版年月", "１９７１年"),
    change("出版年月", "196607"),
    change("出版年月", "[出版年不明]"),
    change("出版年月", "[19--]"),
    change("価格", "３３０円"),
    change("価格", "\\880"),
    change("価格", "非売品"),
    change("ISBN", "4-10-101005-6"),
    change("ISBN", "978-4-10-101005-2 (上)"),
    change("タイトルヨミ", "キユウテイ　599-ｶﾐｵ　NDL"),
    change("タイトルヨミ", "カクウ", "カコウ"),
    change("言語", "jpneng"),
    inside("所蔵", "請求記号", " ５９９．０／カ／"),
    inside("所蔵", "請求記号", "599-ｶﾐｵ"),
    inside("所蔵", "請求記号"),
    inside("所蔵", "管理番号"),
    inside("NDC", "分類記号", "９１３．６"),
]


@pytest.mark.parametrize("oddity", ODD_BUT_SEEN)
def test_what_occurs_in_published_data_is_let_alone(oddity: Callable[[Values], None], tmp_path: Path) -> None:
    values = one_of()
    oddity(values)
    for copy in values["所蔵"]:
        if "管理番号" in copy:
            copy["管理番号"] = values["管理番号"]
    assert checked(tmp_path, written(values)) == []


# ── Bytes and places ─────────────────────────────────────────────────────────────────────────────


def test_bytes_that_cannot_be_read_are_told_by_code_and_place(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    publisher = bytes(byte & 0x7F for byte in "架空出版".encode("euc_jp"))
    data = written(one_of(), one_of(2))
    at = data.rindex(publisher)
    data = data[:at] + b"\x29\x21" + publisher[2:6] + b"\xff\xfe" + data[at + 8 :]
    illegal, gaiji = sorted(checked(tmp_path, data), key=lambda issue: issue.code)
    assert (illegal.code, illegal.at.byte, illegal.slots["bytes"]) == ("SMK-BYTES", at + 6, "FF FE")
    assert (gaiji.code, gaiji.at.byte, gaiji.slots["bytes"]) == ("SMK-GAIJI", at, "29 21")
    assert (gaiji.at.path, gaiji.value) == ("270$B", "〓空出〓〓")
    says_all(illegal)
    says_all(gaiji)


def test_unread_bytes_are_no_geta_marks(tmp_path: Path) -> None:
    data = written(one_of() | {"注記": ["〓〓川"]})
    (found,) = checked(tmp_path, data)
    assert (found.code, found.slots["count"]) == ("SMK-GETA", 2)


@pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])
def test_places_of_bytes(name: str) -> None:
    """The offset of every subfield, in every kind of layout, is where its bytes stand."""
    maker = Maker(load_layout(name), 5)
    for number in range(30):
        data = maker.codec.write(maker.description(number))
        for field in maker.codec.read(data).fields:
            for index, sub in enumerate(field.subs):
                at = offset(maker.layout, field, index, data)
                assert data.startswith(sub.data, at)
                assert at >= field.at


def test_places_of_elements_and_members(tmp_path: Path) -> None:
    values = one_of()
    inside("所蔵", "請求記号", "213.9\n1", index=1)(values)
    change("ISBN", isbn(1), "9784101010053")(values)
    data = written(one_of(9), values)
    places = {issue.code: issue.at for issue in checked(tmp_path, data)}
    call = places["SMK-CONTROL"]
    assert (call.path, call.field) == ("980$C", "所蔵.請求記号")
    assert data[call.byte :].startswith(b"\x1fA0101" + b"0000000001\x1fB")
    assert call.byte == data.rindex(b"\x1fA01010000000001\x1fB")
    book = places["SMK-IDENTIFIER"]
    assert (book.path, book.field) == ("010$A", "ISBN")
    assert data[book.byte :].startswith(b"\x1fA01319784101010053")


@pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_view_has_what_paths_give(name: str, seed: int) -> None:
    """One pass over the fields finds the same texts as following each path."""
    layout = load_layout(name)
    records = Maker(layout, seed).records(5)
    reader = SomokuReader(Source.of(b"".join(records), name="x.dat"), {"layout": name})
    viewer = Viewer(layout)
    for record in reader:
        seen = {key: given for key, given in viewer.view(record.body).values.items() if given}
        for element in layout.elements.values():
            expected: list[Any] = []
            for value in path_of(layout, element.name).values(record.body):
                if isinstance(value, Node):
                    texts = {name: member_texts(value, member) for name, member in element.members.items()}
                    expected.append({name: given for name, given in texts.items() if given})
                else:
                    expected.append(value)
            if element.place.label is not None:
                expected = [text for text in expected if text]
            assert _read(seen.get(element.name, [])) == expected


def _read(given: list[Any]) -> list[Any]:
    return [
        {name: [readable(text) for text in texts] for name, texts in value.items()}
        if isinstance(value, dict)
        else readable(value)
        for value in given
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_no_damage_breaks_the_checks(data: Any, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    layout = load_layout(name)
    whole = bytearray(b"".join(Maker(layout, data.draw(st.integers(0, 10**6))).records(3)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    checker = SomokuChecker({"layout": name}, base=None)
    checker.gather(tmp_path_factory.getbasetemp())
    for record in SomokuReader(Source.of(bytes(whole), name="x.dat"), {"layout": name}):
        if record.body is not None:
            for finding in checker.check(record)[2]:
                assert checker.locate(record, finding).source == "x.dat"
    list(checker.together())


def test_very_many_faults_are_cut_off(tmp_path: Path) -> None:
    issues = checked(tmp_path, written(one_of() | {"注記": ["〓"] * 500}))
    assert codes(issues).count("SMK-GETA") == 200
    assert codes(issues)[-1] == "SMK-MANY"


def test_places_that_no_element_names_are_told_once(tmp_path: Path) -> None:
    """Bytes that are neither checked nor converted."""
    records = [one_of(number) for number in (1, 2, 3)]
    issues = checked(tmp_path, file_of(records, CHECKED, like=one_of()), "jpmarc-legacy")
    named = {issue.at.path: issue.slots["count"] for issue in issues if issue.code == "SMK-UNNAMED"}
    assert set(codes(issues)) == {"SMK-UNNAMED"}
    assert named["980$B"] == 3
    assert "251$A" not in named


# ── Readings of mapped values ────────────────────────────────────────────────────────────────────


def test_readings_of_a_rule_are_readings() -> None:
    values = one_of()
    del values["タイトルヨミ"]
    values["タイトル"] = [Text("架空町史", yomi="カクウチョウシ")]
    values["著者"] = [{"名前": [Text("架空，太郎", yomi="カクウ，タロウ")]}]
    target = SomokuTarget({"layout": CHECKED}, rules_of(one_of()), base=None)
    assert said(target, values) == []
    values["タイトル"] = [Text("架空町史"), Text("見本町史", yomi="ミホンチョウシ")]
    assert said(target, values) == ["SMK-READING-COUNT"]


def test_texts_for_a_group_are_its_first_member() -> None:
    rules = [*rules_of(one_of()), TargetRule("著者", 99, Location("m.yaml"), yomi=True)]
    target = SomokuTarget({"layout": CHECKED}, rules, base=None)
    assert said(target, one_of() | {"著者": [Text("架空，太郎", yomi="カクウ，タロウ")]}) == []
    assert said(target, one_of() | {"著者": ["架空，太郎\n"]}) == [
        "SMK-CONTROL",
        "SMK-READING-MISSING",
        "SMK-CHARACTER",
    ]


def test_elements_that_a_mapping_does_not_fill_are_told_of_once() -> None:
    """They are told of when the mapping is checked."""
    few = {name: one_of()[name] for name in ("管理番号", "タイトル", "責任表示")}
    target = SomokuTarget({"layout": CHECKED}, rules_of(few), base=None)
    assert said(target, few) == []
    assert [(fault.code, fault.slots["name"]) for fault in target.faults] == [
        ("SMK-RECOMMENDED-RULE", "所蔵"),
        ("SMK-RECOMMENDED-RULE", "図書館コード"),
        ("SMK-RECOMMENDED-RULE", "タイトルヨミ"),
    ]


MAPPING = """mapping: 1
id: csv-to-somoku
source: {{format: csv}}
target: {{format: somoku, layout: {layout}}}
record: {{id: 番号}}
fields:
{fields}
"""
FIELDS = """  管理番号: 番号
  タイトル: 書名
"""


def test_required_elements_without_a_rule_are_told_of_the_mapping(write: Callable[[str, str], Path]) -> None:
    path = write("m.yaml", MAPPING.format(layout=CHECKED, fields=FIELDS + "  所蔵: {object: {請求記号: 請求}}\n"))
    result = CliRunner().invoke(cli, ["mapping", "check", str(path), "--json"])
    found = re.findall(r"SMK-[A-Z-]+", result.output)
    assert sorted(set(found)) == ["SMK-RECOMMENDED-RULE", "SMK-REQUIRED-RULE"]
    faults = list(left_out(load_layout(CHECKED), rules_of({"所蔵": [{"請求記号": ["1"]}]})))
    assert [fault.slots["name"] for fault in faults if fault.code == "SMK-REQUIRED-RULE"] == [
        "責任表示",
        "所蔵.図書登録番号",
    ]
    assert "著者.ヨミ" in filled(load_layout(CHECKED), rules_of(one_of()))


# ── Records together ─────────────────────────────────────────────────────────────────────────────


def deleted(number: int) -> Values:
    return {"管理番号": [f"{number:010d}"], "レコード状態": ["D"]}


def test_records_are_compared(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    first = one_of(1)
    no_isbn = renumbered(one_of(2), "0000000022", 600)
    del no_isbn["ISBN"]
    shared = renumbered(one_of(3) | {"タイトル": ["見本"], "タイトルヨミ": ["ミホン"], "ISBN": []}, "0000000033", 700)
    shared["所蔵"][1]["図書登録番号"] = one_of(3)["所蔵"][0]["図書登録番号"]
    records = [first, one_of(2), one_of(3), renumbered(first, "0000000011"), no_isbn, shared]
    data = written(*records)
    issues = sorted(checked(tmp_path, data), key=lambda issue: issue.code)
    for issue in issues:
        says_all(issue)
    assert [(issue.code, issue.record_id, issue.slots["id"]) for issue in issues] == [
        ("SMK-COPY-SHARED", "0000000033", "0000000003"),
        ("SMK-SAME-BOOK", "0000000011", "0000000001"),
        ("SMK-SAME-DESCRIPTION", "0000000022", "0000000002"),
    ]
    starts = [0, *(len(written(*records[:count])) for count in range(1, 6))]
    assert [issue.at.byte for issue in issues] == [starts[5], starts[3], starts[4]]
    assert issues[1].slots["first"].endswith("data.dat@0")


def test_other_volumes_editions_and_isbns_are_other_books(tmp_path: Path) -> None:
    volume = renumbered(one_of(1) | {"巻次": ["第2巻"]}, "0000000091", 600)
    edition = renumbered(one_of(1) | {"版表示": ["第2版"], "ISBN": []}, "0000000092", 700)
    other = renumbered(one_of(1) | {"ISBN": [isbn(5)]}, "0000000093", 800)
    assert checked(tmp_path, written(one_of(1), volume, edition, other)) == []


def test_keys_that_come_again(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    fewer_zeros = renumbered(one_of(4) | {"タイトル": ["見本"], "タイトルヨミ": ["ミホン"]}, "0001", 600)
    records = [one_of(1), one_of(2), deleted(2), deleted(7), deleted(7), one_of(8), one_of(8), fewer_zeros]
    issues = checked(tmp_path, written(*records))
    for issue in issues:
        says_all(issue)
    assert sorted((issue.code, issue.record_id) for issue in issues) == [
        ("DSET-ID-DUPLICATE", "0000000008"),
        ("SMK-DELETED-TOO", "0000000002"),
        ("SMK-DELETED-TWICE", "0000000007"),
        ("SMK-ID-AGAIN", "0000000008"),
        ("SMK-ID-ZEROS", "0001"),
    ]


def test_a_deletion_needs_its_key_only(tmp_path: Path) -> None:
    assert checked(tmp_path, written(one_of(1), deleted(2))) == []
    (found,) = checked(tmp_path, written({"レコード状態": ["D"]}))
    assert found.code == "SMK-KEY-MISSING"


def test_numbers_that_lost_their_zeros(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    records = [one_of(number) for number in range(1, 8)]
    lost = renumbered(one_of(9), "9", 600)
    (found,) = checked(tmp_path, written(*records, lost))
    says_all(found)
    assert (found.code, found.record_id, found.suggestion) == ("SMK-ID-LENGTHS", "9", "0000000009")
    longer = renumbered(one_of(10), "12345678901", 700)
    assert checked(tmp_path, written(*records, lost, longer)) == []
    assert checked(tmp_path, written(*records, renumbered(one_of(9), "B9", 600))) == []


def test_library_codes_of_a_file(tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    records = [one_of(number) for number in range(1, 6)]
    records[2]["図書館コード"] = ["9912"]
    del records[3]["図書館コード"]
    issues = checked(tmp_path, written(*records), name="updt9913_20260105_01.dat")
    for issue in issues:
        says_all(issue)
    assert sorted((issue.code, issue.value) for issue in issues) == [
        ("SMK-LIBRARY-DIFFER", "9912"),
        ("SMK-LIBRARY-FILE", "9911"),
        ("SMK-LIBRARY-MISSING", None),
    ]
    assert checked(tmp_path, written(one_of(1)), name="updt9911_20260105_01_02.dat") == []


def test_other_catalogues_are_not_held_to_the_union_catalogue(tmp_path: Path) -> None:
    """MARC 21 without copies is nothing odd, and nobody merges its records."""
    maker = Maker(load_layout("iso2709-marc21"), 3)
    title = Field("245", [Sub("a", "", "架空の本".encode())], b"00")
    date = Field("260", [Sub("b", "", "架空出版,".encode()), Sub("c", "", b"c2024.")], b"  ")
    label = maker.codec.label.made({})
    records = [Description(label, [Field("001", [Sub("", "", b"%08d" % number)]), title, date]) for number in (1, 2)]
    assert checked(tmp_path, b"".join(map(maker.codec.write, records)), "iso2709-marc21") == []


def test_copies_that_stand_apart_are_looked_at_together(tmp_path: Path) -> None:
    """A record for each copy: one description here."""
    layout = next(name for name in NAMES if (h := load_layout(name).holdings) is not None and h.copies == "apart")
    data = b"".join(Maker(load_layout(layout), 4).records(20))
    assert "DSET-ID-DUPLICATE" not in codes(checked(tmp_path, data, layout))


def peak(run: Callable[[], object]) -> int:
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "BUFFER", 50)
    beyond = []
    for count in (100, 400):
        path = tmp_path / f"{count}.dat"
        path.write_bytes(written(*(one_of(number) for number in range(1, count))))
        reading = peak(lambda: sum(1 for _ in SomokuReader(Source.of(path), {"layout": CHECKED})))  # noqa: B023
        checking = peak(lambda: convert.check(path, "somoku", read={"layout": CHECKED}))  # noqa: B023
        beyond.append(checking - reading)
    assert beyond[1] < beyond[0] + 200_000


# ── The command ──────────────────────────────────────────────────────────────────────────────────


def test_zeros_in_front_are_kept_from_the_table_to_the_check(write: Callable[[str, str], Path], tmp_path: Path) -> None:
    table = write("in.csv", "番号,書名,登録\n0000535843,架空の本,0012345678\n")
    fields = FIELDS + "  責任表示: {const: 架空太郎著}\n  所蔵: {object: {管理番号: 番号, 図書登録番号: 登録}}\n"
    mapping = write("m.yaml", MAPPING.format(layout=CHECKED, fields=fields))
    out = tmp_path / "out.dat"
    assert CliRunner().invoke(cli, ["convert", str(mapping), str(table), "-o", str(out)]).exit_code == 0
    assert out.read_bytes().count(b"0000535843") == 2
    assert b"0012345678" in out.read_bytes()
    options = [
        "check",
        str(out),
        "--format",
        "somoku",
        "-r",
        f"layout={CHECKED}",
        "--report",
        str(tmp_path / "r.jsonl"),
    ]
    result = CliRunner().invoke(cli, options)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert {line["record"] for line in lines} <= {"0000535843", None}
    assert not [line for line in lines if line["code"].startswith("SMK-ID")]


@pytest.mark.parametrize("data", [b"", bytes(70_000), b"\x1a"])
def test_a_file_without_records(data: bytes, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    (found,) = checked(tmp_path, data, "jpmarc-legacy")
    says_all(found)
    assert found.code == "SMK-EMPTY"


def test_what_cannot_be_read_in_a_label_is_told_in_hex(tmp_path: Path) -> None:
    ebcdic = b"".join(Maker(load_layout("jpmarc-legacy-ebcdic"), 3).records(3))
    found = checked(tmp_path, ebcdic, "jpmarc-legacy")[0]
    assert found.code == "SMK-LABEL"
    assert re.fullmatch("(F[0-9] ?){5}", found.slots["found"])


def test_the_example_of_the_page() -> None:
    assert (Path(__file__).parents[2] / "examples" / "somoku-check.dat").read_bytes() == example()


def test_the_command_says_what_is_not_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_bytes(file_of([good()]))
    result = CliRunner().invoke(cli, ["check", str(path), "--format", "somoku", "--lang", "en"])
    assert result.exit_code == 0
    assert "SMK-LAYOUT-UNCONFIRMED" in result.output
    assert "warning: 1" in result.output


@pytest.mark.parametrize(
    ("written_by", "read_by"),
    [("jpmarc-legacy-ebcdic", "jpmarc-legacy"), ("jpmarc-legacy", "iso2709-marc21"), ("somoku-3-draft", NAMES[-1])],
)
def test_a_file_in_another_layout_is_told_as_that(written_by: str, read_by: str, tmp_path: Path) -> None:
    """Nothing is guessed from such records: they are broken, and said to be."""
    data = b"".join(Maker(load_layout(written_by), 3).records(20))
    issues = checked(tmp_path, data, read_by)
    assert "SMK-IDENTIFIER" not in codes(issues)
    assert any(issue.severity is None or issue.code != "SMK-LAYOUT-UNCONFIRMED" for issue in issues)
