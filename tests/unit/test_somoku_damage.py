"""Every fault of a record's bytes, at its byte; and what the writer has to say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.formats.somoku.load import load_layout
from convert.formats.somoku.parts import Description, Field, Sub
from convert.formats.somoku.reader import SomokuReader
from convert.formats.somoku.structure import Codec
from convert.source import Source

if TYPE_CHECKING:
    from convert.check.issue import Issue

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
LEGACY = "jpmarc-legacy"
COUNTED, LINES, PADDED, NUMBERED = (
    str(INVENTED / f"{name}.yaml") for name in ("counted", "lines", "padded", "numbered")
)


def legacy(*fields: Field) -> bytes:
    codec = Codec(load_layout(LEGACY))
    return codec.write(Description(codec.label.made({}), [Field("001", [Sub("", "", b"24999999")]), *fields]))


PLAIN = legacy(Field("251", [Sub("A", "2", b"\x32\x4d\x36\x75"), Sub("B", "1", b"abc")]))
BASE = 24 + 2 * 12 + 1
FIELD = BASE + 9  # 251, after 001


def lines(*records: bytes) -> bytes:
    return b"".join(record + b"\r\n" for record in records)


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def counted(fields: list[Field]) -> bytes:
    codec = Codec(load_layout(COUNTED))
    return codec.write(Description(codec.label.made({}), fields)) + b"\n"


ID = [Field("0001", [Sub("", "", b"12")])]
STRETCHED = counted([*ID, Field("9500", [Sub("登録番号", "", b"000000000012")])])
TITLED = counted([*ID, Field("0200", [Sub("TT", "", b"abc")])])


def padded() -> bytes:
    codec = Codec(load_layout(PADDED))
    return codec.write(Description(codec.label.made({}), [Field("IDNO", [Sub("", "", b"00001")])])) + b"\r\n"


def numbered() -> bytes:
    codec = Codec(load_layout(NUMBERED))
    return codec.write(Description(codec.label.made({}), [Field("K1", [Sub("", "", b"00001")])]))


def with_rest() -> bytes:
    """Three bytes behind the last field, and the length says so."""
    data = PLAIN[:-1] + b"abc\x1d"
    return changed(data, 0, b"%05d" % len(data))


def in_other_order() -> bytes:
    return changed(PLAIN, 24, PLAIN[36:48] + PLAIN[24:36])


GOOD = {LEGACY: PLAIN, LINES: lines(b"ID9\tTI^yabc\t"), COUNTED: TITLED, PADDED: padded(), NUMBERED: numbered()}

DAMAGED = [
    ("SMK-LABEL", LEGACY, changed(PLAIN, 12, b"0A"), 12),
    ("SMK-LENGTH", PADDED, changed(padded(), 4, b"    99"), 4),
    ("SMK-LENGTH-RANGE", LEGACY, changed(PLAIN, 0, b"00009"), 0),
    ("SMK-SHORT", PADDED, b"V2.0\x1e\x1d\r\n", 6),
    ("SMK-TRUNCATED", LEGACY, PLAIN[:-5], len(PLAIN) - 5),
    ("SMK-TRUNCATED", LEGACY, PLAIN[:10], 10),
    ("SMK-TERMINATOR", LEGACY, PLAIN[:-1] + b"X", len(PLAIN) - 1),
    ("SMK-BASE", LEGACY, changed(PLAIN, 12, b"99999"), 12),
    ("SMK-DIRECTORY", LEGACY, changed(PLAIN, BASE - 1, b"X"), BASE - 1),
    ("SMK-DIRECTORY-LENGTH", LEGACY, changed(changed(PLAIN, 12, b"%05d" % (BASE - 1)), BASE - 2, b"\x1e"), 24),
    ("SMK-ENTRY", LEGACY, changed(PLAIN, 27, b"X"), 24),
    ("SMK-FIELD-BEYOND", LEGACY, changed(PLAIN, 39, b"0999"), 36),
    ("SMK-FIELD-END", LEGACY, changed(PLAIN, BASE + 8, b"X"), BASE + 8),
    ("SMK-SUBFIELD", LEGACY, changed(PLAIN, FIELD, b"X"), FIELD),
    ("SMK-SUBFIELD-LENGTH", LEGACY, changed(PLAIN, FIELD + 2, b"X"), FIELD + 2),
    ("SMK-SUBFIELD-BEYOND", LEGACY, changed(PLAIN, FIELD + 2, b"900"), FIELD + 1),
    ("SMK-MODE", LEGACY, changed(PLAIN, FIELD + 5, b"7"), FIELD + 5),
    ("SMK-UNENDED", LINES, b"ID1\t" + b"x" * 200_000, None),
    ("SMK-FIELD-END", LINES, lines(b"ID1\tTI^yabc"), None),
    ("SMK-TWO-RECORDS", LINES, lines(b"ID1\tID2\t"), 6),
    ("SMK-NEWLINE", COUNTED, TITLED[:-1] + b"X" + TITLED, len(TITLED) - 1),
    ("SMK-STRETCH", COUNTED, None, None),
    ("SMK-FIELD-LENGTH", PADDED, changed(padded(), 20, b"x"), 20),
    ("SMK-FIELD-COUNT", NUMBERED, changed(numbered(), 5, b"\xf7"), 2),
]
ODD = [
    ("SMK-LABEL-ODD", changed(PLAIN, 5, b"Z"), 5),
    ("SMK-FIELD-ORDER", in_other_order(), 24),
    ("SMK-REST", with_rest(), len(PLAIN) - 1),
    ("SMK-BYTES", changed(PLAIN, len(PLAIN) - 4, b"\x80"), len(PLAIN) - 4),
    ("SMK-GAIJI", changed(PLAIN, FIELD + 6, b"\x29\x3a"), FIELD + 6),
]


def issues(data: bytes, layout: str) -> list[Issue]:
    reader = SomokuReader(Source.of(data, name="x.dat"), {"layout": layout})
    return [issue for record in reader for issue in record.issues]


def stretched() -> bytes:
    """A stretch that is one byte short; directory and length say so."""
    at = STRETCHED.index(b"9500")
    data = STRETCHED[:-2] + b"\n"
    data = changed(data, 2, b"%7d" % (len(data) - 1))
    return changed(data, at - 6, b"000079")


@pytest.mark.parametrize(("code", "layout", "data", "at"), DAMAGED, ids=[one[0] for one in DAMAGED])
def test_damage_is_told_at_its_byte(code: str, layout: str, data: bytes | None, at: int | None) -> None:
    data = stretched() if data is None else data
    first = issues(data, layout)[0]
    assert first.code == code
    if at is not None:
        assert first.at.byte == at
    after = list(SomokuReader(Source.of(data + GOOD[layout], name="x.dat"), {"layout": layout}))
    assert after[-1].body is not None


@pytest.mark.parametrize(("code", "data", "at"), ODD, ids=[one[0] for one in ODD])
def test_what_is_odd_is_told_and_read(code: str, data: bytes, at: int) -> None:
    [record] = SomokuReader(Source.of(data, name="x.dat"), {"layout": LEGACY})
    assert record.body is not None
    assert record.issues[0].code == code
    assert record.issues[0].at.byte == at


def test_what_cannot_be_read_is_written_as_it_was() -> None:
    """A code nobody knows is 〓 for people, and stays in the file."""
    codec = Codec(load_layout(LEGACY))
    data = changed(PLAIN, FIELD + 6, b"\x29\x3a")
    assert codec.write(codec.read(data)) == data


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────

TABLE = "番号,題,読み,人,状態,数\n1,{題},ダイ,架空太郎,{状態},{数}\n"
RULES = """  タイトル: {from: 題, yomi: 読み}
  著者: {object: {名前: 人}}
