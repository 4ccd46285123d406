"""What checks of a delivery look at: columns of values, for many records at once.

A column is one field of what is delivered: a target of the mapping, or a path of a file that is checked. Working on
columns of a thousand records is what makes the checks cheap: most records are dealt with by a few calls in C.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from convert.check.dataset import scan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from convert.check.issue import Finding, Issue
    from convert.model import Location, Record

ROLES = (
    "id", "title", "reading", "description", "url", "thumbnail", "contents", "date", "updated", "coordinates", "rights",
    "access", "language", "english",
)  # fmt: skip
"""What a column can be to the checks. ``id`` serves to compare two deliveries alone, ``contents`` are addresses of the
content, ``updated`` dates of the record, ``language`` states the record's, ``english`` is to be English."""


NONE = type(None)
_TEXT: Final[set[type]] = {str}
_TEXT_OR_NONE: Final[set[type]] = {str, NONE}
_NONE: Final[set[type]] = {NONE}
_NO_TEXTS: Final[frozenset[str]] = frozenset()
FEW: Final = 1000
"""Different texts of a column that are remembered, and"""
FEW_LETTERS: Final = 100_000
"""characters of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field: its name as shown, the target or path by which its values are located, and what it is.

    ``constant``: a mapping gives every record the same value, which then is nothing to speak of.
    ``counted`` False: the same values stand in another column, which is the one to count.
    ``typed``: the format itself looks at what its values are.
    ``way``: the members or cell of a target's document that hold its values.
    """

    name: str
    target: str
    roles: frozenset[str] = frozenset()
    constant: bool = False
    counted: bool = True
    typed: bool = False
    way: tuple[str | int, ...] = ()


class Known:
    """The texts of a column that earlier records have, while these are few: what is known need not be looked at again.

    ``few`` turns False for good where there are too many or too long ones. ``cells``: what a cell may hold that is
    known, blank texts and None among it.
    """

    __slots__ = ("_letters", "blanks", "cells", "few", "kinds", "texts")

    def __init__(self) -> None:
        self.few = True
        self.kinds: set[type] | None = None
        self.texts: set[str] = set()
        self.blanks: set[str] = set()
        self.cells: set[str | None] = {None}
        self._letters = 0

    def add(self, new: Collection[str]) -> None:
        """Remember texts that were not known."""
        self._letters += sum(map(len, new))
        self.texts.update(new)
        self.cells.update(new)
        if len(self.texts) > FEW or self._letters > FEW_LETTERS:
            self.few = False
            self.texts.clear()
            self.blanks.clear()
            self.cells.clear()

    def add_blank(self, new: Collection[str]) -> None:
        """Remember blank texts that were not known."""
        self.blanks.update(new)
        self.cells.update(new)


