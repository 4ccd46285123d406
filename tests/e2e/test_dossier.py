"""``mokuroku deliver dossier`` as a user runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DOSSIER = ("deliver", "dossier")
FLAT = ("-w", "shape=registration", "-w", "file=csv")


@pytest.mark.parametrize(
    ("mapping", "example"),
    [
        ("museum/csv-to-japansearch", "museum.csv"),
        ("museum/jsonl-to-japansearch", "museum.jsonl"),
        ("museum/xlsx-to-japansearch", "museum.xlsx"),
    ],
)
def test_from_the_ledger_to_the_dossier(cli: Run, folder: Path, mapping: str, example: str) -> None:
    assert cli("convert", mapping, EXAMPLES / example, "-o", "items.csv", "-q", *FLAT).returncode in (0, 1)
    done = cli(*DOSSIER, mapping, "items.csv", "--json")
    told = json.loads(done.stdout)
    # Only the example ledger in CSV has ids that meet, which the conversion tells of as well.
    assert told["duplicate_ids"] == (2 if example == "museum.csv" else 0)
    assert (done.returncode, done.stderr) == (told["exit_code"], "")
    assert told["exit_code"] == (1 if told["duplicate_ids"] else 0)
    manifest = json.loads((folder / "items.csv.manifest.json").read_text("utf-8"))
    assert told["records"] == told["rights"]["records"] == manifest["counts"]["written"]
    assert told["files"][0]["sha256"] == manifest["outputs"][0]["sha256"]
    assert told["database"]["id"] == "example_museum"


def test_every_kind_of_output(cli: Run, folder: Path) -> None:
    cli("convert", "museum/csv-to-japansearch", EXAMPLES / "museum.csv", "-o", "items.csv", "-q", *FLAT)
    names = ["手引き.html", "手引き.xlsx", "手引き.json", "手引き.txt"]
    written = [part for name in names for part in ("-o", name)]
    done = cli(*DOSSIER, "museum/csv-to-japansearch", "items.csv", *written)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("→")] == [f"→ {name}" for name in names]
    assert "架空博物館収蔵資料データベース" in (folder / names[0]).read_text("utf-8")
    assert len(openpyxl.load_workbook(folder / names[1]).sheetnames) == 6
    assert json.loads((folder / names[2]).read_text("utf-8"))["exit_code"] == 1
    assert "5. アップロードするファイル" in (folder / names[3]).read_text("utf-8")
    done = cli(*DOSSIER, "museum/csv-to-japansearch", "items.csv", "--lang", "en", "--fail-on", "notice")
    assert done.returncode == 1
    assert "5. The files to be uploaded" in done.stdout
    assert cli(*DOSSIER, "museum/csv-to-japansearch", "items.csv", "-q").stdout == ""


def test_wrong_usage_writes_nothing(cli: Run, folder: Path) -> None:
    (folder / "items.csv").write_text("番号_s\r\n1\r\n", encoding="utf-8")
    (folder / "items.json").write_text("[]", encoding="utf-8")
    for arguments in (
        ("small.yaml", "absent.csv"),
        ("absent", "items.csv"),
        ("small.yaml", "items.csv", "-o", "out.pdf"),
        ("small.yaml", "items.csv", "-o", "out.html", "-w", "speed=9"),
        ("small.yaml", "-", "-o", "out.html"),
        ("small.yaml", "items.json", "-o", "./items.json"),
    ):
        done = cli(*DOSSIER, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr
    assert not list(folder.glob("out*"))
    assert (folder / "items.json").read_text("utf-8") == "[]"


def test_files_that_are_none(cli: Run, folder: Path) -> None:
    contents = {"empty.csv": b"", "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "bytes.csv": bytes(range(256)) * 9}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        done = cli(*DOSSIER, "small.yaml", name, "-o", "out.html")
        assert done.returncode == 3, name
        assert "最後まで読めないファイル" in done.stdout
        assert "最後まで読めないファイル" in (folder / "out.html").read_text("utf-8")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--window-size=360,800",
]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_page_in_a_browser(cli: Run, folder: Path, tmp_path: Path) -> None:
    """The script runs under the page's own rules, and nothing is complained of or asked for."""
    cli("convert", "museum/csv-to-japansearch", EXAMPLES / "museum.csv", "-o", "items.csv", "-q", *FLAT)
    cli(*DOSSIER, "museum/csv-to-japansearch", "items.csv", "-o", "out.html", "-q")
    page = (folder / "out.html").as_uri()
    home = tmp_path / "browser"
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={home}", "--dump-dom", page],
        capture_output=True,
        timeout=120,
        check=True,
    )
    shown = done.stdout.decode("utf-8")
    assert shown.count("<button") > 40
    assert '<button type="button" hidden' not in shown
    assert "CONSOLE" not in done.stderr.decode("utf-8", "replace")
