"""Measure ONIX → Japan Search or DC-NDL with all checks beside a bare lxml ``iterparse`` of the same file, in one run.

    python bench/onix.py                       10,000 products, 5 runs of each, medians; memory at two sizes
    python bench/onix.py --to dcndl            the same to DC-NDL(RDF)
    python bench/onix.py --products 2000 --runs 3
    python bench/onix.py --make 10000 -o feed.xml

The feed is made up, ONIX 3.0 in reference tags and Japanese habits, the same bytes at every run. ``iterparse`` hands
out every element (``iterparse(tag)``: every product) and clears the products: nothing is read from them. Contestants
take turns; a ratio is the median of the ratios of each turn. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import Command, Cost, Verdicts, ratio, table, turns

from convert.formats.xml.plain import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 1868
TIMES = {"japansearch": 2.5, "dcndl": 3.0}
"""Most CPU through that of a bare parser, for each target."""
SUFFIXES = {"japansearch": "jsonl", "dcndl": "rdf"}
MEMORY_TIMES = 1.2
BARE = """
import sys
from lxml import etree
for _, element in etree.iterparse(sys.argv[1]):
    if element.tag.endswith("}Product"):
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
"""
FILTERED = """
import sys
from lxml import etree
for _, product in etree.iterparse(sys.argv[1], tag="{*}Product"):
    product.clear()
    while product.getprevious() is not None:
        del product.getparent()[0]
"""
FAMILIES = ("架空", "例示", "見本", "模擬", "仮名")
GIVEN = ("太郎", "花子", "三郎", "四季", "工房")
FAMILY_READINGS = ("カクウ", "レイジ", "ミホン", "モギ", "カメイ")
GIVEN_READINGS = ("タロウ", "ハナコ", "サブロウ", "シキ", "コウボウ")
WORDS = ("図書館", "目録", "連携", "変換", "検査", "読み", "分類", "書誌", "所蔵", "件名")
READINGS = (
    "トショカン",
    "モクロク",
    "レンケイ",
    "ヘンカン",
    "ケンサ",
    "ヨミ",
    "ブンルイ",
    "ショシ",
    "ショゾウ",
    "ケンメイ",
)
SENTENCES = (
    "実在しない本のための紹介文である。",
    "初めて学ぶ人にも分かるように、図を多く入れた。",
    "現場の声をもとに、手順を一つずつ確かめながら進む。",
    "巻末には用語集と索引を付けた。",
    "前の版から全面的に書き改め、章を二つ加えた。",
)
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">
  <Header>
    <Sender>
      <SenderName>架空書房</SenderName>
    </Sender>
    <SentDateTime>20251021T0900</SentDateTime>
  </Header>
"""
TAIL = "</ONIXMessage>\n"


def isbn(number: int) -> str:
    """A made-up ISBN-13; five digits of ``number`` count."""
    body = f"9784949{number % 100_000:05d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def element(depth: int, name: str, text: str = "", **attributes: str) -> str:
    """One leaf on a line of its own."""
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"{'  ' * depth}<{name}{told}>{text}</{name}>\n"


def composite(depth: int, name: str, *inner: str) -> str:
    """An element around others."""
    pad = "  " * depth
    return f"{pad}<{name}>\n{''.join(inner)}{pad}</{name}>\n"


def contributor(random: Random, number: int) -> str:
    """One contributor with a reading and a note."""
    family, given = random.randrange(len(FAMILIES)), random.randrange(len(GIVEN))
    return composite(
        3,
        "Contributor",
        element(4, "SequenceNumber", str(number)),
        element(4, "ContributorRole", random.choice(("A01", "A12", "B01", "B06"))),
        element(
            4,
            "PersonName",
            f"{FAMILIES[family]}　{GIVEN[given]}",
            collationkey=f"{FAMILY_READINGS[family]}　{GIVEN_READINGS[given]}",
        ),
        element(4, "BiographicalNote", random.choice(SENTENCES)),
    )


def coded(depth: int, name: str, **values: str) -> str:
    """A composite of coded leaves."""
    return composite(depth, name, *(element(depth + 1, key, value) for key, value in values.items()))