class Cells:
    """The values of one column, one cell per record: None, a value, or a list of several.

    ``trimmed``: no text among them is blank, as in what a mapping makes. ``known``: what earlier records of the column
    have, where somebody remembers it.
    """

    __slots__ = (
        "_blanks", "_distinct", "_filled", "_fresh", "_joined", "_known", "_longest", "_met", "_strings", "_suspect",
        "_texts", "_whole", "column", "few", "kinds", "raw", "trimmed",
    )  # fmt: skip

    def __init__(
        self,
        column: Column,
        raw: Sequence[Any],
        *,
        trimmed: bool = False,
        kinds: set[type] | None = None,
        known: Known | None = None,
    ) -> None:
        self.column = column
        self.raw = raw
        self.trimmed = trimmed
        self.few = known is not None and known.few
        self._known = known
        self._met: frozenset[str] | None = None
        self._whole: str | None = None
        self._strings: Sequence[str] | None = None
        self._texts: Sequence[str] | None = None
        self._filled: int | None = None
        self._distinct: frozenset[str] | None = None
        self._fresh: Collection[str] | None = None
        self._suspect: bool | None = None
        self._blanks: frozenset[str] | None = None
        self._joined: str | None = None
        self._longest: int | None = None
        if kinds is None:
            self.kinds = self._kinds()
        else:
            self.kinds = kinds
            if kinds == _TEXT and known is not None and known.few:
                self._met = self._meet(known)

    @classmethod
    def like(cls, other: Cells, column: Column) -> Cells:
        """Another column that holds the very texts of ``other``, none of them blank, all looked at."""
        cells = cls(column, other.raw, trimmed=True, kinds=other.kinds)
        cells._texts, cells._fresh, cells._longest = other.raw, other.raw, other._longest
        return cells

    def _meet(self, known: Known) -> frozenset[Any]:
        """The different values. What is known already is as good as looked at. Raises TypeError when one is a list."""
        met = frozenset(self.raw)
        if met <= known.cells:
            self._fresh, self._longest, self._suspect = _NO_TEXTS, 0, False
        return met

    def _kinds(self) -> set[type]:
        """The types of the values."""
        known = self._known
        before = None if known is None else known.kinds
        if known is not None and before is not None and before <= _TEXT_OR_NONE:
            with contextlib.suppress(TypeError):  # something else among them
                kinds = self._kinds_of_few(known) if known.few else self._kinds_of_texts() if before == _TEXT else None
                if kinds is not None:
                    return kinds
        kinds = set(map(type, self.raw))
        if known is not None:
            known.kinds = kinds
        return kinds

    def _kinds_of_few(self, known: Known) -> set[type] | None:
        """Of texts that come again and again only the different ones are asked. None: there is more than texts.

        1, 1.0 and True are one number, texts are never taken for each other.
        """
        met = self._meet(known)
        if self._fresh is not None:
            kinds = _TEXT if None not in met else _TEXT_OR_NONE if len(met) > 1 else _NONE
        else:
            kinds = set(map(type, met))
            if not kinds <= _TEXT_OR_NONE:
                return None
        self._met = met - {None} if NONE in kinds else met
        return kinds

    def _kinds_of_texts(self) -> set[type]:
        """Of many texts only whether they can be joined. Raises TypeError when there is something else."""
        self._whole = "\n".join(self.raw)
        return _TEXT

    def look(self, *, closely: bool) -> Cells:
        """Look at every text at once, while the column is at hand: going back to it later costs more.

        ``closely``: also for what is ``suspect``. Gives itself.
        """
        if self._longest is None and (str in self.kinds or list in self.kinds):
            self._longest = max(map(len, self.fresh), default=0)
        if closely and self._suspect is None:
            self._suspect = bool(self.fresh) and self._look_for_signs()
        return self

    def _look_for_signs(self) -> bool:
        return scan.suspect(self.fresh) if self.few else scan.suspect_column(self.texts, self.joined)

    @property
    def joined(self) -> str:
        """The texts, one a line."""
        if self._joined is None:
            self._joined = "\n".join(self.texts) if self._whole is None or self.blanks else self._whole
        return self._joined

    @property
    def plain(self) -> bool:
        """Whether every record has exactly one text, blank or not."""
        return self.kinds == _TEXT

    @property
    def lonely(self) -> bool:
        """Whether every record has one text, not blank, and these are looked at each time, being too many."""
        return self.trimmed and not self.few and self.kinds == _TEXT

    @property
    def texts(self) -> Sequence[str]:
        """Every text that is not blank, lists laid out; values that are no text are left out."""
        if self._texts is None:
            blanks = self.blanks
            if self.kinds == _TEXT:
                self._texts = [text for text in self.raw if text not in blanks] if blanks else self.raw
            elif str not in self.kinds and list not in self.kinds:
                self._texts = ()
            else:
                strings = self._all_strings()
                self._texts = [text for text in strings if text not in blanks] if blanks else strings
        return self._texts

    def _all_strings(self) -> Sequence[str]:
        """The texts among values of several kinds, blank ones too."""
        if self._strings is None:
            self._strings = [text for text in self.scalars if text.__class__ is str]
        return self._strings

    @property
    def distinct(self) -> frozenset[str]:
        """The different texts that are not blank: where they are ``few``, looking at each of them is cheap."""
        if self._distinct is None:
            self._distinct = self._different - self.blanks if self.blanks else self._different
        return self._distinct

    @property
    def _different(self) -> frozenset[str]:
        """The different texts, blank ones too."""
        if self._met is None:
            if self.kinds <= _TEXT_OR_NONE:
                self._met = frozenset(self.raw)
                if NONE in self.kinds:
                    self._met -= {None}
            elif str not in self.kinds and list not in self.kinds:
                self._met = _NO_TEXTS
            else:
                self._met = frozenset(self._all_strings())
        return self._met

    @property
    def fresh(self) -> Collection[str]:
        """The texts that are not blank and may be new: all but those that are ``known`` from earlier records.

        Who looks at these alone has to remember what it found among them, while they are ``few``; and has to look at
        every batch.
        """
        if self._fresh is None:
            known = self._known
            if known is None or not self.few:
                self._fresh = self.texts
            else:
                self._fresh = self.distinct - known.texts
                if self._fresh:
                    known.add(self._fresh)
        return self._fresh

    @property
    def suspect(self) -> bool:
        """Whether one of the ``fresh`` texts may be what :func:`convert.check.dataset.scan.suspect` tells."""
        if self._suspect is None:
            self.look(closely=True)
        return bool(self._suspect)

    @property
    def blanks(self) -> frozenset[str]:
        """The different texts that are blank."""
        if self._blanks is None:
            self._blanks = _NO_TEXTS if self.trimmed else self._look_for_blanks()
        return self._blanks

    def _look_for_blanks(self) -> frozenset[str]:
        if self._known is not None and self.few:
            known = self._known
            new = self._different - known.texts
            if not new <= known.blanks:
                known.add_blank([text for text in new if not text or text.isspace()])
            return new & known.blanks if known.blanks else _NO_TEXTS
        texts = self.raw if self.kinds == _TEXT else self._all_strings()
        if all(texts) and not any(map(str.isspace, texts)):
            return _NO_TEXTS
        return frozenset(text for text in texts if not text or text.isspace())

    @property
    def longest(self) -> int:
        """How long the longest of the ``fresh`` texts is, in characters."""
        if self._longest is None:
            self.look(closely=False)
        return self._longest or 0

    @property
    def filled(self) -> int:
        """How many records have a value."""
        if self._filled is None:
            if self.trimmed or self.kinds <= _TEXT_OR_NONE:
                empty = self.raw.count(None) if NONE in self.kinds else 0
                self._filled = len(self.raw) - empty - sum(map(self.raw.count, self.blanks))
            else:
                self._filled = sum(map(_has_value, self.raw))
        return self._filled

    @property
    def others(self) -> Sequence[Any]:
        """Every value that is no text, lists laid out."""
        if str in self.kinds or list in self.kinds:
            return [value for value in self.scalars if value is not None and value.__class__ is not str]
        return [value for value in self.raw if value is not None] if NONE in self.kinds else self.raw

    @property
    def scalars(self) -> Sequence[Any]:
        """Every value, lists laid out; None where a record has none."""
        if list not in self.kinds:
            return self.raw
        return [value for cell in self.raw for value in (cell if cell.__class__ is list else (cell,))]

    def has(self, record: int) -> bool:
        """Whether a record has a value."""
        return _has_value(self.raw[record])

    def each(self) -> Iterator[tuple[int, int, str]]:
        """Every text that is not blank, with its record and its number among the record's values."""
        for record, cell in enumerate(self.raw):
            for index, value in enumerate(cell) if cell.__class__ is list else ((0, cell),):
                if value.__class__ is str and value and not value.isspace():
                    yield record, index, value

    def values(self) -> Iterator[tuple[int, int, Any]]:
        """As :meth:`each`, values of every kind."""
        for record, cell in enumerate(self.raw):
            for index, value in enumerate(cell) if cell.__class__ is list else ((0, cell),):
                if value is not None and (value.__class__ is not str or (value and not value.isspace())):
                    yield record, index, value

    def first(self, record: int) -> str | None:
        """A record's first text, if it has one."""
        cell = self.raw[record]
        for value in cell if cell.__class__ is list else (cell,):
            if value.__class__ is str and value and not value.isspace():
                return str(value)
        return None


