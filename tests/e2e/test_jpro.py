"""``harvest jpro`` and ``serve demo-jpro`` as a user runs them; killed wherever they are; the page's commands."""

from __future__ import annotations

import json
import random
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from convert.harvest.jpro.demo import Demo, entries, product, serving
from tests.jpro_server import Faulty, FaultyHandler

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

ROOT = Path(__file__).parents[2]
RECORDS = entries(120)
SHOWN = [entry for entry in RECORDS if entry.seen("kikan", "20260401")]
IMAGES = {link for entry in SHOWN if entry.status != "05" for _, link in entry.links}
SOURCE = "jpro-kikan-books"


def harvest(base: str, *more: str, kind: str = "books") -> list[str]:
    return ["harvest", "jpro", kind, "--scope", "kikan", "--from", "2024-01-01", "--store", "j.db", "--base-url", base,
            "--rate", "0", *more]  # fmt: skip


def listed(cli: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """Everything that stays the same however often a harvest was broken off."""
    out = cli("store", "list", "j.db", "--limit", "100000", "--json").stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["identifier"]: (row["datestamp"], row["deleted"], row["sha256"], tuple(row["sets"])) for row in rows}


def images(folder: Path) -> list[tuple[Any, ...]]:
    """The images that the store knows; each file must be there, and no other."""
    with sqlite3.connect(folder / "j.db") as connection:
        rows = connection.execute("SELECT identifier, name, sha256, bytes FROM images ORDER BY name").fetchall()
    connection.close()
    files = {path.stem: path.stat().st_size for path in (folder / "j.db.files").rglob("*") if path.is_file()}
    assert {digest: size for _, _, digest, size in rows} == files
    return rows


