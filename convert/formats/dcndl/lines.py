"""One value as its line, in the shapes that mappings and the reader mostly give: written while it is looked at.

A line is pieces by threes: what stands before a text, the text as it is, what stands behind it. So the texts of a
whole record are looked through at once for characters to be escaped. There is no line (None) for any other shape, which
the general writers know (``writer``); with ``Looks`` neither for a value of which something might have to be said: then
the checks look (``checks``), and may find that it is right. A value with a line always is, but for characters in its
texts that cannot be written: these are left to who puts the lines together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from convert.formats.dcndl.escape import absolute, address, class_mark, forbidden, illegal, text
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
from convert.formats.dcndl.model import Model, Name, model
from convert.model import Text

Pieces = tuple[str, ...] | list[str]
Line = Callable[[Any], "Pieces | None"]
Form = Callable[[str], bool]
Odd = Callable[[str], object]

PAD: Final = "\n    "
"""Every property stands on a line of its own, with all that is in it."""
_LITERALS: Final[Mapping[str, Form]] = {
    "W3CDTF": valid_w3cdtf,
    "ISO639-2": valid_language,
    "ISO3166": lambda value: COUNTRY.fullmatch(value) is not None,
}
MOST_HOLDERS: Final = 2000
"""Libraries whose element is kept to be written again."""
MOST_SHAPES: Final = 500
"""Sets of members whose order is kept."""
LINKED: Final = frozenset(("uri", "seeAlso"))
"""All that items outside the union catalogue have in NDL's own records."""
HOLDER: Final = ("library", "libraryYomi", "libraryCode", "libraryUri")
"""The members of an item that its library's element is made of."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What is looked at on the way. ``paired``: names whose rule gives readings; ``holder``: the options name the
    library of items.
    """

    paired: frozenset[str] = frozenset()
    holder: bool = False


def line_of(name: Name, looks: Looks | None, version: int | None = None, pad: str = PAD) -> Line | None:
    """What writes one value of a name; None for kinds that have no line. ``looks`` None: nothing is looked at.

    ``version``: members of other versions are not written; None: all are.
    """
    match name.kind:
        case "literal":
            return _literal(name, looks, pad)
        case "typed":
            return _typed(name, looks, pad)
        case "link":
            return _link(name, looks, pad)
        case "material":
            return _material(name, pad)
        case "collection":
            return _heading(pad)
        case "structure" | "agent" | "part":
            return _Nested(name, looks, version, pad).line
        case "subject":
            return _subject(name, looks, version, pad)
        case _:
            return None


def datatype_mark(datatype: str | None) -> str:
    """A datatype as an attribute."""
    return f' rdf:datatype="{address(datatype)}"' if datatype else ""


def tags(name: Name, pad: str = PAD) -> tuple[str, str]:
    """What stands around the text of a literal."""
    return f"{pad}<{name.element}{datatype_mark(name.datatype)}>", f"</{name.element}>"


def good_address(value: str) -> bool:
    """Whether an address can be written as it is."""
    return absolute(value) is not None and illegal(value) is None


def literal_form(name: Name) -> Form | None:
    """What is asked of the text of a literal; None where any will do."""
    if name.name == "bibRecordCategory":
        return lambda value: REPOSITORY.fullmatch(value) is not None
    return _LITERALS.get((name.datatype or "").rpartition("/")[2])


def alone(given: Any) -> Any:
    """The value of a member that has one; something that is no text where it has several."""
    if given.__class__ is list:
        return given[0] if len(given) == 1 else given
    return given


# ── Texts and addresses ──────────────────────────────────────────────────────────────────────────


def _literal(name: Name, looks: Looks | None, pad: str) -> Line:
    start, end = tags(name, pad)
    form = literal_form(name) if looks is not None else None

    def line(value: Any) -> Pieces | None:
        if value.__class__ is dict and len(value) == 1:
            value = alone(value.get("value"))
        if value.__class__ is not str or (form is not None and not form(value)):
            return None
        return start, value, end

    return line


