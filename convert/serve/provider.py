"""The answers of an OAI-PMH 2.0 data provider. Each is a pure function of arguments, settings, store and clock."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from convert.deliver.snapshots.shaping import OAI_DC
from convert.formats.dcndl.escape import attribute, text
from convert.serve import dates, tokens
from convert.serve.arguments import Asked, Error, Pairs, asked
from convert.serve.tokens import Token
from convert.serve.view import MOST, Header, Range, Repository, View, repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

OAI: Final = "http://www.openarchives.org/OAI/2.0/"
IDENTIFIER: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"
DC: Final = "oai_dc"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_HEAD: Final = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}" xmlns:xsi="{_XSI}" '
    f'xsi:schemaLocation="{OAI} {OAI}OAI-PMH.xsd">\n'
)
_KEPT: Final = 256
DCNDL_NAMESPACE: Final = "http://ndl.go.jp/dcndl/terms/"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a delivery is served.

    ``page``, ``headers``, ``sets``: of records, headers and sets the most in one answer; ``page_bytes``: about the most
    bytes of contents in one, though never less than one record. ``lifetime`` of tokens in seconds. ``schema``: address
    of the schema of DC-NDL(RDF) that ListMetadataFormats names.
    """

    base_url: str
    title: str
    emails: tuple[str, ...]
    days: bool = False
    page: int = 200
    headers: int = 1000
    sets: int = 1000
    page_bytes: int = 8 * 2**20
    lifetime: int = 3 * 86400
    compression: bool = True
    schema: str = DCNDL_NAMESPACE


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: the document, and what it is for those who count. ``verb`` None: none that there is."""

    body: bytes
    verb: str | None
    errors: tuple[str, ...] = ()
    records: int = 0


class EmptyError(LookupError):
    """There is no delivery with the name, or no snapshot of it yet."""


class _Refused(Exception):  # noqa: N818 - an answer like any other
    def __init__(self, *errors: Error) -> None:
        self.errors = errors


class Provider:
    """Answers for one delivery, ``name``."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self._counts = _Counts()

    def answer(self, pairs: Pairs | None, connection: Connection, clock: int) -> Answer:
        """The answer to some arguments; None: they were too many to read. Raises :class:`EmptyError`."""
        found = asked(pairs, days=self.settings.days)
        if isinstance(found, list):
            return self._refused(None, found, clock)
        of = repository(connection, self.name)
        if of is None:
            raise EmptyError(self.name)
        turn = _Turn(self.settings, View(connection, of, clock), self._counts, found)
        try:
            parts, records = turn.parts()
        except _Refused as refused:
            return self._refused(found, refused.errors, clock)
        body = b"".join([self._start(found, clock).encode(), *parts, b"</OAI-PMH>\n"])
        return Answer(body, found.verb, (), records)

    def _start(self, found: Asked | None, clock: int) -> str:
        told = "".join(f' {name}="{attribute(value)}"' for name, value in found.echo) if found is not None else ""
        when = dates.written(clock)
        return f"{_HEAD}<responseDate>{when}</responseDate>\n<request{told}>{text(self.settings.base_url)}</request>\n"

    def _refused(self, found: Asked | None, errors: Sequence[Error], clock: int) -> Answer:
        told = "".join(f'<error code="{error.code}">{text(error.text)}</error>\n' for error in errors)
        body = f"{self._start(found, clock)}{told}</OAI-PMH>\n".encode()
        return Answer(body, found.verb if found is not None else None, tuple(error.code for error in errors))


