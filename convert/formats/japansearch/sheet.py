"""The file for registration as a workbook (``file: xlsx``): one sheet, no merged cells, every cell text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.formats.japansearch.files import Encoder, cell_text
from convert.formats.japansearch.target import JapanSearchTarget

if TYPE_CHECKING:
    from convert.check.issue import Finding
    from convert.formats.base import Container
    from convert.model import Mapped


class JapanSearchFiles(JapanSearchTarget):
    """The target for one mapping, with every kind of file."""

    @property
    def _is_sheet(self) -> bool:
        return bool(self.flat and self.options["file"] == "xlsx")

    def _file(self) -> tuple[Encoder, Container]:
        if not self._is_sheet:
            return super()._file()
        from convert.formats.xlsx.write import SheetFile, cell_findings  # noqa: PLC0415 - most files are no workbook

        self._cell_findings = cell_findings
        keys = [key for _, key in self._file_columns()]
        sheet = SheetFile(keys, limit=self.options["split"])

        def encode(document: Any) -> bytes:
            return sheet.row([cell_text(document.get(key)) for key in keys])

        return encode, sheet.container

    def assemble(self, mapped: Mapped) -> tuple[Any, list[Finding]]:
        """The document, and what a cell of a workbook cannot hold."""
        document, findings = super().assemble(mapped)
        if self._is_sheet:
            for target, key, _ in self._items:
                findings += self._cell_findings(target, cell_text(document.get(key)))
        return document, findings
