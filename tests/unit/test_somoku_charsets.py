"""Character sets of exchange files: nothing is lost, and Python's codecs and iconv read the same."""

from __future__ import annotations

import pickle
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.errors import UnknownName, UsageError
from convert.formats.somoku.charsets import (
    NAMES,
    Charset,
    Flaw,
    Gaiji,
    Unfit,
    charset,
    describe,
    mend_long_vowel,
    narrow,
    readable,
    widen,
)

if TYPE_CHECKING:
    from pathlib import Path

SETS = {name: charset(name) for name in NAMES}
EXACT = [name for name in NAMES if name not in {"cp932", "iso2022jp"}]
PAIRS = [bytes((row, cell)) for row in range(0x21, 0x7F) for cell in range(0x21, 0x7F)]
STAND_INS = range(0xF0000, 0x110000)
NASTY = [
    b"\x1b$B",
    b"\x1b$@",
    b"\x1b(B",
    b"\x1b(J",
    b"\x1b(I",
    b"\x1b$(D",
    b"\x1b",
    b"\x0e",
    b"\x0f",
    b"\\",
    b"~",
    b"\n",
]
NASTY += [b"\x8e", b"\x8f", b"\xa1", b"\x81", b"\xf0\x40", b"\x80", b"\xff", b"0!", b")!", b"0", b" ", b"\xe3\x81\x82"]
NASTY += ["\U000f2921".encode(), "\U00100041".encode()]

any_bytes = st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(NASTY), max_size=8).map(b"".join))
any_text = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("亜髙ｱﾞ¥‾\\~～〜\x1b\U000f2921\U00100030"))
)


def stands_in(text: str) -> bool:
    return any(ord(mark) in STAND_INS for mark in text)


# -- nothing is lost


@pytest.mark.parametrize("name", EXACT)
@given(data=any_bytes)
def test_what_is_read_is_written_back(name: str, data: bytes) -> None:
    text = SETS[name].decode(data)
    assert SETS[name].encode(text) == data
    assert SETS[name].canonical(data)


@pytest.mark.parametrize("name", ["cp932", "iso2022jp"])
@given(data=any_bytes)
def test_where_codes_are_not_unique_the_text_is_kept(name: str, data: bytes) -> None:
    text = SETS[name].decode(data)
    written = SETS[name].encode(text)
    assert SETS[name].decode(written) == text
    assert SETS[name].canonical(written)
    assert SETS[name].canonical(data) == (written == data)


@pytest.mark.parametrize("name", NAMES)
@given(data=any_bytes)
def test_flaws_are_told_where_something_stands_in(name: str, data: bytes) -> None:
    text, flaws = SETS[name].read(data)
    assert text == SETS[name].decode(data)
    assert flaws == SETS[name].flaws(data)
    assert bool(flaws) == stands_in(text)
    assert not stands_in(readable(text))
    for flaw in flaws:
        shown = bytes.fromhex(flaw.shown.removesuffix(" …"))
        assert data[flaw.at : flaw.at + len(shown)] == shown


@pytest.mark.parametrize("name", NAMES)
@given(text=any_text)
def test_every_text_is_written_somehow(name: str, text: str) -> None:
    one = SETS[name]
    data, flaws = one.fit(text)
    assert one.holds(text) == (not flaws)
    if flaws:
        with pytest.raises(Unfit):
            one.encode(text)
    else:
        assert one.encode(text) == data
        assert one.encode(one.decode(data)) == data
    for flaw in flaws:
        assert flaw.kind == "missing"
        assert flaw.suggestion is None or one.holds(flaw.suggestion)


def test_escapes_that_change_nothing_are_not_canonical() -> None:
    iso = SETS["iso2022jp"]
    for data in (b"\x1b(Ba", b"\x1b$@0!\x1b(B", b"\x1b(Ja\x1b(B", b"\x1b$B0!", b"\x1b$B0!\x1b(B\x1b$B0!\x1b(B"):
        assert iso.flaws(data) == []
        assert not iso.canonical(data)
    assert iso.canonical(b"a\x1b$B0!\x1b(I1\x1b(J\\\x1b(B\n")


def test_a_code_of_nec_or_ibm_is_read_but_not_canonical() -> None:
    assert SETS["cp932"].decode(b"\x87\x90\x81\xe0") == "≒≒"
    assert not SETS["cp932"].canonical(b"\x87\x90")
    assert SETS["cp932"].encode("髙﨑①") == b"\xfb\xfc\xfa\xb1\x87\x40"  # as Windows writes them
    assert SETS["cp932"].decode(b"\xee\xe0") == "髙"


# -- what is told