"""


def wrote(tmp_path: Path, rules: str, layout: str = "somoku-3-draft", **cells: str) -> convert.Report:
    (tmp_path / "in.csv").write_text(TABLE.format(**({"題": "架空の本", "状態": "", "数": ""} | cells)), "utf-8")
    head = "mapping: 1\nid: t\nsource: {format: csv}\nrecord: {id: 番号}\n"
    target = f"target: {{format: somoku, layout: '{layout}'}}\nfields:\n"
    (tmp_path / "m.yaml").write_text(head + target + rules, "utf-8")
    return convert.Job(str(tmp_path / "m.yaml")).run(tmp_path / "in.csv", tmp_path / "out.dat")


def codes(report: convert.Report) -> set[str]:
    return {issue.code for issue in report.issues} - {"SMK-LAYOUT-UNCONFIRMED"}


@pytest.mark.parametrize(
    ("code", "rules", "cells"),
    [
        ("SMK-CHARACTER", RULES, {"題": "𠮷の本"}),
        ("SMK-WIDE", RULES, {"題": "SF入門"}),
        ("SMK-LABEL-VALUE", RULES + "  レコード状態: 状態\n", {"状態": "Z"}),
        ("SMK-ROOM", RULES + "  レコード状態: {from: 状態, split: ;}\n", {"状態": "N;C"}),
        ("SMK-TOO-LONG", RULES + "  注記: 数\n", {"数": "架" * 600}),
    ],
)
def test_what_the_writer_says_of_values(code: str, rules: str, cells: dict[str, str], tmp_path: Path) -> None:
    report = wrote(tmp_path, rules, **cells)
    assert code in codes(report)
    [issue] = [issue for issue in report.issues if issue.code == code][:1]
    assert issue.at.line == 2


def test_a_value_longer_than_its_place_is_cut_between_characters(tmp_path: Path) -> None:
    rules = "  書名: 題\n"
    report = wrote(tmp_path, rules, str(INVENTED / "blocks.yaml"), 題="架空" * 40)
    assert "SMK-CUT" in codes(report)
    reader = SomokuReader(Source.of(tmp_path / "out.dat"), {"layout": str(INVENTED / "blocks.yaml")})
    [record] = reader
    assert reader.selector("書名").values(record.body) == ["架空" * 30]


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("SMK-NAME", "  タイトルル: 題\n"),
        ("SMK-OBJECT", "  所蔵: 人\n"),
        ("SMK-NO-OBJECT", "  タイトル: {object: {名前: 人}}\n"),
        ("SMK-MEMBER", "  著者: {object: {名: 人}}\n"),
        ("SMK-YOMI-NAME", "  注記: {from: 題, yomi: 読み}\n"),
    ],
)
def test_what_the_mapping_has_wrong(code: str, rules: str, tmp_path: Path) -> None:
    with pytest.raises(convert.MappingError) as caught:
        wrote(tmp_path, rules)
    assert code in {issue.code for issue in caught.value.findings}


def test_parts_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    rules = "  タイトル: {from: 題, lang: ja}\n"
    wrote(tmp_path, rules)
    mapping: Any = convert.load_mapping(str(tmp_path / "m.yaml"))
    assert "SMK-PART" in {issue.code for issue in mapping.findings}
