"""Compare a converted output with the last snapshot, by identifier and content; nothing is written.

The output is read once, identifiers and hashes are sorted on disk, and both sides gone through in step.
"""

from __future__ import annotations

import hashlib
import zlib
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.deliver.differing import mark_of
from convert.deliver.gathering import KEPT, Gathering, Some, lost, twice
from convert.deliver.snapshots.naming import identifier_of, sets_of
from convert.deliver.snapshots.shaping import Crosswalk, Shaper, UnshapedError
from convert.deliver.snapshots.writing import Live, live, marks
from convert.deliver.sorting import Sorter
from convert.deliver.stream import BATCH, Taker
from convert.deliver.turnover import Turnover, pair_up
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from convert.deliver.forms import Opener
    from convert.deliver.snapshots.naming import SetRule
    from convert.deliver.snapshots.writing import Delivery, Last, New
    from convert.deliver.stream import Input, Progress
    from convert.formats.base import Selector
    from convert.store.base import Store

Place = tuple[int, int, int, int]
"""Where a record stands: number of the input, first byte, bytes, their CRC."""


class Records:
    """The records of an output, as they are kept: content, oai_dc, sets, and what is compared of them."""

    def __init__(
        self,
        inputs: Sequence[Input],
        opener: Opener,
        rules: Sequence[SetRule],
        crosswalk: Crosswalk,
        *,
        leave_out: Sequence[str] = (),
        progress: Progress | None = None,
        with_dc: bool = False,
    ) -> None:
        self.gathering = Gathering(inputs, opener, progress, bodies=bool(rules) or with_dc)
        self._shaper, self._crosswalk = Shaper(leave_out), crosswalk
        self._rules, self._with_dc, self._leaves = rules, with_dc, bool(leave_out)
        self._paths: list[list[Selector]] | None = None
        self.damaged = 0
        self.issues: list[Issue] = []

    def compared(self) -> Iterator[tuple[str | None, bytes, bytes, bool, Place]]:
        """Of every record: its name, the hashes of content with sets and of oai_dc, whether it is deleted, its place.

        Raises :class:`SourceFault`.
        """
        for seen, name in self.gathering.records():
            cut, cutter = seen.cut, self.gathering.stream.cutter
            place = (seen.source, cut.at, len(cut.data), zlib.crc32(cut.data))
            if cut.deleted or cutter is None:
                yield name, b"", b"", True, place
                continue
            try:
                content = self._shaper.compared(cutter.head, cut.data, cutter.tail)
            except UnshapedError:
                self._unread(Location(self.gathering.inputs[seen.source].name, line=cut.line))
                continue
            dc = self._dc(seen.body) if self._with_dc else b""
            yield name, _hash(content, self._sets(seen.body)), _short(dc) if dc else b"", False, place

    def _unread(self, at: Location) -> None:
        self.damaged += 1
        if self.damaged <= KEPT:
            self.issues.append(Issue("DLV-UNREAD", at))

    def _sets(self, body: Any) -> Mapping[str, str]:
        if not self._rules:
            return {}
        if self._paths is None:
            self._paths = [self.gathering.stream.paths([rule.path]) for rule in self._rules]
        return sets_of(self._rules, self._paths, body)

    @property
    def rules_without_path(self) -> list[str]:
        """Rules for sets whose path the format does not have."""
        return [str(rule) for rule, paths in zip(self._rules, self._paths or (), strict=False) if not paths]

    def _dc(self, body: Any) -> bytes:
        reader = self.gathering.stream.reader
        return b"" if body is None or reader is None else self._crosswalk.made(body, reader)

    def taken(self, wanted: Iterator[tuple[str, int, Place]]) -> Iterator[list[New]]:
        """Records in batches, whole, from their places; of each the identifier and the row it takes the place of."""
        from convert.deliver.snapshots.writing import New  # noqa: PLC0415 - needs SQLAlchemy

        stream = self.gathering.stream
        names = self.gathering.opener.form.names
        with Taker(self.gathering.inputs) as taker:
            while some := list(islice(wanted, BATCH)):
                datas = [taker.take(place) for _, _, place in some]
                bodies = stream.bodies(datas)
                title, same = stream.paths(names["title"]), stream.paths(names["same"])
                batch = []
                for (identifier, former, _), data, body in zip(some, datas, bodies, strict=True):
                    content = self._shaper.content(stream.head, data, stream.tail)
                    basis = self._shaper.compared(stream.head, data, stream.tail) if self._leaves else content
                    dc, sets = self._dc(body) or EMPTY, self._sets(body)
                    batch.append(
                        New(
                            identifier, former, content, dc, _hash(basis, sets), _short(dc),
                            mark_of(title, same, body), sets,
                        )
                    )  # fmt: skip
                yield batch


