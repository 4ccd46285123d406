"""Resumption tokens: where a list goes on, signed, so that nothing need be remembered and nothing can be made up.

A place is told by value, not by number: the snapshot the list is of, and the snapshot (that is, the datestamp) and the
identifier of the last record given. What was put in or taken out meanwhile moves nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import astuple, dataclass
from typing import Final

LONGEST: Final = 4096
_VERSION: Final = 1
_MAC: Final = 16
_TYPES: Final = (str, str, str, int, int, int, int, str, int, int, int)
_SKEW: Final = 60


@dataclass(frozen=True, slots=True)
class Token:
    """Where a list goes on.

    ``first``, ``last``: the snapshots in which its records began; ``snapshot`` the one that is listed; ``began`` and
    ``identifier`` of the last record given; ``cursor`` records given so far, ``size`` records of the whole list;
    ``issued`` seconds since 1970.
    """

    verb: str
    prefix: str
    set: str
    first: int
    last: int
    snapshot: int
    began: int
    identifier: str
    cursor: int
    size: int
    issued: int


def signed(token: Token, key: bytes) -> str:
    """The token as a harvester is given it: letters, digits, ``-`` and ``_`` only."""
    data = json.dumps([_VERSION, *astuple(token)], ensure_ascii=False, separators=(",", ":")).encode()
    return _text(_mac(data, key) + data)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def opened(text: str, key: bytes, clock: int, lifetime: int) -> Token | None:
    """The token, where we signed it ourselves and not longer ago than ``lifetime`` seconds."""
    if not text.isascii() or len(text) > LONGEST:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if _text(raw) != text:  # another way to write the same bytes
        return None
    mac, data = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(data, key)):
        return None
    try:
        version, *parts = json.loads(data)
    except ValueError:
        return None
    if version != _VERSION or [type(part) for part in parts] != list(_TYPES):
        return None
    token = Token(*parts)
    return token if clock - lifetime <= token.issued <= clock + _SKEW else None


def _mac(data: bytes, key: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()[:_MAC]
