"""DOI (ISO 26324): ``10.`` and a registrant, a slash, a suffix of any printing characters."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from convert.values._common import FOLD

_PREFIX: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|info:doi/|doi:? ?)", re.IGNORECASE)
_FORM: Final = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_HEAD: Final = re.compile("[！-～]")
_LONGEST: Final = 500


def compact(value: str) -> str | None:
    """The bare DOI, or None. A DOI address is decoded; full-width characters of the head become half width.

    >>> compact("https://doi.org/10.11501/1234567"), compact("doi:10.1241/johokanri.49.1"), compact("10.11501/")
    ('10.11501/1234567', '10.1241/johokanri.49.1', None)
    """
    if len(value) > _LONGEST:
        return None
    text = (value.translate(FOLD) if _HEAD.search(value[:12]) else value).strip()
    prefix = _PREFIX.match(text)
    if prefix:
        text = text[prefix.end() :]
        if "://" in prefix[0] and "%" in text:
            text = unquote(text, errors="surrogateescape")
    return text if _FORM.fullmatch(text) else None


def url(doi: str) -> str:
    """The address of a bare DOI.

    >>> url("10.1000/a<b>")
    'https://doi.org/10.1000/a%3Cb%3E'
    """
    return "https://doi.org/" + quote(doi, safe="/:;()._-,~!*'@$&+=")
