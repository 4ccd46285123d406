"""Packages are built and read back: what is in them, what is said of them, what is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.check.issue import Severity
from convert.deliver import Built, Package, Request, build, read_package
from convert.deliver.cutting import KINDS, Cut, Knife
from convert.deliver.manifest import INFERRED, KNOWN
from convert.deliver.splitting import Split
from convert.errors import OptionError, RunError, UnknownName, UsageError
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.check.issue import Issue

NOW = datetime(2026, 1, 4, 20, 30, tzinfo=UTC)  # the morning of the 5th in Japan
DAY = date(2026, 1, 5)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcndl="http://ndl.go.jp/dcndl/terms/">\n'
    + "".join(f'<dcndl:BibResource rdf:about="https://opac.example.jp/{n}#material"/>\n' for n in range(1, 6))
    + "</rdf:RDF>\n"
)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Built]:
    """Build from files of the test's folder into ``out`` there."""

    def run(*files: str, library: str = "1311", **options: Any) -> Built:
        given = {"day": DAY, **options}
        return build(Request([tmp_path / file for file in files], library, tmp_path / "out", **given), now=NOW)

    return run


def codes(issues: tuple[Issue, ...]) -> list[str]:
    return [issue.code for issue in issues]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# ── What is built ────────────────────────────────────────────────────────────────────────────────


def test_one_file(make: Any, write: Any, tmp_path: Path) -> None:
    write("items.dat", b"\x00\x80 any bytes \x1e\x1d")
    built = make("items.dat")
    assert (built.written, built.refused, built.issues) == (True, False, ())
    assert names(tmp_path / "out") == ["updt1311_20260105_01.manifest.json", "updt1311_20260105_01.zip"]
    with zipfile.ZipFile(built.paths[0]) as archive:
        assert archive.namelist() == ["updt1311_20260105_01.dat"]
        assert archive.read("updt1311_20260105_01.dat") == b"\x00\x80 any bytes \x1e\x1d"


def test_several_files_have_a_serial_of_their_own(make: Any, write: Any) -> None:
    for name in ("b.dat", "a.dat"):
        write(name, name)
    with zipfile.ZipFile(make("b.dat", "a.dat").paths[0]) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {"updt1311_20260105_01_01.dat": b"b.dat", "updt1311_20260105_01_02.dat": b"a.dat"}


def test_the_archive_is_plain_and_the_same_every_time(make: Any, write: Any, tmp_path: Path) -> None:
    write("a.dat", "架空" * 5000)
    write("b.dat", os.urandom(3000))
    first = make("a.dat", "b.dat").paths[0].read_bytes()
    shutil.rmtree(tmp_path / "out")
    os.utime(tmp_path / "a.dat", (0, 0))
    assert make("a.dat", "b.dat").paths[0].read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        for entry in archive.infolist():
            assert (entry.extra, entry.comment, entry.compress_type) == (b"", b"", zipfile.ZIP_DEFLATED)
            assert (entry.date_time, entry.flag_bits, entry.create_system) == ((2026, 1, 5, 0, 0, 0), 0, 3)
        assert archive.comment == b""
    assert b"PK\x06\x06" not in first  # no ZIP64


