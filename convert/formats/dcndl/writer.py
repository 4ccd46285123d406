"""DC-NDL(RDF) as RDF/XML text: one small writer for each kind of element, tied to the names of the model once.

Values are what a mapping makes (``str``, :class:`Text`, objects whose members are lists) or what the reader gives
(objects whose members are texts); both are written alike. Nothing is looked up in a tree and none is built. What is
written is always well-formed: see ``escape``. What would be odd is for the checks to say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from convert.formats.dcndl.escape import address, attribute, class_mark, escaped, forbidden, special, text
from convert.formats.dcndl.lines import (
    HOLDER,
    MOST_HOLDERS,
    PAD,
    ItemLine,
    Line,
    Looks,
    datatype_mark,
    good_address,
    holding,
    line_of,
    literal_form,
    tags,
)
from convert.formats.dcndl.model import DCNDL, Name, model
from convert.model import Text

if TYPE_CHECKING:
    from convert.formats.dcndl.model import Model

Values = Sequence[Any]
Write = Callable[[Any], str]
"""Writes one value of any shape, escaped."""
_RDF_HEAD = "<rdf:RDF"
_LISTS = (list, tuple)
_MAINS = ("value", "name", "uri", "title")
"""The members that say what an object is, the first there is."""


class Marked(str):
    """A text as it was read, with what the model does not expect of it: ``lang``, ``datatype`` (empty: none)."""

    __slots__ = ("marks",)

    def __new__(cls, value: str, **marks: str) -> Marked:
        """Make one."""
        made = super().__new__(cls, value)
        made.marks = marks
        return made

    marks: dict[str, str]


class Nodes(NamedTuple):
    """The addresses of a record's nodes. ``admin`` None: there is no such node. ``items`` stands before the number."""

    admin: str | None
    bib: str
    items: str

    @classmethod
    def of(cls, values: Mapping[str, Values], base: str) -> Nodes:
        """The addresses that the values give, else those made of ``base``, as NDL makes them."""
        if "uri" not in values and "adminUri" not in values:
            return cls(base, f"{base}#material", f"{base}#item")
        uri, admin = first(values.get("uri")), first(values.get("adminUri"))
        if uri is not None:
            base = uri.removesuffix("#material")
        elif admin is not None:
            base = admin
        if admin is None:
            admin = base if base != uri else f"{uri}#admin"  # one address cannot be both
        return cls(admin, uri or f"{base}#material", f"{base}#item")


def first(values: Any) -> str | None:
    """The first text of a list of values, or of a value alone.

    >>> first([Text("a", "b"), "c"]), first("d"), first([])
    ('a', 'd', None)
    """
    value = values
    if value.__class__ is str:
        return value
    if isinstance(value, _LISTS):
        value = value[0] if value else None
        if value.__class__ is str:
            return value
    if isinstance(value, dict):
        for key in _MAINS:
            if key in value:
                return first(value[key])
        return None
    if isinstance(value, Text):
        value = value.value
    return None if value is None else str(value)


def each(values: Any) -> Values:
    """The values of a member, which may stand alone."""
    if isinstance(values, _LISTS):
        return values
    return () if values is None else (values,)


