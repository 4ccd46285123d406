"""A provider for tests: made-up deliveries in a store, answers looked at by schemas of our own, served on loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from lxml import etree

from convert.deliver.snapshots.loading import Loaded, LoadRequest, load
from convert.serve.arguments import pairs_of
from convert.serve.provider import Provider, Settings
from convert.serve.running import Listen, port_of, server
from convert.store.base import open_store
from convert.store.place import Place
from tests.deliver_data import Book, dcndl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.store.base import Store

SCHEMAS = Path(__file__).parent / "fixtures" / "oai-pmh"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
OAI_DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
BASE = "https://opac.example.jp/oai"
START = 1_767_225_600
"""2026-01-01T00:00:00Z, when the clock of a shelf starts."""
DAY = 86400
DOMAIN = "opac.example.jp"


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMAS / name)))


def books(first: int, last: int, edition: str = "") -> list[Book]:
    return [Book(f"B{n:05d}", f"架空の本 {n}{edition}") for n in range(first, last)]


@dataclass
class Shelf:
    """A delivery in a store. ``now`` is the clock of everything; each load lets a day pass first."""

    store: Store
    folder: Path
    name: str = "lib"
    now: float = START
    options: dict[str, Any] = field(default_factory=lambda: {"domain": DOMAIN})

    def put(self, some: Sequence[Book] | bytes, **options: Any) -> Loaded:
        """Load; by force, as the tests' deliveries are small."""
        self.now += DAY
        file = self.folder / "output.rdf"
        file.write_bytes(some if isinstance(some, bytes) else dcndl(some))
        request = LoadRequest([file], self.name, **{**self.options, "force": True, **options})
        found = load(self.store, request, clock=lambda: self.now)
        self.now += 10
        return found

    def provider(self, **settings: Any) -> Provider:
        given = {"page": 3, "headers": 4, "sets": 2, **settings}
        return Provider(self.name, Settings(BASE, "架空県立図書館", ("oai@opac.example.jp",), **given))

    def ask(self, provider: Provider, **arguments: str) -> Said:
        """An answer; ``from_`` is ``from``."""
        query = urlencode({name.rstrip("_"): value for name, value in arguments.items()})
        return self.raw(provider, query.encode())

    def raw(self, provider: Provider, query: bytes) -> Said:
        with self.store.reading() as connection:
            answer = provider.answer(pairs_of(query), connection, int(self.now))
        said = Said(answer.body)
        assert answer.errors == tuple(said.codes)
        return said


class Said:
    """An answer, sound by all that can be said of one in itself."""

    def __init__(self, body: bytes) -> None:
        assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH ')
        self.body, self.root = body, etree.fromstring(body)
        assert schema("envelope.xsd").validate(self.root), schema("envelope.xsd").error_log
        pair = self.root.get(XSI + "schemaLocation").split()
        assert pair == [OAI[1:-1], OAI[1:-1] + "OAI-PMH.xsd"]
        self.request = self.root.find(OAI + "request")
        self.inside = self.root[2]
        self._checked()

    def _checked(self) -> None:
        bare = {"badVerb", "badArgument"} & set(self.codes)
        assert not bare or not self.request.attrib
        assert bare or self.request.get("verb")
        if not self.codes:
            assert self.inside.tag == OAI + self.request.get("verb")
            assert len(self.root) == 3
        for record in self.root.iter(OAI + "record"):
            assert (record[0].get("status") == "deleted") == (len(record) == 1)
        for dc in self.root.iter(OAI_DC + "dc"):
            assert schema("oai_dc.xsd").validate(dc), schema("oai_dc.xsd").error_log
            assert dc.get(XSI + "schemaLocation").split()[0] == OAI_DC[1:-1]

    @property
    def codes(self) -> list[str]:
        return [error.get("code") for error in self.root.iter(OAI + "error")]

    @property
    def echo(self) -> dict[str, str]:
        return dict(self.request.attrib)

    def text(self, name: str) -> str:
        found = self.root.find(f".//{OAI}{name}")
        assert found is not None
        return found.text or ""

    def texts(self, name: str) -> list[str]:
        return [found.text or "" for found in self.root.iter(OAI + name)]

    @property
    def headers(self) -> list[tuple[str, str, bool]]:
        """Identifier, datestamp and whether it is deleted, of every header."""
        return [(one[0].text, one[1].text, one.get("status") == "deleted") for one in self.root.iter(OAI + "header")]

    @property
    def ids(self) -> list[str]:
        """The local parts of identifiers."""
        return [name.rpartition(":")[2] for name, _, _ in self.headers]

    @property
    def token(self) -> Any:
        """The element; None where there is none."""
        return self.root.find(f".//{OAI}resumptionToken")

    @property
    def next(self) -> str:
        return "" if self.token is None else self.token.text or ""


def walk(shelf: Shelf, provider: Provider, **arguments: str) -> list[Said]:
    """All pages of a list."""
    pages = [shelf.ask(provider, **arguments)]
    while pages[-1].next:
        pages.append(shelf.ask(provider, verb=arguments["verb"], resumptionToken=pages[-1].next))
    return pages


@contextmanager
def shelf_in(place: str, folder: Path, **options: Any) -> Iterator[Shelf]:
    with open_store(Place(place), create=True) as store:
        yield Shelf(store, folder, **options)


@contextmanager
def listening(application: Any) -> Iterator[str]:
    """The address of an application while waitress serves it."""
    made = server(application, Listen(port=0, threads=2))
    ended = threading.Event()

    def loop() -> None:
        while not ended.is_set():
            made.asyncore.loop(timeout=0.05, map=made._map, count=1)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port_of(made)}"
    finally:
        ended.set()
        thread.join(10)
        made.task_dispatcher.shutdown(timeout=1)
        for channel in list(made._map.values()):
            channel.close()
