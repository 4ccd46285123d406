"""Paths in JSON records.

``a.b``             the member ``b`` of the object ``a``
``creators[].name`` the member ``name`` of each element of the array ``creators``
``creators[0]``     its first element (counted from 0, as JSON tools count)
``dates[role="01"]`` the elements of ``dates`` whose member ``role`` has this value
``subject[type=""]``    those that have no ``type``, or an empty one
``["dc.title"]``    a name that holds ``.``, ``[``, ``]`` or ``"``, written as a JSON string
``.``               the record or node itself

A path means the same whether a value stands alone or in an array: an array at the end of a path, or before a
name, stands for its elements, and ``[]`` or ``[0]`` after a value that is no array takes the value. (Our own rule:
data often has one creator as an object and two as an array.) ``null`` is no value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.errors import PathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convert.model import Location, Record


@dataclass(frozen=True, slots=True)
class Having:
    """A step to the elements that have a member with a value."""

    name: str
    value: str

    def holds(self, item: Any) -> bool:
        """Whether the element has it; of an array one value is enough."""
        if not isinstance(item, dict):
            return False
        member = item.get(self.name)
        if not self.value and member in (None, []):
            return True
        return any(_text(found) == self.value for found in _elements(member))


Step = str | int | Having | None
"""A member's name, an element's number, what elements must have, or None: every element."""

_PLAIN = re.compile(r'[^.\[\]"]+')
_NUMBER = re.compile(r"\[([0-9]{1,9})\]")
_HAVING = re.compile(r"""\[([^.\[\]"'=]+)=(?:("(?:[^"\\]|\\.)*")|'([^']*)')\]""")
_QUOTED = re.compile(r'\[("(?:[^"\\]|\\.)*")\]')


def parse_path(path: str) -> tuple[Step, ...]:
    """Read a path; raises :class:`PathError` with the character where it goes wrong.

    >>> parse_path('creators[].name["x.y"][0]')
    ('creators', None, 'name', 'x.y', 0)
    >>> parse_path(".")
    ()
    """
    if path == ".":
        return ()
    if path[:1] in ("", "^", "$"):
        ja = '初めに名前を書きます。^ や $ で始まる名前は ["$name"] と書きます'
        raise PathError(path, 'a path begins with a name; names that begin with ^ or $ are written ["$name"]', ja=ja)
    steps: list[Step] = []
    at = 0
    while at < len(path):
        step, at = _step_at(path, at, first=not steps)
        steps.append(step)
    return tuple(steps)


def _step_at(path: str, at: int, *, first: bool) -> tuple[Step, int]:
    if path.startswith("[]", at):
        return None, at + 2
    if number := _NUMBER.match(path, at):
        return int(number[1]), number.end()
    if quoted := _QUOTED.match(path, at):
        return _unquoted(path, quoted), quoted.end()
    if having := _HAVING.match(path, at):
        return Having(having[1], having[3] if having[2] is None else _unquoted(path, having, 2)), having.end()
    if path[at] == "[":
        reason = 'after [ comes ], a number, a name in double quotes as in ["dc.title"], or name="value"'
        ja = '[ の後には ]、番号、["dc.title"] のような引用符付きの名前、名前="値" のどれかを書きます'
        raise _wrong(path, at, reason, ja)
    dot = path[at] == "."
    plain = None if dot == first else _PLAIN.match(path, at + dot)
    if plain is None:
        ja = "名前がないか、. や [ があるはずの所に名前があります"
        raise _wrong(path, at, "a name is missing, or stands where . or [ should", ja)
    return plain[0], plain.end()


def _unquoted(path: str, quoted: re.Match[str], group: int = 1) -> str:
    try:
        name: str = json.loads(quoted[group])
    except ValueError as error:
        ja = "引用符の中が JSON の文字列ではありません"
        raise _wrong(path, quoted.start(), "what stands in quotes is not a JSON string", ja) from error
    return name


def _wrong(path: str, at: int, reason: str, ja: str) -> PathError:
    return PathError(path, f"character {at + 1}: {reason}", ja=f"{at + 1} 文字目：{ja}")


def path_text(steps: Sequence[Step], within: str = "") -> str:
    """Write steps as a path, after the path ``within``.

    >>> path_text(("creators", 2, "x.y"), "record")
    'record.creators[2]["x.y"]'
    """
    text = "" if within == "." else within
    for step in steps:
        if isinstance(step, str):
            text += _name(step, first=not text)
        elif isinstance(step, Having):
            text += f"[{step.name}={json.dumps(step.value, ensure_ascii=False)}]"
        else:
            text += "[]" if step is None else f"[{step}]"
    return text or "."


def _name(step: str, *, first: bool) -> str:
    if _PLAIN.fullmatch(step) and not (first and step[0] in "^$"):
        return step if first else f".{step}"
    return f"[{json.dumps(step, ensure_ascii=False)}]"


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _follow(found: list[Any], step: Step) -> list[Any]:
    if step is None:
        return [item for value in found for item in _elements(value)]
    if isinstance(step, int):
        return [_elements(value)[step] for value in found if step < len(_elements(value))]
    if isinstance(step, Having):
        return [item for value in found for item in _elements(value) if step.holds(item)]
    return [
        item[step] for value in found for item in _elements(value) if isinstance(item, dict) and step in item
    ]  # fmt: skip


Place = tuple[tuple[Step, ...], Any]


def _places(value: Any) -> Iterator[Place]:
    """Elements with their numbers; a value alone stands where it is."""
    if isinstance(value, list):
        yield from (((number,), item) for number, item in enumerate(value))
    else:
        yield (), value


def _follow_places(found: list[Place], step: Step) -> list[Place]:
    """Do what :func:`_follow` does, and keep the way to each value."""
    ways = [((*way, *more), item) for way, value in found for more, item in _places(value)]
    if isinstance(step, str):
        return [((*way, step), item[step]) for way, item in ways if isinstance(item, dict) and step in item]
    if step is None:
        return ways
    if isinstance(step, Having):
        return [(way, item) for way, item in ways if step.holds(item)]
    return [
        (((*way, step) if isinstance(value, list) else way), _elements(value)[step])
        for way, value in found
        if step < len(_elements(value))
    ]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path, ready to be followed. Bodies and nodes are dicts, or whatever stands in an array."""

    path: str
    steps: tuple[Step, ...]
    index: int | None = None

    @property
    def many(self) -> bool:
        """Whether the path is written for many values: it has a ``[]``."""
        return None in self.steps

    @property
    def key(self) -> str | None:
        """The member of the record the path names, where it names nothing deeper."""
        step = self.steps[0] if len(self.steps) == 1 else None
        return step if isinstance(step, str) else None

    @classmethod
    def of(cls, path: str) -> JsonPath:
        """Read the path; raises :class:`PathError`."""
        return cls(path, parse_path(path))

    def values(self, body: Any) -> list[Any]:
        """Every value at the path: texts, true and false as text; objects and inner arrays as they are."""
        return [_text(value) for value in self.nodes(body)]

    def nodes(self, body: Any) -> list[Any]:
        """Everything at the path as it is, ``null`` left out."""
        found = [body]
        for step in self.steps:
            found = _follow(found, step)
        return [item for value in found for item in _elements(value) if item is not None]

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """Return the place of a value by its path with numbers (``creators[2].name``)."""
        base = within.path if within is not None and within.path else "."
        start: Any = record.body
        for step in parse_path(base):
            start = next(iter(_follow([start], step)), None)
        found: list[Place] = [((), start)]
        for step in self.steps:
            found = _follow_places(found, step)
        ways = [
            (*way, *more) for way, value in found for more, item in _places(value) if item is not None
        ]  # fmt: skip
        path = path_text(ways[occurrence] if occurrence < len(ways) else self.steps, base)
        field = within.field if within is not None and within.field else self._field()
        return replace(record.at, path=path, field=field)

    def _field(self) -> str | None:
        return next((step for step in self.steps if isinstance(step, str)), None)


def walk(value: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every text below a value with its path; the elements of an array share one.

    >>> list(walk({"a": "1", "b": [{"c": "2"}, {"c": ""}], "d": None}))
    [('a', '1'), ('b[].c', '2'), ('b[].c', '')]
    """
    if isinstance(value, dict):
        for name, member in value.items():
            yield from walk(member, (*steps, name))
    elif isinstance(value, list):
        for element in value:
            yield from walk(element, (*steps, None))
    elif value is not None:
        yield path_text(steps) or ".", _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def find_text(body: Any, test: Callable[[str], bool]) -> tuple[Step, ...] | None:
    """Find the first text or name in a record that answers ``test``: the way to it."""
    if isinstance(body, str):
        return () if test(body) else None
    if isinstance(body, dict):
        members = ((name, None if test(name) else value) for name, value in body.items())
    else:
        members = ((number, value) for number, value in enumerate(body if isinstance(body, list) else ()))
    for step, value in members:
        if isinstance(step, str) and test(step):
            return ()
        way = find_text(value, test)
        if way is not None:
            return (step, *way)
    return None