@pytest.mark.skipif(not shutil.which("unzip"), reason="no unzip")
def test_unzip_agrees(make: Any, write: Any) -> None:
    write("a.dat", b"x" * 100_000)
    done = subprocess.run(["unzip", "-t", str(make("a.dat").paths[0])], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "No errors detected" in done.stdout


def test_the_manifest_tells_all(make: Any, write: Any, tmp_path: Path) -> None:
    data = write("items.rdf", RDF).read_bytes()
    built = make("items.rdf")
    told = json.loads((tmp_path / "out" / "updt1311_20260105_01.manifest.json").read_bytes())
    assert told == built.packages[0]
    package = built.paths[0].read_bytes()
    assert told["package"] == {
        "name": "updt1311_20260105_01.zip", "library": "1311", "date": "2026-01-05", "serial": 1,
        "bytes": len(package), "sha256": sha256(package),
    }  # fmt: skip
    assert told["members"] == [
        {
            "name": "updt1311_20260105_01.rdf", "bytes": len(data), "sha256": sha256(data), "records": 5,
            "first": "https://opac.example.jp/1#material", "last": "https://opac.example.jp/5#material",
            "source": told["sources"][0]["name"],
        }
    ]  # fmt: skip
    assert (told["format"], told["records"], told["tool"]["name"]) == ("dcndl", 5, "mokuroku")
    assert [rule["rule"] for rule in told["known"]] == list(KNOWN)
    assert [rule["rule"] for rule in told["inferred"]] == list(INFERRED)
    assert told["started"] == "2026-01-04T20:30:00+00:00"
    assert told["finished"].endswith("+00:00")
    assert "split" not in told


def test_dat_infers_no_suffix_and_counts_nothing_without_a_cutter(make: Any, write: Any) -> None:
    write("items.dat", "x")
    told = make("items.dat").packages[0]
    assert [rule["rule"] for rule in told["inferred"]] == ["library-code", "update-name"]
    assert "records" not in told
    assert set(told["members"][0]) == {"name", "bytes", "sha256", "source"}
    assert "member-suffix" in [rule["rule"] for rule in make("items.dat", suffix=".txt").packages[0]["inferred"]]


def test_today_is_that_of_japan(make: Any, write: Any) -> None:
    write("a.dat", "x")
    assert make("a.dat", day=None).paths[0].name == "updt1311_20260105_01.zip"


def test_serials_go_up_and_nothing_is_overwritten(make: Any, write: Any, tmp_path: Path) -> None:
    write("a.dat", "x")
    assert [make("a.dat").paths[0].name[-6:-4] for _ in range(3)] == ["01", "02", "03"]
    (tmp_path / "out" / "updt1311_20260105_03.zip").unlink()  # delivered and gone: its manifest stays
    assert make("a.dat").paths[0].name == "updt1311_20260105_04.zip"
    assert make("a.dat", serial=98).paths[0].name == "updt1311_20260105_98.zip"
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for serial in (1, 3, 98):
        with pytest.raises(UsageError, match="taken"):
            make("a.dat", serial=serial)
    make("a.dat")
    with pytest.raises(UsageError, match="two digits"):
        make("a.dat")
    assert {path: path.read_bytes() for path in before} == before


def test_a_dry_run_writes_nothing(make: Any, write: Any, tmp_path: Path) -> None:
    write("items.rdf", RDF)
    built = make("items.rdf", dry_run=True, split=Split(count=2))
    assert not (tmp_path / "out").exists()
    assert not built.written
    written = make("items.rdf", split=Split(count=2))
    assert written.packages[0]["members"] == built.packages[0]["members"]


# ── Splitting ────────────────────────────────────────────────────────────────────────────────────


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("into", ["members", "packages"])
def test_split_by_count(into: Any, make: Any, write: Any) -> None:
    write("items.rdf", RDF)
    built = make("items.rdf", split=Split(count=2, into=into))
    found = {name: data for path in built.paths for name, data in members(path).items()}
    assert [data.count(b"<dcndl:BibResource") for data in found.values()] == [2, 2, 1]
    assert all(data.endswith(b"</rdf:RDF>\n") and data.startswith(b"<rdf:RDF") for data in found.values())
    stem = "updt1311_20260105"
    wanted = {
        "members": [f"{stem}_01_01.rdf", f"{stem}_01_02.rdf", f"{stem}_01_03.rdf"],
        "packages": [f"{stem}_01.rdf", f"{stem}_02.rdf", f"{stem}_03.rdf"],
    }
    assert list(found) == wanted[into]
    assert all(read_package(path).conforms for path in built.paths)
    assert built.packages[0]["split"] == {"records": 2, "into": into}


def test_several_files_into_packages_without_limits(make: Any, write: Any) -> None:
    write("a.dat", "x")
    write("b.dat", "y")
    built = make("a.dat", "b.dat", split=Split(into="packages"))
    assert [members(path) for path in built.paths] == [
        {"updt1311_20260105_01.dat": b"x"},
        {"updt1311_20260105_02.dat": b"y"},
    ]


def rdf_of(lengths: list[int]) -> str:
    nodes = "".join(
        f'<dcndl:BibResource rdf:about="{number}">{"字" * length}</dcndl:BibResource>\n'
        for number, length in enumerate(lengths)
    )
    return RDF.partition("<dcndl:")[0] + nodes + "</rdf:RDF>\n"


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=30),
    st.none() | st.integers(1, 3000),
    st.none() | st.integers(1, 10),
)
def test_splitting_loses_nothing_and_keeps_the_limits(lengths: list[int], size: int | None, count: int | None) -> None:
    text = rdf_of(lengths)
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "a.rdf"
        source.write_text(text, encoding="utf-8")
        built = build(Request([source], "1311", Path(place) / "out", DAY, split=Split(size, count)), now=NOW)
        found = list(members(built.paths[0]).values())
        told = built.packages[0]["members"]
    head, tail = text.partition("<dcndl:")[0].encode(), b"</rdf:RDF>\n"
    assert all(data.startswith(head) and data.endswith(tail) for data in found)
    assert b"".join(data[len(head) : -len(tail)] for data in found) == text.encode()[len(head) : -len(tail)]
    for data, member in zip(found, told, strict=True):
        records = data.count(b"<dcndl:BibResource")
        assert (member["records"], member["bytes"], member["sha256"]) == (records, len(data), sha256(data))
        assert count is None or records <= count
        assert size is None or len(data) <= size or records == 1
    assert built.packages[0]["records"] == len(lengths)


