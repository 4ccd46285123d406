"""Ctrl-C, SIGTERM and killed workers in the middle of a run: told, counted, and nothing half-written left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., subprocess.Popen[bytes]]

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs POSIX signals and /proc")

HEADER = "番号,名前,日付,公開\n"
BLOCK = 200_000
REPORTS = ["--report", "r.json", "--report", "r.jsonl", "--report", "r.csv", "--report", "r.txt"]
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[bytes], seconds: float = 60) -> Any:
    """What the condition finds at last."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("it did not come so far")


def children(pid: int) -> list[int]:
    """The processes whose parent is ``pid``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether the process still runs."""
    return Path(f"/proc/{pid}").exists() and children_state(pid) != "Z"


def children_state(pid: int) -> str:
    """The state letter of a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def end(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Exit code and standard error; the run must come to its end."""
    _, err = process.communicate(timeout=60)
    text = err.decode("utf-8")
    assert "Traceback" not in text, text
    return process.returncode, text


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that is cut into shards, and long enough to be interrupted in each of them."""
    path = tmp_path_factory.mktemp("big") / "big.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write(HEADER)
        for start in range(0, 3 * BLOCK, 1000):
            stream.write(
                "".join(f"A{number},架空太郎像その{number},いつか,公開\n" for number in range(start, start + 1000))
            )
    return path


def spooled(scratch: Path) -> bool:
    """Whether both workers have written documents."""
    return sum(path.stat().st_size > 0 for path in scratch.glob("mokuroku-*/*.documents")) >= 2


def drafted(folder: Path) -> bool:
    """Whether the run has opened its output."""
    return any(path.name.startswith(".out") for path in folder.iterdir())


def assert_clean(folder: Path, scratch: Path, before: set[str], *, reports: bool, reason: str = "interrupted") -> None:
    """Nothing but the reports is left; they say why the run did not come to its end."""
    left = {path.name for path in folder.iterdir()} - before
    assert left == ({"r.json", "r.jsonl", "r.csv", "r.txt"} if reports else set())
    assert not list(scratch.iterdir())
    if reports:
        report = json.loads((folder / "r.json").read_bytes())
        assert report["complete"] is False
        assert report["incomplete_reason"] == reason
        assert report["verdict"] == "incomplete"
        assert report["outputs"] == []
        counts = report["counts"]
        assert counts["read"] == sum(counts.values()) - counts["read"]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_serial(number: signal.Signals, lang: str, start: Start, folder: Path, scratch: Path) -> None:
    before = names(folder)
    arguments = ["convert", "small.yaml", "-", "-o", "out.jsonl", *REPORTS, "--lang", lang]
    process = start(*arguments, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write((HEADER + "A1,架空像,いつか,公開\n" * 20_000).encode())  # more than the reader holds at once
    process.stdin.flush()
    wait_for(lambda: drafted(folder), process)
    process.send_signal(number)
    code, err = end(process)
    assert code == 3
    assert ("Interrupted; no half-written output is left." if lang == "en" else "中断しました。") in err
    assert_clean(folder, scratch, before, reports=True)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("group", [False, True], ids=["process", "group"])
def test_two_jobs(number: signal.Signals, group: bool, start: Start, folder: Path, scratch: Path, big: Path) -> None:
    before = names(folder)
    process = start("convert", "small.yaml", big, "-o", "out.jsonl", *REPORTS, "--jobs", "2")
    wait_for(lambda: spooled(scratch), process)
    workers = children(process.pid)
    assert len(workers) == 2
    if group:  # as a terminal does for Ctrl-C, and timeout(1) for SIGTERM
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    code, err = end(process)
    assert code == 3
    assert "中断しました。" in err
    assert not any(alive(worker) for worker in workers)
    assert_clean(folder, scratch, before, reports=True)


def test_while_waiting_for_the_header(start: Start, folder: Path, scratch: Path) -> None:
    before = names(folder)
    process = start("convert", "small.yaml", "-", "-o", "out.jsonl", *REPORTS, stdin=subprocess.PIPE)
    wait_for(lambda: any(path.name.startswith(".r.") for path in folder.iterdir()), process)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    code, err = end(process)
    assert code == 3
    assert "中断しました。" in err
    assert_clean(folder, scratch, before, reports=False)


def test_an_older_output_stays(start: Start, folder: Path, scratch: Path) -> None:
    (folder / "out.jsonl").write_text("old", encoding="utf-8")
    before = names(folder)
    process = start("convert", "small.yaml", "-", "-o", "out.jsonl", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write((HEADER + "A1,架空像,いつか,公開\n" * 20_000).encode())
    process.stdin.flush()
    wait_for(lambda: drafted(folder), process)
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 3
    assert (folder / "out.jsonl").read_text(encoding="utf-8") == "old"
    assert_clean(folder, scratch, before, reports=False)


@pytest.mark.parametrize("number", SIGNALS)
def test_check(number: signal.Signals, start: Start, folder: Path, scratch: Path) -> None:
    before = names(folder)
    process = start("check", "-", "--format", "csv", *REPORTS, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write((HEADER + "A1,架空像,いつか,公開\n" * 20_000).encode())
    process.stdin.flush()
    wait_for(lambda: list(scratch.iterdir()), process)
    process.send_signal(number)
    code, err = end(process)
    assert code == 3
    assert "中断しました。" in err
    assert_clean(folder, scratch, before, reports=True)


def test_a_killed_worker_ends_the_run(start: Start, folder: Path, scratch: Path, big: Path) -> None:
    before = names(folder)
    process = start("convert", "small.yaml", big, "-o", "out.jsonl", *REPORTS, "--jobs", "2")
    wait_for(lambda: spooled(scratch), process)
    workers = children(process.pid)
    os.kill(workers[0], signal.SIGKILL)
    code, err = end(process)
    assert code == 3
    assert "プロセスの一つが途中で止まりました" in err
    assert not any(alive(worker) for worker in workers)
    assert_clean(folder, scratch, before, reports=True, reason="broken")
