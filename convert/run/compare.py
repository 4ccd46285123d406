"""Compare a delivery with an earlier one: ``--against``.

Both are read by the format's own reader. What is kept of a record (id, title, a hash of every field) stands in a
database on disk, which SQLite sorts: memory does not grow with the number of records.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from array import array
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.duplicates import storable, told_back
from convert.check.issue import Issue
from convert.errors import RunError, UsageError, reason_in_japanese
from convert.formats.base import parse_options
from convert.model import Location
from convert.registry import format_named
from convert.run.feeds import Names, roles_by_name
from convert.run.issues import IssueLedger, codes_differing, codes_then, is_report
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convert.formats.base import Format
    from convert.model import Record

MANIFEST = ".manifest.json"
_BATCH = 1000
_SETTINGS = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = FILE;
    PRAGMA cache_size = -8000;
    CREATE TABLE before (id, title, content INTEGER, fields, source, ordinal INTEGER, line INTEGER, place INTEGER);
    CREATE TABLE after (id, title, content INTEGER, fields, source, ordinal INTEGER, line INTEGER, place INTEGER);
    CREATE TABLE gone (title, id);
    CREATE TABLE come (title, id, source, ordinal INTEGER, line INTEGER, place INTEGER);
"""
_RENUMBERED = """
    SELECT gone.id AS old, come.id AS new, come.title, come.source, come.ordinal, come.line, come.place
    FROM come JOIN gone ON gone.title = come.title
    WHERE come.title IS NOT NULL
    GROUP BY come.title HAVING count(*) = 1
"""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier delivery: its files, and the report and profile of the run that made it, where they are known."""

    files: tuple[Path, ...]
    report: Path | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How both deliveries are read: format, options, names of the fields that are id and title."""

    kind: Format
    options: Mapping[str, Any]
    ids: frozenset[str]
    titles: frozenset[str]


def past_of(path: Path) -> Past:
    """The delivery that ``path`` is, or that the manifest ``path`` tells of.

    Raises :class:`UsageError` when there is none.
    """
    if path.suffix == ".jsonl" and is_report(path):
        path = _manifest_naming(path)
    if not path.name.endswith(MANIFEST):
        beside = path.with_name(path.name + MANIFEST)
        told = _told(beside) if beside.is_file() else {}
        parts = _parts(told, path.parent)
        if not path.is_file() and not parts:
            raise UsageError(f"{path}: no such delivery", f"{path}：比べる相手のファイルがありません。")
        return Past((path,) if path.is_file() else parts, _report(told, path.parent), _profile(told))
    told = _told(path)
    parts = _parts(told, path.parent)
    if not parts:
        ja = f"{path}：比べる相手を読めません。マニフェストにある出力のファイルが見つかりません。"
        raise UsageError(f"{path}: the outputs this manifest tells of are not there", ja)
    return Past(parts, _report(told, path.parent), _profile(told))


def _manifest_naming(report: Path) -> Path:
    """The manifest of the run that wrote a report. Raises :class:`UsageError` when none is beside it."""
    for path in sorted(report.parent.glob(f"*{MANIFEST}")):
        with contextlib.suppress(UsageError):
            if report.name in _names(_told(path).get("options"), "reports"):
                return path
    ja = f"{report}：指摘の報告です。前回の出力か、そのマニフェスト（{MANIFEST}）を指定してください。"
    raise UsageError(f"{report} is a report: name the earlier output, or its manifest", ja)


def ledger_of(past: Past | None) -> IssueLedger | None:
    """What keeps the issues of both runs, where the earlier one left them one by one."""
    if past is None or past.report is None or past.report.suffix != ".jsonl":
        return None
    ledger = IssueLedger(past.report)
    if ledger.known:
        return ledger
    ledger.close()
    return None


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", f"{path}：マニフェストとして読めません。") from error
    return told if isinstance(told, dict) else {}