@pytest.mark.parametrize(
    ("name", "data", "flaws"),
    [
        ("jisx0208", b"0!)!0!", [Flaw(2, "29 21", "gaiji")]),
        ("jisx0208", b"0!0", [Flaw(2, "30", "illegal")]),
        ("jisx0208", b"  0!\n", [Flaw(0, "20 20", "illegal"), Flaw(4, "0A", "illegal")]),
        ("jisx0208", b"\xb0\xa1\x8e\xb1" * 6, [Flaw(0, " ".join(["B0 A1 8E B1"] * 4) + " …", "illegal")]),
        ("jisx0208", b"0\x1b0!", [Flaw(0, "30 1B", "illegal")]),
        ("iso2022jp", b"\x1b$B0!)!\x1b(B", [Flaw(5, "29 21", "gaiji")]),
        ("iso2022jp", b"\x1b$B0! 0!\n\x1b(B", []),
        ("iso2022jp", b"\x1b$(D0!", [Flaw(0, "1B", "illegal")]),
        ("iso2022jp", b"a\x0e", [Flaw(1, "0E", "illegal")]),
        ("euc_jp", b"\xb0\xa1\xb0", [Flaw(2, "B0", "illegal")]),
        ("euc_jp", b"\xa9\xa1", [Flaw(0, "A9 A1", "gaiji")]),
        ("euc_jp", b"\x8f\xa1\xa1", [Flaw(0, "8F A1 A1", "gaiji")]),
        ("cp932", b"\xf0\x40\x80", [Flaw(0, "F0 40", "gaiji"), Flaw(2, "80", "illegal")]),
        ("shift_jis", b"\x81\n", [Flaw(0, "81", "illegal")]),
        ("shift_jis", b"\xfb\xfc", [Flaw(0, "FB FC", "gaiji")]),
        ("ascii", b"a\xb1\xb2", [Flaw(1, "B1 B2", "illegal")]),
        ("jisx0201", b"\xb1\xe0", [Flaw(1, "E0", "illegal")]),
        ("ebcdic-kana", b"\x81\x57", [Flaw(1, "57", "illegal")]),
        ("ebcdic", bytes(range(256)), []),
        ("iso-8859-1", bytes(range(256)), []),
        ("utf-8", b"\xe3\x81a", [Flaw(0, "E3 81", "illegal")]),
        ("utf-8", "\U000f0000".encode(), [Flaw(0, "F3 B0 80 80", "gaiji")]),
    ],
)
def test_flaws_of_bytes(name: str, data: bytes, flaws: list[Flaw]) -> None:
    assert SETS[name].flaws(data) == flaws


@pytest.mark.parametrize(
    ("name", "mark", "suggestion"),
    [
        ("jisx0208", "髙", "高"),
        ("jisx0208", "﨑", "崎"),
        ("jisx0208", "𠮷", "吉"),
        ("jisx0208", "鷗", "鴎"),
        ("jisx0208", "\ufa19", "神"),
        ("jisx0208", "①", "（１）"),
        ("jisx0208", "㎝", "ｃｍ"),
        ("jisx0208", "㈱", "（株）"),
        ("jisx0208", "é", "ｅ"),
        ("jisx0208", "A", "Ａ"),
        ("jisx0208", " ", "　"),
        ("jisx0208", "ｱ", "ア"),
        ("jisx0208", "か\u3099", "が"),
        ("jisx0208", "葛\U000e0100", "葛"),
        ("jisx0208", "鿋", None),
        ("jisx0208", "\n", None),
        ("cp932", "鷗", "鴎"),
        ("euc_jp", "①", "(1)"),
        ("euc_jp", "㎝", "cm"),
        ("euc_jp", "Ⅲ", "III"),
        ("ascii", "−", "-"),
        ("ascii", "é", "e"),
        ("ascii", "Ａ", "A"),
        ("ascii", "’", "'"),
        ("ascii", "亜", None),
        ("jisx0201", "ガ", "ｶﾞ"),
        ("jisx0201", "か", "ｶ"),
        ("jisx0201", "\\", "¥"),
        ("jisx0201", "~", "‾"),
        ("jisx0201", "￥", "¥"),
        ("jisx0201", "１", "1"),
        ("ebcdic-kana", "パ", "ﾊﾟ"),
        ("iso-8859-1", "ō", "o"),
    ],
)
def test_a_missing_character_comes_with_a_substitute(name: str, mark: str, suggestion: str | None) -> None:
    assert not SETS[name].holds(mark)
    (flaw,) = SETS[name].fit(mark)[1]
    assert flaw.suggestion == suggestion
    assert flaw.shown == (mark if mark.isprintable() else "U+000A")


