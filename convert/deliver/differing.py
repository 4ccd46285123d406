"""A differential load: what changed between two converted files, in their own format, deletions included.

Records are compared by id and content, byte by byte but for line ends and what stands between records. Both files are
read once, ids and hashes sorted on disk; then the records that are needed are taken from the new file.
"""

from __future__ import annotations

import hashlib
import tempfile
import unicodedata
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.deliver.deleting import teller
from convert.deliver.gathering import Gathering, Some, lost, lowered, twice
from convert.deliver.placing import Delivery, common_parts, input_entry, place_for
from convert.deliver.sampling import opened, worst
from convert.deliver.sorting import Sorter
from convert.deliver.strata import texts
from convert.deliver.stream import BATCH, Taker
from convert.deliver.turnover import Turnover, pair_up
from convert.errors import PathError, SourceFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convert.deliver.cutting import Cut, Cutter
    from convert.deliver.forms import Form
    from convert.deliver.stream import Progress
    from convert.formats.base import Selector
    from convert.model import Location

LIST = ".deleted.txt"
"""What follows the output's name in the name of the list of ids that are gone."""
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """Which files, against which, where to. ``read``, ``write``: options of the format's reader and target. ``ignore``:
    names whose values do not count, ``ignore_dates``: those of a record's own dates. ``most_deleted``,
    ``most_changed``: percent of the old records. ``force``: write although something speaks against it.
    """

    files: Sequence[str | Path]
    against: Sequence[str | Path]
    output: str | Path
    format: str | None = None
    read: Mapping[str, Any] = field(default_factory=dict)
    write: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[str] = ()
    ignore: Sequence[str] = ()
    ignore_dates: bool = False
    most_deleted: int = 10
    most_changed: int = 50
    force: bool = False


@dataclass(frozen=True, slots=True)
class Differed:
    """What became of it. ``counts``: added, changed, deleted, unchanged, renumbered, listed (deletions that the format
    cannot tell, and that stand in a list beside the output). ``manifest`` None: nothing was written.
    """

    output: Path
    form: Form
    counts: Mapping[str, int]
    issues: tuple[Issue, ...]
    manifest: Mapping[str, Any] | None

    @property
    def refused(self) -> bool:
        """Whether something kept it from being written; nothing to write is no refusal."""
        return self.manifest is None and worst(self.issues) >= Severity.ERROR


def diff(request: DiffRequest, *, now: datetime | None = None, progress: Progress | None = None) -> Differed:
    """Write what changed, with a manifest. Nothing is written with an issue at error, unless ``force``, nor when
    nothing changed. Raises :class:`UsageError`, :class:`RunError`.
    """
    started = (now or datetime.now(UTC)).astimezone(UTC)
    inputs, opener = opened(request.files, request.format, request.fields, request.read)
    olds, old_opener = opened(request.against, opener.form.name, request.fields, request.read)
    place = place_for(request.output, [*inputs, *olds])
    with tempfile.TemporaryDirectory(prefix="mokuroku-") as folder:
        work = _Work(request, Gathering(inputs, opener, progress), Gathering(olds, old_opener, progress), Path(folder))
        try:
            work.compare()
        except SourceFault as fault:
            return Differed(place, opener.form, work.counts, (*work.issues, fault.issue), None)
        issues = [*work.issues, *work.judged()]
        write = (worst(issues) < Severity.ERROR or request.force) and work.differs
        manifest = _write(place, work, started, issues) if write else None
        return Differed(place, opener.form, work.counts, tuple(issues), manifest)


