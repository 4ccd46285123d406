"""Lookup tables from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convert import resources
from convert.mapping.lookups import read_lookup
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def at(tmp_path: Path) -> Location:
    return Location(str(tmp_path / "mapping.yaml"), line=3, column=5)


def test_the_first_two_columns_without_names(write: Write, at: Location) -> None:
    write("t.csv", "表示,値,注\nあ,a,x\nい,b,y\n")
    values, path, issues = read_lookup("t.csv", at, None, None)
    assert values == {"あ": "a", "い": "b"}
    assert path is not None
    assert issues == []


def test_columns_by_name(write: Write, at: Location) -> None:
    write("t.csv", "\ufeff表示,値,注\r\nあ,a,x\r\n")
    assert read_lookup("t.csv", at, "注", "表示")[0] == {"x": "あ"}
    assert read_lookup("t.csv", at, None, "注")[0] == {"あ": "x"}


def test_keys_and_values_stay_as_they_are(write: Write, at: Location) -> None:
    write("t.csv", 'k,v\n" a ","b\nc"\n0120,no\n,empty\n')
    assert read_lookup("t.csv", at, None, None)[0] == {" a ": "b\nc", "0120": "no", "": "empty"}


def test_of_the_same_key_the_first_holds_and_the_others_are_told(write: Write, at: Location) -> None:
    write("t.csv", "k,v\na,1\na,1\na,2\nb,3\na,4\n")
    values, _, issues = read_lookup("t.csv", at, None, None)
    assert values == {"a": "1", "b": "3"}
    assert [(issue.code, issue.value, issue.slots["row"], issue.slots["kept"]) for issue in issues] == [
        ("MAP-LOOKUP-DOUBLE", "a", 4, "1"),
        ("MAP-LOOKUP-DOUBLE", "a", 6, "1"),
    ]


def test_every_unknown_column_is_told(write: Write, at: Location) -> None:
    write("t.csv", "label,code\n")
    _, _, issues = read_lookup("t.csv", at, "lable", "value")
    assert [(issue.code, issue.value, issue.suggestion, issue.at) for issue in issues] == [
        ("MAP-LOOKUP-COLUMN", "lable", "label", at),
        ("MAP-LOOKUP-COLUMN", "value", None, at),
    ]


@pytest.mark.parametrize("content", ["", "only\n", "\n\n"])
def test_a_file_without_two_columns_is_a_fault(content: str, write: Write, at: Location) -> None:
    write("t.csv", content)
    values, _, issues = read_lookup("t.csv", at, None, None)
    assert values == {}
    assert {issue.code for issue in issues} == {"MAP-LOOKUP-COLUMN"}


@pytest.mark.parametrize(
    "content", [b"k,v\n\x82\xa0,a\n", b'k,v\n"a"b,c\n', b'k,v\n"open\n', "k,v\na,b\n".encode("utf-16")]
)
def test_a_file_that_cannot_be_read_is_a_fault(content: bytes, write: Write, at: Location) -> None:
    write("t.csv", content)
    values, path, [issue] = read_lookup("t.csv", at, None, None)
    assert (values, issue.code, issue.value) == ({}, "MAP-LOOKUP-FILE", "t.csv")
    assert path is not None
    assert issue.slots["reason"]
    assert issue.slots["reason_ja"]


def test_a_missing_file_and_a_folder_are_faults(tmp_path: Path, at: Location) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("nowhere.csv", "folder", ""):
        values, path, [issue] = read_lookup(name, at, None, None)
        assert (values, path, issue.code) == ({}, None, "MAP-LOOKUP-FILE")


def test_beside_the_mapping_comes_before_the_shipped_ones(write: Write, at: Location) -> None:
    shipped = read_lookup("lookups/rights-ja.csv", at, "label", "code")
    assert shipped[1] == resources.mappings() / "lookups" / "rights-ja.csv"
    assert shipped[0]
    write("lookups/rights-ja.csv", "label,code\nx,y\n")
    assert read_lookup("lookups/rights-ja.csv", at, "label", "code")[0] == {"x": "y"}
