"""Jobs over whole files: outputs, reports, refusals, interruptions. Nothing here is mocked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert import Interrupted, MappingError, RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    Write = Callable[[str, str | bytes], Path]

HEAD = "mapping: 1\nid: test\nsource: {format: csv}\ntarget: {format: jsonl}\nrecord: {id: ID}\n"
MAPPING = HEAD + "fields: {名称: {from: 名称, do: nfkc}, 高さ: {from: 高さ, do: decimal}}\n"
JPS = """mapping: 1
id: test
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: ID}
fields:
  番号_s: {from: ID, label: id}
  名称_s: {from: 名称, label: title}
  高さ_n: 高さ
"""


def rows(count: int, start: int = 1, *, bad: int = 0) -> str:
    """A table; every ``bad``-th height is no number."""
    lines = [f"K{n},皿{n},{'約' if bad and not n % bad else ''}{n}" for n in range(start, start + count)]
    return "ID,名称,高さ\n" + "".join(line + "\n" for line in lines)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def mapping(write: Write) -> Path:
    return write("mapping.yaml", MAPPING)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "items.jsonl"


# ── Outputs ──────────────────────────────────────────────────────────────────────────────────────


def test_output_reports_and_manifest(mapping: Path, write: Write, out: Path) -> None:
    source = write("in.csv", rows(3, bad=2))
    reports = [
        out.with_name("report.json"),
        out.with_name("report.jsonl"),
        out.with_name("report.csv"),
        out.with_name("report.txt"),
    ]
    report = convert.Job(mapping, variables={}).run(source, out, reports)
    assert report.exit_code == 0
    assert report.counts == {"read": 3, "written": 3, "skipped": 0, "deleted": 0, "rejected": 0, "broken": 0}
    assert listing(out.parent) == sorted(["items.jsonl", "items.jsonl.manifest.json", *(path.name for path in reports)])
    data = out.read_bytes()
    [told] = report.outputs
    assert (told["bytes"], told["sha256"], told["records"]) == (len(data), hashlib.sha256(data).hexdigest(), 3)
    made = json.loads(out.with_name("items.jsonl.manifest.json").read_bytes())
    assert made["counts"] == report.counts
    assert made["outputs"] == report.outputs
    assert (made["complete"], made["incomplete_reason"], made["profile"]) == (True, None, "draft")
    [source_told] = made["inputs"]
    assert source_told["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (source_told["bytes"], source_told["records"], source_told["encoding"]) == (
        source.stat().st_size,
        3,
        "utf-8",
    )
    assert made["mapping"]["id"] == "test"
    assert made["mapping"]["sha256"] == hashlib.sha256(mapping.read_bytes()).hexdigest()
    assert made["started"] <= made["finished"]
    assert made["options"]["read"]["delimiter"] == ","
    assert json.loads(reports[0].read_bytes())["counts"] == report.counts


def test_the_manifest_names_every_file_of_the_mapping(write: Write, out: Path) -> None:
    write("table.csv", "k,v\na,b\n")
    write("base.yaml", HEAD + "lookups: {t: {file: table.csv}}\nfields: {名称: {from: 名称, do: [{lookup: t}]}}\n")
    path = write("mapping.yaml", "mapping: 1\nid: own\nextends: base.yaml\n")
    convert.Job(path).run(write("in.csv", "ID,名称\n"), out)
    made = json.loads(out.with_name("items.jsonl.manifest.json").read_bytes())
    for entry in made["mapping"]["files"]:
        assert entry["sha256"] == hashlib.sha256(Path(entry["name"]).read_bytes()).hexdigest()
    assert [Path(entry["name"]).name for entry in made["mapping"]["files"]] == [
        "mapping.yaml",
        "base.yaml",
        "table.csv",
    ]


def test_companions_stand_beside_the_output(write: Write, out: Path) -> None:
    convert.Job(write("mapping.yaml", JPS)).run(write("in.csv", rows(1)), out)
    assert listing(out.parent) == ["items.jsonl", "items.jsonl.labels.csv", "items.jsonl.manifest.json"]


def test_without_an_output_nothing_is_written(mapping: Path, write: Write, out: Path) -> None:
    report = convert.Job(mapping).run(write("in.csv", rows(3)), None)
    assert (report.counts["written"], report.outputs, listing(out.parent)) == (3, [], [])


def test_several_inputs_are_one_run(mapping: Path, write: Write, out: Path) -> None:
    first, second = write("a.csv", rows(2)), write("b.csv", rows(3, start=10, bad=11))
    report = convert.Job(mapping).run([first, second], out)
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == ["K1", "K2", "K10", "K11", "K12"]
    assert [told["records"] for told in report.inputs] == [2, 3]
    [issue] = report.issues
    assert (issue.ordinal, issue.at.cell, issue.at.source) == (4, "C3", str(second))


def test_bytes_and_streams_are_inputs_too(mapping: Path, write: Write, out: Path) -> None:
    data = rows(2).encode()
    for source in (data, io.BytesIO(data), write("in.csv", data), str(write("in2.csv", data))):
        assert convert.Job(mapping).run(source, out).counts["written"] == 2


def test_a_run_again_gives_the_same_bytes(mapping: Path, write: Write, out: Path) -> None:
    source = write("in.csv", rows(50, bad=7))
    convert.Job(mapping).run(source, out)
    first = out.read_bytes()
    convert.Job(mapping).run(source, out)
    assert out.read_bytes() == first


# ── Splitting ────────────────────────────────────────────────────────────────────────────────────

LIMIT = 2000


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "items.jsonl"),
        ({"layout": "array"}, "items.json"),
        ({"shape": "registration", "file": "csv"}, "items.csv"),
        ({"shape": "registration", "file": "tsv", "bom": "true"}, "items.tsv"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_parts_are_valid_and_below_the_limit(
    options: dict[str, str], name: str, jobs: int, write: Write, tmp_path: Path, pool: Executor
) -> None:
    path, source = write("mapping.yaml", JPS), write("in.csv", rows(200))
    (tmp_path / "out").mkdir()
    report = convert.Job(
        path, write=options | {"split": "2KB"}, jobs=jobs, shard_bytes=1, executor=pool if jobs > 1 else None
    ).run(source, tmp_path / "out" / name)
    stem, _, suffix = name.rpartition(".")
    parts = sorted((tmp_path / "out").glob(f"*-[0-9][0-9][0-9].{suffix}"))
    assert [part.name for part in parts] == [f"{stem}-{n:03d}.{suffix}" for n in range(1, len(parts) + 1)]
    assert len(parts) > 1
    assert not (tmp_path / "out" / name).exists()
    assert all(part.stat().st_size <= LIMIT for part in parts)
    assert [told["records"] for told in report.outputs] == [len(_ids(part)) for part in parts]
    assert [found for part in parts for found in _ids(part)] == [f"K{n}" for n in range(1, 201)]
    assert (tmp_path / "out" / f"{name}.manifest.json").exists()


def _ids(part: Path) -> list[str]:
    text = part.read_text("utf-8-sig")
    if part.suffix in (".csv", ".tsv"):
        found = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="," if part.suffix == ".csv" else "\t"))
        return [row["番号_s"] for row in found]
    documents = json.loads(text) if part.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    return [document["番号_s"] for document in documents]


def test_a_part_does_not_replace_an_input(write: Write, tmp_path: Path) -> None:
    path, source = write("mapping.yaml", JPS), write("items-001.jsonl", rows(200))
    before = source.read_bytes()
    with pytest.raises(UsageError):
        convert.Job(path, write={"split": "2KB"}).run(source, tmp_path / "items.jsonl")
    assert source.read_bytes() == before


# ── Refusals: nothing is read, nothing is written ────────────────────────────────────────────────


def test_an_output_onto_an_input_is_refused(mapping: Path, write: Write, tmp_path: Path) -> None:
    source = write("in.csv", rows(1))
    before = listing(tmp_path)
    (tmp_path / "link.csv").symlink_to(source)
    for place in (source, tmp_path / "x" / ".." / "in.csv", tmp_path / "link.csv", mapping):
        with pytest.raises(UsageError):
            convert.Job(mapping).run(source, place)
        with pytest.raises(UsageError):
            convert.Job(mapping).run(source, None, [place])
    (tmp_path / "link.csv").unlink()
    assert listing(tmp_path) == before
    assert source.read_text("utf-8") == rows(1)


def test_one_place_for_two_files_is_refused(mapping: Path, write: Write, out: Path) -> None:
    source = write("in.csv", rows(1))
    with pytest.raises(UsageError):
        convert.Job(mapping).run(source, out, [out])
    with pytest.raises(UsageError):
        convert.Job(mapping).run(source, None, [out, out])
    with pytest.raises(UsageError):
        convert.Job(mapping).run([source, source], out)
    assert listing(out.parent) == []


def test_a_manifest_does_not_replace_an_input(mapping: Path, write: Write, tmp_path: Path) -> None:
    source = write("items.jsonl.manifest.json", rows(1))
    with pytest.raises(UsageError):
        convert.Job(mapping).run(source, tmp_path / "items.jsonl")


@pytest.mark.parametrize(
    "job",
    [{"read": {"encodng": "x"}}, {"write": {"split": "much"}}, {"profile": "none"}, {"mapping": "no/such"}],
    ids=str,
)
def test_a_wrong_job_writes_nothing(job: dict[str, Any], mapping: Path, write: Write, out: Path) -> None:
    with pytest.raises(UsageError):
        convert.Job(**({"mapping": mapping} | job)).run(write("in.csv", rows(1)), out, [out.with_name("report.json")])
    assert listing(out.parent) == []


def test_an_unknown_level_is_refused_before_the_run(mapping: Path, write: Write, out: Path) -> None:
    with pytest.raises(UsageError):
        convert.Job(mapping, fail_on="worse").run(write("in.csv", rows(1)), out)


def test_missing_inputs_and_unknown_reports(mapping: Path, write: Write, tmp_path: Path, out: Path) -> None:
    source = write("in.csv", rows(1))
    (tmp_path / "empty").mkdir()
    for inputs, reports in (
        ([], []),
        (tmp_path / "none.csv", []),
        (tmp_path / "empty", []),
        (source, ["report.docx"]),
        (source, ["report"]),
    ):
        with pytest.raises(UsageError):
            convert.Job(mapping).run(inputs, out, [out.with_name(name) for name in reports])  # type: ignore[arg-type]
    assert listing(out.parent) == []


def test_a_mapping_that_cannot_run_writes_nothing(write: Write, out: Path) -> None:
    path, source = write("mapping.yaml", MAPPING.replace("高さ, do", "横, do")), write("in.csv", rows(1))
    with pytest.raises(MappingError):
        convert.Job(path).run(source, out, [out.with_name("report.json"), out.with_name("report.jsonl")])
    assert listing(out.parent) == []


def test_a_fatal_head_writes_only_the_report(mapping: Path, write: Write, out: Path) -> None:
    report = convert.Job(mapping).run(
        [write("a.csv", rows(2)), write("b.csv", "")], out, [out.with_name("report.json")]
    )
    assert (report.exit_code, report.complete, report.incomplete_reason) == (3, False, "fatal")
    assert report.outputs == []
    assert listing(out.parent) == ["report.json"]
    assert json.loads(out.with_name("report.json").read_bytes())["complete"] is False


def test_options_of_a_loaded_mapping_are_refused(mapping: Path, write: Write, out: Path) -> None:
    loaded = convert.load_mapping(mapping)
    assert convert.Job(loaded).run(write("in.csv", rows(1)), out).exit_code == 0
    with pytest.raises(UsageError):
        convert.Job(loaded, variables={"a": "b"}).run(write("in.csv", rows(1)), out)


# ── Cut short ────────────────────────────────────────────────────────────────────────────────────


def test_limit_stops_and_says_so(mapping: Path, write: Write, out: Path) -> None:
    first, second = write("a.csv", rows(3)), write("b.csv", rows(3, start=10))
    report = convert.Job(mapping, limit=4).run([first, second], out)
    assert (report.counts["read"], report.exit_code, report.complete, report.incomplete_reason) == (
        4,
        3,
        False,
        "limit",
    )
    assert len(out.read_bytes().splitlines()) == 4
    assert json.loads(out.with_name("items.jsonl.manifest.json").read_bytes())["complete"] is False


def test_a_limit_that_is_not_reached_is_complete(mapping: Path, write: Write, out: Path) -> None:
    for limit in (3, 4):
        report = convert.Job(mapping, limit=limit).run(write("in.csv", rows(3)), out)
        assert (report.counts["read"], report.complete, report.exit_code) == (3, True, 0)


def test_only_one_record(mapping: Path, write: Write, out: Path) -> None:
    report = convert.Job(mapping, only="K2").run(write("in.csv", rows(3, bad=1)), out)
    assert (report.counts["read"], report.exit_code, report.incomplete_reason) == (1, 3, "only")
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == ["K2"]
    assert [(issue.ordinal, issue.at.cell) for issue in report.issues] == [(2, "C3")]


def test_only_counts_the_records_before_it(mapping: Path, write: Write) -> None:
    sources = [write("a.csv", rows(3)), write("b.csv", rows(3, start=10, bad=1))]
    report = convert.Job(mapping, only="K11").run(sources, None)
    assert [(issue.ordinal, issue.at.cell) for issue in report.issues] == [(5, "C3")]


def test_fail_on_sets_the_exit_code(mapping: Path, write: Write) -> None:
    source = write("in.csv", rows(3, bad=2))
    codes = {
        level: convert.Job(mapping, fail_on=level).run(source, None).exit_code
        for level in ("notice", "warning", "error", "fatal")
    }
    assert codes == {"notice": 1, "warning": 1, "error": 0, "fatal": 0}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_leaves_its_report_alone(
    jobs: int, mapping: Path, write: Write, out: Path, tmp_path: Path
) -> None:
    source = write("in.csv", rows(5000, bad=100))
    out.write_text("older")

    def stop(records: int) -> None:
        assert records
        raise KeyboardInterrupt

    job = convert.Job(mapping, jobs=jobs, shard_bytes=1)
    with pytest.raises(Interrupted) as caught:
        job.run(source, out, [out.with_name("report.json"), out.with_name("report.jsonl")], progress=stop)
    report = caught.value.report
    assert isinstance(caught.value, KeyboardInterrupt)
    assert (report.exit_code, report.complete, report.incomplete_reason, report.outputs) == (
        3,
        False,
        "interrupted",
        [],
    )
    assert 0 < report.counts["read"] <= 5000
    assert report.counts["read"] == sum(count for name, count in report.counts.items() if name != "read")
    assert listing(out.parent) == ["items.jsonl", "report.json", "report.jsonl"]
    assert out.read_text() == "older"
    assert json.loads(out.with_name("report.json").read_bytes())["incomplete_reason"] == "interrupted"


def test_progress_is_told_in_one_process_and_in_two(mapping: Path, write: Write, pool: Executor) -> None:
    source = write("in.csv", rows(3500))
    for more in ({}, {"jobs": 2, "shard_bytes": 1, "executor": pool}):
        told: list[int] = []
        convert.Job(mapping, **more).run(source, None, progress=told.append)  # type: ignore[arg-type]
        assert told == sorted(told)
        assert told
        assert told[-1] <= 3500


# ── The run breaks ───────────────────────────────────────────────────────────────────────────────

FULL = """
import pathlib, resource, signal, sys
import convert
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
out = pathlib.Path(sys.argv[3])
try:
    convert.Job(sys.argv[1], jobs=int(sys.argv[4]), shard_bytes=1).run(sys.argv[2], out, [out.with_name("report.json")])