def used(folder: Path) -> int:
    """The requests that the store counted."""
    with sqlite3.connect(folder / "j.db") as connection:
        count = connection.execute("SELECT sum(count) FROM counters").fetchone()[0]
    connection.close()
    return int(count)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def commands(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_pages_show_the_same_commands() -> None:
    assert commands("jpro.md") == commands("jpro.en.md")
    assert len(commands("jpro.md")) == 4


def test_the_commands_of_the_page(
    cli: Callable[..., Any], start: Callable[..., subprocess.Popen[bytes]], folder: Path
) -> None:
    """All of them, as they stand; only the port is one that is free."""
    port = str(free_port())
    for line in commands("jpro.md"):
        words = shlex.split(line.replace("8765", port))
        assert words.pop(0) == "mokuroku"
        if words[-1] == "&":
            process = start(*words[:-1])
            assert process.stdout is not None
            assert process.stdout.readline().startswith(f"http://127.0.0.1:{port}".encode())
            continue
        done = cli(*words)
        assert done.returncode == 0, done.stderr
        assert "HRV-" not in done.stderr + done.stdout
    written = [entry for entry in entries(450) if entry.seen("kikan", "20990101") and entry.status != "05"]
    items = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    codes = {item["id"].removeprefix("example_books-") for item in items}
    assert codes <= {entry.code for entry in written}
    assert len(items) > 380
    text = (folder / "records.rdf").read_text(encoding="utf-8")
    assert all(code in text for code in codes)


# ── A harvest ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_told(cli: Callable[..., Any], folder: Path) -> None:
    demo = Faulty(RECORDS)
    with serving(demo) as base:
        done = cli(*harvest(base, "--images"))
        assert done.returncode == 0, done.stderr
        gone = sum(entry.status == "05" for entry in SHOWN)
        assert (
            f"{SOURCE}：新規 {len(SHOWN) - gone}、変更 0、削除 {gone}、変更なし 0。取得できなかったもの 0"
            in done.stdout
        )
        count = len(demo.log)
        assert f"画像 {len(IMAGES)} 点" in done.stdout
        assert f"要求 {count} 回、残り {5000 - count:,} 回" in done.stdout
        assert "要求の残り 5,000 / 5,000 回（出版情報なら 1,000,000 件まで）" in done.stderr
        assert used(folder) == count
        again = cli(*harvest(base, "--json"))
        told = json.loads(again.stdout)
        assert (told["exit_code"], told["budget"]["used"], told["budget"]["left"]) == (0, count + 1, 4999 - count)
        english = cli(*harvest(base, "--lang", "en"))
        assert f"{4999 - count:,} of 5,000 requests are left" in english.stderr
        assert "0 images" in english.stdout
    assert [name for _, name, _, _ in images(folder)] == sorted(IMAGES)


def test_a_budget_that_will_not_do_is_told_before_the_start(cli: Callable[..., Any], folder: Path) -> None:
    demo = Faulty(RECORDS)
    with serving(demo) as base:
        first = cli(*harvest(base, "--budget", "2", "--lang", "en"))
        assert first.returncode == 3
        assert "JPR-BUDGET" in first.stderr
        assert "This harvest takes 3 requests at least, but 2 are left" in first.stderr
        assert first.stderr.index("JPR-BUDGET") < first.stderr.index("Stopped: ")
        assert "are used up" in first.stderr
        assert "the same command goes on from here not before" in first.stderr
        assert len(demo.log) == 2
        stopped = cli(*harvest(base, "--budget", "2"))
        assert stopped.returncode == 3
        assert "使い切りました" in stopped.stderr
        assert len(demo.log) == 2
        assert cli(*harvest(base)).returncode == 0
    assert len(listed(cli)) == len(SHOWN)


def test_sizes_that_are_told_on_the_first_page_are_reckoned_with(cli: Callable[..., Any]) -> None:
    with serving(Demo(entries(2000), page=20, today="20260401")) as base:
        done = cli(*harvest(base, "--budget", "5", "--until", "2024-12-30"))
    assert done.returncode == 3
    assert "JPR-BUDGET" in done.stderr


def test_403(cli: Callable[..., Any]) -> None:
    demo = Faulty(RECORDS, {"all-403"})
    with serving(demo) as base:
        done = cli(*harvest(base))
    assert done.returncode == 2
    assert "固定 IP アドレス" in done.stderr
    assert len(demo.log) == 1


def test_a_dry_run_asks_nothing_and_writes_nothing(cli: Callable[..., Any], folder: Path) -> None:
    before = sorted(folder.iterdir())
    base = "http://kakuu:himitsu@127.0.0.1:9"
    done = cli(*harvest(base, "--until", "2025-06-30", "--set", "3", "--dry-run"))
    assert done.returncode == 0
    address = "GET http://127.0.0.1:9/kikan/books/oaipmh?verb=ListRecords&metadataPrefix=onix"
    assert done.stdout.splitlines() == [
        f"{address}&from=2024-01-01&until=2024-12-30&set=3",
        f"{address}&from=2024-12-31&until=2025-06-30&set=3",
    ]
    assert "残り 5,000 回" in done.stderr
    told = json.loads(cli(*harvest(base, "--until", "2024-02-01", "--dry-run", "--json")).stdout)
    assert (len(told["requests"]), told["left"]) == (1, 5000)
    asked = cli(*harvest(base, "--until", "2024-02-01", "--ask", "identifiers", "--dry-run")).stdout
    assert "verb=ListIdentifiers" in asked
    assert sorted(folder.iterdir()) == before


def test_asking(cli: Callable[..., Any], folder: Path) -> None:
    more = ["jpro", "books", "--scope", "kinkan", "--store", "j.db", "--base-url"]
    with serving(Faulty(RECORDS)) as base:
        assert cli("harvest", *more, base, "--ask", "sets").stdout.splitlines()[0] == "1\t架空書房1"
        assert len(json.loads(cli("harvest", *more, base, "--ask", "sets", "--json").stdout)) == 7
        found = cli(*harvest(base, "--ask", "identifiers")).stdout.splitlines()
        assert found == [entry.code for entry in SHOWN]
        single = cli("harvest", *more, base, "--id", found[0], "--id", found[1])
        assert single.returncode == 0
    assert set(listed(cli)) == set(found[:2])
    assert cli("harvest", *more, "http://127.0.0.1:9", "--ask", "sets", "--retries", "0").returncode == 3
    assert used(folder) >= 10


WRONG = {
    "no scope": (["books", "--from", "2024-01-01", "--store", "j.db"], "--scope"),
    "another scope": (["books", "--scope", "mirai", "--from", "2024-01-01", "--store", "j.db"], "'kikan', 'kinkan'"),
    "another kind": (["ebooks", "--scope", "kikan", "--from", "2024-01-01", "--store", "j.db"], "'books', 'magazines'"),
    "no from": (["books", "--scope", "kikan", "--store", "j.db"], "必須"),
    "no store": (["books", "--scope", "kikan", "--from", "2024-01-01"], "--store"),
    "a bad day": (["books", "--scope", "kikan", "--from", "2024/01/01", "--store", "j.db"], "2026-04-01"),
    "a time": (["books", "--scope", "kikan", "--from", "2024-01-01T00:00:00Z", "--store", "j.db"], "時刻は書けません"),
    "two sets": (["books", "--scope", "kikan", "--from", "2024-01-01", "--set", "1", "--set", "2", "--store", "j.db"],
                 "1 社"),
    "a name as set": (["books", "--scope", "kikan", "--from", "2024-01-01", "--set", "講談社", "--store", "j.db"],
                      "付番コード"),
    "a long window": (["books", "--scope", "kikan", "--from", "2024-01-01", "--window", "366", "--store", "j.db"],
                      "365"),
    "no budget": (["books", "--scope", "kikan", "--from", "2024-01-01", "--budget", "0", "--store", "j.db"],
                  "1 以上"),
    "a selection": (["books", "--scope", "kikan", "--from", "2024-01-01", "--store", "j.db?set=3"], "? 以降"),
    "sets with dates": (["books", "--scope", "kikan", "--from", "2024-01-01", "--ask", "sets", "--store", "j.db"],
                        "sets"),
    "a folder without images": (["books", "--scope", "kikan", "--from", "2024-01-01", "--images-to", "x", "--store",
                                 "j.db"], "--images"),
    "a table as store": (["books", "--scope", "kikan", "--from", "2024-01-01", "--store", "small.csv"], "ストア"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage(cli: Callable[..., Any], folder: Path, name: str) -> None:
    arguments, said = WRONG[name]
    demo = Faulty(RECORDS)
    with serving(demo) as base:
        done = cli("harvest", "jpro", *arguments, "--base-url", base)
    assert done.returncode == 2
    assert said in done.stderr
    assert not demo.log
    assert not (folder / "j.db").exists()


# ── Killed, interrupted, at once ─────────────────────────────────────────────────────────────────


def test_killed_anywhere_it_comes_to_the_same(
    cli: Callable[..., Any], folder: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """Lists and images alike: nothing is lost, little is asked for twice, and the budget counts every request."""
    with serving(Faulty(RECORDS, page=5)) as base:
        assert cli(*harvest(base, "--images")).returncode == 0
    whole, pictures = listed(cli), images(folder)
    assert len(whole) == len(SHOWN)
    for path in folder.glob("j.db*"):
        if path.is_file():
            path.unlink()
    demo = Faulty(RECORDS, page=5)
    demo.delay = 0.01
    chance, killed = random.Random(20260401), 0  # noqa: S311
    with serving(demo) as base:
        for _ in range(14):
            process = start(*harvest(base, "--images", "--timeout", "60"))
            asked = len(demo.log)
            deadline = time.monotonic() + 60
            while len(demo.log) < asked + 2 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.25)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert cli(*harvest(base, "--images")).returncode == 0
    assert killed >= 3
    assert listed(cli) == whole
    assert images(folder) == pictures
    assert used(folder) >= len(demo.log)
    asked_for = [path for path, _ in demo.log if "/images/" in path]
    assert len(asked_for) <= len(IMAGES) + 14


def test_no_room_for_the_store(cli: Callable[..., Any], folder: Path, environment: dict[str, str]) -> None:
    """A limit on the size of files stands for a full disk."""
    resource = pytest.importorskip("resource")
    limit = 400_000

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with serving(Faulty(entries(1500), page=200)) as base:
        command = [sys.executable, "-m", "convert", *harvest(base)]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            preexec_fn=narrow,
        )
        told = done.stderr.decode()
        assert done.returncode == 3, told
        assert "Traceback" not in told
        assert "同じコマンドで続きから" in told
        assert "ストア j.db を読み書きできません" in told
        assert cli(*harvest(base)).returncode == 0
    connection = sqlite3.connect(folder / "j.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert len(listed(cli)) == sum(entry.seen("kikan", "20260401") for entry in entries(1500))


def test_interrupted_it_says_how_to_go_on(
    start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]
) -> None:
    demo = Faulty(RECORDS, page=5)
    demo.delay = 0.1
    with serving(demo) as base:
        process = start(*harvest(base))
        while len(demo.log) < 4:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3
        assert "同じコマンドで続き" in err.decode()
        demo.delay = 0
        assert cli(*harvest(base)).returncode == 0
    assert len(listed(cli)) == len(SHOWN)


def test_a_second_run_at_once(start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]) -> None:
    demo = Faulty(RECORDS, page=5)
    demo.delay = 0.3
    with serving(demo) as base:
        process = start(*harvest(base))
        while len(demo.log) < 3:
            time.sleep(0.01)
        second = cli(*harvest(base))
        assert second.returncode == 2
        assert "別の処理" in second.stderr
        demo.delay = 0
        assert process.wait(timeout=60) == 0


def test_runs_at_the_same_time_share_the_budget(
    start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any], folder: Path
) -> None:
    magazines = entries(120, "magazines")
    demo = Faulty([*RECORDS, *magazines], page=5)
    with serving(demo) as base:
        runs = [start(*harvest(base, "--budget", "20", kind=kind)) for kind in ("books", "magazines")]
        assert [run.wait(timeout=60) for run in runs] == [3, 3]
        assert len(demo.log) == used(folder) == 20
        assert [cli(*harvest(base, kind=kind)).returncode for kind in ("books", "magazines")] == [0, 0]
    assert set(listed(cli)) == {entry.code for entry in [*RECORDS, *magazines] if entry.seen("kikan", "20260401")}


