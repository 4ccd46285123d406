"""The archive a workbook is written into, and the rows that are written by the block."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convert.formats.xlsx import archive as room
from convert.formats.xlsx.archive import Archive, deflater
from convert.formats.xlsx.book import PLAIN, SheetPlan, Workbook
from convert.messages.catalogue import visible

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"[Content_Types].xml": b"<a/>", "xl/一.xml": b"", "xl/b.xml": bytes(range(256)) * 5_000}


def archived(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    archive = Archive(out)
    for name, content in files.items():
        member = archive.member(name)
        for at in range(0, len(content), 70_000):
            member.write(content[at : at + 70_000])
        member.close()
    archive.close()
    return out.getvalue()


@pytest.mark.parametrize("module", ["isal", "zlib"])
def test_zipfile_reads_what_is_written(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "zlib":
        monkeypatch.setattr(room, "deflater", lambda: zlib)
    with zipfile.ZipFile(io.BytesIO(archived(FILES))) as packed:
        assert packed.testzip() is None
        assert {name: packed.read(name) for name in packed.namelist()} == FILES
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_without_the_quick_compressor_the_usual_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(room.importlib, "import_module", missing)
    assert deflater() is zlib


def test_an_archive_beyond_4_gb_has_the_larger_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FAR", 100)  # what comes after so many bytes is far
    data = archived(FILES)
    assert b"PK\x06\x06" in data
    assert b"PK\x06\x07" in data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert {name: packed.read(name) for name in packed.namelist()} == FILES


def test_a_member_that_is_too_large_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LARGE", 1_000)
    with pytest.raises(ValueError, match="larger than 4 GB"):
        archived({"a": b"x" * 2_000})


@pytest.mark.skipif(shutil.which("unzip") is None, reason="no unzip here (Debian: apt-get install unzip)")
@pytest.mark.parametrize("far", [100, 0xFFFFFFFF])
def test_unzip_reads_it(tmp_path: Path, far: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FAR", far)
    (tmp_path / "a.zip").write_bytes(archived(FILES))
    subprocess.run(["unzip", "-tq", str(tmp_path / "a.zip")], check=True, capture_output=True, timeout=60)


# ── Rows by the block ────────────────────────────────────────────────────────────────────────────

CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "a", "目録", "=1+1", "-5", "+81-3", "-", "@x", "＝1", "_x0041_", "a`b", "^", "a^b", "<&>\"'"]
    ),
    st.sampled_from(
        ["a\nb", "\n", "a\r\nb", "a\rb", " a ", "a  b", "\u3000", "\xa0", "\u200b", "\x07", "\ud800", "😀", "1,5"]
    ),
    st.text(max_size=5),
    st.text(alphabet="+-.1a^`", max_size=5),
)


def shown(text: str) -> str:
    return visible(text, keep="\t\r\n")


@settings(max_examples=60, deadline=None)
@example(rows=[["-"], ["a", "+", "b"], ["-.", "-1.", "-1.5", "-1.5.2"]], step=1)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=40), step=st.integers(1, 3))
def test_rows_of_texts_are_what_single_rows_are(rows: list[list[str]], step: int) -> None:
    read = []
    for quick in (True, False):
        out = io.BytesIO()
        workbook = Workbook(out)
        sheet = workbook.sheet(SheetPlan("一"))
        for number, cells in enumerate(rows, start=1):
            if quick:
                sheet.texts(cells, number * step, shown)
            else:
                told = [one if one.isprintable() else shown(one) for one in cells]
                sheet.row(((at, one, PLAIN) for at, one in enumerate(told, start=1) if one), number * step)
        workbook.close()
        found = openpyxl.load_workbook(out)["一"]
        there = [cell for row in found.iter_rows() for cell in row if cell.value is not None]
        read.append({cell.coordinate: (cell.value, cell.data_type, cell.quotePrefix) for cell in there})
    assert read[0] == read[1]
