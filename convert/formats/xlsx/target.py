"""A workbook as target: one sheet, a header row, every cell text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.formats.base import Container, Options, TargetFault, TargetRule
from convert.formats.table.target import TableTarget
from convert.formats.xlsx.write import MAX_COLUMNS, SheetFile, cell_findings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convert.check.issue import Finding
    from convert.model import Mapped


class XlsxTarget(TableTarget):
    """Formulas need no guard: a cell of text is never taken for one."""

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        super().__init__(options, rules, base=base)
        if len(self.columns) > MAX_COLUMNS:
            slots = {"count": len(self.columns), "limit": MAX_COLUMNS}
            self.faults.append(TargetFault("OUT-XLSX-COLUMNS", slots=slots))
        self._file = SheetFile(self.headings, limit=options.get("split"), sheet=options.get("sheet") or "Sheet1")

    def fitted(self, cells: list[str], mapped: Mapped, findings: list[Finding]) -> list[str]:
        """What a cell of a workbook cannot hold is told; :class:`SheetFile` leaves it out."""
        for name, cell in zip(self.columns, cells, strict=True):
            findings += cell_findings(name, cell)
        return cells

    def encode(self, document: list[str]) -> bytes:
        """One row of the sheet."""
        return self._file.row(document)

    def container(self) -> Container:
        """The workbook around the rows; more rows than a sheet holds make further files."""
        return self._file.container
