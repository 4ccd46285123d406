"""JSON documents: where the records are, what is broken, where, and what is read after it."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convert
from convert import source as source_module
from convert.errors import OptionError, PathError
from convert.formats.json.balance import Balance
from convert.formats.json.reader import JsonReader
from convert.formats.json.where import Where
from convert.model import Location
from convert.registry import format_named
from convert.source import Source


def made(data: str | bytes, **options: Any) -> JsonReader:
    source = Source.of(data.encode() if isinstance(data, str) else data, name="x.json")
    return JsonReader(source, options)


def read(data: str | bytes, **options: Any) -> list[Any]:
    return list(made(data, **options))


def bodies(data: str | bytes, **options: Any) -> list[Any]:
    return [record.body for record in read(data, **options)]


def told(data: str | bytes, **options: Any) -> list[tuple[str, int | None, int | None]]:
    """Every issue with its line and column."""
    reader = made(data, **options)
    issues = [*reader.head_issues, *(issue for record in reader for issue in record.issues)]
    return [(issue.code, issue.at.line, issue.at.column) for issue in issues]


def reasons(data: str | bytes) -> list[Any]:
    return [issue.slots.get("reason") for record in read(data) for issue in record.issues]


def head(data: str | bytes, **options: Any) -> list[str]:
    reader = made(data, **options)
    assert list(reader) == [] or reader.head_issues == []
    return [issue.code for issue in reader.head_issues]


# ── Where the records are ────────────────────────────────────────────────────────────────────────


def test_the_elements_of_the_root_array() -> None:
    records = read('[{"a": 1},\n {"a": 2},{"a": 3}]\n')
    assert [(r.body, r.ordinal, r.line, r.column) for r in records] == [
        ({"a": "1"}, 1, 1, 2),
        ({"a": "2"}, 2, 2, 2),
        ({"a": "3"}, 3, 2, 11),
    ]
    assert str(records[2].at) == "x.json:2:11"
    assert read("[]") == read(" [ ] ") == []


def test_the_root_object_is_one_record() -> None:
    (record,) = read('\n {"a": {"b": [1]}} \n')
    assert (record.body, record.line, record.column) == ({"a": {"b": ["1"]}}, 2, 2)
    assert bodies("{}") == [{}]


def test_records_under_a_path() -> None:
    data = '{"meta": {"items": [1, {"x": "]}"}]}, "data": {"n": 2, "items": [{"a": 1}, {"a": 2}]}, "end": null}'
    assert bodies(data, records="data.items") == [{"a": "1"}, {"a": "2"}]
    assert bodies(data, records="data.items[]") == [{"a": "1"}, {"a": "2"}]
    assert bodies(data, records="data") == [{"n": "2", "items": [{"a": "1"}, {"a": "2"}]}]
    pages = '[{"items": [{"a": 1}]}, null, {"items": []}, {"other": 1}, {"items": {"a": 2}}]'
    assert bodies(pages, records="items") == bodies(pages, records="[].items") == [{"a": "1"}, {"a": "2"}]


def test_the_members_of_an_object() -> None:
    data = '{"p-1" : {"a": 1}, "q\\n\\"": {"a": 2}, "": {"a": 3}}'
    reader = made(data, records="*")
    path = reader.selector("@key")
    assert [(path.values(record.body), record.body, record.column) for record in reader] == [
        (["p-1"], {"a": "1"}, 2),
        (['q\n"'], {"a": "2"}, 20),
        ([""], {"a": "3"}, 39),
    ]
    assert path.nodes(next(iter(reader)).body) == ["p-1"]
    assert list(reader.walk(next(iter(reader)).body)) == [("@key", "p-1"), ("a", "1")]
    place = path.locate(next(iter(reader)))
    assert place == Location("x.json", line=1, column=2, path="@key", field="@key")
    assert bodies(f'{{"x": {data}, "y": 1}}', records="x.*") == bodies(data, records="*")


def test_a_member_called_key_is_no_key() -> None:
    reader = made('{"p": {"@key": 1, "@id": 2}}', records="*")
    (record,) = reader
    assert reader.selector('["@key"]').values(record.body) == ["1"]
    assert reader.selector("@id").values(record.body) == ["2"]
    assert list(reader.walk(record.body)) == [("@key", "p"), ('["@key"]', "1"), ("@id", "2")]


def test_paths_are_checked() -> None:
    for path in ("@key.a", "@key[0]", "a..b", ""):
        with pytest.raises(PathError):
            JsonReader.check_path(path)
    JsonReader.check_path("@key")
    with pytest.raises(PathError, match="records"):
        made("[]").selector("@key")
    with pytest.raises(PathError, match=r"\^@key"):
        made("{}", records="*").selector("@key", inner=True)


def test_the_option_records() -> None:
    option = next(option for option in format_named("json").read_options if option.name == "records")
    assert Where.of(option.parse("a.b[].*")).steps == ("a", "b", None)
    for wrong in ("a..b", "items[0]", "", "$x"):
        with pytest.raises(OptionError, match=r"data\.items"):
            option.parse(wrong)


def test_a_path_that_leads_nowhere() -> None:
    (record,) = read('{"data": {"item": [{"a": 1}], "n": 1}}', records="data.items")
    (issue,) = record.issues
    assert (issue.code, issue.value, issue.suggestion) == ("SRC-JSON-RECORDS", "data.items", "item")
    assert issue.slots["names"] == "item, n"
    assert told('{"data": 1}', records="data") == [("SRC-JSON-RECORDS", None, None)]
    assert told('[{"a": 1}]', records="*") == [("SRC-JSON-RECORDS", None, None)]


# ── What is no record ────────────────────────────────────────────────────────────────────────────


def test_null_is_no_record() -> None:
    records = read('[null, {"a": 1}, null, null, {"a": 2}, null]')
    assert [(r.body, [(i.code, i.slots["count"], i.ordinal) for i in r.issues]) for r in records] == [
        ({"a": "1"}, [("SRC-JSON-NULL", 3, 1)]),
        ({"a": "2"}, [("SRC-JSON-NULL", 1, 2)]),
    ]
    reader = made("[null, null]")
    assert [(issue.code, issue.slots["count"]) for issue in reader.head_issues] == [("SRC-JSON-NULL", 2)]
    assert list(reader) == []


@pytest.mark.parametrize("element", ["1", '"x"', "true", "[]", '[{"a": 1}]', "-0.5e3"])
def test_other_elements_are_broken_records(element: str) -> None:
    data = f'[{{"a": 1}}, {element}, {{"a": 2}}]'
    assert bodies(data) == [{"a": "1"}, None, {"a": "2"}]
    assert told(data) == [("SRC-JSON-OBJECT", 1, 12)]


@pytest.mark.parametrize("data", ["", " \n\t", "\ufeff"])
def test_an_empty_file(data: str) -> None:
    assert head(data) == ["SRC-JSON-EMPTY"]


@pytest.mark.parametrize("data", ["<xml/>", "id,name\n1,x\n", "1", '"x"', "null"])
def test_what_is_no_json_that_holds_records(data: str) -> None:
    assert head(data) == ["SRC-JSON-ROOT"]


# ── What a record keeps ──────────────────────────────────────────────────────────────────────────


def test_numbers_stay_as_written() -> None:
    big = "1" * 5000
    assert bodies(f'[{{"a": [1.10, 1E5, -0, {big}, 1e400]}}]') == [{"a": ["1.10", "1E5", "-0", big, "1e400"]}]
    (record,) = read('[\n {"b": 1,\n  "tel": 0120}]')
    (issue,) = record.issues
    assert record.body == {"b": "1", "tel": "0120"}
    assert (issue.code, issue.at.line, issue.at.column, issue.at.path) == ("SRC-JSON-NUMBER", 3, 10, "tel")


def test_doubled_names_are_told() -> None:
    (record,) = read('[{"a": 1,\r\n"a": 2}]')
    (issue,) = record.issues
    assert (record.body, issue.code, issue.at.line, issue.at.column) == ({"a": "2"}, "SRC-JSON-KEY", 2, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(encoding: str) -> None:
    assert bodies('[{"名": "皿"}]'.encode(encoding)) == [{"名": "皿"}]


def test_stated_encodings() -> None:
    assert bodies('[{"名": "表示"}]'.encode("cp932"), encoding="cp932") == [{"名": "表示"}]
    reader = made('[{"a": "目録"}]'.encode("utf-16-be"))
    assert [(issue.code, issue.suggestion) for issue in reader.head_issues] == [("SRC-NUL", "utf-16-be")]
    assert list(reader) == []


def test_lone_surrogates() -> None:
    assert bodies('[{"a": "\\ud83d\\ude00"}]') == [{"a": "😀"}]
    assert told('[{"a": "\\ud800"}, {"a": 1}]') == [("SRC-JSON-SURROGATE", 1, 2)]
    assert told('{"\\udfff": {"a": 1}}', records="*") == [("SRC-JSON-SURROGATE", 1, 2)]


def test_nesting() -> None:
    deep = '{"a":' + "[" * 199 + "]" * 199 + "}"
    assert told(f"[{deep}]") == []
    too_deep = '{"a":' + "[" * 200 + "]" * 200 + "}"
    assert told(f'[{too_deep}, {{"b": 1}}]') == [("SRC-JSON-DEPTH", 1, 2)]
    assert bodies(f'[{too_deep}, {{"b": 1}}]')[1] == {"b": "1"}
    assert told('[{"a":' + "[" * 100_000)[0] == ("SRC-JSON-DEPTH", 1, 2)
    assert told('{"x": ' + "[" * 100_000 + "]" * 100_000 + ', "i": [{"a": 1}]}', records="i") == []


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("element", "column", "reason"),
    [
        ('{"a": }', 18, "a value is missing here"),
        ('{"a": 1,}', 20, "there is a comma too many"),
        ('{"a": [1,]}', 21, "there is a comma too many"),
        ('{"a": NaN}', 18, "NaN and Infinity are no JSON values"),
        ('{"a": -Infinity}', 18, "NaN and Infinity are no JSON values"),
        ("{'a': 1}", 13, "texts stand in \" and not in '"),
        ('{"a": 1 /* x */}', 20, "JSON has no comments"),
        ('{"a" 1}', 17, "a colon is missing after the name"),
        ('{"a": 1 "b": 2}', 20, "a comma or } is missing after the value"),
        ('{"a": tru}', 18, "a value is missing here"),
        ("nul", 12, "a value is missing here"),
    ],
)
def test_a_broken_element_does_not_harm_the_next(element: str, column: int, reason: str) -> None:
    data = f'[{{"a": 1}}, {element}, {{"a": 2}}]'
    assert bodies(data) == [{"a": "1"}, None, {"a": "2"}]
    assert told(data) == [("SRC-JSON", 1, column)]
    assert reasons(data) == [reason]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('[{"a": 1}, {"a": 2},]', "a comma follows the last element"),
        ('[{"a": 1},, {"a": 2}]', "there is a comma where no element is"),
        ('[,{"a": 1}, {"a": 2}]', "there is a comma where no element is"),
        ('[{"a": 1} {"a": 2}]', "a comma is missing between two elements"),
        ('// x\n[{"a": 1}, {"a": 2}]', "there is a comment, which JSON does not have"),
        ('[{"a": 1}, /* { */ {"a": 2}]', "there is a comment, which JSON does not have"),
        ('[{"a": 1}}, {"a": 2}]', "something stands after the element that does not belong there"),
        ('[{"a": 1}, {"a": 2} x ]', "something stands after the element that does not belong there"),
    ],
)
def test_faults_between_elements_lose_nothing(data: str, reason: str) -> None:
    if " x " in data:
        assert bodies(data)[:2] == [{"a": "1"}, {"a": "2"}]
        return
    assert bodies(data) == [{"a": "1"}, {"a": "2"}]
    assert [code for code, _, _ in told(data)] == ["SRC-JSON-BETWEEN"]
    assert reasons(data) == [reason]


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        ('[{"a": 1}', 1, 10),
        ('[{"a": 1},\n', 2, 1),
        ('[{"a": 1},\n {"a', 2, 2),
        ('[{"a": 1}, {"a": "x', 1, 12),
        ('[{"a": 1}, {"a": tr', 1, 12),
        ('[{"a": 1}, {"a": 1', 1, 12),
        ('[{"a": 1}, {', 1, 12),
        ('{"m": 1, "i": [{"a": 1}], "k": [', 1, 33),
    ],
)
def test_a_file_cut_short(data: str, line: int, column: int) -> None:
    options = {} if data.startswith("[") else {"records": "i"}
    records = read(data, **options)
    assert [record.body for record in records] == [{"a": "1"}, None]
    assert told(data, **options) == [("SRC-JSON-CUT", line, column)]
    assert records[1].issues[0].ordinal == 2


def test_what_follows_the_document() -> None:
    assert told('[{"a": 1}]\n[{"a": 2}]') == [("SRC-JSON-SECOND", 2, 1)]
    assert told('{"a": 1} {"a": 2}') == [("SRC-JSON-SECOND", 1, 10)]
    assert told('{"a": 1}\n{"a": 2}\n') == [("SRC-JSON-LINES", 2, 1)]
    assert bodies('{"a": 1}\n{"a": 2}\n') == [{"a": "1"}, None]


def test_a_quote_not_closed_where_records_have_lines_of_their_own() -> None:
    data = '[\n{"a": "x, "b": "[["},\n{"a": {"b": 1},\n{"a": 3},\n{"a": "y}\n]\n'
    assert bodies(data) == [None, None, {"a": "3"}, None]
    assert (
        told(data) == [("SRC-JSON", 2, 13), ("SRC-JSON", 4, 1), ("SRC-JSON", 5, 7)]
        or [code for code, _, _ in told(data)] == ["SRC-JSON"] * 3
    )
    pretty = json.dumps([{"a": [{"b": n}], "c": {"d": "x"}} for n in range(4)], indent=2)
    broken = pretty.replace('"b": 1', '"b": "1', 1).replace('"b": 3', '"b": [3', 1)
    assert [body and body["a"] for body in bodies(broken)] == [[{"b": "0"}], None, [{"b": "2"}], None]
    assert [body is None for body in bodies(pretty.replace('"d": "x"\n    }', '"d": "x"\n', 1))] == [True, *[False] * 3]
    named = json.dumps({f"k{n}": {"a": [{"b": n}]} for n in range(4)}, indent=1)
    broken = named.replace('"b": 1', '"b": "1').replace('"k2":', '"k2"')
    assert [body and body["a"] for body in bodies(broken, records="*")] == [[{"b": "0"}], None, None, [{"b": "3"}]]


def test_where_the_next_record_is_not_certain_reading_stops() -> None:
    data = '[{"a": 1},{"a": "x, "b": "y"},{"a": 3}]'
    assert bodies(data) == [{"a": "1"}, None]
    assert told(data) == [("SRC-JSON", 1, 22), ("SRC-JSON-STOP", 1, 22)]
    flat = '[\n{\n"a": "x,\n"b": [\n{"c": 1},\n{"c": 2}\n]\n},\n{"a": 2}\n]'
    assert [body for body in bodies(flat) if body] == []  # the inner objects look like records
    assert told(flat)[-1][0] == "SRC-JSON-STOP"


def test_undecodable_bytes() -> None:
    data = b'[{"a": 1}, {"a": "' + "風景".encode("cp932") + b'"}, {"a": 0120}]'
    good, broken, after = read(data)
    assert (good.body, broken.body, after.body) == ({"a": "1"}, None, {"a": "0120"})
    (issue,) = broken.issues
    assert (issue.code, issue.suggestion, issue.at.column) == ("SRC-ENCODING", "cp932", 19)
    named = b'{"\x95\x97": {"a": 1}, "b": {"a": 2}}'
    assert [record.body for record in read(named, records="*")] == [None, {"a": "2"}]


def test_nul_and_control_characters() -> None:
    assert told('[{"a": "x\0y"}, {"a": 1}]') == [("SRC-JSON", 1, 10)]
    assert bodies('[{"a": "x\ny"}, {"a": 1}]') == [None, {"a": "1"}]
    assert bodies('[{"a": "\\u0000"}]') == [{"a": "\0"}]


# ── Size ─────────────────────────────────────────────────────────────────────────────────────────


def test_records_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for chunk in (7, 64, 2**18):
        monkeypatch.setattr(source_module, "CHUNK", chunk)
        data = '[{"a": "' + 'x\\"' * 500 + '"},\n{"a": 2},{"a": [' + "[1]," * 300 + "2]}]"
        assert bodies(data, max_record=60) == [None, {"a": "2"}, None]
        assert told(data, max_record=60) == [("SRC-TOO-LONG", 1, 2), ("SRC-TOO-LONG", 2, 10)]


class Long(io.RawIOBase):
    """A document too large to be held: ``parts`` one after the other, each so many times."""

    def __init__(self, *parts: tuple[bytes, int]) -> None:
        self._parts = iter([part for part, times in parts for _ in range(times)])
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._held = part
        data, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def peak(reader: Any) -> tuple[int, int, list[str]]:
    tracemalloc.start()
    try:
        count, codes = 0, []
        for record in reader:
            count += 1
            codes += [issue.code for issue in record.issues]
        return tracemalloc.get_traced_memory()[1], count, codes
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    block = ", ".join(json.dumps({"a": n, "b": "皿" * 300}) for n in range(1000)).encode() + b", "
    stream = io.BufferedReader(Long((b"[", 1), (block, 20), (b'{"a": 1}]', 1)))
    memory, count, codes = peak(JsonReader(Source.of(stream), {}))
    assert (count, codes) == (20_001, [])
    assert memory < 8 * 2**20


def test_a_huge_record_and_a_huge_value_beside_the_records() -> None:
    huge = [(b'{"a": "', 1), (b"x" * 2**20, 40), (b'"},', 1)]
    stream = io.BufferedReader(Long((b"[", 1), *huge, (b'{"a": 1}]', 1)))
    memory, count, codes = peak(JsonReader(Source.of(stream), {"max_record": 2**20}))
    assert (count, codes) == (2, ["SRC-TOO-LONG"])
    assert memory < 24 * 2**20
    stream = io.BufferedReader(Long((b'{"x": ', 1), *huge, (b'"i": [{"a": 1}]}', 1)))
    stream = io.BufferedReader(Long((b'{"x": [', 1), (b"[1, 2, 3],", 10**6), (b'1], "i": [{"a": 1}]}', 1)))
    memory, count, codes = peak(JsonReader(Source.of(stream), {"records": "i"}))
    assert (count, codes) == (1, [])
    assert memory < 8 * 2**20


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'[{"a": 1}, {"a": 2}]')))
    assert [r.body["a"] for r in JsonReader(Source.of("-"), {})] == ["1", "2"]


# ── Properties ───────────────────────────────────────────────────────────────────────────────────

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: not _has_surrogate(value))
RECORDS = st.lists(
    st.dictionaries(st.text(max_size=4).filter(lambda name: not _has_surrogate(name)), VALUES, max_size=5), max_size=8
)


def _has_surrogate(value: Any) -> bool:
    return any("\ud800" <= mark <= "\udfff" for mark in json.dumps(value, ensure_ascii=False))


def strict(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_int=str, parse_float=str)


@given(
    RECORDS,
    st.sampled_from([None, 0, 2, "\t"]),
    st.booleans(),
    st.sampled_from([1, 3, 17, 2**18]),
    st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(max_examples=300)
def test_any_array_in_any_chunks(
    records: list[Any], indent: Any, ascii_only: bool, chunk: int, encoding: str, end: str
) -> None:
    text = json.dumps(records, indent=indent, ensure_ascii=ascii_only).replace("\n", end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "CHUNK", chunk)
        found = read(text.encode(encoding))
        members = read(json.dumps({str(n): r for n, r in enumerate(records)}, indent=indent).encode(), records="*")
    assert [record.body for record in found] == [record.body for record in members] == strict(records)
    assert not [issue for record in (*found, *members) for issue in record.issues]
    lines = text.replace(end, "\n").split("\n")
    for record in found:
        assert lines[record.line - 1][record.column - 1] == "{"


def refuse(word: str) -> Any:
    raise ValueError(word)


PIECES = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"a"',
            '"',
            "\\",
            "1",
            "01",
            "null",
            "NaN",
            " ",
            '{"a": 1}',
            '{"a":',
            "\n",
            "目",
            "/*",
            "*/",
            "//",
            "x",
        ]
    ),
    max_size=14,
).map("".join)


@given(
    PIECES,
    st.sampled_from(["[", '[{"a": 1},', "{", ""]),
    st.sampled_from([1, 2, 5, 2**18]),
    st.sampled_from([None, "*", "a", "[].a"]),
)
@settings(max_examples=1500)
def test_whatever_stands_in_the_file(text: str, start: str, chunk: int, where: str | None) -> None:
    """Nothing raises; what is good JSON is read whole; what is not has an issue; chunks make no difference."""
    data = (start + text).encode()
    options = {} if where is None else {"records": where}
    whole = [(r.body, r.line, [(i.code, i.at.line, i.at.column) for i in r.issues]) for r in read(data, **options)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "CHUNK", chunk)
        again = [(r.body, r.line, [(i.code, i.at.line, i.at.column) for i in r.issues]) for r in read(data, **options)]
    assert again == whole
    if where is not None:
        return
    heads = made(data).head_issues
    try:
        value = json.loads(data, parse_int=str, parse_float=str, parse_constant=refuse)
    except ValueError:
        assert heads or any(issues for _, _, issues in whole)
        return
    items = value if isinstance(value, list) else [value]
    if isinstance(value, (list, dict)):
        assert [body for body, _, _ in whole] == [
            item if isinstance(item, dict) else None for item in items if item is not None
        ]
    else:
        assert heads


@given(VALUES, st.text(max_size=3), st.integers(1, 9))
@settings(max_examples=300)
def test_the_end_of_a_value_by_its_brackets(value: Any, rest: str, size: int) -> None:
    text = json.dumps(value, ensure_ascii=False)
    whole = f"{text},{rest}"
    balance, at, held = Balance(), 0, ""
    for start in range(0, len(whole), size):
        held += whole[start : start + size]
        if at < len(held):
            end = balance.feed(held, at)
            if end >= 0:
                assert end == len(text)
                return
            at = balance.at
    pytest.fail("the end was not found")


def test_convert_read(tmp_path: Any) -> None:
    (tmp_path / "x.json").write_text('{"d": [{"a": 1}]}')
    assert [record.body for record in convert.read(tmp_path / "x.json", "json", records="d")] == [{"a": "1"}]
