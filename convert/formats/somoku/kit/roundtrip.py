"""A whole file read and written by a layout: how many of its records come out as the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.parts import Damage
from convert.formats.somoku.structure import Codec

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout
    from convert.source import Source


@dataclass(frozen=True, slots=True)
class Whole:
    """Of ``of`` records ``read`` could be read, and ``identical`` were the same bytes when written anew."""

    read: int
    of: int
    identical: int


def tried(layout: Layout, source: Source) -> Whole:
    """Read and write every record; memory does not grow with the file."""
    codec = Codec(layout)
    read = count = same = 0
    with source.open() as stream:
        for found in Frames(codec, stream):
            count += 1
            if isinstance(found, Broken):
                continue
            read += 1
            try:
                same += codec.write(found) == found.data
            except (Damage, ValueError):
                continue
    return Whole(read, count, same)
