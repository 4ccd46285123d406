"""What all character sets do alike: keep what cannot be read, use a table of gaiji, tell what has no place."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from convert.formats.somoku._fitting import GETA, substitute
from convert.formats.somoku._gaiji import STAND_INS, Gaiji
from convert.transforms._tables import TWINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Kind = Literal["illegal", "gaiji", "missing"]

STAND_IN: Final = re.compile(f"[{STAND_INS}]")
"""A character that stands for bytes nobody could read."""
_SAME: Final = [*((pair[at], pair[1 - at]) for pair in TWINS for at in (0, 1)), ("¥", "￥"), ("‾", "￣")]
"""A character, and the one that is written for it where the set has only that: in JIS X 0208 they are the same."""
_MARKS: Final = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_CLUSTERS: Final = re.compile(f".[{_MARKS}]*", re.DOTALL)
"""A character with the marks that belong to it."""
_TWO_BYTES: Final = 0xF0000
_ONE_BYTE: Final = 0x100000
_SHOWN: Final = 16
_MOST: Final = 20_000
"""Codes whose meaning is remembered: more than any set of two bytes has."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What could not be read or written.

    ``at``: offset in the bytes, or index in the text. ``shown``: the bytes in hex (``29 3A``), or the character with
    the marks that belong to it. ``kind``: ``illegal``, bytes that no character set has there; ``gaiji``, a code outside
    the standard that no table explains; ``missing``, a character the set cannot hold. ``suggestion``: for a missing
    character, what the set holds instead.
    """

    at: int
    shown: str
    kind: Kind
    suggestion: str | None = None


class Unfit(ValueError):  # noqa: N818 - reads as what it is
    """A text with a character that has no place in a set; ``flaws`` holds each."""

    def __init__(self, name: str, text: str, flaws: Sequence[Flaw]) -> None:
        self.name, self.text, self.flaws = name, text, tuple(flaws)
        super().__init__(name, text, self.flaws)

    def __str__(self) -> str:
        return f"no place in {self.name} for {', '.join(dict.fromkeys(flaw.shown for flaw in self.flaws))}"


class Unit(NamedTuple):
    """Some bytes that are read together: what they say, and what is wrong with them."""

    at: int
    raw: bytes
    text: str
    kind: Kind | None = None


class Charset(ABC):
    """A character set. Make one with :func:`charset`.

    A subclass reads and writes text without faults (``_read``, ``_write``, both raise UnicodeError) and says which
    bytes belong together (``_cuts``); all else is here.
    """

    _cuts: bytes = rb"."
    _leads: frozenset[int] = frozenset()
    _width: int | None = None

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str) -> None:
        self.name = name
        self._memo: dict[bytes, tuple[str, Kind | None]] = {}
        self._twins = {ord(a): b for a, b in _SAME if not self._writes(a) and self._writes(b)}
        self._codes = {code: text for code, text in (gaiji or Gaiji()).codes.items() if self._may_explain(code)}
        self._instead = {ord(self._read(code)): text for code, text in self._codes.items() if self._reads(code)}
        self._overruled = re.compile(f"[{re.escape(''.join(map(chr, self._instead)))}]") if self._instead else None
        self._backward = self._written_back()
        self._marked = marked(self._backward)
        known = [re.escape(code) for code in sorted(self._codes, key=len, reverse=True)]
        self._units = re.compile(b"|".join([*known, self._cuts]), re.DOTALL)
        self._stand_in = next((mark for mark in (stand_in, "?", GETA) if self._writes(mark)), "")

    @property
    def width(self) -> int | None:
        """Bytes of every character, where all have as many."""
        return None if self._codes else self._width

    def decode(self, data: bytes) -> str:
        """Read bytes; what cannot be read becomes private use characters. Never raises."""
        try:
            text = self._read(data)
        except UnicodeError:
            return "".join([unit.text for unit in self._scan(data)])
        return text if self._overruled is None else text.translate(self._instead)

    def read(self, data: bytes) -> tuple[str, list[Flaw]]:
        """Read bytes, and what :meth:`decode` could not read of them."""
        try:
            text = self._read(data)
        except UnicodeError:
            units = list(self._scan(data))
            return "".join([unit.text for unit in units]), _flaws(units)
        return (text if self._overruled is None else text.translate(self._instead)), []

    def flaws(self, data: bytes) -> list[Flaw]:
        """What :meth:`decode` could not read, illegal bytes in a row as one."""
        return self.read(data)[1]

    def encode(self, text: str) -> bytes:
        """Write a text. Raises :class:`Unfit` where a character has no place.

        Twins (～ and 〜, － and − …) are one character in JIS and written as the one that the set has.
        """
        if self._overruled is None or self._overruled.search(text) is None:
            try:
                return self._write(text)
            except UnicodeError:
                pass
        data, missing = self._placed(text)
        if missing:
            raise Unfit(self.name, text, self._flaws_of(missing))
        return data

    def fit(self, text: str) -> tuple[bytes, list[Flaw]]:
        """Write a text, the stand-in for what has no place, and tell what that was. Never raises."""
        if self._overruled is None or self._overruled.search(text) is None:
            try:
                return self._write(text), []
            except UnicodeError:
                pass
        data, missing = self._placed(text)
        return data, self._flaws_of(missing)

    def holds(self, text: str) -> bool:
        """Whether every character of a text has a place."""
        if self._overruled is None or self._overruled.search(text) is None:
            try:
                self._write(text)
            except UnicodeError:
                pass
            else:
                return True
        if self._overruled is None and not self._backward and not STAND_IN.search(text):
            return self._writes(text.translate(self._twins))  # no code but the set's own could help
        return not self._placed(text)[1]

    def canonical(self, data: bytes) -> bool:
        """Whether these bytes are what :meth:`encode` makes of their text."""
        try:
            return self.encode(self.decode(data)) == data
        except Unfit:
            return False

    @abstractmethod
    def _read(self, data: bytes) -> str:
        """Read bytes without faults; UnicodeError for any other."""

    @abstractmethod
    def _write(self, text: str) -> bytes:
        """Write a text that the set has; UnicodeError for any other."""

    def _join(self, pieces: list[bytes]) -> bytes:
        return b"".join(pieces)

    def _coded(self, code: bytes) -> bytes:
        """How a code of the table is written."""
        return code

    def _stray(self, code: bytes) -> bytes:
        """How bytes that nobody could read are written."""
        return code

    def _reads(self, data: bytes) -> bool:
        try:
            return len(self._read(data)) == 1
        except UnicodeError:
            return False

    def _writes(self, text: str) -> bool:
        try:
            return bool(self._write(text))
        except UnicodeError:
            return False

    def _plain(self, text: str) -> bool:
        """Whether the set holds a text by itself, without the table of gaiji."""
        return (self._overruled is None or not self._overruled.search(text)) and self._writes(
            text.translate(self._twins)
        )

    def _may_explain(self, code: bytes) -> bool:
        """Whether a table may say what a code means: it is unreadable and begins no other code, or it is the one code
        of a character.
        """
        try:
            text = self._read(code)
            return len(text) == 1 and self._write(text) == code
        except UnicodeError:
            return not (len(code) == 1 and code[0] in self._leads)

    def _written_back(self) -> dict[str, bytes]:
        """Text → code, for what the set does not hold by itself; the first of two codes with one text."""
        folded = {code: text.translate(self._twins) for code, text in self._codes.items()}
        return {text: code for code, text in reversed(folded.items()) if not self._plain(text)}

    def _scan(self, data: bytes) -> Iterator[Unit]:
        memo = self._memo
        for match in self._units.finditer(data):
            raw = match[0]
            meaning = memo.get(raw)
            if meaning is None:
                meaning = self._meaning(raw)
                if len(memo) < _MOST:
                    memo[raw] = meaning
            yield Unit(match.start(), raw, *meaning)

    def _meaning(self, raw: bytes) -> tuple[str, Kind | None]:
        if raw in self._codes:
            return self._codes[raw], None
        try:
            return self._read(raw), None
        except UnicodeError:
            if len(raw) == 2:
                return chr(_TWO_BYTES + int.from_bytes(raw)), "gaiji"
            return "".join([chr(_ONE_BYTE + byte) for byte in raw]), "illegal" if len(raw) == 1 else "gaiji"

    def _flaws_of(self, missing: list[tuple[int, str]]) -> list[Flaw]:
        instead = {mark: substitute(mark, self._plain) for _, mark in missing}
        return [Flaw(at, _seen(mark), "missing", instead[mark]) for at, mark in missing]

    def _placed(self, text: str) -> tuple[bytes, list[tuple[int, str]]]:
        text = text.translate(self._twins)
        try:
            if self._overruled is None or not self._overruled.search(text):
                return self._write(text), []
        except UnicodeError:
            pass
        pieces, missing = self._pieces(text, strays=True)
        data = self._join(pieces)
        if STAND_IN.search(text) and self.decode(data) != "".join([self.decode(piece) for piece in pieces]):
            pieces, missing = self._pieces(text, strays=False)  # unreadable bytes would be read with their neighbours
            data = self._join(pieces)
        return data, missing

    def _pieces(self, text: str, strays: bool) -> tuple[list[bytes], list[tuple[int, str]]]:
        pieces: list[bytes] = []
        missing: list[tuple[int, str]] = []
        stand_in = self._write(self._stand_in)
        at = 0
        for part in self._marked.split(text):
            piece = self._piece(part, strays)
            if piece is not None:
                pieces.append(piece)
            else:
                for match in _CLUSTERS.finditer(part):
                    piece = self._piece(match[0], strays)
                    if piece is None:
                        missing.append((at + match.start(), match[0]))
                    pieces.append(stand_in if piece is None else piece)
            at += len(part)
        return pieces, missing

    def _piece(self, token: str, strays: bool) -> bytes | None:
        if token in self._backward:
            return self._coded(self._backward[token])
        if STAND_IN.match(token):
            code = ord(token)
            raw = bytes((code - _ONE_BYTE,)) if code >= _ONE_BYTE else (code - _TWO_BYTES).to_bytes(2)
            return self._stray(raw) if strays and self.decode(self._stray(raw)) == token else None
        if self._overruled is not None and self._overruled.search(token):
            return None
        try:
            return self._write(token)
        except UnicodeError:
            return None


def marked(texts: Iterable[str]) -> re.Pattern[str]:
    """What is not written like other text: a text of the table, the longest first, and stand-ins."""
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join([f"([{STAND_INS}]", *map(re.escape, longest_first)]) + ")")


def _seen(mark: str) -> str:
    return mark if mark.isprintable() else f"U+{ord(mark[0]):04X}"


def _flaws(units: list[Unit]) -> list[Flaw]:
    found: list[Flaw] = []
    row: list[Unit] = []
    for unit in units:
        if row and (unit.kind != "illegal" or unit.at != row[-1].at + 1):
            found.append(_illegal(row))
            row = []
        if unit.kind == "illegal":
            row.append(unit)
        elif unit.kind is not None:
            found.append(Flaw(unit.at, unit.raw.hex(" ").upper(), unit.kind))
    return [*found, _illegal(row)] if row else found


def _illegal(row: list[Unit]) -> Flaw:
    shown = b"".join([unit.raw for unit in row[:_SHOWN]]).hex(" ").upper()
    return Flaw(row[0].at, f"{shown} …" if len(row) > _SHOWN else shown, "illegal")
