"""DC-NDL(RDF) as RDF/XML text: one small writer for each kind of element, tied to the names of the model once.

Values are what a mapping makes (``str``, :class:`Text`, objects whose members are lists) or what the reader gives
(objects whose members are texts); both are written alike. Nothing is looked up in a tree and none is built. What is
written is always well-formed: see ``escape``. What would be odd is for the checks to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.formats.dcndl.escape import address, attribute, class_mark, special, text
from convert.formats.dcndl.model import DCNDL, Name, Type, model
from convert.model import Text

if TYPE_CHECKING:
    from convert.formats.dcndl.model import Model

Values = Sequence[Any]
Add = Callable[[str], None]
Write = Callable[[Values, Add], None]
PAD = "\n    "
INNER = "\n      "
DEEP = "\n        "
_RDF_HEAD = "<rdf:RDF"


class Marked(str):
    """A text as it was read, with what the model does not expect of it: ``lang``, ``datatype`` (empty: none)."""

    __slots__ = ("marks",)

    def __new__(cls, value: str, **marks: str) -> Marked:
        """Make one."""
        made = super().__new__(cls, value)
        made.marks = marks
        return made

    marks: dict[str, str]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The addresses of a record's nodes. ``admin`` None: there is no such node. ``items`` stands before the number."""

    admin: str | None
    bib: str
    items: str

    @classmethod
    def of(cls, values: Mapping[str, Values], base: str) -> Nodes:
        """The addresses that the values give, else those made of ``base``, as NDL makes them."""
        uri, admin = first(values.get("uri")), first(values.get("adminUri"))
        if uri is not None:
            base = uri.removesuffix("#material")
        elif admin is not None:
            base = admin
        return cls(admin or base, uri or f"{base}#material", f"{base}#item")


def first(values: Any) -> str | None:
    """The first text of a list of values, or of a value alone.

    >>> first([Text("a", "b"), "c"]), first("d"), first([])
    ('a', 'd', None)
    """
    value = values
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    if isinstance(value, dict):
        return first(next((value[key] for key in ("value", "name", "uri", "title") if key in value), None))
    if isinstance(value, Text):
        value = value.value
    return None if value is None else str(value)


