"""Transforms of languages."""

from __future__ import annotations

from typing import Literal

from convert.transforms import transform
from convert.values import language as languages


@transform()
def language(value: str, to: Literal["639-1", "639-2B", "639-2T", "639-3", "ja", "en"] = "639-2B") -> str | None:
    """Write a language, given by a code of ISO 639 or its Japanese or English name, as a code or name.

    ``639-2B`` is what MARC, ONIX and DC-NDL use (fre, chi, ger). 210 languages are known: all of ISO 639-1, old ones
    met in libraries, and mul, und, zxx. Two languages in one text (和英) have no answer.

    >>> language("日本語"), language("fr"), language("CHI", to="639-1"), language("ger", to="ja")
    ('jpn', 'fre', 'zh', 'ドイツ語')
    >>> language("ラテン語", to="639-1"), language("アイヌ語", to="639-1"), language("和英")
    ('la', None, None)
    """
    found = languages.find(value)
    if found is None:
        return None
    if to == "ja":
        return found.japanese[0]
    if to == "en":
        return found.english
    if to == "639-1":
        return found.one or None
    return found.bibliographic if to == "639-2B" else found.terminological
