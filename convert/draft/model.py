"""The parts of a drafted mapping, before they are written as YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convert.inspect.column import Column
    from convert.inspect.profile import Profile


@dataclass(frozen=True, slots=True)
class Picked:
    """The column taken for the id or the title. ``how``: ``stated`` by the user, ``found``, or a ``guess``.

    ``why`` says it in the user's language.
    """

    column: Column
    how: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a drafter works from: the profile, its columns worth a rule, the id and title that were picked.

    ``title`` is None where no column has words. ``columns`` leaves out those beyond the limits. ``lang`` is the
    language of the comments.
    """

    profile: Profile
    columns: tuple[Column, ...]
    id: Picked
    title: Picked | None
    lang: str

    def path(self, column: Column) -> str:
        """The path as a mapping writes it: a header that begins with ``$`` or ``^`` is named by its number."""
        return f"#{column.number}" if column.number and column.path[:1] in ("$", "^") else column.path


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block: a key with its value (text, list or table), and why. ``held``: written as a comment."""

    key: str
    value: Any
    why: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A key with lines of its own below it."""

    key: str
    lines: tuple[Line | Block, ...]
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class Drafted:
    """A drafted mapping. ``todo`` is told at the top, the most pressing first, ``legend`` before the fields.

    ``record`` are the lines of ``record:``; ``held`` are the paths that must not pass through.
    """

    target: list[Line | Block] = field(default_factory=list)
    lookups: list[Line | Block] = field(default_factory=list)
    defs: list[Line] = field(default_factory=list)
    record: list[Line] = field(default_factory=list)
    fields: list[Line] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)
