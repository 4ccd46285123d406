"""Text profiles, kana, lists and numbers."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert import registry
from convert.transforms import kana, lists, numbers, text

TABLE = Path(__file__).parents[2].parent / "shared/data/japanese-text/text-normalisation.tsv"
PROFILES = {"safe": text.safe, "code": text.code, "key": text.key, "nfkc": text.nfkc}

MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("ＡＢＣ１２～￠∥　ｶﾊﾞﾟﾞかは\u3099\u309aパ⼯①㎡㍻髙﨑邊ー–\r\n\t\u00a0\u200b\ufeff\u0000\ud800"),
    ),
    max_size=120,
)


def _unescaped(cell: str) -> str:
    return cell.encode("latin-1", "backslashreplace").decode("unicode_escape")


@pytest.mark.skipif(not TABLE.exists(), reason="the shared table text-normalisation.tsv is not beside the repository")
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_profiles_give_every_row_of_the_table(profile: str) -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 74
    wanted = {row["input_escaped"]: _unescaped(row[f"{profile}_escaped"]) for row in rows}
    found = {cell: PROFILES[profile](_unescaped(cell)) or "" for cell in wanted}
    assert found == wanted


@given(MIXED)
def test_nfkc_is_exact(value: str) -> None:
    assert text.nfkc(value) == unicodedata.normalize("NFKC", value)


@given(MIXED)
def test_nfkc_is_exact_for_long_text(value: str) -> None:
    value = value * 5 + "あ" * 81
    assert text.nfkc(value) == unicodedata.normalize("NFKC", value)


@given(MIXED)
def test_safe_twice_is_safe_once(value: str) -> None:
    once = text.safe(value)
    assert text.safe(once) == once


@given(MIXED)
def test_safe_passes_by_only_what_needs_no_repair(value: str) -> None:
    assert text.safe(value) == text._repaired(value)


def test_every_character_that_needs_repair_is_seen() -> None:
    passed = [
        chr(code) for code in range(0x110000) if text.safe(f"あ{chr(code)}い") != text._repaired(f"あ{chr(code)}い")
    ]
    assert passed == []


@given(MIXED)
def test_safe_leaves_nothing_xml_forbids(value: str) -> None:
    assert not any(ord(mark) < 0x20 and mark not in "\t\n" for mark in text.safe(value))


@pytest.mark.parametrize("name", ["﨑", "神社", "髙島", "𠮷野", "葛\U000e0100城", "①", "Ⅲ", "㈱"])
def test_safe_keeps_what_is_written(name: str) -> None:
    assert text.safe(name) == name


def test_squeeze_keeps_line_breaks() -> None:
    assert text.squeeze("甲\t　乙\r\n 丙\u00a0丁") == "甲 乙\r\n 丙 丁"


def test_key_of_signs_is_no_key() -> None:
    assert text.key("・ー…") is None


@pytest.mark.parametrize(("old", "new"), [("髙﨑", "高崎"), ("邉", "邊"), ("辨當", "瓣当"), ("ソメツケ", "そめつけ")])
def test_key_joins_forms(old: str, new: str) -> None:
    assert text.key(old) == text.key(new)


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096)))
def test_hiragana_of_katakana_is_the_start(value: str) -> None:
    assert kana.hiragana(kana.katakana(value)) == value


@given(MIXED)
def test_katakana_leaves_no_hiragana_letters(value: str) -> None:
    assert not any("ぁ" <= mark <= "ゖ" or "｡" <= mark <= "ﾟ" for mark in kana.katakana(value))


def test_kana_composes_marks() -> None:
    assert kana.katakana("ｳﾞｧｲｵﾘﾝ か\u3099 ﾞ") == "ヴァイオリン ガ ゛"
    assert kana.hiragana("コーヒー ヷ") == "こーひー ヷ"


def test_widths() -> None:
    assert kana.halfwidth("Ｎｏ．１　ｻﾗ～") == "No.1 ｻﾗ~"
    assert kana.fullwidth("ｻﾗ No.1") == "サラ No.1"
    assert kana.fullwidth("ｻﾗ No.1", ascii=True) == "サラ　Ｎｏ．１"


def test_lists() -> None:
    assert lists.split("；甲； 乙 ；；", "；") == ["甲", "乙"]
    assert lists.split("甲 乙", "") == ["甲 乙"]
    assert lists.unique(["乙", "甲", "乙"]) == ["乙", "甲"]
    assert lists.first([]) == []


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("12.50", "12.50"),
        ("１２．５０", "12.50"),
        ("-0.5", "-0.5"),
        ("－０．５", "-0.5"),
        ("\u22123", "-3"),
        ("+7", "7"),
        ("007", "7"),
        ("0", "0"),
        ("000", "0"),
        (" 3 ", "3"),
        ("1,200", "1200"),
        ("1，234，567．8", "1234567.8"),
        (".5", "0.5"),
        ("1,20", None),
        ("12,00", None),
        ("0,123", None),
        ("1,2345", None),
        (",123", None),
        ("12cm", None),
        ("約30", None),
        ("1e5", None),
        ("十二", None),
        ("5.", None),
        ("1 200", None),
        ("--1", None),
        ("٣", None),
        ("", None),
    ],
)
def test_decimal(value: str, wanted: str | None) -> None:
    assert numbers.decimal(value) == wanted


def test_the_registry_knows_every_transform() -> None:
    kinds = {name: item.kind for name, item in registry.own_transforms().items()}
    values = (
        "book_size ccode check_charset check_gaiji check_reading check_selectors code coordinates date_end "
        "date_points date_start date_text decimal degrees doi edtf fullwidth halfwidth hiragana html isbn10 isbn13 "
        "isbn_hyphens isil isni issn jan jan_part jpno katakana key language library_id measure ncid ndc nfkc number "
        "orcid plain reading romaji safe squeeze trim url viaf w3cdtf"
    )
    expand = dict.fromkeys(("split", "sides", "date_flags"), "expand")
    lists = dict.fromkeys(("unique", "first", "last", "rest", "labelled", "unlabelled", "outside", "gaiji"), "list")
    assert kinds == dict.fromkeys(values.split(), "value") | expand | lists
    assert all(item.doc for item in registry.own_transforms().values())
    assert [item.required for item in registry.transform_named("split").parameters] == [True]
    assert [item.type for item in registry.transform_named("fullwidth").parameters] == [bool]
