"""What the end-to-end tests share: a folder with a small mapping and table, and the command as a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
EXIT_CODES = (0, 1, 2, 3)
TIMEOUT = 120

MAPPING = """\
mapping: 1
id: small
title: 小さな対応表
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
vars:
  site: https://museum.example.jp
record:
  id: 番号
  skip: {公開: 非公開}
fields:
  名前_s: {from: 名前, do: trim, label: title, required: true}
  日付_d: 日付
  common.linkUrl: {template: "{$site}/item/{$id}"}
"""
HEADER = "番号,名前,日付,公開\n"
TABLE = HEADER + "A1,架空太郎像,2026-03-31,公開\nA2,例示皿,いつか,公開\nA3,見本箱,2026-04-01,非公開\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working directory of the commands: small.yaml and small.csv."""
    place = tmp_path / "仕事 場"
    place.mkdir()
    (place / "small.yaml").write_text(MAPPING, encoding="utf-8")
    (place / "small.csv").write_text(TABLE, encoding="utf-8")
    return place


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The folder for temporary files of the commands; nothing may be left in it."""
    place = tmp_path / "tmp"
    place.mkdir()
    return place


@pytest.fixture
def environment(scratch: Path) -> dict[str, str]:
    """A plain environment in which ``convert`` comes from this checkout."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "MOKUROKU", "COV"))}
    return kept | {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}


@pytest.fixture
def cli(folder: Path, environment: dict[str, str], scratch: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``mokuroku`` to its end. Whatever happens: a defined exit code, no traceback, no temporary file."""

    def run(*arguments: str | Path, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "convert", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=folder,
            env=environment | variables,
            timeout=TIMEOUT,
            check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert "Traceback" not in err, err
        assert done.returncode in EXIT_CODES, err
        assert not list(scratch.iterdir())
        assert not [path for path in folder.rglob("*") if ".part" in path.name]
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run


def _answer_interrupts() -> None:
    """Listen to Ctrl-C even when the tests run in the background, where shells turn it off."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start ``mokuroku`` in a process group of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str | Path, stdin: Any = subprocess.DEVNULL, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "convert", *map(str, arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment | variables,
            start_new_session=True,
            preexec_fn=_answer_interrupts,  # noqa: PLW1509 - no threads here
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                stream.close()
        process.wait()
