"""``harvest japansearch`` and ``check --published`` as a user runs them; harvests killed wherever they are."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.jps_server import Api, items, others, serving

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

ROOT = Path(__file__).parents[2]
ITEMS = items(120)
MAPPING = (
    "mapping: 1\nid: items\nsource: {format: jsonl}\ntarget: {format: csv}\nrecord: {id: id}\n"
    "fields: {ID: id, 題名: common.title}\n"
)


def harvest(address: str, *more: str, store: str = "h.db") -> list[str]:
    kept = ["--store", store] if store else []
    return ["harvest", "japansearch", "items", "--base-url", address, *kept, "--rate", "0", *more]


def listed(cli: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """Everything that stays the same however often a harvest was broken off."""
    out = cli("store", "list", "h.db", "--limit", "100000", "--json").stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["identifier"]: (row["datestamp"], row["deleted"], row["sha256"], tuple(row["sets"])) for row in rows}


def test_lines_go_straight_into_convert(folder: Path, environment: dict[str, str]) -> None:
    (folder / "items.yaml").write_text(MAPPING, encoding="utf-8")
    program = [sys.executable, "-m", "convert"]
    with serving(Api(ITEMS)) as address:
        first = subprocess.Popen(
            [*program, *harvest(address, "--json-lines", store="")], stdout=subprocess.PIPE, cwd=folder, env=environment
        )
        second = [*program, "convert", "items.yaml", "-", "-o", "out.csv"]
        done = subprocess.run(second, stdin=first.stdout, cwd=folder, env=environment, check=False, capture_output=True)
        assert first.stdout is not None
        first.stdout.close()
        assert (first.wait(), done.returncode) == (0, 0)
    rows = (folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 121
    assert rows[1] == "kakuu_db-1,架空の図 1"


def test_lines_with_and_without_a_store(cli: Callable[..., Any], folder: Path) -> None:
    with serving(Api(ITEMS)) as address:
        plain = cli(*harvest(address, "--json-lines", store=""))
        assert "新規 120" in plain.stderr
        assert [json.loads(line) for line in plain.stdout.splitlines()] == ITEMS
        assert not list(folder.glob("*.db*"))
        for store in ("", "h.db"):
            assert cli(*harvest(address, "--json-lines", "-o", f"o{store}.jsonl", store=store)).returncode == 0
            assert (folder / f"o{store}.jsonl").read_text(encoding="utf-8") == plain.stdout
        assert cli(*harvest(address, "--json-lines", "-q")).stdout == plain.stdout


def test_a_stop_without_a_store_leaves_no_file(cli: Callable[..., Any], folder: Path) -> None:
    with serving(Api(ITEMS, {"left-alone"})) as address:
        done = cli(*harvest(address, "--json-lines", "-o", "o.jsonl", "--size", "50", store=""))
    assert done.returncode == 3
    assert "--store がない" in done.stderr
    assert not (folder / "o.jsonl").exists()


def test_nobody_reads_on(folder: Path, environment: dict[str, str]) -> None:
    with serving(Api(items(2000), delay=0.05)) as address:
        process = subprocess.Popen(
            [sys.executable, "-m", "convert", *harvest(address, "--json-lines", "--size", "100", store="")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait(timeout=60) == 0
    assert err == ""


def test_a_dry_run_asks_nothing_and_writes_nothing(cli: Callable[..., Any], folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = cli(*harvest("http://kakuu:himitsu@127.0.0.1:9/api", "--any", "a b", "--rights", "-cc0", "--dry-run"))
    assert done.stdout.splitlines() == [
        "GET http://127.0.0.1:9/api/item/search/jps-cross?keyword=%2Ba%20b&f-rights=-cc0&from=0&size=500"
    ]
    limited = cli(*harvest("http://127.0.0.1:9/api", "--limit", "1200", "--dry-run", "--json"))
    asked = [address.partition("?")[2] for address in json.loads(limited.stdout)["requests"]]
    assert asked == ["from=0&size=500", "from=500&size=500", "from=1000&size=200"]
    whole = cli(*harvest("http://127.0.0.1:9/api", "--database", "kakuu_db", "--dry-run"))
    assert [line.partition("/api/")[2] for line in whole.stdout.splitlines()] == [
        "database/kakuu_db", "database/kakuu_db/label", "item/search/jps-cross?f-db=kakuu_db&from=0&size=500"
    ]  # fmt: skip
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--rights", "cc-by"], "ccby ではありませんか"),
        (["--any", "a", "-k", "b"], "--any で書き"),
        (["--size", "501"], "500"),
        (["--from", "1949"], "2,000"),
        (["--url", "https://jpsearch.go.jp/database?keyword=a"], "databases"),
        (["--url", "https://jpsearch.go.jp/csearch/jps-cross?keyword=a", "-k", "b"], "--url"),
        (["--years", "1868,1603"], "1603,1868"),
        (["--missing-deleted", "-k", "a"], "--missing-deleted"),
        (["--rate", "-1"], "--rate"),
    ],
)
def test_wrong_usage(cli: Callable[..., Any], folder: Path, arguments: list[str], told: str) -> None:
    api = Api(ITEMS)
    with serving(api) as address:
        done = cli(*harvest(address, *arguments))
    assert done.returncode == 2
    assert told in done.stderr
    assert not api.log
    assert not (folder / "h.db").exists()


def test_without_store_and_lines(cli: Callable[..., Any]) -> None:
    done = cli(*harvest("http://127.0.0.1:9/api", store=""))
    assert (done.returncode, "--json-lines" in done.stderr) == (2, True)
    other = cli("harvest", "japansearch", "galleries", "--rights", "cc0", "--store", "h.db")
    assert (other.returncode, "--rights" in other.stderr) == (2, True)


def test_in_json_and_in_english(cli: Callable[..., Any]) -> None:
    with serving(Api(ITEMS, {"poison"}, at=5)) as address:
        done = cli(*harvest(address, "--retries", "0", "--json"))
        told = json.loads(done.stdout)
        assert (done.returncode, told["records"]["new"], told["gaps"]) == (1, 119, 1)
        english = cli(*harvest(address, "--retries", "0", "--lang", "en", "--fail-on", "fatal"))
        assert "1 gaps" in english.stdout
        assert english.returncode == 0


@pytest.mark.parametrize("way", ["search", "scroll"])
def test_killed_anywhere_it_comes_to_the_same(
    cli: Callable[..., Any], folder: Path, start: Callable[..., subprocess.Popen[bytes]], way: str
) -> None:
    records = ITEMS if way == "search" else items(2400)
    size = ["--size", "6"] if way == "search" else []
    with serving(Api(records)) as address:
        assert cli(*harvest(address)).returncode == 0
    whole = listed(cli)
    for path in folder.glob("h.db*"):
        path.unlink()
    chance, killed = random.Random(20260401), 0  # noqa: S311
    api = Api(records, delay=0.02)
    with serving(api) as address:
        for _ in range(5):
            process = start(*harvest(address, *size))
            asked = len(api.log)
            deadline = time.monotonic() + 60
            while len(api.log) < asked + 2 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.2)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert cli(*harvest(address, *size)).returncode == 0
    assert killed >= 1
    assert listed(cli) == whole
    assert len(whole) == len(records)


def test_interrupted_it_says_how_to_go_on(
    start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]
) -> None:
    api = Api(ITEMS, delay=0.2)
    with serving(api) as address:
        process = start(*harvest(address, "--size", "10"))
        while len(api.log) < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3
        assert "同じコマンドで続き" in err.decode()
        api.delay = 0
        assert cli(*harvest(address, "--size", "10")).returncode == 0
    assert len(listed(cli)) == 120


def test_two_at_the_same_time(start: Callable[..., subprocess.Popen[bytes]], cli: Callable[..., Any]) -> None:
    api = Api(ITEMS, delay=0.2)
    with serving(api) as address:
        process = start(*harvest(address, "--size", "10"))
        while len(api.log) < 3:
            time.sleep(0.01)
        second = cli(*harvest(address, "--size", "10"))
        assert second.returncode == 2
        assert "別の処理" in second.stderr
        api.delay = 0
        assert process.wait(timeout=60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_for_the_lines(folder: Path, environment: dict[str, str]) -> None:
    with serving(Api(ITEMS)) as address, Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "convert", *harvest(address, "--json-lines", store="")]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=folder, env=environment, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr.decode()
    assert done.stderr.decode().strip()


# ── Against what is published ────────────────────────────────────────────────────────────────────


def test_against_what_is_published(cli: Callable[..., Any], folder: Path) -> None:
    sent = [{name: value for name, value in record.items() if name != "rdfindex"} for record in items(4)]
    sent[0]["common"]["title"] = "改題"
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in sent)
    (folder / "out.jsonl").write_text(lines, encoding="utf-8")
    check = ["check", "out.jsonl", "--format", "japansearch", "--published", "kakuu_db"]
    missing = cli(*check)
    how = "mokuroku harvest japansearch items --database kakuu_db --store japansearch.db"
    assert (missing.returncode, how in missing.stderr) == (2, True)
    assert not list(folder.glob("*.db*"))
    with serving(Api(items(5))) as address:
        assert cli(*harvest(address, "--database", "kakuu_db", store="japansearch.db")).returncode == 0
    done = cli(*check)
    assert done.returncode == 0
    assert "変わる 1、加わる 0、なくなる 0、同じ 3" in done.stdout
    assert "公開 5、送る予定 4" in done.stdout
    english = cli(*check, "--lang", "en", "--fail-on", "warning")
    assert "changed 1, added 0, gone 0, same 3" in english.stdout
    assert english.returncode == 1
    told = json.loads(cli(*check, "--json").stdout)["published"]
    assert [told[name] for name in ("missing", "extra", "changed", "unchanged")] == [1, 0, 1, 3]
    assert cli("check", "out.jsonl", "--format", "japansearch", "--store", "japansearch.db").returncode == 2
    assert cli("check", "small.csv", "--format", "csv", "--published", "kakuu_db").returncode == 2


# ── The page's commands ──────────────────────────────────────────────────────────────────────────

PAGES = ["harvest-japansearch.md", "harvest-japansearch.en.md"]
BLOCK = re.compile(r"^```sh\n(.*?)\n```$", re.M | re.S)
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)


def commands(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.startswith("mokuroku ")]


def test_the_pages_show_the_same_commands() -> None:
    one, other = ([line.partition("#")[0].rstrip() for line in commands(page)] for page in PAGES)
    assert one == other
    assert len(one) >= 10


def test_the_commands_of_the_page_work(folder: Path, environment: dict[str, str]) -> None:
    """Every command as it stands there, at a server on loopback."""
    published = [*items(5, "example_museum"), *ITEMS]
    for number, record in enumerate(published):
        record["common"]["description"] = ("印象派 セザンヌ 地図", "印象派 地図", "セザンヌ")[number % 3]
    api = Api(
        published,
        others={"curation": others("浮世絵", 3), "database": others("db", 3), "organization": others("東京都美術館", 2),
                "csearch": others("刀剣", 2)},
        labels={"example_museum": []},
    )  # fmt: skip
    text = (ROOT / "docs" / PAGES[0]).read_text(encoding="utf-8")
    (folder / "items.yaml").write_text(YAML.findall(text)[0], encoding="utf-8")
    sent = [{name: value for name, value in record.items() if name != "rdfindex"} for record in published[:4]]
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in sent)
    (folder / "out.jsonl").write_text(lines, encoding="utf-8")
    program = folder / "mokuroku"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m convert "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    with serving(api) as address:
        for line in commands(PAGES[0]):
            command = re.sub(r"(harvest japansearch \w+)", rf"\1 --base-url {address} --rate 0", line)
            done = subprocess.run(
                ["/bin/sh", "-c", command], cwd=folder, env=environment | path, capture_output=True, check=False
            )
            assert done.returncode == 0, (line, done.stderr.decode())
    assert (folder / "items.csv").read_text(encoding="utf-8-sig").splitlines()[0] == "ID,題名,URL"
    assert len((folder / "published.jsonl").read_text(encoding="utf-8").splitlines()) == 5
    assert "example_museum-5" in (folder / "differences.html").read_text(encoding="utf-8")
