"""Whether a value needs no word: the fast yes or no before ``checks`` says what is wrong.

A gate may say no of a value that is right (then the checks look and find nothing), never yes of one that is not. It
goes by the line of a value (``lines``), which there only is when nothing is to be said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convert.formats.dcndl.escape import forbidden
from convert.formats.dcndl.lines import ItemLine, Looks, good_address, line_of, literal_form

if TYPE_CHECKING:
    from convert.formats.dcndl.lines import Line
    from convert.formats.dcndl.model import Name

Gate = Callable[[Any], bool]


def gate(name: Name, *, paired: bool, holder: bool) -> Gate:
    """The gate of one name. ``paired``: its rule gives readings; ``holder``: the options name the library."""
    looks = Looks(frozenset((name.name,) if paired else ()), holder=holder)
    if name.kind == "about":
        return lambda value: value.__class__ is str and good_address(value)
    if name.kind == "header" or (name.kind == "literal" and literal_form(name) is None):
        return lambda value: value.__class__ is str and forbidden(value) is None
    if name.kind == "item":
        item = ItemLine(looks)
        return _through(lambda value: item.line(value, ""))
    line = line_of(name, looks)
    return _through(line) if line is not None else lambda value: False


def _through(line: Line) -> Gate:
    """Whether there is a line, and it can be written."""

    def clean(value: Any) -> bool:
        found = line(value)
        if found is None:
            return False
        return forbidden(found[1] if len(found) == 3 else "".join(found[1::3])) is None

    return clean