except convert.RunError as error:
    print("RunError", error)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_is_a_run_error(jobs: int, mapping: Path, write: Write, out: Path, tmp_path: Path) -> None:
    """No file may grow beyond 200 kB; the output would be larger."""
    source = write("in.csv", rows(20_000))
    out.write_text("older")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", FULL, str(mapping), str(source), str(out), str(jobs)]
    environment = os.environ | {"TMPDIR": str(scratch)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.stdout.startswith("RunError"), done.stderr[-500:]
    assert done.returncode == 0
    assert out.read_text() == "older"
    assert listing(out.parent) == ["items.jsonl", "report.json"]
    told = json.loads(out.with_name("report.json").read_bytes())
    assert (told["complete"], told["incomplete_reason"], told["outputs"]) == (False, "broken", [])
    assert listing(scratch) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_usage_error(mapping: Path, write: Write, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(UsageError):
        convert.Job(mapping).run(write("in.csv", rows(1)), tmp_path / "closed" / "items.jsonl")


def test_a_device_is_written_to_as_it_is(mapping: Path, write: Write) -> None:
    before = Path("/dev/null").stat()
    assert convert.Job(mapping).run(write("in.csv", rows(3)), "/dev/null").counts["written"] == 3
    after = Path("/dev/null").stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert not Path("/dev/null.manifest.json").exists()


def test_a_pipe_is_written_to_as_it_is(mapping: Path, write: Write, out: Path) -> None:
    os.mkfifo(out)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(out.read_bytes()))
    reader.start()
    convert.Job(mapping).run(write("in.csv", rows(3)), out)
    reader.join(10)
    assert [json.loads(line)["id"] for line in found[0].splitlines()] == ["K1", "K2", "K3"]
    assert out.is_fifo()
    assert sorted(path.name for path in out.parent.iterdir()) == ["items.jsonl"]


def test_a_reader_that_goes_away_is_a_run_error(mapping: Path, write: Write, out: Path) -> None:
    os.mkfifo(out)

    def glance() -> None:
        with out.open("rb") as stream:
            stream.read(10)

    reader = threading.Thread(target=glance)
    reader.start()
    with pytest.raises(RunError):
        convert.Job(mapping).run(write("in.csv", rows(60_000)), out)
    reader.join(10)
    assert sorted(path.name for path in out.parent.iterdir()) == ["items.jsonl"]


def test_a_shorter_run_leaves_no_part_of_a_longer_one(write: Write, tmp_path: Path) -> None:
    path, place = write("mapping.yaml", JPS), tmp_path / "out"
    job = convert.Job(path, write={"split": "2KB"})
    job.run(write("long.csv", rows(200)), place / "items.jsonl")
    changed = sorted(place.glob("items-*.jsonl"))[-1]
    changed.write_text("mine\n", encoding="utf-8")
    job.run(write("short.csv", rows(2)), place / "items.jsonl")
    names = {entry.name for entry in place.iterdir()}
    assert names == {"items.jsonl", "items.jsonl.labels.csv", "items.jsonl.manifest.json", changed.name}
    job.run(write("again.csv", rows(200)), place / "items.jsonl")
    assert not (place / "items.jsonl").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"outputs": 1}', '{"outputs": [{"name": 1, "sha256": "x"}]}', "{"])
def test_what_is_no_manifest_of_ours_removes_nothing(text: str, write: Write, out: Path, mapping: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    out.with_name(out.name + ".manifest.json").write_text(text, encoding="utf-8")
    other = out.with_name("other.jsonl")
    other.write_text("x", encoding="utf-8")
    convert.Job(mapping).run(write("in.csv", rows(1)), out)
    assert other.read_text("utf-8") == "x"
