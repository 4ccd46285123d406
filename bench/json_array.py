"""Measure one JSON array beside JSON Lines on the same records: CPU, and memory at two sizes.

    python bench/json_array.py                 100,000 records, 5 turns, medians
    python bench/json_array.py --records 20000 --turns 3

``read`` is the reader alone, ``convert`` the whole command with a mapping of a few fields. Every run is a process of
its own; starting Python and importing is taken off ``read``. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
TIMES = 1.5
MEMORY_TIMES = 1.2
READ = """
import sys
from convert import read
import convert.formats.json.reader, convert.formats.jsonl.reader
if len(sys.argv) > 1:
    assert sum(1 for record in read(sys.argv[2], sys.argv[1])) > 0
"""
MAPPING = """
mapping: 1
id: bench
source: {{format: {format}}}
target: {{format: jsonl}}
record: {{id: 資料番号}}
fields: {{資料名: 資料名, 解説: 解説, 受入日: 受入日}}
"""


def run(*arguments: str) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of one Python process."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def make(folder: Path, count: int) -> dict[str, Path]:
    """The same records in both formats, the array as exporters write it: one element after the other."""
    lines, array = folder / f"{count}.jsonl", folder / f"{count}.json"
    subprocess.run(
        [sys.executable, str(HERE / "make_data.py"), "jsonl", str(count), "-o", str(lines)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with lines.open(encoding="utf-8") as source, array.open("w", encoding="utf-8") as target:
        target.write("[")
        for number, line in enumerate(source):
            target.write(("," if number else "") + line.rstrip("\n"))
        target.write("]\n")
    for name in ("jsonl", "json"):
        (folder / f"{name}.yaml").write_text(MAPPING.format(format=name), encoding="utf-8")
    return {"jsonl": lines, "json": array}


def compared(folder: Path, files: dict[str, Path], turns: int, *, whole: bool) -> tuple[float, dict[str, float]]:
    """The median ratio of the turns, and each format's median CPU seconds."""
    costs: dict[str, list[float]] = {"jsonl": [], "json": []}
    for _ in range(turns):
        idle = 0.0 if whole else run("-c", READ)[0]
        for name, path in files.items():
            line = [
                "-m",
                "convert",
                "convert",
                str(folder / f"{name}.yaml"),
                str(path),
                "-o",
                str(folder / "out.jsonl"),
            ]
            costs[name].append(run(*(line if whole else ["-c", READ, name, str(path)]))[0] - idle)
    ratio = statistics.median(a / b for a, b in zip(costs["json"], costs["jsonl"], strict=True))
    return ratio, {name: statistics.median(found) for name, found in costs.items()}


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make(folder, options.records)
        for title, whole in (("read", False), ("convert", True)):
            ratio, seconds = compared(folder, files, options.turns, whole=whole)
            each = ", ".join(f"{key} {value * 1e6 / options.records:.1f} µs" for key, value in seconds.items())
            print(f"{title:8} CPU a record: {each}; array / lines {ratio:.2f} (target: at most {TIMES})")
            missed += ratio > TIMES
        small = run("-c", READ, "json", str(make(folder, max(1, options.records // 10))["json"]))[1]
        large = run("-c", READ, "json", str(files["json"]))[1]
        print(f"memory   {options.records // 10:,} records {small:.0f} MB, {options.records:,} records {large:.0f} MB")
        missed += large > small * MEMORY_TIMES
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