def test_every_missing_character_has_its_place_and_the_stand_in() -> None:
    data, flaws = SETS["jisx0208"].fit("髙田髙")
    assert SETS["jisx0208"].decode(data) == "〓田〓"
    assert [flaw.at for flaw in flaws] == [0, 2]
    assert SETS["ascii"].fit("a髙")[0] == b"a?"
    assert charset("cp932", stand_in="□").fit("𠮷")[0].decode("cp932") == "□"
    with pytest.raises(Unfit, match="no place in jisx0208 for 髙") as caught:
        SETS["jisx0208"].encode("髙田髙")
    assert caught.value.flaws == tuple(flaws)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own


def test_twins_are_written_as_the_one_a_set_has() -> None:
    assert SETS["jisx0208"].encode("～－∥—￠￡￢") == SETS["jisx0208"].encode("〜−‖―¢£¬")
    assert SETS["cp932"].encode("〜−‖—¢£¬") == SETS["cp932"].encode("～－∥―￠￡￢")
    assert SETS["jisx0208"].encode("¥‾") == SETS["jisx0208"].encode("￥￣")
    assert SETS["euc_jp"].decode(SETS["euc_jp"].encode("¥")) == "￥"  # not a backslash


def test_what_cannot_be_read_is_written_only_where_it_stays_itself() -> None:
    jis = SETS["jisx0208"]
    assert jis.encode("亜\U00100030") == b"0!0"
    assert not jis.holds("\U00100030亜")  # would be read as 30 30, 21
    assert jis.fit("\U00100030亜")[0] == jis.encode("〓亜")
    assert not SETS["euc_jp"].holds("\U000f2921")  # a code of JIS, which EUC reads as )!
    assert not SETS["utf-8"].holds("\U000f2921")


def test_roman_of_jis_has_yen_and_overline() -> None:
    assert SETS["jisx0201"].decode(b"\\1,000~\xb1") == "¥1,000‾ｱ"


# -- gaiji


TABLE = Gaiji({b")!": "髙", b")\x22": "か\u309a", b")\x23": "㈱", b")\x24": "髙", b")\x25": "木村", b"2*": "鷗"})


@pytest.mark.parametrize(
    ("name", "codes"),
    [("jisx0208", (b"", b"")), ("iso2022jp", (b"\x1b$B", b"\x1b(B"))],
)
def test_a_table_explains_codes(name: str, codes: tuple[bytes, bytes]) -> None:
    known = charset(name, TABLE)
    data = codes[0] + b'0!)!)"2*' + codes[1]
    assert known.read(data) == ("亜髙か\u309a鷗", [])
    assert known.encode("亜髙か\u309a鷗") == data
    assert known.holds("髙か\u309aか鷗")
    assert known.flaws(codes[0] + b")\x26" + codes[1]) == [Flaw(len(codes[0]), "29 26", "gaiji")]


def test_a_text_with_two_codes_has_one_canonical() -> None:
    known = charset("jisx0208", TABLE)
    assert known.canonical(b")!")
    assert not known.canonical(b")$")
    assert known.decode(b")%") == "木村"
    assert known.encode("木村") == SETS["jisx0208"].encode("木村")


def test_a_code_the_table_overrules_has_lost_its_character() -> None:
    known = charset("jisx0208", Gaiji({b"2*": "鷗", b"0!": "髙"}))
    assert SETS["jisx0208"].decode(b"2*") == "鴎"
    assert known.decode(b"2*0!\x29\x21") == "鷗髙\U000f2921"
    assert not known.holds("鴎")
    assert not known.holds("亜")
    assert known.encode("鷗髙") == b"2*0!"
    assert known.fit("亜")[1] == [Flaw(0, "亜", "missing", None)]


@given(
    data=st.lists(st.sampled_from([b")!", b')"', b")#", b"0!", b"2*", b"0", b"\xff", b")&"]), max_size=6).map(b"".join)
)
def test_with_a_table_nothing_is_lost(data: bytes) -> None:
    known = charset("jisx0208", TABLE)
    assert known.encode(known.decode(data)) == data


@given(data=st.lists(st.sampled_from([b")!", b"\x80", b"0!", b"0", b"\x1b$B", b"\x1b(B", b"\xff", b")&"]), max_size=6))
def test_between_escapes_a_table_explains_any_code(data: list[bytes]) -> None:
    known = charset("iso2022jp", Gaiji({b")!": "髙", b"\x80": "﨑", b"\xa1\xa1": "(株)髙"}))
    text = known.decode(b"".join(data))
    assert known.decode(known.encode(text)) == text
    assert known.canonical(known.encode("亜(株)髙﨑"))