# ── What goes on with the records ────────────────────────────────────────────────────────────────


def test_the_contract_is_recalled_once_when_records_leave_the_store(cli: Callable[..., Any], folder: Path) -> None:
    with serving(Faulty([*RECORDS, *entries(20, "magazines")])) as base:
        for kind in ("books", "magazines"):
            cli(*harvest(base, kind=kind))
    exported = cli("store", "export", "j.db", "-o", "all.xml", "--lang", "en")
    assert exported.returncode == 0
    assert exported.stderr.count("JPR-REUSE") == 1
    assert "your own contract with JPRO" in exported.stderr
    both = [f"store:j.db?source=jpro-kikan-{kind}" for kind in ("books", "magazines")]
    converted = cli("convert", "onix/onix-to-japansearch", *both, "-o", "items.jsonl")
    assert converted.returncode == 0
    assert converted.stderr.count("JPR-REUSE") == 1
    assert "個別契約" in converted.stderr
    to_stdout = cli("store", "export", f"j.db?source={SOURCE}", "-o", "-")
    assert "JPR-REUSE" not in to_stdout.stdout
    assert "JPR-REUSE" in to_stdout.stderr
    assert "JPR-REUSE" not in cli("convert", "onix/onix-to-japansearch", both[0], "-o", "x.jsonl", "-q").stderr
    other = cli("convert", "onix/onix-to-japansearch", "all.xml", "-o", "y.jsonl")
    assert "JPR-REUSE" not in other.stderr


