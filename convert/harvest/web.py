"""Ask a server over HTTP: slowly, with time-outs, again where that helps, and never for more than is sensible.

Needs the extra ``harvest`` (httpx). A :class:`Web` waits between requests, honours ``Retry-After`` (RFC 9110 §10.2.3,
seconds or a date), tries again after faults that may pass, and gives up with a :class:`WebFault` that says why.
"""

from __future__ import annotations

import contextlib
import email.utils
import logging
import random
import re
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from convert.errors import MokurokuError, UsageError
from convert.resources import __version__
from convert.store.base import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

AGENT: Final = f"mokuroku/{__version__} (+https://pypi.org/project/mokuroku/)"
LONGEST_URL: Final = 7000
"""Characters of an address; a longer request goes as POST."""
TOO_MANY: Final = 429
_PASSING: Final = frozenset({408, 425, TOO_MANY, 500, 502, 503, 504})
_SECRET = re.compile(r"(?i)(^|[-_])(api)?(key|token|secret|password|passwd|pass|pwd|auth|appid|sig|signature)$")
_OPEN = frozenset({"resumptiontoken"})  # not a secret, whatever its name


@dataclass(frozen=True, slots=True)
class Manners:
    """How politely and patiently a server is asked.

    ``rate``: requests a second at most. ``timeout``: seconds without a byte; ``whole``: seconds for a whole answer.
    ``retries``: further tries after a fault that may pass; ``patience``: seconds that are waited at most at a time,
    when the server asks for more the harvest stops. ``most``: bytes of an answer, unpacked. ``post``: whether an
    address that is too long may go as POST.
    """

    rate: float = 2.0
    timeout: float = 60.0
    whole: float = 600.0
    retries: int = 4
    patience: float = 900.0
    first_wait: float = 2.0
    most: int = 128 * 2**20
    agent: str = AGENT
    post: bool = True


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``address`` is without secrets."""

    address: str
    status: int
    body: bytes
    media: str
    seconds: float


@dataclass(slots=True)
class Logged:
    """One request for the log. ``status`` None: no answer came."""

    at: int
    address: str
    status: int | None
    size: int
    seconds: float
    note: str | None = None


REASONS: Final = {
    "unreachable": "接続できません",
    "timeout": "時間内に応答がありません",
    "cut": "応答が途中で切れました",
    "too-large": "応答が大きすぎます",
    "refused": "この URL には要求できません",
    "postponed": "しばらく待つよう求められました",
    "empty": "空の応答です",
    "html": "XML ではなくウェブページ（ログイン画面など）が返りました",
    "malformed": "XML として読めません",
    "dtd": "文書型宣言のある応答は読みません",
    "other": "OAI-PMH の応答ではありません",
    "loop": "同じページがくり返されます",
    "budget": "1 日に送ってよい要求の数を使い切りました",
    "forbidden": "アクセスが許可されていません",
}
"""Kinds of faults in Japanese."""
MEANINGS: Final = {
    "timeout": "no answer in time",
    "cut": "the answer broke off",
    "too-large": "the answer is too large",
    "status": "the server answers with an error",
    "empty": "the answer is empty",
    "html": "a web page came instead of XML, perhaps one to log in",
    "malformed": "no well-formed XML",
    "dtd": "answers with a document type are not read",
    "other": "no answer of OAI-PMH to the question",
}
"""Kinds of faults of pages in English."""


class WebFault(MokurokuError):  # noqa: N818 - what a server or network did
    """No usable answer came. ``kind``: ``unreachable``, ``timeout``, ``cut``, ``status``, ``too-large``, ``postponed``,
    ``budget`` (no more requests today), ``forbidden``.

    ``again``: when the server wants to be asked again, seconds since 1970, where it said so.
    """

    def __init__(self, kind: str, address: str, detail: str, *, status: int | None = None, again: int | None = None):
        self.kind, self.address, self.detail, self.status, self.again = kind, address, detail, status, again
        self.ja = REASONS.get(kind, detail)
        super().__init__(f"{address}: {detail}")


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────


def check_address(text: str) -> str:
    """An address that can be asked, without its fragment. Raises :class:`UsageError`.

    >>> check_address("https://example.jp/oai#top")
    'https://example.jp/oai'
    """
    shown = re.sub(r"(?<=//)[^/?#]*@|(?<==)[^&#]+", "***", text)  # what it is cannot be told, so all may be secret
    ja = f"{shown}：http:// か https:// で始まる URL を書いてください。"
    wrong = UsageError(f"{shown}: expects a URL that begins with http:// or https://", ja)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f]", text):
        raise wrong
    return urlunsplit(parts._replace(fragment=""))


def without_secrets(address: str) -> str:
    """An address for logs: no user, no password, no value of an argument that is a secret by its name.

    >>> without_secrets("https://me:pw@example.jp/oai?verb=Identify&api_key=1")
    'https://example.jp/oai?verb=Identify&api_key=***'
    """
    parts = urlsplit(address)
    netloc = parts.netloc.rpartition("@")[2]
    query = "&".join(_shown(pair) for pair in parts.query.split("&")) if parts.query else ""
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def _shown(pair: str) -> str:
    name, sign, _ = pair.partition("=")
    return f"{name}=***" if sign and name.lower() not in _OPEN and _SECRET.search(name) else pair


def _hidden(record: logging.LogRecord) -> bool:
    """Take secrets out of the addresses that httpx logs."""
    if isinstance(record.args, tuple):
        record.args = tuple(without_secrets(str(part)) if "://" in str(part) else part for part in record.args)
    return True


def joined(address: str, arguments: Mapping[str, str]) -> str:
    """The address with arguments behind those it has."""
    query = urlencode(arguments)
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────


class _Deadline:
    """Cuts ``lines`` when a request takes longer than so many seconds: a server may send byte after byte for ever."""

    def __init__(self, seconds: float, lines: Iterable[Any]) -> None:
        self.passed = False
        self._lines = lines
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.passed = True
        for line in tuple(self._lines):
            with contextlib.suppress(OSError):  # it is closed already
                line.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class Web:
    """A connection that is kept; closes at the end of ``with``. ``log`` gathers requests until somebody takes them.

    ``before`` is called before every request, retries and redirections too: a budget that is spent raises there.
    ``limited`` is told of every 429, with the seconds that Retry-After asks for, and gives the seconds to wait; a 429
    that stays then ends the harvest instead of counting as a fault of the page.
    """

    manners: Manners = field(default_factory=Manners)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    before: Callable[[], None] | None = None
    limited: Callable[[float | None], float] | None = None
    log: list[Logged] = field(default_factory=list)
    requests: int = 0
    received: int = 0
    _client: Any = None
    _last: float = 0.0
    _hops: int = 0
    _lines: deque[Any] = field(default_factory=lambda: deque(maxlen=16))

    def __enter__(self) -> Web:
        httpx = need("httpx", "httpx", "harvest")
        limits = httpx.Timeout(self.manners.timeout, connect=min(30.0, self.manners.timeout))
        logging.getLogger("httpx").addFilter(_hidden)  # it tells whole addresses; added once, however often
        headers = {"User-Agent": self.manners.agent, "Accept-Encoding": "gzip, deflate"}
        hooks = {"request": [self._hop]}
        self._client = httpx.Client(
            timeout=limits, headers=headers, follow_redirects=True, max_redirects=10, event_hooks=hooks
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def take_log(self) -> list[Logged]:
        """The requests since the last call."""
        taken, self.log = self.log, []
        return taken

    def get(self, address: str, arguments: Mapping[str, str], *, retries: int | None = None) -> Fetched:
        """Ask, again and again where that may help. An answer of 4xx is an answer too.

        Raises :class:`WebFault`.
        """
        left = self.manners.retries if retries is None else retries
        tried = 0
        while True:
            self._pace()
            found, asked = self._tried(address, arguments)
            if isinstance(found, Fetched):
                return found
            if tried >= left or found.kind in ("too-large", "refused", "budget"):
                self._postpone(found, asked, stays=True)
                raise found
            self._wait(found, asked, tried)
            tried += 1

    def _tried(self, address: str, arguments: Mapping[str, str]) -> tuple[Fetched | WebFault, float | None]:
        try:
            fetched, asked = self._ask(address, arguments)
        except WebFault as fault:
            return fault, None
        if fetched.status not in _PASSING:
            return fetched, None
        if fetched.status == TOO_MANY and self.limited is not None:
            asked = self.limited(asked)
        return WebFault("status", fetched.address, f"HTTP {fetched.status}", status=fetched.status), asked

    def _hop(self, _: object) -> None:
        """Where a redirection leads is asked in a request of its own."""
        self._hops += 1
        if self._hops > 1:
            self.requests += 1
            if self.before is not None:
                self.before()

    def _pace(self) -> None:
        if self.manners.rate > 0:
            wait = self._last + 1 / self.manners.rate - self.clock()
            if 0 < wait <= 1 / self.manners.rate:
                self.sleep(wait)
        if self.before is not None:
            self.before()
        self._last = self.clock()

    def _wait(self, fault: WebFault, asked: float | None, tried: int) -> None:
        """Wait as the server asks, else longer each time."""
        self._postpone(fault, asked)
        if asked is None:
            base = self.manners.first_wait * 2**tried
            asked = min(base * random.uniform(0.75, 1.25), self.manners.patience)  # noqa: S311 - no secret
        self.sleep(asked)

    def _postpone(self, fault: WebFault, asked: float | None, *, stays: bool = False) -> None:
        """Stop when the server wants to be left alone for long, or (``stays``) says to the end that it is too much."""
        over = stays and fault.status == TOO_MANY and self.limited is not None
        if asked is not None and (over or asked > self.manners.patience):
            again = int(self.clock() + asked)
            raise WebFault("postponed", fault.address, fault.detail, status=fault.status, again=again) from None

    def _ask(self, address: str, arguments: Mapping[str, str]) -> tuple[Fetched, float | None]:
        """One request: the answer, and the seconds after which the server wants to be asked again."""
        httpx = need("httpx", "httpx", "harvest")
        url = joined(address, arguments)
        shown, start = without_secrets(url), self.clock()
        logged = Logged(int(start), shown, None, 0, 0.0)
        self.log.append(logged)
        self.requests += 1
        self._hops = 0
        deadline = _Deadline(self.manners.whole, self._lines)
        try:
            with deadline, self._sent(url, address, arguments) as response:
                body = self._body(response, shown, start, logged)
                logged.status = response.status_code
                media = response.headers.get("content-type", "")
                asked = retry_after(response.headers.get("retry-after"), self.clock())
        except WebFault as fault:
            logged.note = fault.detail
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            told = self._late(shown) if deadline.passed else _fault(httpx, error, shown)
            logged.note = told.detail
            raise told from error
        finally:
            logged.seconds = round(self.clock() - start, 3)
        return Fetched(shown, logged.status, body, media, logged.seconds), asked

    def _sent(self, url: str, address: str, arguments: Mapping[str, str]) -> Any:
        if len(url) > LONGEST_URL and self.manners.post:
            return self._client.stream("POST", address, data=dict(arguments), extensions={"trace": self._trace})
        return self._client.stream("GET", url, extensions={"trace": self._trace})

    def _trace(self, event: str, told: Mapping[str, Any]) -> None:
        """Remember the connections, so that they can be cut."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._lines.append(told["return_value"])

    def _late(self, shown: str) -> WebFault:
        return WebFault("timeout", shown, f"the answer takes longer than {self.manners.whole:.0f} s")

    def _body(self, response: Any, shown: str, start: float, logged: Logged) -> bytes:
        pieces: list[bytes] = []
        for piece in response.iter_bytes():
            pieces.append(piece)
            logged.size += len(piece)
            self.received += len(piece)
            if logged.size > self.manners.most:
                limit = f"the answer is larger than {self.manners.most:,} bytes"
                raise WebFault("too-large", shown, limit, status=response.status_code)
            if self.clock() - start > self.manners.whole:
                raise self._late(shown)
        return b"".join(pieces)


def _fault(httpx: Any, error: Exception, shown: str) -> WebFault:
    text = str(error).split("\n")[0].rstrip(".") or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return WebFault("timeout", shown, "no answer in time")
    if isinstance(error, (httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError)):
        return WebFault("cut", shown, f"the answer broke off ({text})")
    if isinstance(error, (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError)):
        return WebFault("refused", shown, text)
    return WebFault("unreachable", shown, text)


def retry_after(text: str | None, now: float) -> float | None:
    """Seconds that ``Retry-After`` asks for; None where it says nothing that can be read. Never below 0.

    >>> retry_after("120", 0.0), retry_after("Thu, 01 Jan 1970 00:02:00 GMT", 60.0), retry_after("soon", 0.0)
    (120.0, 60.0, None)
    """
    text = (text or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, at.timestamp() - now)


def local_time(seconds: int) -> str:
    """A time for people, in their own time zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def arguments_of(address: str) -> dict[str, str]:
    """The arguments of an address."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
