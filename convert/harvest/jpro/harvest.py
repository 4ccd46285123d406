"""Harvest JPRO into a store: lists by OAI-PMH, then images, within the requests of a day."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from convert.errors import UnknownName
from convert.harvest.jpro.budget import Budget
from convert.harvest.jpro.contract import DIALECT, HOST, PAGE, PREFIX, make_request
from convert.harvest.jpro.images import Images
from convert.harvest.oai.client import OaiClient
from convert.harvest.oai.dates import SECOND, written
from convert.harvest.oai.plan import first_state, planned
from convert.harvest.oai.run import Harvest
from convert.harvest.state import load
from convert.harvest.web import Manners, Web, WebFault
from convert.store.images import folder_of
from convert.store.lock import alone
from convert.store.reading import known_source
from convert.store.records import source_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convert.harvest.jpro.contract import Endpoint
    from convert.harvest.oai.plan import Request
    from convert.harvest.outcome import Outcome
    from convert.harvest.state import Kept
    from convert.store.base import Store


def patient(manners: Manners) -> Manners:
    """Manners as JPRO wants them: GET only."""
    return replace(manners, post=False)


def connect(
    budget: Budget,
    manners: Manners,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Web:
    """A connection whose every request is counted, and that heeds 429."""
    limited = partial(budget.limited, patience=manners.patience)
    return Web(patient(manners), sleep=sleep, clock=clock, before=budget.take, limited=limited)


# ── Beforehand ───────────────────────────────────────────────────────────────────────────────────


def japan_now(now: float) -> str:
    """The time in Japan in the form of a datestamp."""
    return written(datetime.fromtimestamp(now, UTC) + timedelta(hours=9), SECOND)


def plan(request: Request, store: Store | None, now: float) -> list[dict[str, str]]:
    """The arguments of the requests a harvest would begin with; those for further pages come on top."""
    return planned(request, store, dialect=DIALECT, latest=japan_now(now))


def expected(request: Request, store: Store, now: float) -> int:
    """How many requests lists will take at least: one a window, or what the server's own counts came to."""
    with store.reading() as connection:
        try:
            kept = load(connection, known_source(connection, request.source), request.name)
        except UnknownName:
            kept = None
    if kept is not None and request.goes_on(kept):
        return len(kept.state["tasks"]) + _pages_left(kept)
    state = first_state(request, kept, granularity="YYYY-MM-DD", latest=japan_now(now), dialect=DIALECT)
    windows = len(request.ids) or len(state["tasks"])
    again = kept is not None and (request.full or request.until is not None)
    return max(windows, _pages(kept) if again and kept is not None else 0)


def _pages_left(kept: Kept) -> int:
    size, received = kept.state["now"]["size"] or 0, kept.state["now"]["received"]
    return max(0, -(-int(size - received) // PAGE) - 1)


def _pages(kept: Kept) -> int:
    return -(-int(sum(kept.state.get("counts", {}).values())) // PAGE)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────


def publishers(endpoint: Endpoint, web: Web) -> list[dict[str, str]]:
    """Publishers that can be chosen with ``set``: ListSets."""
    return list(OaiClient(endpoint.address, web, none=DIALECT.none, final=DIALECT.final).sets())


def codes(endpoint: Endpoint, web: Web, request: Request, now: float) -> list[str]:
    """The product codes of what a request would fetch: ListIdentifiers."""
    client = OaiClient(endpoint.address, web, none=DIALECT.none, final=DIALECT.final)
    found: dict[str, None] = {}
    for arguments in planned(replace(request, restart=True), None, dialect=DIALECT, latest=japan_now(now)):
        more = {"from_": arguments["from"], "until": arguments["until"]}
        more |= {"set": request.set} if request.set else {}
        for page in client.headers(PREFIX, **more):
            found |= dict.fromkeys(record.identifier for record in page.records)
    return list(found)


class JproHarvest:
    """One harvest of one of the four addresses. :meth:`run` does all of it; see :func:`contract.make_request`."""

    def __init__(
        self,
        store: Store,
        web: Web,
        endpoint: Endpoint,
        request: Request,
        *,
        images: bool = False,
        folder: Path | None = None,
        progress: Callable[[Outcome, int | None], None] | None = None,
    ) -> None:
        self.store, self.web, self.endpoint, self.request, self.progress = store, web, endpoint, request, progress
        self.folder = folder_of(store, folder) if images else None
        self.inner = Harvest(store, web, request, dialect=DIALECT, progress=progress)
        self.images = self.wanted = 0
        self.fetching: Images | None = None

    def tell_progress(self, progress: Callable[[Outcome, int | None], None]) -> None:
        """Call this after every page and image."""
        self.progress = self.inner.progress = progress

    @property
    def outcome(self) -> Outcome:
        """What it came to so far."""
        return self.inner.outcome

    @property
    def state(self) -> dict[str, Any]:
        """How far the lists came."""
        return self.inner.state

    def run(self) -> Outcome:
        """Harvest. Raises :class:`UsageError` when JPRO refuses the request, or another process is at it."""
        outcome = self.inner.run()
        if outcome.complete and outcome.resumed:
            outcome = self._up_to_today(outcome)
        first = not self.request.ids and not self.state.get("incremental")
        if first and outcome.complete and not outcome.counts.total and not outcome.gaps:
            outcome.tell("JPR-NOTHING", value=self.request.address)
        if outcome.complete and self.folder is not None:
            self._fetch_images(outcome, self.folder)
        return outcome

    def _up_to_today(self, before: Outcome) -> Outcome:
        """What was broken off on an earlier day ends with that day: ask for the days since then, too."""
        request, now = self.request, japan_now(self.web.clock())
        if request.until is not None or request.ids or self.state["high"][:10] >= now[:10]:
            return before
        later = replace(request, full=False, restart=False)
        self.inner = Harvest(self.store, self.web, later, dialect=DIALECT, progress=self.progress)
        outcome = self.inner.run()
        outcome.resumed = True
        outcome.counts.add(before.counts)
        outcome.seconds += before.seconds
        outcome.issues[:0] = before.issues
        for code, count in before.instances.items():
            outcome.instances[code] = outcome.instances.get(code, 0) + count
        return outcome

    def _fetch_images(self, outcome: Outcome, folder: Path) -> None:
        begun = time.monotonic()
        with alone(self.store, self.request.source):
            self.fetching = images = self._images(outcome, folder)
            self.wanted = images.pending()
            try:
                images.run()
            except WebFault as fault:
                outcome.stopped, outcome.complete = fault, False
            finally:
                self.images = images.stored
                outcome.requests, outcome.received = self.web.requests, self.web.received
                outcome.seconds += time.monotonic() - begun

    def _images(self, outcome: Outcome, folder: Path) -> Images:
        with self.store.writing() as connection:
            source = source_id(connection, self.request.source, DIALECT.kind)
        bounded = bool(self.request.set or self.request.until or self.request.ids)
        return Images(
            self.store, self.web, self.endpoint, outcome,
            folder=folder, source=source, name=self.request.name, seen=self.inner.started if bounded else 0,
            progress=self.progress,
        )  # fmt: skip

    def pending_images(self) -> int:
        """How many images the records that are stored already still want."""
        if self.folder is None:
            return 0
        try:
            with self.store.reading() as connection:
                known_source(connection, self.request.source)
        except UnknownName:
            return 0
        if self.request.set or self.request.until or self.request.ids:
            return 0
        return self._images(self.inner.outcome, self.folder).pending()


__all__ = ["HOST", "Budget", "JproHarvest", "connect", "expected", "make_request", "plan"]
