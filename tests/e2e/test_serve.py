"""The pages' commands from loading to serving, as real processes; the server behind nginx; stopping and refusing."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner
from lxml import etree

from convert.cli import cli as command
from tests.oai_provider import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PAGES = ("serve-oai.md", "serve-oai.en.md")
BLOCK = re.compile(r"^```(\w[^\n]*)\n(.*?)^```$", re.M | re.S)


def blocks(page: str, kind: str) -> list[str]:
    """The blocks of a kind in a page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [body for name, body in BLOCK.findall(text) if name == kind]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def waited(process: subprocess.Popen[bytes], url: str) -> httpx.Response:
    """The first answer of a server that is starting."""
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(process.stderr.read().decode() if process.stderr else "it ended")
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it does not answer")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first commands of the page were run."""
    place = tmp_path_factory.mktemp("prepared")
    shutil.copytree(ROOT / "examples", place / "examples")
    for line in blocks(PAGES[0], "sh")[0].splitlines():
        name, *arguments = shlex.split(line)
        assert name == "mokuroku"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "convert", *arguments]
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, check=False)
        assert done.returncode in (0, 1), done.stderr
    return place


@pytest.fixture
def loaded(prepared: Path, folder: Path) -> Path:
    """A copy of it, where the commands are run."""
    return Path(shutil.copytree(prepared, folder, dirs_exist_ok=True))


@pytest.fixture
def serving(loaded: Path, start: Callable[..., Any]) -> Iterator[Callable[..., tuple[Any, str]]]:
    """Run the page's command on a free port, with more options; the process and the address."""
    made: list[Any] = []

    def run(*more: str) -> tuple[Any, str]:
        (line,) = blocks(PAGES[0], "sh serve")
        port = free_port()
        arguments = shlex.split(line.replace("8080", str(port)))[1:]
        process = start(*arguments, *more)
        made.append(process)
        waited(process, f"http://127.0.0.1:{port}/health")
        return process, f"http://127.0.0.1:{port}"

    yield run
    for process in made:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_the_pages_agree() -> None:
    for kind in ("sh", "sh serve", "sh as-root", "sh cron", "ini", "nginx", "python"):
        assert blocks(PAGES[0], kind) == blocks(PAGES[1], kind), kind
        assert blocks(PAGES[0], kind)


def test_the_commands_of_the_page(
    serving: Callable[..., tuple[Any, str]], cli: Callable[..., Any], loaded: Path
) -> None:
    process, address = serving()
    asked = [shlex.split(line)[-1] for line in blocks(PAGES[0], "sh")[1].splitlines()]
    for url in asked:
        answer = httpx.get(url.replace("http://127.0.0.1:8080", address))
        assert answer.status_code == 200, url
        if "verb=" in url:
            assert not Said(answer.content).codes, url
    identify = Said(httpx.get(f"{address}/oai?verb=Identify").content)
    assert identify.text("baseURL") == f"{address}/oai"
    assert identify.text("adminEmail") == "oai@opac.example.jp"
    first = Said(httpx.get(f"{address}/oai?verb=ListRecords&metadataPrefix=dcndl").content)
    assert len(first.ids) == 27
    shorter = (loaded / "records.rdf").read_bytes()
    cut = shorter.rindex(b"  <dcndl:BibAdminResource")
    (loaded / "records.rdf").write_bytes(shorter[:cut] + b"</rdf:RDF>\n")
    done = cli(
        "deliver", "load", "records.rdf", "--as", "library", "--store", "deliveries.db", "--force", "--lang", "en"
    )
    assert "deleted: 1" in done.stdout
    for _ in range(100):  # two seconds ahead
        said = Said(
            httpx.get(f"{address}/oai?verb=ListRecords&metadataPrefix=dcndl&from={first.headers[0][1]}").content
        )
        gone = [name for name, _, deleted in said.headers if deleted]
        if gone:
            break
        time.sleep(0.1)
    assert gone == ["oai:opac.example.jp:B0000030"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_the_official_harvest_command_takes_it(
    serving: Callable[..., tuple[Any, str]], cli: Callable[..., Any]
) -> None:
    _, address = serving()
    done = cli(
        "harvest",
        "oai",
        f"{address}/oai",
        "--prefix",
        "dcndl",
        "--store",
        "check.db",
        "--source",
        "own",
        "--lang",
        "en",
    )
    assert done.returncode == 0, done.stderr
    assert "own: 27 new, 0 changed, 0 deleted" in done.stdout
    checked = cli("check", "--format", "dcndl", "store:check.db?source=own", "--lang", "en")
    assert checked.returncode in (0, 1)


def test_a_load_is_put_down_in_the_delivery_log(loaded: Path, cli: Callable[..., Any]) -> None:
    """Beside the output, or where it is said; what changed nothing is no delivery."""
    log = loaded / "deliveries.jsonl"
    load = ("deliver", "load", "records.rdf", "--as", "other", "--store", "other.db", "--domain", "opac.example.jp")
    assert cli(*load, "--log", log.name).returncode == 0
    assert cli(*load).returncode == 0
    (line,) = log.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["event"], told["name"], told["store"]) == ("load", "other 1", "other.db")
    assert told["records"] == told["counts"]["added"] > 0
    assert "other 1" in cli("deliver", "status").stdout


