"""A sample of a converted file that spans ages, kinds of material and source MARCs, as NDL asks for before a full load.

The file is read once, record by record, to see which strata there are and to draw; then the records are taken from it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.deliver.drawing import MAX_VALUES, RULE, Drawn, Urn
from convert.deliver.forms import Form, Opener, form_named, form_of
from convert.deliver.placing import Delivery, common_parts, place_for
from convert.deliver.strata import DIMENSIONS, NO, NONE, OTHER, UNREAD, YES, Looker, value_name
from convert.deliver.stream import Input, Stream, Taker
from convert.errors import SourceFault, UsageError
from convert.messages.catalogue import catalogue
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convert.deliver.stream import Progress

KEPT = 50
"""Faults of records that are told one by one."""
SHOWN = 20
"""Strata that a message names."""
_LAST = (UNREAD, OTHER, NONE)


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Which files, how many records, where to. ``by``: dimensions, None for all that the format
    can tell; ``read``: options of the format's reader;
    ``fields``: paths as ``NAME=PATH``. ``format`` None: as the file shows. ``strict``: warnings keep it from being
    written.
    """

    files: Sequence[str | Path]
    output: str | Path
    size: int = 1000
    format: str | None = None
    seed: int = 1
    by: Sequence[str] | None = None
    read: Mapping[str, Any] = field(default_factory=dict)
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum: its records in the file and in the sample."""

    by: str
    value: str
    records: int
    sample: int

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        names = {lang: value_name(self.by, self.value, lang) for lang in ("ja", "en")}
        return {"by": self.by, "value": self.value, **names, "records": self.records, "sample": self.sample}


@dataclass(frozen=True, slots=True)
class Sampled:
    """What became of it. ``empty``: what the file has nothing of, by dimension. ``manifest`` None: nothing written."""

    output: Path
    form: Form
    seed: int
    records: int
    sample: int
    damaged: int
    deleted: int
    strata: tuple[Stratum, ...]
    empty: Mapping[str, Sequence[str]]
    issues: tuple[Issue, ...]
    manifest: Mapping[str, Any] | None

    @property
    def written(self) -> bool:
        """Whether the sample is there."""
        return self.manifest is not None


def opened(
    files: Sequence[str | Path], format_name: str | None, fields: Sequence[str], read: Mapping[str, Any]
) -> tuple[list[Input], Opener]:
    """The inputs, each once, and how they are cut. Raises :class:`UsageError`."""
    if not files:
        raise UsageError("no file", "ファイルがありません。")
    inputs = [Input.of(Path(file)) for file in files]
    seen: set[Path] = set()
    for source in inputs:
        place = source.path.resolve()
        if place in seen:
            raise UsageError(f"{source.path} is named twice", f"{source.path} が二度指定されています。")
        seen.add(place)
    first = inputs[0].path
    form = form_named(format_name) if format_name else form_of(first, inputs[0].head)
    return inputs, Opener(form.with_fields(fields), read)


def sample(request: SampleRequest, *, now: datetime | None = None, progress: Progress | None = None) -> Sampled:
    """Draw a sample and write it, with its manifest. Raises :class:`UsageError`, :class:`RunError`.

    Damaged records are told and left out. Without any record nothing is written.
    """
    started = (now or datetime.now(UTC)).astimezone(UTC)
    for name in request.by or ():
        if name not in DIMENSIONS:
            known = ", ".join(DIMENSIONS)
            raise UsageError(f"--by {name}: expects some of {known}", f"--by {name}：{known} から選んでください。")
    inputs, opener = opened(request.files, request.format, request.fields, request.read)
    place = place_for(request.output, inputs)
    seen = _Pass(request, inputs, opener, progress)
    try:
        seen.go()
    except SourceFault as fault:
        seen.issues.append(fault.issue)
    if not seen.whole or not seen.records:
        if seen.whole:
            seen.issues.append(Issue("DLV-NONE", Location(inputs[0].name)))
        return seen.told(place, None, None)
    drawn = seen.urn.draw()
    seen.issues += seen.judged(drawn)
    return seen.told(place, drawn, _write(place, seen, drawn, started))


class _Pass:
    """The first time through the files."""

    def __init__(
        self, request: SampleRequest, inputs: Sequence[Input], opener: Opener, progress: Progress | None
    ) -> None:
        self.request, self.inputs, self.opener = request, inputs, opener
        form = opener.form
        self.by = tuple(dict.fromkeys(request.by or [name for name in DIMENSIONS if name != "marc" or form.marc]))
        self.urn = Urn(request.size, request.seed, len(self.by))
        self.stream = Stream(inputs, opener, progress)
        self.issues: list[Issue] = []
        self.records = self.damaged = self.deleted = 0
        self.lacking: list[str] = list(self.by)
        self.whole = False

    def go(self) -> None:
        """Every record once."""
        looker: Looker | None = None
        for seen in self.stream.records(bodies=lambda _: True):
            if seen.fault is not None:
                self.damaged += 1
                if self.damaged <= KEPT:
                    self.issues.append(seen.fault)
                continue
            if seen.cut.deleted:
                self.deleted += 1
                continue
            if looker is None and self.stream.reader is not None:
                looker = Looker(self.opener.form, self.stream, self.by, self.opener.read.get("encoding"))
                self.lacking = looker.lacking
            if looker is not None:
                self.records += 1
                data = seen.cut.data
                place = (seen.source, seen.cut.at, len(data), zlib.crc32(data))
                self.urn.add(seen.number, looker.key(seen.body, data), place)
        self.whole = True

    def judged(self, drawn: Drawn) -> Iterator[Issue]:
        """What is to be said of the file and the sample."""
        at = Location(self.inputs[0].name)
        for told in self.stream.told:
            yield from told.issues
        if self.damaged:
            yield Issue("DLV-SKIPPED", at, slots={"count": self.damaged})
        if self.request.size > self.records:
            yield Issue("DLV-SAMPLE-ALL", at, slots={"records": self.records, "wanted": self.request.size})
        for name in self.lacking:
            yield Issue("DLV-SAMPLE-FIELD", at, value=name, slots=_words(name))
        for number in drawn.many:
            yield Issue(
                "DLV-SAMPLE-MANY", at, value=self.by[number], slots={**_words(self.by[number]), "most": MAX_VALUES}
            )
        missed = list(drawn.missed())
        if missed:
            names = {
                lang: ", ".join(value_name(self.by[at], value, lang) for at, value in missed[:SHOWN])
                for lang in ("ja", "en")
            }
            strata = sum(len(counts) for counts in drawn.records)
            slots = {"count": len(missed), "ja": names["ja"], "en": names["en"], "strata": strata}
            yield Issue("DLV-SAMPLE-SMALL", at, slots=slots)

    def told(self, place: Path, drawn: Drawn | None, manifest: Mapping[str, Any] | None) -> Sampled:
        """The result."""
        strata = tuple(_strata(self.by, drawn)) if drawn is not None else ()
        return Sampled(
            place, self.opener.form, self.request.seed, self.records, len(drawn.places) if drawn and manifest else 0,
            self.damaged, self.deleted, strata, _empty(self.by, strata, self.opener.form, self.lacking),
            tuple(self.issues), manifest,
        )  # fmt: skip


def _words(dimension: str) -> dict[str, str]:
    ja, en = DIMENSIONS[dimension]
    return {
        "ja": ja,
        "en": en,
        "name": {"decade": "date", "readings": "reading", "marc": "marc.TRC"}.get(dimension, dimension),
    }


def _strata(by: Sequence[str], drawn: Drawn) -> Iterator[Stratum]:
    for dimension, counts, sampled in zip(by, drawn.records, drawn.sampled, strict=True):
        for value in sorted(counts, key=lambda value: (value in _LAST, value)):
            yield Stratum(dimension, value, counts[value], sampled[value])


def _empty(by: Sequence[str], strata: Sequence[Stratum], form: Form, lacking: Sequence[str]) -> dict[str, list[str]]:
    """The strata that one would look for and the file has no record of."""
    found: dict[str, list[str]] = {}
    for dimension in by:
        values = {stratum.value for stratum in strata if stratum.by == dimension}
        if not values or dimension in lacking:
            continue
        expected: Sequence[str] = ()
        if dimension == "decade":
            years = sorted(int(value) for value in values if value.isdigit())
            expected = [str(year) for year in range(years[0], years[-1], 10)] if years else ()
        elif dimension == "marc":
            expected = list(form.marc)
        elif dimension in ("gaiji", "readings"):
            expected = (YES, NO)
        missing = [value for value in expected if value not in values]
        if missing:
            found[dimension] = missing
    return found


def oldest(strata: Sequence[Stratum]) -> str | None:
    """The first decade that has a record; None where no decade is known."""
    return min((one.value for one in strata if one.by == "decade" and one.value.isdigit()), key=int, default=None)


def _write(place: Path, seen: _Pass, drawn: Drawn, started: datetime) -> Mapping[str, Any]:
    """Take the records from where they stand."""
    with Delivery(place, seen.opener.form) as delivery, Taker(seen.inputs) as taker:
        delivery.start(seen.stream.head)
        for found in drawn.places:
            delivery.add(taker.take(found))
        strata = list(_strata(seen.by, drawn))
        about = {"seed": seen.request.seed, "wanted": seen.request.size, "by": list(seen.by), "rule": RULE}
        counts = {"records": seen.records, "damaged": seen.damaged, "deleted": seen.deleted, "sample": delivery.records}
        empty = _empty(seen.by, strata, seen.opener.form, seen.lacking)
        made = common_parts(seen.opener.form, seen.stream.told, started, seen.issues)
        sampling = about | {"counts": counts, "strata": [one.to_dict() for one in strata], "empty": empty}
        return delivery.finish(seen.stream.tail, {"delivery": "sample", **made, "sampling": sampling})


def worst(issues: Sequence[Issue]) -> Severity:
    """The worst severity among issues."""
    return max((catalogue().severity(issue) for issue in issues), default=Severity.NOTICE)
