"""Measure what a comparison with the last delivery costs (``--against``), and the memory it takes.

    python bench/compare.py                       100,000 × 100,000 records
    python bench/compare.py --records 1000000     a million each, as many issues in both reports

Both deliveries are made up, the same at every run: of a hundred records one was changed, one renumbered, one has gone
and one is new; every record has an issue, one in ten another one than last time. A process checks the new delivery,
alone and against the last one; memory is also measured at 10,000 records. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from run import Command, Verdicts, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 10_000
GROWTH_MB = 40.0
"""How much more memory many records may take than few."""
PROFILE = "profile: 1\nroles: {id: [ID], title: [題名]}\nrequired: [受入日]\nchecks: [required]\n"


def rows(count: int, *, later: bool) -> Iterator[str]:
    """The lines of a delivery."""
    yield "ID,題名,説明,作者,受入日,備考\n"
    for number in range(count):
        own, title, text, day = f"K{number:08}", f"架空の図{number}", f"第{number}号の説明です。" * 4, ""
        kind = number % 100 if later else -1
        if kind == 1:
            text = "改めた説明です。"
        elif kind == 2:
            own = f"N{number:08}"
        elif kind == 3:
            continue
        yield f"{own},{title},{text},架空太郎,{'2001' if later and number % 10 == 0 else day},備考{number % 7}\n"
        if kind == 4:
            yield f"Z{number:08},新しい図{number},{text},架空太郎,,\n"


def deliveries(folder: Path, count: int) -> tuple[Path, Path]:
    """Both deliveries, and what the last run left: its manifest, and its report."""
    paths = folder / f"before-{count}.csv", folder / f"after-{count}.csv"
    for path, later in zip(paths, (False, True), strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(rows(count, later=later))
    report = folder / f"before-{count}.jsonl"
    measure(checking(folder, paths[0], report, None), paths[0], folder / "piped")
    told = {"outputs": [{"name": paths[0].name}], "options": {"reports": [report.name]}}
    paths[0].with_name(paths[0].name + ".manifest.json").write_text(json.dumps(told), "utf-8")
    return paths


def checking(folder: Path, path: Path, report: Path, against: Path | None) -> Command:
    """``mokuroku check`` of a delivery, alone or against another."""
    profile = folder / "profile.yaml"
    profile.write_text(PROFILE, "utf-8")
    line = [sys.executable, "-m", "convert", "check", str(path), "--format", "csv", "-r", "encoding=utf-8"]
    line += ["--profile", str(profile), "--fail-on", "fatal", "--report", str(report)]
    if against is not None:
        line += ["--against", str(against)]
    return Command("check" if against is None else "against", tuple(line), report)


def turn(folder: Path, count: int, verdicts: Verdicts) -> float:
    """Measure one size; the memory of the comparison."""
    before, after = deliveries(folder, count)
    report = folder / f"after-{count}.json"
    alone = measure(checking(folder, after, report, None), after, folder / "piped")
    cost = measure(checking(folder, after, report, before), after, folder / "piped")
    told = json.loads(report.read_bytes())["comparison"]
    print(f"\n{count:,} × {count:,} records, {before.stat().st_size / 1e6:.0f} MB each")
    print(f"  check alone    {alone.wall:8.1f} s  {alone.cpu:8.1f} s CPU  {alone.memory:6.0f} MB")
    print(f"  with --against {cost.wall:8.1f} s  {cost.cpu:8.1f} s CPU  {cost.memory:6.0f} MB")
    print(f"  {(cost.cpu - alone.cpu) / count / 2 * 1e6:.0f} µs a record of both deliveries, its issue included")
    found = {name: told[name] for name in ("added", "changed", "deleted", "unchanged", "renumbered")}
    part = count // 100
    expected = {"added": 2 * part, "deleted": 2 * part, "renumbered": part}
    right = all(found[name] == number for name, number in expected.items())
    right = right and told["issues"]["counts"]["new"] + told["issues"]["counts"]["same"] == _issues(report)
    verdicts.add(f"counts: {found}, issues {told['issues']['counts']}", met=right)
    return cost.memory


def _issues(report: Path) -> int:
    codes = json.loads(report.read_bytes())["codes"]
    return sum(code["instances"] for code in codes if code["code"] != "DSET-ID-CHANGED")


def main() -> int:
    """Run it; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description="measure comparisons of deliveries")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep data and reports here (else a folder that goes away)")
    options, verdicts = parser.parse_args(), Verdicts()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = (options.folder or Path(name)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        peaks = [turn(folder, count, verdicts) for count in (min(SMALL, options.records), options.records)]
        text = f"memory: {peaks[0]:.0f} and {peaks[1]:.0f} MB (target: at most {GROWTH_MB:g} MB more)"
        verdicts.add(text, met=peaks[1] - peaks[0] <= GROWTH_MB)
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
