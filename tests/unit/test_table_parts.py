"""Parts read one by one give what one reader gives."""

from __future__ import annotations

import itertools

from hypothesis import example, given, settings
from hypothesis import strategies as st

from convert.formats.base import Part
from convert.formats.table import parts
from convert.formats.table.reader import CsvReader
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


def shape(record, rows=0, records=0):
    issues = tuple(
        (i.code, i.at.moved(rows=rows), i.moved(records=records, rows=rows).ordinal, i.value, str(i.slots))
        for i in record.issues
    )
    body = None if record.body is None else tuple(record.body)
    return body, record.line, record.row + rows, record.ordinal + records, issues


def read_parts(source, options, planned):
    found, rows, records, clean = [], 0, 0, []
    for part in planned:
        reader = CsvReader(source, options, part)
        own = [shape(record, rows, records) for record in reader]
        found += own
        rows += reader.rows
        records += len(own)
        clean.append(reader.clean_end)
    return found, rows, clean


@given(st.booleans(), NASTY, st.integers(2, 9), st.sampled_from([None, "cp932", "euc_jp", "latin-1"]))
@example(False, b"a,b\r,,\r\na,b,c\n", 9, None)
@example(True, b"a,b,c\n" * 9, 4, None)
@settings(max_examples=1500, deadline=None)
def test_parts_give_what_one_reader_gives(bom, data, count, encoding):
    data = (b"\xef\xbb\xbf" if bom else b"") + b"x,y,z\n" + data
    source, options = Source.of(data), {"encoding": encoding}
    planned = list(CsvReader.plan_parts(source, options, count))
    assert planned[0].start == 0
    assert planned[-1].end is None
    assert all(left.end == right.start for left, right in itertools.pairwise(planned))
    found, rows, clean = read_parts(source, options, planned)
    if all(clean[:-1]):
        serial = CsvReader(source, options)
        assert found == [shape(record) for record in serial]
        assert rows == serial.rows


def test_parts_are_made_at_all():
    data = b"x,y\n" + b'1,"two\nlines"\r\n' * 1000
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    assert len(planned) == 4
    assert [part.lines for part in planned[1:]] == [data[: part.start].count(b"\n") for part in planned[1:]]


def test_parts_across_blocks(monkeypatch):
    data = b"x,y\r\n" + '目,"二\r\n行"\r'.encode() * 3 + '目,"二\r\n行"\r\n'.encode() * 300
    source = Source.of(data)
    serial = [shape(record) for record in CsvReader(source, {})]
    for block in (1, 2, 3, 7, 100):
        monkeypatch.setattr(parts, "BLOCK", block)
        planned = list(CsvReader.plan_parts(source, {}, 7))
        assert len(planned) == 7
        assert read_parts(source, {}, planned)[0] == serial


def test_one_part_where_bytes_do_not_tell(tmp_path):
    text = "x,y\n" + "1,2\n" * 100
    one = [Part()]
    assert list(CsvReader.plan_parts(Source.of(text.encode("utf-16")), {}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.encode()), {"encoding": "iso2022_jp"}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.replace("\n", "\r").encode()), {}, 4)) == one
    assert list(CsvReader.plan_parts(Source.of(text.encode()), {}, 1)) == one
    assert list(CsvReader.plan_parts(Source.of(b""), {}, 4)) == one


def test_a_stray_quote_leaves_a_part_unclean():
    data = b"x,y\n" + b"1,2\n" * 10 + b'1,"2\n' + b"1,2\n" * 100
    planned = list(CsvReader.plan_parts(Source.of(data), {}, 4))
    found, _, clean = read_parts(Source.of(data), {}, planned)
    assert clean[0] is False
    assert found
