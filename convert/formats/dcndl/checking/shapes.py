"""SHACL shapes of DC-NDL(RDF), generated from the model, for those who work with the graph.

What is known has the severity Violation; what was only read off NDL's own output has Warning, and its messages say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from convert.formats.dcndl.checking.xsd import FORMS
from convert.formats.dcndl.model import Name, model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE: Final = "shapes.ttl"
_SEEN_JA: Final = "NDLの出力例では"
_NESTED: Final = {"structure": "Structure", "agent": "Agent", "part": "Part"}
_HEAD: Final = """\
# Generated from schemas/dcndl/model.yaml; do not edit. Made by mokuroku from records that NDL Search gave out in
# 2021 and 2025; these shapes are not the National Diet Library's.
#   sh:Violation  what NDL or a standard states
#   sh:Warning    what NDL's own records look like: nobody's rule
"""


def shapes() -> str:
    """The shapes as Turtle, to be kept as ``schemas/dcndl/shapes.ttl``."""
    spaces = dict(model().namespaces) | {
        "sh": "http://www.w3.org/ns/shacl#",
        "": "urn:x-mokuroku:dcndl:",
    }
    prefixes = "\n".join(f"@prefix {name}: <{uri}> ." for name, uri in spaces.items())
    parts = [_node("Admin", "dcndl:BibAdminResource", _admin()), _node("Bib", "dcndl:BibResource", _bib())]
    parts += [_node("Item", "dcndl:Item", _item()), *_values()]
    return f"{_HEAD}{prefixes}\n\n" + "\n".join(parts)


def _node(name: str, kind: str | None, properties: Iterable[str]) -> str:
    target = f"    sh:targetClass {kind} ;\n" if kind else ""
    return f":{name} a sh:NodeShape ;\n{target}{''.join(properties)}    .\n"


# ── The three nodes ──────────────────────────────────────────────────────────────────────────────


def _admin() -> Iterator[str]:
    yield from (_property(name) for name in _names("admin"))
    ja, en = (
        f"{_SEEN_JA}、管理情報は書誌情報を指します。",
        "In NDL's own records the administrative node points to a description.",
    )
    yield _shape("dcndl:record", ["sh:minCount 1", "sh:class dcndl:BibResource"], "Warning", ja, en)


def _bib() -> Iterator[str]:
    ja, en = "NDLサーチの書誌にタイトルは欠かせません。", "Every record of NDL Search needs a title."
    path = "[ sh:alternativePath ( dc:title dcterms:title ) ]"
    yield _shape(path, ["sh:minCount 1"], "Violation", ja, en)
    names = [name for name in _names("bib") if name.name not in ("item", "itemUri")]
    yield from (_property(name) for name in names)
    yield _shape("dcndl:record", ["sh:nodeKind sh:IRI"], "Violation", "個体のURIです。", "The address of an item.")


def _item() -> Iterator[str]:
    members = model().members["item"]
    plain = [name for name in members.values() if _plain(name) and name.name not in ("bibID", "subID", "identifier")]
    yield from (_property(name) for name in plain if name.version != 3)
    datatypes = [known.datatype for known in model().types["item"].values()]
    yield _datatypes("dcterms:identifier", datatypes, ("個体の識別子", "identifier of the item"))
    ja, en = (
        f"{_SEEN_JA}、所蔵館は名称と図書館コードを持ちます。",
        "In NDL's own records a library has a name and a code.",
    )
    yield _shape("dcndl:holdingAgent", ["sh:maxCount 1", "sh:node :Holder"], "Warning", ja, en)


def _values() -> Iterator[str]:
    """The nodes that are values."""
    for kind, name in _NESTED.items():
        main = {"structure": "value", "agent": "name", "part": "title"}[kind]
        members = [member for member in model().members[kind].values() if _plain(member) and member.version != 3]
        parts = [_property(member, least=1 if member.name == main else 0) for member in members]
        yield _node(name, None, parts)
    code = model().members["item"]["libraryCode"]
    holder = [
        _shape("foaf:name", ["sh:minCount 1", "sh:maxCount 1"], "Warning", *_seen("名称は1個です", "one name")),
        _shape(
            "dcterms:identifier",
            [f"sh:datatype <{code.datatype}>", f'sh:pattern "^{FORMS["NDLLibCode"]}$"'],
            "Warning",
            *_seen("図書館コードは4桁です", "the library code has four digits"),
        ),
    ]
    yield _node("Holder", None, holder)


def _names(node: str) -> list[Name]:
    return [name for name in model().names.values() if name.node == node and _plain(name) and name.version != 3]


def _plain(name: Name) -> bool:
    return name.kind not in ("about", "header", "item") and "@" not in name.element and "/" not in name.element


# ── Properties ───────────────────────────────────────────────────────────────────────────────────


def _property(name: Name, least: int = 0) -> str:
    """Everything about one property: what it is (by its standard, or as seen), and how often it was seen."""
    least = 1 if name.level == "required" and name.name not in ("title", "displayTitle") else least
    counts = [f"sh:minCount {least}"] if least else []
    counts += [f"sh:maxCount {name.most}"] if name.most else []
    parts = []
    if counts:
        often_ja = "、".join([f"{least} 個以上"] * bool(least) + [f"{name.most} 個まで"] * bool(name.most))
        often_en = " and ".join([f"at least {least}"] * bool(least) + [f"at most {name.most}"] * bool(name.most))
        told = _seen(f"{name.element}（{name.ja}）は{often_ja}です", f"{name.element} ({name.en}): {often_en}")
        parts.append(_shape(name.element, counts, "Warning", *told))
    return "".join([*parts, _kind(name)])


def _kind(name: Name) -> str:
    """What the values of a property are."""
    told = (name.ja, name.en)
    if name.kind in _NESTED:
        return _shape(name.element, [f"sh:node :{_NESTED[name.kind]}"], "Warning", *_form(name))
    if name.kind in ("link", "material"):
        return _shape(name.element, ["sh:nodeKind sh:IRI"], "Warning", *_form(name))
    if name.kind == "subject":
        either = "sh:or ( [ sh:nodeKind sh:IRI ] [ sh:node :Structure ] )"
        return _shape(name.element, [either], "Warning", *_form(name))
    if name.kind == "collection":
        return _shape(name.element, ["sh:nodeKind sh:BlankNodeOrIRI"], "Warning", *_form(name))
    if name.types and name.types in ("identifier", "item"):
        return _datatypes(name.element, [known.datatype for known in model().types[name.types].values()], told)
    if not name.datatype:
        form = FORMS.get(name.name)
        more = [f'sh:pattern "^{_quoted(form)}$"'] if form else []
        return _shape(name.element, ["sh:nodeKind sh:Literal", *more], "Warning", *_form(name))
    form = FORMS.get(name.datatype.rpartition("/")[2])
    typed = _shape(name.element, [f"sh:datatype <{name.datatype}>"], "Warning", *_form(name))
    if form is None:
        return typed
    ja, en = f"{name.ja}が {name.datatype} の形ではありません。", f"{name.en}: not of the form of {name.datatype}."
    return typed + _shape(name.element, [f'sh:pattern "^({_quoted(form)})$"'], "Violation", ja, en)


def _datatypes(path: str, uris: Iterable[str], told: tuple[str, str]) -> str:
    listed = " ".join(f"[ sh:datatype <{uri}> ]" for uri in dict.fromkeys(uris))
    ja, en = f"{told[0]}：知られている種類（rdf:datatype）にありません。", f"{told[1]}: none of the datatypes known."
    return _shape(path, [f"sh:or ( {listed} )"], "Warning", ja, en)


def _form(name: Name) -> tuple[str, str]:
    ja = f"{name.element}（{name.ja}）が、NDLの出力例と違う形です。"
    return ja, f"{name.element} ({name.en}) has another form than in NDL's own records."


def _seen(ja: str, en: str) -> tuple[str, str]:
    return f"{_SEEN_JA}、{ja}。", f"In NDL's own records: {en}."


def _shape(path: str, constraints: list[str], severity: str, ja: str, en: str) -> str:
    lines = [f"sh:path {path}", *constraints, f"sh:severity sh:{severity}", f'sh:message "{ja}"@ja , "{en}"@en']
    return f"    sh:property [ {' ; '.join(lines)} ] ;\n"


def _quoted(form: str) -> str:
    return form.replace("\\", "\\\\").replace('"', '\\"')
