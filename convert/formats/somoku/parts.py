"""What a record is made of: label, fields, subfields; and what is wrong with its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from convert.formats.somoku.charsets import charset


class Damage(Exception):  # noqa: N818 - of the data, not of the program
    """What is wrong with a record's bytes: the issue's code, the byte of the record where, and the words."""

    def __init__(self, code: str, at: int, **slots: Any) -> None:
        super().__init__(code)
        self.code, self.at, self.slots = code, at, slots


class Sub(NamedTuple):
    """A subfield: its identifier (``""`` in a plain field), the mode of its character set, and its bytes."""

    id: str
    mode: str
    data: bytes


@dataclass(slots=True)
class Field:
    """A field. ``part`` counts the stretches of a field that is made of stretches of one length, from 0. ``at``: the
    first byte of its data in the record.
    """

    tag: str
    subs: list[Sub]
    indicators: bytes = b""
    part: int = 0
    at: int = 0


@dataclass(slots=True)
class Description:
    """One record of the file: the bytes of its label, and its fields. ``at``: its first byte in the file.

    ``data``: the record as it stands. ``odd``: what could be read and is not as it should be.
    """

    label: bytes
    fields: list[Field]
    at: int = 0
    data: bytes = b""
    odd: list[Damage] = field(default_factory=list)


class Tags:
    """Names between bytes and text, each looked up once."""

    def __init__(self, control: str) -> None:
        self._charset = charset(control)
        self._texts: dict[bytes, str] = {}
        self._bytes: dict[str, bytes] = {}

    def text(self, data: bytes) -> str:
        """Bytes of the file as text."""
        found = self._texts.get(data)
        if found is None:
            found = self._charset.decode(data)
            if len(self._texts) < 10_000:
                self._texts[data] = found
        return found

    def bytes(self, text: str) -> bytes:
        """A text as it stands in the file."""
        found = self._bytes.get(text)
        if found is None:
            found = self._bytes[text] = self._charset.encode(text)
        return found


def shown(data: bytes) -> str:
    r"""Bytes as people read them.

    >>> shown(b"\x1dA")
    '1D 41'
    """
    return data.hex(" ").upper()
