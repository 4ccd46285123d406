"""Numbers as they stand in labels, directories and subfield heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.somoku.charsets import charset

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.formats.somoku.model import Number

_DIGITS = b"0123456789"


class Figures:
    """Reads and writes one kind of number. ``control``: the character set its digits are written in."""

    def __init__(self, number: Number, control: str) -> None:
        self.width = number.width
        self.most = 256**number.width - 1 if number.coding == "binary" else 10**number.width - 1
        theirs = charset(control).encode(_DIGITS.decode())
        pad = charset(control).encode(number.pad)
        self._table = None if theirs == _DIGITS else bytes.maketrans(_DIGITS, theirs)
        self._back = None if theirs == _DIGITS else bytes.maketrans(theirs, _DIGITS)
        self._pad, self._format = pad, b"%%0%dd" % number.width
        self._blank = number.pad != "0"
        self.read: Callable[[bytes], int] = self._read_binary if number.coding == "binary" else self._read_digits
        self.write: Callable[[int], bytes] = self._write_binary if number.coding == "binary" else self._write_digits

    def _read_binary(self, data: bytes) -> int:
        if len(data) != self.width:
            raise ValueError(data)
        return int.from_bytes(data, "big")

    def _read_digits(self, data: bytes) -> int:
        """The number; ValueError for anything but digits after the filling."""
        digits = data.lstrip(self._pad) if self._blank else data
        if self._back is not None:
            if any(byte not in self._back_known() for byte in digits):
                raise ValueError(data)
            digits = digits.translate(self._back)
        if len(data) != self.width or not digits.isdigit():
            raise ValueError(data)
        return int(digits)

    def _back_known(self) -> bytes:
        return _DIGITS.translate(self._table) if self._table else _DIGITS

    def _write_binary(self, value: int) -> bytes:
        return self._checked(value).to_bytes(self.width, "big")

    def _write_digits(self, value: int) -> bytes:
        digits = self._format % self._checked(value)
        if self._table is not None:
            digits = digits.translate(self._table)
        if self._blank:
            zero = b"0" if self._table is None else b"0".translate(self._table)
            kept = digits.lstrip(zero) or zero
            return kept.rjust(self.width, self._pad)
        return digits

    def _checked(self, value: int) -> int:
        if not 0 <= value <= self.most:
            raise OverflowError(value)
        return value
