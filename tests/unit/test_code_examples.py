"""Every issue code has an example, a run in which it is told and the same put right, and a page that shows both."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from convert.cli import cli
from convert.errors import UsageError
from convert.examples import FILE, Example, Side, Situation, example_of, kept, read_examples, write_files
from convert.examples.files import dump
from convert.examples.running import run_side
from convert.examples.show import command, differing, text
from convert.messages.catalogue import Catalogue, own_files

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
ROOMS = {entry.code: file for file in own_files() for entry in Catalogue([file]).codes()}
"""The codes.toml of each code."""
EXAMPLES = {
    code: found
    for file in sorted((ROOT / "convert").rglob(FILE))
    for code, found in read_examples(file).items()
}  # fmt: skip
RUN = sorted(code for code, found in EXAMPLES.items() if isinstance(found, Example))

SERVER = "comes only while an OAI-PMH server is answering"
SITUATIONS: dict[str, str] = {
    **dict.fromkeys(
        (f"HRV-{word}" for word in (
            "ADDRESS", "DATESTAMP", "DELETIONS", "EMPTY", "END", "ERROR-BESIDE", "FROM", "GAP", "GRANULARITY",
            "IDENTIFY", "LOOP", "OUTSIDE", "PAGE", "PREFIX-WITH-TOKEN", "RECORD", "SHORT", "TOKEN", "TWICE", "UNTIL",
        )),
        SERVER,
    ),
    **dict.fromkeys(
        (f"HRV-JPS-{word}" for word in (
            "ADDRESS", "BETWEEN", "BEYOND", "GAP", "HIT", "LABELS", "LOOP", "NAMELESS", "NONE", "NOT-UPDATED", "PAGE",
            "RECORD", "SCROLL", "SHORT", "SIZE", "UNSEEN",
        )),
        "comes only while Japan Search's API is answering",
    ),
    **dict.fromkeys(
        (f"JPR-{word}" for word in (
            "ABSENT", "BUDGET", "IMAGE", "IMAGE-LINK", "IMAGE-NONE", "IMAGE-SIZE", "NAMESPACE", "NOTHING",
        )),
        "comes only while JPRO's API is asked",
    ),
    "RUN-ID-NONE": "a run of one record says anyway that it is not a whole one",
    "HRV-CINII-GAP": "comes only when CiNii does not answer",
    **dict.fromkeys(
        (f"SFTP-{word}" for word in (
            "ALGORITHM", "AUTH", "AUTH-NONE", "CUT", "DENIED", "EXISTS", "FOLDER", "HOST-REVOKED", "HOST-UNKNOWN",
            "HOST-WRONG", "KEY", "KEY-PHRASE", "NO-SFTP", "PART-TAKEN", "RENAME", "RESUMED", "SIZE", "SIZE-LATER",
            "STAT", "TAKEN", "UNREACHABLE", "UNSURE", "WRITE",
        )),
        "comes only of a connection to an SFTP server; a key is read once the server's own is known",
    ),
    "SFTP-CHANGED": "a package must change while it is sent",
    **dict.fromkeys(("SFTP-BUSY", "FSET-BUSY"), "needs two runs at once"),
    "ENR-CHANGED": "a store must change in the midst of a run",
    "DLV-LOAD-CLOCK": "the machine's clock must have gone back",
    "STO-DAMAGED": "the store must have been damaged by other means than this program's",
    "JPS-FILE-SIZE": "needs a file of more than 1 GB",
    "DLV-UNREAD": "needs a format whose cutter and reader disagree, which none of ours do",
}  # fmt: skip
"""Codes that no small run can show, each with the reason. What a file or an option can raise has no place here."""

TO_ADD = """
{code} has no example. Add it to {file}, beside codes.toml:

    [{code}]
    run = "convert museum.yaml museum.csv -o items.jsonl"   # or: base = "NAME", a run of [base.NAME] in that file
    change = [["what is right", "what is wrong"]]           # the run as it stands is the right one
    at = "museum.csv:3 B3"                                  # the place that is told
    [{code}.files]
    "museum.yaml" = '''…'''
    "museum.csv" = '''…'''

then run `python docs/generate.py`. docs/extending.en.md has more. A code that only a server, a disk or a stopped run
can raise has situation_ja, situation_en, remedy_ja, remedy_en and test instead, and a line in SITUATIONS here.
"""


def load_generator() -> Any:
    spec = importlib.util.spec_from_file_location("docs_generate_codes", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


generate = load_generator()


# ── Every code ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", own_files(), ids=lambda file: file.parent.relative_to(ROOT).as_posix())
def test_every_code_has_an_example(file: Path) -> None:
    without = [code for code, room in ROOMS.items() if room == file and code not in EXAMPLES]
    place = file.with_name(FILE).relative_to(ROOT)
    assert not without, "".join(TO_ADD.format(code=code, file=place) for code in without[:1]) + ", ".join(without)


def test_examples_stand_beside_their_codes() -> None:
    for file in sorted((ROOT / "convert").rglob(FILE)):
        beside = Catalogue([file.with_name("codes.toml")])
        assert [code for code in read_examples(file) if code not in beside] == []


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of any server: an example that does would be another one every day."""

    def refused(*address: Any, **_: Any) -> None:
        raise AssertionError(f"an example connects to {address}")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize("code", RUN)
