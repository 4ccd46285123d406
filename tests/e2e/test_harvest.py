"""The commands ``harvest`` and ``store`` as a user runs them; harvests killed wherever they are."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.oai_server import Repository, items, payload, serving

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

ROOT = Path(__file__).parents[2]
RECORDS = items(120, deleted_every=11)


def harvest(address: str, *more: str) -> list[str]:
    return ["harvest", "oai", address, "--prefix", "onix", "--store", "h.db", "--source", "架空", "--rate", "0", *more]


def listed(cli: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """Everything that stays the same however often a harvest was broken off."""
    out = cli("store", "list", "h.db", "--limit", "100000", "--json").stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["identifier"]: (row["datestamp"], row["deleted"], row["sha256"], tuple(row["sets"])) for row in rows}


def test_from_a_server_to_a_delivery(cli: Callable[..., Any], folder: Path) -> None:
    with serving(Repository(RECORDS)) as address:
        done = cli(*harvest(address))
    assert done.returncode == 0, done.stderr
    assert "新規 110" in done.stdout
    assert done.stderr == ""
    shown = cli("store", "show", "h.db", "oai:example.jp:1")
    assert payload(RECORDS[0]) in shown.stdout
    checked = cli("check", "--format", "onix", "store:h.db?source=架空", "--json")
    assert json.loads(checked.stdout)["counts"]["read"] == 120
    exported = cli("store", "export", "h.db?deleted=without", "-o", "out.xml")
    assert exported.returncode == 0
    assert (folder / "out.xml").read_text(encoding="utf-8").count("<record>") == 110
    again = cli("check", "--format", "onix", "out.xml", "--json")
    assert json.loads(again.stdout)["counts"]["read"] == 110
    for arguments in (["list", "h.db"], ["stats", "h.db"], ["stats", "h.db", "--json"], ["vacuum", "h.db"]):
        assert cli("store", *arguments, "--lang", "en").returncode == 0
    assert cli("store", "vacuum", "h.db", "--log-days", "0").returncode == 0


def test_in_json_and_in_english(cli: Callable[..., Any]) -> None:
    with serving(Repository(RECORDS, {"poison"}, at=5)) as address:
        done = cli(*harvest(address, "--retries", "0", "--json"))
        assert done.returncode == 1
        told = json.loads(done.stdout)
        assert told["records"]["new"] + told["records"]["deleted"] == 119
        assert told["gaps"] == 1
        english = cli(*harvest(address, "--retries", "0", "--lang", "en", "--full", "--fail-on", "fatal"))
        assert "1 gaps" in english.stdout
        assert english.returncode == 0


def test_a_dry_run_asks_nothing_and_writes_nothing(cli: Callable[..., Any], folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = cli(*harvest("http://kakuu:himitsu@127.0.0.1:9/oai", "--from", "2026-01-01", "--dry-run"))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "GET http://127.0.0.1:9/oai?verb=Identify",
        "GET http://127.0.0.1:9/oai?verb=ListRecords&metadataPrefix=onix&from=2026-01-01",
    ]
    assert sorted(folder.iterdir()) == before


def test_asking(cli: Callable[..., Any]) -> None:
    with serving(Repository(RECORDS)) as address:
        assert "架空図書館" in cli("harvest", "oai", address, "--ask", "identify").stdout
        assert cli("harvest", "oai", address, "--ask", "formats").stdout.split() == ["oai_dc", "onix"]
        assert json.loads(cli("harvest", "oai", address, "--ask", "sets", "--json").stdout)[0]["setSpec"] == "books"
    assert cli("harvest", "oai", "http://127.0.0.1:9/", "--ask", "sets", "--retries", "0").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["ftp://example.jp/", "--prefix", "a", "--store", "h.db", "--source", "a"],
        ["http://127.0.0.1:9/", "--store", "h.db", "--source", "a"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--source", "a"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "h.db"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "h.db?source=b", "--source", "a"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "small.csv", "--source", "a"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "no/h.db", "--source", "a"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "h.db", "--source", "a", "--from", "soon"],
        ["http://127.0.0.1:9/", "--prefix", "a", "--store", "h.db", "--source", "a", "--rate", "-1"],
    ],
)
def test_wrong_usage(cli: Callable[..., Any], folder: Path, arguments: list[str]) -> None:
    assert cli("harvest", "oai", *arguments).returncode == 2
    assert not (folder / "h.db").exists()


def test_nobody_answers(cli: Callable[..., Any]) -> None:
    done = cli(*harvest("http://127.0.0.1:9/oai", "--retries", "0", "--lang", "en"))
    assert done.returncode == 3
    assert "the same command goes on" in done.stderr


def test_killed_anywhere_it_comes_to_the_same(
    cli: Callable[..., Any], folder: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    repository = Repository(RECORDS, page=5, delay=0.02)
    with serving(Repository(RECORDS, page=5)) as address:
        assert cli(*harvest(address)).returncode == 0
    whole = listed(cli)
    for path in folder.glob("h.db*"):
        path.unlink()
    chance, killed = random.Random(20260401), 0  # noqa: S311
    with serving(repository) as address:
        for _ in range(12):
            process = start(*harvest(address))
            asked = len(repository.log)
            deadline = time.monotonic() + 60
            while len(repository.log) < asked + 2 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.3)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert cli(*harvest(address)).returncode == 0
    assert killed >= 3
    assert listed(cli) == whole
    assert len(whole) == 120
    pages = [json.dumps(given) for given in repository.log if given["verb"] == "ListRecords"]
    assert len(pages) <= 24 + 12 + 1  # only the page that was under way is asked for again


def test_interrupted_it_says_how_to_go_on(
    start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]
) -> None:
    repository = Repository(RECORDS, page=5, delay=0.2)
    with serving(repository) as address:
        process = start(*harvest(address))
        while len(repository.log) < 4:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3
        assert "同じコマンドで続き" in err.decode()
        repository.delay = 0
        assert cli(*harvest(address)).returncode == 0
    assert len(listed(cli)) == 120


def test_two_at_the_same_time(start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]) -> None:
    repository = Repository(RECORDS, page=5, delay=0.3)
    with serving(repository) as address:
        process = start(*harvest(address))
        while len(repository.log) < 3:
            time.sleep(0.01)
        second = cli(*harvest(address))
        assert second.returncode == 2
        assert "別の処理" in second.stderr
        repository.delay = 0
        assert process.wait(timeout=60) == 0


def test_without_the_extras(folder: Path, environment: dict[str, str]) -> None:
    """What is missing is named; everything else works without."""
    blocked = "import sys; sys.modules['httpx'] = sys.modules['sqlalchemy'] = None\n"
    program = blocked + "from convert.cli import main; main()"
    stats, check = ["store", "stats", "small.csv"], ["check", "store:a", "--format", "onix"]
    for arguments in (harvest("http://127.0.0.1:9/"), stats, check):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 2
        assert "pip install 'mokuroku[" in done.stderr.decode()
