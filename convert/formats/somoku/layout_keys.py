"""The grammar of layout files as data: every key of every table and what it takes.

The loader refuses what is not here; ``schemas/somoku/layout.schema.json`` says the same for editors, and a test
compares the two. Shapes (``kind``) are read in :mod:`convert.formats.somoku.layout_read`.
"""

from __future__ import annotations

from dataclasses import dataclass

MARKS = ("known", "inferred", "unknown")
ROLES = ("record_length", "base_address", "data_length", "field_count", "status")
STATUSES = ("new", "changed", "deleted")
CODINGS = ("digits", "binary")
CHARSETS = (
    "ascii",
    "jisx0201",
    "ebcdic",
    "ebcdic-kana",
    "jisx0208",
    "iso2022jp",
    "euc_jp",
    "cp932",
    "shift_jis",
    "utf-8",
    "iso-8859-1",
)
KINDS = (
    "isbn",
    "issn",
    "jpno",
    "ncid",
    "ndc",
    "ndlc",
    "date",
    "kana",
    "number",
    "price",
    "language",
    "country",
    "libcode",
    "url",
)
"""What a value may be said to be."""
OWN = ("layout", "id", "name", "confirmed_by", "confirmed_on", "source", "mark")
"""What a layout says of itself: the layout that extends it does not inherit these."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: its name and the shape of its value.

    ``choices``: the words it takes. ``least``: the smallest number. ``of``: the table it holds, or each of its items.
    """

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    least: int = 0
    of: str = ""
    required: bool = False


_ELEMENT = (
    Key("at", "place", required=True),
    Key("en"),
    Key("required", "flag"),
    Key("repeat", "flag"),
    Key("longest", "whole", least=1),
    Key("values", "texts"),
    Key("kind", "word", KINDS),
    Key("mode"),
    Key("yomi"),
    Key("mark", "word", MARKS),
    Key("note"),
)

TABLES: dict[str, tuple[Key, ...]] = {
    "layout": (
        Key("layout", "version", required=True),
        Key("id"),
        Key("extends"),
        Key("name", "table", of="name"),
        Key("confirmed_by"),
        Key("confirmed_on", "date"),
        Key("source"),
        Key("mark", "word", MARKS),
        Key("record", "table", of="record", required=True),
        Key("charsets", "table", of="charsets", required=True),
        Key("label", "table", of="label"),
        Key("directory", "table", of="directory"),
        Key("fields", "table", of="fields", required=True),
        Key("subfields", "table", of="subfields"),
        Key("tags", "tables", of="tag"),
        Key("elements", "tables", of="element", required=True),
        Key("holdings", "table", of="holdings"),
    ),
    "name": (Key("ja"), Key("en")),
    "record": (
        Key("ends", "word", ("length", "terminator", "fixed"), required=True),
        Key("terminator", "hex"),
        Key("size", "whole", least=1),
        Key("filler", "hex"),
        Key("newline", "word", ("none", "lf", "crlf", "optional")),
        Key("skip", "hex"),
        Key("longest", "whole", least=1),
    ),
    "charsets": (
        Key("control", "word", CHARSETS, required=True),
        Key("data", "word", CHARSETS, required=True),
        Key("modes", "names", CHARSETS),
        Key("gaiji"),
        Key("stand_in"),
    ),
    "label": (
        Key("length", "whole", least=1, required=True),
        Key("items", "tables", of="item", required=True),
    ),
    "item": (
        Key("name"),
        Key("at", "whole", required=True),
        Key("length", "whole", least=1, required=True),
        Key("role", "word", ROLES),
        Key("number", "coding"),
        Key("adds", "signed"),
        Key("const", "raw"),
        Key("values", "names"),
        Key("statuses", "names", STATUSES),
        Key("given", "raw"),
        Key("mark", "word", MARKS),
    ),
    "directory": (
        Key("tag", "whole", least=1, required=True),
        Key("length", "number", required=True),
        Key("start", "number", required=True),
        Key("coding", "word", CODINGS),
        Key("order", "words", ("tag", "length", "start")),
        Key("ends", "hex"),
        Key("origin", "word", ("data", "record")),
    ),
    "fields": (
        Key("by", "word", ("directory", "tags", "positions"), required=True),
        Key("tag", "whole", least=1),
        Key("length", "number"),
        Key("whole", "flag"),
        Key("ends", "hex"),
        Key("between", "flag"),
        Key("indicators", "whole"),
        Key("slots", "items", of="slot"),
    ),
    "subfields": (
        Key("begins", "hex"),
        Key("id", "whole"),
        Key("length", "number"),
        Key("mode", "whole"),
        Key("order", "words", ("id", "length", "mode")),
    ),
    "tag": (
        Key("plain", "flag"),
        Key("charset", "word", CHARSETS),
        Key("size", "whole", least=1),
        Key("slots", "items", of="slot"),
    ),
    "slot": (
        Key("name", required=True),
        Key("at", "whole", required=True),
        Key("length", "whole", least=1, required=True),
        Key("pad", "character"),
        Key("left", "flag"),
        Key("charset", "word", CHARSETS),
    ),
    "element": (*_ELEMENT, Key("key", "flag"), Key("members", "tables", of="member")),
    "member": _ELEMENT,
    "holdings": (
        Key("element", required=True),
        Key("copies", "word", ("together", "apart")),
    ),
    "number": (
        Key("width", "whole", least=1, required=True),
        Key("coding", "word", CODINGS),
        Key("pad", "character"),
    ),
    "coding": (
        Key("coding", "word", CODINGS),
        Key("pad", "character"),
    ),
}
"""The tables of the grammar by name."""
