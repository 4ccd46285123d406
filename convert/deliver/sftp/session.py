"""One connection to a server: known to be the right one, logged in, and asked in the few ways that sending needs.

Everything that goes wrong becomes an :class:`SftpFault`; ``passing`` ones are those of the transport.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import re
import socket
import stat
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from convert.check.issue import Issue
from convert.deliver.sftp.faults import SftpFault
from convert.errors import reason_in_japanese
from convert.model import Location
from convert.store.base import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.deliver.sftp.address import Address
    from convert.deliver.sftp.hostkey import Judge
    from convert.deliver.sftp.secrets import Secrets

BLOCK: Final = 1 << 15
"""Bytes of one write, which every server takes."""
WINDOW: Final = 32
"""Writes after which the answers to all of them are waited for."""
REASONS: Final = {
    "unreachable": "接続できません",
    "name": "ホスト名が見つかりません",
    "timeout": "時間内に応答がありません",
    "cut": "接続が切れました",
    "answer": "SSH のサーバーではないか、応答が壊れています",
}
"""Faults of the transport, in Japanese."""
_UNSUPPORTED = "unsupported"
_SOCKET_CLOSED = "Socket is closed"


@dataclass(frozen=True, slots=True)
class Patience:
    """``timeout``: seconds without an answer. ``retries``: further connections after faults that may pass, the first
    after ``wait`` seconds and each of the next after twice as long, but never more than ``longest``.
    """

    timeout: float = 60.0
    retries: int = 4
    wait: float = 5.0
    longest: float = 300.0

    def pause(self, tried: int) -> float:
        """Seconds before the next try, when so many failed.

        >>> [Patience(wait=5, longest=30).pause(tried) for tried in (1, 2, 3, 4)]
        [5, 10, 20, 30]
        """
        longer: float = self.wait * 2 ** (tried - 1)
        return min(longer, self.longest)


class Session:
    """An open connection; closes at the end of ``with``. ``host_key`` is the fingerprint that the server proved."""

    def __init__(self, address: Address, transport: Any, sftp: Any, host_key: str) -> None:
        self.address, self.host_key = address, host_key
        self._transport, self._sftp = transport, sftp

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # a broken connection has nothing left to close
            self._transport.close()

    # ── Faults ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _alive(self) -> bool:
        return bool(self._transport.is_active()) and not self._sftp.get_channel().closed

    @contextlib.contextmanager
    def _telling(self, code: str, name: str) -> Iterator[None]:
        """Tell what goes wrong: the transport's faults as such, the server's refusals under ``code``."""
        paramiko = need("paramiko", "paramiko", "sftp")
        try:
            yield
        except SftpFault:
            raise
        except (EOFError, TimeoutError, UnicodeError, paramiko.SSHException, paramiko.SFTPError) as error:
            raise transport_fault(self.address, error) from error
        except OSError as error:
            told = isinstance(error, FileNotFoundError | PermissionError) or error.errno is None
            if not told or str(error) == _SOCKET_CLOSED or not self._alive:
                raise transport_fault(self.address, error) from error
            raise self.refusal(code, name, error) from error

    def refusal(self, code: str, name: str, error: OSError) -> SftpFault:
        """What the server refused to do with a file."""
        if error.errno == errno.EACCES:
            code = "SFTP-DENIED"
        text = (error.strerror or str(error)).strip()
        return SftpFault(Issue(code, Location(str(self.address)), value=name, slots={"said": text or "Failure"}))

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────

    def check_folder(self) -> None:
        """Make sure that the folder is there."""
        folder = self.address.folder or "."
        with self._telling("SFTP-FOLDER", folder):
            mode = self._sftp.stat(folder).st_mode
        if mode is not None and not stat.S_ISDIR(mode):
            slots = {"said": "not a directory"}
            raise SftpFault(Issue("SFTP-FOLDER", Location(str(self.address)), value=folder, slots=slots))

    def size(self, name: str) -> int | None:
        """The bytes of a file; None when there is none. A thing that is no plain file counts as -1."""
        with self._telling("SFTP-STAT", name):
            try:
                told = self._sftp.lstat(self.address.path(name))
            except FileNotFoundError:
                return None
        if told.st_mode is not None and not stat.S_ISREG(told.st_mode):
            return -1
        return int(told.st_size) if told.st_size is not None else -1

    def ends_like(self, name: str, wanted: bytes, size: int) -> bool:
        """Whether the ``size`` bytes of a file end in ``wanted``; no, where the server does not let it be read."""
        with self._telling("SFTP-STAT", name):
            try:
                with self._sftp.open(self.address.path(name), "rb") as stream:
                    stream.seek(size - len(wanted))
                    return bool(stream.read(len(wanted)) == wanted)
            except OSError as error:
                if error.errno == errno.EACCES:
                    return False
                raise

    def write(
        self, name: str, blocks: Iterator[bytes], *, at: int = 0, told: Callable[[int], None] | None = None
    ) -> None:
        """Write a file: a new one, which must not exist, or on from byte ``at`` of one that does.

        Every answer of the server is looked at, so that a write that failed leaves no hole that goes unseen.
        """
        with self._telling("SFTP-WRITE", name), self._opened(name, new=not at) as stream:
            stream.seek(at)
            sent = at
            for number, (block, last) in enumerate(_with_last(blocks), start=1):
                waits = last or not number % WINDOW
                stream.set_pipelined(not waits)  # a write that is not pipelined waits for the answers to all before it
                stream.write(block)
                sent += len(block)
                if told is not None and waits:
                    told(sent)

    @contextlib.contextmanager
    def _opened(self, name: str, *, new: bool) -> Iterator[Any]:
        stream = self._sftp.open(self.address.path(name), "wx" if new else "r+b", bufsize=0)
        try:
            yield stream
        except OSError as error:
            if self._alive and not isinstance(error, TimeoutError):  # else closing would wait for an answer once more
                stream.close()
            raise
        stream.close()

    def rename(self, old: str, new: str) -> None:
        """Give a file its name, where no file has it: the rename of the protocol, which must not replace a file.

        A server that does not have it, or cannot do it although the name is free, is asked for the ``posix-rename`` of
        OpenSSH, which would replace a file, and therefore only after a second look.
        """
        paths = (self.address.path(old), self.address.path(new))
        with self._telling("SFTP-RENAME", new):
            try:
                self._sftp.rename(*paths)
            except OSError as error:
                if error.errno == errno.EACCES or not self._alive:
                    raise
                if self.size(new) is not None:
                    raise exists(self.address, new) from error
                if self.size(old) is None:
                    return  # it was done, whatever the server said, and the file was taken already
                self._posix_rename(paths, error)

    def _posix_rename(self, paths: tuple[str, str], first: OSError) -> None:
        try:
            self._sftp.posix_rename(*paths)
        except OSError as error:
            if self._alive and _UNSUPPORTED in str(error).lower():
                raise first from error
            raise

    def remove(self, name: str) -> bool:
        """Remove a file of ours, where that can be done."""
        with contextlib.suppress(Exception):
            self._sftp.remove(self.address.path(name))
            return True
        return False


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    before = next(blocks, None)
    if before is None:
        return
    for block in blocks:
        yield before, False
        before = block
    yield before, True


def exists(address: Address, name: str) -> SftpFault:
    """A file of that name is there already."""
    return SftpFault(Issue("SFTP-EXISTS", Location(str(address)), value=name))


def transport_fault(address: Address, error: Exception) -> SftpFault:
    """A fault of the transport; all of them may pass but a name that nobody knows."""
    kind = "cut"
    if isinstance(error, socket.gaierror):
        kind = "name"
    elif isinstance(error, TimeoutError):
        kind = "timeout"
    elif isinstance(error, ConnectionRefusedError) or getattr(error, "errno", None) in _UNREACHABLE:
        kind = "unreachable"
    elif not isinstance(error, OSError | EOFError):
        kind = "answer" if "banner" in str(error).lower() else "cut"
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).split("\n")[0]
    ja = REASONS[kind] if kind in ("name", "timeout", "cut", "answer") else reason_in_japanese(error)
    slots = {"reason": text, "reason_ja": REASONS[kind] if kind == "unreachable" else ja}
    code = "SFTP-CUT" if kind in ("cut", "timeout") else "SFTP-UNREACHABLE"
    return SftpFault(Issue(code, Location(str(address)), slots=slots), passing=kind != "name")


_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.ENETDOWN, errno.EHOSTDOWN})


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────


def open_session(address: Address, judge: Judge, secrets: Secrets, patience: Patience) -> Session:
    """Connect, make sure of the host key, log in. Raises :class:`SftpFault`; no secret is sent to a wrong server."""
    paramiko = need("paramiko", "paramiko", "sftp")
    logging.getLogger("paramiko").addHandler(logging.NullHandler())  # or tracebacks of its threads reach stderr
    offered: list[str] = []
    for family in judge.families():
        transport = _connected(paramiko, address, family, patience)
        if transport is None:
            continue
        try:
            key = transport.get_remote_server_key()
            if judge.fits(key):
                return _logged_in(paramiko, address, transport, secrets, patience)
            offered.append(_named(key))
        except BaseException:
            transport.close()
            raise
        transport.close()
    raise judge.fault(offered or ["?"])


def _named(key: Any) -> str:
    from convert.deliver.sftp.hostkey import fingerprint  # noqa: PLC0415 - one way only at import

    return f"{key.get_name()} {fingerprint(key.asbytes())}"


def _connected(paramiko: Any, address: Address, family: tuple[str, ...] | None, patience: Patience) -> Any:
    """A transport whose host key is proven, though not yet known; None when the server has no key of this family."""
    try:
        plain = socket.create_connection((address.host, address.port), timeout=patience.timeout)
    except OSError as error:
        raise transport_fault(address, error) from error
    except UnicodeError as error:  # a label of the name is too long
        raise transport_fault(address, socket.gaierror(str(error))) from error
    try:
        transport = paramiko.Transport(plain)
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = patience.timeout
        transport.channel_timeout = patience.timeout
        if family is not None:
            options = transport.get_security_options()
            options.key_types = [name for name in options.key_types if name in family]
        transport.start_client(timeout=patience.timeout)
        transport.get_remote_server_key()
    except paramiko.IncompatiblePeer as error:
        plain.close()
        if family is not None:
            return None
        slots = {"said": str(error).split("\n")[0]}
        raise SftpFault(Issue("SFTP-ALGORITHM", Location(str(address)), slots=slots)) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        plain.close()
        raise transport_fault(address, error) from error
    return transport


def _logged_in(paramiko: Any, address: Address, transport: Any, secrets: Secrets, patience: Patience) -> Session:
    from convert.deliver.sftp.hostkey import fingerprint  # noqa: PLC0415

    host_key = fingerprint(transport.get_remote_server_key().asbytes())
    _log_in(paramiko, address, transport, secrets)
    try:
        sftp = paramiko.SFTPClient.from_transport(transport)
        if sftp is None:
            raise paramiko.SSHException("no channel")
        sftp.get_channel().settimeout(patience.timeout)
    except (paramiko.ChannelException, paramiko.SFTPError) as error:
        raise SftpFault(Issue("SFTP-NO-SFTP", Location(str(address)), slots={"said": str(error)})) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if transport.is_active() and not isinstance(error, TimeoutError):
            raise SftpFault(Issue("SFTP-NO-SFTP", Location(str(address)), slots={"said": str(error)})) from error
        raise transport_fault(address, error) from error
    return Session(address, transport, sftp, host_key)


def _log_in(paramiko: Any, address: Address, transport: Any, secrets: Secrets) -> None:
    """Try what there is, one after the other: the key that was named, or those of the agent, then the password."""
    allowed: list[str] = []
    tried: list[str] = []
    for name, attempt in _ways(paramiko, address, transport, secrets):
        tried.append(name)
        try:
            allowed = list(attempt() or [])
            if transport.is_authenticated():
                return
        except paramiko.BadAuthenticationType as error:
            allowed = list(error.allowed_types)
        except paramiko.AuthenticationException as error:
            if not transport.is_active():
                break  # too many tries for this server
            if "timeout" in str(error).lower():
                raise transport_fault(address, TimeoutError(str(error))) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            if "incompatible" in str(error).lower() or "agreed" in str(error).lower():
                continue
            raise transport_fault(address, error) from error
    slots = {"tried": tried or ["—"], "allowed": allowed or ["?"]}
    code = "SFTP-AUTH" if tried else "SFTP-AUTH-NONE"
    raise SftpFault(Issue(code, Location(str(address)), value=address.user, slots=slots))


def _ways(paramiko: Any, address: Address, transport: Any, secrets: Secrets) -> Iterator[tuple[str, Callable[[], Any]]]:
    user = address.user
    if secrets.key is not None:
        key = _private_key(paramiko, secrets)
        yield "publickey", partial(transport.auth_publickey, user, key)
    if secrets.agent:
        agent = paramiko.Agent()
        try:
            for held in agent.get_keys():
                yield "publickey (agent)", partial(transport.auth_publickey, user, held)
        finally:
            agent.close()
    if secrets.password is not None:
        yield "password", partial(transport.auth_password, user, secrets.password)


def _private_key(paramiko: Any, secrets: Secrets) -> Any:
    phrase = secrets.passphrase.encode() if secrets.passphrase is not None else None
    try:
        return paramiko.PKey.from_path(secrets.key, phrase)
    except Exception as error:  # half a dozen kinds, by the library that reads the key
        with contextlib.suppress(Exception):
            return _read_otherwise(paramiko, secrets, phrase)
        code = "SFTP-KEY-PHRASE" if _wants_phrase(error) else "SFTP-KEY"
        raise SftpFault(Issue(code, Location(str(secrets.key)))) from error


def _read_otherwise(paramiko: Any, secrets: Secrets, phrase: bytes | None) -> Any:
    """Read a key by way of PEM: paramiko takes the end of some keys without comment for padding."""
    serialization = need("cryptography.hazmat.primitives.serialization", "paramiko", "sftp")
    if secrets.key is None:
        raise ValueError("no key")
    loaded = serialization.load_ssh_private_key(secrets.key.read_bytes(), phrase)
    pem = loaded.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    kind = paramiko.RSAKey if b"BEGIN RSA" in pem else paramiko.ECDSAKey
    return kind.from_private_key(io.StringIO(pem.decode()))


def _wants_phrase(error: BaseException | None) -> bool:
    """Whether a key is encrypted; the reader's last complaint may be about another form of keys that it tried."""
    while error is not None:
        if re.search("password|passphrase|encrypted|corrupt data", str(error), re.IGNORECASE):
            return True
        error = error.__context__
    return False
