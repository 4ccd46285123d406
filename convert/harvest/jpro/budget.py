"""The requests that JPRO allows on a day of Japan, counted in the store and shared by every run on it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from convert.check.issue import Issue
from convert.harvest.jpro.contract import BUDGET, PAGE, next_day, today
from convert.harvest.web import WebFault, local_time
from convert.model import Location
from convert.store.counters import at_least, count_of, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.store.base import Store

_ALWAYS: Final = "-"  # the day of what is no daily counter


@dataclass(slots=True)
class Budget:
    """``take`` before every request; ``limited`` after a 429.

    All four addresses of a server, and images, count together: they belong to one contract.
    """

    store: Store
    address: str
    most: int = BUDGET
    clock: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        """What the counter is called in the store."""
        return f"jpro {urlsplit(self.address).netloc.rpartition('@')[2].lower()}"

    @property
    def day(self) -> str:
        """Today in Japan."""
        return today(self.clock()).isoformat()

    @property
    def used(self) -> int:
        """The requests of today, those of other runs too."""
        return count_of(self.store, self.name, self.day)

    @property
    def left(self) -> int:
        """What is left of today."""
        return max(0, self.most - self.used)

    @property
    def barred(self) -> int | None:
        """Until when a 429 said that nothing should be asked; None when that is over."""
        until = count_of(self.store, f"{self.name} 429", _ALWAYS)
        return until if until > self.clock() else None

    def take(self) -> None:
        """Count a request. Raises :class:`WebFault` when none is left, or after a 429."""
        fault = self.fault() or (None if take(self.store, self.name, self.day, most=self.most) else self._spent())
        if fault is not None:
            raise fault

    def fault(self) -> WebFault | None:
        """Why nothing can be asked now; None when it can."""
        barred = self.barred
        if barred is not None:
            fault = WebFault("budget", self.address, f"a 429 asked to wait until {local_time(barred)}", again=barred)
            fault.ja = f"要求が多すぎると言われ（429）、{local_time(barred)} まで待っています"
            return fault
        return None if self.left else self._spent()

    def _spent(self) -> WebFault:
        en = f"the {self.most:,} requests of {self.day} (Japan) are used up"
        fault = WebFault("budget", self.address, en, again=next_day(self.clock()))
        fault.ja = f"{self.day}（日本時間）の要求 {self.most:,} 回を使い切りました"
        return fault

    def limited(self, asked: float | None, *, patience: float) -> float:
        """Seconds to wait after a 429: as Retry-After asks, else to Japan's next day. Long waits bind all runs."""
        now = self.clock()
        wait = max(asked, 1.0) if asked is not None else max(next_day(now) - now, patience + 1)
        if wait > patience:
            at_least(self.store, f"{self.name} 429", _ALWAYS, int(now + wait))
        return wait

    def short_of(self, needed: int, source: str) -> Iterator[Issue]:
        """``JPR-BUDGET`` where more requests are needed than are left of today."""
        left = self.left
        if needed > left:
            yield Issue("JPR-BUDGET", Location(source), slots={"needed": needed, "left": left, "day": self.day})

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        used = self.used
        left = max(0, self.most - used)
        return {"day": self.day, "used": used, "most": self.most, "left": left, "records": left * PAGE}
