from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convert.check.issue import Severity
from convert.check.profiles import load_profile, shipped
from convert.errors import UnknownName, UsageError
from convert.messages import catalogue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_shipped_profiles_load(name: str) -> None:
    assert load_profile(name).name == name


def test_draft_changes_nothing() -> None:
    assert load_profile("draft").severities == {}


def test_submission_never_lowers() -> None:
    for code, severity in load_profile("submission").severities.items():
        assert severity >= catalogue().entry(code).severity, code


def test_an_unknown_name_is_told_with_a_near_one() -> None:
    with pytest.raises(UnknownName) as caught:
        load_profile("submision")
    assert caught.value.suggestion == "submission"


def test_a_file_of_the_user_s(tmp_path: Path) -> None:
    file = tmp_path / "museum.toml"
    file.write_text('[severities]\nDSET-ID-MEET = "warning"\n', encoding="utf-8")
    profile = load_profile(str(file))
    assert profile.severities == {"DSET-ID-MEET": Severity.WARNING}
    assert profile.name == str(file)


def test_a_file_may_extend_a_shipped_profile(tmp_path: Path) -> None:
    file = tmp_path / "museum.toml"
    file.write_text('extends = "submission"\n[severities]\nDSET-ID-MEET = "notice"\n', encoding="utf-8")
    severities = load_profile(str(file)).severities
    assert severities == load_profile("submission").severities | {"DSET-ID-MEET": Severity.NOTICE}


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "museum.toml"
    severities = 'DSET-ID-MEAT = "error"\nDSET-ID-MEET = "fatal"\nDSET-ID-DUPLICATE = 3\n'
    file.write_text(f'extends = "draf"\nlevel = 1\n[severities]\n{severities}', encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_profile(str(file))
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert "did you mean 'draft'" in lines[0]
    assert "did you mean 'DSET-ID-MEET'" in lines[1]


@pytest.mark.parametrize("content", [b"[", b"severities = 1", b"\xff"])
def test_a_broken_file_is_a_usage_error(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "museum.toml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"museum\.toml"):
        load_profile(str(file))


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        load_profile(str(tmp_path / "absent.toml"))