def test_split_by_size_keeps_below_the_limit(make: Any, write: Any) -> None:
    write("items.rdf", RDF)
    around = len(RDF) - 5 * len('<dcndl:BibResource rdf:about="https://opac.example.jp/1#material"/>\n')
    limit = around + 3 * 68
    found = members(make("items.rdf", split=Split(size=limit)).paths[0])
    assert all(len(data) <= limit for data in found.values())
    assert [data.count(b"<dcndl:BibResource") for data in found.values()] == [3, 2]


def test_a_file_that_needs_no_cut_stays_as_it_is(make: Any, write: Any) -> None:
    data = write("items.rdf", RDF.replace("</rdf:RDF>\n", "</rdf:RDF>\n<!-- end -->")).read_bytes()
    assert list(members(make("items.rdf", split=Split(count=5)).paths[0]).values()) == [data]


def test_too_many_pieces(make: Any, write: Any) -> None:
    more = "".join(f'<dcndl:BibResource rdf:about="{number}"/>' for number in range(100))
    write("items.rdf", RDF.replace("</rdf:RDF>", f"{more}</rdf:RDF>"))
    with pytest.raises(UsageError, match="at most 99"):
        make("items.rdf", split=Split(count=1))
    with pytest.raises(UsageError, match="two digits"):
        make("items.rdf", split=Split(count=1, into="packages"))


def test_splitting_needs_a_cutter(make: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "somoku", replace(KINDS["somoku"], cutter=None))
    write("a.dat", "x")
    with pytest.raises(UsageError, match="cannot be cut"):
        make("a.dat", split=Split(count=1))
    with pytest.raises(UnknownName):
        make("a.dat", read={"layout": "x"})


class LineCutter:
    """One record a line, for files of which no cutter is known."""

    from convert.formats.base import Option as _Option

    options = (_Option("layout"),)
    head = tail = b""
    layouts = ({"name": "lines", "confirmed": False},)
    frame = None

    def __init__(self, stream: Any, name: str, options: Any, *, lenient: bool = False) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Cut]:
        for line in self._stream:
            yield Cut(line, line.split()[0].decode())


def test_another_cutter_can_be_put_in(make: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    module = ModuleType("line_cutter")
    module.LineCutter = LineCutter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "line_cutter", module)
    kind = replace(KINDS["somoku"], cutter="line_cutter:LineCutter", needs=("layout",))
    monkeypatch.setitem(KINDS, "somoku", kind)
    write("a.dat", "1 x\n2 x\n3 x\n")
    assert "records" not in make("a.dat").packages[0]
    with pytest.raises(OptionError, match="layout"):
        make("a.dat", split=Split(count=1))
    built = make("a.dat", split=Split(count=2), read={"layout": "lines"})
    assert list(members(built.paths[0]).values()) == [b"1 x\n2 x\n", b"3 x\n"]
    assert built.packages[0]["records"] == 3
    assert built.packages[0]["layouts"] == [{"name": "lines", "confirmed": False}]
    assert codes(built.issues) == ["PKG-CUT-UNCONFIRMED"]
    assert built.packages[0]["members"][0]["last"] == "2"


