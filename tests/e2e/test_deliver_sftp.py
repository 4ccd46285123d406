"""``mokuroku deliver sftp`` and ``status`` as a user runs them: exit codes, languages, JSON, interruption."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import sftp_server
from tests.sftp_server import PASSWORD, USER, Faulty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., Any]

pytest.importorskip("paramiko")
NAME = "updt1311_20260105_01.zip"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Faulty]:
    (tmp_path / "receiver").mkdir()
    with sftp_server.faulty(tmp_path / "receiver") as server:
        yield server


@pytest.fixture
def outbox(cli: Run, folder: Path) -> Path:
    (folder / "items.dat").write_bytes(os.urandom(50_000))
    cli("deliver", "package", "items.dat", "--library", "1311", "--date", "2026-01-05", "-o", "outbox", "-q")
    return folder / "outbox"


def to(receiver: Faulty, *more: str) -> list[str]:
    options = ["--to", f"{USER}@127.0.0.1:", "--port", str(receiver.port), "--host-key", receiver.fingerprint]
    return ["deliver", "sftp", "outbox", *options, *more]


def test_from_the_outbox_to_the_receiver(cli: Run, receiver: Faulty, outbox: Path) -> None:
    done = cli(*to(receiver, "--dry-run", "--lang", "en"))
    assert (done.returncode, receiver.connections) == (0, 0)
    assert "Would be sent to" in done.stdout
    done = cli(*to(receiver), MOKUROKU_SFTP_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    assert "送りました" in done.stdout
    assert (receiver.root / NAME).read_bytes() == (outbox / NAME).read_bytes()
    again = to(receiver, "--json")
    again[2] = f"outbox/{NAME}"
    told = json.loads(cli(*again).stdout)
    assert [one["result"] for one in told["packages"]] == ["already"]
    assert (told["sent"], told["exit_code"]) == (True, 0)
    status = cli("deliver", "status", "outbox", "--lang", "en")
    assert (status.returncode, status.stderr) == (0, "")
    assert NAME in status.stdout
    assert "sent" in status.stdout
    assert PASSWORD not in done.stdout + status.stdout


def test_a_password_from_a_file(cli: Run, receiver: Faulty, outbox: Path, folder: Path) -> None:
    (folder / "secret").write_text(PASSWORD + "\n")
    (folder / "secret").chmod(0o640)
    done = cli(*to(receiver, "--password-file", "secret", "--lang", "en"))
    assert done.returncode == 3
    assert "SFTP-SECRET-MODE" in done.stderr
    assert json.loads(cli(*to(receiver, "--password-file", "secret", "--json")).stdout)["exit_code"] == 3
    assert receiver.connections == 0
    (folder / "secret").chmod(0o600)
    assert cli(*to(receiver, "--password-file", "secret")).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "kakuu:himitsu@host.example.jp:in"], "パスワード"),
        (["--to", "nowhere"], "user@host"),
        (["--to", "kakuu@host.example.jp:in", "--host-key", "MD5:11"], "指紋"),
        (["--to", "kakuu@host.example.jp:in", "--known-hosts", "none"], "none"),
        (["--to", "kakuu@host.example.jp:in", "--key", "none"], "none"),
        (["--to", "kakuu@host.example.jp:in", "--password-file", "none"], "none"),
        ([], "--to"),
    ],
)
def test_what_cannot_be_carried_out(arguments: list[str], said: str, cli: Run, outbox: Path) -> None:
    done = cli("deliver", "sftp", "outbox", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "himitsu" not in done.stderr
    assert not (outbox / "deliveries.jsonl").exists()


def test_without_the_extra_it_says_what_to_install(cli: Run, outbox: Path, folder: Path, receiver: Faulty) -> None:
    (folder / "site").mkdir()
    (folder / "site" / "paramiko.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(folder / "site"), str(Path(__file__).parents[2])])
    done = cli(*to(receiver), PYTHONPATH=path)
    assert done.returncode == 2
    assert "pip install 'mokuroku[sftp]'" in done.stderr
    assert cli(*to(receiver, "--batch", "batch.txt"), PYTHONPATH=path).returncode == 0  # needs no library
    assert "put -f" in (folder / "batch.txt").read_text()
    assert cli("deliver", "status", "outbox", PYTHONPATH=path).returncode == 0


def test_an_interrupted_run_is_taken_up(cli: Run, start: Run, receiver: Faulty, outbox: Path) -> None:
    receiver.faults.silent = True
    process = start(*to(receiver), MOKUROKU_SFTP_PASSWORD=PASSWORD)
    for _ in range(400):
        if list(receiver.root.glob(".*.part")):
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(10) == 3
    err = process.stderr.read().decode()
    assert "中断しました" in err
    assert "Traceback" not in err
    assert not (receiver.root / NAME).exists()
    receiver.faults.silent = False
    assert cli(*to(receiver), MOKUROKU_SFTP_PASSWORD=PASSWORD).returncode == 0
    assert [path.name for path in receiver.root.iterdir()] == [NAME]


def test_answers_and_the_next_step(cli: Run, receiver: Faulty, outbox: Path) -> None:
    cli(*to(receiver, "--kind", "sample"), MOKUROKU_SFTP_PASSWORD=PASSWORD)
    done = cli("deliver", "status", "outbox", "--answer", f"{NAME}=clean", "--note", "電話で")
    assert done.returncode == 0
    assert "結果：問題なし" in done.stdout
    assert "電話で" in done.stdout
    assert "mokuroku deliver full" in done.stdout
    for wrong in (["--answer", "clean"], ["--answer", f"{NAME}=good"], ["--note", "x"], ["--sent", f"outbox/{NAME}"]):
        assert cli("deliver", "status", "outbox", *wrong).returncode == 2
    assert cli("deliver", "status", "nowhere").returncode == 2


def test_what_was_sent_otherwise(cli: Run, outbox: Path) -> None:
    sent = ["--sent", f"outbox/{NAME}", "--to", "kakuu@sftp.example.jp:in", "--kind", "full"]
    done = cli("deliver", "status", "outbox", *sent, "--fail-on", "notice", "--lang", "en")
    assert done.returncode == 1  # a full load before any sample
    assert "DLV-LOG-EARLY" in done.stderr
    assert "full load" in done.stdout
    done = cli("deliver", "sftp", f"outbox/{NAME}", "--to", "kakuu@sftp.example.jp:in", "--dry-run", "--lang", "en")
    assert "sent before" in done.stdout


def test_the_flow_is_put_down_where_a_log_stands(cli: Run, folder: Path, outbox: Path) -> None:
    (folder / "a.csv").write_text("id,title\n" + "".join(f"{n},題{n}\n" for n in range(9)), encoding="utf-8")
    (folder / "b.csv").write_text("id,title\n" + "".join(f"{n},題{n}\n" for n in range(1, 10)), encoding="utf-8")
    log = ["--log", "log.jsonl", "-q"]
    assert cli("deliver", "sample", "a.csv", "-n", "3", "-o", "sample.csv", *log).returncode == 0
    assert cli("deliver", "full", "a.csv", "-o", "full.csv", *log).returncode == 0
    cli("deliver", "diff", "b.csv", "--against", "a.csv", "-o", "diff.csv", "--max-deleted", "100", *log)
    told = json.loads(cli("deliver", "status", "log.jsonl", "--json").stdout)
    made = [(one["name"], one["kind"], one["records"], one["sources"][0]["name"]) for one in told["others"]]
    assert made == [
        ("sample.csv", "sample", 3, "a.csv"),
        ("full.csv", "full", 9, "a.csv"),
        ("diff.csv", "diff", 1, "b.csv"),
    ]
    assert not (outbox / "deliveries.jsonl").exists()  # nobody asked for one there
    (outbox / "deliveries.jsonl").touch()
    cli("deliver", "package", "items.dat", "--library", "1311", "--date", "2026-01-05", "-o", "outbox", "-q")
    told = json.loads(cli("deliver", "status", "outbox", "--json").stdout)
    assert [one["name"] for one in told["others"]] == ["updt1311_20260105_02.zip"]
    assert len(told["waiting"]) == 2


def test_a_file_set(cli: Run, folder: Path) -> None:
    (folder / "items.csv").write_text("id,title\n1,題\n", encoding="utf-8")
    done = cli("deliver", "fileset", "items.csv", "-o", "public", "--base-url", "https://museum.example.jp/", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["written"]) == (0, True)
    assert told["index"]["files"][0]["url"] == "https://museum.example.jp/items-001.csv.zip"
    (folder / "items.csv").write_text("id,title\n1,題\n1,題\n", encoding="utf-8")
    done = cli("deliver", "fileset", "items.csv", "-o", "public", "--lang", "en")
    assert done.returncode == 3
    assert "what stood there stays" in done.stderr
    for wrong in (["--max-size", "0"], ["--max-size", "x"], ["--name", "あ"], ["--base-url", "museum"]):
        assert cli("deliver", "fileset", "items.csv", "-o", "public", *wrong).returncode == 2