def _names(told: Any, key: str) -> Iterator[str]:
    entries = told.get(key) if isinstance(told, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(name, str) and name and "\0" not in name:
            yield Path(name).name


def _parts(told: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    found = [folder / name for name in _names(told, "outputs")]
    return tuple(found) if all(path.is_file() for path in found) else ()


def _profile(told: dict[str, Any]) -> str | None:
    name = told.get("profile")
    return name if isinstance(name, str) else None


def _report(told: dict[str, Any], folder: Path) -> Path | None:
    """The report with every issue, or at least with their counts, beside the delivery."""
    names = sorted(_names(told.get("options"), "reports"), key=lambda name: not name.endswith(".jsonl"))
    places = [folder / name for name in names if name.endswith((".jsonl", ".json"))]
    return next((path for path in places if path.is_file()), None)


def shape_of(
    kind: Format, given: Mapping[str, tuple[str, ...]], options: Mapping[str, Any], written: Mapping[str, Any], ids: str
) -> Shape:
    """How deliveries of a format are read. ``written``: the writer's options; ``ids``: the id's field in a table."""
    named = _readable(kind, written)
    roles = roles_by_name(kind, given)
    titles = frozenset(name for name, playing in roles.items() if "title" in playing)
    table = named.columns and named is not kind
    own = given.get("id") or (() if table else kind.roles.get("id")) or ((ids,) if ids else ())
    typed = options if named is kind else parse_options(named.read_options, {})
    return Shape(named, typed, frozenset(own), titles)


def _readable(kind: Format, written: Mapping[str, Any]) -> Format:
    """The format by which what was written is read again."""
    file, layout = written.get("file"), written.get("layout")
    if file in ("csv", "tsv", "xlsx"):
        return format_named(file)
    if layout == "array":
        return format_named("json")
    for option, reader in kind.reread.items():
        name, _, value = option.partition("=")
        if written.get(name) == value:
            return replace(kind, reader=reader, read_options=())
    if kind.reader is None:
        ja = "この形の出力は読みもどせないため、前回と比べられません。"
        raise UsageError("what is written in this form cannot be read again to be compared", ja)
    return kind


@dataclass(slots=True)
class Comparison:
    """What differs. Deleted and added records that have the same title, alone, are renumbered ones."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    renumbered: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    issues: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the report has it."""
        fields = sorted(self.fields.items(), key=lambda item: (-item[1], item[0]))
        counts = {name: getattr(self, name) for name in ("added", "changed", "deleted", "unchanged", "renumbered")}
        return counts | {"fields": dict(fields), "issues": self.issues}


class Compared:
    """Two deliveries in one database, which stands in ``folder`` and goes with it.

    The earlier one is read at once: this run may write over it. Raises :class:`UsageError` when none of its records has
    an id.
    """

    def __init__(self, folder: Path, shape: Shape, past: Past, ledger: IssueLedger | None = None) -> None:
        self._shape = shape
        self._ledger = ledger
        told = past.report is not None and past.report.suffix == ".json"
        self._then = codes_then(past.report) if told and past.report is not None else None
        self._profile = past.profile
        self._numbers: dict[str, int] = {}
        self._skipped = 0
        self._base = sqlite3.connect(folder / "compared.db")
        self._base.executescript(_SETTINGS)
        try:
            self.take("before", [Source.of(path) for path in past.files])
            self._check(past)
        except BaseException:
            self.close()
            raise

    def _check(self, past: Past) -> None:
        if self._skipped and not self._base.execute("SELECT 1 FROM before LIMIT 1").fetchone():
            names = ", ".join(sorted(self._shape.ids)) or "?"
            ja = f"{past.files[0]}：どのレコードにも ID（{names}）がないので、比べられません。"
            ja += "プロファイルに roles: {id: 項目名} と書くと、ID の項目を指定できます。"
            en = f"{past.files[0]}: no record has an id ({names}); a profile can name the field: roles: {{id: NAME}}"
            raise UsageError(en, ja)

    def close(self) -> None:
        """Nothing more is asked."""
        self._base.close()

    def take(self, table: str, sources: Iterable[Source]) -> None:
        """Read one of the deliveries, ``before`` or ``after``. Records without id are left out."""
        statement = f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own word
        rows = self._rows(sources)
        try:
            while some := list(islice(rows, _BATCH)):
                self._base.executemany(statement, some)
        except (sqlite3.Error, OSError) as error:
            raise _failed(error) from error

    def _rows(self, sources: Iterable[Source]) -> Iterator[Row]:
        before = 0
        for source in sources:
            reader = self._shape.kind.load_reader()(source, self._shape.options)
            columns = reader.columns or ()
            known = not columns or self._shape.ids & set(columns)
            ids = self._shape.ids if known else columns[:1]
            names, count = Names(reader), 0
            for record in reader:
                count += 1
                row = None if record.body is None else self._row(names, record, ids, before)
                if row is None:
                    self._skipped += 1
                else:
                    yield row
            before += count

    def _row(self, names: Names, record: Record, ids: Iterable[str], before: int) -> Row | None:
        values = _values(names, record)
        found = next((values.pop(name) for name in ids if name in values), None)
        if found is None:
            return None
        title = next((" ".join(map(str, values[name])) for name in self._shape.titles if name in values), None)
        packed = array("q")
        for name, held in values.items():
            packed.append(self._numbers.setdefault(name, len(self._numbers)))
            packed.append(hash(held))
        content = hash(frozenset(values.items()))
        known = (storable(" ".join(map(str, found))), storable(title), content, packed.tobytes())
        return (*known, storable(record.source), record.ordinal + before, record.line, record.row)

    # ── What differs ─────────────────────────────────────────────────────────────────────────────

    def compare(self, sources: Iterable[Source], now: Mapping[str, int], profile: str = "") -> Comparison:
        """The counts, against what ``sources`` hold; ``now``: the issues of this run, by code.

        ``profile``: this run's. Under another one than last time other checks ran, which is told beside the issues.
        """
        try:
            self.take("after", sources)
            found = self._joined()
            self._base.executescript(
                "CREATE INDEX gone_title ON gone (title); CREATE INDEX come_title ON come (title);"
            )
            self._base.executescript(f"CREATE TABLE moved AS {_RENUMBERED};")
            found.renumbered = self._base.execute("SELECT count(*) FROM moved").fetchone()[0]
        except (sqlite3.Error, OSError) as error:
            raise _failed(error) from error
        if self._ledger is not None:
            found.issues = self._ledger.to_dict()
        elif self._then is not None:
            found.issues = codes_differing(self._then, now)
        if found.issues is not None and profile and self._profile not in (None, profile):
            found.issues["profiles"] = {"before": self._profile, "now": profile}
        return found

    def _joined(self) -> Comparison:
        found = Comparison()
        names = {number: name for name, number in self._numbers.items()}
        for old, new in _merged(self._sorted("before"), self._sorted("after")):
            if new is None:
                found.deleted += 1
                self._base.execute("INSERT INTO gone VALUES (?, ?)", (old[1], old[0]))
            elif old is None:
                found.added += 1
                self._base.execute("INSERT INTO come VALUES (?, ?, ?, ?, ?, ?)", (new[1], new[0], *new[4:]))
            elif old[2] == new[2]:
                found.unchanged += 1
            else:
                found.changed += 1
                found.fields.update(names[number] for number in _differing(old[3], new[3]))
        return found

    def _sorted(self, table: str) -> Iterator[Row]:
        """The rows of a table by id; of rows with one id the first."""
        last: Any = None
        for row in self._base.execute(f"SELECT * FROM {table} ORDER BY id, ordinal"):  # noqa: S608 - our own word
            if row[0] != last:
                yield row
            last = row[0]

    def issues(self) -> Iterator[Issue]:
        """A ``DSET-ID-CHANGED`` for every renumbered record, in the order of the data."""
        for row in self._base.execute("SELECT * FROM moved ORDER BY ordinal"):
            old, new, title, source, ordinal, line, place = map(told_back, row)
            at = Location(source, line=line, row=place)
            slots = {"old": old, "title": title}
            yield Issue("DSET-ID-CHANGED", at, record_id=new, ordinal=ordinal, value=new, slots=slots)


def _values(names: Names, record: Record) -> dict[str, tuple[Any, ...]]:
    """Every value that is not blank, by name."""
    values: dict[str, tuple[Any, ...]] = {}
    for name, _, value in names.values(record):
        if value.__class__ is not str or (value and not value.isspace()):
            values[name] = (*values[name], value) if name in values else (value,)
    return values


def _key(row: Row) -> tuple[bool, Any]:
    return row[0].__class__ is bytes, row[0]


def _merged(old: Iterator[Row], new: Iterator[Row]) -> Iterator[tuple[Any, Any]]:
    """Two streams of rows in the order of their ids: what has one id in both together, the rest beside None."""
    one, other = next(old, None), next(new, None)
    while one is not None or other is not None:
        if other is None or (one is not None and _key(one) < _key(other)):
            yield one, None
            one = next(old, None)
        elif one is None or _key(other) < _key(one):
            yield None, other
            other = next(new, None)
        else:
            yield one, other
            one, other = next(old, None), next(new, None)


def _differing(one: bytes, other: bytes) -> set[int]:
    """The fields whose values are not the same."""
    held = [dict(zip(packed[::2], packed[1::2], strict=True)) for packed in (array("q", one), array("q", other))]
    return {number for number, _ in held[0].items() ^ held[1].items()}


def _failed(error: sqlite3.Error | OSError) -> RunError:
    ja = f"前回との比較のための作業用ファイルを使えません：{reason_in_japanese(error)}。"
    return RunError(f"the comparison cannot be kept: {error}", ja)
