"""Harvest holdings into a store: one NCID after the other, each answer kept in a transaction of its own.

What the store holds and is not too old is not asked for, so a harvest that was broken off goes on where it stopped,
with the same command.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from convert.harvest.cinii.client import CiniiClient, CiniiFault
from convert.harvest.cinii.keeping import HoldingsOutcome, settle, stored_form
from convert.harvest.cinii.query import check_parameters, prefix_of
from convert.harvest.state import load, note, save
from convert.harvest.web import WebFault, check_address, without_secrets
from convert.store.base import now as clock
from convert.store.lock import alone
from convert.store.records import put, seen_since, source_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.harvest.cinii.answer import Answer
    from convert.harvest.outcome import Outcome
    from convert.harvest.state import Kept
    from convert.harvest.web import Web
    from convert.store.base import Store

IN_A_ROW: Final = 5
"""NCIDs in a row that cannot be had, after which the server is given up."""
DAY: Final = 86_400
ASKED: Final = 500
"""NCIDs looked up in the store at a time."""
_PASSING: Final = frozenset({"status", "too-large", "timeout", "cut"})


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. ``parameters`` are checked; ``max_age``: days for which an answer is good (None: for ever);
    ``refresh``: everything anew.
    """

    address: str
    source: str = "cinii"
    form: str = "json"
    parameters: Mapping[str, str] = field(default_factory=dict)
    max_age: float | None = 30.0
    refresh: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", check_address(self.address))
        object.__setattr__(self, "parameters", check_parameters(self.parameters))

    @property
    def prefix(self) -> str:
        """What the records are called in the store: answers to other parameters are other records."""
        return prefix_of(self.parameters)


