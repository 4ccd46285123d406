"""``mokuroku deliver`` as a user runs it: exit codes, languages, JSON, interruption, and what stands in the folder."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

EXAMPLES = Path(__file__).parents[2] / "examples"
PACKAGE = ("deliver", "package")
TO_OUT = ("--library", "1311", "--date", "2026-01-05", "-o", "out")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def dat(folder: Path) -> Path:
    path = folder / "書誌.dat"
    path.write_bytes(b"00378NAM\x1e\x1d" * 100)
    return path


def test_a_package_and_what_is_in_it(cli: Run, folder: Path, dat: Path) -> None:
    done = cli(*PACKAGE, dat.name, *TO_OUT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("out/updt1311_20260105_01.zip  ")
    assert "件数は不明  1,000 バイト  ← 書誌.dat" in done.stdout
    assert names(folder / "out") == ["updt1311_20260105_01.manifest.json", "updt1311_20260105_01.zip"]
    done = cli("deliver", "inspect", "out/updt1311_20260105_01.zip", "--lang", "en")
    assert done.returncode == 0
    assert "conforms, and is what its manifest says" in done.stdout
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tqq", folder / "out" / "updt1311_20260105_01.zip"], check=True)


def test_from_the_table_to_the_package(cli: Run, folder: Path) -> None:
    assert cli("convert", "library/csv-to-dcndl", EXAMPLES / "library.csv", "-o", "lib.rdf", "-q").returncode in (0, 1)
    done = cli(*PACKAGE, "lib.rdf", *TO_OUT, "--split-count", "10", "--json", "--lang", "en")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["written"] is True
    (package,) = told["packages"]
    assert [member["records"] for member in package["members"]] == [10, 10, 7]
    assert package["sources"][0]["run"]["mapping"]["id"] == "library/csv-to-dcndl"
    with zipfile.ZipFile(folder / "out" / package["package"]["name"]) as archive:
        archive.extractall(folder)
    for member in package["members"]:
        checked = cli("check", member["name"], "--format", "dcndl", "--json")
        assert json.loads(checked.stdout)["counts"]["read"] == member["records"]
    told = json.loads(cli("deliver", "inspect", f"out/{package['package']['name']}", "--json").stdout)
    assert told["packages"][0]["conforms"] is True
    assert [member["records"] for member in told["packages"][0]["members"]] == [10, 10, 7]


def test_a_trial_run_is_warned_of_and_refused_when_strict(cli: Run, folder: Path) -> None:
    cli("convert", "library/csv-to-dcndl", EXAMPLES / "library.csv", "-o", "lib.rdf", "-q", "--limit", "2")
    done = cli(*PACKAGE, "lib.rdf", *TO_OUT, "--strict", "--lang", "en")
    assert done.returncode == 3
    assert "warning PKG-RUN-INCOMPLETE" in done.stderr
    assert done.stderr.endswith("No package was made.\n")
    assert names(folder / "out") == []
    assert cli(*PACKAGE, "lib.rdf", *TO_OUT, "--fail-on", "warning", "-q").returncode == 1
    assert len(names(folder / "out")) == 2


def test_a_dry_run_says_what_the_next_run_does(cli: Run, folder: Path, dat: Path) -> None:
    dry = json.loads(cli(*PACKAGE, dat.name, *TO_OUT, "--dry-run", "--json").stdout)
    assert (dry["written"], dry["dry_run"]) == (False, True)
    assert not (folder / "out").exists()
    assert "まだ書いていません" in cli(*PACKAGE, dat.name, *TO_OUT, "--dry-run").stdout
    done = json.loads(cli(*PACKAGE, dat.name, *TO_OUT, "--json").stdout)
    assert done["packages"][0]["members"] == dry["packages"][0]["members"]


@pytest.mark.parametrize(
    ("arguments", "ja", "en"),
    [
        (["none.dat", *TO_OUT], "ファイルかフォルダがありません", "No such file"),
        ([".", *TO_OUT], "フォルダです", "is a folder"),
        (["書誌.dat", "書誌.dat", *TO_OUT], "二度指定", "named twice"),
        (["書誌.dat", *TO_OUT, "--serial", "100"], "使える範囲", "not in the range"),
        (["書誌.dat", *TO_OUT, "--split-size", "big"], "のような大きさ", "expects a size"),
        (["書誌.dat", *TO_OUT, "--split-count", "5"], "レコードに分け", "cut"),
        (["書誌.dat", *TO_OUT, "--member-suffix", "a/b"], "拡張子として使えません", "no suffix"),
        (["書誌.dat", *TO_OUT, "-r", "layout"], "名前=値", "KEY=VALUE"),
        (["書誌.dat", "--library", "99", "-o", "out"], "図書館コード", "library code"),
        (["書誌.dat", "--library", "1311", "-o", "out", "--date", "2026-02-30"], "日付ではありません", "no date"),
        (["書誌.dat", "--library", "1311", "-o", "書誌.dat"], "フォルダではありません", "not a folder"),
        (["書誌.dat", "--library", "1311"], "--output", "--output"),
    ],
)
def test_wrong_usage(arguments: list[str], ja: str, en: str, cli: Run, folder: Path, dat: Path) -> None:
    before = names(folder)
    for lang, words in (("ja", ja), ("en", en)):
        done = cli(*PACKAGE, *arguments, "--lang", lang)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stdout == ""
    assert names(folder) == before


def test_a_taken_serial(cli: Run, folder: Path, dat: Path) -> None:
    cli(*PACKAGE, dat.name, *TO_OUT)
    before = (folder / "out" / "updt1311_20260105_01.zip").stat().st_mtime_ns
    done = cli(*PACKAGE, dat.name, *TO_OUT, "--serial", "1")
    assert done.returncode == 2
    assert "上書きはしません" in done.stderr
    assert (folder / "out" / "updt1311_20260105_01.zip").stat().st_mtime_ns == before


def test_what_is_no_package(cli: Run, folder: Path, dat: Path) -> None:
    assert cli("deliver", "inspect", dat.name).returncode == 3
    assert cli("deliver", "inspect", "none.zip").returncode == 2
    with zipfile.ZipFile(folder / "updt1311_20260105_01.zip", "w") as archive:
        archive.writestr("items.dat", "x")
    done = cli("deliver", "inspect", "updt1311_20260105_01.zip", "--lang", "en")
    assert done.returncode == 1
    assert "does not conform" in done.stdout
    assert "PKG-MEMBER-NAME" in done.stderr


def test_the_group_lists_its_commands(cli: Run) -> None:
    done = cli("deliver", "--help")
    assert done.returncode == 0
    for name in ("package", "inspect"):
        assert f"  {name} " in done.stdout
        assert cli("deliver", name, "--help").returncode == 0
    assert "もしかして package" in cli("deliver", "pakage").stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(number: signal.Signals, start: Any, folder: Path) -> None:
    with (folder / "big.dat").open("wb") as stream:
        for seed in range(120):
            stream.write(bytes((seed * at * at + at) % 251 for at in range(4096)) * 256)
    process = start(*PACKAGE, "big.dat", *TO_OUT)
    for _ in range(600):
        if any(".part-" in name for name in names(folder / "out")):
            break
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(60) == 3
    assert names(folder / "out") == []