def _typed(name: Name, looks: Looks | None, pad: str) -> Line:
    types = model().types[name.types or ""]
    starts = {key: f'{pad}<{name.element} rdf:datatype="{known.datatype}">' for key, known in types.items()}
    end = f"</{name.element}>"
    forms = {} if looks is None else _type_forms(name)

    def line(value: Any) -> Pieces | None:
        if value.__class__ is Text:
            kind, inside = value.type, value.value
        elif value.__class__ is dict and len(value) == 2:
            kind, inside = value.get("type"), value.get("value")
        else:
            return None
        start = starts.get(kind) if kind.__class__ is str else None
        if start is None or inside.__class__ is not str:
            return None
        form = forms.get(kind)
        return None if form is not None and not form(inside) else (start, inside, end)

    return line


def _type_forms(name: Name) -> dict[Any, Form]:
    types = model().types[name.types or ""]
    forms: dict[Any, Form] = {
        kind: partial(_right, NUMBERS[known.check]) for kind, known in types.items() if known.check is not None
    }
    return forms | ({"W3CDTF": valid_w3cdtf} if "W3CDTF" in types else {})


def _right(check: Callable[[str], tuple[bool, str | None]], value: str) -> bool:
    return check(value)[0]


def _link(name: Name, looks: Looks | None, pad: str) -> Line:
    start = f'{pad}<{name.element} rdf:resource="'

    def line(value: Any) -> Pieces | None:
        if value.__class__ is not str:
            return None
        if looks is not None:
            if not good_address(value):
                return None
            return start, "", (value.replace("&", "&amp;") if "&" in value else value) + '"/>'
        return start, "", f'{address(value)}"/>'

    return line


def material_lines(known: Model, element: str, pad: str) -> dict[str, str]:
    """The lines of material types by what people write: address, code, Japanese label."""
    found: dict[str, str] = {}
    for entry in known.materials.values():
        line = f'{pad}<{element} rdf:resource="{entry.uri}" rdfs:label="{entry.ja}"/>'
        found |= dict.fromkeys((entry.uri, entry.code), line)
    return found


def _material(name: Name, pad: str) -> Line:
    known = model()
    lines: dict[Any, Pieces] = {word: (line, "", "") for word, line in material_lines(known, name.element, pad).items()}
    by_uri = [(entry, (lines[entry.uri])) for entry in known.materials.values()]
    lines |= {entry.ja: line for entry, line in reversed(by_uri) if entry.ja not in lines}

    def line(value: Any) -> Pieces | None:
        return lines.get(value) if value.__class__ is str else None

    return line


def _heading(pad: str) -> Line:
    start = f"{pad}  <rdf:Description>{pad}    <dcterms:title>"
    end = f"</dcterms:title>{pad}  </rdf:Description>"
    return lambda value: (start, value, end) if value.__class__ is str else None


# ── Nodes inside a property ──────────────────────────────────────────────────────────────────────

_MAIN: Final = {"structure": "value", "agent": "name", "subject": "value", "part": "title"}
_NODES: Final = {"agent": "foaf:Agent"}
_Shape = tuple[tuple[str, str, str, "Odd | None"], ...]
"""Members in order: key, start, end, what finds that something might have to be said."""


