"""File sets for fetching over HTTP: below a limit, compressed once, an index that is true, whole or as before."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import threading
import urllib.request
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from convert.deliver.fileset import Made, Request, publish
from convert.deliver.fileset.making import INDEX, LIST, SUMS
from convert.deliver.log.file import NAME, DeliveryLog
from convert.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from convert.check.issue import Issue

NOW = datetime(2026, 1, 4, 20, 30, tzinfo=UTC)


def items(count: int, start: int = 1) -> bytes:
    lines = [{"id": f"db-{n}", "common": {"title": f"架空太郎像 {n}"}} for n in range(start, start + count)]
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Made]:
    def run(content: bytes = items(20), file: str = "items.jsonl", **options: Any) -> Made:
        (tmp_path / "work").mkdir(exist_ok=True)
        (tmp_path / "work" / file).write_bytes(content)
        return publish(Request([tmp_path / "work" / file], tmp_path / "public", **options), now=NOW)

    return run


def codes(made: Made) -> list[str]:
    return [issue.code for issue in made.issues if issue.code != "DLV-RUN-NONE"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> bytes:
    """What is fetched, unpacked, in order."""
    found = b""
    for path in sorted(folder.glob("items-*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                (member,) = archive.namelist()
                assert f"{member}.zip" == path.name
                found += archive.read(member)
        else:
            found += gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return found


def test_a_set_of_one_file(make: Any, tmp_path: Path, says_all: Callable[[Issue], None]) -> None:
    made = make(title="架空美術館 <収蔵品>", base="https://museum.example.jp/jps")
    assert codes(made) == ["FSET-PACKED"]
    says_all(made.issues[-1])
    assert names(tmp_path / "public") == [".fileset.lock", SUMS, INDEX, LIST, "items-001.jsonl.zip"]
    assert contents(tmp_path / "public") == items(20)
    data = (tmp_path / "public" / "items-001.jsonl.zip").read_bytes()
    index = json.loads((tmp_path / "public" / LIST).read_bytes())
    assert index["files"] == [
        {
            "name": "items-001.jsonl.zip", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
            "records": 20,
            "unpacked_bytes": len(items(20)), "unpacked_sha256": hashlib.sha256(items(20)).hexdigest(),
            "first": "db-1", "last": "db-20", "url": "https://museum.example.jp/jps/items-001.jsonl.zip",
        }
    ]  # fmt: skip
    assert (index["records"], index["updated"]) == (20, "2026-01-05T05:30:00+09:00")
    assert str(tmp_path) not in (tmp_path / "public" / LIST).read_text("utf-8")  # nothing of our own disk is published


def test_the_page_tells_the_same(make: Any, tmp_path: Path) -> None:
    make(title="架空美術館 <収蔵品>", base="https://museum.example.jp/jps/", limit=500)
    index = json.loads((tmp_path / "public" / LIST).read_bytes())
    tree = html.fromstring((tmp_path / "public" / INDEX).read_text("utf-8"))
    assert tree.findtext(".//h1") == "架空美術館 <収蔵品>"
    rows = [[cell.text_content() for cell in row.findall("td")] for row in tree.iterfind(".//tbody/tr")]
    assert len(rows) == len(index["files"]) > 1
    for row, part, link in zip(rows, index["files"], tree.iterfind(".//tbody//a"), strict=True):
        assert row == [part["name"] + part["url"], str(part["records"]), str(part["bytes"]), part["sha256"]]
        assert link.get("href") == part["url"]
    text = tree.text_content()
    assert "更新日時" in text
    assert "updated" in text
    assert f"{len(rows)} files" in text


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_sha256sum_agrees(make: Any, tmp_path: Path) -> None:
    make(limit=400)
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path / "public", capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("packing", ["zip", "gzip", "none"])
def test_every_file_is_below_the_limit_before_compression(packing: Any, make: Any, tmp_path: Path) -> None:
    made = make(limit=300, packing=packing)
    assert made.index is not None
    assert len(made.index["files"]) > 3
    assert all(part["unpacked_bytes"] < 300 for part in made.index["files"])
    assert contents(tmp_path / "public") == items(20)


def test_the_limit_itself_is_too_much(make: Any) -> None:
    size = len(items(20))
    assert len(make(limit=size + 1).index["files"]) == 1
    assert len(make(limit=size).index["files"]) == 2


@settings(max_examples=15)
@given(count=st.integers(1, 60), limit=st.integers(150, 3000), packing=st.sampled_from(["zip", "gzip", "none"]))
def test_records_are_all_there_in_order(count: int, limit: int, packing: Any, tmp_path_factory: Any) -> None:
    place = tmp_path_factory.mktemp("set")
    (place / "items.jsonl").write_bytes(items(count))
    made = publish(Request([place / "items.jsonl"], place / "public", limit=limit, packing=packing))
    assert made.index is not None
    assert contents(place / "public") == items(count)
    assert sum(part["records"] for part in made.index["files"]) == count


def test_every_file_of_a_table_has_its_heading(make: Any, tmp_path: Path) -> None:
    rows = "".join(f'{n},"架空, {n}\r\n二行目"\r\n' for n in range(30))
    made = make(f"id,題名\r\n{rows}".encode(), "items.csv", limit=200, packing="none")
    assert made.index is not None
    parts = sorted((tmp_path / "public").glob("items-*.csv"))
    assert all(part.read_bytes().startswith("id,題名\r\n".encode()) for part in parts)
    assert sum(part.read_text("utf-8").count("二行目") for part in parts) == 30


def test_the_same_records_give_the_same_bytes(make: Any, tmp_path: Path) -> None:
    made = make()
    before = (tmp_path / "public" / "items-001.jsonl.zip").stat()
    again = make()
    assert made.index["files"] == again.index["files"]
    after = (tmp_path / "public" / "items-001.jsonl.zip").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)  # it was not even touched


def test_more_files_and_fewer(make: Any, tmp_path: Path, says_all: Callable[[Issue], None]) -> None:
    make(items(20), limit=500)
    first = names(tmp_path / "public")
    made = make(items(60), limit=500)
    assert codes(made) == ["FSET-NEW", "FSET-PACKED"]
    assert set(first) < set(names(tmp_path / "public"))
    less = make(items(10), limit=500, most_gone=90)
    assert codes(less) == ["FSET-GONE", "FSET-PACKED"]
    assert contents(tmp_path / "public") == items(10)
    for issue in (*made.issues, *less.issues):
        says_all(issue)
    (tmp_path / "public" / "items-900.jsonl.zip").write_bytes(b"old")
    assert "FSET-OTHER" in codes(make(items(10), limit=500))
    assert (tmp_path / "public" / "items-900.jsonl.zip").read_bytes() == b"old"


def test_what_stood_there_stays_when_something_is_wrong(make: Any, tmp_path: Path, says_all: Any) -> None:
    make()
    before = {path.name: path.read_bytes() for path in (tmp_path / "public").iterdir()}
    for wrong, code in (
        (items(3) + items(1), "DLV-ID-TWICE"),
        (items(3) + b"{broken\n", "DLV-SKIPPED"),
        (b'{"common":{}}\n', "DLV-ID-NONE"),
        (items(17), "FSET-FEWER"),
    ):
        made = make(wrong)
        assert made.index is None
        assert code in codes(made)
        assert {path.name: path.read_bytes() for path in (tmp_path / "public").iterdir()} == before
    large = make(items(20), limit=20)
    assert codes(large) == ["FSET-RECORD"]
    says_all(large.issues[-1])
    assert {path.name: path.read_bytes() for path in (tmp_path / "public").iterdir()} == before


def test_fewer_records_are_written_where_somebody_says_so(make: Any, tmp_path: Path, says_all: Any) -> None:
    make()
    refused = make(items(17))
    assert codes(refused) == ["FSET-FEWER"]
    says_all(refused.issues[-1])
    assert make(items(18)).index is not None  # ten percent
    assert make(items(2), force=True).index["records"] == 2


def test_a_run_that_was_killed_leaves_nothing_for_long(make: Any, tmp_path: Path) -> None:
    make()
    (tmp_path / "public" / ".items-001.jsonl.zip.part-99999").write_bytes(b"half")
    make()
    assert not list((tmp_path / "public").glob(".*.part-*"))


def test_a_disk_that_is_full(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    before = names(tmp_path / "public")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("convert.deliver.fileset.parts.write_whole", full)
    with pytest.raises(RunError) as caught:
        make(items(30))
    assert "空き容量" in (caught.value.ja or "")
    assert names(tmp_path / "public") == before
    assert contents(tmp_path / "public") == items(20)


def test_two_runs_at_once(make: Any, tmp_path: Path, says_all: Callable[[Issue], None]) -> None:
    (tmp_path / "public").mkdir()
    with DeliveryLog(tmp_path / "public" / "fileset").alone():
        made = make()
    assert (codes(made), made.index) == (["FSET-BUSY"], None)
    says_all(made.issues[0])
    assert make().index is not None


def test_what_cannot_be_asked_for(make: Any, tmp_path: Path) -> None:
    for options in (
        {"name": "../up"},
        {"name": "目録"},
        {"base": "ftp://museum.example.jp/"},
        {"log": tmp_path / "public"},
        {"format": "somoku", "read": {"layout": "somoku/example-fixed"}},
    ):
        with pytest.raises(UsageError) as caught:
            pytest.fail(f"{options}: {make(**options)}")
        assert caught.value.ja, options
    with pytest.raises(UsageError):
        make(items(2000), limit=100)
    with pytest.raises(UsageError):
        make(gzip.compress(items(3)), "items.jsonl.gz")
    (tmp_path / "work" / "items.jsonl").write_bytes(items(3))
    with pytest.raises(UsageError):
        publish(Request([tmp_path / "work" / "items.jsonl"], tmp_path / "work"))
    with pytest.raises(UsageError):
        publish(Request([tmp_path / "work" / "items.jsonl"], tmp_path / "work" / "items.jsonl"))


def test_it_is_put_down_in_the_log(make: Any, tmp_path: Path) -> None:
    made = make(base="https://museum.example.jp/jps/")
    assert made.log == tmp_path / "work" / NAME
    (entry,), _ = DeliveryLog(made.log).read()
    assert (entry.event, entry.name, entry.to, entry.records) == (
        "published",
        "items",
        "https://museum.example.jp/jps/",
        20,
    )
    assert entry.facts["files"] == made.index["files"]
    assert not (tmp_path / "public" / NAME).exists()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A web server over the folder that is published."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Handler, directory=str(tmp_path / "public"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join(2)
    server.server_close()


def test_what_is_fetched_over_http(make: Any, web: str) -> None:
    make(limit=500, base=web)
    index = json.loads(urllib.request.urlopen(web + LIST, timeout=30).read())  # noqa: S310
    found = b""
    for part in index["files"]:
        data = urllib.request.urlopen(part["url"], timeout=30).read()  # noqa: S310
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part["bytes"], part["sha256"])
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found += archive.read(archive.namelist()[0])
    assert found == items(20)


def test_somebody_who_fetches_meanwhile_gets_whole_files(make: Any, tmp_path: Path) -> None:
    make(items(500))
    with (tmp_path / "public" / "items-001.jsonl.zip").open("rb") as stream:
        start = stream.read(10)
        make(items(450, 1000))
        with zipfile.ZipFile(io.BytesIO(start + stream.read())) as archive:
            assert archive.read("items-001.jsonl") == items(500)
    assert contents(tmp_path / "public") == items(450, 1000)


@pytest.mark.skipif(os.name != "posix" or not os.getuid(), reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(make: Any, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir(mode=0o555)
    with pytest.raises(RunError):
        make()
