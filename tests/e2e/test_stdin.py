"""Standard input and output as files: ``-``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def test_stdin_gives_the_same_output_as_the_file(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes()
    assert cli("convert", "small.yaml", "small.csv", "-o", "file.jsonl").returncode == 0
    done = cli("convert", "small.yaml", "-", "-o", "pipe.jsonl", "--json", stdin=data)
    assert done.returncode == 0
    assert (folder / "pipe.jsonl").read_bytes() == (folder / "file.jsonl").read_bytes()
    report = json.loads(done.stdout)
    assert report["inputs"][0]["name"] == "<stdin>"
    assert report["codes"][0]["samples"][0]["source"]["cell"] == "C3"


def test_the_hash_of_stdin_is_that_of_the_file(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes()
    hashes = []
    for name in ("small.csv", "-"):
        hashes.append(
            json.loads(cli("convert", "small.yaml", name, "--json", stdin=data).stdout)["inputs"][0]["sha256"]
        )
    assert hashes[0] == hashes[1]


def test_stdout_holds_the_records_alone_and_stderr_the_summary(cli: Run, folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    done = cli("convert", "small.yaml", "small.csv", "-o", "-", "--lang", "en")
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["example_museum-A1", "example_museum-A2"]
    assert "JPS-DATE" in done.stderr
    assert "read 3 = written 2" in done.stderr
    assert {path.name for path in folder.iterdir()} == before


def test_stdout_and_json_do_not_mix(cli: Run) -> None:
    done = cli("convert", "small.yaml", "small.csv", "-o", "-", "--json")
    assert len(done.stdout.splitlines()) == 2
    assert json.loads(done.stderr)["counts"]["written"] == 2


def test_a_filter_from_stdin_to_stdout_feeds_check(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes()
    written = cli("convert", "small.yaml", "-", "-o", "-", "-q", stdin=data)
    assert written.stderr == ""
    checked = cli("check", "-", "--format", "japansearch", "--json", stdin=written.stdout.encode())
    assert json.loads(checked.stdout)["counts"]["read"] == 2


def test_jobs_change_nothing_for_stdin(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes()
    outputs = [cli("convert", "small.yaml", "-", "-o", "-", "--jobs", jobs, stdin=data).stdout for jobs in ("1", "2")]
    assert outputs[0] == outputs[1]
    assert outputs[0]


def test_stdin_among_files(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes().replace(b"A", b"B")
    done = cli("convert", "small.yaml", "small.csv", "-", "-o", "o.jsonl", "--json", stdin=data)
    assert [entry["name"] for entry in json.loads(done.stdout)["inputs"]] == ["small.csv", "<stdin>"]
    assert len((folder / "o.jsonl").read_bytes().splitlines()) == 4


def test_empty_stdin_is_a_fatal_finding(cli: Run) -> None:
    done = cli("convert", "small.yaml", "-", "-o", "-")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "SRC-EMPTY" in done.stderr


def test_explain_and_mapping_check_read_stdin(cli: Run, folder: Path) -> None:
    data = (folder / "small.csv").read_bytes()
    assert "例示皿" in cli("mapping", "explain", "small.yaml", "-", "--record", "2", stdin=data).stdout
    assert cli("mapping", "check", "small.yaml", "-", stdin=data).returncode == 0
    assert cli("mapping", "check", "small.yaml", "-", stdin=b"a,b\n").returncode == 2