class _Nested:
    """A node with a text and mostly its reading; or with several single texts."""

    def __init__(self, name: Name, looks: Looks | None, version: int | None, pad: str) -> None:
        kind = "structure" if name.kind == "subject" else name.kind
        main, node = _MAIN[kind], _NODES.get(kind, "rdf:Description")
        self._looks = looks is not None
        self._paired = looks is not None and name.name in looks.paired
        self._main = main
        self._needed = looks is not None or name.kind == "subject"
        self._start, self._end = f"{pad}<{name.element}><{node}>", f"</{node}></{name.element}>"
        self._own = [
            (member.name, f"<{member.element}>", f"</{member.element}>")
            for member in model().members[kind].values()
            if member.kind == "literal" and member.element[0] != "@" and version in (None, member.version or version)
        ]
        by_name = {key: (start, end) for key, start, end in self._own}
        (start, end), (start_yomi, end_yomi) = by_name[main], by_name["yomi"]
        self._before = self._start + start
        self._single = end + self._end
        self._middle, self._both = end + start_yomi, end_yomi + self._end
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def line(self, value: Any) -> Pieces | None:
        """The line of a text, with a reading or not, or of an object."""
        kind = value.__class__
        if kind is dict:
            keys = tuple(value)
            shape = self._shapes.get(keys)
            pieces: list[str] = []
            for key, start, end, odd in self._shape(keys) if shape is None else shape:
                given = value[key]
                if given.__class__ is list and len(given) == 1:
                    given = given[0]
                if given.__class__ is not str or (odd is not None and odd(given) is not None):
                    return None
                pieces += (start, given, end)
            return pieces or None
        if kind is Text:
            if value.lang is not None or (self._looks and value.type is not None):
                return None
            return self.text(value.value, value.yomi)
        return self.text(value, None)

    def text(self, value: Any, yomi: Any) -> Pieces | None:
        """The line of a text and its reading."""
        if value.__class__ is not str:
            return None
        if yomi is None:
            return None if self._paired and KANJI.search(value) is not None else (self._before, value, self._single)
        if yomi.__class__ is not str or (self._looks and NOT_IN_READINGS.search(yomi) is not None):
            return None
        return self._before, value, self._middle, "", yomi, self._both

    def _shape(self, keys: tuple[str, ...]) -> _Shape:
        """The members of an object that has these, in order; nothing where it has others, or not the main one."""
        found = [(key, start, end, self._odd(key, keys)) for key, start, end in self._own if key in keys]
        if len(found) != len(keys) or (self._needed and self._main not in keys):
            found = []
        if found:
            key, start, end, odd = found[0]
            found[0] = (key, self._start + start, end, odd)
            key, start, end, odd = found[-1]
            found[-1] = (key, start, end + self._end, odd)
        shape = tuple(found)
        if len(self._shapes) < MOST_SHAPES:
            self._shapes[keys] = shape
        return shape

    def _odd(self, key: str, keys: tuple[str, ...]) -> Odd | None:
        """What finds that something might have to be said of a member, beside these."""
        if self._looks and key == "yomi":
            return NOT_IN_READINGS.search
        return KANJI.search if self._paired and key == self._main and "yomi" not in keys else None


def _subject(name: Name, looks: Looks | None, version: int | None, pad: str) -> Line:
    """A heading as a node, or a class as an address."""
    types = model().types["subject"]
    nested = _Nested(name, looks, version, pad)
    classes = {
        key: (f'{pad}<{name.element} rdf:resource="{known.resource}', f'{known.end}"/>')
        for key, known in types.items()
        if known.resource is not None
    }

    def line(value: Any) -> Pieces | None:
        kind = value.__class__
        if kind is Text and value.type is not None:
            around = classes.get(value.type)
            if around is not None:
                return marked(value.value, value.yomi, around)
            if value.lang is not None or value.type not in types:
                return None
            return nested.text(value.value, value.yomi)
        if kind is dict and "type" in value:
            word = value["type"]
            if word.__class__ is not str or word not in types:
                return None
            around = classes.get(word)
            if around is None:
                return nested.line({key: part for key, part in value.items() if key != "type"})
            return marked(value.get("value"), None, around) if len(value) == 2 else None
        return nested.line(value)

    def marked(value: Any, yomi: Any, around: tuple[str, str]) -> Pieces | None:
        """The line of a class; its text stands in an address."""
        if value.__class__ is not str:
            return None
        if looks is not None and (forbidden(value) is not None or nested.text(value, yomi) is None):
            return None
        return around[0], "", address(class_mark(value)) + around[1]

    return line


# ── Items ────────────────────────────────────────────────────────────────────────────────────────


