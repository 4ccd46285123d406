"""The NCIDs to ask for: out of a field of the user's own records, each once, and a word about what is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.containers import one_source
from convert.errors import PathError, UsageError
from convert.formats.base import parse_options
from convert.harvest.cinii.query import is_odd
from convert.harvest.cinii.text import ncids_in
from convert.inspect.evidence import look
from convert.inspect.profile import choose, propose, reopened
from convert.messages.catalogue import catalogue
from convert.model import Location
from convert.registry import format_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from convert.formats.base import Format, Reader
    from convert.source import Source


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a field: the NCIDs in it, or what is wrong with it."""

    ncids: tuple[str, ...]
    value: str
    at: Location


def field_values(reader: Reader, path: str) -> Iterator[Found | Issue]:
    """What a field of every record holds; records that cannot be read give their issues."""
    selector = reader.selector(path)
    for record in reader:
        yield from record.issues
        if record.body is None:
            continue
        for number, value in enumerate(selector.values(record.body)):
            if isinstance(value, str) and value.strip():
                yield Found(ncids_in(value), value, selector.locate(record, number))


def judged(found: Iterable[Found | Issue], tell: Callable[[Issue], None]) -> Iterator[str | None]:
    """The NCIDs; None for a value that is none. What is odd is told."""
    for item in found:
        if isinstance(item, Issue):
            tell(item)
        elif not item.ncids:
            tell(Issue("HRV-CINII-NCID", item.at, value=item.value))
            yield None
        else:
            for ncid in item.ncids:
                if is_odd(ncid):
                    tell(Issue("HRV-CINII-NCID-CHECK", item.at, value=ncid))
                yield ncid


def named(ncids: Iterable[str]) -> Iterator[Found]:
    """NCIDs of the command line."""
    return (Found((ncid,), ncid, Location("--ncid")) for ncid in ncids)


def from_input(
    name: str, path: str, *, format_name: str | None, read: Mapping[str, str], tell: Callable[[Issue], None]
) -> list[str | None]:
    """The NCIDs in a field of a file, as :func:`judged` gives them, each once.

    Raises :class:`UsageError` for a file, format or field that is not there.
    """
    kind = format_named(format_name) if format_name else None
    with reopened(one_source(name, kind)) as source:
        reader = _opened(source, kind, read)
        for issue in reader.head_issues:
            tell(issue)
        if any(catalogue().severity(issue) is Severity.FATAL for issue in reader.head_issues):
            ja = f"{source.name} を読めないため、何も尋ねていません。"
            raise UsageError(f"{source.name}: cannot be read; nothing was asked", ja)
        try:
            reader.check_path(path)
            found = judged(field_values(reader, path), tell)
        except PathError as error:
            raise _no_field(error, source.name) from error
        try:
            return _once(found)
        except PathError as error:
            raise _no_field(error, source.name) from error


def _once(found: Iterator[str | None]) -> list[str | None]:
    """Every NCID once; all that are none."""
    seen: set[str] = set()
    kept: list[str | None] = []
    for ncid in found:
        if ncid is None or ncid not in seen:
            kept.append(ncid)
        if ncid is not None:
            seen.add(ncid)
    return kept


def _opened(source: Source, kind: Format | None, read: Mapping[str, str]) -> Reader:
    given: dict[str, Any] = dict(read)
    if kind is None:
        evidence = look(source)
        kind = choose(source, None, evidence).format
        given = {option.name: option.value for option in propose(kind, evidence, given)}
    return kind.load_reader()(source, parse_options(kind.read_options, given))


def _no_field(error: PathError, name: str) -> UsageError:
    meant = f" (did you mean '{error.suggestion}'?)" if error.suggestion else ""
    meant_ja = f"もしかして「{error.suggestion}」ですか。" if error.suggestion else ""
    known = f"; its fields: {', '.join(error.known[:60])}" if error.known and not error.suggestion else ""
    known_ja = f"ある項目：{'、'.join(error.known[:60])}" if error.known and not error.suggestion else ""
    en = f"{name}: there is no field '{error.path}'{meant}{known}"
    return UsageError(en, f"{name} に「{error.path}」という項目はありません。{meant_ja}{known_ja}")
