"""Compare what is about to be sent with what is published, record by record and label by label.

What is sent waits in a database on disk; memory does not grow with the number of records.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from convert.check.duplicates import storable, told_back
from convert.check.issue import Issue
from convert.errors import RunError, UsageError, reason_in_japanese
from convert.formats.japansearch.checks import item_part
from convert.formats.japansearch.model import model
from convert.formats.japansearch.published.pairing import LOOKED, Agreement, Pairing, numbers_of, pair
from convert.formats.japansearch.published.values import COMMON, names_of, values_of
from convert.model import Location
from convert.store.base import need, open_store
from convert.store.place import parse_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from convert.formats.japansearch.published.stored import Harvested
    from convert.formats.japansearch.published.values import Values
    from convert.model import Record
    from convert.store.base import Store

STORE: Final = "japansearch.db"
"""The store that is looked into when none is named."""
SAMPLES: Final = 5
"""Differences of one label that the report shows."""
SHOWN: Final = 200
"""Characters of a value in the report's own table."""
RECEIVERS: Final = frozenset(("common.dclass", "common.apiType", "common.access", "common.ownerOrg", "common.database"))
"""What the receiver adds by itself: compared only where what is sent has it too."""
_BATCH: Final = 500
_TABLES: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -8000;
    CREATE TABLE sent (id PRIMARY KEY, title, content, source, line INTEGER, ordinal INTEGER, seen INTEGER DEFAULT 0);
    CREATE TABLE gone (id, title);
"""
_MOVED: Final = """
    SELECT gone.id, sent.id, gone.title FROM gone
    JOIN sent ON gone.title = sent.title AND NOT sent.seen
    GROUP BY gone.title HAVING count(*) = 1 ORDER BY gone.id
"""
"""Records that are missing and new under one title that no other of them has: only the id changed, it seems."""


@dataclass(slots=True)
class Field:
    """What became of one label or item. ``added``: only in what is sent; ``gone``: only published."""

    same: int = 0
    changed: int = 0
    added: int = 0
    gone: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, identifier: str, published: Values, sent: Values) -> None:
        """A difference."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.samples) < SAMPLES:
            self.samples.append({"record": identifier, "published": shown(published), "sent": shown(sent)})


