r"""Character sets of bibliographic exchange files: bytes to text and back, without loss.

What no set has is kept: an unreadable two-byte code is read as one private use character (U+F0000 + code), any other
unreadable byte as one (U+100000 + byte), and :meth:`Charset.encode` writes the bytes these came from.

>>> jis = charset("jisx0208")
>>> jis.decode(b"\x3b\x33\x45\x44"), jis.encode("山田").hex(" ")
('山田', '3b 33 45 44')
>>> text, flaws = jis.read(b"\x3b\x33\x29\x21")
>>> readable(text), [(flaw.at, flaw.shown, flaw.kind) for flaw in flaws], jis.encode(text).hex(" ")
('山〓', [(2, '29 21', 'gaiji')], '3b 33 29 21')
>>> jis.fit("髙田")[1]
[Flaw(at=0, shown='髙', kind='missing', suggestion='高')]
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from convert.errors import UnknownName
from convert.formats.somoku._ebcdic import CP290, UNUSED
from convert.formats.somoku._fitting import GETA, mend_long_vowel, narrow, readable, substitute, widen
from convert.formats.somoku._gaiji import STAND_INS, Gaiji
from convert.transforms._tables import TWINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    _Make = Callable[[str, Gaiji | None, str], "Charset"]

__all__ = [
    "NAMES",
    "Charset",
    "Flaw",
    "Gaiji",
    "Unfit",
    "charset",
    "describe",
    "mend_long_vowel",
    "narrow",
    "readable",
    "widen",
]

Kind = Literal["illegal", "gaiji", "missing"]

_STAND_IN: Final = re.compile(f"[{STAND_INS}]")
_MARKS: Final = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_CLUSTER: Final = f"[{STAND_INS}]|.[{_MARKS}]*"
_TWO_BYTES: Final = 0xF0000
_ONE_BYTE: Final = 0x100000
_SHOWN: Final = 16
_ESC: Final = b"\x1b"


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


@dataclass(frozen=True, slots=True)
class _Unit:
    """Some bytes that are read together: what they say, and what is wrong with them."""

    at: int
    raw: bytes
    text: str
    kind: Kind | None = None


class Charset:
    """A character set. Make one with :func:`charset`.

    A subclass reads and writes text without faults (``_read``, ``_write``, both raise UnicodeError) and says which
    bytes belong together (``_cuts``); all else is here.
    """

    _cuts: bytes = rb"."
    _leads: frozenset[int] = frozenset()

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str) -> None:
        self.name = name
        pairs = [(pair[at], pair[1 - at]) for pair in (*TWINS, "¥￥", "‾￣") for at in (0, 1)]
        self._twins = {ord(a): b for a, b in pairs if not self._writes(a) and self._writes(b)}
        self._codes = {code: text for code, text in (gaiji or Gaiji()).codes.items() if self._may_explain(code)}
        self._instead = {ord(self._read(code)): text for code, text in self._codes.items() if self._reads(code)}
        self._overruled = re.compile(f"[{re.escape(''.join(map(chr, self._instead)))}]") if self._instead else None
        self._backward = self._written_back()
        longest_first = [*sorted(self._backward, key=len, reverse=True)]
        self._tokens = re.compile("|".join([*map(re.escape, longest_first), _CLUSTER]), re.DOTALL)
        known = [re.escape(code) for code in sorted(self._codes, key=len, reverse=True)]
        self._units = re.compile(b"|".join([*known, self._cuts]), re.DOTALL)
        self._stand_in = next((mark for mark in (stand_in, "?", GETA) if self._writes(mark)), "")

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
        data, flaws = self.fit(text)
        if flaws:
            raise Unfit(self.name, text, flaws)
        return data

    def fit(self, text: str) -> tuple[bytes, list[Flaw]]:
        """Write a text, the stand-in for what has no place, and tell what that was. Never raises."""
        if self._overruled is None or self._overruled.search(text) is None:
            try:
                return self._write(text), []
            except UnicodeError:
                pass
        data, missing = self._placed(text)
        return data, [Flaw(at, mark, "missing", substitute(mark, self._plain)) for at, mark in missing]

    def holds(self, text: str) -> bool:
        """Whether every character of a text has a place."""
        if self._overruled is None or self._overruled.search(text) is None:
            try:
                self._write(text)
            except UnicodeError:
                pass
            else:
                return True
        if self._overruled is None and not self._backward and not _STAND_IN.search(text):
            return self._writes(text.translate(self._twins))  # no code but the set's own could help
        return not self._placed(text)[1]

    def canonical(self, data: bytes) -> bool:
        """Whether these bytes are what :meth:`encode` makes of their text."""
        try:
            return self.encode(self.decode(data)) == data
        except Unfit:
            return False

    def _read(self, data: bytes) -> str:
        raise NotImplementedError

    def _write(self, text: str) -> bytes:
        raise NotImplementedError

    def _join(self, pieces: list[bytes]) -> bytes:
        return b"".join(pieces)

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
        """Whether a table may say what a code means: it is unreadable, or one character, and begins no other code."""
        try:
            return len(self._read(code)) == 1
        except UnicodeError:
            return not (len(code) == 1 and code[0] in self._leads)

    def _written_back(self) -> dict[str, bytes]:
        """Text → code, for what the set does not hold by itself; the first of two codes with one text."""
        folded = {code: text.translate(self._twins) for code, text in self._codes.items()}
        return {text: code for code, text in reversed(folded.items()) if not self._plain(text)}

    def _scan(self, data: bytes) -> Iterator[_Unit]:
        for match in self._units.finditer(data):
            yield self._unit(match.start(), match[0])

    def _unit(self, at: int, raw: bytes) -> _Unit:
        if raw in self._codes:
            return _Unit(at, raw, self._codes[raw])
        try:
            return _Unit(at, raw, self._read(raw))
        except UnicodeError:
            if len(raw) == 2:
                return _Unit(at, raw, chr(_TWO_BYTES + int.from_bytes(raw)), "gaiji")
            return _Unit(at, raw, _singles(raw), "illegal" if len(raw) == 1 else "gaiji")

    def _placed(self, text: str) -> tuple[bytes, list[tuple[int, str]]]:
        text = text.translate(self._twins)
        try:
            if self._overruled is None or not self._overruled.search(text):
                return self._write(text), []
        except UnicodeError:
            pass
        pieces, missing = self._pieces(text, strays=True)
        data = self._join(pieces)
        if _STAND_IN.search(text) and self.decode(data) != "".join([self.decode(piece) for piece in pieces]):
            pieces, missing = self._pieces(text, strays=False)  # unreadable bytes would be read with their neighbours
            data = self._join(pieces)
        return data, missing

    def _pieces(self, text: str, strays: bool) -> tuple[list[bytes], list[tuple[int, str]]]:
        pieces: list[bytes] = []
        missing: list[tuple[int, str]] = []
        stand_in = self._write(self._stand_in)
        for match in self._tokens.finditer(text):
            piece = self._piece(match[0], strays)
            if piece is None:
                missing.append((match.start(), match[0]))
            pieces.append(stand_in if piece is None else piece)
        return pieces, missing

    def _piece(self, token: str, strays: bool) -> bytes | None:
        if token in self._backward:
            return self._stray(self._backward[token])
        if _STAND_IN.match(token):
            code = ord(token)
            raw = bytes((code - _ONE_BYTE,)) if code >= _ONE_BYTE else (code - _TWO_BYTES).to_bytes(2)
            return self._stray(raw) if strays and self.decode(self._stray(raw)) == token else None
        if self._overruled is not None and self._overruled.search(token):
            return None
        try:
            return self._write(token)
        except UnicodeError:
            return None


def _singles(raw: bytes) -> str:
    return "".join([chr(_ONE_BYTE + byte) for byte in raw])


def _flaws(units: list[_Unit]) -> list[Flaw]:
    found: list[Flaw] = []
    row: list[_Unit] = []
    for unit in units:
        if row and (unit.kind != "illegal" or unit.at != row[-1].at + 1):
            found.append(_illegal(row))
            row = []
        if unit.kind == "illegal":
            row.append(unit)
        elif unit.kind is not None:
            found.append(Flaw(unit.at, unit.raw.hex(" ").upper(), unit.kind))
    return [*found, _illegal(row)] if row else found


def _illegal(row: list[_Unit]) -> Flaw:
    shown = b"".join([unit.raw for unit in row[:_SHOWN]]).hex(" ").upper()
    return Flaw(row[0].at, f"{shown} …" if len(row) > _SHOWN else shown, "illegal")


class _Codec(Charset):
    """What a codec of Python reads and writes exactly: ASCII, ISO 8859-1."""

    def _read(self, data: bytes) -> str:
        return data.decode(self.name)

    def _write(self, text: str) -> bytes:
        return text.encode(self.name)


class _Table(Charset):
    """One byte, one character, by a table of 256."""

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str, table: str) -> None:
        self._table, self._map = table, codecs.charmap_build(table)
        super().__init__(name, gaiji, stand_in)

    def _read(self, data: bytes) -> str:
        return codecs.charmap_decode(data, "strict", self._table)[0]

    def _write(self, text: str) -> bytes:
        return codecs.charmap_encode(text, "strict", self._map)[0]


_BAD: Final = 0xFF
"""A byte that EUC-JP never has."""
_HIGH: Final = bytes(code | 0x80 if 0x21 <= code <= 0x7E else _BAD for code in range(256))
_LOW: Final = bytes(code & 0x7F for code in range(256))
_NOT_PAIRED: Final = bytes(code for code in range(256) if not 0xA1 <= code <= 0xFE)


class _Jis(Charset):
    """JIS X 0208 as pairs of 7-bit bytes. Through EUC-JP, whose further characters (half-width katakana, JIS X 0212)
    are kept out.
    """

    _cuts = rb"[\x21-\x7e]{2}|."
    _leads = frozenset(range(0x21, 0x7F))

    def _read(self, data: bytes) -> str:
        return data.translate(_HIGH).decode("euc_jp")

    def _write(self, text: str) -> bytes:
        raw = text.encode("euc_jp")
        data = raw.translate(_LOW, _NOT_PAIRED)
        if len(data) == len(raw) == 2 * len(text):
            return data
        raise UnicodeError


class _Python(Charset):
    """EUC-JP and Shift_JIS as Python has them, but for ¥ and ‾, which it would write as backslash and tilde."""

    def _read(self, data: bytes) -> str:
        return data.decode(self.name)

    def _write(self, text: str) -> bytes:
        if "¥" in text or "‾" in text:
            raise UnicodeError
        return text.encode(self.name)


class _Euc(_Python):
    _cuts = rb"\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|."
    _leads = frozenset((0x8E, 0x8F, *range(0xA1, 0xFF)))


class _Sjis(_Python):
    _cuts = rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|."
    _leads = frozenset((*range(0x81, 0xA0), *range(0xE0, 0xFD)))


_RARE: Final = bytes((0x80, 0xA0, *range(0xF0, 0xFA), 0xFD, 0xFE, 0xFF))
_PRIVATE: Final = re.compile("[\x80\ue000-\uf8ff]")


class _Cp932(_Sjis):
    """Windows' code page 932. User-defined codes (F040–F9FC) are gaiji; 80, A0, FD–FF are no characters."""

    def _read(self, data: bytes) -> str:
        text = data.decode("cp932")
        if len(data.translate(None, _RARE)) != len(data) and _PRIVATE.search(text):
            raise UnicodeError
        return text

    def _write(self, text: str) -> bytes:
        data = text.encode("cp932")
        if len(data.translate(None, _RARE)) != len(data) and _PRIVATE.search(text):
            raise UnicodeError
        return data


