"""``harvest cinii`` as a user runs it, the commands of its page, and harvests killed wherever they are."""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cinii_server import Holder, Page, Service, as_json, collection, fa, holders, ncid, serving

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("sqlalchemy")
pytest.importorskip("httpx")

ROOT = Path(__file__).parents[2]
BOOKS = collection(30)
SECRET = "himitsu-7777"  # noqa: S105 - synthetic
FILE = re.compile(r"^```csv\n# (\S+)\n(.*?)^```$", re.M | re.S)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)


def harvest(base: str, *more: str) -> list[str]:
    return ["harvest", "cinii", "holdings", "--base-url", base, "--store", "c.db", "--rate", "0", *more]


def listed(cli: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    out = cli("store", "list", "c.db", "--limit", "100000", "--json").stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["identifier"]: (row["datestamp"], row["sha256"]) for row in rows}


@pytest.fixture
def books(folder: Path) -> Path:
    path = folder / "books.csv"
    path.write_text("ID,書名,NCID\n" + "".join(f"{n},架空の本,{book}\n" for n, book in enumerate(BOOKS, 1)), "utf-8")
    return path


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def page_commands(page: str, base: str) -> list[list[str]]:
    """The commands of a page, those that ask sent to the server on loopback."""
    lines = [line for block in SHELL.findall(page) for line in block.splitlines()]
    commands = [shlex.split(line.removeprefix("mokuroku ")) for line in lines]
    more = ["--base-url", base, "--rate", "0"]
    return [command + (more if command[:3] == ["harvest", "cinii", "holdings"] else []) for command in commands]


@pytest.mark.parametrize("name", ["cinii.md", "cinii.en.md"])
def test_the_commands_of_the_page(name: str, cli: Callable[..., Any], folder: Path) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    for file, text in FILE.findall(page):
        (folder / file).write_text(text, encoding="utf-8")
    held = {"BA00010019": holders(1, 2), "BA0001002X": holders(3)}
    (folder / "saved").mkdir()
    number = ncid(77)
    saved = Page(f"https://ci.nii.ac.jp/books/opensearch/holder?ncid={number}", number, holders(4), 1)
    (folder / "saved" / "one.json").write_bytes(as_json(saved))
    with serving(Service(held, needs_id=SECRET)) as base:
        for command in page_commands(page, base):
            opened = [sorted(map(str, folder.glob(part))) if "*" in part else [part] for part in command]
            done = cli(*(part for parts in opened for part in parts), CINII_APPID=SECRET)
            assert done.returncode == 0, (command, done.stderr)
            assert SECRET not in done.stdout + done.stderr
    rdf = (folder / "books.rdf").read_text("utf-8")
    assert rdf.count("<dcndl:Item ") == 3
    assert "NDLLibCode" not in rdf
    assert rdf.count("<foaf:name>架空第") == 3
    checked = cli("check", "--format", "dcndl", "books.rdf", "--json")
    assert {code["code"] for code in json.loads(checked.stdout)["codes"]} <= {"NDL-ITEM-HOLDER"}


