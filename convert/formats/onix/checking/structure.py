"""What may stand inside which element: ``structure.toml`` made ready, and the faults of one element's children."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING

from convert.formats.onix.names import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MEMORY = 500
"""Sequences of children that a model remembers as good (products are much alike); faults it tells of an element."""
_TOKEN = re.compile(r"\w+|[()|?*+]")


@dataclass(frozen=True, slots=True)
class Particle:
    """A name, a sequence or a choice, and how often it may stand: ``least`` 0 or 1, ``many`` without an end."""

    name: str = ""
    parts: tuple[Particle, ...] = ()
    choice: bool = False
    least: int = 1
    many: bool = False

    def names(self) -> Iterator[tuple[str, bool]]:
        """Every name in order, and whether it may repeat."""
        if self.name:
            yield self.name, self.many
        for part in self.parts:
            for name, many in part.names():
                yield name, many or self.many

    def pattern(self, *, lax: bool = False) -> str:
        """A regular expression over names that each end in a comma. ``lax``: nothing is mandatory."""
        if self.name:
            inner = f"(?:{self.name},)"
        else:
            inner = f"(?:{('|' if self.choice else '').join(part.pattern(lax=lax) for part in self.parts)})"
        needed = self.least and not lax
        mark = ("+" if needed else "*") if self.many else ("" if needed else "?")
        return inner + mark

    def missing(self, present: set[str]) -> Iterator[str]:
        """What has to be there and is not; ``A / B`` where one of several would do."""
        if not any(name in present for name, _ in self.names()):
            if self.least and not self.nothing():
                yield self.needed()
        elif not self.choice:
            for part in self.parts:
                yield from part.missing(present)
        else:
            branches = [part for part in self.parts if any(name in present for name, _ in part.names())]
            yield from min((list(part.missing(present)) for part in branches), key=len)

    def nothing(self) -> bool:
        """Whether it may be missing altogether."""
        if not self.least:
            return True
        return bool(self.parts) and (any if self.choice else all)(part.nothing() for part in self.parts)

    def needed(self) -> str:
        """The names that would do, or the first of a sequence."""
        if self.name:
            return self.name
        if self.choice:
            return " / ".join(dict.fromkeys(part.needed() for part in self.parts))
        return next(part.needed() for part in self.parts if not part.nothing())


def parse(text: str) -> Particle:
    """A line of ``structure.toml``.

    >>> [name for name, _ in parse("A (B C? | D+) E*").names()]
    ['A', 'B', 'C', 'D', 'E']
    >>> list(parse("A (B C? | D+) E*").missing({"E"}))
    ['A', 'B / D']
    """
    return _choice(_TOKEN.findall(text)[::-1])


def _choice(tokens: list[str]) -> Particle:
    branches: list[list[Particle]] = [[]]
    while tokens and tokens[-1] != ")":
        token = tokens.pop()
        if token == "|":  # noqa: S105 - a mark of the notation
            branches.append([])
        elif token == "(":  # noqa: S105
            inner = _choice(tokens)
            tokens.pop()
            branches[-1].append(_often(tokens, "", inner))
        else:
            branches[-1].append(_often(tokens, token, None))
    sequences = [branch[0] if len(branch) == 1 else Particle(parts=tuple(branch)) for branch in branches]
    return sequences[0] if len(sequences) == 1 else Particle(parts=tuple(sequences), choice=True)


def _often(tokens: list[str], name: str, inner: Particle | None) -> Particle:
    mark = tokens.pop() if tokens and tokens[-1] in "?*+" else ""
    least, many = int(mark in ("", "+")), mark in ("*", "+")
    if inner is None:
        return Particle(name, least=least, many=many)
    if not mark:
        return inner
    return Particle(parts=(inner,), least=least, many=many)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault among the children of an element. ``kind``: CHILD, REPEAT, ORDER, MISSING, COMBINATION.

    ``child`` is the index of the child that is wrong; None: the element itself. COMBINATION: the child goes together
    with none or not all of the others.
    """

    kind: str
    name: str
    child: int | None = None


