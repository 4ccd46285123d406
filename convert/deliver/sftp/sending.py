"""Send one file: under another name, look at its size, rename; on from where it broke off, as long as that may help.

What can stand at the receiver afterwards is the complete file under its name, or nothing under its name. A part under
its other name is left only where the connection broke; the next run goes on from it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from convert.check.issue import Issue
from convert.deliver.sftp.faults import SftpFault
from convert.deliver.sftp.session import BLOCK, exists
from convert.errors import RunError, reason_in_japanese
from convert.model import Location
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from convert.deliver.sftp.address import Address
    from convert.deliver.sftp.session import Patience, Session

TAIL: Final = 1 << 15
"""Bytes before the place where a broken upload goes on that are compared first."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file to be sent, as it was looked at."""

    path: Path
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its name, here and there."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class State:
    """How far an earlier run came: the other name it wrote under, and whether it broke off in the renaming."""

    part: str
    renaming: bool = False


@dataclass(slots=True)
class Sending:
    """One file on its way. ``keep`` is told every change of state before anything is done on its account.

    ``stale``: a part of other content that an earlier run left under this name, which is removed.
    """

    parcel: Parcel
    address: Address
    patience: Patience
    keep: Callable[[State], None]
    state: State | None = None
    stale: str | None = None
    sleep: Callable[[float], None] = time.sleep
    told: Callable[[int], None] | None = None
    steps: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    _furthest: int = 0
    _broken: int = 0

    def run(self, connect: Callable[[], Session], broke: Callable[[], None]) -> bool:
        """Send it; whether it still stands there (False: it was taken at once).

        ``connect`` gives an open session, ``broke`` is told that it is of no more use. Raises :class:`SftpFault`.
        """
        while True:
            try:
                return self._attempt(connect())
            except SftpFault as fault:
                if not fault.passing:
                    raise
                broke()
                self._broken += 1
                if self._broken > self.patience.retries:
                    raise self._given_up(fault) from fault
                self.sleep(self.patience.pause(self._broken))

    def _given_up(self, fault: SftpFault) -> SftpFault:
        if self.state is not None and self.state.renaming:
            return self._unsure(fault.issue.slots)
        return SftpFault(replace(fault.issue, value=self.parcel.name))

    def _unsure(self, slots: dict[str, str] | None = None) -> SftpFault:
        told = {"reason": "", "reason_ja": "", **(slots or {})}
        return SftpFault(Issue("SFTP-UNSURE", self._at, value=self.parcel.name, slots=told))

    @property
    def _at(self) -> Location:
        return Location(str(self.address))

    def _step(self, name: str) -> None:
        self.steps[name] = datetime.now(UTC).isoformat(timespec="seconds")

    # ── One connection ───────────────────────────────────────────────────────────────────────────

    def _attempt(self, session: Session) -> bool:
        if self.stale is not None:
            session.remove(self.stale)
            self.stale = None
        there = session.size(self.parcel.name)
        if self.state is not None and self.state.renaming:
            settled = self._settled(session, there)
            if settled is not None:
                return settled
        elif there is not None:
            raise exists(self.address, self.parcel.name)
        at = self._place(session)
        state = self._state
        try:
            self._upload(session, state.part, at)
            self._look_again(session, state.part)
            if session.size(self.parcel.name) is not None:  # some servers replace files, against the protocol
                raise exists(self.address, self.parcel.name)
            self._set(replace(state, renaming=True))
            session.rename(state.part, self.parcel.name)
        except SftpFault as fault:
            if not fault.passing:
                session.remove(state.part)
            raise
        except RunError:
            session.remove(state.part)
            raise
        self._step("renamed")
        return self._arrived(session)

    @property
    def _state(self) -> State:
        if self.state is None:
            self._set(State(f".{self.parcel.name}.{secrets.token_hex(4)}.part"))
        assert self.state is not None  # noqa: S101 - set above
        return self.state

    def _set(self, state: State) -> None:
        self.state = state
        self.keep(state)

    def _settled(self, session: Session, there: int | None) -> bool | None:
        """What became of a rename whose answer never came; None: nothing, so that it can be done again."""
        if session.size(self._state.part) is not None:
            if there is not None:
                session.remove(self._state.part)
                raise exists(self.address, self.parcel.name)
            return None
        if there == self.parcel.size:
            self._step("confirmed")
            return True
        if there is not None:
            raise exists(self.address, self.parcel.name)
        raise self._unsure()

    def _place(self, session: Session) -> int:
        """The byte to go on from. A part that is not the beginning of this file is removed, and a new one begun."""
        if self.state is None:
            return 0
        size = session.size(self.state.part)
        if size is None:
            self._set(replace(self.state, renaming=False))
            return 0
        if 0 < size <= self.parcel.size and session.ends_like(self.state.part, self._tail(size), size):
            if size > self._furthest:
                self._furthest, self._broken = size, 0
            self.issues = [Issue("SFTP-RESUMED", self._at, value=self.parcel.name, slots={"bytes": size})]
            return size
        session.remove(self.state.part)
        self.state = None
        return 0

    def _tail(self, size: int) -> bytes:
        start = max(0, size - TAIL)
        try:
            with self.parcel.path.open("rb") as stream:
                stream.seek(start)
                return stream.read(size - start)
        except OSError as error:
            raise _unreadable(self.parcel.path, error) from error

    def _upload(self, session: Session, part: str, at: int) -> None:
        self._step("started")
        digest = hashlib.sha256()
        blocks = self._blocks(digest, at)
        if at < self.parcel.size:
            session.write(part, blocks, at=at, told=self.told)
        for _ in blocks:
            pass
        if digest.hexdigest() != self.parcel.sha256:
            raise SftpFault(Issue("SFTP-CHANGED", Location(shown(self.parcel.path)), value=self.parcel.name))
        self._step("uploaded")

    def _blocks(self, digest: hashlib._Hash, at: int) -> Iterator[bytes]:
        """The bytes from ``at`` on, never more than the file had; all of them go into the digest."""
        left, skip = self.parcel.size, at
        try:
            with self.parcel.path.open("rb") as stream:
                while left and (block := stream.read(min(BLOCK, left, skip or left))):
                    left -= len(block)
                    digest.update(block)
                    if skip:
                        skip -= len(block)
                    else:
                        yield block
        except OSError as error:
            raise _unreadable(self.parcel.path, error) from error

    def _look_again(self, session: Session, part: str) -> None:
        size = session.size(part)
        if size is None:
            raise SftpFault(Issue("SFTP-PART-TAKEN", self._at, value=part, slots={"name": self.parcel.name}))
        if size != self.parcel.size:
            slots = {"found": size, "wanted": self.parcel.size}
            raise SftpFault(Issue("SFTP-SIZE", self._at, value=self.parcel.name, slots=slots))
        self._step("measured")

    def _arrived(self, session: Session) -> bool:
        """Whether the file stands there. A receiver may have taken it by now; the renaming was confirmed either way."""
        try:
            size = session.size(self.parcel.name)
        except SftpFault:
            return True
        if size is None:
            self.issues.append(Issue("SFTP-TAKEN", self._at, value=self.parcel.name))
            return False
        if size != self.parcel.size:
            slots = {"found": size, "wanted": self.parcel.size}
            self.issues.append(Issue("SFTP-SIZE-LATER", self._at, value=self.parcel.name, slots=slots))
        return True


def _unreadable(path: Path, error: OSError) -> RunError:
    ja = f"{shown(path)}：{reason_in_japanese(error)}"
    return RunError(f"{shown(path)}: {error.strerror or error}", ja)
