from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from convert import resources
from convert.errors import SourceFault, UsageError
from convert.inspect import damage, evidence, kinds
from convert.inspect.column import Counting, Pool
from convert.inspect.evidence import look
from convert.inspect.headings import role_of
from convert.inspect.html import page
from convert.inspect.profile import PATHS, Profile, profile
from convert.inspect.text import text
from convert.inspect.tojson import document
from convert.inspect.words import Words
from convert.model import Location
from convert.report.layout import width
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str, str | bytes], Path]

ROOT = Path(__file__).parents[2]
TABLE = "資料番号,作品名,所蔵\n001,髙橋由一像,架空館\n002,染付皿,例示館\n003,絵,架空館\n"


def of(content: str | bytes, **options: Any) -> Profile:
    data = content.encode() if isinstance(content, str) else content
    return profile(Source.of(data, name="x"), options.pop("format_name", "csv"), options)


# ── Evidence ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("cp932", "cp932"),
        ("euc_jp", "euc_jp"),
        ("iso2022_jp", "iso2022_jp"),
        ("utf-16", "utf-16-le"),
    ],
)
def test_the_encoding_that_the_bytes_speak_for(codec: str, found: str) -> None:
    data = TABLE.replace("髙", "高").encode(codec)
    seen = look(Source.of(data))
    assert (seen.encoding, seen.certain, seen.shape, seen.delimiter) == (found, True, "table", ",")
    assert [column.path for column in of(data).columns] == ["資料番号", "作品名", "所蔵"]


def test_an_encoding_is_proposed_only_where_a_mapping_needs_it() -> None:
    assert of(TABLE).source_block == {"format": "csv"}
    assert of(TABLE.encode("utf-8-sig")).source_block == {"format": "csv"}
    assert of(TABLE.encode("cp932")).source_block == {"format": "csv", "encoding": "cp932"}
    stated = of(TABLE.encode("cp932"), encoding="cp932")
    assert [option.stated for option in stated.options] == [True]


def test_a_bad_byte_among_good_ones_changes_no_encoding() -> None:
    found = of(TABLE.encode("cp932") + b"4," + b"\x81 ,x\n")
    assert found.source_block["encoding"] == "cp932"
    assert (found.records, found.broken) == (3, 1)
    assert [(noted.code, noted.count) for noted in found.issues] == [("SRC-ENCODING", 1)]
    [fit] = [fit for fit in found.evidence.fits if fit.encoding == "cp932"]
    assert (fit.fits, fit.line) == (False, 5)


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_a_delimiter_by_how_evenly_it_cuts(mark: str) -> None:
    found = of(TABLE.replace(",", mark))
    assert found.evidence.delimiters[0].rows == found.evidence.delimiters[0].of == 4
    assert found.source_block == {"format": "csv", "delimiter": mark}
    assert len(found.columns) == 3


def test_line_ends_quotes_and_an_open_last_line() -> None:
    seen = look(Source.of(b'a,b\r\n"1","x ""y"""\r\n"2","z"'))
    assert dict(seen.ends) == {"CRLF": 2}
    assert seen.last_line_open
    assert seen.quotes is not None
    assert (seen.quotes.habit, seen.quotes.doubled > 0, seen.quotes.escaped) == ("some", True, 0)


@pytest.mark.parametrize(
    ("name", "content", "format_name", "reason"),
    [
        ("a.csv", TABLE, "csv", "suffix"),
        ("a.txt", TABLE, "csv", "evidence"),
        ("a.txt", TABLE.replace(",", "\t"), "tsv", "evidence"),
        ("a.dat", '{"id": "1"}\n{"id": "2"}\n', "jsonl", "evidence"),
    ],
)
def test_a_format_by_suffix_then_by_evidence(
    write: Write, name: str, content: str, format_name: str, reason: str
) -> None:
    found = profile(Source.of(write(name, content)))
    assert (found.format, found.reason) == (format_name, reason)


