"""The words of the kit."""

from __future__ import annotations

from pathlib import Path

from convert.inspect.words import Sayings


def words(lang: str) -> Sayings:
    """What the kit says in ``lang``."""
    return Sayings(Path(__file__).parent / "words.toml", lang)