class Model:
    """The children of one element. Quick where nothing is wrong, at length where something is."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self._particle = parse(text)
        self._good: set[tuple[str, ...]] = set()
        self._whole = re.compile(self._particle.pattern())
        self._lax = re.compile(self._particle.pattern(lax=True))
        self._ranks: dict[str, list[int]] = {}
        self._many: dict[str, bool] = {}
        for rank, (name, many) in enumerate(self._particle.names()):
            self._ranks.setdefault(name, []).append(rank)
            self._many[name] = many or name in self._many

    def faults(self, names: Sequence[str]) -> list[Fault]:
        """Everything wrong with children of these names, in document order."""
        key = tuple(names)
        if key in self._good:
            return []
        if self._whole.fullmatch("".join([f"{name}," for name in names])):
            if len(self._good) < MEMORY and len(key) < MEMORY:
                self._good.add(key)
            return []
        found = list(islice(self._explained(names), MEMORY))
        found += self._apart(names, found)
        return found or [Fault("COMBINATION", " + ".join(dict.fromkeys(names)))]

    def _apart(self, names: Sequence[str], found: Sequence[Fault]) -> Iterator[Fault]:
        """Children that do not go together with those before them, in whatever order."""
        wrong = {fault.child for fault in found if fault.kind in ("CHILD", "REPEAT")}
        first: dict[str, int] = {}
        for index, name in enumerate(names):
            if index not in wrong:
                first.setdefault(name, index)
        taken = ""
        for name in sorted(first, key=lambda name: self._ranks[name][0]):
            if self._lax.fullmatch(f"{taken}{name},"):
                taken += f"{name},"
            else:
                yield Fault("COMBINATION", name, first[name])

    def _explained(self, names: Sequence[str]) -> Iterator[Fault]:
        reached, seen = -1, set()
        for index, name in enumerate(names):
            ranks = self._ranks.get(name)
            if ranks is None:
                yield Fault("CHILD", name, index)
                continue
            if name in seen and not self._many[name]:
                yield Fault("REPEAT", name, index)
            elif ranks[-1] < reached:
                yield Fault("ORDER", name, index)
            else:
                reached = max(reached, next((rank for rank in ranks if rank >= reached), ranks[-1]))
            seen.add(name)
        for name in self._particle.missing(seen):
            yield Fault("MISSING", name)


@dataclass(frozen=True, slots=True)
class Structure:
    """One release: its models, and what kinds of element there are.

    ``plain`` texts need only be some; ``gone`` are elements of releases before.
    """

    models: Mapping[str, Model]
    flags: frozenset[str]
    attributes: frozenset[str]
    sorted: frozenset[str]
    marked: frozenset[str]
    line: frozenset[str]
    plain: frozenset[str]
    gone: frozenset[str] = frozenset()


@cache
def structure(release: str) -> Structure:
    """What our checks know of release ``2.1``, ``3.0`` or ``3.1``."""
    table = tomllib.loads(files("convert.formats.onix.checking").joinpath("structure.toml").read_text("utf-8"))
    old = release.startswith("2")
    texts = table["v2"] if old else table["v3"] | table.get(f"v{release}", {})
    words = {key: frozenset(text.split()) for key, text in table["always"].items()}
    short, special = names(release).short, words["line"] | words["marked"] | words["marked-2"] | words["flags"]
    flags = words["flags"] - {"MainSubject"} if old else words["flags"]
    return Structure(
        {name: Model(text) for name, text in texts.items()},
        flags,
        words["attributes"],
        frozenset() if old else words["sorted"],
        words["marked-2"] if old else words["marked"],
        frozenset() if old else words["line"],
        frozenset(name for name, tag in short.items() if tag != name.lower() and name not in special),
        words["gone"] if release == "3.1" else frozenset(),
    )
