"""Measure DC-NDL: writing beside an lxml tree, reading beside rdflib's parser, checking, memory at two sizes.

    python bench/dcndl.py                      2,000 records, 7 turns, medians; memory at 2,000 and 20,000 records
    python bench/dcndl.py --records 500 --turns 3
    python bench/dcndl.py --make 10000 -o records.xml

The records are made up, the same at every run: about 5 KB and 75 elements each, two items, the elements NDL's own
records have. ``lxml tree`` builds the same elements with ``SubElement`` and serializes them; ``rdflib`` parses the same
record into a graph. Both contestants work in this process, in turns, on the same records; a ratio is the median of the
turns' ratios. Exit code 1: a target was missed.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lxml import etree
from rdflib import Graph
from run import Verdicts

import convert
from convert.formats.dcndl.model import expand, model
from convert.formats.dcndl.reader import DcndlReader
from convert.formats.dcndl.writer import Nodes, Writer, head, oai_header
from convert.model import Text
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WRITING, READING, MEMORY = 5.0, 20.0, 1.2
BASE = "https://opac.example.jp/bib/"
READ = """
import sys
from pathlib import Path
from convert.formats.dcndl.reader import DcndlReader
from convert.source import Source
count = sum(record.body is not None for record in DcndlReader(Source.of(sys.argv[1]), {}))
status = Path("/proc/self/status").read_text()
print(count, status.partition("VmHWM:")[2].split()[0])
"""
"""Prints how many records were read, and its own peak in KiB (``ru_maxrss`` would count its parent as well)."""
CHECK = """
import sys
from pathlib import Path
import convert
count = convert.check(sys.argv[1], "dcndl").counts["read"]
print(count, Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
FAMILIES = (("架空", "カクウ"), ("例示", "レイジ"), ("見本", "ミホン"), ("模擬", "モギ"), ("仮名", "カメイ"))


def with_check(digits: str) -> str:
    """Twelve digits of an ISBN and their check digit."""
    return f"{digits}{-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10}"


def values(number: int) -> dict[str, list[Any]]:
    """One record as a mapping makes it."""
    family, reading = FAMILIES[number % len(FAMILIES)]
    title = f"{family}町史 : 通史{' & ' if number % 10 == 0 else '・'}資料編 {number}"
    isbn = with_check(f"9784949{number % 100_000:05d}")
    return {
        "catalogingStatus": ["C7"],
        "catalogingRule": ["ncr/2018"],
        "adminDescription": ["type : book"],
        "bibRecordCategory": ["R999999999"],
        "identifier": [
            Text(f"{number:08d}", type="JPNO"),
            Text(isbn, type="ISBN"),
            Text(f"{number}", type="TRCMARCNO"),
        ],
        "displayTitle": [f"{title}. 上巻"],
        "title": [
            Text(
                f"{family}町史 : 通史{' & ' if number % 10 == 0 else '・'}資料編 {number}",
                f"{reading}チョウシ : ツウシ シリョウヘン",
            )
        ],
        "volume": [Text("上巻", "1")],
        "alternative": [Text(f"History of the town {number}", None)],
        "seriesTitle": [Text(f"{family}郷土叢書 ; {number % 40}", f"{reading} キョウド ソウショ")],
        "edition": ["増補版"],
        "creator": [
            {"name": [f"{family}, 太郎, 1950-"], "yomi": [f"{reading}, タロウ, 1950-"]},
            {"name": ["架空町史編さん委員会"], "yomi": ["カクウチョウシ ヘンサン イインカイ"]},
        ],
        "responsibility": [f"{family}太郎 著", "架空町史編さん委員会 編"],
        "publisher": [{"name": ["架空出版"], "yomi": ["カクウ シュッパン"], "location": ["架空町"]}],
        "publicationPlace": ["JP"],
        "date": ["2024.3"],
        "issued": ["2024-03"],
        "description": ["年表あり", "索引あり", f"付属資料: 地図 {number % 9} 枚"],
        "subject": [
            Text("架空町 -- 歴史", "カクウチョウ -- レキシ"),
            Text("郷土史", "キョウドシ"),
            Text("213.9", type="NDC10"),
            Text("GC123", type="NDLC"),
        ],
        "language": ["jpn"],
        "price": ["3000円"],
        "extent": [f"{number % 500}p ; 22cm"],
        "materialType": ["Book"],
        "audience": ["一般"],
        "seeAlso": [f"https://opac.example.jp/detail/{number}?lang=ja&view=full"],
        "item": [
            {
                "library": ["架空県立図書館"],
                "libraryYomi": ["カクウケンリツトショカン"],
                "libraryCode": ["9911"],
                "seeAlso": [f"https://opac.example.jp/detail/{number}"],
                "bibID": [str(number)],
                "subID": [f"{number}{copy}"],
                "callNumber": [f"213.9/{number % 100}"],
                "availability": ["貸出可"],
                "description": ["配置場所 : 郷土資料室"],
            }
            for copy in (1, 2)
        ],
    }


def nodes(number: int) -> Nodes:
    """The addresses of a record."""
    base = f"{BASE}{number}"
    return Nodes(base, f"{base}#material", f"{base}#item")


# ── The same record as a tree ────────────────────────────────────────────────────────────────────


class Tree:
    """Builds and serializes an lxml tree of the values, as a plain program would."""

    def __init__(self) -> None:
        self.spaces = dict(model().namespaces)
        self.tags = {name: self.tag(known.element) for name, known in model().names.items() if known.node != "oai"}
        self.items = {
            name: self.tag(known.element) for name, known in model().members["item"].items() if "/" not in known.element
            and "@" not in known.element
        }  # fmt: skip
        (self.about, self.resource, self.datatype, self.label, self.description, self.value, self.record,
         self.transcription, self.agent, self.name, self.location, self.identifier, self.holder) = map(
            self.tag,
            ("rdf:about", "rdf:resource", "rdf:datatype", "rdfs:label", "rdf:Description", "rdf:value", "dcndl:record",
             "dcndl:transcription", "foaf:Agent", "foaf:name", "dcndl:location", "dcterms:identifier",
             "dcndl:holdingAgent"),
        )  # fmt: skip
        self.types = {kind: known.datatype for kind, known in model().types["identifier"].items()}
        self.classes = model().types["subject"]
        self.node_tags = [self.tag(f"dcndl:{name}") for name in ("BibAdminResource", "BibResource", "Item")]

    def tag(self, name: str) -> str:
        """A qualified name as lxml wants it."""
        whole = expand(name, self.spaces)
        local = name.partition(":")[2]
        return f"{{{whole[: len(whole) - len(local)]}}}{local}"

    def write(self, given: Mapping[str, list[Any]], at: Nodes) -> bytes:
        """One record."""
        sub = etree.SubElement
        top = etree.Element(self.tag("rdf:RDF"), nsmap=self.spaces)
        admin = sub(top, self.node_tags[0], {self.about: at.admin or ""})
        bib = sub(top, self.node_tags[1], {self.about: at.bib})
        known = model().names
        for name, those in given.items():
            entry = known[name]
            parent = admin if entry.node == "admin" else bib
            for value in those if name != "item" else ():
                self.add(parent, entry, self.tags[name], value)
        sub(admin, self.record, {self.resource: at.bib})
        links = sub(top, self.node_tags[1], {self.about: at.bib})
        for number, item in enumerate(given["item"], start=1):
            uri = at.items + (str(number) if number > 1 else "")
            sub(links, self.record, {self.resource: uri})
            self.item(sub(top, self.node_tags[2], {self.about: uri}), item)
        return etree.tostring(top, encoding="utf-8")

    def add(self, parent: Any, entry: Any, tag: str, value: Any) -> None:
        """One element."""
        sub = etree.SubElement
        text = value.value if isinstance(value, Text) else value
        match entry.kind:
            case "literal":
                element = sub(parent, tag, {self.datatype: entry.datatype} if entry.datatype else {})
                element.text = text
            case "typed":
                sub(parent, tag, {self.datatype: self.types[value.type]}).text = text
            case "link":
                sub(parent, tag, {self.resource: text})
            case "material":
                found = model().material(text)
                if found is not None:
                    sub(parent, tag, {self.resource: found.uri, self.label: found.ja})
            case "subject" if value.type is not None:
                known = self.classes[value.type]
                sub(parent, tag, {self.resource: f"{known.resource}{text}{known.end}"})
            case "agent":
                node = sub(sub(parent, tag), self.agent)
                sub(node, self.name).text = value["name"][0]
                sub(node, self.transcription).text = value["yomi"][0]
                if "location" in value:
                    sub(node, self.location).text = value["location"][0]
            case _:
                node = sub(sub(parent, tag), self.description)
                sub(node, self.value).text = text
                if value.yomi is not None:
                    sub(node, self.transcription).text = value.yomi

    def item(self, parent: Any, item: Mapping[str, list[str]]) -> None:
        """One item."""
        sub = etree.SubElement
        node = sub(sub(parent, self.holder), self.agent)
        sub(node, self.name).text = item["library"][0]
        sub(node, self.transcription).text = item["libraryYomi"][0]
        code = f"{self.spaces['dcndl']}NDLLibCode"
        sub(node, self.identifier, {self.datatype: code}).text = item["libraryCode"][0]
        for name, those in item.items():
            if name.startswith("library"):
                continue
            if name == "seeAlso":
                sub(parent, self.items[name], {self.resource: those[0]})
            else:
                kind = model().members["item"][name].datatype
                sub(parent, self.items[name], {self.datatype: kind} if kind else {}).text = those[0]


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────


def feed(path: Path, count: int) -> Path:
    """An OAI-PMH answer of so many records."""
    writer = Writer()
    with path.open("w", encoding="utf-8") as out:
        out.write('<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>\n')
        for number in range(count):
            inside = head() + writer.nodes(values(number), nodes(number)) + "\n</rdf:RDF>"
            header = oai_header(f"oai:opac.example.jp:{number}", "2026-04-01")
            out.write(f"<record>{header}<metadata>{inside}</metadata></record>\n")
        out.write("</ListRecords></OAI-PMH>\n")
    return path


def turn(work: Callable[[], object]) -> float:
    """CPU seconds of one turn."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(ours: Callable[[], object], other: Callable[[], object], turns: int) -> tuple[float, float, float]:
    """Medians of both, and of the ratio."""
    pairs = [(turn(ours), turn(other)) for _ in range(turns)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return mine, theirs, statistics.median(second / first for first, second in pairs)


def same(count: int) -> None:
    """Both writers write the same graph."""
    from rdflib.compare import isomorphic  # noqa: PLC0415

    writer, tree = Writer(), Tree()
    for number in range(count):
        text = (head() + writer.nodes(values(number), nodes(number)) + "</rdf:RDF>").encode()
        graphs = (Graph().parse(data=data, format="xml") for data in (text, tree.write(values(number), nodes(number))))
        if not isomorphic(*graphs):
            raise SystemExit("the writers disagree")


def writing(count: int, turns: int, verdicts: Verdicts) -> None:
    """Writing beside a tree."""
    given = [(values(number), nodes(number)) for number in range(count)]
    writer, tree, start = Writer(names=values(0), item_members=values(0)["item"][0]), Tree(), head()
    mine, theirs, ratio = compare(
        lambda: [(start + writer.nodes(v, n) + "\n</rdf:RDF>\n").encode() for v, n in given],
        lambda: [tree.write(v, n) for v, n in given],
        turns,
    )
    size = sum(len((start + writer.nodes(v, n)).encode()) for v, n in given) / count
    print(f"\n  writing {count:,} records of {size / 1000:.1f} KB, medians of {turns} turns")
    print(f"  text pieces   {mine / count * 1e6:8.1f} µs/record  {count / mine:10,.0f} records/s")
    print(f"  lxml tree     {theirs / count * 1e6:8.1f} µs/record  {count / theirs:10,.0f} records/s")
    verdicts.add(f"writing {ratio:.1f} times as fast as an lxml tree (at least {WRITING:.0f})", met=ratio >= WRITING)


def reading(folder: Path, count: int, turns: int, verdicts: Verdicts) -> None:
    """Reading beside rdflib, which gets every record alone and as bytes."""
    path = feed(folder / "records.xml", count)
    writer = Writer()
    alone = [(head() + writer.nodes(values(n), nodes(n)) + "</rdf:RDF>").encode() for n in range(min(count, 500))]
    few = feed(folder / "few.xml", len(alone))
    mine, theirs, ratio = compare(
        lambda: sum(1 for _ in DcndlReader(Source.of(few), {})),  # nobody keeps what was read
        lambda: sum(1 for data in alone if Graph(bind_namespaces="none").parse(data=data, format="xml")),
        turns,
    )
    whole = statistics.median(turn(lambda: sum(1 for _ in DcndlReader(Source.of(path), {}))) for _ in range(turns))
    print(
        f"\n  reading {len(alone):,} records, medians of {turns} turns; "
        f"{count / whole:,.0f} records/s in a file of {count:,}"
    )
    print(f"  DC-NDL reader {mine / len(alone) * 1e6:8.1f} µs/record  {len(alone) / mine:10,.0f} records/s")
    print(f"  rdflib        {theirs / len(alone) * 1e6:8.1f} µs/record  {len(alone) / theirs:10,.0f} records/s")
    verdicts.add(f"reading {ratio:.1f} times as fast as rdflib (at least {READING:.0f})", met=ratio >= READING)


def checking(folder: Path, count: int, turns: int) -> None:
    """Checking files: good ones, ones with a fault in every record, and both by our schema too."""
    good = feed(folder / "good.xml", count)
    bad = folder / "bad.xml"
    bad.write_bytes(good.read_bytes().replace(b">2024-03<", b">2024.3<"))
    print(f"\n  checking {count:,} records, medians of {turns} turns")
    for path, told in ((good, "without a fault"), (bad, "with a fault each")):
        for read in ({}, {"schema": "own"}):
            found = convert.check(path, "dcndl", read=read).tally.codes
            if bool(found) != (path == bad):
                raise SystemExit(f"{path.name}: {dict(found)}")
            spent = statistics.median(turn(lambda: convert.check(path, "dcndl", read=read)) for _ in range(turns))  # noqa: B023
            words = f"{told}{', schema=own' if read else ''}"
            print(f"  {words:32} {spent / count * 1e6:8.1f} µs/record  {count / spent:10,.0f} records/s")


def memory(folder: Path, count: int, verdicts: Verdicts, program: str = READ, word: str = "peak") -> None:
    """Peak memory of a process that reads or checks, at two sizes."""
    peaks = []
    for size in (count, count * 10):
        path = feed(folder / f"memory-{size}.xml", size)
        line = (sys.executable, "-c", program, str(path))
        told = subprocess.run(line, capture_output=True, check=True, text=True, cwd=Path(__file__).parents[1]).stdout
        found, peak = map(int, told.split())
        if found != size:
            raise SystemExit(f"{found} of {size} records were read")
        peaks.append(peak / 1024)
        path.unlink()
    less, more = peaks
    verdicts.add(
        f"{word} memory {more:.0f} MB at {count * 10:,} records, {less:.0f} MB at {count:,} "
        f"({more / less:.2f} times, at most {MEMORY})",
        met=more <= less * MEMORY,
    )


def main() -> int:
    """Run the benchmark; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--make", type=int, help="only write an answer of so many records")
    parser.add_argument("-o", "--output", type=Path, default=Path("records.xml"))
    options = parser.parse_args()
    if options.make is not None:
        feed(options.output, options.make)
        return 0
    logging.disable(logging.WARNING)
    verdicts = Verdicts()
    same(5)
    with tempfile.TemporaryDirectory() as name:
        writing(options.records, options.turns, verdicts)
        reading(Path(name), options.records, options.turns, verdicts)
        checking(Path(name), options.records, max(1, options.turns // 2))
        memory(Path(name), options.records, verdicts)
        memory(Path(name), options.records, verdicts, CHECK, "checking: peak")
    return 1 if verdicts.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
