"""What a profile accepts, and the comparison with an earlier delivery, in every report."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openpyxl
from junitparser import JUnitXml
from lxml import html

from convert.check.issue import Issue, Severity
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = ("json", "jsonl", "csv", "txt", "html", "xlsx", "xml", "sarif")
COMPARISON = {
    "added": 3,
    "changed": 1,
    "deleted": 0,
    "unchanged": 9,
    "renumbered": 0,
    "fields": {"題名": 1},
    "issues": None,
}


@dataclass(frozen=True)
class Accepted:
    code: str
    at: Location
    reason: str

    def fits(self, issue: Issue) -> bool:
        return issue.record_id == "m-1"


def test_what_is_accepted_is_told_and_fails_nothing(tmp_path: Path) -> None:
    waiver = Accepted("MAP-REQUIRED", Location("p.yaml", line=3), "来年度に直す")
    tally = Tally(waivers=(waiver,))  # type: ignore[arg-type]
    reporters = [reporter_named(suffix)(tmp_path / f"r.{suffix}", lang="ja") for suffix in SUFFIXES]
    for n in (1, 2):
        at = Location("a.csv", line=n + 1, row=n + 1, column=1, field="題名")
        code = "MAP-REQUIRED" if n == 1 else "JPS-NUMBER"
        for issue in tally.add([Issue(code, at, record_id=f"m-{n}", ordinal=n)]):
            for reporter in reporters:
                if reporter.streams:
                    reporter.issue(issue)
        tally.count(Outcome.WRITTEN)
    report = Report(tally, inputs=[{"name": "a.csv"}], fail_on=Severity.NOTICE, comparison=COMPARISON)
    for reporter in reporters:
        reporter.close(report)

    form = json.loads((tmp_path / "r.json").read_bytes())
    assert form["effects"]["refused"] == {"instances": 0, "records": 0}
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["waived"] for line in lines] == ["来年度に直す", None]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert [row["waived"] for row in rows] == ["来年度に直す", ""]

    page = html.fromstring((tmp_path / "r.html").read_text(encoding="utf-8"))
    ids = page.xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert page.xpath("//main/section[1]//ol//a/@href") == ["#c-JPS-NUMBER-warning"]
    assert "来年度に直す" in page.get_element_by_id("c-MAP-REQUIRED-error-waived").text_content()
    assert "追加 3、変更 1" in page.get_element_by_id("comparison").text_content()

    workbook = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert [cell.value for cell in workbook["指摘"]["R"]] == ["認めた理由", "来年度に直す", None]
    assert "追加 3、変更 1" in str([row[0].value for row in workbook["まとめ"]])

    suites = JUnitXml.fromfile(str(tmp_path / "r.xml"))
    assert (suites.tests, suites.failures) == (2, 1)
    assert "waived: 来年度に直す" in (tmp_path / "r.xml").read_text(encoding="utf-8")
    (run,) = json.loads((tmp_path / "r.sarif").read_bytes())["runs"]
    assert [result.get("suppressions") for result in run["results"]] == [
        [{"kind": "external", "justification": "来年度に直す"}],
        None,
    ]
    assert run["properties"]["waived"] == {"MAP-REQUIRED": 1}
