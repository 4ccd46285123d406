"""JSON Lines as a target: the mapped values as they are, one object a line, every field an array.

For looking at what a mapping makes, and for programs that go on from there. There is no receiver and hence
no rule: any target name is good.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from convert.formats.base import Coercer, Companion, Container, Options, TargetFault, TargetRule
from convert.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from convert.check.issue import Finding
    from convert.model import Mapped


class JsonLinesTarget:
    """``{"id": …, TARGET: [value, …]}``. A value with a reading, language or type is an object with ``value``."""

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        self.faults = [TargetFault("JSL-ID", rule.number) for rule in rules if rule.name == "id"]
        self._limit: int | None = options.get("split")

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """Text stays text."""
        return None

    def identity(self, record_id: str) -> str:
        """The id as it is."""
        return record_id

    def assemble(self, mapped: Mapped) -> tuple[Any, list[Finding]]:
        """The record's id and its values."""
        document: dict[str, Any] = {"id": mapped.id}
        for target, values in mapped.values.items():
            document[target] = [_plain(value) for value in values]
        return document, []

    def encode(self, document: Any) -> bytes:
        """One line."""
        return orjson.dumps(document, default=_exact, option=orjson.OPT_APPEND_NEWLINE)

    def container(self) -> Container:
        """Lines need nothing around them."""
        return Container(limit=self._limit)

    def companions(self) -> Iterable[Companion]:
        """No further files."""
        return ()


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        parts = {"value": value.value, "yomi": value.yomi, "lang": value.lang, "type": value.type}
        return {name: part for name, part in parts.items() if part is not None}
    if isinstance(value, dict):
        return {name: [_plain(item) for item in items] for name, items in value.items()}
    return value


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is no JSON value")
