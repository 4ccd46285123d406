"""The provider over HTTP: methods, codings, errors of the store, what those who run it see; harvesters."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import httpx
import pytest
from lxml import etree

from convert.errors import UsageError
from convert.harvest.oai.client import OaiClient
from convert.harvest.web import Manners, Web
from convert.serve.running import Listen, access_log, server
from convert.serve.web import Application
from convert.store.base import open_store
from tests.oai_provider import Shelf, books, listening, shelf_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORM = "application/x-www-form-urlencoded"
LIST = "verb=ListRecords&metadataPrefix=dcndl"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("web")
    with shelf_in(str(folder / "s.db"), folder) as made:
        made.put(books(0, 10))
        made.put(books(1, 10))
        yield made


class Client:
    """Calls an application as PEP 3333 has it, held to it by the standard library's validator."""

    def __init__(self, application: Any) -> None:
        self._application = validator(application)
        self.status, self.headers = 0, {}

    def __call__(
        self, path: str = "/oai", query: str = "", method: str = "GET", body: bytes = b"", **more: str
    ) -> bytes:
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "x",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "192.0.2.1", **more,
        }  # fmt: skip

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            self.status, self.headers = int(status[:3]), dict(headers)
            return lambda _: None

        found = self._application(environ, start)
        try:
            return b"".join(found)
        finally:
            found.close()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def client(shelf: Shelf, log: list[str]) -> Client:
    return Client(Application(shelf.store, shelf.provider(), clock=lambda: shelf.now, log=log.append))


def codes(body: bytes) -> list[str]:
    return re.findall(r'<error code="(\w+)"', body.decode())


# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────


def test_h1_get_and_post_give_the_same(client: Client) -> None:
    for query in (
        "verb=Identify",
        LIST,
        "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai%3Aopac.example.jp%3AB00001",
        "verb=x",
    ):
        got = client(query=query)
        assert client(method="POST", body=query.encode(), CONTENT_TYPE=FORM) == got
        assert client(method="POST", body=query.encode(), CONTENT_TYPE=FORM + "; charset=UTF-8") == got


def test_h1_arguments_in_address_and_form_are_all_arguments(client: Client) -> None:
    assert codes(client(query="verb=Identify", method="POST", body=b"verb=Identify", CONTENT_TYPE=FORM)) == ["badVerb"]
    assert not codes(client(query="verb=ListRecords", method="POST", body=b"metadataPrefix=dcndl", CONTENT_TYPE=FORM))
    assert codes(client(method="POST", body=b'{"verb": "Identify"}', CONTENT_TYPE="application/json")) == ["badVerb"]
    assert codes(client(method="POST", body=b"verb=Identify&x=" + b"a" * 30_000, CONTENT_TYPE=FORM)) == ["badArgument"]
    assert codes(client(method="POST", body=b"verb=Identify", CONTENT_TYPE=FORM, CONTENT_LENGTH="0")) == ["badVerb"]


def test_h3_h4_errors_of_the_protocol_are_answers(client: Client) -> None:
    for query in ("verb=x", "verb=ListRecords&resumptionToken=x", "", "verb=GetRecord&identifier=%FF"):
        assert codes(client(query=query))
        assert client.status == 200
        assert client.headers["Content-Type"] == "text/xml; charset=UTF-8"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True), ("GZIP", True), ("deflate, gzip;q=0.5", True), ("*", True), ("x-gzip", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0.0, *", False), ("br", False),
        ("gzip;q=x", False),
        ("gzip;q=0, *;q=1", False), ("; ; ,,", False),
    ],
)  # fmt: skip
def test_h5_codings(client: Client, accepted: str, packed: bool) -> None:
    plain = client(query=LIST)
    body = client(query=LIST, HTTP_ACCEPT_ENCODING=accepted)
    assert (client.headers.get("Content-Encoding") == "gzip") == packed
    assert client.headers["Vary"] == "Accept-Encoding"
    assert client.headers["Content-Length"] == str(len(body))
    assert (gzip.decompress(body) if packed else body) == plain