def test_codes_for_another_set_do_no_harm() -> None:
    other = Gaiji({b"\xf0\x40": "髙", b"0": "X", b"0!1": "Y", b"AB": "Z"})
    assert charset("jisx0208", other).decode(b"0!1\x21") == SETS["jisx0208"].decode(b"0!1\x21")
    assert charset("ascii", other).decode(b"ABC") == "ABC"
    assert charset("cp932", other).decode(b"\xf0\x40") == "髙"


def test_a_table_is_read(tmp_path: Path) -> None:
    table = tmp_path / "gaiji.csv"
    table.write_text('\ufeffcode,text,note\n2921,髙,はしご\n"29 22",か\u309a,\n\n0x2923,㈱\n', encoding="utf-8")
    assert Gaiji.read(table).codes == {b")!": "髙", b')"': "か\u309a", b")#": "㈱"}


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ("", 1, "header"),
        ("2921,髙\n", 1, "header"),
        ("code,text\n2921\n", 2, "1 cells"),
        ("code,text\n2921,髙\n29,a,b,c\n", 3, "4 cells"),
        ("code,text\n29 2,髙\n", 2, "hex"),
        ("code,text\nＡ１,髙\n", 2, "hex"),
        ("code,text\n2921212121,髙\n", 2, "hex"),
        ("code,text\n2921,\n", 2, "characters"),
        ("code,text\n2921,\ue000\n", 2, "private use"),
        ("code,text\n2921,髙\n2921,高\n", 3, "twice"),
        ('code,text\n2921,"髙\n', 2, "CSV"),
    ],
)
def test_a_bad_table_is_told_with_its_line(tmp_path: Path, content: str, line: int, why: str) -> None:
    table = tmp_path / "gaiji.csv"
    table.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=why) as caught:
        Gaiji.read(table)
    assert f"gaiji.csv:{line}: " in str(caught.value)
    assert f"{line}行目" in (caught.value.ja or "")


def test_a_table_that_is_no_utf8_or_not_there(tmp_path: Path) -> None:
    table = tmp_path / "gaiji.csv"
    table.write_bytes("code,text\n2921,髙\n".encode("cp932"))
    with pytest.raises(UsageError, match=r"gaiji\.csv:2: not UTF-8"):
        Gaiji.read(table)
    with pytest.raises(UsageError, match="No such file"):
        Gaiji.read(tmp_path / "none.csv")


# -- names


def test_names_are_described_in_both_languages() -> None:
    assert all(len(describe(name)) == 2 and all(describe(name)) for name in NAMES)
    assert all(isinstance(one, Charset) and one.name == name for name, one in SETS.items())


def test_an_unknown_name_is_told_with_the_known() -> None:
    with pytest.raises(UnknownName, match="did you mean 'jisx0208'"):
        charset("jisx208")
    with pytest.raises(UnknownName, match="known: ascii, "):
        describe("☃")


# -- widths


PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
HALF_KANA = "".join(map(chr, range(0xFF61, 0xFFA0)))


def test_what_is_widened_has_a_place_in_jis() -> None:
    wide = widen(PRINTABLE + HALF_KANA)
    assert SETS["jisx0208"].decode(SETS["jisx0208"].encode(wide)) == wide
    assert widen("ﾊﾞ ﾊﾟ ｳﾞ") == "バ　パ　ヴ"


@given(st.text(st.sampled_from(PRINTABLE)))
def test_narrow_undoes_widen(text: str) -> None:
    assert narrow(widen(text)) == text


@given(st.text())
def test_narrow_leaves_ascii_and_kana(text: str) -> None:
    assert narrow(narrow(text)) == narrow(text)
    assert narrow("カナ漢字") == "カナ漢字"


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("コンピュ−タ−", "コンピューター"),
        ("デ－タ", "データ"),
        ("１−２", "１−２"),
        ("カ−５", "カ−５"),
        ("らーめん", "らーめん"),
    ],
)
def test_a_minus_after_kana_may_be_a_long_vowel(text: str, mended: str) -> None:
    assert mend_long_vowel(text) == mended


# -- referees


