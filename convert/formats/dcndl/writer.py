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
Add = Callable[[tuple[str, ...]], None]
"""Takes pieces by threes: what stands before a text, the text as it is, what stands behind it. So the texts of a whole
record are looked through for characters to be escaped at once.
"""
Write = Callable[[Values, Add], None]
WriteOne = Callable[[Any, Add], None]
MOST_HOLDERS = 2000
"""Libraries whose element is kept to be written again."""
PAD = "\n    "
"""Every property stands on a line of its own, with all that is in it."""
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
    if isinstance(value, list | tuple):
        value = value[0] if value else None
        if value.__class__ is str:
            return value
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
                    add((start, value, end))
                else:
                    add((self._described(value, name, pad), "", ""))

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
                if start is not None and (inside := value.value).__class__ is str:
                    add((start, inside, end))
                else:
                    add((self._typed(value, name, types, pad), "", ""))

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

    def _paired(self, name: Name, node: str, main: str, general: WriteOne, pad: str) -> Write:
        """The short way of texts with or without a reading."""
        start = f"{pad}<{name.element}><{node}><{main}>"
        middle = f"</{main}><dcndl:transcription>"
        single = f"</{main}></{node}></{name.element}>"
        paired = f"</dcndl:transcription></{node}></{name.element}>"

        def write(values: Values, add: Add) -> None:
            for value in values:
                kind = value.__class__
                if kind is Text and value.lang is None and (inside := value.value).__class__ is str:
                    yomi = value.yomi
                    add((start, inside, single) if yomi is None else (start, inside, middle, "", yomi, paired))
                elif kind is str:
                    add((start, value, single))
                else:
                    general(value, add)

        return write

    def part(self, name: Name, pad: str) -> Write:
        """A node with the title of a part and what belongs to it."""
        general = self._nested(name, "rdf:Description", "part", "title", pad)

        def write(values: Values, add: Add) -> None:
            for value in values:
                general(value, add)

        return write

    def _nested(self, name: Name, node: str, kind: str, main: str, pad: str) -> WriteOne:
        """Any object: a node inside the element, its members in order, what else it had when it was read."""
        own = [
            (member.name, f"<{member.element}", f"</{member.element}>")
            for member in self.model.members[kind].values()
            if member.kind == "literal" and member.element[0] != "@" and member.version in (None, self.version)
        ]

        start_tags = f"{pad}<{name.element}><{node}>"
        end_tags = f"</{node}></{name.element}>"
        shapes: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}

        def shape(keys: tuple[str, ...]) -> list[tuple[str, str, str]]:
            """The members of an object that has these, in order; nothing where it has others as well."""
            found = [(key, f"{start}>", end) for key, start, end in own if key in keys]
            if len(found) != len(keys):
                return []
            last, start, end = found[-1]
            found[-1] = (last, start, end + end_tags)
            return [(found[0][0], start_tags + found[0][1], found[0][2]), *found[1:]]

        def write(value: Any, add: Add) -> None:
            """The short way of objects whose members are single texts without marks."""
            if value.__class__ is not dict:
                add((general(value), "", ""))
                return
            keys = tuple(value)
            found = shapes.get(keys)
            if found is None:
                found = shapes[keys] = shape(keys) if keys else []
            pieces: list[str] = []
            for key, start, end in found:
                given = value[key]
                if given.__class__ is list and len(given) == 1:
                    given = given[0]
                if given.__class__ is not str:
                    pieces.clear()
                    break
                pieces += (start, given, end)
            add(tuple(pieces) if pieces else (general(value), "", ""))

        def general(value: Any) -> str:
            found = members(value, main)
            uri = first(found.get("uri"))
            about = f' rdf:about="{address(uri)}"' if uri else ""
            pieces = [f"{pad}<{name.element}><{node}{about}>"]
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

    def link(self, name: Name, pad: str) -> Write:
        """``<x rdf:resource="…"/>``, with a label or not."""
        start = f'{pad}<{name.element} rdf:resource="'

        def write(values: Values, add: Add) -> None:
            for value in values:
                if value.__class__ is str:
                    add((start, "", f'{address(value)}"/>'))
                else:
                    add((_resource(name.element, members(value, "uri"), pad), "", ""))

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
                add((line or self._material(value, name, pad), "", ""))

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

        short = self._paired(name, "rdf:Description", "rdf:value", headings, pad)
        classes = {
            key: (f'{pad}<{name.element} rdf:resource="{known.resource}', f'{known.end}"/>')
            for key, known in types.items()
            if known.resource is not None
        }

        def write(values: Values, add: Add) -> None:
            for value in values:
                if value.__class__ is Text and value.value.__class__ is str:
                    line = classes.get(value.type) if value.type is not None else None
                    if line is None:
                        short((value,), add)
                    else:
                        add((line[0], "", f"{address(class_mark(value.value))}{line[1]}"))
                    continue
                found = members(value, "value")
                mark, kind = first(found.get("value")), types.get(first(found.get("type")) or "")
                if kind is not None and kind.resource is not None and mark is not None:
                    uri = f"{kind.resource}{class_mark(mark)}{kind.end}"
                    add((_resource(name.element, {**found, "uri": uri}, pad), "", ""))
                elif mark is None and "raw" not in found:
                    add((_resource(name.element, found, pad), "", ""))
                else:
                    headings({key: part for key, part in found.items() if key != "type"}, add)

        return write

    def collection(self, name: Name, pad: str) -> Write:
        """All values as one list of nodes, each with a title."""
        inner = pad + "  "

        def write(values: Values, add: Add) -> None:
            add((f'{pad}<{name.element} rdf:parseType="Collection">', "", ""))
            for value in values:
                found = members(value, "title")
                uri = first(found.get("uri"))
                about = f' rdf:about="{address(uri)}"' if uri else ""
                add((f"{inner}<rdf:Description{about}>", "", ""))
                lang = self._lang(found.get("titleLang") or found.get("lang"))
                for part in each(found.get("title")):
                    add((f"{inner}  <dcterms:title{lang}>", str(first(part)), "</dcterms:title>"))
                for raw in found.get("raw", ()):
                    add((f"{inner}  {raw}", "", ""))
                add((f"{inner}</rdf:Description>", "", ""))
            add((f"{pad}</{name.element}>", "", ""))

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

    def __init__(self, kinds: Kinds, wanted: Iterable[str] | None = None) -> None:
        known = kinds.model.members["item"]
        own = [
            name for name in known.values() if wanted is None or name.name in wanted or "holdingAgent" in name.element
        ]
        self._holder = {name.name: name.datatype for name in own if name.element.startswith("dcndl:holdingAgent")}
        self._members: list[tuple[str, Write]] = []
        self._plain: dict[str, tuple[str, str]] = {}
        self._made: dict[tuple[Any, ...], str] = {}
        for member in own:
            writer = kinds.writer(member) if member.name not in self._holder else None
            if writer is not None:
                self._members.append((member.name, writer))
                if member.kind == "literal":
                    start = f"{PAD}<{member.element}{_datatype(member.datatype)}>"
                    self._plain[member.name] = (start, f"</{member.element}>")
        code = _datatype(self._holder["libraryCode"])
        self._code = f"<dcterms:identifier{code}>"

    @property
    def names(self) -> set[str]:
        """The members this writer writes."""
        return {name for name, _ in self._members} | set(self._holder) | {"uri"}

    def write(self, item: Mapping[str, Any], uri: str, add: Add) -> None:
        """Add one item; ``uri`` is an attribute already."""
        add(('\n  <dcndl:Item rdf:about="', "", f'{uri}">'))
        if not self._holder.keys().isdisjoint(item):
            self._write_holder(item, add)
        plain = self._plain
        for name, write in self._members:
            given = item.get(name)
            if given is None:
                continue
            if given.__class__ is not list:
                given = (given,)
            tags = plain.get(name)
            if tags is not None and len(given) == 1 and (value := given[0]).__class__ is str:
                add((tags[0], value, tags[1]))
            else:
                write(given, add)
        for raw in item.get("raw", ()):
            add((PAD + raw, "", ""))
        add(("\n  </dcndl:Item>", "", ""))

    def _write_holder(self, item: Mapping[str, Any], add: Add) -> None:
        get = item.get
        uri, library, yomi, code = get("libraryUri"), get("library"), get("libraryYomi"), get("libraryCode")
        if yomi is None and library is not None and isinstance(held := each(library)[0], Text):
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
            made = self._made[key] = self._holding(*key)
        add((made, "", ""))

    def _holding(
        self, library: str | None, yomi: str | None, code: str | None, uri: str | None, raw: Sequence[str]
    ) -> str:
        about = f' rdf:about="{address(uri)}"' if uri else ""
        pieces = [f"{PAD}<dcndl:holdingAgent><foaf:Agent{about}>"]
        if library is not None:
            pieces.append(f"<foaf:name>{text(library)}</foaf:name>")
        if yomi is not None:
            pieces.append(f"<dcndl:transcription>{text(yomi)}</dcndl:transcription>")
        if code is not None:
            pieces.append(f"{self._code}{text(code)}</dcterms:identifier>")
        return "".join([*pieces, *raw, "</foaf:Agent></dcndl:holdingAgent>"])


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


