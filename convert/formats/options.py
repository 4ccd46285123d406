"""Options that several readers share."""

from __future__ import annotations

from convert.formats.base import Option
from convert.source import encoding_problem

MAX_RECORD = 64 * 2**20
"""Longest record of a format whose records are nested, in characters."""


def encoding() -> Option:
    """``encoding``: stated, or by the BOM, never guessed."""
    return Option(
        "encoding",
        ja="文字コード（utf-8、cp932 など）。省略時はBOMに従い、BOMがなければutf-8",
        en="character encoding (utf-8, cp932 …); without it the BOM decides, without a BOM it is utf-8",
        check=encoding_problem,
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
