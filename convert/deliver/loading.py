"""A full load: converted files looked at from end to end and put together, or refused."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.deliver.gathering import Gathering, Some, twice
from convert.deliver.placing import Delivery, common_parts, place_for
from convert.deliver.sampling import opened, worst
from convert.deliver.sorting import Sorter
from convert.errors import SourceFault
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.deliver.forms import Form
    from convert.deliver.stream import Progress


@dataclass(frozen=True, slots=True)
class FullRequest:
    """Which files, where to. ``force``: write although something speaks against it, without what is damaged."""

    files: Sequence[str | Path]
    output: str | Path
    format: str | None = None
    read: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[str] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of it. ``manifest`` None: nothing was written."""

    output: Path
    form: Form
    counts: Mapping[str, int]
    issues: tuple[Issue, ...]
    manifest: Mapping[str, Any] | None


def full(request: FullRequest, *, now: datetime | None = None, progress: Progress | None = None) -> Loaded:
    """Put the files together, with a manifest. With an issue at error nothing is written, unless ``force``.

    Raises :class:`UsageError`, :class:`RunError`.
    """
    started = (now or datetime.now(UTC)).astimezone(UTC)
    inputs, opener = opened(request.files, request.format, request.fields, request.read)
    place = place_for(request.output, inputs)
    found = Gathering(inputs, opener, progress)
    counts = dict.fromkeys(("records", "damaged", "deleted"), 0)
    manifest = None
    with tempfile.TemporaryDirectory(prefix="mokuroku-") as folder, Delivery(place, opener.form) as delivery:
        ids = Sorter(Path(folder), "ids")
        try:
            for seen, name in found.records():
                if not delivery.started:
                    delivery.start(found.stream.head)
                if seen.cut.deleted:
                    counts["deleted"] += 1
                    continue
                delivery.add(seen.cut.data)
                if name is not None:
                    ids.add((name,))
        except SourceFault as fault:
            return Loaded(place, opener.form, counts, (*found.issues, fault.issue), None)
        counts |= {"records": delivery.records, "damaged": found.damaged}
        issues = [*found.issues, *judged(found, ids, counts)]
        good = worst(issues) < Severity.ERROR or request.force
        if good and delivery.records:
            made = common_parts(opener.form, found.stream.told, started, issues)
            manifest = delivery.finish(
                found.stream.tail, {"delivery": "full", **made, "loading": {"counts": counts, "forced": request.force}}
            )
    return Loaded(place, opener.form, counts, tuple(issues), manifest)


def judged(found: Gathering, ids: Sorter, counts: Mapping[str, int]) -> Iterator[Issue]:
    """What speaks against a full load, once all records were seen."""
    yield from found.judged()
    if not counts["records"]:
        yield Issue("DLV-NONE", found.at)
    same = Some()
    for key, group in groupby(ids):
        if sum(1 for _ in group) > 1:
            same.add(key[0])
    yield from twice(same, found.at)
    if counts["deleted"]:
        yield Issue("DLV-FULL-DELETED", found.at, slots={"count": counts["deleted"]})
    for told in found.stream.told:
        at = Location(told.name)
        if told.run is None:
            yield Issue("DLV-RUN-NONE", at)
        elif told.run.records is not None and told.run.records != told.records:
            yield Issue("DLV-FULL-COUNT", at, slots={"found": told.records, "said": told.run.records})
