"""Names of elements: which element is a record, and which prefix means which namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NCNAME = r"[^\W\d][\w.\-·]*"
"""A name without a colon, as XML and XPath have it (combining marks left to the parser)."""

_STEP = re.compile(rf"(?:(?P<prefix>{NCNAME}):)?(?P<local>{NCNAME}|\*)")

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class Open:
    """An element that is open around a record: its name as written, and the namespaces in force inside it."""

    name: str
    scope: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    prefix: str | None
    local: str

    def fits(self, name: str, scope: Mapping[str, str], namespaces: Mapping[str, str]) -> bool:
        """Whether an element is meant. A name without prefix means any namespace; a prefix the mapping declares
        means its URI, any other the prefix as the file writes it.
        """
        prefix, _, local = name.rpartition(":")
        if self.local not in ("*", local):
            return False
        if self.prefix is None:
            return True
        uri = namespaces.get(self.prefix)
        return prefix == self.prefix if uri is None else scope.get(prefix) == uri


@dataclass(frozen=True, slots=True)
class RecordPath:
    """Which elements are records: the last ``steps`` of their way from the root; all of them when ``rooted``."""

    steps: tuple[_Step, ...]
    rooted: bool
    namespaces: Mapping[str, str]

    @classmethod
    def of(cls, text: str | None, namespaces: Mapping[str, str]) -> RecordPath:
        """Read the option; without one, every child of the root element."""
        path = text or "/*/*"
        steps = [_STEP.fullmatch(step) for step in path.strip("/").split("/")]
        found = tuple(_Step(step["prefix"], step["local"]) for step in steps if step is not None)
        return cls(found, path.startswith("/") and not path.startswith("//"), namespaces)

    def fits(self, around: Sequence[Open], name: str, scope: Mapping[str, str]) -> bool:
        """Whether the element ``name``, standing inside ``around``, is a record."""
        count = len(self.steps)
        if not self.steps[-1].fits(name, scope, self.namespaces) or len(around) < count - 1:
            return False
        if self.rooted and len(around) != count - 1:
            return False
        outer = around[len(around) - count + 1 :] if count > 1 else ()
        return all(
            step.fits(element.name, element.scope, self.namespaces)
            for step, element in zip(self.steps[:-1], outer, strict=True)
        )


def record_problem(value: Any) -> str | None:
    """Say what is wrong with the option ``record``.

    >>> record_problem("/root/dc:record"), record_problem("a[1]")
    (None, 'expects the name of an element or a path of names such as /root/list/item')
    """
    text = str(value)
    body = text.removeprefix("//") if text.startswith("//") else text.removeprefix("/")
    if all(_STEP.fullmatch(step) for step in body.split("/")):
        return None
    return "expects the name of an element or a path of names such as /root/list/item"
