"""What a record is made of: label, fields, subfields; and what is wrong with its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from convert.formats.somoku.charsets import charset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convert.formats.somoku.texts import Texts


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


class Field:
    """A field. ``part`` counts the stretches of a field that is made of stretches of one length, from 0. ``at``: the
    first byte of its data in the record.
    """

    __slots__ = ("_subs", "_texts", "at", "indicators", "part", "tag")

    def __init__(
        self,
        tag: str,
        subs: list[Sub],
        indicators: bytes = b"",
        part: int = 0,
        at: int = 0,
    ) -> None:
        self.tag, self.indicators, self.part, self.at = tag, indicators, part, at
        self._subs: list[Sub] | None = subs
        self._texts: dict[str, list[str]] | None = None

    @property
    def subs(self) -> list[Sub]:
        """The subfields, in order."""
        return self._subs if self._subs is not None else []

    def texts(self, reading: Texts) -> dict[str, list[str]]:
        """The texts of the subfields by identifier."""
        if self._texts is None:
            self._texts = {}
            for sub in self.subs:
                self._texts.setdefault(sub.id, []).append(reading.text(self.tag, sub))
        return self._texts

    def __repr__(self) -> str:
        return f"Field({self.tag!r}, {self.subs!r})"


class Pieces:
    """The data of all subfields of a record by mode, each in the order of the record, and the same as texts. Apart from
    the record, whose fields hold it: what holds one another in a ring is not freed at once.
    """

    __slots__ = ("data", "decoded")

    def __init__(self, data: dict[str, list[bytes]]) -> None:
        self.data = data
        self.decoded: dict[str, list[str]] | None = None


class FoundField(Field):
    """A field of a record that was read in one go: its subfields are the so many-th text of their mode in the record.

    ``refs``: identifier, mode and number of each subfield.
    """

    __slots__ = ("_pieces", "_refs")

    def __init__(self, tag: str, refs: list[tuple[str, str, int]], pieces: Pieces, indicators: bytes, at: int) -> None:
        self.tag, self.indicators, self.part, self.at = tag, indicators, 0, at
        self._refs, self._pieces = refs, pieces
        self._subs = self._texts = None

    @property
    def subs(self) -> list[Sub]:
        """The subfields, in order."""
        if self._subs is None:
            data = self._pieces.data
            self._subs = [Sub(name, mode, data[mode][number]) for name, mode, number in self._refs]
        return self._subs

    def texts(self, reading: Texts) -> dict[str, list[str]]:
        """The texts of the subfields by identifier."""
        found = self._texts
        if found is None:
            found = self._texts = {}
            pieces = self._pieces
            decoded = pieces.decoded
            if decoded is None:
                decoded = pieces.decoded = reading.decoded(pieces.data)
            for name, mode, number in self._refs:
                if name in found:
                    found[name].append(decoded[mode][number])
                else:
                    found[name] = [decoded[mode][number]]
        return found


class Description:
    """One record of the file: the bytes of its label, and its fields. ``at``: its first byte in the file.

    ``data``: the record as it stands. ``odd``: what could be read and is not as it should be. ``later`` gives the
    fields when they are asked for. ``texts``: the data of all subfields, where that is known at
    once.
    """

    __slots__ = ("_fields", "_later", "at", "data", "label", "odd", "texts")

    def __init__(
        self,
        label: bytes,
        fields: list[Field] | None = None,
        data: bytes = b"",
        later: Callable[[], list[Field]] | None = None,
        texts: Pieces | None = None,
    ) -> None:
        self.label, self.data, self.at, self.texts = label, data, 0, texts
        self.odd: Sequence[Damage] = ()
        self._fields, self._later = fields, later

    @property
    def fields(self) -> list[Field]:
        """The fields, in the order of the directory."""
        if self._fields is None:
            self._fields = [] if self._later is None else self._later()
        return self._fields


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
