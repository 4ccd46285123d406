"""Tables in text files: CSV and TSV (RFC 4180). A record is a row; a path is a header or ``#3``."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, header_row, header_rows


def _delimiter_problem(value: str) -> str | None:
    if len(value) == 1 and value not in '"\r\n\0':
        return None
    return "expects exactly one character that is no quote and no line break"


def _options(delimiter: str) -> tuple[Option, ...]:
    return (
        encoding(),
        Option(
            "delimiter",
            default=delimiter,
            ja="区切り文字（1文字）",
            en="the character between two cells",
            check=_delimiter_problem,
        ),
        header_row(),
        header_rows(),
        Option(
            "max_record",
            kind="size",
            default=16 * 2**20,
            ja="1件の最大文字数。これを超えると引用符の閉じ忘れとみなす",
            en="longest record in characters; beyond it a quote counts as never closed",
        ),
    )


FORMATS = (
    Format(
        name="csv",
        ja="CSV（カンマ区切りの表）",
        en="CSV (comma-separated table)",
        suffixes=(".csv",),
        reader="convert.formats.table.reader:CsvReader",
        read_options=_options(","),
        columns=True,
    ),
    Format(
        name="tsv",
        ja="TSV（タブ区切りの表）",
        en="TSV (tab-separated table)",
        suffixes=(".tsv", ".tab"),
        reader="convert.formats.table.reader:TsvReader",
        read_options=_options("\t"),
        columns=True,
    ),
)
