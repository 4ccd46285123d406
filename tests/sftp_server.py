"""SFTP servers for the tests, on loopback: OpenSSH as an unprivileged process, and one in a thread that misbehaves."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MISSING = "no OpenSSH server (sshd) is on this machine"
PASSWORD = "himitsu-no-kotoba"  # noqa: S105
USER = "kakuu"


def program() -> str | None:
    """The path of sshd, which wants to be called by its whole path; Debian keeps it out of the path of users."""
    found = shutil.which("sshd") or "/usr/sbin/sshd"
    return found if Path(found).exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def account() -> str:
    """Whom the server runs as, who alone can log in: never root."""
    if os.getuid():
        return pwd.getpwuid(os.getuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("nobody", "daemon", "www-data") if name in names)


@cache
def why_not() -> str | None:
    """Why OpenSSH cannot be tried by whoever runs the tests; None: it can."""
    try:
        account()
    except (KeyError, StopIteration):
        return "sshd needs a user that the system knows by name"
    return None if shutil.which("ssh-keygen") else "there is no ssh-keygen on this machine"


@dataclass(frozen=True)
class Server:
    """A server: where it listens, who can log in with which key, and the folder in which the tests' folders lie."""

    port: int
    user: str
    key: Path
    known_hosts: Path
    fingerprints: dict[str, str]
    root: Path
    process: int

    def end_sessions(self) -> list[int]:
        """Kill the processes that serve the connections that are open; which ones."""
        parents = {}
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parents[int(place.name)] = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1])
        ended: list[int] = []
        for _ in parents:  # children, and their children
            found = [one for one, of in parents.items() if of in (self.process, *ended) and one not in ended]
            if not found:
                break
            ended += found
        for one in ended:
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        return ended

    def folder(self) -> Path:
        """A new folder for one test."""
        place = Path(tempfile.mkdtemp(dir=self.root, prefix="in-"))
        if not os.getuid():
            shutil.chown(place, self.user)
        place.chmod(0o755)
        return place


def keygen(place: Path, kind: str, *more: str) -> str:
    """Make a key; its fingerprint."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", place, *more], check=True)
    done = subprocess.run(["ssh-keygen", "-l", "-f", f"{place}.pub"], check=True, capture_output=True, text=True)
    return done.stdout.split()[1]


CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
PidFile none
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
AuthorizedKeysFile {place}/authorized
HostKey {place}/host_ed25519
HostKey {place}/host_ecdsa
Subsystem sftp internal-sftp
AllowTcpForwarding no
X11Forwarding no
PrintMotd no
MaxStartups 100
"""


@contextlib.contextmanager
def openssh(*, largest: int | None = None) -> Iterator[Server]:
    """OpenSSH; ``largest``: bytes of the largest file that it can write, as if the disk were full then."""
    place = Path(tempfile.mkdtemp(prefix="mokuroku-ssh-"))
    place.chmod(0o755)
    fingerprints = {kind: keygen(place / f"host_{kind}", kind) for kind in ("ed25519", "ecdsa")}
    keygen(place / "key", "ed25519")
    (place / "authorized").write_text((place / "key.pub").read_text())
    (place / "files").mkdir()
    process, port = _started(place, largest)
    lines = [(place / f"host_{kind}.pub").read_text().split()[:2] for kind in fingerprints]
    (place / "known_hosts").write_text("".join(f"[127.0.0.1]:{port} {kind} {key}\n" for kind, key in lines))
    try:
        yield Server(
            port, account(), place / "key", place / "known_hosts", fingerprints, place / "files", process.pid
        )  # fmt: skip
    finally:
        process.terminate()
        process.wait(5)
        shutil.rmtree(place, ignore_errors=True)


