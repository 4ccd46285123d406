"""What the union catalogue common format holds of DC-NDL, found out by trying: every name of the model is written to a
.dat by ``dcndl/dcndl-to-somoku``, read again by ``somoku/somoku-to-dcndl-tidied``, and compared.

Only the reasons are written by hand (``somoku-held.toml``).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import convert
from convert.formats.dcndl.model import model
from convert.formats.dcndl.writer import Nodes, Writer, head
from convert.formats.somoku import DEFAULT
from convert.formats.somoku.reader import SomokuReader
from convert.source import Source
from convert.transforms.kana import halfwidth
from convert.transforms.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.dcndl.model import Name

Held = Literal["whole", "part", "no"]
Body = dict[str, list[Any]]
GIVEN = {"uri", "adminUri", "itemUri"}
"""Names of nodes: they are made anew."""
TEXTS = {
    "publicationPlace": "JP", "date": "2024.1", "issued": "2024-01", "dateAccepted": "2024-05-01", "language": "ain",
    "dateDigitized": "2025-01-31", "originalLanguage": "eng", "extent": "107p ; 22cm", "format": "image/jp2",
    "JPNO": "99000004", "ISBN": "9784949000017", "NDC10": "913.6", "NDC9": "913.6", "NDC8": "913.6", "NDC": "913.6",
    "libraryCode": "9912", "bibID": "B0000009",
}  # fmt: skip
"""Where any text would not do."""
MORE: dict[str, list[Body]] = {
    "displayTitle": [
        {"title": [{"value": "見本"}], "displayTitle": ["見本"]},
        {"title": [{"value": "見本"}], "displayTitle": ["見本 = Sample"]},
    ],
    "issued": [{"issued": ["2024-01"]}, {"date": ["2024年初夏"], "issued": ["2024"]}, {"issued": ["2023", "2024"]}],
    "title": [{"title": [{"value": "見本 : 副題"}]}],
    "seriesTitle": [{"seriesTitle": [{"value": "見本叢書 ; 5"}, {"value": "例示"}]}],
    "extent": [{"extent": ["107p ; 22cm"]}, {"extent": ["107p ; 22cm", "CD1枚 ; 12cm"]}],
    "price": [{"price": ["1500円 (税込)"]}],
    "creator": [{"creator": [{"name": "架空, 太郎", "yomi": "カクウ, タロウ"}, {"name": "例示, 花子"}]}],
    "publisher.location": [
        {"publisher": [{"name": "架空出版", "location": "架空町"}, {"name": "例示書店", "location": "例示町"}]},
        {"publisher": [{"name": "架空出版"}, {"name": "例示書店", "location": "例示町"}]},
    ],
    "item.libraryCode": [
        {"item": [{"bibID": "B1", "libraryCode": "9911"}]},
        {"item": [{"bibID": "B1", "libraryCode": "9911"}, {"bibID": "B2", "libraryCode": "9912"}]},
    ],
    "item.library": [
        {"item": [{"bibID": "B1", "libraryCode": "9911", "library": "架空県立図書館"}]},
        {"item": [{"bibID": "B1", "libraryCode": "9912", "library": "架空町立図書館"}]},
    ],
    "item.description": [
        {"item": [{"bibID": "B1", "description": ["配置場所 : 書庫", "郷土資料"]}]},
        {"item": [{"bibID": "B1", "description": ["所蔵場所 : 書庫"]}]},
    ],
    "item": [{"item": [{"bibID": "B1", "subID": "1"}, {"bibID": "B1", "subID": "2"}]}],
    "bibRecordCategory": [{"bibRecordCategory": ["R999999999"]}],
}
"""What is tried beside, or instead of, one text."""


@dataclass(frozen=True, slots=True)
class Row:
    """A name, a member (``creator.yomi``) or a kind (``subject[NDC9]``): what is tried of it, and what came of it."""

    key: str
    name: Name
    samples: tuple[Body, ...]
    member: str | None = None
    type: str | None = None
    held: Held = "no"
    elements: tuple[str, ...] = ()

    def values(self, body: Body) -> list[list[str]]:
        """What stands there in a record, node by node."""
        found = []
        for value in body.get(self.top, ()):
            if isinstance(value, str):
                found.append([value])
            elif self.type is None or value.get("type", "") == self.type:
                found.append(_all_texts(value.get(self.member or _main(value), "")))
        return found

    @property
    def top(self) -> str:
        """The target name it belongs to."""
        return self.key.partition(".")[0].partition("[")[0]


def _main(value: dict[str, Any]) -> str:
    return next((key for key in ("value", "name", "title", "bibID", "label", "uri") if key in value), "")


# ── What is tried ────────────────────────────────────────────────────────────────────────────────


def rows() -> Iterator[Row]:
    """Every name of version 2 of the model, with its members and kinds."""
    for name in (*model().of("admin"), *model().of("bib")):
        if name.name in GIVEN or name.version == 3:
            continue
        types = list(model().types[name.types]) if name.types else []
        if name.types in ("spatial", "temporal"):
            types = []
        for kind in [*types, *([""] if name.kind == "subject" else [])]:
            yield _row(f"{name.name}[{kind}]", name, None, kind)
        if not types:
            yield _row(name.name, name, None, None)
        for member in model().members.get(name.kind, {}).values():
            if member.name not in ("type", "value", "name", "title") and member.version != 3 and _has(name, member):
                yield _row(f"{name.name}.{member.name}", member, member.name, None)


def _has(name: Name, member: Name) -> bool:
    if name.kind in ("typed", "literal", "material", "collection") or (name.kind == "link" and not name.labelled):
        return False
    return not (name.kind == "link" and member.name == "uri")


def _row(key: str, name: Name, member: str | None, kind: str | None) -> Row:
    return Row(key, name, tuple(MORE.get(key) or [_sample(key, name, member, kind)]), member, kind)


def _sample(key: str, name: Name, member: str | None, kind: str | None) -> Body:
    """A record with one text at the place of a row."""
    top = key.partition(".")[0].partition("[")[0]
    text = TEXTS.get(kind or "") or TEXTS.get(name.name) or "ミホン"
    if name.kind in ("about", "link"):
        text = f"https://example.jp/{top}"
    if member is not None:
        beside = {"structure": "value", "agent": "name", "subject": "value", "part": "title", "item": "subID"}
        whole = model().names[top].kind
        value: Any = {member: text, beside.get(whole, "uri"): "見本" if whole != "link" else "https://example.jp/a"}
        if whole == "item":
            value = {"bibID": "B0000001", "libraryCode": "9911", member: text}
    elif kind is not None:
        about = model().types[name.types or ""][kind].about if kind else None
        value = {"value": text} | ({"type": kind} if kind else {}) | ({"uri": f"{about}99999999"} if about else {})
    elif name.kind == "material":
        return {top: [{"uri": one.uri, "label": one.ja} for one in model().materials.values()]}
    elif name.kind in ("structure", "agent", "part", "typed"):
        value = {{"agent": "name", "part": "title"}.get(name.kind, "value"): text}
    elif name.kind == "link" and name.labelled:
        value = {"uri": text}
    else:
        value = text
    return {top: [value]}


# ── Trying it ────────────────────────────────────────────────────────────────────────────────────


def tried() -> list[Row]:
    """Every row with what came of it."""
    found = list(rows())
    sent = [(number, sample) for number, row in enumerate(found) for sample in row.samples]
    with tempfile.TemporaryDirectory() as name:
        records = _there_and_back(Path(name), [sample for _, sample in sent])
    verdicts: list[list[tuple[Held, tuple[str, ...]]]] = [[] for _ in found]
    for (number, _), (before, between, after) in zip(sent, records, strict=True):
        row = found[number]
        verdicts[number].append((_held(row, before, after), _elements(_all_texts(row.values(before)), between)))
    return [_judged(row, own) for row, own in zip(found, verdicts, strict=True)]


def _judged(row: Row, verdicts: list[tuple[Held, tuple[str, ...]]]) -> Row:
    kinds = {held for held, _ in verdicts}
    elements = tuple(dict.fromkeys(name for _, names in verdicts for name in names))
    held: Held = "part" if len(kinds) > 1 else kinds.pop()
    return replace(row, held=held, elements=() if held == "no" else elements)


def _held(row: Row, before: Body, after: Body) -> Held:
    wanted = row.values(before)
    if not any(map(any, wanted)):
        raise LookupError(row.key)
    if row.values(after) == wanted:
        return "whole"
    kept = set(_all_texts(after))
    return "part" if any(text in kept for text in _all_texts(wanted)) else "no"


def _all_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value
    return [text for one in inside for text in _all_texts(one) if text]


def _elements(texts: list[str], between: list[tuple[str, str]]) -> tuple[str, ...]:
    """The elements in which the texts, or parts of them, stand."""
    parts = {part for text in texts for part in (text, *text.split(" ; "), *text.split(" : "))}
    return tuple(dict.fromkeys(name for name, text in between if halfwidth(safe(text), jis=True) in parts))


def _there_and_back(folder: Path, samples: list[Body]) -> Iterator[tuple[Body, list[tuple[str, str]], Body]]:
    """Each sample as it was, as the elements of a .dat, and as it comes back."""
    writer, (sent, dat, back) = Writer(), (folder / name for name in ("in.rdf", "by.dat", "out.rdf"))
    with sent.open("w", encoding="utf-8") as out:
        out.write(head())
        for number, sample in enumerate(samples):
            base = f"https://opac.example.jp/bib/T{number:04d}"
            nodes = Nodes(base, f"{base}#material", f"{base}#item")
            out.write(writer.nodes({"title": [{"value": "題"}], **sample}, nodes))
        out.write("\n</rdf:RDF>\n")
    convert.Job("dcndl/dcndl-to-somoku").run(sent, dat)
    convert.Job("somoku/somoku-to-dcndl-tidied").run(dat, back)
    reader = SomokuReader(Source.of(dat), {"layout": DEFAULT})
    between = [list(reader.walk(record.body)) for record in reader]
    before, after = ([record.body for record in convert.read(path, "dcndl")] for path in (sent, back))
    return zip(before, between, after, strict=True)
