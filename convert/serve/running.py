"""Run the application behind waitress, a WSGI server in Python alone, until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from convert.errors import UsageError, reason_in_japanese
from convert.store.base import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

OVERFLOW: Final = 2 * 2**20
"""Bytes of an answer that are held for a slow client in memory; what is more goes to a temporary file."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, with how many threads. ``proxy``: address of a proxy whose X-Forwarded-For is believed."""

    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 4
    proxy: str | None = None


def server(application: Any, listen: Listen) -> Any:
    """The server, listening. Raises :class:`UsageError` where it cannot listen or waitress is missing."""
    waitress = need("waitress", "waitress", "serve")
    proxy = {} if listen.proxy is None else {"trusted_proxy": listen.proxy, "trusted_proxy_headers": "x-forwarded-for"}
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        bound = socket.create_server((listen.host, listen.port), family=family, backlog=1024)
    except (OSError, OverflowError, ValueError) as error:
        where = f"{listen.host}:{listen.port}"
        why = reason_in_japanese(error)
        raise UsageError(f"cannot listen at {where}: {error}", f"{where} で待ち受けられません：{why}") from error
    return waitress.create_server(
        application, sockets=[bound], threads=listen.threads, ident=None,
        max_request_body_size=2**20, max_request_header_size=64 * 2**10, outbuf_overflow=OVERFLOW,
        channel_timeout=60, clear_untrusted_proxy_headers=True, **proxy,
    )  # fmt: skip


def port_of(made: Any) -> int:
    """The port that a server listens at."""
    return int(made.socket.getsockname()[1])


def run(made: Any) -> None:
    """Serve until SIGINT or SIGTERM."""

    def stop(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, stop)
    try:
        made.run()  # returns at KeyboardInterrupt
    finally:
        made.close()


@contextlib.contextmanager
def access_log(place: str | None) -> Iterator[Callable[[str], None] | None]:
    """What takes the lines of the access log: a file that is appended to, ``-`` for standard output, None for none."""
    if place is None:
        yield None
        return
    if place == "-":
        yield lambda line: _line(sys.stdout, line)
        return
    try:
        stream = Path(place).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed below
    except OSError as error:
        ja = f"{place}：アクセスログを書けません（{reason_in_japanese(error)}）。"
        raise UsageError(f"{place}: the access log cannot be written ({error})", ja) from error
    with stream:
        yield lambda line: _line(stream, line)


def _line(stream: IO[str], line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a full disk stops no answer
        stream.write(line + "\n")
        stream.flush()
