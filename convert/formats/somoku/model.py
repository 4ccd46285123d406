"""A layout: where everything stands in a record of 総合目録共通フォーマット, JAPAN/MARC or the like, as data.

Made from a layout file by :mod:`convert.formats.somoku.load`. Bytes are counted from 0; lengths are in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Coding = Literal["digits", "binary"]
Mark = Literal["known", "inferred", "unknown"]


@dataclass(frozen=True, slots=True)
class Number:
    """How a number is written: decimal digits filled up with ``pad`` on the left, or binary, the high byte first."""

    width: int
    coding: Coding = "digits"
    pad: str = "0"


@dataclass(frozen=True, slots=True)
class RecordRule:
    """Where a record ends.

    ``ends``: after the length its label gives, at ``terminator``, or after ``size`` bytes (``fixed``; the rest is
    ``filler``). With ``length`` and ``fixed`` a ``terminator`` is checked too, and counted in the length. ``newline``
    follows every record (``lf``, ``crlf``), none does, or some may. ``skip``: bytes between records that mean nothing.
    ``longest``: bytes beyond which no record is looked for.
    """

    ends: Literal["length", "terminator", "fixed"]
    terminator: bytes = b""
    size: int = 0
    filler: bytes = b""
    newline: Literal["none", "lf", "crlf", "optional"] = "none"
    skip: bytes = b""
    longest: int = 99_999


Role = Literal["record_length", "base_address", "data_length", "field_count", "status"]


@dataclass(frozen=True, slots=True)
class LabelItem:
    """One item of the record control part (レコード管理部).

    ``role``: what the codec computes or reads in it; None: kept as it is. ``adds`` is added to the computed number
    (-5: the length without the five bytes of the length). ``const``: what always stands there. ``values``: codes with
    their names. ``given``: what is written where the record says nothing. ``statuses``: code → new, changed, deleted.
    """

    name: str
    at: int
    length: int
    role: Role | None = None
    number: Number | None = None
    adds: int = 0
    const: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    given: str | None = None
    mark: Mark = "known"

    @property
    def end(self) -> int:
        """The byte after the item."""
        return self.at + self.length


@dataclass(frozen=True, slots=True)
class Label:
    """The record control part: ``length`` bytes at the head of a record."""

    length: int = 0
    items: tuple[LabelItem, ...] = ()

    def role(self, role: Role) -> LabelItem | None:
        """The item that plays a role."""
        return next((item for item in self.items if item.role == role), None)

    def named(self, name: str) -> LabelItem | None:
        """The item with a name."""
        return next((item for item in self.items if item.name == name), None)


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory after the label: an entry of ``tag``, ``length`` and ``start`` for each field, in ``order``.

    ``ends``: what follows the last entry. ``start`` counts from the base address (``data``) or from the record's head.
    """

    tag: int
    length: Number
    start: Number
    order: tuple[str, ...] = ("tag", "length", "start")
    ends: bytes = b""
    origin: Literal["data", "record"] = "data"

    @property
    def entry(self) -> int:
        """Bytes of an entry."""
        return self.tag + self.length.width + self.start.width


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of fixed length: a field of a data part without tags, or a part of a field.

    Filled up with ``pad`` on the right (``left``: on the left). ``charset``: as :attr:`Charsets.named` knows it.
    """

    name: str
    at: int
    length: int
    pad: str = " "
    left: bool = False
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How the fields of the data part stand one after another.

    ``by``: found by the ``directory``; one after another, each with its ``tags`` in front; or at fixed ``positions``.
    With ``tags``: ``tag`` bytes of tag, then ``length`` (None: the field runs to its end mark). ``whole``: the length
    counts tag and length too. ``ends``: the end mark, counted in every length; ``between``: it stands between fields
    only, none after the last. ``indicators``: bytes before the data.
    """

    by: Literal["directory", "tags", "positions"]
    tag: int = 3
    length: Number | None = None
    whole: bool = False
    ends: bytes = b""
    between: bool = False
    indicators: int = 0
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class SubfieldRule:
    """How subfields stand in a field: ``begins``, then the parts in ``order``, then the data.

    ``id``: bytes of the identifier; 0: subfields are numbered from 1. ``length``: bytes of data; None: the data runs
    to the next ``begins``. ``mode``: bytes that say the character set; 0: none do.
    """

    begins: bytes = b""
    id: int = 1
    length: Number | None = None
    mode: int = 0
    order: tuple[str, ...] = ("id", "length", "mode")


