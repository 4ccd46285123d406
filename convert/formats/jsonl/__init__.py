"""JSON Lines: one JSON object per line (RFC 8259 each). A path is ``creators[].name``."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.source import encoding_problem

FORMATS = (
    Format(
        name="jsonl",
        ja="JSON Lines（1行に1件のJSON）",
        en="JSON Lines (one JSON object per line)",
        suffixes=(".jsonl", ".ndjson"),
        reader="convert.formats.jsonl.reader:JsonLinesReader",
        read_options=(
            Option(
                "encoding",
                ja="文字コード。省略時はBOMに従い、BOMがなければutf-8",
                en="character encoding; without it the BOM decides, without a BOM it is utf-8",
                check=encoding_problem,
            ),
            Option(
                "max_record",
                kind="size",
                default=64 * 2**20,
                ja="1件（1行）の最大文字数",
                en="longest record (line) in characters",
            ),
        ),
        target="convert.formats.jsonl.target:JsonLinesTarget",
        write_options=(
            Option(
                "split",
                kind="size",
                ja="1ファイルの上限（例 900MB）。省略時は分けない",
                en="largest file, such as 900MB; without it the output is one file",
            ),
        ),
        nodes=True,
    ),
)