def members(value: Any, main: str) -> Mapping[str, Any]:
    """A value as an object; ``main`` is the member that a text alone fills."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Text):
        given = {main: value.value, "yomi": value.yomi, "lang": value.lang, "type": value.type}
        return {key: part for key, part in given.items() if part is not None}
    if isinstance(value, Marked):
        return {main: str(value)} | value.marks
    return {main: str(value)}


# ── One writer a kind ────────────────────────────────────────────────────────────────────────────


class Kinds:
    """Makes the writer of one element, by its kind, for values of any shape.

    ``langs``: whether ``xml:lang`` is written.
    ``version`` 3 adds members that are inferred from programs which read that version.
    """

    def __init__(self, known: Model, version: int, *, langs: bool) -> None:
        self.model = known
        self.version = version
        self.langs = langs

    def writer(self, name: Name) -> Write | None:
        """The writer of one name; None for what stands elsewhere (addresses of nodes, the header)."""
        kind = getattr(self, name.kind, None)
        if name.version is not None and name.version != self.version:
            return None
        return kind(name) if kind is not None else None

    def line(self, name: Name) -> Line | None:
        """The short way of values in the usual shapes."""
        return line_of(name, None, self.version)

    def literal(self, name: Name) -> Write:
        """``<x>text</x>``, with the model's datatype or the value's own."""

        def write(value: Any) -> str:
            found = members(value, "value")
            datatype = found.get("datatype", name.datatype)
            marks = datatype_mark(datatype) or self._lang(found.get("lang"))
            return f"{PAD}<{name.element}{marks}>{text(first(found.get('value')) or '')}</{name.element}>"

        return write

    def _lang(self, lang: Any) -> str:
        return f' xml:lang="{attribute(str(first(lang)))}"' if lang and self.langs else ""

    def typed(self, name: Name) -> Write:
        """``<x rdf:datatype="…">text</x>``; the datatype is the type of the value."""
        types = self.model.types[name.types or ""]

        def write(value: Any) -> str:
            found = members(value, "value")
            kind = first(found.get("type"))
            datatype = first(found.get("datatype"))
            if kind is not None:
                datatype = types[kind].datatype if kind in types else DCNDL + kind
            marks = datatype_mark(datatype) or self._lang(found.get("lang"))
            return f"{PAD}<{name.element}{marks}>{text(first(found.get('value')) or '')}</{name.element}>"

        return write

    def structure(self, name: Name) -> Write:
        """A node with ``rdf:value`` and its reading."""
        return self._nested(name, "rdf:Description", "structure", "value")

    def agent(self, name: Name) -> Write:
        """A ``foaf:Agent`` with its name and reading."""
        return self._nested(name, "foaf:Agent", "agent", "name")

    def part(self, name: Name) -> Write:
        """A node with the title of a part and what belongs to it."""
        return self._nested(name, "rdf:Description", "part", "title")

    def _nested(self, name: Name, node: str, kind: str, main: str) -> Write:
        """Any object: a node inside the element, its members in order, what else it had when it was read."""
        own = [
            (member.name, f"<{member.element}", f"</{member.element}>")
            for member in self.model.members[kind].values()
            if member.kind == "literal" and member.element[0] != "@" and member.version in (None, self.version)
        ]

        def write(value: Any) -> str:
            found = members(value, main)
            uri = first(found.get("uri"))
            about = f' rdf:about="{address(uri)}"' if uri else ""
            pieces = [f"{PAD}<{name.element}><{node}{about}>"]
            for key, start, end in own:
                given = found.get(key)
                if given is None:
                    continue
                lang = found.get(f"{key}Lang") or (found.get("lang") if key == main else None)
                marks = self._lang(lang) if lang else ""
                pieces += [f"{start}{marks}>{text(str(first(part)))}{end}" for part in each(given)]
                if key == main and isinstance(given, list) and given and isinstance(given[0], Text) and given[0].yomi:
                    found = {"yomi": given[0].yomi} | dict(found)
            pieces += found.get("raw", ())
            pieces.append(f"</{node}></{name.element}>")
            return "".join(pieces)

        return write

    def link(self, name: Name) -> Write:
        """``<x rdf:resource="…"/>``, with a label or not."""
        return lambda value: _resource(name.element, members(value, "uri"))

    def material(self, name: Name) -> Write:
        """A material type by its address, code or label, written with address and label."""

        def write(value: Any) -> str:
            found = members(value, "uri")
            uri = first(found.get("uri")) or ""
            if not isinstance(value, dict) and (entry := self.model.material(uri)) is not None:
                found = {"uri": entry.uri, "label": entry.ja}
            return _resource(name.element, found)

        return write

    def subject(self, name: Name) -> Write:
        """A heading as a node, or a class as an address."""
        types = self.model.types["subject"]
        heading = self._nested(name, "rdf:Description", "structure", "value")

        def write(value: Any) -> str:
            found = members(value, "value")
            mark, kind = first(found.get("value")), types.get(first(found.get("type")) or "")
            if kind is not None and kind.resource is not None and mark is not None:
                uri = f"{kind.resource}{class_mark(mark)}{kind.end}"
                return _resource(name.element, {**found, "uri": uri})
            if mark is None and "raw" not in found:
                return _resource(name.element, found)
            return heading({key: part for key, part in found.items() if key != "type"})

        return write

    def collection(self, name: Name) -> Write:
        """One node of a list, with a title; :func:`around` is the list itself."""
        inner = f"{PAD}  "

        def write(value: Any) -> str:
            found = members(value, "title")
            uri = first(found.get("uri"))
            about = f' rdf:about="{address(uri)}"' if uri else ""
            lang = self._lang(found.get("titleLang") or found.get("lang"))
            pieces = [f"{inner}<rdf:Description{about}>"]
            for part in each(found.get("title")):
                pieces.append(f"{inner}  <dcterms:title{lang}>{text(str(first(part)))}</dcterms:title>")
            pieces += [f"{inner}  {raw}" for raw in found.get("raw", ())]
            return "".join([*pieces, f"{inner}</rdf:Description>"])

        return write


def around(name: Name) -> tuple[str, str]:
    """What stands around all values of a name together: of a collection only."""
    if name.kind != "collection":
        return "", ""
    return f'{PAD}<{name.element} rdf:parseType="Collection">', f"{PAD}</{name.element}>"


def _resource(element: str, found: Mapping[str, Any]) -> str:
    uri, label = first(found.get("uri")), first(found.get("label"))
    resource = f' rdf:resource="{address(uri)}"' if uri else ""
    marks = f' rdfs:label="{attribute(label)}"' if label else ""
    return f"{PAD}<{element}{resource}{marks}/>"


# ── Items ────────────────────────────────────────────────────────────────────────────────────────


class ItemWriter:
    """Writes the members of one ``dcndl:Item``."""

    def __init__(self, kinds: Kinds, wanted: Iterable[str] | None = None) -> None:
        known = kinds.model.members["item"]
        self._line = ItemLine(None, kinds.version, wanted)
        self._members: list[tuple[str, Line, Write]] = []
        for member in known.values():
            if member.name in HOLDER or (wanted is not None and member.name not in wanted):
                continue
            line, writer = kinds.line(member), kinds.writer(member)
            if line is not None and writer is not None:
                self._members.append((member.name, line, writer))
        self._made: dict[tuple[Any, ...], str] = {}

    @property
    def names(self) -> set[str]:
        """The members this writer writes."""
        return {name for name, _, _ in self._members} | {*HOLDER, "uri"}

    def write(self, item: Mapping[str, Any], uri: str) -> Sequence[str]:
        """The pieces of one item; ``uri`` is an attribute already."""
        found = self._line.line(item, uri)
        return self._all(item, uri) if found is None else found

    def _all(self, item: Mapping[str, Any], uri: str) -> list[str]:
        """The pieces of an item of any shape."""
        pieces = ['\n  <dcndl:Item rdf:about="', "", f'{uri}">']
        if not item.keys().isdisjoint(HOLDER):
            pieces += (self._holder(item), "", "")
        for name, line, write in self._members:
            given = item.get(name)
            if given is not None:
                for value in given if given.__class__ is list else (given,):
                    pieces += line(value) or (write(value), "", "")
        for raw in item.get("raw", ()):
            pieces += (PAD + raw, "", "")
        pieces += ("\n  </dcndl:Item>", "", "")
        return pieces

    def _holder(self, item: Mapping[str, Any]) -> str:
        get = item.get
        uri, library, yomi, code = get("libraryUri"), get("library"), get("libraryYomi"), get("libraryCode")
        if yomi is None and isinstance(held := next(iter(each(library)), None), Text):
            yomi = held.yomi
        key = (
            first(library),
            None if yomi is None else first(yomi),
            None if code is None else first(code),
            None if uri is None else first(uri),
            tuple(get("libraryRaw", ())),
        )
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= MOST_HOLDERS:
                self._made.clear()
            made = self._made[key] = holding(*key)
        return made


# ── Records ──────────────────────────────────────────────────────────────────────────────────────

_Property = tuple[str, tuple[str, str], str, str, Line, Write]
"""A name, what stands around its values, the tags of a plain text (nothing where it is looked at), line and writer."""
_Looked = tuple[str, tuple[str, str], str, str, Line, int]
"""Likewise, with the most values in place of the writer."""


class Writer:
    """Writes records as the nodes NDL writes: management, description, links to the items, items.

    ``version`` 2 is DC-NDL(RDF) 2.2; 3 is known in part only (the links to the items stand in the description).
    ``langs``: write ``xml:lang``, which no record of version 2 that was seen has. ``names`` and ``item_members``: those
    that may come. ``looks``: what :meth:`clean` looks at.
    """

    def __init__(
        self,
        version: int = 2,
        *,
        langs: bool = True,
        names: Iterable[str] | None = None,
        item_members: Iterable[str] | None = None,
        looks: Looks | None = None,
    ) -> None:
        known = model()
        self.version = version
        kinds = Kinds(known, version, langs=langs)
        wanted = set(known.names if names is None else names)
        self._items = ItemWriter(kinds, item_members)
        self._admin = self._properties(kinds, known.of("admin"), wanted)
        self._bib = self._properties(kinds, known.of("bib"), wanted - {"itemUri", "item"})
        looks = looks or Looks()
        self._looked_admin = self._looked(self._admin, looks)
        self._looked_bib = self._looked(self._bib, looks)
        self._looked_items = ItemLine(looks, version, item_members)

    @staticmethod
    def _properties(kinds: Kinds, names: Iterable[Name], wanted: set[str]) -> list[_Property]:
        found: list[_Property] = []
        for name in names:
            if name.name in wanted:
                line, write = kinds.line(name), kinds.writer(name)
                if line is not None and write is not None:
                    start, end = tags(name) if name.kind == "literal" else ("", "")
                    found.append((name.name, around(name), start, end, line, write))
        return found

    def _looked(self, properties: Iterable[_Property], looks: Looks) -> list[_Looked]:
        found: list[_Looked] = []
        for key, outside, start, end, _, _ in properties:
            name = model().names[key]
            line = line_of(name, looks, self.version)
            if line is not None:
                plain = start and literal_form(name) is None
                found.append((key, outside, start if plain else "", end, line, name.most or sys.maxsize))
        return found

    @property
    def names(self) -> set[str]:
        """The target names this writer writes."""
        names = {"uri", "adminUri", "oai", "item", "itemUri"}
        return {entry[0] for entry in (*self._admin, *self._bib)} | names

    @property
    def item_members(self) -> set[str]:
        """The members of an item this writer writes."""
        return self._items.names

    def nodes(self, values: Mapping[str, Values], nodes: Nodes) -> str:
        """The nodes of one record, as they stand inside ``rdf:RDF``."""
        pieces: list[str] = []
        bib = address(nodes.bib)
        if nodes.admin is not None:
            pieces += (f'\n  <dcndl:BibAdminResource rdf:about="{address(nodes.admin)}">', "", "")
            _write(self._admin, values, pieces)
            for raw in values.get("adminRaw", ()):
                pieces += (PAD + raw, "", "")
            pieces += (f'{PAD}<dcndl:record rdf:resource="{bib}"/>', "", "\n  </dcndl:BibAdminResource>")
        pieces += (f'\n  <dcndl:BibResource rdf:about="{bib}">', "", "")
        _write(self._bib, values, pieces)
        for raw in values.get("raw", ()):
            pieces += (PAD + raw, "", "")
        items = values.get("item") or ()
        linked = uris = item_uris(items, nodes)
        if "itemUri" in values:
            linked = list(dict.fromkeys([*uris, *(address(first(value) or "") for value in values["itemUri"])]))
        pieces += (self._links(bib, linked), "", "")
        for item, uri in zip(items, uris, strict=True):
            pieces += self._items.write(item if isinstance(item, dict) else {}, uri)
        return whole(pieces) or ""

    def clean(self, values: Mapping[str, Values], nodes: Nodes) -> str | None:
        """What :meth:`nodes` gives for a record in which no value has an unusual shape or might need a word; else None.

        What is missing in a record, nobody looks at here.
        """
        bib = address(nodes.bib)
        pieces = [f'\n  <dcndl:BibAdminResource rdf:about="{address(nodes.admin or "")}">', "", ""]
        admin = _look(self._looked_admin, values, pieces)
        between = f'\n  </dcndl:BibAdminResource>\n  <dcndl:BibResource rdf:about="{bib}">'
        pieces += (f'{PAD}<dcndl:record rdf:resource="{bib}"/>', "", between)
        found = admin + _look(self._looked_bib, values, pieces) + self._placed(values)
        items = values.get("item") or ()
        if found + ("item" in values) != len(values) or nodes.admin is None:
            return None
        uris = item_uris(items, nodes) if items else []
        pieces += (self._links(bib, uris), "", "")
        for item, uri in zip(items, uris, strict=True):
            line = self._looked_items.line(item, uri)
            if line is None:
                return None
            pieces += line
        return whole(pieces, looked=True)

    @staticmethod
    def _placed(values: Mapping[str, Values]) -> int:
        """How many names give addresses of nodes, none of which needs a word."""
        given = [values[name] for name in ("uri", "adminUri") if name in values]
        return len([uris for uris in given if len(uris) == 1 and uris[0].__class__ is str and good_address(uris[0])])

    def _links(self, bib: str, uris: Iterable[str]) -> str:
        """Close the description and link the items."""
        links = "".join([f'{PAD}<dcndl:record rdf:resource="{uri}"/>' for uri in uris])
        end = "\n  </dcndl:BibResource>"
        if links and self.version == 2:
            return f'{end}\n  <dcndl:BibResource rdf:about="{bib}">{links}{end}'
        return links + end


def _write(properties: Iterable[_Property], values: Mapping[str, Values], pieces: list[str]) -> None:
    """Add the lines of the values of a node, whatever they look like."""
    get = values.get
    for name, (before, behind), start, end, line, write in properties:
        given = get(name)
        if not given:
            continue
        if before:
            pieces += (before, "", "")
        for value in given:
            if start and value.__class__ is str:
                pieces += (start, value, end)
            else:
                pieces += line(value) or (write(value), "", "")
        if behind:
            pieces += (behind, "", "")


def _look(properties: Iterable[_Looked], values: Mapping[str, Values], pieces: list[str]) -> int:
    """Add the lines of the values of a node as long as none might need a word; how many names that were."""
    get, names = values.get, 0
    for name, (before, behind), start, end, line, most in properties:
        given = get(name)
        if not given:
            continue
        if len(given) > most:
            break
        if before:
            pieces += (before, "", "")
        for value in given:
            if start and value.__class__ is str:
                pieces += (start, value, end)
                continue
            found = line(value)
            if found is None:
                return names
            pieces += found
        if behind:
            pieces += (behind, "", "")
        names += 1
    return names


def whole(pieces: list[str], *, looked: bool = False) -> str | None:
    """The pieces in one, every second of three escaped. ``looked``: None where one has what cannot be written."""
    texts = pieces[1::3]
    whole = "".join(texts)
    if special(whole) is not None:
        if forbidden(whole) is None:  # no text has a NUL: escaped together they can be told apart
            pieces[1::3] = escaped("\0".join(texts)).split("\0")
        elif looked:
            return None
        else:
            pieces[1::3] = map(text, texts)
    return "".join(pieces)


def item_uris(items: Values, nodes: Nodes) -> list[str]:
    """The address of every item as an attribute: its own, or the record's with a number from the second on.

    >>> item_uris([{}, {"uri": "urn:a"}, {}], Nodes(None, "b", "https://a.example.jp/1#item"))
    ['https://a.example.jp/1#item', 'urn:a', 'https://a.example.jp/1#item3']
    """
    found: list[str] = []
    base = address(nodes.items)
    for number, item in enumerate(items, start=1):
        own = first(item["uri"]) if "uri" in item and isinstance(item, dict) else None
        found.append(address(own) if own else base if number == 1 else f"{base}{number}")
    return found


def head(spaces: Mapping[str, str] | None = None) -> str:
    """The start tag of ``rdf:RDF`` with the seven namespaces NDL declares."""
    spaces = model().namespaces if spaces is None else spaces
    return _RDF_HEAD + "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items()) + ">"


def oai_header(name: str, datestamp: str, sets: Iterable[str] = (), *, deleted: bool = False) -> str:
    """The header of an OAI-PMH 2.0 record."""
    status = ' status="deleted"' if deleted else ""
    inside = f"<identifier>{text(name)}</identifier><datestamp>{text(datestamp)}</datestamp>"
    inside += "".join(f"<setSpec>{text(one)}</setSpec>" for one in sets)
    return f"<header{status}>{inside}</header>"
