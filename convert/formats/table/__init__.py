"""Tables in text files: CSV and TSV (RFC 4180). A record is a row; a path is a header or ``#3``, a target a heading."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, header_row, header_rows, join, split


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


WRITE_OPTIONS = (
    join(),
    Option(
        "encoding",
        "choice",
        "utf-8",
        ("utf-8", "cp932", "shift_jis", "euc_jp"),
        ja="文字コード。書けない文字は〓にして知らせる",
        en="character encoding; a character it does not have becomes 〓 and is told",
    ),
    Option(
        "bom",
        "boolean",
        ja="先頭にBOMを付ける。省略時は、utf-8 なら付ける（Excel が文字コードを正しく読めるように）",
        en="start with a BOM; without this option in utf-8, so that Excel reads the characters right",
    ),
    Option("newline", "choice", "crlf", ("crlf", "lf"), ja="行の終わり：CRLF、または LF", en="rows end in CRLF or LF"),
    Option(
        "formula_guard",
        "boolean",
        False,
        ja="= + - @ で始まるセルの前に ' を付け、表計算ソフトが式として動かさないようにする（数は除く）",
        en="put ' before cells that start with = + - @ and are no number, so that no spreadsheet runs them",
    ),
    split(),
)

FORMATS = (
    Format(
        name="csv",
        ja="CSV（カンマ区切りの表）",
        en="CSV (comma-separated table)",
        suffixes=(".csv",),
        reader="convert.formats.table.reader:CsvReader",
        target="convert.formats.table.target:CsvTarget",
        read_options=_options(","),
        write_options=WRITE_OPTIONS,
        columns=True,
    ),
    Format(
        name="tsv",
        ja="TSV（タブ区切りの表）",
        en="TSV (tab-separated table)",
        suffixes=(".tsv", ".tab"),
        reader="convert.formats.table.reader:TsvReader",
        target="convert.formats.table.target:TsvTarget",
        read_options=_options("\t"),
        write_options=WRITE_OPTIONS,
        columns=True,
    ),
)
