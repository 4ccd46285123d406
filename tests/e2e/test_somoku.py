"""``mokuroku somoku`` as a librarian runs it: from a .dat nobody can read to a layout."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from convert.formats.somoku.load import load_layout
from tests.somoku_data import Maker

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

INVENTED = Path(__file__).parents[1] / "fixtures" / "somoku" / "layouts"


def records(name: str, count: int = 12) -> list[bytes]:
    return Maker(load_layout(name), 3).records(count)


@pytest.fixture
def dat(folder: Path) -> Path:
    path = folder / "updt9911_20240105_01.dat"
    path.write_bytes(b"".join(records("somoku-3-draft")))
    return path


def test_from_unreadable_to_a_layout_that_reads(cli: Run, folder: Path) -> None:
    data = b"".join(records(str(INVENTED / "padded.yaml"), 30))
    (folder / "a.dat").write_bytes(data)

    wrong = cli("somoku", "dump", "a.dat")
    assert wrong.returncode == 1
    assert "mokuroku somoku explain a.dat" in wrong.stdout
    assert "［未確認］" in wrong.stdout.splitlines()[0]

    told = cli("somoku", "explain", "a.dat")
    assert told.returncode == 0
    assert "空白で右に寄せた数字 6 桁" in told.stdout
    assert "mokuroku somoku layout new --from a.dat" in told.stdout

    made = cli("somoku", "layout", "new", "--from", "a.dat", "-o", "my.yaml")
    assert made.returncode == 0, made.stderr
    assert made.stdout == ""
    assert "30 件のうち 30 件が読め、30 件は書き直しても同じバイト" in made.stderr

    assert cli("somoku", "layout", "check", "my.yaml").returncode == 0
    shown = cli("somoku", "layout", "show", "my.yaml")
    assert "項目IDNO" in shown.stdout
    dumped = cli("somoku", "dump", "a.dat", "-r", "layout=my.yaml", "--record", "2")
    assert dumped.returncode == 0
    assert "項目IDNO［不明］" in dumped.stdout
    again = cli("inspect", "a.dat", "-r", "layout=my.yaml")
    assert again.returncode == 0, again.stdout


def test_hints_of_issues_lead_to_the_record(cli: Run, folder: Path) -> None:
    """What a hint says can be run as it stands."""
    good = records("somoku-3-draft")
    good[3] = good[3].replace(b"\x1f", b"\x1c", 1)
    (folder / "bad.dat").write_bytes(b"".join(good))
    at = sum(map(len, good[:3]))
    done = cli("somoku", "dump", "bad.dat", "--at", str(at))
    assert done.returncode == 1
    assert f"レコード 4（読めないレコード）　{at:,} バイト目から" in done.stdout
    assert "SMK-SUBFIELD" in done.stdout
    found = json.loads(cli("somoku", "dump", "bad.dat", "--at", str(at + 5), "--json").stdout)
    assert [record["record"] for record in found["records"]] == [4]
    assert found["records"][0]["issues"][0]["code"] == "SMK-SUBFIELD"


def test_a_dump_ends_after_ten_records_unless_told(cli: Run, dat: Path) -> None:
    done = cli("somoku", "dump", dat.name)
    assert done.returncode == 0
    assert "10 件を示しました" in done.stdout
    found = json.loads(cli("somoku", "dump", dat.name, "--json", "--limit", "12").stdout)
    assert found["complete"]
    assert [record["record"] for record in found["records"]] == list(range(1, 13))
    assert found["layout"]["confirmed"] is False
    assert not json.loads(cli("somoku", "dump", dat.name, "--json").stdout)["complete"]


def test_archives_and_standard_input(cli: Run, folder: Path, dat: Path) -> None:
    (folder / "a.dat.gz").write_bytes(gzip.compress(dat.read_bytes()))
    with zipfile.ZipFile(folder / "one.zip", "w") as archive:
        archive.write(dat, dat.name)
    with zipfile.ZipFile(folder / "two.zip", "w") as archive:
        archive.write(dat, "a.dat")
        archive.write(dat, "b.dat")
    for name in ("a.dat.gz", "one.zip", "two.zip/b.dat"):
        assert cli("somoku", "dump", name, "--record", "1").returncode == 0
        assert cli("somoku", "explain", name).returncode == 0
    several = cli("somoku", "explain", "two.zip")
    assert several.returncode == 2
    assert "two.zip/a.dat" in several.stderr
    assert cli("somoku", "dump", "-", "--record", "2", stdin=dat.read_bytes()).returncode == 0
    assert "12 件" in cli("somoku", "explain", "-", stdin=dat.read_bytes()).stdout
    assert cli("somoku", "layout", "new", "--from", "-", "-o", "x.yaml", stdin=dat.read_bytes()).returncode == 0


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 3000, "ただの文章です。\n次の行。\n".encode() * 20])
def test_files_that_are_something_else(cli: Run, folder: Path, data: bytes) -> None:
    (folder / "a.dat").write_bytes(data)
    assert cli("somoku", "dump", "a.dat", "--limit", "2").returncode in (1, 3)
    assert cli("somoku", "explain", "a.dat").returncode == 1
    assert cli("somoku", "explain", "a.dat", "--json").returncode == 1
    done = cli("somoku", "layout", "new", "--from", "a.dat", "-o", "x.yaml")
    assert done.returncode == 1
    assert done.stderr
    assert not (folder / "x.yaml").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("somoku", "dump", "missing.dat"),
        ("somoku", "dump", "{dat}", "-r", "layout=somoku-9"),
        ("somoku", "dump", "{dat}", "-r", "lay=somoku-3-draft"),
        ("somoku", "dump", "{dat}", "--record", "99"),
        ("somoku", "dump", "{dat}", "--at", "99999999"),
        ("somoku", "dump", "{dat}", "--record", "0"),
        ("somoku", "explain", "missing.dat"),
        ("somoku", "explain", "{dat}", "-r", "layout=nowhere"),
        ("somoku", "layout", "check", "nowhere"),
        ("somoku", "layout", "show", "nowhere"),
        ("somoku", "layout", "diff", "somoku-2-draft", "nowhere"),
        ("somoku", "layout", "new", "--from", "{dat}", "-o", "no/such/folder.yaml"),
        ("somoku", "layout", "new"),
    ],
)
def test_wrong_use_ends_with_2(cli: Run, dat: Path, arguments: tuple[str, ...]) -> None:
    done = cli(*(argument.format(dat=dat.name) for argument in arguments))
    assert done.returncode == 2, done.stdout
    assert done.stderr


def test_layouts_are_listed_shown_compared_and_checked(cli: Run, folder: Path) -> None:
    assert "somoku-3-draft" in cli("somoku", "layout", "list").stdout
    rows = json.loads(cli("somoku", "layout", "list", "--json").stdout)
    assert {row["id"]: row["confirmed"] for row in rows}["jpmarc-legacy"]
    assert "管理番号" in cli("somoku", "layout", "show", "somoku-3-draft").stdout
    told = json.loads(cli("somoku", "layout", "show", "somoku-3-draft", "--json").stdout)
    assert told["label"][0]["name"] == "レコード長"
    differ = cli("somoku", "layout", "diff", "somoku-2-draft", "somoku-3-draft")
    assert differ.returncode == 1
    assert "所蔵" in differ.stdout
    assert json.loads(cli("somoku", "layout", "diff", "jpmarc-legacy", "jpmarc-legacy", "--json").stdout) == []
    (folder / "bad.yaml").write_text("layout: 1\nrecord: {ends: never}\n", encoding="utf-8")
    bad = cli("somoku", "layout", "check", "bad.yaml")
    assert bad.returncode == 2
    assert "bad.yaml:2:16: エラー SMK-LAYOUT-VALUE" in bad.stdout
    found = json.loads(cli("somoku", "layout", "check", "bad.yaml", "--json").stdout)
    assert "SMK-LAYOUT-VALUE" in {issue["code"] for issue in found}
    assert cli("somoku", "layout", "check", "jpmarc-legacy").returncode == 0


def test_a_draft_is_printed_and_a_layout_of_ones_own_is_tried(cli: Run, folder: Path, dat: Path) -> None:
    printed = cli("somoku", "layout", "new", "--from", dat.name, "--lang", "en")
    assert printed.stdout.startswith("# A draft of a layout")
    (folder / "own.yaml").write_text(printed.stdout, encoding="utf-8")
    told = json.loads(cli("somoku", "explain", dat.name, "-r", "layout=own.yaml", "--json").stdout)
    assert told["layouts"][0] | {"values": 0, "named": 0} == {
        "layout": "draft",
        "confirmed": False,
        "read": 12,
        "of": 12,
        "identical": 12,
        "values": 0,
        "named": 0,
        "flawed": 0,
    }
