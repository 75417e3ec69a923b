"""Who runs a job: an identity that a worker keeps over restarts and never shares with a living one."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import Path

from encode_media.errors import failure
from encode_media.jobs.file_lock import FileLock

_MOST_WORKERS = 256
"""Worker processes of one name on one machine; beyond it something starts them in a loop."""


@dataclass(frozen=True, slots=True)
class Executor:
    """An identity, and the lock that proves its owner alive."""

    executor_id: str
    lock: FileLock


def take_identity(folder: Path, name: str) -> Executor:
    """The first identity of this host and name that no living process holds.

    A worker that was killed and comes back gets its old one, and with it the jobs it left.
    """
    for number in range(_MOST_WORKERS):
        executor_id = f"{_prefix(name)}.{number}"
        lock = FileLock.take(_lock_file(folder, executor_id))
        if lock is not None:
            return Executor(executor_id, lock)
    raise failure("database.unavailable", problem=f"{_MOST_WORKERS} workers called {name} run already")


def take_over(folder: Path, executor_id: str) -> FileLock | None:
    """The lock of an identity whose owner is dead; None where it lives, or belongs to another host."""
    if not executor_id.startswith(f"{_host()}."):
        return None
    return FileLock.take(_lock_file(folder, executor_id))


def _prefix(name: str) -> str:
    return f"{_host()}.{re.sub(r'[^A-Za-z0-9-]', '-', name)}"


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname()) or "localhost"


def _lock_file(folder: Path, executor_id: str) -> Path:
    return folder / f"{executor_id}.lock"
