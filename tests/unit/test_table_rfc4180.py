"""The exact parser against ``csv`` and against the letter of the standard."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.formats.table.rfc4180 import Fault, Parsed, is_well_formed, parse_record

CELLS = st.text(alphabet='a ,"\t\r\n目', max_size=8)


def split(text):
    return io.StringIO(text, newline="").readlines()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from([",", "\t"]))
@settings(max_examples=300, deadline=None)
def test_well_formed_text_reads_as_csv_reads_it(rows, delimiter):
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(rows)
    lines = split(target.getvalue())
    index, found = 0, []
    while index < len(lines):
        parsed = parse_record(lines, index, delimiter)
        assert isinstance(parsed, Parsed)
        assert is_well_formed("".join(lines[index : parsed.next]), delimiter)
        found.append(parsed.fields)
        index = parsed.next
    assert found == rows == list(csv.reader(lines, strict=True, delimiter=delimiter))


@given(st.text(alphabet='a,"\r\n', min_size=1, max_size=14))
@settings(max_examples=1500, deadline=None)
def test_parser_and_pattern_agree_on_any_text(text):
    lines = split(text)
    parsed = parse_record(lines)
    whole = isinstance(parsed, Parsed) and parsed.next == len(lines)
    assert is_well_formed(text, ",") == whole
    if whole:
        assert next(csv.reader(lines, strict=True)) == (parsed.fields if parsed.fields != [""] or '"' in text else [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('a,b"c\n', Fault("bare", 0, 2)),
        ('a, "c"\n', Fault("bare", 0, 2)),
        ('a,"b"c\n', Fault("after", 0, 2)),
        ('"a"" ,b\n', Fault("open", 0, 1)),
        ('a,"b\nc\n"d\n', Fault("after", 2, 2)),
        ('"a\nb', Fault("open", 1, 1)),
        ('"', Fault("open", 0, 1)),
    ],
)
def test_faults_are_named_with_their_place(text, fault):
    assert parse_record(split(text)) == fault


@pytest.mark.parametrize("delimiter", list("^-]\\|;$.*a"))
def test_any_delimiter_is_taken_as_it_is(delimiter):
    raw = f'x{delimiter}"y{delimiter}""z"\n'
    assert is_well_formed(raw, delimiter)
    assert parse_record([raw], 0, delimiter) == Parsed(["x", f'y{delimiter}"z'], 1)
