"""Check files that already are in a format: ``mokuroku check``."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.dataset.survey import Survey
from convert.check.duplicates import IdSpool, find
from convert.check.issue import Finding, Issue, Severity
from convert.check.profiles import load_profile
from convert.errors import RunError, UsageError
from convert.formats.base import Checker, Gatherer, Reader, parse_options
from convert.messages.catalogue import catalogue
from convert.model import Outcome, Record
from convert.registry import format_named
from convert.report import Report, Tally
from convert.report.rows import Reread
from convert.run.compare import Compared, Past, Shape, ledger_of, past_of, shape_of
from convert.run.doubts import nothing
from convert.run.feeds import CheckedFeed, Roles, roles_by_name
from convert.run.flow import issue_of
from convert.run.job import Input, Interrupted, Progress, Reports, as_sources, order_of, unused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.source import Source

PULSE = 1000
WEIGHT = 20_000
"""What a record that is checked may weigh, in bytes: how large it is nobody has measured."""


@dataclass(slots=True)
class _Seen:
    """What the loop over the inputs keeps."""

    tally: Tally
    reports: Reports
    ids: IdSpool
    limit: int | None
    progress: Progress | None
    survey: Survey | None = None
    compared: Compared | None = None
    comparison: dict[str, Any] | None = None
    published: Any = None
    differences: dict[str, Any] | None = None
    roles: Roles = field(default_factory=dict)
    records: int = 0
    reason: str | None = None
    error: RunError | None = None

    def tell(self, issues: Sequence[Issue]) -> None:
        """Count and report issues of one record, or of none."""
        self.reports.issues(self.tally.add(issues))


def check(
    inputs: Input | Sequence[Input],
    format: str,  # noqa: A002 - the word of the field
    *,
    read: Mapping[str, Any] | None = None,
    reports: Sequence[str | Path] = (),
    profile: str = "draft",
    fail_on: str = "error",
    against: str | Path | None = None,
    published: str | None = None,
    store: str | None = None,
    limit: int | None = None,
    samples: int = 20,
    lang: str = "ja",
    progress: Progress | None = None,
) -> Report:
    """Check ``inputs`` against a format. ``written`` counts the records that the receiver would take.

    ``against``: an earlier delivery, or its manifest, with which this one is compared. ``published``: the receiver's
    database whose published records, harvested into ``store``, this delivery is compared with.

    Raises :class:`UsageError` when nothing could start, :class:`Interrupted` when it was interrupted.
    """
    kind = format_named(format)
    options = parse_options(kind.read_options, read or {})
    sources = as_sources(inputs, kind)
    chosen = load_profile(profile)
    past = None if against is None else past_of(Path(against))
    written = Reports(reports, lang)
    tally = Tally(samples=samples, severities=chosen.severities, off=chosen.off, waivers=chosen.waivers)
    told: list[dict[str, Any]] = []
    try:
        with tempfile.TemporaryDirectory(prefix="mokuroku-") as name, contextlib.ExitStack() as stack:
            seen = _Seen(tally, written, IdSpool(Path(name)), limit, progress, roles=roles_by_name(kind, chosen.roles))
            order = order_of(chosen, None, written, kind)
            if order is not None:
                seen.survey = Survey(order.in_folder(Path(name)))
                stack.callback(seen.survey.close)
            if past is not None:
                _compare(seen, past, shape_of(kind, chosen.roles, options, {}, ""), sources, Path(name), stack)
            if published is not None:
                _without_pipes(sources, "--published", limit)
                seen.published = stack.enter_context(
                    contextlib.closing(kind.load_published()(Path(name), published, store))
                )
            seen.tell(chosen.issues)
            checking = kind.load_checker()
            checker = None if checking is None else checking(options, base=None)
            if isinstance(checker, Gatherer):
                checker.gather(Path(name))
            try:
                with seen.ids:
                    for source in sources:
                        if checking is not None and not isinstance(checker, Gatherer):
                            checker = checking(options, base=None)
                        reader = kind.load_reader()(source, options)
                        _look_at(source, checker, reader, seen, told)
                _check_whole(checker, seen, sources, profile)
                if seen.published is not None:  # what is compared is read again; a pipe cannot be
                    _check_published(seen, [(source, kind.load_reader()(source, options)) for source in sources])
            except KeyboardInterrupt:
                seen.reason = "interrupted"
            except RunError as error:  # its report says how far it came
                seen.reason, seen.error = "broken", error
        report = Report(
            seen.tally,
            inputs=told,
            complete=seen.reason is None,
            incomplete_reason=seen.reason,
            fail_on=Severity.of(fail_on),
            profile=profile,
            command="check",
            comparison=seen.comparison,
            published=seen.differences,
            statistics=None if seen.survey is None else seen.survey.told(),
            sources=[Reread(source, format, options) for source in sources],
        )
        written.close(report)
    except BaseException:
        written.abort()
        raise
    if seen.error is not None:
        raise seen.error
    if seen.reason == "interrupted":
        raise Interrupted(report)
    return report


def _compare(
    seen: _Seen, past: Past, shape: Shape, sources: Sequence[Source], folder: Path, stack: contextlib.ExitStack
) -> None:
    """Read the earlier delivery, and the issues that were found in it."""
    _without_pipes(sources, "--against")
    ledger = ledger_of(past)
    if ledger is not None:
        stack.callback(ledger.close)
        seen.reports.listen(ledger)
    seen.compared = Compared(folder, shape, past, ledger)
    stack.callback(seen.compared.close)


def _check_whole(checker: Checker | None, seen: _Seen, sources: Sequence[Source], profile: str) -> None:
    """What can be said only when all records were seen."""
    spools = [(seen.ids.path, 0, 0)]
    for issue in find(spools):
        seen.tell([issue])
    for issue in checker.together() if isinstance(checker, Gatherer) else ():
        seen.tell([issue])
    for issues in seen.survey.finish(spools) if seen.survey is not None else ():
        seen.tell(issues)
    if seen.reason is None:
        seen.tell([*nothing(seen.tally, sources[0].name)])
    if seen.compared is not None:
        seen.comparison = seen.compared.compare(sources, seen.tally.by_code, profile).to_dict()
        for issue in seen.compared.issues():
            seen.tell([issue])
    if seen.reason is None:
        seen.tell(unused(seen.tally))


def _check_published(seen: _Seen, readers: Sequence[tuple[Source, Reader]]) -> None:
    """How this delivery differs from what is published."""
    if seen.published is None or seen.reason is not None:
        return
    for issue in seen.published.compare((source.path, reader) for source, reader in readers):
        seen.tell([issue])
    seen.differences = seen.published.to_dict()


def _without_pipes(sources: Sequence[Source], option: str, limit: int | None = None) -> None:
    """What is compared is read twice, and to its end."""
    if limit is not None:
        raise UsageError(f"{option} compares whole files, without --limit", f"{option} は --limit と使えません。")
    if not all(source.picklable for source in sources):
        raise UsageError(
            f"{option} needs files as input", f"{option} で比べるには、入力がファイルである必要があります。"
        )


def _look_at(source: Source, checker: Checker | None, reader: Reader, seen: _Seen, told: list[dict[str, Any]]) -> None:
    """Check one source. How far it was read is told when the run is interrupted, too."""
    before = seen.records
    try:
        _check_source(checker, reader, seen)
    finally:
        told.append(_told(source, reader, seen.records - before))


def _told(source: Any, reader: Reader, records: int) -> dict[str, Any]:
    encoding = getattr(reader, "encoding", None)
    return {
        "name": source.name,
        "bytes": source.stored_size,
        "sha256": source.digest(),
        "encoding": encoding,
        "records": records,
    }


def _check_source(checker: Checker | None, reader: Reader, seen: _Seen) -> None:
    heads = seen.tally.add(reader.head_issues)
    seen.reports.issues(heads)
    if any(issue.severity is Severity.FATAL for issue in heads):
        seen.reason = "fatal"
        return
    before = seen.records
    if seen.survey is not None:
        seen.survey.begin(CheckedFeed(reader, seen.roles))
    for record in reader:
        if seen.limit is not None and seen.records >= seen.limit:
            seen.reason = "limit"
            return
        seen.records += 1
        record.ordinal += before
        issues = [issue.moved(records=before, rows=0) for issue in record.issues]
        if record.body is not None and checker is not None:
            issues += _checked(checker, record, seen)
        seen.tally.count(_outcome(record, issues))
        if seen.survey is not None and record.body is not None:
            seen.survey.add(record, None, WEIGHT)
        if issues:
            seen.reports.issues(seen.tally.add(issues))
        if seen.progress is not None and not seen.records % PULSE:
            seen.progress(seen.records)


def _checked(checker: Checker, record: Record, seen: _Seen) -> list[Issue]:
    record.id, identity, findings = checker.check(record)
    if record.id is not None and identity is not None:
        place = checker.locate(record, Finding("", target="id"))
        seen.ids.field, seen.ids.column, seen.ids.sheet = place.field, place.column, place.sheet
        seen.ids.add(record, identity)
    return [issue_of(checker, record, finding, record.id) for finding in findings]


def _outcome(record: Record, issues: Sequence[Issue]) -> Outcome:
    if record.body is None:
        return Outcome.BROKEN
    refused = any(catalogue().entry(issue.code).effect == "refused" for issue in issues)
    return Outcome.REJECTED if refused else Outcome.WRITTEN
