"""Shards: a stretch of one source, run on its own. ``run_shard`` is pure and picklable; the same loop runs a
serial job over whole sources.
"""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from convert.check.dataset.base import is_dataset_check
from convert.check.dataset.survey import Survey, collecting_seldom
from convert.check.duplicates import IdSpool
from convert.check.issue import Issue, Severity
from convert.errors import RunError
from convert.formats.base import Deleting
from convert.mapping.load import make_target
from convert.mapping.plan import Plan
from convert.model import Above, Outcome
from convert.registry import check_named, format_named
from convert.report.tally import Tally
from convert.run.feeds import ConvertedFeed, roles_by_name
from convert.run.flow import Converter, Result, SourceChecks
from convert.run.output import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from convert.check.dataset.survey import Order
    from convert.check.profiles import Waiver
    from convert.formats.base import Part, Reader, Target
    from convert.mapping.model import Mapping as MappingTable
    from convert.mapping.model import Rule
    from convert.model import Record
    from convert.source import Source

STOP = "stop"
"""A file of this name in the run's folder tells the shards to stop."""
PULSE = 1000
"""Records between two looks at whether the run was stopped."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every shard of a run shares."""

    mapping: MappingTable
    passed: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    samples: int = 20
    only: str | None = None
    stream_issues: bool = False
    order: Order | None = None
    along: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    _packed: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled once, and unpickled once by each process, however many tasks have them."""
        if not self._packed:
            given = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
            self._packed.append(pickle.dumps(given, protocol=pickle.HIGHEST_PROTOCOL))
        return _unpacked, (self._packed[0],)

    @property
    def record_checks(self) -> list[Any]:
        """The checks of single records that the mapping or the profile (``checks``) names, each once."""
        return [check for _, check in checks_of(self.mapping, self.checks) if not is_dataset_check(check)]

    def tally(self) -> Tally:
        """Counts, with nothing in them."""
        return Tally(samples=self.samples, severities=self.severities, off=self.off, waivers=self.waivers)

    @property
    def all_passed(self) -> tuple[Rule, ...]:
        """The rules that passthrough adds, each target once, in order of the sources."""
        found: dict[str, Rule] = {}
        for rules in self.passed.values():
            for rule in rules:
                found.setdefault(rule.target, rule)
        return tuple(found.values())


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Settings:
    return Settings(**pickle.loads(packed))  # noqa: S301 - from the run that this shard is of


@dataclass(frozen=True, slots=True)
class Task:
    """One shard: a part of one source."""

    settings: Settings
    source: Source
    part: Part
    folder: Path
    number: int


@dataclass(slots=True)
class ShardResult:
    """What a shard left in the folder, and its counts. Ordinals and rows count from its own start.

    ``above``: the rows, and with some readers the lines, that what follows has above it.
    """

    number: int
    tally: Tally
    documents: Path
    lengths: Sequence[int]
    issues: Path | None
    ids: Path
    records: int
    above: Above
    clean_end: bool
    states: list[Any]
    survey: Survey | None = None


class Sink(Protocol):
    """Takes documents."""

    def write(self, document: bytes) -> None:
        """Add one document."""
        ...


class Stopped(Exception):  # noqa: N818 - not an error: the run was told to stop
    """The run was stopped; nobody waits for this shard."""


def open_reader(mapping: MappingTable, source: Source, part: Part | None = None) -> Reader:
    """The mapping's reader on a source."""
    return format_named(mapping.source).load_reader()(source, mapping.source_options, part)


def make_converter(
    settings: Settings, reader: Reader, name: str, target: Target | None = None, plan: Plan | None = None
) -> Converter:
    """Plan, target and checks for one reader; a ``plan`` that was made for another part of the source may do."""
    if plan is None:
        target = target or make_target(settings.mapping, settings.all_passed)
        plan = Plan(settings.mapping, reader, target, settings.passed.get(name, ()))
    return Converter(plan, plan.target, [check() for check in settings.record_checks], _source_checks(settings))


