"""The head of a file, held in memory, as a guess looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

LOOK: Final = 4 * 2**20
"""Bytes of a file that are looked at."""
PADDING: Final = b"\x00\x1a\n\r "
"""What may stand after the last record and mean nothing."""

_EBCDIC: Final = "".join(map(chr, range(256))).encode("latin-1").decode("cp037")
_TO_ASCII: Final = bytes(ord(sign) if 0x20 <= ord(sign) < 0x7F else 0xFF for sign in _EBCDIC)
"""EBCDIC to ASCII where there is such a character, else FF."""


@dataclass(slots=True)
class Sample:
    """The first bytes of a file; ``whole``: these are all. ``views``: the same bytes as ASCII, by character set of
    numbers and tags.
    """

    data: bytes
    whole: bool
    views: dict[str, bytes] = field(default_factory=dict)

    def view(self, control: str) -> bytes:
        """The bytes with digits, letters and blanks in ASCII. ``control``: ``ascii`` or ``ebcdic``."""
        if control not in self.views:
            self.views[control] = ascii_view(self.data, control)
        return self.views[control]


def ascii_view(data: bytes, control: str) -> bytes:
    """Bytes with digits, letters and blanks in ASCII."""
    return data if control == "ascii" else data.translate(_TO_ASCII)


def take(stream: BinaryIO, most: int = LOOK) -> Sample:
    """The head of a stream."""
    parts, size = [], 0
    while size <= most:
        block = stream.read(min(1 << 20, most + 1 - size))
        if not block:
            break
        parts.append(block)
        size += len(block)
    data = b"".join(parts)
    return Sample(data[:most], len(data) <= most)


def number(data: bytes) -> int:
    """Decimal digits after blanks or zeros; -1 for anything else.

    >>> number(b"00023"), number(b"   23"), number(b"2 3"), number(b"")
    (23, 23, -1, -1)
    """
    digits = data.lstrip(b" ")
    return int(digits) if digits.isdigit() else -1


def common_end(pieces: list[bytes], most: int = 4) -> bytes:
    """The bytes with which all pieces end, ``most`` at the most.

    >>> common_end([b"a;.", b"bc;."])
    b';.'
    """
    if not pieces:
        return b""
    for count in range(most, 0, -1):
        end = pieces[0][-count:]
        if len(end) == count and all(piece.endswith(end) for piece in pieces):
            return end
    return b""
