"""Transforms that make several values of one, or look at all values of a field."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - the decorator reads the annotations

from convert.transforms import transform


@transform("expand")
def split(value: str, separator: str) -> list[str]:
    """Split at ``separator`` and trim; empty parts are no values. An empty separator splits nothing.

    >>> split("皿; 鉢;", ";")
    ['皿', '鉢']
    """
    parts = value.split(separator) if separator else [value]
    return [part for part in map(str.strip, parts) if part]


@transform("list")
def unique(values: Sequence[str]) -> list[str]:
    """Each value once, in the order of its first place.

    >>> unique(["皿", "鉢", "皿"])
    ['皿', '鉢']
    """
    return list(dict.fromkeys(values))


@transform("list")
def first(values: Sequence[str]) -> list[str]:
    """Keep the first value only.

    >>> first(["皿", "鉢"])
    ['皿']
    """
    return list(values[:1])


@transform("list")
def last(values: Sequence[str]) -> list[str]:
    """Keep the last value only.

    >>> last(["皿", "鉢"])
    ['鉢']
    """
    return list(values[-1:])


@transform("list")
def rest(values: Sequence[str]) -> list[str]:
    """Every value but the first.

    >>> rest(["皿", "鉢"]), rest(["皿"])
    (['鉢'], [])
    """
    return list(values[1:])