@dataclass(frozen=True, slots=True)
class TagRule:
    """What is different about a field: ``plain`` has no subfields; ``slots`` stand at fixed places in it, again after
    every ``size`` bytes where it is given (one stretch for each copy).
    """

    tag: str
    plain: bool = False
    charset: str | None = None
    slots: tuple[Slot, ...] = ()
    size: int = 0


@dataclass(frozen=True, slots=True)
class Charsets:
    """Names of character sets (see :mod:`convert.formats.somoku.charsets`): of label, directory, tags and numbers; of
    data; of data by mode. ``gaiji``: a file of codes and characters. ``stand_in``: written for what has no place.
    """

    control: str = "ascii"
    data: str = "ascii"
    modes: dict[str, str] = field(default_factory=dict)
    gaiji: str | None = None
    stand_in: str = "〓"

    def names(self) -> tuple[str, ...]:
        """All that are named, each once."""
        return tuple(dict.fromkeys((self.control, self.data, *self.modes.values())))


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands: a range of tags (one, mostly) and a subfield, or an item of the label.

    >>> str(Place(("251", "252"), "A")), str(Place(("260", "264"))), str(Place(label="status"))
    ('251-252$A', '260,264', 'label.status')
    """

    tags: tuple[str, ...] = ()
    sub: str | None = None
    label: str | None = None

    def __str__(self) -> str:
        if self.label is not None:
            return f"label.{self.label}"
        tags = ",".join(self.tags)
        if len(self.tags) > 1 and self._is_range():
            tags = f"{self.tags[0]}-{self.tags[-1]}"
        return tags if self.sub is None else f"{tags}${self.sub}"

    def _is_range(self) -> bool:
        numbers = [int(tag) if tag.isascii() and tag.isdigit() else -1 for tag in self.tags]
        return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@dataclass(frozen=True, slots=True)
class Element:
    """A name that mappings and reports use, and where its values stand.

    ``members``: the element is a group, one for each field; their places have no tags, or tags beside those of the
    group (readings), which are paired by their number in the range. ``key``: the record's id (管理番号). ``repeat``
    False: once at most. ``longest``: bytes of a value. ``values``: the codes allowed. ``kind``: what the value is
    (``isbn``, ``date``, ``kana`` …), for checks. ``mode``: always written so. ``yomi``: the element with its reading.
    """

    name: str
    place: Place
    en: str = ""
    members: dict[str, Element] = field(default_factory=dict)
    key: bool = False
    required: bool = False
    repeat: bool = True
    longest: int | None = None
    values: tuple[str, ...] = ()
    kind: str | None = None
    mode: str | None = None
    yomi: str | None = None
    mark: Mark = "inferred"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Which element holds the copies, and whether they stand ``together`` under one description or ``apart``, a record
    for each, one after another with the same key.
    """

    element: str
    copies: Literal["together", "apart"] = "together"


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole layout. ``file`` and ``sha256`` say which file it came from.

    Confirmed when somebody says so, with a source: by the owner's own copy of the specification.
    """

    id: str
    record: RecordRule
    label: Label
    fields: FieldRule
    charsets: Charsets
    elements: dict[str, Element]
    directory: Directory | None = None
    subfields: SubfieldRule | None = None
    tags: dict[str, TagRule] = field(default_factory=dict)
    holdings: Holdings | None = None
    ja: str = ""
    en: str = ""
    confirmed_by: str | None = None
    confirmed_on: str | None = None
    source: str | None = None
    file: str = ""
    sha256: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether somebody stands for it."""
        return bool(self.confirmed_by and self.confirmed_on and self.source)

    @property
    def key(self) -> Element | None:
        """The element with the record's id."""
        return next((element for element in self.elements.values() if element.key), None)
