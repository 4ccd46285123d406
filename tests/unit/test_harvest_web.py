"""How servers are asked, and how a harvest is told of."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from typing import Any

import pytest

from convert.errors import UsageError
from convert.harvest.outcome import Outcome
from convert.harvest.web import Manners, Web, WebFault, check_address, joined, retry_after, without_secrets
from tests.oai_server import Repository, items, serving

pytest.importorskip("httpx")


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_no_more_requests_a_second_than_allowed() -> None:
    clock = Clock()
    with serving(Repository(items(3))) as address, Web(Manners(rate=4), sleep=clock.sleep, clock=clock) as web:
        for _ in range(5):
            web.get(address, {"verb": "Identify"})
    assert clock.slept == [pytest.approx(0.25)] * 4


def test_every_request_is_logged() -> None:
    repository = Repository(items(3), {"busy-seconds"})
    with serving(repository) as address, Web(Manners(rate=0), sleep=lambda _: None) as web:
        web.get(address, {"verb": "ListRecords", "metadataPrefix": "onix"})
        log = web.take_log()
    assert [item.status for item in log] == [503, 503, 200]
    assert log[-1].size > 500
    assert not web.take_log()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_answers_byte_by_byte_for_ever_is_left(head: bytes) -> None:
    """In the headers as in the body; the next request is made on a new connection."""
    done = threading.Event()

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line, contextlib.suppress(OSError):
            line.sendall(head)
            while not done.wait(0.05):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/oai"
        with Web(Manners(rate=0, timeout=30, whole=0.4, retries=0)) as web:
            with pytest.raises(WebFault) as told:
                web.get(address, {"verb": "Identify"})
            assert told.value.kind == "timeout"
            done.set()
            with serving(Repository(items(3))) as other:
                assert web.get(other, {"verb": "Identify"}).status == 200


def test_the_user_agent_says_who_asks() -> None:
    assert Manners().agent.startswith("mokuroku/")


def test_a_budget_stops_before_the_request() -> None:
    def spent() -> None:
        raise WebFault("budget", "x", "the requests of today are used up")

    repository = Repository(items(3))
    with serving(repository) as address, Web(Manners(rate=0), before=spent) as web, pytest.raises(WebFault):
        web.get(address, {"verb": "Identify"})
    assert not repository.log


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("7", 7.0), ("1.5", 1.5), ("-5", None), ("", None), (None, None), ("soon", None),
     ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Wed, 99 Foo 2026 00:00:00 GMT", None)],
)  # fmt: skip
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, 100.0) == seconds


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://a.jp/oai?verb=Identify", "http://a.jp/oai?verb=Identify"),
        ("http://kakuu:himitsu@a.jp:8080/oai", "http://a.jp:8080/oai"),
        (
            "http://a.jp/?appid=x&ncid=BA1&api_key=y&resumptionToken=z",
            "http://a.jp/?appid=***&ncid=BA1&api_key=***&resumptionToken=z",
        ),
    ],
)
def test_secrets_are_left_out(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


def test_arguments_stand_behind_those_of_the_address() -> None:
    assert joined("http://a.jp/oai?x=1", {"verb": "Identify"}) == "http://a.jp/oai?x=1&verb=Identify"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_progress_is_for_terminals(
    lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from convert.cli.harvest.common import Progress

    outcome: Any = Outcome("架空")
    outcome.counts.new = 50
    Progress(lang)(outcome, 1000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress(lang)
    progress(outcome, 1000)
    outcome.counts.new, progress._shown = 150, 0.1
    progress(outcome, 1000)
    progress.clear()
    err = capsys.readouterr().err
    assert "150 / 1,000" in err
    assert err.endswith("\r")


@pytest.mark.parametrize(
    "start", ["ftp://kakuu:himitsu@127.0.0.1", "http://kakuu:himitsu@127.0.0.1:bad", "//kakuu:himitsu@x"]
)
def test_an_address_that_is_refused_is_shown_without_its_secrets(start: str) -> None:
    with pytest.raises(UsageError) as told:
        check_address(f"{start}/oai?apikey=himitsu&set=a")
    assert "himitsu" not in f"{told.value} {told.value.ja}"
    assert "127.0.0.1" in str(told.value) or "x/oai" in str(told.value)
