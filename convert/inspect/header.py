"""Where the headers of a table stand: below a title, and in one row or two (merged cells), as in many workbooks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convert.formats.table.headers import joined
from convert.inspect.headings import role_of
from convert.inspect.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD_ROWS: Final = 60
"""Rows that are looked at."""
_ABOVE: Final = 20  # rows that may stand above the headers
_LONGEST: Final = 100
_VALUES: Final = frozenset(
    ("integer", "decimal", "exponent", "number-unit", "url", "email", "isbn", "issn", "jan", "ncid", "doi", "uuid")
)
"""Kinds of values that no header has; dates beside them."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The first row of the headers, from 1, how many rows they take, and the texts that stand above them."""

    row: int
    rows: int
    above: tuple[str, ...]


def find_headers(rows: Sequence[Sequence[str]]) -> Headers | None:
    """Where the headers stand in the first rows of a table; None where it is the first row with values, by itself.

    >>> find_headers([["収蔵品一覧", "", ""], ["", "", ""], ["番号", "名称", "作者"], ["1", "皿", "架空太郎"]])
    Headers(row=3, rows=1, above=('収蔵品一覧',))
    >>> find_headers([["番号", "寸法", ""], ["", "高さ", "幅"], ["1", "3.5", "12.0"]]).rows
    2
    """
    filled = [sum(map(bool, map(str.strip, row))) for row in rows]
    first = next((number for number, count in enumerate(filled) if count), None)
    if first is None:
        return None
    at = _header(rows, filled, first)
    if at is None:
        return None
    start, count = _with_neighbour(rows, at)
    if start == first and count == 1:
        return None
    above = (" ".join(cell.strip() for cell in row if cell.strip()) for row in rows[:start])
    return Headers(start + 1, count, tuple(text for text in above if text))


def _header(rows: Sequence[Sequence[str]], filled: Sequence[int], first: int) -> int | None:
    """The first row that is about as full as those of the usual length, and reads like headers."""
    usual = Counter(len(row) for row, count in zip(rows, filled, strict=True) if count)
    length = max(usual, key=lambda size: (usual[size], size))
    widest = max(count for row, count in zip(rows, filled, strict=True) if len(row) == length)
    if widest < 2:
        return None
    likely = range(first, min(first + _ABOVE + 1, len(rows)))
    at = next((number for number in likely if filled[number] >= 2 and filled[number] * 2 >= widest), None)
    if at is None:
        return None
    if filled[at] < widest and not _roles(rows[at]):  # a title beside a date may take half of a narrow table
        plain = (n for n in likely if n > at and filled[n] == widest and len(_roles(rows[n])) >= 2)
        at = next((number for number in plain if _reads_like_headers(rows[number])), at)
    if at > first and _roles(rows[first]) and not _roles(rows[at]):
        return None  # a table most of whose columns have no header
    return at if _reads_like_headers(rows[at]) else None


def _roles(row: Sequence[str]) -> set[str]:
    found = (role_of(cell) for cell in row if cell.strip())
    return {role.name for role in found if role is not None and role.exact}


def _reads_like_headers(row: Sequence[str]) -> bool:
    """Words, short, and mostly different ones."""
    texts = [cell.strip() for cell in row if cell.strip()]
    values = sum(any(kind in _VALUES or kind.startswith("date") for kind in kinds(text)) for text in texts)
    return values * 5 <= len(texts) <= 2 * len(set(texts)) and max(map(len, texts), default=0) <= _LONGEST


def _with_neighbour(rows: Sequence[Sequence[str]], at: int) -> tuple[int, int]:
    """The rows of the headers: the one found, with the one below or above it where only both are whole."""
    if at + 1 < len(rows) and _spans(rows[at], rows[at + 1]) and _reads_like_headers(rows[at + 1]):
        return at, 2
    if at and _spans(rows[at - 1], rows[at]):
        upper, lower = rows[at - 1], rows[at]
        several = sum(map(bool, map(str.strip, upper))) > 1 or not upper[0].strip()  # else it is a title
        if several and _whole(joined([upper, lower])) > _whole(lower):
            return at - 1, 2
    return at, 1


def _whole(headers: Sequence[str]) -> int:
    """How many different headers there are."""
    return len({header.strip() for header in headers} - {""})


def _spans(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether some texts of the upper row span columns that the lower row names, and all others stand by themselves.

    A text with another below it must span two columns or more: two rows of which each is full are no headers of one
    table.
    """
    if len(upper) != len(lower):
        return False
    spans, inside, seen = 0, False, False
    for index, (above, below) in enumerate(zip(upper, lower, strict=True)):
        has_above, has_below = bool(above.strip()), bool(below.strip())
        if has_above and has_below:
            if index + 1 == len(upper) or upper[index + 1].strip() or not lower[index + 1].strip():
                return False
            spans += 1
            inside = True
        elif has_above or (not has_below):
            inside = False
        elif not inside and seen:
            return False
        seen = seen or has_above
    return spans > 0
