"""The layout kit: dumps agree with the codec, guesses with the layouts that records were made with."""

from __future__ import annotations

import functools
import io
import random
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.formats.somoku.charsets import charset
from convert.formats.somoku.frames import Broken, Frames
from convert.formats.somoku.kit.compose import compose
from convert.formats.somoku.kit.dissect import Dissection, Dissector
from convert.formats.somoku.kit.draft import draft
from convert.formats.somoku.kit.dump import DumpText, Records, Wanted, record_dict
from convert.formats.somoku.kit.explain import Explained, document
from convert.formats.somoku.kit.framing import framings
from convert.formats.somoku.kit.guess import attempt, guess
from convert.formats.somoku.kit.lettering import best
from convert.formats.somoku.kit.roundtrip import tried
from convert.formats.somoku.kit.sample import Sample, take
from convert.formats.somoku.kit.sheet import diff, list_lines, listed, sheet, show_lines
from convert.formats.somoku.load import inspect_layout, layouts, load_layout
from convert.formats.somoku.parts import Damage
from convert.formats.somoku.structure import Codec
from convert.messages.catalogue import LANGUAGES
from convert.report.layout import width
from convert.source import Source
from tests.somoku_data import Maker
from tests.somoku_strange import RECORDS, strange

if TYPE_CHECKING:
    from convert.formats.somoku.kit.compose import Composed
    from convert.formats.somoku.kit.guess import Guess
    from convert.formats.somoku.model import Layout

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"
NAMES = [*layouts(), *(str(path) for path in sorted(INVENTED.glob("*.yaml")))]
LAYOUTS = {name: load_layout(name) for name in NAMES}
PATHS = {Path(name).stem: name for name in NAMES}

names = pytest.mark.parametrize("name", NAMES, ids=[Path(name).stem for name in NAMES])


def file_of(name: str, count: int = 60, seed: int = 3) -> bytes:
    return b"".join(Maker(LAYOUTS[name], seed).records(count))


def guessed(data: bytes) -> tuple[Guess, Composed | None]:
    found = guess(Sample(data, True), len(data))
    return found, compose(found, "draft")


@functools.cache
def of_layout(name: str, count: int = 40, seed: int = 3) -> tuple[Guess, Composed]:
    """What is found in a file of a layout; shared by tests, which change nothing."""
    found, made = guessed(file_of(name, count, seed))
    assert made is not None
    return found, made


def pieces_of(name: str, data: bytes) -> list[Dissection]:
    codec = Codec(LAYOUTS[name])
    return [Dissector(codec).of(found) for found in Frames(codec, io.BytesIO(data))]


# ── Dump ─────────────────────────────────────────────────────────────────────────────────────────


@names
def test_pieces_are_what_the_codec_reads(name: str) -> None:
    codec = Codec(LAYOUTS[name])
    data = file_of(name, 30)
    for found in Frames(codec, io.BytesIO(data)):
        assert not isinstance(found, Broken)
        pieces = Dissector(codec).of(found)
        assert pieces.sound
        assert not pieces.damages
        theirs = [(field.tag, field.part, sub.id, sub.mode) for field in found.fields for sub in field.subs]
        texts = [
            (piece.tag, piece.part or 0, value.sub, value.mode)
            for piece in pieces.fields
            for value in piece.values
            if value.text or value.size > value.head
        ]
        if LAYOUTS[name].fields.by != "positions" and not any(rule.slots for rule in LAYOUTS[name].tags.values()):
            assert texts == theirs


@names
def test_every_byte_of_a_sound_record_is_in_one_piece(name: str) -> None:
    layout = LAYOUTS[name]
    for pieces in pieces_of(name, file_of(name, 20)):
        spans = [(item.at, len(item.data)) for item in pieces.items]
        spans += [(entry.at, len(entry.data)) for entry in pieces.entries]
        spans += [(mark.at, len(mark.data)) for mark in pieces.marks]
        spans += [(piece.at, piece.length) for piece in pieces.fields]
        reached = 0
        for start, length in sorted(spans):
            assert start == reached
            reached += length
        assert reached == len(pieces.data)
        if layout.fields.by != "positions":
            assert all(mark.kind != "rest" for mark in pieces.marks)


