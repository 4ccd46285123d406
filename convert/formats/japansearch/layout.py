"""What a mapping's rules make for Japan Search: the items in order, and what feeds each key of ``common``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convert.errors import near
from convert.formats.base import TargetFault, TargetRule
from convert.formats.japansearch.model import CommonKey, Model, model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMON = "common."
ID_ITEM = "ID_s"
"""The column that a registration file gets for the record's id when no item carries the label id."""
READINGS = "$yomi"
"""Where the readings of titles stand among a record's values: no target has this name."""


@dataclass(frozen=True, slots=True)
class Item:
    """One individual item (個別項目): ``name`` is the target as the mapping writes it, ``type`` its letter.

    ``source``: the target its values stand under, where that is not its name.
    """

    name: str
    type: str
    labels: tuple[str, ...] = ()
    source: str | None = None

    @property
    def title(self) -> str:
        """The name without its type."""
        return self.name[:-2]


@dataclass(frozen=True, slots=True)
class Layout:
    """The items in mapping order and, for each common key, the targets that feed it, in that order.

    ``readings``: targets whose values carry readings. ``commons``: the ``common.`` targets.
    """

    items: tuple[Item, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    commons: tuple[str, ...] = ()
    faults: tuple[TargetFault, ...] = ()

    @property
    def id_item(self) -> Item | None:
        """The item labelled id, if any."""
        return next((item for item in self.items if "id" in item.labels), None)

    def stand_ins(self) -> tuple[Item, ...]:
        """Labelled items for what goes into ``common`` without being an item.

        A file for registration has no ``common``: there these columns follow the others (our own rule).
        """
        sources = [(name.removeprefix(COMMON), name) for name in self.commons]
        if self.readings:
            sources.append(("titleYomi", READINGS))
        taken = {item.name for item in self.items}
        found = []
        for label, source in sources:
            key = model().common[label]
            letter = key.items[0]
            name = f"{key.ja}_{letter}"
            while name in taken:
                name = f"{name[:-2]}（共通項目）_{letter}"
            taken.add(name)
            found.append(Item(name, letter, (label,), source))
        return tuple(found)


def letter_of(name: str) -> str | None:
    """The type letter of an item's name, or None.

    >>> letter_of("作品名_s"), letter_of("作品名"), letter_of("_s")
    ('s', None, None)
    """
    stem, line, letter = name.rpartition("_")
    return letter if line and stem.strip() and letter in model().types else None


def build(rules: Sequence[TargetRule]) -> Layout:
    """The layout of a mapping's rules; what cannot be is in ``faults`` and left out.

    Rules with one target name are one item: its values are appended, its labels joined.
    """
    labels: dict[str, dict[str, None]] = {}
    readings: dict[str, None] = {}
    faults: list[TargetFault] = []
    for rule in rules:
        found = _check(rule)
        faults += found
        if rule.name.startswith(COMMON):
            if _common_key(rule.name) is not None:
                labels.setdefault(rule.name, {})
        elif letter_of(rule.name) is not None:
            own = labels.setdefault(rule.name, {})
            own.update(dict.fromkeys(label for label in rule.labels if label in model().labels))
        if rule.yomi:
            readings[rule.name] = None
    items = tuple(Item(name, name[-1], tuple(own)) for name, own in labels.items() if not name.startswith(COMMON))
    commons = tuple(name for name in labels if name.startswith(COMMON))
    return Layout(items, _feeds(labels), tuple(readings), commons, tuple(faults))


def _feeds(labels: Mapping[str, Mapping[str, None]]) -> dict[str, tuple[str, ...]]:
    feeds: dict[str, list[str]] = {}
    for name, own in labels.items():
        keys = [name.removeprefix(COMMON)] if name.startswith(COMMON) else list(own)
        for key in keys:
            feeds.setdefault(key, []).append(name)
    return {key: tuple(names) for key, names in feeds.items()}


def _common_key(name: str) -> CommonKey | None:
    """The key a ``common.`` target fills; None when there is none or a rule may not fill it."""
    key = model().common.get(name.removeprefix(COMMON))
    return key if key is not None and key.items and key.name != "id" else None


def _check(rule: TargetRule) -> list[TargetFault]:
    known = model()
    faults = _check_common(rule, known) if rule.name.startswith(COMMON) else _check_item(rule, known)
    if rule.lang is not None:
        faults.append(TargetFault("JPS-NO-LANG", rule.number, {"lang": rule.lang}))
    if rule.type is not None:
        faults.append(TargetFault("JPS-NO-TYPE", rule.number, {"type": rule.type}))
    if rule.objects and rule.name != "common.coordinates":
        faults.append(TargetFault("JPS-OBJECT", rule.number, {"name": rule.name}))
    if rule.yomi and "title" not in rule.labels and rule.name != "common.title":
        faults.append(TargetFault("JPS-YOMI", rule.number, {"name": rule.name}))
    return faults


def _check_common(rule: TargetRule, known: Model) -> list[TargetFault]:
    key = rule.name.removeprefix(COMMON)
    faults = []
    if key not in known.common:
        meant = near(key, [label for label in known.labels if label != "id"])
        suggestion = None if meant is None else COMMON + meant
        faults.append(TargetFault("JPS-TARGET-NAME", rule.number, {"name": rule.name}, suggestion))
    elif _common_key(rule.name) is None:
        faults.append(TargetFault("JPS-COMMON-FIXED", rule.number, _names(known.common[key])))
    if rule.labels:
        faults.append(TargetFault("JPS-LABEL-COMMON", rule.number, {"name": rule.name}))
    return faults


def _check_item(rule: TargetRule, known: Model) -> list[TargetFault]:
    letter = letter_of(rule.name)
    if letter is None:
        return [TargetFault("JPS-TARGET-NAME", rule.number, {"name": rule.name}, _target_near(rule, known))]
    faults = []
    for label in rule.labels:
        key = known.common.get(label)
        if key is None:
            faults.append(TargetFault("JPS-LABEL", rule.number, {"label": label}, _label_near(label, known)))
        elif not key.items:
            faults.append(TargetFault("JPS-COMMON-FIXED", rule.number, _names(key)))
        elif letter not in key.items:
            slots = _names(key) | {"letter": letter, "wanted": ", ".join(f"_{item}" for item in key.items)}
            faults.append(TargetFault("JPS-LABEL-TYPE", rule.number, slots, f"{rule.name[:-1]}{key.items[0]}"))
    return faults


def _names(key: CommonKey) -> dict[str, str]:
    return {"label": key.name, "name_ja": key.ja, "name_en": key.en}


def _target_near(rule: TargetRule, known: Model) -> str | None:
    name = rule.name
    if name in known.common and _common_key(name) is not None:
        return COMMON + name
    head, mark, last = name[:-2], name[-2:-1], name[-1:].lower()
    if head.strip() and mark in ("_", "-", "＿") and last in known.types:
        return f"{head}_{last}"
    keys = [known.common[label] for label in rule.labels if label in known.common and known.common[label].items]
    stem = name.rstrip("_")
    if not stem.strip() or name.removeprefix("_") in known.types:
        return None
    return f"{stem}_{keys[0].items[0] if keys else 's'}"


def _label_near(label: str, known: Model) -> str | None:
    by_name = {known.common[name].ja: name for name in known.labels}
    by_case = {name.lower(): name for name in known.labels}
    return by_name.get(label) or by_case.get(label.lower()) or near(label, known.labels)
