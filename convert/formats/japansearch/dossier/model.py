"""What a dossier holds, as plain data. No prose: ``words.toml`` and the catalogue of codes have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from convert.check.issue import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.check.issue import Issue
    from convert.report.tally import Tally

State = Literal["ok", "empty", "missing", "bad", "doubt", "note", "off"]
"""``missing``: mandatory and not there; ``empty``: not there and need not be; ``off``: the rule does not apply."""
Basis = Literal["known", "inferred", "own"]


# ── 1. The database definition ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One field of the registration screen (``fields.toml``). ``republish``: the basis for saying that a change takes
    effect only after テスト公開 and 一般公開; empty: nothing says so.
    """

    path: str
    ja: str
    en: str
    form: str
    mandatory: bool = False
    republish: str = ""
    empty_ja: str = ""
    empty_en: str = ""
    empty_basis: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its value. ``labels``: what the screen calls the codes in it, in Japanese and English."""

    kind: FieldKind
    value: str
    state: State
    labels: tuple[tuple[str, str], ...] = ()
    issues: tuple[Issue, ...] = ()


# ── 2. The label definition ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Column:
    """One item as the label screen wants it.

    ``number`` counts columns from 1. ``served`` is the key it will be served under (inferred from served items).
    ``there``: whether the files have it, None where a file need not show an item without values.
    ``mapped``: whether the mapping has it.
    """

    number: int
    name: str
    type: str
    labels: tuple[str, ...]
    served: str
    there: bool | None = None
    mapped: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """A common label that is mandatory (必須) or wanted where the data have it (あれば必須).

    ``items``: names of the items that carry it; ``given``: what the definition gives items without a value.
    """

    label: str
    mandatory: bool
    items: tuple[str, ...]
    given: str = ""


# ── 3. Rights and access ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Records that will have a code, by where it comes from.

    ``own``: from the record; ``inherited``: from the definition; ``either``: the file has the definition's value in the
    record, which may be the record's own as well. ``known``: whether items may have the code.
    """

    code: str
    own: int = 0
    inherited: int = 0
    either: int = 0
    known: bool = True

    @property
    def records(self) -> int:
        """All records with the code."""
        return self.own + self.inherited + self.either


@dataclass(frozen=True, slots=True)
class Codes:
    """Every code of a list with its records; ``none``: records without any. ``other``: with codes that nobody knows,
    beyond those that are listed.
    """

    counts: tuple[CodeCount, ...]
    none: int = 0
    other: int = 0

    @property
    def records(self) -> int:
        """All records."""
        return sum(count.records for count in self.counts) + self.none + self.other


# ── 4. Holders ───────────────────────────────────────────────────────────────────────────────────

Display = Literal["own", "registered", "text", "perhaps", "unknown"]
"""How a holder will be shown: ``own``: the database's organization; ``registered``: another one's page; ``text``: a
name with the database's organization as つなぎ役; ``perhaps``: it looks like the id of an organization that the
definition does not name; ``unknown``: the definition does not say whose the database is.
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder of the files. ``organization``: its id where it is registered, as far as the definition knows.

    ``names``: what organizationAliases calls it. ``own``, ``inherited``, ``either``: as for codes. ``with_url``:
    records that have a 所蔵機関URL of their own, the first of which is ``url``.
    """

    name: str
    display: Display
    organization: str | None = None
    names: tuple[str, ...] = ()
    own: int = 0
    inherited: int = 0
    either: int = 0
    with_url: int = 0
    url: str | None = None
    given_url: str | None = None

    @property
    def records(self) -> int:
        """All records with the holder."""
        return self.own + self.inherited + self.either


# ── 5. The files ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for files to be registered and how the file stands to it. ``name``: its words are ``rule_NAME``."""

    name: str
    state: State
    slots: Mapping[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to be uploaded. ``size``: bytes as stored; ``packing``: its compression; ``parts``: what it holds."""

    name: str
    size: int
    sha256: str
    packing: str | None
    rules: tuple[Rule, ...]
    parts: tuple[Inside, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """A table or JSON file: an upload itself, or what is compressed in it.

    ``kind``: csv, tsv, xlsx, jsonl, json-array, json-object … ``shape``: linkage or registration, None when nobody
    could tell. ``broken``: records that could not be read.
    """

    name: str
    kind: str
    shape: str | None = None
    encoding: str | None = None
    records: int = 0
    broken: int = 0
    columns: int | None = None
    rules: tuple[Rule, ...] = ()


# ── The whole ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything. ``complete`` False: not all records could be read; ``tally`` holds every issue;
    ``duplicates``: records whose id, in the form it is served in, another one before them has.

    ``definition_file``: the file that holds the definition, None where the mapping has it in itself.
    """

    mapping: str
    mapping_file: str
    definition_file: str | None
    database: str
    owner: str
    fields: tuple[Field, ...]
    definition_issues: tuple[Issue, ...]
    columns: tuple[Column, ...]
    wanted: tuple[Wanted, ...]
    rights: Codes
    groups: Mapping[str, int]
    access: Codes
    contradictions: int
    holders: tuple[Holder, ...]
    no_holder: int
    other_holders: int
    duplicates: int
    uploads: tuple[Upload, ...]
    records: int
    broken: int
    complete: bool
    tally: Tally


def exit_code(dossier: Dossier, fail_on: str) -> int:
    """0: nothing at or above ``fail_on``; 1: something; 3: not all could be read."""
    worst = dossier.tally.worst
    if not dossier.complete:
        return 3
    return int(worst is not None and worst >= Severity.of(fail_on))