def test_what_no_format_reads_is_said(write: Write) -> None:
    with pytest.raises(UsageError, match="pdf"):
        profile(Source.of(write("a.dat", b"%PDF-1.4 ...")))


# ── Kinds and damage ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2026-03-31", "date-iso"),
        ("2026/3/31", "date-slash"),
        ("2026.3.31", "date-dot"),
        ("2026年3月31日", "date-words"),
        ("20260331", "date-compact"),
        ("2026-03-31T12:00", "date-time"),
        ("昭和48年6月19日", "date-era"),
        ("S48.6.19", "date-era"),
        ("1999", "date-year"),
        ("1999-2001", "date-range"),
        ("昭和3年～5年", "date-range"),
        ("昭和50年頃", "date-about"),
        ("19世紀", "date-about"),
        ("https://museum.example.jp/1", "url"),
        ("info@museum.example.jp", "email"),
        ("978-4-10-101005-2", "isbn"),
        ("4901234567894", "jan"),
        ("0028-0836", "issn"),
        ("BA12345678", "ncid"),
        ("10.1000/182", "doi"),
        ("12", "integer"),
        ("-12.50", "decimal"),
        ("12.5cm", "number-unit"),
        ("35.36,138.73", "coordinates"),
        ("○", "boolean"),
        ("有", "boolean"),
        ("フジエンボウズ", "kana"),
        ("K0001", "code"),
        ("Distant View", "latin"),
        ("富士遠望図", "text"),
    ],
)
def test_a_value_has_a_kind_that_has_a_name(value: str, kind: str) -> None:
    assert kinds.kinds(value)[0] == kind
    assert Words("ja").kind(kind)
    assert Words("en").kind(kind)


def test_what_else_holds_of_a_value() -> None:
    assert "html" in kinds.kinds("<p>染付</p>")
    assert "html" not in kinds.kinds("3 < 5 and 7 > 2")
    assert "image" in kinds.kinds("https://museum.example.jp/a.JPG")
    assert "manifest" in kinds.kinds("https://museum.example.jp/iiif/1/manifest.json")
    assert "zero" in kinds.kinds("0120")
    assert set(kinds.kinds("甲;乙、丙")) >= {"sep:;", "sep:、"}


@given(st.text())
def test_no_text_is_too_odd(value: str) -> None:
    assert len(set(kinds.kinds(value))) == len(kinds.kinds(value))
    assert all(isinstance(sign, str) and sign for sign in damage.damages(value))
    assert damage.repaired(value) != value


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        ("縺薙ｓ縺ｫ縺｡縺ｯ", "mojibake"),
        ("æ–‡å­¦", "mojibake"),
        ("染\ufffd皿", "replacement"),
        ("染\x07皿", "control"),
        ("葛\ue000城", "private"),
        ("〓田", "geta"),
        ("染付\u200b皿", "invisible"),
        ("ﾄｳｷｮｳ", "halfwidth-kana"),
        ("か\u3099", "decomposed"),
        ("富????", "questions"),
        ("A &amp; B", "entity"),
        ("#N/A", "spreadsheet"),
        ("9.78E+12", "exponent"),
        ("皿　", "blanks"),
    ],
)
def test_signs_of_damage(value: str, sign: str) -> None:
    assert list(damage.damages(value)) == [sign]
    assert Words("ja").damage(sign) != sign


@pytest.mark.parametrize("value", ["富士遠望図", "A?", "what??", "3 # 4", "R&D", "〜ー・", "神\U000e0100", "①㈱", ""])
def test_sound_values(value: str) -> None:
    assert not list(damage.damages(value))


def test_every_sign_has_words() -> None:
    raw = tomllib.loads((Path(evidence.__file__).parent / "words.toml").read_text("utf-8"))
    assert set(raw["damages"]) == set(damage.NAMES)
    assert all(set(entry) == {"ja", "en"} for section in raw.values() for entry in section.values())


