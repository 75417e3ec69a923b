"""A PostgreSQL server of our own in a temporary folder, where the programs are installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from support.processes import working_in

SERVER_USERS = ("postgres", "nobody")
"""Who runs the server where the tests run as root, which it refuses: the first that exists."""
PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps those of each version, off the PATH."""


class PostgresServer:
    """Started on a free port of 127.0.0.1, without passwords; `stop` ends it."""

    def __init__(self, folder: Path) -> None:
        self._data, self.port = folder / "data", _free_port()
        self._as_user: list[str] = []
        if os.getuid() == 0:
            user = _server_user()
            self._as_user = ["runuser", "-u", user, "--"]
            shutil.chown(folder, user)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "encode", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-o", options, "-l", f"{self._data}/log", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def kill(self) -> None:
        """Ends all of its processes with no chance to tidy up."""
        # As a whole: a postmaster that starts while backends of the last one live refuses to.
        while pids := working_in(self._data):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        # Until somebody collects the postmaster, its number looks like that of a running one.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def fresh_database(self) -> str:
        """The URL of an empty database."""
        name = f"encode_{uuid.uuid4().hex[:12]}"
        server = f"postgresql://encode@127.0.0.1:{self.port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"{server}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        path = find_program(program)
        assert path is not None
        argv = [*self._as_user, path, *arguments]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd="/", timeout=60)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Import it into the test module that wants it."""
    if not (find_program("initdb") and find_program("pg_ctl")):
        # The continuous integration installs it: there the tests must not pass by being left out.
        assert "CI" not in os.environ, "PostgreSQL is not installed"
        pytest.skip("PostgreSQL is not installed here")
    # Not in pytest's own folder: that one is closed to other users again by every session that starts.
    folder = Path(tempfile.mkdtemp(prefix="encode-media-postgresql-"))
    server = PostgresServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


def find_program(name: str) -> str | None:
    """On the PATH, or the newest of Debian's."""
    versions = sorted(PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, versions)))


def _server_user() -> str:
    import pwd  # not on every system

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in SERVER_USERS if name in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
