"""The six verbs of OAI-PMH 2.0 (§4) as questions and answers.

``with Web() as web: OaiClient("https://example.jp/oai", web).identify()``. Needs the extra ``harvest``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from convert.errors import MokurokuError
from convert.harvest.oai.answer import NotOaiError, Page, child_text, children, read_page, text_of
from convert.harvest.oai.dates import DAY, SECOND, normal
from convert.harvest.web import REASONS, WebFault, check_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convert.harvest.web import Fetched, Web

EMPTY_PAGES: Final = 20
"""Pages without a record, one after the other, that are taken for a list that does not come to an end."""
LONGEST_LIST: Final = 100_000
"""Pages of sets after which a server is not asked on."""


class OaiFault(MokurokuError):  # noqa: N818 - what a server did
    """A page cannot be had. ``kind``: that of :class:`NotOaiError`, ``status`` or ``too-large``; ``page``: what could.

    The server may well answer other questions.
    """

    def __init__(
        self, kind: str, address: str, detail: str, page: Page | None = None, *, status: int | None = None
    ) -> None:
        self.kind, self.address, self.detail, self.page, self.status = kind, address, detail, page, status
        self.ja = REASONS.get(kind, detail)
        super().__init__(f"{address}: {detail}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a repository says of itself (§4.2). ``granularity`` is one of the two legal ones."""

    name: str = ""
    base_url: str = ""
    version: str = ""
    earliest: str | None = None
    deleted: str = ""
    granularity: str = DAY
    emails: tuple[str, ...] = ()
    response_date: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "repositoryName": self.name, "baseURL": self.base_url, "protocolVersion": self.version,
            "earliestDatestamp": self.earliest, "deletedRecord": self.deleted, "granularity": self.granularity,
            "adminEmail": list(self.emails), "responseDate": self.response_date,
        }  # fmt: skip


