"""Codes: every element and attribute that takes a code of a list (``lists.toml``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.formats.onix.checking.lists import (
    LANGUAGES,
    CodeList,
    attribute_lists,
    code_list,
    element_lists,
    meant_language,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.onix.checking.view import Found, View

_LANGUAGE = re.compile("[a-z]{3}")
_TOLD_BY_READER = "NotificationType"


def check(view: View) -> Iterator[Found]:
    """Codes that are not in their list; those that are not in a list of which we know a part only."""
    lists = element_lists(view.release)
    attributes = attribute_lists()
    for name, element in view.elements:
        number = lists.get(name)
        if number is not None and len(element) == 0 and name != _TOLD_BY_READER:
            yield from _element(view, element, number)
        for attribute in element.attrib:
            if attribute in attributes:
                yield from _attribute(view, element, attribute, attributes[attribute])


def _element(view: View, element: Any, number: int) -> Iterator[Found]:
    value = view.value(element)
    listed = code_list(number)
    if not value or listed is None or value in listed.labels:
        return
    told, suggestion = _judged(listed, value)
    if told:
        yield view.found(told, element, list=number, list_ja=listed.ja, suggestion=suggestion)


def _attribute(view: View, element: Any, name: str, number: int) -> Iterator[Found]:
    value = element.get(name).strip()
    listed = code_list(number)
    if listed is None or value in listed.labels:
        return
    told, suggestion = _judged(listed, value)
    if told:
        yield view.at_attribute(told, element, name, list=number, list_ja=listed.ja, suggestion=suggestion)


def _judged(listed: CodeList, value: str) -> tuple[str, str | None]:
    """The issue's code, empty when there is none, and the code that was probably meant."""
    if listed.number == LANGUAGES:
        meant = meant_language(value)
        if meant is None and _LANGUAGE.fullmatch(value):
            return "", None
        return "ONX-CODE", meant
    suggestion = listed.suggestion(value)
    certain = listed.complete or not _has_form(listed, value)
    return ("ONX-CODE" if certain else "ONX-CODE-OTHER"), suggestion if certain else None


def _has_form(listed: CodeList, value: str) -> bool:
    """Whether a value looks like the codes of its list: as long as they are, of the same kinds of characters."""
    return _form(value) in {_form(code) for code in listed.labels}


def _form(code: str) -> str:
    """The kind of each character. Lists go on from digits to letters, so the two are one kind.

    >>> _form("A01"), _form("b5"), _form("紙")
    ('AAA', 'aA', '??')
    """
    kinds = ("A" if c.isdigit() or "A" <= c <= "Z" else "a" if "a" <= c <= "z" else "?" for c in code)
    return "".join(kinds) + ("?" if not code.isascii() else "")
