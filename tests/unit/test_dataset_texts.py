"""Values that say nothing or were damaged, against what is expected."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.check.dataset.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COLUMNS = ("ID", "題名", "作者", "備考")
PROFILE = "profile: 1\nchecks: [texts]\nroles: {title: [題名]}\n"
GOOD = ("架空の川の図", "架空太郎", "箱あり")


def found(folder: Path, rows: Sequence[Sequence[str]]) -> list[Any]:
    """The issues of a table: each row without its id."""
    path, profile = folder / "museum.csv", folder / "our.yaml"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *((f"m-{n}", *row) for n, row in enumerate(rows, start=1))])
    profile.write_text(PROFILE, "utf-8")
    report = convert.check(path, "csv", read={"encoding": "utf-8"}, profile=str(profile))
    return [issue for issue in report.issues if issue.code in Texts.codes]


FAULTS = [
    ("DSET-TEXT-DITTO", 1, "〃"),
    ("DSET-TEXT-DITTO", 2, "同上"),
    ("DSET-TEXT-DITTO", 3, "（同上）"),
    ("DSET-TEXT-DITTO", 2, " 仝 "),
    ("DSET-TEXT-SUM", 1, "合　計"),
    ("DSET-TEXT-LOST", 1, "皿\ufffd"),
    ("DSET-TEXT-LOST", 2, "山〓太郎"),
    ("DSET-TEXT-LOST", 2, "\ue000田"),
    ("DSET-TEXT-LOST", 3, "????"),
    ("DSET-TEXT-LOST", 3, "(??)"),
    ("DSET-TEXT-LOST", 2, "（？？）"),
    ("DSET-TEXT-LOST", 2, "「???」"),
    ("DSET-TEXT-CONTROL", 3, "箱\x0bあり"),
    ("DSET-TEXT-MOJIBAKE", 1, "縺薙ｓ縺ｫ縺｡縺ｯ"),
    ("DSET-TEXT-MOJIBAKE", 1, "､ｳ､ﾋ､ﾁ､ﾏ"),
]


@pytest.mark.parametrize(("code", "column", "value"), FAULTS)
def test_one_fault(code: str, column: int, value: str, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    row = list(GOOD)
    row[column - 1] = value
    (issue,) = found(tmp_path, [GOOD, row, GOOD])
    assert (issue.code, issue.value, issue.at.row, issue.at.column) == (code, value, 3, column + 1)
    says_all(issue)


@pytest.mark.parametrize(
    "row",
    [
        GOOD,
        ("同上の図", "々田", "合計"),
        ("なに???", "?", "ｿﾒﾂｹｻﾞﾗ"),
        ("ｱ･ｲの図", "café", "繧繝縁の畳"),
        ("行\nおくり\tと復帰\r\n", "計測器", "総計 3 点"),
        ("合計額の推移", "Total Recall", "5″"),
    ],
)
def test_what_looks_like_a_fault_and_is_none(row: Sequence[str], tmp_path: Path) -> None:
    assert found(tmp_path, [GOOD, row, GOOD]) == []


def test_mojibake_is_turned_back_where_that_can_be_done(tmp_path: Path) -> None:
    (issue,) = found(tmp_path, [GOOD, ("縺薙ｓ縺ｫ縺｡縺ｯ", "", "")])
    assert issue.suggestion == "こんにちは"


def test_before_sending_to_japan_search_ditto_marks_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "museum.csv"
    path.write_text("資料番号,資料名,作者\nK1,染付皿,架空太郎\nK2,掛軸,〃\nK3,合計,\n", "utf-8")
    mapping = tmp_path / "my.yaml"
    mapping.write_text(
        "mapping: 1\nid: my\nsource: {format: csv}\n"
        "target: {format: japansearch, database: databases/example-museum.yaml}\nrecord: {id: 資料番号}\n"
        "fields:\n  資料名_s: {from: 資料名, label: title}\n  作者_s: {from: 作者, label: contributor}\n",
        "utf-8",
    )
    for jobs in (1, 2):
        report = convert.Job(mapping, profile="submission", jobs=jobs).run(path, tmp_path / "items.jsonl")
        issues = [(issue.code, issue.record_id, issue.at.cell) for issue in report.issues if issue.code in Texts.codes]
        assert issues == [("DSET-TEXT-DITTO", "K2", "C3"), ("DSET-TEXT-SUM", "K3", "B4")]
