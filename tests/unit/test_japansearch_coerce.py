"""Every type letter with good and bad values (japansearch.md §3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.formats.japansearch import coerce
from convert.formats.japansearch.files import json_line
from convert.model import Changed

date = coerce.date_coercer("epoch_ms", "null")
iso_date = coerce.date_coercer("iso", "null")
start_date = coerce.date_coercer("epoch_ms", "start")


def changed(value: object) -> Changed:
    assert isinstance(value, Changed)
    return value


class TestText:
    def test_only_line_breaks_change(self) -> None:
        assert coerce.text(" 一行目\r\n二行目\r三行目 ") == " 一行目\n二行目\n三行目 "

    def test_html_says_what_it_removed(self) -> None:
        found = changed(coerce.html('<div class="note"><b>染付</b>の皿。\r\n<script>alert(1)</script></div>'))
        assert (found.value, found.code) == ("<div>染付の皿。\n</div>", "JPS-HTML")
        assert {"b", "script"} <= set(found.slots["removed"].split(", "))

    @pytest.mark.parametrize("value", ["絹本着色。", '<p style="color:#333">絹本着色。</p><br />', "a < b"])
    def test_html_that_may_stay(self, value: str) -> None:
        assert coerce.html(value) == value

    def test_url_stays_as_it_is(self) -> None:
        assert coerce.url("https://museum.example.jp/1") == "https://museum.example.jp/1"
        found = changed(coerce.url("museum.example.jp/1"))
        assert (found.value, found.code) == ("museum.example.jp/1", "JPS-URL")
        assert found.slots["problem_ja"] != found.slots["problem"]


class TestBoolean:
    @pytest.mark.parametrize("value", ["true", "TRUE", "1"])
    def test_true(self, value: str) -> None:
        assert coerce.boolean(value) is True

    @pytest.mark.parametrize("value", ["false", "FALSE", "False", "0"])
    def test_plain_false_is_silent(self, value: str) -> None:
        assert coerce.boolean(value) is False

    @pytest.mark.parametrize("value", ["True", "tRUE", "yes", "１", "true ", "○", "有", "はい", "あり", "Y", "on"])
    def test_a_yes_that_becomes_false(self, value: str) -> None:
        assert coerce.boolean(value) == Changed(False, "JPS-BOOLEAN", suggestion="true")

    @pytest.mark.parametrize("value", ["01", "いいえ", "no", "×", "false "])
    def test_any_other_word_is_false_and_said(self, value: str) -> None:
        assert coerce.boolean(value) == Changed(False, "JPS-BOOLEAN")


class TestNumber:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("12.50", 12.5),
            ("-0.5", -0.5),
            ("+3", 3),
            ("007", 7),
            ("1e3", 1000.0),
            ("9007199254740993", 9007199254740993),
        ],
    )
    def test_good(self, text: str, value: float) -> None:
        assert coerce.number(text) == value

    def test_whole_numbers_stay_whole(self) -> None:
        assert type(coerce.number("30")) is int
        assert type(coerce.number("30.0")) is float

    @pytest.mark.parametrize(
        ("text", "suggestion"),
        [
            ("約30", None),
            ("12cm", None),
            ("１２", "12"),
            ("1,200", "1200"),
            ("1,20", None),
            ("NaN", None),
            ("1e999", None),
        ],
    )
    def test_bad_becomes_zero(self, text: str, suggestion: str | None) -> None:
        assert coerce.number(text) == Changed(0, "JPS-NUMBER", suggestion=suggestion)

    @pytest.mark.parametrize("text", ["", " 1", "1.", "0x1F", "１.5", "--1", "1_000", "٣"])
    def test_not_plain_digits(self, text: str) -> None:
        assert changed(coerce.number(text)).value == 0

    @pytest.mark.parametrize("text", ["123456789012345678901234567890", "0.1234567890123456789", "1e-400", "9" * 5000])
    def test_what_a_float_cannot_hold_stays_exact(self, text: str) -> None:
        value = coerce.number(text)
        assert isinstance(value, Decimal)
        assert Decimal(json_line({"n": value}).split(b":")[1].rstrip(b"}\n").decode()) == Decimal(text)

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
    def test_written_digits_are_the_ones_read(self, value: Decimal) -> None:
        written = json_line(coerce.number(f"{value:f}")).strip().decode()
        assert Decimal(written) == value


class TestDate:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1975-04-01", 165510000000),
            ("2001/07/20", 995554800000),
            ("2001/7/20", 995554800000),
            ("2026-03-31T12:00:00+09:00", 1774926000000),
            ("2026-03-31 12:00", 1774926000000),
            ("2026-03-31T03:00:00Z", 1774926000000),
            ("2026-03-31T03:00:00.250+0000", 1774926000250),
            ("1969-12-31T23:59:59.999Z", -1),
        ],
    )
    def test_good(self, text: str, value: int) -> None:
        assert date(text) == value

    @pytest.mark.parametrize(
        "text", ["昭和50年頃", "2026-02-30", "不明", "2026-13", "2026-01/02", "0000", "2026-03-31T25:00"]
    )
    def test_bad_becomes_null(self, text: str) -> None:
        found = changed(date(text))
        assert (found.value, found.code) == (None, "JPS-DATE")

    def test_suggestion_is_a_full_day(self) -> None:
        assert changed(date("昭和50年4月1日")).suggestion == "1975-04-01"
        assert changed(date("昭和50年頃")).suggestion is None

    def test_partial_dates(self) -> None:
        assert date("1975") == Changed(None, "JPS-DATE-PARTIAL", {"start": "1975-01-01"})
        assert start_date("1975-04") == Changed(165510000000, "JPS-DATE-START", {"start": "1975-04-01"})

    def test_iso(self) -> None:
        assert iso_date("1975-04-01") == "1975-04-01T00:00:00+09:00"
        assert iso_date("2026-03-31T03:00:00.25Z") == "2026-03-31T12:00:00.250+09:00"

    def test_a_moment_outside_the_calendar_is_unreadable(self) -> None:
        assert changed(iso_date("9999-12-31T23:00Z")).value is None

    @given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 30)))
    def test_milliseconds_are_exact(self, when: datetime) -> None:
        when = when.replace(microsecond=when.microsecond // 1000 * 1000)
        expected = (when.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        assert date(f"{when.isoformat(timespec='milliseconds')}Z") == expected


class TestCoordinates:
    @pytest.mark.parametrize("text", ["35.3606,138.7274", "35, 139", " -90 , 180 "])
    def test_good(self, text: str) -> None:
        assert coerce.coordinates(text) == text
        assert coerce.point(text) is not None

    @pytest.mark.parametrize(
        ("text", "suggestion"),
        [
            ("138.7274,35.3606", "35.3606,138.7274"),
            ("３５．５，１３９", "35.5,139"),
            ("200,200", None),
            ("北緯35度", None),
            ("35", None),
        ],
    )
    def test_bad_keeps_the_text(self, text: str, suggestion: str | None) -> None:
        assert coerce.coordinates(text) == Changed(text, "JPS-COORDINATES", suggestion=suggestion)
        assert coerce.point(text) is None


@pytest.mark.parametrize(
    "coercer",
    [
        coerce.text,
        coerce.html,
        coerce.url,
        coerce.boolean,
        coerce.number,
        date,
        iso_date,
        start_date,
        coerce.coordinates,
    ],
)
@given(value=st.text())
def test_no_text_raises_and_all_can_be_written(coercer: object, value: str) -> None:
    found = coercer(value)  # type: ignore[operator]
    kept = found.value if isinstance(found, Changed) else found
    assert orjson.loads(json_line({"v": kept})).keys() == {"v"}
