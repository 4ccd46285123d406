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
from functools import partial
from typing import TYPE_CHECKING, Final

from convert.errors import UnknownName
from convert.formats.somoku._charset import STAND_IN, Charset, Flaw, Kind, Unfit, Unit, marked
from convert.formats.somoku._ebcdic import CP290, UNUSED
from convert.formats.somoku._fitting import GETA, mend_long_vowel, narrow, readable, widen
from convert.formats.somoku._gaiji import Gaiji

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Make = Callable[[str, Gaiji | None, str], Charset]

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

_ESC: Final = b"\x1b"


class _Codec(Charset):
    """What a codec of Python reads and writes exactly: ASCII, ISO 8859-1."""

    _width = 1

    def _read(self, data: bytes) -> str:
        return data.decode(self.name)

    def _write(self, text: str) -> bytes:
        return text.encode(self.name)


class _Table(Charset):
    """One byte, one character, by a table of 256."""

    _width = 1

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str, table: str) -> None:
        self._table, self._map = table, codecs.charmap_build(table)
        super().__init__(name, gaiji, stand_in)

    def _read(self, data: bytes) -> str:
        return codecs.charmap_decode(data, "strict", self._table)[0]

    def _write(self, text: str) -> bytes:
        return codecs.charmap_encode(text, "strict", self._map)[0]


_EUC: Final = codecs.lookup("euc_jp")  # called itself, a codec takes a third of the time of bytes.decode(name)
_CP932: Final = codecs.lookup("cp932")
_ISO: Final = codecs.lookup("iso2022_jp")
_BAD: Final = 0xFF
"""A byte that EUC-JP never has."""
_HIGH: Final = bytes(code | 0x80 if 0x21 <= code <= 0x7E else _BAD for code in range(256))
_LOW: Final = bytes(code & 0x7F for code in range(256))
_NOT_PAIRED: Final = bytes(code for code in range(256) if not 0xA1 <= code <= 0xFE)


class _Jis(Charset):
    """JIS X 0208 as pairs of 7-bit bytes. Through EUC-JP, whose further characters (half-width katakana, JIS X 0212)
    are kept out.
    """

    _width: int | None = 2
    _cuts = rb"[\x21-\x7e]{2}|."
    _leads = frozenset(range(0x21, 0x7F))

    def _read(self, data: bytes) -> str:
        return _EUC.decode(data.translate(_HIGH))[0]

    def _write(self, text: str) -> bytes:
        raw = _EUC.encode(text)[0]
        data = raw.translate(_LOW, _NOT_PAIRED)
        if len(data) == len(raw) == 2 * len(text):
            return data
        raise UnicodeError


class _Python(Charset):
    """EUC-JP and Shift_JIS as Python has them, but for ¥ and ‾, which it would write as backslash and tilde."""

    def __init__(self, name: str, gaiji: Gaiji | None, stand_in: str) -> None:
        self._codec = codecs.lookup(name)
        super().__init__(name, gaiji, stand_in)

    def _read(self, data: bytes) -> str:
        return self._codec.decode(data)[0]

    def _write(self, text: str) -> bytes:
        if "¥" in text or "‾" in text:
            raise UnicodeError
        return self._codec.encode(text)[0]


class _Euc(_Python):
    _cuts = rb"\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|."
    _leads = frozenset((0x8E, 0x8F, *range(0xA1, 0xFF)))


class _Sjis(_Python):
    _cuts = rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|."
    _leads = frozenset((*range(0x81, 0xA0), *range(0xE0, 0xFD)))


_RARE: Final = bytes((0x80, 0xA0, *range(0xF0, 0xFA), 0xFD, 0xFE, 0xFF))
_IBM: Final = [bytes((lead, trail)) for lead in (0xFA, 0xFB, 0xFC) for trail in range(0x40, 0xFD)]
_AS_WINDOWS: Final = {
    mark: code
    for code in _IBM
    for mark in code.decode("cp932", "ignore")
    if len(mark.encode("cp932")) == 2 and mark.encode("cp932")[0] in {0xED, 0xEE}
}
"""Characters that Python writes with a code of NEC (髙: EEE0) and Windows with one of IBM (FBFC)."""
_OF_IBM: Final = re.compile(f"([{''.join(_AS_WINDOWS)}])")
_PRIVATE: Final = re.compile("[\x80\ue000-\uf8ff]")