# ── What is said of what goes in ─────────────────────────────────────────────────────────────────


def run_manifest(data: bytes, name: str = "a.dat", **parts: Any) -> str:
    outputs = [{"name": f"out/{name}", "bytes": len(data), "sha256": sha256(data), "records": 1}]
    told = {"manifest": 1, "tool": {"name": "mokuroku", "version": "0.0"}, "complete": True, "mapping": {"id": "m"}}
    told |= {"outputs": outputs, "counts": {"read": 1}, "options": {"reports": ["qa.json"]}, **parts}
    return json.dumps(told)


FAULTS: list[tuple[str, dict[str, str | bytes], dict[str, Any]]] = [
    ("PKG-LIBRARY-DIGITS", {"a.dat": "x"}, {"library": "JP01"}),
    ("PKG-LIBRARY-PREFECTURE", {"a.dat": "x"}, {"library": "9911"}),
    ("PKG-DATE-FUTURE", {"a.dat": "x"}, {"day": date(2026, 1, 6)}),
    ("PKG-SUFFIX", {"a.dat": RDF}, {}),
    ("PKG-SUFFIX", {"a.dat": "x"}, {"suffix": ".txt"}),
    ("PKG-SOURCE-EMPTY", {"a.dat": ""}, {}),
    ("PKG-SOURCE-PACKED", {"a.dat": gzip.compress(b"x")}, {}),
    ("PKG-SOURCE-FORMAT", {"a.csv": "x"}, {}),
    ("PKG-SOURCE-SAME", {"a.dat": "x", "b.dat": "x"}, {}),
    ("PKG-UNCUT", {"a.dat": "<a/>"}, {"suffix": ".dat"}),
    ("PKG-SPLIT-LONG", {"a.dat": RDF}, {"split": Split(size=10)}),
    ("PKG-RUN-INCOMPLETE", {"a.dat": "x", "a.dat.manifest.json": run_manifest(b"x", complete=False)}, {}),
    ("PKG-RUN-CHANGED", {"a.dat": "x", "a.dat.manifest.json": run_manifest(b"y")}, {}),
    ("PKG-RUN-UNREADABLE", {"a.dat": "x", "a.dat.manifest.json": "{"}, {}),
    ("PKG-RUN-UNREADABLE", {"a.dat": "x", "a.dat.manifest.json": "[" * 100_000}, {}),
    ("PKG-RUN-REJECTED", {"a.dat": "x", "a.dat.manifest.json": run_manifest(b"x", counts={"rejected": 2})}, {}),
    (
        "PKG-LAYOUT-UNCONFIRMED",
        {"a.dat": "x", "a.dat.manifest.json": run_manifest(b"x", layouts=[{"name": "guess", "confirmed": False}])},
        {},
    ),
]