class _Work:
    """The comparison. ``wanted``: places in the new files of what is written; ``gone``: ids with places in the old."""

    def __init__(self, request: DiffRequest, new: Gathering, old: Gathering, folder: Path) -> None:
        self.request, self.new, self.old = request, new, old
        self._folder = folder
        self.wanted, self._added = Sorter(folder, "wanted"), Sorter(folder, "added")
        self.gone, self._lost = Sorter(folder, "gone"), Sorter(folder, "lost")
        self.counts = dict.fromkeys(("added", "changed", "deleted", "unchanged", "renumbered", "listed"), 0)
        self.before = 0
        self.example = b""
        self._twice, self._vanished, self._pairs = (Some(), Some()), Some(), Some()

    @property
    def issues(self) -> list[Issue]:
        """Faults of records."""
        return [*self.new.issues, *map(lowered, self.old.issues)]

    @property
    def differs(self) -> bool:
        """Whether there is anything to deliver."""
        return bool(self.wanted.count or self.gone.count)

    @property
    def at(self) -> Location:
        """What issues about the whole speak of."""
        return self.new.at

    def compare(self) -> None:
        """Read both, and bring records with the same id together."""
        both = Sorter(self._folder, "both")
        self._take(self.old, 0, both)
        self._take(self.new, 1, both)
        for _, group in groupby(both, key=itemgetter(0)):
            self._one(list(group))
        if self._added.count and self._lost.count:
            self._renumbered()

    def _take(self, files: Gathering, side: int, both: Sorter) -> None:
        content: Callable[[Cut], bytes] | None = None
        for seen, name in files.records():
            if content is None:
                content = self._content(files)
                self.example = seen.cut.data if side else self.example
            cut = seen.cut
            place = (seen.source, cut.at, len(cut.data), zlib.crc32(cut.data))
            if name is not None:
                digest = hashlib.blake2b(content(cut), digest_size=16).digest()
                both.add((name, side, digest, cut.deleted, *place))
            elif side and not cut.deleted:
                self.counts["added"] += 1
                self.wanted.add(place)

    def _content(self, files: Gathering) -> Callable[[Cut], bytes]:
        """What of a record is compared."""
        form, cutter = files.opener.form, files.stream.cutter
        names = [*self._known(cutter, form), *self.request.ignore]
        if not names or cutter is None:
            return (lambda cut: cut.data.strip(_SPACE).replace(b"\r\n", b"\n")) if form.text else _plain
        try:
            part = cutter.leaving_out(names)
        except PathError as error:
            raise UsageError(f"--ignore: {error}", f"--ignore：{error.path}（{error.ja or error.reason}）") from error
        return lambda cut: part(cut).strip(_SPACE).replace(b"\r\n", b"\n")

    def _known(self, cutter: Cutter | None, form: Form) -> Iterator[str]:
        """The dates of a record that its file has."""
        for name in form.dates if self.request.ignore_dates else ():
            try:
                if cutter is None:
                    return
                cutter.leaving_out([name])
            except PathError:
                continue
            yield name

    def _one(self, found: Sequence[tuple[Any, ...]]) -> None:
        """All records with one id: side, hash, deleted, place."""
        name = found[0][0]
        old = [one for one in found if not one[1] and not one[3]]
        new = [one for one in found if one[1] and not one[3]]
        self.before += len(old)
        for side, records in enumerate((old, new)):
            if len(records) > 1:
                self._twice[side].add(name)
        if new and old and sorted(one[2] for one in new) == sorted(one[2] for one in old):
            self.counts["unchanged"] += len(new)
        elif new:
            self.counts["changed" if old else "added"] += len(new)
            for one in new:
                self.wanted.add(one[4:])
                if not old:
                    self._added.add((*one[4:], name))
        elif old:
            self._delete(name, old, [one for one in found if one[1]])

    def _delete(self, name: str, old: Sequence[tuple[Any, ...]], told: Sequence[tuple[Any, ...]]) -> None:
        """A record that is gone; where the new file says so itself, in its words."""
        self.counts["deleted"] += 1
        self._vanished.add(name)
        self._lost.add((*old[0][4:], name))
        if told:
            self.wanted.add(told[0][4:])
        else:
            self.gone.add((name,))

    # ── Records that live on under another id ────────────────────────────────────────────────────

    def _renumbered(self) -> None:
        """Count records that are gone while their title and other fields are there under a new id."""
        alike = Sorter(self._folder, "alike")
        for side, files, sorter in ((0, self.old, self._lost), (1, self.new, self._added)):
            with Taker(files.inputs) as taker:
                for mark, name in _prints(files, sorter, taker):
                    alike.add((mark, side, name))
        pair_up(alike, self._pairs)
        self.counts["renumbered"] = self._pairs.count

    # ── What is to be said ───────────────────────────────────────────────────────────────────────

    def judged(self) -> Iterator[Issue]:
        """What speaks against delivering it."""
        yield from self.new.judged()
        yield from map(lowered, self.old.judged())
        yield from twice(self._twice[1], self.at)
        yield from map(lowered, twice(self._twice[0], self.old.at))
        if self.new.stream.frame != self.old.stream.frame:
            yield Issue("DLV-DIFF-HEAD", self.at)
        counts, request = self.counts, self.request
        turnover = Turnover(self.at, self.before, counts)
        if turnover.too_many("deleted", request.most_deleted):
            yield turnover.share("DLV-DIFF-DELETED", "deleted", request.most_deleted, self._vanished.text)
        if turnover.too_many("changed", request.most_changed):
            yield turnover.share("DLV-DIFF-CHANGED", "changed", request.most_changed)
        left_out = sum(lost(told) for told in self.new.stream.told)
        yield from turnover.doubtful(self._pairs, self._vanished, left_out)
        if not self.differs:
            yield Issue("DLV-DIFF-SAME", self.at, slots={"count": counts["unchanged"]})