@names
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_damaged_records_are_dumped_with_the_fault_at_its_byte(name: str, seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311
    data = bytearray(file_of(name, 5, seed))
    for _ in range(pick.randint(1, 4)):
        data[pick.randrange(len(data))] = pick.randrange(256)
    del data[pick.randrange(len(data)) :]
    layout = LAYOUTS[name]
    records = Records(layout, io.BytesIO(bytes(data)), Wanted(limit=50))
    for chosen in records:
        for lang in LANGUAGES:
            lines = list(DumpText(layout, lang).record(chosen))
            text = "\n".join(lines)
            for damage in chosen.pieces.damages:
                assert f"▲ {chosen.pieces.at + damage.at}: {damage.code}" in text
        found = record_dict(chosen, "x.dat")
        assert found["sound"] or found["issues"]


def test_a_fault_is_marked_under_its_byte() -> None:
    """The length of a subfield is no number: the caret stands under its first byte, the fields after it are read."""
    name = "somoku-3-draft"
    data = bytearray(file_of(name, 1))
    at = data.find(b"\x1f") + 2
    data[at : at + 3] = b"X12"
    chosen = next(iter(Records(LAYOUTS[name], io.BytesIO(bytes(data)), Wanted())))
    lines = list(DumpText(LAYOUTS[name], "ja").record(chosen))
    number = next(number for number, line in enumerate(lines) if "SMK-SUBFIELD-LENGTH" in line)
    column = lines[number].index("▲")
    assert lines[number - 1][column : column + 2] == f"{data[at]:02X}"
    assert [damage.at for damage in chosen.pieces.damages] == [at]
    assert sum(bool(piece.values) for piece in chosen.pieces.fields) >= len(chosen.pieces.fields) - 1


def test_a_record_is_found_by_any_of_its_bytes() -> None:
    name = "jpmarc-legacy"
    records = Maker(LAYOUTS[name], 1).records(4)
    start = len(records[0]) + len(records[1])
    for at in (start, start + 100, start + len(records[2]) - 1):
        found = list(Records(LAYOUTS[name], io.BytesIO(b"".join(records)), Wanted(at=at)))
        assert [(chosen.ordinal, chosen.pieces.at) for chosen in found] == [(3, start)]
    found = list(Records(LAYOUTS[name], io.BytesIO(b"".join(records)), Wanted(record=2)))
    assert [chosen.pieces.at for chosen in found] == [len(records[0])]


def test_texts_stand_under_each_other_whatever_their_width() -> None:
    name = PATHS["counted"]
    chosen = next(iter(Records(LAYOUTS[name], io.BytesIO(file_of(name, 3)), Wanted())))
    lines = [line for line in DumpText(LAYOUTS[name], "ja").record(chosen) if line[:9].strip().isdigit()]
    assert lines
    for line in lines:
        place, rest = line[:9], line[10:45]
        assert place.strip().isdigit()
        assert not rest.strip() or all(len(byte) == 2 for byte in rest.split())
        assert width(line) < 140


def test_the_first_line_says_that_a_layout_is_not_confirmed() -> None:
    head = list(DumpText(LAYOUTS["somoku-3-draft"], "ja").head("a.dat"))
    assert "［未確認］" in head[0]
    assert "［確認済み］" in next(DumpText(LAYOUTS["jpmarc-legacy"], "ja").head("a.dat"))
    assert "[not confirmed]" in next(DumpText(LAYOUTS["somoku-3-draft"], "en").head("a.dat"))


# ── Explain ──────────────────────────────────────────────────────────────────────────────────────


def bare(layout: Layout) -> dict[str, Any]:
    """What of a layout's structure bytes can tell."""
    subs = layout.subfields
    order: list[str] = []
    if subs is not None and subs.id:
        there = {"id": True, "length": subs.length is not None, "mode": subs.mode > 0}
        order = [part for part in subs.order if there[part]]
    rule = layout.fields
    return {
        "label": layout.label.length,
        "directory": layout.directory,
        "by": rule.by,
        "tag": rule.tag if rule.by != "positions" else 0,
        "length": rule.length,
        "whole": rule.whole,
        "ends": rule.ends,
        "indicators": rule.indicators,
        "begins": subs.begins if subs else None,
        "id": subs.id if subs else None,
        "sub length": subs.length if subs else None,
        "mode": subs.mode if subs else None,
        "order": order,
        "terminator": layout.record.terminator,
    }


@names
@pytest.mark.parametrize(("seed", "count"), [(1, 12), (3, 40)])
def test_the_structure_of_any_layout_is_found(name: str, seed: int, count: int) -> None:
    layout = LAYOUTS[name]
    found, made = of_layout(name, count, seed)
    assert bare(made.layout) == bare(layout)
    assert found.framing is not None
    assert len(found.framing.spans) == count
    seen = {texts.tag for texts in found.texts.values()}
    plain = {tag for tag, rule in layout.tags.items() if rule.plain and tag in seen}
    if layout.subfields is not None:
        assert plain <= {tag for tag, rule in made.layout.tags.items() if rule.plain or rule.slots}


@pytest.mark.parametrize("seed", range(24))
def test_the_structure_of_layouts_that_no_table_describes(seed: int) -> None:
    """Length, end mark or line; label or none; marks, lengths or a directory; subfields or none; four sets."""
    made, data = strange(seed)
    found, composed = guessed(data)
    assert composed is not None
    assert found.cutting is not None
    assert found.heads is not None
    assert found.trial is not None
    assert (found.cutting.label, found.heads.rule is not None) == (made.label, made.subs != "none")
    assert (found.trial.read, found.trial.identical, found.trial.of) == (RECORDS - 1,) * 3
    assert found.data is not None
    assert found.data.name == made.charset


def test_a_label_without_a_base_address() -> None:
    """The first digits of the length look like a tag that is always there."""
    body = [
        f"10\x1fa{number}\x1e20\x1fa架空町史\x1fbカクウチョウシ\x1e".encode("euc_jp") + b"\x1d"
        for number in range(97849490001, 97849490060)
    ]
    data = b"".join(b"%06dN9911%019d" % (30 + len(each), 0) + each for each in body)
    found, composed = guessed(data)
    assert composed is not None
    assert found.cutting is not None
    assert found.cutting.label == 30
    assert sorted(found.texts) == [("10", "a"), ("20", "a"), ("20", "b")]


def test_lines_whose_first_field_may_be_anything() -> None:
    """Records need not begin alike where each is a line."""
    starts = ("架空", "2001.2", "カクウ", "ab", "例示の", "９", "々", "Ab1", "（一）", "1a", "ｶｸｳ", "A-1")
    lines = [f"{starts[number * 7 % 12]}{number * 37}\t20架空町史{number}\t" for number in range(60)]
    data = "".join(f"{line}\r\n" for line in lines).encode("euc_jp")
    assert [framing.terminator for framing in framings(Sample(data, True))] == [b"\r\n"]


@names
def test_the_character_sets_of_any_layout_are_found(name: str) -> None:
    """JIS X 0201 without half-width katakana is ASCII; nothing else may be taken for something else."""
    layout = LAYOUTS[name]
    _, made = of_layout(name)

    def plain(text: str) -> str:
        return {"jisx0201": "ascii", "ebcdic-kana": "ebcdic"}.get(text, text)

    theirs = layout.charsets
    assert made.layout.charsets.data == plain(theirs.data)
    assert plain(made.layout.charsets.control) == plain(theirs.control)
    assert made.layout.charsets.modes == {mode: plain(kind) for mode, kind in theirs.modes.items()}


@names
def test_the_numbers_of_the_label_are_found(name: str) -> None:
    layout = LAYOUTS[name]
    found, made = of_layout(name)
    for role in ("record_length", "base_address", "field_count"):
        theirs, own = layout.label.role(role), made.layout.label.role(role)
        if theirs is not None:
            assert own is not None
            assert (own.at, own.length, own.number) == (theirs.at, theirs.length, theirs.number)
            assert all(number.good == number.of for number in found.numbers)


def test_columns_of_records_without_separators_are_found() -> None:
    layout = LAYOUTS[PATHS["blocks"]]
    _, made = guessed(file_of(PATHS["blocks"], 200))
    assert made is not None
    starts = {slot.at for slot in made.layout.fields.slots}
    assert {slot.at for slot in layout.fields.slots} <= starts
    assert len(starts) <= len(layout.fields.slots) + 2
    kinds = {slot.at: slot.charset for slot in made.layout.fields.slots}
    assert kinds[20] == "jisx0208"
    assert kinds[140] == "ebcdic-kana"


@names
def test_a_report_in_both_languages_with_json_of_the_same(name: str) -> None:
    found, made = guessed(file_of(name, 15))
    found.known = [attempt(LAYOUTS[name], found.sample.data)]
    assert (found.known[0].read, found.known[0].of) == (15, 15)
    for lang in LANGUAGES:
        lines = list(Explained(found, made, "a.dat", lang).lines())
        assert lines[0].startswith("a.dat")
        assert all(width(line) <= 116 for line in lines)
        assert not any("{" in line for line in lines if "{" not in str(found.texts))
    told = document(found, made, "a.dat")
    assert told["records"]["count"] == 15
    assert told["draft"]["identical"] == 15
    assert sum(told["bytes"].values()) == len(found.sample.data)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("架空の本と見本の図書館", "jisx0208"),
        ("カクウノホン　ミホン", "euc_jp"),
        ("架空町図書館の本（見本）", "cp932"),
        ("架空の本", "utf-8"),
        ("NDL 架空の本 2", "iso2022jp"),
        ("ﾐﾎﾝ ﾉ ﾎﾝ 100", "jisx0201"),
        ("Kaku no hon 1999", "ascii"),
        ("KAKU NO HON 1999", "ebcdic"),
        ("ﾐﾎﾝ ﾉ ﾎﾝ", "ebcdic-kana"),
    ],
)
def test_character_sets_are_told_by_what_they_make_of_the_bytes(text: str, name: str) -> None:
    fit = best([charset(name).encode(text)] * 3)
    assert fit is not None
    assert fit.name == name


