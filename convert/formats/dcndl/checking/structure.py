"""The three nodes and what links them; datatypes and languages of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Finding
from convert.formats.dcndl.checking.view import Found, View
from convert.formats.dcndl.model import model
from convert.formats.dcndl.reading import RECORD, RESOURCE, address_of, node_of
from convert.formats.dcndl.writer import Marked, each, first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LINK: Final = b'<dcndl:record rdf:resource="'
_ADMIN: Final = b"<dcndl:BibAdminResource "
_END: Final = b"</dcndl:BibAdminResource>"
NAMES: Final = {"admin": "dcndl:BibAdminResource", "bib": "dcndl:BibResource", "item": "dcndl:Item"}


_MARKS: Final = frozenset(
    (
        "datatype",
        "lang",
        "valueLang",
        "yomiLang",
        "nameLang",
        "titleLang",
        "roleLang",
        "descriptionLang",
        "locationLang",
        "creatorLang",
    )
)
"""Members in which the reader keeps marks that NDL's own records do not have."""


def check(view: View) -> Iterator[Finding]:
    """What is odd about the nodes of a record and the marks of its texts."""
    if not _linked(view):
        yield from _nodes(view)
    yield from _items(view.body)
    yield from _marks(view.body)


def _linked(view: View) -> bool:
    """Whether one administrative node points to the description: seen in the text, without parsing it."""
    uri = first(view.body.get("uri"))
    if uri is None or "adminUri" not in view.body or view.data.count(_ADMIN) != 1:
        return False
    if "item" in view.body and not all(item.get("uri") for item in view.body["item"]):
        return False
    admin = view.data.partition(_END)[0]
    link = _LINK + uri.replace("&", "&amp;").encode("utf-8", "surrogatepass") + b'"'
    return link in admin and admin.count(b"<dcndl:record") == 1


def _nodes(view: View) -> Iterator[Finding]:
    """The nodes by their elements."""
    admin, bib = view.node("admin"), view.node("bib")
    for node in view.nodes:
        kind = node_of(node)
        if kind is not None and not address_of(node):
            yield Found("NDL-FILE-ABOUT", None, slots={"node": NAMES[kind]}, element=node)
    if admin is None:
        yield Found("NDL-FILE-ADMIN", None, element=bib)
        return
    links = list(admin.iterchildren(RECORD))
    uri = address_of(bib) if bib is not None else None
    if not links:
        yield Found("NDL-FILE-LINK-MISSING", None, suggestion=uri, element=admin)
    for link in links:
        told = address_of(link[0]) if len(link) else link.get(RESOURCE)
        if told != uri:
            yield Found("NDL-FILE-LINK", None, value=told, suggestion=uri, element=link)


def _items(body: Mapping[str, Any]) -> Iterator[Finding]:
    items = body.get("item", ())
    uris = [item.get("uri") for item in items]
    if len(set(uris)) == len(uris):
        return
    known: set[str] = set()
    for index, uri in enumerate(uris):
        if uri is not None and uri in known:
            yield Finding("NDL-FILE-ITEM-TWICE", "item", index, uri)
        known.add(uri)


# ── Datatypes and languages ──────────────────────────────────────────────────────────────────────


def _marks(body: Mapping[str, Any]) -> Iterator[Finding]:
    names = model().names
    for name, values in body.items():
        known = names.get(name)
        if known is None:
            continue
        for index, value in enumerate(values):
            kind = value.__class__
            if kind is str or (kind is dict and name != "item" and _MARKS.isdisjoint(value)):
                continue
            if name == "item":
                yield from _item(value, index)
            else:
                yield from _marked(value, known.datatype, known.element, name, index)


def _item(item: Mapping[str, Any], index: int) -> Iterator[Finding]:
    known = model().members["item"]
    for key, given in item.items():
        if given.__class__ is not str and key in known:
            for value in each(given):
                if value.__class__ is str or (value.__class__ is dict and _MARKS.isdisjoint(value)):
                    continue
                yield from _marked(value, known[key].datatype, known[key].element, "item", index)


def _marked(value: Any, wanted: str | None, element: str, name: str, index: int) -> Iterator[Finding]:
    """What is said of the datatype and the language of one value."""
    text, given = None, None
    if value.__class__ is Marked:
        text, given = str(value), value.marks.get("datatype")
        lang = value.marks.get("lang")
    elif value.__class__ is dict:
        text, given = first(value), value.get("datatype")
        lang = value.get("lang") or next((part for key, part in value.items() if key.endswith("Lang")), None)
    else:
        return
    if given is not None:
        slots = {"name": element, "given": given or "—", "wanted": wanted or "—"}
        code = "NDL-FILE-DATATYPE" if wanted or value.__class__ is Marked else "NDL-FILE-TYPE"
        yield Finding(code, name, index, text, slots, suggestion=wanted)
    if lang is not None:
        yield Finding("NDL-FILE-LANG", name, index, text, {"name": element, "lang": lang})
