"""Tables of gaiji: the codes that an owner added to a character set, and what they mean."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from convert.errors import UsageError, reason_in_japanese

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STAND_INS: Final = "\U000f0000-\U000fffff\U00100000-\U001000ff"
"""Characters that stand for codes nobody could read, for the inside of a regular expression's brackets."""

_STAND_IN: Final = re.compile(f"[{STAND_INS}]")
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2} ?){1,4})")
_COLUMNS: Final = (["code", "text"], ["code", "text", "note"])
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Gaiji:
    """Codes as they stand in the file, and the text of each.

    A code that a character set reads by itself is read as the table says, if it is one character of the set (a file
    in JIS C 6226-1978 has 鷗 where later editions have 鴎).
    """

    codes: dict[bytes, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> Gaiji:
        """Read a table: CSV in UTF-8 with the header ``code,text`` or ``code,text,note``; codes in hex (``2921``,
        ``29 21``), one to four bytes; one character or several for each.

        Raises :class:`~convert.errors.UsageError` with file and line for a table that cannot be used.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"{path}: {why}", f"{path}：{reason_in_japanese(error)}") from None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise _fault(path, line, "not UTF-8", "UTF-8 ではありません") from None
        return cls(dict(_rows(path, text.splitlines(keepends=True))))


def _fault(path: str | Path, line: int, en: str, ja: str) -> UsageError:
    return UsageError(f"{path}:{line}: {en}", f"{path} の{line}行目：{ja}")


def _rows(path: str | Path, lines: Iterable[str]) -> Iterator[tuple[bytes, str]]:
    rows = csv.reader(lines, strict=True)
    seen: set[bytes] = set()
    try:
        if next(rows, None) not in _COLUMNS:
            raise _fault(path, 1, "the header must be code,text[,note]", "見出しは code,text[,note] です")
        for row in rows:
            if row:
                yield _row(path, rows.line_num, row, seen)
    except csv.Error as error:
        raise _fault(path, max(1, rows.line_num), f"not CSV: {error}", f"CSV として読めません（{error}）") from None


def _row(path: str | Path, line: int, row: list[str], seen: set[bytes]) -> tuple[bytes, str]:
    if len(row) not in {2, 3}:
        raise _fault(path, line, f"{len(row)} cells, not code,text[,note]", f"セルが{len(row)}個あります")
    match = _HEX.fullmatch(row[0].strip())
    if match is None:
        raise _fault(
            path, line, f"code '{row[0]}' is not hex, two digits a byte", f"コード「{row[0]}」は16進数ではありません"
        )
    code, text = bytes.fromhex(match[1]), row[1]
    if code in seen:
        raise _fault(path, line, f"code {row[0]} stands twice", f"コード {row[0]} は二度目です")
    if not text or len(text) > _LONGEST:
        raise _fault(path, line, f"1 to {_LONGEST} characters wanted", f"文字は1字から{_LONGEST}字です")
    if _STAND_IN.search(text) or not text.replace("　", " ").isprintable():
        ja = "制御文字や私用領域の文字は使えません"
        raise _fault(path, line, "control or private use characters cannot stand for a code", ja)
    seen.add(code)
    return code, text
