"""ISBN values and the transform built on them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.transforms.ids import isbn13
from convert.values import isbn
from convert.values.isbn import Reason

TABLE = Path(__file__).parents[2].parent / "shared/data/japanese-text/identifiers.tsv"


@pytest.mark.skipif(not TABLE.exists(), reason="the shared table identifiers.tsv is not beside the repository")
def test_verdicts_of_the_table() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        every = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = [row for row in every if row["kind"] == "ISBN"]
    assert len(rows) == 21
    for row in rows:
        wanted = row["normalised"].replace("-", "") if row["normalised"] != "two values" else ""
        assert (isbn13(row["value"]) or "") == wanted, row["value"]
        assert isbn.is_valid(row["value"]) is bool(wanted)
        if row["normalised"].startswith("978-4"):
            assert isbn.format(row["value"]) == row["normalised"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", Reason.EMPTY),
        (" ISBN ", Reason.EMPTY),
        ("9784101010053", Reason.CHECK),
        ("410101005X", Reason.CHECK),
        ("978487259254", Reason.LENGTH),
        ("9784101010052 9784101010069", Reason.LENGTH),
        ("9784101010052; 9784101010069", Reason.SEVERAL),
        ("9784101010052／4101010056", Reason.SEVERAL),
        ("978410101005O", Reason.CHARACTER),
        ("9784101010052 上巻", Reason.CHARACTER),
        ("9794101010051", Reason.GROUP),
        ("4910012340819", Reason.PREFIX),
        ("1111111111", Reason.PLACEHOLDER),
        ("٩٧٨٤١٠١٠١٠٠٥٢", Reason.CHARACTER),
    ],
)
def test_reasons(value: str, reason: Reason) -> None:
    assert isbn.validate(value) is reason
    assert isbn.to_13(value) is None
    assert isbn.format(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "ISBN-13: 978-4-10-101005-2",
        "isbn 4101010056",
        "ＩＳＢＮ４１０１０１００５６",
        "ISBN10 4-10-101005-6",
        "978–4—10−101005‐2",
    ],
)
def test_writings(value: str) -> None:
    assert isbn13(value) == "9784101010052"


def test_lower_case_check_character() -> None:
    assert isbn13("080442957x") == "9780804429573"


def _ten(nine: str) -> str:
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True))
    return nine + "0123456789X"[-total % 11]


@given(st.from_regex("[0-9]{9}", fullmatch=True).filter(lambda nine: len(set(nine)) > 1))
def test_ten_becomes_a_valid_thirteen(nine: str) -> None:
    thirteen = isbn.to_13(_ten(nine))
    assert thirteen is not None
    assert thirteen[3:12] == nine
    assert isbn.is_valid(thirteen)
    assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(thirteen)) % 10 == 0


@given(st.from_regex("4[0-9]{8}", fullmatch=True).filter(lambda nine: len(set(nine)) > 1))
def test_japanese_numbers_have_five_parts(nine: str) -> None:
    formatted = isbn.format(_ten(nine))
    assert formatted is not None
    assert [len(part) > 0 for part in formatted.split("-")] == [True] * 5
    assert formatted.replace("-", "") == isbn.to_13(_ten(nine))


@given(st.text(max_size=40))
def test_any_text_is_answered(value: str) -> None:
    assert (isbn.validate(value) is None) is (isbn.to_13(value) is not None)