def each(values: Any) -> Values:
    """The values of a member, which may stand alone."""
    if isinstance(values, list | tuple):
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
    """Makes the writer of one element, by its kind. ``langs``: whether ``xml:lang`` is written.

    ``version`` 3 adds members that are inferred from programs which read that version.
    """

    def __init__(self, known: Model, version: int, *, langs: bool) -> None:
        self.model = known
        self.version = version
        self.langs = langs

    def writer(self, name: Name, pad: str = PAD) -> Write | None:
        """The writer of one name; None for what stands elsewhere (addresses of nodes, the header)."""
        kind = getattr(self, name.kind, None)
        if name.version is not None and name.version != self.version:
            return None
        return kind(name, pad) if kind is not None else None

    def literal(self, name: Name, pad: str) -> Write:
        """``<x>text</x>``, with the model's datatype or the value's own."""
        start = f"{pad}<{name.element}{_datatype(name.datatype)}>"
        end = f"</{name.element}>"

        def write(values: Values, add: Add) -> None:
            for value in values:
                if value.__class__ is str:
                    add(f"{start}{value if special(value) is None else text(value)}{end}")
                else:
                    add(self._described(value, name, pad))

        return write

    def _described(self, value: Any, name: Name, pad: str) -> str:
        found = members(value, "value")
        datatype = found.get("datatype", name.datatype)
        marks = _datatype(datatype) or self._lang(found.get("lang"))
        return f"{pad}<{name.element}{marks}>{text(first(found.get('value')) or '')}</{name.element}>"

    def _lang(self, lang: Any) -> str:
        return f' xml:lang="{attribute(str(first(lang)))}"' if lang and self.langs else ""

    def typed(self, name: Name, pad: str) -> Write:
        """``<x rdf:datatype="…">text</x>``; the datatype is the type of the value."""
        types = self.model.types[name.types or ""]
        starts = {key: f'{pad}<{name.element} rdf:datatype="{known.datatype}">' for key, known in types.items()}
        end = f"</{name.element}>"

        def write(values: Values, add: Add) -> None:
            for value in values:
                start = starts.get(value.type) if value.__class__ is Text and value.type else None
                if start is not None and value.value.__class__ is str:
                    add(f"{start}{text(value.value)}{end}")
                else:
                    add(self._typed(value, name, types, pad))

        return write

    def _typed(self, value: Any, name: Name, types: Mapping[str, Type], pad: str) -> str:
        found = members(value, "value")
        kind = first(found.get("type"))
        datatype = first(found.get("datatype"))
        if kind is not None:
            datatype = types[kind].datatype if kind in types else DCNDL + kind
        marks = _datatype(datatype) or self._lang(found.get("lang"))
        return f"{pad}<{name.element}{marks}>{text(first(found.get('value')) or '')}</{name.element}>"

    def structure(self, name: Name, pad: str) -> Write:
        """A node with ``rdf:value`` and its reading."""
        general = self._nested(name, "rdf:Description", "structure", "value", pad)
        return self._paired(name, "rdf:Description", "rdf:value", general, pad)

    def agent(self, name: Name, pad: str) -> Write:
        """A ``foaf:Agent`` with its name and reading."""
        general = self._nested(name, "foaf:Agent", "agent", "name", pad)
        return self._paired(name, "foaf:Agent", "foaf:name", general, pad)

    def _paired(self, name: Name, node: str, main: str, general: Callable[[Any], str], pad: str) -> Write:
        """The short way of texts with or without a reading."""
        inner = pad + "  "
        start = f"{pad}<{name.element}>{inner}<{node}>{inner}  <{main}>"
        middle = f"</{main}>{inner}  <dcndl:transcription>"
        single = f"</{main}>{inner}</{node}>{pad}</{name.element}>"
        paired = f"</dcndl:transcription>{inner}</{node}>{pad}</{name.element}>"

        def write(values: Values, add: Add) -> None:
            for value in values:
                if value.__class__ is str:
                    add(f"{start}{text(value)}{single}")
                elif value.__class__ is Text and value.lang is None and value.yomi is not None:
                    add(f"{start}{text(str(value.value))}{middle}{text(value.yomi)}{paired}")
                else:
                    add(general(value))

        return write

    def part(self, name: Name, pad: str) -> Write:
        """A node with the title of a part and what belongs to it."""
        general = self._nested(name, "rdf:Description", "part", "title", pad)

        def write(values: Values, add: Add) -> None:
            for value in values:
                add(general(value))

        return write

    def _nested(self, name: Name, node: str, kind: str, main: str, pad: str) -> Callable[[Any], str]:
        """Any object: a node inside the element, its members in order, what else it had when it was read."""
        inner = pad + "  "
        own = [
            (member.name, f"{inner}  <{member.element}", f"</{member.element}>")
            for member in self.model.members[kind].values()
            if member.kind == "literal" and member.element[0] != "@" and member.version in (None, self.version)
        ]

        def write(value: Any) -> str:
            found = members(value, main)
            uri = first(found.get("uri"))
            about = f' rdf:about="{address(uri)}"' if uri else ""
            pieces = [f"{pad}<{name.element}>{inner}<{node}{about}>"]
            for key, start, end in own:
                given = found.get(key)
                if given is None:
                    continue
                lang = found.get(f"{key}Lang") or (found.get("lang") if key == main else None)
                marks = self._lang(lang) if lang else ""
                pieces += [f"{start}{marks}>{text(str(first(part)))}{end}" for part in each(given)]
                if key == main and isinstance(given, list) and given and isinstance(given[0], Text) and given[0].yomi:
                    found = {"yomi": given[0].yomi} | dict(found)
            pieces += [inner + "  " + raw for raw in found.get("raw", ())]
            pieces.append(f"{inner}</{node}>{pad}</{name.element}>")
            return "".join(pieces)

        return write

    def link(self, name: Name, pad: str) -> Write:
        """``<x rdf:resource="…"/>``, with a label or not."""
        start = f'{pad}<{name.element} rdf:resource="'

        def write(values: Values, add: Add) -> None:
            for value in values:
                if value.__class__ is str:
                    add(f'{start}{address(value)}"/>')
                else:
                    add(_resource(name.element, members(value, "uri"), pad))

        return write

    def material(self, name: Name, pad: str) -> Write:
        """A material type by its address, code or label, written with address and label."""
        known = {
            word: f'{pad}<{name.element} rdf:resource="{entry.uri}" rdfs:label="{entry.ja}"/>'
            for entry in self.model.materials.values()
            for word in (entry.uri, entry.code)
        }

        def write(values: Values, add: Add) -> None:
            for value in values:
                line = known.get(value) if value.__class__ is str else None
                add(line or self._material(value, name, pad))

        return write

    def _material(self, value: Any, name: Name, pad: str) -> str:
        found = members(value, "uri")
        uri = first(found.get("uri")) or ""
        if not isinstance(value, dict) and (entry := self.model.material(uri)) is not None:
            found = {"uri": entry.uri, "label": entry.ja}
        return _resource(name.element, found, pad)

    def subject(self, name: Name, pad: str) -> Write:
        """A heading as a node, or a class as an address."""
        types = self.model.types["subject"]
        headings = self._nested(name, "rdf:Description", "structure", "value", pad)

        def write(values: Values, add: Add) -> None:
            for value in values:
                found = members(value, "value")
                mark, kind = first(found.get("value")), types.get(first(found.get("type")) or "")
                if kind is not None and kind.resource is not None and mark is not None:
                    uri = f"{kind.resource}{class_mark(mark)}{kind.end}"
                    add(_resource(name.element, {**found, "uri": uri}, pad))
                elif mark is None and "raw" not in found:
                    add(_resource(name.element, found, pad))
                else:
                    add(headings(found))

        return write

    def collection(self, name: Name, pad: str) -> Write:
        """All values as one list of nodes, each with a title."""
        inner = pad + "  "

        def write(values: Values, add: Add) -> None:
            add(f'{pad}<{name.element} rdf:parseType="Collection">')
            for value in values:
                found = members(value, "title")
                uri = first(found.get("uri"))
                about = f' rdf:about="{address(uri)}"' if uri else ""
                add(f"{inner}<rdf:Description{about}>")
                lang = self._lang(found.get("titleLang") or found.get("lang"))
                for part in each(found.get("title")):
                    add(f"{inner}  <dcterms:title{lang}>{text(str(first(part)))}</dcterms:title>")
                for raw in found.get("raw", ()):
                    add(f"{inner}  {raw}")
                add(f"{inner}</rdf:Description>")
            add(f"{pad}</{name.element}>")

        return write


