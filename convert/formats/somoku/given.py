"""Values as mappings give them: a text, a text with its reading, or something that becomes a text."""

from __future__ import annotations

from typing import Any

from convert.model import Text


def parts(value: Any) -> tuple[str, str | None]:
    """The text of a value, and its reading.

    >>> parts(Text("架空の本", yomi="カクウ ノ ホン")), parts(12), parts(None)
    (('架空の本', 'カクウ ノ ホン'), ('12', None), ('', None))
    """
    if value.__class__ is str:
        return value, None
    if isinstance(value, Text):
        return _plain(value.value), value.yomi
    return _plain(value), None


def members(value: Any, first: str) -> dict[str, Any]:
    """The members of a group's value; a text alone is the first member.

    >>> members({"名前": ["架空太郎"]}, "名前"), members("架空太郎", "名前")
    ({'名前': ['架空太郎']}, {'名前': ['架空太郎']})
    """
    return value if isinstance(value, dict) else {first: [value]}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
