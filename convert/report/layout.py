"""Lay out text for a terminal: wide characters take two columns."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PIECE = re.compile(r"[!-~]+|.", re.DOTALL)
_CLOSING = "、。，．）」』】〉》！？ーっゃゅょッャュョ"


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal.

    >>> width("L4 受入日")
    9
    """
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """``text`` with blanks after it."""
    return text + " " * (columns - width(text))


def clip(text: str, columns: int) -> str:
    """``text``, cut with an ellipsis where it takes more than ``columns``.

    >>> clip("昭和五十年頃の受入", 10)
    '昭和五十…'
    """
    if width(text) <= columns:
        return text
    room = columns - 1
    kept = []
    for character in text:
        room -= _columns(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def wrap(text: str, columns: int, *, first: str = "", rest: str = "") -> Iterator[str]:
    """Lines of at most ``columns``; ``first`` stands before the first, ``rest`` before the others.

    A line breaks at blanks and between wide characters, never before a closing mark. A single word longer
    than a line stays whole.
    """
    line, used, empty = first, width(first), True
    for piece in _PIECE.findall(text):
        if empty and piece == " ":
            continue
        if not empty and used + width(piece) > columns and piece not in _CLOSING:
            yield line.rstrip()
            line, used, empty = rest, width(rest), True
            if piece == " ":
                continue
        line, used, empty = line + piece, used + width(piece), False
    yield line.rstrip()


def table(rows: Sequence[Sequence[str]], *, indent: str = "", limit: int | None = None) -> Iterator[str]:
    """Lines of cells that stand under each other, two blanks apart; longer lines than ``limit`` are cut."""
    sizes = [max(width(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    for row in rows:
        line = indent + "  ".join(pad(cell, size) for cell, size in zip(row, sizes, strict=True)).rstrip()
        yield line if limit is None else clip(line, limit)
