"""The codec of layout-driven records: every byte there and back; damage isolated, nothing after it lost."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.load import layouts, load_layout
from convert.formats.somoku.parts import Damage, Description, Field, Sub
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts
from tests.somoku_data import NEWLINES, Maker

if TYPE_CHECKING:
    from convert.formats.somoku.model import Layout

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
NAMES = [*layouts(), *(str(path) for path in sorted(INVENTED.parent.glob("*/*.yaml")))]
LAYOUTS = {name: load_layout(name) for name in NAMES}

names = pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])


def frames(layout: Layout, data: bytes) -> list[Description | Broken]:
    return list(Frames(Codec(layout), io.BytesIO(data)))


def whole(found: list[Description | Broken]) -> list[bytes]:
    return [item.data for item in found if isinstance(item, Description)]


def plain(layout: Layout, records: list[bytes]) -> list[bytes]:
    """The records without what follows them."""
    newline = NEWLINES[layout.record.newline]
    return [record[: len(record) - len(newline)] for record in records]


@names
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_bytes_to_records_to_bytes(name: str, seed: int) -> None:
    layout = LAYOUTS[name]
    maker = Maker(layout, seed)
    description = maker.description(seed % 1000)
    data = maker.codec.write(description)
    again = maker.codec.read(data)
    assert [(f.tag, f.subs, f.indicators, f.part) for f in again.fields if f.subs] == [
        (f.tag, f.subs, f.indicators, f.part) for f in description.fields if f.subs
    ]
    assert not again.odd
    assert maker.codec.write(again) == data


@names
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_texts_come_back_as_the_same_bytes(name: str, seed: int) -> None:
    maker = Maker(LAYOUTS[name], seed)
    texts = Texts(LAYOUTS[name])
    for field in maker.description(1).fields:
        for sub in field.subs:
            text = texts.exact(field.tag, sub)
            assert texts.of(field.tag, sub.id, sub.mode).encode(text) == sub.data


def shape(description: Description) -> list[object]:
    return [(f.tag, f.subs, f.indicators, f.part, f.at) for f in description.fields]


@names
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_quick_way_and_the_careful_one_are_the_same(name: str, seed: int) -> None:
    """Also about what is no sound record, of which one byte is another."""
    layout, pick = LAYOUTS[name], random.Random(seed)  # noqa: S311
    maker = Maker(layout, seed)
    description = maker.description(1)
    data = maker.codec.write_with_care(description)
    assert maker.codec.write(description) == data
    if pick.random() < 0.7:
        at = pick.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ pick.randrange(1, 256)]) + data[at + 1 :]
    told: list[object] = []
    for read in (maker.codec.read, maker.codec.read_with_care):
        try:
            found = read(data)
            told.append((found.label, shape(found), len(found.odd)))
        except Damage as damage:
            told.append((damage.code, damage.at, damage.slots))
    assert told[0] == told[1]


@names
def test_a_file_of_records(name: str) -> None:
    layout = LAYOUTS[name]
    records = Maker(layout, 7).records(50)
    found = frames(layout, b"".join(records))
    assert whole(found) == plain(layout, records)
    assert len(found) == 50
    places = [item.at for item in found if isinstance(item, Description)]
    assert places == [sum(map(len, records[:number])) for number in range(50)]


@names
@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_one_byte_flipped_costs_one_record(name: str, seed: int) -> None:
    """Records whose bytes are whole come out, each once, whatever byte of another record is changed."""
    layout = LAYOUTS[name]
    pick = random.Random(seed)  # noqa: S311
    records = Maker(layout, seed).records(6)
    number = pick.randrange(6)
    damaged = bytearray(records[number])
    at = pick.randrange(len(damaged))
    damaged[at] ^= pick.randrange(1, 256)
    data = b"".join([*records[:number], bytes(damaged), *records[number + 1 :]])
    good = plain(layout, [*records[:number], *records[number + 1 :]])
    found = whole(frames(layout, data))
    assert [record for record in found if record in good] == good
    assert len(found) <= 6


@names
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_file_cut_short_loses_only_what_is_cut(name: str, seed: int) -> None:
    layout = LAYOUTS[name]
    records = Maker(layout, seed).records(5)
    data = b"".join(records)
    cut = random.Random(seed).randrange(len(data))  # noqa: S311
    ends = [sum(map(len, records[: number + 1])) for number in range(5)]
    before = plain(layout, [record for record, end in zip(records, ends, strict=True) if end <= cut])
    found = frames(layout, data[:cut])
    assert whole(found)[: len(before)] == before
    assert len(whole(found)) <= len(before) + 1


@names
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_bytes_lost_or_put_in_cost_the_records_they_touch(name: str, seed: int) -> None:
    layout = LAYOUTS[name]
    if not layout.label.length or not (layout.record.terminator or layout.record.newline in ("lf", "crlf")):
        pytest.skip("nothing tells such records apart but their length, or an end mark that may be the one lost")
    pick = random.Random(seed)  # noqa: S311
    records = Maker(layout, seed).records(6)
    number = pick.randrange(5)
    record = records[number]
    at = pick.randrange(len(record))
    some = bytes(pick.randrange(256) for _ in range(pick.randrange(1, 9)))
    damaged = record[:at] + some + record[at:] if pick.random() < 0.5 else record[:at] + record[at + len(some) :]
    data = b"".join([*records[:number], damaged, *records[number + 1 :]])
    good = plain(layout, [*records[:number], *records[number + 1 :]])
    found = whole(frames(layout, data))
    assert [one for one in found if one in good] == good


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=3000), name=st.sampled_from(NAMES))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    found = frames(LAYOUTS[name], data)
    assert sum(len(item.data) for item in found) <= len(data)


@pytest.mark.parametrize("name", ["jpmarc-legacy"])
def test_much_rubbish_is_read_in_time_that_grows_with_it(name: str) -> None:
    """Broken records one after another are each looked at once."""
    record = Maker(LAYOUTS[name], 3).records(1)[0]
    found = frames(LAYOUTS[name], (b"X" + record[1:]) * 5000 + record)
    assert len(found) == 5001
    assert whole(found) == [record]


def test_stretches_are_filled_up_in_the_character_set_of_their_tag() -> None:
    """Blanks of EBCDIC in a field of EBCDIC, though the data of the file is in another character set."""
    layout = LAYOUTS[str(INVENTED / "counted.yaml")]
    rule = layout.tags["9500"]
    slots = tuple(replace(slot, charset=None) for slot in rule.slots)
    ebcdic = replace(layout, tags={**layout.tags, "9500": replace(rule, charset="ebcdic", slots=slots)})
    codec = Codec(ebcdic)
    data = codec.write(Description(codec.label.made({}), [Field("9500", [Sub("請求記号", "", b"\xc1")])]))
    assert b"\xc1" + b"\x40" * 19 in data
    assert codec.read(data).fields[0].subs == [Sub("請求記号", "", b"\xc1")]
