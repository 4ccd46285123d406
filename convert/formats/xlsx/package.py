"""The zip around a workbook: what kind of file it is, its parts, and limits against files made to exhaust a machine.

Open Packaging Conventions (ECMA-376 Part 2). Nothing is written to disk but a source that can be read only once.
"""

from __future__ import annotations

import posixpath
import struct
import tempfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.source import CHUNK, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 32768
"""Bytes of a part read at a time: small enough to stay in the cache."""
MAX_PARTS = 10_000
MAX_DIRECTORY = 8 * 2**20
"""Bytes of the zip's own list of parts."""
SMALL_PART = 64 * 2**20
"""Bytes of a part that is no sheet and no table of strings."""
MAX_RATIO, RATIO_FROM = 400, 64 * 2**20
"""A part that grows more than so many times, once it is so large, is no workbook a spreadsheet wrote."""

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, RuntimeError,
)  # fmt: skip
"""What zipfile raises on damaged bytes."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Refused(Exception):  # noqa: N818 - what a reader turns into an issue
    """Why a workbook cannot be read (on): the issue's code, slots and the part of the zip."""

    def __init__(self, code: str, part: str | None = None, **slots: Any) -> None:
        super().__init__(code)
        self.code = code
        self.part = part
        self.slots = slots


def reopenable(source: Source) -> tuple[Source, BinaryIO | None]:
    """A source that can be opened again, and the temporary file that holds it where the source cannot."""
    if source.seekable and not source.packing:
        return source, None
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the reader's finalizer
    # A workbook is a zip archive itself: as stored, unless it was packed once more.
    try:
        with source.open() if source.packing else source.open_stored() as stream:
            while block := stream.read(CHUNK):
                kept.write(block)
    except BaseException:
        kept.close()
        raise
    return Source(source.name, stream=kept), kept


class Package:
    """The parts of an open workbook. ``limit``: bytes that all parts read may grow to. Raises :class:`Refused`."""

    def __init__(self, source: Source, limit: int) -> None:
        self._stream = source.open()
        self._limit = limit
        try:
            _check_kind(self._stream)
            _check_directory(self._stream)
            self._stream.seek(0)
            self._zip = zipfile.ZipFile(self._stream)
        except _DAMAGE as error:
            self._stream.close()
            raise Refused("SRC-XLSX-ZIP") from error
        except BaseException:
            self._stream.close()
            raise
        self._parts = {info.filename.lower(): info for info in self._zip.infolist()}

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the zip and its stream."""
        self._zip.close()
        self._stream.close()

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    @property
    def names(self) -> list[str]:
        """Every part, in lower case."""
        return list(self._parts)

    def chunks(self, part: str, limit: int | None = None) -> Iterator[bytes]:
        """The bytes of a part, piece by piece. ``limit``: the most it may grow to."""
        info = self._parts.get(part.lower())
        if info is None:
            raise Refused("SRC-XLSX-PART", part)
        if info.flag_bits & 1:
            raise Refused("SRC-XLSX-ENCRYPTED", part)
        most = min(limit or self._limit, self._limit)
        size = 0
        try:
            with self._zip.open(info) as stream:
                while block := stream.read(PIECE):
                    size += len(block)
                    if size > most or (size > RATIO_FROM and size > MAX_RATIO * info.compress_size):
                        raise Refused("SRC-XLSX-LIMIT", part, limit=f"{most // 2**20} MiB")
                    yield block
        except _DAMAGE as error:
            raise Refused("SRC-XLSX-ZIP", part) from error

    def small(self, part: str) -> bytes:
        """The bytes of a part that is small in every workbook."""
        return b"".join(self.chunks(part, SMALL_PART))


def _check_kind(stream: BinaryIO) -> None:
    """Tell what else a file called .xlsx often is, so that the user knows what to do."""
    head = stream.read(4096)
    if not head:
        raise Refused("SRC-EMPTY")
    if head.startswith(_ZIP):
        return
    if head.startswith(_OLE):
        raise Refused("SRC-XLSX-ENCRYPTED" if _holds(stream, head, _ENCRYPTED) else "SRC-XLSX-XLS")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head:
        raise Refused("SRC-XLSX-TEXT", kind=_text_kind(head))
    raise Refused("SRC-XLSX-ZIP")


def _text_kind(head: bytes) -> str:
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "XML Spreadsheet 2003"
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return "HTML"
    if text.startswith(b"<"):
        return "XML"
    first = text.partition(b"\n")[0]
    return "TSV" if b"\t" in first and b"," not in first else "CSV"


def _holds(stream: BinaryIO, head: bytes, wanted: bytes) -> bool:
    before = head
    while before:
        if wanted in before:
            return True
        block = stream.read(CHUNK)
        before = before[-len(wanted) :] + block if block else b""
    return False


def _check_directory(stream: BinaryIO) -> None:
    """Refuse a list of parts that would fill the memory before a single part is read (zip, APPNOTE.TXT 4.3.16)."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_557))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise Refused("SRC-XLSX-ZIP")
    count, length = struct.unpack("<HL", tail[at + 10 : at + 16])
    if count > MAX_PARTS or length > MAX_DIRECTORY:
        raise Refused("SRC-XLSX-LIMIT", limit=f"{MAX_PARTS}")


def resolve(base: str, target: str) -> str:
    """The part that a relationship of the part ``base`` names; targets may be absolute.

    >>> resolve("xl/workbook.xml", "worksheets/sheet1.xml"), resolve("xl/workbook.xml", "/xl/styles.xml")
    ('xl/worksheets/sheet1.xml', 'xl/styles.xml')
    """
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target)).lstrip("/")


def relationships_of(part: str) -> str:
    """The part that holds the relationships of a part."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")