@pytest.mark.usefixtures("no_network")
def test_example(code: str) -> None:
    """The code is told where the example says, and no more once it is put right; its pages show what it tells."""
    example = EXAMPLES[code]
    assert isinstance(example, Example)
    assert example.fails != example.passes
    fails = run_side(example.fails)
    told = fails.of(code)
    assert told, f"{[(one.code, one.place) for one in fails.told]}\n{fails.output}"
    assert example.at, f'say where it is told: at = "{told[0].place}"'
    assert example.at in [one.place for one in told]
    passes = run_side(example.passes)
    assert passes.of(code) == []
    assert passes.errors == []
    assert passes.exit == 0, passes.output
    current(code, generate.pages_of(Catalogue([ROOMS[code]]).entry(code), example, fails))


def current(code: str, pages: dict[Path, str]) -> None:
    for path, wanted in pages.items():
        shown = path.read_text("utf-8") if path.exists() else ""
        assert shown == wanted, f"{code}: run python docs/generate.py"


def test_situations_are_few_and_have_a_test() -> None:
    """Only what is listed here with its reason may do without a run; the test it names raises it."""
    assert sorted(code for code, found in EXAMPLES.items() if isinstance(found, Situation)) == sorted(SITUATIONS)
    for code in SITUATIONS:
        found = EXAMPLES[code]
        assert isinstance(found, Situation)
        file, _, name = found.test.partition("::")
        source = (TESTS / file).read_text("utf-8")
        assert f"def {name}(" in source, code
        assert f'"{code}"' in source or f'"{code.partition("-")[2]}"' in source, code
        current(code, generate.pages_of(Catalogue([ROOMS[code]]).entry(code), found))


def test_the_index_and_the_pages_are_those_of_the_codes() -> None:
    for lang, end in (("ja", ""), ("en", ".en")):
        assert (generate.CODE_PAGES / f"index{end}.md").read_text("utf-8") == generate.codes_index(lang)
    found = {path.name for path in generate.CODE_PAGES.glob("*.md")}
    assert found == {f"{name}{end}.md" for name in (*EXAMPLES, "index") for end in ("", ".en")}


def test_examples_use_made_up_files_only() -> None:
    """A command names nothing outside its own folder."""
    for code in RUN:
        example = EXAMPLES[code]
        assert isinstance(example, Example)
        for side in (example.fails, example.passes):
            assert not [word for word in shlex.split(side.run) if word.startswith("/") or ".." in word], code
            assert not [name for name in side.files if name.startswith("/") or ".." in name], code


# ── The command ──────────────────────────────────────────────────────────────────────────────────


def mokuroku(*arguments: str) -> Any:
    return CliRunner(env={"MOKUROKU_LANG": None}).invoke(cli, ["codes", *arguments])


@pytest.mark.parametrize(("lang", "words"), [("ja", ("指摘が出る例", "指摘が出ない例")), ("en", ("is told", "is not"))])
def test_the_command_shows_both_runs(lang: str, words: tuple[str, ...]) -> None:
    shown = mokuroku("MAP-KEY", "--lang", lang).output
    for part in (*words, "▶ 8   備考: {from: 備考, requird: true}", "▶ 8   備考: {from: 備考, required: true}"):
        assert part in shown
    assert shown.count("$ mokuroku mapping check museum.yaml") == 2
    assert "museum.yaml:8:18" in shown


def test_the_command_writes_the_files_and_they_run(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert mokuroku("MAP-KEY", "-o", str(folder)).exit_code == 0
    assert "requird" in (folder / "fails" / "museum.yaml").read_text("utf-8")
    assert "required" in (folder / "passes" / "museum.yaml").read_text("utf-8")
    again = mokuroku("MAP-KEY", "-o", str(folder))
    assert (again.exit_code, "空ではありません" in again.output) == (2, True)
    assert mokuroku("-o", str(folder)).exit_code == 2


def test_json_has_the_files() -> None:
    (found,) = json.loads(mokuroku("MAP-KEY", "--json").output)
    assert found["example"]["at"] == "museum.yaml:8:18"
    assert "requird" in found["example"]["fails"]["files"]["museum.yaml"]
    assert "example" not in json.loads(mokuroku("--json").output)[0]


# ── What an example may be ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[A-B]\nrun = 'codes'\nchnage = []", "unknown key 'chnage'"),
        ("[A-B]\nbase = 'x'", r"no \[base.x\]"),
        ("[A-B]\nat = 'x'", "run is missing"),
        ("[A-B]\nrun = 'codes'\nfails = {file = 1}", "unknown key 'file'"),
        ("[A-B]\nrun = 'codes'\nfiles = {a = 'xx'}\nchange = [['x', 'y']]", "must stand once"),
        ("[A-B]\nrun = 'codes'\nfiles = {a = 'x', b = 'x'}\nchange = [['x', 'y']]", "must stand once"),
        ("[A-B]\nsituation_ja = 'x'", "situation_en, remedy_ja, remedy_en, test is missing"),
        ("[A-B\n", "examples.toml"),
    ],
)
def test_a_fault_of_an_example_is_told(table: str, words: str, write: Callable[[str, str], Path]) -> None:
    with pytest.raises(UsageError, match=words):
        read_examples(write("examples.toml", table))