def _has_value(cell: Any) -> bool:
    if cell.__class__ is list:
        return any(map(_has_value, cell))
    return bool(cell and not cell.isspace()) if cell.__class__ is str else cell is not None


def _rank(cells: Cells) -> str:
    return "" if cells.column.way else cells.column.name


class Placing(Protocol):
    """What knows where values stand in the user's files."""

    def place(self, record: Record, finding: Finding) -> Issue:
        """A finding as an issue."""
        ...

    def at(self, record: Record, target: str) -> Location:
        """Where values of a target stand, as a rule."""
        ...


class Batch:
    """The values of some records that follow each other, by column, and where they stand in the user's files."""

    def __init__(
        self,
        records: Sequence[Record],
        cells: Mapping[str, Cells],
        feed: Placing,
    ) -> None:
        self.records = records
        self.cells = cells
        self._feed = feed
        self._roles: dict[str, list[Cells]] = {}
        for found in cells.values():
            for role in found.column.roles:
                self._roles.setdefault(role, []).append(found)

    def playing(self, *roles: str) -> list[Cells]:
        """The columns that play one of the roles, each once; those met in the data in the order of their names."""
        found: dict[str, Cells] = {}
        for role in roles:
            for cells in self._roles.get(role, ()):
                found.setdefault(cells.column.name, cells)
        return sorted(found.values(), key=_rank)

    def issue(self, record: int, finding: Finding) -> Issue:
        """A finding about the record of that number as an issue, its place looked up."""
        return self._feed.place(self.records[record], finding)

    def at(self, record: int, column: Column) -> Location:
        """Where the values of a column stand in a record, as a rule."""
        return self._feed.at(self.records[record], column.target)
