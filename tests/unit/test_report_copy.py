"""The copy of a table in the .xlsx report: rows cut among the bytes, and packed ahead by another process."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import pickle
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import convert
from convert.check.issue import Issue, Severity
from convert.formats import separated
from convert.formats.xlsx import archive
from convert.formats.xlsx.rows import SCRIPTS, is_plain, row_of, xml
from convert.model import Location
from convert.registry import reporter_named
from convert.report import Report, Tally, ahead, blocks
from convert.report.ahead import Ahead, Piece
from convert.report.blocks import Block, Unread
from convert.report.rows import Reread, Table, table
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


# ── Rows packed ahead ────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_packed_pieces_are_one_member(parts: list[bytes]) -> None:
    out = io.BytesIO()
    packed = archive.Archive(out)
    member = packed.member("a")
    for number, part in enumerate(parts):
        if number % 2:
            member.splice(archive.Packed.of(part))
        else:
            member.write(part)
    member.close()
    packed.close()
    with zipfile.ZipFile(out) as read:
        assert read.testzip() is None
        assert read.read("a") == b"".join(parts)


@given(st.binary(), st.binary())
def test_checksums_are_joined(first: bytes, second: bytes) -> None:
    joined = archive.joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)


LEDGER = [[f"m-{n}", f"染付皿 {n}", "=1" if n % 50 == 7 else "不明"] for n in range(2, 1200)]
MAPPING = """
mapping: 1
id: test
source: {format: csv, encoding: utf-8}
target: {format: jsonl}
record: {id: ID}
fields: {題名: 題名, 受入日: 受入日}
"""
MARKED = (2, 3, 400, 401, 1150)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reread:
    """A ledger that is large enough, on a machine with two processors."""
    monkeypatch.setattr(ahead, "LEAST", 0)
    monkeypatch.setattr(ahead, "SIZE", 500)
    monkeypatch.setattr(blocks, "SIZE", 500)
    monkeypatch.setattr(ahead, "_processors", lambda: 2)
    path = tmp_path / "ledger.csv"
    path.write_text(text_of([["ID", "題名", "受入日"], *LEDGER], "\r\n"), encoding="utf-8", newline="")
    return Reread(Source.of(path), "csv", {"encoding": "utf-8"})


def reported(path: Path, reread: Reread, *, begun: bool) -> dict[str, tuple[Any, Any]]:
    """The cells of a report, each with its colour."""
    reporter: Any = reporter_named("xlsx")(path, lang="ja")
    if begun:
        reporter.begin([reread])
    for row in MARKED:
        at = Location(reread.source.name, line=row, row=row, column=3, field="受入日")
        reporter.issue(Issue("MAP-NO-VALUE", at, Severity.ERROR))
    reporter.close(Report(Tally(), sources=[reread]))
    sheet = openpyxl.load_workbook(path)["ledger.csv"]
    return {cell.coordinate: (cell.value, cell.fill.fgColor.rgb) for row in sheet.iter_rows() for cell in row}


def in_here(pieces: int) -> Any:
    """Pack in this process, so many pieces, then come to grief."""

    def started(order: bytes, folder: str) -> Any:
        for number, (path, kind, options) in enumerate(pickle.loads(order)):  # noqa: S301 - our own
            found = table(Reread(Source.of(path), kind, options))
            assert found is not None
            assert found.delimited is not None
            for _ in itertools.islice(ahead._written(found, found.delimited, Path(folder), number), pieces):
                pass
        return subprocess.Popen([sys.executable, "-c", ""])

    return started


@pytest.mark.parametrize("pieces", [0, 1, 7, 10_000])
def test_pieces_change_nothing(tmp_path: Path, ledger: Reread, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_started", in_here(pieces))
    usual = reported(tmp_path / "a.xlsx", ledger, begun=False)
    assert usual["C400"] == ("不明", "FFFFCFC9")
    assert reported(tmp_path / "b.xlsx", ledger, begun=True) == usual


def test_half_a_piece_is_none(tmp_path: Path, ledger: Reread, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(order: bytes, folder: str) -> Any:
        process = in_here(7)(order, folder)
        with (Path(folder) / "0.pieces").open("r+b") as stream:
            stream.truncate(700)
        return process

    monkeypatch.setattr(ahead, "_started", started)
    usual = reported(tmp_path / "a.xlsx", ledger, begun=False)
    assert reported(tmp_path / "b.xlsx", ledger, begun=True) == usual


def test_a_file_that_was_changed_is_not_taken_from_pieces(ledger: Reread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_started", in_here(10_000))
    packing = Ahead.of([ledger])
    found = table(ledger)
    assert packing is not None
    assert found is not None
    pieces = list(packing.blocks(found) or ())
    assert sum(isinstance(piece, Piece) and piece.packed is not None for piece in pieces) > 10
    with (ledger.source.path or Path()).open("ab") as stream:
        stream.write(b"x,y,z\r\n")
    assert packing.blocks(found) is None
    packing.close()


def test_the_process_packs_and_leaves_nothing(tmp_path: Path, ledger: Reread) -> None:
    packing = Ahead.of([ledger])
    assert packing is not None
    folder = Path(packing._folder.name)
    assert packing._process.wait(30) == 0
    found = table(ledger)
    assert found is not None
    pieces = [piece for piece in packing.blocks(found) or () if isinstance(piece, Piece)]
    assert pieces[-1].next_row == len(LEDGER) + 2
    packing.close()
    assert not folder.exists()


def test_a_process_that_is_still_at_work_is_ended(ledger: Reread, monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(order: bytes, folder: str) -> Any:
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    monkeypatch.setattr(ahead, "_started", asleep)
    monkeypatch.setattr(ahead, "WAIT", 0.01)
    packing = Ahead.of([ledger])
    found = table(ledger)
    assert packing is not None
    assert found is not None
    assert listed(iter(packing.blocks(found) or ())) == [(n, list(cells)) for n, cells in found]  # type: ignore[arg-type]
    assert packing._process.poll() is not None
    packing.close()


def test_a_report_that_is_given_up_ends_the_process(
    tmp_path: Path, ledger: Reread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asleep(order: bytes, folder: str) -> Any:
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    monkeypatch.setattr(ahead, "_started", asleep)
    reporter: Any = reporter_named("xlsx")(tmp_path / "r.xlsx", lang="ja")
    reporter.begin([ledger])
    process, folder = reporter._ahead._process, Path(reporter._ahead._folder.name)
    reporter.abort()
    assert process.poll() is not None
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="a process that lost its parent is told so on POSIX")
def test_a_process_whose_run_is_gone_goes_too(tmp_path: Path, ledger: Reread, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pieces"
    folder.mkdir()
    parents = itertools.chain([1], itertools.repeat(2))
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(sys, "argv", ["ahead", str(folder)])
    order = pickle.dumps([(str(ledger.source.path), "csv", {"encoding": "utf-8"})])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(order)))
    ahead.main()
    assert not folder.exists()


def test_small_inputs_and_single_processors_do_without(ledger: Reread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_processors", lambda: 1)
    assert Ahead.of([ledger]) is None
    monkeypatch.setattr(ahead, "_processors", lambda: 2)
    monkeypatch.setattr(ahead, "LEAST", 1_000_000)
    assert Ahead.of([ledger]) is None
    monkeypatch.setattr(ahead, "LEAST", 0)
    assert Ahead.of([Reread(Source.of(b"a,b\n1,2\n"), "csv", {})]) is None


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_run_leaves_no_process(
    tmp_path: Path, ledger: Reread, monkeypatch: pytest.MonkeyPatch, *, interrupted: bool
) -> None:
    begun: list[Ahead] = []
    real = Ahead.of

    def noted(rereads: Sequence[Reread]) -> Ahead | None:
        found = real(rereads)
        begun.extend([found] if found else [])
        return found

    def progress(records: int) -> None:
        if interrupted:
            raise KeyboardInterrupt

    monkeypatch.setattr(ahead, "_started", in_here(10_000))
    monkeypatch.setattr(Ahead, "of", noted)
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    job, out = convert.Job(tmp_path / "m.yaml"), tmp_path / "out.jsonl"
    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            job.run(ledger.source, out, [tmp_path / "r.xlsx"], progress=progress)
    else:
        job.run(ledger.source, out, [tmp_path / "r.xlsx"], progress=progress)
    assert len(begun) == 1
    assert begun[0]._process.poll() is not None
    assert not Path(begun[0]._folder.name).exists()
    assert ("ledger.csv" in openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames) is not interrupted
