from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import convert.messages
from convert import registry
from convert.check.issue import Issue, Severity
from convert.errors import UsageError
from convert.messages import Catalogue, catalogue, visible
from convert.messages.catalogue import slots
from convert.model import Location

PACKAGE = Path(convert.messages.__file__).parents[1]
ROOMS = "|".join(sorted({entry.code.partition("-")[0] for entry in catalogue().codes()}))
CODE = re.compile(rf'"((?:{ROOMS})-[A-Z0-9-]+)"')
HERE = Location("museum.csv", line=5)

TABLE = """
[SRC-EXAMPLE]
severity = "warning"
effect = "changed"
basis = "known"
ja = "「{value}」は {slot} です。{gone} {not a slot}"
en = "“{value}” is {slot}."
hint_ja = "{slot} を直してください。"
hint_en = "Correct {slot}."
reference = "mokuroku"
"""


@pytest.fixture
def example(tmp_path: Path) -> Catalogue:
    file = tmp_path / "codes.toml"
    file.write_text(TABLE, encoding="utf-8")
    return Catalogue([file])


def issue(**parts: object) -> Issue:
    return Issue("SRC-EXAMPLE", HERE, **parts)  # type: ignore[arg-type]


def sources() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


def used_codes() -> set[str]:
    return {code for text in sources().values() for code in CODE.findall(text)}


# ── Filling in ──────────────────────────────────────────────────────────────────────────────────


def test_values_and_slots_are_filled_in_and_unknown_slots_stay(example: Catalogue) -> None:
    found = issue(value="不明", slots={"slot": 3})
    assert example.message(found, "ja") == "「不明」は 3 です。{gone} {not a slot}"
    assert example.message(found, "en") == "“不明” is 3."
    assert example.hint(found, "ja") == "3 を直してください。"
    assert example.hint(found, "en") == "Correct 3."


def test_braces_in_values_are_plain_text(example: Catalogue) -> None:
    found = issue(value="{slot}{0}{", slots={"slot": "{value}"})
    assert example.message(found, "en") == "“{slot}{0}{” is {value}."


