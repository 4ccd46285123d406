"""Text and addresses as RDF/XML may hold them (XML 1.0 §2.2, RFC 3987): tested first, changed only where need be."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from convert.values._common import FOLD

_NEVER = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ud800-\udfff\ufffe\uffff"
special: Final = re.compile(f"[&<>\r{_NEVER}]").search
"""Finds the first character that cannot stand in the text of an element as it is."""
forbidden: Final = re.compile(f"[{_NEVER}]").search
"""Finds the first character that XML 1.0 has no way to write."""
_FORBIDDEN: Final = re.compile(f"[{_NEVER}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_QUOTED: Final = re.compile('["\n\t]')
_ILLEGAL: Final = re.compile('[\\x00-\\x20<>"{}|\\\\^`\x7f-\xa0\u3000\ud800-\udfff\ufffe\uffff]')
illegal: Final = _ILLEGAL.search
"""Finds the first character that no IRI may hold."""
absolute: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s]").match
"""Whether an address begins with a scheme."""


def plain(value: str) -> str:
    r"""The text without what XML 1.0 cannot hold: controls go, half of a surrogate pair becomes U+FFFD.

    >>> plain("目\x0b録\ud842")
    '目録\ufffd'
    """
    return _FORBIDDEN.sub("", _SURROGATE.sub("\ufffd", value))


def text(value: str) -> str:
    """The text of an element.

    >>> text("a ]]> b & c")
    'a ]]&gt; b &amp; c'
    """
    if special(value) is None:
        return value
    return escaped(plain(value))


def escaped(value: str) -> str:
    """The text with its marks as references; what XML 1.0 cannot hold is left to :func:`plain`."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace("\r", "&#13;")


def attribute(value: str) -> str:
    r"""The value of an attribute in double quotes.

    >>> attribute('改題前 : "a"\n')
    '改題前 : &quot;a&quot;&#10;'
    """
    value = text(value)
    if _QUOTED.search(value) is None:
        return value
    return value.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def address(value: str) -> str:
    """The address as an attribute, what an IRI may not hold written with per cent signs.

    >>> address("http://lccn.loc.gov/94041789 /AC"), address("https://a.example.jp/?a=1&b=2")
    ('http://lccn.loc.gov/94041789%20/AC', 'https://a.example.jp/?a=1&amp;b=2')
    """
    if illegal(value) is not None:
        value = iri(value)
    return value.replace("&", "&amp;") if "&" in value else value


def iri(value: str) -> str:
    """The address as it is meant, what an IRI may not hold written with per cent signs.

    >>> iri("http://a.example.jp/目録 <1>")
    'http://a.example.jp/目録%20%3C1%3E'
    """
    return _ILLEGAL.sub(_in_address, value)


def _in_address(found: re.Match[str]) -> str:
    character = found[0]
    return quote("\ufffd" if "\ud800" <= character <= "\udfff" else character, safe="")


def class_mark(value: str) -> str:
    """A class number as it stands in an address: blanks at its ends away, full width folded.

    >>> class_mark(" ９１３．６ ")
    '913.6'
    """
    return (value if value.isascii() else value.translate(FOLD)).strip()
