"""DC-NDL(RDF): in which the National Diet Library's search service (国立国会図書館サーチ) takes and gives records."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record, split


def _template(value: Any) -> str | None:
    """Say what is wrong with the address of a record's node or page."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:\S", str(value)):
        return "expects an address such as https://opac.example.jp/bib/{id}"
    return "expects {id} once" if str(value).count("{id}") > 1 else None


def _server(value: Any) -> str | None:
    return (
        None
        if urlsplit(str(value)).hostname
        else "expects the address of the server, such as https://opac.example.jp/oai"
    )


def _repository(value: Any) -> str | None:
    return None if re.fullmatch("R[0-9]{9}", str(value)) else "expects R and nine digits"


def _datestamp(value: Any) -> str | None:
    good = re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", str(value))
    return None if good else "expects a date such as 2026-04-01 or 2026-04-01T09:00:00Z"


WRITE_OPTIONS = (
    Option(
        "base",
        ja="ノードのURIのひな形（例 https://opac.example.jp/bib/{id}）",
        en="address of the nodes: https://opac.example.jp/bib/{id}",
        check=_template,
    ),
    Option(
        "detail",
        ja="詳細画面のURLのひな形（例 https://opac.example.jp/bib/{id}）",
        en="address of the record page: https://opac.example.jp/bib/{id}",
        check=_template,
    ),
    Option(
        "library", ja="リポジトリ番号（R と9桁の数字）", en="repository number: R and nine digits", check=_repository
    ),
    Option(
        "library_code",
        ja="所蔵館の図書館コード（レコードにないとき）",
        en="code of the holding library, where the record has none",
    ),
    Option(
        "library_name",
        ja="所蔵館の名称（レコードにないとき）",
        en="name of the holding library, where the record has none",
    ),
    Option(
        "version",
        "choice",
        "2.2",
        ("2.2", "3"),
        ja="版：2.2、または 3（分かっている範囲だけ）",
        en="version: 2.2, or 3 as far as it is known",
    ),
    Option(
        "shape",
        "choice",
        "document",
        ("document", "files", "oai"),
        ja="1つの文書（document）、1件1ファイル（files）、OAI-PMH の応答（oai）",
        en="one document, a file for each record, or an OAI-PMH answer",
    ),
    Option(
        "serialization",
        "choice",
        "rdfxml",
        ("rdfxml", "turtle", "ntriples", "jsonld"),
        ja="RDFの書き方：RDF/XML、Turtle、N-Triples、JSON-LD",
        en="RDF/XML, Turtle, N-Triples or JSON-LD",
    ),
    Option(
        "server",
        ja="OAI-PMH サーバーのURL（shape: oai のとき）",
        en="address of the OAI-PMH server, for shape oai",
        check=_server,
    ),
    Option(
        "datestamp",
        ja="OAI-PMH の日時（shape: oai のとき）",
        en="date and time of an OAI-PMH answer, for shape oai",
        check=_datestamp,
    ),
    split(),
)


def _schema_problem(value: str) -> str | None:
    from convert.formats.dcndl.checking.schema import problem  # noqa: PLC0415 - only for those who give a schema

    return problem(value)


READ_OPTIONS = (
    encoding(),
    max_record(),
    Option(
        "schema",
        ja="check で使うXMLスキーマ：own（この道具のもの。合わないところをすべて）、none（使わない）、受け取った .xsd",
        en="XML Schema for check: own (ours, everything it says), none, or a .xsd file (such as one from NDL)",
        check=_schema_problem,
    ),
)

ROLES = {
    "id": ("uri",),
    "title": ("title",),
    "reading": ("title.yomi",),
    "description": ("abstract",),
    "url": ("seeAlso",),
    "thumbnail": ("thumbnail",),
    "date": ("issued",),
    "updated": ("dateAccepted", "dateDigitized"),
    "language": ("language",),
}
"""What the names are to the checks of a whole delivery."""
COVERS = frozenset(("DSET-READING-KANA", "DSET-URL-SCHEME", "DSET-URL-BLANK"))
"""``NDL-YOMI-SCRIPT`` and ``NDL-URI`` say so of every value."""

FORMATS = (
    Format(
        name="dcndl",
        ja="DC-NDL(RDF)（国立国会図書館サーチ）",
        en="DC-NDL(RDF) of NDL Search",
        suffixes=(".rdf",),
        reader="convert.formats.dcndl.reader:DcndlReader",
        reread={
            "serialization=ntriples": "convert.formats.dcndl.triples:TriplesReader",
            "serialization=turtle": "convert.formats.dcndl.triples:TurtleReader",
            "serialization=jsonld": "convert.formats.dcndl.triples:JsonLdReader",
        },
        target="convert.formats.dcndl.target:DcndlTarget",
        checker="convert.formats.dcndl.checking.checker:DcndlChecker",
        read_options=READ_OPTIONS,
        write_options=WRITE_OPTIONS,
        nodes=True,
        roles=ROLES,
        covers=COVERS,
    ),
)