def test_changes_lie_over_the_base(write: Callable[[str, str], Path]) -> None:
    lines = ["[base.b]", "run = 'r'", "files = {a = '1 2', b = '1'}", "[A-B]", "base = 'b'", "with = [['2', '3']]"]
    found = read_examples(write("examples.toml", "\n".join([*lines, "change = [['b', '1', '4']]", "at = 'b'"])))["A-B"]
    assert isinstance(found, Example)
    assert dict(found.passes.files) == {"a": "1 3", "b": "1"}
    assert dict(found.fails.files) == {"a": "1 3", "b": "4"}
    assert found.changed == ["b"]


def test_files_of_every_kind() -> None:
    assert kept({"text": "架\n", "encoding": "cp932", "newline": "\r\n"}).data == "架\r\n".encode("cp932")
    assert kept({"text": "a〈long〉", "long": ["bc", 3]}).data == b"abcbcbc"
    assert kept({"hex": "00 ff", "times": 2}).data == b"\x00\xff\x00\xff"
    assert kept({"dat": "1␟A⟨32 4D⟩␞␝"}).data == b"1\x1fA2M\x1e\x1d"
    rows = kept({"rows": "{n},x", "count": 9, "head": "h", "odd": {"7": "7,y"}})
    assert rows.data.decode().splitlines() == ["h", *(f"{n},{'y' if n == 7 else 'x'}" for n in range(1, 10))]
    assert kept({"rows": ["a{n}", "b{n}"], "count": 3}).data == b"b1\na2\nb3\n"
    assert kept({"zip": {"a": "b"}}).data[:2] == b"PK"
    assert kept({"gzip": "a", "cut": 3}).data == kept({"gzip": "a"}).data[:-3]
    locked = kept({"text": "a", "mode": "600"})
    assert (locked.data, locked.kind) == (b"a", "mode 600")
    assert dump(b"abc\x00").split() == ["0000", "61", "62", "63", "00", "abc."]
    with pytest.raises(UsageError):
        kept({"txet": ""})


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_a_workbook_is_one_for_openpyxl(tmp_path: Path) -> None:
    import openpyxl

    rows = [["番号", "名称"], ["K-1", {"v": "12"}], ["", {"f": "A2"}]]
    place = tmp_path / "book.xlsx"
    place.write_bytes(kept({"xlsx": {"台帳": rows}, "hidden_rows": [2]}).data)
    sheet = openpyxl.load_workbook(place)["台帳"]
    assert [[cell.value for cell in row] for row in sheet.rows] == [["番号", "名称"], ["K-1", 12], [None, "=A2"]]
    assert sheet.row_dimensions[2].hidden


def test_a_store_is_one_for_the_commands(tmp_path: Path) -> None:
    place = tmp_path / "s.db"
    lines = '{"id": "K-1", "title": "皿"}\nK-2 <title>壺</title>\n'
    table = {"store": lines, "source": "kakuu", "prefix": "items", "sets": ["a"], "harvest": "items", "gaps": 2}
    place.write_bytes(kept(table).data)
    (first, second) = CliRunner().invoke(cli, ["store", "list", str(place)]).output.splitlines()
    assert {"kakuu", "items", "2026-01-05T00:00:00Z", "K-1"} < set(first.split("\t"))
    assert {"kakuu", "items", "2026-01-05T00:00:00Z", "K-2"} < set(second.split("\t"))
    assert kept(table).shown == f"── source: kakuu, prefix: items, harvest: items, gaps: 2\n{lines}"


def test_commands_follow_one_another_until_one_fails() -> None:
    files = {"a.csv": "x\n1\n", "m.yaml": "mapping: 1\n"}
    ran, alone = (
        run_side(Side("inspect a.csv && mapping check m.yaml && inspect a.csv", files)),
        Side("inspect a.csv", files),
    )
    assert (ran.exit, ran.output.count("a.csv")) == (2, run_side(alone).output.count("a.csv"))
    assert {one.code for one in ran.told} == {"MAP-KEY-MISSING"}
    assert command(Side("a b && c", {})) == "mokuroku a b &&\n  mokuroku c"
    assert command(Side("a b && c", {}), " ") == "mokuroku a b && mokuroku c"


@pytest.mark.skipif(os.name != "posix", reason="no modes")
def test_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    write_files(Side("", {"key": {"text": "a", "mode": "600"}}), tmp_path)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_long_files_are_shown_around_what_differs() -> None:
    found = example_of("ONX-CODE")
    assert isinstance(found, Example)
    (shown,) = differing(found, "ja")
    assert len(shown.lines) < 12
    assert sum(line.startswith("▶") for line in shown.lines) == 1
    assert all(re.match(r"[▶ ] +(\d+ |…)", line) for line in shown.lines)
    assert "".join(text(found, "en"))