class Harvest:
    """One harvest. :meth:`run` does all of it."""

    def __init__(
        self,
        store: Store,
        web: Web,
        request: Request,
        ncids: Sequence[str],
        *,
        appid: str | None = None,
        outcome: HoldingsOutcome | None = None,
        progress: Callable[[Outcome, int | None], None] | None = None,
    ) -> None:
        self.store, self.web, self.request, self.progress = store, web, request, progress
        self.ncids = list(dict.fromkeys(ncids))
        self.client = CiniiClient(request.address, web, request.form, dict(request.parameters), appid)
        self.outcome = outcome or HoldingsOutcome(request.source)
        self.outcome.wanted = len(self.ncids)
        self.source = 0
        self.started = 0
        self._faults = 0

    def run(self) -> HoldingsOutcome:
        """Harvest. Raises :class:`UsageError` when another process is at it, :class:`RunError` when the store fails."""
        begun = time.monotonic()
        with alone(self.store, self.request.source):
            try:
                kept = self._begin()
                for ncid in self._wanted(kept):
                    self._fetch(ncid)
                self._end(finished=max(clock(), self.started))
                self.outcome.complete = True
            except WebFault as fault:
                self.outcome.stopped = fault
                self._end()
            finally:
                self.outcome.requests, self.outcome.received = self.web.requests, self.web.received
                self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    def _begin(self) -> Kept | None:
        with self.store.writing() as connection:
            self.source = source_id(connection, self.request.source, "cinii", without_secrets(self.request.address))
            kept = load(connection, self.source, self.request.prefix)
            unfinished = kept is not None and kept.finished is None
            self.outcome.resumed = unfinished
            self.started = max(clock(), 0 if kept is None else (kept.finished or kept.started) + 1)
            if kept is not None and unfinished and kept.state.get("refresh") and self.request.refresh:
                self.started = kept.started
            save(connection, self.source, self.request.prefix, started=self.started, state=self._state())
        return kept

    def _state(self) -> dict[str, Any]:
        return {
            "address": without_secrets(self.request.address), "refresh": self.request.refresh,
            "ncids": self.outcome.wanted, "fresh": self.outcome.fresh, "gaps": self.outcome.gaps,
            "counts": self.outcome.counts.to_dict(),
        }  # fmt: skip

    def _end(self, *, finished: int | None = None) -> None:
        with self.store.writing() as connection:
            self._note(connection)
            save(
                connection, self.source, self.request.prefix,
                started=self.started, state=self._state(), finished=finished,
            )  # fmt: skip

    def _note(self, connection: Any, records: int = 0) -> None:
        logged = self.web.take_log()
        for item in logged:
            item.note = None if item.note is None else self.client.hidden(item.note)
        note(connection, self.source, logged, records=records)

    def _wanted(self, kept: Kept | None) -> Iterator[str]:
        """The NCIDs to ask for."""
        since = fresh_since(self.request, self.started)
        for start in range(0, len(self.ncids), ASKED):
            some = self.ncids[start : start + ASKED]
            with self.store.reading() as connection:
                fresh = seen_since(connection, self.source, self.request.prefix, some, since)
            self.outcome.fresh += len(fresh)
            yield from (ncid for ncid in some if ncid not in fresh)

    # ── One NCID ─────────────────────────────────────────────────────────────────────────────────

    def _fetch(self, ncid: str) -> None:
        try:
            answer = self.client.ask(ncid)
        except CiniiFault as fault:
            self._gap(ncid, fault.detail, fault.ja, fault)
        except WebFault as fault:
            if fault.kind not in _PASSING or fault.status in (401, 403):
                raise
            self._gap(ncid, fault.detail, fault.ja, fault)
        else:
            self._faults = 0
            self._keep(ncid, answer)
        if self.progress is not None:
            self.progress(self.outcome, self.outcome.wanted - self.outcome.fresh - self.outcome.gaps)

    def _keep(self, ncid: str, answer: Answer) -> None:
        settle(answer, ncid, self.outcome)
        record = stored_form(ncid, answer, self.request.parameters)
        with self.store.writing() as connection:
            counts = put(connection, self.source, self.request.prefix, [record], max(clock(), self.started))
            self._note(connection, 1)
        self.outcome.counts.add(counts)
        self.outcome.holdings += len(answer.libraries)
        self.outcome.none += not answer.libraries

    def _gap(self, ncid: str, reason: str, ja: str, fault: CiniiFault | WebFault) -> None:
        """Tell what cannot be had, and give the server up when nothing can."""
        self.outcome.gaps += 1
        self.outcome.tell("HRV-CINII-GAP", value=ncid, reason=reason, reason_ja=ja)
        with self.store.writing() as connection:
            self._note(connection)
        asks_well = isinstance(fault, CiniiFault) and fault.status == 400
        self._faults = 0 if asks_well else self._faults + 1
        if self._faults >= IN_A_ROW:
            shown = self.client.shown(ncid)
            told = WebFault("status", shown, f"{IN_A_ROW} NCIDs in a row could not be had, the last one: {reason}")
            told.ja = f"続けて {IN_A_ROW} 件を取得できませんでした。最後の理由は「{ja}」"
            raise told


def fresh_since(request: Request, started: int) -> int:
    """The moment (seconds since 1970) since when an answer is good enough."""
    if request.refresh:
        return started
    return 0 if request.max_age is None else int(started - request.max_age * DAY)


def unasked(store: Store | None, request: Request, ncids: Sequence[str]) -> list[str]:
    """The NCIDs that a harvest would ask for now. Nothing is asked and nothing written."""
    from convert.errors import UnknownName  # noqa: PLC0415 - only here
    from convert.store.reading import known_source  # noqa: PLC0415

    if store is None or request.refresh:
        return list(dict.fromkeys(ncids))
    since, found = fresh_since(request, clock()), list(dict.fromkeys(ncids))
    with store.reading() as connection:
        try:
            source = known_source(connection, request.source)
        except UnknownName:
            return found
        fresh = seen_since(connection, source, request.prefix, found, since)
    return [ncid for ncid in found if ncid not in fresh]
