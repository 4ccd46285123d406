"""What a harvest is to fetch: the request, and the work it is cut into, as plain data that the store keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from convert.errors import OptionError
from convert.harvest.oai.dates import DAY, SECOND, Window, bound, earlier, moment_of, written
from convert.harvest.web import check_address, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convert.harvest.state import Kept
    from convert.store.base import Store
    from convert.store.incoming import Incoming

VERSION: Final = 1
EPOCH: Final = "1970-01-01"
MOST_BROKEN: Final = 1000
"""Identifiers of records that could not be had which the next run asks for again."""
_FUTURE: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a kind of server differs from OAI-PMH 2.0.

    ``kind`` is what the store calls such a source. ``identify``: whether it may be asked who it is; ``formats``: for
    its formats. ``none``: HTTP statuses that mean an empty list, or that there is no such record.
    ``final``: statuses after which nothing more is asked, and why, in English and Japanese. ``dated``: every list needs
    both dates; then ``earliest`` is the first one, and ``ahead`` how far its days are before those of UTC. ``lenient``:
    whether servers are allowed for that cut lists without a token, or want metadataPrefix beside it. ``read``: what
    becomes of a record before it is stored; it may tell issues. ``absent``: the code of a record that is not there.
    ``faults``: pages in a row that cannot be had, after which a server that does not tell who it is is given up.
    """

    kind: str = "oai"
    identify: bool = True
    formats: bool = True
    none: frozenset[int] = frozenset()
    final: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    dated: bool = False
    earliest: str = EPOCH
    ahead: timedelta = timedelta(0)
    lenient: bool = True
    read: Callable[[Incoming, Callable[..., None]], Incoming] | None = None
    absent: str | None = None
    faults: int = 6


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. ``since``/``until`` are dates as OAI-PMH writes them, both inclusive.

    ``full``: everything, not only what is new. ``restart``: forget a harvest that was broken off. ``overlap``: how far
    before the end of the last harvest the next one begins. ``span``: ask in windows of so many days.
    ``missing_deleted``: what a full harvest does not see any more is marked as deleted. ``ids``: only these records.
    """

    address: str
    source: str
    prefix: str
    set: str | None = None
    since: str | None = None
    until: str | None = None
    full: bool = False
    restart: bool = False
    overlap: timedelta = timedelta(days=1)
    span: int | None = None
    missing_deleted: bool = False
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", check_address(self.address))
        for name, value in (("from", self.since), ("until", self.until)):
            if value is not None:
                bound(name, value, SECOND)
        if self.since and self.until and bound("from", self.since, SECOND) > bound("until", self.until, SECOND):
            en, ja = f"is after until {self.until}", f"until {self.until} より後です"
            raise OptionError("from", self.since, en, ja)
        if self.missing_deleted and (self.set or self.since or self.until):
            en = "is for the whole of a repository, without set, from and until"
            raise OptionError("missing-deleted", None, en, "リポジトリ全体のときだけ使えます（set、from、until なし）")

    @property
    def name(self) -> str:
        """What tells this harvest from others of its source."""
        if self.ids:
            return f"{self.prefix} ids"
        parts = [self.prefix, f"set={self.set}" if self.set else "", f"from={self.since}" if self.since else ""]
        return " ".join(filter(None, [*parts, f"until={self.until}" if self.until else ""]))

    def goes_on(self, kept: Kept | None) -> bool:
        """Whether this is the harvest that was broken off; one for everything only goes on as such."""
        if kept is None or kept.finished is not None or self.restart:
            return False
        return not self.full or bool(kept.state.get("full"))

    def to_dict(self) -> dict[str, Any]:
        """For the store; without secrets."""
        return {"address": without_secrets(self.address), "prefix": self.prefix, "set": self.set}


STANDARD: Final = Dialect()


def fresh() -> dict[str, Any]:
    """How far the list of one window came: nowhere."""
    return {"token": None, "pages": 0, "received": 0, "size": None, "empty": 0, "marks": [], "check": None, "power": 64}


def listing(window: Window, depth: int = 0) -> dict[str, Any]:
    """The work of listing a window."""
    return {"kind": "list", "from": window.start, "until": window.end, "depth": depth, "restarts": 0}


def window_of(task: dict[str, Any]) -> Window:
    """The window of a piece of work."""
    return Window(task["from"], task["until"])


def first_state(
    request: Request, kept: Kept | None, *, granularity: str, latest: str, dialect: Dialect = STANDARD
) -> dict[str, Any]:
    """The state at the start of a harvest; ``latest`` is the server's time now.

    After a finished harvest it begins where that ended, less the overlap, and tries its gaps again.
    """
    before = kept.state if kept is not None and kept.finished is not None and not request.full else {}
    start = None if request.since is None else bound("from", request.since, granularity)
    end = None if request.until is None else bound("until", request.until, granularity)
    if before.get("high") and end is None:
        last = earlier(before["high"], request.overlap, granularity)
        start = last if start is None else max(start, last)
    closed = end
    if dialect.dated:
        start, closed = start or dialect.earliest, end or earlier(latest, timedelta(0), granularity)
    tasks = [listing(window) for window in cut(Window(start, closed), request.span, granularity, latest)]
    if request.ids:
        before, tasks = {}, [{"kind": "ids", "ids": list(request.ids)}]
    if before and end is None:
        tasks += [listing(Window(gap["from"], gap["until"]), 1) for gap in before.get("gaps", ())]
        if before.get("broken"):
            tasks.append({"kind": "ids", "ids": before["broken"]})
    tasks.reverse()  # the next one is the last
    return {
        "version": VERSION, "request": request.to_dict(), "granularity": granularity, "latest": latest,
        "earliest": EPOCH, "high": end if end is not None and end < latest else latest, "tasks": tasks,
        "now": fresh(), "gaps": [], "broken": [], "counts": {}, "requests": 0, "incremental": bool(before),
        "full": request.full,
    }  # fmt: skip


def cut(window: Window, span: int | None, granularity: str, latest: str) -> Iterator[Window]:
    """The windows of ``span`` days that a window is; only itself without ``span`` or without a start."""
    first = moment_of(window.start) if window.start and span else None
    last = moment_of(window.end or latest) if span else None
    if first is None or last is None or span is None:
        yield window
        return
    start, end = first[0], last[0]
    unit = timedelta(days=1) if granularity == DAY else timedelta(seconds=1)
    while start <= end:
        stop = start + timedelta(days=span) - unit
        whole = stop >= end
        yield Window(written(start, granularity), window.end if whole else written(stop, granularity))
        start = stop + unit


def planned(
    request: Request, store: Store | None, *, dialect: Dialect = STANDARD, latest: str = _FUTURE
) -> list[dict[str, str]]:
    """The first requests of a harvest, for a dry run: their arguments. Nothing is asked and nothing written."""
    kept = None
    if store is not None:
        from convert.errors import UnknownName  # noqa: PLC0415
        from convert.harvest.state import load  # noqa: PLC0415 - SQLAlchemy is slow to import
        from convert.store.reading import known_source  # noqa: PLC0415

        with store.reading() as connection:
            try:
                kept = load(connection, known_source(connection, request.source), request.name)
            except UnknownName:
                kept = None
    granularity = (kept.state.get("granularity") if kept else None) or DAY
    if kept is not None and request.goes_on(kept):
        tokens = [kept.state["now"]["token"], *[None] * len(kept.state["tasks"])]
        tasks = zip(reversed(kept.state["tasks"]), tokens, strict=False)
        return [asked for task, token in tasks for asked in _requests_of(request, task, token)]
    state = first_state(request, kept, granularity=granularity, latest=latest, dialect=dialect)
    first = [{"verb": "Identify"}] if dialect.identify else []
    return [*first, *(asked for task in reversed(state["tasks"]) for asked in _requests_of(request, task, None))]


def _requests_of(request: Request, task: dict[str, Any], token: str | None) -> list[dict[str, str]]:
    if task["kind"] == "ids":
        single = {"verb": "GetRecord", "metadataPrefix": request.prefix}
        return [single | {"identifier": name} for name in task["ids"]]
    if task["kind"] == "sweep":
        return [arguments(request, task, "ListIdentifiers")]
    if token is not None:
        return [{"verb": "ListRecords", "resumptionToken": token}]
    return [arguments(request, task, "ListRecords")]


def arguments(request: Request, task: dict[str, Any], verb: str) -> dict[str, str]:
    """The arguments of the first request of a list."""
    chosen = {"set": request.set} if request.set else {}
    return {"verb": verb, "metadataPrefix": request.prefix} | window_of(task).arguments() | chosen
