"""Whether a server is the one that was meant: its key is pinned by fingerprint, or stands in a file of known hosts.

A key that is neither is refused; there is no way of taking it at first sight.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import hashlib
import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.deliver.sftp.faults import SftpFault
from convert.errors import UsageError, reason_in_japanese
from convert.model import Location
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.deliver.sftp.address import Address

FAMILIES = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
"""Kinds of host keys, by the algorithms that prove them. A server may have one of each."""
_FINGERPRINT = re.compile(r"(?:SHA256:)?([A-Za-z0-9+/]{43})=?")
DEFAULT = "~/.ssh/known_hosts"


def fingerprint(blob: bytes) -> str:
    """The SHA-256 fingerprint of a public key, as OpenSSH writes it.

    >>> fingerprint(b"")
    'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'
    """
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def checked_fingerprint(text: str) -> str:
    """A fingerprint as it is compared. Raises :class:`UsageError`."""
    found = _FINGERPRINT.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"'{text}' is no SHA-256 fingerprint (SHA256: and 43 characters, as ssh-keygen -l prints it)",
            f"「{text}」は SHA-256 の指紋ではありません（SHA256: に続く 43 文字。ssh-keygen -l で表示されます）。",
        )
    return f"SHA256:{found[1]}"


@dataclass(frozen=True, slots=True)
class Pins:
    """What a server may be recognised by. With ``fingerprints`` no file of known hosts is read."""

    fingerprints: tuple[str, ...] = ()
    known_hosts: Path | None = None

    @classmethod
    def of(cls, fingerprints: Sequence[str], known_hosts: str | Path | None) -> Pins:
        """From what a user gives; else the user's own file of known hosts. Raises :class:`UsageError`."""
        pinned = tuple(checked_fingerprint(text) for text in fingerprints)
        if known_hosts is not None:
            return cls(pinned, Path(known_hosts))
        own = Path(DEFAULT).expanduser()
        return cls(pinned, own if not pinned and own.is_file() else None)

    @property
    def shown(self) -> str:
        """The file of known hosts, for messages."""
        return shown(self.known_hosts) if self.known_hosts is not None else DEFAULT

    def load(self, address: Address) -> Judge:
        """What is known of one server. Raises :class:`UsageError` when the file cannot be read."""
        if self.known_hosts is None:
            return Judge(self, address, {}, frozenset())
        try:
            text = self.known_hosts.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            ja = f"{self.known_hosts}：読めません（{reason_in_japanese(error)}）。"
            raise UsageError(f"{self.known_hosts}: cannot be read ({error.strerror or error})", ja) from error
        lines = list(_lines(text))
        known = {line.kind: line.fingerprint for line in lines if not line.mark and line.tells_of(address.known_as)}
        revoked = {line.fingerprint for line in lines if line.mark == "@revoked"}
        return Judge(self, address, known, frozenset(revoked))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file of known hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""

    mark: str
    names: str
    kind: str
    fingerprint: str

    def tells_of(self, host: str) -> bool:
        """Whether it is about a host, whose name may stand there plain, hashed or as a pattern."""
        if self.names.startswith("|1|"):
            _, _, salt, told, *_ = [*self.names.split("|"), "", ""]
            with contextlib.suppress(ValueError):
                found = hmac.new(base64.b64decode(salt), host.encode(), "sha1").digest()
                return hmac.compare_digest(found, base64.b64decode(told))
            return False
        fitting = [name for name in self.names.lower().split(",") if _matches(name.removeprefix("!"), host.lower())]
        return bool(fitting) and not any(name.startswith("!") for name in fitting)


def _matches(pattern: str, host: str) -> bool:
    """Whether a pattern of ``*`` and ``?`` fits; brackets stand for themselves."""
    return fnmatch.fnmatchcase(host, pattern.replace("[", "[[]"))


def _lines(text: str) -> Iterator[_Line]:
    """The lines that tell of keys; others are passed over, as OpenSSH does."""
    for line in text.splitlines():
        fields = line.split()
        mark = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) < 3 or fields[0].startswith("#"):
            continue
        with contextlib.suppress(ValueError):
            yield _Line(mark, fields[0], fields[1], fingerprint(base64.b64decode(fields[2], validate=True)))


@dataclass(frozen=True, slots=True)
class Judge:
    """What is known of one server: fingerprints by kind of key, and those that are revoked."""

    pins: Pins
    address: Address
    known: dict[str, str]
    revoked: frozenset[str]

    def families(self) -> list[tuple[str, ...] | None]:
        """The kinds of keys to ask for, one connection each until a key fits; None: whatever the server prefers."""
        if self.pins.fingerprints:
            return [None, *FAMILIES]
        wanted = [family for family in FAMILIES if any(_kind(name) == _kind(family[0]) for name in self.known)]
        return list(wanted) or [None]

    def fits(self, key: Any) -> bool:
        """Whether a server that shows this key is the right one."""
        found = fingerprint(key.asbytes())
        if found in self.revoked:
            return False
        return found in (self.pins.fingerprints or self.known.values())

    def fault(self, offered: Sequence[str]) -> SftpFault:
        """Why no key that was offered will do. ``offered``: kind and fingerprint of each."""
        at = Location(str(self.address))
        known = list(self.pins.fingerprints or self.known.values())
        code = "SFTP-HOST-WRONG" if known else "SFTP-HOST-UNKNOWN"
        if any(text.split()[-1] in self.revoked for text in offered):
            code = "SFTP-HOST-REVOKED"
        slots = {
            "offered": list(dict.fromkeys(offered)),
            "known": known,
            "file": self.pins.shown,
            "host": self.address.known_as,
        }
        return SftpFault(Issue(code, at, value=offered[-1], slots=slots))


def _kind(algorithm: str) -> str:
    """The kind of key behind the name of an algorithm."""
    return "ecdsa" if algorithm.startswith("ecdsa") else algorithm.removeprefix("ssh-").partition("-")[0]
