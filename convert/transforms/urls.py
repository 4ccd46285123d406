"""Transforms and checks of URLs. Nothing is ever fetched."""

from __future__ import annotations

import re
from typing import Final

from convert.transforms import transform
from convert.transforms._tables import FULLWIDTH_ASCII, INVISIBLE, ODD_BLANKS

_GOOD: Final = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?(?:[/?#][!-~]*)?")
_TIDY: Final = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:[/?#][!-~]*)?")
_CONTROL: Final = re.compile(f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f{INVISIBLE}\\ud800-\\udfff]")
_BLANK: Final = re.compile(f"[ {ODD_BLANKS}]")
_BREAK: Final = re.compile("[\\n\\r\\u2028\\u2029]")
_FULLWIDTH: Final = re.compile("[\uff01-\uff5e]")
_PARTS: Final = re.compile("(https?)://([^/?#]*)(.*)", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"((?:[^@]*@)?)(\[[0-9A-Fa-f:.]+\]|[^@:\[\] %]+)((?::[0-9]*)?)")
_SECOND_URL: Final = re.compile("%20https?://", re.IGNORECASE)


is_usual: Final = _GOOD.fullmatch
"""Tells quickly of most URLs that nothing is wrong with them."""


def problem(url: str) -> str | None:
    """Say what is wrong with a URL, in one word, or None.

    ``scheme`` it does not begin with http:// or https:// · ``no-host`` · ``control`` a control or invisible
    character · ``space`` a blank or line break, also at the ends · ``fullwidth`` full-width letters or signs.
    Other non-ASCII characters are allowed (IRI, RFC 3987). The words are our own rule.

    >>> problem("https://museum.example.jp/item/1"), problem("www.example.jp/1"), problem("https:///1")
    (None, 'scheme', 'no-host')
    """
    if is_usual(url):
        return None
    for word, pattern in (("control", _CONTROL), ("space", _BLANK), ("space", _BREAK), ("fullwidth", _FULLWIDTH)):
        if pattern.search(url):
            return word
    match = _PARTS.fullmatch(url)
    if match is None:
        return "no-host" if url.lower().startswith(("http:", "https:")) else "scheme"
    return None if _host(match[2]) else "no-host"


@transform()
def url(value: str) -> str | None:
    """Tidy an http or https URL; None for anything else, also where the scheme is missing.

    Invisible characters and the blanks around it go, full-width ASCII becomes half width, a blank inside becomes
    %20, scheme and host lower case. Other non-ASCII characters stay as they are (IRI). A line break inside, or a
    second URL behind a blank, means several values: None.

    >>> url(" ｈｔｔｐｓ：//Museum.Example.jp/収蔵品 1.jpg")
    'https://museum.example.jp/収蔵品%201.jpg'
    >>> url("www.example.jp/x"), url("//example.jp/x"), url("ftp://example.jp/x")
    (None, None, None)
    """
    if _TIDY.fullmatch(value) is not None and "%20" not in value:
        return value
    text = _CONTROL.sub("", value).strip()
    if _BREAK.search(text):
        return None
    if not text.isascii():
        text = text.translate(FULLWIDTH_ASCII)
    match = _PARTS.fullmatch(_BLANK.sub("%20", text))
    if match is None:
        return None
    scheme, authority, rest = match.groups()
    host = _host(authority)
    if host is None or _SECOND_URL.search(rest):
        return None
    return f"{scheme.lower()}://{host[1]}{host[2].lower()}{host[3]}{rest}"


def _host(authority: str) -> re.Match[str] | None:
    """User part, host and port; None where there is no host."""
    match = _AUTHORITY.fullmatch(authority)
    return match if match and match[2].strip(".") else None