# ── Drafts ───────────────────────────────────────────────────────────────────────────────────────


@names
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_draft_reads_and_writes_the_file_it_was_made_from(name: str, lang: str, tmp_path: Path) -> None:
    data = file_of(name, 40)
    found, made = of_layout(name)
    drafted = draft(found, made, "a.dat", lang)
    path = tmp_path / "draft.yaml"
    path.write_text(drafted.text, encoding="utf-8")
    loaded = inspect_layout(path)
    assert loaded.layout is not None, loaded.issues
    assert not loaded.layout.confirmed
    assert bare(loaded.layout) == bare(made.layout)
    whole = tried(loaded.layout, Source.of(data))
    assert (whole.read, whole.of, whole.identical) == (40, 40, 40)
    assert {element.mark for element in loaded.layout.elements.values()} <= {"inferred", "unknown"}


def test_names_are_borrowed_where_tag_and_kind_of_value_agree() -> None:
    found, made = of_layout("jpmarc-legacy")
    assert made.names_of == "jpmarc-legacy"
    names = {str(element.place): element for element in made.layout.elements.values()}
    assert (names["001"].name, names["001"].mark, names["001"].key) == ("レコード番号", "inferred", True)
    assert (names["270$B"].name, names["270$B"].mark) == ("出版者", "inferred")
    assert names["551$A"].mark == "unknown"  # made-up texts are no readings
    assert names["551$A"].name == "項目551A"
    assert found.trial is not None