def _started(place: Path, largest: int | None) -> tuple[subprocess.Popen[bytes], int]:
    """A server that listens, and its port; another test may take a port before the server does."""
    sshd, user = program(), account()
    assert sshd is not None
    as_user: dict[str, Any] = {}
    if not os.getuid():
        for path in (place, *place.iterdir()):
            shutil.chown(path, user)
        shutil.chown(place / "key", "root")
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    if largest is not None:
        as_user["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    for _ in range(3):
        port = free_port()
        (place / "config").write_text(CONFIG.format(port=port, place=place))
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [sshd, "-D", "-e", "-f", place / "config"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=place,
                restore_signals=False,  # SIGXFSZ stays ignored, so that a file too large is a failed write
                **as_user,
            )  # fmt: skip
        if _listens(port, process):
            return process, port
        process.kill()
        process.wait(5)
    raise AssertionError((place / "log").read_text())


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process.poll() is None
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return False


# ── A server that misbehaves ─────────────────────────────────────────────────────────────────────


@dataclass
class Faults:
    """What goes wrong. Numbers of bytes and of connections count down; 0 or None: nothing of the kind."""

    cut_after: list[int] = field(default_factory=list)
    """For each connection in turn: bytes written until it is cut (-1: never)."""
    cut_rename: list[str] = field(default_factory=list)
    """For each rename in turn: cut ``before`` or ``after`` it is done, or ``""``."""
    plain_rename: bool = True
    posix_rename: bool = True
    replaces: bool = False
    """The plain rename replaces a file, against the protocol."""
    full_after: int | None = None
    lost: int | None = None
    """A write at this byte fails once; those behind it do not."""
    taken: bool = False
    """A file is gone as soon as it has its name."""
    taken_parts: bool = False
    """Files of any name are gone as soon as they are closed."""
    short: int = 0
    """Bytes that sizes are told too small by."""
    unreadable: bool = False
    silent: bool = False
    """Writes are never answered."""
    no_stat: bool = False
    refuse_connections: int = 0
    on_rename: Callable[[], None] | None = None


@dataclass
class Faulty:
    """The misbehaving server: where it listens, its key's fingerprint, its folder, and what it saw."""

    port: int
    fingerprint: str
    root: Path
    faults: Faults
    log: list[str] = field(default_factory=list)
    connections: int = 0
    passwords: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Fingerprints of the keys that are let in."""


@cache
def host_key(number: int) -> Any:
    """A host key; the same number, the same key within a run of the tests."""
    import paramiko

    return paramiko.ECDSAKey.generate()


@contextlib.contextmanager
def faulty(root: Path, *, key: int = 0) -> Iterator[Faulty]:
    """A server in a thread. Its folder is ``root``; whoever knows the password is let in."""
    import paramiko

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(20)
    server = Faulty(listener.getsockname()[1], host_key(key).fingerprint, root, Faults())
    transports: list[Any] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            if server.faults.refuse_connections:
                server.faults.refuse_connections -= 1
                client.close()
                continue
            transport = paramiko.Transport(client)
            transports.append(transport)
            transport.add_server_key(host_key(key))
            cut = server.faults.cut_after.pop(0) if server.faults.cut_after else -1
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _interface(), server, transport, cut)
            with contextlib.suppress(Exception):
                transport.start_server(server=_login()(server), event=threading.Event())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
        thread.join(2)


@cache
def _login() -> Any:
    import paramiko

    class Login(paramiko.ServerInterface):
        def __init__(self, server: Faulty) -> None:
            self.server = server

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return paramiko.OPEN_SUCCEEDED

        def check_auth_password(self, username: str, password: str) -> int:
            self.server.passwords.append(password)
            good = (username, password) == (USER, PASSWORD)
            return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

        def check_auth_publickey(self, username: str, key: Any) -> int:
            good = username == USER and key.fingerprint in self.server.keys
            return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

        def get_allowed_auths(self, username: str) -> str:
            return "password,publickey"

    return Login


@cache
def _interface() -> Any:
    import paramiko

    class Handle(paramiko.SFTPHandle):
        def __init__(self, owner: Any, path: Path, flags: int) -> None:
            super().__init__(flags)
            self.owner, self.path = owner, path
            kind = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
            self.readfile = self.writefile = path.open(kind, buffering=0)

        def write(self, offset: int, data: bytes) -> int:
            faults = self.owner.faults
            if faults.silent:
                time.sleep(60)
            if faults.full_after is not None and offset + len(data) > faults.full_after:
                return int(paramiko.SFTP_FAILURE)
            if faults.lost is not None and offset >= faults.lost:
                faults.lost = None
                return int(paramiko.SFTP_FAILURE)
            left = self.owner.left
            if left >= 0:
                data, self.owner.left = data[:left], max(0, left - len(data))
            self.writefile.seek(offset)
            self.writefile.write(data)
            if self.owner.left == 0:
                self.owner.cut()
            return int(paramiko.SFTP_OK)

        def read(self, offset: int, length: int) -> Any:
            if self.owner.faults.unreadable:
                return paramiko.SFTP_PERMISSION_DENIED
            self.readfile.seek(offset)
            return self.readfile.read(length)

        def stat(self) -> Any:
            return self.owner.lstat("/" + self.path.name)

        def close(self) -> None:
            self.writefile.close()
            if self.owner.faults.taken_parts:
                self.path.unlink(missing_ok=True)

    class Interface(paramiko.SFTPServerInterface):
        def __init__(self, login: Any, server: Faulty, transport: Any, left: int) -> None:
            super().__init__(login)
            self.server, self.transport, self.left = server, transport, left
            self.faults, self.root, self.told = server.faults, server.root, server.log

        def cut(self) -> None:
            self.transport.sock.shutdown(socket.SHUT_RDWR)
            self.transport.close()

        def place(self, path: str) -> Path:
            return self.root / path.lstrip("/")

        def lstat(self, path: str) -> Any:
            self.told.append(f"stat {path.lstrip('/')}")
            try:
                told = paramiko.SFTPAttributes.from_stat(self.place(path).lstat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)
            if self.faults.no_stat and path != "/":
                return paramiko.SFTP_PERMISSION_DENIED
            told.st_size = max(0, told.st_size - self.faults.short)
            return told

        stat = lstat

        def open(self, path: str, flags: int, attr: Any) -> Any:
            self.told.append(f"open {path.lstrip('/')}")
            place = self.place(path)
            try:
                if flags & os.O_CREAT:
                    os.close(os.open(place, flags, 0o644))
                return Handle(self, place, flags)
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        def remove(self, path: str) -> int:
            self.told.append(f"remove {path.lstrip('/')}")
            try:
                self.place(path).unlink()
            except OSError as error:
                return int(paramiko.SFTPServer.convert_errno(error.errno))
            return int(paramiko.SFTP_OK)

        def rename(self, oldpath: str, newpath: str) -> int:
            self.told.append(f"rename {oldpath.lstrip('/')} {newpath.lstrip('/')}")
            if not self.faults.plain_rename:
                return int(paramiko.SFTP_OP_UNSUPPORTED)
            return self._rename(oldpath, newpath, replaces=self.faults.replaces)

        def posix_rename(self, oldpath: str, newpath: str) -> int:
            self.told.append(f"posix-rename {oldpath.lstrip('/')} {newpath.lstrip('/')}")
            if not self.faults.posix_rename:
                return int(paramiko.SFTP_OP_UNSUPPORTED)
            return self._rename(oldpath, newpath, replaces=True)

        def _rename(self, old: str, new: str, *, replaces: bool) -> int:
            cut = self.faults.cut_rename.pop(0) if self.faults.cut_rename else ""
            if cut == "before":
                self.cut()
                return int(paramiko.SFTP_FAILURE)
            if self.faults.on_rename is not None:
                self.faults.on_rename()
            try:
                if replaces:
                    self.place(old).replace(self.place(new))
                else:
                    os.link(self.place(old), self.place(new))
                    self.place(old).unlink()
            except OSError as error:
                known = {errno.ENOENT: paramiko.SFTP_NO_SUCH_FILE, errno.EACCES: paramiko.SFTP_PERMISSION_DENIED}
                return int(known.get(error.errno or 0, paramiko.SFTP_FAILURE))
            if self.faults.taken:
                self.place(new).unlink()
            if cut == "after":
                self.cut()
            return int(paramiko.SFTP_OK)

    return Interface
