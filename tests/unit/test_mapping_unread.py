"""Why a date could not be read, in the words of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import convert
from convert.mapping.unread import why
from convert.messages import catalogue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("平成31年5月1日", "その元号の期間にない"),
        ("昭和64年1月8日", "その元号の期間にない"),
        ("昭和54年(1978)", "合いません"),
        ("2020-02-30", "ない日"),
        ("1990-13-01", "ない月"),
        ("24/5/3", "世紀"),
        ("45000", "Excel"),
        ("不明", "分からない"),
        ("昭和50年頃", "accept: marked"),
        ("1990-1995", "期間"),
    ],
)
def test_why_a_date_is_none(value: str, words: str, tmp_path: Path) -> None:
    mapping = tmp_path / "my.yaml"
    mapping.write_text(
        "mapping: 1\nid: my\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"
        "fields:\n  day: {from: 日, do: w3cdtf}\n",
        "utf-8",
    )
    (tmp_path / "a.csv").write_text(f"ID,日\n1,{value}\n", "utf-8")
    (issue,) = convert.Job(mapping).run(tmp_path / "a.csv", tmp_path / "out.jsonl").issues
    assert (issue.code, issue.at.cell) == ("MAP-NO-VALUE", "B2")
    assert words in catalogue().message(issue, "ja")
    assert words.isascii() or not any("ぁ" <= sign <= "ん" for sign in issue.slots["why_en"])


def test_other_steps_and_texts_that_are_no_dates_need_no_words() -> None:
    nothing = {"why_ja": "", "why_en": ""}
    assert why("isbn13", "4000000000") == why("w3cdtf", "染付皿") == nothing
