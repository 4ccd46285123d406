"""What there is to say about a record before it is written: forms, numbers, readings, counts.

Every rule is known, inferred or our own; which of them, the catalogue of codes says (``basis``). Rules that were only
read off NDL's own records are worded as what these look like, never as what NDL takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Finding
from convert.errors import near
from convert.formats.dcndl.escape import absolute, forbidden, illegal, iri, plain
from convert.formats.dcndl.forms import (
    COUNTRY,
    KANJI,
    LIBRARY,
    NOT_IN_LIBRARY_READINGS,
    NOT_IN_READINGS,
    NUMBERS,
    REPOSITORY,
    valid_language,
    valid_w3cdtf,
)
from convert.formats.dcndl.gates import gate
from convert.formats.dcndl.lines import LINKED
from convert.formats.dcndl.model import Name, model
from convert.formats.dcndl.writer import each, first, members
from convert.model import Text
from convert.transforms.dates import w3cdtf
from convert.values import language

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from convert.formats.dcndl.model import Type

Values = Mapping[str, "Sequence[Any]"]
Check = Callable[[Any, int], Iterator[Finding]]

MAIN: Final = {"structure": "value", "agent": "name", "subject": "value", "part": "title", "collection": "title"}
"""The member that a text alone fills."""


class Checker:
    """Checks records. ``names``: those the mapping fills; ``paired``: those whose rule gives readings.

    ``given`` are the names that the target's own options fill.
    """

    def __init__(
        self,
        names: Mapping[str, Any] | Sequence[str] | None = None,
        *,
        version: int = 2,
        paired: frozenset[str] = frozenset(),
        given: frozenset[str] = frozenset(),
        holder: bool = False,
    ) -> None:
        known = model()
        self._version = version
        self._paired = paired
        self._given = given
        self._holder = holder
        self._names = {name: known.names[name] for name in (known.names if names is None else names)}
        self._required = [
            name.name for name in self._names.values() if name.level == "required" and name.name not in self._given
        ]
        self._checks = {
            name.name: (
                self._for(name),
                gate(name, paired=name.name in paired, holder=holder),
                name.most or sys.maxsize,
            )
            for name in self._names.values()
        }

    def findings(self, values: Values) -> list[Finding]:
        """Everything to be said about one record; values that pass their gate are not looked at again."""
        found: list[Finding] = []
        for name, given in values.items():
            checked = self._checks.get(name)
            if checked is None:
                continue
            check, clean, most = checked
            if len(given) > most:
                slots = {"name": name, "most": most, "count": len(given)}
                found.append(Finding("NDL-COUNT", name, most, first(given[most]), slots))
            for index, value in enumerate(given):
                if not clean(value):
                    found += check(value, index)
        return found + self.missing(values)

    def missing(self, values: Values) -> list[Finding]:
        """What is to be said of what a record lacks."""
        if not values.get("title") and not values.get("displayTitle"):
            return [Finding("NDL-TITLE-REQUIRED", "title")]
        found = []
        for name in self._required:
            if not values.get(name) and not self._stands_in(name, values):
                found.append(Finding("NDL-REQUIRED", name, slots={"name": name, "ja": self._names[name].ja}))
        return found

    @staticmethod
    def _stands_in(name: str, values: Values) -> bool:
        """Whether something else does the work: a title for the displayed one, a library's number for an identifier."""
        if name in ("title", "displayTitle"):
            return True
        items = [item for item in values.get("item", ()) if isinstance(item, dict)]
        if name == "identifier":
            return any(item.get("bibID") or item.get("identifier") for item in items)
        return name == "seeAlso" and any(item.get("seeAlso") for item in items)

    # ── One check a name ─────────────────────────────────────────────────────────────────────────

    def _for(self, name: Name) -> Check:
        if name.kind == "item":
            return self._item(name)
        form = self._form(name)
        known = model().members.get(name.kind, {})
        main = MAIN.get(name.kind, "uri" if name.kind in ("link", "material", "about") else "value")
        structured, paired = name.kind in MAIN, name.yomi and name.name in self._paired
        texts = name.kind != "header"

        def check(value: Any, index: int) -> Iterator[Finding]:
            if value.__class__ is str:
                if forbidden(value) is not None:
                    yield _character(name.name, index, value)
                if paired and KANJI.search(value) is not None:
                    yield Finding("NDL-YOMI-MISSING", name.name, index, value, {"ja": name.ja, "en": name.en})
                if form is not None:
                    yield from form(value, index)
                return
            found = members(value, main)
            yield from self._members(name.name, index, found, known)
            mark = first(found.get(main))
            if mark is None and texts and structured and "uri" not in found:
                yield Finding("NDL-MAIN", name.name, index, first(found.get("yomi")), {"name": f"{name.name}.{main}"})
            if name.yomi:
                yield from self._reading(name, index, found, main)
            if form is not None:
                yield from form(value, index)

        return check

    def _members(self, name: str, index: int, found: Mapping[str, Any], known: Mapping[str, Name]) -> Iterator[Finding]:
        """Members nobody knows, members that come once, characters that cannot be written."""
        for key, given in found.items():
            member = known.get(key)
            texts = [first(part) or "" for part in each(given)]
            for value in texts:
                if forbidden(value) is not None and not key.endswith("aw"):
                    yield replace(_character(name, index, value), member=key)
            if member is not None and member.most is not None and len(texts) > member.most:
                slots = {"name": f"{name}.{key}", "most": member.most, "count": len(texts)}
                yield Finding("NDL-MEMBER-COUNT", name, index, texts[member.most], slots, member=key)
            if member is not None and member.kind == "about" and texts:
                yield from (replace(one, member=key) for one in _address(name, index, texts[0]))

    def _reading(self, name: Name, index: int, found: Mapping[str, Any], main: str) -> Iterator[Finding]:
        value, yomi = first(found.get(main)), first(found.get("yomi"))
        if yomi is None:
            given = found.get(main)
            inner = given[0] if isinstance(given, list) and given else None
            yomi = inner.yomi if isinstance(inner, Text) else None
        if yomi is not None and (odd := NOT_IN_READINGS.search(yomi)) is not None:
            slots = {"yomi": yomi, "character": odd[0]}
            yield Finding("NDL-YOMI-SCRIPT", name.name, index, yomi, slots, member="yomi")
        if yomi is None and value is not None and name.name in self._paired and KANJI.search(value):
            yield Finding("NDL-YOMI-MISSING", name.name, index, value, {"ja": name.ja, "en": name.en})

    def _form(self, name: Name) -> Check | None:
        """The check of the form of one value, where its kind has one."""
        local = (name.datatype or "").rpartition("/")[2]
        match name.kind:
            case "typed":
                return _numbers(name, model().types[name.types or ""])
            case "link" | "about":
                return lambda value, index: _address(name.name, index, first(value) or "") if _alone(value) else _none()
            case "subject":
                return lambda value, index: _scheme(name.name, index, value)
            case "material":
                return lambda value, index: _material(name.name, index, value)
            case "literal" if local in _LITERALS:
                code, test = _LITERALS[local]
                return lambda value, index: test(code, name.name, index, first(value) or "")
            case "literal" if name.name == "bibRecordCategory":
                return lambda value, index: _shaped("NDL-REPOSITORY", REPOSITORY, name.name, index, first(value) or "")
        return None

    def _item(self, name: Name) -> Check:
        """The members of an item; each is told at the item."""
        known = model().members["item"]
        forms = {member.name: self._form(member) for member in known.values()}

        def check(value: Any, index: int) -> Iterator[Finding]:
            if not isinstance(value, dict):
                return
            yield from self._members(name.name, index, value, known)
            for key, given in value.items():
                form = forms.get(key)
                for part in each(given) if form is not None and known[key].kind != "about" else ():
                    for finding in form(part, index) if form is not None else ():
                        yield replace(finding, target=name.name, index=index, member=key)
            code, yomi = first(value.get("libraryCode")), first(value.get("libraryYomi"))
            library = next(iter(each(value.get("library"))), None)
            if yomi is None and isinstance(library, Text):
                yomi = library.yomi
            if code is not None:
                shaped = _shaped("NDL-LIBRARY-CODE", LIBRARY, name.name, index, code)
                yield from (replace(finding, member="libraryCode") for finding in shaped)
            elif not self._holder and not value.keys() <= LINKED:
                yield Finding("NDL-ITEM-HOLDER", name.name, index)
            if yomi is not None and (odd := NOT_IN_LIBRARY_READINGS.search(yomi)) is not None:
                slots = {"yomi": yomi, "character": odd[0]}
                yield Finding("NDL-YOMI-SCRIPT", name.name, index, yomi, slots, member="libraryYomi")

        return check