EMPTY = b'<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"></oai_dc:dc>'


def _hash(content: bytes, sets: Mapping[str, str]) -> bytes:
    return hashlib.sha256(content + "".join(f"\n{name}" for name in sorted(sets)).encode("utf-8", "replace")).digest()


def _short(dc: bytes) -> bytes:
    return hashlib.blake2b(dc, digest_size=16).digest()


class Comparison:
    """What an output changes. ``wanted``: (identifier, row it takes the place of, place) by identifier; ``gone``: rows.

    ``counts``: added, changed, deleted, unchanged, renumbered, revived (added after they were deleted).
    """

    def __init__(self, store: Store, delivery: Delivery | None, last: Last | None, records: Records, folder: Path):
        self._store, self._delivery, self._last, self._records = store, delivery, last, records
        self._folder = folder
        self._wanted, self._gone, self._added, self._lost = (
            Sorter(folder, name) for name in ("wanted", "gone", "added", "lost")
        )
        self.counts = dict.fromkeys(("added", "changed", "deleted", "unchanged", "renumbered", "revived"), 0)
        self.before = last.records if last is not None else 0
        self.nameless = 0
        self._unnamed, self._twice, self._vanished, self._pairs = Some(), Some(), Some(), Some()

    @property
    def at(self) -> Location:
        """What issues about the whole speak of."""
        return self._records.gathering.at

    @property
    def differs(self) -> bool:
        """Whether there is anything new."""
        return bool(self._wanted.count or self._gone.count)

    @property
    def after(self) -> int:
        """The records that the new snapshot has."""
        return sum(self.counts[name] for name in ("added", "changed", "unchanged"))

    def compare(self, domain: str | None) -> None:
        """Go through both."""
        new = Sorter(self._folder, "new")
        for name, digest, dc, deleted, place in self._records.compared():
            if name is None:
                continue  # counted by the gathering
            identifier = identifier_of(name, domain)
            if identifier is None:
                self._unnamed.add(name)
            else:
                new.add((identifier, deleted, digest, dc, *place))
        old = live(self._store, self._delivery.id) if self._delivery is not None else iter(())
        former = next(old, None)
        for identifier, group in groupby(new, key=itemgetter(0)):
            while former is not None and former.identifier < identifier:
                self._vanish(former)
                former = next(old, None)
            mine = former if former is not None and former.identifier == identifier else None
            self._one(identifier, [one for one in group if not one[1]], mine)
            if mine is not None:
                former = next(old, None)
        while former is not None:
            self._vanish(former)
            former = next(old, None)
        if self._added.count and self._lost.count:
            self._renumbered()

    def _one(self, identifier: str, found: Sequence[tuple[Any, ...]], former: Live | None) -> None:
        """One identifier: what the output has of it, and the row there is."""
        if len(found) > 1:
            self._twice.add(identifier)
        if not found:
            if former is not None:
                self._vanish(former)
            return
        _, _, digest, dc, *place = found[0]
        if former is None or former.deleted:
            self.counts["added"] += 1
            self.counts["revived"] += former is not None
            self._added.add((*place, identifier))
        elif former.hash == digest and (not dc or former.dc_hash == dc):
            self.counts["unchanged"] += 1
            return
        else:
            self.counts["changed"] += 1
        self._wanted.add((identifier, former.id if former is not None else 0, *place))

    def _vanish(self, former: Live) -> None:
        if former.deleted:
            return
        self.counts["deleted"] += 1
        self._vanished.add(former.identifier)
        self._gone.add((former.id,))
        self._lost.add((former.id, former.identifier))

    @property
    def wanted(self) -> Iterator[tuple[str, int, Place]]:
        """What is to be written, by identifier."""
        for identifier, former, source, at, size, crc in self._wanted:
            yield identifier, former, (source, at, size, crc)

    @property
    def gone(self) -> Iterator[list[int]]:
        """Rows of records that are gone, in batches."""
        waiting = iter(self._gone)
        while some := [one for (one,) in islice(waiting, BATCH)]:
            yield some

    # ── Records that live on under another identifier ────────────────────────────────────────────

    def _renumbered(self) -> None:
        alike = Sorter(self._folder, "alike")
        lost_ones = iter(self._lost)
        while some := list(islice(lost_ones, BATCH)):
            for (_, name), mark in zip(some, marks(self._store, [row for row, _ in some]), strict=True):
                if mark is not None:
                    alike.add((mark, 0, name))
        for mark, name in self._prints():
            alike.add((mark, 1, name))
        pair_up(alike, self._pairs)
        self.counts["renumbered"] = self._pairs.count

    def _prints(self) -> Iterator[tuple[bytes, str]]:
        gathering = self._records.gathering
        names, stream = gathering.opener.form.names, gathering.stream
        with Taker(gathering.inputs) as taker:
            waiting = iter(self._added)
            while some := list(islice(waiting, BATCH)):
                bodies = stream.bodies([taker.take(one[:4]) for one in some])
                title, same = stream.paths(names["title"]), stream.paths(names["same"])
                for one, body in zip(some, bodies, strict=True):
                    mark = mark_of(title, same, body)
                    if mark is not None:
                        yield mark, one[4]

    # ── What is to be said ───────────────────────────────────────────────────────────────────────

    def judged(self, most_deleted: int, most_changed: int, converter: Mapping[str, str] | None) -> Iterator[Issue]:
        """What speaks against it. ``converter``: what is new about the programs and mappings that made the records."""
        gathering, counts = self._records.gathering, self.counts
        yield from gathering.judged()
        if self._records.damaged:
            yield Issue("DLV-SKIPPED", self.at, slots={"count": self._records.damaged})
        if self._unnamed.count:
            yield Issue("DLV-LOAD-NAME", self.at, value=self._unnamed.text, slots={"count": self._unnamed.count})
        for rule in self._records.rules_without_path:
            yield Issue("DLV-LOAD-SET", self.at, value=rule)
        yield from twice(self._twice, self.at)
        yield from _of_runs(gathering)
        if not self.after:
            yield Issue("DLV-NONE", self.at)
        turnover = Turnover(self.at, self.before, counts)
        if turnover.too_many("deleted", most_deleted):
            yield turnover.share("DLV-DIFF-DELETED", "deleted", most_deleted, self._vanished.text)
        if turnover.too_many("changed", most_changed):
            code = "DLV-LOAD-CONVERTER" if converter else "DLV-DIFF-CHANGED"
            yield turnover.share(code, "changed", most_changed, **(converter or {}))
        left_out = sum(lost(told) for told in gathering.stream.told)
        yield from turnover.doubtful(self._pairs, self._vanished, left_out)


def _of_runs(gathering: Gathering) -> Iterator[Issue]:
    for told in gathering.stream.told:
        at = Location(told.name)
        if told.run is None:
            yield Issue("DLV-RUN-NONE", at)
        elif told.run.records is not None and told.run.records != told.records:
            yield Issue("DLV-FULL-COUNT", at, slots={"found": told.records, "said": told.run.records})
