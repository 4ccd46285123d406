"""Find records that share an id, in memory that does not grow with their number.

Each shard writes its ids to an :class:`IdSpool`; :func:`find` reads the spools together when all are done.
Two records are the same when their *identity* is: the id in the form the receiver keeps it. Ids that only ever rise, as
in most exports, cannot repeat; only others are sorted, by SQLite.
"""

from __future__ import annotations

import marshal
import os
import re
import sqlite3
import tempfile
import unicodedata
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue
from convert.errors import RunError, reason_in_japanese
from convert.model import Location, lines_above

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.model import Record

BUFFER = 5_000

_SETTINGS = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = FILE;
    PRAGMA cache_size = -4000;
"""
_TABLES = """
    CREATE TABLE IF NOT EXISTS sources (name, field, number INTEGER, sheet);
    CREATE TABLE IF NOT EXISTS ids (ordinal INTEGER, identity, id, source INTEGER, line INTEGER, place INTEGER);
"""
_INSERT = "INSERT INTO ids VALUES (?, ?, ?, ?, ?, ?)"
# The one sort over all records looks at identities only; the rest touches just those that meet. Rows are
# in the order of the data, so the lower rowid is the earlier record.
_MEET = """
    CREATE TEMP TABLE met (identity PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO met SELECT identity FROM ids GROUP BY identity HAVING count(*) > 1;
    CREATE TEMP TABLE same (ordinal INTEGER, identity, id, source INTEGER, line INTEGER, place INTEGER);
    INSERT INTO same
        SELECT ordinal, identity, coalesce(id, identity), source, line, place FROM ids
        WHERE EXISTS (SELECT 1 FROM met) AND identity IN met ORDER BY rowid;
    CREATE INDEX same_id ON same (identity, id);
"""
_FIND = """
    SELECT later.*, first.* FROM same AS later CROSS JOIN same AS first
    WHERE first.rowid = (
        SELECT coalesce(
            (SELECT min(rowid) FROM same WHERE identity = later.identity AND id = later.id AND rowid < later.rowid),
            (SELECT min(rowid) FROM same WHERE identity = later.identity AND rowid < later.rowid)))
    ORDER BY later.rowid
"""


Row = tuple[int, str, str | None, int | None, int | None]
"""Ordinal, identity, id where it is another, line, table row."""
Origin = tuple[str, str | None, int | None, str | None]
"""A source's name; field, column and sheet of its ids."""
Reach = tuple[str, str]
"""The first and the last of identities that only rise."""


class IdSpool:
    """The ids of one shard, in a temporary file of ``folder`` (of the system's when None).

    ``field``, ``column`` and ``sheet`` say where the id stands in a record; they may be set anew before another source.
    Pickling closes it; the copy speaks of the same file. Raises :class:`RunError` when the file cannot be written.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        field: str | None = None,
        column: int | None = None,
        sheet: str | None = None,
    ) -> None:
        self.field = field
        self.column = column
        self.sheet = sheet
        with tempfile.NamedTemporaryFile(dir=folder, prefix="mokuroku-", suffix=".ids", delete=False) as file:
            self.path = Path(file.name)
        self._rows: list[Row] = []
        self._stream: BinaryIO | None = None
        self._source: str | None = None
        self._origin: Origin = ("", None, None, None)

    def add(self, record: Record, identity: str) -> None:
        """Note one record that has an id, in the order of the data."""
        if record.source != self._source:
            self._turn(record.source)
        own = record.id
        if own == identity:
            own = None
        rows = self._rows
        rows.append((record.ordinal, identity, own, record.line, record.row))
        if len(rows) >= BUFFER:
            self._flush()

    def close(self) -> Path:
        """Write what is left; the file to hand to :func:`find`."""
        self._flush()
        try:
            if self._stream is not None:
                self._stream.close()
        except OSError as error:
            raise _failed(error) from error
        self._stream = self._source = None
        return self.path

    def discard(self) -> None:
        """Remove the file."""
        if self._stream is not None:
            with suppress(OSError):  # a full disk: the file goes anyway
                self._stream.close()
            self._stream = None
        self._rows.clear()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> IdSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the file; remove it when the shard failed."""
        if kind is None:
            self.close()
        else:
            self.discard()

    def __getstate__(self) -> dict[str, Any]:
        self.close()
        return self.__dict__.copy()

    def _turn(self, source: str) -> None:
        self._flush()
        self._source = source
        self._origin = (source, self.field, self.column, self.sheet)

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        try:
            if self._stream is None:
                self._stream = self.path.open("ab")
            content = marshal.dumps(rows)
            marshal.dump((self._origin, _reach([row[1] for row in rows]), len(content)), self._stream)
            self._stream.write(content)
        except OSError as error:
            raise _failed(error) from error


def _reach(identities: list[str]) -> Reach | None:
    """From where to where identities rise; None when they do not."""
    rising = identities == sorted(identities) and len(set(identities)) == len(identities)
    return (identities[0], identities[-1]) if rising else None


def _blocks(path: Path) -> Iterator[tuple[Origin, list[Row]]]:
    """What a spool holds, in order."""
    with path.open("rb") as stream:
        while stream.peek(1):
            origin, _, _ = marshal.load(stream)  # noqa: S302 - written by our own shard a moment ago
            yield origin, marshal.load(stream)  # noqa: S302 - likewise


def _reaches(path: Path) -> Iterator[Reach | None]:
    """From where to where each block of a spool rises, without a look at its rows."""
    with path.open("rb") as stream:
        while stream.peek(1):
            _, reach, size = marshal.load(stream)  # noqa: S302 - likewise
            yield reach
            stream.seek(size, os.SEEK_CUR)


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    base.executescript(_SETTINGS + _TABLES)
    return base


def _failed(error: sqlite3.Error | OSError) -> RunError:
    ja = f"ID の一覧を作業用のファイルに書けません：{reason_in_japanese(error)}。"
    return RunError(f"the list of ids cannot be kept: {error}", ja)


def storable(cell: Any) -> Any:
    """A cell that SQLite takes: text that UTF-8 cannot hold (half a surrogate pair), as bytes that can be told back."""
    if isinstance(cell, str) and not cell.isprintable():
        raw = cell.encode("utf-8", "surrogatepass")
        return raw if raw.decode("utf-8", "ignore") != cell else cell
    return cell


def told_back(cell: Any) -> Any:
    """What :func:`storable` made of a cell."""
    return cell.decode("utf-8", "surrogatepass") if isinstance(cell, bytes) else cell


def find(spools: Sequence[tuple[Path, int, int]]) -> Iterator[Issue]:
    """Every record whose id an earlier one has, in the order of the data.

    ``spools``: closed spools in order, each with the number of records and of table rows before it.
    ``DSET-ID-DUPLICATE``: the same source id. ``DSET-ID-MEET``: another source id with the same identity. The issue
    stands at the later record; slot ``first`` is the place of the first, ``id`` its id. No file is removed.
    """
    try:
        if _rising([path for path, _, _ in spools]):
            return
        with tempfile.TemporaryDirectory(prefix="mokuroku-") as folder, closing(_together(spools, folder)) as base:
            base.executescript(_MEET)
            names = dict(_sources(base))
            for row in base.execute(_FIND):
                yield _issue([told_back(cell) for cell in row], names)
    except (sqlite3.Error, OSError) as error:
        raise _failed(error) from error


# ── Ids that are nearly the same ─────────────────────────────────────────────────────────────────

SHAPES = 20_000
"""Different shapes of ids (digits as 0) that are told apart; of ids with more, every one is compared."""
_DIGITS = str.maketrans("123456789", "000000000")
_HYPHENS = re.compile("[-_‐‑‒–—―−－＿]+")
_BLANKS = re.compile(r"\s+")
_ZEROS = re.compile("(?<![0-9])0+(?=[0-9])")
_ALIKE = """
    CREATE TABLE alike (ordinal INTEGER, folded, identity, own, source INTEGER, line INTEGER, place INTEGER);
"""
_ALIKE_MEET = """
    CREATE INDEX alike_folded ON alike (folded, identity);
    CREATE TEMP TABLE met (folded PRIMARY KEY, first INTEGER) WITHOUT ROWID;
    INSERT INTO met SELECT folded, min(rowid) FROM alike GROUP BY folded HAVING count(*) > 1;
"""
_ALIKE_FIND = """
    SELECT later.ordinal, later.own, later.source, later.line, later.place,
        first.own, first.source, first.line, first.place
    FROM alike AS later CROSS JOIN met ON met.folded = later.folded CROSS JOIN alike AS first ON first.rowid = met.first
    WHERE later.identity <> first.identity
        AND later.rowid = (
            SELECT min(rowid) FROM alike AS same WHERE same.folded = later.folded AND same.identity = later.identity)
    ORDER BY later.rowid
"""


def folded(identity: str) -> str:
    """An id without what people and spreadsheets change: width, case, blanks, hyphens, leading zeros.

    A hyphen between two digits stays: 1-23 and 12-3 are two numbers.

    >>> folded("Ａ－００１"), folded("a 1"), folded("1-23"), folded("12-3")
    ('a1', 'a1', '1-23', '12-3')
    """
    text = identity if identity.isascii() else unicodedata.normalize("NFKC", identity)
    text = _BLANKS.sub("", text).casefold()
    text = _HYPHENS.sub(_kept_between_digits, text)
    return _ZEROS.sub("", text) or identity


def _kept_between_digits(found: re.Match[str]) -> str:
    text, start, end = found.string, found.start(), found.end()
    return "-" if text[start - 1 : start].isdigit() and text[end : end + 1].isdigit() else ""


def similar(spools: Sequence[tuple[Path, int, int]]) -> Iterator[Issue]:
    """Every record whose id is nearly that of an earlier one: ``DSET-ID-SIMILAR``, as :func:`find` has it.

    Ids of one shape that differ in digits alone cannot be taken for each other; only ids of shapes that can are sorted.
    """
    try:
        shapes = _risky([path for path, _, _ in spools])
        if shapes is not None and not shapes:
            return
        with tempfile.TemporaryDirectory(prefix="mokuroku-") as folder, closing(_alike(spools, folder, shapes)) as base:
            base.executescript(_ALIKE_MEET)
            names = dict(_sources(base))
            for row in base.execute(_ALIKE_FIND):
                yield _similar_issue([told_back(cell) for cell in row], names)
    except (sqlite3.Error, OSError) as error:
        raise _failed(error) from error


def _risky(paths: Sequence[Path]) -> set[str] | None:
    """The shapes of ids that may be taken for ids of another shape; None: there are too many shapes to tell."""
    shapes: set[str] = set()
    for path in paths:
        for _, rows in _blocks(path):
            shapes.update([shape_of(row[1]) for row in rows])
            if len(shapes) > SHAPES:
                return None
    return risky(shapes)


def shape_of(identity: str) -> str:
    """An id with 0 for every digit."""
    return identity.translate(_DIGITS)


def shapes_of(identities: Sequence[str]) -> set[str]:
    r"""The shapes of some ids.

    >>> sorted(shapes_of(["A-12", "A-13", "B"])), shapes_of(["1\n2"])
    (['A-00', 'B'], {'0\n0'})
    """
    joined = "\n".join(identities)
    if joined.count("\n") != len(identities) - 1:
        return set(map(shape_of, identities))
    return set(joined.translate(_DIGITS).split("\n"))


def risky(shapes: set[str]) -> set[str]:
    """The shapes of which an id of one may be taken for an id of another."""
    groups: dict[str, list[str]] = {}
    for shape in shapes:
        groups.setdefault(re.sub("0+", "0", folded(shape)), []).append(shape)
    return {shape for group in groups.values() if len(group) > 1 for shape in group}


def _alike(spools: Sequence[tuple[Path, int, int]], folder: str, shapes: set[str] | None) -> sqlite3.Connection:
    base = _connect(Path(folder) / "alike.ids")
    base.executescript(_ALIKE)
    for path, records, above in spools:
        origin, number = None, 0
        lines, above = lines_above(above), int(above)  # noqa: PLW2901 - a plain number is quicker
        for origin_now, rows in _blocks(path):
            if origin_now != origin:
                origin = origin_now
                number = _source_number(base, origin)
            kept = [
                (
                    ordinal + records,
                    folded(identity),
                    identity,
                    own or identity,
                    number,
                    _plus(line, lines),
                    _plus(row, above),
                )
                for ordinal, identity, own, line, row in rows
                if shapes is None or shape_of(identity) in shapes
            ]
            _insert(base, kept, "INSERT INTO alike VALUES (?, ?, ?, ?, ?, ?, ?)")
    base.commit()
    return base


def _similar_issue(row: Sequence[Any], names: dict[int, Origin]) -> Issue:
    ordinal, own, *place = row[:5]
    first_id, *first_place = row[5:]
    slots = {"first": str(_location(first_place, names)), "id": first_id}
    return Issue("DSET-ID-SIMILAR", _location(place, names), record_id=own, ordinal=ordinal, value=own, slots=slots)


def _source_number(base: sqlite3.Connection, origin: Origin) -> int:
    cells = [storable(cell) for cell in origin]
    return base.execute("INSERT INTO sources VALUES (?, ?, ?, ?)", cells).lastrowid or 0


def _rising(paths: Sequence[Path]) -> bool:
    """Whether every identity is greater than the one before it."""
    last = None
    for path in paths:
        for reach in _reaches(path):
            if reach is None or (last is not None and reach[0] <= last):
                return False
            last = reach[1]
    return True


def _together(spools: Sequence[tuple[Path, int, int]], folder: str) -> sqlite3.Connection:
    """A database of all spools."""
    base = _connect(Path(folder) / "all.ids")
    for path, records, above in spools:
        origin, number = None, 0
        lines, above = lines_above(above), int(above)  # noqa: PLW2901 - a plain number is quicker
        for origin_now, rows in _blocks(path):
            if origin_now != origin:
                origin = origin_now
                number = _source_number(base, origin)
            moved = [
                (ordinal + records, identity, own, number, _plus(line, lines), _plus(row, above))
                for ordinal, identity, own, line, row in rows
            ]
            _insert(base, moved, _INSERT)
    base.commit()
    return base


def _plus(place: int | None, before: int) -> int | None:
    return None if place is None else place + before


def _insert(base: sqlite3.Connection, rows: list[tuple[Any, ...]], statement: str) -> None:
    before = base.total_changes
    try:
        base.executemany(statement, rows)
    except UnicodeEncodeError:
        done = base.total_changes - before
        base.executemany(statement, ([storable(cell) for cell in row] for row in rows[done:]))


def _sources(base: sqlite3.Connection) -> Iterator[tuple[int, Origin]]:
    for number, name, field, column, sheet in base.execute("SELECT rowid, * FROM sources"):
        yield number, (told_back(name), told_back(field), column, told_back(sheet))


def _issue(row: Sequence[Any], names: dict[int, Origin]) -> Issue:
    ordinal, identity, record_id, *place = row[:6]
    _, _, first_id, *first_place = row[6:]
    return Issue(
        "DSET-ID-DUPLICATE" if record_id == first_id else "DSET-ID-MEET",
        _location(place, names),
        record_id=record_id,
        ordinal=ordinal,
        value=record_id,
        slots={"first": str(_location(first_place, names)), "id": first_id, "identity": identity},
    )


def _location(place: Sequence[Any], names: dict[int, Origin]) -> Location:
    source, line, row = place
    name, field, column, sheet = names[source]
    return Location(name, line=line, column=None if row is None else column, row=row, sheet=sheet, field=field)
