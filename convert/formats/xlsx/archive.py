"""Write a zip archive (APPNOTE.TXT 6.3, ZIP64 where it is needed) member by member, without going back.

The standard library's writer takes no compressor but zlib's; ISA-L's deflates rows four times as fast. Sizes stand
behind each member (a data descriptor), as they do in what ``zipfile`` writes to a pipe. Members have no time of day.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from typing import Any, Final, Protocol

LEVEL: Final = 1
"""How hard members are packed: rows are many and much alike."""
_RAW: Final = -15  # a deflate stream without a head of its own
_ELSEWHERE: Final = 0xFFFFFFFF  # the number stands in what ZIP64 adds
_FAR = _LARGE = 0xFFFFFFFF
"""What a number of 32 bits holds: places in the archive, and sizes of members."""
_SIZED_BEHIND, _UTF8, _DEFLATED = 0x08, 0x800, 8
_VERSION, _VERSION_64 = 20, 45
_DAY: Final = 1 << 5 | 1  # 1 January 1980


class Target(Protocol):
    """Where the bytes of the file go."""

    def write(self, content: bytes) -> None:
        """Add ``content``."""
        ...


def deflater() -> Any:
    """ISA-L with zlib's functions; zlib itself on a machine for which the other is not built."""
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return zlib


class Member:
    """A file of the archive being written: less than 4 GB before it is packed."""

    def __init__(self, archive: Archive, name: str, module: Any) -> None:
        self.name = name.encode("utf-8")
        self.start = archive.size
        self.crc = self.size = self.packed = 0
        self._archive = archive
        self._crc32 = module.crc32
        self._compressor = module.compressobj(LEVEL, zlib.DEFLATED, _RAW)
        flags = _SIZED_BEHIND | _UTF8
        head = (b"PK\x03\x04", _VERSION, flags, _DEFLATED, 0, _DAY, 0, 0, 0, len(self.name), 0)
        archive.add(struct.pack("<4s5H3I2H", *head) + self.name)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self.crc = self._crc32(data, self.crc)
        self.size += len(data)
        self._out(self._compressor.compress(data))

    def _out(self, packed: bytes) -> None:
        if packed:
            self.packed += len(packed)
            self._archive.add(packed)

    def close(self) -> None:
        """End the file. Raises :class:`ValueError` when it is too large."""
        self._out(self._compressor.flush())
        if max(self.size, self.packed) > _LARGE:
            raise ValueError(f"{self.name.decode()}: larger than 4 GB")
        self._archive.add(struct.pack("<4s3I", b"PK\x07\x08", self.crc, self.packed, self.size))

    def entry(self) -> bytes:
        """What the list at the archive's end says of it."""
        far = self.start >= _FAR
        extra = struct.pack("<2HQ", 1, 8, self.start) if far else b""
        version = _VERSION_64 if far else _VERSION
        flags = _SIZED_BEHIND | _UTF8
        fields = (b"PK\x01\x02", version, version, flags, _DEFLATED, 0, _DAY, self.crc, self.packed, self.size)
        more = (len(self.name), len(extra), 0, 0, 0, 0, _ELSEWHERE if far else self.start)
        return struct.pack("<4s6H3I5H2I", *fields, *more) + self.name + extra


class Archive:
    """A zip archive being written into ``target``, one member after the other."""

    def __init__(self, target: Target) -> None:
        self.size = 0
        self._target = target
        self._members: list[Member] = []
        self._module = deflater()

    def add(self, data: bytes) -> None:
        """Write bytes of the archive itself."""
        self._target.write(data)
        self.size += len(data)

    def member(self, name: str) -> Member:
        """Begin a file; the one before it has ended."""
        found = Member(self, name, self._module)
        self._members.append(found)
        return found

    def write(self, name: str, content: bytes) -> None:
        """Add a whole file."""
        member = self.member(name)
        member.write(content)
        member.close()

    def close(self) -> None:
        """Write the list of the files."""
        start, count = self.size, len(self._members)
        for member in self._members:
            self.add(member.entry())
        size, end = self.size - start, self.size
        far = start >= _FAR
        if far or count >= 0xFFFF:
            fields = (44, _VERSION_64, _VERSION_64, 0, 0, count, count, size, start)
            self.add(struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", *fields))
            self.add(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
        told = min(count, 0xFFFF)
        self.add(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, told, told, size, _ELSEWHERE if far else start, 0))
