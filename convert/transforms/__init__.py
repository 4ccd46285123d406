"""Transforms: small named functions that a mapping's ``do`` calls. One file per family.

A transform takes text and gives text, several texts or None for "not mine". It never prints, raises for
bad data, reads a clock or changes anything. Its kind says what it takes and gives:

``value``   one → one or none        ``def trim(value: str) -> str | None``
``expand``  one → many               ``def split(value: str, separator: str) -> list[str]``
``list``    all → all                ``def unique(values: Sequence[str]) -> list[str]``

A ``value`` transform that checks may answer :class:`~convert.model.Changed` instead: the value that goes on, and an
issue about it. Its return annotation says so (``-> str | Changed | None``); generated plans look for it nowhere else.

Further parameters are the arguments a mapping may give; their annotations (str, int, bool, Literal[…]) are
checked before any data is read. To add one: write it here in the file of its family, with a doctest.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from convert.model import Changed

Kind = Literal["value", "expand", "list"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a transform: its type is ``str``, ``int``, ``bool`` or the words it may be."""

    name: str
    type: type | tuple[str, ...]
    required: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform as the mapping engine sees it. ``remarks``: it may answer :class:`~convert.model.Changed`."""

    name: str
    kind: Kind
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    remarks: bool = False

    @property
    def doc(self) -> str:
        """The docstring, for the generated reference."""
        return inspect.getdoc(self.function) or ""


def transform(kind: Kind = "value", *, name: str | None = None, inline: str | None = None) -> Callable[[F], F]:
    """Mark a function as a transform.

    ``inline``: an expression over ``{x}``, with ``{f}`` the function itself, that gives the same and is faster where
    nothing is to do; generated plans use it in place of the call.
    """

    def mark(function: F) -> F:
        if inline is not None:
            function.__inline__ = inline  # type: ignore[attr-defined]
        word = name or function.__name__.rstrip("_")
        hints = typing.get_type_hints(function)
        remarks = Changed in typing.get_args(hints.get("return"))
        made = Transform(word, kind, function, _parameters(function, hints), remarks)
        function.__transform__ = made  # type: ignore[attr-defined]
        return function

    return mark


def _parameters(function: Callable[..., Any], hints: dict[str, Any]) -> tuple[Parameter, ...]:
    found = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        hint = hints[parameter.name]
        words = typing.get_args(hint) if typing.get_origin(hint) is Literal else None
        required = parameter.default is inspect.Parameter.empty
        found.append(Parameter(parameter.name, words or hint, required, None if required else parameter.default))
    return tuple(found)


def collect(module: Any) -> dict[str, Transform]:
    """Every transform a module defines, by name."""
    marked = (getattr(thing, "__transform__", None) for thing in vars(module).values())
    return {item.name: item for item in marked if isinstance(item, Transform)}
