"""Harvest Japan Search into a store: page by page, each kept with how far it came in one transaction.

Up to 2,000 records are had by ``from`` and ``size``; beyond that, items by scroll, for which the server takes a
snapshot. The API has no dates to ask by: every harvest asks for all of its search, and the store tells what is new. At
the end the distinct records are counted against ``hit``; where some are missing the search is gone through again, and
what cannot be had even so is a gap.

That the server keeps the place of a scroll, so that a page which is lost on its way does not come again, is inferred
from what the guide says of snapshots; counting at the end covers it either way.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from convert.errors import UsageError
from convert.harvest.japansearch.answer import incoming
from convert.harvest.japansearch.client import Client, Unreadable
from convert.harvest.japansearch.plan import first_state, fresh, size_now
from convert.harvest.outcome import Outcome
from convert.harvest.state import forget, load, note, save
from convert.harvest.web import WebFault, without_secrets
from convert.store.base import now as clock
from convert.store.incoming import Counts
from convert.store.lock import alone
from convert.store.records import delete_unseen, put, seen_since, source_id, unseen
from convert.store.tables import harvests, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from convert.harvest.japansearch.answer import Page
    from convert.harvest.japansearch.plan import Request
    from convert.harvest.state import Kept
    from convert.harvest.web import Web
    from convert.store.base import Store
    from convert.store.incoming import Incoming

KIND: Final = "japansearch"
"""The kind of its sources in a store."""
RESTARTS: Final = 2
"""Times that a search is gone through again because something is missing."""
IN_A_ROW: Final = 12
"""Pages in a row that cannot be had, after which the server is given up: halving 500 takes nine."""
EMPTY_PAGES: Final = 3
"""Pages of a scroll without a record, one after the other, that are taken for its end."""
SLACK: Final = 1000
"""Records beyond those already seen that a pass may repeat before it is taken for a loop."""
MARKS: Final = 50
"""Pages that are remembered to notice that one comes again."""
EXPIRED: Final = frozenset({400, 404, 410, 422})
"""Statuses that may mean that a scrollId is no longer known; which it is the guide does not say."""
_PASSING: Final = ("status", "too-large", "timeout", "cut")


class Harvest:
    """One harvest. :meth:`run` does all of it; one that was broken off goes on where it stopped.

    ``sink`` is given every record once, after it was kept. ``slim``: keep no content, only what was seen.
    """

    def __init__(
        self,
        store: Store,
        web: Web,
        request: Request,
        *,
        progress: Callable[[Outcome, int | None], None] | None = None,
        sink: Callable[[Sequence[Incoming]], None] | None = None,
        slim: bool = False,
    ) -> None:
        self.store, self.web, self.request = store, web, request
        self.progress, self.sink, self.slim = progress, sink, slim
        self.client = Client(request.address, web)
        self.outcome = Outcome(request.source)
        self.state: dict[str, Any] = {}
        self.source = 0
        self.started = 0
        self.prefix = request.query.kind.name
        self._faults = 0
        self._asked = self._wanted = 0
        self._told: set[str] = set()
        self._kept: Kept | None = None

    def run(self) -> Outcome:
        """Harvest. Raises :class:`UsageError` when there is no such API or another process is at it."""
        begun = time.monotonic()
        with alone(self.store, self.request.source):
            try:
                self._begin()
                while not self.state["done"]:
                    self._step()
                self._finish()
            except WebFault as fault:
                self._stop(fault)
            except UsageError:
                self._forget()
                raise
            finally:
                self.outcome.requests, self.outcome.received = self.web.requests, self.web.received
                self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    # ── Beginning and end ────────────────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        request = self.request
        with self.store.writing() as connection:
            self._check_kind(connection)
            self.source = source_id(connection, request.source, KIND, without_secrets(request.address))
            kept = load(connection, self.source, request.name)
            last = self._last(connection)
        if kept is not None and kept.state.get("request", {}).get("address") != request.to_dict()["address"]:
            self._tell_once("HRV-JPS-ADDRESS", value=str(kept.state.get("request", {}).get("address")))
        if kept is not None and request.goes_on(kept):
            if last <= kept.started:
                self.state, self.started = kept.state, kept.started
                self.outcome.resumed = True
                self.outcome.counts = Counts(**self.state["counts"])
                return
            self._tell_once("HRV-JPS-BETWEEN")
        self._kept = kept
        self.started = max(clock(), last + 1)
        self.state = first_state(request)
        if not self.slim and request.whole:
            self._describe(kept)
        self._keep()

    def _check_kind(self, connection: Connection) -> None:
        """A source of another protocol is not written into."""
        name = self.request.source
        kind = connection.scalar(select(sources.c.kind).where(sources.c.name == name))
        if kind is not None and kind != KIND:
            en = f"'{name}' of this store is a source of another kind ({kind}): give another --source"
            ja = f"このストアの「{name}」は別の種類（{kind}）の提供元です。--source に別の名前を付けてください。"
            raise UsageError(en, ja)

    def _last(self, connection: Connection) -> int:
        """When a harvest of this source last began or ended, so that what this one sees can be told from it."""
        mine = harvests.c.source == self.source
        ended = func.coalesce(harvests.c.finished, harvests.c.started)
        return int(connection.scalar(select(func.max(ended)).where(mine)) or 0)

    def _describe(self, kept: Kept | None) -> None:
        """Keep the definitions and labels of databases that are harvested whole; when they were updated."""
        found: list[tuple[str, Incoming]] = []
        updated: dict[str, Any] = {}
        for database in self.request.query.databases or ():
            for prefix, ask in (("databases", self._database), ("labels", self._labels)):
                try:
                    told = ask(database)
                except Unreadable as fault:
                    self._tell_once("HRV-JPS-LABELS", value=database, reason=fault.en, reason_ja=fault.ja)
                    continue
                if prefix == "databases":
                    updated[database] = told.get("lastDataUpdated")
                record = incoming(told | {"id": database})
                if record is not None:
                    found.append((prefix, record))
        with self.store.writing() as connection:
            for prefix, record in found:
                put(connection, self.source, prefix, [record], max(clock(), self.started))
        self.state["updated"] = updated
        self._compare_updates(kept)

    def _database(self, name: str) -> dict[str, Any]:
        return self.client.one("database", name)

    def _labels(self, name: str) -> dict[str, Any]:
        return self.client.labels(name)

    def _compare_updates(self, kept: Kept | None) -> None:
        """Nothing to do when no database was updated since; what ``lastDataUpdated`` means is inferred."""
        if not self.request.if_updated or kept is None or kept.finished is None or kept.state.get("gaps"):
            return
        before, now = kept.state.get("updated") or {}, self.state["updated"]
        if now and before == now and all(now.values()):
            self.outcome.tell("HRV-JPS-NOT-UPDATED", value=", ".join(now))
            self.state = kept.state | {"done": True, "skipped": True, "updated": now}
            self.started = kept.started

    def _finish(self) -> None:
        state, request = self.state, self.request
        with self.store.writing() as connection:
            if request.whole and not state["gaps"] and not state.get("skipped"):
                self._gone(connection)
            note(connection, self.source, self.web.take_log())
            self._save(connection, finished=max(clock(), self.started))
        self.outcome.gaps = sum(gap["records"] for gap in state["gaps"])
        self.outcome.complete = True
        if not state["hit"] and not state["distinct"]:
            self.outcome.tell("HRV-JPS-NONE")

    def _gone(self, connection: Connection) -> None:
        """What the store holds of a whole that the server no longer has."""
        chosen = (connection, self.source, self.prefix, self.started, self.request.query.databases or ())
        left = unseen(*chosen)
        if not left:
            return
        if self.request.missing_deleted and self.state["distinct"]:
            self.outcome.counts.deleted += delete_unseen(*chosen)
        else:
            self.outcome.tell("HRV-JPS-UNSEEN", count=f"{left:,}")

    def _stop(self, fault: WebFault) -> None:
        """Leave the store so that the next run goes on from here."""
        with self.store.writing() as connection:
            note(connection, self.source, self.web.take_log())
        self.outcome.stopped = fault
        if self.state:
            self.outcome.gaps = sum(gap["records"] for gap in self.state["gaps"])

    def _forget(self) -> None:
        """A request that the server refuses from the start leaves nothing to go on with."""
        with self.store.writing() as connection:
            note(connection, self.source, self.web.take_log())
            if not self.outcome.resumed and not self.outcome.counts.total:
                forget(connection, self.source, self.request.name, self._kept)

    def _keep(self, page: Page | None = None) -> None:
        """One transaction: the records, the requests and how far the harvest came with them. Then the sink."""
        new: list[Incoming] = []
        with self.store.writing() as connection:
            if page is not None:
                new = self._put(connection, page.records)
                self._advance(page, len(new))
            note(connection, self.source, self.web.take_log(), records=len(new))
            self._save(connection)
        if new and self.sink is not None:
            self.sink(new)
        if self.progress is not None:
            self.outcome.requests = self.web.requests
            self.progress(self.outcome, self._size())

    def _put(self, connection: Connection, records: Sequence[Incoming]) -> list[Incoming]:
        """Keep what was not seen in this harvest yet, as far as it is wanted."""
        names = list(dict.fromkeys(record.identifier for record in records))
        seen = seen_since(connection, self.source, self.prefix, names, self.started)
        new = list({record.identifier: record for record in records if record.identifier not in seen}.values())
        if self.request.limit is not None:
            new = new[: self.request.limit - self.state["distinct"]]
        self.state["distinct"] += len(new)
        kept = [replace(record, payload=None) for record in new] if self.slim else new
        at = max(clock(), self.started)
        self.outcome.counts.add(put(connection, self.source, self.prefix, kept, at, run=self.started))
        return new

    def _save(self, connection: Connection, *, finished: int | None = None) -> None:
        self.state["counts"] = self.outcome.counts.to_dict()
        name = self.request.name
        save(connection, self.source, name, started=self.started, state=self.state, finished=finished)

    def _size(self) -> int | None:
        """How many records this harvest will come to."""
        hit: int | None = self.state["hit"]
        limit = self.request.limit
        if hit is None:
            return limit
        left = max(0, hit - (self.request.start or 0))
        return left if limit is None else min(left, limit)

    # ── Pages ────────────────────────────────────────────────────────────────────────────────────

    def _step(self) -> None:
        """The next page."""
        scrolls = self.state["mode"] == "scroll"
        self._asked += 1
        try:
            page = self._scroll_page() if scrolls else self._search_page()
        except Unreadable as fault:
            self._unreadable(fault, None)
            return
        except WebFault as fault:
            if fault.kind not in _PASSING:
                raise
            self._unreadable(Unreadable(fault.kind, fault.address, fault.detail, status=fault.status), fault)
            return
        self._faults = 0
        self._keep(page)

    def _advance(self, page: Page, new: int) -> None:
        """How far the harvest is with this page, whose records are kept; ``new``: of which so many came first."""
        now = self.state["now"]
        now["stale"] = 0 if new else now["stale"] + page.length
        self._note(page)
        if self._repeated(page):
            self._again("HRV-JPS-LOOP", value=self._place())
        elif self.state["mode"] == "scroll":
            self._scrolled(page)
        else:
            self._searched(page, self._wanted)
        if self._enough():
            self.state["done"] = True

    def _search_page(self) -> Page:
        now, request = self.state["now"], self.request
        retries = None if now["size"] == request.size else 1
        self._wanted = size_now(request, self.state)
        return self.client.search(request.query, now["from"], self._wanted, retries=retries)

    def _scroll_page(self) -> Page:
        return self.client.scroll(self.request.query, self.state["now"]["scroll"])

    def _place(self) -> str:
        now = self.state["now"]
        return f"from={now['from']}" if self.state["mode"] == "search" else f"scroll {now['pages']}"

    def _enough(self) -> bool:
        return self.request.limit is not None and self.state["distinct"] >= self.request.limit

    def _note(self, page: Page) -> None:
        """What a page says of the whole. An empty page in the midst that says 0 says only that it has nothing."""
        state, now = self.state, self.state["now"]
        if page.hit is not None and state["hit"] is not None and page.hit != state["hit"]:
            self._tell_once("HRV-JPS-HIT", value=f"{page.hit:,}", before=f"{state['hit']:,}")
            now["moved"] = True
        if page.hit is not None and (page.hit or page.length or not state["hit"]):
            state["hit"] = page.hit
        if page.nameless:
            self._tell_once("HRV-JPS-NAMELESS", value=self._place(), count=page.nameless)

    def _repeated(self, page: Page) -> bool:
        """Whether a page came before in this pass: among the last ones or, in longer loops, at one of Brent's marks."""
        now = self.state["now"]
        if not page.records:
            return False
        mark = hashlib.sha256("\n".join(page.ids).encode()).hexdigest()[:16]
        if mark in now["marks"] or mark == now["check"]:
            return True
        if now["pages"] >= now["power"]:
            now["check"], now["power"] = mark, now["power"] * 2
        now["marks"] = [*now["marks"][-MARKS:], mark]
        return False

    # ── By from and size ─────────────────────────────────────────────────────────────────────────

    def _searched(self, page: Page, asked: int) -> None:
        state, now, request, hit = self.state, self.state["now"], self.request, self.state["hit"]
        if now["pages"] == 0 and (hit or 0) > request.reach and request.may_scroll and not state["no_scroll"]:
            state["mode"], state["now"] = "scroll", fresh()
            return
        now["pages"] += 1
        now["nameless"] += page.nameless
        now["from"] += min(page.length, asked)  # what is too many may come again
        end = min(request.reach, hit if hit is not None else request.reach)
        fewer = 0 < page.length < asked and hit is not None and now["from"] < end
        if page.length > asked or fewer:
            self._tell_once("HRV-JPS-SIZE", value=str(page.length), size=asked)
        if page.length:
            now["size"] = min(request.size, now["size"] * 2)
        if now["from"] >= end or not page.length or (hit is None and page.length < asked):
            self._searched_all(short=now["from"] < end and hit is not None)

    def _searched_all(self, *, short: bool) -> None:
        """The end of a pass: was everything had?"""
        state, hit = self.state, self.state["hit"] or 0
        if self.request.start is not None:
            if short and hit:
                self._tell_once("HRV-JPS-SHORT", value=f"{state['distinct']:,}", size=f"{hit:,}")
            state["done"] = True
        elif hit > self.request.reach and not short and state["why"]:
            self._gap("HRV-JPS-GAP", hit - state["distinct"], **_see(state["why"]))
        elif hit > self.request.reach and not short:
            reach = f"{self.request.reach:,}"
            self._gap("HRV-JPS-BEYOND", hit - state["distinct"], size=f"{hit:,}", reach=reach)
        else:
            self._check()

    def _check(self) -> None:
        """Done, when as many records were had as there are."""
        state, now = self.state, self.state["now"]
        hit = state["hit"] or 0
        if state["distinct"] + now["nameless"] + now["lost"] < hit and not self._enough():
            self._again("HRV-JPS-SHORT", value=f"{state['distinct']:,}", size=f"{hit:,}")
        elif now["moved"] and state["mode"] == "search" and state["restarts"] < RESTARTS and not self.request.limit:
            self._anew()  # positions moved, so something may have slipped through
        elif now["nameless"] or now["lost"]:
            self._gap("HRV-JPS-GAP", now["nameless"] + now["lost"], **_see("HRV-JPS-RECORD / HRV-JPS-NAMELESS"))
        else:
            state["done"] = True

    def _again(self, code: str, *, value: str, **slots: Any) -> None:
        """Go through the search again; when that was no help, tell what is missing."""
        state, request = self.state, self.request
        self._tell_once(code, value=value, **slots)
        missing = (state["hit"] or 0) - state["distinct"]
        if request.start is not None or (missing <= 0 and state["hit"] is not None):
            state["done"] = True
        elif state["restarts"] < RESTARTS:
            self._anew()
        elif state["mode"] == "scroll":  # as far as a search reaches, something more may be had
            state["no_scroll"], state["why"], state["mode"] = True, code, "search"
            state["now"] = fresh(0, request.size)
        else:
            self._gap("HRV-JPS-GAP", missing, **_see(code))

    def _anew(self) -> None:
        """From the beginning: by scroll, which is a snapshot, where there is one."""
        state, request = self.state, self.request
        state["restarts"] += 1
        scrolls = request.query.scroll is not None and not state["no_scroll"]
        state["mode"], state["now"] = "scroll" if scrolls else "search", fresh(0, request.size)

    def _gap(self, code: str, missing: int, **slots: Any) -> None:
        if missing > 0:
            self.state["gaps"].append({"reason": code, "records": missing})
            self.outcome.tell(code, value=f"{missing:,}", **slots)
        self.state["done"] = True

    # ── By scroll ────────────────────────────────────────────────────────────────────────────────

    def _scrolled(self, page: Page) -> None:
        state, now = self.state, self.state["now"]
        now["pages"] += 1
        now["nameless"] += page.nameless
        now["empty"] = 0 if page.length else now["empty"] + 1
        now["scroll"] = page.scroll
        if page.scroll is None or now["empty"] >= EMPTY_PAGES:
            self._check()
        elif now["stale"] > state["distinct"] + SLACK:  # a loop that never gives the same page
            self._again("HRV-JPS-LOOP", value=self._place())

    # ── Pages that cannot be had ─────────────────────────────────────────────────────────────────

    def _unreadable(self, fault: Unreadable, web: WebFault | None) -> None:
        state, now = self.state, self.state["now"]
        stop = web or _told(fault)
        self._faults += 1
        if state["hit"] is None and not self.outcome.resumed:
            self._look_around(fault, web)
        if state["mode"] == "scroll":
            self._lost_scroll(fault, stop)
        elif fault.status is not None and web is None:
            raise stop
        else:
            self._page(fault)
            asked = size_now(self.request, state)
            if self._faults == 1 or asked == 1:
                self._probe(stop)
            if self._faults >= IN_A_ROW:
                raise stop
            if asked > 1:
                now["size"] = max(1, asked // 2)
            else:
                self._lost_one(fault)
        self._keep()

    def _look_around(self, fault: Unreadable, web: WebFault | None) -> None:
        """The first answer of all cannot be read: is it this page, or is there no such API?"""
        told = web or _nothing_there(fault)
        if web is None and fault.status is not None:
            raise told
        try:
            self._probe(_told(fault))
        except WebFault as also:
            raise told from also

    def _page(self, fault: Unreadable) -> None:
        """Tell of a page, once for each reason."""
        if fault.en not in self._told:
            self._told.add(fault.en)
            self.outcome.tell("HRV-JPS-PAGE", value=fault.address, reason=fault.en, reason_ja=fault.ja)

    def _lost_one(self, fault: Unreadable) -> None:
        """The record at this position cannot be had: go on behind it."""
        now = self.state["now"]
        self.outcome.tell("HRV-JPS-RECORD", value=f"{now['from'] + 1:,}", reason=fault.en, reason_ja=fault.ja)
        now["from"] += 1
        now["lost"] += 1
        if now["from"] >= min(self.request.reach, self.state["hit"] or 0):
            self._searched_all(short=False)

    def _lost_scroll(self, fault: Unreadable, stop: WebFault) -> None:
        """A scroll that expired is begun again; so is one with a page that cannot be had, while the server answers."""
        state, now = self.state, self.state["now"]
        refused = fault.kind == "other" or fault.status in EXPIRED
        if refused and now["scroll"] is not None:
            if self.outcome.resumed and self._asked == 1:
                state["restarts"] -= 1  # it grew old while nobody harvested
            self._again("HRV-JPS-SCROLL", value=fault.detail or fault.kind)
            return
        self._page(fault)
        self._probe(stop)
        if now["scroll"] is None and refused:
            state["no_scroll"], state["mode"], state["now"] = True, "search", fresh(0, self.request.size)
            return
        self._again("HRV-JPS-SCROLL", value=fault.detail or fault.kind)

    def _probe(self, stop: WebFault) -> None:
        """Raise ``stop`` when the server does not give another record either."""
        now = self.state["now"]
        elsewhere = int(self.state["mode"] == "search" and now["from"] == 0)
        try:
            self.client.search(self.request.query, elsewhere, 1, retries=0)
        except (Unreadable, WebFault) as also:
            raise stop from also

    def _tell_once(self, code: str, *, value: str | None = None, **slots: Any) -> None:
        if code not in self._told:
            self._told.add(code)
            self.outcome.tell(code, value=value, **slots)


def _see(code: str) -> dict[str, str]:
    return {"reason": f"see {code}", "reason_ja": f"{code} のとおり"}


def _told(fault: Unreadable) -> WebFault:
    """An answer that cannot be read as the reason why a harvest stops."""
    told = WebFault("status", fault.address, fault.en, status=fault.status)
    told.ja = fault.ja
    return told


def _nothing_there(fault: Unreadable) -> UsageError:
    en = f"{fault.address}: no answer of Japan Search's API ({fault.en})"
    return UsageError(en, f"{fault.address}：ジャパンサーチの API の答えではありません（{fault.ja}）。")
