"""Measure what each report costs on top of the conversion, and the memory it takes when there is much to report.

    python bench/report.py                     100,000 rows, 3 runs of each, medians; 10,000 and 1,000,000 issues
    python bench/report.py --rows 20000 --runs 5 --issues 100000

Costs: the ledger of ``run.py`` (one faulty value in a hundred rows) is converted without a report and with each one, in
turns; the ratio is of CPU. The ``.xlsx`` report is told apart: it writes the whole ledger once more. Memory: a process
hands made-up issues to one reporter; the input is none. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from run import HERE, Command, Verdicts, data, measure, ratio, table, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = ("json", "jsonl", "csv", "txt", "html", "xlsx", "xml", "sarif")
TIMES = 1.3
"""How much CPU a run with a report may take beside one without."""
GROWTH_MB = 30.0
"""How much more memory many issues may take than few. A bit for each record is kept: 0.1 MB a million."""

ISSUES = """
import sys
from pathlib import Path
from convert.check.issue import Issue
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
path, times = Path(sys.argv[1]), int(sys.argv[2])
codes = ("MAP-NO-VALUE", "JPS-NUMBER", "JPS-DATE-PARTIAL", "MAP-LOOKUP-MISS", "MAP-REQUIRED")
reporter, tally = reporter_named(path.suffix[1:])(path, lang="ja"), Tally()
for n in range(1, times + 1):
    column = n % 24 + 1
    at = Location("ledger.csv", line=n + 1, row=n + 1, column=column, field=f"column {column}")
    slots = {"transform": "w3cdtf", "start": "1998-01-01", "table": "rights"}
    issue = Issue(codes[n % 5], at, None, f"K{n:07d}", n, f"target {column}", "m.yaml:9:3", f"value {n}", slots)
    for issue in tally.add([issue]):
        if reporter.streams:
            reporter.issue(issue)
    tally.count(Outcome.WRITTEN)
reporter.close(Report(tally))
"""


def converting(source: Path, folder: Path, suffix: str | None) -> Command:
    """``mokuroku convert`` with one report, or none."""
    output = folder / f"{suffix or 'none'}.out"
    line = [sys.executable, "-m", "convert", "convert", str(HERE / "museum24.yaml"), str(source), "-o", str(output)]
    line += ["--fail-on", "fatal", "-q"]
    if suffix:
        line += ["--report", str(folder / f"report.{suffix}")]
    return Command(f".{suffix}" if suffix else "no report", tuple(line), output)


def costs(folder: Path, rows: int, runs: int, verdicts: Verdicts) -> None:
    """CPU with each report beside none."""
    source = data(folder, rows)
    print(f"{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB, {runs} runs")
    found = turns([converting(source, folder, suffix) for suffix in (None, *SUFFIXES)], source, folder, runs)
    table(found, rows)
    for suffix in SUFFIXES:
        times = ratio(found[f".{suffix}"], found["no report"], "cpu")
        size = (folder / f"report.{suffix}").stat().st_size
        text = f".{suffix}: {times:.2f} × the CPU without (target: at most {TIMES:g}), {size / 1e6:.1f} MB"
        verdicts.add(text, met=times <= TIMES)


def memory(folder: Path, sizes: Sequence[int], verdicts: Verdicts) -> None:
    """Peak memory with few and with many issues."""
    print(f"\n{' and '.join(f'{size:,}' for size in sizes)} issues, each in a record of its own")
    for suffix in SUFFIXES:
        path = folder / f"issues.{suffix}"
        peaks, walls = [], []
        for size in sizes:
            line = (sys.executable, "-c", ISSUES, str(path), str(size))
            cost = measure(Command(suffix, line, path), Path(__file__), folder / "piped")
            peaks.append(cost.memory)
            walls.append(cost.wall)
        size = path.stat().st_size
        text = f".{suffix}: {' and '.join(f'{peak:.0f}' for peak in peaks)} MB, {size / 1e6:.1f} MB written, "
        text += f"{sizes[-1] / statistics.median(walls[-1:]):,.0f} issues/s (target: at most {GROWTH_MB:g} MB more)"
        verdicts.add(text, met=peaks[-1] - peaks[0] <= GROWTH_MB)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="measure what reports cost")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of each; medians count")
    parser.add_argument("--issues", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep data and reports here (else a folder that goes away)")
    return parser.parse_args()


def main() -> int:
    """Run both parts; 1 when a target was missed."""
    options, verdicts = arguments(), Verdicts()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = (options.folder or Path(name)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        costs(folder, options.rows, options.runs, verdicts)
        memory(folder, [min(10_000, options.issues), options.issues], verdicts)
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
