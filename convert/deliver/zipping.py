"""Zip archives whose bytes depend on nothing but what goes in, and a second look at them once they are written.

Members stand in the order given, deflated, with ASCII names, one fixed time, no comments and no extra fields; ZIP64
only where a member or the archive is too large without it. The same members give the same bytes with the same zlib.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

BLOCK = 1 << 18
"""Bytes read or written at a time."""
_UNIX = 3
_REGULAR = 0o100644 << 16
_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # what the format can tell


@dataclass(slots=True)
class Measure:
    """The size and sums of bytes that went by."""

    size: int = 0
    crc: int = 0
    _hash: Any = None

    def add(self, data: bytes) -> None:
        """Count ``data``."""
        self._hash = self._hash or hashlib.sha256()
        self._hash.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """SHA-256 in hex."""
        return str((self._hash or hashlib.sha256()).hexdigest())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member must be: its name, bytes and SHA-256."""

    name: str
    size: int
    sha256: str


def write_zip(path: Path, members: Iterable[tuple[Wanted, Iterable[bytes]]], day: date) -> None:
    """Write an archive of members whose sizes are known; their time is the start of ``day``.

    Raises :class:`RunError` when the bytes of a member are not those it was planned with.
    """
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for wanted, blocks in members:
            with archive.open(_entry(wanted, day), "w") as member:
                measure = Measure()
                for data in blocks:
                    measure.add(data)
                    if measure.size > wanted.size:  # before an archive without ZIP64 overflows
                        break
                    member.write(data)
                if (measure.size, measure.sha256) != (wanted.size, wanted.sha256):
                    raise _changed(wanted.name)


def _entry(wanted: Wanted, day: date) -> zipfile.ZipInfo:
    year = min(max(day.year, _FIRST_YEAR), _LAST_YEAR)
    entry = zipfile.ZipInfo(wanted.name, (year, day.month, day.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = _UNIX, _REGULAR
    entry.file_size = wanted.size
    return entry


def verify_zip(path: Path, wanted: Sequence[Wanted]) -> None:
    """Read the archive again and compare names, sizes, CRC and SHA-256. Raises :class:`RunError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist()]
            if names != [member.name for member in wanted]:
                raise _damaged(path.name)
            for member in wanted:
                measure = Measure()
                with archive.open(member.name) as stream:  # checks the CRC at its end
                    for data in blocks_of(stream):
                        measure.add(data)
                if (measure.size, measure.sha256) != (member.size, member.sha256):
                    raise _damaged(member.name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(path.name) from error


def blocks_of(stream: Any) -> Iterator[bytes]:
    """The bytes of a stream, block by block."""
    return iter(lambda: stream.read(BLOCK), b"")


def _changed(name: str) -> RunError:
    return RunError(
        f"{name}: its source changed while the package was written",
        f"{name}：パッケージを書いている間に、もとのファイルが変わりました",
    )


def _damaged(name: str) -> RunError:
    return RunError(
        f"{name}: what was written cannot be read back unchanged; the disk may be faulty",
        f"{name}：書いたものを読み直すと違っていました。ディスクの故障かもしれません",
    )