def test_marks_that_stand_between_fields_only() -> None:
    records = [record.replace(b"\t\r\n", b"\r\n") for record in Maker(LAYOUTS[PATHS["lines"]], 3).records(60)]
    data = b"".join(records)
    found, made = guessed(data)
    assert made is not None
    assert (made.layout.fields.ends, made.layout.fields.between) == (b"\t", True)
    assert tried(made.layout, Source.of(data)).identical == 60
    assert any("区切られ" in line for line in Explained(found, made, "a.dat", "ja").verdict())
    pieces = Dissector(Codec(made.layout)).of(next(iter(Frames(Codec(made.layout), io.BytesIO(data)))))
    assert not pieces.damages
    assert all(mark.kind == "record" for mark in pieces.marks)
    codec = Codec(made.layout)
    for bad in (b"ID00000001\t\r\n", b"I\r\n"):
        with pytest.raises(Damage):
            codec.read(bad)


def test_a_mark_that_may_be_half_a_character_cuts_nothing(tmp_path: Path) -> None:
    """In cp932 the second byte of タ is 5E, the sign ^: such a layout is refused, so fields stay whole."""
    rows = [f"ID{n:08d}\tTI^aタイトル{n}^bタ\tAU^a架空太郎\t\r\n".encode("cp932") for n in range(40)]
    data = b"".join(rows)
    found, made = guessed(data)
    assert made is not None
    assert made.layout.subfields is None
    path = tmp_path / "draft.yaml"
    path.write_text(draft(found, made, "a.dat", "ja").text, encoding="utf-8")
    layout = inspect_layout(path).layout
    assert layout is not None
    assert tried(layout, Source.of(data)).identical == 40
    assert any("5E" in text for text in Explained(found, made, "a.dat", "ja").open())


