"""Measure a store: inserting, harvesting again, looking up and reading, in pages of 200 as harvesters do.

    python bench/store.py                          100,000 records into SQLite
    python bench/store.py --records 1000000 --folder /tmp/bench
    python bench/store.py --store postgresql://me@localhost/bench

Records are made-up ONIX products, 2 KB each, the same at every run. The cost of a page is the median over the first and
the last tenth of all pages: it must not grow by more than 1.5 times. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from convert.harvest.state import note, save
from convert.harvest.web import Logged
from convert.store.base import Store, open_store
from convert.store.incoming import Counts, Incoming
from convert.store.place import Place
from convert.store.records import put, source_id
from convert.store.source import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 200
GROWTH = 1.5
MEMORY = 200
"""Megabytes that the process may take, however many records there are."""
WORDS = "架空 図書館 目録 資料 歴史 文化 研究 日本 世界 入門 全集 辞典 地図 年鑑 写真 絵画 音楽 科学 技術 社会".split()  # noqa: SIM905


def record(number: int, edition: int = 0) -> Incoming:
    """A product of about 2 KB."""
    chance = Random(number * 31 + edition)
    title = " ".join(chance.choices(WORDS, k=5))
    text = "".join(chance.choices(WORDS, k=220))
    isbn = 9_784_000_000_000 + number
    payload = (
        '<Product xmlns="http://ns.editeur.org/onix/3.0/reference">'
        f"<RecordReference>{isbn}</RecordReference><NotificationType>03</NotificationType><ProductIdentifier>"
        f"<ProductIDType>15</ProductIDType><IDValue>{isbn}</IDValue></ProductIdentifier><DescriptiveDetail>"
        f"<TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel><TitleText>"
        f"{title}</TitleText></TitleElement></TitleDetail></DescriptiveDetail><CollateralDetail><TextContent>"
        f"<TextType>03</TextType><Text>{text}</Text></TextContent></CollateralDetail></Product>"
    ).encode()
    day = f"20{10 + number % 16}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return Incoming(str(isbn), day, (str(number % 3000),), payload=payload)


def pages(count: int, edition: int = 0, start: int = 0) -> Iterator[list[Incoming]]:
    """Pages of records."""
    for first in range(start, start + count, PAGE):
        yield [record(number, edition) for number in range(first, min(first + PAGE, start + count))]


def harvest(store: Store, made: Iterator[list[Incoming]], at: int) -> tuple[list[float], Counts]:
    """Keep pages as a harvest does; the seconds that each took, and what became of the records."""
    costs, counts = [], Counts()
    for page in made:
        began = time.perf_counter()
        with store.writing() as connection:
            source = source_id(connection, "bench")
            counts.add(put(connection, source, "onix", page, at, run=at))
            note(connection, source, [Logged(at, "http://example.jp/", 200, 1, 0.1)], records=len(page))
            save(connection, source, "onix", started=at, state={"token": "x" * 200})
        costs.append(time.perf_counter() - began)
    return costs, counts


def memory() -> float:
    """The most memory taken so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(what: str, value: str) -> None:
    """A row of the table."""
    print(f"| {what} | {value} |", flush=True)


def measure(place: Place, count: int) -> bool:
    """Print the table; whether every target was met."""
    good = True
    print("| | |\n|---|---:|")
    with open_store(place, create=True) as store:
        costs, counts = harvest(store, pages(count), 1000)
        tenth = max(1, len(costs) // 10)
        first, last = statistics.median(costs[:tenth]), statistics.median(costs[-tenth:])
        tell("records inserted", f"{counts.new:,}")
        tell("insert, records a second", f"{count / sum(costs):,.0f}")
        tell("a page of 200, first tenth", f"{first * 1000:.1f} ms")
        tell("a page of 200, last tenth", f"{last * 1000:.1f} ms")
        tell("store", f"{store.stored_bytes / 1e6:,.0f} MB, {store.stored_bytes / count:,.0f} bytes a record")
        good &= last <= first * GROWTH
        some = min(count, 20_000)
        again, counts = harvest(store, pages(some, 0, count - some), 2000)
        tell("the same again, records a second", f"{counts.unchanged / sum(again):,.0f}")
        changed, counts = harvest(store, pages(some, 1, count - some), 3000)
        tell("changed, records a second", f"{counts.changed / sum(changed):,.0f}")
        tell("memory after writing", f"{memory():.0f} MB")
    name = f"store:{place.text}{'&' if '?' in place.text else '?'}source=bench"
    began = time.perf_counter()
    source = whole(name)
    tell("a selection is looked at", f"{time.perf_counter() - began:.2f} s")
    began, size = time.perf_counter(), 0
    with source.open() as stream:
        while data := stream.read(1 << 20):
            size += len(data)
    seconds = time.perf_counter() - began
    tell("read as one document, records a second", f"{count / seconds:,.0f} ({size / 1e6 / seconds:,.0f} MB/s)")
    tell("memory at the end", f"{memory():.0f} MB")
    return good and memory() <= MEMORY


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--store", help="an empty PostgreSQL database instead of SQLite")
    parser.add_argument("--folder", type=Path, help="where the SQLite file is kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        good = measure(Place(given.store or str(folder / "bench.db")), given.records)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
