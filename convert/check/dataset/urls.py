"""Addresses: no scheme, blanks, two in one, or another server than nearly all others."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self

from convert.check.dataset.base import DatasetCheck, Noted, Setting
from convert.check.issue import Finding
from convert.report.tally import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.check.dataset.columns import Batch, Cells
    from convert.check.issue import Issue

_SERVER: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#\s]*/?)?")
_SEVERAL: Final = re.compile(r"[\s,;|、，；]\s*https?://", re.IGNORECASE)
_BLANK: Final = re.compile(r"\s")
_BLANKS: Final = b" \t\n\r\v\f\x1c\x1d\x1e\x1f"
_DOZENS: Final = 36
_SERVERS: Final = 200
"""Servers that are told apart."""


def server_of(url: str) -> str:
    """What an address begins with: scheme and server.

    >>> server_of("https://museum.example.jp/item/1"), server_of("www.example.jp")
    ('https://museum.example.jp/', '')
    """
    found = _SERVER.match(url)
    return found[0].lower() if found else ""


def fault_of(url: str) -> str | None:
    """The code of what is wrong with an address; other schemes than http are good."""
    text = url.strip()
    if _SEVERAL.search(text):
        return "DSET-URL-SEVERAL"
    if _BLANK.search(text):
        return "DSET-URL-BLANK"
    return None if _SERVER.match(text) else "DSET-URL-SCHEME"


class Urls(DatasetCheck):
    """``DSET-URL-SCHEME``, ``DSET-URL-BLANK``, ``DSET-URL-SEVERAL`` and ``DSET-URL-PATTERN``."""

    codes = ("DSET-URL-SCHEME", "DSET-URL-BLANK", "DSET-URL-SEVERAL", "DSET-URL-PATTERN")

    def __init__(self, name: str, setting: Setting) -> None:
        super().__init__(name, setting)
        self._servers: dict[str, Counts] = {}
        self._usual: dict[str, str] = {}
        self._noted = Noted()

    def take(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Faults are told at once; servers are counted."""
        found: list[tuple[int, Finding]] = []
        for cells in batch.playing("url", "thumbnail", "contents"):
            if str in cells.kinds or list in cells.kinds:
                found += self._look(batch, cells)
        return found

    def _look(self, batch: Batch, cells: Cells) -> Iterator[tuple[int, Finding]]:
        name = cells.column.name
        servers = self._servers.setdefault(name, Counts(_SERVERS))
        usual = self._usual.get(name)
        if usual is not None and _all_on(cells.joined, len(cells.texts), usual):
            self._take(batch, cells, usual)
            return
        for record, index, url in self._odd(cells, usual or ""):
            code = fault_of(url)
            if code is not None:
                if self.speaks(code):
                    yield record, Finding(code, cells.column.target, index, url, {"field": name})
                continue
            server = server_of(url.strip())
            servers.add(server)
            if server in servers and not self._noted.full(name, server):
                self._noted.add(batch, cells.column, server, record, index, url)
        self._usual[name] = next((server for server, _ in servers.items()), "")

    def _odd(self, cells: Cells, usual: str) -> Iterator[tuple[int, int, str]]:
        """The addresses to be looked at; those on the usual server are counted by the dozen."""
        if not usual or not cells.plain or not self._noted.full(cells.column.name, usual):
            yield from cells.each()
            return
        for start in range(0, len(cells.raw), _DOZENS):
            some = cells.raw[start : start + _DOZENS]
            if "" not in some and _all_on("\n".join(some), len(some), usual):
                self._servers[cells.column.name].add(usual, len(some))
                continue
            for record, url in enumerate(some, start):
                if url and not url.isspace():
                    yield record, 0, url

    def _take(self, batch: Batch, cells: Cells, usual: str) -> None:
        """Count addresses that are all on one server."""
        self._servers[cells.column.name].add(usual, len(cells.texts))
        if not self._noted.full(cells.column.name, usual):
            self._keep(batch, cells, usual)

    def _keep(self, batch: Batch, cells: Cells, usual: str) -> None:
        for record, index, url in cells.each():
            if self._noted.full(cells.column.name, usual):
                return
            self._noted.add(batch, cells.column, usual, record, index, url)

    def merge(self, other: Self, *, records: int, rows: int) -> None:
        """Take in the servers of the records that follow."""
        for name, theirs in other._servers.items():
            self._servers.setdefault(name, Counts(_SERVERS)).merge(theirs)
        self._noted.merge(other._noted, records, rows)

    def finish(self, records: int) -> Iterator[Issue]:
        """Addresses on other servers, where nearly all are on one."""
        for name, servers in sorted(self._servers.items(), key=itemgetter(0)):
            total = servers.total
            usual, most = next(iter(servers.items()), ("", 0))
            if total >= self.limits["values"] and total > most >= total * self.limits["share"]:
                for server, count in servers.items()[1:]:
                    yield from self._noted[name, server].told("DSET-URL-PATTERN", count, total=total, usual=usual)


def _all_on(joined: str, count: int, server: str) -> bool:
    """Whether so many texts, one a line, are all plain addresses on a server: found by counting, in C."""
    if not server.endswith("/") or not server.isascii() or not joined.isascii() or not joined.startswith(server):
        return False
    if joined.count("\n" + server) != count - 1:
        return False
    data = joined.encode()
    left = len(data) - (count - 1)
    if len(data.translate(None, _BLANKS + b":")) == left - count * server.count(":"):
        return True  # no blank, and no colon but the server's
    return joined.count("://") == count and len(data.translate(None, _BLANKS)) == left


CHECKS = {"urls": Urls}
