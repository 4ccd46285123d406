"""Load a converted output as the next snapshot of a delivery, or refuse it with the numbers."""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue, Severity
from convert.deliver.sampling import opened, worst
from convert.deliver.snapshots import tables, writing
from convert.deliver.snapshots.comparing import Comparison, Records
from convert.deliver.snapshots.naming import SetRule, check_domain
from convert.deliver.snapshots.shaping import CROSSWALK, Crosswalk
from convert.errors import OptionError, SourceFault, UsageError
from convert.report.report import tool
from convert.store.lock import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.deliver.snapshots.writing import Delivery, Last
    from convert.deliver.stream import Progress, Told
    from convert.store.base import Store

FORMATS: Final = {"dcndl": "dcndl"}
"""Formats whose records can be served, and the metadataPrefix of each."""
DATES: Final = (
    "{http://purl.org/dc/terms/}dateAccepted",
    "{http://purl.org/dc/terms/}created",
    "{http://purl.org/dc/terms/}modified",
)
CLOCK: Final = 60
"""Seconds that the clock may be behind the last snapshot."""
DAY: Final = 86400
_NAME_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Which files, as which delivery. ``sets``: rules ``PATH`` or ``NAME=PATH``. ``most_deleted``, ``most_changed``:
    percent of the last snapshot. ``keep``: days for which a snapshot can still be harvested once there is a newer one.
    ``force``: load although something speaks against it. ``dry_run``: only compare.
    """

    files: Sequence[str | Path]
    name: str
    format: str = "dcndl"
    read: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[str] = ()
    domain: str | None = None
    sets: Sequence[str] = ()
    crosswalk: str | Path = CROSSWALK
    ignore_dates: bool = False
    most_deleted: int = 10
    most_changed: int = 50
    keep: int = 14
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of it. ``snapshot`` is the number of the new snapshot, None where none was made; ``datestamp`` the
    moment (seconds since 1970) from which on it is seen; ``former`` the snapshot that was compared with; ``records``
    those of the new snapshot, ``pruned`` the rows of old ones that were dropped.
    """

    name: str
    snapshot: int | None
    datestamp: int | None
    former: int | None
    records: int
    counts: Mapping[str, int]
    pruned: int
    issues: tuple[Issue, ...]

    @property
    def refused(self) -> bool:
        """Whether something kept it from being loaded; nothing to load is no refusal."""
        return self.snapshot is None and worst(self.issues) >= Severity.ERROR


def load(
    store: Store, request: LoadRequest, *, clock: Callable[[], float] = time.time, progress: Progress | None = None
) -> Loaded:
    """Load. With an issue at error nothing is written, unless ``force``; nor when nothing changed.

    Raises :class:`UsageError` (another run is loading the same delivery, too), :class:`RunError`.
    """
    name = _check(request)
    refused = UsageError(
        f"'{name}' is being loaded into {store.place.shown} by another process; wait until it has ended",
        f"「{name}」は、別の処理が {store.place.shown} へ入れています。終わってから実行してください。",
    )
    tables.prepare(store)
    with alone(store, f"delivery {name}", refused), tempfile.TemporaryDirectory(prefix="mokuroku-") as folder:
        writing.recover(store, name)
        return _Load(store, request, clock, progress, Path(folder)).go()


def _check(request: LoadRequest) -> str:
    if request.format not in FORMATS:
        known = ", ".join(FORMATS)
        raise OptionError("--format", request.format, f"expects {known}", f"{known} を書いてください")
    name = request.name
    if not name.strip() or len(name) > _NAME_MOST or not name.isprintable():
        raise OptionError("--as", name, "expects a name of 1 to 100 characters", "1〜100 文字の名前を書いてください")
    if request.domain is not None:
        check_domain(request.domain)
    return name


