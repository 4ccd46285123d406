"""A job: a mapping over whole files, into one output, with reports. The command line is a thin coat over it."""

from __future__ import annotations

import contextlib
import re
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import orjson

from convert.check.dataset.base import is_dataset_check
from convert.check.dataset.survey import Order, Survey
from convert.check.duplicates import IdSpool, find
from convert.check.issue import Issue, Severity
from convert.check.profiles import Profile, load_profile
from convert.containers import sources
from convert.errors import MappingError, RunError, UnknownName, UsageError, reason_in_japanese
from convert.formats.base import LaidOut, Part, Reader, Target, parse_options
from convert.mapping.bind import every_rule
from convert.mapping.enriching import contents
from convert.mapping.load import Overrides, load_mapping, make_target
from convert.mapping.model import Mapping as MappingTable
from convert.mapping.model import Rule
from convert.mapping.plan import passed_rules
from convert.messages.catalogue import catalogue
from convert.model import Above
from convert.registry import check_named, dataset_checks, format_named, reporter_named
from convert.report import Report, Reporting, Tally
from convert.report.rows import Reread
from convert.run.compare import Compared, Past, Shape, ledger_of, past_of, shape_of
from convert.run.doubts import misnamed, nothing
from convert.run.manifest import manifest, mapping_entry, remove_former
from convert.run.output import Output, check_place, leave, write_beside
from convert.run.queue import Queue
from convert.run.shards import (
    STOP,
    Loop,
    Settings,
    ShardResult,
    Task,
    checks_of,
    make_converter,
    make_feed,
    open_reader,
    spooled_issues,
    start_survey,
)
from convert.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from convert.formats.base import Format
    from convert.run.flow import Converter
    from convert.run.issues import IssueLedger

SHARD_BYTES = 20_000_000
"""Below this size of one source a single process is faster."""
PARTS_PER_JOB = 6
"""Parts of a source for each process, or more:"""
PART_BYTES = 4_000_000
"""What is written of a part of this size is still in the processor's cache when the run copies it."""
PACKED = 5
"""How many bytes a compressed byte is taken for when the size of files is compared with ``SHARD_BYTES``."""
MANIFEST = ".manifest.json"
"""What follows the output's name in the name of its manifest."""

Progress = Callable[[int], None]
Input = str | Path | bytes | BinaryIO | Source


