"""A server on loopback that keeps JPRO's contract, with records that were made up: to try things, and for tests.

Every title, name and number is fictitious; no record is of JPRO. What the specification leaves open (what a bad
argument is answered with, how the answer is nested) is this server's own choice, and ``payload`` changes some of it.
"""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from convert.harvest.jpro.contract import KINDS, PAGE, PREFIX, SCOPES, VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OAI: Final = "http://www.openarchives.org/OAI/2.0/"
ONIX: Final = "http://ns.editeur.org/onix/3.0/reference"
OLD: Final = "http://www.editeur.org/onix/3.0/reference"
PAYLOADS: Final = ("product", "message", "old", "none", "oai")
"""What stands in ``metadata``: a product or a message in ONIX's namespace; a product in the old one, none, or OAI's."""
FIRST: Final = date(2024, 1, 1)
"""The first day that a record of this server was updated; the last is :data:`LAST`."""
LAST: Final = date(2025, 6, 30)
MOST: Final = 10_000
_LATER: Final = "20990401"
JPEG: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
)
"""A grey picture of one pixel."""


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the server. ``status``: 02 not confirmed, 03 confirmed, 05 deleted. ``embargo``: under embargo still.

    ``deleted``: how a deletion is told (``header``, ``product``, ``both``). ``links`` are what ResourceLink holds, with
    the code of content (01 cover, 07 other).
    """

    code: str
    updated: str
    publisher: int
    number: int
    kind: str = "books"
    on_sale: str = "20240401"
    status: str = "03"
    embargo: bool = False
    deleted: str = "both"
    links: tuple[tuple[str, str], ...] = ()
    title: str = ""

    def seen(self, scope: str, today: str) -> bool:
        """Whether a scope shows it on a day (``YYYYMMDD``)."""
        if self.embargo:
            return False
        return self.on_sale <= today or (scope == "kinkan" and self.status != "02")


_SUBJECTS = (("図書館", "トショカン"), ("目録", "モクロク"), ("巻物", "マキモノ"), ("地図", "チズ"), ("活字", "カツジ"))
_FORMS = (
    ("入門", "ニュウモン"),
    ("の歴史", "ノレキシ"),
    ("図鑑", "ズカン"),
    ("の作法", "ノサホウ"),
    ("事典", "ジテン"),
)
_AUTHORS = (("架空　太郎", "カクウ　タロウ"), ("例示　花子", "レイジ　ハナコ"), ("見本　次郎", "ミホン　ジロウ"))


def checked(digits: str) -> str:
    """Twelve digits with their check digit.

    >>> checked("978494999910")
    '9784949999106'
    """
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def entries(count: int, kind: str = "books") -> list[Entry]:
    """So many made-up records, always the same ones, in the order of their updates."""
    days = (LAST - FIRST).days
    return [_entry(number, FIRST + timedelta(days=number * days // max(count - 1, 1)), kind) for number in range(count)]


def _entry(number: int, day: date, kind: str) -> Entry:
    code = checked(
        f"97849499{number:04}" if kind == "books" else f"4910{99000 + number % 1000:05}{number // 1000 + 1:02}5"
    )
    status = "05" if number % 41 == 40 else "02" if number % 37 == 36 else "03"
    links = () if number % 3 else (("01", f"{code}.jpg"), ("07", f"{code}.in01.jpg"))[: 1 + (number % 2)]
    return Entry(
        code, day.isoformat(), number % 7 + 1, number, kind,
        on_sale=_LATER if number % 19 == 18 or status == "02" else day.strftime("%Y%m%d"),
        status=status, embargo=number % 97 == 96, links=links,
    )  # fmt: skip


def title_of(entry: Entry) -> tuple[str, str]:
    """The title of a record and its reading."""
    subject, form = _SUBJECTS[entry.number % 5], _FORMS[entry.number // 5 % 5]
    if entry.title:
        return entry.title, "カイダイ"
    return f"架空{subject[0]}{form[0]}", f"カクウ{subject[1]}{form[1]}"


def product(entry: Entry, namespace: str | None = ONIX) -> str:
    """A record as a product of ONIX 3.0 in the habit of JPRO."""
    declared = "" if namespace is None else f' xmlns="{namespace}"'
    code, status = entry.code, entry.status if entry.deleted != "header" or entry.status != "05" else "03"
    head = (
        f"<Product{declared}><RecordReference>{code}</RecordReference><NotificationType>{status}</NotificationType>"
        "<ProductIdentifier>"
        f"<ProductIDType>{'15' if entry.kind == 'books' else '03'}</ProductIDType><IDValue>{code}</IDValue>"
        "</ProductIdentifier>"
    )
    if entry.status == "05":
        return f"{head}</Product>"
    return f"{head}{_description(entry)}{_collateral(entry)}{_publishing(entry)}</Product>"


def _description(entry: Entry) -> str:
    title, reading = title_of(entry)
    author, its_reading = _AUTHORS[entry.number % 3]
    return (
        "<DescriptiveDetail><ProductComposition>00</ProductComposition><ProductForm>BA</ProductForm>"
        "<Measure><MeasureType>01</MeasureType><Measurement>210</Measurement><MeasureUnitCode>mm</MeasureUnitCode>"
        "</Measure><TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>"
        f'<TitleText collationkey="{reading}">{escape(title)}</TitleText></TitleElement></TitleDetail>'
        "<Contributor><SequenceNumber>1</SequenceNumber><ContributorRole>A01</ContributorRole>"
        f'<PersonName collationkey="{its_reading}">{author}</PersonName></Contributor>'
        "<Language><LanguageRole>01</LanguageRole><LanguageCode>jpn</LanguageCode></Language>"
        f"<Extent><ExtentType>11</ExtentType><ExtentValue>{120 + entry.number % 300}</ExtentValue>"
        "<ExtentUnit>03</ExtentUnit></Extent><Subject><SubjectSchemeIdentifier>78</SubjectSchemeIdentifier>"
        "<SubjectCode>0000</SubjectCode></Subject></DescriptiveDetail>"
    )


def _collateral(entry: Entry) -> str:
    resources = "".join(
        f"<SupportingResource><ResourceContentType>{content}</ResourceContentType><ContentAudience>00</ContentAudience>"
        f"<ResourceMode>03</ResourceMode><ResourceVersion><ResourceForm>02</ResourceForm>"
        f"<ResourceLink>{escape(link)}</ResourceLink></ResourceVersion></SupportingResource>"
        for content, link in entry.links
    )
    return (
        "<CollateralDetail><TextContent><TextType>03</TextType><ContentAudience>00</ContentAudience>"
        f"<Text>試すための架空の本です。</Text></TextContent>{resources}</CollateralDetail>"
    )


def _publishing(entry: Entry) -> str:
    name = f"架空書房{entry.publisher}"
    return (
        f'<PublishingDetail><Imprint><ImprintName collationkey="カクウショボウ">{name}</ImprintName></Imprint>'
        f"<Publisher><PublishingRole>01</PublishingRole><PublisherName>{name}</PublisherName></Publisher>"
        f"<PublishingDate><PublishingDateRole>01</PublishingDateRole><Date>{entry.on_sale}</Date></PublishingDate>"
        "</PublishingDetail><ProductSupply><SupplyDetail><Supplier><SupplierRole>00</SupplierRole></Supplier>"
        "<ProductAvailability>99</ProductAvailability><Price><PriceType>03</PriceType>"
        f"<PriceAmount>{1000 + entry.number % 30 * 100}</PriceAmount><CurrencyCode>JPY</CurrencyCode></Price>"
        "</SupplyDetail></ProductSupply>"
    )


def payload(entry: Entry, shape: str) -> str:
    """What stands in ``metadata``."""
    if shape == "message":
        header = (
            "<Header><Sender><SenderName>架空登録センター</SenderName></Sender>"
            "<SentDateTime>20260101T0000</SentDateTime></Header>"
        )
        return f'<ONIXMessage release="3.0" xmlns="{ONIX}">{header}{product(entry, None)}</ONIXMessage>'
    return product(entry, {"product": ONIX, "old": OLD, "none": "", "oai": None}[shape])


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Answer:
    """What is sent."""

    status: int = 200
    body: bytes = b""
    media: str = "text/xml; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - ends the making of an answer
    """The answer is an error."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer.status))