class _Cp932(_Sjis):
    """Windows' code page 932, written as Windows writes it. User-defined codes (F040–F9FC) are gaiji; 80, A0, FD–FF are
    no characters.
    """

    def _read(self, data: bytes) -> str:
        text = _CP932.decode(data)[0]
        if len(data.translate(None, _RARE)) != len(data) and _PRIVATE.search(text):
            raise UnicodeError
        return text

    def _write(self, text: str) -> bytes:
        data: bytes = _CP932.encode(text)[0]
        if (0xED in data or 0xEE in data) and _OF_IBM.search(text):
            data = b"".join([_AS_WINDOWS.get(part) or _CP932.encode(part)[0] for part in _OF_IBM.split(text)])
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
        if (0xF3 in data or 0xF4 in data) and STAND_IN.search(text):
            raise UnicodeError
        return text

    def _write(self, text: str) -> bytes:
        data = text.encode("utf-8")
        if (0xF3 in data or 0xF4 in data) and STAND_IN.search(text):
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
_NOT_PYTHON: Final = re.compile(rb"\x1b(?!\$[@B]|\([BJ])")
"""An escape that Python's codec refuses or, worse, swallows."""
_RUNS: Final = re.compile("([\0-\x7f]+)|([¥‾]+)|([\uff61-\uff9f]+)|([^\0-\x7f¥‾\uff61-\uff9f]+)")


class _PairsAndControls(_Jis):
    """JIS X 0208 between escapes: the space and the controls are read too."""

    _width = None
    _cuts = rb"[\x00-\x0d\x10-\x1a\x1c-\x20\x7f]|[\x21-\x7e]{2}|."

    def _meaning(self, raw: bytes) -> tuple[str, Kind | None]:
        if len(raw) == 1 and chr(raw[0]) in _PLAIN and not 0x20 < raw[0] < 0x7F:
            return chr(raw[0]), None
        return super()._meaning(raw)


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
        self._codes = self._pairs._codes
        self._backward = self._written_back()
        self._marked = marked(self._backward)

    def _segments(self, data: bytes) -> Iterator[tuple[int, Charset, bytes]]:
        at, now = 0, self._single[_TO_ASCII]
        for piece in _ESCAPES.split(data):
            if _ESCAPES.fullmatch(piece):
                now = self._single.get(piece, self._pairs)
            elif piece:
                yield at, now, piece
            at += len(piece)

    def _read(self, data: bytes) -> str:
        if 0x1B not in data:  # an int is found faster than a byte string
            return self._single[_TO_ASCII]._read(data)
        usual = data.count(0x1B) == data.count(_TO_JIS) + data.count(_TO_ASCII)
        if (usual or _NOT_PYTHON.search(data) is None) and 0x0E not in data and 0x0F not in data:
            return _ISO.decode(data)[0]
        return "".join([now._read(piece) for _, now, piece in self._segments(data)])

    def _scan(self, data: bytes) -> Iterator[Unit]:
        for start, now, piece in self._segments(data):
            for unit in now._scan(piece):
                yield Unit(start + unit.at, unit.raw, unit.text, unit.kind)

    def _write(self, text: str) -> bytes:
        if text.isascii():
            return self._single[_TO_ASCII]._write(text)
        try:
            if "\x1b" not in text and "\x0e" not in text and "\x0f" not in text:
                return _ISO.encode(text)[0]
        except UnicodeError:  # half-width katakana, or nothing to write
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

    def _coded(self, code: bytes) -> bytes:
        return _TO_JIS + code + _TO_ASCII

    def _stray(self, code: bytes) -> bytes:
        return self._coded(code) if 0x20 < code[0] < 0x7F else code

    def _join(self, pieces: list[bytes]) -> bytes:
        """Pieces that each begin and end in ASCII, with no escape that changes nothing."""
        found: list[bytes] = []
        now = _TO_ASCII
        for piece in pieces:
            wanted = _TO_ASCII
            for part in _ESCAPES.split(piece):
                if _ESCAPES.fullmatch(part):
                    wanted = part
                elif part:
                    found.extend([part] if wanted == now else [wanted, part])
                    now = wanted
                    if part == _ESC or (wanted == _TO_JIS and len(part) % 2):  # else the next byte is read with it
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
