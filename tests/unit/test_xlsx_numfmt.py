"""Numbers and days as their formats show them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import from_excel

from convert.formats.xlsx.numfmt import BUILTIN, compile_format, general
from convert.formats.xlsx.serial import moment

ERA = '[$-411]ggge"年"m"月"d"日"'

SHOWN = [
    # General (標準): 11 characters, no noise of binary fractions, digits of whole numbers kept
    ("General", "0.30000000000000004", "0.3"),
    ("General", "31.5", "31.5"),
    ("General", "-0.5", "-0.5"),
    ("General", "0", "0"),
    ("General", "0.33333333333333331", "0.333333333"),
    ("General", "3.1415926535897931", "3.141592654"),
    ("General", "12345.678901", "12345.6789"),
    ("General", "123456789.123", "123456789.1"),
    ("General", "12345678901.4", "12345678901"),
    ("General", "1.0000000000000001E-5", "0.00001"),
    ("General", "1.23456789E-5", "1.23457E-05"),
    ("General", "9784003101018", "9784003101018"),
    ("General", "1.2345678901234567E+20", "123456789012346000000"),
    ("General", "1.5E+25", "1.5E+25"),
    ('General"点"', "3", "3点"),
    ("G/標準", "3", "3"),
    # digits
    ("0", "1.5", "2"),
    ("0", "2.5", "3"),
    ("0", "-0.4", "0"),
    ("0.00", "2", "2.00"),
    ("0.00", "1.005", "1.01"),
    ("000000", "123", "000123"),
    ("000-0000", "1234567", "123-4567"),
    ("0000-00-00", "20240503", "2024-05-03"),
    ("#", "0", ""),
    ("0.0?", "1.5", "1.5"),
    ("#.##", "0.5", ".5"),
    ("#,##0", "1234567", "1,234,567"),
    ("#,##0", "12", "12"),
    ("#,##0.00", "-1234.5", "-1,234.50"),
    ("0,000", "12", "0,012"),
    ("#,##0,", "1234567", "1,235"),
    ("0.0,,", "1234567", "1.2"),
    ("0%", "0.125", "13%"),
    ("0.0%", "0.125", "12.5%"),
    ('"第"0"号"', "12", "第12号"),
    ("0\\番", "5", "5番"),
    ("[$¥-411]#,##0", "1500", "¥1,500"),
    ("0_ ;[Red]\\-0\\ ", "-5", "-5"),
    ("0_ ;[赤]\\-0\\ ", "5", "5"),
    ("#,##0;△#,##0", "-1200", "△1,200"),
    ('0;-0;"なし"', "0", "なし"),
    ("0;-0;;@", "0", ""),
    ("[>=100]0;0.0", "5", "5.0"),
    ('[=1]"有";[=0]"無";0', "0", "無"),
    ("0.00E+00", "0.00012345", "1.23E-04"),
    ("0.00E+00", "9784000000016", "9.78E+12"),
    ("##0.0E+0", "12345", "12.3E+3"),
    ("# ?/?", "1.5", "1 1/2"),
    ("?/8", "0.25", "2/8"),
    ("@", "12", "12"),
    ("* #,##0", "5", "5"),
    # days
    ("yyyy/m/d", "45415", "2024/5/3"),
    ("yyyy\\-mm\\-dd", "45415", "2024-05-03"),
    ('yyyy"年"m"月"d"日"', "45415", "2024年5月3日"),
    ("m/d/yy", "45415", "5/3/24"),
    ("d-mmm-yy", "45415", "3-May-24"),
    ("mmmm", "45415", "May"),
    ("mmmmm", "45415", "M"),
    ("dddd", "45415", "Friday"),
    ("[$-411]dddd", "45415", "金曜日"),
    ("yyyy/m/d(aaa)", "45415", "2024/5/3(金)"),
    ("[$-F800]yyyy/m/d", "45415", "2024/5/3"),
    ("yyyy/m/d", "59", "1900/2/28"),
    ("yyyy/m/d", "60", "1900/2/29"),
    ("yyyy/m/d", "61", "1900/3/1"),
    ("yyyy/m/d", "1", "1900/1/1"),
    ("yyyy/m/d", "0", "1900/1/0"),
    ("yyyy/m/d", "2958465", "9999/12/31"),
    ("yyyy/m/d", "2958466", None),
    ("yyyy/m/d", "-1", None),
    (ERA, "45415", "令和6年5月3日"),
    (ERA, "43586", "令和1年5月1日"),
    (ERA, "43585", "平成31年4月30日"),
    (ERA, "32516", "平成1年1月8日"),
    (ERA, "32515", "昭和64年1月7日"),
    (ERA, "9856", "昭和1年12月25日"),
    (ERA, "9855", "大正15年12月24日"),
    (ERA, "4595", "大正1年7月30日"),
    (ERA, "4594", "明治45年7月29日"),
    ('[$-ja-JP-x-gannen]ggge"年"m"月"d"日"', "43586", "令和元年5月1日"),
    ("[$-411]ge.m.d", "43585", "H31.4.30"),
    ("[$-411]gge.mm.dd", "43585", "平31.04.30"),
    ("ggee", "45415", "令06"),
    ("e/m/d", "45415", "2024/5/3"),
    # times
    ("h:mm", "0.60416666666666663", "14:30"),
    ("hh:mm:ss", "0.375", "09:00:00"),
    ("h:mm AM/PM", "0.75", "6:00 PM"),
    ("h:mm AM/PM", "0", "12:00 AM"),
    ('h"時"mm"分"', "0.75", "18時00分"),
    ("yyyy/m/d h:mm", "45415.604166666664", "2024/5/3 14:30"),
    ("mm:ss.0", "0.0005", "00:43.2"),
    ("h:mm:ss", "0.99999999", "0:00:00"),
    ("[h]:mm:ss", "1.5", "36:00:00"),
    ("[mm]:ss", "0.0625", "90:00"),
    ("[h]:mm", "-0.5", "-12:00"),
    # not numbers
    ("General", "abc", None),
    ("0", "1E9999", None),
    ("0", "NaN", None),
]


@pytest.mark.parametrize(("code", "number", "text"), SHOWN)
def test_a_number_is_shown(code: str, number: str, text: str | None) -> None:
    assert compile_format(code).show(number) == text


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("yyyy/m/d", "0", "1904/1/1"),
        ("yyyy/m/d", "43953", "2024/5/3"),
        ("yyyy/m/d", "60", "1904/3/1"),
        (ERA, "43953", "令和6年5月3日"),
        ("h:mm", "0.5", "12:00"),
    ],
)
def test_days_of_the_1904_system(code: str, number: str, text: str) -> None:
    assert compile_format(code).show(number, is_1904=True) == text


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ("yyyy/m/d", "45415", "2024-05-03"),
        ("m/d/yy", "45415", "2024-05-03"),
        ("d-mmm-yy", "45415", "2024-05-03"),
        ('yyyy"年"m"月"', "45415", "2024-05"),
        ("mmm-yy", "45415", "2024-05"),
        ('yyyy"年"', "45415", "2024"),
        ("yyyy/m/d h:mm", "45415.604166666664", "2024-05-03 14:30:00"),
        ('m"月"d"日"', "45415", None),
        (ERA, "45415", None),
        ("h:mm", "0.5", None),
        ("[h]:mm", "0.5", None),
        ("0.00", "1", None),
        ("yyyy/m/d", "0.5", None),
    ],
)
def test_western_days_by_iso_8601_as_far_as_they_are_shown(code: str, number: str, text: str | None) -> None:
    assert compile_format(code).iso(number) == text


@pytest.mark.parametrize("code", sorted(BUILTIN.values()))
def test_builtin_formats_show_something(code: str) -> None:
    assert compile_format(code).show("45415.25")


@given(st.integers(1, 2_958_465), st.booleans())
def test_days_agree_with_openpyxl(serial: int, is_1904: bool) -> None:
    found = moment(serial, is_1904=is_1904)
    if found is None:
        assert is_1904
        return
    if found.serial == 60:
        assert (found.month, found.day) == (2, 29)
        return
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

    expected = from_excel(serial, MAC_EPOCH if is_1904 else WINDOWS_EPOCH)
    assert (found.year, found.month, found.day) == (expected.year, expected.month, expected.day)


@given(st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False))
def test_any_format_code_shows_any_number(code: str, number: float) -> None:
    form = compile_format(code)
    for is_1904 in (False, True):
        assert isinstance(form.show(repr(number), is_1904=is_1904), str | None)
        assert isinstance(form.iso(repr(number), is_1904=is_1904), str | None)


@given(
    st.lists(st.sampled_from(["0", "#", "?", ".", ",", "%", "E+0", "/", "-", " ", '"円"', "_ ", "[h]", "m", "s", ";"]))
)
def test_any_format_of_known_pieces_shows_any_number(pieces: list[str]) -> None:
    form = compile_format("".join(pieces))
    for number in ("0", "-1.5", "1234567.891", "9.784E12", "0.000001"):
        assert isinstance(form.show(number), str | None)


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_whole_numbers_keep_their_digits(number: int) -> None:
    assert compile_format("General").show(str(number)) == str(number)
    assert compile_format("0").show(str(number)) == str(number)
    assert compile_format("#,##0").show(str(number)) == f"{number:,}"


@given(st.floats(-1e10, 1e10).filter(lambda number: number == 0 or abs(number) > 1e-4))
def test_general_is_close_and_short(number: float) -> None:
    text = general(Decimal(repr(number)))
    assert len(text.lstrip("-")) <= 11
    assert float(text) == pytest.approx(number, rel=1e-5, abs=1e-9)
