"""What is to be said of the values of a record, by the rules of its layout. Files and mappings share these checks.

What the layout says is the layout's rule; what was only inferred of the receiver says so in its code (``basis``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convert.formats.somoku.charsets import narrow, readable
from convert.formats.somoku.checking.forms import form, has_kanji
from convert.formats.somoku.checking.found import Found, Hit
from convert.formats.somoku.checking.marks import ODD, marks
from convert.formats.somoku.checking.roles import roles, texts
from convert.formats.somoku.given import members, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convert.formats.somoku.checking.forms import Form
    from convert.formats.somoku.model import Element, Layout

    Values = Mapping[str, list[Any]]

_SPREADSHEET: Final = re.compile(
    r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}|[0-9]+\.0+|##+|#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)", re.IGNORECASE
)
_NOT_IN_IDS: Final = re.compile(r"[\s\u3000\uff01-\uff5e]")


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked at in the texts of an element: its codes, the form of its kind, whether it is an id."""

    element: Element
    name: str
    values: frozenset[str]
    form: Form | None
    number: bool

    @property
    def plain(self) -> bool:
        """Whether there is nothing to look at but what is odd about any text."""
        return not (self.values or self.number) and self.form is None

    def __call__(self, text: str) -> Iterator[Hit]:
        if ODD.search(text) is not None:
            yield from marks(text)
        if self.number:
            yield from _as_number(self.name, text)
        if self.values and text not in self.values:
            yield Hit("SMK-VALUE", {"known": "、".join(self.element.values)})
        if self.form is not None and text:
            yield from self.form(text)


class Checks:
    """The checks of one layout. ``filled``: the elements (``タイトル``) and members (``著者.ヨミ``) that are filled at
    all; the others are not missed anew for every record.
    """

    def __init__(self, layout: Layout, filled: Iterable[str]) -> None:
        self.layout, self.roles = layout, roles(layout)
        self._filled = frozenset(filled)
        self._elements = {element.name: _Of(self, element) for element in layout.elements.values()}
        self._required = [element for element in layout.elements.values() if element.required and not element.key]
        self._readings = [
            element
            for element in layout.elements.values()
            if element.yomi in self._filled and element.name in self._filled
        ]

    def findings(self, values: Values, *, odd: bool = True) -> list[Found]:
        """What there is to say about a record's values: name of the element → texts, or dicts of members.

        ``odd`` False: somebody has seen that no text has a mark of :data:`ODD`.
        """
        found: list[Found] = []
        for name, given in values.items():
            of = self._elements.get(name)
            if of is None or not given or (of.plain and not odd and (of.element.repeat or len(given) == 1)):
                continue
            found += of.group(given, odd) if of.members else of.texts(given, odd)
        return found + list(self._whole(values))

    def deleted(self, values: Values) -> bool:
        """Whether the record says that it is to be deleted."""
        return not self.roles.deleted.isdisjoint(texts(values, self.roles.status))

    def look(self, element: Element, group: str = "") -> _Look:
        """What is looked at in the texts of an element or member."""
        name = f"{group}.{element.name}" if group else element.name
        ids = (self.roles.copy, self.roles.copy_key) if group and group == self.roles.holdings else ()
        codes = element.values if element.place.label is None else ()
        return _Look(element, name, frozenset(codes), form(element.kind), element.key or element.name in ids)

    def filled(self, path: str) -> bool:
        """Whether an element or member is filled at all."""
        return path in self._filled

    # ── The record as a whole ────────────────────────────────────────────────────────────────────

    def _whole(self, values: Values) -> Iterator[Found]:
        known = self.roles
        if known.key is not None and not texts(values, known.key):
            yield Found("SMK-KEY-MISSING", known.key, slots={"name": known.key})
        if self.deleted(values):
            return
        if not known.changed.isdisjoint(texts(values, known.status)) and self._only_key(values):
            yield Found("SMK-CHANGED-EMPTY", known.status, value=next(iter(texts(values, known.key)), None))
            return
        yield from self._missing(values)
        yield from self._uneven(values)
        yield from self._copies(values)

    def _only_key(self, values: Values) -> bool:
        """Whether nothing is said but which record it is."""
        elements, key = self.layout.elements, self.roles.key
        return not any(given and name != key and elements[name].place.label is None for name, given in values.items())

    def _missing(self, values: Values) -> Iterator[Found]:
        for element in self._required:
            if not values.get(element.name):
                yield Found("SMK-REQUIRED", element.name, slots={"name": element.name, "mark": element.mark})
        title, known = self.roles.title, self.layout.elements
        name = (title or "").partition(".")[0]
        if title is not None and name in self._filled and not known[name].required and not texts(values, title):
            yield Found("SMK-TITLE-MISSING", name, slots={"name": title})
        name = self.roles.holdings or ""
        if self.roles.union and name in self._filled and not known[name].required and not values.get(name):
            yield Found("SMK-HOLDINGS-NONE", name, slots={"name": name})

    def _uneven(self, values: Values) -> Iterator[Found]:
        """Headings without readings, readings without headings, and unequal numbers of them."""
        for element in self._readings:
            if len(values.get(element.name, ())) == len(values.get(element.yomi or "", ())):
                continue
            given = [parts(value) for value in values.get(element.name, ())]
            beside = values.get(element.yomi or "", ())
            read = len(beside) + sum(yomi is not None for _, yomi in given)
            yield from _paired(element, [text for text, _ in given], read, beside)

    def _copies(self, values: Values) -> Iterator[Found]:
        """Copies that name another record, or the same copy number twice."""
        known = self.roles
        if known.holdings is None or (known.copy is None and known.copy_key is None):
            return
        key, seen = next(iter(texts(values, known.key)), None), set()
        for index, copy in enumerate(values.get(known.holdings, ())):
            own = texts({"": [copy]}, f".{known.copy_key}") if known.copy_key else []
            if own and key is not None and own[0] != key:
                suggestion = key if own[0].lstrip("0") == key.lstrip("0") else None
                yield Found(
                    "SMK-COPY-KEY",
                    known.holdings,
                    index,
                    own[0],
                    {"key": key, "found": own[0]},
                    suggestion,
                    member=known.copy_key,
                )
            for number in texts({"": [copy]}, f".{known.copy}") if known.copy else ():
                if number in seen:
                    yield Found("SMK-COPY-TWICE", known.holdings, index, number, {"found": number}, member=known.copy)
                seen.add(number)