def test_damage_stands_where_it_is_in_the_file() -> None:
    found = of("id,名前\n1,皿\n2,ﾄｳ\n3, 鉢 \n")
    [column] = [column for column in found.columns if column.path == "名前"]
    assert {item.sign: [str(place) for place in item.places] for item in column.damages} == {
        "halfwidth-kana": ["x:3 B3 名前"],
        "blanks": ["x:4 B4 名前"],
    }


def test_zeros_that_a_spreadsheet_dropped() -> None:
    column = of("id\n001\n2\n003\n").columns[0]
    assert [(item.sign, item.count, item.value) for item in column.damages] == [("zeros", 1, "2")]
    assert [str(place) for place in column.damages[0].places] == ["x:3 A3 id"]
    several = of("id\n0001\n22\n3\n0004\n55\n6\n0007\n").columns[0].damages[0]
    assert (several.count, several.value) == (4, "22")
    assert [place.row for place in several.places] == [3, 4, 6]
    assert not of("id\n1\n22\n333\n").columns[0].damages


# ── Columns ──────────────────────────────────────────────────────────────────────────────────────


def test_figures_of_a_column() -> None:
    found = of("id,色,同\n1,赤,x\n2, ,x\n3,赤,x\n4,むらさき,x\n")
    number, colour, same = found.columns
    assert (colour.records, colour.fill, colour.distinct, colour.unique) == (3, 0.75, 2, False)
    assert colour.lengths == (1, 1, 4)
    assert colour.listed == (("赤", 2), ("むらさき", 1))
    assert [repeat.value for repeat in colour.repeats] == ["赤"]
    assert number.unique
    assert same.constant


def test_paths_of_a_nested_source_share_a_column() -> None:
    lines = '{"id": "1", "creators": [{"name": "甲"}, {"name": "乙"}]}\n{"id": "2"}\n'
    found = of(lines, format_name="jsonl")
    column = found.column("creators[].name")
    assert column is not None
    assert (column.records, column.values, column.most, column.fill) == (1, 2, 2, 0.5)
    assert not found.flat


def test_headers_that_are_empty_or_doubled_are_numbered() -> None:
    found = of("id,備考,,備考\n1,a,b,c\n")
    assert [(column.path, column.number, column.heading) for column in found.columns] == [
        ("id", 1, "id"),
        ("#2", 2, "備考"),
        ("#3", 3, ""),
        ("#4", 4, "備考"),
    ]


def test_memory_of_a_column_is_bounded() -> None:
    counting = Counting("a", "a", 1, Pool(), bound=100)
    for number in range(1000):
        counting.add(f"{number}" + "x" * number, number, lambda: Location("x"))
    column = counting.column(1000)
    assert (column.distinct, column.distinct_more, column.unique, column.listed) == (100, True, None, None)
    assert len(counting._seen) == 100


def test_paths_beyond_the_bound_are_counted() -> None:
    lines = "".join(f'{{"k{number}": "v"}}\n' for number in range(PATHS + 50))
    found = of(lines, format_name="jsonl")
    assert (len(found.columns), found.unlisted) == (PATHS, 50)


def test_a_very_wide_table_is_looked_at_in_time() -> None:
    wide = ",".join(f"c{number}" for number in range(200_000))
    found = of(f"{wide}\n{wide}\n")
    assert (len(found.columns), found.unlisted) == (PATHS, 200_000 - PATHS)


def test_a_line_without_end_breaks_one_record() -> None:
    found = of(b"id,title\n1," + b"a" * 20_000_000 + b"\n2,b\n")
    assert (found.records, found.broken) == (1, 1)


def test_limit_is_said() -> None:
    found = profile(Source.of(TABLE.encode(), name="x"), "csv", limit=2)
    assert (found.records, found.complete) == (2, False)
    assert "--limit" in text(found, "ja")
    assert "--limit" in text(found, "en")


def test_samples_are_the_same_at_every_run_and_from_everywhere() -> None:
    rows = "".join(f"K{number:04d},名\n" for number in range(1000))
    first, second = of(f"id,n\n{rows}"), of(f"id,n\n{rows}")
    assert first.columns[0].samples == second.columns[0].samples
    assert len(first.columns[0].samples) == 5
    assert first.columns[0].samples[:2] == ("K0000", "K0001")
    assert max(first.columns[0].samples) > "K0100"


