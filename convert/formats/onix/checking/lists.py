"""Code lists of ONIX: which element has codes of which list, and the codes with labels of our own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from convert.errors import near
from convert.values import language

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = 74
"""The list that is ISO 639-2/B."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list. ``complete``: a code that is not among ``labels`` is none of the list as of issue 75."""

    number: int
    ja: str
    labels: Mapping[str, str]
    complete: bool

    def suggestion(self, value: str) -> str | None:
        """The code that was probably meant: another case, a lost zero, the label instead of the code."""
        for guess in (value.upper(), value.lower(), value.zfill(2)):
            if guess in self.labels:
                return guess
        by_label = {label: code for code, label in self.labels.items() if label}
        return by_label.get(value.removesuffix("判")) or (near(value, list(self.labels)) if len(value) > 2 else None)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("convert.formats.onix.checking").joinpath("lists.toml").read_text("utf-8"))


@cache
def code_list(number: int) -> CodeList | None:
    """The list of that number; None when it is not here.

    >>> code_list(58).labels["03"], code_list(58).complete
    ('定価（税抜き）', False)
    """
    if number == LANGUAGES:
        known = {found.bibliographic: found.japanese[0] for found in language.LANGUAGES}
        return CodeList(number, "言語", known, complete=False)
    entry = _table()["lists"].get(str(number))
    if entry is None:
        return None
    pairs = [line.partition(" ") for line in entry.get("codes", "").strip().splitlines()]
    labels = {code: label for code, _, label in pairs} | dict.fromkeys(entry.get("plain", "").split(), "")
    return CodeList(number, entry["ja"], labels, entry.get("complete", False))


@cache
def element_lists(release: str) -> Mapping[str, int]:
    """Element → number of its list, in that release."""
    found: dict[str, int] = dict(_table()["elements"])
    if release.startswith("2"):
        found |= _table()["elements-2"]
    return {name: number for name, number in found.items() if number}


@cache
def attribute_lists() -> Mapping[str, int]:
    """Attribute → number of its list."""
    found: dict[str, int] = _table()["attributes"]
    return found


def meant_language(value: str) -> str | None:
    """The code of ISO 639-2/B for a language written in another way.

    >>> meant_language("ja"), meant_language("deu"), meant_language("日本語"), meant_language("qqq")
    ('jpn', 'ger', 'jpn', None)
    """
    found = language.find(value)
    return None if found is None else found.bibliographic
