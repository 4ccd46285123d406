"""The very files to be uploaded: their records are counted, and every rule for files becomes a line of the dossier."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue, Severity
from convert.containers import sources
from convert.deliver.runs import run_of
from convert.errors import SourceFault, UnknownName, UsageError
from convert.formats.base import parse_options
from convert.formats.japansearch.dossier.counting import RowShape, Shape, Survey
from convert.formats.japansearch.dossier.model import Inside, Rule, State, Upload
from convert.formats.japansearch.dossier.probe import JSON, READERS, TABLES, Kind, kind_of
from convert.formats.japansearch.dossier.workbook import WorkbookFacts, workbook_facts
from convert.formats.japansearch.labels import SUFFIX as LABELS
from convert.messages.catalogue import catalogue
from convert.model import Location, Outcome
from convert.packing import HEAD, is_document, packing_of
from convert.registry import format_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from convert.formats.base import Reader
    from convert.formats.japansearch.dossier.layout import LabelLayout
    from convert.model import Record
    from convert.source import Source

LIMIT: Final = 10**9
"""Bytes that may be uploaded: 1 GB, taken as the smaller of what that may mean."""
COLUMNS_TOLD: Final = 50
PULSE: Final = 1000
_NOT_UPLOADED = (LABELS, ".manifest.json")
_CSV_FAULTS = frozenset(("SRC-CSV-QUOTE", "SRC-CSV-UNCLOSED", "SRC-CSV-FIELDS"))
_JSON_STOPS = frozenset(("SRC-JSON-SECOND", "SRC-JSON-DOCUMENT", "SRC-JSON-ROOT", "SRC-JSON-WHOLE"))
_LOST = frozenset(
    (
        *("SRC-PACKED-CUT", "SRC-PACKED-BROKEN", "SRC-PACKED-BOMB"),
        *("SRC-JSON-CUT", "SRC-JSON-STOP", "SRC-JSON-SECOND", "SRC-JSON-LINES"),
    )
)
"""After these nothing more of a file is read."""
_ENCODINGS_OK = frozenset(("utf-8", "ascii"))


@dataclass(slots=True)
class _State:
    """What goes on from one file to the next."""

    survey: Survey
    layout: LabelLayout
    read: Mapping[str, str]
    progress: Callable[[int], None] | None
    limit: int
    records: int = 0
    broken: int = 0
    complete: bool = True
    first: str | None = None
    headers: tuple[str, ...] | None = None
    """Those of the first table, whose name is ``first``."""
    shape: tuple[str, str] | None = None
    """The name of the first file with records, and its shape."""
    latest: tuple[str, ...] = ()
    """Those of the table that was read last."""
    kinds: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Seen:
    """The files, and how many records they had. ``headers``: those of the first table."""

    uploads: tuple[Upload, ...]
    records: int
    broken: int
    complete: bool
    headers: tuple[str, ...] | None
    kinds: frozenset[str]


def look_at(
    names: Sequence[str | Path],
    survey: Survey,
    layout: LabelLayout,
    *,
    read: Mapping[str, str],
    progress: Callable[[int], None] | None = None,
    limit: int = LIMIT,
) -> Seen:
    """Read every file once. Raises :class:`UsageError` when one is missing or can be read only once."""
    _check_options(read)
    uploads = [(source_path, found) for name in names for source_path, found in _uploads(name).items()]
    state = _State(survey, layout, read, progress, limit)
    looked = tuple(_upload(path, found, state) for path, found in uploads)
    return Seen(looked, state.records, state.broken, state.complete, state.headers, frozenset(state.kinds))


def _check_options(read: Mapping[str, str]) -> None:
    """Raise :class:`UnknownName` for an option that no reader of these files has."""
    forms = [format_named(name) for name in dict.fromkeys(reader for reader, _ in READERS.values())]
    known = {option.name for form in forms for option in form.read_options}
    for name in read:
        if name not in known:
            raise UnknownName("option", name, sorted(known))


def _uploads(name: str | Path) -> dict[Path, list[Source]]:
    """The files that one argument stands for, each with the sources in it."""
    if str(name) == "-":
        raise UsageError(
            "standard input is no file to be uploaded; name the file",
            "標準入力は使えません。アップロードするファイルそのものを指定してください。",
        )
    found: dict[Path, list[Source]] = {}
    for source in sources(name):
        if source.path is None or not source.seekable:
            raise UsageError(f"{source.name}: is no regular file", f"{source.name}：通常のファイルではありません。")
        if not source.name.endswith(_NOT_UPLOADED):
            found.setdefault(source.path, []).append(source)
    if not found:
        raise UsageError(f"{name}: no file to be uploaded in it", f"{name}：アップロードするファイルがありません。")
    return found


# ── One file ─────────────────────────────────────────────────────────────────────────────────────


def _upload(path: Path, found: Sequence[Source], state: _State) -> Upload:
    size = path.stat().st_size
    name = found[0].name if len(found) == 1 and not _in_archive(found[0], path) else str(path)
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    packing = packing_of(head)
    packing = None if packing == "zip" and is_document(head) else packing
    at = Location(name)
    parts, twice = [], []
    for source in found:
        inside, fault = _inside(source, state)
        parts.append(inside)
        if fault is not None and fault.code == "SRC-PACKED-NESTED":
            twice.append(Issue("JPS-FILE-TWICE", at, value=source.name))
    sha256 = found[0].digest()
    rules = [
        *_run(path, name, sha256),
        _size(size, at, state.limit),
        _packing(packing, twice),
        *([_members(len(found), at)] if len(found) > 1 else []),
    ]
    state.survey.tally.add([issue for rule in rules for issue in rule.issues])
    return Upload(name, size, sha256, packing, tuple(rules), tuple(parts))


def _in_archive(source: Source, path: Path) -> bool:
    return source.name != str(path) and source.name.startswith(f"{path}/")


def _run(path: Path, name: str, sha256: str) -> Iterable[Rule]:
    """What the conversion that wrote the file says of it, where its manifest stands beside the file."""
    run, issues = run_of(path, name, sha256)
    if run is not None:
        yield _rule("run", issues, manifest=run.entry["manifest"])


def _size(size: int, at: Location, limit: int) -> Rule:
    issues = [Issue("JPS-FILE-SIZE", at, value=str(size), slots={"size": f"{size:,}"})] if size > limit else []
    return _rule("size", issues, size=size)


def _packing(packing: str | None, twice: list[Issue]) -> Rule:
    if twice:
        return _rule("packed", twice, packing=packing or "")
    return Rule("packed", "ok", {"packing": packing or ""})


def _members(count: int, at: Location) -> Rule:
    return _rule("members", [Issue("JPS-FILE-MEMBERS", at, slots={"count": count})], count=count)


def _rule(name: str, issues: Iterable[Issue], **slots: Any) -> Rule:
    """A rule whose state is that of the worst of its issues."""
    issues = tuple(issues)
    worst = max((catalogue().severity(issue) for issue in issues), default=None)
    states: dict[Severity | None, State] = {None: "ok", Severity.NOTICE: "note", Severity.WARNING: "doubt"}
    return Rule(name, states.get(worst, "bad"), slots, issues)


# ── One table or JSON file ───────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Faults:
    """What the reader said of one source."""

    codes: dict[str, int] = field(default_factory=dict)
    encoding: str | None = None

    def add(self, issues: Iterable[Issue]) -> None:
        for issue in issues:
            self.codes[issue.code] = self.codes.get(issue.code, 0) + 1
            if issue.code == "SRC-ENCODING":
                self.encoding = self.encoding or issue.suggestion or "?"

    def count(self, codes: frozenset[str]) -> int:
        return sum(times for code, times in self.codes.items() if code in codes)


def _inside(source: Source, state: _State) -> tuple[Inside, Issue | None]:
    """What a source holds, and the fault that kept it from being read."""
    name, at = source.name, Location(source.name)
    try:
        kind = kind_of(source)
    except SourceFault as fault:
        state.complete = False
        state.survey.tally.add([replace(fault.issue, severity=Severity.FATAL)])
        return Inside(name, "unreadable"), fault.issue
    if kind.reader is None:
        state.complete = False
        return _closed(
            Inside(name, kind.name), [_rule("kind", [Issue("JPS-FILE-KIND", at, value="XML")], kind=kind.name)], state
        ), None
    state.kinds.add(kind.name)
    facts = workbook_facts(source) if kind.name in ("xlsx", "xls") else None
    faults = _Faults()
    found = replace(_records(source, kind, faults, state), name=name)
    rules = list(_rules(found, kind, faults, facts, at, state))
    return _closed(found, rules, state), _nested(faults, at)


def _nested(faults: _Faults, at: Location) -> Issue | None:
    return Issue("SRC-PACKED-NESTED", at) if "SRC-PACKED-NESTED" in faults.codes else None


def _closed(inside: Inside, rules: Sequence[Rule], state: _State) -> Inside:
    state.survey.tally.add([issue for rule in rules for issue in rule.issues])
    return replace(inside, rules=tuple(rules))


def _records(source: Source, kind: Kind, faults: _Faults, state: _State) -> Inside:
    """Read and count the records."""
    form = format_named(kind.reader or "")
    given = {name: value for name, value in state.read.items() if any(o.name == name for o in form.read_options)}
    reader: Reader = form.load_reader()(source, parse_options(form.read_options, {**kind.options, **given}))
    tally = state.survey.tally
    faults.add(reader.head_issues)
    tally.add(reader.head_issues)
    encoding = None if kind.name in ("xlsx", "xls") else getattr(reader, "encoding", None)
    if any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues):
        state.complete = False
        return Inside(source.name, kind.name, encoding=encoding)
    before, broken = state.records, state.broken
    shape = _read(reader, kind, faults, state)
    records = state.records - before
    columns = len(reader.columns) if reader.columns is not None else None
    inside = Inside(
        source.name, kind.name, shape.name if shape else None, encoding, records, state.broken - broken, columns
    )
    state.latest = tuple(reader.columns or ())
    return inside


def _read(reader: Reader, kind: Kind, faults: _Faults, state: _State) -> Shape | None:
    survey, before = state.survey, state.records
    shape: Shape | None = state.layout.row_shape(reader.columns) if reader.columns is not None else None
    sheet = getattr(reader, "sheet", None)
    for record in reader:
        state.records += 1
        record.ordinal += before
        if record.issues:
            _tell(record, before, faults, state)
        if record.body is None:
            state.broken += 1
            survey.tally.count(Outcome.BROKEN)
        else:
            if not isinstance(shape, RowShape):
                shape = _shape_of(record, shape, state)
                survey.see(record.body)
            survey.count(record, shape, sheet)
        if state.progress is not None and not state.records % PULSE:
            state.progress(state.records)
    return shape


def _tell(record: Record, before: int, faults: _Faults, state: _State) -> None:
    faults.add(record.issues)
    told = [replace(issue, ordinal=record.ordinal) if issue.ordinal is not None else issue for issue in record.issues]
    state.survey.tally.add(told)
    if any(issue.code in _LOST or catalogue().severity(issue) is Severity.FATAL for issue in told):
        state.complete = False


def _shape_of(record: Record, before: Shape | None, state: _State) -> Shape:
    """The shape of a JSON record: with ``common`` it is the linkage format."""
    linkage = "common" in record.body
    if before is not None and (before.name == "linkage") is linkage:
        return before
    return state.layout.linkage_shape if linkage else state.layout.flat_shape


# ── Its rules ────────────────────────────────────────────────────────────────────────────────────


def _rules(
    found: Inside, kind: Kind, faults: _Faults, facts: WorkbookFacts | None, at: Location, state: _State
) -> Iterable[Rule]:
    yield Rule("kind", "ok", {"kind": kind.name})
    if kind.name in ("xlsx", "xls"):
        yield from _workbook(kind, facts, at)
    else:
        yield from _text(found, kind, faults, at)
    if kind.name in JSON:
        yield _json_shape(kind, faults, at)
    if found.shape == "linkage":
        yield _rule("linkage", [Issue("JPS-FILE-LINKAGE", at)])
    if found.shape is not None:
        yield from _same_shape(found, at, state)
    if kind.name in TABLES and found.columns is not None:
        yield from _columns(found, at, state)
    yield _readable(found, at, state)


def _workbook(kind: Kind, facts: WorkbookFacts | None, at: Location) -> Iterable[Rule]:
    if kind.name == "xls":
        yield _rule("xls", [Issue("JPS-FILE-XLS", at)])
        return
    yield Rule("xls", "ok")
    if facts is None:
        return
    sheets = []
    if len(facts.sheets) > 1:
        slots = {"count": len(facts.sheets), "names": list(facts.sheets[:10])}
        sheets = [Issue("JPS-FILE-SHEETS", at, slots=slots)]
    yield _rule("sheets", sheets, count=len(facts.sheets))
    merged = [Issue("JPS-FILE-MERGED", at, value=facts.first_merged, slots={"count": facts.merged})]
    yield _rule("merged", merged if facts.merged else [], count=facts.merged)
    formats = [Issue("JPS-FILE-FORMAT", at, value=facts.first_formatted, slots={"count": facts.formatted})]
    yield _rule("cell_format", formats if facts.formatted else [], count=facts.formatted)


def _text(found: Inside, kind: Kind, faults: _Faults, at: Location) -> Iterable[Rule]:
    encoding = found.encoding or ""
    other = faults.encoding or (None if encoding in _ENCODINGS_OK or not encoding else encoding)
    yield _rule("encoding", [Issue("JPS-FILE-ENCODING", at, value=other)] if other else [], encoding=other or "UTF-8")
    code = "JPS-FILE-JSON-BOM" if kind.name in JSON else "JPS-FILE-BOM"
    yield _rule("bom", [Issue(code, at)] if kind.bom else [])
    if kind.name in ("csv", "tsv"):
        count = faults.count(_CSV_FAULTS)
        issues = [Issue("JPS-FILE-CSV", at, value=str(count), slots={"count": count})] if count else []
        yield _rule("rfc4180", issues, count=count)
        ends = kind.newline not in (None, "CRLF")
        yield _rule(
            "newline", [Issue("JPS-FILE-NEWLINE", at, value=kind.newline)] if ends else [], newline=kind.newline or "–"
        )


def _json_shape(kind: Kind, faults: _Faults, at: Location) -> Rule:
    if kind.name == "json" or faults.count(_JSON_STOPS):
        return _rule("json", [Issue("JPS-FILE-JSON", at)], kind="json")
    names = {"json-array": "[ … ]", "json-object": "{ … : { … } }"}
    shape = names.get(kind.name)
    return _rule("json", [Issue("JPS-FILE-LINES", at, value=shape)] if shape else [], kind=kind.name)


def _same_shape(found: Inside, at: Location, state: _State) -> Iterable[Rule]:
    """Files of one database have one shape; nothing is said of the first, and of tables beside tables."""
    name, shape = state.shape = state.shape or (found.name, found.shape or "")
    if shape != found.shape:
        yield _rule("same_shape", [Issue("JPS-FILE-DIFFER", at, value=name)], file=name)


def _columns(found: Inside, at: Location, state: _State) -> Iterable[Rule]:
    """Whether the columns are the mapping's, and those of the file before."""
    headers = state.latest
    if state.headers is None or state.first is None:
        state.first, state.headers = found.name, headers
        yield _rule("columns", state.layout.column_issues(headers, at)[:COLUMNS_TOLD], count=found.columns)
    else:
        same = state.layout.names(headers) == state.layout.names(state.headers)
        value = state.first
        yield _rule("same_columns", [] if same else [Issue("JPS-FILE-DIFFER", at, value=value)], file=value)


def _readable(found: Inside, at: Location, state: _State) -> Rule:
    issues = []
    survey = state.survey
    if not found.records and state.complete:
        issues.append(Issue("JPS-FILE-EMPTY", at))
    if survey.stranger is not None:
        value, place = survey.stranger
        slots = {"count": survey.strangers, "database": survey.definition.id}
        issues.append(Issue("JPS-FILE-DATABASE", place, value=value, slots=slots))
        survey.stranger, survey.strangers = None, 0
    rule = _rule("records", issues, count=found.records, broken=found.broken)
    return replace(rule, state="bad") if found.broken or not found.records else rule
