"""Measure what the checks on the whole delivery, and the statistics of reports, add to a conversion.

    python bench/dataset.py                100,000 rows, 3 runs of each, medians

The ledger and mapping of ``bench/run.py``, in turns: without (``draft``), with every check (``submission``), and with
the statistics beside them. Ratios are of CPU time. Exit code 1: the target was missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from run import Command, Verdicts, data, ours, ratio, table, turns

TIMES = 1.3
COUNTED = """
import sys
from convert.registry import reporter_named
reporter_named("json").wants_statistics = True
from convert.cli import main
main()
"""
"""The command, with a report that shows statistics."""


def checked(source: Path, output: Path, name: str, *, counted: bool = False) -> Command:
    """``mokuroku convert --profile submission``."""
    plain = ours(source, output, name=name)
    start = (sys.executable, "-c", COUNTED) if counted else plain.arguments[:3]
    return Command(name, (*start, *plain.arguments[3:], "--profile", "submission"), output)


def main() -> int:
    """Run in a folder that goes away."""
    parser = argparse.ArgumentParser(description="measure the checks on the whole delivery")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = data(folder, options.rows)
        commands = [
            ours(source, folder / "plain.jsonl", name="draft"),
            checked(source, folder / "checked.jsonl", "submission"),
            checked(source, folder / "counted.jsonl", "submission, statistics", counted=True),
        ]
        costs = turns(commands, source, folder, options.runs)
        table(costs, options.rows)
        for command in commands[1:]:
            times = ratio(costs[command.name], costs["draft"], "cpu")
            verdicts.add(
                f"{command.name}: {times:.2f} × the CPU of draft (target: at most {TIMES:g})", met=times <= TIMES
            )
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
