"""Harvest a repository into a store: page by page, each kept with how far it came in one transaction.

The work is a stack of windows of datestamps. Where a page cannot be had the window around it is halved, down to one
day or second; what is left then is fetched record by record, and only what cannot be had even so is a gap. A gap is
told, and the next run tries it again.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from convert.errors import UsageError
from convert.harvest.oai.client import EMPTY_PAGES, OaiClient, OaiFault
from convert.harvest.oai.dates import DAY, SECOND, Window, distance, earlier, written
from convert.harvest.oai.plan import (
    EPOCH,
    MOST_BROKEN,
    STANDARD,
    Dialect,
    Request,
    arguments,
    first_state,
    fresh,
    listing,
    window_of,
)
from convert.harvest.outcome import Outcome
from convert.harvest.state import forget, load, note, save
from convert.harvest.web import MEANINGS, REASONS, WebFault, without_secrets
from convert.store.incoming import Counts, Incoming
from convert.store.lock import alone
from convert.store.records import delete_unseen, put, seen_since, source_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from convert.harvest.oai.answer import Page
    from convert.harvest.state import Kept
    from convert.harvest.web import Web
    from convert.store.base import Store

SLACK: Final = timedelta(days=1)
"""How far beyond a window a datestamp may lie before the server is held to ignore it: time zones get mixed up."""
RESTARTS: Final = 2
"""Times that a window is begun again because of its token, before it is halved."""
IN_A_ROW: Final = 45
"""Pages in a row that cannot be had, after which a server is given up: more than halving a century takes."""
MOST_LOST: Final = 50
"""Records in a row that cannot be had one by one, after which the rest of the window is a gap."""
SINGLES: Final = 25
"""Records fetched one by one between two transactions."""
MARKS: Final = 50
"""Pages of a list that are remembered to notice that one comes again."""
ROUND: Final = frozenset({10, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 1000})
"""Records of a page that may be as many as the server gives at a time."""
SHORT: Final = 0.01
"""The part of a list that may be missing at its end: records change while it is read."""
ESTIMATED: Final = 0.1
"""The part of a list that its size may promise in excess: some servers estimate it."""
COMPARED: Final = 250_000
"""Records of a list that are remembered to notice that they come again."""
DOUBTS: Final = 4
"""Lists that look incomplete and bring nothing new when halved, after which they are taken as they come."""
FRUITLESS: Final = 100
"""Windows that are halved without a record that is new to this run, after which no more are."""


class Harvest:
    """One harvest. :meth:`run` does all of it; a harvest that was broken off goes on where it stopped."""

    def __init__(
        self,
        store: Store,
        web: Web,
        request: Request,
        *,
        dialect: Dialect = STANDARD,
        progress: Callable[[Outcome, int | None], None] | None = None,
    ) -> None:
        self.store, self.web, self.request, self.dialect, self.progress = store, web, request, dialect, progress
        self.client = OaiClient(request.address, web, none=dialect.none, final=dialect.final)
        self.outcome = Outcome(request.source)
        self.state: dict[str, Any] = {}
        self.source = 0
        self.started = 0
        self._faults = 0
        self._told: set[str] = set()
        self._outside = 0
        self._kept: Kept | None = None
        self._names: set[int] = set()

    def run(self) -> Outcome:
        """Harvest. Raises :class:`UsageError` when the server refuses the request or another process is at it."""
        begun = time.monotonic()
        with alone(self.store, self.request.source):
            try:
                self._begin()
                while self.state["tasks"]:
                    self._work(self.state["tasks"][-1])
                self._finish()
            except WebFault as fault:
                self._stop(fault)
                if fault.kind == "forbidden":
                    self._forget()
            except UsageError:
                self._forget()
                raise
            finally:
                self.outcome.requests, self.outcome.received = self.web.requests, self.web.received
                self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    @property
    def _now(self) -> int:
        return int(self.web.clock())

    # ── Beginning and end ────────────────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        request = self.request
        with self.store.writing() as connection:
            self.source = source_id(connection, request.source, self.dialect.kind, without_secrets(request.address))
            kept = load(connection, self.source, request.name)
        if kept is not None and kept.state.get("request") != request.to_dict():
            self._tell_once("HRV-ADDRESS", value=str(kept.state.get("request", {}).get("address")))
        if kept is not None and request.goes_on(kept):
            self.state, self.started = kept.state, kept.started
            self.outcome.resumed = True
            self.outcome.counts = Counts(**self.state["counts"])
            if self.state.get("prefix_with_token"):
                self._add_prefix(wanted=True)
            return
        self._kept = kept
        after = 0 if kept is None else (kept.finished or kept.started) + 1
        self.started = max(self._now, after)
        granularity, earliest, latest = self._identified()
        self.state = first_state(request, kept, granularity=granularity, latest=latest, dialect=self.dialect)
        self.state |= {"earliest": earliest, "identified": "identify" in self._told}
        self._keep()

    def _identified(self) -> tuple[str, str, str]:
        """Granularity, earliest datestamp and the server's time, as Identify tells them or as they are likely."""
        here = written(datetime.fromtimestamp(self.web.clock(), UTC) + self.dialect.ahead, SECOND)
        if not self.dialect.identify:
            return DAY, self.dialect.earliest, here
        try:
            found = self.client.identify()
        except OaiFault as fault:
            self.outcome.tell("HRV-IDENTIFY", value=fault.detail)
            return DAY, EPOCH, here
        self._told.add("identify")
        if found.deleted not in ("persistent", "transient") and not self.request.missing_deleted:
            self.outcome.tell("HRV-DELETIONS", value=found.deleted or "-")
        return found.granularity, found.earliest or EPOCH, found.response_date or here

    def _finish(self) -> None:
        if self._outside:
            self.outcome.tell("HRV-OUTSIDE", count=self._outside)
        complete = not self.state["gaps"] and not self.state["broken"]
        with self.store.writing() as connection:
            if self.request.missing_deleted and complete and not self.state["incremental"]:
                gone = delete_unseen(connection, self.source, self.request.prefix, self.started)
                self.outcome.counts.deleted += gone
            note(connection, self.source, self.web.take_log())
            self._save(connection, finished=max(self._now, self.started))
        self.outcome.gaps = len(self.state["gaps"]) + len(self.state["broken"])
        self.outcome.complete = True

    def _stop(self, fault: WebFault) -> None:
        """Leave the store so that the next run goes on from here."""
        with self.store.writing() as connection:
            note(connection, self.source, self.web.take_log())
        self.outcome.stopped = fault
        if self.state:
            self.outcome.gaps = len(self.state["gaps"]) + len(self.state["broken"])

    def _forget(self) -> None:
        """A request that the server refuses from the start leaves nothing to go on with."""
        with self.store.writing() as connection:
            note(connection, self.source, self.web.take_log())
            if not self.outcome.resumed and not self.outcome.counts.total:
                forget(connection, self.source, self.request.name, self._kept)

    def _keep(self, records: list[Incoming] | tuple[Incoming, ...] = ()) -> None:
        """One transaction: the records, the requests and how far the harvest came."""
        if self.dialect.read is not None:
            records = [self.dialect.read(record, self._tell_once) for record in records]
        with self.store.writing() as connection:
            if records:
                at = max(self._now, self.started)
                counts = put(connection, self.source, self.request.prefix, records, at, run=self.started)
                self.outcome.counts.add(counts)
            note(connection, self.source, self.web.take_log(), records=len(records))
            self._save(connection)
        if self.progress is not None:
            self.outcome.requests, self.outcome.received = self.web.requests, self.web.received
            self.progress(self.outcome, self.state["now"]["size"])

    def _save(self, connection: Connection, *, finished: int | None = None) -> None:
        self.state["counts"] = self.outcome.counts.to_dict()
        save(
            connection, self.source, self.request.name,
            started=self.started, state=self.state, finished=finished,
        )  # fmt: skip

    # ── Lists ────────────────────────────────────────────────────────────────────────────────────

    def _work(self, task: dict[str, Any]) -> None:
        if task["kind"] == "list":
            self._list(task)
        else:
            self._singly(task)

    def _list(self, task: dict[str, Any]) -> None:
        """The next page of a window."""
        now = self.state["now"]
        try:
            page = self.client.list_page(
                arguments(self.request, task, "ListRecords"), now["token"], retries=self._retries(task)
            )
        except OaiFault as fault:
            self._unreadable(task, fault)
            return
        except WebFault as fault:
            if fault.kind not in ("status", "too-large", "timeout", "cut"):
                raise
            self._unreadable(task, OaiFault(fault.kind, fault.address, fault.detail), fault)
            return
        self._faults = 0
        if page.errors and not page.records:
            self._error(task, page)
        elif self._repeated(page):
            self._looping(task, page)
        else:
            self._take(task, page)

    def _retries(self, task: dict[str, Any]) -> int:
        """Near a page that is known to be bad, patience is no help."""
        return self.client.web.manners.retries if task["depth"] == 0 else self._few

    @property
    def _few(self) -> int:
        return min(1, self.client.web.manners.retries)

    def _take(self, task: dict[str, Any], page: Page) -> None:
        """Keep a page and go on to the next, or to the next window."""
        now = self.state["now"]
        if now["token"] is not None and self.client.prefix_with_token:
            self.state["prefix_proven"] = True
        self._note_faults(page)
        if page.errors:
            self._tell_once("HRV-ERROR-BESIDE", value=page.errors[0][0])
        records = self._inside(task, page.records)
        now["pages"] += 1
        now["last"] = len(page.records) + len(page.broken)
        now["received"] += now["last"]
        now["twice"] = now.get("twice", 0) + self._again(now, page)
        self._span(now, page)
        now["size"] = page.size if page.size is not None else now["size"]
        now["empty"] = 0 if page.records or page.broken else now["empty"] + 1
        if page.token and now["empty"] < EMPTY_PAGES:
            now["token"], self.state["gives_tokens"] = page.token, True
            self._keep(records)
            return
        if page.token:
            self._tell_once("HRV-LOOP", value=page.token)
        self._end(task, page, records)

    def _end(self, task: dict[str, Any], page: Page, records: list[Incoming]) -> None:
        """Keep the last page of a list, and halve its window where the list looks incomplete."""
        now = self.state["now"]
        if now["twice"] or (now["size"] or 0) > now["received"]:  # kept first: halving asks whether anything new came
            self.state["now"] = fresh()
            self._keep(records)
            self.state["now"], records = now, []
        if self._short(now, page):
            self._narrow(task)
        elif self._doubtful(now):
            self._narrow(task, low=now["low"], high=now["high"])
        else:
            if page.token is None and now["pages"] > 1 and now["size"] is None and self.dialect.lenient:
                self._tell_once("HRV-END", value=str(now["received"]))
            self._next(task)
        self._keep(records)

    @staticmethod
    def _span(now: dict[str, Any], page: Page) -> None:
        """Keep the first and last datestamp of a list."""
        stamps = [record.datestamp for record in page.records if record.datestamp]
        now["low"] = min([*stamps, *filter(None, [now.get("low")])], default=None)
        now["high"] = max([*stamps, *filter(None, [now.get("high")])], default=None)

    def _short(self, now: dict[str, Any], page: Page) -> bool:
        """Whether the list ended before its time. An empty token says that it is complete, whatever its size."""
        if page.token is None and self._may_be_cut(now):
            return True
        had = now["received"] - now["twice"]
        missing = (now["size"] or 0) - had
        if missing <= 0 or missing <= SHORT * now["size"]:
            return False
        self._tell_once("HRV-SHORT", value=str(had), size=now["size"])
        return page.token is None

    def _again(self, now: dict[str, Any], page: Page) -> int:
        """How many records of a page came on an earlier page of its list; after a resumption perhaps too few."""
        if now["pages"] <= 1:
            self._names = set()
        names = {hash(record.identifier) for record in page.records}
        twice = len(names & self._names)
        if len(self._names) < COMPARED:
            self._names |= names
        return twice

    def _doubtful(self, now: dict[str, Any]) -> bool:
        """Whether a list that says it is complete had records twice, or far fewer than it should: then it is halved.

        Where pages overlap, or the size is an estimate, that brings nothing new and is soon given up.
        """
        had, size = now["received"] - now["twice"], now["size"]
        if now["pages"] < 2 or (size is not None and had >= size):
            return False
        shuffled = now["twice"] > SHORT * had
        if shuffled:
            self._tell_once("HRV-TWICE", value=str(now["twice"]))
        elif size is None or size - had <= ESTIMATED * size:
            return False
        total = self.outcome.counts.total
        doubts, before = self.state.get("doubts", (0, -1))
        self.state["doubts"] = [doubts + 1 if total == before else 1, total]
        return bool(self.state["doubts"][0] <= DOUBTS and now["low"] != now["high"])

    def _may_be_cut(self, now: dict[str, Any]) -> bool:
        """Whether a server that never gave a token gave just as much as it gives at a time: then ask for less."""
        alone = now["pages"] == 1 and now["size"] is None and not self.state.get("gives_tokens")
        return self.dialect.lenient and alone and now["received"] in ROUND

    def _next(self, task: dict[str, Any]) -> None:
        """Done with a piece of work."""
        self.state["tasks"].remove(task)
        self.state["now"] = fresh()

    def _inside(self, task: dict[str, Any], records: list[Incoming]) -> list[Incoming]:
        """The records that were asked for; a server that ignores the dates gives others too."""
        low, high = task["from"], task["until"]
        late = [record for record in records if _beyond(record.datestamp, high)]
        early = [record for record in records if _before(record.datestamp, low)]
        if late:
            self.state["ignores_until"] = True
            self._tell_once("HRV-UNTIL", value=str(late[0].datestamp), until=high)
        if early:
            self._tell_once("HRV-FROM", value=str(early[0].datestamp), since=low)
        unasked = (late if self.request.until else []) + (early if self.request.since else [])
        refused = {id(record) for record in unasked}
        self._outside += len(refused)
        return [record for record in records if id(record) not in refused]

    def _note_faults(self, page: Page) -> None:
        for broken in page.broken:
            self._lost(broken.identifier, broken.reason, broken.ja)
        for text in page.dates:
            self.outcome.tell("HRV-DATESTAMP", value=text)
        for identifier in page.empty:
            self.outcome.tell("HRV-EMPTY", value=identifier)

    def _lost(self, identifier: str | None, reason: str, ja: str) -> None:
        lost = self.state["broken"]
        if identifier in lost:
            return
        self.outcome.tell("HRV-RECORD", value=identifier or "-", reason=reason, reason_ja=ja)
        if identifier is not None and len(lost) < MOST_BROKEN:
            lost.append(identifier)

    # ── Errors the server tells ──────────────────────────────────────────────────────────────────

    def _error(self, task: dict[str, Any], page: Page) -> None:
        now, token = self.state["now"], self.state["now"]["token"]
        lenient = self.dialect.lenient and "prefix_with_token" not in self.state
        if page.error("noRecordsMatch") is not None:
            self._next(task) if token is None or page.status is None else self._no_next_page(task, now, page)
        elif token is not None and page.error("badArgument") is not None and lenient:
            self._add_prefix(wanted=True)
            self._tell_once("HRV-PREFIX-WITH-TOKEN")
        elif token is not None:
            if not self.state.get("prefix_proven"):
                self._add_prefix(wanted=False)
            self._restart(task, now, f"{page.errors[0][0]}: {page.errors[0][1]}")
        elif page.error("badArgument") is not None and "T" in "".join(filter(None, (task["from"], task["until"]))):
            self._by_day()
        else:
            raise self._refusal(page)
        self._keep()

    def _no_next_page(self, task: dict[str, Any], now: dict[str, Any], page: Page) -> None:
        """A status says there is nothing where a token led: the end of the list, or a token that is known no more.

        It is the end after a page that was not full, and when it comes at the same place again.
        """
        place = [now["pages"], now["received"]]
        if now.get("last", 0) < self.state.get("fullest", 0) or task.get("ended") == place:
            self._next(task)
            return
        task["ended"] = place
        self._restart(task, now, page.errors[0][1])

    def _add_prefix(self, *, wanted: bool) -> None:
        self.state["prefix_with_token"] = wanted
        self.client.prefix_with_token = self.request.prefix if wanted else None

    def _by_day(self) -> None:
        """The server does not take the times it says it takes: ask by day."""
        self._tell_once("HRV-GRANULARITY")
        self.state["granularity"] = DAY
        for task in self.state["tasks"]:
            for name in ("from", "until"):
                if task.get(name):
                    task[name] = task[name][:10]

    def _restart(self, task: dict[str, Any], now: dict[str, Any], reason: str) -> None:
        """A token is not taken any more: begin the window again, and when that was no help halve it."""
        if now["size"] is not None and now["received"] >= now["size"]:
            self._next(task)  # the token stood on the last page
            return
        self._tell_once("HRV-TOKEN", value=reason)
        task["restarts"] += 1
        if task["restarts"] > RESTARTS:
            self._narrow(task)
            return
        self.state["now"] = fresh()

    def _refusal(self, page: Page) -> UsageError:
        code, text = page.errors[0]
        more = ""
        if code == "cannotDisseminateFormat" and self.dialect.formats:
            try:
                more = ", ".join(item["metadataPrefix"] for item in self.client.formats())
            except (OaiFault, WebFault):
                more = ""
        said = f"{code}: {text}".strip(": ")
        en = f"the server refuses the request ({said})" + (f"; its formats: {more}" if more else "")
        ja = f"サーバーが要求を断りました（{said}）。" + (f"サーバーにある形式：{more}" if more else "")
        return UsageError(en, ja)

    # ── Pages that cannot be had ─────────────────────────────────────────────────────────────────

    def _unreadable(self, task: dict[str, Any], fault: OaiFault, web: WebFault | None = None) -> None:
        """Look whether it is the page or the server, and narrow the window down."""
        now = self.state["now"]
        if self._is_first(task) and web is None and (fault.kind == "status" or not self.state["identified"]):
            raise _nothing_there(fault)
        self._probe(fault, web)
        reason, reason_ja = (
            MEANINGS.get(fault.kind, fault.kind),
            REASONS.get(fault.kind, "サーバーがエラーを返しました"),
        )
        self.outcome.tell("HRV-PAGE", value=fault.detail, reason=reason, reason_ja=reason_ja)
        records = fault.page.records if fault.page is not None else []
        if fault.kind == "status" and web is None and now["token"] is not None:
            self._restart(task, now, fault.detail)
        else:
            self._narrow(task)
        self._keep(self._inside(task, records))

    def _is_first(self, task: dict[str, Any]) -> bool:
        """Whether nothing of the list was had yet."""
        return self.state["now"]["pages"] == 0 and not task["depth"] and not self.outcome.counts.total

    def _probe(self, fault: OaiFault, web: WebFault | None) -> None:
        """Raise :class:`WebFault` when the server answers nothing else either."""
        self._faults += 1
        en, ja = _meaning(fault)
        told = web or WebFault("status", fault.address, f"{en} ({fault.detail})")
        if web is None:
            told.ja = f"{ja}（{fault.detail}）"
        if self._faults >= (IN_A_ROW if self.state["identified"] else self.dialect.faults):
            raise told
        if not self.state["identified"]:
            return
        if fault.kind in ("cut", "malformed", "dtd"):
            return
        try:
            self.client.identify(retries=0)
        except OaiFault as also:
            raise told from also
        except WebFault as also:
            raise (also if also.kind == "postponed" else told) from also

    def _narrow(self, task: dict[str, Any], *, low: str | None = None, high: str | None = None) -> None:
        """Halve the window; when it is one step long, fetch what is in it one by one.

        ``low`` and ``high``, the first and last datestamp of what came, say where the records lie.
        """
        tasks, state = self.state["tasks"], self.state
        halves, window = None, window_of(task)
        if self._fruitful() and not state.get("ignores_until"):
            latest = earlier(state["latest"], -SLACK, state["granularity"])
            halves = window.halves(state["granularity"], earliest=state["earliest"], latest=latest)
            inner = Window(low, high).halves(state["granularity"], earliest=EPOCH, latest=latest) if low else None
            if halves and inner and window.holds(inner[0].end) and window.holds(inner[1].start):
                halves = Window(halves[0].start, inner[0].end), Window(inner[1].start, halves[1].end)
        tasks.remove(task)
        state["now"] = fresh()
        if halves is None:
            tasks.append(task | {"kind": "sweep"})
            return
        left, right = halves
        depth = task["depth"] + 1
        tasks += [listing(_opened(right, task, "until"), depth), listing(_opened(left, task, "from"), depth)]

    def _fruitful(self) -> bool:
        """Whether halving still brings records; a server that spoils every page would be halved into seconds."""
        total = self.outcome.counts.total
        halved, before = self.state.get("halved", (0, -1))
        halved = halved + 1 if total == before else 1
        self.state["halved"] = [halved, total]
        return halved <= FRUITLESS

    def _repeated(self, page: Page) -> bool:
        """Whether a page came before: among the last ones, or, for longer loops, at one of Brent's marks."""
        now = self.state["now"]
        if not page.records:
            return False
        names = "\n".join(record.identifier for record in page.records)
        mark = hashlib.sha256(names.encode()).hexdigest()[:16]
        if mark in now["marks"] or mark == now["check"]:
            return True
        if now["pages"] >= now["power"]:
            now["check"], now["power"] = mark, now["power"] * 2
        now["marks"] = [*now["marks"][-MARKS:], mark]
        self.state["fullest"] = max(self.state.get("fullest", 0), len(page.records))
        return False

    def _looping(self, task: dict[str, Any], page: Page) -> None:
        """The list goes round: ask for less at a time, until it fits on a page."""
        now = self.state["now"]
        self._tell_once("HRV-LOOP", value=now["token"] or "-")
        complete = now["size"] is not None and now["received"] >= now["size"] and now["pages"] <= MARKS
        if complete or (now["pages"] == 1 and len(page.records) < self.state.get("fullest", 0)):
            self._next(task)
        else:
            self._narrow(task)
        self._keep()

    # ── One by one ───────────────────────────────────────────────────────────────────────────────

    def _singly(self, task: dict[str, Any]) -> None:
        """Fetch the records of a window, or those named, that this run has not seen yet, each on its own."""
        try:
            for names, gone in self._wanted(task):
                self._fetch_each(names, gone)
        except (OaiFault, _TooMany) as fault:
            self._gap(task, fault.detail, fault.ja)
        except WebFault as fault:
            if fault.kind not in ("status", "too-large", "timeout", "cut"):
                raise
            told = OaiFault(fault.kind, fault.address, fault.detail)
            self._probe(told, fault)
            self._gap(task, fault.detail, fault.ja)
        self._next(task)
        self._keep()

    def _wanted(self, task: dict[str, Any]) -> Iterator[tuple[list[str], list[Incoming]]]:
        """Identifiers, and headers of deleted records, a page at a time."""
        if task["kind"] == "ids":
            self.state["broken"] = [name for name in self.state["broken"] if name not in set(task["ids"])]
            yield task["ids"], []
            return
        more = {name: value for name, value in (("from_", task["from"]), ("until", task["until"])) if value}
        more |= {"set": self.request.set} if self.request.set else {}
        for page in self.client.headers(self.request.prefix, **more):
            gone = [record for record in page.records if record.deleted]
            yield [record.identifier for record in page.records if not record.deleted], gone

    def _fetch_each(self, names: list[str], gone: list[Incoming]) -> None:
        with self.store.reading() as connection:
            seen = seen_since(connection, self.source, self.request.prefix, names, self.started)
        seen = set() if self.request.ids else seen
        batch, lost = list(gone), 0
        for name in dict.fromkeys(names):
            if name in seen:
                continue
            try:
                page = self._single(name)
            except WebFault:
                self._keep(batch)  # what was asked for is not asked for again
                raise
            lost = lost + 1 if page is None else 0
            if lost >= MOST_LOST:
                self._keep(batch)
                raise _TooMany(lost)
            batch += page.records if page is not None else []
            if len(batch) >= SINGLES:
                self._keep(batch)
                batch = []
        self._keep(batch)

    def _single(self, name: str) -> Page | None:
        """One record; None when it cannot be had, which is told. A page without records: it is not there any more."""
        try:
            page = self.client.record(name, self.request.prefix, retries=self._few)
        except OaiFault as fault:
            self._lost(name, fault.detail, fault.ja)
            return None
        except WebFault as fault:
            if fault.kind not in ("status", "too-large", "timeout", "cut"):
                raise
            self._probe(OaiFault(fault.kind, fault.address, fault.detail), fault)
            self._lost(name, fault.detail, fault.ja)
            return None
        self._faults = 0
        if not page.records and page.error("idDoesNotExist") is not None and self.dialect.absent:
            self.outcome.tell(self.dialect.absent, value=name)
        if not page.records and page.error("idDoesNotExist") is None and page.error("cannotDisseminateFormat") is None:
            self._lost(name, *_why(page))
            return None
        return page

    def _gap(self, task: dict[str, Any], reason: str, ja: str) -> None:
        low, high = task.get("from"), task.get("until")
        if task["kind"] != "ids":
            self.state["gaps"].append({"from": low, "until": high})
        self.outcome.tell("HRV-GAP", value=f"{low or '…'} – {high or '…'}", reason=reason, reason_ja=ja)

    def _tell_once(self, code: str, *, value: str | None = None, **slots: Any) -> None:
        if code not in self._told:
            self._told.add(code)
            self.outcome.tell(code, value=value, **slots)


