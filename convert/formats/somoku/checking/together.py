"""What only all records together show: keys and copies that meet, records that look like one, library codes.

What a receiver does with any of these was found nowhere; the codes say what is inferred. Memory does not grow with the
number of records (``convert.check.duplicates``).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from convert.check.duplicates import IdSpool, find
from convert.check.issue import Issue
from convert.formats.somoku.charsets import narrow, readable
from convert.formats.somoku.checking.roles import texts
from convert.model import Location, Record
from convert.transforms._dates.model import lower
from convert.transforms._dates.read import read
from convert.values import isbn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from convert.formats.somoku.checking.values import Checks
    from convert.formats.somoku.checking.view import View

_SEP: Final = "\x1f"
_BETWEEN: Final = "\ue000"
_DELIVERED: Final = re.compile(r"updt([0-9]{4})_[0-9]{8}_[0-9]{2}(?:_[0-9]{2})?\.(?:dat|zip)")
_MOST: Final = 1000
"""Codes and places that are counted each."""
_CODES: Final = 20
"""Library codes of one file that are told."""
_WIDTH: Final = 20
_SHORTEST: Final = 6
"""Digits of a number padded with zeros, at least."""


class _Noted(Record):
    """What is noted of a record: where it is, its key, its first byte."""

    __slots__ = ("byte", "name")

    def __init__(self, record: Record, name: str | None) -> None:
        super().__init__(None, record.source, record.ordinal)
        self.name, self.byte = name, getattr(record, "byte", None)


@dataclass(slots=True)
class _Counted:
    """How often something occurs in a file, and where first."""

    at: Location
    ordinal: int
    record: str | None
    count: int = 1

    @classmethod
    def of(cls, noted: _Noted, path: str | None = None) -> _Counted:
        """The first of them."""
        return cls(Location(noted.source, byte=noted.byte, path=path), noted.ordinal, noted.name)


@dataclass(slots=True)
class _File:
    """What is counted in one file."""

    records: int = 0
    codes: dict[str, _Counted] = field(default_factory=dict)
    without: _Counted | None = None
    unnamed: dict[str, _Counted] = field(default_factory=dict)
    padded: Counter[int] = field(default_factory=Counter)
    plain: dict[int, _Counted] = field(default_factory=dict)


class Together:
    """What is kept of every record to compare them all. Without ``folder`` nothing is."""

    def __init__(self, checks: Checks, folder: Path | None = None) -> None:
        self._checks, self._roles = checks, checks.roles
        self._files: dict[str, _File] = {}
        self._folder = folder
        self._spools = {} if folder is None else {name: IdSpool(folder) for name in ("key", "copy", "book", "like")}

    def add(self, record: Record, name: str | None, seen: View, *, deleted: bool) -> None:
        """Note a record. ``name``: its key."""
        if not self._spools:
            return
        noted, values = _Noted(record, name), seen.values
        counted = self._files.get(record.source)
        if counted is None:
            counted = self._files[record.source] = _File()
        counted.records += 1
        for place in seen.unnamed:
            _count(counted.unnamed, place, noted, path=place)
        if name is not None:
            self._note("key", noted, _padded(name), "D" if deleted else "")
            _lengths(counted, noted, name)
        if deleted:
            return
        self._library(counted, noted, values)
        if self._roles.copy is not None:
            for number in dict.fromkeys(texts(values, f"{self._roles.holdings}.{self._roles.copy}")):
                self._note("copy", noted, number)
        if self._roles.union:
            self._likeness(noted, values)

    def _note(self, spool: str, noted: _Noted, identity: str, more: str = "") -> None:
        noted.id = f"{noted.name or ''}{_SEP}{more}{_SEP}{noted.byte}"
        self._spools[spool].add(noted, identity)

    def _library(self, counted: _File, noted: _Noted, values: Mapping[str, list[Any]]) -> None:
        if self._roles.library is None:
            return
        codes = texts(values, self._roles.library)
        for code in codes:
            _count(counted.codes, code, noted)
        if codes or not texts(values, self._roles.title):
            return
        if counted.without is None:
            counted.without = _Counted.of(noted)
        else:
            counted.without.count += 1

    def _likeness(self, noted: _Noted, values: Mapping[str, list[Any]]) -> None:
        known = self._roles
        titles = texts(values, known.title)
        if not titles:
            return
        volumes = [text for path in known.volumes for text in texts(values, path)]
        books = [number for text in texts(values, known.isbn) if (number := isbn.to_13(text)) is not None]
        if len(books) == 1:
            self._note("book", noted, _shown(books[0], titles[0], *volumes))
        year = _year(next(iter(texts(values, known.date)), ""))
        publishers = texts(values, known.publisher)
        if year and publishers:
            told = [text for path in (*known.editions, *known.creators) for text in texts(values, path)]
            self._note("like", noted, _shown(titles[0], *volumes, *told, *publishers, year), " ".join(books))

    # ── At the end ───────────────────────────────────────────────────────────────────────────────

    def issues(self) -> Iterator[Issue]:
        """Everything that is to be said, each thing at the later record."""
        if not self._spools:
            return
        for name, counted in self._files.items():
            yield from self._of_file(name, counted)
        yield from self._keys()
        for found in self._met("copy"):
            if found.name != found.first_name:
                yield found.issue("SMK-COPY-SHARED", f"{self._roles.holdings}.{self._roles.copy}", found.identity)
        same: set[int] = set()
        for found in self._met("book"):
            if found.name != found.first_name:
                if len(same) < _MOST:
                    same.add(found.ordinal)
                yield found.issue("SMK-SAME-BOOK", self._roles.isbn, found.identity)
        for found in self._met("like"):
            differ = found.more and found.first_more and found.more != found.first_more
            if found.name != found.first_name and found.ordinal not in same and not differ:
                yield found.issue("SMK-SAME-DESCRIPTION", self._roles.title, found.identity)

    def _keys(self) -> Iterator[Issue]:
        """Keys that differ by zeros only, that are deleted and there, that come again."""
        again: list[_Met] = []
        count = 0
        for found in self._met("key"):
            if found.name != found.first_name:
                yield found.issue("SMK-ID-ZEROS", self._roles.key, found.name)
            elif found.more != found.first_more:
                yield found.issue("SMK-DELETED-TOO", self._roles.key, found.name)
            elif found.more:
                yield found.issue("SMK-DELETED-TWICE", self._roles.key, found.name)
            else:
                again, count = again or [found], count + 1
        for found in again:
            yield found.issue("SMK-ID-AGAIN", self._roles.key, found.name, count=count)

    def _met(self, spool: str) -> Iterator[_Met]:
        for issue in find([(self._spools[spool].close(), 0, 0)]):
            yield _Met.of(issue)

    def _of_file(self, name: str, counted: _File) -> Iterator[Issue]:
        yield from self._of_library(name, counted)
        for place, where in sorted(counted.unnamed.items()):
            yield _issue("SMK-UNNAMED", where, None, None, {"place": place, "count": where.count})
        lengths = list(counted.padded)
        if len(lengths) == 1 and lengths[0] >= _SHORTEST:
            shorter = {length: where for length, where in counted.plain.items() if length < lengths[0]}
            count = sum(where.count for where in shorter.values())
            longer = any(length > lengths[0] for length in counted.plain)
            if count and not longer and 2 * count < counted.records:
                where = min(shorter.values(), key=lambda where: where.ordinal)
                slots = {"count": count, "length": lengths[0]}
                right = (where.record or "").rjust(lengths[0], "0")
                yield _issue("SMK-ID-LENGTHS", where, self._roles.key, where.record, slots, right)

    def _of_library(self, name: str, counted: _File) -> Iterator[Issue]:
        target = self._roles.library
        if counted.without is not None:
            slots = {"count": counted.without.count, "records": counted.records}
            yield _issue("SMK-LIBRARY-MISSING", counted.without, target, None, slots)
        codes = sorted(counted.codes.items(), key=lambda item: -item[1].count)
        for code, where in codes[1:_CODES]:
            more = {"count": where.count, "other": readable(codes[0][0])}
            yield _issue("SMK-LIBRARY-DIFFER", where, target, readable(code), more)
        named = _DELIVERED.fullmatch(PurePath(name).name)
        if named is not None and codes and codes[0][0] != named[1]:
            yield _issue("SMK-LIBRARY-FILE", codes[0][1], target, readable(codes[0][0]), {"file": named[1]})


@dataclass(frozen=True, slots=True)
class _Met:
    """A record and the first one that it meets."""

    source: str
    ordinal: int
    byte: int | None
    name: str
    more: str
    identity: str
    first: Location
    first_name: str
    first_more: str

    @classmethod
    def of(cls, issue: Issue) -> _Met:
        """From what the search for equal ids says; there the ids tell the places."""
        name, more, byte = (issue.record_id or "").rsplit(_SEP, 2)
        first_name, first_more, first_byte = issue.slots["id"].rsplit(_SEP, 2)
        first = Location(issue.slots["first"], byte=_number(first_byte))
        identity = issue.slots["identity"]
        return cls(
            issue.at.source, issue.ordinal or 0, _number(byte), name, more, identity, first, first_name, first_more
        )

    def issue(self, code: str, target: str | None, value: str, **slots: Any) -> Issue:
        """What is said at the later record."""
        at = Location(self.source, byte=self.byte, field=target)
        slots = {"first": str(self.first), "id": self.first_name, **slots}
        return Issue(
            code, at, record_id=self.name or None, ordinal=self.ordinal, target=target, value=value, slots=slots
        )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _count(counted: dict[Any, _Counted], what: Any, noted: _Noted, *, path: str | None = None) -> None:
    found = counted.get(what)
    if found is not None:
        found.count += 1
    elif len(counted) < _MOST:
        counted[what] = _Counted.of(noted, path)


def _lengths(counted: _File, noted: _Noted, name: str) -> None:
    if not (name.isascii() and name.isdigit()) or len(name) > _WIDTH:
        return
    if name[0] == "0":
        counted.padded[len(name)] += 1
    else:
        _count(counted.plain, len(name), noted)


def _issue(
    code: str, where: _Counted, target: str | None, value: str | None, slots: dict[str, Any], right: str | None = None
) -> Issue:
    at = Location(where.at.source, byte=where.at.byte, path=where.at.path, field=target)
    return Issue(code, at, None, where.record, where.ordinal, target=target, value=value, slots=slots, suggestion=right)


def _padded(name: str) -> str:
    """Numbers with zeros in front, so that those that differ by zeros meet; others as they are.

    >>> _padded("0042") == _padded("42"), _padded("B0042")
    (True, 'B0042')
    """
    return name.rjust(_WIDTH, "0") if name.isascii() and name.isdigit() and len(name) <= _WIDTH else name


def _shown(*given: str) -> str:
    """Texts as one, in one width and without blanks."""
    whole = _BETWEEN.join([text for text in given if text])
    return "".join(narrow(readable(whole)).casefold().split()).replace(_BETWEEN, " ／ ")


@lru_cache(4096)
def _year(text: str) -> str:
    point = read(text.strip(" 　.,")).first if text else None
    return str(lower(point)[0]) if point is not None else ""
