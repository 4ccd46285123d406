"""Tables given for JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

import convert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    "data",
    [
        "資料番号_s,資料名_s\n001,皿\n",
        "﻿資料番号_s\t資料名_s\n001\t皿\n",
        "<html><table>\n",
    ],
)
@pytest.mark.parametrize("name", ["japansearch", "jsonl"])
def test_a_table_is_told_once(data: str, name: str, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    path = tmp_path / "items.csv"
    path.write_text(data, "utf-8")
    report = convert.check(path, name)
    (issue,) = report.issues
    assert (issue.code, issue.at.line, report.exit_code) == ("SRC-JSON-TABLE", 1, 3)
    says_all(issue)


def test_a_workbook_is_told_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["資料番号_s", "資料名_s"])
    book.save(tmp_path / "items.bin")
    assert [issue.code for issue in convert.check(tmp_path / "items.bin", "jsonl").issues] == ["SRC-JSON-TABLE"]


@pytest.mark.parametrize("data", ['note, first\n{"id":"1"}\n', "null\n1, 2\n", '"a, b"\n3\n', '{"id":"1",\n"a":1}\n'])
def test_broken_lines_are_no_table(data: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(data, "utf-8")
    assert "SRC-JSON-TABLE" not in {issue.code for issue in convert.check(path, "jsonl").issues}
