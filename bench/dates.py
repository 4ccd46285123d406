"""Values a second of the date transforms, beside ``datetime.date.fromisoformat``.

    python bench/dates.py

Three sets: the mixed forms of catalogues and ledgers, the days of a ledger as ``make_data.py`` makes them, and plain
ISO days, the only ones ``fromisoformat`` reads. Every value is different, so nothing is remembered; CPU time of this
process, the best of five runs.
"""

from __future__ import annotations

import sys
from datetime import date
from random import Random
from time import process_time
from typing import TYPE_CHECKING

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parents[1]))

from bench.make_data import day
from convert.transforms.dates import date_end, date_start, edtf, w3cdtf

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 50_000
RUNS = 5
FORMS = (
    ("{y}", 12), ("{y}.{m}", 14), ("{y}年", 6), ("{y}年{m}月{d}日", 6), ("{y}/{m}/{d}", 6), ("{y}-{m:02}-{d:02}", 8),
    ("[{y}]", 4), ("[{y}?]", 1), ("[{t}-]", 1), ("c{y}", 3), ("{y}, c{x}", 1), ("{y}-", 2), ("{y}-{z}", 2),
    ("{y}.{m}-{z}.{m}", 1), ("昭和{e}年", 6), ("昭和{e}年{m}月{d}日", 6), ("S{e}.{m}.{d}", 3), ("昭{e}.{m}", 2),
    ("昭和{e} [{w}]", 2), ("昭和{e}({w})年", 2), ("大正{s}年頃", 1), ("天保{s}年", 3), ("文政{s}年{m}月", 1),
    ("元禄{s}年", 1),
    ("{y}年頃", 1), ("約{y}年", 1), ("{t}0年代", 2), ("{c}世紀", 1), ("昭和{k}0年代", 1), ("江戸時代", 1),
    ("{y}年度", 1),
    ("{y}年春", 1), ("１９{k}{k}年{m}月", 1), ("不明", 1), ("{y}.13", 1),
)  # fmt: skip
"""Forms with how often each comes in a hundred: catalogue dates first, then ledgers', then odd and wrong ones."""


def mixed(rng: Random) -> str:
    """Make one value."""
    form = rng.choices([form for form, _ in FORMS], [weight for _, weight in FORMS])[0]
    year, era = rng.randint(1930, 1985), rng.randint(3, 63)
    return form.format(
        y=year, x=year - 1, z=year + rng.randint(1, 30), t=year // 10, m=rng.randint(1, 12), d=rng.randint(1, 28),
        e=era, w=1925 + era, s=rng.randint(2, 11), c=rng.randint(8, 20), k=rng.randint(1, 5),
    )  # fmt: skip


def best(call: Callable[[str], object], values: list[str]) -> float:
    """Values a second."""
    times = []
    for _ in range(RUNS):
        start = process_time()
        for value in values:
            call(value)
        times.append(process_time() - start)
    return len(values) / min(times)


def main() -> None:
    """Print the table."""
    rng = Random(1868)
    calls = {"w3cdtf": w3cdtf, "edtf": edtf, "date_start": date_start, "date_end": date_end}
    iso = [f"{rng.randint(1900, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}" for _ in range(COUNT)]
    floor = best(date.fromisoformat, iso)
    sets = {
        "mixed forms": [mixed(rng) for _ in range(COUNT)],
        "ledger days": [day(rng) for _ in range(COUNT)],
        "ISO days": iso,
    }
    print(f"date.fromisoformat, ISO days only: {floor:,.0f} values/s")
    for title, values in sets.items():
        for name, call in calls.items():
            rate = best(call, values)
            print(f"{title:<12} {name:<10} {rate:>10,.0f} values/s   1/{floor / rate:.0f} of fromisoformat")


if __name__ == "__main__":
    main()
