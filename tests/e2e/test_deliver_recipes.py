"""The pages on sending and on fetching over HTTP: their commands and scripts are carried out as they stand there.

Both languages show the same ones, which a test here makes sure of; those of the first are run.
"""

from __future__ import annotations

import configparser
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import sftp_server
from tests.sftp_server import USER, Faulty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("paramiko")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the scripts are for a POSIX shell")

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SFTP = ("deliver-sftp.md", "deliver-sftp.en.md")
HTTP = ("japansearch-http.md", "japansearch-http.en.md")
PLACEHOLDER = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"


def blocks(page: str, kind: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [content for name, content in BLOCK.findall(text) if name == kind]


def named(page: str, kind: str, name: str) -> str:
    """The block whose second or first line calls it by a file's name."""
    (found,) = (block for block in blocks(page, kind) if f"# {name}\n" in block)
    return found


def commands(page: str) -> list[str]:
    """The blocks of commands in order, without scripts and installation."""
    return [block for block in blocks(page, "sh") if not block.startswith(("#!", "pip "))]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A working folder as the pages have it, and ``mokuroku`` on the path."""
    place = tmp_path / "desk"
    for name in ("work", "outbox", "keys"):
        (place / name).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "mokuroku"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m convert "$@"\n')
    shim.chmod(0o755)
    (place / "library.csv").write_bytes((ROOT / "examples" / "library.csv").read_bytes())
    with (ROOT / "examples" / "museum.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.reader(source))[:40]
    with (place / "museum.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
    return place


@pytest.fixture
def shell(desk: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in the working folder."""

    def run(script: str, *, wanted: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{desk.parent / 'bin'}:{os.environ['PATH']}"}
        environment.pop("SSH_AUTH_SOCK", None)
        done = subprocess.run(
            ["sh", "-c", script], cwd=desk, env=environment, capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode in wanted, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def receiver(tmp_path: Path, desk: Path) -> Iterator[Faulty]:
    (tmp_path / "receiver" / "in").mkdir(parents=True)
    with sftp_server.faulty(tmp_path / "receiver") as server:
        server.keys.append(sftp_server.keygen(desk / "keys" / "ndl", "ed25519"))
        key = sftp_server.host_key(0)
        line = f"[127.0.0.1]:{server.port} {key.get_name()} {key.get_base64()}\n"
        (desk / "keys" / "known_hosts").write_text(line)
        yield server


def here(text: str, receiver: Faulty) -> str:
    """A page's text with the server of the tests in place of the one it names."""
    to = f"sftp://{USER}@127.0.0.1:{receiver.port}/in"
    return text.replace("kakuu@sftp.example.jp:in", to).replace(PLACEHOLDER, receiver.fingerprint)


def delivered(receiver: Faulty) -> list[str]:
    return sorted(path.name for path in (receiver.root / "in").iterdir())


PREPARE = """
mokuroku convert library/csv-to-dcndl library.csv -o work/all.rdf -q
mokuroku deliver sample work/all.rdf -n 10 -o work/sample.rdf -q --log outbox/deliveries.jsonl
mokuroku deliver package work/sample.rdf --library 1311 --date 2026-01-05 -o outbox -q
"""


def test_the_commands_of_the_page_on_sending(shell: Any, receiver: Faulty, desk: Path) -> None:
    shell(PREPARE)
    send, answers, batch = commands(SFTP[0])
    done = shell("set -e\n" + here(send, receiver))
    assert delivered(receiver) == ["updt1311_20260105_01.zip"]
    assert "SHA-256" in done.stdout
    done = shell("set -e\n" + here(answers, receiver))
    told = json.loads(done.stdout[done.stdout.index("\n{") :])
    ((delivery,),) = (one["deliveries"] for one in told["receivers"])
    assert delivery["kind"] == "sample"
    assert delivery["sources"][0]["mapping"]["id"] == "library/csv-to-dcndl"
    assert (delivery["answer"]["answer"], told["receivers"][0]["next"]["step"]) == ("clean", "full")
    assert [one["name"] for one in told["others"]] == ["sample.rdf", "updt1311_20260105_01.zip"]
    shell("mokuroku deliver package work/sample.rdf --library 1311 --date 2026-01-06 -o outbox -q")
    shell(here(batch, receiver))
    assert "rename -l" in (desk / "batch.txt").read_text()
    (code,) = blocks(SFTP[0], "python")
    (desk / "outbox" / "updt1311_20260106_01.zip").unlink()
    done = shell(f"{sys.executable} - <<'END'\n{here(code, receiver)}END")
    assert done.stdout.startswith("True []")


def test_the_nightly_script(shell: Any, receiver: Faulty, desk: Path) -> None:
    (desk / "nightly.sh").write_text(here(named(SFTP[0], "sh", "nightly.sh"), receiver))
    shell("mokuroku convert library/csv-to-dcndl library.csv -o work/last.rdf -q", wanted=(0, 1))
    shell("sh nightly.sh")
    assert delivered(receiver) == []  # nothing changed
    text = (desk / "library.csv").read_text(encoding="utf-8")
    title = text.splitlines()[1].split(",")[1]
    assert title
    (desk / "library.csv").write_text(text.replace(title, f"{title}（改題）", 1), encoding="utf-8")
    receiver.faults.refuse_connections = 100
    script = (desk / "nightly.sh").read_text()
    (desk / "nightly.sh").write_text(re.sub(r"(deliver sftp .*)", r"\1 --retries 0", script))
    assert "SFTP-" in shell("sh nightly.sh", wanted=(3,)).stdout  # what cron sends by mail
    assert delivered(receiver) == []
    receiver.faults.refuse_connections = 0
    shell("sh nightly.sh")  # nothing new, but what was left is sent
    (name,) = delivered(receiver)
    told = json.loads(shell("mokuroku deliver status outbox --json").stdout)
    (delivery,) = told["receivers"][0]["deliveries"]
    assert (delivery["name"], delivery["kind"], delivery["records"]) == (name, "diff", 1)
    assert delivery["sources"][0]["reports"] == ["work/qa.html"]
    (desk / "library.csv").write_text("\n".join(text.splitlines()[:5]) + "\n", encoding="utf-8")
    done = shell("sh nightly.sh", wanted=(3,))  # an export that failed: most records are gone
    assert "DLV-DIFF-DELETED" in done.stdout
    assert delivered(receiver) == [name]


@pytest.mark.parametrize("page", SFTP)
def test_cron_and_systemd(page: str) -> None:
    (cron,) = (block for block in blocks(page, "") if "crontab" in block)
    line = cron.splitlines()[-1]
    found = re.fullmatch(r"([0-9]{1,2}) ([0-9]{1,2}) \* \* \* (/\S+/nightly\.sh)", line)
    assert found
    units = {}
    for kind in ("service", "timer"):
        unit = configparser.RawConfigParser(strict=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(named(page, "ini", f"mokuroku-nightly.{kind}"))
        units[kind] = unit
    assert units["service"]["Service"]["ExecStart"] == found[3]
    assert units["service"]["Service"]["Type"] == "oneshot"
    assert units["timer"]["Timer"]["OnCalendar"] == f"*-*-* {int(found[2]):02}:{int(found[1]):02}:00"
    assert units["timer"]["Install"]["WantedBy"] == "timers.target"


def test_the_commands_of_the_page_on_fetching(shell: Any, desk: Path) -> None:
    make, check = commands(HTTP[0])
    shell(make, wanted=(0, 1))
    index = json.loads((desk / "public" / "index.json").read_bytes())
    assert index["files"][0]["url"] == "https://museum.example.jp/jps/items-001.jsonl.zip"
    assert "items-001.jsonl.zip: OK" in shell(check).stdout
    assert "work/deliveries.jsonl" in shell("mokuroku deliver status work").stdout
    (code,) = blocks(HTTP[0], "python")
    done = shell(f"{sys.executable} - <<'END'\n{code}END")
    assert done.stdout.startswith("[('items-001.jsonl.zip', ")


def test_the_script_that_publishes(shell: Any, desk: Path) -> None:
    (desk / "publish.sh").write_text(named(HTTP[0], "sh", "publish.sh"))
    shell("sh publish.sh")
    first = (desk / "public" / "index.json").read_bytes()
    assert json.loads(first)["records"] > 20
    with (desk / "museum.csv").open(encoding="utf-8") as stream:
        kept = stream.readline()
    (desk / "museum.csv").write_text(kept, encoding="utf-8")  # an export that failed
    assert "DLV-NONE" in shell("sh publish.sh", wanted=(3,)).stdout
    assert (desk / "public" / "index.json").read_bytes() == first


@pytest.mark.parametrize("pages", [SFTP, HTTP], ids=lambda pages: pages[0])
def test_both_languages_show_the_same_commands(pages: tuple[str, str]) -> None:
    for kind in ("sh", "ini", "python", ""):
        assert blocks(pages[0], kind) == blocks(pages[1], kind)
