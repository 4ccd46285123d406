"""Compressed files, archives, folders and patterns: what is read, what is refused, what is said."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import pickle
import struct
import sys
import time
import tracemalloc
import zipfile
import zlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import convert
from convert import packing
from convert.containers import one_source, sources
from convert.errors import SourceFault, UsageError
from convert.packing import Unpacked, packing_of
from convert.registry import format_named
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = "番号,名前\n" + "".join(f"{number},架空太郎像\n" for number in range(1, 5001))
DATA = TABLE.encode()
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}
CSV = format_named("csv")
MAPPING = """\
mapping: 1
id: small
source: {format: csv}
target: {format: jsonl}
record: {id: 番号}
fields: {名前: 名前}
"""


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def names(found: list[Source]) -> list[str]:
    return [source.name for source in found]


def rows(what: Any, **options: Any) -> tuple[int, list[Any]]:
    """How many rows were read whole, and every issue of the head and the records."""
    reader = convert.read(what, "csv", **options)
    records = list(reader)
    issues = [*reader.head_issues, *(issue for record in records for issue in record.issues)]
    return sum(record.body is not None for record in records), issues


def codes(what: Any) -> list[str]:
    return [issue.code for issue in rows(what)[1]]


# ── Compressed streams ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", PACKERS)
def test_kinds_are_known_by_their_content(kind: str, write: Callable[..., Path]) -> None:
    data = PACKERS[kind](DATA)
    path = write("no-suffix-at-all", data)
    for what in (path, str(path), data, io.BytesIO(data)):
        assert rows(what) == (5000, [])
    source = Source.of(path)
    assert (source.packing, source.size, source.stored_size) == (kind, None, len(data))
    assert source.digest() == hashlib.sha256(data).hexdigest()
    with pickle.loads(pickle.dumps(source)).open() as stream:  # noqa: S301
        assert stream.read() == DATA
    assert rows(PACKERS[kind](b""))[1][0].code == "SRC-EMPTY"


@pytest.mark.parametrize("kind", PACKERS)
def test_several_streams_in_a_row_are_one(kind: str) -> None:
    packed = PACKERS[kind]
    assert rows(packed(DATA[:1000]) + packed(DATA[1000:]))[0] == 5000


def test_zeros_may_fill_a_gzip_file_up() -> None:
    assert rows(gzip.compress(DATA) + bytes(1000)) == (5000, [])


def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(DATA)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    reader = convert.read("-", "csv")
    assert len(list(reader)) == 5000
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    source = Source.of("-")
    with source.open() as stream:
        assert stream.read() == DATA
    assert source.digest() == hashlib.sha256(data).hexdigest()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data[:-100])))
    assert codes("-") == ["SRC-PACKED-CUT"]


@pytest.mark.parametrize("kind", PACKERS)
def test_a_file_cut_short_gives_whole_rows_and_says_so(kind: str) -> None:
    import random

    noise = "番号,名前\n" + "".join(f"{n},{random.Random(n).getrandbits(200)}\n" for n in range(1, 20001))  # noqa: S311
    data = PACKERS[kind](noise.encode())
    count, issues = rows(data[: len(data) * 9 // 10])
    assert 0 < count < 20000
    (issue,) = issues
    assert (issue.code, issue.ordinal, issue.at.line) == ("SRC-PACKED-CUT", count + 1, count + 1)
    whole = noise.splitlines()
    bodies = [record.body for record in convert.read(data[: len(data) * 9 // 10], "csv") if record.body]
    assert [",".join(body) for body in bodies] == whole[1 : count + 1]


def test_a_damaged_file_gives_what_stands_before() -> None:
    data = bytearray(gzip.compress(DATA, 1) * 2)
    data[len(data) // 2 + 3] ^= 0xFF  # in the header of the second stream
    assert codes(bytes(data)) == ["SRC-PACKED-BROKEN"]
    data = bytearray(gzip.compress(DATA))
    data[-6] ^= 0xFF  # the check sum
    count, (issue,) = rows(bytes(data))
    assert (count, issue.code) == (5000, "SRC-PACKED-BROKEN")
    assert codes(gzip.compress(DATA) + b"rubbish after the end") == ["SRC-PACKED-BROKEN"]


@pytest.mark.parametrize("name", ["csv", "tsv", "jsonl", "json"])
def test_a_head_that_cannot_be_unpacked_is_fatal(name: str) -> None:
    for data in (b"\x1f\x8b\x08", gzip.compress(DATA)[:12], b"\x1f\x8b\x08\x00" + b"\xff" * 40):
        reader = convert.read(data, name)
        assert reader.head_issues[0].code in ("SRC-PACKED-CUT", "SRC-PACKED-BROKEN")
        assert list(reader) == []


def test_every_format_gives_what_stands_before_the_fault() -> None:
    lines = "".join(f'{{"a": {n}}}\n' for n in range(200_000)).encode()
    array = b"[" + b",".join(f'{{"a": {n}}}'.encode() for n in range(200_000)) + b"]"
    for name, data in (("jsonl", lines), ("json", array)):
        cut = gzip.compress(data)
        records = list(convert.read(cut[: len(cut) * 9 // 10], name))
        assert 100_000 < len(records) < 200_000
        assert [record.body["a"] for record in records[:-1]] == [str(n) for n in range(len(records) - 1)]
        assert [issue.code for issue in records[-1].issues] == ["SRC-PACKED-CUT"]


@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKERS)), st.integers(1, 700))
@settings(max_examples=100)
def test_what_was_packed_comes_out(data: bytes, kind: str, size: int) -> None:
    if packing_of(data) or packing.foreign_archive(data):
        return
    stream = Unpacked(io.BytesIO(PACKERS[kind](data)), kind, "x")
    parts = []
    while part := stream.read(size):
        parts.append(part)
        assert len(part) <= size
    assert b"".join(parts) == data


@given(st.binary(min_size=1, max_size=400), st.data())
@settings(max_examples=300)
def test_no_damage_raises_anything_else(data: bytes, draw: Any) -> None:
    kind = draw.draw(st.sampled_from(sorted(PACKERS)))
    packed = bytearray(PACKERS[kind](data))
    packed[draw.draw(st.integers(6, len(packed) - 1))] = draw.draw(st.integers(0, 255))
    stream = Unpacked(io.BytesIO(bytes(packed)), kind, "x")
    with contextlib.suppress(SourceFault):
        assert isinstance(stream.read(), bytes)


# ── Bombs ────────────────────────────────────────────────────────────────────────────────────────


def bomb(kind: str, size: int) -> bytes:
    if kind == "gzip":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        return b"".join([*(packer.compress(bytes(2**20)) for _ in range(size >> 20)), packer.flush()])
    return PACKERS[kind](bytes(size))


@pytest.mark.parametrize("kind", PACKERS)
def test_a_bomb_is_stopped(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREE", 4 * 2**20)
    data = bomb(kind, 64 * 2**20)
    tracemalloc.start()
    try:
        _, issues = rows(b"a,b\n" and data, max_record="1MB")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [issue.code for issue in issues][-1] == "SRC-PACKED-BOMB"
    assert peak < 24 * 2**20


def test_a_large_bomb_takes_little_time() -> None:
    stream = Source.of(bomb("gzip", 2**30)).open()
    start = time.process_time()
    with pytest.raises(SourceFault, match="SRC-PACKED-BOMB"):
        all(iter(lambda: stream.read(2**20), b""))
    assert time.process_time() - start < 10


def test_an_archive_that_says_it_is_a_bomb_is_refused_at_once() -> None:
    data = zipped({f"{n}.csv": bytes(60 * 2**20) for n in range(2)})
    (found,) = sources(data, CSV)
    with pytest.raises(SourceFault, match="SRC-PACKED-BOMB"):
        found.open()


def test_an_archive_that_lies_about_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(zipped({"a.csv": DATA}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    assert codes(bytes(data)) == ["SRC-PACKED-BROKEN"]


# ── Archives ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_sources(method: int, write: Callable[..., Path]) -> None:
    data = zipped({"b/二.csv": b"a\n2\n", "a.csv": DATA, "readme.txt": b"x", "__MACOSX/a.csv": b"x"}, method)
    path = write("納品.zip", data)
    found = sources(path, CSV)
    assert names(found) == [f"{path}/a.csv", f"{path}/b/二.csv"]
    assert [issue.code for issue in found[0].issues] == ["SRC-LEFT-OUT"]
    assert (found[0].issues[0].value, found[0].issues[0].slots) == ("readme.txt", {"count": 1})
    assert not found[1].issues
    for source in found:
        again = pickle.loads(pickle.dumps(source))  # noqa: S301
        assert again.digest() == source.digest() == hashlib.sha256(data).hexdigest()
        assert (again.name, again.size, again.stored_size) == (source.name, None, len(data))
    assert names(sources(Source.of(path), CSV)) == names(sources(str(path), CSV)) == names(found)
    assert rows(found[0])[0] == 5000
    assert rows(f"{path}/b/二.csv") == (1, [])
    with pytest.raises(UsageError, match="holds 2 files"):
        convert.read(path, "csv")
    with pytest.raises(UsageError, match="no such file"):
        convert.read(f"{path}/c.csv", "csv")


def test_one_file_in_an_archive_is_read_whatever_its_name() -> None:
    assert rows(zipped({"dir/": b"", "export": DATA})) == (5000, [])
    assert rows(io.BytesIO(zipped({"export": DATA}))) == (5000, [])


def test_names_without_the_flag_for_utf_8() -> None:
    data = zipped({"ABCD.csv": b"a\n1\n"})
    for encoding in ("cp932", "utf-8"):
        name = "目録"
        raw = name.encode(encoding)
        archive = data.replace(b"ABCD.csv", raw + b"x" * (8 - len(raw)) if len(raw) < 8 else raw + b"xx")
        archive = archive if len(raw) < 8 else zipped({"ABCDEFGH": b"a\n1\n"}).replace(b"ABCDEFGH", raw + b"xx")
        assert sources(archive)[0].name.startswith(f"<bytes>/{name}")


def refused(data: bytes) -> Any:
    (found,) = sources(data, CSV)
    with pytest.raises(SourceFault) as caught:
        found.open()
    reader = convert.read(data, "csv")
    assert list(reader) == []
    assert [issue.code for issue in reader.head_issues] == [caught.value.issue.code]
    return caught.value.issue


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:a.csv", "..\\a.csv", "a\x01.csv"])
def test_names_that_point_outside(name: str) -> None:
    issue = refused(zipped({name: b"a\n1\n", "b.csv": b"a\n"}))
    assert (issue.code, issue.value) == ("SRC-ZIP-NAME", name)


def test_backslashes_between_folders_are_taken() -> None:
    assert sources(zipped({"b\\a.csv": b"a\n1\n"}))[0].name == "<bytes>/b\\a.csv"


def flagged(data: bytes, offset: int, value: int) -> bytes:
    changed = bytearray(data)
    at = changed.index(b"PK\x01\x02") + offset
    changed[at : at + 2] = struct.pack("<H", value)
    return bytes(changed)


def test_encrypted_members_and_unknown_methods() -> None:
    data = zipped({"a.csv": DATA})
    assert refused(flagged(data, 8, 1)).code == "SRC-ZIP-ENCRYPTED"
    issue = refused(flagged(data, 10, 9))
    assert (issue.code, issue.slots, issue.at.source) == ("SRC-ZIP-METHOD", {"method": 9}, "<bytes>/a.csv")


@pytest.mark.parametrize("name", ["in.zip", "in.csv.gz", "in.7z", "in.tar"])
def test_nested_archives_by_their_names(name: str) -> None:
    issue = refused(zipped({"a.csv": b"a\n", name: b"whatever"}))
    assert (issue.code, issue.at.source) == ("SRC-PACKED-NESTED", f"<bytes>/{name}")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gzip.compress(DATA), "gzip"),
        (zipped({"a.csv": DATA}), "zip"),
        (b"a.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(600), "tar"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(300), "7z"),
    ],
)
def test_nested_archives_by_their_content(data: bytes, kind: str) -> None:
    for outer in (gzip.compress(data), zipped({"a.csv": data})):
        reader = convert.read(outer, "csv")
        assert [(i.code, i.slots["kind"]) for i in reader.head_issues] == [("SRC-PACKED-NESTED", kind)]


@pytest.mark.parametrize("head", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01", b"\x1f\x9d\x90", b"!!-lh5-"])
def test_other_archives(head: bytes) -> None:
    assert refused(head + bytes(300)).code == "SRC-ARCHIVE"


def test_broken_archives() -> None:
    data = zipped({"a.csv": DATA, "b.csv": DATA})
    for cut in (10, len(data) // 2, len(data) - 1):
        assert refused(data[:cut]).code == "SRC-PACKED-BROKEN"
    damaged = bytearray(data)
    damaged[200] ^= 0xFF
    first = sources(bytes(damaged), CSV)[0]
    assert [issue.code for issue in rows(first)[1]] == ["SRC-PACKED-BROKEN"]
    wrong = bytearray(data)
    wrong[:4] = b"PK\x05\x06"
    assert rows(sources(bytes(wrong), CSV)[0])[1][0].code == "SRC-PACKED-BROKEN"


@given(st.integers(0, 10**9), st.integers(0, 255))
@settings(max_examples=300)
def test_no_damaged_archive_raises_anything_else(place: int, value: int) -> None:
    data = bytearray(zipped({"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n3,4\n"}))
    data[4 + place % (len(data) - 4)] = value
    try:
        found = sources(bytes(data), CSV)
    except UsageError:
        return
    for source in found:
        for record in convert.read(source, "csv"):
            assert record.body or record.issues


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.containers.MAX_MEMBERS", 3)
    assert refused(zipped({f"{n}.csv": b"a\n" for n in range(4)})).code == "SRC-ZIP-MEMBERS"
    monkeypatch.setattr("convert.containers.MAX_MEMBERS", 9)
    monkeypatch.setattr("convert.containers.MAX_DIRECTORY", 100)
    assert refused(zipped({f"{n}.csv": b"a\n" for n in range(4)})).code == "SRC-ZIP-MEMBERS"


def test_an_archive_without_files_of_the_format() -> None:
    with pytest.raises(UsageError, match=r"\(\.csv\); found: a\.txt, b\.txt"):
        sources(zipped({"a.txt": b"x", "b.txt": b"y"}), CSV)
    with pytest.raises(UsageError, match="no file to read"):
        sources(zipped({}), CSV)


def test_files_of_programs_are_not_unpacked() -> None:
    for members in ({"[Content_Types].xml": b"<a/>", "b": b"x"}, {"b": b"x", "[Content_Types].xml": b"<a/>"}):
        data = zipped(members)
        (found,) = sources(data)
        with found.open() as stream:
            assert stream.read() == data


def test_a_zip_archive_through_a_pipe_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(zipped({"a.csv": DATA}))))
    assert codes("-") == ["SRC-ZIP-STREAM"]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"7z\xbc\xaf\x27\x1c" + bytes(300))))
    assert codes("-") == ["SRC-ARCHIVE"]


# ── Folders and patterns ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "納品"
    (place / "2025").mkdir(parents=True)
    contents = {
        "b.csv": DATA,
        "a.CSV.gz": gzip.compress(DATA),
        "c.zip": zipped({"1.csv": DATA, "2.csv": DATA}),
        ".hidden.csv": b"x",
        "Thumbs.db": b"x",
        "out.csv.manifest.json": b"{}",
        "memo.txt": b"x",
        "2025/old.csv": DATA,
    }
    for name, data in contents.items():
        (place / name).write_bytes(data)
    return place


def test_a_folder_stands_for_its_files(folder: Path) -> None:
    found = sources(folder, CSV)
    assert [source.name.removeprefix(f"{folder}/") for source in found] == [
        "a.CSV.gz",
        "b.csv",
        "c.zip/1.csv",
        "c.zip/2.csv",
    ]
    (issue,) = found[0].issues
    assert (issue.at.source, issue.value, issue.slots) == (
        str(folder),
        "2025/, memo.txt, out.csv.manifest.json",
        {"count": 3},
    )
    (folder / "c.zip").unlink()
    with pytest.raises(UsageError, match=r"no file to read \(\.tsv \.tab\); found: 2025/, a\.CSV\.gz"):
        sources(folder, format_named("tsv"))


def test_a_pattern_stands_for_the_files_it_fits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert names(sources("*.csv", CSV)) == ["b.csv"]
    assert names(sources("**/*.csv", CSV)) == ["2025/old.csv", "b.csv"]
    (found,) = sources("out*", CSV) if (folder / "out.csv").write_bytes(DATA) else []
    assert (found.name, found.issues[0].value) == ("out.csv", "out.csv.manifest.json")
    (folder / "out.csv").unlink()
    with pytest.raises(UsageError, match="no file to read"):
        sources("*.xml", CSV)
    (folder / "b[1].csv").write_bytes(DATA)
    assert names(sources("b[1].csv", CSV)) == ["b[1].csv"]


def test_missing_files_are_missing(tmp_path: Path) -> None:
    for name in (tmp_path / "no.csv", "no.csv", "x\0y"):
        with pytest.raises(UsageError):
            sources(name, CSV)
    with pytest.raises(UsageError):
        one_source(3)


# ── Runs ─────────────────────────────────────────────────────────────────────────────────────────


def run(folder: Path, tmp_path: Path, inputs: Any, name: str = "out.jsonl", **more: Any) -> convert.Report:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return convert.Job(mapping, **more).run(inputs, tmp_path / name, [tmp_path / "report.jsonl"])


def test_a_run_over_a_folder_in_two_processes_is_the_same(folder: Path, tmp_path: Path, pool: Any) -> None:
    serial = run(folder, tmp_path, str(folder), "1.jsonl")
    shared = run(folder, tmp_path, str(folder), "2.jsonl", jobs=2, shard_bytes=1, executor=pool)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert serial.tally == shared.tally
    assert serial.counts["written"] == 20_000
    told = serial.to_dict()["inputs"]
    assert [item["records"] for item in told] == [5000] * 4
    assert told[2]["sha256"] == told[3]["sha256"] == hashlib.sha256((folder / "c.zip").read_bytes()).hexdigest()
    assert told[2]["bytes"] == (folder / "c.zip").stat().st_size


def test_a_broken_file_among_others(folder: Path, tmp_path: Path, says_all: Callable[[Any], None]) -> None:
    data = gzip.compress(DATA)
    (folder / "a.CSV.gz").write_bytes(data[: len(data) - 10])
    report = run(folder, tmp_path, str(folder))
    assert (report.counts["written"], report.counts["broken"]) == (19_999, 1)
    assert report.counts["read"] == 20_000
    assert report.exit_code == 1
    assert "SRC-PACKED-CUT" in {issue.code for issue in report.issues}
    for issue in report.issues:
        says_all(issue)


def test_an_archive_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="read or written by this run"):
        run(folder, folder, str(folder / "c.zip"), "c.zip")
    with pytest.raises(UsageError, match="named twice"):
        run(folder, tmp_path, [str(folder / "c.zip"), str(folder / "c.zip/1.csv")])


def test_a_refused_archive_is_a_fatal_issue_of_the_run(folder: Path, tmp_path: Path) -> None:
    (folder / "c.zip").write_bytes(zipped({"../x.csv": DATA}))
    report = run(folder, tmp_path, str(folder / "c.zip"))
    assert [issue.code for issue in report.issues] == ["SRC-ZIP-NAME"]
    assert (report.exit_code, report.complete) == (3, False)


def test_zstandard_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(UsageError, match=r"mokuroku\[zstd\]"):
        Source.of(PACKERS["zstd"](DATA))
