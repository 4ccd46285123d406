"""The shipped mappings between ONIX, openBD, DC-NDL, Japan Search and tables, on every file at hand."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import openpyxl
import pytest
from rdflib import RDF, Graph, Namespace

import convert
from convert.check.issue import Severity
from convert.mapping.load import inspect_mapping
from convert.messages.catalogue import catalogue
from convert.transforms.text import safe

DCNDL = Namespace("http://ndl.go.jp/dcndl/terms/")
TO_DCNDL = {
    "onix/onix-to-dcndl": ("onix/synthetic/*.xml", "onix/onix21/*.xml", "onix/onix30/*.xml", "onix/onix31/*.xml"),
    "openbd/openbd-to-dcndl": ("onix/openbd/*.json",),
}
FROM_DCNDL = ("dcndl/dcndl-to-japansearch", "dcndl/dcndl-to-csv", "dcndl/dcndl-to-xlsx")
STEPS = (("著者", "著者ヨミ"), ("出版者", "出版地"), ("所蔵館", "請求記号"), ("所蔵館", "利用可否"))
FEWER = {
    "jpro-ListIdentifiers.xml": 0,
    "jpro-ListSets.xml": 0,
    "jpro-ListRecords-delete-by-notificationtype.xml": 0,
    "jpro-ListRecords-page2-last-empty-token.xml": 1,
    "jpro-profile-onix30-message.xml": 3,
    "minimal-ref-invalid-no-sender-bom.xml": 0,
    "minimal-ref-namespace-bom.xml": 0,
    "mitpress-short-no-header-invalid.xml": 1,
    "coverage-excerpt.json": 0,
    "schema-v1-2022.json": 0,
    "schema-v1-older.json": 0,
    "sru-diagnostic-not-found.xml": 0,
}
"""Files not all of whose records are written: deletions, records without a title, answers that hold none."""


def found(shared: Path, *patterns: str) -> list[Path]:
    files = [path for pattern in patterns for path in sorted(shared.glob(pattern))]
    assert files
    return files


def run(mapping: str, source: Path, output: Path) -> convert.Report:
    report = convert.Job(mapping).run(source, output)
    counts = dict(report.counts)
    assert counts.pop("read") == sum(counts.values()), source.name
    assert report.counts["written"] == FEWER.get(source.name, report.counts["read"]), source.name
    return report


@pytest.mark.parametrize("mapping", [*TO_DCNDL, *FROM_DCNDL])
def test_good(mapping: str) -> None:
    words = catalogue()
    assert all(words.severity(issue) is Severity.NOTICE for issue in inspect_mapping(mapping).issues)


@pytest.mark.parametrize("mapping", TO_DCNDL)
def test_dcndl_is_rdf(mapping: str, shared: Path, tmp_path: Path) -> None:
    for path in found(shared, *TO_DCNDL[mapping]):
        report = run(mapping, path, tmp_path / "out.rdf")
        graph = Graph().parse(tmp_path / "out.rdf", format="xml")
        bibs = set(graph.subjects(RDF.type, DCNDL.BibResource))
        assert len(bibs) == report.counts["written"], path.name


def test_nothing_but_notices_on_what_jpro_and_openbd_send(shared: Path, tmp_path: Path) -> None:
    words = catalogue()
    for mapping, pattern in (("onix/onix-to-dcndl", "*/jpro-*Record*.xml"), ("openbd/openbd-to-dcndl", "*/get-*.json")):
        for path in found(shared / "onix", pattern):
            report = run(mapping, path, tmp_path / "out.rdf")
            assert not [issue for issue in report.issues if words.severity(issue) >= Severity.WARNING], path.name


def test_dcndl_to_japan_search(shared: Path, tmp_path: Path) -> None:
    for path in found(shared, "dcndl/*.xml", "dcndl/*/*.xml"):
        run("dcndl/dcndl-to-japansearch", path, tmp_path / "out.jsonl")
        records = list(convert.read(path, "dcndl"))
        made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
        for record, item in zip([one for one in records if one.body], made, strict=True):
            assert item["common"]["title"] == safe(record.body["displayTitle"][0])
            assert item["common"].get("titleYomi", "") == safe(record.body["title"][0].get("yomi", ""))


def test_dcndl_to_tables(shared: Path, tmp_path: Path) -> None:
    """The sheet holds what the CSV holds; columns of repeated things keep step."""
    for path in found(shared, "dcndl/*.xml", "dcndl/*/*.xml"):
        report = run("dcndl/dcndl-to-csv", path, tmp_path / "out.csv")
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert len(rows) == report.counts["written"]
        for row in rows:
            for whole, part in STEPS:
                assert row[part] == "" or row[part].count("；") == row[whole].count("；"), (path.name, row)
        run("dcndl/dcndl-to-xlsx", path, tmp_path / "out.xlsx")
        if rows:
            sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
            cells = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
            assert cells == [list(rows[0]), *(list(row.values()) for row in rows)]


# ── The worked records of the pages ──────────────────────────────────────────────────────────────

BLOCK = re.compile(r"^```(xml|json)\n(.*?)^```$", re.M | re.S)
ROW = re.compile(r"^\| ([^|`]+) \| ([^|`]+) \|$", re.M)
WORKED = {
    "onix-to-dcndl": ("onix/onix-to-dcndl", "rdf"),
    "openbd-to-dcndl": ("openbd/openbd-to-dcndl", "rdf"),
    "dcndl-to-japansearch": ("dcndl/dcndl-to-japansearch", "jsonl"),
    "dcndl-to-csv": ("dcndl/dcndl-to-csv", "csv"),
}


@pytest.mark.parametrize("language", ["", ".en"])
@pytest.mark.parametrize("page", WORKED)
def test_worked_record(page: str, language: str, tmp_path: Path) -> None:
    mapping, suffix = WORKED[page]
    text = (Path(__file__).parents[2] / "docs" / f"{page}{language}.md").read_text("utf-8")
    (kind, source), *shown = BLOCK.findall(text)
    (tmp_path / f"in.{kind}").write_text(source, encoding="utf-8")
    report = convert.Job(mapping).run(tmp_path / f"in.{kind}", tmp_path / f"out.{suffix}")
    assert report.exit_code == 0
    made = (tmp_path / f"out.{suffix}").read_text("utf-8-sig")
    if suffix == "csv":
        rows = list(csv.reader(made.splitlines()))
        table = text.partition("```\n\n")[2].rpartition("```")[2]
        assert ROW.findall(table)[1:] == [(name, value) for name, value in zip(*rows, strict=True) if value]
    elif suffix == "jsonl":
        assert json.loads(shown[0][1]) == json.loads(made)
    else:
        assert shown[0][1] in re.sub(r"  <dcndl:BibAdminResource.*?</dcndl:BibAdminResource>\n", "", made, flags=re.S)