class _TooMany(Exception):  # noqa: N818 - ends a loop
    """Too many records in a row cannot be had."""

    def __init__(self, count: int) -> None:
        self.detail, self.ja = f"{count} records in a row cannot be had", f"続けて {count} 件を取得できません"
        super().__init__(self.detail)


def _why(page: Page) -> tuple[str, str]:
    """Why an answer to GetRecord holds no record, in both languages."""
    if page.broken:
        return page.broken[0].reason, page.broken[0].ja
    if page.errors:
        said = " ".join(page.errors[0])
        return said, said
    return "no record came", "レコードが返りません"


def _opened(window: Window, task: dict[str, Any], end: str) -> Window:
    """A half of an open window stays open at the end where the window was."""
    if end == "until":
        return Window(window.start, window.end if task["until"] is not None else None)
    return Window(window.start if task["from"] is not None else None, window.end)


def _beyond(stamp: str | None, high: str | None) -> bool:
    return bool(stamp and high and distance(_whole(high), stamp) > SLACK)


def _before(stamp: str | None, low: str | None) -> bool:
    return bool(stamp and low and distance(stamp, low) > SLACK)


def _whole(until: str) -> str:
    """The last moment of a day."""
    return until if "T" in until else until + "T23:59:59Z"


def _meaning(fault: OaiFault) -> tuple[str, str]:
    """What kind of fault it is, in English and Japanese."""
    return MEANINGS.get(fault.kind, fault.kind), REASONS.get(fault.kind, "サーバーがエラーを返しました")


def _nothing_there(fault: OaiFault) -> UsageError:
    en, ja = (f"{text}: {fault.detail}" for text in _meaning(fault))
    en = f"{fault.address}: there is no OAI-PMH server ({en})"
    return UsageError(en, f"{fault.address}：OAI-PMH のサーバーとして答えません（{ja}）。")
