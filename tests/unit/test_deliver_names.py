"""Names of packages and of the files in them, and the serials that folders leave free."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.deliver.names import (
    MAX_SERIAL,
    MemberName,
    PackageName,
    day_of,
    has_digits,
    has_prefecture,
    library_code,
    next_serials,
    suffix_of,
    taken,
)
from convert.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

libraries = st.text("0123456789", min_size=4, max_size=4)
days = st.dates().map(lambda day: day.isoformat().replace("-", ""))
packages = st.builds(PackageName, libraries, days, st.integers(0, MAX_SERIAL))


@given(packages)
def test_package_names_are_read_as_they_are_written(name: PackageName) -> None:
    assert PackageName.parse(name.file) == name
    assert name.date is not None
    assert name.file.removesuffix(".zip") == name.manifest.removesuffix(".manifest.json") == name.stem


@given(packages, st.integers(1, MAX_SERIAL), st.sampled_from([".dat", ".rdf", ".xml"]))
def test_member_names_are_read_as_they_are_written(name: PackageName, count: int, suffix: str) -> None:
    members = name.members(count, suffix)
    assert [MemberName.parse(member.file) for member in members] == members
    assert [member.number for member in members] == ([None] if count == 1 else list(range(1, count + 1)))
    assert len({member.file for member in members}) == count


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(text: str) -> None:
    package, member = PackageName.parse(text), MemberName.parse(text)
    assert package is None or package.file == text
    assert member is None or member.file == text


def test_the_examples_of_the_page() -> None:
    name = PackageName("0001", "20240105", 1)
    assert name.file == "updt0001_20240105_01.zip"
    assert [member.file for member in name.members(1, ".dat")] == ["updt0001_20240105_01.dat"]
    assert [member.file for member in name.members(2, ".dat")] == [
        "updt0001_20240105_01_01.dat",
        "updt0001_20240105_01_02.dat",
    ]


@pytest.mark.parametrize(
    "name",
    ["updt0001_20240105_01.ZIP", "updt001_20240105_01.zip", "UPDT0001_20240105_01.zip", "updt0001_20240105_1.zip",
     "updt0001_2024-01-05_01.zip", "updt0001_20240105_001.zip", "updt0001_20240105_01.zip.part",
     "updt０００１_20240105_01.zip"],
)  # fmt: skip
def test_other_names_are_none(name: str) -> None:
    assert PackageName.parse(name) is None


# ── What a person gives ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["", "991", "99111", "９９１１", "99_1", "9/11", "99 1", "99.1", "99１1"])
def test_codes_that_cannot_stand_in_a_name(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        library_code(text)
    assert "半角数字" in (caught.value.ja or "")


def test_codes_are_looked_at() -> None:
    assert library_code("9911") == "9911"
    assert [has_digits(code) for code in ("1311", "JP01")] == [True, False]
    assert [has_prefecture(code) for code in ("0111", "4711", "0011", "4811", "JP01")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_days() -> None:
    assert day_of("2026-01-05") == day_of("20260105") == date(2026, 1, 5)
    for text in ("2026-02-30", "2026-1-5", "2026-W01-1", "令和8年", "", "0000-01-01", "２０２６０１０５"):
        with pytest.raises(UsageError):
            day_of(text)


def test_suffixes() -> None:
    assert suffix_of(".xml") == suffix_of("xml") == ".xml"
    for text in ("", ".", "..", "a/b", ".tar.gz", "ｄａｔ", "." * 12):
        with pytest.raises(UsageError):
            suffix_of(text)


# ── Serials ──────────────────────────────────────────────────────────────────────────────────────


def test_serials_of_a_folder(tmp_path: Path) -> None:
    for name in (
        "updt9911_20260105_03.zip",
        "updt9911_20260105_07.manifest.json",
        "UPDT9911_20260105_09.ZIP",
        "updt9911_20260106_11.zip",
        "updt1311_20260105_12.zip",
        "updt9911_20260105_13.dat",
        "updt9911_20260105_14.zip.part",
    ):
        (tmp_path / name).touch()
    assert taken(tmp_path, "9911", "20260105") == {3, 7, 9}
    assert taken(tmp_path / "none", "9911", "20260105") == set()


@given(st.sets(st.integers(0, MAX_SERIAL)), st.integers(1, 5))
def test_next_serials_are_free_and_above(used: set[int], count: int) -> None:
    if max(used, default=0) + count > MAX_SERIAL:
        with pytest.raises(UsageError, match="two digits"):
            next_serials(used, count)
        return
    found = next_serials(used, count)
    assert len(found) == count
    assert min(found) > max(used, default=0)


def test_a_stated_serial_is_taken_or_refused() -> None:
    assert next_serials({1, 5}, 2, first=2) == [2, 3]
    with pytest.raises(UsageError, match="taken"):
        next_serials({1, 5}, 2, first=4)
    with pytest.raises(UsageError, match="two digits"):
        next_serials(set(), 2, first=99)
