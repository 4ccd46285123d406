"""Ask Japan Search's API: a page of a search, a page of a scroll, one record.

``with Web() as web: Client(BASE, web).search(query_of("items", keywords=["印象派"]))``. Needs the extra ``harvest``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from convert.errors import MokurokuError
from convert.harvest.japansearch.answer import REASONS, NotPageError, Page, read_object, read_page
from convert.harvest.japansearch.kinds import BASE, DEFAULT_SIZE
from convert.harvest.japansearch.query import encoded
from convert.harvest.web import check_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.harvest.japansearch.query import Query
    from convert.harvest.web import Web

T = TypeVar("T")


class Unreadable(MokurokuError):  # noqa: N818 - what a server did
    """An answer came that is no page. ``kind``: a key of :data:`convert.harvest.japansearch.answer.REASONS`.

    ``ja``, ``en``: what came, in words.
    """

    def __init__(self, kind: str, address: str, detail: str, *, status: int | None = None) -> None:
        self.kind, self.address, self.detail, self.status = kind, address, detail, status
        ja, en = REASONS[kind]
        self.ja = f"{ja}：{detail}" if detail else ja
        self.en = f"{en}: {detail}" if detail else en
        super().__init__(f"{address}: {self.en}")


@dataclass(slots=True)
class Client:
    """Asks the API at ``address``."""

    address: str
    web: Web

    def __post_init__(self) -> None:
        self.address = check_address(self.address or BASE).rstrip("/")
        self.web.manners = replace(self.web.manners, post=False)

    def search(self, query: Query, start: int = 0, size: int = DEFAULT_SIZE, *, retries: int | None = None) -> Page:
        """A page of a search. Raises :class:`Unreadable`, :class:`convert.harvest.web.WebFault`."""
        return self._page(search_address(self.address, query, start, size), retries)

    def scroll(self, query: Query, scroll: str | None, *, retries: int | None = None) -> Page:
        """A page of a scroll: the first, or that for which ``scroll`` stands."""
        return self._page(scroll_address(self.address, query, scroll), retries)

    def one(self, path: str, name: str, *, retries: int | None = None) -> dict[str, Any]:
        """One object: ``one("item", "kochizu_collection-172")``, ``one("database", "kochizu_collection")``."""
        return self._asked(f"{self.address}/{path}/{quote(name, safe='')}", read_object, retries)

    def labels(self, database: str, *, retries: int | None = None) -> dict[str, Any]:
        """The label definition of a database: ``fieldLabels`` with ``path`` and ``label``."""
        address = f"{self.address}/database/{quote(database, safe='')}/label"
        return self._asked(address, read_object, retries)

    def _page(self, address: str, retries: int | None) -> Page:
        return self._asked(address, read_page, retries)

    def _asked(self, address: str, read: Callable[[bytes], T], retries: int | None) -> T:
        """The answer; one that broke off or cannot be read is asked for once more."""
        try:
            return self._once(address, read, retries)
        except Unreadable as fault:
            if fault.status is not None:
                raise
        return self._once(address, read, retries)

    def _once(self, address: str, read: Callable[[bytes], T], retries: int | None) -> T:
        fetched = self.web.get(address, {}, retries=retries)
        try:
            if fetched.status >= 400:
                raise Unreadable("status", fetched.address, f"HTTP {fetched.status}", status=fetched.status)
            return read(fetched.body)
        except NotPageError as error:
            raise Unreadable(error.kind, fetched.address, error.detail) from error


def search_address(address: str, query: Query, start: int, size: int) -> str:
    """The address of a page of a search."""
    return f"{address}/{query.path}?{encoded([*query.pairs, ('from', start), ('size', size)])}"


def scroll_address(address: str, query: Query, scroll: str | None) -> str:
    """The address of a page of a scroll: the search alone at first, then the scrollId alone (guide 4.2.2)."""
    pairs = query.pairs if scroll is None else (("scrollId", scroll),)
    return f"{address}/{query.scroll}" + (f"?{encoded(pairs)}" if pairs else "")