def text(random: Random, kind: str, count: int) -> str:
    """A text of so many sentences."""
    words = "&lt;br&gt;".join(random.choice(SENTENCES) for _ in range(count))
    inner = (element(4, "TextType", kind), element(4, "ContentAudience", "00"), element(4, "Text", words))
    return composite(3, "TextContent", *inner)


def product(number: int) -> str:
    """One product, about 6 KB and 130 elements."""
    random = Random(SEED * 1_000_003 + number)
    code = isbn(number)
    first, second = random.randrange(len(WORDS)), random.randrange(len(WORDS))
    title = element(
        5,
        "TitleText",
        f"{WORDS[first]}と{WORDS[second]} {number}",
        collationkey=f"{READINGS[first]}ト{READINGS[second]}",
    )
    subtitle = element(5, "Subtitle", f"{WORDS[second]}入門", collationkey=f"{READINGS[second]}ニュウモン")
    series = element(5, "TitleText", f"架空叢書{number % 40}", collationkey="カクウソウショ")
    descriptive = composite(
        2,
        "DescriptiveDetail",
        element(3, "ProductComposition", "00"),
        element(3, "ProductForm", "BA"),
        element(3, "ProductFormDetail", random.choice(("B108", "B109", "B111", "B119"))),
        coded(3, "Measure", MeasureType="01", Measurement=str(150 + number % 150), MeasureUnitCode="mm"),
        coded(3, "Measure", MeasureType="02", Measurement="128", MeasureUnitCode="mm"),
        composite(
            3,
            "Collection",
            element(4, "CollectionType", "10"),
            composite(
                4,
                "TitleDetail",
                element(5, "TitleType", "01"),
                composite(5, "TitleElement", element(6, "TitleElementLevel", "02"), series),
            ),
        ),
        composite(
            3,
            "TitleDetail",
            element(4, "TitleType", "01"),
            composite(4, "TitleElement", element(5, "TitleElementLevel", "01"), title, subtitle),
        ),
        *(contributor(random, place + 1) for place in range(1 + number % 3)),
        element(3, "EditionType", "NED"),
        element(3, "EditionStatement", "改訂版"),
        coded(3, "Language", LanguageRole="01", LanguageCode="jpn", CountryCode="JP"),
        coded(3, "Extent", ExtentType="11", ExtentValue=str(64 + number % 600), ExtentUnit="03"),
        coded(3, "Subject", SubjectSchemeIdentifier="78", SubjectCode="3004"),
        coded(3, "Subject", SubjectSchemeIdentifier="79", SubjectCode="03"),
        coded(3, "Subject", SubjectSchemeIdentifier="20", SubjectHeadingText=";".join(random.sample(WORDS, 3))),
        coded(3, "Subject", SubjectSchemeIdentifier="93", SubjectCode="GL"),
        coded(3, "Audience", AudienceCodeType="22", AudienceCodeValue="00"),
    )
    collateral = composite(
        2, "CollateralDetail", text(random, "02", 1), text(random, "03", 6), text(random, "04", 5), cover(code)
    )
    publishing = composite(
        2,
        "PublishingDetail",
        composite(
            3,
            "Imprint",
            coded(4, "ImprintIdentifier", ImprintIDType="24", IDValue="0099"),
            element(4, "ImprintName", "架空書房", collationkey="カクウショボウ"),
        ),
        composite(
            3,
            "Publisher",
            element(4, "PublishingRole", "01"),
            element(4, "PublisherName", "架空販売", collationkey="カクウハンバイ"),
        ),
        coded(3, "PublishingDate", PublishingDateRole="01", Date=f"2025{1 + number % 12:02d}{1 + number % 28:02d}"),
        coded(3, "PublishingDate", PublishingDateRole="09", Date="20250101"),
    )
    supply = composite(
        2,
        "ProductSupply",
        coded(3, "MarketPublishingDetail", MarketPublishingStatus="00"),
        composite(
            3,
            "SupplyDetail",
            coded(4, "Supplier", SupplierRole="00", SupplierName="架空取次"),
            coded(4, "ReturnsConditions", ReturnsCodeType="04", ReturnsCode="03"),
            element(4, "ProductAvailability", "99"),
            coded(4, "Price", PriceType="03", PriceAmount=str(800 + number % 4000), CurrencyCode="JPY"),
        ),
    )
    return composite(
        1,
        "Product",
        element(2, "RecordReference", code),
        element(2, "NotificationType", "03"),
        coded(2, "ProductIdentifier", ProductIDType="15", IDValue=code),
        descriptive,
        collateral,
        publishing,
        supply,
    )


