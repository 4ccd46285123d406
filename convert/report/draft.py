"""A file that appears by rename, complete or not at all."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from convert.errors import RunError, UsageError, reason_in_japanese

if TYPE_CHECKING:
    from pathlib import Path


class Draft:
    """Write bytes under a temporary name beside ``path``; :meth:`keep` gives the file its name.

    Raises :class:`UsageError` when the folder cannot be written, :class:`RunError` when writing fails later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder", f"{path} に書けません：フォルダです。")
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            self._file = self._part.open("xb")
        except OSError as error:
            ja = f"{path} に書けません：{reason_in_japanese(error)}。"
            raise UsageError(f"cannot write {path}: {error.strerror}", ja) from error

    def write(self, content: bytes) -> None:
        """Add ``content``."""
        try:
            self._file.write(content)
        except OSError as error:
            raise self._failed(error) from error

    def keep(self) -> None:
        """Put the file in its place, over an older one."""
        try:
            self._file.close()
            self._part.replace(self.path)
        except OSError as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Remove what was written. Harmless after :meth:`keep`."""
        with contextlib.suppress(OSError):  # closing flushes, which fails on a full disk; the part goes either way
            self._file.close()
        self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> RunError:
        self.discard()
        ja = f"{self.path} に書けません：{reason_in_japanese(error)}。"
        return RunError(f"cannot write {self.path}: {error.strerror}", ja)
