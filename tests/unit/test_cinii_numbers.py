"""The NCIDs in a user's own records: any format, what is none, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from convert.errors import UnknownName, UsageError
from convert.harvest.cinii.numbers import from_input, judged, named
from convert.harvest.cinii.text import ncids_in
from tests.cinii_server import ncid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convert.check.issue import Issue

ONE, TWO = ncid(1), ncid(2)
FILES = {
    "books.csv": (f"ID,NCID\n1,{ONE}\n2,NCID:{TWO}\n3,x\n4,\n5,{ONE}\n", "NCID"),
    "books.tsv": (f"ID\tNCID\n1\t{ONE}\n2\thttps://ci.nii.ac.jp/ncid/{TWO}\n3\tx\n", "#2"),
    "books.jsonl": (f'{{"a": {{"ids": ["{ONE}", "{TWO}", "x"]}}}}\n', "a.ids[]"),
    "books.xml": (f"<rs><r><i t='n'>{ONE}</i><i t='n'>{TWO}; x</i></r><r><i t='n'>x</i></r></rs>", "i[@t='n']"),
}


def gathered(path: Path, field: str, **more: Any) -> tuple[list[str | None], list[Issue]]:
    issues: list[Issue] = []
    options = {"format_name": None, "read": {}} | more
    return from_input(str(path), field, tell=issues.append, **options), issues


@pytest.mark.parametrize("name", FILES)
def test_every_format(name: str, write: Callable[..., Path], says_all: Callable[[Any], None]) -> None:
    text, field = FILES[name]
    more = {"format_name": "xml", "read": {"record": "r"}} if name.endswith("xml") else {}
    found, issues = gathered(write(name, text), field, **more)
    assert found == [ONE, TWO, None]
    assert [(issue.code, issue.value) for issue in issues] == [("HRV-CINII-NCID", "x")]
    says_all(issues[0])


def test_the_place_is_told(write: Callable[..., Path]) -> None:
    _, issues = gathered(write("b.csv", FILES["books.csv"][0]), "NCID")
    assert (issues[0].at.line, issues[0].at.cell) == (4, "B4")


def test_a_wrong_check_character_is_asked_for_all_the_same(says_all: Callable[[Any], None]) -> None:
    issues: list[Issue] = []
    odd = ONE[:-1] + ("1" if ONE[-1] == "0" else "0")
    assert list(judged(named([odd]), issues.append)) == [odd]
    assert [issue.code for issue in issues] == ["HRV-CINII-NCID-CHECK"]
    says_all(issues[0])


def test_broken_records_are_told_and_reading_goes_on(write: Callable[..., Path]) -> None:
    found, issues = gathered(write("b.jsonl", f'{{"n": "{ONE}"}}\nnope\n{{"n": "{TWO}"}}\n'), "n")
    assert found == [ONE, TWO]
    assert [issue.code for issue in issues] == ["SRC-JSON"]


def test_a_file_in_another_encoding(write: Callable[..., Path]) -> None:
    found, _ = gathered(write("b.csv", f"書名,番号\n架空の本,{ONE}\n".encode("cp932")), "番号")
    assert found == [ONE]
    found, _ = gathered(
        write("c.csv", f"書名;番号\n架空の本;{ONE}\n".encode("cp932")), "番号",
        format_name="csv", read={"encoding": "cp932", "delimiter": ";"},
    )  # fmt: skip
    assert found == [ONE]


def test_a_field_that_is_not_there(write: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match="did you mean 'NCID'") as caught:
        gathered(write("b.csv", FILES["books.csv"][0]), "NCDI")
    assert "もしかして" in str(caught.value.ja)
    with pytest.raises(UsageError, match="ID, NCID"):
        gathered(write("b.csv", FILES["books.csv"][0]), "まったく別の列")
    with pytest.raises(UsageError, match="there is no field"):
        gathered(write("b.jsonl", FILES["books.jsonl"][0]), "a[")


def test_a_file_that_is_not_there_or_cannot_be_read(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        gathered(tmp_path / "none.csv", "NCID")
    with pytest.raises(UnknownName):
        gathered(write("b.csv", "a\n"), "NCID", format_name="cvs")
    with pytest.raises(UsageError):
        gathered(write("e.csv", ""), "NCID", format_name="csv")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ONE.lower(), (ONE,)),
        (f" {ONE} ", (ONE,)),
        (f"({ONE})", (ONE,)),
        (f"{ONE}{TWO}", ()),
        (f"{ONE},{TWO},{ONE}", (ONE, TWO)),
        ("9784000000000", ()),
        ("", ()),
        ("x" * 5000 + ONE, ()),
    ],
)
def test_ncids_in_texts(text: str, found: tuple[str, ...]) -> None:
    assert ncids_in(text) == found
