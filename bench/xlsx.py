"""Measure the reading of workbooks beside openpyxl, and the memory it takes.

    python bench/xlsx.py                    100,000 rows, 3 runs of each, medians; memory at 10,000 and 100,000 rows
    python bench/xlsx.py --rows 20000 --runs 5

Two workbooks: one as Excel writes it (shared strings, half of the texts different), one as openpyxl's write-only mode
does (every text in its cell). Ours reads with everything on: number formats, checks of cells, the head. openpyxl
reads ``read_only=True, values_only=True``. Each contestant is a process of its own, in turns;
CPU and peak memory are what the kernel says (``wait4``). The memory of an empty run is told too. Exit code 1: a
target was missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from make_data import COLUMNS, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOP = Path(__file__).resolve().parent.parent
TIMES = 4.0
MEMORY_GROWTH = 1.5
"""How much more memory 100,000 rows may take than 10,000."""

OURS = """
import sys
from convert.registry import format_named
from convert.source import Source
from convert.formats.base import parse_options
kind = format_named("xlsx")
reader = kind.load_reader()(Source.of(sys.argv[1]), parse_options(kind.read_options, {}))
print(sum(1 for _ in reader))
"""
THEIRS = """
import sys
import openpyxl
sheet = openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets[0]
print(sum(1 for _ in sheet.iter_rows(values_only=True)) - 1)
"""
NOTHING = "import convert.formats.xlsx.reader, convert.registry; print(0)"
NUMBERS = ("高さcm", "幅cm", "重さg")


def cells(row: list[str], sheet: Any) -> list[Any]:
    """A row as a museum has it in Excel: numbers, and one day with its format."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - not in the process that measures

    values: list[Any] = list(row)
    for name in NUMBERS:
        place = COLUMNS.index(name)
        if values[place].replace(".", "", 1).isdecimal():
            values[place] = float(values[place])
    day = WriteOnlyCell(sheet, date(1990 + len(row[1]) % 30, 1 + len(row[13]) % 12, 1 + len(row[7]) % 28))
    day.number_format = '[$-411]ggge"年"m"月"d"日"' if len(row[1]) % 2 else "yyyy/m/d"
    values[COLUMNS.index("更新日")] = day
    return values


def inline(path: Path, count: int) -> None:
    """The workbook with a text in every cell."""
    from openpyxl import Workbook  # noqa: PLC0415 - not in the process that measures

    book = Workbook(write_only=True)
    sheet = book.create_sheet("台帳")
    sheet.append(list(COLUMNS))
    for row in rows(count):
        sheet.append(cells(row, sheet))
    book.save(path)


def shared(path: Path, count: int) -> None:
    """The workbook with shared strings, written by hand: openpyxl would hold all of it in memory."""
    import zipfile  # noqa: PLC0415

    from convert.formats.xlsx.write import SheetFile  # noqa: PLC0415
    from convert.model import column_letters  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        plain = Path(name) / "plain.xlsx"
        sheet = SheetFile(COLUMNS)
        with (Path(name) / "rows").open("w+b") as stream, plain.open("w+b") as packed:
            stream.write(sheet.container.head + sheet.container.tail)
            sheet.container.pack(stream, packed)
        strings: dict[str, int] = {}
        with zipfile.ZipFile(plain) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for info in given.infolist():
                if "sheet1" not in info.filename:
                    out.writestr(info, with_strings(info.filename, given.read(info)))
            with out.open("xl/worksheets/sheet1.xml", "w") as part:
                main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                part.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
                for number, row in enumerate(all_rows(count), start=1):
                    part.write(as_shared(number, row, strings, column_letters))
                part.write(b"</sheetData></worksheet>")
            with out.open("xl/sharedStrings.xml", "w") as part:
                part.write(f'<sst xmlns="{main}">'.encode())
                for text in strings:
                    part.write(f"<si><t>{escaped(text)}</t></si>".encode())
                part.write(b"</sst>")