class Writer:
    """Writes records as the nodes NDL writes: management, description, links to the items, items.

    ``version`` 2 is DC-NDL(RDF) 2.2; 3 is known in part only (the links to the items stand in the description).
    ``langs``: write ``xml:lang``, which no record of version 2 that was seen has. ``names`` and ``item_members``: those
    that may come.
    """

    def __init__(
        self,
        version: int = 2,
        *,
        langs: bool = True,
        names: Iterable[str] | None = None,
        item_members: Iterable[str] | None = None,
    ) -> None:
        known = model()
        self.version = version
        kinds = Kinds(known, version, langs=langs)
        wanted = set(known.names if names is None else names)
        self._items = ItemWriter(kinds, item_members)
        self._admin = self._writers(kinds, known, "admin", wanted)
        self._bib = self._writers(kinds, known, "bib", wanted - {"itemUri", "item"})

    @staticmethod
    def _writers(kinds: Kinds, known: Model, node: Any, wanted: set[str]) -> list[tuple[str, Write, str, str]]:
        """The names of a node, their writers, and the tags around a single text, where they are always the same."""
        found = []
        for name in known.of(node):
            writer = kinds.writer(name) if name.name in wanted else None
            if writer is not None:
                literal = name.kind == "literal"
                start = f"{PAD}<{name.element}{_datatype(name.datatype)}>" if literal else ""
                found.append((name.name, writer, start, f"</{name.element}>"))
        return found

    @property
    def names(self) -> set[str]:
        """The target names this writer writes."""
        around = {"uri", "adminUri", "oai", "item", "itemUri"}
        return {entry[0] for entry in (*self._admin, *self._bib)} | around

    @property
    def item_members(self) -> set[str]:
        """The members of an item this writer writes."""
        return self._items.names

    def nodes(self, values: Mapping[str, Values], nodes: Nodes) -> str:
        """The nodes of one record, as they stand inside ``rdf:RDF``."""
        pieces: list[str] = []
        add = pieces.extend
        get = values.get
        bib = address(nodes.bib)
        if nodes.admin is not None:
            add(('\n  <dcndl:BibAdminResource rdf:about="', "", f'{address(nodes.admin)}">'))
            for name, write, _, _ in self._admin:
                if given := get(name):
                    write(given, add)
            for raw in get("adminRaw", ()):
                add((PAD + raw, "", ""))
            add((f'{PAD}<dcndl:record rdf:resource="{bib}"/>', "", "\n  </dcndl:BibAdminResource>"))
        add(('\n  <dcndl:BibResource rdf:about="', "", f'{bib}">'))
        for name, write, start, end in self._bib:
            if given := get(name):
                if start and len(given) == 1 and (value := given[0]).__class__ is str:
                    add((start, value, end))
                else:
                    write(given, add)
        for raw in get("raw", ()):
            add((PAD + raw, "", ""))
        self._linked(values, nodes, bib, add)
        texts = pieces[1::3]
        if special("".join(texts)) is not None:
            pieces[1::3] = map(text, texts)
        return "".join(pieces)

    def _linked(self, values: Mapping[str, Values], nodes: Nodes, bib: str, add: Add) -> None:
        """Close the description, link the items, write them."""
        items = values.get("item") or ()
        uris = item_uris(items, nodes)
        all_uris = uris
        if "itemUri" in values:
            all_uris = list(dict.fromkeys([*uris, *(address(first(value) or "") for value in values["itemUri"])]))
        links = "".join([f'{PAD}<dcndl:record rdf:resource="{uri}"/>' for uri in all_uris])
        end = "\n  </dcndl:BibResource>"
        if links and self.version == 3:
            add((links, "", ""))
        add((end, "", ""))
        if links and self.version == 2:
            add((f'\n  <dcndl:BibResource rdf:about="{bib}">', "", links + end))
        for item, uri in zip(items, uris, strict=True):
            self._items.write(item if isinstance(item, dict) else {}, uri, add)


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
