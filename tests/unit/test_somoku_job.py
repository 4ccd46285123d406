"""Runs over files that a layout describes: in parts as in one piece, with damage and without."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from convert import Job
from convert.formats.somoku.load import layouts, load_layout
from convert.formats.somoku.reader import SomokuReader
from convert.source import Source
from tests.somoku_data import Maker

if TYPE_CHECKING:
    from convert.formats.base import Part
    from convert.formats.somoku.elements import Body

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
NAMES = [*layouts(), *(str(path) for path in sorted(INVENTED.glob("*.yaml")))]
names = pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])


def told(path: Path, name: str, part: Part | None = None) -> list[tuple[int | None, bytes, list[str]]]:
    """Place, bytes and issues of every record."""
    found = []
    for record in SomokuReader(Source.of(path), {"layout": name}, part):
        body: Body | None = record.body
        data = b"" if body is None else b"".join(one.data for one in body.descriptions)
        found.append((record.at.byte, data, [issue.code for issue in record.issues]))
    return found


@names
def test_parts_give_what_the_whole_gives(name: str, tmp_path: Path) -> None:
    pick = random.Random(1)  # noqa: S311
    records = Maker(load_layout(name), 9).records(300)
    for number in pick.sample(range(300), 12):
        damaged = bytearray(records[number])
        damaged[pick.randrange(len(damaged))] ^= pick.randrange(1, 256)
        records[number] = bytes(damaged)
    path = tmp_path / "x.dat"
    path.write_bytes(b"".join(records))
    parts = list(SomokuReader.plan_parts(Source.of(path), {"layout": name}, 5))
    whole = told(path, name)
    assert [item for part in parts for item in told(path, name, part)] == whole
    assert len([item for item in whole if not item[2]]) >= 280
    assert parts[0].start == 0
    assert parts[-1].end is None


def test_several_parts_there_are() -> None:
    """Layouts with end marks and those of one length are read in parts at all."""
    for name in ("jpmarc-legacy", "somoku-3-draft", "iso2709-marc21", str(INVENTED / "lines.yaml")):
        data = b"".join(Maker(load_layout(name), 2).records(200))
        assert len(list(SomokuReader.plan_parts(Source.of(data), {"layout": name}, 4))) == 4


MAPPING = """mapping: 1
id: t
source: {format: somoku, layout: jpmarc-legacy}
target: {format: jsonl}
record: {id: レコード番号}
fields:
  title: {from: タイトル}
  author: {each: 著者, object: {name: 名前, yomi: ヨミ}}
"""


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_run_in_processes(jobs: int, tmp_path: Path) -> None:
    records = Maker(load_layout("jpmarc-legacy"), 4).records(400)
    records[100] = b"X" + records[100][1:]
    path = tmp_path / "x.dat"
    path.write_bytes(b"".join(records))
    mapping = tmp_path / "m.yaml"
    mapping.write_text(MAPPING, "utf-8")
    report = Job(str(mapping), jobs=jobs, shard_bytes=50_000).run(path, tmp_path / "out.jsonl")
    assert report.counts["read"] == 400
    assert report.counts["broken"] == 1
    assert report.counts["written"] == 399
    lines = (tmp_path / "out.jsonl").read_bytes()
    serial = Job(str(mapping)).run(path, tmp_path / "serial.jsonl")
    assert (tmp_path / "serial.jsonl").read_bytes() == lines
    assert [issue.at for issue in serial.issues] == [issue.at for issue in report.issues]
    [broken] = [issue for issue in report.issues if issue.code.startswith("SMK-")]
    assert broken.ordinal == 101
    assert broken.at.byte == sum(map(len, records[:100]))
