"""Outputs appear by rename, complete or not at all, split below a limit."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.errors import UsageError
from convert.formats.base import Container
from convert.run.output import FREE, Output, Spool, check_place, leave, write_beside

if TYPE_CHECKING:
    from pathlib import Path

ARRAY = Container(b"[\n", b",\n", b"\n]\n")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_stands_at_the_place_before_the_end(tmp_path: Path) -> None:
    out = Output(tmp_path / "out.json", ARRAY)
    out.write(b"1")
    assert not (tmp_path / "out.json").exists()
    assert all(name.startswith(".") for name in names(tmp_path))
    out.write(b"2")
    [told] = out.finish()
    data = (tmp_path / "out.json").read_bytes()
    assert data == b"[\n1,\n2\n]\n"
    assert (told["bytes"], told["sha256"], told["records"]) == (len(data), hashlib.sha256(data).hexdigest(), 2)
    assert names(tmp_path) == ["out.json"]


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("old")
    out = Output(tmp_path / "out.json", ARRAY)
    out.write(b"1")
    assert (tmp_path / "out.json").read_text() == "old"
    out.abort()
    assert (tmp_path / "out.json").read_text() == "old"
    assert names(tmp_path) == ["out.json"]


def test_abort_leaves_nothing_of_several_parts(tmp_path: Path) -> None:
    out = Output(tmp_path / "out.json", Container(limit=3))
    for _ in range(5):
        out.write(b"xx")
    out.abort()
    assert names(tmp_path) == []


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    out = Output(tmp_path / "a" / "b" / "out.jsonl", Container())
    out.finish()
    assert (tmp_path / "a" / "b" / "out.jsonl").read_bytes() == b""


def test_one_part_keeps_the_plain_name(tmp_path: Path) -> None:
    out = Output(tmp_path / "out.jsonl", Container(limit=100))
    out.write(b"a\n")
    out.finish()
    assert names(tmp_path) == ["out.jsonl"]


def test_a_document_larger_than_the_limit_stands_alone(tmp_path: Path) -> None:
    out = Output(tmp_path / "out.jsonl", Container(limit=4))
    for document in (b"a\n", b"123456789\n", b"b\n"):
        out.write(document)
    assert [told["records"] for told in out.finish()] == [1, 1, 1]
    assert (tmp_path / "out-002.jsonl").read_bytes() == b"123456789\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(min_size=1, max_size=12), max_size=30),
    st.integers(1, 60),
    st.sampled_from([Container(), ARRAY, Container(head=b"head\r\n")]),
)
def test_parts_are_whole_and_below_the_limit(
    tmp_path_factory: pytest.TempPathFactory, documents: list[bytes], limit: int, box: Container
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    out = Output(folder / "out.x", Container(box.head, box.between, box.tail, limit))
    for document in documents:
        out.write(document)
    told = out.finish()
    found = []
    inner = []
    assert [path.name for path in sorted(folder.iterdir())] == [os.path.basename(part["name"]) for part in told]  # noqa: PTH119
    for part, path in zip(told, sorted(folder.iterdir()), strict=True):
        data = path.read_bytes()
        found.append(data)
        assert part["bytes"] == len(data)
        assert part["sha256"] == hashlib.sha256(data).hexdigest()
        assert len(data) <= limit or part["records"] <= 1
        assert data.startswith(box.head)
        assert data.endswith(box.tail)
        inner.append(data[len(box.head) : len(data) - len(box.tail)])
    assert sum(part["records"] for part in told) == len(documents)
    assert box.between.join(inner) == box.between.join(documents)
    assert bool(len(told) == 1) == (folder / "out.x").exists()


def test_standard_output_is_written_to_as_it_is() -> None:
    stream = io.BytesIO()
    out = Output(None, Container(b"<", b",", b">", limit=2), stdout=stream)
    for document in (b"1", b"2", b"3"):
        out.write(document)
    [told] = out.finish()
    assert stream.getvalue() == b"<1,2,3>"
    assert told["name"] == "-"
    assert not stream.closed


def test_a_pipe_is_not_renamed_over(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    out = Output(pipe, Container(limit=2))
    for document in (b"1\n", b"2\n", b"3\n"):
        out.write(document)
    out.finish()
    reader.join(10)
    assert found == [b"1\n2\n3\n"]
    assert pipe.is_fifo()
    assert names(tmp_path) == ["pipe"]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError):
        check_place(tmp_path)
    with pytest.raises(UsageError):
        check_place(tmp_path / "file" / "out.jsonl")
    check_place(tmp_path / "new" / "folder" / "out.jsonl")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(UsageError):
        check_place(tmp_path / "closed" / "out.jsonl")


def test_a_spool_hands_back_its_documents(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for document in (b"a", b"", b"bcd"):
        spool.write(document)
    spool.close()
    out = Output(tmp_path / "out.json", ARRAY)
    with spool.path.open("rb") as stream:
        out.write_all(stream, spool.lengths)
    out.finish()
    assert (tmp_path / "out.json").read_bytes() == b"[\na,\n,\nbcd\n]\n"


def test_a_spool_is_written_over_and_what_stands_behind_is_nobodys(tmp_path: Path) -> None:
    first = Spool(tmp_path / "1")
    first.write(b"long and longer\n")
    first.close()
    leave(first.path)
    assert names(tmp_path) == [f"{FREE}1"]
    second = Spool(tmp_path / "2")
    second.write(b"short\n")
    second.close()
    assert names(tmp_path) == ["2"]
    out = Output(tmp_path / "out.jsonl", Container())
    with second.path.open("rb") as stream:
        out.write_all(stream, second.lengths)
    out.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == b"short\n"


def test_write_beside_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError, match=r"."):
        write_beside(tmp_path / "there", b"x")
    write_beside(tmp_path / "x.json", b"x")
    assert names(tmp_path) == ["there", "x.json"]