class Interrupted(KeyboardInterrupt):
    """The run was interrupted; its outputs are gone, its reports are written. ``report`` says how far it came."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("interrupted")


@dataclass(slots=True)
class Opened:
    """A source with its reader at the head, its plan, and how many records it gave."""

    source: Source
    reader: Reader
    converter: Converter
    records: int = 0


def as_sources(inputs: Input | Sequence[Input], kind: Format | None = None) -> list[Source]:
    """The inputs of a run, what stands in archives and folders one by one; ``kind`` is the format they are read in.

    Raises :class:`UsageError` for a missing file, or stdin named twice.
    """
    several: Sequence[Any] = inputs if isinstance(inputs, list | tuple) else [inputs]
    found = [source for item in several for source in sources(item, kind)]
    if not found:
        raise UsageError("no input", "入力がありません。")
    names = [source.key for source in found]
    twice = sorted({source.name for source, name in zip(found, names, strict=True) if names.count(name) > 1})
    if twice:
        names_ja = "、".join(twice)
        raise UsageError(f"named twice as input: {', '.join(twice)}", f"同じ入力が二度あります：{names_ja}")
    return found


class Listener(Protocol):
    """Takes every issue as it comes."""

    def issue(self, issue: Issue) -> None:
        """Take one issue."""
        ...


class Reports:
    """The reporters of a run; those that stream see every issue as it comes."""

    def __init__(self, paths: Sequence[str | Path], lang: str) -> None:
        self._reporters: list[Reporting] = []
        classes = [(Path(path), reporter_named(Path(path).suffix.lstrip(".") or str(path))) for path in paths]
        try:
            for path, kind in classes:
                check_place(path)
                path.parent.mkdir(parents=True, exist_ok=True)
                self._reporters.append(kind(path, lang=lang))
        except UsageError:
            self.abort()
            raise
        self._streaming: list[Listener] = [reporter for reporter in self._reporters if reporter.streams]

    @property
    def wants_statistics(self) -> bool:
        """Whether any reporter shows counts of fields, rights and dates (its class says ``wants_statistics``)."""
        return any(getattr(reporter, "wants_statistics", False) for reporter in self._reporters)

    @property
    def streams(self) -> bool:
        """Whether any reporter wants every issue."""
        return bool(self._streaming)

    def listen(self, listener: Listener) -> None:
        """Hand every issue to ``listener``, too."""
        self._streaming.append(listener)

    def issues(self, issues: Iterable[Issue]) -> None:
        """Hand issues to the streaming reporters."""
        for issue in issues:
            for reporter in self._streaming:
                reporter.issue(issue)

    def close(self, report: Report) -> None:
        """Write every report."""
        for reporter in self._reporters:
            reporter.close(report)

    def abort(self) -> None:
        """Leave no report behind."""
        for reporter in self._reporters:
            reporter.abort()


@dataclass(frozen=True)
class Job:
    """A mapping and how to run it.

    ``mapping``: a shipped name, a path, or a loaded mapping. ``read`` and ``write`` are reader and writer
    options, ``variables`` the mapping's variables. ``profile`` sets severities. ``jobs``: processes at most.
    ``against``: an earlier output, or its manifest, with which this one is compared.
    ``limit`` and ``only`` cut the run short, which the report says. Raises :class:`MappingError` and other
    :class:`UsageError` before anything is read.
    """

    mapping: str | Path | MappingTable
    profile: str = "draft"
    read: Mapping[str, Any] = field(default_factory=dict)
    write: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    fail_on: str = "error"
    jobs: int = 1
    limit: int | None = None
    only: str | None = None
    samples: int = 20
    lang: str = "ja"
    against: str | Path | None = None
    shard_bytes: int = SHARD_BYTES
    executor: Executor | None = None

    def run(
        self,
        inputs: Input | Sequence[Input],
        output: str | Path | None,
        reports: Sequence[str | Path] = (),
        *,
        progress: Progress | None = None,
    ) -> Report:
        """Convert ``inputs`` into ``output`` (``-``: standard output; None: nothing is written, only checked).

        Raises :class:`UsageError` when nothing could start, :class:`RunError` when the run broke,
        :class:`Interrupted` when it was interrupted; nothing half-written is left.
        """
        return _Run(self, inputs, output, reports, progress).run()

    def load(self) -> MappingTable:
        """The mapping, with this job's options in it."""
        if isinstance(self.mapping, MappingTable):
            if self.read or self.write or self.variables:
                raise UsageError("options belong to load_mapping when the mapping is loaded already")
            return self.mapping
        return load_mapping(self.mapping, overrides=Overrides(self.read, self.write, self.variables))