def test_doubled_braces_are_braces(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text(TABLE.replace("“{value}”", "{{value}} {{{value}}} {a: b}"), encoding="utf-8")
    assert Catalogue([file]).message(issue(value="}}"), "en") == "{value} {}}} {a: b} is {slot}."


def test_lists_are_joined_and_control_characters_shown(example: Catalogue) -> None:
    found = issue(value="a\nb\x1b[31m\u202e\ud800", slots={"slot": ["い", "ろ"]})
    assert example.message(found, "en") == "“a␊b␛[31m[U+202E][U+D800]” is い, ろ."
    assert "い、ろ" in example.message(found, "ja")


def test_a_missing_value_is_nothing_and_a_missing_slot_stays(example: Catalogue) -> None:
    assert example.message(issue(), "en") == "“” is {slot}."


def test_wide_blank_and_kana_stay_as_they_are() -> None:
    assert visible("架空　太郎ﾀﾛｳ") == "架空　太郎ﾀﾛｳ"
    assert visible("a\tb\n", keep="\t") == "a\tb␊"


# ── Entries and severities ──────────────────────────────────────────────────────────────────────


def test_an_unknown_code_has_a_stand_in(example: Catalogue) -> None:
    found = Issue("XYZ-NOBODY", HERE, value="{")
    assert example.entry("XYZ-NOBODY").severity is Severity.WARNING
    assert example.message(found, "ja") == example.message(found, "en") == "XYZ-NOBODY"
    assert example.hint(found, "ja") == ""
    assert "XYZ-NOBODY" not in example


def test_what_the_receiver_would_store() -> None:
    book = catalogue()
    assert book.stored(Issue("JPS-NUMBER", HERE, value="三")) == "0"
    assert book.stored(Issue("JPS-DATE-START", HERE, slots={"start": "1998-01-01"})) == "1998-01-01"
    assert book.stored(Issue("JPS-DATE-START", HERE)) is None
    assert book.stored(Issue("JPS-HTML", HERE, slots={"stored": "絹本"})) == "絹本"
    assert book.stored(Issue("MAP-NO-VALUE", HERE, value="不明")) is None


def test_severity_override_then_issue_then_catalogue(example: Catalogue) -> None:
    assert example.severity(issue()) is Severity.WARNING
    assert example.severity(issue(severity=Severity.NOTICE)) is Severity.NOTICE
    raised = {"SRC-EXAMPLE": Severity.ERROR}
    assert example.severity(issue(severity=Severity.NOTICE), raised) is Severity.ERROR


# ── Files ───────────────────────────────────────────────────────────────────────────────────────


def test_all_faults_of_a_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text('loose = 1\n[A-B]\nseverity = "bad"\neffect = "none"\nextra = "x"\nja = 1\n', encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Catalogue([file, tmp_path / "absent.toml"])
    text = str(caught.value)
    for part in ("loose: expects a table", "severity expects", "extra is not", "en is missing", "ja expects", "absent"):
        assert part in text


def test_a_broken_file_names_itself(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text("[", encoding="utf-8")
    with pytest.raises(UsageError, match=r"codes\.toml"):
        Catalogue([file])


def test_the_first_table_for_a_code_counts(tmp_path: Path, example: Catalogue) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TABLE.replace("warning", "error"), encoding="utf-8")
    both = Catalogue([*example.files, other])
    assert both.entry("SRC-EXAMPLE").severity is Severity.WARNING
    assert [entry.code for entry in both.codes()] == ["SRC-EXAMPLE"]


def test_a_room_is_read_when_one_of_its_codes_is_asked_for(tmp_path: Path) -> None:
    rooms = [tmp_path / f"{name}.toml" for name in ("one", "two", "three")]
    for room in rooms:
        room.write_text(TABLE.replace("SRC-EXAMPLE", f"SRC-{room.stem.upper()}"), encoding="utf-8")
    book = Catalogue((), rooms=rooms)
    assert book.files == ()
    assert "SRC-TWO" in book
    assert book.files == (rooms[1],)
    assert [entry.code for entry in book.codes()] == ["SRC-ONE", "SRC-THREE", "SRC-TWO"]
    assert "SRC-FOUR" not in Catalogue((), rooms=rooms)


def test_plug_ins_bring_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = tmp_path / "vendor_words"
    vendor.mkdir()
    (vendor / "__init__.py").write_text("")
    (vendor / "codes.toml").write_text(TABLE.replace("SRC-EXAMPLE", "VENDOR-EXAMPLE"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("vendor", "vendor_words", "convert.messages")
    monkeypatch.setattr(registry, "plugins", lambda kind: {"vendor": point} if kind == "messages" else {})
    catalogue.cache_clear()
    try:
        assert "VENDOR-EXAMPLE" in catalogue()
    finally:
        catalogue.cache_clear()


# ── The shipped catalogue ───────────────────────────────────────────────────────────────────────


def test_every_code_of_the_program_is_catalogued() -> None:
    assert sorted(code for code in used_codes() if code not in catalogue()) == []


def test_every_catalogued_code_is_used() -> None:
    own = {entry.code for entry in Catalogue(sorted(PACKAGE.rglob("codes.toml"))).codes()}
    assert sorted(own - used_codes()) == []


def test_no_code_is_in_two_files() -> None:
    files = sorted(PACKAGE.rglob("codes.toml"))
    codes = [entry.code for file in files for entry in Catalogue([file]).codes()]
    assert sorted(codes) == sorted(set(codes))


def test_every_code_speaks_both_languages() -> None:
    for entry in Catalogue(sorted(PACKAGE.rglob("codes.toml"))).codes():
        assert entry.ja.strip(), entry.code
        assert entry.en.strip(), entry.code
        assert entry.reference.strip(), entry.code
        assert bool(entry.hint_ja.strip()) == bool(entry.hint_en.strip()), entry.code
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", entry.ja), f"{entry.code}: the Japanese message is not Japanese"
        assert not re.search(r"[ぁ-んァ-ヶ]", entry.en.replace("「", "")), f"{entry.code}: kana in English"


def test_every_slot_is_a_word_of_its_room() -> None:
    strange = []
    for file in sorted(PACKAGE.rglob("codes.toml")):
        room = "\n".join(text for path, text in sources().items() if path.is_relative_to(file.parent))
        for entry in Catalogue([file]).codes():
            templates = (entry.ja, entry.en, entry.hint_ja, entry.hint_en)
            used = set[str]().union(*map(slots, templates)) - {"value"}
            strange += [f"{entry.code}: {name}" for name in sorted(used) if not re.search(rf"\b{name}\b", room)]
    assert strange == []


def test_own_rules_do_not_name_a_receiver() -> None:
    for entry in catalogue().codes():
        if entry.basis == "own":
            assert "ジャパンサーチの規則" not in entry.ja + entry.hint_ja, entry.code
            assert "Japan Search requires" not in entry.en + entry.hint_en, entry.code
