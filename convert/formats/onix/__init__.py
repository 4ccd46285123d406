"""ONIX for Books 2.1, 3.0 and 3.1: short or reference tags, with or without namespace, in an OAI-PMH envelope or not.

A path is XPath 1.0 from the product, always in reference names without namespace.
"""

from __future__ import annotations

from convert.formats.base import Format
from convert.formats.options import encoding, max_record

FORMATS = (
    Format(
        name="onix",
        ja="ONIX for Books（2.1・3.0・3.1、JPROの応答も）",
        en="ONIX for Books (2.1, 3.0, 3.1; answers of JPRO too)",
        suffixes=(".onix", ".onx"),
        reader="convert.formats.onix.reader:OnixReader",
        read_options=(encoding(), max_record()),
        nodes=True,
    ),
)