class _Counts:
    """Sizes of lists that were counted; they never change, as their snapshots are frozen."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, Range], int] = OrderedDict()
        self._lock = Lock()

    def of(self, view: View, wanted: Range) -> int:
        key = (view.repository.key, wanted)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        count = view.count(wanted)
        with self._lock:
            self._known[key] = count
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return count


class _Turn:
    """One request that keeps the rules for arguments."""

    def __init__(self, settings: Settings, view: View, counts: _Counts, given: Asked) -> None:
        self._settings, self._view, self._counts = settings, view, counts
        self._verb, self._given = given.verb, given.given
        newest = view.newest()
        if newest is None:
            raise EmptyError(view.repository.name)
        self._newest: int = newest

    @property
    def _of(self) -> Repository:
        return self._view.repository

    def parts(self) -> tuple[list[bytes], int]:
        """What stands inside the answer, and how many records or headers it has."""
        made: dict[str, Callable[[], tuple[list[bytes], int]]] = {
            "Identify": self._identify, "ListMetadataFormats": self._formats, "ListSets": self._sets,
            "GetRecord": self._record, "ListIdentifiers": self._list, "ListRecords": self._list,
        }  # fmt: skip
        return made[self._verb]()

    # ── The repository ───────────────────────────────────────────────────────────────────────────

    def _identify(self) -> tuple[list[bytes], int]:
        settings = self._settings
        earliest = dates.written(self._view.earliest() or 0, days=settings.days)
        parts = [
            f"<repositoryName>{text(settings.title)}</repositoryName>",
            f"<baseURL>{text(settings.base_url)}</baseURL>",
            "<protocolVersion>2.0</protocolVersion>",
            *(f"<adminEmail>{text(one)}</adminEmail>" for one in settings.emails),
            f"<earliestDatestamp>{earliest}</earliestDatestamp>",
            "<deletedRecord>persistent</deletedRecord>",
            f"<granularity>{'YYYY-MM-DD' if settings.days else 'YYYY-MM-DDThh:mm:ssZ'}</granularity>",
            *(["<compression>gzip</compression>"] if settings.compression else []),
            *self._described(),
        ]
        return [_wrapped("Identify", parts)], 0

    def _described(self) -> Iterator[str]:
        """What the guideline for identifiers says of them (oai-identifier), where they are of that form."""
        domain = self._of.domain
        if domain is None:
            return
        found = self._view.page(Range(self._newest, 0, MOST), 0, "", 1)
        sample = found[0].identifier if found else ""
        if not sample.startswith(f"oai:{domain}:"):
            return
        yield (
            f'<description><oai-identifier xmlns="{IDENTIFIER}" xsi:schemaLocation="{IDENTIFIER} {IDENTIFIER}.xsd">'
            f"<scheme>oai</scheme><repositoryIdentifier>{text(domain)}</repositoryIdentifier><delimiter>:</delimiter>"
            f"<sampleIdentifier>{text(sample)}</sampleIdentifier></oai-identifier></description>"
        )

    def _formats(self) -> tuple[list[bytes], int]:
        if "identifier" in self._given:
            self._found(self._given["identifier"])
        formats = (
            (DC, f"{OAI}oai_dc.xsd", OAI_DC),
            (self._of.prefix, self._settings.schema, DCNDL_NAMESPACE),
        )
        parts = [
            f"<metadataFormat><metadataPrefix>{prefix}</metadataPrefix><schema>{text(schema)}</schema>"
            f"<metadataNamespace>{namespace}</metadataNamespace></metadataFormat>"
            for prefix, schema, namespace in formats
        ]
        return [_wrapped("ListMetadataFormats", parts)], 0

    def _found(self, identifier: str) -> Header:
        found = self._view.record(identifier, self._newest)
        if found is None:
            raise _Refused(Error("idDoesNotExist", "No record of this repository has the identifier."))
        return found

    def _known_prefix(self, prefix: str) -> list[Error]:
        if prefix in (DC, self._of.prefix):
            return []
        return [Error("cannotDisseminateFormat", f"The formats of this repository are {DC} and {self._of.prefix}.")]

    # ── Sets ─────────────────────────────────────────────────────────────────────────────────────

    def _sets(self) -> tuple[list[bytes], int]:
        token = self._resumed()
        if token is None and not self._view.has_sets():
            raise _Refused(_NO_SETS)
        found = self._view.sets(token.identifier if token is not None else "", self._settings.sets + 1)
        shown, more = found[: self._settings.sets], len(found) > self._settings.sets
        if token is not None and not shown:
            raise _Refused(_BAD_TOKEN)
        parts = [f"<set><setSpec>{text(spec)}</setSpec><setName>{text(name)}</setName></set>" for spec, name in shown]
        if token is None and more:
            token = Token("ListSets", "", "", 0, 0, self._newest, 0, "", 0, self._view.set_count(), 0)
        if token is not None:
            following = replace(token, identifier=shown[-1][0], cursor=token.cursor + len(shown)) if more else None
            parts.append(self._token(token, following))
        return [_wrapped("ListSets", parts)], len(shown)

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def _record(self) -> tuple[list[bytes], int]:
        prefix = self._given["metadataPrefix"]
        found = self._view.record(self._given["identifier"], self._newest)
        errors = self._known_prefix(prefix)
        if found is None:
            errors.insert(0, Error("idDoesNotExist", "No record of this repository has the identifier."))
        if found is None or errors:
            raise _Refused(*errors)
        return [b"<GetRecord>\n", *self._records([found], prefix), b"</GetRecord>\n"], 1

    def _list(self) -> tuple[list[bytes], int]:
        settings, whole = self._settings, self._verb == "ListRecords"
        token = self._resumed()
        start = token or self._selected()
        of = Range(start.snapshot, start.first, start.last, self._view.set_number(start.set) if start.set else None)
        limit = settings.page if whole else settings.headers
        found = self._view.page(of, start.began, start.identifier, limit + 1)
        shown = _within(found[:limit], settings.page_bytes) if whole else found[:limit]
        more = len(found) > len(shown)
        if not shown:
            raise _Refused(_NONE if token is None else _BAD_TOKEN)
        given = list(self._records(shown, start.prefix)) if whole else list(self._headers(shown))
        parts = [f"<{self._verb}>\n".encode(), *given]
        if token is not None or more:
            size = start.size if token is not None else self._counts.of(self._view, of)
            last, cursor = shown[-1], start.cursor + len(shown)
            following = None
            if more:
                following = replace(start, began=last.began, identifier=last.identifier, cursor=cursor, size=size)
            parts.append(self._token(replace(start, size=size), following).encode())
        return [*parts, f"</{self._verb}>\n".encode()], len(shown)

    def _selected(self) -> Token:
        """The beginning of the list that the arguments ask for. Raises :class:`_Refused`."""
        given, view = self._given, self._view
        prefix, name = given["metadataPrefix"], given.get("set", "")
        errors = self._known_prefix(prefix)
        if name and not view.has_sets():
            errors.append(_NO_SETS)
        if errors:
            raise _Refused(*errors)
        first = view.first_since(dates.read(given["from"]) or 0) if "from" in given else 1
        last = view.last_until(dates.read(given["until"], last=True) or 0) if "until" in given else self._newest
        if first is None or last is None or first > last or (name and view.set_number(name) is None):
            raise _Refused(_NONE)
        return Token(self._verb, prefix, name, first, last, self._newest, first, "", 0, 0, 0)

    def _resumed(self) -> Token | None:
        """What the token says, where there is one. Raises :class:`_Refused`."""
        if "resumptionToken" not in self._given:
            return None
        found = tokens.opened(self._given["resumptionToken"], self._of.key, self._view.clock, self._settings.lifetime)
        if found is None or found.verb != self._verb or not self._view.stands(found.snapshot):
            raise _Refused(_BAD_TOKEN)
        return found

    def _token(self, this: Token, following: Token | None) -> str:
        told = f'completeListSize="{this.size}" cursor="{this.cursor}"'
        if following is None:
            return f"<resumptionToken {told}/>\n"
        clock = self._view.clock
        expires = dates.written(clock + self._settings.lifetime)
        signed = tokens.signed(replace(following, issued=clock), self._of.key)
        return f'<resumptionToken expirationDate="{expires}" {told}>{signed}</resumptionToken>\n'

    def _headers(self, found: Sequence[Header]) -> Iterator[bytes]:
        days = self._settings.days
        stamps = {
            number: dates.written(stamp, days=days)
            for number, stamp in self._view.stamps({one.began for one in found}).items()
        }
        for one in found:
            status = ' status="deleted"' if one.deleted else ""
            specs = "".join(f"<setSpec>{text(spec)}</setSpec>" for spec in one.sets)
            yield (
                f"<header{status}><identifier>{text(one.identifier)}</identifier>"
                f"<datestamp>{stamps[one.began]}</datestamp>{specs}</header>\n"
            ).encode()

    def _records(self, found: Sequence[Header], prefix: str) -> Iterator[bytes]:
        contents = self._view.contents([one.row for one in found if not one.deleted], dc=prefix == DC)
        for one, header in zip(found, self._headers(found), strict=True):
            yield b"<record>"
            yield header
            if not one.deleted:
                yield b"<metadata>"
                yield contents[one.row]
                yield b"</metadata>"
            yield b"</record>\n"


_BAD_TOKEN: Final = Error("badResumptionToken", "The token is none of ours, or has expired. Ask for the list anew.")
_NO_SETS: Final = Error("noSetHierarchy", "This repository has no sets.")
_NONE: Final = Error("noRecordsMatch", "No record is within the dates and the set.")


def _wrapped(name: str, parts: Sequence[str]) -> bytes:
    return "\n".join([f"<{name}>", *(part.rstrip("\n") for part in parts), f"</{name}>\n"]).encode()


def _within(found: Sequence[Header], most: int) -> list[Header]:
    """The first records whose contents are not larger together; at least one."""
    kept: list[Header] = []
    size = 0
    for one in found:
        size += one.size
        if kept and size > most:
            break
        kept.append(one)
    return kept