def test_gaps_are_said() -> None:
    found, made = of_layout(PATHS["padded"])
    text = draft(found, made, "a.dat", "ja").text
    assert "未確認：符号かもしれない。値と件数：「" in text
    assert "confirmed_by: ~" in text
    assert text.startswith("# a.dat のバイトから作った")


def damaged(data: bytes, at: int) -> bytes:
    return data[:at] + b"XX" + data[at:]


@pytest.mark.parametrize("name", ["somoku-3-draft", "iso2709-marc21", PATHS["lines"], PATHS["prefixed"]])
def test_a_damaged_record_does_not_hide_the_structure(name: str) -> None:
    records = Maker(LAYOUTS[name], 3).records(50)
    records[20] = damaged(records[20], 30)
    _, made = guessed(b"".join(records))
    assert made is not None
    whole = tried(made.layout, Source.of(b"".join(records)))
    assert whole.identical >= 49


@pytest.mark.parametrize(
    ("before", "after", "end"), [(b"", b"\r\n", b"\x1a"), (b"", b"\n", b""), (b"HDR 20240105\r\n", b"", b"")]
)
def test_line_ends_padding_and_a_header(before: bytes, after: bytes, end: bytes) -> None:
    records = Maker(LAYOUTS["somoku-3-draft"], 3).records(40)
    data = before + b"".join(record + after for record in records) + end
    _, made = guessed(data)
    assert made is not None
    assert tried(made.layout, Source.of(data)).identical == 40


def test_lines_of_one_length() -> None:
    pick = random.Random(1)  # noqa: S311
    titles = ["架空の本", "日本史入門", "図書館学概論"]
    rows = [
        f"{number:08d}".encode() + pick.choice(titles).encode("cp932").ljust(40) + b"913.6".ljust(10)
        for number in range(200)
    ]
    for data in (b"".join(row + b"\r\n" for row in rows), b"".join(rows)):
        _, made = guessed(data)
        assert made is not None
        assert made.layout.fields.by == "positions"
        assert {0, 8, 48} <= {slot.at for slot in made.layout.fields.slots}
        assert tried(made.layout, Source.of(data)).identical == 200


