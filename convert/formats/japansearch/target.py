"""Japan Search as a target: mapped records → the linkage format, or the flat file for registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.check.dataset.columns import Column
from convert.check.issue import Finding
from convert.formats.base import (
    Blueprint,
    Coercer,
    Companion,
    Container,
    Member,
    Options,
    TargetFault,
    TargetRule,
    parse_options,
)
from convert.formats.japansearch import ROLES, WRITE_OPTIONS, checks, coerce
from convert.formats.japansearch import common as commons
from convert.formats.japansearch import definition as definitions
from convert.formats.japansearch.compile import common_function, fill_function
from convert.formats.japansearch.files import FLAT_SEPARATOR, Encoder, FlatFile, json_container, json_line, json_member
from convert.formats.japansearch.labels import label_table
from convert.formats.japansearch.layout import COMMON, ID_ITEM, Item, build, letter_of
from convert.formats.japansearch.model import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from convert.model import Mapped

_IN_COMMON = frozenset(("rights", "access", "coordinates"))
"""Roles whose values ``common`` holds as the receiver reads them."""
_VARIOUS_CODES = {
    "contentsRightsType": "JPS-RIGHTS-VARIOUS",
    "contentsAccess": "JPS-ACCESS-VARIOUS",
    "contentsType": "JPS-TYPE-VARIOUS",
}


class JapanSearchTarget:
    """The target for one mapping. Options: see ``WRITE_OPTIONS``.

    Served item keys count the columns of the registration file from 0 (inferred, japansearch.md §1.2); when no
    item is labelled id, that file starts with a column of its own for the record's id.
    """

    faults: list[TargetFault]

    def __init__(self, options: Options, rules: Sequence[TargetRule], *, base: Path | None) -> None:
        self.options = parse_options(WRITE_OPTIONS, options)
        self.flat = self.options["shape"] == "registration"
        self.definition, faults = definitions.load(self.options["database"], base)
        self.layout = build(rules)
        self.faults = [*faults, *self.layout.faults, *self._file_faults(), *self._label_faults()]
        self._columns = self._keys()
        self._coercers = self._make_coercers()
        self._common = common_function(commons.steps(self.layout, self.definition))
        self._prefix = f"{self.definition.id}-"
        self._title = self._feed("title")
        self._contents = self._feed("contentsAccess")
        self._id_item = item.name if (item := self.layout.id_item) else None
        self._id_member = next((key for item, key in self._columns if item.name == self._id_item), None)
        self._various = tuple(
            (key, _VARIOUS_CODES[key]) for key in sorted(self.definition.various & set(_VARIOUS_CODES))
        )
        empty = self.options["empty_boolean"] == "false"
        self._items = tuple((item.source or item.name, key, empty and item.type == "b") for item, key in self._columns)
        self._fill = fill_function(self._items)
        self._encode, self._container = self._file()

    # ── Made once ────────────────────────────────────────────────────────────────────────────────

    def _feed(self, key: str) -> str | None:
        return next(iter(self.layout.feeds.get(key, ())), None)

    def _keys(self) -> list[tuple[Item, str]]:
        """Every item with its key in the output, in column order."""
        served = self.options["keys"] == "served"
        first = 0 if self.layout.id_item else 1
        items = (*self.layout.items, *(self.layout.stand_ins() if self.flat else ()))
        return [
            (item, f"{self.definition.id}-{number}-{item.type}" if served else item.name)
            for number, item in enumerate(items, start=first)
        ]

    @property
    def _id_key(self) -> str:
        return f"{self.definition.id}-0-s" if self.options["keys"] == "served" else ID_ITEM

    def _file_columns(self) -> list[tuple[Item, str]]:
        """The columns of the registration file: its own id column first, where no item is the id."""
        if not self.flat or self.layout.id_item:
            return self._columns
        return [(Item(ID_ITEM, "s", ("id",)), self._id_key), *self._columns]

    def _file(self) -> tuple[Encoder, Container]:
        kind, limit = self.options["file"], self.options["split"]
        if kind == "jsonl":
            layout = self.options["layout"]
            return (json_member if layout == "array" else json_line), json_container(layout, limit)
        file = FlatFile(
            [key for _, key in self._file_columns()],
            delimiter="," if kind == "csv" else "\t",
            bom=self.options["bom"],
            limit=limit,
        )
        return file.encode, file.container

    def _make_coercers(self) -> dict[str, Coercer]:
        return {
            "s": coerce.text,
            "h": coerce.html,
            "u": coerce.url,
            "d": coerce.date_coercer(self.options["dates"], self.options["partial_dates"]),
            "b": coerce.boolean,
            "n": coerce.number,
            "l": coerce.coordinates,
        }

    def _file_faults(self) -> list[TargetFault]:
        faults = []
        kind = self.options["file"]
        if kind != "jsonl" and not self.flat:
            faults.append(TargetFault("JPS-FILE-SHAPE", slots={"file": kind}, suggestion="shape: registration"))
        if not self.flat:
            return faults
        if self.layout.id_item is None and any(item.name == ID_ITEM for item in self.layout.items):
            faults.append(TargetFault("JPS-ID-LABEL", slots={"name": ID_ITEM}, suggestion="label: id"))
        for item in self.layout.stand_ins():
            slots = {"label": item.labels[0], "item": item.name}
            faults.append(TargetFault("JPS-COMMON-ITEM", slots=slots))
        return faults

    def _label_faults(self) -> list[TargetFault]:
        """Common keys that nothing fills: the title must be, others are advised, once per mapping."""
        faults = [] if self.layout.feeds.get("title") else [TargetFault("JPS-TITLE-RULE")]
        filled = {*self.layout.feeds, *self.definition.inherited}
        if self.layout.readings:
            filled.add("titleYomi")
        for key in model().common.values():
            if key.advise and key.name not in filled:
                slots = {"label": key.name, "name_ja": key.ja, "name_en": key.en}
                faults.append(TargetFault("JPS-RECOMMENDED", slots=slots))
        return faults

    def surveyed(self) -> Sequence[Column] | None:
        """Items, and the keys of ``common`` that are no item's, as the checks of a whole delivery see them.

        Of a flat file, whose documents have no ``common``, only what the items are.
        """
        playing: dict[str, set[str]] = {}
        for role, names in ROLES.items():
            for name in names:
                for feed in self.layout.feeds.get(name.removeprefix(COMMON), ()):
                    playing.setdefault(feed, set()).add(role)
        if self.flat:
            return [Column(name, name, frozenset(roles)) for name, roles in playing.items()]
        own = playing.get
        items = [
            Column(item.name, item.name, self._roles(item, own(item.name, set())), typed=item.type != "s", way=(key,))
            for item, key in self._columns
        ]
        return [*items, *self._common_columns({item.name for item, _ in self._columns})]

    @staticmethod
    def _roles(item: Item, playing: set[str]) -> frozenset[str]:
        """Codes and points are looked at in ``common``; a day that is not the record's own is a date."""
        dated = {"date"} if item.type == "d" and "updated" not in playing else set()
        return frozenset((playing | dated) - _IN_COMMON)

    def _common_columns(self, items: set[str]) -> Iterable[Column]:
        for key in model().common.values():
            feeds = self.layout.feeds.get(key.name, ())
            name = f"{COMMON}{key.name}"
            fed = bool(feeds) and feeds[0] in items
            roles = {role for role, names in ROLES.items() if name in names}
            filled = (
                feeds or key.name in self.definition.inherited or (key.name == "titleYomi" and self.layout.readings)
            )
            given = not feeds and not (key.name == "titleYomi" and self.layout.readings)
            if filled and not (given and not roles) and (not fed or roles & _IN_COMMON):
                target = next(iter(feeds), name) if key.name != "titleYomi" or feeds else self._title or name
                yield Column(
                    name,
                    target,
                    frozenset(roles & (_IN_COMMON if fed else roles)),
                    counted=not fed and not given,
                    way=("common", key.name),
                )

    # ── Per value and record ─────────────────────────────────────────────────────────────────────

    def coercer(self, rule: TargetRule) -> Coercer | None:
        """The coercer of the rule's item type; a ``common.`` rule is read as its key wants it."""
        if rule.objects:
            return None
        if not rule.name.startswith(COMMON):
            letter = letter_of(rule.name)
            return None if letter is None else self._coercers[letter]
        key = model().common.get(rule.name.removeprefix(COMMON))
        return None if key is None or not key.items else self._coercers[key.items[0]]

    def identity(self, record_id: str) -> str:
        """The served id: database id, hyphen, item part; hyphens of the item part become ``_``."""
        return self._prefix + record_id.replace("-", "_")  # ``checks.item_part``, without the call

    def assemble(self, mapped: Mapped) -> tuple[Any, list[Finding]]:
        """The linkage document, or the flat one; the findings are the same for both."""
        findings: list[Finding] = []
        values: commons.Values = mapped.values
        if self.layout.readings:
            values = commons.unwrap(self.layout.readings, values)
        served = self.identity(mapped.id)
        common = self._common(served, values, findings)
        self._check(mapped.id, served, common, values, findings)
        document: dict[str, Any] = {"id": served, "common": common}
        if self.flat:
            document = {self._id_key: mapped.id} if self._id_item is None else {}
            values = commons.flatten(values, common)
            if self.options["file"] != "jsonl":
                self._check_flat(values, findings)
        self._fill(document, values)
        return document, findings

    def _check(
        self, source_id: str, served: str, common: dict[str, Any], values: commons.Values, findings: list[Finding]
    ) -> None:
        if not checks.is_plain_id(source_id):
            findings += checks.check_id(source_id, served)
        title = checks.check_title(common.get("title"), source_id, self._title)
        if title is not None:
            findings.append(title)
        if common.get("contentsAccess") == checks.NO_CONTENTS:
            contents = checks.check_contents(common, self._contents)
            if contents is not None:
                findings.append(contents)
        for key, code in self._various:
            if key not in common:
                findings.append(Finding(code, self._feed(key)))
        if self._id_item is not None:
            self._check_id_item(source_id, values.get(self._id_item, ()), findings)

    def _check_id_item(self, source_id: str, held: Sequence[Any], findings: list[Finding]) -> None:
        """The receiver makes the id of the item labelled id: it should be the record's (our own rule)."""
        if len(held) != 1 or held[0] != source_id:
            value = str(held[0]) if held else None
            findings.append(Finding("JPS-ID-DIFFERS", self._id_item, value=value, slots={"id": source_id}))

    def _check_flat(self, values: commons.Values, findings: list[Finding]) -> None:
        for target, _, _ in self._items:
            count = len(values.get(target, ()))
            if count > 1:
                slots = {"count": count, "separator": FLAT_SEPARATOR}
                findings.append(Finding("JPS-FLAT-MANY", target, 1, slots=slots))

    # ── The short way ────────────────────────────────────────────────────────────────────────────

    def blueprint(self) -> Blueprint | None:
        """The linkage document without faults. Readings beside values and the flat file take the usual way."""
        if self.flat or self.layout.readings:
            return None
        common = [Member("id", identity=True), *commons.members(self.layout, self.definition)]
        items = [Member(key, (name,), given=False if empty else None) for name, key, empty in self._items]
        head = (Member("id", identity=True), Member("common", members=tuple(common)))
        return Blueprint((*head, *items), self._gate())

    def _gate(self) -> Callable[[str, str, dict[str, Any]], bool]:
        """Whether ``_check`` has nothing to say about a document, quickly."""
        various, id_member, plain = tuple(key for key, _ in self._various), self._id_member, checks.PLAIN_ID.fullmatch

        def clean(source_id: str, served: str, document: dict[str, Any]) -> bool:
            common = document["common"]
            title = common.get("title")
            if not plain(source_id) or not title or title == source_id or title.isspace():
                return False
            if common.get("contentsAccess") == checks.NO_CONTENTS:
                return False
            for key in various:
                if key not in common:
                    return False
            return id_member is None or document.get(id_member) == source_id

        return clean

    # ── Output ───────────────────────────────────────────────────────────────────────────────────

    def encode(self, document: Any) -> bytes:
        """The document as one line, array member or table row."""
        return self._encode(document)

    def container(self) -> Container:
        """What stands around the documents of one file; ``split`` limits its size."""
        return self._container

    def registered(self) -> list[tuple[Item, str]]:
        """The columns of the file, each with its key: what the label definition is about."""
        return self._file_columns()

    def companions(self) -> Iterable[Companion]:
        """The label definition as a CSV for people."""
        return [label_table(self._file_columns())]