class _Load:
    """One run."""

    def __init__(
        self, store: Store, request: LoadRequest, clock: Callable[[], float], progress: Progress | None, folder: Path
    ) -> None:
        self._store, self._request, self._clock, self._folder = store, request, clock, folder
        self._crosswalk = Crosswalk(request.crosswalk)
        with store.reading() as connection:
            self._delivery: Delivery | None = writing.known(connection, request.name)
            self._last: Last | None = None
            if self._delivery is not None:
                self._last = writing.last_of(connection, self._delivery.id)
        former = self._delivery.domain if self._delivery is not None else None
        self._domain = request.domain or former
        inputs, opener = opened(request.files, request.format, request.fields, request.read)
        self._records = Records(
            inputs, opener, [SetRule.parse(text) for text in request.sets], self._crosswalk,
            leave_out=DATES if request.ignore_dates else (), progress=progress,
            with_dc=self._last is not None and self._last.crosswalk != self._crosswalk.print,
        )  # fmt: skip

    def go(self) -> Loaded:
        """Compare, judge, write."""
        found = Comparison(self._store, self._delivery, self._last, self._records, self._folder)
        gathering = self._records.gathering
        try:
            found.compare(self._domain)
        except SourceFault as fault:
            return self._told(found, (*gathering.issues, *self._records.issues, fault.issue))
        issues = [*gathering.issues, *self._records.issues, *self._judged(found)]
        if self._last is not None and not found.differs:
            issues.append(Issue("DLV-LOAD-SAME", found.at, slots={"count": found.after, "number": self._last.number}))
        good = worst(issues) < Severity.ERROR or self._request.force
        if not good or not found.differs or not found.after or self._request.dry_run:
            return self._told(found, issues)
        return self._written(found, issues)

    def _judged(self, found: Comparison) -> Iterator[Issue]:
        request, last = self._request, self._last
        yield from found.judged(request.most_deleted, request.most_changed, self._converter())
        if last is not None and last.datestamp > self._clock() + CLOCK:
            slots = {"last": _moment(last.datestamp), "now": _moment(int(self._clock()))}
            yield Issue("DLV-LOAD-CLOCK", found.at, slots=slots)

    def _converter(self) -> dict[str, str] | None:
        """What is new about the programs and mappings that made the records; None: nothing, or nobody knows."""
        if self._last is None:
            return None
        old, new = self._last.about.get("made_by", {}), self._made_by()
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        if not changed:
            return None
        return {"made": ", ".join(f"{name}: {old.get(name, '-')} → {new.get(name, '-')}" for name in changed)}

    def _made_by(self) -> dict[str, str]:
        """The programs and mappings that made the records, with their versions."""
        request = self._request
        found = {"oai_dc": self._crosswalk.print[:12]}
        found |= {"--set": " ".join(sorted(request.sets))} if request.sets else {}
        found |= {"--ignore-dates": "yes"} if request.ignore_dates else {}
        for told in self._records.gathering.stream.told:
            entry = told.run.entry if told.run is not None else {}
            made, mapping = entry.get("tool"), entry.get("mapping")
            if isinstance(made, dict):
                found[str(made.get("name"))] = str(made.get("version"))
            if isinstance(mapping, dict):
                found[str(mapping.get("id"))] = _print(mapping)
        return found

    def _written(self, found: Comparison, issues: Sequence[Issue]) -> Loaded:
        request = self._request
        snapshot = writing.Writing(self._store, request.name, self._clock)
        snapshot.begin(FORMATS[request.format], request.domain, self._crosswalk.print)
        try:
            for batch in self._records.taken(found.wanted):
                snapshot.add(batch)
            for rows in found.gone:
                snapshot.delete(rows)
        except BaseException:
            snapshot.abandon()
            raise
        stones = (
            (self._last.stones if self._last is not None else 0) + found.counts["deleted"] - found.counts["revived"]
        )
        stamp = snapshot.publish(found.after, stones, self._about(found))
        pruned = writing.prune(self._store, request.name, int(self._clock()) - request.keep * DAY)
        return self._told(found, issues, snapshot.number, stamp, pruned)

    def _about(self, found: Comparison) -> dict[str, Any]:
        request = self._request
        return {
            "tool": tool(),
            "made_by": self._made_by(),
            "counts": found.counts,
            "limits": {"deleted_percent": request.most_deleted, "changed_percent": request.most_changed},
            "forced": request.force,
            "sets": list(request.sets),
            "inputs": [_input(told) for told in self._records.gathering.stream.told],
        }

    def _told(
        self, found: Comparison, issues: Sequence[Issue], number: int | None = None, stamp: int | None = None,
        pruned: int = 0,
    ) -> Loaded:  # fmt: skip
        former = self._last.number if self._last is not None else None
        return Loaded(self._request.name, number, stamp, former, found.after, found.counts, pruned, tuple(issues))


def _moment(seconds: int) -> str:
    from convert.store.reading import moment  # noqa: PLC0415

    return moment(seconds)


def _print(mapping: Mapping[str, Any]) -> str:
    """A mapping with all its files."""
    files = mapping.get("files")
    digests = [str(one.get("sha256")) for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:12] if digests else str(mapping.get("sha256"))[:12]


def _input(told: Told) -> dict[str, Any]:
    return {"name": told.name, "bytes": told.size, "sha256": told.sha256, "records": told.records}
