"""Small made-up catalogues in every format whose files can be cut into records."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.formats.base import TargetRule
from convert.formats.somoku.target import SomokuTarget
from convert.model import Location, Mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:dcndl="http://ndl.go.jp/dcndl/terms/" xmlns:foaf="http://xmlns.com/foaf/0.1/" '
    'xmlns:owl="http://www.w3.org/2002/07/owl#">'
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
LAYOUT = "somoku-3-draft"


@dataclass(frozen=True)
class Book:
    """One title. ``stamp``: the record's own date."""

    id: str
    title: str
    date: str = "1999.4"
    material: str = "図書"
    marc: str | None = None
    yomi: str | None = "カクウノホン"
    stamp: str = "2026-01-05"


def _nodes(book: Book) -> str:
    uri = f"https://opac.example.jp/bib/{book.id}"
    marc = ""
    if book.marc:
        kind = f"http://ndl.go.jp/dcndl/terms/{book.marc}MARCNO"
        marc = f'<dcterms:identifier rdf:datatype="{kind}">{book.id}</dcterms:identifier>'
    yomi = f"<dcndl:transcription>{book.yomi}</dcndl:transcription>" if book.yomi else ""
    return (
        f'\n  <dcndl:BibAdminResource rdf:about="{uri}"><dcndl:record rdf:resource="{uri}#material"/>'
        f'</dcndl:BibAdminResource>\n  <dcndl:BibResource rdf:about="{uri}#material">{marc}'
        f"<dcterms:title>{book.title}</dcterms:title><dc:title><rdf:Description><rdf:value>{book.title}</rdf:value>{yomi}"
        f"</rdf:Description></dc:title><dcterms:date>{book.date}</dcterms:date>"
        f'<dcndl:materialType rdf:resource="http://ndl.go.jp/ndltype/{book.material}"/></dcndl:BibResource>'
    )


def dcndl(books: Sequence[Book]) -> bytes:
    """One document."""
    return f"{XML}{RDF}{''.join(map(_nodes, books))}\n</rdf:RDF>\n".encode()


def oai(books: Sequence[Book], gone: Sequence[str] = ()) -> bytes:
    """An answer of OAI-PMH."""
    head = "<header{}><identifier>oai:opac.example.jp:{}</identifier><datestamp>{}</datestamp></header>"
    records = [
        f"\n<record>{head.format('', book.id, book.stamp)}<metadata>{RDF}{_nodes(book)}\n</rdf:RDF></metadata></record>"
        for book in books
    ]
    deleted = ' status="deleted"'
    records += [f"\n<record>{head.format(deleted, name, '2026-01-05')}</record>" for name in gone]
    around = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
    return f"{XML}{around}{''.join(records)}\n</ListRecords></OAI-PMH>\n".encode()


def jsonl(books: Sequence[Book]) -> bytes:
    """What the target jsonl writes."""
    return b"".join(json.dumps(_flat(book), ensure_ascii=False).encode() + b"\n" for book in books)


def _flat(book: Book) -> dict[str, object]:
    title = {"value": book.title} | ({"yomi": book.yomi} if book.yomi else {})
    marc = {f"{book.marc}MARCNO": [book.id]} if book.marc else {}
    return {"id": book.id, "title": [title], "issued": [book.date], "materialType": [book.material]} | marc | {
        "updated": [book.stamp]
    }  # fmt: skip


def japansearch(books: Sequence[Book]) -> bytes:
    """The linkage format."""
    lines = []
    for book in books:
        common = {"id": book.id, "title": book.title, "temporal": [book.date], "subCategory": [book.material]}
        common |= {"titleYomi": book.yomi} if book.yomi else {}
        lines.append(json.dumps({"id": book.id, "common": common}, ensure_ascii=False).encode() + b"\n")
    return b"".join(lines)


def table(books: Sequence[Book], delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    """A table with a header row."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(["書誌番号", "書名", "書名ヨミ", "出版年月", "資料区分", "TRCMARC", "NSMARC", "更新日"])
    for book in books:
        marcs = [book.id if book.marc == name else "" for name in ("TRC", "NS")]
        rows.writerow([book.id, book.title, book.yomi or "", book.date, book.material, *marcs, book.stamp])
    return out.getvalue().encode(encoding)


def tsv(books: Sequence[Book]) -> bytes:
    """A table with tabs."""
    return table(books, "\t", "utf-8")


def somoku(books: Sequence[Book]) -> bytes:
    """Records by the draft layout."""
    names = ("タイトル", "出版年月", "資料種別", "TRCMARC番号", "NSMARC番号", "タイトルヨミ")
    rules = [TargetRule(name, number, Location("m.yaml")) for number, name in enumerate(names)]
    target = SomokuTarget({"layout": LAYOUT}, rules, base=None)
    made = []
    for book in books:
        values: dict[str, list[object]] = {
            "タイトル": [book.title], "出版年月": [book.date], "資料種別": [book.material],
        }  # fmt: skip
        if book.marc:
            values[f"{book.marc}MARC番号"] = [book.id]
        if book.yomi:
            values["タイトルヨミ"] = [book.yomi]
        made.append(target.assemble(Mapped(book.id, values, {}))[0])
    return b"".join(made)


MAKERS: dict[str, Callable[[Sequence[Book]], bytes]] = {
    "dcndl": dcndl,
    "jsonl": jsonl,
    "japansearch": japansearch,
    "csv": table,
    "tsv": tsv,
    "somoku": somoku,
}
"""By format."""
SUFFIXES = {"dcndl": ".rdf", "jsonl": ".jsonl", "japansearch": ".jsonl", "csv": ".csv", "tsv": ".tsv", "somoku": ".dat"}


def shelf(count: int = 400) -> list[Book]:
    """Mostly new books from TRC, and a few of everything else."""
    books = []
    for number in range(count):
        date, material, marc, title, yomi = "2021.4", "図書", "TRC", f"架空の本 {number}", "カクウノホン"
        if number % 40 == 7:
            date = f"{1930 + number // 10}.1"
        if number % 50 == 3:
            material = "紙芝居"
        if number % 97 == 11:
            marc = "NS"
        if number == count - 5:
            title = "〓外の字"
        if number % 60 == 9:
            yomi = ""
        books.append(Book(f"B{number:05d}", title, date, material, marc, yomi or None))
    return books
