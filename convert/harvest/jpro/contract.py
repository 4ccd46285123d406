"""What JPRO's web API specification (2025-10-21) says, as data and checks; nothing here asks anything.

What the specification leaves open is marked *inferred*; such things are handled either way and never told as its rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from lxml import etree

from convert.errors import OptionError, UsageError
from convert.formats.xml.reader import make_parser
from convert.harvest.oai.answer import child_text, children, local
from convert.harvest.oai.plan import Dialect, Request
from convert.harvest.web import check_address
from convert.store.incoming import Incoming
from convert.values import isbn, jan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

HOST: Final = "https://jpro-api.jpo.or.jp"
SCOPES: Final = ("kikan", "kinkan")
"""``kikan``: published (既刊); ``kinkan``: published and forthcoming (既刊＋近刊)."""
KINDS: Final = ("books", "magazines")
PREFIX: Final = "onix"
VERBS: Final = ("GetRecord", "ListIdentifiers", "ListRecords", "ListSets")
"""The only verbs that JPRO has."""
PAGE: Final = 200
"""Records of a page at most."""
SPAN: Final = 365
"""Days of a window, both ends included. The specification says "one year"; whether 366 days pass is not known."""
BUDGET: Final = 5000
"""Requests of a day. That images count, and that the day is Japan's, is inferred, to be on the safe side."""
LONG_EDGE: Final = 600
"""Pixels of the longer edge of an image at most."""
JAPAN: Final = timezone(timedelta(hours=9), "JST")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAMESPACES = re.compile(r"\{http://ns\.editeur\.org/onix/|\{http://www\.editeur\.org/onix/")

