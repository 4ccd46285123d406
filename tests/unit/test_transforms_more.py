"""Numbers with units, coordinates, languages, readings, Latin letters, and which characters a set has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.model import Changed
from convert.transforms import characters, languages, numbers, places, readings
from convert.transforms._repertoire import characters as repertoire
from convert.values.language import LANGUAGES

WORDS = (
    "12 3.5 , ． 〇 二 十 百 万 億 約 cm ｍｍ kg 頁 枚 〜 - × 前後 北緯 東経 度 分 秒 ° ' \" N E S W + 35 138 ア ッ "
    "ー ン ャ ゛ ハ 々 日本語 jpn \ud800 ٣ 〓 ◆ \ue000 \U000e0100"
)
ANY = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS.split()), max_size=8).map("".join))

# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "arguments", "wanted"),
    [
        ("12.50", {}, "12.50"),
        ("二百三十四", {}, "234"),
        ("三二", {}, "32"),
        ("弐拾", {}, "20"),
        ("一万二千", {}, "12000"),
        ("3万5千", {}, None),
        ("3万", {}, "30000"),
        ("一億二千万三", {}, "120000003"),
        ("１，２００点", {}, "1200"),
        ("三十二枚", {}, "32"),
        ("1セット", {}, "1"),
        ("約30", {}, None),
        ("約30", {"approximate": True}, "30"),
        ("30前後", {"approximate": True}, "30"),
        ("10〜12", {}, None),
        ("10～12枚", {"range": "low"}, "10"),
        ("10～12枚", {"range": "high"}, "12"),
        ("12〜10", {"range": "low"}, None),
        ("10", {"range": "high"}, "10"),
        ("10点〜12枚", {"range": "low"}, None),
        ("30cm", {}, None),
        ("十十", {}, None),
        ("枚", {}, None),
        ("三月", {}, None),
        ("①", {}, None),
    ],
)
def test_number(value: str, arguments: dict[str, Any], wanted: str | None) -> None:
    assert numbers.number(value, **arguments) == wanted


@pytest.mark.parametrize(
    ("value", "to", "arguments", "wanted"),
    [
        ("31.5cm", "cm", {}, "31.5"),
        ("31.50cm", "mm", {}, "315.0"),
        ("３１５㎜", "cm", {}, "31.5"),
        ("1,200mm", "m", {}, "1.200"),
        ("2.5メートル", "cm", {}, "250"),
        ("1.2kg", "g", {}, "1200"),
        ("三百グラム", "kg", {}, "0.300"),
        ("300G", "g", {}, "300"),
        ("234 p.", "頁", {}, "234"),
        ("二百三十四ページ", "頁", {}, "234"),
        ("30", "cm", {}, None),
        ("30", "mm", {"bare": "cm"}, "300"),
        ("30mm", "mm", {"bare": "cm"}, "30"),
        ("30cm", "g", {}, None),
        ("約30cm", "cm", {}, None),
        ("約30cm", "cm", {"approximate": True}, "30"),
        ("10〜12cm", "cm", {}, None),
        ("10〜12cm", "cm", {"range": "high"}, "12"),
        ("10cm〜12cm", "mm", {"range": "low"}, "100"),
        ("10mm〜12cm", "mm", {"range": "low"}, None),
        ("30枚", "頁", {}, None),
        ("30尺", "cm", {}, None),
        ("cm", "cm", {}, None),
    ],
)
def test_measure(value: str, to: Any, arguments: dict[str, Any], wanted: str | None) -> None:
    assert numbers.measure(value, to, **arguments) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("31.5×22.0cm", ["31.5", "22.0"]),
        ("縦31.5 × 横22.0 × 高さ8.5㎝", ["31.5", "22.0", "8.5"]),
        ("H31.5×W22.0cm", ["31.5", "22.0"]),
        ("315mm×22cm", ["31.5", "22"]),
        ("径12.0cm", ["12.0"]),
        ("31.5×22.0", []),
        ("31.5×約22cm", []),
        ("31.5×22.0g", []),
        ("×", []),
    ],
)
def test_sides(value: str, wanted: list[str]) -> None:
    assert numbers.sides(value) == wanted


@given(st.integers(0, 99_999_999))
def test_a_length_comes_back(number: int) -> None:
    metres = numbers.measure(f"{number}mm", "m")
    assert metres is not None
    assert Decimal(str(numbers.measure(f"{metres}m", "mm"))) == number


# ── Coordinates ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("35.3606,138.7274", "35.3606,138.7274"),
        ("35.3606 138.7274", "35.3606,138.7274"),
        ("３５．３６０６，１３８．７２７４", "35.3606,138.7274"),
        ("35.3606、138.7274", "35.3606,138.7274"),
        ("N35.3606 E138.7274", "35.3606,138.7274"),
        ("35.3606N, 138.7274E", "35.3606,138.7274"),
        ("E138.7274, N35.3606", "35.3606,138.7274"),
        ("北緯35度21分38秒東経138度43分39秒", "35.360556,138.7275"),
        ("北緯35度21分38秒 東経138度43分39秒", "35.360556,138.7275"),
        ("東経138度43分39秒・北緯35度21分38秒".replace("・", "、"), "35.360556,138.7275"),
        ("北緯３５度 東経１３８度", "35,138"),
        ("35°21′38″N 138°43′39″E", "35.360556,138.7275"),
        ("35°21'38\" 138°43'39\"", "35.360556,138.7275"),
        ("北緯35.3606度、東経138.7274度", "35.3606,138.7274"),
        ("緯度35.3606 経度138.7274", "35.3606,138.7274"),
        ("lat=35.3606, lng=138.7274", "35.3606,138.7274"),
        ("南緯33.9度 東経151.2度", "-33.9,151.2"),
        ("-33.9, 151.2", "-33.9,151.2"),
        ("48.85,2.35", "48.85,2.35"),
        ("0,0", "0,0"),
        ("138.7274,35.3606", None),
        ("43.06,141.35", "43.06,141.35"),
        ("N35.3606 N138.7274", None),
        ("北緯35度61分 東経138度", None),
        ("北緯95度 東経138度", None),
        ("N35.3606, 138.7274", None),
        ("35.3606", None),
        ("35.3606,138.7274,100", None),
        ("35,3606,138,7274", None),
        ("富士山", None),
        ("", None),
    ],
)
def test_coordinates(value: str, wanted: str | None) -> None:
    assert places.coordinates(value) == wanted


def test_coordinates_with_arguments() -> None:
    assert places.coordinates("138.7274,35.3606", swapped="repair") == "35.3606,138.7274"
    assert places.coordinates("35.3606,138.7274", swapped="repair") == "35.3606,138.7274"
    assert places.coordinates("48.85,2.35", japan=True) is None
    assert places.coordinates("24.05,123.77", japan=True) == "24.05,123.77"
    assert places.degrees("東経138度43分", "lon") == "138.716667"
    assert places.degrees("W0.5", "lon") == "-0.5"
    assert places.degrees("-W0.5", "lon") is None
    assert places.degrees("181", "lon") is None


# ── Languages ────────────────────────────────────────────────────────────────────────────────────


def test_every_code_and_name_means_one_language() -> None:
    assert len(LANGUAGES) == 210
    for item in LANGUAGES:
        words = [item.one, item.bibliographic, item.terminological, *item.japanese, item.english]
        assert {languages.language(word, to="639-2B") for word in words if word} == {item.bibliographic}


@pytest.mark.parametrize(
    ("value", "to", "wanted"),
    [
        ("日本語", "639-1", "ja"),
        ("ＪＡ", "639-2B", "jpn"),
        ("fra", "639-2B", "fre"),
        ("fre", "639-2T", "fra"),
        ("中国語", "639-3", "zho"),
        ("chi", "ja", "中国語"),
        ("French", "ja", "フランス語"),
        ("ギリシャ語", "en", "Greek"),
        ("古典ギリシア語", "639-2B", "grc"),
        ("アイヌ語", "639-1", None),
        ("mul", "639-2B", "mul"),
        ("日本語・英語", "639-2B", None),
        ("xx", "639-2B", None),
        ("ja-Latn", "639-2B", None),
        ("", "639-2B", None),
    ],
)
def test_language(value: str, to: Any, wanted: str | None) -> None:
    assert languages.language(value, to=to) == wanted


# ── Readings ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("つづりかた", "ツズリカタ"),
        ("ﾄｼﾖｶﾝ ｼﾞﾖｳﾎｳ", "トシヨカン ジヨウホウ"),
        ("ヱド", "エド"),
        ("ヲワリ", "オワリ"),
        ("ＮＨＫ　スペシャル", "NHK スペシャル"),
        ("コンピューター・ウイルス", "コンピューター・ウイルス"),
        ("架空 カクウ", None),
        ("", None),
    ],
)
def test_reading(value: str, wanted: str | None) -> None:
    assert readings.reading(value) == wanted


def test_reading_with_particles() -> None:
    assert readings.reading("ワガハイ ハ ネコ デ アル", particles=True) == "ワガハイ ワ ネコ デ アル"
    assert readings.reading("ハナ ヲ ミル", particles=True) == "ハナ オ ミル"
    assert readings.reading("ハハ ヘ", particles=True) == "ハハ エ"


@pytest.mark.parametrize(
    "value",
    [
        "とうきょう",
        "東京",
        "ﾄｳｷｮｳ",
        "ツヅリ",
        "ヂシン",
        "ヲワリ",
        "ア  イ",
        " ア",
        "ア ",
        "ア ーイ",
        "ーア",
        "A",
        "ア\nイ",
        "",
    ],
)
def test_what_is_no_reading(value: str) -> None:
    """It stays all the same, and is reported; only ``refuse`` lets it go."""
    found, refused = readings.check_reading(value), readings.check_reading(value, refuse=True)
    assert isinstance(found, Changed)
    assert isinstance(refused, Changed)
    assert (found.value, found.keep, refused.keep) == (value, True, False)
    assert found.code == ("VAL-READING-NDL" if value in ("ツヅリ", "ヂシン", "ヲワリ") else "VAL-READING")


def test_what_is_a_reading() -> None:
    for value in ("トウキョウ", "NHK スペシャル", "コンピューター・ウイルス", "1984 ネン"):
        assert readings.check_reading(value) == value
    assert readings.check_reading("ツヅリ", ndl=False) == "ツヅリ"


@pytest.mark.parametrize(
    ("value", "ndl", "reasons", "suggestion"),
    [
        ("とう東キョウ", True, ["読みに使わない文字（と U+3068, う U+3046, 東 U+6771）"], None),
        (
            "とうきょう",
            True,
            ["読みに使わない文字（と U+3068, う U+3046, き U+304D, ょ U+3087）", "カタカナがない"],
            "トウキョウ",
        ),
        (
            "ﾄｳｷｮｳ",
            False,
            ["読みに使わない文字（ﾄ U+FF84, ｳ U+FF73, ｷ U+FF77, ｮ U+FF6E）", "カタカナがない"],
            "トウキョウ",
        ),
        (" ツヅリ  ーカタ", False, ["前後に空白がある", "空白が続いている", "語の初めが長音"], None),
        ("ア  ヅ", True, ["空白が続いている", "国会図書館では使わないかな（ヅ）"], "ア ズ"),
        ("ABC", True, ["カタカナがない"], None),
        ("ア\tイ", True, ["読みに使わない文字（U+0009）"], "ア イ"),
    ],
)
def test_what_is_said_about_a_reading(value: str, ndl: bool, reasons: list[str], suggestion: str | None) -> None:
    found = readings.check_reading(value, ndl)
    assert isinstance(found, Changed)
    assert found.slots["reason_ja"] == reasons
    assert len(found.slots["reason"]) == len(reasons)
    assert found.suggestion == suggestion


@pytest.mark.parametrize(
    ("value", "hepburn", "kunrei"),
    [
        ("シチ ツキ フジ", "shichi tsuki fuji", "siti tuki huzi"),
        ("シャ チュ ジョ", "sha chu jo", "sya tyu zyo"),
        ("ヂ ヅ ヲ", "ji zu o", "zi zu o"),
        ("ガッコー", "gakkō", "gakkō"),
        ("マッチャ", "matcha", "mattya"),
        ("コンヤク", "kon'yaku", "kon'yaku"),
        ("コニャク", "konyaku", "konyaku"),
        ("シンブン", "shinbun", "sinbun"),
        ("キョウト", "kyouto", "kyouto"),
        ("しんいち", "shin'ichi", "sin'iti"),
        ("ファックス", "fakkusu", None),
        ("パーティー", "pātī", None),
        ("NHK スペシャル 2", "NHK supesharu 2", "NHK supesyaru 2"),
        ("ナカ・グロ", "naka guro", "naka guro"),
        ("東京", None, None),
        ("ッ", None, None),
        ("ーア", None, None),
        ("アッ", None, None),
        ("ァ", None, None),
        ("", None, None),
    ],
)
def test_romaji(value: str, hepburn: str | None, kunrei: str | None) -> None:
    assert readings.romaji(value) == hepburn
    assert readings.romaji(value, "kunrei") == kunrei


def test_romaji_with_arguments() -> None:
    title = "トショカン ジョウホウガク ガイロン"
    assert readings.romaji(title, vowels="all", capital="first") == "Toshokan jōhōgaku gairon"
    assert readings.romaji(title, "kunrei", "all", "circumflex", capital="words") == "Tosyokan Zyôhôgaku Gairon"
    assert readings.romaji("オオサカ クウコウ", vowels="all", long="none") == "osaka kuko"
    assert readings.romaji("オーサカ", long="double") == "oosaka"
    assert readings.romaji("ワタシ ハ エキ ヘ", particles=True) == "watashi wa eki e"
    assert readings.romaji("トウタガワ", vowels="all") == "tōtagawa"  # wrong for 砥歌川: why it must be asked for


# ── Characters ───────────────────────────────────────────────────────────────────────────────────

SETS = ("jisx0208", "jisx0213", "cp932")


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("亜葛辻邊邉渚神", "jisx0208 jisx0213 cp932"),
        ("髙", "cp932"),
        ("﨑德瀨賴黑﨟﨔", "jisx0213 cp932"),
        ("濵彅鄧蓜", "jisx0213 cp932"),
        ("鷗啞凞", "jisx0213"),
        ("𠮷", ""),
        ("𠀋", "jisx0213"),
        ("①Ⅲ㈱", "jisx0213 cp932"),
        ("㋿⼯", ""),
        ("ōà", "jisx0213"),
        ("\ufa19", "jisx0213 cp932"),
        ("\ufa46", "jisx0213"),
        ("〜", "jisx0208 jisx0213"),
        ("～", "cp932"),
        ("か\u309a", "jisx0213"),
        ("葛\U000e0100", ""),
        ("ｶ", "cp932"),
        ("ASCII", "jisx0208 jisx0213 cp932"),
    ],
)
def test_characters_of_the_sets(text: str, inside: str) -> None:
    for mark in (text,) if len(text) == 2 else text:
        assert [name for name in SETS if characters.check_charset(mark, name) == mark] == inside.split(), mark  # type: ignore[arg-type]


def test_size_of_the_sets() -> None:
    assert len(repertoire("jisx0208")) == 6879
    assert len(repertoire("jisx0213")) == 11233


def test_what_is_outside() -> None:
    assert characters.outside(["髙島𠮷", "𠮷\ud800"], "jisx0208") == ["髙 U+9AD9", "𠮷 U+20BB7", "U+D800"]
    assert characters.outside(["𠮷野"], "bmp") == ["𠮷 U+20BB7"]
    assert characters.outside(["染付"], "jisx0208") == []


def test_gaiji() -> None:
    assert characters.gaiji(["〓田", "\ufffd", "\U000f0000", "◆1◆◆2◆"]) == ["〓", "U+FFFD", "U+F0000", "◆1◆", "◆2◆"]
    lost = ("〓", "\ue000", "\ufffd", "◆a◆")
    found = [characters.check_gaiji(text) for text in lost]
    assert [(item.code, item.value) for item in found if isinstance(item, Changed)] == [
        ("VAL-GAIJI", text) for text in lost
    ]
    assert characters.check_gaiji("◆") == "◆"


def test_what_is_said_about_characters() -> None:
    found = characters.check_charset("髙島～髙", "jisx0208", refuse=True)
    assert found == Changed(
        "髙島～髙", "VAL-CHARSET", {"charset": "JIS X 0208", "characters": ["髙 U+9AD9", "～ U+FF5E"]}, keep=False
    )
    mended = characters.check_charset("3～5", "jisx0208")
    assert isinstance(mended, Changed)
    assert mended.suggestion == "3〜5"
    many = characters.check_charset("".join(map(chr, range(0x20000, 0x21000))), "cp932")
    assert isinstance(many, Changed)
    assert len(many.slots["characters"]) == characters.SHOWN + 1


def test_selectors() -> None:
    good, stray = "葛\U000e0100城", "\U000e0100葛"
    assert [characters.check_selectors(text) for text in (good, "城")] == [good, "城"]
    assert characters.check_selectors("城", allowed=False) == "城"
    assert characters.check_selectors(stray) == Changed(stray, "VAL-SELECTOR-STRAY", {"characters": ["U+E0100"]})
    assert characters.check_selectors(good, allowed=False, refuse=True) == Changed(
        good, "VAL-SELECTOR", {"characters": ["葛 U+E0100"]}, keep=False
    )


# ── Any text ─────────────────────────────────────────────────────────────────────────────────────


@given(ANY)
def test_any_text_is_answered_and_an_answer_stays(value: str) -> None:
    calls = (
        numbers.number,
        places.coordinates,
        languages.language,
        readings.reading,
        readings.check_reading,
        lambda text: characters.check_charset(text, "jisx0213"),
        characters.check_gaiji,
        characters.check_selectors,
    )
    for call in calls:
        answer = call(value)
        if isinstance(answer, Changed):
            assert answer.value == value
            assert not answer.suggestion or call(answer.suggestion) == answer.suggestion
        else:
            assert answer is None or call(answer) == answer
    for answer in (
        numbers.measure(value, "cm", bare="mm", range="low", approximate=True),
        numbers.number(value, "high", approximate=True),
    ):
        assert answer is None or Decimal(answer) >= 0 or value.strip().startswith(("-", "－", "−"))
    numbers.sides(value)
    places.degrees(value, "lat")
    readings.romaji(value, "kunrei", "all", particles=True, capital="words")
    for name in ("jisx0208", "jisx0213", "cp932", "bmp"):
        characters.outside([value], name)  # type: ignore[arg-type]
    characters.gaiji([value])


@pytest.mark.parametrize("piece", ["1", "一", "十", "万", ",", "1 ", "N", "ア", "ッ", "×", "〓", "約", "葛\U000e0100"])
def test_long_texts_are_answered(piece: str) -> None:
    value = piece * 100_000
    assert numbers.measure(value, "cm") is None
    assert places.coordinates(value) is None
    assert languages.language(value) is None
    assert numbers.sides(value, bare="cm") == []
    readings.romaji(value)
    readings.reading(value)
    characters.check_gaiji(value)
