"""Measure mokuroku beside a bare copy and beside Catmandu, in one run, and compare with the targets.

    python bench/run.py                        100,000 rows, 3 runs of each, medians
    python bench/run.py --full                 memory at 10,000 and 1,000,000 rows, two processes on 200 MB
    python bench/run.py --rows 20000 --runs 5

Every contestant is a process of its own; CPU time (user and system, its children's too) and peak memory are
what the kernel says of it (``wait4``). Contestants take turns, so that a slow minute hits all of them; a ratio is
the median of the ratios of each turn. Each starts without an old output, and a first turn does not count: files and
memory are equally warm for all. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
ROW_BYTES = 1200
CATMANDU_TIMES = 5.0
BASELINE_TIMES = 3.0
MEMORY_MB = 120.0
JOBS_TIMES = 1.6
PARALLEL_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Command:
    """One contestant: its name, arguments and output; ``pipe``: it reads standard input and writes standard output."""

    name: str
    arguments: tuple[str, ...]
    output: Path | None = None
    pipe: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: wall and CPU seconds, peak memory in MB (10⁶ bytes) of its largest process."""

    wall: float
    cpu: float
    memory: float


@dataclass(slots=True)
class Verdicts:
    """The targets, met and missed."""

    missed: list[str] = field(default_factory=list)

    def add(self, text: str, *, met: bool) -> None:
        """Print one target."""
        print(f"  {'ok    ' if met else 'MISSED'} {text}")
        if not met:
            self.missed.append(text)


def ours(source: Path, output: Path, *, jobs: int = 1, name: str = "mokuroku") -> Command:
    """``mokuroku convert`` with the benchmark's mapping, every check on, a report written."""
    report = output.with_suffix(".report.json")
    options = ("--jobs", str(jobs), "--fail-on", "fatal", "--report", str(report))
    line = (sys.executable, "-m", "convert", "convert", str(HERE / "museum24.yaml"), str(source), "-o", str(output))
    return Command(name, (*line, *options), output)


def baseline(source: Path, output: Path) -> Command:
    """``csv.reader`` → dict → orjson."""
    line = (sys.executable, str(HERE / "baseline.py"), str(source), str(output))
    return Command("csv → dict → orjson", line, output)


def catmandu() -> Command | None:
    """Catmandu with the same mapping as far as it goes; None where it is not installed."""
    program = shutil.which("catmandu")
    if program is None:
        return None
    fix = str(HERE / "museum24.fix")
    return Command(
        "Catmandu", (program, "convert", "CSV", "--fix", fix, "to", "JSON", "--line_delimited", "1"), pipe=True
    )


def measure(command: Command, source: Path, output: Path) -> Cost:
    """Run a contestant once; stop everything when it fails."""
    (command.output or output).unlink(missing_ok=True)
    start = time.perf_counter()
    with source.open("rb") as given, output.open("wb") if command.pipe else Path(os.devnull).open("wb") as out:
        process = subprocess.Popen(
            command.arguments, cwd=TOP, stdin=given, stdout=out, stderr=subprocess.PIPE if not command.pipe else None
        )
        complaint = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command.name} ended with {process.returncode}\n{complaint.decode(errors='replace')}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def turns(commands: Sequence[Command], source: Path, folder: Path, runs: int) -> dict[str, list[Cost]]:
    """Let every contestant run ``runs`` times, in turns."""
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for turn in range(runs + 1):
        for number, command in enumerate(commands):
            progress(f"run {turn} of {runs}: {command.name}")
            cost = measure(command, source, folder / f"piped{number}")
            if turn:
                costs[command.name].append(cost)
    progress("")
    return costs


