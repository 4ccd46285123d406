"""Measure reading and writing of 総合目録共通フォーマット in one process, and converting by the shipped mappings.

    python bench/somoku.py                    20,000 records of 1 KB, medians of 5 turns
    python bench/somoku.py --records 2000     quickly
    python bench/somoku.py --profile write    where the time goes (read, write, elements, dcndl …)

Records are made up with the layout ``somoku-3-draft``: a description of about 1 KB with two authors and two copies.
*Reading* gives records, their arithmetic checked to the last byte and every text found to be legible; *writing* makes
the bytes of records. These have a target. *Elements* also gives every text of every element by its name; *values* makes
records of what a mapping gives, with the checks. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import logging
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from run import Verdicts

import convert
from convert.formats.base import TargetRule
from convert.formats.somoku import DEFAULT
from convert.formats.somoku.elements import path_of
from convert.formats.somoku.reader import SomokuReader
from convert.formats.somoku.target import SomokuTarget
from convert.model import Location, Mapped, Text
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 20_000
MEMORY = 1.2
READ = """
import resource, sys
from convert.formats.somoku.reader import SomokuReader
from convert.source import Source
reader = SomokuReader(Source.of(sys.argv[1]), {"layout": "somoku-3-draft"})
paths = [reader.selector(name) for name in ("タイトル", "著者", "所蔵")]
count = 0
for record in reader:
    count += all(path.values(record.body) for path in paths)
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
CONVERT = """
import resource, sys
import convert
report = convert.Job("somoku/somoku-to-dcndl").run(sys.argv[1], sys.argv[2])
print(report.counts["written"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def values(number: int) -> dict[str, list[Any]]:
    """One record as a mapping would hand it over: about 1 KB."""
    return {
        "レコード状態": ["N"],
        "図書館コード": ["9911"],
        "ISBN": ["9784949000017"],
        "TRCMARC番号": [f"{number:08d}"],
        "資料種別": ["図書"],
        "言語": ["jpn"],
        "タイトル": [Text(f"架空町史通史編近世近代資料集第{number % 90}集", "カクウチョウシ　ツウシヘン　キンセイ")],
        "巻次": ["下"],
        "版表示": ["増補版"],
        "責任表示": ["架空太郎編著", "見本花子編著"],
        "著者": [
            {"名前": ["架空，太郎"], "ヨミ": ["カクウ，タロウ"]},
            {"名前": ["見本，花子"], "ヨミ": ["ミホン，ハナコ"]},
        ],
        "シリーズ": [{"タイトル": ["架空郷土叢書"], "番号": [str(number % 99)], "ヨミ": ["カクウキョウドソウショ"]}],
        "出版者": ["架空出版"],
        "出版地": ["架空町"],
        "出版国": ["JP"],
        "出版年月": ["2001.2"],
        "ページ数": ["107p"],
        "大きさ": ["22cm"],
        "価格": ["1500円"],
        "注記": ["年表あり", "監修：例示次郎"],
        "NDC": [{"分類記号": ["213.9"], "版": ["10"]}],
        "件名": [{"名前": ["架空町−歴史"], "ヨミ": ["カクウチョウ−レキシ"]}],
        "所蔵": [
            {
                "管理番号": [f"{number:010d}"], "図書登録番号": [f"{copy}{number:09d}"], "請求記号": ["213.9/カク"],
                "貸出条件": ["貸出可"], "配置場所": ["郷土資料室"],
            }
            for copy in (1, 2)
        ],
    }  # fmt: skip


def target(given: dict[str, list[Any]]) -> SomokuTarget:
    """The target of a mapping with these elements."""
    rules = [
        TargetRule(name, number, Location("bench"), objects=isinstance(those[0], dict), yomi=isinstance(those[0], Text))
        for number, (name, those) in enumerate(given.items())
    ]
    return SomokuTarget({"layout": DEFAULT}, rules, base=None)


def make(path: Path, count: int) -> Path:
    """A file of so many records."""
    writer = target(values(0))
    with path.open("wb") as out:
        for number in range(count):
            out.write(writer.assemble(Mapped(f"{number:010d}", values(number), {}))[0])
    return path


def read(path: Path) -> int:
    """Every record."""
    return sum(record.body is not None for record in SomokuReader(Source.of(path), {"layout": DEFAULT}))


def write(path: Path) -> Callable[[], int]:
    """Every record of a file as bytes again."""
    reader = SomokuReader(Source.of(path), {"layout": DEFAULT})
    given = [record.body.descriptions[0] for record in reader]
    for description in given:
        for field in description.fields:
            assert field.subs  # noqa: S101 - found before the clock runs
    return lambda: sum(len(reader.codec.write(description)) for description in given)


def elements(path: Path) -> int:
    """Every element of every record."""
    reader = SomokuReader(Source.of(path), {"layout": DEFAULT})
    layout = reader.layout
    simple = [path_of(layout, name) for name, element in layout.elements.items() if not element.members]
    groups = [(path_of(layout, name), [reader.selector(member, inner=True) for member in element.members])
              for name, element in layout.elements.items() if element.members]  # fmt: skip
    texts = 0
    for record in reader:
        body = record.body
        for one in simple:
            texts += len(one.values(body))
        for group, members in groups:
            for node in group.nodes(body):
                for member in members:
                    texts += len(member.values(node))
    return texts


def written(given: list[Mapped]) -> int:
    """Every record, from its values, as bytes."""
    writer = target(values(0))
    return sum(len(writer.encode(writer.assemble(one)[0])) for one in given)


def table(path: Path, count: int) -> Path:
    """The example table of a library, its rows again and again."""
    rows = list(csv.reader((Path(__file__).parents[1] / "examples" / "library.csv").read_text("utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(rows[0])
        good = rows[11:15]
        for number in range(count):
            writer.writerow([f"B{number:07d}", *good[number % len(good)][1:]])
    return path


def turn(work: Callable[[], object], turns: int) -> float:
    """CPU seconds, the median of some turns."""
    spent = []
    for _ in range(turns):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def memory(folder: Path, count: int, program: str, word: str, verdicts: Verdicts) -> None:
    """Peak memory of a process at two sizes."""
    peaks = []
    for size in (count, count * 10):
        path = make(folder / f"memory-{size}.dat", size)
        line = (sys.executable, "-c", program, str(path), str(folder / "memory.rdf"))
        told = subprocess.run(line, capture_output=True, check=True, text=True, cwd=Path(__file__).parents[1]).stdout
        found, peak = map(int, told.split())
        if found != size:
            raise SystemExit(f"{found} of {size} records")
        peaks.append(peak / 1024)
        path.unlink()
    less, more = peaks
    met = more <= less * MEMORY
    verdicts.add(f"{word}: peak {more:.0f} MB at {count * 10:,} records, {less:.0f} MB at {count:,}", met=met)


def works(folder: Path, count: int) -> dict[str, tuple[str, int, Callable[[], object]]]:
    """What is measured: name → words, records, work."""
    path = make(folder / "records.dat", count)
    size = path.stat().st_size / count
    mapped = [Mapped(f"{number:010d}", values(number), {}) for number in range(count)]
    few = max(1, count // 4)
    small, rows = make(folder / "few.dat", few), table(folder / "few.csv", few)
    return {
        "read": (f"reading, {size:.0f} bytes a record", count, lambda: read(path)),
        "write": ("writing", count, write(path)),
        "elements": ("reading every element", few, lambda: elements(small)),
        "values": ("writing what a mapping gives", few, lambda: written(mapped[:few])),
        "dcndl": (
            "somoku/somoku-to-dcndl",
            few,
            lambda: convert.Job("somoku/somoku-to-dcndl").run(small, folder / "o.rdf"),
        ),
        "tidied": (
            "somoku/somoku-to-dcndl-tidied",
            few,
            lambda: convert.Job("somoku/somoku-to-dcndl-tidied").run(small, folder / "t.rdf"),
        ),
        "csv": ("library/csv-to-somoku", few, lambda: convert.Job("library/csv-to-somoku").run(rows, folder / "o.dat")),
    }


def main() -> int:
    """Run the benchmark; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--profile", choices=("read", "write", "elements", "values", "dcndl", "tidied", "csv"))
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as name:
        if not options.profile:  # first: a process starts with the size of the one that starts it
            memory(Path(name), max(1, options.records // 10), READ, "reading", verdicts)
            memory(Path(name), max(1, options.records // 10), CONVERT, "somoku-to-dcndl", verdicts)
        measured = works(Path(name), options.records)
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(measured[options.profile][2])
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            return 0
        for key, (words, count, work) in measured.items():
            rate = count / turn(work, options.turns)
            print(f"  {words:32} {1e6 / rate:8.1f} µs/record  {rate:10,.0f} records/s")
            if key in ("read", "write"):
                verdicts.add(f"{key}: {rate:,.0f} records/s (at least {RATE:,})", met=rate >= RATE)
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
