"""``checks: [onix]``: the checks of the source's own format while its records are converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.errors import MappingError, ProfileError
from convert.mapping.load import load_mapping
from convert.report import issue_dict
from convert.source import Source

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    '<ONIXMessage release="3.0" xmlns="http://ns.editeur.org/onix/3.0/reference">\n<Header><Sender>'
    "<SenderName>架空書房</SenderName></Sender><SentDateTime>いつか</SentDateTime></Header>\n"
)
PRODUCT = (
    "<Product><RecordReference>{0}</RecordReference><NotificationType>{1}</NotificationType>"
    "<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>{0}</IDValue></ProductIdentifier>"
    "<DescriptiveDetail><ProductComposition>00</ProductComposition><ProductForm>BA</ProductForm>"
    "<TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>"
    "<TitleText>架空の本</TitleText></TitleElement></TitleDetail>"
    "<Language><LanguageRole>01</LanguageRole><LanguageCode>{2}</LanguageCode></Language></DescriptiveDetail>"
    "<PublishingDetail><Imprint><ImprintName>架空書房</ImprintName></Imprint></PublishingDetail></Product>\n"
)
MAPPING = """\
mapping: 1
id: my/own
source: {{format: {source}}}
target: {{format: jsonl}}
record: {{id: RecordReference, skip: {{NotificationType: "88"}}}}
fields: {{title: DescriptiveDetail/TitleDetail/TitleElement/TitleText}}
{checks}
"""


def feed(count: int, language: str = "ja", notification: str = "03") -> bytes:
    """A message whose header and products each have one fault."""
    products = "".join(PRODUCT.format(f"97849499{n:05d}", notification, language) for n in range(count))
    return f"{HEAD}{products}</ONIXMessage>".encode()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def told(report: convert.Report) -> dict[str, int]:
    return dict(report.tally.by_code)


def run(folder: Path, data: bytes, *, checks: str = "checks: [onix]", **more: Any) -> tuple[convert.Report, bytes, str]:
    mapping = written(folder, "m.yaml", MAPPING.format(source="onix", checks=checks))
    source = folder / "feed.xml"
    source.write_bytes(data)
    jobs = more.pop("jobs", 1)
    job = convert.Job(mapping, jobs=jobs, shard_bytes=1000, **more)
    report = job.run(source, folder / "out.jsonl", reports=[folder / "issues.jsonl"])
    return report, (folder / "out.jsonl").read_bytes(), (folder / "issues.jsonl").read_text("utf-8")


def test_a_conversion_says_what_check_says(tmp_path: Path) -> None:
    data = feed(3)
    report, _, text = run(tmp_path, data)
    alone = convert.check(Source.of(data, name="feed.xml"), "onix")
    assert told(report) == told(alone)
    assert told(report)["ONX-CODE"] == 3
    assert '"path":"/Product/DescriptiveDetail/Language/LanguageCode"' in text
    assert report.counts["written"] == 3


def test_output_is_the_same_with_and_without(tmp_path: Path) -> None:
    data = feed(3)
    assert run(tmp_path, data)[1] == run(tmp_path, data, checks="")[1]


def test_without_checks_nothing_more_is_said(tmp_path: Path) -> None:
    assert "ONX-CODE" not in told(run(tmp_path, feed(1), checks="")[0])


def test_good_products_say_nothing(tmp_path: Path) -> None:
    assert "ONX-CODE" not in told(run(tmp_path, feed(1, "jpn"))[0])


def test_skipped_products_are_not_looked_at(tmp_path: Path) -> None:
    assert "ONX-CODE" not in told(run(tmp_path, feed(1, notification="88"))[0])


def test_in_parallel_the_header_is_told_once(tmp_path: Path) -> None:
    data = feed(40)
    alone, together = run(tmp_path, data), run(tmp_path, data, jobs=2)
    assert together[1:] == alone[1:]
    assert told(together[0]) == told(alone[0])
    assert sum('"/Header/SentDateTime"' in line or "SentDateTime" in line for line in alone[2].splitlines()) == 1


def test_a_profile_may_ask_for_them(tmp_path: Path) -> None:
    profile = written(tmp_path, "p.yaml", "profile: 1\nextends: draft\nchecks: [titles, onix]\n")
    report, output, _ = run(tmp_path, feed(2), checks="", profile=str(profile))
    assert told(report)["ONX-CODE"] == 2
    assert output == run(tmp_path, feed(2), checks="")[1]
    silent = written(tmp_path, "q.yaml", "profile: 1\nchecks: none\n")
    assert "ONX-CODE" not in told(run(tmp_path, feed(2), checks="", profile=str(silent))[0])


def test_a_profile_that_asks_for_another_formats_checks_is_told(tmp_path: Path) -> None:
    profile = written(tmp_path, "p.yaml", "profile: 1\nchecks: [onx]\n")
    with pytest.raises(ProfileError) as caught:
        run(tmp_path, feed(1), profile=str(profile))
    assert [issue.suggestion for issue in caught.value.findings] == ["onix"]


def test_the_checks_of_another_format_are_none(tmp_path: Path) -> None:
    path = written(tmp_path, "m.yaml", MAPPING.format(source="dcndl", checks="checks: [onix]"))
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    assert "MAP-CHECK" in [issue.code for issue in caught.value.findings]


def test_the_options_of_the_checks_count(tmp_path: Path) -> None:
    path = written(tmp_path, "m.yaml", MAPPING.format(source="onix, profile: jpro", checks="checks: [onix]"))
    found = list(convert.convert(convert.read(feed(1), "onix"), path))
    codes = [issue.code for issue in found[0].issues]
    assert any(code.startswith("ONX-JPRO") for code in codes)
    assert [issue_dict(issue)["record"] for issue in found[0].issues if issue.code == "ONX-CODE"] == ["9784949900000"]