class _Run:
    """One run of a job."""

    def __init__(
        self,
        job: Job,
        inputs: Input | Sequence[Input],
        output: str | Path | None,
        reports: Sequence[str | Path],
        progress: Progress | None,
    ) -> None:
        self.job = job
        self.started = datetime.now(UTC)
        self.progress = progress
        levels = [level.word for level in Severity]
        if job.fail_on not in levels:
            raise UnknownName("severity", job.fail_on, levels)
        self.mapping = job.load()
        profile = self.profile = load_profile(job.profile)
        self.sources = as_sources(inputs, format_named(self.mapping.source))
        self.output = None if output is None or str(output) == "-" else Path(output)
        self.to_stdout = output is not None and self.output is None
        self.past = self._past()
        self._check_places(reports)
        self.settings = Settings(
            self.mapping,
            severities=profile.severities,
            off=profile.off,
            waivers=profile.waivers,
            samples=job.samples,
            only=job.only,
            along=profile.along,
            checks=profile.checks,
        )
        self.tally = self.settings.tally()
        self.reason: str | None = None
        self.reports = Reports(reports, job.lang)
        self.report_names = [str(path) for path in reports]
        self.survey: Survey | None = None
        self.compared: Compared | None = None
        self.ledger: IssueLedger | None = None
        self.comparison: dict[str, Any] | None = None
        self.settings = replace(self.settings, order=order_of(profile, self.mapping, self.reports))
        self.opened: list[Opened] = []
        self.states: list[list[Any]] = []
        self.layouts: dict[str, Any] = {}
        self.digests: dict[str, str] = {}
        self.enriched: dict[str, Any] = {}

    def _past(self) -> Past | None:
        """The delivery to compare with. Raises :class:`UsageError` when there is nothing to compare."""
        if self.job.against is None:
            return None
        if self.output is None or (self.output.exists() and not self.output.is_file()):
            ja = "前回と比べる（--against）には、出力のファイルが要ります。-o で指定してください。"
            raise UsageError("--against needs a file as output", ja)
        return past_of(Path(self.job.against))

    def _shape(self) -> Shape:
        kind = format_named(self.mapping.target)
        options = parse_options(kind.read_options, {})
        return shape_of(kind, self.profile.roles, options, self.mapping.target_options, self._id_target())

    def _id_target(self) -> str:
        """The target that is filled from the record's id: where a table has it."""
        own = self.mapping.id_rule.source
        return next((rule.target for rule in self.mapping.rules if rule.source == own), "")

    def _check_places(self, reports: Sequence[str | Path]) -> None:
        taken = {source.path.resolve() for source in self.sources if source.path is not None}
        taken |= {Path(name).resolve() for name, _ in self.mapping.files}
        self.taken = taken
        for path in [*([self.output] if self.output else []), *map(Path, reports)]:
            self._take(path)

    # ── The run ──────────────────────────────────────────────────────────────────────────────────

    def run(self) -> Report:
        """Heads, records, the whole delivery, outputs, reports."""
        try:
            return self._run()
        except RunError:
            self._broken()
            raise
        except BaseException:
            self.reports.abort()
            raise
        finally:
            if self.ledger is not None:
                self.ledger.close()

    def _broken(self) -> None:
        """The reports of a run that broke: what was found so far, and that it is no more than that."""
        self.reason = "broken"
        try:
            self._closed([], self.opened)
        except (RunError, OSError, ValueError):  # the disk is full, say; the run's own error is the one to tell
            self.reports.abort()

    def _run(self) -> Report:
        self.ledger = ledger_of(self.past)
        if self.ledger is not None:
            self.reports.listen(self.ledger)
        opened, target = self._open()
        self.opened = opened
        if self.reason is not None or target is None:
            return self._closed([], opened)
        with tempfile.TemporaryDirectory(prefix="mokuroku-") as name:
            folder = Path(name)
            output = self._output(target)
            try:
                if self.past is not None:
                    self.compared = Compared(folder, self._shape(), self.past, self.ledger)
                self.survey = start_survey(self.settings, folder)
                spools = self._records(opened, output, folder)
                self._stores()
                self._whole(spools)
                self._doubts()
                self._limits()
                told = output.finish() if isinstance(output, Output) else []
                self._compare(output)
                self._waivers()
            except KeyboardInterrupt:
                _abort(output)
                self.reason = "interrupted"
                raise Interrupted(self._closed([], opened)) from None
            except BrokenPipeError:
                _abort(output)
                raise RunError("nobody reads the output any more", "出力を読む相手がいなくなりました。") from None
            except OSError as error:
                _abort(output)
                ja = f"{reason_in_japanese(error)}：{error.filename or ''}".rstrip("：")
                raise RunError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), ja) from error
            except BaseException:
                _abort(output)
                raise
            finally:
                for kept in (self.survey, self.compared):
                    if kept is not None:
                        kept.close()
        report = self._closed(told, opened)
        self._beside(report, target)
        return report

    def _open(self) -> tuple[list[Opened], Target | None]:
        """Read every head, bind every path. All findings of all sources at once."""
        self._check_companions(make_target(self.mapping))
        words = catalogue()
        telling = [issue for issue in self.mapping.findings if words.severity(issue) >= Severity.WARNING]
        self.reports.issues(self.tally.add([*telling, *self.profile.issues]))
        readers = [open_reader(self.mapping, source) for source in self.sources]
        for reader in readers:
            self.reports.issues(self.tally.add(reader.head_issues))
        if self.tally.worst is Severity.FATAL:
            self.reason = "fatal"
            return [], None
        self.settings = replace(self.settings, stream_issues=self.reports.streams)
        self.settings = passed_for(self.settings, readers, [source.name for source in self.sources])
        target = make_target(self.mapping, self.settings.all_passed)
        self.layouts = _layouts([*readers, target])
        opened, findings = [], []
        for source, reader in zip(self.sources, readers, strict=True):
            try:
                opened.append(Opened(source, reader, make_converter(self.settings, reader, source.name, target)))
            except MappingError as error:
                findings += [issue for issue in error.findings if issue not in findings]
        if findings:
            raise MappingError(findings)
        self.enriched = contents(self.mapping)
        return opened, target

    def _check_companions(self, target: Target) -> None:
        """No file that will stand beside the output may be one that this run reads or writes."""
        if self.output is None:
            return
        suffixes = [MANIFEST, *(companion.suffix for companion in target.companions())]
        for suffix in suffixes:
            self._take(self.output.with_name(self.output.name + suffix))
        part = re.compile(re.escape(self.output.stem) + r"-[0-9]{3,}" + re.escape(self.output.suffix))
        for path in self.taken:
            if path.parent == self.output.resolve().parent and part.fullmatch(path.name):
                ja = f"{path} は、分けて書く出力のファイルと同じ名前です。別の名前にしてください。"
                raise UsageError(f"{path} has the name of a part of the output", ja)

    def _take(self, path: Path) -> None:
        if path.exists() and not path.is_file() and not path.is_dir():
            return
        check_place(path)
        if path.resolve() in self.taken:
            ja = f"{path} は、この実行で読むか書くかするほかのファイルと同じです。別の名前にしてください。"
            raise UsageError(f"{path} is read or written by this run already", ja)
        self.taken.add(path.resolve())

    def _output(self, target: Target) -> Output | _Nowhere:
        if self.output is None and not self.to_stdout:
            return _Nowhere()
        try:
            return Output(self.output, target.container())
        except OSError as error:
            ja = f"{self.output} に書けません：{reason_in_japanese(error)}。"
            raise UsageError(f"{self.output}: {error.strerror}", ja) from error

    def _records(self, opened: list[Opened], output: Output | _Nowhere, folder: Path) -> list[tuple[Path, int, int]]:
        parts = {item.source.name: iter(self._parts(item)) for item in opened}
        heads = {name: list(islice(found, 2)) for name, found in parts.items()}
        if self._in_parallel(opened, heads):
            whole = {name: chain(head, parts[name]) for name, head in heads.items()}
            return self._sharded(opened, whole, output, folder)
        return self._serial(opened, output, folder)

    def _in_parallel(self, opened: list[Opened], heads: Mapping[str, list[Part]]) -> bool:
        """Whether processes are worth their while: there are several parts, or several files of size together."""
        if not all(item.source.picklable for item in opened):
            return False
        if any(len(head) > 1 for head in heads.values()):
            return True
        whole = self.job.jobs < 2 or self.job.limit is not None or self.job.only is not None
        files = {
            item.source.path or item.source.name: (item.source.stored_size or 0)
            * (PACKED if item.source.packing else 1)
            for item in opened
        }
        return not whole and len(opened) > 1 and sum(files.values()) >= self.job.shard_bytes

    def _parts(self, item: Opened) -> Iterable[Part]:
        job, size = self.job, item.source.size if item.source.picklable else None
        if size is None or size < job.shard_bytes or job.jobs < 2 or job.limit is not None or job.only is not None:
            return [Part()]
        kind = format_named(self.mapping.source).load_reader()
        parts = max(job.jobs * PARTS_PER_JOB, size // PART_BYTES)
        return kind.plan_parts(item.source, self.mapping.source_options, parts)

    def _serial(self, opened: list[Opened], output: Output | _Nowhere, folder: Path) -> list[tuple[Path, int, int]]:
        job, on_issues = self.job, self.reports.issues if self.reports.streams else None
        with IdSpool(folder) as ids:
            loop = Loop(
                self.tally, output, ids, on_issues, self.progress, limit=job.limit, only=job.only, survey=self.survey
            )
            for item in opened:
                before = loop.records
                if self.survey is not None:
                    self.survey.begin(make_feed(self.settings, item.converter, item.reader))
                try:
                    loop.run(item.reader, item.converter)
                finally:  # a run that is interrupted tells how far it came
                    item.records = loop.records - before
                self.states.append([check.state() for check in item.converter.checks])
                if loop.cut:
                    self.reason = "limit"
                    break
        return [(ids.path, 0, 0)]

    def _sharded(
        self, opened: list[Opened], parts: Mapping[str, Iterable[Part]], output: Output | _Nowhere, folder: Path
    ) -> list[tuple[Path, int, int]]:
        from concurrent.futures import BrokenExecutor  # noqa: PLC0415 - a run in one process does without

        spools: list[tuple[Path, int, int]] = []
        records = 0
        with self._pool() as pool:
            try:
                queues = self._submitted(pool, opened, parts, folder)
                for item in opened:  # while the workers work
                    self.digests[item.source.name] = item.source.digest()
                for item, results in queues:
                    rows = Above()
                    for result in results:
                        spools.append((result.ids, records, rows))
                        self._merge(result, output, records, rows)
                        records, rows = records + result.records, rows + result.above
                        item.records += result.records
                        if self.progress is not None:
                            self.progress(records)
            except BrokenExecutor as error:
                ja = "並行して動くプロセスの一つが途中で止まりました（メモリ不足かもしれません）。"
                raise RunError("a worker process died (out of memory?)", ja) from error
            except BaseException:
                (folder / STOP).touch()
                raise
        return spools

    @contextlib.contextmanager
    def _pool(self) -> Iterator[Executor]:
        if self.job.executor is not None:
            yield self.job.executor
            return
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - likewise

        pool = ProcessPoolExecutor(self.job.jobs, initializer=_ignore_interrupts)
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _submitted(
        self, pool: Executor, opened: list[Opened], parts: Mapping[str, Iterable[Part]], folder: Path
    ) -> list[tuple[Opened, Queue]]:
        numbers = count()

        def tasks(item: Opened) -> Iterator[Task]:
            for part in parts[item.source.name]:
                yield Task(self.settings, item.source, part, folder, next(numbers))

        return [(item, Queue(pool, tasks(item), numbers)) for item in opened]

    def _merge(self, result: ShardResult, output: Output | _Nowhere, records: int, rows: int) -> None:
        self.tally.merge(result.tally, records=records, rows=rows)
        if self.reports.streams:
            self.reports.issues(spooled_issues(result, records=records, rows=rows))
        with result.documents.open("rb") as stream:
            output.write_all(stream, result.lengths)
        leave(result.documents)
        self.states.append(result.states)
        if self.survey is not None and result.survey is not None:
            self.survey.merge(result.survey, records=records, rows=rows)

    def _whole(self, spools: list[tuple[Path, int, int]]) -> None:
        """What can be said only when all records were seen."""
        for issue in find(spools):
            self.reports.issues(self.tally.add([issue]))
        for number, check in enumerate(self.settings.record_checks):
            states = [states[number] for states in self.states]
            for issue in check.finish(states):
                self.reports.issues(self.tally.add([issue]))
        for issues in self.survey.finish(spools) if self.survey is not None else ():
            self.reports.issues(self.tally.add(issues))

    def _compare(self, output: Output | _Nowhere) -> None:
        """What differs from the earlier delivery."""
        if self.compared is None or not isinstance(output, Output):
            return
        sources = [Source.of(place) for place in output.places]
        self.comparison = self.compared.compare(sources, self.tally.by_code, self.job.profile).to_dict()
        for issue in self.compared.issues():
            self.reports.issues(self.tally.add([issue]))

    def _waivers(self) -> None:
        """Tell of accepted issues that were none, once all records were seen."""
        if self.reason is None and self.job.only is None:
            self.reports.issues(self.tally.add(unused(self.tally)))

    def _stores(self) -> None:
        """Tell when what records were enriched from changed meanwhile."""
        if self.enriched and contents(self.mapping) != self.enriched:
            store = ", ".join(str(entry["store"]) for entry in self.enriched["enrichments"])
            self.reports.issues(self.tally.add([Issue("ENR-CHANGED", self.mapping.at, value=store)]))

    def _doubts(self) -> None:
        """What is odd about the run as a whole."""
        if self.reason is None:
            self.reports.issues(self.tally.add([*nothing(self.tally, self.sources[0].name, self.job.only)]))
        options = self.mapping.target_options
        self.reports.issues(self.tally.add([*misnamed(self.output, self.mapping.target, options)]))

    def _limits(self) -> None:
        if self.job.only is not None:
            self.reason = "only"

    # ── The end ──────────────────────────────────────────────────────────────────────────────────

    def _closed(self, outputs: list[dict[str, Any]], opened: list[Opened]) -> Report:
        """The report, written everywhere it was asked for."""
        report = Report(
            self.tally,
            mapping=mapping_entry(self.mapping),
            inputs=self._inputs(opened),
            outputs=outputs,
            complete=self.reason is None,
            incomplete_reason=self.reason,
            fail_on=Severity.of(self.job.fail_on),
            profile=self.job.profile,
            comparison=self.comparison,
            statistics=None if self.survey is None else self.survey.told(),
            sources=[Reread(source, self.mapping.source, self.mapping.source_options) for source in self.sources],
        )
        self.reports.close(report)
        return report

    def _inputs(self, opened: list[Opened]) -> list[dict[str, Any]]:
        by_name = {item.source.name: item for item in opened}
        told = []
        for source in self.sources:
            item = by_name.get(source.name)
            told.append(
                {
                    "name": source.name,
                    "bytes": source.stored_size,
                    "sha256": self.digests.get(source.name) or source.digest(),
                    "encoding": getattr(item.reader, "encoding", None) if item else None,
                    "records": item.records if item else 0,
                }
            )
        return told

    def _beside(self, report: Report, target: Target) -> None:
        """The manifest and the target's companions, where the output is a file."""
        if self.output is None or (self.output.exists() and not self.output.is_file()):
            return
        options: dict[str, Any] = {"read": _plain(self.mapping.source_options)}
        options["write"] = _plain(self.mapping.target_options)
        options |= {"variables": self.mapping.variables, "jobs": self.job.jobs, "reports": self.report_names}
        place = self.output.with_name(self.output.name + MANIFEST)
        try:
            remove_former(place, [entry["name"] for entry in report.outputs])
            for companion in target.companions():
                write_beside(self.output.with_name(self.output.name + companion.suffix), companion.content)
            made = manifest(report, options, self.started) | self.layouts | self.enriched
            text = orjson.dumps(made, option=orjson.OPT_INDENT_2, default=str) + b"\n"
            write_beside(place, text)
        except OSError as error:
            ja = f"{reason_in_japanese(error)}：{error.filename}"
            raise RunError(f"{error.strerror}: {error.filename}", ja) from error


def unused(tally: Tally) -> list[Issue]:
    """Accepted issues that no record has any more."""
    return [
        Issue("DSET-WAIVER-UNUSED", waiver.at, value=waiver.code, slots={"code": waiver.code, "reason": waiver.reason})
        for waiver in tally.unused
    ]


def order_of(
    profile: Profile, mapping: MappingTable | None, reports: Reports, kind: Format | None = None
) -> Order | None:
    """The checks of the delivery that a profile, a mapping or a report asks for; None: none at all."""
    asked = dict.fromkeys(profile.checks)
    if mapping is not None:
        asked = dict.fromkeys([*(name for name, _ in checks_of(mapping)), *asked])
    named = [name for name in asked if is_dataset_check(check_named(name))]
    if mapping is None and len(named) < len(asked):
        other = next(name for name in asked if name not in named)
        ja = f"点検「{other}」は、変換（convert）の一件ごとの点検です。check では使えません。"
        raise UsageError(f"the check {other} looks at single records of a conversion, not at files", ja)
    wanted = reports.wants_statistics
    if not named and not wanted:
        return None
    every = list(dataset_checks())
    checks = [name for name in every if name in named or (wanted and not profile.silent)]
    checks += [name for name in named if name not in every]
    kind = format_named(mapping.target) if mapping is not None else kind
    covered = kind.covers if kind is not None else frozenset()
    return Order(tuple(checks), profile.setting(covered), statistics=wanted)


def passed_for(settings: Settings, readers: Sequence[Reader], names: Sequence[str]) -> Settings:
    """The settings with the rules that ``passthrough`` adds for each source."""
    mapping = settings.mapping
    if mapping.passthrough is None:
        return settings
    start = 1 + max(rule.number for rule in every_rule([mapping.id_rule, *mapping.rules]))
    found: dict[str, tuple[Rule, ...]] = {}
    for name, reader in zip(names, readers, strict=True):
        rules = passed_rules(mapping, reader, start)
        start += len(rules)
        found[name] = tuple(rules)
    return replace(settings, passed=found)


def _layouts(parts: Iterable[Any]) -> dict[str, Any]:
    """The layouts that readers and target go by, each once, as the manifest has them."""
    found = [part.laid_out for part in parts if isinstance(part, LaidOut)]
    return {"layouts": [entry for at, entry in enumerate(found) if entry not in found[:at]]} if found else {}


class _Nowhere:
    """An output nobody wants: the run only checks."""

    def write(self, document: bytes) -> None:
        """Take the document and forget it."""

    def write_all(self, stream: BinaryIO, lengths: Sequence[int]) -> None:
        """Take the documents and forget them."""


def _abort(output: Output | _Nowhere) -> None:
    if isinstance(output, Output):
        output.abort()


def _ignore_interrupts() -> None:
    """Workers leave Ctrl-C to the run, which tells them to stop; SIGTERM ends them as any process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
