"""Languages and scripts against what is expected."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.check.dataset.languages import simplified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COLUMNS = ("ID", "題名", "ヨミ", "説明", "題名英語", "言語")
PROFILE = "profile: 1\nchecks: [languages]\nroles: {title: [題名], reading: [ヨミ], description: [説明]}\n"
OURS = ("DSET-LANGUAGE-SCRIPT", "DSET-ENGLISH-JAPANESE", "DSET-READING-LATIN", "DSET-TEXT-CHINESE")
GOOD = ("架空の川の図", "カクウノカワノズ", "川を描いた図。", "A map of a river", "jpn")


def found(folder: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> list[Any]:
    """The issues of a table: each row without its id."""
    path, profile = folder / "museum.csv", folder / "our.yaml"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *((f"m-{n}", *row) for n, row in enumerate(rows, start=1))])
    profile.write_text(PROFILE, "utf-8")
    report = convert.check(path, "csv", read={"encoding": "utf-8"}, profile=str(profile))
    return [issue for issue in report.issues if issue.code in OURS]


@pytest.mark.parametrize(
    ("code", "column", "value"),
    [
        ("DSET-LANGUAGE-SCRIPT", 1, "The Tale of a River"),
        ("DSET-ENGLISH-JAPANESE", 4, "川の図"),
        ("DSET-READING-LATIN", 2, "kaku no kawa no zu"),
        ("DSET-TEXT-CHINESE", 1, "架空の书物"),
        ("DSET-TEXT-CHINESE", 3, "川を描いた图。"),
    ],
)
def test_one_fault(code: str, column: int, value: str, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    row = list(GOOD)
    row[column - 1] = value
    if code == "DSET-LANGUAGE-SCRIPT":
        row[1] = ""
    (issue,) = found(tmp_path, [GOOD, row, GOOD])
    assert (issue.code, issue.value, issue.at.row, issue.at.column) == (code, value, 3, column + 1)
    assert issue.record_id is None or issue.record_id == "m-2"
    says_all(issue)


def test_a_title_that_is_not_in_the_language_of_its_record(tmp_path: Path) -> None:
    english = ("A Book of Rivers", "", "", "", "eng")
    rows = [english, english, ("川のほん", "カワノホン", "", "", "英語"), ("『かわ』 : a poem", "", "", "", "en")]
    (issue,) = found(tmp_path, rows)
    assert (issue.code, issue.value, issue.at.cell) == ("DSET-LANGUAGE-SCRIPT", "川のほん", "B4")
    assert (issue.slots["stated"], issue.slots["other"]) == ("英語", "言語")


@pytest.mark.parametrize(
    "row",
    [
        GOOD,
        ("AERA", "アエラ", "", "", "jpn"),
        ("The Great Rivers of Japan", "ザ グレート リバーズ", "", "", "jpn"),
        ("Newton", "", "", "", "日本語"),
        ("ABC", "ABC", "", "", ""),
        ("A Book of Rivers", "", "", "", "jpn;eng"),
        ("架空の本", "カクウ ノ ホン", "『中国历史』（书物）の訳。", "Rivers (川)", "ja"),
        ("中国历史", "チュウゴク レキシ", "", "", "chi"),
        ("架空の図", "カクウノズ ABC", "Tokyo・東京の図", "Ukiyo-e 浮世絵", "jpn"),
        ("川 = River", "カワ", "", "", "und"),
    ],
)
def test_nothing_to_say(row: tuple[str, ...], tmp_path: Path) -> None:
    assert found(tmp_path, [row]) == []


def test_a_field_is_english_only_where_most_of_it_is(tmp_path: Path) -> None:
    columns = (*COLUMNS[:4], "英語版の有無", "言語")
    assert found(tmp_path, [(*GOOD[:3], "あり", "jpn")] * 5, columns) == []
    rows = [(*GOOD[:3], "Yes", "jpn")] * 5 + [(*GOOD[:3], "ありません", "jpn")]
    assert [issue.at.cell for issue in found(tmp_path, rows, columns)] == ["E7"]


def test_names_of_fields(tmp_path: Path) -> None:
    for name in ("title_en", "title.en", "titleEn", "Title (EN)", "作品名英語_s", "欧文タイトル"):
        rows = [(*GOOD[:3], "A river", "jpn"), (*GOOD[:3], "川の図", "jpn")]
        assert len(found(tmp_path, rows, (*COLUMNS[:4], name, "言語"))) == 1, name
    for name in ("token", "given", "taken_s", "scene"):
        rows = [(*GOOD[:3], "A river", "jpn"), (*GOOD[:3], "川の図", "jpn")]
        assert found(tmp_path, rows, (*COLUMNS[:4], name, "言語")) == [], name
    latin = ("The Tale of a River", "", "", "", "jpn")
    for name in ("本文言語", "言語コード", "言語_s", "language", "資料の言語"):
        assert len(found(tmp_path, [latin], (*COLUMNS[:5], name))) == 1, name
    assert found(tmp_path, [latin], (*COLUMNS[:5], "slang")) == []


def test_characters_of_japan_are_none_of_simplified_chinese() -> None:
    japanese = bytes(range(256)).decode("latin-1")
    for row in range(0xA1, 0xFF):
        for cell in range(0xA1, 0xFF):
            japanese += bytes((row, cell)).decode("euc_jp", "ignore")
    assert simplified().search(japanese) is None
    assert simplified().findall("图书馆的東京") == ["图", "书", "馆"]
