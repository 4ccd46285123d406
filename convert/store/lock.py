"""One harvest at a time of one source into one store. The lock goes when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.store.base import Store


@contextlib.contextmanager
def alone(store: Store, source: str, refused: UsageError | None = None) -> Iterator[None]:
    """Hold the lock of a source. Raises ``refused``, or an own :class:`UsageError`, when somebody else does."""
    why = refused or _refused(store, source)
    with _file_lock(store, source, why) if store.place.is_file else _advisory_lock(store, source, why):
        yield


def _refused(store: Store, source: str) -> UsageError:
    return UsageError(
        f"'{source}' is being harvested into {store.place.shown} by another process; wait until it has ended",
        f"「{source}」は、別の処理が {store.place.shown} へ収集しています。終わってから実行してください。",
    )


@contextlib.contextmanager
def _file_lock(store: Store, source: str, why: UsageError) -> Iterator[None]:
    name = hashlib.sha256(source.encode()).hexdigest()[:12]
    path = Path(f"{store.place.text}.{name}.lock")
    with path.open("a+b") as stream:
        if not hold(stream):
            raise why
        yield  # the file stays: who removed it could take it from under somebody who waits for it


def hold(stream: IO[bytes]) -> bool:
    """Take the lock of an open file, which goes when the file is closed; False when somebody else has it."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return _lock_on_windows(stream)
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_on_windows(stream: IO[bytes]) -> bool:
    import msvcrt  # noqa: PLC0415 - only on Windows

    windows: Any = msvcrt
    stream.seek(0)
    try:
        windows.locking(stream.fileno(), windows.LK_NBLCK, 1)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _advisory_lock(store: Store, source: str, why: UsageError) -> Iterator[None]:
    number = int.from_bytes(hashlib.sha256(f"mokuroku:{source}".encode()).digest()[:8], "big", signed=True)
    with store.engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not plain.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (number,)).scalar():
            raise why
        try:
            yield
        finally:
            plain.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (number,))
