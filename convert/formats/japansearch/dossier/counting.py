"""Count what the records of the files will have: rights, access, holders. One pass, memory that does not grow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from convert.check.issue import Finding, Issue
from convert.formats.japansearch import checks
from convert.formats.japansearch.layout import COMMON
from convert.formats.japansearch.model import model
from convert.model import Location, Outcome
from convert.report.tally import Counts, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.check.duplicates import IdSpool
    from convert.formats.japansearch.definition import Definition
    from convert.model import Record

CODES_LIMIT: Final = 1_000
HOLDERS_LIMIT: Final = 10_000
KEYS_LIMIT: Final = 10_000
"""Different unknown codes, holders and keys that are told apart."""

Place = tuple[str, int | None]
"""Where a value stands: the key or header, and the cell's index in a table."""


class Shape(Protocol):
    """How to find the value of a common key in a record's body."""

    name: str

    def value(self, body: Any, key: str) -> str | None:
        """The text; None where there is none."""
        ...

    def place(self, key: str) -> Place:
        """Where it stands, or would stand."""
        ...

    def is_own(self, body: Any, key: str) -> bool | None:
        """Whether a value that is there is the record's own; None: nobody can tell from the file."""
        ...

    def id(self, body: Any) -> str | None:
        """The record's id."""
        ...


def text_of(value: Any) -> str | None:
    """A cell or member as a text, the first of several; None when it is blank."""
    if isinstance(value, list):
        value = next((item for item in value if item not in (None, "")), None)
    if value is None or value.__class__ in (dict, bool):
        return None
    text = value if isinstance(value, str) else str(value)
    return text if text and not text.isspace() else None


class RowShape:
    """A table for registration. ``columns``: common key → indexes of the cells that carry its label."""

    name = "registration"

    def __init__(self, columns: Mapping[str, Sequence[int]], headers: Sequence[str]) -> None:
        self._columns = columns
        self._headers = headers

    def value(self, body: Any, key: str) -> str | None:
        """The first cell with a text."""
        for index in self._columns.get(key, ()):
            found: str = body[index]
            if found and not found.isspace():
                return found
        return None

    def place(self, key: str) -> Place:
        """The first cell."""
        index = next(iter(self._columns.get(key, ())), None)
        return ("", None) if index is None else (self._headers[index], index)

    def is_own(self, body: Any, key: str) -> bool | None:
        """What stands in the file is the record's."""
        return True

    def id(self, body: Any) -> str | None:
        """The cell labelled id."""
        return self.value(body, "id")


class FlatShape:
    """Flat JSON for registration. ``keys``: common key → members that carry its label."""

    name = "registration"

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        self._keys = keys

    def value(self, body: Any, key: str) -> str | None:
        """The first member with a text."""
        return next((text for name in self._keys.get(key, ()) if (text := text_of(body.get(name)))), None)

    def place(self, key: str) -> Place:
        """The first member."""
        return next(iter(self._keys.get(key, ())), ""), None

    def is_own(self, body: Any, key: str) -> bool | None:
        """What stands in the file is the record's."""
        return True

    def id(self, body: Any) -> str | None:
        """The member labelled id."""
        return self.value(body, "id")


class LinkageShape:
    """The linkage format: the definition's values were copied into ``common`` when it was written.

    ``items``: common key → members of items that feed it; ``direct``: keys that a ``common.`` rule feeds.
    """

    name = "linkage"

    def __init__(self, items: Mapping[str, Sequence[str]], direct: frozenset[str], definition: Definition) -> None:
        self._items = items
        self._direct = direct
        self._definition = definition

    def value(self, body: Any, key: str) -> str | None:
        """The member of ``common``."""
        common = body.get("common")
        return text_of(common.get(key)) if isinstance(common, dict) else None

    def place(self, key: str) -> Place:
        """The path."""
        return f"{COMMON}{key}", None

    def is_own(self, body: Any, key: str) -> bool | None:
        """By the items that feed the key; a value made by a rule is told by being another than the definition's."""
        if any(text_of(body.get(name)) for name in self._items.get(key, ())):
            return True
        if self.value(body, key) != self._definition.inherited.get(key):
            return True
        return None if key in self._direct else False

    def id(self, body: Any) -> str | None:
        """The served id."""
        return text_of(body.get("id"))


# ── The counts ───────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Origins:
    """How many records have each value, by where it comes from; ``none``: without any."""

    limit: int
    own: Counts = field(init=False)
    inherited: Counts = field(init=False)
    either: Counts = field(init=False)
    none: int = 0

    def __post_init__(self) -> None:
        self.own, self.inherited, self.either = (Counts(self.limit) for _ in range(3))

    def values(self) -> dict[str, tuple[int, int, int]]:
        """Value → records by origin, most first."""
        parts = [dict(counts.items()) for counts in (self.own, self.inherited, self.either)]
        found = {value: tuple(part.get(value, 0) for part in parts) for part in parts for value in part}
        ordered = sorted(found.items(), key=lambda item: (-sum(item[1]), item[0]))
        return {value: (counts[0], counts[1], counts[2]) for value, counts in ordered}

    @property
    def other(self) -> int:
        """Records whose value is one too many to be told apart."""
        return self.own.other + self.inherited.other + self.either.other