def test_the_example_is_what_its_program_writes(tmp_path: Path) -> None:
    examples = Path(__file__).parents[2] / "examples"
    copy = tmp_path / "make_somoku.py"
    copy.write_bytes((examples / "make_somoku.py").read_bytes())
    runpy.run_path(str(copy), run_name="__main__")
    assert (tmp_path / "somoku.dat").read_bytes() == (examples / "somoku.dat").read_bytes()


# ── Files that are something else ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空"),
        (b"x", "見つかりません"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b'[{"a": 1}]', "JSON"),
        (b"%PDF-1.7 ...", "PDF"),
        ("一行目の文章です。\nここは二行目。\n三行目\n終わり\n".encode() * 3, "行"),
        (b"\x00" * 5000, "見つかりません"),
        (random.Random(7).randbytes(20_000), "見つかりません"),  # noqa: S311
        ("\r\n".join(f"{n}\t架空の本\t{n * n}\t913" for n in range(200)).encode("cp932") + b"\r\n", "4 列"),
    ],
    ids=["empty", "one", "xml", "json", "pdf", "text", "zeros", "random", "table"],
)
def test_what_is_no_such_file_is_said_so(data: bytes, word: str) -> None:
    found, made = guessed(data)
    assert made is None
    assert word in "\n".join(Explained(found, made, "a.dat", "ja").lines())
    document(found, made, "a.dat")


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(min_size=1, max_size=12).map(lambda row: row * 9)))
def test_any_bytes_can_be_explained(data: bytes) -> None:
    found, made = guessed(data)
    for lang in LANGUAGES:
        assert list(Explained(found, made, "a.dat", lang).lines())
    if made is not None:
        draft(found, made, "a.dat", "ja")


def test_only_the_head_of_a_large_file_is_looked_at() -> None:
    data = file_of("somoku-3-draft", 60)
    sample = take(io.BytesIO(data), 10_000)
    assert (len(sample.data), sample.whole) == (10_000, False)
    assert take(io.BytesIO(data), len(data)).whole
    found = guess(sample, len(data))
    made = compose(found, "draft")
    assert made is not None
    assert bare(made.layout) == bare(LAYOUTS["somoku-3-draft"])
    assert tried(made.layout, Source.of(data)).identical == 60
    assert "だけを見ました" in next(Explained(found, made, "a.dat", "ja").lines())


def test_other_views_are_kept() -> None:
    ways = framings(Sample(file_of("jpmarc-legacy", 30), True))
    assert ways[0].ends == "length"
    assert ("terminator", b"\x1d") in [(way.ends, way.terminator) for way in ways]


# ── Sheets ───────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_which_layouts_are_confirmed() -> None:
    rows = {row["id"]: row for row in listed()}
    assert set(rows) == set(layouts())
    assert rows["jpmarc-legacy"]["confirmed"]
    assert not rows["somoku-3-draft"]["confirmed"]
    assert any("somoku-3-draft" in line and "未確認" in line for line in list_lines("ja"))


@names
def test_a_layout_is_shown_whole(name: str) -> None:
    layout = LAYOUTS[name]
    for lang in LANGUAGES:
        text = "\n".join(show_lines(layout, lang))
        for element in layout.elements.values():
            assert element.name in text
            assert str(element.place) in text
        for item in layout.label.items:
            assert item.name in text
    told = sheet(layout)
    assert [element["name"] for element in told["elements"]] == list(layout.elements)
    assert len(told["label"]) == len(layout.label.items)
    assert len(told["slots"]) == len(layout.fields.slots)


def test_the_difference_of_two_layouts() -> None:
    second, third = LAYOUTS["somoku-2-draft"], LAYOUTS["somoku-3-draft"]
    assert not diff(third, third)
    assert ("holdings", "所蔵 (apart)", "所蔵 (together)") in diff(second, third)
