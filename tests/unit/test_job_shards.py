"""A run in several processes gives what a run in one gives: bytes, issues in order, counts."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import convert
from convert import RunError
from convert.formats.table.reader import CsvReader
from convert.run.shards import Settings, Task, run_shard, spooled_issues
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    Write = Callable[[str, str | bytes], Path]

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"
MAPPING = HEAD + (
    "lookups: {t: {values: {皿: 器, 壺: 器}, missing: warn}}\n"
    "fields:\n  名称: {from: 名称, required: true, do: nfkc}\n  高さ: {from: 高さ, do: decimal}\n"
    "  類: {from: 名称, do: [{lookup: t}]}\n"
)


def both(mapping: Path, inputs: Any, folder: Path, pool: Executor, **more: Any) -> convert.Report:
    """Run it both ways, and compare everything."""
    folder.mkdir(exist_ok=True)
    found = []
    for name, options in (("serial", {}), ("sharded", {"jobs": 2, "shard_bytes": 1, "executor": pool})):
        out, lines = folder / f"{name}.jsonl", folder / f"{name}.report.jsonl"
        report = convert.Job(mapping, **more, **options).run(inputs, out, [lines])
        read = out.read_bytes() if out.exists() else None
        told = [told["records"] for told in report.inputs]
        found.append((read, lines.read_text("utf-8").splitlines(), report, told))
    (serial, first, report, told), (sharded, second, other, told_too) = found
    assert sharded == serial
    assert second == first
    assert other.tally == report.tally
    assert other.counts == report.counts
    assert told_too == told
    assert {table: dict(counts.items()) for table, counts in other.lookup_misses.items()} == {
        table: dict(counts.items()) for table, counts in report.lookup_misses.items()
    }
    return report


def _written(row: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    return out.getvalue().encode()


CELLS = st.sampled_from(
    ["皿", "壺", "ａ", "", " ", "3", "約3", 'a "b" c', "行\n行", "行\r\n行", "a,b", '"', "\n", "皿" * 40]
)
IDS = st.integers(1, 12).map(lambda number: f"K-{number}") | st.sampled_from(["", "K_1", " "])
LINES = st.one_of(
    st.tuples(IDS, CELLS, CELLS).map(_written),
    st.sampled_from(
        [
            b"\n",
            b",,\n",
            b'K-1,"open,3\n',
            b'K-1,a"b,3\n',
            b'K-1,"a"b,3\n',
            b"K-1,x\n",
            b"K-1,x,y,z\n",
            b"K-1,\x82\xa0,3\n",
            b"K-1,a\0b,3\n",
            b'"\n',
            b"\r",
        ]
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(lines=st.lists(LINES, max_size=30))
def test_random_tables(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory, pool: Executor) -> None:
    folder = tmp_path_factory.mktemp("random")
    mapping, source = folder / "mapping.yaml", folder / "in.csv"
    mapping.write_text(MAPPING, "utf-8")
    source.write_bytes("ID,名称,高さ\n".encode() + b"".join(lines))
    report = both(mapping, source, folder, pool)
    counts = report.counts
    assert counts["read"] == sum(number for name, number in counts.items() if name != "read")


OBJECTS = st.one_of(
    st.fixed_dictionaries(
        {"ID": IDS, "名称": CELLS | st.lists(CELLS, max_size=2) | st.just({"ja": "皿"}), "高さ": CELLS}
    ).map(lambda body: json.dumps(body, ensure_ascii=False)),
    st.sampled_from(
        [
            "",
            "{",
            "[]",
            '{"ID": "K-1", "ID": "K-2"}',
            '{"ID": 007, "名称": "皿"}',
            '"text"',
            "  ",
            '{"ID": "K-1"}{"ID": "K-2"}',
        ]
    ),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(lines=st.lists(OBJECTS, max_size=25), end=st.sampled_from(["\n", "\r\n"]))
def test_random_json_lines(
    lines: list[str], end: str, tmp_path_factory: pytest.TempPathFactory, pool: Executor
) -> None:
    folder = tmp_path_factory.mktemp("random")
    mapping, source = folder / "mapping.yaml", folder / "in.jsonl"
    mapping.write_text(MAPPING.replace("csv", "jsonl", 1), "utf-8")
    source.write_bytes(end.join(lines).encode())
    both(mapping, source, folder, pool)


def table(count: int, start: int = 0) -> str:
    rows = [f"K-{n % 450},{'皿' if n % 3 else '像'},{n if n % 50 else '約'}" for n in range(start, start + count)]
    return "ID,名称,高さ\n" + "\n".join(rows) + "\n"


def test_a_larger_table_is_really_cut(write: Write, tmp_path: Path, pool: Executor) -> None:
    source = write("in.csv", table(500))
    assert len(list(CsvReader.plan_parts(Source.of(source), {}, 6))) == 6
    report = both(write("mapping.yaml", MAPPING), source, tmp_path / "out", pool)
    assert report.duplicates == 50
    assert report.counts["read"] == 500


def test_several_sources_some_of_them_cut(write: Write, tmp_path: Path, pool: Executor) -> None:
    inputs = [
        write("a.csv", table(200)),
        write("b.csv", "ID,名称,高さ\n"),
        table(100, start=200).encode(),
        write("c.csv", table(300, start=100)),
    ]
    report = both(write("mapping.yaml", MAPPING), inputs, tmp_path / "out", pool)
    assert [told["records"] for told in report.inputs] == [200, 0, 100, 300]
    assert report.duplicates == 200


def test_a_stray_quote_turns_the_parts_around(write: Write, tmp_path: Path, pool: Executor) -> None:
    """After an odd number of quotes every cut lies inside what looks quoted: the rest is read in one piece."""
    lines = table(400).splitlines(keepends=True)
    lines[100] = 'K-X,"開いたまま,3\n'
    lines[300] = 'K-Y,x"y,3\n'
    report = both(write("mapping.yaml", MAPPING), write("in.csv", "".join(lines)), tmp_path / "out", pool)
    assert report.counts["broken"] >= 2
    assert report.counts["read"] == 400


def test_a_table_in_a_cell(write: Write, tmp_path: Path, pool: Executor) -> None:
    """Nearly every cut is inside quotes: the parts around it are read again as one; places are those of the file."""
    rows = "".join(f'K-{n},"' + "K-1,皿,3\n" * 40 + f'",{n if n % 3 else "約"}\n' for n in range(20))
    rows = f"K-X,一\n\n{rows}K-Y,一\n"
    report = both(write("mapping.yaml", MAPPING), write("in.csv", "ID,名称,高さ\n" + rows), tmp_path / "out", pool)
    assert report.counts["written"] == 20
    assert report.counts["broken"] == 2


def test_faults_are_told_with_their_lines(write: Write, tmp_path: Path, pool: Executor) -> None:
    """A fault in every part, none of which harms the next part: lines count from the start of the file."""
    lines = table(600).splitlines(keepends=True)
    for number in range(20, 600, 40):
        lines[number] = f'K-{number},"二\n行"x,3\n'
    source = write("in.csv", "".join(lines).replace("\n", "\r\n"))
    report = both(write("mapping.yaml", MAPPING), source, tmp_path / "out", pool)
    told = [json.loads(line) for line in (tmp_path / "out" / "sharded.report.jsonl").read_text("utf-8").splitlines()]
    places = [one["source"]["line"] for one in told if one["code"] == "SRC-CSV-QUOTE"]
    assert len(places) == report.counts["broken"] == 15
    data = source.read_bytes().splitlines()
    assert all(data[line - 1].startswith(b"K-") for line in places)


def test_values_of_many_lines(write: Write, tmp_path: Path, pool: Executor) -> None:
    rows = "".join(f'K-{n},"一\n二,""三""\n\n四",{n}\n' for n in range(300))
    report = both(write("mapping.yaml", MAPPING), write("in.csv", "ID,名称,高さ\n" + rows), tmp_path / "out", pool)
    assert report.counts["written"] == 300


@pytest.mark.parametrize("encoding", ["cp932", "euc_jis_2004", "utf-16", "utf-8-sig"])
def test_other_encodings(encoding: str, write: Write, tmp_path: Path, pool: Executor) -> None:
    mapping = write("mapping.yaml", MAPPING.replace("csv", f"csv, encoding: {encoding}", 1))
    report = both(mapping, write("in.csv", table(300).encode(encoding)), tmp_path / "out", pool)
    assert report.counts["written"] == 300


def test_passthrough_in_shards(write: Write, tmp_path: Path, pool: Executor) -> None:
    mapping = write("mapping.yaml", HEAD + "fields: {名称: 名称}\npassthrough: {all: s}\n")
    other = "名称,備考,ID,高さ\n" + "".join(f"皿,良,L-{n},{n}\n" for n in range(100))
    both(mapping, [write("a.csv", table(100)), write("b.csv", other)], tmp_path / "out", pool)


def test_only_in_shards(write: Write, tmp_path: Path, pool: Executor) -> None:
    both(write("mapping.yaml", MAPPING), write("in.csv", table(400)), tmp_path / "out", pool, only="K-300")


def test_few_samples_are_the_first_ones(write: Write, tmp_path: Path, pool: Executor) -> None:
    report = both(write("mapping.yaml", MAPPING), write("in.csv", table(400)), tmp_path / "out", pool, samples=3)
    assert all(len(code.samples) <= 3 < code.instances or code.instances <= 3 for code in report.tally.codes)


def test_the_pool_of_the_job_itself(write: Write, tmp_path: Path) -> None:
    mapping, source = write("mapping.yaml", MAPPING), write("in.csv", table(300))
    first = convert.Job(mapping).run(source, tmp_path / "serial.jsonl")
    second = convert.Job(mapping, jobs=2, shard_bytes=1).run(source, tmp_path / "sharded.jsonl")
    assert (tmp_path / "serial.jsonl").read_bytes() == (tmp_path / "sharded.jsonl").read_bytes()
    assert first.tally == second.tally


def test_threads_as_pool(write: Write, tmp_path: Path) -> None:
    """Plans are kept from shard to shard, and no two shards use one at a time."""
    inputs = [write("a.csv", table(900)), write("b.csv", table(600, start=900))]
    with ThreadPoolExecutor(3) as threads:
        both(write("mapping.yaml", MAPPING), inputs, tmp_path / "out", threads)


def test_a_plan_fits_the_next_part_of_its_source_only(write: Write, tmp_path: Path, pool: Executor) -> None:
    """Of two sources with other columns, and of two runs with other mappings, through the same processes."""
    other = "名称,備考,ID,高さ\n" + "".join(f"皿,良,L-{n},{n}\n" for n in range(300))
    inputs = [write("a.csv", table(300)), write("b.csv", other)]
    both(write("mapping.yaml", MAPPING), inputs, tmp_path / "one", pool)
    both(
        write("mapping.yaml", MAPPING.replace("名称: {from: 名称", "名称: {from: 高さ")), inputs, tmp_path / "two", pool
    )


def test_a_stream_is_not_cut(write: Write, tmp_path: Path) -> None:
    read, send = os.pipe()
    os.write(send, table(100).encode())
    os.close(send)
    with os.fdopen(read, "rb") as stream:
        report = convert.Job(write("mapping.yaml", MAPPING), jobs=2, shard_bytes=1).run(stream, tmp_path / "out.jsonl")
    assert report.counts["read"] == 100


def test_an_open_file_is_an_input_of_a_sharded_run(write: Write, tmp_path: Path, pool: Executor) -> None:
    """A seekable stream cannot be handed to another process; then the run stays in this one."""
    with io.BytesIO(table(100).encode()) as stream:
        job = convert.Job(write("mapping.yaml", MAPPING), jobs=2, shard_bytes=1, executor=pool)
        report = job.run(stream, tmp_path / "out.jsonl")
    assert report.counts["read"] == 100


def test_a_worker_that_dies_is_a_run_error(write: Write, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "items.jsonl"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as doomed:
        doomed.submit(os._exit, 1)
        job = convert.Job(write("mapping.yaml", MAPPING), jobs=2, shard_bytes=1, executor=doomed)
        with pytest.raises(RunError):
            job.run(write("in.csv", table(300)), out, [out.with_name("report.jsonl")])
    assert [path.name for path in out.parent.iterdir()] == ["report.jsonl"]
    assert '"RUN-INCOMPLETE"' in out.with_name("report.jsonl").read_text("utf-8")


def test_a_shard_alone(write: Write, tmp_path: Path) -> None:
    """Pure: the same task twice leaves the same; ordinals and rows count from its own start."""
    mapping = convert.load_mapping(write("mapping.yaml", MAPPING))
    source = Source.of(write("in.csv", table(300)))
    parts = list(CsvReader.plan_parts(source, {}, 3))
    results = []
    for attempt in ("one", "two"):
        (tmp_path / attempt).mkdir()
        results.append(run_shard(Task(Settings(mapping, stream_issues=True), source, parts[1], tmp_path / attempt, 1)))
    first, second = results
    assert first.documents.read_bytes() == second.documents.read_bytes()
    assert first.tally == second.tally
    assert list(first.lengths) == list(second.lengths)
    assert first.records == sum(
        first.tally.counts[name] for name in ("written", "rejected", "broken", "skipped", "deleted")
    )
    issues = list(spooled_issues(first, records=100, rows=7))
    assert [issue.ordinal for issue in issues] == [
        issue.ordinal + 100 for issue in spooled_issues(second, records=0, rows=0) if issue.ordinal
    ]
