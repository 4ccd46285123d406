"""Compressed streams: gzip (RFC 1952), bzip2, xz and Zstandard (RFC 8878), found by their first bytes.

What a stream gives before it breaks is given, then :class:`SourceFault` is raised. A stream that unpacks to far more
than it is (a "zip bomb") is stopped.
"""

from __future__ import annotations

import importlib
import io
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from convert.check.issue import Issue
from convert.errors import SourceFault, UsageError
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = 100 * 2**20
"""Bytes that any stream may unpack to, whatever its size."""
RATIO = 200
"""Beyond ``FREE``: how many bytes one compressed byte may become. Catalogue data stays below 50."""
HEAD = 300
"""Bytes at the head of a file by which kinds are told apart."""

_TRAILER = 64  # bytes that hold the last code and what gzip writes after it
_PIECE = 1 << 16
_ZSTD_PIECE = 1 << 9  # a piece may become 32,768 times as long at once
_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    *((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    *((b"BZh%d\x17rE8P\x90" % level, "bzip2") for level in range(1, 10)),  # nothing in it
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_LONGEST = max(len(magic) for magic, _ in _MAGIC)
_OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"MSCF\x00\x00", "CAB"),
)
_DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"customXml/", b"mimetype")
"""The first member of files that are zip archives for their own programs only: XLSX, ODS, EPUB …"""
SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


def packing_of(head: bytes) -> str | None:
    r"""The kind of a file by its first bytes: gzip, bzip2, xz, zstd, zip, or None.

    >>> packing_of(b"\x1f\x8b\x08"), packing_of(b"id,name")
    ('gzip', None)
    """
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def foreign_archive(head: bytes) -> str | None:
    """An archive that cannot be read here, by its first bytes: its name, or None."""
    if head[257:262] == b"ustar":
        return "tar"
    if head[2:7] in (b"-lh5-", b"-lh6-", b"-lh7-", b"-lh0-", b"-lh1-"):
        return "LZH"
    return next((kind for magic, kind in _OTHERS if head.startswith(magic)), None)


def is_document(head: bytes) -> bool:
    """Whether a zip archive is the file of a program (XLSX), by its first member."""
    return head[30:].startswith(_DOCUMENTS)


# ── Decoders ─────────────────────────────────────────────────────────────────────────────────────


