"""All reports of one run say the same numbers: the sums over the JSON Lines issues."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from lxml import html

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
from convert.report.text import summary

SUFFIXES = ("json", "jsonl", "csv", "txt", "html", "xlsx", "xml", "sarif")
CODES = ("MAP-NO-VALUE", "MAP-REQUIRED", "JPS-NUMBER", "SRC-CSV-QUOTE", "DSET-ID-MEET", "X-ODD")

faults = st.tuples(
    st.sampled_from(CODES),
    st.sampled_from([None, *Severity]),
    st.sampled_from(["受入日", "作品名", "<b>", None]),
    st.sampled_from(["a.csv", "b.csv"]),
)
records = st.lists(st.lists(faults, max_size=4), max_size=8)


def made(found: list[list[tuple[str, Severity | None, str | None, str]]]) -> list[list[Issue]]:
    return [
        [
            Issue(code, Location(name, line=n, row=n, column=1, field=field), severity, f"m-{n}", n, value="不明")
            for code, severity, field, name in faults
        ]
        for n, faults in enumerate(found, start=1)
    ]


@settings(max_examples=25)
@given(records, st.lists(faults, max_size=2), st.sampled_from(["ja", "en"]))
def test_every_report_counts_alike(
    found: list[list[tuple[str, Severity | None, str | None, str]]],
    heads: list[tuple[str, Severity | None, str | None, str]],
    lang: str,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        files = {suffix: Path(name) / f"r.{suffix}" for suffix in SUFFIXES}
        tally = Tally(samples=2)
        reporters = [reporter_named(suffix)(path, lang=lang) for suffix, path in files.items()]
        loose = [[Issue(code, Location(file, field=field), severity)] for code, severity, field, file in heads]
        for issues in [*loose, *made(found)]:
            for issue in tally.add(issues):
                for reporter in reporters:
                    if reporter.streams:
                        reporter.issue(issue)
        for _ in found:
            tally.count(Outcome.WRITTEN)
        report = Report(tally, inputs=[{"name": "a.csv"}, {"name": "b.csv"}])
        for reporter in reporters:
            reporter.close(report)
        check(files, report, lang)


def check(files: dict[str, Path], report: Report, lang: str) -> None:
    lines = [json.loads(line) for line in files["jsonl"].read_text(encoding="utf-8").splitlines()]
    instances = Counter((line["code"], line["severity"]) for line in lines)
    marked = {(line["code"], line["severity"], line["ordinal"]) for line in lines if line["ordinal"]}
    by_code = {key: (times, sum(mark[:2] == key for mark in marked)) for key, times in instances.items()}
    effects = Counter(line["effect"] for line in lines)
    touched = Counter(effect for effect, _ in {(line["effect"], line["ordinal"]) for line in lines if line["ordinal"]})

    form = json.loads(files["json"].read_text(encoding="utf-8"))
    assert {(c["code"], c["severity"]): (c["instances"], c["records"]) for c in summed(form["codes"])} == by_code
    for effect, numbers in form["effects"].items():
        assert (numbers["instances"], numbers["records"]) == (effects[effect], touched[effect])
    check_fields(form, lines)

    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8-sig"), newline="")))
    assert Counter((row["code"], row["severity"]) for row in rows) == instances
    assert Counter(row["effect"] for row in rows) == effects

    assert files["txt"].read_text(encoding="utf-8") == summary(report, lang)
    check_page(files["html"], form)
    check_workbook(files["xlsx"], len(lines), form)

    suites = list(JUnitXml.fromfile(str(files["xml"])))
    properties = [{entry.name: entry.value for entry in suite.properties()} for suite in suites]
    assert sum(int(found.get("instances", 0)) for found in properties) == len(lines)
    for (code, severity), (times, _) in by_code.items():
        name = f"code.{code}.{severity}.instances"
        assert sum(int(found.get(name, 0)) for found in properties) == times

    (run,) = json.loads(files["sarif"].read_text(encoding="utf-8"))["runs"]
    assert Counter(result["ruleId"] for result in run["results"]) == Counter(line["code"] for line in lines)
    assert run["properties"]["instances"] == len(lines)
    assert run["properties"]["effects"] == form["effects"]


def summed(codes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A code may stand with a severity twice, where the issue's own severity is the catalogue's: never in these."""
    keys = [(code["code"], code["severity"]) for code in codes]
    assert len(set(keys)) == len(keys)
    return codes


def check_fields(form: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    for code in form["codes"]:
        mine = [line for line in lines if (line["code"], line["severity"]) == (code["code"], code["severity"])]
        names = Counter(line["source"].get("field", "") for line in mine)
        places = {(line["source"].get("field", ""), line["ordinal"]) for line in mine if line["ordinal"]}
        assert code["fields"] == names
        assert code["field_records"] == Counter(name for name, _ in places)


def check_page(path: Path, form: dict[str, Any]) -> None:
    page = html.fromstring(path.read_text(encoding="utf-8"))
    rows = [[cell.text_content() for cell in row] for row in page.xpath("//table[@id='matrix']/tbody/tr")]
    counted = Counter()
    touched = Counter()
    for code, _, times, records in rows:
        counted[code] += int(times.replace(",", ""))
        touched[code] += int(records.replace(",", ""))
    expected, expected_touched = Counter(), Counter()
    for code in form["codes"]:
        expected[code["code"]] += code["instances"]
        expected_touched[code["code"]] += sum(code["field_records"].values())
    assert (counted, +touched) == (expected, +expected_touched)
    assert len(page.xpath("//details[contains(@class, 'code')]")) == len(form["codes"])


def check_workbook(path: Path, issues: int, form: dict[str, Any]) -> None:
    workbook = openpyxl.load_workbook(path)
    assert workbook.worksheets[-1].max_row == issues + 1
    rows = [[cell.value for cell in row] for row in workbook.worksheets[0].iter_rows()]
    listed = sorted(row[:1] + row[2:4] for row in rows if row[0] in CODES and isinstance(row[2], int))
    assert listed == sorted([code["code"], code["instances"], code["records"]] for code in form["codes"])
