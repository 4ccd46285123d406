"""Where a store is, and which of its records are meant: ``store:PATH?source=NAME&set=…`` as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from convert.errors import OptionError, UnknownName, UsageError

SCHEME: Final = "store:"
"""What an input that is a store begins with."""
KEYS: Final = ("source", "prefix", "set", "from", "until", "changed", "deleted", "rows")
"""What a selection can be narrowed by."""
_POSTGRES = re.compile(r"postgres(?:ql)?(?:\+(?P<driver>\w+))?://", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")
_SECRET = re.compile(r"(?<=[?&])(password|sslpassword)=[^&]*", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}Z)?)?)?", re.ASCII)
_ROWS = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A store: the path of a SQLite file, or the URL of a PostgreSQL database."""

    text: str

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file."""
        return not _POSTGRES.match(self.text)

    @property
    def shown(self) -> str:
        """The place without a password.

        >>> Place("postgresql://kakuu:himitsu@db.example/mokuroku").shown
        'postgresql://kakuu@db.example/mokuroku'
        """
        if self.is_file:
            return self.text
        return _SECRET.sub(r"\1=***", _PASSWORD.sub(r"\1@", self.text))

    def url(self, driver: str) -> str:
        """The database's URL as SQLAlchemy takes it, with the driver it names or else this one; of PostgreSQL only.

        >>> Place("postgres://db.example/x").url("pg8000")
        'postgresql+pg8000://db.example/x'
        """
        return _POSTGRES.sub(lambda found: f"postgresql+{found['driver'] or driver}://", self.text, count=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of a store: None and empty mean all.

    ``since``/``until`` bound the datestamp, both inclusive; a day or month stands for all of it. ``changed``: new or
    changed in the store since then (UTC). ``deleted``: ``with`` (as headers that say so), ``without``, ``only``.
    ``rows``: the store's own row numbers, both inclusive.
    """

    source: str | None = None
    prefix: str | None = None
    set: str | None = None
    since: str | None = None
    until: str | None = None
    changed: str | None = None
    deleted: str = "with"
    rows: tuple[int, int] | None = None

    def __str__(self) -> str:
        """As it is written after the ``?``."""
        told = {
            "source": self.source, "prefix": self.prefix, "set": self.set, "from": self.since, "until": self.until,
            "changed": self.changed, "deleted": None if self.deleted == "with" else self.deleted,
            "rows": f"{self.rows[0]}-{self.rows[1]}" if self.rows else None,
        }  # fmt: skip
        return "&".join(f"{key}={_readable(value)}" for key, value in told.items() if value is not None)

    def part(self, first: int, last: int) -> Selection:
        """The same selection within some rows."""
        return replace(self, rows=(first, last))


def _readable(text: str) -> str:
    """Percent-encode only what would end a name or value: Japanese stays legible."""
    return "".join(quote(char) if char in "%&=#+? \t\r\n" or not char.isprintable() else char for char in text)


def is_store(what: object) -> bool:
    """Whether an input is written as a store."""
    return isinstance(what, str) and what.startswith(SCHEME)


def parse_place(text: str) -> tuple[Place, Selection]:
    """The store and the selection that ``store:PATH?KEY=VALUE&…`` names; ``store:`` may be missing.

    Raises :class:`UsageError` for a key or value that cannot be.

    >>> place, chosen = parse_place("store:harvest.db?source=ndl&set=a:b")
    >>> place.text, chosen.source, chosen.set
    ('harvest.db', 'ndl', 'a:b')
    """
    path, _, query = text.removeprefix(SCHEME).partition("?")
    if not path:
        raise UsageError(f"{text}: names no store", f"{text}：ストアのファイル名がありません。")
    given = parse_qsl(query, keep_blank_values=True)
    if Place(path).is_file:
        own, rest = given, []
    else:  # the database's own parameters stay with its URL
        own = [pair for pair in given if pair[0] in KEYS]
        rest = [pair for pair in given if pair[0] not in KEYS]
    _once(own)
    place = Place(path + ("?" + urlencode(rest) if rest else ""))
    return place, _selection(dict(own))


def _once(pairs: list[tuple[str, str]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if name not in KEYS:
            raise UnknownName("option", name, list(KEYS))
        if names.count(name) > 1:
            raise OptionError(name, None, "stands twice", "二度書かれています")


def _selection(given: dict[str, str]) -> Selection:
    for name, value in given.items():
        if not value:
            raise OptionError(name, value, "expects a value", "値を書いてください")
    for name in ("from", "until", "changed"):
        _date(name, given.get(name))
    deleted = given.get("deleted", "with")
    if deleted not in ("with", "without", "only"):
        raise OptionError("deleted", deleted, "expects with, without or only", "with、without、only のどれかです")
    return Selection(
        given.get("source"), given.get("prefix"), given.get("set"), given.get("from"), given.get("until"),
        given.get("changed"), deleted, _rows(given.get("rows")),
    )  # fmt: skip


def _date(name: str, value: str | None) -> None:
    if value is not None and not _DATE.fullmatch(value):
        en = "expects a date such as 2026-04-01 or 2026-04-01T00:00:00Z"
        raise OptionError(name, value, en, "2026-04-01 か 2026-04-01T00:00:00Z のように書いてください")


def _rows(value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    found = _ROWS.fullmatch(value)
    if found is None:
        raise OptionError("rows", value, "expects two numbers such as 1-50000", "1-50000 のように書いてください")
    return int(found[1]), int(found[2])
