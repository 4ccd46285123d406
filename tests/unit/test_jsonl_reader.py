"""JSON Lines: what is read, what is broken, and where."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert import source as source_module
from convert.formats.base import Part, Reader, parse_options
from convert.formats.jsonl import FORMATS
from convert.formats.jsonl.lenient import MAX_DEPTH
from convert.formats.jsonl.reader import JsonLinesReader
from convert.model import Location
from convert.source import Source


def reader_of(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return JsonLinesReader(Source.of(data, name="x.jsonl"), options)


def read(data, **options):
    return list(reader_of(data, **options))


def only(data, **options):
    (record,) = read(data, **options)
    (issue,) = record.issues
    return record, issue


def test_one_object_per_line():
    reader = reader_of('\ufeff{"作品名": "風景"}\r\n\r\n  \n{"a": 1}\n{"b": null}'.encode())
    assert isinstance(reader, Reader)
    assert [(r.body, r.line, r.ordinal, r.row, list(r.issues)) for r in reader] == [
        ({"作品名": "風景"}, 1, 1, None, []),
        ({"a": "1"}, 4, 2, None, []),
        ({"b": None}, 5, 3, None, []),
    ]
    assert (reader.head_issues, reader.columns, reader.clean_end, reader.rows) == ([], None, True, 0)


def test_numbers_stay_as_written():
    big = "1" * 5000
    (record,) = read(f'{{"a": [1.10, 1E5, -0, {big}, 1e999]}}')
    assert record.body["a"] == ["1.10", "1E5", "-0", big, "1e999"]


def test_a_broken_line_does_not_harm_the_next():
    good, broken, next_one = read('{"a": 1}\n{"a": }\n{"a": 2}\n')
    assert (good.body, broken.body, next_one.body) == ({"a": "1"}, None, {"a": "2"})
    (issue,) = broken.issues
    assert (issue.code, issue.at, issue.ordinal) == ("SRC-JSON", Location("x.jsonl", line=2, column=7), 2)
    assert issue.slots["reason"] == "a value is missing here"
    assert issue.slots["reason_ja"]
    assert issue.value == '{"a": }'


@pytest.mark.parametrize("line", ['["a"]', '"a"', "1", "null", "true"])
def test_what_is_no_object(line):
    record, issue = only(line)
    assert (record.body, issue.code) == (None, "SRC-JSON-OBJECT")


def test_leading_zeros_are_kept_with_a_warning():
    record, issue = only('{"tel": 0120}')
    assert record.body == {"tel": "0120"}
    assert (issue.code, issue.value, issue.at.path, issue.at.column) == ("SRC-JSON-NUMBER", "0120", "tel", 9)


def test_the_last_of_doubled_names_is_kept_with_a_warning():
    record, issue = only('{"a": [{"b": "x", "b": {"c": 1}}]}')
    assert record.body == {"a": [{"b": {"c": "1"}}]}
    assert (issue.code, issue.at.path) == ("SRC-JSON-KEY", "a[0].b")
    assert issue.slots == {"key": "b", "path": "a[0].b", "dropped": "x", "kept": '{"c": "1"}'}


def test_deep_nesting():
    assert only('{"a":' * 100_000)[1].code == "SRC-JSON-DEPTH"
    deep = MAX_DEPTH - 1
    assert len(read('{"a":' + "[" * deep + "]" * deep + "}")) == 1
    assert not read('{"a":' + "[" * deep + "]" * deep + "}")[0].issues
    assert not read(json.dumps({"a": [{}] * 500, "b": "{" * 500}))[0].issues


def test_lone_surrogates():
    record, issue = only('{"a": {"b": ["x", "\\ud800"]}}')
    assert (record.body, issue.code, issue.at.path) == (None, "SRC-JSON-SURROGATE", "a.b[1]")
    issue.value.encode()
    assert only('{"\\uDFFF": 1}')[1].code == "SRC-JSON-SURROGATE"
    assert read('{"a": "\\ud83d\\ude00"}')[0].body == {"a": "😀"}
    assert read('{"a": "\\u0000"}')[0].body == {"a": "\0"}


def test_undecodable_bytes():
    good, broken, after = read(b'{"a": 1}\n{"a": "' + "風景".encode("cp932") + b'"}\n{"a": 0120}\n')
    assert (good.body, broken.body, after.body) == ({"a": "1"}, None, {"a": "0120"})
    (issue,) = broken.issues
    assert (issue.code, issue.suggestion) == ("SRC-ENCODING", "cp932")
    assert issue.at == Location("x.jsonl", line=2, column=8)
    assert read('{"a": "風景"}\n'.encode("cp932"), encoding="cp932")[0].body == {"a": "風景"}


def test_lines_past_the_limit(monkeypatch):
    monkeypatch.setattr(source_module, "CHUNK", 7)
    records = read('{"a": "' + "x" * 500 + '"}\n{"a": 2}\n', max_record=20)
    assert [(r.body, [i.code for i in r.issues]) for r in records] == [(None, ["SRC-TOO-LONG"]), ({"a": "2"}, [])]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'{"a": 1}\n{"a": 2}\n')))
    assert [r.body["a"] for r in JsonLinesReader(Source.of("-"), {})] == ["1", "2"]


def texts(value):
    """What reading makes of a value: numbers as they are written."""
    if isinstance(value, dict):
        return {name: texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [texts(item) for item in value]
    return json.dumps(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=10,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), max_size=6),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.integers(1, 5),
)
@settings(max_examples=300, deadline=None)
def test_what_json_writes_reads_back(records, ascii_only, end, count):
    source = Source.of("".join(json.dumps(r, ensure_ascii=ascii_only) + end for r in records).encode())
    found = list(JsonLinesReader(source, {}))
    assert [record.body for record in found] == [texts(record) for record in records]
    assert not any(record.issues for record in found)
    planned = list(JsonLinesReader.plan_parts(source, {}, count))
    again, lines = [], 0
    for part in planned:
        reader = JsonLinesReader(source, {}, part)
        again += [(r.body, r.line + lines) for r in reader]
        lines += reader.lines
    assert again == [(r.body, r.line) for r in found]


def test_parts_are_made_where_bytes_tell():
    data = '{"a": "目"}\n' * 1000
    assert len(list(JsonLinesReader.plan_parts(Source.of(data.encode()), {}, 4))) == 4
    assert list(JsonLinesReader.plan_parts(Source.of(data.encode("utf-16")), {}, 4)) == [Part()]
    assert list(JsonLinesReader.plan_parts(Source.of(data.encode()), {}, 1)) == [Part()]


def test_the_format_declares_itself():
    (declared,) = FORMATS
    assert issubclass(declared.load_reader(), JsonLinesReader)
    assert parse_options(declared.read_options, {}) == {"encoding": None, "max_record": 64 * 2**20}
    assert (declared.nodes, declared.columns) == (True, False)
    JsonLinesReader.check_path("a[].b")
    assert reader_of("").selector("a", inner=True).values({"a": "x"}) == ["x"]
