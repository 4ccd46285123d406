"""Every form of a date that is understood: EDTF, first and last day, and what else it says."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.transforms import dates
from convert.transforms._dates.read import LONGEST, read
from convert.transforms.dates import date_end, date_flags, date_start, date_text, edtf, w3cdtf

TABLE = Path(__file__).parents[2].parent / "shared/data/japanese-text/dates.tsv"

OTHER_FLAGS = {
    "永仁元年十月三日": "its month and day are dropped like those of 元禄15年12月14日, which says so",
    "明治~大正時代": "both ends are eras with bounds by law, like 明治時代 alone, which the table calls no period",
    "19～20世紀": "the sign is full width as in 1999～2003, which says so",
}
"""Rows of the table whose flags are not ours, and why. Their dates are the same."""

POLICY = frozenset(("period", "century", "century-part", "season", "fiscal-year"))

FORMS: dict[str, tuple[str | None, str]] = {
    # Western points
    "2001.5": ("2001-05", ""),
    "2001-05-06": ("2001-05-06", ""),
    "２００１年５月": ("2001-05", "width"),
    "二〇〇一年五月": ("2001-05", "kanji-digits"),
    "20010506": ("2001-05-06", "compact"),
    "May 6, 2001": ("2001-05-06", ""),
    "6 May 2001": ("2001-05-06", ""),
    "西暦645年": ("0645", ""),
    "西暦645年6月12日": ("0645-06-12", ""),
    "AD 645": ("0645", ""),
    "前21年": ("-0020", "bce"),
    "300 BC": ("-0299", "bce"),
    "2101": ("2101", "warn:future"),
    "2001. 5. 6": ("2001-05-06", ""),
    "2001.12. 6": ("2001-12-06", ""),
    "2001.--.--": ("2001", ""),
    "2001. 5.--": ("2001-05", ""),
    "2001-05-XX": ("2001-05", ""),
    "2001.": ("2001", ""),
    "2001.5.6.": ("2001-05-06", ""),
    "2001年5月。": ("2001-05", ""),
    "2001-.": (None, "error:not-a-date"),
    "20010506T102030+0900": ("2001-05-06", "compact"),
    # Eras
    "昭和26. 5. 6": ("1951-05-06", ""),
    "昭和26年": ("1951", ""),
    "昭和26": ("1951", ""),
    "昭二六.五": ("1951-05", "kanji-digits era-abbrev"),
    "R1.5.6": ("2019-05-06", "era-abbrev"),
    "㍻元年": ("1989-01-08/1989-12-31", "era-abbrev era-boundary"),
    "Heisei 13": ("2001", "romanised-era"),
    "大正15年12月25日": ("1926-12-25", "era-boundary accept"),
    "応仁2年": ("1468", "lunisolar"),
    "寶曆3年閏5月": ("1753", "old-form lunisolar dropped-month-day"),
    "天平感宝元年": ("0749", "lunisolar"),
    "文政10年丁亥": ("1827", "agree lunisolar"),
    "昭和辛卯": ("1951", "sexagenary"),
    "嘉慶10年": ("1805", "chinese-era lunisolar"),
    "光緒30年1月": ("1904", "chinese-era lunisolar dropped-month-day"),
    "皇紀2611年5月": ("1951-05", "kigen"),
    "中華民国40年": ("1951", "roc"),
    "昭和26(1951)年5月": ("1951-05", "agree"),
    "1951年（昭和26年）": ("1951", "width agree"),
    "昭和20年8月15日（水）": ("1945-08-15", "width"),
    "1945(昭和20)年8月15日": ("1945-08-15", "agree"),
    # What is said about a date
    "[2001]": ("2001", "supplied"),
    "〔昭和26〕": ("1951", "supplied"),
    "200[1]": ("2001", "supplied"),
    "[2001": ("2001", "warn:unbalanced-bracket"),
    "約2001年": ("2001~", "approximate"),
    "c. 2001": ("2001~", "approximate"),
    "2001年ごろ": ("2001~", "approximate"),
    "昭和元年頃": ("1926~", "approximate"),
    "2001?": ("2001?", "uncertain"),
    "[2001頃か]": ("2001%", "supplied approximate uncertain"),
    "cop. 2001": ("2001", "kind=copyright"),
    "2001年刊": ("2001", "kind=publication"),
    "昭和26年5月作": ("1951-05", "kind=creation"),
    "天保5年写": ("1834", "lunisolar kind=copying"),
    "2001年銘": ("2001", "basis=inscription"),
    "2001, p2000": ("2001", "also=phonogram:2000"),
    "200-": ("200X", ""),
    "20XX": ("20XX", ""),
    "198u": ("198X", ""),
    # Choices
    "2001年または2002年": ("[2001,2002]", "one-of"),
    "2001から2005の間": ("[2001..2005]", "one-of"),
    "昭和26年以前": ("[..1951]", "open-start"),
    "2001以降": ("[2001..]", "open-end"),
    "[2001,2005]": ("[2001,2005]", "one-of"),
    # Spans
    "2001-2005": ("2001/2005", ""),
    "2001–2005": ("2001/2005", ""),
    "2001年から2005年まで": ("2001/2005", ""),
    "2001/2005": ("2001/2005", ""),
    "2001-05": ("2001-05", ""),
    "2001.5-7": ("2001-05/2001-07", "abbreviated-end"),
    "2001年5月6日〜8日": ("2001-05-06/2001-05-08", "abbreviated-end"),
    "2001年5月30日〜6月2日": ("2001-05-30/2001-06-02", "abbreviated-end"),
    "2001-5-2003-6": ("2001-05/2003-06", ""),
    "昭和26年5月〜28年6月": ("1951-05/1953-06", ""),
    "大正15年〜昭和3年": ("1926/1928", ""),
    "昭和元年〜昭和20年": ("1926-12-25/1945", ""),
    "約2001〜2005年頃": ("2001~/2005~", "approximate"),
    "昭和5-8年": ("1930/1933", ""),
    "天保5〜8": ("1834/1837", "lunisolar"),
    "2001?-2005?": ("2001?/2005?", "uncertain"),
    "[2001]-[2005]": ("2001/2005", "supplied"),
    "2001〜": ("2001/..", "open-end"),
    "〜2001": ("../2001", "open-start"),
    "[19--]-2001": ("19XX/2001", "supplied"),
    "1336~/1573~": ("1336~/1573~", ""),
    "2010年代": ("201X", ""),
    "1980s": ("198X", ""),
    "1980年代後半": ("1985/1989", "decade-part"),
    "1980〜90年代": ("1980/1999", ""),
    "昭和50年代": ("1975/1984", ""),
    "昭和50〜60年代": ("1975/1989", ""),
    "元禄年間": ("1688/1704", "lunisolar era-span"),
    "昭和期": ("1926/1989", ""),
    "2001年5月中旬": ("2001-05-11/2001-05-20", "third-of-month"),
    "2001年2月下旬": ("2001-02-21/2001-02-28", "third-of-month"),
    # Conventions
    "18世紀": ("17XX", "century"),
    "十八世紀後半": ("1750/1799", "kanji-digits century-part"),
    "前3世紀": ("-0299/-0200", "century bce"),
    "18世紀後半〜19世紀前半": ("1750/1849", "century-part"),
    "鎌倉時代": ("1185~/1333~", "period"),
    "江戸〜明治時代": ("1603~/1912", "period"),
    "昭和26年度": ("1951-04-01/1952-03-31", "fiscal-year"),
    "2001年秋": ("2001-23", "season"),
    "Spring 2001": ("2001-21", "season"),
    "1999-21": ("1999-21", "season"),
    # No date
    "撮影年不明": (None, "unknown"),
    "明治末期": (None, "period-part unresolved"),
    "昭和初期": (None, "period-part unresolved"),
    "縄文時代晩期": (None, "period-part unresolved"),
    "18世紀末": (None, "century-part unresolved"),
    "1980年代初頭": (None, "decade-part unresolved"),
    "2001年春頃": (None, "season unresolved"),
    "昭和64年1月8日": (None, "error:era-out-of-range"),
    "昭和65年": (None, "error:era-out-of-range"),
    "平成31年5月": (None, "error:era-out-of-range"),
    "昭和26年(1950)": (None, "error:era-western-mismatch"),
    "文政11年丁亥": (None, "error:sexagenary-mismatch"),
    "大正0年": (None, "error:era-year-zero"),
    "嘉慶2年": (None, "error:ambiguous-era"),
    "昭和丙寅": (None, "error:ambiguous-sexagenary"),
    "紀元645年": (None, "error:ambiguous-era"),
    "2001.13": (None, "error:month"),
    "2001.0": (None, "error:month"),
    "2001.4.31": (None, "error:day"),
    "20010229": (None, "error:day"),
    "明治5年13月": (None, "error:month"),
    "昭和3年閏2月": (None, "error:month"),
    "99.4": (None, "error:two-digit-year"),
    "1999–02": (None, "error:ambiguous"),
    "1995-93": (None, "error:month"),
    "1910-22": (None, "error:ambiguous"),
    "2001~": (None, "error:ambiguous"),
    "1900年代": (None, "error:ambiguous-decade"),
    "昭和5-8": (None, "error:ambiguous"),
    "1945年8月15日(木)": (None, "error:weekday"),
    "36255": (None, "error:looks-like-spreadsheet-serial"),
    "2005-2001": (None, "error:order"),
    "昭和100年": (None, "error:not-a-date"),
    "l999": (None, "error:not-a-date"),
    "江戸": (None, "error:not-a-date"),
    "昭和": (None, "error:not-a-date"),
    "c1999年": ("1999", "kind=copyright"),
    "1999, 2000": (None, "error:not-a-date"),
    "明治~大正時代・19,~20世紀": (None, "error:not-a-date"),
    "": (None, "error:not-a-date"),
}
"""Our own selection: text → EDTF and flags. The shared table is not on every machine."""

SPAN_OF: dict[str, tuple[str | None, str | None]] = {
    "2001": ("2001-01-01", "2001-12-31"),
    "2000.2": ("2000-02-01", "2000-02-29"),
    "200-": ("2000-01-01", "2009-12-31"),
    "[20--?]": ("2000-01-01", "2099-12-31"),
    "約2001年": ("2001-01-01", "2001-12-31"),
    "昭和64年": ("1989-01-01", "1989-01-07"),
    "2001-": ("2001-01-01", None),
    "[..2001]": (None, "2001-12-31"),
    "前300年": ("-0299-01-01", "-0299-12-31"),
    "2001年冬": ("2001-01-01", "2001-12-31"),
    "2001年春": ("2001-03-01", "2001-05-31"),
    "18世紀": ("1700-01-01", "1799-12-31"),
    "明治5年11月9日": ("1872-01-01", "1872-12-31"),
}


def full(value: str) -> str | None:
    return edtf(value, level="2", inferred=True)


@pytest.mark.parametrize("value", FORMS)
def test_forms(value: str) -> None:
    assert (full(value), " ".join(read(value).flags)) == FORMS[value]


@pytest.mark.parametrize("value", SPAN_OF)
def test_first_and_last_day(value: str) -> None:
    assert (date_start(value, inferred=True), date_end(value, inferred=True)) == SPAN_OF[value]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    if not TABLE.exists():
        pytest.skip("the shared table dates.tsv is not beside the repository")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _flags(cell: str) -> set[str]:
    return {flag.strip() for flag in cell.split(";") if flag.strip()}


def test_every_row_of_the_table(rows: list[dict[str, str]]) -> None:
    assert len(rows) == 159
    wrong = []
    for row in rows:
        value = row["input"]
        found = full(value), date_start(value, inferred=True), date_end(value, inferred=True)
        wanted = tuple(row[name] or None for name in ("edtf", "start", "end"))
        if found != wanted:
            wrong.append((value, found, wanted))
    assert not wrong


def test_flags_of_the_table(rows: list[dict[str, str]]) -> None:
    other = {row["input"] for row in rows if set(read(row["input"]).flags) != _flags(row["flags"])}
    assert other == set(OTHER_FLAGS)
    assert len(other) == 3


def test_conventions_have_an_answer_only_when_asked_for(rows: list[dict[str, str]]) -> None:
    for row in rows:
        convention = not POLICY.isdisjoint(_flags(row["flags"])) and row["input"] not in OTHER_FLAGS
        if row["edtf"] and convention:
            assert edtf(row["input"], level="2") is None, row["input"]
        elif row["input"] not in OTHER_FLAGS:
            assert edtf(row["input"], level="2") == (row["edtf"] or None), row["input"]


@pytest.mark.parametrize(
    "value", ["19世紀", "19世紀前半", "江戸時代", "江戸〜明治時代", "1999年春", "1999-21", "1999年度", "十八〜十九世紀"]
)
def test_conventions_are_not_answered_silently(value: str) -> None:
    assert edtf(value, level="2") is None
    assert date_start(value) is None
    assert date_end(value) is None
    assert w3cdtf(value, accept="marked") is None
    assert full(value)


@pytest.mark.parametrize("value", ["[1923または1924]", "1923以前", "[19--]-1978"])
def test_level_1_has_no_sets(value: str) -> None:
    assert edtf(value) is None
    assert edtf(value, level="2")


def test_ambiguous_texts() -> None:
    assert edtf("1923~") is None
    assert edtf("1923~", ambiguous="edtf") == "1923~"
    assert edtf("1923~", ambiguous="span") == "1923/.."
    assert edtf("1910-22", ambiguous="edtf", inferred=True) == "1910-22"
    assert edtf("1910-22", ambiguous="span") == "1910/1922"
    assert edtf("-0299") == "../0299"
    assert edtf("-0299", ambiguous="edtf") == "-0299"
    assert edtf("1923%", ambiguous="edtf") == "1923%"


def test_w3cdtf_with_marks() -> None:
    marked = ["[1923]", "1923年頃", "1923?", "c1923", "1923印刷", "1923, c1922", "1923]", "[大正12]", "大正12年頃作"]
    assert {w3cdtf(value, accept="marked") for value in marked} == {"1923"}
    assert {w3cdtf(value) for value in marked} == {None}
    never = ["192-", "1923-1925", "1923以前", "1920年代", "前300年", "19世紀", "1923年春", "不明", "1923年4月上旬"]
    assert {w3cdtf(value, accept="marked") for value in never} == {None}


def test_parts_of_a_day() -> None:
    assert [date_start("1999.4", part=part) for part in ("day", "month", "year")] == ["1999-04-01", "1999-04", "1999"]
    assert [date_end("1999", part=part) for part in ("day", "month", "year")] == ["1999-12-31", "1999-12", "1999"]


def test_flags() -> None:
    assert date_flags("1999") == ["plain"]
    assert date_flags("[1923か]") == ["supplied", "uncertain"]
    assert date_flags("1999.4.31") == ["error:day"]


@pytest.mark.parametrize(
    ("value", "western", "era"),
    [
        ("1999", "1999年", "平成11年"),
        ("1999-04", "1999年4月", "平成11年4月"),
        ("1999-04-05", "1999年4月5日", "平成11年4月5日"),
        ("2019-05-01", "2019年5月1日", "令和元年5月1日"),
        ("2019", "2019年", "平成31・令和元年"),
        ("1926-12-25", "1926年12月25日", "昭和元年12月25日"),
        ("昭和元年", "1926年", "昭和元年"),
        ("1834", "1834年", "天保5年"),
        ("1868", "1868年", "慶応4・明治元年"),
        ("1834-05", "1834年5月", None),
        ("0601", "西暦601年", None),
        ("1923?", "1923年か", "大正12年か"),
        ("1923%", "1923年頃か", "大正12年頃か"),
        ("18XX", "19世紀", "19世紀"),
        ("192X~", "1920年代頃", "1920年代頃"),
        ("190X", None, None),
        ("1999/2003", "1999年〜2003年", "平成11年〜平成15年"),
        ("../1999", "〜1999年", "〜平成11年"),
        ("[1923,1924]", "1923年または1924年", "大正12年または大正13年"),
        ("[1906..1911]", "1906年から1911年の間", "明治39年から明治44年の間"),
        ("[..1923]", "1923年以前", "大正12年以前"),
        ("[1923..]", "1923年以後", "大正12年以後"),
        ("1999-21", "1999年春", "平成11年春"),
        ("-0299", "紀元前300年", None),
        ("不明", None, None),
    ],
)
def test_text_for_readers(value: str, western: str | None, era: str | None) -> None:
    assert date_text(value) == western
    assert date_text(value, years="era") == era


# ── Properties ───────────────────────────────────────────────────────────────────────────────────

WORDS = (
    "1999 2003 4 31 05 192 19 十九 二〇〇〇 元 〇 年 月 日 . - / 〜 ～ ~ – [ ] ( ) ? か 頃 約 c ca. © 昭和 大正 天保 S "
    "㍼ 明治 嘉慶 江戸 世紀 年代 時代 年度 春 冬 上旬 前半 末 または から 間 以前 まで 印刷 序 : , X u 紀元前 甲子 "
    "閏 T Apr. \u3000 % .."
)
PIECES = st.lists(st.sampled_from(WORDS.split(" ")), max_size=9).map("".join)
ODD = st.text(st.characters(categories=["Cs", "Nd", "No"]))
POINT_FORMS = (
    "{y} {y}年 {y}.{m} {y}-{m:02} {y}年{m}月 {y}.{m}.{d} {y}-{m:02}-{d:02} 昭和{e}年 昭和{e}年{m}月{d}日 明治{e} "
    "大正{e}年{m}月 天保{e}年 S{e}.{m}.{d} {s}- {c}-- {s}0年代 {c}世紀 {c}世紀後半 昭和{e}年代 {y}年春 "
    "{y}年度 江戸時代 明治 前{y}年 "
    "前{c}世紀 {m} {m}月 {d}日 {e}年 {y}年{m}月上旬 .."
)
POINTS = st.builds(
    lambda form, year, month, day: form.format(
        y=year, m=month, d=day, e=max(1, year % 64), s=year // 10, c=year // 100
    ),
    st.sampled_from(POINT_FORMS.split()),
    st.integers(1, 2150),
    st.integers(0, 13),
    st.integers(0, 32),
)
MARKED = st.builds(
    lambda before, text, after: f"{before}{text}{after}",
    st.sampled_from(["", "", "", "", "[", "約", "c", "〜", "-"]),
    POINTS,
    st.sampled_from(
        ["", "", "", "", "", "]", "頃", "か", "?", "~", "印刷", "以前", "〜", "-", " [1923]", "(昭和5)", ", c1999"]
    ),
)
SPANS = st.builds(
    lambda first, sign, second: f"{first}{sign}{second}",
    MARKED,
    st.sampled_from(["-", "〜", "~", "/", "–", "から", "または", ",", ".."]),
    MARKED,
)
ANY_TEXT = st.one_of(PIECES, MARKED, SPANS, SPANS.map("[{}]".format), st.text(st.characters(), max_size=100), ODD)


@given(ANY_TEXT)
def test_no_text_raises_and_answers_are_well_formed(value: str) -> None:
    answer = edtf(value, level="2", inferred=True)
    assert (answer is None) is (read(value).kind == "none")
    start, end = date_start(value, inferred=True), date_end(value, inferred=True)
    for day in (start, end):
        assert day is None or re.fullmatch(r"-?[0-9]{4}-[0-9]{2}-[0-9]{2}", day)
    if start and end and start[0] != "-" and end[0] != "-":
        assert start <= end
        for day in (start, end):
            assert day.startswith("0000") or date.fromisoformat(day)
    assert date_flags(value)
    date_text(value)
    if w3cdtf(value) is not None:
        assert w3cdtf(value, accept="marked") == w3cdtf(value)
        assert w3cdtf(str(w3cdtf(value))) == w3cdtf(value)


@given(ANY_TEXT)
def test_edtf_stays_edtf(value: str) -> None:
    answer = edtf(value, level="2", inferred=True)
    if answer is not None and "0000" not in answer:  # a year 0 is taken for a slip of the pen
        assert edtf(answer, level="2", inferred=True, ambiguous="edtf") == answer
        assert date_start(answer, inferred=True, ambiguous="edtf") == date_start(value, inferred=True)
        assert date_end(answer, inferred=True, ambiguous="edtf") == date_end(value, inferred=True)


@given(ANY_TEXT)
def test_what_is_shown_means_the_same(value: str) -> None:
    answer = edtf(value, level="2", inferred=True)
    shown = date_text(answer, ambiguous="edtf") if answer else None
    if answer is not None and shown is not None:
        assert edtf(shown, level="2", inferred=True) == answer


@given(st.dates(min_value=date(1873, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_has_an_era_text_that_is_read_again(day: date) -> None:
    shown = date_text(day.isoformat(), years="era")
    assert shown is not None
    assert w3cdtf(shown) == day.isoformat()


@pytest.mark.parametrize("piece", ["[", "1999-", "昭和", "〜", "頃", "約", "1999または", "か", "(", "一", "c", ","])
def test_long_texts_are_answered_at_once(piece: str) -> None:
    assert read(piece * 100_000).kind == "none"
    for length in (LONGEST // len(piece) - 1, LONGEST // len(piece)):
        read(piece * length)


def test_edtf_parses_elsewhere() -> None:
    """A referee: the package edtf, where it is installed."""
    parser: Any = pytest.importorskip("edtf")
    for answer, _ in FORMS.values():
        if answer is not None:
            assert str(parser.parse_edtf(answer)).replace(", ", ",") == answer


# ── The page ─────────────────────────────────────────────────────────────────────────────────────

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)


def examples(page: str) -> list[tuple[str, ...]]:
    found = ROW.findall((DOCS / page).read_text(encoding="utf-8"))
    return [tuple(cells) for cells in found if "`w3cdtf`" not in cells]


def cell(answer: str | None) -> str:
    return f"`{answer}`" if answer else "―"


def test_the_examples_of_the_page() -> None:
    rows = examples("dates.md")
    assert len(rows) > 60
    for value, *cells in rows:
        days = date_start(value, inferred=True), date_end(value, inferred=True)
        found = w3cdtf(value, accept="marked"), full(value), *days
        assert [*map(cell, found), ", ".join(date_flags(value))] == cells, value


def test_both_pages_have_the_same_examples() -> None:
    assert examples("dates.md") == examples("dates.en.md")


@given(
    st.sampled_from(["1999", "0001", "昭和", "平成", "令和", "大正", "明治", "S", "H", "R", "T", "M"]),
    st.integers(0, 70),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(["年月日", "///", "---", "...", "-/-"]),
)
def test_the_quick_way_of_usual_days_gives_what_the_parser_gives(
    name: str, number: int, month: int, day: int, marks: str
) -> None:
    year = name if name.isdigit() else f"{name}{number}"
    end = "日" if marks == "年月日" else ""
    text = f"{year}{marks[0]}{month}{marks[1]}{day}{end}"
    with pytest.MonkeyPatch.context() as patch:
        quick = dates.w3cdtf(text)
        patch.setattr(dates, "_USUAL", re.compile("(?!)"))
        assert dates.w3cdtf(text) == quick
