"""Every report by the command: from one process or two the same, and safe whatever the data hold."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from lxml import etree, html

import convert
from convert.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = ("json", "jsonl", "csv", "txt", "html", "xlsx", "xml", "sarif")
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")

MAPPING = """
mapping: 1
id: hostile
source: {format: csv, encoding: utf-8}
target: {format: jsonl}
lookups:
  kinds: {values: {皿: dish}, missing: error}
record: {id: ID}
fields:
  title: {from: 題名, required: true}
  kind: {from: 種別, do: [{lookup: kinds}]}
  day: {from: 受入日, do: w3cdtf}
"""
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    "＝1+1",
    "\x01\x1b[2J",
    "\u202egnp.exe",
    "]]>&lt;",
    "\ufffe",
    "あ" * 1_000_000,
)


def run(*arguments: str) -> int:
    return CliRunner().invoke(cli, list(arguments)).exit_code


def reports(folder: Path) -> list[str]:
    return [argument for suffix in SUFFIXES for argument in ("--report", str(folder / f"r.{suffix}"))]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    rows = [["ID", "題名", "種別", "受入日"]]
    rows += [[f"{n}{text}", text, text, text] for n, text in enumerate(HOSTILE)]
    rows += [["x", "", "皿", ""], ["y", "壺"]]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    (tmp_path / "in.csv").write_bytes(text.getvalue().encode() + b"z,\xff\xfe,,\r\n")
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_hostile_data_in_every_report(hostile: Path, lang: str) -> None:
    arguments = ["convert", str(hostile / "m.yaml"), str(hostile / "in.csv"), "--lang", lang, *reports(hostile)]
    assert run(*arguments) == 1
    issues = [json.loads(line) for line in (hostile / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(issues) > 2 * len(HOSTILE)
    for suffix in SUFFIXES:
        assert (hostile / f"r.{suffix}").stat().st_size < 1_000_000, suffix
    for suffix in ("csv", "txt", "html", "xml", "sarif"):
        text = (hostile / f"r.{suffix}").read_text(encoding="utf-8").removeprefix("\ufeff")
        assert not HIDDEN.search(text), suffix
    page = html.fromstring((hostile / "r.html").read_text(encoding="utf-8"))
    assert len(page.xpath("//script")) == 1
    etree.parse(hostile / "r.xml")
    json.loads((hostile / "r.sarif").read_bytes())
    workbook = openpyxl.load_workbook(hostile / "r.xlsx")
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    rows = list(csv.reader(io.StringIO((hostile / "r.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert len(rows) == len(issues) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "＝"))]


def test_every_report_is_the_same_from_two_processes(tmp_path: Path, fixtures: Path) -> None:
    source = str(fixtures.parents[1] / "examples" / "museum.csv")
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        job = convert.Job("museum/csv-to-japansearch", jobs=jobs, shard_bytes=1000, lang="en")
        report = job.run(source, folder / "out.jsonl", [folder / f"r.{suffix}" for suffix in SUFFIXES])
        assert report.tally.instances() > 20
    for suffix in SUFFIXES:
        one, two = (content(tmp_path / jobs / f"r.{suffix}", str(tmp_path / jobs)) for jobs in "12")
        assert one == two, suffix


def content(path: Path, folder: str) -> list[bytes]:
    """What is in a report, without the name of its folder."""
    if path.suffix != ".xlsx":
        return [path.read_bytes().replace(folder.encode(), b"")]
    with zipfile.ZipFile(path) as packed:
        return [packed.read(name).replace(folder.encode(), b"") for name in packed.namelist()]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_part_says_that_it_is_one(tmp_path: Path, fixtures: Path, suffix: str) -> None:
    source = str(fixtures.parents[1] / "examples" / "museum.csv")
    path = tmp_path / f"r.{suffix}"
    assert run("convert", "museum/csv-to-japansearch", source, "--limit", "50", "--report", str(path)) == 3
    if suffix == "xlsx":
        rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        text = " ".join(str(cell) for row in rows for cell in row)
    else:
        text = path.read_text(encoding="utf-8")
    if suffix not in ("csv", "jsonl"):  # these hold findings and nothing else
        assert re.search('complete"?: "?false', text)
        assert "museum.csv" in text


def test_a_check_has_every_report(tmp_path: Path, fixtures: Path) -> None:
    source = str(fixtures.parents[1] / "examples" / "onix-check.xml")
    assert run("check", source, "--format", "onix", *reports(tmp_path)) == 1
    form = json.loads((tmp_path / "r.json").read_bytes())
    workbook = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert len(workbook.sheetnames) == 2
    assert workbook.worksheets[-1].max_row == 1 + sum(code["instances"] for code in form["codes"])


def test_rows_of_the_ledger_are_shown(tmp_path: Path, fixtures: Path) -> None:
    source = str(fixtures.parents[1] / "examples" / "museum.csv")
    run("convert", "museum/csv-to-japansearch", source, *reports(tmp_path))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["museum.csv"]
    assert sheet["R15"].value == "昭和65年4月1日"
    assert sheet["R15"].fill.patternType == "solid"
    page = html.fromstring((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "受入日 昭和65年4月1日" in [mark.text_content() for mark in page.xpath("//li[@class='bad']/mark")]
    source = str(fixtures.parents[1] / "examples" / "onix-check.xml")
    run("check", source, "--format", "onix", *reports(tmp_path))
    page = html.fromstring((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "9784949999112" in [mark.text_content() for mark in page.xpath("//div[@class='row']//mark")]