@pytest.mark.parametrize(("code", "files", "options"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_one_fault(code: str, files: Any, options: Any, make: Any, write: Any, says_all: Any, tmp_path: Path) -> None:
    for name, content in files.items():
        write(name, content)
    given = [name for name in files if not name.endswith(".manifest.json")]
    built = make(*given, **options)
    assert code in codes(built.issues)
    for issue in built.issues:
        says_all(issue)
    worst = max(catalogue().severity(issue) for issue in built.issues)
    assert built.refused == (worst >= Severity.ERROR)
    assert built.written == (not built.refused) == (names(tmp_path / "out") != [])
    strict = make(*given, strict=True, **options)
    assert strict.refused == (worst >= Severity.WARNING)


def test_the_run_is_carried_over(make: Any, write: Any) -> None:
    write("a.dat", "x")
    layouts = [{"name": "guess", "sha256": "0", "confirmed": False, "source": "shipped"}]
    write("a.dat.manifest.json", run_manifest(b"x", layouts=layouts, counts={"read": 2, "rejected": 1}))
    told = make("a.dat").packages[0]
    run = told["sources"][0]["run"]
    assert (run["mapping"], run["complete"], run["reports"]) == ({"id": "m"}, True, ["qa.json"])
    assert run["unchanged_since"] is True
    assert told["layouts"] == layouts
    assert [issue["code"] for issue in told["issues"]] == ["PKG-RUN-REJECTED", "PKG-LAYOUT-UNCONFIRMED"]


def test_parts_of_a_run_find_its_manifest(make: Any, write: Any) -> None:
    write("a-002.dat", "x")
    write("a.dat.manifest.json", run_manifest(b"x", "a-002.dat"))
    assert make("a-002.dat").packages[0]["sources"][0]["run"]["unchanged_since"] is True
    write("b-002.dat", "y")
    write("b.dat.manifest.json", run_manifest(b"y", "b-001.dat"))
    assert "run" not in make("b-002.dat").packages[0]["sources"][0]


def test_a_file_that_cannot_be_cut_goes_in_as_it_is_unless_it_must_be(make: Any, write: Any, tmp_path: Path) -> None:
    data = write("a.rdf", RDF[:-20]).read_bytes()
    built = make("a.rdf")
    assert codes(built.issues) == ["PKG-SUFFIX", "SRC-XML-TRUNCATED", "PKG-UNCUT"]
    assert list(members(built.paths[0]).values()) == [data]
    assert "records" not in built.packages[0]
    assert make("a.rdf", split=Split(count=2)).refused
    assert len(names(tmp_path / "out")) == 2


# ── What cannot be carried out ───────────────────────────────────────────────────────────────────


def test_wrong_files(make: Any, write: Any, tmp_path: Path) -> None:
    write("a.dat", "x")
    write("a.rdf", RDF)
    (tmp_path / "folder").mkdir()
    for files, words in (
        (["none.dat"], "cannot be read"),
        (["folder"], "is a folder"),
        (["a.dat", "./a.dat"], "named twice"),
        (["a.dat", "a.rdf"], "looks like"),
        ([], "no file"),
        (["a\0b"], "cannot be read"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            make(*files)
        assert caught.value.ja
    with pytest.raises(UsageError):
        build(Request([tmp_path / "a.dat"], "9911", tmp_path / "a.dat"))
    with pytest.raises(UnknownName):
        make("a.dat", format="xml")
    assert make("a.dat", "a.rdf", format="somoku").written


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(make: Any, write: Any) -> None:
    write("a.dat", "x").chmod(0)
    with pytest.raises(UsageError, match="cannot be read"):
        make("a.dat")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO")
def test_a_pipe_is_no_file(make: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="regular"):
        make("pipe")


def test_a_source_that_changes_leaves_nothing(
    make: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import convert.deliver.writing as module

    path = write("a.rdf", RDF)
    real = module.contents

    def changed(examined: Any) -> Any:
        path.write_text(RDF.replace("opac", "OPAC"), encoding="utf-8")
        yield from real(examined)

    monkeypatch.setattr(module, "contents", changed)
    for split in (Split(), Split(count=2)):
        path.write_text(RDF, encoding="utf-8")
        with pytest.raises(RunError, match="changed"):
            make("a.rdf", split=split)
    monkeypatch.setattr(module, "contents", lambda examined: (path.write_text("<"), real(examined))[1])
    path.write_text(RDF, encoding="utf-8")
    with pytest.raises(RunError, match="changed"):
        make("a.rdf", split=Split(count=2))
    assert names(tmp_path / "out") == []


def test_what_was_written_is_looked_at_again(
    make: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import convert.deliver.writing as module

    real = module.write_zip

    def spoilt(path: Path, *rest: Any) -> None:
        real(path, *rest)
        data = bytearray(path.read_bytes())
        data[60] ^= 0xFF
        path.write_bytes(data)

    monkeypatch.setattr(module, "write_zip", spoilt)
    write("a.dat", os.urandom(200))
    with pytest.raises(RunError, match="read back"):
        make("a.dat")
    assert names(tmp_path / "out") == []


def test_a_name_taken_in_between_is_not_replaced(
    make: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import convert.deliver.writing as module

    real = module.verify_zip

    def meanwhile(path: Path, wanted: Any) -> None:
        (tmp_path / "out" / "updt1311_20260105_02.zip").write_bytes(b"of another run")
        real(path, wanted)

    monkeypatch.setattr(module, "verify_zip", meanwhile)
    write("a.rdf", RDF)
    with pytest.raises(RunError, match="appeared"):
        make("a.rdf", split=Split(count=2, into="packages"))
    assert names(tmp_path / "out") == ["updt1311_20260105_02.zip"]
    assert (tmp_path / "out" / "updt1311_20260105_02.zip").read_bytes() == b"of another run"


def test_a_file_system_without_links(make: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write("a.dat", "x")
    assert read_package(make("a.dat").paths[0]).conforms


def test_a_full_disk_leaves_nothing(make: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    write("a.dat", "x")
    with pytest.raises(RunError, match="No space") as caught:
        make("a.dat")
    assert "空き容量" in (caught.value.ja or "")
    assert names(tmp_path / "out") == []


def test_a_knife_is_made_of_a_class_and_options() -> None:
    found = Knife(LineCutter, {}).open(io.BytesIO(b"a\nb\n"), "x")
    assert [cut.data for cut in found] == [b"a\n", b"b\n"]


# ── Reading back ─────────────────────────────────────────────────────────────────────────────────

GOOD = "updt1311_20260105_01"


def archive(path: Path, entries: list[tuple[str, bytes]]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, data in entries:
            made.writestr(name, data)
    return path


def test_what_was_built_is_read_back(make: Any, write: Any) -> None:
    write("items.rdf", RDF)
    built = make("items.rdf", split=Split(count=3))
    package = read_package(built.paths[0])
    assert package.conforms
    assert codes(package.issues) == ["PKG-SUFFIX"]
    assert package.name is not None
    assert (package.name.library, package.name.date, package.name.serial) == ("1311", DAY, 1)
    assert [(member.name, member.records) for member in package.members] == [
        (f"{GOOD}_01.rdf", 3),
        (f"{GOOD}_02.rdf", 2),
    ]
    assert package.manifest == built.packages[0]


READ_FAULTS: list[tuple[str, str, list[tuple[str, bytes]]]] = [
    ("PKG-NAME", "package.zip", [(f"{GOOD}.dat", b"x")]),
    ("PKG-NAME-DATE", "updt1311_20260230_01.zip", [("updt1311_20260230_01.dat", b"x")]),
    ("PKG-LIBRARY-PREFECTURE", "updt9911_20260105_01.zip", [("updt9911_20260105_01.dat", b"x")]),
    ("PKG-LIBRARY-DIGITS", "updtAB01_20260105_01.zip", [("updtAB01_20260105_01.dat", b"x")]),
    ("PKG-NO-MEMBER", f"{GOOD}.zip", []),
    ("PKG-MEMBER-NAME", f"{GOOD}.zip", [("items.dat", b"x")]),
    ("PKG-MEMBER-NAME", f"{GOOD}.zip", [(f"{GOOD}.dat", b"x"), ("Thumbs.db", b"x")]),
    ("PKG-MEMBER-NAME", f"{GOOD}.zip", [("目録.dat", b"x")]),
    ("PKG-MEMBER-OTHER", f"{GOOD}.zip", [("updt1311_20260105_02.dat", b"x")]),
    ("PKG-MEMBER-SERIAL", f"{GOOD}.zip", [(f"{GOOD}_01.dat", b"x")]),
    ("PKG-MEMBER-SERIAL", f"{GOOD}.zip", [(f"{GOOD}_01.dat", b"x"), (f"{GOOD}_03.dat", b"y")]),
    ("PKG-MEMBER-SERIAL", f"{GOOD}.zip", [(f"{GOOD}.dat", b"x"), (f"{GOOD}_01.dat", b"y")]),
    ("PKG-MEMBER-PATH", f"{GOOD}.zip", [(f"data/{GOOD}.dat", b"x")]),
    ("PKG-MEMBER-PATH", f"{GOOD}.zip", [("data/", b""), (f"{GOOD}.dat", b"x")]),
    ("PKG-MEMBER-TWICE", f"{GOOD}.zip", [(f"{GOOD}.dat", b"x"), (f"{GOOD}.dat", b"y")]),
    ("PKG-MEMBER-EMPTY", f"{GOOD}.zip", [(f"{GOOD}.dat", b"")]),
    ("PKG-SUFFIX", f"{GOOD}.zip", [(f"{GOOD}.rdf", b"x")]),
    ("SRC-ZIP-NAME", f"{GOOD}.zip", [("../evil.dat", b"x")]),
    ("SRC-PACKED-NESTED", f"{GOOD}.zip", [("inner.zip", b"PK\x03\x04")]),
    ("SRC-PACKED-BOMB", f"{GOOD}.zip", [(f"{GOOD}.dat", b"\0" * 101 * 2**20)]),
]


@pytest.mark.parametrize(
    ("code", "name", "entries"), READ_FAULTS, ids=[f"{n}-{fault[0]}" for n, fault in enumerate(READ_FAULTS)]
)
def test_one_fault_of_a_package(
    code: str, name: str, entries: list[tuple[str, bytes]], tmp_path: Path, says_all: Any
) -> None:
    package = read_package(archive(tmp_path / name, entries))
    assert code in codes(package.issues)
    for issue in package.issues:
        says_all(issue)
    worst = max(catalogue().severity(issue) for issue in package.issues)
    assert package.conforms == (worst < Severity.ERROR)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK", RDF.encode(), gzip.compress(b"x", mtime=0)])
def test_what_is_no_zip(data: bytes, tmp_path: Path, says_all: Any) -> None:
    (tmp_path / f"{GOOD}.zip").write_bytes(data)
    package = read_package(tmp_path / f"{GOOD}.zip")
    assert set(codes(package.issues)) <= {"PKG-NOT-ZIP", "SRC-PACKED-BROKEN"}
    assert package.issues
    assert not package.conforms
    for issue in package.issues:
        says_all(issue)


def test_every_cut_of_a_package_is_noticed(make: Any, write: Any, tmp_path: Path) -> None:
    write("a.dat", os.urandom(50))
    whole = make("a.dat").paths[0].read_bytes()
    place = tmp_path / f"{GOOD}.zip"
    for size in range(len(whole)):
        place.write_bytes(whole[:size])
        assert not read_package(place).conforms, size


def test_every_spoilt_byte_is_noticed_with_the_manifest(make: Any, write: Any) -> None:
    write("a.dat", os.urandom(50))
    path = make("a.dat").paths[0]
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        package = read_package(path)
        assert not package.conforms, at
        assert "PKG-MANIFEST-DIFFERS" in codes(package.issues), at


def test_a_manifest_that_is_not_of_the_package(make: Any, write: Any, says_all: Any) -> None:
    write("a.dat", "x")
    write("b.dat", "y")
    one, two = make("a.dat").paths[0], make("b.dat", "a.dat").paths[0]
    one.write_bytes(two.read_bytes())
    package = read_package(one)
    found = codes(package.issues)
    assert found.count("PKG-MANIFEST-DIFFERS") == 1
    assert found.count("PKG-MANIFEST-MEMBER") == 3
    note = one.with_name(f"{GOOD}.manifest.json")
    for text in ("", "[]", '{"package": {}}', '{"package": {"sha256": 1, "bytes": 1}, "members": []}'):
        note.write_text(text, encoding="utf-8")
        package = read_package(one)
        assert package.manifest is None
        assert "PKG-MANIFEST-UNREADABLE" in codes(package.issues)
    note.unlink()
    assert codes(read_package(two).issues) == []
    for issue in package.issues:
        says_all(issue)


def test_no_such_package(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none.zip"):
        with pytest.raises(UsageError) as caught:
            read_package(place)
        assert caught.value.ja


def test_the_bytes_of_a_package_are_its_size(make: Any, write: Any) -> None:
    write("a.dat", "x" * 1000)
    package: Package = read_package(make("a.dat").paths[0])
    assert package.size == package.path.stat().st_size
    assert package.sha256 == sha256(package.path.read_bytes())
