"""The tables of deliveries. Numbers of snapshots count from 1 in each delivery; times are seconds since 1970 (UTC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.dialects import postgresql

from convert.errors import UsageError

if TYPE_CHECKING:
    from convert.store.base import Store

VERSION: Final = 1
"""The version of these tables; deliveries of another version are refused."""
NEVER: Final = 2**31 - 1
"""The snapshot in which a row ends that is still good."""
LOADING, PUBLISHED = "loading", "published"

metadata = MetaData()

_BYTEWISE = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_ID = BigInteger().with_variant(Integer(), "sqlite")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", _BYTEWISE, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("prefix", Text, nullable=False),  # the metadataPrefix of the records themselves
    Column("domain", Text),  # of identifiers "oai:DOMAIN:…"
    Column("key", LargeBinary(32), nullable=False),  # signs the tokens that harvesters are given
)

snapshots = Table(
    "delivery_snapshots",
    metadata,
    Column("delivery", ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),  # loading | published
    Column("datestamp", BigInteger),  # of every record that began with it; nobody sees it before
    Column("started", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),  # not deleted
    Column("stones", BigInteger, nullable=False),  # deleted, ever
    Column("gone", Boolean, nullable=False),  # its rows were dropped: it can be seen no more
    Column("crosswalk", Text, nullable=False),  # what made the oai_dc of its new records
    Column("about", Text, nullable=False),  # JSON: counts, files, the runs that wrote them
)

rows = Table(
    "delivery_rows",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("delivery", ForeignKey("deliveries.id"), nullable=False),
    Column("identifier", _BYTEWISE, nullable=False),
    Column("began", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("hash", LargeBinary(32)),  # of the content; of a deleted record none
    Column("dc_hash", LargeBinary(16)),  # of its oai_dc
    Column("mark", LargeBinary(16)),  # title and other fields that stay when records are numbered anew
    Column("size", Integer, nullable=False),  # bytes of the content
    Column("sets", _BYTEWISE, nullable=False),  # each between line ends: "\na\nb:c\n"
    UniqueConstraint("delivery", "identifier", "began"),
    Index("delivery_rows_in_order", "delivery", "began", "identifier", "ended"),
    Index("delivery_rows_by_end", "delivery", "ended"),
)

bodies = Table(  # apart, so that going through records moves few bytes
    "delivery_bodies",
    metadata,
    Column("row", ForeignKey("delivery_rows.id"), primary_key=True),
    Column("main", LargeBinary, nullable=False),
    Column("dc", LargeBinary, nullable=False),
)

sets = Table(
    "delivery_sets",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("delivery", ForeignKey("deliveries.id"), nullable=False),
    Column("spec", _BYTEWISE, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("delivery", "spec"),
)

members = Table(  # of a set and of all sets above it
    "delivery_members",
    metadata,
    Column("set", ForeignKey("delivery_sets.id"), primary_key=True),
    Column("began", Integer, primary_key=True),
    Column("identifier", _BYTEWISE, primary_key=True),
    Column("row", ForeignKey("delivery_rows.id"), nullable=False),
    Index("delivery_members_by_row", "row"),
)


def prepare(store: Store) -> None:
    """Make the tables where a store has none."""
    with store.writing() as connection:
        if not store.place.is_file:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(72707)")
        metadata.create_all(connection)


def check(store: Store) -> None:
    """Raises :class:`UsageError` where a store has no deliveries."""
    with store.reading() as connection:
        if not inspect(connection).has_table("deliveries"):
            ja = f"{store.place.shown}：提出するデータがまだ入っていません。mokuroku deliver load で入れてください。"
            raise UsageError(f"{store.place.shown}: holds no deliveries yet; load one: mokuroku deliver load", ja)
