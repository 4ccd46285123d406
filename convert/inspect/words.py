"""The words of ``words.toml`` in one language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _raw() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@cache
def _file(path: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return found


@dataclass(frozen=True, slots=True)
class Sayings:
    """The table ``words`` of a TOML file, in ``lang``."""

    path: Path
    lang: str

    def __call__(self, label: str, /, **slots: Any) -> str:
        """A saying with its slots filled in; numbers get thousands separators."""
        return _filled(_file(self.path)[label][self.lang], slots)

    def listed(self, parts: list[str]) -> str:
        """Parts one after another."""
        return ("、" if self.lang == "ja" else ", ").join(parts)


def _filled(text: str, slots: dict[str, Any]) -> str:
    return text.format(**{name: f"{value:,}" if isinstance(value, int) else value for name, value in slots.items()})


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in ``lang`` (``ja`` or ``en``)."""

    lang: str

    def __call__(self, label: str, /, **slots: Any) -> str:
        """A label, with its slots filled in; numbers get thousands separators."""
        return _filled(_raw()["labels"][label][self.lang], slots)

    def kind(self, name: str) -> str | None:
        """A kind of value; None for those that are not shown."""
        return self._word("kinds", name)

    def damage(self, sign: str) -> str:
        """A sign of damage."""
        return self._word("damages", sign) or sign

    def reason(self, name: str) -> str:
        """Why a column is a candidate."""
        return self._word("reasons", name) or name

    def shape(self, name: str) -> str:
        """What the bytes look like."""
        return self._word("shapes", name) or name

    def listed(self, parts: list[str]) -> str:
        """Parts one after another."""
        return ("、" if self.lang == "ja" else ", ").join(parts)

    def _word(self, section: str, name: str) -> str | None:
        entry = _raw()[section].get(name)
        return entry[self.lang] if entry else None
