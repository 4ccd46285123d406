"""Options that several readers share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from convert.formats.base import Option
from convert.source import encoding_problem

_PREFIX = r"[^\W\d][\w.\-]*"
_PAIR = re.compile(rf"(?P<prefix>{_PREFIX})=(?P<uri>\S+)")

MAX_RECORD = 64 * 2**20
"""Longest record of a format whose records are nested, in characters."""


MAX_HEADER_ROW = 1_048_576
MAX_HEADER_ROWS = 10


def encoding() -> Option:
    """``encoding``: stated, or by the BOM, never guessed."""
    return Option(
        "encoding",
        ja="文字コード（utf-8、cp932 など）。省略時はBOMに従い、BOMがなければutf-8",
        en="character encoding (utf-8, cp932 …); without it the BOM decides, without a BOM it is utf-8",
        check=encoding_problem,
    )


def join() -> Option:
    """``join``: what stands between several values of a field in one cell."""
    return Option(
        "join",
        default=";",
        ja="一つのセルに複数の値を入れるときの区切り",
        en="stands between several values in one cell",
        check=lambda text: None if text else "expects at least one character",
    )


def split() -> Option:
    """``split``: the largest size of one output file."""
    return Option(
        "split",
        kind="size",
        ja="1ファイルの上限（例 900MB）。省略時は分けない",
        en="largest file, such as 900MB; without it the output is one file",
    )


def max_record(default: int = MAX_RECORD) -> Option:
    """``max_record``: the size beyond which a record is broken, so that memory stays bounded."""
    return Option(
        "max_record",
        kind="size",
        default=default,
        ja="1件の最大文字数。これを超える件は読まない",
        en="longest record in characters; a longer one is not read",
    )


def header_row() -> Option:
    """``header_row``: the row of a table in which its headers stand, or begin."""
    return Option(
        "header_row",
        "integer",
        ja="見出しの行番号（1から）。上にある表題などは読まない。省略時は、値のある最初の行",
        en="the row of the headers, from 1; what stands above is not read. Without it the first row that has values",
        check=lambda row: None if 1 <= row <= MAX_HEADER_ROW else "expects the number of a row, from 1",
    )


def header_rows() -> Option:
    """``header_rows``: how many rows the headers take."""
    return Option(
        "header_rows",
        "integer",
        1,
        ja="見出しの行数。2なら、上下の文字を空白でつないで見出しにする（「寸法」の下の「高さ」は「寸法 高さ」）",
        en="rows that the headers take; texts above one another are joined with a blank",
        check=lambda rows: None if 1 <= rows <= MAX_HEADER_ROWS else f"expects a number from 1 to {MAX_HEADER_ROWS}",
    )


def namespaces() -> Option:
    """``namespaces``: prefixes of paths; what a mapping declares under ``namespaces:`` is added."""
    return Option(
        "namespaces",
        kind="any",
        ja="名前空間（接頭辞=URI）。対応表の namespaces に書いたものも使われる",
        en="namespaces by prefix (dc=http://…), added to those the mapping declares",
        check=namespaces_problem,
    )


def namespaces_problem(value: Any) -> str | None:
    """Say what is wrong with the option ``namespaces``: a table, or ``dc=http://… x=http://…``."""
    expected = "expects prefixes with their namespaces, such as dc=http://purl.org/dc/elements/1.1/"
    if isinstance(value, Mapping):
        good = all(re.fullmatch(_PREFIX, str(key)) and isinstance(uri, str) and uri for key, uri in value.items())
        return None if good else expected
    if isinstance(value, str) and value.split() and all(_PAIR.fullmatch(pair) for pair in value.split()):
        return None
    return expected


def namespaces_of(value: Any) -> dict[str, str]:
    """Read the option ``namespaces`` in either of its forms.

    >>> namespaces_of("a=urn:a b=urn:b")
    {'a': 'urn:a', 'b': 'urn:b'}
    """
    if isinstance(value, str):
        pairs = (_PAIR.fullmatch(pair) for pair in value.split())
        return {pair["prefix"]: pair["uri"] for pair in pairs if pair is not None}
    return {str(key): str(uri) for key, uri in (value or {}).items()}
