"""The seam every enrichment stands on: its declaration, and the finder that looks things up while a mapping runs."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from convert.formats.base import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from convert.errors import OptionError

MISSING: Final = ("warn", "error", "drop")
"""What becomes of a key that the store does not have: it is told, refuses the record, or is not told."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One enrichment: ``key`` is the path of the source by which things are looked up (``ncid: PATH``), ``options``
    what else a mapping says. ``paths`` are those that rules may name (``$NAME.PATH``), with what they hold in Japanese
    and English. ``finder``: ``"module:Class"``, loaded when it is used. ``check``: what is wrong with typed options.
    """

    name: str
    ja: str
    en: str
    key: Option
    options: tuple[Option, ...]
    paths: Mapping[str, tuple[str, str]]
    finder: str
    check: Callable[[Mapping[str, Any]], Iterable[OptionError]] | None = None

    def problems(self, options: Mapping[str, Any]) -> list[OptionError]:
        """What is wrong with typed options, as far as that can be told without a store."""
        return list(self.check(options)) if self.check is not None else []

    def load(self) -> type[Finder]:
        """The finder's class."""
        module, _, attribute = self.finder.partition(":")
        found: type[Finder] = getattr(importlib.import_module(module), attribute)
        return found


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about the key number ``occurrence`` of a record."""

    code: str
    occurrence: int = 0
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None


@dataclass(slots=True)
class Found:
    """What a finder has for one record: documents (dict, list and text, as JSON has them), remarks, keys it lacks."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)


class Finder(Protocol):
    """Looks things up in what is on this machine. Made once per source and process; it must be quick."""

    def __init__(self, options: Mapping[str, Any], *, base: Path | None) -> None:
        """``options`` are typed; ``base`` is the folder that relative file names are looked for in first."""
        ...

    def problem(self) -> Remark | None:
        """Why nothing can be found at all (there is no such store), where that is so; ``value`` names the store."""
        ...

    def find(self, keys: Sequence[str]) -> Found:
        """What there is about the keys of one record, in order."""
        ...

    def content(self) -> dict[str, Any]:
        """What is looked in, and a hash of what it holds, for the run manifest."""
        ...


def missing(*, ja: str = "ストアにないときの扱い", en: str = "what to do with a key the store does not have") -> Option:
    """The option ``missing`` that every enrichment has."""
    return Option("missing", kind="choice", default="warn", choices=MISSING, ja=ja, en=en)
