"""What bytes a character set can have in a value: all that the check of a layout needs to know about character sets."""

from __future__ import annotations

from typing import Literal

Span = tuple[int, int]

_ASCII: Span = (0x20, 0x7E)
_KANA: Span = (0xA1, 0xDF)
_EBCDIC: Span = (0x40, 0xFE)
_SHIFT_JIS: tuple[Span, ...] = ((0x40, 0x7E), (0x80, 0xFC))

_ALONE: dict[str, tuple[Span, ...]] = {
    "ascii": (_ASCII,),
    "jisx0201": (_ASCII, _KANA),
    "iso-8859-1": (_ASCII, (0xA0, 0xFF)),
    "ebcdic": (_EBCDIC,),
    "ebcdic-kana": (_EBCDIC,),
    "jisx0208": (),
    "iso2022jp": (_ASCII,),
    "euc_jp": (_ASCII,),
    "cp932": (_ASCII, _KANA),
    "shift_jis": (_ASCII, _KANA),
    "utf-8": (_ASCII,),
}
"""Bytes that are a character by themselves."""
_INSIDE: dict[str, tuple[Span, ...]] = {
    "jisx0208": ((0x21, 0x7E),),
    "iso2022jp": ((0x1B, 0x1B), (0x21, 0x7E)),
    "euc_jp": ((0x8E, 0x8F), (0xA1, 0xFE)),
    "cp932": _SHIFT_JIS,
    "shift_jis": _SHIFT_JIS,
    "utf-8": ((0x80, 0xF4),),
}
"""Bytes that are a part of a longer character."""


def can_hold(mark: bytes, charset: str) -> Literal["inside", "alone"] | None:
    """Whether a value in ``charset`` may have these bytes: as a part of a character, as characters, or not at all.

    >>> can_hold(bytes([0x1E]), "jisx0208"), can_hold(b"^", "euc_jp"), can_hold(b"^", "cp932")
    (None, 'alone', 'inside')
    """
    inside, alone = _INSIDE.get(charset, ()), _ALONE.get(charset, ())
    if all(_within(byte, inside) for byte in mark):
        return "inside"
    return "alone" if all(_within(byte, (*inside, *alone)) for byte in mark) else None


def pair_or_single(charset: str) -> int:
    """Bytes of each character, 1 or 2; 0 where that differs from one character to another.

    >>> pair_or_single("jisx0208"), pair_or_single("ebcdic"), pair_or_single("cp932")
    (2, 1, 0)
    """
    if charset not in _INSIDE:
        return 1
    return 0 if _ALONE[charset] else 2


def _within(byte: int, spans: tuple[Span, ...]) -> bool:
    return any(first <= byte <= last for first, last in spans)


def width_of(text: str, charset: str) -> int:
    """Bytes that a code of the label takes: one for each character, more where its set has longer ones.

    >>> width_of("N", "ebcdic"), width_of("新", "cp932")
    (1, 2)
    """
    if text.isascii() or charset not in ("euc_jp", "cp932", "shift_jis", "utf-8"):
        return len(text)
    return len(text.encode(charset, "replace"))
