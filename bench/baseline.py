"""The floor: ``csv.reader`` → dict → orjson, no mapping, no checks. ``baseline.py INPUT OUTPUT``.

Each row becomes ``{column: value}`` without its empty cells, one JSON object a line.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import orjson


def main(source: str, output: str) -> None:
    """Copy the table ``source`` to the JSON Lines file ``output``."""
    with Path(source).open(encoding="utf-8", newline="") as file, Path(output).open("wb") as out:
        rows = csv.reader(file, strict=True)
        header = next(rows)
        for row in rows:
            record = {name: value for name, value in zip(header, row, strict=True) if value}
            out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main(*sys.argv[1:])