def test_h5_no_coding_where_none_is_wanted(shelf: Shelf) -> None:
    client = Client(Application(shelf.store, shelf.provider(compression=False)))
    client(query=LIST, HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in client.headers


def test_other_methods_and_places(client: Client) -> None:
    assert client(method="HEAD", query=LIST) == b""
    assert int(client.headers["Content-Length"]) > 1000
    for method, path, status in (
        ("PUT", "/oai", 405), ("DELETE", "/oai", 405), ("OPTIONS", "/oai", 405), ("POST", "/health", 405),
        ("GET", "/", 404), ("GET", "/oai2", 404), ("GET", "/oai/../../etc/passwd", 404), ("GET", "/oai/schema", 404),
        ("GET", "/oai/dcndl-2.2/../codes.toml", 404), ("GET", "/OAI", 404), ("GET", "/oai/", 200),
    ):  # fmt: skip
        client(path, method=method)
        assert client.status == status, (method, path)
    assert client("/oai/../../../../etc/passwd").count(b"root") == 0


def test_the_schema_that_is_named_is_served_and_holds(client: Client, tmp_path: Path) -> None:
    names = ["dcndl-2.2.xsd", *(f"dcndl-2.2/{name}.xsd" for name in ("dc", "dcndl", "dcterms", "foaf", "owl", "rdfs"))]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(client(f"/oai/{name}"))
        assert client.status == 200
    schema = etree.XMLSchema(etree.parse(str(tmp_path / "dcndl-2.2.xsd")))
    content = etree.fromstring(client(query=LIST)).find(".//{*}metadata")[0]
    assert content.tag.endswith("RDF")
    schema.validate(content)  # what it says of made-up records is no matter here; it can be used
    assert schema is not None


# ── When the store fails ─────────────────────────────────────────────────────────────────────────


def test_a_store_that_fails_is_503_with_retry_after(shelf: Shelf, tmp_path: Path) -> None:
    faults: list[str] = []
    client = Client(Application(shelf.store, Shelf(shelf.store, tmp_path, "none").provider(), faults=faults.append))
    body = client(query=LIST)
    assert (client.status, client.headers["Retry-After"]) == (503, "60")
    assert b"Traceback" not in body
    assert len(faults) == 1
    assert json.loads(client("/health"))["status"] == "empty"
    assert client.status == 503


def test_a_damaged_record_is_503_and_told(tmp_path: Path) -> None:
    with shelf_in(str(tmp_path / "s.db"), tmp_path) as shelf:
        shelf.put(books(0, 3))
        with shelf.store.writing() as connection:
            connection.exec_driver_sql("UPDATE delivery_bodies SET main = x'7300'")
        faults: list[str] = []
        client = Client(Application(shelf.store, shelf.provider(), clock=lambda: shelf.now, faults=faults.append))
        client(query=LIST)
        assert client.status == 503
        assert "DamageError" in faults[0]
        client(query="verb=ListRecords&metadataPrefix=oai_dc")
        assert client.status == 200


def test_the_server_writes_nothing(shelf: Shelf) -> None:
    from convert.errors import RunError

    with open_store(shelf.store.place, read_only=True) as store:
        with pytest.raises(RunError), store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM delivery_rows")
        assert Client(Application(store, shelf.provider(), clock=lambda: shelf.now))(query=LIST)


# ── For those who run it ─────────────────────────────────────────────────────────────────────────


def test_health_and_metrics(client: Client) -> None:
    assert json.loads(client("/health")) == {
        "status": "ok", "delivery": "lib", "snapshot": 2, "datestamp": "2026-01-03T00:00:12Z",
    }  # fmt: skip
    client(query=LIST)
    client(query="verb=zzz<>")
    told = client("/metrics").decode()
    assert 'mokuroku_oai_requests_total{verb="ListRecords",status="200"} 1\n' in told
    assert 'mokuroku_oai_errors_total{code="badVerb"} 1\n' in told
    assert "mokuroku_oai_records_total 3\n" in told
    assert "mokuroku_oai_snapshot 2\n" in told
    assert "zzz" not in told
    assert all(
        re.fullmatch(r'# TYPE \w+ (counter|gauge|histogram)|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+', line)
        for line in told.splitlines()
    )


def test_the_access_log_stays_on_its_lines(client: Client, log: list[str]) -> None:
    client(query=LIST, HTTP_USER_AGENT='NDL "x"\nevil\x1b[31m')
    client(query='verb="%0a', HTTP_REFERER="http://目録/")
    first = (
        r'192\.0\.2\.1 - - \[03/Jan/2026.*\] "GET /oai\?verb=ListRecords&metadataPrefix=dcndl HTTP/1\.1" 200 \d+ "-" '
        r'"NDL \\x22x\\x22\\x0aevil\\x1b\[31m" ListRecords - 3 \d+\.\d'
    )
    assert re.fullmatch(first, log[0])
    assert log[1].endswith(tuple(f"- badVerb 0 {n}" for n in re.findall(r"\d+\.\d$", log[1])))
    assert all(line.isascii() and line.isprintable() for line in log)


def test_the_access_log_is_appended_to(tmp_path: Path) -> None:
    for line in ("one", "two"):
        with access_log(str(tmp_path / "log")) as write:
            assert write is not None
            write(line)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"
    with access_log(None) as write:
        assert write is None
    with pytest.raises(UsageError), access_log(str(tmp_path / "no" / "log")):
        pass


def test_a_port_in_use(client: Client) -> None:
    with listening(client._application) as address, pytest.raises(UsageError, match="cannot listen"):
        server(client._application, Listen(port=int(address.rpartition(":")[2])))


# ── Harvesters ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def served(shelf: Shelf) -> Iterator[str]:
    with listening(Application(shelf.store, shelf.provider(), clock=lambda: shelf.now)) as address:
        yield f"{address}/oai"


def test_our_own_client(served: str) -> None:
    with Web(Manners(rate=0)) as web:
        client = OaiClient(served, web)
        assert client.identify().deleted == "persistent"
        assert [found["metadataPrefix"] for found in client.formats()] == ["oai_dc", "dcndl"]


def test_requests_at_the_same_time(served: str) -> None:
    """Threads share the store; every answer is whole."""
    wrong: list[object] = []

    def harvest() -> None:
        with httpx.Client() as web:
            query, ids = LIST, 0
            while query:
                answer = web.get(f"{served}?{query}")
                root = etree.fromstring(answer.content)
                ids += len(root.findall(".//{*}header"))
                token = root.findtext(".//{*}resumptionToken")
                query = f"verb=ListRecords&resumptionToken={token}" if token else ""
            if ids != 10:
                wrong.append(ids)

    threads = [threading.Thread(target=harvest) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_broken_http_does_not_stop_it(served: str) -> None:
    import socket
    from urllib.parse import urlsplit

    place = urlsplit(served)
    for sent in (
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /oai HTTP/9.9\r\n\r\n",
        b"POST /oai HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"\x16\x03\x01",
        b"GET /oai?verb=Identify HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    ):
        with socket.create_connection((place.hostname, place.port), timeout=10) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            found = line.recv(200)
            assert b" 500 " not in found
    assert httpx.get(f"{served}?verb=Identify").status_code == 200


# ── The check of the registry of data providers ──────────────────────────────────────────────────


@pytest.fixture(scope="session")
def validator_pl() -> Callable[[str], str]:
    """HTTP::OAIPMH::Validator, where Perl has it; it is on CPAN and not in Debian."""
    perl = shutil.which("perl")
    if perl is None:
        pytest.skip("there is no perl on this machine")
    program = "use HTTP::OAIPMH::Validator; print 'there'"
    if subprocess.run([perl, "-e", program], capture_output=True, check=False).stdout != b"there":
        pytest.skip("Perl has no HTTP::OAIPMH::Validator (PERL5LIB may name a folder that has it)")
    lines = (
        "use HTTP::OAIPMH::Validator; my $v = HTTP::OAIPMH::Validator->new(base_url => $ARGV[0], parser => "
        "XML::DOM::Parser->new()); $v->log->fh(\\*STDOUT); eval { $v->run_complete_validation() }; "
        'print $@; print "\\nSTATUS ", $v->status, "\\n";'
    )

    def run(address: str) -> str:
        done = subprocess.run([perl, "-MXML::DOM", "-e", lines, address], capture_output=True, timeout=120, check=False)
        return done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")

    return run


@pytest.mark.parametrize("days", [False, True])
def test_the_validator_of_the_registry_finds_it_compliant(
    shelf: Shelf, validator_pl: Callable[[str], str], days: bool
) -> None:
    late: dict[str, Any] = {}

    def application(environ: Any, start: Any) -> Any:
        return late["application"](environ, start)

    with listening(application) as address:
        from dataclasses import replace

        provider = shelf.provider(days=days)
        provider.settings = replace(provider.settings, base_url=f"{address}/oai")
        late["application"] = Application(shelf.store, provider, clock=lambda: shelf.now)
        said = validator_pl(f"{address}/oai")
    assert "STATUS COMPLIANT" in said, said[-3000:]
    assert "FAIL" not in said
