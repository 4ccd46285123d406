"""Find the project's data: ``mappings/`` and ``schemas/``, in a checkout, an editable install or a wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from convert.errors import UsageError

__version__ = "0.1.0"
"""The version of this toolkit; the build reads it from here."""


@cache
def root() -> Path:
    """The folder that holds ``mappings`` and ``schemas``: the checkout's top, or ``convert/_data`` in a wheel."""
    package = Path(__file__).parent
    for place in (package / "_data", package.parent):
        if (place / "mappings").is_dir() and (place / "schemas").is_dir():
            return place
    raise UsageError(
        "the folders mappings/ and schemas/ are missing beside the package convert",
        "パッケージ convert の横に、フォルダ mappings/ と schemas/ がありません。入れ直してください。",
    )


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
    folders = [*([base] if base is not None else []), None, mappings()]
    found = (as_file(name, folder) for folder in folders)
    return next((path for path in found if path is not None), None)


def as_file(name: str, folder: Path | None = None) -> Path | None:
    """The file called ``name`` in ``folder``, or None."""
    path = folder / name if folder is not None else Path(name)
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have: too long, a NUL in it
        return None


def shown(path: Path) -> str:
    """The path as a message shows it: relative where the file lies below the working directory."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