@pytest.mark.parametrize("name", ["cinii.md", "cinii.en.md"])
def test_the_mapping_of_the_page(name: str, cli: Callable[..., Any], folder: Path) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    (folder / "books.csv").write_text(FILE.findall(page)[0][1], encoding="utf-8")
    (folder / "page.yaml").write_text(YAML.findall(page)[0], encoding="utf-8")
    with serving(Service({"BA00010019": holders(1, 2)})) as base:
        arguments = ("--from-field", "NCID", "books.csv", "--store", "cinii.db", "--base-url", base, "--rate", "0")
        assert cli("harvest", "cinii", "holdings", *arguments).returncode == 0
    assert cli("mapping", "check", "page.yaml", "books.csv").returncode == 0
    done = cli("convert", "page.yaml", "books.csv", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr
    first = json.loads((folder / "out.jsonl").read_text("utf-8").splitlines()[0])
    assert first["所蔵館数"] == ["2"]
    assert [found["FA番号"] for found in first["所蔵館"]] == [["FA000015"], ["FA000026"]]
    assert first["所蔵館"][0]["書名"] == ["架空の本"]


def test_the_pages_agree() -> None:
    texts = [(ROOT / "docs" / name).read_text("utf-8") for name in ("cinii.md", "cinii.en.md")]
    for pattern in (SHELL, YAML, FILE):
        assert pattern.findall(texts[0]) == pattern.findall(texts[1])


# ── The command ──────────────────────────────────────────────────────────────────────────────────


def test_from_a_file_to_a_delivery(cli: Callable[..., Any], books: Path, folder: Path) -> None:
    service = Service(BOOKS, needs_id=SECRET)
    with serving(service) as base:
        done = cli(*harvest(base, "--from-field", "NCID", "books.csv", "--ncid", ncid(1001)), CINII_APPID=SECRET)
        assert done.returncode == 0, done.stderr
        assert "NCID 30 件：取得 30" in done.stdout
        again = cli(*harvest(base, "--from-field", "NCID", "books.csv", "--json"), CINII_APPID=SECRET)
        told = json.loads(again.stdout)
        assert (told["fresh"], told["requests"], told["exit_code"]) == (30, 0, 0)
    assert len(service.log) == 30
    assert len(listed(cli)) == 30
    stats = cli("store", "stats", "c.db", "--json").stdout
    assert '"requests": 30' in stats
    assert all(SECRET.encode() not in path.read_bytes() for path in folder.iterdir() if path.is_file())
    exported = cli("store", "export", "c.db", "-o", "c.jsonl")
    assert exported.returncode == 0
    assert [json.loads(line)["ncid"] for line in (folder / "c.jsonl").read_text("utf-8").splitlines()] == list(BOOKS)


def test_a_dry_run_asks_nothing_and_writes_nothing(cli: Callable[..., Any], books: Path, folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = cli(
        *harvest("http://127.0.0.1:9", "--ncid", "BA83739643", "--ill", "A", "--year", "2001", "--dry-run"),
        CINII_APPID=SECRET,
    )
    assert done.returncode == 0
    assert done.stdout == (
        "GET http://127.0.0.1:9/books/opensearch/holder?ncid=BA83739643&ill=A&year=2001&format=json&appid=***\n"
    )
    many = cli(*harvest("http://127.0.0.1:9", "--from-field", "NCID", "books.csv", "--dry-run", "--json"))
    assert len(json.loads(many.stdout)["requests"]) == 30
    odd = cli(*harvest("http://127.0.0.1:9", "--ncid", "BA83739640", "--dry-run"))
    assert "HRV-CINII-NCID-CHECK" in odd.stderr
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--ncid"),
        (["--ncid", "BA1"], "two letters"),
        (["--ncid", "BA83739643", "--ill", "B"], "A, N"),
        (["--ncid", "BA83739643", "--ill-copys", "X"], "A, C, N"),
        (["--ncid", "BA83739643", "--cont", "2"], "0, 1"),
        (["--ncid", "BA83739643", "--fano", "FA1"], "FA001120"),
        (["--ncid", "BA83739643", "--format", "html"], "json"),
        (["--ncid", "BA83739643", "--service", "article"], "research"),
        (["--ncid", "BA83739643", "--rate", "-1"], "--rate"),
        (["--ncid", "BA83739643", "--max-age", "-1"], "--max-age"),
        (["--ncid", "BA83739643", "--ilk", "A"], "--ill"),
        (["--from-field", "NCID"], "INPUT"),
        (["books.csv"], "--from-field"),
        (["--from-field", "NCDI", "books.csv"], "NCID"),
        (["--from-field", "NCID", "none.csv"], "none.csv"),
        (["--from-field", "NCID", "books.csv", "--input-format", "cvs"], "csv"),
        (["--ncid", "BA83739643", "--base-url", "ftp://example.jp"], "http://"),
        (["--ncid", "BA83739643", "--base-url", f"http://example.jp?appid={SECRET}"], "CINII_APPID"),
        (["--ncid", "BA83739643", "--store", "c.db?source=x"], "selection"),
        (["--ncid", "BA83739643", "--store", "books.csv"], "not a store"),
        (["--ncid", "BA83739643", "--store", "no/c.db"], "folder"),
    ],
)
def test_wrong_usage(cli: Callable[..., Any], books: Path, folder: Path, arguments: list[str], says: str) -> None:
    """Refused before anything is asked: nobody listens at that address, and asking would end with 3."""
    own = [] if "--base-url" in arguments else ["--base-url", "http://127.0.0.1:9"]
    store = [] if "--store" in arguments else ["--store", "c.db"]
    done = cli("harvest", "cinii", "holdings", *own, *store, "--retries", "0", *arguments, "--lang", "en")
    assert done.returncode == 2
    assert says in done.stderr.replace("is not a store", "not a store")
    assert SECRET not in done.stderr
    assert not (folder / "c.db").exists()
    japanese = cli("harvest", "cinii", "holdings", *own, *store, "--retries", "0", *arguments)
    assert re.search("[ぁ-んァ-ヶ]", japanese.stderr)


