"""``inspect`` and ``mapping new`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

ROOT = Path(__file__).parents[2]
MUSEUM = ROOT / "examples" / "museum.csv"
TABLE = "資料番号,資料名,権利\nA1,架空太郎像,CC0\nA2,例示皿,不明\n"


def test_text_json_and_html_of_several_files(cli: Run, folder: Path) -> None:
    (folder / "a.csv").write_bytes(TABLE.encode("cp932"))
    shown = cli("inspect", "a.csv", "small.csv", "--html", "a.html")
    assert shown.returncode == 0, shown.stderr
    assert "source: {format: csv, encoding: cp932}" in shown.stdout
    assert "架空太郎像" in shown.stdout
    assert "small.csv" in (folder / "a.html").read_text("utf-8")
    found = json.loads(cli("inspect", "a.csv", "small.csv", "--json").stdout)
    assert [source["source"] for source in found["sources"]] == ["a.csv", "small.csv"]
    assert found["sources"][0]["options"] == [{"name": "encoding", "value": "cp932", "stated": False, "certain": True}]


def test_standard_input(cli: Run) -> None:
    done = cli("inspect", "-", "--lang", "en", stdin=TABLE.encode())
    assert done.returncode == 0, done.stderr
    assert "2 records" in done.stdout
    assert "(by its content)" in done.stdout


def test_a_file_that_cannot_be_read_ends_with_3(cli: Run, folder: Path) -> None:
    (folder / "a.csv").write_text('a,b"c\n1,2\n', encoding="utf-8")
    done = cli("inspect", "a.csv")
    assert done.returncode == 3
    assert "SRC-CSV-QUOTE" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "missing.csv"),
        ("inspect", "small.csv", "--format", "cvs"),
        ("inspect", "small.csv", "-r", "encoding=klingon"),
        ("inspect", "small.csv", "--html", "."),
        ("mapping", "new", "--from", "missing.csv", "--to", "japansearch"),
        ("mapping", "new", "--from", "small.csv", "--to", "japansaerch"),
        ("mapping", "new", "--from", "small.csv", "--to", "jsonl"),
        ("mapping", "new", "--from", "small.csv", "--to", "japansearch", "--id", "番"),
    ],
)
def test_wrong_use_ends_with_2_and_writes_nothing(cli: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    before = set(folder.iterdir())
    done = cli(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_draft_is_checked_and_converts_at_once(cli: Run, folder: Path, lang: str) -> None:
    (folder / "a.csv").write_bytes(TABLE.encode("cp932"))
    done = cli("mapping", "new", "--from", "a.csv", "--to", "japansearch", "-o", "a.yaml", "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert "a.yaml" in done.stderr
    assert cli("mapping", "check", "a.yaml", "a.csv").returncode == 0
    run = cli("convert", "a.yaml", "a.csv", "-o", "out.jsonl")
    assert "MAP-LOOKUP-REFUSED" in run.stdout
    [document] = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert document["common"]["title"] == "架空太郎像"
    assert document["common"]["contentsRightsType"] == "cc0"


def test_a_draft_without_a_name_is_printed(cli: Run) -> None:
    done = cli("mapping", "new", "--from", MUSEUM, "--to", "japansearch")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1]
    assert "\nfields:\n" in done.stdout