class Survey:
    """What was counted so far, over all files. ``tally`` gets the issues, ``ids`` the id of every record."""

    def __init__(self, definition: Definition, tally: Tally, ids: IdSpool | None = None) -> None:
        self.definition = definition
        self.tally = tally
        self._ids = ids
        self._source: str | None = None
        self.rights, self.access = Origins(CODES_LIMIT), Origins(CODES_LIMIT)
        self.holders = Origins(HOLDERS_LIMIT)
        self.urls: dict[str, tuple[int, str]] = {}
        self.keys: dict[str, None] = {}
        self.contradictions = 0
        self.strangers = 0
        self.stranger: tuple[str, Location] | None = None
        self._aliases = definition.aliases
        self._known = {key: model().codes_of(key, "item") for key in ("contentsRightsType", "contentsAccess")}
        self._prefix = f"{definition.id}-" if definition.id else ""

    def count(self, record: Record, shape: Shape, sheet: str | None = None) -> None:
        """Count one record that could be read."""
        body = record.body
        rights = self._code(self.rights, "contentsRightsType", body, shape)
        access = self._code(self.access, "contentsAccess", body, shape)
        self._holder(body, shape)
        record.id = shape.id(body)
        if self._ids is not None and record.id is not None:
            self._note_id(self._ids, record, record.id, shape, sheet)
        found = list(self._findings(record.id, body, shape, rights, access))
        if shape.name == "linkage":
            self._check_database(record)
        self.tally.count(Outcome.WRITTEN)
        if found:
            self.tally.add([_issue(record, finding, shape, sheet) for finding in found])

    def _note_id(self, ids: IdSpool, record: Record, own: str, shape: Shape, sheet: str | None) -> None:
        """Keep the id in the form in which it is served."""
        if record.source != self._source:
            self._source = record.source
            name, index = shape.place("id")
            ids.field, ids.column, ids.sheet = name or None, None if index is None else index + 1, sheet
        database, mark, part = own.partition("-") if shape.name == "linkage" else (self.definition.id, "-", own)
        ids.add(record, f"{database}{mark}{checks.item_part(part)}")

    def _code(self, origins: Origins, key: str, body: Any, shape: Shape) -> str | None:
        value = shape.value(body, key)
        if value is not None:
            _of(origins, shape.is_own(body, key)).add(value)
            return value
        given = self.definition.inherited.get(key)
        if isinstance(given, str):
            origins.inherited.add(given)
            return given
        origins.none += 1
        return None

    def _holder(self, body: Any, shape: Shape) -> None:
        value = shape.value(body, "provider")
        if value is not None:
            _of(self.holders, shape.is_own(body, "provider")).add(value)
        else:
            given = self.definition.inherited.get("provider")
            if not isinstance(given, str):
                self.holders.none += 1
                return
            value = given
            self.holders.inherited.add(value)
        url = shape.value(body, "providerUrl")
        if url is not None and (value in self.urls or len(self.urls) < HOLDERS_LIMIT):
            times, first = self.urls.get(value, (0, url))
            self.urls[value] = (times + 1, first)

    def _findings(
        self, record_id: str | None, body: Any, shape: Shape, rights: str | None, access: str | None
    ) -> list[Finding]:
        """What the receiver would refuse, and what contradicts itself, as for a record that is checked."""
        found: list[Finding | None] = []
        if record_id is None:
            found.append(Finding("JPS-REQUIRED", "id", slots={"name": "ID", "key": "id"}))
        if shape.value(body, "title") is None:
            found.append(Finding("JPS-REQUIRED", "title", slots={"name": "タイトル", "key": "title"}))
        for key, value in (("contentsRightsType", rights), ("contentsAccess", access)):
            if value is None:
                if key in self.definition.various:
                    found.append(Finding(_VARIOUS[key], key))
            elif value not in self._known[key] and value != self.definition.inherited.get(key):
                found.append(checks.check_code(key, value, key))
        if access == checks.NO_CONTENTS:
            url = shape.value(body, "contentsUrl")
            if url is not None:
                self.contradictions += 1
                common = {"contentsAccess": access, "contentsUrl": [url]}
                found.append(checks.check_contents(common, "contentsAccess"))
        return [finding for finding in found if finding is not None]

    def _check_database(self, record: Record) -> None:
        served = record.id
        if served is not None and self._prefix and not served.startswith(self._prefix):
            self.strangers += 1
            if self.stranger is None:
                self.stranger = (served, Location(record.source, line=record.line, path="id"))

    def see(self, body: Mapping[str, Any]) -> None:
        """Remember which members records have."""
        if not body.keys() <= self.keys.keys() and len(self.keys) < KEYS_LIMIT:
            self.keys.update(dict.fromkeys(body))


_VARIOUS = {"contentsRightsType": "JPS-RIGHTS-VARIOUS", "contentsAccess": "JPS-ACCESS-VARIOUS"}


def _of(origins: Origins, own: bool | None) -> Counts:
    if own is None:
        return origins.either
    return origins.own if own else origins.inherited


def _issue(record: Record, finding: Finding, shape: Shape, sheet: str | None) -> Issue:
    """The finding at its cell or path."""
    name, index = shape.place(finding.target or "")
    if index is not None:
        place = Location(
            record.source, line=record.line, row=record.row, column=index + 1, sheet=sheet, field=name or None
        )
    elif record.row is not None:
        place = Location(record.source, line=record.line, row=record.row, sheet=sheet)
    else:
        place = Location(record.source, line=record.line, path=name or None)
    return Issue(
        finding.code,
        place,
        record_id=record.id,
        ordinal=record.ordinal,
        target=finding.target,
        value=finding.value,
        slots=finding.slots,
        suggestion=finding.suggestion,
    )
