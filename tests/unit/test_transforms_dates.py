"""Dates to W3CDTF."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.transforms.dates import w3cdtf

TABLE = Path(__file__).parents[2].parent / "shared/data/japanese-text/dates.tsv"

ANSWERED = {
    "1999": "1999",
    "1999.4": "1999-04",
    "1999.04.05": "1999-04-05",
    "1999-4": "1999-04",
    "1999/4/5": "1999-04-05",
    "1999年4月5日": "1999-04-05",
    "1999年": "1999",
    "１９９９年４月": "1999-04",
    "１９９９．４": "1999-04",
    "199904": "1999-04",
    "19990405": "1999-04-05",
    "西暦1999年": "1999",
    "1999-04-05T00:00:00+09:00": "1999-04-05",
    "一九九九年四月": "1999-04",
    "二〇〇〇年": "2000",
    "二千年": "2000",
    "大正12年": "1923",
    "大正十二年": "1923",
    "大正12 [1923]": "1923",
    "大12": "1923",
    "T12.9.1": "1923-09-01",
    "昭和元年": "1926",
    "昭和1年": "1926",
    "大正15年": "1926",
    "大正元年": "1912",
    "明治45年": "1912",
    "明治45年7月30日": "1912-07-30",
    "昭和20年8月15日": "1945-08-15",
    "昭和二十年八月十五日": "1945-08-15",
    "昭和廿年": "1945",
    "昭和弐拾年": "1945",
    "S20.8.15": "1945-08-15",
    "昭20.8.15": "1945-08-15",
    "㍼20年": "1945",
    "昭和3年2月29日": "1928-02-29",
    "昭和64年": "1989",
    "平成元年": "1989",
    "平成11年4月": "1999-04",
    "平11.4": "1999-04",
    "H11.4.5": "1999-04-05",
    "平成31年": "2019",
    "令和元年": "2019",
    "令和元年5月1日": "2019-05-01",
    "㋿元年": "2019",
    "令2": "2020",
    "昭和54(1979)年": "1979",
    "3000": "3000",
    "明治5年11月9日": "1872",
    "明治元年": "1868",
    "慶応4年9月8日": "1868",
    "慶応3年": "1867",
    "慶應3": "1867",
    "安政2年 [1855]": "1855",
    "安政元年": "1854",
    "天保5年": "1834",
    "寛政9 [1797]": "1797",
    "元禄15年12月14日": "1702",
    "Apr. 1999": "1999-04",
    "April 5, 1999": "1999-04-05",
    "Shōwa 20": "1945",
    "Taishō 12 [1923]": "1923",
    "永仁元年十月三日": "1293",
    "大化元年": "0645",
    "明治甲午": "1894",
    "大正癸亥": "1923",
    "皇紀2600年": "1940",
    "紀元2600": "1940",
    "民国88年": "1999",
    "康熙55": "1716",
    "乾隆7 [1742]": "1742",
    "檀紀4288": "1955",
}


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("value", ANSWERED)
def test_answers(value: str) -> None:
    assert w3cdtf(value) == ANSWERED[value]


@pytest.mark.skipif(not TABLE.exists(), reason="the shared table dates.tsv is not beside the repository")
def test_answers_of_the_table_are_these_and_agree_with_it() -> None:
    rows = _rows()
    assert len(rows) == 159
    found = {row["input"]: w3cdtf(row["input"]) for row in rows}
    assert {value: answer for value, answer in found.items() if answer} == ANSWERED
    for row in rows:
        answer = found[row["input"]]
        assert answer is None or (row["edtf"].startswith(answer) and "error" not in row["flags"]), row["input"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (" 2026-01-05\n", "2026-01-05"),
        ("1999. 4. 5", "1999-04-05"),
        ("1999/04/05 0:00", "1999-04-05"),
        ("1999/4/5 10:20:30", "1999-04-05"),
        ("1999-04-05T10:20:30.5Z", "1999-04-05"),
        ("西暦1999.4.5", "1999-04-05"),
        ("2000年2月29日", "2000-02-29"),
        ("千九百九十九年十二月三十一日", "1999-12-31"),
        ("一九○○年", "1900"),
        ("0645", "0645"),
        ("昭和 54 年 4 月 5 日", "1979-04-05"),
        ("昭和五四年", "1979"),
        ("S54-4-5", "1979-04-05"),
        ("Ｓ５４．４．５", "1979-04-05"),
        ("㍾三十三年", "1900"),
        ("㍽12年", "1923"),
        ("㍻11年", "1999"),
        ("大正15年12月25日", "1926-12-25"),
        ("昭和元年12月25日", "1926-12-25"),
        ("昭和64年1月", "1989-01"),
        ("昭和64年1月7日", "1989-01-07"),
        ("平成元年1月8日", "1989-01-08"),
        ("平成31年4月30日", "2019-04-30"),
        ("明治6年1月1日", "1873-01-01"),
        ("明治5年12月2日", "1872"),
        ("明治3年閏10月", "1870"),
        ("1979年（昭和54年）4月5日", "1979-04-05"),
        ("昭和54年4月5日（1979年4月5日）", "1979-04-05"),
        ("昭和54年（1979年4月）", "1979-04"),
        ("慶応4年9月8日（1868年10月23日）", "1868"),
    ],
)
def test_more_forms(value: str, wanted: str) -> None:
    assert w3cdtf(value) == wanted


@pytest.mark.parametrize(
    "value",
    """0000|0000-01-01|1900-02-29|2026-02-30|1999-04-05T25:00|1999-04-05T|1999年閏4月|1999年4月5|九十九年|991231|120512
    |大正15年12月26日|昭和元年12月24日|明治45年7月31日|平成元年1月7日|昭和3年閏2月|明治5年13月|明治5年1月31日|S20-8|s20
    |昭和54年（1978年）|1999(1999)|1999(4)|(1999)|（昭和54年）|昭和54年()|昭和54年（昭和54年）|昭和54(1979)(1979)年|(|[]
    |元年|年|四月|昭和|昭和年|西暦|西暦昭和54年|昭和100年|昭和〇年|1999–05|1999—2003|1999年①月|明治十千年|約1999|１９９
    |19990230|1999.4.5..|٢٠٠٠""".replace("\n", "").split("|"),
)
def test_no_answer(value: str) -> None:
    assert w3cdtf(value.strip()) is None


def test_blank_and_endless_text_have_no_answer() -> None:
    assert w3cdtf("") is None
    assert w3cdtf(" 　") is None
    assert w3cdtf("1" * 100_000) is None
    assert w3cdtf("西暦" * 50_000) is None


DATE_LIKE = st.text(
    st.sampled_from("0123456789０１２年月日元./-() []〔〕昭和平成令大正明治慶応閏SHTMR十百千二三〇廿一西暦㍼T:"),
    max_size=18,
)
WRITTEN = st.builds(
    "{}{}年{}月{}日".format,
    st.sampled_from(["明治", "大正", "昭和", "平成", "令和", "S", "天保", ""]),
    st.integers(0, 2100),
    st.integers(0, 13),
    st.integers(0, 32),
)


@given(st.one_of(DATE_LIKE, WRITTEN))
def test_answers_are_valid_calendar_dates(value: str) -> None:
    answer = w3cdtf(value)
    if answer is not None:
        assert len(answer) in (4, 7, 10)
        date.fromisoformat(answer + "-01-01"[len(answer) - 4 :] if len(answer) < 10 else answer)
        assert w3cdtf(answer) == answer


@given(st.dates(min_value=date(1873, 1, 1), max_value=date(2100, 12, 31)))
def test_every_writing_of_a_day_gives_the_day(day: date) -> None:
    writings = ["{0.year}年{0.month}月{0.day}日", "{0.year}/{0.month}/{0.day}", "{0:%Y%m%d}", "{0:%Y-%m-%d}"]
    assert {w3cdtf(writing.format(day)) for writing in writings} == {day.isoformat()}


@given(st.dates(min_value=date(1926, 12, 25), max_value=date(1989, 1, 7)))
def test_every_day_of_an_era(day: date) -> None:
    assert w3cdtf(f"昭和{day.year - 1925}年{day.month}月{day.day}日") == day.isoformat()


@given(st.dates(min_value=date(1989, 1, 8), max_value=date(2019, 4, 30)))
def test_no_day_of_the_next_era(day: date) -> None:
    assert w3cdtf(f"昭和{day.year - 1925}年{day.month}月{day.day}日") is None
