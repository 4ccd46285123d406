"""The copy of a table in the .xlsx report: rows cut among the bytes."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convert.check.issue import Issue, Severity
from convert.formats import separated
from convert.formats.xlsx.rows import SCRIPTS, is_plain, row_of, xml
from convert.model import Location
from convert.registry import reporter_named
from convert.report import Report, Tally, blocks
from convert.report.blocks import Block, Unread
from convert.report.rows import Reread, Table, table
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CELLS = st.sampled_from(
    [
        "",
        "a",
        "染付皿",
        "b,c",
        'q"q',
        "-",
        "=1",
        "_x0041_",
        "l1\nl2",
        "l1\r\nl2",
        "cr\rcr",
        "end\r",
        "\x1f",
        "\x00",
        " x ",
    ]
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=30)


def text_of(rows: Sequence[Sequence[str]], end: str, *, always: bool = False) -> str:
    """Rows as CSV, some with too many or too few cells."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def table_of(data: bytes | Path, encoding: str = "utf-8", **options: Any) -> Table:
    source = Source.of(data, name="a.csv")
    found = table(Reread(source, "csv", {"encoding": encoding, **options}))
    assert found is not None
    return found


def listed(found: Iterator[Block]) -> list[tuple[int, list[str]]]:
    return [(number, list(cells)) for block in found for number, cells in block]


# ── Rows among the bytes ─────────────────────────────────────────────────────────────────────────


@settings(max_examples=300, deadline=None)
@example(
    rows=[["a", "end\r"], ["b", "c"]], end="\n", broken="", at=0, size=64, most=1000, encoding="utf-8", always=False
)
@given(
    rows=ROWS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    broken=st.sampled_from(["", "", 'a"b,c', '"open', '"x"y,z', ",,", "\n", "a,b,c,d,e"]),
    at=st.integers(0, 30),
    size=st.sampled_from([16, 64, 500, 1 << 15]),
    most=st.sampled_from([100, 1 << 20]),
    encoding=st.sampled_from(["utf-8", "cp932", "utf-16-le"]),
    always=st.booleans(),
)
def test_blocks_are_what_the_reader_reads(
    rows: list[list[str]], end: str, broken: str, at: int, size: int, most: int, encoding: str, *, always: bool
) -> None:
    given = [text_of([row], end, always=always) for row in rows]
    if broken:
        given.insert(at, broken + end)
    found = table_of(("h1,h2,h3" + end + "".join(given)).encode(encoding), encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", max(size, 20))
        patch.setattr(blocks, "MOST", most)
        assert listed(blocks.blocks(found)) == [(number, list(cells)) for number, cells in found]


def test_undecodable_bytes_are_read_around() -> None:
    data = b"h1,h2\n" + "あ,い\n".encode() * 50 + b"\xff,x\n" + "う,え\n".encode() * 50
    found = table_of(data)
    assert listed(blocks.blocks(found)) == [(number, list(cells)) for number, cells in found]
    assert any(not block.plain for block in itertools.islice(blocks.blocks(found), 1, None))


def test_most_rows_are_cut_among_the_bytes() -> None:
    data = b"h1,h2\n" + '"あ,い",=1\n"a\nb",-5\n'.encode() * 5000
    kinds = [block.text is not None for block in blocks.blocks(table_of(data))]
    assert kinds == [False, *[True] * (len(kinds) - 1)]


def test_a_compressed_table_that_breaks_is_read_as_far_as_it_goes() -> None:
    data = gzip.compress("".join(f"{n},染付{n * n}\n" for n in range(30_000)).encode(), mtime=0)
    found = table_of(data[: len(data) // 2])
    assert listed(blocks.blocks(found)) == [(number, list(cells)) for number, cells in found]


def test_what_breaks_is_told_apart_from_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"h\n1\n")
    found = table_of(tmp_path / "a.csv")
    (tmp_path / "a.csv").unlink()
    with pytest.raises(Unread):
        listed(blocks.blocks(found))


@given(st.text(alphabet=st.characters(), max_size=8))
def test_plain_texts_are_printable_and_no_formulas(text: str) -> None:
    row = row_of([text])
    if row is not None and is_plain(row):
        told = text.replace("\r\n", "").replace("\n", "").replace("\u3000", "")
        assert told.isprintable()
        assert not text.startswith(("=", "@", "＝", "＋", "－", "＠"))
        assert "_x" not in text


def test_every_character_of_plain_texts_is_printable() -> None:
    every = {chr(point) for first, last in SCRIPTS for point in range(first, last + 1)}
    assert [one for one in every if not one.isprintable()] == ["\u3000"]


def test_rows_too_long_for_a_sheet_are_left() -> None:
    assert xml(b"a" * 40_000, [1]) is None
    assert xml(separated.UNIT * 16_384, [1]) is None
    assert xml(separated.UNIT * 16_383, [1]) is not None


# ── The report ───────────────────────────────────────────────────────────────────────────────────

LEDGER = [[f"m-{n}", f"染付皿 {n}", "=1" if n % 50 == 7 else "不明"] for n in range(2, 1200)]
MARKED = (2, 3, 400, 401, 1150)


def reported(path: Path, reread: Reread) -> dict[str, tuple[Any, Any]]:
    """The cells of a report, each with its colour."""
    reporter: Any = reporter_named("xlsx")(path, lang="ja")
    for row in MARKED:
        at = Location(reread.source.name, line=row, row=row, column=3, field="受入日")
        reporter.issue(Issue("MAP-NO-VALUE", at, Severity.ERROR))
    reporter.close(Report(Tally(), sources=[reread]))
    sheet = openpyxl.load_workbook(path)["ledger.csv"]
    return {cell.coordinate: (cell.value, cell.fill.fgColor.rgb) for row in sheet.iter_rows() for cell in row}


def test_marked_rows_stand_between_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(text_of([["ID", "題名", "受入日"], *LEDGER], "\r\n"), encoding="utf-8", newline="")
    reread = Reread(Source.of(path), "csv", {"encoding": "utf-8"})
    usual = reported(tmp_path / "a.xlsx", reread)
    assert {cell for cell, (_, colour) in usual.items() if colour == "FFFFCFC9"} == {f"C{row}" for row in MARKED}
    told = [[usual[f"{letter}{row}"][0] for letter in "ABC"] for row in range(2, len(LEDGER) + 2)]
    assert told == LEDGER
    monkeypatch.setattr(blocks, "SIZE", 500)
    assert reported(tmp_path / "b.xlsx", reread) == usual