_kept: list[tuple[Settings, str, Plan]] = []
"""The plan of a shard that this process ran, with its settings and the name of its source, while none uses it."""


def _plan_again(task: Task, reader: Reader) -> Plan | None:
    """The plan of the shard before, with all that it remembers, where it is as good for this part of the source."""
    try:
        settings, name, plan = _kept.pop()
    except IndexError:
        return None
    same = settings is task.settings and name == task.source.name
    return plan if same and plan.binding.fits(reader) else None


def checks_of(mapping: MappingTable, more: Sequence[str] = ()) -> list[tuple[str, Any]]:
    """The checks that a mapping, or ``more``, names, those of its source format excepted."""
    own = {mapping.source} if format_named(mapping.source).along else ()
    return [(name, check_named(name)) for name in dict.fromkeys([*mapping.checks, *more]) if name not in own]


def _source_checks(settings: Settings) -> SourceChecks | None:
    """The checks of the source's own format, where the mapping or the profile asks for them."""
    mapping = settings.mapping
    kind = format_named(mapping.source)
    checker = kind.load_checker() if kind.along and mapping.source in (*mapping.checks, *settings.along) else None
    return None if checker is None else SourceChecks(checker(mapping.source_options, base=mapping.base))


def make_feed(settings: Settings, converter: Converter, reader: Reader) -> ConvertedFeed:
    """What the checks of the delivery are given of one source."""
    given = settings.order.setting.roles if settings.order is not None else {}
    return ConvertedFeed(converter, reader, roles_by_name(format_named(settings.mapping.target), given))


@dataclass(slots=True)
class Loop:
    """The record loop. ``records`` counts all records so far over several sources, those that ``only`` leaves
    out excepted; ``seen`` counts these too.

    ``limit``: stop after so many records; ``cut`` tells that there were more.
    """

    tally: Tally
    sink: Sink
    ids: IdSpool
    on_issues: Callable[[Iterable[Issue]], None] | None = None
    pulse: Callable[[int], None] | None = None
    limit: int | None = None
    only: str | None = None
    survey: Survey | None = None
    records: int = 0
    seen: int = 0
    cut: bool = False
    _placed: str | None = None

    def run(self, reader: Reader, converter: Converter) -> None:
        """Convert every record of a reader."""
        with collecting_seldom() if self.survey is not None else contextlib.nullcontext():
            self._run(reader, converter)

    def _run(self, reader: Reader, converter: Converter) -> None:
        before, limit, pulse = self.seen, self.limit, self.pulse
        encode, identity, write, note = (
            converter.target.encode, converter.target.identity, self.sink.write, self.ids.add,
        )  # fmt: skip
        quick = converter.quick if self.only is None else None
        survey = self.survey.add if self.survey is not None else None
        seen, records, plain = self.seen, self.records, 0
        try:
            for record in reader:
                if limit is not None and records >= limit:
                    self.cut = True
                    break
                seen += 1
                if before:
                    record.ordinal += before
                    record.issues = [issue.moved(records=before, rows=0) for issue in record.issues]
                document = None
                if quick is not None and record.body is not None and not record.issues:
                    document = quick(record)
                if document is not None:
                    plain += 1
                    data = encode(document)
                    write(data)
                    if survey is not None:
                        survey(record, (document, None), len(data))
                    if record.source != self._placed:
                        self._place(record, converter)
                    note(record, identity(record.id or ""))
                elif not self._convert(record, converter):
                    continue
                records += 1
                if pulse is not None and not records % PULSE:
                    pulse(records)
        finally:
            self.seen, self.records = seen, records
            self.tally.count(Outcome.WRITTEN, plain)

    def _convert(self, record: Record, converter: Converter) -> bool:
        """The usual way of a record; False when ``only`` leaves it out."""
        result = converter.convert(record)
        if self.only is not None and record.id != self.only:
            return False
        self.tally.count(result.outcome)
        if result.outcome is Outcome.WRITTEN:
            data = converter.target.encode(result.document)
            self.sink.write(data)
            if self.survey is not None:
                self.survey.add(record, (result.document, result.mapped), len(data))
        elif result.outcome is Outcome.DELETED and isinstance(converter.target, Deleting):
            deletion = converter.target.deletion(record.id or "")
            if deletion is not None:
                self.sink.write(deletion)
        if result.issues or result.misses:
            self._tell(result)
        if record.id is not None and result.outcome in (Outcome.WRITTEN, Outcome.REJECTED):
            if record.source != self._placed:
                self._place(record, converter)
            self.ids.add(record, converter.target.identity(record.id))
        return True

    def _place(self, record: Record, converter: Converter) -> None:
        """Where ids stand in this source is known from its first record."""
        place = converter.plan.id_location(record)
        self.ids.field, self.ids.column, self.ids.sheet = place.field, place.column, place.sheet
        self._placed = record.source

    def _tell(self, result: Result) -> None:
        resolved = self.tally.add(result.issues)
        if self.on_issues is not None:
            self.on_issues(resolved)
        for table, value in result.misses:
            self.tally.miss(table, value)