# ── Headings and candidates ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("資料番号", "id"),
        ("資料ＩＤ", "id"),
        ("FA番号", "id"),
        ("Object Number", "id"),
        ("作品名", "title"),
        ("タイトルカナ", "title_yomi"),
        ("作品名（よみ）", "title_yomi"),
        ("title_en", "title_en"),
        ("著者ヨミ", "creator_yomi"),
        ("Artist", "creator"),
        ("制作年", "date"),
        ("所蔵", "holder"),
        ("権利区分", "rights"),
        ("License", "rights"),
        ("緯度", "latitude"),
        ("サムネイルURL", "thumbnail_url"),
        ("データ更新日", "updated"),
        ("解説（英語）", "description_en"),
    ],
)
def test_headings_in_both_languages(heading: str, role: str) -> None:
    found = role_of(heading)
    assert found is not None
    assert found.name == role


@pytest.mark.parametrize("heading", ["員数", "材質・技法", "", "x" * 1000])
def test_headings_without_a_role(heading: str) -> None:
    assert role_of(heading) is None


def test_the_words_of_headings_name_one_role_each() -> None:
    raw = tomllib.loads((resources.mappings() / "headings" / "roles.toml").read_text("utf-8"))
    words = [word for role in raw["roles"].values() for word in role.get("is", ())]
    assert len(words) == len(set(words))


def test_the_id_is_told_by_heading_and_values() -> None:
    found = of(
        "通番,資料番号,作品名\n1,A1,皿\n2,A1,鉢\n3,A3,絵\n" + "".join(f"{n},A{n},品{n}\n" for n in range(4, 200))
    )
    assert found.ids[0].path == "資料番号"
    assert "nearly-unique" in found.ids[0].reasons
    assert found.titles[0].path == "作品名"


# ── Where headers stand ──────────────────────────────────────────────────────────────────────────

BODY = "番号,名称,作者,所蔵\nK1,皿,架空太郎,架空館\nK2,鉢,架空花子,架空館\n"


@pytest.mark.parametrize(
    ("content", "block"),
    [
        (BODY, {}),
        ("\n\n" + BODY, {}),
        ("収蔵品一覧　令和5年度\n" + BODY, {"header_row": "2"}),
        ("収蔵品一覧　令和5年度,,,\n,,,\n※公開用,,,2026-03-31\n" + BODY, {"header_row": "4"}),
        ("台帳,,架空館,\n" + BODY, {"header_row": "2"}),
        ("番号,名称\n1,皿\n", {}),
        ("台帳,\n番号,名称\n1,皿\n", {"header_row": "2"}),
        ("番号,名称,備考\n1,皿,a,b\n2,鉢,a,b\n3,絵,a,b\n", {}),  # rows with a cell too many are no headers
        ("番号,,,,,\n1,皿,赤,青,緑,黒\n", {}),
        ("番号,名称,,備考\nK1,皿,赤,\nK2,鉢,,x\n", {}),  # a column without a header
        ("1,2,3\n4,5,6\n", {}),
        ("架空館\n1,2,3\n4,5,6\n", {}),
        ("一,二,三\n四,五,六\n", {}),
        ("番号,名称,寸法,\n,,高さ,幅\nK1,皿,1,2\n", {"header_rows": "2", "header_row": "1"}),
        ("台帳,,,\n番号,名称,寸法,\n,,高さ,幅\nK1,皿,1,2\n", {"header_rows": "2", "header_row": "2"}),
        (
            "台帳,,,,,\n,,本体,,箱,\n番号,名称,高さ,幅,高さ,幅\nK1,皿,1,2,3,4\n",
            {"header_rows": "2", "header_row": "2"},
        ),
        ("台帳,,,,,\n番号,名称,高さ,幅,高さ,幅\nK1,皿,1,2,3,4\n", {"header_row": "2"}),
        ("題,\n" * 30 + BODY, {}),  # too far down
    ],
)
def test_headers_below_a_title_are_proposed(content: str, block: dict[str, str]) -> None:
    found = of(content)
    assert found.source_block == {"format": "csv"} | block
    if block:
        assert not found.broken
        assert found.columns[0].path in ("番号", "題")


