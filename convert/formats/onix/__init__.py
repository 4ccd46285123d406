"""ONIX for Books 2.1, 3.0 and 3.1: short or reference tags, with or without namespace, in an OAI-PMH envelope or not.

A path is XPath 1.0 from the product, always in reference names without namespace.
"""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record


def _schema_problem(value: str) -> str | None:
    from convert.formats.onix.checking.schema import problem  # noqa: PLC0415 - only for those who give a schema

    return problem(value)


CHECK_OPTIONS = (
    Option(
        "profile",
        "choice",
        "standard",
        ("standard", "jpro"),
        ja="check で調べる決まり：ONIX の標準（standard）、または JPRO の慣行も（jpro）",
        en="what check looks at: standard ONIX, or the habits of JPRO too (jpro)",
    ),
    Option(
        "schema",
        ja="check で使うスキーマのファイル（.xsd .rng .dtd）かフォルダー。onixcheck と書くと、そのパッケージのもの",
        en="schema for check: a file (.xsd .rng .dtd) or folder; onixcheck: those of the package of that name",
        check=_schema_problem,
    ),
)
"""Options of the checks; converting looks at neither unless ``checks: [onix]`` asks for them."""

FORMATS = (
    Format(
        name="onix",
        ja="ONIX for Books（2.1・3.0・3.1、JPROの応答も）",
        en="ONIX for Books (2.1, 3.0, 3.1; answers of JPRO too)",
        suffixes=(".onix", ".onx"),
        reader="convert.formats.onix.reader:OnixReader",
        checker="convert.formats.onix.checking.checker:OnixChecker",
        read_options=(encoding(), max_record(), *CHECK_OPTIONS),
        nodes=True,
        along=True,
    ),
)