def test_what_is_stored_is_what_was_sent(cli: Callable[..., Any]) -> None:
    with serving(Faulty(RECORDS, payload="message")) as base:
        cli(*harvest(base))
    shown = cli("store", "show", "j.db", RECORDS[0].code)
    assert product(RECORDS[0]) in shown.stdout


# ── The demo ─────────────────────────────────────────────────────────────────────────────────────


def test_the_demo_on_a_port_that_is_taken(cli: Callable[..., Any]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = cli("serve", "demo-jpro", "--port", str(taken.getsockname()[1]), "--lang", "en")
    assert done.returncode == 2
    assert "choose another with --port" in done.stderr


def test_the_demo_counts_too(start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]) -> None:
    process = start("serve", "demo-jpro", "--port", "0", "--records", "30", "--budget", "1", "--payload", "oai")
    assert process.stdout is not None
    base = re.match(r"(http://127\.0\.0\.1:\d+)", process.stdout.readline().decode())
    assert base is not None
    done = cli(*harvest(base[1], "--lang", "en"))
    assert done.returncode == 3
    assert "HTTP 429" in done.stderr
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


def test_the_server_of_the_tests_as_a_program() -> None:
    command = [sys.executable, "-m", "tests.jpro_server", "--records", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        process.kill()


def test_a_server_that_cuts_connections(cli: Callable[..., Any]) -> None:
    with serving(Faulty(RECORDS, {"cut-once", "token-expired"}), handler=FaultyHandler) as base:
        done = cli(*harvest(base, "--lang", "en"))
    assert done.returncode == 0
    assert "HRV-TOKEN" in done.stderr
    assert len(listed(cli)) == len(SHOWN)
