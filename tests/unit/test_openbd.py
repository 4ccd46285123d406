"""The shipped mapping for openBD on real answers, and the reader on every file of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import convert
from convert.check.issue import Severity
from convert.mapping.load import inspect_mapping
from convert.messages.catalogue import catalogue

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = "openbd/openbd-to-japansearch"


def test_the_mapping_is_good() -> None:
    words = catalogue()
    assert all(words.severity(issue) is Severity.NOTICE for issue in inspect_mapping(MAPPING).issues)


def test_every_answer_is_converted(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "onix" / "openbd").glob("get-*.json"))
    assert files
    for path in files:
        report = convert.Job(MAPPING).run(path, tmp_path / "out.jsonl")
        wanted = [item for item in json.loads(path.read_text("utf-8")) if item is not None]
        assert report.counts["written"] == report.counts["read"] == len(wanted)
        assert report.exit_code == 0
        assert not [issue for issue in report.issues if catalogue().severity(issue) >= Severity.WARNING]
        made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
        for record, item in zip(made, wanted, strict=True):
            title = item["onix"]["DescriptiveDetail"]["TitleDetail"]["TitleElement"]["TitleText"]
            assert record["common"]["title"].startswith(title["content"])
            assert record["ISBN_s"] == item["summary"]["isbn"]
            assert item["onix"]["PublishingDetail"]["Imprint"]["ImprintName"] in record["common"]["contributor"]


def test_every_file_is_read(shared: Path) -> None:
    for path in sorted((shared / "onix" / "openbd").glob("*.json")):
        found = json.loads(path.read_text("utf-8"), parse_int=str, parse_float=str)
        records = list(convert.read(path, "json"))
        wanted = found if isinstance(found, list) else [found]
        assert [record.body for record in records] == [item if isinstance(item, dict) else None for item in wanted]
