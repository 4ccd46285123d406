"""A PostgreSQL server of its own for the tests, on loopback, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count()
MISSING = "no PostgreSQL server programs (initdb, postgres) are on this machine"


def programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def user() -> str | None:
    """Whom the server runs as: it refuses root."""
    if os.getuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a fresh server."""
    name, port = user(), free_port()
    place = Path(tempfile.mkdtemp(prefix="mokuroku-pg-"))
    if name is not None:
        shutil.chown(place, name)
    data = str(place / "data")
    run = {"user": name} if name else {}
    subprocess.run(
        [folder / "initdb", "-D", data, "-U", "kakuu", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=place, **run,
    )  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    control = [str(folder / "pg_ctl"), "-D", data, "-w"]
    log = str(place / "log")
    subprocess.run(
        [*control, "-l", log, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=place, **run
    )
    try:
        yield f"postgresql://kakuu@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, stdout=subprocess.DEVNULL, cwd=place, **run)
        shutil.rmtree(place, ignore_errors=True)


def database(server_url: str) -> str:
    """The URL of a fresh, empty database of a server."""
    from sqlalchemy import create_engine

    name = f"made_{next(_numbers)}"
    engine = create_engine(server_url.replace("postgresql:", "postgresql+pg8000:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server_url.rpartition("/")[0] + f"/{name}"
