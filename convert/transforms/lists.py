"""Transforms that make several values of one, or look at all values of a field."""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003 - the decorator reads the annotations
from functools import cache

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


@transform("list")
def labelled(values: Sequence[str], label: str) -> list[str]:
    """Keep the values that begin with ``label`` and a colon, as notes of DC-NDL do, without these.

    >>> labelled(["配置場所 : 書庫", "郷土資料", "配置場所：２階"], "配置場所")
    ['書庫', '２階']
    """
    begins = _labelled(label)
    return [rest for rest in (begins.sub("", value, 1) for value in values if begins.match(value)) if rest]


@transform("list")
def unlabelled(values: Sequence[str], label: str) -> list[str]:
    """Keep the values that ``labelled`` would not.

    >>> unlabelled(["配置場所 : 書庫", "郷土資料"], "配置場所")
    ['郷土資料']
    """
    begins = _labelled(label)
    return [value for value in values if not begins.match(value)]


@cache
def _labelled(label: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{re.escape(label)}\s*[:：]\s*")
