"""What several tests need: mappings from text, marks for places in a text, a pool of two processes."""

from __future__ import annotations

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from convert.errors import MappingError
from convert.mapping.load import inspect_mapping
from convert.messages.catalogue import LANGUAGES, catalogue, slots
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.check.issue import Issue

settings.register_profile("suite", deadline=None)  # a busy machine is no fault
settings.load_profile("suite")

_numbers = itertools.count()
FIXTURES = Path(__file__).parent / "fixtures"
MARK = "▼"


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout, which not every machine has."""
    place = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not place.is_dir():
        pytest.skip("the reference data ../shared/data are not on this machine")
    return place


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two processes for all sharded runs of the session: starting them anew each time would take the most time."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@dataclass(frozen=True)
class Marked:
    """A text without its marks, and the (line, column) of each, both 1-based."""

    text: str
    places: tuple[tuple[int, int], ...]


def unmark(text: str) -> Marked:
    places = []
    while MARK in text:
        before, _, after = text.partition(MARK)
        places.append((before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1))
        text = before + after
    return Marked(text, tuple(places))


@pytest.fixture(scope="session")
def marked() -> Callable[[str], Marked]:
    return unmark


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file into the test's folder."""

    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


@pytest.fixture
def findings(write: Callable[[str, str | bytes], Path]) -> Callable[[str | bytes], list[Issue]]:
    """Everything found in a mapping that is given as text."""

    def find(text: str | bytes) -> list[Issue]:
        return inspect_mapping(write("mapping.yaml", text)).issues

    return find


@pytest.fixture
def load(write: Callable[[str, str | bytes], Path]) -> Callable[[str], Any]:
    """The mapping that is given as text; it must be good."""

    def make(text: str) -> Any:
        loaded = inspect_mapping(write("mapping.yaml", text))
        if loaded.mapping is None:
            raise MappingError(loaded.issues)
        return loaded.mapping

    return make


def told(issue: Issue) -> None:
    """Assert that the code is known and that every slot of its texts is filled."""
    assert issue.code in catalogue(), issue.code
    entry = catalogue().entry(issue.code)
    given = set(issue.slots) | {name for name in ("value", "target") if getattr(issue, name) is not None}
    for lang in LANGUAGES:
        unfilled = (slots(entry.message(lang)) | slots(entry.hint(lang))) - given
        assert not unfilled, f"{issue.code} ({lang}): nothing for {unfilled}"


@pytest.fixture(scope="session")
def says_all() -> Callable[[Issue], None]:
    return told


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    folder = postgres.programs()
    if folder is None:
        pytest.skip(postgres.MISSING)
    with postgres.server(folder) as url:
        yield url


@pytest.fixture
def postgresql(postgres_server: str) -> str:
    """The URL of an empty database of a PostgreSQL server."""
    from sqlalchemy import create_engine

    name = f"test_{next(_numbers)}"
    engine = create_engine(postgres_server.replace("postgresql:", "postgresql+pg8000:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgres_server.rpartition("/")[0] + f"/{name}"
