"""Open a store: SQLite with a write-ahead log, or PostgreSQL. Errors of the database are told as ours."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convert.errors import RunError, UsageError, reason_in_japanese

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

    from convert.store.place import Place

PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "busy_timeout=60000",
    "cache_size=-32000",
)
"""What every connection to SQLite is told; 32 MB of pages hold the upper parts of a million records' indexes."""
CONNECT: Final = 15
"""Seconds that a connection may take."""
WAIT: Final = 60
"""Seconds that a writer waits for another one."""
_WRITING: Final = "mokuroku_writing"
_SQLITE_HEAD: Final = b"SQLite format 3\x00"


def need(module: str, package: str, extra: str) -> Any:
    """Import a module of an extra. Raises :class:`UsageError` that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"this needs the package {package}: pip install 'mokuroku[{extra}]'",
            f"この機能には {package} が要ります：pip install 'mokuroku[{extra}]'。",
        ) from error


def now() -> int:
    """Seconds since 1970, UTC."""
    return int(time.time())


class Store:
    """An open store; closes at the end of ``with``.

    All writing happens in :meth:`writing`: what is done within it is kept as a whole or not at all.
    """

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place, self.engine = place, engine

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes."""
        with told(self.place), self._connected({_WRITING: True}) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the store as it is at this moment, whatever is written meanwhile."""
        level: dict[str, Any] = {}
        if not self.place.is_file:
            level = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with told(self.place), self._connected(level) as connection, connection.begin():
            yield connection

    def _connected(self, options: dict[str, Any]) -> Connection:
        return self.engine.connect().execution_options(**options)

    def vacuum(self) -> None:
        """Give back the room of what is gone."""
        with told(self.place), self.engine.connect() as connection:
            plain = connection.execution_options(isolation_level="AUTOCOMMIT")
            plain.exec_driver_sql("VACUUM" if self.place.is_file else "VACUUM FULL")
            plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if self.place.is_file else "ANALYZE")

    @property
    def stored_bytes(self) -> int:
        """The bytes that the store takes, indexes and the write-ahead log included."""
        if self.place.is_file:
            names = [self.place.text + suffix for suffix in ("", "-wal")]
            return sum(Path(name).stat().st_size for name in names if Path(name).exists())
        with self.reading() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


@contextlib.contextmanager
def told(place: Place) -> Iterator[None]:
    """Tell errors of the database: :class:`UsageError` when it cannot be opened, :class:`RunError` later on."""
    errors = need("sqlalchemy.exc", "SQLAlchemy", "store")
    try:
        yield
    except errors.DBAPIError as error:
        text = _said(error.orig)
        en = f"{place.shown}: the store cannot be read or written ({text})"
        raise RunError(en, f"ストア {place.shown} を読み書きできません（{_reason(text)}）") from error


def _said(error: BaseException | None) -> str:
    """What a database says, on one line; pg8000 hands out the fields of the server's message."""
    first = error.args[0] if error is not None and error.args else ""
    return " ".join(str(first.get("M", first) if isinstance(first, dict) else error).split())


_REASONS = {
    "disk is full": "ディスクの空き容量が足りません",
    "No space left": "ディスクの空き容量が足りません",
    "database is locked": "ほかの処理が使っています",
    "readonly database": "書き込みが許されていません",
    "unable to open": "開けません",
    "malformed": "ファイルが壊れています",
    "not a database": "SQLite のファイルではありません",
    "disk I/O error": "機器の読み書きに失敗しました",
}


def _reason(text: str) -> str:
    return next((ja for sign, ja in _REASONS.items() if sign in text), text)


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────


def open_store(place: Place, *, create: bool = False, read_only: bool = False) -> Store:
    """Open a store; with ``create`` make it where there is none, with ``read_only`` let nothing be written.

    Raises :class:`UsageError` when it is not there, is no store, or is of another version.
    """
    need("sqlalchemy", "SQLAlchemy", "store")
    engine = _sqlite(place, create=create, read_only=read_only) if place.is_file else _postgresql(place)
    store = Store(place, engine)
    try:
        _prepare(store, create=create)
    except BaseException:
        store.close()
        raise
    return store


