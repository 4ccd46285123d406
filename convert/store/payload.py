"""Payloads as they are kept: one byte that says how, then the bytes."""

from __future__ import annotations

import importlib
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAYLOAD: Final = 256 * 2**20
"""Bytes that a payload may unpack to."""
_PLAIN, _ZLIB, _ZSTD = b"0", b"z", b"s"
_SMALL: Final = 120  # bytes below which packing gains nothing


class DamageError(ValueError):
    """What is kept cannot be unpacked."""


@cache
def _zstd() -> Any | None:
    for name in ("compression.zstd", "zstandard"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def pack(data: bytes) -> bytes:
    """The bytes to keep.

    >>> unpack(pack(b"a" * 500)) == b"a" * 500
    True
    """
    if len(data) < _SMALL:
        return _PLAIN + data
    module = _zstd()
    if module is None:
        return _ZLIB + zlib.compress(data)
    packed: bytes = module.compress(data)
    return _ZSTD + packed


def unpack(kept: bytes, unzstd: Callable[[bytes], bytes] | None = None) -> bytes:
    """The payload. Raises :class:`DamageError`, and :class:`UsageError` where Zstandard is missing.

    ``unzstd``: what :func:`unpacker` gave, for many payloads one after the other.
    """
    kind, data = kept[:1], kept[1:]
    if kind == _PLAIN:
        return data
    try:
        if kind == _ZLIB:
            found = zlib.decompressobj().decompress(data, MAX_PAYLOAD)
        elif kind == _ZSTD:
            found = (unzstd or _unzstd)(data)
        else:
            raise DamageError("unknown kind")
    except zlib.error as error:
        raise DamageError(str(error)) from error
    return found


def unpacker() -> Callable[[bytes], bytes] | None:
    """What unpacks many payloads faster than one by one; for one thread. None: there is nothing faster."""
    module = _zstd()
    if module is None or not hasattr(module, "ZstdDecompressor") or not hasattr(module, "ZstdCompressionDict"):
        return None
    made = module.ZstdDecompressor()

    def unzstd(data: bytes) -> bytes:
        try:
            found: bytes = made.decompress(data)
        except module.ZstdError as error:
            raise DamageError(str(error)) from error
        return found

    return unzstd


def _unzstd(data: bytes) -> bytes:
    module = _zstd()
    if module is None:
        raise UsageError(
            "this store needs the package zstandard: pip install 'mokuroku[store]'",
            "このストアを読むには zstandard が要ります：pip install 'mokuroku[store]'。",
        )
    try:
        found: bytes = module.decompress(data)
    except module.ZstdError as error:
        raise DamageError(str(error)) from error
    return found