def _alone(value: Any) -> bool:
    """Whether an address is a text; those of objects are checked with the members."""
    return not isinstance(value, dict)


def _none() -> Iterator[Finding]:
    return iter(())


def _character(name: str, index: int, value: str) -> Finding:
    odd = forbidden(value)
    point = f"U+{ord(odd[0]):04X}" if odd is not None else ""
    return Finding("NDL-CHARACTER", name, index, value, {"point": point, "became": plain(value)})


def _address(name: str, index: int, value: str) -> Iterator[Finding]:
    if absolute(value) is None:
        yield Finding("NDL-URI", name, index, value)
    elif (odd := illegal(value)) is not None:
        shown = {" ": "空白", "\u3000": "全角の空白"}.get(odd[0], odd[0])
        yield Finding("NDL-URI-CHARACTER", name, index, value, {"character": shown, "became": iri(value)})


def _numbers(name: Name, types: Mapping[str, Type]) -> Check:
    def check(value: Any, index: int) -> Iterator[Finding]:
        found = members(value, "value")
        kind, text = first(found.get("type")), first(found.get("value")) or ""
        if kind is None:
            if name.types == "identifier" and not found.get("datatype"):
                yield Finding("NDL-TYPE-MISSING", name.name, index, text, {"name": name.name})
            return
        known = types.get(kind)
        if known is None:
            slots = {"name": name.name, "type": kind}
            yield Finding("NDL-TYPE", name.name, index, text, slots, near(kind, types))
        elif known.check is not None:
            good, right = NUMBERS[known.check](text)
            if not good:
                yield Finding("NDL-IDENTIFIER", name.name, index, text, {"type": kind, "ja": known.ja}, right)
        elif known.name == "W3CDTF":
            yield from _date("NDL-W3CDTF", name.name, index, text)

    return check


