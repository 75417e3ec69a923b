"""One child process: started under a guard, its output drained, ended with its whole group."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from encode_media.process import guard

LOG_HEAD, LOG_TAIL = 40, 100
"""Lines kept: the first error line names the cause, the last ones what came of it."""
MAX_LINE = 2000
"""Characters kept of one line; a program may write without ever ending one."""
_CHUNK = 65536
_DRAIN_S = 1.0
"""How long to wait for the rest of the output once the program has ended."""


class Log:
    """The first and the last lines of an endless text."""

    def __init__(self, head: int = LOG_HEAD, tail: int = LOG_TAIL) -> None:
        self._head_size = head
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=tail)
        self._dropped = 0

    def add(self, line: str) -> None:
        if not line.strip():
            return
        if len(self._head) < self._head_size:
            self._head.append(line)
            return
        self._dropped += len(self._tail) == self._tail.maxlen
        self._tail.append(line)

    def lines(self) -> tuple[str, ...]:
        gap = (f"… {self._dropped} lines left out …",) if self._dropped else ()
        return (*self._head, *gap, *self._tail)


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def lines_of(stream: ByteStream, max_length: int = MAX_LINE) -> Iterator[str]:
    """Lines that aren't empty, as they come, each cut at `max_length`: memory is bounded whatever arrives."""
    parts: list[bytes] = []
    kept = 0
    while chunk := stream.read(_CHUNK):
        *ends, rest = re.split(rb"[\r\n]+", chunk)
        for end in ends:
            if line := b"".join((*parts, end))[:max_length]:
                yield line.decode("utf-8", "replace")
            parts, kept = [], 0
        if rest and kept < max_length:
            parts.append(rest[: max_length - kept])
            kept += len(parts[-1])
    if parts:
        yield b"".join(parts).decode("utf-8", "replace")


class ChildProcess:
    """A program running below a guard (see `guard`); leaving the `with` block ends its whole group.

    `on_output` gets each line of standard output, on a thread of its own; standard error becomes the log.
    `memory_bytes` limits the program's memory where the system can (not on macOS); 0 is no limit.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_output: Callable[[str], None],
        max_line: int = MAX_LINE,
        memory_bytes: int = 0,
    ) -> None:
        self._log = Log()
        self._process = subprocess.Popen(
            (sys.executable, "-I", "-S", guard.__file__, str(memory_bytes), *argv),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            # A Ctrl-C in a terminal is for us; the guard hears from us what to do.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._readers = (
            _reader(self._process.stdout, on_output, max_line),
            _reader(self._process.stderr, self._log.add, MAX_LINE),
        )

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(grace_s=0)
        streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        for stream, reader in zip(streams, (None, *self._readers), strict=True):
            # A pipe that something outside the group still holds is left to its thread: closing it
            # under a read would hand its number to the next file that is opened.
            if stream is not None and not (reader and reader.is_alive()):
                stream.close()

    @property
    def log(self) -> tuple[str, ...]:
        return self._log.lines()

    def wait(self, timeout_s: float) -> int | None:
        """The exit code (negative: the signal that ended it), or None if it still runs after `timeout_s`."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(_DRAIN_S)
        return code

    def end(self, *, grace_s: float, kill_s: float = 1.0) -> None:
        """Terminates the group, kills it after `grace_s`, and the guard itself `kill_s` later."""
        if grace_s > 0:
            self._order(guard.TERMINATE)
            if self.wait(grace_s) is not None:
                return
        self._order(guard.KILL)
        if self.wait(kill_s) is None:
            self._process.kill()
            self.wait(kill_s)

    def _order(self, order: bytes) -> None:
        if self._process.stdin is None or self._process.stdin.closed or self._process.poll() is not None:
            return
        with contextlib.suppress(BrokenPipeError, OSError):  # it has just ended by itself
            self._process.stdin.write(order)


def _reader(stream: IO[bytes] | None, take: Callable[[str], None], max_line: int) -> threading.Thread:
    def drain() -> None:
        if stream is None:
            return
        for line in lines_of(stream, max_line):
            take(line)

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    return thread
