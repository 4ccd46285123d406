"""What is to be said of the values of a record, by the rules of its layout. Files and mappings share these checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convert.formats.somoku.model import Element, Layout


class Checks:
    """The checks of one layout. ``names``: the elements that are filled at all; the others are not missed anew for
    every record.
    """

    def __init__(self, layout: Layout, names: Iterable[str]) -> None:
        self.layout = layout
        self._names = frozenset(names)
        self._required = [element for element in layout.elements.values() if element.required]
        self._single = [element for element in layout.elements.values() if not element.repeat]

    def findings(self, values: Mapping[str, list[Any]]) -> list[Finding]:
        """What there is to say about a record's values: name of the element → texts, or dicts of members."""
        return [*self._missing(values), *self._repeated(values)]

    def _missing(self, values: Mapping[str, list[Any]]) -> Iterator[Finding]:
        for element in self._required:
            if not values.get(element.name):
                yield Finding("SMK-REQUIRED", element.name, slots=_named(element))

    def _repeated(self, values: Mapping[str, list[Any]]) -> Iterator[Finding]:
        for element in self._single:
            found = values.get(element.name, ())
            for index in range(1, len(found)):
                yield Finding("SMK-REPEATED", element.name, index, str(found[index]), _named(element))


def _named(element: Element) -> dict[str, Any]:
    return {"name": element.name, "mark": element.mark}