class ItemLine:
    """Writes one ``dcndl:Item`` whose members are single values. ``wanted``: the members that may come."""

    def __init__(self, looks: Looks | None, version: int | None = None, wanted: Iterable[str] | None = None) -> None:
        members = model().members["item"]
        self._looks = looks
        self._lines: dict[str, tuple[str, str, Line]] = {}
        for name in members.values():
            line = line_of(name, looks, version) if name.name not in HOLDER else None
            if line is None or version not in (None, name.version or version):
                continue
            if wanted is None or name.name in wanted:
                plain = name.kind == "literal" and literal_form(name) is None
                start, end = tags(name) if plain else ("", "")
                self._lines[name.name] = (start, end, line)
        self._shapes: dict[tuple[str, ...], _ItemShape | None] = {}
        self._holders: dict[tuple[str | None, ...], str | None] = {}

    def line(self, item: Any, uri: str) -> Pieces | None:
        """The lines of an item; ``uri`` is an attribute already."""
        if item.__class__ is not dict:
            return None
        keys = tuple(item)
        shape = self._shapes[keys] if keys in self._shapes else self._shape(keys)
        if shape is None:
            return None
        if shape.uri and self._looks is not None and not self._good(alone(item["uri"])):
            return None
        holder = self._holder(item) if shape.held else ""
        if holder is None:
            return None
        pieces = [f'\n  <dcndl:Item rdf:about="{uri}">{holder}', "", ""]
        for key, start, end, line in shape.members:
            given = item[key]
            if given.__class__ is list and len(given) == 1:
                given = given[0]
            if start and given.__class__ is str:
                pieces += (start, given, end)
                continue
            found = line(given)
            if found is None:
                return None
            pieces += found
        pieces[-1] += "\n  </dcndl:Item>"
        return pieces

    @staticmethod
    def _good(uri: Any) -> bool:
        return uri.__class__ is str and good_address(uri)

    def _shape(self, keys: tuple[str, ...]) -> _ItemShape | None:
        """What is to be done for an item with these members; None where it has others as well."""
        looks, own = self._looks, set(keys) - {"uri", *HOLDER}
        unheld = looks is not None and not looks.holder and "libraryCode" not in keys
        found: _ItemShape | None = None
        if own <= self._lines.keys() and not (unheld and not set(keys) <= LINKED):
            members = tuple((key, *entry) for key, entry in self._lines.items() if key in own)
            found = _ItemShape(members, held=not set(HOLDER).isdisjoint(keys), uri="uri" in keys)
        if len(self._shapes) < MOST_SHAPES:
            self._shapes[keys] = found
        return found

    def _holder(self, item: Mapping[str, Any]) -> str | None:
        """The library of an item; it mostly was written before."""
        key = tuple([alone(item.get(name)) for name in HOLDER])
        try:
            return self._holders[key]
        except KeyError:
            made = self._held(key)
        except TypeError:  # a member that is no text
            return None
        if len(self._holders) >= MOST_HOLDERS:
            self._holders.clear()
        self._holders[key] = made
        return made

    def _held(self, key: tuple[Any, ...]) -> str | None:
        library, yomi, code, uri = key
        if not all(part is None or part.__class__ is str for part in key):
            return None
        if self._looks is not None and not _right_holder(library, yomi, code, uri):
            return None
        return holding(library, yomi, code, uri)


def _right_holder(library: str | None, yomi: str | None, code: str | None, uri: str | None) -> bool:
    """Whether nothing is to be said of the members that tell an item's library."""
    return (
        (library is None or forbidden(library) is None)
        and (yomi is None or (forbidden(yomi) is None and NOT_IN_READINGS.search(yomi) is None))
        and (code is None or LIBRARY.fullmatch(code) is not None)
        and (uri is None or good_address(uri))
    )


@dataclass(frozen=True, slots=True)
class _ItemShape:
    """``members``: key, tags of a plain text or nothing, the member's line. ``held``: it tells its library."""

    members: tuple[tuple[str, str, str, Line], ...]
    held: bool
    uri: bool


def holding(library: str | None, yomi: str | None, code: str | None, uri: str | None, raw: Iterable[str] = ()) -> str:
    """The library of an item, escaped already."""
    about = f' rdf:about="{address(uri)}"' if uri else ""
    pieces = [f"{PAD}<dcndl:holdingAgent><foaf:Agent{about}>"]
    if library is not None:
        pieces.append(f"<foaf:name>{text(library)}</foaf:name>")
    if yomi is not None:
        pieces.append(f"<dcndl:transcription>{text(yomi)}</dcndl:transcription>")
    if code is not None:
        mark = datatype_mark(model().members["item"]["libraryCode"].datatype)
        pieces.append(f"<dcterms:identifier{mark}>{text(code)}</dcterms:identifier>")
    return "".join([*pieces, *raw, "</foaf:Agent></dcndl:holdingAgent>"])
