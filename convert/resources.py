"""Find the project's data: ``mappings/`` and ``schemas/``, in a checkout, an editable install or a wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from convert.errors import UsageError


@cache
def root() -> Path:
    """The folder that holds ``mappings`` and ``schemas``: the checkout's top, or ``convert/_data`` in a wheel."""
    package = Path(__file__).parent
    for place in (package / "_data", package.parent):
        if (place / "mappings").is_dir() and (place / "schemas").is_dir():
            return place
    raise UsageError("the folders mappings/ and schemas/ are missing beside the package convert")


def mappings() -> Path:
    """The shipped mapping tables, lookups and database definitions."""
    return root() / "mappings"


def schemas() -> Path:
    """The shipped schemas and target models."""
    return root() / "schemas"


def find(name: str, base: Path | None = None) -> Path | None:
    """A file named in a mapping: beside the mapping file first, then among the shipped ones.

    ``name`` may be absolute. None: there is no such file.
    """
    places = [base / name] if base is not None else []
    for place in [*places, Path(name), mappings() / name]:
        if place.is_file():
            return place
    return None


def shown(path: Path) -> str:
    """The path as a message shows it: relative where the file lies below the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