class _Utf8(Charset):
    """UTF-8. Characters of the planes that stand for unreadable bytes are unreadable themselves."""

    _cuts = (
        rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]"
        rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
        rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}|."
    )
    _leads = frozenset(range(0x80, 0x100))

    def _read(self, data: bytes) -> str:
        text = data.decode("utf-8")
        if (b"\xf3" in data or b"\xf4" in data) and _STAND_IN.search(text):
            raise UnicodeError
        return text

    def _write(self, text: str) -> bytes:
        data = text.encode("utf-8")
        if (b"\xf3" in data or b"\xf4" in data) and _STAND_IN.search(text):
            raise UnicodeError
        return data


_C0: Final = "".join(map(chr, range(0x20)))
_ASCII: Final = "".join(map(chr, range(0x80)))
_ROMAN: Final = _ASCII.replace("\\", "¥").replace("~", "‾")
_KATAKANA: Final = "".join(map(chr, range(0xFF61, 0xFFA0)))
_X0201: Final = f"{_ROMAN}{UNUSED * 33}{_KATAKANA}{UNUSED * 32}"
_SHIFTS: Final = {ord(mark): UNUSED for mark in "\x0e\x0f\x1b"}
_PLAIN: Final = _ASCII.translate(_SHIFTS)
"""ASCII without the controls that would switch sets."""
_SETS: Final[dict[bytes, str]] = {
    b"\x1b(B": f"{_PLAIN}{UNUSED * 128}",
    b"\x1b(J": f"{_ROMAN.translate(_SHIFTS)}{UNUSED * 128}",
    b"\x1b(I": f"{_PLAIN[:0x21]}{_KATAKANA}{UNUSED * 31}\x7f{UNUSED * 128}",
}
_TO_ASCII: Final = b"\x1b(B"
_TO_JIS: Final = b"\x1b$B"
_ESCAPES: Final = re.compile(rb"(\x1b(?:\$[@B]|\([BJI]))")
_RUNS: Final = re.compile("([\0-\x7f]+)|([¥‾]+)|([\uff61-\uff9f]+)|([^\0-\x7f¥‾\uff61-\uff9f]+)")


