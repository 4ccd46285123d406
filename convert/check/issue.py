"""The issue: one fault, at one place, as data. Its prose lives in ``convert/messages``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from convert.model import lines_above

if TYPE_CHECKING:
    from convert.model import Location

FAULT_LINE = "fault_line"
"""A slot that is a line of the source: it is moved with the issue's place."""
VALUE_LIMIT = 200
"""Characters of an offending value, and of a record's id, that an issue keeps; longer ones end in an ellipsis."""


def shortened(text: str) -> str:
    """The text as an issue keeps it.

    >>> shortened("染付"), len(shortened("あ" * 1000))
    ('染付', 201)
    """
    return text if len(text) <= VALUE_LIMIT else text[:VALUE_LIMIT] + "…"


class Severity(IntEnum):
    """How bad. ``--fail-on`` compares them."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3
    FATAL = 4

    @property
    def word(self) -> str:
        """The name as written in files and options."""
        return self.name.lower()

    def said(self, lang: str) -> str:
        """The word for people.

        >>> Severity.ERROR.said("ja"), Severity.ERROR.said("en")
        ('エラー', 'error')
        """
        return _JAPANESE[self] if lang == "ja" else self.word

    @classmethod
    def of(cls, word: str) -> Severity:
        """The severity named ``word``.

        >>> Severity.of("warning") is Severity.WARNING
        True
        """
        return cls[word.upper()]


_JAPANESE = {Severity.NOTICE: "お知らせ", Severity.WARNING: "警告", Severity.ERROR: "エラー", Severity.FATAL: "中止"}


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault. ``severity`` None means: as the catalogue of codes says.

    ``target`` is the target name (作品名_s), ``rule`` the place of the rule in the mapping file,
    ``value`` the value as it was, ``slots`` the words the message needs, ``suggestion`` a value that would do.
    The slot ``stored``, which any issue may have, is what the receiver would store in place of the value.
    ``waived``: why the issue is accepted for the time being, where a profile says so.
    """

    code: str
    at: Location
    severity: Severity | None = None
    record_id: str | None = None
    ordinal: int | None = None
    target: str | None = None
    rule: str | None = None
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    waived: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and len(self.value) > VALUE_LIMIT:
            object.__setattr__(self, "value", shortened(self.value))
        if self.record_id is not None and len(self.record_id) > VALUE_LIMIT:
            object.__setattr__(self, "record_id", shortened(self.record_id))

    def moved(self, *, records: int, rows: int) -> Issue:
        """The same issue when ``records`` records and ``rows`` rows stand before the part it was found in."""
        if not records and not rows:
            return self
        ordinal = None if self.ordinal is None else self.ordinal + records
        slots, lines = self.slots, lines_above(rows)
        if lines and FAULT_LINE in slots:
            slots = {**slots, FAULT_LINE: slots[FAULT_LINE] + lines}
        return replace(self, ordinal=ordinal, at=self.at.moved(rows=rows), slots=slots)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says about a mapped record, before anybody looked up where it comes from.

    ``target`` and ``index`` name the value (``index`` among the target's values); the run turns the pair
    into the user's cell and the mapping's rule. ``member``: the member of an object it is about, or ``yomi``, the
    reading of the value.
    """

    code: str
    target: str | None = None
    index: int = 0
    value: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None
    member: str | None = field(default=None, kw_only=True)