def _scheme(name: str, index: int, value: Any) -> Iterator[Finding]:
    found = members(value, "value")
    kind, types = first(found.get("type")), model().types["subject"]
    if kind is not None and kind not in types:
        slots = {"name": name, "type": kind}
        yield Finding("NDL-TYPE", name, index, first(found.get("value")), slots, near(kind, types))


def _material(name: str, index: int, value: Any) -> Iterator[Finding]:
    text = first(members(value, "uri").get("uri")) or ""
    if model().material(text) is None:
        words = {word: entry for entry in model().materials.values() for word in (entry.code, entry.ja)}
        code = "NDL-MATERIAL-UNSEEN" if absolute(text) else "NDL-MATERIAL"
        yield Finding(code, name, index, text, suggestion=near(text.rpartition("/")[2], words))


def _date(code: str, name: str, index: int, value: str) -> Iterator[Finding]:
    if not valid_w3cdtf(value):
        yield Finding(code, name, index, value, suggestion=w3cdtf(value))


def _language(code: str, name: str, index: int, value: str) -> Iterator[Finding]:
    if not valid_language(value):
        known = language.find(value)
        yield Finding(code, name, index, value, suggestion=known.bibliographic if known else None)


def _shaped(code: str, form: re.Pattern[str], name: str, index: int, value: str) -> Iterator[Finding]:
    if form.fullmatch(value) is None:
        yield Finding(code, name, index, value)


def _country(code: str, name: str, index: int, value: str) -> Iterator[Finding]:
    yield from _shaped(code, COUNTRY, name, index, value)


_LITERALS: Final[Mapping[str, tuple[str, Callable[[str, str, int, str], Iterator[Finding]]]]] = {
    "W3CDTF": ("NDL-W3CDTF", _date),
    "ISO639-2": ("NDL-LANGUAGE", _language),
    "ISO3166": ("NDL-COUNTRY", _country),
}
"""What the datatype of a literal asks for."""
