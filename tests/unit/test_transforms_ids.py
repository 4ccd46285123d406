"""Identifiers: the shared table, a selection of our own, and any text."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.model import Changed
from convert.transforms import ids
from convert.values import isni, issn, jan, ncid

TABLE = Path(__file__).parents[2].parent / "shared/data/japanese-text/identifiers.tsv"

Answer = Callable[[str], str | Changed | None]
KINDS: dict[str, Answer] = {
    "ISBN": lambda value: ids.isbn_hyphens(value, other="digits"),
    "ISSN": ids.issn,
    "JAN": ids.jan,
    "NCID": lambda value: ids.ncid(value, refuse=True),
    "FA number": lambda value: ids.library_id(value, refuse=True),
    "KI number": lambda value: ids.library_id(value, kind="KI", refuse=True),
    "NDC": lambda value: ids.ndc(value, short=True),
    "C-code": ids.ccode,
    "JP number": ids.jpno,
}
OTHERWISE: dict[str, tuple[str | None, str]] = {
    "7806572856": ("9787806572856", "the publisher ranges of 978-7 are not known here: no hyphens are made up"),
    "9784101010052 ; 9784101010069": (None, "several values: a mapping splits them first, a transform does not choose"),
    "913.6 ; 726.1": (None, "several values: a mapping splits them first, a transform does not choose"),
    "491001234081900690": ("491001234081900690", "the add-on stays with its number; jan_part gives each part"),
    "4910012341915": ("4910012341915", "the table leaves the normalised form empty; it is the number"),
}
"""Rows of the table with another answer here, and why."""


def kept(answer: str | Changed | None) -> Any:
    """What a step with ``refuse`` leaves of a value."""
    return (answer.value if answer.keep else None) if isinstance(answer, Changed) else answer


def test_every_row_of_the_table() -> None:
    if not TABLE.exists():
        pytest.skip("the shared table identifiers.tsv is not beside the repository")
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 105
    other = {}
    for row in rows:
        found = kept(KINDS[row["kind"]](row["value"]))
        wanted = row["normalised"] if row["verdict"] != "invalid" else ""
        if (found or "") != wanted:
            other[row["value"]] = found
    assert other == {value: answer for value, (answer, _) in OTHERWISE.items()}
    assert len(other) == 5


CASES: list[tuple[Answer, str, str | Changed | None]] = [
    (ids.isbn10, "978-4-00-000000-0", "4000000004"),
    (ids.isbn10, "9791034300001", None),
    (ids.isbn10, "080442957x", "080442957X"),
    (ids.isbn_hyphens, "9784000000000", "978-4-00-000000-0"),
    (ids.isbn_hyphens, "9784999999996", "978-4-9999999-9-6"),
    (ids.isbn_hyphens, "9780804429573", None),
    (ids.issn, "ISSN 0000-0019", "0000-0019"),
    (ids.issn, "eISSN：0000ー0019", "0000-0019"),
    (ids.issn, "0000-0018", None),
    (ids.issn, "0000-0000", None),
    (ids.issn, "00000-19", None),
    (ids.issn, "0000-0019, 0386-2186", None),
    (ids.jan, "JAN 4900000000009", "4900000000009"),
    (ids.jan, "4900000000003", None),
    (ids.jan, "0000000000000", None),
    (ids.jan, "４９１００００００００１１", None),
    (ids.ncid, " ba51293930", "BA51293930"),
    (ids.ncid, "https://ci.nii.ac.jp/ncid/BA51293930", "BA51293930"),
    (ids.ncid, "NCID：ＢＡ５１２９３９３０", "BA51293930"),
    (ids.ncid, "BA5129393X", Changed("BA5129393X", "VAL-NCID", {"kind": "NCID", "check": "0"})),
    (ids.ncid, "B51293930", None),
    (ids.jpno, "全国書誌番号 20000000", "20000000"),
    (ids.jpno, "http://id.ndl.go.jp/jpno/20000000", "20000000"),
    (ids.jpno, "JP", None),
    (ids.jpno, "200000000", None),
    (ids.ndc, "NDC10: 913.6", "NDC10 913.6"),
    (ids.ndc, "NDC(9)：913", "NDC9 913"),
    (ids.ndc, "NDC 007", "007"),
    (ids.ndc, "91", None),
    (ids.ndc, "91.3", None),
    (ids.ccode, "c 3055", "3055"),
    (ids.ccode, "C30551", None),
    (ids.isil, "JP-1000000", "JP-1000000"),
    (ids.isil, "ISIL: de-Test1", "DE-Test1"),
    (ids.isil, "JP-123456789012", None),
    (ids.isil, "JP1000000", None),
    (ids.doi, "DOI: 10.5555/Test-1", "10.5555/Test-1"),
    (ids.doi, "https://doi.org/10.5555/a%3Cb%3E", "10.5555/a<b>"),
    (ids.doi, "10.5555/a b", None),
    (ids.doi, "１０．５５５５／a", "10.5555/a"),
    (ids.doi, "https://example.jp/10.5555/a", None),
    (ids.isni_, "0000 0001 2103 2683", "0000000121032683"),
    (ids.isni_, "https://isni.org/isni/0000000121032683", "0000000121032683"),
    (ids.isni_, "0000000000000000", None),
    (ids.orcid, "0000-0002-1694-233x", "0000-0002-1694-233X"),
    (ids.orcid, "0000 0001 2103 2683", None),
    (ids.viaf, "VIAF: 100", "100"),
    (ids.viaf, "0100", None),
]
"""Our own selection: made-up and documentation numbers."""


@pytest.mark.parametrize(("call", "value", "wanted"), CASES, ids=[case[1] for case in CASES])
def test_answers(call: Answer, value: str, wanted: str | None) -> None:
    assert call(value) == wanted


@pytest.mark.parametrize(
    ("value", "part", "wanted"),
    [
        ("4910012340819", "kind", "magazine"),
        ("4910012340819", "magazine", "01234"),
        ("4910012340819", "issue", "08"),
        ("4910012340819", "year", "1"),
        ("4910012340819", "price", None),
        ("4910012340819 00690", "price", "690"),
        ("4910012340819 00690", "addon", "00690"),
        ("1920193006001", "kind", "book-price"),
        ("1920193006001", "ccode", "0193"),
        ("1920193006001", "price", "600"),
        ("9784101010052", "kind", "book"),
        ("9784101010052", "isbn", "9784101010052"),
        ("4910012340810", "kind", None),
    ],
)
def test_parts_of_a_jan(value: str, part: str, wanted: str | None) -> None:
    assert ids.jan_part(value, part) == wanted  # type: ignore[arg-type]


def test_forms() -> None:
    assert ids.doi("10.5555/1", form="url") == "https://doi.org/10.5555/1"
    assert ids.isni_("0000 0001 2103 2683", form="url") == "https://isni.org/isni/0000000121032683"
    assert ids.orcid("0000000216942 33X", form="url") == "https://orcid.org/0000-0002-1694-233X"
    assert ids.ndc("NDC9:913", part="edition") == "9"
    assert ids.ndc("913", part="edition") is None
    assert ids.ncid("BA51293931", check=False) == "BA51293931"
    assert ids.ncid("ba51293931", refuse=True) == Changed(
        "BA51293931", "VAL-NCID", {"kind": "NCID", "check": "0"}, keep=False
    )
    assert ids.library_id("KI000222", kind="KI") == Changed("KI000222", "VAL-NCID", {"kind": "KI", "check": "1"})
    assert ids.ccode("C0103", assigned=True) == Changed("0103", "VAL-CCODE", {"content": "03"})
    assert kept(ids.ccode("C0103", assigned=True, refuse=True)) is None


@given(st.from_regex("[0-9]{7}", fullmatch=True).filter(lambda digits: digits != "0000000"))
def test_an_issn_has_one_check_character(seven: str) -> None:
    good = [mark for mark in "0123456789X" if issn.is_valid(seven + mark)]
    assert len(good) == 1
    total = sum(int(mark) * weight for mark, weight in zip(seven, range(8, 1, -1), strict=True))
    assert (total + "0123456789X".index(good[0])) % 11 == 0


@given(st.from_regex("[A-Z]{2}[0-9]{7}", fullmatch=True))
def test_an_ncid_has_one_check_character(head: str) -> None:
    assert [mark for mark in "0123456789X" if ncid.is_valid(head + mark)] == [ncid.check_character(head)]


@given(st.from_regex("[0-9]{15}", fullmatch=True).filter(lambda digits: digits.strip("0")))
def test_an_isni_has_one_check_character(fifteen: str) -> None:
    assert sum(isni.is_valid(fifteen + mark) for mark in "0123456789X") == 1


@given(st.from_regex("[1-9][0-9]{11}", fullmatch=True))
def test_a_jan_has_one_check_digit(twelve: str) -> None:
    assert sum(jan.is_valid(twelve + mark) for mark in "0123456789") == 1


ALL: dict[str, Answer] = {
    **KINDS,
    "ISIL": ids.isil, "DOI": ids.doi, "ISNI": ids.isni_, "ORCID": ids.orcid, "VIAF": ids.viaf, "ISBN-10": ids.isbn10,
    "NDC number": lambda value: ids.ndc(value, part="number"), "price": lambda value: ids.jan_part(value, "price"),
}  # fmt: skip
WORDS = "978 4 10 - ー ISBN ISSN X x ＢＡ 51293930 JP C E NDC9 : 913 .6 10. / doi % 491 0001 2103 2683 \ud800 ٣ ²"
PIECES = st.lists(st.sampled_from(WORDS.split())).map("".join)


@given(st.one_of(PIECES, st.text(max_size=40)))
def test_any_text_is_answered_and_an_answer_stays(value: str) -> None:
    for name, call in ALL.items():
        answer = kept(call(value))
        if answer is not None:
            assert call(answer) == answer, name


@pytest.mark.parametrize("piece", ["9", "ISBN", "-", " ", "10.", "%", "BA", "JP", "NDC"])
def test_long_texts_are_answered(piece: str) -> None:
    for call in ALL.values():
        assert call(piece * 200_000) is None