def codec(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def test_python_reads_jis_alike() -> None:
    for pair in PAIRS:
        expected = codec(b"\x1b$B" + pair + b"\x1b(B", "iso2022_jp")
        text = SETS["jisx0208"].decode(pair)
        assert text == (expected or chr(0xF0000 + int.from_bytes(pair)))
        assert SETS["iso2022jp"].decode(b"\x1b$B" + pair + b"\x1b(B") == text


@pytest.mark.parametrize("name", ["euc_jp", "shift_jis", "cp932", "ascii", "utf-8"])
@given(data=any_bytes)
def test_python_reads_alike(name: str, data: bytes) -> None:
    expected = codec(data, name)
    if expected is not None and not stands_in(expected) and not any("\ue000" <= mark <= "\uf8ff" for mark in expected):
        assert SETS[name].decode(data) == expected.replace("\x80", "\U00100080" if name == "cp932" else "\x80")
    elif name not in {"cp932", "utf-8"}:
        assert SETS[name].flaws(data)


@given(text=st.text(st.sampled_from("亜山 a\\~¥‾\n")))
def test_python_writes_iso_2022_jp_alike(text: str) -> None:
    assert SETS["iso2022jp"].encode(text) == text.encode("iso2022_jp")


def test_ebcdic_is_that_of_python() -> None:
    assert SETS["ebcdic"].decode(bytes(range(256))) == bytes(range(256)).decode("cp037")


def iconv(encoding: str, codes: list[bytes]) -> list[str | None]:
    """What the system's iconv makes of codes: all at once where it can, else one by one."""
    if shutil.which("iconv") is None:
        pytest.skip("no iconv on this machine")
    listed = subprocess.run(["iconv", "-l"], capture_output=True, text=True, check=True).stdout
    if encoding not in listed:
        pytest.skip(f"this iconv has no {encoding}")
    command = ["iconv", "-f", encoding, "-t", "UTF-8"]
    whole = subprocess.run(command, input=b"".join(codes), capture_output=True, check=False)
    if whole.returncode == 0 and len(whole.stdout.decode()) == len(codes):
        return list(whole.stdout.decode())
    done = [subprocess.run(command, input=code, capture_output=True, check=False) for code in codes]
    return [one.stdout.decode() or None if one.returncode == 0 else None for one in done]


def clean(name: str, codes: list[bytes]) -> list[bytes]:
    return [code for code in codes if not SETS[name].flaws(code)]


def test_iconv_reads_euc_jp_alike() -> None:
    codes = clean("euc_jp", [bytes((a | 0x80, b | 0x80)) for a, b in PAIRS])
    codes += clean("euc_jp", [b"\x8e" + bytes((code,)) for code in range(0xA1, 0xE0)])
    differing = {
        (SETS["euc_jp"].decode(code), other)
        for code, other in zip(codes, iconv("EUC-JP", codes), strict=True)
        if SETS["euc_jp"].decode(code) != other
    }
    assert differing <= {("＼", "\\"), ("〜", "～"), ("−", "－"), ("‖", "∥")}


def test_iconv_reads_iso_2022_jp_alike() -> None:
    codes = [pair for pair in PAIRS if not SETS["jisx0208"].flaws(pair)]
    (whole,) = ["".join(found or "" for found in iconv("ISO-2022-JP", [b"\x1b$B" + b"".join(codes) + b"\x1b(B"]))]
    assert len(whole) == len(codes) == 6879
    ours = SETS["jisx0208"].decode(b"".join(codes))
    assert {pair for pair in zip(ours, whole, strict=True) if pair[0] != pair[1]} <= {("＼", "\\")}


def test_iconv_reads_cp932_alike() -> None:
    leads = (*range(0x81, 0xA0), *range(0xE0, 0xFD))
    codes = clean("cp932", [bytes((lead, trail)) for lead in leads for trail in range(0x40, 0xFD) if trail != 0x7F])
    text = "".join(map(SETS["cp932"].decode, codes))
    assert text == "".join(found or "?" for found in iconv("CP932", codes))
    command = ["iconv", "-f", "UTF-8", "-t", "CP932"]
    written = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    assert SETS["cp932"].encode(text) == written


def test_iconv_reads_katakana_ebcdic_alike() -> None:
    shifts = (0x0E, 0x0F)  # IBM930 is code page 290 with two-byte codes between these
    codes = [bytes((code,)) for code in range(256) if code not in shifts]
    ours = [SETS["ebcdic-kana"].decode(code) for code in codes]
    assert [None if stands_in(mark) else mark for mark in ours] == iconv("IBM930", codes)


def test_icu_reads_katakana_ebcdic_alike() -> None:
    if shutil.which("uconv") is None:
        pytest.skip("no uconv on this machine")
    codes = [bytes((code,)) for code in range(256)]
    data = b"".join(clean("ebcdic-kana", codes))
    done = subprocess.run(["uconv", "-f", "ibm-290", "-t", "utf-8"], input=data, capture_output=True, check=True)
    assert done.stdout.decode() == SETS["ebcdic-kana"].decode(data)
