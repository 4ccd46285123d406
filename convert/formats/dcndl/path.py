"""Paths in DC-NDL: those of JSON Lines, in the names of the model (``creator[].name``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.errors import PathError, near
from convert.formats.dcndl.model import model
from convert.formats.dcndl.reading import NODES, Reading, local, named, node_of
from convert.formats.jsonl.path import JsonPath, parse_path
from convert.formats.xml.places import start_of
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convert.formats.xml.slicer import Slice

Places = dict[tuple[Any, ...], Any]
_KEPT = ("raw", "adminRaw")


class Body(dict[str, Any]):
    """The body of a record: a dict in the names of the model. ``origin`` knows where it was read."""

    __slots__ = ("origin",)

    def __init__(self, values: dict[str, Any], origin: Origin) -> None:
        super().__init__(values)
        self.origin = origin


class Origin:
    """Where a record was read: the slice, and its element and those of the values once somebody asks.

    ``find`` gives the element of the slice and the nodes of the record. ``exact`` False: the slice was text inside
    another element, so that only lines can be told.
    """

    __slots__ = ("_find", "_found", "_places", "exact", "piece")

    def __init__(self, piece: Slice, find: Callable[[Slice], tuple[Any, list[Any]]], *, exact: bool = True) -> None:
        self.piece, self.exact = piece, exact
        self._find = find
        self._found: tuple[Any, list[Any]] | None = None
        self._places: Places | None = None

    def _looked(self) -> tuple[Any, list[Any]]:
        if self._found is None:
            self._found = self._find(self.piece)
        return self._found

    def _element_places(self) -> Places:
        """The element of every value, found by reading the nodes again."""
        if self._places is None:
            self._places = {}
            Reading(lambda *_: None, self._places).read(self._looked()[1])
        return self._places

    def place(self, element: Any) -> tuple[int, int | None]:
        """Line and column of an element's start tag; the record's line where its nodes had to be put together."""
        top = self._looked()[0]
        if element.getroottree().getroot() is not top.getroottree().getroot():
            return self.piece.line, None
        line, column = start_of(self.piece, top, element)
        return line, column if self.exact else None

    def nodes(self) -> list[Any]:
        """The nodes of the record (management, description, items) in the order of the file."""
        return [node for node in self._looked()[1] if isinstance(node.tag, str)]

    def element(self, steps: tuple[Any, ...]) -> Any:
        """The element of the value that a way of names and numbers leads to; None where there is none."""
        places = self._element_places()
        way = tuple(steps)
        while way:
            found = places.get(way)
            if found is None and not isinstance(way[-1], int):
                found = places.get((*way, 0))
            if found is not None:
                return _inner(found, steps[len(way) :])
            way = way[:-1]
        return None


def _inner(element: Any, rest: tuple[Any, ...]) -> Any:
    """The element of a member inside an element: the first of a matching name below it."""
    wanted = [step for step in rest if isinstance(step, str)]
    if not wanted:
        return element
    kinds = {
        member.element.rpartition(":")[2]
        for known in model().members.values()
        if (member := known.get(wanted[0])) is not None and member.element[0] != "@"
    }
    found = [child for child in element.iter("*") if local(child.tag) in kinds and child is not element]
    numbers = [step for step in rest if isinstance(step, int)]
    return found[min(numbers[-1] if numbers else 0, len(found) - 1)] if found else element


def way(element: Any) -> str:
    """The way to an element from its node: ``dcndl:BibResource/dcterms:creator[2]/foaf:Agent/foaf:name``."""
    steps: list[str] = []
    while element is not None:
        name = named(element)
        node = node_of(element)
        if node is not None:
            break
        parent = element.getparent()
        same = [] if parent is None else [child for child in parent.iterchildren("*") if child.tag == element.tag]
        steps.append(name if len(same) < 2 else f"{name}[{same.index(element) + 1}]")
        element = parent
    start = next((f"dcndl:{name}" for name, kind in NODES.items() if element is not None and kind == node), "")
    return "/".join([part for part in (start, *reversed(steps)) if part])


@dataclass(frozen=True, slots=True)
class DcndlPath(JsonPath):
    """A path, ready to be followed."""

    @classmethod
    def of(cls, path: str) -> DcndlPath:
        """Read the path; raises :class:`PathError`."""
        return cls(path, parse_path(path))

    def locate(self, record: Record, occurrence: int = 0, *, within: Location | None = None) -> Location:
        """The place of the value's element: line, column, its way; ``field`` is the path with numbers."""
        base = replace(record.at, path=within.field) if within is not None and within.field else None
        found = JsonPath.locate(self, record, occurrence, within=base)
        path = found.path or self.path
        origin = getattr(record.body, "origin", None)
        element = None if origin is None else origin.element(_numbered(path))
        if origin is None or element is None:
            return replace(record.at, field=path)
        line, column = origin.place(element)
        return Location(record.source, line=line, column=column, path=way(element), field=path)


def _numbered(path: str) -> tuple[Any, ...]:
    return tuple(step for step in parse_path(path) if isinstance(step, str | int))


def check_path(path: str, *, inner: bool) -> None:
    """Raise :class:`PathError` for a path whose first name the model does not have, or whose second the first."""
    if inner:
        return
    names = [step for step in parse_path(path) if isinstance(step, str)]
    known = model().names
    if not names or names[0] in _KEPT:
        return
    if names[0] not in known:
        ja = f"DC-NDL のレコードに「{names[0]}」はありません"
        raise _unknown(path, names[0], known, ja, f"DC-NDL records have no {names[0]}")
    members = model().members.get(known[names[0]].kind, {})
    if len(names) > 1 and names[1] not in members:
        ja = f"DC-NDL の {names[0]} に「{names[1]}」はありません"
        raise _unknown(path, names[1], members, ja, f"{names[0]} of DC-NDL records has no {names[1]}")


def _unknown(path: str, name: str, known: Iterable[str], ja: str, en: str) -> PathError:
    known = list(known)
    error = PathError(path, en, known, ja)
    meant = near(name, known)
    error.suggestion = path.replace(name, meant, 1) if meant is not None else None
    return error
