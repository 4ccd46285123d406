"""What a workbook says of itself: its sheets, date system and number formats."""

from __future__ import annotations

from dataclasses import dataclass

from convert.formats.xlsx.numfmt import BUILTIN, NumberFormat, compile_format
from convert.formats.xlsx.package import Package, Refused, relationships_of, resolve
from convert.formats.xlsx.xml import is_true, parse, relation

MAX_SHEETS = 1000
MAX_STYLES = 100_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of cells: its name, its part of the zip, whether it is hidden."""

    name: str
    part: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets in order, the part with the shared strings, and a format for each style number."""

    sheets: tuple[Sheet, ...]
    is_1904: bool
    strings: str | None
    styles: tuple[NumberFormat, ...]


@dataclass(frozen=True, slots=True)
class _Relation:
    kind: str
    target: str


def read_workbook(package: Package) -> Workbook:
    """Read the small parts. Raises :class:`Refused`."""
    part = _workbook_part(package)
    relations = _relations(package, part)
    sheets: list[Sheet] = []
    flags: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            flags.update(attributes)
        elif name == "sheet" and len(sheets) < MAX_SHEETS:
            found = relations.get(relation(attributes, "id") or "")
            if found is not None and found.kind == "worksheet":
                hidden = attributes.get("state", "visible") != "visible"
                sheets.append(Sheet(attributes.get("name", ""), found.target, hidden))

    parse(part, [package.small(part)], start)
    if not sheets:
        raise Refused("SRC-XLSX-PART", part)
    by_kind = {found.kind: found.target for found in relations.values()}
    strings, styles = by_kind.get("sharedStrings"), by_kind.get("styles")
    return Workbook(
        tuple(sheets),
        is_true(flags.get("date1904")),
        strings if strings is not None and strings in package else None,
        _styles(package, styles) if styles is not None and styles in package else (),
    )


def _workbook_part(package: Package) -> str:
    if "_rels/.rels" in package:
        found = _relations(package, "")
        part = next((item.target for item in found.values() if item.kind == "officeDocument"), None)
        if part is not None and part in package and part.lower().endswith(".xml") and not part.startswith("word/"):
            return part
    elif "xl/workbook.xml" in package:
        return "xl/workbook.xml"
    raise Refused("SRC-XLSX-OTHER", kind=_other_kind(package))


def _other_kind(package: Package) -> str:
    if "xl/workbook.bin" in package:
        return "xlsb"
    if "word/document.xml" in package:
        return "docx"
    if "ppt/presentation.xml" in package:
        return "pptx"
    if "mimetype" in package and package.small("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        return "ODS (OpenDocument)"
    return "Numbers" if any(name.startswith("index/") for name in package.names) else "ZIP"


def _relations(package: Package, part: str) -> dict[str, _Relation]:
    place = relationships_of(part)
    found: dict[str, _Relation] = {}
    if place not in package:
        return found

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = _Relation(kind, resolve(part, attributes.get("Target", "")))

    parse(place, [package.small(place)], start)
    return found


def _styles(package: Package, part: str) -> tuple[NumberFormat, ...]:
    codes = dict(BUILTIN)
    numbers: list[int] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and "formatCode" in attributes:
            number = _whole(attributes.get("numFmtId"))
            if not inside[0] and len(codes) < MAX_STYLES:
                codes[number] = attributes["formatCode"]
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0] and len(numbers) < MAX_STYLES:
            numbers.append(_whole(attributes.get("numFmtId")))

    def end(name: str) -> None:
        if name == "cellXfs":
            inside[0] = False

    parse(part, package.chunks(part), start, end)
    return tuple(compile_format(codes.get(number, "General")) for number in numbers)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