def with_strings(name: str, content: bytes) -> bytes:
    """The small parts, with one for shared strings and two formats of days."""
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    if name.endswith("workbook.xml.rels"):
        entry = b'<Relationship Id="rId9" Type="%b" Target="sharedStrings.xml"/></Relationships>' % kind
        return content.replace(b"</Relationships>", entry)
    if name == "[Content_Types].xml":
        kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        return content.replace(
            b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="%b"/></Types>' % kind
        )
    if name.endswith("styles.xml"):
        return content.replace(b'<cellXfs count="1">', b'<cellXfs count="3">').replace(
            b"</cellXfs>", b'<xf numFmtId="14"/><xf numFmtId="58"/></cellXfs>'
        )
    return content


def all_rows(count: int) -> Iterator[list[str]]:
    """The header and the rows."""
    yield list(COLUMNS)
    yield from rows(count)


def as_shared(number: int, row: list[str], strings: dict[str, int], letters: Any) -> bytes:
    """A row of XML."""
    out = [f'<row r="{number}" spans="1:{len(row)}">']
    for place, text in enumerate(row):
        cell = f"{letters(place + 1)}{number}"
        if number > 1 and COLUMNS[place] in NUMBERS and text.replace(".", "", 1).isdecimal():
            out.append(f'<c r="{cell}"><v>{text}</v></c>')
        elif number > 1 and COLUMNS[place] == "更新日":
            out.append(f'<c r="{cell}" s="{1 + number % 2}"><v>{33000 + number % 9000}</v></c>')
        elif text:
            out.append(f'<c r="{cell}" t="s"><v>{strings.setdefault(text, len(strings))}</v></c>')
    return "".join([*out, "</row>"]).encode()


def escaped(text: str) -> str:
    """Text as XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def measure(program: str, path: Path) -> tuple[float, float, int]:
    """CPU seconds, peak memory in MB, rows."""
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=TOP, stdout=subprocess.PIPE)
    told = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a contestant ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, int(told)


def made(make: Callable[[Path, int], None], path: Path, count: int) -> None:
    """Let another process write a workbook: a child's peak memory counts what its parent had."""
    process = multiprocessing.get_context("spawn").Process(target=make, args=(path, count))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("a workbook could not be made")


def compare(name: str, path: Path, runs: int) -> bool:
    """Print the ratio of one workbook; whether the target is met."""
    turns = [(measure(OURS, path), measure(THEIRS, path)) for _ in range(runs)]
    ours, theirs = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
    ratio = statistics.median(their[0] / our[0] for our, their in turns)
    (_, memory, count), (_, their_memory, their_count) = turns[0]
    if count != their_count:
        raise SystemExit(f"{count} rows are not {their_count} rows")
    print(f"{name}: {count:,} rows, {path.stat().st_size / 1e6:.1f} MB")
    print(f"  mokuroku {ours:7.2f} s CPU {count / ours:10,.0f} rows/s {memory:6.0f} MB")
    print(f"  openpyxl {theirs:7.2f} s CPU {count / theirs:10,.0f} rows/s {their_memory:6.0f} MB")
    met = ratio >= TIMES
    print(f"  {'ok    ' if met else 'MISSED'} {ratio:.1f} times openpyxl (target {TIMES:.0f})")
    return met


def main() -> None:
    """Make the workbooks, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory(prefix="mokuroku-bench-") as name:
        folder = Path(name)
        empty = measure(NOTHING, folder)[1]
        for kind, make in (("shared strings", shared), ("text in cells", inline)):
            paths = [folder / f"{kind}-{count}.xlsx" for count in (given.rows // 10, given.rows)]
            for path, count in zip(paths, (given.rows // 10, given.rows), strict=True):
                made(make, path, count)
            met &= compare(kind, paths[1], given.runs)
            small, large = (measure(OURS, path)[1] for path in paths)
            flat = large <= MEMORY_GROWTH * small
            met &= flat
            print(f"  {'ok    ' if flat else 'MISSED'} memory {small:.0f} MB at {given.rows // 10:,} rows, ", end="")
            print(f"{large:.0f} MB at {given.rows:,} rows ({empty:.0f} MB before anything is read)")
            for path in paths:
                path.unlink()
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
