"""The plain data that flows through a run: Location, Record, Text, Mapped, Outcome.

Values are ``str`` wherever nothing more is known about them. What a target coerces (numbers,
dates as epoch milliseconds, booleans) is held as ``int``, ``float``, ``Decimal``, ``bool`` or ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.check.issue import Issue

ORIGIN_STEP = 1 << 20
"""``Mapped.origins`` packs (rule number, occurrence) as ``rule * ORIGIN_STEP + occurrence``."""


class Above(int):
    """How many table rows stand before a part of a source that counts them from its own start; ``lines``: how many
    lines of text, where it counts these so, too. Whoever moves a place by its rows moves it by both.

    >>> above = Above(10, lines=12) + Above(5, lines=7)
    >>> above, above.lines, Location("a.csv", line=3, row=2).moved(rows=above)
    (15, 19, Location(source='a.csv', line=22, column=None, row=17, sheet=None, path=None, field=None, byte=None))
    """

    lines: int

    def __new__(cls, rows: int = 0, lines: int = 0) -> Above:
        """``rows`` and ``lines`` before the part."""
        above = super().__new__(cls, rows)
        above.lines = lines
        return above

    def __add__(self, other: int) -> Above:
        return Above(int(self) + int(other), self.lines + lines_above(other))

    __radd__ = __add__

    def __bool__(self) -> bool:
        return int(self) != 0 or self.lines != 0


def lines_above(rows: int) -> int:
    """The lines of :class:`Above`; none where rows are just a number."""
    return rows.lines if isinstance(rows, Above) else 0


def column_letters(number: int) -> str:
    """Spreadsheet letters of a 1-based column number.

    >>> column_letters(1), column_letters(26), column_letters(28)
    ('A', 'Z', 'AB')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the user's. All numbers are 1-based; what is unknown is absent.

    ``line`` is a line of the text file: where the record starts, or the fault's own line where that is known.
    ``column`` is the field's number in a table, the character's in a line of text or YAML.
    ``row`` is the row as a spreadsheet shows it, header row counted; line breaks inside cells do not count.
    ``byte`` is the place in a file that has no lines, counted from 0.
    """

    source: str
    line: int | None = None
    column: int | None = None
    row: int | None = None
    sheet: str | None = None
    path: str | None = None
    field: str | None = None
    byte: int | None = None

    @property
    def cell(self) -> str | None:
        """The cell as a spreadsheet names it (``D12``), where the source is a table."""
        if self.row is None or self.column is None:
            return None
        return f"{column_letters(self.column)}{self.row}"

    def moved(self, *, rows: int = 0) -> Location:
        """The same place when ``rows`` table rows stand before the part it was counted in, :class:`Above` lines too."""
        if not rows:
            return self
        lines = lines_above(rows)
        row = None if self.row is None else self.row + int(rows)
        return replace(self, row=row, line=None if self.line is None else self.line + lines)

    def to_dict(self) -> dict[str, Any]:
        """The ``source`` object of the JSON form; absent parts are left out."""
        parts: dict[str, Any] = {"file": self.source, "line": self.line, "column": self.column, "byte": self.byte}
        parts |= {"sheet": self.sheet, "cell": self.cell, "path": self.path, "field": self.field}
        return {key: value for key, value in parts.items() if value is not None}

    def __str__(self) -> str:
        line = self.row if self.line is None and self.cell is None else self.line
        numbers = [str(n) for n in (line, None if self.cell else self.column) if n is not None]
        text = ":".join([self.source, *numbers])
        where = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.cell or self.sheet
        if self.byte is not None:
            text, where = f"{text}@{self.byte}", self.path and self.field
        return " ".join(part for part in (text, where, self.path or self.field) if part)


class Record:
    """One record as its reader found it.

    ``body`` is native to the format (a table row is a list of str, a JSON record a dict); None when the
    record could not be read, and then ``issues`` says why. ``ordinal`` counts records of the run from 1.
    ``line`` is the text line where the record starts, ``row`` its spreadsheet row.
    """

    __slots__ = ("body", "id", "issues", "line", "ordinal", "row", "source")

    def __init__(
        self,
        body: Any,
        source: str,
        ordinal: int,
        line: int | None = None,
        row: int | None = None,
        issues: Sequence[Issue] = (),
    ) -> None:
        self.body = body
        self.source = source
        self.ordinal = ordinal
        self.line = line
        self.row = row
        self.issues = issues
        self.id: str | None = None

    @property
    def at(self) -> Location:
        """Where the record starts."""
        return Location(self.source, line=self.line, row=self.row)

    def __repr__(self) -> str:
        return f"Record({self.id or '?'} at {self.at})"


@dataclass(frozen=True, slots=True)
class Text:
    """A value that knows more than its text: its reading (読み), language or type."""

    value: Value
    yomi: str | None = None
    lang: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A value and what there is to say about it: the answer of a target's coercer that cannot keep a value as it is,
    and of a transform that checks one.

    ``value`` is what the receiver would store, or what goes on to the next step (may be None); ``code`` the issue;
    ``slots`` its words. ``keep`` False: there is nothing to store, the value goes.
    """

    value: Value
    code: str
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    keep: bool = True


Value = str | int | float | bool | Decimal | None | Text | dict[str, Any]


class Outcome(Enum):
    """What became of a record: ``read = written + skipped + deleted + rejected + broken``."""

    WRITTEN = "written"
    SKIPPED = "skipped"
    DELETED = "deleted"
    REJECTED = "rejected"
    BROKEN = "broken"


@dataclass(slots=True)
class Mapped:
    """A record after its mapping: target name → values, always a list, never empty.

    ``origins`` holds, for the targets whose values need it, one packed int per value (see ORIGIN_STEP), or fewer: the
    plan then finds them out when they are asked for. For other targets it knows the one rule they come from.
    """

    id: str
    values: dict[str, list[Any]]
    origins: dict[str, list[int]]
