"""Secrets: from the agent, the environment, or a file that nobody else can read. Never an argument, never in a log."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from convert.check.issue import Issue
from convert.deliver.sftp.faults import SftpFault
from convert.errors import UsageError, reason_in_japanese
from convert.model import Location
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD: Final = "MOKUROKU_SFTP_PASSWORD"  # noqa: S105 - the name of a variable
PASSPHRASE: Final = "MOKUROKU_SFTP_PASSPHRASE"  # noqa: S105
MAX_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Secrets:
    """How to log in. ``key``: the file of a private key. The agent is asked where neither key nor password is given:
    servers end the connection after a few keys that they do not know.
    """

    key: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    agent: bool = True

    @classmethod
    def gather(
        cls,
        *,
        key: str | Path | None = None,
        password_file: str | Path | None = None,
        passphrase_file: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Secrets:
        """Read what there is. Raises :class:`SftpFault` for a file that others can read, :class:`UsageError`."""
        given = os.environ if environment is None else environment
        if key is not None:
            private(Path(key))
        password = read_secret(Path(password_file)) if password_file is not None else given.get(PASSWORD) or None
        phrase = read_secret(Path(passphrase_file)) if passphrase_file is not None else given.get(PASSPHRASE) or None
        return cls(Path(key) if key is not None else None, phrase, password, agent=key is None and password is None)


def private(path: Path) -> None:
    """Make sure that a file is there and that nobody but its owner can read it."""
    try:
        mode = path.stat().st_mode
        with path.open("rb"):
            pass
    except OSError as error:
        ja = f"{path}：読めません（{reason_in_japanese(error)}）。"
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})", ja) from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SftpFault(Issue("SFTP-SECRET-MODE", Location(shown(path)), value=f"{stat.S_IMODE(mode):o}"))


def read_secret(path: Path) -> str:
    """The first line of a file that nobody else can read."""
    private(path)
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as text", f"{path}：文字として読めません。") from error
    line = text.splitlines()[0] if text else ""
    if not line:
        raise UsageError(f"{path}: is empty", f"{path}：空です。")
    return line
