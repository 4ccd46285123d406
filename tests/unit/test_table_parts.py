"""Parts read one by one give what one reader gives."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convert.formats.base import Part
from convert.formats.table import parts
from convert.formats.table.reader import CsvReader
from convert.model import Above
from convert.source import Source

NASTY = st.lists(
    st.sampled_from(
        [
            b"a",
            b",",
            b'"',
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b",,",
            b'"x"',
            b"\x81",
            b"\x8f",
            b"\x00",
            "目".encode(),
            b"a,b,c\n",
            b'"a\nb",b,c\r\n',
            b",,\n",
            b'"",,\n',
            b"a,b\n",
        ]
    ),
    max_size=60,
).map(b"".join)


def shape(record, above=0, records=0):
    at = record.at.moved(rows=above)
    issues = tuple(
        (i.code, i.at, i.ordinal, i.value, str(i.slots))
        for i in [issue.moved(records=records, rows=above) for issue in record.issues]
    )
    body = None if record.body is None else tuple(record.body)
    return body, at, record.ordinal + records, issues


def read_parts(source, options, planned):
    """What the parts give one after the other, as a run reads them: across a cut that was none."""
    found, above, records, clean = [], Above(), 0, []
    waiting = list(planned)
    while waiting:
        part = waiting.pop(0)
        while True:
            reader = CsvReader(source, options, part)
            own = [shape(record, above, records) for record in reader]
            clean.append(reader.clean_end)
            if reader.clean_end or not waiting:
                break
            part = Part(part.start, waiting.pop(0).end)
        found += own
        above += Above(reader.rows, reader.lines)
        records += len(own)
    return found, above, clean


def assert_same(source, options, planned):
    assert planned[0].start == 0
    assert planned[-1].end is None
    assert all(left.end == right.start for left, right in itertools.pairwise(planned))
    found, above, _ = read_parts(source, options, planned)
    serial = CsvReader(source, options)
    assert found == [shape(record) for record in serial]
    assert (above, above.lines) == (serial.rows, serial.lines)


@given(st.booleans(), NASTY, st.integers(2, 9), st.sampled_from([None, "cp932", "euc_jp", "latin-1"]))
@example(False, b"a,b\r,,\r\na,b,c\n", 9, None)
@example(True, b"a,b,c\n" * 9, 4, None)
@settings(max_examples=1000, deadline=None)
def test_parts_give_what_one_reader_gives(bom, data, count, encoding):
    data = (b"\xef\xbb\xbf" if bom else b"") + b"x,y,z\n" + data
    source, options = Source.of(data), {"encoding": encoding}
    assert_same(source, options, list(CsvReader.plan_parts(source, options, count)))


@given(NASTY, st.data(), st.sampled_from([(None, 1), (None, 7), (3, 1 << 16), (20, 1 << 16)]))
@settings(max_examples=1000, deadline=None)
def test_the_worst_cuts_do_no_harm(data, choice, sizes):
    """Cuts anywhere after a line with text: inside quotes too, after a fault, amid the search for the next good row."""
    limit, chunk = sizes
    data = b"x,y,z\n" + data
    lines = data.splitlines(keepends=True)
    ends = list(itertools.accumulate(map(len, lines)))
    cuts = [end for line, end in zip(lines, ends, strict=True) if line.endswith(b"\n") and line.strip(b'",\r\n')]
    chosen = sorted(choice.draw(st.sets(st.sampled_from(cuts))))
    planned = [Part(start, end) for start, end in itertools.pairwise([0, *chosen, None])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convert.source.CHUNK", chunk)
        assert_same(Source.of(data), {"max_record": limit}, planned)


def test_parts_are_made_at_all():
    data = b"x,y\n" + b'1,"two\nlines"\r\n' * 1000
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    assert len(planned) == 4
    found, above, clean = read_parts(Source.of(data), {}, planned)
    assert clean == [True] * 4
    assert (len(found), above, above.lines) == (1000, 1001, 2001)


@pytest.mark.parametrize("row", ['目,"二\r\n行"\r\n', '"目,\n\n1,2\n3","""4"",\n5,6"\r\n', '目,"' + "x\n" * 90 + '"\n'])
def test_no_cut_inside_quotes(row):
    data = b"x,y\r\n" + row.replace("\n", "\r").encode() * 3 + row.encode() * 300
    source = Source.of(data)
    planned = list(CsvReader.plan_parts(source, {}, 7))
    assert len(planned) == 7
    found, _, clean = read_parts(source, {}, planned)
    assert clean == [True] * 7
    assert found == [shape(record) for record in CsvReader(source, {})]


