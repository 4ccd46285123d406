"""The label definition beside an output: which item has which type and which common labels (ラベル定義)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from convert.formats.base import Companion
from convert.formats.japansearch.model import model
from convert.formats.table.write import BOM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convert.formats.japansearch.layout import Item

SUFFIX = ".labels.csv"
HEADER = ("項目名", "型", "型の名称", "共通項目ラベル", "共通項目のキー", "出力のキー")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def label_table(items: Iterable[tuple[Item, str]]) -> Companion:
    """The items with their keys in the output as a CSV for people: UTF-8 with BOM, CRLF.

    Columns: item, type letter, type in words, common labels in Japanese, common keys, key in the output.
    """
    known = model()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for item, key in items:
        names = "、".join(known.common[label].ja for label in item.labels)
        keys = "、".join(item.labels)
        writer.writerow(map(_guarded, (item.title, item.type, known.types[item.type].ja, names, keys, key)))
    return Companion(SUFFIX, BOM + out.getvalue().encode())


def _guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