def test_headers_are_not_looked_for_where_they_are_stated() -> None:
    content = "収蔵品一覧,,,\n" + BODY
    assert of(content, header_row="1").source_block == {"format": "csv", "header_row": "1"}
    assert of(content, header_row="1").columns[0].path == "収蔵品一覧"


def test_what_stands_above_the_headers_is_shown() -> None:
    found = of("収蔵品一覧,,,\n" + BODY)
    assert found.above == ("収蔵品一覧",)
    for lang in ("ja", "en"):
        assert "収蔵品一覧" in text(found, lang)
    assert not list(Draft202012Validator(SCHEMA).iter_errors(document([found])))
    assert "見出しは 1 行目から 2 行目まで" in text(of("番号,寸法,\n,高さ,幅\n1,2,3\n"), "ja").replace("\n    ", "")


PRODUCT = "<Product><RecordReference>{}</RecordReference></Product>"
SHORT = "<x:product xmlns:x='u'><x:a001>1</x:a001></x:product>"
OAI = "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords>{}</ListRecords></OAI-PMH>"
SRU = "<s:searchRetrieveResponse xmlns:s='u'><s:recordData>{}</s:recordData></s:searchRetrieveResponse>"


@pytest.mark.parametrize(
    ("content", "format_name"),
    [
        (OAI.format(f"<record><metadata><ONIXMessage>{PRODUCT}</ONIXMessage></metadata></record>"), "onix"),
        (OAI.format(f"<record><metadata>{SHORT}</metadata></record>"), "onix"),
        (OAI.format("<record><metadata><dc><title>皿</title></dc></metadata></record>"), "xml"),
        (SRU.format(PRODUCT), "onix"),
        ("<shop><product><name>皿</name></product></shop>", "xml"),
    ],
)
def test_onix_in_any_envelope(write: Write, content: str, format_name: str) -> None:
    found = profile(Source.of(write("a.xml", content)))
    assert (found.format, found.records, found.broken) == (format_name, 1, 0)


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────

SCHEMA = json.loads((ROOT / "schemas" / "report" / "inspect.schema.json").read_text("utf-8"))
NASTY = {
    "empty": b"",
    "blank": b"\n\n",
    "head": b"id,title\n",
    "xss": b'id,<script>alert(1)</script>\n1,"<img src=x onerror=alert(1)>"\n',
    "control": 'id,"a\nb"\n1,\x1b[31m\n2,\u202e\n'.encode(),
    "nul": b"id,t\n1,a\0b\n2,\0\n",
    "cp932": TABLE.encode("cp932"),
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", NASTY)
def test_every_form_of_every_source(name: str) -> None:
    found = of(NASTY[name])
    Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(json.dumps(document([found]), ensure_ascii=False).encode())
    errors = [f"{list(error.path)}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(data)]
    assert not errors
    for lang in ("ja", "en"):
        shown = text(found, lang)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\ud800-\udfff]", shown)
        html = page([found], lang)
        assert "<script" not in html
        assert "<img" not in html
        assert "http" not in html.replace('http-equiv="Content-Security-Policy"', "")


def test_the_examples_are_valid_and_fit_the_screen() -> None:
    for name in ("museum.csv", "museum.jsonl"):
        found = profile(Source.of(ROOT / "examples" / name, name=name))
        assert not list(Draft202012Validator(SCHEMA).iter_errors(document([found])))
        lines = text(found, "ja").splitlines()
        assert max(map(width, lines)) <= 104  # a closing mark may stand beyond the edge


@given(st.binary(max_size=400))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    try:
        found = of(data)
    except SourceFault:  # it begins as a compressed file does, and is none
        return
    text(found, "ja")
    assert not list(Draft202012Validator(SCHEMA).iter_errors(document([found])))
