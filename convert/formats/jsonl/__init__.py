"""JSON Lines: one JSON object per line (RFC 8259 each). A path is ``creators[].name``."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record

FORMATS = (
    Format(
        name="jsonl",
        ja="JSON Lines（1行に1件のJSON）",
        en="JSON Lines (one JSON object per line)",
        suffixes=(".jsonl", ".ndjson"),
        reader="convert.formats.jsonl.reader:JsonLinesReader",
        read_options=(encoding(), max_record()),
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
