"""A finding about a record of a layout: the member it is about, or the very byte."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_WORDS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found(Finding):
    """``target`` and ``index`` name an element and its occurrence. ``member``: the member of that group, with its
    number. ``byte`` and ``path``: the byte of the file and the place, where a file was read and they are known.
    """

    member: str | None = None
    number: int = 0
    byte: int | None = None
    path: str | None = None


class Hit(NamedTuple):
    """What is wrong with one text, wherever it stands. ``more``: words of the message."""

    code: str
    more: Mapping[str, Any] = _NO_WORDS
    suggestion: str | None = None
