"""JSON Lines: one JSON object per line (RFC 8259 each). A path is ``creators[].name``."""

from __future__ import annotations

from convert.formats.base import Format
from convert.formats.options import encoding, max_record, split

FORMATS = (
    Format(
        name="jsonl",
        ja="JSON Lines（1行に1件のJSON）",
        en="JSON Lines (one JSON object per line)",
        suffixes=(".jsonl", ".ndjson"),
        reader="convert.formats.jsonl.reader:JsonLinesReader",
        read_options=(encoding(), max_record()),
        target="convert.formats.jsonl.target:JsonLinesTarget",
        write_options=(split(),),
        nodes=True,
        roles={"id": ("id",)},
    ),
)
