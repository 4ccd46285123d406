"""The tables of a store. Times of our own are seconds since 1970 (UTC); datestamps are text as OAI-PMH writes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

VERSION: Final = 1
"""The version of these tables; a store of another version is refused."""

metadata = MetaData()

_BYTEWISE = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that is compared byte by byte in both databases: dates and prefixes of names depend on it."""
_ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts up by itself only for INTEGER."""

about = Table("about", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

sources = Table(
    "sources",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", _BYTEWISE, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # oai …
    Column("address", Text),  # the base URL, without secrets
    Column("about", Text),  # what the server says of itself, JSON
)

records = Table(
    "records",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("source", ForeignKey("sources.id"), nullable=False),
    Column("prefix", _BYTEWISE, nullable=False),
    Column("identifier", _BYTEWISE, nullable=False),
    Column("datestamp", _BYTEWISE),
    Column("sets", _BYTEWISE, nullable=False),  # each between line ends: "\na\nb:c\n"
    Column("deleted", Boolean, nullable=False),
    Column("media", Text, nullable=False),  # xml | json
    Column("size", Integer, nullable=False),  # bytes of the payload, unpacked
    Column("packed", Integer, nullable=False),  # and as it is kept
    Column("hash", LargeBinary(32), nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    UniqueConstraint("source", "prefix", "identifier"),
    Index("records_by_date", "source", "datestamp"),
)

payloads = Table(  # apart, so that looking for records and noting that they were seen moves few bytes
    "payloads",
    metadata,
    Column("record", ForeignKey("records.id"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("source", ForeignKey("sources.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("request", Text, nullable=False),  # without secrets
    Column("status", Integer),  # None: no answer came
    Column("bytes", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("records", Integer, nullable=False),
    Column("note", Text),
)

harvests = Table(
    "harvests",
    metadata,
    Column("source", ForeignKey("sources.id"), primary_key=True),
    Column("name", _BYTEWISE, primary_key=True),  # what is harvested: verb, prefix and set
    Column("started", BigInteger, nullable=False),
    Column("finished", BigInteger),  # None: under way, or broken off
    Column("state", Text, nullable=False),  # JSON
)

counters = Table(
    "counters",
    metadata,
    Column("name", _BYTEWISE, primary_key=True),
    Column("day", _BYTEWISE, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

images = Table(
    "images",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("source", ForeignKey("sources.id"), nullable=False),
    Column("identifier", _BYTEWISE, nullable=False),
    Column("name", _BYTEWISE, nullable=False),  # the last part of its address
    Column("address", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("fetched", BigInteger, nullable=False),
    UniqueConstraint("source", "identifier", "name"),
)
