"""CSV and TSV: what is read, what is broken, and where."""

from __future__ import annotations

import csv
import io
import sys
import time
from types import SimpleNamespace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convert import source as source_module
from convert.check.issue import Severity
from convert.errors import OptionError, PathError
from convert.formats.base import Reader, parse_options
from convert.formats.table import FORMATS
from convert.formats.table.reader import CsvReader, TsvReader
from convert.model import Location
from convert.source import Source


def reader_of(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return CsvReader(Source.of(data, name="museum.csv"), options)


def read(data, **options):
    return list(reader_of(data, **options))


def brief(records):
    return [(r.body, r.line, r.row, [i.code for i in r.issues]) for r in records]


# ── What is read ─────────────────────────────────────────────────────────────────────────────────


def test_rows_under_a_header():
    reader = reader_of('資料ID,作品名\r\nM-1,風景\r\nM-2,"二行の\r\n題"\r\nM-3,静物')
    assert isinstance(reader, Reader)
    assert reader.columns == ("資料ID", "作品名")
    assert brief(reader) == [
        (["M-1", "風景"], 2, 2, []),
        (["M-2", "二行の\r\n題"], 3, 3, []),
        (["M-3", "静物"], 5, 4, []),
    ]
    assert (reader.rows, reader.clean_end, reader.head_issues) == (4, True, [])
    assert [r.ordinal for r in reader] == [1, 2, 3]


def test_all_line_ends_may_be_mixed():
    assert [r.body for r in read("a,b\r1,2\n3,4\r\n5,6\r")] == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_other_line_separators_are_text():
    (record,) = read("a\nx\u2028y\u0085z\x0b\n")
    assert record.body == ["x\u2028y\u0085z\x0b"]


def test_a_bom_is_no_part_of_the_header():
    assert reader_of("\ufeffa,b\n".encode()).columns == ("a", "b")
    assert reader_of("a,目\n1,録\n".encode("utf-16")).columns == ("a", "目")


def test_a_contradicting_bom_wins_and_is_told():
    reader = reader_of("\ufeff目\n".encode(), encoding="cp932")
    assert reader.columns == ("目",)
    assert [(i.code, i.value, i.slots) for i in reader.head_issues] == [("SRC-BOM", "cp932", {"encoding": "utf-8"})]


def test_header_only():
    reader = reader_of("a,b\n")
    assert list(reader) == []
    assert (reader.head_issues, reader.rows) == ([], 1)


def test_tsv_and_other_delimiters():
    assert [r.body for r in TsvReader(Source.of(b'a\tb\n1,2\t"x\ty"\n'), {})] == [["1,2", "x\ty"]]
    assert [r.body for r in read("a;b\n1;2\n", delimiter=";")] == [["1", "2"]]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a,b\n\n1,2\n")))
    reader = CsvReader(Source.of("-"), {})
    assert reader.columns == ("a", "b")
    assert brief(reader) == [(["1", "2"], 3, 3, ["SRC-EMPTY-ROW"])]


def test_a_large_cell_is_fine():
    cell = 'x"\n' * 1_700_000
    quoted = cell.replace('"', '""')
    assert read(f'a,b\n1,"{quoted}"\n')[0].body == ["1", cell]


ROWS = st.lists(st.lists(st.text(alphabet='a ,"\r\n\t目', max_size=6), min_size=3, max_size=3), max_size=8)


@given(
    ROWS,
    st.sampled_from([",", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([0, 1]),
    st.integers(1, 9),
)
@settings(max_examples=400, deadline=None)
def test_what_csv_writes_reads_back(rows, delimiter, end, quoting, chunk):
    assume(all(any(row) for row in rows))
    # csv.writer leaves line breaks bare that are no part of its own line end
    assume(quoting or end == "\r\n" or not any(c in cell for row in rows for cell in row for c in {"\r", "\n"} - {end}))
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([["x", "y", "z"], *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "CHUNK", chunk)
        reader = reader_of(target.getvalue(), delimiter=delimiter)
        records = list(reader)
    assert [record.body for record in records] == rows
    assert not any(record.issues for record in records)
    assert reader.clean_end


@given(
    st.lists(st.sampled_from(["a", ",", '"', "\n", "\r", "a,b,c\n", ",,\n", '"x",', "\0"]), max_size=50),
    st.integers(2, 40),
)
@settings(max_examples=600, deadline=None)
def test_nothing_is_lost_whatever_stands_there(pieces, chunk):
    data = "x,y,z\n" + "".join(pieces)
    records = read(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "CHUNK", chunk)
        assert brief(read(data)) == brief(records)
    lines = io.StringIO(data, newline="").readlines()
    starts = {record.line for record in records}
    assert len(starts) == len(records)
    covered = set()
    for record in records:
        assert (record.body is None) == any(i.ordinal is not None for i in record.issues)
        if record.body is None:
            count = record.issues[-1].slots.get("lines", 1)
        else:
            count = 1 + sum(
                len(io.StringIO(cell, newline="").readlines()) for cell in record.body if "\n" in cell or "\r" in cell
            )
        covered |= set(range(record.line, record.line + count))
    for number, line in enumerate(lines[1:], start=2):
        if line.strip('",\r\n') and not any(start <= number for start in starts):
            pytest.fail(f"line {number} belongs to no record")


# ── Empty rows ───────────────────────────────────────────────────────────────────────────────────


def test_empty_rows_are_told_when_something_follows():
    records = read('a,b\n1,2\n\n,\n"",""\n3,4\n\n,,\n\n')
    assert brief(records) == [(["1", "2"], 2, 2, []), (["3", "4"], 6, 6, ["SRC-EMPTY-ROW"] * 3)]
    assert [(i.at.line, i.at.row, i.ordinal) for i in records[1].issues] == [(3, 3, None), (4, 4, None), (5, 5, None)]


def test_a_blank_line_is_an_empty_row_of_a_one_column_table():
    records = read("a\n1\n\n2\n\n")
    assert [(r.body, r.row, len(r.issues)) for r in records] == [(["1"], 2, 0), (["2"], 4, 1)]


def test_rows_count_the_empty_ones_at_the_end():
    reader = reader_of("a\n1\n\n\n")
    list(reader)
    assert reader.rows == 4


def test_empty_rows_before_the_header():
    reader = reader_of("\n,\na,b\n1,2\n")
    assert [(i.code, i.at.row) for i in reader.head_issues] == [("SRC-EMPTY-ROW", 1), ("SRC-EMPTY-ROW", 2)]
    assert brief(reader) == [(["1", "2"], 4, 4, [])]


# ── Broken records ───────────────────────────────────────────────────────────────────────────────


def only_issue(data, **options):
    found = [i for r in read(data, **options) for i in r.issues]
    assert len(found) == 1
    return found[0]


def test_a_bare_quote_breaks_one_record():
    records = read('a,b\n1,2\n2,高さ 12"\n3,4\n')
    assert [r.body for r in records] == [["1", "2"], None, ["3", "4"]]
    (issue,) = records[1].issues
    assert (issue.code, issue.ordinal, issue.value) == ("SRC-CSV-QUOTE", 2, '2,高さ 12"')
    assert issue.at == Location("museum.csv", line=3, column=2, row=3, field="b")
    assert issue.slots["lines"] == 1


def test_text_after_a_closing_quote():
    records = read('a,b\n1,"x"y\n3,4\n')
    assert brief(records) == [(None, 2, 2, ["SRC-CSV-QUOTE"]), (["3", "4"], 3, 3, [])]
    assert str(records[0].issues[0].at) == "museum.csv:2 B2 b"


def test_a_quote_that_never_closes_costs_one_record():
    records = read('a,b\n1,"x\n' + "3,4\n" * 5)
    assert brief(records) == [(None, 2, 2, ["SRC-CSV-UNCLOSED"])] + [(["3", "4"], n, n, []) for n in range(3, 8)]
    assert records[0].issues[0].value.startswith('1,"x')


def test_the_rest_of_a_broken_record_goes_with_it():
    records = read('a,b\n1,"x"y\nno record\nnor this\n3,4\n')
    assert [(r.body, r.line) for r in records] == [(None, 2), (["3", "4"], 5)]
    assert records[0].issues[0].slots["lines"] == 3


def test_an_unclosed_quote_in_the_last_record():
    assert brief(read('a,b\n1,2\n3,"4')) == [(["1", "2"], 2, 2, []), (None, 3, 3, ["SRC-CSV-UNCLOSED"])]


def test_a_quote_is_given_up_after_max_record():
    records = read('a,b\n1,"x\n' + "3,4\n" * 50, max_record=40)
    assert [r.issues[0].code for r in records if r.issues] == ["SRC-CSV-UNCLOSED"]
    assert len(records) == 51


def test_a_line_past_the_limit():
    records = read("a,b\n1," + "x" * 50 + "\n3,4\n", max_record=40)
    assert brief(records) == [(None, 2, 2, ["SRC-TOO-LONG"]), (["3", "4"], 3, 3, [])]


def test_a_line_past_the_limit_that_spans_chunks(monkeypatch):
    monkeypatch.setattr(source_module, "CHUNK", 8)
    data = "a,b\n1," + "x" * 5000 + '\n3,4\n5,"' + "y\n" * 500 + '"\n7,8\n'
    records = read(data, max_record=40)
    assert [r.body for r in records if r.body] == [["3", "4"], ["7", "8"]]
    assert [r.issues[0].code for r in records[:1]] == ["SRC-TOO-LONG"]


def test_too_many_and_too_few_cells():
    few, many = read("a,b,c\n1,2\n1,2,3,4\n")
    assert few.issues[0].slots == {"expected": 3, "found": 2}
    assert str(few.issues[0].at) == "museum.csv:2 C2 c"
    assert many.issues[0].at == Location("museum.csv", line=3, row=3, column=4)
    assert many.issues[0].value == "1,2,3,4"


def test_nul_breaks_a_record():
    issue = only_issue("a,b\n1,x\0y\n")
    assert (issue.code, issue.value, issue.at.field) == ("SRC-NUL", "x\\x00y", "b")


def test_bytes_that_cannot_be_decoded_break_one_record():
    data = "資料ID,作品名\n1,風景\n".encode() + b"2," + "風景画".encode("cp932") + b"\n3,x\n"
    records = read(data)
    assert [r.body for r in records] == [["1", "風景"], None, ["3", "x"]]
    (issue,) = records[1].issues
    assert (issue.code, issue.suggestion, issue.at.field, issue.at.line) == ("SRC-ENCODING", "cp932", "作品名", 3)
    assert issue.slots["encoding"] == "utf-8"
    assert issue.slots["bytes"].startswith("0x95 0x97")
    issue.value.encode()


def test_a_fault_in_every_line_is_read_in_linear_time():
    for line in ('"x"y,1\n', 'x"y,1\n', '"x,1\n', '1\n"x"y\n'):
        started = time.perf_counter()
        records = read("a,b\n" + line * 20_000)
        assert time.perf_counter() - started < 10
        assert sum(max(1, sum(i.slots.get("lines", 1) for i in r.issues)) for r in records) >= 20_000


# ── The header ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SRC-EMPTY"),
        (b"\xef\xbb\xbf", "SRC-EMPTY"),
        (b"\n,,\n\n", "SRC-EMPTY"),
        ("作品名,x\n".encode("cp932"), "SRC-ENCODING"),
        (b'a,"b\n1,2\n', "SRC-CSV-UNCLOSED"),
        (b'a,"b"c\n1,2\n', "SRC-CSV-QUOTE"),
        (b'a,b"c\n1,2\n', "SRC-CSV-QUOTE"),
        ("a,b\n1,2\n".encode("utf-16-le"), "SRC-NUL"),
    ],
)
def test_a_head_that_cannot_be_read_is_fatal(data, code):
    reader = reader_of(data)
    assert [(i.code, i.severity) for i in reader.head_issues] in (
        [(code, Severity.FATAL)],
        [("SRC-EMPTY-ROW", None), (code, Severity.FATAL)],
    )
    assert list(reader) == []


def test_the_header_tells_which_encoding_would_do():
    assert reader_of("作品名,x\n".encode("cp932")).head_issues[0].suggestion == "cp932"


def test_empty_and_doubled_headers_are_told():
    reader = reader_of("a,, ,b,a\n1,2,3,4,5\n")
    assert [(i.code, i.at.cell) for i in reader.head_issues] == [
        ("SRC-HEADER-EMPTY", "B1"),
        ("SRC-HEADER-EMPTY", "C1"),
        ("SRC-HEADER-DOUBLE", "E1"),
    ]
    assert next(iter(reader)).body == ["1", "2", "3", "4", "5"]


def test_the_header_may_be_chosen():
    data = '台帳 "2026",,\n"二行の\n注",,\n\n番号,名称,\n1,皿,x\n'
    reader = reader_of(data, header_row=4)
    assert reader.columns == ("番号", "名称", "")
    assert [(i.code, i.at.cell, i.at.line) for i in reader.head_issues] == [("SRC-HEADER-EMPTY", "C4", 5)]
    assert brief(reader) == [(["1", "皿", "x"], 6, 5, [])]
    assert brief(reader) == brief(reader_of(data, header_row=4))


@pytest.mark.parametrize(
    ("data", "options", "found"),
    [
        ("a,b\n1,2\n", {"header_row": 3}, ("SRC-HEADER-ROW", "A3")),
        ("", {"header_row": 1}, ("SRC-HEADER-ROW", "A1")),
        ("t\n,\na,b\n", {"header_row": 2}, ("SRC-HEADER-ROW", "A2")),
        ("t\n\na,b\n", {"header_row": 2, "header_rows": 1}, ("SRC-HEADER-ROW", "A2")),
        ('t\n"a"x,b\n', {"header_row": 2}, ("SRC-CSV-QUOTE", "A2")),
        ("t\na\0,b\n", {"header_row": 2}, ("SRC-NUL", "A2")),
        ('"t\na,b\n', {"header_row": 2}, ("SRC-HEADER-ROW", "A2")),
    ],
)
def test_a_chosen_header_that_is_none_is_fatal(data, options, found):
    reader = reader_of(data, **options)
    assert [(i.code, i.at.cell) for i in reader.head_issues] == [found]
    assert reader.head_issues[0].severity is Severity.FATAL
    assert list(reader) == []


def test_headers_of_several_rows():
    data = "t\n\n番号,寸法,,,備考\n,高さ,幅,,\n,,内,外,\n1,2,3,4,5\n"
    reader = reader_of(data, header_row=3, header_rows=3)
    assert reader.columns == ("番号", "寸法 高さ", "寸法 幅 内", "寸法 幅 外", "備考")
    assert brief(reader) == [(["1", "2", "3", "4", "5"], 6, 6, [])]
    assert reader_of("番号,寸法,\n,高さ,幅\n", header_rows=2).columns == ("番号", "寸法 高さ", "寸法 幅")
    assert reader_of("\n番号,寸法\n", header_rows=2).columns == ("番号", "寸法")


def test_the_first_rows_as_they_stand():
    reader = reader_of('t "x"\n\n"a"b,c\n1,2\n')
    assert reader.head_rows(3) == [['t "x"'], [], ["ab", "c"]]
    assert reader.head_rows(99)[3:] == [["1", "2"]]
    assert reader_of(b"PK\x03\x04").head_rows(9) == []


# ── Paths ────────────────────────────────────────────────────────────────────────────────────────


def test_a_path_is_a_header_or_a_number():
    reader = reader_of("資料ID,作品名,#1\nM-1,風景,x\n")
    record = next(iter(reader))
    for path, index in (("作品名", 1), ("#2", 1), ("#1", 2), ("資料ID", 0)):
        selector = reader.selector(path)
        assert selector.index == index
        assert selector.values(record.body) == [record.body[index]]
        assert selector.nodes(record.body) == []
    assert str(reader.selector("#2").locate(record)) == "museum.csv:2 B2 作品名"


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [("作品名", " 作品名 "), ("ISBN", "ＩＳＢＮ"), ("資料iD", "資料ID"), ("まったく別", None)],
)
def test_an_unknown_header_names_the_near_one(path, suggestion):
    with pytest.raises(PathError) as caught:
        reader_of(" 作品名 ,ＩＳＢＮ,資料ID\n").selector(path)
    assert caught.value.suggestion == suggestion
    assert caught.value.known == (" 作品名 ", "ＩＳＢＮ", "資料ID")


def test_paths_that_cannot_be_followed():
    reader = reader_of("a,b,a\n")
    with pytest.raises(PathError, match="#1 or #3"):
        reader.selector("a")
    with pytest.raises(PathError, match="only 3 columns"):
        reader.selector("#4")
    with pytest.raises(PathError):
        reader.selector("b", inner=True)
    for path in ("", "#0", "#00"):
        with pytest.raises(PathError):
            CsvReader.check_path(path)
    for path in ("#x", "#", "a.b[]", "#1"):
        CsvReader.check_path(path)


# ── Options ──────────────────────────────────────────────────────────────────────────────────────


def test_formats_declare_their_options():
    csv_format, tsv_format = FORMATS
    assert parse_options(csv_format.read_options, {}) == {
        "encoding": None,
        "delimiter": ",",
        "max_record": 2**24,
        "header_row": None,
        "header_rows": 1,
    }
    assert parse_options(tsv_format.read_options, {})["delimiter"] == "\t"
    assert issubclass(csv_format.load_reader(), CsvReader)
    assert issubclass(tsv_format.load_reader(), TsvReader)
    for name, value in (("delimiter", ",,"), ("delimiter", ""), ("delimiter", '"'), ("encoding", "rot13")):
        with pytest.raises(OptionError):
            parse_options(csv_format.read_options, {name: value})


@pytest.mark.parametrize("head", [b"PK\x03\x04\x14\x00", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_is_called_by_its_name(head: bytes) -> None:
    [issue] = CsvReader(Source.of(head + bytes(100)), {}).head_issues
    assert issue.code == "SRC-CSV-WORKBOOK"