class Decoder(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def needs_input(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes: ...  # noqa: D102
    def decompress(self, data: bytes, max_length: int) -> bytes: ...  # noqa: D102


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)
        self._full = False
        self._left = b""  # input at which there is a fault

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._left and not self._inner.unconsumed_tail and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data, self._left = self._left or self._inner.unconsumed_tail or data, b""
        before = self._inner.copy()
        try:
            found = self._inner.decompress(data, max_length)
        except zlib.error:
            found = self._up_to_fault(before, data, max_length)
            if not found:
                raise
        self._full = len(found) == max_length and not self._inner.eof
        return found

    def _up_to_fault(self, before: Any, data: bytes, max_length: int) -> bytes:
        """What stands before a fault, which zlib does not give when it finds both at once."""
        found = b""
        while max_length:
            self._inner = before.copy()
            try:
                part = self._inner.decompress(data, max_length)
            except zlib.error:
                max_length //= 2
                continue
            if not part:
                break
            found += part
            before, data = self._inner, self._inner.unconsumed_tail
        self._inner, self._left = before, data
        if not found:  # the last byte may come with the fault: a check sum that is wrong
            found = self._byte_by_byte(before, data)
        return found

    def _byte_by_byte(self, inner: Any, data: bytes) -> bytes:
        for number in range(min(len(data), _TRAILER)):
            try:
                found: bytes = inner.decompress(data[number : number + 1], 1)
            except zlib.error:
                break
            if found:
                self._inner, self._left = inner, data[number + 1 :]
                return found
        return b""


class _Zstandard:
    """The package zstandard, for Python before 3.14. It takes small pieces, for it gives all they become."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._held = b""
        self._at = 0  # in what is held

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof) and not self._held

    @property
    def needs_input(self) -> bool:
        return not self._held

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if not self._held:
            self._held, self._at = self._inner.decompress(data), 0
        found = self._held[self._at : self._at + max_length]
        self._at += len(found)
        if self._at == len(self._held):
            self._held = b""
        return bytes(found)


class _Stored:
    """Bytes as they are; a zip member that is not compressed."""

    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return data


def _zstd() -> tuple[Callable[[], Decoder], tuple[type[Exception], ...]]:
    try:
        module = importlib.import_module("compression.zstd")
    except ImportError:
        pass
    else:
        return module.ZstdDecompressor, (module.ZstdError,)
    try:
        module = importlib.import_module("zstandard")
    except ImportError as error:
        raise UsageError(
            "Zstandard (.zst) needs Python 3.14 or the package zstandard: pip install 'mokuroku[zstd]', "
            "or unpack first",
            "Zstandard（.zst）を読むには、Python 3.14 か zstandard が要ります：pip install 'mokuroku[zstd]'。"
            "先に展開してもかまいません。",
        ) from error
    return lambda: _Zstandard(module.ZstdDecompressor().decompressobj()), (module.ZstdError,)


def _decoders(kind: str) -> tuple[Callable[[], Decoder], tuple[type[Exception], ...]]:
    """What makes a decoder of a kind, and what it raises. Raises :class:`UsageError` where it is not installed."""
    if kind == "zstd":
        return _zstd()
    if kind == "bzip2":
        return importlib.import_module("bz2").BZ2Decompressor, (OSError, EOFError, ValueError)
    if kind == "xz":
        module = importlib.import_module("lzma")
        return module.LZMADecompressor, (module.LZMAError, EOFError)
    if kind == "stored":
        return _Stored, ()
    return (lambda: _Zlib(-zlib.MAX_WBITS if kind == "deflate" else zlib.MAX_WBITS + 16)), (zlib.error,)


def ensure(kind: str) -> None:
    """Raise :class:`UsageError` when a kind cannot be unpacked on this machine."""
    if kind != "zip":
        _decoders(kind)


# ── The stream ───────────────────────────────────────────────────────────────────────────────────


class Unpacked(io.RawIOBase):
    """The bytes of a compressed stream. Several compressed streams in a row count as one, as gzip has it.

    ``crc``, ``size``: what a zip archive says of a member. Closing it closes the stream below.
    """

    def __init__(
        self, stream: BinaryIO, kind: str, name: str, *, crc: int | None = None, size: int | None = None
    ) -> None:
        self._stream, self._kind, self._name = stream, kind, name
        self._make, self._errors = _decoders(kind)
        self._decoder = self._make()
        self._input = b""
        self._taken = self._given = self._checksum = 0
        self._crc, self._size = crc, size
        self._fault: SourceFault | None = None
        self._ended = False
        self._head: bytes | None = b""  # until enough is there to tell an archive within

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end. Raises :class:`SourceFault` where the stream is broken."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes, fewer only before the end or a fault. Raises :class:`SourceFault`."""
        wanted = size if size is not None and size >= 0 else None
        parts: list[bytes] = []
        while wanted is None or wanted > 0:
            data = self._next(_PIECE if wanted is None else wanted, told=not parts)
            if not data:
                break
            parts.append(data)
            wanted = None if wanted is None else wanted - len(data)
        return b"".join(parts)

    read1 = read

    def _next(self, size: int, *, told: bool) -> bytes:
        """Some bytes; nothing at the end. A fault is kept until nothing stands before it (``told``)."""
        if self._fault is None and not self._ended:
            try:
                data = self._decoded(size)
                self._check(data)
            except SourceFault as fault:
                self._fault = fault
            else:
                return data
        if self._fault is not None and told:
            raise self._fault
        return b""

    def _decoded(self, size: int) -> bytes:
        while True:
            if self._decoder.eof and not self._following():
                return b""
            data = self._more() if self._decoder.needs_input else b""
            if not data and self._decoder.needs_input:
                if self._kind == "stored":
                    return b""
                raise self._broken("SRC-PACKED-CUT")
            try:
                found = self._decoder.decompress(data, size)
            except self._errors as error:
                raise self._broken("SRC-PACKED-BROKEN") from error
            if found:
                return found

    def _more(self) -> bytes:
        if not self._input:
            self._input = self._stream.read(_PIECE)
            self._taken += len(self._input)
        piece = _ZSTD_PIECE if self._kind == "zstd" else _PIECE
        data, self._input = self._input[:piece], self._input[piece:]
        return data

    def _following(self) -> bool:
        """Whether another compressed stream follows the one that ended; zeros may fill up the file."""
        rest = self._decoder.unused_data + self._input
        self._input = b""
        if self._kind in ("deflate", "stored"):
            return False
        rest = rest.lstrip(b"\0")
        while len(rest) < _LONGEST:
            data = self._stream.read(_PIECE)
            self._taken += len(data)
            if not data:
                break
            rest = (rest + data).lstrip(b"\0")
        if not rest:
            return False
        if packing_of(rest) != self._kind:
            raise self._broken("SRC-PACKED-BROKEN")
        self._decoder, self._input = self._make(), rest
        return True

    # ── What must hold ───────────────────────────────────────────────────────────────────────────

    def _check(self, data: bytes) -> None:
        self._given += len(data)
        if self._given > FREE and self._given > RATIO * self._taken:
            raise self._broken("SRC-PACKED-BOMB", {"ratio": self._given // max(1, self._taken)})
        if self._head is not None:
            self._look_at_head(data)
        if self._crc is not None:
            self._checksum = zlib.crc32(data, self._checksum)
        if not data:
            self._ended = True
            if self._crc is not None and (self._checksum != self._crc or self._given != self._size):
                raise self._broken("SRC-PACKED-BROKEN")

    def _look_at_head(self, data: bytes) -> None:
        self._head = (self._head or b"") + data[:HEAD]
        kind = packing_of(self._head)
        within = foreign_archive(self._head) or (kind if kind != "zip" or not is_document(self._head) else None)
        if within and (len(self._head) >= HEAD or not data or kind != "zip"):
            raise self._broken("SRC-PACKED-NESTED", {"kind": within})
        if len(self._head) >= HEAD or not data:
            self._head = None

    def _broken(self, code: str, slots: dict[str, Any] | None = None) -> SourceFault:
        return SourceFault(Issue(code, Location(self._name), slots={"bytes": self._given, **(slots or {})}))

    def close(self) -> None:
        """Close this and the stream below."""
        if not self.closed:
            self._stream.close()
        super().close()


class Stretch(io.RawIOBase):
    """``size`` bytes of a stream from where it stands. Closing it closes the stream."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        data = self._stream.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream."""
        if not self.closed:
            self._stream.close()
        super().close()
