"""The copy of a table in a sheet: its rows under the numbers they had, cells that were found fault with in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.separated import RECORD, cells_of
from convert.formats.xlsx.book import HEAD, PLAIN
from convert.formats.xlsx.write import MAX_COLUMNS, MAX_ROWS
from convert.report.blocks import shown
from convert.report.summary_sheet import COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.check.issue import Severity
    from convert.formats.xlsx.book import Sheet
    from convert.report.blocks import Block
    from convert.report.marks import Colours


class Copy:
    """Writes the rows of a table into ``sheet``; those down to ``header`` are its head."""

    def __init__(self, sheet: Sheet, header: int, colours: Colours) -> None:
        self._sheet, self._header, self._colours = sheet, header, colours

    def block(self, block: Block) -> bool:
        """Write rows; False when there is no room for all of them."""
        if block.text is None or block.last > MAX_ROWS:
            return all(self._row(number, cells) for number, cells in block)
        if self._sheet.full:
            return False
        self._texts(block.text, block)
        return True

    def _row(self, number: int, cells: Sequence[str]) -> bool:
        """Write one row, and marked ones above it that hold nothing."""
        sheet, levels = self._sheet, {}
        if number > MAX_ROWS or sheet.full:
            return False
        for at, found in self._colours.upto(number):
            if at < number:
                sheet.row(_styled((), found), at)
            else:
                levels = found
        if number <= self._header or levels:
            sheet.row(_styled(cells, levels, HEAD if number <= self._header else PLAIN), number)
        else:
            sheet.texts(cells[:MAX_COLUMNS], number, shown)
        return True

    def _texts(self, text: bytes, block: Block) -> None:
        """Write a block at once, but for the rows that are marked."""
        marked = list(self._colours.upto(block.last))
        if not marked:
            self._sheet.block(text, block.first, shown, plain=block.plain)
            return
        rows, at = text.split(RECORD), 0
        for number, levels in marked:
            end = max(number - block.first, 0)
            self._between(rows[at:end], block.first + at, plain=block.plain)
            here = rows[end : end + 1] if number >= block.first else []
            cells = cells_of(here[0]) if here else ()
            self._sheet.row(_styled(cells, levels), number)
            at = end + len(here)
        self._between(rows[at:], block.first + at, plain=block.plain)

    def _between(self, rows: Sequence[bytes], first: int, *, plain: bool) -> None:
        if rows:
            self._sheet.block(RECORD.join(rows), first, shown, plain=plain)


def _styled(
    cells: Sequence[str], levels: dict[int, Severity], style: int = PLAIN
) -> Iterator[tuple[int, str | int, int]]:
    """A row whose cells are coloured by what is wrong with them."""
    left = dict(levels)
    for column, text in enumerate(cells[:MAX_COLUMNS], start=1):
        level = left.pop(column, None)
        if text or level:
            yield column, shown(text), style if level is None else COLOURS[level]
    for column, level in sorted(left.items()):
        yield column, "", COLOURS[level]
