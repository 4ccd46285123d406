"""The shipped mappings of 総合目録共通フォーマット: by way of it a table gives the same DC-NDL as straight away."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDF, BNode, Graph, Literal, Namespace
from rdflib.compare import isomorphic

import convert
from convert.check.issue import Severity
from convert.errors import PathError
from convert.formats.dcndl.model import model
from convert.formats.dcndl.writer import Nodes, Writer, head
from convert.formats.somoku.charsets import narrow
from convert.formats.somoku.elements import Body, member_of, path_of
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.model import Label
from convert.formats.somoku.parts import Description, Field, Sub
from convert.formats.somoku.reader import SomokuReader
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts
from convert.mapping.load import inspect_mapping
from convert.messages.catalogue import catalogue
from convert.source import Source
from convert.transforms.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
MAPPINGS = (
    "library/csv-to-somoku", "dcndl/dcndl-to-somoku", "somoku/somoku-to-dcndl", "somoku/somoku-to-dcndl-tidied",
    "somoku/jpmarc-to-dcndl", "somoku/somoku-to-csv", "somoku/somoku-to-xlsx",
)  # fmt: skip
DCNDL = Namespace("http://ndl.go.jp/dcndl/terms/")
DCTERMS = Namespace("http://purl.org/dc/terms/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
ALIKE = {
    "base": "https://opac.example.jp/bib/{id}", "detail": "https://opac.example.jp/detail/{id}",
    "library": "R999999999", "library_code": "9911", "library_name": "架空町立図書館",
}  # fmt: skip
"""What both ways to DC-NDL must agree about before they are compared: the addresses and the library."""
EXTENDED = """
mapping: 1
id: alike
extends: {whole}
fields: {{seeAlso: null, adminUri: null}}
lookups: {{library: {{values: {{"9911": 架空町立図書館}}, missing: drop}}}}
"""


def run(mapping: Any, source: Path, output: Path, **options: Any) -> convert.Report:
    report = convert.Job(mapping, **options).run(source, output)
    counts = dict(report.counts)
    assert counts.pop("read") == sum(counts.values())
    return report


def codes(report: convert.Report) -> set[str]:
    return {issue.code for issue in report.issues}


@pytest.mark.parametrize("name", MAPPINGS)
def test_good(name: str) -> None:
    """Nothing but what must be said: nobody stands for the layout."""
    words = catalogue()
    told = [issue for issue in inspect_mapping(name).issues if words.severity(issue) > Severity.NOTICE]
    assert {issue.code for issue in told} <= {"SMK-LAYOUT-UNCONFIRMED"}


# ── From a table, by way of the format and straight away ─────────────────────────────────────────


def by_way(folder: Path, table: Path, mapping: str) -> tuple[Graph, convert.Report]:
    """Table → .dat → DC-NDL."""
    alike = folder / "alike.yaml"
    alike.write_text(EXTENDED.format(whole=mapping), encoding="utf-8")
    written = run("library/csv-to-somoku", table, folder / "by.dat")
    made = run(alike, folder / "by.dat", folder / "by.rdf", write=ALIKE)
    assert made.counts["broken"] == made.counts["rejected"] == 0
    assert made.counts["written"] == written.counts["written"]
    assert made.counts["deleted"] == written.counts["deleted"]
    return graph(folder / "by.rdf"), written


def straight(folder: Path, table: Path) -> Graph:
    """Table → DC-NDL, without what 総合目録共通フォーマット has no element for."""
    alike = folder / "straight.yaml"
    alike.write_text(
        "mapping: 1\nid: straight\nextends: library/csv-to-dcndl\nfields: {audience: null}\n", encoding="utf-8"
    )
    run(alike, table, folder / "straight.rdf", write=ALIKE)
    return without_readings_of_publishers(graph(folder / "straight.rdf"))


def graph(path: Path) -> Graph:
    return Graph().parse(path, format="xml")


def without_readings_of_publishers(found: Graph) -> Graph:
    """Without them, and without agents of whom nothing else was known."""
    for bib, agent in list(found.subject_objects(DCTERMS.publisher)):
        found.remove((agent, DCNDL.transcription, None))
        if not set(found.predicates(agent)) - {RDF.type}:
            found.remove((bib, DCTERMS.publisher, agent))
            found.remove((agent, None, None))
    return found


def folded(found: Graph, fold: Callable[[str], str]) -> Graph:
    """The graph with its texts folded; addresses stay."""
    made = Graph()
    for subject, predicate, value in found:
        text = isinstance(value, Literal)
        made.add((subject, predicate, Literal(fold(str(value)), datatype=value.datatype) if text else value))
    return made


ONE = str.maketrans({"\\": "¥", "￥": "¥", "‾": "~", "￣": "~"})
"""Pairs of which JIS X 0201 and JIS X 0208 have one each."""


def held(text: str) -> str:
    """A text as far as the character sets hold it: one width for ASCII, 〓 for what JIS X 0208 lacks."""
    return "".join(mark if _in_jis(mark) else "〓" for mark in narrow(safe(text)).translate(ONE))


def _in_jis(mark: str) -> bool:
    if mark == "¥":
        return True
    try:
        mark.encode("iso2022_jp")
    except UnicodeEncodeError:
        return False
    return True


def same(left: Graph, right: Graph) -> bool:
    if isomorphic(left, right):
        return True
    first, second = set(lines(left)), set(lines(right))
    assert (sorted(first - second), sorted(second - first)) == ([], [])
    return False


def lines(found: Graph) -> Iterable[str]:
    """For a failed comparison: every statement, blank nodes by what stands in them."""

    def told(node: Any) -> str:
        if not isinstance(node, BNode):
            return str(node)
        return "[" + "; ".join(sorted(f"{p} {told(o)}" for p, o in found.predicate_objects(node))) + "]"

    return (f"{told(s)} {p} {told(o)}" for s, p, o in found if not isinstance(s, BNode))


def test_the_example_gives_the_same_dcndl(tmp_path: Path) -> None:
    """As delivered: but for the widths of ASCII. Tidied: all of it."""
    table = ROOT / "examples/library.csv"
    wanted = straight(tmp_path, table)
    tidy, written = by_way(tmp_path, table, "somoku/somoku-to-dcndl-tidied")
    assert dict(written.counts) == {"read": 30, "written": 27, "skipped": 1, "deleted": 1, "rejected": 1, "broken": 0}
    assert same(tidy, wanted)
    plain, _ = by_way(tmp_path, table, "somoku/somoku-to-dcndl")
    assert not isomorphic(plain, wanted)
    assert same(folded(plain, held), folded(wanted, held))


NAMES = st.text("架空山田太郎見本例示図書館ぁあカキガヴー・々〆", min_size=1, max_size=8)
WIDTHS = st.text("架カｶﾞﾞ Ａａ１1aB，,．.：:；　 ー－−‐―〜～（()）&<>'\"“”‘’＆￥\\", max_size=12)
GAIJI = st.text("架空髙﨑𠮷①Ⅲ㎝é鷗祇☃", max_size=8)
TEXTS = st.one_of(st.just(""), NAMES, WIDTHS, GAIJI)
NOTES = st.one_of(TEXTS, st.integers(1, 499).map("架".__mul__), st.lists(NAMES, max_size=5).map(";".join))
PEOPLE = st.lists(NAMES, max_size=4).map(";".join)
READINGS = st.lists(st.text("カキガゾヅヲあい ﾔﾏ　-,", min_size=1, max_size=6), max_size=4).map(";".join)
SERIES = st.tuples(NAMES, st.sampled_from(("", " ; 5", " ; ", ";5", " ; A ; 5", " ；５"))).map("".join)
EXTENTS = st.sampled_from(("", "107p ; 22cm", "107p", "２０１ｐ　；　２２ｃｍ", " ; 22cm", "1冊 ; 30cm + CD1枚 ; 別冊"))
DATES = st.sampled_from(("", "2001.2", "昭和50年", "１９７１年", "196607", "昭和50年頃", "1999-2000", "2024年4月1日"))
ROW = st.fixed_dictionaries(
    {
        "書誌番号": st.sampled_from(("B0000001", "B0000002", "0000535843", "1100000001")),
        "資料番号": st.one_of(st.just(""), st.integers(0, 10**9).map("{:010d}".format)),
        "状態": st.sampled_from(("公開", "公開", "公開", "")),
        "ISBN": st.sampled_from(
            ("", "9784949000017", "4-949000-01-4", "９７８４９４９００００１７", "978-4-949-00003-0")
        ),
        "全国書誌番号": st.sampled_from(("", "99000004", "９９０００００４", "12")),
        "TRCMARC": st.sampled_from(("", "76-01110", " 99000001 ")),
        "書名": st.one_of(NAMES, WIDTHS, GAIJI),
        "書名ヨミ": READINGS,
        "巻次": TEXTS,
        "叢書名": st.one_of(st.just(""), SERIES, TEXTS),
        "叢書名ヨミ": READINGS,
        "版": TEXTS,
        "著者": PEOPLE,
        "著者ヨミ": READINGS,
        "責任表示": PEOPLE,
        "出版者": TEXTS,
        "出版者ヨミ": READINGS,
        "出版地": TEXTS,
        "出版年月": DATES,
        "注記": NOTES,
        "件名": st.one_of(PEOPLE, TEXTS),
        "NDC": st.sampled_from(("", "913.6", "９１３．６", "9136", "014.3")),
        "言語": st.sampled_from(("", "日本語", "eng", "zz")),
        "価格": st.sampled_from(("", "1500円", "１５００円", "\\880")),
        "形態": EXTENTS,
        "資料区分": st.sampled_from(("", "図書", "雑誌", "紙芝居", "CD")),
        "対象": st.sampled_from(("", "一般")),
        "請求記号": TEXTS,
        "貸出区分": TEXTS,
        "配架場所": TEXTS,
    }
)


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=3, unique_by=lambda row: row["書誌番号"]))
def test_any_table_gives_the_same_dcndl(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    """But for what the format has no element and no character for."""
    table = write_table(tmp_path / "table.csv", rows)
    plain, written = by_way(tmp_path, table, "somoku/somoku-to-dcndl")
    wanted = straight(tmp_path, table)
    assert same(folded(plain, held), folded(wanted, held))
    lost = "〓" in str(list(folded(wanted, held).objects())) and written.counts["written"]
    assert ("SMK-CHARACTER" in codes(written)) >= bool(lost)
    tidy, _ = by_way(tmp_path, table, "somoku/somoku-to-dcndl-tidied")
    assert same(folded(tidy, held), folded(wanted, held))


def test_a_note_too_long_for_its_length_is_told_and_its_record_with_it(tmp_path: Path) -> None:
    """The layout has three digits for the bytes of a subfield: 499 kanji fit, 500 do not."""
    rows = [{"書誌番号": f"B{size}", "書名": "見本", "注記": "架" * size} for size in (499, 500)]
    header = (ROOT / "examples/library.csv").read_text("utf-8").partition("\n")[0]
    empty = dict.fromkeys(header.split(","), "")
    table = write_table(tmp_path / "table.csv", [empty | row for row in rows])
    report = run("library/csv-to-somoku", table, tmp_path / "by.dat")
    assert (report.counts["written"], report.counts["rejected"]) == (1, 1)
    (told,) = [issue for issue in report.issues if issue.code == "SMK-TOO-LONG"]
    assert (told.record_id, told.at.field, told.at.cell) == ("B500", "注記", "T3")


# ── From DC-NDL and back ─────────────────────────────────────────────────────────────────────────

PLAIN = st.text("架空山田太郎見本例示ぁカー・々ABCabc123.,()/&<>", min_size=1, max_size=9)
KANA = st.text("アカサタナミホンー", min_size=1, max_size=8)
LISTS = {"max_size": 3, "unique": True}


def maybe(**members: Any) -> Any:
    """An object some of whose members may be missing."""
    first, *others = members
    return st.fixed_dictionaries({first: members[first]}, optional={name: members[name] for name in others})


BODY = st.fixed_dictionaries(
    {"title": maybe(value=PLAIN, yomi=KANA).map(lambda one: [one])},
    optional={
        "identifier": st.sampled_from(("JPNO", "TRCMARCNO", "NSMARCNO", "TOHANMARCNO")).map(
            lambda kind: [{"value": "99000004", "type": kind}]
        ),
        "volume": PLAIN.map(lambda text: [{"value": text}]),
        "seriesTitle": st.lists(maybe(value=st.one_of(PLAIN, PLAIN.map("{} ; 5".format)), yomi=KANA), max_size=3),
        "edition": PLAIN.map(lambda text: [text]),
        "creator": st.lists(maybe(name=PLAIN, yomi=KANA), max_size=4),
        "responsibility": st.lists(PLAIN, max_size=3),
        "publisher": st.lists(maybe(name=PLAIN), max_size=3),
        "date": st.just(["2024.1"]),
        "description": st.lists(PLAIN, max_size=4),
        "subject": st.lists(maybe(value=PLAIN, yomi=KANA), max_size=3),
        "language": st.just(["jpn", "ain"]),
        "extent": st.sampled_from((["107p"], ["107p ; 22cm"])),
        "price": PLAIN.map(lambda text: [text]),
        "item": st.lists(
            maybe(
                bibID=st.just("B1"),
                subID=st.integers(0, 10**9).map("{:010d}".format),
                callNumber=PLAIN,
                availability=PLAIN,
                description=st.one_of(
                    PLAIN.map(lambda text: [f"配置場所 : {text}"]), PLAIN.map(lambda text: ["配置場所 : a", text])
                ),
            ),
            min_size=1,
            max_size=4,
        ),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODY)
def test_dcndl_comes_back(tmp_path: Path, body: dict[str, Any]) -> None:
    """Several persons, series, notes and copies, with and without readings, each in its place and order."""
    at = "https://opac.example.jp/bib/B1"
    text = f"{head()}{Writer().nodes(body, Nodes(at, f'{at}#material', f'{at}#item'))}\n</rdf:RDF>"
    (tmp_path / "in.rdf").write_text(text, encoding="utf-8")
    run("dcndl/dcndl-to-somoku", tmp_path / "in.rdf", tmp_path / "by.dat")
    run("somoku/somoku-to-dcndl-tidied", tmp_path / "by.dat", tmp_path / "out.rdf")
    before, after = (next(iter(convert.read(tmp_path / name, "dcndl"))).body for name in ("in.rdf", "out.rdf"))
    made = {"adminUri", "uri", "displayTitle", "issued", "bibRecordCategory", "seeAlso"}
    holder = {"uri", "library", "libraryCode"}
    for found in (before, after):
        for name in made:
            found.pop(name, None)
        found["item"] = [{k: v for k, v in item.items() if k not in holder} for item in found.get("item", ())]
    assert after == before


def test_what_is_held_is_found_out_and_every_doubt_has_a_reason() -> None:
    spec = importlib.util.spec_from_file_location("somoku_held", ROOT / "docs" / "somoku_held.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = {row.key: row.held for row in module.tried()}
    reasons = tomllib.loads((ROOT / "docs" / "somoku-held.toml").read_text(encoding="utf-8"))
    assert {key for key, found in rows.items() if found == "part"} <= set(reasons) <= set(rows)
    assert not [key for key in reasons if rows[key] == "whole"]
    known = {name.name for name in model().of("bib") if name.version != 3}
    assert {key.partition(".")[0].partition("[")[0] for key in rows} >= known - {"uri", "itemUri"}
    assert {"creator.yomi", "item.callNumber", "item.subID", "description"} <= {
        key for key, found in rows.items() if found == "whole"
    }
    assert (rows["publisher.yomi"], rows["audience"]) == ("no", "no")


# ── What a record is, and what stands side by side ───────────────────────────────────────────────


def body_of(layout: str, description: Description) -> Body:
    known = load_layout(layout)
    return Body([description], Codec(known), Texts(known))


def test_the_status_is_told_by_what_it_means() -> None:
    """Whatever code the layout has for it; a code that it does not know stays."""
    layout = load_layout("jpmarc-legacy")
    codec = Codec(layout)
    for code, meant in (("N", "new"), ("C", "changed"), ("D", "deleted"), ("X", "X")):
        body = body_of("jpmarc-legacy", Description(codec.label.made({"レコード状態": code}), []))
        assert path_of(layout, "record.status").values(body) == [meant]
        assert path_of(layout, "レコード状態").values(body) == [code]
    with pytest.raises(PathError):
        path_of(replace(layout, label=Label()), "record.status")


def test_a_simple_element_inside_a_node_is_the_one_beside_it() -> None:
    """270 $A and $B of the same field are one publisher and its place; a node without one has none."""
    layout = load_layout("somoku-3-draft")
    texts = Texts(layout)

    def sub(name: str, text: str) -> Sub:
        return texts.written("270", name, text)[0]

    fields = [
        Field("270", [sub("A", "東京"), sub("B", "架空出版")]),
        Field("270", [sub("B", "例示書店")]),
        Field("270", [sub("A", "京都"), sub("B", "見本社")]),
    ]
    body = body_of("somoku-3-draft", Description(Codec(layout).label.made({}), fields))
    nodes = path_of(layout, "出版者").nodes(body)
    found = [[member_of(layout, name).values(node) for name in ("出版者", "出版地")] for node in nodes]
    assert found == [[["架空出版"], ["東京"]], [["例示書店"], []], [["見本社"], ["京都"]]]
    with pytest.raises(PathError):
        member_of(layout, "出版")


def test_a_group_takes_a_text_for_its_first_member(tmp_path: Path) -> None:
    """With its reading; the holdings take objects only."""
    table = tmp_path / "t.csv"
    table.write_text("番号,著者,ヨミ\n1,架空;例示,カクウ;レイジ\n", encoding="utf-8")
    mapping = tmp_path / "m.yaml"
    rule = "{from: 著者, split: ';', yomi: {from: ヨミ, split: ';'}}"
    start = "mapping: 1\nid: t\nsource: {format: csv}\ntarget: {format: somoku}\nrecord: {id: 番号}\nfields:\n"
    mapping.write_text(f"{start}  著者: {rule}\n", encoding="utf-8")
    run(mapping, table, tmp_path / "t.dat")
    reader = SomokuReader(Source.of(tmp_path / "t.dat"), {"layout": "somoku-3-draft"})
    (record,) = reader
    people = [(name, text) for name, text in reader.walk(record.body) if name.startswith("著者")]
    assert people == [("著者.名前", "架空"), ("著者.ヨミ", "カクウ"), ("著者.名前", "例示"), ("著者.ヨミ", "レイジ")]
    mapping.write_text(f"{start}  所蔵: 番号\n", encoding="utf-8")
    assert "SMK-OBJECT" in {issue.code for issue in inspect_mapping(mapping).issues}


# ── The worked records of the pages ──────────────────────────────────────────────────────────────

BLOCK = re.compile(r"^```(text|xml)\n(.*?)^```$", re.M | re.S)
SHOWN = str.maketrans({"␟": "\x1f", "␞": "\x1e", "␝": "\x1d", "\n": ""})


@pytest.mark.parametrize("page", ["somoku-to-dcndl.md", "somoku-to-dcndl.en.md"])
def test_worked_records(page: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))
    mappings = ("somoku/somoku-to-dcndl", "somoku/jpmarc-to-dcndl")
    assert [kind for kind, _ in blocks] == ["text", "xml"] * len(mappings)
    for mapping, (_, source), (_, wanted) in zip(mappings, blocks[::2], blocks[1::2], strict=True):
        (tmp_path / "in.dat").write_bytes(source.translate(SHOWN).encode("ascii"))
        report = run(mapping, tmp_path / "in.dat", tmp_path / "out.rdf")
        assert (report.exit_code, report.counts["written"]) == (0, 1)
        assert wanted in (tmp_path / "out.rdf").read_text("utf-8")


def test_the_sheet_holds_what_the_table_holds(tmp_path: Path) -> None:
    source = ROOT / "tests/fixtures/cases/somoku-to-table/input.dat"
    run("somoku/somoku-to-csv", source, tmp_path / "out.csv")
    run("somoku/somoku-to-xlsx", source, tmp_path / "out.xlsx")
    rows = list(csv.reader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)] == rows