def test_a_table_in_a_cell_is_cut_wrong_and_read_right():
    """Only the reader of the part before a cut can tell that it stands inside quotes."""
    data = b"x,y\n" + (b'1,"' + b"2,3\n" * 200 + b'"\n') * 10
    source = Source.of(data)
    planned = list(CsvReader.plan_parts(source, {}, 12))
    assert not all(read_parts(source, {}, planned)[2])
    assert_same(source, {}, planned)


def test_long_rows_and_rows_too_long_to_look_at(monkeypatch):
    data = b"x,y\n" + (b"1," + b"y" * 500 + b"\n") * 50
    for reach, count in (((100, 6000), 5), ((100, 500), 1), ((3000, 6000), 5)):
        monkeypatch.setattr(parts, "REACH", reach)
        planned = list(CsvReader.plan_parts(Source.of(data), {}, 5))
        assert len(planned) == count
        assert_same(Source.of(data), {}, planned)


def test_the_search_for_a_cut_ends(monkeypatch):
    monkeypatch.setattr(parts, "EFFORT", 50)
    data = b"x,y\n" + b"1,2\n" * 10 + b"1,2,3\n" * 1000 + b"1,2\n" * 10
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    assert planned == [Part()]


def test_no_cut_in_the_head():
    head = b'"x\r\nX",\n,\n' + b"title,\n" * 50 + b'"a\nA",b\n'
    source = Source.of(head + b"1,2\n" * 20)
    options = {"header_row": 53}
    planned = list(CsvReader.plan_parts(source, options, 9))
    assert planned[0].end >= len(head)
    assert len(planned) > 2
    assert_same(source, options, planned)


def test_a_quote_that_is_never_closed_ends_with_the_limit(monkeypatch):
    monkeypatch.setattr("convert.source.CHUNK", 64)
    data = b"x,y\n" + b"1,2\n" * 50 + b'1,"2\n' + b"1,2\n" * 950
    planned = list(CsvReader.plan_parts(Source.of(data), {"max_record": 100}, 9))
    assert all(read_parts(Source.of(data), {"max_record": 100}, planned)[2])
    assert_same(Source.of(data), {"max_record": 100}, planned)


def test_one_part_where_bytes_do_not_tell(tmp_path):
    text = "x,y\n" + "1,2\n" * 100
    one = [Part()]
    assert list(CsvReader.plan_parts(Source.of(text.encode("utf-16")), {}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.encode()), {"encoding": "iso2022_jp"}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.replace("\n", "\r").encode()), {}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.encode()), {}, 1)) == one
    assert list(CsvReader.plan_parts(Source.of(b""), {}, 4)) == one


def test_a_stray_quote_leaves_a_part_unclean():
    """Where the next good row is looked for until the end; a fault that is over before it does no harm."""
    data = b"x,y\n" + b"1,2\n" * 10 + b'1,"2\n' + b"1,2\n" * 100
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    assert read_parts(Source.of(data), {}, planned)[2][0] is False
    assert_same(Source.of(data), {}, planned)
    data = b"x,y\n" + (b"1,2\n" * 20 + b'1,a"2\n' + b'1,"2"a\n') * 20
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    assert all(read_parts(Source.of(data), {}, planned)[2][:-1])
    assert_same(Source.of(data), {}, planned)