class _PairsAndControls(_Jis):
    """JIS X 0208 between escapes: the space and the controls are read too."""

    _cuts = rb"[\x00-\x0d\x10-\x1a\x1c-\x20\x7f]|[\x21-\x7e]{2}|."

    def _unit(self, at: int, raw: bytes) -> _Unit:
        if len(raw) == 1 and chr(raw[0]) in _PLAIN and not 0x20 < raw[0] < 0x7F:
            return _Unit(at, raw, chr(raw[0]))
        return super()._unit(at, raw)


class _Iso2022(Charset):
    """ISO-2022-JP with half-width katakana, as :func:`charset` says. Canonical is: one escape where the set changes
    and none else, ASCII for ASCII, ESC $ B, ASCII at the end, no controls between two-byte codes.
    """

    _leads = frozenset(range(0x80))

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str) -> None:
        self._single: dict[bytes, Charset] = {esc: _Table(name, None, "?", table) for esc, table in _SETS.items()}
        self._pairs = _PairsAndControls(name, gaiji, stand_in)
        super().__init__(name, None, stand_in)
        self._instead, self._overruled = self._pairs._instead, self._pairs._overruled
        self._backward, self._tokens = self._pairs._backward, self._pairs._tokens

    def _segments(self, data: bytes) -> Iterator[tuple[int, Charset, bytes]]:
        at, now = 0, self._single[_TO_ASCII]
        for piece in _ESCAPES.split(data):
            if _ESCAPES.fullmatch(piece):
                now = self._single.get(piece, self._pairs)
            elif piece:
                yield at, now, piece
            at += len(piece)

    def _read(self, data: bytes) -> str:
        if _ESC not in data:
            return self._single[_TO_ASCII]._read(data)
        if data.startswith(_TO_JIS) and data.endswith(_TO_ASCII) and data.find(_ESC, 3, -3) < 0:
            return self._pairs._read(data[3:-3])
        return "".join([now._read(piece) for _, now, piece in self._segments(data)])

    def _scan(self, data: bytes) -> Iterator[_Unit]:
        for start, now, piece in self._segments(data):
            for unit in now._scan(piece):
                yield _Unit(start + unit.at, unit.raw, unit.text, unit.kind)

    def _write(self, text: str) -> bytes:
        if text.isascii():
            return self._single[_TO_ASCII]._write(text)
        try:
            return _TO_JIS + self._pairs._write(text) + _TO_ASCII
        except UnicodeError:
            pass
        return self._join([self._run(*match.groups()) for match in _RUNS.finditer(text)])

    def _run(self, plain: str | None, roman: str | None, kana: str | None, wide: str | None) -> bytes:
        if plain is not None:
            return self._single[_TO_ASCII]._write(plain)
        if roman is not None:
            return b"\x1b(J" + self._single[b"\x1b(J"]._write(roman) + _TO_ASCII
        if kana is not None:
            return b"\x1b(I" + self._single[b"\x1b(I"]._write(kana) + _TO_ASCII
        return _TO_JIS + self._pairs._write(wide or "") + _TO_ASCII

    def _stray(self, code: bytes) -> bytes:
        return _TO_JIS + code + _TO_ASCII if 0x20 < code[0] < 0x7F else code

    def _join(self, pieces: list[bytes]) -> bytes:
        """Pieces that each begin and end in ASCII, with no escape that changes nothing."""
        found: list[bytes] = []
        now = _TO_ASCII
        for piece in pieces:
            escape, body = (piece[:3], piece[3:-3]) if len(piece) > 3 and piece.startswith(_ESC) else (_TO_ASCII, piece)
            if escape != now:
                found.append(escape)
            found.append(body)
            now = escape
            if body == _ESC or (escape == _TO_JIS and len(body) % 2):  # else the next byte would be read with it
                found.append(_TO_ASCII)
                now = _TO_ASCII
        if now != _TO_ASCII:
            found.append(_TO_ASCII)
        return b"".join(found)


