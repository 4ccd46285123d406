"""The same for the ``sftp`` program of OpenSSH: a batch file that needs no library.

``put -f`` lets the server write to its disk before the renaming, and ``rename -l`` is the rename of the protocol, which
never replaces a file (without ``-l`` OpenSSH would). The first command that fails ends the batch.
"""

from __future__ import annotations

import secrets
import shlex
from typing import TYPE_CHECKING

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convert.deliver.sftp.address import Address


def quoted(text: str) -> str:
    r"""A name as the batch file has it. Raises :class:`UsageError` for one that cannot stand there.

    >>> print(quoted('in "box" *'))
    "in \"box\" *"
    """
    if any(mark in text for mark in "\n\r\0\\"):
        raise UsageError(f"{text!r} cannot stand in a batch file", f"{text!r} はバッチファイルに書けません。")
    return '"' + text.replace('"', '\\"') + '"'  # patterns are not expanded between quotes


def command(to: Address, batch: Path, known_hosts: Path | None, key: Path | None) -> str:
    """The command line that carries a batch file out."""
    parts = ["sftp", "-b", str(batch), "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    if known_hosts is not None:
        parts += ["-o", f"UserKnownHostsFile={known_hosts}"]
    if key is not None:
        parts += ["-i", str(key)]
    host = f"[{to.host}]" if ":" in to.host else to.host
    return shlex.join([*parts, "-P", str(to.port), f"{to.user}@{host}"])


def batch(paths: Sequence[Path], to: Address) -> str:
    """The batch file that sends some packages, in order."""
    lines = [f"# {to}"]
    if to.folder:
        lines.append(f"cd {quoted(to.folder)}")
    for path in paths:
        part = f".{path.name}.{secrets.token_hex(4)}.part"
        lines += [
            f"put -f {quoted(path.resolve().as_posix())} {quoted(part)}",
            f"rename -l {quoted(part)} {quoted(path.name)}",
        ]
    return "\n".join([*lines, "bye", ""])