def test_the_access_log_and_ctrl_c(serving: Callable[..., tuple[Any, str]], folder: Path) -> None:
    process, address = serving(
        "--access-log", "access.log", "--granularity", "days", "--no-gzip", "--title", "架空の館"
    )
    said = Said(httpx.get(f"{address}/oai?verb=Identify").content)
    assert (said.text("granularity"), said.text("repositoryName")) == ("YYYY-MM-DD", "架空の館")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert 'verb=Identify HTTP/1.1" 200' in (folder / "access.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "library", "--store", "none.db"], "no such store"),
        (["--name", "other", "--store", "deliveries.db"], "no such delivery"),
        (["--name", "library", "--store", "deliveries.db?source=x"], "no selection"),
        (["--name", "library", "--store", "deliveries.db", "--base-url", "opac"], "expects an address"),
        (["--name", "library", "--store", "deliveries.db", "--email", "nobody"], "expects an address of e-mail"),
        (["--name", "library", "--store", "deliveries.db", "--port", "99999"], "not in the range"),
        (["--name", "library", "--store", "deliveries.db", "--host", "203.0.113.1"], "cannot listen"),
        (["--name", "library", "--store", "deliveries.db", "--access-log", "no/log"], "access log cannot be written"),
        (["--name", "library", "--store", "empty.db"], "holds no deliveries yet"),
    ],
)
def test_what_cannot_be_served(loaded: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from convert.store.base import open_store
    from convert.store.place import Place

    open_store(Place(str(loaded / "empty.db")), create=True).close()
    monkeypatch.chdir(loaded)
    done = CliRunner().invoke(command, ["serve", "oai", *arguments, "--lang", "en"])
    assert done.exit_code == 2
    assert said in done.stderr


# ── In production ────────────────────────────────────────────────────────────────────────────────


def test_the_unit_runs_what_there_is(loaded: Path, cli: Callable[..., Any]) -> None:
    (text,) = blocks(PAGES[0], "ini")
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    command = shlex.split(unit["Service"]["ExecStart"])
    assert command[0].endswith("/venv/bin/mokuroku")
    done = cli(*command[1:], "--port", "-1", "--lang", "en")  # every other option is taken
    assert "--port" in done.stderr
    if shutil.which("systemd-analyze"):
        file = loaded / "mokuroku-oai.service"
        file.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text), encoding="utf-8")
        found = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
        assert "Unknown" not in found.stderr


def test_the_cron_line_is_two_commands(cli: Callable[..., Any]) -> None:
    (line,) = blocks(PAGES[0], "sh cron")
    commands = [part.strip() for part in line.split(maxsplit=5)[5].split("&&")]
    assert [shlex.split(part)[:3] for part in commands[1:]] == [
        ["venv/bin/mokuroku", "convert", "my.yaml"], ["venv/bin/mokuroku", "deliver", "load"],
    ]  # fmt: skip
    assert cli(*shlex.split(commands[2])[1:]).returncode == 2  # there is no such file; the options are right


def test_behind_nginx(serving: Callable[..., tuple[Any, str]], folder: Path, tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if nginx is None:
        pytest.skip("there is no nginx on this machine")
    port = free_port()
    base = f"http://127.0.0.1:{port}/oai"
    _, address = serving("--base-url", base, "--trusted-proxy", "127.0.0.1", "--access-log", "access.log")
    (text,) = blocks(PAGES[0], "nginx")
    text = (
        re.sub(r"\n\s+ssl_certificate.*", "", text)
        .replace("443 ssl", f"127.0.0.1:{port}")
        .replace("http://127.0.0.1:8080", address)
    )
    place = tmp_path / "nginx"
    place.mkdir()
    temporary = "\n".join(
        f"{name}_temp_path {place}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = place / "nginx.conf"
    conf.write_text(
        f"{'' if os.getuid() else 'user root; '}daemon off; pid {place}/pid; worker_processes 1;\n"
        f"error_log {place}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{text} }}\n", encoding="utf-8",
    )  # fmt: skip
    place.chmod(0o777)
    process = subprocess.Popen([nginx, "-p", str(place), "-c", str(conf)], stderr=subprocess.PIPE)
    try:
        answer = waited(process, f"{base}?verb=ListRecords&metadataPrefix=dcndl")
        assert answer.headers["content-encoding"] == "gzip"
        assert len(Said(answer.content).ids) == 27
        schema = Said(httpx.get(f"{base}?verb=ListMetadataFormats").content).texts("schema")[1]
        assert schema == f"{base}/dcndl-2.2.xsd"
        assert etree.fromstring(httpx.get(schema).content).tag.endswith("schema")
        assert httpx.post(base, data={"verb": "Identify"}).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 404
    finally:
        process.terminate()
        process.wait(30)
        if process.stderr:
            process.stderr.close()
    assert "127.0.0.1 - - [" in (folder / "access.log").read_text()
