"""The job database: reached, created where it is missing, and its failures in our own words."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from encode_media.errors import EncodeMediaError, failure
from encode_media.jobs import note_table, worker_table  # noqa: F401 - their tables are ours, too
from encode_media.jobs.job_table import SCHEMA, metadata

CONNECT_TIMEOUT_S = 5
"""A database that is away is said so within seconds, never waited for by a person."""
_BUSY_TIMEOUT_S = 10
"""SQLite: how long a writer waits for another; a write takes milliseconds."""
_POOL_SIZE = 20
_REPEAT_S = 60.0
_KEEPALIVE = {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds, seconds, times: a server that vanished from the network is noticed in half a minute."""
_COURTESY_S, _FIRST_WAIT_S, _LAST_WAIT_S = 0.002, 0.003, 0.0005
"""Less than a write takes, so that a turn that comes is not slept through."""
_WROTE_AT = "encode-media wrote at"
_short_wait = random.SystemRandom()

DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def open_database(url: str) -> sa.Engine:
    """An engine on a database that answers and has every table.

    Raises:
        ServerUnavailable: `database.unavailable`.
    """
    with translated():
        if is_sqlite(url):
            create_sqlite_file(sqlite_path(url))
        engine = _make_engine(url)
        try:
            _create_tables(engine, url)
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the database layers raise into `database.unavailable`. Never shows statements or passwords."""
    try:
        yield
    except EncodeMediaError:
        raise
    except SQLAlchemyError as error:
        raise failure("database.unavailable", problem=_reason(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise failure("database.unavailable", problem=str(error)) from error


@contextmanager
def writing(engine: sa.Engine, *, lasting: bool = False) -> Iterator[sa.Connection]:
    """A transaction that writes, committed at its end.

    What is committed outlives every process. With `lasting` it outlives a power cut, too: what a person was
    told has to, what a worker would only do again needn't.
    """
    with engine.connect() as conn:
        if conn.dialect.name == "sqlite":
            _begin_fairly(conn)
        yield conn
        conn.commit()
        conn.info[_WROTE_AT] = time.monotonic()
    if lasting and engine.dialect.name == "sqlite":
        _flush_log(Path(str(engine.url.database)))


def _flush_log(database: Path) -> None:
    """Waits until the disk has what was committed, as SQLite would with the write lock held (synchronous=FULL).

    Here others write meanwhile, and one wait of the disk serves them all. Without the log everything is in the
    database, which SQLite waits for itself.
    """
    try:
        log = os.open(database.with_name(f"{database.name}-wal"), os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        os.fsync(log)
    finally:
        os.close(log)


def _begin_fairly(conn: sa.Connection) -> None:
    """Begins with the write lock held.

    SQLite's own waiting backs off to a tenth of a second a try, and starves where others write one
    transaction after the other. Here whoever wrote a moment ago lets others go first, and who has waited
    longest tries most often.
    """
    driver: Any = conn.connection.dbapi_connection
    began = time.monotonic()
    if began - conn.info.get(_WROTE_AT, 0.0) < _COURTESY_S:
        time.sleep(_COURTESY_S)
    wait_s = _FIRST_WAIT_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() - began > _BUSY_TIMEOUT_S:
                    raise
                time.sleep(wait_s * _short_wait.uniform(0.5, 1.0))
                wait_s = max(_LAST_WAIT_S, wait_s * 0.8)
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")


def _reason(error: SQLAlchemyError) -> str:
    """The driver's own first line; SQLAlchemy's text carries the statement and its parameters."""
    own = getattr(error, "orig", None)
    text = str(own).strip() if own is not None else type(error).__name__
    return text.splitlines()[0] if text else type(error).__name__


def sqlite_path(url: str) -> Path:
    return Path(sa.make_url(url).database or "").absolute()


def lock_folder(url: str) -> Path:
    """Where this host's workers on this database keep their locks."""
    if is_sqlite(url):
        path = sqlite_path(url)
        return path.with_name(f"{path.name}.workers")
    target = sa.make_url(url)
    name = hashlib.sha256(f"{target.host}:{target.port}/{target.database}".encode()).hexdigest()[:16]
    return Path(platformdirs.user_data_dir("encode-media", appauthor=False)) / "workers" / name


