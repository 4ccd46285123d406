from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from convert import resources
from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DATABASE = "databases/example-museum.yaml"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package folder elsewhere, in which ``resources`` believes to be."""
    folder = tmp_path / "site" / "convert"
    folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "__file__", str(folder / "resources.py"))
    resources.root.cache_clear()
    yield folder
    resources.root.cache_clear()


def data(folder: Path) -> Path:
    """Make both data folders in ``folder``."""
    for name in ("mappings", "schemas"):
        (folder / name).mkdir(parents=True)
    return folder


def test_in_a_checkout_the_data_are_beside_the_package() -> None:
    assert resources.root() == ROOT
    assert resources.mappings() == ROOT / "mappings"
    assert resources.schemas() == ROOT / "schemas"


def test_in_a_wheel_the_data_are_in_the_package(package: Path) -> None:
    data(package / "_data")
    assert resources.root() == package / "_data"


def test_what_is_in_the_package_comes_first(package: Path) -> None:
    data(package.parent)
    assert resources.root() == package.parent
    resources.root.cache_clear()
    data(package / "_data")
    assert resources.root() == package / "_data"


@pytest.mark.usefixtures("package")
def test_missing_data_are_told() -> None:
    with pytest.raises(UsageError, match="mappings/"):
        resources.root()


def test_one_folder_is_not_enough(package: Path) -> None:
    (package.parent / "mappings").mkdir()
    with pytest.raises(UsageError):
        resources.root()


def test_a_file_is_found_beside_the_mapping_first(tmp_path: Path) -> None:
    own = tmp_path / DATABASE
    assert resources.find(DATABASE, tmp_path) == ROOT / "mappings" / DATABASE
    own.parent.mkdir()
    own.write_text("database: {}", encoding="utf-8")
    assert resources.find(DATABASE, tmp_path) == own
    assert resources.find(DATABASE) == ROOT / "mappings" / DATABASE
    assert resources.find(str(own)) == own


def test_a_shipped_file_may_be_replaced_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / DATABASE
    own.parent.mkdir()
    own.write_text("database: {}", encoding="utf-8")
    found = resources.find(DATABASE, ROOT / "bench")
    assert found is not None
    assert found.resolve() == own


@pytest.mark.parametrize("name", ["", ".", "databases", "nosuch.yaml", "databases/nosuch.yaml", "\u3042" * 50])
def test_what_is_no_file_is_not_found(name: str, tmp_path: Path) -> None:
    assert resources.find(name, tmp_path) is None


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000])
def test_a_name_no_file_can_have_is_not_found(name: str) -> None:
    assert resources.find(name) is None