def run_shard(task: Task) -> ShardResult:
    """Run one shard. Raises :class:`Stopped` when the run's folder vanished, OSError when it cannot write."""
    settings = task.settings
    reader = open_reader(settings.mapping, task.source, task.part)
    converter = make_converter(settings, reader, task.source.name, plan=_plan_again(task, reader))
    if task.part.start and converter.of_source is not None:
        converter.of_source.resume()
    spool = Spool(task.folder / f"{task.number:05d}.documents")
    ids = IdSpool(task.folder)
    tally = settings.tally()
    issues = task.folder / f"{task.number:05d}.issues" if settings.stream_issues else None

    def pulse(_: int) -> None:
        if not task.folder.exists() or (task.folder / STOP).exists():
            raise Stopped

    with contextlib.ExitStack() as stack:
        stack.callback(spool.close)
        stack.enter_context(ids)
        write = _issue_writer(stack, issues)
        survey = start_survey(settings, task.folder)
        if survey is not None:
            stack.callback(survey.close)
            survey.begin(make_feed(settings, converter, reader))
        loop = Loop(tally, spool, ids, on_issues=write, pulse=pulse, only=settings.only, survey=survey)
        loop.run(reader, converter)
        if survey is not None:
            survey.flush()
    states = [check.state() for check in converter.checks]
    _kept[:] = [(settings, task.source.name, converter.plan)]
    return ShardResult(
        task.number,
        tally,
        spool.path,
        spool.lengths,
        issues,
        ids.path,
        loop.records,
        Above(reader.rows, getattr(reader, "lines", 0)),
        reader.clean_end,
        states,
        survey,
    )


def start_survey(settings: Settings, folder: Path) -> Survey | None:
    """The checks of the delivery, where any are asked for."""
    return None if settings.order is None else Survey(settings.order.in_folder(folder))


def _issue_writer(stack: contextlib.ExitStack, path: Path | None) -> Callable[[Iterable[Issue]], None] | None:
    if path is None:
        return None
    stream = stack.enter_context(path.open("wb"))
    pickler = pickle.Pickler(stream, protocol=pickle.HIGHEST_PROTOCOL)

    def write(issues: Iterable[Issue]) -> None:
        for issue in issues:
            pickler.dump(issue)
            pickler.clear_memo()

    return write


def spooled_issues(result: ShardResult, *, records: int, rows: int) -> Iterable[Issue]:
    """The issues of a shard in order, moved to where they stand in the run."""
    if result.issues is None:
        return
    with result.issues.open("rb") as stream:
        while True:
            try:
                issue = pickle.load(stream)  # noqa: S301 - written by our own shard a moment ago
            except EOFError:
                return
            if not isinstance(issue, Issue):
                raise RunError(f"{result.issues} is damaged")
            yield issue.moved(records=records, rows=rows)