def _sqlite(place: Place, *, create: bool, read_only: bool) -> Engine:
    from sqlalchemy import URL, create_engine, event  # noqa: PLC0415 - slow to import

    path = Path(place.text)
    _check_file(path, create=create)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        for pragma in (*PRAGMAS, *(["query_only=ON"] if read_only else [])):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITING) else "BEGIN")

    return engine


def _check_file(path: Path, *, create: bool) -> None:
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder, not a file", f"{path}：ファイルではなくフォルダです。")
        if not path.exists() and not create:
            raise UsageError(f"{path}: there is no such store", f"{path}：このストアはありません。")
        if not path.exists() and not path.parent.is_dir():
            raise UsageError(f"{path.parent}: there is no such folder", f"{path.parent}：このフォルダはありません。")
        if path.exists() and path.stat().st_size:
            with path.open("rb") as stream:
                if stream.read(len(_SQLITE_HEAD)) != _SQLITE_HEAD:
                    raise _no_store(str(path))
    except (OSError, ValueError) as error:
        ja = f"{path}：読めません（{reason_in_japanese(error)}）。"
        raise UsageError(f"{path}: cannot be read ({error})", ja) from error


def _no_store(name: str) -> UsageError:
    return UsageError(f"{name}: is not a store of mokuroku", f"{name}：mokuroku のストアではありません。")


def _postgresql(place: Place) -> Engine:
    from sqlalchemy import create_engine, make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415

    try:
        url = make_url(place.url(_driver()))
        url, given = _connection(url)
        return create_engine(url, connect_args=given)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        ja = f"{place.shown}：データベースの URL として読めません。"
        raise UsageError(f"{place.shown}: is no URL of a database", ja) from error


def _driver() -> str:
    """Psycopg where it is installed, else pg8000, which the extra brings."""
    if importlib.util.find_spec("psycopg") is not None:
        return "psycopg"
    need("pg8000", "pg8000", "postgresql")
    return "pg8000"


def _connection(url: URL) -> tuple[URL, dict[str, Any]]:
    """The URL and the arguments of a connection. pg8000 knows no ``sslmode`` and no ``PGPASSWORD``."""
    if not url.drivername.endswith("pg8000"):
        return url, {"connect_timeout": CONNECT}
    given: dict[str, Any] = {"timeout": WAIT * 10}
    mode = url.query.get("sslmode")
    if mode in ("require", "verify-ca", "verify-full"):
        given["ssl_context"] = _encrypted(checked=mode != "require")
    if url.password is None and os.environ.get("PGPASSWORD"):
        url = url.set(password=os.environ["PGPASSWORD"])
    return url.difference_update_query(["sslmode"]), given


def _encrypted(*, checked: bool) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context()
    if not checked:  # as libpq has it: encrypted, whoever the server is
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _prepare(store: Store, *, create: bool) -> None:
    from convert.store import tables  # noqa: PLC0415

    try:
        found = _version(store)
        if found is None and create:
            with store.writing() as connection:
                _create(connection, file=store.place.is_file)
            found = _version(store)
    except RunError as error:
        raise UsageError(str(error), error.ja) from error
    if found is None:
        raise _no_store(store.place.shown)
    if found != tables.VERSION:
        ja = f"{store.place.shown}：このストアの版（{found}）は、この mokuroku では扱えません。"
        raise UsageError(f"{store.place.shown}: a store of version {found} cannot be used by this mokuroku", ja)


def _version(store: Store) -> int | None:
    from sqlalchemy import inspect, select  # noqa: PLC0415

    from convert.store.tables import about  # noqa: PLC0415

    with store.reading() as connection:
        if not inspect(connection).has_table("about"):
            return None
        found = connection.execute(select(about.c.value).where(about.c.key == "version")).scalar()
    return int(found) if found is not None and str(found).isdigit() else None


def _create(connection: Connection, *, file: bool) -> None:
    from sqlalchemy import inspect  # noqa: PLC0415

    from convert.store import tables  # noqa: PLC0415

    if not file:  # SQLite's transaction is alone already
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(72707)")
    if inspect(connection).has_table("about"):
        return
    tables.metadata.create_all(connection)
    made = {"version": str(tables.VERSION), "made": json.dumps({"at": now()})}
    connection.execute(tables.about.insert(), [{"key": key, "value": value} for key, value in made.items()])