def progress(text: str) -> None:
    """Say what runs now, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def ratio(one: Sequence[Cost], other: Sequence[Cost], part: str) -> float:
    """Median over the turns of ``one`` through ``other``; ``part`` is wall or cpu."""
    return float(statistics.median(getattr(a, part) / getattr(b, part) for a, b in zip(one, other, strict=True)))


def table(costs: dict[str, list[Cost]], rows: int) -> None:
    """Print rate, CPU and memory of each contestant."""
    print(f"\n  {'':24}{'records/s':>12}{'CPU µs/record':>16}{'wall s':>9}{'peak MB':>9}")
    for name, list_ in costs.items():
        wall = statistics.median(cost.wall for cost in list_)
        cpu = statistics.median(cost.cpu for cost in list_)
        memory = max(cost.memory for cost in list_)
        print(f"  {name:24}{rows / wall:>12,.0f}{cpu / rows * 1e6:>16.1f}{wall:>9.2f}{memory:>9.0f}")
    print()


def data(folder: Path, rows: int) -> Path:
    """Find the ledger with so many rows, or make it."""
    path = folder / f"ledger-{rows}.csv"
    if not path.exists():
        progress(f"making {rows:,} rows")
        subprocess.run([sys.executable, str(HERE / "make_data.py"), "csv", str(rows), "-o", str(path)], check=True)
    return path


def compare(folder: Path, rows: int, runs: int, verdicts: Verdicts) -> None:
    """Our rate beside the baseline's and Catmandu's."""
    source = data(folder, rows)
    print(f"{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB, 24 columns to 24 targets, one process, {runs} runs")
    peer = catmandu()
    commands = [ours(source, folder / "ours.jsonl"), baseline(source, folder / "baseline.jsonl")]
    costs = turns([*commands, *([peer] if peer else [])], source, folder, runs)
    table(costs, rows)
    own = costs["mokuroku"]
    times = ratio(own, costs["csv → dict → orjson"], "cpu")
    verdicts.add(
        f"{times:.2f} × the CPU of csv → dict → orjson (target: at most {BASELINE_TIMES:g})",
        met=times <= BASELINE_TIMES,
    )
    if peer:
        times = ratio(costs[peer.name], own, "wall")
        verdicts.add(
            f"{times:.1f} × as fast as Catmandu (target: at least {CATMANDU_TIMES:g})", met=times >= CATMANDU_TIMES
        )
    else:
        print("  --     Catmandu: not installed")


def memory(folder: Path, sizes: Sequence[int], verdicts: Verdicts) -> None:
    """Peak memory must not grow with the number of records."""
    for rows in sizes:
        source = data(folder, rows)
        cost = measure(ours(source, folder / "ours.jsonl"), source, folder / "piped")
        progress("")
        text = (
            f"{cost.memory:.0f} MB at {rows:,} rows, {rows / cost.wall:,.0f} records/s (target: under {MEMORY_MB:g} MB)"
        )
        verdicts.add(text, met=cost.memory < MEMORY_MB)
        (folder / "ours.jsonl").unlink(missing_ok=True)


def parallel(folder: Path, jobs: int, runs: int, verdicts: Verdicts) -> None:
    """Several processes on 200 MB: faster, and the same bytes."""
    rows = PARALLEL_BYTES // ROW_BYTES
    source = data(folder, rows)
    many = f"--jobs {jobs}"
    print(f"\n{source.stat().st_size / 1e6:.0f} MB, one process and {jobs}, {runs} runs, {os.cpu_count()} cores")
    outputs = {"--jobs 1": folder / "one.jsonl", many: folder / "many.jsonl"}
    commands = [ours(source, outputs["--jobs 1"], name="--jobs 1"), ours(source, outputs[many], jobs=jobs, name=many)]
    costs = turns(commands, source, folder, runs)
    table(costs, rows)
    times = ratio(costs["--jobs 1"], costs[many], "wall")
    verdicts.add(
        f"{times:.2f} × as fast with {jobs} processes (target: at least {JOBS_TIMES:g})", met=times >= JOBS_TIMES
    )
    same = digest(outputs["--jobs 1"]) == digest(outputs[many])
    verdicts.add("the same bytes from one process and from several", met=same)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="measure mokuroku beside csv + orjson and Catmandu")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of each contestant; medians count")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the parallel part")
    parser.add_argument("--full", action="store_true", help="also 1,000,000 rows and 200 MB in parallel")
    parser.add_argument("--folder", type=Path, help="keep data and outputs here (else a folder that goes away)")
    return parser.parse_args()


def run(options: argparse.Namespace, folder: Path) -> int:
    """All parts; 1 when a target was missed."""
    verdicts = Verdicts()
    compare(folder, options.rows, options.runs, verdicts)
    memory(folder, [10_000, 1_000_000] if options.full else [10_000], verdicts)
    if options.full:
        parallel(folder, options.jobs, options.runs, verdicts)
    return 1 if verdicts.missed else 0


def main() -> int:
    """Run in the folder given, or in one that goes away."""
    options = arguments()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        return run(options, options.folder.resolve())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(options, Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
