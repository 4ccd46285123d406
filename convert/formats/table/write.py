"""Write tables as text: rows as bytes in any encoding, quoted by RFC 4180; cells that are no formulas."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from convert.formats.base import Container
from convert.transforms._tables import TWINS

if TYPE_CHECKING:
    from collections.abc import Sequence

BOM = b"\xef\xbb\xbf"
GETA = "〓"
"""Stands for a character that an encoding does not have, as in Japanese print."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def guarded(text: str) -> str:
    """``text`` as a cell that no spreadsheet takes for a formula.

    The full-width signs count too: a Japanese spreadsheet may read them as the narrow ones.

    >>> guarded("=1+1"), guarded("-5"), guarded("@x")
    ("'=1+1", '-5', "'@x")
    """
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


class Alphabet:
    r"""What an encoding can hold.

    >>> Alphabet("cp932").holds("髙橋"), Alphabet("cp932").missing("𠮷野家の𠮷")
    (True, '𠮷')
    >>> ascii(Alphabet("shift_jis").fitting("\uff5e𠮷"))
    "'\\u301c\\u3013'"
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        pairs = [(pair[at], pair[1 - at]) for pair in TWINS for at in (0, 1)]
        self._twins = {ord(a): b for a, b in pairs if not self.holds(a) and self.holds(b)}
        self._stand_in = GETA if self.holds(GETA) else "?"

    def holds(self, text: str) -> bool:
        """Whether the text can be written as it is."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def missing(self, text: str) -> str:
        """The characters that have no place in the encoding, each once."""
        text = text.translate(self._twins)
        return "".join(dict.fromkeys(character for character in text if not self.holds(character)))

    def fitting(self, text: str) -> str:
        """The text with its twins, and a geta mark (〓) for what has no place."""
        text = text.translate(self._twins)
        return "".join(character if self.holds(character) else self._stand_in for character in text)


class _Echo:
    """A file that hands back what is written: one row of ``csv.writer`` as text."""

    def write(self, text: str) -> str:
        return text


class RowFile:
    """A table as text with a header row. ``limit``: bytes of a file. ``container`` is what stands around the rows."""

    def __init__(
        self,
        columns: Sequence[str],
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        bom: bool = False,
        newline: str = "\r\n",
        limit: int | None = None,
    ) -> None:
        self._writer = csv.writer(_Echo(), delimiter=delimiter, lineterminator="\r\n")  # so cells with CR are quoted
        self._newline = newline
        self._encoding = encoding
        head = self.row(columns)
        self.container = Container(head=BOM + head if bom else head, limit=limit)

    def row(self, cells: Sequence[str]) -> bytes:
        """One row, quoted where it has to be. The cells must have their place in the encoding."""
        line: Any = self._writer.writerow(cells)  # csv hands back what _Echo.write returns, which is no count
        return f"{str(line)[:-2]}{self._newline}".encode(self._encoding)
