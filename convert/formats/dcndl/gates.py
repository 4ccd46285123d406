"""Whether a value needs no word: the fast yes or no before ``checks`` says what is wrong.

A gate may say no of a value that is right (then the checks look and find nothing), never yes of one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from convert.formats.dcndl.escape import absolute, forbidden, illegal
from convert.formats.dcndl.forms import (
    COUNTRY,
    KANJI,
    LIBRARY,
    NOT_IN_READINGS,
    NUMBERS,
    REPOSITORY,
    valid_language,
    valid_w3cdtf,
)
from convert.formats.dcndl.model import Name, Type, model
from convert.model import Text

Gate = Callable[[Any], bool]
Form = Callable[[str], bool]
_MAIN: Final = {"structure": "value", "agent": "name", "subject": "value", "part": "title"}
_LITERALS: Final[Mapping[str, Form]] = {
    "W3CDTF": valid_w3cdtf,
    "ISO639-2": valid_language,
    "ISO3166": lambda value: COUNTRY.fullmatch(value) is not None,
}


def _address(value: str) -> bool:
    return absolute(value) is not None and illegal(value) is None


@lru_cache(1024)
def _material(value: str) -> bool:
    return model().material(value) is not None


def gate(name: Name, *, paired: bool, holder: bool) -> Gate:
    """The gate of one name. ``paired``: its rule gives readings; ``holder``: the options name the library."""
    match name.kind:
        case "literal":
            return _plain(_literal(name))
        case "link" | "about":
            return _plain(_address)
        case "material":
            return _plain(_material)
        case "typed":
            return _typed(name)
        case "structure" | "agent" | "subject" | "part":
            return _structured(name, paired=paired)
        case "item":
            return _item(holder=holder)
        case _:
            return _plain(None)


def _literal(name: Name) -> Form | None:
    if name.name == "bibRecordCategory":
        return lambda value: REPOSITORY.fullmatch(value) is not None
    return _LITERALS.get((name.datatype or "").rpartition("/")[2])


def _plain(form: Form | None) -> Gate:
    """Texts alone."""
    if form is None:
        return lambda value: value.__class__ is str and forbidden(value) is None
    return lambda value: value.__class__ is str and forbidden(value) is None and form(value)


def _typed(name: Name) -> Gate:
    types: Mapping[str, Type] = model().types[name.types or ""]
    forms = {kind: NUMBERS[known.check] for kind, known in types.items() if known.check is not None}
    forms |= {"W3CDTF": lambda value: (valid_w3cdtf(value), None)} if "W3CDTF" in types else {}

    def clean(value: Any) -> bool:
        if value.__class__ is Text:
            kind, text = value.type, value.value
        elif value.__class__ is dict and len(value) == 2:
            kind, text = value.get("type"), value.get("value")
        else:
            return False
        if kind.__class__ is not str or kind not in types or text.__class__ is not str:
            return False
        form = forms.get(kind)
        return forbidden(text) is None and (form is None or form(text)[0])

    return clean


def _structured(name: Name, *, paired: bool) -> Gate:
    types = model().types["subject"] if name.kind == "subject" else {}
    main = _MAIN[name.kind]
    members = model().members[name.kind]
    texts = {key for key, member in members.items() if member.kind == "literal" and key not in (main, "yomi", "type")}

    def reads(value: Any, yomi: Any) -> bool:
        """Whether a value and its reading are right together."""
        if value.__class__ is not str or forbidden(value) is not None:
            return False
        if yomi is None:
            return not paired or KANJI.search(value) is None
        return yomi.__class__ is str and forbidden(yomi) is None and NOT_IN_READINGS.search(yomi) is None

    def clean(value: Any) -> bool:
        kind = value.__class__
        if kind is str:
            return reads(value, None)
        if kind is Text:
            return reads(value.value, value.yomi) and (value.type is None or value.type in types)
        if kind is not dict or not reads(_alone(value.get(main)), _alone(value.get("yomi", _NONE))):
            return False
        for key, given in value.items():
            known = key in (main, "yomi") or (key in texts and _text(given))
            if not known and not (key == "type" and given.__class__ is str and given in types):
                return False
        return True

    return clean


_NONE: Final = [None]


def _alone(given: Any) -> Any:
    """The value of a member that has one; something that is no text where it has several."""
    if given.__class__ is list:
        return given[0] if len(given) == 1 else given
    return given


def _text(given: Any) -> bool:
    value = _alone(given)
    return value.__class__ is str and forbidden(value) is None


def _item(*, holder: bool) -> Gate:
    members = model().members["item"]
    texts = {key for key, member in members.items() if _free(member)}

    def clean(value: Any) -> bool:
        if value.__class__ is not dict or not (holder or "libraryCode" in value):
            return False
        for key, given in value.items():
            if key in texts:
                if not _text(given):
                    return False
                continue
            one = _alone(given)
            if one.__class__ is not str or forbidden(one) is not None:
                return False
            if key == "libraryCode":
                good = LIBRARY.fullmatch(one) is not None
            elif key == "libraryYomi":
                good = NOT_IN_READINGS.search(one) is None
            else:
                good = key in ("uri", "seeAlso", "libraryUri") and _address(one)
            if not good:
                return False
        return True

    return clean


def _free(member: Name) -> bool:
    """Whether any text will do for a member of an item."""
    if member.kind != "literal" or member.name in ("libraryCode", "libraryYomi"):
        return False
    return (member.datatype or "").rpartition("/")[2] not in _LITERALS
