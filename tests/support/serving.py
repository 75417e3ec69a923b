"""`encode-media serve` as its own process, with an ffmpeg that can be made slow; the ways to break it."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from encode_media.jobs.dbos_engine import DbosClient
from encode_media.media.capabilities import find_ffmpeg
from support.processes import PROC, alive
from support.sandbox import RunningSandbox
from support.waiting import wait_for

SLOW_FFMPEG = """#!/bin/sh
# Trials of encoders run as they are; an encode begins with something that hangs beside it, and crawls if told to.
case " $* " in
*" -progress "*)
  if [ -e {slow} ]; then
    sleep 600 &
    exec {ffmpeg} -readrate 0.02 "$@"
  fi ;;
esac
exec {ffmpeg} "$@"
"""


@dataclass(slots=True)
class Service:
    """A service on `folder`; what it logs goes to `<folder>/<log_name>`."""

    folder: Path
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    clients: list[DbosClient] = field(default_factory=list)
    program: tuple[str, ...] = ("-m", "encode_media")
    """What Python runs."""
    command: str = "serve"
    log_name: str = "service.log"
    began_at: int = 0
    """Where in the log the running process begins."""

    @property
    def log(self) -> str:
        return (self.folder / self.log_name).read_text(errors="replace")

    @property
    def ready(self) -> bool:
        """Whether the process that was started last has said so."""
        return "Ready: " in self.log[self.began_at :]

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def jobs(self) -> DbosClient:
        if not self.clients:
            self.clients.append(DbosClient(self.environ["ENCODE_MEDIA_DB"]))
        return self.clients[0]

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    def start(self) -> None:
        with (self.folder / self.log_name).open("ab") as log:
            self.began_at = len(self.log)
            self.process = subprocess.Popen(
                [sys.executable, *self.program, self.command], stderr=log, stdout=log, env=self.environ
            )

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.ready, timeout_s=60, what=f"ready:\n{self.log[-12000:]}")

    def wait_until_listening(self, since: int = 0) -> None:
        wait_for(
            lambda: "Listening to" in self.log[since:],
            timeout_s=120,
            what=f"listening:\n{self.log[-3000:]}",
        )

    def crawl(self, *, slow: bool = True) -> None:
        """Whether encodes that begin from now on take minutes."""
        if slow:
            (self.folder / "slow").touch()
        else:
            (self.folder / "slow").unlink(missing_ok=True)

    def encoders(self) -> tuple[int, ...]:
        """Everything that runs in a job's folder: ffmpeg, its guard, whatever it started."""
        return tuple(pid for pid, folder in _working_folders() if folder.is_relative_to(self.work))

    def leftovers(self) -> list[Path]:
        """Files and folders of jobs."""
        return sorted(self.work.iterdir()) if self.work.exists() else []

    def kill(self) -> None:
        self.running.kill()
        self.running.wait(timeout=30)

    def stop(self) -> int:
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
        return self.running.wait(timeout=40)

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)


def _working_folders() -> Iterator[tuple[int, Path]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, PermissionError, ProcessLookupError):
                # A folder that was removed meanwhile has a mark behind its name.
                folder = Path(str((entry / "cwd").readlink()).removesuffix(" (deleted)"))
                if alive(int(entry.name)):
                    yield int(entry.name), folder


def prepared_service(folder: Path, environ: Mapping[str, str]) -> Service:
    """A service that is not started yet, as a client of the server `environ` names."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ffmpeg"
    program.write_text(SLOW_FFMPEG.format(slow=folder / "slow", ffmpeg=find_ffmpeg().path))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Service(
        folder,
        {
            **os.environ,
            **environ,
            "ENCODE_MEDIA_DATA": str(folder),
            "ENCODE_MEDIA_DB": f"sqlite:///{folder / 'jobs.sqlite'}",
            "ENCODE_MEDIA_FFMPEG": str(program),
        },
    )


@contextlib.contextmanager
def serving(folder: Path, sandbox: RunningSandbox, **environ: str) -> Iterator[Service]:
    """A listening service on a sandbox."""
    service = prepared_service(folder, {**sandbox.environ, **environ})
    service.start()
    try:
        service.wait_until_listening()
        yield service
    finally:
        service.close()


def seconds_until(condition: Callable[[], object], *, timeout_s: float, what: str) -> float:
    began = time.monotonic()
    wait_for(condition, timeout_s=timeout_s, what=what)
    return time.monotonic() - began
