"""Sources, encodings and lines."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import re
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convert import source as source_module
from convert.errors import UsageError
from convert.packing import packing_of
from convert.source import (
    Source,
    TextLines,
    encoding_hint,
    encoding_problem,
    find_encoding,
    is_damaged,
    line_starts,
    open_text,
    text_lines,
    visible,
)

if TYPE_CHECKING:
    from pathlib import Path


def lines_of(data, encoding=None):
    opened, lines = text_lines(Source.of(data), encoding)
    return list(lines), opened, lines


# ── Source ───────────────────────────────────────────────────────────────────────────────────────


def test_a_path_opens_often_and_keeps_the_name_as_written(tmp_path, monkeypatch):
    (tmp_path / "目録.csv").write_bytes(b"abc")
    monkeypatch.chdir(tmp_path)
    source = Source.of("./目録.csv")
    assert (source.name, source.size, source.seekable, source.picklable) == ("./目録.csv", 3, True, True)
    for _ in range(2):
        with source.open() as stream:
            assert stream.read() == b"abc"
    assert source.digest() == hashlib.sha256(b"abc").hexdigest()
    assert pickle.loads(pickle.dumps(source)).digest() == source.digest()  # noqa: S301


def test_bytes_are_a_source():
    source = Source.of(b"abc", name="三文字")
    assert (source.name, source.path, source.size, source.seekable) == ("三文字", None, 3, True)
    assert pickle.loads(pickle.dumps(source)).open().read() == b"abc"  # noqa: S301


def test_a_seekable_stream_is_read_from_its_head_and_stays_open():
    stream = io.BytesIO(b"abcdef")
    stream.seek(3)
    source = Source.of(stream)
    assert (source.size, source.seekable, source.picklable) == (6, True, False)
    for _ in range(2):
        with source.open() as opened:
            assert opened.read(2) == b"ab"
            opened.seek(4)
            assert opened.read() == b"ef"
    assert source.digest() == hashlib.sha256(b"abcdef").hexdigest()
    assert not stream.closed
    with pytest.raises(TypeError):
        pickle.dumps(source)


def test_standard_input_is_read_once(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"abc")))
    source = Source.of("-")
    assert (source.name, source.path, source.size, source.seekable) == ("<stdin>", None, None, False)
    with source.open() as stream:
        assert stream.read() == b"abc"
    assert source.digest() == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(UsageError, match="only once"):
        source.open()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a\nb\n",))
    writer.start()
    source = Source.of(path)
    assert (source.seekable, source.size, source.picklable) == (False, None, False)
    opened, lines = text_lines(source, None)
    assert list(lines) == ["a\n", "b\n"]
    opened.stream.close()
    writer.join()
    assert source.digest() == hashlib.sha256(b"a\nb\n").hexdigest()


def test_what_cannot_be_a_source_says_so(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        Source.of(tmp_path / "nothing.csv")
    with pytest.raises(UsageError, match="folder"):
        Source.of(tmp_path)
    with pytest.raises(UsageError, match="binary stream"):
        Source.of(io.StringIO("text"))  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        Source.of("a\0b")
    gone = tmp_path / "gone.csv"
    gone.write_bytes(b"")
    source = Source.of(gone)
    gone.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        source.open()


# ── Encodings ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF8", "utf_8_sig", "cp932", "Shift_JIS", "euc_jis_2004", "utf-16", "latin-1"]
)
def test_text_encodings_are_taken(name):
    assert encoding_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "no-such",
        "",
        "rot13",
        "hex",
        "base64",
        "zlib",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "a\x00b",
        "文字",
        932,
    ],
)
def test_other_codecs_are_refused(name):
    assert "text encoding" in encoding_problem(name)


@pytest.mark.parametrize(
    ("head", "stated", "name", "bom", "codes"),
    [
        (b"abc", None, "utf-8", 0, []),
        (b"abc", "cp932", "cp932", 0, []),
        (b"", None, "utf-8", 0, []),
        (b"\xef\xbb\xbfa", None, "utf-8", 3, []),
        (b"\xef\xbb\xbfa", "utf-8", "utf-8", 3, []),
        (b"\xef\xbb\xbfa", "utf-8-sig", "utf-8", 3, []),
        (b"\xef\xbb\xbfa", "cp932", "utf-8", 3, ["SRC-BOM"]),
        (b"\xff\xfea\0", None, "utf-16-le", 2, []),
        (b"\xff\xfea\0", "utf-16", "utf-16-le", 2, []),
        (b"\xfe\xff\0a", "utf-16", "utf-16-be", 2, []),
        (b"\xfe\xff\0a", "utf-16-le", "utf-16-be", 2, ["SRC-BOM"]),
        (b"\xff\xfe\0\0", None, "utf-32-le", 4, []),
        (b"\xff\xfe\0\0", "utf-16", "utf-16-le", 2, []),
        (b"\0\0\xfe\xff", None, "utf-32-be", 4, []),
        (b"a\0b\0", "utf-16", "utf-16-le", 0, ["SRC-BOM-MISSING"]),
        (b"\0a\0b", "utf-16-be", "utf-16-be", 0, []),
    ],
)
def test_a_bom_decides(head, stated, name, bom, codes):
    found = find_encoding(head, stated, "x.csv")
    assert (found.name, found.bom, [issue.code for issue in found.issues]) == (name, bom, codes)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_text_with_a_bom_reads_back(encoding):
    text = "目録\r\n二行目"
    lines, opened, _ = lines_of(text.encode(encoding))
    assert lines == ["目録\r\n", "二行目"]
    assert opened.encoding.issues == ()


def test_hints_name_the_encoding_that_reads_the_bytes():
    text = "資料番号,作品名,①"
    marked = {
        name: lines_of(text.encode(name), other)[0][0]
        for name, other in [("cp932", "utf-8"), ("euc_jis_2004", "utf-8"), ("utf-8", "ascii"), ("utf-16-le", "utf-8")]
    }
    assert encoding_hint(marked["cp932"], "utf-8") == "cp932"
    assert encoding_hint(marked["euc_jis_2004"], "utf-8") == "euc_jis_2004"
    assert encoding_hint(marked["utf-8"], "ascii") == "utf-8"
    assert encoding_hint(marked["utf-16-le"], "utf-8") == "utf-16-le"
    assert encoding_hint(lines_of(b"\x80\xff\xff", "utf-8")[0][0], "utf-8") is None
    assert encoding_hint(lines_of("①".encode("cp932"), "shift_jis")[0][0], "shift_jis") == "cp932"


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────


def test_only_lf_crlf_and_cr_end_a_line():
    text = "a\u0085b\u2028c\u000bd\u000ce\x1cf\ng\r\nh\ri"
    assert lines_of(text.encode())[0] == ["a\u0085b\u2028c\u000bd\u000ce\x1cf\n", "g\r\n", "h\r", "i"]


def expected_lines(text):
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


@given(
    st.text(alphabet="a目\r\n\u2028😀", max_size=40), st.integers(1, 9), st.sampled_from(["utf-8", "utf-16", "cp932"])
)
@settings(max_examples=400, deadline=None)
def test_lines_do_not_depend_on_chunks(text, chunk, encoding):
    if encoding == "cp932":
        text = text.replace("\u2028", "").replace("😀", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "CHUNK", chunk)
        assert lines_of(text.encode(encoding), encoding)[0] == expected_lines(text)


@given(
    st.binary(max_size=60), st.sampled_from(["utf-8", "cp932", "euc_jp", "utf-16-le", "iso2022_jp", "ascii", "cp1252"])
)
@settings(max_examples=600, deadline=None)
def test_no_bytes_are_lost_or_refused(data, encoding):
    assume(packing_of(data) is None)
    whole, _, lines = lines_of(data, encoding)
    for chunk in (1, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source_module, "CHUNK", chunk)
            again, _, flags = lines_of(data, encoding)
        assert again == whole
        assert (flags.damaged, flags.nul) == (lines.damaged, lines.nul)
    assert lines.damaged == any(is_damaged(line) for line in whole)
    assert lines.nul == any("\0" in line for line in whole)
    if encoding in ("utf-8", "ascii", "cp1252") and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert b"".join(line.encode(encoding, "mokuroku-mark") for line in whole) == data


def test_every_bad_byte_becomes_a_mark_of_its_own():
    lines, _, flags = lines_of(b"a\x81\x7cb\n", "ascii")
    assert lines == ["a\udc81|b\n"]
    assert flags.damaged
    assert visible(lines[0]) == "a\\x81|b\n"


def test_good_chunks_before_a_bad_one_are_not_called_damaged(monkeypatch):
    monkeypatch.setattr(source_module, "CHUNK", 4)
    _, lines = text_lines(Source.of(b"abc\n" * 3 + b"\xff\n"), None)
    seen = [(line, lines.damaged) for line in lines]
    assert seen[0] == ("abc\n", False)
    assert seen[-1] == ("\udcff\n", True)


def test_lines_past_the_limit_are_cut_but_seen_to_be_long(monkeypatch):
    monkeypatch.setattr(source_module, "CHUNK", 10)
    lines = list(TextLines(io.BytesIO(b"a" * 1000 + b"\r\nb\n" + b"c" * 999), "utf-8", max_line=50))
    assert lines == ["a" * 51 + "\r\n", "b\n", "c" * 51]


def test_a_stretch_of_a_file_is_read_alone():
    data = "\ufeff一\n二\n三\n".encode()
    _, lines = text_lines(Source.of(data), None, start=7, end=11)
    assert list(lines) == ["二\n"]
    _, lines = text_lines(Source.of(data), None, end=7)
    assert list(lines) == ["一\n"]
    assert open_text(Source.of(data), None).encoding.bom == 3


def test_a_file_read_to_its_end_is_not_read_again_for_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n" + b"1,2\n" * 50_000)
    source = Source.of(path)
    opened, lines = text_lines(source, None)
    assert sum(1 for _ in lines) == 50_001
    opened.stream.close()
    monkeypatch.setattr(source, "open_stored", None)
    assert source.digest() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_part_of_a_file_is_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 50_000)
    source = Source.of(path)
    for start, end in ((4, None), (0, 100)):
        opened, lines = text_lines(source, None, start=start, end=end)
        list(lines)
        opened.stream.close()
        assert source.digest() == hashlib.sha256(path.read_bytes()).hexdigest()


@given(
    data=st.lists(st.sampled_from([b"a", b"bc", "目".encode(), b"\r", b"\n", b"\r\n"]), max_size=30).map(b"".join),
    wanted=st.sets(st.integers(1, 40)),
    stretch=st.integers(1, 9),
)
def test_lines_are_found_among_the_bytes(data: bytes, wanted: set[int], stretch: int) -> None:
    whole, _, _ = lines_of(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "_STRETCH", stretch)
        found = line_starts(io.BytesIO(data), wanted)
    for number in wanted:
        start = found.get(number)
        there = [] if start is None else lines_of(data[start:])[0]
        assert there == whole[number - 1 :]
