"""What is said of encodings where there is little evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import convert
from convert.cli import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("cell", "suggestion"),
    [
        ("鉢".encode()[:2], None),  # cut in the middle of a character: no other encoding would mend it
        ("染付".encode()[:-1], None),
        ("鉢".encode("cp932"), "cp932"),
        ("染付皿".encode("cp932"), "cp932"),
    ],
)
def test_another_encoding_is_proposed_only_where_it_would_help(
    cell: bytes, suggestion: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("資料番号,資料名\nK1,皿\nK2,".encode() + cell + b"\n")
    (issue,) = convert.check(path, "csv").issues
    assert (issue.code, issue.at.cell, issue.suggestion) == ("SRC-ENCODING", "B3", suggestion)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_nothing_is_said_of_the_encoding_of_an_empty_file(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    told = CliRunner().invoke(cli, ["inspect", str(path), "--lang", lang]).output
    assert "SRC-EMPTY" in told
    assert "utf-16" not in told
