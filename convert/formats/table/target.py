"""Tables as targets: the names of a mapping's fields are the headings, in their order; a record is a row.

There is no receiver and hence no rule: any name is good. What a cell cannot hold is written as far as it goes and told.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from convert.check.dataset.columns import Column
from convert.check.issue import Finding, shortened
from convert.formats.base import Coercer, Companion, Container, Options, TargetFault, TargetRule
from convert.formats.table.write import Alphabet, RowFile, guarded
from convert.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from convert.model import Mapped

_NEWLINES = {"crlf": "\r\n", "lf": "\n"}


class TableTarget(ABC):
    """What tables of every kind share. A document is the list of a row's cells."""

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        self.options = options
        self.columns = tuple(dict.fromkeys(rule.name for rule in rules))
        self.headings = _headings(rules)
        self._join: str = options.get("join") or ";"
        self.faults = [fault for rule in rules for fault in _rule_faults(rule)]

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """Text stays text."""
        return None

    def surveyed(self) -> list[Column]:
        """The cells of a row, each under the name of its field."""
        return [Column(name, name, way=(at,)) for at, name in enumerate(self.columns)]

    def identity(self, record_id: str) -> str:
        """The id as it is."""
        return record_id

    def assemble(self, mapped: Mapped) -> tuple[list[str], list[Finding]]:
        """The cells of the row; several values of a field in one cell."""
        findings: list[Finding] = []
        get = mapped.values.get
        cells = []
        for name in self.columns:
            values = get(name)
            if values is None:
                cells.append("")
            elif len(values) == 1:
                value = values[0]
                cells.append(value if value.__class__ is str else cell_text(value))
            else:
                cells.append(self._joined(name, [cell_text(value) for value in values], findings))
        return self.fitted(cells, mapped, findings), findings

    def _joined(self, name: str, texts: list[str], findings: list[Finding]) -> str:
        join = self._join
        for index, text in enumerate(texts):
            if join in text:
                findings.append(Finding("OUT-TABLE-JOIN", name, index, text, {"join": join}))
        return join.join(texts)

    def fitted(self, cells: list[str], mapped: Mapped, findings: list[Finding]) -> list[str]:
        """The cells as the file can hold them; what had to be changed is told."""
        return cells

    @abstractmethod
    def encode(self, document: list[str]) -> bytes:
        """The row as bytes."""

    @abstractmethod
    def container(self) -> Container:
        """The header row, and what else stands around the rows."""

    def companions(self) -> Iterable[Companion]:
        """No further files."""
        return ()


class TextTableTarget(TableTarget):
    """CSV and TSV. Options: see ``write_options`` of the room."""

    delimiter = ","

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        super().__init__(options, rules, base=base)
        encoding = options.get("encoding") or "utf-8"
        bom = options.get("bom")
        self._alphabet = Alphabet(encoding)
        self._guard = bool(options.get("formula_guard"))
        if bom and encoding != "utf-8":
            self.faults.append(TargetFault("OUT-TABLE-BOM", slots={"encoding": encoding}, suggestion="bom: false"))
        for rule in rules:
            missing = self._alphabet.missing(rule.name)
            if missing and not rule.passthrough:
                slots = {"characters": missing, "encoding": encoding}
                self.faults.append(TargetFault("OUT-TABLE-HEADING", rule.number, slots))
        self._file = RowFile(
            [self._alphabet.fitting(heading) for heading in self.headings],
            delimiter=options.get("delimiter") or self.delimiter,
            encoding=encoding,
            bom=encoding == "utf-8" and bom is not False,
            newline=_NEWLINES[options.get("newline") or "crlf"],
            limit=options.get("split"),
        )

    def fitted(self, cells: list[str], mapped: Mapped, findings: list[Finding]) -> list[str]:
        """The cells in the characters of the encoding, and without formulas where that is asked for."""
        if not self._alphabet.holds("".join(cells)):
            for at, cell in enumerate(cells):
                if not self._alphabet.holds(cell):
                    findings += self._missing(self.columns[at], mapped)
                    cells[at] = self._alphabet.fitting(cell)
        if self._guard:
            for at, cell in enumerate(cells):
                safe = guarded(cell)
                if safe is not cell and safe != cell:
                    findings.append(Finding("OUT-TABLE-GUARDED", self.columns[at], value=cell, slots=_stored(safe)))
                    cells[at] = safe
        return cells

    def _missing(self, name: str, mapped: Mapped) -> list[Finding]:
        found = []
        for index, value in enumerate(mapped.values[name]):
            text = cell_text(value)
            missing = self._alphabet.missing(text)
            if missing:
                slots = {"characters": _shown(missing), "encoding": self._alphabet.encoding}
                slots |= _stored(self._alphabet.fitting(text))
                found.append(Finding("OUT-TABLE-CHARACTER", name, index, text, slots))
        return found

    def encode(self, document: list[str]) -> bytes:
        """The row, quoted where it has to be (RFC 4180)."""
        return self._file.row(document)

    def container(self) -> Container:
        """The header row; ``split`` limits the size of a file."""
        return self._file.container


class CsvTarget(TextTableTarget):
    """Cells between commas."""


class TsvTarget(TextTableTarget):
    """Cells between tabs; quoted as in CSV where they hold a tab, a line break or a quote."""

    delimiter = "\t"


def cell_text(value: Any) -> str:
    """A value as the text of a cell; of a value with a reading, language or type the value, of an object its member."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):  # of one member
        return " ".join(cell_text(part) for values in value.values() for part in values)
    return cell_text(value.value) if isinstance(value, Text) else str(value)


def _stored(text: str) -> dict[str, str]:
    return {"stored": shortened(text)}


def _shown(characters: str) -> str:
    """Characters a message can show: ``𠮷 U+20BB7``, half a pair as its number only."""
    return ", ".join(f"U+{ord(c):04X}" if "\ud800" <= c <= "\udfff" else f"{c} U+{ord(c):04X}" for c in characters[:10])


def _headings(rules: Sequence[TargetRule]) -> list[str]:
    """The names of the fields. ``passthrough`` puts a type behind a column's header, which a table has no use for: it
    goes again, unless two columns would then be called the same.
    """
    taken = {rule.name for rule in rules}
    found: dict[str, str] = {}
    for rule in rules:
        header = rule.name.rpartition("_")[0] if rule.passthrough else rule.name
        found.setdefault(rule.name, rule.name if header in taken and rule.passthrough else header)
        taken.add(found[rule.name])
    return list(found.values())


def _rule_faults(rule: TargetRule) -> list[TargetFault]:
    """What a rule gives that a cell has no room for."""
    faults = []
    if rule.objects and len(rule.members) != 1:
        faults.append(TargetFault("OUT-TABLE-OBJECTS", rule.number))
    if rule.yomi:
        faults.append(TargetFault("OUT-TABLE-YOMI", rule.number))
    for part, given in (("lang", rule.lang), ("type", rule.type)):
        if given is not None:
            faults.append(TargetFault("OUT-TABLE-PART", rule.number, {"part": part, "value": given}))
    return faults