FORBIDDEN: Final = (
    "HTTP 403: JPRO lets in only the fixed IP addresses that were registered with it",
    "HTTP 403：JPRO に登録した固定 IP アドレスからだけアクセスできます。IP アドレスと契約を確かめてください",
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the four addresses. ``base``: another server's, with or without ``/kikan/books/oaipmh``."""

    kind: str
    scope: str
    base: str = HOST

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError("kind", self.kind, "expects books or magazines", "books か magazines です")
        if self.scope not in SCOPES:
            raise OptionError("scope", self.scope, "expects kikan or kinkan", "kikan か kinkan です")
        address = check_address(self.base)
        if "?" in address:
            raise UsageError(f"{self.base}: takes no arguments", f"{self.base}：? 以降は書けません。")
        object.__setattr__(self, "base", address.rstrip("/"))

    @property
    def address(self) -> str:
        """Where lists and records are asked for.

        >>> Endpoint("books", "kikan").address
        'https://jpro-api.jpo.or.jp/kikan/books/oaipmh'
        """
        return self.base if self.base.endswith("/oaipmh") else f"{self.base}/{self.scope}/{self.kind}/oaipmh"

    @property
    def source(self) -> str:
        """The name of the source in a store, where no other is given.

        >>> Endpoint("magazines", "kinkan").source
        'jpro-kinkan-magazines'
        """
        return f"jpro-{self.scope}-{self.kind}"

    def image(self, name: str) -> str:
        """Where an image is.

        >>> Endpoint("books", "kikan").image("9784949999106.in01.jpg")
        'https://jpro-api.jpo.or.jp/kikan/books/images/9784949999106.in01.jpg'
        """
        return f"{self.address.removesuffix('oaipmh')}images/{name}"


# ── Arguments ────────────────────────────────────────────────────────────────────────────────────


def today(now: float) -> date:
    """The day it is in Japan."""
    return datetime.fromtimestamp(now, UTC).astimezone(JAPAN).date()


def next_day(now: float) -> int:
    """When Japan's next day begins, seconds since 1970."""
    return int(datetime.combine(today(now) + timedelta(days=1), datetime.min.time(), JAPAN).timestamp())


def make_request(
    endpoint: Endpoint,
    *,
    now: float,
    source: str | None = None,
    since: str | None = None,
    until: str | None = None,
    publisher: str | None = None,
    ids: Sequence[str] = (),
    full: bool = False,
    restart: bool = False,
    overlap: int = 1,
    window: int = SPAN,
) -> Request:
    """The harvest that is meant. Raises :class:`OptionError` for what JPRO would not take, before anything is asked."""
    if ids and (since or until or publisher):
        en = "stands alone, without from, until and set"
        raise OptionError("id", None, en, "単独で使います（--from、--until、--set なし）")
    if not 1 <= window <= SPAN:
        en, ja = f"expects 1 to {SPAN} days", f"1 日から {SPAN} 日までです"
        raise OptionError("window", str(window), en, ja)
    codes = tuple(dict.fromkeys(_code(endpoint.kind, text) for text in ids))
    if not ids:
        _check_days(since, until, now)
    number = None if publisher is None else _publisher(publisher)
    return Request(
        endpoint.address, source or endpoint.source, PREFIX,
        set=number, since=since, until=until, full=full, restart=restart or bool(ids),
        overlap=timedelta(days=overlap), span=window, ids=codes,
    )  # fmt: skip


def _check_days(since: str | None, until: str | None, now: float) -> None:
    if since is None:
        en = "is missing: the first day that records were updated, such as 2026-04-01"
        raise OptionError("from", None, en, "更新日の始まりを 2026-04-01 のように指定してください（必須です）")
    first, last = _day("from", since), today(now) if until is None else _day("until", until)
    if first > last:
        en, ja = f"is after {until or f'today ({last} in Japan)'}", f"{until or f'今日（日本時間 {last}）'} より後です"
        raise OptionError("from", since, en, ja)


def _day(name: str, text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        en = "expects a day such as 2026-04-01, without a time"
        raise OptionError(name, text, en, "2026-04-01 のような日付です（時刻は書けません）") from None


def _publisher(text: str) -> str:
    """A publisher's number as JPRO writes it: without leading zeros."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
        en = "expects one publisher's number (JPRO付番コード) such as 3; --ask sets lists them"
        raise OptionError(
            "set", text, en, "出版社の JPRO 付番コード 1 つを 3 のように書いてください（--ask sets で一覧）"
        )
    return str(int(text))


def _code(kind: str, text: str) -> str:
    """A product code, without hyphens; its check digit must be right."""
    code = re.sub(r"[-\s]", "", text)
    number = isbn if kind == "books" else jan
    if not re.fullmatch(r"[0-9]{13}", code) or not number.is_valid(code):
        en = "expects an ISBN of 13 digits" if kind == "books" else "expects a magazine's JAN of 13 digits (491…)"
        ja = "13 桁の ISBN です" if kind == "books" else "13 桁の雑誌の JAN（491…）です"
        raise OptionError("id", text, f"{en}; its check digit must be right", f"{ja}（検査数字も確かめています）")
    return code


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


def read(record: Incoming, tell: Callable[..., None]) -> Incoming:
    """A record as it is stored: the product alone, whatever it came in, and marked as deleted where it says so.

    Which element stands in ``metadata`` and how deletions come is not told by the specification, so all are taken.
    A message around a product is left away: its date would make every record a changed one.
    """
    if record.payload is None:
        return record
    try:
        root = etree.fromstring(record.payload, make_parser())
    except etree.XMLSyntaxError:
        return record
    if not _NAMESPACES.match(root.tag):
        tell("JPR-NAMESPACE", value=record.identifier)
    product = _product(root)
    if product is None:
        return record
    if child_text(product, "NotificationType") == "05" or child_text(product, "a002") == "05":
        return Incoming(record.identifier, record.datestamp, record.sets, deleted=True)
    if product is root:
        return record
    payload = etree.tostring(product, encoding="utf-8", with_tail=False)
    sign = etree.tostring(product, method="c14n", exclusive=True, with_tail=False)
    return Incoming(record.identifier, record.datestamp, record.sets, payload=payload, sign=sign)


def _product(root: Any) -> Any | None:
    """The one product of a payload; None when there is none or more than one."""
    if local(root).lower() == "product":
        return root
    found = [*children(root, "Product"), *children(root, "product")]
    return found[0] if len(found) == 1 else None


DIALECT: Final = Dialect(
    kind="jpro",
    identify=False,
    formats=False,
    none=frozenset({404}),
    final={403: FORBIDDEN},
    dated=True,
    ahead=timedelta(hours=9),
    lenient=False,
    read=read,
    absent="JPR-ABSENT",
    faults=12,  # halving a year down to a day takes nine
)
"""How JPRO differs from OAI-PMH 2.0."""
