"""The values of a record, whichever way it is written: so that what means the same is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from convert.formats.japansearch import coerce
from convert.formats.japansearch.model import model

COMMON: Final = "common."
_READ: Final = frozenset("ndl")
"""Types whose values can be written in several ways."""
NOT_ITEMS: Final = frozenset(("id", "common", "rdfindex"))
Values = tuple[str, ...]
_MILLISECONDS: Final = re.compile(r"-?\d{1,17}", re.ASCII)
_LETTER: Final = re.compile(r".[_-]([a-z])", re.DOTALL)


def values_of(body: Mapping[str, Any]) -> dict[str, Values]:
    """Every value of a record by name (``common.title``, ``作品名_s``, ``synthmus-1-s``); what is empty is left out.

    What only the receiver makes (``rdfindex``) is left out too.
    """
    found: dict[str, Values] = {}
    common = body.get("common")
    for name, value in common.items() if isinstance(common, Mapping) else ():
        values = _values(value, _kind(name)) if name != "id" else ()
        if values:
            found[COMMON + name] = values
    for name, value in body.items():
        values = _values(value, letter_of(name)) if name not in NOT_ITEMS else ()
        if values:
            found[name] = values
    return found


def names_of(body: Mapping[str, Any]) -> list[str]:
    """The items of a record."""
    return [name for name in body if name not in NOT_ITEMS]


@lru_cache(maxsize=4096)
def letter_of(name: str) -> str:
    """The type letter of an item's key; "" where it has none.

    >>> letter_of("作品名_s"), letter_of("synthmus-11-d"), letter_of("ukansai-rdf:RDF")
    ('s', 'd', '')
    """
    found = _LETTER.fullmatch(name[-3:])
    return found[1] if found else ""


@lru_cache(maxsize=4096)
def _kind(name: str) -> str:
    key = model().common.get(name)
    return {"integer": "d", "object": "l"}.get(key.type, "s") if key is not None else "s"


def _values(value: Any, letter: str) -> Values:
    if value.__class__ is str and letter not in _READ:
        return () if not value or value.isspace() else (value,)
    members = value if isinstance(value, list) else [value]
    return tuple(text for text in (_text(member, letter) for member in members) if text.strip())


def _text(value: Any, letter: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and set(value) == {"lat", "lon"}:
        return ",".join(_number(str(value[name])) for name in ("lat", "lon"))
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = str(value)
    if letter == "n":
        return _number(text)
    if letter == "d":
        return _moment(text)
    return ",".join(map(_number, text.split(","))) if letter == "l" else text


def _number(text: str) -> str:
    """A number as one and the same text: 12.50 is 12.5."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return text
    return f"{found.normalize():f}" if found.is_finite() and -30 < found.adjusted() < 30 else text


def _moment(text: str) -> str:
    """A moment as milliseconds since 1970, whether it was written so or in the manner of ISO 8601."""
    if _MILLISECONDS.fullmatch(text):
        return str(int(text))
    found = coerce.moment(text)
    return text if found is None else str(round(found.timestamp() * 1000))
