"""Starts the stand-in ftrack server for tests, in this process or as its own, and opens real client sessions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ftrack_api

from encode_media.sandbox.server import Address, Sandbox


@dataclass(slots=True)
class RunningSandbox:
    """A server that answers, with the data folder it works on."""

    data: Path
    address: Address
    sessions: list[ftrack_api.Session] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    in_process: Sandbox | None = None

    @property
    def url(self) -> str:
        return self.address.server_url

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to be a client."""
        return {
            "FTRACK_SERVER": self.address.server_url,
            "FTRACK_API_USER": self.address.api_user,
            "FTRACK_API_KEY": self.address.api_key,
        }

    def session(self, user: str | None = None, *, hub: bool = False, **options: Any) -> ftrack_api.Session:
        """A real client session of a user; its schema cache is private to this server. Closed with the server."""
        cache = self.data.parent / f"{self.data.name}-schema-cache"
        cache.mkdir(exist_ok=True)
        session = ftrack_api.Session(
            server_url=self.url,
            api_user=user or self.address.api_user,
            api_key=self.address.api_key,
            schema_cache_path=options.pop("schema_cache_path", str(cache)),
            plugin_paths=options.pop("plugin_paths", []),
            auto_connect_event_hub=False,
            **options,
        )
        if hub:
            session.event_hub.connect()
        self.sessions.append(session)
        return session

    def stop(self) -> None:
        """Ends the server in good order."""
        if self.in_process is not None:
            self.in_process.stop()
            self.in_process = None
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=15)
            self.process = None

    def kill(self) -> None:
        """Ends the server's process with no chance to tidy up."""
        if self.process is None:
            raise AssertionError("only a server in its own process can be killed")
        self.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self.process.communicate(timeout=15)
        self.process = None

    def close_sessions(self) -> None:
        for session in self.sessions:
            with contextlib.suppress(Exception):  # its server may be gone, and that is what the test is about
                session.close()
        self.sessions.clear()


def start_in_process(data: Path, *, port: int = 0, page: Path | None = None, **options: Any) -> RunningSandbox:
    sandbox = Sandbox(data, port=port, page=page, **options)
    return RunningSandbox(data, sandbox.start(), in_process=sandbox)


def start_process(data: Path, *, port: int = 0, page: Path | None = None) -> RunningSandbox:
    """The server as its own process, as `kill` needs it."""
    command = [sys.executable, "-m", "encode_media.sandbox", "--data", str(data), "--port", str(port)]
    if page is not None:
        command += ["--page", str(page)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the sandbox ended with {process.wait(timeout=15)} before it said where it is")
    return RunningSandbox(data, Address(**json.loads(line)), process=process)


@contextlib.contextmanager
def running_sandbox(
    data: Path, *, port: int = 0, page: Path | None = None, process: bool = False, **options: Any
) -> Iterator[RunningSandbox]:
    """A server for the length of a test; what the test left open is closed. `options` are Sandbox's own."""
    if process:
        running = start_process(data, port=port, page=page)
    else:
        running = start_in_process(data, port=port, page=page, **options)
    try:
        yield running
    finally:
        running.close_sessions()
        running.stop()