def _datatype(datatype: str | None) -> str:
    return f' rdf:datatype="{address(datatype)}"' if datatype else ""


def _resource(element: str, found: Mapping[str, Any], pad: str) -> str:
    uri, label = first(found.get("uri")), first(found.get("label"))
    resource = f' rdf:resource="{address(uri)}"' if uri else ""
    marks = f' rdfs:label="{attribute(label)}"' if label else ""
    return f"{pad}<{element}{resource}{marks}/>"


# ── Items ────────────────────────────────────────────────────────────────────────────────────────


class ItemWriter:
    """Writes the members of one ``dcndl:Item``."""

    def __init__(self, kinds: Kinds) -> None:
        self._holder = {
            member.name: member.datatype
            for member in kinds.model.members["item"].values()
            if member.element.startswith("dcndl:holdingAgent")
        }
        self._members: list[tuple[str, Write]] = []
        for member in kinds.model.members["item"].values():
            writer = kinds.writer(member) if member.name not in self._holder else None
            if writer is not None:
                self._members.append((member.name, writer))

    @property
    def names(self) -> set[str]:
        """The members this writer writes."""
        return {name for name, _ in self._members} | set(self._holder) | {"uri"}

    def write(self, item: Mapping[str, Any], uri: str, add: Add) -> None:
        """Add one item."""
        add(f'\n  <dcndl:Item rdf:about="{address(uri)}">')
        if not self._holder.keys().isdisjoint(item):
            self._write_holder(item, add)
        for name, write in self._members:
            if name in item:
                write(each(item[name]), add)
        for raw in item.get("raw", ()):
            add(PAD + raw)
        add("\n  </dcndl:Item>")

    def _write_holder(self, item: Mapping[str, Any], add: Add) -> None:
        uri, library, code = (first(item.get(key)) for key in ("libraryUri", "library", "libraryCode"))
        yomi = first(item.get("libraryYomi"))
        given = each(item.get("library"))
        if yomi is None and given and isinstance(given[0], Text):
            yomi = given[0].yomi
        about = f' rdf:about="{address(uri)}"' if uri else ""
        add(f"{PAD}<dcndl:holdingAgent>{INNER}<foaf:Agent{about}>")
        if library is not None:
            add(f"{DEEP}<foaf:name>{text(library)}</foaf:name>")
        if yomi is not None:
            add(f"{DEEP}<dcndl:transcription>{text(yomi)}</dcndl:transcription>")
        if code is not None:
            mark = _datatype(self._holder["libraryCode"])
            add(f"{DEEP}<dcterms:identifier{mark}>{text(code)}</dcterms:identifier>")
        for raw in item.get("libraryRaw", ()):
            add(DEEP + raw)
        add(f"{INNER}</foaf:Agent>{PAD}</dcndl:holdingAgent>")


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


