"""Write a drafted mapping as YAML with its reasons as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.draft.model import Block, Line
from convert.draft.yaml import comment, flow, scalar
from convert.report.layout import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH: Final = 110


def comments(text: str, indent: str = "", *, hang: str = "") -> Iterator[str]:
    """A text as lines of comment; further lines begin with ``hang``."""
    yield from wrap(comment(text), WIDTH, first=f"{indent}# ", rest=f"{indent}# {hang}")


def block(lines: Iterable[Line | Block], indent: str = "  ") -> Iterator[str]:
    """The lines of a block, each after its reasons."""
    for line in lines:
        for why in line.why:
            yield from comments(why, indent)
        if isinstance(line, Block):
            yield f"{indent}{scalar(line.key)}:"
            yield from block(line.lines, indent + "  ")
        else:
            mark = "# " if line.held else ""
            yield f"{indent}{mark}{scalar(line.key)}: {flow(line.value)}"


def section(key: str, lines: list[Line] | list[Line | Block]) -> Iterator[str]:
    """A key of the document with its lines, after an empty line; nothing when there are none."""
    if lines:
        yield ""
        yield f"{key}:"
        yield from block(lines)
