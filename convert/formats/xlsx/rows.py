"""Rows of texts as XML, many at a time, in bytes: what :func:`convert.formats.xlsx.book.cell` makes one by one, in a
fraction of the time.

Most texts of most tables can be written as they stand, but for the entities of XML. Which these are is told by one
regular expression over all of them, that RE2 matches without looking back. All others are written with care.
"""

from __future__ import annotations

from functools import cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from convert.formats.separated import RECORD, UNIT
from convert.formats.xlsx.write import MAX_CELL, MAX_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCRIPTS: Final = (
    # Latin, Greek, Cyrillic, Thai; Latin and Greek with accents
    (0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x52F),
    (0xE01, 0xE3A), (0xE3F, 0xE5B), (0x1E00, 0x1F15),
    # punctuation, numbers above and below, currencies, signs, arrows, mathematics, boxes, enclosed numbers
    (0x2010, 0x2027), (0x2030, 0x205E), (0x2074, 0x208E), (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2190, 0x2426),
    (0x2460, 0x2B73),
    # radicals, kana, hangul, ideographs, forms for compatibility
    (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3000, 0x303F), (0x3041, 0x3096), (0x3099, 0x30FF),
    (0x3131, 0x318E), (0x3190, 0x31E3), (0x31F0, 0x321E), (0x3220, 0xA48C), (0xAC00, 0xD7A3), (0xF900, 0xFA6D),
    (0xFA70, 0xFAD9), (0xFE30, 0xFE52), (0xFF01, 0xFFBE), (0xFFE0, 0xFFE6), (0xFFE8, 0xFFEE),
    # pictographs, rare ideographs
    (0x1F300, 0x1F64F), (0x1F900, 0x1F9FF), (0x20000, 0x2A6DF), (0x2A700, 0x2B738), (0x2F800, 0x2FA1D),
)  # fmt: skip
"""Characters that are all assigned and printable (Unicode 14), the ideographic space excepted: first and last."""
FORMULA: Final = "=@＝＋－＠+-"
"""How a text begins that is taken for a formula, unless it is a number (``convert.formats.table.write.guarded``)."""
_UNIT, _RECORD = UNIT.decode(), RECORD.decode()
_OPEN, _CLOSE = b'<c t="inlineStr"><is><t xml:space="preserve">', b"</t></is></c>"
_ROW, _END = b'<row r="%d">' + _OPEN, _CLOSE + b"</row>\n"
_ENTITIES = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;"), (b"\n", b"&#10;"))


def is_plain(text: bytes) -> bool:
    r"""Whether texts can be written as they stand: rows with something in them, as :mod:`convert.formats.separated` has
    them, a CR before line breaks.

    None begins like a formula, none holds ``_x``, which begins Excel's own escapes; all are UTF-8 and printable.

    >>> is_plain("染付\x1f皿\r\x1e\x1fB\n".encode()), is_plain(b"=1"), is_plain(b"a\x1f_x"), is_plain(b"\xff")
    (True, False, False, False)
    """
    return _plain().fullmatch(text) is not None


@cache
def _plain() -> Any:
    import re2  # noqa: PLC0415 - only a sheet of rows needs it

    options = re2.Options()
    options.never_capture = True
    return re2.compile(_pattern(), options)


def _pattern() -> str:
    """Rows of cells; each of these is: nothing, or a number, or a text."""
    rest = rf"(?:{_characters('_')}|\r?\n|_+(?:{_characters('_x')}|\r?\n))*_*"
    first = f"{_characters('_' + FORMULA)}{rest}|_+(?:{_characters('_x')}{rest})?"
    cell = rf"(?:{first}|[+-][0-9]+(?:\.[0-9]+)?)"
    row = rf"\x1f*{cell}(?:\x1f{cell}?)*"
    return rf"{row}(?:\r?\x1e{row})*\r?"


def _characters(without: str) -> str:
    """A class of all characters of ``SCRIPTS`` but some."""
    found = []
    for first, last in SCRIPTS:
        at = first
        for sign in sorted(ord(one) for one in without if first <= ord(one) <= last):
            found += [(at, sign - 1)] if at < sign else []
            at = sign + 1
        found += [(at, last)] if at <= last else []
    return "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in found) + "]"


def row_of(cells: Sequence[str]) -> bytes | None:
    """One row of texts as :mod:`convert.formats.separated` has it; None when that cannot be."""
    row = _UNIT.join(cells)
    if row.count(_UNIT) != len(cells) - 1 or _RECORD in row or row.endswith("\r"):
        return None
    try:
        return row.encode()
    except UnicodeEncodeError:  # half of a character
        return None


def xml(text: bytes, numbers: Iterable[int]) -> bytes | None:
    r"""Rows that are plain, as XML, under their numbers; None when one may be too long.

    Whether blanks have to be kept is not asked: they always are.

    >>> (xml(b"a\x1f\x1fb<", [3]) or b"").replace(b' t="inlineStr"><is><t xml:space="preserve"', b"")
    b'<row r="3"><c>a</t></is></c><c/><c>b&lt;</t></is></c></row>\n'
    """
    if b"\r" in text:
        text = text.replace(b"\r", b"")
    for sign, written in _ENTITIES:
        if sign in text:
            text = text.replace(sign, written)
    rows = text.split(RECORD)
    if max(map(len, rows)) >= MAX_COLUMNS and not all(map(_fits, rows)):
        return None
    parts = zip(map(_ROW.__mod__, numbers), rows, repeat(_END))
    text = b"".join(chain.from_iterable(parts)).replace(UNIT, _CLOSE + _OPEN)
    return b"<c/>".join(text.split(_OPEN + _CLOSE))


def _fits(row: bytes) -> bool:
    """Whether no text can be longer than a cell, and no row longer than a sheet is wide."""
    return len(row) <= MAX_CELL and row.count(UNIT) < MAX_COLUMNS