class Writer:
    """Writes records as the nodes NDL writes: management, description, links to the items, items.

    ``version`` 2 is DC-NDL(RDF) 2.2; 3 is known in part only (the links to the items stand in the description).
    ``langs``: write ``xml:lang``, which no record of version 2 that was seen has. ``names``: those that may come.
    """

    def __init__(self, version: int = 2, *, langs: bool = True, names: Iterable[str] | None = None) -> None:
        known = model()
        self.version = version
        kinds = Kinds(known, version, langs=langs)
        wanted = set(known.names if names is None else names)
        self._items = ItemWriter(kinds)
        self._admin = self._writers(kinds, known, "admin", wanted)
        self._bib = self._writers(kinds, known, "bib", wanted - {"itemUri", "item"})

    @staticmethod
    def _writers(kinds: Kinds, known: Model, node: Any, wanted: set[str]) -> list[tuple[str, Write]]:
        found = []
        for name in known.of(node):
            writer = kinds.writer(name) if name.name in wanted else None
            if writer is not None:
                found.append((name.name, writer))
        return found

    @property
    def names(self) -> set[str]:
        """The target names this writer writes."""
        around = {"uri", "adminUri", "oai", "item", "itemUri"}
        return {name for name, _ in (*self._admin, *self._bib)} | around

    @property
    def item_members(self) -> set[str]:
        """The members of an item this writer writes."""
        return self._items.names

    def nodes(self, values: Mapping[str, Values], nodes: Nodes) -> str:
        """The nodes of one record, as they stand inside ``rdf:RDF``."""
        pieces: list[str] = []
        add = pieces.append
        get = values.get
        bib = address(nodes.bib)
        if nodes.admin is not None:
            add(f'\n  <dcndl:BibAdminResource rdf:about="{address(nodes.admin)}">')
            for name, write in self._admin:
                if given := get(name):
                    write(given, add)
            for raw in get("adminRaw", ()):
                add(PAD + raw)
            add(f'{PAD}<dcndl:record rdf:resource="{bib}"/>\n  </dcndl:BibAdminResource>')
        add(f'\n  <dcndl:BibResource rdf:about="{bib}">')
        for name, write in self._bib:
            if given := get(name):
                write(given, add)
        for raw in get("raw", ()):
            add(PAD + raw)
        self._linked(values, nodes, bib, pieces)
        return "".join(pieces)

    def _linked(self, values: Mapping[str, Values], nodes: Nodes, bib: str, pieces: list[str]) -> None:
        """Close the description, link the items, write them."""
        add = pieces.append
        items = values.get("item") or ()
        uris = item_uris(items, nodes)
        further = [uri for value in values.get("itemUri", ()) if (uri := first(value)) and uri not in uris]
        links = "".join(f'{PAD}<dcndl:record rdf:resource="{address(uri)}"/>' for uri in (*uris, *further))
        if links and self.version == 3:
            add(links)
        add("\n  </dcndl:BibResource>")
        if links and self.version == 2:
            add(f'\n  <dcndl:BibResource rdf:about="{bib}">{links}\n  </dcndl:BibResource>')
        for item, uri in zip(items, uris, strict=True):
            self._items.write(item if isinstance(item, dict) else {}, uri, add)


def item_uris(items: Values, nodes: Nodes) -> list[str]:
    """The address of every item: its own, or the record's with a number from the second on.

    >>> item_uris([{}, {"uri": "urn:a"}, {}], Nodes(None, "b", "https://a.example.jp/1#item"))
    ['https://a.example.jp/1#item', 'urn:a', 'https://a.example.jp/1#item3']
    """
    found = []
    for number, item in enumerate(items, start=1):
        own = first(item.get("uri")) if isinstance(item, dict) else None
        found.append(own or (nodes.items if number == 1 else f"{nodes.items}{number}"))
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
