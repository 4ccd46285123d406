"""Readers whose source may break: what a compressed file breaks with becomes an issue, whatever the format."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue, Severity
from convert.errors import SourceFault
from convert.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.base import Options, Part, Reader
    from convert.source import Source


@cache
def guarded(kind: type[Any]) -> type[Any]:
    """The reader class with two things added, whatever source it is made for.

    The source's own notices are the first of ``head_issues``. A :class:`SourceFault` in the head is a fatal head
    issue; one further on ends the records with a broken one that says why.
    """

    class Guarded(kind):  # type: ignore[misc]
        def __init__(self, source: Source, options: Options, part: Part | None = None) -> None:
            self.__source = source
            self.__ended = False
            try:
                super().__init__(source, options, part)
            except SourceFault as fault:
                self.__ended = True
                self.head_issues: list[Issue] = [replace(fault.issue, severity=Severity.FATAL)]
                self.columns: tuple[str, ...] | None = None
                self.clean_end, self.rows = True, 0
            if source.issues and (part is None or not part.start):
                self.head_issues = [*source.issues, *self.head_issues]

        def __iter__(self) -> Iterator[Record]:
            if self.__ended:
                return iter(())
            return self.__read_on() if self.__source.may_break else super().__iter__()

        def __read_on(self) -> Iterator[Record]:
            ordinal, line = 0, None
            try:
                for record in super().__iter__():
                    ordinal, line = record.ordinal, record.line
                    yield record
            except SourceFault as fault:
                ordinal += 1
                issue = replace(fault.issue, ordinal=ordinal, at=replace(fault.issue.at, line=line))
                yield Record(None, source=self.__source.name, ordinal=ordinal, line=line, issues=[issue])

    Guarded.__name__, Guarded.__qualname__ = kind.__name__, kind.__qualname__
    Guarded.__module__, Guarded.__doc__ = kind.__module__, kind.__doc__
    return Guarded


def guard(kind: type[Reader]) -> type[Reader]:
    """:func:`guarded`, for the type checker."""
    return guarded(kind)
