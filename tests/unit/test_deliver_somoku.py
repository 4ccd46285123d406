"""Packages of files that a layout describes: cut between records, never inside one, copies of a title together."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from convert.deliver.somoku import SomokuCutter
from convert.errors import SourceFault
from convert.formats.somoku.load import layouts, load_layout
from tests.somoku_data import Maker

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
NAMES = [*layouts(), *(str(path) for path in sorted(INVENTED.parent.glob("*/*.yaml")))]


@pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])
def test_cuts_are_whole_records(name: str) -> None:
    records = Maker(load_layout(name), 5).records(30)
    cutter = SomokuCutter(io.BytesIO(b"".join(records)), "x.dat", {"layout": name})
    cuts = list(cutter)
    assert [cut.data for cut in cuts] == records
    assert len({cut.id for cut in cuts}) == 30
    assert cutter.head == cutter.tail == b""


def test_line_ends_and_padding_stay_with_the_record_before() -> None:
    records = Maker(load_layout("jpmarc-legacy"), 5).records(3)
    data = records[0] + b"\r\n" + records[1] + b"\n" + records[2] + b"\r\n" + b"\x1a" * 5
    cuts = list(SomokuCutter(io.BytesIO(data), "x.dat", {"layout": "jpmarc-legacy"}))
    assert [len(cut.data) for cut in cuts] == [len(records[0]) + 2, len(records[1]) + 1, len(records[2]) + 7]
    assert b"".join(cut.data for cut in cuts) == data


def test_copies_that_stand_apart_stay_together() -> None:
    layout = load_layout("somoku-2-draft")
    assert layout.holdings is not None
    assert layout.holdings.copies == "apart"
    one, other = Maker(layout, 5).records(2)
    cuts = list(SomokuCutter(io.BytesIO(one + one + other), "x.dat", {"layout": "somoku-2-draft"}))
    assert [cut.data for cut in cuts] == [one + one, other]


def test_a_damaged_file_is_not_cut() -> None:
    records = Maker(load_layout("jpmarc-legacy"), 5).records(3)
    data = records[0] + b"X" + records[1][1:] + records[2]
    with pytest.raises(SourceFault) as caught:
        list(SomokuCutter(io.BytesIO(data), "x.dat", {"layout": "jpmarc-legacy"}))
    assert caught.value.issue.at.byte == len(records[0])