class Published:
    """What is sent against what is published of one database; works in ``folder``, which goes with the run.

    Raises :class:`UsageError` where the store holds no whole harvest of the database: it tells how to harvest.
    """

    def __init__(self, folder: Path, database: str, store: str | None) -> None:
        need("sqlalchemy", "SQLAlchemy", "store")
        from convert.formats.japansearch.published import stored  # noqa: PLC0415 - SQLAlchemy is slow to import

        self._stored = stored
        self._kept = contextlib.ExitStack()
        self.database = database
        place, chosen = parse_place(store or STORE)
        try:
            self._store: Store = self._kept.enter_context(open_store(place))
        except UsageError as error:
            how = stored.command(database, place.shown)
            raise UsageError(f"{error}; harvest first with {how}", f"{error.ja}先に収集してください：{how}") from error
        try:
            self._harvested: Harvested = stored.harvest_of(self._store, database, chosen.source)
            self._base = sqlite3.connect(folder / "published.db")
            self._kept.callback(self._base.close)
            self._base.executescript(_TABLES)
        except BaseException:
            self._kept.close()
            raise
        self._fields: dict[str, Field] = {}
        self._names: dict[str, None] = {}
        self._counts = dict.fromkeys(("published", "sent", "missing", "extra", "changed", "unchanged", "moved"), 0)
        self._others = self._nameless = self._bare = self._read = 0
        self._numbers: dict[str, int] = {}
        self._other = ""
        self._pairing = Pairing()
        self._labels: Mapping[str, str] = {}

    def close(self) -> None:
        """Let go of the files."""
        self._kept.close()

    # ── What is sent ─────────────────────────────────────────────────────────────────────────────

    def take(self, path: Path | None, records: Iterable[Record]) -> None:
        """Read what is about to be sent, from one file; of records with one id the first counts."""
        self._numbers |= numbers_of(path)
        rows = self._rows(records)
        while batch := list(islice(rows, _BATCH)):
            self._base.executemany("INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, ?, 0)", batch)

    def _rows(self, records: Iterable[Record]) -> Iterator[tuple[Any, ...]]:
        before = self._read
        for record in records:
            self._read += 1
            if record.body is None:
                continue
            identifier = self._id(record.body)
            if identifier is None:
                self._nameless += 1
                continue
            if not identifier.startswith(f"{self.database}-"):
                self._others += 1
                self._other = self._other or identifier
            values = values_of(record.body)
            self._bare += not isinstance(record.body.get("common"), dict)
            self._names |= dict.fromkeys(values)
            content = json.dumps(values, ensure_ascii=True)
            title, place = next(iter(values.get("common.title", ())), None), storable(record.source)
            yield storable(identifier), storable(title), content, place, record.line, record.ordinal + before

    def _id(self, body: Mapping[str, Any]) -> str | None:
        """The served id; where only the source's id is there (``ID_s``), that which the receiver makes of it."""
        served = body.get("id")
        if isinstance(served, str) and served:
            return served if "-" in served else f"{self.database}-{item_part(served)}"
        own = body.get("ID_s")
        return f"{self.database}-{item_part(own)}" if isinstance(own, str) and own else None

    # ── Against what is published ────────────────────────────────────────────────────────────────

    def compare(self, sources: Iterable[tuple[Path | None, Iterable[Record]]]) -> Iterator[Issue]:
        """Every difference as an issue, while it is found; :meth:`to_dict` then has the counts.

        ``sources``: the files that are about to be sent, each with its records.
        """
        try:
            for path, records in sources:
                self.take(path, records)
            self._counts["sent"] = self._base.execute("SELECT count(*) FROM sent").fetchone()[0]
            self._pair()
            yield from self._warnings()
            yield from self._differences()
            yield from self._extra()
            yield from self._moved()
        except (sqlite3.Error, OSError) as error:
            ja = f"公開されているものとの比較のための作業用ファイルを使えません：{reason_in_japanese(error)}。"
            raise RunError(f"the comparison cannot be kept: {error}", ja) from error

    def _pair(self) -> None:
        agreement, theirs = Agreement(), dict[str, None]()
        for identifier, body in self._stored.published(self._store, self._harvested):
            theirs |= dict.fromkeys(names_of(body))
            found = self._sent(identifier) if agreement.records < LOOKED else None
            if found is not None:
                agreement.add(found[0], values_of(body))
        self._labels = self._stored.labels(self._store, self._harvested)
        self._pairing = pair(
            self._names, theirs, self.database, labels=self._labels, numbers=self._numbers, agreement=agreement
        )

    def _sent(self, identifier: str) -> tuple[dict[str, Values], Location, int] | None:
        query = "SELECT content, source, line, ordinal FROM sent WHERE id = ?"
        row = self._base.execute(query, (storable(identifier),)).fetchone()
        if row is None:
            return None
        values = {name: tuple(found) for name, found in json.loads(row[0]).items()}
        return values, Location(told_back(row[1]), line=row[2]), row[3]

    def _warnings(self) -> Iterator[Issue]:
        at = Location(self._store.place.shown)
        if self._harvested.gaps:
            yield Issue("DSET-PUBLISHED-GAPS", at, value=str(self._harvested.gaps))
        if self._others:
            slots = {"count": self._others, "database": self.database}
            yield Issue("DSET-PUBLISHED-OTHER", at, value=self._other, slots=slots)
        if self._nameless:
            yield Issue("DSET-PUBLISHED-NAMELESS", at, value=str(self._nameless))
        if self._bare:
            yield Issue("DSET-PUBLISHED-NO-COMMON", at, value=str(self._bare))
        guessed = [found for found in self._pairing.pairs if found.by in ("number", "value")]
        if guessed:
            told = ", ".join(f"{found.sent} = {found.published}" for found in guessed)
            yield Issue("DSET-PUBLISHED-GUESSED", at, value=told, slots={"count": len(guessed)})
        for name in self._pairing.only_sent:
            yield Issue("DSET-PUBLISHED-ITEM-NEW", at, target=name, value=name)
        for name in self._pairing.only_published:
            said = self._labels.get(name)
            shown_as = f"{said}（{name}）" if said else name
            yield Issue("DSET-PUBLISHED-ITEM-GONE", at, target=name, value=shown_as)

    def _differences(self) -> Iterator[Issue]:
        names = {found.published: found.sent for found in self._pairing.pairs}
        unpaired = {*self._pairing.only_sent, *self._pairing.only_published}
        for identifier, body in self._stored.published(self._store, self._harvested):
            self._counts["published"] += 1
            theirs = {names.get(name, name): found for name, found in values_of(body).items() if name not in unpaired}
            found = self._sent(identifier)
            if found is None:
                self._counts["missing"] += 1
                title = next(iter(theirs.get("common.title", ())), None)
                self._base.execute("INSERT INTO gone VALUES (?, ?)", (storable(identifier), storable(title)))
                at = Location(self._store.place.shown)
                yield Issue("DSET-PUBLISHED-MISSING", at, record_id=identifier, value=title or identifier)
                continue
            self._base.execute("UPDATE sent SET seen = 1 WHERE id = ?", (storable(identifier),))
            mine = {name: values for name, values in found[0].items() if name not in unpaired}
            yield from self._compared(identifier, theirs, mine, found[1], found[2])

    def _compared(
        self, identifier: str, theirs: dict[str, Values], mine: dict[str, Values], at: Location, ordinal: int
    ) -> Iterator[Issue]:
        differs = False
        bare = not any(name.startswith(COMMON) for name in mine)
        for name in {**theirs, **mine}:
            old, new = theirs.get(name, ()), mine.get(name, ())
            if not new and (name in RECEIVERS or (bare and name.startswith(COMMON))):
                continue
            told = self._fields.setdefault(name, Field())
            if old == new:
                told.same += 1
                continue
            differs = True
            told.note("changed" if old and new else "added" if new else "gone", identifier, old, new)
            slots = {"published": shown(old) or "-"}
            yield Issue(
                "DSET-PUBLISHED-CHANGED", at, record_id=identifier, ordinal=ordinal, target=name,
                value=shown(new) or "-", slots=slots,
            )  # fmt: skip
        self._counts["changed" if differs else "unchanged"] += 1

    def _extra(self) -> Iterator[Issue]:
        query = "SELECT id, title, source, line, ordinal FROM sent WHERE NOT seen ORDER BY ordinal"
        for row in self._base.execute(query):
            identifier, title, source, line, ordinal = map(told_back, row)
            self._counts["extra"] += 1
            at = Location(source, line=line)
            yield Issue("DSET-PUBLISHED-EXTRA", at, record_id=identifier, ordinal=ordinal, value=title or identifier)

    def _moved(self) -> Iterator[Issue]:
        for row in self._base.execute(_MOVED):
            old, new, title = map(told_back, row)
            self._counts["moved"] += 1
            at = Location(self._store.place.shown)
            yield Issue("DSET-PUBLISHED-ID", at, record_id=new, value=new, slots={"old": old, "title": title})

    # ── What is told ─────────────────────────────────────────────────────────────────────────────

    def to_dict(self) -> dict[str, Any]:
        """As the report has it."""
        from convert.store.reading import moment  # noqa: PLC0415 - SQLAlchemy

        fields = sorted(self._fields.items(), key=lambda item: (not item[0].startswith(COMMON), _rank(item[0])))
        return {
            "database": self.database,
            "store": self._store.place.shown,
            "harvested": moment(self._harvested.finished),
            **self._counts,
            "fields": [
                {
                    "field": name, **_label(name), "same": told.same, "changed": told.changed, "added": told.added,
                    "gone": told.gone, "samples": told.samples,
                }
                for name, told in fields
            ],
            "items": [
                {"sent": found.sent, "published": found.published, "by": found.by} for found in self._pairing.pairs
            ],
            "only_sent": list(self._pairing.only_sent),
            "only_published": list(self._pairing.only_published),
        }  # fmt: skip


def _rank(name: str) -> tuple[int, str]:
    """Common labels in the model's order."""
    known = list(model().common)
    key = name.removeprefix(COMMON)
    return (known.index(key), name) if key in known else (len(known), name)


def _label(name: str) -> dict[str, str | None]:
    key = model().common.get(name.removeprefix(COMMON)) if name.startswith(COMMON) else None
    return {"ja": None if key is None else key.ja, "en": None if key is None else key.en}


def shown(values: Values) -> str:
    """Values for people.

    >>> shown(("a", "b"))
    'a ｜ b'
    """
    text = " ｜ ".join(values)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
