"""A harvest of Japan Search as plain data: the request, and how far it came, which the store keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convert.errors import OptionError
from convert.harvest.japansearch.client import scroll_address, search_address
from convert.harvest.japansearch.kinds import BASE, MOST, REACH
from convert.harvest.japansearch.query import check_length, check_window
from convert.harvest.web import check_address, without_secrets

if TYPE_CHECKING:
    from convert.harvest.japansearch.query import Query
    from convert.harvest.state import Kept

VERSION: Final = 1
SOURCE: Final = "japansearch"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be harvested. ``source``: its name in the store; ``start``, ``size``: the API's ``from`` and ``size``.

    With ``start`` it is a window of the search and never a scroll. ``limit``: records at most. ``restart``: forget a
    harvest that was broken off. ``missing_deleted``: what is no longer found is marked as deleted. ``if_updated``: only
    when the databases say that they were updated since. ``reach``: what ``from + size`` may come to. Raises
    :class:`OptionError` for what the API does not take.
    """

    query: Query
    address: str = BASE
    source: str = SOURCE
    start: int | None = None
    size: int = MOST
    limit: int | None = None
    restart: bool = False
    missing_deleted: bool = False
    if_updated: bool = False
    reach: int = REACH

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", check_address(self.address).rstrip("/"))
        check_window(self.start, self.size, self.limit, self.reach)
        check_length(search_address(self.address, self.query, self.reach, MOST))
        if self.missing_deleted and not (self.whole and len(self.query.databases or ()) < 2):
            en = "is for all of a kind or for one whole database, without other conditions, --from and --limit"
            ja = "種類の全体か、一つのデータベース全体（--database）のときだけです（ほかの条件、--from、--limit なし）"
            raise OptionError("--missing-deleted", None, en, ja)
        if self.if_updated and not (self.whole and self.query.databases):
            en, ja = "is for whole databases (--database)", "データベース全体（--database）のときだけ使えます"
            raise OptionError("--if-updated", None, en, ja)

    @property
    def whole(self) -> bool:
        """Whether everything of a kind, or of databases, is wanted."""
        return self.query.databases is not None and self.start is None and self.limit is None

    @property
    def name(self) -> str:
        """What tells this harvest from others of its source."""
        start = f" from={self.start}" if self.start is not None else ""
        return self.query.name + start + (f" limit={self.limit}" if self.limit is not None else "")

    def goes_on(self, kept: Kept | None) -> bool:
        """Whether this is the harvest that was broken off."""
        return kept is not None and kept.finished is None and not self.restart and kept.state.get("version") == VERSION

    def to_dict(self) -> dict[str, Any]:
        """For the store; without secrets."""
        return {"address": without_secrets(self.address), "search": self.name}

    @property
    def may_scroll(self) -> bool:
        """Whether a scroll leads to what this request wants."""
        return self.query.scroll is not None and self.start is None and (self.limit is None or self.limit > self.reach)


def fresh(start: int = 0, size: int = MOST) -> dict[str, Any]:
    """How far one pass over the records came: nowhere."""
    return {
        "from": start, "size": size, "scroll": None, "pages": 0, "stale": 0, "nameless": 0, "empty": 0, "lost": 0,
        "moved": False, "marks": [], "check": None, "power": 64,
    }  # fmt: skip


def first_state(request: Request) -> dict[str, Any]:
    """The state at the start of a harvest."""
    now = fresh(request.start or 0, request.size)
    return {
        "version": VERSION, "request": request.to_dict(), "mode": "search", "now": now, "hit": None, "distinct": 0,
        "restarts": 0, "gaps": [], "counts": {}, "updated": {}, "no_scroll": False, "why": "", "done": False,
    }  # fmt: skip


def planned(request: Request, kept: Kept | None) -> list[str]:
    """The addresses that will be asked first, for a dry run; what follows depends on the answers."""
    if kept is not None and request.goes_on(kept):
        return [] if kept.state["done"] else [next_address(request, kept.state)]
    found = []
    for database in request.query.databases or () if request.whole else ():
        found += [f"{request.address}/database/{database}", f"{request.address}/database/{database}/label"]
    start = request.start or 0
    end = start + 1 if request.limit is None else min(start + request.limit, request.reach)
    for at in range(start, end, request.size):
        size = min(request.size, request.reach - at, request.size if request.limit is None else end - at)
        found.append(search_address(request.address, request.query, at, size))
    return found


def next_address(request: Request, state: dict[str, Any]) -> str:
    """The address that is asked next."""
    now = state["now"]
    if state["mode"] == "scroll":
        return scroll_address(request.address, request.query, now["scroll"])
    return search_address(request.address, request.query, now["from"], size_now(request, state))


def size_now(request: Request, state: dict[str, Any]) -> int:
    """How many records are asked for next: never beyond the reach of a search, nor more than are still wanted."""
    now = state["now"]
    size: int = min(now["size"], request.size, request.reach - now["from"])
    if request.limit is not None:
        size = min(size, request.limit - state["distinct"])
    return max(1, size)