class _Of:
    """The checks of one element."""

    def __init__(self, checks: Checks, element: Element) -> None:
        self.element = element
        self.members = {name: checks.look(member, element.name) for name, member in element.members.items()}
        self._special = {name: look for name, look in self.members.items() if not look.plain}
        self._look = checks.look(element)
        self._first = next(iter(element.members), "")
        self._required = [member for member in element.members.values() if member.required]
        self._single = {name for name, member in element.members.items() if not member.repeat}
        self._readings = [
            member
            for member in element.members.values()
            if member.yomi
            and checks.filled(f"{element.name}.{member.name}")
            and checks.filled(f"{element.name}.{member.yomi}")
        ]
        inside = (self._special, self._required, self._single, self._readings)
        self.plain = not any(inside) if self.members else self._look.plain

    def texts(self, given: list[Any], odd: bool) -> Iterator[Found]:
        """What there is to say of texts."""
        element, look = self.element, self._look
        if len(given) > 1 and not element.repeat:
            yield from (self._again(index, value) for index, value in enumerate(given) if index)
        if look.plain and not odd:
            return
        for index, value in enumerate(given):
            text, _ = parts(value)
            if look.plain and ODD.search(text) is None:
                continue
            for code, more, instead in look(text):
                yield Found(code, element.name, index, readable(text), {"name": look.name, **more}, instead)

    def _again(self, index: int, value: Any, member: str | None = None, number: int = 0) -> Found:
        name = f"{self.element.name}.{member}" if member else self.element.name
        slots = {"name": name, "mark": self.element.mark}
        text = readable(parts(value)[0])
        return Found("SMK-REPEATED", self.element.name, index, text, slots, member=member, number=number)

    def group(self, given: list[Any], odd: bool) -> Iterator[Found]:
        """What there is to say of objects."""
        if len(given) > 1 and not self.element.repeat:
            yield from (self._again(index, "") for index in range(1, len(given)))
        for index, value in enumerate(given):
            yield from self._object(index, members(value, self._first), self.members if odd else self._special)

    def _object(self, index: int, value: dict[str, Any], looks: dict[str, _Look]) -> Iterator[Found]:
        name = self.element.name
        for member in self._required:
            if not value.get(member.name):
                slots = {"name": f"{name}.{member.name}", "mark": member.mark}
                yield Found("SMK-REQUIRED", name, index, slots=slots, member=member.name)
        for inside in self._single:
            items = value.get(inside, ())
            yield from (self._again(index, items[number], inside, number) for number in range(1, len(items)))
        for inside, look in looks.items():
            for number, item in enumerate(value.get(inside, ())):
                text, _ = parts(item)
                for code, more, instead in look(text):
                    slots = {"name": look.name, **more}
                    yield Found(code, name, index, readable(text), slots, instead, member=inside, number=number)
        for member in self._readings:
            yield from self._reading(index, member, value)

    def _reading(self, index: int, member: Element, value: dict[str, Any]) -> Iterator[Found]:
        beside = value.get(member.yomi or "", ())
        if len(beside) == len(value.get(member.name, ())):
            return
        given = [parts(item) for item in value.get(member.name, ())]
        read = len(beside) + sum(yomi is not None for _, yomi in given)
        for found in _paired(member, [text for text, _ in given], read, beside):
            slots = {key: f"{self.element.name}.{found.slots[key]}" for key in ("name", "yomi")}
            inside = member.yomi if found.code == "SMK-READING-ALONE" else member.name
            yield Found(found.code, self.element.name, index, found.value, {**found.slots, **slots}, member=inside)


def _paired(element: Element, headings: list[str], read: int, beside: Iterable[Any]) -> Iterator[Found]:
    """Several readings of one heading are nothing unusual."""
    slots = {"name": element.name, "yomi": element.yomi, "headings": len(headings), "readings": read}
    if not headings and read:
        value = next((parts(value)[0] for value in beside), None)
        yield Found("SMK-READING-ALONE", element.yomi, value=value, slots=slots)
    elif headings and not read:
        for index, text in enumerate(headings):
            if has_kanji(text):
                yield Found("SMK-READING-MISSING", element.name, index, readable(text), slots)
    elif len(headings) > 1 and len(headings) != read:
        yield Found("SMK-READING-COUNT", element.name, 0, readable(headings[0]), slots)


def _as_number(name: str, text: str) -> Iterator[Hit]:
    """What a number that tells records or copies apart never has."""
    if _SPREADSHEET.fullmatch(text.strip()):
        yield Hit("SMK-ID-SPREADSHEET", {"name": name, "found": text})
    elif _NOT_IN_IDS.search(text):
        yield Hit("SMK-ID-CHARACTER", {"name": name, "found": text}, "".join(narrow(text).split()) or None)