@dataclass(slots=True)
class OaiClient:
    """Asks one repository. ``prefix_with_token``: metadataPrefix stands beside the token, which some servers demand.

    ``none``: HTTP statuses that say that there is nothing. ``final``: those after which nothing more is asked, and why,
    in English and Japanese.
    """

    address: str
    web: Web
    prefix_with_token: str | None = None
    none: frozenset[int] = frozenset()
    final: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.address = check_address(self.address)

    def ask(self, arguments: dict[str, str], *, retries: int | None = None) -> Page:
        """The page that answers. An answer that breaks off, or is no XML, is asked for once more.

        Raises :class:`OaiFault` when it cannot be read, :class:`WebFault` when none came.
        """
        try:
            return self._once(arguments, retries)
        except OaiFault as fault:
            if fault.kind not in ("cut", "malformed", "empty"):
                raise
        return self._once(arguments, retries)

    def _once(self, arguments: dict[str, str], retries: int | None) -> Page:
        fetched = self.web.get(self.address, arguments, retries=retries)
        if fetched.status in self.final:
            raise self._forbidden(fetched)
        try:
            page = read_page(fetched.body, name=fetched.address)
        except NotOaiError as error:
            if fetched.status in self.none:
                return _nothing(arguments, fetched.status)
            if fetched.status >= 400:
                raise _bare(fetched.address, fetched.status) from error
            raise OaiFault(error.kind, fetched.address, error.detail or error.kind, error.page) from error
        if fetched.status in self.none and not page.errors:
            return _nothing(arguments, fetched.status)
        if fetched.status >= 400 and not page.errors:
            raise _bare(fetched.address, fetched.status)
        if not page.errors and not _answers(arguments["verb"], page.verb):
            raise OaiFault("other", fetched.address, f"{arguments['verb']} → {page.verb or '-'}")
        return page

    def _forbidden(self, fetched: Fetched) -> WebFault:
        en, ja = self.final[fetched.status]
        fault = WebFault("forbidden", fetched.address, en, status=fetched.status)
        fault.ja = ja
        return fault

    def list_page(self, arguments: dict[str, str], token: str | None, *, retries: int | None = None) -> Page:
        """A page of a list: the first one, or the one that a token stands for (§3.5: the token alone)."""
        if token is None:
            return self.ask(arguments, retries=retries)
        again = {"verb": arguments["verb"], "resumptionToken": token}
        if self.prefix_with_token is not None:
            again["metadataPrefix"] = self.prefix_with_token
        return self.ask(again, retries=retries)

    # ── The verbs ────────────────────────────────────────────────────────────────────────────────

    def identify(self, *, retries: int | None = None) -> Identity:
        """Identify. Raises :class:`OaiFault` when the answer tells an error."""
        page = self._answered({"verb": "Identify"}, retries=retries)
        element = page.element
        stated = child_text(element, "granularity").replace(" ", "")
        return Identity(
            child_text(element, "repositoryName"),
            child_text(element, "baseURL"),
            child_text(element, "protocolVersion"),
            normal(child_text(element, "earliestDatestamp"))[0],
            child_text(element, "deletedRecord").lower(),
            SECOND if "T" in stated.upper() else DAY,
            tuple(text_of(child) for child in children(element, "adminEmail")),
            normal(page.response_date)[0],
        )

    def formats(self, identifier: str | None = None) -> list[dict[str, str]]:
        """ListMetadataFormats: prefix, schema and namespace of each."""
        arguments = {"verb": "ListMetadataFormats"} | ({"identifier": identifier} if identifier else {})
        page = self._answered(arguments)
        names = ("metadataPrefix", "schema", "metadataNamespace")
        return [{name: child_text(child, name) for name in names} for child in children(page.element, "metadataFormat")]

    def sets(self) -> Iterator[dict[str, str]]:
        """ListSets: setSpec and setName of each, page by page."""
        token: str | None = None
        seen: set[str] = set()
        for _ in range(LONGEST_LIST):
            page = self.list_page({"verb": "ListSets"}, token)
            if page.errors and page.element is None:
                if page.error("noSetHierarchy") is not None:
                    return
                raise _told(self.address, page)
            for child in children(page.element, "set") if page.element is not None else ():
                yield {"setSpec": child_text(child, "setSpec"), "setName": child_text(child, "setName")}
            token = page.token
            if not token or token in seen:
                return
            seen.add(token)

    def record(self, identifier: str, prefix: str, *, retries: int | None = None) -> Page:
        """GetRecord: a page with one record, or with the server's error."""
        arguments = {"verb": "GetRecord", "identifier": identifier, "metadataPrefix": prefix}
        return self.ask(arguments, retries=retries)

    def headers(self, prefix: str, **more: str) -> Iterator[Page]:
        """ListIdentifiers, page by page. ``more``: ``from_``, ``until``, ``set``."""
        return self._pages("ListIdentifiers", prefix, more)

    def records(self, prefix: str, **more: str) -> Iterator[Page]:
        """ListRecords, page by page; see :meth:`headers`. Harvesting into a store is in ``run``."""
        return self._pages("ListRecords", prefix, more)

    def _pages(self, verb: str, prefix: str, more: dict[str, str]) -> Iterator[Page]:
        arguments = {"verb": verb, "metadataPrefix": prefix} | {name.rstrip("_"): value for name, value in more.items()}
        token: str | None = None
        seen: set[int] = set()
        empty = 0
        while True:
            page = self.list_page(arguments, token)
            if page.errors and not page.records:
                if page.error("noRecordsMatch") is not None:
                    return
                raise _told(self.address, page)
            mark = hash(tuple(record.identifier for record in page.records))
            empty = 0 if page.records else empty + 1
            if (page.records and mark in seen) or empty > EMPTY_PAGES:
                raise OaiFault("loop", self.address, "the same page comes again and again")
            yield page
            seen.add(mark)
            token = page.token
            if not token:
                return

    def _answered(self, arguments: dict[str, str], *, retries: int | None = None) -> Page:
        page = self.ask(arguments, retries=retries)
        if page.element is None:
            raise _told(self.address, page)
        return page


def _answers(asked: str, given: str | None) -> bool:
    """Whether an answer is one to the question; a record asked for alone may come as a list."""
    return given == asked or (asked == "GetRecord" and given == "ListRecords")


def _nothing(arguments: dict[str, str], status: int) -> Page:
    """The page that a status stands for: with the error that OAI-PMH has for it."""
    single = arguments["verb"] == "GetRecord"
    code = "noSetHierarchy" if arguments["verb"] == "ListSets" else "idDoesNotExist" if single else "noRecordsMatch"
    return Page(errors=[(code, f"HTTP {status}")], status=status)


def _bare(address: str, status: int) -> OaiFault:
    return OaiFault("status", address, f"HTTP {status}", status=status)


def _told(address: str, page: Page) -> OaiFault:
    code, text = page.errors[0] if page.errors else ("", "no answer to the question")
    return OaiFault("error", address, f"{code}: {text}".strip(": "), page)


__all__ = ["Identity", "OaiClient", "OaiFault", "WebFault"]
