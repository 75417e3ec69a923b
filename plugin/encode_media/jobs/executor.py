"""Who runs a job: an identity that a worker keeps over restarts and never shares with a living one."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from encode_media.errors import failure
from encode_media.jobs.file_lock import FileLock

_log = logging.getLogger(__name__)

_MOST_WORKERS = 256
"""Worker processes of one name on one machine; beyond it something starts them in a loop."""


class ServerLock:
    """PostgreSQL's own proof that an identity has one owner: a lock that lives as long as a session of ours.

    Machines that were given the same name are told apart by it, and it ends with its process.
    """

    def __init__(self, engine: sa.Engine, executor_id: str) -> None:
        self._engine, self._key = engine, lock_key(executor_id)
        self._conn: sa.Connection | None = None
        self._one = threading.Lock()

    def hold(self) -> bool:
        """Whether the lock is ours; takes it anew where the session was lost.

        Raises:
            SQLAlchemyError: the server can't be asked.
        """
        with self._one:
            if self._conn is not None:
                try:
                    self._conn.exec_driver_sql("SELECT 1")
                except sa.exc.SQLAlchemyError as error:
                    _log.warning("the session with the lock was lost: %s", type(error).__name__)
                    self._drop()
                else:
                    return True
            return self._take()

    def _take(self) -> bool:
        conn = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            # The server notices in half a minute that this machine has vanished, and frees the lock.
            conn.exec_driver_sql("SET tcp_keepalives_idle = 20")
            conn.exec_driver_sql("SET tcp_keepalives_interval = 5")
            conn.exec_driver_sql("SET tcp_keepalives_count = 3")
            taken = bool(conn.execute(sa.select(sa.func.pg_try_advisory_lock(self._key))).scalar())
        except BaseException:
            conn.invalidate()
            conn.close()
            raise
        if taken:
            self._conn = conn
        else:
            conn.close()
        return taken

    def release(self) -> None:
        with self._one:
            self._drop()

    def _drop(self) -> None:
        if self._conn is not None:
            # Not back into the pool: the lock belongs to the session.
            self._conn.invalidate()
            self._conn.close()
            self._conn = None


def is_free(conn: sa.Connection, executor_id: str) -> bool:
    """Whether no session holds the identity; ours does then until the end of the transaction."""
    return bool(conn.execute(sa.select(sa.func.pg_try_advisory_xact_lock(lock_key(executor_id)))).scalar())


def lock_key(executor_id: str) -> int:
    digest = hashlib.sha256(f"encode-media worker {executor_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Executor:
    """An identity, and the locks that prove its owner alive: to this host, and to all."""

    executor_id: str
    lock: FileLock
    server_lock: ServerLock | None = None

    def release(self) -> None:
        if self.server_lock is not None:
            self.server_lock.release()
        self.lock.release()


def take_identity(
    folder: Path, name: str, host: str, server_lock: Callable[[str], ServerLock | None] = lambda _id: None
) -> Executor:
    """The first identity of this host and name that no living process holds.

    A worker that was killed and comes back gets its old one, and with it the jobs it left.
    """
    for number in range(_MOST_WORKERS):
        executor_id = f"{_word(host)}.{_word(name)}.{number}"
        lock = FileLock.take(_lock_file(folder, executor_id))
        if lock is None:
            continue
        try:
            session = server_lock(executor_id)
            if session is None or session.hold():
                return Executor(executor_id, lock, session)
        except BaseException:
            lock.release()
            raise
        lock.release()
    raise failure("database.unavailable", problem=f"{_MOST_WORKERS} workers called {name} run already")


def take_over(folder: Path, executor_id: str, host: str) -> FileLock | None:
    """The lock of an identity whose owner is dead; None where it lives, or belongs to another host."""
    if not executor_id.startswith(f"{_word(host)}."):
        return None
    return FileLock.take(_lock_file(folder, executor_id))


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", text) or "localhost"


def _lock_file(folder: Path, executor_id: str) -> Path:
    return folder / f"{executor_id}.lock"