def _plain(cut: Cut) -> bytes:
    return cut.data.rstrip(b"\r\n\x00\x1a")


def _prints(files: Gathering, sorter: Sorter, taker: Taker) -> Iterator[tuple[bytes, str]]:
    """What tells a title from others, its id left out, and its id; for records that have a title."""
    waiting = iter(sorter)
    names = files.opener.form.names
    while some := list(islice(waiting, BATCH)):
        bodies = files.stream.bodies([taker.take(one[:4]) for one in some])
        title, same = files.stream.paths(names["title"]), files.stream.paths(names["same"])
        for one, body in zip(some, bodies, strict=True):
            mark = mark_of(title, same, body)
            if mark is not None:
                yield mark, one[4]


def mark_of(title: Sequence[Selector], same: Sequence[Selector], body: Any) -> bytes | None:
    """What tells a title from others, its id left out; None for what has no title."""
    head = next((text for path in title for text in texts(path, body)), None) if body is not None else None
    if head is None:
        return None
    parts = [head, *(text for path in same for text in texts(path, body))]
    plain = "\0".join("".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts)
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _write(place: Path, work: _Work, started: datetime, issues: Sequence[Issue]) -> Mapping[str, Any]:
    opener, stream = work.new.opener, work.new.stream
    tell = teller(opener.form, {**opener.read, **work.request.write}, work.example, started)
    listed: list[str] = []
    with Delivery(place, opener.form) as delivery, Taker(work.new.inputs) as taker:
        delivery.start(stream.head)
        for found in work.wanted:
            delivery.add(taker.take(found))
        for (name,) in work.gone:
            told = tell(name)
            if told is None:
                listed.append(name)
            else:
                delivery.add(told)
        if listed:
            work.counts["listed"] = len(listed)
            delivery.beside(LIST, "".join(f"{_line(name)}\n" for name in listed).encode("utf-8", "replace"))
        else:
            delivery.without(LIST)
        made = common_parts(opener.form, stream.told, started, issues)
        return delivery.finish(stream.tail, {"delivery": "diff", **made, "difference": _told(place, work)})


def _line(name: str) -> str:
    return " ".join(name.splitlines())


def _told(place: Path, work: _Work) -> dict[str, Any]:
    request = work.request
    told: dict[str, Any] = {
        "against": [input_entry(one) for one in work.old.stream.told],
        "counts": work.counts,
        "limits": {"deleted_percent": request.most_deleted, "changed_percent": request.most_changed},
        "ignored": {"dates": request.ignore_dates, "names": list(request.ignore)},
        "forced": request.force,
    }
    if work.counts["listed"]:
        told["deleted_list"] = place.name + LIST
    return told