def test_without_a_store_nothing_starts(cli: Callable[..., Any]) -> None:
    assert "--store" in cli("harvest", "cinii", "holdings", "--ncid", "BA83739643", "--lang", "en").stderr


def test_an_application_id_that_is_wrong(cli: Callable[..., Any]) -> None:
    with serving(Service(BOOKS, needs_id="other")) as base:
        done = cli(*harvest(base, "--ncid", ncid(1001), "--lang", "en"), CINII_APPID=SECRET)
    assert done.returncode == 3
    assert "CINII_APPID" in done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_killed_anywhere_it_comes_to_the_same(
    cli: Callable[..., Any], folder: Path, books: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    with serving(Service(BOOKS)) as base:
        assert cli(*harvest(base, "--from-field", "NCID", "books.csv")).returncode == 0
    whole = listed(cli)
    for path in folder.glob("c.db*"):
        path.unlink()
    chance, killed, service = random.Random(20261121), 0, Service(BOOKS, delay=0.03)  # noqa: S311 - no secret
    with serving(service) as base:
        for _ in range(8):
            process = start(*harvest(base, "--from-field", "NCID", "books.csv"))
            asked, deadline = len(service.log), time.monotonic() + 60
            while len(service.log) < asked + 2 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.1)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert cli(*harvest(base, "--from-field", "NCID", "books.csv")).returncode == 0
    assert killed >= 3
    assert listed(cli) == whole
    assert len(service.log) <= 30 + 8


def test_interrupted_it_says_how_to_go_on(
    cli: Callable[..., Any], books: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    service = Service(BOOKS, delay=0.1)
    with serving(service) as base:
        process = start(*harvest(base, "--from-field", "NCID", "books.csv"))
        while len(service.log) < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3
        assert "同じコマンドで続き" in err.decode()
        service.delay = 0
        assert cli(*harvest(base, "--from-field", "NCID", "books.csv")).returncode == 0
    assert len(listed(cli)) == 30


def test_two_at_the_same_time(
    cli: Callable[..., Any], books: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    service = Service(BOOKS, delay=0.2)
    with serving(service) as base:
        process = start(*harvest(base, "--from-field", "NCID", "books.csv"))
        while len(service.log) < 2:
            time.sleep(0.01)
        second = cli(*harvest(base, "--from-field", "NCID", "books.csv"))
        assert second.returncode == 2
        assert "別の処理" in second.stderr
        service.delay = 0
        assert process.wait(timeout=60) == 0


def test_a_disk_that_is_full(folder: Path, environment: dict[str, str], cli: Callable[..., Any]) -> None:
    names = [hashlib.sha512(bytes([number % 256, number // 256])).hexdigest() for number in range(3000)]
    big = {ncid(1): [Holder(fa(number), name) for number, name in enumerate(names)]}  # cannot be packed small
    limit = (200_000, 200_000)
    with serving(Service(big)) as base:
        done = subprocess.run(
            [sys.executable, "-m", "convert", *harvest(base, "--ncid", ncid(1))],
            cwd=folder, env=environment, capture_output=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr.decode()
        assert re.search("ストア|書きかけ", done.stderr.decode())
        assert cli(*harvest(base, "--ncid", ncid(1))).returncode == 0
    assert len(listed(cli)) == 1


def test_without_the_extras(folder: Path, environment: dict[str, str]) -> None:
    blocked = "import sys; sys.modules['httpx'] = sys.modules['sqlalchemy'] = None\n"
    program = blocked + "from convert.cli import main; main()"
    kept = ["harvest", "cinii", "import", "a", "--store", "b"]
    for arguments in (harvest("http://127.0.0.1:9", "--ncid", ncid(1)), kept):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 2
        assert "pip install 'mokuroku[" in done.stderr.decode()


def test_saved_answers(cli: Callable[..., Any], folder: Path) -> None:
    number = ncid(77)
    saved = Page(f"https://ci.nii.ac.jp/books/opensearch/holder?ncid={number}", number, holders(4), 1)
    (folder / "one.json").write_bytes(as_json(saved))
    (folder / "two.json").write_bytes(b"{}")
    done = cli("harvest", "cinii", "import", "one.json", "two.json", "none.json", "--store", "c.db", "--lang", "en")
    assert done.returncode == 1
    assert "3 files: 1 put into the store (1 holdings)" in done.stdout
    assert done.stderr.count("HRV-CINII-FILE") == 2
    assert list(listed(cli)) == [number]
