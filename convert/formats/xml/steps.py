"""The part of XPath 1.0 that mappings are mostly written in, as data.

Steps to children by name, ``@name`` at the end, ``.``, ``..`` and ``self::name`` at the beginning, ``|``, ``(…)``;
conditions of ``and``, ``or``, ``not``, ``=``, ``starts-with`` and ``contains``; positions; ``concat``,
``substring-before`` and ``normalize-space``. Everything else is :class:`Beyond`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from convert.formats.xml.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.formats.xml.tokens import Token

ARGUMENTS = {
    "not": (1, 1), "starts-with": (2, 2), "contains": (2, 2),
    "concat": (2, 20), "substring-before": (2, 2), "normalize-space": (1, 1),
}  # fmt: skip
"""The functions, and how many arguments they take."""
LONGEST = 12
"""Steps of a path, each a loop: Python has a limit for loops in each other."""
DEEPEST = 8
"""Brackets in each other."""


Expression: TypeAlias = "Path | Union | Literal | Number | Call"
Test: TypeAlias = "Path | Union | Call | int"
"""A condition, or a position."""


class Beyond(Exception):  # noqa: N818 - no error: XPath itself takes over
    """A path is not of this part of XPath."""


@dataclass(frozen=True, slots=True)
class Step:
    """``axis``: child, attribute, self or parent. ``name`` empty: any. ``tests``: conditions and positions in order."""

    axis: str
    name: str = ""
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the context node, or from those of a ``group`` in brackets that pass its ``tests``."""

    steps: tuple[Step, ...]
    group: Path | Union | None = None
    tests: tuple[Test, ...] = ()

    @property
    def child(self) -> str:
        """The name, where the path is nothing but the name of children; else empty."""
        one = self.steps[0] if len(self.steps) == 1 and self.group is None else None
        return one.name if one is not None and one.axis == "child" and not one.tests else ""


@dataclass(frozen=True, slots=True)
class Union:
    """What is at any of the paths."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A text."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or one of the operators ``and``, ``or`` and ``=``."""

    name: str
    arguments: tuple[Expression, ...]


def parsed(path: str, named: Callable[[Token], str]) -> Path | Union | Call:
    """A whole path; ``named`` gives the full name of an element or attribute. Raises :class:`Beyond`.

    >>> parsed("a[@b='1']/c[2]", lambda token: token.text).steps[1]
    Step(axis='child', name='c', tests=(2,))
    >>> parsed("count(a)", lambda token: token.text)
    Traceback (most recent call last):
    convert.formats.xml.steps.Beyond: count
    """
    reader = _Reader([token for token in tokens(path) if token.kind != "space"], named)
    found = reader.either()
    if reader.left or isinstance(found, Literal | Number):
        raise Beyond(path)
    return found


class _Reader:
    """Reads an expression from its tokens, the first being last."""

    def __init__(self, found: list[Token], named: Callable[[Token], str]) -> None:
        self.left = found[::-1]
        self.named = named
        self.depth = 0

    def next(self, *texts: str) -> bool:
        """Whether one of these comes next."""
        return bool(self.left) and self.left[-1].text in texts

    def take(self, *texts: str) -> bool:
        """Pass over one of these, where it comes next."""
        found = self.next(*texts)
        if found:
            self.left.pop()
        return found

    def expect(self, text: str) -> None:
        """Pass over what has to come next."""
        if not self.take(text):
            raise Beyond(text)

    def either(self) -> Expression:
        """Anything."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Beyond("(")
        parts = [self.both()]
        while self.next("or") and self.left[-1].kind == "operator":
            self.left.pop()
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Call("or", tuple(parts))

    def both(self) -> Expression:
        """Anything without ``or``."""
        parts = [self.equal()]
        while self.next("and") and self.left[-1].kind == "operator":
            self.left.pop()
            parts.append(self.equal())
        return parts[0] if len(parts) == 1 else Call("and", tuple(parts))

    def equal(self) -> Expression:
        """A comparison, or what may stand in one."""
        left = self.union()
        return Call("=", (left, self.union())) if self.take("=") else left

    def union(self) -> Expression:
        """Paths with ``|`` between, or something else."""
        found = self.operand()
        paths: list[Path] = []
        while self.take("|"):
            paths += self._paths(found)
            found = self.operand()
        return Union((*paths, *self._paths(found))) if paths else found

    @staticmethod
    def _paths(found: object) -> tuple[Path, ...]:
        if not isinstance(found, Path | Union):
            raise Beyond("|")
        return found.paths if isinstance(found, Union) else (found,)

    def operand(self) -> Expression:
        """A literal, a number, a function, something in brackets, or a path."""
        if not self.left:
            raise Beyond
        first = self.left[-1]
        if first.kind in ("literal", "number"):
            self.left.pop()
            return Literal(first.text[1:-1]) if first.kind == "literal" else Number(float(first.text))
        if self.take("("):
            return self._group()
        if first.kind == "word" and first.text != "self":
            return self._call()
        return Path(self._steps())

    def _group(self) -> Expression:
        inside = self.either()
        self.expect(")")
        tests = self._tests()
        steps = self._steps() if self.take("/") else ()
        if not tests and not steps:
            return inside
        if not isinstance(inside, Path | Union):
            raise Beyond(")")
        return Path(steps, inside, tests)

    def _call(self) -> Call:
        name = self.left.pop().text
        self.expect("(")
        least, most = ARGUMENTS.get(name, (0, 0))
        if not least:
            raise Beyond(name)
        found = [self.either()]
        while self.take(","):
            found.append(self.either())
        self.expect(")")
        if not least <= len(found) <= most:
            raise Beyond(name)
        return Call(name, tuple(found))

    def _steps(self) -> tuple[Step, ...]:
        steps = [self._step()]
        while self.take("/"):
            steps.append(self._step())
        odd = any(step.axis in ("self", "parent") for step in steps[1:])
        if odd or any(step.axis == "attribute" for step in steps[:-1]) or len(steps) > LONGEST:
            raise Beyond("/")
        return tuple(steps)

    def _step(self) -> Step:
        if self.take("."):
            return Step("self")
        if self.take(".."):
            return Step("parent")
        axis = "attribute" if self.take("@") else "child"
        if self.next("self") and self.left[-1].kind == "word":
            self.left.pop()
            self.expect("::")
            axis = "self"
        token = self.left.pop() if self.left else None
        if token is None or token.kind not in ("element", "prefixed", "attribute") or token.text.endswith("*"):
            raise Beyond(token.text if token else "")
        tests = self._tests()
        if tests and axis != "child":
            raise Beyond("[")
        return Step(axis, self.named(token), tests)

    def _tests(self) -> tuple[Test, ...]:
        found: list[Test] = []
        while self.take("["):
            test = self.either()
            self.expect("]")
            if isinstance(test, Number) and test.value >= 1 and test.value.is_integer():
                found.append(int(test.value))
            elif isinstance(test, Path | Union | Call):
                found.append(test)
            else:
                raise Beyond("[")
        return tuple(found)