def create_sqlite_file(path: Path) -> None:
    """An empty file only its owner can read, in WAL mode: readers and writers don't wait for each other."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    _set_write_ahead_log(path)


def _set_write_ahead_log(path: Path) -> None:
    """Changing the mode needs the file alone, and SQLite's own waiting does not cover it."""
    end = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection = sqlite3.connect(path)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            finally:
                connection.close()
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _make_engine(url: str) -> sa.Engine:
    if not is_sqlite(url):
        return sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "encode-media", **_KEEPALIVE},
            pool_size=_POOL_SIZE,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_S,
            pool_pre_ping=True,
            execution_options={"schema_translate_map": {None: SCHEMA}},
        )
    engine = sa.create_engine(url, pool_size=_POOL_SIZE, max_overflow=0, pool_timeout=_BUSY_TIMEOUT_S)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


_SUBSECOND_SQLITE = (3, 42)
"""From here on `unixepoch('subsec')` exists. The library takes Python 3.12 as a sign of it, but Python uses the
SQLite it finds: 3.40 on Debian 12."""


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Immediate transactions: a transaction that may write waits at its start, and can't fail in its middle."""
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")
    if sqlite3.sqlite_version_info < _SUBSECOND_SQLITE:
        connection.create_function("unixepoch", 1, lambda _modifier: time.time())


def _create_tables(engine: sa.Engine, url: str) -> None:
    """The engine library's tables and ours; harmless where they exist, and where two do it at once."""
    schema = None if is_sqlite(url) else SCHEMA
    if _is_complete(engine, schema):
        return
    from dbos import DBOS

    quiet_library_log()
    DBOS.migrate(url, schema=SCHEMA)
    try:
        metadata.create_all(engine)
        _bring_up(engine, schema)
    except SQLAlchemyError:
        if not _is_complete(engine, schema):
            raise


def _is_complete(engine: sa.Engine, schema: str | None) -> bool:
    look = sa.inspect(engine)
    tables = set(look.get_table_names(schema=schema))
    if not {"dbos_migrations", *metadata.tables} <= tables:
        return False
    return not (_missing_columns(look, schema) or _missing_indexes(look, schema))


def _missing_columns(look: sa.Inspector, schema: str | None) -> list[sa.Column[Any]]:
    missing = []
    for table in metadata.sorted_tables:
        known = {column["name"] for column in look.get_columns(table.name, schema=schema)}
        missing += [column for column in table.columns if column.name not in known]
    return missing


def _missing_indexes(look: sa.Inspector, schema: str | None) -> list[sa.Index]:
    missing = []
    for table in metadata.sorted_tables:
        known = {index["name"] for index in look.get_indexes(table.name, schema=schema)}
        missing += [index for index in table.indexes if index.name not in known]
    return missing


def _bring_up(engine: sa.Engine, schema: str | None) -> None:
    """Brings the tables of an older version up to this one; what is in them stays."""
    look = sa.inspect(engine)
    columns, indexes = _missing_columns(look, schema), _missing_indexes(look, schema)
    with engine.begin() as conn:
        for column in columns:
            table = f"{schema}.{column.table.name}" if schema else column.table.name
            definition = CreateColumn(column).compile(dialect=engine.dialect)
            conn.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")
        for index in indexes:
            index.create(conn, checkfirst=True)


def quiet_library_log() -> None:
    """The library's log goes where ours goes, warnings only; it would add its own handler to a bare logger."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.WARNING)
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    if not any(isinstance(known, _OncePerMinute) for known in log.filters):
        log.addFilter(_OncePerMinute())


class _OncePerMinute(logging.Filter):
    """Drops repetitions: while a database is away the library warns at each poll, four times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, now = (record.pathname, record.lineno), time.monotonic()
        if now - self._said.get(place, -_REPEAT_S) < _REPEAT_S:
            return False
        self._said[place] = now
        return True
