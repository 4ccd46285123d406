"""Pipes that close early, closed streams, full disks: no traceback, and an exit code that tells the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]
    Start = Callable[..., subprocess.Popen[bytes]]

posix = pytest.mark.skipif(os.name != "posix", reason="needs /dev/full and shells' way to close a stream")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture
def many(folder: Path) -> Path:
    """A table whose output is more than a pipe holds."""
    lines = [f"A{number},架空太郎作、その{number},いつか,公開\n" for number in range(1_000)]
    (folder / "many.csv").write_text("番号,名前,日付,公開\n" + "".join(lines), encoding="utf-8")
    return folder


def read_one_line(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    """``| head -1``: exit code, the line, standard error."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read().decode("utf-8")
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    return process.wait(timeout=60), line, err


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_output_nobody_reads_to_the_end_is_a_broken_run(jobs: str, start: Start, many: Path, scratch: Path) -> None:
    arguments = ["convert", "small.yaml", "many.csv", "-o", "-", "--jobs", jobs, "--report", "r.json", "--lang", "en"]
    code, line, err = read_one_line(start(*arguments))
    assert code == 3
    assert json.loads(line)["id"] == "example_museum-A0"
    assert "nobody reads the output" in err
    told = json.loads((many / "r.json").read_bytes())
    assert (told["complete"], told["incomplete_reason"]) == (False, "broken")
    assert not list(scratch.iterdir())


@posix
def test_unbuffered_output_is_told_as_broken_too(start: Start, many: Path) -> None:
    code, _, _ = read_one_line(start("convert", "small.yaml", "many.csv", "-o", "-", PYTHONUNBUFFERED="1"))
    assert code == 3


@pytest.mark.parametrize("output", ["-", "o.jsonl"])
def test_unbuffered_output_is_whole(output: str, cli: Run, many: Path) -> None:
    done = cli("convert", "small.yaml", "many.csv", "-o", output, "--lang", "en", PYTHONUNBUFFERED="1")
    assert done.returncode == 0
    written = done.stdout if output == "-" else (many / output).read_text(encoding="utf-8")
    assert len(written.splitlines()) == 1_000
    assert "read 1,000 = written 1,000" in (done.stderr if output == "-" else done.stdout)


@posix
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["codes"], 0),
        (["codes", "--json"], 0),
        (["mappings"], 0),
        (["mapping", "explain", "small.yaml"], 0),
        (["mapping", "explain", "small.yaml", "small.csv", "--code"], 0),
        (["convert", "small.yaml", "many.csv", "-o", "o.jsonl"], 0),
        (["convert", "small.yaml", "many.csv", "-o", "o.jsonl", "--json"], 0),
        (["convert", "small.yaml", "many.csv", "--fail-on", "warning"], 1),
        (["check", "many.csv", "--format", "csv", "--limit", "3"], 3),
    ],
)
def test_what_is_printed_need_not_be_read(arguments: list[str], expected: int, start: Start, many: Path) -> None:
    process = start(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read().decode("utf-8")
    assert err == ""
    assert process.wait(timeout=60) == expected
    if "o.jsonl" in arguments:
        assert len((many / "o.jsonl").read_bytes().splitlines()) == 1_000


def shell(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which ``mokuroku`` is the command."""
    text = f'mokuroku() {{ "{sys.executable}" -m convert "$@"; }}; {line}'
    done = subprocess.run(["sh", "-c", text], cwd=folder, env=environment, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done


@full
@pytest.mark.parametrize(
    "line",
    [
        "mokuroku convert small.yaml small.csv -o - > /dev/full",
        "mokuroku convert small.yaml many.csv -o - > /dev/full",
        "mokuroku convert small.yaml small.csv -o /dev/full",
        "mokuroku convert small.yaml small.csv > /dev/full",
        "mokuroku check small.csv --format csv --json > /dev/full",
        "mokuroku codes > /dev/full",
        "mokuroku mapping explain small.yaml > /dev/full",
    ],
)
def test_a_full_disk_is_told(line: str, many: Path, environment: dict[str, str]) -> None:
    done = shell(line, many, environment)
    assert done.returncode == 3
    assert "ディスクの空き容量が足りません" in done.stderr.decode("utf-8")
    english = shell(line, many, environment | {"MOKUROKU_LANG": "en"})
    assert "No space left" in english.stderr.decode("utf-8")


@full
def test_messages_nobody_can_read_do_not_change_the_outcome(many: Path, environment: dict[str, str]) -> None:
    assert shell("mokuroku convert small.yaml small.csv -o - 2> /dev/full", many, environment).returncode == 0
    assert shell("mokuroku convert small.yaml nosuch.csv 2> /dev/full", many, environment).returncode == 2


@posix
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mokuroku convert small.yaml small.csv -o - >&-", 2),
        ("mokuroku convert small.yaml - <&-", 3),
        ("mokuroku convert small.yaml small.csv -o o.jsonl 2>&-", 0),
        ("mokuroku convert small.yaml small.csv -o - 2>&-", 0),
        ("mokuroku codes JPS-DTE 2>&-", 2),
    ],
)
def test_closed_streams(line: str, expected: int, folder: Path, environment: dict[str, str]) -> None:
    assert shell(line, folder, environment).returncode == expected


@posix
def test_a_named_pipe_is_read_and_written(folder: Path, start: Start) -> None:
    os.mkfifo(folder / "in.fifo")
    os.mkfifo(folder / "out.fifo")
    data = (folder / "small.csv").read_bytes()
    feeder = threading.Thread(target=lambda: (folder / "in.fifo").write_bytes(data))
    feeder.start()
    process = start("convert", "small.yaml", "in.fifo", "-o", "out.fifo")
    written = (folder / "out.fifo").read_bytes()
    feeder.join(timeout=60)
    assert process.wait(timeout=60) == 0
    assert len(written.splitlines()) == 2
    assert (folder / "out.fifo").is_fifo()
    assert not (folder / "out.fifo.manifest.json").exists()
