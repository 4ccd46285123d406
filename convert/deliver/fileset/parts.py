"""The files of a set: records in the order of the input, each file complete, below a limit and compressed once."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, Literal, cast

from convert.deliver.zipping import BLOCK, Measure, blocks_of
from convert.errors import RunError
from convert.run.output import temporary, write_whole

if TYPE_CHECKING:
    from pathlib import Path

Packing = Literal["zip", "gzip", "none"]
ENDS: Final[dict[Packing, str]] = {"zip": ".zip", "gzip": ".gz", "none": ""}
"""What follows the name of a file, by how it is compressed."""
_FIXED = (1980, 1, 1, 0, 0, 0)
_UNIX, _REGULAR = 3, 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One file: as it is fetched (``size``, ``sha256``) and unpacked (``content``, ``content_sha256``)."""

    name: str
    size: int
    sha256: str
    content: int
    content_sha256: str
    records: int
    first: str | None
    last: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        told = {
            "name": self.name, "bytes": self.size, "sha256": self.sha256, "records": self.records,
            "unpacked_bytes": self.content, "unpacked_sha256": self.content_sha256,
            "first": self.first, "last": self.last,
        }  # fmt: skip
        return {key: value for key, value in told.items() if value is not None}


class Open:
    """A file in the making, under its temporary name. The same content gives the same bytes with the same zlib."""

    def __init__(self, path: Path, member: str, packing: Packing) -> None:
        self.path, self.place, self.member, self.packing = path, temporary(path), member, packing
        self._measure = Measure()
        self._pending: list[bytes] = []
        self._waiting = 0
        self.records = 0
        self.first: str | None = None
        self.last: str | None = None
        self._stack = ExitStack()
        self._stream = self._packed(self._stack.enter_context(self.place.open("wb")))
        self.size = 0

    def _packed(self, file: IO[bytes]) -> IO[bytes]:
        if self.packing == "zip":
            entry = zipfile.ZipInfo(self.member, _FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _REGULAR
            archive = self._stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
            return self._stack.enter_context(archive.open(entry, "w"))
        if self.packing == "gzip":
            return cast("IO[bytes]", self._stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)))
        return file

    def write(self, data: bytes) -> None:
        """Add what stands around records."""
        self.size += len(data)
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting >= BLOCK:
            self._flush()

    def add(self, data: bytes, name: str | None) -> None:
        """Add a record."""
        self.write(data)
        self.first = name if not self.records else self.first
        self.last = name
        self.records += 1

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending, self._waiting = [], 0
        self._measure.add(data)
        write_whole(cast("BinaryIO", self._stream), data)

    def close(self) -> Part:
        """Finish the file, look at it again, and tell of it. Raises :class:`RunError` when it is not as written."""
        self._flush()
        self._stack.close()
        stored = Measure()
        with self.place.open("rb") as stream:
            for data in blocks_of(stream):
                stored.add(data)
        self._verify()
        return Part(
            self.path.name, stored.size, stored.sha256, self._measure.size, self._measure.sha256,
            self.records, self.first, self.last,
        )  # fmt: skip

    def _verify(self) -> None:
        found = hashlib.sha256()
        try:
            with ExitStack() as stack:
                for data in blocks_of(self._unpacked(stack)):
                    found.update(data)
        except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
            raise self._damaged() from error
        if found.hexdigest() != self._measure.sha256:
            raise self._damaged()

    def _unpacked(self, stack: ExitStack) -> Any:
        if self.packing == "zip":
            archive = stack.enter_context(zipfile.ZipFile(self.place))
            return stack.enter_context(archive.open(self.member))
        opener = gzip.open if self.packing == "gzip" else io.open
        return stack.enter_context(opener(self.place, "rb"))

    def _damaged(self) -> RunError:
        return RunError(
            f"{self.path.name}: what was written cannot be read back unchanged; the disk may be faulty",
            f"{self.path.name}：書いたものを読み直すと違っていました。ディスクの故障かもしれません",
        )

    def discard(self) -> None:
        """Leave nothing behind."""
        self._stack.close()
        self.place.unlink(missing_ok=True)