_REQUIRED: Final = {
    "GetRecord": ("metadataPrefix", "identifier"),
    "ListIdentifiers": ("metadataPrefix", "from", "until"),
    "ListRecords": ("metadataPrefix", "from", "until"),
    "ListSets": (),
}


class Demo:
    """The contract as a server. ``log`` holds the path and the arguments of every request."""

    def __init__(
        self,
        records: Sequence[Entry],
        *,
        page: int = PAGE,
        most: int | None = None,
        payload: str = "product",
        sizes: bool = True,
        today: str = "20260401",
    ) -> None:
        self.records, self.page, self.most, self.payload = list(records), page, most, payload
        self.sizes, self.today = sizes, today
        self.log: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()

    def answer(self, target: str) -> Answer:
        """The answer to a request for a path with its arguments."""
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        with self.lock:
            self.log.append((parts.path, dict(pairs)))
            over = self.most is not None and len(self.log) > self.most
        if over:
            return Answer(429)
        try:
            return self.found(parts.path, pairs)
        except Refusal as refusal:
            return refusal.answer

    def found(self, path: str, pairs: list[tuple[str, str]]) -> Answer:
        """An answer, or a :class:`Refusal`."""
        steps = path.strip("/").split("/")
        if len(steps) < 3 or steps[0] not in SCOPES or steps[1] not in KINDS:
            return Answer(404)
        mine = [entry for entry in self.records if entry.kind == steps[1] and entry.seen(steps[0], self.today)]
        if steps[2] == "images" and len(steps) == 4:
            return self.image(mine, steps[3])
        return self.verb(mine, pairs) if steps[2:] == ["oaipmh"] else Answer(404)

    def image(self, mine: list[Entry], name: str) -> Answer:
        """An image that a record tells of."""
        names = {link.rpartition("/")[2] for entry in mine for _, link in entry.links if entry.status != "05"}
        return Answer(200, JPEG, "image/jpeg") if name in names else Answer(404)

    def verb(self, mine: list[Entry], pairs: list[tuple[str, str]]) -> Answer:
        """One of the four."""
        given = dict(pairs)
        verb = given.pop("verb", "")
        if verb not in VERBS:
            raise self.error("badVerb", verb)
        token = given.get("resumptionToken")
        if token is not None:
            if len(given) > 1 or verb == "GetRecord":
                raise self.error("badArgument", "resumptionToken stands alone")
            return self.listed(verb, mine, *self.read_token(token, verb))
        wrong = set(given) - {*_REQUIRED[verb], *(["set"] if "from" in _REQUIRED[verb] else [])}
        if wrong or set(_REQUIRED[verb]) - set(given) or len(pairs) != len(given) + 1:
            raise self.error("badArgument", "arguments")
        if given.get("metadataPrefix", PREFIX) != PREFIX:
            raise self.error("cannotDisseminateFormat", given["metadataPrefix"])
        if verb == "GetRecord":
            return self.one(mine, given["identifier"])
        self.check_days(given)
        return self.listed(verb, mine, given, 0)

    def check_days(self, given: dict[str, str]) -> None:
        """Days, in order, and no more than a year."""
        if "from" not in given:
            return
        try:
            first, last = (date.fromisoformat(given[name]) for name in ("from", "until"))
        except ValueError:
            raise self.error("badArgument", "from and until are YYYY-MM-DD") from None
        if first > last or (last - first).days >= 366 or any(len(given[name]) != 10 for name in ("from", "until")):
            raise self.error("badArgument", "from and until: one year at most")

    def one(self, mine: list[Entry], code: str) -> Answer:
        """GetRecord."""
        entry = next((entry for entry in mine if entry.code == code), None)
        return Answer(404) if entry is None else self.envelope(f"<GetRecord>{self.record(entry)}</GetRecord>")

    def listed(self, verb: str, mine: list[Entry], given: dict[str, str], start: int) -> Answer:
        """A page of a list."""
        if verb == "ListSets":
            items: list[Any] = sorted({entry.publisher for entry in mine})
        else:
            items = [
                entry for entry in mine
                if given["from"] <= entry.updated <= given["until"]
                and given.get("set", str(entry.publisher)) == str(entry.publisher)
            ]  # fmt: skip
        if start >= len(items):
            return Answer(404)
        return self.page_of(verb, items, given, start)

    def page_of(self, verb: str, items: list[Any], given: dict[str, str], start: int) -> Answer:
        """A page that is not empty."""
        makers: dict[str, Callable[[Any], str]] = {
            "ListSets": self.set_, "ListIdentifiers": self.header, "ListRecords": self.record,
        }  # fmt: skip
        part = "".join(makers[verb](item) for item in items[start : start + self.page])
        return self.envelope(f"<{verb}>{part}{self.token(verb, given, start, len(items))}</{verb}>")

    def token(self, verb: str, given: dict[str, str], start: int, size: int) -> str:
        """The mark of where to go on, empty on the last page; none when there is only one."""
        if size <= self.page:
            return ""
        told = f' completeListSize="{size}" cursor="{start}"' if self.sizes else ""
        after = start + self.page
        if after >= size:
            return f"<resumptionToken{told}/>"
        text = json.dumps([verb, given, after], separators=(",", ":")).encode()
        return f"<resumptionToken{told}>{base64.urlsafe_b64encode(text).decode()}</resumptionToken>"

    def read_token(self, token: str, verb: str) -> tuple[dict[str, str], int]:
        """The arguments and the place of a token."""
        try:
            its_verb, given, start = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            raise self.error("badResumptionToken", "unknown") from None
        if its_verb != verb:
            raise self.error("badResumptionToken", "of another verb")
        return given, start

    def set_(self, number: int) -> str:
        """A publisher."""
        return f"<set><setSpec>{number}</setSpec><setName>架空書房{number}</setName></set>"

    def header(self, entry: Entry) -> str:
        """The header of a record."""
        gone = ' status="deleted"' if entry.status == "05" and entry.deleted != "product" else ""
        return (
            f"<header{gone}><identifier>{entry.code}</identifier><datestamp>{entry.updated}</datestamp>"
            f"<setSpec>{entry.publisher}</setSpec></header>"
        )

    def record(self, entry: Entry) -> str:
        """A whole record."""
        bare = entry.status == "05" and entry.deleted == "header"
        inside = "" if bare else f"<metadata>{payload(entry, self.payload)}</metadata>"
        return f"<record>{self.header(entry)}{inside}</record>"

    def envelope(self, inside: str) -> Answer:
        """An answer of OAI-PMH."""
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}">'
            f"<responseDate>2026-04-01T00:00:00Z</responseDate><request>http://127.0.0.1/</request>{inside}</OAI-PMH>"
        )
        return Answer(200, text.encode())

    def error(self, code: str, text: str) -> Refusal:
        """An error of OAI-PMH."""
        return Refusal(self.envelope(f'<error code="{code}">{escape(text)}</error>'))


# ── Serving ──────────────────────────────────────────────────────────────────────────────────────


class Handler(BaseHTTPRequestHandler):
    """Sends what the demo answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    demo: Demo

    def do_GET(self) -> None:
        """Answer."""
        self.send(self.demo.answer(self.path))

    def send(self, answer: Answer) -> None:
        """Send an answer."""
        self.send_response(answer.status)
        for name, value in ({"Content-Type": answer.media} | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        try:
            self.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    """Keeps silent about clients that go away."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Nothing."""


def make_server(demo: Demo, port: int = 0, *, handler: type[Handler] = Handler) -> Server:
    """A server on 127.0.0.1 that does not serve yet; port 0 takes a free one."""
    return Server(("127.0.0.1", port), type("Bound", (handler,), {"demo": demo}))


@contextmanager
def serving(demo: Demo, *, handler: type[Handler] = Handler) -> Iterator[str]:
    """The base address of the demo while it is served by a thread."""
    server = make_server(demo, handler=handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
