"""The headers of a table, where they take one row or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One header for each column: the texts above one another, with a blank between.

    A text that spans several columns (merged cells, which leave the others empty) counts for each of them that has a
    text below it. A single row stays as it is.

    >>> joined([["番号", "寸法", "", "備考"], ["", "高さ", "幅", ""]])
    ['番号', '寸法 高さ', '寸法 幅', '備考']
    """
    if len(rows) == 1:
        return list(rows[0])
    width = max(map(len, rows))
    level = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    below = [False] * width  # whether a column has a text in any row further down
    headers: list[list[str]] = [[] for _ in range(width)]
    for row in reversed(level):
        spanning = ""
        for index, text in enumerate(row):
            spanning = (text or spanning) if below[index] else ""
            if text or spanning:
                headers[index].insert(0, text or spanning)
        below = [there or bool(text) for there, text in zip(below, row, strict=True)]
    return [" ".join(texts) for texts in headers]