def cover(code: str) -> str:
    """The cover as JPRO has it."""
    version = composite(
        4,
        "ResourceVersion",
        element(5, "ResourceForm", "02"),
        coded(5, "ResourceVersionFeature", ResourceVersionFeatureType="01", FeatureValue="D502"),
        element(5, "ResourceLink", f"https://images.example.jp/{code}.jpg"),
    )
    kind = (
        element(4, "ResourceContentType", "01"),
        element(4, "ContentAudience", "01"),
        element(4, "ResourceMode", "03"),
    )
    return composite(3, "SupportingResource", *kind, version)


def write(count: int, out: TextIO) -> None:
    """The whole feed."""
    out.write(HEAD)
    for number in range(count):
        out.write(product(number))
    out.write(TAIL)


def feed(folder: Path, count: int) -> Path:
    """A feed of so many products in a file."""
    path = folder / f"onix-{count}.xml"
    with path.open("w", encoding="utf-8") as out:
        write(count, out)
    return path


def ours(source: Path, folder: Path, to: str) -> Command:
    """``mokuroku convert`` with the shipped mapping, every check on, a report written."""
    output = folder / f"items.{SUFFIXES[to]}"
    line = (sys.executable, "-m", "convert", "convert", f"onix/onix-to-{to}", str(source), "-o", str(output))
    return Command("mokuroku", (*line, "--fail-on", "fatal", "--report", str(folder / "report.json")))


def bare(source: Path) -> Command:
    """Nothing but the parser: every element is handed out, as a program that reads them needs it."""
    return Command("iterparse + clear", (sys.executable, "-c", BARE, str(source)))


def filtered(source: Path) -> Command:
    """The same, but nothing reaches Python except whole products."""
    return Command("iterparse(tag) + clear", (sys.executable, "-c", FILTERED, str(source)))


def compare(source: Path, folder: Path, count: int, runs: int, to: str) -> tuple[float, float]:
    """Print a table; answer our CPU through the parser's, and our peak memory."""
    contestants: Sequence[Command] = (bare(source), filtered(source), ours(source, folder, to))
    costs: dict[str, list[Cost]] = turns(contestants, source, folder, runs)
    print(f"\n  {count:,} products, {source.stat().st_size / 1e6:.0f} MB, medians of {runs} runs in turns")
    table(costs, count)
    mine = costs["mokuroku"]
    print(f"  CPU {ratio(mine, costs['iterparse(tag) + clear'], 'cpu'):.2f} times that of iterparse(tag)")
    return ratio(mine, costs["iterparse + clear"], "cpu"), statistics.median(cost.memory for cost in mine)


def main() -> int:
    """Run the benchmark; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--to", choices=sorted(TIMES), default="japansearch")
    parser.add_argument("--make", type=int, help="only write a feed of so many products")
    parser.add_argument("-o", "--output", type=Path, default=Path("feed.xml"))
    given = parser.parse_args()
    if given.make is not None:
        with given.output.open("w", encoding="utf-8") as out:
            write(given.make, out)
        return 0
    if Parser is None:
        print("convert/formats/xml/_tree.c is not compiled: libxml2 reads every record")
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = max(1, given.products // 10)
        times, memory = compare(feed(folder, given.products), folder, given.products, given.runs, given.to)
        _, less = compare(feed(folder, small), folder, small, 1, given.to)
        most = TIMES[given.to]
        verdicts.add(f"CPU {times:.2f} times that of a bare iterparse (at most {most})", met=times <= most)
        grown = memory / less
        verdicts.add(
            f"peak memory {memory:.0f} MB at {given.products:,} products, {less:.0f} MB at {small:,} "
            f"({grown:.2f} times, at most {MEMORY_TIMES})",
            met=grown <= MEMORY_TIMES,
        )
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