_CP037: Final = bytes(range(256)).decode("cp037")
_KNOWN: Final[dict[str, tuple[_Make, str, str]]] = {
    "ascii": (_Codec, "ASCII（7ビット）", "ASCII, 7 bits"),
    "jisx0201": (
        partial(_Table, table=_X0201),
        "JIS X 0201（8ビット：ローマ字と半角カタカナ。5C は ¥、7E は ‾）",
        "JIS X 0201, 8 bits: Roman and half-width katakana; 5C is ¥, 7E is ‾",
    ),
    "ebcdic": (partial(_Table, table=_CP037), "EBCDIC（英字、IBM 037）", "EBCDIC, English, IBM 037"),
    "ebcdic-kana": (
        partial(_Table, table=CP290),
        "EBCDIC（カタカナ、IBM 290）",
        "EBCDIC, Japanese katakana, IBM 290",
    ),
    "jisx0208": (
        _Jis,
        "JIS X 0208（7ビットの2バイト、エスケープなし）",
        "JIS X 0208, pairs of 7-bit bytes without escapes",
    ),
    "iso2022jp": (
        _Iso2022,
        "ISO-2022-JP（エスケープで切り替え、半角カタカナも）",
        "ISO-2022-JP, switched by escapes, with half-width katakana",
    ),
    "euc_jp": (
        _Euc,
        "EUC-JP（JIS X 0208、半角カタカナ、JIS X 0212）",
        "EUC-JP: JIS X 0208, half-width katakana, JIS X 0212",
    ),
    "cp932": (_Cp932, "CP932（Windows のシフト JIS）", "CP932, the Shift_JIS of Windows"),
    "shift_jis": (_Sjis, "シフト JIS（JIS X 0208 の範囲）", "Shift_JIS, no more than JIS X 0208"),
    "utf-8": (_Utf8, "UTF-8", "UTF-8"),
    "iso-8859-1": (_Codec, "ISO 8859-1（西欧）", "ISO 8859-1, Western Europe"),
}
NAMES: Final[tuple[str, ...]] = tuple(_KNOWN)
"""The sets that may be named."""


def charset(name: str, gaiji: Gaiji | None = None, stand_in: str = GETA) -> Charset:
    r"""The set of a name; :data:`NAMES` lists them. ``stand_in``: written by :meth:`Charset.fit`; ``?`` where the set
    lacks it.

    ``decode`` and ``encode`` are inverse for every byte string, except: ``cp932`` (some characters have two or three
    codes; the usual one is written), ``iso2022jp`` (escapes that change nothing), and codes of a gaiji table whose
    text the set can write without them. :meth:`Charset.canonical` tells.

    Raises :class:`~convert.errors.UnknownName`.

    >>> charset("iso2022jp").encode("NDL 架空")
    b'NDL \x1b$B2M6u\x1b(B'
    """
    if name not in _KNOWN:
        raise UnknownName("character set", name, NAMES)
    return _KNOWN[name][0](name, gaiji, stand_in)


def describe(name: str) -> tuple[str, str]:
    """What a set is, in Japanese and in English.

    >>> describe("ebcdic")
    ('EBCDIC（英字、IBM 037）', 'EBCDIC, English, IBM 037')
    """
    if name not in _KNOWN:
        raise UnknownName("character set", name, NAMES)
    return _KNOWN[name][1:]
